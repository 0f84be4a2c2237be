#include "live/live_link.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "engine/engine.hpp"
#include "live/live_feed.hpp"

namespace stom {
namespace {

constexpr UnixNanos at(double seconds) { return static_cast<UnixNanos>(seconds * 1e9); }

NewOrder order(ClientOrderId id) { return {.id = id, .quantity = {5}, .price = {100}}; }

OrderEvent event(OrderEventKind kind, ClientOrderId id, UnixNanos received, std::int64_t leaves = 5) {
  return {.kind = kind, .id = id, .time = received - kMillisecond, .local_time = received, .leaves = {leaves}};
}

std::optional<Answer> take(LiveLink& link, UnixNanos now) {
  Answer answer;
  return link.take(now, answer) ? std::optional{answer} : std::nullopt;
}

TEST(LiveLink, NothingLeavesBeforeItsRecordIsKept) {
  LiveLink link;
  link.submit(0, 1, order(7), at(1));
  LiveLink::Command command;
  EXPECT_FALSE(link.next(command));
  EXPECT_EQ(link.release(), 1u);
  ASSERT_TRUE(link.next(command));
  EXPECT_EQ(command.order.id, 7u);
  EXPECT_FALSE(command.is_cancel);
}

TEST(LiveLink, AnOrderThatIsAdoptedGoesTheSameWayUnderItsNameThere) {
  constexpr std::string_view kName = "9ca023a5-851b-4fec-9f0a-48cd83c2eaae";
  LiveLink link;
  link.adopt(0, 1, order(7), kName, at(1));
  LiveLink::Command command;
  EXPECT_FALSE(link.next(command)) << "nor does that leave before its record is kept";
  link.submit(0, 2, order(8), at(1));
  EXPECT_EQ(link.release(), 2u);
  ASSERT_TRUE(link.next(command));
  EXPECT_EQ(command.order.id, 7u);
  EXPECT_EQ(command.adopts.view(), kName);
  ASSERT_TRUE(link.next(command));
  EXPECT_EQ(command.adopts.view(), "");
  link.report(event(OrderEventKind::Accepted, 7, at(3)));
  link.poll(at(3));
  EXPECT_EQ(take(link, at(9))->request, 1u);
}

TEST(LiveLink, AnAnswerNamesTheRequestThatItAnswers) {
  LiveLink link;
  link.submit(0, 1, order(7), at(1));
  link.cancel(0, 2, {7, 0}, at(2));
  link.report(event(OrderEventKind::Accepted, 7, at(3)));
  link.report(event(OrderEventKind::Filled, 7, at(4), 2));
  link.report(event(OrderEventKind::Canceled, 7, at(5), 2));
  link.poll(at(5));
  EXPECT_EQ(link.advance(at(9)), at(3)) << "the engine stops where the first answer reaches it";
  EXPECT_EQ(take(link, at(9))->request, 1u);
  EXPECT_EQ(take(link, at(9))->request, 0u) << "nobody asked for a fill";
  EXPECT_EQ(take(link, at(9))->request, 2u);
  EXPECT_FALSE(take(link, at(9)));
}

TEST(LiveLink, AnOrderOfUnknownOutcomeIsUnknownUntilTheVenueSaysWhatItIs) {
  LiveLink link;
  link.submit(0, 1, order(7), at(1));
  link.submit(0, 2, order(8), at(1));
  link.report_unknown(7, 0);
  link.report_unknown(7, 0);  // asked again, and again no answer
  link.poll(at(2));
  EXPECT_FALSE(take(link, at(9))) << "it is not rejected, and not canceled";
  EXPECT_EQ(link.unknown(), 1u);
  EXPECT_TRUE(link.is_unknown(7));
  link.report(event(OrderEventKind::Filled, 7, at(3), 0));
  link.poll(at(3));
  EXPECT_EQ(link.unknown(), 0u);
  EXPECT_EQ(take(link, at(9))->event.kind, OrderEventKind::Filled);
}

// "No such order" is no answer to the order itself: it may still be on its way.
TEST(LiveLink, ARefusedCancelSaysNothingOfAnOrderOfUnknownOutcome) {
  LiveLink link;
  link.submit(0, 1, order(7), at(1));
  link.report_unknown(7, 0);
  link.cancel(0, 2, {7, 0}, at(2));
  link.report(event(OrderEventKind::CancelRejected, 7, at(3)));
  link.poll(at(3));
  EXPECT_TRUE(link.is_unknown(7));
  EXPECT_EQ(link.unknown(), 1u);
  EXPECT_EQ(take(link, at(9))->event.kind, OrderEventKind::CancelRejected);
  link.report(event(OrderEventKind::Rejected, 7, at(4)));
  link.poll(at(4));
  EXPECT_EQ(link.unknown(), 0u);
}

TEST(LiveLink, WhatAVenueCallsAnOrderIsThereWithTheAnswersOfTheSamePoll) {
  LiveLink link;
  link.submit(0, 1, order(7), at(1));
  EXPECT_TRUE(link.report_name(7, "0000024"));
  EXPECT_FALSE(link.report_name(7, std::string(LiveLink::Name::kMost + 1, '1'))) << "too long to be kept";
  link.report(event(OrderEventKind::Accepted, 7, at(2)));
  EXPECT_EQ(link.poll(at(2)), 1u) << "a name is no answer";
  ASSERT_EQ(link.names().size(), 1u);
  EXPECT_EQ(link.names()[0].id, 7u);
  EXPECT_EQ(link.names()[0].view(), "0000024");
  link.poll(at(3));
  EXPECT_TRUE(link.names().empty());
}

TEST(LiveLink, OrdersOfOthersAreCountedAndNeverOurPosition) {
  LiveLink link;
  link.report(event(OrderEventKind::Filled, 0, at(1), 0));
  link.poll(at(1));
  EXPECT_FALSE(take(link, at(9)));
  EXPECT_EQ(link.foreign(), 1u);
}

TEST(LiveLink, AnOrderThatFindsNoRoomWasNotSentIsDeniedAndTradingStops) {
  LiveLink link{2, 8};
  for (ClientOrderId id = 1; id <= 3; ++id) link.submit(0, id, order(id), at(1));
  EXPECT_TRUE(link.failed());
  const auto answer = take(link, at(1));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->event.kind, OrderEventKind::Denied);
  EXPECT_EQ(answer->event.id, 3u);
  EXPECT_EQ(answer->request, 3u);
  EXPECT_EQ(link.release(), 2u) << "those before it are on their way";
}

TEST(LiveLink, AFillThatFindsNoRoomIsKeptAndToldLaterAndTradingStops) {
  LiveLink link{8, 2};
  link.submit(0, 1, order(1), at(1));
  for (std::int64_t left = 4; left >= 0; --left) link.report(event(OrderEventKind::Filled, 1, at(2), left));
  EXPECT_TRUE(link.failed());
  std::vector<std::int64_t> leaves;
  for (int turn = 0; turn < 5; ++turn) {
    link.poll(at(3));
    while (const auto answer = take(link, at(3))) leaves.push_back(answer->event.leaves.value);
    link.offer();
  }
  EXPECT_EQ(leaves, (std::vector<std::int64_t>{4, 3, 2, 1, 0})) << "each once, in the venue's order";
}

TEST(LiveLink, AnOrderOfBeforeARestartAnswersToItsRequestAndAnUnknownOneIsUnknownUntilItIsTold) {
  LiveLink link;
  link.resume(7, 3, true);
  link.resume(8, 4, false);
  EXPECT_EQ(link.unknown(), 1u);
  EXPECT_TRUE(link.is_unknown(7));
  link.report(event(OrderEventKind::Accepted, 7, at(1)));
  link.mark();
  link.report(event(OrderEventKind::Canceled, 8, at(2)));
  EXPECT_EQ(link.take_marks(), 0u);
  link.poll(at(2));
  EXPECT_EQ(link.take_marks(), 1u);
  EXPECT_EQ(link.take_marks(), 0u) << "each once";
  EXPECT_EQ(take(link, at(9))->request, 3u);
  EXPECT_EQ(link.unknown(), 0u);
  EXPECT_EQ(take(link, at(9))->event.kind, OrderEventKind::Canceled);
}

TEST(LiveLink, WhatWasHeldBackAndIsNotToLeaveAnyMoreIsDenied) {
  LiveLink link;
  link.submit(0, 1, order(7), at(1));
  link.submit(0, 2, order(8), at(1));
  link.cancel(0, 3, {8, 0}, at(2));
  link.deny_held(at(3));
  EXPECT_EQ(link.poll(at(3)), 2u);  // what is recorded of a turn says how many answers came
  EXPECT_EQ(link.poll(at(3)), 0u);
  EXPECT_EQ(link.release(), 0u);
  for (const std::uint64_t request : {1u, 2u}) {
    const auto answer = take(link, at(3));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->event.kind, OrderEventKind::Denied);
    EXPECT_EQ(answer->request, request);
  }
  EXPECT_FALSE(take(link, at(9)));
}

