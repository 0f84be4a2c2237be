#include "usage_error.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "core/spelling.hpp"

namespace stom {
namespace {

std::string help_hint(const CLI::App& command, const std::string& nearest) {
  const std::string help = path_of(command) + " --help";
  return nearest.empty() ? help : fmt::format("did you mean {}? ({})", nearest, help);
}

std::string what_it_takes(const CLI::App& command, const std::string& option) {
  const auto* found = command.get_option_no_throw(option);
  const std::string type = found == nullptr ? "" : found->get_type_name();
  if (type.starts_with("INT") || type.starts_with("UINT")) return "a whole number that it takes";
  return type.starts_with("FLOAT") ? "a number that it takes" : "a value that it takes";
}

/// What stands between the given pieces of a line, in order: "--port: Value 0 not in range 1 to 9" by
/// {"", ": Value ", " not in range ", " to ", ""} is {"--port", "0", "1", "9"}. Nothing where a piece is missing.
std::optional<std::vector<std::string>> parts_of(std::string_view line, std::span<const std::string_view> pieces) {
  if (!line.starts_with(pieces.front()) || !line.ends_with(pieces.back())) return std::nullopt;
  std::vector<std::string> parts;
  std::size_t at = pieces.front().size();
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const bool last = i + 1 == pieces.size();
    const std::size_t end = last ? line.size() - pieces[i].size() : line.find(pieces[i], at);
    if (end == std::string_view::npos || end < at) return std::nullopt;
    parts.emplace_back(line.substr(at, end - at));
    at = end + pieces[i].size();
  }
  return parts;
}

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    words.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace

const CLI::App& deepest_command(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return *command;
}

std::string path_of(const CLI::App& command) {
  return command.get_parent() == nullptr ? command.get_name()
                                         : path_of(*command.get_parent()) + " " + command.get_name();
}

Error unknown_word(const CLI::App& app) {
  const CLI::App& command = deepest_command(app);
  auto left = app.remaining(true);
  std::erase(left, "--");
  const std::string typed = left.empty() ? "" : left.front();
  const bool is_option = typed.starts_with("-");
  std::vector<std::string> known, commands;
  for (const auto* sub : command.get_subcommands(nullptr)) commands.push_back(sub->get_name());
  if (is_option) {
    for (const CLI::App* level = &command; level != nullptr; level = level->get_parent())
      for (const auto* option : level->get_options())
        for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  } else {
    known = commands;
  }
  const bool is_command = !is_option && !known.empty();
  const std::string path = path_of(command);
  const std::string word = typed.substr(0, typed.find('='));
  std::string nearest = nearest_name(word, known);
  // `stom --doctor` means a command that is there.
  const std::string bare = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  if (is_option && std::ranges::find(commands, bare) != commands.end()) nearest = path + " " + bare;
  return {Errc::Usage,
          is_option    ? fmt::format("unknown option {} of \"{}\"", word, path)
          : is_command ? fmt::format("\"{}\" is not a command of \"{}\"", typed, path)
                       : fmt::format("\"{}\" takes no further argument \"{}\"", path, typed),
          help_hint(command, nearest)};
}

Error missing_command(const CLI::App& group) {
  std::string names;
  for (const auto* sub : group.get_subcommands(nullptr)) names += (names.empty() ? "" : ", ") + sub->get_name();
  return {Errc::Usage, fmt::format("\"{}\" needs a command: {}", path_of(group), names), path_of(group) + " --help"};
}

Error bad_value(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = deepest_command(app);
  const std::string text = error.what(), line = text.substr(0, text.find('\n'));
  const auto usage = [&](std::string message, const std::string& nearest = {}) {
    return Error{Errc::Usage, std::move(message), help_hint(command, nearest)};
  };
  const auto parts = [&](std::initializer_list<std::string_view> pieces) {
    return parts_of(line, std::span{pieces.begin(), pieces.size()});
  };
  if (const auto p = parts({"", ": File does not exist: ", ""}))
    return {Errc::NotFound, fmt::format("there is no file {}", (*p)[1]), "check the path"};
  if (const auto p = parts({"", ": File is actually a directory: ", ""}))
    return {Errc::Usage, fmt::format("{} is a folder, not a file", (*p)[1]), "name a file in it"};
  if (const auto p = parts({"Could not convert: ", " = ", ""}))
    return usage(fmt::format("{}: '{}' is not {}", (*p)[0], (*p)[1], what_it_takes(command, (*p)[0])));
  if (const auto p = parts({"", ": Value ", " not in range ", " to ", ""})) {
    const bool no_end = (*p)[3].size() > 30;  // the largest double, in full
    return usage(no_end ? fmt::format("{}: '{}' is not a number above 0", (*p)[0], (*p)[1])
                        : fmt::format("{}: '{}' is not a number from {} to {}", (*p)[0], (*p)[1], (*p)[2], (*p)[3]));
  }
  if (const auto p = parts({"", ": ", " not in {", "}"})) {
    const auto known = words_of((*p)[2]);
    return usage(fmt::format("{}: '{}' is not one of {}", (*p)[0], (*p)[1], fmt::join(known, ", ")),
                 nearest_name((*p)[1], known));
  }
  if (const auto p = parts({"", ": 1 required ", " missing"})) return usage(fmt::format("{} needs a value", (*p)[0]));
  return usage(line);
}

}  // namespace stom
