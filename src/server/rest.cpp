#include "server/rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "core/hash.hpp"
#include "server/bodies.hpp"
#include "server/problem.hpp"
#include "server/render.hpp"

namespace stom {
namespace {

constexpr std::string_view kRoot = "/api/v1";
constexpr std::size_t kKeptKeys = 10'000;
constexpr std::size_t kMaxKeyLength = 64;
constexpr std::size_t kMaxReadings = 4;  // files read at the same time
constexpr std::size_t kMaxKills = 8;     // kill switches pulled at the same time: whatever is being read
constexpr std::size_t kLeastCurvePoints = 10;
constexpr std::size_t kMostCurvePoints = 5000;
constexpr std::size_t kMaxLogLines = 500;
constexpr std::size_t kMaxSearched = 200;  // bytes of what a log is searched for
constexpr std::size_t kMaxWaiting = 8;     // the same call repeated while the first is on its way
constexpr std::size_t kMaxAsking = 32;     // pages that want to know of the trading sessions at the same time

net::Response json_response(std::string body, int status = 200) {
  return {status, "application/json", std::move(body), {}};
}

std::uint64_t hash_of(std::string_view path, std::string_view body) {
  Sha256 hash;
  hash.update(path);
  hash.update(std::string_view{"\0", 1});
  hash.update(body);
  std::uint64_t first = 0;
  const auto digest = hash.digest();
  for (int i = 0; i < 8; ++i) first = first << 8 | digest[static_cast<std::size_t>(i)];
  return first;
}

template <class T>
bool read_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

Problem bad_parameter(std::string_view name, std::string detail) {
  return {"bad_request", std::move(detail), "", {{"field", std::string{name}}}};
}

std::expected<std::size_t, Problem> limit_of(const net::Request& request, std::string_view name, std::size_t otherwise,
                                             std::size_t most, std::size_t least = 1) {
  const auto text = request.parameter(name);
  if (!text) return otherwise;
  std::size_t value = 0;
  if (!read_number(*text, value) || value < least || value > most)
    return std::unexpected(bad_parameter(name, fmt::format("\"{}\" must be {} to {}", name, least, most)));
  return value;
}

/// The instrument of the query; the only one of the session where none is named.
std::expected<std::size_t, Problem> instrument_of(const net::Request& request, const SessionState& state) {
  const auto id = request.parameter("instrument");
  if (!id && state.info().instruments.size() == 1) return 0;
  const int index = id ? state.instrument(*id) : -1;
  if (index < 0)
    return std::unexpected(Problem{"unknown_instrument", fmt::format("{} is not in this session", id.value_or("\"\"")),
                                   "GET /api/v1/session lists the instruments"});
  return static_cast<std::size_t>(index);
}

/// Where a page of a list that is numbered [begin, end) begins.
std::expected<std::uint64_t, Problem> page_start(const net::Request& request, std::uint64_t begin, std::uint64_t end,
                                                 std::size_t limit) {
  const auto cursor = request.parameter("cursor");
  if (!cursor || cursor->empty()) return begin;
  if (*cursor == "last") return std::max(begin, end - std::min<std::uint64_t>(end, limit));
  std::uint64_t number = 0;
  if (!read_number(*cursor, number) || number > end)
    return std::unexpected(bad_parameter("cursor", "The cursor is not one that this session gave"));
  return std::max(number, begin);
}

void write_next(Json& json, std::uint64_t next, std::uint64_t end) {
  json.key("next");
  if (next < end)
    json.text(std::to_string(next));
  else
    json.null();
}

void write_text_or_null(Json& json, std::string_view name, std::string_view text) {
  json.key(name);
  if (text.empty())
    json.null();
  else
    json.text(text);
}

/// The run that is named in …/runs/{run_id}/CALL.
std::string_view run_in(std::string_view path, std::string_view call) {
  path.remove_suffix(call.size());
  return path.substr(path.rfind('/') + 1);
}

/// A page of a Retained list: {"NAME":[…],"next":CURSOR|null}.
template <class T, class Write>
net::Response page(const net::Request& request, const Retained<T>& list, std::string_view name, Write write) {
  const auto limit = limit_of(request, "limit", 500, 1000);
  if (!limit) return to_response(limit.error(), request.path);
  const auto start = page_start(request, list.begin(), list.end(), *limit);
  if (!start) return to_response(start.error(), request.path);
  const auto end = std::min<std::uint64_t>(*start + *limit, list.end());
  Json json;
  json.begin_object().key(name).begin_array();
  for (auto number = *start; number < end; ++number) write(json, list[number], number);
  json.end_array();
  write_next(json, end, list.end());
  return json_response(json.end_object().take());
}

}  // namespace

struct Rest::Route {
  std::string_view method;
  std::string_view path;  // below kRoot; "{…}" as a segment stands for anything
  net::Response (Rest::*read)(Query) const = nullptr;
  net::Response (Rest::*act)(Query) = nullptr;
  void (Rest::*command)(Query, net::Reply) = nullptr;
  bool without_credential = false;  // or with one of its own, which it checks itself

