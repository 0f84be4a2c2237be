// The watch list (관심종목) over time: which instruments a session watched from when to when, and why. The session
// writes it, a CSV of time_ns,instrument,state,reason; whoever reads it sees for each instant the universe that the
// session had.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace stom {

enum class WatchState : std::uint8_t {
  Out,      // neither in the watch list nor registered
  Waiting,  // wanted, and no registration is free: its data do not come
  In,       // in the watch list and registered: its data come
  Kept,     // not in the watch list any more, but held or ordered, and so registered still
  Unknown,  // held or ordered, and so registered; whether it is in the watch list the source has not said yet
};
inline constexpr std::size_t kWatchStates = 5;
/// Its data come.
constexpr bool is_registered(WatchState state) { return state != WatchState::Out && state != WatchState::Waiting; }
/// 관심종목: the source names it, whether its data come or not. Nothing: that is not known.
constexpr std::optional<bool> watched_in(WatchState state) {
  if (state == WatchState::Unknown) return std::nullopt;
  return state == WatchState::In || state == WatchState::Waiting;
}

enum class WatchReason : std::uint8_t {
  Pinned,     // the user named it: in from the start to the end
  Named,      // the source names it: a list, a ranking, a condition search
  Dropped,    // the source names it no more
  Held,       // there is a position or an order
  Released,   // there is none any more
  Full,       // no registration is free
  Outranked,  // the registration went to one that comes before it
  Ended,      // the session is over
};

std::string_view name_of(WatchState state);
std::string_view name_of(WatchReason reason);

class WatchTimeline {
 public:
  struct Change {
    UnixNanos time = 0;
    WatchState state = WatchState::Out;
    WatchReason reason = WatchReason::Named;
    friend bool operator==(const Change&, const Change&) = default;
  };

  /// The first line of the file, and one change as a line, both with their end.
  static std::string_view header();
  static std::string line(UnixNanos time, std::string_view instrument, WatchState state, WatchReason reason);
  /// Errors: a line that is none, or that is earlier than the one before it. A last line that was cut is left out.
  static Result<WatchTimeline> parse(std::string_view text);

  /// As of the changes up to and including that time.
  WatchState state_at(std::string_view instrument, UnixNanos time) const;
  /// Registered then, so that its data came: by name.
  std::vector<std::string> registered_at(UnixNanos time) const;

  const std::map<std::string, std::vector<Change>, std::less<>>& instruments() const { return instruments_; }

 private:
  std::map<std::string, std::vector<Change>, std::less<>> instruments_;
};

}  // namespace stom
