#include "venues/binance/futures_server.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "venues/binance/server.hpp"

namespace stom::venues::binance {
namespace server {
namespace {

constexpr RateLimits::Terms kFuturesLimits{
    .weight_per_minute = 2400, .orders_per_10s = 300, .orders_per_minute = 1200, .orders_per_day = 0};
constexpr FuturesTerms kUsdM{.market = {.api = "/fapi",
                                        .limits = kFuturesLimits,
                                        .most_klines = 1500,
                                        .usual_old_trades = 100,
                                        .most_old_trades = 500,
                                        .streams_per_socket = 200,
                                        .kline_stream = 250 * kMillisecond,
                                        .ticker_stream = 2 * kSecond},
                             .coin_margined = false,
                             .own_roads = true,
                             .socket_api = "/ws-fapi/v1",
                             .least_notional = 5,
                             .most_quantity = 1000,
                             .order_value = "cumQuote",
                             .trade_value = "quoteQty",
                             .day_value = "quoteVolume"};
constexpr FuturesTerms kCoinM{.market = {.api = "/dapi",
                                         .limits = kFuturesLimits,
                                         .most_klines = 1500,
                                         .usual_old_trades = 100,
                                         .most_old_trades = 500,
                                         .streams_per_socket = 200,
                                         .kline_stream = 250 * kMillisecond,
                                         .ticker_stream = 2 * kSecond},
                              .coin_margined = true,
                              .own_roads = false,
                              .socket_api = {},
                              .least_notional = 0,  // a contract is the least
                              .most_quantity = 1'000'000,
                              .order_value = "cumBase",
                              .trade_value = "baseQty",
                              .day_value = "baseVolume"};
constexpr int kLeverage = 20;  // of a new account
constexpr std::size_t kPastFundings = 1000;

}  // namespace

std::vector<Listing> FuturesServer::listings() const {
  if (futures_.coin_margined)
    return {Listing{.instrument = {.id = "binance-coinm:BTCUSD_PERP",
                                   .base = "BTC",
                                   .quote = "USD",
                                   .kind = ContractKind::Inverse,
                                   .price_decimals = 1,
                                   .quantity_decimals = 0,
                                   .ladder = {{{0}, {1}}},
                                   .lot = {1},
                                   .contract_size = 100},
                    .start_price = {1'042'500},
                    .typical_quantity = 50,
                    .actions_per_second = 20,
                    .perpetual = true}};
  const auto perpetual = [](const std::string& base, int price_decimals, std::int64_t start, std::int64_t typical,
                            double rate) {
    return Listing{.instrument = {.id = "binance-usdm:" + base + "USDT",
                                  .base = base,
                                  .quote = "USDT",
                                  .kind = ContractKind::Linear,
                                  .price_decimals = price_decimals,
                                  .quantity_decimals = 3,
                                  .ladder = {{{0}, {1}}},
                                  .lot = {1}},
                   .start_price = {start},
                   .typical_quantity = typical,
                   .actions_per_second = rate,
                   .perpetual = true};
  };
  return {perpetual("BTC", 1, 1'042'500, 50, 20), perpetual("ETH", 2, 362'000, 1'000, 14)};
}

AccountGrant FuturesServer::grant() const {
  return {.margin = true,
          .cash = {Int128{futures_.coin_margined ? 10 : 1'000'000} * power_of_ten(kMoneyDecimals)},
          .leverage = kLeverage,
          .maker_rate = 200'000,
          .taker_rate = 500'000};
}

void FuturesServer::open(ExchangeBackend& exchange, std::vector<Credentials> credentials) {
  MarketServer::open(exchange, std::move(credentials));
  next_slow_mark_.resize(markets_.size());
  next_funding_.resize(markets_.size());
  past_funding_.resize(markets_.size());
}

// ---- markets ----------------------------------------------------------------------------------------------------

std::string FuturesServer::symbol_json(InstrumentIndex market) const {
  const Instrument& of = instrument(market);
  const bool coin = futures_.coin_margined;
  const std::string tick = price(of, of.base_tick()), lot = quantity(of, of.lot),
                    most = std::to_string(futures_.most_quantity);
  const auto filter = [](std::string_view type) { return JsonObject{}.text("filterType", type); };
  std::vector<std::string> filters = {
      filter("PRICE_FILTER").text("minPrice", tick).text("maxPrice", "10000000").text("tickSize", tick).done(),
      filter("LOT_SIZE").text("minQty", lot).text("maxQty", most).text("stepSize", lot).done(),
      filter("MARKET_LOT_SIZE").text("minQty", lot).text("maxQty", most).text("stepSize", lot).done(),
      filter("MAX_NUM_ORDERS").number("limit", 200).done(),
  };
  if (futures_.least_notional > 0)
    filters.push_back(filter("MIN_NOTIONAL").text("notional", std::to_string(futures_.least_notional)).done());
  JsonObject out;
  out.text("symbol", of.symbol())
      .text("pair", pair_of(of))
      .text("contractType", "PERPETUAL")
      .number("deliveryDate", 4'133'404'800'000)
      .number("onboardDate", 1'569'398'400'000)
      .text(coin ? "contractStatus" : "status", exchange_->trading(market) ? "TRADING" : "CLOSE")
      .text("maintMarginPercent", "2.5000")
      .text("requiredMarginPercent", "5.0000")
      .text("baseAsset", of.base)
      .text("quoteAsset", of.quote)
      .text("marginAsset", of.settlement())
      .number("pricePrecision", of.price_decimals)
      .number("quantityPrecision", of.quantity_decimals)
      .number("baseAssetPrecision", 8)
      .number("quotePrecision", 8)
      .text("underlyingType", "COIN")
      .raw("underlyingSubType", "[]");
  if (coin)
    out.number("contractSize", of.contract_size).number("equalQtyPrecision", 4);
  else
    out.number("settlePlan", 0);
  return out.text("triggerProtect", "0.0500")
      .text("liquidationFee", "0.000000")
      .text("marketTakeBound", "0.30")
      .raw("filters", json_array(filters))
      .raw("orderTypes", R"(["LIMIT","MARKET","STOP","STOP_MARKET","TAKE_PROFIT","TAKE_PROFIT_MARKET"])")
      .raw("timeInForce", R"(["GTC","IOC","FOK","GTX"])")
      .done();
}

Outcome FuturesServer::exchange_info(Call& call, UnixNanos now) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> symbols, held;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) symbols.push_back(symbol_json(i));
  JsonObject out;
  out.text("timezone", "UTC").number("serverTime", ms(now)).raw("rateLimits", rate_limits_json());
  out.raw("exchangeFilters", "[]");
  if (!futures_.coin_margined) {
    for (const std::string& asset : assets())
      held.push_back(
          JsonObject{}.text("asset", asset).flag("marginAvailable", true).text("autoAssetExchange", "0").done());
    out.text("futuresType", "U_MARGINED").raw("assets", json_array(held));
  }
  return out.raw("symbols", json_array(symbols)).done();
}

Outcome FuturesServer::depth(Call& call, UnixNanos now) {
  const auto market = market_of(call);
  const auto limit = call.find_number("limit").value_or(500);
  constexpr std::int64_t kSteps[] = {5, 10, 20, 50, 100, 500, 1000};
  if (std::ranges::find(kSteps, limit) == std::end(kSteps))
    call.fail(-4021, fmt::format("Invalid depth limit. Must be in [5, 10, 20, 50, 100, 500, 1000], was {}.", limit));
  if (const auto* error = call.check()) return std::unexpected(*error);
  if (const auto over = limits_.weigh(limit <= 50 ? 0 : limit <= 100 ? 3 : limit <= 500 ? 8 : 18, now))
    return std::unexpected(*over);
  exchange_->book(*market, static_cast<std::size_t>(limit), view_);
  const Instrument& of = instrument(*market);
  JsonObject out;
  out.number("lastUpdateId", view_.update_id)
      .number("E", ms(view_.event_time > 0 ? view_.event_time : now))
      .number("T", ms(view_.transaction_time > 0 ? view_.transaction_time : now));
  if (futures_.coin_margined) out.text("symbol", of.symbol());
  append_pair(out, "pair", of);
  return out.raw("bids", levels_json(of, view_.bids)).raw("asks", levels_json(of, view_.asks)).done();
}

std::string FuturesServer::trade_json(const Instrument& of, const PublicTrade& trade) const {
  return JsonObject{}
      .number("id", trade.id)
      .text("price", price(of, trade.price))
      .text("qty", quantity(of, trade.quantity))
      .text(futures_.trade_value, money(worth(of, trade.price, trade.quantity)))
      .number("time", ms(trade.time))
      .flag("isBuyerMaker", trade.sell_aggressor)
      .done();
}

std::string FuturesServer::aggregate_trade_json(const Instrument& of, const PublicTrade& trade) const {
  return JsonObject{}
      .number("a", trade.id)
      .text("p", price(of, trade.price))
      .text("q", quantity(of, trade.quantity))
      .number("f", trade.id)
      .number("l", trade.id)
      .number("T", ms(trade.time))
      .flag("m", trade.sell_aggressor)
      .done();
}

/// One object where a symbol was asked for, else an array; COIN-M always has an array, also by pair.
template <class Make>
Outcome FuturesServer::per_symbol(Call& call, Make make) {
  const auto one = market_if_any(call);
  const auto pair = futures_.coin_margined ? call.find("pair") : std::nullopt;
  if (one && pair) call.fail(-1128, "Combination of optional parameters invalid.");
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i)
    if ((!one || *one == i) && (!pair || pair_of(instrument(i)) == *pair)) out.push_back(make(i, instrument(i)));
  return one && !futures_.coin_margined ? out.front() : json_array(out);
}

