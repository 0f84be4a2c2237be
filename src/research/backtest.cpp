#include "research/backtest.hpp"

#include <algorithm>
#include <chrono>

#include "engine/engine.hpp"
#include "sim/venue_simulator.hpp"

namespace stom::research {
namespace {

constexpr int kSlices = 400;  // how often progress is told

std::int64_t stopwatch() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

Result<BacktestOutcome> run_backtest(std::vector<sim::ReplayFeed::Stream> streams, std::vector<BacktestRun> runs,
                                     const BacktestOptions& options) {
  std::vector<Instrument> instruments;
  for (const auto& stream : streams) instruments.push_back(stream.instrument);
  const auto reading = options.fill_rules == sim::FillRules::Hftbacktest ? sim::Reading::Ungated : sim::Reading::Gated;
  sim::ReplayFeed feed{std::move(streams),
                       {.reading = reading, .quotes = options.quotes, .from = options.from, .to = options.to}};
  if (auto opened = feed.open(); !opened) return std::unexpected(opened.error());
  BacktestOutcome outcome;
  outcome.data = feed.statistics();
  if (outcome.data.total_messages == 0)
    return fail(Errc::NotFound, "there is no market data in that range", "stom data list shows what is there");

  std::vector<sim::RunModels> models;
  for (const auto& run : runs) models.push_back(run.models);
  sim::VenueSimulator venue{instruments, std::move(models), options.fill_rules, feed.exchange_side(), options.seed};
  Engine engine{instruments, feed.local_side(), venue};
  for (auto& run : runs) {
    Run& added = engine.add_run(std::move(run.strategy), {std::move(run.configuration), run.cash});
    if (run.journal_path.empty()) continue;
    if (auto opened = added.journal().open(run.journal_path); !opened) return std::unexpected(opened.error());
  }

  const auto began = stopwatch();
  const auto load_before = feed.statistics().load_ns;
  const UnixNanos first = outcome.data.first_time, last = outcome.data.last_time;
  engine.start(first, options.equity_interval);
  const DurationNanos slice = std::max<DurationNanos>((last - first) / kSlices, 1);
  // Answers may still be under way after the last message, so the last slices run past it.
  for (UnixNanos until = first + slice; engine.advance(until); until += slice) {
    const double done = std::min(
        1.0, static_cast<double>(until - first) / static_cast<double>(std::max<DurationNanos>(last - first, 1)));
    if (options.progress && !options.progress(done)) {
      outcome.stopped_early = true;
      break;
    }
  }
  engine.stop();
  if (!feed.status()) return std::unexpected(feed.status().error());
  for (const auto& run : engine.runs()) {
    if (auto flushed = run->journal().flush(); !flushed) return std::unexpected(flushed.error());
    RunOutcome out;
    out.journal_hash = run->journal().hash();
    out.journal_records = run->journal().records();
    out.fills = run->fills();
    out.equity = run->equity_curve();
    out.exit_reasons = run->exit_reasons();
    out.submitted = run->submitted();
    out.position = run->position(0);
    out.cash = run->cash(0);
    out.fee = run->total_fee();
    outcome.runs.push_back(std::move(out));
  }
  outcome.data = feed.statistics();
  outcome.run_ns = stopwatch() - began - (outcome.data.load_ns - load_before);
  outcome.last_bid = engine.market()[0].bid(0);
  outcome.last_ask = engine.market()[0].ask(0);
  return outcome;
}

}  // namespace stom::research
