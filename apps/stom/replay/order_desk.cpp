#include "replay/order_desk.hpp"

#include <algorithm>
#include <cstdlib>

namespace stom::replay {

const OrderRow& OrderDesk::submitted(const NewOrder& order, OrderSource source, UnixNanos now) {
  Entry& entry = newest_[order.id];
  entry = Entry{};
  OrderRow& row = entry.row;
  row.number = ++orders_;
  if (source == OrderSource::Strategy) ++strategy_orders_;
  row.id = order.id;
  row.instrument = order.instrument;
  row.side = order.side;
  row.type = order.type;
  row.time_in_force = order.time_in_force;
  row.post_only = order.post_only;
  row.reduce_only = order.reduce_only;
  row.source = source;
  row.price = order.price;
  row.trigger_price = order.trigger_price;
  row.quantity = row.leaves = order.quantity;
  row.created = row.updated = now;
  open_[row.number] = row.id;
  return row;
}

const OrderRow* OrderDesk::on_event(const OrderEvent& event, FillRow& fill) {
  const auto found = newest_.find(event.id);
  if (event.kind == OrderEventKind::Filled) book(event);
  if (found == newest_.end()) return nullptr;
  Entry& entry = found->second;
  OrderRow& row = entry.row;
  row.updated = event.local_time;
  switch (event.kind) {
    case OrderEventKind::Accepted:
      row.status = OrderStatus::Working;
      break;
    case OrderEventKind::Filled:
      row.filled += event.quantity;
      row.leaves = event.leaves;
      entry.notional += Int128{event.price.value} * event.quantity.value;
      row.average_price = {
          divide(entry.notional * power_of_ten(kMoneyDecimals - instruments_[row.instrument].price_decimals),
                 row.filled.value, Rounding::HalfEven)};
      row.status = row.leaves.value == 0 ? OrderStatus::Filled : OrderStatus::Working;
      fill.number = ++fills_;
      fill.source = row.source;
      fill.fill = {event.time, event.local_time, event.instrument, event.side, event.liquidity,
                   event.id,   event.price,      event.quantity,   event.fee};
      break;
    case OrderEventKind::Rejected:
    case OrderEventKind::Denied:
      row.status = OrderStatus::Rejected;
      row.denied = event.kind == OrderEventKind::Denied;
      row.reason = event.reason;
      break;
    case OrderEventKind::Canceled:
      row.status = OrderStatus::Canceled;
      row.reason = event.reason;
      break;
    case OrderEventKind::Expired:
      row.status = OrderStatus::Expired;
      row.reason = event.reason;
      break;
    case OrderEventKind::Triggered:
    case OrderEventKind::CancelRejected:
    case OrderEventKind::Funding:
      break;
  }
  if (!row.is_open()) open_.erase(row.number);
  return &row;
}

/// What reduces a position realises its share of the cost; the rounding of that share stays in what is left open.
void OrderDesk::book(const OrderEvent& event) {
  Holding& holding = holdings_[event.instrument];
  holding.traded = true;
  holding.fees += event.fee;
  std::int64_t change = sign_of(event.side) * event.quantity.value;
  const std::int64_t open = holding.quantity.value;
  const bool reduces = open != 0 && (open > 0) != (change > 0);
  if (reduces) {
    const std::int64_t size = std::min(std::abs(open), std::abs(change));
    const std::int64_t closed = change > 0 ? size : -size;
    const Int128 share =
        size == std::abs(open) ? holding.cost : divide(holding.cost * size, std::abs(open), Rounding::HalfEven);
    holding.realized += money(event.instrument, -share - Int128{event.price.value} * closed);
    holding.cost -= share;
    holding.quantity.value += closed;
    change -= closed;
  }
  holding.quantity.value += change;
  holding.cost += Int128{event.price.value} * change;
}

const OrderRow* OrderDesk::find(ClientOrderId id) const {
  const auto found = newest_.find(id);
  return found == newest_.end() ? nullptr : &found->second.row;
}

bool OrderDesk::is_manual(ClientOrderId id) const {
  const OrderRow* row = find(id);
  return row != nullptr && row->source == OrderSource::Manual;
}

std::vector<ClientOrderId> OrderDesk::open_orders() const {
  std::vector<ClientOrderId> ids;
  for (const auto& [number, id] : open_) ids.push_back(id);
  return ids;
}

ClientOrderId OrderDesk::next_manual_id() {
  do ++last_manual_id_;
  while (newest_.contains(last_manual_id_));
  return last_manual_id_;
}

Money OrderDesk::money(InstrumentIndex index, Int128 price_times_quantity) const {
  return {price_times_quantity * value_of(instruments_[index], Price{1}, Quantity{1}).value};
}

}  // namespace stom::replay
