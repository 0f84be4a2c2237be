// No indicator takes memory after it is made: an update on the engine's thread may not wait for the allocator.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <new>
#include <vector>

#include "indicators/registry.hpp"

namespace {
std::size_t taken = 0;
}  // namespace

// All that are not aligned, so that none is freed by another's counterpart.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++taken;
  return std::malloc(size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc{};
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return operator new(size, std::nothrow); }
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace stom {
namespace {

TEST(Allocation, IndicatorsTakeNoneInAnUpdate) {
  for (const auto& info : indicators()) {
    auto indicator = make_indicator(info.name).value();
    std::vector<double> values(info.outputs.size());
    const std::size_t before = taken;
    for (int i = 0; i < 300; ++i) {
      const double price = 100 + 10 * std::sin(i);
      indicator->update({price, price + 1, price - 1, price + 0.5, 1000.0 + i});
      indicator->read(values);
    }
    EXPECT_EQ(taken, before) << info.name;
  }
}

}  // namespace
}  // namespace stom
