// round_decimals() and exact_sum() beside CPython's round() and math.fsum(): by hand, and over hundreds of thousands of
// random numbers whose results tests/oracles/python_numbers.py has digested.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "core/exact_sum.hpp"
#include "core/random.hpp"
#include "core/round.hpp"
#include "core/simd.hpp"

namespace stom {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Digest {
 public:
  void add(double x) {
    const std::uint64_t bits = std::isnan(x) ? 0x7ff8000000000000u : std::bit_cast<std::uint64_t>(x);
    for (int i = 0; i < 64; i += 8) seen_ = (seen_ ^ (bits >> i & 0xff)) * 0x100000001b3u;
  }
  std::uint64_t value() const { return seen_; }

 private:
  std::uint64_t seen_ = 0xcbf29ce484222325u;
};

struct Rounded {
  double x;
  int decimals;
};

double power_of_ten(std::uint64_t n) {
  double power = 1;
  for (; n > 0; --n) power *= 10;
  return power;
}

Rounded near_tie(Random& random) {
  const std::uint64_t decimals = random.below(9);
  return {static_cast<double>(random.below(10'000'000) * 10 + 5) / power_of_ten(decimals + 1),
          static_cast<int>(decimals)};
}

Rounded true_tie(Random& random) {
  const int decimals = static_cast<int>(random.below(8)) - 4;
  const auto odd = static_cast<double>(2 * random.below(1'000'000) + 1);
  if (decimals > 0) return {std::ldexp(odd, -decimals - 1), decimals};
  return {odd * power_of_ten(static_cast<std::uint64_t>(-decimals)) / 2, decimals};
}

Rounded anything(Random& random) {
  double x = kNaN;
  while (!std::isfinite(x)) x = std::bit_cast<double>(random.next());
  return {x, static_cast<int>(random.below(660)) - 330};
}

std::uint64_t rounds(Rounded (*draw)(Random&), std::uint64_t seed) {
  Random random{seed};
  Digest digest;
  for (int i = 0; i < 50'000; ++i) {
    const auto [x, decimals] = draw(random);
    digest.add(round_decimals(random.below(2) != 0 ? -x : x, decimals));
  }
  return digest.value();
}

TEST(PythonNumbers, RoundsAsPythonDoes) {
  EXPECT_EQ(rounds(near_tie, 1), 0x650eb8d06a9c387bu);
  EXPECT_EQ(rounds(true_tie, 2), 0xf1f310eefaca10dfu);
  EXPECT_EQ(rounds(anything, 3), 0xee4f766950e3c147u);
}

// Each with what `round(x, decimals)` prints.
TEST(PythonNumbers, TheExactValueDecidesAndATieGoesToTheEvenDigit) {
  EXPECT_EQ(round_decimals(2.675, 2), 2.67);  // 2.67499999999999982236431605997495353221893310546875
  EXPECT_EQ(round_decimals(1.005, 2), 1.0);
  EXPECT_EQ(round_decimals(61234.565, 2), 61234.57);
  EXPECT_EQ(round_decimals(0.125, 2), 0.12);
  EXPECT_EQ(round_decimals(0.375, 2), 0.38);
  EXPECT_EQ(round_decimals(2.5, 0), 2.0);
  EXPECT_EQ(round_decimals(-2.5, 0), -2.0);
  EXPECT_EQ(round_decimals(1234.5, -2), 1200.0);
  EXPECT_EQ(round_decimals(1250.0, -2), 1200.0);
  EXPECT_EQ(round_decimals(1350.0, -2), 1400.0);
  EXPECT_EQ(round_decimals(123456789.123456789, 8), 123456789.123456789);
  EXPECT_EQ(round_decimals(4503599627370495.5, 0), 4503599627370496.0);
  EXPECT_TRUE(std::signbit(round_decimals(-0.4, 0)));
}

// With AVX2 or without, whatever stands beside what: a tie and a number without end among plain ones are found.
TEST(PythonNumbers, ManyAtOnceAreRoundedAsEachAlone) {
  Random random{5};
  for (const auto draw : {near_tie, true_tie, anything}) {
    for (int round = 0; round < 400; ++round) {
      const int decimals = static_cast<int>(random.below(12)) - 2;
      std::vector<double> values;
      for (std::uint64_t i = random.below(140); i > 0; --i) {
        const bool is_rare = random.below(9) == 0;
        const double x = is_rare ? draw(random).x : random.uniform() * power_of_ten(random.below(12));
        values.push_back(random.below(2) != 0 ? -x : x);
      }
      if (values.size() > 20) values[random.below(20)] = kNaN, values[random.below(20)] = -kInfinity, values[20] = -0.0;
      for (const bool simd : {false, true}) {
        set_simd_enabled(simd);
        std::vector<double> many = values;
        round_decimals_each(many, decimals);
        Digest want, got;
        for (const double x : values) want.add(round_decimals(x, decimals));
        for (const double x : many) got.add(x);
        ASSERT_EQ(want.value(), got.value()) << values.size() << " values to " << decimals << ", AVX2 " << simd;
      }
    }
  }
}

TEST(PythonNumbers, TheEndsOfTheDoublesRoundToo) {
  EXPECT_EQ(round_decimals(5e-324, 323), 0.0);
  EXPECT_EQ(round_decimals(5e-324, 324), 5e-324);
  EXPECT_EQ(round_decimals(1.5e300, -300), 2e300);
  EXPECT_EQ(round_decimals(9.999999999999999e22, -22), 1e23);
  EXPECT_EQ(round_decimals(1.0, std::numeric_limits<int>::min()), 0.0);
  EXPECT_EQ(round_decimals(1.1, std::numeric_limits<int>::max()), 1.1);
  EXPECT_TRUE(std::isnan(round_decimals(1.7e308, -308))) << "Python: rounded value too large to represent";
  EXPECT_TRUE(std::isnan(round_decimals(kNaN, 2)));
  EXPECT_EQ(round_decimals(-kInfinity, 2), -kInfinity);
}

std::vector<double> prices(Random& random, std::uint64_t n) {
  std::vector<double> values;
  for (; n > 0; --n) values.push_back(static_cast<double>(random.below(10'000'000)) / 100.0);
  return values;
}

std::vector<double> far_apart(Random& random, std::uint64_t n) {
  std::vector<double> values;
  for (; n > 0; --n) {
    const double fraction = random.uniform() - 0.5;
    values.push_back(std::ldexp(fraction, static_cast<int>(random.below(1900)) - 1000));
  }
  return values;
}

std::vector<double> cancelling(Random& random, std::uint64_t n) {
  std::vector<double> values = far_apart(random, n);
  for (std::uint64_t i = 1; i < n; ++i) values.push_back(-values[i]);
  return values;
}

std::uint64_t sums(std::vector<double> (*draw)(Random&, std::uint64_t), std::uint64_t seed) {
  Random random{seed};
  Digest digest;
  for (int i = 0; i < 5'000; ++i) {
    const std::uint64_t n = 1 + random.below(60);
    digest.add(exact_sum(draw(random, n)));
  }
  return digest.value();
}

TEST(PythonNumbers, SumsAreThoseOfFsum) {
  EXPECT_EQ(sums(prices, 4), 0x52265e9cf8e6846fu);
  EXPECT_EQ(sums(far_apart, 5), 0x1c220196ed93e099u);
  EXPECT_EQ(sums(cancelling, 6), 0xb5b0fba8ac599ce7u);
}

TEST(PythonNumbers, ASumIsRoundedOnce) {
  EXPECT_EQ(exact_sum(std::vector(10, 0.1)), 1.0);
  EXPECT_EQ(exact_sum(std::vector{1e16, 1.0, -1e16}), 1.0);
  EXPECT_EQ(exact_sum(std::vector{1e308, 5e-324, -1e308}), 5e-324);
  EXPECT_EQ(exact_sum(std::vector{0x1p53, 1.0}), 0x1p53);                 // a tie, to even
  EXPECT_EQ(exact_sum(std::vector{0x1p53, 1.0, 0x1p-1000}), 0x1p53 + 2);  // no tie any more
  EXPECT_EQ(exact_sum(std::vector{-0x1p53, -1.0, -0x1p-1000}), -0x1p53 - 2);
  EXPECT_EQ(exact_sum(std::vector{0x1p53, 3.0}), 0x1p53 + 4);
  EXPECT_EQ(exact_sum({}), 0.0);
}

TEST(PythonNumbers, WhatFsumRaisesForIsNoNumber) {
  EXPECT_EQ(exact_sum(std::vector{1.0, kInfinity}), kInfinity);
  EXPECT_TRUE(std::isnan(exact_sum(std::vector{kInfinity, 1.0, -kInfinity}))) << "Python: -inf + inf in fsum";
  EXPECT_TRUE(std::isnan(exact_sum(std::vector{1e308, 1e308}))) << "Python: intermediate overflow in fsum";
  EXPECT_TRUE(std::isnan(exact_sum(std::vector{kInfinity, kNaN})));
}

TEST(PythonNumbers, WhatIsTakenAwayLeavesNoTrace) {
  Random random{7};
  ExactSum sum, part;
  const auto values = far_apart(random, 500);
  for (const double x : values) sum.add(x);
  for (std::size_t i = 0; i < 400; ++i) part.add(values[i]);
  sum -= part;
  EXPECT_EQ(sum.value(), exact_sum(std::span{values}.subspan(400)));
  sum += part;
  EXPECT_EQ(sum.value(), exact_sum(values));
}

}  // namespace
}  // namespace stom
