// stom strategy build: calls the compiler that this program was made with (or the nearest that is installed) with the
// flags that fit, loads what comes out to see that it fits, and puts it where strategies are found by name.
#include "plugin_build.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <sstream>

#include "strategies/plugin_loader.hpp"

extern char** environ;

namespace stom {
namespace {

namespace fs = std::filesystem;

struct Flags {
  std::vector<std::string> sources;
  std::string output;
  bool show = false;
};

std::optional<std::string> on_path(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return ::access(name.c_str(), X_OK) == 0 ? std::optional{name} : std::nullopt;
  const char* path = std::getenv("PATH");
  std::istringstream folders{path != nullptr ? path : ""};
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string file = folder + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return std::nullopt;
}

/// The compiler of this program's kind and major version, by the names that systems give it; else what is there, and
/// the check after the build has the last word. $CXX wins.
Result<std::string> compiler() {
  const std::string version = plugin_compiler_version();  // "gcc 12"
  const std::string kind = version.starts_with("gcc") ? "g++" : "clang++";
  const std::string major = version.substr(version.find(' ') + 1);
  const char* named = std::getenv("CXX");
  std::vector<std::string> candidates;
  if (named != nullptr && *named != '\0') candidates.emplace_back(named);
  candidates.insert(candidates.end(), {plugin_compiler(), kind + "-" + major, kind, "c++"});
  for (const auto& name : candidates) {
    if (const auto found = on_path(name)) return *found;
  }
  return fail(Errc::NotFound, fmt::format("there is no C++ compiler; this program was made with {}", version),
              fmt::format("install {}-{}, or name a compiler: CXX=/path/to/{}", kind, major, kind));
}

Result<fs::path> headers() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path folder = program.parent_path().parent_path() / "include" / "stom";
  if (!error && fs::exists(folder / "strategies" / "plugin_abi.hpp", error)) return folder;
  return fail(Errc::NotFound, fmt::format("the headers for plug-ins are not in {}", folder.string()),
              "install STOM whole: its archive has bin/ and include/ side by side");
}

/// Runs it with its messages on stderr; true where it ended with 0.
bool succeeds(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t streams;
  ::posix_spawn_file_actions_init(&streams);
  ::posix_spawn_file_actions_adddup2(&streams, STDERR_FILENO, STDOUT_FILENO);  // stdout is for our answer
  pid_t process = 0;
  const int error = ::posix_spawn(&process, arguments[0], &streams, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&streams);
  if (error != 0) return false;
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Result<std::vector<std::string>> command_line(const Flags& flags, const std::string& output) {
  const auto cxx = compiler();
  if (!cxx) return std::unexpected(cxx.error());
  const auto folder = headers();
  if (!folder) return std::unexpected(folder.error());
  std::vector<std::string> words{*cxx};
  std::istringstream own{plugin_flags()};
  for (std::string word; own >> word;) words.push_back(word);
  words.insert(words.end(), {"-DSTOM_PLUGIN", "-Wall", "-Wextra", "-Wno-missing-field-initializers",
                             "-I" + folder->string(), "-Wl,-Bsymbolic"});
  words.insert(words.end(), flags.sources.begin(), flags.sources.end());
  words.insert(words.end(), {"-o", output});
  return words;
}

int show_command(const Session& session, const std::vector<std::string>& words) {
  std::string line, list;
  for (const auto& word : words) {
    line += (line.empty() ? "" : " ") + word;
    list += (list.empty() ? "" : ",") + json_string(word);
  }
  if (session.json)
    fmt::print("{{\"command\":[{}]}}\n", list);
  else
    fmt::print("{}\n", line);
  return kOk;
}

Result<const Plugin*> compile(const Flags& flags, const fs::path& target, const std::string& draft) {
  for (const auto& source : flags.sources) {
    std::error_code error;
    if (!fs::is_regular_file(source, error))
      return fail(Errc::NotFound, fmt::format("there is no source {}", source),
                  "stom strategy new NAME --dir . writes one to start from");
  }
  const auto words = command_line(flags, draft);
  if (!words) return std::unexpected(words.error());
  std::error_code error;
  if (!target.parent_path().empty()) fs::create_directories(target.parent_path(), error);
  if (error)
    return fail(Errc::Io, fmt::format("cannot make {}: {}", target.parent_path().string(), error.message()),
                "-o names another place");
  const bool compiled = succeeds(*words);
  if (interrupted()) return fail(Errc::Canceled, "interrupted; no plug-in was written");  // the compiler was, too
  if (!compiled)
    return fail(Errc::BadData, fmt::format("{} does not compile; what the compiler says is above", flags.sources[0]),
                "docs/strategies/plugins.md shows a source");
  // Whether it fits is not for us to guess: it is loaded as a run would.
  auto plugin = load_plugin(draft);
  if (!plugin) {
    Error wrong = plugin.error();
    if (wrong.code == Errc::Unsupported)
      wrong.hint = fmt::format("compile it with {}: CXX=/path/to/it stom strategy build …", plugin_compiler_version());
    return std::unexpected(wrong);
  }
  fs::rename(draft, target, error);  // at once: a running program keeps the file it has
  if (error)
    return fail(Errc::Io, fmt::format("cannot write {}: {}", target.string(), error.message()),
                "-o names another place");
  return plugin;
}

int build(const Session& session, const Flags& flags) {
  const fs::path target = flags.output.empty()
                              ? session.home / "plugins" / fs::path{flags.sources[0]}.filename().replace_extension("so")
                              : fs::path{flags.output};
  if (flags.show) {
    const auto words = command_line(flags, target.string());
    return words ? show_command(session, *words) : report_error(session, words.error());
  }
  const std::string draft = fmt::format("{}.{}.part", target.string(), ::getpid());
  const auto plugin = compile(flags, target, draft);
  if (!plugin) {
    std::error_code ignored;
    fs::remove(draft, ignored);
    return report_error(session, plugin.error());
  }
  std::string names;
  for (const auto& entry : (*plugin)->strategies) {
    if (session.json)
      names += (names.empty() ? "" : ",") + json_string(entry.name);
    else
      names += fmt::format("{}{}", names.empty() ? "" : ", ", entry.name);
  }
  if (session.json) {
    fmt::print("{{\"file\":{},\"sha256\":{},\"strategies\":[{}]}}\n", json_string(target.string()),
               json_string((*plugin)->sha256), names);
    return kOk;
  }
  fmt::print("{}\n", target.string());
  const auto first = (*plugin)->strategies[0].name;
  const bool by_name = flags.output.empty() && find_strategy(first) == nullptr;
  say(session, fmt::format("holds {}\nnext: stom backtest run --strategy {} --instrument ID", names,
                           by_name ? std::string{first} : fmt::format("{} --plugin {}", first, target.string())));
  return kOk;
}

}  // namespace

void add_strategy_build(CLI::App& group, Session& session) {
  auto* command = group.add_subcommand("build", "Compiles a strategy of your own into a plug-in for this program");
  auto flags = std::make_shared<Flags>();
  command->add_option("SOURCE", flags->sources, "its .cpp, ending in STOM_STRATEGY(…)")->required();
  command->add_option("-o,--output", flags->output,
                      "where to (default: STOM_HOME/plugins, where strategies are found by name)");
  command->add_flag("--show-command", flags->show, "only print how the compiler would be called");
  examples(*command, {"stom strategy build night_breakout.cpp", "stom strategy build idea.cpp -o ./idea.so",
                      "stom strategy build idea.cpp --show-command"});
  command->callback([&session, flags] { session.status = build(session, *flags); });
}

}  // namespace stom
