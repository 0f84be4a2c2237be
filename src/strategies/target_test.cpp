// Sizes of positions, worked out by hand (docs/strategies/sizing.md).
#include "strategies/target.hpp"

#include <gtest/gtest.h>

#include "core/decimal.hpp"
#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

Money money(std::int64_t whole) { return {static_cast<Int128>(whole) * power_of_ten(kMoneyDecimals)}; }

// Tick 0.5 below 1000, 1 from there on; a lot is 0.005.
const Instrument kLinear{.id = "x:Y",
                         .kind = ContractKind::Linear,
                         .price_decimals = 1,
                         .quantity_decimals = 3,
                         .ladder = {{{0}, {5}}, {{10'000}, {10}}},
                         .lot = {5}};
// 100 USD a contract.
const Instrument kInverse{.id = "x:Z",
                          .base = "BTC",
                          .quote = "USD",
                          .kind = ContractKind::Inverse,
                          .price_decimals = 1,
                          .ladder = {{{0}, {1}}},
                          .contract_size = 100};

TEST(Sizing, ByQuantityIsWholeLotsRoundedDown) {
  EXPECT_EQ(lots_for(kLinear, SizeRule::Quantity, {25, 2}, {2500}, {0}, {}), 50);  // 0.25 / 0.005
  EXPECT_EQ(lots_for(kLinear, SizeRule::Quantity, {14, 3}, {2500}, {0}, {}), 2);   // 0.014: 2.8 lots
  EXPECT_EQ(lots_for(kLinear, SizeRule::Quantity, {4, 3}, {2500}, {0}, {}), 0);
  EXPECT_EQ(lots_for(kLinear, SizeRule::Lots, {7, 0}, {2500}, {0}, {}), 7);
}

TEST(Sizing, ByCashBuysNoMoreThanTheMoneyPaysFor) {
  // A lot at 250.0 costs 1.25.
  EXPECT_EQ(lots_for(kLinear, SizeRule::Cash, {100, 0}, {2500}, {0}, {}), 80);
  EXPECT_EQ(lots_for(kLinear, SizeRule::Cash, {9999, 2}, {2500}, {0}, {}), 79);  // 99.99 / 1.25 = 79.992
  // A contract of 100 USD at 50,000 is worth 0.002 BTC.
  EXPECT_EQ(lots_for(kInverse, SizeRule::Cash, {1, 1}, {500'000}, {0}, {}), 50);  // 0.1 BTC
}

TEST(Sizing, ByEquityIsThatShareOfIt) {
  // 20 % of 1,000 are 200: 160 lots of 1.25.
  EXPECT_EQ(lots_for(kLinear, SizeRule::Equity, {20, 0}, {2500}, {0}, money(1000)), 160);
  EXPECT_EQ(lots_for(kLinear, SizeRule::Equity, {125, 1}, {2500}, {0}, money(1000)), 100);  // 12.5 %
  EXPECT_EQ(lots_for(kLinear, SizeRule::Equity, {20, 0}, {2500}, {0}, money(-5)), 0);
}

TEST(Sizing, ByRiskLosesThatShareOfEquityAtTheStop) {
  // From 250.0 to 245.0 a lot of 0.005 loses 0.025; 1 % of 1,000 is 10: 400 lots.
  EXPECT_EQ(lots_for(kLinear, SizeRule::Risk, {1, 0}, {2500}, {2450}, money(1000)), 400);
  EXPECT_EQ(lots_for(kLinear, SizeRule::Risk, {1, 0}, {2500}, {2550}, money(1000)), 400);  // a short one
  EXPECT_EQ(lots_for(kLinear, SizeRule::Risk, {1, 0}, {2500}, {2450}, money(999)), 399);   // 399.6
  EXPECT_EQ(lots_for(kLinear, SizeRule::Risk, {1, 0}, {2500}, {2500}, money(1000)), 0);    // a stop at the price
  // Inverse: a contract is 0.002 BTC at 50,000 and 0.0025 at 40,000; 1 % of 2 BTC is 0.02: 40 contracts.
  EXPECT_EQ(lots_for(kInverse, SizeRule::Risk, {1, 0}, {500'000}, {400'000}, money(2)), 40);
}

TEST(Sizing, WhatCannotBeSaidIsNoSize) {
  EXPECT_EQ(lots_for(kLinear, SizeRule::Cash, {100, 0}, {0}, {0}, {}), 0);
  EXPECT_EQ(lots_for(kLinear, SizeRule::Risk, {1, 0}, {2500}, {0}, money(1000)), 0);
}

TEST(Sizing, AStopLiesOnTheLadderNeverNearerThanSaid) {
  EXPECT_EQ(stop_price(kLinear, 1, {2500}, {2, 0}).value, 2450);     // 245.0
  EXPECT_EQ(stop_price(kLinear, 1, {2500}, {21, 1}).value, 2445);    // 244.75 down to 244.5
  EXPECT_EQ(stop_price(kLinear, -1, {2500}, {21, 1}).value, 2555);   // 255.25 up to 255.5
  EXPECT_EQ(stop_price(kLinear, -1, {9990}, {2, 0}).value, 10'190);  // 1018.98: in the upper band, up to 1019
}

// The whole way: entry, stop, and the trade that it closes. Books of one tick, price 100 = the ask.
TEST(Sizing, TheStopClosesThePositionAndIsGoneWhenTheStrategyLeaves) {
  const auto tape = [](std::int64_t after) {
    Tape t;
    t.book(0, {{99, 1000}}, {{100, 1}});  // bids outweigh asks: buy at 100
    t.book(kSecond, {{99, 1000}}, {{100, 1000}});
    t.bar(2 * kSecond, kSecond, after, after, after, after);
    t.book(4 * kSecond, {{after - 1, 1}}, {{after, 1000}});  // asks outweigh bids: leave
    t.book(5 * kSecond, {{80, 1000}}, {{81, 1000}});
    t.bar(6 * kSecond, kSecond, 81, 81, 81, 81);
    return t;
  };
  const std::map<std::string, std::string> parameters{{"size", "quantity"},  {"amount", "1"}, {"stop", "5"},
                                                      {"direction", "long"}, {"levels", "1"}, {"exit", "-0.5"}};
  // 5 % below 100 is 95: reached at 94, where the bid is 93.
  EXPECT_EQ(round_trips(tape(94).run("book_imbalance", parameters)),
            (std::vector<RoundTrip>{{Side::Buy, 100, 93, 1, "stop"}}));
  // Not reached at 98: the strategy sells by itself, and the fall to 80 finds no stop any more.
  EXPECT_EQ(round_trips(tape(98).run("book_imbalance", parameters)),
            (std::vector<RoundTrip>{{Side::Buy, 100, 97, 1, "balance is back"}}));
}

}  // namespace
}  // namespace stom::test
