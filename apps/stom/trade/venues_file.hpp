// How the venues are reached: the line that `stom exchange --json` printed, kept in a file, or the venues' own public
// addresses. Keys are read from such a file alone.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "venues/venue.hpp"

namespace stom::trade {

struct VenueAccess {
  std::string rest, ws;  // where the venue's own paths begin; empty: its public production addresses
  std::optional<venues::Credentials> credentials;

  /// The address behind one of the venue's endpoints.
  std::string address_of(const venues::Endpoint& endpoint) const;
};

struct VenuesFile {
  std::map<std::string, VenueAccess, std::less<>> venues;
  std::filesystem::path authority;  // trusted besides the system's; empty: none
  std::string market_rules;         // "venue" or "none", as the exchange keeps them; empty: it does not say
  DurationNanos clock_ahead = 0;    // of the exchange's clock before this computer's, where it was given another time
};

/// Refused: a file that others may read (it holds keys), text that is not such a line, an address that is none.
Result<VenuesFile> read_venues_file(const std::filesystem::path& path);

/// Whether real orders are taken there: a host of a venue's production addresses, or another one of its domain that
/// does not say that it is for tests ("testnet.", "demo-", "mockapi.").
bool is_production_host(std::string_view host);

/// Refused where an address of the venue is a production host's.
Result<void> check_no_production(std::string_view venue, const VenueAccess& access);

}  // namespace stom::trade
