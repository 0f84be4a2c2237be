// What bar strategies share: a position in lots to be reached by market orders, and the parameters that say how much.
#pragma once

#include <cstdlib>
#include <string_view>

#include "model/calendar.hpp"
#include "strategies/strategy.hpp"

namespace stom {

/// A decimal as it was written: mantissa / 10^decimals.
struct Amount {
  std::int64_t mantissa = 0;
  int decimals = 0;
};

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

/// What a position's size is made of (docs/strategies/sizing.md).
enum class SizeRule : std::uint8_t { Lots, Quantity, Cash, Equity, Risk };

/// Whole lots, rounded down, for a position entered at `price`. `amount` by the rule: lots; a quantity; money; a share
/// of `equity`; the share of `equity` that is lost if the position is closed at `stop`. Nothing where that cannot be
/// said: a price not above 0, no equity, a stop at the price.
std::int64_t lots_for(const Instrument& instrument, SizeRule rule, Amount amount, Price price, Price stop,
                      Money equity);

/// The price `distance` (a share) below a long entry, above a short one, on the ladder: never nearer than that.
Price stop_price(const Instrument& instrument, int side, Price entry, Amount distance);

/// What is traded for at once: who buys pays the ask, who sells gets the bid; `last` where there is no such price.
Price entry_price(const BookView& book, int side, Price last);

/// Of the account, in the instrument's settlement currency: what its other instruments hold of it counts too.
Money account_equity(const Context& context, InstrumentIndex index);

/// How much to hold, as the user says it: in lots, by quantity, money, equity or, where `rules` has it, by risk.
class EntrySize {
 public:
  explicit EntrySize(Parameters& p, std::string_view rule = "lots", std::string_view amount = "1",
                     std::string_view rules = "lots|quantity|cash|equity");

  bool by_lots() const { return rule_ == SizeRule::Lots; }
  bool by_risk() const { return rule_ == SizeRule::Risk; }
  /// Of a position entered at `entry` and protected at `stop` (0: by none), in whole lots; nothing where that is none.
  Quantity quantity(const Context& context, InstrumentIndex index, Price entry, Price stop = {}) const;

 private:
  std::int64_t lots_;
  SizeRule rule_;
  Amount amount_;
};

/// Whether the user chooses between long only and both sides, or there is no short side.
enum class Sides : std::uint8_t { Chosen, LongOnly };

/// How much to hold, whether short positions are wanted, and the stop that protects them.
class PositionSize {
 public:
  explicit PositionSize(Parameters& p, Sides sides = Sides::Chosen, std::string_view rule = "lots",
                        std::string_view amount = "1");
  /// The same for a position in another instrument than the first.
  PositionSize in(InstrumentIndex index) const;

  bool both() const { return both_; }
  bool has_stop() const { return stop_.mantissa != 0; }
  /// What go() would enter with at that price.
  Quantity quantity(const Context& context, int side, Price entry) const;
  /// Places the stop of a position entered at that price, where one is wanted; unprotect() takes it back.
  void protect(Context& context, int side, Quantity quantity, Price entry);
  void unprotect(Context& context);
  /// side +1 long, 0 flat, -1 short (flat where only long positions are wanted). A size that depends on price or equity
  /// is that of the moment of entry: it is not changed while the position stands. `last`: the price where there is no
  /// book.
  void go(Context& context, int side, std::string_view reason, Price last = kNoPrice);

 private:
  Price stop_at(const Context& context, int side, Price entry) const;

  EntrySize size_;
  bool both_;
  Amount stop_;
  InstrumentIndex index_ = 0;
  ClientOrderId stop_order_ = 0;
};

/// -1 short, 0 flat, +1 long.
inline int held_side(const Context& context, InstrumentIndex index = 0) {
  const auto position = context.position(index).value;
  return (position > 0) - (position < 0);
}

/// The day that a time belongs to: the venue's trading day (docs/calendars.md), or one from an hour of UTC on.
class TradingDays {
 public:
  explicit TradingDays(Parameters& p)
      : start_hour_{p.integer("day_start_hour", -1, -1, 23,
                              "hour of UTC at which a day begins; -1: the venue's trading day")} {}
  void of(const Instrument& instrument) {
    if (start_hour_ < 0) calendar_ = &calendar_of(instrument.id);
  }
  /// Its number; that of the next day is one more.
  std::int64_t number(UnixNanos time) const {
    return calendar_ != nullptr ? calendar_->trading_day(time) : day_of(time - start_hour_ * kHour);
  }

 private:
  std::int64_t start_hour_;
  const Calendar* calendar_ = nullptr;
};

}  // namespace stom
