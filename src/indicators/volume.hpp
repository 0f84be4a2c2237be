// Volume summed with a sign: on-balance volume (Granville), accumulation/distribution, its oscillator and its share of
// a window's volume (Chaikin).
#pragma once

#include <cstdint>

#include "indicators/ema.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

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

/// A bar's volume, counted from -1 (closed at the low) to +1 (closed at the high); 0 where there is no range.
inline double money_flow_volume(const Ohlcv& bar) {
  const double range = bar.high - bar.low;
  return range > 0 ? ((bar.close - bar.low) - (bar.high - bar.close)) / range * bar.volume : 0;
}

/// Accumulation/distribution: the sum of that.
class Ad {
 public:
  void update(const Ohlcv& bar) {
    value_ += money_flow_volume(bar);
    ready_ = true;
  }
  bool ready() const { return ready_; }
  double value() const { return ready_ ? value_ : kNotReady; }

 private:
  double value_ = 0;
  bool ready_ = false;
};

/// Chaikin's oscillator: the fast average of A/D less the slow one, both starting from the first value. As in TA-Lib
/// the first period is that of the one, whether it is the shorter or not.
class AdOsc {
 public:
  explicit AdOsc(int fast = 3, int slow = 10) : fast_{fast, EmaStart::FirstValue}, slow_{slow, EmaStart::FirstValue} {}

  void update(const Ohlcv& bar) {
    ad_.update(bar);
    fast_.update(ad_.value());
    slow_.update(ad_.value());
  }
  bool ready() const { return fast_.ready() && slow_.ready(); }
  double value() const { return fast_.value() - slow_.value(); }

 private:
  Ad ad_;
  Ema fast_;
  Ema slow_;
};

/// Chaikin's money flow: the sum of that over the last n bars, as a share of their volume.
class Cmf {
 public:
  explicit Cmf(int period = 20) : period_{period}, flow_{period}, volume_{period} {}

  void update(const Ohlcv& bar) {
    flow_.update(money_flow_volume(bar));
    volume_.update(bar.volume);
    bars_without_volume_ = bar.volume > 0 ? 0 : bars_without_volume_ + 1;
  }
  bool ready() const { return volume_.full(); }
  /// -1 to 1; 0 where nothing traded.
  double value() const {
    if (!ready()) return kNotReady;
    return bars_without_volume_ < period_ ? flow_.sum() / volume_.sum() : 0;
  }

 private:
  int period_;
  int bars_without_volume_ = 0;
  RollingSum flow_;
  RollingSum volume_;
};

}  // namespace stom
