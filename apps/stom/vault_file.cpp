#include "vault_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stom {

int report_vault_error(const Session& session, const Error& error) {
  const int code = report_error(session, error);
  return error.code == Errc::Locked ? kAuthentication : code;
}

const vault::Key* OpenVault::find(std::string_view name) const {
  const auto at = std::ranges::find(keys, name, &vault::Key::name);
  return at == keys.end() ? nullptr : &*at;
}

/// What is wrong with the file is said before anybody is asked for its passphrase.
Result<OpenVault> open_vault(const Session& session, int passphrase_descriptor) {
  const auto file = trade::read_private_file(vault_path(session), "there is no vault yet: stom vault add VENUE");
  if (!file) return std::unexpected(file.error());
  if (auto form = vault::check_form(*file); !form) return std::unexpected(form.error());
  auto passphrase = read_passphrase(session, passphrase_descriptor, "passphrase of the vault", false);
  if (!passphrase) return std::unexpected(passphrase.error());
  auto keys = vault::unseal(*file, *passphrase);
  if (!keys) return std::unexpected(keys.error());
  return OpenVault{std::move(*passphrase), std::move(*keys)};
}

Result<trade::FileLock> lock_vault(const Session& session) {
  return trade::FileLock::take(session.home / "vault.lock", "another command changes the vault at this moment",
                               "try again when it is done");
}

Result<void> write_vault(const Session& session, const trade::FileLock&, const std::vector<vault::Key>& keys,
                         const vault::Secret& passphrase) {
  const auto file = vault::seal(keys, passphrase);
  if (!file) return std::unexpected(file.error());
  return trade::write_private_file(vault_path(session), *file);
}

}  // namespace stom
