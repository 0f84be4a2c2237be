// Exact decimals: an integer and how many of its digits stand behind the point. Money never passes through a double.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace stom {

using Int128 = __int128;

inline constexpr int kMaxDecimals = 18;

inline constexpr auto kPowersOfTen = [] {
  std::array<std::int64_t, kMaxDecimals + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = 10 * powers[i - 1];
  return powers;
}();

/// 10^n for 0 <= n <= 18.
constexpr std::int64_t power_of_ten(int n) { return kPowersOfTen[static_cast<std::size_t>(n)]; }

/// How a quotient that is not whole becomes whole. Every use names one.
enum class Rounding : std::uint8_t {
  Down /* towards zero */,
  Floor,
  Ceil,
  HalfUp /* away from zero at one half */,
  HalfEven
};

/// numerator / denominator by the named rule; denominator > 0.
constexpr Int128 divide(Int128 numerator, Int128 denominator, Rounding rounding) {
  Int128 q = numerator / denominator;
  const Int128 r = numerator % denominator;
  if (r == 0) return q;
  const int sign = numerator < 0 ? -1 : 1;
  const Int128 twice = 2 * (r < 0 ? -r : r);
  switch (rounding) {
    case Rounding::Down:
      break;
    case Rounding::Floor:
      q -= sign < 0;
      break;
    case Rounding::Ceil:
      q += sign > 0;
      break;
    case Rounding::HalfUp:
      q += twice >= denominator ? sign : 0;
      break;
    case Rounding::HalfEven:
      q += twice > denominator || (twice == denominator && q % 2 != 0) ? sign : 0;
      break;
  }
  return q;
}

/// value x part / whole, rounded half to even; whole > 0. The product may be longer than 128 bits: what is whole of the
/// quotient goes ahead.
constexpr Int128 share_of(Int128 value, std::int64_t part, std::int64_t whole) {
  return value / whole * part + divide(value % whole * part, whole, Rounding::HalfEven);
}

/// Parses "61800.20" to 6180020 at decimals 2. Refuses exponents, signs other than a leading '-', digits that do not
/// fit `decimals` unless they are zeros, and what does not fit 64 bits. Shape: -?[0-9]+(\.[0-9]+)?
Result<std::int64_t> parse_decimal(std::string_view text, int decimals);

/// Number of digits behind the point once trailing zeros are gone: "0.00100" -> 3; -1 where the text is not a plain
/// decimal.
int decimals_of(std::string_view text);

/// 6180020 at decimals 2 -> "61800.20". Plain, no exponent, all decimals written.
std::string format_decimal(std::int64_t mantissa, int decimals);
std::string format_decimal(Int128 mantissa, int decimals);
/// The same without trailing zeros: "61800.2"; "0" for nothing.
std::string format_decimal_trimmed(Int128 mantissa, int decimals);

/// The double nearest to mantissa / 10^decimals (one rounding where |mantissa| < 2^53).
inline double to_double(std::int64_t mantissa, int decimals) {
  return static_cast<double>(mantissa) / static_cast<double>(power_of_ten(decimals));
}
double to_double(Int128 mantissa, int decimals);

}  // namespace stom
