// A pair of texts as a strategy: what it decides on a row meets the book of that row.
#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

/// A trade and then a book each second: who buys pays the price, who sells gets one less.
Tape seconds(const std::vector<std::int64_t>& prices) {
  Tape tape;
  UnixNanos time = 0;
  for (const std::int64_t price : prices) {
    tape.trade(time + kSecond / 10, Side::Buy, price, 1);
    tape.book(time + kSecond / 5, {{price - 1, 9}, {price - 2, 9}, {price - 3, 9}, {price - 4, 9}, {price - 5, 9}},
              {{price, 9}});
    time += kSecond;
  }
  return tape;
}

constexpr const char* kEarly = "self.vars[0] = 1";

TEST(Conditions, BuysWhatTheTextLeavesAndSellsWithTheLineThatSaidSo) {
  const TapeResult result =
      seconds({100, 101, 103, 104, 102, 102})
          .run("conditions",
               {{"buy", "if 현재가 < 103:\n    매수 = False\n"},
                {"sell", "# out of a loss\nif 수익률 < 0 and 보유시간 == 2 and 매입가 == 103:\n    매도 = True\n"},
                {"vars", kEarly}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 103, 101, 1, "line 3"}}));
}

TEST(Conditions, NothingIsBoughtOnTheRowThatSold) {
  const TapeResult result = seconds({100, 100, 100, 100, 100, 100, 100, 100})
                                .run("conditions", {{"buy", "pass"}, {"sell", "매도 = True"}, {"vars", kEarly}});
  // Bought on every other row, sold on those between; the last order finds no market any more.
  EXPECT_EQ(round_trips(result).size(), 3u);
}

TEST(Conditions, TheGateWaitsForTheRowsOfTheAveragingWindow) {
  EXPECT_TRUE(seconds({100, 100, 100}).run("conditions", {{"buy", "pass"}, {"sell", "매도 = True"}}).fills.empty());
}

TEST(Conditions, ATextThatStopsTradesNothing) {
  EXPECT_TRUE(seconds({100, 100, 100})
                  .run("conditions", {{"buy", "x = 1 / (현재가 - 100)"}, {"sell", "매도 = True"}, {"vars", kEarly}})
                  .fills.empty());
}

TEST(Conditions, FromTheEndClockOnNothingIsBoughtAndWhatIsHeldIsSold) {
  const TapeResult result =
      seconds({100, 100, 100, 100, 100, 100})
          .run("conditions", {{"buy", "pass"}, {"sell", "매도 = False"}, {"vars", kEarly}, {"end_clock", "3"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 100, 99, 1, "end_clock"}}));
}

TEST(Conditions, AWrongTextIsRefusedWithItsPlaceAndRemedy) {
  Parameters values{{{"buy", "if 채결강도 > 1:\n    매수 = False"}, {"sell", "매도 = True"}}};
  find_strategy("conditions")->make(values);
  ASSERT_FALSE(values.check().has_value());
  EXPECT_EQ(values.check().error().message,
            "parameter buy: line 1, column 4: unknown name 채결강도; did you mean 체결강도?");
}

}  // namespace
}  // namespace stom::test
