#include "armed_accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "confirm_name.hpp"
#include "core/encoding.hpp"
#include "core/hash.hpp"
#include "core/text_file.hpp"
#include "gateway/mask.hpp"
#include "limits_file.hpp"
#include "net/fetcher.hpp"
#include "network.hpp"
#include "vault_file.hpp"

namespace stom {
namespace {

using ArmedJson = nlohmann::ordered_json;
namespace fs = std::filesystem;

fs::path folder_of(const fs::path& home) { return home / "accounts"; }
fs::path file_of(const fs::path& home, const std::string& name) { return folder_of(home) / (name + ".json"); }

Result<void> note(const fs::path& home, std::string_view what, UnixNanos now, ArmedJson record) {
  ArmedJson line{{"time", format_time(now)}, {"what", what}};
  line.update(record);
  return trade::append_private_line(folder_of(home) / "audit.log", line.dump());
}

ArmedJson json_of(const ArmedAccount& account) {
  ArmedJson keys = ArmedJson::array();
  for (const ArmedKey& key : account.keys)
    keys.push_back({{"venue", key.venue}, {"id", key.id}, {"rights", key.rights}, {"rest", key.rest}, {"ws", key.ws}});
  return {{"account", account.name},  {"armed_ns", account.at},     {"limits_file", account.limits_file.string()},
          {"limits", account.limits}, {"durable", account.durable}, {"authority", account.authority},
          {"keys", std::move(keys)}};
}

std::string seal_of(const ArmedAccount& account, const vault::Secret& secret) {
  return hex(hmac_sha256(secret.view(), json_of(account).dump()));
}

std::string arm_again(const std::string& name) { return fmt::format("stom account arm {} --limits FILE", name); }

std::string place_of(std::string_view rest, std::string_view ws) {
  return rest.empty() ? "its production addresses" : fmt::format("{} and {}", rest, ws);
}

/// The page asks nobody who he is; it can be reached from this computer alone, by who has the token of its start. One
/// that is reached from elsewhere would show a stranger what is held.
Result<void> check_page(const fs::path& home) {
  std::error_code missing;
  if (!fs::exists(home / "serve.json", missing)) return {};
  const auto text = trade::read_private_file(home / "serve.json", "");
  const auto json = text ? ArmedJson::parse(*text, nullptr, false) : ArmedJson{};
  const auto told = json.is_object() ? json.value("address", ArmedJson{}) : ArmedJson{};
  const std::string address = told.is_string() ? told.get<std::string>() : "";
  if (address.starts_with("http://127.0.0.1:") || address.starts_with("http://[::1]:")) return {};
  return fail(Errc::Locked,
              fmt::format("stom serve of this data folder listens at {}, and whoever reaches it needs no sign-in",
                          address.empty() ? "an address that is not known" : address),
              "end it, or start it on 127.0.0.1 (docs/security.md)");
}

std::unexpected<Error> not_any_more(const ArmedAccount& account, std::string_view why) {
  return fail(Errc::Locked, fmt::format("{} is not armed any more: {}", account.name, why), arm_again(account.name));
}

/// The same key, with the rights that it had, at the same place.
Result<void> check_key(const ArmedAccount& account, const ArmedKey& armed, const vault::Key* key,
                       const trade::VenuesFile& file, UnixNanos now) {
  const auto its = [&](std::string_view what) {
    return not_any_more(account, fmt::format("its key for {} {}", armed.venue, what));
  };
  if (key == nullptr) return its("is gone");
  if (key->id != armed.id) return its("is another one");
  const auto at = file.venues.find(armed.venue);
  const std::string rest = at == file.venues.end() ? "" : at->second.rest,
                    ws = at == file.venues.end() ? "" : at->second.ws;
  if (rest != armed.rest || ws != armed.ws)
    return its(fmt::format("was armed for {}, and not for {}", place_of(armed.rest, armed.ws), place_of(rest, ws)));
  const auto rights = read_rights(*key, file, now);
  if (!rights) return std::unexpected(rights.error());
  if (const auto text = rights_text(*rights); text != armed.rights)
    return its(fmt::format("has other rights now: {}; it had: {}", text, armed.rights));
  return {};
}

}  // namespace

Result<ArmedAccount> armed_account(const fs::path& home, const std::string& name) {
  std::error_code missing;
  if (name.empty() || name.find('/') != name.npos || !fs::exists(file_of(home, name), missing))
    return fail(Errc::Locked, fmt::format("the account '{}' is not armed", name), arm_again(name));
  const auto text = trade::read_private_file(file_of(home, name), arm_again(name));
  if (!text) return std::unexpected(text.error());
  try {
    const auto json = ArmedJson::parse(*text);
    ArmedAccount account{.name = json.at("account").get<std::string>(),
                         .at = json.at("armed_ns").get<UnixNanos>(),
                         .limits_file = json.at("limits_file").get<std::string>(),
                         .limits = json.at("limits").get<std::vector<std::string>>(),
                         .durable = json.at("durable").get<bool>(),
                         .authority = json.at("authority").get<std::string>(),
                         .keys = {},
                         .seal = json.at("seal").get<std::string>()};
    for (const auto& key : json.at("keys")) {
      const auto part = [&](const char* of) { return key.at(of).get<std::string>(); };
      account.keys.push_back({part("venue"), part("id"), part("rights"), part("rest"), part("ws")});
    }
    if (account.name == name && !account.keys.empty()) return account;
  } catch (const ArmedJson::exception&) {
  }
  return fail(Errc::Locked, fmt::format("{} cannot be read: the account is not armed", file_of(home, name).string()),
              arm_again(name));
}

std::vector<std::string> armed_accounts(const fs::path& home) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{folder_of(home), error})
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

