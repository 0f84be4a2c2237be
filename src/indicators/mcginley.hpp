// McGinley's dynamic: an average that hurries after a falling price and lets a rising one run.
#pragma once

#include "core/assert.hpp"
#include "indicators/input.hpp"

namespace stom {

class McGinley {
 public:
  explicit McGinley(int period = 14, double factor = 0.6) : pace_{factor * period} { STOM_ASSERT(period >= 1); }

  /// From 0 there is no ratio to measure by: there the average is the price.
  void update(double x) {
    if (started_ && value_ != 0 && x != 0) {
      const double ratio = x / value_;
      value_ += (x - value_) / (pace_ * (ratio * ratio * ratio * ratio));
    } else {
      value_ = x;
    }
    ready_ = started_;
    started_ = true;
  }
  bool ready() const { return ready_; }
  double value() const { return ready_ ? value_ : kNotReady; }

 private:
  double pace_;
  double value_ = 0;
  bool started_ = false;
  bool ready_ = false;
};

}  // namespace stom
