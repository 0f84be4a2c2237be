// A pair of texts as a strategy: what it decides on a row meets the book of that row.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

/// Who buys pays the price, who sells gets one less.
void book(Tape& tape, UnixNanos time, std::int64_t price) {
  tape.book(time, {{price - 1, 9}, {price - 2, 9}, {price - 3, 9}, {price - 4, 9}, {price - 5, 9}}, {{price, 9}});
}

/// A trade and then a book each second. `venue`: whose words the rows have.
Tape seconds(const std::vector<std::int64_t>& prices, UnixNanos time = 0, const std::string& venue = "test") {
  Tape tape{1, venue};
  for (const std::int64_t price : prices) {
    tape.trade(time + kSecond / 10, Side::Buy, price, 1);
    book(tape, time + kSecond / 5, price);
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
  EXPECT_EQ(result.lines, (std::vector<std::string>{"19700101000002 test:A buy", "19700101000004 test:A sell line 3",
                                                    "exits: line 3 1 times"}));
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
  const TapeResult result =
      seconds({100, 100, 100})
          .run("conditions", {{"buy", "x = 1 / (현재가 - 100)"}, {"sell", "매도 = True"}, {"vars", kEarly}});
  EXPECT_TRUE(result.fills.empty());
  // Told when it has doubled, so that also a session that is killed says nearly how many, and at the end.
  EXPECT_EQ(result.lines,
            (std::vector<std::string>{"stopped: buy 1, sell 0", "stopped: buy 2, sell 0", "stopped: buy 3, sell 0"}));
}

/// What was bought (above 0) and sold, with its price.
std::vector<std::pair<std::int64_t, std::int64_t>> traded(const TapeResult& result) {
  std::vector<std::pair<std::int64_t, std::int64_t>> all;
  for (const Fill& fill : result.fills) all.emplace_back(sign_of(fill.side) * fill.quantity.value, fill.price.value);
  return all;
}

TEST(Conditions, APositionIsBoughtInPartsAndKnowsItsFirstRow) {
  const TapeResult result =
      seconds({100, 101, 102, 103, 103, 103})
          .run("conditions",
               {{"buy", "if 현재가 > 102:\n    매수 = False"},
                {"sell",
                 "if 분할매수횟수 == 3 and 현재가N(-1) == 100 and 매입가 == 100.8 and 보유시간 == 3:\n    매도 = True"},
                {"vars", kEarly},
                {"lots", "5"},
                {"parts", "3"}});
  EXPECT_EQ(traded(result),
            (std::vector<std::pair<std::int64_t, std::int64_t>>{{2, 100}, {2, 101}, {1, 102}, {-5, 102}}));
}

TEST(Conditions, WhatIsNotInTheWatchListIsNotBoughtAndTheTextsKnowIt) {
  Tape tape = seconds({100, 101, 102, 103, 104});
  tape.watch(kSecond / 2, false);
  tape.watch(5 * kSecond / 2, true);
  const TapeResult result =
      tape.run("conditions", {{"buy", "pass"}, {"sell", "매도 = 관심종목 == 0"}, {"vars", kEarly}});
  EXPECT_EQ(traded(result), (std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 100}, {-1, 100}, {1, 103}}));
}

TEST(Conditions, APositionIsSoldInPartsAndThenNotAddedTo) {
  const TapeResult result =
      seconds({100, 101, 102, 103, 104})
          .run("conditions", {{"buy", "pass"},
                              {"sell", "매도 = 분할매도횟수 == 0\nif 보유시간 >= 3:\n    매도 = True"},
                              {"vars", kEarly},
                              {"lots", "3"},
                              {"parts", "2"},
                              {"exit_parts", "2"}});
  EXPECT_EQ(traded(result), (std::vector<std::pair<std::int64_t, std::int64_t>>{{2, 100}, {-1, 100}, {-1, 102}}));
  EXPECT_EQ(result.positions, std::vector<Quantity>{{0}});
}

TEST(Conditions, TheReturnIsWhatIsLeftAfterFeesAndTaxesOfBothSides) {
  Tape tape = seconds({1000, 1000, 1000, 1000});
  tape.models.fees.schedule = std::make_shared<FeeSchedule>(
      FeeSchedule{.name = "test",
                  .tiers = {{.maker_rate = 1'000'000, .taker_rate = 1'000'000}},
                  .taxes = {{.name = "sale", .rates = {{INT32_MIN, 1'800'000}}, .rounding = {}}}});
  const TapeResult result = tape.run(
      "conditions",
      {{"buy", "pass"}, {"sell", "if 수익률 == -0.38 and 수익금 == -3.8:\n    매도 = True"}, {"vars", kEarly}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 1000, 999, 1, "line 2"}}));
}

// What a row says is shown by what is traded on it: `tools/prove breaks` breaks the rows, and these have to fail.

