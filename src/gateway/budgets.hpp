// How much a venue lets us ask, kept so that the venue never has to say no: each request names its cost, and waits
// until every budget that it draws on has room. Pure: no clock, "now" is handed in. What we cannot know (when a request
// arrived) is taken at its worst, between when it was sent and when its answer came.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "venues/venue.hpp"

namespace stom::gateway {

class Budgets {
 public:
  explicit Budgets(const venues::Description& venue);

  /// When a request of this cost may go: `now` if it may, a later time, or kNever where only an answer, a release or
  /// another limit can make room. The last units of a budget are for Priority::Risk.
  UnixNanos free_at(const venues::Costs& costs, venues::Priority priority, UnixNanos now) const;
  /// Whether it could ever go: false for a cost above a limit.
  bool fits(const venues::Costs& costs, venues::Priority priority) const;

  /// The request goes out now.
  void spend(const venues::Costs& costs, UnixNanos now);
  /// An answer came to a request that was sent then; what its headers report of budgets counts more than our sums.
  void answered(const venues::Costs& costs, std::span<const venues::Header> headers, UnixNanos sent, UnixNanos now);
  /// No answer came, or one that reports nothing. `arrived` is false where no byte of the request left.
  void ended(const venues::Costs& costs, UnixNanos now, bool arrived);

  /// An answer by which the venue says "too many": closes what the request drew on, or everything where the venue shuts
  /// out, and says until when. Nothing where the status is none of those.
  std::optional<UnixNanos> refused(int status, std::span<const venues::Header> headers, const venues::Costs& costs,
                                   UnixNanos now);

  void release(venues::BudgetIndex budget, std::int64_t amount);
  void set_limit(venues::BudgetIndex budget, std::int64_t limit);
  /// The venue's clock minus ours, at most `error` from it: fixed windows begin by the venue's. Who asks too early for
  /// the next one is counted, and told a count, in the one before: so a window is taken for begun when it surely is.
  void clock_offset(DurationNanos offset, DurationNanos error) {
    offset_ = offset;
    error_ = error;
  }

  /// For people: what counts as used, of what.
  std::int64_t used(venues::BudgetIndex budget, UnixNanos now) const;
  std::int64_t limit(venues::BudgetIndex budget) const { return states_[budget].limit; }
  UnixNanos closed_until(venues::BudgetIndex budget) const;
  UnixNanos shut_until() const { return shut_until_; }

 private:
  struct Spent {
    UnixNanos at;
    std::int64_t amount;
  };
  struct State {
    venues::Budget budget;
    std::int64_t limit;
    std::int64_t in_flight = 0;  // of requests that have no end yet: count whatever the window
    UnixNanos closed_until = 0;
    // FixedWindow
    std::int64_t window = 0;    // number of the one that the two below are about
    std::int64_t reported = 0;  // the most the venue said in it
    std::deque<Spent> settled;  // ended in it, or where it may have begun, without a report; `at` is when
    // SlidingWindow
    std::deque<Spent> spent;  // `at` is when it no longer counts
    std::int64_t spent_sum = 0;
    // Standing
    std::int64_t held = 0;
  };

  DurationNanos error_of(const State& state) const;
  /// The window that has surely begun by then, and the one that may have.
  std::int64_t window_of(const State& state, UnixNanos now) const;
  std::int64_t next_of(const State& state, UnixNanos now) const;
  std::int64_t counted(const State& state, UnixNanos now) const;
  void forget(State& state, UnixNanos now) const;
  void settle(State& state, std::int64_t amount, UnixNanos now, bool counts);
  /// Whether the headers tell a count for the window of now.
  bool take_report(State& state, std::span<const venues::Header> headers, UnixNanos sent, UnixNanos now);
  UnixNanos room_at(const State& state, std::int64_t amount, std::int64_t most, UnixNanos now) const;

  std::vector<State> states_;
  std::vector<venues::RateRefusal> refusals_;
  UnixNanos shut_until_ = 0;
  DurationNanos offset_ = 0, error_ = 0;
};

/// Seconds of a Retry-After header; nothing where it is not a small number.
std::optional<DurationNanos> parse_seconds(std::string_view text);
/// "sec" in "group=order; min=1799; sec=29"; nothing where it is not there.
std::optional<std::int64_t> header_field(std::string_view value, std::string_view key);

}  // namespace stom::gateway
