// The filters of our spot symbols (filters.md): exchangeInfo tells them and orders are checked by them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stom::venues::binance::server {

constexpr std::int64_t kMostPrice = 10'000'000;  // PRICE_FILTER
constexpr std::int64_t kMostQuantity = 9000;     // LOT_SIZE
constexpr std::int64_t kIcebergParts = 10;       // ICEBERG_PARTS
constexpr std::int64_t kLeastNotional = 5;       // NOTIONAL, in the quote currency
constexpr std::int64_t kOpenOrders = 200;        // MAX_NUM_ORDERS, per symbol

}  // namespace stom::venues::binance::server
