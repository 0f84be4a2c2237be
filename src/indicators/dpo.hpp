// Detrended price oscillator: the price of half a period ago less the mean around it, so cycles shorter than the period
// are left.
#pragma once

#include "indicators/input.hpp"
#include "indicators/sma.hpp"
#include "indicators/window.hpp"

namespace stom {

/// Told with the last bar of the mean; a chart may draw it n / 2 + 1 bars back, at the price that it is of.
class Dpo {
 public:
  explicit Dpo(int period = 20) : average_{period}, past_{period / 2 + 1, kNotReady} {}

  void update(double x) {
    average_.update(x);
    then_ = past_.push(x);
  }
  bool ready() const { return average_.ready() && then_ == then_; }
  double value() const { return then_ - average_.value(); }

 private:
  Sma average_;
  Delay past_;
  double then_ = kNotReady;
};

}  // namespace stom
