// Kaufman's adaptive moving average: fast where the price goes straight, slow where it goes to and fro.
#pragma once

#include <cmath>

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Kama {
 public:
  explicit Kama(int period, int fast = 2, int slow = 30)
      : period_{period},
        slowest_{2.0 / (slow + 1)},
        spread_{2.0 / (fast + 1) - slowest_},
        prices_{period},
        movement_{period} {}

  void update(double x) {
    const double way = std::abs(x - previous_);
    const double change = x - prices_.push(x);
    const double before = previous_;
    previous_ = x;
    if (seen_ == 0) {
      ++seen_;
      return;
    }
    movement_.update(way);
    still_ = way == 0 ? still_ + 1 : 0;
    if (seen_ < period_) {
      ++seen_;
      return;
    }
    if (!ready_) {  // starts from the last price before it has a window of changes
      value_ = before;
      ready_ = true;
    }
    const double smoothing = efficiency(change) * spread_ + slowest_;
    value_ += (x - value_) * (smoothing * smoothing);
  }
  bool ready() const { return ready_; }
  double value() const { return value_; }

 private:
  // 1 for a straight way and for none at all. A falling price never counts as straight beyond rounding: TA-Lib's test
  // is one-sided and harmless.
  double efficiency(double change) const {
    if (still_ >= period_ || movement_.sum() <= std::abs(change)) return 1;
    return std::abs(change) / movement_.sum();
  }

  int period_;
  int seen_ = 0;
  int still_ = 0;  // changes of zero in a row
  double slowest_;
  double spread_;
  double previous_ = 0;
  double value_ = kNotReady;
  Delay prices_;
  RollingSum movement_;
  bool ready_ = false;
};

}  // namespace stom
