// Upbit as the exchange speaks it (docs/exchange.md).
#pragma once

#include <memory>

#include "venues/venue_server.hpp"

namespace stom::venues::upbit {

std::unique_ptr<VenueServer> venue_server();

}  // namespace stom::venues::upbit
