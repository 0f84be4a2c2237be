// Less of an order that rests: what is left keeps its place in the queue, and frees what the rest of it held.
#include <gtest/gtest.h>

#include <vector>

#include "account/back_office.hpp"
#include "sim/matching.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom::sim {
namespace {

constexpr UnixNanos kStart = 1'000 * kSecond;
const Instrument kCoin{.id = "upbit:KRW-COIN",
                       .base = "COIN",
                       .quote = "KRW",
                       .price_decimals = 0,
                       .quantity_decimals = 0,
                       .ladder = {{{0}, {1}}},
                       .lot = {1}};

class Venue final : public AnswerSink {
 public:
  Venue() {
    const AccountTerms terms{.kind = AccountKind::Cash, .cash = Money{Int128{10'000} * power_of_ten(kMoneyDecimals)}};
    models_ = {RunModels{.account = terms}};
    office_ = std::make_unique<BackOffice>(instruments_, std::vector<BackOffice::Client>{{terms, flat_fees(0, 0)}});
    matching_ = make_stom_matching(instruments_[0], 0, models_, *this);
    send(FeedKind::Snapshot, {{100, 5}}, {{101, 5}});
  }
  Money answer(RunIndex run, std::uint64_t, const OrderEvent& said) override {
    OrderEvent event = said;
    office_->settle(run, event);
    if (event.kind == OrderEventKind::Filled) filled += event.quantity.value;
    return event.fee;
  }
  TradingAccount* account(RunIndex run) override { return office_->account(run); }

  void buy(ClientOrderId id, std::int64_t quantity, std::int64_t price) {
    matching_->on_new(0, id, {.id = id, .side = Side::Buy, .quantity = {quantity}, .price = {price}}, ++now_);
  }
  bool reduce(ClientOrderId id, std::int64_t by) { return matching_->reduce(0, id, {by}, ++now_); }
  void bids(std::int64_t price, std::int64_t quantity) { send(FeedKind::Depth, {{price, quantity}}, {}); }
  void sold(std::int64_t price, std::int64_t quantity) { send(FeedKind::Trade, {{price, quantity}}, {}); }
  std::int64_t free() {
    return static_cast<std::int64_t>(office_->account(0)->available(0).value / power_of_ten(kMoneyDecimals));
  }

  std::int64_t filled = 0;

 private:
  void send(FeedKind kind, std::vector<FeedLevel> bids, const std::vector<FeedLevel>& asks) {
    const std::size_t count = bids.size();
    bids.insert(bids.end(), asks.begin(), asks.end());
    FeedMessage message = stom::test::feed_message(now_ += kSecond, kind, bids, count);
    message.sell_aggressor = kind == FeedKind::Trade;
    matching_->on_message(message);
  }

  std::vector<Instrument> instruments_{kCoin};
  std::vector<RunModels> models_;
  std::unique_ptr<BackOffice> office_;
  std::unique_ptr<Matching> matching_;
  UnixNanos now_ = kStart;
};

TEST(Reduce, WhatIsLeftOfAnOrderKeepsItsPlaceInTheQueue) {
  Venue venue;
  venue.buy(1, 10, 100);  // five stand before it
  venue.bids(100, 30);    // and others behind
  ASSERT_TRUE(venue.reduce(1, 4));
  venue.sold(100, 8);
  EXPECT_EQ(venue.filled, 3) << "eight were sold, five were before it";
  venue.sold(100, 20);
  EXPECT_EQ(venue.filled, 6) << "and six are all that is left of it";
}

TEST(Reduce, CashThatStoodBehindThePartIsFreeAgain) {
  Venue venue;
  venue.buy(1, 10, 100);
  EXPECT_EQ(venue.free(), 9'000);
  ASSERT_TRUE(venue.reduce(1, 4));
  EXPECT_EQ(venue.free(), 9'400);
}

TEST(Reduce, NothingAllAndMoreThanIsLeftAreNoPart) {
  Venue venue;
  venue.buy(1, 10, 100);
  venue.sold(100, 8);  // three of it are filled
  EXPECT_FALSE(venue.reduce(1, 0));
  EXPECT_FALSE(venue.reduce(1, -1));
  EXPECT_FALSE(venue.reduce(1, 7)) << "that would be a cancel";
  EXPECT_FALSE(venue.reduce(2, 1)) << "nobody has that order";
  EXPECT_TRUE(venue.reduce(1, 6));
  EXPECT_EQ(venue.free(), 10'000 - 3 * 100 - 1 * 100);
}

}  // namespace
}  // namespace stom::sim
