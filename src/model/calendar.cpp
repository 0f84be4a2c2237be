#include "model/calendar.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "core/decimal.hpp"

namespace stom {

extern const std::string_view kCalendarsCsv;  // written by CMake from data/market/

namespace {

std::string_view cut(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return part;
}

int whole(std::string_view text) { return static_cast<int>(parse_decimal(text, 0).value()); }

/// "M3.2.0"
WeekdayRule rule_of(std::string_view text) {
  STOM_ASSERT(text.starts_with('M'));
  text.remove_prefix(1);
  WeekdayRule rule;
  rule.month = whole(cut(text, '.'));
  rule.week = whole(cut(text, '.'));
  rule.weekday = whole(text);
  return rule;
}

void add(Calendar& calendar, std::string_view what, std::string_view value) {
  if (what == "venue") {
    calendar.venues.push_back(value);
  } else if (what == "utc_offset_hours") {
    calendar.utc_offset = whole(value) * kHour;
  } else if (what == "day_begins_hours") {
    calendar.day_begins = whole(value) * kHour;
  } else if (what == "closed") {
    calendar.closed.push_back(parse_day(value).value());
  } else {
    STOM_ASSERT(what == "summer_time");
    SummerTime summer{.from = parse_day(cut(value, ' ')).value()};
    summer.begins = rule_of(cut(value, ' '));
    summer.ends = rule_of(value);
    calendar.summer_times.push_back(summer);
  }
}

std::vector<Calendar> read_calendars() {
  std::vector<Calendar> calendars;
  bool header = true;
  for (std::string_view left = kCalendarsCsv; !left.empty();) {
    std::string_view line = cut(left, '\n');
    if (line.empty() || line.starts_with('#')) continue;
    if (std::exchange(header, false)) continue;
    const std::string_view name = cut(line, ','), what = cut(line, ','), value = cut(line, ',');
    auto at = std::ranges::find(calendars, name, &Calendar::name);
    if (at == calendars.end()) at = calendars.insert(at, Calendar{.name = name});
    add(*at, what, value);
  }
  for (Calendar& calendar : calendars) {
    std::ranges::sort(calendar.closed);
    std::ranges::sort(calendar.summer_times, {}, &SummerTime::from);
  }
  return calendars;
}

const std::vector<Calendar>& calendars() {
  static const std::vector<Calendar> all = read_calendars();
  return all;
}

}  // namespace

std::int32_t WeekdayRule::day_in(int year) const {
  const int monday_based = (weekday + 6) % 7;
  if (week == 5) {
    const std::int32_t last = (month == 12 ? day_of_civil(year + 1, 1, 1) : day_of_civil(year, month + 1, 1)) - 1;
    return last - (weekday_of(last) - monday_based + 7) % 7;
  }
  const std::int32_t first = day_of_civil(year, month, 1);
  return first + (monday_based - weekday_of(first) + 7) % 7 + 7 * (week - 1);
}

DurationNanos Calendar::offset_on(std::int32_t day) const {
  const auto after = std::ranges::upper_bound(summer_times, day, {}, &SummerTime::from);
  if (after == summer_times.begin()) return utc_offset;
  const SummerTime& summer = *std::prev(after);
  const int year = civil_of_day(day).year;
  // On the day of a change the date still began by the old time.
  const bool ahead = summer.begins.day_in(year) < day && day <= summer.ends.day_in(year);
  return utc_offset + (ahead ? kHour : 0);
}

UnixNanos Calendar::start_of(std::int32_t trading_day) const {
  return start_of_day(trading_day) + day_begins - offset_on(trading_day);
}

std::int32_t Calendar::trading_day(UnixNanos t) const {
  const std::int32_t day = day_of(t + utc_offset - day_begins);
  return start_of(day + 1) <= t ? day + 1 : day;  // by summer time the next day begins an hour earlier
}

const Calendar* calendar_named(std::string_view name) {
  const auto at = std::ranges::find(calendars(), name, &Calendar::name);
  return at == calendars().end() ? nullptr : &*at;
}

const Calendar& calendar_of(std::string_view instrument_id) {
  static const Calendar utc;
  const std::string_view venue = instrument_id.substr(0, instrument_id.find(':'));
  for (const Calendar& calendar : calendars())
    if (std::ranges::find(calendar.venues, venue) != calendar.venues.end()) return calendar;
  return utc;
}

}  // namespace stom
