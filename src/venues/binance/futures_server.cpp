// Binance USD-M futures as the venue's own side (docs/exchange.md): REST below /fapi, market streams below /public and
// /market, the user stream of a listen key below /private. Conditional orders go by the algo service alone. A state
// machine: the exchange owns sockets, clock, markets and accounts.
#include <fmt/format.h>

#include <algorithm>

#include "core/assert.hpp"
#include "venues/binance/server.hpp"
#include "venues/binance/server_base.hpp"

namespace stom::venues::binance {
namespace {

using namespace server;

constexpr RateLimits::Terms kLimits{
    .weight_per_minute = 2400, .orders_per_10s = 300, .orders_per_minute = 1200, .orders_per_day = 0};
constexpr std::int64_t kLeastNotional = 5;
constexpr std::size_t kStreamsPerSocket = 200;
constexpr int kLeverage = 20;  // of all accounts; it cannot be changed
constexpr DurationNanos kListenKeyLife = kHour;
constexpr DurationNanos kKlineStream = 250 * kMillisecond;

std::int64_t ms(UnixNanos time) { return time / kMillisecond; }
std::string price(const Instrument& i, Price value) { return format_decimal(value.value, i.price_decimals); }
std::string quantity(const Instrument& i, Quantity value) { return format_decimal(value.value, i.quantity_decimals); }

std::string levels_json(const Instrument& instrument, std::span<const Level> levels) {
  std::string out = "[";
  for (const Level& level : levels)
    out += fmt::format(R"({}["{}","{}"])", out.size() > 1 ? "," : "", price(instrument, level.price),
                       quantity(instrument, level.quantity));
  return out + "]";
}

/// value / quantity as a price with eight decimals: the average of an order's fills.
std::string average(const Instrument& instrument, Money value, Quantity filled) {
  if (filled.value == 0) return "0.00000000";
  const Int128 digits = value.value / power_of_ten(kMoneyDecimals - 8) * power_of_ten(instrument.quantity_decimals);
  return format_decimal(divide(digits, filled.value, Rounding::HalfEven), 8);
}

enum class Security : std::uint8_t { None, Key, Signed };
/// Which of the three stream addresses.
enum class Road : std::uint8_t { Public, Market, Private };

class FuturesServer final : public VenueServer {
 public:
  std::vector<Listing> listings() const override {
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

  AccountGrant grant() const override {
    return {.margin = true,
            .cash = {Int128{1'000'000} * power_of_ten(kMoneyDecimals)},
            .leverage = kLeverage,
            .maker_rate = 200'000,
            .taker_rate = 500'000};
  }

  Credentials make_credentials(const std::string& random_hex) const override {
    return {.key = random_hex.substr(0, 64), .secret = random_hex.substr(64, 64), .account = {}};
  }

  void open(ExchangeBackend& exchange, std::vector<Credentials> credentials) override {
    exchange_ = &exchange;
    doorman_.open(std::move(credentials));
    for (InstrumentIndex i = 0; i < exchange.instruments().size(); ++i)
      markets_[exchange.instruments()[i].symbol()] = i;
    next_slow_mark_.resize(markets_.size());
  }

  // ---- REST

  WireResponse on_request(const WireRequest& request) override {
    const UnixNanos now = exchange_->now();
    const Endpoint* endpoint = nullptr;
    bool path_known = false;
    for (const Endpoint& e : endpoints()) {
      if (e.path != request.path) continue;
      path_known = true;
      if (e.method == request.method) endpoint = &e;
    }
    if (endpoint == nullptr) {
      if (path_known) return {.status = 405, .body = ApiError{405, -1000, "Method Not Allowed"}.json()};
      return {.status = 404, .body = "<html><body><h2>404 Not found</h2></body></html>", .content_type = "text/html"};
    }
    auto parameters = parse_form(request.query);
    auto form = parse_form(request.body);
    if (!parameters || !form) return refused({400, -1101, "Too many parameters sent for this endpoint."}, now);
    for (auto& pair : *form)
      if (std::ranges::find(*parameters, pair.first, &std::pair<std::string, std::string>::first) == parameters->end())
        parameters->push_back(std::move(pair));
    Call call{std::move(*parameters)};
    if (endpoint->security == Security::Signed)
      doorman_.check(call, request.header("X-MBX-APIKEY"), signed_text(request.query, request.body), now);
    if (endpoint->security == Security::Key) doorman_.check_key(call, request.header("X-MBX-APIKEY"));
    const Outcome outcome = run(*endpoint, call, now);
    WireResponse response = outcome ? WireResponse{.body = *outcome} : refused(outcome.error(), now);
    response.headers.emplace_back("X-MBX-USED-WEIGHT-1M", std::to_string(limits_.used(now)));
    if (endpoint->is_order && call.account) {
      const auto counts = limits_.orders(*call.account, now);
      response.headers.emplace_back("X-MBX-ORDER-COUNT-10S", std::to_string(counts.per_10s));
      response.headers.emplace_back("X-MBX-ORDER-COUNT-1M", std::to_string(counts.per_minute));
    }
    response.acknowledges_order = endpoint->acknowledges;
    return response;
  }

  WireResponse refusal(int status) override {
    const UnixNanos now = exchange_->now();
    if (status == 429) return refused({429, -1003, "Too many requests queued."}, now);
    if (status == 418)
      return refused(
          {418, -1003,
           fmt::format("Way too much request weight used; IP banned until {}. Please use WebSocket Streams for "
                       "live updates to avoid bans.",
                       ms(now) + 60'000)},
          now);
    return refused({status, -1007,
                    "Timeout waiting for response from backend server. Send status unknown; execution status unknown."},
                   now);
  }

  // ---- sockets

  std::optional<WireResponse> on_upgrade(const WireRequest& request) override {
    const auto road = road_of(request.path);
    if (!road) return WireResponse{.status = 404, .body = "", .content_type = "text/html"};
    if (*road == Road::Private && !listen_keys_.contains(listen_key_of(request)))
      return WireResponse{.status = 400, .body = ApiError{400, -1125, "This listenKey does not exist."}.json()};
    return std::nullopt;
  }

  void on_open(SocketId id, const WireRequest& request) override {
    Socket& socket = sockets_[id];
    socket.road = *road_of(request.path);
    socket.combined = request.path.ends_with("/stream");
    if (socket.road == Road::Private) {
      socket.listen_key = listen_key_of(request);
      return;
    }
    const std::string names = names_of(request);
    for (std::size_t at = 0; at < names.size();) {
      const std::size_t end = std::min(names.find('/', at), names.size());
      const std::string stream = names.substr(at, end - at);
      if (stream_of(stream, socket.road) && streams_.count(id) < kStreamsPerSocket) subscribe(id, stream, socket.road);
      at = end + 1;
    }
  }

  void on_message(SocketId id, std::string_view text) override {
    const auto found = sockets_.find(id);
    if (found == sockets_.end()) return;
    Socket& socket = found->second;
    const auto say_error = [&](std::string_view request_id, int code, std::string_view message) {
      const std::string error = JsonObject{}.number("code", code).text("msg", message).done();
      exchange_->send(id, JsonObject{}.raw("error", error).raw("id", request_id).done());
    };
    const auto call = parse_socket_call(text);
    if (!call) return say_error("null", 3, "Invalid JSON: expected value at line 1 column 1");
    const auto done = [&](std::string_view result) {
      exchange_->send(id, JsonObject{}.raw("result", result).raw("id", call->id).done());
    };
    if (socket.road != Road::Private && (call->method == "SUBSCRIBE" || call->method == "UNSUBSCRIBE")) {
      for (const std::string& stream : call->list)
        if (!stream_of(stream, socket.road)) return say_error(call->id, 2, "Invalid request: invalid stream name");
      for (const std::string& stream : call->list) {
        if (call->method == "UNSUBSCRIBE") {
          streams_.remove(id, stream);
        } else if (streams_.count(id) < kStreamsPerSocket) {
          subscribe(id, stream, socket.road);
        }
      }
      return done("null");
    }
    if (call->method == "LIST_SUBSCRIPTIONS") {
      std::vector<std::string> names;
      for (const std::string& stream : streams_.of(id)) names.push_back(json_text(stream));
      return done(json_array(names));
    }
    say_error(call->id, 2, "Invalid request: unknown variant `" + call->method.substr(0, 40) + "`");
  }

  void on_close(SocketId id) override {
    streams_.remove(id);
    sockets_.erase(id);
  }

  // ---- what the market and the orders do

  void on_market(InstrumentIndex market, const Message& message, std::span<const Level> levels) override {
    const Instrument& instrument = exchange_->instruments()[market];
    const std::string name = lower(instrument.symbol());
    const std::int64_t event = ms(message.event_time != kNoTime ? message.event_time : message.venue_time());
    switch (message.kind) {
      case MessageKind::Depth: {
        const auto make = [&] {
          return depth_json(instrument, event, ms(message.venue_time()), message.first_update_id,
                            message.final_update_id, message.previous_update_id, levels.first(message.bids),
                            levels.subspan(message.bids));
        };
        for (const auto* speed : {"@depth", "@depth@100ms"}) tell(name + speed, make);
        for (const int depth : {5, 10, 20})
          for (const auto* speed : {"", "@100ms"})
            tell(fmt::format("{}@depth{}{}", name, depth, speed), [&] {
              exchange_->book(market, static_cast<std::size_t>(depth), view_);
              return depth_json(instrument, event, ms(message.venue_time()), message.first_update_id,
                                message.final_update_id, message.previous_update_id, view_.bids, view_.asks);
            });
        break;
      }
      case MessageKind::Trade:
        for (const bool aggregate : {false, true})
          tell(name + (aggregate ? "@aggTrade" : "@trade"), [&] {
            JsonObject out;
            out.text("e", aggregate ? "aggTrade" : "trade").number("E", event);
            out.number(aggregate ? "a" : "t", message.first_update_id)
                .text("s", instrument.symbol())
                .text("p", price(instrument, levels[0].price))
                .text("q", quantity(instrument, levels[0].quantity));
            if (aggregate) out.number("f", message.first_update_id).number("l", message.first_update_id);
            out.number("T", ms(message.venue_time()));
            if (!aggregate) out.text("X", "MARKET");
            return out.flag("m", (message.flags & kSellAggressor) != 0).done();
          });
        break;
      case MessageKind::Quote:
        tell(name + "@bookTicker", [&] {
          return JsonObject{}
              .text("e", "bookTicker")
              .number("u", message.final_update_id)
              .text("s", instrument.symbol())
              .text("b", price(instrument, levels[0].price))
              .text("B", quantity(instrument, levels[0].quantity))
              .text("a", price(instrument, levels[1].price))
              .text("A", quantity(instrument, levels[1].quantity))
              .number("T", ms(message.venue_time()))
              .number("E", event)
              .done();
        });
        break;
      case MessageKind::MarkPrice: {
        const auto make = [&] {
          return JsonObject{}
              .text("e", "markPriceUpdate")
              .number("E", event)
              .text("s", instrument.symbol())
              .text("p", eight(levels[0].price.value, instrument.price_decimals))
              .text("P", eight(levels[1].price.value, instrument.price_decimals))
              .text("i", eight(levels[1].price.value, instrument.price_decimals))
              .text("r", format_decimal(message.first_update_id, 8))
              .number("T", ms(message.final_update_id))
              .done();
        };
        tell(name + "@markPrice@1s", make);
        if (exchange_->now() < next_slow_mark_[market]) break;
        next_slow_mark_[market] = exchange_->now() + 3 * kSecond - 100 * kMillisecond;
        tell(name + "@markPrice", make);
        break;
      }
      case MessageKind::Snapshot:
        break;
    }
  }

  void on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) override {
    if (never_was(order)) return;
    const bool conditional = waits(order);
    if (conditional && fill == nullptr) tell_user(order.account, algo_update(order, event));
    if (!conditional || order.triggered) {
      if (fill != nullptr) tell_user(order.account, trade_lite(order, *fill));
      tell_user(order.account, order_update(order, event, fill));
    }
    if (fill != nullptr) tell_user(order.account, account_update(order.account, order.terms.instrument));
    if (conditional && fill != nullptr && order.status == OrderStatus::Filled)
      tell_user(order.account, algo_update(order, event));
  }

  void on_timer(UnixNanos now) override {
    for (auto key = listen_keys_.begin(); key != listen_keys_.end();) {
      if (now < key->second.ends) {
        ++key;
        continue;
      }
      const std::string expired = key->first;
      key = listen_keys_.erase(key);
      for (auto& [id, socket] : sockets_) {
        if (socket.listen_key != expired) continue;
        exchange_->send(
            id, JsonObject{}.text("e", "listenKeyExpired").number("E", ms(now)).text("listenKey", expired).done());
        socket.listen_key.clear();
      }
    }
    if (now < next_klines_) return;
    next_klines_ = now + kKlineStream;
    for (auto& [stream, last] : klines_) send_kline(stream, last, now);
  }

 private:
  struct Endpoint {
    std::string_view method, path;
    std::int64_t weight;
    Security security;
    bool is_order;
    bool acknowledges;
    Outcome (FuturesServer::*act)(Call&, UnixNanos);
  };
  static std::span<const Endpoint> endpoints();

  struct Socket {
    Road road = Road::Public;
    bool combined = false;
    std::string listen_key;
  };
  struct ListenKey {
    AccountId account;
    UnixNanos ends;
  };
  struct StreamName {
    InstrumentIndex market;
    std::string kind;
    DurationNanos interval = 0;
  };

  WireResponse refused(const ApiError& error, UnixNanos now) const {
    WireResponse response{.status = error.status, .body = error.json()};
    if (error.status == 429 || error.status == 418)
      response.headers.emplace_back("Retry-After", std::to_string(limits_.retry_after(error.status, now)));
    return response;
  }

  Outcome run(const Endpoint& endpoint, Call& call, UnixNanos now) {
    if (const auto over = limits_.weigh(endpoint.weight, now)) return std::unexpected(*over);
    if (call.failed()) return std::unexpected(*call.check());
    if (endpoint.is_order)
      if (const auto over = limits_.count_order(*call.account, now)) return std::unexpected(*over);
    return (this->*endpoint.act)(call, now);
  }

  std::optional<InstrumentIndex> market_named(Call& call, const std::string& symbol) {
    const auto found = markets_.find(symbol);
    if (found != markets_.end()) return found->second;
    call.fail(-1121, "Invalid symbol.");
    return std::nullopt;
  }
  std::optional<InstrumentIndex> market_of(Call& call) { return market_named(call, call.text("symbol")); }

  // ---- general and market data

  Outcome ping(Call& call, UnixNanos) {
    if (const auto* error = call.check()) return std::unexpected(*error);
    return "{}";
  }
  Outcome time(Call& call, UnixNanos now) {
    if (const auto* error = call.check()) return std::unexpected(*error);
    return JsonObject{}.number("serverTime", ms(now)).done();
  }

  static std::string symbol_json(const Instrument& instrument) {
    const std::string tick = price(instrument, instrument.base_tick()), lot = quantity(instrument, instrument.lot);
    const auto filter = [](std::string_view type) { return JsonObject{}.text("filterType", type); };
    const std::string filters = json_array({
        filter("PRICE_FILTER").text("minPrice", tick).text("maxPrice", "10000000").text("tickSize", tick).done(),
        filter("LOT_SIZE").text("minQty", lot).text("maxQty", "1000").text("stepSize", lot).done(),
        filter("MARKET_LOT_SIZE").text("minQty", lot).text("maxQty", "1000").text("stepSize", lot).done(),
        filter("MAX_NUM_ORDERS").number("limit", 200).done(),
        filter("MIN_NOTIONAL").text("notional", std::to_string(kLeastNotional)).done(),
    });
    return JsonObject{}
        .text("symbol", instrument.symbol())
        .text("pair", instrument.base + instrument.quote)
        .text("contractType", "PERPETUAL")
        .number("deliveryDate", 4'133'404'800'000)
        .number("onboardDate", 1'569'398'400'000)
        .text("status", "TRADING")
        .text("maintMarginPercent", "2.5000")
        .text("requiredMarginPercent", "5.0000")
        .text("baseAsset", instrument.base)
        .text("quoteAsset", instrument.quote)
        .text("marginAsset", instrument.settlement())
        .number("pricePrecision", instrument.price_decimals)
        .number("quantityPrecision", instrument.quantity_decimals)
        .number("baseAssetPrecision", 8)
        .number("quotePrecision", 8)
        .text("underlyingType", "COIN")
        .raw("underlyingSubType", "[]")
        .number("settlePlan", 0)
        .text("triggerProtect", "0.0500")
        .text("liquidationFee", "0.000000")
        .text("marketTakeBound", "0.30")
        .raw("filters", filters)
        .raw("orderTypes", R"(["LIMIT","MARKET","STOP","STOP_MARKET","TAKE_PROFIT","TAKE_PROFIT_MARKET"])")
        .raw("timeInForce", R"(["GTC","IOC","FOK","GTX"])")
        .done();
  }

  Outcome exchange_info(Call& call, UnixNanos now) {
    if (const auto* error = call.check()) return std::unexpected(*error);
    const auto limit = [](std::string_view type, std::string_view interval, int number, std::int64_t most) {
      return JsonObject{}
          .text("rateLimitType", type)
          .text("interval", interval)
          .number("intervalNum", number)
          .number("limit", most)
          .done();
    };
    std::vector<std::string> symbols;
    for (const Instrument& instrument : exchange_->instruments()) symbols.push_back(symbol_json(instrument));
    const std::string asset =
        JsonObject{}.text("asset", "USDT").flag("marginAvailable", true).text("autoAssetExchange", "0").done();
    return JsonObject{}
        .text("timezone", "UTC")
        .number("serverTime", ms(now))
        .text("futuresType", "U_MARGINED")
        .raw("rateLimits", json_array({limit("REQUEST_WEIGHT", "MINUTE", 1, kLimits.weight_per_minute),
                                       limit("ORDERS", "MINUTE", 1, kLimits.orders_per_minute),
                                       limit("ORDERS", "SECOND", 10, kLimits.orders_per_10s)}))
        .raw("exchangeFilters", "[]")
        .raw("assets", json_array({asset}))
        .raw("symbols", json_array(symbols))
        .done();
  }

  Outcome depth(Call& call, UnixNanos now) {
    const auto market = market_of(call);
    const auto limit = call.find_number("limit").value_or(500);
    constexpr std::int64_t kSteps[] = {5, 10, 20, 50, 100, 500, 1000};
    if (std::ranges::find(kSteps, limit) == std::end(kSteps))
      call.fail(-4021, fmt::format("Invalid depth limit. Must be in [5, 10, 20, 50, 100, 500, 1000], was {}.", limit));
    if (const auto* error = call.check()) return std::unexpected(*error);
    if (const auto over = limits_.weigh(limit <= 50 ? 0 : limit <= 100 ? 3 : limit <= 500 ? 8 : 18, now))
      return std::unexpected(*over);
    exchange_->book(*market, static_cast<std::size_t>(limit), view_);
    const Instrument& instrument = exchange_->instruments()[*market];
    return JsonObject{}
        .number("lastUpdateId", view_.update_id)
        .number("E", ms(view_.event_time > 0 ? view_.event_time : now))
        .number("T", ms(view_.transaction_time > 0 ? view_.transaction_time : now))
        .raw("bids", levels_json(instrument, view_.bids))
        .raw("asks", levels_json(instrument, view_.asks))
        .done();
  }

  Outcome trades(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const std::size_t limit = call.limit(500, 1000);
    if (const auto* error = call.check()) return std::unexpected(*error);
    const Instrument& instrument = exchange_->instruments()[*market];
    const auto& all = exchange_->trades(*market);
    std::vector<std::string> out;
    for (std::size_t i = all.size() - std::min(limit, all.size()); i < all.size(); ++i)
      out.push_back(JsonObject{}
                        .number("id", all[i].id)
                        .text("price", price(instrument, all[i].price))
                        .text("qty", quantity(instrument, all[i].quantity))
                        .text("quoteQty", money(value_of(instrument, all[i].price, all[i].quantity)))
                        .number("time", ms(all[i].time))
                        .flag("isBuyerMaker", all[i].sell_aggressor)
                        .done());
    return json_array(out);
  }

  Outcome klines(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const auto interval = interval_of(call.text("interval"));
    if (!interval) call.fail(-1120, "Invalid interval.");
    const auto from = call.find_number("startTime"), to = call.find_number("endTime");
    const std::size_t limit = call.limit(500, 1500);
    if (const auto* error = call.check()) return std::unexpected(*error);
    const Instrument& i = exchange_->instruments()[*market];
    const auto nanos = [](std::optional<std::int64_t> t) {
      return t ? std::optional{std::min<std::int64_t>(*t, INT64_MAX / kMillisecond) * kMillisecond} : std::nullopt;
    };
    std::vector<std::string> out;
    for (const Candle& c : candles(exchange_->minutes(*market), *interval, nanos(from), nanos(to), limit))
      out.push_back(fmt::format(R"([{},"{}","{}","{}","{}","{}",{},"{}",{},"{}","{}","0"])", ms(c.start),
                                price(i, c.sum.bar.open), price(i, c.sum.bar.high), price(i, c.sum.bar.low),
                                price(i, c.sum.bar.close), quantity(i, c.sum.bar.volume), ms(c.start + *interval) - 1,
                                money(c.sum.value), c.sum.trades, quantity(i, c.sum.taken), money(c.sum.taken_value)));
    return json_array(out);
  }

  /// One object where a symbol was asked for, else an array.
  template <class Make>
  Outcome per_symbol(Call& call, Make make) {
    std::optional<InstrumentIndex> one;
    if (const auto symbol = call.find("symbol")) one = market_named(call, *symbol);
    if (const auto* error = call.check()) return std::unexpected(*error);
    if (one) return make(*one, exchange_->instruments()[*one]);
    std::vector<std::string> out;
    for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i)
      out.push_back(make(i, exchange_->instruments()[i]));
    return json_array(out);
  }

  Price last_price(InstrumentIndex market) const {
    if (const auto& all = exchange_->trades(market); !all.empty()) return all.back().price;
    const auto& minutes = exchange_->minutes(market);
    return minutes.empty() ? Price{} : minutes.back().bar.close;
  }

  Outcome ticker_price(Call& call, UnixNanos now) {
    return per_symbol(call, [&](InstrumentIndex market, const Instrument& instrument) {
      return JsonObject{}
          .text("symbol", instrument.symbol())
          .text("price", price(instrument, last_price(market)))
          .number("time", ms(now))
          .done();
    });
  }

  Outcome book_ticker(Call& call, UnixNanos now) {
    return per_symbol(call, [&](InstrumentIndex market, const Instrument& instrument) {
      exchange_->book(market, 1, view_);
      const Level bid = view_.bids.empty() ? Level{} : view_.bids[0],
                  ask = view_.asks.empty() ? Level{} : view_.asks[0];
      return JsonObject{}
          .text("symbol", instrument.symbol())
          .text("bidPrice", price(instrument, bid.price))
          .text("bidQty", quantity(instrument, bid.quantity))
          .text("askPrice", price(instrument, ask.price))
          .text("askQty", quantity(instrument, ask.quantity))
          .number("time", ms(now))
          .done();
    });
  }

  Outcome premium_index(Call& call, UnixNanos now) {
    return per_symbol(call, [&](InstrumentIndex market, const Instrument& instrument) {
      Level prices[2]{};
      const Message* mark = exchange_->mark(market, prices);
      return JsonObject{}
          .text("symbol", instrument.symbol())
          .text("markPrice", eight(prices[0].price.value, instrument.price_decimals))
          .text("indexPrice", eight(prices[1].price.value, instrument.price_decimals))
          .text("estimatedSettlePrice", eight(prices[1].price.value, instrument.price_decimals))
          .text("lastFundingRate", format_decimal(mark == nullptr ? 0 : mark->first_update_id, 8))
          .text("interestRate", "0.00010000")
          .number("nextFundingTime", mark == nullptr ? 0 : ms(mark->final_update_id))
          .number("time", ms(mark == nullptr ? now : mark->event_time))
          .done();
    });
  }

  // ---- accounts

  AssetBalance wallet(AccountId account) const {
    const auto balances = exchange_->balances(account);
    return balances.empty() ? AssetBalance{} : balances.front();
  }
  Money unrealised(AccountId account) const {
    Money sum{};
    for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i)
      sum += exchange_->position(account, i).unrealised;
    return sum;
  }

  Outcome balance(Call& call, UnixNanos now) {
    if (const auto* error = call.check()) return std::unexpected(*error);
    const AssetBalance b = wallet(*call.account);
    return json_array({JsonObject{}
                           .text("accountAlias", fmt::format("stom{}", *call.account))
                           .text("asset", b.asset)
                           .text("balance", money(b.free + b.locked))
                           .text("crossWalletBalance", money(b.free + b.locked))
                           .text("crossUnPnl", money(unrealised(*call.account)))
                           .text("availableBalance", money(b.free))
                           .text("maxWithdrawAmount", money(b.free))
                           .flag("marginAvailable", true)
                           .number("updateTime", ms(now))
                           .done()});
  }

  Outcome position_risk(Call& call, UnixNanos) {
    std::optional<InstrumentIndex> one;
    if (const auto symbol = call.find("symbol")) one = market_named(call, *symbol);
    if (const auto* error = call.check()) return std::unexpected(*error);
    std::vector<std::string> out;
    for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) {
      if (one && *one != i) continue;
      const Instrument& instrument = exchange_->instruments()[i];
      const Position p = exchange_->position(*call.account, i);
      const Money notional = value_of(instrument, p.mark, p.quantity);
      out.push_back(JsonObject{}
                        .text("symbol", instrument.symbol())
                        .text("positionAmt", quantity(instrument, p.quantity))
                        .text("entryPrice", price(instrument, p.entry))
                        .text("breakEvenPrice", price(instrument, p.entry))
                        .text("markPrice", eight(p.mark.value, instrument.price_decimals))
                        .text("unRealizedProfit", money(p.unrealised))
                        .text("liquidationPrice", "0")
                        .text("leverage", std::to_string(kLeverage))
                        .text("maxNotionalValue", "10000000")
                        .text("marginType", "cross")
                        .text("isolatedMargin", "0.00000000")
                        .text("isAutoAddMargin", "false")
                        .text("positionSide", "BOTH")
                        .text("notional", money(notional))
                        .text("isolatedWallet", "0")
                        .number("updateTime", ms(exchange_->now()))
                        .done());
    }
    return json_array(out);
  }

