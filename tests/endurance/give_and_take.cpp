// give_and_take: trades of the first instruments at regular times and asks nothing of the market, so that what an hour
// of it brings is known before: of each it cancels what rests, takes from the best of the other side (buys where it
// holds little, else sells what it holds) and leaves an order 3 % below the market.
#include "strategies/registry.hpp"

namespace stom {
namespace {

constexpr std::int64_t kWon = 200'000, kDollars = 200;  // what an order is worth: more than the least of any venue

class GiveAndTake final : public Strategy {
 public:
  explicit GiveAndTake(Parameters& p)
      : interval_{p.duration("interval", "5s", "time between two looks at an instrument")},
        first_{static_cast<InstrumentIndex>(p.integer("first", 1, 1, 1000, "how many instruments are traded"))} {}

  void on_start(Context& context) override { context.every(interval_ / first_); }

  void on_timer(Context& context) override {
    const InstrumentIndex index = next_;
    next_ = (next_ + 1) % first_;
    const BookView& book = context.book(index);
    if (!book.two_sided() || book.stale) return;
    for (const WorkingOrder& order : context.orders())
      if (order.instrument == index && order.cancelable()) context.cancel(order.id);
    const Instrument& instrument = context.instrument(index);
    const Quantity usual = usual_quantity(instrument, book.best_bid);
    const Quantity held = context.position(index);
    const bool sells = held.value * 2 >= usual.value;
    context.submit({.instrument = index,
                    .side = sells ? Side::Sell : Side::Buy,
                    .quantity = sells ? held : usual,
                    .price = sells ? book.best_bid : book.best_ask});
    const std::int64_t below = book.best_bid.value - book.best_bid.value / 33;
    context.submit({.instrument = index,
                    .side = Side::Buy,
                    .quantity = usual,
                    .price = {below - below % instrument.tick_at({below}).value}});
  }

 private:
  static Quantity usual_quantity(const Instrument& instrument, Price price) {
    if (instrument.kind == ContractKind::Inverse) return instrument.lot;
    const Int128 wanted = Int128{instrument.quote == "KRW" ? kWon : kDollars} * power_of_ten(kMoneyDecimals);
    const Int128 of_lot = value_of(instrument, price, instrument.lot).value;
    return {static_cast<std::int64_t>((wanted + of_lot - 1) / of_lot) * instrument.lot.value};
  }

  DurationNanos interval_;
  InstrumentIndex first_, next_ = 0;
};

}  // namespace

STOM_STRATEGY(give_and_take, GiveAndTake, "buys and sells at regular times, whatever the market does")

}  // namespace stom
