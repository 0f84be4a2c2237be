// What strategies and execution policies may read of the market. Filled by the engine; never written by its readers.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "core/time.hpp"
#include "model/bar_spec.hpp"
#include "model/message.hpp"
#include "model/order.hpp"
#include "model/types.hpp"

namespace stom {

inline constexpr Price kNoPrice{std::numeric_limits<std::int64_t>::min()};

/// The order book as our side of the wire knows it at the engine's time.
class BookView {
 public:
  Price best_bid = kNoPrice;  // kNoPrice where that side is empty
  Price best_ask = kNoPrice;
  Quantity bid_quantity{};
  Quantity ask_quantity{};
  bool stale = true;  // before the first snapshot, and after a gap until the next one

  bool two_sided() const { return best_bid != kNoPrice && best_ask != kNoPrice; }
  /// The n-th best level, 0 = best; quantity 0 where there are fewer. Walks the book: O(n).
  virtual Level bid(std::size_t n) const = 0;
  virtual Level ask(std::size_t n) const = 0;
  /// Displayed quantity at a price, 0 where there is none.
  virtual Quantity quantity_at(Side side, Price price) const = 0;

 protected:
  ~BookView() = default;
};

/// A finished bar, with its prices also as doubles, for indicators.
struct BarEvent {
  std::uint32_t series = 0;  // what subscribe_bars() returned
  InstrumentIndex instrument = 0;
  UnixNanos end = 0;  // when the bar was complete: the earliest time at which it could be known
  Bar bar;
  double open = 0, high = 0, low = 0, close = 0, volume = 0;
};

/// A public trade.
struct TradeTick {
  InstrumentIndex instrument = 0;
  UnixNanos time = 0;  // at the venue
  Price price{};
  Quantity quantity{};
  Side aggressor = Side::Buy;
};

/// One of our orders as known on our side of the wire.
struct WorkingOrder {
  ClientOrderId id = 0;
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
  OrderType type = OrderType::Limit;
  OrderStatus status = OrderStatus::PendingNew;
  bool cancel_pending = false;
  Price price{};
  Quantity quantity{};
  Quantity leaves{};
  std::uint64_t request = 0;  // number of the latest request about it

  /// Accepted by the venue, and nothing about it is on its way.
  bool cancelable() const { return status == OrderStatus::Working && !cancel_pending; }
};

}  // namespace stom