  Outcome position_mode(Call& call, UnixNanos) {
    if (const auto* error = call.check()) return std::unexpected(*error);
    return R"({"dualSidePosition":false})";
  }

  Outcome user_trades(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const auto order = call.find_number("orderId"), from_id = call.find_number("fromId");
    const auto from = call.find_number("startTime"), to = call.find_number("endTime");
    const std::size_t limit = call.limit(500, 1000);
    if (const auto* error = call.check()) return std::unexpected(*error);
    const Instrument& instrument = exchange_->instruments()[*market];
    std::vector<std::string> out;
    for (const VenueFill& f : exchange_->fills()) {
      if (f.account != *call.account || f.instrument != *market) continue;
      if ((order && f.order != static_cast<std::uint64_t>(*order)) || (from_id && f.id < *from_id)) continue;
      if ((from && ms(f.time) < *from) || (to && ms(f.time) > *to)) continue;
      out.push_back(JsonObject{}
                        .flag("buyer", f.side == Side::Buy)
                        .text("commission", money(f.fee))
                        .text("commissionAsset", instrument.settlement())
                        .number("id", f.id)
                        .text("marginAsset", instrument.settlement())
                        .flag("maker", f.liquidity == Liquidity::Maker)
                        .number("orderId", static_cast<std::int64_t>(f.order))
                        .text("price", price(instrument, f.price))
                        .text("qty", quantity(instrument, f.quantity))
                        .text("quoteQty", money(value_of(instrument, f.price, f.quantity)))
                        .text("realizedPnl", money(f.realised))
                        .text("side", f.side == Side::Buy ? "BUY" : "SELL")
                        .text("positionSide", "BOTH")
                        .text("symbol", instrument.symbol())
                        .number("time", ms(f.time))
                        .done());
    }
    if (out.size() > limit) {
      if (from_id || from)
        out.resize(limit);
      else
        out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(limit));
    }
    return json_array(out);
  }

