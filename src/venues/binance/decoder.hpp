// Binance's frames and answers to events (docs/events.md): market streams, user streams, REST, the WebSocket API.
#pragma once

#include <memory>

#include "venues/events.hpp"

namespace stom::venues::binance {

std::unique_ptr<Decoder> spot_decoder();
std::unique_ptr<Decoder> usdm_decoder();
std::unique_ptr<Decoder> coinm_decoder();

}  // namespace stom::venues::binance
