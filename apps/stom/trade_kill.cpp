#include "trade_kill.hpp"

#include <fmt/format.h>
#include <semaphore.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "confirm_name.hpp"
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
  const std::string name = name_of_folder(flags.folder);
  return confirm_by_name(session, {.name = name,
                                   .of = "the session's folder",
                                   .confirm = flags.confirm,
                                   .sentence = "closes every position of the session by market orders",
                                   .or_else = "; --step cancel never asks"});
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
    say(session, fmt::format("not every order is known to be canceled yet: ask stom account show --session {}, or the "
                             "exchange's own page",
                             flags.folder));
  if (flags.step == "flatten" && open("flat"))
    say(session, fmt::format("not everything is closed yet: {}/log says why", flags.folder));
  if (open("engine"))
    say(session, "the engine does not respond: what was done is in emergency.log until the next start");
  const bool done = (flags.step == "entries" || !open("nothing_works")) && (flags.step != "flatten" || !open("flat"));
  return done ? kOk : kFailed;
}

int run_alive(const Session& session, const std::string& folder) {
  const auto json = request_of_session(folder, "alive");
  if (!json)
    return json.error().code == Errc::NotFound ? report_not_running(session, json.error())
                                               : report_error(session, json.error());
  fmt::print("{}\n", json->dump());
  if (json->at("step") != "off")
    say(session,
        fmt::format("the kill switch stays where it is: stom risk set kill_switch=off --session {} releases it",
                    folder));
  return kOk;
}

std::atomic<bool> entries_signaled{false}, cancel_signaled{false};
sem_t kill_signaled;  // by either, or it is over: to post is all that a signal handler may do to wake a thread
static_assert(std::atomic<bool>::is_always_lock_free, "the signal handler may touch nothing else");

void on_kill_signal(int signal) {
  (signal == SIGUSR1 ? entries_signaled : cancel_signaled).store(true);
  ::sem_post(&kill_signaled);
}

}  // namespace

void watch_for_kill_signals() {
  ::sem_init(&kill_signaled, 0, 0);
  struct sigaction action{};
  action.sa_handler = on_kill_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGUSR2, &action, nullptr);
}

trade::KillStep wait_for_kill_signal(const std::stop_token& over) {
  const std::stop_callback wake{over, [] { ::sem_post(&kill_signaled); }};
  while (!over.stop_requested()) {
    ::sem_wait(&kill_signaled);  // where a signal interrupts it, that is looked at
    const bool entries = entries_signaled.exchange(false), cancel = cancel_signaled.exchange(false);
    if (cancel) return trade::KillStep::Cancel;
    if (entries) return trade::KillStep::Entries;
  }
  return trade::KillStep::Off;
}

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
  auto* alive = trade.add_subcommand("alive", "Tell a running session's dead-man timer that somebody is there");
  alive->add_option("--session", f->folder, "the session's folder")->required();
  examples(*alive, {"stom trade alive --session today"});
  alive->callback([&session, f] { session.status = run_alive(session, f->folder); });
}

}  // namespace stom
