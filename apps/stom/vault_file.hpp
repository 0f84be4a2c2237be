// The vault of $STOM_HOME: the file of vault/vault.hpp, and who may change it at a time.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "secret_input.hpp"
#include "trade/private_file.hpp"
#include "vault/vault.hpp"

namespace stom {

inline std::filesystem::path vault_path(const Session& session) { return session.home / "vault"; }

/// A wrong passphrase (Errc::Locked) ends a command with code 6.
int report_vault_error(const Session& session, const Error& error);

struct OpenVault {
  vault::Secret passphrase;
  std::vector<vault::Key> keys;

  const vault::Key* find(std::string_view name) const;
};
/// Errc::NotFound: there is none.
Result<OpenVault> open_vault(const Session& session, int passphrase_descriptor);
/// For who changes nothing of it: where it is unlocked and no descriptor is named, nobody is asked, and its passphrase
/// is empty.
Result<OpenVault> open_vault_to_read(const Session& session, int passphrase_descriptor);

/// Unlocked: what opens it is in the kernel's key ring of this user, for so long, or until it is written.
Result<void> unlock_vault(const Session& session, int passphrase_descriptor, DurationNanos how_long);
bool is_unlocked(const Session& session);
/// Whether it was unlocked.
bool close_unlocked_vault(const Session& session);

/// Whoever changes the vault holds this: two who read it and wrote it at once would lose what one of them did.
Result<trade::FileLock> lock_vault(const Session& session);
Result<void> write_vault(const Session& session, const trade::FileLock& lock, const std::vector<vault::Key>& keys,
                         const vault::Secret& passphrase);

}  // namespace stom
