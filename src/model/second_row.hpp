// STOM's row: one instrument at one second (or minute) as condition texts see it. Fields, units and the rules of
// emission are docs/rows.md; market/second_row.hpp builds it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "core/time.hpp"
#include "model/types.hpp"

namespace stom {

enum class RowRule : std::uint8_t {
  Stom,       // on the first book event after the second changed, while the fifth bid has a quantity
  AnyChange,  // the same, whatever the book holds
};

struct RowSpec {
  RowRule rule = RowRule::Stom;
  bool minute = false;
  friend bool operator==(const RowSpec&, const RowSpec&) = default;
};

/// NaN: not known.
struct SecondRow {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  static constexpr std::size_t kLevels = 5;

  UnixNanos time = 0;      // at the venue, of the book event that emitted the row
  std::int64_t index = 0;  // YYYYMMDDHHMMSS, YYYYMMDDHHMM in minute mode, by the venue's trading day
  double price = kUnknown, open = kUnknown, high = kUnknown, low = kUnknown, change = kUnknown;
  double day_value = 0, strength = kUnknown;
  double bought = 0, sold = 0, value = 0;
  double high_low_change = kUnknown;
  double minute_open = kUnknown, minute_high = kUnknown, minute_low = kUnknown;
  double total_ask = 0, total_bid = 0;
  std::array<double, kLevels> ask_price{}, bid_price{}, ask_quantity{}, bid_quantity{};
  double five_levels = 0;
  double length = 0, clock = 0, tick = kUnknown;
  // Of KRX's stocks alone.
  double day_volume_ratio = kUnknown, round_figure = kUnknown;
  double vi_price = kUnknown, vi_tick = kUnknown, vi_release = 0, vi_below = kUnknown;
};

/// A row as a strategy is given it; valid during the call.
struct RowEvent {
  std::uint32_t series = 0;  // what subscribe_rows() returned
  InstrumentIndex instrument = 0;
  const SecondRow& row;
};

}  // namespace stom
