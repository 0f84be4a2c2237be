// A pair of condition texts in a folder is a strategy by the folder's name: STOM_HOME/strategies/NAME, or a folder
// anywhere by its path. buy.txt and sell.txt are the texts, vars.txt and named.txt what they may need, orders.toml the
// order grid, params.txt other parameters of `conditions`, lines of NAME=VALUE (docs/conditions.md).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "strategies/plugin_loader.hpp"

namespace stom {

/// The folder that is meant by a strategy's name; none: it is no folder's.
std::optional<std::filesystem::path> strategy_folder(const std::string& name, const std::filesystem::path& home);
/// "buy=PATH", "sell=PATH" and what else is there. Errors: a text is missing, a line of params.txt is no NAME=VALUE.
Result<std::vector<std::string>> folder_parameters(const std::filesystem::path& folder);
/// Names of the folders in STOM_HOME/strategies that hold a pair, sorted.
std::vector<std::string> folder_strategies(const std::filesystem::path& home);

struct NamedStrategy {
  StrategyChoice choice;
  std::map<std::string, std::string> parameters;  // those of its folder, overridden by those given
};
/// What a command that runs one means by --strategy, --plugin and --param. `files`: as given_parameters() has it.
Result<NamedStrategy> strategy_named(const std::string& name, const std::filesystem::path& plugin,
                                     const std::filesystem::path& home, std::vector<std::string> parameters,
                                     const std::filesystem::path& files = {});

}  // namespace stom
