// Doubles rounded to decimals as Python's round() does, which thresholds in users' texts are tuned to.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace stom {

/// What round_decimals() does where a multiplication does not show it.
double round_decimals_exactly(double x, int decimals);

namespace round_detail {
constexpr int kMostDecimals = 8;
constexpr std::array<double, kMostDecimals + 1> kPowers{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
constexpr double kMost = 0x1p32, kClear = 0x1p-20;

/// What a multiplication shows: x times 10^decimals is off by less than 2^-21 here. Where it is further than that from
/// a tie, the nearest whole number is the one, and that number over 10^decimals is the double nearest to the decimal.
struct Shown {
  Shown(double x, double power) {
    const double scaled = std::abs(x) * power, whole = std::rint(scaled);
    rounded = std::copysign(whole / power, x);
    is_clear = (scaled < kMost) & (std::abs(std::abs(scaled - whole) - 0.5) > kClear);
  }
  double rounded;
  bool is_clear;
};
}  // namespace round_detail

/// The double nearest to x rounded to so many decimals. What decides is the exact binary value of x (2.675 lies below
/// its name, so 2.67), and an exact tie goes to the even digit (0.125: 0.12). Negative decimals round before the point.
/// What is not finite stays as it is; NaN where the rounded number is beyond the largest double (Python raises).
inline double round_decimals(double x, int decimals) {
  if (decimals >= 0 && decimals <= round_detail::kMostDecimals) {
    const round_detail::Shown shown{x, round_detail::kPowers[static_cast<std::size_t>(decimals)]};
    if (shown.is_clear) return shown.rounded;
  }
  return round_decimals_exactly(x, decimals);
}

/// The same of each value, several at a time.
void round_decimals_each(std::span<double> values, int decimals);

}  // namespace stom
