// `stom data`: the group. Each command of it is a file of its own, data_<command>.cpp, named here in the order shown.
#include <CLI/CLI.hpp>

#include "command.hpp"
#include "data_gen.hpp"

namespace stom {

void add_data_command(CLI::App& app, Session& session) {
  auto* data = app.add_subcommand("data", "Market data in the store")->group("Data");
  add_data_gen(*data, session);
  examples(*data, {"stom data gen --demo", "stom data --help"});
}

}  // namespace stom
