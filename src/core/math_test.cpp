#include "core/math.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"

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

}  // namespace
}  // namespace stom
