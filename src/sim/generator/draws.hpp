// Random variables of the order-flow generator, built on the seeded source with + - * / and integers only, so that a
// seed gives the same market on every build and CPU (no system libm).
#pragma once

#include <cstdint>

#include "core/math.hpp"
#include "core/random.hpp"

namespace stom::sim {

/// Exponential with mean 1.
inline double exponential(Random& random) {
  return -portable_log((static_cast<double>(random.next() >> 11) + 1) * 0x1p-53);
}

/// Close to a standard normal: the sum of four uniforms (Irwin-Hall), centred and scaled; |value| < 3.47.
constexpr double gaussian(Random& random) {
  const std::uint64_t r = random.next();
  const auto sum = static_cast<std::int64_t>((r & 0xFFFF) + ((r >> 16) & 0xFFFF) + ((r >> 32) & 0xFFFF) + (r >> 48));
  return static_cast<double>(sum - 2 * 0xFFFF) * (1.0 / (65536 * 0.57735026918962573));
}

/// Whole number in [0, 2^doublings) whose density falls like 1 / value: as many draws in 1..2 as in 512..1024.
constexpr std::int64_t log_uniform(Random& random, int doublings) {
  const std::uint64_t r = random.next();
  const auto width = 1 + static_cast<int>(((r >> 32) * static_cast<std::uint64_t>(doublings)) >> 32);
  return static_cast<std::int64_t>((r & 0xFFFFFFFFu) >> (32 - width));
}

}  // namespace stom::sim
