// Stochastic momentum index (Blau): how far the close is from the middle of its range, smoothed twice, in per cent of
// half the range, smoothed the same.
#pragma once

#include <algorithm>

#include "core/assert.hpp"
#include "indicators/decay.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Smi {
 public:
  explicit Smi(int period = 13, int first = 25, int second = 2, int signal = 3)
      : range_{period},
        distance_{first, second},
        width_{first, second},
        signal_{signal},
        to_come_{std::max({first, second, signal})} {}

  /// The averages start from the first range; it is ready once each has seen its period.
  void update(const Ohlcv& bar) {
    range_.update(bar.high, bar.low);
    if (!range_.full()) return;
    const double distance = distance_.with(bar.close - (range_.highest() + range_.lowest()) / 2);
    const double width = width_.with(range_.highest() - range_.lowest());
    value_ = width > 0 ? 200 * distance / width : 0;
    signal_value_ = signal_.with(value_);
    if (to_come_ > 0) --to_come_;
  }
  bool ready() const { return to_come_ == 0; }
  double value() const { return ready() ? value_ : kNotReady; }
  double signal() const { return ready() ? signal_value_ : kNotReady; }

 private:
  // An exponential average that counts from its first value on.
  class Smoothed {
   public:
    explicit Smoothed(int period) : weight_{2.0 / (period + 1)}, average_{1 - weight_} { STOM_ASSERT(period >= 1); }
    double with(double x) {
      if (started_) {
        average_.update(x * weight_);
      } else {
        average_.start(x);
      }
      started_ = true;
      return average_.value();
    }

   private:
    double weight_;
    Decay average_;
    bool started_ = false;
  };
  class Twice {
   public:
    Twice(int first, int second) : first_{first}, second_{second} {}
    double with(double x) { return second_.with(first_.with(x)); }

   private:
    Smoothed first_;
    Smoothed second_;
  };

  RollingExtremes range_;
  Twice distance_;
  Twice width_;
  Smoothed signal_;
  int to_come_;
  double value_ = 0;
  double signal_value_ = 0;
};

}  // namespace stom
