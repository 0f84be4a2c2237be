// Differences of a fast and a slow average: MACD (Appel) with its signal, PPO and APO.
#pragma once

#include <algorithm>
#include <cstdint>

#include "indicators/average.hpp"
#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

/// From which values the fast average starts.
enum class MacdStart : std::uint8_t {
  Aligned,    // the last `fast` of the first `slow` values (TA-Lib)
  FirstBars,  // the first `fast` values, as an EMA alone would (stock_indicators); the two converge
};

class Macd {
 public:
  explicit Macd(int fast = 12, int slow = 26, int signal = 9, MacdStart start = MacdStart::Aligned)
      : fast_{std::min(fast, slow)},
        slow_{std::max(fast, slow)},
        signal_{signal},
        skip_{start == MacdStart::Aligned ? std::max(fast, slow) - std::min(fast, slow) : 0} {}

  void update(double x) {
    slow_.update(x);
    if (skip_ > 0) {
      --skip_;
      return;
    }
    fast_.update(x);
    if (!slow_.ready()) return;
    line_ = fast_.value() - slow_.value();
    signal_.update(line_);
  }
  bool ready() const { return signal_.ready(); }
  double macd() const { return ready() ? line_ : kNotReady; }
  double signal() const { return signal_.value(); }
  double histogram() const { return line_ - signal_.value(); }

 private:
  Ema fast_;
  Ema slow_;
  Ema signal_;
  int skip_;
  double line_ = kNotReady;
};

/// fast - slow (APO), also as per cent of slow (PPO). TA-Lib's standard for both is the simple average.
class PriceOscillator {
 public:
  explicit PriceOscillator(int fast = 12, int slow = 26, AverageKind kind = AverageKind::Sma)
      : fast_{std::min(fast, slow), kind},
        slow_{std::max(fast, slow), kind},
        skip_{std::max(fast, slow) - std::min(fast, slow)} {}

  void update(double x) {
    slow_.update(x);
    if (skip_ > 0) {
      --skip_;
      return;
    }
    fast_.update(x);
  }
  bool ready() const { return slow_.ready(); }
  double absolute() const { return fast_.value() - slow_.value(); }
  double percent() const {
    const double slow = slow_.value();
    return slow != 0 ? (fast_.value() - slow) / slow * 100 : 0;
  }

 private:
  Average fast_;
  Average slow_;
  int skip_;
};

}  // namespace stom
