#include "importers/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/decimal.hpp"

namespace stom::importers {
namespace {

constexpr std::string_view kTimeHint =
    "name its form: --columns time=NAME:s|ms|us|ns|FORMAT, e.g. time=date:%m/%d/%Y; or leave out a bad line with "
    "--skip-bad";

std::unexpected<Error> not_a_time(std::string_view text, std::string_view wanted) {
  return fail(Errc::BadData, fmt::format("time '{}' is not {}", text.substr(0, 40), wanted), std::string{kTimeHint});
}

/// "1600498800.0" in `unit`s; more digits than nanoseconds are cut off.
std::optional<UnixNanos> number_of(std::string_view text, DurationNanos unit) {
  const auto dot = text.find('.');
  const auto whole = parse_decimal(text.substr(0, dot), 0);
  if (!whole || *whole < 0) return std::nullopt;
  UnixNanos time;
  if (__builtin_mul_overflow(*whole, unit, &time)) return std::nullopt;
  if (dot == std::string_view::npos) return time;
  auto fraction = text.substr(dot + 1);
  if (fraction.empty()) return std::nullopt;
  if (std::ranges::any_of(fraction, [](char c) { return c < '0' || c > '9'; })) return std::nullopt;
  DurationNanos part = 0;
  for (DurationNanos step = unit / 10; step > 0 && !fraction.empty(); step /= 10, fraction.remove_prefix(1))
    part += (fraction[0] - '0') * step;
  if (__builtin_add_overflow(time, part, &time)) return std::nullopt;
  return time;
}

/// Seconds, milliseconds, microseconds or nanoseconds by their number of digits: right from 1973 to 5138.
DurationNanos unit_by_size(std::string_view text) {
  const auto digits = std::min(text.find('.'), text.size());
  if (digits <= 11) return kSecond;
  if (digits <= 14) return kMillisecond;
  return digits <= 17 ? kMicrosecond : 1;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<UnixNanos> guess(std::string_view text, TimeForm::Zone zone) {
  const auto local = [zone](Result<UnixNanos> time) -> Result<UnixNanos> {
    if (!time) return time;
    return to_utc(*time, zone);
  };
  // 20160104, and LEAN's "20141201 00:00".
  if (text.size() >= 8 && all_digits(text.substr(0, 8)) && (text.size() == 8 || text[8] == ' ')) {
    const auto dashed =
        fmt::format("{}-{}-{}{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2), text.substr(8));
    const auto time = parse_time(dashed);
    if (!time) return not_a_time(text, "a date");
    return text.size() == 8 ? time : local(time);  // a day is a label, not an instant
  }
  // 20240102090000: as milliseconds it would be the year 2611.
  if (text.size() == 14 && all_digits(text) && (text.starts_with("19") || text.starts_with("20"))) {
    const auto time =
        parse_time(fmt::format("{}-{}-{} {}:{}:{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2),
                               text.substr(8, 2), text.substr(10, 2), text.substr(12)));
    return time ? local(time) : not_a_time(text, "a date and time");
  }
  const auto digits = text.substr(0, text.find('.'));
  if (all_digits(digits)) {
    if (const auto time = number_of(text, unit_by_size(text))) return *time;
    return not_a_time(text, "a time since 1970 that fits 64 bits");
  }
  const auto time = parse_time(text);
  if (!time) return not_a_time(text, "a date, a date and time, or a number since 1970");
  const bool states_offset = text.size() > 10 && text.find_first_of("Zz+", 10) != std::string_view::npos;
  const bool day_only = text.size() == 10;  // a date is a label, not an instant: midnight UTC
  return states_offset || day_only ? time : local(time);
}

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

// Whole years whose nanoseconds since 1970 fit 64 bits, with room for a time zone.
constexpr std::int64_t kFirstYear = 1678, kLastYear = 2261;

/// One pass over a strptime-like pattern.
class PatternReader {
 public:
  PatternReader(std::string_view text, std::string_view pattern) : text_{text}, pattern_{pattern} {}

  std::optional<UnixNanos> read(TimeForm::Zone zone) {
    for (std::size_t i = 0; i < pattern_.size(); ++i) {
      if (pattern_[i] != '%' || i + 1 == pattern_.size()) {
        if (!literal(pattern_[i])) return std::nullopt;
      } else if (!field(pattern_[++i])) {
        return std::nullopt;
      }
    }
    if (!text_.empty() || month_ < 1 || month_ > 12 || day_ < 1) return std::nullopt;
    if (year_ < kFirstYear || year_ > kLastYear) return std::nullopt;
    if (twelve_ && (hour_ < 1 || hour_ > 12)) return std::nullopt;
    if (twelve_) hour_ = hour_ % 12 + (afternoon_ ? 12 : 0);
    if (hour_ > 23 || minute_ > 59 || second_ > 60) return std::nullopt;
    const auto days = day_of_civil(static_cast<int>(year_), static_cast<int>(month_), static_cast<int>(day_));
    if (civil_of_day(days).day != day_) return std::nullopt;  // 31 February
    const UnixNanos time = start_of_day(days) + hour_ * kHour + minute_ * kMinute + second_ * kSecond + fraction_;
    return offset_ ? time - *offset_ : to_utc(time, zone);
  }

 private:
  bool literal(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool digits(std::size_t most, std::int64_t& out) {
    std::size_t n = 0;
    out = 0;
    while (n < most && n < text_.size() && text_[n] >= '0' && text_[n] <= '9') out = out * 10 + (text_[n++] - '0');
    text_.remove_prefix(n);
    return n > 0;
  }
  bool field(char kind) {
    switch (kind) {
      case 'Y':
        return digits(4, year_);
      case 'y':
        if (!digits(2, year_)) return false;
        year_ += year_ < 69 ? 2000 : 1900;
        return true;
      case 'm':
        return digits(2, month_);
      case 'd':
        return digits(2, day_);
      case 'H':
        return digits(2, hour_);
      case 'I':
        return twelve_ = true, digits(2, hour_);
      case 'M':
        return digits(2, minute_);
      case 'S':
        return digits(2, second_);
      case 'f':
        return fraction();
      case 'b':
        return month_name();
      case 'p':
        return half_of_day();
      case 'z':
        return offset();
      case '%':
        return literal('%');
      default:
        return false;
    }
  }
  bool fraction() {
    DurationNanos step = kSecond / 10;
    std::size_t n = 0;
    for (; n < text_.size() && text_[n] >= '0' && text_[n] <= '9'; ++n, step /= 10)
      fraction_ += (text_[n] - '0') * step;
    text_.remove_prefix(n);
    return n > 0;
  }
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
  bool month_name() {
    if (text_.size() < 3) return false;
    const std::array<char, 3> name = {lower(text_[0]), lower(text_[1]), lower(text_[2])};
    const auto at = std::ranges::find(kMonths, std::string_view{name.data(), 3});
    if (at == kMonths.end()) return false;
    month_ = at - kMonths.begin() + 1;
    text_.remove_prefix(3);
    return true;
  }
  bool half_of_day() {
    if (text_.size() < 2 || lower(text_[1]) != 'm' || (lower(text_[0]) != 'a' && lower(text_[0]) != 'p')) return false;
    afternoon_ = lower(text_[0]) == 'p';
    text_.remove_prefix(2);
    return true;
  }
  bool offset() {
    if (literal('Z')) return offset_ = 0, true;
    const bool minus = !text_.empty() && text_[0] == '-';
    if (!minus && (text_.empty() || text_[0] != '+')) return false;
    text_.remove_prefix(1);
    std::int64_t hours = 0, minutes = 0;
    if (!digits(2, hours)) return false;
    if (!text_.empty() && text_[0] == ':') text_.remove_prefix(1);
    if (!digits(2, minutes) || minutes > 59) return false;
    offset_ = (hours * kHour + minutes * kMinute) * (minus ? -1 : 1);
    return true;
  }

  std::string_view text_, pattern_;
  std::int64_t year_ = 1970, month_ = 1, day_ = 1, hour_ = 0, minute_ = 0, second_ = 0;
  DurationNanos fraction_ = 0;
  std::optional<DurationNanos> offset_;
  bool twelve_ = false, afternoon_ = false;
};

/// The n-th Sunday of a month (5: the last one), as a day number.
std::int32_t sunday(int year, int month, int n) {
  if (n == 5) {
    const auto next = month == 12 ? day_of_civil(year + 1, 1, 1) : day_of_civil(year, month + 1, 1);
    return next - 1 - (weekday_of(next - 1) + 1) % 7;
  }
  const auto first = day_of_civil(year, month, 1);
  return first + (6 - weekday_of(first)) + 7 * (n - 1);
}

}  // namespace

UnixNanos to_utc(UnixNanos local, TimeForm::Zone zone) {
  switch (zone) {
    case TimeForm::Zone::Utc:
      return local;
    case TimeForm::Zone::Korea:
      return local - 9 * kHour;
    case TimeForm::Zone::NewYork:
      break;
  }
  // Daylight saving changes at 02:00 local time: since 2007 second Sunday of March to first of November, before from
  // the first (until 1986 the last) Sunday of April to the last of October.
  const int year = civil_of_day(day_of(local)).year;
  const auto begins = year >= 2007 ? sunday(year, 3, 2) : sunday(year, 4, year >= 1987 ? 1 : 5);
  const auto ends = year >= 2007 ? sunday(year, 11, 1) : sunday(year, 10, 5);
  const bool summer = local >= start_of_day(begins) + 2 * kHour && local < start_of_day(ends) + 2 * kHour;
  return local + (summer ? 4 : 5) * kHour;
}

Result<UnixNanos> read_time(std::string_view text, const TimeForm& form) {
  switch (form.kind) {
    case TimeForm::Kind::Unit:
      if (const auto time = number_of(text, form.unit)) return *time;
      return not_a_time(text, "a number since 1970 that fits 64 bits");
    case TimeForm::Kind::Guess:
      return guess(text, form.zone);
    case TimeForm::Kind::Pattern:
      if (const auto time = PatternReader{text, form.pattern}.read(form.zone)) return *time;
      return not_a_time(text, fmt::format("of the form {}", form.pattern));
    case TimeForm::Kind::MsOfDay:
      if (const auto ms = number_of(text, kMillisecond); ms && *ms <= kDay)
        return to_utc(start_of_day(form.day) + *ms, form.zone);
      return not_a_time(text, "milliseconds since midnight");
  }
  return not_a_time(text, "a time");
}

Result<ColumnMap> parse_columns(std::string_view text) {
  static constexpr std::string_view kRoles[] = {
      "time",     "open", "high",  "low",          "close",        "volume",   "price",
      "quantity", "side", "maker", "id",           "bid",          "bid_size", "ask",
      "ask_size", "mark", "index", "funding_rate", "next_funding", "split",    "dividend"};
  const auto usage = [](std::string message) {
    return fail(Errc::Usage, std::move(message),
                "write --columns time=NAME:s|ms|us|ns|FORMAT,open=NAME,high=NAME,low=NAME,close=NAME,volume=NAME");
  };
  ColumnMap map;
  std::string entry;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      entry += text[++i];
      continue;
    }
    if (i < text.size() && text[i] != ',') {
      entry += text[i];
      continue;
    }
    const auto equals = entry.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == entry.size())
      return usage(fmt::format("--columns: '{}' is not ROLE=NAME", entry));
    Column column{entry.substr(0, equals), entry.substr(equals + 1)};
    if (std::ranges::find(kRoles, column.role) == std::end(kRoles))
      return usage(fmt::format("--columns: no role '{}'; there are {}", column.role, fmt::join(kRoles, ", ")));
    if (std::ranges::find(map.columns, column.role, &Column::role) != map.columns.end())
      return usage(fmt::format("--columns: '{}' comes twice", column.role));
    if (column.role == "time") {
      if (const auto colon = column.name.find(':'); colon != std::string::npos) {
        const std::string form = column.name.substr(colon + 1);
        column.name.resize(colon);
        TimeForm time;
        time.kind = TimeForm::Kind::Unit;
        if (form == "s")
          time.unit = kSecond;
        else if (form == "ms")
          time.unit = kMillisecond;
        else if (form == "us")
          time.unit = kMicrosecond;
        else if (form == "ns")
          time.unit = 1;
        else if (form.contains('%'))
          time.kind = TimeForm::Kind::Pattern, time.pattern = form;
        else
          return usage(fmt::format("--columns: '{}' is no form of time", form));
        map.time = time;
      }
    }
    map.columns.push_back(std::move(column));
    entry.clear();
  }
  if (std::ranges::find(map.columns, "time", &Column::role) == map.columns.end())
    return usage("--columns names no time");
  return map;
}

}  // namespace stom::importers
