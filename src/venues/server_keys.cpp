#include "venues/server_keys.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>

#include "core/assert.hpp"

namespace stom::venues::server {
namespace {

constexpr std::size_t kKeyBytes = 32, kSignatureBytes = 64;
constexpr std::size_t kSignatureBase64 = 88;  // 64 bytes, padded

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

int value_of_hex(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

}  // namespace

std::string ed25519_private_pem(std::string_view seed_hex) {
  STOM_ASSERT(seed_hex.size() == 2 * kKeyBytes);
  std::array<unsigned char, kKeyBytes> seed{};
  for (std::size_t i = 0; i < kKeyBytes; ++i)
    seed[i] = static_cast<unsigned char>(value_of_hex(seed_hex[2 * i]) * 16 + value_of_hex(seed_hex[2 * i + 1]));
  const Key key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()), EVP_PKEY_free};
  const Bio out{BIO_new(BIO_s_mem()), BIO_free};
  STOM_ASSERT(key != nullptr && out != nullptr);
  STOM_ASSERT(PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string ed25519_public_of(std::string_view private_pem) {
  const Bio in{BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())), BIO_free};
  const Key key{PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
  STOM_ASSERT(key != nullptr);  // we wrote it
  std::array<unsigned char, kKeyBytes> out{};
  std::size_t size = out.size();
  STOM_ASSERT(EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) == 1);
  return {reinterpret_cast<const char*>(out.data()), size};
}

bool ed25519_signed(std::string_view public_key, std::string_view text, std::string_view signature) {
  if (public_key.size() != kKeyBytes || signature.size() != kSignatureBase64 || !signature.ends_with("=="))
    return false;
  std::array<unsigned char, kSignatureBytes + 2> raw{};  // the padding counts as two bytes
  if (EVP_DecodeBlock(raw.data(), bytes(signature), static_cast<int>(signature.size())) != static_cast<int>(raw.size()))
    return false;
  const Key key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(public_key), public_key.size()),
                EVP_PKEY_free};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  return key != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), raw.data(), kSignatureBytes, bytes(text), text.size()) == 1;
}

}  // namespace stom::venues::server
