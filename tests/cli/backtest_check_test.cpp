// The data check before a backtest, its progress, and Ctrl-C, as a user meets them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/cli/program.hpp"
#include "tests/support/terminal.hpp"

namespace stom::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class BacktestData : public testing::Test {
 protected:
  void import(const std::string& name, const std::string& text, const std::string& options) {
    const auto path = program_.folder() / name;
    std::ofstream{path} << text;
    const auto done = program_.run("data import '" + path.string() + "' " + options);
    ASSERT_EQ(done.exit_code, 0) << done.err;
  }
  /// Monday 2024-08-05 to Friday 2024-08-09 without the Wednesday.
  void import_week() {
    std::string text = "date,open,high,low,close,volume\n";
    for (const char* day : {"05", "06", "08", "09"}) text += std::string{"2024-08-"} + day + ",10,12,9,11,100\n";
    import("week.csv", text, "--instrument us:X --bar 1d");
  }
  Outcome run(const std::string& options, const std::string& strategy = "idle") {
    return program_.run("backtest run --strategy " + strategy + " --out '" + (program_.folder() / "run").string() +
                        "' " + options);
  }
  std::string file(const std::string& name) const {
    std::ifstream in{program_.folder() / "run" / name};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  Program program_;
};

TEST_F(BacktestData, ATimeOutsideOfTheDataIsNotFoundAndTheErrorNamesWhatIsThere) {
  import_week();
  for (const auto* asked : {"--from 2030-01-01", "--to 2020-01-01", "--from 2024-08-10 --to 2024-08-20"}) {
    const auto refused = run(std::string{"--instrument us:X --bar 1d --json "} + asked);
    EXPECT_EQ(refused.exit_code, 3) << asked;
    EXPECT_THAT(refused.out, HasSubstr("they go from 2024-08-05 00:00:00 to 2024-08-09 00:00:00"));
    EXPECT_THAT(refused.out, HasSubstr("--from"));
    EXPECT_FALSE(std::filesystem::exists(program_.folder() / "run")) << "nothing is left of a run that could not start";
  }
  import("t.csv", "time,price,size\n1722816000,1,5\n1722816060,2,5\n", "--instrument x:Y");
  const auto ticks = run("--instrument x:Y --from 2025-01-01 --json");
  EXPECT_EQ(ticks.exit_code, 3);
  EXPECT_THAT(ticks.out, HasSubstr("there are no ticks of x:Y from 2025-01-01 00:00:00: they go from 2024-08-05 "
                                   "00:00:00 to 2024-08-05 00:01:00"));
}

TEST_F(BacktestData, MissingDaysAreToldBeforeTheRunAndInItsReport) {
  import_week();
  const auto ran = run("--instrument us:X --bar 1d --from 2024-08-01 --to 2024-08-12");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("us:X: 4 bars of 1d, 2024-08-05 00:00:00 to 2024-08-09 00:00:00"));
  EXPECT_THAT(ran.err, HasSubstr("4 of 7 days (no data on 2024-08-01 to 2024-08-02, 2024-08-07)"));
  EXPECT_THAT(ran.err, testing::ContainsRegex("needs about [0-9]+ MiB of memory .* less than a second"));
  EXPECT_THAT(file("run.json"), HasSubstr("us:X: 3 of 7 days have no data"));
  const auto quiet = run("--instrument us:X --bar 1d --quiet");
  EXPECT_EQ(quiet.err, "");
  const auto json = run("--instrument us:X --bar 1d --json");
  EXPECT_THAT(json.out, HasSubstr("\"check\":{\"data\":[{\"instrument\":\"us:X\",\"bar\":\"1d\",\"bars\":4,"));
  EXPECT_THAT(json.out, HasSubstr("\"days\":4,\"missing_days\":[\"2024-08-07\"],\"gaps\":0}]"));
}

