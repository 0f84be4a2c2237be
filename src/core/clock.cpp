#include "core/clock.hpp"

#include <chrono>

namespace stom {

UnixNanos SystemClock::now() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace stom
