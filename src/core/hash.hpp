// SHA-256 for what must be provable (data, journals), CRC-32C for what must be noticed (torn or rotten blocks).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace stom {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span{text.data(), text.size()})); }
  /// The digest of all bytes so far; more may follow.
  std::array<std::uint8_t, 32> digest() const;
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// HMAC-SHA256 (RFC 2104): 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);

/// CRC-32C (Castagnoli, as in RFC 3720), continuing from `seed` (0 to start). Hardware where the CPU has it, same value
/// everywhere.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed = 0);

}  // namespace stom
