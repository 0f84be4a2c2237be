// A run that goes on at another simulator: what it left rests, holds and is owed as it was, but for its place in the
// queue, which nobody knows.
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "sim/venue_simulator.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom::sim {
namespace {

constexpr UnixNanos kBegin = 1'700'000'000 * kSecond;

Money money(std::int64_t whole) { return {Int128{whole} * power_of_ten(kMoneyDecimals)}; }

Instrument coin(ContractKind kind = ContractKind::Spot) {
  return {.id = "upbit:KRW-COIN",
          .base = "COIN",
          .quote = "KRW",
          .kind = kind,
          .price_decimals = 0,
          .quantity_decimals = 0,
          .ladder = {{{0}, {1}}},
          .lot = {1}};
}

class GoesOnAtAnotherSimulator : public ::testing::Test {
 protected:
  void go_on(EarlierRun earlier, FillRules rules = FillRules::Stom, Instrument of = coin(), RunModels models = {}) {
    if (earlier.holdings.empty()) earlier.holdings.emplace_back();
    venue_ = std::make_unique<VenueSimulator>(std::vector<Instrument>{std::move(of)}, std::vector<RunModels>{models},
                                              rules, feed_, 1);
    venue_->resume(0, earlier, kBegin);
  }
  static EarlierOrder working(NewOrder order) {
    return {.order = order, .sent = kBegin - kHour, .leaves = order.quantity, .accepted = true, .triggered = false};
  }
  /// Five stand at either side of 100.
  void book() { feed_.send(next(), FeedKind::Snapshot, {{100, 5}}, {{101, 5}}); }
  void sold(std::int64_t price, std::int64_t quantity) {
    feed_.send(next(), FeedKind::Trade, {{price, quantity}}).sell_aggressor = true;
  }
  void bought(std::int64_t price, std::int64_t quantity) { feed_.send(next(), FeedKind::Trade, {{price, quantity}}); }
  /// What was said up to now.
  std::vector<Answer> told() {
    std::vector<Answer> all;
    while (true) {
      const UnixNanos reached = venue_->advance(now_);
      for (Answer answer; venue_->take(reached, answer);) all.push_back(answer);
      if (reached == now_) return all;
    }
  }
  std::int64_t filled() {
    std::int64_t sum = 0;
    for (const Answer& answer : told())
      if (answer.event.kind == OrderEventKind::Filled) sum += answer.event.quantity.value;
    return sum;
  }
  UnixNanos next() { return now_ += kSecond; }

  stom::test::LiveHandFed feed_;
  std::unique_ptr<VenueSimulator> venue_;
  UnixNanos now_ = kBegin;
};

TEST_F(GoesOnAtAnotherSimulator, AnOrderOfBeforeRestsBehindAllThatIsDisplayedAtItsPrice) {
  for (const auto rules : {FillRules::Stom, FillRules::Hftbacktest}) {
    go_on({.holdings = {},
           .orders = {working({.id = 7, .post_only = true, .quantity = {3}, .price = {100}})},
           .fills = {}},
          rules);
    sold(100, 50);  // before the book is known nobody knows whom that served
    EXPECT_EQ(filled(), 0) << name_of(rules);
    book();
    sold(100, 5);
    EXPECT_EQ(filled(), 0) << name_of(rules) << ": five stood before it";
    sold(100, 3);
    EXPECT_EQ(filled(), 3) << name_of(rules);
  }
}

TEST_F(GoesOnAtAnotherSimulator, WhatIsLeftOfAnOrderCanBeCanceled) {
  EarlierOrder order = working({.id = 7, .quantity = {10}, .price = {100}});
  order.leaves = {4};
  go_on({.holdings = {}, .orders = {order}, .fills = {}});
  book();
  sold(99, 10);  // through its price
  EXPECT_EQ(filled(), 4);
  go_on({.holdings = {}, .orders = {order}, .fills = {}});
  venue_->cancel(0, 12, {.id = 7, .instrument = 0}, next());
  const auto said = told();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].event.kind, OrderEventKind::Canceled);
  EXPECT_EQ(said[0].request, 12u);
}

TEST_F(GoesOnAtAnotherSimulator, AnOrderThatNobodyAnsweredNeverArrived) {
  EarlierOrder order = working({.id = 7, .quantity = {10}, .price = {100}});
  order.accepted = false;
  order.request = 9;
  go_on({.holdings = {}, .orders = {order}, .fills = {}});
  const auto said = told();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].event.kind, OrderEventKind::Rejected);
  EXPECT_EQ(said[0].event.reason, RejectReason::UnknownOrder);
  EXPECT_EQ(said[0].event.local_time, kBegin);
  EXPECT_EQ(said[0].request, 9u);
  book();
  sold(99, 50);
  EXPECT_EQ(filled(), 0);
}

