// Orders at Binance: sent, canceled, and answered. What the venue says of them, whoever asked, is in
// client_reports.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "venues/adopted_orders.hpp"
#include "venues/binance/market_client.hpp"
#include "venues/binance/order_form.hpp"

namespace stom::venues::binance {
namespace {

constexpr DurationNanos kTooLate = 6 * kSecond;  // behind recvWindow, which we leave at 5 s
constexpr std::int64_t kOtherSideMode = -4061;   // an order that does not fit the account's position mode

}  // namespace

void MarketClient::submit(const NewOrder& order, UnixNanos now, Actions& actions) { place(order, now, now, actions); }

void MarketClient::place(const NewOrder& order, UnixNanos since, UnixNanos now, Actions& actions) {
  const auto symbol = symbols_.find(order.instrument);
  Order fresh;
  fresh.order = order;
  fresh.client_id = client_id_of(order.id);
  const auto deny = [&](RejectReason reason, std::string_view why) {
    fresh.reason = reason;
    report(fresh, OrderEventKind::Denied, now, why, actions);
  };
  if (!signer_) return deny(RejectReason::Unsupported, "no key: public data alone");
  if (symbol == symbols_.end()) return deny(RejectReason::Unsupported, "the instrument is not watched");
  if (const auto why = not_offered(feed_, order); !why.empty()) return deny(RejectReason::Unsupported, why);
  if (setup_.stopped()) return deny(RejectReason::Unsupported, setup_.text());
  if (const auto lost = orders_.find(fresh.client_id);
      lost != orders_.end() && (!lost->second.is_ours || lost->second.adopted))
    return deny(RejectReason::DuplicateId, "an order of that name works there that this session does not know");
  if (!suits_) {
    if (early_.empty()) actions.timer(kEarlyEnds, since + kOrderWaits + 1);
    return early_.push_back({order, since});
  }
  const auto& watched = watched_.find(symbol->second)->second;
  const bool algo = is_algo(feed_, order), by_socket = orders_open_ && !algo;
  Request& request = by_socket ? request_ : placing_;
  if (by_socket) {
    call("order.place", Priority::Order, tag_of(About::Order, order.id), {{kWeight, 1}, {kOrders10s, 1}});
    request.sign_late = true;
  } else {
    request.target = algo ? algo_path_ : order_path_;
    request.body.clear();
    request.tag = tag_of(About::Order, order.id);
  }
  append_order(request.body, feed_, order, watched.instrument, by_socket ? symbol->second : watched.wire,
               fresh.client_id);
  request.order = order;
  // The gateway knows when it was asked for, no more.
  request.not_after = since == now ? kNever : since + kOrderWaits;
  own_.add(order.id);
  std::string id = fresh.client_id;
  orders_.insert_or_assign(std::move(id), std::move(fresh));
  actions.request(request);
}

void MarketClient::adopt(const NewOrder& wanted, std::string_view venue_order_id, UnixNanos now, Actions& actions) {
  const auto at = adopt_from(orders_, wanted, venue_order_id, is_adoptable);
  if (at == orders_.end()) return actions.order(not_adopted(wanted, now));
  adopted_.insert_or_assign(wanted.id, at->first);
  own_.add(wanted.id);
  report(at->second, OrderEventKind::Accepted, now, "", actions);
}

void MarketClient::cancel(const CancelOrder& cancel, UnixNanos now, Actions& actions) {
  if (const auto early = std::ranges::find(early_, cancel.id, [](const Early& one) { return one.order.id; });
      early != early_.end()) {
    const auto order = early->order;
    early_.erase(early);
    return early_ended(order, OrderEventKind::Canceled, RejectReason::None, "it had not been sent yet", now, actions);
  }
  auto* order = ours(cancel.id);
  if (!order || symbol_of(*order).empty()) {
    Order none;
    none.order.id = cancel.id;
    none.order.instrument = cancel.instrument;
    none.client_id = client_id_of(cancel.id);
    none.reason = RejectReason::UnknownOrder;
    return report(none, OrderEventKind::CancelRejected, now, "no such order is working", actions);
  }
  order->cancel_sent = true;
  if (orders_open_ && !waits_at_algo(*order)) {
    call("order.cancel", Priority::Risk, tag_of(About::Cancel, cancel.id), {{kWeight, 1}});
    request_.body = fmt::format("symbol={}&{}", symbol_of(*order), name_of(*order));
  } else {
    rest("DELETE", place_of(*order), Priority::Risk, tag_of(About::Cancel, cancel.id), {{kWeight, 1}});
  }
  request_.sign_late = true;
  actions.request(request_);
}

void MarketClient::cancel_all(std::span<const InstrumentIndex> instruments, UnixNanos now, Actions& actions) {
  if (!signer_) return;
  const auto meant = [&](InstrumentIndex one) {
    return instruments.empty() || std::ranges::find(instruments, one) != instruments.end();
  };
  for (const auto& early : std::exchange(early_, {})) {
    if (meant(early.order.instrument))
      early_ended(early.order, OrderEventKind::Canceled, RejectReason::None, "it had not been sent yet", now, actions);
    else
      early_.push_back(early);
  }
  for (const auto& [index, symbol] : symbols_) {
    if (!meant(index) || canceling_[index] > 0) continue;
    for (const auto path : {product_.cancel_all, product_.cancel_all_algos}) {
      if (path.empty()) continue;
      ++canceling_[index];
      rest("DELETE", fmt::format("{}{}?symbol={}", product_.api, path, wire(symbol)), Priority::Risk,
           tag_of(About::CancelAll, index), {{kWeight, 1}});
      request_.sign_late = true;
      actions.request(request_);
    }
  }
}

std::span<const WorkingOrder> MarketClient::working_orders() const {
  working_.clear();
  for (const auto& [client_id, order] : orders_)
    if (order.accepted)
      working_.push_back({order.is_ours ? order.order.id : 0, order.order.instrument, order.order.side,
                          order.order.price, order.order.quantity - order.filled, order.venue_order_id, order.client_id,
                          order.triggered ? Price{} : order.order.trigger_price, is_adoptable(order),
                          FilledBefore{order.filled, order.value, {}}});
  return working_;
}

std::string MarketClient::client_id_of(ClientOrderId id) const {
  if (const auto adopted = adopted_.find(id); adopted != adopted_.end()) return adopted->second;
  std::string out = client_id_prefix_;
  out += fmt::format_int{id}.c_str();
  return out;
}

Order* MarketClient::ours(ClientOrderId id) {
  const auto at = orders_.find(client_id_of(id));
  return at == orders_.end() || !at->second.is_ours ? nullptr : &at->second;
}

std::string MarketClient::symbol_of(const Order& order) const {
  const auto at = symbols_.find(order.order.instrument);
  return at == symbols_.end() ? std::string{} : at->second;
}

void MarketClient::report(const Order& order, OrderEventKind kind, UnixNanos now, std::string_view why,
                          Actions& actions) {
  OrderReport out = report_of(order, kind, now, why);
  out.client_id = order.client_id;
  actions.order(out);
}

void MarketClient::order_answered(ClientOrderId id, About about, const Reply& reply, UnixNanos now, Actions& actions) {
  auto* order = ours(id);
  if (!order) return;  // the user stream was faster, and it is over
  if (reply.status == 200) {
    if (told(reply.body, now, actions) && (about == About::Order || states_are_told()))
      return about == About::Query ? find_cancel(id, now, actions) : void();
    // It was taken, or it is known there, and we cannot read as what.
    order = ours(id);
    if (!order) return;
    if (about == About::Order) order->unknown_since = now;
    order->asking = true;
    return retry_at(now, actions);
  }
  const auto refusal = refusal_in(reply.body);
  // 5xx and -1006, -1007: "execution status unknown". So is a refusal without the venue's own words.
  if (!refusal || reply.status >= 500 || refusal->leaves_unknown()) {
    if (about == About::Order) {
      order->unknown_since = now;
      actions.order_unknown(order->order.id, order->order.instrument);
    }
    order->asking = true;
    return retry_at(now, actions);
  }
  if (about == About::Query) {
    // Not there: it never arrived, once its time stamp is too old to be taken (recvWindow). Where its own answer is
    // still awaited, that decides.
    const bool absent = refusal->code == -2013;
    if (absent && order->unknown_since == kNoTime) {
      order->asking = false;
      return;
    }
    // A stamp of when its clock was taken to be ahead is young for longer.
    if (!absent || now < order->unknown_since + kTooLate || now + offset_ < stamped_until_ + kTooLate) {
      order->asking = true;
      return retry_at(now, actions);
    }
  }
  order->asking = false;
  const bool forgotten = order->accepted && about == About::Query;
  if (forgotten && !order->resumed) return;
  // What ended long ago, the venue may know no more: it does not work, and what it traded the account shows.
  order->reason = forgotten ? RejectReason::UnknownOrder : refusal->reason();
  report(*order, forgotten ? OrderEventKind::Expired : OrderEventKind::Rejected, now, refusal->text(), actions);
  forget_ours(*order);
  orders_.erase(order->client_id);
  if (refusal->code == kOtherSideMode) {  // it was switched meanwhile
    setup_.found_hedge_mode();
    unsuited(now, actions);
  }
}

void MarketClient::cancel_answered(ClientOrderId id, const Reply& reply, UnixNanos now, Actions& actions) {
  auto* order = ours(id);
  if (!order || !order->cancel_sent) return;  // of one that had its id before
  if (reply.status == 200) {
    const bool understood = told(reply.body, now, actions);
    order = ours(id);
    if (order && !understood) return query(*order, actions);
    if (!order || !waits_at_algo(*order)) return;
    report(*order, OrderEventKind::Canceled, now, "", actions);  // the algo service says no more than that
    forget_ours(*order);
    orders_.erase(order->client_id);
    return;
  }
  const auto refusal = refusal_in(reply.body);
  if (!refusal || reply.status >= 500) return lose_cancel(*order, actions);
  order->reason = refusal->reason();
  report(*order, OrderEventKind::CancelRejected, now, refusal->text(), actions);
  order->reason = RejectReason::None;
  // "Unknown order": filled or canceled meanwhile. The user stream tells; where it did not, the answer does.
  if (refusal->code == -2011) query(*order, actions);
}

void MarketClient::lose_cancel(Order& order, Actions& actions) {
  order.cancel_lost = true;
  query(order, actions);
}

void MarketClient::find_cancel(ClientOrderId id, UnixNanos now, Actions& actions) {
  auto* order = ours(id);
  if (!order || order->ending || !std::exchange(order->cancel_lost, false)) return;
  order->asking = false;
  report(*order, OrderEventKind::CancelRejected, now, "the order still works: the cancel did not arrive", actions);
}

}  // namespace stom::venues::binance
