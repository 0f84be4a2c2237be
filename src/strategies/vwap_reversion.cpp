// vwap_reversion: buys when the close is `distance` per cent under what the session's buyers paid on average (VWAP),
// sells at that average or at the session's end; with direction=both also the mirror image.
// docs/strategies/vwap_reversion.md
#include <optional>

#include "indicators/vwap.hpp"
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class VwapReversion final : public Strategy {
 public:
  explicit VwapReversion(Parameters& p)
      : distance_{p.number("distance", 0.5, 0.001, 50, "how far from the average to enter, in per cent")},
        warmup_{p.integer("warmup", 10, 1, 10'000, "bars of a session before the first entry")},
        days_{p},
        bar_{p.bars("bar", "1m", "which bars, a part of a day")},
        size_{p} {}

  void on_start(Context& context) override {
    days_.of(context.instrument(0));
    context.subscribe_bars(0, bar_);
  }

  void on_bar(Context& context, const BarEvent& bar) override {
    const std::int64_t day = days_.number(bar.bar.time);
    if (day != day_) {
      if (day_) size_.go(context, 0, "end of the session");  // where the session's last bar did not come
      day_ = day;
      bars_ = 0;
      vwap_.start_session();
    }
    ++bars_;
    vwap_.update((bar.high + bar.low + bar.close) / 3, bar.volume);
    if (days_.number(bar.bar.time + bar_.span()) != day) return size_.go(context, 0, "end of the session");
    if (!vwap_.ready()) return;
    const double average = vwap_.value();
    const double away = (bar.close / average - 1) * 100;
    const int held = held_side(context);
    if (away <= -distance_ && bars_ >= warmup_) {
      size_.go(context, 1, "below the average", bar.bar.close);
    } else if (away >= distance_ && bars_ >= warmup_ && size_.both()) {
      size_.go(context, -1, "above the average", bar.bar.close);
    } else if ((held > 0 && away >= 0) || (held < 0 && away <= 0)) {
      size_.go(context, 0, "back at the average");
    }
  }

 private:
  double distance_;
  std::int64_t warmup_;
  TradingDays days_;
  BarSpec bar_;
  PositionSize size_;
  Vwap vwap_;
  std::optional<std::int64_t> day_;
  std::int64_t bars_ = 0;
};

}  // namespace

STOM_STRATEGY(vwap_reversion, VwapReversion, "buys well below the session's average price, sells back at it")

}  // namespace stom
