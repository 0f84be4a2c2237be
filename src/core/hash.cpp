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

namespace {

template <class T>
std::uint64_t load(const void* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}

// SSE4.2 is in the x86-64-v2 baseline, so the instruction is always there.
std::uint64_t crc_of_word(std::uint64_t crc, const void* at) { return _mm_crc32_u64(crc, load<std::uint64_t>(at)); }

/// Of the `n` lowest bytes of a word, 0 to 7, in one step: behind zeros, which leave a checksum of 0 as it is. What is
/// left of `crc` behind them is added. Shifts in two parts, since one by 64 is none.
std::uint64_t crc_of_bytes(std::uint64_t crc, std::uint64_t word, std::size_t n) {
  return _mm_crc32_u64(0, (crc ^ word) << 8 * (7 - n) << 8) ^ crc >> 8 * n;
}

/// The lowest bytes of a word are those, fewer than 8.
std::uint64_t short_word(const std::byte* at, std::size_t n) {
  if (n >= 4) return load<std::uint32_t>(at) | load<std::uint32_t>(at + n - 4) << 8 * (n - 4);
  if (n >= 2) return load<std::uint16_t>(at) | load<std::uint16_t>(at + n - 2) << 8 * (n - 2);
  return n == 0 ? 0 : std::to_integer<std::uint64_t>(*at);
}

}  // namespace

// Most are of some twenty bytes, each of another length: a loop over the last ones would be guessed wrong each time.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed) {
  std::uint64_t crc = static_cast<std::uint32_t>(~seed);
  const std::byte* p = bytes.data();
  std::size_t n = bytes.size();
  std::uint64_t last = 0;
  if (n < 8) {
    last = short_word(p, n);
  } else {
    for (; n >= 8; p += 8, n -= 8) crc = crc_of_word(crc, p);
    last = load<std::uint64_t>(p + n - 8) >> 8 * (7 - n) >> 8;
  }
  return ~static_cast<std::uint32_t>(crc_of_bytes(crc, last, n));
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

/// A step waits for the one before it in its lane, and takes three cycles: meanwhile the others' are done. The lanes
/// are written out so that each stays in a register. Each goes on elsewhere in every row, which no processor foresees:
/// the next row is asked for meanwhile.
const char* StripedCrc::update_side_by_side(const char* at, const char* end) {
  static_assert(kLanes == 4);
  constexpr std::size_t kCacheLine = 64;
  constexpr std::size_t kRow = kLanes * kStripe;
  std::uint64_t a = static_cast<std::uint32_t>(~lanes_[0]), b = static_cast<std::uint32_t>(~lanes_[1]),
                c = static_cast<std::uint32_t>(~lanes_[2]), d = static_cast<std::uint32_t>(~lanes_[3]);
  const char* const begin = at;
  for (; static_cast<std::size_t>(end - at) >= kRow; at += kRow) {
    const std::size_t ahead = static_cast<std::size_t>(end - at) >= 2 * kRow ? kRow : 0;
    for (const char* line = at; line != at + kStripe; line += kCacheLine) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) __builtin_prefetch(line + ahead + lane * kStripe, 0, 2);
      for (const char* word = line; word != line + kCacheLine; word += 8) {
        a = crc_of_word(a, word);
        b = crc_of_word(b, word + kStripe);
        c = crc_of_word(c, word + 2 * kStripe);
        d = crc_of_word(d, word + 3 * kStripe);
      }
    }
  }
  bytes_ += static_cast<std::uint64_t>(at - begin);
  lanes_ = {~static_cast<std::uint32_t>(a), ~static_cast<std::uint32_t>(b), ~static_cast<std::uint32_t>(c),
            ~static_cast<std::uint32_t>(d)};
  return at;
}

}  // namespace stom
