// A cheap "none of our orders is at this price", so that most rows of the book are done with it.
#pragma once

#include <array>
#include <cstdint>

#include "market/order_book.hpp"

namespace stom::sim {

/// A set of ticks by their lowest eight bits: never wrong in saying no, exact among prices within 256 ticks of each
/// other.
class TickFilter {
 public:
  void clear() { bits_ = {}; }
  void add(Tick tick) { bits_[tick >> 6 & 3] |= std::uint64_t{1} << (tick & 63); }
  bool may_hold(Tick tick) const { return bits_[tick >> 6 & 3] >> (tick & 63) & 1; }

 private:
  std::array<std::uint64_t, 4> bits_{};
};

}  // namespace stom::sim
