// How two series move together over the last n: their correlation (Pearson), and the beta of their changes.
#pragma once

#include <cmath>

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Correlation {
 public:
  explicit Correlation(int period) : window_{period} {}

  void update(double a, double b) { window_.update(a, b); }
  bool ready() const { return window_.full(); }
  /// -1 to 1; 0 where one of them stands still.
  double value() const {
    if (!ready()) return kNotReady;
    const double both = window_.variance_a() * window_.variance_b();
    return both > 0 ? window_.covariance() / std::sqrt(both) : 0;
  }

 private:
  RollingCovariance window_;
};

/// By how much the second changes where the first changes by one, both as fractions of the value before; 0 where the
/// first stands still.
class Beta {
 public:
  explicit Beta(int period) : window_{period} {}

  void update(double a, double b) {
    if (started_) window_.update(change(a, a_), change(b, b_));
    a_ = a;
    b_ = b;
    started_ = true;
  }
  bool ready() const { return window_.full(); }
  double value() const {
    if (!ready()) return kNotReady;
    return window_.variance_a() > 0 ? window_.covariance() / window_.variance_a() : 0;
  }

 private:
  static double change(double now, double before) { return before != 0 ? (now - before) / before : 0; }

  RollingCovariance window_;
  double a_ = 0;
  double b_ = 0;
  bool started_ = false;
};

}  // namespace stom
