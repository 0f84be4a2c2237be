#include "strategies/registry.hpp"

#include <algorithm>

namespace stom {

#define STOM_BUILT_IN(X) \
  X(bollinger_reversion) \
  X(book_imbalance)      \
  X(conditions)          \
  X(donchian_breakout)   \
  X(ema_cross)           \
  X(execute)             \
  X(grid)                \
  X(idle)                \
  X(market_maker)        \
  X(mm_keep)             \
  X(mm_replace)          \
  X(momentum_rotation)   \
  X(order_list)          \
  X(pairs)               \
  X(rsi_reversion)       \
  X(sma_cross)           \
  X(volatility_breakout) \
  X(vwap_reversion)

#define STOM_DECLARE(name)         \
  std::string_view about_##name(); \
  std::unique_ptr<Strategy> make_##name(Parameters&);
STOM_BUILT_IN(STOM_DECLARE)

std::span<const StrategyEntry> built_in_strategies() {
#define STOM_ENTRY(name) StrategyEntry{#name, about_##name, make_##name},
  static constexpr StrategyEntry kEntries[] = {STOM_BUILT_IN(STOM_ENTRY)};
  return kEntries;
}

const StrategyEntry* find_strategy(std::string_view name) {
  const auto all = built_in_strategies();
  const auto it = std::find_if(all.begin(), all.end(), [&](const StrategyEntry& entry) { return entry.name == name; });
  return it == all.end() ? nullptr : &*it;
}

}  // namespace stom
