// Round trips from fills: what was opened is closed first in, first out, per instrument; exact money.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "research/result.hpp"

namespace stom {

struct TradeList {
  std::vector<Trade> trades;  // by exit
  std::vector<OpenLot> open;  // by instrument, then entry
};

/// Why an order was sent; becomes the exit_reason of the trades that its fills close.
using ReasonOf = std::function<std::string_view(ClientOrderId)>;

/// Each fill closes the oldest opposite lots of its instrument and opens a lot with what is left (a flip does both). A
/// fill that is split gives each part its share of value and fee so that the parts add up exactly: over all trades,
/// the sum of pnl is the cash that came in minus what open lots still hold. `fills` in the order of execution.
/// max_adverse and max_favorable stay 0: add_excursions() fills them in.
TradeList build_trades(std::span<const Instrument> instruments, std::span<const Fill> fills,
                       const ReasonOf& reason_of = {});

/// Sets max_adverse and max_favorable of this instrument's trades from the bars that overlap them: the worst and best
/// unrealised return on the entry price while the trade was open. A bar belongs to a trade if it starts in [entry,
/// exit); the exit price itself always counts. Fees are left out.
void add_excursions(std::span<Trade> trades, InstrumentIndex instrument, std::span<const Bar> bars);

/// Fills in result.trades and result.open from result.fills, and the excursions where result.prices has the bars.
void derive_trades(RunResult& result, const ReasonOf& reason_of = {});

}  // namespace stom