Outcome FuturesServer::ticker_price(Call& call, UnixNanos now) {
  return per_symbol(call, [&](InstrumentIndex market, const Instrument& of) {
    JsonObject out;
    out.text("symbol", of.symbol());
    append_pair(out, "ps", of);
    return out.text("price", price(of, last_price(market))).number("time", ms(now)).done();
  });
}

Outcome FuturesServer::book_ticker(Call& call, UnixNanos now) {
  return per_symbol(call, [&](InstrumentIndex market, const Instrument& of) {
    const auto [bid, ask] = touch(market);
    JsonObject out;
    out.text("symbol", of.symbol());
    append_pair(out, "pair", of);
    return out.text("bidPrice", price(of, bid.price))
        .text("bidQty", quantity(of, bid.quantity))
        .text("askPrice", price(of, ask.price))
        .text("askQty", quantity(of, ask.quantity))
        .number("time", ms(now))
        .done();
  });
}

Outcome FuturesServer::ticker_24hr(Call& call, UnixNanos now) {
  return per_symbol(call, [&](InstrumentIndex market, const Instrument& of) {
    auto [sum, out] = day_of(market, now, futures_.coin_margined ? pair_of(of) : "");
    return out.text(futures_.day_value, money(sum.value)).done();
  });
}

Outcome FuturesServer::premium_index(Call& call, UnixNanos now) {
  return per_symbol(call, [&](InstrumentIndex market, const Instrument& of) {
    Level prices[2]{};
    const Message* mark = exchange_->mark(market, prices);
    JsonObject out;
    out.text("symbol", of.symbol());
    append_pair(out, "pair", of);
    return out.text("markPrice", eight(prices[0].price.value, of.price_decimals))
        .text("indexPrice", eight(prices[1].price.value, of.price_decimals))
        .text("estimatedSettlePrice", eight(prices[1].price.value, of.price_decimals))
        .text("lastFundingRate", format_decimal(mark == nullptr ? 0 : mark->first_update_id, 8))
        .text("interestRate", "0.00010000")
        .number("nextFundingTime", mark == nullptr ? 0 : ms(mark->final_update_id))
        .number("time", ms(mark == nullptr ? now : mark->event_time))
        .done();
  });
}

