// What lies beside the session, for those who choose the next one: what can be replayed, by which strategies, and the
// backtests that were run. apps/ fills it from the data folder; it is asked on the I/O thread, so it
// keeps what is slow to read.
#pragma once

#include <string>
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

class Library {
 public:
  virtual ~Library() = default;
  virtual std::vector<Replayable> replayable() const = 0;
  virtual std::vector<StrategyCard> strategies() const = 0;
  /// Newest first; one that cannot be read is left out.
  virtual std::vector<RunCard> runs() const = 0;
  /// The run's tear sheet, one HTML file. NotFound for a name that is not one of runs().
  virtual Result<std::string> report(const std::string& run) const = 0;
};

}  // namespace stom
