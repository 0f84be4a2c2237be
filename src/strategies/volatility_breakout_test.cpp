#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

// Four bars of six hours make a day; k = 0.5. A stop sees the open, low, high and close of a rising bar (high first of
// a falling one) and fills at the first of these prices that reaches it.
//
//  day 0  range 110 - 90 = 20
//  day 1  open 100, trigger 110: bar 5's high of 110 fills it at 110. Sold at day 2's open of 116, for 115.
//  day 2  range of day 1 is 115 - 99 = 16, open 116, trigger 124: the high is 123. No trade; the stop is canceled.
//  day 3  range 123 - 110 = 13, half of it 6.5, so 7 ticks; open 117, trigger 124: the first bar already closes at 125,
//  so
//         bought at once, at bar 13's open of 126. Sold at day 4's open of 121, for 120.
//  day 4  range 130 - 116 = 14, open 121, trigger 128: bar 18 opens at 130, over the trigger, and that is what one
//  pays.
//         Sold at day 5's open of 133, for 132.
Tape five_days() {
  struct Row {
    std::int64_t open, high, low, close;
  };
  const Row rows[] = {{100, 110, 95, 105},  {105, 108, 90, 95},   {95, 100, 92, 98},    {98, 102, 96, 100},    // day 0
                      {100, 104, 99, 103},  {104, 110, 103, 108}, {108, 112, 106, 111}, {111, 115, 109, 114},  // 1
                      {116, 118, 112, 113}, {113, 120, 110, 119}, {119, 123, 118, 121}, {121, 122, 115, 116},  // 2
                      {117, 125, 116, 125}, {126, 130, 125, 129}, {129, 129, 120, 122}, {122, 124, 119, 120},  // 3
                      {121, 126, 121, 125}, {125, 126, 122, 124}, {130, 133, 129, 132}, {132, 135, 131, 134},  // 4
                      {133, 134, 130, 131}};
  Tape tape;
  for (int i = 0; i < 21; ++i)
    tape.bar(i * 6 * kHour, 6 * kHour, rows[i].open, rows[i].high, rows[i].low, rows[i].close);
  return tape;
}

TEST(VolatilityBreakout, BuysTheBreakoutAndSellsAtTheDaysEnd) {
  EXPECT_EQ(round_trips(five_days().run("volatility_breakout", {{"k", "0.5"}})),
            (std::vector<RoundTrip>{{Side::Buy, 110, 115, 1, "end of the day"},
                                    {Side::Buy, 126, 120, 1, "end of the day"},
                                    {Side::Buy, 130, 132, 1, "end of the day"}}));
}

// The same days for 1,000 each, at the trigger (at the ask of 125 where it is bought at once): 1000 / 110, 1000 / 125,
// 1000 / 128.
TEST(VolatilityBreakout, TheSizeIsThatOfTheTrigger) {
  EXPECT_EQ(round_trips(five_days().run("volatility_breakout", {{"size", "cash"}, {"amount", "1000"}})),
            (std::vector<RoundTrip>{{Side::Buy, 110, 115, 9, "end of the day"},
                                    {Side::Buy, 126, 120, 8, "end of the day"},
                                    {Side::Buy, 130, 132, 7, "end of the day"}}));
}

// Three per cent below the trigger of 110 is 106, the low of bar 6; below the ask of 125 it is 121, and bar 14 falls to
// 120; below 128 it is 124, which is not seen again.
TEST(VolatilityBreakout, AStopProtectsWhatHasBeenBought) {
  EXPECT_EQ(round_trips(five_days().run("volatility_breakout", {{"stop", "3"}})),
            (std::vector<RoundTrip>{{Side::Buy, 110, 105, 1, "stop"},
                                    {Side::Buy, 126, 119, 1, "stop"},
                                    {Side::Buy, 130, 132, 1, "end of the day"}}));
}

// The day before is missing: its range is not known, and the range of an older day is not it.
TEST(VolatilityBreakout, WithoutTheDayBeforeThereIsNoTrade) {
  Tape tape;
  tape.bar(0, 12 * kHour, 100, 110, 90, 100);
  tape.bar(12 * kHour, 12 * kHour, 100, 110, 90, 100);
  tape.bar(2 * kDay, 12 * kHour, 100, 105, 95, 100);
  tape.bar(2 * kDay + 12 * kHour, 12 * kHour, 100, 150, 95, 140);
  tape.bar(3 * kDay, 12 * kHour, 140, 140, 140, 140);
  EXPECT_TRUE(tape.run("volatility_breakout").fills.empty());
}

// Korean stocks' days begin at 15:00 UTC; the open is the first price of that day.
Tape korean_days(const std::string& venue) {
  Tape tape{1, venue};
  for (int i = 0; i < 2; ++i) tape.bar(15 * kHour + i * 12 * kHour, 12 * kHour, 100, 110, 90, 100);  // a day from 15:00
  tape.bar(kDay + 15 * kHour, 12 * kHour, 100, 105, 95, 100);                                        // trigger 110
  tape.bar(kDay + 27 * kHour, 12 * kHour, 100, 112, 95, 105);
  tape.bar(2 * kDay + 15 * kHour, 12 * kHour, 107, 108, 106, 107);
  return tape;
}

TEST(VolatilityBreakout, ADayIsTheTradingDayOfTheVenue) {
  const std::vector<RoundTrip> trips{{Side::Buy, 112, 106, 1, "end of the day"}};
  EXPECT_EQ(round_trips(korean_days("kiwoom").run("volatility_breakout")), trips);
  // At Upbit days begin at 00:00 UTC: the breakout of the second half of a Korean day is on the next one.
  EXPECT_NE(round_trips(korean_days("upbit").run("volatility_breakout")), trips);
  EXPECT_EQ(round_trips(korean_days("upbit").run("volatility_breakout", {{"day_start_hour", "15"}})), trips);
}

}  // namespace
}  // namespace stom::test
