// The column map: which column of a table is what, and how its time is written. Given by the user
// (--columns time=NAME:ms,open=NAME,…) or found by the names that venues and tools use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace stom::importers {

/// How a time is written.
struct TimeForm {
  enum class Kind : std::uint8_t {
    Unit,     // a number (a fraction may follow) of `unit` since 1970
    Guess,    // such a number, its unit told by its size; or a date or date and time
    Pattern,  // strptime-like: %Y %m %d %H %M %S %f %y %b %p %I %z %%
    MsOfDay,  // milliseconds since midnight of `day` in `zone` (LEAN)
  };
  enum class Zone : std::uint8_t { Utc, Korea, NewYork };
  Kind kind = Kind::Guess;
  DurationNanos unit = kMillisecond;
  std::string pattern;
  std::int32_t day = 0;
  Zone zone = Zone::Utc;  // where the text states no offset
};

Result<UnixNanos> read_time(std::string_view text, const TimeForm& form);
/// Local wall time to UTC. New York by the daylight saving rules since 1987.
UnixNanos to_utc(UnixNanos local, TimeForm::Zone zone);

/// One entry of the map.
struct Column {
  std::string role;  // time open high low close volume price quantity side …
  std::string name;  // as in the header, or its number from 1
};
struct ColumnMap {
  std::vector<Column> columns;
  std::optional<TimeForm> time;
};
/// "time=open_time:ms,open=o,…"; a comma inside a time pattern is written "\,".
Result<ColumnMap> parse_columns(std::string_view text);

}  // namespace stom::importers
