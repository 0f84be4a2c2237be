// `stom help data gen`: the same as `stom data gen --help`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "command.hpp"
#include "usage_error.hpp"

namespace stom {
namespace {

int show_help(const Session& session, const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (const auto& word : words) {
    std::vector<std::string> known;
    const CLI::App* next = nullptr;
    for (const auto* sub : command->get_subcommands(nullptr)) {
      known.push_back(sub->get_name());
      if (sub->get_name() == word) next = sub;
    }
    if (next == nullptr) {
      const std::string near = nearest_name(word, known), path = path_of(*command);
      return report_error(session, {Errc::Usage, fmt::format("\"{}\" is not a command of \"{}\"", word, path),
                                    near.empty() ? path + " --help" : fmt::format("did you mean {}?", near)});
    }
    command = next;
  }
  fmt::print("{}", help_text(*command));
  return kOk;
}

}  // namespace

void add_help_command(CLI::App& app, Session& session) {
  auto* help = app.add_subcommand("help", "Examples and options of a command")->group("Start");
  auto words = std::make_shared<std::vector<std::string>>();
  help->add_option("COMMAND", *words, "the command, as in: data gen");
  examples(*help, {"stom help", "stom help data gen"});
  help->callback([&app, &session, words] { session.status = show_help(session, app, *words); });
}

}  // namespace stom
