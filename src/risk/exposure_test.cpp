#include "risk/exposure.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace stom::risk {
namespace {

constexpr UnixNanos kNow = 1'700'000'000 * kSecond;

Money units(std::int64_t whole) { return {Int128{whole} * power_of_ten(kMoneyDecimals)}; }

Instrument spot(std::string id, std::string base, std::string quote) {
  return {.id = std::move(id),
          .base = std::move(base),
          .quote = std::move(quote),
          .kind = ContractKind::Spot,
          .price_decimals = 2,
          .quantity_decimals = 4,
          .ladder = {{{0}, {1}}}};
}

CurrencyRates won() {
  CurrencyRates rates;
  rates.set({"USDT", "KRW", 1400, 1, "upbit:KRW-USDT", kNow});
  return rates;
}

TEST(CurrencyRates, AGivenRateIsWhatOneOfTheFirstIsInTheSecond) {
  const auto rate = parse_given_rate("USDT/KRW=1385.5", kNow);
  ASSERT_TRUE(rate);
  EXPECT_EQ(rate->from, "USDT");
  EXPECT_EQ(rate->to, "KRW");
  CurrencyRates rates;
  rates.set(*rate);
  EXPECT_EQ(convert(units(2), *rates.way("USDT", "KRW", kNow)), units(2771));
  EXPECT_EQ(convert(units(2771), *rates.way("KRW", "USDT", kNow)), units(2));
}

TEST(CurrencyRates, WhatIsNoRateIsRefused) {
  for (const char* text : {"", "USDT", "USDT/KRW", "USDT=1", "USDT/KRW=", "USDT/KRW=0", "USDT/KRW=-1", "USDT/KRW=x",
                           "/KRW=1", "USDT/=1", "usdt/KRW=1", "KRW/KRW=1", "KRW=1/USDT", "A/B=0.0000000001"})
    EXPECT_FALSE(parse_given_rate(text, kNow)) << text;
}

TEST(CurrencyRates, ADollarAndACoinOfADollarAreTwoCurrencies) { EXPECT_FALSE(won().way("USD", "KRW", kNow)); }

TEST(CurrencyRates, NoRateIsNeededForACurrencyInItself) {
  const auto way = CurrencyRates{}.way("KRW", "KRW", kNow);
  ASSERT_TRUE(way);
  EXPECT_TRUE(way->steps.empty());
}

TEST(CurrencyRates, RatesChainByTheFewestSteps) {
  CurrencyRates rates = won();
  rates.set({"BTC", "USDT", 60000, 1, "binance:BTCUSDT", kNow});
  EXPECT_EQ(convert(units(1), *rates.way("BTC", "KRW", kNow)), units(84'000'000));
  rates.set({"BTC", "KRW", 85'000'000, 1, "upbit:KRW-BTC", kNow});
  EXPECT_EQ(convert(units(1), *rates.way("BTC", "KRW", kNow)), units(85'000'000));
}

TEST(CurrencyRates, AWayWithoutAStaleRateGoesFirst) {
  CurrencyRates rates = won();
  rates.set({"BTC", "USDT", 60000, 1, "binance:BTCUSDT", kNow});
  rates.set({"BTC", "KRW", 85'000'000, 1, "upbit:KRW-BTC", kNow - CurrencyRates::kMarketAge - 1});
  const auto way = rates.way("BTC", "KRW", kNow);
  ASSERT_TRUE(way);
  EXPECT_EQ(way->steps.size(), 2U);
  EXPECT_FALSE(way->stale);
  const auto later = rates.way("BTC", "KRW", kNow + CurrencyRates::kMarketAge + 1);
  EXPECT_TRUE(later->stale);
  EXPECT_EQ(later->steps.size(), 1U);
}

TEST(CurrencyRates, AWayThatIsRememberedIsTheOneThatWouldBeFoundAnew) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Random random{seed};
    UnixNanos now = kNow;
    CurrencyRates rates;
    const auto usdt = rates.set({"USDT", "KRW", 1400, 1, "upbit:KRW-USDT", now});
    const auto bitcoin = rates.set({"BTC", "USDT", 60'000, 1, "binance:BTCUSDT", now});
    const auto direct = rates.set({"BTC", "KRW", 85'000'000, 1, "upbit:KRW-BTC", now});
    for (int step = 0; step < 300; ++step) {
      now += static_cast<DurationNanos>(random.below(40)) * kSecond;
      for (const auto place : {usdt, bitcoin, direct})
        if (random.below(3) == 0)
          rates.renew(place, 1'000 + static_cast<std::int64_t>(random.below(1'000)), 1,
                      now - static_cast<DurationNanos>(random.below(90)) * kSecond);
      if (random.below(100) == 0) rates.set(*parse_given_rate("USDT/KRW=1385.5", now));
      const auto anew = rates.way("BTC", "KRW", now);
      const auto* known = rates.known_way(rates.pair("BTC", "KRW"), now);
      ASSERT_TRUE(anew && known != nullptr);
      ASSERT_EQ(convert(units(1), *anew), convert(units(1), *known)) << "seed " << seed << ", step " << step;
      ASSERT_EQ(anew->stale, known->stale) << "seed " << seed << ", step " << step;
      EXPECT_NEAR(factor_of(*known), to_double(convert(units(1), *known)->value, kMoneyDecimals), 1e-6);
    }
  }
}

