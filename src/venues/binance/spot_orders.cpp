// Orders, accounts and user events of spot (spot_server.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "core/decimal.hpp"
#include "venues/binance/spot_filters.hpp"
#include "venues/binance/spot_server.hpp"

namespace stom::venues::binance::server {
namespace {

struct OrderKind {
  std::string_view name;
  OrderType type;
  bool post_only, priced, stop;
};
constexpr OrderKind kOrderKinds[] = {{"LIMIT", OrderType::Limit, false, true, false},
                                     {"LIMIT_MAKER", OrderType::Limit, true, true, false},
                                     {"MARKET", OrderType::Market, false, false, false},
                                     {"STOP_LOSS", OrderType::Stop, false, false, true},
                                     {"STOP_LOSS_LIMIT", OrderType::StopLimit, false, true, true},
                                     {"TAKE_PROFIT", OrderType::TakeProfit, false, false, true},
                                     {"TAKE_PROFIT_LIMIT", OrderType::TakeProfitLimit, false, true, true}};

constexpr std::string_view kNeither = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!";
bool any_order(const VenueOrder&) { return true; }

/// What a trade was charged, and of which asset.
std::string commission(const VenueFill& fill) {
  return fill.coin_fee != 0 ? format_decimal(fill.coin_fee, kCoinFeeDecimals) : money(fill.fee);
}
std::string_view commission_asset(const Instrument& of, const VenueFill& fill) {
  return fill.coin_fee != 0 ? of.base : of.quote;
}

std::string_view why(RejectReason reason) {
  switch (reason) {
    case RejectReason::PostOnlyWouldTake:
      return "Order would immediately match and take.";
    case RejectReason::InsufficientBalance:
      return "Account has insufficient balance for requested action.";
    case RejectReason::BookStale:
      return "Market is closed.";
    case RejectReason::Unsupported:
      return "This symbol is not permitted for this account.";
    default:
      return "Order was rejected.";
  }
}

}  // namespace

Outcome SpotServer::account(Call& call, UnixNanos now) {
  const auto omit = call.find("omitZeroBalances");
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> balances;
  for (const AssetBalance& b : exchange_->balances(*call.account)) {
    if (omit == "true" && b.free.value == 0 && b.locked.value == 0) continue;
    balances.push_back(
        JsonObject{}.text("asset", b.asset).text("free", money(b.free)).text("locked", money(b.locked)).done());
  }
  return JsonObject{}
      .number("makerCommission", 10)
      .number("takerCommission", 10)
      .number("buyerCommission", 0)
      .number("sellerCommission", 0)
      .raw("commissionRates",
           R"({"maker":"0.00100000","taker":"0.00100000","buyer":"0.00000000","seller":"0.00000000"})")
      .flag("canTrade", true)
      .flag("canWithdraw", false)
      .flag("canDeposit", false)
      .flag("brokered", false)
      .flag("requireSelfTradePrevention", false)
      .flag("preventSor", false)
      .number("updateTime", ms(now))
      .text("accountType", "SPOT")
      .raw("balances", json_array(balances))
      .raw("permissions", R"(["SPOT"])")
      .number("uid", *call.account + 1)
      .done();
}

Outcome SpotServer::commission_rates(Call& call, UnixNanos) {
  const auto market = market_of(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  constexpr std::string_view kRates = R"({"maker":"0.00100000","taker":"0.00100000","buyer":"0.00000000",)"
                                      R"("seller":"0.00000000"})";
  constexpr std::string_view kNoRates = R"({"maker":"0.00000000","taker":"0.00000000","buyer":"0.00000000",)"
                                        R"("seller":"0.00000000"})";
  return JsonObject{}
      .text("symbol", instrument(*market).symbol())
      .raw("standardCommission", kRates)
      .raw("specialCommission", kNoRates)
      .raw("taxCommission", kNoRates)
      .raw("discount",
           R"({"enabledForAccount":false,"enabledForSymbol":false,"discountAsset":"BNB","discount":"0.75000000"})")
      .done();
}

Outcome SpotServer::none_of_them(Call& call, UnixNanos) {
  market_if_any(call);
  for (const auto name : {"orderId", "fromId", "fromAllocationId", "fromPreventedMatchId", "preventedMatchId",
                          "startTime", "endTime", "limit"})
    call.find_number(name);
  if (const auto* error = call.check()) return std::unexpected(*error);
  return "[]";
}

/// Nothing is paid in or out.
Outcome SpotServer::coins(Call& call, UnixNanos) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const AssetBalance& b : exchange_->balances(*call.account))
    out.push_back(JsonObject{}
                      .text("coin", b.asset)
                      .flag("depositAllEnable", false)
                      .flag("withdrawAllEnable", false)
                      .text("name", b.asset)
                      .text("free", money(b.free))
                      .text("locked", money(b.locked))
                      .text("freeze", "0")
                      .text("withdrawing", "0")
                      .text("ipoing", "0")
                      .text("ipoable", "0")
                      .text("storage", "0")
                      .flag("isLegalMoney", false)
                      .flag("trading", true)
                      .raw("networkList", "[]")
                      .done());
  return json_array(out);
}

