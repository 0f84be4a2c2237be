// volatility_breakout (Larry Williams): buys when the price has risen from the day's open by k times the range of the
// day before, and sells at the day's end. docs/strategies/volatility_breakout.md
//
// The entry is a buy stop that waits at the venue, so it fills where the price is, not a bar later.
#include <algorithm>
#include <cmath>
#include <optional>

#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class VolatilityBreakout final : public Strategy {
 public:
  explicit VolatilityBreakout(Parameters& p)
      : k_{p.number("k", 0.5, 0, 10, "share of the range of the day before that counts as a breakout")},
        days_{p},
        bar_{p.bars("bar", "1m", "which bars, a part of a day")},
        size_{p, Sides::LongOnly} {}

  void on_start(Context& context) override {
    days_.of(context.instrument(0));
    context.subscribe_bars(0, bar_);
  }

  void on_bar(Context& context, const BarEvent& bar) override {
    const std::int64_t day = days_.number(bar.bar.time);
    if (!today_ || today_->number != day) begin_day(context, day, bar);
    today_->high = std::max(today_->high, bar.bar.high);
    today_->low = std::min(today_->low, bar.bar.low);
    // The last bar of the day: what is held is sold into the next day's first price.
    if (days_.number(bar.bar.time + bar_.span()) != day) end_day(context);
  }

  void on_order(Context& context, const OrderEvent& event) override {
    // The stop protects what has been bought: at the venue it would be refused before.
    if (event.id == entry_ && event.kind == OrderEventKind::Filled && event.leaves.value == 0)
      size_.protect(context, 1, context.position(0), trigger_);
  }

 private:
  struct Day {
    std::int64_t number;
    Price high, low;
  };

  void begin_day(Context& context, std::int64_t number, const BarEvent& bar) {
    // A day whose last bar did not come (a halt, a gap in the data) ends when the next one is seen to have begun.
    end_day(context);
    const std::optional<Day> yesterday = today_;
    today_ = Day{number, bar.bar.high, bar.bar.low};
    if (!yesterday || yesterday->number + 1 != number) return;  // the range must be that of the day before
    const Price trigger = trigger_price(context.instrument(0), bar.bar.open, yesterday->high - yesterday->low);
    if (bar.bar.close >= trigger) {  // broken within the first bar: no stop can be placed below the price
      size_.go(context, 1, "breakout", bar.bar.close);
      return;
    }
    const Quantity quantity = size_.quantity(context, 1, trigger);
    if (quantity.value > 0) {
      trigger_ = trigger;
      entry_ =
          context.submit({.side = Side::Buy, .type = OrderType::Stop, .quantity = quantity, .trigger_price = trigger});
    }
  }

  void end_day(Context& context) {
    if (const WorkingOrder* order = context.order(entry_); order != nullptr) context.cancel(entry_);
    entry_ = 0;
    size_.go(context, 0, "end of the day");
  }

  /// open + k x range, up to the next tick.
  Price trigger_price(const Instrument& instrument, Price open, Price range) const {
    const Price exact{open.value + static_cast<std::int64_t>(std::ceil(k_ * static_cast<double>(range.value)))};
    const std::int64_t tick = instrument.tick_at(exact).value;
    return {(exact.value + tick - 1) / tick * tick};
  }

  double k_;
  TradingDays days_;
  BarSpec bar_;
  PositionSize size_;
  std::optional<Day> today_;
  Price trigger_{};  // of the entry that waits
  ClientOrderId entry_ = 0;
};

}  // namespace

STOM_STRATEGY(volatility_breakout, VolatilityBreakout,
              "Larry Williams: buys a rise by k times yesterday's range, sells at the day's end")

}  // namespace stom
