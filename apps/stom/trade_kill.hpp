// `stom trade kill` and `stom trade alive`: the kill switch of a running session and its dead-man timer, and the
// signals that pull the former (docs/risk.md).
#pragma once

#include "command.hpp"
#include "trade/risk_desk.hpp"

namespace stom {

void add_trade_kill(CLI::App& trade, Session& session);

/// From now on SIGUSR1 (entries) and SIGUSR2 (cancel) are heard of, and end no process.
void watch_for_kill_signals();
/// The furthest of those that have come since the last call; Off: none has.
trade::KillStep take_kill_signal();

}  // namespace stom
