// `stom account arm`, `disarm` and `list`: which accounts may send real orders (docs/live.md).
#pragma once

#include "command.hpp"

namespace stom {

void add_account_arm(CLI::App& account, Session& session);

}  // namespace stom
