// Keys of venues in one file that is worth nothing without its passphrase. The file, whole:
//
//    0   8  "STOMVLT" and the version, '1'
//    8   8  operations   of Argon2id, which makes the key out of the passphrase; little endian, as all numbers here
//   16   8  memory       of it, in bytes
//   24  16  salt         of it
//   40  24  nonce        of XChaCha20-Poly1305
//   64   n  contents     encrypted, with the 16 bytes that show any change of them or of what stands before them
//   64+n 32 BLAKE2b of all before it: it tells a damaged file from a wrong passphrase, and says nothing of what is in
//   it
//
// Salt and nonce are new each time that it is written. The contents: the number of keys (4 bytes), then of each the
// time when it was added (8) and five texts, each behind its length (4): venue, account, id, key, secret.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "vault/secret.hpp"

namespace stom::vault {

struct Key {
  std::string venue, account;
  std::string id;  // drawn when it is added: what was agreed upon for a key is not so for the next one of its name
  UnixNanos added = 0;
  Secret key, secret;

  std::string name() const { return venue + ":" + account; }
};

/// What a guess costs.
struct Cost {
  std::uint64_t operations = 3, memory = std::uint64_t{256} << 20;
};

/// Something that no other key has.
std::string new_id();

Result<std::string> seal(const std::vector<Key>& keys, const Secret& passphrase, Cost cost = {});
/// Errc::Locked: that is not its passphrase. Errc::BadData: the file is damaged. Errc::Newer.
Result<std::vector<Key>> unseal(std::string_view file, const Secret& passphrase);
/// What opens this file, until it is written anew, in place of its passphrase, and is as much of a secret. Whether the
/// passphrase was the right one is seen when it is used.
Result<Secret> opening_key(std::string_view file, const Secret& passphrase);
/// Errors: as unseal().
Result<std::vector<Key>> unseal_with(std::string_view file, const Secret& key);
/// The same without the passphrase: whole, and of a version that is known here.
Result<void> check_form(std::string_view file);

/// The contents as they are encrypted.
Secret write_contents(const std::vector<Key>& keys);
Result<std::vector<Key>> read_contents(std::string_view contents);

}  // namespace stom::vault
