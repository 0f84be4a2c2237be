#include "research/coverage.hpp"

#include <gtest/gtest.h>

namespace stom::research {
namespace {

constexpr UnixNanos kMonday = 19'940 * kDay;  // 2024-08-05

Message depth(UnixNanos time, std::int64_t first, std::int64_t last) {
  return {.receive_time = time, .first_update_id = first, .final_update_id = last, .kind = MessageKind::Depth};
}
Message snapshot(UnixNanos time, std::int64_t id) {
  return {.receive_time = time, .final_update_id = id, .kind = MessageKind::Snapshot};
}

TEST(Coverage, WithoutASnapshotAndAfterAGapThereIsNoBook) {
  TickCoverage ticks;
  MessageBatch batch;
  batch.messages = {depth(kMonday, 11, 12),
                    snapshot(kMonday + 10 * kSecond, 11),  // what was held continues it
                    depth(kMonday + 20 * kSecond, 13, 14),
                    depth(kMonday + 50 * kSecond, 17, 18),  // 15 and 16 never came
                    depth(kMonday + 60 * kSecond, 19, 20),
                    snapshot(kMonday + 90 * kSecond, 30),
                    depth(kMonday + 100 * kSecond, 31, 31)};
  ticks.observe(batch);
  const auto found = ticks.finish(kNoTime, kNever);
  EXPECT_EQ(found.gaps, 1u);
  EXPECT_DOUBLE_EQ(found.stale_share, 0.5) << "10 s before the first snapshot, 40 s after the gap, of 100 s";
  EXPECT_EQ(found.rows, 7u);
  EXPECT_EQ(found.days, 1u);
}

TEST(Coverage, BestPricesAloneAreNeverStale) {
  TickCoverage ticks;
  MessageBatch batch;
  batch.messages = {{.transaction_time = kMonday, .kind = MessageKind::Quote},
                    {.transaction_time = kMonday + kHour, .kind = MessageKind::Quote}};
  ticks.observe(batch);
  EXPECT_EQ(ticks.finish(kNoTime, kNever).stale_share, 0);
}

std::vector<Bar> bars_on(std::initializer_list<int> days) {
  std::vector<Bar> bars;
  for (const int day : days) bars.push_back({.time = kMonday + day * kDay});
  return bars;
}

TEST(Coverage, DaysThatWereAskedForAndAreNotThereAreNamed) {
  BarCoverage bars{kDay};
  bars.observe(bars_on({0, 1, 4}));
  const auto found = bars.finish(kMonday - 3 * kDay, kMonday + 8 * kDay);
  EXPECT_EQ(found.days, 3u);
  // From Friday to the Monday after: the weekends are no trading days here.
  EXPECT_EQ(day_list(found.missing_days), "2024-08-02, 2024-08-07 to 2024-08-08, 2024-08-12");
  EXPECT_EQ(day_list(found.missing_days, 1), "2024-08-02 and 3 more");
}

TEST(Coverage, AMarketThatTradesOnASaturdayMissesEveryDay) {
  BarCoverage bars{kDay};
  bars.observe(bars_on({0, 5, 7}));
  EXPECT_EQ(bars.finish(kNoTime, kNever).missing_days.size(), 5u);
}

TEST(Coverage, AHoleBetweenBarsOfOneDayIsAGapAndANightIsNone) {
  BarCoverage bars{kMinute};
  const auto at = [](DurationNanos t) { return Bar{.time = kMonday + t}; };
  bars.observe(std::vector{at(0), at(kMinute), at(5 * kMinute), at(kDay), at(kDay + kMinute)});
  const auto found = bars.finish(kNoTime, kNever);
  EXPECT_EQ(found.gaps, 1u);
  EXPECT_EQ(found.widest_gap, 4 * kMinute);
  EXPECT_TRUE(found.missing_days.empty());
}

// Binance on 2017-09-22: the hours from 20:00 are missing, and the next bar is of the next day.
TEST(Coverage, RoundTheClockAHoleMayReachToMidnight) {
  const auto hours = [](int last_of_first_day, int first_hour) {
    std::vector<Bar> bars;
    for (int hour = first_hour; hour <= last_of_first_day; ++hour) bars.push_back({.time = kMonday + hour * kHour});
    for (int hour = first_hour; hour < 24; ++hour) bars.push_back({.time = kMonday + kDay + hour * kHour});
    BarCoverage coverage{kHour};
    coverage.observe(bars);
    return coverage.finish(kNoTime, kNever);
  };
  EXPECT_EQ(hours(19, 0).gaps, 1u);
  EXPECT_EQ(hours(19, 0).widest_gap, 5 * kHour);
  EXPECT_EQ(hours(23, 0).gaps, 0u);
  EXPECT_EQ(hours(19, 9).gaps, 0u) << "a market that rests until nine";
}

}  // namespace
}  // namespace stom::research
