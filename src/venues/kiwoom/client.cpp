// What comes in from Kiwoom and from those who trade there, and to whom it goes; how requests are written.
#include "venues/kiwoom/client.hpp"

#include <fmt/format.h>

#include <utility>

#include "venues/kiwoom/signing.hpp"
#include "venues/kiwoom/stock_client.hpp"

namespace stom::venues::kiwoom {
namespace {

constexpr std::int64_t kMostRegistrations = 100;
// Each API id has an allowance of its own: two at once, then one a second (docs/venues/kiwoom.md, Limits).
constexpr std::int64_t kAtOnce = 2;
constexpr DurationNanos kAtOnceWithin = 2 * kSecond;

std::string_view header_in(std::span<const Header> headers, std::string_view name) {
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  for (const auto& header : headers)
    if (std::ranges::equal(header.name, name, same)) return header.value;
  return {};
}

}  // namespace

StockClient::StockClient(Credentials credentials) : credentials_{std::move(credentials)} {
  description_.name = "kiwoom";
  description_.endpoints = {{.name = "rest", .url = "https://api.kiwoom.com"},
                            {.name = "stream",
                             .transport = Transport::WebSocket,
                             .url = "wss://api.kiwoom.com:10000",
                             .silent_after = kMinute}};  // a ping comes every ten seconds
  description_.budgets = {{.name = "registrations", .kind = BudgetKind::Standing, .limit = kMostRegistrations}};
  for (const auto name : {"kt10000-2s", "kt10001-2s", "kt10003-2s", "ka10075-2s", "ka10076-2s", "kt00018-2s",
                          "kt00001-2s", "ka10032-2s", "kt00007-2s"})
    description_.budgets.push_back({.name = name, .limit = kAtOnce, .window = kAtOnceWithin});
  description_.rate_refusals = {{.status = 429, .wait_otherwise = kSecond}};
  description_.ranks_by_value = description_.searches = true;
  description_.registrations = kRegistrations;
  description_.tells_everything = true;
}

void StockClient::start(UnixNanos now, Actions& actions) {
  look_at_day(now, actions);
  for (const auto& [day, number] : std::exchange(over_before_, {}))
    if (day == today_) remember(number);
  for (auto& order : orders_) {  // resumed
    if (order.number != 0 && order.day == today_) continue;
    order.unknown_since = now;
    actions.order_unknown(order.order.id, order.order.instrument);
  }
  actions.status({VenueState::Connecting, "asking for a token"});
  ask_token(actions);
}

void StockClient::opened(ConnectionId, UnixNanos, Actions& actions) {
  open_ = true;
  log_in(actions);
}

void StockClient::closed(ConnectionId, std::string_view reason, UnixNanos now, Actions& actions) {
  open_ = logged_in_ = account_told_ = false;
  for (auto& [code, watched] : watched_) {
    if (watched.registered.any()) actions.release(kRegistrations, 1);
    watched.registered = {};
    watched.interrupted = false;
    for (const auto& watcher : watched.watchers)
      if (watcher.wanted.book) actions.book_stale(watcher.index, reason);
  }
  actions.status({VenueState::Down, reason});
  if (!orders_.empty()) ask_orders(now, actions);  // what happens meanwhile is not told again
}

void StockClient::frame(ConnectionId, std::string_view bytes, UnixNanos received, Actions& actions) {
  if (market_straight(bytes, received, actions)) return;
  look_at_day(received, actions);
  events_.clear();
  const auto decoded = decoder_->decode(bytes, received, events_);
  if (decoded.what == What::Unknown) return actions.unknown(decoded.text, bytes);
  if (decoded.what == What::Malformed)
    return broken({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, bytes, received, actions);
  for (const auto& event : events_.events) {
    if (event.kind == "ping") {
      say(bytes, {}, actions);
    } else if (event.kind == "ok" && text(event, "request") == "LOGIN") {
      registered(received, actions);
    } else if (event.kind == "ok" && text(event, "request") == "REG") {
      // The first is the account's: what happened to orders before it is not told.
      if (!std::exchange(account_told_, true)) ask_everything(received, actions);
    } else if (event.kind == "refusal") {
      refused(event, received, actions);
    } else if (event.kind == "order" || event.kind == "fill") {
      const auto report = report_in(event, received);
      if (!report) return broken(report.error(), bytes, received, actions);
      order_told(*report, received, actions);
    } else if (event.kind == "position") {
      if (const auto done = position_told(event, actions); !done)
        return unreadable_account(done.error(), bytes, received, actions);
    } else if (event.kind == "condition") {
      find_search(actions);
      break;  // it looked at all of them
    } else if (event.kind == "condition_match" || event.kind == "condition_empty") {
      if (!matched(event, actions)) break;  // it took all of them
    } else if (event.kind == "interruption") {
      interruption_told(event);
      actions.status({VenueState::Ready,
                      fmt::format("interruption {} {}", text(event, "instrument"), text(event, "interruption"))});
    } else if (event.kind == "session") {
      session_told(text(event, "session"), actions);
    } else {
      market(event, received, bytes, actions);
    }
  }
}

void StockClient::reply(const Reply& reply, UnixNanos now, Actions& actions) {
  look_at_day(now, actions);
  switch (about_of(reply.tag)) {
    case About::Token:
      return token_answered(reply, now, actions);
    case About::Order:
      return order_answered(serial_of(reply.tag), reply, now, actions);
    case About::Cancel:
      return cancel_answered(serial_of(reply.tag), reply, now, actions);
    case About::Open:
    case About::Done:
    case About::OfDay:
      return orders_listed(about_of(reply.tag), reply, now, actions);
    case About::Holdings:
    case About::Cash:
      return account_listed(about_of(reply.tag), reply, now, actions);
    case About::Ranking:
      return ranked(reply, now, actions);
  }
}

void StockClient::outcome(Tag tag, Outcome outcome, UnixNanos now, Actions& actions) {
  switch (about_of(tag)) {
    case About::Token:
      return no_token("no token: it was not answered", now, actions);
    case About::Order: {
      const auto order = by_serial(serial_of(tag));
      if (order == orders_.end()) return;
      if (outcome != Outcome::Unknown) {
        report(*order, end_of_unsent(outcome), now, "it was not sent", actions);
        orders_.erase(order);
        return release_held(now, actions);
      }
      return lose(*order, now, actions);
    }
    case About::Cancel: {
      const auto order = by_serial(serial_of(tag));
      if (order == orders_.end()) return;
      order->canceling = false;
      if (outcome != Outcome::NotWritten) return lose_cancel(*order, now, actions);
      report(*order, OrderEventKind::CancelRejected, now, "the cancel was not sent", actions);
      if (order->late) look_again(kRetryAfter, now, actions);  // they lead to another one
      return;
    }
    case About::Open:
    case About::Done:
      return lists_failed(kRetryAfter, now, actions);
    case About::OfDay:
      return day_failed(now, actions);
    case About::Holdings:
    case About::Cash:
      return account_failed(kRetryAfter, now, actions);
    case About::Ranking:
      most_ranked_ = 0;  // who wanted it asks again
      return;
  }
}

void StockClient::timer(TimerId id, UnixNanos now, Actions& actions) {
  look_at_day(now, actions);
  if (id == kAskToken) return ask_token(actions);
  if (id == kConnectAnew) {
    anew_due_ = false;
    if (open_ && !account_told_) connect_anew(now, actions);
    return;
  }
  if (id == kAskAccount) return ask_account(now, actions);
  if (id == kCancelLate) {
    ask_orders(now, actions);
    return wake_for_late(now, actions);
  }
  look_due_ = false;
  if (!orders_.empty() || ask_again_) ask_orders(now, actions);
}

Result<void> StockClient::sign(Request& request, UnixNanos) {
  return kiwoom::sign(request, std::string{header_in(request.headers, "api-id")}, token_);
}

void StockClient::rest(std::string_view target, std::string_view api_id, Priority priority, Tag tag, Costs costs) {
  request_ = {};
  request_.endpoint = "rest";
  request_.method = "POST";
  request_.target = target;
  request_.headers = {{"api-id", std::string{api_id}}};
  request_.priority = priority;
  request_.tag = tag;
  request_.costs = costs;
  request_.sign_late = true;
}

void StockClient::page_headers(const Reply* page) {
  if (page == nullptr) return;
  request_.headers.push_back({"cont-yn", "Y"});
  request_.headers.push_back({"next-key", std::string{header_in(page->headers, "next-key")}});
}

bool StockClient::has_more(const Reply& reply) { return header_in(reply.headers, "cont-yn") == "Y"; }

void StockClient::say(std::string_view body, Costs costs, Actions& actions) {
  request_ = {};
  request_.connection = kStream;
  request_.body = body;
  request_.priority = Priority::Session;
  request_.costs = costs;
  actions.request(request_);
}

std::string StockClient::refusal_text(const Event& event) const {
  const auto* code = events_.find(event, "code");
  return fmt::format("{} {}", code ? code->integer : 0, text(event, "message"));
}

Result<std::unique_ptr<Venue>> client(const VenueConfig& config) {
  if (!config.credentials || config.credentials->key.empty() || config.credentials->secret.empty())
    return fail(Errc::Usage, "kiwoom has no public data", "give a key and its secret");
  return std::make_unique<StockClient>(*config.credentials);
}

}  // namespace stom::venues::kiwoom
