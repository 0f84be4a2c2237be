#include "research/run_folder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "research/trades.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

class RunFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "stom-run-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string read(const fs::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  static RunResult sample() {
    RunResult r;
    r.id = "sma_cross-1";
    r.strategy = "sma_cross";
    r.configuration = {{"strategy", "sma_cross"}, {"param.fast", "10"}, {"note", "\"quoted\"\n<b>&"}};
    r.version = "0.1.0";
    r.data_hash = "aa";
    r.journal_hash = "bb";
    r.currency = "USDT";
    r.initial_equity = {Int128{1000} * power_of_ten(18)};
    r.from = 1;
    r.to = 9'000'000'000;
    r.trading_start = 2;
    r.trading_start_equity = r.initial_equity;
    r.instruments = {{.id = "binance:BTCUSDT",
                      .base = "BTC",
                      .quote = "USDT",
                      .price_decimals = 2,
                      .quantity_decimals = 5,
                      .ladder = {{{0}, {1}}},
                      .lot = {10}}};
    r.fills = {{.time = 5,
                .side = Side::Sell,
                .liquidity = Liquidity::Taker,
                .order = 7,
                .price = {6'000'050},
                .quantity = {100'000},
                .fee = {power_of_ten(18) / 1'000'000'000}},
               {.time = 2,
                .side = Side::Buy,
                .order = 3,
                .price = {5'900'000},
                .quantity = {150'000},
                .fee = {-power_of_ten(18)}},
               {.time = 2, .side = Side::Buy, .order = 2, .price = {5'900'000}, .quantity = {50'000}}};
    std::stable_sort(r.fills.begin(), r.fills.end(), [](const Fill& a, const Fill& b) { return a.time < b.time; });
    r.prices = {{0,
                 {{.time = 2,
                   .open = {5'900'000},
                   .high = {6'100'000},
                   .low = {5'800'000},
                   .close = {6'000'000},
                   .volume = {1}}}}};
    derive_trades(r, [](ClientOrderId) { return "a, \"b\""; });
    r.equity = {{2, r.initial_equity}, {5, {Int128{990} * power_of_ten(18) + 1}}};
    r.pessimistic = r.optimistic = r.equity;
    r.benchmark = {{2, 0.1}, {5, 0.2}};
    r.benchmark_name = "buy and hold";
    r.warnings = {"two gaps"};
    return r;
  }
  fs::path folder_;
};

TEST_F(RunFolder, FillsAreSortedByTimeThenOrderInPlainDecimals) {
  EXPECT_EQ(fills_csv(sample()),
            "time_ns,instrument,side,price,quantity,fee,liquidity,client_order_id\n"
            "2,binance:BTCUSDT,buy,59000,0.5,0,maker,2\n"
            "2,binance:BTCUSDT,buy,59000,1.5,-1,maker,3\n"
            "5,binance:BTCUSDT,sell,60000.5,1,0.000000001,taker,7\n");
}

TEST_F(RunFolder, TradesAndEquityHaveTheirHeaders) {
  const auto r = sample();
  EXPECT_TRUE(trades_csv(r).starts_with(
      "entry_time_ns,exit_time_ns,instrument,side,quantity,entry_price,exit_price,pnl,fee,return,exit_reason\n"));
  EXPECT_EQ(equity_csv(r), "time_ns,equity,drawdown\n2,1000,0\n5,990.000000000000000001,0.010000000000000009\n");
  EXPECT_EQ(fills_csv(RunResult{}), "time_ns,instrument,side,price,quantity,fee,liquidity,client_order_id\n");
}

TEST_F(RunFolder, WhatIsReadBackIsWhatWasWritten) {
  const auto r = sample();
  ASSERT_TRUE(write_run(folder_ / "run", r));
  const auto back = read_run(folder_ / "run");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(fills_csv(*back), fills_csv(r));
  EXPECT_EQ(trades_csv(*back), trades_csv(r));
  EXPECT_EQ(equity_csv(*back), equity_csv(r));
  EXPECT_EQ(run_json(*back), run_json(r));
  EXPECT_EQ(back->open.size(), r.open.size());
  EXPECT_EQ(back->prices.at(0).bars, r.prices.at(0).bars);
  EXPECT_EQ(back->trades.at(0).max_adverse, r.trades.at(0).max_adverse);
  EXPECT_EQ(back->pessimistic, r.pessimistic);
  EXPECT_EQ(back->trading_start_equity, r.trading_start_equity);
  EXPECT_EQ(back->benchmark.at(1).value, 0.2);
  EXPECT_EQ(statistics_json(compute_statistics(*back)), read(folder_ / "run" / "statistics.json"));
  EXPECT_TRUE(back->strategies.empty());
}

TEST_F(RunFolder, SeveralStrategiesAreReadBackEachWithItsPart) {
  auto r = sample();
  r.strategies = {{.name = "near",
                   .fills = 2,
                   .fee = {power_of_ten(17)},
                   .pnl = {-3 * power_of_ten(18)},
                   .held = {{0, {-150'000}, {5'900'050}}}},
                  {.name = "far"}};
  EXPECT_EQ(
      strategies_json(r),
      R"([{"name":"near","fills":2,"fee":"0.1","pnl":"-3","positions":[{"instrument":"binance:BTCUSDT",)"
      R"("quantity":"-1.5","entry_price":"59000.5"}]}, {"name":"far","fills":0,"fee":"0","pnl":"0","positions":[]}])");
  ASSERT_TRUE(write_run(folder_ / "run", r));
  const auto back = read_run(folder_ / "run");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(run_json(*back), run_json(r));
  EXPECT_NE(run_json(r), run_json(sample()));
}

TEST_F(RunFolder, ASummaryHasTheSettingsAndTheFigures) {
  ASSERT_TRUE(write_run(folder_ / "run", sample()));
  const auto s = read_run_summary(folder_ / "run");
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->strategy, "sma_cross");
  EXPECT_EQ(s->configuration.at(2).second, "\"quoted\"\n<b>&");
  EXPECT_EQ(s->statistic("fills"), "3");
  EXPECT_EQ(s->statistic("sharpe_ratio"), "null");
  EXPECT_EQ(s->statistic("conventions"), "stom");
}

TEST_F(RunFolder, ASecondRunReplacesTheFirstWhole) {
  ASSERT_TRUE(write_run(folder_ / "run", sample()));
  auto second = sample();
  second.prices.clear();
  second.journal_hash = "cc";
  ASSERT_TRUE(write_run(folder_ / "run", second));
  EXPECT_FALSE(fs::exists(folder_ / "run" / "prices.csv"));
  EXPECT_EQ(read_run_summary(folder_ / "run")->journal_hash, "cc");
  EXPECT_EQ(std::distance(fs::directory_iterator{folder_}, fs::directory_iterator{}), 1);
}

TEST_F(RunFolder, AFolderThatHoldsSomethingElseIsLeftAlone) {
  std::ofstream{folder_ / "thesis.txt"} << "years of work";
  const auto refused = write_run(folder_, sample());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::Usage);
  EXPECT_TRUE(fs::exists(folder_ / "thesis.txt"));
}

TEST_F(RunFolder, ADraftThatIsNotCommittedLeavesNothing) {
  {
    auto draft = RunFolderDraft::begin(folder_ / "run");
    ASSERT_TRUE(draft);
    ASSERT_TRUE(draft->write(sample()));
    std::ofstream{draft->path() / "journal"} << "half";
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

// What a killed program leaves: its draft, which nothing holds any more.
fs::path draft_of_killed(const fs::path& target, const std::string& letters) {
  const fs::path draft = target.string() + ".partial-" + letters;
  fs::create_directories(draft);
  std::ofstream{draft / "journal.stom"} << "half";
  return draft;
}

TEST_F(RunFolder, WhatAKilledRunLeftIsToldAndRemoved) {
  ASSERT_TRUE(write_run(folder_ / "run", sample()));
  const fs::path left = draft_of_killed(folder_ / "other", "Ab12Cd");
  EXPECT_EQ(abandoned_drafts(folder_), std::vector{left});
  EXPECT_TRUE(fs::exists(left));
  EXPECT_EQ(remove_abandoned_drafts(folder_), std::vector{left});
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(abandoned_drafts(folder_).empty());
  EXPECT_TRUE(read_run(folder_ / "run"));
}

TEST_F(RunFolder, TheDraftOfARunThatGoesOnIsLeftAlone) {
  auto draft = RunFolderDraft::begin(folder_ / "run");
  ASSERT_TRUE(draft);
  ASSERT_TRUE(draft->write(sample()));
  EXPECT_TRUE(remove_abandoned_drafts(folder_).empty());
  ASSERT_TRUE(draft->commit());
  EXPECT_TRUE(read_run(folder_ / "run"));
}

TEST_F(RunFolder, AFolderNamedLikeADraftThatHoldsSomethingElseIsLeftAlone) {
  const fs::path thesis = draft_of_killed(folder_ / "thesis", "Ab12Cd");
  std::ofstream{thesis / "chapter.txt"} << "years of work";
  fs::create_directories(draft_of_killed(folder_ / "deep", "Ab12Cd") / "folder");
  draft_of_killed(folder_ / "run", "final");
  draft_of_killed(folder_ / "run", "v1.2.3");
  EXPECT_TRUE(remove_abandoned_drafts(folder_).empty());
  EXPECT_TRUE(fs::exists(thesis / "chapter.txt"));
}

TEST_F(RunFolder, ARunThatAKilledOneHadMovedAsideIsBackInItsPlace) {
  ASSERT_TRUE(write_run(folder_ / "run", sample()));
  const fs::path left = draft_of_killed(folder_ / "run", "Ab12Cd");
  fs::rename(folder_ / "run", left.string() + ".old");
  EXPECT_EQ(remove_abandoned_drafts(folder_), std::vector{left});
  EXPECT_TRUE(read_run(folder_ / "run"));
  EXPECT_EQ(list_runs(folder_), std::vector{folder_ / "run"});
}

TEST_F(RunFolder, ARunThatWasReplacedGoesWhereItsWriterWasKilledBeforeItCould) {
  ASSERT_TRUE(write_run(folder_ / "run", sample()));
  const fs::path old = folder_ / "run.partial-Ab12Cd.old";
  ASSERT_TRUE(write_run(old, sample()));
  EXPECT_EQ(remove_abandoned_drafts(folder_), std::vector{old});
  EXPECT_TRUE(read_run(folder_ / "run"));
}

TEST_F(RunFolder, AChangedFileIsNamedWithItsLine) {
  ASSERT_TRUE(write_run(folder_ / "run", sample()));
  std::ofstream{folder_ / "run" / "equity.csv"} << "time_ns,equity,drawdown\n2,1000,0\nfive,990,0\n";
  const auto r = read_run(folder_ / "run");
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().message.find("equity.csv:3"), std::string::npos) << r.error().message;
  EXPECT_EQ(read_run(folder_ / "nowhere").error().code, Errc::NotFound);
  EXPECT_NE(read_run(folder_ / "nowhere").error().hint.find("stom backtest list"), std::string::npos);
}

TEST_F(RunFolder, AFolderWhereAFileBelongsIsNamed) {
  ASSERT_TRUE(write_run(folder_ / "run", sample()));
  fs::remove(folder_ / "run" / "equity.csv");
  fs::create_directory(folder_ / "run" / "equity.csv");
  const auto r = read_run(folder_ / "run");
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().message.find("equity.csv is a folder, not a file"), std::string::npos) << r.error().message;
}

TEST_F(RunFolder, OnlyFoldersWithARunAreListed) {
  ASSERT_TRUE(write_run(folder_ / "b", sample()));
  ASSERT_TRUE(write_run(folder_ / "a", sample()));
  fs::create_directory(folder_ / "other");
  EXPECT_EQ(list_runs(folder_), (std::vector{folder_ / "a", folder_ / "b"}));
  EXPECT_TRUE(list_runs(folder_ / "nowhere").empty());
}

}  // namespace
}  // namespace stom
