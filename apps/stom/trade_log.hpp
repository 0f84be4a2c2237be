// `stom trade log`: what a session's strategy says, for instance why it does not order.
#pragma once

#include "command.hpp"

namespace stom {

void add_trade_log(CLI::App& trade, Session& session);

}  // namespace stom
