// Statistics under the convention `backtesting_py` against all cases of backtesting.py 0.6.6: its own trades and equity
// go in, its statistics must come out to 1e-8. The engine's tests make the same trades themselves.
#include <gtest/gtest.h>
#include <simdjson.h>
#include <zlib.h>

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "research/statistics.hpp"
#include "research/trades.hpp"
#include "tests/support/test_data.hpp"

namespace stom {
namespace {

Money money(double x) {
  const auto whole = static_cast<Int128>(x);
  const auto rest = static_cast<long double>(x) - static_cast<long double>(whole);
  return {whole * power_of_ten(kMoneyDecimals) + static_cast<Int128>(rest * 1e18L)};
}

std::vector<std::vector<std::string>> read_csv(std::istream& in) {
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::vector<std::string> cells;
    std::istringstream cut{line};
    for (std::string cell; std::getline(cut, cell, ',');) cells.push_back(cell);
    rows.push_back(std::move(cells));
  }
  return rows;
}
std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path) {
  std::ifstream file{path};
  return read_csv(file);
}
std::vector<std::vector<std::string>> read_gzip_csv(const std::filesystem::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::string text;
  std::array<char, 1 << 16> buffer{};
  for (int n = 0; (n = gzread(file, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  gzclose(file);
  std::istringstream in{text};
  return read_csv(in);
}

struct Tape {
  std::vector<UnixNanos> times;
  std::vector<double> closes;
};

Tape google() {
  Tape tape;
  for (const auto& row : read_csv(*test::test_data("market/us_stock/GOOG_2004_2013.csv"))) {
    tape.times.push_back(*parse_time(row[0]));
    tape.closes.push_back(std::stod(row[4]));
  }
  return tape;
}

/// The peer's name, our key, and the factor between them (percent).
struct Name {
  const char* theirs;
  const char* ours;
  double factor;
};
constexpr Name kNames[] = {
    {"Duration", "duration_seconds", 1},
    {"Exposure Time [%]", "exposure_time", 100},
    {"Equity Final [$]", "equity_final", 1},
    {"Equity Peak [$]", "equity_peak", 1},
    {"Commissions [$]", "fees_paid", 1},
    {"Return [%]", "total_return", 100},
    {"Buy & Hold Return [%]", "benchmark_return", 100},
    {"Return (Ann.) [%]", "annual_return", 100},
    {"Volatility (Ann.) [%]", "annual_volatility", 100},
    {"CAGR [%]", "cagr", 100},
    {"Sharpe Ratio", "sharpe_ratio", 1},
    {"Sortino Ratio", "sortino_ratio", 1},
    {"Calmar Ratio", "calmar_ratio", 1},
    {"Alpha [%]", "alpha", 100},
    {"Beta", "beta", 1},
    {"Max. Drawdown [%]", "max_drawdown", 100},
    {"Avg. Drawdown [%]", "avg_drawdown", 100},
    {"Max. Drawdown Duration", "longest_drawdown_seconds", 1},
    {"Avg. Drawdown Duration", "avg_drawdown_seconds", 1},
    {"# Trades", "trades", 1},
    {"Win Rate [%]", "win_rate", 100},
    {"Best Trade [%]", "best_trade", 100},
    {"Worst Trade [%]", "worst_trade", 100},
    {"Avg. Trade [%]", "avg_trade", 100},
    {"Max. Trade Duration", "max_holding_seconds", 1},
    {"Avg. Trade Duration", "avg_holding_seconds", 1},
    {"Profit Factor", "profit_factor", 1},
    {"Expectancy [%]", "expectancy", 100},
    {"SQN", "sqn", 1},
    {"Kelly Criterion", "kelly_criterion", 1},
};

/// `every` = 10: the case's equity file holds every tenth bar; what needs all bars is left to the engine's test.
void expect_case(const std::string& name, const Tape& tape, std::size_t slow, std::size_t every) {
  const std::string base = "oracles/backtesting_py/" + name;
  simdjson::dom::parser parser;
  const simdjson::dom::element file = parser.load(test::test_data(base + ".json")->string());
  RunResult result;
  result.instruments.push_back({.id = "us:TEST", .price_decimals = 2});
  result.initial_equity = money(double(file["backtest"]["cash"]));
  result.trading_start = tape.times[slow - 1];
  for (const auto& row : read_csv(*test::test_data(base + ".trades.csv"))) {
    Trade t;
    t.side = row[0][0] == '-' ? Side::Sell : Side::Buy;
    t.entry_time = tape.times[std::stoul(row[1])];
    t.exit_time = tape.times[std::stoul(row[2])];
    t.pnl = money(std::stod(row[7]));
    t.fee = money(std::stod(row[8]));
    t.return_on_entry = std::stod(row[9]);
    result.trades.push_back(t);
  }
  for (const auto& row : read_gzip_csv(*test::test_data(base + ".equity.csv.gz")))
    result.equity.push_back({tape.times[std::stoul(row[0])], money(std::stod(row[1]))});
  for (std::size_t i = 0; i < tape.times.size(); ++i) result.benchmark.push_back({tape.times[i], tape.closes[i]});

  const auto ours = compute_statistics(result, *conventions_named("backtesting_py"));
  static const std::set<std::string_view> kFromTrades{
      "fees_paid",           "trades",        "win_rate",   "best_trade", "worst_trade",    "avg_trade",
      "max_holding_seconds", "profit_factor", "expectancy", "sqn",        "kelly_criterion"};
  std::size_t compared = 0;
  for (const auto& [theirs, key, factor] : kNames) {
    simdjson::dom::element value;
    if (file["stats"].at_key(theirs).get(value) != simdjson::SUCCESS) continue;
    ++compared;
    if (every > 1 && !kFromTrades.contains(key)) continue;
    const double expected = double(value);
    EXPECT_NEAR(figure(ours, *metric_named(key)) * factor, expected, 1e-8) << name << ": " << theirs;
  }
  // Start and End are the only two besides.
  EXPECT_EQ(compared + 2, file["stats"].get_object().size()) << name << ": a statistic that we do not compare";
}

TEST(StatisticsOracle, BacktestingPyStatisticsComeOutOfItsOwnTradesAndEquity) {
  if (!test::test_data()) GTEST_SKIP() << test::kNoTestData;
  const Tape goog = google();
  ASSERT_EQ(goog.times.size(), 2148u);
  expect_case("goog_sma_10_30", goog, 30, 1);
  expect_case("goog_sma_5_20_costs", goog, 20, 1);
  expect_case("goog_sma_10_30_on_close_exclusive", goog, 30, 1);
  expect_case("goog_sma_10_30_sl_tp", goog, 30, 1);
  expect_case("goog_sma_20_60_margin", goog, 60, 1);
}

TEST(StatisticsOracle, TheTapeCasesTradeStatisticsComeOutOfItsTrades) {
  if (!test::test_data()) GTEST_SKIP() << test::kNoTestData;
  Tape tape;
  const auto closes = read_gzip_csv(*test::test_data("oracles/vectorbt/tape_ohlc_seed1_100k_close.csv.gz"));
  for (std::size_t i = 0; i < 20'000; ++i) {
    tape.times.push_back((1'600'000'000 + 60 * static_cast<std::int64_t>(i)) * kSecond);
    tape.closes.push_back(std::stod(closes[i][0]) / 100.0);
  }
  expect_case("ohlc_seed1_20k_sma_20_50", tape, 50, 10);
}

}  // namespace
}  // namespace stom
