// Donchian channel: the highest high and the lowest low of n bars.
#pragma once

#include <cstdint>

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

/// Whether the channel knows the bar it is drawn at. A bar can only break out of a channel that does not.
enum class DonchianBars : std::uint8_t {
  Before,     // the n bars before this one (stock_indicators; the Turtle rules)
  Including,  // this bar and the n - 1 before it (TA-Lib's MAX and MIN, TradingView)
};

class Donchian {
 public:
  explicit Donchian(int period, DonchianBars bars = DonchianBars::Before) : range_{period}, bars_{bars} {}

  void update(double high, double low) {
    if (bars_ == DonchianBars::Before) take();
    range_.update(high, low);
    if (bars_ == DonchianBars::Including) take();
  }
  void update(const Ohlcv& bar) { update(bar.high, bar.low); }
  bool ready() const { return ready_; }
  double upper() const { return upper_; }
  double middle() const { return (upper_ + lower_) / 2; }
  double lower() const { return lower_; }

 private:
  void take() {
    if (!range_.full()) return;
    upper_ = range_.highest();
    lower_ = range_.lowest();
    ready_ = true;
  }

  RollingExtremes range_;
  DonchianBars bars_;
  bool ready_ = false;
  double upper_ = kNotReady;
  double lower_ = kNotReady;
};

}  // namespace stom
