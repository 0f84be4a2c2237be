// Strategies as commands that run them make them: one of --strategy, --plugin and --param, or several of a file
// (strategies_file.hpp) that share an account.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "engine/several.hpp"
#include "strategies/plugin_loader.hpp"
#include "strategies_file.hpp"

namespace stom {

/// A strategy, and all that it can be made of again.
struct MadeStrategy {
  StrategyChoice choice;
  std::unique_ptr<Strategy> strategy;
  std::string name, plugin, plugin_sha256, parameters;  // of these the last in words
  std::map<std::string, std::string> given;             // parameters, by name

  /// What it is in a session's configuration, behind its name.
  std::string text() const;
  nlohmann::ordered_json json() const;
};

/// `files`: the folder of parameters that are files; empty: where the program was started. `remedy`: of too few
/// instruments. Errors: what a user gave makes none.
Result<MadeStrategy> make_named_strategy(const std::string& name, const std::string& plugin,
                                         std::vector<std::string> parameters, const std::filesystem::path& home,
                                         const std::filesystem::path& files, std::size_t instruments,
                                         std::string_view remedy);

/// Those of a file, in its order. Errors name the file, the line and the strategy.
Result<std::vector<MadeStrategy>> make_strategies(const std::string& file, const std::vector<StrategyInFile>& all,
                                                  const std::filesystem::path& home);

/// They become one. `strategies`: made of those of the file, in its order; `ids`: of the run's instruments.
std::unique_ptr<Several> share_account(const std::vector<StrategyInFile>& all,
                                       std::vector<std::unique_ptr<Strategy>> strategies,
                                       const std::vector<std::string>& ids);

}  // namespace stom
