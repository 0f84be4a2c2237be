// The venue's clock is found out of round trips with whole seconds in them, whatever their delays; a few lies and a
// jump do not matter for long.
#include "gateway/clock_offset.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace stom::gateway {
namespace {

/// A round trip at `now` to a venue whose clock is `offset` ahead, with delays of up to `delay` each way.
void round_trip(ClockOffset& clock, UnixNanos now, DurationNanos offset, DurationNanos delay, Random& random) {
  const auto there = static_cast<DurationNanos>(random.below(static_cast<std::uint64_t>(delay)));
  const auto back = static_cast<DurationNanos>(random.below(static_cast<std::uint64_t>(delay)));
  const UnixNanos date = (now + there + offset) / kSecond * kSecond;  // the HTTP header's whole second
  clock.add(now, now + there + back, date, date + kSecond);
}

TEST(ClockOffset, IsFoundWithinTheDelaysFromWholeSeconds) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random{seed};
    ClockOffset clock;
    EXPECT_FALSE(clock.estimate(0));
    const auto offset = static_cast<DurationNanos>(random.below(20'000)) * kMillisecond - 10 * kSecond;
    UnixNanos now = 1'700'000'000 * kSecond;
    for (int i = 0; i < 64; ++i) {
      round_trip(clock, now, offset, 20 * kMillisecond, random);
      now += static_cast<DurationNanos>(random.below(3'000)) * kMillisecond;
      const auto estimate = clock.estimate(now);
      ASSERT_LE(std::abs(estimate->offset - offset), estimate->error) << "seed " << seed << " after " << i;
    }
    EXPECT_LT(clock.estimate(now)->error, 60 * kMillisecond) << "seed " << seed;
  }
}

TEST(ClockOffset, AFewLiesAreOutvoted) {
  Random random{1};
  ClockOffset clock;
  UnixNanos now = 1'700'000'000 * kSecond;
  for (int i = 0; i < 60; ++i, now += 1'300 * kMillisecond)
    round_trip(clock, now, i % 4 == 3 ? kHour : 250 * kMillisecond, 20 * kMillisecond, random);
  EXPECT_LE(std::abs(clock.estimate(now)->offset - 250 * kMillisecond), 100 * kMillisecond);
}

TEST(ClockOffset, FollowsAClockThatWasSet) {
  Random random{2};
  ClockOffset clock;
  UnixNanos now = 1'700'000'000 * kSecond;
  for (int i = 0; i < 64; ++i, now += kSecond) round_trip(clock, now, 0, 20 * kMillisecond, random);
  for (int i = 0; i < 40; ++i, now += 1'300 * kMillisecond)
    round_trip(clock, now, 5 * kSecond, 20 * kMillisecond, random);
  EXPECT_LE(std::abs(clock.estimate(now)->offset - 5 * kSecond), 100 * kMillisecond);
}

TEST(ClockOffset, GrowsUnsureWithTime) {
  ClockOffset clock;
  clock.add(0, 0, 0, kMillisecond);
  const auto soon = clock.estimate(kSecond)->error, later = clock.estimate(kHour)->error;
  EXPECT_LT(soon, kMillisecond);
  EXPECT_GE(later, 360 * kMillisecond);  // 100 millionths of an hour
}

TEST(ClockOffset, OurOwnClockSetBackDuringARoundTripProvesNothing) {
  ClockOffset clock;
  clock.add(kSecond, 0, 0, kSecond);
  EXPECT_FALSE(clock.estimate(kSecond));
}

TEST(HttpDate, IsReadWholeOrNotAtAll) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784'111'777 * kSecond);
  for (const char* text :
       {"", "Sun, 06 Nov 1994 08:49:37 UTC", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:+9:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT "})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

}  // namespace
}  // namespace stom::gateway
