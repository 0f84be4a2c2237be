// The alerts of a session as its page shows them, whoever else is told: the newest ones, and what comes again and again
// once. The same is what differs in its numbers alone, such as the next refusal of the same kind; the name of an
// instrument is no number. A state machine without a clock. Not thread-safe.
//
// Bounded: the oldest goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "alerts/settings.hpp"
#include "core/time.hpp"

namespace stom::alerts {

class Recent {
 public:
  static constexpr std::size_t kMost = 100, kMostText = 300;  // bytes of one's words
  static constexpr DurationNanos kTogether = kMinute;         // from the first of them on

  struct Alert {
    std::uint64_t id = 0;  // from 1 on, by when it came first
    UnixNanos time = 0, last = 0;
    Severity severity = Severity::Info;
    std::string_view event;  // of name_of(), or another text that stays
    std::string text;        // of the last one
    std::uint64_t count = 1;
    std::string pattern;  // what the same has
  };

  void add(UnixNanos now, Severity severity, std::string_view event, std::string_view text);
  const std::deque<Alert>& all() const { return alerts_; }  // by id

 private:
  std::deque<Alert> alerts_;
  std::uint64_t last_id_ = 0;
};

}  // namespace stom::alerts
