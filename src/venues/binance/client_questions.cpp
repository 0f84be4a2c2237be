// What Binance is asked of orders where nobody told what became of them: which are open, one by one, and their fills.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "venues/binance/market_client.hpp"
#include "venues/binance/order_form.hpp"

namespace stom::venues::binance {
namespace {

constexpr std::size_t kOverKept = 1024;   // orders of others that are over: what is told late begins none
constexpr std::size_t kEndedKept = 1024;  // orders of ours: half a minute of as many as the venue takes

}  // namespace

void MarketClient::ask_open_orders(InstrumentIndex index, Actions& actions) {
  const auto symbol = symbols_.find(index);
  if (symbol == symbols_.end()) return;
  auto& watched = watched_.find(symbol->second)->second;
  watched.open_orders_wanted = false;
  // What has its price between the two questions is then in both answers, and not in neither.
  if (feed_ != Feed::Spot) {
    watched.open_algos_awaited = true;
    rest("GET", fmt::format("{}/openAlgoOrders?symbol={}", product_.api, wire(symbol->second)), Priority::Query,
         tag_of(About::OpenAlgos, index), {{kWeight, 1}});
    request_.sign_late = true;
    actions.request(request_);
  }
  watched.open_orders_awaited = true;
  rest("GET", fmt::format("{}/openOrders?symbol={}", product_.api, wire(symbol->second)), Priority::Query,
       tag_of(About::OpenOrders, index), {{kWeight, feed_ == Feed::Spot ? 6 : 1}});
  request_.sign_late = true;
  actions.request(request_);
}

void MarketClient::open_orders_told(InstrumentIndex index, const Reply& reply, UnixNanos now, Actions& actions) {
  const auto symbol = symbols_.find(index);
  if (symbol == symbols_.end()) return;  // not watched any more
  auto& watched = watched_.find(symbol->second)->second;
  if (!list_told(watched, reply, "open orders", now, actions)) return;
  watched.open_orders_awaited = false;
  // Another's order that is open no more ended while nobody told us. Ours are asked for one by one.
  for (const auto& [client_id, order] : orders_)
    if (!order.is_ours && !order.listed && order.order.instrument == index && !theirs_waits(order))
      query_theirs(order, actions);
}

void MarketClient::open_algos_told(InstrumentIndex index, const Reply& reply, UnixNanos now, Actions& actions) {
  const auto symbol = symbols_.find(index);
  if (symbol == symbols_.end()) return;  // not watched any more
  auto& watched = watched_.find(symbol->second)->second;
  if (!list_told(watched, reply, "open conditional orders", now, actions)) return;
  watched.open_algos_awaited = false;
  // It was canceled while nobody told us, or it has its price: what it became is among the open orders, or traded, as
  // the account shows. Or it came behind the answer, and is in the next one.
  const auto gone = std::erase_if(orders_, [&](const auto& known) {
    return theirs_waits(known.second) && !known.second.listed && known.second.order.instrument == index;
  });
  if (gone == 0) return;
  watched.open_orders_wanted = true;
  retry_at(now, actions);
}

bool MarketClient::list_told(Watched& watched, const Reply& reply, std::string_view what, UnixNanos now,
                             Actions& actions) {
  for (auto& [client_id, order] : orders_) order.listed = false;
  if (reply.status != 200) refused(reply, what, actions);
  listing_ = true;
  const bool read = reply.status == 200 && told(reply.body, now, actions);
  listing_ = false;
  if (read) return true;
  watched.open_orders_wanted = true;
  retry_at(now, actions);
  return false;
}

bool MarketClient::waits_at_algo(const Order& order) const { return is_algo(feed_, order.order) && !order.triggered; }

std::string MarketClient::place_of(const Order& order) const {
  if (waits_at_algo(order)) return fmt::format("{}?clientAlgoId={}", algo_path_, order.client_id);
  return fmt::format("{}?symbol={}&{}", order_path_, wire(symbol_of(order)), name_of(order));
}

std::string MarketClient::name_of(const Order& order) const {
  const bool by_number = (order.adopted || is_algo(feed_, order.order)) && !order.venue_order_id.empty();
  return fmt::format("{}={}", by_number ? "orderId" : "origClientOrderId",
                     by_number ? order.venue_order_id : order.client_id);
}

void MarketClient::query(Order& order, Actions& actions) {
  if (!order.is_ours || symbol_of(order).empty()) return;
  order.asking = true;
  rest("GET", place_of(order), Priority::Query, tag_of(About::Query, order.order.id),
       {{kWeight, feed_ == Feed::Spot ? 4 : 1}});
  request_.sign_late = true;
  actions.request(request_);
}

void MarketClient::query_theirs(const Order& order, Actions& actions) {
  rest("GET", fmt::format("{}/order?symbol={}&orderId={}", product_.api, wire(symbol_of(order)), order.venue_order_id),
       Priority::Query, tag_of(About::TheirQuery, venue_number(order.venue_order_id)),
       {{kWeight, feed_ == Feed::Spot ? 4 : 1}});
  request_.sign_late = true;
  actions.request(request_);
}

void MarketClient::their_end_told(std::uint64_t number, UnixNanos now, Actions& actions) {
  const auto at = std::ranges::find_if(orders_, [&](const auto& known) {
    return !known.second.is_ours && venue_number(known.second.venue_order_id) == number;
  });
  if (at == orders_.end() || !at->second.ending || at->second.filled < at->second.known_filled) return;
  report(at->second, *at->second.ending, now, "", actions);
  forget_theirs(at->second);
  orders_.erase(at);
}

void MarketClient::forget_theirs(const Order& order) {
  over_.push_back(theirs_waits(order) ? algo_name(order.algo_number) : order.venue_order_id);
  if (over_.size() > kOverKept) over_.pop_front();
}

void MarketClient::forget_ours(const Order& order) {
  if (order.adopted) {
    forget_theirs(order);  // no name tells late word of it from somebody else's next order
    adopted_.erase(order.order.id);
  }
  if (!order.algo_number.empty()) ended_.push_back({true, 0, venue_number(order.algo_number)});
  if (!order.venue_order_id.empty() && order.venue_order_id != order.algo_number)
    ended_.push_back({false, order.order.instrument, venue_number(order.venue_order_id)});
  while (ended_.size() > kEndedKept) ended_.pop_front();
}

bool MarketClient::is_of_earlier(const Order& order, InstrumentIndex index, std::string_view number) const {
  if (number.empty()) return false;
  // What waits at the algo service becomes an order with another number.
  if (!order.venue_order_id.empty() && !is_algo(feed_, order.order)) return number != order.venue_order_id;
  return std::ranges::find(ended_, Number{false, index, venue_number(number)}) != ended_.end();
}

void MarketClient::ask_trades(const Order& order, Actions& actions) {
  rest("GET",
       fmt::format("{}/{}?symbol={}&orderId={}", product_.api, feed_ == Feed::Spot ? "myTrades" : "userTrades",
                   wire(symbol_of(order)), order.venue_order_id),
       Priority::Query,
       order.is_ours ? tag_of(About::Trades, order.order.id)
                     : tag_of(About::TheirTrades, venue_number(order.venue_order_id)),
       {{kWeight, feed_ == Feed::Spot ? 20 : 5}});
  request_.sign_late = true;
  actions.request(request_);
}

void MarketClient::trades_told(ClientOrderId id, const Reply& reply, UnixNanos now, Actions& actions) {
  auto* order = ours(id);
  if (!order) return;
  const bool understood = reply.status == 200 && told(reply.body, now, actions);
  order = ours(id);
  if (!order) return;
  if (!understood || order->filled < order->known_filled) {
    order->asking = true;
    return retry_at(now, actions);
  }
  if (order->ending) {
    report(*order, *order->ending, now, "", actions);
    forget_ours(*order);
    orders_.erase(order->client_id);
  }
}

void MarketClient::resume(std::span<const EarlierOrder> orders, ClientOrderId lost_from, ClientOrderId first) {
  own_.resume(lost_from, first);
  for (const EarlierOrder& earlier : orders) {
    own_.add(earlier.order.id);
    Order order;
    order.order = earlier.order;
    order.client_id = client_id_of(earlier.order.id);
    order.accepted = earlier.accepted;
    order.resumed = true;
    if (!earlier.venue_order_id.empty()) {
      order.adopted = true;
      order.venue_order_id = earlier.venue_order_id;
      order.client_id = fmt::format("order {}", earlier.venue_order_id);  // until the venue has told it
      adopted_.insert_or_assign(earlier.order.id, order.client_id);
    }
    order.order.quantity += earlier.before.quantity;
    order.before = earlier.before.quantity;
    order.filled = earlier.kept_as_fees + earlier.before.quantity;
    for (const Fill& fill : earlier.fills) order.filled += fill.quantity;
    order.booked.assign(earlier.fills.begin(), earlier.fills.end());
    std::string id = order.client_id;
    orders_.insert_or_assign(std::move(id), std::move(order));
  }
}

void MarketClient::ask_everything(UnixNanos now, Actions& actions) {
  if (!signer_) return;
  everything_asked_ = now;
  actions.everything_asked(now);
  ask_account(actions);
  ask_all(actions);
}

void MarketClient::tell_everything(Actions& actions) {
  if (everything_asked_ == kNoTime || account_awaited_) return;
  for (const auto& [symbol, watched] : watched_)
    if (watched.open_orders_awaited || watched.open_algos_awaited) return;
  for (const auto& [client_id, order] : orders_)
    if (order.is_ours && (order.asking || order.ending || order.filled < order.known_filled)) return;
  const UnixNanos asked = std::exchange(everything_asked_, kNoTime);
  actions.everything_told({.asked = asked, .orders = working_orders()});
}

void MarketClient::ask_all(Actions& actions) {
  for (const auto& [index, symbol] : symbols_) ask_open_orders(index, actions);
  for (auto& [id, order] : orders_) query(order, actions);
}

void MarketClient::ask_all_at_retry(UnixNanos now, Actions& actions) {
  for (auto& [symbol, watched] : watched_) watched.open_orders_wanted = true;
  for (auto& [id, order] : orders_) order.asking = order.is_ours;
  retry_at(now, actions);
}

}  // namespace stom::venues::binance
