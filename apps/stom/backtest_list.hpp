// stom backtest list, show, compare and rm: what is kept of runs.
#pragma once

#include "command.hpp"

namespace stom {
/// Adds the four to the group `stom backtest`.
void add_backtest_list(CLI::App& group, Session& session);
}  // namespace stom