Outcome SpotServer::trade_fees(Call& call, UnixNanos) {
  const auto one = market_if_any(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i)
    if (!one || *one == i)
      out.push_back(JsonObject{}
                        .text("symbol", instrument(i).symbol())
                        .text("makerCommission", "0.001")
                        .text("takerCommission", "0.001")
                        .done());
  return json_array(out);
}

Outcome SpotServer::system_status(Call& call, UnixNanos) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return R"({"status":0,"msg":"normal"})";
}

Outcome SpotServer::account_status(Call& call, UnixNanos) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return R"({"data":"Normal"})";
}

std::string SpotServer::own_trade_json(const Instrument& of, const VenueFill& fill) const {
  return JsonObject{}
      .text("symbol", of.symbol())
      .number("id", fill.id)
      .number("orderId", static_cast<std::int64_t>(fill.order))
      .number("orderListId", -1)
      .text("price", price(of, fill.price))
      .text("qty", quantity(of, fill.quantity))
      .text("quoteQty", money(value_of(of, fill.price, fill.quantity)))
      .text("commission", commission(fill))
      .text("commissionAsset", commission_asset(of, fill))
      .number("time", ms(fill.time))
      .flag("isBuyer", fill.side == Side::Buy)
      .flag("isMaker", fill.liquidity == Liquidity::Maker)
      .flag("isBestMatch", true)
      .done();
}

// ---- placing ----------------------------------------------------------------------------------------------------

std::optional<NewOrder> SpotServer::read_order(Call& call, InstrumentIndex market, std::string& type,
                                               std::int64_t& quote) {
  const Instrument& of = instrument(market);
  NewOrder o{.instrument = market};
  o.side = read_side(call);
  type = call.text("type");
  const auto* kind = std::ranges::find(kOrderKinds, type, &OrderKind::name);
  if (kind == std::end(kOrderKinds)) {
    call.fail(-1116, "Invalid orderType.");
    return std::nullopt;
  }
  o.type = kind->type;
  o.post_only = kind->post_only;
  const auto amount = call.find_amount("quantity");
  const auto quote_amount = call.find_amount("quoteOrderQty");
  const auto limit = call.find_amount("price");
  const auto stop = call.find_amount("stopPrice");
  const auto iceberg = call.find_amount("icebergQty");
  const auto tif = call.find("timeInForce");
  if (kind->priced && !kind->post_only) {
    if (!tif) call.missing("timeInForce");
  } else if (tif) {
    call.unwanted("timeInForce");
  }
  if (tif && *tif != "GTC" && *tif != "IOC" && *tif != "FOK") call.fail(-1115, "Invalid timeInForce.");
  o.time_in_force = time_in_force_named(tif.value_or("GTC"));
  if (quote_amount && (type != "MARKET" || amount)) call.unwanted("quoteOrderQty");
  if (!amount && !quote_amount) call.missing("quantity");
  if (kind->priced != limit.has_value()) kind->priced ? call.missing("price") : call.unwanted("price");
  if (kind->stop != stop.has_value()) kind->stop ? call.missing("stopPrice") : call.unwanted("stopPrice");
  if (iceberg && (!kind->priced || o.time_in_force != TimeInForce::GTC)) call.unwanted("icebergQty");
  if (call.failed()) return std::nullopt;
  if ((amount && *amount == 0) || (quote_amount && *quote_amount == 0)) call.fail(-1013, "Invalid quantity.");
  if (limit && *limit == 0) call.fail(-1013, "Invalid price.");
  if (stop && *stop == 0) call.fail(-1013, "Invalid stopPrice.");
  o.price = {fit(call, limit, of.price_decimals, -1013, "Filter failure: PRICE_FILTER")};
  o.trigger_price = {fit(call, stop, of.price_decimals, -1013, "Filter failure: PRICE_FILTER")};
  o.quantity = {fit(call, amount, of.quantity_decimals, -1013, "Filter failure: LOT_SIZE")};
  o.display = {fit(call, iceberg, of.quantity_decimals, -1013, "Filter failure: LOT_SIZE")};
  quote = quote_amount.value_or(0);
  return o;
}

