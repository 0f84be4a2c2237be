#include "orders/holding_link.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include "core/random.hpp"
#include "engine/engine.hpp"
#include "engine/heard_market.hpp"
#include "engine/recovery.hpp"
#include "live/live_link.hpp"
#include "market/market.hpp"
#include "orders/holding_runs.hpp"
#include "sim/venue_simulator.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom::orders {
namespace {

namespace fs = std::filesystem;
using enum OrderEventKind;

std::vector<Instrument> one_coin() {
  return {{.id = "test:COIN", .base = "COIN", .quote = "USD", .ladder = {{{0}, {1}}}}};
}

/// Our side of a market, and a venue on the wire that has limit and market orders alone.
class AtAPlainVenue : public testing::Test {
 protected:
  std::unique_ptr<HoldingLink> make(OrdersOffered offered = {}) {
    return std::make_unique<HoldingLink>(
        instruments_, std::vector{offered}, wire_,
        HoldingLink::Port{[this](ClientOrderId id, RejectReason) { refused_.push_back(id); },
                          [this](const std::string& line) { said_.push_back(line); }});
  }
  void hear(FeedKind kind, std::initializer_list<FeedLevel> levels, bool auction = false) {
    const std::vector<FeedLevel> all{levels};
    now_ += kSecond;
    FeedMessage message = stom::test::feed_message(now_, kind, all, std::min<std::size_t>(all.size(), 1));
    message.auction = auction;
    market_.apply(message);
    market_.refresh();
    link_->heard(message, market_);
    answer();
  }
  void book(std::int64_t bid, std::int64_t ask) { hear(FeedKind::Snapshot, {{bid, 100}, {ask, 100}}); }
  void trades(std::int64_t price) { hear(FeedKind::Trade, {{price, 1}}); }

  /// Nothing has been told by then.
  void submit_only(const NewOrder& order) {
    link_->submit(0, ++request_, order, now_);
    EXPECT_TRUE(recovered_.fold({.kind = RecordKind::Submit, .time = now_, .request = request_, .order = order}));
  }
  void submit(const NewOrder& order) {
    submit_only(order);
    now_ += kMillisecond;
    answer();
  }
  /// Order 1: stop-loss at 90, take-profit at 110.
  void buy_ten_with_a_bracket() {
    submit({.id = 1,
            .side = Side::Buy,
            .type = OrderType::Market,
            .quantity = {10},
            .stop_loss = {90},
            .take_profit = {110}});
  }
  void cancel(ClientOrderId id) {
    link_->cancel(0, ++request_, {id, 0}, now_);
    now_ += kMillisecond;
    answer();
  }
  /// The venue says so.
  void venue(OrderEvent event) {
    event.local_time = now_;
    wire_.report(event);
    wire_.poll(now_);
    answer();
  }
  void fills(ClientOrderId id, Side side, std::int64_t quantity, std::int64_t leaves) {
    venue({.kind = Filled, .side = side, .id = id, .price = {100}, .quantity = {quantity}, .leaves = {leaves}});
  }
  /// All that is due, folded as the journal would have it.
  void answer() {
    Answer answer;
    while (link_->advance(now_) <= now_ && link_->take(now_, answer)) {
      told_.push_back(answer.event);
      ASSERT_TRUE(recovered_.fold(
          {.kind = RecordKind::OrderEvent, .time = now_, .request = answer.request, .event = answer.event}));
    }
    wire_.release();
  }
  /// What left for the venue since the last time.
  std::string left() {
    std::string all;
    LiveLink::Command command;
    while (wire_.next(command)) {
      const NewOrder& o = command.order;
      all += command.is_cancel ? fmt::format("cancel {};", o.id)
                               : fmt::format("{} {} {} of {} at {};", o.id, o.side == Side::Buy ? "buy" : "sell",
                                             o.type == OrderType::Market  ? "market"
                                             : o.type == OrderType::Limit ? "limit"
                                                                          : "?",
                                             o.quantity.value, o.price.value);
    }
    return all;
  }
  std::size_t count(OrderEventKind kind) const {
    return static_cast<std::size_t>(std::ranges::count(told_, kind, &OrderEvent::kind));
  }
  std::string waiting() const {
    std::string all;
    for (const auto& held : link_->held().all())
      if (held.kept)
        all += fmt::format("{}x{} ",
                           held.order.id & ~kParentIds ? (held.order.id & kStopLossChild ? "stop" : "target") : "own",
                           held.order.quantity.value);
    return all;
  }
  /// kill -9, and another process begins with what the journal leads to.
  void crash() {
    link_ = make();
    told_.clear();
    market_ = InstrumentMarket{instruments_[0]};
    HeldOrders held = recovered_.held();
    link_->resume(std::move(held), now_);
    answer();
  }
  /// All that happened meanwhile has been told.
  void go_on() {
    link_->go_on(now_);
    answer();
  }

