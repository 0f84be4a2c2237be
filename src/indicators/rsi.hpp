// Relative strength index (Wilder): the share of the gains in all movement, 0 to 100.
#pragma once

#include <cmath>

#include "core/assert.hpp"
#include "indicators/decay.hpp"
#include "indicators/input.hpp"

namespace stom {

class Rsi {
 public:
  explicit Rsi(int period)
      : period_{period}, half_weight_{0.5 / period}, gain_{1 - 1.0 / period}, loss_{1 - 1.0 / period} {
    STOM_ASSERT(period >= 2);
  }

  void update(double x) {
    const double change = x - previous_;
    previous_ = x;
    const double size = std::abs(change);  // sums instead of choices: the sign of a price change cannot be foreseen
    const double gain = (size + change) * half_weight_;
    const double loss = (size - change) * half_weight_;
    if (seen_ > period_) [[likely]] {
      gain_.update(gain);
      loss_.update(loss);
      return;
    }
    begin(gain, loss);
  }
  bool ready() const { return seen_ > period_; }
  /// 0 where nothing moved, as in TA-Lib.
  double value() const {
    if (!ready()) return kNotReady;
    return moved() ? 100 * gain_.value() / (gain_.value() + loss_.value()) : 0;
  }
  bool moved() const { return gain_.value() + loss_.value() > kStill; }

 private:
  // The first averages are plain means of the first n changes.
  void begin(double gain, double loss) {
    if (seen_ > 0) {
      gain_.start(gain_.value() + gain);
      loss_.start(loss_.value() + loss);
    }
    ++seen_;
  }

  // Below this nothing moved. TA-Lib's 1e-8 (1e-14 from 0.6) would call a coin of 10^-10 still for ever.
  static constexpr double kStill = 1e-30;

  int period_;
  int seen_ = 0;
  double half_weight_;
  double previous_ = 0;
  Decay gain_;
  Decay loss_;
};

}  // namespace stom
