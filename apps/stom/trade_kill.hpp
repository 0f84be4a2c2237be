// `stom trade kill`: the kill switch of a running session (docs/risk.md).
#pragma once

#include "command.hpp"

namespace stom {

void add_trade_kill(CLI::App& trade, Session& session);

}  // namespace stom
