// Who may call (docs/security.md, docs/api.md "Who may call"): Host and Origin checks, the token of this start, login,
// one-time tickets for the socket, and the headers that keep a browser from being used against us.
// Owns the secrets of one server start. Nothing here is ever logged.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "net/http.hpp"
#include "server/problem.hpp"

namespace stom {

/// `bytes` bytes of the system's cryptographic randomness as lower-case hex.
std::string random_hex(std::size_t bytes);
/// Takes the same time wherever the first difference stands, and whatever the lengths.
bool equal_in_constant_time(std::string_view a, std::string_view b);

class Guard {
 public:
  Guard(std::uint16_t port, std::string token, const Clock& clock);

  const std::string& token() const { return token_; }

  /// Checks 1 and 2 of docs/api.md, for every request and every upgrade.
  std::optional<Problem> check_sender(const net::Request& request) const;
  /// Check 5, for every call of the API but login.
  std::optional<Problem> check_credential(const net::Request& request) const;

  /// Or check 5 for one run's tear sheet, opened as a page of its own: a browser sends no header of ours there, so the
  /// key of that run stands in the address. It is worth nothing without the cookie.
  std::optional<Problem> check_report(const net::Request& request, std::string_view run) const;
  std::string report_key(std::string_view run) const;

  struct Login {
    std::string cookie;  // the Set-Cookie header's value
    std::string csrf;
  };
  std::expected<Login, Problem> login(std::string_view token);
  std::string logout_cookie() const;

  /// A ticket opens one socket within ten seconds. At most 64 wait; the oldest gives way.
  std::string new_ticket();
  /// For an upgrade that passed check_sender(): the ticket, and in a browser the cookie too.
  std::optional<Problem> redeem_ticket(const net::Request& request);

 private:
  bool has_cookie(const net::Request& request) const;

  std::uint16_t port_;
  std::string token_;
  std::string cookie_value_;
  std::string csrf_value_;
  const Clock& clock_;
  int wrong_tries_ = 0;
  UnixNanos locked_until_ = kNoTime;
  struct Ticket {
    std::string value;
    UnixNanos expires;
  };
  std::deque<Ticket> tickets_;
};

/// What every response carries; `api` adds what only answers of the API do. A policy that is there already stays.
void add_security_headers(net::Response& response, bool api);

/// For a tear sheet: its own inline script and style run, in an origin of nobody's, without network.
inline constexpr std::string_view kReportPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-modals";

inline constexpr DurationNanos kTicketLife = 10 * kSecond;
inline constexpr std::string_view kSocketProtocol = "stom.v1";

}  // namespace stom