void SpotServer::check_filters(Call& call, const NewOrder& o) const {
  const Instrument& of = instrument(o.instrument);
  const std::int64_t most_price = kMostPrice * power_of_ten(of.price_decimals);
  for (const Price p : {o.price, o.trigger_price})
    if (p.value != 0 && (!of.on_ladder(p) || p.value > most_price)) call.fail(-1013, "Filter failure: PRICE_FILTER");
  if (o.quantity.value < of.lot.value || o.quantity.value % of.lot.value != 0 || o.display.value % of.lot.value != 0 ||
      o.quantity.value > kMostQuantity * power_of_ten(of.quantity_decimals))
    call.fail(-1013, "Filter failure: LOT_SIZE");
  if (o.display.value != 0 && o.quantity.value > Int128{kIcebergParts} * o.display.value)
    call.fail(-1013, "Filter failure: ICEBERG_PARTS");
  const Price at = o.price.value != 0           ? o.price
                   : o.trigger_price.value != 0 ? o.trigger_price
                                                : last_price(o.instrument);
  // Of what is within the limits above: nothing else has a value that fits.
  if (!call.failed() && value_of(of, at, o.quantity).value < Int128{kLeastNotional} * power_of_ten(kMoneyDecimals))
    call.fail(-1013, "Filter failure: NOTIONAL");
  if (std::ssize(open_orders_of(call, o.instrument)) >= kOpenOrders) call.fail(-1013, "Filter failure: MAX_NUM_ORDERS");
}

/// The most lots that the amount of quote currency (10^-8) buys or sells for in the book as it stands.
Quantity SpotServer::quantity_for(InstrumentIndex market, Side side, std::int64_t quote) {
  const Instrument& of = instrument(market);
  exchange_->book(market, 1000, view_);
  Int128 left = Int128{quote} * power_of_ten(kMoneyDecimals - 8);
  std::int64_t lots = 0;
  for (const Level& level : side == Side::Buy ? view_.asks : view_.bids) {
    const Int128 of_lot = value_of(of, level.price, of.lot).value;
    const std::int64_t here =
        static_cast<std::int64_t>(std::min<Int128>(left / of_lot, level.quantity.value / of.lot.value));
    lots += here;
    left -= of_lot * here;
    if (here < level.quantity.value / of.lot.value) break;
  }
  return {lots * of.lot.value};
}

std::string SpotServer::spot_client_id(Call& call) {
  return client_id(call, "newClientOrderId", -1100,
                   "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.");
}

Outcome SpotServer::place(Call& call, UnixNanos) { return place_or_test(call, true); }

Outcome SpotServer::test_order(Call& call, UnixNanos) {
  call.find("computeCommissionRates");
  return place_or_test(call, false);
}

Outcome SpotServer::place_or_test(Call& call, bool really) {
  const auto market = market_of(call);
  if (!market) return std::unexpected(*call.check());
  std::string type;
  std::int64_t quote = 0;
  auto terms = read_order(call, *market, type, quote);
  const std::string id = spot_client_id(call);
  const std::string usual = type == "MARKET" || type == "LIMIT" ? "FULL" : "ACK";
  const std::string response = call.find("newOrderRespType").value_or(usual);
  for (const auto name : {"strategyId", "strategyType"}) call.find_number(name);
  if (const auto mode = call.find("selfTradePreventionMode"); mode && *mode != "NONE")
    call.fail(-1013, "This action is disabled on this account.");
  if (response != "ACK" && response != "RESULT" && response != "FULL")
    call.fail(-1130, "Data sent for parameter 'newOrderRespType' is not valid.");
  if (terms && !call.failed()) {
    if (quote > 0) terms->quantity = quantity_for(*market, terms->side, quote);
    check_filters(call, *terms);
    if (name_is_taken(call, id)) call.fail(-2010, "Duplicate order sent.");
    if (triggers_now(*terms)) call.fail(-2010, "Stop price would trigger immediately.");
  }
  if (const auto* error = call.check()) return std::unexpected(*error);
  if (!really) return "{}";
  const VenueOrder& order = exchange_->place(*call.account, PositionSide::Both, *terms, id, type);
  if (never_was(order)) return refuse(-2010, std::string{why(order.reason)});
  return placed_json(order, response, quote);
}

