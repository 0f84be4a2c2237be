// A session run again (docs/verify.md): all that its engine took in, through the same engine and strategy, must lead to
// the same commands. On paper the simulator runs again too, and its answers are compared; from a venue on the wire the
// answers are those of the journal.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "model/types.hpp"
#include "store/input_stream.hpp"

namespace stom::trade {

struct Plan;

inline constexpr DurationNanos kEquityInterval = kMinute;

/// What a session does as its operator, as its journal and its input tell it.
inline constexpr std::string_view kStopAct = "stop";  // the strategy is not called any more
std::string cancel_act(ClientOrderId id);
std::string close_act(InstrumentIndex instrument);  // the order that it leads to is closing_order()
/// The market order that closes as much of that position as whole lots can. Its quantity is 0 where nothing is to be.
NewOrder closing_order(const Instrument& instrument, InstrumentIndex index, Quantity position);

/// The first block of the recorded input: what the engine is made of, and when it began.
std::string input_start(std::string_view made_of, UnixNanos begun);
struct InputStart {
  std::string made_of;
  UnixNanos begun = 0;
};
Result<InputStart> read_input_start(std::string_view text);

struct Rerun {
  std::uint64_t orders = 0, records = 0, turns = 0;  // that were compared
  UnixNanos until = 0;                               // the last turn
  struct Difference {
    std::uint64_t record = 0, turn = 0;
    UnixNanos time = 0;
    std::string session{}, rerun{};  // in words
  };
  std::optional<Difference> difference{};  // the first: what comes behind it follows from it
  std::string incomplete{};                // why the input ends before the session did; empty: it does not
};

/// Errors: the input or the journal cannot be read, or does what this program does not know.
Result<Rerun> run_again(Plan plan, UnixNanos begun, store::InputReader& input, const std::filesystem::path& journal,
                        const std::function<bool()>& go_on);

}  // namespace stom::trade
