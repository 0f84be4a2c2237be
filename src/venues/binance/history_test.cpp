// Where data.binance.vision keeps what, and what its CHECKSUM files say.
#include "venues/binance/history.hpp"

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