  std::vector<Instrument> instruments_ = one_coin();
  LiveLink wire_;
  InstrumentMarket market_{instruments_[0]};
  Recovery recovered_{instruments_, {}, {OrdersOffered{}}};
  std::vector<ClientOrderId> refused_;
  std::vector<std::string> said_;
  std::vector<OrderEvent> told_;
  UnixNanos now_ = kSecond;
  std::uint64_t request_ = 0;
  std::unique_ptr<HoldingLink> link_ = make();
};

constexpr ClientOrderId kStop = kStopLossChild | 1, kTarget = kTakeProfitChild | 1;

TEST_F(AtAPlainVenue, AStopLeavesAsAMarketOrderUnderItsOwnIdOnceItsPriceIsReached) {
  book(99, 101);
  trades(100);
  submit({.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {5}, .trigger_price = {95}});
  EXPECT_EQ(told_.back().kind, Accepted);
  EXPECT_EQ(told_.back().reason, RejectReason::Held);
  trades(96);
  EXPECT_EQ(left(), "");
  trades(95);
  EXPECT_EQ(told_.back().kind, Triggered);
  EXPECT_EQ(left(), "1 sell market of 5 at 0;");
  trades(90);
  EXPECT_EQ(left(), "") << "once";
}

TEST_F(AtAPlainVenue, WhatIsCanceledWhileItWaitsNeverLeaves) {
  book(99, 101);
  submit({.id = 1,
          .side = Side::Buy,
          .type = OrderType::StopLimit,
          .quantity = {5},
          .price = {107},
          .trigger_price = {105}});
  cancel(1);
  EXPECT_EQ(told_.back().kind, Canceled);
  trades(106);
  EXPECT_EQ(left(), "");
  EXPECT_EQ(waiting(), "");
}

TEST_F(AtAPlainVenue, NothingActsOnAStaleBookAndAllOfItWithTheFirstFreshOne) {
  book(99, 101);
  submit({.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {5}, .trigger_price = {95}});
  hear(FeedKind::Gap, {});
  trades(90);
  EXPECT_EQ(left(), "");
  book(89, 91);
  EXPECT_EQ(left(), "1 sell market of 5 at 0;");
}

TEST_F(AtAPlainVenue, ATrailingStopFollowsThePriceAlsoOverACrash) {
  book(99, 101);
  trades(100);
  submit({.id = 1, .side = Side::Sell, .type = OrderType::TrailingStop, .quantity = {5}, .trail = {10}});
  trades(120);
  crash();
  go_on();
  book(114, 116);
  trades(115);
  EXPECT_EQ(left(), "") << "5 below the best";
  trades(110);
  EXPECT_EQ(left(), "1 sell market of 5 at 0;");
}

TEST_F(AtAPlainVenue, WhatHadItsPriceWhileNobodyWatchedActsOnTheFirstFreshPriceAndIsTold) {
  book(99, 101);
  submit({.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {5}, .trigger_price = {95}});
  crash();
  go_on();
  EXPECT_EQ(left(), "");
  book(79, 81);
  trades(80);
  EXPECT_EQ(left(), "1 sell market of 5 at 0;");
  ASSERT_EQ(said_.size(), 1U);
  EXPECT_NE(said_[0].find("order 1 had its price before the session went on"), std::string::npos);
}

TEST_F(AtAPlainVenue, WhatLeftAndWasNotAnsweredIsUnknownAfterACrashAndNotSentAgain) {
  book(99, 101);
  submit({.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {5}, .trigger_price = {95}});
  trades(95);
  EXPECT_EQ(left(), "1 sell market of 5 at 0;");
  crash();
  EXPECT_TRUE(link_->held().is_unanswered(1));
  EXPECT_EQ(recovered_.sent().at(1).order.type, OrderType::Market) << "the venue is asked for what it was sent";
  go_on();
  book(89, 91);
  trades(90);
  EXPECT_EQ(left(), "");
  fills(1, Side::Sell, 5, 0);
  EXPECT_EQ(link_->held().find(1), nullptr);
}

TEST_F(AtAPlainVenue, ABracketProtectsWhatItsParentOpenedAsItFills) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .quantity = {10}, .price = {100}, .stop_loss = {90}, .take_profit = {110}});
  EXPECT_EQ(left(), "1 buy limit of 10 at 100;");
  EXPECT_EQ(waiting(), "");
  fills(1, Side::Buy, 4, 6);
  EXPECT_EQ(waiting(), "stopx4 targetx4 ");
  fills(1, Side::Buy, 6, 0);
  EXPECT_EQ(waiting(), "stopx10 targetx10 ");
  crash();
  go_on();
  EXPECT_EQ(waiting(), "stopx10 targetx10 ");
  book(109, 111);
  trades(110);
  EXPECT_EQ(left(), fmt::format("{} sell market of 10 at 0;", kTarget));
  fills(kTarget, Side::Sell, 10, 0);
  EXPECT_EQ(waiting(), "") << "one cancels the other";
  trades(80);
  EXPECT_EQ(left(), "");
}

TEST_F(AtAPlainVenue, ABracketClosesWhatCameWhereTheFeeWasTakenOfWhatWasBought) {
  book(99, 101);
  buy_ten_with_a_bracket();
  venue({.kind = Filled, .side = Side::Buy, .id = 1, .price = {100}, .quantity = {9}, .coin_fee = 50'000'000});
  EXPECT_EQ(waiting(), "stopx9 targetx9 ");
  left();
  trades(90);
  EXPECT_EQ(left(), fmt::format("{} sell market of 9 at 0;", kStop));
  fills(kStop, Side::Sell, 9, 0);
  EXPECT_EQ(waiting(), "");
}

TEST_F(AtAPlainVenue, WhatOneOrderOfABracketClosesInPartTheOtherOneIsSmallerBy) {
  book(99, 101);
  buy_ten_with_a_bracket();
  fills(1, Side::Buy, 10, 0);
  left();
  trades(90);
  EXPECT_EQ(left(), fmt::format("{} sell market of 10 at 0;", kStop));
  fills(kStop, Side::Sell, 3, 7);
  EXPECT_EQ(waiting(), "targetx7 ");
  trades(111);
  EXPECT_EQ(left(), "") << "while the one is on its way the other one waits";
  venue({.kind = Canceled, .side = Side::Sell, .id = kStop});
  ASSERT_EQ(said_.size(), 1U);
  EXPECT_NE(said_[0].find("the stop-loss of order 1 did not close 7"), std::string::npos);
  EXPECT_EQ(left(), fmt::format("{} sell market of 7 at 0;", kTarget)) << "it has its price now";
}

TEST_F(AtAPlainVenue, AParentThatFillsOnAfterItsStopActedIsProtectedAnew) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .quantity = {10}, .price = {100}, .stop_loss = {90}});
  fills(1, Side::Buy, 4, 6);
  left();
  trades(90);
  fills(kStop, Side::Sell, 4, 0);
  trades(95);
  fills(1, Side::Buy, 6, 0);
  EXPECT_EQ(waiting(), "stopx6 ");
  left();
  trades(90);
  EXPECT_EQ(left(), fmt::format("{} sell market of 6 at 0;", kStop | ClientOrderId{1} << kChildRoundShift));
}

TEST_F(AtAPlainVenue, ABracketEndsWithThePositionThatSomethingElseClosed) {
  book(99, 101);
  buy_ten_with_a_bracket();
  fills(1, Side::Buy, 10, 0);
  submit({.id = 2, .side = Side::Sell, .type = OrderType::Market, .quantity = {10}});
  fills(2, Side::Sell, 4, 6);
  EXPECT_EQ(waiting(), "stopx10 targetx10 ");
  fills(2, Side::Sell, 6, 0);
  EXPECT_EQ(waiting(), "");
}

