// Korean stocks through Kiwoom: six-digit codes, in KRW, whole shares.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/instrument.hpp"
#include "venues/market_data.hpp"

namespace stom::venues::kiwoom {

void describe(std::string_view symbol, Instrument& out);
/// The market whose ladder in data/market/ticks.csv applies.
std::string market(std::string_view symbol);
std::unique_ptr<MarketDataDecoder> market_data(std::string_view symbol);

}  // namespace stom::venues::kiwoom
