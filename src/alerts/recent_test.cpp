#include "alerts/recent.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/utf8.hpp"

namespace stom::alerts {
namespace {

struct WhatAPageShows : ::testing::Test {
  void happens(Severity severity, std::string_view text, std::string_view event = "log") {
    recent.add(now, severity, event, text);
  }
  UnixNanos now = 1'700'000'000 * kSecond;
  Recent recent;
};

TEST_F(WhatAPageShows, IsOnceWhatComesAgainAndAgainWithOtherNumbers) {
  happens(Severity::Warning, "binance: order 12 rejected: 0.5 is too small (-1013)");
  now += 59 * kSecond;
  happens(Severity::Warning, "binance: order 1300 rejected: 12 is too small (-1013)");
  ASSERT_EQ(recent.all().size(), 1u);
  const auto& alert = recent.all().front();
  EXPECT_EQ(alert.count, 2u);
  EXPECT_EQ(alert.text, "binance: order 1300 rejected: 12 is too small (-1013)") << "the last one's words";
  EXPECT_EQ(alert.last - alert.time, 59 * kSecond);
}

TEST_F(WhatAPageShows, IsTwoWhereItIsAnotherThingOrAMinuteHasPassed) {
  happens(Severity::Warning, "upbit: order 12 rejected: 0.5 is too small");
  happens(Severity::Warning, "binance: order 12 rejected: 0.5 is too small");
  happens(Severity::Critical, "binance: order 12 rejected: 0.5 is too small");
  happens(Severity::Warning, "binance: order 12 rejected: 0.5 is too small", "order.rejected");
  EXPECT_EQ(recent.all().size(), 4u);
  now += kMinute;  // what goes on is told anew now and then
  happens(Severity::Warning, "upbit: order 12 rejected: 0.5 is too small");
  ASSERT_EQ(recent.all().size(), 5u);
  EXPECT_EQ(recent.all().back().id, 5u);
  EXPECT_EQ(recent.all().back().count, 1u);
}

TEST_F(WhatAPageShows, IsTwoWhereItIsOfTwoInstrumentsWhoseNamesAreDigits) {
  happens(Severity::Info, "kiwoom:005930: bought 3 at 70100, 0 left of order 12", "fill");
  happens(Severity::Info, "kiwoom:000660: bought 1 at 180000, 0 left of order 13", "fill");
  happens(Severity::Info, "kiwoom:005930: bought 2 at 70000, 0 left of order 14", "fill");
  ASSERT_EQ(recent.all().size(), 2u);
  EXPECT_EQ(recent.all().front().count, 2u);
  happens(Severity::Warning, "binance-coinm: book of binance-coinm:BTCUSD_260327 stale: nothing came for 5 s");
  happens(Severity::Warning, "binance-coinm: book of binance-coinm:BTCUSD_260626 stale: nothing came for 7 s");
  EXPECT_EQ(recent.all().size(), 4u);
}

TEST_F(WhatAPageShows, IsBoundedAndTheOldestGoes) {
  for (std::size_t i = 0; i < Recent::kMost + 5; ++i) happens(Severity::Info, std::string(i + 1, 'x'));
  EXPECT_EQ(recent.all().size(), Recent::kMost);
  EXPECT_EQ(recent.all().front().id, 6u);
  EXPECT_EQ(recent.all().back().id, Recent::kMost + 5);
}

TEST_F(WhatAPageShows, IsALineOfSomeWordsWhateverAVenueSays) {
  std::string is_long;
  while (is_long.size() < 5'000) is_long += "잔고 부족 ";
  happens(Severity::Warning, is_long);
  const std::string& text = recent.all().front().text;
  EXPECT_LE(text.size(), Recent::kMostText + 3);
  EXPECT_TRUE(text.ends_with("…"));
  EXPECT_TRUE(is_utf8(text)) << "no letter is cut in two";
  happens(Severity::Info, std::string(1'000, '\xff'));
  EXPECT_EQ(recent.all().size(), 2u) << "and what is no text does no harm";
}

}  // namespace
}  // namespace stom::alerts
