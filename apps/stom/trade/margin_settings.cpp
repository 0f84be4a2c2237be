#include "trade/margin_settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/decimal.hpp"
#include "venues/registry.hpp"

namespace stom::trade {
namespace {

constexpr std::int64_t kMostLeverage = 1000;  // what a venue allows is its own to say

/// The setting of the contract that `text` ("ID=VALUE") names, and the value.
Result<std::pair<venues::MarginSetting*, std::string>> setting_of(MarginSettings& settings, std::string_view flag,
                                                                  const std::string& text,
                                                                  const std::vector<std::string>& ids) {
  const auto at = text.find('=');
  const std::string id = text.substr(0, at), example = flag == "leverage" ? "=5" : "=isolated";
  if (at == std::string::npos || at == 0)
    return fail(Errc::Usage, fmt::format("--{} {}: not ID=VALUE", flag, text),
                fmt::format("for example --{} binance-usdm:BTCUSDT{}", flag, example));
  if (std::ranges::find(ids, id) == ids.end())
    return fail(Errc::Usage, fmt::format("--{} {}: the session does not trade {}", flag, text, id),
                "name it with --instrument too");
  if (venues::describe(id).kind == ContractKind::Spot)
    return fail(Errc::Usage, fmt::format("--{} {}: {} is not traded on margin", flag, text, id),
                "only contracts have leverage and a margin mode: binance-usdm, binance-coinm");
  const auto colon = id.find(':');
  auto& all = settings[id.substr(0, colon)];
  const std::string symbol = id.substr(colon + 1);
  auto found = std::ranges::find(all, symbol, &venues::MarginSetting::symbol);
  if (found == all.end()) found = all.insert(all.end(), {.symbol = symbol});
  return std::pair{&*found, text.substr(at + 1)};
}

}  // namespace

Result<MarginSettings> read_margin_settings(const std::vector<std::string>& leverages,
                                            const std::vector<std::string>& modes,
                                            const std::vector<std::string>& ids) {
  MarginSettings settings;
  const auto twice = [](std::string_view flag, const std::string& text) {
    return fail(Errc::Usage, fmt::format("--{} {}: that contract has one already", flag, text), "name each once");
  };
  for (const std::string& text : leverages) {
    const auto named = setting_of(settings, "leverage", text, ids);
    if (!named) return std::unexpected(named.error());
    const auto value = parse_decimal(named->second, 0);
    if (!value || *value < 1 || *value > kMostLeverage)
      return fail(Errc::Usage, fmt::format("--leverage {}: not a whole number from 1 on", text),
                  "for example --leverage binance-usdm:BTCUSDT=5");
    if (named->first->leverage) return twice("leverage", text);
    named->first->leverage = static_cast<int>(*value);
  }
  for (const std::string& text : modes) {
    const auto named = setting_of(settings, "margin", text, ids);
    if (!named) return std::unexpected(named.error());
    if (named->second != "isolated" && named->second != "cross")
      return fail(Errc::Usage, fmt::format("--margin {}: neither isolated nor cross", text),
                  "isolated: what was put aside for the position stands behind it; cross: all of the account does");
    if (named->first->isolated) return twice("margin", text);
    named->first->isolated = named->second == "isolated";
  }
  return settings;
}

std::string margin_configuration(const MarginSettings& settings) {
  std::string text;
  for (const auto& [venue, all] : settings)
    for (const auto& setting : all) {
      if (setting.leverage) text += fmt::format(" leverage={}:{}={}", venue, setting.symbol, *setting.leverage);
      if (setting.isolated)
        text += fmt::format(" margin={}:{}={}", venue, setting.symbol, *setting.isolated ? "isolated" : "cross");
    }
  return text;
}

}  // namespace stom::trade
