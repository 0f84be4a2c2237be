// Orders and the algo service of the futures (futures_server.hpp).
#include <fmt/format.h>

#include <algorithm>

#include "venues/binance/futures_server.hpp"

namespace stom::venues::binance::server {
namespace {

constexpr std::int64_t kMostPrice = 10'000'000;

struct AlgoKind {
  std::string_view name;
  OrderType type;
  bool priced;
};
constexpr AlgoKind kAlgoKinds[] = {{"STOP", OrderType::StopLimit, true},
                                   {"STOP_MARKET", OrderType::Stop, false},
                                   {"TAKE_PROFIT", OrderType::TakeProfitLimit, true},
                                   {"TAKE_PROFIT_MARKET", OrderType::TakeProfit, false}};

std::unexpected<ApiError> why_not(RejectReason reason) {
  switch (reason) {
    case RejectReason::PostOnlyWouldTake:
      return refuse(-5022,
                    "Due to the order could not be executed as maker, the Post Only order will be rejected. The "
                    "order will not be recorded in the order history");
    case RejectReason::InsufficientMargin:
      return refuse(-2019, "Margin is insufficient.");
    case RejectReason::PositionLimit:
      return refuse(-2027, "Exceeded the maximum allowable position at current leverage.");
    case RejectReason::ReduceOnlyWouldIncrease:
      return refuse(-2022, "ReduceOnly Order is rejected.");
    case RejectReason::Liquidation:
      return refuse(-2023, "User in liquidation mode now.");
    case RejectReason::BookStale:
      return refuse(-4141, "Symbol is closed.");
    default:
      return refuse(-2010, "NEW_ORDER_REJECTED");
  }
}

}  // namespace

bool read_flag(Call& call, std::string_view name) {
  const auto value = call.find(name);
  if (!value) return false;
  const std::string plain = lower(*value);
  if (plain != "true" && plain != "false") call.missing(name);
  return plain == "true";
}

std::string_view working_type_of(const VenueOrder& order) {
  if (!conditional(order)) return order.venue_type;
  return order.terms.price.value != 0 ? "LIMIT" : "MARKET";
}

std::string_view algo_status_of(const VenueOrder& order) {
  if (order.status == OrderStatus::Canceled) return order.triggered ? "FINISHED" : "CANCELED";
  if (order.status == OrderStatus::Expired) return order.triggered ? "FINISHED" : "EXPIRED";
  if (order.status == OrderStatus::Filled) return "FINISHED";
  return order.triggered ? "TRIGGERED" : "NEW";
}

std::string_view trigger_of(const VenueOrder& order) {
  return order.terms.trigger_by == TriggerBy::Mark ? "MARK_PRICE" : "CONTRACT_PRICE";
}

// ---- placing ----------------------------------------------------------------------------------------------------

std::string FuturesServer::futures_client_id(Call& call, std::string_view name) {
  return client_id(call, name, -4015, "Client order id is not valid.");
}

/// What plain and conditional orders have in common.
PositionSide FuturesServer::read_common(Call& call, NewOrder& o, bool priced, bool ends) const {
  constexpr std::string_view kOffStep = "Precision is over the maximum defined for this asset.";
  const Instrument& of = instrument(o.instrument);
  o.side = read_side(call);
  const auto amount = call.find_amount("quantity"), limit = call.find_amount("price");
  const auto tif = call.find("timeInForce");
  const PositionSide side = read_position_side(call, o);
  if (priced != limit.has_value()) priced ? call.missing("price") : call.unwanted("price");
  if (!amount && !ends) call.missing("quantity");
  if (ends && amount && *amount != 0) call.fail(-4137, "Quantity must be zero with closePosition equals true");
  if (ends && call.find("reduceOnly")) call.unwanted("reduceonly");
  constexpr std::string_view kKnown[] = {"GTC", "IOC", "FOK", "GTX"};
  if (tif && std::ranges::find(kKnown, *tif) == std::end(kKnown)) call.fail(-1115, "Invalid timeInForce.");
  o.time_in_force = time_in_force_named(tif.value_or("GTC"));
  o.post_only = tif == "GTX";
  if (call.failed()) return side;
  o.price = {fit(call, limit, of.price_decimals, -1111, kOffStep)};
  const std::int64_t most = futures_.most_quantity * power_of_ten(of.quantity_decimals);
  o.quantity = {ends ? most : fit(call, amount, of.quantity_decimals, -1111, kOffStep)};
  if (ends && exchange_->hedges(*call.account) && !o.reduce_only) call.fail(-2022, "ReduceOnly Order is rejected.");
  o.reduce_only = o.reduce_only || ends;
  if (!ends && *amount == 0) call.fail(-4003, "Quantity less than or equal to zero.");
  if (priced && *limit == 0) call.fail(-4001, "Price less than 0.");
  check_price(call, of, o.price);
  if (o.quantity.value % of.lot.value != 0) call.fail(-1111, std::string{kOffStep});
  if (o.quantity.value > most) call.fail(-4005, "Quantity greater than max quantity.");
  const Price at = o.price.value != 0 ? o.price : last_price(o.instrument);
  if (!call.failed() && futures_.least_notional > 0 && !o.reduce_only &&
      value_of(of, at, o.quantity).value < Int128{futures_.least_notional} * power_of_ten(kMoneyDecimals))
    call.fail(-4164, fmt::format("Order's notional must be no smaller than {} (unless you choose reduce only).",
                                 futures_.least_notional));
  return side;
}

void FuturesServer::read_response(Call& call) {
  if (const auto response = call.find("newOrderRespType"); response && *response != "ACK" && *response != "RESULT")
    call.fail(-1130, "Data sent for parameter 'newOrderRespType' is not valid.");
  if (const auto mode = call.find("selfTradePreventionMode"); mode && *mode != "NONE")
    call.fail(-1130, "Data sent for parameter 'selfTradePreventionMode' is not valid.");
}

/// Where long and short are held apart an order says of which it is, and what is against it ends it.
PositionSide FuturesServer::read_position_side(Call& call, NewOrder& o) const {
  const auto name = call.find("positionSide");
  const bool sent = call.find("reduceOnly").has_value();
  o.reduce_only = read_flag(call, "reduceOnly");
  PositionSide side = PositionSide::Both;
  if (name == "LONG")
    side = PositionSide::Long;
  else if (name == "SHORT")
    side = PositionSide::Short;
  else if (name && *name != "BOTH")
    call.fail(-4060, "Invalid position side.");
  if (call.failed()) return side;
  const bool hedges = exchange_->hedges(*call.account);
  if (hedges != (side != PositionSide::Both)) call.fail(-4061, "Order's position side does not match user's setting.");
  if (!hedges) return side;
  if (sent) call.fail(-1106, "Parameter 'reduceonly' sent when not required.");
  o.reduce_only = (side == PositionSide::Long) != (o.side == Side::Buy);
  return side;
}

void FuturesServer::check_price(Call& call, const Instrument& of, Price p) const {
  if (p.value != 0 && !of.on_ladder(p)) call.fail(-4014, "Price not increased by tick size.");
  if (p.value > kMostPrice * power_of_ten(of.price_decimals)) call.fail(-4002, "Price greater than max price.");
}

Outcome FuturesServer::place(Call& call, UnixNanos now) { return place_or_test(call, now, true); }

Outcome FuturesServer::test_order(Call& call, UnixNanos now) { return place_or_test(call, now, false); }

Outcome FuturesServer::place_or_test(Call& call, UnixNanos now, bool really) {
  const auto market = market_of(call);
  const std::string type = call.text("type");
  if (std::ranges::find(kAlgoKinds, type, &AlgoKind::name) != std::end(kAlgoKinds) || type == "TRAILING_STOP_MARKET")
    call.fail(-4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.");
  else if (!call.failed() && type != "LIMIT" && type != "MARKET")
    call.fail(-1116, "Invalid orderType.");
  if (!market || call.failed()) return std::unexpected(*call.check());
  NewOrder o{.instrument = *market, .type = type == "LIMIT" ? OrderType::Limit : OrderType::Market};
  if (type == "LIMIT" && !call.find("timeInForce")) call.missing("timeInForce");
  const PositionSide side = read_common(call, o, type == "LIMIT");
  const std::string id = futures_client_id(call, "newClientOrderId");
  read_response(call);
  if (read_flag(call, "closePosition"))
    call.fail(-4136, fmt::format("Target strategy invalid for orderType {},closePosition true", type));
  if (name_is_taken(call, id)) call.fail(-4116, "ClientOrderId is duplicated.");
  if (const auto* error = call.check()) return std::unexpected(*error);
  if (!really) {
    VenueOrder order;
    order.terms = o;
    order.terms.id = exchange_->random() >> 32;  // of no order
    order.account = *call.account;
    order.client_id = id;
    order.venue_type = type;
    order.status = OrderStatus::Working;
    order.position_side = side;
    order.created = order.updated = now;
    return order_json(order, false);
  }
  closing_.erase({*call.account, id});
  const VenueOrder& order = exchange_->place(*call.account, side, o, id, type);
  if (never_was(order)) return why_not(order.reason);
  return order_json(order, false);
}

std::string FuturesServer::order_json(const VenueOrder& order, bool queried) const {
  const Instrument& of = instrument(order);
  JsonObject out;
  out.number("orderId", number_of(order)).text("symbol", of.symbol());
  append_pair(out, "pair", of);
  out.text("status", status_of(order))
      .text("clientOrderId", order.client_id)
      .text("price", price(of, order.terms.price))
      .text("avgPrice", average_price(of, order.value, order.filled))
      .text("origQty", quantity(of, order.terms.quantity))
      .text("executedQty", quantity(of, order.filled));
  if (!queried) out.text("cumQty", quantity(of, order.filled));
  out.text(futures_.order_value, money(order.value))
      .text("timeInForce", futures_time_in_force_of(order.terms))
      .text("type", working_type_of(order))
      .flag("reduceOnly", order.terms.reduce_only)
      .flag("closePosition", closes(order))
      .text("side", side_of(order.terms.side))
      .text("positionSide", name_of(order.position_side))
      .text("stopPrice", price(of, order.terms.trigger_price))
      .text("workingType", trigger_of(order))
      .flag("priceProtect", false)
      .text("origType", order.venue_type)
      .text("priceMatch", "NONE")
      .text("selfTradePreventionMode", "NONE")
      .number("goodTillDate", 0);
  if (queried) out.number("time", ms(order.created));
  return out.number("updateTime", ms(order.updated)).done();
}

// ---- asking and canceling ---------------------------------------------------------------------------------------

namespace {
constexpr std::string_view kNoOrderId = "Mandatory parameter 'orderId' was not sent, was empty/null, or malformed.";
constexpr std::string_view kNoAlgoId = "Mandatory parameter 'algoId' was not sent, was empty/null, or malformed.";
}  // namespace

std::expected<const VenueOrder*, ApiError> FuturesServer::working_order_of(Call& call, int code,
                                                                           std::string_view message) const {
  return only_order_of(call, {"orderId", "origClientOrderId", kNoOrderId, working}, market_of(call), code, message);
}

Outcome FuturesServer::query(Call& call, UnixNanos) {
  const auto order = working_order_of(call, -2013, "Order does not exist.");
  if (!order) return std::unexpected(order.error());
  return order_json(**order, true);
}

Outcome FuturesServer::cancel(Call& call, UnixNanos) {
  const auto order = working_order_of(call, -2011, "Unknown order sent.");
  if (!order) return std::unexpected(order.error());
  if (!exchange_->cancel((*order)->terms.id)) return refuse(-2011, "Unknown order sent.");
  return order_json(**order, false);
}

Outcome FuturesServer::cancel_all(Call& call, UnixNanos) {
  const auto market = market_of(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  for (const VenueOrder* order : open_orders_of(call, market))
    if (working(*order)) exchange_->cancel(order->terms.id);
  return R"({"code":200,"msg":"The operation of cancel all open order is done."})";
}

Outcome FuturesServer::open_orders(Call& call, UnixNanos) {
  const auto market = market_if_any(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const VenueOrder* order : open_orders_of(call, market))
    if (working(*order)) out.push_back(order_json(*order, true));
  return json_array(out);
}

/// The same as any order's, as long as it is open.
Outcome FuturesServer::query_open(Call& call, UnixNanos) {
  const auto order = working_order_of(call, -2013, "Order does not exist.");
  if (!order) return std::unexpected(order.error());
  if (!(*order)->open()) return refuse(-2013, "Order does not exist.");
  return order_json(**order, true);
}

/// Those of a pair too where contracts have one.
Outcome FuturesServer::all_orders(Call& call, UnixNanos) {
  const auto pair = futures_.coin_margined ? call.find("pair") : std::nullopt;
  const auto market = pair ? market_if_any(call) : market_of(call);
  const auto from_id = call.find_number("orderId"), from = call.find_time("startTime"), to = call.find_time("endTime");
  const std::size_t limit = futures_.coin_margined ? call.limit(50, 100) : call.limit(500, 1000);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const VenueOrder* order : exchange_->orders(*call.account)) {
    if (never_was(*order) || !working(*order)) continue;
    if ((market && order->terms.instrument != *market) || (pair && pair_of(instrument(*order)) != *pair)) continue;
    if (from_id && order->terms.id < static_cast<std::uint64_t>(*from_id)) continue;
    if ((from && ms(order->created) < *from) || (to && ms(order->created) > *to)) continue;
    out.push_back(order_json(*order, true));
  }
  keep(out, limit, from_id || from);
  return json_array(out);
}

// ---- several at once --------------------------------------------------------------------------------------------

namespace {
constexpr std::size_t kMostPlaced = 5, kMostCanceled = 10;
}  // namespace

/// Each is taken or refused, and counted, as if it had come alone.
Outcome FuturesServer::place_batch(Call& call, UnixNanos now) {
  const auto wishes = parse_objects(call.text("batchOrders"));
  if (!wishes)
    call.fail(-1130, "Data sent for parameter 'batchOrders' is not valid.");
  else if (wishes->empty() || wishes->size() > kMostPlaced)
    call.fail(-4082, "Invalid number of batch place orders.");
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const Parameters& wish : *wishes) {
    Call one{wish};
    one.account = call.account;
    const auto over = limits_.count_order(*call.account, now);
    const Outcome placed = over ? Outcome{std::unexpected(*over)} : place(one, now);
    out.push_back(placed ? *placed : placed.error().json());
  }
  return json_array(out);
}

Outcome FuturesServer::cancel_batch(Call& call, UnixNanos now) {
  const std::string symbol = call.text("symbol");
  if (!call.failed()) market_named(call, symbol);
  // In small letters too: clients send them so.
  const auto either = [&](std::string_view name) {
    auto list = call.find(name);
    return list ? list : call.find(lower(name));
  };
  const auto ids = either("orderIdList"), names = either("origClientOrderIdList");
  if (!ids && !names) call.missing("orderIdList");
  const auto list = parse_socket_call(fmt::format(R"({{"method":"","params":{}}})", ids ? *ids : names.value_or("")));
  if (!list || list->list.empty() || list->list.size() > kMostCanceled)
    call.fail(-1130,
              fmt::format("Data sent for parameter '{}' is not valid.", ids ? "orderIdList" : "origClientOrderIdList"));
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const std::string& which : list->list) {
    Parameters order{{"symbol", symbol}, {ids ? "orderId" : "origClientOrderId", which}};
    Call one{std::move(order)};
    one.account = call.account;
    const Outcome canceled = cancel(one, now);
    out.push_back(canceled ? *canceled : canceled.error().json());
  }
  return json_array(out);
}

