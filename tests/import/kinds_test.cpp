// Every kind of recorded file that the product names, through the real `stom data import` and out of the store again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/program.hpp"
#include "tests/support/test_data.hpp"

namespace stom {
namespace {

using test::Program;
using testing::HasSubstr;

/// A file of the recorded data, the flags that a user gives, and what the answer says.
struct Kind {
  const char* file;
  const char* flags;
  const char* events;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.file; }
class RecordedKind : public testing::TestWithParam<Kind> {};

TEST_P(RecordedKind, IsImported) {
  const auto& kind = GetParam();
  const auto path = test::test_data(std::string{"market/"} + kind.file);
  if (!path) GTEST_SKIP() << test::kNoTestData;
  const Program program;
  const auto got = program.run("data import '" + path->string() + "' --json " + kind.flags);
  ASSERT_EQ(got.exit_code, 0) << got.out;
  EXPECT_THAT(got.out, HasSubstr(kind.events));
  EXPECT_THAT(got.out, HasSubstr("\"bad\":0,"));
  EXPECT_THAT(program.run("data check --json").out, HasSubstr("\"damaged\":0"));
}

INSTANTIATE_TEST_SUITE_P(
    Market, RecordedKind,
    testing::Values(
        Kind{"klines_1m_crash/FILUSDT-1m-2023-08.csv", "--instrument binance-usdm:FILUSDT", "\"bar\":44640"},
        Kind{"klines_1m_multi/ETHUSDT_1m_flox_202604.csv", "--instrument binance:ETHUSDT", "\"bar\":3000"},
        Kind{"klines_1h/binance_BTCUSDT_1h_20170817_20200919.csv", "--instrument binance:BTCUSDT", "\"bar\":27096"},
        Kind{"krx_daily/000660_raw_v1.csv", "--instrument kiwoom:000660 --bar 1d", "\"bar\":5299"},
        Kind{"krx_daily/005930_adj_2018_2021.csv", "--instrument kiwoom:005930 --bar 1d --adjusted", "\"bar\":986"},
        Kind{"us_stock/GOOG_2004_2013.csv", "--instrument us:GOOG --bar 1d", "\"bar\":2148"},
        Kind{"us_etf_daily/SPY_daily.csv", "--instrument us:SPY --bar 1d --adjusted", "\"bar\":6578"},
        Kind{"upbit/KRW-BTC_day_20200101_20260213.csv", "--instrument upbit:KRW-BTC --bar 1d", "\"bar\":2236"},
        Kind{"index_daily/SPX_1990_2022.csv",
             "--instrument index:SPX --bar 1d --columns "
             "'time=date:%m/%d/%Y,open=open,high=high,low=low,close=close,volume=volume'",
             "\"bar\":8111"},
        Kind{"index_monthly/FEDFUNDS_monthly.csv",
             "--instrument rate:FEDFUNDS --bar 1mo --columns time=DATE,close=FEDFUNDS", "\"bar\":468"},
        Kind{"lean_coinbase/minute_btcusd_20171217_trade.csv", "--instrument coinbase:BTC-USD", "\"bar\":1440"},
        Kind{"lean_coinbase/minute_btcusd_20170903_quote.csv", "--instrument coinbase:BTC-USD", "\"quote\":1438"},
        Kind{"lean_perp/binance_adausdt_20221213_quote.csv", "--instrument binance-usdm:ADAUSDT", "\"quote\":1100"},
        Kind{"lean_us_equity/daily_aapl.csv", "--instrument us:AAPL", "\"bar\":5849"},
        Kind{"lean_us_equity/tick_ibm_20131007_trade.csv.gz", "--instrument us:IBM", "\"trade\":24293"},
        Kind{"lean_us_equity/tick_ibm_20131007_quote.csv.gz", "--instrument us:IBM", "\"quote\":109067"},
        Kind{"gemini/eth-usd_2021-07-01_trade.csv", "--instrument gemini:ETH-USD", "\"trade\":25222"},
        Kind{"gemini/eth-usd_2021-07-01_bbo_1s.csv.gz", "--instrument gemini:ETH-USD", "\"quote\":72180"},
        Kind{"bybit_ob500/2024-12-01_XRPUSDT_ob500.data.jsonl", "--instrument bybit:XRPUSDT",
             R"("depth":49,"trade":0,"quote":0,"snapshot":1)"}),
    [](const auto& info) {
      std::string name = info.param.file;
      for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      return name;
    });

/// A file as its publisher documents it, and the rows that must come back from the store.
struct Published {
  const char* name;
  const char* text;
  const char* kind;  // of `stom data export`
  const char* rows;
};
void PrintTo(const Published& published, std::ostream* out) { *out << published.name; }
class PublishedKind : public testing::TestWithParam<Published> {};

TEST_P(PublishedKind, ComesBackFromTheStore) {
  const auto& published = GetParam();
  const Program program;
  const auto path = program.folder() / "file.csv";
  std::ofstream{path} << published.text;
  const auto got = program.run("data import '" + path.string() + "' --instrument binance-usdm:BTCUSDT --json");
  ASSERT_EQ(got.exit_code, 0) << got.out;
  EXPECT_THAT(program.run(std::string{"data export binance-usdm:BTCUSDT --kind "} + published.kind).out,
              HasSubstr(published.rows));
}

INSTANTIATE_TEST_SUITE_P(
    Formats, PublishedKind,
    testing::Values(
        Published{"BinanceVisionTrades",
                  "id,price,qty,quote_qty,time,is_buyer_maker\n7,61800.1,0.012,741.6,1723161256322,true\n"
                  "8,61800.2,0.5,30900.1,1723161256400,false\n",
                  "trade", ",,1723161256322000000,7,61800.1,0.012,sell\n,,1723161256400000000,8,61800.2,0.500,buy\n"},
        Published{"BinanceVisionAggregateTrades",
                  "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
                  "9,61800.1,0.012,20,22,1723161256322,true\n",
                  "trade", ",,1723161256322000000,9,61800.1,0.012,sell\n"},
        Published{"BinanceVisionBookTicker",
                  "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
                  "5,61800.1,2,61800.2,3.5,1723161256322,1723161256330\n",
                  "quote", ",1723161256330000000,1723161256322000000,5,61800.1,2.0,61800.2,3.5\n"},
        Published{"BinanceVisionFunding",
                  "calc_time,funding_interval_hours,last_funding_rate\n1722470400000,8,0.00010000\n", "mark_price",
                  ",0.00010000,"},
        Published{"MarkPrices", "time,mark_price,index_price,funding_rate\n1723161256322,61800.1,61799.5,-0.00003\n",
                  "mark_price", ",61800.1,61799.5,-0.00003000,"},
        Published{"TardisTrades",
                  "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
                  "binance-futures,BTCUSDT,1723161256322000,1723161256325123,7,sell,61800.1,0.012\n",
                  "trade", "1723161256325123000,,1723161256322000000,7,61800.1,0.012,sell\n"},
        Published{"TardisQuotes",
                  "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
                  "binance-futures,BTCUSDT,1723161256322000,1723161256325123,3.5,61800.2,61800.1,2\n",
                  "quote", "1723161256325123000,,1723161256322000000,0,61800.1,2.0,61800.2,3.5\n"},
        Published{
            "TardisBook",
            "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
            "deribit,BTC-PERPETUAL,1723161256322000,1723161256325123,true,bid,61800.1,2\n"
            "deribit,BTC-PERPETUAL,1723161256322000,1723161256325123,true,ask,61800.2,3\n"
            "deribit,BTC-PERPETUAL,1723161256422000,1723161256425123,false,ask,61800.2,0\n",
            "depth",
            "snapshot,0,0,0,bid,61800.1,2\n1723161256325123000,1723161256322000000,,snapshot,0,0,0,ask,61800.2,3\n"
            "1723161256425123000,1723161256422000000,,depth,0,0,0,ask,61800.2,0\n"}),
    [](const auto& info) { return std::string{info.param.name}; });

}  // namespace
}  // namespace stom
