#include "network.hpp"

#include <cstdlib>
#include <utility>

#include "net/address.hpp"
#include "net/trust.hpp"

namespace stom {

std::string environment(const char* upper, const char* lower) {
  for (const char* name : {upper, lower})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
}

Result<net::Route> network_route(const std::filesystem::path& authority) {
  auto trust = net::Trust::make(authority);
  if (!trust) return std::unexpected(trust.error());
  const std::string exceptions = environment("NO_PROXY", "no_proxy") + ",127.0.0.1,::1,localhost";
  auto proxy = net::parse_proxy(environment("HTTPS_PROXY", "https_proxy"), exceptions);
  if (!proxy) return std::unexpected(proxy.error());
  return net::Route{std::move(*trust), std::move(*proxy)};
}

}  // namespace stom
