#include "conditions/numbers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace stom::conditions {
namespace {

TEST(Numbers, PowersAreRoundedAsPythonRoundsThem) {
  EXPECT_EQ(power(2, 0.5), 1.4142135623730951);
  EXPECT_EQ(power(10, -3), 0.001);
  EXPECT_EQ(power(1.1, 10), 2.5937424601000023);
  EXPECT_EQ(power(-2, 3), -8);
  EXPECT_EQ(power(-8, -3), -0.001953125);
  EXPECT_EQ(power(3, 40), 12157665459056928801.0);
  EXPECT_EQ(power(0, 0), 1);
  EXPECT_EQ(power(2, -1074), 5e-324);
  EXPECT_EQ(power(2, -1080), 0);
  // Python raises: ZeroDivisionError, OverflowError, a complex number.
  EXPECT_TRUE(std::isnan(power(0, -1)));
  EXPECT_TRUE(std::isnan(power(10, 309)));
  EXPECT_TRUE(std::isnan(power(1e308, 1e308)));  // where the logarithm of the result is beyond every double, too
  EXPECT_TRUE(std::isnan(power(1e-300, -1e308)));
  EXPECT_EQ(power(1e308, -1e308), 0);
  EXPECT_EQ(power(0.5, 1e308), 0);
  EXPECT_TRUE(std::isnan(power(-2, 0.5)));
}

TEST(Numbers, APowerIsWithinItsLastDigit) {
  Random random{1};
  for (int i = 0; i < 20'000; ++i) {
    const double base = std::ldexp(0.5 + random.uniform(), static_cast<int>(random.below(40)) - 20);
    const double exponent = (random.uniform() - 0.5) * 40;
    const auto exact =
        static_cast<double>(std::pow(static_cast<long double>(base), static_cast<long double>(exponent)));
    const double ours = power(base, exponent);
    EXPECT_LE(std::abs(ours - exact), std::abs(std::nextafter(exact, 1e308) - exact)) << base << " ** " << exponent;
  }
}

TEST(Numbers, DivisionIsCpythons) {
  EXPECT_EQ(floor_divide(1.0, 0.1), 9);
  EXPECT_EQ(floor_divide(-7, 2), -4);
  EXPECT_EQ(modulo(-7, 3), 2);
  EXPECT_EQ(modulo(7, -3), -2);
  EXPECT_TRUE(std::signbit(modulo(6, -3)));  // -0.0
  EXPECT_TRUE(std::isnan(floor_divide(1, 0)));
  EXPECT_TRUE(std::isnan(modulo(1, 0)));
}

TEST(Numbers, TextsAreReadAsPythonReadsThem) {
  EXPECT_EQ(whole_of(" -1_000 "), -1000);
  EXPECT_TRUE(std::isnan(whole_of("1.5")));
  EXPECT_TRUE(std::isnan(whole_of("1__0")));
  EXPECT_EQ(number_of("1_0.5e2"), 1050);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(number_of("-Infinity"), -kInfinity);
  const std::string zeros(400, '0');
  for (const std::string& huge : std::vector<std::string>{"1e999", "2.5E+309", "0.01e400", "1" + zeros + ".5",
                                                          "1" + zeros + "e-9", "1e99999999999999999999"})
    EXPECT_EQ(number_of(huge), kInfinity) << huge;
  for (const std::string& tiny : std::vector<std::string>{"1e-999", "25.5E-400", "." + zeros + "1",
                                                          "0." + zeros + "9e9", "1e-99999999999999999999"})
    EXPECT_EQ(number_of(tiny), 0) << tiny;
  EXPECT_TRUE(std::isnan(number_of("")));
  EXPECT_TRUE(std::isnan(number_of("--1")));
  EXPECT_TRUE(std::isnan(number_of("0x10")));
}

}  // namespace
}  // namespace stom::conditions