// 7 are sold by the strategy, so the stop sells 3 of the 10: the bracket has closed less than it opened, and is over.
TEST_F(AtAPlainVenue, ABracketIsOverWithThePositionAlsoWhereItClosedLessThanItOpened) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(1, Side::Buy, 10, 0);
  submit({.id = 2, .side = Side::Sell, .quantity = {7}, .price = {105}});
  fills(2, Side::Sell, 7, 0);
  left();
  trades(90);
  EXPECT_EQ(left(), fmt::format("{} sell market of 3 at 0;", kStop));
  fills(kStop, Side::Sell, 3, 0);
  book(79, 81);
  trades(80);
  submit({.id = 3, .side = Side::Buy, .type = OrderType::Market, .quantity = {5}});
  fills(3, Side::Buy, 5, 0);
  trades(79);
  EXPECT_EQ(waiting(), "");
  EXPECT_EQ(left(), "3 buy market of 5 at 0;") << "and what is bought later is not sold";
  crash();
  EXPECT_EQ(waiting(), "");
}

TEST_F(AtAPlainVenue, ABracketWhoseOrderWasNotSentIsOverWithThePosition) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(1, Side::Buy, 10, 0);
  submit({.id = 2, .side = Side::Sell, .quantity = {10}, .price = {105}});
  left();
  trades(90);
  EXPECT_EQ(left(), fmt::format("{} sell market of 10 at 0;", kStop));
  fills(2, Side::Sell, 10, 0);
  venue({.kind = Denied, .side = Side::Sell, .id = kStop});
  submit({.id = 3, .side = Side::Buy, .type = OrderType::Market, .quantity = {5}});
  fills(3, Side::Buy, 5, 0);
  now_ += HoldingLink::kTryAgainAfter;
  answer();
  trades(80);
  EXPECT_EQ(waiting(), "");
  EXPECT_EQ(left(), "3 buy market of 5 at 0;");
}

TEST_F(AtAPlainVenue, AParentThatFillsOnIsProtectedForWhatIsNewAndNotForWhatOthersClosed) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .quantity = {10}, .price = {100}, .stop_loss = {90}});
  fills(1, Side::Buy, 4, 6);
  submit({.id = 2, .side = Side::Sell, .quantity = {1}, .price = {105}});
  fills(2, Side::Sell, 1, 0);
  trades(90);
  fills(kStop, Side::Sell, 3, 0);
  trades(95);
  fills(1, Side::Buy, 6, 0);
  EXPECT_EQ(waiting(), "stopx6 ");
}

// Earlier versions kept a bracket beyond its position: their journals have orders of it that wait, or have left.
TEST_F(AtAPlainVenue, AnOrderOfABracketThatIsOverEndsWhereAJournalHasOneWaiting) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(1, Side::Buy, 10, 0);
  submit({.id = 2, .side = Side::Sell, .quantity = {10}, .price = {105}});
  fills(2, Side::Sell, 10, 0);
  submit({.id = 3, .side = Side::Buy, .type = OrderType::Market, .quantity = {5}});
  fills(3, Side::Buy, 5, 0);
  left();
  const auto tells = [this](OrderEventKind kind, std::uint64_t round) {
    return recovered_.fold({.kind = RecordKind::OrderEvent,
                            .time = now_,
                            .request = kind == Accepted ? 1U : 0U,
                            .event = {.kind = kind,
                                      .side = Side::Sell,
                                      .reason = RejectReason::Held,
                                      .id = kStop | round << kChildRoundShift,
                                      .price = {90},
                                      .leaves = {5}}});
  };
  ASSERT_TRUE(tells(Accepted, 1));
  ASSERT_TRUE(tells(Triggered, 1)) << "what it was sent is known";
  EXPECT_EQ(recovered_.sent().at(kStop | ClientOrderId{1} << kChildRoundShift).order.quantity, Quantity{5});
  ASSERT_TRUE(tells(Accepted, 2));
  crash();
  EXPECT_EQ(waiting(), "");
  EXPECT_EQ(count(Canceled), 1U);
  go_on();
  book(79, 81);
  trades(80);
  EXPECT_EQ(left(), "");
}

TEST_F(AtAPlainVenue, ABracketsOrderThatNeverArrivedIsReplacedAndOneThatWasRefusedIsNot) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(1, Side::Buy, 10, 0);
  trades(90);
  left();
  crash();
  go_on();
  ASSERT_EQ(said_.size(), 1U);
  EXPECT_NE(said_[0].find("the stop-loss of order 1 left before the session ended"), std::string::npos);
  venue({.kind = Rejected, .side = Side::Sell, .reason = RejectReason::UnknownOrder, .id = kStop});
  EXPECT_EQ(waiting(), "stopx10 ");
  book(89, 91);
  trades(90);
  const ClientOrderId second = kStop | ClientOrderId{1} << kChildRoundShift;
  EXPECT_EQ(left(), fmt::format("{} sell market of 10 at 0;", second));
  venue({.kind = Rejected, .side = Side::Sell, .reason = RejectReason::InsufficientBalance, .id = second});
  trades(80);
  EXPECT_EQ(left(), "") << "it is not tried for ever";
}

// A venue without client order ids takes silence for proof, and may be wrong (docs/venues/kiwoom.md).
TEST_F(AtAPlainVenue, ABracketsOrderThatArrivesAfterAllIsNotSoldASecondTimeByTheOneInItsPlace) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(1, Side::Buy, 10, 0);
  trades(90);
  left();
  trades(95);
  venue({.kind = Rejected, .side = Side::Sell, .reason = RejectReason::UnknownOrder, .id = kStop});
  EXPECT_EQ(waiting(), "stopx10 ");
  fills(kStop, Side::Sell, 4, 6);
  EXPECT_EQ(waiting(), "stopx6 ");
  fills(kStop, Side::Sell, 6, 0);
  EXPECT_EQ(waiting(), "");
  trades(80);
  EXPECT_EQ(left(), "");
}

