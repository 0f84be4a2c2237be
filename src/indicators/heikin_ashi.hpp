// Heikin-Ashi bars: each opens in the middle of the body before and closes at the mean of its bar, so trends show.
#pragma once

#include <algorithm>

#include "indicators/input.hpp"
#include "indicators/pointwise.hpp"

namespace stom {

class HeikinAshi {
 public:
  void update(const Ohlcv& bar) {
    open_ = ready_ ? (open_ + close_) / 2 : (bar.open + bar.close) / 2;
    close_ = average_price(bar);
    high_ = std::max({bar.high, open_, close_});
    low_ = std::min({bar.low, open_, close_});
    ready_ = true;
  }
  bool ready() const { return ready_; }
  double open() const { return open_; }
  double high() const { return high_; }
  double low() const { return low_; }
  double close() const { return close_; }

 private:
  double open_ = kNotReady;
  double high_ = kNotReady;
  double low_ = kNotReady;
  double close_ = kNotReady;
  bool ready_ = false;
};

}  // namespace stom
