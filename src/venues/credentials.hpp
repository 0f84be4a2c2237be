// What a client signs with: one type for both sides of the wire. Two of one name in one program would be mixed up by
// the linker without a word.
#pragma once

#include <string>

namespace stom::venues {

/// A key and its secret. Where a venue takes Ed25519 the secret may be a private key as PEM. What follows is of
/// accounts that the simulated exchange made: clients leave it empty.
struct Credentials {
  std::string key;
  std::string secret;
  std::string account{};  // "" where the venue has no account numbers
  // Another key of the same account, where the venue takes Ed25519: "" where it does not. The private key is PEM.
  std::string ed25519_key{}, ed25519_secret{};
};

}  // namespace stom::venues
