// `stom trade metrics`: a running session in numbers, in the text format of Prometheus (docs/live.md).
#pragma once

#include "command.hpp"

namespace stom {

void add_trade_metrics(CLI::App& trade, Session& session);

}  // namespace stom
