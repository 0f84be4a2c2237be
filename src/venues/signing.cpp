// SHA256_CTX, of which OpenSSL advises against, is a state that can be copied: EVP's takes the heap for each copy.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "venues/signing.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <algorithm>

#include "core/assert.hpp"

namespace stom::venues {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view message) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  STOM_ASSERT(HMAC(digest, key.data(), static_cast<int>(key.size()), bytes_of(message), message.size(), out, &size));
  return {reinterpret_cast<const char*>(out), size};
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
        c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
      out += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

std::string hmac_sha512(std::string_view key, std::string_view message) { return hmac(EVP_sha512(), key, message); }

std::string sha512(std::string_view message) {
  unsigned char out[SHA512_DIGEST_LENGTH];
  SHA512(bytes_of(message), message.size(), out);
  return {reinterpret_cast<const char*>(out), sizeof out};
}

struct HmacSha256::State {
  SHA256_CTX inner{}, outer{};  // with the key taken in
  ~State() { OPENSSL_cleanse(this, sizeof *this); }
};
HmacSha256::~HmacSha256() = default;
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;

/// RFC 2104: H(key ^ outer pad, H(key ^ inner pad, message)), where a key that is longer than a block is hashed first.
HmacSha256::HmacSha256(std::string_view key) : state_{std::make_unique<State>()} {
  std::array<unsigned char, SHA256_CBLOCK> block{};
  if (key.size() > block.size())
    SHA256(bytes_of(key), key.size(), block.data());
  else
    std::ranges::copy(key, block.begin());
  const auto take_in = [&](SHA256_CTX& context, unsigned char pad) {
    auto padded = block;
    for (auto& byte : padded) byte = static_cast<unsigned char>(byte ^ pad);
    STOM_ASSERT(SHA256_Init(&context) == 1 && SHA256_Update(&context, padded.data(), padded.size()) == 1);
    OPENSSL_cleanse(padded.data(), padded.size());
  };
  take_in(state_->inner, 0x36);
  take_in(state_->outer, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
}

std::array<char, 32> HmacSha256::sign(std::string_view message) const {
  std::array<char, SHA256_DIGEST_LENGTH> out;
  auto* const digest = reinterpret_cast<unsigned char*>(out.data());
  SHA256_CTX context = state_->inner;
  STOM_ASSERT(SHA256_Update(&context, message.data(), message.size()) == 1 && SHA256_Final(digest, &context) == 1);
  context = state_->outer;
  STOM_ASSERT(SHA256_Update(&context, digest, out.size()) == 1 && SHA256_Final(digest, &context) == 1);
  return out;
}

struct Ed25519Key::State {
  EVP_PKEY* key = nullptr;
  ~State() { EVP_PKEY_free(key); }
};
Ed25519Key::Ed25519Key(std::unique_ptr<State> state) : state_{std::move(state)} {}
Ed25519Key::~Ed25519Key() = default;
Ed25519Key::Ed25519Key(Ed25519Key&&) noexcept = default;
Ed25519Key& Ed25519Key::operator=(Ed25519Key&&) noexcept = default;

Result<Ed25519Key> Ed25519Key::from_pem(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                      BIO_free};
  auto state = std::make_unique<State>();
  // An empty passphrase: never ask on the terminal.
  state->key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>(""));
  if (!state->key || EVP_PKEY_base_id(state->key) != EVP_PKEY_ED25519)
    return fail(Errc::BadData, "the secret is no Ed25519 private key in PEM, or it has a passphrase",
                "make one with: openssl genpkey -algorithm ed25519");
  return Ed25519Key{std::move(state)};
}

Result<Ed25519Key> Ed25519Key::from_seed(std::string_view seed) {
  auto state = std::make_unique<State>();
  if (seed.size() == 32)
    state->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size());
  if (!state->key)
    return fail(Errc::BadData, "an Ed25519 private key has 32 bytes", "give the private key, not its PEM");
  return Ed25519Key{std::move(state)};
}

std::string Ed25519Key::sign(std::string_view message) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  unsigned char out[64];
  std::size_t size = sizeof out;
  STOM_ASSERT(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, state_->key) == 1);
  STOM_ASSERT(EVP_DigestSign(context.get(), out, &size, bytes_of(message), message.size()) == 1 && size == sizeof out);
  return {reinterpret_cast<const char*>(out), size};
}

}  // namespace stom::venues
