#include "venues/binance/market_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/assert.hpp"
#include "venues/server_keys.hpp"

namespace stom::venues::binance::server {
namespace {

constexpr AccountId kWithdraws = 1;  // the second one's key may withdraw, for who tests that it is refused

/// The venue has it at spot's address alone. Here each market has keys of its own, and answers for them.
constexpr std::string_view kKeyRights = "/sapi/v1/account/apiRestrictions";
Outcome key_rights(Call& call, bool spot) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return JsonObject{}
      .flag("ipRestrict", false)
      .number("createTime", 1'698'645'219'000)
      .flag("enableReading", true)
      .flag("enableWithdrawals", *call.account == kWithdraws)
      .flag("enableInternalTransfer", false)
      .flag("enableMargin", false)
      .flag("enableFutures", !spot)
      .flag("permitsUniversalTransfer", false)
      .flag("enableVanillaOptions", false)
      .flag("enableFixApiTrade", false)
      .flag("enableFixReadOnly", false)
      .flag("enableSpotAndMarginTrading", spot)
      .flag("enablePortfolioMarginTrading", false)
      .done();
}

}  // namespace

Credentials MarketServer::make_credentials(const std::string& random_hex) const {
  return {.key = random_hex.substr(0, 64),
          .secret = random_hex.substr(64, 64),
          .account = {},
          .ed25519_key = random_hex.substr(128, 64),
          .ed25519_secret = ed25519_private_pem(random_hex.substr(192, 64))};
}

void MarketServer::open(ExchangeBackend& exchange, std::vector<Credentials> credentials) {
  exchange_ = &exchange;
  doorman_.open(std::move(credentials));
  for (InstrumentIndex i = 0; i < exchange.instruments().size(); ++i) markets_[exchange.instruments()[i].symbol()] = i;
}

// ---- requests ---------------------------------------------------------------------------------------------------

WireResponse MarketServer::on_request(const WireRequest& request) {
  const UnixNanos now = exchange_->now();
  const Endpoint* endpoint = nullptr;
  bool path_known = false;
  const std::string_view whole = request.path;
  const std::string_view below = whole.starts_with(terms_.api) ? whole.substr(terms_.api.size()) : std::string_view{};
  for (const Endpoint& e : endpoints()) {
    if (e.path.empty() || e.path != (e.path.starts_with("/sapi/") ? whole : below)) continue;
    path_known = true;
    if (e.method == request.method) endpoint = &e;
  }
  static constexpr Endpoint kRights{"GET", kKeyRights, "", 0, Security::Signed, false, false, nullptr};
  if (request.path == kKeyRights) {
    path_known = true;
    if (request.method == kRights.method) endpoint = &kRights;
  }
  if (endpoint == nullptr && path_known)
    return {.status = 405, .body = ApiError{405, -1000, "Method Not Allowed"}.json()};
  if (endpoint == nullptr) return has_ended(request.path) ? gone() : unknown_path();
  auto parameters = parse_form(request.query);
  auto form = parse_form(request.body);
  if (!parameters || !form) return refused({400, -1101, "Too many parameters sent for this endpoint."}, now);
  // The query wins where both have one, say the documents.
  for (auto& pair : *form)
    if (std::ranges::find(*parameters, pair.first, &std::pair<std::string, std::string>::first) == parameters->end())
      parameters->push_back(std::move(pair));
  Call call{std::move(*parameters)};
  const std::string_view key = request.header("X-MBX-APIKEY");
  if (endpoint->security == Security::Signed) doorman_.check(call, key, signed_text(request.query, request.body), now);
  if (endpoint->security == Security::Key) doorman_.check_key(call, key);
  const Outcome outcome = endpoint == &kRights ? key_rights(call, terms_.api == "/api") : run(*endpoint, call, now);
  WireResponse response = outcome ? WireResponse{.body = *outcome} : refused(outcome.error(), now);
  const auto count = [&](std::string_view name, std::int64_t used) {
    response.headers.emplace_back(name, std::to_string(used));
  };
  if (terms_.plain_weight_header) count("X-MBX-USED-WEIGHT", limits_.used(now));
  count("X-MBX-USED-WEIGHT-1M", limits_.used(now));
  if (endpoint->is_order && call.account) {
    const auto counts = limits_.orders(*call.account, now);
    count("X-MBX-ORDER-COUNT-10S", counts.per_10s);
    if (terms_.limits.orders_per_minute > 0) count("X-MBX-ORDER-COUNT-1M", counts.per_minute);
    if (terms_.limits.orders_per_day > 0) count("X-MBX-ORDER-COUNT-1D", counts.per_day);
  }
  response.acknowledges_order = endpoint->acknowledges;
  return response;
}

