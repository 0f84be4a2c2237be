// Kiwoom as a venue (venue.hpp): market data of Korean stocks. A token that key and secret buy, a login with it, a
// registration for each stock; pings are sent back. Orders are not offered yet and denied by name.
#pragma once

#include <memory>

#include "venues/venue.hpp"

namespace stom::venues::kiwoom {

/// Fails without credentials: Kiwoom has no public data.
Result<std::unique_ptr<Venue>> client(const VenueConfig& config);

}  // namespace stom::venues::kiwoom
