// The exact sum of doubles, rounded once: a fixed-point number as wide as all doubles together. The order of adding
// does not matter and what was added can be taken away again, so sums of windows have no drift.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace stom {

class ExactSum {
 public:
  /// A finite number. 2^64 of the largest fit.
  void add(double x);
  ExactSum& operator+=(const ExactSum& other);
  ExactSum& operator-=(const ExactSum& other);

  /// The nearest double, ties to even; infinite where that is beyond the largest.
  double value() const;

 private:
  static constexpr int kWords = 34;            // 2^-1074 to 2^1024, and room above
  std::array<std::uint64_t, kWords> words_{};  // least first, two's complement
};

/// Python's math.fsum: the exact sum rounded once, infinite or NaN where one of the values is. NaN too where fsum
/// raises: infinities of both signs, and a sum beyond the largest double.
double exact_sum(std::span<const double> values);

}  // namespace stom
