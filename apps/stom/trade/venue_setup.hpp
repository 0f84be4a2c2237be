// One venue, made ready to be connected to: its state machine, where its servers are, and what must never be kept.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "trade/venues_file.hpp"
#include "venues/venue.hpp"

namespace stom::trade {

struct VenueSetup {
  std::string name;
  std::unique_ptr<venues::Venue> venue;
  std::map<std::string, std::string, std::less<>> addresses;  // of its endpoints, where they are not its own
  std::vector<std::string> secrets;                           // never to be kept
  std::string rest;                                           // where its REST paths begin
};

/// What the key is for.
enum class KeyUse : std::uint8_t {
  RealOrders,  // refused without one
  Orders,      // refused without one, and where real orders are taken
  IfThere,     // the same, but public data will do without one
  DataNeedIt,  // only where the venue has no market data without one
};

/// A name for venues::VenueConfig::session: two sessions must not have the same.
std::string session_name(UnixNanos now);

/// What a session may choose of a venue (venues::VenueConfig).
struct VenueWishes {
  std::vector<venues::MarginSetting> margin{};
  bool orders_by_socket = false;
};

/// `session`: part of each client order id (venues::VenueConfig).
Result<VenueSetup> set_up_venue(const std::string& name, const VenueAccess& access, KeyUse use,
                                const std::string& session, VenueWishes wishes = {});

}  // namespace stom::trade
