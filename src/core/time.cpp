#include "core/time.hpp"

#include <fmt/format.h>

#include <charconv>

namespace stom {
namespace {

// Days from civil and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (public domain).
std::int32_t days_from_civil(int y, int m, int d) {
  y -= m <= 2;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int yoe = y - era * 400;
  const int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

// Reads exactly `digits` digits at `at`.
bool take_number(std::string_view text, std::size_t& at, std::size_t digits, int& out) {
  if (at + digits > text.size()) return false;
  out = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return false;
    out = out * 10 + (c - '0');
  }
  at += digits;
  return true;
}

bool take_char(std::string_view text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

bool valid_date(int y, int m, int d) {
  if (y < 1678 || y > 2261 || m < 1 || m > 12 || d < 1) return false;
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
  return d <= (m == 2 && leap ? 29 : kDays[m - 1]);
}

}  // namespace

CivilDate civil_of_day(std::int32_t z) {
  z += 719468;
  const int era = (z >= 0 ? z : z - 146096) / 146097;
  const int doe = z - era * 146097;
  const int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int mp = (5 * doy + 2) / 153;
  const int m = mp + (mp < 10 ? 3 : -9);
  return {yoe + era * 400 + (m <= 2), m, doy - (153 * mp + 2) / 5 + 1};
}

std::int32_t day_of_civil(int year, int month, int day) { return days_from_civil(year, month, day); }

int weekday_of(std::int32_t day) {
  const int w = (day + 3) % 7;  // 1970-01-01 was a Thursday
  return w < 0 ? w + 7 : w;
}

std::string format_day(std::int32_t day) {
  const auto c = civil_of_day(day);
  return fmt::format("{:04}-{:02}-{:02}", c.year, c.month, c.day);
}

Result<std::int32_t> parse_day(std::string_view text) {
  std::size_t at = 0;
  int y = 0, m = 0, d = 0;
  if (!take_number(text, at, 4, y) || !take_char(text, at, '-') || !take_number(text, at, 2, m) ||
      !take_char(text, at, '-') || !take_number(text, at, 2, d) || at != text.size() || !valid_date(y, m, d)) {
    return fail(Errc::Usage, fmt::format("'{}' is not a day", text), "write it as YYYY-MM-DD, e.g. 2024-08-08");
  }
  return days_from_civil(y, m, d);
}

std::string format_time(UnixNanos t) {
  const auto day = day_of(t);
  const auto rest = t - start_of_day(day);
  return fmt::format("{}T{:02}:{:02}:{:02}.{:09}Z", format_day(day), rest / kHour, rest / kMinute % 60,
                     rest / kSecond % 60, rest % kSecond);
}

Result<UnixNanos> parse_time(std::string_view text) {
  const auto bad = [&] {
    return fail(Errc::Usage, fmt::format("'{}' is not a time", text),
                "write it as 2024-08-08 or 2024-08-08T23:54:16.298Z");
  };
  std::size_t at = 0;
  int y = 0, m = 0, d = 0, hour = 0, minute = 0, second = 0;
  if (!take_number(text, at, 4, y) || !take_char(text, at, '-') || !take_number(text, at, 2, m) ||
      !take_char(text, at, '-') || !take_number(text, at, 2, d) || !valid_date(y, m, d)) {
    return bad();
  }
  UnixNanos nanos = start_of_day(days_from_civil(y, m, d));
  if (at == text.size()) return nanos;
  if (!take_char(text, at, 'T') && !take_char(text, at, ' ')) return bad();
  if (!take_number(text, at, 2, hour) || !take_char(text, at, ':') || !take_number(text, at, 2, minute)) return bad();
  if (take_char(text, at, ':') && !take_number(text, at, 2, second)) return bad();
  if (hour > 23 || minute > 59 || second > 59) return bad();
  nanos += hour * kHour + minute * kMinute + second * kSecond;
  if (take_char(text, at, '.')) {
    DurationNanos unit = kSecond / 10;
    std::size_t digits = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits, unit /= 10)
      nanos += (text[at] - '0') * unit;
    if (digits == 0 || digits > 9) return bad();
  }
  if (at == text.size() || (take_char(text, at, 'Z') && at == text.size())) return nanos;
  const int sign = text[at] == '+' ? -1 : text[at] == '-' ? 1 : 0;
  int oh = 0, om = 0;
  ++at;
  if (sign == 0 || !take_number(text, at, 2, oh)) return bad();
  take_char(text, at, ':');
  if (!take_number(text, at, 2, om) || at != text.size() || oh > 23 || om > 59) return bad();
  return nanos + sign * (oh * kHour + om * kMinute);
}

Result<DurationNanos> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  static constexpr std::pair<std::string_view, DurationNanos> kUnits[] = {
      {"ns", 1}, {"us", kMicrosecond}, {"ms", kMillisecond}, {"s", kSecond}, {"m", kMinute}, {"h", kHour}, {"d", kDay}};
  if (error == std::errc{} && count >= 0) {
    for (const auto& [name, nanos] : kUnits) {
      std::int64_t out = 0;
      if (unit == name && !__builtin_mul_overflow(count, nanos, &out)) return out;
    }
  }
  return fail(Errc::Usage, fmt::format("'{}' is not a duration", text),
              "write a whole number and a unit: 250us, 1ms, 5s, 1m, 1h, 1d");
}

std::string format_duration(DurationNanos d) {
  static constexpr std::pair<std::string_view, DurationNanos> kUnits[] = {
      {"d", kDay}, {"h", kHour}, {"m", kMinute}, {"s", kSecond}, {"ms", kMillisecond}, {"us", kMicrosecond}};
  for (const auto& [name, nanos] : kUnits) {
    if (d != 0 && d % nanos == 0) return fmt::format("{}{}", d / nanos, name);
  }
  return fmt::format("{}ns", d);
}

}  // namespace stom
