// What the exchange reads from strangers: requests and socket messages to the venues' servers. The first byte says
// which venue they go to, the second by which door, and whether they are signed.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/clock.hpp"
#include "exchange/venue_host.hpp"
#include "venues/server_registry.hpp"
#include "venues/server_text.hpp"
#include "venues/signing.hpp"

namespace {

using namespace stom;

class Nowhere final : public exchange::Sockets {
 public:
  void send(venues::SocketId, std::string, bool) override {}
  void close(venues::SocketId, std::uint16_t, std::string_view) override {}
};

struct World {
  explicit World(std::string_view venue) {
    auto server = venues::make_venue_server(venue);
    const venues::Credentials credentials{.key = "key", .secret = "secret", .account = {}};
    std::vector<exchange::Market> markets;
    for (const venues::Listing& listing : server->listings()) {
      exchange::Market market;
      market.tape = exchange::Tape::generated({.instrument = listing.instrument,
                                               .start_price = listing.start_price,
                                               .typical_quantity = listing.typical_quantity,
                                               .depth_doublings = listing.depth_doublings,
                                               .funding = listing.perpetual,
                                               .start = 1'700'000'000 * kSecond,
                                               .length = kHour})
                        .value();
      markets.push_back(std::move(market));
    }
    clock.set(1'700'000'001 * kSecond);
    host = std::make_unique<exchange::VenueHost>(std::move(server), std::move(markets), std::vector{credentials}, clock,
                                                 faults, nowhere, 1);
    host->advance();
  }
  ManualClock clock;
  exchange::Faults faults{1};
  Nowhere nowhere;
  std::unique_ptr<exchange::VenueHost> host;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World worlds[] = {World{"binance"}, World{"binance-usdm"}, World{"upbit"}};
  if (size < 2) return 0;
  World& world = worlds[data[0] % 3];
  world.clock.set(world.clock.now() + kSecond);  // allowances come back
  venues::VenueServer& server = world.host->server();
  const std::string_view text{reinterpret_cast<const char*>(data + 2), size - 2};
  if (data[1] % 2 == 0) {
    // METHOD PATH, a line; then query and body, a line each.
    auto next = [rest = text]() mutable {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view out = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      return std::string{out};
    };
    venues::WireRequest request;
    request.method = next();
    request.path = next();
    request.query = next();
    request.body = next();
    request.headers = {{"X-MBX-APIKEY", "key"}};
    // Signed as a client would, or nothing behind the signature would ever be reached.
    if (data[1] % 4 == 0) {
      request.query += fmt::format("&timestamp={}", world.clock.now() / kMillisecond);
      request.query += "&signature=" + venues::server::hmac_sha256_hex("secret", request.query + request.body);
      const std::string claims =
          fmt::format(R"({{"access_key":"key","nonce":"{}","query_hash":"{}","query_hash_alg":"SHA512"}})",
                      world.clock.now(), hex(venues::sha512(request.query)));
      const std::string text_of_token = base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(claims);
      request.headers.emplace_back("Authorization",
                                   "Bearer " + text_of_token + "." + base64url(hmac_sha256("secret", text_of_token)));
    }
    if (request.path.empty() || request.path[0] != '/') request.path = "/" + request.path;
    (void)server.on_request(request);
    if (!server.on_upgrade(request)) {
      server.on_open(1, request);
      server.on_close(1);
    }
    return 0;
  }
  for (const char* path : {"/ws-api/v3", "/ws", "/public/ws", "/websocket/v1"}) {
    venues::WireRequest request;
    request.path = path;
    if (server.on_upgrade(request)) continue;
    server.on_open(2, request);
    server.on_message(2, text);
    server.on_close(2);
  }
  return 0;
}
