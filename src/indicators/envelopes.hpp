// Envelopes: a moving average, and a fixed percentage of it above and below.
#pragma once

#include "indicators/average.hpp"
#include "indicators/input.hpp"

namespace stom {

class Envelopes {
 public:
  explicit Envelopes(int period = 20, double percent = 2.5, AverageKind kind = AverageKind::Sma)
      : average_{period, kind}, fraction_{percent / 100} {}

  void update(double x) { average_.update(x); }
  bool ready() const { return average_.ready(); }
  double upper() const { return average_.value() * (1 + fraction_); }
  double middle() const { return average_.value(); }
  double lower() const { return average_.value() * (1 - fraction_); }

 private:
  Average average_;
  double fraction_;
};

}  // namespace stom
