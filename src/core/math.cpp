// The longer ones of the portable functions (math.hpp). Each reduces its argument to a small one and sums the Taylor
// series there, far enough that what is left out is below half an ulp.
#include "core/math.hpp"

#include <immintrin.h>

#include <array>
#include <cmath>
#include <iterator>

#include "core/simd.hpp"

namespace stom {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kHalfPi = 0x1.921fb54442d18p+0;
constexpr double kHalfPiLow = 0x1.1a62633145c07p-54;  // what is missing to pi / 2

/// A number as the sum of two doubles, the second below half an ulp of the first.
struct Pair {
  double high, low;
};

Pair sum_of(double a, double b) {  // |a| >= |b|, or a is 0
  const double high = a + b;
  return {high, b - (high - a)};
}

/// a * b without a rounding (Dekker): the halves' products are exact.
Pair product_of(double a, double b) {
  const auto upper_half = [](double x) {
    const double c = 134217729.0 * x;  // 2^27 + 1
    return c - (c - x);
  };
  const double high = a * b;
  const double ah = upper_half(a), al = a - ah;
  const double bh = upper_half(b), bl = b - bh;
  return {high, ((ah * bh - high) + ah * bl + al * bh) + al * bl};
}

/// 2 / pi, 1280 bits after the point, behind 64 zeros.
constexpr std::array<std::uint64_t, 21> kTwoOverPi{0,
                                                   0xa2f9836e4e441529,
                                                   0xfc2757d1f534ddc0,
                                                   0xdb6295993c439041,
                                                   0xfe5163abdebbc561,
                                                   0xb7246e3a424dd2e0,
                                                   0x06492eea09d1921c,
                                                   0xfe1deb1cb129a73e,
                                                   0xe88235f52ebb4484,
                                                   0xe99c7026b45f7e41,
                                                   0x3991d639835339f4,
                                                   0x9c845f8bbdf9283b,
                                                   0x1ff897ffde05980f,
                                                   0xef2f118b5a0a6d1f,
                                                   0x6d367ecf27cb09b7,
                                                   0x4f463f669e5fea2d,
                                                   0x7527bac7ebe5f17b,
                                                   0x3d0739f78a5292ea,
                                                   0x6bfb5fb11f8d5d08,
                                                   0x56033046fc7b6bab,
                                                   0xf0cfbc209af4361d};

struct Quadrant {
  int quarter_turns;  // mod 4
  Pair angle;         // the rest, -pi/4 ... pi/4
};

/// Payne and Hanek: of x * 2/pi only the last two bits before the point matter and some after it, so only the bits of
/// 2/pi that reach there are multiplied. x = m * 2^e with a whole m; those bits start at e - 2.
Quadrant reduce(double x) {
  if (std::abs(x) <= kHalfPi / 2) return {0, {x, 0}};
  const auto bits = std::bit_cast<std::uint64_t>(std::abs(x));
  const std::uint64_t m = (bits & 0x000fffffffffffffu) | 0x0010000000000000u;
  const int first = static_cast<int>(bits >> 52) - 1075 - 2 + 64;  // in kTwoOverPi; 8 or more, as |x| > pi/4
  const auto word = [first](int i) {
    const std::size_t at = static_cast<std::size_t>(first / 64) + static_cast<std::size_t>(i);
    const int shift = first % 64;
    return shift == 0 ? kTwoOverPi[at] : (kTwoOverPi[at] << shift) | (kTwoOverPi[at + 1] >> (64 - shift));
  };
  using Wide = unsigned __int128;
  const Wide low = static_cast<Wide>(m) * word(2);
  const Wide middle = static_cast<Wide>(m) * word(1) + static_cast<std::uint64_t>(low >> 64);
  const auto high = static_cast<std::uint64_t>(m * word(0) + static_cast<std::uint64_t>(middle >> 64));
  const std::uint64_t v[3] = {high, static_cast<std::uint64_t>(middle), static_cast<std::uint64_t>(low)};

  int quarter_turns = static_cast<int>(v[0] >> 62);
  const std::uint64_t f0 = (v[0] << 2) | (v[1] >> 62);  // the fraction of a quarter turn, 128 bits
  const std::uint64_t f1 = (v[1] << 2) | (v[2] >> 62);
  if (f0 >> 63) ++quarter_turns;  // nearer to the next: the bits, read with a sign, are the negative rest
  const double upper = static_cast<double>(static_cast<std::int64_t>(f0) >> 11) * 0x1p-53;
  const double lower = static_cast<double>(((f0 & 0x7ffu) << 53) | (f1 >> 11)) * 0x1p-117;
  const Pair fraction = sum_of(upper, lower);
  const Pair product = product_of(fraction.high, kHalfPi);
  Pair angle = sum_of(product.high, product.low + (fraction.high * kHalfPiLow + fraction.low * kHalfPi));
  if (x < 0) {
    angle = {-angle.high, -angle.low};
    quarter_turns = -quarter_turns;
  }
  return {quarter_turns & 3, angle};
}

/// c[0] + z * (c[1] + z * (...)).
template <std::size_t kCount>
double series(const double (&c)[kCount], double z) {
  double sum = c[kCount - 1];
  for (std::size_t i = kCount - 1; i-- > 0;) sum = sum * z + c[i];
  return sum;
}

double small_sin(Pair angle) {
  static constexpr double kTerms[] = {-1.0 / 6,
                                      1.0 / 120,
                                      -1.0 / 5040,
                                      1.0 / 362880,
                                      -1.0 / 39916800,
                                      1.0 / 6227020800.0,
                                      -1.0 / 1307674368000.0,
                                      1.0 / 355687428096000.0};
  const double z = angle.high * angle.high;
  return angle.high + (z * angle.high * series(kTerms, z) + angle.low * (1 - z / 2));
}

double small_cos(Pair angle) {
  static constexpr double kTerms[] = {1.0 / 24,
                                      -1.0 / 720,
                                      1.0 / 40320,
                                      -1.0 / 3628800,
                                      1.0 / 479001600.0,
                                      -1.0 / 87178291200.0,
                                      1.0 / 20922789888000.0,
                                      -1.0 / 6402373705728000.0};
  const double z = angle.high * angle.high;
  const double half = z / 2;
  const double rest = 1 - half;  // what this rounds off comes back in the bracket
  return rest + (((1 - rest) - half) + (z * z * series(kTerms, z) - angle.high * angle.low));
}

/// atan(k / 8), each as a sum: around it the series needs few terms.
constexpr Pair kAtanEighths[] = {{0, 0},
                                 {0x1.fd5ba9aac2f6ep-4, -0x1.cd37686760c17p-59},
                                 {0x1.f5b75f92c80ddp-3, 0x1.8ab6e3cf7afbdp-57},
                                 {0x1.6f61941e4def1p-2, -0x1.c63aae6f6e918p-56},
                                 {0x1.dac670561bb4fp-2, 0x1.a2b7f222f65e2p-56},
                                 {0x1.1e00babdefeb4p-1, -0x1.928df287a668fp-58},
                                 {0x1.4978fa3269ee1p-1, 0x1.2419a87f2a458p-56},
                                 {0x1.700a7c5784634p-1, -0x1.8c34d25aadef6p-56},
                                 {kHalfPi / 2, kHalfPiLow / 2}};
constexpr double kAtanTerms[] = {-1.0 / 3, 1.0 / 5, -1.0 / 7, 1.0 / 9, -1.0 / 11, 1.0 / 13, -1.0 / 15};

/// portable_atan() of four at a time: the same operations in the same order. How many it did.
__attribute__((target("avx2"))) std::size_t atan_of_fours(double* values, std::size_t count) {
  const __m256d signs = _mm256_set1_pd(-0.0), one = _mm256_set1_pd(1), half_pi = _mm256_set1_pd(kHalfPi);
  std::size_t done = 0;
  for (; done + 4 <= count; done += 4) {
    const __m256d x = _mm256_loadu_pd(values + done);
    if (_mm256_movemask_pd(_mm256_cmp_pd(x, x, _CMP_UNORD_Q)) != 0) {  // what is no number has no place in the table
      for (std::size_t i = done; i < done + 4; ++i) values[i] = portable_atan(values[i]);
      continue;
    }
    const __m256d size = _mm256_andnot_pd(signs, x), is_steep = _mm256_cmp_pd(size, one, _CMP_GT_OQ);
    const __m256d a = _mm256_blendv_pd(size, _mm256_div_pd(one, size), is_steep);
    const __m128i k = _mm256_cvttpd_epi32(_mm256_add_pd(_mm256_mul_pd(a, _mm256_set1_pd(8)), _mm256_set1_pd(0.5)));
    const __m256d eighth = _mm256_mul_pd(_mm256_cvtepi32_pd(k), _mm256_set1_pd(0.125));
    const __m256d t = _mm256_div_pd(_mm256_sub_pd(a, eighth), _mm256_add_pd(one, _mm256_mul_pd(a, eighth)));
    const __m256d z = _mm256_mul_pd(t, t);
    __m256d sum = _mm256_set1_pd(kAtanTerms[std::size(kAtanTerms) - 1]);
    for (std::size_t i = std::size(kAtanTerms) - 1; i-- > 0;)
      sum = _mm256_add_pd(_mm256_mul_pd(sum, z), _mm256_set1_pd(kAtanTerms[i]));
    const __m128i at = _mm_add_epi32(k, k);  // a pair is two doubles
    // Masked, though all four are wanted: GCC 12 takes the other form for one that reads what was never set.
    const __m256d all = _mm256_castsi256_pd(_mm256_set1_epi64x(-1)), none = _mm256_setzero_pd();
    const __m256d high = _mm256_mask_i32gather_pd(none, &kAtanEighths[0].high, at, all, 8),
                  low = _mm256_mask_i32gather_pd(none, &kAtanEighths[0].low, at, all, 8);
    const __m256d rest = _mm256_add_pd(t, _mm256_add_pd(_mm256_mul_pd(_mm256_mul_pd(t, z), sum), low));
    const __m256d steep = _mm256_sub_pd(half_pi, _mm256_add_pd(high, _mm256_sub_pd(rest, _mm256_set1_pd(kHalfPiLow))));
    const __m256d angle = _mm256_blendv_pd(_mm256_add_pd(high, rest), steep, is_steep);
    _mm256_storeu_pd(values + done, _mm256_or_pd(_mm256_andnot_pd(signs, angle), _mm256_and_pd(signs, x)));
  }
  return done;
}

}  // namespace

