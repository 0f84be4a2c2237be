// The fields of what a run's state is made of, named for whoever writes it down and reads it back (core/state_io.hpp).
// A type that gets a field more does not compile here until it is named.
#pragma once

#include "core/state_io.hpp"
#include "model/fill.hpp"
#include "model/order.hpp"
#include "model/types.hpp"
#include "model/views.hpp"

namespace stom {

template <class Io, class Tag, class Rep>
void fields(Io& io, Fixed<Tag, Rep>& number) {
  io(number.value);
}

template <class Io>
void fields(Io& io, NewOrder& order) {
  auto& [id, instrument, side, type, time_in_force, trigger_by, post_only, reduce_only, quantity, price, trigger_price,
         trail, display, expire_time, size_by, bar_fill, stop_loss, take_profit] = order;
  io(id, instrument, side, type, time_in_force, trigger_by, post_only, reduce_only, quantity, price, trigger_price,
     trail, display, expire_time, size_by, bar_fill, stop_loss, take_profit);
}

template <class Io>
void fields(Io& io, WorkingOrder& order) {
  auto& [id, instrument, side, type, status, cancel_pending, price, quantity, leaves, request] = order;
  io(id, instrument, side, type, status, cancel_pending, price, quantity, leaves, request);
}

template <class Io>
void fields(Io& io, Fill& fill) {
  auto& [time, local_time, instrument, side, liquidity, order, price, quantity, fee] = fill;
  io(time, local_time, instrument, side, liquidity, order, price, quantity, fee);
}

}  // namespace stom
