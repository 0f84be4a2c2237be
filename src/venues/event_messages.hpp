// Market events as messages on their way to a book: the road of venues whose frames are read by tables.
#pragma once

#include "model/message.hpp"
#include "venues/events.hpp"
#include "venues/market_data.hpp"

namespace stom::venues {

/// Appends what a "trade", "book" or "quote" says, at the instrument's decimals; false for any other kind. Leaves `out`
/// as it was where a number needs more decimals.
Result<bool> append_message(const EventBatch& events, const Event& event, Decimals decimals, UnixNanos received,
                            MessageBatch& out);

}  // namespace stom::venues
