// For arrays of tens of megabytes that are filled from front to back: a page fault for each 2 MiB instead of each 4
// KiB.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stom {

/// Makes room for `n` elements, in large pages where the system has them. A hint: without them it is reserve().
template <class T>
void reserve_large(std::vector<T>& vector, std::size_t n) {
  constexpr std::uintptr_t kLarge = std::uintptr_t{2} << 20;
  vector.reserve(n);
  const auto begin = (reinterpret_cast<std::uintptr_t>(vector.data()) + kLarge - 1) / kLarge * kLarge;
  const auto end = reinterpret_cast<std::uintptr_t>(vector.data() + vector.capacity()) / kLarge * kLarge;
  if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace stom