Result<void> arm(const fs::path& home, ArmedAccount account, const vault::Secret& secret) {
  // First what cannot be taken back, then what lets orders out.
  auto json = json_of(account);
  if (auto noted = note(home, "armed", account.at, json); !noted) return noted;
  json["seal"] = seal_of(account, secret);
  return trade::write_private_file(file_of(home, account.name), json.dump(2) + "\n");
}

Result<bool> disarm(const fs::path& home, const std::string& name, UnixNanos now) {
  std::error_code error;
  const bool was = name.find('/') == name.npos && fs::remove(file_of(home, name), error);
  if (error)
    return fail(Errc::Io, fmt::format("{} cannot be removed: {}", file_of(home, name).string(), error.message()),
                "remove it by hand");
  if (was)
    if (auto noted = note(home, "disarmed", now, {{"account", name}}); !noted) return std::unexpected(noted.error());
  return was;
}

Result<void> check_limits(const ArmedAccount& account) {
  const auto now = read_limits_file(account.limits_file);
  if (!now)
    return fail(Errc::Locked, fmt::format("the limits of {}: {}", account.name, now.error().message),
                arm_again(account.name));
  if (*now == account.limits) return {};
  const auto [is, was] = std::ranges::mismatch(*now, account.limits);
  return not_any_more(
      account, fmt::format("{} has {}, and had {}", account.limits_file.string(), is == now->end() ? "less" : *is,
                           was == account.limits.end() ? "less" : *was));
}

Result<std::optional<venues::KeyRights>> read_rights(const vault::Key& key, const trade::VenuesFile& file,
                                                     UnixNanos now) {
  const auto question =
      venues::key_rights_question(key.venue, {std::string{key.key.view()}, std::string{key.secret.view()}}, now);
  if (!question) return std::unexpected(question.error());
  if (!*question) return std::nullopt;
  const auto at = file.venues.find(key.venue);
  const venues::Request& request = (*question)->request;
  const auto url = net::parse_url((at == file.venues.end() ? (*question)->url : at->second.rest) + request.target);
  if (!url) return std::unexpected(url.error());
  auto route = network_route(file.authority);
  if (!route) return std::unexpected(route.error());
  net::Fetcher server{std::move(*route), *url};
  std::vector<net::Header> headers;
  for (const auto& header : request.headers) headers.push_back({header.name, header.value});
  auto answer = server.send({request.method, url->target, headers, {}}, [] { return !interrupted(); });
  if (!answer)
    return fail(answer.error().code, fmt::format("what {} tells of the key: {}", key.venue, answer.error().message),
                answer.error().hint);
  if (answer->status != 200) {
    const std::array<std::string, 2> known{std::string{key.key.view()}, std::string{key.secret.view()}};
    std::string said;
    gateway::append_masked(said, std::string_view{answer->body}.substr(0, 200), known);
    const bool our_fault = answer->status == 400 || answer->status == 401 || answer->status == 403;
    return fail(
        our_fault ? Errc::Locked : Errc::Io,
        fmt::format("{} does not tell what the key may do: it answers {}, {}", key.venue, answer->status, said),
        our_fault ? "look at the key at the venue's own page, and at this computer's clock" : "try again later");
  }
  auto rights = venues::read_key_rights(key.venue, answer->body);
  if (!rights) return std::unexpected(rights.error());
  return *rights;
}

