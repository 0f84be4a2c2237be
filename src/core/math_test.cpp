#include "core/math.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "core/random.hpp"
#include "core/simd.hpp"

namespace stom {
namespace {

double ulps(double got, long double want) {
  const double nearest = static_cast<double>(want);
  const double ulp = std::abs(std::nextafter(nearest, INFINITY) - nearest);
  return static_cast<double>(std::abs(static_cast<long double>(got) - want)) / ulp;
}

TEST(Math, LogarithmIsWithinOneUlpEverywhere) {
  Random random{1};
  for (int i = 0; i < 200'000; ++i) {
    const double x = std::bit_cast<double>(random.next() & 0x7fffffffffffffffu);
    if (!std::isfinite(x) || x == 0) continue;
    ASSERT_LE(ulps(portable_log(x), std::log(static_cast<long double>(x))), 1.0) << x;
    const double near_one = 0.5 + random.uniform() * 1.5;
    ASSERT_LE(ulps(portable_log(near_one), std::log(static_cast<long double>(near_one))), 1.0) << near_one;
  }
  EXPECT_EQ(portable_log(1.0), 0.0);
  EXPECT_TRUE(std::isnan(portable_log(-1.0)));
  EXPECT_EQ(portable_log(0.0), -INFINITY);
}

TEST(Math, LogarithmOfOneAndALittleKeepsTheDigitsOfTheLittle) {
  Random random{2};
  for (int i = 0; i < 100'000; ++i) {
    const double x = std::ldexp(0.5 + random.uniform(), static_cast<int>(random.below(100)) - 60);
    ASSERT_LE(ulps(portable_log1p(x), std::log1p(static_cast<long double>(x))), 3.0) << x;
  }
  EXPECT_EQ(portable_log1p(0.0), 0.0);
  EXPECT_EQ(portable_log1p(1e-18), 1e-18);
}

using Portable = double (*)(double);
using Exact = long double (*)(long double);

/// The greatest distance over 100,000 arguments of every size from 2^-40 to 2^`most`, of both signs where `negative`.
double worst_ulps(Portable ours, Exact exact, int most, bool negative) {
  Random random{3};
  double worst = 0;
  for (int i = 0; i < 100'000; ++i) {
    const int exponent = static_cast<int>(random.below(static_cast<std::uint64_t>(40 + most))) - 39;
    double x = std::ldexp(0.5 + random.uniform() / 2, exponent);
    if (negative && random.below(2) == 1) x = -x;
    const long double want = exact(static_cast<long double>(x));
    if (!std::isfinite(static_cast<double>(want))) continue;
    worst = std::max(worst, ulps(ours(x), want));
  }
  return worst;
}

TEST(Math, ExponentialSineAndCosineAreWithinOneUlp) {
  EXPECT_LE(worst_ulps(portable_exp, std::exp, 9, true), 1.0);
  EXPECT_LE(worst_ulps(portable_sin, std::sin, 60, true), 1.0);
  EXPECT_LE(worst_ulps(portable_cos, std::cos, 60, true), 1.0);
}

TEST(Math, TheOthersAreWithinFourUlps) {
  EXPECT_LE(worst_ulps(portable_tan, std::tan, 60, true), 4.0);
  EXPECT_LE(worst_ulps(portable_asin, std::asin, 0, true), 4.0);
  EXPECT_LE(worst_ulps(portable_acos, std::acos, 0, true), 4.0);
  EXPECT_LE(worst_ulps(portable_atan, std::atan, 60, true), 4.0);
  EXPECT_LE(worst_ulps(portable_sinh, std::sinh, 9, true), 4.0);
  EXPECT_LE(worst_ulps(portable_cosh, std::cosh, 9, true), 4.0);
  EXPECT_LE(worst_ulps(portable_tanh, std::tanh, 9, true), 4.0);
  EXPECT_LE(worst_ulps(portable_log10, std::log10, 60, false), 4.0);
}

// An angle of many turns loses its place in the turn unless the turns are taken off exactly. 6381956970095103 * 2^797
// comes closer to a quarter turn than any other double.
TEST(Math, SineKnowsItsPlaceInTheTurnAfterAnyNumberOfTurns) {
  EXPECT_EQ(portable_sin(std::ldexp(6381956970095103.0, 797)), 1.0);
  EXPECT_NEAR(portable_cos(std::ldexp(6381956970095103.0, 797)), -4.68716592425462761112e-19, 1e-34);
  EXPECT_EQ(portable_sin(1e22), -0.8522008497671888);
  EXPECT_EQ(portable_cos(1.5e8), static_cast<double>(std::cos(1.5e8L)));
}

TEST(Math, FunctionsSayWhatTheyHaveNoValueFor) {
  for (const double x : {1.5, -2.0, 270.0}) {
    EXPECT_TRUE(std::isnan(portable_asin(x))) << x;
    EXPECT_TRUE(std::isnan(portable_acos(x))) << x;
  }
  for (const Portable f : {portable_sin, portable_cos, portable_tan}) EXPECT_TRUE(std::isnan(f(INFINITY)));
  for (const Portable f : {portable_exp, portable_cosh, portable_sinh}) EXPECT_EQ(f(20'000), INFINITY);
  EXPECT_EQ(portable_exp(-20'000), 0);
  EXPECT_EQ(portable_tanh(20'000), 1);
  EXPECT_EQ(portable_atan(HUGE_VAL), 2 * std::atan(1.0));
  EXPECT_EQ(portable_log10(0), -INFINITY);
  EXPECT_EQ(portable_log10(1000), 3);
}

// Several at a time, with AVX2 or without, are bit by bit what they are alone: what a text decides hangs on them.
TEST(Math, ArcTangentsOfManyAreThoseOfEach) {
  Random random{4};
  std::vector<double> values{0.0,    -0.0,  1,        -1,        0.0625, -0.0625, std::nextafter(1, 2),
                             5e-324, 1e308, INFINITY, -INFINITY, NAN};
  for (int i = 0; i < 100'001; ++i)
    values.push_back(i % 3 == 0 ? std::bit_cast<double>(random.next()) : (random.uniform() - 0.5) * 40);
  std::vector<double> alone = values;
  for (double& value : alone) value = portable_atan(value);
  for (const bool simd : {false, true}) {
    set_simd_enabled(simd);
    // Any length, so that what is left over comes too.
    for (const std::size_t length : {values.size(), std::size_t{1}, std::size_t{3}, std::size_t{4}, std::size_t{15}}) {
      std::vector<double> many{values.begin(), values.begin() + static_cast<std::ptrdiff_t>(length)};
      portable_atan_each(many);
      for (std::size_t i = 0; i < length; ++i)
        ASSERT_TRUE(std::bit_cast<std::uint64_t>(many[i]) == std::bit_cast<std::uint64_t>(alone[i]) ||
                    (std::isnan(many[i]) && std::isnan(alone[i])))
            << values[i] << " alone " << alone[i] << ", of many " << many[i];
    }
  }
}

}  // namespace
}  // namespace stom
