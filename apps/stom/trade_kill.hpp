// `stom trade kill` and `stom trade alive`: the kill switch of a running session and its dead-man timer, and the
// signals that pull the former (docs/risk.md).
#pragma once

#include <stop_token>

#include "command.hpp"
#include "trade/risk_desk.hpp"

namespace stom {

void add_trade_kill(CLI::App& trade, Session& session);

/// From now on SIGUSR1 (entries) and SIGUSR2 (cancel) are heard of, and end no process.
void watch_for_kill_signals();
/// One thread: waits until one has come. The furthest of those since the last call; Off: it is over.
trade::KillStep wait_for_kill_signal(const std::stop_token& over);

}  // namespace stom
