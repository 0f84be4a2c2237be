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

  /// With the weights that Appel first gave them, 0.15 and 0.075, for 12 and 26 values.
  static Macd with_fixed_weights(int signal = 9) {
    Macd macd{12, 26, signal};
    macd.fast_ = Ema::with_weight(12, 0.15);
    macd.slow_ = Ema::with_weight(26, 0.075);
    return macd;
  }

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

class MacdFixed {
 public:
  explicit MacdFixed(int signal = 9) : macd_{Macd::with_fixed_weights(signal)} {}

  void update(double x) { macd_.update(x); }
  bool ready() const { return macd_.ready(); }
  double macd() const { return macd_.macd(); }
  double signal() const { return macd_.signal(); }
  double histogram() const { return macd_.histogram(); }

 private:
  Macd macd_;
};

/// A fast and a slow average of any kinds that give their first value together.
class AlignedAverages {
 public:
  AlignedAverages(int fast, AverageKind fast_kind, int slow, AverageKind slow_kind)
      : fast_{std::min(fast, slow), fast < slow ? fast_kind : slow_kind},
        slow_{std::max(fast, slow), fast < slow ? slow_kind : fast_kind} {
    const int before_fast = values_before(fast < slow ? fast_kind : slow_kind, std::min(fast, slow));
    const int before_slow = values_before(fast < slow ? slow_kind : fast_kind, std::max(fast, slow));
    skip_fast_ = std::max(0, before_slow - before_fast);
    skip_slow_ = std::max(0, before_fast - before_slow);
  }

  void update(double x) {
    if (skip_fast_ > 0) {
      --skip_fast_;
    } else {
      fast_.update(x);
    }
    if (skip_slow_ > 0) {
      --skip_slow_;
    } else {
      slow_.update(x);
    }
  }
  bool ready() const { return fast_.ready() && slow_.ready(); }
  double fast() const { return fast_.value(); }
  double slow() const { return slow_.value(); }

 private:
  Average fast_;
  Average slow_;
  int skip_fast_;
  int skip_slow_;
};

/// MACD with averages of any kind.
class MacdOfKinds {
 public:
  explicit MacdOfKinds(int fast = 12, AverageKind fast_kind = AverageKind::Sma, int slow = 26,
                       AverageKind slow_kind = AverageKind::Sma, int signal = 9,
                       AverageKind signal_kind = AverageKind::Sma)
      : averages_{fast, fast_kind, slow, slow_kind}, signal_{signal, signal_kind} {}

  void update(double x) {
    averages_.update(x);
    if (!averages_.ready()) return;
    line_ = averages_.fast() - averages_.slow();
    signal_.update(line_);
  }
  bool ready() const { return signal_.ready(); }
  double macd() const { return ready() ? line_ : kNotReady; }
  double signal() const { return signal_.value(); }
  double histogram() const { return line_ - signal_.value(); }

 private:
  AlignedAverages averages_;
  Average signal_;
  double line_ = kNotReady;
};

/// fast - slow (APO), also as per cent of slow (PPO). TA-Lib's standard for both is the simple average.
class PriceOscillator {
 public:
  explicit PriceOscillator(int fast = 12, int slow = 26, AverageKind kind = AverageKind::Sma)
      : averages_{fast, kind, slow, kind} {}

  void update(double x) { averages_.update(x); }
  bool ready() const { return averages_.ready(); }
  double absolute() const { return ready() ? averages_.fast() - averages_.slow() : kNotReady; }
  double percent() const {
    const double slow = averages_.slow();
    return slow != 0 ? absolute() / slow * 100 : 0;
  }

 private:
  AlignedAverages averages_;
};

}  // namespace stom
