// Where the old program's backtest goes another way over the same rows: each test is one of its rules by itself.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "conditions/pair.hpp"
#include "conditions/row_file.hpp"
#include "conditions/row_run.hpp"

namespace stom::conditions {
namespace {

struct Case {
  std::string buy = "pass", sell = "매도 = True", trace;
  Market market = Market::Stock;
};

RowRun run(const Case& of, const std::string& rows, const OldRules& old) {
  const auto file = read_row_file(rows, of.market);
  EXPECT_TRUE(file.has_value());
  const auto made = make_pair_of({.buy = of.buy,
                                  .sell = of.sell,
                                  .variables = "self.vars[0] = 1\n",
                                  .named = {},
                                  .trace = of.trace,
                                  .market = of.market});
  EXPECT_TRUE(made.pair.has_value());
  return *run_rows(*made.pair, *file, [](std::size_t) { return true; }, old);
}

std::vector<double> traced(const std::string& expression, const std::string& rows, const OldRules& old) {
  std::vector<double> values;
  for (const auto& one : run({.sell = "pass", .trace = expression}, rows, old).trace) values.push_back(one.value);
  return values;
}

constexpr const char* kTwoDays =
    "index,현재가\n20240104152858,10\n20240104152859,20\n20240105090000,30\n20240105090001,40\n";

TEST(OldRules, WindowsAndHistoryReachIntoTheDayBefore) {
  EXPECT_EQ(traced("이동평균(2)", kTwoDays, {}), (std::vector<double>{0, 15, 0, 35}));
  EXPECT_EQ(traced("이동평균(2)", kTwoDays, {.windows = true}), (std::vector<double>{0, 15, 25, 35}));
  EXPECT_EQ(traced("현재가N(1)", kTwoDays, {.windows = true}), (std::vector<double>{0, 10, 20, 30}));
  EXPECT_EQ(traced("데이터길이", kTwoDays, {.windows = true}), (std::vector<double>{1, 2, 1, 2}));
}

TEST(OldRules, WhatIsHeldStillClosesWithItsDay) {
  const RowRun old = run({.sell = "pass"}, kTwoDays, {.windows = true});
  ASSERT_EQ(old.sells.size(), 2u);
  EXPECT_EQ(old.sells[0].row, 1u);
}

constexpr const char* kLevels =
    "index,현재가,매도호가1,매도호가2,매도호가3,매도잔량1,매도잔량2,매도잔량3,매도잔량5,매수호가1,매수호가2,매수잔량1,"
    "매수잔량2,매수잔량5\n"
    "20240105090000,100,100,101,103,4,4,4,9,99,98,2,2,9\n"
    "20240105090001,100,100,101,103,9,4,4,9,99,98,9,9,9\n"
    "20240105090002,100,100,101,103,9,4,4,9,99,98,9,9,9\n";

TEST(OldRules, ABetIsFilledWholeAtTheMeanOfThreeLevelsOrNotAtAll) {
  // 10 shares: 4 at 100, 4 at 101, 2 at 103.
  const Case of{.sell = "매도 = 매입가 == 101 and 보유수량 == 10 and 수익금 == -10"};
  const OldRules ten{.fills = true, .bet = 1000};
  EXPECT_EQ(run(of, kLevels, {}).sells.back().line, 0u);
  const RowRun old = run(of, kLevels, ten);
  ASSERT_FALSE(old.buys.empty());
  EXPECT_EQ(old.buys[0].row, 0u);
  ASSERT_FALSE(old.sells.empty());
  EXPECT_EQ(old.sells[0].row, 1u);
  // 13 are more than the three levels of the first row have.
  EXPECT_EQ(run(of, kLevels, {.fills = true, .bet = 1300}).buys[0].row, 1u);
  // Less than one share is none.
  EXPECT_TRUE(run(of, kLevels, {.fills = true, .bet = 99}).buys.empty());
}

TEST(OldRules, ASaleThatTheVisibleLevelsDoNotTakeIsNotMade) {
  constexpr const char* rows =
      "index,현재가,매도호가1,매도잔량1,매도잔량5,매수호가1,매수잔량1,매수잔량5\n"
      "20240105090000,100,100,9,9,99,9,0\n20240105090001,100,100,9,9,99,2,0\n20240105090002,100,100,9,9,99,9,0\n"
      "20240105090003,100,100,9,9,99,9,0\n";
  const RowRun old = run({}, rows, {.fills = true, .bet = 500});
  ASSERT_EQ(old.sells.size(), 1u);
  EXPECT_EQ(old.sells[0].row, 2u);
  EXPECT_EQ(run({}, rows, {}).sells[0].row, 1u);
}

TEST(OldRules, CoinsAreBoughtInFractions) {
  const Case of{.sell = "매도 = 보유수량 == 2.5", .market = Market::Coin};
  EXPECT_EQ(run(of, kLevels, {.fills = true, .bet = 250}).sells[0].row, 1u);
}

TEST(OldRules, TheTickIsWhatLiesBetweenTheTwoBestAsks) {
  constexpr const char* rows =
      "index,현재가,매도호가1,매도호가2\n20240105090000,100,100,103\n20240105090001,100,100,0\n";
  EXPECT_EQ(traced("호가단위", rows, {}), (std::vector<double>{1, 1}));
  EXPECT_EQ(traced("호가단위", rows, {.ticks = true}), (std::vector<double>{3, 1}))
      << "the table's where there is no second";
}

}  // namespace
}  // namespace stom::conditions
