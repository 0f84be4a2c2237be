// What every command of `stom` shares: the Session (global flags and the state folder), how an error, a progress line
// and a Ctrl-C look, and the exit codes that scripts rely on (docs/cli.md).
//
// A group of commands is one file, apps/stom/<group>_command.cpp, that defines add_<group>_command(); CMake finds it
// and writes the call. The shape of one:
//
//   void add_data_command(CLI::App& app, Session& session) {
//     auto* data = app.add_subcommand("data", "Market data in the store")->group("Data");
//     auto* list = data->add_subcommand("list", "What the store holds");
//     auto options = std::make_shared<ListOptions>();
//     list->add_option("--instrument", options->instrument, "only this one");
//     examples(*list, {"stom data list", "stom data list --json"});
//     list->callback([&session, options] { session.status = run_list(session, *options); });
//   }
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/spelling.hpp"

namespace CLI {
class App;
}

namespace stom {

inline constexpr const char* kVersion = "0.1.0";
inline constexpr std::uint16_t kDefaultPort = 8765;  // the page, on 127.0.0.1

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kNotRunning = 4,
  kConfiguration = 5,
  kAuthentication = 6,
  kTimeout = 7,
  kRefusedByRisk = 8,
  kDifferences = 10,
  kInterrupted = 130,
};

/// One run of the program. main() owns it; commands read the flags and leave their exit code in `status`.
struct Session {
  std::filesystem::path home;  // $STOM_HOME, else $XDG_DATA_HOME/stom, else ~/.local/share/stom; may not exist yet
  bool json = false;           // one object on stdout, errors too
  bool plain = false;          // tables without alignment: tab separated, one header line
  bool quiet = false;          // no messages on stderr but errors
  bool no_color = false;       // also by NO_COLOR, and when stdout is no terminal
  bool no_input = false;       // never ask; also when stdin is no terminal
  bool yes = false;            // answer yes where a command would ask
  std::string lang;            // "en" or "ko"
  int status = kOk;
};

/// "error: message" and a hint on stderr; with --json one {"error":{"code","message","hint"}} on stdout. Returns the
/// exit code that belongs to the error, so a command ends with `return report_error(session, result.error());`.
int report_error(const Session& session, const Error& error);
/// The same for what is wrong with a file of settings or with the settings around the program: exit code 5.
int report_bad_settings(const Session& session, const Error& error);
int exit_code_of(Errc code);

/// A message for the user on stderr, not with --quiet.
void say(const Session& session, std::string_view message);

/// `text` as a JSON string, quotes included, for a command whose object is too small to need a JSON library.
std::string json_string(std::string_view text);

/// For CLI::Option::check(): a whole number from 0 that fits 64 bits, where the library takes -1 for the largest there
/// is.
std::string check_whole_number(const std::string& text);

/// The examples that open the command's --help.
void examples(CLI::App& command, std::initializer_list<std::string_view> lines);

/// What `--help` prints of a command.
std::string help_text(const CLI::App& command);

/// True once the user pressed Ctrl-C (or the process got SIGTERM). Long commands poll it, keep what is done and return
/// kInterrupted. A second Ctrl-C ends the process at once.
bool interrupted();

/// One line on stderr: label, per cent, time left. Only on a terminal, and not with --quiet or --json. Cheap to call
/// often: it draws ten times a second at most.
class Progress {
 public:
  Progress(const Session& session, std::string label);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::uint64_t done, std::uint64_t total);

 private:
  using Steady = std::chrono::steady_clock;
  std::string label_;
  bool shown_;
  bool drawn_ = false;
  Steady::time_point start_ = Steady::now();
  Steady::time_point next_draw_ = start_;
};

/// Adds every group: the function that apps/stom/CMakeLists.txt writes from the names of the *_command.cpp files.
void add_commands(CLI::App& app, Session& session);

}  // namespace stom
