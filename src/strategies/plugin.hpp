// What a strategy plug-in tells the program before anything of it is used: for which version, compiler and headers it
// was made, and which strategies it holds. A source becomes a plug-in by `stom strategy build`, which defines
// STOM_PLUGIN: STOM_STRATEGY (strategies/registry.hpp) then enters the strategy here. docs/strategies/plugins.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string_view>

#include "strategies/plugin_abi.hpp"
#include "strategies/strategy.hpp"

#define STOM_PLUGIN_TEXT_(x) #x
#define STOM_PLUGIN_TEXT(x) STOM_PLUGIN_TEXT_(x)

#if defined(__clang__)
#define STOM_PLUGIN_CXX "clang " STOM_PLUGIN_TEXT(__clang_major__)
#else
#define STOM_PLUGIN_CXX "gcc " STOM_PLUGIN_TEXT(__GNUC__)
#endif

#if defined(_GLIBCXX_DEBUG)
#define STOM_PLUGIN_DEBUG " debug"
#else
#define STOM_PLUGIN_DEBUG ""
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STOM_PLUGIN_SANITIZER "address"
#elif __has_feature(thread_sanitizer)
#define STOM_PLUGIN_SANITIZER "thread"
#endif
#endif
#if !defined(STOM_PLUGIN_SANITIZER)
#if defined(__SANITIZE_ADDRESS__)
#define STOM_PLUGIN_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define STOM_PLUGIN_SANITIZER "thread"
#else
#define STOM_PLUGIN_SANITIZER "none"
#endif
#endif

extern "C" {

struct StomPluginStrategy {
  const char* name;
  std::string_view (*about)();
  std::unique_ptr<stom::Strategy> (*make)(stom::Parameters&);
};

/// Plain C in its head, so that a program can read it whatever it was compiled with. `shape` changes with this struct.
struct StomPlugin {
  std::uint32_t shape;
  const char* version;
  const char* compiler;
  const char* library;
  const char* headers;
  const char* sanitizer;
  const StomPluginStrategy* strategies;  // to be read only where all of the above is the program's own
  std::size_t count;
};

}  // extern "C"

namespace stom {

inline constexpr std::uint32_t kPluginShape = 1;
inline constexpr const char* kPluginEntry = "stom_plugin";

/// The stamp of whoever compiles this.
inline constexpr StomPlugin kOwnPlugin{
    .shape = kPluginShape,
    .version = STOM_PLUGIN_VERSION,
    .compiler = STOM_PLUGIN_CXX,
    .library = "libstdc++ " STOM_PLUGIN_TEXT(_GLIBCXX_RELEASE) " cxx11abi " STOM_PLUGIN_TEXT(_GLIBCXX_USE_CXX11_ABI)
        STOM_PLUGIN_DEBUG,
    .headers = STOM_PLUGIN_HEADERS,
    .sanitizer = STOM_PLUGIN_SANITIZER,
    .strategies = nullptr,
    .count = 0};

}  // namespace stom

#if defined(STOM_PLUGIN)
// Hidden: two plug-ins in one program must not share this list.
#pragma GCC visibility push(hidden)
namespace stom::plugin {

struct List {
  StomPluginStrategy entries[64];
  std::size_t count = 0;
};
inline List& list() {
  static List entries;
  return entries;
}
inline bool add(const StomPluginStrategy& entry) {
  if (list().count < std::size(list().entries)) list().entries[list().count++] = entry;
  return true;
}

}  // namespace stom::plugin
#pragma GCC visibility pop

extern "C" __attribute__((visibility("default"), weak, used)) const StomPlugin* stom_plugin() {
  static StomPlugin plugin = stom::kOwnPlugin;
  plugin.strategies = stom::plugin::list().entries;
  plugin.count = stom::plugin::list().count;
  return &plugin;
}
#endif
