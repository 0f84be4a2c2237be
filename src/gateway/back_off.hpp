// How long to wait before trying again: doubling, with a random part so that a thousand clients that were thrown out at
// once do not come back at once. From a seed.
#pragma once

#include <algorithm>

#include "core/random.hpp"
#include "core/time.hpp"

namespace stom::gateway {

struct BackOffLimits {
  DurationNanos first = 250 * kMillisecond;
  DurationNanos most = 30 * kSecond;
};

class BackOff {
 public:
  BackOff(const BackOffLimits& limits, std::uint64_t seed) : limits_{limits}, random_{seed} {}

  /// The next pause: between half of and all of first, 2 first, 4 first, ... most.
  DurationNanos next() {
    const DurationNanos whole = pause_;
    pause_ = pause_ > limits_.most / 2 ? limits_.most : pause_ * 2;
    return whole / 2 + static_cast<DurationNanos>(random_.below(static_cast<std::uint64_t>(whole - whole / 2) + 1));
  }
  /// It worked, and lasted.
  void reset() { pause_ = std::min(limits_.first, limits_.most); }

 private:
  BackOffLimits limits_;
  Random random_;
  DurationNanos pause_ = std::min(limits_.first, limits_.most);
};

}  // namespace stom::gateway
