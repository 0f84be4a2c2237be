#include "account/trading_account.hpp"

#include <gtest/gtest.h>

#include "account/back_office.hpp"

namespace stom {
namespace {

constexpr Money dollars(std::int64_t amount) { return {Int128{amount} * power_of_ten(kMoneyDecimals)}; }

Instrument contract(std::string base) {
  Instrument out;
  out.id = "binance-usdm:" + base + "USDT";
  out.base = std::move(base);
  out.quote = "USDT";
  out.kind = ContractKind::Linear;
  out.price_decimals = 0;
  out.quantity_decimals = 0;
  return out;
}

/// An account of 1,000 USDT with two contracts, and the other side of it where long and short are held apart; no fees.
struct MarginAccount : testing::Test {
  const std::vector<Instrument> instruments{contract("BTC"), contract("ETH")};
  BackOffice office = make();

  BackOffice make() const {
    const AccountTerms terms{.kind = AccountKind::Margin, .cash = dollars(1'000), .leverage = 10};
    return {instruments, {{terms, flat_fees(0, 0)}, {terms, flat_fees(0, 0), 0}}};
  }
  TradingAccount& longs() { return *office.account(0); }
  TradingAccount& shorts() { return *office.account(1); }
  void trade(TradingAccount& account, InstrumentIndex index, Side side, std::int64_t quantity, std::int64_t price) {
    account.mark(index, {price});
    account.fill(
        {.kind = OrderEventKind::Filled, .side = side, .instrument = index, .price = {price}, .quantity = {quantity}},
        {});
  }
  /// Of so many at no worse than the mark, 1,000, worth so much at most.
  RejectReason would(TradingAccount& account, InstrumentIndex index, Side side, std::int64_t quantity,
                     std::int64_t value) {
    return account.refusal({.instrument = index, .side = side}, {quantity}, dollars(value), 0);
  }
};

TEST_F(MarginAccount, EachContractNeedsMarginByItsOwnLeverage) {
  longs().set_leverage(1, 4);
  trade(longs(), 0, Side::Buy, 2, 1'000);
  trade(longs(), 1, Side::Sell, 1, 1'000);
  EXPECT_EQ(longs().initial_margin(0), dollars(200 + 250));
  EXPECT_EQ(longs().available(0), dollars(550));
  EXPECT_EQ(would(longs(), 0, Side::Buy, 6, 5'500), RejectReason::None) << "550 at leverage 10";
  EXPECT_EQ(would(longs(), 0, Side::Buy, 6, 5'501), RejectReason::InsufficientMargin);
  EXPECT_EQ(would(longs(), 1, Side::Sell, 2, 2'200), RejectReason::None) << "550 at leverage 4";
  EXPECT_EQ(would(longs(), 1, Side::Sell, 2, 2'201), RejectReason::InsufficientMargin);
  longs().set_leverage(0, 2);
  EXPECT_EQ(longs().available(0), dollars(1'000 - 1'000 - 250)) << "what is held is counted anew";
}

TEST_F(MarginAccount, LongAndShortHeldApartNeedMarginBothAndShareOneWallet) {
  trade(longs(), 0, Side::Buy, 3, 1'000);
  trade(shorts(), 0, Side::Sell, 2, 1'000);
  EXPECT_EQ(longs().position(0), 3);
  EXPECT_EQ(shorts().position(0), -2);
  EXPECT_EQ(longs().available(0), dollars(1'000 - 300 - 200));
  EXPECT_EQ(shorts().available(0), longs().available(0));
  trade(longs(), 0, Side::Sell, 3, 1'100);
  EXPECT_EQ(shorts().balance(0), dollars(1'300)) << "what one side won is in the one wallet";
  shorts().mark(0, {1'100});
  EXPECT_EQ(shorts().equity(0), dollars(1'300 - 200));
  EXPECT_EQ(shorts().position(0), -2) << "selling the long side does not touch the short one";
}

TEST_F(MarginAccount, WhatOneSideLosesTheOtherMayHaveWon) {
  trade(longs(), 0, Side::Buy, 4, 1'000);
  trade(shorts(), 0, Side::Sell, 4, 1'000);
  shorts().mark(0, {600});
  EXPECT_FALSE(longs().must_liquidate(0, {600})) << "1,600 lost, 1,600 won";
  trade(shorts(), 0, Side::Buy, 4, 1'000);
  EXPECT_TRUE(longs().must_liquidate(0, {600}));
}

TEST_F(MarginAccount, AnIsolatedPositionStandsOnWhatWasPutAsideForIt) {
  longs().set_margin_mode(0, MarginMode::Isolated);
  trade(longs(), 0, Side::Buy, 2, 1'000);
  EXPECT_EQ(longs().isolated(0), dollars(200));
  EXPECT_EQ(longs().available(0), dollars(800));
  longs().mark(0, {950});
  EXPECT_EQ(longs().available(0), dollars(800)) << "its losses are its own";
  EXPECT_FALSE(longs().must_liquidate(0, {901}));
  EXPECT_TRUE(longs().must_liquidate(0, {900})) << "200 lost of 200, though the wallet has 1,000";
  trade(longs(), 0, Side::Sell, 1, 1'100);
  EXPECT_EQ(longs().isolated(0), dollars(100)) << "half of it is closed";
  EXPECT_EQ(longs().balance(0), dollars(1'100));
  trade(longs(), 0, Side::Sell, 1, 1'100);
  EXPECT_EQ(longs().isolated(0), dollars(0));
  EXPECT_EQ(longs().available(0), dollars(1'200));
}

// As Binance spot does where no BNB pays: 0.1 % of what was bought, and of a sale of what it brought.
TEST(CashAccount, ABuyMayPayItsCommissionWithWhatItBought) {
  const std::vector<Instrument> one{
      {.id = "acme:ABUSDT", .base = "AB", .quote = "USDT", .price_decimals = 2, .quantity_decimals = 4}};
  BackOffice office{
      one, {{{.kind = AccountKind::Cash, .cash = dollars(1'000), .coin_fees = true}, flat_fees(1'000'000, 1'000'000)}}};
  TradingAccount& account = *office.account(0);
  EXPECT_EQ(account.refusal({.side = Side::Buy}, {100'000}, dollars(1'000), 0), RejectReason::None) << "all the cash";
  OrderEvent event{.kind = OrderEventKind::Filled, .side = Side::Buy, .price = {10'000}, .quantity = {12'345}};
  office.settle(0, event);
  EXPECT_EQ(event.coin_fee, 123'450);
  EXPECT_EQ(event.fee, Money{});
  const auto micros = [](std::int64_t millionths) { return Money{Int128{millionths} * power_of_ten(12)}; };
  EXPECT_EQ(account.balance(0), micros(1'000'000'000 - 123'450'000));
  EXPECT_EQ(account.available_base(0), Money{Int128{12'332'655} * power_of_ten(11)});
  EXPECT_EQ(account.refusal({.side = Side::Sell}, {12'333}, micros(123'330'000), 0), RejectReason::InsufficientBalance);
  event = {.kind = OrderEventKind::Filled, .side = Side::Sell, .price = {10'000}, .quantity = {12'332}};
  office.settle(0, event);
  EXPECT_EQ(event.coin_fee, 0);
  EXPECT_EQ(event.fee, micros(123'320));
  EXPECT_EQ(account.available_base(0), Money{Int128{655} * power_of_ten(11)});
}

TEST_F(MarginAccount, AnIsolatedLossLeavesTheOtherPositionsAlone) {
  longs().set_margin_mode(0, MarginMode::Isolated);
  trade(longs(), 0, Side::Buy, 2, 1'000);
  trade(longs(), 1, Side::Buy, 1, 1'000);
  EXPECT_TRUE(longs().must_liquidate(0, {850}));
  EXPECT_FALSE(longs().must_liquidate(1, {1'000})) << "800 stand behind it";
  EXPECT_TRUE(longs().must_liquidate(1, {200})) << "800 lost of 800";
}

TEST(CashAccount, OfSeveralCurrenciesPaysInEachWithWhatItHasOfIt) {
  Instrument dollars_for_coin = contract("BTC"), won_for_coin = contract("BTC");
  dollars_for_coin.kind = won_for_coin.kind = ContractKind::Spot;
  won_for_coin.id = "upbit:KRW-BTC";
  won_for_coin.quote = "KRW";
  const std::vector<Instrument> spot{dollars_for_coin, won_for_coin};
  AccountTerms terms{.kind = AccountKind::Cash, .cash = dollars(1'000)};
  terms.cash.set(1, dollars(5'000));  // of won
  BackOffice office{spot, std::vector<BackOffice::Client>{{terms, flat_fees(0, 0)}}};
  TradingAccount& account = *office.account(0);
  const auto buys = [&](InstrumentIndex index, std::int64_t value) {
    return account.refusal({.instrument = index, .side = Side::Buy}, {1}, dollars(value), 0);
  };
  EXPECT_EQ(buys(0, 1'000), RejectReason::None);
  EXPECT_EQ(buys(0, 1'001), RejectReason::InsufficientBalance) << "won are no dollars";
  EXPECT_EQ(buys(1, 5'000), RejectReason::None);
  EXPECT_EQ(buys(1, 5'001), RejectReason::InsufficientBalance);
  account.fill({.kind = OrderEventKind::Filled, .side = Side::Buy, .instrument = 1, .price = {4'000}, .quantity = {1}},
               {});
  EXPECT_EQ(account.balance(0), dollars(1'000));
  EXPECT_EQ(account.balance(1), dollars(1'000));
  EXPECT_EQ(office.ledger().deposited(1), dollars(0)) << "coins: nobody brought any";
}

}  // namespace
}  // namespace stom
