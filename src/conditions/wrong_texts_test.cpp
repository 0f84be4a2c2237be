// For every mistake that the language knows, a text that makes it: what its author meant to write is plain, and the
// report has to say so. A mistake that no text here makes is one that nobody will ever be told of.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conditions/checker.hpp"
#include "conditions/lexer.hpp"
#include "conditions/parser.hpp"
#include "core/utf8.hpp"

namespace stom::conditions {
namespace {

constexpr auto kBuy = TextKind::Buy;
constexpr auto kSell = TextKind::Sell;

struct Wrong {
  Mistake mistake;
  std::string text;
  std::uint32_t line, column;  // of the report
  TextKind kind = kBuy;
};

std::string nested_blocks() {
  std::string text;
  for (std::size_t i = 0; i <= kMostBlocks; ++i) text += std::string(i, ' ') + "if 매수:\n";
  return text + std::string(kMostBlocks + 1, ' ') + "매수 = False\n";
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

const std::vector<Wrong>& wrong_texts() {
  static const std::vector<Wrong> all = {
      {Mistake::NotUtf8, "if 현재가 > 1000:  # \xc0\xfa\n    매수 = False\n", 1, 19},  // the comment is in EUC-KR
      {Mistake::TooLong, std::string(kMostBytes + 1, '\n'), 1, 1},
      {Mistake::TooManyTokens, "매수 = 0" + repeated("+1", kMostTokens), 1, kMostTokens + 4},
      {Mistake::BadCharacter, "매수 = 현재가 > $1000", 1, 12},
      {Mistake::FullWidth, "매수 = 현재가 > 이동평균(60，1)", 1, 19},
      {Mistake::FullWidth, "if 현재가 > 1000：\n    매수 = False\n", 1, 14},
      {Mistake::ForeignOperator, "if 현재가 > 1000 && 등락율 < 5:\n    매수 = False\n", 1, 15},
      {Mistake::ForeignOperator, "if 현재가 => 1000:\n    매수 = False\n", 1, 8},
      {Mistake::BadNumber, "매수 = 등락율 > 3퍼센트", 1, 12},
      {Mistake::Expected, "매수 = 등락율 > 1.2.3", 1, 15},
      {Mistake::LeadingZero, "매수 = 시분초 > 090500", 1, 12},
      {Mistake::UnfinishedText, "매수 = 종목명 != '삼성전자", 1, 13},
      {Mistake::BadEscape, "매수 = 종목명 != '\\uc0bc'", 1, 14},
      {Mistake::TextPrefix, "매수 = 종목명 != f'삼성'", 1, 13},
      {Mistake::UnclosedBracket, "if (현재가 > 1000:\n    매수 = False\n", 1, 4},
      {Mistake::UnmatchedBracket, "매수 = 현재가 > 이동평균(60))", 1, 20},
      {Mistake::MixedIndent, "if 현재가 > 1000:\n\t매수 = False\n        매수 = True\n", 3, 9},
      {Mistake::NoSuchIndent, "if 현재가 > 1000:\n    매수 = False\n  매수 = True\n", 3, 3},
      {Mistake::TooManyBlocks, nested_blocks(), kMostBlocks + 2, kMostBlocks + 2},
      {Mistake::Expected, "매수 = 현재가 1000", 1, 10},
      {Mistake::MissingElse, "매수 = 1 if 현재가 > 1000", 1, 21},
      {Mistake::ExpectedValue, "매수 = 10 < 현재가 or > 20", 1, 18},
      {Mistake::LineEndsEarly, "매수 = 현재가 >", 1, 11},
      {Mistake::LineEndsEarly, "if 현재가 > 1000 and\n    매수 = False\n", 1, 18},
      {Mistake::MissingColon, "if 현재가 > 1000\n    매수 = False\n", 1, 14},
      {Mistake::AssignInCondition, "if 관심종목 = 1:\n    매수 = False\n", 1, 9},
      {Mistake::ExpectedBlock, "if 현재가 > 1000:\n매수 = False\n", 1, 1},
      {Mistake::UnexpectedIndent, "매수 = False\n    매수 = True\n", 2, 5},
      {Mistake::StrayBranch, "매수 = False\nelif 현재가 > 1000:\n    매수 = True\n", 2, 1},
      {Mistake::ElseIf, "if 현재가 > 1000:\n    매수 = False\nelse if 현재가 < 10:\n    매수 = False\n", 3, 1},
      {Mistake::ForeignKeyword, "while 매수:\n    매수 = False\n", 1, 1},
      {Mistake::ForeignKeyword, "import talib\n매수 = False\n", 1, 1},
      {Mistake::BadTarget, "이동평균(60) = 현재가\n매수 = False", 1, 1},
      {Mistake::BadTarget, "60 = 현재가\n매수 = False", 1, 1},
      {Mistake::SeveralTargets, "기준 = 1, 2\n매수 = False", 1, 7},
      {Mistake::Subscript, "매수 = 현재가[1] < 현재가", 1, 9},
      {Mistake::Slice, "매수 = self.vars[1:3] > 0", 1, 17},
      {Mistake::NamedArgument, "매수 = round(등락율, ndigits=1) > 3", 1, 17},
      {Mistake::BadCall, "매수 = 2(현재가 - 시가) > 0", 1, 7},
      {Mistake::Attribute, "매수 = self.현재가 > 0", 1, 11},
      {Mistake::IsNotNone, "매수 = 관심종목 is 1", 1, 11},
      {Mistake::NotRange, "for k in [1, 2, 3]:\n    매수 = False\n", 1, 1},
      {Mistake::VariableIndex, "매수 = self.vars[현재가] > 0", 1, 16},
      {Mistake::SettingKey, "self.indicator[RSI_timeperiod] = 7\n매수 = False", 1, 16},
      {Mistake::TooDeep, "매수 = " + repeated("(", 201) + "1" + repeated(")", 201), 1, 206},
      {Mistake::OutsideLoop, "if 현재가 > 1000:\n    break\n매수 = False", 2, 5},
      {Mistake::UnknownWord, "매수 = 완전히다른말 > 0", 1, 6},
      {Mistake::UnknownWordNear, "매수 = 채결강도 > 100", 1, 6},
      {Mistake::UnknownWordNear, "buy = stregnth > 100", 1, 7},
      {Mistake::UnknownWordNear, "매수 = true", 1, 6},
      {Mistake::UnassignedHere, "매수 = 기준 > 0\n기준 = 1", 1, 6},
      {Mistake::PositionInBuy, "매수 = 수익률 > 3", 1, 6},
      {Mistake::OtherSignal, "매수 = not 매도", 1, 10},
      {Mistake::MixedSignals, "매수 = False\nBUY_LONG = False", 2, 1},
      {Mistake::MisplacedOrder, "if 수익률 > 3:\n    self.Sell()\n매도 = False", 2, 5, kSell},
      {Mistake::NeedsArguments, "매수 = 현재가 > 이동평균", 1, 12},
      {Mistake::NeedsArguments, "매수 = 현재가 > 현재가N", 1, 12},
      {Mistake::FieldCalled, "매수 = 현재가 > 현재가(1)", 1, 12},
      {Mistake::NotCallable, "매도 = 수익률(1) > 3", 1, 6, kSell},
      {Mistake::ArgumentCount, "매수 = 현재가 > 이동평균()", 1, 12},
      {Mistake::BadFrame, "매수 = 현재가 > 이동평균(20, '5분')", 1, 21},
      {Mistake::ParameterRange, "매수 = RSI(0) > 30", 1, 10},
      {Mistake::ParameterNotConstant, "매수 = RSI(현재가) > 30", 1, 10},
      {Mistake::UnknownSetting, "self.indicator['RSI_period'] = 7\n매수 = RSI > 30", 1, 1},
      {Mistake::ConditionName, "매수 = 경과틱수(30) > 3", 1, 6},
      {Mistake::UnknownCondition, "매수 = 경과틱수('돌파') > 3", 1, 11},
      {Mistake::NestedCondition, "경과틱수('급등') > 3", 1, 1, TextKind::Condition},
      {Mistake::VariableWithoutValue, "매수 = 등락율 > self.vars[7]", 1, 12},
      {Mistake::VariableNotConstant, "self.vars[1] = 현재가\n매수 = False", 1, 16},
      {Mistake::VariableInBlock, "if 현재가 > 1000:\n    self.vars[1] = 2\n매수 = False", 2, 5},
      {Mistake::BadRange, "self.vars[1] = [1, 10, 1]\n매수 = False", 1, 16},
      {Mistake::LoopBound, "for k in range(데이터길이):\n    매수 = False\n", 1, 16},
      {Mistake::LoopSteps, "for k in range(20000):\n    매수 = False\n", 1, 1},
      {Mistake::ListPlace, "매수 = 현재가 > [1, 2]", 1, 12},
      {Mistake::TextArithmetic, "매수 = 종목명 + '우' == '삼성전자우'", 1, 10},
      {Mistake::OneExpression, "조건 = 현재가 > 1000", 1, 1, TextKind::Condition},
      {Mistake::OnlyVariables, "변수1 = 25", 1, 1, TextKind::Variables},
      {Mistake::WindowNotWhole, "매수 = 현재가 > 이동평균(0)", 1, 17},
      {Mistake::ShadowedWord, "이동평균 = 이동평균(60)\n매수 = 현재가 > 이동평균", 1, 1},
      {Mistake::UnitMismatch, "매수 = 현재가 > 등락율", 1, 10},
      {Mistake::TypeClash, "매수 = 종목명 > 3", 1, 10},
      {Mistake::WrongMode, "매수 = 현재가 > 분봉시가", 1, 12},
      {Mistake::WrongMarket, "매수 = 시가총액 < 3000", 1, 6},
      {Mistake::NoEffect, "매수 == False\n매수 = False", 1, 1},
      {Mistake::SignalNotSet, "조건 = 현재가 > 1000", 1, 1},
      // What users write who think of another language, of speech, or of a spreadsheet.
      {Mistake::PerCentSign, "if 수익률 >= 3%:\n    매도 = True\n", 1, 12, kSell},
      {Mistake::PerCentSign, "매도 = 수익률 >= 3 % and 보유시간 > 60", 1, 15, kSell},
      {Mistake::Thousands, "if 현재가 > 1,000,000:\n    매수 = False\n", 1, 10},
      {Mistake::Thousands, "기준 = 1,000\n매수 = 현재가 > 기준", 1, 6},
      {Mistake::ClockColon, "if 시분초 < 9:30:\n    매수 = False\n", 1, 10},
      {Mistake::ClockColon, "매수 = 시분초 > 09:30:05", 1, 12},
      {Mistake::BadNumber, "매수 = 시가총액 > 10억", 1, 13},
      {Mistake::FrameQuotes, "매수 = 현재가 > 이동평균(20, 5m)", 1, 21},
      {Mistake::ForeignWord, "if 현재가 > 1000 then\n    매수 = False\n", 1, 15},
      {Mistake::ForeignWord, "if 현재가 > 1000 AND 등락율 > 3:\n    매수 = False\n", 1, 15},
      {Mistake::ForeignWord, "매수 = 현재가 > 1000 또는 등락율 > 3", 1, 17},
      {Mistake::ForeignWord, "if 체결강도 120 이상:\n    매수 = False\n", 1, 13},
      {Mistake::ForeignWord, "If 현재가 > 1000:\n    매수 = False\n", 1, 1},
      {Mistake::ForeignWord, "if 현재가 > 1000:\n    매수 = False\nElse:\n    매수 = True\n", 3, 1},
      {Mistake::ForeignWord, "if 현재가 > 1000:\n    매수 = False\nelseif 현재가 < 10:\n    매수 = False\n", 3, 1},
      {Mistake::ForeignOperator, "횟수 = 0\n횟수++\n매수 = 횟수 > 0", 2, 3},
      {Mistake::ForeignOperator, "if 현재가 &gt; 1000:\n    매수 = False\n", 1, 8},
      {Mistake::ForeignOperator, "if 현재가 <> 1000:\n    매수 = False\n", 1, 8},
      {Mistake::ForeignComment, "// 거래 조건\n매수 = False", 1, 1},
      {Mistake::ForeignComment, "/* 거래 조건 */\n매수 = False", 1, 1},
      {Mistake::FullWidth, "매수 = 종목명 != ‘삼성전자’", 1, 13},
      {Mistake::FullWidth, "매수 = 현재가 ≥ 1000", 1, 10},
      {Mistake::FullWidth, "매수 = 등락율 < −0.5", 1, 12},
      {Mistake::BadCharacter, "```python\n매수 = False\n```", 1, 1},
      {Mistake::UnknownWordNear, "매수 = FALSE", 1, 6},
      {Mistake::UnknownWordNear, "if 현재가 > 1000:\n    매수 = 거짓\n", 2, 10},
      {Mistake::UnknownWordNear, "매수 = 현재가 > 이동평균60", 1, 12},
      {Mistake::UnknownWordNear, "매수 = 매수호가 > 0", 1, 6},
      {Mistake::UnknownWord, "매수 = 종목명 != 삼성전자", 1, 13},
      {Mistake::Attribute, "매수 = 현재가 > self.Vars[1]", 1, 17},
      {Mistake::Attribute, "매수 = 현재가 > vars[1]", 1, 12},
      {Mistake::VariableIndex, "매수 = 현재가 > self.vars(1)", 1, 17},
      {Mistake::VariableIndex, "매수 = 현재가 > self.vars[1.5]", 1, 22},
      {Mistake::Method, "매수 = math.sqrt(현재가) > 3", 1, 10},
      {Mistake::Method, "매수 = 현재가.mean() > 3", 1, 9},
      {Mistake::MisplacedOrder, "if 매수: self.Buy\n매수 = False", 1, 8},
      {Mistake::OtherSignalSet, "매도 = True\n매수 = False", 1, 1},
      {Mistake::OtherSignalSet, "매수 = False\n매도 = True", 1, 1, kSell},
      {Mistake::ForeignKeyword, "def 조건():\n    매수 = False\n", 1, 1},
      {Mistake::ForeignKeyword, "매수 = lambda: 1", 1, 6},
      {Mistake::WindowNotWhole, "매수 = 현재가 > 현재가N(-2)", 1, 17},
      {Mistake::WindowNotWhole, "매수 = 현재가 > 현재가N(1.5)", 1, 17},
      {Mistake::ArgumentCount, "매수 = RSI(14, 5) > 30", 1, 6},
      {Mistake::UnclosedBracket, "if 현재가 > 이동평균(60:\n    매수 = False\n", 1, 14},
      {Mistake::Expected, "if 현재가 > 이동평균 60:\n    매수 = False\n", 1, 15},
      {Mistake::BadRange, "self.vars[1] = [[10, 1, 1, 1, 1]]\n매수 = False", 1, 16},
      {Mistake::StrayBranch, "if 현재가 > 1:\n    매수 = False\nelse:\n    pass\nelif 현재가 > 3:\n    매수 = False\n",
       5, 1},
  };
  return all;
}

/// What is reported first: second rows of a coin, one named condition, and all variables known.
std::optional<Report> first_report(const Wrong& wrong, bool* has_errors = nullptr) {
  const Settings settings;
  CheckOptions options;
  options.kind = wrong.kind;
  options.mode = Mode::Second;
  options.market = Market::Coin;
  options.conditions = {"급등"};
  options.given = &settings;
  Reports reports;
  Tree tree = parse(wrong.text, reports);
  (void)check(tree, options, reports);
  if (has_errors) *has_errors = reports.has_errors();
  return reports.all().empty() ? std::nullopt : std::optional{reports.all().front()};
}

TEST(WrongTexts, EachIsToldWhereAndWhat) {
  for (const Wrong& wrong : wrong_texts()) {
    const std::string shown = wrong.text.substr(0, 120);
    bool has_errors = false;
    const auto report = first_report(wrong, &has_errors);
    ASSERT_TRUE(report) << shown;
    EXPECT_EQ(report->code(), text_of(wrong.mistake).code) << shown;
    EXPECT_EQ(report->mistake, wrong.mistake) << shown;
    EXPECT_EQ(report->place.line, wrong.line) << shown;
    EXPECT_EQ(report->place.column, wrong.column) << shown;
    EXPECT_EQ(has_errors, text_of(wrong.mistake).severity == Severity::Error) << shown;
    for (const Language language : {Language::Korean, Language::English}) {
      const std::string lines = render(*report, wrong.text, "buy.txt", language);
      EXPECT_TRUE(is_utf8(lines)) << shown;
      EXPECT_NE(lines.find('^'), std::string::npos) << shown;
      EXPECT_EQ(lines.find("{0}"), std::string::npos) << lines;
    }
  }
}

/// What users see of each, in both languages, as it stands in wrong_texts.txt.
std::string shown() {
  std::string all;
  for (const Wrong& wrong : wrong_texts()) {
    const auto report = first_report(wrong);
    if (!report || wrong.text.size() > 200 || !is_utf8(wrong.text)) continue;
    all +=
        "=== " + std::string{report->code()} + "\n" + wrong.text + (wrong.text.ends_with('\n') ? "" : "\n") + "---\n";
    for (const Language language : {Language::English, Language::Korean})
      all += render(*report, wrong.text, "buy.txt", language);
    all += '\n';
  }
  return all;
}

// A message that changes is read here before it is told to anybody. STOM_WRITE_EXPECTED=1 writes the file anew.
TEST(WrongTexts, EveryMessageIsTheOneThatWasRead) {
  const std::string path = STOM_SOURCE_DIR "/src/conditions/wrong_texts.txt";
  if (std::getenv("STOM_WRITE_EXPECTED")) std::ofstream{path} << shown();
  std::ifstream file{path};
  const std::string expected{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_EQ(shown(), expected);
}

TEST(WrongTexts, NoMistakeIsWithoutAText) {
  std::set<Mistake> made;
  for (const Wrong& wrong : wrong_texts()) made.insert(wrong.mistake);
  for (std::size_t i = 0; i < kMistakes; ++i)
    EXPECT_TRUE(made.contains(static_cast<Mistake>(i))) << text_of(static_cast<Mistake>(i)).code;
}

}  // namespace
}  // namespace stom::conditions
