// True range: how far the price moved, the gap from the close before included. ATR: its average by Wilder.
#pragma once

#include <algorithm>

#include "core/assert.hpp"
#include "indicators/decay.hpp"
#include "indicators/input.hpp"

namespace stom {

/// The greatest of high - low, |high - close before|, |low - close before|.
inline double true_range(double high, double low, double close_before) {
  return std::max(high, close_before) - std::min(low, close_before);
}

class TrueRange {
 public:
  void update(const Ohlcv& bar) {
    value_ = started_ ? true_range(bar.high, bar.low, close_) : kNotReady;
    close_ = bar.close;
    ready_ = started_;
    started_ = true;
  }
  bool ready() const { return ready_; }
  double value() const { return value_; }

 private:
  double close_ = 0;
  double value_ = kNotReady;
  bool started_ = false;
  bool ready_ = false;
};

class Atr {
 public:
  explicit Atr(int period) : period_{period}, weight_{1.0 / period}, average_{1 - weight_} { STOM_ASSERT(period >= 1); }

  void update(double high, double low, double close) {
    const double share = true_range(high, low, close_) * weight_;
    close_ = close;
    if (seen_ > period_) [[likely]] {
      average_.update(share);
      return;
    }
    if (seen_ > 0) average_.start(average_.value() + share);  // the first value is the mean of n ranges
    ++seen_;
  }
  void update(const Ohlcv& bar) { update(bar.high, bar.low, bar.close); }
  bool ready() const { return seen_ > period_; }
  double value() const { return ready() ? average_.value() : kNotReady; }
  /// In per cent of the last close (NATR).
  double percent() const { return !ready() || close_ != 0 ? 100 * value() / close_ : 0; }

 private:
  int period_;
  int seen_ = 0;
  double weight_;
  double close_ = 0;
  Decay average_;
};

}  // namespace stom
