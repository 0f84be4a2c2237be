// Hull moving average: a weighted average made quick by the difference to a shorter one, and smoothed over sqrt(n).
#pragma once

#include <cmath>

#include "core/assert.hpp"
#include "indicators/input.hpp"
#include "indicators/wma.hpp"

namespace stom {

class Hma {
 public:
  explicit Hma(int period) : half_{period / 2}, whole_{period}, smooth_{static_cast<int>(std::sqrt(period))} {
    STOM_ASSERT(period >= 2);
  }

  void update(double x) {
    half_.update(x);
    whole_.update(x);
    if (whole_.ready()) smooth_.update(2 * half_.value() - whole_.value());
  }
  bool ready() const { return smooth_.ready(); }
  double value() const { return smooth_.value(); }

 private:
  Wma half_;
  Wma whole_;
  Wma smooth_;
};

}  // namespace stom
