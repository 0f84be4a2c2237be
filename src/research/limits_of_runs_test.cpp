// Limits through a whole backtest: what is denied reaches no venue, on bars the last close is the price, and runs that
// share a pass are each held to their own orders.
#include <gtest/gtest.h>

#include "research/backtest.hpp"

namespace stom::research {
namespace {

/// One at the market at each bar.
struct BuysAtEachBar final : Strategy {
  void on_start(Context& context) override { context.subscribe_bars(0, *parse_bar_spec("1m")); }
  void on_bar(Context& context, const BarEvent&) override {
    context.submit({.side = Side::Buy, .type = OrderType::Market, .quantity = {1}});
  }
};

/// Bars that open and close at 98, 99, …, 105.
BacktestOutcome buy_under(std::initializer_list<const char*> limits, std::size_t runs = 1) {
  const Instrument instrument{.id = "test:AB", .base = "A", .quote = "B", .ladder = {{{0}, {1}}}};
  std::vector<Bar> bars;
  for (std::int64_t i = 0; i < 8; ++i) {
    const Price price{98 + i};
    bars.push_back({i * kMinute, price, price, price, price, {1}});
  }
  std::vector<BacktestRun> all(runs);
  for (BacktestRun& run : all) {
    run.strategy = std::make_unique<BuysAtEachBar>();
    run.cash = run.models.bars.cash = {Int128{1'000'000} * power_of_ten(kMoneyDecimals)};
  }
  BacktestOptions options{.equity_interval = 0};
  for (const char* limit : limits) options.limits.push_back(risk::parse_limit(limit).value());
  std::vector<sim::BarFeed::Stream> streams{{instrument, std::move(bars), kMinute, parse_bar_spec("1m").value()}};
  auto outcome = run_bar_backtest(std::move(streams), std::move(all), options);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? std::move(*outcome) : BacktestOutcome{};
}

std::uint64_t denied(const RunOutcome& run, RejectReason reason) {
  return run.refused[static_cast<std::size_t>(reason)];
}

TEST(LimitsOfRuns, WhatIsDeniedReachesNoVenueAndIsCountedByItsReason) {
  const auto free = buy_under({}), held = buy_under({"position=2"});
  EXPECT_GT(free.runs[0].fills.size(), 2U);
  EXPECT_EQ(held.runs[0].fills.size(), 2U);
  EXPECT_EQ(held.runs[0].submitted, free.runs[0].submitted) << "the strategy wanted the same";
  EXPECT_EQ(denied(held.runs[0], RejectReason::RiskPosition), held.runs[0].submitted - 2);
  EXPECT_EQ(denied(free.runs[0], RejectReason::RiskPosition), 0U);
}

TEST(LimitsOfRuns, OnBarsTheLastCloseIsThePrice) {
  const auto held = buy_under({"order_notional=100"});  // three bars close no higher
  EXPECT_EQ(held.runs[0].fills.size(), 3U);
  EXPECT_EQ(denied(held.runs[0], RejectReason::RiskOrderNotional), held.runs[0].submitted - 3);
  EXPECT_EQ(denied(held.runs[0], RejectReason::RiskUnknown), 0U);
}

TEST(LimitsOfRuns, RunsThatShareAPassAreEachHeldToTheirOwnOrders) {
  const auto alone = buy_under({"position=2", "leverage=1"}), among = buy_under({"position=2", "leverage=1"}, 3);
  for (const RunOutcome& run : among.runs) {
    EXPECT_EQ(run.journal_hash, alone.runs[0].journal_hash);
    EXPECT_EQ(run.fills.size(), 2U);
  }
}

TEST(LimitsOfRuns, ALimitForWhatIsNotTradedIsRefused) {
  std::vector<sim::BarFeed::Stream> streams{
      {{.id = "test:AB", .base = "A", .quote = "B", .ladder = {{{0}, {1}}}}, {{0, {1}, {1}, {1}, {1}, {1}}}, kMinute}};
  std::vector<BacktestRun> runs(1);
  runs[0].strategy = std::make_unique<BuysAtEachBar>();
  const auto outcome =
      run_bar_backtest(std::move(streams), std::move(runs),
                       {.equity_interval = 0, .limits = {risk::parse_limit("position@two=1").value()}});
  EXPECT_FALSE(outcome);
}

}  // namespace
}  // namespace stom::research
