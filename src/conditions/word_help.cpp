#include "conditions/word_help.hpp"

#include "conditions/translate.hpp"

namespace stom::conditions {
namespace {

std::string in(Language language, std::string_view korean, std::string_view english) {
  return std::string{language == Language::Korean ? korean : english};
}

Signature of_function(std::string name, Language language) {
  std::vector<std::string> parameters{"x"};
  if (name == "min" || name == "max") parameters = {"x", "y", "…"};
  if (name == "round") parameters = {"x", in(language, "자릿수", "decimals") + " = 0"};
  if (name == "sum") parameters = {"[x, y, …]"};
  return {std::move(name), std::move(parameters), ""};
}

}  // namespace

std::string where(const Word& word, Language language) {
  std::string out;
  if (word.market == Market::Stock) out += in(language, " (주식)", " (stocks)");
  if (word.market == Market::Futures) out += in(language, " (선물)", " (futures)");
  if (word.mode == Mode::Second) out += in(language, " (초봉)", " (second rows)");
  if (word.mode == Mode::Minute) out += in(language, " (분봉)", " (minute rows)");
  return out;
}

std::string setting_value(double value) {
  constexpr double kNoBound = 3e37;
  if (value >= kNoBound || value <= -kNoBound) return "-";
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string Signature::label() const {
  std::string label = name;
  for (std::size_t i = 0; i < parameters.size(); ++i) label += (i == 0 ? "(" : ", ") + parameters[i];
  if (!parameters.empty()) label += ')';
  return label;
}

Signature signature_of(const FoundWord& found, std::string_view written, Language language) {
  const Word& word = *found.word;
  Signature signature{std::string{written}, {}, ""};
  const std::string frame = "'5m'";
  if (found.history) {
    signature.parameters = {in(language, "몇 행 전", "rows ago")};
    signature.about = in(language, "1은 한 행 전, -1은 산 행", "1: one row ago; -1: the row on which it was bought");
    return signature;
  }
  switch (word.kind) {
    case WordKind::Window:
      signature.parameters = {in(language, "행 수", "rows"), in(language, "몇 행 전", "ago") + " = 0", frame};
      signature.about = in(language, "최근 몇 행인지; 몇 행 전까지인지 (-1은 산 행); 봉의 길이는 생략 가능",
                           "over how many rows; as of how many rows ago (-1: the buy row); the length of a bar, which "
                           "may be left out");
      return signature;
    case WordKind::Elapsed:
      signature.parameters = {in(language, "'이름'", "'name'")};
      signature.about = in(language, "이름 붙인 조건", "of a named condition");
      return signature;
    case WordKind::Indicator:
      for (const Setting& setting : family_of(word).settings)
        signature.parameters.push_back(std::string{setting.name} + " = " + setting_value(setting.standard));
      signature.parameters.push_back(frame);
      signature.about = in(language, "모두 생략 가능", "all may be left out");
      return signature;
    case WordKind::Function:
      return of_function(signature.name, language);
    case WordKind::Field:
    case WordKind::Position:
    case WordKind::Signal:
      break;
  }
  return signature;
}

std::string word_line(const Word& word, Language language) {
  const std::string_view unit = unit_name(word.unit, language);
  return (unit.empty() ? std::string{} : std::string{unit} + " · ") + std::string{word.meaning(language)} +
         where(word, language);
}

std::string word_help(const FoundWord& found, std::string_view written, Language language) {
  const Word& word = *found.word;
  const Signature signature = signature_of(found, written, language);
  std::string help = "**`" + signature.label() + "`**";
  const auto name = [&](Language of) { return found.history ? history_name(word, of) : std::string{word.name(of)}; };
  const std::string other = name(Language::Korean) == written ? name(Language::English) : name(Language::Korean);
  if (other != written) help += " · `" + other + "`";
  help += "\n\n" + word_line(word, language) + "\n";
  if (!signature.about.empty()) help += "\n" + signature.about + "\n";
  if (word.kind == WordKind::Indicator && !found.history)
    for (const Setting& setting : family_of(word).settings)
      help += "\n- `" + std::string{setting.name} + "` = " + setting_value(setting.standard) + " (" +
              setting_value(setting.least) + " … " + setting_value(setting.most) + ")";
  const std::string example =
      language == Language::Korean ? std::string{word.example} : translate(word.example, language);
  help += "\n\n" + in(language, "예: `", "Example: `") + example + "`";
  if (word.has_history() && !found.history) {
    help += "\n\n" + in(language, "이전 행의 값: `", "On earlier rows: `") + history_name(word, language) + "(1)`";
  }
  return help;
}

std::string setting_help(const FoundSetting& found, Language language) {
  const Setting& setting = *found.setting;
  const auto row = [&](std::string_view korean, std::string_view english, double value) {
    return "\n- " + in(language, korean, english) + ": " + setting_value(value);
  };
  return "**`self.indicator['" + std::string{found.family->name} + "_" + std::string{setting.name} + "']`**\n" +
         row("기본값", "Standard", setting.standard) + row("최소", "Least", setting.least) +
         row("최대", "Most", setting.most);
}

}  // namespace stom::conditions
