// `stom trade availability`: for how much of its time a session could trade (trade/availability.hpp).
#pragma once

#include "command.hpp"

namespace stom {

void add_trade_availability(CLI::App& trade, Session& session);

}  // namespace stom
