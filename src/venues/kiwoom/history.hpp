// Kiwoom's charts of past days, of its REST API: minutes (ka10080), days (ka10081), and of single ticks (ka10079),
// which are trades without the side. The newest first, whatever is asked for: what is between now and the days wanted
// has to be gone through. A header tells whether there is more and by which key. They need a token, which a key buys.
// Days are Korean ones. No I/O here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "venues/history_file.hpp"
#include "venues/history_pages.hpp"

namespace stom::venues::kiwoom {

inline constexpr std::string_view kHistory = "https://api.kiwoom.com";

/// One table for all days. `kind`: candles or trades. `bar`, of candles alone: 1m, 3m, 5m, 10m, 15m, 30m, 1h, 1d ("1m"
/// where empty). What Kiwoom does not offer is refused by name.
Result<std::vector<HistoryFile>> history(std::string_view instrument, std::string_view kind, std::string_view bar,
                                         std::int32_t from, std::int32_t to);

class ChartPages final : public HistoryPages {
 public:
  /// `chart`: "trades", or one of history()'s bars.
  ChartPages(std::string_view code, std::string_view chart, const HistoryFile& file, Credentials credentials);

  const Description& limits() const override { return limits_; }
  Result<std::optional<PageRequest>> next(UnixNanos now) const override;
  Result<void> admit(std::string_view answer) override;
  Result<void> take(const HistoryPage& page) override;
  bool begin_again() const override { return moved_; }
  double part() const override;  // by time
  std::size_t rows() const override { return rows_.size(); }
  std::string note() const override;
  /// "time,open,high,low,close,volume", or of trades "time,price,quantity"; times in ms.
  std::string table() const override;

 private:
  struct Row {
    UnixNanos time;
    std::string text;
    bool operator==(const Row&) const = default;
  };
  Result<std::vector<Row>> read(std::string_view answer) const;
  Result<void> check_still_first(const std::vector<Row>& page);

  Description limits_;
  Credentials credentials_;
  std::string code_, api_id_, body_, token_, next_key_;
  bool trades_;
  UnixNanos from_, to_;
  UnixNanos newest_ = kNoTime, oldest_ = kNoTime;  // of all that were told
  enum class Phase : std::uint8_t { Pages, LookAgain, Done } phase_ = Phase::Pages;
  bool whole_list_ = false;      // the last page was the venue's last
  bool moved_ = false;           // trades came while the pages were read
  std::vector<Row> first_page_;  // of trades
  std::vector<Row> rows_;        // within [from, to), the newest first
};

}  // namespace stom::venues::kiwoom