std::string rights_text(const std::optional<venues::KeyRights>& rights) {
  return rights ? rights->text() : "cannot be read: the venue does not tell what a key may do";
}

Result<std::string> authority_of(const trade::VenuesFile& file) {
  if (file.authority.empty()) return std::string{};
  const auto text = read_text_file(file.authority);
  if (!text) return text;
  Sha256 hash;
  hash.update(*text);
  return hash.hex();
}

Result<void> check_no_keys(const trade::VenuesFile& file) {
  for (const auto& [name, access] : file.venues)
    if (access.credentials)
      return fail(Errc::Usage, fmt::format("the venues file has a key for {}", name),
                  "real orders are signed with keys of the vault alone: take \"key\" and \"secret\" out of it");
  return {};
}

Result<LiveAccount> open_live_account(const Session& session, const LiveFlags& flags, trade::VenuesFile& file,
                                      UnixNanos now) {
  if (flags.account.empty()) return fail(Errc::Usage, "--live of which account?", "--account NAME");
  auto account = armed_account(session.home, flags.account);
  if (!account) return std::unexpected(account.error());
  if (auto same = check_limits(*account); !same) return std::unexpected(same.error());
  if (auto safe = check_page(session.home); !safe) return std::unexpected(safe.error());
  if (auto none = check_no_keys(file); !none) return std::unexpected(none.error());
  const auto authority = authority_of(file);
  if (!authority) return std::unexpected(authority.error());
  if (*authority != account->authority)
    return not_any_more(*account, "the authority of the venues file is another one");
  if (auto sure = confirm_by_name(session, {.name = flags.account,
                                            .of = "the account",
                                            .confirm = flags.confirm,
                                            .sentence = "sends real orders",
                                            .or_else = ""});
      !sure)
    return std::unexpected(sure.error());
  auto lock = trade::FileLock::take(folder_of(session.home) / (flags.account + ".lock"),
                                    fmt::format("another session trades with the account '{}'", flags.account),
                                    "its limits are for one session: end that one, or use another account");
  if (!lock) return std::unexpected(lock.error());
  const auto vault = open_vault_to_read(session, flags.passphrase);
  if (!vault) return std::unexpected(vault.error());
  const ArmedKey& first = account->keys.front();
  const vault::Key* sealed_by = vault->find(first.venue + ":" + flags.account);
  if (sealed_by != nullptr && sealed_by->id == first.id && seal_of(*account, sealed_by->secret) != account->seal)
    return not_any_more(*account, fmt::format("{} is not as it was written by the one who had the passphrase",
                                              file_of(session.home, flags.account).string()));
  for (const ArmedKey& armed : account->keys) {
    const vault::Key* key = vault->find(armed.venue + ":" + flags.account);
    if (auto same = check_key(*account, armed, key, file, now); !same) return std::unexpected(same.error());
    const venues::Credentials credentials{std::string{key->key.view()}, std::string{key->secret.view()}};
    if (const auto at = file.venues.find(armed.venue); at != file.venues.end())
      at->second.credentials = credentials;
    else if (!flags.venues_named)
      file.venues[armed.venue].credentials = credentials;
  }
  const std::string_view by = vault->passphrase.empty() ? "key ring" : "passphrase";
  if (auto noted =
          note(session.home, "opened", now, {{"account", flags.account}, {"session", flags.folder}, {"vault", by}});
      !noted)
    return std::unexpected(noted.error());
  return LiveAccount{std::move(*account), std::move(*lock)};
}

}  // namespace stom
