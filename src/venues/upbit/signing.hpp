// Upbit's authorization: a JSON Web Token with the access key, a nonce, and the SHA-512 of the parameters where there
// are any. We sign HS512.
#pragma once

#include <string>
#include <string_view>

#include "venues/signing.hpp"
#include "venues/venue.hpp"

namespace stom::venues::upbit {

/// What is hashed of a request: the query as it stands, or the members of a JSON body as "name=value&…" in their order.
Result<std::string> hashed_parameters(const Request& request);

/// The token; `nonce` must not have been used with this key before.
std::string token(const Credentials& credentials, std::string_view nonce, std::string_view parameters);

/// Puts the token for what the request asks into its headers.
Result<void> sign(Request& request, const Credentials& credentials, std::string_view nonce);

}  // namespace stom::venues::upbit
