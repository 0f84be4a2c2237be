#include "conditions/checker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "conditions/parser.hpp"

namespace stom::conditions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

struct Judged {
  explicit Judged(std::string_view source, CheckOptions options = {})
      : tree{parse(source, reports)}, checked{check(tree, options, reports)} {}

  /// "unknown-word@1:4", in order of place.
  std::string all() const {
    std::string out;
    for (const Report& report : reports.all()) {
      if (!out.empty()) out += ' ';
      out += std::string{report.code()} + '@' + std::to_string(report.place.line) + ':' +
             std::to_string(report.place.column);
    }
    return out;
  }
  const Report& first() const { return reports.all().front(); }

  Reports reports;
  Tree tree;
  Checked checked;
};

CheckOptions as(TextKind kind) {
  CheckOptions options;
  options.kind = kind;
  return options;
}
/// What is found in a line of a sell text that decides something.
std::string found(std::string_view line, CheckOptions options = as(TextKind::Sell)) {
  return Judged{std::string{line} + "\n매도 = True\n", options}.all();
}
/// What is found in an expression.
std::string in_value(std::string_view value) { return found("x = " + std::string{value}); }
std::string hint(std::string_view line) {
  const Judged judged{std::string{line} + "\n매도 = True\n", as(TextKind::Sell)};
  return judged.reports.all().empty() ? "" : judged.first().hint(Language::English);
}

TEST(Checker, TheExampleOfEveryWordIsRightInBothLanguages) {
  for (const Word& word : words()) {
    const std::string line =
        word.kind == WordKind::Signal ? std::string{word.example} : "x = " + std::string{word.example};
    CheckOptions options;
    if (word.kind == WordKind::Position) options.kind = TextKind::Sell;
    const Judged judged{line, options};
    EXPECT_THAT(judged.all(), testing::AnyOf("", "signal-not-set@1:1")) << word.example;
    EXPECT_EQ(judged.checked.words.empty(), word.kind == WordKind::Signal) << word.korean;
  }
}

TEST(Checker, BothLanguagesCompileToTheSameProgram) {
  Judged korean{"x = 현재가N(1) + 이동평균(60, 1) + 현재가\n매도 = True", as(TextKind::Sell)};
  Judged english{"x = price_at(1) + price_mean(60, 1) + price\nsell = True", as(TextKind::Sell)};
  EXPECT_EQ(korean.all(), "");
  EXPECT_EQ(english.all(), "");
  EXPECT_EQ(korean.checked.words, english.checked.words);
  EXPECT_THAT(korean.checked.words, ElementsAre(Pair("이동평균", 1), Pair("현재가", 1), Pair("현재가N", 1)));
  EXPECT_EQ(korean.tree.body[1]->targets[0].word, english.tree.body[1]->targets[0].word);
  EXPECT_TRUE(korean.tree.body[1]->targets[0].word);
}

TEST(Checker, AnUnknownNameIsReportedOnceWithTheNearest) {
  const Judged judged{"if 채결강도 > 100:\n    매수 = False\nif 채결강도 > 200:\n    매수 = False\n"};
  EXPECT_EQ(judged.all(), "unknown-word@1:4");
  EXPECT_EQ(judged.first().message(Language::Korean), "모르는 이름입니다: 채결강도");
  EXPECT_EQ(judged.first().hint(Language::Korean), "이 이름입니까? 체결강도");
  EXPECT_EQ(hint("x = strenght > 1"), "did you mean strength?");
  EXPECT_EQ(hint("돌파선 = 1\ny = 돌파성 + 1"), "did you mean 돌파선?");
  EXPECT_EQ(in_value("print(1)"), "unknown-word@1:5");
}