bool SpotServer::triggers_now(const NewOrder& o) const {
  const Price last = last_price(o.instrument);
  if (last.value == 0) return false;
  const bool buy = o.side == Side::Buy;
  if (o.type == OrderType::Stop || o.type == OrderType::StopLimit)
    return buy ? last >= o.trigger_price : last <= o.trigger_price;
  if (o.type == OrderType::TakeProfit || o.type == OrderType::TakeProfitLimit)
    return buy ? last <= o.trigger_price : last >= o.trigger_price;
  return false;
}

// ---- answers ----------------------------------------------------------------------------------------------------

void SpotServer::append_terms(JsonObject& out, const VenueOrder& order, std::int64_t quote) const {
  const Instrument& of = instrument(order);
  out.text("price", price(of, order.terms.price))
      .text("origQty", quantity(of, order.terms.quantity))
      .text("executedQty", quantity(of, order.filled))
      .text("origQuoteOrderQty", format_decimal(Int128{quote}, 8))
      .text("cummulativeQuoteQty", money(order.value))
      .text("status", status_of(order))
      .text("timeInForce", time_in_force_of(order.terms.time_in_force))
      .text("type", order.venue_type)
      .text("side", side_of(order.terms.side));
}

std::string SpotServer::placed_json(const VenueOrder& order, std::string_view response, std::int64_t quote) {
  const Instrument& of = instrument(order);
  JsonObject out;
  out.text("symbol", of.symbol())
      .number("orderId", number_of(order))
      .number("orderListId", -1)
      .text("clientOrderId", order.client_id)
      .number("transactTime", ms(order.created));
  if (response == "ACK") return out.done();
  append_terms(out, order, quote);
  if (conditional(order)) out.text("stopPrice", price(of, order.terms.trigger_price));
  if (order.terms.display.value != 0) out.text("icebergQty", quantity(of, order.terms.display));
  if (working(order)) out.number("workingTime", ms(order.created));
  out.text("selfTradePreventionMode", "NONE");
  if (response == "RESULT") return out.done();
  std::vector<std::string> fills;
  const auto& all = exchange_->fills();
  for (auto it = all.rbegin(); it != all.rend() && it->order == order.terms.id; ++it)
    fills.push_back(JsonObject{}
                        .text("price", price(of, it->price))
                        .text("qty", quantity(of, it->quantity))
                        .text("commission", commission(*it))
                        .text("commissionAsset", commission_asset(of, *it))
                        .number("tradeId", it->id)
                        .done());
  std::ranges::reverse(fills);
  return out.raw("fills", json_array(fills)).done();
}

std::string SpotServer::order_json(const VenueOrder& order) const {
  const Instrument& of = instrument(order);
  JsonObject out;
  out.text("symbol", of.symbol())
      .number("orderId", number_of(order))
      .number("orderListId", -1)
      .text("clientOrderId", order.client_id);
  append_terms(out, order, 0);
  return out.text("stopPrice", price(of, order.terms.trigger_price))
      .text("icebergQty", quantity(of, order.terms.display))
      .number("time", ms(order.created))
      .number("updateTime", ms(order.updated))
      .flag("isWorking", working(order))
      .number("workingTime", working(order) ? ms(order.created) : -1)
      .text("selfTradePreventionMode", "NONE")
      .done();
}

std::string SpotServer::canceled_json(const VenueOrder& order, std::string_view canceled_by) const {
  const Instrument& of = instrument(order);
  JsonObject out;
  out.text("symbol", of.symbol())
      .text("origClientOrderId", order.client_id)
      .number("orderId", number_of(order))
      .number("orderListId", -1)
      .text("clientOrderId", canceled_by)
      .number("transactTime", ms(order.updated));
  append_terms(out, order, 0);
  if (conditional(order)) out.text("stopPrice", price(of, order.terms.trigger_price));
  return out.text("selfTradePreventionMode", "NONE").done();
}

// ---- asking and canceling ---------------------------------------------------------------------------------------

