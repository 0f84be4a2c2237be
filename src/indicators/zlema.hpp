// Zero-lag exponential average (Ehlers and Way): an EMA of the price plus what it gained over the time the EMA lags.
#pragma once

#include "core/assert.hpp"
#include "indicators/ema.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class ZeroLagEma {
 public:
  explicit ZeroLagEma(int period) : past_{lag(period), kNotReady}, average_{period, EmaStart::FirstValue} {
    STOM_ASSERT(period >= 3);
  }

  void update(double x) {
    const double then = past_.push(x);
    if (then == then) {
      average_.update(2 * x - then);
    } else if (const double oldest = past_.oldest(); oldest == oldest) {
      average_.update(x);  // it starts from the last price that has none before it
    }
  }
  bool ready() const { return average_.ready(); }
  double value() const { return average_.value(); }

 private:
  static int lag(int period) { return (period - 1) / 2; }

  Delay past_;
  Ema average_;
};

}  // namespace stom
