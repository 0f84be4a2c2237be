// True range: how far the price moved, the gap from the close before included. ATR: its average by Wilder.
#pragma once

#include <algorithm>

#include "core/assert.hpp"
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
  explicit Atr(int period) : period_{period}, weight_{1.0 / period}, keep_{1 - weight_}, keep_twice_{keep_ * keep_} {
    STOM_ASSERT(period >= 1);
  }

  void update(double high, double low, double close) {
    const double share = true_range(high, low, close_) * weight_;
    close_ = close;
    if (seen_ > period_ + 1) [[likely]] {
      // Two steps of v = v * keep + share in one: this bar waits for the bar before the last, not for the last.
      const double value = before_ * keep_twice_ + (share_ * keep_ + share);
      before_ = value_;
      value_ = value;
      share_ = share;
      return;
    }
    start(share);
  }
  void update(const Ohlcv& bar) { update(bar.high, bar.low, bar.close); }
  bool ready() const { return seen_ > period_; }
  double value() const { return ready() ? value_ : kNotReady; }
  /// In per cent of the last close (NATR).
  double percent() const { return !ready() || close_ != 0 ? 100 * value() / close_ : 0; }

 private:
  void start(double share) {
    before_ = value_;
    share_ = share;
    if (seen_ > period_) {
      value_ = value_ * keep_ + share;
    } else if (seen_ > 0) {  // the first bar has no close before it; then the mean of n ranges
      value_ += share;
    }
    ++seen_;
  }

  int period_;
  int seen_ = 0;
  double weight_;
  double keep_;
  double keep_twice_;
  double close_ = 0;
  double value_ = 0;
  double before_ = 0;  // the value before
  double share_ = 0;   // what the last range added
};

}  // namespace stom