  Outcome start_listening(Call& call, UnixNanos now) {
    if (const auto* error = call.check()) return std::unexpected(*error);
    // The one that the account has, for another hour.
    for (auto& [key, listen] : listen_keys_) {
      if (listen.account != *call.account) continue;
      listen.ends = now + kListenKeyLife;
      return JsonObject{}.text("listenKey", key).done();
    }
    std::string key;
    for (int i = 0; i < 4; ++i) key += fmt::format("{:016x}", exchange_->random());
    listen_keys_[key] = {*call.account, now + kListenKeyLife};
    return JsonObject{}.text("listenKey", key).done();
  }
  Outcome keep_listening(Call& call, UnixNanos now) {
    call.find("listenKey");
    if (const auto* error = call.check()) return std::unexpected(*error);
    for (auto& [key, listen] : listen_keys_) {
      if (listen.account != *call.account) continue;
      listen.ends = now + kListenKeyLife;
      return JsonObject{}.text("listenKey", key).done();
    }
    return refuse(-1125, "This listenKey does not exist.");
  }
  Outcome stop_listening(Call& call, UnixNanos) {
    call.find("listenKey");
    if (const auto* error = call.check()) return std::unexpected(*error);
    std::erase_if(listen_keys_, [&](const auto& entry) { return entry.second.account == *call.account; });
    return "{}";
  }