TEST_F(BacktestData, GapsAndTheTimeWithoutABookAreTold) {
  const auto line = [](int second, const std::string& data) {
    return std::to_string(1'723'161'200 + second) + "000000000 " + data + "\n";
  };
  const auto depth = [](int first, int last) {
    return R"({"e":"depthUpdate","E":1723161200000,"s":"XUSDT","U":)" + std::to_string(first) +
           ",\"u\":" + std::to_string(last) + R"(,"b":[["100","1"]],"a":[["101","1"]]})";
  };
  import("c.jsonl",
         line(0, R"({"lastUpdateId":10,"bids":[["100","1"]],"asks":[["101","1"]]})") + line(10, depth(11, 12)) +
             line(60, depth(15, 16)) + line(100, depth(17, 18)),
         "--instrument binance:XUSDT");
  const auto ran = run("--instrument binance:XUSDT --no-band");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("1 of 1 days, 1 gaps, no book for 40.0 % of the time"));
  EXPECT_THAT(file("run.json"), HasSubstr("there was no book for 40.0 % of the time"));
}

/// A number of statistics.json.
double figure(const std::string& statistics, const std::string& key) {
  const auto at = statistics.find("\"" + key + "\": ");
  return at == std::string::npos ? 0.0 / 0.0 : std::stod("0" + statistics.substr(at + key.size() + 4));
}

TEST_F(BacktestData, ABenchmarkIsTheClosesOfAnyStoredBarsOrTheInstrumentHeld) {
  std::string text = "date,open,high,low,close,volume\n", other = text;
  for (int i = 0; i < 60; ++i) {
    const std::string day =
        "2024-0" + std::to_string(6 + i / 30) + (i % 30 < 9 ? "-0" : "-") + std::to_string(1 + i % 30);
    text += day + ",100,200,50," + std::to_string(100 + i % 7 + i) + ",1000\n";
    other += day + ",100,400,50," + std::to_string(200 + 2 * (i % 7) + 2 * i) + ",1000\n";
  }
  import("a.csv", text, "--instrument us:A --bar 1d");
  import("b.csv", other, "--instrument us:B --bar 1d");
  const std::string common = "--instrument us:A --bar 1d --benchmark ";
  for (const auto* benchmark : {"hold", "us:B", "us:B:1d"}) {
    const auto ran = run(common + benchmark, "sma_cross --param fast=5 --param slow=60");
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
    const auto statistics = file("statistics.json");
    // From 100 to 100 + 59 % 7 + 59; a strategy whose averages never cross has no beta, and lags by all of it.
    EXPECT_NEAR(figure(statistics, "benchmark_return"), 0.62, 1e-12) << benchmark;
    EXPECT_NEAR(figure(statistics, "beta"), 0, 1e-12) << benchmark;
    EXPECT_GT(figure(statistics, "tracking_error"), 0) << benchmark;
    EXPECT_THAT(statistics, Not(HasSubstr("\"information_ratio\": null"))) << benchmark;
    EXPECT_THAT(file("run.json"),
                HasSubstr(std::string{"\"benchmark\": \""} + (*benchmark == 'h' ? "us:A held" : "us:B 1d")));
    EXPECT_THAT(file("benchmark.csv"), HasSubstr("time_ns,value\n1717200000000000000,"));
  }
  const auto unknown = run(common + "us:C --json");
  EXPECT_EQ(unknown.exit_code, 3) << unknown.out;
  EXPECT_THAT(unknown.out, HasSubstr("there are no bars of the benchmark us:C"));
}

// docs/backtest.md: without --equity-every a point for each bar, whatever the strategy listens to.
TEST_F(BacktestData, OnBarsEachBarOfTheFirstInstrumentIsAPointOfEquity) {
  import_week();
  const std::string orders = " --param interval=1d --param 'orders=0s buy market x1'";
  for (const auto& [strategy, parameters] :
       {std::pair{"idle", std::string{}}, {"order_list", orders}, {"sma_cross", " --param fast=1 --param slow=2"}}) {
    const auto ran = run("--instrument us:X --bar 1d --quiet" + parameters, strategy);
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
    const auto equity = file("equity.csv");
    EXPECT_EQ(std::ranges::count(equity, '\n'), 1 + 4) << strategy << "\n" << equity;
    EXPECT_THAT(equity, HasSubstr("\n1722816000000000000,10000,0\n")) << strategy << ": the first bar, by its open";
  }
}

