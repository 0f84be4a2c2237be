#include "conditions/word_page.hpp"

#include <string_view>

#include "conditions/translate.hpp"
#include "conditions/word_help.hpp"

namespace stom::conditions {
namespace {

struct Section {
  WordKind kind;
  std::string_view korean, english;
};
constexpr Section kSections[] = {
    {WordKind::Field, "행의 값", "Of the row"},
    {WordKind::Window, "최근 행의 평균, 최대, 최소, 합, 각도", "Over the last rows"},
    {WordKind::Elapsed, "이름 붙인 조건", "Named conditions"},
    {WordKind::Indicator, "지표", "Indicators"},
    {WordKind::Position, "보유 종목 (매도 조건식)", "Of what is held (sell texts)"},
    {WordKind::Signal, "조건식의 결론", "What a text decides"},
    {WordKind::Function, "함수", "Functions"},
};

/// A '|' would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string word_page(Language language) {
  const bool korean = language == Language::Korean;
  std::string page =
      korean
          ? "# 조건식의 단어\n\n`stom condition words --lang ko`가 검사기의 표에서 만든 문서입니다. 문법과 명령은 "
            "[조건식](conditions.ko.md)에 있습니다.\n\n숫자인 행의 값에는 모두 이전 행의 값이 있습니다: `현재가N(1)`은 "
            "한 행 전, `현재가N(-1)`은 산 행의 현재가이고, 지표는 `RSI_N(1)`입니다.\n"
          : "# The words of condition texts\n\nWritten by `stom condition words` from the table that the checker "
            "uses. Grammar and commands are in [conditions](conditions.md).\n\nEvery number of the row has a "
            "history: `price_at(1)` is the price one row ago, `price_at(-1)` that of the buy row; of an "
            "indicator it is `RSI_at(1)`.\n";
  for (const Section& section : kSections) {
    page += "\n## " + std::string{korean ? section.korean : section.english} + "\n\n";
    page += korean ? "| 한국어 | 영어 | 뜻 | 단위 | 예 |\n|---|---|---|---|---|\n"
                   : "| English | Korean | Meaning | Unit | Example |\n|---|---|---|---|---|\n";
    for (const Word& word : words()) {
      if (word.kind != section.kind) continue;
      const Language other = korean ? Language::English : Language::Korean;
      page += "| `" + std::string{word.name(language)} + "` | `" + std::string{word.name(other)} + "` | " +
              cell(word.meaning(language)) + where(word, language) + " | " + cell(unit_name(word.unit, language)) +
              " | `" + cell(korean ? std::string{word.example} : translate(word.example, language)) + "` |\n";
    }
  }
  page += korean ? "\n## 지표의 설정\n\n| 이름 | 기본값 | 최소 | 최대 |\n|---|---|---|---|\n"
                 : "\n## Settings of the indicators\n\n| Name | Standard | Least | Most |\n|---|---|---|---|\n";
  for (const Family& family : families())
    for (const Setting& setting : family.settings)
      page += "| `self.indicator['" + std::string{family.name} + "_" + std::string{setting.name} + "']` | " +
              setting_value(setting.standard) + " | " + setting_value(setting.least) + " | " +
              setting_value(setting.most) + " |\n";
  return page;
}

}  // namespace stom::conditions