TEST(Checker, ANameNeverAssignedBeforeItsReadIsAWarningAsTheTextOnlyStopsThere) {
  EXPECT_FALSE((Judged{"x = y + 1\ny = 2"}).reports.has_errors());
  EXPECT_EQ(found("x = y + 1\ny = 2"), "unassigned@1:5");
  // On one path it is assigned: on the other the text stops, which needs no warning.
  EXPECT_EQ(found("if 현재가 > 1:\n    y = 2\nx = y + 1"), "");
  // Branches exclude each other.
  EXPECT_EQ(found("if 현재가 > 1:\n    y = 2\nelse:\n    x = y\n"), "unassigned@4:9");
  EXPECT_EQ(found("if 현재가 > 1:\n    y = 2\nelif y > 1:\n    pass\n"), "unassigned@3:6");
  // The end of a loop's body is before its beginning.
  EXPECT_EQ(found("for i in range(3):\n    if i > 0:\n        x = y + i\n    y = 1\n"), "");
  EXPECT_EQ(found("y += 1"), "unassigned@1:1");
}

TEST(Checker, ALineWithAMistakeMakesNoUnknownNames) {
  EXPECT_EQ(found("y = 현재가 +\nx = y + 1"), "line-ends-early@1:10");
  EXPECT_EQ(found("if 현재가 = 1:\n    y = 1\nx = y + 1"), "assign-in-condition@1:8");
  EXPECT_EQ(found("for i in [1]:\n    x = i\n"), "not-range@1:1");
}

TEST(Checker, ALocalMayHaveAWordsNameAndThenBareReadsMeanIt) {
  Judged judged{"이동평균 = 이동평균(60)\nx = 이동평균 - 이동평균(20)\n매도 = x > 0", as(TextKind::Sell)};
  EXPECT_EQ(judged.all(), "shadowed-word@1:1");
  const Expr& difference = *judged.tree.body[1]->value;
  EXPECT_EQ(difference.operands[0]->meaning, Meaning::Local);
  EXPECT_FALSE(difference.operands[0]->word);
  EXPECT_EQ(difference.operands[1]->meaning, Meaning::Window);
  EXPECT_EQ(judged.checked.words.at("이동평균"), 2u);
  EXPECT_THAT(judged.checked.locals, ElementsAre("이동평균", "x", "매도"));
}

TEST(Checker, ALocalThatIsAssignedOnOnePathIsTheWordOnTheOther) {
  Judged judged{"if 고가 > 1:\n    현재가 = 2\n매도 = 현재가 > 1", as(TextKind::Sell)};
  EXPECT_EQ(judged.all(), "shadowed-word@2:5");
  EXPECT_EQ(judged.tree.body[0]->branches[0].body[0]->targets[0].word, find_word("현재가").word);
  const Expr& read = *judged.tree.body[1]->value->operands[0];
  EXPECT_EQ(read.meaning, Meaning::Local);
  EXPECT_EQ(read.word, find_word("현재가").word);
}

TEST(Checker, PositionWordsBelongToTheSellText) {
  EXPECT_EQ(Judged("if 수익률 > 3:\n    매수 = False", as(TextKind::Buy)).all(), "position-in-buy@1:4");
  EXPECT_EQ(found("x = 수익률 + 보유시간"), "unit-mismatch@1:9");
  EXPECT_EQ(found("x = 수익률"), "");
}

TEST(Checker, ATextDecidesItsOwnSignal) {
  EXPECT_EQ(Judged("매수 = False").checked.kind, TextKind::Buy);
  EXPECT_EQ(Judged("매도 = True").checked.kind, TextKind::Sell);
  EXPECT_EQ(Judged("x = 수익률").checked.kind, TextKind::Sell);
  EXPECT_EQ(Judged("현재가 > 1").checked.kind, TextKind::Condition);
  EXPECT_EQ(Judged("if 매도:\n    매수 = False", as(TextKind::Buy)).all(), "other-signal@1:4");
  EXPECT_EQ(Judged("매도 = True", as(TextKind::Buy)).all(), "other-signal-set@1:1 signal-not-set@1:1");
  EXPECT_EQ(Judged("x = 1", as(TextKind::Buy)).all(), "signal-not-set@1:1");
  EXPECT_EQ(Judged("if 매수 and 현재가 > 1:\n    매수 = False").all(), "");
}

