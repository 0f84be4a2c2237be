// Kiwoom's authorization: an access token that a key and its secret buy (au10001), in a header of each request beside
// the name of what is asked.
#pragma once

#include <string>
#include <string_view>

#include "venues/signing.hpp"
#include "venues/venue.hpp"

namespace stom::venues::kiwoom {

/// The body of au10001, and of au10002 which gives a token back.
std::string token_request(const Credentials& credentials);
std::string revoke_request(const Credentials& credentials, std::string_view token);

/// Puts the token and the API id into the headers.
Result<void> sign(Request& request, std::string_view api_id, std::string_view token);

}  // namespace stom::venues::kiwoom
