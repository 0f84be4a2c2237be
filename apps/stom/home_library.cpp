#include "home_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "replay/data_source.hpp"
#include "research/run_folder.hpp"
#include "run_name.hpp"
#include "strategies/plugin_loader.hpp"

namespace stom {
namespace {

constexpr std::size_t kMostRuns = 500;  // the newest; `stom backtest list` has all

StrategyCard card_of(const StrategyEntry& entry) {
  StrategyCard card{std::string{entry.name}, std::string{entry.about()}, {}};
  Parameters parameters;
  if (const auto made = make_strategy(entry, parameters); !made) return card;
  for (const auto& p : parameters.declared())
    card.parameters.push_back({p.name, p.type, p.default_value, p.range, p.meaning});
  return card;
}

RunCard card_of(const std::filesystem::path& folder, const RunSummary& run) {
  const auto figure = [&](std::string_view key) {
    const auto text = run.statistic(key);
    return text == "null" ? std::string{} : text;
  };
  std::error_code error;
  return {.id = folder.filename().string(),
          .strategy = run.strategy,
          .instruments = run.instruments,
          .from = run.from,
          .to = run.to,
          .interrupted = run.canceled,
          .currency = run.currency,
          .total_return = figure("total_return"),
          .sharpe_ratio = figure("sharpe_ratio"),
          .max_drawdown = figure("max_drawdown"),
          .trades = figure("trades"),
          .has_report = std::filesystem::is_regular_file(folder / "report.html", error)};
}

}  // namespace

HomeLibrary::HomeLibrary(const Session& session) : session_{session} {
  for (const auto& entry : built_in_strategies()) strategies_.push_back(card_of(entry));
  for (const auto& file : plugin_files(session_.home / "plugins")) {
    const auto plugin = load_plugin(file);
    if (!plugin) continue;  // `stom strategy list` says why
    for (const auto& entry : (*plugin)->strategies)
      if (find_strategy(entry.name) == nullptr) strategies_.push_back(card_of(entry));
  }
}

std::vector<Replayable> HomeLibrary::replayable() const { return replay::list_replayable(session_.home); }

std::vector<RunCard> HomeLibrary::runs() const {
  auto folders = list_runs(runs_folder(session_));
  std::reverse(folders.begin(), folders.end());  // ids begin with the time of making
  if (folders.size() > kMostRuns) folders.resize(kMostRuns);
  std::vector<RunCard> cards;
  for (const auto& folder : folders)
    if (const auto summary = read_run_summary(folder)) cards.push_back(card_of(folder, *summary));
  return cards;
}

Result<std::string> HomeLibrary::report(const std::string& run) const {
  // Only what list_runs() names: a path out of the folder is no such name.
  for (const auto& folder : list_runs(runs_folder(session_))) {
    if (folder.filename() != run) continue;
    std::ifstream in{folder / "report.html", std::ios::binary};
    std::string html{std::istreambuf_iterator<char>{in}, {}};
    if (in && !html.empty()) return html;
    return fail(Errc::NotFound, fmt::format("run {} has no report.html", run), "stom report RUN makes it");
  }
  return fail(Errc::NotFound, fmt::format("there is no run {}", run), "GET /api/v1/runs lists them");
}

}  // namespace stom