TEST(Conditions, ARowIsOfItsBooksSecondAndHoldsAllTradesSinceTheLastOne) {
  Tape tape = seconds({100});
  tape.trade(kSecond + kSecond / 10, Side::Buy, 100, 2);  // in a second without a book
  tape.trade(2 * kSecond + kSecond / 10, Side::Buy, 100, 3);
  book(tape, 2 * kSecond + kSecond / 5, 103);
  book(tape, 3 * kSecond + kSecond / 5, 103);
  book(tape, 4 * kSecond, 103);  // whom the last order meets
  const TapeResult result =
      tape.run("conditions", {{"buy", "매수 = 시분초 == 2 and 초당매수수량 == 5 and 매도호가1 == 103"},
                              {"sell", "매도 = 시분초 == 3 and 초당매수수량 == 0"},
                              {"vars", kEarly}});
  EXPECT_EQ(traded(result), (std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 103}, {-1, 102}}));
}

TEST(Conditions, ARowsSecondIsTheVenuesAndNotThatInWhichWeHeardOfIt) {
  Tape tape;
  tape.wire = 3 * kSecond;
  for (UnixNanos time = 0; time < 8 * kSecond; time += kSecond) {
    tape.trade(time, Side::Buy, 100, 1);
    book(tape, time, 100);
  }
  const TapeResult result =
      tape.run("conditions", {{"buy", "매수 = 시분초 == 1"}, {"sell", "매도 = 시분초 == 5"}, {"vars", kEarly}});
  EXPECT_EQ(result.lines, (std::vector<std::string>{"19700101000001 test:A buy", "19700101000005 test:A sell line 1",
                                                    "exits: line 1 1 times"}));
}

TEST(Conditions, AfterTheBuyRowThePositionsWordsTakeInEachRowBeforeTheSellText) {
  const TapeResult result =
      seconds({100, 105, 98, 97, 97})
          .run("conditions", {{"buy", "매수 = 데이터길이 == 1"},
                              {"sell",
                               "매도 = 최고수익률 == 5 and 최저수익률 == -2 and 수익률 == -2 and 매입가 == 100 and "
                               "매수틱번호 == 0 and 보유시간 == 2"},
                              {"vars", kEarly}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 100, 97, 1, "line 1"}}));
}

TEST(Conditions, TheBestAndTheWorstReturnBeginAtNothing) {
  for (const auto& [second, sell] :
       {std::pair{99, "매도 = 최고수익률 == 0"}, std::pair{101, "매도 = 최저수익률 == 0"}}) {
    const TapeResult result =
        seconds({100, second, 103})
            .run("conditions", {{"buy", "매수 = 데이터길이 == 1"}, {"sell", sell}, {"vars", kEarly}});
    EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 100, second - 1, 1, "line 1"}})) << sell;
  }
}

TEST(Conditions, WhileTheFifthLevelsAreEmptyTheTextsRestAndTheReturnIsTakenIn) {
  Tape tape = seconds({100});
  tape.trade(kSecond, Side::Buy, 110, 1);
  tape.book(kSecond, {{109, 9}}, {{110, 9}});  // no fifth level
  tape.trade(2 * kSecond, Side::Buy, 101, 1);
  tape.book(2 * kSecond, {{100, 9}, {99, 9}, {98, 9}, {97, 9}, {96, 9}}, {{101, 9}});
  tape.book(3 * kSecond, {{100, 9}, {99, 9}, {98, 9}, {97, 9}, {96, 9}}, {{101, 9}});
  const TapeResult result = tape.run("conditions", {{"buy", "매수 = 데이터길이 == 1"},
                                                    {"sell", "매도 = 최고수익률 == 10"},
                                                    {"vars", kEarly},
                                                    {"rule", "any_change"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 100, 100, 1, "line 1"}}));
}

UnixNanos korean(const char* time) { return parse_time(std::string{time} + "+09:00").value(); }

TEST(Conditions, RoundFiguresAreThoseOfTheRowsDate) {
  const auto trade = [](const char* day, const std::vector<std::pair<std::int64_t, std::int64_t>>& figures) {
    std::vector<std::int64_t> prices;
    std::vector<std::pair<std::int64_t, std::int64_t>> expected;
    for (const auto& [from, to] : figures) {  // below it; bought at its first price and at its last; above it
      prices.insert(prices.end(), {from - 1, from, from, to, to, to + 1});
      expected.insert(expected.end(), {{1, from}, {-1, from - 1}, {1, to}, {-1, to - 1}});
    }
    const TapeResult result =
        seconds(prices, korean(day), "kiwoom")
            .run("conditions",
                 {{"buy", "매수 = 라운드피겨위5호가이내 == 1"}, {"sell", "매도 = True"}, {"vars", kEarly}});
    EXPECT_EQ(traded(result), expected) << day;
  };
  trade("2023-01-25 09:00",
        {{2'000, 2'025}, {5'000, 5'050}, {20'000, 20'250}, {50'000, 50'500}, {200'000, 202'500}, {500'000, 505'000}});
  trade("2023-01-20 09:00",
        {{1'000, 1'025}, {5'000, 5'050}, {10'000, 10'250}, {50'000, 50'500}, {100'000, 102'500}, {500'000, 505'000}});
}

