// The words of docs/api.md for the values of the port.
#include "server/engine_port.hpp"

#include "core/decimal.hpp"

namespace stom {

std::string_view name_of(RejectReason reason) {
  switch (reason) {
    case RejectReason::None:
      return "none";
    case RejectReason::PostOnlyWouldTake:
      return "post_only_would_take";
    case RejectReason::InsufficientBalance:
      return "insufficient_balance";
    case RejectReason::OffTick:
      return "off_tick";
    case RejectReason::OffLot:
      return "off_lot";
    case RejectReason::NotPositive:
      return "not_positive";
    case RejectReason::UnknownOrder:
      return "unknown_order";
    case RejectReason::DuplicateId:
      return "duplicate_id";
    case RejectReason::ReduceOnlyWouldIncrease:
      return "reduce_only_would_increase";
    case RejectReason::NoLiquidity:
      return "no_liquidity";
    case RejectReason::Unsupported:
      return "unsupported";
    case RejectReason::PriceOutOfRange:
      return "price_out_of_range";
    case RejectReason::TooManyOrders:
      return "too_many_orders";
    case RejectReason::BookStale:
      return "book_stale";
    case RejectReason::Expired:
      return "expired";
    case RejectReason::InsufficientMargin:
      return "insufficient_margin";
    case RejectReason::PositionLimit:
      return "position_limit";
    case RejectReason::Liquidation:
      return "liquidation";
    case RejectReason::MarketClosed:
      return "market_closed";
  }
  return "unsupported";
}

std::string_view name_of(OrderStatus status) {
  switch (status) {
    case OrderStatus::PendingNew:
      return "pending_new";
    case OrderStatus::Working:
      return "working";
    case OrderStatus::Filled:
      return "filled";
    case OrderStatus::Canceled:
      return "canceled";
    case OrderStatus::Rejected:
      return "rejected";
    case OrderStatus::Expired:
      return "expired";
    case OrderStatus::Unknown:
      break;
  }
  return "unknown";
}

std::string_view name_of(OrderType type) {
  switch (type) {
    case OrderType::Limit:
      return "limit";
    case OrderType::Market:
      return "market";
    case OrderType::Stop:
      return "stop";
    case OrderType::StopLimit:
      return "stop_limit";
    case OrderType::TakeProfit:
      return "take_profit";
    case OrderType::TakeProfitLimit:
      return "take_profit_limit";
    case OrderType::TrailingStop:
      return "trailing_stop";
  }
  return "limit";
}

std::string_view name_of(TimeInForce time_in_force) {
  switch (time_in_force) {
    case TimeInForce::GTC:
      return "gtc";
    case TimeInForce::IOC:
      return "ioc";
    case TimeInForce::FOK:
      return "fok";
    case TimeInForce::GTD:
      return "gtd";
    case TimeInForce::DAY:
      return "day";
  }
  return "gtc";
}

std::string_view name_of(Side side) { return side == Side::Buy ? "buy" : "sell"; }

std::string_view name_of(RunState state) {
  switch (state) {
    case RunState::Playing:
      return "playing";
    case RunState::Paused:
      return "paused";
    case RunState::Finished:
      return "finished";
    case RunState::Halted:
      break;
  }
  return "halted";
}

std::string_view name_of(StrategyState state) {
  switch (state) {
    case StrategyState::None:
      return "none";
    case StrategyState::Running:
      return "running";
    case StrategyState::Paused:
      return "paused";
    case StrategyState::Halted:
      break;
  }
  return "halted";
}

std::string_view name_of(LogLevel level) {
  return level == LogLevel::Info ? "info" : level == LogLevel::Warn ? "warn" : "error";
}

std::string_view name_of(LogSource source) {
  switch (source) {
    case LogSource::Engine:
      return "engine";
    case LogSource::Strategy:
      return "strategy";
    case LogSource::Venue:
      return "venue";
    case LogSource::Operator:
      return "operator";
    case LogSource::Server:
      break;
  }
  return "server";
}

std::string_view name_of(OrderSource source) {
  return source == OrderSource::Manual ? "manual" : source == OrderSource::Venue ? "venue" : "strategy";
}

std::string speed_text(std::int64_t milli) {
  return milli == kSpeedMax ? "max" : format_decimal_trimmed(Int128{milli}, 3);
}

}  // namespace stom
