// Change over n values: momentum (a difference), rate of change (per cent), Chande's momentum oscillator.
#pragma once

#include <cmath>

#include "indicators/input.hpp"
#include "indicators/rsi.hpp"
#include "indicators/window.hpp"

namespace stom {

class Momentum {
 public:
  explicit Momentum(int period = 10) : past_{period, kNotReady} {}

  void update(double x) {
    before_ = past_.push(x);
    now_ = x;
  }
  bool ready() const { return before_ == before_; }
  double value() const { return now_ - before_; }
  /// In per cent of the value then; 0 where that was 0.
  double percent() const { return before_ != 0 ? (now_ / before_ - 1) * 100 : 0; }
  double fraction() const { return before_ != 0 ? (now_ - before_) / before_ : 0; }
  /// To the value then; 0 where that was 0.
  double ratio() const { return before_ != 0 ? now_ / before_ : 0; }
  double ratio_percent() const { return ratio() * 100; }

 private:
  Delay past_;
  double before_ = kNotReady;
  double now_ = kNotReady;
};

/// (gains - losses) / (gains + losses), with Wilder's averages as in TA-Lib: 2 RSI - 100.
class Cmo {
 public:
  explicit Cmo(int period = 14) : rsi_{period} {}

  void update(double x) { rsi_.update(x); }
  bool ready() const { return rsi_.ready(); }
  double value() const { return !ready() || rsi_.moved() ? 2 * rsi_.value() - 100 : 0; }

 private:
  Rsi rsi_;
};

}  // namespace stom