  bool matches(std::string_view asked) const {
    std::string_view known = path;
    for (;;) {
      const auto segment = known.substr(0, known.find('/', 1));
      const auto given = asked.substr(0, asked.find('/', 1));
      if (segment.starts_with("/{") ? given.size() < 2 : given != segment) return false;
      known.remove_prefix(segment.size());
      asked.remove_prefix(given.size());
      if (known.empty() || asked.empty()) return known.empty() && asked.empty();
    }
  }
};

std::span<const Rest::Route> Rest::table() {
  static constexpr std::array kRoutes{
      Route{.method = "GET", .path = "/health", .read = &Rest::get_health},
      Route{.method = "GET", .path = "/session", .read = &Rest::get_session},
      Route{.method = "GET", .path = "/candles", .read = &Rest::get_candles},
      Route{.method = "GET", .path = "/book", .read = &Rest::get_book},
      Route{.method = "GET", .path = "/trades", .read = &Rest::get_trades},
      Route{.method = "GET", .path = "/orders", .read = &Rest::get_orders},
      Route{.method = "GET", .path = "/fills", .read = &Rest::get_fills},
      Route{.method = "GET", .path = "/positions", .read = &Rest::get_positions},
      Route{.method = "GET", .path = "/account", .read = &Rest::get_account},
      Route{.method = "GET", .path = "/equity", .read = &Rest::get_equity},
      Route{.method = "GET", .path = "/log", .read = &Rest::get_log},
      Route{.method = "GET", .path = "/instruments", .read = &Rest::get_instruments},
      Route{.method = "GET", .path = "/strategies", .read = &Rest::get_strategies},
      Route{.method = "GET", .path = "/runs", .read = &Rest::get_runs},
      Route{.method = "GET", .path = "/runs/{run_id}/curve", .command = &Rest::get_curve},
      Route{.method = "GET", .path = "/runs/{run_id}/report", .read = &Rest::get_report, .without_credential = true},
      Route{.method = "GET", .path = "/trading", .command = &Rest::get_trading},
      Route{.method = "GET", .path = "/trading/alerts", .command = &Rest::get_trading_alerts},
      Route{.method = "GET", .path = "/trading/ended", .command = &Rest::get_trading_ended},
      Route{.method = "GET", .path = "/trading/log", .command = &Rest::get_trading_log},
      Route{.method = "POST", .path = "/trading/kill", .command = &Rest::post_kill},
      Route{.method = "POST", .path = "/login", .act = &Rest::post_login, .without_credential = true},
      Route{.method = "POST", .path = "/logout", .act = &Rest::post_logout},
      Route{.method = "POST", .path = "/ws-ticket", .act = &Rest::post_ticket},
      Route{.method = "POST", .path = "/session/control", .command = &Rest::post_control},
      Route{.method = "POST", .path = "/session/begin", .command = &Rest::post_begin},
      Route{.method = "POST", .path = "/orders", .command = &Rest::post_order},
      Route{.method = "DELETE", .path = "/orders/{client_order_id}", .command = &Rest::delete_order},
      Route{.method = "POST", .path = "/flatten", .command = &Rest::post_flatten},
  };
  return kRoutes;
}

std::vector<std::string> Rest::routes() {
  std::vector<std::string> all;
  for (const auto& route : table()) all.push_back(fmt::format("{} {}{}", route.method, kRoot, route.path));
  return all;
}

Rest::Rest(const SessionState& state, SessionPort& port, const Library& library, Guard& guard, const Clock& clock,
           Health health)
    : state_{state},
      port_{port},
      library_{library},
      guard_{guard},
      clock_{clock},
      health_{std::move(health)},
      started_{clock.now()} {}

void Rest::handle(const net::Request& request, net::Reply reply) {
  const auto refuse = [&](const Problem& problem) { reply(to_response(problem, request.path)); };
  std::string_view path = request.path;
  if (path.starts_with(kRoot)) path.remove_prefix(kRoot.size());
  const Route* route = nullptr;
  bool known_path = false;
  for (const auto& candidate : table()) {
    if (!candidate.matches(path)) continue;
    known_path = true;
    const bool reads = candidate.method == "GET" && request.method == "HEAD";
    if (candidate.method == request.method || reads) route = &candidate;
  }
  if (known_path && !route)
    return refuse({"method_not_allowed", fmt::format("{} does not take {}", request.path, request.method), ""});
  if (request.method == "POST") {
    std::string_view type = request.header("Content-Type");
    type = type.substr(0, type.find(';'));
    if (request.count("Content-Type") != 1 || !net::same_name(type, "application/json"))
      return refuse({"content_type", "The Content-Type must be application/json", ""});
    if (!is_json(request.body)) return refuse({"bad_json", "The body is not valid JSON", ""});
  }
  if (!route || !route->without_credential)
    if (auto problem = guard_.check_credential(request)) return refuse(std::move(*problem));
  if (!route) return refuse({"not_found", "There is no such call", "docs/api.md lists the calls"});
  if (!state_.ready()) return refuse({"engine_busy", "The session is still being prepared", "Try again in a second"});
  if (route->read) return reply((this->*route->read)(request));
  if (route->act) return reply((this->*route->act)(request));
  (this->*route->command)(request, std::move(reply));
}

net::Response Rest::get_health(Query) const {
  Json json;
  json.begin_object().field("status", "ok").field("version", health_.version);
  json.key("uptime_ms").number((clock_.now() - started_) / kMillisecond);
  json.key("clients").number(static_cast<std::int64_t>(health_.clients()));
  json.key("engine").begin_object().key("events").number(static_cast<std::int64_t>(state_.live().events));
  json.key("lag_ms").number(state_.live().lag_ms).end_object().end_object();
  return json_response(json.take());
}

net::Response Rest::get_session(Query) const { return json_response(session_json(state_)); }

net::Response Rest::get_candles(Query request) const {
  const auto index = instrument_of(request, state_);
  if (!index) return to_response(index.error(), request.path);
  const std::string name = request.parameter("interval").value_or("1m");
  const int interval = interval_of(name);
  if (interval < 0)
    return to_response(bad_parameter("interval", "The interval is one of 1s 5s 15s 1m 5m 15m 1h 4h 1d"), request.path);
  const auto limit = limit_of(request, "limit", 500, 5000);
  if (!limit) return to_response(limit.error(), request.path);
  UnixNanos before = kNever;
  if (const auto text = request.parameter("before"); text && !read_number(*text, before))
    return to_response(bad_parameter("before", "\"before\" must be nanoseconds since 1970"), request.path);

  const BarSeries& series = state_.bars(*index, interval);
  const auto& finished = series.bars();
  const auto bar_at = [&](std::uint64_t i) -> const ChartBar& {
    return i == finished.end() ? series.last() : finished[i];
  };
  std::uint64_t low = finished.begin();
  std::uint64_t end = finished.end() + (series.empty() ? 0 : 1);
  const std::uint64_t oldest = low;
  std::uint64_t high = end;  // the first bar at or after `before`
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (bar_at(middle).bar.time < before)
      low = middle + 1;
    else
      high = middle;
  }
  end = low;
  const auto start = end - std::min<std::uint64_t>(end - oldest, *limit);
  const Instrument& instrument = state_.info().instruments[*index];
  const auto price = [&](Price value) { return format_decimal(value.value, instrument.price_decimals); };
  Json json;
  json.begin_object().field("instrument", instrument.id).field("interval", name).key("bars").begin_array();
  for (auto i = start; i < end; ++i) {
    const Bar& bar = bar_at(i).bar;
    json.begin_array().digits(bar.time).text(price(bar.open)).text(price(bar.high)).text(price(bar.low));
    json.text(price(bar.close)).text(format_decimal(bar.volume.value, instrument.quantity_decimals)).end_array();
  }
  json.end_array().key("next");
  if (start > oldest)
    json.digits(bar_at(start).bar.time);
  else
    json.null();
  return json_response(json.end_object().take());
}

