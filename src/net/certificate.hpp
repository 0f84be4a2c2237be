// A certificate for a server on this computer, signed by an authority made for it alone: whoever trusts that authority
// trusts this server and nothing else. The authority's key is forgotten at once, so nothing more can be signed by it.
#pragma once

#include <span>
#include <string>

#include "core/result.hpp"

namespace stom::net {

struct Certificate {
  std::string chain_pem;
  std::string key_pem;
};

struct LoopbackCertificates {
  std::string authority_pem;  // for clients to trust
  Certificate server;         // for localhost, 127.0.0.1 and ::1, and the names asked for
};
/// Valid from yesterday (clocks differ) for a year. Elliptic curve P-256. `names`: of hosts, where clients on this
/// computer are made to take this server for another.
Result<LoopbackCertificates> make_loopback_certificates(std::span<const std::string> names = {});

}  // namespace stom::net
