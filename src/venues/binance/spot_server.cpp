#include "venues/binance/spot_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "venues/binance/server.hpp"
#include "venues/binance/spot_filters.hpp"

namespace stom::venues::binance {
namespace server {
namespace {

constexpr MarketTerms kSpot{
    .api = "/api",
    .limits = {.weight_per_minute = 6000, .orders_per_10s = 100, .orders_per_minute = 0, .orders_per_day = 200'000},
    .plain_weight_header = true,
    .eight_decimals = true,
    .api_has_user_events = true,
    .most_klines = 1000,
    .streams_per_socket = 1024,
    .kline_stream = 2 * kSecond,
    .ticker_stream = kSecond,
    .quotes_in_ticker = true};
constexpr DurationNanos kSlowStream = kSecond;
constexpr int kAverageMinutes = 5;

}  // namespace

SpotServer::SpotServer() : MarketServer{kSpot} {}

std::vector<Listing> SpotServer::listings() const {
  const auto pair = [](const std::string& base, int quantity_decimals, std::int64_t tick, std::int64_t start,
                       std::int64_t typical, double rate) {
    return Listing{.instrument = {.id = "binance:" + base + "USDT",
                                  .base = base,
                                  .quote = "USDT",
                                  .kind = ContractKind::Spot,
                                  .price_decimals = 2,
                                  .quantity_decimals = quantity_decimals,
                                  .ladder = {{{0}, {tick}}},
                                  .lot = {1}},
                   .start_price = {start},
                   .typical_quantity = typical,
                   .actions_per_second = rate};
  };
  return {pair("BTC", 5, 10, 10'425'000, 5'000, 20), pair("ETH", 4, 1, 362'000, 10'000, 14)};
}

AccountGrant SpotServer::grant() const {
  return {.cash = {Int128{1'000'000} * power_of_ten(kMoneyDecimals)},
          .base = {Int128{10} * power_of_ten(kMoneyDecimals)},
          .maker_rate = 1'000'000,
          .taker_rate = 1'000'000,
          .coin_fees = coin_fees_};
}

void SpotServer::open(ExchangeBackend& exchange, std::vector<Credentials> credentials) {
  MarketServer::open(exchange, std::move(credentials));
  slow_.resize(markets_.size());
}

// ---- markets ----------------------------------------------------------------------------------------------------

std::string SpotServer::symbol_json(InstrumentIndex market) const {
  const Instrument& of = instrument(market);
  const auto tick = price(of, of.base_tick());
  const auto lot = quantity(of, of.lot);
  const auto filter = [](std::string_view type) { return JsonObject{}.text("filterType", type); };
  const std::string filters = json_array({
      filter("PRICE_FILTER")
          .text("minPrice", tick)
          .text("maxPrice", fmt::format("{}.00000000", kMostPrice))
          .text("tickSize", tick)
          .done(),
      filter("LOT_SIZE")
          .text("minQty", lot)
          .text("maxQty", fmt::format("{}.00000000", kMostQuantity))
          .text("stepSize", lot)
          .done(),
      filter("ICEBERG_PARTS").number("limit", kIcebergParts).done(),
      filter("NOTIONAL")
          .text("minNotional", fmt::format("{}.00000000", kLeastNotional))
          .flag("applyMinToMarket", true)
          .text("maxNotional", "9000000.00000000")
          .flag("applyMaxToMarket", false)
          .number("avgPriceMins", kAverageMinutes)
          .done(),
      filter("MAX_NUM_ORDERS").number("maxNumOrders", kOpenOrders).done(),
  });
  return JsonObject{}
      .text("symbol", of.symbol())
      .text("status", exchange_->trading(market) ? "TRADING" : "BREAK")
      .text("baseAsset", of.base)
      .number("baseAssetPrecision", 8)
      .text("quoteAsset", of.quote)
      .number("quotePrecision", 8)
      .number("quoteAssetPrecision", 8)
      .number("baseCommissionPrecision", 8)
      .number("quoteCommissionPrecision", 8)
      .raw("orderTypes",
           R"(["LIMIT","LIMIT_MAKER","MARKET","STOP_LOSS","STOP_LOSS_LIMIT","TAKE_PROFIT","TAKE_PROFIT_LIMIT"])")
      .flag("icebergAllowed", true)
      .flag("ocoAllowed", false)
      .flag("otoAllowed", false)
      .flag("opoAllowed", false)
      .flag("quoteOrderQtyMarketAllowed", true)
      .flag("allowTrailingStop", false)
      .flag("cancelReplaceAllowed", true)
      .flag("amendAllowed", false)
      .flag("pegInstructionsAllowed", false)
      .flag("isSpotTradingAllowed", true)
      .flag("isMarginTradingAllowed", false)
      .raw("filters", filters)
      .raw("permissions", "[]")
      .raw("permissionSets", R"([["SPOT"]])")
      .text("defaultSelfTradePreventionMode", "NONE")
      .raw("allowedSelfTradePreventionModes", R"(["NONE"])")
      .done();
}

Outcome SpotServer::exchange_info(Call& call, UnixNanos now) {
  bool one = false;
  const auto wanted = markets_wanted(call, one);
  for (const auto name : {"permissions", "showPermissionSets", "symbolStatus"}) call.find(name);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> symbols;
  for (const InstrumentIndex market : wanted) symbols.push_back(symbol_json(market));
  return JsonObject{}
      .text("timezone", "UTC")
      .number("serverTime", ms(now))
      .raw("rateLimits", rate_limits_json())
      .raw("exchangeFilters", "[]")
      .raw("symbols", json_array(symbols))
      .done();
}

std::vector<InstrumentIndex> SpotServer::markets_wanted(Call& call, bool& one) const {
  std::vector<InstrumentIndex> out;
  if (const auto symbol = call.find("symbol")) {
    one = true;
    if (const auto market = market_named(call, *symbol)) out.push_back(*market);
    if (call.find("symbols")) call.fail(-1128, "Combination of optional parameters invalid.");
  } else if (const auto symbols = call.find("symbols")) {
    const auto list = parse_socket_call(fmt::format(R"({{"method":"","params":{}}})", *symbols));
    if (!list || list->list.empty())
      call.fail(-1100,
                "Illegal characters found in parameter 'symbols'; legal range is "
                "'^\\[(\"[A-Z0-9-_.]{1,20}\"(,\"[A-Z0-9-_.]{1,20}\"){0,}){0,1}\\]$'.");
    else
      for (const std::string& name : list->list)
        if (const auto market = market_named(call, name)) out.push_back(*market);
  } else {
    for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) out.push_back(i);
  }
  return out;
}

Outcome SpotServer::depth(Call& call, UnixNanos now) {
  const auto market = market_of(call);
  const std::size_t limit = call.limit(100, 5000);
  call.find("symbolStatus");
  if (const auto* error = call.check()) return std::unexpected(*error);
  const std::int64_t more = limit <= 100 ? 0 : limit <= 500 ? 20 : limit <= 1000 ? 45 : 245;  // beyond a weight of 5
  if (const auto over = limits_.weigh(more, now)) return std::unexpected(*over);
  exchange_->book(*market, limit, view_);
  return book_json(instrument(*market));
}

std::string SpotServer::book_json(const Instrument& of) const {
  return JsonObject{}
      .number("lastUpdateId", view_.update_id)
      .raw("bids", levels_json(of, view_.bids))
      .raw("asks", levels_json(of, view_.asks))
      .done();
}

std::string SpotServer::trade_json(const Instrument& of, const PublicTrade& trade) const {
  return JsonObject{}
      .number("id", trade.id)
      .text("price", price(of, trade.price))
      .text("qty", quantity(of, trade.quantity))
      .text("quoteQty", money(value_of(of, trade.price, trade.quantity)))
      .number("time", ms(trade.time))
      .flag("isBuyerMaker", trade.sell_aggressor)
      .flag("isBestMatch", true)
      .done();
}

std::string SpotServer::aggregate_trade_json(const Instrument& of, const PublicTrade& trade) const {
  return JsonObject{}
      .number("a", trade.id)
      .text("p", price(of, trade.price))
      .text("q", quantity(of, trade.quantity))
      .number("f", trade.id)
      .number("l", trade.id)
      .number("T", ms(trade.time))
      .flag("m", trade.sell_aggressor)
      .flag("M", true)
      .done();
}

/// One object where one symbol was asked for, else an array.
template <class Make>
Outcome SpotServer::per_symbol(Call& call, UnixNanos now, MoreWeight more, Make make) {
  bool one = false;
  const auto wanted = markets_wanted(call, one);
  call.find("symbolStatus");
  if (const auto* error = call.check()) return std::unexpected(*error);
  if (!one)
    if (const auto over = limits_.weigh(call.find("symbols") ? more.several : more.all, now))
      return std::unexpected(*over);
  std::vector<std::string> out;
  for (const InstrumentIndex market : wanted) out.push_back(make(market, instrument(market)));
  return one ? out.front() : json_array(out);
}

Outcome SpotServer::ticker_price(Call& call, UnixNanos now) {
  return per_symbol(call, now, {2, 2}, [&](InstrumentIndex market, const Instrument& of) {
    return JsonObject{}.text("symbol", of.symbol()).text("price", price(of, last_price(market))).done();
  });
}

Outcome SpotServer::book_ticker(Call& call, UnixNanos now) {
  return per_symbol(call, now, {2, 2}, [&](InstrumentIndex market, const Instrument& of) {
    const auto [bid, ask] = touch(market);
    return JsonObject{}
        .text("symbol", of.symbol())
        .text("bidPrice", price(of, bid.price))
        .text("bidQty", quantity(of, bid.quantity))
        .text("askPrice", price(of, ask.price))
        .text("askQty", quantity(of, ask.quantity))
        .done();
  });
}

Outcome SpotServer::ticker_24hr(Call& call, UnixNanos now) {
  const bool mini = wants_mini(call);
  return per_symbol(call, now, {0, 78}, [&](InstrumentIndex market, const Instrument& of) {
    if (mini) return window_json(market, now - kDay, now, true);
    auto [sum, out] = day_of(market, now, "");
    const auto [bid, ask] = touch(market);
    return out.text("prevClosePrice", price(of, sum.bar.open))
        .text("bidPrice", price(of, bid.price))
        .text("bidQty", quantity(of, bid.quantity))
        .text("askPrice", price(of, ask.price))
        .text("askQty", quantity(of, ask.quantity))
        .text("quoteVolume", money(sum.value))
        .done();
  });
}

bool SpotServer::wants_mini(Call& call) {
  const auto type = call.find("type");
  if (type && *type != "FULL" && *type != "MINI") call.fail(-1130, "Data sent for parameter 'type' is not valid.");
  return type == "MINI";
}

std::string SpotServer::window_json(InstrumentIndex market, UnixNanos from, UnixNanos to, bool mini) const {
  const Instrument& of = instrument(market);
  const MinuteBar sum = sum_since(market, from);
  JsonObject out;
  out.text("symbol", of.symbol());
  if (!mini)
    out.text("priceChange", price(of, {change_of(sum)}))
        .text("priceChangePercent", percent_of(sum))
        .text("weightedAvgPrice", average_price(of, sum.value, sum.bar.volume));
  return out.text("openPrice", price(of, sum.bar.open))
      .text("highPrice", price(of, sum.bar.high))
      .text("lowPrice", price(of, sum.bar.low))
      .text("lastPrice", price(of, sum.bar.close))
      .text("volume", quantity(of, sum.bar.volume))
      .text("quoteVolume", money(sum.value))
      .number("openTime", ms(from))
      .number("closeTime", ms(to))
      .number("firstId", sum.first_trade)
      .number("lastId", sum.last_trade)
      .number("count", sum.trades)
      .done();
}

/// It begins with a minute: the window is up to one wider than it was asked for.
Outcome SpotServer::ticker_window(Call& call, UnixNanos now) {
  const std::string size = call.find("windowSize").value_or("1d");
  constexpr std::tuple<char, std::int64_t, DurationNanos> kUnits[] = {
      {'m', 59, kMinute}, {'h', 23, kHour}, {'d', 7, kDay}};
  DurationNanos length = 0;
  const auto count = whole_number(std::string_view{size}.substr(0, size.size() - 1));
  for (const auto& [letter, most, unit] : kUnits)
    if (size.back() == letter && count && *count >= 1 && *count <= most) length = *count * unit;
  if (length == 0) call.fail(-1130, "Data sent for parameter 'windowSize' is not valid.");
  const bool mini = wants_mini(call);
  if (!call.find("symbol") && !call.find("symbols")) call.missing("symbol");
  const UnixNanos from = (now - length) / kMinute * kMinute;
  return per_symbol(call, now, {},
                    [&](InstrumentIndex market, const Instrument&) { return window_json(market, from, now, mini); });
}

/// Days of UTC alone here.
void SpotServer::read_zone(Call& call) {
  if (const auto zone = call.find("timeZone"); zone && *zone != "0" && *zone != "0:00" && *zone != "00:00")
    call.fail(-1130, "Data sent for parameter 'timeZone' is not valid.");
}

Outcome SpotServer::zoned_klines(Call& call, UnixNanos now) {
  read_zone(call);
  return klines(call, now);
}

Outcome SpotServer::ticker_today(Call& call, UnixNanos now) {
  read_zone(call);
  const bool mini = wants_mini(call);
  if (!call.find("symbol") && !call.find("symbols")) call.missing("symbol");
  const UnixNanos from = now / kDay * kDay;
  return per_symbol(call, now, {}, [&](InstrumentIndex market, const Instrument&) {
    return window_json(market, from, from + kDay - kMillisecond, mini);
  });
}

Outcome SpotServer::average(Call& call, UnixNanos now) {
  const auto market = market_of(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  const Instrument& of = instrument(*market);
  const MinuteBar sum = sum_since(*market, now - kAverageMinutes * kMinute);
  const auto& all = exchange_->trades(*market);
  return JsonObject{}
      .number("mins", kAverageMinutes)
      .text("price",
            sum.bar.volume.value == 0 ? price(of, last_price(*market)) : average_price(of, sum.value, sum.bar.volume))
      .number("closeTime", ms(all.empty() ? now : all.back().time))
      .done();
}

// ---- sockets ----------------------------------------------------------------------------------------------------

std::optional<WireResponse> SpotServer::on_upgrade(const WireRequest& request) {
  if (request.path == "/ws-api/v3" || request.path == "/ws" || request.path.starts_with("/ws/") ||
      request.path == "/stream")
    return std::nullopt;
  return unknown_path();
}

void SpotServer::on_open(SocketId id, const WireRequest& request) {
  if (request.path == "/ws-api/v3")
    open_api(id);
  else
    open_streams(id, request, Road::All);
}

/// The user's events come by the same socket.
std::optional<Outcome> SpotServer::own_call(ApiSocket& socket, const SocketCall& request, Call& call, UnixNanos now) {
  if (request.method == "userDataStream.subscribe") {
    if (socket.key.empty()) return refuse(-2015, "Invalid API-key, IP, or permissions for action.", 401);
    doorman_.check_key(call, socket.key);
    return subscribe_user(socket, call);
  }
  if (request.method == "userDataStream.subscribe.signature") {
    doorman_.check(call, call.text("apiKey"), signed_text(request.parameters), now);
    return subscribe_user(socket, call);
  }
  if (request.method == "userDataStream.unsubscribe") return unsubscribe_user(socket, call);
  return std::nullopt;
}

Outcome SpotServer::subscribe_user(ApiSocket& socket, Call& call) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  const std::int64_t subscription = next_subscription_++;
  socket.subscriptions[subscription] = *call.account;
  return JsonObject{}.number("subscriptionId", subscription).done();
}

Outcome SpotServer::unsubscribe_user(ApiSocket& socket, Call& call) {
  const auto which = call.find_number("subscriptionId");
  if (const auto* error = call.check()) return std::unexpected(*error);
  if (which)
    socket.subscriptions.erase(*which);
  else
    socket.subscriptions.clear();
  return "{}";
}

// ---- streams ----------------------------------------------------------------------------------------------------

bool SpotServer::has_stream(std::string_view kind, Road) const {
  constexpr std::string_view kKinds[] = {"trade",        "aggTrade",      "bookTicker",   "ticker",  "miniTicker",
                                         "depth",        "depth@100ms",   "depth5",       "depth10", "depth20",
                                         "depth5@100ms", "depth10@100ms", "depth20@100ms"};
  return std::ranges::find(kKinds, kind) != std::end(kKinds);
}

void SpotServer::subscribed(const StreamName& name) {
  if (name.kind == "depth") slow_[name.market].wanted = true;
}

void SpotServer::on_market(InstrumentIndex market, const Message& message, std::span<const Level> levels) {
  const Instrument& of = instrument(market);
  const std::string name = lower(of.symbol());
  const UnixNanos event = message.event_time != kNoTime ? message.event_time : message.venue_time();
  switch (message.kind) {
    case MessageKind::Depth: {
      const auto bids = levels.first(message.bids), asks = levels.subspan(message.bids);
      tell(name + "@depth@100ms",
           [&] { return depth_update(of, event, message.first_update_id, message.final_update_id, bids, asks); });
      gather(market, message, event, bids, asks);
      for (const int depth : {5, 10, 20})
        tell(fmt::format("{}@depth{}@100ms", name, depth), [&] { return partial_depth(market, depth); });
      break;
    }
    case MessageKind::Trade:
      tell(name + "@trade", [&] { return trade_event(of, false, message, event, levels[0]); });
      tell(name + "@aggTrade", [&] { return trade_event(of, true, message, event, levels[0]); });
      break;
    case MessageKind::Quote:
      tell(name + "@bookTicker", [&] {
        return JsonObject{}
            .number("u", message.final_update_id)
            .text("s", of.symbol())
            .text("b", price(of, levels[0].price))
            .text("B", quantity(of, levels[0].quantity))
            .text("a", price(of, levels[1].price))
            .text("A", quantity(of, levels[1].quantity))
            .done();
      });
      break;
    case MessageKind::Snapshot:
    case MessageKind::MarkPrice:
      break;
  }
}

void SpotServer::expire(Pass) {
  for (auto& [id, socket] : api_sockets_)
    for (const auto& [subscription, account] : std::exchange(socket.subscriptions, {}))
      exchange_->send(id, fmt::format(R"({{"subscriptionId":{},"event":{{"e":"eventStreamTerminated","E":{}}}}})",
                                      subscription, ms(exchange_->now())));
}

void SpotServer::on_timer(UnixNanos now) {
  for (InstrumentIndex market = 0; market < slow_.size(); ++market) send_gathered(market, now);
  MarketServer::on_timer(now);
}

std::string SpotServer::depth_update(const Instrument& of, UnixNanos event, std::int64_t first, std::int64_t last,
                                     std::span<const Level> bids, std::span<const Level> asks) const {
  return fmt::format(R"({{"e":"depthUpdate","E":{},"s":"{}","U":{},"u":{},"b":{},"a":{}}})", ms(event), of.symbol(),
                     first, last, levels_json(of, bids), levels_json(of, asks));
}

std::string SpotServer::partial_depth(InstrumentIndex market, int levels) {
  exchange_->book(market, static_cast<std::size_t>(levels), view_);
  return book_json(instrument(market));
}

std::string SpotServer::trade_event(const Instrument& of, bool aggregate, const Message& message, UnixNanos event,
                                    const Level& level) const {
  JsonObject out;
  out.text("e", aggregate ? "aggTrade" : "trade")
      .number("E", ms(event))
      .text("s", of.symbol())
      .number(aggregate ? "a" : "t", message.first_update_id)
      .text("p", price(of, level.price))
      .text("q", quantity(of, level.quantity));
  if (aggregate) out.number("f", message.first_update_id).number("l", message.first_update_id);
  return out.number("T", ms(message.venue_time()))
      .flag("m", (message.flags & kSellAggressor) != 0)
      .flag("M", true)
      .done();
}

void SpotServer::gather(InstrumentIndex market, const Message& message, UnixNanos event, std::span<const Level> bids,
                        std::span<const Level> asks) {
  Gathered& g = slow_[market];
  if (!g.wanted) return;
  if (g.first == 0) g.first = message.first_update_id;
  g.last = message.final_update_id;
  g.event = event;
  for (const Level& level : bids) g.bids[level.price] = level.quantity;
  for (const Level& level : asks) g.asks[level.price] = level.quantity;
}

void SpotServer::send_gathered(InstrumentIndex market, UnixNanos now) {
  Gathered& g = slow_[market];
  if (!g.wanted || now < g.due) return;
  g.due = now - now % kSlowStream + kSlowStream;
  const Instrument& of = instrument(market);
  const std::string name = lower(of.symbol());
  for (const int depth : {5, 10, 20})
    tell(fmt::format("{}@depth{}", name, depth), [&] { return partial_depth(market, depth); });
  if (g.first == 0) return;
  std::vector<Level> bids, asks;
  for (const auto& [p, q] : g.bids) bids.push_back({p, q});
  for (const auto& [p, q] : g.asks) asks.push_back({p, q});
  tell(name + "@depth", [&] { return depth_update(of, g.event, g.first, g.last, bids, asks); });
  g = {.wanted = streams_.listeners(name + "@depth") != nullptr, .due = g.due};
}

std::span<const MarketServer::Endpoint> SpotServer::endpoints() const {
  using S = SpotServer;
  static constexpr auto kNone = Security::None;
  static constexpr auto kSigned = Security::Signed;
  static const Endpoint kEndpoints[] = {
      {"GET", "/v3/ping", "ping", 1, kNone, false, false, act(&S::ping)},
      {"GET", "/v3/time", "time", 1, kNone, false, false, act(&S::time)},
      {"GET", "/v3/exchangeInfo", "exchangeInfo", 20, kNone, false, false, act(&S::exchange_info)},
      {"GET", "/v3/depth", "depth", 5, kNone, false, false, act(&S::depth)},
      {"GET", "/v3/trades", "trades.recent", 25, kNone, false, false, act(&S::trades)},
      {"GET", "/v3/aggTrades", "trades.aggregate", 4, kNone, false, false, act(&S::aggregate_trades)},
      {"GET", "/v3/historicalTrades", "trades.historical", 25, kNone, false, false, act(&S::historical_trades)},
      {"GET", "/v3/klines", "klines", 2, kNone, false, false, act(&S::zoned_klines)},
      {"GET", "/v3/uiKlines", "uiKlines", 2, kNone, false, false, act(&S::zoned_klines)},
      {"GET", "/v3/avgPrice", "avgPrice", 2, kNone, false, false, act(&S::average)},
      {"GET", "/v3/ticker/price", "ticker.price", 2, kNone, false, false, act(&S::ticker_price)},
      {"GET", "/v3/ticker/bookTicker", "ticker.book", 2, kNone, false, false, act(&S::book_ticker)},
      {"GET", "/v3/ticker/24hr", "ticker.24hr", 2, kNone, false, false, act(&S::ticker_24hr)},
      {"GET", "/v3/ticker/tradingDay", "ticker.tradingDay", 4, kNone, false, false, act(&S::ticker_today)},
      {"GET", "/v3/ticker", "ticker", 4, kNone, false, false, act(&S::ticker_window)},
      {"GET", "/v3/account", "account.status", 20, kSigned, false, false, act(&S::account)},
      {"GET", "/v3/account/commission", "account.commission", 20, kSigned, false, false, act(&S::commission_rates)},
      {"GET", "/v3/rateLimit/order", "account.rateLimits.orders", 40, kSigned, false, false, act(&S::order_counts)},
      {"GET", "/v3/myTrades", "myTrades", 20, kSigned, false, false, act(&S::own_trades)},
      {"POST", "/v3/order", "order.place", 1, kSigned, true, true, act(&S::place)},
      {"POST", "/v3/order/test", "order.test", 1, kSigned, false, false, act(&S::test_order)},
      {"GET", "/v3/order", "order.status", 4, kSigned, false, false, act(&S::query)},
      {"DELETE", "/v3/order", "order.cancel", 1, kSigned, false, true, act(&S::cancel)},
      {"POST", "/v3/order/cancelReplace", "order.cancelReplace", 1, kSigned, true, true, act(&S::replace)},
      {"GET", "/v3/openOrders", "openOrders.status", 6, kSigned, false, false, act(&S::open_orders)},
      {"DELETE", "/v3/openOrders", "openOrders.cancelAll", 1, kSigned, false, true, act(&S::cancel_all)},
      {"GET", "/v3/allOrders", "allOrders", 20, kSigned, false, false, act(&S::all_orders)},
      {"GET", "/v3/openOrderList", "openOrderLists.status", 6, kSigned, false, false, act(&S::none_of_them)},
      {"GET", "/v3/allOrderList", "allOrderLists", 20, kSigned, false, false, act(&S::none_of_them)},
      {"GET", "/v3/myPreventedMatches", "myPreventedMatches", 20, kSigned, false, false, act(&S::none_of_them)},
      {"GET", "/v3/myAllocations", "myAllocations", 20, kSigned, false, false, act(&S::none_of_them)},
      // The venue weighs these apart.
      {"GET", "/sapi/v1/system/status", "", 0, kNone, false, false, act(&S::system_status)},
      {"GET", "/sapi/v1/account/status", "", 0, kSigned, false, false, act(&S::account_status)},
      {"GET", "/sapi/v1/capital/config/getall", "", 0, kSigned, false, false, act(&S::coins)},
      {"GET", "/sapi/v1/asset/tradeFee", "", 0, kSigned, false, false, act(&S::trade_fees)},
  };
  return kEndpoints;
}

}  // namespace server

std::unique_ptr<VenueServer> spot_server() { return std::make_unique<server::SpotServer>(); }

}  // namespace stom::venues::binance
