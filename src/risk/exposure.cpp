#include "risk/exposure.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/cash_flow.hpp"

namespace stom::risk {

Exposure exposure_of(std::span<const Position> positions, CurrencyRates& rates, std::string_view currency,
                     UnixNanos now) {
  Exposure all{.long_value = Money{}, .short_value = Money{}, .profit = Money{}, .equity = Money{}};
  const auto say = [&](std::string line) {
    if (std::ranges::find(all.unknown, line) == all.unknown.end()) all.unknown.push_back(std::move(line));
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
    if (way == nullptr) say(fmt::format("no rate of {} in {}", instrument.settlement(), currency));
    if (open && position.twice_price <= 0) say(fmt::format("no price of {}", instrument.id));
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
  return all;
}

}  // namespace stom::risk
