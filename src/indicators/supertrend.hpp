// SuperTrend (Seban): a stop k average true ranges away from the middle of the bar that only ever moves towards the
// price, and changes sides when a close passes it.
#pragma once

#include "indicators/atr.hpp"
#include "indicators/input.hpp"

namespace stom {

class SuperTrend {
 public:
  explicit SuperTrend(int period = 10, double ranges = 3) : atr_{period}, ranges_{ranges} {}

  void update(const Ohlcv& bar) {
    atr_.update(bar);
    if (atr_.ready()) move(bar);
    close_ = bar.close;
  }
  bool ready() const { return ready_; }
  double value() const { return !ready_ ? kNotReady : rising_ ? lower_ : upper_; }
  bool rising() const { return rising_; }
  /// +1 rising, -1 falling.
  double direction() const { return !ready_ ? kNotReady : rising_ ? 1 : -1; }
  /// The stop while it is above the price, and while it is below.
  double upper() const { return ready_ && !rising_ ? upper_ : kNotReady; }
  double lower() const { return ready_ && rising_ ? lower_ : kNotReady; }

 private:
  void move(const Ohlcv& bar) {
    const double middle = bar.middle();
    const double upper = middle + ranges_ * atr_.value();
    const double lower = middle - ranges_ * atr_.value();
    if (!ready_) {
      rising_ = bar.close >= middle;
      upper_ = upper;
      lower_ = lower;
      ready_ = true;
    }
    if (upper < upper_ || close_ > upper_) upper_ = upper;
    if (lower > lower_ || close_ < lower_) lower_ = lower;
    rising_ = bar.close > (rising_ ? lower_ : upper_);
  }

  Atr atr_;
  double ranges_;
  double close_ = 0;
  double upper_ = 0;
  double lower_ = 0;
  bool rising_ = false;
  bool ready_ = false;
};

}  // namespace stom
