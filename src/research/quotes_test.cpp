// Quotes through a whole backtest: who gets them, and what a recording of nothing else is to an order.
#include <gtest/gtest.h>

#include "research/backtest.hpp"

namespace stom::research {
namespace {

/// One batch in memory.
class OneBatch final : public sim::MessageSource {
 public:
  explicit OneBatch(MessageBatch batch) : batch_{std::move(batch)} {}
  Result<bool> next(MessageBatch& batch) override {
    if (given_) return false;
    given_ = true;
    batch = batch_;
    return true;
  }
  Result<void> rewind() override {
    given_ = false;
    return {};
  }

 private:
  MessageBatch batch_;
  bool given_ = false;
};

Instrument euro() {
  return {.id = "test:EURUSD", .base = "EUR", .quote = "USD", .price_decimals = 5, .ladder = {{{0}, {1}}}};
}

void add(MessageBatch& batch, MessageKind kind, UnixNanos time, std::vector<Level> bids, std::vector<Level> asks) {
  Message message{.receive_time = time,
                  .event_time = time,
                  .first_level = static_cast<std::uint32_t>(batch.levels.size()),
                  .bids = static_cast<std::uint32_t>(bids.size()),
                  .asks = static_cast<std::uint32_t>(asks.size()),
                  .kind = kind};
  batch.messages.push_back(message);
  batch.levels.insert(batch.levels.end(), bids.begin(), bids.end());
  batch.levels.insert(batch.levels.end(), asks.begin(), asks.end());
}

/// Three quotes: 1.10000/1.10002, 1.10001/1.10003, 1.10002/1.10004, a second apart.
MessageBatch three_quotes() {
  MessageBatch batch;
  for (std::int64_t i = 0; i < 3; ++i)
    add(batch, MessageKind::Quote, (i + 1) * kSecond, {{{110'000 + i}, {10}}}, {{{110'002 + i}, {7}}});
  return batch;
}

struct Seen {
  int quotes = 0;
  Price last_bid{}, best_ask{};
};

/// Counts quotes where it asks for them; buys 3 at the second one.
class Watcher final : public Strategy {
 public:
  Watcher(Seen& seen, bool asks) : seen_{seen}, asks_{asks} {}
  void on_start(Context& context) override {
    if (asks_) context.subscribe_quotes(0);
  }
  void on_quote(Context& context, InstrumentIndex, const Level& bid, const Level&) override {
    ++seen_.quotes;
    seen_.last_bid = bid.price;
    seen_.best_ask = context.book(0).best_ask;
    if (seen_.quotes == 2) context.submit({.side = Side::Buy, .type = OrderType::Market, .quantity = {3}});
  }

 private:
  Seen& seen_;
  bool asks_;
};

BacktestOutcome run(MessageBatch batch, Seen& seen, bool asks = true) {
  std::vector<sim::ReplayFeed::Stream> streams;
  streams.push_back({std::make_unique<OneBatch>(std::move(batch)), euro()});
  std::vector<BacktestRun> runs(1);
  runs[0].strategy = std::make_unique<Watcher>(seen, asks);
  auto outcome = run_backtest(std::move(streams), std::move(runs), {});
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? std::move(*outcome) : BacktestOutcome{};
}

TEST(Quotes, AStrategyThatAsksForThemGetsEveryOne) {
  Seen seen;
  run(three_quotes(), seen);
  EXPECT_EQ(seen.quotes, 3);
  EXPECT_EQ(seen.last_bid, Price{110'002});
}

TEST(Quotes, OneThatDoesNotGetsNone) {
  Seen seen;
  run(three_quotes(), seen, false);
  EXPECT_EQ(seen.quotes, 0);
}

TEST(Quotes, WithoutDepthTheyAreTheBookThatAnOrderTakes) {
  Seen seen;
  const BacktestOutcome outcome = run(three_quotes(), seen);
  EXPECT_EQ(seen.best_ask, Price{110'004});
  ASSERT_EQ(outcome.runs[0].fills.size(), 1U);
  EXPECT_EQ(outcome.runs[0].fills[0].price, Price{110'003});  // the ask of the second quote
  EXPECT_EQ(outcome.runs[0].fills[0].quantity, Quantity{3});
}

TEST(Quotes, BesideDepthTheyDoNotTouchTheBook) {
  MessageBatch batch;
  add(batch, MessageKind::Snapshot, kSecond, {{{109'990}, {5}}}, {{{110'010}, {5}}});
  const MessageBatch quotes = three_quotes();
  for (const Message& m : quotes.messages) {
    const auto bids = quotes.bids(m), asks = quotes.asks(m);
    add(batch, MessageKind::Quote, m.event_time + kSecond, {bids.begin(), bids.end()}, {asks.begin(), asks.end()});
  }
  Seen seen;
  const BacktestOutcome outcome = run(std::move(batch), seen);
  EXPECT_EQ(seen.quotes, 3);
  EXPECT_EQ(seen.best_ask, Price{110'010});
  ASSERT_EQ(outcome.runs[0].fills.size(), 1U);
  EXPECT_EQ(outcome.runs[0].fills[0].price, Price{110'010});
}

}  // namespace
}  // namespace stom::research
