#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

// The ratio A / B over 3 bars. Where one of three values stands out, it is sqrt(2) = 1.414 deviations from their mean:
// enter at 1.4, leave within 0.5.
//
//  bar   A    B   ratio  window           deviations  what follows
//   2   110   50  2.2    2    2    2.2      +1.41     short 1 A at its next open of 111, for 110; long B for the same
//                                                     value, 110 / 50 = 2.2, so 2 lots, at its open of 51
//   3   104   50  2.08   2    2.2  2.08     -0.16     out: A bought at 103, B sold at its open of 52, for 51
//   4   100   50  2      2.2  2.08 2        -1.14
//   5   100   50  2      2.08 2    2        -0.71
//   6    90   50  1.8    2    2    1.8      -1.41     long 1 A at 91; short B, 90 / 50 = 1.8, so 2 lots, for 49
//   7    95   50  1.9    2    1.8  1.9       0        out: A for 95, B at 50
//   8    95   50  1.9    1.8  1.9  1.9      +0.71
//   9   100   50  2      1.9  1.9  2        +1.41     short A for 100, long 2 B at 50
//  10    97   50  1.94   1.9  2    1.94     -0.16     out: A at 96, B at its open of 49, for 48
Tape twelve_minutes() {
  const std::int64_t a_close[] = {100, 100, 110, 104, 100, 100, 90, 95, 95, 100, 97, 96};
  const std::int64_t a_open[] = {100, 100, 100, 111, 103, 100, 100, 91, 96, 95, 101, 96};
  const std::int64_t b_close[] = {50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 48};
  const std::int64_t b_open[] = {50, 50, 50, 51, 52, 50, 50, 50, 50, 50, 50, 49};
  Tape tape{2};
  for (int i = 0; i < 12; ++i) {
    tape.bar(i * kMinute, kMinute, a_open[i], std::max(a_open[i], a_close[i]), std::min(a_open[i], a_close[i]),
             a_close[i], 1, 0);
    tape.bar(i * kMinute, kMinute, b_open[i], std::max(b_open[i], b_close[i]), std::min(b_open[i], b_close[i]),
             b_close[i], 1, 1);
  }
  return tape;
}

TEST(Pairs, TradesTheRatioBackToItsMean) {
  const auto result = twelve_minutes().run("pairs", {{"period", "3"}, {"entry", "1.4"}, {"exit", "0.5"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Sell, 110, 103, 1, "the ratio is back"},
                                                         {Side::Buy, 51, 51, 2, "the ratio is back"},
                                                         {Side::Buy, 91, 95, 1, "the ratio is back"},
                                                         {Side::Sell, 49, 50, 2, "the ratio is back"},
                                                         {Side::Sell, 100, 96, 1, "the ratio is back"},
                                                         {Side::Buy, 50, 48, 2, "the ratio is back"}}));
}

// The first leg for 330: 3 at the bid of 109, 3 at the ask of 90, 3 at the bid of 99. The second has its value at the
// closes: 330 / 50, 270 / 50 and 300 / 50, to the nearest lot.
TEST(Pairs, TheFirstLegIsSizedAndTheSecondHasItsValue) {
  const auto result = twelve_minutes().run(
      "pairs", {{"period", "3"}, {"entry", "1.4"}, {"exit", "0.5"}, {"size", "cash"}, {"amount", "330"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Sell, 110, 103, 3, "the ratio is back"},
                                                         {Side::Buy, 51, 51, 7, "the ratio is back"},
                                                         {Side::Buy, 91, 95, 3, "the ratio is back"},
                                                         {Side::Sell, 49, 50, 5, "the ratio is back"},
                                                         {Side::Sell, 100, 96, 3, "the ratio is back"},
                                                         {Side::Buy, 50, 48, 6, "the ratio is back"}}));
}

TEST(Pairs, WithOneInstrumentThereIsNoPair) {
  Tape tape;
  for (int i = 0; i < 5; ++i) tape.bar(i * kMinute, kMinute, 100, 100, 100, 100);
  EXPECT_TRUE(tape.run("pairs", {{"period", "2"}}).fills.empty());
}

}  // namespace
}  // namespace stom::test
