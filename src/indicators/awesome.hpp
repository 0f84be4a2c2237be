// Awesome oscillator (Williams): a short mean of the bars' middles less a long one.
#pragma once

#include <algorithm>

#include "indicators/input.hpp"
#include "indicators/sma.hpp"

namespace stom {

class AwesomeOscillator {
 public:
  explicit AwesomeOscillator(int fast = 5, int slow = 34) : fast_{std::min(fast, slow)}, slow_{std::max(fast, slow)} {}

  void update(const Ohlcv& bar) {
    fast_.update(bar.middle());
    slow_.update(bar.middle());
  }
  bool ready() const { return slow_.ready(); }
  double value() const { return fast_.value() - slow_.value(); }

 private:
  Sma fast_;
  Sma slow_;
};

}  // namespace stom