TEST_F(GoesOnAtAnotherSimulator, WhatCannotRestAnyMoreHasExpired) {
  go_on({.holdings = {},
         .orders = {working({.id = 1,
                             .time_in_force = TimeInForce::GTD,
                             .quantity = {1},
                             .price = {100},
                             .expire_time = kBegin - kMinute}),
                    working({.id = 2, .type = OrderType::Market, .quantity = {1}}),
                    working({.id = 3, .time_in_force = TimeInForce::IOC, .quantity = {1}, .price = {100}}),
                    working({.id = 4, .side = Side::Sell, .reduce_only = true, .quantity = {1}, .price = {101}}),
                    working({.id = 5,
                             .time_in_force = TimeInForce::GTD,
                             .quantity = {1},
                             .price = {100},
                             .expire_time = kBegin + kMinute})},
         .fills = {}});
  const std::vector<RejectReason> why{RejectReason::Expired, RejectReason::NoLiquidity, RejectReason::NoLiquidity,
                                      RejectReason::ReduceOnlyWouldIncrease};
  const auto said = told();
  ASSERT_EQ(said.size(), why.size());
  for (std::size_t i = 0; i < why.size(); ++i) {
    EXPECT_EQ(said[i].event.kind, OrderEventKind::Expired);
    EXPECT_EQ(said[i].event.id, i + 1);
    EXPECT_EQ(said[i].event.reason, why[i]);
  }
  now_ += kMinute;
  const auto later = told();
  ASSERT_EQ(later.size(), 1u) << "the one whose time was still to come";
  EXPECT_EQ(later[0].event.id, 5u);
  EXPECT_EQ(later[0].event.time, kBegin + kMinute);
}

TEST_F(GoesOnAtAnotherSimulator, AnOrderThatOnlyClosesClosesWhatIsHeld) {
  go_on({.holdings = {{.position = {3}, .earned = money(-300)}},
         .orders = {working({.id = 7, .side = Side::Sell, .reduce_only = true, .quantity = {10}, .price = {101}})},
         .fills = {}});
  book();
  bought(102, 20);
  EXPECT_EQ(filled(), 3);
}

TEST_F(GoesOnAtAnotherSimulator, AStopThatHadItsPriceRestsAndOneThatHadNotWaits) {
  const NewOrder stop{.id = 7, .type = OrderType::StopLimit, .quantity = {3}, .price = {100}, .trigger_price = {105}};
  EarlierOrder order = working(stop);
  go_on({.holdings = {}, .orders = {order}, .fills = {}});
  book();
  sold(99, 50);
  EXPECT_EQ(filled(), 0);
  order.triggered = true;
  go_on({.holdings = {}, .orders = {order}, .fills = {}});
  book();
  sold(99, 50);
  EXPECT_EQ(filled(), 3);
}

TEST_F(GoesOnAtAnotherSimulator, TheAccountHasWhatFillsOfBeforeLeft) {
  const std::vector<Fill> fills{{.time = kBegin - kHour, .order = 1, .price = {100}, .quantity = {4}}};
  RunModels models;
  models.account = {.kind = AccountKind::Cash, .cash = money(10'000)};
  go_on({.holdings = {{.position = {4}, .earned = money(-400)}},
         .orders = {working({.id = 7, .quantity = {10}, .price = {100}})},
         .fills = fills},
        FillRules::Stom, coin(), models);
  const TradingAccount& account = *venue_->office()->account(0);
  EXPECT_EQ(account.balance(0), money(9'600));
  EXPECT_EQ(account.available(0), money(8'600)) << "what rests holds its cash again";
  EXPECT_EQ(account.position(0), 4);
  EXPECT_EQ(account.available_base(0), money(4));
}

TEST_F(GoesOnAtAnotherSimulator, TheAccountHasPaidWhatFundingTook) {
  const std::vector<Fill> fills{{.time = kBegin - kHour, .order = 1, .price = {100}, .quantity = {4}}};
  RunModels models;
  models.account = {.kind = AccountKind::Margin, .cash = money(10'000)};
  go_on({.holdings = {{.position = {4}, .earned = money(-406)}}, .orders = {}, .fills = fills}, FillRules::Stom,
        coin(ContractKind::Linear), models);
  const TradingAccount& account = *venue_->office()->account(0);
  EXPECT_EQ(account.balance(0), money(9'994));
  EXPECT_EQ(account.basis(0), money(400));
}

}  // namespace
}  // namespace stom::sim
