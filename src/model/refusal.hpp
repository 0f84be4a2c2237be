// How an order or a cancel is answered that never reached the matching side.
#pragma once

#include "model/order.hpp"

namespace stom {

/// `order`: of a cancel, the id and the instrument of what it was about.
inline OrderEvent refusal_of(const NewOrder& order, OrderEventKind kind, RejectReason reason, UnixNanos at) {
  return {.kind = kind,
          .side = order.side,
          .reason = reason,
          .instrument = order.instrument,
          .id = order.id,
          .time = at,
          .local_time = at,
          .price = order.price};
}

}  // namespace stom
