// Vortex (Botes and Siepman): how far highs are from the lows before, and lows from the highs before, of all movement.
#pragma once

#include <cmath>

#include "indicators/atr.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Vortex {
 public:
  explicit Vortex(int period = 14) : period_{period}, plus_{period}, minus_{period}, range_{period} {}

  void update(const Ohlcv& bar) {
    if (started_) {
      const double range = true_range(bar.high, bar.low, before_.close);
      plus_.update(std::abs(bar.high - before_.low));
      minus_.update(std::abs(bar.low - before_.high));
      range_.update(range);
      bars_without_range_ = range > 0 ? 0 : bars_without_range_ + 1;
    }
    before_ = bar;
    started_ = true;
  }
  bool ready() const { return range_.full(); }
  double plus() const { return share(plus_); }
  double minus() const { return share(minus_); }

 private:
  // 0 where nothing moved: what a sum leaves behind is no range.
  double share(const RollingSum& sum) const {
    if (!ready()) return kNotReady;
    return bars_without_range_ < period_ ? sum.sum() / range_.sum() : 0;
  }

  int period_;
  int bars_without_range_ = 0;
  RollingSum plus_;
  RollingSum minus_;
  RollingSum range_;
  Ohlcv before_;
  bool started_ = false;
};

}  // namespace stom
