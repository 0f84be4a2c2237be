// Elder ray: how far a bar reached above the average (bulls) and below it (bears).
#pragma once

#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

class ElderRay {
 public:
  explicit ElderRay(int period = 13) : average_{period} {}

  void update(const Ohlcv& bar) {
    average_.update(bar.close);
    high_ = bar.high;
    low_ = bar.low;
  }
  bool ready() const { return average_.ready(); }
  double bull() const { return high_ - average_.value(); }
  double bear() const { return low_ - average_.value(); }

 private:
  Ema average_;
  double high_ = 0;
  double low_ = 0;
};

}  // namespace stom