// ---- the algo service -------------------------------------------------------------------------------------------

Outcome FuturesServer::place_algo(Call& call, UnixNanos) {
  const auto market = market_of(call);
  if (call.text("algoType") != "CONDITIONAL") call.fail(-1130, "Data sent for parameter 'algoType' is not valid.");
  const std::string type = call.text("type");
  const auto* kind = std::ranges::find(kAlgoKinds, type, &AlgoKind::name);
  if (kind == std::end(kAlgoKinds)) call.fail(-1116, "Invalid orderType.");
  if (!market || call.failed()) return std::unexpected(*call.check());
  NewOrder o{.instrument = *market, .type = kind->type};
  const auto trigger = call.find_amount("triggerPrice");
  if (!trigger) call.missing("triggerPrice");
  const auto by = call.find("workingType");
  if (by && *by != "MARK_PRICE" && *by != "CONTRACT_PRICE")
    call.fail(-1130, "Data sent for parameter 'workingType' is not valid.");
  o.trigger_by = by == "MARK_PRICE" ? TriggerBy::Mark : TriggerBy::Last;
  const bool ends = read_flag(call, "closePosition");
  if (ends && kind->priced)
    call.fail(-4136, fmt::format("Target strategy invalid for orderType {},closePosition true", type));
  const PositionSide side = read_common(call, o, kind->priced, ends);
  const Instrument& of = instrument(*market);
  o.trigger_price = {
      fit(call, trigger, of.price_decimals, -1111, "Precision is over the maximum defined for this asset.")};
  check_price(call, of, o.trigger_price);
  read_flag(call, "priceProtect");
  read_response(call);
  // Clients name COIN-M's like its other orders.
  const bool as_others = futures_.coin_margined && call.find("newClientOrderId");
  const std::string id = futures_client_id(call, as_others ? "newClientOrderId" : "clientAlgoId");
  if (name_is_taken(call, id)) call.fail(-4116, "ClientOrderId is duplicated.");
  if (!call.failed() && triggers_now(o)) call.fail(-2021, "Order would immediately trigger.");
  if (const auto* error = call.check()) return std::unexpected(*error);
  closing_.erase({*call.account, id});
  if (ends) closing_.emplace(*call.account, id);
  const VenueOrder& order = exchange_->place(*call.account, side, o, id, type);
  if (never_was(order)) return why_not(order.reason);
  return algo_json(order);
}

