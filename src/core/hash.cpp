#include "core/hash.hpp"

#include <fmt/format.h>
#include <nmmintrin.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "core/assert.hpp"

namespace stom {

// OpenSSL calls these functions of its own old; the new ones keep to themselves how far they have come.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

struct Sha256::State {
  SHA256_CTX context{};
};

Sha256::Sha256() : state_{std::make_unique<State>()} { STOM_ASSERT(SHA256_Init(&state_->context) == 1); }
Sha256::Sha256(const Progress& progress) : Sha256{} {
  SHA256_CTX& context = state_->context;
  std::ranges::copy(progress.words, context.h);
  context.Nl = static_cast<SHA_LONG>(progress.bytes << 3);  // both together: bits
  context.Nh = static_cast<SHA_LONG>(progress.bytes >> 29);
  context.num = static_cast<unsigned>(progress.bytes % SHA256_CBLOCK);
  std::memcpy(context.data, progress.rest.data(), context.num);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  STOM_ASSERT(SHA256_Update(&state_->context, bytes.data(), bytes.size()) == 1);
}

std::array<std::uint8_t, 32> Sha256::digest() const {
  SHA256_CTX copy = state_->context;
  std::array<std::uint8_t, 32> out{};
  STOM_ASSERT(SHA256_Final(out.data(), &copy) == 1);
  return out;
}

#pragma GCC diagnostic pop

Sha256::Progress Sha256::progress() const {
  const SHA256_CTX& context = state_->context;
  Progress progress;
  std::ranges::copy(context.h, progress.words.begin());
  progress.bytes = (std::uint64_t{context.Nh} << 32 | context.Nl) / 8;
  std::memcpy(progress.rest.data(), context.data, context.num);
  return progress;
}

std::string Sha256::hex() const {
  std::string out;
  for (const auto byte : digest()) out += fmt::format("{:02x}", byte);
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  const auto* text = reinterpret_cast<const unsigned char*>(message.data());
  STOM_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text, message.size(),
                   reinterpret_cast<unsigned char*>(out.data()), &size));
  out.resize(size);
  return out;
}

// SSE4.2 is in the x86-64-v2 baseline, so the instruction is always there.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed) {
  std::uint64_t crc = ~seed;
  const std::byte* p = bytes.data();
  std::size_t n = bytes.size();
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  auto crc32 = static_cast<std::uint32_t>(crc);
  for (; n > 0; ++p, --n) crc32 = _mm_crc32_u8(crc32, static_cast<std::uint8_t>(*p));
  return ~crc32;
}

void StripedCrc::update(std::string_view bytes) {
  const char *at = bytes.data(), *const end = at + bytes.size();
  while (at != end) {
    const std::size_t within = bytes_ % kStripe, lane = bytes_ / kStripe % kLanes;
    if (within == 0 && lane == 0) at = update_side_by_side(at, end);
    const std::size_t n = std::min<std::size_t>(static_cast<std::size_t>(end - at), kStripe - within);
    lanes_[lane] = crc32c(std::as_bytes(std::span{at, n}), lanes_[lane]);
    bytes_ += n;
    at += n;
  }
}

/// A step waits for the one before it in its lane, and takes three cycles: meanwhile the others' are done.
const char* StripedCrc::update_side_by_side(const char* at, const char* end) {
  constexpr std::size_t kRow = kLanes * kStripe;
  std::array<std::uint64_t, kLanes> crc{};
  for (std::size_t lane = 0; lane < kLanes; ++lane) crc[lane] = static_cast<std::uint32_t>(~lanes_[lane]);
  for (; static_cast<std::size_t>(end - at) >= kRow; at += kRow, bytes_ += kRow) {
    for (std::size_t i = 0; i < kStripe; i += 8) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        std::uint64_t word = 0;
        std::memcpy(&word, at + lane * kStripe + i, 8);
        crc[lane] = _mm_crc32_u64(crc[lane], word);
      }
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) lanes_[lane] = ~static_cast<std::uint32_t>(crc[lane]);
  return at;
}

}  // namespace stom
