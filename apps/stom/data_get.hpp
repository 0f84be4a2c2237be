// `stom data get`, a command of the group that data_command.cpp defines.
#pragma once

#include "command.hpp"

namespace stom {

void add_data_get(CLI::App& data, Session& session);

}  // namespace stom