bool FuturesServer::triggers_now(const NewOrder& o) const {
  Level prices[2]{};
  Price now = last_price(o.instrument);
  if (o.trigger_by == TriggerBy::Mark)
    now = exchange_->mark(o.instrument, prices) == nullptr ? Price{} : prices[0].price;
  if (now.value == 0) return false;
  const bool stop = o.type == OrderType::Stop || o.type == OrderType::StopLimit;
  return stop == (o.side == Side::Buy) ? now >= o.trigger_price : now <= o.trigger_price;
}

std::string FuturesServer::algo_json(const VenueOrder& order) const {
  const Instrument& of = instrument(order);
  return JsonObject{}
      .number("algoId", number_of(order))
      .text("clientAlgoId", order.client_id)
      .text("algoType", "CONDITIONAL")
      .text("orderType", order.venue_type)
      .text("symbol", of.symbol())
      .text("side", side_of(order.terms.side))
      .text("positionSide", name_of(order.position_side))
      .text("timeInForce", futures_time_in_force_of(order.terms))
      .text("quantity", quantity(of, closes(order) ? Quantity{} : order.terms.quantity))
      .text("algoStatus", algo_status_of(order))
      .text("triggerPrice", price(of, order.terms.trigger_price))
      .text("price", price(of, order.terms.price))
      .text("workingType", trigger_of(order))
      .flag("closePosition", closes(order))
      .flag("priceProtect", false)
      .flag("reduceOnly", order.terms.reduce_only)
      .number("createTime", ms(order.created))
      .number("updateTime", ms(order.updated))
      .number("triggerTime", order.triggered ? ms(order.updated) : 0)
      .number("goodTillDate", 0)
      .done();
}

