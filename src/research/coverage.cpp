#include "research/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace stom::research {
namespace {

bool is_weekend(std::int32_t day) { return weekday_of(day) >= 5; }

UnixNanos time_of(const Message& m) { return m.receive_time != kNoTime ? m.receive_time : m.venue_time(); }

}  // namespace

std::string day_list(std::span<const std::int32_t> days, std::size_t most) {
  std::string text;
  std::size_t runs = 0, told = 0;
  for (std::size_t i = 0; i < days.size();) {
    std::size_t end = i + 1;
    while (end < days.size() && days[end] == days[end - 1] + 1) ++end;
    if (runs++ == most) return text + fmt::format(" and {} more", days.size() - told);
    text += (text.empty() ? "" : ", ") + format_day(days[i]);
    if (end > i + 1) text += " to " + format_day(days[end - 1]);
    told += end - i;
    i = end;
  }
  return text;
}

void DayCount::finish(UnixNanos from, UnixNanos to, Coverage& coverage) const {
  std::vector<std::int32_t> days = days_;
  std::ranges::sort(days);
  days.erase(std::unique(days.begin(), days.end()), days.end());
  coverage.days = static_cast<std::uint32_t>(days.size());
  if (days.empty()) return;
  const bool rests = std::ranges::none_of(days, is_weekend);
  const std::int32_t first = from == kNoTime ? days.front() : std::min(day_of(from), days.front());
  const std::int32_t last = to == kNever ? days.back() : std::max(day_of(to - 1), days.back());
  auto next = days.begin();
  for (std::int32_t day = first; day <= last; ++day) {
    if (next != days.end() && *next == day)
      ++next;
    else if (!rests || !is_weekend(day))
      coverage.missing_days.push_back(day);
  }
}

void TickCoverage::observe(const MessageBatch& batch) {
  for (const Message& m : batch.messages) {
    const UnixNanos time = time_of(m);
    if (coverage_.first_time == kNoTime) coverage_.first_time = coverage_.last_time = time;
    // Until here the book was what the messages before made of it.
    if (time > coverage_.last_time) {
      if (!gate_.gate().has_book()) without_book_ += time - coverage_.last_time;
      coverage_.last_time = time;
    }
    days_.observe(time);
    if (m.kind != MessageKind::Depth && m.kind != MessageKind::Snapshot) continue;
    has_depth_ = true;
    Message ids = m;  // the levels do not matter to the gate
    ids.bids = ids.asks = 0;
    gate_.offer(ids, {}, {}, [](const Message&, auto, auto) {});
  }
  coverage_.rows += batch.messages.size();
  coverage_.levels += batch.levels.size();
}

Coverage TickCoverage::finish(UnixNanos from, UnixNanos to) const {
  Coverage coverage = coverage_;
  coverage.gaps = static_cast<std::uint64_t>(gate_.gate().gaps());
  const DurationNanos span = coverage.last_time - coverage.first_time;
  if (has_depth_ && coverage.rows > 0 && span > 0)
    coverage.stale_share = static_cast<double>(without_book_) / static_cast<double>(span);
  days_.finish(from, to, coverage);
  return coverage;
}

void BarCoverage::observe(std::span<const Bar> bars) {
  for (const Bar& bar : bars) {
    if (coverage_.first_time == kNoTime) coverage_.first_time = bar.time;
    // Bars of days and longer rest at weekends and on holidays; those are counted as days.
    const DurationNanos apart = coverage_.last_time == kNoTime ? 0 : bar.time - coverage_.last_time;
    if (step_ > 0 && step_ < kDay && apart > step_) {
      const auto days = day_of(bar.time) - day_of(coverage_.last_time);
      if (days == 0) {
        ++coverage_.gaps;
        coverage_.widest_gap = std::max(coverage_.widest_gap, apart);
      } else if (days == 1) {
        ++over_midnight_;
        widest_over_midnight_ = std::max(widest_over_midnight_, apart);
      }
    }
    hours_ |= 1u << ((bar.time - start_of_day(day_of(bar.time))) / kHour);
    coverage_.last_time = bar.time;
    days_.observe(bar.time);
  }
  coverage_.rows += bars.size();
}

Coverage BarCoverage::finish(UnixNanos from, UnixNanos to) const {
  Coverage coverage = coverage_;
  // Round the clock there is no night to rest in: what is missing before midnight is a hole like any other.
  const DurationNanos covered = std::popcount(hours_) * std::max(step_, kHour);
  if (covered >= kDay) {
    coverage.gaps += over_midnight_;
    coverage.widest_gap = std::max(coverage.widest_gap, widest_over_midnight_);
  }
  days_.finish(from, to, coverage);
  // A bar of a week stands for all of its days.
  if (step_ > kDay) coverage.missing_days.clear();
  return coverage;
}

}  // namespace stom::research
