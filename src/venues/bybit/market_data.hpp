// Bybit v5 public market data: order book history files and websocket frames ("orderbook.N.SYMBOL").
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/instrument.hpp"
#include "venues/market_data.hpp"

namespace stom::venues::bybit {

void describe(std::string_view symbol, Instrument& out);
std::unique_ptr<MarketDataDecoder> market_data(std::string_view symbol);

}  // namespace stom::venues::bybit
