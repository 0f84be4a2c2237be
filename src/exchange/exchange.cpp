#include "exchange/exchange.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "venues/server_text.hpp"

namespace stom::exchange {
namespace {

using venues::WireRequest;
using venues::WireResponse;

constexpr auto kTurn = std::chrono::milliseconds{5};    // how often the markets move on
constexpr std::size_t kQueuedBytes = 32 * 1024 * 1024;  // a client that is further behind is cut off, as venues do
constexpr std::size_t kTokenBytes = 24;
constexpr std::size_t kCredentialBytes = 128;

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  STOM_ASSERT(RAND_bytes(random.data(), static_cast<int>(bytes)) == 1);
  std::string hex;
  for (const unsigned char byte : random) hex += fmt::format("{:02x}", byte);
  return hex;
}

net::Response to_net(WireResponse&& from) {
  net::Response out{.status = from.status, .content_type = std::move(from.content_type), .body = std::move(from.body)};
  for (auto& [name, value] : from.headers) out.headers.push_back({std::move(name), std::move(value)});
  return out;
}

net::Response json_error(int status, std::string_view code, std::string_view message) {
  return {.status = status,
          .content_type = "application/json",
          .body = fmt::format(R"({{"error":{{"code":"{}","message":{}}}}})", code, venues::server::json_text(message))};
}

}  // namespace

Exchange::Exchange(const ExchangeOptions& options, const Clock& clock)
    : clock_{clock}, token_{random_hex(kTokenBytes)}, faults_{options.seed}, hosts_{options.hosts} {}

Exchange::~Exchange() = default;

Result<std::unique_ptr<Exchange>> Exchange::open(const ExchangeOptions& options, std::vector<VenueSetup> venues,
                                                 const Clock& clock) {
  std::unique_ptr<Exchange> exchange{new Exchange{options, clock}};
  std::vector<std::string> names;
  for (const auto& [host, venue] : options.hosts) names.push_back(host);
  auto certificates = net::make_loopback_certificates(names);
  if (!certificates) return std::unexpected(certificates.error());
  exchange->authority_pem_ = certificates->authority_pem;
  net::Limits limits;
  limits.header_bytes = 16 * 1024;
  limits.message_bytes = 64 * 1024;
  limits.connections = 2048;
  limits.request_time = std::chrono::seconds{60};
  limits.answer_time = std::chrono::hours{2};  // as late as a fault says
  limits.silence = std::chrono::seconds{60};
  auto server = net::Server::listen({.port = options.port, .certificate = certificates->server}, limits, *exchange);
  if (!server) return std::unexpected(server.error());
  exchange->server_ = std::move(*server);
  FrontWire& wire = *exchange;
  std::uint64_t seed = options.seed;
  for (VenueSetup& venue : venues) {
    VenueAddress address{.name = venue.name,
                         .rest = fmt::format("https://127.0.0.1:{}/{}", exchange->server_->port(), venue.name),
                         .ws = fmt::format("wss://127.0.0.1:{}/{}", exchange->server_->port(), venue.name),
                         .credentials = {}};
    for (std::size_t i = 0; i < options.accounts; ++i)
      address.credentials.push_back(venue.server->make_credentials(random_hex(kCredentialBytes)));
    exchange->venues_.push_back({venue.name, std::make_unique<VenueFront>(
                                                 std::move(venue.server), std::move(venue.markets), address.credentials,
                                                 clock, exchange->faults_, wire, ++seed, options.remembered)});
    exchange->addresses_.push_back(std::move(address));
  }
  for (const std::string& fault : options.faults) {
    auto set = exchange->faults_.set(fault);
    if (set) set = exchange->check_possible(std::string_view{fault}.substr(0, fault.find('=')));
    if (!set) return std::unexpected(set.error());
  }
  return exchange;
}

std::string Exchange::control() const { return fmt::format("https://127.0.0.1:{}/control", server_->port()); }

void Exchange::run() {
  server_->every(kTurn, [this] {
    for (Venue& venue : venues_) {
      venue.front->advance();
      venue.front->on_timer();
    }
  });
  server_->run();
}

void Exchange::stop() { server_->stop(); }

Result<void> Exchange::status() const {
  for (const Venue& venue : venues_)
    if (auto status = venue.front->host().status(); !status) return status;
  return {};
}

/// Which venue a request is for, and the request as that venue sees it.
Exchange::Venue* Exchange::venue_of(const net::Request& request, WireRequest& below) {
  std::size_t end = std::min(request.path.find('/', 1), request.path.size());
  std::string_view name = std::string_view{request.path}.substr(1, end - 1);
  const std::string_view host = request.header("Host");
  if (const auto as = hosts_.find(host.substr(0, host.find(':'))); as != hosts_.end()) {
    name = as->second;
    end = 0;
  }
  const auto found = std::ranges::find(venues_, name, &Venue::name);
  if (found == venues_.end()) return nullptr;
  below.method = request.method;
  below.path = end == request.path.size() ? "/" : request.path.substr(end);
  below.query = request.query;
  below.body = request.body;
  for (const net::Header& header : request.headers) below.headers.emplace_back(header.name, header.value);
  return &*found;
}

