// --limit and --limits of a backtest from the outside, on a small made-up market.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/cli/small_market.hpp"

namespace stom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LimitsOfABacktest : public OnASmallMarket {
 protected:
  static Outcome run(const std::string& options, const std::string& instruments = "--instrument sim:BTCUSDT") {
    return backtest(instruments + " " + options);
  }
  static std::uint64_t refused(const Outcome& outcome, std::string_view reason) {
    simdjson::dom::parser parser;
    std::uint64_t count = 0;
    if (parser.parse(outcome.out)["refused"][reason].get(count)) return 0;
    return count;
  }
  static std::string hash(const Outcome& outcome) {
    simdjson::dom::parser parser;
    return std::string{std::string_view{parser.parse(outcome.out)["journal_hash"]}};
  }
};

TEST_F(LimitsOfABacktest, WhatTheyDenyIsCountedByReasonAndTheReportSaysIt) {
  const auto free = run("--no-report"), held = run("--limit working_orders=1");
  EXPECT_EQ(free.exit_code, 0) << free.err;
  EXPECT_EQ(held.exit_code, 0) << held.err;
  EXPECT_EQ(refused(free, "risk_working_orders"), 0u);
  EXPECT_GT(refused(held, "risk_working_orders"), 100u);
  EXPECT_NE(hash(free), hash(held));
  EXPECT_THAT(text_of("run.json"), HasSubstr("orders were refused: risk_working_orders"));
  EXPECT_THAT(text_of("run.json"), HasSubstr("working_orders=1"));
  EXPECT_THAT(text_of("report.html"), HasSubstr("risk_working_orders"));
}

TEST_F(LimitsOfABacktest, EachRunOfTheBandIsHeldToItsOwnOrders) {
  const auto among_three = run("--no-report --limit working_orders=1"),
             alone = run("--no-report --no-band --limit working_orders=1");
  EXPECT_EQ(hash(among_three), hash(alone));
}

TEST_F(LimitsOfABacktest, StandInAFileOfTheirOwnOrAmongTheSettings) {
  const auto limits = file("limits.toml", "[limits]\nworking_orders = \"1\"\ndaily_loss = \"500,flatten\"\n");
  const auto settings = file("settings.toml", "limit = [\"working_orders=1\"]\n");
  const auto named = run("--no-report --limit working_orders=1");
  const auto of_file = run("--no-report --limits '" + limits.string() + "'");
  EXPECT_EQ(hash(of_file), hash(named));
  EXPECT_THAT(of_file.err + text_of("run.json"), HasSubstr("breakers are not looked at here: daily_loss"));
  EXPECT_EQ(hash(run("--no-report '" + settings.string() + "'")), hash(named));
}

TEST_F(LimitsOfABacktest, LeverageIsHeldAgainstTheRunsCash) {
  const auto held = run("--no-report --cash 1000 --limit leverage=0.0001");
  EXPECT_GT(refused(held, "risk_leverage"), 100u);
  EXPECT_EQ(refused(run("--no-report --cash 100000 --limit leverage=1"), "risk_leverage"), 0u);
}

TEST_F(LimitsOfABacktest, WhatCannotBeHeldIsRefusedBeforeTheRun) {
  EXPECT_THAT(run("--limit position@two=1").out, HasSubstr("nothing of two is traded"));
  EXPECT_THAT(run("--limit positions=1").out, HasSubstr("there is no limit 'positions'"));
  const std::string both = "--instrument sim:BTCUSDT --instrument sim:KRW-BTC";
  EXPECT_THAT(run("--limit gross_exposure=1000", both).out, HasSubstr("a backtest converts nothing"));
  EXPECT_THAT(run("--no-report --limit position=1000", both).out, Not(HasSubstr("converts nothing")));
}

}  // namespace
}  // namespace stom::test
