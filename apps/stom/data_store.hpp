// Commands of `stom data` that need nothing but the store: list, check, export, delete. data_command.cpp names them.
#pragma once

#include "command.hpp"

namespace stom {

void add_data_list(CLI::App& data, Session& session);
void add_data_check(CLI::App& data, Session& session);
void add_data_export(CLI::App& data, Session& session);
void add_data_delete(CLI::App& data, Session& session);

}  // namespace stom
