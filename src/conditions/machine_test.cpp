// What a text decides on a row, by the rules of the language: each test is a sentence of them. The rows are made here;
// a pair is run as `stom condition run` runs it, and by the machine alone.
#include "conditions/machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "conditions/pair.hpp"
#include "conditions/row_file.hpp"
#include "conditions/row_run.hpp"
#include "conditions/value.hpp"
#include "indicators/registry.hpp"

namespace stom::conditions {
namespace {

constexpr std::string_view kNoGate = "self.vars[0] = 1\n";

RowFile rows_of(std::string_view text, Market market = Market::Stock) {
  auto rows = read_row_file(text, market);
  EXPECT_TRUE(rows.has_value()) << (rows ? "" : rows.error().message);
  return rows ? std::move(*rows) : RowFile{};
}

/// One row a second from 09:00:00, of these prices.
std::string prices(const std::vector<double>& values, std::string_view day = "20240105") {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto clock = 90000 + i / 60 * 100 + i % 60;
    text +=
        std::string{day} + (clock < 100000 ? "0" : "") + std::to_string(clock) + ',' + std::to_string(values[i]) + '\n';
  }
  return text;
}
std::string price_rows(const std::vector<double>& values) { return "index,현재가\n" + prices(values); }

Pair pair_of(PairTexts texts) {
  texts.variables = std::string{kNoGate} + texts.variables;
  auto result = make_pair_of(texts);
  std::string why;
  for (const auto& of : result.reports)
    for (const auto& report : of.reports.all())
      if (report.is_error()) why += render(report, of.source, "text", Language::English);
  EXPECT_TRUE(result.pair.has_value()) << why;
  return result.pair ? std::move(*result.pair) : Pair{};
}

/// With native code, and the same without.
RowRun run_both(PairTexts texts, const RowFile& rows) {
  const Pair pair = pair_of(texts);
  EXPECT_TRUE(Machine{pair.buy}.is_native() && Machine{pair.sell}.is_native());
  texts.native = false;
  const Pair plain = pair_of(texts);
  EXPECT_FALSE(Machine{plain.buy}.is_native() || Machine{plain.sell}.is_native());
  const RowRun run = run_rows(pair, rows), other = run_rows(plain, rows);
  EXPECT_EQ(run.buys, other.buys);
  EXPECT_EQ(run.sells, other.sells);
  EXPECT_EQ(run.buy_stopped, other.buy_stopped);
  EXPECT_EQ(run.sell_stopped, other.sell_stopped);
  EXPECT_EQ(run.trace.size(), other.trace.size());
  for (std::size_t i = 0; i < std::min(run.trace.size(), other.trace.size()); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(run.trace[i].value), std::bit_cast<std::uint64_t>(other.trace[i].value));
    EXPECT_EQ(run.trace[i].text, other.trace[i].text);
  }
  return run;
}

/// The value of an expression on the last of the rows; kNothing where it stops.
double last_value(const std::string& expression, const std::string& rows = price_rows({100, 101, 102, 103})) {
  const RowRun run = run_both({.buy = "매수 = False", .sell = "매도 = False", .trace = expression}, rows_of(rows));
  return run.trace.empty() ? kNothing : run.trace.back().value;
}
bool stops(const std::string& expression) { return kind_of(last_value(expression)) == ValueKind::Nothing; }

RowRun run_of(const std::string& buy, const std::string& sell, const std::string& rows) {
  return run_both({.buy = buy, .sell = sell}, rows_of(rows));
}

TEST(Machine, NumbersAreThoseOfPython) {
  EXPECT_EQ(last_value("7 // 2"), 3);
  EXPECT_EQ(last_value("-7 // 2"), -4);
  EXPECT_EQ(last_value("-7 % 3"), 2);
  EXPECT_EQ(last_value("1.0 // 0.1"), 9);
  EXPECT_EQ(last_value("2 ** 10"), 1024);
  EXPECT_EQ(last_value("-2 ** 2"), -4);
  EXPECT_EQ(last_value("2 ** -1"), 0.5);
  EXPECT_EQ(last_value("round(2.675, 2)"), 2.67);
  EXPECT_EQ(last_value("round(2.5)"), 2);
  EXPECT_EQ(last_value("round(1250, -2)"), 1200);
  EXPECT_EQ(last_value("int(-3.9)"), -3);
  EXPECT_EQ(last_value("현재가 // 10 + 현재가 % 10"), 13);
  EXPECT_EQ(last_value("True + True"), 2);
  EXPECT_EQ(last_value("sum([현재가, 1])"), 104);
  EXPECT_EQ(last_value("sum([현재가, 1], 시가 + 2) + sum([], 현재가)"), 209);
}

