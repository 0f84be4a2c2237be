// `stom account export`: fills, funding, fees and what was earned, for the books and for the tax office (docs/live.md).
#pragma once

#include "command.hpp"

namespace stom {

void add_account_export(CLI::App& account, Session& session);

}  // namespace stom
