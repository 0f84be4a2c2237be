// What the texts of a strategy decided, as lines of its journal: the same in backtest, replay, paper and live, so that
// the journal of one can be held against another's, row by row.
//
//   20240808235612 binance:BTCUSDT buy
//   20240808235640 binance:BTCUSDT sell line 3
//   stopped: buy 16, sell 0
//
// Where several strategies share an account, each line has the name of its strategy before it: "texts: stopped: …".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stom::conditions {

/// What a text wants, and of which row; what became of it, the orders say.
struct LoggedDecision {
  std::int64_t index = 0;  // the row's stamp
  std::string instrument;
  std::string act;            // buy, sell; of futures buy_long, sell_short, sell_long, buy_short
  std::string reason;         // of an exit: "line 3", or "end_clock"
  std::string strategy = {};  // of several: whose
  friend bool operator==(const LoggedDecision&, const LoggedDecision&) = default;
};

/// Rows so far on which a text stopped by an error of its own.
struct StoppedRows {
  std::uint64_t buy = 0, sell = 0;
  friend bool operator==(const StoppedRows&, const StoppedRows&) = default;
};

std::string to_line(const LoggedDecision& decision);
std::string to_line(const StoppedRows& stopped);

/// What the lines of a journal say together.
class DecisionLog {
 public:
  /// In the journal's order; a line that is neither is left out.
  void read(std::string_view line);

  const std::vector<LoggedDecision>& all() const { return all_; }
  /// Of all strategies together.
  StoppedRows stopped() const;
  /// How often each reason ended a position.
  std::map<std::string, std::uint64_t> exits() const;

 private:
  std::vector<LoggedDecision> all_;
  std::map<std::string, StoppedRows, std::less<>> stopped_;  // by strategy
};

}  // namespace stom::conditions
