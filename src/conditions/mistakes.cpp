#include "conditions/mistakes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "conditions/hangul.hpp"
#include "core/assert.hpp"

namespace stom::conditions {
namespace {

constexpr auto kError = Severity::Error;
constexpr auto kWarning = Severity::Warning;

// clang-format off
// Korean avoids particles after {0}, whose last letter it does not know.
constexpr MistakeText kTexts[] = {
    {Mistake::NotUtf8, kError, "not-utf8", "UTF-8이 아닌 글자가 있습니다", "this is not UTF-8", "파일을 UTF-8로 저장하십시오", "save the file as UTF-8"},
    {Mistake::TooLong, kError, "too-long", "조건식이 너무 깁니다: 최대 {0}바이트", "the text is too long: at most {0} bytes", "조건식을 나누십시오", "split the text"},
    {Mistake::TooManyTokens, kError, "too-many-tokens", "조건식이 너무 깁니다: 이름, 숫자, 기호 합쳐 최대 {0}개", "the text is too long: at most {0} names, numbers and signs", "조건식을 나누십시오", "split the text"},
    {Mistake::BadCharacter, kError, "bad-character", "쓸 수 없는 글자입니다: {0}", "this character has no meaning here: {0}", "지우십시오", "remove it"},
    {Mistake::FullWidth, kError, "full-width", "전각이거나 모양이 다른 기호입니다: {0}", "a full-width or typographic sign: {0}", "이렇게 쓰십시오: {1}", "write {1}"},
    {Mistake::ForeignOperator, kError, "foreign-operator", "이 언어에 없는 연산자입니다: {0}", "there is no operator {0}", "이렇게 쓰십시오: {1}", "write {1}"},
    {Mistake::BadNumber, kError, "bad-number", "숫자를 읽을 수 없습니다: {0}", "this is no number: {0}", "단위(억, 만, %) 없이 숫자만 쓰고, 이름과 띄어 쓰십시오: 1000, 0.5, 1e6", "write the number alone, without a unit and apart from names: 1000, 0.5, 1e6"},
    {Mistake::LeadingZero, kError, "leading-zero", "0으로 시작하는 숫자입니다: {0}", "a number cannot begin with 0: {0}", "앞의 0을 빼십시오: {1}", "without the zeros: {1}"},
    {Mistake::ClockColon, kError, "clock-colon", "시각에는 쌍점을 쓰지 않습니다: {0}", "a time has no colons here: {0}", "HHMMSS로 쓰십시오: {1}", "write it as HHMMSS: {1}"},
    {Mistake::FrameQuotes, kError, "frame-quotes", "숫자 뒤에 글자가 붙었습니다: {0}", "letters behind a number: {0}", "봉의 길이면 따옴표 안에: '{0}'. 수이면 단위 없이: {1}", "'{0}' in quotes for the length of a bar; {1} without a unit for a number"},
    {Mistake::UnfinishedText, kError, "unfinished-text", "닫는 따옴표가 없습니다", "the closing quote is missing", "닫으십시오: {0}", "close it with {0}"},
    {Mistake::BadEscape, kError, "bad-escape", "지원하지 않는 역슬래시 표기입니다: {0}", "this escape is not offered: {0}", "글자를 그대로 쓰거나 \\\\ \\' \\\" \\n \\t 중 하나를 쓰십시오", "write the character itself, or one of \\\\ \\' \\\" \\n \\t"},
    {Mistake::TextPrefix, kError, "text-prefix", "따옴표 앞에 글자를 붙일 수 없습니다: {0}", "a text has no prefix here: {0}", "따옴표만 쓰십시오: 'name'", "write the quotes alone: 'name'"},
    {Mistake::UnclosedBracket, kError, "unclosed-bracket", "괄호가 닫히지 않았습니다: {0}", "this bracket is never closed: {0}", "닫으십시오: {1}", "close it with {1}"},
    {Mistake::UnmatchedBracket, kError, "unmatched-bracket", "여는 괄호가 없습니다: {0}", "nothing was opened that this closes: {0}", "지우거나 여는 괄호를 쓰십시오", "remove it, or write what it closes"},
    {Mistake::MixedIndent, kError, "mixed-indent", "들여쓰기에 탭과 공백이 앞줄과 다르게 섞여 있습니다", "tabs and spaces are mixed otherwise than on the lines before", "한 조건식에서는 탭이나 공백 하나만 쓰십시오", "indent with tabs alone or with spaces alone"},
    {Mistake::NoSuchIndent, kError, "no-such-indent", "들여쓰기가 위의 어느 줄과도 맞지 않습니다", "this indentation is that of no line above", "속한 블록의 줄과 같은 칸에서 시작하십시오", "begin where the lines of its block begin"},
    {Mistake::TooManyBlocks, kError, "too-many-blocks", "블록이 너무 깊습니다: 최대 {0}단", "blocks are nested too deeply: at most {0}", "조건을 and로 합치십시오", "join conditions by and"},

    {Mistake::Expected, kError, "expected", "여기에 있어야 합니다: {0} (있는 것: {1})", "expected {0}, found {1}", "그 앞에 연산자나 괄호, 쉼표가 빠졌는지 보십시오", "a sign, a bracket or a comma may be missing before it"},
    {Mistake::ExpectedValue, kError, "expected-value", "값이 있어야 할 곳입니다 (있는 것: {0})", "a value is missing here (found {0})", "단어, 숫자 또는 괄호를 쓰십시오", "write a word, a number or a bracket"},
    {Mistake::LineEndsEarly, kError, "line-ends-early", "값이 있어야 할 곳에서 줄이 끝났습니다", "the line ends where a value is missing", "값을 쓰거나, 다음 줄로 이으려면 식 전체를 괄호로 묶으십시오", "write it, or put the expression in brackets to go on in the next line"},
    {Mistake::PerCentSign, kError, "per-cent-sign", "% 기호는 나머지를 구합니다: 뒤에 값이 없습니다", "% gives a remainder, and nothing follows it", "퍼센트는 숫자만 씁니다: 3%는 3", "a per cent is a plain number: 3, not 3%"},
    {Mistake::Thousands, kError, "thousands", "숫자에 쉼표가 있습니다: {0}", "a comma inside a number: {0}", "쉼표 없이 쓰십시오: {1}", "without commas: {1}"},
    {Mistake::ForeignWord, kError, "foreign-word", "이 언어에 없는 말입니다: {0}", "the language has no {0}", "이렇게 쓰십시오: {1}", "write {1}"},
    {Mistake::ForeignComment, kError, "foreign-comment", "설명은 이렇게 시작하지 않습니다: {0}", "a comment does not begin with {0}", "설명은 # 뒤에 쓰십시오", "comments stand behind #"},
    {Mistake::MissingElse, kError, "missing-else", "값 뒤의 if에는 else가 있어야 합니다", "an if behind a value needs its else", "이렇게 쓰십시오: 1 if 현재가 > 시가 else 0. 아니면 if로 시작하는 줄을 쓰십시오", "write 1 if price > open else 0, or a line that begins with if"},
    {Mistake::MissingColon, kError, "missing-colon", "줄 끝에 ':' 기호가 없습니다: {0}", "{0} needs a ':' at its end", "':' 기호를 쓰십시오", "write ':'"},
    {Mistake::AssignInCondition, kError, "assign-in-condition", "= 기호는 값을 넣습니다", "= sets a value", "비교는 == 기호로 쓰십시오", "a comparison is written =="},
    {Mistake::ExpectedBlock, kError, "expected-block", "다음 줄을 들여 써야 합니다: {0}", "an indented line must follow {0}", "들여 쓴 문장을 쓰십시오. 할 일이 없으면 pass", "write one; pass where nothing is to be done"},
    {Mistake::UnexpectedIndent, kError, "unexpected-indent", "까닭 없이 들여 쓴 줄입니다", "this line is indented without a reason", "앞줄과 같은 칸에서 시작하십시오", "begin where the line before begins"},
    {Mistake::StrayBranch, kError, "stray-branch", "짝이 되는 if가 없습니다: {0}", "{0} without its if", "if와 같은 칸에 쓰십시오", "write it where its if begins"},
    {Mistake::ElseIf, kError, "else-if", "else if라는 말은 없습니다", "there is no else if", "elif로 쓰십시오", "write elif"},
    {Mistake::ForeignKeyword, kError, "foreign-keyword", "조건식에 없는 파이썬 문장입니다: {0}", "{0} is not part of this language", "쓸 수 있는 것: if, elif, else, for i in range(n), 대입", "there are if, elif, else, for i in range(n) and assignments"},
    {Mistake::BadTarget, kError, "bad-target", "값을 넣을 수 없는 곳입니다", "nothing can be assigned to this", "= 왼쪽에는 이름 하나를 쓰십시오", "write one name to the left of ="},
    {Mistake::SeveralTargets, kError, "several-targets", "쉼표로 여러 값을 다룰 수 없습니다", "values cannot be joined by a comma here", "한 줄에 하나씩 쓰십시오", "write one to a line"},
    {Mistake::Subscript, kError, "subscript", "[ ] 기호는 self.vars와 self.indicator 뒤에만 씁니다", "[ ] follows only self.vars and self.indicator", "이전 행의 값: {0}", "the value of an earlier row is {0}"},
    {Mistake::Slice, kError, "slice", "':' 기호로 자를 수 없습니다", "there are no slices", "값 하나를 쓰십시오: self.vars[1]", "write one index: self.vars[1]"},
    {Mistake::NamedArgument, kError, "named-argument", "이름 붙인 인자는 없습니다: {0}", "arguments have no names here: {0}", "값을 순서대로 쓰십시오", "write the values in their order"},
    {Mistake::BadCall, kError, "bad-call", "부를 수 없는 것 뒤의 괄호입니다", "this cannot be called", "곱셈이면 * 기호를 쓰십시오", "for a product write *"},
    {Mistake::Attribute, kError, "attribute", "없는 이름입니다: {0}", "there is no {0}", "쓸 수 있는 것: self.vars[1], self.indicator['RSI_timeperiod'], self.Buy(), self.Sell()", "there are self.vars[1], self.indicator['RSI_timeperiod'], self.Buy() and self.Sell()"},
    {Mistake::Method, kError, "method", "점 뒤에 이름을 쓸 수 없습니다: {0}", "a value has nothing behind a dot: {0}", "함수는 abs, min, max, round, int, float, len, sum입니다. 제곱근은 ** 0.5", "the functions are abs, min, max, round, int, float, len, sum; a square root is ** 0.5"},
    {Mistake::IsNotNone, kError, "is-not-none", "is 뒤에는 None만 씁니다", "is compares only with None", "== 기호로 쓰십시오", "write =="},
    {Mistake::NotRange, kError, "not-range", "for는 range(n)만 셉니다", "for counts only over range(n)", "이렇게 쓰십시오: for i in range(10):", "write for i in range(10):"},
    {Mistake::VariableIndex, kError, "variable-index", "변수 번호는 0부터 {0}까지의 정수입니다", "the index of self.vars is a whole number from 0 to {0}", "이렇게 쓰십시오: self.vars[1]", "write self.vars[1]"},
    {Mistake::SettingKey, kError, "setting-key", "지표 설정의 이름은 따옴표 안에 씁니다", "the name of a setting stands in quotes", "이렇게 쓰십시오: self.indicator['RSI_timeperiod']", "write self.indicator['RSI_timeperiod']"},
    {Mistake::TooDeep, kError, "too-deep", "식이 너무 깊습니다: 최대 {0}단", "the expression is nested too deeply: at most {0}", "이름을 붙여 나누십시오", "give parts of it names"},
    {Mistake::OutsideLoop, kError, "outside-loop", "for 안에만 쓸 수 있습니다: {0}", "{0} stands only inside for", "지우십시오", "remove it"},

    {Mistake::UnknownWord, kError, "unknown-word", "모르는 이름입니다: {0}", "unknown name {0}", "단어 목록에서 찾거나, 먼저 값을 넣거나, 글자이면 따옴표 안에 쓰십시오", "look it up in the list of words, assign it first, or put it in quotes if it is a text"},
    {Mistake::UnknownWordNear, kError, "unknown-word", "모르는 이름입니다: {0}", "unknown name {0}", "이 이름입니까? {1}", "did you mean {1}?"},
    {Mistake::PositionInBuy, kError, "position-in-buy", "보유 중에만 값이 있는 단어입니다: {0}", "{0} has a value only while something is held", "매도 조건식에 쓰십시오", "use it in the sell text"},
    {Mistake::OtherSignal, kError, "other-signal", "이 조건식에서 정하는 것이 아닙니다: {0}", "{0} is not decided by this text", "여기에서는 {1}", "here it is {1}"},
    {Mistake::MixedSignals, kError, "mixed-signals", "현물과 선물의 단어가 섞여 있습니다: {0}, {1}", "words of spot and futures are mixed: {0}, {1}", "현물은 매수·매도, 선물은 BUY_LONG, SELL_SHORT, SELL_LONG, BUY_SHORT 단어만 쓰십시오", "spot texts use buy or sell, futures texts BUY_LONG, SELL_SHORT, SELL_LONG, BUY_SHORT"},
    {Mistake::MisplacedOrder, kError, "misplaced-order", "조건식은 직접 주문하지 않습니다: {0}", "a text does not send orders itself: {0}", "이렇게 쓰십시오: {1}", "write {1}"},
    {Mistake::NeedsArguments, kError, "needs-arguments", "괄호와 값이 있어야 합니다: {0}", "{0} needs brackets and a value", "이렇게 쓰십시오: {1}", "write {1}"},
    {Mistake::FieldCalled, kError, "field-called", "괄호 없이 쓰는 단어입니다: {0}", "{0} is written without brackets", "이전 행의 값: {1}", "its value on an earlier row is {1}"},
    {Mistake::NotCallable, kError, "not-callable", "부를 수 없는 이름입니다: {0}", "{0} cannot be called", "괄호를 빼거나, 곱셈이면 * 기호를 쓰십시오", "leave out the brackets, or write * for a product"},
    {Mistake::ArgumentCount, kError, "argument-count", "값의 수가 맞지 않습니다: {0} (있는 것 {1}개)", "{0} does not take {1} arguments", "이렇게 쓰십시오: {2}", "write {2}"},
    {Mistake::BadFrame, kError, "bad-frame", "봉의 길이가 아닙니다: '{0}'", "this is no length of a bar: '{0}'", "이렇게 쓰십시오: '30s', '5m', '1h'", "write '30s', '5m' or '1h'"},
    {Mistake::ParameterRange, kError, "parameter-range", "지표 설정의 범위를 벗어났습니다: {0} = {1}", "{0} = {1} is out of range", "{2}에서 {3}까지의 값을 쓰십시오", "between {2} and {3}"},
    {Mistake::ParameterNotConstant, kError, "parameter-not-constant", "지표 설정은 행마다 바뀔 수 없습니다: {0}", "a parameter of {0} cannot change from row to row", "숫자나 self.vars[i] 값을 쓰십시오", "write a number or self.vars[i]"},
    {Mistake::UnknownSetting, kError, "unknown-setting", "없는 지표 설정입니다: {0}", "there is no setting {0}", "이 설정입니까? {1}", "did you mean {1}?"},
    {Mistake::ConditionName, kError, "condition-name", "경과틱수는 조건의 이름을 따옴표 안에 받습니다", "rows_since takes the name of a condition in quotes", "이렇게 쓰십시오: 경과틱수('돌파')", "write rows_since('breakout')"},
    {Mistake::UnknownCondition, kError, "unknown-condition", "이름 붙인 조건이 없습니다: {0}", "there is no condition named {0}", "이름 붙인 조건: {1}", "named conditions: {1}"},
    {Mistake::NestedCondition, kError, "nested-condition", "이름 붙인 조건 안에서는 쓸 수 없습니다: {0}", "a named condition cannot use {0}", "조건을 풀어서 쓰십시오", "write out the condition that it names"},
    {Mistake::VariableWithoutValue, kError, "variable-without-value", "값이 없는 변수입니다: self.vars[{0}]", "self.vars[{0}] has no value", "값을 넣으십시오: self.vars[{0}] = 1", "give it one: self.vars[{0}] = 1"},
    {Mistake::VariableNotConstant, kError, "variable-not-constant", "변수와 지표 설정의 값은 숫자여야 합니다", "the value of a variable or setting is a number", "숫자나 [[시작, 끝, 간격], 값]을 쓰십시오", "write a number, or [[start, end, step], value]"},
    {Mistake::VariableInBlock, kError, "variable-in-block", "변수와 지표 설정은 실행 전에 정해집니다: if나 for 안에서 바꿀 수 없습니다", "variables and settings are fixed before the run, not inside if or for", "들여쓰기 없이 쓰거나 다른 이름을 쓰십시오", "write it without indentation, or use a name of your own"},
    {Mistake::BadRange, kError, "bad-range", "변수의 범위를 읽을 수 없습니다", "this range of a variable cannot be read", "[[시작, 끝, 간격], 값] 또는 [[값1, 값2, …], 값]", "[[start, end, step], value] or [[value 1, value 2, …], value]"},
    {Mistake::LoopBound, kError, "loop-bound", "range의 값은 행마다 바뀌지 않는 정수여야 합니다", "range takes a whole number that does not change from row to row", "이렇게 쓰십시오: for i in range(10):", "write for i in range(10):"},
    {Mistake::LoopSteps, kError, "loop-steps", "반복이 너무 많습니다: 한 번 실행에 {0}회, 최대 {1}회", "too many loop steps: {0} in a run of the text, at most {1}", "range의 값을 줄이십시오", "make the range smaller"},
    {Mistake::ListPlace, kError, "list-place", "목록을 쓸 수 없는 곳입니다", "a list has no place here", "목록은 in 뒤와 min, max, sum, len 안에 씁니다", "a list stands after in, or inside min, max, sum, len"},
    {Mistake::TextArithmetic, kError, "text-arithmetic", "글자로 계산할 수 없습니다: {0}", "there is no arithmetic on text: {0}", "숫자로 쓰거나 == 기호로 비교하십시오", "write numbers, or compare by =="},
    {Mistake::OneExpression, kError, "one-expression", "이름 붙인 조건은 식 하나입니다", "a named condition is one expression", "이렇게 쓰십시오: 현재가 > 이동평균(60)", "write price > price_mean(60)"},
    {Mistake::OnlyVariables, kError, "only-variables", "변수 파일에는 self.vars와 self.indicator만 쓸 수 있습니다", "a file of variables holds only self.vars and self.indicator", "이렇게 쓰십시오: self.vars[1] = 25", "write self.vars[1] = 25"},

    {Mistake::UnassignedHere, kWarning, "unassigned", "값을 넣기 전에 읽는 이름입니다: {0}", "{0} is read before anything is assigned to it", "이 줄에서 조건식이 멈춥니다. 그 위에서 값을 넣으십시오", "the text stops at this line; assign it above"},
    {Mistake::WindowNotWhole, kWarning, "window-not-whole", "구간은 1 이상, 이전 행은 -1 이상의 정수여야 합니다: {0}", "a window is a whole number, 1 or more, and rows ago -1 or more: {0}", "이 줄에서 조건식이 멈춥니다. 정수로 쓰십시오", "the text stops at this line; write a whole number"},
    {Mistake::ShadowedWord, kWarning, "shadowed-word", "단어와 같은 이름에 값을 넣습니다: {0}", "{0} is a word, and this assigns to its name", "다음부터 괄호 없이 쓰면 넣은 값입니다. 다른 이름을 쓰는 것이 좋습니다", "from here on the name alone is the assigned value; another name is clearer"},
    {Mistake::OtherSignalSet, kWarning, "other-signal-set", "이 조건식이 정하는 것이 아닌 곳에 값을 넣습니다: {0}", "this text does not decide {0}", "이렇게 쓰십시오: {1}", "write {1}"},
    {Mistake::UnitMismatch, kWarning, "unit-mismatch", "단위가 다릅니다: {0}, {1}", "units differ: {0} and {1}", "양쪽이 같은 것을 세는지 확인하십시오", "see whether both sides count the same thing"},
    {Mistake::TypeClash, kWarning, "type-clash", "함께 쓸 수 없는 값입니다: {0} {1} {2}", "these do not go together: {0} {1} {2}", "이 줄에 이르면 조건식이 멈춥니다", "the text stops whenever it comes to this line"},
    {Mistake::WrongMode, kWarning, "wrong-mode", "이 조건식의 행에는 없는 단어입니다: {0}", "rows of this kind do not have {0}", "값이 0입니다. 초봉은 초당…, 분봉은 분당… 단어를 쓰십시오", "it reads 0; second rows have …_per_second, minute rows …_per_minute"},
    {Mistake::WrongMarket, kWarning, "wrong-market", "이 시장에는 없는 단어입니다: {0}", "this market does not have {0}", "값이 0입니다", "it reads 0"},
    {Mistake::NoEffect, kWarning, "no-effect", "아무 일도 하지 않는 문장입니다", "this line does nothing", "값을 넣으려면 = 기호 하나로 쓰고, 아니면 지우십시오", "assign it to a name with one =, or remove it"},
    {Mistake::SignalNotSet, kWarning, "signal-not-set", "정하는 곳이 없습니다: {0}", "{0} is never set", "이렇게 쓰십시오: {1}", "write {1}"},
};
// clang-format on

static_assert(std::size(kTexts) == kMistakes);
static_assert(
    [] {
      for (std::size_t i = 0; i < kMistakes; ++i) {
        const MistakeText& text = kTexts[i];
        if (text.mistake != static_cast<Mistake>(i) || text.code.empty() || text.korean.empty() ||
            text.english.empty() || text.korean_hint.empty() || text.english_hint.empty())
          return false;
      }
      return true;
    }(),
    "every mistake has its row, in order, with cause and remedy in both languages");

/// The sentence with what it is about in the places of {0}, {1}, ….
std::string filled(std::string_view sentence, std::span<const Said> about, Language language) {
  std::string out;
  while (!sentence.empty()) {
    const bool is_place = sentence.size() >= 3 && sentence[0] == '{' && sentence[2] == '}';
    if (!is_place) {
      out += sentence[0];
      sentence.remove_prefix(1);
      continue;
    }
    const auto i = static_cast<std::size_t>(sentence[1] - '0');
    STOM_ASSERT(i < about.size());
    out += language == Language::Korean ? about[i].korean : about[i].english;
    sentence.remove_prefix(3);
  }
  return out;
}

/// Columns that a terminal gives the character.
std::size_t width_of(char32_t c) {
  if (is_vowel(c) || is_tail(c)) return 0;  // they are drawn into the lead before them
  const bool wide = is_lead(c) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                    (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF01 && c <= 0xFF60) || (c >= 0x1F300 && c <= 0x1FAFF);
  return wide ? 2 : 1;
}

/// Whether a terminal might do something else with it than show it (controls, marks of writing direction).
bool is_unshowable(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

std::string_view line_at(std::string_view source, std::uint32_t line) {
  for (std::uint32_t at = 1;; ++at) {
    const std::size_t end = std::min(source.find_first_of("\r\n"), source.size());
    if (at == line) return source.substr(0, end);
    if (end == source.size()) return {};
    const bool both = source[end] == '\r' && end + 1 < source.size() && source[end + 1] == '\n';
    source.remove_prefix(end + (both ? 2 : 1));
  }
}

struct Shown {
  std::string line, carets;
};

/// The part of the line around the place, and carets under it.
Shown excerpt(std::string_view line, Place place) {
  constexpr std::size_t kBefore = 100, kAfter = 60;  // code points shown around the place
  const std::size_t first = place.column > kBefore ? place.column - kBefore : 1;
  const std::size_t end = std::size_t{place.column} + std::max<std::size_t>(1, place.length);
  Shown shown;
  if (first > 1) {
    shown.line += "…";
    shown.carets += ' ';
  }
  std::size_t column = 1;
  for (; !line.empty() && column < place.column + kAfter; ++column) {
    const std::size_t length = utf8_length(line);
    const char32_t c = length == 0 ? U'?' : decode(line, length);
    const std::string_view bytes = line.substr(0, std::max<std::size_t>(1, length));
    line.remove_prefix(bytes.size());
    if (column < first) continue;
    const bool marked = column >= place.column && column < end;
    if (c == '\t') {
      shown.line += marked ? ' ' : '\t';
      shown.carets += marked ? '^' : '\t';
      continue;
    }
    const bool plain = length != 0 && !is_unshowable(c);
    if (plain) {
      shown.line += bytes;
    } else {
      shown.line += '?';
    }
    shown.carets.append(plain ? width_of(c) : 1, marked ? '^' : ' ');
  }
  if (!line.empty()) shown.line += "…";
  if (shown.carets.find('^') == std::string::npos) shown.carets += '^';  // at the end of the line
  shown.carets.erase(shown.carets.find_last_not_of(" \t") + 1);
  return shown;
}

}  // namespace

namespace {

/// Names are shown whole as far as names go; what is longer would make a report as long as the text.
void shorten(std::string& name) {
  constexpr std::size_t kMost = 200;
  if (name.size() <= kMost) return;
  std::size_t end = 0;
  while (end + 4 <= kMost) end += std::max<std::size_t>(1, utf8_length(std::string_view{name}.substr(end)));
  name.resize(end);
  name += "…";
}

}  // namespace

const MistakeText& text_of(Mistake mistake) { return kTexts[static_cast<std::size_t>(mistake)]; }

std::vector<Said> about_order(std::string_view name) {
  const bool buys = name == "Buy";
  return {"self." + std::string{name},
          buys ? Said{"매수 = True", "매수 = True or buy = True"} : Said{"매도 = True", "매도 = True or sell = True"}};
}

std::string Report::message(Language language) const {
  const MistakeText& text = text_of(mistake);
  return filled(language == Language::Korean ? text.korean : text.english, about, language);
}

std::string Report::hint(Language language) const {
  const MistakeText& text = text_of(mistake);
  return filled(language == Language::Korean ? text.korean_hint : text.english_hint, about, language);
}

bool Reports::takes_error(Place place) const {
  const auto is_echo = [&](const Report& r) { return r.is_error() && r.place.line == place.line; };
  if (has_errors_ && std::ranges::any_of(reports_, is_echo)) return false;
  return reports_.size() < kMost || std::ranges::any_of(reports_, [](const Report& r) { return !r.is_error(); });
}

bool Reports::add(Mistake mistake, Place place, std::vector<Said> about) {
  const bool is_error = text_of(mistake).severity == kError;
  if (is_error) {
    if (!takes_error(place)) return false;
    has_errors_ = true;
    // What was doubtful in the line is mostly an echo of what is wrong in it.
    std::erase_if(reports_, [&](const Report& r) { return !r.is_error() && r.place.line == place.line; });
    // Where the list is full of warnings, an error takes the place of one: a text that is refused says why.
    if (reports_.size() == kMost)
      reports_.erase(std::ranges::find_if(reports_, [](const Report& r) { return !r.is_error(); }));
  }
  if (reports_.size() == kMost) return false;
  const auto is_refused = [&](const Report& r) { return r.is_error() && r.place.line == place.line; };
  if (!is_error && has_errors_ && std::ranges::any_of(reports_, is_refused)) return false;
  for (Said& said : about) {
    shorten(said.korean);
    shorten(said.english);
  }
  reports_.push_back({mistake, place, std::move(about)});
  return true;
}

void Reports::sort() {
  std::ranges::stable_sort(reports_, {}, [](const Report& r) { return std::pair{r.place.line, r.place.column}; });
}

std::string render(const Report& report, std::string_view source, std::string_view file, Language language) {
  const bool korean = language == Language::Korean;
  const Shown shown = excerpt(line_at(source, report.place.line), report.place);
  std::string out{file};
  out += ':' + std::to_string(report.place.line) + ':' + std::to_string(report.place.column) + ": ";
  out += report.is_error() ? (korean ? "오류" : "error") : (korean ? "경고" : "warning");
  out += ": " + report.message(language) + " [" + std::string{report.code()} + "]\n";
  out += "    " + shown.line + "\n    " + shown.carets + '\n';
  out += korean ? "  도움말: " : "  hint: ";
  return out + report.hint(language) + '\n';
}

}  // namespace stom::conditions
