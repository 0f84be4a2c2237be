// Rolling windows shared by the indicators: the value n updates ago, the sum, the mean and variance, the highest and
// lowest of the last n. Memory is fixed at construction.
//
// A running sum that only adds and subtracts collects rounding errors for ever. Each window here therefore also sums
// the values that entered since its ring last wrapped; when the ring wraps again, that sum is the sum of exactly the
// window's values, and replaces the running one. No error lives longer than one window.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/assert.hpp"

namespace stom {

/// A period as a count of values; refuses what no window can have.
inline std::size_t window_size(int period) {
  STOM_ASSERT(period >= 1);
  return static_cast<std::size_t>(period);
}

/// Remembers the last n values.
class Delay {
 public:
  explicit Delay(int n, double before = 0) : values_(window_size(n), before) {}

  /// Takes x and gives back the value of n pushes ago; `before` where there was none.
  double push(double x) {
    const double oldest = values_[next_];
    values_[next_] = x;
    if (++next_ == values_.size()) [[unlikely]]
      next_ = 0;
    return oldest;
  }
  /// The value that the next push() gives back.
  double oldest() const { return values_[next_]; }

 private:
  std::vector<double> values_;
  std::size_t next_ = 0;
};

/// The sum of the last n values; of all values while there are fewer.
class RollingSum {
 public:
  explicit RollingSum(int n) : values_(window_size(n)) {}

  void update(double x) {
    const double oldest = values_[next_];
    values_[next_] = x;
    sum_ += x - oldest;
    since_wrap_ += x;
    if (++next_ == values_.size()) [[unlikely]] {
      sum_ = since_wrap_;
      since_wrap_ = 0;
      next_ = 0;
      full_ = true;
    }
  }
  double sum() const { return sum_; }
  bool full() const { return full_; }

 private:
  std::vector<double> values_;
  std::size_t next_ = 0;
  double sum_ = 0;
  double since_wrap_ = 0;
  bool full_ = false;
};

/// The mean of the last n values, kept as a distance from a value of about one window ago: the mean of a constant price
/// is that price, whatever n, so two averages of a market that stands still never cross.
class RollingMean {
 public:
  explicit RollingMean(int n) : values_(window_size(n)), per_value_{1.0 / n} {}

  void update(double x) {
    const double oldest = values_[next_];
    values_[next_] = x;
    sum_ += x - oldest;
    next_sum_ += x - next_reference_;
    if (++next_ == values_.size()) [[unlikely]]
      wrap(x);
  }
  bool full() const { return full_; }
  double mean() const { return reference_ + sum_ * per_value_; }
  /// The values in the window, in no promised order; zeros where it is not full.
  const std::vector<double>& values() const { return values_; }

 private:
  void wrap(double x) {
    if (!full_) begin();
    reference_ = next_reference_;
    sum_ = next_sum_;
    next_reference_ = x;
    next_sum_ = 0;
    next_ = 0;
  }
  // Only now is there a price to measure from.
  void begin() {
    full_ = true;
    next_reference_ = values_.front();
    next_sum_ = 0;
    for (const double v : values_) next_sum_ += v - next_reference_;
  }

  std::vector<double> values_;
  std::size_t next_ = 0;
  double per_value_;
  double reference_ = 0;
  double sum_ = 0;  // of value - reference
  double next_reference_ = 0;
  double next_sum_ = 0;
  bool full_ = false;
};

/// Mean and variance (over n) of the last n values. Sums are kept relative to a value of about one window ago: squares
/// of large prices would cancel to noise.
class RollingVariance {
 public:
  explicit RollingVariance(int n) : values_(window_size(n)), per_value_{1.0 / n} {}

  void update(double x) {
    const double oldest = values_[next_];
    values_[next_] = x;
    const double change = x - oldest;
    sum_ += change;
    squares_ += change * ((x - reference_) + (oldest - reference_));
    const double fresh = x - next_reference_;
    next_sum_ += fresh;
    next_squares_ += fresh * fresh;
    if (++next_ == values_.size()) [[unlikely]]
      wrap(x);
  }
  bool full() const { return full_; }
  double mean() const { return reference_ + sum_ * per_value_; }
  double variance() const {
    const double shifted_mean = sum_ * per_value_;
    return std::max(0.0, squares_ * per_value_ - shifted_mean * shifted_mean);
  }

