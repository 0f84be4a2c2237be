// Where data.binance.vision keeps what, what its CHECKSUM files say, and which klines of the REST API are asked for.
#include "venues/binance/history.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/time.hpp"

namespace stom::venues {
namespace {

using testing::HasSubstr;

std::int32_t day(const char* text) { return *parse_day(text); }

std::string path_of(const char* instrument, const char* kind, const char* bar, const char* on = "2024-08-01") {
  const auto files = binance_history(instrument, kind, bar, day(on), day(on));
  return files ? files->at(0).path : files.error().message;
}

TEST(BinanceHistory, EachMarketHasItsFolder) {
  EXPECT_EQ(path_of("binance:BTCUSDT", "klines", ""), "data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-08-01.zip");
  EXPECT_EQ(path_of("binance-usdm:BTCUSDT", "aggTrades", ""),
            "data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-08-01.zip");
  EXPECT_EQ(path_of("binance-coinm:BTCUSD_PERP", "bookTicker", ""),
            "data/futures/cm/daily/bookTicker/BTCUSD_PERP/BTCUSD_PERP-bookTicker-2024-08-01.zip");
  EXPECT_EQ(path_of("binance:ETHUSDT", "trades", ""), "data/spot/daily/trades/ETHUSDT/ETHUSDT-trades-2024-08-01.zip");
  EXPECT_EQ(path_of("binance-usdm:BTCUSDT", "klines", "4h"),
            "data/futures/um/daily/klines/BTCUSDT/4h/BTCUSDT-4h-2024-08-01.zip");
}

TEST(BinanceHistory, FundingRatesComeByTheMonthAndDaysOfOneMonthNameItOnce) {
  const auto files = binance_history("binance-usdm:BTCUSDT", "fundingRate", "", day("2023-12-15"), day("2024-02-29"));
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 3u);
  EXPECT_EQ(files->at(0).path, "data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2023-12.zip");
  EXPECT_EQ(files->at(2).period, "2024-02");
  EXPECT_EQ(files->at(2).first_day, day("2024-02-01"));
  EXPECT_EQ(files->at(2).last_day, day("2024-02-29"));
}

TEST(BinanceHistory, DaysAreCountedOverMonthsAndLeapDays) {
  const auto files = binance_history("binance:BTCUSDT", "trades", "", day("2024-02-28"), day("2024-03-01"));
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 3u);
  EXPECT_EQ(files->at(1).period, "2024-02-29");
}

TEST(BinanceHistory, WhatIsNotOfferedIsRefusedByNameWithWhatIs) {
  const auto hint = [](const char* instrument, const char* kind, const char* bar) {
    const auto files = binance_history(instrument, kind, bar, 1, 1);
    return files ? "taken" : files.error().message + " | " + files.error().hint;
  };
  EXPECT_THAT(hint("bybit:XRPUSDT", "klines", ""), HasSubstr("'bybit'"));
  EXPECT_THAT(hint("bybit:XRPUSDT", "klines", ""), HasSubstr("binance-coinm:SYMBOL"));
  EXPECT_THAT(hint("BTCUSDT", "klines", ""), HasSubstr("offered: binance:SYMBOL"));
  EXPECT_THAT(hint("binance:BTCUSDT", "bookTicker", ""), HasSubstr("offered: --kind klines|trades|aggTrades"));
  EXPECT_THAT(hint("binance-usdm:BTCUSDT", "klines", "1s"), HasSubstr("no daily klines of '1s'"));
  EXPECT_THAT(hint("binance-usdm:BTCUSDT", "klines", "1w"), HasSubstr("offered: 1m"));
  EXPECT_THAT(hint("binance-usdm:BTCUSDT", "trades", "1m"), HasSubstr("--bar is for klines"));
  for (const char* symbol : {"binance:", "binance:btcusdt", "binance:../../BTCUSDT", "binance:A/B", "binance:A:B"})
    EXPECT_THAT(hint(symbol, "trades", ""), HasSubstr("no symbol")) << symbol;
  EXPECT_FALSE(binance_history("binance:BTCUSDT", "trades", "", 2, 1));
}

// ---- klines of the REST API

const UnixNanos kBegin = start_of_day(day("2024-08-01"));

std::string kline(UnixNanos start, DurationNanos bar = kMinute) {
  return fmt::format(R"([{},"61800.10","61900.00","61700.5","61850.00","12.500",{},"1.0",7,"1.0","1.0","0"])",
                     start / kMillisecond, (start + bar) / kMillisecond - 1);
}

std::string klines(UnixNanos start, int count, DurationNanos bar = kMinute) {
  std::string out = "[";
  for (int i = 0; i < count; ++i) out += (i > 0 ? "," : "") + kline(start + i * bar, bar);
  return out + "]";
}

/// The day until `to`, as of the wish of that time.
KlinePages pages_until(UnixNanos to, const char* instrument = "binance:BTCUSDT") {
  auto file = binance_history(instrument, "candles", "", day("2024-08-01"), day("2024-08-01")).value().at(0);
  file.to = to;
  return KlinePages{instrument, "", file};
}

std::string asked(const HistoryPages& pages) {
  const auto next = pages.next(kBegin);
  return *next ? (*next)->target : "";
}

