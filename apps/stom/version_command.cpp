// `stom version` and `stom --version`: which program this is, for bug reports and for the configuration of a run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "command.hpp"

namespace stom {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

std::string version_text(const Session& session) {
  if (session.json)
    return fmt::format("{{\"version\":{},\"compiler\":{},\"build\":{}}}\n", json_string(kVersion),
                       json_string(kCompiler), json_string(STOM_BUILD_TYPE));
  return fmt::format("stom {} ({}, {})\n", kVersion, kCompiler, STOM_BUILD_TYPE);
}

}  // namespace

void add_version_command(CLI::App& app, Session& session) {
  auto* version = app.add_subcommand("version", "Version, compiler and kind of build")->group("Start");
  examples(*version, {"stom version", "stom version --json"});
  version->callback([&session] { fmt::print("{}", version_text(session)); });
  app.set_version_flag("--version", [&session] { return version_text(session); }, "the same as stom version");
}

}  // namespace stom
