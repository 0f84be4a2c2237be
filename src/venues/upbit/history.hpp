// Upbit's candles of past days (GET /v1/candles/…, https://docs.upbit.com/kr/reference/list-candles-minutes): at most
// 200 of them an answer, newest first, those before the time `to`. Which page comes next, and the table that a day's
// pages make. No I/O here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "venues/history_file.hpp"

namespace stom::venues::upbit {

inline constexpr std::string_view kHistory = "https://api.upbit.com";

/// A table for each day from `from` to `to`, both inclusive, UTC; of bars of a day one for all of them. `bar`: 1s, 1m,
/// 3m, 5m, 10m, 15m, 30m, 1h, 4h, 1d ("1m" where empty). What Upbit does not offer is refused by name.
Result<std::vector<HistoryFile>> history(std::string_view instrument, std::string_view kind, std::string_view bar,
                                         std::int32_t from, std::int32_t to);

/// The candles of the days of one such table.
class CandlePages {
 public:
  /// `market`: "KRW-BTC"; `bar` one of history()'s.
  CandlePages(std::string_view market, std::string_view bar, std::int32_t first_day, std::int32_t last_day);

  /// Path and query of the page to be asked for; empty once all are there.
  std::string next() const;
  /// The answer to it, of status 200. Errors: text that is no page of that market's candles, or one that does not go
  /// on from the page before.
  Result<void> take(std::string_view answer);
  /// From 0 to 1, by time.
  double part() const;
  std::size_t candles() const { return rows_.size(); }
  /// "time,open,high,low,close,volume", oldest first; times in ms.
  std::string table() const;

 private:
  std::string market_, path_;
  UnixNanos from_, to_, before_;  // of the candles' starts: [from, to); those from `before` on are there
  bool done_ = false;
  std::map<UnixNanos, std::string> rows_;
};

}  // namespace stom::venues::upbit
