// What the dominant cycle (hilbert.hpp) says: its period and phasor, its phase, the sine of it, and whether the price
// follows a trend instead. (Ehlers, Rocket Science for Traders)
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "core/math.hpp"
#include "indicators/hilbert.hpp"
#include "indicators/input.hpp"

namespace stom {

/// The period in values; the parts in phase and in quadrature.
class CyclePeriod {
 public:
  void update(double x) {
    cycle_.update(x);
    if (seen_ <= kFirst) ++seen_;
  }
  bool ready() const { return seen_ > kFirst; }
  double period() const { return ready() ? cycle_.period() : kNotReady; }
  double in_phase() const { return ready() ? cycle_.in_phase() : kNotReady; }
  double quadrature() const { return ready() ? cycle_.quadrature() : kNotReady; }

 private:
  static constexpr int kFirst = 32;

  DominantCycle cycle_{12};
  int seen_ = 0;
};

/// Where in its cycle the price is (degrees, -45 to 315), the sine of that and of an eighth of a cycle later; the price
/// without the cycle; and which of the two rules.
class CyclePhase {
 public:
  void update(double x) {
    cycle_.update(x);
    next_ = next_ + 1 < kLongest ? next_ + 1 : 0;
    prices_[next_] = x;
    smoothed_[next_] = cycle_.begun() ? cycle_.smoothed() : 0;
    if (seen_ <= kFirst) ++seen_;
    if (!cycle_.begun()) return;
    const double phase_before = phase_;
    const double sine_before = sine_;
    const double lead_before = lead_sine_;
    const auto period = measured() ? static_cast<std::size_t>(cycle_.period() + 0.5) : 0;
    find_phase(period);
    sine_ = portable_sin(phase_ / kDegreesPerRadian);
    lead_sine_ = portable_sin((phase_ + 45) / kDegreesPerRadian);
    find_trendline(period);
    decide(phase_before, sine_before, lead_before);
  }
  bool ready() const { return seen_ > kFirst; }
  double phase() const { return shown(phase_); }
  double sine() const { return shown(sine_); }
  double lead_sine() const { return shown(lead_sine_); }
  double trendline() const { return shown(trendline_); }
  /// 1 in a trend, 0 in a cycle.
  double trending() const { return shown(trending_ ? 1 : 0); }

 private:
  static constexpr int kFirst = 63;
  static constexpr std::size_t kLongest = 50;  // the longest period that is measured

  /// Whether the period is a number: a price that is none leaves none.
  bool measured() const { return !std::isnan(cycle_.period()); }
  double shown(double x) const { return ready() && measured() ? x : kNotReady; }

  /// The value of so many values ago.
  static double before(const std::array<double, kLongest>& ring, std::size_t next, std::size_t ago) {
    return ring[next >= ago ? next - ago : next + kLongest - ago];
  }

  struct Turn {
    double sine, cosine;
  };
  /// Sine and cosine of i / n of a turn, for every i below every n up to the longest period.
  static const Turn* turn(std::size_t n) {
    using Table = std::array<Turn, kLongest*(kLongest + 1) / 2>;
    static const Table table = [] {
      Table made{};
      std::size_t at = 0;
      for (std::size_t parts = 1; parts <= kLongest; ++parts)
        for (std::size_t i = 0; i < parts; ++i) {
          const double angle = static_cast<double>(i) * (360 / kDegreesPerRadian) / static_cast<double>(parts);
          made[at++] = {portable_sin(angle), portable_cos(angle)};
        }
      return made;
    }();
    return table.data() + n * (n - 1) / 2;
  }

  // The phase of one cycle's worth of prices, against a sine of that period.
  void find_phase(std::size_t period) {
    double real = 0;
    double imaginary = 0;
    if (period > 0) {
      const Turn* turns = turn(period);
      for (std::size_t i = 0; i < period; ++i) {
        const double price = before(smoothed_, next_, i);
        real += turns[i].sine * price;
        imaginary += turns[i].cosine * price;
      }
    }
    if (imaginary != 0) {
      phase_ = portable_atan(real / imaginary) * kDegreesPerRadian;
    } else if (real != 0) {
      phase_ += real < 0 ? -90 : 90;
    }
    phase_ += 90;
    phase_ += 360 / cycle_.period();  // the smoothing lags by one value
    if (imaginary < 0) phase_ += 180;
    if (phase_ > 315) phase_ -= 360;
  }

  // A mean over one cycle has no cycle left.
  void find_trendline(std::size_t period) {
    double mean = 0;
    for (std::size_t i = 0; i < period; ++i) mean += before(prices_, next_, i);
    if (period > 0) mean /= static_cast<double>(period);
    trendline_ = (4 * mean + 3 * means_[0] + 2 * means_[1] + means_[2]) / 10;
    means_ = {mean, means_[0], means_[1]};
  }

  // A cycle: from a crossing of the two sines for half a period, and while the phase moves at the cycle's pace. But a
  // price far from the trendline trends.
  void decide(double phase_before, double sine_before, double lead_before) {
    const bool crossed =
        (sine_ > lead_sine_ && sine_before <= lead_before) || (sine_ < lead_sine_ && sine_before >= lead_before);
    since_crossing_ = crossed ? 1 : since_crossing_ + 1;
    const double period = cycle_.period();
    const double moved = phase_ - phase_before;
    const bool at_pace = period != 0 && moved > 0.67 * 360 / period && moved < 1.5 * 360 / period;
    trending_ = !crossed && since_crossing_ >= 0.5 * period && !at_pace;
    if (trendline_ != 0 && std::abs((cycle_.smoothed() - trendline_) / trendline_) >= 0.015) trending_ = true;
  }

  DominantCycle cycle_{37};
  int seen_ = 0;
  std::size_t next_ = 0;
  std::array<double, kLongest> prices_{};
  std::array<double, kLongest> smoothed_{};
  std::array<double, 3> means_{};
  double phase_ = 0;
  double sine_ = 0;
  double lead_sine_ = 0;
  double trendline_ = 0;
  int since_crossing_ = 0;
  bool trending_ = false;
};

}  // namespace stom
