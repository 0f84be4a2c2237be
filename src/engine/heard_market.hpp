// What our side knows of an instrument, as an order that STOM keeps begins to wait for its price (orders/holding_runs).
#pragma once

#include "market/market.hpp"
#include "orders/holding_link.hpp"

namespace stom {

/// The index price comes with the next mark price.
inline orders::HoldingLink::Heard heard_of(const InstrumentMarket& market) {
  const Price mark = market.mark_price.value > 0 ? market.mark_price : kNoPrice;
  return {.prices = {.last = market.last_price, .mark = mark, .bid = market.best_bid, .ask = market.best_ask},
          .stale = market.stale,
          .gathering = market.gathering};
}

}  // namespace stom