net::Response Rest::get_book(Query request) const {
  const auto index = instrument_of(request, state_);
  if (!index) return to_response(index.error(), request.path);
  const auto depth = limit_of(request, "depth", kBookDepth, kBookDepth);
  if (!depth) return to_response(depth.error(), request.path);
  const Instrument& instrument = state_.info().instruments[*index];
  const BookState empty;
  const BookState& book = *index < state_.live().books.size() ? state_.live().books[*index] : empty;
  const auto write_side = [&](Json& json, const std::array<Level, kBookDepth>& levels, std::size_t count) {
    json.begin_array();
    for (std::size_t i = 0; i < std::min(count, *depth); ++i) write_level(json, levels[i], instrument);
    json.end_array();
  };
  Json json;
  json.begin_object().field("instrument", instrument.id).key("time_ns").digits(book.time);
  json.key("update_id").digits(book.update_id).key("stale").boolean(book.stale).key("bids");
  write_side(json, book.bid, book.bids);
  json.key("asks");
  write_side(json, book.ask, book.asks);
  json.key("levels").begin_object().key("bids").number(book.all_bids).key("asks").number(book.all_asks);
  return json_response(json.end_object().end_object().take());
}

net::Response Rest::get_trades(Query request) const {
  const auto index = instrument_of(request, state_);
  if (!index) return to_response(index.error(), request.path);
  const auto limit = limit_of(request, "limit", 200, 1000);
  if (!limit) return to_response(limit.error(), request.path);
  const Instrument& instrument = state_.info().instruments[*index];
  const auto& tape = state_.tape(*index);
  static constexpr std::array<std::string_view, 3> kTaker{"buy", "sell", "unknown"};
  Json json;
  json.begin_object().field("instrument", instrument.id).key("trades").begin_array();
  for (auto i = tape.end() - std::min<std::uint64_t>(tape.end() - tape.begin(), *limit); i < tape.end(); ++i) {
    const TapeRow& trade = tape[i];
    json.begin_array().digits(trade.time).text(format_decimal(trade.price.value, instrument.price_decimals));
    json.text(format_decimal(trade.quantity.value, instrument.quantity_decimals));
    json.text(kTaker[std::min<std::size_t>(trade.taker, 2)]).end_array();
  }
  return json_response(json.end_array().end_object().take());
}

