// `stom vault`: the keys of venues, in one encrypted file (docs/vault.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "vault_file.hpp"
#include "venues/registry.hpp"

namespace stom {
namespace {

constexpr DurationNanos kMostKept = 30 * kDay;

struct VaultFlags {
  std::string name, keep = "12h";
  int passphrase = kNoDescriptor, new_passphrase = kNoDescriptor;
};

/// "binance" is "binance:main".
Result<std::pair<std::string, std::string>> names_in(const std::string& text) {
  const auto colon = text.find(':');
  const std::string venue = text.substr(0, colon), account = colon == text.npos ? "main" : text.substr(colon + 1);
  const auto all = venues::venues();
  const auto at = std::ranges::find(all, venue, &venues::VenueSummary::name);
  if (at == all.end() || !at->client)
    return fail(Errc::NotFound, fmt::format("there is no venue '{}' that orders can be sent to", venue),
                "stom venue list shows them");
  if (account.empty() || account.size() > 32 ||
      !std::ranges::all_of(account, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; }))
    return fail(Errc::Usage, fmt::format("'{}' is no name of an account", account),
                "letters, digits, - and _, for example binance:main");
  return std::pair{venue, account};
}

/// The vault that is there, or a new one.
Result<OpenVault> open_or_begin(const Session& session, int descriptor) {
  std::error_code error;
  if (std::filesystem::exists(vault_path(session), error)) return open_vault(session, descriptor);
  auto passphrase = read_passphrase(session, descriptor, "passphrase for the new vault", true);
  if (!passphrase) return std::unexpected(passphrase.error());
  return OpenVault{std::move(*passphrase), {}};
}

int changed(const Session& session, std::string_view what, std::string_view name, std::string_view next) {
  if (session.json)
    fmt::print("{{\"{}\":{}}}\n", what, json_string(name));
  else
    fmt::print("{} {}; {}\n", what, name, next);
  return kOk;
}

int run_add(const Session& session, const VaultFlags& flags) {
  const auto names = names_in(flags.name);
  if (!names) return report_error(session, names.error());
  const auto& [venue, account] = *names;
  const auto lock = lock_vault(session);
  if (!lock) return report_error(session, lock.error());
  auto vault = open_or_begin(session, flags.passphrase);
  if (!vault) return report_vault_error(session, vault.error());
  if (vault->find(venue + ":" + account) != nullptr)
    return report_error(session, {Errc::Usage, fmt::format("the vault has a key for {}:{} already", venue, account),
                                  fmt::format("stom vault remove {}:{}, then add the new one", venue, account)});
  auto typed = read_key(session);
  if (!typed) return report_error(session, typed.error());
  // A secret that cannot sign is said now, not at night.
  const auto client = venues::make_venue(
      venue, {.credentials = venues::Credentials{std::string{typed->key.view()}, std::string{typed->secret.view()}}});
  if (!client) return report_error(session, client.error());
  vault->keys.push_back(
      {venue, account, vault::new_id(), SystemClock{}.now(), std::move(typed->key), std::move(typed->secret)});
  if (auto written = write_vault(session, *lock, vault->keys, vault->passphrase); !written)
    return report_error(session, written.error());
  return changed(session, "added", vault->keys.back().name(),
                 fmt::format("next: stom account arm {} --limits FILE", account));
}

int run_remove(const Session& session, const VaultFlags& flags) {
  const auto names = names_in(flags.name);
  if (!names) return report_error(session, names.error());
  const std::string name = names->first + ":" + names->second;
  const auto lock = lock_vault(session);
  if (!lock) return report_error(session, lock.error());
  auto vault = open_vault(session, flags.passphrase);
  if (!vault) return report_vault_error(session, vault.error());
  if (std::erase_if(vault->keys, [&](const vault::Key& key) { return key.name() == name; }) == 0)
    return report_error(session, {Errc::NotFound, fmt::format("the vault has no key for {}", name),
                                  "stom vault list shows what it has"});
  if (auto written = write_vault(session, *lock, vault->keys, vault->passphrase); !written)
    return report_error(session, written.error());
  return changed(session, "removed", name, "delete the key at the venue too, where nobody needs it any more");
}

int run_change(const Session& session, const VaultFlags& flags) {
  const auto lock = lock_vault(session);
  if (!lock) return report_error(session, lock.error());
  auto vault = open_vault(session, flags.passphrase);
  if (!vault) return report_vault_error(session, vault.error());
  // Of a service the credential is the old one.
  if (session.no_input && flags.new_passphrase == kNoDescriptor)
    return report_error(session, {Errc::Usage, "which is to be the new passphrase?", "--new-passphrase-fd N"});
  const auto fresh = read_passphrase(session, flags.new_passphrase, "new passphrase", true);
  if (!fresh) return report_error(session, fresh.error());
  if (auto written = write_vault(session, *lock, vault->keys, *fresh); !written)
    return report_error(session, written.error());
  return changed(session, "changed", "passphrase", "copies of the vault that you keep still have the old one");
}

int run_unlock(const Session& session, const VaultFlags& flags) {
  const auto how_long = parse_duration(flags.keep);
  if (!how_long) return report_error(session, how_long.error());
  if (*how_long < kSecond || *how_long > kMostKept)
    return report_error(session, {Errc::Usage, fmt::format("--keep {} is no time from 1s to 30d", flags.keep),
                                  "so long nobody is asked for the passphrase: --keep 12h"});
  if (auto done = unlock_vault(session, flags.passphrase, *how_long); !done)
    return report_vault_error(session, done.error());
  const std::string until = format_time(SystemClock{}.now() + *how_long / kSecond * kSecond);
  if (session.json)
    fmt::print("{{\"unlocked\":{},\"until\":{}}}\n", json_string(vault_path(session).string()), json_string(until));
  else
    fmt::print("unlocked until {}, for every program of this user; stom vault lock ends it\n", until);
  return kOk;
}

int run_lock(const Session& session) {
  const bool was = close_unlocked_vault(session);
  if (session.json)
    fmt::print("{{\"locked\":{},\"was_unlocked\":{}}}\n", json_string(vault_path(session).string()), was);
  else
    fmt::print("{}; a session that runs goes on (stom trade kill --session DIR)\n",
               was ? "locked" : "it was not unlocked");
  return kOk;
}

int run_vault_list(const Session& session, const VaultFlags& flags) {
  const auto vault = open_vault_to_read(session, flags.passphrase);
  if (!vault) return report_vault_error(session, vault.error());
  std::string list;
  for (const auto& key : vault->keys) {
    const auto added = format_time(key.added);
    if (session.json)
      list += fmt::format("{}{{\"venue\":{},\"account\":{},\"added\":{}}}", list.empty() ? "" : ",",
                          json_string(key.venue), json_string(key.account), json_string(added));
    else
      fmt::print(fmt::runtime(session.plain ? "{}\t{}\n" : "{:<32} added {}\n"), key.name(), added);
  }
  if (session.json) fmt::print("{{\"keys\":[{}]}}\n", list);
  return kOk;
}

int run_vault_check(const Session& session, const VaultFlags& flags) {
  const auto vault = open_vault(session, flags.passphrase);
  if (!vault) return report_vault_error(session, vault.error());
  if (session.json)
    fmt::print("{{\"path\":{},\"keys\":{}}}\n", json_string(vault_path(session).string()), vault->keys.size());
  else
    fmt::print("{} is whole, yours alone, and opens: {} keys\n", vault_path(session).string(), vault->keys.size());
  return kOk;
}

}  // namespace

