// --param NAME=VALUE of every command that runs a strategy.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "strategies/registry.hpp"

namespace stom {

/// Values by name. A value '@FILE' is what the file holds, and so is a parameter that the strategy declares as a file;
/// `entry` null: no strategy is chosen. `folder`: where files lie that are not named from the root; empty: where the
/// program was started.
Result<std::map<std::string, std::string>> given_parameters(const std::vector<std::string>& pairs,
                                                            const StrategyEntry* entry,
                                                            const std::filesystem::path& folder = {});

}  // namespace stom