/// What was due while the exchange ran.
Outcome FuturesServer::funding_rates(Call& call, UnixNanos) {
  const auto one = futures_.coin_margined ? market_of(call) : market_if_any(call);
  const auto from = call.find_time("startTime"), to = call.find_time("endTime");
  const std::size_t limit = call.limit(100, 1000);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < past_funding_.size(); ++i) {
    if (one && *one != i) continue;
    const Instrument& of = instrument(i);
    for (const Funding& f : past_funding_[i]) {
      if ((from && ms(f.due) < *from) || (to && ms(f.due) > *to)) continue;
      out.push_back(JsonObject{}
                        .text("symbol", of.symbol())
                        .number("fundingTime", ms(f.due))
                        .text("fundingRate", format_decimal(f.rate, 8))
                        .text("markPrice", eight(f.mark.value, of.price_decimals))
                        .done());
    }
  }
  keep(out, limit, from.has_value());
  return json_array(out);
}

/// The contracts whose cap, floor or interval is another than the usual one: none.
Outcome FuturesServer::funding_terms(Call& call, UnixNanos) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return "[]";
}

Outcome FuturesServer::continuous_klines(Call& call, UnixNanos now) {
  const std::string pair = call.text("pair");
  constexpr std::string_view kTypes[] = {"PERPETUAL", "CURRENT_QUARTER", "NEXT_QUARTER"};
  const std::string type = call.text("contractType");
  if (!call.failed() && std::ranges::find(kTypes, type) == std::end(kTypes))
    call.fail(-1130, "Data sent for parameter 'contractType' is not valid.");
  std::optional<InstrumentIndex> market;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size() && !market; ++i)
    if (pair_of(instrument(i)) == pair && type == kTypes[0]) market = i;
  if (!market) call.fail(-1121, "Invalid symbol.");
  return klines_of(call, market, now);
}