// A refused connection, a spent budget: the order did not leave. The position is as open as before.
TEST_F(AtAPlainVenue, ABracketsOrderThatWasNotSentWaitsAnewAndIsTriedAgainAfterAWhileHoweverOften) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(1, Side::Buy, 10, 0);
  left();
  trades(90);
  for (int outage = 0; outage < 300; ++outage) {
    ASSERT_EQ(left(), fmt::format("{} sell market of 10 at 0;", kStop)) << outage;
    venue({.kind = Denied, .side = Side::Sell, .id = kStop});
    ASSERT_EQ(waiting(), "stopx10 ");
    ASSERT_EQ(left(), "") << "not at once";
    now_ += HoldingLink::kTryAgainAfter;
    answer();
  }
  EXPECT_EQ(said_.size(), 300U);
  EXPECT_NE(said_[0].find("the stop-loss of order 1 was not sent"), std::string::npos);
  crash();
  EXPECT_EQ(waiting(), "") << "the last one has left";
  fills(kStop, Side::Sell, 10, 0);
  EXPECT_EQ(recovered_.held().all().size(), 0U);
}

TEST_F(AtAPlainVenue, ABracketsOrderThatWasNotSentDoesNotLeaveAgainBelowAPriceThatHasComeBack) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(1, Side::Buy, 10, 0);
  left();
  trades(90);
  left();
  venue({.kind = Denied, .side = Side::Sell, .id = kStop});
  trades(95);  // a second later
  EXPECT_EQ(left(), "");
  trades(89);
  EXPECT_EQ(left(), fmt::format("{} sell market of 10 at 0;", kStop));
}

TEST_F(AtAPlainVenue, ABracketsOrderThatWasDeniedForWhatItIsIsNotTriedAgain) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(1, Side::Buy, 10, 0);
  trades(90);
  left();
  venue({.kind = Denied, .side = Side::Sell, .reason = RejectReason::Unsupported, .id = kStop});
  EXPECT_EQ(waiting(), "");
  trades(80);
  EXPECT_EQ(left(), "");
}

// Somebody else has spent what the venue takes of requests: that says nothing of the order. Upbit takes a number once.
TEST_F(AtAPlainVenue, ABracketsOrderThatWasOneRequestTooManyIsFollowedByAnotherAfterAWhile) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(1, Side::Buy, 10, 0);
  left();
  trades(90);
  const auto number = [](ClientOrderId round) { return kStop | round << kChildRoundShift; };
  for (ClientOrderId round = 0; round < 300; ++round) {
    const ClientOrderId id = number(std::min(round, HeldOrders::kLastRound));  // there are no more
    ASSERT_EQ(left(), fmt::format("{} sell market of 10 at 0;", id));
    venue({.kind = Rejected, .side = Side::Sell, .reason = RejectReason::TooManyOrders, .id = id});
    ASSERT_EQ(waiting(), "stopx10 ");
    ASSERT_EQ(left(), "") << "not at once";
    now_ += HoldingLink::kTryAgainAfter;
    answer();
  }
  ASSERT_FALSE(said_.empty());
  EXPECT_NE(said_[0].find("the stop-loss of order 1 was refused for too many requests"), std::string::npos);
  const ClientOrderId last = number(HeldOrders::kLastRound);
  EXPECT_EQ(left(), fmt::format("{} sell market of 10 at 0;", last));
  venue({.kind = Rejected, .side = Side::Sell, .reason = RejectReason::InsufficientBalance, .id = last});
  EXPECT_EQ(waiting(), "") << "who is refused for what he asks for is refused again";
}

TEST_F(AtAPlainVenue, NothingActsUntilAllThatHappenedWhileNobodyWatchedIsKnown) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  submit({.id = 2, .side = Side::Sell, .quantity = {10}, .price = {105}});
  fills(1, Side::Buy, 10, 0);
  left();
  crash();
  book(79, 81);
  trades(80);
  EXPECT_EQ(left(), "") << "the position may be less by now";
  fills(2, Side::Sell, 6, 4);  // of the outage
  EXPECT_EQ(left(), "");
  go_on();
  EXPECT_EQ(left(), fmt::format("{} sell market of 4 at 0;", kStop));
}

TEST_F(AtAPlainVenue, AnOrderWhoseAnswerACrashTookNeverLeftAndIsKeptFromThenOn) {
  const NewOrder stop{.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {5}, .trigger_price = {95}};
  ASSERT_TRUE(recovered_.fold({.kind = RecordKind::Submit, .time = now_, .request = 1, .order = stop}));
  EXPECT_TRUE(recovered_.sent().empty()) << "no venue is asked for it";
  crash();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].kind, Accepted);
  EXPECT_EQ(waiting(), "ownx5 ");
  go_on();
  book(94, 96);
  trades(95);
  EXPECT_EQ(left(), "1 sell market of 5 at 0;");
}

TEST_F(AtAPlainVenue, AMarketOrderThatClosesIsCountedAgainstABracket) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(1, Side::Buy, 10, 0);
  submit({.id = 2, .side = Side::Sell, .type = OrderType::Market, .quantity = {7}});
  left();
  trades(90);
  EXPECT_EQ(left(), fmt::format("{} sell market of 3 at 0;", kStop)) << "7 are on their way";
  fills(kStop, Side::Sell, 3, 0);
  venue({.kind = Rejected, .side = Side::Sell, .reason = RejectReason::NoLiquidity, .id = 2});
  EXPECT_EQ(left(), fmt::format("{} sell market of 7 at 0;", kStop | ClientOrderId{1} << kChildRoundShift));
}

TEST_F(AtAPlainVenue, AnOrderThatOnlyClosesLeavesCutToThePositionAndIsSoWideFromThenOn) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}});
  fills(1, Side::Buy, 10, 0);
  submit({.id = 2,
          .side = Side::Sell,
          .type = OrderType::Stop,
          .reduce_only = true,
          .quantity = {10},
          .trigger_price = {95}});
  submit({.id = 3, .side = Side::Sell, .quantity = {3}, .price = {99}});
  fills(3, Side::Sell, 3, 0);
  left();
  trades(95);
  EXPECT_EQ(left(), "2 sell market of 7 at 0;");
  EXPECT_EQ(recovered_.account().order(2)->leaves, Quantity{7});
}

