// Symbols that name two currencies: "BTCUSDT", "ETH-USD", "XBT/USD".
#pragma once

#include <string>
#include <string_view>

namespace stom::venues {

/// Base and quote; where the symbol does not show them, base is the symbol and quote "USD".
void split_pair(std::string_view symbol, std::string& base, std::string& quote);

}  // namespace stom::venues
