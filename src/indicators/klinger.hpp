// Klinger volume oscillator: volume with the sign of the trend, the less of it the nearer the trend is to its turn; a
// fast average of that less a slow one.
#pragma once

#include <algorithm>
#include <cmath>

#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

class Klinger {
 public:
  explicit Klinger(int fast = 34, int slow = 55, int signal = 13)
      : fast_{std::min(fast, slow)}, slow_{std::max(fast, slow)}, signal_{signal} {}

  void update(const Ohlcv& bar) {
    const double sum = bar.high + bar.low + bar.close;
    const double range = bar.high - bar.low;
    const int trend = sum > sum_ ? 1 : -1;
    if (bars_ >= 2) add(force(trend, range, bar.volume));
    bars_ = std::min(bars_ + 1, 2);
    sum_ = sum;
    range_ = range;
    trend_ = trend;
  }
  bool ready() const { return signal_.ready(); }
  double value() const { return ready() ? fast_.value() - slow_.value() : kNotReady; }
  double signal() const { return signal_.value(); }

 private:
  // Of a bar that is all of its trend's way, or of no volume, none.
  double force(int trend, double range, double volume) {
    way_ = trend == trend_ ? way_ + range : range_ + range;
    if (range == way_ || volume == 0) return force_ = 0;
    if (range == 0) return force_ = volume * 2 * trend * 100;
    if (way_ != 0) force_ = volume * std::abs(2 * (range / way_ - 1)) * trend * 100;
    return force_;
  }
  void add(double force) {
    fast_.update(force);
    slow_.update(force);
    if (slow_.ready()) signal_.update(fast_.value() - slow_.value());
  }

  Ema fast_;
  Ema slow_;
  Ema signal_;
  int bars_ = 0;
  int trend_ = 0;
  double sum_ = 0;
  double range_ = 0;
  double way_ = 0;  // of the bars since the trend turned
  double force_ = 0;
};

}  // namespace stom
