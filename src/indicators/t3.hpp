// T3 (Tillson): an EMA of an EMA, six deep, put together so that most of the lag and of the overshoot go.
#pragma once

#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

class T3 {
 public:
  /// `volume` (Tillson's word, 0 to 1): how much of the lag is taken out.
  explicit T3(int period = 5, double volume = 0.7)
      : averages_{Ema{period}, Ema{period}, Ema{period}, Ema{period}, Ema{period}, Ema{period}},
        weight_3_{1 + 3 * volume + volume * volume * volume + 3 * volume * volume},
        weight_4_{-6 * volume * volume - 3 * (volume + volume * volume * volume)},
        weight_5_{3 * (volume * volume + volume * volume * volume)},
        weight_6_{-volume * volume * volume} {}

  void update(double x) {
    for (auto& average : averages_) {
      average.update(x);
      if (!average.ready()) return;
      x = average.value();
    }
    value_ = weight_6_ * averages_[5].value() + weight_5_ * averages_[4].value() + weight_4_ * averages_[3].value() +
             weight_3_ * averages_[2].value();
  }
  bool ready() const { return averages_[5].ready(); }
  double value() const { return value_; }

 private:
  Ema averages_[6];
  double weight_3_;
  double weight_4_;
  double weight_5_;
  double weight_6_;
  double value_ = kNotReady;
};

}  // namespace stom