Outcome SpotServer::query(Call& call, UnixNanos) {
  const auto order = only_order_of(call, {"orderId", "origClientOrderId", kNeither, any_order}, market_of(call), -2013,
                                   "Order does not exist.");
  if (!order) return std::unexpected(order.error());
  return order_json(**order);
}

Outcome SpotServer::open_orders(Call& call, UnixNanos now) {
  const auto market = market_if_any(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  if (!market)
    if (const auto over = limits_.weigh(74, now)) return std::unexpected(*over);  // 80 without a symbol, 6 with one
  std::vector<std::string> out;
  for (const VenueOrder* order : open_orders_of(call, market)) out.push_back(order_json(*order));
  return json_array(out);
}

Outcome SpotServer::all_orders(Call& call, UnixNanos) {
  const auto market = market_of(call);
  const auto from_id = call.find_number("orderId"), from = call.find_time("startTime"), to = call.find_time("endTime");
  const std::size_t limit = call.limit(500, 1000);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const VenueOrder* order : exchange_->orders(*call.account)) {
    if (order->terms.instrument != *market || never_was(*order)) continue;
    if (from_id && order->terms.id < static_cast<std::uint64_t>(*from_id)) continue;
    if ((from && ms(order->created) < *from) || (to && ms(order->created) > *to)) continue;
    out.push_back(order_json(*order));
  }
  keep(out, limit, from_id || from);
  return json_array(out);
}

Outcome SpotServer::cancel(Call& call, UnixNanos) {
  const auto market = market_of(call);
  const VenueOrder* order = market ? order_of(call, {"orderId", "origClientOrderId", kNeither, any_order}, market,
                                              -2011, "Unknown order sent.")
                                   : nullptr;
  const std::string name = spot_client_id(call);
  const auto restriction = call.find("cancelRestrictions");
  if (restriction && *restriction != "ONLY_NEW" && *restriction != "ONLY_PARTIALLY_FILLED")
    call.fail(-1130, "Data sent for parameter 'cancelRestrictions' is not valid.");
  if (const auto* error = call.check()) return std::unexpected(*error);
  STOM_ASSERT(order != nullptr);  // order_of failed the call otherwise
  if (restriction && order->open() && (order->filled.value > 0) != (*restriction == "ONLY_PARTIALLY_FILLED"))
    return refuse(-2011, "Order was not canceled due to cancel restrictions.");
  if (!cancel_as(*order, name)) return refuse(-2011, "Unknown order sent.");
  return canceled_json(*order, name);
}

bool SpotServer::cancel_as(const VenueOrder& order, const std::string& name) {
  canceling_as_ = name;
  const bool canceled = exchange_->cancel(order.terms.id);
  canceling_as_.clear();  // what the venue takes out itself was canceled under no name
  return canceled;
}

/// What became of the two is told together. An order that breaks a rule of the market touches nothing.
Outcome SpotServer::replace(Call& call, UnixNanos now) {
  const std::string mode = call.text("cancelReplaceMode");
  if (!call.failed() && mode != "STOP_ON_FAILURE" && mode != "ALLOW_FAILURE")
    call.fail(-1130, "Data sent for parameter 'cancelReplaceMode' is not valid.");
  if (const auto over = call.find("orderRateLimitExceededMode"); over && *over != "DO_NOTHING")
    call.fail(-1130, "Data sent for parameter 'orderRateLimitExceededMode' is not valid.");
  if (!call.find_number("cancelOrderId") && !call.find("cancelOrigClientOrderId"))
    call.fail(-1102, "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!");
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"symbol", "symbol"},
                                                                      {"cancelOrderId", "orderId"},
                                                                      {"cancelOrigClientOrderId", "origClientOrderId"},
                                                                      {"cancelNewClientOrderId", "newClientOrderId"},
                                                                      {"cancelRestrictions", "cancelRestrictions"}};
  Parameters of_old;
  for (const auto& [sent, name] : kNames)
    if (auto value = call.find(sent)) of_old.emplace_back(name, std::move(*value));
  Call trial = call;
  const Outcome tried = place_or_test(trial, false);
  // Its name may be the old order's, which is still there.
  if (!tried && tried.error().code != -2010) return tried;
  Call old{std::move(of_old)};
  old.account = call.account;
  const Outcome canceled = cancel(old, now);
  const bool attempted = canceled || mode == "ALLOW_FAILURE";
  const Outcome placed = attempted ? place_or_test(call, true) : Outcome{"null"};
  const auto told = [](const Outcome& outcome) { return outcome ? *outcome : outcome.error().json(); };
  std::string both = JsonObject{}
                         .text("cancelResult", canceled ? "SUCCESS" : "FAILURE")
                         .text("newOrderResult", !attempted ? "NOT_ATTEMPTED"
                                                 : placed   ? "SUCCESS"
                                                            : "FAILURE")
                         .raw("cancelResponse", told(canceled))
                         .raw("newOrderResponse", told(placed))
                         .done();
  if (canceled && placed) return both;
  if (!canceled && !(attempted && placed))
    return std::unexpected(ApiError{400, -2022, "Order cancel-replace failed.", std::move(both)});
  return std::unexpected(ApiError{409, -2021, "Order cancel-replace partially failed.", std::move(both)});
}

