#include "live/slowest_event.hpp"

#include <gtest/gtest.h>

namespace stom {
namespace {

constexpr UnixNanos kBegin = 1'700'000'000 * kSecond;

struct TheSlowestEvent : ::testing::Test {
  void take(DurationNanos waited, InstrumentIndex instrument = 0) {
    slowest.turn(now);
    slowest.took(instrument, now - waited, now);
  }
  UnixNanos now = kBegin;
  SlowestEvent slowest;
};

TEST_F(TheSlowestEvent, IsNoneBeforeTheFirst) {
  slowest.turn(now);
  EXPECT_EQ(slowest.ever().waited, kNoTime);
  EXPECT_EQ(slowest.lately(now).waited, kNoTime) << "not known is not 0";
}

TEST_F(TheSlowestEvent, IsTheOneThatWaitedLongestAndWhoseItWas) {
  take(3 * kMicrosecond, 1);
  now += kSecond;
  take(90 * kMicrosecond, 7);
  now += kSecond;
  take(5 * kMicrosecond, 2);
  EXPECT_EQ(slowest.ever().waited, 90 * kMicrosecond);
  EXPECT_EQ(slowest.ever().instrument, 7u);
  EXPECT_EQ(slowest.ever().taken, kBegin + kSecond);
  EXPECT_EQ(slowest.lately(now).waited, 90 * kMicrosecond);
}

TEST_F(TheSlowestEvent, LatelyIsForgottenAfterAMinuteAtTheLatestAndNotBeforeHalfOfIt) {
  take(kSecond);
  for (DurationNanos passed = 0; passed < SlowestEvent::kPart; passed += kSecond) {
    EXPECT_EQ(slowest.lately(now).waited, kSecond) << passed / kSecond << " s later";
    now += kSecond;
    take(kMicrosecond);
  }
  now = kBegin + 2 * SlowestEvent::kPart;
  take(2 * kMicrosecond);
  EXPECT_EQ(slowest.lately(now).waited, 2 * kMicrosecond);
  EXPECT_EQ(slowest.ever().waited, kSecond) << "it was there";
}

TEST_F(TheSlowestEvent, LatelyIsNoneWhereNothingCame) {
  take(kSecond);
  EXPECT_EQ(slowest.lately(now + SlowestEvent::kPart).waited, kSecond);
  EXPECT_EQ(slowest.lately(now + 2 * SlowestEvent::kPart).waited, kNoTime);
  now += kHour;
  slowest.turn(now);
  EXPECT_EQ(slowest.lately(now).waited, kNoTime);
  EXPECT_EQ(slowest.ever().waited, kSecond);
}

TEST_F(TheSlowestEvent, HasNotWaitedLessThanNothingWhereTheClockWasSetBack) {
  take(-kSecond);
  EXPECT_EQ(slowest.ever().waited, 0);
}

}  // namespace
}  // namespace stom
