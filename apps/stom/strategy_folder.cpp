#include "strategy_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "core/text_file.hpp"
#include "strategy_parameters.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// Lines NAME=VALUE; empty ones and those that begin with '#' are left out.
Result<void> read_parameters(const fs::path& file, std::vector<std::string>& out) {
  const auto text = read_text_file(file);
  if (!text) return std::unexpected(text.error());
  std::size_t at = 0;
  for (int number = 1; at < text->size(); ++number) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    std::string line = text->substr(at, end - at);
    at = end + 1;
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line[0] == '#') continue;
    if (line.find('=') == std::string::npos || line[0] == '=')
      return fail(Errc::BadData, fmt::format("{}:{}: not NAME=VALUE", file.string(), number),
                  "for example rows=minute; stom strategy show conditions lists the names");
    out.push_back(std::move(line));
  }
  return {};
}

}  // namespace

std::optional<fs::path> strategy_folder(const std::string& name, const fs::path& home) {
  if (name.empty() || name == "." || name == ".." || find_strategy(name) != nullptr) return std::nullopt;
  const fs::path folder = name.find('/') == std::string::npos ? home / "strategies" / name : fs::path{name};
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return std::nullopt;
  return folder;
}

Result<std::vector<std::string>> folder_parameters(const fs::path& folder) {
  std::vector<std::string> parameters;
  for (const char* text : {"buy", "sell"}) {
    const fs::path file = folder / (std::string{text} + ".txt");
    if (!is_file(file))
      return fail(Errc::NotFound, fmt::format("{} holds no {}.txt", folder.string(), text),
                  "a strategy is two texts, buy.txt and sell.txt, in one folder");
    parameters.push_back(fmt::format("{}={}", text, file.string()));
  }
  for (const char* text : {"vars", "named"})
    if (const fs::path file = folder / (std::string{text} + ".txt"); is_file(file))
      parameters.push_back(fmt::format("{}={}", text, file.string()));
  if (const fs::path file = folder / "orders.toml"; is_file(file))
    parameters.push_back(fmt::format("orders={}", file.string()));
  if (const fs::path file = folder / "params.txt"; is_file(file))
    if (auto read = read_parameters(file, parameters); !read) return std::unexpected(read.error());
  return parameters;
}

std::vector<std::string> folder_strategies(const fs::path& home) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& item : fs::directory_iterator{home / "strategies", error})
    if (is_file(item.path() / "buy.txt") && is_file(item.path() / "sell.txt"))
      names.push_back(item.path().filename().string());
  std::ranges::sort(names);
  return names;
}

Result<NamedStrategy> strategy_named(const std::string& name, const fs::path& plugin, const fs::path& home,
                                     std::vector<std::string> parameters, const fs::path& files) {
  const auto folder = plugin.empty() ? strategy_folder(name, home) : std::nullopt;
  const auto choice = choose_strategy(folder ? "conditions" : name, plugin, home / "plugins");
  if (!choice) return std::unexpected(choice.error());
  if (folder) {
    const auto its = folder_parameters(files.empty() ? *folder : fs::absolute(*folder));
    if (!its) return std::unexpected(its.error());
    for (const std::string& parameter : *its) {
      const std::string_view key{parameter.data(), parameter.find('=') + 1};
      const bool given = std::ranges::any_of(parameters, [&](const std::string& of) { return of.starts_with(key); });
      if (!given) parameters.push_back(parameter);
    }
  }
  auto values = given_parameters(parameters, choice->entry, files);
  if (!values) return std::unexpected(values.error());
  return NamedStrategy{*choice, std::move(*values)};
}

}  // namespace stom
