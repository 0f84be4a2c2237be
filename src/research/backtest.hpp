// Puts a backtest together: stored market data, a simulated venue, the engine, and one or more runs over the same pass.
// This and the replay session are the only places where engine and simulation meet.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/run.hpp"
#include "engine/several.hpp"
#include "market/watch_timeline.hpp"
#include "model/fill.hpp"
#include "research/result.hpp"
#include "risk/limits.hpp"
#include "sim/bar_feed.hpp"
#include "sim/matching.hpp"
#include "sim/replay_feed.hpp"

namespace stom::research {

struct BacktestRun {
  std::unique_ptr<Strategy> strategy;
  sim::RunModels models;
  Money cash{};
  std::string configuration;           // what made this run; first record of the journal
  std::filesystem::path journal_path;  // empty: the journal is hashed, not kept
  Several* several = nullptr;          // the strategy, where it is several: over ticks, and the same names in every run
};

struct BacktestOptions {
  sim::FillRules fill_rules = sim::FillRules::Stom;
  std::uint64_t seed = 1;                   // of drawn latencies
  sim::FeedLatency feed_latency;            // of ticks, for all runs: they share one market
  DurationNanos equity_interval = kSecond;  // 0: at each bar
  UnixNanos from = kNoTime;
  UnixNanos to = kNever;
  /// Ticks: our side sees an instrument only while a session had it registered. null: all that there is.
  const WatchTimeline* watched = nullptr;
  /// What every order of a run must keep before it leaves, each run by itself (docs/risk.md).
  std::vector<risk::Limit> limits;
  /// Called now and then with the share done, 0..1; false stops the run, and what is done is kept.
  std::function<bool(double)> progress;
};

struct RunOutcome {
  std::vector<Fill> fills;
  EquityCurve equity;
  std::map<ClientOrderId, std::string> exit_reasons;
  std::vector<std::string> lines;  // that the strategy logged first and last
  std::string journal_hash;
  std::uint64_t journal_records = 0;
  std::uint64_t submitted = 0;
  Quantity position{};  // of the first instrument, at the end
  Money cash{};
  Money fee{};
  std::vector<FundingPayment> funding;
  Money funding_paid{};
  std::uint64_t liquidations = 0;                       // fills by which the venue closed positions
  std::array<std::uint64_t, kRejectReasons> refused{};  // orders rejected or denied, by reason
  std::vector<StrategyPart> strategies;                 // where several share the run
};

struct BacktestOutcome {
  std::vector<RunOutcome> runs;
  sim::ReplayStatistics data;
  Level last_bid, last_ask;  // of the first instrument's book on our side, at the end
  bool stopped_early = false;
  std::int64_t run_ns = 0;  // without reading and decoding, which data.load_ns has
};

Result<BacktestOutcome> run_backtest(std::vector<sim::ReplayFeed::Stream> streams, std::vector<BacktestRun> runs,
                                     const BacktestOptions& options);

/// The same over stored bars, by the rules `bars`.
Result<BacktestOutcome> run_bar_backtest(std::vector<sim::BarFeed::Stream> streams, std::vector<BacktestRun> runs,
                                         const BacktestOptions& options);

/// Conventions of a peer that concern fills and cash: "none", "backtesting_py", "vectorbt". Sets the model and the cash
/// of a run, and gives prices the further decimals that fills off the ladder (spreads, stops at a share of the close)
/// need there.
Result<void> apply_preset(std::string_view preset, sim::BarFeed::Stream& stream, sim::RunModels& models, Money& cash);

}  // namespace stom::research