TEST(Machine, WhatPythonWouldRaiseStopsTheText) {
  for (const char* text : {"현재가 / 0",
                           "현재가 // 0",
                           "현재가 % 0",
                           "(현재가 - 200) ** 0.5",
                           "현재가 ** 1000",
                           "0 ** -현재가",
                           "종목명 > 현재가",
                           "-None",
                           "1 + None",
                           "(현재가 ** 150 * 현재가 ** 150) - (현재가 ** 150 * 현재가 ** 150)",
                           "int('x')",
                           "현재가 in 종목명",
                           "round(현재가, 0.5)",
                           "이동평균(현재가 / 2)",
                           "min(현재가, None)",
                           "현재가N(현재가 - 105)",
                           "이동평균(현재가 * 1e308 * 10)",
                           "이동평균(1e308 * 10)",
                           "이동평균(2, 1e308 * 10)",
                           "이동평균(현재가 * 1e308 * 10, -1)",
                           "현재가N(현재가 * 1e308 * 10)",
                           "round(현재가, 1e308 * 10)"})
    EXPECT_TRUE(stops(text)) << text;
}

TEST(Machine, AndAndOrGiveAnOperandAndReadNoFurtherThanTheyMust) {
  EXPECT_EQ(last_value("0 or 현재가"), 103);
  EXPECT_EQ(last_value("현재가 and 5"), 5);
  EXPECT_EQ(last_value("0 and 현재가 / 0"), 0);
  EXPECT_EQ(last_value("7 or 현재가 / 0"), 7);
  EXPECT_EQ(kind_of(last_value("None and 1")), ValueKind::None);
  EXPECT_EQ(last_value("not 종목명"), 1);
  EXPECT_EQ(last_value("1 if 현재가 > 100 else 현재가 / 0"), 1);
}

TEST(Machine, AChainOfComparisonsReadsEachOnce) {
  EXPECT_EQ(last_value("100 < 현재가 < 104"), 1);
  EXPECT_EQ(last_value("104 < 현재가 < 현재가 / 0"), 0);
  EXPECT_EQ(last_value("현재가 in [1, 103]"), 1);
  EXPECT_EQ(last_value("현재가 not in (1, 103)"), 0);
  EXPECT_EQ(last_value("'LO' in 'LONG'"), 1);
  EXPECT_EQ(last_value("'b' > 'a'"), 1);
}

TEST(Machine, HistoryAndWindowsAreOfTheDay) {
  EXPECT_EQ(last_value("현재가N(0)"), 103);
  EXPECT_EQ(last_value("현재가N(3)"), 100);
  EXPECT_EQ(last_value("현재가N(4)"), 0);
  EXPECT_EQ(last_value("현재가N(-1)"), 0);
  EXPECT_EQ(last_value("이동평균(3)"), 102);
  EXPECT_EQ(last_value("이동평균(2, 1)"), 101.5);
  EXPECT_EQ(last_value("이동평균(4, 1)"), 0);
  EXPECT_EQ(last_value("최고현재가(2, 2)"), 101);
  EXPECT_EQ(last_value("최저현재가(4)"), 100);
  const std::string two_days = price_rows({1, 2, 3}) + prices({7, 8}, "20240108");
  EXPECT_EQ(last_value("이동평균(3)", two_days), 0);
  EXPECT_EQ(last_value("이동평균(2)", two_days), 7.5);
  EXPECT_EQ(last_value("현재가N(2)", two_days), 0);
  EXPECT_EQ(last_value("데이터길이", two_days), 2);
}

