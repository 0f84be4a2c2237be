// Price momentum oscillator (Swenlin): the change of the price in per mille, smoothed twice.
#pragma once

#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

class Pmo {
 public:
  explicit Pmo(int first = 35, int second = 20, int signal = 10)
      : first_{Ema::with_weight(first, 2.0 / first)},
        second_{Ema::with_weight(second, 2.0 / second)},
        signal_{signal} {}

  void update(double x) {
    const double change = previous_ != 0 ? (x / previous_ - 1) * 100 : 0;
    previous_ = x;
    if (!started_) {
      started_ = true;
      return;
    }
    first_.update(change);
    if (!first_.ready()) return;
    second_.update(10 * first_.value());
    if (second_.ready()) signal_.update(second_.value());
  }
  bool ready() const { return signal_.ready(); }
  double value() const { return ready() ? second_.value() : kNotReady; }
  double signal() const { return signal_.value(); }

 private:
  Ema first_;
  Ema second_;
  Ema signal_;
  double previous_ = 0;
  bool started_ = false;
};

}  // namespace stom
