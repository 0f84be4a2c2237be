#include "core/round.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "core/simd.hpp"

namespace stom {
namespace {

using Wide = unsigned __int128;

constexpr int kExactPowers = 22;  // 10^22 is the last power of ten that a double holds exactly
constexpr auto kPowersOfTen = [] {
  std::array<double, kExactPowers + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = 10 * powers[i - 1];
  return powers;
}();
constexpr int kMostDecimals = 323;  // no double has more
constexpr int kMostDigits = 309;    // before the point
constexpr double kWhole = 0x1p52;   // from here on every double is a whole number

constexpr int kMostZeros = 38;  // of a number of 128 bits
constexpr auto kWidePowersOfTen = [] {
  std::array<Wide, kMostZeros + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = 10 * powers[i - 1];
  return powers;
}();

double parsed(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{}) return value;
  return std::numeric_limits<double>::quiet_NaN();  // beyond the largest: nothing here is too small to be read
}

/// x > 0 to `decimals` >= 0 places by its digits, which to_chars() gives rounded to even on ties.
double by_digits(double x, int decimals) {
  if (decimals > kMostDecimals) return x;
  std::array<char, 400> text;
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::fixed, decimals);
  STOM_ASSERT(error == std::errc{});
  return parsed({text.data(), static_cast<std::size_t>(end - text.data())});
}

/// x > 0 to a multiple of 10^zeros.
double before_point(double x, int zeros) {
  if (x < 0x1p127) {
    if (zeros > kMostZeros) return 0;
    const Wide whole = static_cast<Wide>(x);
    const bool more = static_cast<double>(whole) != x;
    const Wide unit = kWidePowersOfTen[static_cast<std::size_t>(zeros)];
    Wide count = whole / unit;
    const Wide rest = whole % unit;
    if (rest > unit - rest || (rest == unit - rest && (more || count % 2 != 0))) ++count;
    return static_cast<double>(count * unit);
  }
  std::array<char, 320> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::fixed, 0).ptr;
  std::string digits = "0" + std::string{text.data(), end};
  if (zeros >= static_cast<int>(digits.size())) return 0;
  const std::size_t kept = digits.size() - static_cast<std::size_t>(zeros);
  const std::string_view dropped = std::string_view{digits}.substr(kept);
  const std::string tie = "5" + std::string(dropped.size() - 1, '0');
  const bool up = dropped > tie || (dropped == tie && (digits[kept - 1] - '0') % 2 != 0);
  for (std::size_t i = kept; i < digits.size(); ++i) digits[i] = '0';
  for (std::size_t i = kept; up && i-- > 0;) {
    if (digits[i] != '9') {
      ++digits[i];
      break;
    }
    digits[i] = '0';
  }
  return parsed(digits);
}

double magnitude(double x, int decimals) {
  if (decimals < -kMostDigits) return 0;
  if (decimals < 0) return before_point(x, -decimals);
  if (x >= kWhole) return x;
  if (decimals > kExactPowers) return by_digits(x, decimals);
  // x = m / 2^shift: the nearest whole number to m 10^decimals / 2^shift, over 10^decimals.
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const int exponent = static_cast<int>(bits >> 52);
  const int shift = 1075 - exponent;
  if (exponent == 0 || shift > 127) return 0;  // less than half of a unit of any of these
  const std::uint64_t m = (bits & 0x000fffffffffffffu) | 0x0010000000000000u;
  const Wide scaled = static_cast<Wide>(m) * kWidePowersOfTen[static_cast<std::size_t>(decimals)];
  Wide count = scaled >> shift;
  // The step between doubles at x is then more than twice what rounding can move it.
  if (count >> 53 != 0) return x;
  const Wide rest = scaled - (count << shift);
  const Wide half = Wide{1} << (shift - 1);
  if (rest > half || (rest == half && count % 2 != 0)) ++count;
  return static_cast<double>(static_cast<std::uint64_t>(count)) / kPowersOfTen[static_cast<std::size_t>(decimals)];
}

/// round_decimals() to 0 to kMostDecimals places of round_detail, four at a time: how many it did.
__attribute__((target("avx2"))) std::size_t round_fours(std::span<double> values, int decimals) {
  using round_detail::kClear, round_detail::kMost;
  const __m256d signs = _mm256_set1_pd(-0.0), half = _mm256_set1_pd(0.5);
  const __m256d power = _mm256_set1_pd(round_detail::kPowers[static_cast<std::size_t>(decimals)]);
  std::size_t done = 0;
  for (; done + 4 <= values.size(); done += 4) {
    const __m256d x = _mm256_loadu_pd(values.data() + done);
    const __m256d scaled = _mm256_mul_pd(_mm256_andnot_pd(signs, x), power);
    const __m256d whole = _mm256_round_pd(scaled, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m256d off = _mm256_andnot_pd(signs, _mm256_sub_pd(scaled, whole));
    const __m256d from_tie = _mm256_andnot_pd(signs, _mm256_sub_pd(off, half));
    const __m256d is_clear = _mm256_and_pd(_mm256_cmp_pd(scaled, _mm256_set1_pd(kMost), _CMP_LT_OQ),
                                           _mm256_cmp_pd(from_tie, _mm256_set1_pd(kClear), _CMP_GT_OQ));
    if (_mm256_movemask_pd(is_clear) == 0xF) {
      _mm256_storeu_pd(values.data() + done, _mm256_or_pd(_mm256_div_pd(whole, power), _mm256_and_pd(signs, x)));
    } else {
      for (double& value : values.subspan(done, 4)) value = round_decimals(value, decimals);
    }
  }
  return done;
}

}  // namespace

void round_decimals_each(std::span<double> values, int decimals) {
  const bool may_be_clear = decimals >= 0 && decimals <= round_detail::kMostDecimals;
  const std::size_t done = may_be_clear && simd_enabled() ? round_fours(values, decimals) : 0;
  values = values.subspan(done);
  constexpr std::size_t kAtOnce = 64;
  while (!values.empty()) {
    const auto some = values.first(std::min(values.size(), kAtOnce));
    values = values.subspan(some.size());
    bool all_clear = may_be_clear;
    if (all_clear) {
      const double power = round_detail::kPowers[static_cast<std::size_t>(decimals)];
      std::array<double, kAtOnce> rounded;
      for (std::size_t i = 0; i < some.size(); ++i) {
        const round_detail::Shown shown{some[i], power};
        rounded[i] = shown.rounded;
        all_clear &= shown.is_clear;
      }
      if (all_clear) std::copy_n(rounded.begin(), some.size(), some.begin());
    }
    if (!all_clear)
      for (double& value : some) value = round_decimals(value, decimals);
  }
}

double round_decimals_exactly(double x, int decimals) {
  if (!std::isfinite(x) || x == 0) return x;
  return std::copysign(magnitude(std::abs(x), decimals), x);
}

}  // namespace stom
