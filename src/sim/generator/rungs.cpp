#include "sim/generator/rungs.hpp"

#include "core/assert.hpp"

namespace stom::sim {

Rungs::Rungs(const Instrument& instrument) {
  STOM_ASSERT(!instrument.ladder.empty() && instrument.ladder.front().from.value == 0);
  std::int64_t rung = 0;
  for (const auto& band : instrument.ladder) {
    if (!bands_.empty()) rung += (band.from.value - bands_.back().from) / bands_.back().tick;
    bands_.push_back({rung, band.from.value, band.tick.value});
  }
}

std::int64_t Rungs::at_or_below(std::int64_t price) const {
  auto band = bands_.rbegin();
  while (price < band->from) ++band;
  return band->first_rung + (price - band->from) / band->tick;
}

Price Rungs::price(std::int64_t rung) const {
  auto band = bands_.rbegin();
  while (rung < band->first_rung) ++band;
  return {band->from + (rung - band->first_rung) * band->tick};
}

}  // namespace stom::sim
