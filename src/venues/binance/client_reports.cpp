// What Binance says of orders: on the user stream, in answers and in lists, by the one road.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/decimal.hpp"
#include "venues/binance/market_client.hpp"
#include "venues/binance/order_form.hpp"

namespace stom::venues::binance {

bool MarketClient::take_before(Order& order, Quantity traded, std::optional<Quantity> so_far) {
  if (order.before.value <= 0 || (so_far && *so_far > order.filled)) return false;
  order.before -= std::min(order.before, traded);
  return true;
}

Int128 MarketClient::value_filled(const Event& event, const Instrument& of, Quantity filled) const {
  constexpr int kDecimals = 8;
  const int more = of.price_decimals + of.quantity_decimals - kDecimals;  // than a value has
  if (filled.value == 0 || of.price_decimals > kDecimals) return 0;
  if (const auto average = parse_decimal(text(event, "average_price"), kDecimals); average && *average > 0)
    return divide(Int128{*average} * filled.value, power_of_ten(kDecimals - of.price_decimals), Rounding::HalfEven);
  const auto value = parse_decimal(text(event, "filled_value"), kDecimals);
  if (feed_ != Feed::Spot || !value) return 0;  // of a contract it is no price times quantity
  return more >= 0 ? Int128{*value} * power_of_ten(more)
                   : divide(Int128{*value}, power_of_ten(-more), Rounding::HalfEven);
}

bool MarketClient::states_are_told() const {
  return std::ranges::all_of(events_.events, [&](const Event& event) {
    return (event.kind != "order" && event.kind != "algo_order") || !text(event, "status").empty();
  });
}

void MarketClient::order_told(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions) {
  const auto watched = watched_.find(text(event, "instrument"));
  if (watched == watched_.end()) return;  // of an instrument that nobody watches
  const auto& instrument = watched->second.instrument;
  const auto number = [&](std::string_view name, int decimals) {
    const auto value = text(event, name);
    return value.empty() ? Result<std::int64_t>{0} : parse_decimal(value, decimals);
  };
  const bool fill = event.kind == "fill";
  const auto price = number("price", instrument.price_decimals);
  const auto quantity = number("quantity", instrument.quantity_decimals);
  const auto whole = fill ? number("order_quantity", instrument.quantity_decimals) : quantity;
  const auto filled = number("filled", instrument.quantity_decimals);
  const auto fee = number("fee", 8);
  for (const auto* value : {&price, &quantity, &whole, &filled, &fee})
    if (!*value) return actions.malformed(value->error(), bytes);
  if (std::min({*price, *quantity, *whole, *filled}) < 0)
    return actions.malformed(fail(Errc::BadData, "an order of less than nothing", "kept as it came").error(), bytes);

  // A cancel has an id of its own; the order's is then the original one.
  auto client_id = text(event, "orig_client_order_id");
  if (client_id.empty()) client_id = text(event, "client_order_id");
  auto at = orders_.find(client_id);
  if (client_id.empty()) {  // of a list of trades
    at = std::ranges::find_if(
        orders_, [&](const auto& known) { return known.second.venue_order_id == text(event, "order_id"); });
    if (at == orders_.end()) return;
  }
  if (at != orders_.end() && at->second.is_ours &&
      is_of_earlier(at->second, watched->second.index, text(event, "order_id")))
    return;  // late word of one that had its id before
  // What an algo order became may have a name of the venue's.
  if (at == orders_.end())
    at = std::ranges::find_if(orders_, [&](const auto& known) {
      return known.second.triggered && known.second.venue_order_id == text(event, "order_id");
    });
  if (at == orders_.end()) at = adopted_named(watched->second.index, text(event, "order_id"), client_id);
  if (at == orders_.end()) {
    if (own_.contain(client_id, client_id_prefix_, listing_)) return;  // ours, and over
    if (is_over(text(event, "order_id"))) return;
    Order foreign;
    foreign.is_ours = false;
    foreign.client_id = client_id;
    foreign.order.instrument = watched->second.index;
    foreign.order.quantity = {*whole};
    if (!fill) {
      foreign.order.price = {*price};
      foreign.filled = foreign.before = {*filled};  // before we knew of it: not for us to tell
      foreign.value = value_filled(event, instrument, foreign.filled);
    }
    at = orders_.emplace(foreign.client_id, foreign).first;
  }
  auto& order = at->second;
  if (theirs_waits(order)) {  // it has its price, and is an order like any other now
    forget_theirs(order);
    order.triggered = true;
    order.order.quantity = {*whole};
    if (!fill) order.order.price = {*price};
  }
  if (const auto type = text(event, "order_type"); !order.is_ours && !fill && !type.empty() && *price > 0) {
    order.is_plain = type == "LIMIT" || type == "LIMIT_MAKER";
    order.order.price = {*price};
  }
  order.asking = order.cancel_lost;  // what became of its cancel, only the answer to a question says
  order.listed = true;
  order.order.side = text(event, "side") == "sell"  ? Side::Sell
                     : text(event, "side") == "buy" ? Side::Buy
                                                    : order.order.side;
  if (const auto id = text(event, "order_id"); !id.empty()) order.venue_order_id = id;

  OrderReport out;
  out.event = {.side = order.order.side,
               .instrument = order.order.instrument,
               .id = order.is_ours ? order.order.id : 0,
               .time = time(event) == kNoTime ? received : time(event),
               .local_time = received,
               .leaves = order.order.quantity - order.filled};
  out.client_id = order.client_id;
  out.venue_order_id = order.venue_order_id;
  const auto status = text(event, "status");
  // A venue cuts what only closes to what is held as it arrives: what is over there is over.
  const bool is_cut = order.is_ours && *whole > 0 && Quantity{*whole} < order.order.quantity;
  const auto say = [&](OrderEventKind kind) {
    out.event.kind = kind;
    actions.order(out);
  };
  if (!order.accepted && status != "rejected") {
    order.accepted = true;
    say(OrderEventKind::Accepted);
  }
  const auto* working = events_.find(event, "working");
  if (order.is_ours && is_conditional(order.order) && !order.triggered &&
      (feed_ != Feed::Spot || fill || (working && working->integer))) {
    order.triggered = true;
    say(OrderEventKind::Triggered);
  }
  // TRADE_LITE is ahead of the update that tells the fill with its fee: it says that the order is there, and no more.
  if (fill && feed_ == Feed::UsdM && text(event, "status").empty() && text(event, "fee").empty()) return;
  if (fill) {
    if (*quantity > std::numeric_limits<std::int64_t>::max() - order.filled.value)
      return actions.malformed(fail(Errc::BadData, "more filled than can be counted", "kept as it came").error(),
                               bytes);
    const auto trade = text(event, "trade_id");
    const bool in_coin = feed_ == Feed::Spot && order.is_ours && order.order.side == Side::Buy && *fee > 0 &&
                         text(event, "fee_currency") == instrument.base;
    if (std::ranges::find(order.trades, trade) == order.trades.end()) {
      order.trades.emplace_back(trade);
      const auto so_far = text(event, "filled").empty() ? std::nullopt : std::optional{Quantity{*filled}};
      if (take_before(order, {*quantity}, so_far)) {
        if (so_far) return;  // of the stream: its state is that of before, too
      } else if (in_coin ? !take_booked_less_fee(order.booked, instrument, {*price}, {*quantity}, out.event.time)
                         : !take_booked(order.booked, {*price}, {*quantity}, out.event.time)) {
        if (order.value > 0 || order.filled.value == 0) order.value += Int128{*price} * *quantity;
        order.filled += {*quantity};
        const auto* maker = events_.find(event, "maker");
        out.trade_id = trade;
        out.event.price = {*price};
        out.event.quantity = {*quantity};
        out.event.leaves = order.order.quantity - order.filled;
        out.event.liquidity = maker && maker->integer ? Liquidity::Maker : Liquidity::Taker;
        if (text(event, "fee_currency") == instrument.settlement())
          out.event.fee = {Int128{*fee} * power_of_ten(kMoneyDecimals - 8)};
        else if (*fee != 0)
          out.reason = fee_text_ = fmt::format("fee {} {}", text(event, "fee"), text(event, "fee_currency"));
        if (in_coin)
          take_fee_in_coin(instrument, *fee, out.event, actions);
        else if (order.is_ours && !out.reason.empty() && !std::exchange(other_fee_said_, true))
          actions.status({VenueState::Ready,
                          fmt::format("a fee was taken in {}: such fees are in no sum of the session, neither in its "
                                      "profit nor in what is exported of it; the venue's own statement has them",
                                      text(event, "fee_currency"))});
        say(OrderEventKind::Filled);
      }
    }
  } else if (const bool silent =
                 text(event, "filled").empty() && (status == "canceled" || status == "expired" || status == "filled");
             silent || Quantity{*filled} > order.filled) {
    // The answer knows of fills that nobody told, or does not say: ask for them, and tell the end behind them.
    order.known_filled = {silent ? order.filled.value : *filled};
    if (status == "canceled") order.ending = OrderEventKind::Canceled;
    if (status == "expired" || (status == "filled" && is_cut)) order.ending = OrderEventKind::Expired;
    return ask_trades(order, actions);
  }
  if (status == "rejected") {
    out.reason = text(event, "reason");
    say(OrderEventKind::Rejected);
  } else if (status == "canceled") {
    say(OrderEventKind::Canceled);
  } else if (status == "expired") {
    out.event.reason = RejectReason::Expired;
    say(OrderEventKind::Expired);
  } else if (is_cut && order.filled >= Quantity{*whole}) {
    order.reason = RejectReason::Expired;
    report(order, OrderEventKind::Expired, out.event.time, "", actions);
  } else if (order.filled < order.order.quantity || order.order.quantity.value == 0) {
    // It rests, or fills are still to be told; of another's order only the venue knows when it is over.
    if (order.is_ours || status != "filled") return;
  }
  if (order.is_ours)
    forget_ours(order);
  else
    forget_theirs(order);
  orders_.erase(at);
}

/// One that an earlier process had adopted, whose own name is told only now.
MarketClient::Orders::iterator MarketClient::adopted_named(InstrumentIndex index, std::string_view number,
                                                           std::string_view client_id) {
  const auto at = std::ranges::find_if(orders_, [&](const auto& known) {
    const Order& order = known.second;
    return order.adopted && order.order.instrument == index && order.venue_order_id == number;
  });
  if (at == orders_.end()) return at;
  auto node = orders_.extract(at);
  node.key() = node.mapped().client_id = client_id;
  adopted_.insert_or_assign(node.mapped().order.id, node.key());
  return orders_.insert(std::move(node)).position;
}

/// What the lots that did not come are more than the fee is dust. It pays for the next one first, so that all fees
/// together take less than a lot more than they are.
void MarketClient::take_fee_in_coin(const Instrument& instrument, std::int64_t fee, OrderEvent& fill,
                                    Actions& actions) {
  const Int128 unit = power_of_ten(kMoneyDecimals - instrument.quantity_decimals);
  const std::int64_t lot = std::max<std::int64_t>(instrument.lot.value, 1);
  Money& dust = dust_[instrument.symbol()];
  const Int128 owed = Int128{fee} * power_of_ten(kMoneyDecimals - kCoinFeeDecimals) - dust.value;
  const Int128 wanted = owed > 0 ? divide(owed, unit * lot, Rounding::Ceil) : 0;
  // A fill of one lot brings it, and the next one pays.
  const Int128 most = std::max<std::int64_t>(fill.quantity.value / lot - 1, 0);
  const Quantity kept{static_cast<std::int64_t>(std::min(wanted, most)) * lot};
  dust.value = kept.value * unit - owed;
  fill.quantity -= kept;
  fill.fee = value_of(instrument, fill.price, kept);
  fill.coin_fee = fee;
  if (std::exchange(coin_fee_said_, true)) return;
  actions.status({VenueState::Ready,
                  fmt::format("the fee of a buy was taken of the {} that was bought: the position is what came, in "
                              "whole lots; to have all of it, hold BNB and let fees be paid with it",
                              instrument.base)});
}

void MarketClient::resume_dust(std::span<const EarlierDust> held) {
  for (const EarlierDust& one : held) dust_[one.instrument->symbol()] = one.coins;
}

void MarketClient::algo_told(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions) {
  const auto at = orders_.find(text(event, "client_algo_id"));
  if (at == orders_.end() || !at->second.is_ours) return their_algo_told(event, received, bytes, actions);
  auto& order = at->second;
  const auto number = text(event, "algo_id");
  const bool is_new = order.algo_number.empty();
  if (is_new ? std::ranges::find(ended_, Number{true, 0, venue_number(number)}) != ended_.end()
             : number != order.algo_number)
    return;  // late word of one that had its id before
  order.algo_number = number;
  const auto status = text(event, "status");
  order.asking = order.cancel_lost;  // what became of its cancel, only the answer to a question says
  const UnixNanos when = time(event) == kNoTime ? received : time(event);
  if (!order.triggered) order.venue_order_id = text(event, "algo_id");
  if (!order.accepted && status != "rejected") {
    order.accepted = true;
    report(order, OrderEventKind::Accepted, when, "", actions);
  }
  if (status == "triggered" || status == "finished")
    return algo_triggered(order, text(event, "order_id"), when, actions);
  if (status != "canceled" && status != "expired" && status != "rejected") return;
  // Refused when it was triggered, too: it had been taken.
  order.reason = status == "canceled" ? RejectReason::None : RejectReason::Expired;
  report(order, status == "canceled" ? OrderEventKind::Canceled : OrderEventKind::Expired, when, text(event, "reason"),
         actions);
  forget_ours(order);
  orders_.erase(at);
}

/// Somebody else's, or one of ours that the journal lacks, for as long as it waits: what it becomes is told as an
/// order.
void MarketClient::their_algo_told(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions) {
  const auto client_id = text(event, "client_algo_id"), number = text(event, "algo_id"), status = text(event, "status");
  const bool waits = status == "working" || status == "triggering";
  auto at = orders_.find(client_id);
  if (at != orders_.end() && !theirs_waits(at->second)) return;  // it has become an order
  if (at == orders_.end()) {
    const auto watched = watched_.find(text(event, "instrument"));
    if (watched == watched_.end() || own_.contain(client_id, client_id_prefix_, listing_)) return;
    if (is_over(algo_name(number))) return;
    const auto& of = watched->second.instrument;
    const auto value = [&](std::string_view name, int decimals) {
      const auto told = text(event, name);
      return told.empty() ? Result<std::int64_t>{0} : parse_decimal(told, decimals);
    };
    const auto price = value("price", of.price_decimals), trigger = value("trigger_price", of.price_decimals),
               quantity = value("quantity", of.quantity_decimals);
    for (const auto* one : {&price, &trigger, &quantity})
      if (!*one) return actions.malformed(one->error(), bytes);
    Order foreign;
    foreign.is_ours = false;
    foreign.client_id = client_id;
    foreign.algo_number = foreign.venue_order_id = number;
    foreign.order.instrument = watched->second.index;
    foreign.order.side = text(event, "side") == "sell" ? Side::Sell : Side::Buy;
    foreign.order.price = {*price};
    foreign.order.trigger_price = {*trigger};
    foreign.order.quantity = {*quantity};  // 0: all that is held then
    if (!waits) return forget_theirs(foreign);
    at = orders_.emplace(foreign.client_id, std::move(foreign)).first;
  }
  auto& order = at->second;
  order.listed = true;
  const UnixNanos when = time(event) == kNoTime ? received : time(event);
  if (!std::exchange(order.accepted, true)) report(order, OrderEventKind::Accepted, when, "", actions);
  if (waits || status.empty()) return;
  if (status == "canceled") report(order, OrderEventKind::Canceled, when, "", actions);
  if (status == "expired" || status == "rejected") report(order, OrderEventKind::Expired, when, "", actions);
  forget_theirs(order);
  orders_.erase(at);
}

void MarketClient::algo_triggered(Order& order, std::string_view number, UnixNanos when, Actions& actions) {
  const bool fresh = !std::exchange(order.triggered, true);
  if (fresh) report(order, OrderEventKind::Triggered, when, "", actions);
  const bool named = !number.empty() && number != "0" && number != order.venue_order_id;
  if (named) {
    order.venue_order_id = number;
    // What was told of it before its number was known was taken for another's.
    std::erase_if(orders_, [&](const auto& known) {
      return !known.second.is_ours && known.second.venue_order_id == order.venue_order_id;
    });
  }
  if (fresh || named) query(order, actions);  // what became of it may have been told to nobody
}

}  // namespace stom::venues::binance
