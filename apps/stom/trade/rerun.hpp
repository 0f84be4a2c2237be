// A session run again (docs/verify.md): all that its engine took in, through the same engine and strategy, must lead to
// the same commands. On paper the simulator runs again too, and its answers are compared; from a venue on the wire the
// answers are those of the journal. Each process of the session is run for itself, from what its journal led to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "model/types.hpp"

namespace stom::trade {

struct Plan;

inline constexpr DurationNanos kEquityInterval = kMinute;

/// What a session does as its operator, as its journal and its input tell it.
inline constexpr std::string_view kStopAct = "stop";   // the strategy is not called any more
inline constexpr std::string_view kGoOnAct = "go on";  // all of before is known: it is called from here on
std::string cancel_act(ClientOrderId id);
std::string close_act(InstrumentIndex instrument);               // the order that it leads to is closing_order()
std::optional<InstrumentIndex> closed_by(std::string_view act);  // nothing where it is none of these
std::string ids_act(ClientOrderId first);                        // ids of orders begin there
std::optional<ClientOrderId> ids_begun_by(std::string_view act);
/// The market order that closes as much of that position as whole lots can. Its quantity is 0 where nothing is to be.
NewOrder closing_order(const Instrument& instrument, InstrumentIndex index, Quantity position);

/// The first block of a process's recorded input.
struct InputStart {
  std::string made_of;             // what its engine is made of: Plan::made_of
  UnixNanos begun = 0;             // when it began
  std::uint64_t first_record = 0;  // its first of the journal
};
std::string input_start(const InputStart& start);
Result<InputStart> read_input_start(std::string_view text);

struct Rerun {
  std::uint64_t orders = 0, records = 0, turns = 0;  // that were compared
  UnixNanos until = 0;                               // the last turn
  /// A book as the strategy saw it, in decimals; empty: there was none.
  struct Saw {
    std::string instrument, bid, bid_quantity, ask, ask_quantity, last, position;
    bool stale = true;
  };
  struct Difference {
    std::uint64_t record = 0, turn = 0;
    UnixNanos time = 0;
    std::string session{}, rerun{};  // in words
    std::vector<Saw> saw{};          // of the instruments that the two speak of, else of all that are traded
  };
  std::optional<Difference> difference{};  // the first: what comes behind it follows from it
  std::string incomplete{};                // why the input ends before the session did; empty: it does not
};

/// Makes the engine's part of a session's plan anew, of Plan::made_of.
using PlanAgain = std::function<Result<Plan>(const std::string& made_of)>;

/// Errors: the input or the journal cannot be read, or does what this program does not know.
Result<Rerun> run_again(const std::filesystem::path& session, const PlanAgain& plan_again,
                        const std::function<bool()>& go_on);

}  // namespace stom::trade
