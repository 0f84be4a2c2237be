// Force index (Elder): the change of the close times the volume that made it, averaged.
#pragma once

#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

class ForceIndex {
 public:
  explicit ForceIndex(int period = 13) : average_{period} {}

  void update(const Ohlcv& bar) {
    if (started_) average_.update((bar.close - close_) * bar.volume);
    close_ = bar.close;
    started_ = true;
  }
  bool ready() const { return average_.ready(); }
  double value() const { return average_.value(); }

 private:
  Ema average_;
  double close_ = 0;
  bool started_ = false;
};

}  // namespace stom
