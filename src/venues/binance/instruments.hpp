// Binance instruments by name: spot, USD-M and COIN-M futures.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/instrument.hpp"
#include "venues/market_data.hpp"

namespace stom::venues::binance {

void describe_spot(std::string_view symbol, Instrument& out);
void describe_usdm(std::string_view symbol, Instrument& out);
/// Contracts of 100 USD for BTC, 10 USD for everything else, settled in the base currency.
void describe_coinm(std::string_view symbol, Instrument& out);

/// Where the venue lists them; only spot can be asked for one alone.
std::string spot_list(std::string_view symbol);
std::string usdm_list(std::string_view symbol);
std::string coinm_list(std::string_view symbol);

std::unique_ptr<MarketDataDecoder> spot_market_data(std::string_view symbol);
std::unique_ptr<MarketDataDecoder> usdm_market_data(std::string_view symbol);
std::unique_ptr<MarketDataDecoder> coinm_market_data(std::string_view symbol);

}  // namespace stom::venues::binance
