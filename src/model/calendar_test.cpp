#include "model/calendar.hpp"

#include <gtest/gtest.h>

namespace stom {
namespace {

std::string end_of_day(std::string_view instrument, std::string_view time) {
  return format_time(calendar_of(instrument).end_of_day_at(parse_time(time).value()));
}

std::string day(std::string_view instrument, std::string_view time) {
  return format_day(calendar_of(instrument).trading_day(parse_time(time).value()));
}

TEST(Calendar, AKoreanStocksDayIsTheKoreanDate) {
  EXPECT_EQ(day("kiwoom:005930", "2024-08-08 14:59:59"), "2024-08-08");
  EXPECT_EQ(day("kiwoom:005930", "2024-08-08 15:00"), "2024-08-09");
  EXPECT_EQ(end_of_day("kiwoom:005930", "2024-08-08 09:00+09:00"), "2024-08-08T15:00:00.000000000Z");
}

TEST(Calendar, UpbitsDayChangesAtNineInKorea) {
  EXPECT_EQ(day("upbit:KRW-BTC", "2024-08-09 08:59:59+09:00"), "2024-08-08");
  EXPECT_EQ(day("upbit:KRW-BTC", "2024-08-09 09:00+09:00"), "2024-08-09");
  EXPECT_EQ(end_of_day("upbit:KRW-BTC", "2024-08-09 08:59:59+09:00"), "2024-08-09T00:00:00.000000000Z");
}

TEST(Calendar, BinancesDayIsUtcAndSoIsThatOfAVenueWithoutACalendar) {
  for (const char* instrument : {"binance:BTCUSDT", "binance-usdm:BTCUSDT", "binance-coinm:BTCUSD_PERP", "sim:X"})
    EXPECT_EQ(end_of_day(instrument, "2024-08-08 23:59"), "2024-08-09T00:00:00.000000000Z") << instrument;
}

TEST(Calendar, ADayInNewYorkHas23HoursWhenSummerTimeBeginsAnd25WhenItEnds) {
  EXPECT_EQ(end_of_day("us:SPY", "2024-01-10 20:00"), "2024-01-11T05:00:00.000000000Z");
  EXPECT_EQ(end_of_day("us:SPY", "2024-07-10 20:00"), "2024-07-11T04:00:00.000000000Z");
  const Calendar& us = *calendar_named("us");
  const auto hours = [&](int year, int month, int of_month) {
    const auto d = day_of_civil(year, month, of_month);
    return (us.start_of(d + 1) - us.start_of(d)) / kHour;
  };
  EXPECT_EQ(hours(2024, 3, 10), 23);
  EXPECT_EQ(hours(2024, 11, 3), 25);
  EXPECT_EQ(hours(2024, 3, 11), 24);
  EXPECT_EQ(hours(2006, 4, 2), 23) << "the first Sunday of April until 2006";
  EXPECT_EQ(hours(2006, 10, 29), 25) << "the last Sunday of October until 2006";
  EXPECT_EQ(hours(1986, 4, 27), 23) << "the last Sunday of April until 1986";
}

// Whatever the instant, its day contains it, and the next one begins where it ends.
TEST(Calendar, EveryInstantIsInExactlyOneTradingDay) {
  for (const char* name : {"krx", "upbit", "binance", "us"}) {
    const Calendar& calendar = *calendar_named(name);
    for (UnixNanos t = parse_time("2006-01-01").value(); t < parse_time("2008-01-01").value(); t += 30 * kMinute) {
      for (const UnixNanos at : {t - 1, t}) {
        const std::int32_t d = calendar.trading_day(at);
        ASSERT_LE(calendar.start_of(d), at) << name << " " << format_time(at);
        ASSERT_LT(at, calendar.start_of(d + 1)) << name << " " << format_time(at);
      }
    }
  }
}

}  // namespace
}  // namespace stom
