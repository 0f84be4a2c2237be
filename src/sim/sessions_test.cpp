#include "sim/sessions.hpp"

#include <gtest/gtest.h>

#include <map>

namespace stom::sim {
namespace {

/// The phase in Seoul, "none" where the data have no hours.
std::string phase(std::string_view instrument, const std::string& seoul) {
  const auto at = sessions_of(instrument)->at(parse_time(seoul + "+09:00").value());
  return at ? std::string{name_of(at->phase)} : "none";
}
std::string krx(const std::string& seoul) { return phase("kiwoom:005930", seoul); }
std::string nxt(const std::string& seoul) { return phase("kiwoom:005930_NX", seoul); }

TEST(Sessions, AnOrdinaryDayOfKrxGoesThroughItsPhasesAndEachEndsWhereTheNextBegins) {
  EXPECT_EQ(krx("2025-09-03 08:29:59"), "closed");
  EXPECT_EQ(krx("2025-09-03 08:30"), "opening_call");
  EXPECT_EQ(krx("2025-09-03 08:59:59.999"), "opening_call");
  EXPECT_EQ(krx("2025-09-03 09:00"), "continuous");
  EXPECT_EQ(krx("2025-09-03 15:20"), "closing_call");
  EXPECT_EQ(krx("2025-09-03 15:30"), "closed");
  EXPECT_EQ(krx("2025-09-03 15:40"), "closing_price");
  EXPECT_EQ(krx("2025-09-03 16:00"), "periodic_call");
  EXPECT_EQ(krx("2025-09-03 18:00"), "closed");
  const auto call = sessions_of("kiwoom:005930")->at(parse_time("2025-09-03 08:45+09:00").value()).value();
  EXPECT_EQ(format_time(call.begins), "2025-09-02T23:30:00.000000000Z");
  EXPECT_EQ(format_time(call.ends), "2025-09-03T00:00:00.000000000Z");
  EXPECT_EQ(call.random_end, 30 * kSecond);
}

TEST(Sessions, TheOpeningCallWasAnHourLongUntilSpring2019AndBeforeAugust2016NothingIsKnown) {
  EXPECT_EQ(krx("2019-04-26 08:00"), "opening_call");
  EXPECT_EQ(krx("2019-04-29 08:00"), "closed");
  EXPECT_EQ(krx("2016-07-29 10:00"), "none");
  EXPECT_EQ(krx("2016-08-01 15:25"), "closing_call");
  EXPECT_EQ(nxt("2025-02-28 10:00"), "none");
}

TEST(Sessions, OnTheDayOfTheExamEverythingIsAnHourLaterButTheEnd) {
  EXPECT_EQ(krx("2025-11-13 09:15"), "closed");
  EXPECT_EQ(krx("2025-11-13 09:30"), "opening_call");
  EXPECT_EQ(krx("2025-11-13 10:00"), "continuous");
  EXPECT_EQ(krx("2025-11-13 16:25"), "closing_call");
  EXPECT_EQ(krx("2025-11-13 16:45"), "closing_price");
  EXPECT_EQ(krx("2025-11-13 17:59"), "periodic_call");
  EXPECT_EQ(krx("2025-11-14 09:15"), "continuous") << "the day after is as ever";
  EXPECT_EQ(nxt("2025-11-13 08:30"), "closed");
  EXPECT_EQ(nxt("2025-11-13 16:10"), "continuous");
}

TEST(Sessions, TheFirstTradingDayOfTheYearOpensAtTenAndClosesAsEver) {
  EXPECT_EQ(krx("2026-01-02 09:29"), "closed");
  EXPECT_EQ(krx("2026-01-02 09:45"), "opening_call");
  EXPECT_EQ(krx("2026-01-02 15:25"), "closing_call");
  EXPECT_EQ(nxt("2026-01-02 08:30"), "closed");
  EXPECT_EQ(nxt("2026-01-02 10:00:29"), "closed");
  EXPECT_EQ(nxt("2026-01-02 10:00:30"), "continuous");
}

TEST(Sessions, NxtTradesBeforeAndAfterKrxAndNotDuringItsAuctions) {
  EXPECT_EQ(nxt("2025-09-03 08:00"), "pre_market");
  EXPECT_EQ(nxt("2025-09-03 08:50"), "closed");
  EXPECT_EQ(nxt("2025-09-03 09:00:29"), "closed");
  EXPECT_EQ(nxt("2025-09-03 09:00:30"), "continuous");
  EXPECT_EQ(nxt("2025-09-03 15:20"), "closed");
  EXPECT_EQ(nxt("2025-09-03 15:40"), "after_market");
  EXPECT_EQ(nxt("2025-09-03 20:00"), "closed");
}

TEST(Sessions, NobodyTradesOnWeekendsHolidaysAndTheLastDayOfTheYear) {
  for (const char* day : {"2025-09-06", "2025-09-07", "2025-10-03", "2025-10-08", "2025-12-31", "2026-01-01"}) {
    EXPECT_EQ(krx(std::string{day} + " 10:00"), "closed") << day;
    EXPECT_EQ(nxt(std::string{day} + " 10:00"), "closed") << day;
  }
}

// A year has some 245 trading days; a holiday that the table forgets or invents shows here.
TEST(Sessions, AYearOfKrxHasAsManyTradingDaysAsKrxSays) {
  const SessionTable& table = *session_table("krx");
  std::map<int, int> days;
  for (std::int32_t d = day_of_civil(2017, 1, 1); d < day_of_civil(2026, 1, 1); ++d)
    days[civil_of_day(d).year] += table.trades_on(d);
  const std::map<int, int> published{{2017, 243}, {2018, 244}, {2019, 246}, {2020, 248}, {2021, 248},
                                     {2022, 246}, {2023, 245}, {2024, 244}, {2025, 242}};
  EXPECT_EQ(days, published);
}

// Whatever the instant, its phase contains it, and the next one begins where it ends.
TEST(Sessions, EveryInstantIsInExactlyOnePhase) {
  for (const char* market : {"krx", "nxt"}) {
    const SessionTable& table = *session_table(market);
    UnixNanos t = parse_time("2025-10-01 00:00+09:00").value();
    while (t < parse_time("2026-01-10").value()) {
      const auto now = table.at(t);
      ASSERT_TRUE(now);
      ASSERT_EQ(now->begins, t) << market << " " << format_time(t);
      ASSERT_GT(now->ends, t);
      const auto last = table.at(now->ends - 1);
      ASSERT_EQ(last->phase, now->phase) << market << " " << format_time(t);
      ASSERT_EQ(last->begins, now->begins);
      t = now->ends;
    }
  }
}

TEST(Sessions, CoinsAndTheBookOfBothVenuesHaveNoTable) {
  for (const char* id : {"upbit:KRW-BTC", "binance-usdm:BTCUSDT", "sim:BTCUSDT", "us:SPY", "kiwoom:005930_AL"})
    EXPECT_EQ(sessions_of(id), nullptr) << id;
}

TEST(RandomEnd, IsTheSameForASeedDiffersBetweenDaysAndStaysWithinItsLimit) {
  const UnixNanos nine = parse_time("2025-09-03 09:00+09:00").value();
  EXPECT_EQ(random_end(7, "kiwoom:005930", nine, 30 * kSecond), random_end(7, "kiwoom:005930", nine, 30 * kSecond));
  DurationNanos least = kHour, most = 0;
  for (int day = 0; day < 1000; ++day) {
    const DurationNanos end = random_end(7, "kiwoom:005930", nine + day * kDay, 30 * kSecond);
    ASSERT_GE(end, 0);
    ASSERT_LE(end, 30 * kSecond);
    least = std::min(least, end), most = std::max(most, end);
  }
  EXPECT_LT(least, kSecond);
  EXPECT_GT(most, 29 * kSecond);
  EXPECT_EQ(random_end(7, "kiwoom:005930", nine, 0), 0);
}

}  // namespace
}  // namespace stom::sim