// `buy` in a sell text is a name like another, and `sell` in a buy text.
TEST(Checker, TheKindOfATextIsThatOfTheSignalWhichIsNoNameOfItsOwn) {
  for (const char* sell :
       {"buy = 현재가N(-1)\n매도 = 현재가 > buy * 1.03", "매도 = False\nbuy = 매입가\nif 수익률 > 3:\n    매도 = True",
        "buy = price_at(-1)\nsell = price\nif sell:\n    self.Sell()", "매수 = 1\n매도 = 매수",
        "if 매도:\n    self.Sell()", "매도 = 현재가 >"})
    EXPECT_EQ(Judged(sell).checked.kind, TextKind::Sell) << sell;
  for (const char* buy : {"매수 = False\nsell = 매도호가1", "sell = ask_price_1\nbuy = price\nif buy:\n    self.Buy()",
                          "profit = 3\nsell = profit\n매수 = sell > 1", "매도 = 1\n매수 = 매도", "매수 = 수익률 > 3",
                          "if buy:\n    pass"})
    EXPECT_EQ(Judged(buy).checked.kind, TextKind::Buy) << buy;
  EXPECT_EQ(Judged("buy = 매입가\n매도 = 현재가 > buy").all(), "other-signal-set@1:1");
  EXPECT_EQ(Judged("BUY_LONG = 1\nSELL_LONG = True").checked.kind, TextKind::Sell);
}

TEST(Checker, FuturesTextsDecideTheirFourWords) {
  const Judged judged{"if RSI(14) > 70:\n    BUY_LONG = False\nelse:\n    SELL_SHORT = False\n"};
  EXPECT_EQ(judged.all(), "");
  EXPECT_TRUE(judged.checked.futures);
  EXPECT_EQ(judged.checked.kind, TextKind::Buy);
  EXPECT_EQ(Judged("SELL_LONG = True").checked.kind, TextKind::Sell);
  EXPECT_THAT(Judged("BUY_LONG = False\n매수 = False").all(), HasSubstr("mixed-signals@2:1"));
}

TEST(Checker, TheCallsThatEndOldTextsStandUnderTheirSignal) {
  EXPECT_EQ(Judged("매수 = 현재가 > 1\nif 매수:\n    self.Buy(아무거나)\n", as(TextKind::Buy)).all(), "");
  EXPECT_EQ(Judged("매도 = 현재가 > 1\nif 매도:\n    self.Sell(종목코드)\n", as(TextKind::Sell)).all(), "");
  EXPECT_EQ(Judged("BUY_LONG = 현재가 > 1\nif BUY_LONG:\n    self.Buy()\nelif SELL_SHORT:\n    self.Sell()").all(), "");
  EXPECT_EQ(found("if 현재가 > 1:\n    self.Sell()"), "misplaced-order@2:5");
  EXPECT_EQ(hint("if 현재가 > 1:\n    self.Sell()"), "write 매도 = True or sell = True");
  EXPECT_EQ(found("if 매도:\n    self.Buy()"), "misplaced-order@2:5");
}

TEST(Checker, HowWordsAreCalled) {
  EXPECT_EQ(in_value("이동평균"), "needs-arguments@1:5");
  EXPECT_EQ(hint("x = 이동평균"), "write 이동평균(30)");
  EXPECT_EQ(in_value("현재가N"), "needs-arguments@1:5");
  EXPECT_EQ(hint("x = price_at"), "write price_at(1)");
  EXPECT_EQ(in_value("현재가(1)"), "field-called@1:5");
  EXPECT_EQ(hint("x = 현재가(1)"), "its value on an earlier row is 현재가N(1)");
  EXPECT_EQ(in_value("수익률(1)"), "not-callable@1:5");
  EXPECT_EQ(in_value("현재가N()"), "argument-count@1:5");
  EXPECT_EQ(in_value("현재가N(1, 2)"), "argument-count@1:5");
  EXPECT_EQ(in_value("이동평균()"), "argument-count@1:5");
  EXPECT_EQ(in_value("이동평균(1, 2, 3)"), "argument-count@1:5");
  EXPECT_EQ(in_value("round(1, 2, 3)"), "argument-count@1:5");
  EXPECT_EQ(in_value("max(3)"), "argument-count@1:5");
  EXPECT_EQ(in_value("sum(1, 2)"), "argument-count@1:5");
  EXPECT_EQ(in_value("max([시가, 고가])"), "");
  EXPECT_EQ(in_value("RSI + RSI(7) + RSI() + RSI_N(1)"), "");
  EXPECT_EQ(in_value("RSI(7, 2)"), "argument-count@1:5");
  EXPECT_EQ(hint("x = MACD(1, 2, 3, 4)"), "write MACD(12, 26, 9)");
  EXPECT_EQ(in_value("AD(1)"), "argument-count@1:5");
  EXPECT_EQ(found("y = 1\nx = y(1)"), "not-callable@2:5");
}

