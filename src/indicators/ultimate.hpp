// Ultimate oscillator (Williams): buying pressure as a share of the range over three windows, the shortest counting
// most.
#pragma once

#include <algorithm>

#include "indicators/atr.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class UltimateOscillator {
 public:
  explicit UltimateOscillator(int first = 7, int second = 14, int third = 28)
      : windows_{Window{first}, Window{second}, Window{third}} {}

  void update(const Ohlcv& bar) {
    if (started_) {
      const double pressure = bar.close - std::min(bar.low, close_);
      const double range = true_range(bar.high, bar.low, close_);
      for (auto& window : windows_) window.update(pressure, range);
    }
    close_ = bar.close;
    started_ = true;
  }
  bool ready() const { return windows_[0].range.full() && windows_[1].range.full() && windows_[2].range.full(); }
  double value() const {
    if (!ready()) return kNotReady;
    return 100 * (4 * windows_[0].share() + 2 * windows_[1].share() + windows_[2].share()) / 7;
  }

 private:
  struct Window {
    explicit Window(int n) : pressure{n}, range{n} {}
    void update(double p, double r) {
      pressure.update(p);
      range.update(r);
    }
    double share() const { return range.sum() > 0 ? pressure.sum() / range.sum() : 0; }
    RollingSum pressure;
    RollingSum range;
  };

  Window windows_[3];
  double close_ = 0;
  bool started_ = false;
};

}  // namespace stom
