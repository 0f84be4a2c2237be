// Kiwoom as the simulated exchange speaks it (docs/exchange.md): tokens, quotes, charts, rankings, the account and
// orders by REST, registrations and condition search on the WebSocket. Shares no code with the client side of this
// folder.
#pragma once

#include <memory>

#include "venues/venue_server.hpp"

namespace stom::venues::kiwoom {

std::unique_ptr<VenueServer> stock_server();

}  // namespace stom::venues::kiwoom
