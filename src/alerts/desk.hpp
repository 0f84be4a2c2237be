// What becomes of an event: which rules it meets, what is told to which channel, when, and what when that fails. A
// state machine: events and the time go in, messages come out, one at a time and in order per channel; it knows no
// socket and no clock. Not thread-safe: whoever has threads locks around it (post_office.hpp).
//
// Bounded. A channel's queue holds kMostWaiting messages that are not critical: the oldest of the least severe makes
// room, is counted, and a message says how many. Critical ones are never left out: beyond kMostCritical they are told
// together with the last one that waits, which says how many more there were.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "alerts/settings.hpp"
#include "core/time.hpp"

namespace stom::alerts {

struct Event {
  EventKind kind = EventKind::Log;
  UnixNanos time = 0;
  std::string subject;              // an instrument or a venue; may be empty
  std::string text;                 // one line
  std::optional<Decimal> number{};  // Price, Profit
};

struct Message {
  std::uint64_t alert = 0;  // what is acknowledged; 0: nothing to acknowledge
  Severity severity = Severity::Info;
  UnixNanos time = 0;  // of the event
  std::string text;
  bool about_delivery = false;  // said by the desk of a channel; its own refusal is not told again
};

/// Why a message did not arrive.
struct Failure {
  Error why;
  bool for_good = false;          // the server refuses this message and would again
  DurationNanos retry_after = 0;  // as the server asks
};

class Desk {
 public:
  static constexpr std::size_t kMostWaiting = 256, kMostCritical = 1024, kMostRemembered = 4096;
  static constexpr DurationNanos kFirstRetry = kSecond, kMostRetry = kMinute;
  static constexpr DurationNanos kDeadAfter = 30 * kSecond;  // of tries that fail: the other channels are told

  explicit Desk(Settings settings);

  void on_event(const Event& event);
  /// Escalations that are due, and what was counted in a window that is over.
  void on_time(UnixNanos now);
  /// Whether there was one to acknowledge.
  bool acknowledge(std::uint64_t alert);
  /// Told to one channel, whatever the rules say.
  void tell(std::size_t channel, Message message);

  // A channel's side: it tries what next() says, and then tells of that one.
  /// Null where nothing is due. Valid until the next call.
  const Message* next(std::size_t channel, UnixNanos now);
  void delivered(std::size_t channel, UnixNanos now);
  void failed(std::size_t channel, const Failure& failure, UnixNanos now);

  const Settings& settings() const { return settings_; }
  std::size_t waiting(std::size_t channel) const { return outboxes_[channel].waiting.size(); }
  /// Those that no quiet hours hold.
  std::size_t due(std::size_t channel, UnixNanos now) const;
  bool dead(std::size_t channel) const { return outboxes_[channel].dead; }

 private:
  struct Waiting {
    Message message;
    UnixNanos not_before = kNoTime;
    std::uint64_t joined = 0;  // critical ones told with this one
  };
  struct Outbox {
    std::deque<Waiting> waiting;
    std::optional<std::size_t> tried;  // which of them is out
    UnixNanos retry_at = kNoTime, failing_since = kNoTime;
    DurationNanos pause = 0;
    std::uint64_t left_out = 0;
    bool dead = false;
    Message shown;
  };
  struct Repeats {
    UnixNanos until = kNoTime;
    std::uint64_t more = 0;
    std::string last;
  };
  struct Open {  // not acknowledged
    std::size_t rule;
    UnixNanos due;
    Message message;
  };
  using Key = std::pair<std::size_t, std::string>;  // rule, subject

  bool meets(const Rule& rule, std::size_t index, const Event& event);
  void raise(std::size_t rule, const Event& event);
  void told(std::size_t rule, Message message);
  static std::size_t others(const Outbox& box);  // that are not critical
  void put(std::size_t channel, Message message, UnixNanos now);
  void tell_others(std::size_t channel, Severity severity, const std::string& text, UnixNanos now);

  Settings settings_;
  std::vector<Outbox> outboxes_;
  std::map<Key, Repeats> repeats_;
  std::map<Key, bool> beyond_;  // a number that has crossed
  std::map<std::uint64_t, Open> open_;
  std::uint64_t alerts_ = 0;
};

}  // namespace stom::alerts
