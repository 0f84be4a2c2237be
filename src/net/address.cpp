#include "net/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/encoding.hpp"

namespace stom::net {
namespace {

using std::string_view;

bool read_port(string_view text, std::uint16_t& port) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && ec == std::errc{} && end == text.data() + text.size() && port != 0;
}

std::string lower(string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_loopback(string_view host) { return host == "127.0.0.1" || host == "::1" || host == "localhost"; }

/// "host", "host:1", "[::1]:1".
bool read_authority(string_view text, std::string& host, std::uint16_t& port) {
  string_view rest;
  if (text.starts_with("[")) {
    const auto end = text.find(']');
    if (end == string_view::npos) return false;
    host = lower(text.substr(1, end - 1));
    rest = text.substr(end + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    host = lower(text.substr(0, colon));
    rest = text.substr(colon);
  }
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':';
  };
  if (host.empty() || host.size() > 253 || !std::ranges::all_of(host, fits)) return false;
  return rest.empty() || (rest.front() == ':' && read_port(rest.substr(1), port));
}

}  // namespace

namespace {
void append_host(std::string& text, const Url& url, bool with_port) {
  const bool v6 = url.host.find(':') != std::string::npos;
  if (v6) text += '[';
  text += url.host;
  if (v6) text += ']';
  if (!with_port) return;
  std::array<char, 8> port{':'};
  text.append(port.data(), std::to_chars(port.data() + 1, port.data() + port.size(), url.port).ptr);
}
}  // namespace

std::string host_and_port(const Url& url) {
  std::string text;
  append_host(text, url, true);
  return text;
}

void append_host_header(std::string& text, const Url& url) {
  append_host(text, url, url.port != (url.secure ? 443 : 80));
}

std::string host_header(const Url& url) {
  std::string text;
  append_host_header(text, url);
  return text;
}

Result<Url> parse_url(string_view text, Scheme wanted) {
  const bool socket = wanted == Scheme::WebSocket;
  const auto bad = [&](string_view why) {
    return fail(Errc::Usage, fmt::format("'{}' {}", text, why),
                socket ? "write it as wss://stream.binance.com" : "write it as https://data.binance.vision");
  };
  Url url;
  const auto scheme = lower(text.substr(0, std::min(text.find("://"), text.size())));
  if (socket && scheme != "wss") return bad("is no wss address: a WebSocket to a venue is always encrypted");
  if (!socket && scheme != "https" && scheme != "http") return bad("is no https address");
  url.secure = scheme != "http";
  url.port = url.secure ? 443 : 80;
  const auto rest = text.substr(std::min(scheme.size() + 3, text.size()));
  const auto slash = std::min(rest.find_first_of("/?#"), rest.size());
  if (rest.substr(0, slash).find('@') != string_view::npos) return bad("has a user in it");
  if (!read_authority(rest.substr(0, slash), url.host, url.port)) return bad("has no host and port that can be read");
  url.target = rest.substr(slash);
  if (!url.target.starts_with("/")) url.target.insert(0, "/");
  for (const char c : url.target)
    if (c <= ' ' || c >= 0x7f || c == '#') return bad("has a character that does not belong into an address");
  if (!url.secure && !is_loopback(url.host)) return bad("is not encrypted: plain http is for this computer alone");
  return url;
}

Result<Url> follow_redirect(const Url& from, string_view location) {
  if (location.starts_with("/") && !location.starts_with("//")) {
    const bool v6 = from.host.find(':') != std::string::npos;
    return parse_url(fmt::format("{}://{}{}{}:{}{}", from.secure ? "https" : "http", v6 ? "[" : "", from.host,
                                 v6 ? "]" : "", from.port, location));
  }
  if (from.secure && lower(location.substr(0, 5)) == "http:")
    return fail(Errc::BadData, fmt::format("{} leads from https to http: {}", from.host, location.substr(0, 100)),
                "nothing was downloaded; name another --source");
  auto url = parse_url(location);
  if (!url)
    return fail(Errc::BadData, fmt::format("{} leads to {}", from.host, url.error().message), "name another --source");
  return url;
}

bool without_proxy(string_view list, string_view host) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    auto name = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (name.starts_with(" ")) name.remove_prefix(1);
    while (name.ends_with(" ")) name.remove_suffix(1);
    if (name == "*") return true;
    if (name.starts_with("*.")) name.remove_prefix(1);
    if (name.starts_with(".")) name.remove_prefix(1);
    if (name.empty()) continue;
    const auto small = lower(name), whole = lower(host);
    if (whole == small ||
        (whole.size() > small.size() && whole.ends_with(small) && whole[whole.size() - small.size() - 1] == '.'))
      return true;
  }
  return false;
}

Result<Proxy> parse_proxy(string_view text, string_view no_proxy) {
  const auto bad = [](string_view why) {
    return fail(Errc::Usage, fmt::format("HTTPS_PROXY {}", why), "write it as http://HOST:PORT");
  };
  Proxy proxy;
  proxy.exceptions = no_proxy;
  if (text.empty()) return proxy;
  if (text.starts_with("https://") || text.starts_with("socks"))
    return bad("names a kind of proxy that is not offered");
  if (text.starts_with("http://")) text.remove_prefix(7);
  text = text.substr(0, text.find('/'));
  if (const auto at = text.rfind('@'); at != string_view::npos) {
    const auto login = text.substr(0, at);
    if (login.size() > 512) return bad("has too long a login");
    proxy.login = base64(login);
    text.remove_prefix(at + 1);
  }
  proxy.port = 80;
  if (!read_authority(text, proxy.host, proxy.port)) return bad("has no host and port");
  return proxy;
}

bool Proxy::stands_before(string_view server) const { return !host.empty() && !without_proxy(exceptions, server); }

std::string Proxy::connect_request(const Url& url) const {
  const auto header = login.empty() ? "" : fmt::format("Proxy-Authorization: Basic {}\r\n", login);
  return fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n{1}\r\n", host_and_port(url), header);
}

Error Proxy::refusal(int status, const Url& url) const {
  return {Errc::Io, fmt::format("the proxy {} answers {} for {}", host, status, url.host),
          status == 407 ? "it wants a login: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
                        : "ask whoever runs it, or name the host in NO_PROXY"};
}

}  // namespace stom::net
