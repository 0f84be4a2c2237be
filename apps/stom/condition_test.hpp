// `stom condition test`, a command of the group that condition_command.cpp defines.
#pragma once

#include "command.hpp"

namespace stom {

void add_condition_test(CLI::App& condition, Session& session);

}  // namespace stom
