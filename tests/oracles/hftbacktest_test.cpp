// Every fill of hftbacktest 2.4.4 for three strategies, three queue models and three latencies, reproduced by the rules
// `hftbacktest`.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "research/backtest.hpp"
#include "strategies/registry.hpp"
#include "tests/oracles/capture.hpp"
#include "tests/support/test_data.hpp"

namespace stom::test {
namespace {

using Row = std::map<std::string, std::string>;

std::vector<Row> rows_of(const std::vector<std::string>& lines) {
  const auto split = [](const std::string& line) {
    std::vector<std::string> cells;
    std::stringstream in{line};
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    return cells;
  };
  std::vector<Row> rows;
  if (lines.empty()) return rows;
  const auto names = split(lines[0]);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto cells = split(lines[i]);
    Row row;
    for (std::size_t c = 0; c < cells.size(); ++c) row[names[c]] = cells[c];
    rows.push_back(std::move(row));
  }
  return rows;
}

struct Case {
  std::string strategy, peer_queue;
  sim::QueueModel queue;
  DurationNanos latency;
};

class EveryFillOfHftbacktest : public testing::Test {
 protected:
  static research::BacktestOutcome run(const std::vector<MessageBatch>& capture, const std::vector<Case>& cases) {
    std::vector<sim::ReplayFeed::Stream> streams;
    streams.push_back({std::make_unique<VectorSource>(capture), btcusdt_usdm()});
    std::vector<research::BacktestRun> runs;
    for (const Case& c : cases) {
      Parameters parameters;
      runs.push_back({.strategy = find_strategy(c.strategy)->make(parameters),
                      .models = {.queue = c.queue, .latency = {c.latency, c.latency}, .fees = {200'000, 500'000}}});
    }
    auto outcome =
        research::run_backtest(std::move(streams), std::move(runs), {.fill_rules = sim::FillRules::Hftbacktest});
    EXPECT_TRUE(outcome) << outcome.error().message;
    return std::move(*outcome);
  }

  static std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const char* strategy : {"mm_replace", "mm_keep", "grid"})
      for (const auto& [name, queue] : {std::pair{"riskadverse", sim::QueueModel::RiskAverse},
                                        {"powerprob3", sim::QueueModel::Power3},
                                        {"logprob", sim::QueueModel::Log}})
        for (const DurationNanos latency : {100'000, 1'000'000, 10'000'000})
          cases.push_back({strategy, name, queue, latency});
    return cases;
  }
};

TEST_F(EveryFillOfHftbacktest, IsOursToTheSameNanosecond) {
  const auto data = test_data("market/binance_ws_raw/usdm_btcusdt_20240808.jsonl.gz");
  if (!data) GTEST_SKIP() << kNoTestData;
  const auto capture =
      decode_capture(*data, {.symbol = "BTCUSDT", .feed = venues::binance::Feed::UsdM, .decimals = {1, 3}});
  const auto cases = all_cases();
  // All 27 runs ride one pass: that they equal the peer's separate runs shows too that runs do not see each other.
  const auto outcome = run(capture, cases);
  EXPECT_EQ(outcome.data.clock_repair, 1'272'156'851);
  EXPECT_EQ(outcome.data.first_time, 1723161256298000000);

  std::map<std::string, std::vector<Row>> peer;
  for (const char* strategy : {"mm_replace", "mm_keep", "grid"})
    peer[strategy] =
        rows_of(lines_of_gz(*test_data(std::string{"oracles/hftbacktest/fills_btcusdt_"} + strategy + ".csv.gz")));
  const auto summary = rows_of(lines_of_gz(*test_data("oracles/hftbacktest/summary_btcusdt.csv")));

  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    SCOPED_TRACE(c.strategy + " " + c.peer_queue + " " + std::to_string(c.latency));
    auto fills = outcome.runs[i].fills;
    std::stable_sort(fills.begin(), fills.end(), [](const Fill& a, const Fill& b) {
      return std::tuple{a.time, a.order} < std::tuple{b.time, b.order};
    });
    std::vector<Row> wanted;
    for (const Row& row : peer[c.strategy])
      if (row.at("queue") == c.peer_queue && row.at("latency_ns") == std::to_string(c.latency)) wanted.push_back(row);
    ASSERT_EQ(fills.size(), wanted.size());
    for (std::size_t k = 0; k < fills.size(); ++k) {
      const Fill& fill = fills[k];
      const Row& row = wanted[k];
      ASSERT_EQ(std::to_string(fill.time), row.at("exch_ts")) << k;
      ASSERT_EQ(std::to_string(fill.local_time), row.at("local_ts")) << k;
      ASSERT_EQ(fill.side == Side::Buy ? "B" : "S", row.at("side")) << k;
      ASSERT_EQ(std::to_string(fill.price.value), row.at("px_tick")) << k;
      ASSERT_EQ(fill.quantity.value, 1) << k;
      ASSERT_NEAR(to_double(fill.fee.value, kMoneyDecimals), std::stod(row.at("fee")), 1e-9) << k;
      ASSERT_EQ(fill.liquidity, Liquidity::Maker);
      if (c.strategy != "grid") {  // which reuses ids
        ASSERT_EQ(std::to_string(fill.order), row.at("order_id")) << k;
      }
    }
    const auto end = std::find_if(summary.begin(), summary.end(), [&](const Row& row) {
      return row.at("strategy") == c.strategy && row.at("queue") == c.peer_queue &&
             row.at("latency_ns") == std::to_string(c.latency);
    });
    ASSERT_NE(end, summary.end());
    EXPECT_EQ(std::to_string(outcome.runs[i].submitted), end->at("submitted"));
    EXPECT_NEAR(to_double(outcome.runs[i].position.value, 3), std::stod(end->at("position")), 1e-9);
    EXPECT_NEAR(to_double(outcome.runs[i].cash.value + outcome.runs[i].fee.value, kMoneyDecimals),
                std::stod(end->at("balance")), 1e-6);
    EXPECT_NEAR(to_double(outcome.runs[i].fee.value, kMoneyDecimals), std::stod(end->at("fee")), 1e-9);
    EXPECT_EQ(std::to_string(outcome.last_bid.price.value), end->at("last_best_bid_tick"));
    EXPECT_EQ(std::to_string(outcome.last_ask.price.value), end->at("last_best_ask_tick"));
  }
}

}  // namespace
}  // namespace stom::test
