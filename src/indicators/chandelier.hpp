// Chandelier exit (LeBeau): stops that hang k average true ranges below the highest high and above the lowest low.
#pragma once

#include "indicators/atr.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Chandelier {
 public:
  explicit Chandelier(int period = 22, double ranges = 3) : range_{period}, atr_{period}, ranges_{ranges} {}

  void update(const Ohlcv& bar) {
    range_.update(bar.high, bar.low);
    atr_.update(bar);
  }
  bool ready() const { return atr_.ready(); }
  /// The stop of one who is long, and of one who is short.
  double long_stop() const { return range_.highest() - atr_.value() * ranges_; }
  double short_stop() const { return range_.lowest() + atr_.value() * ranges_; }

 private:
  RollingExtremes range_;
  Atr atr_;
  double ranges_;
};

}  // namespace stom
