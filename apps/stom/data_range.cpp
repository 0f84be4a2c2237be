#include "data_range.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "store/catalogue.hpp"

namespace stom {

Result<TimeRange> time_range(const std::string& from, const std::string& to) {
  TimeRange range;
  for (const auto& [text, time] : {std::pair{&from, &range.from}, std::pair{&to, &range.to}}) {
    if (text->empty()) continue;
    const auto parsed = parse_time(*text);
    if (!parsed) return std::unexpected(parsed.error());
    *time = *parsed;
  }
  if (range.from >= range.to)
    return fail(Errc::Usage, fmt::format("--from {} is not before --to {}", from, to),
                "the range ends before --to: name the earlier time first");
  return range;
}

Error nothing_there(const store::DataFolder& folder, const std::string& instrument, const std::string& bar,
                    std::string_view what) {
  UnixNanos first = kNever, last = kNoTime;
  const auto widen = [&](const auto& set) {
    first = std::min(first, set.first_time);
    last = std::max(last, set.last_time);
  };
  if (bar.empty()) {
    if (const auto sets = folder.catalogue().tick_sets(instrument))
      for (const auto& set : *sets) widen(set);
  } else if (const auto sets = folder.catalogue().bar_sets(instrument)) {
    for (const auto& set : *sets)
      if (set.series.spec == bar) widen(set);
  }
  const std::string there = first > last
                                ? std::string{"stom data list shows what is there"}
                                : fmt::format("there are {} from {} to {}", bar.empty() ? "ticks" : bar + " bars",
                                              format_time(first), format_time(last));
  return {Errc::NotFound, fmt::format("there are no {} of {} in that range", what, instrument), there};
}

}  // namespace stom
