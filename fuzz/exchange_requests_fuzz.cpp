// What the exchange reads from strangers: requests and socket messages to every venue's server. The first byte says
// which venue they go to, the second by which door, and whether they come from somebody whom the venue knows.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/assert.hpp"
#include "core/clock.hpp"
#include "exchange/venue_host.hpp"
#include "venues/server_registry.hpp"
#include "venues/server_text.hpp"
#include "venues/signing.hpp"
#include "venues/upbit/server_token.hpp"

namespace {

using namespace stom;

class Nowhere final : public exchange::Sockets {
 public:
  void send(venues::SocketId, std::string, bool) override {}
  void close(venues::SocketId, std::uint16_t, std::string_view) override {}
};

constexpr std::size_t kMarkets = 12;  // of a venue; it is 2,400 stocks that Kiwoom lists

class World {
 public:
  explicit World(std::string_view venue) : venue_{venue} {
    auto server = venues::make_venue_server(venue);
    const venues::Credentials credentials{.key = "key", .secret = "secret", .account = "8100000001"};
    std::vector<exchange::Market> markets;
    for (const venues::Listing& listing : server->listings()) {
      if (markets.size() == kMarkets) break;
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
    clock_.set(1'700'000'001 * kSecond);
    host_ = std::make_unique<exchange::VenueHost>(std::move(server), std::move(markets), std::vector{credentials},
                                                  clock_, faults_, nowhere_, 1);
    host_->advance();
  }

  venues::VenueServer& server() { return host_->server(); }
  void a_second_passes() { clock_.set(clock_.now() + kSecond); }  // allowances come back

  /// Signs as a client of that venue would, or nothing behind the signature would ever be reached.
  void sign(venues::WireRequest& request) {
    if (venue_ == "kiwoom") {
      request.headers.emplace_back("authorization", "Bearer " + token());
    } else if (venue_ == "upbit") {
      const auto asked = venues::upbit::server::asked(request);
      const auto hash = !asked || asked->hashed.empty() ? std::string{} : hex(venues::sha512(asked->hashed.back()));
      const std::string claims = fmt::format(
          R"({{"access_key":"key","nonce":"{}","query_hash":"{}","query_hash_alg":"SHA512"}})", ++nonce_, hash);
      const std::string text = base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(claims);
      request.headers.emplace_back("Authorization", "Bearer " + text + "." + base64url(hmac_sha256("secret", text)));
    } else {
      request.query += fmt::format("&timestamp={}", clock_.now() / kMillisecond);
      request.query += "&signature=" + venues::server::hmac_sha256_hex("secret", request.query + request.body);
    }
  }

  /// What opens a socket for the account, where that is a message.
  std::string login() {
    return venue_ == "kiwoom" ? fmt::format(R"({{"trnm":"LOGIN","token":"{}"}})", token()) : std::string{};
  }

 private:
  const std::string& token() {
    if (clock_.now() < token_until_) return token_;
    token_until_ = clock_.now() + kHour;
    const auto answer =
        server().on_request({.method = "POST",
                             .path = "/oauth2/token",
                             .query = {},
                             .body = R"({"grant_type":"client_credentials","appkey":"key","secretkey":"secret"})",
                             .headers = {{"api-id", "au10001"}}});
    constexpr std::string_view kField = R"("token":")";
    const auto at = answer.body.find(kField);
    STOM_ASSERT(at != std::string::npos);
    const auto begin = at + kField.size();
    token_ = answer.body.substr(begin, answer.body.find('"', begin) - begin);
    return token_;
  }

  std::string_view venue_;
  ManualClock clock_;
  exchange::Faults faults_{1};
  Nowhere nowhere_;
  std::unique_ptr<exchange::VenueHost> host_;
  std::uint64_t nonce_ = 0;
  std::string token_;
  UnixNanos token_until_ = 0;
};

std::vector<std::unique_ptr<World>> worlds() {
  std::vector<std::unique_ptr<World>> all;
  for (const auto venue : venues::venues_with_server()) all.push_back(std::make_unique<World>(venue));
  return all;
}

/// Calls visit(line) for each line of the text.
template <class Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto all = worlds();
  if (size < 2) return 0;
  World& world = *all[data[0] % all.size()];
  const bool known = data[1] % 4 == 0 || data[1] % 4 == 3;
  world.a_second_passes();
  venues::VenueServer& server = world.server();
  const std::string_view text{reinterpret_cast<const char*>(data + 2), size - 2};
  if (data[1] % 2 == 0) {
    // Method, path, query, body; and of Kiwoom the id of the request, and where its answer goes on: a line each.
    std::vector<std::string> lines;
    each_line(text, [&](std::string_view line) { lines.emplace_back(line); });
    lines.resize(6);
    venues::WireRequest request{.method = lines[0],
                                .path = lines[1].starts_with('/') ? lines[1] : "/" + lines[1],
                                .query = lines[2],
                                .body = lines[3],
                                .headers = {{"X-MBX-APIKEY", "key"}, {"api-id", lines[4]}}};
    if (!lines[5].empty()) {
      request.headers.emplace_back("cont-yn", "Y");
      request.headers.emplace_back("next-key", lines[5]);
    }
    if (known) world.sign(request);
    (void)server.on_request(request);
    if (!server.on_upgrade(request)) {
      server.on_open(1, request);
      server.on_close(1);
    }
    return 0;
  }
  // A message a line.
  for (const char* path : {"/ws-api/v3", "/ws-fapi/v1", "/ws", "/public/ws", "/market/ws", "/websocket/v1",
                           "/websocket/v1/private", "/api/dostk/websocket"}) {
    venues::WireRequest request{.method = "GET", .path = path, .query = {}, .body = {}, .headers = {}};
    if (known && std::string_view{path}.starts_with("/websocket")) world.sign(request);
    if (server.on_upgrade(request)) continue;
    server.on_open(2, request);
    if (const auto login = known ? world.login() : std::string{}; !login.empty()) server.on_message(2, login);
    each_line(text, [&](std::string_view line) { server.on_message(2, line); });
    server.on_close(2);
  }
  return 0;
}
