// Windows over a day's rows: by hand, and beside the plainest way to compute each of them from all rows of the day.
#include "indicators/row_windows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/exact_sum.hpp"
#include "core/random.hpp"
#include "core/simd.hpp"

namespace stom {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr RowWindow kValue{.statistic = RowStatistic::Value};
constexpr RowWindow kMean{.statistic = RowStatistic::Mean};
constexpr RowWindow kSum{.statistic = RowStatistic::Sum};
constexpr RowWindow kMax{.statistic = RowStatistic::Max};
constexpr RowWindow kMin{.statistic = RowStatistic::Min};

RowWindow word(std::string_view name, bool coin = false) {
  const auto* found = find_row_window_word(name);
  EXPECT_NE(found, nullptr) << name;
  return found->window(0, coin);
}

void append(RowWindows& rows, std::initializer_list<double> values) {
  for (const double x : values) rows.append({&x, 1});
}

/// To the last bit; of what is not known there is one kind.
bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

// ---- by hand

TEST(RowWindows, HistoryIsTheValueThenAndZeroBeforeTheDay) {
  RowPlan plan{1};
  const auto now = plan.window(kValue, 1, 0), one = plan.window(kValue, 1, 1), three = plan.window(kValue, 1, 3);
  RowWindows rows{plan};
  EXPECT_EQ(rows.value(now), 0);
  append(rows, {10, 20, 30});
  EXPECT_EQ(rows.value(now), 30);
  EXPECT_EQ(rows.value(one), 20);
  EXPECT_EQ(rows.value(three), 0);
  append(rows, {40});
  EXPECT_EQ(rows.value(three), 10);
}

TEST(RowWindows, AWindowIsZeroUntilAllOfItsRowsAreThere) {
  RowPlan plan{1};
  const auto mean = plan.window(word("이동평균"), 3), earlier = plan.window(word("이동평균"), 3, 1);
  const auto highest = plan.window(word("최고현재가"), 3);
  RowWindows rows{plan};
  append(rows, {10, 11});
  EXPECT_EQ(rows.value(mean), 0);
  EXPECT_EQ(rows.value(highest), 0);
  append(rows, {13});
  EXPECT_EQ(rows.value(mean), 11.333);
  EXPECT_EQ(rows.value(highest), 13);
  EXPECT_EQ(rows.value(earlier), 0);
  append(rows, {9});
  EXPECT_EQ(rows.value(mean), 11);
  EXPECT_EQ(rows.value(earlier), 11.333);
  EXPECT_EQ(rows.value(highest), 13);
  append(rows, {1, 1});
  EXPECT_EQ(rows.value(highest), 9);
}

TEST(RowWindows, ADayKnowsNothingOfTheDayBefore) {
  RowPlan plan{1};
  const auto sum = plan.window(word("누적초당매수수량"), 2), before = plan.window(kValue, 1, 1);
  const auto lowest = plan.window(word("최저현재가"), 2);
  RowWindows rows{plan};
  append(rows, {5, 7});
  EXPECT_EQ(rows.value(sum), 12);
  rows.begin_day();
  EXPECT_EQ(rows.length(), 0);
  EXPECT_EQ(rows.value(sum), 0);
  append(rows, {100});
  EXPECT_EQ(rows.value(sum), 0);
  EXPECT_EQ(rows.value(before), 0);
  append(rows, {200});
  EXPECT_EQ(rows.value(sum), 300);
  EXPECT_EQ(rows.value(lowest), 100);
}

TEST(RowWindows, MeansAreRoundedAsTheirWordSays) {
  RowPlan plan{1};
  const auto stock = plan.window(word("이동평균"), 3), coin = plan.window(word("이동평균", true), 3);
  const auto strength = plan.window(word("체결강도평균", true), 3), value = plan.window(word("초당거래대금평균"), 3);
  RowWindows rows{plan};
  append(rows, {1, 1, 3});  // 5/3
  EXPECT_EQ(rows.value(stock), 1.667);
  EXPECT_EQ(rows.value(coin), 1.66666667);
  EXPECT_EQ(rows.value(strength), 1.667);
  EXPECT_EQ(rows.value(value), 1);
  append(rows, {-1, -7});  // -5/3
  EXPECT_EQ(rows.value(value), -1) << "int() cuts towards zero";
}

TEST(RowWindows, ASumHasNoDrift) {
  RowPlan plan{1};
  const auto ten = plan.window(kSum, 10), three = plan.window(kSum, 3);
  RowWindows rows{plan};
  append(rows, {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1});
  EXPECT_EQ(rows.value(ten), 1.0) << "added one after the other they make 0.9999999999999999";
  append(rows, {1e16, 1, -1e16});
  EXPECT_EQ(rows.value(three), 1.0);
}

// round(atan2(d x c, n) / (2 pi) x 360, 2), d from the window's first row to its last.
TEST(RowWindows, AnAngleIsThatOfTheSlope) {
  RowPlan plan{1};
  const auto change = plan.window(word("등락율각도"), 5), coin = plan.window(word("등락율각도", true), 5);
  const auto volume = plan.window(word("전일비각도"), 5), before = plan.window(word("전일비각도"), 5, 1);
  const auto one = plan.window(word("전일비각도"), 1);
  RowWindows rows{plan};
  append(rows, {2, 9, 9, 9});
  EXPECT_EQ(rows.value(change), 0);
  append(rows, {3});
  EXPECT_EQ(rows.value(change), 45);     // atan2(1 x 5, 5)
  EXPECT_EQ(rows.value(coin), 63.43);    // atan2(1 x 10, 5)
  EXPECT_EQ(rows.value(volume), 11.31);  // atan2(1 x 1, 5)
  EXPECT_EQ(rows.value(before), 0);
  EXPECT_EQ(rows.value(one), 0);
  append(rows, {4});  // from 9
  EXPECT_EQ(rows.value(volume), -45);
  EXPECT_EQ(rows.value(before), 11.31);
}

TEST(RowWindows, TheBuyRowIsThatOfTheFirstPurchaseUntilAllIsSold) {
  RowPlan plan{1};
  const auto mine = plan.add_buyer(), other = plan.add_buyer();
  const auto price = plan.window_at_buy(kValue, 1, mine), mean = plan.window_at_buy(word("이동평균"), 2, mine);
  const auto long_mean = plan.window_at_buy(word("이동평균"), 4, mine);
  const auto others = plan.window_at_buy(kValue, 1, other);
  RowWindows rows{plan};
  append(rows, {10, 20, 30});
  EXPECT_EQ(rows.value(price), 0) << "nothing is held";
  rows.bought(mine);
  append(rows, {40});
  rows.bought(other);
  append(rows, {50});
  EXPECT_EQ(rows.value(price), 30);
  EXPECT_EQ(rows.value(mean), 25);
  EXPECT_EQ(rows.value(long_mean), 0) << "three rows before the purchase are not four";
  EXPECT_EQ(rows.value(others), 40);
  rows.begin_day();
  append(rows, {60});
  EXPECT_EQ(rows.value(price), 30) << "held over night, it was bought where it was bought";
  EXPECT_EQ(rows.value(mean), 25);
  rows.sold(mine);
  EXPECT_EQ(rows.value(price), 0);
  EXPECT_EQ(rows.value(mean), 0);
  EXPECT_EQ(rows.value(others), 40);
}

TEST(RowWindows, WhatATextAsksWhileItRunsIsAnsweredFromTheWholeDay) {
  RowPlan plan{1};
  const auto mine = plan.add_buyer();
  plan.open_window(kMean);
  RowWindows rows{plan};
  EXPECT_EQ(rows.ask(kMean, 1, 0), 0);
  append(rows, {1, 2, 3, 4});
  EXPECT_EQ(rows.ask(kMean, 2, 0), 3.5);
  EXPECT_EQ(rows.ask(kMean, 2, 2), 1.5);
  EXPECT_EQ(rows.ask(kMean, 2, 3), 0);
  EXPECT_EQ(rows.ask(kMean, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()), 0);
  EXPECT_EQ(rows.ask_at_buy(kMean, 1, mine), 0);
  rows.bought(mine);
  append(rows, {100});
  EXPECT_EQ(rows.ask_at_buy(kMean, 4, mine), 2.5);
  EXPECT_EQ(rows.ask_at_buy(kMean, 5, mine), 0);
  rows.begin_day();
  append(rows, {1000, 1000});
  EXPECT_EQ(rows.ask_at_buy(kMean, 2, mine), 3.5);
  EXPECT_EQ(rows.ask_at_buy(kMean, 5, mine), 0);
  rows.begin_day();
  EXPECT_EQ(rows.ask_at_buy(kMean, 2, mine), 3.5);
  rows.sold(mine);
  EXPECT_EQ(rows.ask_at_buy(kMean, 2, mine), 0);
  append(rows, {7, 8});
  rows.bought(mine);
  EXPECT_EQ(rows.ask_at_buy(kMean, 2, mine), 7.5) << "another purchase, another row";
}

TEST(RowWindows, TheSameQuestionIsOneWindow) {
  RowPlan plan{2};
  const auto mine = plan.add_buyer(), other = plan.add_buyer();
  EXPECT_EQ(plan.window(kMean, 30), plan.window(kMean, 30, 0));
  EXPECT_EQ(plan.window_at_buy(kMean, 30, mine), plan.window_at_buy(kMean, 30, mine));
  EXPECT_NE(plan.window_at_buy(kMean, 30, mine), plan.window_at_buy(kMean, 30, other));
  EXPECT_NE(plan.window(kMean, 30), plan.window(kMean, 30, 1));
  EXPECT_NE(plan.window(kMean, 30), plan.window(kSum, 30));
  EXPECT_NE(plan.window(kMean, 30), plan.window({.column = 1, .statistic = RowStatistic::Mean}, 30));
  EXPECT_NE(plan.window(word("이동평균"), 30), plan.window(word("이동평균", true), 30));
}

TEST(RowWindows, WhatIsNotKnownMakesItsWindowsUnknownAndNoOthers) {
  RowPlan plan{1};
  const RowWindow all[] = {kMean, kSum, kMax, kMin};
  std::vector<RowPlan::WindowId> two, earlier;
  for (const auto& window : all) two.push_back(plan.window(window, 2)), earlier.push_back(plan.window(window, 2, 2));
  RowWindows rows{plan};
  append(rows, {1, 3, kNaN, 5});
  for (const auto id : two) EXPECT_TRUE(std::isnan(rows.value(id)));
  EXPECT_EQ(rows.value(earlier[0]), 2);
  append(rows, {7});
  EXPECT_EQ(rows.value(two[0]), 6);
  EXPECT_EQ(rows.value(two[1]), 12);
  EXPECT_EQ(rows.value(two[2]), 7);
  EXPECT_EQ(rows.value(two[3]), 5);
  for (const auto id : earlier) EXPECT_TRUE(std::isnan(rows.value(id)));
  rows.begin_day();
  append(rows, {1, 2, 3, 4});
  EXPECT_EQ(rows.value(earlier[1]), 3);
}

TEST(RowWindows, SumsWithoutEndAreDecidedAsFsumDoes) {
  RowPlan plan{1};
  const auto sum = plan.window(kSum, 2), whole = plan.window(word("초당거래대금평균"), 2);
  RowWindows rows{plan};
  append(rows, {1, kInfinity});
  EXPECT_EQ(rows.value(sum), kInfinity);
  EXPECT_TRUE(std::isnan(rows.value(whole))) << "int(inf) raises";
  append(rows, {-kInfinity});
  EXPECT_TRUE(std::isnan(rows.value(sum)));
  append(rows, {1});
  EXPECT_EQ(rows.value(sum), -kInfinity);
  append(rows, {1e308, 1e308});
  EXPECT_TRUE(std::isnan(rows.value(sum)));
}

TEST(RowWindows, AConditionIsCountedFromTheRowOnWhichItHeld) {
  RowsSince rows;
  const auto after = [&](bool held) { return rows.update(held), rows.value(); };
  EXPECT_EQ(after(false), 0);
  EXPECT_EQ(after(false), 0) << "never yet";
  EXPECT_EQ(after(true), 0);
  EXPECT_EQ(after(false), 1);
  EXPECT_EQ(after(false), 2);
  EXPECT_EQ(after(true), 0);
  EXPECT_EQ(after(false), 1);
  rows.begin_day();
  EXPECT_EQ(after(false), 0) << "not on this day";
}

// ---- beside the plainest way

struct Day {
  std::vector<double> rows;
  double plain(const RowWindow& window, std::int64_t n, std::int64_t k) const {
    const auto length = static_cast<std::int64_t>(rows.size());
    if (n + k > length) return 0;
    const std::span part =
        std::span{rows}.subspan(static_cast<std::size_t>(length - k - n), static_cast<std::size_t>(n));
    switch (window.statistic) {
      case RowStatistic::Value:
        return part.back();
      case RowStatistic::Sum:
        return exact_sum(part);
      case RowStatistic::Mean:
        return exact_sum(part) / static_cast<double>(n);
      case RowStatistic::Max:
      case RowStatistic::Min:
        if (std::ranges::any_of(part, [](double x) { return std::isnan(x); })) return kNaN;
        return window.statistic == RowStatistic::Max ? std::ranges::max(part) : std::ranges::min(part);
      case RowStatistic::Angle:
        break;
    }
    return kNaN;
  }
};

using Draw = double (*)(Random&);
double of_price(Random& random) { return 60'000 + static_cast<double>(random.below(100'000)) / 100; }
double of_ratio(Random& random) { return random.uniform() * 500; }
double of_change(Random& random) { return (random.uniform() - 0.5) * 1e-3; }
/// Of both signs and short, now and then one that is too long for the four at a time.
double whole_numbers(Random& random) {
  if (random.below(200) == 0) return static_cast<double>(random.below(std::uint64_t{1} << (40 + random.below(14))));
  return static_cast<double>(random.below(100'000)) - 50'000;
}
/// All bits of a double, over a power of two, below which its last bit is worth half as much.
double across_a_power_of_two(Random& random) { return 65'530 + static_cast<double>(random.below(1200)) / 100; }
/// A coin's quantity in a second: long numbers, nothing most of the time, and once in a while what has a sign.
double seldom_traded(Random& random) {
  const std::uint64_t kind = random.below(100);
  return kind < 60 ? 0 : kind == 99 ? -random.uniform() : random.uniform() * 40;
}
double mostly_nothing(Random& random) { return random.below(5) == 0 ? static_cast<double>(random.below(1000)) : 0; }
double far_apart(Random& random) {
  const double fraction = random.uniform() - 0.5;
  return std::ldexp(fraction, static_cast<int>(random.below(1900)) - 1000);
}
/// Quiet, with something from the far ends now and then: the unit has to follow, and to be given up.
double sometimes_far(Random& random) { return random.below(300) == 0 ? far_apart(random) : of_price(random); }
double ever_finer(Random& random) { return random.uniform() * std::ldexp(1.0, -static_cast<int>(random.below(60))); }
double sometimes_unknown(Random& random) {
  const std::uint64_t kind = random.below(60);
  return kind == 0 ? kNaN : kind == 1 ? kInfinity : kind == 2 ? -kInfinity : of_ratio(random);
}

class BesideThePlainestWay : public testing::TestWithParam<Draw> {};

TEST_P(BesideThePlainestWay, EveryWindowIsTheSameOnEveryRow) {
  Random random{11};
  RowPlan plan{1};
  struct Asked {
    RowWindow window;
    std::int64_t n, k;
    RowPlan::WindowId id;
  };
  std::vector<Asked> asked;
  for (const RowWindow& window : {kValue, kMean, kSum, kMax, kMin}) {
    for (const std::int64_t n : {1, 2, 3, 7, 30, 60, 129, 300, 1000}) {
      if (window.statistic == RowStatistic::Value && n > 1) continue;
      for (const std::int64_t k : {0, 1, 5, 64, 200}) asked.push_back({window, n, k, plan.window(window, n, k)});
    }
  }
  RowWindows rows{plan};
  for (int day = 0; day < 3; ++day) {
    Day plain;
    rows.begin_day();
    for (int row = 0; row < 1500; ++row) {
      plain.rows.push_back(GetParam()(random));
      rows.append({&plain.rows.back(), 1});
      // Not each window on each row: what is not read must not be missed either.
      for (std::size_t i = random.below(17); i < asked.size(); i += 1 + random.below(40)) {
        const auto& [window, n, k, id] = asked[i];
        const double want = plain.plain(window, n, k), got = rows.value(id);
        ASSERT_TRUE(same(got, want)) << got << " for " << want << ", statistic " << static_cast<int>(window.statistic)
                                     << " n " << n << " k " << k << " row " << row << " day " << day;
      }
    }
  }
}

/// Rows in blocks of any length, looked from one after the other, beside the same one by one.
void compare_blocks(Draw draw) {
  Random random{14};
  RowPlan plan{2};
  const auto mine = plan.add_buyer();
  std::vector<RowPlan::WindowId> asked;
  for (const RowWindow& window : {kValue, kMean, kSum, kMax, kMin, word("등락율각도"), word("이동평균")})
    for (const std::int64_t n : {1, 2, 7, 60, 300, 700})
      for (const std::int64_t k : {0, 1, 100}) asked.push_back(plan.window(window, n, k));
  for (const RowWindow& window : {kMean, kMax}) asked.push_back(plan.window_at_buy(window, 20, mine));
  plan.open_window({.column = 1, .statistic = RowStatistic::Max});
  RowWindows one{plan}, many{plan, 128};
  for (int day = 0; day < 3; ++day) {
    one.begin_day();
    many.begin_day();
    for (std::size_t row = 0; row < 1500;) {
      const std::size_t rows = std::min<std::size_t>(1 + random.below(128), 1500 - row);
      std::vector<double> first, second;
      for (std::size_t i = 0; i < rows; ++i) {
        first.push_back(draw(random));
        second.push_back(draw(random));
      }
      const double* const columns[] = {first.data(), second.data()};
      many.append(columns, rows);
      for (std::size_t i = 0; i < rows; ++i) {
        const double both[] = {first[i], second[i]};
        one.append(both);
        many.look_from(i);
        ASSERT_EQ(one.length(), many.length());
        for (std::size_t a = random.below(7); a < asked.size(); a += 1 + random.below(20))
          ASSERT_TRUE(same(one.value(asked[a]), many.value(asked[a]))) << "window " << a << " row " << row + i;
        const RowWindow open{.column = 1, .statistic = RowStatistic::Max};
        const auto n = static_cast<std::int64_t>(1 + random.below(1500));
        ASSERT_TRUE(same(one.ask(open, n, 3), many.ask(open, n, 3))) << "row " << row + i;
        if (random.below(50) == 0) one.bought(mine), many.bought(mine);
        if (random.below(90) == 0) one.sold(mine), many.sold(mine);
      }
      row += rows;
    }
  }
}

TEST_P(BesideThePlainestWay, EveryWindowIsTheSameInBlocks) {
  set_simd_enabled(false);
  compare_blocks(GetParam());
  set_simd_enabled(true);  // one by one, little is done with it
  compare_blocks(GetParam());
}

TEST_P(BesideThePlainestWay, OpenWindowsAreTheSameForAnyLengthAndShift) {
  Random random{12};
  RowPlan plan{1};
  const RowWindow windows[] = {kMean, kSum, kMax, kMin};
  for (const RowWindow& window : windows) plan.open_window(window);
  RowWindows rows{plan};
  for (int day = 0; day < 2; ++day) {
    Day plain;
    rows.begin_day();
    for (int row = 0; row < 3000; ++row) {
      plain.rows.push_back(GetParam()(random));
      rows.append({&plain.rows.back(), 1});
      const auto n = static_cast<std::int64_t>(1 + random.below(plain.rows.size()));
      const auto k = static_cast<std::int64_t>(random.below(plain.rows.size() - static_cast<std::size_t>(n) + 1));
      const RowWindow& window = windows[random.below(4)];
      const double want = plain.plain(window, n, k), got = rows.ask(window, n, k);
      ASSERT_TRUE(same(got, want)) << got << " for " << want << ", n " << n << " k " << k << " row " << row;
    }
  }
}

TEST(RowWindows, NoMoreRowsAreKeptThanTheLongestWindowNeedsAndNoFewer) {
  for (const std::int64_t n : {1, 2, 63, 64, 128, 129, 250, 500, 4096, 5000}) {
    Random random{13};
    RowPlan plan{1};
    const auto sum = plan.window(kSum, n), highest = plan.window(kMax, n);
    RowWindows rows{plan};
    Day plain;
    for (int row = 0; row < 6000; ++row) {
      plain.rows.push_back(far_apart(random));
      rows.append({&plain.rows.back(), 1});
      if (row % 97 != 0) continue;
      ASSERT_EQ(rows.value(sum), plain.plain(kSum, n, 0)) << "n " << n << " row " << row;
      ASSERT_EQ(rows.value(highest), plain.plain(kMax, n, 0)) << "n " << n << " row " << row;
    }
  }
}

TEST(RowWindows, TheSumOfALongerDayMayNeedMoreRoom) {
  RowPlan plan{1};
  plan.open_window(kSum);
  RowWindows rows{plan};
  Day plain;
  for (int row = 0; row < 20'000; ++row) plain.rows.push_back(row == 0 ? 1 : std::ldexp(1 + row * 0x1p-20, 113));
  for (const double x : plain.rows) rows.append({&x, 1});
  EXPECT_EQ(rows.ask(kSum, 20'000, 0), exact_sum(plain.rows));
}

INSTANTIATE_TEST_SUITE_P(RowWindows, BesideThePlainestWay,
                         testing::Values(of_price, of_ratio, of_change, whole_numbers, across_a_power_of_two,
                                         seldom_traded, mostly_nothing, far_apart, sometimes_far, ever_finer,
                                         sometimes_unknown));

}  // namespace
}  // namespace stom
