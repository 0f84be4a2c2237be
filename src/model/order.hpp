// Orders as commands (a wish) and as events (what became of it). Whoever owns an order's state folds the events into
// it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.hpp"
#include "model/types.hpp"

namespace stom {

enum class OrderType : std::uint8_t { Limit, Market, Stop, StopLimit, TakeProfit, TakeProfitLimit, TrailingStop };
enum class TimeInForce : std::uint8_t { GTC, IOC, FOK, GTD, DAY };
/// Which price moves a stop, take-profit or trailing order to act.
enum class TriggerBy : std::uint8_t { Last, Mark, Index, BidAsk };

/// What an order's quantity counts.
enum class SizeBy : std::uint8_t {
  Quantity,      // of the instrument
  CashFraction,  // 10^-9 of the cash that is free when it fills; the venue turns it into whole lots, rounding down
  Position,      // all of the position that the order's side reduces, whatever it is when it fills
};
/// Bar-driven fills: at which price of which bar a market order fills. Tick data do not look at it.
enum class BarFill : std::uint8_t { NextOpen, ThisClose };

struct NewOrder {
  ClientOrderId id = 0;
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
  OrderType type = OrderType::Limit;
  TimeInForce time_in_force = TimeInForce::GTC;
  TriggerBy trigger_by = TriggerBy::Last;
  bool post_only = false;
  bool reduce_only = false;
  Quantity quantity{};
  Price price{};                   // Limit, StopLimit, TakeProfitLimit
  Price trigger_price{};           // Stop, StopLimit, TakeProfit, TakeProfitLimit
  Price trail{};                   // TrailingStop: distance from the best trigger price seen
  Quantity display{};              // iceberg: what the book shows at a time; 0 shows all
  UnixNanos expire_time = kNever;  // GTD
  SizeBy size_by = SizeBy::Quantity;
  BarFill bar_fill = BarFill::NextOpen;
  Price stop_loss{};    // bracket: once the order has filled, close what it opened at this price or worse; 0 = none
  Price take_profit{};  // bracket: the same at this price or better
};

struct CancelOrder {
  ClientOrderId id = 0;
  InstrumentIndex instrument = 0;
};

/// The closing orders of a bracket carry their parent's id with one of these bits.
/// Where STOM itself keeps them (orders/held_orders.hpp), an order that fills on after they acted gets others, whose
/// ids carry the round; what is below is the parent's.
inline constexpr ClientOrderId kStopLossChild = ClientOrderId{1} << 63;
inline constexpr ClientOrderId kTakeProfitChild = ClientOrderId{1} << 62;
inline constexpr ClientOrderId kEndOfDataChild = ClientOrderId{1} << 61;    // closed by the end of the data
inline constexpr ClientOrderId kLiquidationChild = ClientOrderId{1} << 60;  // closed by the venue: margin was too thin
inline constexpr int kChildRoundShift = 44;
inline constexpr ClientOrderId kParentIds = (ClientOrderId{1} << kChildRoundShift) - 1;
constexpr bool is_of_bracket(ClientOrderId id) { return (id & (kStopLossChild | kTakeProfitChild)) != 0; }

enum class OrderStatus : std::uint8_t { PendingNew, Working, Filled, Canceled, Rejected, Expired, Unknown };

/// Why the venue (or we, for Denied) refused. Stable names: they are journaled and shown.
enum class RejectReason : std::uint8_t {
  None,
  PostOnlyWouldTake,
  InsufficientBalance,
  OffTick,
  OffLot,
  NotPositive,
  UnknownOrder,
  DuplicateId,
  ReduceOnlyWouldIncrease,
  NoLiquidity,  // FOK that cannot fill whole, market order into an empty book
  Unsupported,  // a combination of type, time in force and flags that is not offered
  PriceOutOfRange,
  TooManyOrders,
  BookStale,           // the venue's book is not known at that moment (before the first snapshot, after a gap)
  Expired,             // its time had come: GTD, DAY; the unfilled rest of IOC
  InsufficientMargin,  // the account's equity does not cover the margin that the order would need
  PositionLimit,       // the position would be larger than the account's leverage allows
  Liquidation,         // the account is being liquidated
  MarketClosed,        // no phase of the trading day takes orders at that time
  Held,  // no refusal: STOM keeps the order itself, and this is its own word of it, not the venue's (docs/orders.md)
  // Denied by a limit of the session (docs/risk.md): one for each, in the order of risk::LimitKind but for the last,
  // since journals have their numbers.
  RiskPriceBand,
  RiskOrderQuantity,
  RiskOrderNotional,
  RiskPosition,
  RiskGrossExposure,
  RiskNetExposure,
  RiskWorkingOrders,
  RiskOrderRate,
  RiskDuplicate,
  RiskSelfTrade,
  RiskReduceOnly,
  RiskUnknown,  // by a limit, for a price, a rate or the order's size is not known
  RiskStopped,  // by the kill switch, or by a breaker that has tripped
  RiskLeverage,
};
inline constexpr std::size_t kRejectReasons = static_cast<std::size_t>(RejectReason::RiskLeverage) + 1;

enum class Liquidity : std::uint8_t { Maker, Taker };

inline constexpr int kCoinFeeDecimals = 8;

enum class OrderEventKind : std::uint8_t {
  Accepted,
  Rejected,
  Denied,
  Triggered,
  Filled,
  Canceled,
  Expired,
  CancelRejected,
  Funding  // not about an order: the account paid (fee > 0) or got funding on `quantity` (signed) at the mark `price`
};

/// What a venue says about an order. `time` is stamped by the venue, `local_time` when it reached us.
struct OrderEvent {
  OrderEventKind kind = OrderEventKind::Accepted;
  Side side = Side::Buy;
  Liquidity liquidity = Liquidity::Maker;
  RejectReason reason = RejectReason::None;
  InstrumentIndex instrument = 0;
  ClientOrderId id = 0;
  UnixNanos time = 0;
  UnixNanos local_time = 0;
  Price price{};        // Filled: the price of this fill
  Quantity quantity{};  // Filled: the quantity of this fill
  Quantity leaves{};    // what still rests after this event
  /// Filled, of a buy whose fee the venue took of what was bought: so much of that, in 10^-8. `quantity` is then what
  /// the position grew by, in whole lots, and `fee` the price of what did not come: position and cash are exact.
  std::int64_t coin_fee = 0;
  Money fee{};  // Filled, Funding: positive = paid, in the instrument's settlement currency
};

/// It is refused because another order has its id: that one stays as it is.
constexpr bool is_refused_as_duplicate(const OrderEvent& event) {
  return (event.kind == OrderEventKind::Denied || event.kind == OrderEventKind::Rejected) &&
         event.reason == RejectReason::DuplicateId;
}

}  // namespace stom
