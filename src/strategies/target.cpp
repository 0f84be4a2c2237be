#include "strategies/target.hpp"

#include <algorithm>

#include "core/decimal.hpp"
#include "model/cash_flow.hpp"

namespace stom {
namespace {

constexpr int kMostDecimals = 9;

Amount amount_of(Parameters& p, std::string_view name, std::string_view fallback, std::string_view meaning) {
  const std::string text = p.decimal(name, fallback, meaning);
  const int decimals = std::max(decimals_of(text), 0);
  const auto mantissa = parse_decimal(text, decimals);
  if (!mantissa || *mantissa < 0 || decimals > kMostDecimals) {
    p.refuse(name, "'" + text + "' is not a decimal from 0 on, with at most nine digits behind the point");
    return {};
  }
  return {*mantissa, decimals};
}

/// whole x amount / 100, rounded down: a share given in per cent.
Money per_cent_of(Money whole, Amount amount) {
  return {
      divide(whole.value * amount.mantissa, static_cast<Int128>(power_of_ten(amount.decimals)) * 100, Rounding::Floor)};
}

/// What one lot brings in when it is sold at that price.
Money lot_value(const Instrument& instrument, Price price) {
  return cash_of_fill(instrument, Side::Sell, price, instrument.lot);
}

}  // namespace

Money account_equity(const Context& context, InstrumentIndex index) {
  Money sum{};
  for (InstrumentIndex i = 0; i < context.instruments(); ++i)
    if (context.instrument(i).settlement() == context.instrument(index).settlement()) sum += context.equity(i);
  return sum;
}

Price entry_price(const BookView& book, int side, Price last) {
  const Price best = side > 0 ? book.best_ask : book.best_bid;
  return best == kNoPrice ? last : best;
}

std::int64_t lots_for(const Instrument& instrument, SizeRule rule, Amount amount, Price price, Price stop,
                      Money equity) {
  const auto whole = [](Int128 part, Int128 unit) {
    if (part <= 0 || unit <= 0) return std::int64_t{0};
    return static_cast<std::int64_t>(std::min<Int128>(part / unit, std::numeric_limits<std::int64_t>::max()));
  };
  const Int128 scale = power_of_ten(amount.decimals);
  if (rule == SizeRule::Lots) return whole(amount.mantissa, scale);
  if (rule == SizeRule::Quantity) {
    const Int128 units = static_cast<Int128>(amount.mantissa) * power_of_ten(instrument.quantity_decimals);
    return whole(units, scale * instrument.lot.value);
  }
  if (price.value <= 0) return 0;
  const auto size_of = [](Money money) { return money.value < 0 ? -money.value : money.value; };
  const Int128 value = size_of(lot_value(instrument, price));
  if (rule == SizeRule::Cash)
    return whole(static_cast<Int128>(amount.mantissa) * power_of_ten(kMoneyDecimals - amount.decimals), value);
  const Money share = per_cent_of(equity, amount);
  if (rule == SizeRule::Equity) return whole(share.value, value);
  if (stop.value <= 0) return 0;
  return whole(share.value, size_of(lot_value(instrument, price) - lot_value(instrument, stop)));
}

Price stop_price(const Instrument& instrument, int side, Price entry, Amount distance) {
  const Int128 whole = static_cast<Int128>(power_of_ten(distance.decimals)) * 100;
  const Int128 scaled = static_cast<Int128>(entry.value) * (whole - side * static_cast<Int128>(distance.mantissa));
  const auto exact = static_cast<std::int64_t>(divide(scaled, whole, side > 0 ? Rounding::Floor : Rounding::Ceil));
  const std::int64_t tick = instrument.tick_at({std::max<std::int64_t>(exact, 0)}).value;
  return {static_cast<std::int64_t>(divide(exact, tick, side > 0 ? Rounding::Floor : Rounding::Ceil)) * tick};
}

EntrySize::EntrySize(Parameters& p, std::string_view rule, std::string_view amount, std::string_view rules)
    : lots_{p.integer("lots", 1, 1, 1'000'000'000'000, "size of a position, in lots")},
      rule_{static_cast<SizeRule>(
          p.choice("size", rule, rules, "what a position's size is made of (docs/strategies/sizing.md)"))},
      amount_{amount_of(p, "amount", amount, "of size: a quantity, money, or per cent of equity")} {
  if (rule_ == SizeRule::Lots) amount_ = {lots_, 0};
}

Quantity EntrySize::quantity(const Context& context, InstrumentIndex index, Price entry, Price stop) const {
  const Instrument& instrument = context.instrument(index);
  const bool of_equity = rule_ == SizeRule::Equity || rule_ == SizeRule::Risk;
  const Money equity = of_equity ? account_equity(context, index) : Money{};
  return {lots_for(instrument, rule_, amount_, entry, stop, equity) * instrument.lot.value};
}

PositionSize::PositionSize(Parameters& p, Sides sides, std::string_view rule, std::string_view amount)
    : size_{p, rule, amount, "lots|quantity|cash|equity|risk"},
      both_{sides == Sides::Chosen && p.choice("direction", "long", "long|both", "long only, or also short") == 1},
      stop_{amount_of(p, "stop", "0", "a stop so many per cent from the entry; 0 places none")} {
  if (size_.by_risk() && stop_.mantissa == 0) p.refuse("stop", "size=risk needs one, such as stop=2");
}

PositionSize PositionSize::in(InstrumentIndex index) const {
  PositionSize other = *this;
  other.index_ = index;
  return other;
}

Price PositionSize::stop_at(const Context& context, int side, Price entry) const {
  return stop_.mantissa == 0 ? Price{0} : stop_price(context.instrument(index_), side, entry, stop_);
}

Quantity PositionSize::quantity(const Context& context, int side, Price entry) const {
  return size_.quantity(context, index_, entry, stop_at(context, side, entry));
}

void PositionSize::protect(Context& context, int side, Quantity quantity, Price entry) {
  if (quantity.value == 0 || stop_.mantissa == 0) return;
  stop_order_ = context.submit({.instrument = index_,
                                .side = side > 0 ? Side::Sell : Side::Buy,
                                .type = OrderType::Stop,
                                .reduce_only = true,
                                .quantity = quantity,
                                .trigger_price = stop_at(context, side, entry)});
  context.tag(stop_order_, "stop");
}

void PositionSize::unprotect(Context& context) {
  if (context.order(stop_order_) != nullptr) context.cancel(stop_order_);
}

void PositionSize::go(Context& context, int side, std::string_view reason, Price last) {
  if (side < 0 && !both_) side = 0;
  if (size_.by_lots() && stop_.mantissa == 0) {
    const Quantity quantity = side == 0 ? Quantity{} : size_.quantity(context, index_, {});
    return go_to(context, index_, {side * quantity.value}, reason);
  }
  if (side != 0 && held_side(context, index_) == side) return;
  for (const WorkingOrder& order : context.orders()) {
    if (order.instrument == index_ && order.type == OrderType::Market) return;  // what is under way comes first
  }
  unprotect(context);
  if (side == 0) return go_to(context, index_, {}, reason);
  const Price entry = entry_price(context.book(index_), side, last);
  if (entry == kNoPrice) return;
  const Quantity wanted = quantity(context, side, entry);
  go_to(context, index_, {side * wanted.value}, reason);
  protect(context, side, wanted, entry);
}

}  // namespace stom
