#include "risk/holdings.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "core/decimal.hpp"

namespace stom::risk {

Quantity plus(Quantity a, Int128 b) {
  constexpr Int128 kMost = std::numeric_limits<std::int64_t>::max();
  return {static_cast<std::int64_t>(std::clamp(a.value + b, -kMost, kMost))};
}

Holdings::Holdings(std::vector<std::size_t> group_of) : held_(group_of.size()), group_of_{std::move(group_of)} {
  open_.reserve(held_.size());
  orders_of_.resize(group_of_.empty() ? 0 : std::ranges::max(group_of_) + 1);
}

/// Its state has changed: it is open now, or not any more.
void Holdings::note(InstrumentIndex instrument) {
  Held& held = held_[instrument];
  const bool open = held.position.value != 0 || !held.orders.empty();
  if (open == held.open) return;
  held.open = open;
  if (open)
    open_.push_back(instrument);
  else
    std::erase(open_, instrument);
}

void Holdings::come_nearer(Held& held, const Working& order) {
  if (!has_price(order.type)) return;
  std::int64_t& nearest = held.nearest[index_of(order.side)];
  nearest = order.side == Side::Buy ? std::max(nearest, order.price.value) : std::min(nearest, order.price.value);
}

/// An order of the whole position closes what is there, and counts on neither side.
void Holdings::sent(const NewOrder& order, RunIndex run, Quantity quantity, std::int64_t twice_reference,
                    std::uint64_t request) {
  Held& held = held_[order.instrument];
  Quantity& works = held.working[index_of(order.side)];
  const Quantity before = works;
  if (order.size_by == SizeBy::Quantity && quantity.value > 0) works = plus(works, quantity.value);
  const Quantity leaves = works - before;
  ++orders_;
  ++orders_of_[group_of_[order.instrument]];
  held.orders.push_back(
      {run, order.id, order.instrument, order.side, order.type, order.price, leaves, twice_reference, request});
  come_nearer(held, held.orders.back());
  note(order.instrument);
}

void Holdings::told(const OrderEvent& event, RunIndex run, std::uint64_t request) {
  using enum OrderEventKind;
  Held& held = held_[event.instrument];
  if (event.kind == Filled) {
    held.position.value += sign_of(event.side) * event.quantity.value;
    note(event.instrument);
  }
  if (event.kind == Accepted || event.kind == Triggered || event.kind == CancelRejected || event.kind == Funding)
    return;
  const auto is_it = [&](const Working& one) { return one.id == event.id && one.run == run; };
  auto order = std::ranges::find_if(held.orders, is_it);
  if (order == held.orders.end()) return;  // one that the venue made, such as the stop of a bracket
  if (event.kind == Rejected || event.kind == Denied) [[unlikely]] {
    const auto asked = std::ranges::find_if(
        held.orders, [&](const Working& one) { return is_it(one) && request != 0 && one.request == request; });
    // Where nobody says which: the newest that asked for the id, never the one that has it.
    if (asked != held.orders.end())
      order = asked;
    else if (is_refused_as_duplicate(event))
      order = std::prev(std::find_if(held.orders.rbegin(), held.orders.rend(), is_it).base());
  }
  const bool over = event.kind != Filled || event.leaves.value == 0;
  const Quantity left = over ? Quantity{} : std::min(event.leaves, order->leaves);
  held.working[index_of(order->side)] -= order->leaves - left;
  order->leaves = left;
  if (!over) return;
  --orders_;
  --orders_of_[group_of_[event.instrument]];
  const Side side = order->side;
  const bool was_nearest = has_price(order->type) && order->price.value == held.nearest[index_of(side)];
  held.orders.erase(order);
  if (was_nearest) {
    held.nearest[index_of(side)] = kNoPrices[index_of(side)];
    for (const Working& one : held.orders)
      if (one.side == side) come_nearer(held, one);
  }
  note(event.instrument);
}

const Holdings::Working* Holdings::order(InstrumentIndex instrument, ClientOrderId id, RunIndex run) const {
  const auto& orders = held_[instrument].orders;
  const auto at = std::ranges::find_if(orders, [&](const Working& one) { return one.id == id && one.run == run; });
  return at == orders.end() ? nullptr : &*at;
}

}  // namespace stom::risk
