// stom backtest: runs of strategies over stored market data.
#include <CLI/CLI.hpp>

#include "backtest_list.hpp"
#include "backtest_monte_carlo.hpp"
#include "backtest_run.hpp"

namespace stom {

void add_backtest_command(CLI::App& app, Session& session) {
  auto* group = app.add_subcommand("backtest", "Strategies over stored market data")->group("Research");
  add_backtest_run(*group, session);
  add_backtest_list(*group, session);
  add_backtest_monte_carlo(*group, session);
  // After its commands: they would inherit the examples.
  examples(*group, {"stom backtest run --strategy mm_keep --instrument sim:BTCUSDT",
                    "stom backtest run --strategies two.toml", "stom backtest list", "stom backtest show last"});
}

}  // namespace stom