TEST(Checker, WindowsTakeWholeNumbers) {
  EXPECT_EQ(in_value("이동평균(30.0) + 이동평균(60, -1) + 현재가N(-1) + 현재가N(0)"), "");
  EXPECT_EQ(in_value("이동평균(0)"), "window-not-whole@1:10");
  EXPECT_EQ(in_value("이동평균(2.5)"), "window-not-whole@1:10");
  EXPECT_EQ(in_value("이동평균(30, -2)"), "window-not-whole@1:14");
  EXPECT_EQ(in_value("현재가N(-2)"), "window-not-whole@1:10");
  EXPECT_EQ(in_value("이동평균(데이터길이 - 1)"), "");                  // known only on the row
  EXPECT_FALSE(Judged("매도 = 이동평균(0) > 1").reports.has_errors());  // by definition it stops the text there
}

TEST(Checker, TimeFramesPerCall) {
  EXPECT_EQ(in_value("이동평균(20, '5m') + RSI(7, '30s') + 이동평균(20, 1, '1h')"), "");
  EXPECT_EQ(in_value("이동평균(20, '5분')"), "bad-frame@1:14");
  EXPECT_EQ(in_value("이동평균(20, '0m')"), "bad-frame@1:14");
  EXPECT_EQ(in_value("이동평균(20, 종목명)"), "bad-frame@1:14");
  EXPECT_EQ(in_value("이동평균('5m')"), "argument-count@1:5");
}

TEST(Checker, ParametersOfIndicatorsAreConstantAndInRange) {
  EXPECT_EQ(in_value("RSI(0)"), "parameter-range@1:9");
  EXPECT_EQ(Judged("매도 = RSI(0) > 1").first().message(Language::English), "RSI timeperiod = 0 is out of range");
  EXPECT_EQ(Judged("매도 = RSI(0) > 1").first().hint(Language::English), "between 2 and 100000");
  EXPECT_EQ(in_value("RSI(7.5)"), "parameter-range@1:9");
  EXPECT_EQ(in_value("BBU(20, 2.5)"), "");
  EXPECT_EQ(in_value("RSI(7 * 2)"), "");
  EXPECT_EQ(in_value("RSI(현재가)"), "parameter-not-constant@1:9");
  Settings given;
  given.variables[1] = {0, {}};
  CheckOptions options = as(TextKind::Sell);
  options.given = &given;
  EXPECT_EQ(found("x = RSI(self.vars[1])", options), "parameter-range@1:9");
  EXPECT_EQ(found("x = RSI(self.vars[1])"), "");  // whose value is not known yet
}