TEST(Conditions, AnInterruptionBeginsATenthAboveItsReferenceOnATick) {
  const auto trade = [](std::int64_t first, const char* buy) {
    Tape tape = seconds({first, first, first}, korean("2024-08-08 09:30"), "kiwoom");
    tape.instrument().ladder = {{{0}, {1}}, {{2'000}, {5}}, {{5'000}, {10}}};
    const TapeResult result = tape.run("conditions", {{"buy", buy}, {"sell", "매도 = True"}, {"vars", kEarly}});
    EXPECT_EQ(traded(result), (std::vector<std::pair<std::int64_t, std::int64_t>>{{1, first}, {-1, first - 1}})) << buy;
  };
  trade(2'010, "매수 = VI가격 == 2215 and VI호가단위 == 5 and VI아래5호가 == 2190");  // 2,211
  trade(2'000, "매수 = VI가격 == 2200");                                              // on a tick
  trade(1'820, "매수 = VI가격 == 2005 and VI아래5호가 == 1992");  // 2,002; 2,000 1,995 1,994 1,993 1,992
}

TEST(Conditions, ARowSaysWhenTheLastInterruptionWasReleased) {
  const UnixNanos begin = korean("2024-08-08 09:30");
  Tape tape = seconds({2'010, 2'010}, begin, "kiwoom");
  tape.call(begin + kMinute, {{2'215, 9}, {2'214, 9}, {2'213, 9}, {2'212, 9}, {2'211, 9}}, {{2'250, 9}});
  tape.single_price(begin + 2 * kMinute + 14 * kSecond, 2'250, 100);
  book(tape, begin + 2 * kMinute + 15 * kSecond, 2'250);
  book(tape, begin + 2 * kMinute + 16 * kSecond, 2'250);
  book(tape, begin + 2 * kMinute + 17 * kSecond, 2'250);
  const TapeResult result =
      tape.run("conditions", {{"buy", "매수 = VI해제시간 == 0 and 시분초 == 93000 or VI해제시간 == 20240808093219"},
                              {"sell", "매도 = 시분초 in (93001, 93216)"},
                              {"vars", kEarly}});
  EXPECT_EQ(traded(result),
            (std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 2'010}, {-1, 2'009}, {1, 2'250}, {-1, 2'249}}));
}

constexpr const char* kFuturesBuy = R"(if 현재가 < 103:
    BUY_LONG = False
if 현재가 > 99:
    SELL_SHORT = False
)";
constexpr const char* kFuturesSell = R"(if 포지션 == 'LONG' and 수익률 < 0 and 레버리지 == 5:
    SELL_LONG = True
elif 포지션 == 'SHORT' and 현재가 >= 101 and 수익률 == -3.06:
    BUY_SHORT = True
if 포지션 == 'LONG':
    BUY_SHORT = False
)";

TEST(Conditions, FuturesAreEnteredAndLeftOnBothSidesEachWithItsLine) {
  Tape tape = seconds({100, 103, 104, 101, 99, 98, 97, 101, 101});
  tape.instrument().kind = ContractKind::Linear;
  const TapeResult result =
      tape.run("conditions", {{"buy", kFuturesBuy}, {"sell", kFuturesSell}, {"vars", kEarly}, {"leverage", "5"}});
  EXPECT_EQ(round_trips(result),
            (std::vector<RoundTrip>{{Side::Buy, 103, 100, 1, "line 2"}, {Side::Sell, 98, 101, 1, "line 4"}}));
  EXPECT_EQ(result.lines,
            (std::vector<std::string>{"19700101000001 test:A buy_long", "19700101000003 test:A sell_long line 2",
                                      "19700101000004 test:A sell_short", "19700101000007 test:A buy_short line 4",
                                      "exits: line 2 1 times, line 4 1 times"}));
}

TEST(Conditions, FuturesWithBothSidesLeftEnterNothing) {
  Tape tape = seconds({100, 100, 100});
  tape.instrument().kind = ContractKind::Linear;
  EXPECT_TRUE(tape.run("conditions", {{"buy", "if 현재가 < 0:\n    BUY_LONG = False\n    SELL_SHORT = False"},
                                      {"sell", "SELL_LONG = True\nBUY_SHORT = True"},
                                      {"vars", kEarly}})
                  .fills.empty());
}

TEST(Conditions, TextsForFuturesDoNotTradeASpotMarket) {
  const TapeResult result =
      seconds({104, 104, 104}).run("conditions", {{"buy", kFuturesBuy}, {"sell", kFuturesSell}, {"vars", kEarly}});
  EXPECT_TRUE(result.fills.empty());
  EXPECT_EQ(result.lines.size(), 1u) << "it says so";
}

TEST(Conditions, ATextForFuturesBesideOneForSpotIsRefused) {
  Parameters values{{{"buy", kFuturesBuy}, {"sell", "매도 = True"}}};
  find_strategy("conditions")->make(values);
  EXPECT_FALSE(values.check().has_value());
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
