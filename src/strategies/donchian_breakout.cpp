// donchian_breakout: the Turtle rule. Long when a bar closes above the highest high of the `entry` bars before it, out
// when one closes below the lowest low of the `exit` bars before it. docs/strategies/donchian_breakout.md
#include "indicators/donchian.hpp"
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class DonchianBreakout final : public Strategy {
 public:
  explicit DonchianBreakout(Parameters& p)
      : entry_{static_cast<int>(p.integer("entry", 20, 1, 10'000, "bars whose extreme must be broken to enter"))},
        exit_{static_cast<int>(p.integer("exit", 10, 1, 10'000, "bars whose opposite extreme ends the trade"))},
        bar_{p.bars("bar", "1m", "which bars")},
        size_{p} {}

  void on_start(Context& context) override { context.subscribe_bars(0, bar_); }

  void on_bar(Context& context, const BarEvent& bar) override {
    entry_.update(bar.high, bar.low);
    exit_.update(bar.high, bar.low);
    if (!entry_.ready() || !exit_.ready()) return;
    const int held = held_side(context);
    if (bar.close > entry_.upper()) {
      size_.go(context, 1, "broke out upwards", bar.bar.close);
    } else if (bar.close < entry_.lower() && size_.both()) {
      size_.go(context, -1, "broke out downwards", bar.bar.close);
    } else if ((held > 0 && bar.close < exit_.lower()) || (held < 0 && bar.close > exit_.upper())) {
      size_.go(context, 0, "fell back through the channel");
    }
  }

 private:
  Donchian entry_;
  Donchian exit_;
  BarSpec bar_;
  PositionSize size_;
};

}  // namespace

STOM_STRATEGY(donchian_breakout, DonchianBreakout, "the Turtle rule: buys new highs, sells new lows")

}  // namespace stom