TEST(Checker, SettingsOfIndicators) {
  const Judged judged{
      "self.indicator['RSI_timeperiod'] = 7\nself.indicator['STOCH_slowk_period'] = 4\n매도 = RSI > 70"};
  EXPECT_EQ(judged.all(), "");
  EXPECT_THAT(judged.checked.settings.indicators,
              ElementsAre(Pair("RSI_timeperiod", 7), Pair("STOCHS_slowk_period", 4)));
  EXPECT_EQ(found("self.indicator['RSI_timeperoid'] = 7"), "unknown-setting@1:1");
  EXPECT_EQ(hint("self.indicator['RSI_timeperoid'] = 7"), "did you mean RSI_timeperiod?");
  EXPECT_EQ(hint("self.indicator['RSY_timeperiod'] = 7"), "did you mean RSI_timeperiod?");
  EXPECT_EQ(hint("self.indicator['BBU_nbdev'] = 3"), "did you mean BBANDS_nbdevup?");  // of the same indicator
  EXPECT_EQ(hint("self.indicator['RSI'] = 7"), "did you mean RSI_timeperiod?");
  EXPECT_EQ(hint("self.indicator['STOCH_signal'] = 3"), "did you mean STOCHS_fastk_period?");
  EXPECT_EQ(found("self.indicator['RSI_timeperiod'] = 1"), "parameter-range@1:36");
  EXPECT_EQ(found("self.indicator['RSI_timeperiod'] = 현재가"), "variable-not-constant@1:36");
}

