#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

// Bands of 4 bars and one deviation (of the population).
//
//  bar  close  window              mean   variance  lower   what follows
//   3    100   100 100 100 100    100       0       100     100 is not below 100
//   4     92   100 100 100  92     98      12        94.54  below: buy at bar 5's open, 93
//   5     96   100 100  92  96     97      11        93.68  under the middle: hold
//   6     98   100  92  96  98     96.5     8.75     93.54  over the middle: sell at bar 7's open of 99, for 98
//   7     98    92  96  98  98     96       6        93.55
//   8     90    96  98  98  90     95.5    10.75     92.22  below: buy at 91
//   9     99    98  98  90  99     96.25   12.6875   92.69  sell for 99
//  10     99    98  90  99  99     96.5    14.25     92.73
//  11     85    90  99  99  85     93.25   36.1875   87.23  below: buy at 84
//  12     95    99  99  85  95     94.5    32.75     88.78  sell at bar 13's open of 97, for 96
TEST(BollingerReversion, BuysBelowTheBandAndSellsAtTheMiddle) {
  const std::int64_t closes[] = {100, 100, 100, 100, 92, 96, 98, 98, 90, 99, 99, 85, 95, 97};
  const std::int64_t opens[] = {100, 100, 100, 100, 99, 93, 96, 99, 97, 91, 100, 98, 84, 97};
  Tape tape;
  for (int i = 0; i < 14; ++i)
    tape.bar(i * kMinute, kMinute, opens[i], std::max(opens[i], closes[i]), std::min(opens[i], closes[i]), closes[i]);
  const auto result = tape.run("bollinger_reversion", {{"period", "4"}, {"deviations", "1"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 93, 98, 1, "back at the middle"},
                                                         {Side::Buy, 91, 99, 1, "back at the middle"},
                                                         {Side::Buy, 84, 96, 1, "back at the middle"}}));
}

}  // namespace
}  // namespace stom::test
