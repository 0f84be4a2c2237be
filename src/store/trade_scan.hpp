// Trades as columns, for analytics: decodes only the columns asked for, a block at a time. Order is that of each file;
// files come by day and part. For simulation use TickReader.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/decimal.hpp"
#include "core/result.hpp"
#include "store/data_folder.hpp"
#include "store/tick_reader.hpp"

namespace stom::store {

enum TradeColumn : std::uint32_t { kPriceColumn = 1, kQuantityColumn = 2, kFlagsColumn = 4, kTimeColumn = 8 };

/// One block of trades; columns not asked for are empty. Valid until the next call.
struct TradeChunk {
  std::size_t rows = 0;
  std::span<const std::int64_t> prices;
  std::span<const std::int64_t> quantities;
  std::span<const std::int64_t> flags;  // MessageFlag bits
  std::span<const UnixNanos> times;     // venue time; receive time where the block has no venue time
  TimeBounds bounds;
};

class TradeScan {
 public:
  /// Whole blocks are given, so the first and the last may reach beyond the query's times.
  static Result<TradeScan> open(const DataFolder& folder, std::string_view instrument, std::uint32_t columns,
                                const TickQuery& query = {});
  ~TradeScan();
  TradeScan(TradeScan&&) noexcept;
  TradeScan& operator=(TradeScan&&) noexcept;

  Result<bool> next(TradeChunk& chunk);

 private:
  struct State;
  explicit TradeScan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Exact turnover (price x quantity in units of 10^-(price_decimals + quantity_decimals)) by the taker's side.
struct Turnover {
  std::uint64_t trades = 0;
  Int128 bought = 0;
  Int128 sold = 0;
};
Result<Turnover> turnover(const DataFolder& folder, std::string_view instrument, const TickQuery& query = {});

}  // namespace stom::store
