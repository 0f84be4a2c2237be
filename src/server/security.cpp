#include "server/security.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/assert.hpp"
#include "core/hash.hpp"

namespace stom {
namespace {

constexpr int kMaxWrongTries = 10;
constexpr DurationNanos kLockTime = 60 * kSecond;
constexpr std::size_t kMaxTickets = 64;
constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.hex();
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// "stom.v1, ticket.ab12" -> the ticket; nothing where stom.v1 is not offered too.
std::optional<std::string> offered_ticket(std::string_view protocols) {
  std::optional<std::string> ticket;
  bool speaks_ours = false;
  while (!protocols.empty()) {
    const auto comma = protocols.find(',');
    const auto protocol = trim(protocols.substr(0, comma));
    protocols.remove_prefix(comma == std::string_view::npos ? protocols.size() : comma + 1);
    speaks_ours |= protocol == kSocketProtocol;
    constexpr std::string_view kPrefix = "ticket.";
    if (protocol.starts_with(kPrefix)) ticket = protocol.substr(kPrefix.size());
  }
  return speaks_ours ? ticket : std::nullopt;
}

}  // namespace

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  STOM_ASSERT(RAND_bytes(random.data(), static_cast<int>(bytes)) == 1);
  std::string hex;
  for (const unsigned char byte : random) hex += fmt::format("{:02x}", byte);
  return hex;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  Sha256 hash_a, hash_b;
  hash_a.update(a);
  hash_b.update(b);
  const auto digest_a = hash_a.digest();
  const auto digest_b = hash_b.digest();
  return CRYPTO_memcmp(digest_a.data(), digest_b.data(), digest_a.size()) == 0;
}

Guard::Guard(std::uint16_t port, std::string token, const Clock& clock)
    : port_{port},
      token_{std::move(token)},
      cookie_value_{sha256_hex("cookie:" + token_)},
      csrf_value_{sha256_hex("csrf:" + token_)},
      clock_{clock} {}

std::optional<Problem> Guard::check_sender(const net::Request& request) const {
  const std::string_view host = request.header("Host");
  const std::string port = fmt::format(":{}", port_);
  const bool known_host = request.count("Host") == 1 &&
                          (host == "127.0.0.1" + port || host == "localhost" + port || host == "[::1]" + port);
  if (!known_host)
    return Problem{"host_not_allowed", "The Host header names another address than this server's",
                   fmt::format("Open http://127.0.0.1:{}/", port_)};
  const bool has_origin = request.count("Origin") != 0;
  if (request.count("Origin") > 1 || (has_origin && request.header("Origin") != fmt::format("http://{}", host)))
    return Problem{"origin_not_allowed", "The Origin header names another site", "Call from the page itself"};
  const std::string_view site = request.header("Sec-Fetch-Site");
  const bool is_api = request.path.starts_with("/api/");
  if (is_api && !site.empty() && site != "same-origin" && site != "none")
    return Problem{"origin_not_allowed", "The browser says that another site made this call",
                   "Call from the page itself"};
  return std::nullopt;
}

std::optional<Problem> Guard::check_credential(const net::Request& request) const {
  const std::string_view authorization = request.header("Authorization");
  constexpr std::string_view kBearer = "Bearer ";
  const bool program =
      authorization.starts_with(kBearer) && equal_in_constant_time(authorization.substr(kBearer.size()), token_);
  const bool browser = has_cookie(request) && equal_in_constant_time(request.header("X-Stom-Token"), csrf_value_);
  if (program || browser) return std::nullopt;
  return Problem{"not_logged_in", "This call needs the token of this start of the server",
                 "Open the address that `stom serve` printed, or send Authorization: Bearer TOKEN"};
}

std::string Guard::report_key(std::string_view run) const {
  return sha256_hex(fmt::format("report:{}:{}", token_, run));
}

std::optional<Problem> Guard::check_report(const net::Request& request, std::string_view run) const {
  auto problem = check_credential(request);
  if (!problem) return std::nullopt;
  const bool opened =
      has_cookie(request) && equal_in_constant_time(request.parameter("key").value_or(""), report_key(run));
  return opened ? std::nullopt : std::move(problem);
}

std::expected<Guard::Login, Problem> Guard::login(std::string_view token) {
  const UnixNanos now = clock_.now();
  if (now < locked_until_)
    return std::unexpected(
        Problem{"too_many_tries", "Ten wrong tokens in a row", "Wait a minute, then open the printed address"});
  if (!equal_in_constant_time(token, token_)) {
    if (++wrong_tries_ >= kMaxWrongTries) {
      wrong_tries_ = 0;
      locked_until_ = now + kLockTime;
    }
    return std::unexpected(Problem{"bad_token", "The token is not the one of this start",
                                   "Open the address that `stom serve` printed last; each start has a new token"});
  }
  wrong_tries_ = 0;
  return Login{fmt::format("stom_{}={}; HttpOnly; SameSite=Strict; Path=/", port_, cookie_value_), csrf_value_};
}

std::string Guard::logout_cookie() const {
  return fmt::format("stom_{}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0", port_);
}

std::string Guard::new_ticket() {
  if (tickets_.size() >= kMaxTickets) tickets_.pop_front();
  tickets_.push_back({random_hex(16), clock_.now() + kTicketLife});
  return tickets_.back().value;
}

std::optional<Problem> Guard::redeem_ticket(const net::Request& request) {
  const Problem refused{"not_logged_in", "The socket needs a ticket that is fresh and not yet used",
                        "POST /api/v1/ws-ticket, then connect with the subprotocols stom.v1 and ticket.TICKET"};
  const bool is_browser = request.count("Origin") != 0;
  if (is_browser && !has_cookie(request)) return refused;
  const auto offered = offered_ticket(request.header("Sec-WebSocket-Protocol"));
  if (!offered) return refused;
  const UnixNanos now = clock_.now();
  std::erase_if(tickets_, [&](const Ticket& ticket) { return ticket.expires <= now; });
  for (auto ticket = tickets_.begin(); ticket != tickets_.end(); ++ticket) {
    if (!equal_in_constant_time(ticket->value, *offered)) continue;
    tickets_.erase(ticket);
    return std::nullopt;
  }
  return refused;
}

bool Guard::has_cookie(const net::Request& request) const {
  return request.count("Cookie") == 1 &&
         equal_in_constant_time(request.cookie(fmt::format("stom_{}", port_)), cookie_value_);
}

void add_security_headers(net::Response& response, bool api) {
  auto& headers = response.headers;
  headers.push_back({"X-Content-Type-Options", "nosniff"});
  headers.push_back({"Referrer-Policy", "no-referrer"});
  headers.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  headers.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
  headers.push_back({"X-Frame-Options", "DENY"});
  const bool has_policy = std::any_of(headers.begin(), headers.end(), [](const net::Header& header) {
    return header.name == "Content-Security-Policy";
  });
  if (api) {
    headers.push_back({"Cache-Control", "no-store"});
    headers.push_back({"X-Trading-Mode", "replay"});
    if (!has_policy) headers.push_back({"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"});
  } else {
    headers.push_back({"Content-Security-Policy", std::string{kPagePolicy}});
  }
}

}  // namespace stom
