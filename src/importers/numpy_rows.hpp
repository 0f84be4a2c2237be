// hftbacktest's event rows, one Message each, and back: nothing is lost, so that a recording can be given to that
// program again. What a message has no place for (ev with its flags) stands in first_update_id.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "importers/file_reader.hpp"

namespace stom::importers {

/// As in the file: 64 bytes, little endian.
struct NumpyRow {
  std::uint64_t ev = 0;  // kind in the low byte (1 depth, 2 trade, 3 clear, 4 snapshot); BUY 1<<29, SELL 1<<28, EXCH
                         // 1<<31, LOCAL 1<<30
  std::int64_t exch_ts = 0;
  std::int64_t local_ts = 0;
  double px = 0;
  double qty = 0;
  std::uint64_t order_id = 0;
  std::int64_t ival = 0;
  double fval = 0;
  friend bool operator==(const NumpyRow&, const NumpyRow&) = default;
};
inline constexpr std::uint64_t kNumpyBuy = 1u << 29;

/// Fails for rows of single orders, and where a price is no decimal of `decimals`.
Result<void> append_row(const NumpyRow& row, Decimals decimals, MessageBatch& out);
NumpyRow row_of(const Message& message, const Level& level, Decimals decimals);
/// The rows of a .npy file, or of the first array of a .npz archive.
Result<std::vector<NumpyRow>> parse_numpy_rows(std::string_view file);

}  // namespace stom::importers
