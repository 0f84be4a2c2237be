// `stom risk`: the limits and breakers of a running session, how they stand, and other ones (docs/risk.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "command.hpp"
#include "session_request.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;

std::string word(const Json& value) { return value.is_string() ? value.get<std::string>() : "-"; }

/// Asks, and prints how the limits stand then.
int run(const Session& session, const std::string& folder, const std::string& request) {
  return show_answer(session, folder, request, [&](const Json& answer) {
    const char* row = session.plain ? "{}\t{}\t{}\t{}\t{}\n" : "{:<18} {:<24} {:<12} {:<16} {}\n";
    fmt::print(fmt::runtime(row), "name", "scope", "limit", "value", "state");
    for (const Json& one : answer.at("limits"))
      fmt::print(fmt::runtime(row), word(one.at("name")), word(one.at("scope")), word(one.at("limit")),
                 word(one.at("value")), word(one.at("state")));
  });
}

}  // namespace

void add_risk_command(CLI::App& app, Session& session) {
  auto* risk = app.add_subcommand("risk", "Limits of a running session: how they stand, and others");
  examples(*risk, {"stom risk show --session today", "stom risk set position@binance=0.5 --session today"});
  auto folder = std::make_shared<std::string>(), change = std::make_shared<std::string>();
  auto* show = risk->add_subcommand("show", "Each limit with what counts against it, and the kill switch");
  show->add_option("--session", *folder, "the session's folder")->required();
  examples(*show, {"stom risk show --session today", "stom risk show --session today --json"});
  show->callback([&session, folder] { session.status = run(session, *folder, "risk show"); });
  auto* set = risk->add_subcommand("set", "Another limit, or another value of one; the journal says who had what");
  set->add_option("change", *change,
                  "NAME[@SCOPE]=VALUE as with trade start --limit, or =off; BREAKER=armed; kill_switch=off")
      ->required();
  set->add_option("--session", *folder, "the session's folder")->required();
  examples(*set, {"stom risk set position@binance=0.5 --session today", "stom risk set order_rate=off --session today",
                  "stom risk set kill_switch=off --session today"});
  auto* trip = risk->add_subcommand("trip", "Trip a breaker by hand: what it does when it trips is done");
  trip->add_option("breaker", *change, "its name, as stom risk show has it")->required();
  trip->add_option("--session", *folder, "the session's folder")->required();
  examples(*trip, {"stom risk trip daily_loss --session today", "stom risk set daily_loss=armed --session today"});
  trip->callback([&session, folder, change] { session.status = run(session, *folder, "risk trip " + *change); });
  set->callback([&session, folder, change] { session.status = run(session, *folder, "risk set " + *change); });
}

}  // namespace stom
