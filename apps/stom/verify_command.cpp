// `stom verify`: that a trading session's commands follow from what its engine took in (docs/verify.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "command.hpp"
#include "trade/rerun.hpp"
#include "trade_again.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;

struct VerifyFlags {
  std::string folder;
  std::vector<std::string> parameters;
};

Result<trade::Rerun> run_it_again(const Session& session, const VerifyFlags& flags) {
  const std::filesystem::path folder = flags.folder;
  auto input = store::InputReader::open(folder / "input");
  if (!input) return std::unexpected(input.error());
  const auto start = trade::read_input_start(input->start());
  if (!start) return std::unexpected(start.error());
  auto plan = plan_again(start->made_of, flags.parameters, session.home);
  if (!plan) return std::unexpected(plan.error());
  return trade::run_again(std::move(*plan), start->begun, *input, folder / "journal.stom",
                          [] { return !interrupted(); });
}

int verify(const Session& session, const VerifyFlags& flags) {
  if (const auto journal = std::filesystem::path{flags.folder} / "journal.stom"; !std::filesystem::exists(journal))
    return report_error(session, {Errc::NotFound, fmt::format("no journal at {}", journal.string()),
                                  "--session names the folder of stom trade start"});
  const auto rerun = run_it_again(session, flags);
  if (!rerun) return report_error(session, rerun.error());
  const auto& [orders, records, turns, until, difference, incomplete] = *rerun;
  if (session.json) {
    Json differences = Json::array();
    if (difference)
      differences.push_back({{"record", difference->record},
                             {"time", format_time(difference->time)},
                             {"turn", difference->turn},
                             {"session", difference->session},
                             {"rerun", difference->rerun}});
    Json a{{"orders", orders}, {"records", records}, {"turns", turns}, {"until", format_time(until)}};
    if (!incomplete.empty()) a["incomplete"] = incomplete;
    a["differences"] = std::move(differences);
    fmt::print("{}\n", Json{{"a", std::move(a)}}.dump());
  } else {
    fmt::print("{} orders, {} records of the journal, {} turns of the engine up to {}: {}\n", orders, records, turns,
               format_time(until), difference ? "the same, and then another" : "the same commands");
    if (difference)
      fmt::print("record {} of the journal, turn {} of the input, {}\n  session: {}\n  re-run:  {}\n",
                 difference->record, difference->turn, format_time(difference->time), difference->session,
                 difference->rerun);
    if (!incomplete.empty()) fmt::print("{}\n", incomplete);
  }
  return difference ? kDifferences : incomplete.empty() ? kOk : kNotFound;
}

}  // namespace

void add_verify_command(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("verify", "Run a trading session again: does what it took in lead to its orders?");
  auto flags = std::make_shared<VerifyFlags>();
  command->add_option("--session", flags->folder, "the session's folder")->required();
  command
      ->add_option("--param", flags->parameters,
                   "NAME=VALUE: with another parameter than it had; the first difference is what that changes")
      ->expected(1)
      ->take_all();
  examples(*command, {"stom verify --session today", "stom verify --session today --json",
                      "stom verify --session today --param distance=2"});
  command->callback([&session, flags] { session.status = verify(session, *flags); });
}

}  // namespace stom
