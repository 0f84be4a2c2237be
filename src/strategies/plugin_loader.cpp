#include "strategies/plugin_loader.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <list>
#include <optional>

#include "core/hash.hpp"
#include "core/spelling.hpp"
#include "strategies/plugin.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBuildHint = "stom strategy build FILE.cpp makes a plug-in for this program";

Result<std::string> hash_of(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error))
    return fail(Errc::NotFound, fmt::format("there is no plug-in {}", file.string()), kBuildHint);
  if (!fs::is_regular_file(file, error))
    return fail(Errc::BadData, fmt::format("{} is not a file", file.string()), kBuildHint);
  std::ifstream in{file, std::ios::binary};
  Sha256 hash;
  char buffer[65536];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0)
    hash.update(std::string_view{buffer, static_cast<std::size_t>(in.gcount())});
  if (!in.eof()) return fail(Errc::Io, fmt::format("cannot read {}", file.string()), "check its permissions");
  return hash.hex();
}

/// The first thing in which the plug-in was made otherwise than this program.
Result<void> check_stamp(const fs::path& file, const StomPlugin& plugin) {
  const auto refuse = [&](std::string_view what, std::string_view its, std::string_view ours) {
    return fail(Errc::Unsupported,
                fmt::format("{} was built for another program: {} {}, this one has {}", file.string(), what, its, ours),
                "build it again with this program: stom strategy build FILE.cpp");
  };
  if (plugin.shape != kPluginShape)
    return refuse("plug-in format", std::to_string(plugin.shape), std::to_string(kPluginShape));
  const struct {
    const char* what;
    const char* its;
    const char* ours;
  } parts[] = {{"version", plugin.version, kOwnPlugin.version},
               {"compiler", plugin.compiler, kOwnPlugin.compiler},
               {"standard library", plugin.library, kOwnPlugin.library},
               {"sanitizer", plugin.sanitizer, kOwnPlugin.sanitizer},
               {"headers", plugin.headers, kOwnPlugin.headers}};
  for (const auto& part : parts) {
    if (part.its == nullptr || std::string_view{part.its} != part.ours)
      return refuse(part.what, part.its == nullptr ? "unknown" : part.its, part.ours);
  }
  if (plugin.count == 0)
    return fail(Errc::BadData, fmt::format("{} holds no strategy", file.string()),
                "its source must end in STOM_STRATEGY(name, Class, \"what it does\")");
  return {};
}

Result<Plugin> open_plugin(const fs::path& file) {
  auto hash = hash_of(file);
  if (!hash) return std::unexpected(hash.error());
  // NOW: what is missing is missed here and not in the middle of a run. LOCAL: two plug-ins do not see each other.
  void* library = ::dlopen(fs::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    return fail(Errc::BadData, fmt::format("{} cannot be loaded: {}", file.string(), why ? why : "unknown reason"),
                kBuildHint);
  }
  void* symbol = ::dlsym(library, kPluginEntry);
  if (symbol == nullptr) {
    ::dlclose(library);
    return fail(Errc::BadData, fmt::format("{} has no {}(): it is no strategy plug-in", file.string(), kPluginEntry),
                kBuildHint);
  }
  const StomPlugin* stamp = reinterpret_cast<const StomPlugin* (*)()>(symbol)();
  if (stamp == nullptr)
    return fail(Errc::BadData, fmt::format("{}: {}() returns nothing", file.string(), kPluginEntry), kBuildHint);
  if (auto checked = check_stamp(file, *stamp); !checked) {
    ::dlclose(library);
    return std::unexpected(checked.error());
  }
  Plugin plugin{file, std::move(*hash), {}};
  for (std::size_t i = 0; i < stamp->count; ++i) {
    const StomPluginStrategy& entry = stamp->strategies[i];
    plugin.strategies.push_back({entry.name, entry.about, entry.make});
  }
  std::sort(plugin.strategies.begin(), plugin.strategies.end(),
            [](const StrategyEntry& a, const StrategyEntry& b) { return a.name < b.name; });
  return plugin;
}

