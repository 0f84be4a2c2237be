// The executions of a session's strategy (docs/execution.md) for people: how they are, and that one is to stop. The
// latter is an act, a record of the journal before it is done: a re-run makes the same of it, and the process that goes
// on begins none anew where one was stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/several.hpp"
#include "strategies/execution_orders.hpp"

namespace stom::trade {

inline constexpr std::string_view kStopExecutionAct = "stop execution ";
/// What is asked of a running session; behind the second the number of one.
inline constexpr std::string_view kExecutionsRequest = "executions", kStopExecutionRequest = "stop-execution ";

struct ExecutionStop {
  std::uint64_t number = 0;  // of its process
  StoppedExecution what;
};
/// "stop execution 3 0 buy": its number, the index of its instrument, its side; behind them, of several strategies,
/// whose it is.
std::string stop_execution_act(const ExecutionStop& stop);
/// Nothing where it is none of these.
std::optional<ExecutionStop> execution_stopped_by(std::string_view act);
/// Where these acts stopped executions.
std::vector<StoppedExecution> executions_stopped_by(std::span<const std::string> acts);

/// An execution of a session's, with what it acts by.
struct SessionExecution {
  ExecutionOrders* orders = nullptr;
  Context* context = nullptr;
  StoppedExecution what;  // the instrument as the run has it

  void stop() const { orders->stop(*context); }
};
/// Whose strategy's executions they are. All of it outlives it.
struct ExecutionsOf {
  Strategy& strategy;
  Several* several;  // that strategy, where it is several
  Run& run;
};
/// Each that has begun, and is under way or the last of its kind.
void each_execution(const ExecutionsOf& of, const std::function<void(const SessionExecution&)>& show);
/// The one of that number that is under way; nothing: there is none.
std::optional<SessionExecution> running_execution(const ExecutionsOf& of, std::uint64_t number);
/// {"executions":[…]}: each of them (docs/execution.md).
nlohmann::ordered_json executions_json(const ExecutionsOf& of);

}  // namespace stom::trade
