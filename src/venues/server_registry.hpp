// The server sides of all venues by name, for the simulated exchange. A venue adds one line to server_registry.cpp.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "venues/venue_server.hpp"

namespace stom::venues {

/// Those with a server side, in the order in which they are listed.
std::vector<std::string_view> venues_with_server();
/// Null where the venue has none.
std::unique_ptr<VenueServer> make_venue_server(std::string_view venue);

}  // namespace stom::venues
