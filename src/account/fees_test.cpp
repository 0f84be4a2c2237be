// Worked out by hand: what a trade costs by tier, minimum, rounding, and on the Korean market by settlement day.
#include "account/fees.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "account/tables.hpp"

namespace stom {
namespace {

const Instrument kStock{.id = "x:005930", .base = "005930", .quote = "KRW", .ladder = {{{0}, {1}}}};
const Instrument kCoin{.id = "x:BTCUSDT",
                       .base = "BTC",
                       .quote = "USDT",
                       .kind = ContractKind::Linear,
                       .price_decimals = 1,
                       .quantity_decimals = 3,
                       .ladder = {{{0}, {1}}}};

std::string text(Money money) { return format_decimal_trimmed(money.value, kMoneyDecimals); }
UnixNanos at(std::string_view time) { return parse_time(time).value(); }

OrderEvent fill(std::string_view time, Side side, std::int64_t price, std::int64_t quantity,
                Liquidity liquidity = Liquidity::Taker, ClientOrderId id = 1, std::int64_t leaves = 0) {
  return {.kind = OrderEventKind::Filled,
          .side = side,
          .liquidity = liquidity,
          .id = id,
          .time = at(time),
          .price = {price},
          .quantity = {quantity},
          .leaves = {leaves}};
}

std::string sold(const char* schedule, const char* time, std::int64_t price, std::int64_t quantity) {
  FeeBook book{fee_schedule(schedule).value()};
  const Charge charge = book.charge(kStock, fill(time, Side::Sell, price, quantity));
  return text(charge.commission) + " + " + text(charge.tax);
}

TEST(Fees, MakerAndTakerPayTheirOwnRates) {
  FeeBook book{flat_fees(200'000, 500'000)};
  EXPECT_EQ(text(book.charge(kCoin, fill("2024-08-08", Side::Buy, 600000, 2, Liquidity::Maker)).commission), "0.024");
  EXPECT_EQ(text(book.charge(kCoin, fill("2024-08-08", Side::Buy, 600000, 2)).commission), "0.06");
}

// 04:30 UTC is half past midnight in New York in July, and the evening before in January.
TEST(Fees, ADayIsTheTradingDayOfTheNamedCalendar) {
  const auto rate_at = [](const std::string& first, const std::string& second, std::string_view time) {
    const std::string csv =
        "schedule,what,from,volume_from,maker,taker,minimum,unit,rounding,source\n"
        "mine,commission," +
        first +
        ",0,0.001,0.001,0,0,down,x\n"
        "mine,commission," +
        second +
        ",0,0.002,0.002,0,0,down,x\n"
        "mine,settlement:us:1,2024-01-01,0,0,0,0,0,down,x\n";
    FeeBook book{fee_schedule_of(csv, "mine").value()};
    return text(book.charge(kStock, fill(time, Side::Buy, 1000, 1)).commission);
  };
  EXPECT_EQ(rate_at("2024-07-01", "2024-07-02", "2024-07-02 03:59"), "1");
  EXPECT_EQ(rate_at("2024-07-01", "2024-07-02", "2024-07-02 04:30"), "2");
  EXPECT_EQ(rate_at("2024-01-01", "2024-01-02", "2024-01-02 04:30"), "1");
  EXPECT_EQ(rate_at("2024-01-01", "2024-01-02", "2024-01-02 05:00"), "2");
}

// 1,234,500 won x 0.015 % = 185.175, cut to 180. Tax 1,851.75 and 1,851.75 before the first cut: 1,851 each.
TEST(KoreanFees, EachPartIsCutByItsOwnRule) {
  EXPECT_EQ(sold("krx-kospi", "2019-05-20 10:00+09:00", 12345, 100), "180 + 3702");
  // One tax of 0.30 % on KOSDAQ: 3,703.5 is cut once.
  EXPECT_EQ(sold("krx-kosdaq", "2019-05-20 10:00+09:00", 12345, 100), "180 + 3703");
}

TEST(KoreanFees, ABuyPaysNoTax) {
  FeeBook book{fee_schedule("krx-kospi").value()};
  const Charge charge = book.charge(kStock, fill("2024-03-04 10:00+09:00", Side::Buy, 12345, 100));
  EXPECT_EQ(text(charge.total()), "180");
}

TEST(KoreanFees, FundsOfStocksPayNoTax) { EXPECT_EQ(sold("krx-etf", "2024-03-04 10:00+09:00", 12345, 100), "180 + 0"); }

// The rate is that of the day of settlement, the second business day after the trade.
TEST(KoreanFees, TheDayOfSettlementDecidesTheRate) {
  // 10,000,000 won: 0.15 % rural special tax is 15,000; the rest is the securities transaction tax.
  const auto kospi = [](const char* day) { return sold("krx-kospi", day, 10000, 1000); };
  EXPECT_EQ(kospi("2019-05-29 15:00+09:00"), "1500 + 30000");  // settles on May 31
  EXPECT_EQ(kospi("2019-05-30 09:00+09:00"), "1500 + 25000");  // settles on June 3
  EXPECT_EQ(kospi("2020-12-28 15:00+09:00"), "1500 + 25000");  // settles on December 30
  EXPECT_EQ(kospi("2020-12-29 09:00+09:00"), "1500 + 23000");  // the 31st is closed: settles on January 4
  EXPECT_EQ(kospi("2022-12-27 15:00+09:00"), "1500 + 23000");
  EXPECT_EQ(kospi("2022-12-28 09:00+09:00"), "1500 + 20000");  // the 30th is closed
  EXPECT_EQ(kospi("2023-12-26 15:00+09:00"), "1500 + 20000");
  EXPECT_EQ(kospi("2023-12-27 09:00+09:00"), "1500 + 18000");
  EXPECT_EQ(kospi("2024-12-26 15:00+09:00"), "1500 + 18000");
  EXPECT_EQ(kospi("2024-12-27 09:00+09:00"), "1500 + 15000");
  EXPECT_EQ(kospi("2025-12-26 15:00+09:00"), "1500 + 15000");
  EXPECT_EQ(kospi("2025-12-29 09:00+09:00"), "1500 + 20000");
}

TEST(KoreanFees, KosdaqAndKonexHaveTheirOwnRates) {
  EXPECT_EQ(sold("krx-kosdaq", "2021-06-01 10:00+09:00", 10000, 1000), "1500 + 23000");
  EXPECT_EQ(sold("krx-kosdaq", "2025-06-02 10:00+09:00", 10000, 1000), "1500 + 15000");
  EXPECT_EQ(sold("krx-konex", "2025-06-02 10:00+09:00", 10000, 1000), "1500 + 10000");
}

TEST(KoreanFees, TheDayIsTheVenuesNotUtc) {
  // 08:30 of May 30 in Seoul is still May 29 in UTC.
  EXPECT_EQ(sold("krx-kospi", "2019-05-29 23:30", 10000, 1000), "1500 + 25000");
}

// 3 x 12,345 at 0.015 %: 5.55; ten such fills of one order are 55.55, cut to 50. Ten orders would be cut to nothing.
TEST(Fees, AnOrderIsRoundedOnceHoweverManyFillsItTakes) {
  FeeBook one_order{fee_schedule("krx-etf").value()}, ten_orders{fee_schedule("krx-etf").value()};
  Money one{}, ten{};
  for (int i = 1; i <= 10; ++i) {
    const auto liquidity = Liquidity::Taker;
    one += one_order.charge(kStock, fill("2024-03-04", Side::Buy, 12345, 3, liquidity, 7, 30 - 3 * i)).total();
    ten += ten_orders.charge(kStock, fill("2024-03-04", Side::Buy, 12345, 3, liquidity, 7)).total();
  }
  EXPECT_EQ(text(one), "50");
  EXPECT_EQ(text(ten), "0");
}

constexpr std::string_view kOwnTable = R"(# a broker with a minimum
schedule,what,from,volume_from,maker,taker,minimum,unit,rounding,source
mine,commission,2024-01-01,0,0.001,0.001,1,0.01,up,the broker's page
mine,commission,2024-01-01,1000000,0.0005,0.0005,1,0.01,up,the same
)";

TEST(Fees, AnOrderPaysAtLeastTheMinimumOnce) {
  FeeBook book{fee_schedule_of(kOwnTable, "mine.csv").value()};
  // 600 x 0.001 = 0.6, then 1,200 in all: 1.2.
  EXPECT_EQ(text(book.charge(kCoin, fill("2024-03-04", Side::Buy, 6000000, 1, Liquidity::Taker, 1, 1)).total()), "1");
  EXPECT_EQ(text(book.charge(kCoin, fill("2024-03-04", Side::Buy, 6000000, 1)).total()), "0.2");
}

TEST(Fees, ACanceledOrdersNumberMayComeAgainAndPaysItsOwnMinimum) {
  FeeBook book{fee_schedule_of(kOwnTable, "mine.csv").value()};
  const auto part = fill("2024-03-04", Side::Buy, 6000000, 1, Liquidity::Taker, 1, 1);
  EXPECT_EQ(text(book.charge(kCoin, part).total()), "1");
  book.forget(1);
  EXPECT_EQ(text(book.charge(kCoin, part).total()), "1");
}

TEST(Fees, TheTierFollowsTheVolumeOfTheThirtyDaysBefore) {
  FeeBook book{fee_schedule_of(kOwnTable, "mine.csv").value()};
  const auto fee = [&](const char* day) {
    return text(book.charge(kCoin, fill(day, Side::Buy, 6000000, 1000)).total());  // 600,000
  };
  EXPECT_EQ(fee("2024-03-01"), "600");
  EXPECT_EQ(fee("2024-03-01"), "600");  // today does not count yet
  EXPECT_EQ(fee("2024-03-02"), "300");  // 1,200,000 yesterday
  EXPECT_EQ(fee("2024-03-31"), "300");  // March 1 is thirty days back
  EXPECT_EQ(fee("2024-04-01"), "300");  // 600,000 of March 2 and of March 31
  EXPECT_EQ(text(book.volume()), "1200000");
  EXPECT_EQ(fee("2024-04-02"), "300");
  EXPECT_EQ(fee("2024-06-01"), "600");  // nothing for a month
}

TEST(Fees, LevelsOfAVenueComeFromItsTable) {
  FeeBook book{fee_schedule("binance-usdm").value()};
  EXPECT_EQ(text(book.charge(kCoin, fill("2024-03-01", Side::Buy, 600000, 400'000'000)).total()), "12000000");
  EXPECT_EQ(text(book.volume()), "0");
  EXPECT_EQ(text(book.charge(kCoin, fill("2024-03-02", Side::Buy, 600000, 1)).total()),
            "0.012");  // 24 billion: 0.02 %
}

TEST(FeeTables, AWrongLineIsNamedWithItsNumberAndCause) {
  const auto wrong = [](std::string_view row) {
    const auto made = fee_schedule_of("schedule,what\n" + std::string{row} + "\n", "mine.csv");
    return made ? std::string{"read"} : made.error().message;
  };
  EXPECT_EQ(wrong("mine,commission"), "mine.csv:2: 2 fields where 10 belong");
  EXPECT_EQ(wrong("mine,commission,2024-01-01,0,0.001,0.001,0,0,sideways,x"),
            "mine.csv:2: there is no rounding named 'sideways'");
  EXPECT_EQ(wrong("mine,levy,2024-01-01,0,0.001,0.001,0,0,down,x"),
            "mine.csv:2: 'levy' is not commission, tax:NAME or settlement:CALENDAR:DAYS");
  EXPECT_EQ(wrong("mine,settlement:moon:2,2024-01-01,0,0,0,0,0,down,x"),
            "mine.csv:2: there is no calendar named 'moon'");
  EXPECT_EQ(wrong("mine,tax:sale,2024-01-01,0,0,0.001,0,1,down,x"), "mine.csv: no commission");
}

TEST(FeeTables, EveryScheduleOfTheProductCanBeRead) {
  for (const auto& name : fee_schedule_names()) EXPECT_TRUE(fee_schedule(name)) << name;
  EXPECT_EQ(fee_schedule("moon").error().message, "there are no fees named 'moon'");
}

TEST(MarginTables, ADatedBracketOfALargePositionAllowsLessLeverage) {
  const auto table = margin_table("binance-usdm:BTCUSDT", parse_day("2024-08-08").value());
  ASSERT_TRUE(table.known);
  EXPECT_EQ(table.brackets.front().max_leverage, 125);
  EXPECT_EQ(table.brackets.back().max_leverage, 1);
  EXPECT_TRUE(std::ranges::is_sorted(table.brackets, {}, &MarginBracket::notional_from));
  EXPECT_FALSE(margin_table("moon:BTCUSDT", 0).known);
}

}  // namespace
}  // namespace stom
