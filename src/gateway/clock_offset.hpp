// The venue's clock minus ours, out of what the venue says in passing. Each round trip bounds it: the venue stamped its
// answer between our sending and our receiving. The bounds of many round trips have a part in common, small although
// each is wide (an HTTP Date header has whole seconds). Bounds age by the drift that clocks may have; those that most
// of the others contradict, after a clock jumped or where a stamp lies, are outvoted (Marzullo 1984).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time.hpp"

namespace stom::gateway {

class ClockOffset {
 public:
  struct Estimate {
    DurationNanos offset = 0;  // venue minus ours
    DurationNanos error = 0;   // at most so far from it, if most of the venue's stamps are true
  };

  /// The venue's clock showed a time in [from, to] at some moment between `sent` and `received` of ours.
  void add(UnixNanos sent, UnixNanos received, UnixNanos from, UnixNanos to);
  std::optional<Estimate> estimate(UnixNanos now) const;

 private:
  static constexpr std::size_t kKept = 64;
  static constexpr std::int64_t kDriftPerMillion = 100;  // two cheap crystals
  struct Bounds {
    DurationNanos low, high;
    UnixNanos at;
  };
  std::array<Bounds, kKept> kept_{};
  std::size_t added_ = 0;
};

/// "Sun, 06 Nov 1994 08:49:37 GMT" as an HTTP Date header has it; nothing where it is anything else.
std::optional<UnixNanos> parse_http_date(std::string_view text);

}  // namespace stom::gateway
