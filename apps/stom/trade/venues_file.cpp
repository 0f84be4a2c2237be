#include "trade/venues_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "net/address.hpp"
#include "trade/private_file.hpp"
#include "venues/registry.hpp"

namespace stom::trade {
namespace {

std::unexpected<Error> not_a_line(const std::filesystem::path& path, std::string_view why) {
  return fail(Errc::BadData, fmt::format("{} is not the line of an exchange: {}", path.string(), why),
              "stom exchange --json >FILE, with umask 077");
}

/// The path of an address: "/public" of "wss://fstream.binance.com/public".
std::string path_of(std::string_view url) {
  const auto host = url.find("://");
  const auto slash = url.find('/', host == std::string_view::npos ? 0 : host + 3);
  return slash == std::string_view::npos ? std::string{} : std::string{url.substr(slash)};
}

std::string normal(std::string_view host) {
  while (host.ends_with('.')) host.remove_suffix(1);
  std::string out{host};
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// The last two labels: "binance.com".
std::string_view domain_of(std::string_view host) {
  const auto dot = host.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return host;
  const auto before = host.rfind('.', dot - 1);
  return before == std::string_view::npos ? host : host.substr(before + 1);
}

/// Of every venue that there is a client for.
std::vector<std::string> production_hosts() {
  std::vector<std::string> hosts;
  for (const auto& summary : venues::venues()) {
    if (!summary.client) continue;
    const auto venue = venues::make_venue(summary.name, {.credentials = venues::Credentials{"none", "none"}});
    if (!venue) continue;
    for (const auto& endpoint : (*venue)->description().endpoints) {
      const bool https = endpoint.transport == venues::Transport::Https;
      if (const auto url = net::parse_url(endpoint.url, https ? net::Scheme::Http : net::Scheme::WebSocket))
        hosts.push_back(normal(url->host));
    }
  }
  return hosts;
}

Result<std::string> host_in(std::string_view venue, const std::string& address, net::Scheme scheme) {
  const auto url = net::parse_url(address, scheme);
  if (!url)
    return fail(Errc::BadData, fmt::format("{}: {}", venue, url.error().message),
                "the line of an exchange has https:// under \"rest\" and wss:// under \"ws\"");
  return url->host;
}

}  // namespace

std::string VenueAccess::address_of(const venues::Endpoint& endpoint) const {
  const std::string& base = endpoint.transport == venues::Transport::Https ? rest : ws;
  return base.empty() ? endpoint.url : base + path_of(endpoint.url);
}

Result<VenuesFile> read_venues_file(const std::filesystem::path& path) {
  const auto text = read_private_file(path, "name the file that holds the line of stom exchange --json");
  if (!text) return std::unexpected(text.error());
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("venues") || !json["venues"].is_object())
    return not_a_line(path, "it has no object \"venues\"");
  const auto text_in = [](const nlohmann::json& from, const char* name) {
    const auto at = from.find(name);
    return at != from.end() && at->is_string() ? at->get<std::string>() : std::string{};
  };
  VenuesFile file;
  file.authority = text_in(json, "ca");
  file.market_rules = text_in(json, "market_rules");
  if (const auto ahead = json.find("clock_ahead_ns"); ahead != json.end()) {
    if (!ahead->is_number_integer()) return not_a_line(path, "\"clock_ahead_ns\" is no whole number");
    file.clock_ahead = ahead->get<DurationNanos>();
  }
  for (const auto& [name, entry] : json["venues"].items()) {
    if (!entry.is_object()) return not_a_line(path, fmt::format("\"{}\" is no object", name));
    VenueAccess access{.rest = text_in(entry, "rest"), .ws = text_in(entry, "ws"), .credentials = {}};
    if (access.rest.empty() || access.ws.empty())
      return not_a_line(path, fmt::format("\"{}\" lacks \"rest\" or \"ws\"", name));
    for (const auto& [address, scheme] :
         {std::pair{&access.rest, net::Scheme::Http}, std::pair{&access.ws, net::Scheme::WebSocket}}) {
      while (address->ends_with('/')) address->pop_back();
      if (const auto host = host_in(name, *address, scheme); !host) return std::unexpected(host.error());
    }
    venues::Credentials credentials;
    credentials.key = text_in(entry, "key");
    credentials.secret = text_in(entry, "secret");
    if (!credentials.key.empty() && !credentials.secret.empty()) access.credentials = std::move(credentials);
    file.venues.emplace(name, std::move(access));
  }
  return file;
}

bool is_production_host(std::string_view given) {
  static const std::vector<std::string> hosts = production_hosts();
  const std::string host = normal(given);
  if (std::ranges::find(hosts, host) != hosts.end()) return true;
  static constexpr std::array<std::string_view, 3> kForTests{"testnet", "demo", "mockapi"};
  if (std::ranges::any_of(kForTests, [&](std::string_view word) { return host.starts_with(word); })) return false;
  return std::ranges::any_of(hosts, [&](const std::string& one) { return domain_of(one) == domain_of(host); });
}

Result<void> check_no_production(std::string_view venue, const VenueAccess& access) {
  for (const auto& [address, scheme] :
       {std::pair{&access.rest, net::Scheme::Http}, std::pair{&access.ws, net::Scheme::WebSocket}}) {
    const auto host = host_in(venue, *address, scheme);
    if (!host) return std::unexpected(host.error());
    if (is_production_host(*host))
      return fail(Errc::Unsupported,
                  fmt::format("{}: {} takes real orders, and --testnet never speaks to it", venue, *host),
                  "name an exchange for tests: stom exchange, or the venue's own test network");
  }
  return {};
}

}  // namespace stom::trade
