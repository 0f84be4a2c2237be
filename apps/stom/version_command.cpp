// `stom version`: which program this is, for bug reports and for the configuration of a run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "command.hpp"

namespace stom {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

int show_version(const Session& session) {
  if (session.json)
    fmt::print("{{\"version\":{},\"compiler\":{},\"build\":{}}}\n", json_string(kVersion), json_string(kCompiler),
               json_string(STOM_BUILD_TYPE));
  else
    fmt::print("stom {} ({}, {})\n", kVersion, kCompiler, STOM_BUILD_TYPE);
  return kOk;
}

}  // namespace

void add_version_command(CLI::App& app, Session& session) {
  auto* version = app.add_subcommand("version", "Version, compiler and kind of build")->group("Start");
  examples(*version, {"stom version", "stom version --json"});
  version->callback([&session] { session.status = show_version(session); });
}

}  // namespace stom
