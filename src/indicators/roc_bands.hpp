// Rate of change with bands: an average of it, and as far on both sides of 0 as it usually is from there.
#pragma once

#include <algorithm>
#include <cmath>

#include "indicators/ema.hpp"
#include "indicators/input.hpp"
#include "indicators/momentum.hpp"
#include "indicators/window.hpp"

namespace stom {

class RocBands {
 public:
  explicit RocBands(int period = 20, int average = 5, int deviations = 5)
      : change_{period}, average_{average}, squares_{deviations} {}

  void update(double x) {
    change_.update(x);
    if (!change_.ready()) return;
    average_.update(change_.percent());
    squares_.update(change_.percent() * change_.percent());
  }
  bool ready() const { return average_.ready() && squares_.full(); }
  double value() const { return ready() ? change_.percent() : kNotReady; }
  double average() const { return ready() ? average_.value() : kNotReady; }
  double upper() const { return ready() ? std::sqrt(std::max(0.0, squares_.mean())) : kNotReady; }
  double lower() const { return -upper(); }

 private:
  Momentum change_;
  Ema average_;
  RollingMean squares_;
};

}  // namespace stom
