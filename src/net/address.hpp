// Where a server is, and what stands before it: addresses and proxies as texts. Read whole or refused with a reason.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace stom::net {

/// "https://host[:port]/path". Plain http is for 127.0.0.1, ::1 and localhost only; no user, no fragment.
struct Url {
  bool secure = true;
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 443;
  std::string target;  // path and query, begins with '/'
};
enum class Scheme : std::uint8_t { Http, WebSocket };  // https:// and http:// or wss:// alone
Result<Url> parse_url(std::string_view text, Scheme wanted = Scheme::Http);
/// Where a Location header leads to. From https to http is refused.
Result<Url> follow_redirect(const Url& from, std::string_view location);

/// "host:443", "[::1]:443"; and as a Host header has it, without the port that goes without saying.
std::string host_and_port(const Url& url);
std::string host_header(const Url& url);
/// The same, behind what `text` has.
void append_host_header(std::string& text, const Url& url);

/// Whether a list as NO_PROXY holds it ("localhost,.example.org,10.0.0.1", "*") names the host.
bool without_proxy(std::string_view list, std::string_view host);

/// A proxy that is asked to CONNECT: encryption goes through it to the server, whose certificate counts.
struct Proxy {
  std::string host;  // empty: none
  std::uint16_t port = 0;
  std::string login;       // base64 of "user:password"; may be empty
  std::string exceptions;  // as NO_PROXY

  bool stands_before(std::string_view server) const;
  std::string connect_request(const Url& url) const;
  Error refusal(int status, const Url& url) const;
};
/// "http://[user:password@]host:port"; "" is none.
Result<Proxy> parse_proxy(std::string_view text, std::string_view no_proxy);

}  // namespace stom::net
