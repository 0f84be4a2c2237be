#include "orders/account_state.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "core/state_io.hpp"

namespace stom::orders {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

class Account {
 public:
  Account() {
    instrument_.id = "binance:PEPEUSDT";
    instrument_.quantity_decimals = 0;
    instrument_.price_decimals = 10;
  }
  void fill(Side side, std::int64_t price, std::int64_t quantity, UnixNanos at = 0, ClientOrderId id = 0) {
    state.told(0,
               {.kind = OrderEventKind::Filled,
                .side = side,
                .id = id,
                .time = at - 5,
                .local_time = at,
                .price = {price},
                .quantity = {quantity}},
               instrument_);
  }
  void funding(UnixNanos due) {
    state.told(0, {.kind = OrderEventKind::Funding, .time = due, .local_time = due + 7, .fee = {3}}, instrument_);
  }
  void refuse_number(std::uint64_t request, ClientOrderId id) {
    state.told(request, {.kind = OrderEventKind::Denied, .reason = RejectReason::DuplicateId, .id = id}, instrument_);
  }
  void accept(ClientOrderId id) { state.told(0, {.kind = OrderEventKind::Accepted, .id = id}, instrument_); }
  std::int64_t entry() const { return state.holding(0).entry_price().value().value; }
  AccountState state{1, Money{}};

