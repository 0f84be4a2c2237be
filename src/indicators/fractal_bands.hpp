// Fractal chaos bands (Williams): the last high that was above, and the last low that was below, those of the k bars on
// both sides of it.
#pragma once

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

/// A fractal is known with the k-th bar behind it, and counts from there.
class FractalBands {
 public:
  explicit FractalBands(int span = 2)
      : last_{span},
        highest_before_{span + 1, kNotReady},
        lowest_before_{span + 1, kNotReady},
        highs_{span, kNotReady},
        lows_{span, kNotReady} {}

  void update(const Ohlcv& bar) {
    last_.update(bar.high, bar.low);
    const double highest = last_.full() ? last_.highest() : kNotReady;
    const double lowest = last_.full() ? last_.lowest() : kNotReady;
    const double high = highs_.push(bar.high);
    const double low = lows_.push(bar.low);
    const double highest_before = highest_before_.push(highest);
    const double lowest_before = lowest_before_.push(lowest);
    if (high > highest && high > highest_before) upper_ = high;
    if (low < lowest && low < lowest_before) lower_ = low;
  }
  bool ready() const { return upper_ == upper_ && lower_ == lower_; }
  double upper() const { return ready() ? upper_ : kNotReady; }
  double lower() const { return ready() ? lower_ : kNotReady; }

 private:
  RollingExtremes last_;
  Delay highest_before_;  // of the k bars before the one that may be a fractal
  Delay lowest_before_;
  Delay highs_;
  Delay lows_;
  double upper_ = kNotReady;
  double lower_ = kNotReady;
};

}  // namespace stom
