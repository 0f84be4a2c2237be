// The built-in strategies by name. A new one is its file and one line in registry.cpp.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "strategies/strategy.hpp"

#if defined(STOM_PLUGIN)
#include "strategies/plugin.hpp"
#endif

namespace stom {

struct StrategyEntry {
  std::string_view name;
  std::string_view (*about)();  // one line for a list
  std::unique_ptr<Strategy> (*make)(Parameters&);
};

std::span<const StrategyEntry> built_in_strategies();  // sorted by name
const StrategyEntry* find_strategy(std::string_view name);

/// Stands at the end of a strategy's file: STOM_STRATEGY(sma_cross, SmaCross, "one line that says what it does"). The
/// same file is a built-in strategy by its line in registry.cpp and a plug-in by `stom strategy build`.
#if defined(STOM_PLUGIN)
#define STOM_STRATEGY(name, Class, ...)                                                  \
  static std::string_view about_##name() { return "" __VA_ARGS__; }                      \
  static std::unique_ptr<::stom::Strategy> make_##name(::stom::Parameters& parameters) { \
    return std::make_unique<Class>(parameters);                                          \
  }                                                                                      \
  [[maybe_unused]] static const bool added_##name = ::stom::plugin::add({#name, about_##name, make_##name});
#else
#define STOM_STRATEGY(name, Class, ...)                      \
  std::string_view about_##name() { return "" __VA_ARGS__; } \
  std::unique_ptr<Strategy> make_##name(Parameters& parameters) { return std::make_unique<Class>(parameters); }
#endif

}  // namespace stom