Outcome FuturesServer::cancel_algo(Call& call, UnixNanos) {
  const auto order = only_order_of(call, {"algoId", "clientAlgoId", kNoAlgoId, conditional}, market_if_any(call), -2011,
                                   "Unknown order sent.");
  if (!order) return std::unexpected(order.error());
  const VenueOrder& algo = **order;
  if (algo.triggered || !exchange_->cancel(algo.terms.id)) return refuse(-2011, "Unknown order sent.");
  return JsonObject{}
      .number("algoId", number_of(algo))
      .text("clientAlgoId", algo.client_id)
      .text("code", "200")
      .text("msg", "success")
      .done();
}

Outcome FuturesServer::query_algo(Call& call, UnixNanos) {
  const auto order = only_order_of(call, {"algoId", "clientAlgoId", kNoAlgoId, conditional}, market_if_any(call), -2013,
                                   "Order does not exist.");
  if (!order) return std::unexpected(order.error());
  return algo_json(**order);
}

Outcome FuturesServer::open_algos(Call& call, UnixNanos) {
  const auto market = market_if_any(call);
  const auto id = call.find_number("algoId");
  call.find("algoType");
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const VenueOrder* order : open_orders_of(call, market))
    if (!working(*order) && (!id || number_of(*order) == *id)) out.push_back(algo_json(*order));
  return json_array(out);
}

