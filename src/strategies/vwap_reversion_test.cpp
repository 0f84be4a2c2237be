#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

// Six bars of four hours make a session; enter 2 % away, from its second bar on. t is the typical price.
//
//  bar  t    volume  average                          close  away     what follows
//   0   100  10      100                              100     0
//   1    96  10      (1000 + 960) / 20      = 98       94    -4.08 %  buy at bar 2's open, 95
//   2    96  20      (1960 + 1920) / 40     = 97       97     0       sell at bar 3's open of 98, for 97
//   3    94  20      (3880 + 1880) / 60     = 96       92    -4.17 %  buy at 91
//   4    92  40      (5760 + 3680) / 100    = 94.4     92    -2.54 %  hold
//   5   the session's last bar: sell at the next open of 96, for 95
//   6    88  10      88                                84    -4.55 %  only the first bar of its session
//   7    82  10      (880 + 820) / 20       = 85       81    -4.71 %  buy at 80
//   8    85  10      (1700 + 850) / 30      = 85       87    +2.35 %  sell for 87
TEST(VwapReversion, BuysBelowTheSessionsAverageAndIsOutByItsEnd) {
  struct Row {
    std::int64_t open, high, low, close, volume;
  };
  const Row rows[] = {{100, 100, 100, 100, 10}, {100, 100, 94, 94, 10}, {95, 97, 94, 97, 20}, {98, 98, 92, 92, 20},
                      {91, 94, 90, 92, 40},     {92, 95, 91, 93, 10},   {96, 96, 84, 84, 10}, {84, 84, 81, 81, 10},
                      {80, 88, 80, 87, 10},     {88, 88, 88, 88, 10}};
  Tape tape{1, "upbit"};  // whose days begin at 00:00 UTC
  for (int i = 0; i < 10; ++i)
    tape.bar(i * 4 * kHour, 4 * kHour, rows[i].open, rows[i].high, rows[i].low, rows[i].close, rows[i].volume);
  const auto result = tape.run("vwap_reversion", {{"distance", "2"}, {"warmup", "2"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 95, 97, 1, "back at the average"},
                                                         {Side::Buy, 91, 95, 1, "end of the session"},
                                                         {Side::Buy, 80, 87, 1, "back at the average"}}));
}

}  // namespace
}  // namespace stom::test
