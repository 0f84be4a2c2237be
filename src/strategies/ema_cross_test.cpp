#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

// Averages of 1 and 3 bars: the first is the close itself, the second moves half the way to it, from the mean of the
// first three closes.
//
//   bar      0    1    2    3    4    5    6    7    8    9   10   11
//   close  100  100  100   96  110  120   80   70  130  140  100   90
//   slow     -    -  100   98  104  112   96   83 106.5  123.25 111.625 100.8125
//   side                0   -    +    +    -    -    +    +    -    -
//
// Bar 2 is on the line: no side. Bar 3 is the first side seen, below: where we came in, no trade. Bar 4 crosses
// upwards: buy at bar 5's open, 111. Bar 6 crosses downwards: sell at bar 7's open, 79, for 78. Bar 8 up: buy at 131.
// Bar 10 down: sell at bar 11's open of 99, for 98.
Tape hand_worked_tape() {
  Tape tape;
  const std::int64_t closes[] = {100, 100, 100, 96, 110, 120, 80, 70, 130, 140, 100, 90, 200, 210};
  const std::int64_t opens[] = {100, 100, 100, 99, 97, 111, 119, 79, 71, 131, 139, 99, 91, 201};
  for (int i = 0; i < 14; ++i)
    tape.bar(i * kMinute, kMinute, opens[i], std::max(opens[i], closes[i]), std::min(opens[i], closes[i]), closes[i]);
  return tape;
}

// Bar 12 (close 200, slow 150.40625) crosses upwards: the third trade, bought at bar 13's open of 201, is still open
// when the tape ends. Long and short closes it at the flip instead.
TEST(EmaCross, LongTakesTheUpCrossesAndLeavesAtTheDownCrosses) {
  const auto result = hand_worked_tape().run("ema_cross", {{"fast", "1"}, {"slow", "3"}, {"lots", "2"}});
  EXPECT_EQ(round_trips(result),
            (std::vector<RoundTrip>{{Side::Buy, 111, 78, 2, "cross"}, {Side::Buy, 131, 98, 2, "cross"}}));
  ASSERT_EQ(result.fills.size(), 5);
  EXPECT_EQ(result.fills[4].price.value, 201);
  EXPECT_EQ(result.positions[0].value, 2);
}

TEST(EmaCross, LongAndShortTurnsAroundAtEveryCross) {
  const auto result = hand_worked_tape().run("ema_cross", {{"fast", "1"}, {"slow", "3"}, {"direction", "both"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 111, 78, 1, "cross"},
                                                         {Side::Sell, 78, 131, 1, "cross"},
                                                         {Side::Buy, 131, 98, 1, "cross"},
                                                         {Side::Sell, 98, 201, 1, "cross"}}));
}

// The same closes as trades, one a bar, and no bars in the data. Each decision is made at its trade and meets the book
// of that instant, one tick under the price.
TEST(EmaCross, OnTicksItReadsBarsThatAreBuilt) {
  Tape tape;
  const std::int64_t closes[] = {100, 100, 100, 96, 110, 120, 80, 70, 130, 140, 100, 90};
  for (int i = 0; i < 12; ++i) {
    tape.book(i * kMinute, {{closes[i] - 1, 100}}, {{closes[i], 100}});
    tape.trade(i * kMinute, Side::Buy, closes[i], 1);
  }
  EXPECT_EQ(round_trips(tape.run("ema_cross", {{"fast", "1"}, {"slow", "3"}, {"bar", "1t"}})),
            (std::vector<RoundTrip>{{Side::Buy, 110, 79, 1, "cross"}, {Side::Buy, 130, 99, 1, "cross"}}));
}

}  // namespace
}  // namespace stom::test