net::Response Rest::get_orders(Query request) const {
  const std::string status = request.parameter("status").value_or("all");
  if (status != "all" && status != "open")
    return to_response(bad_parameter("status", "\"status\" must be open or all"), request.path);
  const auto limit = limit_of(request, "limit", 500, 1000);
  if (!limit) return to_response(limit.error(), request.path);
  const auto& orders = state_.orders();
  const auto wanted = [&](const OrderRow& order) { return status == "all" || order.is_open(); };
  auto from = orders.begin();
  const auto cursor = request.parameter("cursor");
  std::uint64_t number = 0;
  if (cursor == "last") {
    from = orders.end();
    for (std::size_t left = *limit; left > 0 && from != orders.begin();)
      if (wanted((--from)->second)) --left;
  } else if (cursor && !read_number(*cursor, number)) {
    return to_response(bad_parameter("cursor", "The cursor is not one that this session gave"), request.path);
  } else {
    from = orders.lower_bound(number);
  }
  Json json;
  json.begin_object().key("orders").begin_array();
  std::size_t left = *limit;
  for (; from != orders.end() && left > 0; ++from) {
    if (!wanted(from->second)) continue;
    write_order(json, from->second, state_.info());
    --left;
  }
  while (from != orders.end() && !wanted(from->second)) ++from;
  json.end_array().key("next");
  if (from == orders.end())
    json.null();
  else
    json.text(std::to_string(from->first));
  return json_response(json.end_object().take());
}

