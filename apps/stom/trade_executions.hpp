// `stom trade executions` and `stom trade stop-execution`: what a running session's strategy buys or sells in many
// orders, and the end of one of these (docs/execution.md).
#pragma once

#include "command.hpp"

namespace stom {

void add_trade_executions(CLI::App& trade, Session& session);

}  // namespace stom
