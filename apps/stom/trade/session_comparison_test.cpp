// A session and a re-run of it that part: what is alike is counted as alike, and each difference has its cause.
#include "trade/session_comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stom::trade {
namespace {

using ::testing::HasSubstr;

/// The records of one run, as its journal has them.
class Records {
 public:
  Records& submit(UnixNanos time, ClientOrderId id, std::int64_t price, Side side = Side::Buy,
                  std::int64_t quantity = 5) {
    JournalRecord record;
    record.kind = RecordKind::Submit;
    record.time = time;
    record.request = id;
    record.order = {.id = id, .side = side, .quantity = {quantity}, .price = {price}};
    sent_[id] = record.order;
    all.push_back(record);
    return *this;
  }
  Records& cancel(UnixNanos time, ClientOrderId id) {
    JournalRecord record;
    record.kind = RecordKind::Cancel;
    record.time = time;
    record.order.id = id;
    all.push_back(record);
    return *this;
  }
  Records& told(UnixNanos time, ClientOrderId id, OrderEventKind kind, RejectReason reason = RejectReason::None) {
    return event(time,
                 {.kind = kind, .side = sent_[id].side, .reason = reason, .id = id, .leaves = sent_[id].quantity});
  }
  Records& filled(UnixNanos time, ClientOrderId id, std::int64_t quantity, Liquidity how = Liquidity::Maker,
                  std::int64_t price = 0) {
    NewOrder& order = sent_[id];
    order.quantity.value -= quantity;
    return event(time, {.kind = OrderEventKind::Filled,
                        .side = order.side,
                        .liquidity = how,
                        .id = id,
                        .price = price == 0 ? order.price : Price{price},
                        .quantity = {quantity},
                        .leaves = order.quantity});
  }
  std::vector<JournalRecord> all;

