// `stom data`: the group. Each command of it is a file of its own, data_<command>.cpp, named here in the order shown.
#include <CLI/CLI.hpp>

#include "command.hpp"
#include "data_book.hpp"
#include "data_gen.hpp"
#include "data_get.hpp"
#include "data_import.hpp"
#include "data_rows.hpp"
#include "data_store.hpp"

namespace stom {

void add_data_command(CLI::App& app, Session& session) {
  auto* data = app.add_subcommand("data", "Market data in the store")->group("Data");
  add_data_gen(*data, session);
  add_data_get(*data, session);
  add_data_import(*data, session);
  add_data_list(*data, session);
  add_data_check(*data, session);
  add_data_book(*data, session);
  add_data_rows(*data, session);
  add_data_export(*data, session);
  add_data_delete(*data, session);
  examples(*data, {"stom data gen --demo", "stom data import capture.jsonl.gz --instrument binance-usdm:BTCUSDT",
                   "stom data list", "stom data --help"});
}

}  // namespace stom