net::Response Rest::get_fills(Query request) const {
  return page(request, state_.fills(), "fills",
              [&](Json& json, const FillRow& fill, std::uint64_t) { write_fill(json, fill, state_.info()); });
}

net::Response Rest::get_log(Query request) const {
  return page(request, state_.log(), "entries",
              [](Json& json, const LogRow& row, std::uint64_t number) { write_log(json, row, number); });
}

net::Response Rest::get_positions(Query) const {
  Json json;
  json.begin_object().key("positions");
  write_positions(json, state_);
  return json_response(json.end_object().take());
}

net::Response Rest::get_account(Query) const {
  Json json;
  write_account(json, state_);
  return json_response(json.take());
}

net::Response Rest::get_equity(Query request) const {
  const auto limit = limit_of(request, "limit", 2000, 2000);
  if (!limit) return to_response(limit.error(), request.path);
  Json json;
  write_equity(json, thin(state_.equity(), *limit), state_.info());
  return json_response(json.take());
}

net::Response Rest::get_instruments(Query) const {
  Json json;
  json.begin_object().key("instruments").begin_array();
  for (const auto& one : library_.replayable()) {
    json.begin_object().field("id", one.instrument).field("source", one.source);
    write_text_or_null(json, "first_day", one.first_day);
    write_text_or_null(json, "last_day", one.last_day);
    json.end_object();
  }
  return json_response(json.end_array().end_object().take());
}

net::Response Rest::get_strategies(Query) const {
  Json json;
  json.begin_object().key("strategies").begin_array();
  for (const auto& strategy : library_.strategies()) {
    json.begin_object().field("name", strategy.name).field("about", strategy.about);
    json.key("instruments").number(static_cast<std::int64_t>(strategy.instruments)).key("parameters").begin_array();
    for (const auto& p : strategy.parameters) {
      json.begin_object().field("name", p.name).field("type", p.type).field("default", p.default_value);
      json.field("range", p.range).field("meaning", p.meaning).end_object();
    }
    json.end_array().end_object();
  }
  return json_response(json.end_array().end_object().take());
}

net::Response Rest::get_runs(Query) const {
  Json json;
  json.begin_object().key("runs").begin_array();
  for (const auto& run : library_.runs()) {
    json.begin_object().field("run_id", run.id).field("strategy", run.strategy).key("instruments").begin_array();
    for (const auto& instrument : run.instruments) json.text(instrument);
    json.end_array().key("from_time_ns").digits(run.from).key("to_time_ns").digits(run.to);
    json.key("interrupted").boolean(run.interrupted).field("currency", run.currency);
    write_text_or_null(json, "total_return", run.total_return);
    write_text_or_null(json, "pessimistic_return", run.pessimistic_return);
    write_text_or_null(json, "optimistic_return", run.optimistic_return);
    write_text_or_null(json, "sharpe_ratio", run.sharpe_ratio);
    write_text_or_null(json, "max_drawdown", run.max_drawdown);
    write_text_or_null(json, "trades", run.trades);
    write_text_or_null(
        json, "report",
        run.has_report ? fmt::format("{}/runs/{}/report?key={}", kRoot, run.id, guard_.report_key(run.id)) : "");
    json.end_object();
  }
  return json_response(json.end_array().end_object().take());
}

void Rest::get_curve(Query request, net::Reply reply) {
  const auto most = limit_of(request, "points", 2000, kMostCurvePoints, kLeastCurvePoints);
  if (!most) return reply(to_response(most.error(), request.path));
  if (readings_.size() >= kMaxReadings)
    return reply(to_response({"engine_busy", "Other runs are being read", "Try again in a second"}, request.path));
  const auto read = [&library = library_, path = std::string{request.path}, most = *most]() -> net::Response {
    const std::string run{run_in(path, "/curve")};
    const auto curve = library.curve(run, most);
    if (!curve) return to_response({"not_found", curve.error().message, curve.error().hint}, path);
    Json json;
    write_curve(json, run, *curve);
    return json_response(json.take());
  };
  readings_.push_back({std::async(std::launch::async, read), std::move(reply)});
}

void Rest::get_trading(Query request, net::Reply reply) {
  ask_sessions(trading_, &Library::trading, request, std::move(reply));
}

void Rest::get_trading_alerts(Query request, net::Reply reply) {
  ask_sessions(alerts_, &Library::alerts, request, std::move(reply));
}