/// The engine with a venue on the wire, which is the test.
class LiveEngineOnTheWire : public ::testing::Test {
 protected:
  struct Silent final : Strategy {};
  static std::vector<Instrument> coin() {
    Instrument instrument{.id = "acme:COIN", .base = "COIN", .quote = "USD"};
    instrument.ladder = {{Price{0}, Price{1}}};
    return {instrument};
  }
  LiveEngineOnTheWire() {
    run_ = &engine_.add_run(std::make_unique<Silent>(), {.configuration = "live", .cash = {}});
    EXPECT_TRUE(engine_.start(at(0), kMinute));
  }
  void turn(double seconds) {
    feed_.poll(at(seconds));
    link_.poll(at(seconds));
    EXPECT_TRUE(engine_.advance(at(seconds)));
    link_.release();
  }
  std::vector<Instrument> instruments_ = coin();
  LiveFeed feed_{instruments_};
  LiveLink link_;
  Engine engine_{instruments_, feed_.local_side(), link_};
  stom::Run* run_;
};

// A cancel that crosses a fill: what the venue says counts, in its order.
TEST_F(LiveEngineOnTheWire, ACancelThatCrossesAFillLeavesWhatWasFilled) {
  turn(1);
  const auto id = run_->submit({.side = Side::Buy, .quantity = {5}, .price = {100}});
  turn(2);
  LiveLink::Command command;
  ASSERT_TRUE(link_.next(command));
  link_.report(event(OrderEventKind::Accepted, id, at(2.5)));
  turn(3);
  run_->cancel(id);
  turn(4);
  auto fill = event(OrderEventKind::Filled, id, at(4.5), 3);
  fill.price = {100};
  fill.quantity = {2};
  link_.report(fill);
  link_.report(event(OrderEventKind::Canceled, id, at(4.6), 3));
  turn(5);
  EXPECT_TRUE(run_->orders().empty());
  EXPECT_EQ(run_->position(0).value, 2);
}

TEST_F(LiveEngineOnTheWire, AnUnknownOrderStaysAnOrder) {
  turn(1);
  const auto id = run_->submit({.side = Side::Buy, .quantity = {5}, .price = {100}});
  turn(2);
  link_.report_unknown(id, 0);
  turn(3);
  ASSERT_EQ(run_->orders().size(), 1u);
  EXPECT_EQ(link_.unknown(), 1u);
  EXPECT_EQ(run_->refused()[static_cast<std::size_t>(RejectReason::None)], 0u);
}

}  // namespace
}  // namespace stom
