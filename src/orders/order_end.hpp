// When an order is over.
#pragma once

#include <optional>

#include "model/order.hpp"

namespace stom::orders {

/// As what it is over by that event; nothing where it still works.
constexpr std::optional<OrderStatus> end_of(const OrderEvent& event) {
  switch (event.kind) {
    case OrderEventKind::Accepted:
    case OrderEventKind::CancelRejected:
    case OrderEventKind::Triggered:
    case OrderEventKind::Funding:
      return std::nullopt;
    case OrderEventKind::Filled:
      return event.leaves.value == 0 ? std::optional{OrderStatus::Filled} : std::nullopt;
    case OrderEventKind::Canceled:
      return OrderStatus::Canceled;
    case OrderEventKind::Expired:
      return OrderStatus::Expired;
    case OrderEventKind::Rejected:
    case OrderEventKind::Denied:
      break;
  }
  return OrderStatus::Rejected;
}

}  // namespace stom::orders
