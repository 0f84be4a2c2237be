// The WebSocket API of Binance's markets (market_server.hpp): the calls of REST as JSON, one text each, signed like
// those or in the name of a session that was logged on. Spot's web-socket-api.md; USD-M's WebSocket API General Info.
#include <algorithm>

#include "venues/binance/market_server.hpp"

namespace stom::venues::binance::server {

void MarketServer::answer_api(SocketId id, ApiSocket& socket, const std::optional<SocketCall>& request) {
  const UnixNanos now = exchange_->now();
  bool limits_shown = true;
  const auto say = [&](std::string_view request_id, const Outcome& outcome, std::optional<AccountId> ordered = {},
                       bool acknowledges = false) {
    JsonObject out;
    out.raw("id", request_id).number("status", outcome ? 200 : outcome.error().status);
    if (outcome)
      out.raw("result", *outcome);
    else
      out.raw("error", outcome.error().json());
    if (limits_shown) out.raw("rateLimits", used_limits_json(ordered, now));
    exchange_->send(id, out.done(), acknowledges);
  };
  if (!request || request->method.empty() || !request->list.empty())
    return say("null", refuse(-1135, "Invalid JSON Request"));
  Call call{request->parameters};
  limits_shown = call.find("returnRateLimits") != "false";
  if (request->method == "session.logon") return say(request->id, log_on(socket, call, request->parameters, now));
  if (request->method == "session.status" || request->method == "session.logout") {
    if (const auto* error = call.check()) return say(request->id, std::unexpected(*error));
    if (request->method == "session.logout") socket.key.clear();
    return say(request->id, session_json(socket, now));
  }
  if (const auto own = own_call(socket, *request, call, now)) return say(request->id, *own);
  const auto all = endpoints();
  auto endpoint = std::ranges::find(all, request->method, &Endpoint::socket_method);
  // "Request method names may be prefixed with explicit version": v3/order.place.
  const std::string_view method = request->method;
  if (endpoint == all.end() && method.size() > 3 && method[0] == 'v' && method[2] == '/')
    endpoint = std::ranges::find(all, method.substr(3), &Endpoint::socket_method);
  if (endpoint == all.end()) return say(request->id, refuse(-1000, "Unknown method."));
  if (endpoint->security == Security::Signed) identify(socket, call, request->parameters, now);
  if (endpoint->security == Security::Key) {
    const auto sent = call.find("apiKey");
    doorman_.check_key(call, sent ? *sent : socket.key);
  }
  const Outcome outcome = run(*endpoint, call, now);
  say(request->id, outcome, endpoint->is_order ? call.account : std::nullopt, endpoint->acknowledges);
}

namespace {

/// Nothing of an allowance that is not counted.
void add_used(std::vector<std::string>& out, std::string_view type, std::string_view interval, int number,
              std::int64_t limit, std::int64_t count) {
  if (limit == 0) return;
  out.push_back(JsonObject{}
                    .text("rateLimitType", type)
                    .text("interval", interval)
                    .number("intervalNum", number)
                    .number("limit", limit)
                    .number("count", count)
                    .done());
}

}  // namespace

std::vector<std::string> MarketServer::used_orders(AccountId account, UnixNanos now) const {
  std::vector<std::string> out;
  const auto counts = limits_.orders(account, now);
  add_used(out, "ORDERS", "SECOND", 10, terms_.limits.orders_per_10s, counts.per_10s);
  add_used(out, "ORDERS", "MINUTE", 1, terms_.limits.orders_per_minute, counts.per_minute);
  add_used(out, "ORDERS", "DAY", 1, terms_.limits.orders_per_day, counts.per_day);
  return out;
}

Outcome MarketServer::order_counts(Call& call, UnixNanos now) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return json_array(used_orders(*call.account, now));
}

/// As far as they are counted; those of orders behind a call that is one.
std::string MarketServer::used_limits_json(std::optional<AccountId> ordered, UnixNanos now) const {
  auto out = ordered ? used_orders(*ordered, now) : std::vector<std::string>{};
  add_used(out, "REQUEST_WEIGHT", "MINUTE", 1, terms_.limits.weight_per_minute, limits_.used(now));
  return json_array(out);
}

Outcome MarketServer::log_on(ApiSocket& socket, Call& call, const Parameters& sent, UnixNanos now) const {
  const std::string key = call.text("apiKey");
  doorman_.check(call, key, signed_text(sent), now);
  // "Only Ed25519 keys are supported for this feature": which code says so is not documented.
  if (const auto owner = doorman_.owner_of(key); owner && !owner->ed25519)
    call.fail(-2015, "Invalid API-key, IP, or permissions for action.", 401);
  if (const auto* error = call.check()) return std::unexpected(*error);
  socket.key = key;
  socket.authorized = now;
  return session_json(socket, now);
}

std::string MarketServer::session_json(const ApiSocket& socket, UnixNanos now) const {
  JsonObject out;
  if (socket.key.empty())
    out.raw("apiKey", "null").raw("authorizedSince", "null");
  else
    out.text("apiKey", socket.key).number("authorizedSince", ms(socket.authorized));
  out.number("connectedSince", ms(socket.connected)).flag("returnRateLimits", true).number("serverTime", ms(now));
  if (terms_.api_has_user_events) out.flag("userDataStream", !socket.subscriptions.empty());
  return out.done();
}

void MarketServer::identify(const ApiSocket& socket, Call& call, const Parameters& sent, UnixNanos now) const {
  const bool brings_key = std::ranges::any_of(sent, [](const auto& parameter) { return parameter.first == "apiKey"; });
  if (socket.key.empty() || brings_key) return doorman_.check(call, call.text("apiKey"), signed_text(sent), now);
  doorman_.check_key(call, socket.key);
  doorman_.check_time(call, now);
}

}  // namespace stom::venues::binance::server
