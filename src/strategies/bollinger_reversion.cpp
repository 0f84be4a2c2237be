// bollinger_reversion: buys a close below the lower band and sells once a close is back at the middle; with
// direction=both also the mirror image. docs/strategies/bollinger_reversion.md
#include "indicators/bollinger.hpp"
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class BollingerReversion final : public Strategy {
 public:
  explicit BollingerReversion(Parameters& p)
      : bands_{make_bands(p)}, bar_{p.bars("bar", "1m", "which bars")}, size_{p} {}

  void on_start(Context& context) override { context.subscribe_bars(0, bar_); }

  void on_bar(Context& context, const BarEvent& bar) override {
    bands_.update(bar.close);
    if (!bands_.ready()) return;
    const int held = held_side(context);
    if (bar.close < bands_.lower()) {
      size_.go(context, 1, "below the lower band", bar.bar.close);
    } else if (bar.close > bands_.upper() && size_.both()) {
      size_.go(context, -1, "above the upper band", bar.bar.close);
    } else if ((held > 0 && bar.close >= bands_.middle()) || (held < 0 && bar.close <= bands_.middle())) {
      size_.go(context, 0, "back at the middle");
    }
  }

 private:
  static BollingerBands make_bands(Parameters& p) {
    const auto period = p.integer("period", 20, 2, 10'000, "bars in the bands");
    const double deviations = p.number("deviations", 2, 0.1, 10, "distance of the bands, in standard deviations");
    return BollingerBands{static_cast<int>(period), deviations, deviations};
  }

  BollingerBands bands_;
  BarSpec bar_;
  PositionSize size_;
};

}  // namespace

STOM_STRATEGY(bollinger_reversion, BollingerReversion, "buys below the lower band, sells back at the middle")

}  // namespace stom
