// Weighted moving average: the newest of n values counts n times, the oldest once. And what follows from it and the
// mean: the least-squares line.
#pragma once

#include <vector>

#include "core/math.hpp"
#include "indicators/input.hpp"
#include "indicators/sma.hpp"
#include "indicators/window.hpp"

namespace stom {

/// Sums are kept as distances from a recent value and renewed once a window (window.hpp says why).
class Wma {
 public:
  explicit Wma(int period)
      : values_(window_size(period)),
        period_{static_cast<double>(period)},
        per_weight_{2 / (period_ * (period_ + 1))} {}

  void update(double x) {
    const double oldest = values_[next_];
    values_[next_] = x;
    weighted_ += period_ * (x - reference_) - sum_;
    sum_ += x - oldest;
    ++next_;
    const double fresh = x - next_reference_;
    next_sum_ += fresh;
    next_weighted_ += fresh * static_cast<double>(next_);
    if (next_ == values_.size()) [[unlikely]]
      wrap(x);
  }
  bool ready() const { return full_; }
  double value() const { return full_ ? reference_ + weighted_ * per_weight_ : kNotReady; }

 private:
  void wrap(double x) {
    if (!full_) begin();
    reference_ = next_reference_;
    sum_ = next_sum_;
    weighted_ = next_weighted_;
    next_reference_ = x;
    next_sum_ = next_weighted_ = 0;
    next_ = 0;
  }
  // Only now is there a price to measure from.
  void begin() {
    full_ = true;
    next_reference_ = values_.front();
    next_sum_ = next_weighted_ = 0;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      next_sum_ += values_[i] - next_reference_;
      next_weighted_ += (values_[i] - next_reference_) * static_cast<double>(i + 1);
    }
  }

  std::vector<double> values_;
  std::size_t next_ = 0;
  double period_;
  double per_weight_;
  double reference_ = 0;
  double sum_ = 0;
  double weighted_ = 0;
  double next_reference_ = 0;
  double next_sum_ = 0;
  double next_weighted_ = 0;
  bool full_ = false;
};

/// The least-squares line through the last n values: it ends at 3 WMA - 2 SMA.
class LinearRegression {
 public:
  explicit LinearRegression(int period) : wma_{period}, sma_{period}, per_value_{6.0 / (period - 1)} {}

  void update(double x) {
    wma_.update(x);
    sma_.update(x);
  }
  bool ready() const { return wma_.ready(); }
  double value() const { return 3 * wma_.value() - 2 * sma_.value(); }
  /// Where it begins, n - 1 values ago.
  double intercept() const { return 4 * sma_.value() - 3 * wma_.value(); }
  /// Its rise a value.
  double slope() const { return (wma_.value() - sma_.value()) * per_value_; }
  /// As an angle in degrees, a value being as wide as a unit of it is high.
  double angle() const { return portable_atan(slope()) * kDegreesPerRadian; }
  /// Where it goes with the next value.
  double forecast() const { return value() + slope(); }

 private:
  Wma wma_;
  Sma sma_;
  double per_value_;
};

}  // namespace stom
