#include "venues/ladders.hpp"

#include <gtest/gtest.h>

#include "core/time.hpp"
#include "venues/registry.hpp"

namespace stom::venues {
namespace {

Price tick(std::string_view market, std::string_view base, std::string_view day, std::int64_t price, int decimals = 0) {
  const auto ladder = ladder_on(market, base, *parse_day(day));
  EXPECT_TRUE(ladder);
  Instrument instrument{.id = "x:Y", .price_decimals = decimals, .quantity_decimals = 8};
  apply_ladder(*ladder, instrument);
  return instrument.tick_at({price});
}

TEST(Ladders, KoreanStocksChangedTheirTicksOn25January2023) {
  EXPECT_EQ(tick("krx-kospi", "005930", "2023-01-24", 60'000), Price{100});
  EXPECT_EQ(tick("krx-kospi", "005930", "2023-01-24", 1'500), Price{5});
  EXPECT_EQ(tick("krx-kospi", "005930", "2023-01-25", 1'500), Price{1});
  EXPECT_EQ(tick("krx-kospi", "005930", "2023-01-25", 15'000), Price{10});
  EXPECT_EQ(tick("krx-kospi", "005930", "2023-01-25", 199'900), Price{100});
  EXPECT_EQ(tick("krx-kospi", "005930", "2023-01-25", 200'000), Price{500});
  EXPECT_EQ(tick("krx-kosdaq", "035720", "2023-01-24", 700'000), Price{100});
  EXPECT_EQ(tick("krx-kosdaq", "035720", "2023-01-25", 700'000), Price{1'000});
}

TEST(Ladders, KoreanFundsHaveOneTickAndSince11December2023TwoOfThem) {
  EXPECT_EQ(tick("krx-etf", "069500", "2023-12-10", 1'500), Price{5});
  EXPECT_EQ(tick("krx-etf", "069500", "2023-12-10", 35'000), Price{5});
  EXPECT_EQ(tick("krx-etf", "069500", "2023-12-11", 1'999), Price{1});
  EXPECT_EQ(tick("krx-etf", "069500", "2023-12-11", 2'000), Price{5});
  EXPECT_EQ(tick("krx-etf", "069500", "2023-12-11", 120'000), Price{5}) << "not the stocks' 100 won";
}

TEST(Ladders, UpbitChangedItsTicksFourTimesIn2024And2025) {
  EXPECT_EQ(tick("upbit-krw", "XRP", "2024-01-28", 5000, 1), Price{10});  // 500.0: 1 won
  EXPECT_EQ(tick("upbit-krw", "XRP", "2024-01-29", 5000, 1), Price{1});   // 0.1 won
  EXPECT_EQ(tick("upbit-krw", "ADA", "2024-10-13", 5000, 1), Price{1});
  EXPECT_EQ(tick("upbit-krw", "ADA", "2024-10-14", 5000, 1), Price{10});  // the exception
  EXPECT_EQ(tick("upbit-krw", "XRP", "2024-10-14", 5000, 1), Price{1});
  EXPECT_EQ(tick("upbit-krw", "USDT", "2025-03-20", 14'000, 1), Price{10});
  EXPECT_EQ(tick("upbit-krw", "USDT", "2025-03-21", 14'000, 1), Price{5});
  EXPECT_EQ(tick("upbit-krw", "BTC", "2025-07-30", 1'500'000), Price{500});
  EXPECT_EQ(tick("upbit-krw", "BTC", "2025-07-31", 1'500'000), Price{1'000});
  EXPECT_EQ(tick("upbit-krw", "XRP", "2025-07-31", 5000, 1), Price{10});
}

TEST(Ladders, EveryRowSaysWhereItComesFrom) {
  for (const auto& market : markets_with_ladders()) {
    const auto ladder = ladder_on(market, "BTC", *parse_day("2026-01-01"));
    ASSERT_TRUE(ladder) << market;
    EXPECT_FALSE(ladder->source.empty()) << market;
    EXPECT_EQ(ladder->steps.front().price_from, "0") << market;
    EXPECT_FALSE(ladder->lot.empty()) << market;
  }
  EXPECT_FALSE(ladder_on("nowhere", "BTC", 20'000));
}

TEST(Ladders, AnIdSaysWhatIsTradedAndHowItIsSettled) {
  const auto perp = describe("binance-coinm:BTCUSD_PERP");
  EXPECT_EQ(perp.kind, ContractKind::Inverse);
  EXPECT_EQ(perp.base, "BTC");
  EXPECT_EQ(perp.contract_size, 100);
  EXPECT_EQ(describe("binance-coinm:ETHUSD_PERP").contract_size, 10);
  EXPECT_EQ(describe("binance-usdm:BTCUSDT").kind, ContractKind::Linear);
  EXPECT_EQ(describe("binance:BTCFDUSD").quote, "FDUSD");
  EXPECT_EQ(describe("upbit:KRW-BTC").base, "BTC");
  EXPECT_EQ(describe("kiwoom:005930").quote, "KRW");
  EXPECT_EQ(describe("gemini:ETH-USD").quote, "USD");
  EXPECT_EQ(market_of("upbit:KRW-BTC"), "upbit-krw");
  EXPECT_EQ(market_of("gemini:ETH-USD"), "");
}

}  // namespace
}  // namespace stom::venues
