// What is traded, as it is now: ticks and lots from the venue's own list where it has one, else from the product's
// dated data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "model/instrument.hpp"
#include "venues/venue.hpp"

namespace stom::trade {

/// `list`: the venue's answer below venues::list_of(id); empty where there is none. `now` chooses among dated ladders.
Result<Instrument> instrument_from(const std::string& id, std::string_view list, UnixNanos now);

/// The public REST server of the venue, among its endpoints.
const venues::Endpoint* rest_endpoint(const venues::Description& description);

}  // namespace stom::trade
