// `stom data import` and `stom data book` as a user runs them, on recorded captures and on damaged files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <csignal>

#include "core/decimal.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/test_data.hpp"

namespace stom {
namespace {

using simdjson::dom::element;
using test::Outcome;
using test::Program;
using testing::HasSubstr;

const std::string kTrade1 =
    R"(1723161255088176367 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","t":1,"p":"61800.30","q":"0.006","X":"MARKET","m":false}})"
    "\n";
const std::string kTrade2 =
    R"(1723161255088230567 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256344,"T":1723161256344,"s":"BTCUSDT","t":2,"p":"61800.35","q":"0.199","X":"MARKET","m":true}})"
    "\n";
const std::string kUsdm = " --instrument binance-usdm:BTCUSDT --tick 0.1 --lot 0.001 --json";

std::filesystem::path write(const Program& program, const std::string& name, const std::string& text) {
  const auto path = program.folder() / name;
  std::ofstream{path, std::ios::binary} << text;
  return path;
}
Outcome import(const Program& program, const std::filesystem::path& path, const std::string& options = kUsdm) {
  return program.run("data import '" + path.string() + "'" + options);
}
std::string gunzip(const std::filesystem::path& path) {
  std::string text;
  const auto file = gzopen(path.c_str(), "rb");
  char block[1 << 16];
  for (int n; (n = gzread(file, block, sizeof block)) > 0;) text.append(block, static_cast<std::size_t>(n));
  gzclose(file);
  return text;
}

// ---- the three captures against the independent replay --------------------------------------------------------------

struct Capture {
  const char* name;
  const char* instrument;
  const char* answer;  // what import says
};
void PrintTo(const Capture& c, std::ostream* out) { *out << c.name; }
class RecordedCapture : public testing::TestWithParam<Capture> {};

/// Decimal strings compared as numbers.
bool same_number(std::string_view a, std::string_view b) {
  const auto x = parse_decimal(a, 9), y = parse_decimal(b, 9);
  return x && y && *x == *y;
}
void expect_levels(const element& got, const element& want, const std::string& where) {
  auto wanted = want.get_array().value();
  std::size_t i = 0;
  ASSERT_GE(got.get_array().value().size(), std::min<std::size_t>(wanted.size(), 20)) << where;
  for (const auto level : wanted) {
    for (const std::size_t part : {0u, 1u})
      ASSERT_TRUE(same_number(got.at(i).at(part).get_string().value(), level.at(part).get_string().value()))
          << where << " level " << i;
    ++i;
  }
}

TEST_P(RecordedCapture, BooksEqualTheIndependentReplay) {
  const auto& c = GetParam();
  const auto path = test::test_data(std::string{"market/binance_ws_raw/"} + c.name + ".jsonl.gz");
  const auto oracle_path = test::test_data(std::string{"oracles/books/"} + c.name + ".json.gz");
  if (!path || !oracle_path) GTEST_SKIP() << test::kNoTestData;
  const Program program;
  const std::string id = c.instrument;
  const auto first = import(program, *path, " --json --instrument " + id);
  ASSERT_EQ(first.exit_code, 0) << first.out << first.err;
  EXPECT_EQ(first.out, std::string{c.answer} + "}\n");
  const auto again = import(program, *path, " --json --instrument " + id);
  EXPECT_EQ(again.out, std::string{c.answer} + ",\"already\":true}\n");

  simdjson::dom::parser oracle_parser, parser;
  const simdjson::padded_string oracle_text{gunzip(*oracle_path)};
  const element oracle = oracle_parser.parse(oracle_text);
  EXPECT_EQ(oracle["gaps"].get_int64().value(), 0);
  int samples = 0;
  const auto check = [&](const std::string& at, const element& want, std::string_view id_key) {
    const auto got = program.run("data book " + id + " --depth 20 --clock venue --json --at " + at);
    ASSERT_EQ(got.exit_code, 0) << got.out << got.err;
    const simdjson::padded_string text{got.out};
    const element book = parser.parse(text);
    const std::string where = std::string{c.name} + " at " + at;
    EXPECT_EQ(book["update_id"].get_int64().value(), want[id_key].get_int64().value()) << where;
    EXPECT_EQ(book["levels"]["bids"].get_int64().value(), want["n_bids"].get_int64().value()) << where;
    EXPECT_EQ(book["levels"]["asks"].get_int64().value(), want["n_asks"].get_int64().value()) << where;
    expect_levels(book["bids"], want["bids"], where);
    expect_levels(book["asks"], want["asks"], where);
    ++samples;
  };
  // All hundred are compared in books_test.cpp; here the program itself is asked, some of them.
  int number = 0;
  for (const auto sample : oracle["samples"].get_array())
    if (number++ % 12 == 0) check(std::to_string(sample["venue_time_ms"].get_int64().value()), sample, "u");
  check("1800000000000", oracle["final"], "last_update_id");
  EXPECT_GE(samples, 9);
  EXPECT_EQ(program.run("data book " + id + " --at 1723161253000").exit_code, 3);
}