WireResponse MarketServer::refusal(int status) {
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

Outcome MarketServer::run(const Endpoint& endpoint, Call& call, UnixNanos now) {
  if (const auto over = limits_.weigh(endpoint.weight, now)) return std::unexpected(*over);
  if (call.failed()) return std::unexpected(*call.check());
  if (endpoint.is_order)
    if (const auto over = limits_.count_order(*call.account, now)) return std::unexpected(*over);
  return (this->*endpoint.act)(call, now);
}

WireResponse MarketServer::unknown_path() {
  return {.status = 404, .body = "<html><body><h2>404 Not found</h2></body></html>", .content_type = "text/html"};
}

WireResponse MarketServer::gone() {
  return {.status = 410,
          .body =
              "<html>\r\n<head><title>410 Gone</title></head>\r\n<body>\r\n<center><h1>410 Gone</h1></center>\r\n"
              "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
          .content_type = "text/html"};
}

WireResponse MarketServer::refused(const ApiError& error, UnixNanos now) const {
  WireResponse response{.status = error.status, .body = error.json()};
  if (error.status == 429 || error.status == 418)
    response.headers.emplace_back("Retry-After", std::to_string(limits_.retry_after(error.status, now)));
  return response;
}

std::string MarketServer::rate_limits_json() const {
  std::vector<std::string> out;
  const auto limit = [&](std::string_view type, std::string_view interval, int number, std::int64_t most) {
    if (most == 0) return;
    out.push_back(JsonObject{}
                      .text("rateLimitType", type)
                      .text("interval", interval)
                      .number("intervalNum", number)
                      .number("limit", most)
                      .done());
  };
  limit("REQUEST_WEIGHT", "MINUTE", 1, terms_.limits.weight_per_minute);
  limit("ORDERS", "SECOND", 10, terms_.limits.orders_per_10s);
  limit("ORDERS", "MINUTE", 1, terms_.limits.orders_per_minute);
  limit("ORDERS", "DAY", 1, terms_.limits.orders_per_day);
  return json_array(out);
}

std::optional<InstrumentIndex> MarketServer::market_named(Call& call, const std::string& symbol) const {
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

std::optional<InstrumentIndex> MarketServer::market_if_any(Call& call) const {
  const auto symbol = call.find("symbol");
  return symbol ? market_named(call, *symbol) : std::nullopt;
}

// ---- digits -----------------------------------------------------------------------------------------------------

std::string MarketServer::price(const Instrument& of, Price value) const {
  return terms_.eight_decimals ? eight(value.value, of.price_decimals) : format_decimal(value.value, of.price_decimals);
}
std::string MarketServer::quantity(const Instrument& of, Quantity value) const {
  return terms_.eight_decimals ? eight(value.value, of.quantity_decimals)
                               : format_decimal(value.value, of.quantity_decimals);
}
std::string MarketServer::levels_json(const Instrument& of, std::span<const Level> levels) const {
  std::string out = "[";
  for (const Level& level : levels)
    out += fmt::format(R"({}["{}","{}"])", out.size() > 1 ? "," : "", price(of, level.price),
                       quantity(of, level.quantity));
  return out + "]";
}

// ---- what the market did ----------------------------------------------------------------------------------------

Outcome MarketServer::ping(Call& call, UnixNanos) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return "{}";
}

Outcome MarketServer::time(Call& call, UnixNanos now) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return JsonObject{}.number("serverTime", ms(now)).done();
}

void MarketServer::keep(std::vector<std::string>& items, std::size_t limit, bool from_the_first) {
  if (items.size() <= limit) return;
  if (from_the_first)
    items.resize(limit);
  else
    items.erase(items.begin(), items.end() - static_cast<std::ptrdiff_t>(limit));
}

Outcome MarketServer::trades(Call& call, UnixNanos) {
  const auto market = market_of(call);
  const std::size_t limit = call.limit(500, 1000);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  const auto& all = exchange_->trades(*market);
  for (std::size_t i = all.size() - std::min(limit, all.size()); i < all.size(); ++i)
    out.push_back(trade_json(instrument(*market), all[i]));
  return json_array(out);
}

