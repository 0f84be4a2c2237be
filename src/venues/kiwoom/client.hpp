// Kiwoom as a venue (venue.hpp): Korean stocks at KRX, NXT or by SOR, as the symbol says (005930, 005930_NX,
// 005930_AL). A token that key and secret buy, a login with it, a registration for each stock and for the account;
// pings are sent back. Orders go by REST and are told by the stream. Kiwoom has no client order ids: what became of an
// order whose answer was lost is found in the account's lists (docs/venues/kiwoom.md).
#pragma once

#include <memory>

#include "venues/venue.hpp"

namespace stom::venues::kiwoom {

/// Fails without credentials: Kiwoom has no public data.
Result<std::unique_ptr<Venue>> client(const VenueConfig& config);

}  // namespace stom::venues::kiwoom
