// Binance as a venue (venue.hpp): market data and orders of spot, USD-M and COIN-M, on one account where there is a
// key. Books: diffs and snapshots are handed on as they come (market/reading_rules.hpp joins them); what this side owes
// is a snapshot behind each subscription and each gap. Orders go by REST, signed late; what becomes of them comes by
// the user stream, by answers, or, where an answer did not come, by asking. Sources: docs/venues/binance.md.
#pragma once

#include <memory>

#include "venues/venue.hpp"

namespace stom::venues::binance {

/// Fails where the credentials cannot sign.
Result<std::unique_ptr<Venue>> spot_client(const VenueConfig& config);
Result<std::unique_ptr<Venue>> usdm_client(const VenueConfig& config);
Result<std::unique_ptr<Venue>> coinm_client(const VenueConfig& config);

}  // namespace stom::venues::binance