Outcome MarketServer::historical_trades(Call& call, UnixNanos) {
  const auto market = market_of(call);
  const std::size_t limit = call.limit(terms_.usual_old_trades, terms_.most_old_trades);
  const auto from_id = call.find_number("fromId");
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const PublicTrade& t : exchange_->trades(*market))
    if (!from_id || t.id >= *from_id) out.push_back(trade_json(instrument(*market), t));
  keep(out, limit, from_id.has_value());
  return json_array(out);
}

Outcome MarketServer::aggregate_trades(Call& call, UnixNanos) {
  const auto market = market_of(call);
  const std::size_t limit = call.limit(500, 1000);
  const auto from_id = call.find_number("fromId"), from = call.find_time("startTime"), to = call.find_time("endTime");
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const PublicTrade& t : exchange_->trades(*market)) {
    if ((from_id && t.id < *from_id) || (from && ms(t.time) < *from) || (to && ms(t.time) > *to)) continue;
    out.push_back(aggregate_trade_json(instrument(*market), t));
  }
  keep(out, limit, from_id || from);
  return json_array(out);
}

Outcome MarketServer::klines_of(Call& call, std::optional<InstrumentIndex> market, UnixNanos) {
  const auto interval = interval_of(call.text("interval"));
  if (!interval) call.fail(-1120, "Invalid interval.");
  const auto from = call.find_time("startTime"), to = call.find_time("endTime");
  const std::size_t limit = call.limit(500, terms_.most_klines);
  if (const auto* error = call.check()) return std::unexpected(*error);
  const Instrument& i = instrument(*market);
  const auto nanos = [](std::optional<std::int64_t> t) {
    return t ? std::optional{std::min<std::int64_t>(*t, INT64_MAX / kMillisecond) * kMillisecond} : std::nullopt;
  };
  std::vector<std::string> out;
  for (const Candle& c : candles(exchange_->minutes(*market), *interval, nanos(from), nanos(to), limit))
    out.push_back(fmt::format(R"([{},"{}","{}","{}","{}","{}",{},"{}",{},"{}","{}","0"])", ms(c.start),
                              price(i, c.sum.bar.open), price(i, c.sum.bar.high), price(i, c.sum.bar.low),
                              price(i, c.sum.bar.close), quantity(i, c.sum.bar.volume),
                              ms(candle_end(c.start, *interval)) - 1, money(c.sum.value), c.sum.trades,
                              quantity(i, c.sum.taken), money(c.sum.taken_value)));
  return json_array(out);
}

Outcome MarketServer::own_trades(Call& call, UnixNanos) {
  const auto market = market_of(call);
  const auto order = call.find_number("orderId"), from_id = call.find_number("fromId");
  const auto from = call.find_time("startTime"), to = call.find_time("endTime");
  const std::size_t limit = call.limit(500, 1000);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const VenueFill& f : exchange_->fills()) {
    if (f.account != *call.account || f.instrument != *market) continue;
    if ((order && f.order != static_cast<std::uint64_t>(*order)) || (from_id && f.id < *from_id)) continue;
    if ((from && ms(f.time) < *from) || (to && ms(f.time) > *to)) continue;
    out.push_back(own_trade_json(instrument(*market), f));
  }
  keep(out, limit, from_id || from);
  return json_array(out);
}

Price MarketServer::last_price(InstrumentIndex market) const {
  if (const auto& all = exchange_->trades(market); !all.empty()) return all.back().price;
  const auto& minutes = exchange_->minutes(market);
  return minutes.empty() ? Price{} : minutes.back().bar.close;
}

std::pair<Level, Level> MarketServer::touch(InstrumentIndex market) {
  exchange_->book(market, 1, view_);
  return {view_.bids.empty() ? Level{} : view_.bids[0], view_.asks.empty() ? Level{} : view_.asks[0]};
}

