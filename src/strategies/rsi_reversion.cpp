// rsi_reversion: buys what fell too fast (RSI under `low`) and lets it go once the RSI is back at `exit`; with
// direction=both also the mirror image. docs/strategies/rsi_reversion.md
#include "indicators/rsi.hpp"
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
        size_{p} {}

  void on_start(Context& context) override { context.subscribe_bars(0, bar_); }

  void on_bar(Context& context, const BarEvent& bar) override {
    rsi_.update(bar.close);
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

 private:
  Rsi rsi_;
  double low_, high_, exit_;
  BarSpec bar_;
  PositionSize size_;
};

}  // namespace

STOM_STRATEGY(rsi_reversion, RsiReversion, "buys what fell too fast, sells it once the RSI is back in the middle")

}  // namespace stom
