// How Binance is asked for an order (docs/venues/binance.md): the form of each kind, and what it does not offer. Orders
// that wait for a price go by the order's own path on spot and by the algo service on futures.
#pragma once

#include <string>
#include <string_view>

#include "model/instrument.hpp"
#include "model/order.hpp"
#include "venues/binance/market_data.hpp"

namespace stom::venues::binance {

/// Waits for a price.
inline bool is_conditional(const NewOrder& order) {
  return order.type != OrderType::Limit && order.type != OrderType::Market;
}
/// Is placed, asked for and canceled at the algo service for as long as it waits.
inline bool is_algo(Feed feed, const NewOrder& order) { return feed != Feed::Spot && is_conditional(order); }

/// Why there is no such order; empty where there is.
std::string_view not_offered(Feed feed, const NewOrder& order);

/// Behind what `form` has, whose memory is used again: an order's way to the wire takes nothing from the heap for it.
void append_order(std::string& form, Feed feed, const NewOrder& order, const Instrument& instrument,
                  std::string_view symbol, std::string_view client_id);

}  // namespace stom::venues::binance