const StrategyEntry* find_in(const Plugin& plugin, std::string_view name) {
  for (const auto& entry : plugin.strategies) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::string names_of(const Plugin& plugin) {
  std::string names;
  for (const auto& entry : plugin.strategies) names += fmt::format("{}{}", names.empty() ? "" : ", ", entry.name);
  return names;
}

Result<StrategyChoice> choose_from(const fs::path& file, const std::string& name) {
  const auto plugin = load_plugin(file);
  if (!plugin) return std::unexpected(plugin.error());
  if (name.empty()) {
    if ((*plugin)->strategies.size() == 1) return StrategyChoice{&(*plugin)->strategies[0], *plugin};
    return fail(Errc::Usage, fmt::format("{} holds {}", file.string(), names_of(**plugin)),
                fmt::format("name one: --plugin {} --strategy {}", file.string(), (*plugin)->strategies[0].name));
  }
  if (const auto* entry = find_in(**plugin, name)) return StrategyChoice{entry, *plugin};
  return fail(Errc::NotFound, fmt::format("{} has no strategy named '{}'", file.string(), name),
              fmt::format("it has {}", names_of(**plugin)));
}

}  // namespace

Result<const Plugin*> load_plugin(const fs::path& file) {
  static std::list<Plugin> loaded;  // its entries are pointed to until the program ends
  std::error_code error;
  const fs::path name = fs::weakly_canonical(file, error);
  for (const Plugin& plugin : loaded) {
    if (fs::weakly_canonical(plugin.file, error) == name) return &plugin;
  }
  auto plugin = open_plugin(file);
  if (!plugin) return std::unexpected(plugin.error());
  return &loaded.emplace_back(std::move(*plugin));
}

std::vector<fs::path> plugin_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& item : fs::directory_iterator{folder, error}) {
    if (item.path().extension() == ".so") files.push_back(item.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<StrategyChoice> choose_strategy(const std::string& name, const fs::path& file, const fs::path& folder) {
  if (!file.empty()) return choose_from(file, name);
  if (name.find('/') != std::string::npos || name.ends_with(".so")) return choose_from(name, "");
  if (const auto* entry = find_strategy(name)) return StrategyChoice{entry, nullptr};
  std::vector<std::string> known;
  for (const auto& entry : built_in_strategies()) known.emplace_back(entry.name);
  std::optional<Error> broken;
  for (const auto& path : plugin_files(folder)) {
    const auto plugin = load_plugin(path);
    if (plugin) {
      if (const auto* entry = find_in(**plugin, name)) return StrategyChoice{entry, *plugin};
      for (const auto& entry : (*plugin)->strategies) known.emplace_back(entry.name);
    } else if (path.stem() == name) {
      broken = plugin.error();  // it is there, but cannot be used: that is what the user must hear
    }
  }
  if (broken) return std::unexpected(*broken);
  const std::string near = nearest_name(name, known);
  return fail(Errc::NotFound, fmt::format("there is no strategy named '{}'", name),
              near.empty() ? "stom strategy list shows all"
                           : fmt::format("did you mean {}? (stom strategy list shows all)", near));
}

Result<std::unique_ptr<Strategy>> make_strategy(const StrategyEntry& entry, Parameters& parameters) {
  std::unique_ptr<Strategy> strategy;
  const auto threw = [&](std::string_view why) {
    return fail(Errc::BadData, fmt::format("strategy {} cannot be made: it threw {}", entry.name, why),
                "its constructor is at fault, or a parameter that it does not check");
  };
  try {
    strategy = entry.make(parameters);
  } catch (const std::exception& error) {
    return threw(fmt::format("\"{}\"", error.what()));
  } catch (...) {
    return threw("something that is no std::exception");
  }
  if (auto checked = parameters.check(); !checked) {
    Error error = checked.error();
    error.hint += fmt::format("{}stom strategy show {} lists them", error.hint.empty() ? "" : " ", entry.name);
    return std::unexpected(error);
  }
  return strategy;
}

const char* plugin_compiler() { return STOM_PLUGIN_COMPILER; }
const char* plugin_flags() { return STOM_PLUGIN_FLAGS; }
const char* plugin_compiler_version() { return kOwnPlugin.compiler; }

}  // namespace stom