void Rest::get_trading_ended(Query request, net::Reply reply) {
  ask_sessions(ended_, &Library::ended, request, std::move(reply));
}

/// A session that hangs takes two seconds to be known as such; the others are shown as they are after that.
void Rest::ask_sessions(std::optional<Asking>& asking, std::vector<std::string> (Library::*what)() const, Query request,
                        net::Reply reply) {
  if (!asking) {
    const auto ask = [&library = library_, what]() -> net::Response {
      Json json;
      json.begin_object().key("sessions").begin_array();
      for (const auto& session : (library.*what)()) json.raw(session);
      return json_response(json.end_array().end_object().take());
    };
    asking = Asking{std::async(std::launch::async, ask), {}};
  } else if (asking->replies.size() == kMaxAsking) {
    return reply(to_response({"engine_busy", "Too many ask for this now", "Try again in a second"}, request.path));
  }
  asking->replies.push_back(std::move(reply));
}

void Rest::get_trading_log(Query request, net::Reply reply) {
  const auto most = limit_of(request, "limit", 100, kMaxLogLines);
  if (!most) return reply(to_response(most.error(), request.path));
  TradingLogQuery query{.session = request.parameter("session").value_or(""),
                        .text = request.parameter("text").value_or(""),
                        .level = request.parameter("level").value_or("info"),
                        .cursor = request.parameter("cursor").value_or(""),
                        .most = *most};
  const auto refuse = [&](std::string_view field, std::string detail) {
    reply(to_response(bad_parameter(field, std::move(detail)), request.path));
  };
  if (query.session.empty()) return refuse("session", "\"session\" must be a folder as GET /api/v1/trading lists it");
  if (query.level != "info" && query.level != "warn" && query.level != "error")
    return refuse("level", "\"level\" must be info, warn or error");
  if (query.text.size() > kMaxSearched)
    return refuse("text", fmt::format("\"text\" must have at most {} bytes", kMaxSearched));
  if (readings_.size() >= kMaxReadings)
    return reply(to_response({"engine_busy", "Other files are being read", "Try again in a second"}, request.path));
  const auto search = [&library = library_, path = std::string{request.path},
                       query = std::move(query)]() -> net::Response {
    const auto found = library.log(query);
    if (!found && found.error().code == Errc::Usage)
      return to_response(bad_parameter("cursor", found.error().message), path);
    if (!found) return to_response({"not_found", found.error().message, found.error().hint}, path);
    Json json;
    json.begin_object().key("entries").begin_array();
    for (const TradingLogLine& line : found->lines) {
      json.begin_object().key("time_ns");
      if (line.time == kNoTime)
        json.null();
      else
        json.digits(line.time);
      json.field("level", line.level).field("text", line.text).end_object();
    }
    json.end_array();
    write_text_or_null(json, "next", found->next);
    return json_response(json.end_object().take());
  };
  readings_.push_back({std::async(std::launch::async, search), std::move(reply)});
}

void Rest::post_kill(Query request, net::Reply reply) {
  auto kill = parse_kill(request.body);
  if (!kill) return reply(to_response(kill.error(), request.path));
  if (readings_.size() >= kMaxReadings + kMaxKills)
    return reply(to_response(
        {"engine_busy", "Too many ask for this now", "stom trade kill --step STEP --session DIR waits for nobody"},
        request.path));
  const auto pull = [&library = library_, path = std::string{request.path},
                     kill = std::move(*kill)]() -> net::Response {
    const auto done = library.kill(kill.session, kill.step);
    if (done) return json_response(*done);
    const bool is_gone = done.error().code == Errc::NotFound;
    return to_response({is_gone ? "not_found" : "no_answer", done.error().message, done.error().hint}, path);
  };
  readings_.push_back({std::async(std::launch::async, pull), std::move(reply)});
}

void Rest::on_files_read() {
  const auto is_read = [](Reading& reading) {
    if (reading.response.wait_for(std::chrono::seconds{0}) != std::future_status::ready) return false;
    reading.reply(reading.response.get());
    return true;
  };
  std::erase_if(readings_, is_read);
  for (auto* asking : {&trading_, &alerts_, &ended_}) {
    if (!*asking || (*asking)->response.wait_for(std::chrono::seconds{0}) != std::future_status::ready) continue;
    Asking asked = std::move(**asking);
    asking->reset();
    const net::Response response = asked.response.get();
    for (auto& reply : asked.replies) reply(response);
  }
}