TEST(Machine, AMeanIsTheExactSumRoundedAsPythonDoes) {
  EXPECT_EQ(last_value("이동평균(3)", price_rows({0.1, 0.2, 0.3})), 0.2);
  EXPECT_EQ(last_value("이동평균(2)", price_rows({2, 3.001})), 2.5);  // 2.5005, as a double below it
  EXPECT_EQ(last_value("초당거래대금평균(2)", "index,현재가,초당거래대금\n20240105090000,1,3\n20240105090001,1,4\n"),
            3);
  EXPECT_EQ(last_value("등락율각도(2)", "index,현재가,등락율\n20240105090000,1,3\n20240105090001,1,3.4\n"), 45);
}

TEST(Machine, ANameThatThePathTakenHasNotAssignedStopsTheText) {
  const RowRun run =
      run_of("if 현재가 > 101:\n    a = 1\nif a == 1:\n    pass\n", "매도 = False", price_rows({100, 102, 102}));
  EXPECT_EQ(run.buy_stopped, 1u);
  ASSERT_EQ(run.buys.size(), 1u);
  EXPECT_EQ(run.buys[0].row, 1u);
}

TEST(Machine, ALocalMayHaveAWordsName) {
  const RowRun run = run_of("이동평균 = 이동평균(2)\nif 이동평균 < 101.5:\n    매수 = False\n", "매도 = False",
                            price_rows({100, 101, 102, 103}));
  ASSERT_EQ(run.buys.size(), 1u);
  EXPECT_EQ(run.buys[0].row, 2u);
  // On a path that has not assigned it, it is the word.
  const RowRun word = run_of("if 현재가 > 200:\n    현재가 = 0\nif 현재가 < 102:\n    매수 = False\n", "매도 = False",
                             price_rows({100, 101, 102, 103}));
  ASSERT_EQ(word.buys.size(), 1u);
  EXPECT_EQ(word.buys[0].row, 2u);
}

TEST(Machine, TheExitLineIsThatOfTheLastAssignmentMade) {
  const std::string sell =
      "# a comment\n\nif 현재가 > 101:\n    매도 = True\nelif 현재가 > 100:\n    매도 = \\\n  True\n";
  const RowRun run = run_of("pass", sell, price_rows({100, 101, 100, 102, 100}));
  ASSERT_EQ(run.sells.size(), 2u);
  EXPECT_EQ(run.sells[0].row, 1u);
  EXPECT_EQ(run.sells[0].line, 6u);
  EXPECT_EQ(run.sells[1].row, 3u);
  EXPECT_EQ(run.sells[1].line, 4u);
  // Nothing is bought on the row that sold, nor on the day's last.
  ASSERT_EQ(run.buys.size(), 2u);
  EXPECT_EQ(run.buys[1].row, 2u);
}

TEST(Machine, APositionIsValuedFromTheRowAfterItsBuyAndEndsWithTheDay) {
  const std::string rows =
      "index,현재가,매도호가1,매수호가1\n"
      "20240105090000,100,100,99\n20240105090001,103,104,103\n20240105090004,102,103,102\n"
      "20240105090005,102,103,0\n20240108090000,102,103,102\n";
  const RowRun run = run_of("pass",
                            "if 최고수익률 == 3 and 수익률 == 2 and 보유시간 == 4 and 매수틱번호 == 0 and 현재가N(-1) "
                            "== 100:\n    매도 = True",
                            rows);
  ASSERT_EQ(run.sells.size(), 1u);
  EXPECT_EQ(run.sells[0].row, 2u);
  EXPECT_EQ(run.sells[0].line, 2u);
  const RowRun held = run_of("pass", "매도 = 현재가 == 102 and 매수호가1 == 0", rows);
  ASSERT_EQ(held.sells.size(), 1u);  // no bid, no sell by text; the day's end sells at the price
  EXPECT_EQ(held.sells[0].row, 3u);
  EXPECT_EQ(held.sells[0].line, 0u);
}

TEST(Machine, TheGateWaitsForRowsAndForABook) {
  const std::string rows =
      "index,현재가,매도잔량5,매수잔량5\n20240105090000,1,1,1\n20240105090001,1,0,0\n"
      "20240105090002,1,0,1\n20240105090003,1,1,1\n";
  const RowRun run = run_both({.buy = "pass", .sell = "매도 = True", .variables = "self.vars[0] = 2"}, rows_of(rows));
  ASSERT_EQ(run.buys.size(), 1u);
  EXPECT_EQ(run.buys[0].row, 2u);
}

