#include "sim/auction.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace stom::sim {
namespace {

/// KRX's ladder since 2023-01-25, up to 50,000 won.
Instrument stock() {
  return {.id = "kiwoom:005930",
          .base = "005930",
          .quote = "KRW",
          .ladder = {{{0}, {1}}, {{2'000}, {5}}, {{5'000}, {10}}, {{20'000}, {50}}, {{50'000}, {100}}}};
}

std::string meet(const AuctionBook& book) {
  const auto met = uncross(stock(), book);
  if (!met) return "nothing";
  return std::to_string(met->quantity) + "@" + std::to_string(met->price.value) + " " + std::to_string(met->surplus) +
         " " + std::string{name_of(met->rule)};
}

// The three examples of KRX's page on the matching price (global.krx.co.kr GLB0606030102T1).
TEST(Auction, KrxsExampleOfOneMatchingPriceTradesWhereMostDoes) {
  EXPECT_EQ(meet({.bids = {{{7'850}, 100},
                           {{7'840}, 150},
                           {{7'830}, 200},
                           {{7'830}, 150},
                           {{7'820}, 400},
                           {{7'810}, 500},
                           {{7'800}, 650}},
                  .asks = {{{7'860}, 450},
                           {{7'850}, 750},
                           {{7'840}, 300},
                           {{7'830}, 150},
                           {{7'830}, 200},
                           {{7'830}, 50},
                           {{7'820}, 200},
                           {{7'810}, 150}}}),
            "600@7830 -150 volume");
}
TEST(Auction, KrxsExampleOfFourMatchingPricesTradesAtTheLastPriceAmongThem) {
  EXPECT_EQ(
      meet({.bids = {{{7'850}, 200}, {{7'840}, 100}}, .asks = {{{7'810}, 100}, {{7'800}, 200}}, .reference = {7'820}}),
      "300@7820 0 reference");
}
TEST(Auction, KrxsExampleOfALastPriceBeyondTradesAtTheNearestMatchingPrice) {
  EXPECT_EQ(
      meet({.bids = {{{7'850}, 200}, {{7'840}, 100}}, .asks = {{{7'810}, 100}, {{7'800}, 200}}, .reference = {7'850}}),
      "300@7840 0 reference");
}

TEST(Auction, BuyersLeftOverDriveThePriceUpAndSellersDown) {
  EXPECT_EQ(meet({.bids = {{{7'850}, 10}}, .asks = {{{7'800}, 6}}, .reference = {7'800}}), "6@7850 4 pressure");
  EXPECT_EQ(meet({.bids = {{{7'850}, 6}}, .asks = {{{7'800}, 10}}, .reference = {7'850}}), "6@7800 -4 pressure");
}

TEST(Auction, OfPricesWithEqualVolumeTheOneWithLessLeftOverIsTaken) {
  EXPECT_EQ(meet({.bids = {{{7'850}, 10}, {{7'800}, 5}}, .asks = {{{7'800}, 10}}, .reference = {7'700}}),
            "10@7810 0 reference")
      << "at 7,800 five buyers would be left";
}

TEST(Auction, AsManyBuyersLeftBelowAsSellersAboveMeetWhereNobodyBetterIsLeft) {
  AuctionBook book{.bids = {{{2'025}, 8}, {{2'010}, 2}},
                   .asks = {{{1'986}, 3}, {{2'000}, 5}, {{2'015}, 2}, {{2'020}, 9}}};
  book.reference = {2'005};
  EXPECT_EQ(meet(book), "8@2010 2 reference") << "at 2,005 who bids 2,010 would be left";
  book.reference = {2'050};
  EXPECT_EQ(meet(book), "8@2015 -2 reference");
}

TEST(Auction, MarketOrdersMeetAtTheReferenceAndNothingIsGuessedWithoutOne) {
  EXPECT_EQ(meet({.market_buys = 7, .market_sells = 5, .reference = {7'820}}), "5@7820 2 volume");
  EXPECT_EQ(meet({.market_buys = 7, .market_sells = 5, .reference = {7'820}, .limits = {{5'480}, {10'160}}}),
            "5@7820 2 volume");
  EXPECT_EQ(meet({.market_buys = 7, .market_sells = 5}), "nothing");
}

TEST(Auction, MarketOrdersLeftOverMoveThePriceToTheDaysLimit) {
  AuctionBook book{
      .asks = {{{7'800}, 5}, {{7'810}, 5}}, .market_buys = 100, .reference = {7'800}, .limits = {{5'460}, {10'140}}};
  EXPECT_EQ(meet(book), "10@10140 90 pressure");
  book.limits = {};
  EXPECT_EQ(meet(book), "10@7810 90 volume") << "no limits known: not beyond the orders";
}

TEST(Auction, WhoDoesNotCrossDoesNotTrade) {
  EXPECT_EQ(meet({.bids = {{{7'800}, 10}}, .asks = {{{7'810}, 10}}, .reference = {7'800}}), "nothing");
  EXPECT_EQ(meet({.bids = {{{10'140}, 1'000}}, .reference = {7'800}, .limits = {{5'460}, {10'140}}}), "nothing");
  EXPECT_EQ(meet({}), "nothing");
}

// Whatever was gathered: nothing trades more elsewhere, and every order better than the price is filled (KRX's rule).
TEST(Auction, NoPriceTradesMoreAndAllBetterOrdersAreFilled) {
  const Instrument instrument = stock();
  Random random{20260911};
  int met_at_all = 0;
  for (int round = 0; round < 3000; ++round) {
    AuctionBook book{.reference = {1'980 + 5 * static_cast<std::int64_t>(random.below(12))}};
    if (!instrument.on_ladder(book.reference)) continue;
    const auto price = [&] {
      const auto p = static_cast<std::int64_t>(1'985 + random.below(45));
      return Price{p - p % instrument.tick_at({p}).value};
    };
    for (std::uint64_t i = random.below(7); i > 0; --i)
      book.bids.push_back({price(), static_cast<std::int64_t>(1 + random.below(9))});
    for (std::uint64_t i = random.below(7); i > 0; --i)
      book.asks.push_back({price(), static_cast<std::int64_t>(1 + random.below(9))});
    if (random.below(3) == 0) book.market_buys = static_cast<std::int64_t>(random.below(9));
    if (random.below(3) == 0) book.market_sells = static_cast<std::int64_t>(random.below(9));
    if (random.below(2) == 0) book.limits = {{1'900}, {2'100}};
    const auto met = uncross(instrument, book);
    std::int64_t most = 0;
    for (std::int64_t p = 1'950; p < 2'150; ++p) {
      if (!instrument.on_ladder({p}) || !book.limits.hold({p})) continue;
      const bool priced = !book.bids.empty() || !book.asks.empty();
      if (!priced && Price{p} != book.reference) continue;  // market orders alone
      const std::int64_t demand = demand_at(book, {p}), supply = supply_at(book, {p});
      most = std::max(most, std::min(demand, supply));
    }
    ASSERT_EQ(met ? met->quantity : 0, most) << "round " << round;
    if (!met) continue;
    ++met_at_all;
    ASSERT_TRUE(instrument.on_ladder(met->price));
    ASSERT_TRUE(book.limits.hold(met->price));
    if (book.bids.empty() && book.asks.empty()) {
      ASSERT_EQ(met->price, book.reference) << "market orders alone";
      continue;
    }
    // Market orders stand at the day's limits: better than the price unless it is the limit.
    AuctionBook limit_orders = book;
    if (!book.limits.known() || met->price == book.limits.upper) limit_orders.market_buys = 0;
    if (!book.limits.known() || met->price == book.limits.lower) limit_orders.market_sells = 0;
    ASSERT_LE(demand_at(limit_orders, met->price + Price{1}), met->quantity)
        << "round " << round << ": a better buyer is left";
    ASSERT_LE(supply_at(limit_orders, met->price - Price{1}), met->quantity)
        << "round " << round << ": a better seller is left";
  }
  EXPECT_GT(met_at_all, 1000);
}

}  // namespace
}  // namespace stom::sim
