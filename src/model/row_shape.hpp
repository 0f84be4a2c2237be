// The four shapes of rows that texts were written for: of stocks or coins, of seconds or minutes. Each has its columns,
// in the order in which databases of the old program hold them (docs/old-data.md).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace stom {

struct RowShape {
  std::string_view name;  // "stock-second"
  bool stock = false;
  bool minute = false;
  std::span<const std::string_view> columns;  // behind `index`; the last is 관심종목, which older files lack

  std::int64_t day_of(std::int64_t index) const { return index / (minute ? 10'000 : 1'000'000); }
};
inline constexpr std::string_view kWatchedColumn = "관심종목";

std::span<const RowShape> row_shapes();
/// null: there is none of that name.
const RowShape* row_shape(std::string_view name);
const RowShape& row_shape(bool stock, bool minute);

/// Whether it is a date and a time of day as rows are stamped: YYYYMMDDHHMMSS, or YYYYMMDDHHMM.
bool is_row_index(std::int64_t index, bool minute);
/// Seconds of the day.
std::int64_t second_of_index(std::int64_t index, bool minute);

}  // namespace stom
