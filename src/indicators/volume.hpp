// Volume summed with a sign: on-balance volume (Granville), accumulation/distribution and its oscillator (Chaikin).
#pragma once

#include <algorithm>
#include <cstdint>

#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

/// What the sum starts from; the two differ by the first bar's volume for ever.
enum class ObvStart : std::uint8_t {
  FirstVolume,  // TA-Lib
  Zero,         // stock_indicators
};

class Obv {
 public:
  explicit Obv(ObvStart start = ObvStart::FirstVolume) : start_{start} {}

  void update(const Ohlcv& bar) {
    if (!ready_) {
      value_ = start_ == ObvStart::FirstVolume ? bar.volume : 0;
    } else if (bar.close > close_) {
      value_ += bar.volume;
    } else if (bar.close < close_) {
      value_ -= bar.volume;
    }
    close_ = bar.close;
    ready_ = true;
  }
  bool ready() const { return ready_; }
  double value() const { return ready_ ? value_ : kNotReady; }

 private:
  ObvStart start_;
  double close_ = 0;
  double value_ = 0;
  bool ready_ = false;
};

/// Accumulation/distribution: volume, counted from -1 (closed at the low) to +1 (closed at the high).
class Ad {
 public:
  void update(const Ohlcv& bar) {
    const double range = bar.high - bar.low;
    if (range > 0) value_ += ((bar.close - bar.low) - (bar.high - bar.close)) / range * bar.volume;
    ready_ = true;
  }
  bool ready() const { return ready_; }
  double value() const { return ready_ ? value_ : kNotReady; }

 private:
  double value_ = 0;
  bool ready_ = false;
};

/// Chaikin's oscillator: the fast average of A/D less the slow one, both starting from the first value.
class AdOsc {
 public:
  explicit AdOsc(int fast = 3, int slow = 10)
      : fast_{std::min(fast, slow), EmaStart::FirstValue}, slow_{std::max(fast, slow), EmaStart::FirstValue} {}

  void update(const Ohlcv& bar) {
    ad_.update(bar);
    fast_.update(ad_.value());
    slow_.update(ad_.value());
  }
  bool ready() const { return slow_.ready(); }
  double value() const { return fast_.value() - slow_.value(); }

 private:
  Ad ad_;
  Ema fast_;
  Ema slow_;
};

}  // namespace stom
