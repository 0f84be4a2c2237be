// Parabolic stop and reverse (Wilder): a stop that closes in faster the longer a trend makes new extremes.
#pragma once

#include <algorithm>

#include "indicators/input.hpp"

namespace stom {

class Sar {
 public:
  explicit Sar(double acceleration = 0.02, double most = 0.2) : step_{std::min(acceleration, most)}, most_{most} {}

  void update(const Ohlcv& bar) {
    if (bars_ == 0) {
      high_ = bar.high;
      low_ = bar.low;
      ++bars_;
      return;
    }
    if (bars_ == 1) start(bar);
    const double high_before = bars_ == 1 ? bar.high : high_;  // TA-Lib's first step knows its own bar only
    const double low_before = bars_ == 1 ? bar.low : low_;
    bars_ = 2;
    high_ = bar.high;
    low_ = bar.low;
    if (rising_) {
      step(bar.low <= stop_, bar.high > extreme_, bar.high, bar.low, low_before, high_before);
    } else {
      step(bar.high >= stop_, bar.low < extreme_, bar.low, bar.high, high_before, low_before);
    }
  }
  bool ready() const { return bars_ == 2; }
  double value() const { return value_; }
  bool rising() const { return rising_; }

 private:
  // The first two bars choose the side: falling where the low reached further down than the high up.
  void start(const Ohlcv& bar) {
    const double fall = low_ - bar.low;
    rising_ = !(fall > 0 && bar.high - high_ < fall);
    extreme_ = rising_ ? bar.high : bar.low;
    stop_ = rising_ ? low_ : high_;
    factor_ = step_;
  }
  // `ahead` is the bar's end in the trend's direction, `behind` the other. `behind_before` is the end that the stop
  // must not pass while the trend holds, `ahead_before` the one it must not pass once it has turned.
  void step(bool turned, bool new_extreme, double ahead, double behind, double behind_before, double ahead_before) {
    if (turned) {
      rising_ = !rising_;
      value_ = beyond(extreme_, ahead_before, ahead);
      factor_ = step_;
      extreme_ = behind;
      stop_ = beyond(value_ + factor_ * (extreme_ - value_), ahead_before, ahead);
      return;
    }
    value_ = stop_;
    if (new_extreme) {
      extreme_ = ahead;
      factor_ = std::min(factor_ + step_, most_);
    }
    stop_ = beyond(stop_ + factor_ * (extreme_ - stop_), behind_before, behind);
  }
  // The stop of a rising trend lies below both bars, that of a falling one above.
  double beyond(double stop, double a, double b) const {
    return rising_ ? std::min({stop, a, b}) : std::max({stop, a, b});
  }

  double step_;
  double most_;
  int bars_ = 0;
  double high_ = 0;
  double low_ = 0;
  bool rising_ = true;
  double stop_ = 0;
  double extreme_ = 0;
  double factor_ = 0;
  double value_ = kNotReady;
};

}  // namespace stom