net::Response Rest::get_report(Query request) const {
  const auto run = run_in(request.path, "/report");
  if (auto problem = guard_.check_report(request, run)) return to_response(*problem, request.path);
  const auto html = library_.report(std::string{run});
  if (!html) return to_response({"not_found", html.error().message, html.error().hint}, request.path);
  return {200, "text/html; charset=utf-8", *html, {{"Content-Security-Policy", std::string{kReportPolicy}}}};
}

net::Response Rest::post_login(Query request) {
  const auto token = parse_login(request.body);
  if (!token) return to_response(token.error(), request.path);
  const auto login = guard_.login(*token);
  if (!login) return to_response(login.error(), request.path);
  Json json;
  auto response = json_response(json.begin_object().field("csrf", login->csrf).end_object().take());
  response.headers.push_back({"Set-Cookie", login->cookie});
  return response;
}

net::Response Rest::post_logout(Query) { return {204, "", "", {{"Set-Cookie", guard_.logout_cookie()}}}; }

net::Response Rest::post_ticket(Query) {
  Json json;
  json.begin_object().field("ticket", guard_.new_ticket());
  json.key("expires_in_ms").number(kTicketLife / kMillisecond).end_object();
  return json_response(json.take());
}

void Rest::post_control(Query request, net::Reply reply) {
  auto command = parse_control(request.body);
  if (!command) return reply(to_response(command.error(), request.path));
  send(std::move(*command), request, {}, std::move(reply));
}

void Rest::post_begin(Query request, net::Reply reply) {
  auto command = parse_begin(request.body);
  if (!command) return reply(to_response(command.error(), request.path));
  send(std::move(*command), request, {}, std::move(reply));
}

void Rest::post_order(Query request, net::Reply reply) {
  auto command = parse_order(request.body, state_.info());
  // A key that was used decides before anything else: the same call again gets the same answer.
  if (repeat(request, reply)) return;
  if (!command) return reply(to_response(command.error(), request.path));
  const std::string key{request.header("Idempotency-Key")};
  send(std::move(*command), request, key, std::move(reply));
}

void Rest::post_flatten(Query request, net::Reply reply) {
  auto command = parse_flatten(request.body, state_.info());
  if (repeat(request, reply)) return;
  if (!command) return reply(to_response(command.error(), request.path));
  const std::string key{request.header("Idempotency-Key")};
  send(std::move(*command), request, key, std::move(reply));
}

void Rest::delete_order(Query request, net::Reply reply) {
  const std::string_view text = std::string_view{request.path}.substr(request.path.rfind('/') + 1);
  Command command;
  command.kind = Command::Kind::Cancel;
  const OrderRow* order = read_number(text, command.cancel) ? state_.order(command.cancel) : nullptr;
  if (!order) return reply(to_response({"unknown_order", fmt::format("There is no order {}", text), ""}, request.path));
  if (!order->is_open())
    return reply(to_response(
        {"order_not_open", fmt::format("Order {} is {}", text, order->denied ? "denied" : name_of(order->status)), ""},
        request.path));
  send(std::move(command), request, {}, std::move(reply));
}

bool Rest::repeat(Query request, net::Reply& reply) {
  const std::string key{request.header("Idempotency-Key")};
  if (key.empty() || key.size() > kMaxKeyLength || request.count("Idempotency-Key") != 1) {
    reply(to_response({"key_required", "An order needs one Idempotency-Key header of 1 to 64 characters",
                       "Send a new random key with each new order, and the same one when you repeat it"},
                      request.path));
    return true;
  }
  const auto found = keys_.find(key);
  if (found == keys_.end()) return false;
  Keyed& keyed = found->second;
  if (keyed.body_hash != hash_of(request.path, request.body)) {
    reply(
        to_response({"key_reused", "This Idempotency-Key was used with another body", "Use a new key"}, request.path));
  } else if (keyed.done) {
    reply(keyed.response);
  } else if (keyed.waiting.size() < kMaxWaiting) {
    keyed.waiting.push_back(std::move(reply));
  } else {
    reply(to_response({"engine_busy", "This call is on its way already", "Wait for its answer"}, request.path));
  }
  return true;
}

