// Which price moves an order that waits, and when it acts (docs/fills.md, R6): one rule for the simulator and for the
// orders that STOM keeps itself (orders/holding_link.hpp).
#pragma once

#include <algorithm>

#include "model/order.hpp"
#include "model/views.hpp"

namespace stom {

inline bool waits_for_trigger(OrderType type) { return type != OrderType::Limit && type != OrderType::Market; }

/// The newest of each kind at one instrument; kNoPrice: not known.
struct TriggerPrices {
  Price last = kNoPrice, mark = kNoPrice, index = kNoPrice, bid = kNoPrice, ask = kNoPrice;

  Price of(const NewOrder& order) const {
    switch (order.trigger_by) {
      case TriggerBy::Last:
        return last;
      case TriggerBy::Mark:
        return mark;
      case TriggerBy::Index:
        return index;
      case TriggerBy::BidAsk:
        return order.side == Side::Buy ? ask : bid;
    }
    return kNoPrice;
  }
};

/// `best`: of a trailing stop the best price seen, which that price may become; kNoPrice: none yet.
inline bool is_triggered(const NewOrder& order, Price price, Price& best) {
  const bool buy = order.side == Side::Buy;
  switch (order.type) {
    case OrderType::Stop:
    case OrderType::StopLimit:
      return buy ? price >= order.trigger_price : price <= order.trigger_price;
    case OrderType::TakeProfit:
    case OrderType::TakeProfitLimit:
      return buy ? price <= order.trigger_price : price >= order.trigger_price;
    case OrderType::TrailingStop:
      best = best == kNoPrice ? price : buy ? std::min(best, price) : std::max(best, price);
      return buy ? price >= best + order.trail : price <= best - order.trail;
    default:
      return false;
  }
}

}  // namespace stom
