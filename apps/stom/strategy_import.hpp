// `stom strategy import`, a command of the group that strategy_command.cpp defines.
#pragma once

#include "command.hpp"

namespace stom {

void add_strategy_import(CLI::App& strategy, Session& session);

}  // namespace stom
