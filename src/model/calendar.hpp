// When a venue's day begins and ends, by its time zone and its hour of change (docs/calendars.md): dated data of the
// product (data/market/calendars.csv, compiled in).
#pragma once

#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace stom {

/// The n-th such weekday of a month; week 5 is the last. Sunday = 0, as POSIX TZ counts.
struct WeekdayRule {
  int month = 0;
  int week = 0;
  int weekday = 0;

  std::int32_t day_in(int year) const;
};

/// One hour ahead of the standard time from `begins` to `ends`, for days from `from` on.
struct SummerTime {
  std::int32_t from = 0;
  WeekdayRule begins, ends;
};

struct Calendar {
  std::string_view name = "utc";
  std::vector<std::string_view> venues;
  DurationNanos utc_offset = 0;          // of the standard time
  DurationNanos day_begins = 0;          // local time at which one trading day follows another
  std::vector<SummerTime> summer_times;  // ascending by `from`
  std::vector<std::int32_t> closed;      // ascending

  /// The trading day (named by the local date on which it begins) that contains `t`.
  std::int32_t trading_day(UnixNanos t) const;
  UnixNanos start_of(std::int32_t trading_day) const;
  /// The first instant after the trading day that contains `t`.
  UnixNanos end_of_day_at(UnixNanos t) const { return start_of(trading_day(t) + 1); }
  /// What local time is ahead of UTC where the local date begins; clocks change by night, after it.
  DurationNanos offset_on(std::int32_t day) const;
};

/// null: the data have no calendar of that name.
const Calendar* calendar_named(std::string_view name);
/// Of an instrument's venue ("upbit" of "upbit:KRW-BTC"); UTC where the data have none.
const Calendar& calendar_of(std::string_view instrument_id);

}  // namespace stom