TEST_F(BacktestData, AWarmUpIsInTheFilesAndInNoFigure) {
  std::string text = "date,open,high,low,close,volume\n";
  for (const auto& [day, price] : {std::pair{"05", 100}, {"06", 100}, {"07", 200}, {"08", 300}, {"09", 450}})
    text += std::string{"2024-08-"} + day + "," + std::to_string(price) + ",1000,1," + std::to_string(price) + ",9\n";
  import("rise.csv", text, "--instrument us:X --bar 1d");
  const std::string held =
      "--instrument us:X --bar 1d --quiet --cash 1000 --maker 0 --taker 0 --param interval=1d "
      "--param 'orders=0s buy market x1' --benchmark hold";
  ASSERT_EQ(run(held, "order_list").exit_code, 0);
  const auto all_equity = file("equity.csv"), all_fills = file("fills.csv");
  EXPECT_EQ(figure(file("statistics.json"), "fills"), 1);
  ASSERT_EQ(run(held + " --warmup 3d", "order_list").exit_code, 0);
  EXPECT_EQ(file("equity.csv"), all_equity);
  EXPECT_EQ(file("fills.csv"), all_fills);
  const auto statistics = file("statistics.json");
  // Bought for 100; 1100 at the close of the 7th, 1350 at the end.
  EXPECT_EQ(figure(statistics, "equity_initial"), 1100) << statistics;
  EXPECT_EQ(figure(statistics, "net_profit"), 250);
  EXPECT_EQ(figure(statistics, "fills"), 0);
  EXPECT_EQ(figure(statistics, "duration_seconds"), 86'400);
  EXPECT_EQ(figure(statistics, "exposure_time"), 1);
  const auto again = program_.run("report '" + (program_.folder() / "run").string() + "' --format json");
  EXPECT_THAT(again.out, HasSubstr("\"equity_initial\": 1100")) << "and of the folder, read again";
  const auto longer = run("--instrument us:X --bar 1d --warmup 30d --json");
  EXPECT_EQ(longer.exit_code, 2) << longer.out;
  EXPECT_THAT(longer.out, HasSubstr("--warmup 30d leaves nothing to count: the data go from 2024-08-05"));
}

TEST_F(BacktestData, ARunThatNoMachineCanHoldIsRefusedBeforeItStarts) {
  import_week();
  const auto points = run("--instrument us:X --bar 1d --equity-every 1ms --json");
  EXPECT_EQ(points.exit_code, 2) << points.out;
  EXPECT_THAT(points.out, HasSubstr("the equity curve would have 345,600,000 points: 50,000,000 are the most"));
  EXPECT_THAT(points.out, HasSubstr("a longer --equity-every"));
  EXPECT_FALSE(std::filesystem::exists(program_.folder() / "run"));
  const auto zero = run("--instrument us:X --bar 1d --equity-every 0s --json");
  EXPECT_EQ(zero.exit_code, 2);
  EXPECT_THAT(zero.out, HasSubstr("--equity-every 0s must be above 0"));
}

TEST_F(BacktestData, AnOptionThatCannotBeMeantIsRefusedAndOneThatIsNotUsedIsSaid) {
  import_week();
  const auto refused = [&](const std::string& options, int exit_code, const std::string& message,
                           const std::string& hint) {
    const auto ran = run("--instrument us:X --json " + options);
    EXPECT_EQ(ran.exit_code, exit_code) << options << ran.out;
    EXPECT_THAT(ran.out, HasSubstr(message));
    EXPECT_THAT(ran.out, HasSubstr(hint));
  };
  refused("--from 2025-08-10 --to 2025-08-01", 2, "--from 2025-08-10 is after --to 2025-08-01", "swap them");
  refused("--bar 2d", 3, "there are no 2d bars of us:X stored", "--bar 1d --param bar=2d");
  refused("--bar 1min", 2, "--bar 1min is not a length of bars", "1m, 5m, 1h or 1d");
  refused("--bar 1d --cash 1e30", 2, "--cash 1e30 is not an amount above 0", "no more than 9223372036854");
  refused("--bar 1d --instrument us:X", 2, "--instrument us:X is there twice", "once");
  const auto queue = run("--instrument us:X --bar 1d --queue log");
  EXPECT_EQ(queue.exit_code, 0);
  EXPECT_THAT(queue.err, HasSubstr("--queue log is not used: bars have no queue"));
  EXPECT_THAT(file("run.json"), HasSubstr("--queue log is not used"));
}

TEST_F(BacktestData, OrdersThatTheVenueRefusedAreSummedUpAtTheEnd) {
  import_week();
  const auto ran = run("--instrument us:X --bar 1d --param 'orders=1h buy market x0; 1h buy market x0'", "order_list");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("2 orders refused: "));
}

