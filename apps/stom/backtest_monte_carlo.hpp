// stom backtest monte-carlo.
#pragma once

#include "command.hpp"

namespace stom {
void add_backtest_monte_carlo(CLI::App& group, Session& session);
}  // namespace stom