TEST(CurrencyRates, AGivenRateLastsADayAndOneOfAMarketAMinute) {
  CurrencyRates rates;
  rates.set(*parse_given_rate("USDT/KRW=1400", kNow));
  EXPECT_FALSE(rates.way("USDT", "KRW", kNow + CurrencyRates::kMarketAge + 1)->stale);
  EXPECT_TRUE(rates.way("USDT", "KRW", kNow + CurrencyRates::kGivenAge + 1)->stale);
  EXPECT_TRUE(won().way("USDT", "KRW", kNow + CurrencyRates::kMarketAge + 1)->stale);
}

TEST(CurrencyRates, ASourceThatSpeaksAgainReplacesWhatItSaid) {
  CurrencyRates rates = won();
  rates.set({"USDT", "KRW", 1500, 1, "upbit:KRW-USDT", kNow});
  EXPECT_EQ(rates.all().size(), 1U);
  EXPECT_EQ(convert(units(1), *rates.way("USDT", "KRW", kNow)), units(1500));
}

TEST(CurrencyRates, HalvesAreRoundedToTheEvenDigit) {
  CurrencyRates rates;
  rates.set({"A", "B", 1, 2, "x", kNow});
  EXPECT_EQ(convert(Money{1}, *rates.way("A", "B", kNow)), Money{0});
  EXPECT_EQ(convert(Money{3}, *rates.way("A", "B", kNow)), Money{2});
  EXPECT_EQ(convert(Money{-3}, *rates.way("A", "B", kNow)), Money{-2});
}