 private:
  void wrap(double x) {
    if (!full_) begin();
    reference_ = next_reference_;
    sum_ = next_sum_;
    squares_ = next_squares_;
    next_reference_ = x;
    next_sum_ = next_squares_ = 0;
    next_ = 0;
  }
  // Only now is there a price to measure from.
  void begin() {
    full_ = true;
    next_reference_ = values_.front();
    next_sum_ = next_squares_ = 0;
    for (const double v : values_) {
      const double distance = v - next_reference_;
      next_sum_ += distance;
      next_squares_ += distance * distance;
    }
  }

  std::vector<double> values_;
  std::size_t next_ = 0;
  double per_value_;
  double reference_ = 0;
  double sum_ = 0;  // of value - reference
  double squares_ = 0;
  double next_reference_ = 0;
  double next_sum_ = 0;
  double next_squares_ = 0;
  bool full_ = false;
};

/// Variances (over n) and covariance of the last n pairs, with sums as in RollingVariance.
class RollingCovariance {
 public:
  explicit RollingCovariance(int n) : values_(window_size(n)), per_pair_{1.0 / n} {}

  void update(double a, double b) {
    const Values old = values_[next_];
    values_[next_] = {a, b};
    sums_.add({a - reference_.a, b - reference_.b}, 1);
    if (full_) sums_.add({old.a - reference_.a, old.b - reference_.b}, -1);
    next_sums_.add({a - next_reference_.a, b - next_reference_.b}, 1);
    if (++next_ == values_.size()) [[unlikely]]
      wrap({a, b});
  }
  bool full() const { return full_; }
  double variance_a() const {
    return std::max(0.0, sums_.aa * per_pair_ - sums_.a * sums_.a * (per_pair_ * per_pair_));
  }
  double variance_b() const {
    return std::max(0.0, sums_.bb * per_pair_ - sums_.b * sums_.b * (per_pair_ * per_pair_));
  }
  double covariance() const { return sums_.ab * per_pair_ - sums_.a * sums_.b * (per_pair_ * per_pair_); }

 private:
  struct Values {
    double a = 0, b = 0;
  };
  struct Sums {
    double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    void add(Values x, double sign) {
      a += sign * x.a;
      b += sign * x.b;
      aa += sign * (x.a * x.a);
      bb += sign * (x.b * x.b);
      ab += sign * (x.a * x.b);
    }
  };

  void wrap(Values x) {
    if (!full_) begin();
    reference_ = next_reference_;
    sums_ = next_sums_;
    next_reference_ = x;
    next_sums_ = {};
    next_ = 0;
  }
  // Only now are there values to measure from.
  void begin() {
    full_ = true;
    next_reference_ = values_.front();
    next_sums_ = {};
    for (const Values& v : values_) next_sums_.add({v.a - next_reference_.a, v.b - next_reference_.b}, 1);
  }

  std::vector<Values> values_;
  std::size_t next_ = 0;
  double per_pair_;
  Values reference_;
  Values next_reference_;
  Sums sums_;  // of value - reference
  Sums next_sums_;
  bool full_ = false;
};

/// The highest high and the lowest low of the last n bars; of all bars while there are fewer.
///
/// The ring is worked through block by block. Ahead of the write position it holds, for each place, the extreme from
/// that place to the block's end, so the window's extreme is that of two numbers: the old block's rest and the new
/// block so far. The block is folded once per n updates (amortised one comparison each). A monotonic queue does the
/// same work, but its loop ends where the data says, which a processor cannot foresee.
class RollingExtremes {
 public:
  explicit RollingExtremes(int n) : rest_(window_size(n) + 1, kNothing) {}

  void update(double high, double low) {
    rest_[next_] = {high, low};
    block_.high = std::max(block_.high, high);
    block_.low = std::min(block_.low, low);
    ++next_;
    highest_ = std::max(block_.high, rest_[next_].high);
    lowest_ = std::min(block_.low, rest_[next_].low);
    if (next_ + 1 == rest_.size()) [[unlikely]]
      fold();
  }
  double highest() const { return highest_; }
  double lowest() const { return lowest_; }
  bool full() const { return full_; }

 private:
  struct Range {
    double high, low;
  };
  static constexpr Range kNothing{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};

  void fold() {
    Range range = kNothing;
    for (std::size_t i = next_; i-- > 0;) {
      range = {std::max(range.high, rest_[i].high), std::min(range.low, rest_[i].low)};
      rest_[i] = range;
    }
    block_ = kNothing;
    next_ = 0;
    full_ = true;
  }

  std::vector<Range> rest_;  // one more than n: behind the last place there is nothing
  std::size_t next_ = 0;
  Range block_ = kNothing;
  double highest_ = kNothing.high;
  double lowest_ = kNothing.low;
  bool full_ = false;
};

}  // namespace stom