void add_vault_command(CLI::App& app, Session& session) {
  auto* vault = app.add_subcommand("vault", "Keys of venues, encrypted with a passphrase")->group("Trade");
  examples(*vault, {"stom vault add binance", "stom vault list", "stom vault check"});
  auto f = std::make_shared<VaultFlags>();
  const auto add = [&](const char* name, const char* what, int (*run)(const Session&, const VaultFlags&)) {
    auto* command = vault->add_subcommand(name, what);
    command->add_option("--passphrase-fd", f->passphrase, "a file descriptor with the passphrase in its first line")
        ->check(CLI::NonNegativeNumber);
    command->callback([&session, f, run] { session.status = run(session, *f); });
    return command;
  };
  auto* add_key = add("add", "Put a key in; typed, or on standard input the key in a line and its secret", run_add);
  add_key->add_option("name", f->name, "VENUE, or VENUE:ACCOUNT where there are several; else the account main")
      ->required();
  examples(*add_key, {"stom vault add binance", "stom vault add upbit:won --passphrase-fd 3 3<passphrase <key"});
  auto* remove = add("remove", "Take a key out", run_remove);
  remove->add_option("name", f->name, "VENUE or VENUE:ACCOUNT")->required();
  examples(*remove, {"stom vault remove binance"});
  examples(*add("list", "Whose keys it has; never the keys", run_vault_list), {"stom vault list --json"});
  examples(*add("check", "Whether it is whole, private, and opens", run_vault_check), {"stom vault check"});
  auto* change = add("change-passphrase", "Encrypt it with another passphrase", run_change);
  change->add_option("--new-passphrase-fd", f->new_passphrase, "a file descriptor with the new one")
      ->check(CLI::NonNegativeNumber);
  examples(*change, {"stom vault change-passphrase"});
  auto* unlock = add("unlock", "Let sessions begin without its passphrase for a while: docs/vault.md says whom it lets",
                     run_unlock);
  unlock->add_option("--keep", f->keep, "for how long, 30d at most")->capture_default_str();
  examples(*unlock, {"stom vault unlock", "stom vault unlock --keep 7d --passphrase-fd 3 3<passphrase"});
  auto* lock = vault->add_subcommand("lock", "The passphrase is wanted again");
  examples(*lock, {"stom vault lock"});
  lock->callback([&session] { session.status = run_lock(session); });
}

}  // namespace stom
