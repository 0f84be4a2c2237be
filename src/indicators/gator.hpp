// Gator oscillator (Williams): how far the alligator's jaw is from its teeth, above 0, and the teeth from the lips,
// below.
#pragma once

#include <cmath>

#include "indicators/alligator.hpp"
#include "indicators/input.hpp"

namespace stom {

class Gator {
 public:
  explicit Gator(int jaw = 13, int jaw_shift = 8, int teeth = 8, int teeth_shift = 5, int lips = 5, int lips_shift = 3)
      : alligator_{jaw, jaw_shift, teeth, teeth_shift, lips, lips_shift} {}

  void update(const Ohlcv& bar) { alligator_.update(bar); }
  bool ready() const { return alligator_.ready(); }
  double upper() const { return std::abs(alligator_.jaw() - alligator_.teeth()); }
  double lower() const { return -std::abs(alligator_.teeth() - alligator_.lips()); }

 private:
  Alligator alligator_;
};

}  // namespace stom
