// STARC bands (Stoller): a simple mean of the close, and k average true ranges on both sides.
#pragma once

#include "indicators/atr.hpp"
#include "indicators/input.hpp"
#include "indicators/sma.hpp"

namespace stom {

class Starc {
 public:
  explicit Starc(int period = 5, double ranges = 2, int atr_period = 10)
      : average_{period}, atr_{atr_period}, ranges_{ranges} {}

  void update(const Ohlcv& bar) {
    average_.update(bar.close);
    atr_.update(bar);
  }
  bool ready() const { return average_.ready() && atr_.ready(); }
  double upper() const { return average_.value() + atr_.value() * ranges_; }
  double middle() const { return ready() ? average_.value() : kNotReady; }
  double lower() const { return average_.value() - atr_.value() * ranges_; }

 private:
  Sma average_;
  Atr atr_;
  double ranges_;
};

}  // namespace stom