double portable_sin(double x) {
  if (!std::isfinite(x)) return kNaN;
  const auto [quarter_turns, angle] = reduce(x);
  const double value = quarter_turns % 2 == 0 ? small_sin(angle) : small_cos(angle);
  return quarter_turns < 2 ? value : -value;
}

double portable_cos(double x) {
  if (!std::isfinite(x)) return kNaN;
  const auto [quarter_turns, angle] = reduce(x);
  const double value = quarter_turns % 2 == 0 ? small_cos(angle) : small_sin(angle);
  return quarter_turns == 0 || quarter_turns == 3 ? value : -value;
}

double portable_tan(double x) {
  if (!std::isfinite(x)) return kNaN;
  const auto [quarter_turns, angle] = reduce(x);
  const double sine = small_sin(angle);
  const double cosine = small_cos(angle);
  return quarter_turns % 2 == 0 ? sine / cosine : -cosine / sine;
}

double portable_exp(double x) {
  if (std::isnan(x)) return x;
  if (x > 710) return std::numeric_limits<double>::infinity();
  if (x < -746) return 0;
  static constexpr double kTerms[] = {1.0 / 2,
                                      1.0 / 6,
                                      1.0 / 24,
                                      1.0 / 120,
                                      1.0 / 720,
                                      1.0 / 5040,
                                      1.0 / 40320,
                                      1.0 / 362880,
                                      1.0 / 3628800,
                                      1.0 / 39916800,
                                      1.0 / 479001600.0,
                                      1.0 / 6227020800.0,
                                      1.0 / 87178291200.0};
  constexpr double kLn2Hi = 6.93147180369123816490e-01;  // upper 32 bits of ln 2
  constexpr double kLn2Lo = 1.90821492927058770002e-10;
  const double k = std::floor(x * 1.4426950408889634 + 0.5);
  const double upper = x - k * kLn2Hi;
  const double lower = -k * kLn2Lo;
  const double r = upper + lower;
  const double lost = (upper - r) + lower;
  return std::ldexp(1 + (r + (lost + r * r * series(kTerms, r))), static_cast<int>(k));
}

