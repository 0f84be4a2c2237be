// What clients share of somebody else's orders that become the session's (Venue::adopt). An order as a client keeps it
// is one of report_of(), and says whether it is `adopted`.
#pragma once

#include <algorithm>
#include <string_view>

#include "venues/venue.hpp"

namespace stom::venues {

/// The one that is meant, of a client's by their names: it is ours from here on, under the id of `wanted`. Their end
/// where it does not rest there any more with what was to be adopted, or the client says that it is none to adopt.
template <class Orders, class IsAdoptable>
auto adopt_from(Orders& orders, const NewOrder& wanted, std::string_view venue_order_id, IsAdoptable is_adoptable) {
  const auto at = std::ranges::find_if(orders, [&](const auto& known) {
    return known.second.order.instrument == wanted.instrument && known.second.venue_order_id == venue_order_id &&
           is_adoptable(known.second);
  });
  if (at == orders.end() || at->second.order.quantity - at->second.filled != wanted.quantity) return orders.end();
  at->second.is_ours = at->second.adopted = true;
  at->second.order.id = wanted.id;
  return at;
}

/// What is told then.
inline OrderReport not_adopted(const NewOrder& wanted, UnixNanos now) {
  return {.event = {.kind = OrderEventKind::Rejected,
                    .side = wanted.side,
                    .reason = RejectReason::UnknownOrder,
                    .instrument = wanted.instrument,
                    .id = wanted.id,
                    .time = now,
                    .local_time = now,
                    .leaves = wanted.quantity},
          .client_id = {},
          .venue_order_id = {},
          .trade_id = {},
          .reason = "it has filled or ended meanwhile, and is not adopted"};
}

}  // namespace stom::venues
