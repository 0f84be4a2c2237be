// ema_cross: long from the bar on which the fast average of the close rises above the slow one, out (or short) from the
// bar on which it falls below. docs/strategies/ema_cross.md
#include "indicators/ema.hpp"
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class EmaCross final : public Strategy {
 public:
  explicit EmaCross(Parameters& p)
      : fast_{static_cast<int>(p.integer("fast", 10, 1, 10'000, "bars in the fast average"))},
        slow_{static_cast<int>(p.integer("slow", 20, 2, 10'000, "bars in the slow average"))},
        bar_{p.bars("bar", "1m", "which bars")},
        size_{p} {}

  void on_start(Context& context) override { context.subscribe_bars(0, bar_); }

  void on_bar(Context& context, const BarEvent& bar) override {
    fast_.update(bar.close);
    slow_.update(bar.close);
    if (!fast_.ready() || !slow_.ready()) return;
    const int side = (fast_.value() > slow_.value()) - (fast_.value() < slow_.value());
    if (side == 0 || side == side_) return;
    const bool crossed = side_ != 0;  // the first side is where we came in, not a cross
    side_ = side;
    if (crossed) size_.go(context, side, "cross", bar.bar.close);
  }

 private:
  Ema fast_;
  Ema slow_;
  BarSpec bar_;
  PositionSize size_;
  int side_ = 0;
};

}  // namespace

STOM_STRATEGY(ema_cross, EmaCross, "long while the fast average of the close is above the slow one")

}  // namespace stom
