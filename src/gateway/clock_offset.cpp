#include "gateway/clock_offset.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace stom::gateway {

void ClockOffset::add(UnixNanos sent, UnixNanos received, UnixNanos from, UnixNanos to) {
  if (received < sent || to < from) return;  // our own clock was set back meanwhile
  kept_[added_++ % kKept] = {from - received, to - sent, received};
}

std::optional<ClockOffset::Estimate> ClockOffset::estimate(UnixNanos now) const {
  const std::size_t count = std::min(added_, kKept);
  if (count == 0) return std::nullopt;
  // Where the most bounds overlap: walk over their ends in order, counting how many are open. At one place a bound
  // opens before another closes, so that touching counts as overlapping.
  std::array<std::pair<DurationNanos, int>, 2 * kKept> ends;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& one = kept_[i];
    const DurationNanos aged = std::max<DurationNanos>(0, now - one.at) / 1'000'000 * kDriftPerMillion;
    ends[2 * i] = {one.low - aged, -1};
    ends[2 * i + 1] = {one.high + aged, 1};
  }
  std::sort(ends.begin(), ends.begin() + static_cast<std::ptrdiff_t>(2 * count));
  int open = 0, most = 0;
  DurationNanos low = 0, high = 0;
  for (std::size_t i = 0; i < 2 * count; ++i) {
    open -= ends[i].second;
    if (open > most) {
      most = open;
      low = ends[i].first;
      high = ends[i + 1].first;
    }
  }
  return Estimate{low + (high - low) / 2, (high - low + 1) / 2};
}

std::optional<UnixNanos> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[7] != ' ' ||
      text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto digits = [&](std::size_t at, std::size_t size) {
    int value = 0;
    for (const char c : text.substr(at, size)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const auto month = kMonths.find(text.substr(8, 3));
  const int day = digits(5, 2), year = digits(12, 4), hour = digits(17, 2), minute = digits(20, 2),
            second = digits(23, 2);
  if (month == std::string_view::npos || month % 3 != 0 || day < 1 || day > 31 || year < 1970 || year > 2200 ||
      hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return std::nullopt;
  return start_of_day(day_of_civil(year, static_cast<int>(month / 3) + 1, day)) + hour * kHour + minute * kMinute +
         second * kSecond;
}

}  // namespace stom::gateway