// ---- streams ----------------------------------------------------------------------------------------------------

std::optional<Road> FuturesServer::split_road(std::string_view path) {
  constexpr std::pair<std::string_view, Road> kRoads[] = {
      {"/public", Road::Public}, {"/market", Road::Market}, {"/private", Road::Private}};
  for (const auto& [prefix, road] : kRoads) {
    if (!path.starts_with(prefix)) continue;
    const std::string_view rest = path.substr(prefix.size());
    if (rest == "/ws" || rest == "/stream" || rest.starts_with("/ws/")) return road;
  }
  return std::nullopt;
}

std::optional<Road> FuturesServer::road_of(const WireRequest& request) const {
  if (futures_.own_roads) return split_road(request.path);
  if (request.path != "/ws" && request.path != "/stream" && !request.path.starts_with("/ws/")) return std::nullopt;
  // At the one address a listen key is a stream's name like any other; what is no name of a market's stream is one.
  const std::string names = names_in(request);
  return names.empty() || names.find('@') != std::string::npos ? Road::All : Road::Private;
}

std::optional<WireResponse> FuturesServer::on_upgrade(const WireRequest& request) {
  if (!futures_.socket_api.empty() && request.path == futures_.socket_api) return std::nullopt;
  const auto road = road_of(request);
  if (!road) return unknown_path();
  if (*road == Road::Private && !listen_keys_.contains(names_in(request)))
    return WireResponse{.status = 400, .body = ApiError{400, -1125, "This listenKey does not exist."}.json()};
  return std::nullopt;
}

void FuturesServer::on_open(SocketId id, const WireRequest& request) {
  if (!futures_.socket_api.empty() && request.path == futures_.socket_api) return open_api(id);
  const Road road = *road_of(request);
  open_streams(id, request, road);
  if (road == Road::Private) listening_[id] = names_in(request);
}

void FuturesServer::on_close(SocketId id) {
  listening_.erase(id);
  MarketServer::on_close(id);
}

bool FuturesServer::has_stream(std::string_view kind, Road road) const {
  constexpr std::string_view kPublic[] = {
      "bookTicker",   "depth",         "depth@100ms",   "depth@500ms",  "depth5",        "depth10",      "depth20",
      "depth5@100ms", "depth10@100ms", "depth20@100ms", "depth5@500ms", "depth10@500ms", "depth20@500ms"};
  constexpr std::string_view kMarket[] = {"aggTrade", "markPrice", "markPrice@1s", "ticker", "miniTicker"};
  const bool all = road == Road::All;
  if (kind == "trade") return road != Road::Private;  // in no list of the documents
  return ((all || road == Road::Public) && std::ranges::find(kPublic, kind) != std::end(kPublic)) ||
         ((all || road == Road::Market) && std::ranges::find(kMarket, kind) != std::end(kMarket));
}

DurationNanos FuturesServer::told_every(std::string_view kind) const {
  if (kind == "!markPrice@arr@1s" && !futures_.coin_margined) return kSecond;
  if (kind == "!markPrice@arr" && !futures_.coin_margined) return 3 * kSecond;
  return MarketServer::told_every(kind);
}