TEST(Machine, RowsSinceANamedConditionHeld) {
  std::optional<std::uint32_t> wrong;
  const auto named = named_texts("# of ours\n돌파: 현재가 > 101\n", wrong);
  ASSERT_FALSE(wrong.has_value());
  const RowRun run =
      run_both({.buy = "매수 = False", .sell = "매도 = False", .named = named, .trace = "경과틱수('돌파')"},
               rows_of(price_rows({100, 102, 101, 100, 103, 100})));
  std::vector<double> values;
  for (const auto& traced : run.trace) values.push_back(traced.value);
  EXPECT_EQ(values, (std::vector<double>{0, 0, 1, 2, 0, 1}));
}

TEST(Machine, VariablesOfAFileOverrideThoseOfTheText) {
  const std::string buy = "self.vars[1] = 200\nif 현재가 < self.vars[1]:\n    매수 = False\n";
  EXPECT_TRUE(run_of(buy, "매도 = False", price_rows({100, 101, 102})).buys.empty());
  const RowRun run = run_both({.buy = buy, .sell = "매도 = False", .variables = "self.vars[1] = [[90, 110, 1], 101]"},
                              rows_of(price_rows({100, 101, 102})));
  ASSERT_EQ(run.buys.size(), 1u);
  EXPECT_EQ(run.buys[0].row, 1u);
}

TEST(Machine, LoopsCountTheirSteps) {
  EXPECT_EQ(run_of("n = 0\nfor i in range(5):\n    if i == 3:\n        break\n    if i == 1:\n        continue\n    n "
                   "+= i\nif n != 2:\n    매수 = False\n",
                   "매도 = False", price_rows({1, 1}))
                .buys.size(),
            1u);
}

TEST(Machine, IndicatorsBeginWithTheDayAndAreZeroUntilTheyMeanSomething) {
  std::vector<double> up;
  for (int i = 0; i < 20; ++i) up.push_back(100 + i);
  EXPECT_EQ(last_value("RSI", price_rows(up)), 100);
  EXPECT_EQ(last_value("RSI(30)", price_rows(up)), 0);
  // A call gives periods; the kinds of averages come behind them.
  EXPECT_EQ(last_value("STOCHSD(5, 3, 3) == STOCHSD and STOCHSD(5, 3, 4) != 0", price_rows(up)), 1);
  EXPECT_EQ(last_value("RSI_N(1) + RSI_N(19)", price_rows(up)), 100);
  EXPECT_EQ(last_value("RSI(2)", price_rows(up) + prices({1, 2}, "20240108")), 0);
}

// What the checker lets pass is worked out, not 0 for good.
TEST(Machine, EveryParameterThatATextMayGiveIsOneOfTheIndicator) {
  for (const Word& word : words()) {
    if (word.kind != WordKind::Indicator) continue;
    const auto settings = family_of(word).settings;
    for (std::size_t i = 0; i < settings.size(); ++i) {
      for (const double value : {std::max(settings[i].least, -10.0), std::min(settings[i].most, 1000.0)}) {
        std::string call;
        for (std::size_t k = 0; k < settings.size(); ++k)
          call += (k == 0 ? "(" : ", ") + std::to_string(k == i ? value : settings[k].standard);
        call = std::string{word.korean} + call + ")";
        const Pair pair = pair_of({.buy = "pass", .sell = "pass", .trace = call});
        ASSERT_EQ(pair.needs.indicators.size(), 1u) << call;
        const IndicatorNeed& need = pair.needs.indicators[0];
        EXPECT_TRUE(make_indicator(need.name, need.parameters).has_value()) << call;
      }
    }
  }
  const std::string minutes =
      "index,현재가,분봉고가,분봉저가\n202401050900,9,10,8\n202401050901,11,12,8\n202401050902,3,11,3\n";
  EXPECT_EQ(last_value("DIM(1)", minutes), 0.625);
  EXPECT_EQ(last_value("BBU(2, -1) == BBL(2, 1, 1) and BBU(2, -1) < BBM(2)", minutes), 1);
}

