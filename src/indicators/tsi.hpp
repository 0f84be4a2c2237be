// True strength index (Blau): the change of the price, averaged twice, in per cent of its size averaged twice.
#pragma once

#include <cmath>

#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

class Tsi {
 public:
  explicit Tsi(int first = 25, int second = 13, int signal = 7)
      : change_{first, second}, size_{first, second}, signal_{signal} {}

  void update(double x) {
    const double change = x - previous_;
    previous_ = x;
    if (!started_) {
      started_ = true;
      return;
    }
    change_.update(change);
    size_.update(std::abs(change));
    if (!size_.ready()) return;
    value_ = size_.value() > kStill ? 100 * change_.value() / size_.value() : 0;
    signal_.update(value_);
  }
  bool ready() const { return signal_.ready(); }
  /// -100 to 100; 0 where nothing moved.
  double value() const { return ready() ? value_ : kNotReady; }
  double signal() const { return signal_.value(); }

 private:
  class Twice {
   public:
    Twice(int first, int second) : first_{first}, second_{second} {}
    void update(double x) {
      first_.update(x);
      if (first_.ready()) second_.update(first_.value());
    }
    bool ready() const { return second_.ready(); }
    double value() const { return second_.value(); }

   private:
    Ema first_;
    Ema second_;
  };

  static constexpr double kStill = 1e-30;  // as in the RSI

  Twice change_;
  Twice size_;
  Ema signal_;
  double previous_ = 0;
  double value_ = 0;
  bool started_ = false;
};

}  // namespace stom
