// Whether a session could trade, and for how much of its time. Up: it runs, every book that it watches is synchronised,
// every venue was heard of within two seconds, and orders can leave. The engine writes down when that begins and ends,
// as acts of its operator; how much it was is a fold over the journal (docs/live.md).
//
// Unknown counts as down: what lies between the last record of a process that was killed and the next one that is up.
// So "up" is said again each minute. What lies between an end that somebody wanted and the next start does not count,
// nor what a venue had announced as its own maintenance.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "engine/journal.hpp"

namespace stom::trade {

inline constexpr std::string_view kUpAct = "up";
std::string down_act(std::string_view why);  // "down, binance is not connected"
bool is_availability_act(std::string_view text);

/// Engine thread.
class AvailabilityWatch {
 public:
  static constexpr DurationNanos kHeardWithin = 2 * kSecond, kAgain = kMinute, kLookEvery = 100 * kMillisecond;
  bool due(UnixNanos now) const { return now >= next_look_; }
  /// `why`: what is in the way; empty: nothing. The act to be written; empty: none.
  std::string look(UnixNanos now, std::string_view why);

 private:
  UnixNanos next_look_ = kNoTime, said_at_ = kNoTime;
  std::string last_;
};

/// Record by record, in order.
class AvailabilityFold {
 public:
  struct Outage {
    UnixNanos from = 0, to = 0;
    std::string why;
  };
  /// A venue's own maintenance, as it was announced: `from` <= time < `to` does not count.
  struct Maintenance {
    UnixNanos from = 0, to = 0;
  };
  AvailabilityFold() = default;
  explicit AvailabilityFold(std::vector<Maintenance> announced);
  void fold(const JournalRecord& record);

  DurationNanos time() const { return time_; }
  DurationNanos up() const { return up_; }
  /// up / time, as a decimal rounded down to six places: 1 is never said where something was missing. Empty: no time.
  std::string share() const;
  /// Those since it was up first; the last one may go on still.
  const std::vector<Outage>& outages() const { return outages_; }

 private:
  void pass(UnixNanos to, bool known);
  void begin_outage(UnixNanos at, std::string_view why);

  std::vector<Maintenance> announced_;  // apart from each other
  DurationNanos time_ = 0, up_ = 0;
  std::vector<Outage> outages_;
  UnixNanos last_ = kNoTime;
  bool is_up_ = false, was_up_ = false, counts_ = true, out_ = false;
};

}  // namespace stom::trade
