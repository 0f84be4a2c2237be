#include "risk/exposure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "model/cash_flow.hpp"

namespace stom::risk {

Exposure exposure_of(std::span<const Position> positions, CurrencyRates& rates, std::string_view currency,
                     UnixNanos now) {
  Exposure all;
  add_up(all, positions, rates, currency, now);
  return all;
}

void add_up(Exposure& all, std::span<const Position> positions, CurrencyRates& rates, std::string_view currency,
            UnixNanos now) {
  all.long_value = all.short_value = all.profit = all.equity = Money{};
  all.stale = false;
  std::size_t said = 0;  // so many of what is missing were so the last time, too
  bool same = true;
  const auto change = [&] {
    if (std::exchange(same, false))
      all.missing.erase(all.missing.begin() + static_cast<std::ptrdiff_t>(said), all.missing.end());
  };
  const auto miss = [&](const Instrument& instrument, bool is_rate) {
    const Exposure::Missing one{&instrument, is_rate};
    if (same && said < all.missing.size() && all.missing[said] == one) {
      ++said;
      return;
    }
    change();
    all.missing.push_back(one);
  };
  const auto add = [&](std::optional<Money>& sum, Money amount, const CurrencyRates::Way& way) {
    const auto converted = convert(amount, way);
    Int128 total = 0;
    if (!sum || !converted || __builtin_add_overflow(sum->value, converted->value, &total))
      sum.reset();
    else
      sum->value = total;
  };
  for (const Position& position : positions) {
    const bool open = position.quantity.value != 0, counts = open || position.earned.value != 0;
    if (!counts && position.began.value == 0) continue;
    const Instrument& instrument = *position.instrument;
    const auto* way = rates.known_way(rates.pair(instrument.settlement(), currency), now);
    std::optional<Money>& side = position.quantity.value < 0 ? all.short_value : all.long_value;
    if (way == nullptr) miss(instrument, true);
    if (open && position.twice_price <= 0) miss(instrument, false);
    if (way == nullptr || (open && position.twice_price <= 0)) {
      if (open) side.reset();
      if (counts) all.profit.reset();
      all.equity.reset();
      continue;
    }
    all.stale |= way->stale || (open && position.stale);
    const Money worth = worth_of(instrument, position.quantity, position.twice_price);
    add(side, worth.value < 0 ? -worth : worth, *way);
    add(all.profit, position.earned + worth, *way);
    add(all.equity, position.earned + worth, *way);
    add(all.equity, position.began, *way);
  }
  if (said < all.missing.size()) change();
  if (same) return;
  all.unknown.clear();
  for (const auto& [instrument, is_rate] : all.missing) {
    std::string line = is_rate ? fmt::format("no rate of {} in {}", instrument->settlement(), currency)
                               : fmt::format("no price of {}", instrument->id);
    if (std::ranges::find(all.unknown, line) == all.unknown.end()) all.unknown.push_back(std::move(line));
  }
}

}  // namespace stom::risk
