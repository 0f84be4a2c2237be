// Ichimoku kinko hyo (Hosoda): the middles of three windows, two of them drawn ahead as a cloud.
#pragma once

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

/// leading_a() and leading_b() are the cloud that this bar stands in: computed `base` bars ago. The lagging span is
/// this bar's close, drawn `base` bars back; no value here looks ahead.
class Ichimoku {
 public:
  explicit Ichimoku(int conversion = 9, int base = 26, int leading = 52)
      : conversion_{conversion}, base_{base}, leading_{leading}, cloud_a_{base, kNotReady}, cloud_b_{base, kNotReady} {}

  void update(const Ohlcv& bar) {
    for (auto* window : {&conversion_, &base_, &leading_}) window->update(bar.high, bar.low);
    leading_a_ = cloud_a_.push((conversion() + base()) / 2);
    leading_b_ = cloud_b_.push(middle(leading_));
    lagging_ = bar.close;
  }
  bool ready() const { return leading_a_ == leading_a_ && leading_b_ == leading_b_; }
  double conversion() const { return middle(conversion_); }  // tenkan-sen
  double base() const { return middle(base_); }              // kijun-sen
  double leading_a() const { return leading_a_; }            // senkou span A
  double leading_b() const { return leading_b_; }            // senkou span B
  double lagging() const { return lagging_; }                // chikou span

 private:
  static double middle(const RollingExtremes& window) {
    return window.full() ? (window.highest() + window.lowest()) / 2 : kNotReady;
  }

  RollingExtremes conversion_;
  RollingExtremes base_;
  RollingExtremes leading_;
  Delay cloud_a_;
  Delay cloud_b_;
  double leading_a_ = kNotReady;
  double leading_b_ = kNotReady;
  double lagging_ = kNotReady;
};

}  // namespace stom
