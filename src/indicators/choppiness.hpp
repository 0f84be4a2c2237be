// Choppiness index (Dreiss): 100 where the price covered much ground and got nowhere, near 0 where it went straight.
#pragma once

#include <algorithm>

#include "core/assert.hpp"
#include "core/math.hpp"
#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Choppiness {
 public:
  explicit Choppiness(int period = 14) : ranges_{period}, reach_{period}, scale_{100 / portable_log10(period)} {
    STOM_ASSERT(period >= 2);
  }

  void update(const Ohlcv& bar) {
    if (started_) {
      const double high = std::max(bar.high, close_);
      const double low = std::min(bar.low, close_);
      ranges_.update(high - low);
      reach_.update(high, low);
    }
    close_ = bar.close;
    started_ = true;
  }
  bool ready() const { return ranges_.full(); }
  /// 0 where nothing moved.
  double value() const {
    if (!ready()) return kNotReady;
    const double reach = reach_.highest() - reach_.lowest();
    return reach > 0 ? scale_ * portable_log10(ranges_.sum() / reach) : 0;
  }

 private:
  RollingSum ranges_;      // of the true ranges
  RollingExtremes reach_;  // from the lowest true low to the highest true high
  double scale_;
  double close_ = 0;
  bool started_ = false;
};

}  // namespace stom
