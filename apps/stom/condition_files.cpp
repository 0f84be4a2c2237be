#include "condition_files.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/text_file.hpp"

namespace stom {

using conditions::Checked;
using conditions::Language;
using conditions::PairText;
using conditions::Report;
using conditions::Reports;

namespace {

std::string json_of(const Report& report, Language language, std::uint32_t first_line) {
  return fmt::format(R"({{"line":{},"column":{},"code":{},"message":{},"hint":{}}})",
                     report.place.line + first_line - 1, report.place.column, json_string(report.code()),
                     json_string(report.message(language)), json_string(report.hint(language)));
}

std::string_view name_of(PairText text, const PairFiles& files) {
  switch (text) {
    case PairText::Buy:
      return files.buy;
    case PairText::Sell:
      return files.sell;
    case PairText::Variables:
      return files.variables;
    case PairText::Named:
      return files.named;
    case PairText::Trace:
      break;
  }
  return "--trace";
}

}  // namespace

Result<conditions::PairTexts> read_pair(const PairFiles& files, conditions::Market market) {
  conditions::PairTexts texts{.market = market};
  std::string named;
  struct Wanted {
    const std::string& path;
    std::string& text;
  };
  for (const Wanted& wanted : {Wanted{files.buy, texts.buy}, Wanted{files.sell, texts.sell},
                               Wanted{files.variables, texts.variables}, Wanted{files.named, named}}) {
    if (wanted.path.empty()) continue;
    auto text = read_text_file(wanted.path);
    if (!text) return std::unexpected(text.error());
    wanted.text = std::move(*text);
  }
  std::optional<std::uint32_t> wrong;
  texts.named = conditions::named_texts(named, wrong);
  if (wrong)
    return fail(Errc::BadData, fmt::format("{}:{}: no name and expression", files.named, *wrong),
                "a line is  name: expression  or  name(a, b): expression");
  return texts;
}

Language language_of(const Session& session) { return session.lang == "ko" ? Language::Korean : Language::English; }

std::string json_of(const Reports& reports, const Checked& checked, Language language, std::uint32_t first_line) {
  std::string errors, warnings, words, vars;
  const auto add = [](std::string& list, const std::string& item) { list += (list.empty() ? "" : ",") + item; };
  for (const Report& report : reports.all())
    add(report.is_error() ? errors : warnings, json_of(report, language, first_line));
  for (const auto& [word, count] : checked.words) add(words, fmt::format("{}:{}", json_string(word), count));
  for (const int index : checked.variables_read) add(vars, std::to_string(index));
  return fmt::format(R"({{"errors":[{}],"warnings":[{}],"words":{{{}}},"vars":[{}]}})", errors, warnings, words, vars);
}

std::string rendered(Report report, std::string_view source, std::uint32_t first_line, std::string_view file,
                     Language language) {
  report.place.line += first_line - 1;
  return render(report, std::string(first_line - 1, '\n') + std::string{source}, file, language);
}

int refuse(const Session& session, const PairFiles& files, const conditions::PairResult& result) {
  const Language language = language_of(session);
  for (const auto& of : result.reports) {
    if (session.json && of.reports.has_errors()) {
      fmt::print("{}\n", json_of(of.reports, of.checked, language, of.line));
      break;
    }
    if (session.json) continue;
    for (const Report& report : of.reports.all())
      fmt::print(stderr, "{}", rendered(report, of.source, of.line, name_of(of.text, files), language));
  }
  return kFailed;
}

}  // namespace stom
