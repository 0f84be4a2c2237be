#include "venues/server_registry.hpp"

#include <algorithm>

#include "venues/binance/server.hpp"
#include "venues/kiwoom/server.hpp"
#include "venues/upbit/server.hpp"

namespace stom::venues {
namespace {

struct Served {
  std::string_view name;
  std::unique_ptr<VenueServer> (*make)();
};
constexpr Served kServed[] = {
    {"binance", binance::spot_server}, {"binance-usdm", binance::usdm_server}, {"binance-coinm", binance::coinm_server},
    {"upbit", upbit::venue_server},    {"kiwoom", kiwoom::stock_server},
};

}  // namespace

std::vector<std::string_view> venues_with_server() {
  std::vector<std::string_view> names;
  for (const Served& venue : kServed) names.push_back(venue.name);
  return names;
}

std::unique_ptr<VenueServer> make_venue_server(std::string_view venue) {
  const auto found = std::ranges::find(kServed, venue, &Served::name);
  return found == std::end(kServed) ? nullptr : found->make();
}

}  // namespace stom::venues
