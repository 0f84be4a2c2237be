// Standard deviation over a window, and Bollinger bands: a moving average and a channel of k deviations around it.
#pragma once

#include <cmath>
#include <vector>

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
    if (middle != AverageKind::Sma) other_.emplace_back(period, middle);
  }

  void update(double x) {
    window_.update(x);
    const double other = other_.empty() ? kNotReady : updated(other_.front(), x);
    if (!window_.full()) return;
    middle_ = other_.empty() ? window_.mean() : other;
    deviation_ = std::sqrt(window_.variance());
  }
  bool ready() const { return window_.full() && (other_.empty() || other_.front().ready()); }
  double upper() const { return middle_ + deviation_ * up_; }
  double middle() const { return middle_; }
  double lower() const { return middle_ - deviation_ * down_; }
  double deviation() const { return deviation_; }

 private:
  [[gnu::noinline]] static double updated(Average& average, double x) {
    average.update(x);
    return average.value();
  }

  RollingVariance window_;
  double up_;
  double down_;
  double middle_ = kNotReady;
  double deviation_ = kNotReady;
  // In the middle, where the window's own mean is not; else none. Elsewhere in memory, as its update is a call: what a
  // call could reach has to be in memory, and the sums above are to stay in registers.
  std::vector<Average> other_;
};

}  // namespace stom
