// Relative strength index (Wilder): the share of the gains in all movement, 0 to 100.
#pragma once

#include <cmath>

#include "core/assert.hpp"
#include "indicators/input.hpp"

namespace stom {

class Rsi {
 public:
  explicit Rsi(int period) : period_{period}, half_weight_{0.5 / period}, keep_{1 - 1.0 / period} { STOM_ASSERT(period >= 2); }

  void update(double x) {
    const double change = x - previous_;
    previous_ = x;
    const double size = std::abs(change);  // sums instead of choices: the sign of a price change cannot be foreseen
    const double gain = (size + change) * half_weight_;
    const double loss = (size - change) * half_weight_;
    if (seen_ > period_) [[likely]] {
      gain_ = gain_ * keep_ + gain;
      loss_ = loss_ * keep_ + loss;
      return;
    }
    if (seen_ > 0) {  // the first averages are plain means of the first n changes
      gain_ += gain;
      loss_ += loss;
    }
    ++seen_;
  }
  bool ready() const { return seen_ > period_; }
  /// 0 where nothing moved, as in TA-Lib.
  double value() const {
    if (!ready()) return kNotReady;
    return moved() ? 100 * gain_ / (gain_ + loss_) : 0;
  }
  bool moved() const { return gain_ + loss_ > kStill; }

 private:
  // Below this nothing moved. TA-Lib's 1e-8 (1e-14 from 0.6) would call a coin of 10^-10 still for ever.
  static constexpr double kStill = 1e-30;

  int period_;
  int seen_ = 0;
  double half_weight_;
  double keep_;
  double previous_ = 0;
  double gain_ = 0;
  double loss_ = 0;
};

}  // namespace stom
