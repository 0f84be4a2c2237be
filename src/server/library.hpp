// What lies beside the session, for those who choose the next one: what can be replayed, by which strategies, and the
// backtests that were run. apps/ fills it from the data folder; it is asked on the I/O thread, so it
// keeps what is slow to read, but for curve(), which may take its time.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace stom {

/// An instrument with market data, or one that the generator makes on demand (then without days).
struct Replayable {
  std::string instrument;
  std::string source;     // "recording" or "generator"
  std::string first_day;  // "2024-08-08"
  std::string last_day;
};

struct StrategyParameterCard {
  std::string name;
  std::string type;
  std::string default_value;
  std::string range;
  std::string meaning;
};
struct StrategyCard {
  std::string name;
  std::string about;
  std::size_t instruments = 1;  // it does nothing with fewer
  std::vector<StrategyParameterCard> parameters;
};

/// A backtest that was run. Figures as the run's statistics.json has them; "" where it has none.
struct RunCard {
  std::string id;
  std::string strategy;
  std::vector<std::string> instruments;
  UnixNanos from = 0;
  UnixNanos to = 0;
  bool interrupted = false;
  std::string currency;
  std::string total_return;
  std::string pessimistic_return;  // the same under the least and the most favourable queue: the fill-uncertainty band
  std::string optimistic_return;
  std::string sharpe_ratio;
  std::string max_drawdown;
  std::string trades;
  bool has_report = false;
};

/// The equity curve of such a run. Amounts and fractions as its files have them.
struct StoredCurve {
  struct Point {
    UnixNanos time = 0;
    std::string equity;
    std::string drawdown;
    std::string pessimistic, optimistic;  // "" where the run has no band
  };
  std::string currency;
  std::string initial_equity;
  std::size_t rows = 0;  // that the points stand for
  std::vector<Point> points;
  std::vector<std::pair<std::string, std::string>> statistics;  // in the order of statistics.json; "null" for undefined
};

/// A line of a trading session's log.
struct TradingLogLine {
  UnixNanos time = kNoTime;  // kNoTime: none is said
  std::string level;         // info, warn or error
  std::string text;
};
struct TradingLogQuery {
  std::string session;  // its folder, as trading() names it
  std::string text;     // that a line has; empty: any
  std::string level;    // none that are less loud
  std::string cursor;   // of the page before; empty: from the end
  std::size_t most = 0;
};
struct TradingLogPage {
  std::vector<TradingLogLine> lines;  // newest first
  std::string next;                   // the cursor of the page behind it; empty: nothing is older
};

class Library {
 public:
  virtual ~Library() = default;
  virtual std::vector<Replayable> replayable() const = 0;
  virtual std::vector<StrategyCard> strategies() const = 0;
  /// Newest first; one that cannot be read is left out.
  virtual std::vector<RunCard> runs() const = 0;
  /// The run's tear sheet, one HTML file. NotFound for a name that is not one of runs().
  virtual Result<std::string> report(const std::string& run) const = 0;
  /// At most `most` points, which are rows of the run's equity.csv, none of whose extremes is lost. Called on a thread
  /// of its own, several at a time. NotFound as report().
  virtual Result<StoredCurve> curve(const std::string& run, std::size_t most) const = 0;
  /// The trading sessions that run on this computer, each as a JSON object (TradingSession of docs/api.md), by when
  /// they began. Asks their processes, for two seconds at most, on a thread of its own.
  virtual std::vector<std::string> trading() const = 0;
  /// What each of them tells its page of, a JSON object (TradingAlerts of docs/api.md), in the same order; the same
  /// way.
  virtual std::vector<std::string> alerts() const = 0;
  /// Those that ended lately, each a JSON object with its folder, newest first. On a thread of its own.
  virtual std::vector<std::string> ended() const = 0;
  /// Searches the log of one that runs or is among ended(), from its end; a bounded part of it, so that a page may be
  /// empty where there is more to search. On a thread of its own. Errors: NotFound: it is none of them, or it has no
  /// log; Usage: the cursor is none.
  virtual Result<TradingLogPage> log(const TradingLogQuery& query) const = 0;
  /// Pulls the kill switch of one of them. `session`: its folder, as trading() names it; `step`: entries, cancel or
  /// flatten. What was done and when, a JSON object (TradingKill). Errors: NotFound: no such session runs; others: it
  /// gave no answer, and what it did is not known. Takes ten seconds at most, on a thread of its own.
  virtual Result<std::string> kill(const std::string& session, const std::string& step) const = 0;
};

}  // namespace stom
