#include "orders/held_orders.hpp"

#include <algorithm>

#include "orders/order_end.hpp"

namespace stom::orders {
namespace {

constexpr std::array kLegs{kStopLossChild, kTakeProfitChild};

}  // namespace

NewOrder as_sent(const NewOrder& order) {
  NewOrder sent = order;
  sent.stop_loss = sent.take_profit = {};
  if (!waits_for_trigger(order.type)) return sent;
  const bool limit = order.type == OrderType::StopLimit || order.type == OrderType::TakeProfitLimit;
  sent.type = limit ? OrderType::Limit : OrderType::Market;
  sent.trigger_by = TriggerBy::Last;
  sent.trigger_price = sent.trail = {};
  // Its time was that of its waiting (HoldingLink takes no other).
  if (sent.time_in_force == TimeInForce::GTD) sent.time_in_force = TimeInForce::GTC;
  sent.expire_time = kNever;
  return sent;
}

const HeldOrders::Order* HeldOrders::find(ClientOrderId id) const {
  const auto at = std::ranges::find(all_, id, [](const Order& order) { return order.order.id; });
  return at == all_.end() ? nullptr : &*at;
}

const HeldOrders::Bracket* HeldOrders::bracket_of(ClientOrderId child) const {
  if (!is_of_bracket(child)) return nullptr;
  const auto at = std::ranges::find(brackets_, child & kParentIds, [](const Bracket& b) { return b.parent.id; });
  return at == brackets_.end() ? nullptr : &*at;
}

HeldOrders::Bracket* HeldOrders::bracket_by(ClientOrderId parent) {
  const auto at = std::ranges::find(brackets_, parent, [](const Bracket& b) { return b.parent.id; });
  return at == brackets_.end() ? nullptr : &*at;
}

std::optional<std::uint64_t> HeldOrders::request_of(ClientOrderId id) const {
  if (const Order* order = find(id)) return order->request;
  return resting_.request_of(id);
}

void HeldOrders::submitted(std::uint64_t request, const NewOrder& order) {
  // Denied as a duplicate: that is none of the one that is there.
  if (order.id > kParentIds || is_taken(order.id)) return;
  const bool at_market = order.type == OrderType::Market;
  if (at_market || waits_for_trigger(order.type))
    all_.push_back({.order = order, .request = request, .sent = at_market});
  else
    resting_.put(order.id, request);
  if (order.stop_loss.value == 0 && order.take_profit.value == 0) return;
  brackets_.push_back(
      {.parent = order, .request = request, .legs = {Leg{.at = order.stop_loss}, Leg{.at = order.take_profit}}});
}

void HeldOrders::told(std::uint64_t request, const OrderEvent& event) {
  using enum OrderEventKind;
  if (event.kind == Funding || event.kind == CancelRejected) return;
  if (is_refused_as_duplicate(event) && request_of(event.id) != request) return;  // not the one that has the id
  if (event.reason == RejectReason::Held)
    told_here(request, event);
  else
    told_by_venue(event);
  forget_brackets();
}

void HeldOrders::told_here(std::uint64_t request, const OrderEvent& event) {
  Bracket* bracket = bracket_of(event.id);
  Order* order = find(event.id);
  switch (event.kind) {
    case OrderEventKind::Accepted:
      if (order == nullptr) {
        if (is_of_bracket(event.id)) begin_child(bracket, request, event);
        return;
      }
      order->kept = true;
      order->order.quantity = event.leaves;
      if (order->order.type == OrderType::TrailingStop) order->told_best = event.price;
      return;
    case OrderEventKind::Triggered:
      if (order == nullptr) return;
      order->kept = false;
      order->sent = true;
      order->leaving = {};
      order->order.quantity = event.leaves;
      return;
    default:
      break;
  }
  // Asked for, it is not wanted any more; by itself, it ended with what it was to close.
  if (bracket != nullptr) {
    if (request == 0)
      bracket->closed = bracket->opened;
    else
      leg_of(*bracket, event.id).given_up = true;
  }
  if (Bracket* over = bracket_by(event.id)) over->parent_over = true;
  end(event.id);
}

/// Of whose order it is; what closes for the session looks at all of the account.
std::int64_t HeldOrders::position_for(ClientOrderId id, InstrumentIndex instrument) const {
  const auto first = positions_.begin() + static_cast<std::ptrdiff_t>(instrument * owners());
  if (!is_shared_) return first->value;
  if (is_of_a_share(id)) return first[static_cast<std::ptrdiff_t>(owner_of(id))].value;
  std::int64_t all = 0;
  for (auto at = first; at != first + static_cast<std::ptrdiff_t>(kOwners); ++at) all += at->value;
  return all;
}

void HeldOrders::book(const OrderEvent& fill) {
  const auto add = [&](Owner owner, std::int64_t quantity) {
    position_of(owner, fill.instrument) += sign_of(fill.side) * quantity;
  };
  if (!is_shared_) return add(0, fill.quantity.value);
  if (is_of_a_share(fill.id)) return add(owner_of(fill.id), fill.quantity.value);
  add(kNobodysOwn,
      share_out(fill.side, fill.quantity.value, [&](Owner owner) { return position_of(owner, fill.instrument); }, add));
}

void HeldOrders::told_by_venue(const OrderEvent& event) {
  if (event.kind == OrderEventKind::Filled) {
    book(event);
    const std::int64_t position = position_for(event.id, event.instrument);
    if (Bracket* closes = bracket_of(event.id)) closes->closed += event.quantity;
    if (Bracket* opens = bracket_by(event.id))  // what only made an earlier position smaller is none of it
      opens->opened.value += std::clamp<std::int64_t>(sign_of(event.side) * position, 0, event.quantity.value);
  }
  if (Order* order = find(event.id)) {
    order->answered |= order->sent;
    if (event.kind == OrderEventKind::Filled && order->sent) order->order.quantity = event.leaves;
  }
  if (!end_of(event)) return;
  if (Bracket* over = bracket_by(event.id)) over->parent_over = true;
  Bracket* bracket = bracket_of(event.id);
  if (bracket != nullptr && event.kind != OrderEventKind::Filled) {
    Leg& leg = leg_of(*bracket, event.id);
    const bool is_last = was_one_too_many(event) && leg.rounds > kLastRound;
    if (was_not_sent(event) || is_last) {
      // Nobody has heard its number: an outage uses none of them up. The last one is used again: there is no other.
      if (leg.id == event.id) --leg.rounds;
    } else if (!never_arrived(event) && !was_one_too_many(event)) {
      leg.given_up = true;
    }
  }
  end(event.id);
}

/// Without a bracket: it is over, as due() says then.
void HeldOrders::begin_child(Bracket* bracket, std::uint64_t request, const OrderEvent& event) {
  if (bracket != nullptr) {
    Leg& leg = leg_of(*bracket, event.id);
    leg.id = event.id;
    ++leg.rounds;
  }
  all_.push_back({.order = {.id = event.id,
                            .instrument = event.instrument,
                            .side = event.side,
                            .type = event.id & kStopLossChild ? OrderType::Stop : OrderType::TakeProfit,
                            .trigger_by = bracket != nullptr ? bracket->parent.trigger_by : TriggerBy::Last,
                            .reduce_only = true,
                            .quantity = event.leaves,
                            .trigger_price = event.price},
                  .request = request,
                  .kept = true});
}

void HeldOrders::end(ClientOrderId id) {
  if (Bracket* bracket = bracket_of(id))
    if (Leg& leg = leg_of(*bracket, id); leg.id == id) leg.id = 0;
  std::erase_if(all_, [&](const Order& order) { return order.order.id == id; });
  resting_.erase(id);
}

void HeldOrders::forget_brackets() {
  const auto is_idle = [](const Bracket& b) {
    return std::ranges::all_of(b.legs, [](const Leg& leg) { return leg.id == 0; });
  };
  // What others closed of it, no order of it tells: it ends with the position. Where one waits, its cancel says so.
  for (Bracket& b : brackets_)
    if (is_idle(b) && b.open().value > 0 && open_to(b.parent.id, b.closing_side(), b.parent.instrument) <= 0)
      b.closed = b.opened;
  std::erase_if(brackets_, [&](const Bracket& b) {
    const bool done = b.open().value <= 0 ||
                      std::ranges::all_of(b.legs, [](const Leg& leg) { return leg.at.value == 0 || leg.given_up; });
    return b.parent_over && is_idle(b) && done;
  });
}

bool HeldOrders::is_of(std::size_t instruments) const {
  return positions_.size() == instruments * owners() &&
         std::ranges::all_of(all_, [&](const Order& one) { return one.order.instrument < instruments; }) &&
         std::ranges::all_of(brackets_, [&](const Bracket& one) { return one.parent.instrument < instruments; });
}

std::vector<std::pair<std::uint64_t, OrderEvent>> HeldOrders::due() const {
  std::vector<std::pair<std::uint64_t, OrderEvent>> all;
  for (const Bracket& bracket : brackets_) {
    const bool gone = open_to(bracket.parent.id, bracket.closing_side(), bracket.parent.instrument) <= 0;
    const Quantity wanted = gone ? Quantity{} : Quantity{std::max<std::int64_t>(bracket.open().value, 0)};
    for (std::size_t i = 0; i < kLegs.size(); ++i) {
      const Leg& leg = bracket.legs[i];
      if (leg.at.value == 0) continue;
      OrderEvent event{.kind = OrderEventKind::Accepted,
                       .side = bracket.closing_side(),
                       .reason = RejectReason::Held,
                       .instrument = bracket.parent.instrument,
                       .id = leg.id,
                       .price = leg.at,
                       .leaves = wanted};
      if (const Order* child = leg.id == 0 ? nullptr : find(leg.id)) {
        if (!child->kept || child->leaving.value != 0 || child->order.quantity == wanted) continue;
        if (wanted.value == 0) event.kind = OrderEventKind::Canceled;
        all.emplace_back(0, event);
      } else if (!leg.given_up && wanted.value > 0 && leg.rounds <= kLastRound) {
        event.id = kLegs[i] | leg.rounds << kChildRoundShift | bracket.parent.id;
        all.emplace_back(bracket.request, event);
      }
    }
  }
  // One whose bracket is over, as earlier versions of the program left them in a journal: it has nothing to close.
  for (const Order& order : all_)
    if (order.kept && order.leaving.value == 0 && is_of_bracket(order.order.id) &&
        bracket_of(order.order.id) == nullptr)
      all.emplace_back(0, OrderEvent{.kind = OrderEventKind::Canceled,
                                     .side = order.order.side,
                                     .reason = RejectReason::Held,
                                     .instrument = order.order.instrument,
                                     .id = order.order.id,
                                     .price = order.order.trigger_price});
  return all;
}

bool HeldOrders::may_act(const Order& order) const {
  if (!order.kept || order.leaving.value != 0) return false;
  const Bracket* bracket = bracket_of(order.order.id);
  if (bracket == nullptr) return true;
  return std::ranges::none_of(bracket->legs, [&](const Leg& leg) {
    const Order* other = leg.id == 0 || leg.id == order.order.id ? nullptr : find(leg.id);
    return other != nullptr && (other->sent || other->leaving.value != 0);
  });
}

bool HeldOrders::is_being_opened(const NewOrder& closing) const {
  return std::ranges::any_of(all_, [&](const Order& other) {
    return other.sent && other.order.instrument == closing.instrument && other.order.side != closing.side &&
           owner_of(other.order.id) == owner_of(closing.id);
  });
}

Quantity HeldOrders::sendable(const Order& order) const {
  if (!order.order.reduce_only) return order.order.quantity;
  std::int64_t open = open_to(order.order.id, order.order.side, order.order.instrument);
  const auto closes_another = [&](ClientOrderId id) {  // what is the session's own may close of this one's, too
    return is_of_a_share(id) && is_of_a_share(order.order.id) && owner_of(id) != owner_of(order.order.id);
  };
  for (const Order& other : all_) {
    if (other.order.instrument != order.order.instrument || other.order.side != order.order.side ||
        as_sent(other.order).type != OrderType::Market || closes_another(other.order.id))
      continue;  // one with a limit rests, perhaps for ever: a stop must not wait for it
    if (other.sent && other.order.size_by != SizeBy::Quantity) return {};  // perhaps all of it
    open -= other.sent ? other.order.quantity.value : other.leaving.value;
  }
  return {std::clamp<std::int64_t>(open, 0, order.order.quantity.value)};
}

}  // namespace stom::orders
