#include "replay/order_desk.hpp"

#include <algorithm>
#include <cstdlib>

#include "account/fees.hpp"
#include "model/cash_flow.hpp"

namespace stom::replay {
namespace {

Int128 magnitude(Int128 value) { return value < 0 ? -value : value; }

/// The price at which `quantity` would have cost the same: of an inverse contract from its coins, else from price x
/// quantity.
Money average_of(const Instrument& instrument, Int128 cost, Money cash, std::int64_t quantity) {
  if (quantity == 0) return {};
  if (instrument.kind != ContractKind::Inverse)
    return {divide(cost * power_of_ten(kMoneyDecimals - instrument.price_decimals), quantity, Rounding::HalfEven)};
  if (cash.value == 0) return {};
  constexpr int kDigits = 8;  // a price of an inverse contract has one or two
  const Int128 dollars = magnitude(Int128{quantity} * instrument.contract_size) *
                         power_of_ten(kMoneyDecimals - instrument.quantity_decimals) * power_of_ten(kDigits);
  return {divide(dollars, magnitude(cash.value), Rounding::HalfEven) * power_of_ten(kMoneyDecimals - kDigits)};
}

/// One of a bracket's: as large as what is left to close.
void resize(OrderRow& row, Quantity leaves) {
  row.leaves = leaves;
  row.quantity = row.filled + leaves;
}

}  // namespace

const OrderRow& OrderDesk::submitted(const NewOrder& order, OrderSource source, UnixNanos now) {
  if (source == OrderSource::Strategy) ++strategy_orders_;
  return begin(order, source, now);
}

OrderRow& OrderDesk::begin(const NewOrder& order, OrderSource source, UnixNanos now) {
  Entry& entry = newest_[order.id];
  entry = Entry{};
  OrderRow& row = entry.row;
  row.number = ++orders_;
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
  if (event.kind == OrderEventKind::Filled) book(event);
  Entry* entry = find_entry(event);
  if (entry == nullptr) return nullptr;
  OrderRow& row = entry->row;
  row.updated = event.local_time;
  switch (event.kind) {
    case OrderEventKind::Accepted:
      row.status = OrderStatus::Working;
      if (event.reason == RejectReason::Held) resize(row, event.leaves);
      break;
    case OrderEventKind::Filled:
      row.filled += event.quantity;
      row.leaves = row.source == OrderSource::Venue ? Quantity{} : event.leaves;
      entry->cost += Int128{event.price.value} * event.quantity.value;
      entry->cash += cash_of_fill(instruments_[row.instrument], event.side, event.price, event.quantity);
      row.average_price = average_of(instruments_[row.instrument], entry->cost, entry->cash, row.filled.value);
      row.status = row.leaves.value == 0 ? OrderStatus::Filled : OrderStatus::Working;
      fill.number = ++fills_;
      fill.source = row.source;
      fill.fill = fill_of(event);
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
      if (event.reason == RejectReason::Held) resize(row, event.leaves);
      break;
    case OrderEventKind::CancelRejected:
    case OrderEventKind::Funding:
      break;
  }
  if (!row.is_open()) open_.erase(row.number);
  return &row;
}

/// The order that the event is about. A position that the venue takes away is closed by orders that nobody sent: such a
/// one is as large as what it has filled. Nor are the closing orders of a bracket sent: they begin as they are kept,
/// and are of whoever sent the bracket.
OrderDesk::Entry* OrderDesk::find_entry(const OrderEvent& event) {
  const auto found = newest_.find(event.id);
  const bool liquidates = (event.id & kLiquidationChild) != 0 && event.kind == OrderEventKind::Filled;
  const auto parent = newest_.find(event.id & kParentIds);
  const bool closes = (event.id & (kStopLossChild | kTakeProfitChild)) != 0 && parent != newest_.end() &&
                      event.kind == OrderEventKind::Accepted && event.reason == RejectReason::Held;
  if (found == newest_.end() && !liquidates && !closes) return nullptr;
  if (found == newest_.end()) {
    NewOrder order;
    order.id = event.id;
    order.instrument = event.instrument;
    order.side = event.side;
    order.type = OrderType::Market;
    order.time_in_force = TimeInForce::IOC;
    order.reduce_only = true;
    if (closes) {
      order.type = event.id & kStopLossChild ? OrderType::Stop : OrderType::TakeProfit;
      order.time_in_force = TimeInForce::GTC;
      order.trigger_price = event.price;
      order.quantity = event.leaves;
    }
    begin(order, closes ? parent->second.row.source : OrderSource::Venue, event.local_time);
  }
  Entry& entry = newest_[event.id];
  if (liquidates) entry.row.quantity += event.quantity;
  return &entry;
}

/// What reduces a position realises its share of the cost; the rounding of that share stays in what is left open.
void OrderDesk::book(const OrderEvent& event) {
  Holding& holding = holdings_[event.instrument];
  const Instrument& instrument = instruments_[event.instrument];
  holding.traded = true;
  holding.fees += event.fee;
  Money cash = cash_of_fill(instrument, event.side, event.price, event.quantity);
  std::int64_t change = sign_of(event.side) * event.quantity.value;
  const std::int64_t open = holding.quantity.value;
  const bool reduces = open != 0 && (open > 0) != (change > 0);
  if (reduces) {
    const std::int64_t size = std::min(std::abs(open), std::abs(change));
    const std::int64_t closed = change > 0 ? size : -size;
    const Int128 share =
        size == std::abs(open) ? holding.cost : divide(holding.cost * size, std::abs(open), Rounding::HalfEven);
    const Money got = size == event.quantity.value ? cash : cash_of_fill(instrument, event.side, event.price, {size});
    const Money basis{size == std::abs(open) ? holding.basis.value
                                             : share_of(holding.basis.value, size, std::abs(open), Rounding::HalfEven)};
    holding.realized += got - basis;
    holding.basis -= basis;
    cash -= got;
    holding.cost -= share;
    holding.quantity.value += closed;
    change -= closed;
  }
  holding.quantity.value += change;
  holding.cost += Int128{event.price.value} * change;
  holding.basis -= cash;
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

Money OrderDesk::average_price(InstrumentIndex index) const {
  const Holding& holding = holdings_[index];
  return average_of(instruments_[index], holding.cost, holding.basis, holding.quantity.value);
}

}  // namespace stom::replay
