// The straight road of Upbit's public stream in the DEFAULT format: order books and trades, their members in the order
// in which the venue writes them. What else comes it leaves to the decoder, so it can be wrong about speed only.
#pragma once

#include <optional>
#include <string_view>

#include "venues/market_data.hpp"

namespace stom::venues::upbit {

/// The instrument that a frame of the two kinds is about; nothing where it is another frame.
std::optional<std::string_view> instrument_of(std::string_view frame);
/// True where the frame was taken and one message appended; false leaves `out` as it was.
bool decode_straight(std::string_view frame, Decimals decimals, UnixNanos received, MessageBatch& out);

}  // namespace stom::venues::upbit
