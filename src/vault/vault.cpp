#include "vault/vault.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <cstring>

#include "core/assert.hpp"
#include "core/encoding.hpp"

namespace stom::vault {
namespace {

constexpr std::string_view kMagic = "STOMVLT";
constexpr char kVersion = '1';
constexpr std::size_t kSalt = 24, kNonce = 40, kHead = 64, kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES, kSum = 32;
static_assert(kNonce - kSalt == crypto_pwhash_SALTBYTES);
static_assert(kHead - kNonce == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
// What a file may ask for; it is not believed before it is opened.
constexpr std::uint64_t kMostOperations = 64, kMostMemory = std::uint64_t{1} << 30;
constexpr std::size_t kMostText = 64u << 10, kMostKeys = 1000;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
unsigned char* bytes_of(Secret& secret) { return reinterpret_cast<unsigned char*>(secret.data()); }

void put(char* at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) at[i] = static_cast<char>(value >> (8 * i));
}
std::uint64_t take(std::string_view from, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  return value;
}

std::string sum_of(std::string_view text) {
  std::string sum(kSum, '\0');
  crypto_generichash(bytes_of(sum), kSum, bytes_of(text), text.size(), nullptr, 0);
  return sum;
}

Result<Secret> key_of(const Secret& passphrase, std::string_view salt, Cost cost) {
  Secret key{crypto_aead_xchacha20poly1305_ietf_KEYBYTES};
  const std::string_view words = passphrase.view();
  if (crypto_pwhash(bytes_of(key), key.size(), words.data(), words.size(), bytes_of(salt), cost.operations, cost.memory,
                    crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(Errc::Io, fmt::format("no memory for the vault: {} MiB are needed", cost.memory >> 20),
                "close other programs");
  return key;
}

std::unexpected<Error> damaged(std::string_view why) {
  return fail(Errc::BadData, fmt::format("the vault is damaged: {}", why),
              "bring back the copy that you keep of it, or move it away and add the keys anew");
}

/// Of the contents, which grow by nothing while they are read.
class ContentsReader {
 public:
  explicit ContentsReader(std::string_view from) : left_{from} {}
  bool number(std::size_t size, std::uint64_t& value) {
    if (left_.size() < size) return false;
    value = take(left_, size);
    left_.remove_prefix(size);
    return true;
  }
  bool text(std::string_view& value) {
    std::uint64_t size = 0;
    if (!number(4, size) || size > kMostText || size > left_.size()) return false;
    value = left_.substr(0, size);
    left_.remove_prefix(size);
    return true;
  }
  bool done() const { return left_.empty(); }

 private:
  std::string_view left_;
};

}  // namespace

std::string new_id() {
  STOM_ASSERT(sodium_init() >= 0);
  std::string bytes(16, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return hex(bytes);
}

Secret write_contents(const std::vector<Key>& keys) {
  std::size_t size = 4;
  const auto texts = [](const Key& key) {
    return std::array<std::string_view, 5>{key.venue, key.account, key.id, key.key.view(), key.secret.view()};
  };
  for (const Key& key : keys) {
    size += 8;
    for (const auto text : texts(key)) size += 4 + text.size();
  }
  Secret contents{size};
  char* at = contents.data();
  const auto add = [&](std::uint64_t value, std::size_t of) { put(at, value, of), at += of; };
  add(keys.size(), 4);
  for (const Key& key : keys) {
    add(static_cast<std::uint64_t>(key.added), 8);
    for (const auto text : texts(key)) {
      add(text.size(), 4);
      if (!text.empty()) std::memcpy(at, text.data(), text.size());
      at += text.size();
    }
  }
  return contents;
}

Result<std::vector<Key>> read_contents(std::string_view contents) {
  ContentsReader in{contents};
  std::uint64_t count = 0;
  if (!in.number(4, count) || count > kMostKeys) return damaged("its contents do not begin with a number of keys");
  std::vector<Key> keys;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t added = 0;
    std::string_view venue, account, id, key, secret;
    if (!in.number(8, added) || !in.text(venue) || !in.text(account) || !in.text(id) || !in.text(key) ||
        !in.text(secret))
      return damaged(fmt::format("its contents end within key {}", i + 1));
    keys.push_back({std::string{venue}, std::string{account}, std::string{id}, static_cast<UnixNanos>(added),
                    Secret{key}, Secret{secret}});
  }
  if (!in.done()) return damaged("there is more in it than its keys");
  return keys;
}

Result<std::string> seal(const std::vector<Key>& keys, const Secret& passphrase, Cost cost) {
  const Secret contents = write_contents(keys);
  std::string file(kHead + contents.size() + kTag, '\0');
  kMagic.copy(file.data(), kMagic.size());
  file[kMagic.size()] = kVersion;
  put(file.data() + 8, cost.operations, 8);
  put(file.data() + 16, cost.memory, 8);
  randombytes_buf(file.data() + kSalt, kHead - kSalt);
  const std::string_view head = std::string_view{file}.substr(0, kHead);
  const auto key = key_of(passphrase, head.substr(kSalt), cost);
  if (!key) return std::unexpected(key.error());
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(file) + kHead, nullptr, bytes_of(contents.view()),
                                             contents.size(), bytes_of(head), kHead, nullptr,
                                             bytes_of(head.substr(kNonce)), bytes_of(key->view()));
  return file + sum_of(file);
}

Result<void> check_form(std::string_view file) {
  if (file.size() <= kMagic.size() || !file.starts_with(kMagic)) return damaged("it does not begin as one");
  if (file[kMagic.size()] > kVersion)
    return fail(Errc::Newer, "the vault was written by a newer version", "use the version that wrote it");
  if (file[kMagic.size()] != kVersion) return damaged("it does not begin as one");
  if (file.size() < kHead + 4 + kTag + kSum) return damaged("its end is missing");
  const auto body = file.substr(0, file.size() - kSum);
  if (sum_of(body) != file.substr(body.size())) return damaged("bytes of it were changed, or its end is missing");
  if (const auto operations = take(file.substr(8), 8), memory = take(file.substr(16), 8);
      operations < crypto_pwhash_OPSLIMIT_MIN || operations > kMostOperations || memory < crypto_pwhash_MEMLIMIT_MIN ||
      memory > kMostMemory)
    return damaged("it asks for more work than any vault does");
  return {};
}

Result<Secret> opening_key(std::string_view file, const Secret& passphrase) {
  if (auto form = check_form(file); !form) return std::unexpected(form.error());
  return key_of(passphrase, file.substr(kSalt, kNonce - kSalt), {take(file.substr(8), 8), take(file.substr(16), 8)});
}

Result<std::vector<Key>> unseal(std::string_view file, const Secret& passphrase) {
  const auto key = opening_key(file, passphrase);
  if (!key) return std::unexpected(key.error());
  return unseal_with(file, *key);
}

Result<std::vector<Key>> unseal_with(std::string_view file, const Secret& key) {
  if (auto form = check_form(file); !form) return std::unexpected(form.error());
  const auto head = file.substr(0, kHead), sealed = file.substr(kHead, file.size() - kHead - kSum);
  Secret contents{sealed.size() - kTag};
  if (key.size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES ||
      crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(contents), nullptr, nullptr, bytes_of(sealed), sealed.size(),
                                                 bytes_of(head), kHead, bytes_of(head.substr(kNonce)),
                                                 bytes_of(key.view())) != 0)
    return fail(Errc::Locked, "that is not the passphrase of the vault: it stays closed",
                "try again; without its passphrase a vault cannot be opened by anybody");
  return read_contents(contents.view());
}

}  // namespace stom::vault
