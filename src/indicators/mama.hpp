// MESA adaptive moving average (Ehlers): fast while the cycle's phase changes fast, slow in a trend; FAMA follows it at
// half the pace, and the two cross when a trend turns.
#pragma once

#include <algorithm>

#include "indicators/hilbert.hpp"
#include "indicators/input.hpp"

namespace stom {

class Mama {
 public:
  explicit Mama(double fast_limit = 0.5, double slow_limit = 0.05) : fast_{fast_limit}, slow_{slow_limit} {}

  void update(double x) {
    cycle_.update(x);
    if (seen_ <= kFirst) ++seen_;
    if (!cycle_.begun()) return;
    const double phase =
        cycle_.in_phase() != 0 ? portable_atan(cycle_.quadrature() / cycle_.in_phase()) * kDegreesPerRadian : 0;
    const double turned = phase_ - phase;
    phase_ = phase;
    const double weight = turned > 1 ? std::max(fast_ / turned, slow_) : fast_;
    mama_ = weight * x + (1 - weight) * mama_;
    fama_ = 0.5 * weight * mama_ + (1 - 0.5 * weight) * fama_;
  }
  bool ready() const { return seen_ > kFirst; }
  double mama() const { return ready() ? mama_ : kNotReady; }
  double fama() const { return ready() ? fama_ : kNotReady; }
  double value() const { return mama(); }

 private:
  static constexpr int kFirst = 32;

  double fast_;
  double slow_;
  DominantCycle cycle_{12};
  int seen_ = 0;
  double phase_ = 0;
  double mama_ = 0;
  double fama_ = 0;
};

}  // namespace stom
