#include "core/hash.hpp"

#include <fmt/format.h>
#include <nmmintrin.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>

#include "core/assert.hpp"

namespace stom {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_{std::make_unique<State>()} {
  STOM_ASSERT(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  STOM_ASSERT(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::array<std::uint8_t, 32> Sha256::digest() const {
  State copy;
  std::array<std::uint8_t, 32> out{};
  STOM_ASSERT(EVP_MD_CTX_copy_ex(copy.context, state_->context) == 1);
  STOM_ASSERT(EVP_DigestFinal_ex(copy.context, out.data(), nullptr) == 1);
  return out;
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

}  // namespace stom