INSTANTIATE_TEST_SUITE_P(
    Binance, RecordedCapture,
    testing::Values(
        Capture{
            "usdm_btcusdt_20240808", "binance-usdm:BTCUSDT",
            R"({"instrument":"binance-usdm:BTCUSDT","lines":93954,"events":{"depth":6551,"trade":21313,"quote":66089,"snapshot":1,"bar":0},"bad":0,"gaps":0,"clock_repair_ns":1272156851,"duplicates":0,"off_ladder":0,"outside_range":0)"},
        Capture{
            "coinm_btcusd_perp_20240808", "binance-coinm:BTCUSD_PERP",
            R"({"instrument":"binance-coinm:BTCUSD_PERP","lines":48270,"events":{"depth":26847,"trade":2286,"quote":19136,"snapshot":1,"bar":0},"bad":0,"gaps":0,"clock_repair_ns":1267953940,"duplicates":0,"off_ladder":0,"outside_range":0)"},
        Capture{
            "spot_btcusdt_20240808", "binance:BTCUSDT",
            R"({"instrument":"binance:BTCUSDT","lines":41249,"events":{"depth":3451,"trade":9757,"quote":28040,"snapshot":1,"bar":0},"bad":0,"gaps":0,"clock_repair_ns":1274761454,"duplicates":0,"off_ladder":0,"outside_range":0)"}),
    [](const auto& info) { return info.param.name; });

TEST(DataBook, OnTheLocalClockTheBookIsWhatHadArrived) {
  const auto path = test::test_data("market/binance_ws_raw/usdm_btcusdt_20240808.jsonl.gz");
  if (!path) GTEST_SKIP() << test::kNoTestData;
  const Program program;
  ASSERT_EQ(import(program, *path).exit_code, 0);
  // The snapshot was received at 1723161255.319702566 by our clock, which is 1.272156851 s behind.
  EXPECT_EQ(program.run("data book binance-usdm:BTCUSDT --clock local --at 1723161256591").exit_code, 3);
  const auto book = program.run("data book binance-usdm:BTCUSDT --clock local --at 1723161256592 --depth 1 --json");
  EXPECT_EQ(book.exit_code, 0) << book.out;
  EXPECT_THAT(book.out, HasSubstr("\"update_id\":5123107856210"));
}

// ---- what is wrong with a file, and what is left behind -------------------------------------------------------------

/// Nothing of a refused import is in the store: the whole file imports afterwards as if for the first time.
void expect_untouched(const Program& program) {
  const auto good = import(program, write(program, "good.jsonl", kTrade1 + kTrade2));
  EXPECT_EQ(good.exit_code, 0) << good.out;
  EXPECT_THAT(good.out, HasSubstr("\"trade\":2"));
  EXPECT_THAT(good.out, testing::Not(HasSubstr("already")));
}