// Prices as traded and adjusted ones of the same instrument stand side by side.
TEST_F(BacktestData, RawBarsAreMeantWhereTheAdjustedOnesAreNotNamed) {
  import_week();
  import("adjusted.csv", "date,open,high,low,close,volume\n2024-08-05,5,6,4,5,100\n2024-08-06,5,6,4,5,100\n",
         "--instrument us:X --bar 1d --adjusted");
  for (const auto* raw : {"--bar 1d", ""}) {
    ASSERT_EQ(run(std::string{"--instrument us:X --benchmark hold "} + raw).exit_code, 0) << raw;
    EXPECT_THAT(file("prices.csv"), HasSubstr(",us:X,10,12,9,11,"));
    EXPECT_THAT(file("benchmark.csv"), HasSubstr(",11\n"));
    EXPECT_THAT(file("run.json"), HasSubstr("\"stored_bar\": \"1d\""));
  }
  ASSERT_EQ(run("--instrument us:X --bar 1d:adjusted --benchmark hold").exit_code, 0);
  EXPECT_THAT(file("prices.csv"), HasSubstr(",us:X,5,6,4,5,"));
  EXPECT_THAT(file("benchmark.csv"), HasSubstr(",5\n"));
  EXPECT_THAT(file("run.json"), HasSubstr("\"stored_bar\": \"1d:adjusted\""));
}

TEST_F(BacktestData, AKoreanStockWithoutItsTaxesIsSaid) {
  import("krx.csv", "date,open,high,low,close,volume\n2024-08-05,100,120,90,110,100\n2024-08-06,100,120,90,110,1\n",
         "--instrument kiwoom:005930 --bar 1d");
  const auto without = run("--instrument kiwoom:005930 --bar 1d");
  ASSERT_EQ(without.exit_code, 0) << without.err;
  EXPECT_THAT(without.err, HasSubstr("the sale tax and the commission of Korea are not counted: --fees krx-kospi"));
  EXPECT_THAT(run("--instrument kiwoom:005930 --bar 1d --fees krx-kospi").err, Not(HasSubstr("not counted")));
}

TEST_F(BacktestData, WithoutCashARunOnWonHasTenMillionAndSaysSo) {
  import("krx.csv", "date,open,high,low,close,volume\n2024-08-05,100,120,90,110,100\n2024-08-06,100,120,90,110,1\n",
         "--instrument kiwoom:005930 --bar 1d");
  const auto usual = run("--instrument kiwoom:005930 --bar 1d");
  ASSERT_EQ(usual.exit_code, 0) << usual.err;
  EXPECT_THAT(usual.err, HasSubstr("starts with 10,000,000 KRW; --cash says otherwise"));
  EXPECT_THAT(file("run.json"), HasSubstr("\"cash\": \"10000000\""));
  const auto given = run("--instrument kiwoom:005930 --bar 1d --cash 10000");
  EXPECT_THAT(given.err, Not(HasSubstr("10,000,000")));
  EXPECT_THAT(file("run.json"), HasSubstr("\"cash\": \"10000\""));
  import_week();
  EXPECT_THAT(run("--instrument us:X --bar 1d").err, Not(HasSubstr("starts with")));
  EXPECT_THAT(file("run.json"), HasSubstr("\"cash\": \"10000\""));
}

