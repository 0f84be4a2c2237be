// The built-in strategies by name. A new one is its file and one line in registry.cpp.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "strategies/strategy.hpp"

namespace stom {

struct StrategyEntry {
  std::string_view name;
  std::string_view (*about)();  // one line for a list
  std::unique_ptr<Strategy> (*make)(Parameters&);
};

std::span<const StrategyEntry> built_in_strategies();  // sorted by name
const StrategyEntry* find_strategy(std::string_view name);

/// Stands at the end of a strategy's file: STOM_STRATEGY(sma_cross, SmaCross, "one line that says what it does")
#define STOM_STRATEGY(name, Class, ...)                      \
  std::string_view about_##name() { return "" __VA_ARGS__; } \
  std::unique_ptr<Strategy> make_##name(Parameters& parameters) { return std::make_unique<Class>(parameters); }

}  // namespace stom