TEST(Checker, VariablesHaveAValueOrARangeWithOne) {
  const Judged judged{
      "self.vars[1] = 25\nself.vars[2] = -1.5 * 2\nself.vars[3] = [[10, 90, 5], 30]\n"
      "self.vars[4] = [[1, 2, 4, 8], 2]\n매도 = 체결강도 > self.vars[1] + self.vars[3]"};
  EXPECT_EQ(judged.all(), "");
  const auto& variables = judged.checked.settings.variables;
  EXPECT_EQ(variables.at(1).value, 25);
  EXPECT_EQ(variables.at(2).value, -3);
  EXPECT_EQ(variables.at(3).value, 30);
  EXPECT_THAT(variables.at(3).range, ElementsAre(10, 90, 5));
  EXPECT_EQ(variables.at(4).value, 2);
  EXPECT_THAT(variables.at(4).range, ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(judged.checked.variables_read, ElementsAre(1, 3));
  for (const char* wrong : {"[1, 2]", "[[1, 2]]", "[[1, 2], 3, 4]", "[[], 1]", "[[1, 현재가], 3]", "[[1, 2], 현재가]"})
    EXPECT_EQ(found("self.vars[1] = " + std::string{wrong}), "bad-range@1:16") << wrong;
  EXPECT_EQ(found("self.vars[1] = 현재가"), "variable-not-constant@1:16");
  EXPECT_EQ(found("if 현재가 > 1:\n    self.vars[1] = 2"), "variable-in-block@2:5");
}

TEST(Checker, AConstantIsWorkedOutAsOnARow) {
  const Judged judged{
      "self.vars[1] = 7 // 2 + 2 ** 3 % 5\nself.vars[2] = [[-7 // 2, -7 % 3, 1], 2 ** 0.5]\n매도 = self.vars[1] > 1"};
  EXPECT_EQ(judged.all(), "");
  EXPECT_EQ(judged.checked.settings.variables.at(1).value, 6);
  EXPECT_EQ(judged.checked.settings.variables.at(2).value, 1.4142135623730951);
  EXPECT_THAT(judged.checked.settings.variables.at(2).range, ElementsAre(-4, 2, 1));
  EXPECT_EQ(found("self.vars[1] = 1 // 0"), "variable-not-constant@1:18");
  EXPECT_EQ(found("self.vars[1] = 1e308 * 10 - 1e308 * 10"), "variable-not-constant@1:27");
  EXPECT_EQ(in_value("RSI(2 ** 0)"), "parameter-range@1:11");
  EXPECT_EQ(in_value("이동평균(7 % 7)"), "window-not-whole@1:12");
  EXPECT_EQ(found("for i in range(2 ** 0.5):\n    pass\n"), "loop-bound@1:18");
}

TEST(Checker, AVariableWithoutAValueIsAnErrorOnceAllValuesAreKnown) {
  Settings given;
  given.variables[2] = {5, {}};
  CheckOptions options = as(TextKind::Sell);
  options.given = &given;
  const std::string_view text = "x = self.vars[0] + self.vars[1] + self.vars[2] + self.vars[3]\nself.vars[3] = 1";
  EXPECT_EQ(found(text, options), "variable-without-value@1:20");
  EXPECT_EQ(found(text), "");
}

TEST(Checker, AFileOfVariablesHoldsNothingElse) {
  EXPECT_EQ(Judged("# best\nself.vars[1] = 2\nself.indicator['RSI_timeperiod'] = 7", as(TextKind::Variables)).all(),
            "");
  EXPECT_EQ(Judged("self.vars[1] = 2\nx = 3", as(TextKind::Variables)).all(), "only-variables@2:1");
}

TEST(Checker, NamedConditionsAreOneExpressionOverTheRow) {
  EXPECT_EQ(Judged("현재가 > 이동평균(60)", as(TextKind::Condition)).all(), "");
  EXPECT_EQ(Judged("x = 1", as(TextKind::Condition)).all(), "one-expression@1:1");
  EXPECT_EQ(Judged("현재가 > 1\n현재가 > 2", as(TextKind::Condition)).all(), "one-expression@2:1");
  EXPECT_EQ(Judged("수익률 > 1", as(TextKind::Condition)).all(), "position-in-buy@1:1");
  EXPECT_EQ(Judged("경과틱수('a') > 1", as(TextKind::Condition)).all(), "nested-condition@1:1");
}

TEST(Checker, RowsSinceNamesAConditionThatExists) {
  CheckOptions options = as(TextKind::Sell);
  EXPECT_EQ(found("x = 경과틱수('돌파')", options), "");  // which exist is not known
  options.conditions = {"돌파", "급등"};
  EXPECT_EQ(found("x = 경과틱수('돌파')", options), "");
  EXPECT_EQ(found("x = 경과틱수('돌판')", options), "unknown-condition@1:10");
  EXPECT_EQ(found("x = 경과틱수(돌파)", options), "unknown-word@1:10");
  EXPECT_EQ(found("x = 경과틱수(3)", options), "condition-name@1:5");
}

TEST(Checker, UnitsThatDifferAreAWarning) {
  const Judged judged{"매도 = 현재가 > 등락율", as(TextKind::Sell)};
  EXPECT_EQ(judged.all(), "unit-mismatch@1:10");
  EXPECT_FALSE(judged.reports.has_errors());
  EXPECT_EQ(judged.first().message(Language::Korean), "단위가 다릅니다: 가격, %");
  EXPECT_EQ(judged.first().message(Language::English), "units differ: price and %");
  EXPECT_EQ(in_value("현재가 + 체결강도"), "unit-mismatch@1:9");
  EXPECT_EQ(in_value("1 < 현재가 < 등락율"), "unit-mismatch@1:7");
  EXPECT_EQ(in_value("max(현재가, 초당매수수량)"), "unit-mismatch@1:5");
  EXPECT_EQ(in_value("이동평균(60) > 등락율각도(30)"), "unit-mismatch@1:14");
  EXPECT_EQ(in_value("0 <= 시분초 - VI해제시간 % 1000000 < 300"), "");  // a part of a stamp is none
  EXPECT_EQ(in_value("시분초 // 100 == 900 + 5"), "");
  EXPECT_EQ(found("선 = 고가 * 0.98\nx = 선 > 등락율"), "unit-mismatch@2:7");
  // Ratios and products count nothing of their own, and plain numbers fit everything.
  EXPECT_EQ(in_value("(고가 - 저가) / 저가 * 100 > 등락율"), "");
  EXPECT_EQ(in_value("현재가 * 매수잔량1 > 초당거래대금"), "");
  EXPECT_EQ(in_value("현재가 > self.vars[1] and 현재가 * 1.01 < 고가 and abs(현재가 - 시가) > 호가단위 * 3"), "");
}

TEST(Checker, ValuesThatDoNotGoTogetherAreAWarning) {
  for (const char* wrong : {"종목명 > 3", "종목명 - 1", "1 in 3", "None < 1", "abs('a')", "현재가 in 종목명"})
    EXPECT_THAT(in_value(wrong), testing::StartsWith("type-clash@")) << wrong;
  EXPECT_FALSE(Judged("매도 = 종목명 > 3").reports.has_errors());  // Python finds it out on the row
  for (const char* right : {"종목명 == 3", "'삼성' in 종목명", "종목코드 in ['005930']", "포지션 == 'LONG'",
                            "포지션 is None", "True + 1", "int('3')", "len('abc')", "not 종목명", "종목명 > 'a'"})
    EXPECT_EQ(in_value(right), "") << right;
  EXPECT_EQ(in_value("'a' + 'b'"), "text-arithmetic@1:9");
}

TEST(Checker, ListsStandOnlyWhereTheyAreRead) {
  EXPECT_EQ(in_value("[1, 2]"), "list-place@1:5");
  EXPECT_EQ(in_value("[1, 2] == 3"), "list-place@1:5");
  EXPECT_EQ(in_value("abs([1])"), "list-place@1:9");
  EXPECT_EQ(in_value("현재가 in [[1], 2]"), "list-place@1:13");
  EXPECT_EQ(in_value("sum((1, 2)) + len([]) + min(1, 2) + sum([1], 2)"), "");
  EXPECT_EQ(in_value("sum([1], 2, 3)"), "argument-count@1:5");
  EXPECT_EQ(in_value("sum([1], [2])"), "list-place@1:14");
}

TEST(Checker, LoopsAreBoundedBeforeTheyRun) {
  EXPECT_EQ(found("for i in range(100):\n    for j in range(99):\n        x = i\n"), "");  // 100 + 9,900
  EXPECT_EQ(found("for i in range(100):\n    for j in range(100):\n        x = i\n"), "loop-steps@1:1");
  EXPECT_EQ(found("if 현재가 > 1:\n    for i in range(10001):\n        pass\n"), "loop-steps@2:5");
  EXPECT_EQ(found("for i in range(데이터길이):\n    pass\n"), "loop-bound@1:16");
  EXPECT_EQ(found("for i in range(2.5):\n    pass\n"), "loop-bound@1:16");
  EXPECT_EQ(found("for i in range(0):\n    pass\n"), "");
  EXPECT_EQ(found("for i in range(-3):\n    pass\n"), "");  // not once, as in Python
}

TEST(Checker, WordsThatTheRowsLackAreAWarning) {
  CheckOptions options = as(TextKind::Sell);
  options.mode = Mode::Second;
  options.market = Market::Coin;
  EXPECT_EQ(found("x = 분봉고가 + 분봉고가N(1)", options), "wrong-mode@1:5");
  EXPECT_EQ(found("x = 시가총액", options), "wrong-market@1:5");
  EXPECT_EQ(found("x = 초당매수수량", options), "");
}

TEST(Checker, ALineWithoutEffectIsAWarning) {
  EXPECT_EQ(found("현재가 > 1"), "no-effect@1:1");
  EXPECT_EQ(found("'''\n설명\n'''"), "");
}

TEST(Checker, ManyBranchesAndNamesTakeNoLonger) {
  std::string text = "if 현재가 > 0:\n    a = 1\n";
  for (int i = 0; i < 5000; ++i)
    text += "elif 현재가 > " + std::to_string(i) + ":\n    n" + std::to_string(i) + " = 1\n";
  EXPECT_EQ(found(text), "");  // a copy of the state for each branch would be 25 million names
}

TEST(Checker, AHostileTextIsRefusedAsFastAsAnother) {
  std::string names, unknown;
  for (int i = 0; i < 20'000; ++i) names += "이름" + std::to_string(i) + "=1\n";
  for (int i = 0; i < 20'000; ++i) unknown += "x=미름" + std::to_string(i) + '\n';
  const Judged many{names + unknown};
  EXPECT_EQ(many.reports.all().size(), Reports::kMost);
  const std::string longest(400'000, 'a');
  EXPECT_EQ(in_value(longest + " + " + longest + "b"), "unknown-word@1:5");
}

TEST(Checker, ANamedConditionIsNotEmpty) {
  EXPECT_EQ((Judged{"# nothing", as(TextKind::Condition)}.all()), "one-expression@1:1");
}

}  // namespace
}  // namespace stom::conditions
