// Builds STOM's rows (model/second_row.hpp) from what the venue sent. Fields, units and the rules of emission are
// docs/rows.md.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "market/order_book.hpp"
#include "model/calendar.hpp"
#include "model/feed.hpp"
#include "model/instrument.hpp"
#include "model/second_row.hpp"

namespace stom {

struct RowField {
  std::string_view korean, english, unit;
  double (*of)(const SecondRow&);
};
/// In the order of the columns, after the index. Those of KRX's stocks alone come last.
std::span<const RowField> row_fields(bool minute, bool krx = false);
/// The instrument's rows have them.
bool has_krx_words(const Instrument& instrument);

/// Takes one instrument's messages in the order in which somebody saw them: the venue's, or ours. One that comes late
/// counts as of the newest before it, so that no second has two rows and no day begins twice; one that is behind by
/// more than a message is ever late is a clock that was set back, and is believed. No allocation per message once the
/// book has its pages.
class RowBuilder {
 public:
  RowBuilder(const Instrument& instrument, RowSpec spec);
  /// The row that this message emits; valid until the next call. null: none.
  const SecondRow* apply(const FeedMessage& message);

 private:
  void trade(const FeedMessage& message);
  UnixNanos time_of(const FeedMessage& message);
  void begin_day(std::int32_t day);
  bool is_next_trading_day(std::int32_t before, std::int32_t day) const;
  void note_auction();
  void measure_vi_from(Tick reference);
  void add_krx_words(SecondRow& row) const;
  const SecondRow* emit(UnixNanos time);
  double price_of(Tick tick) const { return static_cast<double>(tick * base_tick_) / price_unit_; }
  double quantity_of(std::int64_t quantity) const { return static_cast<double>(quantity) / quantity_unit_; }
  double value_in_units(Int128 sum) const {
    return static_cast<double>(sum) / price_unit_ / quantity_unit_ / value_unit_;
  }

  const Calendar& calendar_;
  Instrument instrument_;
  RowSpec spec_;
  bool stock_, krx_;
  std::int64_t base_tick_;
  double price_unit_, quantity_unit_, value_unit_;
  OrderBook book_;
  bool stale_ = true;
  UnixNanos now_ = kNoTime;  // of the newest message
  std::optional<std::int32_t> day_;
  std::int64_t emitted_ = std::numeric_limits<std::int64_t>::min();  // second or minute of the last row
  Tick last_ = kNoBid, open_ = kNoBid, high_ = kNoBid, low_ = kNoBid, previous_close_ = kNoBid;
  Tick part_open_ = kNoBid, part_high_ = kNoBid, part_low_ = kNoBid;  // since the last row
  std::int64_t day_bought_ = 0, day_sold_ = 0, bought_ = 0, sold_ = 0, rows_ = 0;
  Int128 day_value_ = 0, value_ = 0;
  std::int64_t previous_volume_ = 0;  // of the trading day before; 0: not known
  // KRX: the last single price, or the day's first; since when orders are gathered for one; when a VI was released
  Tick vi_reference_ = kNoBid;
  double vi_price_ = SecondRow::kUnknown, vi_tick_ = SecondRow::kUnknown, vi_below_ = SecondRow::kUnknown;
  std::optional<UnixNanos> gathering_since_;
  UnixNanos vi_released_ = kNoTime;
  SecondRow row_;
};

}  // namespace stom
