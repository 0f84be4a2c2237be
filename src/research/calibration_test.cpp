#include "research/calibration.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>

#include "core/random.hpp"
#include "sim/latency.hpp"

namespace stom::research {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool holds(const Estimate& estimate, double truth) { return estimate.low <= truth && truth <= estimate.high; }

std::vector<DurationNanos> latencies(Random& random, DurationNanos constant, const sim::Jitter& jitter, int count) {
  std::vector<DurationNanos> out;
  for (int i = 0; i < count; ++i) out.push_back(constant + jitter.draw(random));
  return out;
}

TEST(LatencyFit, WhatNeverVariesIsAConstant) {
  const DurationNanos there[] = {1'000, 1'000, 1'000}, back[] = {700, 700};
  const LatencyFit fit = fit_latency(there, back);
  EXPECT_EQ(fit.shape, LatencyShape::Constant);
  EXPECT_EQ(fit.entry.value, 1'000);
  EXPECT_EQ(fit.response.high, 700);
  EXPECT_TRUE(fit.fits());
}

// 100, 101, 102, 103 and 106 there, 50, 51 and 57 back: excess 12 + 8 = 20 of 5 + 3 - 2 = 6 degrees.
TEST(LatencyFit, ExponentialByHand) {
  const DurationNanos there[] = {103, 100, 106, 101, 102}, back[] = {57, 50, 51};
  const LatencyFit fit = fit_latency(there, back);
  ASSERT_EQ(fit.shape, LatencyShape::Exponential) << "8 ln 7 = 15.57 is more than 8 ln 2.5 + 8 = 15.33";
  EXPECT_DOUBLE_EQ(fit.jitter.value, 20.0 / 6);
  EXPECT_NEAR(fit.jitter.low, 40 / 23.337, 0.01);  // chi-square of 12 degrees: 4.404 and 23.337
  EXPECT_NEAR(fit.jitter.high, 40 / 4.404, 0.05);
  EXPECT_EQ(fit.entry.high, 100);
  EXPECT_NEAR(fit.entry.low, 100 - 20.0 / 5 * (std::pow(20, 1.0 / 6) - 1),
              1e-9);  // F(2, 12) at 95 %: 3.885 = 6 (20^(1/6) - 1)
  EXPECT_NEAR(fit.entry.low, 100 - 20.0 / 6 / 5 * 3.885, 0.01);
  EXPECT_NEAR(fit.response.low, 50 - 20.0 / 6 / 3 * 3.885, 0.01);
}

// Ranges 10 of five and 9 of five: (least - constant) / range below 20^(1/4) - 1 = 1.1147.
TEST(LatencyFit, EvenByHand) {
  const DurationNanos there[] = {100, 110, 103, 105, 108}, back[] = {50, 59, 52, 57, 55};
  const LatencyFit fit = fit_latency(there, back);
  ASSERT_EQ(fit.shape, LatencyShape::Even);
  EXPECT_EQ(fit.jitter.low, 10);
  const double r = 10 / fit.jitter.high;
  EXPECT_NEAR(std::pow(5 * std::pow(r, 4) - 4 * std::pow(r, 5), 2), 0.05, 1e-9);
  EXPECT_EQ(fit.entry.high, 100);
  EXPECT_NEAR(fit.entry.low, 100 - 11.147, 0.001);
  EXPECT_NEAR(fit.response.low, 50 - 9 * 1.1147, 0.001);
}

TEST(LatencyFit, TheTruthLiesInNineteenOfTwentyIntervals) {
  for (const auto shape : {sim::Jitter::Shape::Even, sim::Jitter::Shape::Exponential}) {
    const sim::Jitter jitter{shape, 500'000};
    int entry = 0, response = 0, size = 0, trip = 0, trip_size = 0, fits = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      Random random{seed};
      const auto there = latencies(random, 1'000'000, jitter, 60), back = latencies(random, 2'000'000, jitter, 80);
      const LatencyFit fit = fit_latency(there, back);
      EXPECT_EQ(fit.shape == LatencyShape::Even, shape == sim::Jitter::Shape::Even);
      entry += holds(fit.entry, 1'000'000);
      response += holds(fit.response, 2'000'000);
      size += holds(fit.jitter, 500'000);
      fits += fit.fits();
      if (seed > 30) continue;
      std::vector<DurationNanos> trips;
      for (std::size_t i = 0; i < kRoundTripsNeeded; ++i)
        trips.push_back(3'000'000 + jitter.draw(random) + jitter.draw(random));
      const LatencyFit both = fit_round_trip(trips);
      trip += both.shape == fit.shape && holds(both.entry, 1'500'000);
      trip_size += both.shape == fit.shape && holds(both.jitter, 500'000);
    }
    for (const int count : {entry, response, size}) {
      EXPECT_GE(count, 180);
      EXPECT_LT(count, 200) << "an interval that never misses is too wide";
    }
    EXPECT_GE(fits, 190);
    EXPECT_GE(trip, 26);  // 28.5 of 30, less two standard errors
    EXPECT_GE(trip_size, 26);
  }
}

TEST(LatencyFit, SaysWhereNeitherShapeFits) {
  std::vector<DurationNanos> two_roads;
  for (int i = 0; i < 200; ++i) two_roads.push_back(i % 2 == 0 ? 1'000 + i : 50'000 + i);
  EXPECT_FALSE(fit_latency(two_roads, two_roads).fits());
}

TEST(ExponentFit, LiesWhereAllOrdersAgree) {
  const double two = std::log(2.0), three = std::log(3.0), four = std::log(4.0);
  const ExponentBounds orders[] = {{two, kInfinity}, {-kInfinity, four}, {three, kInfinity}, {0, kInfinity}};
  const ExponentFit fit = fit_exponent(orders, 0.01, 100);
  EXPECT_NEAR(fit.exponent.value, std::sqrt(12.0), 1e-6);
  EXPECT_LE(fit.exponent.low, 3);
  EXPECT_GE(fit.exponent.high, 4);
  EXPECT_EQ(fit.consistent, 4U);
}

TEST(ExponentFit, AFewOrdersThatNoQueueExplainsDoNotMoveIt) {
  std::vector<ExponentBounds> orders;
  for (int i = 1; i <= 50; ++i) {
    orders.push_back({std::log(2.0) - 0.02 * i, kInfinity});
    orders.push_back({-kInfinity, std::log(2.0) + 0.02 * i});
  }
  orders.push_back({std::log(20.0), kInfinity});
  orders.push_back({std::log(30.0), kInfinity});
  orders.push_back({std::log(40.0), kInfinity});
  const ExponentFit fit = fit_exponent(orders, 0.01, 100);
  EXPECT_TRUE(holds(fit.exponent, 2)) << fit.exponent.low << " to " << fit.exponent.high;
  EXPECT_GT(fit.exponent.low, 1.7);
  EXPECT_LT(fit.exponent.high, 2.5);
  EXPECT_EQ(fit.consistent, 100U);
}

TEST(ExponentFit, IsOpenWhereNoOrderBoundsIt) {
  const ExponentBounds orders[] = {
      {std::log(2.0), kInfinity}, {std::log(2.5), kInfinity}, {std::log(3.0), kInfinity}, {std::log(3.0), kInfinity}};
  const ExponentFit fit = fit_exponent(orders, 0.01, 100);
  EXPECT_TRUE(fit.open_above);
  EXPECT_FALSE(fit.open_below);
  EXPECT_NEAR(fit.exponent.high, 100, 1e-9);
  EXPECT_TRUE(fit_exponent(std::span{orders}.first(2), 0.01, 100).open_below) << "of two orders both may lie far out";
}

// Orders whose own exponents lie around 3, each seen between two of the exponents that a trial has.
TEST(ExponentFit, HoldsTheMiddleOfOrdersThatDiffer) {
  int held = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Random random{seed};
    std::vector<ExponentBounds> orders;
    for (int i = 0; i < 60; ++i) {
      const double u = random.uniform();
      const double own = std::log(3.0) + 0.3 * std::log(u / (1 - u)), above = 0.2 * std::floor(own / 0.2);
      orders.push_back({above, above + 0.2});
    }
    held += holds(fit_exponent(orders, 0.01, 100).exponent, 3);
  }
  EXPECT_GE(held, 54);
}

TEST(Shares, AreWilsons) {
  const Estimate share = share_of_orders(81, 263);  // Newcombe (1998), table I: 0.2553 to 0.3662
  EXPECT_NEAR(share.low, 0.2553, 5e-5);
  EXPECT_NEAR(share.high, 0.3662, 5e-5);
  EXPECT_EQ(share_of_orders(0, 20).low, 0);
}

TEST(Means, AreStudents) {
  std::vector<double> values(25, 1);
  values.resize(50, 3);
  const Estimate mean = mean_of(values);  // 2, deviation sqrt(50 / 49), t of 49 degrees 2.0096
  EXPECT_DOUBLE_EQ(mean.value, 2);
  EXPECT_NEAR(mean.high - 2, 2.0096 / 7, 1e-4);
  EXPECT_NEAR(2 - mean.low, 2.0096 / 7, 1e-4);
}

}  // namespace
}  // namespace stom::research
