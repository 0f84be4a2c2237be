// No indicator takes memory after it is made, and no window over rows once a day has been as long: an update on the
// engine's thread may not wait for the allocator.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/allocation_count.hpp"
#include "indicators/registry.hpp"
#include "indicators/row_windows.hpp"

namespace stom {
namespace {

TEST(Allocation, IndicatorsTakeNoneInAnUpdate) {
  for (const auto& info : indicators()) {
    auto indicator = make_indicator(info.name).value();
    std::vector<double> values(info.outputs.size());
    const std::size_t before = test::allocations;
    for (int i = 0; i < 300; ++i) {
      const double price = 100 + 10 * std::sin(i);
      indicator->update({price, price + 1, price - 1, price + 0.5, 1000.0 + i});
      indicator->read(values);
    }
    EXPECT_EQ(test::allocations, before) << info.name;
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
    if (day > 0) before = test::allocations;
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
      EXPECT_EQ(test::allocations, before) << "day " << day;
    }
  }
}

}  // namespace
}  // namespace stom
