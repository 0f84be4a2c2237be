#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

// Three instruments, the one that rose most over 2 days is held, for 1,000; a rotation every day.
//
//  day  A               B               C               held
//   2   110 (+10 %)     105  (+5 %)      90 (-10 %)     A: 1000 / 110 = 9 lots, at day 3's open of 111
//   3   105  (+5 %)     120 (+20 %)      95  (-5 %)     B: A sold at its open of 104, for 103; 8 lots of B at 121
//   4   100  (-9 %)     130 (+24 %)     100 (+11 %)     B
//   5   100  (-5 %)     110  (-8 %)     120 (+26 %)     C: B sold at its open of 109, for 108; 8 lots of C at 122
//   6    90 (-10 %)     100 (-23 %)      90 (-10 %)     nothing rose: C sold at its open of 89, for 88
TEST(MomentumRotation, HoldsWhatRoseMostAndNothingThatFell) {
  const std::int64_t closes[3][8] = {{100, 100, 110, 105, 100, 100, 90, 80},
                                     {100, 100, 105, 120, 130, 110, 100, 90},
                                     {100, 100, 90, 95, 100, 120, 90, 85}};
  const std::int64_t opens[3][8] = {{100, 100, 100, 111, 104, 100, 100, 90},
                                    {100, 100, 100, 105, 121, 130, 109, 100},
                                    {100, 100, 100, 90, 95, 100, 122, 89}};
  Tape tape{3};
  for (int day = 0; day < 8; ++day) {
    for (InstrumentIndex i = 0; i < 3; ++i) {
      const auto open = opens[i][day], close = closes[i][day];
      tape.bar(day * kDay, kDay, open, std::max(open, close), std::min(open, close), close, 1, i);
    }
  }
  const auto result = tape.run("momentum_rotation", {{"lookback", "2"}, {"every", "1"}, {"amount", "1000"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 111, 103, 9, "rotated out"},
                                                         {Side::Buy, 121, 108, 8, "rotated out"},
                                                         {Side::Buy, 122, 88, 8, "rotated out"}}));
}

}  // namespace
}  // namespace stom::test