  // ---- orders

  static bool waits(const VenueOrder& order) {
    return order.terms.type != OrderType::Limit && order.terms.type != OrderType::Market;
  }
  static bool never_was(const VenueOrder& order) {
    return order.status == OrderStatus::Rejected ||
           (order.status == OrderStatus::Expired && order.reason == RejectReason::PostOnlyWouldTake);
  }
  static std::string_view status_of(const VenueOrder& order) {
    switch (order.status) {
      case OrderStatus::Filled:
        return "FILLED";
      case OrderStatus::Canceled:
        return "CANCELED";
      case OrderStatus::Expired:
        return "EXPIRED";
      default:
        return order.filled.value > 0 ? "PARTIALLY_FILLED" : "NEW";
    }
  }
  static std::string_view algo_status_of(const VenueOrder& order) {
    if (order.status == OrderStatus::Canceled) return order.triggered ? "FINISHED" : "CANCELED";
    if (order.status == OrderStatus::Expired) return order.triggered ? "FINISHED" : "EXPIRED";
    if (order.status == OrderStatus::Filled) return "FINISHED";
    return order.triggered ? "TRIGGERED" : "NEW";
  }
  static std::string_view side_of(const VenueOrder& order) { return order.terms.side == Side::Buy ? "BUY" : "SELL"; }
  static std::string_view time_in_force_of(const VenueOrder& order) {
    if (order.terms.post_only) return "GTX";
    return order.terms.time_in_force == TimeInForce::IOC   ? "IOC"
           : order.terms.time_in_force == TimeInForce::FOK ? "FOK"
                                                           : "GTC";
  }
  /// What a conditional order becomes when its price is reached.
  static std::string_view working_type(const VenueOrder& order) {
    if (!waits(order)) return order.venue_type;
    return order.terms.price.value != 0 ? "LIMIT" : "MARKET";
  }
  static std::string_view trigger_of(const VenueOrder& order) {
    return order.terms.trigger_by == TriggerBy::Mark ? "MARK_PRICE" : "CONTRACT_PRICE";
  }

