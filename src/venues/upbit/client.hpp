// Upbit as a venue (venue.hpp): public market data. Its books come whole each time, so there is nothing to join and no
// gap. Orders are not offered yet and denied by name.
#pragma once

#include <memory>

#include "venues/venue.hpp"

namespace stom::venues::upbit {

Result<std::unique_ptr<Venue>> client(const VenueConfig& config);

}  // namespace stom::venues::upbit
