#include "trade/reconciliation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/decimal.hpp"

namespace stom::trade {

std::string Difference::json() const {
  return nlohmann::ordered_json{{"kind", kind}, {"ours", ours}, {"venue", venue}}.dump();
}

bool holds_back(const Difference& difference) {
  return difference.kind == "position" || difference.kind == "lost_order";
}

bool is_accepted_position(std::string_view json) {
  const auto difference = nlohmann::ordered_json::parse(json, nullptr, false);
  return difference.is_object() && difference.contains("kind") &&
         difference["kind"] == nlohmann::ordered_json(kAcceptedPosition);
}

std::string quantity_text(const Instrument& instrument, Quantity quantity) {
  return format_decimal_trimmed(Int128{quantity.value}, instrument.quantity_decimals);
}

std::string order_text(const Instrument& instrument, Side side, Price price, Quantity quantity) {
  return fmt::format(
      "{} {} of {} at {}", side == Side::Buy ? "buy" : "sell", quantity_text(instrument, quantity), instrument.id,
      price.value == 0 ? "the market" : format_decimal_trimmed(Int128{price.value}, instrument.price_decimals));
}

std::vector<AccountHolding> holdings_at(const VenueHolds& venue, const OurSide& ours,
                                        std::span<const InstrumentIndex> mine) {
  const auto& [instruments, position, dust] = ours;
  std::vector<AccountHolding> all;
  const auto units = [](Int128 value, int from, int to) -> std::int64_t {
    return static_cast<std::int64_t>(from >= to ? divide(value, power_of_ten(from - to), Rounding::Down)
                                                : value * power_of_ten(to - from));
  };
  for (const InstrumentIndex i : mine) {
    const Instrument& of = instruments[i];
    if (of.kind != ContractKind::Spot) {
      const auto at = venue.positions.find(i);
      all.push_back({i, at == venue.positions.end() ? Quantity{} : at->second.quantity, position(i), {i}});
      continue;
    }
    const auto shares = std::ranges::find_if(all, [&](const AccountHolding& holding) {
      const Instrument& other = instruments[holding.instrument];
      return other.kind == ContractKind::Spot && other.base == of.base;
    });
    if (shares != all.end()) {
      const int decimals = instruments[shares->instrument].quantity_decimals;
      shares->ours.value += units(position(i).value, of.quantity_decimals, decimals);
      shares->shared_by.push_back(i);
      continue;
    }
    const auto at = venue.balances.find(of.base);
    Money total = at == venue.balances.end() ? Money{} : at->second.free + at->second.locked;
    for (const InstrumentIndex j : mine)
      if (instruments[j].kind == ContractKind::Spot && instruments[j].base == of.base) total -= dust(j);
    // What is less than the smallest quantity is cut off, each time in the same way.
    Quantity there{units(total.value, kMoneyDecimals, of.quantity_decimals)};
    for (const auto& [index, held] : venue.positions)  // a venue of stocks tells what it holds of them so
      if (instruments[index].kind == ContractKind::Spot && instruments[index].base == of.base)
        there.value += units(held.quantity.value, instruments[index].quantity_decimals, of.quantity_decimals);
    all.push_back({i, there, position(i), {i}});
  }
  return all;
}

std::vector<Quantity> apart_since_asked(const VenueHolds& venue, const OurSide& ours,
                                        std::span<const InstrumentIndex> shared_by, const PositionTrail& trail) {
  std::map<InstrumentIndex, PositionTrail::Step> since;  // what has come behind the moment that is looked at
  const OurSide then{.instruments = ours.instruments,
                     .position = [&](InstrumentIndex i) { return ours.position(i) - since[i].position; },
                     .dust = [&](InstrumentIndex i) { return ours.dust(i) - since[i].dust; }};
  std::vector<Quantity> all;
  const auto look = [&] {
    const AccountHolding holding = holdings_at(venue, then, shared_by).front();
    const Quantity apart = holding.there - holding.ours;
    if (std::ranges::find(all, apart) == all.end()) all.push_back(apart);
  };
  look();
  trail.each_since(venue.asked, [&](const PositionTrail::Step& step) {
    if (std::ranges::find(shared_by, step.instrument) == shared_by.end()) return;
    since[step.instrument].position += step.position;
    since[step.instrument].dust += step.dust;
    look();
  });
  return all;
}

std::vector<Quantity> differs_by(std::span<const Quantity> first, std::span<const Quantity> second, Quantity others) {
  const auto has = [](std::span<const Quantity> all, Quantity one) { return std::ranges::find(all, one) != all.end(); };
  std::vector<Quantity> both;
  if (has(first, others) || has(second, others)) return both;
  std::ranges::copy_if(second, std::back_inserter(both), [&](Quantity one) { return has(first, one); });
  return both;
}

Difference position_difference(const AccountHolding& holding, Quantity others, const Instrument& instrument) {
  const auto text = [&](Quantity quantity) { return quantity_text(instrument, quantity); };
  const std::string what = instrument.kind == ContractKind::Spot ? instrument.base : instrument.id;
  return {.kind = "position",
          .ours = fmt::format("{} of {}, and {} that are not ours", text(holding.ours), what, text(others)),
          .venue = fmt::format("{} of {}", text(holding.there), what)};
}

}  // namespace stom::trade
