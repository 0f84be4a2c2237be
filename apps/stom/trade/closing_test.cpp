// What closes all that is held, without a session around it: its account is a fold of what the test has happen.
#include "trade/closing.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace stom::trade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A coin in lots of 2, and a contract.
class ClosingAll : public ::testing::Test {
 protected:
  static constexpr InstrumentIndex kCoin = 0, kContract = 1;

  /// Bought, or with less than 0 sold.
  void hold(InstrumentIndex instrument, std::int64_t quantity) {
    tell(send({.instrument = instrument, .side = quantity < 0 ? Side::Sell : Side::Buy, .quantity = {quantity}}),
         OrderEventKind::Filled, quantity < 0 ? -quantity : quantity);
  }
  NewOrder send(NewOrder order) {
    order.id = account_.next_id();
    account_.submitted(account_.next_request(), order);
    return order;
  }
  void tell(const NewOrder& order, OrderEventKind kind, std::int64_t filled = 0) {
    if (kind == OrderEventKind::Denied) ++denied_[order.instrument];
    account_.told(0,
                  {.kind = kind,
                   .side = order.side,
                   .instrument = order.instrument,
                   .id = order.id,
                   .price = {100},
                   .quantity = {filled}},
                  instruments_[order.instrument]);
  }
  /// A turn; what it sends is answered so.
  bool turn(OrderEventKind answer = OrderEventKind::Filled) {
    const std::size_t before = sent_.size();
    const bool flat = closing_.turn(account_, waits_, now_);
    for (std::size_t i = before; i < sent_.size(); ++i)
      tell(sent_[i], answer, answer == OrderEventKind::Filled ? sent_[i].quantity.value : 0);
    return flat;
  }
  /// So many turns, a second apart.
  void turns(int times, OrderEventKind answer) {
    for (; times > 0; --times) {
      (void)turn(answer);
      now_ += kSecond;
    }
  }

  const std::vector<Instrument> instruments_{
      {.id = "acme:COIN", .base = "COIN", .quote = "USD", .lot = {2}},
      {.id = "acme:COINPERP", .base = "COIN", .quote = "USD", .kind = ContractKind::Linear}};
  orders::AccountState account_{2, {}};
  std::vector<NewOrder> sent_;
  std::vector<std::string> said_;
  std::vector<std::uint64_t> denied_{0, 0};
  ClientOrderId unknown_ = 0;
  bool waits_ = false;
  bool blind_ = false;  // of the coin
  UnixNanos now_ = 1'700'000'000 * kSecond;
  Closing closing_{
      instruments_,
      {[this](UnixNanos at, const NewOrder& order) {
         EXPECT_EQ(at, now_);
         sent_.push_back(send(order));
       },
       [this](InstrumentIndex i) { return denied_[i]; }, [this](ClientOrderId id) { return id == unknown_; },
       [this](const std::string& line) { said_.push_back(line); },
       [this](InstrumentIndex i) { return i == kCoin && blind_; }}};
};

// A session on paper that has just gone on: its simulator would refuse each try.
TEST_F(ClosingAll, WaitsForABookWhereNothingIsFilledWithoutOne) {
  hold(kCoin, 6);
  hold(kContract, -3);
  blind_ = true;
  turns(9, OrderEventKind::Filled);
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].instrument, kContract);
  EXPECT_FALSE(turn());
  blind_ = false;
  EXPECT_FALSE(turn());
  EXPECT_TRUE(turn());
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_EQ(sent_[1].quantity, Quantity{6});
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(ClosingAll, SellsWhatIsHeldAndBuysWhatIsOwedAndThenAllIsFlat) {
  hold(kCoin, 6);
  hold(kContract, -3);
  EXPECT_FALSE(turn());
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_EQ(sent_[0].type, OrderType::Market);
  EXPECT_EQ(sent_[0].side, Side::Sell);
  EXPECT_EQ(sent_[0].quantity, Quantity{6});
  EXPECT_EQ(sent_[1].side, Side::Buy);
  EXPECT_EQ(sent_[1].quantity, Quantity{3});
  EXPECT_TRUE(sent_[1].reduce_only);
  EXPECT_TRUE(turn());
  EXPECT_EQ(sent_.size(), 2u);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(ClosingAll, LeavesWhatIsLessThanALotAndIsFlatWithIt) {
  hold(kCoin, 7);
  (void)turn();
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].quantity, Quantity{6});
  EXPECT_TRUE(turn());
}

TEST_F(ClosingAll, IsNotFlatWhileAnythingWorksAlsoWhereNothingIsHeld) {
  const NewOrder rests = send({.instrument = kCoin, .quantity = {2}});
  EXPECT_FALSE(turn());
  tell(rests, OrderEventKind::Canceled);
  EXPECT_TRUE(turn());
}

