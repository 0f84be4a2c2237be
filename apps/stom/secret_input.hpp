// Secrets come from a terminal that does not show them, from standard input, from a file descriptor or as a credential
// of systemd: never from flags or from the environment, which others can see.
#pragma once

#include <string_view>

#include "command.hpp"
#include "vault/secret.hpp"

namespace stom {

inline constexpr int kNoDescriptor = -1;

/// Where the vault's passphrase is: `descriptor`, else the credential "stom-passphrase" of a systemd service, else the
/// terminal. `again`: typed twice, where it is typed.
Result<vault::Secret> read_passphrase(const Session& session, int descriptor, std::string_view prompt, bool again);

/// A key and its secret: typed, or on standard input the key in the first line and the secret behind it (more lines of
/// a private key as PEM too).
struct TypedKey {
  vault::Secret key, secret;
};
Result<TypedKey> read_key(const Session& session);

}  // namespace stom
