// ATR trailing stop: k average true ranges away from the close, it only ever moves towards the price, and changes sides
// when a close reaches it. SuperTrend measures from the middle of the bar instead.
#pragma once

#include <limits>

#include "indicators/atr.hpp"
#include "indicators/input.hpp"

namespace stom {

class AtrStop {
 public:
  explicit AtrStop(int period = 21, double ranges = 3) : atr_{period}, ranges_{ranges} {}

  void update(const Ohlcv& bar) {
    atr_.update(bar);
    if (atr_.ready()) move(bar.close);
    close_ = bar.close;
  }
  bool ready() const { return ready_; }
  double value() const { return !ready_ ? kNotReady : rising_ ? lower_ : upper_; }
  /// The stop while it is above the price (of a short), and while it is below (of a long).
  double upper() const { return ready_ && !rising_ ? upper_ : kNotReady; }
  double lower() const { return ready_ && rising_ ? lower_ : kNotReady; }

 private:
  void move(double close) {
    if (!ready_) rising_ = close >= close_;
    ready_ = true;
    const double distance = ranges_ * atr_.value();
    if (close + distance < upper_ || close_ > upper_) upper_ = close + distance;
    if (close - distance > lower_ || close_ < lower_) lower_ = close - distance;
    rising_ = close > (rising_ ? lower_ : upper_);
  }

  Atr atr_;
  double ranges_;
  double close_ = 0;
  double upper_ = std::numeric_limits<double>::infinity();
  double lower_ = -std::numeric_limits<double>::infinity();
  bool rising_ = false;
  bool ready_ = false;
};

}  // namespace stom