void Rest::send(Command command, Query request, std::string key, net::Reply reply) {
  command.ticket = ++last_ticket_;
  command.key = Text<64>{key};
  command.body_hash = key.empty() ? 0 : hash_of(request.path, request.body);
  if (!port_.submit(command))
    return reply(to_response({"engine_busy", "The engine has more commands waiting than it takes; nothing was done",
                              "Try again in a second"},
                             request.path));
  if (!key.empty()) remember(key, Keyed{command.body_hash, false, {}, {}});
  pending_.emplace(command.ticket, Pending{command.kind, request.path, std::move(key), std::move(reply), {}});
}

void Rest::remember(const std::string& key, Keyed keyed) {
  keys_.insert_or_assign(key, std::move(keyed));
  key_order_.push_back(key);
  if (key_order_.size() <= kKeptKeys) return;
  keys_.erase(key_order_.front());
  key_order_.pop_front();
}

void Rest::on_update(const Update& update) {
  if (const auto* known = std::get_if<KnownKey>(&update)) {
    // From before a restart: the order is there, so the answer is the order as it is now.
    Keyed keyed{known->body_hash, true, json_response("{\"canceled\":[],\"orders\":[]}", 202), {}};
    if (const auto* order = state_.order(known->id))
      keyed.response = json_response(order_json(*order, state_.info()), 202);
    return remember(std::string{known->key.view()}, std::move(keyed));
  }
  if (const auto* order = std::get_if<CommandOrder>(&update)) {
    if (const auto found = pending_.find(order->ticket); found != pending_.end())
      found->second.orders.push_back(*order);
    return;
  }
  const auto* done = std::get_if<CommandDone>(&update);
  if (!done) return;
  const auto found = pending_.find(done->ticket);
  if (found == pending_.end()) return;
  Pending call = std::move(found->second);
  pending_.erase(found);
  net::Response response = answer(call, *done);
  if (const auto keyed = keys_.find(call.key); keyed != keys_.end()) {
    keyed->second.done = true;
    keyed->second.response = response;
    for (auto& waiting : std::exchange(keyed->second.waiting, {})) waiting(response);
  }
  call.reply(std::move(response));
}

net::Response Rest::answer(const Pending& call, const CommandDone& done) const {
  const auto problem = [&](std::string_view code, std::string_view otherwise) {
    const auto detail = done.detail.empty() ? otherwise : done.detail.view();
    return to_response({code, std::string{detail}, ""}, call.path);
  };
  switch (done.outcome) {
    case Outcome::Done:
      break;
    case Outcome::Denied:
      return problem(name_of(done.reason), "The engine refused the order");
    case Outcome::UnknownOrder:
      return problem("unknown_order", "There is no such order");
    case Outcome::OrderNotOpen:
      return problem("order_not_open", "The order is no longer open");
    case Outcome::SessionFinished:
      return problem("session_finished", "The recording has ended; restart the session to go on");
    case Outcome::SessionHalted:
      return problem("session_halted", "The session stopped itself");
    case Outcome::Refused:
      return problem("bad_request", "The session refused this");
  }
  if (call.kind == Command::Kind::Flatten) return flatten_answer(call.orders);
  const bool about_order = call.kind == Command::Kind::Submit || call.kind == Command::Kind::Cancel;
  if (!about_order) return json_response(session_json(state_));
  const OrderRow* order = call.orders.empty() ? nullptr : state_.order(call.orders.front().id);
  if (!order) return problem("unknown_order", "There is no such order");
  return json_response(order_json(*order, state_.info()), 202);
}

net::Response Rest::flatten_answer(const std::vector<CommandOrder>& orders) const {
  Json json;
  json.begin_object().key("canceled").begin_array();
  for (const auto& order : orders)
    if (order.canceled) json.text(std::to_string(order.id));
  json.end_array().key("orders").begin_array();
  for (const auto& order : orders) {
    const OrderRow* row = order.canceled ? nullptr : state_.order(order.id);
    if (row) write_order(json, *row, state_.info());
  }
  return json_response(json.end_array().end_object().take(), 202);
}

}  // namespace stom
