#include "live/live_feed.hpp"

#include <gtest/gtest.h>

#include "engine/engine.hpp"
#include "sim/venue_simulator.hpp"

namespace stom {
namespace {

Instrument coin(std::string id = "acme:COIN") {
  Instrument instrument{.id = std::move(id), .base = "COIN", .quote = "USD"};
  instrument.ladder = {{Price{0}, Price{1}}};
  return instrument;
}

constexpr UnixNanos at(double seconds) { return static_cast<UnixNanos>(seconds * 1e9); }

/// What a venue sends, one message a batch.
MessageBatch message(MessageKind kind, UnixNanos received, std::vector<Level> bids, std::vector<Level> asks,
                     std::int64_t first = 0, std::int64_t last = 0) {
  MessageBatch batch;
  Message m{.receive_time = received, .event_time = received - kMillisecond};
  m.kind = kind;
  m.first_update_id = first;
  m.final_update_id = last;
  m.bids = static_cast<std::uint32_t>(bids.size());
  m.asks = static_cast<std::uint32_t>(asks.size());
  batch.levels = std::move(bids);
  batch.levels.insert(batch.levels.end(), asks.begin(), asks.end());
  batch.messages.push_back(m);
  return batch;
}
Level level(std::int64_t price, std::int64_t quantity) { return {{price}, {quantity}}; }
MessageBatch snapshot(UnixNanos received, std::int64_t id, std::int64_t bid, std::int64_t ask) {
  return message(MessageKind::Snapshot, received, {level(bid, 5)}, {level(ask, 5)}, 0, id);
}
MessageBatch bid(UnixNanos received, std::int64_t id, std::int64_t price, std::int64_t quantity) {
  return message(MessageKind::Depth, received, {level(price, quantity)}, {}, id, id);
}
MessageBatch trade(UnixNanos received, std::int64_t price, std::int64_t quantity, Side aggressor) {
  auto batch = message(MessageKind::Trade, received, {level(price, quantity)}, {});
  if (aggressor == Side::Sell) batch.messages[0].flags = kSellAggressor;
  return batch;
}

std::vector<FeedKind> kinds(MarketFeed& side) {
  std::vector<FeedKind> out;
  for (const FeedMessage& m : side.next_batch()) out.push_back(m.kind);
  return out;
}

/// Rests an order to buy at 98 as soon as there is a book, and counts what it is called for.
class BuyAt98 final : public Strategy {
 public:
  struct Seen {
    std::vector<UnixNanos> timers, ends_of_bars;
    std::vector<OrderEventKind> events;
  };
  explicit BuyAt98(Seen& seen) : seen_{seen} {}
  void on_start(Context& context) override {
    context.every(kSecond);
    context.subscribe_bars(0, {BarKind::Time, kMinute});
    context.subscribe_book(0);
  }
  void on_book(Context& context, InstrumentIndex) override {
    if (!context.book(0).stale && context.orders().empty() && context.position(0).value == 0)
      context.submit({.side = Side::Buy, .quantity = {2}, .price = {98}});
  }
  void on_bar(Context&, const BarEvent& bar) override { seen_.ends_of_bars.push_back(bar.end); }
  void on_order(Context&, const OrderEvent& event) override { seen_.events.push_back(event.kind); }
  void on_timer(Context& context) override { seen_.timers.push_back(context.now()); }

