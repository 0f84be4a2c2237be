// Standard deviation over a window, and Bollinger bands: a moving average and a channel of k deviations around it.
#pragma once

#include <cmath>
#include <optional>

#include "indicators/average.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

/// The deviation of the population (divided by n), times `deviations`.
class StdDev {
 public:
  explicit StdDev(int period, double deviations = 1) : window_{period}, deviations_{deviations} {}

  void update(double x) { window_.update(x); }
  bool ready() const { return window_.full(); }
  double value() const { return ready() ? std::sqrt(window_.variance()) * deviations_ : kNotReady; }
  double variance() const { return ready() ? window_.variance() : kNotReady; }

 private:
  RollingVariance window_;
  double deviations_;
};

/// The deviation is around the simple mean, also where the average in the middle is another, as in TA-Lib.
class BollingerBands {
 public:
  explicit BollingerBands(int period, double up = 2, double down = 2, AverageKind middle = AverageKind::Sma)
      : window_{period}, up_{up}, down_{down} {
    if (middle != AverageKind::Sma) other_.emplace(period, middle);
  }

  void update(double x) {
    window_.update(x);
    if (other_) other_->update(x);
    if (!window_.full()) return;
    middle_ = other_ ? other_->value() : window_.mean();
    deviation_ = std::sqrt(window_.variance());
  }
  bool ready() const { return window_.full() && (!other_ || other_->ready()); }
  double upper() const { return middle_ + deviation_ * up_; }
  double middle() const { return middle_; }
  double lower() const { return middle_ - deviation_ * down_; }
  double deviation() const { return deviation_; }

 private:
  RollingVariance window_;
  double up_;
  double down_;
  double middle_ = kNotReady;
  double deviation_ = kNotReady;
  std::optional<Average> other_;  // in the middle, where the window's own mean is not
};

}  // namespace stom
