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
  /// How far it has come: another one, also of another process, goes on from there.
  struct Progress {
    std::array<std::uint32_t, 8> words{};
    std::uint64_t bytes = 0;              // so many were taken
    std::array<std::uint8_t, 64> rest{};  // the last bytes % 64 of them, which wait for more; zeros behind

    template <class Io>
    void fields(Io& io) {
      io(words, bytes, rest);
    }
  };

  Sha256();
  explicit Sha256(const Progress& progress);
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span{text.data(), text.size()})); }
  /// The digest of all bytes so far; more may follow.
  std::array<std::uint8_t, 32> digest() const;
  std::string hex() const;
  Progress progress() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// HMAC-SHA256 (RFC 2104): 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);

/// CRC-32C (Castagnoli, as in RFC 3720), continuing from `seed` (0 to start). Hardware where the CPU has it, same value
/// everywhere.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed = 0);

/// A check of gigabytes, as fast as memory gives them: CRC-32C in lanes that are worked on side by side, each over
/// every fourth stripe. The same bytes in other pieces have the same check.
class StripedCrc {
 public:
  void update(std::string_view bytes);
  /// So many were taken.
  std::uint64_t bytes() const { return bytes_; }
  friend bool operator==(const StripedCrc&, const StripedCrc&) = default;

  template <class Io>
  void fields(Io& io) {
    io(lanes_, bytes_);
  }

 private:
  static constexpr std::size_t kLanes = 4, kStripe = 4096;
  const char* update_side_by_side(const char* at, const char* end);

  std::array<std::uint32_t, kLanes> lanes_{};
  std::uint64_t bytes_ = 0;
};

}  // namespace stom
