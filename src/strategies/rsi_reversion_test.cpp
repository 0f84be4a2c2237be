#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

// An RSI of 2 bars: the averages of gains (G) and losses (L) move half the way to each new change.
//
//   bar       0    1    2    3      4      5       6       7        8         9        10
//   close   100   98   96  104    100     90      91      95       85        99       99
//   change        -2   -2   +8     -4    -10      +1      +4      -10       +14        0
//   G                   0    4      2      1       1     2.5     1.25      7.625    3.8125
//   L                   2    1    2.5   6.25   3.125  1.5625  5.78125   2.890625  1.4453125
//   RSI                 0   80  44.44  13.79   24.24   61.54    17.78     72.51    72.51
//
// Long: under 30 after bar 2, buy at bar 3's open, 97; over 50 after bar 3, sell at bar 4's open of 105, for 104. Under
// 30 after bar 5, buy at 91; back over 50 only after bar 7, sell for 95. Bar 8: buy at 84; bar 9: sell for 99.
Tape hand_worked_tape() {
  Tape tape;
  const std::int64_t closes[] = {100, 98, 96, 104, 100, 90, 91, 95, 85, 99, 99};
  const std::int64_t opens[] = {100, 100, 98, 97, 105, 99, 91, 91, 96, 84, 100};
  for (int i = 0; i < 11; ++i)
    tape.bar(i * kMinute, kMinute, opens[i], std::max(opens[i], closes[i]), std::min(opens[i], closes[i]), closes[i]);
  return tape;
}

TEST(RsiReversion, BuysWhatFellTooFastAndSellsItInTheMiddle) {
  const auto result = hand_worked_tape().run("rsi_reversion", {{"period", "2"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 97, 104, 1, "back to the middle"},
                                                         {Side::Buy, 91, 95, 1, "back to the middle"},
                                                         {Side::Buy, 84, 99, 1, "back to the middle"}}));
}

// Also short: over 70 after bar 3, the long position of one becomes a short one, sold at 104; 44 after bar 4 is under
// 50, bought back at bar 5's open, 99. Bar 9 ends over 70 again: the third long position turns into a short one at 99.
TEST(RsiReversion, ShortIsTheMirrorImage) {
  const auto result = hand_worked_tape().run("rsi_reversion", {{"period", "2"}, {"direction", "both"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 97, 104, 1, "overbought"},
                                                         {Side::Sell, 104, 99, 1, "back to the middle"},
                                                         {Side::Buy, 91, 95, 1, "back to the middle"},
                                                         {Side::Buy, 84, 99, 1, "overbought"}}));
  EXPECT_EQ(result.positions[0].value, -1);
}

TEST(RsiReversion, AnOrderGridWithAnExecutionIsRefused) {
  Parameters values{{{"orders", "[buy.execution]\nkind = \"chase\""}}};
  find_strategy("rsi_reversion")->make(values);
  ASSERT_FALSE(values.check());
  EXPECT_TRUE(values.check().error().message.contains("ten times a second")) << values.check().error().message;
}

}  // namespace
}  // namespace stom::test
