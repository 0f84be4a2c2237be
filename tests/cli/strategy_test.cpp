// `stom strategy` from the outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/cli/program.hpp"

namespace stom::test {
namespace {

using ::testing::HasSubstr;

TEST(StrategyCommand, ListsEveryStrategyWithWhatItDoes) {
  const Outcome outcome = Program{}.run("strategy list --json");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr(R"({"name":"volatility_breakout","about":"Larry Williams)"));
}

TEST(StrategyCommand, ShowsTheRangeOfAParameter) {
  const Outcome outcome = Program{}.run("strategy show rsi_reversion --json");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr(R"({"name":"low","type":"number","default":"30","range":"0..100",)"));
}

TEST(StrategyCommand, AMisspelledStrategyIsNotFoundAndNamesTheNearest) {
  const Outcome outcome = Program{}.run("strategy show ema_cros");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean ema_cross?"));
}

TEST(StrategyCommand, WhatNewWritesCompilesAsItIs) {
  const Program stom;
  for (const std::string from : {"bars", "book"}) {
    const std::string name = "my_" + from;
    const Outcome outcome =
        stom.run("strategy new " + name + " --template " + from + " --dir '" + stom.folder().string() + "'");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("next: stom strategy build")) << "a folder outside the tree: a plug-in";
    for (const std::string& file : {name + ".cpp", name + "_test.cpp"}) {
      // libstdc++ 12's own stable_sort() calls what it marks as deprecated, which clang tells of.
      const std::string compile = STOM_COMPILER
                                  " -std=gnu++23 -fsyntax-only -Wall -Werror -Wno-deprecated-declarations"
                                  " -I'" STOM_SOURCE_DIR "' -I'" STOM_SOURCE_DIR "/src' '" +
                                  (stom.folder() / file).string() + "'";
      EXPECT_EQ(std::system(compile.c_str()), 0) << compile;
    }
  }
}

TEST(StrategyCommand, InTheTreeNewNamesTheLineOfTheRegistry) {
  const Program stom;
  std::ofstream{stom.folder() / "registry.cpp"};
  const Outcome outcome = stom.run("strategy new mine --dir '" + stom.folder().string() + "'");
  EXPECT_THAT(outcome.err, HasSubstr("X(mine)"));
}

TEST(StrategyCommand, AWrongParameterNamesItsStrategyAndTheNearestParameter) {
  const auto refused = [](const std::string& parameter) {
    const Outcome outcome =
        Program{}.run("backtest run --strategy ema_cross --instrument sim:BTCUSDT --param " + parameter);
    return outcome;
  };
  // There are no data in this test's folder: what is wrong with the line comes first.
  EXPECT_EQ(refused("fats=3").exit_code, 2);
  EXPECT_THAT(refused("fats=3").err, HasSubstr("did you mean fast? stom strategy show ema_cross lists them"));
  EXPECT_THAT(refused("fast=many").err, HasSubstr("hint: stom strategy show ema_cross lists them"));
  EXPECT_THAT(refused("zzzzzz=1").err, Not(HasSubstr("did you mean")));
}

// On ticks the bars are built; on stored bars they come as they are stored.
TEST(StrategyCommand, AStrategyOnBarsRunsOnTicksAndOnStoredBars) {
  const Program stom;
  ASSERT_EQ(stom.run("data gen --minutes 2 --history 1 --quiet").exit_code, 0);
  const std::string run = "backtest run --strategy rsi_reversion --instrument sim:BTCUSDT --no-report ";
  for (const char* bar : {"--param bar=100t", "--param bar=1s", "--param bar=2v", "--param bar=100000q",
                          "--param bar=20r", "--param bar=20b", "--bar 1m"}) {
    const Outcome outcome = stom.run(run + bar);
    EXPECT_EQ(outcome.exit_code, 0) << bar << outcome.err;
  }
  EXPECT_THAT(stom.run(run + "--param bar=5t --param period=2").out, Not(HasSubstr("  0 fills")));
  EXPECT_EQ(stom.run(run + "--bar 1m --param bar=5m").exit_code, 0);
  const Outcome shorter = stom.run(run + "--bar 1m --param bar=1s");
  EXPECT_EQ(shorter.exit_code, 2);
  EXPECT_THAT(shorter.err, HasSubstr("sim:BTCUSDT: 1s bars cannot be built from 1m bars"));
  EXPECT_THAT(shorter.err, HasSubstr("a whole multiple of 1m by time"));
  const Outcome wrong = stom.run(run + "--param bar=5x");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("'5x' is no kind of bar"));
  EXPECT_THAT(wrong.err, HasSubstr("100t trades"));
}

// Its orders are sized by the cash that is free when they act, whatever kind of account it is.
TEST(StrategyCommand, SmaCrossTradesOnTicksToo) {
  const Program stom;
  ASSERT_EQ(stom.run("data gen --minutes 2 --history 1 --quiet").exit_code, 0);
  const std::string run =
      "backtest run --strategy sma_cross --instrument sim:BTCUSDT --no-report --param bar=2s "
      "--param fast=2 --param slow=4 --json ";
  for (const char* account : {"--account margin --leverage 2", "--account unlimited", "--fees binance-usdm"}) {
    const auto out = stom.folder() / "run";
    const Outcome outcome = stom.run(run + account + " --out '" + out.string() + "'");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, Not(HasSubstr("\"fills\":0,"))) << account;
    std::ifstream file{out / "run.json"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_THAT(text, Not(HasSubstr("orders were refused"))) << account;
    std::filesystem::remove_all(out);
  }
}

TEST(StrategyCommand, AStrategyForSeveralInstrumentsIsNotRunOnOne) {
  const Program stom;
  for (const std::string name : {"pairs", "momentum_rotation"}) {
    const Outcome alone = stom.run("backtest run --strategy " + name + " --instrument sim:BTCUSDT --bar 1m");
    EXPECT_EQ(alone.exit_code, 2);
    EXPECT_THAT(alone.err, HasSubstr(name + " needs 2 instruments, not 1"));
    EXPECT_THAT(alone.err, HasSubstr("name --instrument once for each"));
  }
}

TEST(StrategyCommand, NewNeverWritesOverAFile) {
  const Program stom;
  const std::string arguments = "strategy new mine --dir '" + stom.folder().string() + "'";
  EXPECT_EQ(stom.run(arguments).exit_code, 0);
  const Outcome again = stom.run(arguments);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("is there already"));
}

TEST(StrategyCommand, ANameThatNoStrategyCanHaveIsRefused) {
  for (const char* name : {"Night", "../escape", "1st", "a-b"})
    EXPECT_EQ(Program{}.run("strategy new " + std::string{name} + " --dir /tmp").exit_code, 2) << name;
  EXPECT_EQ(Program{}.run("strategy new ema_cross --dir /tmp").exit_code, 2);
  EXPECT_EQ(Program{}.run("strategy new good_name --template none --dir /tmp").exit_code, 2);
  EXPECT_EQ(Program{}.run("strategy new good_name --dir /nonexistent").exit_code, 3);
}

}  // namespace
}  // namespace stom::test
