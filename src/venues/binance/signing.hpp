// Signed requests of Binance (rest-api.md, "SIGNED endpoint security"): a time stamp before the parameters, a signature
// of them all behind them, the key in a header. HMAC-SHA256 for secrets, Ed25519 for private keys in PEM.
#pragma once

#include <optional>

#include "venues/signing.hpp"
#include "venues/venue.hpp"

namespace stom::venues::binance {

class Signer {
 public:
  static Result<Signer> make(Credentials credentials);

  /// Signs the query of the target, or the form in the body where there is one. `at`: on the venue's clock.
  void sign(Request& request, UnixNanos at) const;
  /// The signature of a payload: hexadecimal digits (HMAC) or base64 (Ed25519).
  std::string signature(std::string_view payload) const;

 private:
  explicit Signer(Credentials credentials) : credentials_{std::move(credentials)} {}
  Credentials credentials_;
  void append_signature(std::string& out, std::string_view payload) const;

  // One of them.
  std::optional<Ed25519Key> private_key_;
  std::optional<HmacSha256> secret_;
};

}  // namespace stom::venues::binance
