// The data check before a backtest: how much of the time asked for the stored market data cover, what is missing, and
// for how long there is no book. Fed with the data in order, in the same pass that makes their hash.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "market/reading_rules.hpp"
#include "model/message.hpp"

namespace stom::research {

struct Coverage {
  std::uint64_t rows = 0;    // messages, or bars
  std::uint64_t levels = 0;  // of all messages
  UnixNanos first_time = kNoTime, last_time = kNoTime;
  // UTC days of the time asked for that have data, and those that have not. A market without any data on a Saturday or
  // Sunday rests at weekends: those days are not missed. Its holidays are.
  std::uint32_t days = 0;
  std::vector<std::int32_t> missing_days;
  std::uint64_t gaps =
      0;  // ticks: breaks in the update ids; bars: holes inside a day, round the clock over midnight too
  DurationNanos widest_gap = 0;  // bars
  double stale_share = 0;        // of the time from first to last, without a book; 0 where the data have no depth
};

/// "2024-08-01 to 2024-08-03, 2024-08-05"; at most `most` of them, then how many more.
std::string day_list(std::span<const std::int32_t> days, std::size_t most = 3);

/// Days with data, and at the end the days without.
class DayCount {
 public:
  void observe(UnixNanos time) {
    const std::int32_t day = day_of(time);
    if (days_.empty() || day != days_.back()) days_.push_back(day);
  }
  /// `from`, `to`: what was asked for; kNoTime and kNever where only what is there is meant.
  void finish(UnixNanos from, UnixNanos to, Coverage& coverage) const;

 private:
  std::vector<std::int32_t> days_;
};

class TickCoverage {
 public:
  void observe(const MessageBatch& batch);
  Coverage finish(UnixNanos from, UnixNanos to) const;

 private:
  Coverage coverage_;
  DayCount days_;
  GatedDepth gate_;
  bool has_depth_ = false;
  DurationNanos without_book_ = 0;
};

class BarCoverage {
 public:
  /// `step`: what a bar spans; 0 where that is no time (100 ticks).
  explicit BarCoverage(DurationNanos step) : step_{step} {}
  void observe(std::span<const Bar> bars);
  Coverage finish(UnixNanos from, UnixNanos to) const;

 private:
  DurationNanos step_;
  Coverage coverage_;
  DayCount days_;
  std::uint32_t hours_ = 0;  // of the day that have bars, a bit each
  std::uint64_t over_midnight_ = 0;
  DurationNanos widest_over_midnight_ = 0;
};

}  // namespace stom::research
