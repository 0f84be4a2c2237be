#include "strategy_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text_file.hpp"
#include "strategies/plugin_loader.hpp"

namespace stom {

Result<std::map<std::string, std::string>> given_parameters(const std::vector<std::string>& pairs,
                                                            const StrategyEntry* entry,
                                                            const std::filesystem::path& folder) {
  Parameters declared;
  if (entry != nullptr) static_cast<void>(make_strategy(*entry, declared));  // made without values it only declares
  const auto is_file = [&](const std::string& name) {
    const auto& all = declared.declared();
    const auto found = std::ranges::find(all, name, &ParameterInfo::name);
    return found != all.end() && found->type == "file";
  };
  std::map<std::string, std::string> out;
  for (const std::string& pair : pairs) {
    const auto at = pair.find('=');
    if (at == std::string::npos || at == 0)
      return fail(Errc::Usage, fmt::format("--param {}: not NAME=VALUE", pair), "for example --param fast=10");
    const auto [given, is_new] = out.emplace(pair.substr(0, at), pair.substr(at + 1));
    if (!is_new)
      return fail(Errc::Usage, fmt::format("--param {} is given twice", given->first), "give each parameter once");
    std::string& value = given->second;
    const bool named_at = value.starts_with('@');
    if (!named_at && (value.empty() || !is_file(given->first))) continue;
    auto text = read_text_file(folder / (named_at ? value.substr(1) : value), kMostRecorded);
    if (!text)
      return fail(text.error().code, fmt::format("--param {}: {}", pair, text.error().message), text.error().hint);
    value = std::move(*text);
  }
  return out;
}

}  // namespace stom