Outcome SpotServer::cancel_all(Call& call, UnixNanos) {
  const auto market = market_of(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const VenueOrder* order : open_orders_of(call, market)) {
    const std::string name = make_client_id();
    if (cancel_as(*order, name)) out.push_back(canceled_json(*order, name));
  }
  if (out.empty()) return refuse(-2011, "Unknown order sent.");
  return json_array(out);
}

// ---- user events ------------------------------------------------------------------------------------------------

void SpotServer::on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) {
  if (never_was(order)) return;
  const std::string report = execution_report(order, event, fill);
  const std::string position = account_position(order.account, order.terms.instrument);
  for (const auto& [id, socket] : api_sockets_) {
    for (const auto& [subscription, account] : socket.subscriptions) {
      if (account != order.account) continue;
      for (const std::string* text : {&report, &position})
        exchange_->send(id, fmt::format(R"({{"subscriptionId":{},"event":{}}})", subscription, *text));
    }
  }
}

std::string SpotServer::execution_report(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) {
  const Instrument& of = instrument(order);
  const bool canceled = event.kind == OrderEventKind::Canceled;
  JsonObject out;
  out.text("e", "executionReport")
      .number("E", ms(exchange_->now()))
      .text("s", of.symbol())
      .text("c", canceled && !canceling_as_.empty() ? canceling_as_ : order.client_id)
      .text("S", side_of(order.terms.side))
      .text("o", order.venue_type)
      .text("f", time_in_force_of(order.terms.time_in_force))
      .text("q", quantity(of, order.terms.quantity))
      .text("p", price(of, order.terms.price))
      .text("P", price(of, order.terms.trigger_price))
      .text("F", quantity(of, order.terms.display))
      .number("g", -1)
      .text("C", canceled ? order.client_id : "")
      .text("x", execution_of(event, fill))
      .text("X", status_of(order))
      .text("r", "NONE")
      .number("i", number_of(order))
      .text("l", quantity(of, fill != nullptr ? fill->quantity : Quantity{}))
      .text("z", quantity(of, order.filled))
      .text("L", price(of, fill != nullptr ? fill->price : Price{}))
      .text("n", fill != nullptr ? commission(*fill) : "0");
  if (fill != nullptr)
    out.text("N", commission_asset(of, *fill));
  else
    out.raw("N", "null");
  out.number("T", ms(order.updated))
      .number("t", fill != nullptr ? fill->id : -1)
      .number("I", ++last_execution_)
      .flag("w", order.open() && working(order))
      .flag("m", fill != nullptr && fill->liquidity == Liquidity::Maker)
      .flag("M", false)
      .number("O", ms(order.created))
      .text("Z", money(order.value))
      .text("Y", fill != nullptr ? money(value_of(of, fill->price, fill->quantity)) : "0.00000000")
      .text("Q", "0.00000000");
  if (working(order)) out.number("W", ms(order.created));
  return out.text("V", "NONE").done();
}

std::string SpotServer::account_position(AccountId account, InstrumentIndex market) const {
  const Instrument& of = instrument(market);
  std::vector<std::string> balances;
  for (const AssetBalance& b : exchange_->balances(account))
    if (b.asset == of.base || b.asset == of.quote)
      balances.push_back(JsonObject{}.text("a", b.asset).text("f", money(b.free)).text("l", money(b.locked)).done());
  return JsonObject{}
      .text("e", "outboundAccountPosition")
      .number("E", ms(exchange_->now()))
      .number("u", ms(exchange_->now()))
      .raw("B", json_array(balances))
      .done();
}

}  // namespace stom::venues::binance::server
