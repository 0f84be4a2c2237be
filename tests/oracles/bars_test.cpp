// SMA crosses on bars, trade by trade and return by return as backtesting.py 0.6.6 and vectorbt 1.2.0 have them.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "research/backtest.hpp"
#include "research/trades.hpp"
#include "strategies/registry.hpp"
#include "tests/oracles/capture.hpp"
#include "tests/support/test_data.hpp"

namespace stom::test {
namespace {

constexpr DurationNanos kBarSpan = kDay;

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream in{line};
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  return cells;
}

std::vector<std::vector<std::string>> csv(const std::filesystem::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream in{path};
  for (std::string line; std::getline(in, line);) rows.push_back(cells_of(line));
  return rows;
}

/// Tape `ohlc` of oracles/backtesting_py/README.md.
std::vector<Bar> ohlc_tape(std::size_t n, std::uint64_t seed) {
  Random random{seed};
  const auto bits = [](std::uint64_t r, int from, int count) {
    return static_cast<std::int64_t>((r >> from) & ((std::uint64_t{1} << count) - 1));
  };
  std::vector<Bar> bars;
  std::int64_t close = 2'000'000;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t r0 = random.next(), r1 = random.next();
    const std::int64_t open = close + bits(r0, 0, 5) - 16;
    close = open + bits(r0, 8, 10) + bits(r0, 18, 10) - 1023;
    bars.push_back({.time = (1'600'000'000 + 60 * static_cast<std::int64_t>(i)) * kSecond,
                    .open = {open},
                    .high = {std::max(open, close) + bits(r0, 32, 9)},
                    .low = {std::min(open, close) - bits(r0, 41, 9)},
                    .close = {close},
                    .volume = {1 + bits(r1, 0, 16)}});
  }
  return bars;
}

std::vector<Bar> goog(const std::filesystem::path& path) {
  std::vector<Bar> bars;
  const auto rows = csv(path);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto& r = rows[i];
    const auto price = [&](std::size_t c) {
      return Price{static_cast<std::int64_t>(std::llround(std::stod(r[c]) * 100))};
    };
    bars.push_back(
        {parse_time(r[0].substr(0, 10)).value(), price(1), price(2), price(3), price(4), {std::stoll(r[5])}});
  }
  return bars;
}

Instrument cents() {
  return {
      .id = "us:GOOG", .quote = "USD", .price_decimals = 2, .quantity_decimals = 0, .ladder = {{{0}, {1}}}, .lot = {1}};
}

Money money(std::int64_t units) { return {static_cast<Int128>(units) * power_of_ten(kMoneyDecimals)}; }

struct PeerCase {
  std::string name;
  std::map<std::string, std::string> parameters;
  std::int64_t cash;
  std::int64_t commission, spread, margin;  // 10^-9
};

class BacktestingPy : public testing::TestWithParam<PeerCase> {};

