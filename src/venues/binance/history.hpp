// Binance's past. Files at https://data.binance.vision: which one holds which day, and what its CHECKSUM file says. And
// the klines of the REST API, which has today's minutes too (GET /api/v3/klines, /fapi/v1/klines, /dapi/v1/klines;
// https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#klinecandlestick-data). No
// I/O here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "venues/history_file.hpp"
#include "venues/history_pages.hpp"

namespace stom::venues {

inline constexpr std::string_view kBinanceHistory = "https://data.binance.vision";

/// The files of days `from` to `to`, both inclusive, of "binance:", "binance-usdm:" or "binance-coinm:". Of kind
/// "candles" they are made of klines of the REST API, of bars of a day one for all days. `bar` is for klines and
/// candles alone ("1m" where empty). What the venue does not offer is refused by name.
Result<std::vector<HistoryFile>> binance_history(std::string_view instrument, std::string_view kind,
                                                 std::string_view bar, std::int32_t from, std::int32_t to);

/// The digest in a "<64 hex digits>  <name>" line, in lower case. A line about another file is refused.
Result<std::string> parse_checksum(std::string_view text, std::string_view name);

/// Where the REST API of a product is: "https://fapi.binance.com" of "binance-usdm".
std::string_view binance_api(std::string_view venue);

/// The klines whose bars begin within a file's `from` and `to`. Asked for from the beginning on, a thousand bars of
/// time an answer, so that what is there stays right when `to` is later in another try. A bar counts kBarSettled after
/// its end.
class KlinePages final : public HistoryPages {
 public:
  KlinePages(std::string_view instrument, std::string_view bar, const HistoryFile& file);

  const Description& limits() const override { return limits_; }
  Result<std::optional<PageRequest>> next(UnixNanos now) const override;
  Result<void> take(const HistoryPage& page) override;
  double part() const override;  // by time
  std::size_t rows() const override { return rows_; }
  /// "time,open,high,low,close,volume"; times in ms.
  std::string table() const override { return table_; }

 private:
  UnixNanos window_end() const;

  Description limits_;
  std::string instrument_, path_, interval_;
  std::int32_t weight_;
  DurationNanos bar_;
  UnixNanos from_, to_, next_;  // those before `next` are there
  std::size_t rows_ = 0;
  std::string table_ = "time,open,high,low,close,volume\n";
};

}  // namespace stom::venues
