// The few transcendental functions that may stand on a path to the journal. The system's differ between CPUs (with and
// without FMA); these use only +, -, *, /, square roots and integers and so give the same bits everywhere. Tested
// against long double: logarithm, exponential, sine and cosine are within 1 ulp of the true value, the others within 4.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>

namespace stom {

/// ln(2^k (1+f)) for sqrt(1/2) <= 1+f < sqrt(2): ln(1+f) by the series of 2 artanh(s), s = f/(2+f) (Abramowitz & Stegun
/// 4.1.27).
inline double portable_log_of_parts(double f, int k) {
  const double s = f / (2.0 + f);
  const double z = s * s;
  double r = 2.0 / 23;
  for (const double c :
       {2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13, 2.0 / 11, 2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3})
    r = r * z + c;
  r *= z;  // (ln(1+f) - 2s) / s
  const double half_square = 0.5 * f * f;
  const double dk = k;
  constexpr double kLn2Hi = 6.93147180369123816490e-01;  // upper 32 bits of ln 2
  constexpr double kLn2Lo = 1.90821492927058770002e-10;
  return dk * kLn2Hi - ((half_square - (s * (half_square + r) + dk * kLn2Lo)) - f);
}

/// Natural logarithm. NaN below 0, -infinity at 0.
inline double portable_log(double x) {
  if (!(x > 0)) return x == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  if (x == std::numeric_limits<double>::infinity()) return x;
  int k = 0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1p54;
    k = -54;
  }
  auto bits = std::bit_cast<std::uint64_t>(x);
  k += static_cast<int>(bits >> 52) - 1023;
  bits = (bits & 0x000fffffffffffffu) | 0x3ff0000000000000u;
  double m = std::bit_cast<double>(bits);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++k;
  }
  return portable_log_of_parts(m - 1.0, k);
}

/// ln(1 + x) with all digits of an x that 1 + x would lose.
inline double portable_log1p(double x) {
  return x > -0.25 && x < 0.4 ? portable_log_of_parts(x, 0) : portable_log(1.0 + x);
}

inline constexpr double kDegreesPerRadian = 0x1.ca5dc1a63c1f8p+5;  // 180 / pi

double portable_exp(double x);
double portable_log10(double x);  // exact for the powers of ten from 1 to 10^22

// Of any finite angle, however many turns: the turns are taken off with as many digits of pi as that needs.
double portable_sin(double x);
double portable_cos(double x);
double portable_tan(double x);

double portable_asin(double x);  // NaN outside -1 ... 1, as portable_acos
double portable_acos(double x);
double portable_atan(double x);
/// Of each, several at a time: the same bits.
void portable_atan_each(std::span<double> values);

double portable_sinh(double x);
double portable_cosh(double x);
double portable_tanh(double x);

}  // namespace stom
