// grid: a ladder of resting orders on fixed multiples of a spacing, below the best bid and above the best ask.
// An order's id says its price and side, so that a level is never doubled: 2 x tick for a buy, 2 x tick + 1 for a sell.
#include "strategies/registry.hpp"

namespace stom {
namespace {

class Grid final : public Strategy {
 public:
  explicit Grid(Parameters& p)
      : interval_{p.duration("interval", "100ms", "time between decisions")},
        levels_{p.integer("levels", 10, 1, 1000, "orders on each side")},
        spacing_{p.integer("spacing", 10, 1, 1'000'000, "distance between levels, in ticks")},
        order_lots_{p.integer("lots", 1, 1, 1'000'000'000, "size of each order, in lots")},
        max_lots_{p.integer("max", 20, 1, 1'000'000'000, "largest position either way, in lots")} {}

  void on_start(Context& context) override { context.every(interval_); }

  void on_timer(Context& context) override {
    const BookView& book = context.book(0);
    if (!book.two_sided()) return;
    const Instrument& instrument = context.instrument(0);
    const std::int64_t step = instrument.base_tick().value;
    const std::int64_t position = context.position(0).value / instrument.lot.value;
    const std::int64_t bid = book.best_bid.value / step / spacing_ * spacing_;
    const std::int64_t ask = (book.best_ask.value / step + spacing_ - 1) / spacing_ * spacing_;
    const bool want_bid = position < max_lots_;
    const bool want_ask = position > -max_lots_;

    const std::int64_t pitch = spacing_ * step;
    for (const WorkingOrder& order : context.orders()) {
      const bool buy = order.side == Side::Buy;
      const std::int64_t away = buy ? bid * step - order.price.value : order.price.value - ask * step;
      const bool wanted = (buy ? want_bid : want_ask) && away >= 0 && away < levels_ * pitch && away % pitch == 0;
      if (!wanted && order.cancelable()) context.cancel(order.id);
    }
    const Quantity quantity{order_lots_ * instrument.lot.value};
    for (std::int64_t i = 0; want_bid && i < levels_; ++i)
      place(context, Side::Buy, bid - i * spacing_, step, quantity);
    for (std::int64_t i = 0; want_ask && i < levels_; ++i)
      place(context, Side::Sell, ask + i * spacing_, step, quantity);
  }

 private:
  static void place(Context& context, Side side, std::int64_t tick, std::int64_t step, Quantity quantity) {
    if (tick <= 0) return;
    const ClientOrderId id = static_cast<ClientOrderId>(2 * tick) + (side == Side::Sell);
    if (context.order(id) != nullptr) return;
    context.submit({.id = id, .side = side, .post_only = true, .quantity = quantity, .price = {tick * step}});
  }

  DurationNanos interval_;
  std::int64_t levels_, spacing_, order_lots_, max_lots_;
};

}  // namespace

STOM_STRATEGY(grid, Grid, "resting orders on both sides at a fixed spacing")

}  // namespace stom
