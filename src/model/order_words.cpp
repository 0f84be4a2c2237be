#include "model/order_words.hpp"

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
    case RejectReason::Held:
      return "held";
    case RejectReason::RiskPriceBand:
      return "risk_price_band";
    case RejectReason::RiskOrderQuantity:
      return "risk_order_quantity";
    case RejectReason::RiskOrderNotional:
      return "risk_order_notional";
    case RejectReason::RiskPosition:
      return "risk_position";
    case RejectReason::RiskGrossExposure:
      return "risk_gross_exposure";
    case RejectReason::RiskNetExposure:
      return "risk_net_exposure";
    case RejectReason::RiskWorkingOrders:
      return "risk_working_orders";
    case RejectReason::RiskOrderRate:
      return "risk_order_rate";
    case RejectReason::RiskDuplicate:
      return "risk_duplicate";
    case RejectReason::RiskSelfTrade:
      return "risk_self_trade";
    case RejectReason::RiskReduceOnly:
      return "risk_reduce_only";
    case RejectReason::RiskUnknown:
      return "risk_unknown";
    case RejectReason::RiskStopped:
      return "risk_stopped";
    case RejectReason::RiskLeverage:
      return "risk_leverage";
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

std::string_view name_of(OrderEventKind kind) {
  switch (kind) {
    case OrderEventKind::Accepted:
      return "accepted";
    case OrderEventKind::Rejected:
      return "rejected";
    case OrderEventKind::Denied:
      return "denied";
    case OrderEventKind::Triggered:
      return "triggered";
    case OrderEventKind::Filled:
      return "filled";
    case OrderEventKind::Canceled:
      return "canceled";
    case OrderEventKind::Expired:
      return "expired";
    case OrderEventKind::CancelRejected:
      return "cancel_rejected";
    case OrderEventKind::Funding:
      break;
  }
  return "funding";
}

std::string_view name_of(TriggerBy by) {
  switch (by) {
    case TriggerBy::Last:
      return "last";
    case TriggerBy::Mark:
      return "mark";
    case TriggerBy::Index:
      return "index";
    case TriggerBy::BidAsk:
      break;
  }
  return "bid_ask";
}

std::string_view name_of(SizeBy by) {
  switch (by) {
    case SizeBy::Quantity:
      return "quantity";
    case SizeBy::CashFraction:
      return "cash_fraction";
    case SizeBy::Position:
      break;
  }
  return "position";
}

std::string_view name_of(BarFill fill) { return fill == BarFill::NextOpen ? "next_open" : "this_close"; }
std::string_view name_of(Liquidity liquidity) { return liquidity == Liquidity::Maker ? "maker" : "taker"; }

}  // namespace stom