TEST_F(AtAPlainVenue, NothingActsWhileOrdersAreGatheredForACallAuction) {
  book(99, 101);
  submit({.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {5}, .trigger_price = {95}});
  hear(FeedKind::Snapshot, {{94, 100}, {96, 100}}, true);
  hear(FeedKind::Trade, {{90, 1}}, true);
  EXPECT_EQ(left(), "");
  book(89, 91);
  EXPECT_EQ(left(), "1 sell market of 5 at 0;");
}

TEST_F(AtAPlainVenue, ABracketTakesAParentOfAnySize) {
  submit({.id = 1,
          .side = Side::Buy,
          .type = OrderType::Market,
          .quantity = {500'000'000},
          .size_by = SizeBy::CashFraction,
          .stop_loss = {90}});
  EXPECT_EQ(count(Denied), 0U);
  fills(1, Side::Buy, 12, 0);
  EXPECT_EQ(waiting(), "stopx12 ");
}

TEST_F(AtAPlainVenue, TheEndOfARunLetsNothingLeave) {
  book(99, 101);
  submit({.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {5}, .trigger_price = {95}});
  crash();
  book(79, 81);
  trades(80);
  link_->go_on(now_);
  Answer answer;
  EXPECT_FALSE(link_->take(kNever, answer)) << "no record says that it left";
  EXPECT_TRUE(link_->held().keeps(1));
}

TEST_F(AtAPlainVenue, ACancelOfWhatWasDeniedIsRefused) {
  link_->submit(0, 1, {.id = 1, .side = Side::Sell, .type = OrderType::Stop, .trigger_price = {95}}, now_);
  link_->cancel(0, 2, {1, 0}, now_);
  now_ += kMillisecond;
  answer();
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(told_[0].kind, Denied);
  EXPECT_EQ(told_[1].kind, CancelRejected);
  EXPECT_EQ(left(), "") << "no venue hears of it";
}

TEST_F(AtAPlainVenue, ANumberThatIsTakenIsDeniedAndTheOrderThatHasItStays) {
  submit({.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {5}, .trigger_price = {95}});
  submit({.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {6}, .trigger_price = {96}});
  submit({.id = kStop, .side = Side::Sell, .quantity = {6}, .price = {96}});
  EXPECT_EQ(refused_, (std::vector<ClientOrderId>{1, kStop}));
  EXPECT_EQ(waiting(), "ownx5 ");
  crash();
  EXPECT_EQ(waiting(), "ownx5 ");
}

// Venues refuse it, and what they say then could be of either.
TEST_F(AtAPlainVenue, ANumberThatAWorkingOrderHasIsDeniedWhateverTheirKind) {
  const NewOrder rests{.id = 5, .side = Side::Buy, .quantity = {5}, .price = {90}};
  const NewOrder again{.id = 5, .side = Side::Sell, .quantity = {6}, .price = {120}};
  submit(rests);
  venue({.kind = Accepted, .side = Side::Buy, .id = 5, .leaves = {5}});
  EXPECT_EQ(left(), "5 buy limit of 5 at 90;");
  submit(again);
  EXPECT_EQ(told_.back().kind, Denied);
  EXPECT_EQ(told_.back().reason, RejectReason::DuplicateId);
  EXPECT_EQ(left(), "");
  const auto is_as_it_was = [this] {
    const auto orders = recovered_.account().orders();
    return orders.size() == 1 && orders[0].quantity == Quantity{5} && orders[0].status == OrderStatus::Working &&
           recovered_.sent().at(5).order.price == Price{90};
  };
  EXPECT_TRUE(is_as_it_was());
  crash();
  submit(again);
  EXPECT_EQ(told_.back().reason, RejectReason::DuplicateId) << "a process that goes on knows it, too";
  EXPECT_TRUE(is_as_it_was());
  submit_only(again);
  cancel(5);
  EXPECT_EQ(left(), "cancel 5;") << "is about the one that has the number, also while the other one is being denied";
  venue({.kind = Canceled, .side = Side::Buy, .id = 5});
  submit(again);
  EXPECT_EQ(left(), "5 sell limit of 6 at 120;") << "and then it is free";
}

TEST_F(AtAPlainVenue, WhatIsKeptHereIsNotCanceledByTheDenialOfItsNumber) {
  submit({.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {5}, .trigger_price = {95}});
  const NewOrder again{.id = 1, .side = Side::Sell, .quantity = {6}, .price = {96}};
  submit_only(again);
  cancel(1);
  EXPECT_EQ(count(Denied), 1U);
  EXPECT_EQ(count(Canceled), 1U);
  EXPECT_EQ(waiting(), "");
}

// The account may hold more than the session bought, and such a venue would sell of that.
TEST_F(AtAPlainVenue, WhatOnlyClosesAndIsMoreThanIsHeldIsDeniedWhereTheVenueWouldNotCutIt) {
  book(99, 101);
  submit({.id = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}});
  fills(1, Side::Buy, 10, 0);
  left();
  const auto closes = [this](ClientOrderId id, OrderType type, std::int64_t quantity) {
    submit({.id = id, .side = Side::Sell, .type = type, .reduce_only = true, .quantity = {quantity}, .price = {105}});
    return left();
  };
  EXPECT_EQ(closes(2, OrderType::Limit, 50), "");
  EXPECT_EQ(told_.back().kind, Denied);
  EXPECT_EQ(told_.back().reason, RejectReason::ReduceOnlyWouldIncrease);
  EXPECT_EQ(closes(3, OrderType::Limit, 10), "3 sell limit of 10 at 105;");
  EXPECT_EQ(closes(4, OrderType::Market, 6), "4 sell market of 6 at 105;");
  EXPECT_EQ(closes(5, OrderType::Market, 5), "") << "6 are on their way";
  EXPECT_EQ(closes(6, OrderType::Market, 4), "6 sell market of 4 at 105;");
  EXPECT_EQ(refused_, (std::vector<ClientOrderId>{2, 5}));
}

