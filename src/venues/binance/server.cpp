// Binance spot as the venue's own side (docs/exchange.md): REST below /api/v3, streams below /ws and /stream, the
// WebSocket API at /ws-api/v3. REST and the WebSocket API are one table of calls. A state machine: the exchange owns
// sockets, clock, markets and accounts.
#include "venues/binance/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/assert.hpp"
#include "venues/binance/server_base.hpp"

namespace stom::venues::binance {
namespace {

using namespace server;

constexpr RateLimits::Terms kLimits{
    .weight_per_minute = 6000, .orders_per_10s = 100, .orders_per_minute = 0, .orders_per_day = 200'000};
constexpr std::int64_t kLeastNotional = 5;  // of the quote currency
constexpr std::size_t kOpenOrders = 200;    // per symbol
constexpr std::size_t kStreamsPerSocket = 1024;
constexpr DurationNanos kSlowStream = kSecond;       // <symbol>@depth without a speed
constexpr DurationNanos kKlineStream = 2 * kSecond;  // how often a running kline is told

enum class Security : std::uint8_t { None, Signed };

std::int64_t ms(UnixNanos time) { return time / kMillisecond; }

/// The level as streams and depth responses have it.
void append_level(std::string& out, const Instrument& instrument, const Level& level) {
  if (out.back() != '[') out += ',';
  out += fmt::format(R"(["{}","{}"])", eight(level.price.value, instrument.price_decimals),
                     eight(level.quantity.value, instrument.quantity_decimals));
}

std::string levels_json(const Instrument& instrument, std::span<const Level> levels) {
  std::string out = "[";
  for (const Level& level : levels) append_level(out, instrument, level);
  return out + "]";
}

class SpotServer final : public VenueServer {
 public:
  std::vector<Listing> listings() const override {
    const auto pair = [](const std::string& base, int quantity_decimals, std::int64_t tick, std::int64_t price,
                         std::int64_t typical, double rate) {
      return Listing{.instrument = {.id = "binance:" + base + "USDT",
                                    .base = base,
                                    .quote = "USDT",
                                    .kind = ContractKind::Spot,
                                    .price_decimals = 2,
                                    .quantity_decimals = quantity_decimals,
                                    .ladder = {{{0}, {tick}}},
                                    .lot = {1}},
                     .start_price = {price},
                     .typical_quantity = typical,
                     .actions_per_second = rate};
    };
    return {pair("BTC", 5, 10, 10'425'000, 5'000, 20), pair("ETH", 4, 1, 362'000, 10'000, 14)};
  }

  AccountGrant grant() const override {
    return {.cash = {Int128{1'000'000} * power_of_ten(kMoneyDecimals)},
            .base = {Int128{10} * power_of_ten(kMoneyDecimals)},
            .maker_rate = 1'000'000,
            .taker_rate = 1'000'000};
  }

  Credentials make_credentials(const std::string& random_hex) const override {
    return {.key = random_hex.substr(0, 64), .secret = random_hex.substr(64, 64), .account = {}};
  }

  void open(ExchangeBackend& exchange, std::vector<Credentials> credentials) override {
    exchange_ = &exchange;
    doorman_.open(std::move(credentials));
    for (InstrumentIndex i = 0; i < exchange.instruments().size(); ++i)
      markets_[exchange.instruments()[i].symbol()] = i;
    slow_.resize(markets_.size());
  }

  // ---- REST

  WireResponse on_request(const WireRequest& request) override {
    const UnixNanos now = exchange_->now();
    const Endpoint* endpoint = nullptr;
    bool path_known = false;
    for (const Endpoint& e : endpoints()) {
      if (e.path.empty() || e.path != request.path) continue;
      path_known = true;
      if (e.method == request.method) endpoint = &e;
    }
    if (endpoint == nullptr) return path_known ? not_allowed() : unknown_path();
    auto parameters = parse_form(request.query);
    auto form = parse_form(request.body);
    if (!parameters || !form) return finish({400, -1101, "Too many parameters sent for this endpoint."}, now);
    // The query wins where both have one, say the documents.
    for (auto& pair : *form)
      if (std::ranges::find(*parameters, pair.first, &std::pair<std::string, std::string>::first) == parameters->end())
        parameters->push_back(std::move(pair));
    Call call{std::move(*parameters)};
    if (endpoint->security == Security::Signed)
      doorman_.check(call, request.header("X-MBX-APIKEY"), signed_text(request.query, request.body), now);
    const Outcome outcome = run(*endpoint, call, now);
    WireResponse response = outcome ? WireResponse{.body = *outcome} : finish(outcome.error(), now);
    response.headers.emplace_back("X-MBX-USED-WEIGHT", std::to_string(limits_.used(now)));
    response.headers.emplace_back("X-MBX-USED-WEIGHT-1M", std::to_string(limits_.used(now)));
    if (endpoint->is_order && call.account) {
      const auto counts = limits_.orders(*call.account, now);
      response.headers.emplace_back("X-MBX-ORDER-COUNT-10S", std::to_string(counts.per_10s));
      response.headers.emplace_back("X-MBX-ORDER-COUNT-1D", std::to_string(counts.per_day));
    }
    response.acknowledges_order = endpoint->acknowledges;
    return response;
  }

  WireResponse refusal(int status) override {
    switch (status) {
      case 429:
        return finish({429, -1003, "Too many requests queued."}, exchange_->now());
      case 418:
        return finish({418, -1003,
                       fmt::format("Way too much request weight used; IP banned until {}. Please use WebSocket Streams "
                                   "for live updates to avoid bans.",
                                   ms(exchange_->now()) + 60'000)},
                      exchange_->now());
      default:
        return finish(
            {status, -1007,
             "Timeout waiting for response from backend server. Send status unknown; execution status unknown."},
            exchange_->now());
    }
  }

  // ---- sockets

  std::optional<WireResponse> on_upgrade(const WireRequest& request) override {
    if (request.path == "/ws-api/v3" || request.path == "/ws" || request.path.starts_with("/ws/") ||
        request.path == "/stream")
      return std::nullopt;
    return unknown_path();
  }

  void on_open(SocketId id, const WireRequest& request) override {
    Socket& socket = sockets_[id];
    socket.api = request.path == "/ws-api/v3";
    socket.combined = request.path == "/stream";
    if (socket.api) return;
    std::string names;
    if (request.path.starts_with("/ws/")) names = request.path.substr(4);
    if (socket.combined)
      if (const auto form = parse_form(request.query))
        for (const auto& [name, value] : *form)
          if (name == "streams") names = value;
    for (std::size_t at = 0; at < names.size();) {
      const std::size_t end = std::min(names.find('/', at), names.size());
      const std::string stream = names.substr(at, end - at);
      if (const auto wanted = stream_of(stream); wanted && streams_.count(id) < kStreamsPerSocket)
        subscribe(id, stream, *wanted);
      at = end + 1;
    }
  }

  void on_message(SocketId id, std::string_view text) override {
    const auto found = sockets_.find(id);
    if (found == sockets_.end()) return;
    const auto call = parse_socket_call(text);
    if (found->second.api) {
      answer_api(id, found->second, call);
    } else {
      answer_streams(id, found->second, call);
    }
  }

  void on_close(SocketId id) override {
    streams_.remove(id);
    sockets_.erase(id);
  }

  // ---- what the market and the orders do

  void on_market(InstrumentIndex market, const Message& message, std::span<const Level> levels) override {
    const Instrument& instrument = exchange_->instruments()[market];
    const std::string name = lower(instrument.symbol());
    const UnixNanos event = message.event_time != kNoTime ? message.event_time : message.venue_time();
    switch (message.kind) {
      case MessageKind::Depth: {
        const auto bids = levels.first(message.bids), asks = levels.subspan(message.bids);
        tell(name + "@depth@100ms", [&] {
          return depth_update(instrument, event, message.first_update_id, message.final_update_id, bids, asks);
        });
        gather(market, message, event, bids, asks);
        for (const int depth : {5, 10, 20})
          tell(fmt::format("{}@depth{}@100ms", name, depth), [&] { return partial_depth(market, depth); });
        break;
      }
      case MessageKind::Trade:
        tell(name + "@trade", [&] { return trade_json(instrument, "trade", "t", message, event, levels[0]); });
        tell(name + "@aggTrade", [&] { return trade_json(instrument, "aggTrade", "a", message, event, levels[0]); });
        break;
      case MessageKind::Quote:
        tell(name + "@bookTicker", [&] {
          return JsonObject{}
              .number("u", message.final_update_id)
              .text("s", instrument.symbol())
              .text("b", price(instrument, levels[0].price))
              .text("B", quantity(instrument, levels[0].quantity))
              .text("a", price(instrument, levels[1].price))
              .text("A", quantity(instrument, levels[1].quantity))
              .done();
        });
        break;
      case MessageKind::Snapshot:
      case MessageKind::MarkPrice:
        break;
    }
  }

  void on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) override {
    if (never_was(order)) return;
    const std::string report = execution_report(order, event, fill);
    const std::string position = account_position(order.account, order.terms.instrument);
    for (auto& [id, socket] : sockets_) {
      for (const auto& [subscription, account] : socket.subscriptions) {
        if (account != order.account) continue;
        for (const std::string* text : {&report, &position})
          exchange_->send(id, fmt::format(R"({{"subscriptionId":{},"event":{}}})", subscription, *text));
      }
    }
  }

  void on_timer(UnixNanos now) override {
    for (InstrumentIndex market = 0; market < slow_.size(); ++market) send_gathered(market, now);
    if (now < next_klines_) return;
    next_klines_ = now - now % kKlineStream + kKlineStream;
    for (auto& [stream, last] : klines_) send_kline(stream, last, now);
  }

 private:
  struct Endpoint {
    std::string_view method, path, socket_method;
    std::int64_t weight;
    Security security;
    bool is_order;      // counted as an order
    bool acknowledges;  // answers a request about an order
    Outcome (SpotServer::*act)(Call&, UnixNanos);
  };
  static std::span<const Endpoint> endpoints();

  struct Socket {
    bool api = false;
    bool combined = false;
    std::map<std::int64_t, AccountId> subscriptions;
  };
  /// What a stream's name says.
  struct StreamName {
    InstrumentIndex market;
    std::string kind;            // after the first '@'
    DurationNanos interval = 0;  // kline
  };
  /// Depth updates of a second in one.
  struct Gathered {
    bool wanted = false;
    UnixNanos due = 0, event = 0;
    std::int64_t first = 0, last = 0;
    std::map<Price, Quantity> bids, asks;
  };

  static WireResponse unknown_path() {
    return {.status = 404, .body = "<html><body><h2>404 Not found</h2></body></html>", .content_type = "text/html"};
  }
  static WireResponse not_allowed() {
    return {.status = 405, .body = ApiError{405, -1000, "Method Not Allowed"}.json()};
  }
  WireResponse finish(const ApiError& error, UnixNanos now) const {
    WireResponse response{.status = error.status, .body = error.json()};
    if (error.status == 429 || error.status == 418)
      response.headers.emplace_back("Retry-After", std::to_string(limits_.retry_after(error.status, now)));
    return response;
  }

  /// Counts, checks and does it.
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
    const bool legal = !symbol.empty() && symbol.size() <= 20 && std::ranges::all_of(symbol, [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
    if (legal)
      call.fail(-1121, "Invalid symbol.");
    else
      call.fail(-1100, "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'.");
    return std::nullopt;
  }
  std::optional<InstrumentIndex> market_of(Call& call) { return market_named(call, call.text("symbol")); }

  static std::string price(const Instrument& instrument, Price value) {
    return eight(value.value, instrument.price_decimals);
  }
  static std::string quantity(const Instrument& instrument, Quantity value) {
    return eight(value.value, instrument.quantity_decimals);
  }

  // ---- general and market data

  Outcome ping(Call& call, UnixNanos) {
    if (const auto* error = call.check()) return std::unexpected(*error);
    return "{}";
  }
  Outcome time(Call& call, UnixNanos now) {
    if (const auto* error = call.check()) return std::unexpected(*error);
    return JsonObject{}.number("serverTime", ms(now)).done();
  }

  std::string rate_limits_json() const {
    const auto limit = [](std::string_view type, std::string_view interval, int number, std::int64_t most) {
      return JsonObject{}
          .text("rateLimitType", type)
          .text("interval", interval)
          .number("intervalNum", number)
          .number("limit", most)
          .done();
    };
    return json_array({limit("REQUEST_WEIGHT", "MINUTE", 1, kLimits.weight_per_minute),
                       limit("ORDERS", "SECOND", 10, kLimits.orders_per_10s),
                       limit("ORDERS", "DAY", 1, kLimits.orders_per_day)});
  }

  static std::string symbol_json(const Instrument& instrument) {
    const auto tick = price(instrument, instrument.base_tick());
    const auto lot = quantity(instrument, instrument.lot);
    const std::string filters = json_array({
        JsonObject{}
            .text("filterType", "PRICE_FILTER")
            .text("minPrice", tick)
            .text("maxPrice", "10000000.00000000")
            .text("tickSize", tick)
            .done(),
        JsonObject{}
            .text("filterType", "LOT_SIZE")
            .text("minQty", lot)
            .text("maxQty", "9000.00000000")
            .text("stepSize", lot)
            .done(),
        JsonObject{}.text("filterType", "ICEBERG_PARTS").number("limit", 10).done(),
        JsonObject{}
            .text("filterType", "NOTIONAL")
            .text("minNotional", fmt::format("{}.00000000", kLeastNotional))
            .flag("applyMinToMarket", true)
            .text("maxNotional", "9000000.00000000")
            .flag("applyMaxToMarket", false)
            .number("avgPriceMins", 5)
            .done(),
        JsonObject{}.text("filterType", "MAX_NUM_ORDERS").number("maxNumOrders", kOpenOrders).done(),
    });
    return JsonObject{}
        .text("symbol", instrument.symbol())
        .text("status", "TRADING")
        .text("baseAsset", instrument.base)
        .number("baseAssetPrecision", 8)
        .text("quoteAsset", instrument.quote)
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
        .flag("cancelReplaceAllowed", false)
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

  Outcome exchange_info(Call& call, UnixNanos now) {
    const auto wanted = markets_wanted(call);
    call.find("permissions");
    call.find("showPermissionSets");
    call.find("symbolStatus");
    if (const auto* error = call.check()) return std::unexpected(*error);
    std::vector<std::string> symbols;
    for (const InstrumentIndex market : wanted) symbols.push_back(symbol_json(exchange_->instruments()[market]));
    return JsonObject{}
        .text("timezone", "UTC")
        .number("serverTime", ms(now))
        .raw("rateLimits", rate_limits_json())
        .raw("exchangeFilters", "[]")
        .raw("symbols", json_array(symbols))
        .done();
  }

  /// Those of "symbol" or "symbols" (a JSON array), else all.
  std::vector<InstrumentIndex> markets_wanted(Call& call, bool* one = nullptr) {
    std::vector<InstrumentIndex> out;
    if (one != nullptr) *one = false;
    if (const auto symbol = call.find("symbol")) {
      if (one != nullptr) *one = true;
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

  Outcome depth(Call& call, UnixNanos now) {
    const auto market = market_of(call);
    const std::size_t limit = call.limit(100, 5000);
    call.find("symbolStatus");
    if (const auto* error = call.check()) return std::unexpected(*error);
    const std::int64_t more = limit <= 100 ? 0 : limit <= 500 ? 20 : limit <= 1000 ? 45 : 245;  // beyond a weight of 5
    if (const auto over = limits_.weigh(more, now)) return std::unexpected(*over);
    exchange_->book(*market, limit, view_);
    return book_json(exchange_->instruments()[*market]);
  }
  std::string book_json(const Instrument& instrument) const {
    return JsonObject{}
        .number("lastUpdateId", view_.update_id)
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
    for (std::size_t i = all.size() - std::min(limit, all.size()); i < all.size(); ++i) {
      const PublicTrade& t = all[i];
      out.push_back(JsonObject{}
                        .number("id", t.id)
                        .text("price", price(instrument, t.price))
                        .text("qty", quantity(instrument, t.quantity))
                        .text("quoteQty", money(value_of(instrument, t.price, t.quantity)))
                        .number("time", ms(t.time))
                        .flag("isBuyerMaker", t.sell_aggressor)
                        .flag("isBestMatch", true)
                        .done());
    }
    return json_array(out);
  }

  Outcome aggregate_trades(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const std::size_t limit = call.limit(500, 1000);
    const auto from_id = call.find_number("fromId"), from = call.find_number("startTime"),
               to = call.find_number("endTime");
    if (const auto* error = call.check()) return std::unexpected(*error);
    const Instrument& instrument = exchange_->instruments()[*market];
    std::vector<std::string> out;
    for (const PublicTrade& t : exchange_->trades(*market)) {
      if ((from_id && t.id < *from_id) || (from && ms(t.time) < *from) || (to && ms(t.time) > *to)) continue;
      out.push_back(JsonObject{}
                        .number("a", t.id)
                        .text("p", price(instrument, t.price))
                        .text("q", quantity(instrument, t.quantity))
                        .number("f", t.id)
                        .number("l", t.id)
                        .number("T", ms(t.time))
                        .flag("m", t.sell_aggressor)
                        .flag("M", true)
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

  Outcome klines(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const auto interval = interval_of(call.text("interval"));
    if (!interval) call.fail(-1120, "Invalid interval.");
    const auto from = call.find_number("startTime"), to = call.find_number("endTime");
    const std::size_t limit = call.limit(500, 1000);
    if (const auto* error = call.check()) return std::unexpected(*error);
    const Instrument& instrument = exchange_->instruments()[*market];
    const auto nanos = [](std::optional<std::int64_t> t) {
      return t ? std::optional{std::min<std::int64_t>(*t, INT64_MAX / kMillisecond) * kMillisecond} : std::nullopt;
    };
    std::vector<std::string> out;
    for (const Candle& c : candles(exchange_->minutes(*market), *interval, nanos(from), nanos(to), limit))
      out.push_back(fmt::format(R"([{},"{}","{}","{}","{}","{}",{},"{}",{},"{}","{}","0"])", ms(c.start),
                                price(instrument, c.sum.bar.open), price(instrument, c.sum.bar.high),
                                price(instrument, c.sum.bar.low), price(instrument, c.sum.bar.close),
                                quantity(instrument, c.sum.bar.volume), ms(c.start + *interval) - 1, money(c.sum.value),
                                c.sum.trades, quantity(instrument, c.sum.taken), money(c.sum.taken_value)));
    return json_array(out);
  }

  /// One object where one symbol was asked for, else an array.
  template <class Make>
  Outcome per_symbol(Call& call, Make make) {
    bool one = false;
    const auto wanted = markets_wanted(call, &one);
    call.find("symbolStatus");
    call.find("type");
    if (const auto* error = call.check()) return std::unexpected(*error);
    std::vector<std::string> out;
    for (const InstrumentIndex market : wanted) out.push_back(make(market, exchange_->instruments()[market]));
    return one ? out.front() : json_array(out);
  }

  Outcome ticker_price(Call& call, UnixNanos) {
    return per_symbol(call, [&](InstrumentIndex market, const Instrument& instrument) {
      return JsonObject{}
          .text("symbol", instrument.symbol())
          .text("price", price(instrument, last_price(market)))
          .done();
    });
  }
  Price last_price(InstrumentIndex market) const {
    if (const auto& all = exchange_->trades(market); !all.empty()) return all.back().price;
    const auto& minutes = exchange_->minutes(market);
    return minutes.empty() ? Price{} : minutes.back().bar.close;
  }

  Outcome book_ticker(Call& call, UnixNanos) {
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
          .done();
    });
  }

  Outcome ticker_24hr(Call& call, UnixNanos now) {
    return per_symbol(call, [&](InstrumentIndex market, const Instrument& instrument) {
      const auto day = candles(exchange_->minutes(market), kMinute, now - kDay, std::nullopt, SIZE_MAX);
      MinuteBar sum;
      if (!day.empty()) sum = day.front().sum;
      for (std::size_t i = 1; i < day.size(); ++i) {
        const MinuteBar& m = day[i].sum;
        sum.bar.high = std::max(sum.bar.high, m.bar.high);
        sum.bar.low = std::min(sum.bar.low, m.bar.low);
        sum.bar.close = m.bar.close;
        sum.bar.volume += m.bar.volume;
        sum.value += m.value;
        sum.trades += m.trades;
        if (sum.first_trade < 0) sum.first_trade = m.first_trade;
        if (m.last_trade >= 0) sum.last_trade = m.last_trade;
      }
      exchange_->book(market, 1, view_);
      const Level bid = view_.bids.empty() ? Level{} : view_.bids[0],
                  ask = view_.asks.empty() ? Level{} : view_.asks[0];
      const auto& all = exchange_->trades(market);
      const Int128 change = Int128{sum.bar.close.value} - sum.bar.open.value;
      const Int128 per_cent =
          sum.bar.open.value == 0 ? 0 : divide(change * 100'000, sum.bar.open.value, Rounding::HalfEven);
      // value / volume in 10^-8 of the quote currency
      const Int128 average =
          sum.bar.volume.value == 0
              ? 0
              : divide(sum.value.value / power_of_ten(kMoneyDecimals - 8) * power_of_ten(instrument.quantity_decimals),
                       sum.bar.volume.value, Rounding::HalfEven);
      return JsonObject{}
          .text("symbol", instrument.symbol())
          .text("priceChange", eight(change, instrument.price_decimals))
          .text("priceChangePercent", format_decimal(per_cent, 3))
          .text("weightedAvgPrice", format_decimal(average, 8))
          .text("prevClosePrice", price(instrument, sum.bar.open))
          .text("lastPrice", price(instrument, sum.bar.close))
          .text("lastQty", quantity(instrument, all.empty() ? Quantity{} : all.back().quantity))
          .text("bidPrice", price(instrument, bid.price))
          .text("bidQty", quantity(instrument, bid.quantity))
          .text("askPrice", price(instrument, ask.price))
          .text("askQty", quantity(instrument, ask.quantity))
          .text("openPrice", price(instrument, sum.bar.open))
          .text("highPrice", price(instrument, sum.bar.high))
          .text("lowPrice", price(instrument, sum.bar.low))
          .text("volume", quantity(instrument, sum.bar.volume))
          .text("quoteVolume", money(sum.value))
          .number("openTime", ms(now - kDay))
          .number("closeTime", ms(now))
          .number("firstId", sum.first_trade)
          .number("lastId", sum.last_trade)
          .number("count", sum.trades)
          .done();
    });
  }

  // ---- accounts

  Outcome account(Call& call, UnixNanos now) {
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

  Outcome my_trades(Call& call, UnixNanos) {
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
                        .text("symbol", instrument.symbol())
                        .number("id", f.id)
                        .number("orderId", static_cast<std::int64_t>(f.order))
                        .number("orderListId", -1)
                        .text("price", price(instrument, f.price))
                        .text("qty", quantity(instrument, f.quantity))
                        .text("quoteQty", money(value_of(instrument, f.price, f.quantity)))
                        .text("commission", money(f.fee))
                        .text("commissionAsset", instrument.quote)
                        .number("time", ms(f.time))
                        .flag("isBuyer", f.side == Side::Buy)
                        .flag("isMaker", f.liquidity == Liquidity::Maker)
                        .flag("isBestMatch", true)
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

  // ---- orders

  /// Refused before it was in the book: the venue has no such order.
  static bool never_was(const VenueOrder& order) {
    return order.status == OrderStatus::Rejected || order.reason == RejectReason::PostOnlyWouldTake;
  }

  static std::string_view status_of(const VenueOrder& order) {
    switch (order.status) {
      case OrderStatus::Filled:
        return "FILLED";
      case OrderStatus::Canceled:
        return "CANCELED";
      case OrderStatus::Expired:
        return "EXPIRED";
      case OrderStatus::Rejected:
        return "REJECTED";
      default:
        return order.filled.value > 0 ? "PARTIALLY_FILLED" : "NEW";
    }
  }
  static std::string_view side_of(const VenueOrder& order) { return order.terms.side == Side::Buy ? "BUY" : "SELL"; }
  static std::string_view time_in_force_of(const VenueOrder& order) {
    return order.terms.time_in_force == TimeInForce::IOC   ? "IOC"
           : order.terms.time_in_force == TimeInForce::FOK ? "FOK"
                                                           : "GTC";
  }
  static bool waits(const VenueOrder& order) {
    return order.terms.type != OrderType::Limit && order.terms.type != OrderType::Market;
  }
  /// Prices of orders without one are zero, also where matching carries the best limit.
  static std::string price_of(const Instrument& instrument, const VenueOrder& order) {
    return price(instrument, order.terms.price);
  }

  std::optional<NewOrder> read_order(Call& call, InstrumentIndex market, std::string& type, std::int64_t& quote) {
    const Instrument& instrument = exchange_->instruments()[market];
    NewOrder o{.instrument = market};
    const std::string side = call.text("side");
    if (!call.failed() && side != "BUY" && side != "SELL") call.fail(-1117, "Invalid side.");
    o.side = side == "SELL" ? Side::Sell : Side::Buy;
    type = call.text("type");
    struct Kind {
      std::string_view name;
      OrderType type;
      bool post_only, priced, stop;
    };
    constexpr Kind kKinds[] = {{"LIMIT", OrderType::Limit, false, true, false},
                               {"LIMIT_MAKER", OrderType::Limit, true, true, false},
                               {"MARKET", OrderType::Market, false, false, false},
                               {"STOP_LOSS", OrderType::Stop, false, false, true},
                               {"STOP_LOSS_LIMIT", OrderType::StopLimit, false, true, true},
                               {"TAKE_PROFIT", OrderType::TakeProfit, false, false, true},
                               {"TAKE_PROFIT_LIMIT", OrderType::TakeProfitLimit, false, true, true}};
    const auto kind = std::ranges::find(kKinds, type, &Kind::name);
    if (kind == std::end(kKinds)) {
      call.fail(-1116, "Invalid orderType.");
      return std::nullopt;
    }
    o.type = kind->type;
    o.post_only = kind->post_only;
    const auto quantity = call.find_amount("quantity");
    const auto quote_quantity = call.find_amount("quoteOrderQty");
    const auto limit = call.find_amount("price");
    const auto stop = call.find_amount("stopPrice");
    const auto iceberg = call.find_amount("icebergQty");
    const auto tif = call.find("timeInForce");
    const auto missing = [&](std::string_view name) {
      call.fail(-1102, fmt::format("Mandatory parameter '{}' was not sent, was empty/null, or malformed.", name));
    };
    const auto unwanted = [&](std::string_view name) {
      call.fail(-1106, fmt::format("Parameter '{}' sent when not required.", name));
    };
    if (type == "LIMIT" || type == "STOP_LOSS_LIMIT" || type == "TAKE_PROFIT_LIMIT") {
      if (!tif) missing("timeInForce");
    } else if (tif) {
      unwanted("timeInForce");
    }
    if (tif && *tif != "GTC" && *tif != "IOC" && *tif != "FOK") call.fail(-1115, "Invalid timeInForce.");
    o.time_in_force = tif == "IOC" ? TimeInForce::IOC : tif == "FOK" ? TimeInForce::FOK : TimeInForce::GTC;
    if (quote_quantity && (type != "MARKET" || quantity)) unwanted("quoteOrderQty");
    if (!quantity && !quote_quantity) missing("quantity");
    if (kind->priced != limit.has_value()) kind->priced ? missing("price") : unwanted("price");
    if (kind->stop != stop.has_value()) kind->stop ? missing("stopPrice") : unwanted("stopPrice");
    if (iceberg && !kind->priced) unwanted("icebergQty");
    if (call.failed()) return std::nullopt;
    if ((quantity && *quantity == 0) || (quote_quantity && *quote_quantity == 0)) call.fail(-1013, "Invalid quantity.");
    if (limit && *limit == 0) call.fail(-1013, "Invalid price.");
    if (stop && *stop == 0) call.fail(-1013, "Invalid stopPrice.");
    // From 10^-8 to the instrument's digits; what does not fit is off its steps.
    const auto fit = [&](std::optional<std::int64_t> amount, int decimals, std::string_view filter) -> std::int64_t {
      if (!amount) return 0;
      const std::int64_t step = power_of_ten(8 - std::min(decimals, 8));
      if (*amount % step != 0) call.fail(-1013, fmt::format("Filter failure: {}", filter));
      return *amount / step;
    };
    o.price = {fit(limit, instrument.price_decimals, "PRICE_FILTER")};
    o.trigger_price = {fit(stop, instrument.price_decimals, "PRICE_FILTER")};
    o.quantity = {fit(quantity, instrument.quantity_decimals, "LOT_SIZE")};
    o.display = {fit(iceberg, instrument.quantity_decimals, "ICEBERG_PARTS")};
    quote = quote_quantity.value_or(0);
    return o;
  }

  void check_filters(Call& call, const NewOrder& o) {
    const Instrument& instrument = exchange_->instruments()[o.instrument];
    const std::int64_t most_price = 10'000'000 * power_of_ten(instrument.price_decimals);
    for (const Price p : {o.price, o.trigger_price})
      if (p.value != 0 && (!instrument.on_ladder(p) || p.value > most_price))
        call.fail(-1013, "Filter failure: PRICE_FILTER");
    if (o.quantity.value < instrument.lot.value || o.quantity.value % instrument.lot.value != 0 ||
        o.quantity.value > 9000 * power_of_ten(instrument.quantity_decimals))
      call.fail(-1013, "Filter failure: LOT_SIZE");
    if (o.display.value != 0 &&
        (o.display.value % instrument.lot.value != 0 || o.quantity.value > 10 * o.display.value))
      call.fail(-1013, "Filter failure: ICEBERG_PARTS");
    const Price at = o.price.value != 0           ? o.price
                     : o.trigger_price.value != 0 ? o.trigger_price
                                                  : last_price(o.instrument);
    if (value_of(instrument, at, o.quantity).value < Int128{kLeastNotional} * power_of_ten(kMoneyDecimals))
      call.fail(-1013, "Filter failure: NOTIONAL");
    const auto open = exchange_->open_orders(*call.account);
    const auto here =
        std::ranges::count_if(open, [&](const VenueOrder* v) { return v->terms.instrument == o.instrument; });
    if (here >= static_cast<std::ptrdiff_t>(kOpenOrders)) call.fail(-1013, "Filter failure: MAX_NUM_ORDERS");
  }

  /// The most lots that the amount of quote currency (10^-8) buys or sells for in the book as it stands.
  Quantity quantity_for(InstrumentIndex market, Side side, std::int64_t quote) {
    const Instrument& instrument = exchange_->instruments()[market];
    exchange_->book(market, 1000, view_);
    Int128 left = Int128{quote} * power_of_ten(kMoneyDecimals - 8);
    std::int64_t lots = 0;
    for (const Level& level : side == Side::Buy ? view_.asks : view_.bids) {
      const Int128 of_lot = value_of(instrument, level.price, instrument.lot).value;
      const std::int64_t here =
          static_cast<std::int64_t>(std::min<Int128>(left / of_lot, level.quantity.value / instrument.lot.value));
      lots += here;
      left -= of_lot * here;
      if (here < level.quantity.value / instrument.lot.value) break;
    }
    return {lots * instrument.lot.value};
  }

  std::string make_client_id() {
    constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string id;
    for (int i = 0; i < 22; ++i) id += kLetters[exchange_->random() % kLetters.size()];
    return id;
  }
  std::string client_id(Call& call, std::string_view name) {
    const auto id = call.find(name);
    const bool legal =
        !id || (id->size() <= 36 && std::ranges::all_of(*id, [](unsigned char c) {
                  return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == ':' || c == '/';
                }));
    if (!legal)
      call.fail(
          -1100,
          fmt::format("Illegal characters found in parameter '{}'; legal range is '^[a-zA-Z0-9-_]{{1,36}}$'.", name));
    return id && legal ? *id : make_client_id();
  }

  Outcome place(Call& call, UnixNanos now) { return place(call, now, true); }
  Outcome test_order(Call& call, UnixNanos now) {
    call.find("computeCommissionRates");
    return place(call, now, false);
  }

  Outcome place(Call& call, UnixNanos, bool really) {
    const auto market = market_of(call);
    if (!market) return std::unexpected(*call.check());
    std::string type;
    std::int64_t quote = 0;
    auto terms = read_order(call, *market, type, quote);
    const std::string id = client_id(call, "newClientOrderId");
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
      if (const VenueOrder* same = exchange_->order_named(*call.account, id); same != nullptr && same->open())
        call.fail(-2010, "Duplicate order sent.");
      if (waits_already(*terms)) call.fail(-2010, "Stop price would trigger immediately.");
    }
    if (const auto* error = call.check()) return std::unexpected(*error);
    if (!really) return "{}";
    const VenueOrder& order = exchange_->place(*call.account, *terms, id, type);
    if (order.status == OrderStatus::Rejected || order.reason == RejectReason::PostOnlyWouldTake)
      return refuse(-2010, std::string{why(order.reason)});
    return placed_json(order, response, quote);
  }

  static std::string_view why(RejectReason reason) {
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

  bool waits_already(const NewOrder& o) const {
    const Price last = last_price(o.instrument);
    if (last.value == 0) return false;
    const bool buy = o.side == Side::Buy;
    if (o.type == OrderType::Stop || o.type == OrderType::StopLimit)
      return buy ? last >= o.trigger_price : last <= o.trigger_price;
    if (o.type == OrderType::TakeProfit || o.type == OrderType::TakeProfitLimit)
      return buy ? last <= o.trigger_price : last >= o.trigger_price;
    return false;
  }

  std::string placed_json(const VenueOrder& order, std::string_view response, std::int64_t quote) {
    const Instrument& instrument = exchange_->instruments()[order.terms.instrument];
    JsonObject out;
    out.text("symbol", instrument.symbol())
        .number("orderId", static_cast<std::int64_t>(order.terms.id))
        .number("orderListId", -1)
        .text("clientOrderId", order.client_id)
        .number("transactTime", ms(order.created));
    if (response == "ACK") return out.done();
    out.text("price", price_of(instrument, order))
        .text("origQty", quantity(instrument, order.terms.quantity))
        .text("executedQty", quantity(instrument, order.filled))
        .text("origQuoteOrderQty", format_decimal(Int128{quote}, 8))
        .text("cummulativeQuoteQty", money(order.value))
        .text("status", status_of(order))
        .text("timeInForce", time_in_force_of(order))
        .text("type", order.venue_type)
        .text("side", side_of(order));
    if (waits(order)) out.text("stopPrice", price(instrument, order.terms.trigger_price));
    if (order.terms.display.value != 0) out.text("icebergQty", quantity(instrument, order.terms.display));
    if (!waits(order) || order.triggered) out.number("workingTime", ms(order.created));
    out.text("selfTradePreventionMode", "NONE");
    if (response == "RESULT") return out.done();
    std::vector<std::string> fills;
    const auto& all = exchange_->fills();
    for (auto it = all.rbegin(); it != all.rend() && it->order == order.terms.id; ++it)
      fills.push_back(JsonObject{}
                          .text("price", price(instrument, it->price))
                          .text("qty", quantity(instrument, it->quantity))
                          .text("commission", money(it->fee))
                          .text("commissionAsset", instrument.quote)
                          .number("tradeId", it->id)
                          .done());
    std::ranges::reverse(fills);
    return out.raw("fills", json_array(fills)).done();
  }

  /// By number or by name; null: noted.
  const VenueOrder* order_of(Call& call, InstrumentIndex market, int code, std::string_view message) {
    const auto id = call.find_number("orderId");
    const auto name = call.find("origClientOrderId");
    if (!id && !name) {
      call.fail(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
      return nullptr;
    }
    const VenueOrder* order =
        id ? exchange_->order(static_cast<std::uint64_t>(*id)) : exchange_->order_named(*call.account, *name);
    if (order != nullptr && (order->account != *call.account || order->terms.instrument != market || never_was(*order)))
      order = nullptr;
    if (order != nullptr && id && name && order->client_id != *name) order = nullptr;
    if (order == nullptr) call.fail(code, std::string{message});
    return order;
  }

  Outcome query(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const VenueOrder* order = market ? order_of(call, *market, -2013, "Order does not exist.") : nullptr;
    if (const auto* error = call.check()) return std::unexpected(*error);
    STOM_ASSERT(order != nullptr);  // order_of failed the call otherwise
    return order_json(*order);
  }

  std::string order_json(const VenueOrder& order) const {
    const Instrument& instrument = exchange_->instruments()[order.terms.instrument];
    JsonObject out;
    out.text("symbol", instrument.symbol())
        .number("orderId", static_cast<std::int64_t>(order.terms.id))
        .number("orderListId", -1)
        .text("clientOrderId", order.client_id)
        .text("price", price_of(instrument, order))
        .text("origQty", quantity(instrument, order.terms.quantity))
        .text("executedQty", quantity(instrument, order.filled))
        .text("cummulativeQuoteQty", money(order.value))
        .text("status", status_of(order))
        .text("timeInForce", time_in_force_of(order))
        .text("type", order.venue_type)
        .text("side", side_of(order))
        .text("stopPrice", price(instrument, order.terms.trigger_price))
        .text("icebergQty", quantity(instrument, order.terms.display))
        .number("time", ms(order.created))
        .number("updateTime", ms(order.updated))
        .flag("isWorking", !waits(order) || order.triggered)
        .number("workingTime", waits(order) && !order.triggered ? -1 : ms(order.created))
        .text("origQuoteOrderQty", "0.00000000")
        .text("selfTradePreventionMode", "NONE");
    return out.done();
  }

  Outcome open_orders(Call& call, UnixNanos now) {
    std::optional<InstrumentIndex> market;
    if (const auto symbol = call.find("symbol")) market = market_named(call, *symbol);
    if (const auto* error = call.check()) return std::unexpected(*error);
    if (!market)
      if (const auto over = limits_.weigh(74, now)) return std::unexpected(*over);  // 80 without a symbol, 6 with one
    std::vector<std::string> out;
    for (const VenueOrder* order : exchange_->open_orders(*call.account))
      if (!market || order->terms.instrument == *market) out.push_back(order_json(*order));
    return json_array(out);
  }

  Outcome all_orders(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const auto from_id = call.find_number("orderId"), from = call.find_number("startTime"),
               to = call.find_number("endTime");
    const std::size_t limit = call.limit(500, 1000);
    if (const auto* error = call.check()) return std::unexpected(*error);
    std::vector<std::string> out;
    for (const VenueOrder* order : exchange_->orders(*call.account)) {
      if (order->terms.instrument != *market || never_was(*order)) continue;
      if (from_id && order->terms.id < static_cast<std::uint64_t>(*from_id)) continue;
      if ((from && ms(order->created) < *from) || (to && ms(order->created) > *to)) continue;
      out.push_back(order_json(*order));
    }
    if (out.size() > limit) {
      if (from_id || from)
        out.resize(limit);
      else
        out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(limit));
    }
    return json_array(out);
  }

  std::string canceled_json(const VenueOrder& order, std::string_view canceled_by) const {
    const Instrument& instrument = exchange_->instruments()[order.terms.instrument];
    JsonObject out;
    out.text("symbol", instrument.symbol())
        .text("origClientOrderId", order.client_id)
        .number("orderId", static_cast<std::int64_t>(order.terms.id))
        .number("orderListId", -1)
        .text("clientOrderId", canceled_by)
        .number("transactTime", ms(order.updated))
        .text("price", price_of(instrument, order))
        .text("origQty", quantity(instrument, order.terms.quantity))
        .text("executedQty", quantity(instrument, order.filled))
        .text("origQuoteOrderQty", "0.00000000")
        .text("cummulativeQuoteQty", money(order.value))
        .text("status", status_of(order))
        .text("timeInForce", time_in_force_of(order))
        .text("type", order.venue_type)
        .text("side", side_of(order));
    if (waits(order)) out.text("stopPrice", price(instrument, order.terms.trigger_price));
    out.text("selfTradePreventionMode", "NONE");
    return out.done();
  }

  Outcome cancel(Call& call, UnixNanos) {
    const auto market = market_of(call);
    const VenueOrder* order = market ? order_of(call, *market, -2011, "Unknown order sent.") : nullptr;
    canceling_as_ = client_id(call, "newClientOrderId");
    call.find("cancelRestrictions");
    if (const auto* error = call.check()) return std::unexpected(*error);
    if (!exchange_->cancel(order->terms.id)) return refuse(-2011, "Unknown order sent.");
    return canceled_json(*order, canceling_as_);
  }

  Outcome cancel_all(Call& call, UnixNanos) {
    const auto market = market_of(call);
    if (const auto* error = call.check()) return std::unexpected(*error);
    std::vector<std::string> out;
    for (const VenueOrder* order : exchange_->open_orders(*call.account)) {
      if (order->terms.instrument != *market) continue;
      canceling_as_ = make_client_id();
      if (exchange_->cancel(order->terms.id)) out.push_back(canceled_json(*order, canceling_as_));
    }
    if (out.empty()) return refuse(-2011, "Unknown order sent.");
    return json_array(out);
  }

  // ---- user events

  std::string execution_report(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) {
    const Instrument& instrument = exchange_->instruments()[order.terms.instrument];
    const bool canceled = event.kind == OrderEventKind::Canceled;
    const std::string_view what = fill != nullptr                         ? "TRADE"
                                  : canceled                              ? "CANCELED"
                                  : event.kind == OrderEventKind::Expired ? "EXPIRED"
                                                                          : "NEW";
    JsonObject out;
    out.text("e", "executionReport")
        .number("E", ms(exchange_->now()))
        .text("s", instrument.symbol())
        .text("c", canceled && !canceling_as_.empty() ? canceling_as_ : order.client_id)
        .text("S", side_of(order))
        .text("o", order.venue_type)
        .text("f", time_in_force_of(order))
        .text("q", quantity(instrument, order.terms.quantity))
        .text("p", price_of(instrument, order))
        .text("P", price(instrument, order.terms.trigger_price))
        .text("F", quantity(instrument, order.terms.display))
        .number("g", -1)
        .text("C", canceled ? order.client_id : "")
        .text("x", what)
        .text("X", status_of(order))
        .text("r", "NONE")
        .number("i", static_cast<std::int64_t>(order.terms.id))
        .text("l", quantity(instrument, fill != nullptr ? fill->quantity : Quantity{}))
        .text("z", quantity(instrument, order.filled))
        .text("L", price(instrument, fill != nullptr ? fill->price : Price{}))
        .text("n", fill != nullptr ? money(fill->fee) : "0");
    if (fill != nullptr)
      out.text("N", instrument.quote);
    else
      out.raw("N", "null");
    out.number("T", ms(order.updated))
        .number("t", fill != nullptr ? fill->id : -1)
        .number("I", ++last_execution_)
        .flag("w", order.open() && (!waits(order) || order.triggered))
        .flag("m", fill != nullptr && fill->liquidity == Liquidity::Maker)
        .flag("M", false)
        .number("O", ms(order.created))
        .text("Z", money(order.value))
        .text("Y", fill != nullptr ? money(value_of(instrument, fill->price, fill->quantity)) : "0.00000000")
        .text("Q", "0.00000000");
    if (!waits(order) || order.triggered) out.number("W", ms(order.created));
    return out.text("V", "NONE").done();
  }

  std::string account_position(AccountId account, InstrumentIndex market) const {
    const Instrument& instrument = exchange_->instruments()[market];
    std::vector<std::string> balances;
    for (const AssetBalance& b : exchange_->balances(account))
      if (b.asset == instrument.base || b.asset == instrument.quote)
        balances.push_back(JsonObject{}.text("a", b.asset).text("f", money(b.free)).text("l", money(b.locked)).done());
    return JsonObject{}
        .text("e", "outboundAccountPosition")
        .number("E", ms(exchange_->now()))
        .number("u", ms(exchange_->now()))
        .raw("B", json_array(balances))
        .done();
  }

  // ---- the WebSocket API

  void answer_api(SocketId id, Socket& socket, const std::optional<SocketCall>& request) {
    const UnixNanos now = exchange_->now();
    const auto say = [&](std::string_view request_id, const Outcome& outcome, bool acknowledges) {
      JsonObject out;
      out.raw("id", request_id).number("status", outcome ? 200 : outcome.error().status);
      if (outcome) {
        out.raw("result", *outcome);
      } else {
        out.raw("error", outcome.error().json());
      }
      const std::string used = JsonObject{}
                                   .text("rateLimitType", "REQUEST_WEIGHT")
                                   .text("interval", "MINUTE")
                                   .number("intervalNum", 1)
                                   .number("limit", kLimits.weight_per_minute)
                                   .number("count", limits_.used(now))
                                   .done();
      exchange_->send(id, out.raw("rateLimits", json_array({used})).done(), acknowledges);
    };
    if (!request || request->method.empty() || !request->list.empty())
      return say("null", refuse(-1135, "Invalid JSON Request"), false);
    Call call{request->parameters};
    if (request->method == "userDataStream.subscribe.signature") {
      doorman_.check(call, call.text("apiKey"), signed_text(request->parameters), now);
      if (const auto* error = call.check()) return say(request->id, std::unexpected(*error), false);
      const std::int64_t subscription = static_cast<std::int64_t>(next_subscription_++);
      socket.subscriptions[subscription] = *call.account;
      return say(request->id, JsonObject{}.number("subscriptionId", subscription).done(), false);
    }
    if (request->method == "userDataStream.unsubscribe") {
      const auto which = call.find_number("subscriptionId");
      if (const auto* error = call.check()) return say(request->id, std::unexpected(*error), false);
      if (which)
        socket.subscriptions.erase(*which);
      else
        socket.subscriptions.clear();
      return say(request->id, "{}", false);
    }
    const auto endpoint = std::ranges::find(endpoints(), request->method, &Endpoint::socket_method);
    if (endpoint == endpoints().end()) return say(request->id, refuse(-1000, "Unknown method."), false);
    if (endpoint->security == Security::Signed)
      doorman_.check(call, call.text("apiKey"), signed_text(request->parameters), now);
    say(request->id, run(*endpoint, call, now), endpoint->acknowledges);
  }

  // ---- streams

  std::optional<StreamName> stream_of(const std::string& stream) const {
    const std::size_t at = std::min(stream.find('@'), stream.size());
    const std::string symbol = stream.substr(0, at);
    const auto market = markets_.find(upper(symbol));
    if (at == stream.size() || market == markets_.end() || lower(symbol) != symbol) return std::nullopt;
    StreamName name{market->second, stream.substr(at + 1)};
    constexpr std::string_view kKinds[] = {"trade",        "aggTrade",      "bookTicker",   "depth",
                                           "depth@100ms",  "depth5",        "depth10",      "depth20",
                                           "depth5@100ms", "depth10@100ms", "depth20@100ms"};
    if (std::ranges::find(kKinds, name.kind) != std::end(kKinds)) return name;
    if (!name.kind.starts_with("kline_")) return std::nullopt;
    const auto interval = interval_of(std::string_view{name.kind}.substr(6));
    if (!interval) return std::nullopt;
    name.interval = *interval;
    return name;
  }

  void subscribe(SocketId id, const std::string& stream, const StreamName& name) {
    streams_.add(id, stream);
    if (name.kind == "depth") slow_[name.market].wanted = true;
    if (name.interval != 0) klines_.try_emplace(stream, kNoTime);
  }

  void answer_streams(SocketId id, Socket& socket, const std::optional<SocketCall>& call) {
    const auto say_error = [&](std::string_view request_id, int code, std::string_view message) {
      JsonObject error;
      error.number("code", code).text("msg", message);
      exchange_->send(id, JsonObject{}.raw("error", error.done()).raw("id", request_id).done());
    };
    if (!call) return say_error("null", 3, "Invalid JSON: expected value at line 1 column 1");
    const auto done = [&](std::string_view result) {
      exchange_->send(id, JsonObject{}.raw("result", result).raw("id", call->id).done());
    };
    if (call->method == "SUBSCRIBE" || call->method == "UNSUBSCRIBE") {
      for (const std::string& stream : call->list)
        if (!stream_of(stream)) return say_error(call->id, 2, "Invalid request: invalid stream name");
      for (const std::string& stream : call->list) {
        if (call->method == "UNSUBSCRIBE") {
          streams_.remove(id, stream);
        } else if (streams_.count(id) < kStreamsPerSocket) {
          subscribe(id, stream, *stream_of(stream));
        }
      }
      return done("null");
    }
    if (call->method == "LIST_SUBSCRIPTIONS") {
      std::vector<std::string> names;
      for (const std::string& stream : streams_.of(id)) names.push_back(json_text(stream));
      return done(json_array(names));
    }
    if (call->method == "SET_PROPERTY" && call->list.size() == 2 && call->list[0] == "combined") {
      socket.combined = call->list[1] == "true";
      return done("null");
    }
    if (call->method == "GET_PROPERTY" && call->list.size() == 1 && call->list[0] == "combined")
      return done(socket.combined ? "true" : "false");
    say_error(call->id, 2, "Invalid request: unknown variant `" + call->method.substr(0, 40) + "`");
  }

  template <class Make>
  void tell(const std::string& stream, Make make) {
    const auto* listeners = streams_.listeners(stream);
    if (listeners == nullptr) return;
    const std::string text = make();
    for (const SocketId id : *listeners)
      exchange_->send(id, sockets_[id].combined ? fmt::format(R"({{"stream":"{}","data":{}}})", stream, text) : text);
  }

  static std::string depth_update(const Instrument& instrument, UnixNanos event, std::int64_t first, std::int64_t last,
                                  std::span<const Level> bids, std::span<const Level> asks) {
    return fmt::format(R"({{"e":"depthUpdate","E":{},"s":"{}","U":{},"u":{},"b":{},"a":{}}})", ms(event),
                       instrument.symbol(), first, last, levels_json(instrument, bids), levels_json(instrument, asks));
  }

  std::string partial_depth(InstrumentIndex market, int levels) {
    exchange_->book(market, static_cast<std::size_t>(levels), view_);
    return book_json(exchange_->instruments()[market]);
  }

  static std::string trade_json(const Instrument& instrument, std::string_view type, std::string_view id_name,
                                const Message& message, UnixNanos event, const Level& level) {
    JsonObject out;
    out.text("e", type)
        .number("E", ms(event))
        .text("s", instrument.symbol())
        .number(id_name, message.first_update_id)
        .text("p", price(instrument, level.price))
        .text("q", quantity(instrument, level.quantity));
    if (type == "aggTrade") out.number("f", message.first_update_id).number("l", message.first_update_id);
    out.number("T", ms(message.venue_time())).flag("m", (message.flags & kSellAggressor) != 0).flag("M", true);
    return out.done();
  }

  void gather(InstrumentIndex market, const Message& message, UnixNanos event, std::span<const Level> bids,
              std::span<const Level> asks) {
    Gathered& g = slow_[market];
    if (!g.wanted) return;
    if (g.first == 0) g.first = message.first_update_id;
    g.last = message.final_update_id;
    g.event = event;
    for (const Level& level : bids) g.bids[level.price] = level.quantity;
    for (const Level& level : asks) g.asks[level.price] = level.quantity;
  }

  void send_gathered(InstrumentIndex market, UnixNanos now) {
    Gathered& g = slow_[market];
    if (!g.wanted || now < g.due) return;
    g.due = now - now % kSlowStream + kSlowStream;
    const Instrument& instrument = exchange_->instruments()[market];
    const std::string name = lower(instrument.symbol());
    for (const int depth : {5, 10, 20})
      tell(fmt::format("{}@depth{}", name, depth), [&] { return partial_depth(market, depth); });
    if (g.first == 0) return;
    std::vector<Level> bids, asks;
    for (const auto& [p, q] : g.bids) bids.push_back({p, q});
    for (const auto& [p, q] : g.asks) asks.push_back({p, q});
    tell(name + "@depth", [&] { return depth_update(instrument, g.event, g.first, g.last, bids, asks); });
    g = {.wanted = streams_.listeners(name + "@depth") != nullptr, .due = g.due};
  }

  void send_kline(const std::string& stream, UnixNanos& last, UnixNanos now) {
    const auto name = stream_of(stream);
    if (!name || streams_.listeners(stream) == nullptr) return;
    const auto made = candles(exchange_->minutes(name->market), name->interval, std::nullopt, std::nullopt, 2);
    for (const Candle& candle : made) {
      if (candle.start < last || (last == kNoTime && candle.start != made.back().start)) continue;
      const bool closed = candle.start != made.back().start;
      tell(stream, [&] { return kline_json(*name, candle, closed, now); });
    }
    if (!made.empty()) last = made.back().start;
  }

  std::string kline_json(const StreamName& name, const Candle& candle, bool closed, UnixNanos now) const {
    const Instrument& instrument = exchange_->instruments()[name.market];
    const MinuteBar& sum = candle.sum;
    JsonObject k;
    k.number("t", ms(candle.start))
        .number("T", ms(candle.start + name.interval) - 1)
        .text("s", instrument.symbol())
        .text("i", name.kind.substr(6))
        .number("f", sum.first_trade)
        .number("L", sum.last_trade)
        .text("o", price(instrument, sum.bar.open))
        .text("c", price(instrument, sum.bar.close))
        .text("h", price(instrument, sum.bar.high))
        .text("l", price(instrument, sum.bar.low))
        .text("v", quantity(instrument, sum.bar.volume))
        .number("n", sum.trades)
        .flag("x", closed)
        .text("q", money(sum.value))
        .text("V", quantity(instrument, sum.taken))
        .text("Q", money(sum.taken_value))
        .text("B", "0");
    return JsonObject{}
        .text("e", "kline")
        .number("E", ms(now))
        .text("s", instrument.symbol())
        .raw("k", k.done())
        .done();
  }

  ExchangeBackend* exchange_ = nullptr;
  Doorman doorman_;
  RateLimits limits_{kLimits};
  Streams streams_;
  std::map<std::string, InstrumentIndex, std::less<>> markets_;
  std::unordered_map<SocketId, Socket> sockets_;
  std::vector<Gathered> slow_;               // by market
  std::map<std::string, UnixNanos> klines_;  // by stream: start of the candle that was told last
  UnixNanos next_klines_ = 0;
  std::uint64_t next_subscription_ = 0;
  std::int64_t last_execution_ = 0;
  std::string canceling_as_;  // the name under which the cancel in hand was sent
  BookView view_;
};

std::span<const SpotServer::Endpoint> SpotServer::endpoints() {
  static constexpr Endpoint kEndpoints[] = {
      {"GET", "/api/v3/ping", "ping", 1, Security::None, false, false, &SpotServer::ping},
      {"GET", "/api/v3/time", "time", 1, Security::None, false, false, &SpotServer::time},
      {"GET", "/api/v3/exchangeInfo", "exchangeInfo", 20, Security::None, false, false, &SpotServer::exchange_info},
      {"GET", "/api/v3/depth", "depth", 5, Security::None, false, false, &SpotServer::depth},
      {"GET", "/api/v3/trades", "trades.recent", 25, Security::None, false, false, &SpotServer::trades},
      {"GET", "/api/v3/aggTrades", "trades.aggregate", 4, Security::None, false, false, &SpotServer::aggregate_trades},
      {"GET", "/api/v3/klines", "klines", 2, Security::None, false, false, &SpotServer::klines},
      {"GET", "/api/v3/ticker/price", "ticker.price", 2, Security::None, false, false, &SpotServer::ticker_price},
      {"GET", "/api/v3/ticker/bookTicker", "ticker.book", 2, Security::None, false, false, &SpotServer::book_ticker},
      {"GET", "/api/v3/ticker/24hr", "ticker.24hr", 2, Security::None, false, false, &SpotServer::ticker_24hr},
      {"GET", "/api/v3/account", "account.status", 20, Security::Signed, false, false, &SpotServer::account},
      {"GET", "/api/v3/myTrades", "myTrades", 20, Security::Signed, false, false, &SpotServer::my_trades},
      {"POST", "/api/v3/order", "order.place", 1, Security::Signed, true, true, &SpotServer::place},
      {"POST", "/api/v3/order/test", "order.test", 1, Security::Signed, false, false, &SpotServer::test_order},
      {"GET", "/api/v3/order", "order.status", 4, Security::Signed, false, false, &SpotServer::query},
      {"DELETE", "/api/v3/order", "order.cancel", 1, Security::Signed, false, true, &SpotServer::cancel},
      {"GET", "/api/v3/openOrders", "openOrders.status", 6, Security::Signed, false, false, &SpotServer::open_orders},
      {"DELETE", "/api/v3/openOrders", "openOrders.cancelAll", 1, Security::Signed, false, true,
       &SpotServer::cancel_all},
      {"GET", "/api/v3/allOrders", "allOrders", 20, Security::Signed, false, false, &SpotServer::all_orders},
  };
  return kEndpoints;
}

}  // namespace

std::unique_ptr<VenueServer> spot_server() { return std::make_unique<SpotServer>(); }

}  // namespace stom::venues::binance
