// Commodity channel index (Lambert): how far the typical price is from its mean, in mean deviations of 1.5 %.
#pragma once

#include <cmath>

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Cci {
 public:
  explicit Cci(int period) : window_{period} {}

  void update(const Ohlcv& bar) {
    last_ = bar.typical();
    window_.update(last_);
  }
  bool ready() const { return window_.full(); }
  /// The one value that costs a look at the whole window: all distances move when the mean does.
  double value() const {
    if (!ready()) return kNotReady;
    const double mean = window_.mean();
    double distance = 0;
    for (const double x : window_.values()) distance += std::abs(x - mean);
    const double deviation = distance / static_cast<double>(window_.values().size());
    return deviation > std::abs(mean) * kStill ? (last_ - mean) / (0.015 * deviation) : 0;
  }

 private:
  static constexpr double kStill = 1e-13;  // of the price: what is left of a price that stands still is rounding

  RollingMean window_;
  double last_ = 0;
};

}  // namespace stom
