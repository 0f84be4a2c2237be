// Time is int64 nanoseconds since the Unix epoch, UTC. "Now" is always injected (core/clock.hpp).
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace stom {

using UnixNanos = std::int64_t;
using DurationNanos = std::int64_t;

inline constexpr UnixNanos kNoTime = std::numeric_limits<std::int64_t>::min();  // the venue does not state it
inline constexpr UnixNanos kNever = std::numeric_limits<std::int64_t>::max();   // nothing is due

inline constexpr DurationNanos kMicrosecond = 1'000;
inline constexpr DurationNanos kMillisecond = 1'000'000;
inline constexpr DurationNanos kSecond = 1'000'000'000;
inline constexpr DurationNanos kMinute = 60 * kSecond;
inline constexpr DurationNanos kHour = 60 * kMinute;
inline constexpr DurationNanos kDay = 24 * kHour;

/// Days since 1970-01-01 (UTC); floors, so times before the epoch belong to the day that contains them.
constexpr std::int32_t day_of(UnixNanos t) {
  const auto q = t / kDay;
  return static_cast<std::int32_t>(t % kDay < 0 ? q - 1 : q);
}
constexpr UnixNanos start_of_day(std::int32_t day) { return static_cast<UnixNanos>(day) * kDay; }

/// "2024-08-08" for a day number, and back. Proleptic Gregorian calendar.
std::string format_day(std::int32_t day);
Result<std::int32_t> parse_day(std::string_view text);
/// Year, month (1..12), day of month (1..31) of a day number.
struct CivilDate {
  int year;
  int month;
  int day;
};
CivilDate civil_of_day(std::int32_t day);
std::int32_t day_of_civil(int year, int month, int day);
/// 0 = Monday .. 6 = Sunday.
int weekday_of(std::int32_t day);

/// "2024-08-08T23:54:16.298000000Z".
std::string format_time(UnixNanos t);
/// "2024-08-08", "2024-08-08 23:54[:16[.frac]]", with "T" or a space and optional "Z" or "+09:00"; UTC where no offset
/// is given.
Result<UnixNanos> parse_time(std::string_view text);
/// "1ms", "250us", "100ns", "1s", "5m", "1h", "1d".
Result<DurationNanos> parse_duration(std::string_view text);
std::string format_duration(DurationNanos d);

}  // namespace stom
