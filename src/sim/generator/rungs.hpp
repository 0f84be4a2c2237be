// Rungs: the allowed prices of an instrument numbered 0, 1, 2, ... from price 0 upwards, so that "three ticks below" is
// a subtraction also where the ladder changes its tick.
#pragma once

#include <cstdint>
#include <vector>

#include "model/instrument.hpp"

namespace stom::sim {

class Rungs {
 public:
  explicit Rungs(const Instrument& instrument);

  /// The highest rung whose price is at most `price` (price >= 0).
  std::int64_t at_or_below(std::int64_t price) const;
  Price price(std::int64_t rung) const;

 private:
  struct Band {
    std::int64_t first_rung;
    std::int64_t from;
    std::int64_t tick;
  };
  std::vector<Band> bands_;  // ascending
};

}  // namespace stom::sim
