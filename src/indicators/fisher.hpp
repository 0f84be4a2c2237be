// Fisher transform (Ehlers): where the bar's middle is in its range, smoothed and stretched so that turns stand out.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/math.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

/// How near to the edge of its range a place is let. At the edge itself the logarithm would be without end.
enum class FisherLimit : std::uint8_t {
  Ehlers,  // beyond 0.99 it reads 0.999 (his own; Stock.Indicators, Tulip)
  Late,    // at most 0.9999 (LEAN)
};

class Fisher {
 public:
  explicit Fisher(int period = 10, FisherLimit limit = FisherLimit::Ehlers) : range_{period}, limit_{limit} {}

  /// It counts from the first bar on, while the range is that of fewer bars.
  void update(const Ohlcv& bar) {
    const double x = bar.middle();
    range_.update(x, x);
    const double range = range_.highest() - range_.lowest();
    place_ = range > 0 ? limited(0.66 * ((x - range_.lowest()) / range - 0.5) + 0.67 * place_) : 0;
    trigger_ = value_;
    value_ = 0.5 * portable_log((1 + place_) / (1 - place_)) + 0.5 * value_;
  }
  bool ready() const { return range_.full(); }
  double value() const { return ready() ? value_ : kNotReady; }
  /// The value before.
  double trigger() const { return ready() ? trigger_ : kNotReady; }

 private:
  double limited(double place) const {
    if (limit_ == FisherLimit::Late) return std::clamp(place, -0.9999, 0.9999);
    return place > 0.99 ? 0.999 : place < -0.99 ? -0.999 : place;
  }

  RollingExtremes range_;
  FisherLimit limit_;
  double place_ = 0;  // -1 to 1
  double value_ = 0;
  double trigger_ = 0;
};

}  // namespace stom
