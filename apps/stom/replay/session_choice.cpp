#include "replay/session_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

namespace stom::replay {
namespace {

constexpr std::string_view kParameter = "parameter.";

/// On one line: a parameter may be a whole text.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\\') {
      line += "\\\\";
    } else {
      line += c;
    }
  }
  return line;
}

std::string from_one_line(std::string_view line) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool escaped = line[i] == '\\' && i + 1 < line.size();
    if (escaped) ++i;
    text += escaped && line[i] == 'n' ? '\n' : line[i];
  }
  return text;
}

}  // namespace

std::string limits_text(const std::vector<std::string>& limits) {
  std::string text;
  for (const std::string& limit : limits) text += (text.empty() ? "" : ";") + limit;
  return text;
}

std::vector<std::string> limits_in(std::string_view text) {
  std::vector<std::string> limits;
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size());
    limits.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return limits;
}

Result<void> write_choice(const std::filesystem::path& file, const SessionChoice& choice) {
  std::string text = fmt::format("instrument={}\nstrategy={}\nfrom={}\nto={}\n", choice.instrument, choice.strategy,
                                 choice.from, choice.to);
  for (const auto& [name, value] : choice.parameters)
    text += fmt::format("{}{}={}\n", kParameter, name, one_line(value));
  if (choice.limits) text += fmt::format("limits={}\n", limits_text(*choice.limits));
  const auto fresh = file.string() + ".new";
  std::error_code error;
  {
    std::ofstream out{fresh, std::ios::binary | std::ios::trunc};
    out << text << std::flush;
    if (!out) error = std::make_error_code(std::errc::io_error);
  }
  if (!error) std::filesystem::rename(fresh, file, error);
  if (error)
    return fail(Errc::Io, fmt::format("cannot write {}: {}", file.string(), error.message()),
                "check the folder's permissions and disk space");
  return {};
}

Result<SessionChoice> read_choice(const std::filesystem::path& file) {
  SessionChoice choice;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    const auto equals = line.find('=');
    const std::string name = line.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : line.substr(equals + 1);
    bool wrong = equals == std::string::npos;
    if (name == "instrument") {
      choice.instrument = value;
    } else if (name == "strategy") {
      choice.strategy = value;
    } else if (name == "limits") {
      choice.limits = limits_in(value);
    } else if (name.starts_with(kParameter)) {
      choice.parameters[name.substr(kParameter.size())] = from_one_line(value);
    } else if (name == "from" || name == "to") {
      auto& time = name == "from" ? choice.from : choice.to;
      const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), time);
      wrong |= fault != std::errc{} || end != value.data() + value.size();
    } else {
      wrong = true;
    }
    if (wrong)
      return fail(Errc::BadData, fmt::format("{} holds a line that is not of a choice: {}", file.string(), line),
                  "begin another session with --session NAME");
  }
  if (choice.instrument.empty())
    return fail(Errc::BadData, fmt::format("{} names no instrument", file.string()),
                "begin another session with --session NAME");
  return choice;
}

}  // namespace stom::replay