TEST(BadImport, ATruncatedGzipIsRefused) {
  const auto whole = test::test_data("market/binance_ws_raw/spot_btcusdt_20240808.jsonl.gz");
  if (!whole) GTEST_SKIP() << test::kNoTestData;
  const Program program;
  const auto path = program.folder() / "cut.jsonl.gz";
  std::filesystem::copy_file(*whole, path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
  std::filesystem::resize_file(path, 400'000);
  const auto refused = import(program, path, " --instrument binance:BTCUSDT --json");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, HasSubstr("truncated"));
  const auto kept = import(program, path, " --instrument binance:BTCUSDT --json --skip-bad");
  EXPECT_EQ(kept.exit_code, 0) << kept.out;
  EXPECT_THAT(kept.out, HasSubstr("\"bad\":1,"));
}

/// What is wrong with one line of a file whose other lines are good: refused by file, line number, cause and remedy;
/// with
/// --skip-bad the others come in and it is counted.
struct BadLine {
  const char* name;
  const char* file;
  std::string text;  // line 2 of it is the bad one, but for `line`
  const char* cause;
  int good = 1;  // messages or bars that --skip-bad keeps
  int line = 2;
};
void PrintTo(const BadLine& bad, std::ostream* out) { *out << bad.name; }
class BadLines : public testing::TestWithParam<BadLine> {};

std::string with(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}
const std::string kTrades = "time,price,size,side\n";
const std::string kBars = "time,open,high,low,close\n1700000000,1,2,1,1\n";

TEST_P(BadLines, AreNamedByFileLineCauseAndRemedy) {
  const auto& bad = GetParam();
  const Program program;
  const auto path = write(program, bad.file, bad.text);
  const std::string options = kUsdm + " --bar 1m";
  const auto refused = import(program, path, options);
  EXPECT_EQ(refused.exit_code, 1) << refused.out;
  EXPECT_THAT(refused.out, HasSubstr("\"code\":\"bad_data\""));
  EXPECT_THAT(refused.out, HasSubstr(std::string{bad.file} + " line " + std::to_string(bad.line) + ": "));
  EXPECT_THAT(refused.out, HasSubstr(bad.cause));
  EXPECT_THAT(refused.out, HasSubstr("--skip-bad"));
  EXPECT_EQ(std::ranges::count(refused.out, '\n'), 1) << "one line";
  EXPECT_THAT(program.run("data list").err, HasSubstr("there is no data yet")) << "nothing half-imported";

  const auto kept = import(program, path, options + " --skip-bad");
  EXPECT_EQ(kept.exit_code, 0) << kept.out;
  EXPECT_THAT(kept.out, HasSubstr("\"bad\":1,"));
  const bool bars = bad.text.starts_with("time,open");
  EXPECT_THAT(kept.out, HasSubstr((bars ? "\"bar\":" : "\"trade\":") + std::to_string(bad.good)));
}

INSTANTIATE_TEST_SUITE_P(
    Import, BadLines,
    testing::Values(
        BadLine{"BrokenJson", "c.jsonl", kTrade1 + "1723161255088230567 {\"stream\":\"btcu\n", "not valid JSON"},
        BadLine{"NoReceiveTime", "c.jsonl", kTrade1 + "17231612550882 {\"e\":1}\n", "19 digits of receive time"},
        BadLine{"UnknownStream", "c.jsonl",
                kTrade1 + "1723161255088230567 {\"stream\":\"x\",\"data\":{\"e\":\"forceOrder\"}}\n",
                "unknown stream event 'forceOrder'"},
        BadLine{"UnknownField", "c.jsonl", kTrade1 + with(kTrade2, "\"t\":2", "\"zz\":0,\"t\":2"),
                R"(field \"zz\" is unknown)"},
        BadLine{"MissingField", "c.jsonl", kTrade1 + with(kTrade2, "\"q\":\"0.199\",", ""),
                R"(field \"q\" is missing)"},
        BadLine{"NegativePrice", "c.jsonl", kTrade1 + with(kTrade2, "61800.35", "-61800.35"), "it is never negative"},
        BadLine{"Overflow", "c.jsonl", kTrade1 + with(kTrade2, "61800.35", "92233720368547758080"),
                "does not fit 64 bits"},
        BadLine{"AnotherSymbol", "c.jsonl", kTrade1 + with(kTrade2, "BTCUSDT\"", "ETHUSDT\""),
                "the line is about ETHUSDT, not BTCUSDT"},
        BadLine{"TimeRunsBack", "c.jsonl", kTrade1 + kTrade2 + kTrade1,
                "time runs back from 2024-08-08T23:54:15.088230", 2, 3},
        BadLine{"NegativeSize", "t.csv", kTrades + "1700000000,1,5,buy\n1700000001,1,-5,buy\n",
                "quantity is -5: it is never negative", 1, 3},
        BadLine{"OverflowingNumber", "t.csv", kTrades + "1700000000,1,5,buy\n1700000001,123456789012345678901,5,buy\n",
                "does not fit 64 bits", 1, 3},
        BadLine{"NotANumber", "t.csv", kTrades + "1700000000,1,5,buy\n1700000001,nan,5,buy\n", "not a plain decimal", 1,
                3},
        BadLine{"NoSuchSide", "t.csv", kTrades + "1700000000,1,5,buy\n1700000001,1,5,long\n",
                "side 'long' is neither buy nor sell", 1, 3},
        BadLine{"TooFewFields", "t.csv", kTrades + "1700000000,1,5,buy\n1700000001,1\n", "2 fields where 4 belong", 1,
                3},
        BadLine{"OpenQuote", "t.csv", kTrades + "1700000000,1,5,buy\n1700000001,\"1,5,buy\n",
                "a quote is opened and not closed", 1, 3},
        BadLine{"NotATime", "t.csv", kTrades + "1700000000,1,5,buy\nyesterday,1,5,buy\n", "time 'yesterday'", 1, 3},
        BadLine{"TimeThatOverflows", "t.csv", kTrades + "1700000000,1,5,buy\n99999999999999999999,1,5,buy\n", "time", 1,
                3},
        BadLine{"BarsThatRunBack", "b.csv", kBars + "1700000120,1,2,1,1\n1700000060,1,2,1,1\n", "time runs back", 2, 4},
        BadLine{"TimeFarFromItsReceipt", "c.jsonl",
                kTrade1 + with(kTrade2, "\"E\":1723161256344", "\"E\":1725839656344"),
                " is 31 days from its receive time 2024-08-08T23:54:15.088230567Z"},
        BadLine{"TransactionTimeOf1970", "c.jsonl", kTrade1 + with(kTrade2, "\"T\":1723161256344", "\"T\":1000"),
                "from its receive time"},
        BadLine{"CommaInANumber", "b.csv", kBars + "1700000060,1,010,1,012,1\n", "6 fields where the header names 5", 1,
                3},
        BadLine{"EmptyNumber", "b.csv", kBars + "1700000060,1,,1,1\n", "high '' is not a plain decimal", 1, 3},
        BadLine{"BinaryRubbish", "b.csv", kBars + std::string("\0\x01\xFF,\x02\n", 6), "fields where 5 belong", 1, 3}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(BadImport, AFieldThatAVenueAddedCanBeIgnored) {
  const Program program;
  const auto path = write(program, "c.jsonl", kTrade1 + with(kTrade2, "\"t\":2", "\"zz\":0,\"t\":2"));
  const auto got = import(program, path, kUsdm + " --ignore-unknown-fields");
  EXPECT_EQ(got.exit_code, 0) << got.out;
  EXPECT_THAT(got.out, HasSubstr("\"trade\":2"));
}

TEST(BadImport, WhatIsNoFileOfDataSaysSoWithTheRemedy) {
  const Program program;
  const auto refused = [&](const std::filesystem::path& path, int exit_code) {
    const auto got = import(program, path);
    EXPECT_EQ(got.exit_code, exit_code) << path;
    EXPECT_THAT(got.out, HasSubstr(path.filename().string()));
    EXPECT_THAT(got.out, HasSubstr("\"hint\":\""));
    EXPECT_THAT(got.out, testing::Not(HasSubstr("\"hint\":\"\""))) << path;
    return got.out;
  };
  EXPECT_THAT(refused(write(program, "empty.jsonl", ""), 1), HasSubstr("is empty"));
  EXPECT_THAT(refused(write(program, "blank.csv", "\n\n"), 1), HasSubstr("nothing but empty lines"));
  EXPECT_THAT(refused(write(program, "header.csv", kTrades), 1), HasSubstr("no rows of data"));
  EXPECT_THAT(refused(write(program, "stub.gz", "\x1f\x8b\x08"), 1), HasSubstr("truncated"));
  EXPECT_THAT(refused(write(program, "stub.npz", "PK\3\4rubbish"), 1), HasSubstr("truncated"));
  EXPECT_THAT(refused(write(program, "names.csv", "a,b\n1,2\n"), 2), HasSubstr("--columns"));
  EXPECT_THAT(refused(program.folder(), 2), HasSubstr("is a folder"));
  EXPECT_THAT(refused(program.folder() / "none", 3), HasSubstr("no such file"));
  expect_untouched(program);
}

TEST(Import, TheSameFileTwiceChangesNothingAndWithOtherOptionsIsNotTakenTwice) {
  const Program program;
  const auto path = write(program, "c.jsonl", kTrade1 + kTrade2);
  const auto first = import(program, path);
  ASSERT_EQ(first.exit_code, 0) << first.out;
  const auto held = program.run("data list --json").out;
  const auto again = import(program, path);
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, with(first.out, "}\n", ",\"already\":true}\n"));
  const auto other = import(program, path, " --instrument binance-usdm:BTCUSDT --tick 0.01 --json");
  EXPECT_EQ(other.exit_code, 2) << other.out;
  EXPECT_THAT(other.out, HasSubstr("in the store already"));
  EXPECT_THAT(other.out, HasSubstr("stom data delete binance-usdm:BTCUSDT"));
  EXPECT_EQ(program.run("data list --json").out, held);
}

// The times decide, not the file's name nor the options.
TEST(Import, ABarThatIsThereIsNotTakenTwiceAndALaterOneContinuesTheSeries) {
  const Program program;
  const std::string days = "date,open,high,low,close,volume\n";
  const std::string first = days + "2024-01-02,10,12,9,11,5\n2024-01-03,10,12,9,12,5\n2024-01-04,10,12,9,11,5\n";
  const std::string bars = " --instrument us:GOOG --bar 1d --json";
  ASSERT_EQ(import(program, write(program, "a.csv", first), bars).exit_code, 0);
  const auto held = program.run("data list --json").out;
  const auto refused = [&](const std::string& name, const std::string& text, const std::string& options) {
    const auto got = import(program, write(program, name, text), bars + options);
    EXPECT_EQ(got.exit_code, 2) << got.out;
    EXPECT_THAT(got.out, HasSubstr("in the store already: 1d bars of us:GOOG"));
    EXPECT_THAT(got.out, HasSubstr("stom data delete us:GOOG"));
    EXPECT_EQ(program.run("data list --json").out, held);
  };
  refused("a.csv", first, " --skip-bad");
  refused("b.csv", days + "2024-01-03,11,13,9,12,5\n2024-01-08,10,12,9,11,5\n", "");
  EXPECT_EQ(import(program, write(program, "c.csv", days + "2024-01-05,10,12,9,11,5\n2024-01-08,10,12,9,11,5\n"), bars)
                .exit_code,
            0);
  EXPECT_EQ(import(program, write(program, "a.csv", first), bars + " --adjusted").exit_code, 0) << "another series";
  EXPECT_THAT(program.run("data export us:GOOG --bar 1d").out, HasSubstr(",10,12,9,12,5\n"));
}

TEST(Import, WhatABarSpansIsALengthAndNoneShorterThanTheirDistance) {
  const Program program;
  const auto path = write(program, "d.csv", "date,close\n2024-01-02,10\n2024-01-03,10\n2024-01-04,10\n");
  const auto refused = [&](const std::string& bar, const std::string& cause) {
    const auto got = import(program, path, " --instrument us:GOOG --json --bar " + bar);
    EXPECT_EQ(got.exit_code, 2) << bar << got.out;
    EXPECT_THAT(got.out, HasSubstr(cause));
  };
  for (const std::string none : {"1x", "foo", "0d", "d", "1D", "-1d", "1.5h"})
    refused(none, "'" + none + "' is not what a bar spans");
  refused("1m", "--bar 1m: the bars are 1d apart");
  EXPECT_THAT(program.run("data list").out, testing::Not(HasSubstr("GOOG")));
  // Friday and Monday, to be added to a daily series.
  const auto two = write(program, "e.csv", "date,close\n2024-01-05,10\n2024-01-08,10\n");
  EXPECT_EQ(import(program, two, " --instrument us:GOOG --json --bar 1d").exit_code, 0);
}

TEST(Import, MonthsAreToldByTheirDistanceThoughTheLastHasOnlyBegun) {
  const Program program;
  std::string text = "Date,Close\n";
  for (const char* month : {"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"})
    text += std::string{"2023-"} + month + "-01,10\n";
  const auto got = program.run("data import '" + write(program, "m.csv", text + "2023-12-18,11\n").string() +
                               "' --instrument index:KOSPI");
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_THAT(program.run("data list").out, HasSubstr("index:KOSPI 1mo"));
  const Program other;
  std::string weeks = "Date,Close\n";
  for (const char* day : {"01-02", "01-09", "01-17", "01-23", "01-30", "02-06", "02-13", "02-21", "02-27", "03-06"})
    weeks += std::string{"2023-"} + day + ",10\n";
  ASSERT_EQ(import(other, write(other, "w.csv", weeks), " --instrument us:SPY").exit_code, 0);
  EXPECT_THAT(other.run("data list").out, HasSubstr("us:SPY 1w")) << "Tuesdays after a holiday";
}

TEST(Import, AMarketThatIsMisspeltIsNotPassedOver) {
  const Program program;
  const auto path = write(program, "d.csv", "date,close\n2024-01-02,10\n2024-01-03,10\n");
  const auto got = import(program, path, " --instrument kiwoom:069500 --json --bar 1d --market kosdak");
  EXPECT_EQ(got.exit_code, 2) << got.out;
  EXPECT_THAT(got.out, HasSubstr("did you mean krx-kosdaq?"));
  EXPECT_EQ(import(program, path, " --instrument kiwoom:069500 --json --bar 1d --market krx-etf").exit_code, 0);
  EXPECT_THAT(program.run("data list --json").out, HasSubstr("\"tick\":\"1\""));
}

TEST(Import, KoreanColumnsAreKnown) {
  const Program program;
  const auto bars = import(program,
                           write(program, "d.csv",
                                 "일자,시가,고가,저가,종가,거래량\n20240102,78200,79800,78200,79600,17142847\n"
                                 "20240103,78500,78800,77000,77000,21753644\n"),
                           " --instrument kiwoom:005930 --json --bar 1d");
  EXPECT_EQ(bars.exit_code, 0) << bars.out;
  EXPECT_THAT(program.run("data export kiwoom:005930 --bar 1d").out,
              HasSubstr("1704153600000000000,78200,79800,78200,79600,17142847\n"));
  const auto trades = import(program,
                             write(program, "t.csv",
                                   "체결시간,현재가,체결량,매매구분\n20240102090000,78200,10,매수\n"
                                   "20240102090001,78100,5,매도\n"),
                             " --instrument kiwoom:000660 --json");
  EXPECT_EQ(trades.exit_code, 0) << trades.out;
  EXPECT_THAT(program.run("data export kiwoom:000660 --kind trade").out,
              HasSubstr("1704153600000000000,0,78200,10,buy\n"))
      << "nine in Seoul is midnight UTC";
  const auto quotes = import(
      program,
      write(program, "q.csv", "일시,매수호가,매수잔량,매도호가,매도잔량\n2024-01-02 09:00:00,78100,10,78200,20\n"),
      " --instrument kiwoom:035720 --json");
  EXPECT_THAT(quotes.out, HasSubstr("\"quote\":1"));
  const auto apart = import(program, write(program, "m.csv", "일자,시간,종가\n20240102,0900,1\n20240102,0901,1\n"),
                            " --instrument kiwoom:005930 --json --bar 1m");
  EXPECT_EQ(apart.exit_code, 2) << apart.out;
  EXPECT_THAT(apart.out, HasSubstr("stand in two columns"));
}

TEST(BadImport, ATableInAnotherEncodingIsToldWithTheWayToConvertIt) {
  const Program program;
  // "일자,종가" as Korean Windows writes it.
  const std::string header = "\xC0\xCF\xC0\xDA,\xC1\xBE\xB0\xA1\n";
  const auto refused = [&](const std::string& text) {
    const auto got = import(program, write(program, "d.csv", text), " --instrument kiwoom:005930 --json --bar 1d");
    EXPECT_EQ(got.exit_code, 1) << got.out;
    EXPECT_TRUE(simdjson::validate_utf8(got.out)) << got.out;
    return got.out;
  };
  EXPECT_THAT(refused(header + "20240102,1\n20240103,1\n"),
              AllOf(HasSubstr("most likely CP949"), HasSubstr("iconv -f CP949 -t UTF-8 FILE > NEW")));
  EXPECT_THAT(refused("a banner\n" + header + "20240102,1\n20240103,1\n"), HasSubstr("most likely CP949"));
  EXPECT_THAT(refused("date,close,name\n20240102,1,X\n20240103,1,\xBB\xEF\xBC\xBA\n"),
              AllOf(HasSubstr("line 3: "), HasSubstr("most likely CP949")));
  EXPECT_THAT(refused("date,close\n20240102,1\n20240103,\xFF\xFF\n"), HasSubstr("the text is not UTF-8"));
  EXPECT_THAT(refused("date,close\n20240102,1\n20240103,1\xC3\n"), HasSubstr("line 3: "));
}

TEST(Import, AWhollyDescendingFileOfTradesIsReadBackwards) {
  const Program program;
  const auto got = import(program,
                          write(program, "t.csv",
                                kTrades + "1700000002,3,1,buy\n1700000001,2,1,sell\n"
                                          "1700000000,1,1,buy\n"),
                          " --instrument x:Y --json");
  EXPECT_EQ(got.exit_code, 0) << got.out;
  const auto rows = program.run("data export x:Y --kind trade").out;
  EXPECT_LT(rows.find("1700000000000000000,0,1,1,buy"), rows.find("1700000002000000000,0,3,1,buy")) << rows;
}

TEST(BadImport, AFileWithoutPermissionIsNotRead) {
  const Program program;
  const auto path = write(program, "c.jsonl", kTrade1);
  std::filesystem::permissions(path, std::filesystem::perms::none);
  // Root reads everything, unless it gives that right away.
  const std::string as_user = geteuid() == 0 ? "setpriv --bounding-set=-all --inh-caps=-all " : "";
  const auto line = "STOM_HOME='" + (program.folder() / "home").string() + "' " + as_user +
                    "'" STOM_PROGRAM "' data import '" + path.string() + "'" + kUsdm;
  FILE* pipe = popen(line.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string out(2'000, '\0');
  out.resize(fread(out.data(), 1, out.size(), pipe));
  pclose(pipe);
  EXPECT_THAT(out, HasSubstr("no permission"));
}

TEST(BadImport, AFullDiskLeavesTheStoreAsItWas) {
  const auto path = test::test_data("market/binance_ws_raw/spot_btcusdt_20240808.jsonl.gz");
  if (!path) GTEST_SKIP() << test::kNoTestData;
  const Program program;
  ASSERT_EQ(import(program, write(program, "a.jsonl", kTrade1)).exit_code, 0);
  // A file size limit stands for the disk: writes beyond it fail in the same place.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small{200'000, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const auto refused = import(program, *path, " --instrument binance:BTCUSDT --json");
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(refused.exit_code, 1) << refused.out;
  EXPECT_THAT(refused.out, HasSubstr("\"code\":\"io\"")) << refused.out;
  const auto good = import(program, *path, " --instrument binance:BTCUSDT --json");
  EXPECT_EQ(good.exit_code, 0) << good.out;
  EXPECT_THAT(good.out, testing::Not(HasSubstr("already")));
}

TEST(Import, AnOffLadderPriceIsKeptCountedAndShown) {
  const Program program;
  const auto path = write(program, "c.jsonl", kTrade1 + kTrade2);
  EXPECT_THAT(import(program, path).out, HasSubstr("\"off_ladder\":1"));
  const Program other;
  const auto shown =
      other.run("data import '" + path.string() + "' --instrument binance-usdm:BTCUSDT --tick 0.1 --lot 0.001");
  EXPECT_THAT(shown.err, HasSubstr("1 market prices are not on the tick ladder"));
}

TEST(Import, ABarThatClosesOutsideItsRangeIsKeptCountedAndShown) {
  const Program program;
  const auto path = write(program, "bars.csv",
                          "date,open,high,low,close,volume\n2024-01-02,10,12,9,11,5\n2024-01-03,10,12,9,12.5,5\n"
                          "2024-01-04,8.5,12,9,11,5\n");
  const auto got = program.run("data import '" + path.string() + "' --instrument us:GOOG --bar 1d --json");
  EXPECT_THAT(got.out, HasSubstr("\"bar\":3"));
  EXPECT_THAT(got.out, HasSubstr("\"outside_range\":2"));
  EXPECT_THAT(program.run("data check").out + program.run("data check").err,
              HasSubstr("2 bars open or close outside their low and high, the first at 2024-01-03"));
}

TEST(Import, DescendingBarsWithRepeatedStampsAreTurnedRoundAndCounted) {
  const Program program;
  const auto path = write(program, "b.csv",
                          "time,open,high,low,close,volume\n1700000120,3,3,3,3,1\n1700000060,2,2,2,2,1\n"
                          "1700000060,2,2,2,2,1\n1700000000,1,1,1,1,1\n");
  const auto got = import(program, path, " --instrument us:X --json --bar 1m");
  EXPECT_EQ(got.exit_code, 0) << got.out;
  EXPECT_THAT(got.out, HasSubstr("\"bar\":3}"));
  EXPECT_THAT(got.out, HasSubstr("\"duplicates\":1"));
}

TEST(Import, AGapIsCounted) {
  const auto depth = [](int n) {
    const auto id = [](int i) { return std::to_string(100 + i); };
    return "172316125508817636" + std::to_string(n) +
           R"( {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","U":)" +
           id(n) + ",\"u\":" + id(n) + ",\"pu\":" + id(n - 1) + R"(,"b":[["1.0","1"]],"a":[]}})" + "\n";
  };
  const Program program;
  EXPECT_THAT(import(program, write(program, "c.jsonl", depth(1) + depth(2) + depth(4) + depth(5))).out,
              HasSubstr("\"gaps\":1,"));
}

}  // namespace
}  // namespace stom
