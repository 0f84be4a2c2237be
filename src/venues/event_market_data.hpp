// Recorded frames of a venue that is read by tables: what its events say of one instrument, as messages. A frame may
// hold several.
#pragma once

#include <memory>
#include <string_view>

#include "venues/events.hpp"
#include "venues/market_data.hpp"

namespace stom::venues {

/// `symbol`: as the venue's events name the instrument. Events of others, and those that are no trade, book or quote,
/// pass as FrameKind::Control; a message of a type that nobody knows is refused, because it may be one that is missed.
std::unique_ptr<MarketDataDecoder> event_market_data(std::unique_ptr<Decoder> decoder, std::string_view symbol);

}  // namespace stom::venues
