// Round trips from fills: what was opened is closed first in, first out, per instrument; exact money.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "model/fill.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"

namespace stom {

/// The part of a fill that no later fill has closed yet.
struct OpenLot {
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
  UnixNanos time = 0;
  Price price{};
  Quantity quantity{};
  Money value{};  // what was paid (Buy) or received (Sell) for it, in the settlement currency, without fee
  Money fee{};    // its share of the fill's fee
};

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

}  // namespace stom
