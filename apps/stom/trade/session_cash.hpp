// What a session begins with: cash of each currency in which it trades, by --cash or the usual (docs/trade.md). Written
// into its configuration, where a session that goes on, and one that is verified, finds it again.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "model/instrument.hpp"
#include "model/start_cash.hpp"

namespace stom::trade {

/// `texts`: CURRENCY=AMOUNT, or AMOUNT of the first instrument's currency. `earlier`: the configuration of the session
/// that goes on, empty where one begins. What the texts leave open is what that one began with, else the usual of the
/// currency. Errors: no amount, a currency that is said twice, or in which nothing is traded.
Result<StartCash> session_cash(std::span<const Instrument> traded, const std::vector<std::string>& texts,
                               std::string_view earlier);

/// Its part of a configuration: " cash=10000000 cash=USDT=5000", the first instrument's currency without its name.
std::string cash_configuration(std::span<const Instrument> traded, const StartCash& cash);

}  // namespace stom::trade
