// Where the close is between the lowest low and the highest high of n bars: stochastic (Lane), its fast form, Williams'
// %R, and the stochastic of the RSI.
#pragma once

#include <concepts>

#include "indicators/average.hpp"
#include "indicators/input.hpp"
#include "indicators/rsi.hpp"
#include "indicators/sma.hpp"
#include "indicators/window.hpp"

namespace stom {

/// 0 at the lowest low, 100 at the highest high, 0 where there is no range (TA-Lib).
inline double place_in_range(double x, double lowest, double highest) {
  const double range = highest - lowest;
  return range > 0 ? 100 * (x - lowest) / range : 0;
}

/// %K is the place in the range, %D its average.
template <class Mean>
class StochasticFastOf {
 public:
  explicit StochasticFastOf(int k_period = 5, int d_period = 3)
    requires std::same_as<Mean, Sma>
      : range_{k_period}, d_{d_period} {}
  StochasticFastOf(int k_period, int d_period, AverageKind d_kind)
    requires std::same_as<Mean, Average>
      : range_{k_period}, d_{d_period, d_kind} {}

  void update(double high, double low, double close) {
    range_.update(high, low);
    if (!range_.full()) return;
    k_ = place_in_range(close, range_.lowest(), range_.highest());
    d_.update(k_);
  }
  void update(const Ohlcv& bar) { update(bar.high, bar.low, bar.close); }
  bool ready() const { return d_.ready(); }
  double k() const { return ready() ? k_ : kNotReady; }
  double d() const { return d_.value(); }

 private:
  RollingExtremes range_;
  Mean d_;
  double k_ = 0;
};

/// With the simple averages that it is usually meant with, and with any.
using StochasticFast = StochasticFastOf<Sma>;
using StochasticFastOfKinds = StochasticFastOf<Average>;

/// The slow stochastic: %K is the fast one's average, %D the average of that.
template <class Mean>
class StochasticOf {
 public:
  explicit StochasticOf(int fast_k = 5, int slow_k = 3, int slow_d = 3)
    requires std::same_as<Mean, Sma>
      : range_{fast_k}, k_{slow_k}, d_{slow_d} {}
  StochasticOf(int fast_k, int slow_k, AverageKind k_kind, int slow_d, AverageKind d_kind)
    requires std::same_as<Mean, Average>
      : range_{fast_k}, k_{slow_k, k_kind}, d_{slow_d, d_kind} {}

  void update(double high, double low, double close) {
    range_.update(high, low);
    if (!range_.full()) return;
    k_.update(place_in_range(close, range_.lowest(), range_.highest()));
    if (k_.ready()) d_.update(k_.value());
  }
  void update(const Ohlcv& bar) { update(bar.high, bar.low, bar.close); }
  bool ready() const { return d_.ready(); }
  double k() const { return ready() ? k_.value() : kNotReady; }
  double d() const { return d_.value(); }

 private:
  RollingExtremes range_;
  Mean k_;
  Mean d_;
};

using Stochastic = StochasticOf<Sma>;
using StochasticOfKinds = StochasticOf<Average>;

/// 0 at the highest high, -100 at the lowest low.
class WilliamsR {
 public:
  explicit WilliamsR(int period = 14) : range_{period} {}

  void update(const Ohlcv& bar) {
    range_.update(bar.high, bar.low);
    close_ = bar.close;
  }
  bool ready() const { return range_.full(); }
  double value() const {
    if (!ready()) return kNotReady;
    const double range = range_.highest() - range_.lowest();
    return range > 0 ? -100 * (range_.highest() - close_) / range : 0;
  }

 private:
  RollingExtremes range_;
  double close_ = 0;
};

class StochasticRsi {
 public:
  explicit StochasticRsi(int period = 14, int k_period = 5, int d_period = 3, AverageKind d_kind = AverageKind::Sma)
      : rsi_{period}, stochastic_{k_period, d_period, d_kind} {}

  void update(double x) {
    rsi_.update(x);
    if (rsi_.ready()) stochastic_.update(rsi_.value(), rsi_.value(), rsi_.value());
  }
  bool ready() const { return stochastic_.ready(); }
  double k() const { return stochastic_.k(); }
  double d() const { return stochastic_.d(); }

 private:
  Rsi rsi_;
  StochasticFastOfKinds stochastic_;
};

}  // namespace stom