void Exchange::on_request(const net::Request& request, net::Reply reply) {
  if (request.path == "/control" || request.path.starts_with("/control/")) return reply(control(request));
  WireRequest below;
  Venue* venue = venue_of(request, below);
  if (venue == nullptr) return reply(json_error(404, "not_found", "no venue is at this path"));
  venue->front->on_request(below, [reply = std::move(reply)](std::optional<WireResponse> response) mutable {
    reply(response ? to_net(std::move(*response)) : net::no_answer());
  });
}

net::Response Exchange::refusal(int status, std::string_view why) { return json_error(status, "refused", why); }

// ---- sockets ----------------------------------------------------------------------------------------------------

std::expected<std::string, net::Response> Exchange::on_upgrade(const net::Request& request) {
  WireRequest below;
  Venue* venue = venue_of(request, below);
  if (venue == nullptr) return std::unexpected(json_error(404, "not_found", "no venue is at this path"));
  if (auto refused = venue->front->on_upgrade(below)) return std::unexpected(to_net(std::move(*refused)));
  return "";
}

void Exchange::on_open(net::ClientId client, const net::Request& request) {
  WireRequest below;
  Venue* venue = venue_of(request, below);
  STOM_ASSERT(venue != nullptr);
  clients_[client].front = venue->front.get();
  venue->front->on_open(client, below);
}

void Exchange::on_message(net::ClientId client, std::string_view bytes, bool) {
  clients_.at(client).front->on_message(client, bytes);
}

void Exchange::on_close(net::ClientId client) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return;
  VenueFront* front = found->second.front;
  clients_.erase(found);
  front->on_close(client);
}

void Exchange::after(DurationNanos by, std::function<void()> then) {
  server_->after(std::chrono::milliseconds{by / kMillisecond}, std::move(then));
}

void Exchange::frame(venues::SocketId socket, std::string text, unsigned fragments) {
  const auto found = clients_.find(socket);
  if (found == clients_.end()) return;
  Client& client = found->second;
  client.bytes += text.size();
  client.frames.push_back({.bytes = std::move(text), .fragments = fragments});
  if (client.bytes > kQueuedBytes) return server_->drop(socket);
  server_->wake(socket);
}

bool Exchange::next_frame(net::ClientId id, net::Frame& frame) {
  const auto found = clients_.find(id);
  if (found == clients_.end() || found->second.frames.empty()) return false;
  Client& client = found->second;
  frame = std::move(client.frames.front());
  frame.binary = client.front->host().server().sends_binary();
  client.bytes -= frame.bytes.size();
  client.frames.pop_front();
  return true;
}

void Exchange::close(venues::SocketId socket, std::uint16_t code, std::string_view reason) {
  server_->close(socket, code, reason);
}

// ---- faults and control
// ----------------------------------------------------------------------------------------------------

/// Faults of something that only some venues have.
Result<void> Exchange::check_possible(std::string_view name) const {
  const bool listen_key = name == "listenkey_expire";
  if (!listen_key && name != "token_expire") return {};
  const venues::Pass pass = listen_key ? venues::Pass::ListenKey : venues::Pass::Token;
  if (std::ranges::any_of(venues_, [&](const Venue& venue) { return venue.front->host().server().has(pass); }))
    return {};
  return fail(Errc::Unsupported,
              fmt::format("no venue here has a {} that could expire", listen_key ? "listen key" : "token"),
              "docs/exchange.md says which venues have one");
}

Result<void> Exchange::set_fault(std::string_view name, std::optional<std::int64_t> value,
                                 std::optional<std::int64_t> count) {
  if (auto possible = check_possible(name); !possible) return possible;
  auto set = faults_.set(name, value, count);
  if (set)
    for (Venue& venue : venues_) venue.front->advance();  // what is a state is so from now on
  return set;
}

net::Response Exchange::control(const net::Request& request) {
  const std::string_view given = request.header("Authorization");
  const std::string wanted = "Bearer " + token_;
  if (given.size() != wanted.size() || CRYPTO_memcmp(given.data(), wanted.data(), wanted.size()) != 0)
    return json_error(401, "unauthorized", "send Authorization: Bearer with the token of the exchange's first line");
  const auto list = [&] {
    return net::Response{.status = 200, .content_type = "application/json", .body = faults_.json()};
  };
  const auto done = [&](const Result<void>& result) {
    if (result) return list();
    return json_error(result.error().message.starts_with("there is no fault") ? 404 : 400, "bad_fault",
                      result.error().message);
  };
  if (request.path == "/control/faults")
    return request.method == "GET" ? list() : json_error(405, "method", "faults are read with GET");
  constexpr std::string_view kFaults = "/control/faults/";
  if (!request.path.starts_with(kFaults)) return json_error(404, "not_found", "there is /faults and /faults/NAME");
  const std::string_view name = std::string_view{request.path}.substr(kFaults.size());
  if (request.method == "DELETE") return done(faults_.clear(name));
  if (request.method != "PUT") return json_error(405, "method", "a fault is set with PUT and cleared with DELETE");
  const auto setting = parse_fault_setting(request.body);
  if (!setting) return json_error(400, "bad_json", setting.error().message);
  return done(set_fault(name, setting->value, setting->count));
}

}  // namespace stom::exchange
