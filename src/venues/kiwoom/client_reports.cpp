// What Kiwoom's stream says of orders: whose they are, their fills, and what was changed elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/decimal.hpp"
#include "venues/kiwoom/stock_client.hpp"

namespace stom::venues::kiwoom {
namespace {

constexpr std::size_t kMostHeld = 1'024;  // reports that wait to be known as ours

}  // namespace

OrderNumber number_in(std::string_view text) {
  OrderNumber number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

Result<OrderReportLine> StockClient::report_in(const Event& event, UnixNanos received) const {
  OrderReportLine line;
  const auto whole = [&](std::string_view name, std::int64_t& out) -> Result<void> {
    const auto value = text(event, name);
    if (value.empty()) return {};
    const auto number = parse_decimal(value, 0);
    if (!number) return std::unexpected(number.error());
    out = *number;
    return {};
  };
  line.is_fill = event.kind == "fill";
  std::int64_t fee = 0, tax = 0;
  for (const auto& [name, out] :
       {std::pair{line.is_fill ? "order_price" : "price", &line.price},
        std::pair{line.is_fill ? "order_quantity" : "quantity", &line.quantity}, std::pair{"leaves", &line.leaves},
        std::pair{line.is_fill ? "price" : "last_price", &line.last_price},
        std::pair{line.is_fill ? "quantity" : "last_quantity", &line.last_quantity}, std::pair{"filled", &line.filled},
        std::pair{"average_price", &line.average}, std::pair{"fee", &fee}, std::pair{"tax", &tax}})
    if (const auto done = whole(name, *out); !done) return std::unexpected(done.error());
  line.fees = fee + tax;
  line.day = today_;
  line.venue_order_id = text(event, "order_id");
  line.number = number_in(line.venue_order_id);
  if (line.number == 0)
    return fail(Errc::BadData, fmt::format("'{}' is no order number", line.venue_order_id.substr(0, 40)),
                "kept as it came; nothing of it counts");
  line.original = number_in(text(event, "orig_order_id"));
  line.code = without_exchange(text(event, "instrument"));
  line.exchange = text(event, "sor") == "Y" ? "SOR" : text(event, "exchange");
  line.execution = text(event, "execution");
  line.kind = text(event, "order_kind");
  line.type = text(event, "order_type");
  line.trade_id = text(event, "trade_id");
  line.reason = text(event, "reason");
  if (const auto value = parse_decimal(text(event, "filled_value"), 0)) line.filled_value = *value;
  line.side = text(event, "side") == "sell" ? Side::Sell : Side::Buy;
  const auto* time = events_.find(event, "venue_time_ns");
  line.time = time ? time->integer : received;
  return line;
}

void StockClient::order_told(const OrderReportLine& line, UnixNanos now, Actions& actions) {
  if (over_.contains(line.number)) return;
  auto order = by_number(line.number);
  // A cancel and an amendment are orders of their own, with a number of their own; what was amended goes on under it.
  if (order == orders_.end() && !line.is_fill && line.original != 0 &&
      (line.kind.contains("취소") || line.kind.contains("정정")))
    return change_told(line, now, actions);
  if (order == orders_.end()) {
    if (any_without_number()) return hold(line, now, actions);
    order = take_late(line, now, actions);
    if (order == orders_.end()) order = adopt_foreign(line, now);
    if (order == orders_.end()) return;
  }
  apply(order, line, now, actions);
}

void StockClient::hold(const OrderReportLine& line, UnixNanos now, Actions& actions) {
  if (held_.size() == kMostHeld) {  // the lists say it then
    held_.pop_front();
    ask_orders(now, actions);
  }
  held_.push_back(line);
}

void StockClient::release_held(UnixNanos now, Actions& actions) {
  std::deque<OrderReportLine> waiting;
  waiting.swap(held_);
  for (const auto& line : waiting) order_told(line, now, actions);
}

Orders::iterator StockClient::take_late(const OrderReportLine& line, UnixNanos now, Actions& actions) {
  const auto known = std::ranges::find_if(given_up_, [&](const Order& one) { return fits(one, line); });
  if (known == given_up_.end() || line.execution == "rejected") return orders_.end();
  const auto order = orders_.insert(orders_.end(), std::move(*known));
  given_up_.erase(known);
  order->late = order->accepted = true;
  order->number = line.number;
  order->venue_order_id = line.venue_order_id;
  order->since = now;
  order->unknown_since = kNoTime;
  actions.status(
      {VenueState::Ready,
       fmt::format("order {} arrived after all, as number {}: what it fills counts, and the rest is canceled",
                   order->order.id, order->venue_order_id)});
  if (line.leaves > 0) cancel_one(*order, actions);
  return order;
}

Orders::iterator StockClient::adopt_foreign(const OrderReportLine& line, UnixNanos now) {
  const auto watched = watched_as(line.code, line.exchange);
  if (watched == watched_.end() || line.execution == "rejected") return orders_.end();
  Order order;
  order.is_ours = false;
  order.serial = ++last_serial_;
  order.day = today_;
  order.number = line.number;
  order.venue_order_id = line.venue_order_id;
  order.code = line.code;
  order.exchange = line.exchange == "NXT" ? "NXT" : line.exchange == "SOR" ? "SOR" : "KRX";
  order.decimals = watched->second.decimals;
  order.since = now;
  order.order.instrument = watched->second.index();
  order.order.side = line.side;
  order.order.type = line.price == 0 ? OrderType::Market : OrderType::Limit;
  order.is_plain = line.price > 0 && line.type == trade_type({}).word;
  order.order.quantity = {line.quantity * power_of_ten(order.decimals.quantity)};
  order.order.price = {line.price * power_of_ten(order.decimals.price)};
  return orders_.insert(orders_.end(), std::move(order));
}

void StockClient::apply(Orders::iterator order, const OrderReportLine& line, UnixNanos now, Actions& actions) {
  if (line.execution == "rejected") {
    order->reason = reason_of(line.reason);
    report(*order, OrderEventKind::Rejected, line.time, line.reason, actions);
    return end(order);
  }
  accept(*order, line.time, actions);
  if (line.is_fill && std::ranges::find(order->trades, line.trade_id) == order->trades.end()) {
    order->trades.push_back(line.trade_id);
    const Quantity so_far{(line.quantity - line.leaves) * power_of_ten(order->decimals.quantity)};
    if (so_far > order->counted) {
      // Fees are told as their sum so far: a fill that is told behind a later one has less than that had.
      fill(*order, {line.last_price * power_of_ten(order->decimals.price)},
           {line.last_quantity * power_of_ten(order->decimals.quantity)}, std::max(line.fees, order->fees), line, now,
           actions);
      actions.timer(kAskAccount, now + kRetryAfter);  // the cash that is left; the holding is told (04)
    }
  }
  if (order->filled >= order->order.quantity) return end(order);
  if (line.execution == "canceled") {
    // More was filled of it than anybody told: the lists say how much, and that it is over.
    const Int128 value = Int128{line.filled_value} * power_of_ten(order->decimals.price + order->decimals.quantity);
    return value > order->value ? ask_orders(now, actions) : cancelled(order, line.time, actions);
  }
  // Nothing is left of it and nobody said why, or a fill is missing: ask.
  if (line.leaves == 0) ask_orders(now, actions);
}

void StockClient::fill(Order& order, Price price, Quantity quantity, std::int64_t fees, const OrderReportLine& line,
                       UnixNanos now, Actions& actions) {
  order.filled += quantity;
  order.value += Int128{price.value} * quantity.value;
  OrderReport out;
  out.event = {.kind = OrderEventKind::Filled,
               .side = order.order.side,
               .liquidity = Liquidity::Taker,  // nobody says
               .instrument = order.order.instrument,
               .id = order.is_ours ? order.order.id : 0,
               .time = line.time,
               .local_time = now,
               .price = price,
               .quantity = quantity,
               .leaves = order.order.quantity - order.filled,
               .fee = {Int128{fees - order.fees} * power_of_ten(kMoneyDecimals)}};
  order.fees = fees;
  out.venue_order_id = order.venue_order_id;
  out.trade_id = line.trade_id;
  if (!line.is_fill && line.day != today_)
    out.reason = "from the list of its day: several fills may be one here, at their average price, without their fees";
  else if (!line.is_fill)
    out.reason = "from a list: several fills may be one here, at their average price";
  actions.order(out);
}

void StockClient::change_told(const OrderReportLine& line, UnixNanos now, Actions& actions) {
  const auto order = by_number(line.original);
  if (order == orders_.end()) return;
  if (line.execution == "rejected") {
    order->reason = reason_of(line.reason);
    report(*order, OrderEventKind::CancelRejected, line.time, line.reason, actions);
    order->reason = RejectReason::None;
    cancel_failed(*order, line.reason, now, actions);
  } else if (line.execution == "confirmed" || line.execution == "canceled") {
    if (line.kind.contains("취소")) {
      // Of a part of it, or of all that was left? And was anything filled before that nobody told?
      const auto rest = order->order.quantity - order->filled;
      if (Quantity{line.quantity * power_of_ten(order->decimals.quantity)} == rest)
        return cancelled(order, line.time, actions);
    } else {
      remember(order->number);
      order->number = line.number;  // it goes on under another number
      order->venue_order_id = line.venue_order_id;
      if (order->is_ours) actions.order_named(order->order.id, order->venue_order_id);
      order->order.price = {line.price * power_of_ten(order->decimals.price)};
      actions.status({VenueState::Ready, fmt::format("order {} was amended elsewhere", line.venue_order_id)});
    }
    ask_orders(now, actions);
  }
}

}  // namespace stom::venues::kiwoom
