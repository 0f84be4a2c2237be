#include "research/order_fates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "research/queue_search.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom::research {
namespace {

Instrument coin() {
  Instrument instrument;
  instrument.id = "test:COIN";
  instrument.base = "COIN";
  instrument.quote = "USD";
  instrument.ladder = {{Price{0}, Price{1}}};
  return instrument;
}

JournalRecord submitted(UnixNanos at, std::uint64_t request, const NewOrder& order) {
  JournalRecord record;
  record.kind = RecordKind::Submit;
  record.time = at;
  record.request = request;
  record.order = order;
  return record;
}

JournalRecord told(std::uint64_t request, const OrderEvent& event) {
  JournalRecord record;
  record.kind = RecordKind::OrderEvent;
  record.time = event.local_time;
  record.request = request;
  record.event = event;
  return record;
}

constexpr NewOrder bid(ClientOrderId id, std::int64_t quantity, std::int64_t price) {
  return {.id = id, .side = Side::Buy, .quantity = {quantity}, .price = {price}};
}

// A book of bids at 100 and asks at 110, told as it changes.
class OrdersTape {
 public:
  explicit OrdersTape(OrderTrial& trial) : trial_{trial} {}
  void book(UnixNanos at, std::int64_t bids) {
    const FeedLevel levels[] = {{100, bids}, {110, 50}};
    say(at, FeedKind::Snapshot, levels);
  }
  void bids(UnixNanos at, std::int64_t quantity) {
    const FeedLevel level[] = {{100, quantity}};
    say(at, FeedKind::Depth, level);
  }
  void gap(UnixNanos at) { say(at, FeedKind::Gap, {}); }
  void sold(UnixNanos at, std::int64_t quantity, std::int64_t price = 100) {
    const FeedLevel level[] = {{price, quantity}};
    say(at, FeedKind::Trade, level);
  }

