// A pair of texts over rows of which more is known than a file of them says.
#include "conditions/row_run.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace stom::conditions {
namespace {

// Each row is traded on only where its tick is the one that stands beside its price.
TEST(RowRun, BeforeTheNewLadderEachBoardHasItsTicks) {
  const std::vector<double> prices{99'900, 100'000, 499'500, 500'000, 1};
  const auto run = [&](bool kosdaq, const std::vector<double>& ticks) {
    constexpr std::int64_t kIndex[] = {20230120090000, 20230120090001, 20230120090002, 20230120090003, 20230120090004};
    const std::string_view names[] = {"현재가", "매수총잔량"};
    const std::vector<double> columns[] = {prices, ticks};
    RowFile rows;
    rows.kosdaq = kosdaq;
    EXPECT_TRUE(fill_rows(rows, Market::Stock, kIndex, names, columns).has_value());
    const auto made = make_pair_of({.buy = "매수 = 호가단위 == 매수총잔량",
                                    .sell = "매도 = 호가단위 == 매수총잔량",
                                    .variables = "self.vars[0] = 1\n",
                                    .named = {},
                                    .trace = {}});
    EXPECT_TRUE(made.pair.has_value());
    return run_rows(*made.pair, rows);
  };
  for (const RowRun& traded : {run(false, {100, 500, 500, 1'000, -1}), run(true, {100, 100, 100, 100, -1})}) {
    EXPECT_EQ(traded.buys, (std::vector<Bought>{{0}, {2}}));
    EXPECT_EQ(traded.sells, (std::vector<Sold>{{1, 1}, {3, 1}}));
  }
}

}  // namespace
}  // namespace stom::conditions
