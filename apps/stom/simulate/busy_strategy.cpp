#include "simulate/busy_strategy.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace stom::simulate {
namespace {
constexpr DurationNanos kTimer = 100 * kMillisecond;
constexpr DurationNanos kLull = 4 * kSecond;
constexpr std::uint64_t kFar = 40;      // ticks behind the best price, at most
constexpr std::int64_t kBehind = 5;     // ticks, at least, of what is to rest
constexpr std::int64_t kMostOfAll = 4;  // one order is no more than this part of the most that may be held
}  // namespace

void BusyStrategy::on_start(Context& context) {
  context_ = &context;
  context.every(kTimer);
}

void BusyStrategy::on_timer(Context& context) {
  last_called_ = context.now();
  const BookView& book = context.book(0);
  if (book.stale || !book.two_sided()) return;
  if (options_.manner != nullptr && !calm_) return act(context, *options_.manner);
  if (!draws(options_.acts)) return;
  const bool full = context.orders().size() >= options_.open;
  if (draws(1)) lull_until_ = context.now() + kLull;  // now and then nothing is open
  if (calm_ || context.now() < lull_until_ || full || draws(25))
    return cancel_one(context, !calm_ && context.now() >= lull_until_ && !full && draws(30));
  place(context, draws(30));
}

std::optional<NewOrder> BusyStrategy::drawn_order(Context& context, std::int64_t more) {
  const Quantity position = context.position(0);
  std::int64_t coming = 0;  // if all that buys, or all that sells, were filled
  for (const WorkingOrder& order : context.orders()) coming += order.leaves.value;
  NewOrder order{.side = draws(50) ? Side::Buy : Side::Sell};
  order.quantity = {options_.quantity.value * static_cast<std::int64_t>(1 + random_.below(3)) + more};
  const std::int64_t least = options_.may_be_short ? -options_.most.value : 0;
  if (position.value + coming + order.quantity.value > options_.most.value) order.side = Side::Sell;
  if (position.value - coming - order.quantity.value < least) {
    if (order.side == Side::Sell && position.value + coming + order.quantity.value > options_.most.value)
      return std::nullopt;
    order.side = Side::Buy;
  }
  return order;
}

ClientOrderId BusyStrategy::send(Context& context, NewOrder order) {
  const std::int64_t lot = context.instrument(0).lot.value;
  while (options_.had != nullptr && !options_.had->emplace(order.side, order.quantity.value, order.price.value).second)
    order.quantity.value += lot;
  return context.submit(order);
}

void BusyStrategy::place(Context& context, bool takes) {
  const Instrument& instrument = context.instrument(0);
  const BookView& book = context.book(0);
  auto drawn = drawn_order(context, 0);
  if (!drawn) return;
  NewOrder& order = *drawn;
  const bool buy = order.side == Side::Buy;
  const std::int64_t tick = instrument.tick_at(book.best_bid).value;
  const auto ticks = static_cast<std::int64_t>(random_.below(kFar)) * tick;
  if (takes) {
    order.time_in_force = draws(60) ? TimeInForce::IOC : TimeInForce::GTC;
    order.price = buy ? Price{book.best_ask.value + ticks} : Price{book.best_bid.value - ticks};
  } else {
    order.price = buy ? Price{book.best_bid.value - ticks} : Price{book.best_ask.value + ticks};
    order.post_only = draws(20) && options_.post_only;
  }
  if (options_.held) make_held(order, book, tick);
  const ClientOrderId id = send(context, order);
  if (draws(8)) context.cancel(id);  // before there can be an answer
}

void BusyStrategy::act(Context& context, const Manner& manner) {
  if (!draws(manner.acts)) return;
  if (context.orders().size() >= manner.open || draws(manner.cancels)) return cancel(context, manner);
  place(context, manner);
}

void BusyStrategy::place(Context& context, const Manner& manner) {
  const BookView& book = context.book(0);
  const std::int64_t lot = context.instrument(0).lot.value;
  const std::int64_t stands = std::max(book.bid_quantity.value, book.ask_quantity.value);
  const std::int64_t most = options_.most.value / kMostOfAll;
  auto order = drawn_order(context, manner.large ? std::min(stands, most) / lot * lot : 0);
  if (!order) return cancel(context, manner);  // what is open leaves no room
  const bool buy = order->side == Side::Buy;
  const std::int64_t tick = context.instrument(0).tick_at(book.best_bid).value;
  const auto ticks = static_cast<std::int64_t>(random_.below(kFar)) * tick;
  const std::int64_t inwards = buy ? 1 : -1;
  const Price own = buy ? book.best_bid : book.best_ask, other = buy ? book.best_ask : book.best_bid;
  if (draws(manner.takes)) {
    order->time_in_force = manner.stays ? TimeInForce::GTC : TimeInForce::IOC;
    order->price.value = other.value + (manner.stays ? 0 : inwards * ticks);
  } else if (manner.soon) {
    const bool room = book.best_ask.value - book.best_bid.value > tick;
    order->price.value = own.value + (room ? inwards * tick : 0);
  } else {
    order->price.value = own.value - inwards * (kBehind * tick + ticks);
  }
  const ClientOrderId id = send(context, *order);
  if (draws(manner.at_once)) context.cancel(id);
}

void BusyStrategy::cancel(Context& context, const Manner& manner) {
  std::vector<ClientOrderId> meant, others;
  for (const WorkingOrder& order : context.orders())
    if (!order.cancel_pending)
      (!manner.only || options_.phase_of(order) == *manner.only ? meant : others).push_back(order.id);
  const bool full = context.orders().size() >= manner.open;
  if (meant.empty() && full) meant = std::move(others);
  if (meant.empty()) return;
  if (!manner.together) return context.cancel(meant[random_.below(meant.size())]);
  if (!full) return;
  for (const ClientOrderId id : meant) context.cancel(id);
}

/// A bracket around what it is, or, by a trigger that no venue has, what waits for its price instead.
void BusyStrategy::make_held(NewOrder& order, const BookView& book, std::int64_t tick) {
  const auto away = [&] { return static_cast<std::int64_t>(1 + random_.below(kFar)) * tick; };
  const std::int64_t with = sign_of(order.side);
  if (draws(50)) {
    if (draws(70)) order.stop_loss.value = order.price.value - with * away();
    if (draws(70)) order.take_profit.value = order.price.value + with * away();
    return;
  }
  if (draws(50)) return;
  constexpr std::array kWaiting{OrderType::Stop, OrderType::StopLimit, OrderType::TakeProfit, OrderType::TrailingStop};
  const bool buy = order.side == Side::Buy;
  const Price best = buy ? book.best_ask : book.best_bid;
  order.type = kWaiting[random_.below(kWaiting.size())];
  order.trigger_by = TriggerBy::BidAsk;
  order.time_in_force = TimeInForce::GTC;
  order.post_only = false;
  order.reduce_only = draws(50);
  order.trigger_price.value = best.value + (order.type == OrderType::TakeProfit ? -with : with) * away();
  if (order.type == OrderType::TrailingStop) {
    order.trigger_price = {};
    order.trail.value = away();
  }
}

void BusyStrategy::cancel_one(Context& context, bool replace) {
  const auto orders = context.orders();
  if (orders.empty()) return;
  const WorkingOrder& order = orders[random_.below(orders.size())];
  if (order.cancel_pending) return;
  context.cancel(order.id);
  if (replace) place(context, false);
}

}  // namespace stom::simulate
