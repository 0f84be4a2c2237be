#include "account_arm.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "armed_accounts.hpp"
#include "confirm_name.hpp"
#include "core/clock.hpp"
#include "limits_file.hpp"
#include "risk/breakers.hpp"
#include "risk/limits.hpp"
#include "trade/demanded_limits.hpp"
#include "vault_file.hpp"

namespace stom {
namespace {

struct ArmFlags {
  std::string name, limits, venues_file, confirm;
  std::vector<std::string> unread;
  bool allow_withdrawals = false, disk_later = false;
  int passphrase = kNoDescriptor;
};

/// What no account is armed without.
Result<void> check_limited(const std::string& file, const std::vector<std::string>& texts,
                           const std::vector<ArmedKey>& keys) {
  std::vector<risk::Limit> limits;
  std::vector<risk::Breaker> breakers;
  for (const std::string& text : texts) {
    if (risk::breaker_named(std::string_view{text}.substr(0, text.find('=')))) {
      auto breaker = risk::parse_breaker(text);
      if (!breaker) return std::unexpected(breaker.error());
      breakers.push_back(std::move(*breaker));
    } else if (auto limit = risk::parse_limit(text)) {
      limits.push_back(std::move(*limit));
    } else {
      return std::unexpected(limit.error());
    }
  }
  std::vector<std::string> venues;
  for (const ArmedKey& key : keys) venues.push_back(key.venue);
  if (const auto missing = trade::missing_limit(limits, breakers, venues))
    return fail(Errc::Usage, fmt::format("{} does not limit {}", file, missing->what),
                fmt::format("add {} (docs/risk.md): real orders leave under limits alone", missing->add));
  return {};
}

Result<void> check_rights(const ArmFlags& flags, const vault::Key& key, const venues::KeyRights& rights) {
  if (!rights.trades)
    return fail(Errc::Locked, fmt::format("the key for {} may not trade there", key.name()),
                "give it that right at the venue's own page, and arm the account then");
  if (rights.withdraws && !flags.allow_withdrawals)
    return fail(Errc::Locked, fmt::format("the key for {} may withdraw: who gets it can take all there is", key.name()),
                "take that right away at the venue's own page, or make a key without it; --allow-withdrawals arms it "
                "all the same");
  return {};
}

/// Where the key is used, and what it may do there.
Result<ArmedKey> agree_on(const ArmFlags& flags, const trade::VenuesFile& file, const vault::Key& key, UnixNanos now) {
  const auto at = file.venues.find(key.venue);
  if (at == file.venues.end() && !flags.venues_file.empty())
    return fail(Errc::NotFound,
                fmt::format("{} has no {}, for which the account has a key", flags.venues_file, key.venue),
                "say where it is, too, or keep that key under another account's name");
  const auto rights = read_rights(key, file, now + file.clock_ahead);
  if (!rights) return std::unexpected(rights.error());
  if (*rights)
    if (auto fit = check_rights(flags, key, **rights); !fit) return std::unexpected(fit.error());
  if (!*rights && !flags.confirm.empty() && std::ranges::find(flags.unread, key.venue) == flags.unread.end())
    return fail(Errc::Usage, fmt::format("{}: {}", key.name(), rights_text(*rights)),
                fmt::format("look at the venue's own page that it may not withdraw, then --unread={}", key.venue));
  ArmedKey armed{.venue = key.venue, .id = key.id, .rights = rights_text(*rights), .rest = {}, .ws = {}};
  if (at != file.venues.end()) armed.rest = at->second.rest, armed.ws = at->second.ws;
  return armed;
}

/// Whoever is asked is shown what for, also with --quiet.
void show(const ArmedAccount& account) {
  const auto line = [](std::string_view what, std::string_view value) {
    fmt::print(stderr, "{:<16} {}\n", what, value);
  };
  for (const ArmedKey& key : account.keys) {
    line(key.venue, key.rights);
    line("", key.rest.empty() ? "at its production addresses: FOR MONEY" : "at " + key.rest);
  }
  for (const std::string& limit : account.limits) line("limit", limit);
  if (!account.durable) line("disk", "orders leave before it has their records: a power cut may forget some");
}

int run_arm(const Session& session, const ArmFlags& flags) {
  auto limits = read_limits_file(flags.limits);
  if (!limits) return report_error(session, limits.error());
  trade::VenuesFile file;
  if (!flags.venues_file.empty()) {
    auto read = trade::read_venues_file(flags.venues_file);
    if (!read) return report_error(session, read.error());
    file = std::move(*read);
    if (auto none = check_no_keys(file); !none) return report_error(session, none.error());
  }
  auto authority = authority_of(file);
  if (!authority) return report_error(session, authority.error());
  const auto vault = open_vault(session, flags.passphrase);
  if (!vault) return report_vault_error(session, vault.error());
  std::error_code ignored;
  ArmedAccount account{.name = flags.name,
                       .at = SystemClock{}.now(),
                       .limits_file = std::filesystem::absolute(flags.limits, ignored),
                       .limits = std::move(*limits),
                       .durable = !flags.disk_later,
                       .authority = std::move(*authority),
                       .keys = {},
                       .seal = {}};
  for (const vault::Key& key : vault->keys) {
    if (key.account != flags.name) continue;
    auto agreed = agree_on(flags, file, key, account.at);
    if (!agreed) return report_vault_error(session, agreed.error());
    account.keys.push_back(std::move(*agreed));
  }
  if (account.keys.empty())
    return report_error(session, {Errc::NotFound, fmt::format("the vault has no key of an account '{}'", flags.name),
                                  fmt::format("stom vault add VENUE:{}", flags.name)});
  if (auto limited = check_limited(flags.limits, account.limits, account.keys); !limited)
    return report_error(session, limited.error());
  if (!session.quiet || flags.confirm.empty()) show(account);
  if (auto sure = confirm_by_name(session, {.name = flags.name,
                                            .of = "the account",
                                            .confirm = flags.confirm,
                                            .sentence = "lets sessions of it send real orders under these limits",
                                            .or_else = ""});
      !sure)
    return report_error(session, sure.error());
  const vault::Key* first = vault->find(account.keys.front().venue + ":" + flags.name);
  if (auto done = arm(session.home, account, first->secret); !done) return report_error(session, done.error());
  if (session.json)
    fmt::print("{{\"armed\":{}}}\n", json_string(flags.name));
  else
    fmt::print(
        "armed {0}; next: stom trade start --live --account {0} --session DIR …, stom account disarm {0} ends it\n",
        flags.name);
  return kOk;
}

int run_disarm(const Session& session, const std::string& name) {
  const auto was = disarm(session.home, name, SystemClock{}.now());
  if (!was) return report_error(session, was.error());
  if (!*was)
    return report_error(session, {Errc::NotFound, fmt::format("the account '{}' is not armed", name),
                                  "stom account list shows those that are"});
  if (session.json)
    fmt::print("{{\"disarmed\":{}}}\n", json_string(name));
  else
    fmt::print(
        "disarmed {}: no session of it begins; one that runs goes on "
        "(stom trade kill --step STEP --session DIR)\n",
        name);
  return kOk;
}

int run_armed(const Session& session) {
  const auto names = armed_accounts(session.home);
  if (names.empty() && !session.json) fmt::print("no account is armed; stom account arm NAME --limits FILE arms one\n");
  std::string list;
  for (const std::string& name : names) {
    const auto account = armed_account(session.home, name);
    const auto holds = account ? check_limits(*account) : Result<void>{std::unexpected(account.error())};
    std::string venues;
    if (account)
      for (const ArmedKey& key : account->keys) venues += (venues.empty() ? "" : ", ") + key.venue;
    const std::string at = account ? format_time(account->at) : "";
    if (session.json)
      list += fmt::format("{}{{\"account\":{},\"armed\":{},\"at\":{},\"venues\":{},\"why\":{}}}",
                          list.empty() ? "" : ",", json_string(name), holds.has_value(), json_string(at),
                          json_string(venues), json_string(holds ? "" : holds.error().message));
    else
      fmt::print("{:<16} {}\n", name, holds ? fmt::format("armed {} for {}", at, venues) : holds.error().message);
  }
  if (session.json) fmt::print("{{\"accounts\":[{}]}}\n", list);
  return kOk;
}

}  // namespace

void add_account_arm(CLI::App& account, Session& session) {
  auto f = std::make_shared<ArmFlags>();
  auto* arm = account.add_subcommand("arm", "Let sessions of an account send real orders, under limits");
  arm->add_option("name", f->name, "the account: its keys are those of the vault with that name")->required();
  arm->add_option("--limits", f->limits, "a TOML file with a table [limits] (docs/risk.md)")->required();
  arm->add_option("--venues", f->venues_file, "where the venues are, without keys; else at their production addresses");
  arm->add_option("--confirm", f->confirm, "the account's name: it does not ask then");
  arm->add_option("--unread", f->unread, "a venue that does not tell what a key may do: you have looked there")
      ->allow_extra_args(false);
  arm->add_flag("--allow-withdrawals", f->allow_withdrawals, "also with a key that may withdraw");
  arm->add_flag("--disk-later", f->disk_later, "orders do not wait for the disk: a power cut may forget some");
  arm->add_option("--passphrase-fd", f->passphrase, "a file descriptor with the vault's passphrase")
      ->check(CLI::NonNegativeNumber);
  examples(*arm, {"stom account arm main --limits limits.toml",
                  "stom account arm won --limits limits.toml --confirm=won --unread=upbit --passphrase-fd 3 3<FILE"});
  arm->callback([&session, f] { session.status = run_arm(session, *f); });
  auto* disarm = account.add_subcommand("disarm", "No session of the account sends real orders any more");
  disarm->add_option("name", f->name, "the account")->required();
  examples(*disarm, {"stom account disarm main"});
  disarm->callback([&session, f] { session.status = run_disarm(session, f->name); });
  auto* list = account.add_subcommand("list", "Accounts that are armed, or were until a limit changed");
  examples(*list, {"stom account list", "stom account list --json"});
  list->callback([&session] { session.status = run_armed(session); });
}

}  // namespace stom
