// Upbit instruments: "KRW-BTC" is BTC, quoted in KRW.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/instrument.hpp"
#include "venues/market_data.hpp"

namespace stom::venues::upbit {

void describe(std::string_view symbol, Instrument& out);
/// The market whose ladder in data/market/ticks.csv applies.
std::string market(std::string_view symbol);
std::unique_ptr<MarketDataDecoder> market_data(std::string_view symbol);

/// Where the tick size in force is listed.
std::string list(std::string_view symbol);

}  // namespace stom::venues::upbit
