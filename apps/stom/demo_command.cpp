// `stom demo`: from nothing to a first result with one command. It runs the same commands that a user would type next,
// as programs of their own, and shows them.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <vector>

#include "command.hpp"

extern char** environ;

namespace stom {
namespace {

using Words = std::vector<std::string>;

const Words kMakeData{"data", "gen", "--demo"};
const Words kBacktest{"backtest", "run", "--strategy", "mm_keep", "--instrument", "sim:BTCUSDT"};

/// Runs `stom WORDS` and returns its exit code. Its stdout is ours, or goes nowhere with `silent`.
Result<int> run_stom(const Words& words, bool silent) {
  Words line{"stom"};
  line.insert(line.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (auto& word : line) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  if (silent) posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failure = posix_spawn(&child, "/proc/self/exe", &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failure != 0)
    return fail(Errc::Io, fmt::format("cannot start stom: {}", std::strerror(failure)),
                "close other programs, or run its steps one by one: stom data gen --demo, stom backtest run --help");

  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {  // Ctrl-C reaches the child too: it ends by itself
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_demo(const Session& session) {
  for (const Words* step : {&kMakeData, &kBacktest}) {
    Words words = *step;
    say(session, fmt::format("$ stom {}", fmt::join(words, " ")));
    if (session.json) words.push_back("--json");
    if (session.quiet) words.push_back("--quiet");
    words.insert(words.end(), {"--lang", session.lang});
    const bool is_result = step == &kBacktest;
    std::fflush(stdout);
    const auto status = run_stom(words, session.json && !is_result);
    if (!status) return report_error(session, status.error());
    if (*status != kOk) return *status;
  }
  say(session, "next: stom serve --strategy mm_keep --speed 10 --open");
  return kOk;
}

}  // namespace

void add_demo_command(CLI::App& app, Session& session) {
  auto* demo =
      app.add_subcommand("demo", "Generated data, a backtest over it and its tear sheet, in one go")->group("Start");
  examples(*demo, {"stom demo", "stom demo --json"});
  demo->callback([&session] { session.status = run_demo(session); });
}

}  // namespace stom
