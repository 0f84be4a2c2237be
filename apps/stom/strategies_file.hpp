// Several strategies of one session, as a user writes them for --strategies (docs/several-strategies.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "engine/several.hpp"

namespace stom {

struct StrategyInFile {
  std::uint32_t line = 0;
  std::string name, strategy, plugin;  // the last two as --strategy and --plugin take them, from anywhere
  std::vector<std::string> instruments;
  std::vector<std::string> parameters;  // NAME=VALUE; files are named from the file's folder
  Several::CashShare cash;
};

/// In its order. Errors name the line.
Result<std::vector<StrategyInFile>> read_strategies_file(const std::filesystem::path& file);

/// Their instruments, once each, as they come.
std::vector<std::string> instruments_in(const std::vector<StrategyInFile>& strategies);
std::vector<std::string> names_in(const std::vector<StrategyInFile>& strategies);

/// Of NAME.PARAMETER=VALUE each name's parameters, as they are without it. Errors: one that is of none of them.
Result<std::vector<std::vector<std::string>>> parameters_by_name(const std::vector<std::string>& names,
                                                                 const std::vector<std::string>& given);
/// Such ones instead of those of the file. Their @FILE is named from where the program was started.
Result<void> change_parameters(std::vector<StrategyInFile>& strategies, const std::vector<std::string>& given);
/// "0.25", or "0.5/2": one of two equal parts of that.
std::string share_text(const Several::CashShare& share);

}  // namespace stom
