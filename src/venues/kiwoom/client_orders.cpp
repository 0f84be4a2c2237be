// Orders at Kiwoom from the wish to the end: sent, canceled, answered, lost. What the stream says of them is in
// client_reports.cpp, what the account's lists say in client_lists.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/decimal.hpp"
#include "venues/adopted_orders.hpp"
#include "venues/kiwoom/stock_client.hpp"
#include "venues/shapes.hpp"

namespace stom::venues::kiwoom {
namespace {

constexpr std::size_t kMostOver = 16'384;  // numbers of orders that are over
constexpr int kCancelsAtOnce = 3, kMostDoublings = 6;
constexpr DurationNanos kCancelsAtLeastEvery = kMinute;

}  // namespace

RejectReason reason_of(std::string_view words) {
  if (words.contains("1700") || words.contains("허용된 요청")) return RejectReason::TooManyOrders;
  if (words.contains("부족")) return RejectReason::InsufficientBalance;
  if (words.contains("호가단위")) return RejectReason::OffTick;
  if (words.contains("상한가") || words.contains("하한가")) return RejectReason::PriceOutOfRange;
  if (words.contains("원주문")) return RejectReason::UnknownOrder;
  return RejectReason::None;
}

TradeType trade_type(const NewOrder& order) {
  const bool limit = order.type == OrderType::Limit;
  switch (order.time_in_force) {
    case TimeInForce::IOC:
      return limit ? TradeType{"10", "보통(IOC)"} : TradeType{"13", "시장가(IOC)"};
    case TimeInForce::FOK:
      return limit ? TradeType{"20", "보통(FOK)"} : TradeType{"23", "시장가(FOK)"};
    default:
      return limit ? TradeType{"0", "보통"} : TradeType{"3", "시장가"};
  }
}

void StockClient::submit(const NewOrder& order, UnixNanos now, Actions& actions) {
  Order fresh;
  fresh.order = order;
  const auto deny = [&](std::string_view why) {
    fresh.reason = RejectReason::Unsupported;
    report(fresh, OrderEventKind::Denied, now, why, actions);
  };
  look_at_day(now, actions);
  const auto watched = watched_at(order.instrument);
  if (watched == watched_.end()) return deny("the instrument is not watched");
  if ((order.type != OrderType::Limit && order.type != OrderType::Market) || order.display.value != 0 ||
      order.post_only || order.size_by != SizeBy::Quantity || order.time_in_force == TimeInForce::GTD ||
      order.stop_loss.value != 0 || order.take_profit.value != 0)
    return deny("only limit and market orders by quantity, for the day, IOC or FOK");
  if (order.reduce_only && order.side == Side::Buy)
    return deny("there is no short position that a purchase could reduce");
  if (token_.empty()) return report(fresh, OrderEventKind::Denied, now, "there is no access token yet", actions);
  fresh.serial = ++last_serial_;
  fresh.day = today_;
  fresh.code = without_exchange(watched->first);
  fresh.exchange = exchange_of(watched->first);
  fresh.decimals = watched->second.decimals;
  fresh.since = now;
  const bool limit = order.type == OrderType::Limit;
  rest("/api/dostk/ordr", order.side == Side::Buy ? "kt10000" : "kt10001", Priority::Order,
       tag_of(About::Order, fresh.serial), {{order.side == Side::Buy ? kBuys : kSells, 1}});
  request_.body = fmt::format(
      R"({{"dmst_stex_tp":"{}","stk_cd":"{}","ord_qty":"{}","ord_uv":"{}","trde_tp":"{}","cond_uv":""}})",
      fresh.exchange, fresh.code, format_decimal_trimmed(Int128{order.quantity.value}, fresh.decimals.quantity),
      limit ? format_decimal_trimmed(Int128{order.price.value}, fresh.decimals.price) : "", trade_type(order).number);
  request_.order = order;
  orders_.push_back(std::move(fresh));
  actions.request(request_);
}

void StockClient::resume(std::span<const EarlierOrder> orders, ClientOrderId, ClientOrderId) {
  for (const EarlierOrder& earlier : orders) {
    Order order;
    order.order = earlier.order;
    order.serial = ++last_serial_;
    const auto symbol = std::string_view{earlier.instrument->id}.substr(earlier.instrument->id.find(':') + 1);
    order.code = without_exchange(symbol);
    order.exchange = exchange_of(symbol);
    order.decimals = {earlier.instrument->price_decimals, earlier.instrument->quantity_decimals};
    order.venue_order_id = earlier.venue_order_id;
    order.number = number_in(earlier.venue_order_id);
    order.since = earlier.submitted;
    order.day = day_of(earlier.submitted + kSeoul);
    order.accepted = earlier.accepted;
    order.order.quantity += earlier.before.quantity;
    order.filled = earlier.before.quantity;
    order.value = earlier.before.value;
    order.fees =
        static_cast<std::int64_t>(divide(earlier.before.fees.value, power_of_ten(kMoneyDecimals), Rounding::HalfEven));
    for (const Fill& fill : earlier.fills) {
      order.filled += fill.quantity;
      order.value += Int128{fill.price.value} * fill.quantity.value;
      order.fees += static_cast<std::int64_t>(divide(fill.fee.value, power_of_ten(kMoneyDecimals), Rounding::HalfEven));
    }
    order.counted = order.filled;  // the venue tells sums: what is in them was told
    orders_.push_back(std::move(order));
  }
}

void StockClient::resume_over(std::span<const EarlierNumber> numbers) {
  for (const EarlierNumber& one : numbers)
    over_before_.emplace_back(day_of(one.submitted + kSeoul), number_in(one.venue_order_id));
}

void StockClient::adopt(const NewOrder& wanted, std::string_view venue_order_id, UnixNanos now, Actions& actions) {
  const auto order = std::ranges::find_if(orders_, [&](const Order& known) {
    return known.order.instrument == wanted.instrument && known.venue_order_id == venue_order_id && is_adoptable(known);
  });
  if (order == orders_.end() || order->order.quantity - order->filled != wanted.quantity)
    return actions.order(not_adopted(wanted, now));
  order->is_ours = true;
  order->order.id = wanted.id;
  report(*order, OrderEventKind::Accepted, now, "", actions);
}

void StockClient::cancel(const CancelOrder& cancel, UnixNanos now, Actions& actions) {
  const auto order =
      std::ranges::find_if(orders_, [&](const Order& known) { return known.is_ours && known.order.id == cancel.id; });
  if (order != orders_.end()) return cancel_one(*order, actions);
  Order none;
  none.order.id = cancel.id;
  none.order.instrument = cancel.instrument;
  none.reason = RejectReason::UnknownOrder;
  report(none, OrderEventKind::CancelRejected, now, "no such order is working", actions);
}

void StockClient::cancel_all(std::span<const InstrumentIndex> instruments, UnixNanos, Actions& actions) {
  for (auto& order : orders_)
    if (instruments.empty() || std::ranges::find(instruments, order.order.instrument) != instruments.end())
      cancel_one(order, actions);
}

std::span<const WorkingOrder> StockClient::working_orders() const {
  working_.clear();
  for (const auto& order : orders_)
    if (order.accepted && order.day == today_ && order.filled < order.order.quantity)
      working_.push_back({order.is_ours && !order.late ? order.order.id : 0,
                          order.order.instrument,
                          order.order.side,
                          order.order.price,
                          order.order.quantity - order.filled,
                          order.venue_order_id,
                          {},
                          Price{},
                          is_adoptable(order),
                          FilledBefore{order.filled, order.value, money_of_won(order.fees)}});
  return working_;
}

void StockClient::report(const Order& order, OrderEventKind kind, UnixNanos now, std::string_view why,
                         Actions& actions) {
  if (!order.late) actions.order(report_of(order, kind, now, why));  // its end was told
}

void StockClient::cancel_one(Order& order, Actions& actions) {
  order.cancel_wanted = true;
  if (order.number == 0) return;    // when the venue has said what it is called
  if (order.day != today_) return;  // it rests nowhere: the list of its day says what became of it
  if (std::exchange(order.canceling, true)) return;
  rest("/api/dostk/ordr", "kt10003", Priority::Risk, tag_of(About::Cancel, order.serial), {{kCancels, 1}});
  // "0": all that is left of it.
  request_.body = fmt::format(R"({{"dmst_stex_tp":"{}","orig_ord_no":"{}","stk_cd":"{}","cncl_qty":"0"}})",
                              order.exchange, order.venue_order_id, order.code);
  actions.request(request_);
}

void StockClient::accept(Order& order, UnixNanos time, Actions& actions) {
  if (order.accepted) return;
  order.accepted = true;
  report(order, OrderEventKind::Accepted, time, "", actions);
}

void StockClient::name(Orders::iterator order, OrderNumber number, std::string_view as_written, UnixNanos now,
                       Actions& actions) {
  order->number = number;
  order->venue_order_id = as_written;
  order->since = now;
  order->unknown_since = kNoTime;
  if (order->is_ours) actions.order_named(order->order.id, as_written);
  accept(*order, now, actions);
  if (order->cancel_wanted) cancel_one(*order, actions);
  release_held(now, actions);
}

void StockClient::order_answered(std::uint64_t serial, const Reply& reply, UnixNanos now, Actions& actions) {
  const auto order = by_serial(serial);
  if (order == orders_.end() || order->number != 0) return;
  events_.clear();
  const bool read = decoder_->decode(reply.body, now, events_).what == What::Events && !events_.events.empty();
  if (!read || reply.status >= 500) return lose(*order, now, actions);  // not in the venue's own words
  const auto& event = events_.events.front();
  if (event.kind == "order") {
    const auto number = number_in(text(event, "order_id"));
    if (number == 0) return lose(*order, now, actions);
    return name(order, number, std::string{text(event, "order_id")}, now, actions);
  }
  if (event.kind != "refusal") return lose(*order, now, actions);
  const auto words = refusal_text(event);
  token_refused(words, reply.status, now, actions);
  order->reason = reason_of(words);
  report(*order, OrderEventKind::Rejected, now, words, actions);
  orders_.erase(order);
  release_held(now, actions);
}

void StockClient::lose(Order& order, UnixNanos now, Actions& actions) {
  order.unknown_since = now;
  actions.order_unknown(order.order.id, order.order.instrument);
  ask_orders(now, actions);
}

void StockClient::cancel_answered(std::uint64_t serial, const Reply& reply, UnixNanos now, Actions& actions) {
  const auto order = by_serial(serial);
  if (order == orders_.end()) return;
  order->canceling = false;
  events_.clear();
  const bool read = decoder_->decode(reply.body, now, events_).what == What::Events && !events_.events.empty();
  const bool is_refusal = read && reply.status < 500 && events_.events.front().kind == "refusal";
  if (is_refusal) {
    const auto words = refusal_text(events_.events.front());
    token_refused(words, reply.status, now, actions);
    cancel_failed(*order, words, now, actions);
    order->reason = reason_of(words);
    report(*order, OrderEventKind::CancelRejected, now, words, actions);
    order->reason = RejectReason::None;
  }
  // Not in the venue's own words: the lists say what became of it.
  if (!read || reply.status >= 500) return lose_cancel(*order, now, actions);
  // Taken: the stream says when it is done, or refused after all. Where it says neither, the lists do.
  if (!is_refusal) order->cancel_lost = now;
  look_again(kRetryAfter, now, actions);
}

void StockClient::cancel_failed(Order& order, std::string_view why, UnixNanos now, Actions& actions) {
  order.cancel_wanted = order.late;
  order.cancel_lost = kNoTime;
  if (!order.late) return;
  const int slower = ++order.cancels_failed - kCancelsAtOnce;
  if (slower <= 0) return;
  order.cancel_at = now + std::min(kRetryAfter << std::min(slower, kMostDoublings), kCancelsAtLeastEvery);
  wake_for_late(now, actions);
  if (slower > 1) return;
  actions.status(
      {VenueState::Ready,
       fmt::format(
           "order {}, which arrived after all as number {}, still rests: {} cancels failed, the last one by "
           "\"{}\"; cancel it at the exchange's own page; it is tried on, ever less often, once a minute at least",
           order.order.id, order.venue_order_id, order.cancels_failed, why)});
}

void StockClient::wake_for_late(UnixNanos now, Actions& actions) {
  UnixNanos next = kNever;
  for (const Order& order : orders_)
    if (order.late && order.cancel_at > now) next = std::min(next, order.cancel_at);
  if (next != kNever) actions.timer(kCancelLate, next);
}

void StockClient::lose_cancel(Order& order, UnixNanos now, Actions& actions) {
  order.cancel_lost = now;
  ask_orders(now, actions);
}

void StockClient::cancelled(Orders::iterator order, UnixNanos time, Actions& actions) {
  const bool expires = order->order.time_in_force == TimeInForce::IOC || order->order.time_in_force == TimeInForce::FOK;
  if (expires) order->reason = RejectReason::Expired;
  report(*order, expires ? OrderEventKind::Expired : OrderEventKind::Canceled, time, "", actions);
  end(order);
}

void StockClient::end(Orders::iterator order) {
  if (order->day == today_) remember(order->number);
  orders_.erase(order);
}

void StockClient::remember(OrderNumber number) {
  over_.insert(number);
  if (over_.size() > kMostOver) over_.erase(over_.begin());  // numbers count upwards: the oldest
}

}  // namespace stom::venues::kiwoom
