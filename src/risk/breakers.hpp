// Breakers: what trips when a session goes wrong, and what is to happen then. A pure state machine: it is told what
// happened and when, and says which breaker trips; what is done about it is the business of who asked. A breaker that
// has tripped stays so until it is armed by hand, and then begins to count anew. Docs: docs/risk.md.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "model/state_fields.hpp"
#include "model/types.hpp"

namespace stom::risk {

enum class BreakerKind : std::uint8_t {
  DailyLoss,          // lost since the day (UTC) began, in the session's currency
  Drawdown,           // lost from the highest equity, in percent of it
  ConsecutiveLosses,  // positions closed at a loss, one after the other
  RejectRate,         // orders that were refused within a time
  FeedStale,          // a book was stale for so long
  Slippage,           // fills that took lost against the price at which their orders left, on average of the last ones
};
inline constexpr std::size_t kBreakerKinds = static_cast<std::size_t>(BreakerKind::Slippage) + 1;
enum class BreakerAction : std::uint8_t {
  Warn,     // people are told
  Entries,  // nothing leaves that opens or enlarges a position
  Flatten,  // what works is canceled and what is held is closed
};

/// Trips by what is counted in the session's currency, over all that is traded.
constexpr bool is_in_one_currency(BreakerKind kind) {
  return kind == BreakerKind::DailyLoss || kind == BreakerKind::Drawdown;
}

std::string_view name_of(BreakerKind kind);  // "daily_loss"
std::string_view name_of(BreakerAction action);
std::optional<BreakerKind> breaker_named(std::string_view name);
std::string breaker_names();  // "daily_loss, drawdown, …"

struct Breaker {
  static constexpr std::int64_t kMostCounted = 1'000, kMostFills = 100;
  static constexpr int kBasisPointDecimals = 2;

  BreakerKind kind = BreakerKind::Drawdown;
  std::int64_t value = 0;    // money and percent with Limit's decimals, basis points with those above; a number
  DurationNanos window = 0;  // RejectRate, FeedStale
  std::int64_t fills = 0;    // Slippage: the average is of so many
  BreakerAction action = BreakerAction::Entries;
  std::string value_text;  // as it was written, with its action: "500,flatten"

  std::string text() const;  // "daily_loss=500,flatten"
};

/// NAME=VALUE[,ACTION]; without an action it stops entries, `drawdown` without a value is 10 %, and `slippage` without
/// a count is of 20 fills. Errors: no such breaker, a value or an action that is none.
Result<Breaker> parse_breaker(std::string_view text);

class Breakers {
 public:
  struct State {
    Breaker breaker;
    std::string value;  // what counts against it; empty: nothing is known yet
    bool tripped = false;
  };
  struct Trip {
    BreakerKind kind;
    std::string why;  // "a loss of 512.5 since the day began"
  };

  /// Instead of the one of its kind, or beside the others. What counted before counts on.
  void set(Breaker breaker);
  void remove(BreakerKind kind);
  const Breaker* find(BreakerKind kind) const;
  bool empty() const;

  // What happens.
  /// What the cash of the session's start was worth when that was first known, by the rates of then: another rate since
  /// is neither a loss nor a gain.
  void begin_with(Money cash);
  std::optional<Money> start() const { return start_; }
  /// What the session is worth, where all of that is known.
  void equity(Money equity, UnixNanos now);
  /// `earned`: of that instrument, since the session began.
  void position_closed(InstrumentIndex instrument, Money earned);
  /// The same while nobody judges it: nothing of it is held, and its next position counts from there.
  void flat(InstrumentIndex instrument, Money earned);
  /// A start finds nothing of it held that was filled since the last count: judged unless it has earned nothing since.
  void closed_unjudged(InstrumentIndex instrument, Money earned);
  void order_refused(UnixNanos now);
  /// A fill that took: what it lost, in hundredths of a basis point; below 0: it won.
  void taker_filled(std::int64_t lost);
  /// Since when some book is stale; kNever: none is.
  void feed(UnixNanos stale_since, UnixNanos now);
  /// Those that trip by it.
  std::vector<Trip> take_trips();

  // What counts, over a restart: a text, to be kept in the journal whenever it has changed, and taken up from there.
  // The highest equity is told anew once it has risen by a thousandth: a restart forgets no more of it.
  std::optional<std::string> take_count();
  /// False: it is no such text.
  bool resume(std::string_view count);
  /// One of before.
  void resume_refused(UnixNanos at);
  /// What another one has counted, instead of its own.
  void resume(const Breakers& of);
  /// That, to be written down and read back (core/state_io.hpp).
  template <class Io>
  void count_fields(Io& io) {
    io(start_, day_began_, highest_, day_, losses_, earned_, told_highest_, untold_, refused_, slips_);
  }

  // What was decided about it, also by hand, and by an earlier process.
  void trip(BreakerKind kind) { of(kind).tripped = true; }
  /// It counts anew from here.
  void arm(BreakerKind kind);
  /// What the one that is tripped and does most wants; nothing: none is tripped.
  std::optional<Breaker> strongest() const;
  std::vector<State> states(UnixNanos now) const;

 private:
  struct One {
    std::optional<Breaker> breaker;
    bool tripped = false;
  };
  One& of(BreakerKind kind) { return all_[static_cast<std::size_t>(kind)]; }
  const One& of(BreakerKind kind) const { return all_[static_cast<std::size_t>(kind)]; }
  template <class Why>
  void offer(BreakerKind kind, bool beyond, const Why& why);
  std::int64_t refused_within(DurationNanos window, UnixNanos now) const;
  std::span<const std::int64_t> counted_slips(const Breaker& breaker) const;
  bool resume_slips(std::string_view list);

  std::array<One, kBreakerKinds> all_;
  std::vector<Trip> trips_;
  std::optional<Money> start_, equity_, day_began_, highest_;
  std::int32_t day_ = 0;
  std::int64_t losses_ = 0;
  std::map<InstrumentIndex, Money> earned_;  // when its position was closed last; none: nothing
  Money told_highest_{};
  bool untold_ = false;              // what counts has changed since it was told
  std::deque<UnixNanos> refused_;    // the last ones
  std::vector<std::int64_t> slips_;  // what fills that took have lost; the last ones
  DurationNanos stale_ = 0;
};

}  // namespace stom::risk
