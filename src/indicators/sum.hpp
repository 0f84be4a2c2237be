// The sum of the last n values.
#pragma once

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Sum {
 public:
  explicit Sum(int period) : window_{period} {}

  void update(double x) { window_.update(x); }
  bool ready() const { return window_.full(); }
  double value() const { return ready() ? window_.sum() : kNotReady; }

 private:
  RollingSum window_;
};

}  // namespace stom
