#include "orders/account_state.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "orders/order_end.hpp"

namespace stom::orders {
namespace {

constexpr ClientOrderId next_million(ClientOrderId id) {
  constexpr ClientOrderId kMillion = 1'000'000;
  return id + kMillion - id % kMillion;
}

// What is above is a bracket's (model/order.hpp).
static_assert(static_cast<ClientOrderId>(kNever / kMillisecond) < kParentIds);

}  // namespace

ClientOrderId first_id_of_process(ClientOrderId next, UnixNanos now) {
  const auto by_clock = static_cast<ClientOrderId>(std::max<UnixNanos>(now, 0) / kMillisecond);
  return by_clock > next ? by_clock : next_million(next);
}

void AccountState::Holding::book(const Fill& fill, const Instrument& traded) {
  const std::int64_t by = sign_of(fill.side) * fill.quantity.value, before = position.value;
  position.value += by;
  const bool grows = before == 0 || (before > 0) == (by > 0), turns = !grows && (before > 0) != (before + by > 0);
  if (grows)
    entry_value += Int128{fill.price.value} * by;
  else if (turns)
    entry_value = Int128{fill.price.value} * position.value;  // 0 where it is closed
  else
    entry_value = share_of(entry_value, std::abs(position.value), std::abs(before));
  cash += cash_of_fill(traded, fill.side, fill.price, fill.quantity) - fill.fee;
}

void AccountState::book_fill(const OrderEvent& event, const Instrument& traded) {
  Holding& holding = holdings_[event.instrument];
  holding.book(fill_of(event), traded);
  total_fee_ += event.fee;
  if (event.coin_fee != 0) holding.dust += dust_of_fill(traded, event);
  ++fill_count_;
  last_[event.instrument].fill = event.local_time;
  if (!keeps_history_) return;
  note_exit(event.id);
  fills_.push_back(fill_of(event));
}

void AccountState::note_exit(ClientOrderId id) {
  if ((id & (kStopLossChild | kTakeProfitChild | kEndOfDataChild | kLiquidationChild)) == 0) return;
  if (id & kStopLossChild) exit_reasons_[id] = "stop_loss";
  if (id & kTakeProfitChild) exit_reasons_[id] = "take_profit";
  if (id & kEndOfDataChild) exit_reasons_[id] = "end_of_data";
  if (id & kLiquidationChild) exit_reasons_[id] = "liquidation";
}

/// The one that asked for an id that another one has: by its request, or, where a cancel has changed that, the newest.
WorkingOrder* AccountState::find_duplicate(std::uint64_t request, ClientOrderId id) {
  WorkingOrder* newest = nullptr;
  for (WorkingOrder& order : orders_) {
    if (order.id != id) continue;
    newest = &order;
    if (order.request == request) break;
  }
  return newest;
}

void AccountState::told(std::uint64_t request, const OrderEvent& event, const Instrument& traded) {
  if (event.kind == OrderEventKind::Funding) {
    holdings_[event.instrument].cash -= event.fee;
    UnixNanos& last = last_[event.instrument].funding;
    last = std::max(last, event.time);
    if (keeps_history_) payments_.push_back({event.time, event.instrument, event.price, event.quantity, event.fee});
    return;
  }
  if (event.kind == OrderEventKind::Filled) book_fill(event, traded);
  if (event.kind == OrderEventKind::Rejected || event.kind == OrderEventKind::Denied)
    ++refused_[static_cast<std::size_t>(event.reason)];
  WorkingOrder* order = is_refused_as_duplicate(event) ? find_duplicate(request, event.id) : find(event.id);
  const bool kept = event.kind == OrderEventKind::Accepted && event.reason == RejectReason::Held;
  if (order == nullptr && kept && (event.id & ~kParentIds) != 0) {  // a bracket's: nobody submitted it
    orders_.push_back({.id = event.id,
                       .instrument = event.instrument,
                       .side = event.side,
                       .type = event.id & kStopLossChild ? OrderType::Stop : OrderType::TakeProfit,
                       .request = request});
    order = &orders_.back();
  }
  if (order == nullptr) return;
  if (event.kind == OrderEventKind::Accepted) order->status = OrderStatus::Working;
  if (kept || (event.kind == OrderEventKind::Triggered && event.reason == RejectReason::Held)) {
    order->price = event.price;
    order->quantity = order->leaves = event.leaves;
  }
  if (event.kind == OrderEventKind::Filled) order->leaves = event.leaves;
  // An old cancel must not clear the mark of a newer request about an order that reuses the id.
  if (event.kind == OrderEventKind::CancelRejected && order->request == request) order->cancel_pending = false;
  if (const auto end = end_of(event)) {
    ++ended_[static_cast<std::size_t>(*end)];
    orders_.erase(orders_.begin() + (order - orders_.data()));
  }
}

void AccountState::restarted() {
  for (WorkingOrder& order : orders_) {
    if (order.status == OrderStatus::PendingNew) order.status = OrderStatus::Unknown;
    order.cancel_pending = false;
  }
  next_id_ = next_million(next_id_);
}

void AccountState::restore_fills(std::vector<Fill> fills) {
  forget_history();
  fills_ = std::move(fills);
  for (const Fill& fill : fills_) {  // once for both: of a million fills it goes through 64 MB
    fills_of_ = std::max(fills_of_, std::size_t{fill.instrument} + 1);
    note_exit(fill.order);
  }
}

void AccountState::forget_history() {
  fills_.clear();
  payments_.clear();
  exit_reasons_.clear();
}

/// Their memory goes, too: a session that goes on may have come with millions of them.
void AccountState::keep_no_history() {
  keeps_history_ = false;
  fills_ = std::vector<Fill>{};
  payments_ = std::vector<FundingPayment>{};
  exit_reasons_.clear();
  fills_of_ = 0;
}

bool AccountState::is_of(std::size_t instruments) const {
  const auto known = [&](const auto& of) { return of.instrument < instruments; };
  return holdings_.size() == instruments && last_.size() == instruments && fills_of_ <= instruments &&
         std::ranges::all_of(orders_, known);
}

}  // namespace stom::orders
