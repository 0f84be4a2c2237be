// Upbit's past, of its REST API. Candles (GET /v1/candles/…, https://docs.upbit.com/kr/reference/list-candles-minutes):
// at most 200 an answer, those before the time `to`. Trades (GET /v1/trades/ticks,
// https://docs.upbit.com/kr/reference/list-pair-trades): at most 500, of today or one of the seven days before, those
// before the one whose sequential_id is `cursor`. Both the newest first.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "venues/history_file.hpp"
#include "venues/history_pages.hpp"

namespace stom::venues::upbit {

inline constexpr std::string_view kHistory = "https://api.upbit.com";
inline constexpr std::int32_t kTradeDays = 7;  // how many days before today trades are told of

/// A table for each day from `from` to `to`, both inclusive, UTC; of bars of a day one for all of them. `kind`: candles
/// or trades. `bar`, of candles alone: 1s, 1m, 3m, 5m, 10m, 15m, 30m, 1h, 4h, 1d ("1m" where empty). What Upbit does
/// not offer is refused by name.
Result<std::vector<HistoryFile>> history(std::string_view instrument, std::string_view kind, std::string_view bar,
                                         std::int32_t from, std::int32_t to);

/// The candles of the days of one such table.
class CandlePages final : public HistoryPages {
 public:
  /// `market`: "KRW-BTC"; `bar` one of history()'s.
  CandlePages(std::string_view market, std::string_view bar, std::int32_t first_day, std::int32_t last_day);

  const Description& limits() const override { return limits_; }
  Result<std::optional<PageRequest>> next(UnixNanos now) const override;
  Result<void> take(const HistoryPage& page) override;
  double part() const override;  // by time
  std::size_t rows() const override { return rows_.size(); }
  /// "time,open,high,low,close,volume"; times in ms.
  std::string table() const override;

 private:
  Description limits_;
  std::string market_, path_;
  UnixNanos from_, to_, before_;  // of the candles' starts: [from, to); those from `before` on are there
  bool done_ = false;
  std::map<UnixNanos, std::string> rows_;
};

/// The trades of one day that is over.
class TradePages final : public HistoryPages {
 public:
  TradePages(std::string_view market, std::int32_t day);

  const Description& limits() const override { return limits_; }
  Result<std::optional<PageRequest>> next(UnixNanos now) const override;
  Result<void> take(const HistoryPage& page) override;
  double part() const override;  // by the time of the day
  std::size_t rows() const override { return rows_; }
  /// "id,price,quantity,time,side"; times in ms, the side is the taker's.
  std::string table() const override;

 private:
  Description limits_;
  std::string market_;
  std::int32_t day_;
  UnixNanos oldest_;          // of the trades that are there
  std::int64_t cursor_ = -1;  // the sequential_id of the last one; -1: none is there
  bool done_ = false;
  std::size_t rows_ = 0;
  std::vector<std::string> pages_;  // rows of a page, the oldest first; the newest page first
};

}  // namespace stom::venues::upbit
