// Several strategies through a whole backtest: what each did and has, by sums worked out by hand, and together the run.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/decimal.hpp"
#include "engine/several.hpp"
#include "research/backtest.hpp"
#include "research/strategy_parts.hpp"

namespace stom::research {
namespace {

/// Quotes 1.10000/1.10002, 1.10001/1.10003, …, a second apart.
class RisingEuro final : public sim::MessageSource {
 public:
  explicit RisingEuro(std::int64_t quotes) : quotes_{quotes} {}
  Result<bool> next(MessageBatch& batch) override {
    if (std::exchange(given_, true)) return false;
    batch.clear();
    for (std::int64_t i = 0; i < quotes_; ++i) {
      const UnixNanos time = (i + 1) * kSecond;
      batch.messages.push_back({.receive_time = time,
                                .event_time = time,
                                .first_level = static_cast<std::uint32_t>(2 * i),
                                .bids = 1,
                                .asks = 1,
                                .kind = MessageKind::Quote});
      batch.levels.insert(batch.levels.end(), {{{110'000 + i}, {10}}, {{110'002 + i}, {10}}});
    }
    return true;
  }
  Result<void> rewind() override {
    given_ = false;
    return {};
  }

 private:
  std::int64_t quotes_;
  bool given_ = false;
};

/// At the n-th quote, from 1 on, those orders.
using Orders = std::map<int, NewOrder>;

class OrdersAtQuotes final : public Strategy {
 public:
  explicit OrdersAtQuotes(Orders orders) : orders_{std::move(orders)} {}
  void on_start(Context& context) override { context.subscribe_quotes(0); }
  void on_quote(Context& context, InstrumentIndex, const Level&, const Level&) override {
    if (const auto at = orders_.find(++quotes_); at != orders_.end()) context.submit(at->second);
  }

