// Simple moving average: the mean of the last n values.
#pragma once

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Sma {
 public:
  explicit Sma(int period) : window_{period} {}

  void update(double x) { window_.update(x); }
  bool ready() const { return window_.full(); }
  double value() const { return ready() ? window_.mean() : kNotReady; }

 private:
  RollingMean window_;
};

}  // namespace stom
