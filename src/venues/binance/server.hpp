// Binance's own side, for the simulated exchange.
#pragma once

#include <memory>

#include "venues/venue_server.hpp"

namespace stom::venues::binance {

std::unique_ptr<VenueServer> spot_server();
std::unique_ptr<VenueServer> usdm_server();
std::unique_ptr<VenueServer> coinm_server();

}  // namespace stom::venues::binance
