// Percentage volume oscillator: a fast average of the volume less a slow one, in per cent of the slow one.
#pragma once

#include <algorithm>

#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

class VolumeOscillator {
 public:
  explicit VolumeOscillator(int fast = 12, int slow = 26, int signal = 9)
      : fast_{std::min(fast, slow)}, slow_{std::max(fast, slow)}, signal_{signal} {}

  void update(const Ohlcv& bar) {
    fast_.update(bar.volume);
    slow_.update(bar.volume);
    if (!slow_.ready()) return;
    value_ = slow_.value() > 0 ? 100 * (fast_.value() - slow_.value()) / slow_.value() : 0;
    signal_.update(value_);
  }
  bool ready() const { return signal_.ready(); }
  /// 0 where nothing trades.
  double value() const { return ready() ? value_ : kNotReady; }
  double signal() const { return signal_.value(); }
  double histogram() const { return value() - signal_.value(); }

 private:
  Ema fast_;
  Ema slow_;
  Ema signal_;
  double value_ = 0;
};

}  // namespace stom