std::string FuturesServer::timed_json(const StreamName& name, UnixNanos now) {
  if (!name.kind.starts_with("!markPrice")) return MarketServer::timed_json(name, now);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) {
    Level prices[2]{};
    const Message* mark = exchange_->trading(i) ? exchange_->mark(i, prices) : nullptr;
    if (mark != nullptr) out.push_back(mark_event(instrument(i), *mark, ms(now), prices));
  }
  return json_array(out);
}

/// It was paid once the next one is announced.
void FuturesServer::note_funding(InstrumentIndex market, const Message& mark, Price at) {
  Funding& next = next_funding_[market];
  std::vector<Funding>& past = past_funding_[market];
  if (next.due != 0 && mark.final_update_id > next.due) {
    if (past.size() >= kPastFundings) past.erase(past.begin());
    past.push_back(next);
  }
  next = {.rate = mark.first_update_id, .due = mark.final_update_id, .mark = at};
}

void FuturesServer::on_market(InstrumentIndex market, const Message& message, std::span<const Level> levels) {
  const Instrument& of = instrument(market);
  const std::string name = lower(of.symbol());
  const std::int64_t event = ms(message.event_time != kNoTime ? message.event_time : message.venue_time());
  switch (message.kind) {
    case MessageKind::Depth:
      for (const auto* speed : {"@depth", "@depth@100ms", "@depth@500ms"})
        tell(name + speed,
             [&] { return depth_event(of, event, message, levels.first(message.bids), levels.subspan(message.bids)); });
      for (const int depth : {5, 10, 20})
        for (const auto* speed : {"", "@100ms", "@500ms"})
          tell(fmt::format("{}@depth{}{}", name, depth, speed), [&] {
            exchange_->book(market, static_cast<std::size_t>(depth), view_);
            return depth_event(of, event, message, view_.bids, view_.asks);
          });
      break;
    case MessageKind::Trade:
      tell(name + "@aggTrade", [&] { return trade_event(of, true, message, event, levels[0]); });
      tell(name + "@trade", [&] { return trade_event(of, false, message, event, levels[0]); });
      break;
    case MessageKind::Quote:
      tell(name + "@bookTicker", [&] { return quote_event(of, message, event, levels); });
      break;
    case MessageKind::MarkPrice:
      note_funding(market, message, levels[0].price);
      tell(name + "@markPrice@1s", [&] { return mark_event(of, message, event, levels); });
      if (exchange_->now() < next_slow_mark_[market]) break;
      next_slow_mark_[market] = exchange_->now() + 3 * kSecond - 100 * kMillisecond;
      tell(name + "@markPrice", [&] { return mark_event(of, message, event, levels); });
      break;
    case MessageKind::Snapshot:
      break;
  }
}

std::string FuturesServer::depth_event(const Instrument& of, std::int64_t event, const Message& message,
                                       std::span<const Level> bids, std::span<const Level> asks) const {
  const std::string pair = futures_.coin_margined ? fmt::format(R"("ps":"{}",)", pair_of(of)) : "";
  return fmt::format(R"({{"e":"depthUpdate","E":{},"T":{},"s":"{}",{}"U":{},"u":{},"pu":{},"b":{},"a":{}}})", event,
                     ms(message.venue_time()), of.symbol(), pair, message.first_update_id, message.final_update_id,
                     message.previous_update_id, levels_json(of, bids), levels_json(of, asks));
}

std::string FuturesServer::trade_event(const Instrument& of, bool aggregate, const Message& message, std::int64_t event,
                                       const Level& level) const {
  JsonObject out;
  out.text("e", aggregate ? "aggTrade" : "trade")
      .number("E", event)
      .number(aggregate ? "a" : "t", message.first_update_id)
      .text("s", of.symbol())
      .text("p", price(of, level.price))
      .text("q", quantity(of, level.quantity));
  if (aggregate) out.number("f", message.first_update_id).number("l", message.first_update_id);
  out.number("T", ms(message.venue_time()));
  if (!aggregate) out.text("X", "MARKET");
  return out.flag("m", (message.flags & kSellAggressor) != 0).done();
}

