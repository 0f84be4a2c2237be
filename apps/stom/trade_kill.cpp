#include "trade_kill.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "not_running_error.hpp"
#include "session_request.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;

struct KillFlags {
  std::string folder, step, confirm;
};

/// What closes positions costs money: it is asked for by the name of the session's folder.
Result<void> confirm_flatten(const Session& session, const KillFlags& flags) {
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(flags.folder, error);
  const std::string name = (path.has_filename() ? path : path.parent_path()).filename().string();
  if (flags.confirm == name) return {};
  if (!flags.confirm.empty())
    return fail(Errc::Usage, fmt::format("--confirm={} is not the name of the session's folder", flags.confirm),
                fmt::format("--confirm={}", name));
  if (session.no_input || session.json)
    return fail(Errc::Usage, "flatten closes what is held by market orders, and is asked for",
                fmt::format("--confirm={}; --step cancel never asks", name));
  fmt::print(stderr, "This closes every position of {} by market orders. Type its name to go on: ", name);
  std::string typed;
  if (std::getline(std::cin, typed) && typed == name) return {};
  return fail(Errc::Usage, "that is not its name: nothing was done", fmt::format("its name is {}", name));
}

int run_kill(const Session& session, const KillFlags& flags) {
  if (flags.step == "flatten")
    if (auto confirmed = confirm_flatten(session, flags); !confirmed) return report_error(session, confirmed.error());
  const auto json = request_of_session(flags.folder, "kill " + flags.step);
  if (!json)
    return json.error().code == Errc::NotFound ? report_not_running(session, json.error())
                                               : report_error(session, json.error());
  fmt::print("{}\n", json->dump());
  const auto open = [&](const char* what) { return json->at(what).is_null(); };
  if (flags.step != "entries" && open("nothing_works"))
    say(session, "not every order is known to be canceled yet: ask stom account show, or the exchange's own page");
  if (flags.step == "flatten" && open("flat"))
    say(session, fmt::format("not everything is closed yet: {}/log says why", flags.folder));
  if (open("engine"))
    say(session, "the engine does not respond: what was done is in emergency.log until the next start");
  const bool done = (flags.step == "entries" || !open("nothing_works")) && (flags.step != "flatten" || !open("flat"));
  return done ? kOk : kFailed;
}

}  // namespace

void add_trade_kill(CLI::App& trade, Session& session) {
  auto* kill = trade.add_subcommand("kill", "Stop what a running session sends, in three steps");
  auto f = std::make_shared<KillFlags>();
  kill->add_option("--session", f->folder, "the session's folder")->required();
  kill->add_option(
          "--step", f->step,
          "entries: nothing that opens or enlarges a position leaves; cancel: nothing leaves, and what works is "
          "canceled; flatten: and what is held is closed by market orders")
      ->required()
      ->check(CLI::IsMember({"entries", "cancel", "flatten"}));
  kill->add_option("--confirm", f->confirm, "the name of the session's folder: flatten does not ask then");
  examples(*kill, {"stom trade kill --session today --step entries", "stom trade kill --session today --step cancel",
                   "stom trade kill --session today --step flatten --confirm=today"});
  kill->callback([&session, f] { session.status = run_kill(session, *f); });
}

}  // namespace stom
