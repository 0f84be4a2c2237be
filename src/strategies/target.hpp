// What bar strategies share: a position in lots to be reached by market orders, and the parameters that say how much.
#pragma once

#include <cstdlib>
#include <string_view>

#include "strategies/strategy.hpp"

namespace stom {

/// Sends the market order that takes the position, with what is already under way, to `target`; none where it is there.
/// From short to long is one order. `reason` goes with the trades that it closes.
inline void go_to(Context& context, InstrumentIndex index, Quantity target, std::string_view reason) {
  Quantity missing = target - context.position(index);
  for (const WorkingOrder& order : context.orders()) {
    if (order.instrument != index || order.type != OrderType::Market) continue;
    missing -= order.side == Side::Buy ? order.leaves : -order.leaves;
  }
  if (missing.value == 0) return;
  const ClientOrderId id = context.submit({.instrument = index,
                                           .side = missing.value > 0 ? Side::Buy : Side::Sell,
                                           .type = OrderType::Market,
                                           .quantity = {std::abs(missing.value)}});
  context.tag(id, reason);
}

/// How much to hold, and whether short positions are wanted.
class PositionSize {
 public:
  explicit PositionSize(Parameters& p)
      : lots_{p.integer("lots", 1, 1, 1'000'000'000'000, "size of a position, in lots")},
        both_{p.choice("direction", "long", "long|both", "long only, or also short") == 1} {}

  bool both() const { return both_; }
  /// side +1 long, 0 flat, -1 short (flat where only long positions are wanted).
  void go(Context& context, int side, std::string_view reason) const {
    if (side < 0 && !both_) side = 0;
    go_to(context, 0, {side * lots_ * context.instrument(0).lot.value}, reason);
  }

 private:
  std::int64_t lots_;
  bool both_;
};

/// -1 short, 0 flat, +1 long.
inline int held_side(const Context& context, InstrumentIndex index = 0) {
  const auto position = context.position(index).value;
  return (position > 0) - (position < 0);
}

/// The number of the trading day that `time` belongs to, for days that start at an hour of UTC.
inline std::int64_t trading_day(UnixNanos time, std::int64_t start_hour) { return day_of(time - start_hour * kHour); }

}  // namespace stom