 private:
  void say(UnixNanos at, FeedKind kind, std::span<const FeedLevel> levels) {
    FeedMessage message = test::feed_message(at, kind, levels, std::min<std::size_t>(levels.size(), 1));
    message.sell_aggressor = true;
    trial_.on_message(message);
  }
  OrderTrial& trial_;
};

TEST(OrderFates, AreWhatTheVenueSaid) {
  const std::vector<JournalRecord> journal{
      submitted(100, 1, bid(1, 5, 100)),
      submitted(105, 2, bid(2, 5, 120)),
      submitted(106, 3, bid(3, 5, 99)),
      told(1, {.kind = OrderEventKind::Accepted, .id = 1, .time = 110, .local_time = 120, .leaves = {5}}),
      told(2, {.kind = OrderEventKind::Accepted, .id = 2, .time = 115, .local_time = 125, .leaves = {5}}),
      told(2, {.kind = OrderEventKind::Filled,
               .liquidity = Liquidity::Taker,
               .id = 2,
               .time = 115,
               .local_time = 125,
               .price = {110},
               .quantity = {5}}),
      told(
          3,
          {.kind = OrderEventKind::Rejected, .reason = RejectReason::OffTick, .id = 3, .time = 116, .local_time = 126}),
      told(0, {.kind = OrderEventKind::Filled,
               .id = 1,
               .time = 200,
               .local_time = 209,
               .price = {100},
               .quantity = {2},
               .leaves = {3}}),
      told(0, {.kind = OrderEventKind::Canceled, .id = 1, .time = 300, .local_time = 310}),
  };
  const auto fates = order_fates(journal);
  ASSERT_EQ(fates.size(), 2U) << "what was refused met no market";
  EXPECT_EQ(fates[0].acted, 110);
  EXPECT_EQ(fates[0].first_fill, 200);
  EXPECT_EQ(fates[0].over, 300);
  EXPECT_TRUE(fates[0].rested);
  EXPECT_FALSE(fates[1].rested) << "it took";
  EXPECT_EQ(fates[1].taken, 5);
  EXPECT_TRUE(fates[1].taken_value == 550);
}

// Only what had nothing before it says how long its own way is.
TEST(Latencies, LeaveOutWhatHadToWait) {
  const std::vector<JournalRecord> journal{
      submitted(100, 1, bid(1, 5, 100)),
      submitted(105, 2, bid(2, 5, 100)),  // behind the first, which arrives at 110
      told(1, {.kind = OrderEventKind::Accepted, .id = 1, .time = 110, .local_time = 120}),
      told(2, {.kind = OrderEventKind::Accepted, .id = 2, .time = 112, .local_time = 121}),  // behind the first answer
      submitted(130, 3, bid(3, 5, 100)),
      told(3, {.kind = OrderEventKind::Accepted, .id = 3, .time = 137, .local_time = 145}),
      submitted(150, 4, bid(4, 5, 100)),
      told(4, {.kind = OrderEventKind::Denied, .id = 4, .time = 150, .local_time = 150}),  // our own guard
      submitted(160, 5, bid(5, 5, 100)),
      told(5, {.kind = OrderEventKind::Rejected,
               .reason = RejectReason::TooManyOrders,
               .id = 5,
               .time = 163,
               .local_time = 163}),
      told(0, {.kind = OrderEventKind::Filled, .id = 1, .time = 200, .local_time = 206, .quantity = {5}}),
  };
  const Latencies found = latencies_in(journal);
  EXPECT_EQ(found.entries, (std::vector<DurationNanos>{10, 7}));
  EXPECT_EQ(found.responses, (std::vector<DurationNanos>{10, 8, 6}));
  EXPECT_EQ(found.round_trips, (std::vector<DurationNanos>{20, 15}));
  ASSERT_EQ(found.requests.size(), 4U);
  EXPECT_EQ(found.requests[1].entry, 7);
  EXPECT_EQ(found.requests[1].response, 9);
  EXPECT_EQ(found.requests[3].entry, -3) << "refused unread, heard of after 3";
}

JournalRecord canceled(UnixNanos at, std::uint64_t request, ClientOrderId id) {
  JournalRecord record = submitted(at, request, {.id = id});
  record.kind = RecordKind::Cancel;
  return record;
}

// What is canceled while it waits for its budget ends here: its cancel took no time, for it went nowhere.
TEST(Latencies, AnOrderThatWasTakenBackBeforeItLeftSaysNothingOfTheWay) {
  const std::vector<JournalRecord> journal{
      submitted(100, 1, bid(1, 5, 100)),
      canceled(101, 2, 1),
      told(2, {.kind = OrderEventKind::Canceled, .id = 1, .time = 101, .local_time = 101}),
      submitted(200, 3, bid(2, 5, 100)),
      told(3, {.kind = OrderEventKind::Accepted, .id = 2, .time = 204, .local_time = 207}),
      canceled(300, 4, 2),
      told(4, {.kind = OrderEventKind::Canceled, .id = 2, .time = 305, .local_time = 311}),
  };
  const Latencies found = latencies_in(journal);
  EXPECT_EQ(found.entries, (std::vector<DurationNanos>{4, 5}));
  EXPECT_EQ(found.responses, (std::vector<DurationNanos>{3, 6}));
  EXPECT_EQ(found.round_trips, (std::vector<DurationNanos>{7, 11}));
  EXPECT_EQ(found.requests.size(), 2U);
  const auto fates = order_fates(journal);
  ASSERT_EQ(fates.size(), 1U);
  EXPECT_EQ(fates[0].order.id, 2U);
}

JournalRecord restarted(UnixNanos at) {
  JournalRecord record;
  record.kind = RecordKind::Restart;
  record.time = at;
  return record;
}

// A stop that is kept here is sent when it leaves, not when it was asked for.
TEST(Latencies, AnOrderThatIsKeptIsSentWhenItLeaves) {
  NewOrder stop = bid(1, 5, 0);
  stop.type = OrderType::Stop;
  const auto held = [](OrderEventKind kind, UnixNanos at) {
    return told(1, {.kind = kind, .reason = RejectReason::Held, .id = 1, .time = at, .local_time = at, .leaves = {5}});
  };
  const std::vector<JournalRecord> journal{
      submitted(100, 1, stop),
      held(OrderEventKind::Accepted, 101),
      held(OrderEventKind::Triggered, 500),
      told(1, {.kind = OrderEventKind::Accepted, .id = 1, .time = 503, .local_time = 507, .leaves = {5}}),
  };
  const Latencies found = latencies_in(journal);
  EXPECT_EQ(found.entries, std::vector<DurationNanos>{3});
  EXPECT_EQ(found.responses, std::vector<DurationNanos>{4});
  EXPECT_EQ(found.round_trips, std::vector<DurationNanos>{7});
  const auto fates = order_fates(journal);
  ASSERT_EQ(fates.size(), 1U);
  EXPECT_EQ(fates[0].acted, 503) << "keeping it was no venue's word";
}

// The venue no longer says which request it was: its word of the cancel is the answer, and the next request is alone.
TEST(Latencies, ACancelBehindTheOrdersEndIsAnswered) {
  const std::vector<JournalRecord> journal{
      submitted(100, 1, bid(1, 5, 100)),
      told(1, {.kind = OrderEventKind::Accepted, .id = 1, .time = 104, .local_time = 110, .leaves = {5}}),
      canceled(200, 2, 1),
      told(0, {.kind = OrderEventKind::Filled, .id = 1, .time = 199, .local_time = 205, .quantity = {5}}),
      told(0, {.kind = OrderEventKind::CancelRejected, .id = 1, .time = 206, .local_time = 212}),
      canceled(300, 3, 2),
      told(0, {.kind = OrderEventKind::Filled, .id = 2, .time = 299, .local_time = 305, .quantity = {5}}),
      submitted(400, 4, bid(3, 5, 100)),  // whether or not the cancel before it is ever answered
      told(4, {.kind = OrderEventKind::Accepted, .id = 3, .time = 403, .local_time = 409, .leaves = {5}}),
  };
  EXPECT_EQ(latencies_in(journal).round_trips, (std::vector<DurationNanos>{10, 12, 9}));
}

TEST(Latencies, WhatARestartAskedForAgainTellsOfNoWay) {
  const std::vector<JournalRecord> journal{
      submitted(100, 1, bid(1, 5, 100)),
      restarted(9'000),
      told(1, {.kind = OrderEventKind::Accepted, .id = 1, .time = 104, .local_time = 9'100, .leaves = {5}}),
      submitted(9'200, 1, bid(2, 5, 100)),
      told(1, {.kind = OrderEventKind::Accepted, .id = 2, .time = 9'203, .local_time = 9'208, .leaves = {5}}),
  };
  const Latencies found = latencies_in(journal);
  EXPECT_EQ(found.round_trips, std::vector<DurationNanos>{8});
  EXPECT_EQ(found.requests.size(), 1U);
}

TEST(OrderFates, NobodyFollowedWhatStoodOverARestart) {
  const std::vector<JournalRecord> journal{
      submitted(100, 1, bid(1, 5, 100)),
      told(1, {.kind = OrderEventKind::Accepted, .id = 1, .time = 110, .local_time = 120, .leaves = {5}}),
      restarted(9'000),
      told(0, {.kind = OrderEventKind::Filled, .id = 1, .time = 8'000, .local_time = 9'100, .quantity = {5}}),
      submitted(9'200, 2, bid(2, 5, 100)),
      told(2, {.kind = OrderEventKind::Accepted, .id = 2, .time = 9'203, .local_time = 9'208, .leaves = {5}}),
  };
  const auto fates = order_fates(journal);
  ASSERT_EQ(fates.size(), 2U);
  EXPECT_FALSE(fates[0].followed);
  EXPECT_EQ(fates[0].over, 110);
  EXPECT_TRUE(fates[1].followed);
}

TEST(OrderFates, ShowHowFineTheVenuesClockIs) {
  std::vector<OrderFate> fates(20);
  for (std::size_t i = 0; i < fates.size(); ++i) fates[i].acted = static_cast<UnixNanos>(i) * kSecond;
  EXPECT_EQ(clock_of(fates), kSecond);
  fates[3].acted += 123'456'789;  // our own time of an answer that had none
  EXPECT_EQ(clock_of(fates), kSecond);
  for (OrderFate& fate : fates) fate.acted += 7 * kMillisecond;
  EXPECT_EQ(clock_of(fates), kMillisecond);
  for (OrderFate& fate : fates) fate.acted += 1;
  EXPECT_EQ(clock_of(fates), 1);
}

// 10 stand before our bid of 1, then 10 behind it; 8 of the 20 leave, of which 8 / 2^N from before us, so that front is
// 10 - 8 / 2^N; then 8 are sold. They reach us where front is 7 or less: N up to log2(8/3) = 1.415.
QueueSearch after_eight_are_sold(UnixNanos first_fill, NewOrder order = bid(1, 1, 100)) {
  const std::vector<Instrument> instruments{coin()};
  static std::vector<OrderFate> fates;
  fates = {{.order = order, .sent = 5, .acted = 20, .first_fill = first_fill, .over = 70, .rested = true}};
  QueueSearch search{fates, 0};
  for (int pass = 0; pass < QueueSearch::kPasses; ++pass) {
    std::vector<sim::RunModels> models;
    for (const auto& queue : search.models()) models.push_back({.queue = queue});
    OrderTrial trial{instruments, fates, sim::FillRules::Stom, std::move(models)};
    OrdersTape tape{trial};
    tape.book(10, 10);
    tape.bids(30, 20);
    tape.bids(40, 12);
    tape.sold(50, 8);
    tape.bids(60, 4);
    trial.finish();
    EXPECT_EQ(trial.reached(0), OrderTrial::Reached::At);
    search.read(trial);
  }
  return search;
}

TEST(QueueSearch, AFillThatCameBoundsTheExponentFromAbove) {
  const QueueSearch search = after_eight_are_sold(50);
  EXPECT_EQ(search.telling(), 1U);
  const ExponentFit fit = search.fit();
  EXPECT_TRUE(fit.open_below);
  EXPECT_GE(fit.exponent.high, 1.415);
  EXPECT_LT(fit.exponent.value, 1.415);
  EXPECT_EQ(fit.consistent, 1U);
}

TEST(QueueSearch, AFillThatDidNotComeBoundsItFromBelow) {
  const QueueSearch search = after_eight_are_sold(kNever);
  EXPECT_EQ(search.telling(), 1U);
  const ExponentFit fit = search.fit();
  EXPECT_TRUE(fit.open_above);
  EXPECT_LE(fit.exponent.low, 1.416);
  EXPECT_GT(fit.exponent.value, 1.415);
}

TEST(QueueSearch, ABracketIsNoPartOfWhereItsOrderStood) {
  NewOrder order = bid(1, 1, 100);
  order.stop_loss = {90};
  order.take_profit = {120};
  EXPECT_EQ(after_eight_are_sold(50, order).telling(), 1U);
}

// Filled at 35, when nothing had been sold yet: no place in a queue leads to that.
TEST(QueueSearch, AnOrderThatNoQueueExplainsSaysNothingOfTheExponent) {
  const QueueSearch search = after_eight_are_sold(35);
  EXPECT_EQ(search.telling(), 0U);
  EXPECT_EQ(search.unexplained(), 1U);
}

// Between two updates that are missing it may have been filled by anything; so may what was filled behind the last.
TEST(QueueSearch, AnOrderThatStoodWhileUpdatesWereMissingSaysNothing) {
  const std::vector<Instrument> instruments{coin()};
  std::vector<OrderFate> fates{
      {.order = bid(1, 1, 100), .sent = 5, .acted = 20, .first_fill = 50, .over = 50, .rested = true},
      {.order = bid(2, 1, 100), .sent = 5, .acted = 55, .first_fill = 62, .over = 62, .rested = true},
      {.order = bid(3, 1, 100), .sent = 5, .acted = 55, .first_fill = 90, .over = 90, .rested = true}};
  OrderTrial trial{instruments, fates, sim::FillRules::Stom, {{.queue = sim::QueueModel::Power3}}};
  EXPECT_FALSE(trial.has_books());
  OrdersTape tape{trial};
  tape.book(10, 10);
  tape.gap(30);
  tape.book(40, 10);
  tape.sold(50, 12);
  tape.bids(58, 10);
  tape.sold(62, 12);
  tape.bids(70, 4);
  trial.finish();
  EXPECT_TRUE(trial.has_books());
  EXPECT_FALSE(trial.seen(0)) << "a gap at 30";
  EXPECT_TRUE(trial.seen(1));
  EXPECT_FALSE(trial.seen(2)) << "nothing is known of 90";
}

// We saw 3 at 110 and 5 at 111 and bought 4: 110.25 each. They cost 111 each, 0.75 ticks more.
TEST(Slippage, IsWhatWasPaidBeyondTheBookThatWeSaw) {
  const std::vector<Instrument> instruments{coin()};
  const NewOrder order{.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {4}};
  const std::vector<OrderFate> fates{
      {.order = order, .sent = 15, .acted = 20, .first_fill = 20, .over = 20, .taken = 4, .taken_value = 444}};
  SlippageMeter meter{instruments, fates};
  for (const UnixNanos at : {10, 18}) {
    const FeedLevel levels[] = {{100, 5}, {at == 10 ? 110 : 120, 3}, {at == 10 ? 111 : 121, 5}};
    meter.on_message(test::feed_message(at, FeedKind::Snapshot, levels, 1));
  }
  meter.finish();
  ASSERT_EQ(meter.ticks().size(), 1U);
  EXPECT_DOUBLE_EQ(meter.ticks()[0], 0.75);
  EXPECT_EQ(meter.beyond_the_book(), 0U);
}

}  // namespace
}  // namespace stom::research
