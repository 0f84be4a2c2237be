// The straight road: frames with the keys and the plain numbers that Binance sends, in any order of keys, with no
// spaces, escapes or bytes outside ASCII. Whatever else it meets, it answers "not mine" and the full parser decides,
// so it can be wrong about speed only. Reads 16 bytes at a time and never past the end of the frame.
#pragma once

#include "venues/binance/market_data.hpp"

namespace stom::venues::binance {

/// True when the frame was taken and one message appended; false leaves `out` as it was.
bool decode_straight(std::string_view frame, UnixNanos receive_time, const MarketDataConfig& config, MessageBatch& out);

}  // namespace stom::venues::binance