TEST(CurrencyRates, WhatDoesNotFitIsNotKnown) {
  CurrencyRates rates;
  rates.set({"A", "B", 1'000'000, 1, "x", kNow});
  EXPECT_FALSE(convert(units(1'000'000'000'000'000), *rates.way("A", "B", kNow)));
}

/// With rates that nobody has asked before.
Exposure exposed(const std::vector<Position>& held, CurrencyRates rates, std::string_view currency, UnixNanos now) {
  return exposure_of(held, rates, currency, now);
}

// 0.5 BTC long at 60,000 and 0.25 BTC short at 80,000,000 won: 30,000 USDT are 42,000,000 won, against 20,000,000.
TEST(Exposure, AddsVenuesUpInOneCurrency) {
  const Instrument binance = spot("binance:BTCUSDT", "BTC", "USDT"), upbit = spot("upbit:KRW-BTC", "BTC", "KRW");
  const std::vector<Position> held{
      {&binance, {5000}, 2 * 6'000'000, false, -units(29'000)},
      {&upbit, {-2500}, 2 * 8'000'000'000, false, units(21'000'000)},
  };
  const Exposure all = exposed(held, won(), "KRW", kNow);
  EXPECT_EQ(all.long_value, units(42'000'000));
  EXPECT_EQ(all.short_value, units(20'000'000));
  EXPECT_EQ(all.gross(), units(62'000'000));
  EXPECT_EQ(all.net(), units(22'000'000));
  EXPECT_EQ(all.profit, units(1'400'000 + 1'000'000));
  EXPECT_FALSE(all.stale);
  EXPECT_TRUE(all.unknown.empty());
}

// 10 million won and 5,000 USDT at the start; a position that brought 1,000 USDT so far.
TEST(Exposure, EquityIsTheCashOfEachCurrencyAndWhatCameToIt) {
  const Instrument binance = spot("binance:BTCUSDT", "BTC", "USDT"), upbit = spot("upbit:KRW-BTC", "BTC", "KRW");
  std::vector<Position> held{{&binance, {5000}, 2 * 6'000'000, false, -units(29'000), units(5'000)},
                             {&upbit, {0}, 0, true, Money{}, units(10'000'000)}};
  const Exposure all = exposed(held, won(), "KRW", kNow);
  EXPECT_EQ(all.profit, units(1'400'000));
  EXPECT_EQ(all.equity, units(10'000'000 + 7'000'000 + 1'400'000));
  held[0].quantity = {};
  held[0].earned = {};
  const Exposure unknown = exposed(held, CurrencyRates{}, "KRW", kNow);
  EXPECT_FALSE(unknown.equity);
  EXPECT_EQ(unknown.profit, units(0)) << "nothing was earned yet";
  EXPECT_EQ(unknown.gross(), units(0));
  EXPECT_EQ(unknown.unknown, std::vector<std::string>{"no rate of USDT in KRW"});
}

// A thousand contracts of 100 dollars at 50,000 are two coins, long: their worth in coins falls as the price rises.
TEST(Exposure, AnInverseContractIsHeldInItsCoin) {
  Instrument perpetual = spot("binance-coinm:BTCUSD_PERP", "BTC", "USD");
  perpetual.kind = ContractKind::Inverse;
  perpetual.quantity_decimals = 0;
  perpetual.contract_size = 100;
  CurrencyRates rates;
  rates.set({"BTC", "USDT", 50000, 1, "binance:BTCUSDT", kNow});
  const std::vector<Position> held{{&perpetual, {1000}, 2 * 5'000'000, false, units(3)}};
  const Exposure all = exposed(held, rates, "USDT", kNow);
  EXPECT_EQ(all.long_value, units(100'000));
  EXPECT_EQ(all.short_value, units(0));
  EXPECT_EQ(all.profit, units(50'000));  // three coins were paid for what two are worth now
}

TEST(Exposure, ACurrencyWithoutARateMakesItsSumsUnknownAndOnlyThose) {
  const Instrument binance = spot("binance:BTCUSDT", "BTC", "USDT"), upbit = spot("upbit:KRW-BTC", "BTC", "KRW");
  const std::vector<Position> held{{&binance, {5000}, 2 * 6'000'000, false, Money{}},
                                   {&upbit, {-2500}, 2 * 8'000'000'000, false, Money{}}};
  const Exposure all = exposed(held, CurrencyRates{}, "KRW", kNow);
  EXPECT_FALSE(all.long_value);
  EXPECT_EQ(all.short_value, units(20'000'000));
  EXPECT_FALSE(all.gross());
  EXPECT_FALSE(all.profit);
  EXPECT_EQ(all.unknown, std::vector<std::string>{"no rate of USDT in KRW"});
}

TEST(Exposure, APositionWithoutAPriceIsNotWorthNothing) {
  const Instrument upbit = spot("upbit:KRW-BTC", "BTC", "KRW");
  const std::vector<Position> held{{&upbit, {1}, 0, true, Money{}}};
  const Exposure all = exposed(held, CurrencyRates{}, "KRW", kNow);
  EXPECT_FALSE(all.gross());
  EXPECT_EQ(all.unknown, std::vector<std::string>{"no price of upbit:KRW-BTC"});
}

TEST(Exposure, WhatIsFlatNeedsNoPriceButItsProfitNeedsARate) {
  const Instrument binance = spot("binance:BTCUSDT", "BTC", "USDT");
  const std::vector<Position> held{{&binance, {0}, 0, true, units(5)}};
  const Exposure all = exposed(held, won(), "KRW", kNow);
  EXPECT_EQ(all.gross(), units(0));
  EXPECT_EQ(all.profit, units(7000));
  EXPECT_FALSE(all.stale);
}

TEST(Exposure, AStaleBookOrRateMakesTheSumStale) {
  const Instrument binance = spot("binance:BTCUSDT", "BTC", "USDT");
  std::vector<Position> held{{&binance, {5000}, 2 * 6'000'000, true, Money{}}};
  EXPECT_TRUE(exposed(held, won(), "KRW", kNow).stale);
  held[0].stale = false;
  EXPECT_FALSE(exposed(held, won(), "KRW", kNow).stale);
  EXPECT_TRUE(exposed(held, won(), "KRW", kNow + CurrencyRates::kMarketAge + 1).stale);
}

}  // namespace
}  // namespace stom::risk
