// Volume-weighted average price: what the market paid on average, since the session began or over the last n bars; and
// the same of the closes (VWMA).
#pragma once

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Vwap {
 public:
  void update(double price, double volume) {
    value_sum_ += price * volume;
    volume_ += volume;
  }
  void update(const Ohlcv& bar) { update(bar.typical(), bar.volume); }
  /// The average forgets what was before: call it before the first bar of a day, a session, or since an event
  /// (anchored).
  void start_session() { value_sum_ = volume_ = 0; }
  bool ready() const { return volume_ > 0; }
  double value() const { return ready() ? value_sum_ / volume_ : kNotReady; }

 private:
  double value_sum_ = 0;
  double volume_ = 0;
};

/// Over the last n bars.
class RollingVwap {
 public:
  explicit RollingVwap(int period) : period_{period}, value_sum_{period}, volume_{period} {}

  void update(double price, double volume) {
    value_sum_.update(price * volume);
    volume_.update(volume);
    bars_without_volume_ = volume > 0 ? 0 : bars_without_volume_ + 1;
  }
  void update(const Ohlcv& bar) { update(bar.typical(), bar.volume); }
  /// Not while nothing traded in the whole window.
  bool ready() const { return volume_.full() && bars_without_volume_ < period_; }
  double value() const { return ready() ? value_sum_.sum() / volume_.sum() : kNotReady; }

 private:
  int period_;
  int bars_without_volume_ = 0;
  RollingSum value_sum_;
  RollingSum volume_;
};

/// The volume-weighted moving average: of the closes of the last n bars.
class Vwma {
 public:
  explicit Vwma(int period) : average_{period} {}

  void update(const Ohlcv& bar) { average_.update(bar.close, bar.volume); }
  bool ready() const { return average_.ready(); }
  double value() const { return average_.value(); }

 private:
  RollingVwap average_;
};

}  // namespace stom