std::string FuturesServer::quote_event(const Instrument& of, const Message& message, std::int64_t event,
                                       std::span<const Level> levels) const {
  JsonObject out;
  out.text("e", "bookTicker").number("u", message.final_update_id).text("s", of.symbol());
  append_pair(out, "ps", of);
  return out.text("b", price(of, levels[0].price))
      .text("B", quantity(of, levels[0].quantity))
      .text("a", price(of, levels[1].price))
      .text("A", quantity(of, levels[1].quantity))
      .number("T", ms(message.venue_time()))
      .number("E", event)
      .done();
}

std::string FuturesServer::mark_event(const Instrument& of, const Message& message, std::int64_t event,
                                      std::span<const Level> levels) const {
  return JsonObject{}
      .text("e", "markPriceUpdate")
      .number("E", event)
      .text("s", of.symbol())
      .text("p", eight(levels[0].price.value, of.price_decimals))
      .text("P", eight(levels[1].price.value, of.price_decimals))
      .text("i", eight(levels[1].price.value, of.price_decimals))
      .text("r", format_decimal(message.first_update_id, 8))
      .number("T", ms(message.final_update_id))
      .done();
}

void FuturesServer::expire(Pass) {
  for (auto& [key, listen] : listen_keys_) listen.ends = exchange_->now();
}

void FuturesServer::on_timer(UnixNanos now) {
  expire_listen_keys(now);
  MarketServer::on_timer(now);
}

