#include "research/strategy_parts.hpp"

#include "core/assert.hpp"
#include "orders/owned_positions.hpp"

namespace stom::research {
namespace {

bool has_something(const StrategyPart& part) {
  return part.fills > 0 || part.fee.value != 0 || part.pnl.value != 0 || !part.held.empty();
}

}  // namespace

std::vector<StrategyPart> strategy_parts(const std::vector<std::string>& names, const std::vector<Money>& pnl,
                                         Money whole, const std::vector<Fill>& fills,
                                         const std::vector<Instrument>& instruments) {
  STOM_ASSERT(names.size() == pnl.size() && names.size() <= orders::kMostStrategies);
  std::vector<StrategyPart> parts;
  for (std::size_t i = 0; i < names.size(); ++i) {
    parts.push_back({.name = names[i], .pnl = pnl[i]});
    whole -= pnl[i];
  }
  parts.push_back({.name = std::string{kSessionsPart}, .pnl = whole});
  const auto its = [&](orders::Owner owner) -> StrategyPart& {
    return owner >= 1 && owner <= names.size() ? parts[owner - 1] : parts.back();
  };
  orders::OwnedPositions owned{instruments.size()};
  for (const Fill& fill : fills) {
    const orders::Owner owner = orders::owner_of(fill.order);
    owned.book(fill, instruments[fill.instrument]);
    ++its(owner).fills;
    if (owner != orders::kSessionsOwn)
      its(owner).fee += fill.fee;
    else
      for (const auto& closed : owned.take_parts()) its(closed.owner).fee += closed.fill.fee;
  }
  for (orders::Owner owner = 1; owner < orders::kOwners; ++owner)
    for (InstrumentIndex i = 0; i < instruments.size(); ++i)
      if (const auto& holding = owned.holding(owner, i); holding.position.value != 0)
        its(owner).held.push_back({i, holding.position, *holding.entry_price()});
  if (!has_something(parts.back())) parts.pop_back();
  return parts;
}

}  // namespace stom::research
