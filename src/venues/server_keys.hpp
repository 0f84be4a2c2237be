// Ed25519 keys as a venue's own side has them: a pair made for an account, and whether a signature is of the pair's
// private key. The client side has code of its own (signing.hpp).
#pragma once

#include <string>
#include <string_view>

namespace stom::venues::server {

/// The private key that grows out of 32 bytes in hexadecimal digits, as PEM (PKCS #8).
std::string ed25519_private_pem(std::string_view seed_hex);
/// The 32 bytes that anyone may know.
std::string ed25519_public_of(std::string_view private_pem);
/// `signature`: in base64.
bool ed25519_signed(std::string_view public_key, std::string_view text, std::string_view signature);

}  // namespace stom::venues::server