 private:
  Instrument instrument_;
};

TEST(AccountState, WhatIsOpenWasBoughtAtTheAverageOfItsFills) {
  Account account;
  account.fill(Side::Buy, 100, 10);
  account.fill(Side::Buy, 200, 30);
  EXPECT_EQ(account.entry(), 175);
  account.fill(Side::Sell, 999, 25);
  EXPECT_EQ(account.entry(), 175) << "a part that is sold changes nothing for the rest";
  account.fill(Side::Sell, 120, 35);
  EXPECT_EQ(account.state.holding(0).position.value, -20);
  EXPECT_EQ(account.entry(), 120) << "turned, it is the price of the fill that turned it";
  account.fill(Side::Buy, 50, 20);
  EXPECT_FALSE(account.state.holding(0).entry_price()) << "nothing is open";
}

TEST(AccountState, APartOfAVeryLargePositionIsSoldExactly) {
  Account account;
  account.fill(Side::Buy, 10'000'000'000, kMost / 2);
  account.fill(Side::Sell, 1, kMost / 4);
  EXPECT_EQ(account.entry(), 10'000'000'000);
}

TEST(AccountState, AShortIsSoldAtTheAverageAtWhichTheSameLongIsBought) {
  Account bought, sold;
  const auto trade = [&](Side side, std::int64_t price, std::int64_t quantity) {
    bought.fill(side, price, quantity);
    sold.fill(opposite(side), price, quantity);
    const auto &longs = bought.state.holding(0), &shorts = sold.state.holding(0);
    EXPECT_EQ(shorts.entry_value, -longs.entry_value);
    EXPECT_EQ(shorts.entry_price(), longs.entry_price());
  };
  trade(Side::Buy, 100, 2);
  trade(Side::Buy, 101, 1);
  EXPECT_EQ(sold.entry(), 100);  // 301 / 3
  trade(Side::Sell, 7, 1);       // 200 2/3 are left of 301
  EXPECT_EQ(sold.state.holding(0).entry_value, -201);
  trade(Side::Buy, 105, 5);
  EXPECT_EQ(sold.entry(), 104);  // 726 / 7
  trade(Side::Sell, 7, 6);
  EXPECT_EQ(sold.entry(), 104);  // 103 5/7
}

// 1.2345 bought at 100, and a thousandth of it kept as the fee: 1.2332655 are there, in lots of 0.0001.
TEST(AccountState, AFeeThatWasTakenOfWhatWasBoughtLeavesWholeLotsAndDustAndCostsNoCash) {
  const Instrument coin{
      .id = "binance:ABUSDT", .base = "AB", .quote = "USDT", .price_decimals = 2, .quantity_decimals = 4};
  const auto money = [](std::int64_t millionths) { return Money{Int128{millionths} * power_of_ten(12)}; };
  AccountState state{1, Money{}};
  state.told(0,
             {.kind = OrderEventKind::Filled,
              .side = Side::Buy,
              .price = {10'000},
              .quantity = {12'332},
              .coin_fee = 123'450,
              .fee = money(130'000)},
             coin);
  EXPECT_EQ(state.holding(0).position, Quantity{12'332});
  EXPECT_EQ(state.holding(0).cash, money(-123'450'000)) << "1.2345 at 100, and no more";
  EXPECT_EQ(state.holding(0).entry_price(), Price{10'000});
  EXPECT_EQ(state.holding(0).dust, Money{Int128{655} * power_of_ten(11)}) << "0.0000655";
  state.told(
      0, {.kind = OrderEventKind::Filled, .side = Side::Buy, .price = {10'000}, .quantity = {500}, .coin_fee = 5'000},
      coin);
  EXPECT_EQ(state.holding(0).position, Quantity{12'832}) << "its fee is paid with what was left over";
  EXPECT_EQ(state.holding(0).dust, Money{Int128{155} * power_of_ten(11)});
}

TEST(AccountState, BeginsWithCashOfEachCurrencyAndNoneOfItWasEarned) {
  StartCash cash{Money{1'000}};
  cash.set(2, Money{7});  // of another currency, in which the third instrument is the first one
  AccountState state{4, cash};
  Instrument traded;
  traded.price_decimals = 9;
  traded.quantity_decimals = 9;
  state.told(
      0,
      {.kind = OrderEventKind::Filled, .side = Side::Buy, .instrument = 2, .price = {2}, .quantity = {3}, .fee = {4}},
      traded);
  EXPECT_EQ(state.holding(0).cash, Money{1'000});
  EXPECT_EQ(state.holding(1).cash, Money{0});
  EXPECT_EQ(state.holding(2).cash, Money{7 - 2 * 3 - 4});
  EXPECT_EQ(state.holding(3).cash, Money{0});
  for (const InstrumentIndex i : {0u, 1u, 3u}) EXPECT_EQ(state.earned(i), Money{0}) << i;
  EXPECT_EQ(state.earned(2), Money{-10});
}

TEST(AccountState, AnOrderThatIsRefusedForItsNumberIsOverAndTheOneThatHasTheNumberWorksOn) {
  Account account;
  account.state.submitted(1, {.id = 5, .quantity = {10}});
  account.accept(5);
  account.state.submitted(2, {.id = 5, .quantity = {20}});
  account.refuse_number(2, 5);
  account.state.submitted(3, {.id = 5, .quantity = {30}});
  account.state.cancel_asked(4, 5);
  account.refuse_number(3, 5);
  ASSERT_EQ(account.state.orders().size(), 1u);
  EXPECT_EQ(account.state.order(5)->quantity, Quantity{10});
  EXPECT_EQ(account.state.order(5)->status, OrderStatus::Working);
  EXPECT_TRUE(account.state.order(5)->cancel_pending) << "that is what the cancel was for";
  account.state.told(4, {.kind = OrderEventKind::Canceled, .id = 5}, Instrument{});
  account.state.submitted(5, {.id = 5, .quantity = {40}});
  account.state.cancel_asked(6, 5);
  account.refuse_number(5, 5);
  EXPECT_TRUE(account.state.orders().empty()) << "a venue refused the only one";
}

TEST(AccountState, AnOrderWhoseAnswerNobodyWaitsForIsUnknownAndNeitherRejectedNorWorking) {
  Account account;
  account.state.submitted(1, {.id = 1, .quantity = {10}});
  account.state.submitted(2, {.id = 2, .quantity = {10}});
  account.accept(2);
  account.state.cancel_asked(3, 2);
  account.state.restarted();
  ASSERT_EQ(account.state.orders().size(), 2u);
  EXPECT_EQ(account.state.order(1)->status, OrderStatus::Unknown);
  EXPECT_EQ(account.state.order(2)->status, OrderStatus::Working);
  EXPECT_FALSE(account.state.order(2)->cancel_pending) << "nobody waits for that answer either";
  EXPECT_EQ(account.state.next_id(), 1'000'000u) << "the last records may be lost, and their orders not";
}

TEST(IdsOfAProcess, BeginBehindAllThatAnEarlierOneCanHaveUsedAlsoWhereItsJournalLacksIt) {
  constexpr UnixNanos kMorning = 1'796'000'000'123 * kMillisecond;
  EXPECT_EQ(first_id_of_process(6, kMorning), 1'796'000'000'123u) << "an old backup knows little of what came since";
  EXPECT_EQ(first_id_of_process(1'796'000'000'122, kMorning), 1'796'000'000'123u);
  EXPECT_EQ(first_id_of_process(1'796'000'000'200, kMorning), 1'796'001'000'000u) << "a clock that was set back";
  EXPECT_EQ(first_id_of_process(6, kNoTime), 1'000'000u);
  EXPECT_EQ(first_id_of_process(1'000'000, 0), 2'000'000u);
  EXPECT_LT(first_id_of_process(6, kNever), kParentIds) << "what is above is a bracket's";
  Account account;
  account.state.submitted(1, {.id = 1, .quantity = {10}});
  account.state.restarted();
  account.state.begin_ids(first_id_of_process(2, kMorning));
  EXPECT_EQ(account.state.next_id(), 1'796'000'000'123u);
}

// Of what is over a session of weeks keeps nothing, and what it goes by is the same.
TEST(AccountState, WithoutHistoryIsWhatItIsWithAndAsSmallAsAtItsBeginning) {
  Account with, without;
  without.state.keep_no_history();
  for (Account* account : {&with, &without}) {
    for (int i = 0; i < 10'000; ++i) {
      account->fill(i % 3 == 0 ? Side::Sell : Side::Buy, 100 + i % 7, 1 + i % 5, i, 7 | kStopLossChild);
      account->funding(i);
      account->state.tag(static_cast<ClientOrderId>(i), "a reason");
    }
  }
  EXPECT_EQ(with.state.fills().size(), 10'000u);
  EXPECT_EQ(with.state.funding().size(), 10'000u);
  EXPECT_GE(with.state.exit_reasons().size(), 10'000u);
  EXPECT_EQ(without.state.fills().capacity(), 0u);
  EXPECT_EQ(without.state.funding().capacity(), 0u);
  EXPECT_TRUE(without.state.exit_reasons().empty());
  EXPECT_EQ(without.state.fill_count(), 10'000u);
  EXPECT_EQ(with.state.fill_count(), 10'000u);
  EXPECT_EQ(without.state.holding(0), with.state.holding(0));
  std::string ours, theirs;
  StateWriter{ours}(without.state);
  StateWriter{theirs}(with.state);
  EXPECT_EQ(ours, theirs);
}

TEST(AccountState, KnowsWhenItLearnedOfTheLastFillAndForWhenTheLastFundingWas) {
  Account account;
  EXPECT_EQ(account.state.filled_at(0), kNoTime);
  EXPECT_EQ(account.state.funded_at(0), kNoTime);
  account.fill(Side::Buy, 100, 1, 40);
  account.fill(Side::Buy, 100, 1, 60);
  account.funding(80);
  account.funding(70);  // of an outage: asked for, and told late
  EXPECT_EQ(account.state.filled_at(0), 60);
  EXPECT_EQ(account.state.funded_at(0), 80);
}

}  // namespace
}  // namespace stom::orders