TEST_F(AtAPlainVenue, WhatOnlyClosesIsCutByAVenueThatHasSuchOrders) {
  link_ = make({.reduce_only = true});
  submit({.id = 1, .side = Side::Sell, .reduce_only = true, .quantity = {50}, .price = {105}});
  EXPECT_EQ(left(), "1 sell limit of 50 at 105;");
}

/// Two strategies share the account: the numbers of the first end with 1 in sixteen, those of the second with 2.
class AtASharedAccount : public AtAPlainVenue {
 protected:
  static constexpr ClientOrderId kOfSession = 16, kOfFirst = 17, kOfSecond = 18, kNextOfFirst = 33, kNextOfSecond = 34;

  AtASharedAccount() {
    link_ = make({.shared = true});
    recovered_ = Recovery{instruments_, {}, {OrdersOffered{.shared = true}}};
    book(99, 101);
    trades(100);
  }
  void holds(ClientOrderId id, Side side, std::int64_t quantity) {
    submit({.id = id, .side = side, .type = OrderType::Market, .quantity = {quantity}});
    fills(id, side, quantity, 0);
    left();
  }
  void begin_again() {
    link_ = make({.shared = true});
    told_.clear();
    market_ = InstrumentMarket{instruments_[0]};
    link_->resume(HeldOrders{recovered_.held()}, now_);
    go_on();
    book(99, 101);
  }
};

TEST_F(AtASharedAccount, AStopThatOnlyClosesClosesWhatItsStrategyHoldsThoughTheAccountHoldsNothing) {
  holds(kOfFirst, Side::Buy, 10);
  holds(kOfSecond, Side::Sell, 10);
  submit({.id = kNextOfFirst,
          .side = Side::Sell,
          .type = OrderType::Stop,
          .reduce_only = true,
          .quantity = {12},
          .trigger_price = {95}});
  begin_again();
  EXPECT_EQ(waiting(), "ownx12 ");
  trades(95);
  EXPECT_EQ(left(), "33 sell market of 10 at 0;") << "cut to what it holds";
}

TEST_F(AtASharedAccount, ABracketIsOverWithThePositionOfItsStrategyAndNotWithTheAccounts) {
  submit({.id = kOfFirst,
          .side = Side::Buy,
          .type = OrderType::Market,
          .quantity = {10},
          .stop_loss = {90},
          .take_profit = {110}});
  fills(kOfFirst, Side::Buy, 10, 0);
  holds(kOfSecond, Side::Sell, 10);
  EXPECT_EQ(waiting(), "stopx10 targetx10 ");
  begin_again();
  EXPECT_EQ(waiting(), "stopx10 targetx10 ");
  trades(90);
  EXPECT_EQ(left(), fmt::format("{} sell market of 10 at 0;", kStopLossChild | kOfFirst));
}

TEST_F(AtASharedAccount, WhatTheSessionClosesItClosesForThoseWhoHoldIt) {
  submit({.id = kOfFirst, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}});
  fills(kOfFirst, Side::Buy, 10, 0);
  holds(kOfSecond, Side::Sell, 6);
  const auto closes = [this](std::int64_t quantity) {
    submit(
        {.id = kOfSession, .side = Side::Sell, .type = OrderType::Market, .reduce_only = true, .quantity = {quantity}});
    return left();
  };
  EXPECT_EQ(closes(5), "") << "the account holds 4";
  EXPECT_EQ(told_.back().reason, RejectReason::ReduceOnlyWouldIncrease);
  EXPECT_EQ(closes(4), "16 sell market of 4 at 0;");
  fills(kOfSession, Side::Sell, 4, 0);
  trades(90);
  EXPECT_EQ(left(), fmt::format("{} sell market of 6 at 0;", kStopLossChild | kOfFirst)) << "all that it has left";
}

TEST_F(AtASharedAccount, WhatOnlyClosesIsHeldAgainstWhatItsStrategyHolds) {
  holds(kOfFirst, Side::Buy, 10);
  holds(kOfSecond, Side::Sell, 6);
  const auto closes = [this](ClientOrderId id, Side side, std::int64_t quantity, SizeBy size_by = SizeBy::Quantity) {
    submit({.id = id, .side = side, .reduce_only = true, .quantity = {quantity}, .price = {100}, .size_by = size_by});
    return left();
  };
  EXPECT_EQ(closes(kNextOfFirst, Side::Sell, 11), "");
  EXPECT_EQ(closes(kNextOfFirst, Side::Sell, 10), "33 sell limit of 10 at 100;");
  EXPECT_EQ(closes(kNextOfSecond, Side::Sell, 1), "") << "it is short";
  EXPECT_EQ(closes(kNextOfSecond, Side::Buy, 6, SizeBy::CashFraction), "") << "the venue's cash is that of all";
  EXPECT_EQ(told_.back().reason, RejectReason::Unsupported);
  EXPECT_EQ(closes(kNextOfSecond, Side::Buy, 6), "34 buy limit of 6 at 100;");
}

TEST_F(AtASharedAccount, AStopMayComeWithTheEntryThatItIsFor) {
  submit({.id = kOfFirst, .side = Side::Buy, .type = OrderType::Market, .quantity = {10}});
  const NewOrder stop{
      .side = Side::Sell, .type = OrderType::Stop, .reduce_only = true, .quantity = {10}, .trigger_price = {95}};
  const auto sent_by = [&](ClientOrderId id) {
    NewOrder order = stop;
    order.id = id;
    submit(order);
    return told_.back().kind;
  };
  EXPECT_EQ(sent_by(kOfSecond), Denied) << "it is another's entry";
  EXPECT_EQ(sent_by(kNextOfFirst), Accepted);
  fills(kOfFirst, Side::Buy, 4, 6);
  left();
  trades(95);
  EXPECT_EQ(left(), "33 sell market of 4 at 0;");
}

TEST_F(AtAPlainVenue, WhatCouldNeverLeaveIsDeniedAtOnce) {
  submit({.id = 1, .side = Side::Sell, .type = OrderType::Stop, .quantity = {0}, .trigger_price = {95}});
  submit({.id = 2,
          .side = Side::Sell,
          .type = OrderType::Stop,
          .post_only = true,
          .quantity = {5},
          .trigger_price = {95}});
  submit({.id = 3,
          .side = Side::Sell,
          .type = OrderType::Stop,
          .reduce_only = true,
          .quantity = {5},
          .trigger_price = {95}});
  EXPECT_EQ(refused_, (std::vector<ClientOrderId>{1, 2, 3}));
  EXPECT_EQ(count(Denied), 3U);
}

