// stom strategy build: a source into a strategy plug-in for this program.
#pragma once

#include "command.hpp"

namespace stom {
void add_strategy_build(CLI::App& group, Session& session);
}  // namespace stom
