// stom backtest run.
#pragma once

#include "command.hpp"

namespace stom {
void add_backtest_run(CLI::App& group, Session& session);
}  // namespace stom
