// Variable index dynamic average (Chande 1992): an exponential average that is quick where the price is restless, by
// the deviation of a short window in that of a long one.
#pragma once

#include <algorithm>
#include <cmath>

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Vidya {
 public:
  explicit Vidya(int fast = 9, int slow = 30, double weight = 0.2)
      : fast_{std::min(fast, slow)}, slow_{std::max(fast, slow)}, weight_{weight} {}

  /// It starts from the last price before the long window is full.
  void update(double x) {
    fast_.update(x);
    slow_.update(x);
    if (!slow_.full()) {
      value_ = x;
      return;
    }
    if (slow_.variance() > 0) value_ += weight_ * std::sqrt(fast_.variance() / slow_.variance()) * (x - value_);
  }
  bool ready() const { return slow_.full(); }
  double value() const { return ready() ? value_ : kNotReady; }

 private:
  RollingVariance fast_;
  RollingVariance slow_;
  double weight_;
  double value_ = 0;
};

}  // namespace stom
