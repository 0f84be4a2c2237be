#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

#include "core/decimal.hpp"
#include "importers/file_reader.hpp"
#include "importers/line_source.hpp"
#include "importers/numpy_rows.hpp"
#include "tests/support/test_data.hpp"

namespace stom::importers {
namespace {

using testing::HasSubstr;

/// A folder of files for one test.
class Files {
 public:
  Files() {
    std::string pattern = testing::TempDir() + "/import-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Files() { std::filesystem::remove_all(folder_); }
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    std::ofstream{folder_ / name, std::ios::binary} << text;
    return folder_ / name;
  }
  std::filesystem::path gzip(const std::string& name, std::string_view text) const {
    const auto path = folder_ / name;
    const auto file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return path;
  }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

struct Imported {
  Findings inspected, findings;
  MessageBatch messages;
  std::vector<Bar> bars;
  std::string format, error, hint;
};

Imported import(const std::filesystem::path& path, ReadOptions options = {}) {
  if (options.instrument.empty()) options.instrument = "test:X-USD";
  Imported out;
  const auto failed = [&](const Error& error) {
    out.error = error.message;
    out.hint = error.hint;
    return out;
  };
  const auto reader = open_reader(path, options);
  if (!reader) return failed(reader.error());
  out.format = (*reader)->format();
  const auto inspected = (*reader)->inspect({}, {});
  if (!inspected) return failed(inspected.error());
  out.inspected = *inspected;
  Rows rows;
  for (;;) {
    const auto more = (*reader)->next(inspected->decimals, rows, {});
    if (!more) return failed(more.error());
    if (!*more) break;
    out.bars.insert(out.bars.end(), rows.bars.begin(), rows.bars.end());
    for (Message m : rows.messages.messages) {
      const auto* levels = rows.messages.levels.data() + m.first_level;
      m.first_level = static_cast<std::uint32_t>(out.messages.levels.size());
      out.messages.levels.insert(out.messages.levels.end(), levels, levels + m.levels());
      out.messages.messages.push_back(m);
    }
  }
  out.findings = (*reader)->findings();
  return out;
}
std::string text(Price price, const Imported& from) {
  return format_decimal_trimmed(price.value, from.inspected.decimals.price);
}
std::string text(Quantity quantity, const Imported& from) {
  return format_decimal_trimmed(quantity.value, from.inspected.decimals.quantity);
}

// ---- every format on recorded files ---------------------------------------------------------------------------------

struct Recorded {
  const char* path;
  const char* instrument;
  std::size_t rows;
  const char* first;  // time
  const char* last;
  bool bars;
  std::uint64_t duplicates = 0;
  const char* columns = "";
};
void PrintTo(const Recorded& r, std::ostream* out) { *out << r.path; }

class RecordedFile : public testing::TestWithParam<Recorded> {};

TEST_P(RecordedFile, GivesEveryRowOnceInOrder) {
  const auto& file = GetParam();
  const auto path = test::test_data(std::string{"market/"} + file.path);
  if (!path) GTEST_SKIP() << test::kNoTestData;
  const auto got = import(*path, {.instrument = file.instrument, .columns = file.columns});
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(file.bars ? got.bars.size() : got.messages.messages.size(), file.rows);
  EXPECT_EQ(got.findings.duplicates, file.duplicates);
  EXPECT_EQ(got.findings.bad, 0u);
  EXPECT_EQ(got.inspected.first_time, *parse_time(file.first)) << format_time(got.inspected.first_time);
  EXPECT_EQ(got.inspected.last_time, *parse_time(file.last)) << format_time(got.inspected.last_time);
}

INSTANTIATE_TEST_SUITE_P(
    Market, RecordedFile,
    testing::Values(
        Recorded{"klines_1m_crash/FILUSDT-1m-2023-08.csv", "binance-usdm:FILUSDT", 44640, "2023-08-01",
                 "2023-08-31 23:59", true},
        Recorded{"klines_1m_multi/NEARUSDT-1m-2026-02.csv", "binance-usdm:NEARUSDT", 40320, "2026-02-01",
                 "2026-02-28 23:59", true},
        Recorded{"klines_1m_multi/BTCUSDT_1m_flox_202604.csv", "binance:BTCUSDT", 3000, "2026-04-19 13:56",
                 "2026-04-21 15:55", true},
        // Descending, a banner above the header, four hours told twice.
        Recorded{"klines_1h/binance_BTCUSDT_1h_20170817_20200919.csv", "binance:BTCUSDT", 27096, "2017-08-17 04:00",
                 "2020-09-19 07:00", true, 4},
        Recorded{"usdc_depeg_202303/binanceus_BTCUSDC_1m_20230301_20230321.csv", "binanceus:BTCUSDC", 30240,
                 "2023-03-01", "2023-03-21 23:59", true},
        Recorded{"krx_daily/005930_raw_v1.csv", "kiwoom:005930", 8826, "1985-01-04", "2018-02-14", true},
        Recorded{"krx_daily/005930_adj_2016_2019_fund.csv", "kiwoom:005930", 976, "2016-01-04", "2019-12-30", true},
        Recorded{"krx_etf_daily/133690_daily.csv", "kiwoom:133690", 3791, "2010-10-18", "2026-03-17", true},
        Recorded{"us_stock/GOOG_2004_2013.csv", "us:GOOG", 2148, "2004-08-19", "2013-03-01", true},
        Recorded{"us_etf_daily/QQQ_daily.csv", "us:QQQ", 6785, "1999-03-10", "2026-02-27", true},
        Recorded{"upbit/KRW-BTC_day_20200101_20260213.csv", "upbit:KRW-BTC", 2236, "2020-01-01", "2026-02-13", true},
        Recorded{"index_daily/SPX_1990_2022.csv", "index:SPX", 8111, "1990-01-02", "2022-03-10", true, 0,
                 "time=date:%m/%d/%Y,open=open,high=high,low=low,close=close,volume=volume"},
        Recorded{"multi_asset_daily/skfolio_sp500_dataset.csv", "us:AAPL", 8313, "1990-01-02", "2022-12-28", true, 0,
                 "time=Date,close=AAPL"},
        Recorded{"lean_coinbase/daily_btcusd_trade.csv", "coinbase:BTC-USD", 1318, "2014-12-01", "2018-08-13", true},
        Recorded{"lean_coinbase/minute_btcusd_20170903_trade.csv", "coinbase:BTC-USD", 1440, "2017-09-03",
                 "2017-09-03 23:59", true},
        Recorded{"lean_coinbase/second_btcusd_20161007_trade.csv", "coinbase:BTC-USD", 4063, "2016-10-07 00:00:04",
                 "2016-10-07 23:59:58", true},
        Recorded{"lean_coinbase/minute_btcusd_20170903_quote.csv", "coinbase:BTC-USD", 1438, "2017-09-03 00:01",
                 "2017-09-03 23:59", false},
        // Sizes with eighteen digits, as a double prints them.
        Recorded{"lean_coinbase/minute_btcusd_20171217_quote.csv", "coinbase:BTC-USD", 1439, "2017-12-17 00:01",
                 "2017-12-17 23:59", false},
        Recorded{"lean_perp/binance_adausdt_20221213_quote.csv", "binance-usdm:ADAUSDT", 1100, "2022-12-13 00:01",
                 "2022-12-14 00:00", false},
        Recorded{"lean_us_equity/daily_spy.csv", "us:SPY", 5849, "1998-01-02", "2021-03-31", true},
        Recorded{"lean_us_equity/minute_spy_20131007_trade.csv", "us:SPY", 828, "2013-10-07 08:00", "2013-10-07 23:59",
                 true},
        Recorded{"lean_us_equity/tick_ibm_20131007_trade.csv.gz", "us:IBM", 24293, "2013-10-07 08:00:30.270",
                 "2013-10-07 23:26:07.550", false},
        Recorded{"lean_us_equity/tick_ibm_20131007_quote.csv.gz", "us:IBM", 109067, "2013-10-07 08:00:00.054",
                 "2013-10-08 00:00:00.122", false},
        Recorded{"gemini/eth-usd_2021-07-01_trade.csv", "gemini:ETH-USD", 25222, "2021-07-01 00:00:21.647",
                 "2021-07-01 23:59:58.988", false},
        Recorded{"gemini/eth-usd_2021-07-01_bbo_1s.csv.gz", "gemini:ETH-USD", 72180, "2021-07-01",
                 "2021-07-01 23:59:59", false},
        Recorded{"bybit_ob500/2024-12-01_XRPUSDT_ob500.data.jsonl", "bybit:XRPUSDT", 50, "2024-12-01 00:00:00.589",
                 "2024-12-01 00:00:05.488", false}),
    [](const auto& info) {
      std::string name = info.param.path;
      for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      return name;
    });

TEST(Importers, UsEquitiesOfLeanAreInDollarsAndUniversalTime) {
  const auto path = test::test_data("market/lean_us_equity/minute_spy_20131007_trade.csv");
  if (!path) GTEST_SKIP() << test::kNoTestData;
  const auto got = import(*path, {.instrument = "us:SPY"});
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(format_time(got.bars[0].time), "2013-10-07T08:00:00.000000000Z");  // 04:00 in New York, summer
  EXPECT_EQ(text(got.bars[0].open, got), "167.41");
  EXPECT_EQ(text(got.bars[0].volume, got), "3197");
}

// ---- what the tables say --------------------------------------------------------------------------------------------

TEST(Importers, BinanceTradesWithAndWithoutHeaderReadTheSame) {
  const Files files;
  const std::string rows =
      "100,61800.10,0.012,741.6,1723161256322,true\n101,61800.20,0.5,30900.1,1723161256400,false\n";
  const auto bare = import(files.write("BTCUSDT-trades-2024-08-08.csv", rows));
  const auto headed = import(files.write("b.csv", "id,price,qty,quote_qty,time,is_buyer_maker\n" + rows));
  ASSERT_EQ(bare.error + headed.error, "");
  ASSERT_EQ(bare.messages.messages.size(), 2u);
  EXPECT_EQ(bare.messages.messages, headed.messages.messages);
  EXPECT_EQ(bare.messages.levels, headed.messages.levels);
  EXPECT_EQ(bare.messages.messages[0].aggressor(), Side::Sell);
  EXPECT_EQ(bare.messages.messages[0].transaction_time, 1723161256322'000000);
  EXPECT_EQ(bare.messages.messages[1].first_update_id, 101);
  EXPECT_EQ(headed.findings.lines, 3u);
}

TEST(Importers, SpotTradesSince2025AreInMicroseconds) {
  const Files files;
  const auto got = import(files.write("t.csv", "1,100.5,2,201,1735689600000123,True,True\n"));
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(got.messages.messages[0].transaction_time, 1735689600000123'000);
}

TEST(Importers, AggregateTradesAndBookTickersAreKnownByTheirShape) {
  const Files files;
  auto got = import(files.write("a.csv", "7,100.5,2,10,12,1723161256322,false\n"));
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(got.format, "trades");
  EXPECT_EQ(got.messages.messages[0].transaction_time, 1723161256322'000000);
  got = import(
      files.write("b.csv",
                  "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
                  "9,100.4,1,100.5,2,1723161256322,1723161256323\n"));
  ASSERT_EQ(got.error, "");
  const auto& m = got.messages.messages[0];
  EXPECT_EQ(m.kind, MessageKind::Quote);
  EXPECT_EQ(m.final_update_id, 9);
  EXPECT_EQ(m.event_time - m.transaction_time, kMillisecond);
}

TEST(Importers, FundingAndMarkPricesBecomeMarkPriceMessages) {
  const Files files;
  auto got =
      import(files.write("f.csv", "calc_time,funding_interval_hours,last_funding_rate\n1722470400000,8,-0.00010000\n"));
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(got.messages.messages[0].kind, MessageKind::MarkPrice);
  EXPECT_EQ(got.messages.messages[0].first_update_id, -10'000);
  EXPECT_EQ(got.messages.messages[0].final_update_id, 1722470400000'000000);
  got = import(files.write("m.csv",
                           "time,mark_price,index_price,funding_rate,next_funding_time\n"
                           "1722470400000,65000.12,65001,0.0001,1722499200000\n"));
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(text(got.messages.levels[0].price, got), "65000.12");
  EXPECT_EQ(got.messages.messages[0].final_update_id, 1722499200000'000000);
}

TEST(Importers, TardisRowsOfOneMomentAreOneMessage) {
  const Files files;
  const auto got = import(files.write("book.csv",
                                      "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
                                      "deribit,X,1585699200245000,1585699200404389,true,ask,6480,10\n"
                                      "deribit,X,1585699200245000,1585699200404389,true,bid,6479.5,20\n"
                                      "deribit,X,1585699200300000,1585699200504389,false,bid,6479.5,0\n"));
  ASSERT_EQ(got.error, "");
  ASSERT_EQ(got.messages.messages.size(), 2u);
  EXPECT_EQ(got.messages.messages[0].kind, MessageKind::Snapshot);
  EXPECT_EQ(got.messages.messages[0].bids, 1u);
  EXPECT_EQ(text(got.messages.levels[0].price, got), "6479.5");
  EXPECT_EQ(got.messages.messages[1].kind, MessageKind::Depth);
  const auto quotes =
      import(files.write("quotes.csv",
                         "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
                         "deribit,X,1585699200245000,1585699200404389,10,6480,6479.5,20\n"));
  ASSERT_EQ(quotes.error, "");
  EXPECT_EQ(quotes.messages.messages[0].receive_time, 1585699200404389'000);
  EXPECT_EQ(text(quotes.messages.levels[0].quantity, quotes), "20");
  const auto trades = import(files.write("trades.csv",
                                         "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
                                         "deribit,X,1585699200245000,1585699200404389,77,sell,6480,10\n"));
  ASSERT_EQ(trades.error, "");
  EXPECT_EQ(trades.messages.messages[0].aggressor(), Side::Sell);
}

TEST(Importers, ColumnsAreNamedByTheUserOrNumbered) {
  const Files files;
  const auto path = files.write("c.csv", "when;x\n");
  EXPECT_THAT(import(path).error, HasSubstr("known"));
  const auto named = import(files.write("d.csv", "T,O,H,L,C,V\n08/02/2024 13:00,1.5,2,1,1.75,3e2\n"),
                            {.columns = "time=T:%d/%m/%Y %H:%M,open=O,high=H,low=L,close=C,volume=V"});
  ASSERT_EQ(named.error, "");
  EXPECT_EQ(format_time(named.bars[0].time), "2024-02-08T13:00:00.000000000Z");
  EXPECT_EQ(text(named.bars[0].volume, named), "300");
  const auto numbered =
      import(files.write("e.csv", "1.5,1700000000\n1.75,1700000060\n"), {.columns = "time=2:s,close=1"});
  ASSERT_EQ(numbered.error, "");
  EXPECT_EQ(numbered.bars[1].open, numbered.bars[1].close);
  EXPECT_EQ(numbered.inspected.bar_step, kMinute);
  // A map of the time alone: the rest by name.
  const auto timed = import(files.write("f.csv", "T,Open,High,Low,Close,Volume\n08/02/2024,1.5,2,1,1.75,3\n"),
                            {.columns = "time=T:%d/%m/%Y"});
  ASSERT_EQ(timed.error, "");
  EXPECT_EQ(text(timed.bars[0].open, timed), "1.5");
  EXPECT_EQ(text(timed.bars[0].volume, timed), "3");
  EXPECT_THAT(import(path, {.columns = "time=T,shut=C"}).error, HasSubstr("no role 'shut'"));
  EXPECT_THAT(import(path, {.columns = "time=T,close=Q"}).error, HasSubstr("no column"));
}

TEST(Importers, ATimeThatDoesNotFit64BitsIsRefused) {
  const Files files;
  const auto error = [&](const std::string& time, const char* form) {
    return import(files.write("t.csv", "T,close\n" + time + ",1\n"), {.columns = std::string{"time=T"} + form}).error;
  };
  EXPECT_EQ(error("9223372036.5", ":s"), "");  // 2262-04-11T23:47:16.5
  EXPECT_THAT(error("9223372036.9", ":s"), HasSubstr("fits 64 bits"));
  EXPECT_EQ(error("31/12/2261", ":%d/%m/%Y"), "");
  EXPECT_THAT(error("01/01/3000", ":%d/%m/%Y"), HasSubstr("is not of the form"));
  EXPECT_THAT(error("01/01/1500", ":%d/%m/%Y"), HasSubstr("is not of the form"));
}

TEST(Importers, ATableThatRunsBackwardsIsReadBackwards) {
  const Files files;
  const auto bars = import(files.write(
      "b.csv", "time,open,high,low,close,volume\n1700000120,3,3,3,3,1\n1700000060,2,2,2,2,1\n1700000000,1,1,1,1,1\n"));
  ASSERT_EQ(bars.error, "");
  EXPECT_TRUE(bars.findings.descending);
  EXPECT_EQ(text(bars.bars[0].close, bars), "1");
  const auto trades = import(files.write("t.csv", "time,price,size\n1700000120,3,1\n1700000060,2,1\n1700000000,1,1\n"));
  ASSERT_EQ(trades.error, "");
  EXPECT_TRUE(trades.findings.descending);
  EXPECT_EQ(text(trades.messages.levels[0].price, trades), "1");
  EXPECT_EQ(trades.messages.messages[0].flags, kNoAggressor);
}

TEST(Importers, BarsOfOneStampAreDuplicatesAndCounted) {
  const Files files;
  const auto got = import(files.write("b.csv", "time,close\n1700000000,1\n1700000060,2\n1700000000,9\n1700000120,3\n"));
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(got.bars.size(), 3u);
  EXPECT_EQ(got.findings.duplicates, 1u);
  EXPECT_EQ(text(got.bars[0].close, got), "1");
}

TEST(Importers, DigitsThatDoNotFitAreRoundedHalfToEvenAndCounted) {
  const Files files;
  const auto got = import(
      files.write("t.csv", "time,price,size\n1700000000,1,14.504536119999997\n1700000001,1,0.029768000000000003\n"));
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(got.inspected.decimals.quantity, 16);
  EXPECT_EQ(text(got.messages.levels[0].quantity, got), "14.504536119999997");
  EXPECT_EQ(text(got.messages.levels[1].quantity, got), "0.029768");
  EXPECT_EQ(got.findings.rounded, 1u);
}

// ---- bad input ------------------------------------------------------------------------------------------------------

const std::string kTrade1 =
    R"(1723161255088176367 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","t":1,"p":"61800.30","q":"0.006","X":"MARKET","m":false}})"
    "\n";
const std::string kTrade2 =
    R"(1723161255088230567 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256344,"T":1723161256344,"s":"BTCUSDT","t":2,"p":"61800.35","q":"0.199","X":"MARKET","m":true}})"
    "\n";
const ReadOptions kUsdm{.instrument = "binance-usdm:BTCUSDT"};
const ReadOptions kSkip{.instrument = "binance-usdm:BTCUSDT", .skip_bad = true};

TEST(BadInput, ABrokenLineIsNamedByFileAndNumberAndCanBeLeftOut) {
  const Files files;
  const auto path = files.write("c.jsonl", kTrade1 + "17231612550 {\"broken\n" + kTrade2);
  const auto refused = import(path, kUsdm);
  EXPECT_THAT(refused.error, HasSubstr("c.jsonl line 2: begins with"));
  EXPECT_THAT(refused.hint, HasSubstr("--skip-bad"));
  const auto skipped = import(path, kSkip);
  ASSERT_EQ(skipped.error, "");
  EXPECT_EQ(skipped.messages.messages.size(), 2u);
  EXPECT_EQ(skipped.findings.bad, 1u);
  EXPECT_EQ(skipped.findings.lines, 3u);
  EXPECT_EQ(skipped.inspected.decimals, (Decimals{2, 3}));
}

TEST(BadInput, TimeThatRunsBackIsNotGuessedAt) {
  const Files files;
  const auto path = files.write("c.jsonl", kTrade1 + kTrade2 + kTrade1);
  EXPECT_THAT(import(path, kUsdm).error, HasSubstr("line 3: time runs back from 2024-08-08T23:54:15.088230567Z"));
  EXPECT_EQ(import(path, kSkip).findings.bad, 1u);
  EXPECT_THAT(import(files.write("b.csv", "time,close\n1700000000,1\n1700000120,2\n1700000060,3\n")).error,
              HasSubstr("line 4: time runs back"));
}

TEST(ByteOrderMark, IsPassedOverHoweverTheFileIsPacked) {
  const Files files;
  const std::string text = "\xEF\xBB\xBFtime,price,size\n1700000000,100.5,0.1\n";
  EXPECT_EQ(import(files.write("m.csv", text)).messages.messages.size(), 1u);
  const auto packed = import(files.gzip("m.csv.gz", text));
  EXPECT_EQ(packed.error, "");
  EXPECT_EQ(packed.messages.messages.size(), 1u);
}

TEST(BadInput, ATruncatedGzipIsNoticedAndItsWholeLinesCanBeKept) {
  const Files files;
  std::string many;
  for (int i = 0; i < 2'000; ++i)
    many += "17000" + std::to_string(10000 + i) + "," + std::to_string(100 + (i * 7919) % 97) + ".5,0." +
            std::to_string(1 + (i * 31) % 89) + "\n";
  const auto whole = files.gzip("c.csv.gz", "time,price,size\n" + many);
  EXPECT_EQ(import(whole).messages.messages.size(), 2'000u);
  std::filesystem::resize_file(whole, std::filesystem::file_size(whole) / 2);
  EXPECT_THAT(import(whole).error, HasSubstr("truncated"));
  const auto kept = import(whole, {.skip_bad = true});
  ASSERT_EQ(kept.error, "");
  EXPECT_GT(kept.messages.messages.size(), 100u);
  EXPECT_EQ(kept.findings.bad, 1u);
}

TEST(BadInput, NegativeAndOverflowingNumbersAreRefused) {
  const Files files;
  const auto row = [&](std::string_view row) {
    return import(files.write("t.csv", "time,price,size\n" + std::string{row} + "\n")).error;
  };
  EXPECT_THAT(row("1700000000,-1,1"), HasSubstr("line 2: price is -1: it is never negative"));
  EXPECT_THAT(row("1700000000,99999999999999999999,1"), HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(row("1700000000,1,abc"), HasSubstr("quantity 'abc' is not a plain decimal"));
  EXPECT_THAT(row("yesterday,1,1"), HasSubstr("time 'yesterday'"));
  EXPECT_THAT(row("99999999999999999999,1,1"), HasSubstr("time"));
  EXPECT_THAT(row("1700000000,1"), HasSubstr("2 fields where 3 belong"));
  EXPECT_THAT(row("1700000000,,1"), HasSubstr("not a plain decimal"));
}

TEST(BadInput, WhatIsNoFileOfDataSaysSo) {
  const Files files;
  EXPECT_THAT(import(files.folder()).error, HasSubstr("is a folder"));
  EXPECT_THAT(import(files.write("e.csv", "")).error, HasSubstr("is empty"));
  EXPECT_THAT(import(files.write("h.csv", "time,price,size\n")).error, HasSubstr("no rows"));
  EXPECT_THAT(import(files.folder() / "none.csv").error, HasSubstr("no such file"));
  EXPECT_THAT(import(files.write("n.npz", "PK\3\4rubbish")).error, HasSubstr("truncated"));
  EXPECT_THAT(import(files.write("x.bin", "\x01\x02\x03\x04")).error, HasSubstr("known header"));
}

TEST(BadInput, AnUnknownStreamIsNamed) {
  const Files files;
  const auto path =
      files.write("c.jsonl", kTrade1 + R"(1723161255088230567 {"stream":"x@kline_1m","data":{"e":"kline","E":1}})"
                                       "\n");
  EXPECT_THAT(import(path, kUsdm).error, HasSubstr("line 2: unknown stream event 'kline'"));
  EXPECT_EQ(import(path, kSkip).findings.bad, 1u);
}

TEST(BadInput, CtrlCStopsAPass) {
  const Files files;
  const auto reader = open_reader(files.write("c.jsonl", kTrade1), kUsdm);
  ASSERT_TRUE(reader);
  const auto found = (*reader)->inspect({}, [](auto, auto) { return false; });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::Canceled);
}

// ---- hftbacktest ----------------------------------------------------------------------------------------------------

TEST(Importers, HftbacktestRowsComeBackEqual) {
  std::vector<NumpyRow> rows{{.ev = 0xE0000001, .exch_ts = 5, .local_ts = 7, .px = 61800.2, .qty = 0.013},
                             {.ev = 0xD0000002, .exch_ts = 6, .local_ts = 9, .px = 61800.3, .qty = 1},
                             {.ev = 0x90000003, .exch_ts = 6, .local_ts = 9, .px = 61900.1, .qty = 0},
                             {.ev = 0x50000004, .exch_ts = 4, .local_ts = 9, .px = 61900.1, .qty = 12.5}};
  std::string header =
      "{'descr': [('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), "
      "('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')], 'fortran_order': False, 'shape': (4,), }";
  header.resize(256 - 10, ' ');
  header.back() = '\n';
  std::string npy{"\x93NUMPY\x01\x00", 8};
  npy += static_cast<char>(header.size() & 0xFF);
  npy += static_cast<char>(header.size() >> 8);
  npy += header;
  npy.append(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(NumpyRow));
  const Files files;
  const auto got = import(files.write("d.npy", npy));
  ASSERT_EQ(got.error, "");
  ASSERT_EQ(got.messages.messages.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_EQ(row_of(got.messages.messages[i], got.messages.levels[i], got.inspected.decimals), rows[i]) << i;
  EXPECT_THAT(import(files.write("d.npy", npy.substr(0, npy.size() - 8))).error, HasSubstr("truncated"));
}

}  // namespace
}  // namespace stom::importers
