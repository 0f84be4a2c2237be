#include "limits_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/text_file.hpp"
#include "core/toml.hpp"

namespace stom {

Result<std::vector<std::string>> read_limits_file(const std::filesystem::path& path) {
  constexpr std::string_view kExample =
      "a table [limits] with lines such as order_rate = \"10/1s\"; docs/risk.md shows one";
  const auto wrong = [&](std::string_view why) {
    return fail(Errc::Usage, fmt::format("{}: {}", path.string(), why), std::string{kExample});
  };
  const auto text = read_text_file(path);
  if (!text) return std::unexpected(text.error());
  const auto file = parse_toml(*text, path.string(), kExample);
  if (!file) return std::unexpected(file.error());
  const toml::table* limits = (*file)["limits"].as_table();
  if (limits == nullptr || file->size() != 1) return wrong("not one table [limits]");
  std::vector<std::pair<toml::source_index, std::string>> lines;
  for (const auto& [name, value] : *limits) {
    const auto limit = value.value_exact<std::string>();
    const auto line = value.source().begin.line;
    if (!limit) return wrong(fmt::format("line {}: {} is no text in quotes", line, name.str()));
    lines.emplace_back(line, fmt::format("{}={}", name.str(), *limit));
  }
  std::ranges::stable_sort(lines, {}, [](const auto& line) { return line.first; });
  std::vector<std::string> texts;
  for (auto& [line, limit] : lines) texts.push_back(std::move(limit));
  return texts;
}

Result<ChosenLimits> choose_limits(std::vector<std::string> named, const std::filesystem::path& file) {
  ChosenLimits chosen{.texts = std::move(named), .limits = {}, .breakers = {}};
  if (!file.empty()) {
    auto read = read_limits_file(file);
    if (!read) return std::unexpected(read.error());
    chosen.texts.insert(chosen.texts.end(), read->begin(), read->end());
  }
  for (const std::string& text : chosen.texts) {
    if (risk::breaker_named(std::string_view{text}.substr(0, text.find('=')))) {
      auto breaker = risk::parse_breaker(text);
      if (!breaker) return std::unexpected(breaker.error());
      chosen.breakers.push_back(std::move(*breaker));
      continue;
    }
    auto limit = risk::parse_limit(text);
    if (!limit) return std::unexpected(limit.error());
    chosen.limits.push_back(std::move(*limit));
  }
  return chosen;
}

std::string left_out_breakers(const ChosenLimits& chosen) {
  std::string names;
  for (const risk::Breaker& one : chosen.breakers)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", risk::name_of(one.kind));
  return names.empty() ? names : fmt::format("breakers are not looked at here: {}", names);
}

}  // namespace stom