 private:
  Orders orders_;
  int quotes_ = 0;
};

constexpr std::int64_t kTaken = 1'000'000;  // a thousandth, of which the rates have nine decimals
static_assert(kTaken * 1'000 == power_of_ten(sim::kRateDecimals));

NewOrder at_market(Side side, std::int64_t quantity, bool reduce_only = false) {
  return {.side = side, .type = OrderType::Market, .reduce_only = reduce_only, .quantity = {quantity}};
}

std::string text_of(Money money) { return format_decimal_trimmed(money.value, kMoneyDecimals); }

/// "near" and "far", or with one list of orders a strategy alone, over so many quotes. 1,000 at the start.
RunOutcome trade_over(std::vector<Orders> of_each, std::int64_t quotes, const std::vector<const char*>& limits = {},
                      bool alone = false) {
  std::vector<sim::ReplayFeed::Stream> streams;
  streams.push_back(
      {std::make_unique<RisingEuro>(quotes),
       {.id = "test:EURUSD", .base = "EUR", .quote = "USD", .price_decimals = 5, .ladder = {{{0}, {1}}}}});
  std::vector<BacktestRun> runs(1);
  runs[0].cash = {Int128{1'000} * power_of_ten(kMoneyDecimals)};
  runs[0].models.fees.taker_rate = kTaken;
  if (alone) {
    runs[0].strategy = std::make_unique<OrdersAtQuotes>(of_each[0]);
  } else {
    const char* names[] = {"near", "far"};
    std::vector<Several::Member> members;
    for (std::size_t i = 0; i < of_each.size(); ++i)
      members.push_back({names[i],
                         std::make_unique<OrdersAtQuotes>(of_each[i]),
                         {0},
                         {1, static_cast<std::int64_t>(of_each.size())}});
    auto all = std::make_unique<Several>(std::move(members), 1);
    runs[0].several = all.get();
    runs[0].strategy = std::move(all);
  }
  BacktestOptions options;
  for (const char* limit : limits) options.limits.push_back(risk::parse_limit(limit).value());
  auto outcome = run_backtest(std::move(streams), std::move(runs), options);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? std::move(outcome->runs[0]) : RunOutcome{};
}

TEST(SeveralInABacktest, EachHasWhatItsOwnFillsBroughtAndTogetherTheyAreTheRun) {
  // near buys 3 at 1.10002, far sells 2 at 1.10001; at the end the middle is 1.10003.
  const RunOutcome run = trade_over({{{1, at_market(Side::Buy, 3)}}, {{2, at_market(Side::Sell, 2)}}}, 3);
  ASSERT_EQ(run.strategies.size(), 2U) << "nothing is of nobody";
  const StrategyPart &near = run.strategies[0], &far = run.strategies[1];
  EXPECT_EQ(near.name, "near");
  EXPECT_EQ(near.fills, 1U);
  EXPECT_EQ(text_of(near.fee), "0.00330006");
  EXPECT_EQ(text_of(near.pnl), "-0.00327006");  // 3 x 0.00001 less that
  ASSERT_EQ(near.held.size(), 1U);
  EXPECT_EQ(near.held[0].quantity, Quantity{3});
  EXPECT_EQ(near.held[0].entry_price, Price{110'002});
  EXPECT_EQ(text_of(far.fee), "0.00220002");
  EXPECT_EQ(text_of(far.pnl), "-0.00224002");  // 2 x -0.00002 less that
  ASSERT_EQ(far.held.size(), 1U);
  EXPECT_EQ(far.held[0].quantity, Quantity{-2});
  EXPECT_EQ(run.position, Quantity{1});
  EXPECT_EQ(near.fee + far.fee, run.fee);
  EXPECT_EQ(text_of(run.equity.back().equity), "999.99448992");  // 1,000 and both of these
}

TEST(SeveralInABacktest, WhatOnlyClosesClosesWhatTheStrategyHolds) {
  // The account holds 1 when near closes its 3.
  const RunOutcome run = trade_over(
      {{{1, at_market(Side::Buy, 3)}, {3, at_market(Side::Sell, 3, true)}}, {{2, at_market(Side::Sell, 2)}}}, 5);
  ASSERT_EQ(run.fills.size(), 3U);
  EXPECT_TRUE(run.strategies[0].held.empty());
  EXPECT_EQ(run.position, Quantity{-2});
  // And what it does not hold it cannot close, though the account does.
  const RunOutcome other = trade_over({{{1, at_market(Side::Buy, 3)}}, {{2, at_market(Side::Sell, 2, true)}}}, 5);
  EXPECT_EQ(other.fills.size(), 1U);
  EXPECT_EQ(other.refused[static_cast<std::size_t>(RejectReason::ReduceOnlyWouldIncrease)], 1U);
}

TEST(SeveralInABacktest, ALimitOfOneCountsThatOneAlone) {
  const std::vector<Orders> orders{{{1, at_market(Side::Buy, 3)}}, {{2, at_market(Side::Buy, 3)}}};
  const RunOutcome run = trade_over(orders, 4, {"position@strategy:near=2"});
  ASSERT_EQ(run.fills.size(), 1U);
  EXPECT_EQ(run.strategies[0].fills, 0U);
  EXPECT_EQ(run.strategies[1].fills, 1U);
  EXPECT_EQ(run.refused[static_cast<std::size_t>(RejectReason::RiskPosition)], 1U);
  EXPECT_EQ(trade_over(orders, 4, {"position@strategy:near=3"}).fills.size(), 2U);
  EXPECT_EQ(trade_over(orders, 4, {"position=3"}).fills.size(), 1U) << "of the account it is both's";
}

TEST(SeveralInABacktest, OneOfThemTradesAsItDoesAlone) {
  const std::vector<Orders> orders{
      {{1, at_market(Side::Buy, 3)}, {3, at_market(Side::Sell, 5)}, {4, at_market(Side::Buy, 1)}}};
  const RunOutcome among = trade_over(orders, 6), alone = trade_over(orders, 6, {}, true);
  ASSERT_EQ(among.fills.size(), alone.fills.size());
  ASSERT_EQ(alone.fills.size(), 3U);
  for (std::size_t i = 0; i < alone.fills.size(); ++i) {
    EXPECT_EQ(among.fills[i].time, alone.fills[i].time);
    EXPECT_EQ(among.fills[i].price, alone.fills[i].price);
    EXPECT_EQ(among.fills[i].quantity, alone.fills[i].quantity);
    EXPECT_EQ(orders::owner_of(among.fills[i].order), 1U);
  }
  EXPECT_EQ(among.equity.back().equity, alone.equity.back().equity);
  EXPECT_EQ(among.submitted, alone.submitted);
  EXPECT_TRUE(alone.strategies.empty());
}

TEST(StrategyParts, WhatTheVenueClosedIsOfThoseWhoHeldItAndTheRestIsTheSessions) {
  const std::vector<Instrument> instruments{
      {.id = "test:EURUSD", .base = "EUR", .quote = "USD", .price_decimals = 5, .ladder = {{{0}, {1}}}}};
  const auto fill = [](ClientOrderId id, Side side, std::int64_t quantity, std::int64_t fee) {
    return Fill{.side = side, .order = id, .price = {100'000}, .quantity = {quantity}, .fee = {fee}};
  };
  // near 2, far 1, and 5 of them are closed: 2 were nobody's.
  const std::vector<Fill> fills{fill(orders::shared_id(1, 7), Side::Buy, 2, 10),
                                fill(orders::shared_id(2, 7), Side::Buy, 1, 20),
                                fill(kLiquidationChild | 1, Side::Sell, 5, 50)};
  const auto parts = strategy_parts({"near", "far"}, {{-100}, {30}}, {-77}, fills, instruments);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].fee, Money{30});
  EXPECT_EQ(parts[1].fee, Money{30});
  EXPECT_TRUE(parts[0].held.empty());
  EXPECT_EQ(parts[2].name, "session");
  EXPECT_EQ(parts[2].fee, Money{20});
  EXPECT_EQ(parts[2].fills, 1U);
  EXPECT_EQ(parts[2].pnl, Money{-7});
  ASSERT_EQ(parts[2].held.size(), 1U);
  EXPECT_EQ(parts[2].held[0].quantity, Quantity{-2});
}

}  // namespace
}  // namespace stom::research
