// Triangular moving average: the values in the middle of the window count most. The mean of means.
#pragma once

#include "indicators/sma.hpp"

namespace stom {

class Trima {
 public:
  explicit Trima(int period) : means_{(period + 1) / 2}, mean_{period / 2 + 1} {}

  void update(double x) {
    means_.update(x);
    if (means_.ready()) mean_.update(means_.value());
  }
  bool ready() const { return mean_.ready(); }
  double value() const { return mean_.value(); }

 private:
  Sma means_;
  Sma mean_;
};

}  // namespace stom
