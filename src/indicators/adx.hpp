// Directional movement (Wilder): +DI and -DI say which way the bars reach, ADX how much they agree.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/assert.hpp"
#include "indicators/atr.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

/// What the smoothed movements start from.
enum class AdxStart : std::uint8_t {
  TaLib,   // the sum of n - 1 bars, already smoothed once when first used
  Wilder,  // the sum of n bars, used as it is (Wilder's book, stock_indicators); the two converge
};

class Adx {
 public:
  explicit Adx(int period, AdxStart start = AdxStart::TaLib)
      : period_{period},
        summed_{start == AdxStart::TaLib ? period - 1 : period},
        keep_{1 - 1.0 / period},
        weight_{1.0 / period} {
    STOM_ASSERT(period >= 2);
  }

  void update(double high, double low, double close) {
    const double rise = high - high_;
    const double fall = low_ - low;
    const double range = true_range(high, low, close_);
    const double up = greater(rise, fall);
    const double down = greater(fall, rise);
    high_ = high;
    low_ = low;
    close_ = close;
    if (seen_ <= summed_) {
      if (seen_++ > 0) {
        up_ += up;
        down_ += down;
        range_ += range;
      }
      if (seen_ <= period_) return;  // Wilder's start goes on: its sum is the first value
    } else {
      up_ = up_ * keep_ + up;  // three at once: here the work costs, not the wait that decay.hpp shortens
      down_ = down_ * keep_ + down;
      range_ = range_ * keep_ + range;
    }
    average(up_, down_);
  }
  void update(const Ohlcv& bar) { update(bar.high, bar.low, bar.close); }
  bool ready() const { return averaged_ >= period_; }
  /// +DI and -DI come period - 1 bars before ADX.
  bool direction_ready() const { return averaged_ > 0; }
  double adx() const { return ready() ? adx_ : kNotReady; }
  double plus_di() const { return direction(up_); }
  double minus_di() const { return direction(down_); }
  /// The smoothed movements themselves come a bar before the directions.
  double plus_dm() const { return movement_ready() ? up_ : kNotReady; }
  double minus_dm() const { return movement_ready() ? down_ : kNotReady; }
  bool movement_ready() const { return seen_ >= period_; }
  double dx() const { return direction_ready() ? agreement(up_, down_).value : kNotReady; }

 private:
  // x where it is above 0 and above the other, else 0. By arithmetic: neither can be foreseen, so a branch is wrong
  // half the time.
  static double greater(double x, double other) { return (0.5 * (x + std::abs(x))) * static_cast<double>(x > other); }

  struct Agreement {
    double value;
    bool moved;
  };
  // |+DI - -DI| / (+DI + -DI): the range cancels.
  static Agreement agreement(double up, double down) {
    const double both = up + down;
    return both > kStill ? Agreement{100 * std::abs(up - down) / both, true} : Agreement{0, false};
  }
  void average(double up, double down) {
    const auto dx = agreement(up, down);
    if (averaged_ >= period_) [[likely]] {
      if (dx.moved) adx_ = adx_ * keep_ + dx.value * weight_;  // a market that stands still keeps its ADX
      return;
    }
    adx_ += dx.value * weight_;
    ++averaged_;
  }
  double direction(double movement) const {
    if (!direction_ready()) return kNotReady;
    return range_ > kStill ? 100 * movement / range_ : 0;
  }

  static constexpr double kStill = 1e-30;

  int period_;
  int summed_;
  int seen_ = 0;
  int averaged_ = 0;
  double keep_;
  double weight_;
  double high_ = 0;
  double low_ = 0;
  double close_ = 0;
  double up_ = 0;
  double down_ = 0;
  double range_ = 0;
  double adx_ = 0;
};

/// +DI, -DI and DX alone, ready when they are. Of one bar the directions are TA-Lib's: its movement as a share of its
/// range, smoothed by nothing and not in per cent.
class Directions : private Adx {
 public:
  explicit Directions(int period) : Adx{std::max(period, 2)}, of_one_bar_{period == 1} {}

  void update(const Ohlcv& bar) {
    if (!of_one_bar_) return Adx::update(bar);
    const double rise = bar.high - before_.high, fall = before_.low - bar.low;
    const double range = true_range(bar.high, bar.low, before_.close);
    const auto share = [range](double movement, double other) {
      return movement > 0 && movement > other && range > 0 ? movement / range : 0;
    };
    plus_ = started_ ? share(rise, fall) : kNotReady;
    minus_ = started_ ? share(fall, rise) : kNotReady;
    before_ = bar;
    started_ = true;
  }
  bool ready() const { return of_one_bar_ ? plus_ == plus_ : direction_ready(); }
  double plus() const { return of_one_bar_ ? plus_ : plus_di(); }
  double minus() const { return of_one_bar_ ? minus_ : minus_di(); }
  double index() const { return dx(); }

 private:
  bool of_one_bar_, started_ = false;
  Ohlcv before_{};
  double plus_ = kNotReady, minus_ = kNotReady;
};

/// Wilder's sums of the movements up and down.
class Movements : private Adx {
 public:
  explicit Movements(int period) : Adx{period} {}

  using Adx::update;
  bool ready() const { return movement_ready(); }
  double plus() const { return plus_dm(); }
  double minus() const { return minus_dm(); }
};

/// The mean of ADX now and n - 1 bars ago.
class Adxr {
 public:
  explicit Adxr(int period) : adx_{period}, past_{period - 1, kNotReady} {}

  void update(const Ohlcv& bar) {
    adx_.update(bar);
    if (!adx_.ready()) return;
    value_ = (adx_.adx() + past_.push(adx_.adx())) / 2;
    ready_ = value_ == value_;
  }
  bool ready() const { return ready_; }
  double value() const { return value_; }

 private:
  Adx adx_;
  Delay past_;
  double value_ = kNotReady;
  bool ready_ = false;
};

}  // namespace stom
