// Commodity channel index (Lambert): how far the typical price is from its mean, in mean deviations of 1.5 %.
#pragma once

#include <cmath>
#include <optional>

#include "indicators/input.hpp"
#include "indicators/ordered.hpp"
#include "indicators/window.hpp"

namespace stom {

class Cci {
 public:
  explicit Cci(int period) : window_{period} {
    if (period > kLookedThrough) ordered_.emplace(period);
  }

  void update(const Ohlcv& bar) {
    last_ = bar.typical();
    window_.update(last_);
    if (ordered_) ordered_->update(last_);
  }
  bool ready() const { return window_.full(); }
  double value() const {
    if (!ready()) return kNotReady;
    const double mean = window_.mean();
    const double deviation = distance_from(mean) / static_cast<double>(window_.values().size());
    return deviation > std::abs(mean) * kStill ? (last_ - mean) / (0.015 * deviation) : 0;
  }

 private:
  // All distances move when the mean does. Up to so many, looking at each costs less than keeping them in order.
  static constexpr int kLookedThrough = 64;
  static constexpr double kStill = 1e-13;  // of the price: what is left of a price that stands still is rounding

  double distance_from(double mean) const {
    if (ordered_) return ordered_->distance_from(mean);
    double distance = 0;
    for (const double x : window_.values()) distance += std::abs(x - mean);
    return distance;
  }

  RollingMean window_;
  std::optional<OrderedWindow> ordered_;
  double last_ = 0;
};

}  // namespace stom