 private:
  Records& event(UnixNanos time, OrderEvent event) {
    JournalRecord record;
    record.kind = RecordKind::OrderEvent;
    record.time = event.time = event.local_time = time;
    record.event = event;
    all.push_back(record);
    return *this;
  }
  std::map<ClientOrderId, NewOrder> sent_;
};

Comparison compared(const Records& session, const Records& rerun, UnixNanos gap_from = kNever) {
  const std::vector<Instrument> instruments{
      {.id = "binance:BTCUSDT", .base = "BTC", .quote = "USDT", .ladder = {{{0}, {1}}}}};
  return compare(session.all, rerun.all, instruments,
                 [&](InstrumentIndex, UnixNanos time) { return time >= gap_from; });
}

constexpr UnixNanos kAt = kSecond;
using enum OrderEventKind;

TEST(ASessionAndItsRerun, AreTheSameWhereTheyAre) {
  Records one;
  one.submit(kAt, 1, 100).told(kAt + 2, 1, Accepted).filled(kAt + 9, 1, 5);
  const auto same = compared(one, one);
  EXPECT_EQ(same.orders.same, 1U);
  EXPECT_EQ(same.fills.same, 1U);
  EXPECT_TRUE(same.first.empty());
}

TEST(ASessionAndItsRerun, ArePairedWhateverNumbersTheirOrdersHave) {
  Records session, rerun;
  session.submit(kAt, 1, 100).submit(kAt + 50, 2, 90);
  rerun.submit(kAt - kSecond / 2, 7, 90).submit(kAt + 10, 8, 100);
  EXPECT_EQ(compared(session, rerun).orders.same, 2U);
}

TEST(ASessionAndItsRerun, CountWhatEachOfABracketsClosingOrdersFilled) {
  Records session;
  session.submit(kAt, 1, 100).told(kAt + 2, 1, Accepted).filled(kAt + 9, 1, 5);
  for (const ClientOrderId round :
       {ClientOrderId{0}, ClientOrderId{1}}) {  // what was filled behind the first got one of its own
    JournalRecord closed;
    closed.kind = RecordKind::OrderEvent;
    closed.time = kAt + 20;
    closed.event = {.kind = Filled,
                    .side = Side::Sell,
                    .id = kStopLossChild | round << kChildRoundShift | 1,
                    .price = {90},
                    .quantity = {1}};
    session.all.push_back(closed);
  }
  EXPECT_EQ(compared(session, session).fills.session, 3U);
  EXPECT_EQ(compared(session, session).fills.same, 3U);
}

TEST(AnOrderThatIsInOneAlone, FollowsFromAnotherPosition) {
  Records session, rerun;
  session.submit(kAt, 1, 100).told(kAt + 2, 1, Accepted).filled(kAt + 9, 1, 5).submit(kAt + 20, 2, 110, Side::Sell);
  rerun.submit(kAt, 1, 100).told(kAt + 2, 1, Accepted);
  const auto apart = compared(session, rerun);
  ASSERT_EQ(apart.first.size(), 2U);
  EXPECT_TRUE(apart.first[0].is_fill);
  EXPECT_EQ(apart.first[0].cause, Cause::Queue);  // it rested in both
  EXPECT_EQ(apart.first[1].cause, Cause::Follows);
  EXPECT_THAT(apart.first[1].why, HasSubstr("position 5 in the session, 0 in the re-run"));
  EXPECT_THAT(apart.first[1].session, HasSubstr("order 2: sell 5"));
  EXPECT_EQ(apart.first[1].rerun, "");
  EXPECT_EQ(apart.orders.session, 2U);
  EXPECT_EQ(apart.orders.rerun, 1U);
  EXPECT_EQ(apart.fills.session, 1U);
}

TEST(AnOrderThatIsInOneAlone, SawAnotherMarketWhereAllElseIsAlike) {
  Records session, rerun;
  session.submit(kAt, 1, 100);
  rerun.submit(kAt, 1, 101);
  const auto apart = compared(session, rerun);
  EXPECT_EQ(apart.causes.at(Cause::MarketData), 2U);
}

TEST(AnOrderThatIsInOneAlone, IsPutDownToTheRecordingWhereThatHasAGap) {
  Records session, rerun;
  session.submit(kAt, 1, 100).submit(kAt + 5, 2, 90);
  rerun.submit(kAt, 1, 100);
  const auto apart = compared(session, rerun, kAt + 5);
  ASSERT_EQ(apart.first.size(), 1U);
  EXPECT_EQ(apart.first[0].cause, Cause::RecordingGap);
}

TEST(AnOrderThatIsInOneAlone, MayComeOfAnAnswerThatWasThereInOneAlone) {
  Records session, rerun;
  session.submit(kAt, 1, 100).told(kAt + 5, 1, Accepted).cancel(kAt + 8, 1).submit(kAt + 8, 2, 90);
  rerun.submit(kAt, 1, 100).told(kAt + 9, 1, Accepted);
  EXPECT_EQ(compared(session, rerun).first.at(0).cause, Cause::Latency);
}

TEST(AnOrderThatWasRefused, InOneAloneIsNotTheSame) {
  Records session, rerun;
  session.submit(kAt, 1, 100).told(kAt + 2, 1, Rejected, RejectReason::PostOnlyWouldTake);
  rerun.submit(kAt, 1, 100).told(kAt + 2, 1, Accepted).filled(kAt + 9, 1, 5);
  const auto apart = compared(session, rerun);
  EXPECT_EQ(apart.orders.same, 0U);
  EXPECT_EQ(apart.refused, 1U);
  ASSERT_EQ(apart.first.size(), 2U);
  EXPECT_EQ(apart.first[0].cause, Cause::Refused);
  EXPECT_EQ(apart.first[0].why, "post_only_would_take in the session alone");
  EXPECT_EQ(apart.first[1].cause, Cause::Refused);
}

TEST(AFill, OfAnOrderThatTookAtAnotherPriceWasUnderWayForAnotherTime) {
  Records session, rerun;
  session.submit(kAt, 1, 100).filled(kAt + 2, 1, 5, Liquidity::Taker, 99);
  rerun.submit(kAt, 1, 100).filled(kAt + 3, 1, 5, Liquidity::Taker, 98);
  const auto apart = compared(session, rerun);
  EXPECT_EQ(apart.orders.same, 1U);
  EXPECT_EQ(apart.fills.same, 0U);
  EXPECT_EQ(apart.causes.at(Cause::Latency), 2U);
}

TEST(AFill, OfAnOrderThatTheOtherHadCanceledByThenIsOfLatency) {
  Records session, rerun;
  session.submit(kAt, 1, 100).told(kAt + 2, 1, Accepted).cancel(kAt + 5, 1).filled(kAt + 9, 1, 5);
  rerun.submit(kAt, 1, 100).told(kAt + 2, 1, Accepted).cancel(kAt + 5, 1).told(kAt + 7, 1, Canceled);
  EXPECT_EQ(compared(session, rerun).first.at(0).cause, Cause::Latency);
}

TEST(ManyDifferences, AreCountedAndTheFirstAreTold) {
  Records session, rerun;
  for (ClientOrderId id = 1; id <= 100; ++id) session.submit(kAt + static_cast<UnixNanos>(id), id, 100);
  const auto apart = compared(session, rerun);
  EXPECT_EQ(apart.first.size(), Comparison::kTold);
  std::uint64_t all = 0;
  for (const auto& [cause, count] : apart.causes) all += count;
  EXPECT_EQ(all, 100U);
}

}  // namespace
}  // namespace stom::trade
