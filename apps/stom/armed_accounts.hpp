// Accounts whose keys may send real orders: what was agreed upon, by whom runs the program, and when.
//
//   $STOM_HOME/accounts/NAME.json   while it is armed; mode 600
//   $STOM_HOME/accounts/NAME.lock   held by the session that trades with it: limits are for all that an account does
//   $STOM_HOME/accounts/audit.log   a line for each time that one was armed, disarmed or traded with
//
// It holds for these keys with these rights, at these addresses, under these limits: where one is another, it is over.
// Who cannot open the vault cannot change it either: it is sealed with the secret of its first key.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "core/time.hpp"
#include "trade/private_file.hpp"
#include "trade/venues_file.hpp"
#include "vault/vault.hpp"
#include "venues/key_rights.hpp"

namespace stom {

struct ArmedKey {
  std::string venue, id;  // vault::Key::id
  std::string rights;     // as the venue told them, or that it tells none
  std::string rest, ws;   // where the venue is; empty: at its production addresses
};
struct ArmedAccount {
  std::string name;
  UnixNanos at = 0;
  std::filesystem::path limits_file;
  std::vector<std::string> limits;
  bool durable = true;    // an order leaves once the disk has its record
  std::string authority;  // SHA-256 of the authority that is trusted besides the system's; empty: none
  std::vector<ArmedKey> keys;
  std::string seal;
};

/// Errc::Locked: it is not armed. Its seal is looked at where the vault is open.
Result<ArmedAccount> armed_account(const std::filesystem::path& home, const std::string& name);
/// Their names.
std::vector<std::string> armed_accounts(const std::filesystem::path& home);
/// `secret`: that of its first key.
Result<void> arm(const std::filesystem::path& home, ArmedAccount account, const vault::Secret& secret);
/// Whether it was armed.
Result<bool> disarm(const std::filesystem::path& home, const std::string& name, UnixNanos now);
/// Errc::Locked: they are not those that it was armed with.
Result<void> check_limits(const ArmedAccount& account);

/// The venue is asked what the key may do; nothing: it does not tell.
Result<std::optional<venues::KeyRights>> read_rights(const vault::Key& key, const trade::VenuesFile& file,
                                                     UnixNanos now);
/// The rights as they are agreed upon.
std::string rights_text(const std::optional<venues::KeyRights>& rights);
/// Of the file that `file` names, for ArmedAccount::authority.
Result<std::string> authority_of(const trade::VenuesFile& file);

/// What a session with real orders is let in with.
struct LiveFlags {
  std::string account, confirm, folder;
  int passphrase = -1;
  bool venues_named = false;  // --venues: a venue that is not in it is not reached elsewhere
};
struct LiveAccount {
  ArmedAccount account;
  trade::FileLock lock;  // until the session ends
};
/// Puts the account's keys out of the vault into `file`, which must have none of its own. Errc::Locked: not armed, not
/// any more, or a wrong passphrase.
Result<LiveAccount> open_live_account(const Session& session, const LiveFlags& flags, trade::VenuesFile& file,
                                      UnixNanos now);

/// Keys in it are refused: real orders are signed with those of the vault alone.
Result<void> check_no_keys(const trade::VenuesFile& file);

}  // namespace stom
