// Parabolic stop and reverse (Wilder): a stop that closes in faster the longer a trend makes new extremes.
#pragma once

#include <algorithm>
#include <cmath>

#include "indicators/input.hpp"

namespace stom {

/// How fast the stop of one side closes in: the share of the way to the extreme that it goes with each bar, at first,
/// by how much that grows with each new extreme, and how far.
struct SarAcceleration {
  double first;
  double step;
  double most;
};

class Sar {
 public:
  explicit Sar(double acceleration = 0.02, double most = 0.2)
      : Sar({acceleration, acceleration, most}, {acceleration, acceleration, most}) {}
  /// Each side at its own pace. `start` > 0 is the first stop of a rising trend, < 0 (with its sign turned) of a
  /// falling one, 0 leaves both to the first two bars. `offset` moves the stop away by that fraction where the trend
  /// turns.
  Sar(const SarAcceleration& rising, const SarAcceleration& falling, double start = 0, double offset = 0)
      : paces_{limited(falling), limited(rising)}, start_{start}, offset_{offset} {}

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
  /// The side that value() is the stop of.
  bool rising() const { return rising_; }

 private:
  // The first two bars choose the side: falling where the low reached further down than the high up.
  void start(const Ohlcv& bar) {
    const double fall = low_ - bar.low;
    rising_ = start_ == 0 ? !(fall > 0 && bar.high - high_ < fall) : start_ > 0;
    extreme_ = rising_ ? bar.high : bar.low;
    stop_ = start_ == 0 ? (rising_ ? low_ : high_) : std::abs(start_);
    factor_ = pace().first;
  }
  // `ahead` is the bar's end in the trend's direction, `behind` the other. `behind_before` is the end that the stop
  // must not pass while the trend holds, `ahead_before` the one it must not pass once it has turned.
  void step(bool turned, bool new_extreme, double ahead, double behind, double behind_before, double ahead_before) {
    if (turned) {
      rising_ = !rising_;
      value_ = beyond(extreme_, ahead_before, ahead);
      value_ += (rising_ ? -offset_ : offset_) * value_;
      factor_ = pace().first;
      extreme_ = behind;
      stop_ = beyond(value_ + factor_ * (extreme_ - value_), ahead_before, ahead);
      return;
    }
    value_ = stop_;
    if (new_extreme) {
      extreme_ = ahead;
      factor_ = std::min(factor_ + pace().step, pace().most);
    }
    stop_ = beyond(stop_ + factor_ * (extreme_ - stop_), behind_before, behind);
  }
  // The stop of a rising trend lies below both bars, that of a falling one above.
  double beyond(double stop, double a, double b) const {
    return rising_ ? std::min({stop, a, b}) : std::max({stop, a, b});
  }

  static SarAcceleration limited(const SarAcceleration& a) {
    return {std::min(a.first, a.most), std::min(a.step, a.most), a.most};
  }
  const SarAcceleration& pace() const { return paces_[rising_ ? 1 : 0]; }

  SarAcceleration paces_[2];  // falling, rising
  double start_;
  double offset_;
  int bars_ = 0;
  double high_ = 0;
  double low_ = 0;
  bool rising_ = true;
  double stop_ = 0;
  double extreme_ = 0;
  double factor_ = 0;
  double value_ = kNotReady;
};

/// The stop with both sides' accelerations to choose; negative while the trend falls (TA-Lib's SAREXT).
class SarExtended {
 public:
  explicit SarExtended(double start = 0, double offset = 0, double first_long = 0.02, double step_long = 0.02,
                       double most_long = 0.2, double first_short = 0.02, double step_short = 0.02,
                       double most_short = 0.2)
      : sar_{{first_long, step_long, most_long}, {first_short, step_short, most_short}, start, offset} {}

  void update(const Ohlcv& bar) { sar_.update(bar); }
  bool ready() const { return sar_.ready(); }
  double value() const { return sar_.rising() ? sar_.value() : -sar_.value(); }

 private:
  Sar sar_;
};

}  // namespace stom