std::string MarketServer::percent_of(const MinuteBar& sum) {
  const std::int64_t open = sum.bar.open.value;
  return format_decimal(open == 0 ? 0 : divide(Int128{change_of(sum)} * 100'000, open, Rounding::HalfEven), 3);
}

MinuteBar MarketServer::sum_since(InstrumentIndex market, UnixNanos from) const {
  MinuteBar sum;
  // As one candle of any length: minutes add up.
  for (const Candle& minute : candles(exchange_->minutes(market), kMinute, from, std::nullopt, SIZE_MAX)) {
    const MinuteBar& m = minute.sum;
    if (sum.bar.open.value == 0) {
      sum = m;
      continue;
    }
    sum.bar.high = std::max(sum.bar.high, m.bar.high);
    sum.bar.low = std::min(sum.bar.low, m.bar.low);
    sum.bar.close = m.bar.close;
    sum.bar.volume += m.bar.volume;
    sum.value += m.value;
    sum.trades += m.trades;
    if (sum.first_trade < 0) sum.first_trade = m.first_trade;
    if (m.last_trade >= 0) sum.last_trade = m.last_trade;
  }
  return sum;
}

MarketServer::Day MarketServer::day_of(InstrumentIndex market, UnixNanos now, std::string_view pair) {
  const Instrument& i = instrument(market);
  const MinuteBar sum = sum_since(market, now - kDay);
  const auto& all = exchange_->trades(market);
  JsonObject out;
  out.text("symbol", i.symbol());
  if (!pair.empty()) out.text("pair", pair);
  out.text("priceChange", price(i, {change_of(sum)}))
      .text("priceChangePercent", percent_of(sum))
      .text("weightedAvgPrice", average_price(i, sum.value, sum.bar.volume))
      .text("lastPrice", price(i, sum.bar.close))
      .text("lastQty", quantity(i, all.empty() ? Quantity{} : all.back().quantity))
      .text("openPrice", price(i, sum.bar.open))
      .text("highPrice", price(i, sum.bar.high))
      .text("lowPrice", price(i, sum.bar.low))
      .text("volume", quantity(i, sum.bar.volume))
      .number("openTime", ms(now - kDay))
      .number("closeTime", ms(now))
      .number("firstId", sum.first_trade)
      .number("lastId", sum.last_trade)
      .number("count", sum.trades);
  return {sum, std::move(out)};
}

// ---- orders -----------------------------------------------------------------------------------------------------

std::string_view MarketServer::status_of(const VenueOrder& order) {
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

std::string_view MarketServer::time_in_force_of(TimeInForce time_in_force) {
  return time_in_force == TimeInForce::IOC ? "IOC" : time_in_force == TimeInForce::FOK ? "FOK" : "GTC";
}

std::string_view MarketServer::execution_of(const OrderEvent& event, const VenueFill* fill) {
  return fill != nullptr                          ? "TRADE"
         : event.kind == OrderEventKind::Canceled ? "CANCELED"
         : event.kind == OrderEventKind::Expired  ? "EXPIRED"
                                                  : "NEW";
}

Side MarketServer::read_side(Call& call) {
  const std::string side = call.text("side");
  if (!call.failed() && side != "BUY" && side != "SELL") call.fail(-1117, "Invalid side.");
  return side == "SELL" ? Side::Sell : Side::Buy;
}

TimeInForce MarketServer::time_in_force_named(std::string_view name) {
  return name == "IOC" ? TimeInForce::IOC : name == "FOK" ? TimeInForce::FOK : TimeInForce::GTC;
}

std::int64_t MarketServer::fit(Call& call, std::optional<std::int64_t> amount, int decimals, int code,
                               std::string_view message) {
  if (!amount) return 0;
  const std::int64_t step = power_of_ten(8 - std::min(decimals, 8));
  if (*amount % step != 0) call.fail(code, std::string{message});
  return *amount / step;
}

std::string MarketServer::make_client_id() {
  constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string id;
  for (int i = 0; i < 22; ++i) id += kLetters[exchange_->random() % kLetters.size()];
  return id;
}

std::string MarketServer::client_id(Call& call, std::string_view name, int code, std::string_view message) {
  auto id = call.find(name);
  if (!id) return make_client_id();
  const auto legal = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view{".:/_-"}.find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (id->size() > 36 || !std::ranges::all_of(*id, legal)) call.fail(code, std::string{message});
  return std::move(*id);
}

bool MarketServer::name_is_taken(const Call& call, const std::string& id) const {
  const VenueOrder* same = exchange_->order_named(*call.account, id);
  return same != nullptr && same->open();
}

const VenueOrder* MarketServer::order_of(Call& call, const OrderKeys& keys, std::optional<InstrumentIndex> market,
                                         int code, std::string_view message) const {
  const auto id = call.find_number(keys.id);
  const auto name = call.find(keys.name);
  if (!id && !name) {
    call.fail(-1102, std::string{keys.neither});
    return nullptr;
  }
  const VenueOrder* order =
      id ? exchange_->order(static_cast<std::uint64_t>(*id)) : exchange_->order_named(*call.account, *name);
  const bool there = order != nullptr && order->account == *call.account && !never_was(*order) && keys.is(*order) &&
                     (!market || order->terms.instrument == *market) && (!id || !name || order->client_id == *name);
  if (there) return order;
  call.fail(code, std::string{message});
  return nullptr;
}

std::expected<const VenueOrder*, ApiError> MarketServer::only_order_of(Call& call, const OrderKeys& keys,
                                                                       std::optional<InstrumentIndex> market, int code,
                                                                       std::string_view message) const {
  const VenueOrder* order = order_of(call, keys, market, code, message);
  if (const auto* error = call.check()) return std::unexpected(*error);
  STOM_ASSERT(order != nullptr);  // order_of failed the call otherwise
  return order;
}

std::vector<const VenueOrder*> MarketServer::open_orders_of(const Call& call,
                                                            std::optional<InstrumentIndex> market) const {
  std::vector<const VenueOrder*> out = exchange_->open_orders(*call.account);
  if (market) std::erase_if(out, [&](const VenueOrder* order) { return order->terms.instrument != *market; });
  return out;
}

// ---- sockets and streams ----------------------------------------------------------------------------------------

std::string MarketServer::names_in(const WireRequest& request) {
  if (const std::size_t at = request.path.find("/ws/"); at != std::string::npos) return request.path.substr(at + 4);
  if (const auto form = parse_form(request.query))
    for (const auto& [name, value] : *form)
      if (name == "streams" || name == "listenKey") return value;
  return "";
}

void MarketServer::open_streams(SocketId id, const WireRequest& request, Road road) {
  sockets_[id] = {.road = road, .combined = request.path.ends_with("/stream")};
  const std::string names = names_in(request);
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find('/', at), names.size());
    const std::string stream = names.substr(at, end - at);
    if (const auto name = stream_of(stream, road)) subscribe(id, stream, *name);
    at = end + 1;
  }
}

std::optional<MarketServer::StreamName> MarketServer::stream_of(const std::string& stream, Road road) const {
  if (stream.starts_with('!')) {
    const DurationNanos every = told_every(stream);
    if (every == 0 || (road != Road::All && road != Road::Market)) return std::nullopt;
    return StreamName{.market = 0, .kind = stream, .every = every};
  }
  const std::size_t at = std::min(stream.find('@'), stream.size());
  const std::string symbol = stream.substr(0, at);
  const auto market = markets_.find(upper(symbol));
  if (at == stream.size() || market == markets_.end() || lower(symbol) != symbol) return std::nullopt;
  StreamName name{market->second, stream.substr(at + 1)};
  name.every = told_every(name.kind);
  if (has_stream(name.kind, road)) return name;
  if ((road != Road::All && road != Road::Market) || !name.kind.starts_with("kline_")) return std::nullopt;
  const auto interval = interval_of(std::string_view{name.kind}.substr(6));
  if (!interval) return std::nullopt;
  name.interval = *interval;
  return name;
}

void MarketServer::subscribe(SocketId id, const std::string& stream, const StreamName& name) {
  if (streams_.count(id) >= terms_.streams_per_socket) return;
  streams_.add(id, stream);
  if (name.interval != 0) klines_.try_emplace(stream, kNoTime);
  if (name.every != 0) timed_.try_emplace(stream, 0);
  subscribed(name);
}

void MarketServer::on_message(SocketId id, std::string_view text) {
  if (const auto api = api_sockets_.find(id); api != api_sockets_.end())
    return answer_api(id, api->second, parse_socket_call(text));
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
      if (call->method == "UNSUBSCRIBE")
        streams_.remove(id, stream);
      else
        subscribe(id, stream, *stream_of(stream, socket.road));
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

void MarketServer::on_close(SocketId id) {
  api_sockets_.erase(id);
  streams_.remove(id);
  sockets_.erase(id);
}

void MarketServer::tell(SocketId id, std::string_view stream, const std::string& text) {
  const auto socket = sockets_.find(id);
  const bool combined = socket != sockets_.end() && socket->second.combined;
  exchange_->send(id, combined ? fmt::format(R"({{"stream":"{}","data":{}}})", stream, text) : text);
}

DurationNanos MarketServer::told_every(std::string_view kind) const {
  constexpr std::string_view kDays[] = {"ticker", "miniTicker", "!ticker@arr", "!miniTicker@arr"};
  return std::ranges::find(kDays, kind) != std::end(kDays) ? terms_.ticker_stream : 0;
}

std::string MarketServer::timed_json(const StreamName& name, UnixNanos now) {
  const bool mini = name.kind.contains("miniTicker");
  if (!name.kind.starts_with('!')) return ticker_json(name.market, mini, now);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i)
    if (exchange_->trading(i)) out.push_back(ticker_json(i, mini, now));
  return json_array(out);
}

std::string MarketServer::ticker_json(InstrumentIndex market, bool mini, UnixNanos now) {
  const Instrument& i = instrument(market);
  const MinuteBar sum = sum_since(market, now - kDay);
  const auto& all = exchange_->trades(market);
  const auto [bid, ask] = touch(market);
  JsonObject out;
  out.text("e", mini ? "24hrMiniTicker" : "24hrTicker").number("E", ms(now)).text("s", i.symbol());
  if (const std::string pair = pair_told(i); !pair.empty()) out.text("ps", pair);
  if (!mini) {
    out.text("p", price(i, {change_of(sum)}))
        .text("P", percent_of(sum))
        .text("w", average_price(i, sum.value, sum.bar.volume));
    if (terms_.quotes_in_ticker) out.text("x", price(i, sum.bar.open));
  }
  out.text("c", price(i, sum.bar.close));
  if (!mini) {
    out.text("Q", quantity(i, all.empty() ? Quantity{} : all.back().quantity));
    if (terms_.quotes_in_ticker)
      out.text("b", price(i, bid.price))
          .text("B", quantity(i, bid.quantity))
          .text("a", price(i, ask.price))
          .text("A", quantity(i, ask.quantity));
  }
  out.text("o", price(i, sum.bar.open))
      .text("h", price(i, sum.bar.high))
      .text("l", price(i, sum.bar.low))
      .text("v", quantity(i, sum.bar.volume))
      .text("q", money(sum.value));
  if (!mini)
    out.number("O", ms(now - kDay))
        .number("C", ms(now))
        .number("F", sum.first_trade)
        .number("L", sum.last_trade)
        .number("n", sum.trades);
  return out.done();
}

void MarketServer::on_timer(UnixNanos now) {
  for (auto& [stream, due] : timed_) {
    const auto name = now < due ? std::nullopt : stream_of(stream, Road::All);
    if (!name) continue;
    due = now - now % name->every + name->every;
    if (name->kind.starts_with('!') || exchange_->trading(name->market))
      tell(stream, [&] { return timed_json(*name, now); });
  }
  if (now < next_klines_) return;
  next_klines_ = now - now % terms_.kline_stream + terms_.kline_stream;
  for (auto& [stream, last] : klines_) send_kline(stream, last, now);
}

void MarketServer::send_kline(const std::string& stream, UnixNanos& last, UnixNanos now) {
  const auto name = stream_of(stream, Road::All);
  if (!name || streams_.listeners(stream) == nullptr || !exchange_->trading(name->market)) return;
  const auto made = candles(exchange_->minutes(name->market), name->interval, std::nullopt, std::nullopt, 2);
  for (const Candle& candle : made) {
    if (candle.start < last || (last == kNoTime && candle.start != made.back().start)) continue;
    const bool closed = candle.start != made.back().start;
    tell(stream, [&] { return kline_json(*name, candle, closed, now); });
  }
  if (!made.empty()) last = made.back().start;
}

std::string MarketServer::kline_json(const StreamName& name, const Candle& candle, bool closed, UnixNanos now) const {
  const Instrument& i = instrument(name.market);
  const MinuteBar& sum = candle.sum;
  JsonObject k;
  k.number("t", ms(candle.start))
      .number("T", ms(candle_end(candle.start, name.interval)) - 1)
      .text("s", i.symbol())
      .text("i", name.kind.substr(6))
      .number("f", sum.first_trade)
      .number("L", sum.last_trade)
      .text("o", price(i, sum.bar.open))
      .text("c", price(i, sum.bar.close))
      .text("h", price(i, sum.bar.high))
      .text("l", price(i, sum.bar.low))
      .text("v", quantity(i, sum.bar.volume))
      .number("n", sum.trades)
      .flag("x", closed)
      .text("q", money(sum.value))
      .text("V", quantity(i, sum.taken))
      .text("Q", money(sum.taken_value))
      .text("B", "0");
  return JsonObject{}.text("e", "kline").number("E", ms(now)).text("s", i.symbol()).raw("k", k.done()).done();
}

}  // namespace stom::venues::binance::server