FuturesServer::FuturesServer(const FuturesTerms& terms) : MarketServer{terms.market}, futures_{terms} {
  using F = FuturesServer;
  constexpr auto kNone = Security::None;
  constexpr auto kKey = Security::Key;
  constexpr auto kSigned = Security::Signed;
  endpoints_ = {
      {"GET", "/v1/ping", "", 1, kNone, false, false, act(&F::ping)},
      {"GET", "/v1/time", "", 1, kNone, false, false, act(&F::time)},
      {"GET", "/v1/exchangeInfo", "", 1, kNone, false, false, act(&F::exchange_info)},
      {"GET", "/v1/depth", "depth", 2, kNone, false, false, act(&F::depth)},
      {"GET", "/v1/trades", "", 5, kNone, false, false, act(&F::trades)},
      {"GET", "/v1/aggTrades", "", 20, kNone, false, false, act(&F::aggregate_trades)},
      {"GET", "/v1/historicalTrades", "", 20, kKey, false, false, act(&F::historical_trades)},
      {"GET", "/v1/klines", "", 2, kNone, false, false, act(&F::klines)},
      {"GET", "/v1/continuousKlines", "", 2, kNone, false, false, act(&F::continuous_klines)},
      {"GET", "/v1/fundingRate", "", 1, kNone, false, false, act(&F::funding_rates)},
      {"GET", "/v1/fundingInfo", "", 1, kNone, false, false, act(&F::funding_terms)},
      {"GET", "/v1/premiumIndex", "", 1, kNone, false, false, act(&F::premium_index)},
      {"GET", "/v1/ticker/price", "ticker.price", 1, kNone, false, false, act(&F::ticker_price)},
      {"GET", "/v1/ticker/bookTicker", "ticker.book", 2, kNone, false, false, act(&F::book_ticker)},
      {"GET", "/v1/ticker/24hr", "", 1, kNone, false, false, act(&F::ticker_24hr)},
      {"GET", "/v1/positionSide/dual", "", 30, kSigned, false, false, act(&F::position_mode)},
      {"POST", "/v1/positionSide/dual", "", 1, kSigned, false, false, act(&F::set_position_mode)},
      {"POST", "/v1/marginType", "", 1, kSigned, false, false, act(&F::set_margin_type)},
      {"POST", "/v1/leverage", "", 1, kSigned, false, false, act(&F::set_leverage)},
      {"GET", "/v1/leverageBracket", "", 1, kSigned, false, false, act(&F::leverage_brackets)},
      {"GET", "/v1/commissionRate", "", 20, kSigned, false, false, act(&F::commission_rate)},
      {"GET", "/v1/userTrades", "", 5, kSigned, false, false, act(&F::own_trades)},
      {"GET", "/v1/income", "", terms.coin_margined ? 20 : 30, kSigned, false, false, act(&F::income)},
      {"POST", "/v1/order", "order.place", 0, kSigned, true, true, act(&F::place)},
      {"GET", "/v1/order", "order.status", 1, kSigned, false, false, act(&F::query)},
      {"DELETE", "/v1/order", "order.cancel", 1, kSigned, false, true, act(&F::cancel)},
      {"GET", "/v1/openOrder", "", 1, kSigned, false, false, act(&F::query_open)},
      {"GET", "/v1/openOrders", "", 1, kSigned, false, false, act(&F::open_orders)},
      {"GET", "/v1/allOrders", "", 5, kSigned, false, false, act(&F::all_orders)},
      {"POST", "/v1/batchOrders", "", 5, kSigned, false, true, act(&F::place_batch)},
      {"DELETE", "/v1/batchOrders", "", 1, kSigned, false, true, act(&F::cancel_batch)},
      {"GET", "/v1/rateLimit/order", "", 1, kSigned, false, false, act(&F::order_counts)},
      {"DELETE", "/v1/allOpenOrders", "", 1, kSigned, false, true, act(&F::cancel_all)},
      {"POST", "/v1/algoOrder", "algoOrder.place", 1, kSigned, true, true, act(&F::place_algo)},
      {"GET", "/v1/algoOrder", "", 1, kSigned, false, false, act(&F::query_algo)},
      {"DELETE", "/v1/algoOrder", "algoOrder.cancel", 1, kSigned, false, true, act(&F::cancel_algo)},
      {"GET", "/v1/openAlgoOrders", "", 1, kSigned, false, false, act(&F::open_algos)},
      {"GET", "/v1/allAlgoOrders", "", 5, kSigned, false, false, act(&F::all_algos)},
      {"DELETE", "/v1/algoOpenOrders", "", 1, kSigned, false, true, act(&F::cancel_algos)},
      {"POST", "/v1/listenKey", "userDataStream.start", 1, kKey, false, false, act(&F::start_listening)},
      {"PUT", "/v1/listenKey", "userDataStream.ping", 1, kKey, false, false, act(&F::keep_listening)},
      {"DELETE", "/v1/listenKey", "userDataStream.stop", 1, kKey, false, false, act(&F::stop_listening)},
  };
  // USD-M has newer versions of what accounts hold.
  const auto account_endpoint = [&](std::string_view path, std::int64_t weight, Act act,
                                    std::string_view socket_method = "") {
    endpoints_.push_back({"GET", path, socket_method, weight, kSigned, false, false, act});
  };
  if (terms.coin_margined) {
    account_endpoint("/v1/balance", 1, act(&F::balance));
    account_endpoint("/v1/account", 5, act(&F::account));
    account_endpoint("/v1/positionRisk", 1, act(&F::position_risk));
    account_endpoint("/v2/leverageBracket", 1, act(&F::leverage_brackets));
  } else {
    account_endpoint("/v2/balance", 5, act(&F::balance), "account.balance");
    account_endpoint("/v3/balance", 5, act(&F::balance), "v2/account.balance");
    account_endpoint("/v2/account", 5, act(&F::account), "account.status");
    account_endpoint("/v3/account", 5, act(&F::brief_account), "v2/account.status");
    account_endpoint("/v2/positionRisk", 5, act(&F::position_risk), "account.position");
    account_endpoint("/v3/positionRisk", 5, act(&F::held_positions), "v2/account.position");
    endpoints_.push_back({"POST", "/v1/order/test", "", 1, kSigned, false, false, act(&F::test_order)});
    account_endpoint("/v1/multiAssetsMargin", 30, act(&F::multi_assets));
    account_endpoint("/v1/symbolConfig", 5, act(&F::symbol_configs));
    account_endpoint("/v1/accountConfig", 5, act(&F::account_config));
    endpoints_.push_back({"GET", "/v2/ticker/price", "", 1, kNone, false, false, act(&F::ticker_price)});
  }
}

}  // namespace server

std::unique_ptr<VenueServer> usdm_server() { return std::make_unique<server::FuturesServer>(server::kUsdM); }
std::unique_ptr<VenueServer> coinm_server() { return std::make_unique<server::FuturesServer>(server::kCoinM); }

}  // namespace stom::venues::binance
