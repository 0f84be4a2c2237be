// How a bar ends, and the text in which users write it: "5m", "100t", "0.5v". docs/bars.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace stom {

enum class BarKind : std::uint8_t { Time, Tick, Volume, Value, Range, Renko };

struct BarSpec {
  BarKind kind = BarKind::Time;
  /// Time: ns. Tick: trades. Volume: units of the instrument, Value: quote currency, both in 10^-6. Range, Renko:
  /// ticks.
  std::int64_t size = kMinute;
  friend bool operator==(const BarSpec&, const BarSpec&) = default;

  /// What a bar spans on the clock; 0 where the clock does not end it.
  DurationNanos span() const { return kind == BarKind::Time ? size : 0; }
};

/// Start of the interval that holds `time`, counted from 1970-01-01 00:00 UTC.
constexpr UnixNanos start_of_interval(UnixNanos time, DurationNanos length) {
  const UnixNanos past = time % length;
  return time - (past < 0 ? past + length : past);
}

inline constexpr int kBarSizeDecimals = 6;  // of Volume and Value

/// "1s", "5m", "1h", "1d" by time; "100t" trades; "50v" volume; "1000000q" value; "10r" range; "10b" Renko bricks.
Result<BarSpec> parse_bar_spec(std::string_view text);
std::string format_bar_spec(const BarSpec& spec);

}  // namespace stom
