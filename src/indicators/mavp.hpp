// A simple average whose period comes with each value: of the last p values, p between two limits.
#pragma once

#include <bit>
#include <cstddef>
#include <vector>

#include "core/assert.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

/// The sums of the window's halves, quarters and so on are kept as a tree over its ring, so the sum of any last p
/// values is that of a few of them, and none is older than the values in it.
class VariableAverage {
 public:
  explicit VariableAverage(int least = 2, int most = 30)
      : least_{least}, most_{most}, leaves_{std::bit_ceil(window_size(most))}, sums_(2 * leaves_) {
    STOM_ASSERT(least >= 1 && least <= most);
  }

  /// A period between whole numbers is cut to the one below; outside the limits, to the limit.
  void update(double x, double period) {
    std::size_t at = leaves_ + next_;
    sums_[at] = x;
    while (at >>= 1) sums_[at] = sums_[2 * at] + sums_[2 * at + 1];
    const std::size_t newest = next_;
    next_ = (next_ + 1) % leaves_;
    if (seen_ < most_) ++seen_;
    if (!ready()) return;
    const std::size_t p = size_of(period);
    const double sum = newest + 1 >= p ? sum_of(newest + 1 - p, newest + 1)
                                       : sum_of(0, newest + 1) + sum_of(leaves_ + newest + 1 - p, leaves_);
    value_ = sum / static_cast<double>(p);
  }
  bool ready() const { return seen_ == most_; }
  double value() const { return value_; }

 private:
  // What is no number is no period: the least.
  std::size_t size_of(double period) const {
    if (period >= most_) return static_cast<std::size_t>(most_);
    return static_cast<std::size_t>(period > least_ ? period : least_);
  }
  double sum_of(std::size_t from, std::size_t to) const {
    double sum = 0;
    for (from += leaves_, to += leaves_; from < to; from >>= 1, to >>= 1) {
      if (from & 1) sum += sums_[from++];
      if (to & 1) sum += sums_[--to];
    }
    return sum;
  }

  int least_;
  int most_;
  int seen_ = 0;
  std::size_t leaves_;
  std::size_t next_ = 0;
  std::vector<double> sums_;  // [1] is the root, [leaves_ ...] the ring
  double value_ = kNotReady;
};

}  // namespace stom