TEST_F(AtAPlainVenue, AnOrderEndsWithItsTime) {
  book(99, 101);
  submit({.id = 1,
          .side = Side::Sell,
          .type = OrderType::Stop,
          .time_in_force = TimeInForce::GTD,
          .quantity = {5},
          .trigger_price = {95},
          .expire_time = now_ + kMinute});
  now_ += kMinute;
  answer();
  trades(95);
  EXPECT_EQ(left(), "");
  EXPECT_EQ(told_.back().kind, Expired);
}

// --- against the simulator's own, over random prices -----------------------------------------------------------------

/// A book and a trade every 10 ms.
class Waves final : public stom::test::HandFed {
 public:
  Waves(std::uint64_t seed, std::size_t steps) {
    Random random{seed};
    std::int64_t at = 1'000;
    for (std::size_t i = 0; i < steps; ++i) {
      at += static_cast<std::int64_t>(random.below(5)) - 2;
      const auto time = static_cast<UnixNanos>(i + 1) * 10 * kMillisecond;
      if (random.below(40) == 0)
        send(time, FeedKind::Gap);
      else
        send(time, FeedKind::Snapshot, {{at - 1, 20}}, {{at, 20}});
      const std::int64_t price = random.below(2) == 0 ? at - 1 : at;
      send(time + 1, FeedKind::Trade, {{price, 7}}).sell_aggressor = price % 2 == 0;
    }
  }
};

std::string text_of(const HeldOrders& held) {
  std::string all;
  for (const auto& o : held.all())
    if (o.kept || o.sent)
      all += fmt::format("{} {} x{} {} {} {}; ", o.order.id, static_cast<int>(o.order.type), o.order.quantity.value,
                         o.kept, o.sent, o.answered);
  return all;
}

/// What waits for its price, at random; with `brackets` entries that have them, and what closes beside them.
class Waiters final : public Strategy {
 public:
  Waiters(std::uint64_t seed, bool brackets)
      : random_{seed}, brackets_{brackets}, way_{seed % 2 == 0 ? Side::Buy : Side::Sell} {}
  void on_start(Context& context) override { context.subscribe_trades(0); }
  void on_trade(Context& context, const TradeTick& trade) override {
    if (random_.below(4) != 0) return;
    NewOrder order{.side = static_cast<Side>(random_.below(2)),
                   .type = static_cast<OrderType>(2 + random_.below(5)),
                   .trigger_by = random_.below(2) == 0 ? TriggerBy::Last : TriggerBy::BidAsk,
                   .quantity = {1 + static_cast<std::int64_t>(random_.below(30))},
                   .price = trade.price,
                   .trail = {1 + static_cast<std::int64_t>(random_.below(12))}};
    order.trigger_price.value = trade.price.value + static_cast<std::int64_t>(random_.below(31)) - 15;
    if (brackets_) {  // long or short alone, and all that closes waits here: what that may do at most is known
      order.reduce_only = random_.below(4) == 0;
      order.side = order.reduce_only ? opposite(way_) : way_;
      constexpr std::array kAtMarket{OrderType::Stop, OrderType::TakeProfit, OrderType::TrailingStop};
      order.type = kAtMarket[random_.below(kAtMarket.size())];
      if (!order.reduce_only && random_.below(2) == 0)
        order.type = random_.below(2) == 0 ? OrderType::Market : OrderType::Limit;
      const std::int64_t away = 1 + static_cast<std::int64_t>(random_.below(9));
      if (!order.reduce_only && random_.below(3) != 0)
        order.stop_loss.value = trade.price.value - sign_of(order.side) * away;
      if (!order.reduce_only && random_.below(3) != 0)
        order.take_profit.value = trade.price.value + sign_of(order.side) * away;
      if (random_.below(8) == 0 && !context.orders().empty())
        context.cancel(context.orders()[random_.below(context.orders().size())].id);
    }
    submitted_[context.submit(order)] = context.now();
    look(context);
  }
  void on_order(Context& context, const OrderEvent& event) override {
    if (event.kind == Triggered) triggered_[event.id] = event.time;
    const std::int64_t now = context.position(0).value, before = std::exchange(position_, now);
    if (event.kind == Filled && (event.id & ~kParentIds) != 0) {
      ++closings_;
      EXPECT_EQ(sign_of(event.side) * before < 0, true) << "it closes";
      EXPECT_GE(std::abs(before), event.quantity.value) << "never more than the position";
    }
    look(context);
  }
  void look(Context& context) {
    if (link != nullptr) seen[static_cast<Run&>(context).journal().records()] = text_of(link->held());
  }

  const HoldingLink* link = nullptr;
  std::map<std::uint64_t, std::string> seen;  // by the journal's records
  std::map<ClientOrderId, UnixNanos> submitted_, triggered_;
  int closings_ = 0;

 private:
  Random random_;
  const bool brackets_;
  const Side way_;
  std::int64_t position_ = 0;
};

struct Played {
  std::map<ClientOrderId, UnixNanos> submitted, triggered;
  std::map<std::uint64_t, std::string> seen;
  int closings = 0;
};

Played play(std::uint64_t seed, bool emulated, bool brackets, const fs::path& journal) {
  const auto instruments = one_coin();
  Waves ours{seed, 2'000}, venues{seed, 2'000};
  sim::VenueSimulator venue{instruments, {sim::RunModels{}}, sim::FillRules::Stom, venues, seed};
  const OrdersOffered all = OrdersOffered::all();
  HoldingLink link{instruments,
                   {emulated ? OrdersOffered{} : all},
                   venue,
                   {[](ClientOrderId, RejectReason) {}, [](const std::string&) {}}};
  Engine engine{instruments, ours, link};
  auto strategy = std::make_unique<Waiters>(seed, brackets);
  Waiters& waiters = *strategy;
  waiters.link = &link;
  Run& run = engine.add_run(std::move(strategy), {.configuration = "waiters"});
  fs::remove(journal);
  EXPECT_TRUE(run.journal().open(journal));
  EXPECT_TRUE(engine.start(0, kMinute));
  while (engine.advance(kNever - 1)) {
  }
  engine.stop();
  EXPECT_TRUE(run.journal().flush());
  return {waiters.submitted_, waiters.triggered_, waiters.seen, waiters.closings_};
}