Outcome FuturesServer::all_algos(Call& call, UnixNanos) {
  const auto market = market_of(call);
  const auto from_id = call.find_number("algoId"), from = call.find_time("startTime"), to = call.find_time("endTime"),
             page = call.find_number("page");
  const std::size_t limit = call.limit(500, 1000);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const VenueOrder* order : exchange_->orders(*call.account)) {
    if (never_was(*order) || !conditional(*order) || order->terms.instrument != *market) continue;
    if (from_id && order->terms.id < static_cast<std::uint64_t>(*from_id)) continue;
    if ((from && ms(order->created) < *from) || (to && ms(order->created) > *to)) continue;
    out.push_back(algo_json(*order));
  }
  const std::size_t before = limit * static_cast<std::size_t>(std::clamp<std::int64_t>(page.value_or(1), 1, 1'000) - 1);
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(std::min(before, out.size())));
  keep(out, limit, from_id || from || page);
  return json_array(out);
}

Outcome FuturesServer::cancel_algos(Call& call, UnixNanos) {
  const auto market = market_of(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  for (const VenueOrder* order : open_orders_of(call, market))
    if (!working(*order)) exchange_->cancel(order->terms.id);
  return R"({"code":200,"msg":"The operation of cancel all open order is done."})";
}

}  // namespace stom::venues::binance::server
