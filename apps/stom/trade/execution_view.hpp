// The executions of a session's strategy (docs/execution.md) for people: how they are, and that one is to stop. The
// latter is an act, a record of the journal before it is done: a re-run makes the same of it, and the process that goes
// on begins none anew where one was stopped.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strategies/strategy.hpp"

namespace stom::trade {

inline constexpr std::string_view kStopExecutionAct = "stop execution ";
/// What is asked of a running session; behind the second the number of one.
inline constexpr std::string_view kExecutionsRequest = "executions", kStopExecutionRequest = "stop-execution ";

struct ExecutionStop {
  std::uint64_t number = 0;  // of its process
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
};
/// "stop execution 3 0 buy": its number, the index of its instrument, its side.
std::string stop_execution_act(const ExecutionStop& stop);
/// Nothing where it is none of these.
std::optional<ExecutionStop> execution_stopped_by(std::string_view act);
/// Where these acts stopped executions.
std::vector<std::pair<InstrumentIndex, Side>> executions_stopped_by(std::span<const std::string> acts);

/// The one of that number that is under way; null: there is none.
ExecutionOrders* running_execution(Strategy& strategy, std::uint64_t number);
/// {"executions":[…]}: each that has begun, and is under way or the last of its kind (docs/execution.md).
nlohmann::ordered_json executions_json(Strategy& strategy, const Context& context);

}  // namespace stom::trade
