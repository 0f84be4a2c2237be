#include "engine/equity_curve.hpp"

namespace stom {

void EquityCurve::begin_stretch() {
  stretches_.push_back({size(), fixed_, per_price_});
  new_stretch_ = false;
}

/// The second point of a step says how long it is; one that comes at another time begins the next.
void EquityCurve::begin_step(UnixNanos time) {
  const bool second = !steps_.empty() && steps_.back().first + 1 == size();
  if (second) {
    step_ = steps_.back().step = time - steps_.back().time;
  } else {
    steps_.push_back({size(), time, 0});
    step_ = 0;
  }
}

}  // namespace stom
