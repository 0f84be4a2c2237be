// How this program reaches servers, as its surroundings say it: whose certificates are good, and which proxy stands
// before them (HTTPS_PROXY, NO_PROXY).
#pragma once

#include <filesystem>
#include <string>

#include "core/result.hpp"
#include "net/stream.hpp"

namespace stom {

/// The value of the one that is set, the first where both are; empty: none.
std::string environment(const char* upper, const char* lower);

/// `authority`: trusted besides the system's; empty: none. This computer itself is never behind the proxy.
Result<net::Route> network_route(const std::filesystem::path& authority);

}  // namespace stom
