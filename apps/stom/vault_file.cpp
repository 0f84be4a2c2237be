#include "vault_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/key_ring.hpp"

namespace stom {
namespace {

/// By its path: there is one for each data folder. `keyctl show @u` shows it to its user.
std::string ring_name(const Session& session) {
  std::error_code ignored;
  const auto path = std::filesystem::weakly_canonical(vault_path(session), ignored);
  return "stom:" + (ignored ? vault_path(session) : path).string();
}

/// What is wrong with the file is said before anybody is asked for its passphrase.
Result<std::string> read_vault(const Session& session) {
  auto file = trade::read_private_file(vault_path(session), "there is no vault yet: stom vault add VENUE");
  if (!file) return file;
  if (auto form = vault::check_form(*file); !form) return std::unexpected(form.error());
  return file;
}

Result<vault::Secret> ask_passphrase(const Session& session, int descriptor) {
  return read_passphrase(session, descriptor, "passphrase of the vault", false);
}

}  // namespace

int report_vault_error(const Session& session, const Error& error) {
  const int code = report_error(session, error);
  return error.code == Errc::Locked ? kAuthentication : code;
}

const vault::Key* OpenVault::find(std::string_view name) const {
  const auto at = std::ranges::find(keys, name, &vault::Key::name);
  return at == keys.end() ? nullptr : &*at;
}

Result<OpenVault> open_vault(const Session& session, int passphrase_descriptor) {
  const auto file = read_vault(session);
  if (!file) return std::unexpected(file.error());
  auto passphrase = ask_passphrase(session, passphrase_descriptor);
  if (!passphrase) return std::unexpected(passphrase.error());
  auto keys = vault::unseal(*file, *passphrase);
  if (!keys) return std::unexpected(keys.error());
  return OpenVault{std::move(*passphrase), std::move(*keys)};
}

Result<OpenVault> open_vault_to_read(const Session& session, int passphrase_descriptor) {
  const auto key = passphrase_descriptor == kNoDescriptor ? vault::key_ring::find(ring_name(session)) : std::nullopt;
  if (key) {
    const auto file = read_vault(session);
    if (!file) return std::unexpected(file.error());
    // It may be of an older vault, put back or moved away since: then the passphrase opens this one.
    if (auto keys = vault::unseal_with(*file, *key)) return OpenVault{{}, std::move(*keys)};
  }
  return open_vault(session, passphrase_descriptor);
}

Result<void> unlock_vault(const Session& session, int passphrase_descriptor, DurationNanos how_long) {
  const auto file = read_vault(session);
  if (!file) return std::unexpected(file.error());
  const auto passphrase = ask_passphrase(session, passphrase_descriptor);
  if (!passphrase) return std::unexpected(passphrase.error());
  const auto key = vault::opening_key(*file, *passphrase);
  if (!key) return std::unexpected(key.error());
  if (const auto opens = vault::unseal_with(*file, *key); !opens) return std::unexpected(opens.error());
  return vault::key_ring::keep(ring_name(session), *key, how_long);
}

bool is_unlocked(const Session& session) {
  const auto key = vault::key_ring::find(ring_name(session));
  if (!key) return false;
  const auto file = read_vault(session);
  return file && vault::unseal_with(*file, *key).has_value();
}

bool close_unlocked_vault(const Session& session) { return vault::key_ring::take_out(ring_name(session)); }

Result<trade::FileLock> lock_vault(const Session& session) {
  return trade::FileLock::take(session.home / "vault.lock", "another command changes the vault at this moment",
                               "try again when it is done");
}

Result<void> write_vault(const Session& session, const trade::FileLock&, const std::vector<vault::Key>& keys,
                         const vault::Secret& passphrase) {
  const auto file = vault::seal(keys, passphrase);
  if (!file) return std::unexpected(file.error());
  if (auto written = trade::write_private_file(vault_path(session), *file); !written) return written;
  if (close_unlocked_vault(session))
    say(session, "the vault is not unlocked any more, as it was written anew: stom vault unlock");
  return {};
}

}  // namespace stom
