// stom backtest monte-carlo: how much of a run's result is luck. The paths are drawn from the run's own trades.
#include "backtest_monte_carlo.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "research/monte_carlo.hpp"
#include "research/run_folder.hpp"
#include "research/statistics.hpp"
#include "run_name.hpp"

namespace stom {
namespace {

struct Flags {
  std::string run;
  std::string method = "bootstrap";
  MonteCarloOptions options;
};

std::string json_of(const std::array<double, kMonteCarloPercentiles.size()>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i)
    text += fmt::format(R"({}"{:.0f}":{})", text.empty() ? "" : ",", kMonteCarloPercentiles[i] * 100,
                        plain_number(values[i]));
  return "{" + text + "}";
}

int draw(const Session& session, Flags flags) {
  const auto folder = find_run(session, flags.run);
  if (!folder) return report_error(session, folder.error());
  const auto run = read_run(*folder);
  if (!run) return report_error(session, run.error());
  const auto changes = trade_changes(*run);
  if (changes.size() < 2) {
    return report_error(session, {Errc::Usage, fmt::format("{} has {} trades; paths need two", run->id, changes.size()),
                                  "choose a longer run: stom backtest list"});
  }
  flags.options.method = flags.method == "shuffle" ? MonteCarloMethod::Shuffle : MonteCarloMethod::BlockBootstrap;
  const MonteCarlo result = monte_carlo(changes, flags.options);
  if (session.json) {
    fmt::print(
        R"({{"run":{},"method":{},"paths":{},"seed":{},"block":{},"trades":{},"total_return":{},"max_drawdown":{},)"
        R"("probability_of_loss":{}}})"
        "\n",
        json_string(run->id), json_string(flags.method), result.options.paths, result.options.seed,
        result.options.block, result.steps, json_of(result.total_return), json_of(result.max_drawdown),
        plain_number(result.probability_of_loss));
    return kOk;
  }
  const char* row = session.plain ? "{}\t{}\t{}\n" : "{:>10} {:>14} {:>14}\n";
  say(session, fmt::format("{} paths of {} trades by {}, seed {}", result.options.paths, result.steps, flags.method,
                           result.options.seed));
  fmt::print(fmt::runtime(row), "percentile", "total_return", "max_drawdown");
  for (std::size_t i = 0; i < kMonteCarloPercentiles.size(); ++i) {
    fmt::print(fmt::runtime(row), fmt::format("{:.0f}", kMonteCarloPercentiles[i] * 100),
               fmt::format("{:.4f} %", result.total_return[i] * 100),
               fmt::format("{:.4f} %", result.max_drawdown[i] * 100));
  }
  say(session, fmt::format("{:.1f} % of the paths end in a loss", result.probability_of_loss * 100));
  return kOk;
}

}  // namespace

void add_backtest_monte_carlo(CLI::App& group, Session& session) {
  auto* command = group.add_subcommand("monte-carlo", "How much of a run's result is luck: other paths of its trades");
  auto flags = std::make_shared<Flags>();
  command->add_option("RUN", flags->run, "id, folder or 'last'")->required();
  command
      ->add_option("--method", flags->method,
                   "bootstrap: blocks of trades drawn with replacement; shuffle: the same trades in another order")
      ->check(CLI::IsMember({"bootstrap", "shuffle"}))
      ->capture_default_str();
  command->add_option("--paths", flags->options.paths, "how many")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}))
      ->capture_default_str();
  command->add_option("--seed", flags->options.seed, "of the draws")->check(check_whole_number)->capture_default_str();
  command
      ->add_option("--block", flags->options.block, "bootstrap: trades in a block (0: the cube root of their number)")
      ->capture_default_str();
  examples(*command,
           {"stom backtest monte-carlo last", "stom backtest monte-carlo last --method shuffle --paths 5000"});
  command->callback([&session, flags] { session.status = draw(session, *flags); });
}

}  // namespace stom
