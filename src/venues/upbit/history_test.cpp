// Pages of Upbit's candles: which is asked for next, and what a day's pages make.
#include "venues/upbit/history.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace stom::venues::upbit {
namespace {

constexpr std::int32_t kDay1 = 19936;  // 2024-08-01
constexpr UnixNanos kStart = static_cast<UnixNanos>(kDay1) * kDay;

std::string candle(UnixNanos start, std::string_view market = "KRW-BTC") {
  const auto of_day = (start - static_cast<UnixNanos>(day_of(start)) * kDay) / kSecond;
  const auto time =
      fmt::format("{}T{:02}:{:02}:{:02}", format_day(day_of(start)), of_day / 3600, of_day / 60 % 60, of_day % 60);
  return fmt::format(
      R"({{"market":"{0}","candle_date_time_utc":"{1}","candle_date_time_kst":"{1}","opening_price":88000000.0,)"
      R"("high_price":88100000.0,"low_price":87900000.0,"trade_price":88050000.0,"timestamp":{2},)"
      R"("candle_acc_trade_price":1234567.5,"candle_acc_trade_volume":0.01402,"unit":1}})",
      market, time, start / kMillisecond + 59'000);
}

/// Newest first, as Upbit has them: `count` one-minute candles, the newest just before `to`.
std::string page(UnixNanos to, int count) {
  std::string out = "[";
  for (int i = 1; i <= count; ++i) out += (i > 1 ? "," : "") + candle(to - i * kMinute);
  return out + "]";
}

TEST(UpbitHistory, ADayIsAskedForPageByPageFromItsEnd) {
  CandlePages pages{"KRW-BTC", "1m", kDay1, kDay1};
  EXPECT_EQ(pages.next(), "/v1/candles/minutes/1?market=KRW-BTC&to=2024-08-02T00%3A00%3A00Z&count=200");
  UnixNanos to = kStart + kDay;
  int asked = 0;
  while (!pages.next().empty()) {
    ASSERT_TRUE(pages.take(page(to, 200)));
    to -= 200 * kMinute;
    ++asked;
  }
  EXPECT_EQ(asked, 8) << "1,440 minutes, 200 a page";
  EXPECT_EQ(pages.candles(), 1'440u) << "what the last page has of the day before is left out";
  const std::string table = pages.table();
  EXPECT_TRUE(
      table.starts_with("time,open,high,low,close,volume\n1722470400000,88000000,88100000,87900000,88050000,0.01402\n"))
      << table.substr(0, 120);
}

TEST(UpbitHistory, MinutesWithoutTradingAreNotThereAndTheNextPageGoesOnBeforeTheOldest) {
  CandlePages pages{"KRW-BTC", "1m", kDay1, kDay1};
  std::string answer = "[";
  for (int i = 1; i <= 200; ++i) answer += (i > 1 ? "," : "") + candle(kStart + kDay - i * 2 * kMinute);
  ASSERT_TRUE(pages.take(answer + "]"));
  EXPECT_NE(pages.next().find("to=2024-08-01T17%3A20%3A00Z"), std::string::npos) << pages.next();
  ASSERT_TRUE(pages.take("[]"));
  EXPECT_EQ(pages.next(), "") << "nothing was traded before";
  EXPECT_EQ(pages.candles(), 200u);
}

TEST(UpbitHistory, APageThatDoesNotGoOnIsRefused) {
  CandlePages pages{"KRW-BTC", "1m", kDay1, kDay1};
  ASSERT_TRUE(pages.take(page(kStart + kDay, 200)));
  EXPECT_FALSE(pages.take(page(kStart + kDay, 200))) << "the same again: it would go on for ever";
  EXPECT_FALSE(pages.take(R"([{"market":"KRW-BTC"}])"));
  EXPECT_FALSE(pages.take("[" + candle(kStart, "KRW-ETH") + "]"));
  EXPECT_FALSE(pages.take("<html>"));
  EXPECT_EQ(pages.candles(), 200u) << "nothing of a page that is refused";
}

TEST(UpbitHistory, DaysAreOneTableAndWhatIsNotOfferedIsRefusedByName) {
  const auto minutes = history("upbit:KRW-BTC", "candles", "", kDay1, kDay1 + 2);
  ASSERT_TRUE(minutes);
  ASSERT_EQ(minutes->size(), 3u);
  EXPECT_EQ((*minutes)[0].name, "KRW-BTC-1m-2024-08-01.csv");
  const auto days = history("upbit:KRW-BTC", "candles", "1d", kDay1, kDay1 + 2);
  ASSERT_TRUE(days);
  ASSERT_EQ(days->size(), 1u);
  EXPECT_EQ((*days)[0].name, "KRW-BTC-1d-2024-08-01-to-2024-08-03.csv");
  EXPECT_FALSE(history("upbit:KRW-BTC", "klines", "1m", kDay1, kDay1));
  EXPECT_FALSE(history("upbit:KRW-BTC", "candles", "2m", kDay1, kDay1));
  EXPECT_FALSE(history("upbit:BTC&x=1", "candles", "1m", kDay1, kDay1));
  EXPECT_FALSE(history("upbit:KRW-BTC", "candles", "1m", kDay1 + 1, kDay1));
}

}  // namespace
}  // namespace stom::venues::upbit
