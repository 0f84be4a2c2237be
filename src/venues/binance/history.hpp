// Binance's public history at https://data.binance.vision: which file holds which day, and what its CHECKSUM file says.
// No I/O here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "venues/history_file.hpp"

namespace stom::venues {

inline constexpr std::string_view kBinanceHistory = "https://data.binance.vision";

/// The files of days `from` to `to`, both inclusive, of "binance:", "binance-usdm:" or "binance-coinm:". `bar` is for
/// klines alone ("1m" where empty). What the venue does not offer is refused by name.
Result<std::vector<HistoryFile>> binance_history(std::string_view instrument, std::string_view kind,
                                                 std::string_view bar, std::int32_t from, std::int32_t to);

/// The digest in a "<64 hex digits>  <name>" line, in lower case. A line about another file is refused.
Result<std::string> parse_checksum(std::string_view text, std::string_view name);

}  // namespace stom::venues
