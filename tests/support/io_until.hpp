// Runs an Io until something has happened. The limit is there so that a test that fails ends.
#pragma once

#include <chrono>

#include "net/io.hpp"

namespace stom::testing {

template <class Condition>
bool until(net::Io& io, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{120};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    io.wait(std::chrono::milliseconds{100});
  }
  return true;
}

}  // namespace stom::testing
