// Upbit as a venue (venue.hpp): public market data by one WebSocket, orders by REST, and what became of them by the
// private one. Its books come whole each time, so there is nothing to join and no gap.
#pragma once

#include <memory>

#include "venues/venue.hpp"

namespace stom::venues::upbit {

Result<std::unique_ptr<Venue>> client(const VenueConfig& config);

}  // namespace stom::venues::upbit
