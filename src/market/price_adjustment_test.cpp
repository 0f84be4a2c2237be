#include "market/price_adjustment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/decimal.hpp"
#include "core/random.hpp"

namespace stom {
namespace {

using testing::HasSubstr;

constexpr std::int32_t kMonday = 16'160;  // 2014-03-31

CorporateAction split(std::int32_t day, const char* ratio) { return *parse_split(day, ratio); }
CorporateAction dividend(std::int32_t day, const char* amount) { return *parse_dividend(day, amount); }

/// Daily bars from kMonday on whose prices are all the close, in hundredths.
std::vector<Bar> days(std::initializer_list<std::int64_t> closes, std::int64_t volume = 1'000) {
  std::vector<Bar> bars;
  for (const auto close : closes) {
    const Price p{close};
    bars.push_back({start_of_day(kMonday + static_cast<std::int32_t>(bars.size())), p, p, p, p, Quantity{volume}});
  }
  return bars;
}
std::vector<std::string> closes(const std::vector<Bar>& bars) {
  std::vector<std::string> out;
  for (const Bar& bar : bars) out.push_back(format_decimal_trimmed(Int128{bar.close.value}, adjusted_decimals(2)));
  return out;
}
std::vector<std::int64_t> volumes(const std::vector<Bar>& bars) {
  std::vector<std::int64_t> out;
  for (const Bar& bar : bars) out.push_back(bar.volume.value);
  return out;
}
Result<std::vector<CorporateAction>> adjust(std::vector<Bar>& bars, std::vector<CorporateAction> actions,
                                            AdjustMode mode = AdjustMode::All) {
  return adjust_bars(bars, kDay, actions, mode, 2, calendar_of("us:GOOG"));
}

TEST(PriceAdjustment, ASplitDividesThePricesBeforeItAndMultipliesTheirVolume) {
  // 4:1 before the second day, then ten shares put together before the third.
  auto bars = days({40'000, 10'000, 100'000});
  const auto applied = adjust(bars, {split(kMonday + 2, "1:10"), split(kMonday + 1, "4:1")});
  ASSERT_TRUE(applied);
  EXPECT_EQ(closes(bars), (std::vector<std::string>{"1000", "1000", "1000"}));
  EXPECT_EQ(volumes(bars), (std::vector<std::int64_t>{400, 100, 1'000}));
  EXPECT_EQ(*applied, (std::vector{split(kMonday + 1, "4:1"), split(kMonday + 2, "1:10")}));
}

TEST(PriceAdjustment, ADividendMultipliesByOneLessItsShareOfTheCloseBefore) {
  // 1.50 on a close of 100: factor 0.985; volumes stay.
  auto bars = days({20'000, 10'000, 9'900});
  ASSERT_TRUE(adjust(bars, {dividend(kMonday + 2, "1.50")}));
  EXPECT_EQ(closes(bars), (std::vector<std::string>{"197", "98.5", "99"}));
  EXPECT_EQ(volumes(bars), (std::vector<std::int64_t>{1'000, 1'000, 1'000}));
  // And before it a dividend of 1 on the close of 200, as it was that day: 0.985 * 0.995.
  bars = days({20'000, 10'000, 9'900});
  ASSERT_TRUE(adjust(bars, {dividend(kMonday + 1, "1"), dividend(kMonday + 2, "1.50")}));
  EXPECT_EQ(closes(bars), (std::vector<std::string>{"196.015", "98.5", "99"}));
}

TEST(PriceAdjustment, ADividendOnTheDayOfASplitIsPerNewShare) {
  // 2:1: a close of 200 is 100 a new share, of which 1 is paid: 0.99.
  auto bars = days({20'000, 9'900});
  ASSERT_TRUE(adjust(bars, {split(kMonday + 1, "2:1"), dividend(kMonday + 1, "1")}));
  EXPECT_EQ(closes(bars), (std::vector<std::string>{"99", "99"}));
}

TEST(PriceAdjustment, SplitsOnlyLeavesDividendsOut) {
  auto bars = days({20'000, 9'900});
  const auto applied = adjust(bars, {split(kMonday + 1, "2:1"), dividend(kMonday + 1, "1")}, AdjustMode::Splits);
  EXPECT_EQ(closes(bars), (std::vector<std::string>{"100", "99"}));
  EXPECT_EQ(applied->size(), 1u);
}

TEST(PriceAdjustment, AnActionWithoutBarsBeforeOrAfterItChangesNothing) {
  auto bars = days({20'000, 9'900});
  const std::vector<CorporateAction> actions{split(kMonday - 9, "2:1"), split(kMonday, "3:1"),
                                             dividend(kMonday + 2, "1")};
  const auto applied = adjust(bars, actions);
  ASSERT_TRUE(applied);
  EXPECT_TRUE(applied->empty());
  EXPECT_EQ(closes(bars), (std::vector<std::string>{"200", "99"}));
  const auto count = count_actions(actions, kMonday, kMonday + 1);
  EXPECT_EQ(count.splits + count.dividends, 0u);
  EXPECT_EQ(count.outside, 3u);
}

TEST(PriceAdjustment, ADayWithoutATradeKeepsItsZerosAndTheDividendLooksAtTheCloseBeforeIt) {
  auto bars = days({10'000, 0, 9'900});
  ASSERT_TRUE(adjust(bars, {dividend(kMonday + 2, "1.50")}));
  EXPECT_EQ(closes(bars), (std::vector<std::string>{"98.5", "0", "99"}));
}

TEST(PriceAdjustment, RoundsHalfToEvenOnceAtTheFinerPrice) {
  // 100.01 / 3 = 33.33666…; 0.01 / 16 = 0.000625; half a millionth up or down to the even one.
  auto bars = days({10'001, 9'900});
  ASSERT_TRUE(adjust(bars, {split(kMonday + 1, "3:1")}));
  EXPECT_EQ(closes(bars)[0], "33.336667");
  for (const auto& [close, adjusted] : {std::pair{1, "0.000002"}, {3, "0.000008"}, {5, "0.000012"}}) {
    bars = days({close, 9'900});  // 0.01 / 4000 = 0.0000025
    ASSERT_TRUE(adjust(bars, {split(kMonday + 1, "4000:1")}));
    EXPECT_EQ(closes(bars)[0], adjusted);
  }
  // Volumes too: 5 / 10 is 0, 15 / 10 is 2.
  for (const auto& [volume, adjusted] : {std::pair{5, 0}, {15, 2}, {25, 2}}) {
    bars = days({100, 1'000}, volume);
    ASSERT_TRUE(adjust(bars, {split(kMonday + 1, "1:10")}));
    EXPECT_EQ(bars[0].volume.value, adjusted);
  }
}

// What was traded for is what was traded for, whatever a share is: within half a unit of price and half one of volume.
TEST(PriceAdjustment, ASplitKeepsPriceTimesVolume) {
  Random random{7};
  for (int round = 0; round < 2'000; ++round) {
    const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.below(n)) + 1; };
    const std::int64_t close = below(10'000'000), volume = below(1'000'000'000);
    const std::string ratio = std::to_string(below(100)) + ":" + std::to_string(below(100));
    auto bars = days({close, 100}, volume);
    ASSERT_TRUE(adjust(bars, {split(kMonday + 1, ratio.c_str())})) << ratio;
    const Int128 p = bars[0].close.value, v = bars[0].volume.value;
    const Int128 before = static_cast<Int128>(close) * power_of_ten(adjusted_decimals(2) - 2) * volume;
    const Int128 off = p * v > before ? p * v - before : before - p * v;
    EXPECT_LE(2 * off, p + v + 1) << close << " x " << volume << " by " << ratio;
  }
}

// Korean stocks open at 00:00 UTC, American ones at 13:30: the same stamp is of another day there.
TEST(PriceAdjustment, ADayIsTheExchangesDayAndADailyStampIsADate) {
  const Calendar& us = calendar_of("us:GOOG");
  const Calendar& krx = calendar_of("kiwoom:005930");
  const UnixNanos midnight = start_of_day(kMonday);
  EXPECT_EQ(exchange_day(midnight, kDay, us), kMonday);
  EXPECT_EQ(exchange_day(midnight, kDay, krx), kMonday);
  EXPECT_EQ(exchange_day(midnight + 4 * kHour, kDay, us), kMonday) << "midnight in New York, as yfinance writes it";
  EXPECT_EQ(exchange_day(midnight - kMinute, kMinute, us), kMonday - 1) << "after hours";
  EXPECT_EQ(exchange_day(midnight, kMinute, us), kMonday - 1) << "after hours";
  EXPECT_EQ(exchange_day(midnight - 30 * kMinute, kMinute, krx), kMonday) << "before the opening";
}

TEST(PriceAdjustment, RefusesADividendThatIsNotBelowTheCloseAndWhatDoesNotFit) {
  auto bars = days({10'000, 9'900});
  const auto refused = adjust(bars, {dividend(kMonday + 1, "100")});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("2014-04-01 dividend 100 is not below the close before it, 100"));
  bars = days({1'000'000'000'000'000, 9'900});
  EXPECT_EQ(adjust(bars, {split(kMonday + 1, "1:9000000000")}).error().code, Errc::Overflow);
  bars = days({1, 9'900});
  EXPECT_EQ(adjust(bars, {split(kMonday + 1, "1000000:1")}).error().code, Errc::Overflow) << "a price of nothing";
}

}  // namespace
}  // namespace stom
