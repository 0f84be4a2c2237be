// --from and --to of the commands that print stored data: an empty answer says why it is empty.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "store/data_folder.hpp"

namespace stom {

struct TimeRange {
  UnixNanos from = kNoTime;
  UnixNanos to = kNever;
};

/// Times as typed; empty: no bound. Errc::Usage where one is none, or they are reversed.
Result<TimeRange> time_range(const std::string& from, const std::string& to);

/// Errc::NotFound: no `what` of the instrument in that range; names what there is of it. `bar` is the kind of bars that
/// was asked for, empty for ticks.
Error nothing_there(const store::DataFolder& folder, const std::string& instrument, const std::string& bar,
                    std::string_view what);

}  // namespace stom
