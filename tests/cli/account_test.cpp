// --account, --leverage and --fees from the outside, on a small made-up market.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/cli/small_market.hpp"

namespace stom::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Accounts : public OnASmallMarket {
 protected:
  static Outcome run(const std::string& options, const std::string& instrument = "sim:BTCUSDT") {
    return backtest("--no-band --no-report --instrument " + instrument + " " + options);
  }
  static std::uint64_t fills_of(const Outcome& outcome) {
    simdjson::dom::parser parser;
    return parser.parse(outcome.out)["fills"].get_uint64();
  }
};

TEST_F(Accounts, ContractsAreMarginedUnlessSaidOtherwise) {
  EXPECT_GT(fills_of(run("")), 0u);
  EXPECT_THAT(text_of("run.json"), AnyOf(HasSubstr(R"("account":"margin")"), HasSubstr(R"("account": "margin")")));
}

TEST_F(Accounts, WithoutTheMoneyNothingIsTradedAndTheReportSaysWhy) {
  EXPECT_EQ(fills_of(run("--cash 1")), 0u);
  EXPECT_THAT(text_of("run.json"), HasSubstr("orders were refused: insufficient_margin"));
  EXPECT_GT(fills_of(run("--cash 1 --account unlimited")), 0u);
}

TEST_F(Accounts, LeverageMakesTheSameMoneyGoFurther) {
  EXPECT_LT(fills_of(run("--cash 61 --leverage 1")), fills_of(run("--cash 61 --leverage 20")));
}

TEST_F(Accounts, OnSpotNothingIsSoldThatWasNotBought) {
  run("--cash 100000000", "sim:KRW-BTC");
  EXPECT_THAT(text_of("run.json"), HasSubstr("orders were refused: insufficient_balance"));
}

TEST_F(Accounts, ATableOfFeesIsNamedInsteadOfTheTwoRates) {
  const auto plain = run("--maker 0.0002 --taker 0.0005"), table = run("--fees binance-usdm");
  EXPECT_EQ(fills_of(plain), fills_of(table));
  EXPECT_THAT(text_of("run.json"), HasSubstr("binance-usdm"));
  simdjson::dom::parser parser;
  const std::string fee{std::string_view{parser.parse(plain.out)["fee"]}};
  EXPECT_EQ(std::string_view{parser.parse(table.out)["fee"]}, fee);
  EXPECT_THAT(run("--fees binance-usdm --maker 0.1").out, HasSubstr("excludes"));
}

TEST_F(Accounts, ABrokersOwnTableIsAFile) {
  const auto fees = [](const std::string& rounding) {
    const auto mine = file("mine.csv",
                           "schedule,what,from,volume_from,maker,taker,minimum,unit,rounding,source\n"
                           "mine,commission,2020-01-01,0,0.001,0.001,1,0.01," +
                               rounding + ",the broker\n");
    return run("--fees '" + mine.string() + "'");
  };
  EXPECT_GT(fills_of(fees("up")), 0u);
  EXPECT_THAT(fees("over").out, HasSubstr("mine.csv:2: there is no rounding named 'over'"));
}

TEST_F(Accounts, WhatDoesNotFitTogetherIsRefusedByName) {
  const auto refused = [](const std::string& options, const std::string& instrument = "sim:BTCUSDT") {
    const Outcome outcome = run(options, instrument);
    EXPECT_NE(outcome.exit_code, 0) << options;
    return outcome.out;
  };
  EXPECT_THAT(refused("--account cash"), HasSubstr("a contract cannot be paid for and held"));
  EXPECT_THAT(refused("--account margin", "sim:KRW-BTC"), HasSubstr("spot is not traded on margin"));
  EXPECT_THAT(refused("--account margin --fill-rules hftbacktest"), HasSubstr("not offered with --fill-rules"));
  EXPECT_THAT(refused("--account savings"), HasSubstr("there is no account kind named 'savings'"));
  EXPECT_THAT(refused("--account unlimited --leverage 5"), HasSubstr("--leverage needs a margin account"));
  EXPECT_THAT(refused("--leverage 0"), HasSubstr("not a whole number from 1 to 125"));
  EXPECT_THAT(refused("--leverage 50"), HasSubstr("allows a leverage of at most 20"));
  EXPECT_THAT(refused("--fees binance-usdn"), HasSubstr("did you mean binance-usdm?"));
}

TEST_F(Accounts, RunsForComparisonHaveNone) {
  run("--fill-rules hftbacktest --account unlimited");
  const Outcome plain = run("--fill-rules hftbacktest");
  EXPECT_EQ(plain.exit_code, 0);
  EXPECT_THAT(text_of("run.json"), Not(HasSubstr("account")));
}

}  // namespace
}  // namespace stom::test