TEST_F(BacktestData, TheReportInKoreanSaysItsWarningsInKorean) {
  import_week();
  const auto ran = run("--instrument us:X --bar 1d --from 2024-08-01 --to 2024-08-12 --lang ko");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(file("report.html"), HasSubstr("us:X: 7일 가운데 3일의 데이터가 없습니다"));
  EXPECT_THAT(file("report.html"), Not(HasSubstr("days have no data")));
}

TEST_F(BacktestData, WhatAKilledRunLeftIsToldAndGoesWithTheNextOneUnlessARunHoldsIt) {
  import_week();
  const auto left = program_.folder() / "home" / "runs" / "other.partial-Ab12Cd";
  std::filesystem::create_directories(left);
  std::ofstream{left / "journal.stom"} << "half";
  const int held = ::open(left.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // as the run does that writes there
  ASSERT_EQ(::flock(held, LOCK_EX | LOCK_NB), 0);
  const std::string again = "backtest run --strategy idle --instrument us:X --bar 1d";
  EXPECT_THAT(program_.run("backtest list").err, Not(HasSubstr("other")));
  EXPECT_EQ(program_.run(again).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(left));
  ::close(held);
  EXPECT_THAT(program_.run("backtest list").err, HasSubstr("other.partial-Ab12Cd: left by a run that was killed"));
  EXPECT_THAT(program_.run(again).err, HasSubstr("other.partial-Ab12Cd: a run that was killed had left it"));
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(BacktestData, OnATerminalProgressIsDrawnAndCtrlCKeepsWhatIsDone) {
  std::string text = "time,price,size\n";
  for (int i = 0; i < 300'000; ++i)
    text += std::to_string(1'722'816'000 + i) + ".5,10" + std::to_string(i % 10) + ",1\n";
  import("t.csv", text, "--instrument x:Y");
  const auto folder = program_.folder() / "run";
  ProgramOnTerminal backtest{
      STOM_PROGRAM,
      program_.folder() / "home",
      {"backtest", "run", "--strategy", "idle", "--instrument", "x:Y", "--out", folder.string()}};
  ASSERT_TRUE(backtest.until("backtest", 1)) << backtest.seen();
  backtest.signal(SIGINT);
  EXPECT_EQ(backtest.wait(), 130) << backtest.seen();
  EXPECT_THAT(backtest.seen(), HasSubstr("300,000 messages"));
  EXPECT_THAT(file("run.json"), HasSubstr("\"canceled\": true"));
  for (const char* part : {"fills.csv", "equity.csv", "statistics.json", "report.html", "journal.stom"})
    EXPECT_TRUE(std::filesystem::exists(folder / part)) << part;
  const auto shown = program_.run("backtest show '" + folder.string() + "' --json");
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  const auto points = std::ranges::count(file("equity.csv"), '\n');
  EXPECT_GT(points, 1);
  EXPECT_LT(points, 300'000) << "the whole run has more";
}

TEST_F(BacktestData, CtrlCDuringTheCheckEndsItWithNothingWritten) {
  std::string text = "time,price,size\n";
  for (int i = 0; i < 300'000; ++i) text += std::to_string(1'722'816'000 + i) + ".5,100,1\n";
  import("t.csv", text, "--instrument x:Y");
  const auto folder = program_.folder() / "run";
  ProgramOnTerminal backtest{
      STOM_PROGRAM,
      program_.folder() / "home",
      {"backtest", "run", "--strategy", "idle", "--instrument", "x:Y", "--out", folder.string()}};
  ASSERT_TRUE(backtest.until("checking the data", 1)) << backtest.seen();
  backtest.signal(SIGINT);
  EXPECT_EQ(backtest.wait(), 130) << backtest.seen();
  // Where the signal came after the check, the run says that it was canceled.
  if (std::filesystem::exists(folder))
    EXPECT_THAT(file("run.json"), HasSubstr("\"canceled\": true"));
  else
    EXPECT_THAT(backtest.seen(), HasSubstr("interrupted while the data were read"));
}

}  // namespace
}  // namespace stom::test