TEST(Machine, WhatATextMayRememberIsBounded) {
  std::string lengths = "x = 0", indicators = "x = 0";
  for (int i = 1; i <= 17; ++i) lengths += "\nx = 이동평균(1, '" + std::to_string(i) + "s')";
  for (int i = 0; i < 12; ++i) indicators += "\nx = CCI(" + std::to_string(99'000 + i) + ")";
  const std::string rows = price_rows({100, 100, 100});
  EXPECT_EQ(run_of(lengths, "매도 = False", rows).buy_stopped, 3u);
  EXPECT_EQ(run_of(indicators, "매도 = False", rows).buy_stopped, 3u);
  const std::string longest(1000, 'a');
  EXPECT_EQ(run_of("매수 = 종목명 == '" + longest + "'", "매도 = False", rows).buy_stopped, 0u);
  EXPECT_EQ(run_of("매수 = 종목명 == '" + longest + "a'", "매도 = False", rows).buy_stopped, 3u);
  EXPECT_EQ(run_of("'''" + longest + "a'''", "매도 = False", rows).buy_stopped, 0u);  // a comment
}

TEST(Machine, BarsOfALengthCountOnceTheyHaveEnded) {
  // Three bars of two seconds, the third not over.
  const std::string rows = price_rows({100, 110, 120, 130, 140});
  EXPECT_EQ(last_value("이동평균(2, '2s')", rows), 120);
  EXPECT_EQ(last_value("최저현재가(1, '2s')", rows), 120);
  EXPECT_EQ(last_value("최고현재가(1, 1, '2s')", rows), 110);
  EXPECT_EQ(last_value("이동평균(3, '2s')", rows), 0);
}

TEST(Machine, TheOtherTextsSignalIsANameOfTheTextsOwnAndItsSpellingsAreTwo) {
  const RowRun run = run_of("매도 = 1\nsell = 2\n매수 = 매도 + sell == 3 and 현재가 == 101",
                            "매수 = 1\nbuy = 2\n매도 = 매수 + buy == 3", price_rows({100, 101, 102, 103}));
  EXPECT_EQ(run.buys, std::vector<Bought>{{1}});
  EXPECT_EQ(run.sells, (std::vector<Sold>{{2, 3}}));
}

TEST(Machine, ANameThatHasNoValueCannotBeGivenItself) {
  EXPECT_EQ(run_of("x = x", "매도 = True", price_rows({100, 101, 102})).buy_stopped, 3u);
  EXPECT_EQ(run_of("현재가 = 현재가", "매도 = True", price_rows({100, 101, 102})).buy_stopped, 0u);
}

TEST(Rows, CellsMayStandInQuotes) {
  const RowFile rows =
      rows_of("\"index\",\"종목명\",\"현재가\",체결강도\n\"20240105090000\",\"가, \"\"나\"\"\",\"101.5\" ,\"\"\n");
  ASSERT_EQ(rows.rows(), 1u);
  EXPECT_EQ(rows.at(input_named("현재가"), 0), 101.5);
  EXPECT_EQ(rows.at(input_named("체결강도"), 0), 0);
  for (const char* cell : {"\"", "\"1", "1\"", "\"1\"2", "\"x\"", "\"\"\""})
    EXPECT_FALSE(read_row_file("index,현재가\n20240105090000," + std::string{cell} + "\n", Market::Stock)) << cell;
}

TEST(Rows, AFileOfRowsIsReadOrRefusedWithItsLine) {
  const auto refusal = [](std::string_view text) {
    const auto rows = read_row_file(text, Market::Stock);
    return rows ? std::string{"read"} : rows.error().message;
  };
  EXPECT_EQ(refusal("현재가\n1\n"), "line 1: the first column is not index");
  EXPECT_EQ(refusal("index,현재가\n20240105090001,1\n20240105090000,1\n"),
            "line 3: the index 20240105090000 is before that of the row above");
  EXPECT_EQ(refusal("index,현재가\n20240105090001,nan\n"), "line 2: no number: 'nan'");
  EXPECT_EQ(refusal("index,현재가\n20240105090001,x\n"), "line 2: no number: 'x'");
  EXPECT_EQ(refusal("index,현재가\n20240105090001,+-5\n"), "line 2: no number: '+-5'");
  EXPECT_EQ(refusal("index,\xC7\xF6\xC0\xE7\xB0\xA1\n20240105090001,1\n"), "line 1: this is not UTF-8");
  EXPECT_EQ(refusal("index,현재가\n202401050900,1\n20240105090000,1\n"), "line 3: seconds and minutes in one file");
  EXPECT_EQ(refusal("index,현재가\n20240105090001,1e999\n"), "line 2: no number: '1e999'");
  EXPECT_EQ(refusal("index,현재가\n20240105090001,-1e-999\n"), "read");  // too small to be another number than 0
  EXPECT_EQ(refusal("index,현재가\r\n20240105090001,\r\n"), "read");
  const RowFile minutes = rows_of("\xEF\xBB\xBFindex,price,없는열,VI가격\n202401050901,2000,9,2000\n");
  EXPECT_TRUE(minutes.minute);
  EXPECT_EQ(minutes.unknown, std::vector<std::string>{"없는열"});
  EXPECT_EQ(minutes.at(input_named("시분초"), 0), 90100);
  EXPECT_EQ(minutes.at(input_named("호가단위"), 0), 5);
  EXPECT_EQ(minutes.at(input_named("VI아래5호가"), 0), 1991);  // 1,995, then by one
  EXPECT_EQ(minutes.at(input_named("관심종목"), 0), 1);
}

TEST(Rows, TicksBefore2023AreThoseOfTheBoardWhereItIsKnown) {
  const std::vector<std::int64_t> index{20230124090000, 20230125090000};
  const std::string_view names[] = {"현재가", "VI가격"};
  const std::vector<double> columns[] = {{600'000, 600'000}, {600'000, 600'000}};
  for (const bool kosdaq : {false, true}) {
    RowFile rows;
    rows.kosdaq = kosdaq;
    ASSERT_TRUE(fill_rows(rows, Market::Stock, index, names, columns));
    EXPECT_EQ(rows.at(input_named("호가단위"), 0), kosdaq ? 100 : 1'000);
    EXPECT_EQ(rows.at(input_named("VI아래5호가"), 0), kosdaq ? 599'500 : 595'000);
    EXPECT_EQ(rows.at(input_named("호가단위"), 1), 1'000);
  }
}

TEST(RowRun, ATextTradesNothingAtAPriceOfZero) {
  const RowFile rows = rows_of(price_rows({0, 100, 0, 101, 102}));
  const PairTexts texts{.buy = "pass", .sell = "매도 = True"};
  const RowRun run = run_both(texts, rows);
  EXPECT_EQ(run.buys, std::vector<Bought>{{1}});
  EXPECT_EQ(run.sells, (std::vector<Sold>{{3, 1}}));
  const std::vector<std::string> variants(2, std::string{kNoGate});
  const auto together = run_variants(texts, variants, rows, [](std::size_t) { return true; });
  ASSERT_TRUE(together.has_value());
  EXPECT_EQ(together->front().buys, run.buys);
  EXPECT_EQ(together->front().sells, run.sells);
}

TEST(RowRun, ATraceIsWhatATextIsToldOnTheRow) {
  const PairTexts texts{.buy = "pass", .sell = "매도 = False", .trace = "최고수익률 - 최저수익률"};
  const RowRun run = run_both(texts, rows_of(price_rows({100, 103, 98, 101})));
  ASSERT_EQ(run.trace.size(), 4u);
  EXPECT_EQ(kind_of(run.trace[0].value), ValueKind::Nothing);  // nothing is held yet
  EXPECT_EQ(run.trace[1].value, 3);
  EXPECT_EQ(run.trace[2].value, 5);
  EXPECT_EQ(run.trace[3].value, 5);
}

TEST(RowRun, ARunThatIsToldToEndHasNoResult) {
  const Pair pair = pair_of({.buy = "pass", .sell = "pass"});
  const RowFile rows = rows_of(price_rows(std::vector<double>(1000, 100)));
  std::size_t asked = 0;
  EXPECT_FALSE(run_rows(pair, rows, [&](std::size_t done) { return ++asked, done < 500; }));
  EXPECT_GT(asked, 1u);
  EXPECT_TRUE(run_rows(pair, rows, [](std::size_t) { return true; }));
}

}  // namespace
}  // namespace stom::conditions
