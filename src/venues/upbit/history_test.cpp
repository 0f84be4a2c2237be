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

/// What is asked for, "" where nothing is left.
std::string asked(const HistoryPages& pages, UnixNanos now = kStart + 2 * kDay) {
  const auto next = pages.next(now);
  return !next ? next.error().message : *next ? (*next)->target : "";
}

Result<void> take(HistoryPages& pages, std::string_view answer) { return pages.take({.body = answer}); }

/// Newest first, as Upbit has them: `count` one-minute candles, the newest just before `to`.
std::string page(UnixNanos to, int count) {
  std::string out = "[";
  for (int i = 1; i <= count; ++i) out += (i > 1 ? "," : "") + candle(to - i * kMinute);
  return out + "]";
}

TEST(UpbitHistory, ADayIsAskedForPageByPageFromItsEnd) {
  CandlePages pages{"KRW-BTC", "1m", kDay1, kDay1};
  EXPECT_EQ(asked(pages), "/v1/candles/minutes/1?market=KRW-BTC&to=2024-08-02T00%3A00%3A00Z&count=200");
  UnixNanos to = kStart + kDay;
  int count = 0;
  while (!asked(pages).empty()) {
    ASSERT_TRUE(take(pages, page(to, 200)));
    to -= 200 * kMinute;
    ++count;
  }
  EXPECT_EQ(count, 8) << "1,440 minutes, 200 a page";
  EXPECT_EQ(pages.rows(), 1'440u) << "what the last page has of the day before is left out";
  const std::string table = pages.table();
  EXPECT_TRUE(
      table.starts_with("time,open,high,low,close,volume\n1722470400000,88000000,88100000,87900000,88050000,0.01402\n"))
      << table.substr(0, 120);
}

TEST(UpbitHistory, MinutesWithoutTradingAreNotThereAndTheNextPageGoesOnBeforeTheOldest) {
  CandlePages pages{"KRW-BTC", "1m", kDay1, kDay1};
  std::string answer = "[";
  for (int i = 1; i <= 200; ++i) answer += (i > 1 ? "," : "") + candle(kStart + kDay - i * 2 * kMinute);
  ASSERT_TRUE(take(pages, answer + "]"));
  EXPECT_NE(asked(pages).find("to=2024-08-01T17%3A20%3A00Z"), std::string::npos) << asked(pages);
  ASSERT_TRUE(take(pages, "[]"));
  EXPECT_EQ(asked(pages), "") << "nothing was traded before";
  EXPECT_EQ(pages.rows(), 200u);
}

TEST(UpbitHistory, APageThatDoesNotGoOnIsRefused) {
  CandlePages pages{"KRW-BTC", "1m", kDay1, kDay1};
  ASSERT_TRUE(take(pages, page(kStart + kDay, 200)));
  EXPECT_FALSE(take(pages, page(kStart + kDay, 200))) << "the same again: it would go on for ever";
  EXPECT_FALSE(take(pages, R"([{"market":"KRW-BTC"}])"));
  EXPECT_FALSE(take(pages, "[" + candle(kStart, "KRW-ETH") + "]"));
  EXPECT_FALSE(take(pages, "<html>"));
  EXPECT_EQ(pages.rows(), 200u) << "nothing of a page that is refused";
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
  EXPECT_EQ(history("upbit:KRW-BTC", "trades", "", kDay1, kDay1 + 1).value()[1].name, "KRW-BTC-trades-2024-08-02.csv");
  EXPECT_FALSE(history("upbit:KRW-BTC", "trades", "1m", kDay1, kDay1)) << "trades have no bars";
  EXPECT_FALSE(history("upbit:KRW-BTC", "klines", "1m", kDay1, kDay1));
  EXPECT_FALSE(history("upbit:KRW-BTC", "candles", "2m", kDay1, kDay1));
  EXPECT_FALSE(history("upbit:BTC&x=1", "candles", "1m", kDay1, kDay1));
  EXPECT_FALSE(history("upbit:KRW-BTC", "candles", "1m", kDay1 + 1, kDay1));
}

std::string trade(std::int64_t id, UnixNanos time, std::string_view market = "KRW-BTC") {
  return fmt::format(
      R"({{"market":"{}","trade_date_utc":"2024-08-01","trade_time_utc":"00:00:00","timestamp":{},"trade_price":88000000.5,)"
      R"("trade_volume":1.4e-04,"prev_closing_price":87000000.0,"change_price":1000000.5,"ask_bid":"{}","sequential_id":{}}})",
      market, time / kMillisecond, id % 2 == 0 ? "ASK" : "BID", id);
}

/// Newest first: `count` trades whose ids end before `cursor`, one a millisecond, id 1 at the start of the day.
std::string trades(std::int64_t cursor, int count) {
  std::string out = "[";
  for (auto id = cursor - 1; id >= cursor - count; --id)
    out += (out.size() > 1 ? "," : "") + trade(id, kStart + (id - 1) * kMillisecond);
  return out + "]";
}

TEST(UpbitHistory, ADayOfTradesGoesOnFromTheLastTradesNumber) {
  TradePages pages{"KRW-BTC", kDay1};
  EXPECT_EQ(asked(pages), "/v1/trades/ticks?market=KRW-BTC&count=500&days_ago=2");
  ASSERT_TRUE(take(pages, trades(1'201, 500)));
  EXPECT_EQ(asked(pages), "/v1/trades/ticks?market=KRW-BTC&count=500&days_ago=2&cursor=701");
  EXPECT_EQ(asked(pages, kStart + 3 * kDay), "/v1/trades/ticks?market=KRW-BTC&count=500&days_ago=3&cursor=701")
      << "midnight passed on the way: the same day is one day further back";
  ASSERT_TRUE(take(pages, trades(701, 500)));
  ASSERT_TRUE(take(pages, trades(201, 200)));
  EXPECT_EQ(asked(pages), "") << "fewer than were asked for: that was the first of the day";
  EXPECT_EQ(pages.rows(), 1'200u);
  const std::string table = pages.table();
  EXPECT_TRUE(
      table.starts_with("id,price,quantity,time,side\n1,88000000.5,0.00014,1722470400000,buy\n"
                        "2,88000000.5,0.00014,1722470400001,sell\n"))
      << table.substr(0, 150);
  EXPECT_TRUE(table.ends_with("1200,88000000.5,0.00014,1722470401199,sell\n"));
}

TEST(UpbitHistory, TradesOfTheDayBeforeEndTheDay) {
  TradePages pages{"KRW-BTC", kDay1};
  ASSERT_TRUE(take(pages, "[" + trade(9, kStart) + "," + trade(8, kStart - kMillisecond) + "]"));
  EXPECT_EQ(pages.rows(), 1u);
  EXPECT_EQ(asked(pages), "");
}

TEST(UpbitHistory, ADayFurtherBackThanSevenIsSaidToBeGone) {
  const TradePages pages{"KRW-BTC", kDay1};
  EXPECT_TRUE(pages.next(kStart + 8 * kDay - 1)) << "seven days ago, until midnight";
  const auto gone = pages.next(kStart + 8 * kDay);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::NotFound);
  EXPECT_EQ(gone.error().message, "Upbit has no trades of before 2024-08-02 any more");
}

TEST(UpbitHistory, TradesThatDoNotGoOnAreRefusedAndChangeNothing) {
  TradePages pages{"KRW-BTC", kDay1};
  ASSERT_TRUE(take(pages, trades(1'201, 500)));
  const auto before = asked(pages);
  EXPECT_FALSE(take(pages, trades(1'201, 500))) << "the same again: they would be there twice";
  EXPECT_FALSE(take(pages, trades(702, 500))) << "one of them is there already";
  EXPECT_FALSE(take(pages, "[" + trade(600, kStart) + "," + trade(600, kStart) + "]"));
  EXPECT_FALSE(take(pages, "[" + trade(599, kStart) + "," + trade(600, kStart) + "]"))
      << "a cursor would pass over 599";
  EXPECT_FALSE(take(pages, "[" + trade(600, kStart + kDay) + "]")) << "of the day after";
  EXPECT_FALSE(take(pages, "[" + trade(600, kStart, "KRW-ETH") + "]"));
  EXPECT_FALSE(take(pages, "<html>"));
  EXPECT_EQ(pages.rows(), 500u);
  EXPECT_EQ(asked(pages), before);
}

}  // namespace
}  // namespace stom::venues::upbit
