#include "trade/venue_setup.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "venues/registry.hpp"

namespace stom::trade {
namespace {

constexpr std::string_view kBase36 = "0123456789abcdefghijklmnopqrstuvwxyz";

}  // namespace

std::string session_name(UnixNanos now) {
  std::string name;
  for (auto left = static_cast<std::uint64_t>(now / kMillisecond); left > 0 && name.size() < 8; left /= kBase36.size())
    name += kBase36[left % kBase36.size()];
  return name;
}

Result<VenueSetup> set_up_venue(const std::string& name, const VenueAccess& access, KeyUse use,
                                const std::string& session, VenueWishes wishes) {
  if (use == KeyUse::Orders && !access.credentials)
    return fail(Errc::Usage, fmt::format("there is no key for {}", name),
                "orders are signed: the venues file needs its \"key\" and \"secret\"");
  if (use == KeyUse::RealOrders && !access.credentials)
    return fail(Errc::Usage, fmt::format("the account is not armed for {}", name),
                fmt::format("stom vault add {}:ACCOUNT, and arm the account anew", name));
  const bool signs = use != KeyUse::DataNeedIt && access.credentials;
  if (signs && use != KeyUse::RealOrders)
    if (auto harmless = check_no_production(name, access); !harmless) return std::unexpected(harmless.error());
  venues::VenueConfig config{.credentials = {},
                             .session = session,
                             .margin = std::move(wishes.margin),
                             .orders_by_socket = wishes.orders_by_socket};
  if (signs) config.credentials = access.credentials;
  auto venue = venues::make_venue(name, config);
  if (!venue && !signs && access.credentials) {
    config.credentials = access.credentials;
    venue = venues::make_venue(name, config);
  }
  if (!venue) return std::unexpected(venue.error());
  if (wishes.orders_by_socket && !(*venue)->description().socket_orders)
    return fail(Errc::Unsupported, fmt::format("{} takes orders by REST alone", name),
                fmt::format("leave --orders {}=websocket away", name));
  VenueSetup setup{.name = name, .venue = std::move(*venue), .addresses = {}, .secrets = {}, .rest = access.rest};
  for (const auto& endpoint : setup.venue->description().endpoints) {
    setup.addresses[endpoint.name] = access.address_of(endpoint);
    if (setup.rest.empty() && endpoint.transport == venues::Transport::Https) setup.rest = endpoint.url;
  }
  if (access.credentials) setup.secrets = {access.credentials->key, access.credentials->secret};
  return setup;
}

}  // namespace stom::trade
