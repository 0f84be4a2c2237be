// Strategies from shared libraries (docs/strategies/plugins.md): loaded, checked against this program before anything
// of them runs, and chosen by file or by name. What was loaded stays loaded until the program ends, since strategies
// and what they gave away live on its code.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "strategies/registry.hpp"

namespace stom {

struct Plugin {
  std::filesystem::path file;
  std::string sha256;  // of the file
  std::vector<StrategyEntry> strategies;
};

/// Loads the file, once in a process. Says in one line why a file is no plug-in for this program.
Result<const Plugin*> load_plugin(const std::filesystem::path& file);

/// The *.so files of a folder, by name; none where there is no folder.
std::vector<std::filesystem::path> plugin_files(const std::filesystem::path& folder);

struct StrategyChoice {
  const StrategyEntry* entry = nullptr;
  const Plugin* plugin = nullptr;  // null: built in
};

/// What the user means by `name`: with `file`, the strategy of that name in it (its only one where name is empty); a
/// path to a plug-in (it has a '/' or ends in .so); else a built-in strategy, else one of a plug-in in `folder`.
Result<StrategyChoice> choose_strategy(const std::string& name, const std::filesystem::path& file,
                                       const std::filesystem::path& folder);

/// The strategy with these values, refused where a value is wrong or its constructor throws.
Result<std::unique_ptr<Strategy>> make_strategy(const StrategyEntry& entry, Parameters& parameters);

/// How this program was compiled, and so what compiles plug-ins for it: a compiler and its flags.
const char* plugin_compiler();
const char* plugin_flags();
/// "gcc 12".
const char* plugin_compiler_version();

}  // namespace stom
