// Exponential moving average: each value moves it by 2 / (n + 1) of the distance.
#pragma once

#include <cstdint>

#include "core/assert.hpp"
#include "indicators/decay.hpp"
#include "indicators/input.hpp"

namespace stom {

/// What an exponential average starts from.
enum class EmaStart : std::uint8_t {
  MeanOfPeriod,  // the mean of the first n values (TA-Lib, stock_indicators); ready with the n-th
  FirstValue,    // the first value (TA-Lib's Metastock mode, pandas adjust=False, Tulip); still ready with the n-th
};

class Ema {
 public:
  explicit Ema(int period, EmaStart start = EmaStart::MeanOfPeriod) : Ema(period, 2.0 / (period + 1), start) {}
  /// With a weight of the newest value that is not the period's own.
  static Ema with_weight(int period, double weight) { return {period, weight, EmaStart::MeanOfPeriod}; }

  void update(double x) {
    if (seen_ >= period_) [[likely]] {
      average_.update(x * weight_);
      return;
    }
    begin(x);
  }
  bool ready() const { return seen_ >= period_; }
  double value() const { return ready() ? average_.value() : kNotReady; }

 private:
  Ema(int period, double weight, EmaStart start)
      : period_{period}, start_{start}, weight_{weight}, average_{1 - weight_} {
    STOM_ASSERT(period >= 1);
  }

  void begin(double x) {
    ++seen_;
    sum_ += x;
    if (start_ == EmaStart::MeanOfPeriod) {
      if (seen_ == period_) average_.start(sum_ / period_);
    } else if (seen_ == 1) {
      average_.start(x);
    } else {
      average_.update(x * weight_);
    }
  }

  int period_;
  int seen_ = 0;
  EmaStart start_;
  double weight_;
  double sum_ = 0;
  Decay average_;
};

}  // namespace stom
