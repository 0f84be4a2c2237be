// rsi_reversion: buys what fell too fast (RSI under `low`) and lets it go once the RSI is back at `exit`; with
// direction=both also the mirror image. docs/strategies/rsi_reversion.md
#include "indicators/rsi.hpp"
#include "strategies/grid_orders.hpp"
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class RsiReversion final : public Strategy {
 public:
  explicit RsiReversion(Parameters& p)
      : rsi_{static_cast<int>(p.integer("period", 14, 2, 10'000, "bars in the RSI"))},
        low_{p.number("low", 30, 0, 100, "buy below this RSI")},
        high_{p.number("high", 70, 0, 100, "sell short above this RSI")},
        exit_{p.number("exit", 50, 0, 100, "close the position once the RSI is back here")},
        bar_{p.bars("bar", "1m", "which bars")},
        size_{p} {
    const std::string orders =
        p.later_file("orders", "an order grid (docs/order-grid.md): how wishes become orders; long only");
    if (!orders.empty()) take_grid(p, orders);
  }

  void on_start(Context& context) override {
    context.subscribe_bars(0, bar_);
    if (grid_) grid_->on_start(context);
  }

  void on_bar(Context& context, const BarEvent& bar) override {
    rsi_.update(bar.close);
    if (grid_) return by_grid(context, bar);
    if (!rsi_.ready()) return;
    const double rsi = rsi_.value();
    const int held = held_side(context);
    if (rsi < low_) {
      size_.go(context, 1, "oversold", bar.bar.close);
    } else if (rsi > high_ && size_.both()) {
      size_.go(context, -1, "overbought", bar.bar.close);
    } else if ((held > 0 && rsi >= exit_) || (held < 0 && rsi <= exit_)) {
      size_.go(context, 0, "back to the middle");
    }
  }

  void on_order(Context& context, const OrderEvent& event) override {
    if (grid_) grid_->on_order(context, event);
  }

  void on_watch(Context& context, InstrumentIndex index) override {
    if (grid_) grid_->on_watch(context, index);
  }

  void on_stop(Context& context) override {
    if (grid_) grid_->on_stop(context);
  }

 private:
  void take_grid(Parameters& p, const std::string& text) {
    auto grid = read_order_grid(text);
    if (!grid) return p.refuse("orders", grid.error().message + "; " + grid.error().hint);
    if (size_.both()) p.refuse("direction", "with orders= it is long only");
    if (size_.has_stop()) p.refuse("stop", "with orders= the stop is the grid's: [stop] percent = 3");
    if (grid->buy.weight || grid->futures.leverage_by)
      return p.refuse("orders", "bands are of words in rows, and this strategy has bars; use conditions");
    if (grid->buy.execution || grid->sell.execution)
      return p.refuse("orders",
                      "an execution looks at the market ten times a second, and this strategy has bars; "
                      "use conditions");
    grid_.emplace(std::move(*grid), [this](const Context& context, InstrumentIndex, Price price) {
      return size_.quantity(context, 1, price);
    });
  }

  /// A stop is looked for on each bar, also where a session that goes on has not seen enough of them for the RSI yet.
  void by_grid(Context& context, const BarEvent& bar) {
    const GridRow row = grid_row(context, 0, bar.end, bar.bar.close);
    if (!grid_->on_row(context, row) || !rsi_.ready()) return;
    const double rsi = rsi_.value();
    if (rsi < low_) grid_->enter(context, row, Side::Buy);
    if (rsi >= exit_) grid_->leave(context, row, "back to the middle");
  }

  Rsi rsi_;
  double low_, high_, exit_;
  BarSpec bar_;
  PositionSize size_;
  std::optional<GridOrders> grid_;
};

}  // namespace

STOM_STRATEGY(rsi_reversion, RsiReversion, "buys what fell too fast, sells it once the RSI is back in the middle")

}  // namespace stom
