// For tests: what their program takes from the heap. Included in one file of a test program: it replaces operator new
// and operator delete of all of it.
#pragma once

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace stom::test {

inline thread_local std::size_t allocations = 0;  // of this thread, since it began
inline std::atomic<std::size_t> bytes_held = 0;   // by all threads
inline std::atomic<std::size_t> most_held = 0;    // at once, since somebody set it back

inline void hold(void* memory) noexcept {
  const std::size_t size = ::malloc_usable_size(memory), held = bytes_held += size;
  for (std::size_t most = most_held; most < held && !most_held.compare_exchange_weak(most, held);) {
  }
}

inline void give_back(void* memory) noexcept {
  bytes_held -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace stom::test

// All that are not aligned, so that none is freed by another's counterpart.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++stom::test::allocations;
  void* memory = std::malloc(size);
  stom::test::hold(memory);
  return memory;
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc{};
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return operator new(size, std::nothrow); }
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { stom::test::give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { stom::test::give_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { stom::test::give_back(memory); }
void operator delete[](void* memory) noexcept { stom::test::give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { stom::test::give_back(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { stom::test::give_back(memory); }