TEST_F(ClosingAll, TriesFiveTimesOnceASecondAndThenGivesUpAloud) {
  hold(kCoin, 2);
  (void)turn(OrderEventKind::Rejected);
  now_ += Closing::kAgain - 1;
  (void)turn(OrderEventKind::Rejected);
  EXPECT_EQ(sent_.size(), 1u);
  now_ += 1;
  turns(4, OrderEventKind::Rejected);
  EXPECT_EQ(sent_.size(), 5u);
  EXPECT_THAT(said_, IsEmpty()) << "the fifth may have closed it";
  turns(60, OrderEventKind::Rejected);
  EXPECT_EQ(sent_.size(), 5u);
  EXPECT_THAT(said_, ElementsAre("acme:COIN is not closed after 5 market orders: close it at the exchange's own page"));
}

TEST_F(ClosingAll, CountsNoTryThatDidNotLeaveAndEachInstrumentAlone) {
  hold(kCoin, 2);
  hold(kContract, 1);
  turns(60, OrderEventKind::Denied);
  EXPECT_EQ(sent_.size(), 120u);
  EXPECT_THAT(said_, IsEmpty());
  turns(60, OrderEventKind::Rejected);
  EXPECT_EQ(sent_.size(), 130u);
  EXPECT_EQ(said_.size(), 2u);
}

TEST_F(ClosingAll, WhatWasGivenUpIsTriedAnewWhenThatIsSaid) {
  hold(kCoin, 2);
  turns(60, OrderEventKind::Rejected);
  ASSERT_EQ(sent_.size(), 5u);
  closing_.try_anew();
  turns(60, OrderEventKind::Rejected);
  EXPECT_EQ(sent_.size(), 10u);
  EXPECT_EQ(said_.size(), 2u);
}

TEST_F(ClosingAll, WaitsForAnOrderThatMayStillFillAndSaysSoOnce) {
  hold(kCoin, 2);
  const NewOrder rests = send({.instrument = kCoin, .side = Side::Sell, .quantity = {2}});
  turns(3, OrderEventKind::Filled);
  EXPECT_THAT(said_, IsEmpty()) << "most answers come";
  turns(60, OrderEventKind::Filled);
  const auto not_over = [](ClientOrderId id) {
    return fmt::format("acme:COIN is not closed yet: order {} is not over; look for it at the exchange's own page", id);
  };
  EXPECT_THAT(said_, ElementsAre(not_over(rests.id)));
  EXPECT_THAT(sent_, IsEmpty());

  tell(rests, OrderEventKind::Canceled);
  const NewOrder other = send({.instrument = kCoin, .side = Side::Sell, .quantity = {2}});
  turns(60, OrderEventKind::Filled);
  EXPECT_THAT(said_, ElementsAre(not_over(rests.id), not_over(other.id))) << "each is another matter";
  tell(other, OrderEventKind::Canceled);
  (void)turn();
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(ClosingAll, SaysOfAnOrderThatNobodyKnowsWhatBecameOfIt) {
  hold(kCoin, 2);
  unknown_ = send({.instrument = kCoin, .quantity = {2}}).id;
  turns(60, OrderEventKind::Filled);
  EXPECT_THAT(said_, ElementsAre(fmt::format("acme:COIN is not closed yet: nobody knows what became of order {}; look "
                                             "for it at the exchange's own page",
                                             unknown_)));
}

TEST_F(ClosingAll, SendsNothingWhileASessionThatGoesOnDoesNotKnowAllOfBefore) {
  hold(kCoin, 2);
  waits_ = true;
  turns(60, OrderEventKind::Filled);
  EXPECT_THAT(sent_, IsEmpty());
  EXPECT_THAT(said_, ElementsAre("closing all waits until all of before is known and what the accounts hold agrees "
                                 "with it"));
  waits_ = false;
  (void)turn();
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(ClosingAll, SendsNothingAfterADifferenceWasAcceptedBeforeSomebodyAsksForIt) {
  hold(kCoin, 2);
  waits_ = true;
  (void)turn();
  closing_.difference_accepted();
  waits_ = false;
  turns(60, OrderEventKind::Filled);
  closing_.try_anew();  // another level is no word of anybody
  turns(60, OrderEventKind::Filled);
  EXPECT_THAT(sent_, IsEmpty());
  EXPECT_THAT(said_, ElementsAre("closing all waits until all of before is known and what the accounts hold agrees "
                                 "with it",
                                 "closing all waits until somebody asks for it: a difference was accepted, and what is "
                                 "held may be closed already"));
  closing_.ask();
  (void)turn();
  EXPECT_EQ(sent_.size(), 1u);
}

}  // namespace
}  // namespace stom::trade
