// The composition root: the only place that knows every folder of src/. Reads the global flags, hands the rest to one
// command (apps/stom/*_command.cpp) and turns what happened into an exit code.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "command.hpp"
#include "usage_error.hpp"

// How jemalloc keeps the heap (docs/adr/0013), read before main(); a build without it has no use for it. One arena:
// what a burst on one thread needed serves the next one on another. What nobody uses goes back to the system within a
// second.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:1,tcache_max:4096,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

namespace stom {
namespace {

std::atomic<bool> interrupt_seen{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the signal handler may touch nothing else");

void on_interrupt(int signal) {
  if (interrupt_seen.exchange(true)) _exit(128 + signal);
}

void watch_for_interrupts() {
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN;  // a file that may not grow any more is an error of its write, and no end
  sigaction(SIGXFSZ, &action, nullptr);
}

/// Examples come first: most readers want a line to copy, not the grammar.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    std::string text = app->get_description() + "\n";
    if (!app->get_footer().empty()) text += "\nExamples:\n" + app->get_footer();
    text += "\n" + make_usage(app, name);
    text += make_positionals(app);
    text += make_groups(app, mode);
    text += make_subcommands(app, mode);
    if (app->get_parent() != nullptr) text += "\nOptions of every command (--json, --quiet, …): stom --help\n";
    return text;
  }
};

/// Empty where nothing says whose home it is: better no folder than one in whatever folder one happens to stand in.
std::filesystem::path home_folder() {
  const auto variable = [](const char* name) -> std::filesystem::path {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  std::error_code ignored;
  if (const auto home = variable("STOM_HOME"); !home.empty()) return std::filesystem::absolute(home, ignored);
  // A relative one is to be ignored, says the XDG base directory specification.
  if (const auto data = variable("XDG_DATA_HOME"); data.is_absolute()) return data / "stom";
  auto home = variable("HOME");
  if (const passwd* user = home.empty() ? getpwuid(getuid()) : nullptr; user != nullptr) home = user->pw_dir;
  return home.is_absolute() ? home / ".local" / "share" / "stom" : "";
}

std::string language_of_system() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return std::string_view{value}.starts_with("ko") ? "ko" : "en";
  }
  return "en";
}

void add_global_options(CLI::App& app, Session& session) {
  app.add_flag("--json", session.json, "one JSON object on stdout, errors too");
  app.add_flag("--plain", session.plain, "tables as tab separated lines");
  app.add_flag("-q,--quiet", session.quiet, "no messages but errors");
  app.add_flag("--no-color", session.no_color, "no colours (also: NO_COLOR)");
  app.add_flag("--no-input", session.no_input, "never ask");
  app.add_flag("-y,--yes", session.yes, "answer yes where it would ask");
  app.add_option("--lang", session.lang, "language of reports: en or ko")->check(CLI::IsMember({"en", "ko"}));
}

int show_short_help(const CLI::App& app, const Session& session) {
  fmt::print("STOM {} - research, backtest, replay and trade with one program\n\n", kVersion);
  fmt::print("{}\n", app.get_footer());
  fmt::print("Commands:");
  for (const auto* sub : app.get_subcommands(nullptr)) fmt::print(" {}", sub->get_name());
  std::error_code ignored;
  const bool exists = std::filesystem::exists(session.home, ignored);
  fmt::print("\nData:     {}{}\n", session.home.empty() ? "STOM_HOME is not set" : session.home.string(),
             exists || session.home.empty() ? "" : " (not made yet)");
  fmt::print("Help:     stom --help, stom COMMAND --help\n");
  return kOk;
}

int run(int argc, char** argv) {
  Session session;
  session.home = home_folder();
  session.lang = language_of_system();
  session.no_color = std::getenv("NO_COLOR") != nullptr || isatty(STDOUT_FILENO) != 1;
  session.no_input = isatty(STDIN_FILENO) != 1;

  CLI::App app{"STOM: research, backtest, replay and trade with one program", "stom"};
  app.formatter(std::make_shared<HelpFormatter>());
  app.fallthrough();             // global flags may stand anywhere
  app.require_subcommand(0, 1);  // a positional may be spelled like a command
  app.get_formatter()->column_width(34);
  add_global_options(app, session);
  add_commands(app, session);
  for (auto* command : app.get_subcommands(nullptr))
    for (auto* sub : command->get_subcommands(nullptr)) sub->group("Commands");
  // Set after the commands are added: a command inherits the footer that its parent has at that time.
  examples(app, {"stom demo                      generated data, a backtest, its tear sheet",
                 "stom doctor                    is this machine ready?",
                 "stom COMMAND --help            examples of a command", "stom version"});

  // CLI11 decides that a word is bad before it has read a --json that follows it.
  bool asks_for_help = argc == 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word{argv[i]};
    session.json |= word == "--json";
    asks_for_help |= word == "--help" || word == "-h" || (i == 1 && word == "help");
  }
  if (session.home.empty() && !asks_for_help) {
    return report_bad_settings(session, {Errc::Usage, "nothing says where data go: neither STOM_HOME nor HOME is set",
                                         "name a folder: STOM_HOME=FOLDER stom …"});
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    if (!app.remaining(true).empty()) return report_error(session, unknown_word(app));
    fmt::print("{}", help_text(deepest_command(app)));
    return kOk;
  } catch (const CLI::CallForVersion& version) {
    if (!app.remaining(true).empty()) return report_error(session, unknown_word(app));
    fmt::print("{}", version.what());
    return kOk;
  } catch (const CLI::ExtrasError&) {
    return report_error(session, unknown_word(app));
  } catch (const CLI::ParseError& error) {
    return report_error(session, bad_value(app, error));
  }
  const CLI::App& chosen = deepest_command(app);
  const bool is_group = !chosen.get_subcommands(nullptr).empty();
  if (is_group && session.json) return report_error(session, missing_command(chosen));
  if (&chosen == &app) return show_short_help(app, session);
  if (is_group) {
    fmt::print("{}", help_text(chosen));
    return kOk;
  }
  return session.status;
}

}  // namespace

std::string help_text(const CLI::App& command) {
  // Not App::help(), which would tell of the command that was chosen instead.
  return command.get_formatter()->make_help(&command, path_of(command), CLI::AppFormatMode::Normal);
}

bool interrupted() { return interrupt_seen.load(std::memory_order_relaxed); }

}  // namespace stom

int main(int argc, char** argv) {
  stom::watch_for_interrupts();
  int status = stom::kFailed;
  try {
    status = stom::run(argc, argv);
  } catch (const std::exception& error) {
    const bool memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
    const std::string what = memory ? "out of memory" : error.what();
    const std::string hint = memory ? "ask for less at once: a shorter time, fewer instruments, a longer --equity-every"
                                    : "please report this, with the command that led to it";
    if (std::none_of(argv, argv + argc, [](const char* word) { return std::string_view{word} == "--json"; }))
      fmt::print(stderr, "error[internal]: {}\n  {}\n", what, hint);
    else
      fmt::print("{{\"error\":{{\"code\":\"internal\",\"message\":{},\"hint\":{}}}}}\n", stom::json_string(what),
                 stom::json_string(hint));
  }
  // A result that did not reach a full disk is not a result.
  if (std::fflush(stdout) != 0) {
    fmt::print(stderr, "error[io]: could not write to stdout\n");
    return stom::kFailed;
  }
  return status;
}