TEST(BinanceKlines, ADayIsAskedForFromItsBeginningAThousandBarsAnAnswer) {
  auto pages = pages_until(kBegin + kDay);
  EXPECT_EQ(asked(pages),
            "/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=1722470400000&endTime=1722530399999&limit=1000");
  ASSERT_TRUE(pages.take({.body = klines(kBegin, 1000), .asked = kBegin + 2 * kDay}));
  EXPECT_THAT(asked(pages), HasSubstr("startTime=1722530400000&"));
  ASSERT_TRUE(pages.take({.body = klines(kBegin + 1000 * kMinute, 1000), .asked = kBegin + 2 * kDay}));
  EXPECT_EQ(asked(pages), "");
  EXPECT_EQ(pages.rows(), 1'440u) << "of the day and not of the next one";
  EXPECT_THAT(pages.table(), testing::StartsWith("time,open,high,low,close,volume\n"
                                                 "1722470400000,61800.1,61900,61700.5,61850,12.5\n1722470460000,"));
  EXPECT_THAT(asked(pages_until(kBegin + kDay, "binance-usdm:BTCUSDT")), HasSubstr("/fapi/v1/klines?"));
  EXPECT_THAT(asked(pages_until(kBegin + kDay, "binance-coinm:BTCUSD_PERP")),
              HasSubstr("/dapi/v1/klines?symbol=BTCUSD_PERP"));
}

TEST(BinanceKlines, AMinuteCountsOnceItHasBeenOverForFiveSeconds) {
  const UnixNanos asked_at = kBegin + 10 * kMinute + 4 * kSecond;
  auto pages = pages_until(kBegin + 9 * kMinute);
  ASSERT_TRUE(pages.take({.body = klines(kBegin, 11), .asked = asked_at}));
  EXPECT_EQ(pages.rows(), 9u) << "the tenth may still change, the eleventh is not over";
  EXPECT_EQ(asked(pages), "");
}

TEST(BinanceKlines, AnAnswerOfAnEarlierTryIsGoodForALaterEnd) {
  auto pages = pages_until(kBegin + 20 * kMinute);
  ASSERT_TRUE(pages.take({.body = klines(kBegin, 11), .asked = kBegin + 10 * kMinute + 30 * kSecond}));
  EXPECT_EQ(pages.rows(), 10u) << "the eleventh was not over when it was asked for";
  EXPECT_THAT(asked(pages), HasSubstr("startTime=1722471000000&")) << "behind the tenth, at 00:10";
  ASSERT_TRUE(pages.take({.body = klines(kBegin + 10 * kMinute, 11), .asked = kBegin + 20 * kMinute + 30 * kSecond}));
  EXPECT_EQ(pages.rows(), 20u);
}

TEST(BinanceKlines, MinutesThatAreNotThereAreNotAskedForAgain) {
  auto pages = pages_until(kBegin + kDay);
  ASSERT_TRUE(pages.take({.body = "[]", .asked = kBegin + 2 * kDay}));
  EXPECT_THAT(asked(pages), HasSubstr("startTime=1722530400000&"));
}

TEST(BinanceKlines, WhatWasNotAskedForIsRefused) {
  auto pages = pages_until(kBegin + kDay);
  const auto take = [&](const std::string& body) {
    return pages.take({.body = body, .asked = kBegin + 2 * kDay}).has_value();
  };
  EXPECT_FALSE(take("[" + kline(kBegin - kMinute) + "]")) << "of the day before";
  EXPECT_FALSE(take("[" + kline(kBegin + 1000 * kMinute) + "]")) << "behind what was asked for";
  EXPECT_FALSE(take("[" + kline(kBegin + kMinute) + "," + kline(kBegin) + "]")) << "backwards";
  EXPECT_FALSE(take("[" + kline(kBegin) + "," + kline(kBegin) + "]")) << "twice";
  EXPECT_FALSE(take("[" + kline(kBegin + kSecond) + "]")) << "no minute begins there";
  EXPECT_FALSE(take(R"([{"symbol":"BTCUSDT"}])"));
  EXPECT_FALSE(take("<html>"));
  EXPECT_EQ(pages.rows(), 0u);
}

TEST(BinanceKlines, DaysOfOneBarAreOneFileAndSpanTwoHundredDaysAnAnswer) {
  const auto files =
      binance_history("binance-coinm:BTCUSD_PERP", "candles", "1d", day("2023-01-01"), day("2024-01-01"));
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 1u);
  EXPECT_EQ(files->at(0).name, "BTCUSD_PERP-candles-1d-2023-01-01-to-2024-01-01.csv");
  KlinePages pages{"binance-coinm:BTCUSD_PERP", "1d", files->at(0)};
  int answers = 0;
  for (UnixNanos start = files->at(0).from; !asked(pages).empty(); start += 200 * kDay, ++answers)
    ASSERT_TRUE(pages.take({.body = klines(start, 200, kDay), .asked = start_of_day(day("2024-08-01"))}));
  EXPECT_EQ(answers, 2);
  EXPECT_EQ(pages.rows(), 366u);
}

const std::string kDigest(64, 'a');

TEST(BinanceChecksum, IsADigestTwoSpacesAndTheNameOfTheFile) {
  EXPECT_EQ(*parse_checksum(kDigest + "  A-1m.zip\n", "A-1m.zip"), kDigest);
  EXPECT_EQ(*parse_checksum(std::string(64, 'A') + "  A-1m.zip", "A-1m.zip"), kDigest);
  EXPECT_EQ(*parse_checksum(kDigest + " *A-1m.zip\r\n", "A-1m.zip"), kDigest);
}

TEST(BinanceChecksum, AnythingElseIsRefused) {
  for (const auto& text : {std::string{}, std::string{"<html>"}, kDigest, kDigest + " A.zip", kDigest + "  B.zip",
                           kDigest + "  A.zip and more", kDigest.substr(1) + "g  A.zip", kDigest.substr(1) + "  A.zip"})
    EXPECT_FALSE(parse_checksum(text, "A.zip")) << text;
  EXPECT_THAT(parse_checksum("<!DOCTYPE html>", "A.zip").error().message, HasSubstr("web page"));
}

}  // namespace
}  // namespace stom::venues
