// Exponential moving average: each value moves it by 2 / (n + 1) of the distance.
#pragma once

#include <cstdint>

#include "core/assert.hpp"
#include "indicators/input.hpp"

namespace stom {

/// What an exponential average starts from.
enum class EmaStart : std::uint8_t {
  MeanOfPeriod,  // the mean of the first n values (TA-Lib, stock_indicators); ready with the n-th
  FirstValue,    // the first value (TA-Lib's Metastock mode, pandas adjust=False, Tulip); still ready with the n-th
};

class Ema {
 public:
  explicit Ema(int period, EmaStart start = EmaStart::MeanOfPeriod)
      : period_{period}, start_{start}, weight_{2.0 / (period + 1)}, keep_{1 - weight_} {
    STOM_ASSERT(period >= 1);
  }

  void update(double x) {
    if (seen_ >= period_) [[likely]] {
      value_ = value_ * keep_ + x * weight_;  // one product shorter to wait for than value + (x - value) * weight
      return;
    }
    ++seen_;
    if (start_ == EmaStart::FirstValue) {
      value_ = seen_ == 1 ? x : value_ * keep_ + x * weight_;
      return;
    }
    value_ += x;
    if (seen_ == period_) value_ /= period_;
  }
  bool ready() const { return seen_ >= period_; }
  double value() const { return ready() ? value_ : kNotReady; }

 private:
  int period_;
  int seen_ = 0;
  EmaStart start_;
  double weight_;
  double keep_;
  double value_ = 0;  // while starting from the mean: the sum so far
};

}  // namespace stom