TEST_P(BacktestingPy, TradesOneByOne) {
  const PeerCase& c = GetParam();
  const auto peer = test_data("oracles/backtesting_py/" + c.name + ".trades.csv");
  if (!peer) GTEST_SKIP() << kNoTestData;
  const bool tape = c.name.starts_with("ohlc");
  sim::BarFeed::Stream stream{cents(),
                              tape ? ohlc_tape(20'000, 1) : goog(*test_data("market/us_stock/GOOG_2004_2013.csv")),
                              tape ? kMinute : kBarSpan};
  auto parameters = c.parameters;
  parameters["preset"] = "backtesting_py";
  Parameters declared{parameters};
  std::vector<research::BacktestRun> runs(1);
  runs[0].strategy = find_strategy("sma_cross")->make(declared);
  ASSERT_TRUE(declared.check()) << declared.check().error().message;
  runs[0].cash = money(c.cash);
  runs[0].models.fees = {c.commission, c.commission};
  runs[0].models.bars = {.spread_rate = c.spread, .margin_rate = c.margin, .cash = money(c.cash)};
  ASSERT_TRUE(research::apply_preset("backtesting_py", stream, runs[0].models, runs[0].cash));
  const Instrument instrument = stream.instrument;
  std::vector<sim::BarFeed::Stream> streams;
  streams.push_back(std::move(stream));
  auto outcome = research::run_bar_backtest(std::move(streams), std::move(runs), {.equity_interval = 0});
  ASSERT_TRUE(outcome) << outcome.error().message;

  const auto& run = outcome->runs[0];
  const auto trades = build_trades(std::span{&instrument, 1}, run.fills).trades;
  const auto wanted = csv(*peer);
  ASSERT_EQ(trades.size(), wanted.size() - 1);
  const auto near = [](double got, const std::string& text) {
    const double want = std::stod(text);
    return std::abs(got - want) <= 1e-8 * std::max(1.0, std::abs(want));
  };
  for (std::size_t i = 0; i < trades.size(); ++i) {
    const Trade& t = trades[i];
    const auto& w = wanted[i + 1];
    SCOPED_TRACE(i);
    ASSERT_EQ(sign_of(t.side) * t.quantity.value, std::stoll(w[0]));
    ASSERT_PRED2(near, to_double(t.entry_price.value, instrument.price_decimals), w[3]);
    ASSERT_PRED2(near, to_double(t.exit_price.value, instrument.price_decimals), w[4]);
    ASSERT_PRED2(near, to_double(t.pnl.value, kMoneyDecimals), w[7]);
    ASSERT_PRED2(near, to_double(t.fee.value, kMoneyDecimals), w[8]);
    ASSERT_PRED2(near, t.return_on_entry, w[9]);
    ASSERT_EQ(t.entry_time, parse_time(w[10]).value());
    ASSERT_EQ(t.exit_time, parse_time(w[11]).value());
  }
  // Every row of the peer's equity.
  const auto equity = lines_of_gz(*test_data("oracles/backtesting_py/" + c.name + ".equity.csv.gz"));
  for (std::size_t i = 1; i < equity.size(); ++i) {
    const auto cells = cells_of(equity[i]);
    ASSERT_LT(std::stoul(cells[0]), run.equity.size());
    const EquityPoint point = run.equity[std::stoul(cells[0])];
    ASSERT_PRED2(near, to_double(point.equity.value, kMoneyDecimals), cells[1]) << "bar " << cells[0];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Oracle, BacktestingPy,
    testing::Values(
        PeerCase{"goog_sma_10_30", {{"fast", "10"}, {"slow", "30"}}, 10'000, 0, 0, 1'000'000'000},
        PeerCase{"goog_sma_5_20_costs", {{"fast", "5"}, {"slow", "20"}}, 100'000, 2'000'000, 1'000'000, 1'000'000'000},
        PeerCase{"goog_sma_10_30_on_close_exclusive",
                 {{"fast", "10"}, {"slow", "30"}, {"fill", "close"}, {"exclusive", "true"}},
                 10'000,
                 0,
                 0,
                 1'000'000'000},
        PeerCase{"goog_sma_10_30_sl_tp",
                 {{"fast", "10"}, {"slow", "30"}, {"sl", "0.05"}, {"tp", "0.10"}},
                 100'000,
                 1'000'000,
                 0,
                 1'000'000'000},
        PeerCase{"goog_sma_20_60_margin", {{"fast", "20"}, {"slow", "60"}}, 50'000, 1'000'000, 0, 500'000'000},
        PeerCase{"ohlc_seed1_20k_sma_20_50", {{"fast", "20"}, {"slow", "50"}}, 10'000'000, 100'000, 0, 1'000'000'000}),
    [](const auto& test) { return test.param.name; });

// 1,000 pairs as 1,000 runs over one pass.
TEST(Vectorbt, FillCountsAndReturnsOfBothSweepsAreEqual) {
  for (const auto& [file, fee] : {std::pair{"sweep_seed1_fees5bp.csv.gz", 500'000}, {"sweep_seed1_nofees.csv.gz", 0}}) {
    const auto path = test_data(std::string{"oracles/vectorbt/"} + file);
    if (!path) GTEST_SKIP() << kNoTestData;
    const auto lines = lines_of_gz(*path);
    sim::BarFeed::Stream stream{cents(), ohlc_tape(100'000, 1), kMinute};
    std::vector<research::BacktestRun> runs;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const auto cells = cells_of(lines[i]);
      Parameters parameters{{{"fast", cells[0]}, {"slow", cells[1]}, {"preset", "vectorbt"}}};
      research::BacktestRun run;
      run.strategy = find_strategy("sma_cross")->make(parameters);
      run.models.fees = {fee, fee};
      ASSERT_TRUE(research::apply_preset("vectorbt", stream, run.models, run.cash));
      runs.push_back(std::move(run));
    }
    std::vector<sim::BarFeed::Stream> streams;
    streams.push_back(std::move(stream));
    auto outcome = research::run_bar_backtest(std::move(streams), std::move(runs), {.equity_interval = 365 * kDay});
    ASSERT_TRUE(outcome) << outcome.error().message;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const auto cells = cells_of(lines[i]);
      const auto& run = outcome->runs[i - 1];
      ASSERT_EQ(std::to_string(run.fills.size()), cells[2]) << lines[i];
      const double start = 1e17;
      ASSERT_NEAR(to_double(run.equity.back().equity.value, kMoneyDecimals) / start - 1, std::stod(cells[3]), 1e-9)
          << lines[i];
    }
  }
}

}  // namespace
}  // namespace stom::test
