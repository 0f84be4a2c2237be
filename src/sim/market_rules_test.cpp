#include "sim/market_rules.hpp"

#include <gtest/gtest.h>

namespace stom::sim {
namespace {

Instrument stock() {
  return {.id = "kiwoom:005930",
          .ladder = {{{0}, {1}},
                     {{2'000}, {5}},
                     {{5'000}, {10}},
                     {{20'000}, {50}},
                     {{50'000}, {100}},
                     {{200'000}, {500}},
                     {{500'000}, {1'000}}}};
}
MarketRules krx(const char* group, const char* day) { return market_rules_on("krx", group, parse_day(day).value()); }

TEST(PriceLimits, TheWidthIsCutToTheTickAtTheBasePrice) {
  const PriceLimits limits = daily_limits(stock(), {260'500}, 300'000'000);
  // 78,150 becomes 78,000 by the tick of 500 at 260,500; 182,350 by the tick of 100 down there would be another price.
  EXPECT_EQ(limits.upper.value, 338'500);
  EXPECT_EQ(limits.lower.value, 182'500);
}

TEST(PriceLimits, WhereTheLadderGetsCoarserTheLimitIsCutInwards) {
  const PriceLimits up = daily_limits(stock(), {1'717}, 300'000'000);
  EXPECT_EQ(up.upper.value, 2'230) << "1,717 + 515 = 2,232, where the tick is 5";
  EXPECT_EQ(up.lower.value, 1'202);
  const PriceLimits down = daily_limits(stock(), {2'000}, 300'000'000);
  EXPECT_EQ(down.lower.value, 1'400);
  EXPECT_EQ(down.upper.value, 2'600);
}

TEST(PriceLimits, APennyStockMayMoveATick) {
  const PriceLimits limits = daily_limits(stock(), {2}, 300'000'000);
  EXPECT_EQ(limits.lower.value, 1);
  EXPECT_EQ(limits.upper.value, 3);
}

TEST(PriceLimits, WithoutABasePriceNothingIsRefused) {
  EXPECT_FALSE(daily_limits(stock(), {0}, 300'000'000).known());
  EXPECT_TRUE(PriceLimits{}.hold({1}));
  EXPECT_FALSE((PriceLimits{{70}, {130}}.hold({131})));
  EXPECT_TRUE((PriceLimits{{70}, {130}}.hold({70})));
}

TEST(MarketRules, TheLimitWas15PerCentUntil20150615) {
  EXPECT_EQ(krx("general", "2015-06-12").price_limit, 150'000'000);
  EXPECT_EQ(krx("general", "2015-06-12").static_vi, 0);
  EXPECT_EQ(krx("general", "2015-06-15").price_limit, 300'000'000);
  EXPECT_EQ(krx("general", "2015-06-15").static_vi, 100'000'000);
}

TEST(MarketRules, ADynamicInterruptionGoesByTheGroupOfTheStockAndThePhase) {
  const MarketRules large = krx("kospi200", "2025-09-03"), other = krx("general", "2025-09-03");
  EXPECT_EQ(large.dynamic_continuous, 30'000'000);
  EXPECT_EQ(large.dynamic_closing_call, 20'000'000);
  EXPECT_EQ(other.dynamic_continuous, 60'000'000);
  EXPECT_EQ(other.dynamic_closing_call, 40'000'000);
  EXPECT_EQ(other.vi_call, 2 * kMinute);
  EXPECT_EQ(other.vi_random_end, 30 * kSecond);
  const MarketRules nxt = market_rules_on("nxt", "general", parse_day("2025-09-03").value());
  EXPECT_EQ(nxt.price_limit, 300'000'000);
  EXPECT_EQ(nxt.dynamic_continuous, 0);
}

// Interruptions as the news told them: 17,620 -> 19,390, 6,110 -> 5,490 and 10,000 -> 9,260 interrupted trading.
TEST(MarketRules, APriceAsFarAwayAsTheRateInterrupts) {
  EXPECT_TRUE(moved_too_far({19'390}, {17'620}, 100'000'000));
  EXPECT_TRUE(moved_too_far({5'490}, {6'110}, 100'000'000));
  EXPECT_TRUE(moved_too_far({9'260}, {10'000}, 60'000'000));
  EXPECT_TRUE(moved_too_far({11'000}, {10'000}, 100'000'000));
  EXPECT_FALSE(moved_too_far({10'990}, {10'000}, 100'000'000));
  EXPECT_FALSE(moved_too_far({20'000}, {10'000}, 0)) << "a market without the rule";
}

}  // namespace
}  // namespace stom::sim
