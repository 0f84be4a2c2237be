// `stom account`: what a running session holds, and whether its venues say the same (docs/recovery.md); which accounts
// may send real orders (account_arm.hpp).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "account_arm.hpp"
#include "account_export.hpp"
#include "command.hpp"
#include "confirm_name.hpp"
#include "not_running_error.hpp"
#include "session_request.hpp"
#include "trade/adoption.hpp"
#include "trade/session_folder.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDiffers = 10;

/// What the session says at that socket; prints it with --json.
Result<Json> told(const Session& session, const std::string& folder, std::string_view socket, DurationNanos patience) {
  auto json = answer_in_time(session, folder, socket, {}, patience);
  if (!json && json.error().code == Errc::Io && json.error().hint.empty())
    return fail(Errc::Io, fmt::format("the session in {}: {}", folder, json.error().message),
                fmt::format("ask again; {}/log has what the venues say", folder));
  if (json && session.json) fmt::print("{}\n", json->dump());
  return json;
}

int report(const Session& session, const Error& error) {
  return error.code == Errc::NotFound ? report_not_running(session, error) : report_error(session, error);
}

std::string word(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "-" : value.dump();
}

/// A session of a version before does not say it.
std::string gain_of(const Json& position) {
  const Json gain = position.value("unrealized_pnl", Json{});
  return gain.is_string() ? fmt::format("{} {} open", word(gain), word(position.value("currency", Json{})))
                          : std::string{"its profit is not known"};
}

int run_show(const Session& session, const std::string& folder) {
  const auto json = told(session, folder, trade::kAccountSocket, 10 * kSecond);
  if (!json) return report(session, json.error());
  if (session.json) return kOk;
  for (const Json& one : (*json)["positions"])
    fmt::print("position  {:<28} {} at {}, {}, {}\n", word(one["instrument"]), word(one["quantity"]),
               word(one["entry_price"]), gain_of(one), word(one["strategy"]));
  for (const Json& one : (*json)["balances"])
    fmt::print("balance   {:<28} {} {}, {} free\n", word(one["venue"]), word(one["total"]), word(one["currency"]),
               word(one["free"]));
  for (const Json& one : (*json)["orders"])
    fmt::print("order     {:<28} {} {} at {}, {} filled, {}, {}\n", word(one["client_order_id"]), word(one["side"]),
               word(one["quantity"]), word(one["price"]), word(one["filled"]), word(one["status"]),
               word(one["instrument"]));
  return kOk;
}

int run_reconcile(const Session& session, const std::string& folder) {
  const auto json =
      told(session, folder, trade::kReconcileSocket, kMinute);  // the budget of a venue's is there again then
  if (!json) return report(session, json.error());
  const Json& differences = (*json)["differences"];
  if (!session.json) {
    for (const Json& one : differences)
      fmt::print("{:<16} ours: {}\n{:<16} venue's: {}\n", word(one["kind"]), word(one["ours"]), "", word(one["venue"]));
    for (const Json& venue : json->value("not_asked", Json::array()))
      fmt::print("{} cannot be asked for everything yet\n", word(venue));
    if (differences.empty()) fmt::print("no difference\n");
  }
  return differences.empty() ? kOk : kDiffers;
}

struct AdoptFlags {
  std::vector<std::string> orders;
  std::string folder, strategy{trade::kNobodys}, confirm;
};

Result<Json> asked_to_adopt(const Session& session, const AdoptFlags& flags, std::vector<std::string> orders,
                            bool only_shown) {
  const trade::AdoptionWish wish{.orders = std::move(orders), .owner = flags.strategy, .only_shown = only_shown};
  return answer_in_time(session, flags.folder, trade::kCommandSocket, "adopt " + trade::adoption_request(wish));
}

/// What is asked for is shown first, and then adopted by names that are those orders' alone: no other one that comes to
/// rest meanwhile.
int run_adopt(const Session& session, const AdoptFlags& flags) {
  const auto found = asked_to_adopt(session, flags, flags.orders, true);
  if (!found) return report(session, found.error());
  std::vector<std::string> orders;
  for (const Json& one : (*found)["orders"]) {
    orders.push_back(word(one["order"]));
    if (!session.json) say(session, fmt::format("{}: {}", word(one["order"]), word(one["text"])));
  }
  for (const Json& one : (*found)["left_out"]) say(session, "left where it is: " + word(one));
  if (!orders.empty()) {
    const std::string name = name_of_folder(flags.folder);
    const std::string sentence =
        fmt::format("makes {} of others' orders the session's own, as {}'s", orders.size(), flags.strategy);
    if (auto sure = confirm_by_name(session, {.name = name,
                                              .of = "the session's folder",
                                              .confirm = flags.confirm,
                                              .sentence = sentence,
                                              .or_else = {}});
        !sure)
      return report_error(session, sure.error());
  }
  constexpr std::size_t kTogether = 32;  // what a session is asked is a short line
  Json adopted = Json::array();
  for (std::size_t at = 0; at < orders.size(); at += kTogether) {
    const auto some = std::span{orders}.subspan(at, std::min(kTogether, orders.size() - at));
    const auto taken = asked_to_adopt(session, flags, {some.begin(), some.end()}, false);
    if (!taken) return report(session, taken.error());
    for (const Json& one : (*taken)["adopted"]) {
      if (!session.json)
        fmt::print("order {}: {}, {} there\n", word(one["order"]), word(one["text"]), word(one["venue_order_id"]));
      adopted.push_back(one);
    }
  }
  if (session.json)
    fmt::print("{}\n", Json{{"adopted", std::move(adopted)}}.dump());
  else if (adopted.empty())
    fmt::print("nothing was adopted\n");
  return kOk;
}

}  // namespace

void add_account_command(CLI::App& app, Session& session) {
  auto* account =
      app.add_subcommand("account", "Accounts: what a session holds of one, and which may send real orders");
  examples(*account, {"stom account show --session today", "stom account reconcile --session today",
                      "stom account arm main --limits limits.toml"});
  auto folder = std::make_shared<std::string>();
  auto* show = account->add_subcommand("show", "Positions, balances and orders");
  show->add_option("--session", *folder, "the session's folder")->required();
  examples(*show, {"stom account show --session today", "stom account show --session today --json"});
  show->callback([&session, folder] { session.status = run_show(session, *folder); });
  auto* reconcile = account->add_subcommand(
      "reconcile",
      "Ask the venues, and show what differs from what the session holds; exit code 10 where anything does");
  reconcile->add_option("--session", *folder, "the session's folder")->required();
  examples(*reconcile, {"stom account reconcile --session today", "stom account reconcile --session today --json"});
  reconcile->callback([&session, folder] { session.status = run_reconcile(session, *folder); });
  auto f = std::make_shared<AdoptFlags>();
  auto* adopt =
      account->add_subcommand("adopt", "Make orders of others that rest at its venues a running session's own");
  adopt->add_option("order", f->orders, "the venue's number of each, its client id, INSTRUMENT/NUMBER, or all")
      ->required();
  adopt->add_option("--session", f->folder, "the session's folder")->required();
  adopt
      ->add_option("--strategy", f->strategy,
                   "whose they are: the session's strategy, which is told what becomes of them, or manual")
      ->capture_default_str();
  adopt->add_option("--confirm", f->confirm, "the name of the session's folder: it does not ask then");
  examples(*adopt,
           {"stom account adopt 4711 --session today", "stom account adopt all --session today --confirm=today"});
  adopt->callback([&session, f] { session.status = run_adopt(session, *f); });
  add_account_arm(*account, session);
  add_account_export(*account, session);
}

}  // namespace stom