class OverRandomPrices : public testing::Test {
 protected:
  const fs::path journal_ = fs::path{testing::TempDir()} /
                            (std::string{"holding-"} + testing::UnitTest::GetInstance()->current_test_info()->name());
  ~OverRandomPrices() override { fs::remove(journal_); }
};

TEST_F(OverRandomPrices, WhatIsKeptHereActsAtTheInstantsAtWhichTheSimulatorsOwnDoes) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Played native = play(seed, false, false, journal_), kept = play(seed, true, false, journal_);
    EXPECT_GT(native.triggered.size(), 100U);
    ASSERT_EQ(native.submitted, kept.submitted);
    ASSERT_EQ(native.triggered.size(), kept.triggered.size());
    for (const auto& [id, at] : native.triggered) {
      ASSERT_TRUE(kept.triggered.contains(id));
      const bool on_arrival = at == native.submitted.at(id);  // it is armed once it is accepted
      EXPECT_EQ(kept.triggered.at(id), at + (on_arrival ? HoldingLink::kAnswerAfter : 0)) << id;
    }
  }
}

TEST_F(OverRandomPrices, BracketsNeverCloseMoreThanThePositionAndTheJournalLeadsAtEveryRecordToWhatIsKept) {
  int closings = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Played played = play(seed, true, true, journal_);
    closings += played.closings;
    const auto instruments = one_coin();
    Recovery recovery{instruments, {}};
    const auto records = read_journal(journal_);
    ASSERT_TRUE(records);
    std::uint64_t number = 0;
    for (const JournalRecord& record : *records) {
      ASSERT_TRUE(recovery.fold(record));
      const auto seen = played.seen.find(++number);
      if (seen != played.seen.end()) ASSERT_EQ(text_of(recovery.held()), seen->second) << "record " << number;
    }
  }
  EXPECT_GT(closings, 100);
}

/// Hashes of the journals of strategies that trade over the same market, each with that seed.
std::vector<std::string> journals_of(std::uint64_t market_seed, const std::vector<std::uint64_t>& strategies,
                                     bool runs) {
  const auto instruments = one_coin();
  Waves ours{market_seed, 2'000}, venues{market_seed, 2'000};
  sim::VenueSimulator venue{instruments, std::vector(strategies.size(), sim::RunModels{}), sim::FillRules::Stom, venues,
                            market_seed};
  const Engine* by = nullptr;
  HoldingRuns several{instruments, strategies.size(), venue,
                      [&by](InstrumentIndex index) { return heard_of(by->market()[index]); }};
  HoldingLink one{
      instruments, {OrdersOffered::all()}, venue, {[](ClientOrderId, RejectReason) {}, [](const std::string&) {}}};
  Engine engine{instruments, ours, runs ? static_cast<VenueLink&>(several) : one};
  by = &engine;
  for (const std::uint64_t seed : strategies)
    engine.add_run(std::make_unique<Waiters>(seed, true), {.configuration = "waiters"});
  EXPECT_TRUE(engine.start(0, kMinute));
  while (engine.advance(kNever - 1)) {
  }
  engine.stop();
  std::vector<std::string> hashes;
  for (const auto& run : engine.runs()) {
    EXPECT_GT(run->state().fills().size(), 100U);
    hashes.push_back(run->journal().hash());
  }
  return hashes;
}

// One that hears of the market only while something of its waits does as one that always does.
TEST(HoldingRuns, KeepTheBracketsOfEachRunAsIfItWereAlone) {
  for (std::uint64_t market = 1; market <= 3; ++market) {
    const std::vector<std::uint64_t> strategies{4, 5, 6};
    const auto together = journals_of(market, strategies, true);
    for (std::size_t i = 0; i < strategies.size(); ++i) {
      EXPECT_EQ(together[i], journals_of(market, {strategies[i]}, false)[0]) << market << " " << strategies[i];
      EXPECT_EQ(together[i], journals_of(market, {strategies[i]}, true)[0]) << market << " " << strategies[i];
    }
    EXPECT_NE(together[0], together[1]);
  }
}

TEST(HoldingRuns, ListenToTheMarketOnlyWhileABracketWaits) {
  const auto instruments = one_coin();
  LiveLink wire;
  int asked = 0;
  HoldingRuns runs{instruments, 2, wire, [&asked](InstrumentIndex) {
                     ++asked;
                     return HoldingLink::Heard{.prices = {.last = {100}}, .stale = false};
                   }};
  UnixNanos now = kSecond;
  Answer answer;
  const auto answers = [&] {
    int count = 0;
    while (runs.take(now, answer)) ++count;
    return count;
  };
  const auto told = [&](OrderEvent event) {
    event.local_time = now += kMillisecond;
    wire.report(event);
    wire.poll(now);
    return answers();
  };
  runs.submit(0, 1, {.id = 1, .type = OrderType::Market, .quantity = {10}}, now);
  EXPECT_EQ(told({.kind = Filled, .side = Side::Buy, .id = 1, .price = {100}, .quantity = {10}}), 1);
  EXPECT_FALSE(runs.listens());
  runs.submit(0, 2, {.id = 2, .type = OrderType::Market, .quantity = {10}, .stop_loss = {90}}, now);
  EXPECT_FALSE(runs.listens()) << "nothing is to be closed yet";
  EXPECT_EQ(told({.kind = Filled, .side = Side::Buy, .id = 2, .price = {100}, .quantity = {10}}), 2)
      << "and its stop-loss is kept";
  EXPECT_TRUE(runs.listens());
  EXPECT_EQ(asked, 1) << "of one instrument, for the one run";
  runs.cancel(0, 3, {answer.event.id, 0}, now);
  now += kMillisecond;
  EXPECT_EQ(answers(), 1);
  EXPECT_EQ(answer.event.kind, Canceled);
  EXPECT_FALSE(runs.listens());
}

}  // namespace
}  // namespace stom::orders