double portable_log10(double x) {
  const double value = portable_log(x) * 0.43429448190325182765;
  if (!(value >= 0 && value < 23)) return value;
  const int nearest = static_cast<int>(value + 0.5);
  double power = 1;
  for (int i = 0; i < nearest; ++i) power *= 10;
  return power == x ? nearest : value;
}

double portable_atan(double x) {
  if (std::isnan(x)) return x;
  const double size = std::abs(x);
  const double a = size > 1 ? 1 / size : size;
  const auto k = static_cast<std::size_t>(a * 8 + 0.5);
  const double eighth = static_cast<double>(k) / 8;
  const double t = (a - eighth) / (1 + a * eighth);
  const double z = t * t;
  const double rest = t + (t * z * series(kAtanTerms, z) + kAtanEighths[k].low);
  const double angle = size > 1 ? kHalfPi - (kAtanEighths[k].high + (rest - kHalfPiLow)) : kAtanEighths[k].high + rest;
  return std::copysign(angle, x);
}

void portable_atan_each(std::span<double> values) {
  const std::size_t done = simd_enabled() ? atan_of_fours(values.data(), values.size()) : 0;
  for (double& value : values.subspan(done)) value = portable_atan(value);
}

double portable_asin(double x) { return std::abs(x) <= 1 ? portable_atan(x / std::sqrt((1 - x) * (1 + x))) : kNaN; }

double portable_acos(double x) { return std::abs(x) <= 1 ? 2 * portable_atan(std::sqrt((1 - x) / (1 + x))) : kNaN; }

double portable_sinh(double x) {
  const double size = std::abs(x);
  if (size < 0.5) {
    static constexpr double kTerms[] = {1.0 / 6,        1.0 / 120,          1.0 / 5040,           1.0 / 362880,
                                        1.0 / 39916800, 1.0 / 6227020800.0, 1.0 / 1307674368000.0};
    return x + x * (x * x) * series(kTerms, x * x);
  }
  if (size > 700) {  // e^x may be too large where its half is not
    const double root = portable_exp(size / 2);
    return std::copysign(root / 2 * root, x);
  }
  const double e = portable_exp(size);
  return std::copysign((e - 1 / e) / 2, x);
}

double portable_cosh(double x) {
  const double size = std::abs(x);
  if (size > 700) return portable_sinh(size);
  const double e = portable_exp(size);
  return (e + 1 / e) / 2;
}

double portable_tanh(double x) {
  if (std::abs(x) < 0.5) return portable_sinh(x) / portable_cosh(x);
  return std::copysign(1 - 2 / (portable_exp(2 * std::abs(x)) + 1), x);
}

}  // namespace stom
