// No indicator takes memory after it is made, and no window over rows once a day has been as long: an update on the
// engine's thread may not wait for the allocator.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <new>
#include <vector>

#include "indicators/registry.hpp"
#include "indicators/row_windows.hpp"

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

TEST(Allocation, WindowsOverRowsTakeNoneAfterADayAsLong) {
  RowPlan plan{2};
  const RowWindow mean{.column = 0, .statistic = RowStatistic::Mean, .decimals = 3};
  const RowWindow highest{.column = 1, .statistic = RowStatistic::Max};
  const auto sixty = plan.window(mean, 60), earlier = plan.window(highest, 30, 5);
  const auto buyer = plan.add_buyer();
  const auto at_buy = plan.window_at_buy(highest, 10, buyer);
  const RowWindow open{.column = 1, .statistic = RowStatistic::Sum};
  plan.open_window(open);
  RowWindows rows{plan};
  std::size_t before = 0;
  for (int day = 0; day < 3; ++day) {
    if (day > 0) before = taken;
    rows.begin_day();
    for (int i = 0; i < 3000; ++i) {
      // Now and then a value so far from the others that sums are kept in another way.
      const double values[] = {100 + std::sin(i), i % 1000 == 999 ? 1e-250 : 1e6 + i};
      rows.append(values);
      rows.value(sixty);
      rows.value(earlier);
      rows.value(at_buy);
      rows.ask(open, 1 + i / 2, i / 3);
      if (i == 100) rows.bought(buyer);
      if (i == 200) rows.sold(buyer);
    }
    if (day > 0) {
      EXPECT_EQ(taken, before) << "day " << day;
    }
  }
}

}  // namespace
}  // namespace stom
