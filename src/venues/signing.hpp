// The arithmetic of signatures, over OpenSSL: what goes in is bytes, what comes out is text for a request. Which bytes
// a venue signs is in its folder.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "core/encoding.hpp"
#include "core/hash.hpp"
#include "core/result.hpp"

namespace stom::venues {

/// All but letters, digits, '-', '_', '.' and '~' as %XX (RFC 3986).
std::string percent_encode(std::string_view text);

/// Raw bytes.
std::string hmac_sha512(std::string_view key, std::string_view message);
std::string sha512(std::string_view message);

/// HMAC-SHA256 whose key is taken in once: each message then costs its own bytes alone.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  ~HmacSha256();
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;

  /// 32 raw bytes.
  std::array<char, 32> sign(std::string_view message) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Ed25519Key {
 public:
  static Result<Ed25519Key> from_pem(std::string_view pem);
  /// The 32 bytes of RFC 8032.
  static Result<Ed25519Key> from_seed(std::string_view seed);
  ~Ed25519Key();
  Ed25519Key(Ed25519Key&&) noexcept;
  Ed25519Key& operator=(Ed25519Key&&) noexcept;

  /// 64 raw bytes.
  std::string sign(std::string_view message) const;

 private:
  struct State;
  explicit Ed25519Key(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stom::venues
