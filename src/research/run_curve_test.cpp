#include "research/run_curve.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

namespace stom {
namespace {

namespace fs = std::filesystem;

class StoredCurve : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "stom-curve-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const char* file, const std::string& text) { std::ofstream{folder_ / file} << text; }
  /// A folder with the run that `change` makes of a plain one.
  RunSummary stored(RunResult run) {
    run.id = "grid-1";
    run.strategy = "grid";
    run.currency = "USDT";
    run.initial_equity = whole(1000);
    EXPECT_TRUE(write_run(folder_, run, {.conventions = {}, .report = false}));
    const auto summary = read_run_summary(folder_);
    EXPECT_TRUE(summary) << summary.error().message;
    return summary.value_or(RunSummary{});
  }
  static Money whole(std::int64_t units) { return {Int128{units} * power_of_ten(kMoneyDecimals)}; }
  static std::vector<EquityPoint> line(std::initializer_list<std::int64_t> worth) {
    std::vector<EquityPoint> out;
    for (const auto w : worth) out.push_back({static_cast<UnixNanos>(out.size() + 1) * 10, whole(w)});
    return out;
  }
  fs::path folder_;
};

TEST_F(StoredCurve, AShortRunIsShownRowByRowWithTheBandOfTheSameTime) {
  RunResult run;
  run.equity = line({1000, 1100, 990});
  run.pessimistic = line({1000, 1050, 900});
  run.optimistic = line({1000, 1200, 1010});
  const auto curve = read_run_curve(folder_, stored(run), 10);
  ASSERT_TRUE(curve) << curve.error().message;
  EXPECT_EQ(curve->rows, 3u);
  EXPECT_TRUE(curve->has_band);
  const std::vector<CurvePoint> expected{{10, whole(1000), 0, whole(1000), whole(1000)},
                                         {20, whole(1100), 0, whole(1050), whole(1200)},
                                         {30, whole(990), 1 - 990.0 / 1100, whole(900), whole(1010)}};
  EXPECT_EQ(curve->points, expected);
}

TEST_F(StoredCurve, TheBandOfATimeIsTheLastOneKnownThen) {
  RunResult run;
  run.equity = {{10, whole(1000)}, {25, whole(1001)}, {40, whole(1002)}};
  run.pessimistic = {{10, whole(1000)}, {20, whole(980)}, {30, whole(970)}};
  run.optimistic = {{10, whole(1000)}, {20, whole(1020)}, {30, whole(1030)}};
  const auto curve = read_run_curve(folder_, stored(run), 10);
  ASSERT_TRUE(curve) << curve.error().message;
  EXPECT_EQ(curve->points.at(1).pessimistic, whole(980));
  EXPECT_EQ(curve->points.at(2).optimistic, whole(1030));
}

TEST_F(StoredCurve, ARunWithoutOtherQueuesHasNoBandAndOneWithoutRowsNoPoints) {
  RunResult run;
  run.equity = line({1000, 1001});
  auto curve = read_run_curve(folder_, stored(run), 10);
  ASSERT_TRUE(curve) << curve.error().message;
  EXPECT_FALSE(curve->has_band);
  EXPECT_EQ(curve->points.at(1).pessimistic, whole(1001));
  curve = read_run_curve(folder_, stored({}), 10);
  ASSERT_TRUE(curve) << curve.error().message;
  EXPECT_EQ(curve->rows, 0u);
  EXPECT_TRUE(curve->points.empty());
}

TEST_F(StoredCurve, TheWarmUpIsNotPartOfItNorAPeakToFallFrom) {
  RunResult run;
  run.equity = line({1000, 2000, 1500, 1400});
  run.trading_start = 30;
  run.trading_start_equity = whole(1500);
  const auto curve = read_run_curve(folder_, stored(run), 10);
  ASSERT_TRUE(curve) << curve.error().message;
  EXPECT_EQ(curve->rows, 2u);
  EXPECT_EQ(curve->points.at(0).time, 30);
  EXPECT_EQ(curve->points.at(0).drawdown, 0);
  EXPECT_EQ(curve->points.at(1).drawdown, 1 - 1400.0 / 1500);
}

TEST_F(StoredCurve, OfALongRunEveryPointIsARowAndNoExtremeIsLost) {
  constexpr int kRows = 20'000;
  RunResult run;
  for (int i = 0; i < kRows; ++i) {
    const std::int64_t worth = 100'000 + (i * 37) % 1009 - i / 10;
    run.equity.push_back({i, whole(worth)});
    run.pessimistic.push_back({i, whole(worth - (i == 7'777 ? 90'000 : 3))});
    run.optimistic.push_back({i, whole(worth + (i == 12'345 ? 50'000 : 3))});
  }
  run.equity[5'555].equity = whole(99'999'999);
  run.equity[16'001].equity = whole(1);
  const auto curve = read_run_curve(folder_, stored(run), 100);
  ASSERT_TRUE(curve) << curve.error().message;
  EXPECT_EQ(curve->rows, static_cast<std::size_t>(kRows));
  EXPECT_LE(curve->points.size(), 100u);
  EXPECT_GE(curve->points.size(), 38u);  // two of each of the 19 columns that 100 points allow
  std::set<UnixNanos> times;
  for (const CurvePoint& p : curve->points) {
    const auto& row = static_cast<std::size_t>(p.time);
    EXPECT_EQ(p.equity, run.equity.at(row).equity);
    EXPECT_EQ(p.pessimistic, run.pessimistic.at(row).equity);
    EXPECT_EQ(p.optimistic, run.optimistic.at(row).equity);
    EXPECT_TRUE(times.insert(p.time).second) << "twice";
    EXPECT_EQ(*times.rbegin(), p.time) << "out of order";
  }
  for (const UnixNanos extreme : {0, 5'555, 7'777, 12'345, 16'001, kRows - 1})
    EXPECT_TRUE(times.contains(extreme)) << extreme;
}

TEST_F(StoredCurve, ARowThatIsNoRowIsNamed) {
  const auto summary = stored({});
  write("equity.csv", "time_ns,equity,drawdown\n10,1000,0\nten,1000,0\n");
  const auto broken = read_run_curve(folder_, summary, 10);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Errc::BadData);
  EXPECT_NE(broken.error().message.find("equity.csv:3: 'ten,1000,0'"), std::string::npos) << broken.error().message;
  write("equity.csv", "time_ns,equity,drawdown\n10,1000,0\n");
  write("band.csv", "time_ns,low,high\n10,1,2\n");
  EXPECT_NE(read_run_curve(folder_, summary, 10).error().message.find("band.csv:1: the header"), std::string::npos);
  fs::remove(folder_ / "equity.csv");
  EXPECT_EQ(read_run_curve(folder_, summary, 10).error().code, Errc::NotFound);
}

}  // namespace
}  // namespace stom
