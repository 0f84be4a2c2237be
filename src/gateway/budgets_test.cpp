// A venue's limits are never broken, whatever the wire does to the order and time of requests; and what it says of its
// own count is believed.
#include "gateway/budgets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/random.hpp"

namespace stom::gateway {
namespace {

using venues::Budget;
using venues::BudgetKind;
using venues::Costs;
using venues::Header;
using venues::Priority;

venues::Description one_of(Budget budget) {
  return {.name = "x",
          .endpoints = {},
          .budgets = {std::move(budget)},
          .rate_refusals = {{.status = 429, .wait_header = "Retry-After"},
                            {.status = 418, .shuts_out = true, .wait_header = "Retry-After"}}};
}
Budget weight(std::int64_t limit = 100, std::int64_t reserve = 0) {
  return {.name = "weight-1m",
          .kind = BudgetKind::FixedWindow,
          .limit = limit,
          .window = kMinute,
          .kept_for_risk = reserve,
          .header = "X-MBX-USED-WEIGHT-1M"};
}
Budget per_second(std::int64_t limit) {
  return {.name = "orders-1s",
          .kind = BudgetKind::SlidingWindow,
          .limit = limit,
          .window = kSecond,
          .header = "Remaining-Req",
          .header_group = "order",
          .header_key = "sec"};
}
const Costs kOne{{0, 1}};

TEST(Budgets, ACountThatNoVenueHasClosesTheWindowAndNoMore) {
  Budgets budgets{one_of(weight(100))};
  const UnixNanos noon = 12 * kHour;
  budgets.spend(kOne, noon);
  const Header header{"X-MBX-USED-WEIGHT-1M", "9223372036854775807"};
  budgets.answered(kOne, {&header, 1}, noon, noon + kSecond);
  EXPECT_EQ(budgets.free_at(kOne, Priority::Order, noon + kSecond), noon + kMinute);
}

TEST(Budgets, AFixedWindowBeginsAnewAtTheVenuesMinute) {
  Budgets budgets{one_of(weight(2))};
  const UnixNanos noon = 12 * kHour;
  const auto ask = [&](UnixNanos now) {
    EXPECT_EQ(budgets.free_at(kOne, Priority::Query, now), now);
    budgets.spend(kOne, now);
    budgets.ended(kOne, now, true);
  };
  for (int i = 0; i < 2; ++i) ask(noon + 50 * kSecond);
  EXPECT_EQ(budgets.free_at(kOne, Priority::Query, noon + 59 * kSecond), noon + kMinute);
  // The venue's clock is 3 s ahead of ours: its minute was over 2 s ago.
  budgets.clock_offset(3 * kSecond, 0);
  for (int i = 0; i < 2; ++i) ask(noon + 59 * kSecond);
  EXPECT_EQ(budgets.free_at(kOne, Priority::Query, noon + 59 * kSecond), noon + 57 * kSecond + kMinute);
}

TEST(Budgets, TheLastUnitsAreForRiskAlone) {
  Budgets budgets{one_of(weight(10, 3))};
  for (int i = 0; i < 7; ++i) budgets.spend(kOne, 0);
  EXPECT_GT(budgets.free_at(kOne, Priority::Order, 0), 0);
  EXPECT_EQ(budgets.free_at(kOne, Priority::Risk, 0), 0);
  EXPECT_FALSE(budgets.fits({{0, 8}}, Priority::Order));
  EXPECT_TRUE(budgets.fits({{0, 10}}, Priority::Risk));
}

TEST(Budgets, WhatNeverLeftCostsNothing) {
  Budgets budgets{one_of(weight(1))};
  budgets.spend(kOne, 0);
  EXPECT_GT(budgets.free_at(kOne, Priority::Query, 0), 0);
  budgets.ended(kOne, 0, false);
  EXPECT_EQ(budgets.free_at(kOne, Priority::Query, 0), 0);
}

TEST(Budgets, TheVenuesCountWinsOverOurs) {
  Budgets budgets{one_of(weight(100))};
  const auto ask = [&](const char* used) {
    budgets.spend({{0, 5}}, 1);
    const std::vector<Header> headers{{"x-mbx-used-weight-1m", used}};
    budgets.answered({{0, 5}}, headers, 1, 2);
  };
  ask("40");  // another program of ours asks there too
  EXPECT_EQ(budgets.used(0, 3), 40);
  budgets.spend({{0, 5}}, 3);  // on its way
  EXPECT_EQ(budgets.used(0, 3), 45);
  ask("30");  // an older answer that was overtaken
  EXPECT_EQ(budgets.used(0, 3), 45);
  ask("nonsense");
  EXPECT_EQ(budgets.used(0, 3), 50);
  Budgets cheaper{one_of(weight(100))};  // the venue charges less than we thought
  cheaper.spend({{0, 50}}, 1);
  const std::vector<Header> headers{{"X-MBX-USED-WEIGHT-1M", "2"}};
  cheaper.answered({{0, 50}}, headers, 1, 2);
  EXPECT_EQ(cheaper.used(0, 2), 2);
}

TEST(Budgets, ACountOfTheMinuteBeforeSaysNothingOfThisOne) {
  Budgets budgets{one_of(weight(100))};
  const std::vector<Header> headers{{"X-MBX-USED-WEIGHT-1M", "99"}};
  budgets.spend(kOne, kMinute - 1);
  budgets.answered(kOne, headers, kMinute - 1, kMinute + 1);
  EXPECT_EQ(budgets.used(0, kMinute + 1), 1);  // it may have arrived in this minute
}

// Who waited for the minute's end is there as it begins: the count of a venue whose clock is a little behind is that of
// the minute before, and would close all of this one.
TEST(Budgets, AMinuteIsTakenForBegunWhenByTheVenuesClockItSurelyIs) {
  Budgets budgets{one_of(weight(100))};
  constexpr DurationNanos kError = 20 * kMillisecond;
  budgets.clock_offset(0, kError);
  const auto ask = [&](UnixNanos sent, const char* used) {
    const std::vector<Header> headers{{"X-MBX-USED-WEIGHT-1M", used}};
    budgets.spend(kOne, sent);
    budgets.answered(kOne, headers, sent, sent + kMillisecond);
  };
  ask(kMinute - kSecond, "100");
  EXPECT_EQ(budgets.free_at(kOne, Priority::Order, kMinute - 1), kMinute + kError);
  EXPECT_EQ(budgets.free_at(kOne, Priority::Order, kMinute), kMinute + kError);
  ask(kMinute + 5 * kMillisecond, "100");  // a cancel, which waits for nothing
  EXPECT_EQ(budgets.free_at(kOne, Priority::Order, kMinute + kError), kMinute + kError);
  EXPECT_EQ(budgets.used(0, kMinute + kError), 1) << "it may have been this minute's first";
  ask(kMinute + kError, "7");
  EXPECT_EQ(budgets.used(0, kMinute + kError + kMillisecond), 7);
}

TEST(Budgets, WhatRemainsIsReadOfItsGroupAlone) {
  Budgets budgets{one_of(per_second(8))};
  const std::vector<Header> others{{"Remaining-Req", "group=default; min=1799; sec=1"}};
  budgets.spend(kOne, 0);
  budgets.answered(kOne, others, 0, 1);
  EXPECT_EQ(budgets.used(0, 1), 1);
  const std::vector<Header> ours{{"remaining-req", "group=order; min=1799; sec=1"}};
  budgets.spend(kOne, 1);
  budgets.answered(kOne, ours, 1, 2);
  EXPECT_EQ(budgets.used(0, 2), 7);
}

TEST(Budgets, TooManyClosesTheBudgetForAsLongAsTheVenueSays) {
  for (const auto& [header, wait] : std::vector<std::pair<std::string, DurationNanos>>{
           {"7", 7 * kSecond}, {"", kMinute}, {"soon", kMinute}, {"99999999999999999999", kMinute}, {"-1", kMinute}}) {
    auto description = one_of(weight());
    description.budgets.push_back(per_second(5));
    Budgets budgets{description};
    const std::vector<Header> headers{{"retry-after", header}};
    budgets.spend(kOne, 0);
    budgets.answered(kOne, headers, 0, 1);
    EXPECT_EQ(budgets.refused(429, headers, kOne, 1), 1 + wait) << header;
    EXPECT_EQ(budgets.free_at(kOne, Priority::Risk, 1), 1 + wait) << header;
    EXPECT_EQ(budgets.free_at({{1, 1}}, Priority::Order, 1), 1) << "another budget stays open";
    // Shut out: nothing at all.
    EXPECT_EQ(budgets.refused(418, headers, kOne, 1), 1 + wait);
    EXPECT_EQ(budgets.free_at({{1, 1}}, Priority::Risk, 1), 1 + wait);
    EXPECT_EQ(budgets.free_at({}, Priority::Risk, 1), 1 + wait);
    EXPECT_FALSE(budgets.refused(400, headers, kOne, 1));
  }
}

TEST(Budgets, WhatIsHeldIsFreeWhenItIsGivenBack) {
  Budgets budgets{one_of({.name = "registrations", .kind = BudgetKind::Standing, .limit = 2})};
  budgets.spend({{0, 2}}, 0);
  budgets.ended({{0, 2}}, 0, true);
  EXPECT_EQ(budgets.free_at(kOne, Priority::Session, kDay), kNever);
  budgets.release(0, 1);
  EXPECT_EQ(budgets.free_at(kOne, Priority::Session, kDay), kDay);
  budgets.set_limit(0, 1);
  EXPECT_EQ(budgets.free_at(kOne, Priority::Session, kDay), kNever);
}

/// A venue that counts what arrives, and a wire that delays each request and each answer by any time, or loses the
/// answer. However we send as soon as we think we may, the venue never counts more than its limit.
struct Wire {
  struct Request {
    UnixNanos sent, arrives, settles;
    std::int64_t amount;
    bool answered;
    bool settled = false;
    std::int64_t venue_count = 0;
  };
};
void never_over(Budget budget, DurationNanos offset, DurationNanos error, bool reports, std::uint64_t seed) {
  Random random{seed};
  const auto limit = budget.limit;
  const auto window = budget.window;
  const bool fixed = budget.kind == BudgetKind::FixedWindow;
  const std::string header = budget.header;
  if (!reports) budget.header.clear();
  Budgets budgets{one_of(budget)};
  budgets.clock_offset(
      offset + static_cast<DurationNanos>(random.below(2 * static_cast<std::uint64_t>(error) + 1)) - error, error);
  std::vector<Wire::Request> requests;
  const auto count_at = [&](UnixNanos at) {  // what the venue counts when `at` arrives
    std::int64_t sum = 0;
    for (const auto& one : requests)
      if (one.arrives <= at &&
          (fixed ? (one.arrives + offset) / window == (at + offset) / window : one.arrives > at - window))
        sum += one.amount;
    return sum;
  };
  UnixNanos now = 1000 * window;
  for (int step = 0; step < 400; ++step) {
    // Answers that came by now, in their order.
    for (;;) {
      Wire::Request* next = nullptr;
      for (auto& one : requests)
        if (!one.settled && one.settles <= now && (next == nullptr || one.settles < next->settles)) next = &one;
      if (next == nullptr) break;
      next->settled = true;
      const Costs costs{{0, static_cast<std::int32_t>(next->amount)}};
      const std::vector<Header> headers{{"X-MBX-USED-WEIGHT-1M", std::to_string(count_at(next->arrives))}};
      if (next->answered)
        budgets.answered(costs, headers, next->sent, next->settles);
      else
        budgets.ended(costs, next->settles, true);
    }
    const auto amount = static_cast<std::int64_t>(random.below(5)) + 1;
    const Costs costs{{0, static_cast<std::int32_t>(amount)}};
    const auto when = budgets.free_at(costs, Priority::Order, now);
    if (when == now) {
      budgets.spend(costs, now);
      const auto there = static_cast<DurationNanos>(random.below(static_cast<std::uint64_t>(window / 4)));
      const auto back = static_cast<DurationNanos>(random.below(static_cast<std::uint64_t>(window / 4)));
      requests.push_back({now, now + there, now + there + back, amount, random.below(4) > 0});
      now += static_cast<DurationNanos>(random.below(static_cast<std::uint64_t>(window / 40)));
    } else {
      UnixNanos next = when;
      for (const auto& one : requests)
        if (!one.settled) next = std::min(next, one.settles);
      ASSERT_NE(next, kNever) << "seed " << seed << ": nothing will ever make room";
      ASSERT_GT(next, now);
      now = next;
    }
  }
  for (const auto& one : requests) ASSERT_LE(count_at(one.arrives), limit) << "seed " << seed;
  // And it is not idle either: it uses a good part of what it may.
  std::int64_t all = 0;
  for (const auto& one : requests) all += one.amount;
  EXPECT_GT(all, limit * (now / window - 1000) / 3) << "seed " << seed;
}

TEST(Budgets, NoOrderOfArrivalBreaksAFixedWindow) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    for (const DurationNanos error : {DurationNanos{0}, 30 * kMillisecond, 3 * kSecond}) {
      never_over(weight(20), 0, error, false, seed);
      never_over(weight(20), 7 * kSecond, error, true, seed);
      never_over(weight(50), -3 * kSecond, error, true, seed);
    }
  }
}

TEST(Budgets, NoOrderOfArrivalBreaksASlidingWindow) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    never_over(per_second(8), 0, 0, false, seed);
    never_over(per_second(30), 0, 0, false, seed);
  }
}

}  // namespace
}  // namespace stom::gateway
