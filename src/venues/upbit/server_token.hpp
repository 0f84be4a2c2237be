// Who asks, on Upbit's own side: the JSON Web Token of a request, its signature, its nonce and the hash of what is
// asked (docs/exchange.md). Shares nothing with signing.hpp, which makes such tokens.
#pragma once

#include <deque>
#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "venues/server_text.hpp"
#include "venues/venue_server.hpp"

namespace stom::venues::upbit::server {

using namespace venues::server;

struct ApiError {
  int status = 400;
  std::string name;  // "jwt_verification"; digits are written as a number, as the venue's oldest refusals have them
  std::string message;

  std::string json() const;
};
inline std::unexpected<ApiError> refuse(int status, std::string name, std::string message) {
  return std::unexpected(ApiError{status, std::move(name), std::move(message)});
}

/// What a request asks, and the texts that its hash may be of.
struct Asked {
  Parameters parameters;
  std::vector<std::string> hashed;  // none: nothing was asked
};
/// Out of query and body: a query, a JSON object, or for requests without effect a form (as some clients send it).
/// Nothing where it is none of that.
std::optional<Asked> asked(const WireRequest& request);

/// HS256 and HS512 (RFC 7515, RFC 7518).
class Doorman {
 public:
  void open(std::vector<Credentials> credentials);
  std::expected<AccountId, ApiError> check(std::string_view authorization, const Asked& asked);

 private:
  /// Nonces count once, each by its hash; the oldest of very many are forgotten.
  struct Known {
    Credentials credentials;
    std::set<std::size_t> nonces;
    std::deque<std::size_t> in_order;
  };
  std::vector<Known> known_;
};

}  // namespace stom::venues::upbit::server
