// market_maker: quotes both sides at a distance from the middle of the book, and leans against what it holds: the more
// it is long, the lower both quotes, so that the next fill is more likely a sale. docs/strategies/market_maker.md
#include <algorithm>

#include "core/decimal.hpp"
#include "strategies/registry.hpp"

namespace stom {
namespace {

class MarketMaker final : public Strategy {
 public:
  explicit MarketMaker(Parameters& p)
      : interval_{p.duration("interval", "100ms", "time between decisions")},
        distance_{p.integer("distance", 5, 1, 1'000'000, "from the fair price to each quote, in ticks")},
        skew_{p.integer("skew", 5, 0, 1'000'000, "how far a full position moves the fair price, in ticks")},
        order_lots_{p.integer("lots", 1, 1, 1'000'000'000, "size of each quote, in lots")},
        max_lots_{p.integer("max", 10, 1, 1'000'000'000, "largest position either way, in lots")} {}

  void on_start(Context& context) override { context.every(interval_); }

  void on_timer(Context& context) override {
    for (InstrumentIndex index = 0; index < context.instruments(); ++index) {
      const BookView& book = context.book(index);
      const std::int64_t held = context.position(index).value / context.instrument(index).lot.value;
      // Where the book is not known there is no price to quote.
      const bool known = book.two_sided() && !book.stale;
      for (const Side side : {Side::Buy, Side::Sell})
        keep_quote(context, index, side, known ? quote(context, index, side, held) : kNoPrice, held);
    }
  }

 private:
  /// The fair price is the middle, less the skew in proportion to the position. A quote stands `distance` from it, to
  /// the next tick away, but never where it would take.
  Price quote(const Context& context, InstrumentIndex index, Side side, std::int64_t held) const {
    const Instrument& instrument = context.instrument(index);
    const BookView& book = context.book(index);
    const Int128 tick = instrument.tick_at(book.best_bid).value;
    const Int128 lean = divide(2 * skew_ * tick * held, max_lots_, Rounding::HalfEven);
    const Int128 fair = book.best_bid.value + book.best_ask.value - lean;  // both in half steps of the price
    const Int128 wanted = fair - sign_of(side) * 2 * distance_ * tick;
    if (side == Side::Buy) {
      const Price below_ask{book.best_ask.value - instrument.tick_at({book.best_ask.value - 1}).value};
      const Price bid{std::min(static_cast<std::int64_t>(divide(wanted, 2, Rounding::Floor)), below_ask.value)};
      return bid.value > 0 ? Price{bid.value - bid.value % instrument.tick_at(bid).value} : kNoPrice;
    }
    const Price above_bid{book.best_bid.value + instrument.tick_at(book.best_bid).value};
    const Price ask{std::max(static_cast<std::int64_t>(divide(wanted, 2, Rounding::Ceil)), above_bid.value)};
    const std::int64_t step = instrument.tick_at(ask).value;
    return {(ask.value + step - 1) / step * step};
  }

  /// One order at `price`, unless with all that may still fill on that side the position would be too large.
  void keep_quote(Context& context, InstrumentIndex index, Side side, Price price, std::int64_t held) const {
    const std::int64_t lot = context.instrument(index).lot.value;
    std::int64_t most = sign_of(side) * held + order_lots_;
    if (most > max_lots_) price = kNoPrice;
    bool have = false;
    for (const WorkingOrder& order : context.orders()) {
      if (order.instrument != index || order.side != side) continue;
      if (order.price == price) {
        have = true;  // it keeps its place in the queue
      } else {
        most += order.leaves.value / lot;  // a cancel may come too late
        if (order.cancelable()) context.cancel(order.id);
      }
    }
    if (have || price == kNoPrice || most > max_lots_) return;
    context.submit(
        {.instrument = index, .side = side, .post_only = true, .quantity = {order_lots_ * lot}, .price = price});
  }

  DurationNanos interval_;
  std::int64_t distance_, skew_, order_lots_, max_lots_;
};

}  // namespace

STOM_STRATEGY(market_maker, MarketMaker, "market maker: quotes around the middle, leans against what it holds")

}  // namespace stom
