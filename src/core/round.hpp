// Doubles rounded to decimals as Python's round() does, which thresholds in users' texts are tuned to.
#pragma once

#include <cmath>

namespace stom {

/// What round_decimals() does where a multiplication does not show it.
double round_decimals_exactly(double x, int decimals);

/// The double nearest to x rounded to so many decimals. What decides is the exact binary value of x (2.675 lies below
/// its name, so 2.67), and an exact tie goes to the even digit (0.125: 0.12). Negative decimals round before the point.
/// What is not finite stays as it is; NaN where the rounded number is beyond the largest double (Python raises).
inline double round_decimals(double x, int decimals) {
  // x times 10^decimals is off by less than 2^-21 here: where it is further than that from a tie, the nearest whole
  // number is the one, and that number over 10^decimals is the double nearest to the decimal.
  constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
  constexpr double kMost = 0x1p32, kClear = 0x1p-20;
  if (decimals >= 0 && decimals <= 8) {
    const double power = kPowers[decimals];
    const double scaled = std::abs(x) * power, whole = std::rint(scaled);
    if (scaled < kMost && std::abs(std::abs(scaled - whole) - 0.5) > kClear) return std::copysign(whole / power, x);
  }
  return round_decimals_exactly(x, decimals);
}

}  // namespace stom
