#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

constexpr UnixNanos at(double seconds) { return static_cast<UnixNanos>(seconds * 1e9); }

// Two levels a side on multiples of 5, one lot each, two lots at most, decided every second.
//
//  second  what happens                buys        sells       what follows
//   1      bid 101, ask 103            100, 95     105, 110
//   1.5    3 sold at 99                                        passed through 100: bought there
//   2                                  100, 95     105, 110    100 is placed again
//   2.5    3 bought at 106                                     sold at 105
//   2.8    bid 107, ask 109
//   3                                  105, 100    110, 115    95 is two levels too low: canceled
//   3.5    1 bought at 111                                     sold short at 110
//   4                                  105, 100    110, 115    110 is placed again
//   4.3    1 sold at 104                                       bought back at 105
//   5                                  105, 100    110, 115    105 is placed again
//   5.5    bid 96, ask 98                                      the ask fell through both buys: bought at 105 and 100
//   6                                  none        100, 105    two lots are the most
//   6.2    100 sold at 80                                      nothing of ours is bid
//   6.5    1 bought at 101                                     sold at 100: first in, first out, the lot of 105
Tape hand_worked_tape() {
  Tape tape;
  tape.book(at(0), {{101, 5}}, {{103, 5}});
  tape.trade(at(1.5), Side::Sell, 99, 3);
  tape.trade(at(2.5), Side::Buy, 106, 3);
  tape.book(at(2.8), {{107, 5}}, {{109, 5}});
  tape.trade(at(3.5), Side::Buy, 111, 1);
  tape.trade(at(4.3), Side::Sell, 104, 1);
  tape.book(at(5.5), {{96, 5}}, {{98, 5}});
  tape.trade(at(6.2), Side::Sell, 80, 100);
  tape.trade(at(6.5), Side::Buy, 101, 1);
  return tape;
}

TEST(Grid, EarnsTheSpacingInARangeAndPaysForAFallThroughItsLevels) {
  const auto result =
      hand_worked_tape().run("grid", {{"interval", "1s"}, {"levels", "2"}, {"spacing", "5"}, {"max", "2"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 100, 105, 1, "signal"},
                                                         {Side::Sell, 110, 105, 1, "signal"},
                                                         {Side::Buy, 105, 100, 1, "signal"}}));
  EXPECT_EQ(result.positions[0].value, 1);
}

// A level that is filled is placed again at the next decision, not doubled while it rests: of 100 lots sold through it
// in a second, it takes one.
TEST(Grid, ALevelHoldsOneOrderAtATime) {
  Tape tape;
  tape.book(at(0), {{101, 5}}, {{103, 5}});
  for (const double second : {1.2, 1.4, 1.6, 2.5}) tape.trade(at(second), Side::Sell, 99, 100);
  const auto result = tape.run("grid", {{"interval", "1s"}, {"levels", "1"}, {"spacing", "5"}});
  EXPECT_EQ(result.fills.size(), 2);
  EXPECT_EQ(result.positions[0].value, 2);
}

}  // namespace
}  // namespace stom::test
