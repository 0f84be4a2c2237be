// What must hold of every run under the rules `stom`, on a recorded market.
#include <gtest/gtest.h>

#include <map>

#include "core/random.hpp"
#include "research/backtest.hpp"
#include "strategies/registry.hpp"
#include "tests/oracles/capture.hpp"
#include "tests/support/test_data.hpp"

namespace stom::test {
namespace {

constexpr const char* kCapture = "market/binance_ws_raw/usdm_btcusdt_20240808.jsonl.gz";

/// Orders that depend on the seed and the best prices only, never on fills: what queue models can be compared on.
class FixedOrders final : public Strategy {
 public:
  explicit FixedOrders(std::uint64_t seed) : random_{seed} {}
  void on_start(Context& context) override { context.every(200 * kMillisecond); }
  void on_timer(Context& context) override {
    const BookView& book = context.book(0);
    const std::uint64_t draw = random_.next();
    if (!book.two_sided()) return;
    const Side side = draw & 1 ? Side::Sell : Side::Buy;
    const auto away = static_cast<std::int64_t>(draw >> 1 & 7);
    const Price best = side == Side::Buy ? book.best_bid : book.best_ask;
    context.submit({.side = side,
                    .post_only = true,
                    .quantity = {1 + static_cast<std::int64_t>(draw >> 4 & 63)},
                    .price = {best.value - sign_of(side) * away}});
  }

 private:
  Random random_;
};

class StomRules : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (const auto path = test_data(kCapture)) {
      capture_ = decode_capture(*path, {.symbol = "BTCUSDT", .feed = venues::binance::Feed::UsdM, .decimals = {1, 3}});
    }
  }
  static void TearDownTestSuite() { capture_.clear(); }
  void SetUp() override {
    if (capture_.empty()) GTEST_SKIP() << kNoTestData;
  }

  static research::BacktestRun run_of(std::unique_ptr<Strategy> strategy, sim::QueueModel queue) {
    research::BacktestRun run;
    run.strategy = std::move(strategy);
    run.models = {.queue = queue, .latency = {kMillisecond, kMillisecond}, .fees = {200'000, 500'000}};
    return run;
  }
  static std::unique_ptr<Strategy> built_in(const std::string& name, std::map<std::string, std::string> values = {}) {
    Parameters parameters{std::move(values)};
    return find_strategy(name)->make(parameters);
  }
  static std::vector<research::RunOutcome> run(std::vector<research::BacktestRun> runs) {
    std::vector<sim::ReplayFeed::Stream> streams;
    streams.push_back({std::make_unique<VectorSource>(capture_), btcusdt_usdm()});
    auto outcome = research::run_backtest(std::move(streams), std::move(runs), {});
    EXPECT_TRUE(outcome) << outcome.error().message;
    return std::move(outcome->runs);
  }
  static research::RunOutcome run_alone(research::BacktestRun one) {
    std::vector<research::BacktestRun> runs;
    runs.push_back(std::move(one));
    return std::move(run(std::move(runs)).front());
  }

  static inline std::vector<MessageBatch> capture_;
};

constexpr sim::QueueModel kModels[] = {sim::QueueModel::RiskAverse, sim::QueueModel::Power3, sim::QueueModel::Log};

TEST_F(StomRules, ThreeRunsOverOnePassAreTheirThreeRunsAlone) {
  std::vector<research::BacktestRun> together;
  for (const auto model : kModels) together.push_back(run_of(built_in("mm_keep"), model));
  const auto outcomes = run(std::move(together));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto alone = run_alone(run_of(built_in("mm_keep"), kModels[i]));
    EXPECT_GT(alone.fills.size(), 0u);
    EXPECT_EQ(outcomes[i].journal_hash, alone.journal_hash) << sim::name_of(kModels[i]);
  }
}

TEST_F(StomRules, OneLotMoreIsAnotherJournal) {
  const auto one = run_alone(run_of(built_in("grid"), sim::QueueModel::Power3));
  const auto again = run_alone(run_of(built_in("grid"), sim::QueueModel::Power3));
  const auto more = run_alone(run_of(built_in("grid", {{"lots", "2"}}), sim::QueueModel::Power3));
  EXPECT_EQ(one.journal_hash, again.journal_hash);
  EXPECT_NE(one.journal_hash, more.journal_hash);
}

// The pessimist never fills what the optimist does not, nor earlier.
TEST_F(StomRules, EachRiskAverseFillIsAlsoAFillOfTheOtherModelsNoLater) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    std::vector<research::BacktestRun> runs;
    for (const auto model : kModels) runs.push_back(run_of(std::make_unique<FixedOrders>(seed), model));
    const auto outcomes = run(std::move(runs));
    for (const std::size_t other : {1u, 2u}) {
      // Per order: how much had been filled, by when.
      std::map<ClientOrderId, std::vector<std::pair<UnixNanos, std::int64_t>>> filled;
      for (const Fill& fill : outcomes[other].fills) {
        auto& steps = filled[fill.order];
        steps.emplace_back(fill.time, (steps.empty() ? 0 : steps.back().second) + fill.quantity.value);
      }
      std::map<ClientOrderId, std::int64_t> sum;
      for (const Fill& fill : outcomes[0].fills) {
        sum[fill.order] += fill.quantity.value;
        std::int64_t by_then = 0;
        for (const auto& [time, total] : filled[fill.order]) {
          if (time <= fill.time) by_then = total;
        }
        ASSERT_GE(by_then, sum[fill.order])
            << "order " << fill.order << " seed " << seed << " " << sim::name_of(kModels[other]);
      }
      EXPECT_GT(outcomes[0].fills.size(), 50u);
    }
  }
}

// What one side of a fill pays the other gets: position and cash are the sum of the fills, to the last unit.
TEST_F(StomRules, CashAndPositionAreTheSumOfTheFills) {
  const auto outcome = run_alone(run_of(built_in("mm_replace"), sim::QueueModel::Log));
  Int128 cash = 0;
  std::int64_t position = 0;
  for (const Fill& fill : outcome.fills) {
    position += sign_of(fill.side) * fill.quantity.value;
    cash -= sign_of(fill.side) * value_of(btcusdt_usdm(), fill.price, fill.quantity).value + fill.fee.value;
  }
  EXPECT_EQ(outcome.position.value, position);
  EXPECT_TRUE(outcome.cash.value == cash);
}

}  // namespace
}  // namespace stom::test
