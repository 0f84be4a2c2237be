// Smoothed moving average, Wilder's: each value moves it by 1 / n of the distance. Also called RMA.
#pragma once

#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

class Smma {
 public:
  explicit Smma(int period) : average_{Ema::with_weight(period, 1.0 / period)} {}

  void update(double x) { average_.update(x); }
  bool ready() const { return average_.ready(); }
  double value() const { return average_.value(); }

 private:
  Ema average_;
};

}  // namespace stom
