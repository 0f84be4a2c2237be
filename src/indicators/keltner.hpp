// Keltner channel (Raschke's form): an exponential average of the close, and k average true ranges on both sides. STARC
// bands (Stoller): the same around a simple mean.
#pragma once

#include "indicators/atr.hpp"
#include "indicators/ema.hpp"
#include "indicators/input.hpp"
#include "indicators/sma.hpp"

namespace stom {

template <class Average, int kPeriod>
class AtrChannel {
 public:
  explicit AtrChannel(int period = kPeriod, double ranges = 2, int atr_period = 10)
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
  Average average_;
  Atr atr_;
  double ranges_;
};

using Keltner = AtrChannel<Ema, 20>;
using Starc = AtrChannel<Sma, 5>;

}  // namespace stom
