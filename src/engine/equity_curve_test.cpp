#include "engine/equity_curve.hpp"

#include <gtest/gtest.h>

namespace stom {
namespace {

Money whole(std::int64_t units) { return {Int128{units} * power_of_ten(kMoneyDecimals)}; }

/// Points by one and all at once are the same.
void expect_points(const EquityCurve& curve, const std::vector<EquityPoint>& wanted) {
  EXPECT_EQ(curve.points(), wanted);
  ASSERT_EQ(curve.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(curve[i], wanted[i]) << i;
}

TEST(EquityCurve, IsCashAndThePositionAtEachPointsOwnPrice) {
  EquityCurve curve;
  curve.hold(whole(1000), {});
  curve.add(10, 200);
  curve.hold(whole(700), whole(3));  // bought 3 at 100
  curve.add(20, 200);
  curve.add(30, 220);
  curve.hold(whole(1030), {});  // sold them at 110
  curve.add(40, 180);
  expect_points(curve, {{10, whole(1000)}, {20, whole(1000)}, {30, whole(1030)}, {40, whole(1030)}});
}

TEST(EquityCurve, HalvesTowardsZeroAsThePositionsWorthIs) {
  EquityCurve curve;
  curve.hold({10}, {-1});
  curve.add(0, 3);
  EXPECT_EQ(curve.back().equity, Money{9});
}

TEST(EquityCurve, KeepsEveryTimeAlsoAcrossGapsAndEqualOnes) {
  const std::vector<UnixNanos> times{5, 5, 5, 7, 10, 20, 30, 90, 100, 110, 111};
  EquityCurve curve;
  std::vector<EquityPoint> wanted;
  for (const UnixNanos time : times) {
    curve.add(time, whole(time));
    wanted.push_back({time, whole(time)});
  }
  expect_points(curve, wanted);
  for (UnixNanos time = 0; time < 115; ++time) {
    const auto first = std::ranges::lower_bound(times, time) - times.begin();
    EXPECT_EQ(curve.first_from(time), static_cast<std::size_t>(first)) << time;
  }
}

TEST(EquityCurve, ALastPointCanBeTakenAgainAfterAFill) {
  EquityCurve curve;
  curve.hold(whole(10), whole(1));
  curve.add(0, 2);
  curve.add(60, 4);
  curve.pop_back();
  curve.hold(whole(11), {});
  curve.add(60, 4);
  curve.add(120, 6);
  expect_points(curve, {{0, whole(11)}, {60, whole(11)}, {120, whole(11)}});
}

}  // namespace
}  // namespace stom