  std::string make_client_id() {
    constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string id;
    for (int i = 0; i < 22; ++i) id += kLetters[exchange_->random() % kLetters.size()];
    return id;
  }
  std::string client_id(Call& call, std::string_view name) {
    const auto id = call.find(name);
    if (!id) return make_client_id();
    const bool legal =
        id->size() <= 36 && std::ranges::all_of(*id, [](unsigned char c) {
          return std::isalnum(c) != 0 || std::string_view{".:/_-"}.find(static_cast<char>(c)) != std::string_view::npos;
        });
    if (!legal) call.fail(-4015, "Client order id is not valid.");
    return *id;
  }

  bool flag(Call& call, std::string_view name) {
    const auto value = call.find(name);
    if (!value) return false;
    const std::string plain = lower(*value);
    if (plain != "true" && plain != "false")
      call.fail(-1102, fmt::format("Mandatory parameter '{}' was not sent, was empty/null, or malformed.", name));
    return plain == "true";
  }

  /// What plain and conditional orders have in common; `triggered_at` is the name of the trigger's parameter.
  void read_common(Call& call, NewOrder& o, bool priced) {
    const Instrument& instrument = exchange_->instruments()[o.instrument];
    const std::string side = call.text("side");
    if (!call.failed() && side != "BUY" && side != "SELL") call.fail(-1117, "Invalid side.");
    o.side = side == "SELL" ? Side::Sell : Side::Buy;
    const auto amount = call.find_amount("quantity"), limit = call.find_amount("price");
    const auto tif = call.find("timeInForce");
    if (const auto position_side = call.find("positionSide"); position_side && *position_side != "BOTH")
      call.fail(-4061, "Order's position side does not match user's setting.");
    o.reduce_only = flag(call, "reduceOnly");
    if (priced && !limit) call.fail(-1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed.");
    if (!priced && limit) call.fail(-1106, "Parameter 'price' sent when not required.");
    if (!amount) call.fail(-1102, "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.");
    constexpr std::string_view kKnown[] = {"GTC", "IOC", "FOK", "GTX"};
    if (tif && std::ranges::find(kKnown, *tif) == std::end(kKnown)) call.fail(-1115, "Invalid timeInForce.");
    o.time_in_force = tif == "IOC" ? TimeInForce::IOC : tif == "FOK" ? TimeInForce::FOK : TimeInForce::GTC;
    o.post_only = tif == "GTX";
    if (call.failed()) return;
    o.price = {fit(call, limit, instrument.price_decimals)};
    o.quantity = {fit(call, amount, instrument.quantity_decimals)};
    if (*amount == 0) call.fail(-4003, "Quantity less than or equal to zero.");
    if (priced && *limit == 0) call.fail(-4001, "Price less than 0.");
    check_price(call, instrument, o.price);
    if (o.quantity.value % instrument.lot.value != 0)
      call.fail(-1111, "Precision is over the maximum defined for this asset.");
    if (o.quantity.value > 1000 * power_of_ten(instrument.quantity_decimals))
      call.fail(-4005, "Quantity greater than max quantity.");
    const Price at = o.price.value != 0 ? o.price : last_price(o.instrument);
    if (!o.reduce_only &&
        value_of(instrument, at, o.quantity).value < Int128{kLeastNotional} * power_of_ten(kMoneyDecimals))
      call.fail(-4164, fmt::format("Order's notional must be no smaller than {} (unless you choose reduce only).",
                                   kLeastNotional));
  }

  static std::int64_t fit(Call& call, std::optional<std::int64_t> amount, int decimals) {
    if (!amount) return 0;
    const std::int64_t step = power_of_ten(8 - std::min(decimals, 8));
    if (*amount % step != 0) call.fail(-1111, "Precision is over the maximum defined for this asset.");
    return *amount / step;
  }
  static void check_price(Call& call, const Instrument& instrument, Price p) {
    if (p.value != 0 && !instrument.on_ladder(p)) call.fail(-4014, "Price not increased by tick size.");
    if (p.value > 10'000'000 * power_of_ten(instrument.price_decimals))
      call.fail(-4002, "Price greater than max price.");
  }

  Outcome place(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const std::string type = call.text("type");
    constexpr std::string_view kConditional[] = {"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
                                                 "TRAILING_STOP_MARKET"};
    if (std::ranges::find(kConditional, type) != std::end(kConditional))
      call.fail(-4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.");
    else if (!call.failed() && type != "LIMIT" && type != "MARKET")
      call.fail(-1116, "Invalid orderType.");
    if (!market || call.failed()) return std::unexpected(*call.check());
    NewOrder o{.instrument = *market, .type = type == "LIMIT" ? OrderType::Limit : OrderType::Market};
    if (type == "LIMIT" && !call.find("timeInForce"))
      call.fail(-1102, "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.");
    read_common(call, o, type == "LIMIT");
    const std::string id = client_id(call, "newClientOrderId");
    if (const auto response = call.find("newOrderRespType"); response && *response != "ACK" && *response != "RESULT")
      call.fail(-1130, "Data sent for parameter 'newOrderRespType' is not valid.");
    if (const auto mode = call.find("selfTradePreventionMode"); mode && *mode != "NONE")
      call.fail(-1130, "Data sent for parameter 'selfTradePreventionMode' is not valid.");
    if (const VenueOrder* same = exchange_->order_named(*call.account, id); same != nullptr && same->open())
      call.fail(-4116, "ClientOrderId is duplicated.");
    if (const auto* error = call.check()) return std::unexpected(*error);
    const VenueOrder& order = exchange_->place(*call.account, o, id, type);
    if (never_was(order)) return why_not(order.reason);
    return order_json(order, false);
  }

  static std::unexpected<ApiError> why_not(RejectReason reason) {
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
      default:
        return refuse(-2010, "NEW_ORDER_REJECTED");
    }
  }

  std::string order_json(const VenueOrder& order, bool queried) const {
    const Instrument& instrument = exchange_->instruments()[order.terms.instrument];
    JsonObject out;
    out.number("orderId", static_cast<std::int64_t>(order.terms.id))
        .text("symbol", instrument.symbol())
        .text("status", status_of(order))
        .text("clientOrderId", order.client_id)
        .text("price", price(instrument, order.terms.price))
        .text("avgPrice", average(instrument, order.value, order.filled))
        .text("origQty", quantity(instrument, order.terms.quantity))
        .text("executedQty", quantity(instrument, order.filled));
    if (!queried) out.text("cumQty", quantity(instrument, order.filled));
    out.text("cumQuote", money(order.value))
        .text("timeInForce", time_in_force_of(order))
        .text("type", working_type(order))
        .flag("reduceOnly", order.terms.reduce_only)
        .flag("closePosition", false)
        .text("side", side_of(order))
        .text("positionSide", "BOTH")
        .text("stopPrice", price(instrument, order.terms.trigger_price))
        .text("workingType", trigger_of(order))
        .flag("priceProtect", false)
        .text("origType", order.venue_type)
        .text("priceMatch", "NONE")
        .text("selfTradePreventionMode", "NONE")
        .number("goodTillDate", 0);
    if (queried) out.number("time", ms(order.created));
    return out.number("updateTime", ms(order.updated)).done();
  }

  const VenueOrder* order_of(Call& call, InstrumentIndex market, int code, std::string_view message) {
    const auto id = call.find_number("orderId");
    const auto name = call.find("origClientOrderId");
    if (!id && !name) {
      call.fail(-1102, "Mandatory parameter 'orderId' was not sent, was empty/null, or malformed.");
      return nullptr;
    }
    const VenueOrder* order =
        id ? exchange_->order(static_cast<std::uint64_t>(*id)) : exchange_->order_named(*call.account, *name);
    const bool there = order != nullptr && order->account == *call.account && order->terms.instrument == market &&
                       !never_was(*order) && (!waits(*order) || order->triggered);
    if (there) return order;
    call.fail(code, std::string{message});
    return nullptr;
  }

  Outcome query(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const VenueOrder* order = market ? order_of(call, *market, -2013, "Order does not exist.") : nullptr;
    if (const auto* error = call.check()) return std::unexpected(*error);
    STOM_ASSERT(order != nullptr);  // order_of failed the call otherwise
    return order_json(*order, true);
  }

  Outcome cancel(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const VenueOrder* order = market ? order_of(call, *market, -2011, "Unknown order sent.") : nullptr;
    if (const auto* error = call.check()) return std::unexpected(*error);
    STOM_ASSERT(order != nullptr);  // order_of failed the call otherwise
    if (!exchange_->cancel(order->terms.id)) return refuse(-2011, "Unknown order sent.");
    return order_json(*order, false);
  }

  Outcome cancel_all(Call& call, UnixNanos) {
    const auto market = market_of(call);
    if (const auto* error = call.check()) return std::unexpected(*error);
    for (const VenueOrder* order : exchange_->open_orders(*call.account))
      if (order->terms.instrument == *market && (!waits(*order) || order->triggered))
        exchange_->cancel(order->terms.id);
    return R"({"code":200,"msg":"The operation of cancel all open order is done."})";
  }

  Outcome open_orders(Call& call, UnixNanos) {
    std::optional<InstrumentIndex> market;
    if (const auto symbol = call.find("symbol")) market = market_named(call, *symbol);
    if (const auto* error = call.check()) return std::unexpected(*error);
    std::vector<std::string> out;
    for (const VenueOrder* order : exchange_->open_orders(*call.account))
      if ((!market || order->terms.instrument == *market) && (!waits(*order) || order->triggered))
        out.push_back(order_json(*order, true));
    return json_array(out);
  }

  // ---- the algo service

  Outcome place_algo(Call& call, UnixNanos) {
    const auto market = market_of(call);
    if (call.text("algoType") != "CONDITIONAL") call.fail(-1130, "Data sent for parameter 'algoType' is not valid.");
    const std::string type = call.text("type");
    struct Kind {
      std::string_view name;
      OrderType type;
      bool priced;
    };
    constexpr Kind kKinds[] = {{"STOP", OrderType::StopLimit, true},
                               {"STOP_MARKET", OrderType::Stop, false},
                               {"TAKE_PROFIT", OrderType::TakeProfitLimit, true},
                               {"TAKE_PROFIT_MARKET", OrderType::TakeProfit, false}};
    const auto kind = std::ranges::find(kKinds, type, &Kind::name);
    if (kind == std::end(kKinds)) call.fail(-1116, "Invalid orderType.");
    if (!market || call.failed()) return std::unexpected(*call.check());
    NewOrder o{.instrument = *market, .type = kind->type};
    const auto trigger = call.find_amount("triggerPrice");
    if (!trigger) call.fail(-1102, "Mandatory parameter 'triggerPrice' was not sent, was empty/null, or malformed.");
    const auto by = call.find("workingType");
    if (by && *by != "MARK_PRICE" && *by != "CONTRACT_PRICE")
      call.fail(-1130, "Data sent for parameter 'workingType' is not valid.");
    o.trigger_by = by == "MARK_PRICE" ? TriggerBy::Mark : TriggerBy::Last;
    read_common(call, o, kind->priced);
    const Instrument& instrument = exchange_->instruments()[*market];
    o.trigger_price = {fit(call, trigger, instrument.price_decimals)};
    check_price(call, instrument, o.trigger_price);
    flag(call, "priceProtect");
    const std::string id = client_id(call, "clientAlgoId");
    if (const VenueOrder* same = exchange_->order_named(*call.account, id); same != nullptr && same->open())
      call.fail(-4116, "ClientOrderId is duplicated.");
    if (!call.failed() && triggers_now(o)) call.fail(-2021, "Order would immediately trigger.");
    if (const auto* error = call.check()) return std::unexpected(*error);
    const VenueOrder& order = exchange_->place(*call.account, o, id, type);
    if (never_was(order)) return why_not(order.reason);
    return algo_json(order);
  }

  bool triggers_now(const NewOrder& o) const {
    Level prices[2]{};
    Price now = last_price(o.instrument);
    if (o.trigger_by == TriggerBy::Mark)
      now = exchange_->mark(o.instrument, prices) == nullptr ? Price{} : prices[0].price;
    if (now.value == 0) return false;
    const bool stop = o.type == OrderType::Stop || o.type == OrderType::StopLimit;
    return stop == (o.side == Side::Buy) ? now >= o.trigger_price : now <= o.trigger_price;
  }

  std::string algo_json(const VenueOrder& order) const {
    const Instrument& instrument = exchange_->instruments()[order.terms.instrument];
    return JsonObject{}
        .number("algoId", static_cast<std::int64_t>(order.terms.id))
        .text("clientAlgoId", order.client_id)
        .text("algoType", "CONDITIONAL")
        .text("orderType", order.venue_type)
        .text("symbol", instrument.symbol())
        .text("side", side_of(order))
        .text("positionSide", "BOTH")
        .text("timeInForce", time_in_force_of(order))
        .text("quantity", quantity(instrument, order.terms.quantity))
        .text("algoStatus", algo_status_of(order))
        .text("triggerPrice", price(instrument, order.terms.trigger_price))
        .text("price", price(instrument, order.terms.price))
        .text("workingType", trigger_of(order))
        .flag("closePosition", false)
        .flag("priceProtect", false)
        .flag("reduceOnly", order.terms.reduce_only)
        .number("createTime", ms(order.created))
        .number("updateTime", ms(order.updated))
        .number("triggerTime", order.triggered ? ms(order.updated) : 0)
        .number("goodTillDate", 0)
        .done();
  }

  const VenueOrder* algo_of(Call& call, int code, std::string_view message) {
    const auto id = call.find_number("algoId");
    const auto name = call.find("clientAlgoId");
    if (!id && !name) {
      call.fail(-1102, "Mandatory parameter 'algoId' was not sent, was empty/null, or malformed.");
      return nullptr;
    }
    const VenueOrder* order =
        id ? exchange_->order(static_cast<std::uint64_t>(*id)) : exchange_->order_named(*call.account, *name);
    if (order != nullptr && order->account == *call.account && waits(*order) && !never_was(*order)) return order;
    call.fail(code, std::string{message});
    return nullptr;
  }

  Outcome cancel_algo(Call& call, UnixNanos) {
    const VenueOrder* order = algo_of(call, -2011, "Unknown order sent.");
    if (const auto* error = call.check()) return std::unexpected(*error);
    if (order->triggered || !exchange_->cancel(order->terms.id)) return refuse(-2011, "Unknown order sent.");
    return JsonObject{}
        .number("algoId", static_cast<std::int64_t>(order->terms.id))
        .text("clientAlgoId", order->client_id)
        .text("code", "200")
        .text("msg", "success")
        .done();
  }
  Outcome query_algo(Call& call, UnixNanos) {
    const VenueOrder* order = algo_of(call, -2013, "Order does not exist.");
    if (const auto* error = call.check()) return std::unexpected(*error);
    return algo_json(*order);
  }
  Outcome open_algos(Call& call, UnixNanos) {
    std::optional<InstrumentIndex> market;
    if (const auto symbol = call.find("symbol")) market = market_named(call, *symbol);
    call.find("algoType");
    if (const auto* error = call.check()) return std::unexpected(*error);
    std::vector<std::string> out;
    for (const VenueOrder* order : exchange_->open_orders(*call.account))
      if ((!market || order->terms.instrument == *market) && waits(*order) && !order->triggered)
        out.push_back(algo_json(*order));
    return json_array(out);
  }

  // ---- user events

  void tell_user(AccountId account, const std::string& text) {
    for (const auto& [id, socket] : sockets_) {
      const auto key = listen_keys_.find(socket.listen_key);
      if (key == listen_keys_.end() || key->second.account != account) continue;
      exchange_->send(id,
                      socket.combined ? fmt::format(R"({{"stream":"{}","data":{}}})", socket.listen_key, text) : text);
    }
  }

  std::string order_update(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) const {
    const Instrument& instrument = exchange_->instruments()[order.terms.instrument];
    const std::string_view what = fill != nullptr                          ? "TRADE"
                                  : event.kind == OrderEventKind::Canceled ? "CANCELED"
                                  : event.kind == OrderEventKind::Expired  ? "EXPIRED"
                                                                           : "NEW";
    const std::string inner = JsonObject{}
                                  .text("s", instrument.symbol())
                                  .text("c", order.client_id)
                                  .text("S", side_of(order))
                                  .text("o", working_type(order))
                                  .text("f", time_in_force_of(order))
                                  .text("q", quantity(instrument, order.terms.quantity))
                                  .text("p", price(instrument, order.terms.price))
                                  .text("ap", average(instrument, order.value, order.filled))
                                  .text("sp", price(instrument, order.terms.trigger_price))
                                  .text("x", what)
                                  .text("X", status_of(order))
                                  .number("i", static_cast<std::int64_t>(order.terms.id))
                                  .text("l", quantity(instrument, fill != nullptr ? fill->quantity : Quantity{}))
                                  .text("z", quantity(instrument, order.filled))
                                  .text("L", price(instrument, fill != nullptr ? fill->price : Price{}))
                                  .text("N", instrument.settlement())
                                  .text("n", fill != nullptr ? money(fill->fee) : "0")
                                  .number("T", ms(order.updated))
                                  .number("t", fill != nullptr ? fill->id : 0)
                                  .text("b", "0")
                                  .text("a", "0")
                                  .flag("m", fill != nullptr && fill->liquidity == Liquidity::Maker)
                                  .flag("R", order.terms.reduce_only)
                                  .text("wt", trigger_of(order))
                                  .text("ot", order.venue_type)
                                  .text("ps", "BOTH")
                                  .flag("cp", false)
                                  .text("AP", "0")
                                  .text("cr", "0")
                                  .flag("pP", false)
                                  .number("si", 0)
                                  .number("ss", 0)
                                  .text("rp", fill != nullptr ? money(fill->realised) : "0")
                                  .text("V", "NONE")
                                  .done();
    return JsonObject{}
        .text("e", "ORDER_TRADE_UPDATE")
        .number("T", ms(order.updated))
        .number("E", ms(exchange_->now()))
        .raw("o", inner)
        .done();
  }

  std::string trade_lite(const VenueOrder& order, const VenueFill& fill) const {
    const Instrument& instrument = exchange_->instruments()[order.terms.instrument];
    return JsonObject{}
        .text("e", "TRADE_LITE")
        .number("E", ms(exchange_->now()))
        .number("T", ms(fill.time))
        .text("s", instrument.symbol())
        .text("q", quantity(instrument, order.terms.quantity))
        .text("p", price(instrument, order.terms.price))
        .flag("m", fill.liquidity == Liquidity::Maker)
        .text("c", order.client_id)
        .text("S", side_of(order))
        .text("L", price(instrument, fill.price))
        .text("l", quantity(instrument, fill.quantity))
        .number("t", fill.id)
        .number("i", static_cast<std::int64_t>(order.terms.id))
        .done();
  }

  std::string account_update(AccountId account, InstrumentIndex market) const {
    const Instrument& instrument = exchange_->instruments()[market];
    const AssetBalance b = wallet(account);
    const Position p = exchange_->position(account, market);
    const std::string all = money(b.free + b.locked);
    const std::string balance = JsonObject{}.text("a", b.asset).text("wb", all).text("cw", all).text("bc", "0").done();
    const std::string position = JsonObject{}
                                     .text("s", instrument.symbol())
                                     .text("pa", quantity(instrument, p.quantity))
                                     .text("ep", price(instrument, p.entry))
                                     .text("bep", price(instrument, p.entry))
                                     .text("cr", "0")
                                     .text("up", money(p.unrealised))
                                     .text("mt", "cross")
                                     .text("iw", "0")
                                     .text("ps", "BOTH")
                                     .done();
    const std::string inner =
        JsonObject{}.text("m", "ORDER").raw("B", json_array({balance})).raw("P", json_array({position})).done();
    return JsonObject{}
        .text("e", "ACCOUNT_UPDATE")
        .number("T", ms(exchange_->now()))
        .number("E", ms(exchange_->now()))
        .raw("a", inner)
        .done();
  }

  std::string algo_update(const VenueOrder& order, const OrderEvent&) const {
    const Instrument& instrument = exchange_->instruments()[order.terms.instrument];
    const std::string inner = JsonObject{}
                                  .text("caid", order.client_id)
                                  .number("aid", static_cast<std::int64_t>(order.terms.id))
                                  .text("at", "CONDITIONAL")
                                  .text("o", order.venue_type)
                                  .text("s", instrument.symbol())
                                  .text("S", side_of(order))
                                  .text("ps", "BOTH")
                                  .text("f", time_in_force_of(order))
                                  .text("q", quantity(instrument, order.terms.quantity))
                                  .text("X", algo_status_of(order))
                                  .text("ai", order.triggered ? std::to_string(order.terms.id) : "")
                                  .text("ap", average(instrument, order.value, order.filled))
                                  .text("aq", quantity(instrument, order.filled))
                                  .text("act", order.triggered ? working_type(order) : "0")
                                  .text("tp", price(instrument, order.terms.trigger_price))
                                  .text("p", price(instrument, order.terms.price))
                                  .text("V", "NONE")
                                  .text("wt", trigger_of(order))
                                  .text("pm", "NONE")
                                  .flag("cp", false)
                                  .flag("pP", false)
                                  .flag("R", order.terms.reduce_only)
                                  .number("tt", order.triggered ? ms(order.updated) : 0)
                                  .number("gtd", 0)
                                  .text("rm", order.status == OrderStatus::Expired ? "Margin is insufficient." : "")
                                  .done();
    return JsonObject{}
        .text("e", "ALGO_UPDATE")
        .number("T", ms(order.updated))
        .number("E", ms(exchange_->now()))
        .raw("o", inner)
        .done();
  }

  // ---- streams

  static std::optional<Road> road_of(std::string_view path) {
    constexpr std::pair<std::string_view, Road> kRoads[] = {
        {"/public", Road::Public}, {"/market", Road::Market}, {"/private", Road::Private}};
    for (const auto& [prefix, road] : kRoads) {
      if (!path.starts_with(prefix)) continue;
      const std::string_view rest = path.substr(prefix.size());
      if (rest == "/ws" || rest == "/stream" || rest.starts_with("/ws/")) return road;
    }
    return std::nullopt;
  }
  /// The streams in the path or in the query.
  static std::string names_of(const WireRequest& request) {
    if (const std::size_t at = request.path.find("/ws/"); at != std::string::npos) return request.path.substr(at + 4);
    if (const auto form = parse_form(request.query))
      for (const auto& [name, value] : *form)
        if (name == "streams" || name == "listenKey") return value;
    return "";
  }
  static std::string listen_key_of(const WireRequest& request) { return names_of(request); }

  std::optional<StreamName> stream_of(const std::string& stream, Road road) const {
    const std::size_t at = std::min(stream.find('@'), stream.size());
    const std::string symbol = stream.substr(0, at);
    const auto market = markets_.find(upper(symbol));
    if (at == stream.size() || market == markets_.end() || lower(symbol) != symbol) return std::nullopt;
    StreamName name{market->second, stream.substr(at + 1)};
    constexpr std::string_view kPublic[] = {"bookTicker", "depth",        "depth@100ms",   "depth5",       "depth10",
                                            "depth20",    "depth5@100ms", "depth10@100ms", "depth20@100ms"};
    constexpr std::string_view kMarket[] = {"aggTrade", "markPrice", "markPrice@1s"};
    if (name.kind == "trade") return name;  // in no list of the documents
    if (road == Road::Public && std::ranges::find(kPublic, name.kind) != std::end(kPublic)) return name;
    if (road != Road::Market) return std::nullopt;
    if (std::ranges::find(kMarket, name.kind) != std::end(kMarket)) return name;
    if (!name.kind.starts_with("kline_")) return std::nullopt;
    const auto interval = interval_of(std::string_view{name.kind}.substr(6));
    if (!interval) return std::nullopt;
    name.interval = *interval;
    return name;
  }

  void subscribe(SocketId id, const std::string& stream, Road road) {
    streams_.add(id, stream);
    if (stream_of(stream, road)->interval != 0) klines_.try_emplace(stream, kNoTime);
  }

  template <class Make>
  void tell(const std::string& stream, Make make) {
    const auto* listeners = streams_.listeners(stream);
    if (listeners == nullptr) return;
    const std::string text = make();
    for (const SocketId id : *listeners)
      exchange_->send(id, sockets_[id].combined ? fmt::format(R"({{"stream":"{}","data":{}}})", stream, text) : text);
  }

  static std::string depth_json(const Instrument& instrument, std::int64_t event, std::int64_t transaction,
                                std::int64_t first, std::int64_t last, std::int64_t previous,
                                std::span<const Level> bids, std::span<const Level> asks) {
    return fmt::format(R"({{"e":"depthUpdate","E":{},"T":{},"s":"{}","U":{},"u":{},"pu":{},"b":{},"a":{}}})", event,
                       transaction, instrument.symbol(), first, last, previous, levels_json(instrument, bids),
                       levels_json(instrument, asks));
  }

  void send_kline(const std::string& stream, UnixNanos& last, UnixNanos now) {
    const auto name = stream_of(stream, Road::Market);
    if (!name || streams_.listeners(stream) == nullptr) return;
    const Instrument& i = exchange_->instruments()[name->market];
    const auto made = candles(exchange_->minutes(name->market), name->interval, std::nullopt, std::nullopt, 2);
    for (const Candle& candle : made) {
      if (candle.start < last || (last == kNoTime && candle.start != made.back().start)) continue;
      const MinuteBar& sum = candle.sum;
      tell(stream, [&] {
        const std::string k = JsonObject{}
                                  .number("t", ms(candle.start))
                                  .number("T", ms(candle.start + name->interval) - 1)
                                  .text("s", i.symbol())
                                  .text("i", name->kind.substr(6))
                                  .number("f", sum.first_trade)
                                  .number("L", sum.last_trade)
                                  .text("o", price(i, sum.bar.open))
                                  .text("c", price(i, sum.bar.close))
                                  .text("h", price(i, sum.bar.high))
                                  .text("l", price(i, sum.bar.low))
                                  .text("v", quantity(i, sum.bar.volume))
                                  .number("n", sum.trades)
                                  .flag("x", candle.start != made.back().start)
                                  .text("q", money(sum.value))
                                  .text("V", quantity(i, sum.taken))
                                  .text("Q", money(sum.taken_value))
                                  .text("B", "0")
                                  .done();
        return JsonObject{}.text("e", "kline").number("E", ms(now)).text("s", i.symbol()).raw("k", k).done();
      });
    }
    if (!made.empty()) last = made.back().start;
  }

  ExchangeBackend* exchange_ = nullptr;
  Doorman doorman_;
  RateLimits limits_{kLimits};
  Streams streams_;
  std::map<std::string, InstrumentIndex, std::less<>> markets_;
  std::unordered_map<SocketId, Socket> sockets_;
  std::map<std::string, ListenKey> listen_keys_;
  std::vector<UnixNanos> next_slow_mark_;  // by market
  std::map<std::string, UnixNanos> klines_;
  UnixNanos next_klines_ = 0;
  BookView view_;
};

std::span<const FuturesServer::Endpoint> FuturesServer::endpoints() {
  using F = FuturesServer;
  static constexpr Endpoint kEndpoints[] = {
      {"GET", "/fapi/v1/ping", 1, Security::None, false, false, &F::ping},
      {"GET", "/fapi/v1/time", 1, Security::None, false, false, &F::time},
      {"GET", "/fapi/v1/exchangeInfo", 1, Security::None, false, false, &F::exchange_info},
      {"GET", "/fapi/v1/depth", 2, Security::None, false, false, &F::depth},
      {"GET", "/fapi/v1/trades", 5, Security::None, false, false, &F::trades},
      {"GET", "/fapi/v1/klines", 2, Security::None, false, false, &F::klines},
      {"GET", "/fapi/v1/premiumIndex", 1, Security::None, false, false, &F::premium_index},
      {"GET", "/fapi/v1/ticker/price", 1, Security::None, false, false, &F::ticker_price},
      {"GET", "/fapi/v2/ticker/price", 1, Security::None, false, false, &F::ticker_price},
      {"GET", "/fapi/v1/ticker/bookTicker", 2, Security::None, false, false, &F::book_ticker},
      {"GET", "/fapi/v2/balance", 5, Security::Signed, false, false, &F::balance},
      {"GET", "/fapi/v3/balance", 5, Security::Signed, false, false, &F::balance},
      {"GET", "/fapi/v2/positionRisk", 5, Security::Signed, false, false, &F::position_risk},
      {"GET", "/fapi/v1/positionSide/dual", 30, Security::Signed, false, false, &F::position_mode},
      {"GET", "/fapi/v1/userTrades", 5, Security::Signed, false, false, &F::user_trades},
      {"POST", "/fapi/v1/order", 0, Security::Signed, true, true, &F::place},
      {"GET", "/fapi/v1/order", 1, Security::Signed, false, false, &F::query},
      {"DELETE", "/fapi/v1/order", 1, Security::Signed, false, true, &F::cancel},
      {"GET", "/fapi/v1/openOrders", 1, Security::Signed, false, false, &F::open_orders},
      {"DELETE", "/fapi/v1/allOpenOrders", 1, Security::Signed, false, true, &F::cancel_all},
      {"POST", "/fapi/v1/algoOrder", 1, Security::Signed, true, true, &F::place_algo},
      {"GET", "/fapi/v1/algoOrder", 1, Security::Signed, false, false, &F::query_algo},
      {"DELETE", "/fapi/v1/algoOrder", 1, Security::Signed, false, true, &F::cancel_algo},
      {"GET", "/fapi/v1/openAlgoOrders", 1, Security::Signed, false, false, &F::open_algos},
      {"POST", "/fapi/v1/listenKey", 1, Security::Key, false, false, &F::start_listening},
      {"PUT", "/fapi/v1/listenKey", 1, Security::Key, false, false, &F::keep_listening},
      {"DELETE", "/fapi/v1/listenKey", 1, Security::Key, false, false, &F::stop_listening},
  };
  return kEndpoints;
}

}  // namespace

std::unique_ptr<VenueServer> usdm_server() { return std::make_unique<FuturesServer>(); }

}  // namespace stom::venues::binance
