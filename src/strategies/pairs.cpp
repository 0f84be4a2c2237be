// pairs: trades the ratio of two prices back to its mean. Where the ratio is `entry` standard deviations above its mean
// of `period` bars, the first instrument is sold and the second bought; below, the other way round; both are closed
// once the ratio is within `exit` deviations. docs/strategies/pairs.md
#include <cmath>
#include <cstdlib>

#include "core/assert.hpp"
#include "indicators/window.hpp"
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class Pairs final : public Strategy {
 public:
  explicit Pairs(Parameters& p)
      : ratio_{static_cast<int>(p.integer("period", 60, 2, 10'000, "bars in the mean of the ratio"))},
        entry_{p.number("entry", 2, 0.1, 20, "deviations from the mean at which to enter")},
        exit_{p.number("exit", 0.5, 0, 20, "deviations from the mean at which to leave")},
        bar_{p.bars("bar", "1m", "which bars, by time")},
        size_{p} {
    p.needs_instruments(2);
  }

  void on_start(Context& context) override {
    if (context.instruments() < 2)  // whoever starts it asks check_instruments() before
      return context.log("it needs two instruments, was given one and does nothing: name --instrument twice");
    for (InstrumentIndex i : {0u, 1u}) context.subscribe_bars(i, bar_);
  }

  void on_bar(Context& context, const BarEvent& bar) override {
    if (bar.instrument > 1) return;
    last_[bar.instrument] = bar;
    if (last_[0].end != last_[1].end) return;  // the other one's bar is still to come, or is missing
    decide(context, last_[0].close / last_[1].close);
  }

 private:
  void decide(Context& context, double ratio) {
    ratio_.update(ratio);
    if (!ratio_.full()) return;
    const double deviation = std::sqrt(ratio_.variance());
    const double away = ratio - ratio_.mean();
    if (deviation == 0) return;
    if (away >= entry_ * deviation) {
      hold(context, -1, "the ratio is high");
    } else if (away <= -entry_ * deviation) {
      hold(context, +1, "the ratio is low");
    } else if (std::abs(away) <= exit_ * deviation) {
      hold(context, 0, "the ratio is back");
    }
  }

  /// side +1: long the first, short the second. The second leg has the value of the first at the last prices, in whole
  /// lots; once entered, a side keeps its quantities.
  void hold(Context& context, int side, std::string_view reason) {
    if (side == side_) return;
    side_ = side;
    const Instrument& first = context.instrument(0);
    const Instrument& second = context.instrument(1);
    const Price close = last_[0].bar.close;
    const Quantity quantity =
        side == 0 ? Quantity{} : size_.quantity(context, 0, entry_price(context.book(0), side, close));
    const Int128 value = value_of(first, close, quantity).value;
    const Int128 lot_value = value_of(second, last_[1].bar.close, second.lot).value;
    STOM_ASSERT(lot_value > 0);
    const auto lots = static_cast<std::int64_t>(divide(value, lot_value, Rounding::HalfUp));
    go_to(context, 0, {side * quantity.value}, reason);
    go_to(context, 1, {-side * lots * second.lot.value}, reason);
  }

  RollingVariance ratio_;
  double entry_, exit_;
  BarSpec bar_;
  EntrySize size_;  // of the first leg
  BarEvent last_[2];
  int side_ = 0;
};

}  // namespace

STOM_STRATEGY(pairs, Pairs, "trades the ratio of two prices back to its mean")

}  // namespace stom