 private:
  Seen& seen_;
};

// Whole books come one at a time, and bursts of small messages: what waits for them is as large at the end as it was at
// the beginning.
TEST(LiveFeed, WhatABurstLeavesBehindDoesNotGrowWithEachBookThatComes) {
  constexpr std::size_t kBurst = 300, kLevels = 1500;
  const std::vector instruments{coin()};
  LiveFeed feed{instruments};
  const std::size_t begin = feed.room();
  UnixNanos now = at(1);
  for (std::size_t i = 0; i < kBurst; ++i) feed.market(0, trade(now, 100, 1, Side::Buy));
  (void)feed.poll(now);
  std::vector<Level> bids;
  for (std::size_t i = 0; i < kLevels; ++i) bids.push_back(level(static_cast<std::int64_t>(9000 - i), 1));
  for (int round = 0; round < 1000; ++round) {
    feed.market(0, message(MessageKind::Snapshot, ++now, bids, {level(10'000, 5)}, 0, round + 1));
    (void)feed.poll(now);
  }
  (void)feed.poll(now);
  feed.market(0, trade(now, 100, 1, Side::Buy));
  EXPECT_LE(feed.room(), begin);
  EXPECT_GT(feed.room(), begin - 4 * 256) << "but those that are on their way";
}

// The engine stood still for a moment; the room that thousands of books took meanwhile is not kept for the next time.
TEST(LiveFeed, WhatWaitedForAnEngineHeldUpIsNotKept) {
  const std::vector instruments{coin()};
  LiveFeed feed{instruments};
  std::vector<Level> bids;
  for (int i = 0; i < 200; ++i) bids.push_back(level(9000 - i, 1));
  UnixNanos now = at(1);
  for (int i = 0; i < 5000; ++i)
    feed.market(0, message(MessageKind::Snapshot, ++now, bids, {level(10'000, 5)}, 0, i + 1));
  for (int i = 0; i < 3; ++i) (void)feed.poll(now);  // what it took is read until the poll after the next
  feed.market(0, trade(now, 100, 1, Side::Buy));
  EXPECT_GT(feed.room(), 200u * 256);
  EXPECT_LE(feed.room(), 256u * 256);
  EXPECT_EQ(feed.left_out(), 0u);
  for (int i = 0; i < 8192; ++i) feed.market(0, trade(++now, 100, 1, Side::Buy));
  EXPECT_EQ(feed.left_out(), 1u) << "and there is as much room as before: the one above still waits";
}

TEST(LiveFeed, DiffsBeforeTheSnapshotWaitForItAndCountAfterIt) {
  const std::vector instruments{coin()};
  LiveFeed feed{instruments};
  feed.market(0, bid(at(1), 11, 97, 1));
  feed.market(0, bid(at(2), 12, 98, 3));
  EXPECT_EQ(feed.poll(at(2)), 0u);
  feed.market(0, snapshot(at(3), 11, 96, 100));  // holds update 11
  EXPECT_EQ(feed.poll(at(3)), 2u);
  EXPECT_EQ(kinds(feed.local_side()), (std::vector{FeedKind::Snapshot, FeedKind::Depth}));
  EXPECT_EQ(kinds(feed.local_side()), std::vector<FeedKind>{}) << "nothing now";
}

TEST(LiveFeed, AMissingUpdateMakesTheBookStaleUntilTheNextSnapshot) {
  const std::vector instruments{coin()};
  LiveFeed feed{instruments};
  feed.market(0, snapshot(at(1), 10, 96, 100));
  feed.market(0, bid(at(2), 11, 97, 1));
  feed.market(0, bid(at(3), 13, 98, 1));
  feed.market(0, bid(at(4), 14, 95, 1));
  feed.poll(at(4));
  EXPECT_EQ(kinds(feed.local_side()), (std::vector{FeedKind::Snapshot, FeedKind::Depth, FeedKind::Gap}));
  feed.market(0, snapshot(at(5), 13, 98, 100));
  feed.poll(at(5));
  EXPECT_EQ(kinds(feed.local_side()), (std::vector{FeedKind::Snapshot, FeedKind::Depth}));
}

TEST(LiveFeed, ABrokenConnectionMakesTheBookStaleAtOnce) {
  const std::vector instruments{coin()};
  LiveFeed feed{instruments};
  feed.market(0, snapshot(at(1), 10, 96, 100));
  feed.book_stale(0, at(2));
  feed.poll(at(2));
  EXPECT_EQ(kinds(feed.local_side()), (std::vector{FeedKind::Snapshot, FeedKind::Gap}));
  // Nothing that comes after it is believed before a snapshot, also where it would follow.
  feed.market(0, bid(at(3), 11, 97, 1));
  EXPECT_EQ(feed.poll(at(3)), 0u);
  // And an older snapshot than the last is taken, as nobody knows what was missed.
  feed.market(0, snapshot(at(4), 10, 96, 100));
  EXPECT_EQ(feed.poll(at(4)), 2u);
}

TEST(LiveFeed, ASnapshotThatDoesNotMeetTheDiffsIsAskedForAgain) {
  const std::vector instruments{coin()};
  LiveFeed feed{instruments};
  feed.market(0, bid(at(1), 20, 97, 1));
  feed.market(0, snapshot(at(2), 15, 96, 100));
  feed.poll(at(2));
  EXPECT_EQ(kinds(feed.local_side()), (std::vector{FeedKind::Snapshot, FeedKind::Gap}));
  std::vector<InstrumentIndex> stale;
  feed.take_stale(at(2), stale);
  EXPECT_EQ(stale, std::vector<InstrumentIndex>{0});
  stale.clear();
  feed.take_stale(at(2), stale);
  EXPECT_TRUE(stale.empty()) << "asked for once";
}

// Full: two blocks, and an engine that does not look. The instrument that found no room is stale and asked for anew;
// the other one has lost nothing.
TEST(LiveFeed, WhereTheEngineDoesNotKeepUpABookIsStaleAndAskedForAnewAndNeverWrong) {
  const std::vector instruments{coin("acme:A"), coin("acme:B")};
  LiveFeed feed{instruments, 2};
  feed.market(1, snapshot(at(1), 10, 96, 100));
  feed.market(0, snapshot(at(2), 10, 96, 100));
  feed.market(0, bid(at(3), 11, 97, 1));
  feed.market(0, bid(at(4), 12, 98, 1));
  EXPECT_EQ(feed.left_out(), 2u);
  std::vector<InstrumentIndex> stale;
  feed.take_stale(at(4), stale);
  EXPECT_TRUE(stale.empty()) << "no room to say so";

  feed.poll(at(5));
  EXPECT_EQ(kinds(feed.local_side()), (std::vector{FeedKind::Snapshot, FeedKind::Snapshot}));
  feed.poll(at(5));
  feed.poll(at(5));  // both blocks are free again
  feed.market(0, bid(at(6), 13, 98, 1));
  feed.take_stale(at(6), stale);
  EXPECT_EQ(stale, std::vector<InstrumentIndex>{0});
  feed.poll(at(6));
  EXPECT_EQ(kinds(feed.local_side()), std::vector{FeedKind::Gap});
  feed.market(0, snapshot(at(7), 20, 96, 100));
  feed.poll(at(7));
  EXPECT_EQ(kinds(feed.local_side()), std::vector{FeedKind::Snapshot});
}

TEST(LiveFeed, WhoEntersTheWatchListOrLeavesItIsToldOnceAndNoVenueHearsOfIt) {
  const std::vector instruments{coin()};
  LiveFeed feed{instruments};
  feed.watched(0, true, at(1));
  feed.watched(0, true, at(2));
  feed.watched(0, false, at(3));
  EXPECT_EQ(feed.poll(at(4)), 2u);
  EXPECT_EQ(kinds(feed.local_side()), (std::vector{FeedKind::Watched, FeedKind::Unwatched}));
  EXPECT_EQ(kinds(feed.venue_side()), std::vector<FeedKind>{});
  EXPECT_EQ(feed.heard_at(0), kNoTime) << "of its market nothing was heard";
}

TEST(LiveFeed, WhereThereIsNoRoomToTellWhoLeftItIsToldOnceThereIs) {
  const std::vector instruments{coin()};
  LiveFeed feed{instruments, 1};
  std::vector<InstrumentIndex> stale;
  feed.market(0, snapshot(at(1), 10, 96, 100));
  feed.watched(0, true, at(2));
  feed.watched(0, false, at(2));
  feed.take_stale(at(2), stale);
  for (int i = 0; i < 3; ++i) feed.poll(at(3));  // its block is free again
  feed.take_stale(at(4), stale);
  EXPECT_EQ(feed.poll(at(4)), 1u);
  EXPECT_EQ(kinds(feed.local_side()), std::vector{FeedKind::Unwatched}) << "as it stands";
  feed.take_stale(at(5), stale);
  EXPECT_EQ(feed.poll(at(5)), 0u);
  EXPECT_TRUE(stale.empty()) << "its book has lost nothing";
}

TEST(LiveFeed, NoMessageIsEarlierThanWhatTheEngineHasSeen) {
  const std::vector instruments{coin()};
  LiveFeed feed{instruments};
  feed.poll(at(10));
  feed.market(0, trade(at(9), 100, 1, Side::Buy));   // on its way while the engine was at 10
  feed.market(0, trade(at(12), 100, 1, Side::Buy));  // and one that our clock, set back since, is before
  feed.poll(at(11));
  const auto batch = feed.local_side().next_batch();
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch[0].local_time, at(10));
  EXPECT_EQ(batch[1].local_time, at(11));
  EXPECT_EQ(batch[0].exchange_time, at(9) - kMillisecond) << "the venue's own time stays what it is";
  const auto venue = feed.venue_side().next_batch();
  ASSERT_EQ(venue.size(), 2u);
  EXPECT_EQ(venue[0].exchange_time, at(10)) << "paper meets the market when we hear of it";
}

TEST(LiveFeed, APriceThatNoBookCanHoldIsRefusedAlone) {
  const std::vector instruments{coin()};
  LiveFeed feed{instruments};
  feed.market(0, trade(at(1), -5, 1, Side::Buy));
  feed.market(0, trade(at(1), 5, 1, Side::Buy));
  EXPECT_EQ(feed.poll(at(1)), 1u);
  EXPECT_EQ(feed.refused(), 1u);
}

// The engine of a backtest, turn by turn: nothing now is not the end, timers go on, bars end by the clock, and an order
// on paper is filled by what is traded later.
TEST(LiveEngine, PaperFillsFromALiveFeedWithPausesInIt) {
  const std::vector instruments{coin()};
  LiveFeed feed{instruments};
  sim::RunModels models{.queue = sim::QueueModel::RiskAverse,
                        .latency = {.entry = 5 * kMillisecond, .response = 5 * kMillisecond}};
  sim::VenueSimulator venue{instruments, {models}, sim::FillRules::Stom, feed.venue_side(), 1};
  Engine engine{instruments, feed.local_side(), venue};
  BuyAt98::Seen seen;
  stom::Run& run = engine.add_run(std::make_unique<BuyAt98>(seen), {.configuration = "live", .cash = {}});
  ASSERT_TRUE(engine.start(at(0), kMinute));
  const auto turn = [&](double seconds) {
    feed.poll(at(seconds));
    EXPECT_TRUE(engine.advance(at(seconds))) << "a live engine is never at its end";
  };
  turn(0.5);
  turn(1.5);
  EXPECT_EQ(seen.timers, (std::vector{at(1)}));
  feed.market(0, snapshot(at(2), 10, 96, 100));
  turn(2.0);
  ASSERT_EQ(run.orders().size(), 1u);
  EXPECT_EQ(run.orders()[0].status, OrderStatus::PendingNew);
  turn(2.02);
  EXPECT_EQ(run.orders()[0].status, OrderStatus::Working) << "there and back in 10 ms, though nothing was traded";
  feed.market(0, trade(at(3), 97, 5, Side::Sell));
  turn(3.0);
  turn(3.5);
  EXPECT_EQ(run.position(0).value, 2);
  EXPECT_EQ(seen.events, (std::vector{OrderEventKind::Accepted, OrderEventKind::Filled}));
  turn(61);
  EXPECT_EQ(seen.ends_of_bars, std::vector{at(60)}) << "the bar ends though nothing comes any more";
  EXPECT_EQ(seen.timers.back(), at(61));
}

// A stock on paper keeps its market's hours by the clock of the session: closed, gathered, one price.
TEST(LiveEngine, AStockOnPaperTradesInTheAuctionsOfItsMarket) {
  const std::vector<Instrument> instruments{{.id = "kiwoom:005930",
                                             .base = "005930",
                                             .quote = "KRW",
                                             .price_decimals = 0,
                                             .quantity_decimals = 0,
                                             .ladder = {{{0}, {1}}},
                                             .lot = {1}}};
  LiveFeed feed{instruments};
  sim::RunModels models{.queue = sim::QueueModel::RiskAverse,
                        .latency = {.entry = 5 * kMillisecond, .response = 5 * kMillisecond},
                        .markets = sim::markets_of(instruments)};
  sim::VenueSimulator venue{instruments, {models}, sim::FillRules::Stom, feed.venue_side(), 1};
  Engine engine{instruments, feed.local_side(), venue};
  BuyAt98::Seen seen;
  stom::Run& run = engine.add_run(std::make_unique<BuyAt98>(seen), {.configuration = "live", .cash = {}});
  const auto kst = [](std::string_view clock) {
    return parse_time("2026-11-27T" + std::string{clock} + "+09:00").value();
  };
  ASSERT_TRUE(engine.start(kst("08:00:00"), kMinute));
  const auto turn = [&](std::string_view clock) {
    feed.poll(kst(clock));
    ASSERT_TRUE(engine.advance(kst(clock)));
  };
  const auto book = [&](std::string_view clock) { feed.market(0, snapshot(kst(clock), 0, 90, 110)); };
  book("08:10:00");
  turn("08:10:00");
  turn("08:10:01");
  EXPECT_EQ(seen.events, std::vector{OrderEventKind::Rejected}) << "closed";
  book("08:50:00");
  turn("08:50:00");
  turn("08:50:01");
  EXPECT_EQ(seen.events.back(), OrderEventKind::Accepted);
  feed.market(0, trade(kst("08:59:00"), 97, 5, Side::Sell));
  turn("08:59:00");
  turn("08:59:01");
  EXPECT_EQ(run.position(0).value, 0) << "off hours others trade at the last close; nobody of the auction does";
  feed.market(0, trade(kst("09:00:12"), 97, 5, Side::Sell));
  turn("09:00:12");
  turn("09:00:13");
  EXPECT_EQ(run.position(0).value, 2);
  ASSERT_EQ(run.state().fills().size(), 1u);
  EXPECT_EQ(run.state().fills()[0].price.value, 97) << "the auction's price, not the limit";
}

}  // namespace
}  // namespace stom
