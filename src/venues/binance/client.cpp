// Binance's three markets and what differs between them; what comes in, and to whom it goes; how requests are written.
#include "venues/binance/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "venues/binance/market_client.hpp"
#include "venues/binance/socket_api.hpp"

namespace stom::venues::binance {
namespace {

constexpr DurationNanos kPingEvery = 20 * kSecond;
constexpr DurationNanos kSilentAfter = 45 * kSecond;  // two pings without an answer
constexpr DurationNanos kAskTimeEvery = kMinute;      // two clocks drift apart by a few milliseconds meanwhile
constexpr DurationNanos kIncomesKept = 89 * kDay;     // the venue's list of incomes goes back three months
constexpr DurationNanos kClockFellBack = kSecond;     // less is how sure an estimate is

constexpr Product kSpot{.name = "binance",
                        .rest = "https://api.binance.com",
                        .books = "wss://stream.binance.com:9443",
                        .marks = {},
                        .user = "wss://ws-api.binance.com:443",
                        .stream = "/stream",
                        .socket_api = "wss://ws-api.binance.com:443",
                        .socket_path = "/ws-api/v3",
                        .api = "/api/v3",
                        .cancel_all = "/openOrders",
                        .cancel_all_algos = {},
                        .account = "/api/v3/account?omitZeroBalances=true",
                        .account_weight = 20,
                        .income_weight = 0,  // nothing is funded
                        .weight_limit = 6000,
                        .orders_10s = 50,
                        .snapshot_weight = 50,
                        .depth = "depth@100ms"};
constexpr Product kUsdM{.name = "binance-usdm",
                        .rest = "https://fapi.binance.com",
                        .books = "wss://fstream.binance.com/public",
                        .marks = "wss://fstream.binance.com/market",
                        .user = "wss://fstream.binance.com/private",
                        .stream = "/stream",
                        .socket_api = "wss://ws-fapi.binance.com",
                        .socket_path = "/ws-fapi/v1",
                        .api = "/fapi/v1",
                        .cancel_all = "/allOpenOrders",
                        .cancel_all_algos = "/algoOpenOrders",
                        .account = "/fapi/v3/account",
                        .account_weight = 5,
                        .income_weight = 30,
                        .weight_limit = 2400,
                        .orders_10s = 300,
                        .snapshot_weight = 20,
                        .depth = "depth@100ms"};
constexpr Product kCoinM{.name = "binance-coinm",
                         .rest = "https://dapi.binance.com",
                         .books = "wss://dstream.binance.com",
                         .marks = "wss://dstream.binance.com",
                         .user = "wss://dstream.binance.com",
                         .stream = "/stream",
                         .socket_api = {},
                         .socket_path = {},
                         .api = "/dapi/v1",
                         .cancel_all = "/allOpenOrders",
                         .cancel_all_algos = "/algoOpenOrders",
                         .account = "/dapi/v1/account",
                         .account_weight = 5,
                         .income_weight = 20,
                         .weight_limit = 2400,
                         .orders_10s = 300,
                         .snapshot_weight = 20,
                         .depth = "depth@100ms"};
constexpr const Product& product_of(Feed feed) {
  return feed == Feed::Spot ? kSpot : feed == Feed::UsdM ? kUsdM : kCoinM;
}

}  // namespace

MarketClient::MarketClient(Feed feed, VenueConfig config, std::optional<Signer> signer)
    : config_{std::move(config)},
      feed_{feed},
      product_{product_of(feed_)},
      signer_{std::move(signer)},
      setup_{product_.api, config_.margin},
      suits_{feed == Feed::Spot} {
  client_id_prefix_ = fmt::format("stom-{}-", config_.session);
  order_path_ = fmt::format("{}/order", product_.api);
  algo_path_ = fmt::format("{}/algoOrder", product_.api);
  placing_ = {.endpoint = "rest",
              .method = "POST",
              .headers = {{"X-MBX-APIKEY", ""}, {"Content-Type", ""}},  // their values: sign()
              .priority = Priority::Order,
              .costs = {{kWeight, 1}, {kOrders10s, 1}},
              .sign_late = true};
  decoder_ = feed_ == Feed::Spot ? spot_decoder() : feed_ == Feed::UsdM ? usdm_decoder() : coinm_decoder();
  description_.name = product_.name;
  const auto stream = [](std::string_view name, std::string_view url) {
    // The venue pings every few minutes, too rarely to notice a dead connection by, and ends one after a day.
    return Endpoint{.name = std::string{name},
                    .transport = Transport::WebSocket,
                    .url = std::string{url},
                    .ping_every = kPingEvery,
                    .silent_after = kSilentAfter,
                    .renew_after = 23 * kHour};
  };
  description_.endpoints.push_back({.name = "rest", .url = std::string{product_.rest}});
  description_.endpoints.push_back(stream("books", product_.books));
  if (!product_.marks.empty()) description_.endpoints.push_back(stream("marks", product_.marks));
  description_.endpoints.push_back(stream("user", product_.user));
  description_.socket_orders = !product_.socket_api.empty();
  description_.tells_everything = true;
  using enum OrderType;
  description_.orders = {.types = OrdersOffered::bits({Limit, Market, Stop, StopLimit, TakeProfit, TakeProfitLimit}),
                         .triggers = feed_ == Feed::Spot ? OrdersOffered::bits({TriggerBy::Last})
                                                         : OrdersOffered::bits({TriggerBy::Last, TriggerBy::Mark}),
                         .reduce_only = feed_ != Feed::Spot};
  if (description_.socket_orders) description_.endpoints.push_back(stream("orders", product_.socket_api));
  description_.budgets = {{.name = "weight-1m",
                           .kind = BudgetKind::FixedWindow,
                           .limit = product_.weight_limit,
                           .window = kMinute,
                           .kept_for_risk = product_.weight_limit / 10,
                           .header = "X-MBX-USED-WEIGHT-1M"},
                          {.name = "orders-10s",
                           .kind = BudgetKind::FixedWindow,
                           .limit = product_.orders_10s,
                           .window = 10 * kSecond,
                           .header = "X-MBX-ORDER-COUNT-10S"}};
  description_.rate_refusals = {{.status = 429, .shuts_out = false, .wait_header = "Retry-After"},
                                {.status = 418, .shuts_out = true, .wait_header = "Retry-After"}};
}

void MarketClient::start(UnixNanos now, Actions& actions) {
  actions.status({VenueState::Connecting, "start"});
  if (!signer_) return;
  funding_from_ = funding_from_ == kNoTime ? now : std::max(funding_from_, now - kIncomesKept);
  for (auto& [client_id, order] : orders_) order.unknown_since = now;  // resumed
  ask_time(actions);
  if (config_.orders_by_socket && description_.socket_orders)
    actions.connect(kOrders, "orders", product_.socket_path, {});
  if (feed_ == Feed::Spot) return actions.connect(kUser, "user", "/ws-api/v3", {});
  ask_listen_key(now, actions);
  set_up_account(actions);
}

void MarketClient::opened(ConnectionId connection, UnixNanos now, Actions& actions) {
  if (connection == kUser) {
    user_open_ = true;
    if (feed_ == Feed::Spot) return subscribe_user(actions);
    return user_stream_ready("user stream open", now, actions);
  }
  if (connection == kOrders) {
    orders_open_ = true;
    return actions.status({VenueState::Ready, "orders go by the WebSocket API"});
  }
  subscribe(connection, actions);
  if (connection == kBooks) {
    for (auto& [symbol, watched] : watched_)
      if (watched.wanted.book) ask_snapshot(watched, actions);
    actions.status({VenueState::Ready, "market streams open"});
  }
}

void MarketClient::closed(ConnectionId connection, std::string_view reason, UnixNanos now, Actions& actions) {
  if (connection == kBooks) {
    for (auto& [symbol, watched] : watched_) {
      if (!watched.wanted.book) continue;
      watched.last_update_id = watched.snapshot_id = 0;
      actions.book_stale(watched.index, reason);
    }
  }
  if (connection == kOrders) orders_open_ = false;  // by REST until it is open again; the gateway ends what was asked
  if (connection == kUser) {
    user_open_ = subscribed_ = false;
    ask_all(actions);  // and again once it is open: what happens meanwhile is not told
    if (feed_ != Feed::Spot) ask_listen_key(now, actions);
  }
  actions.status({VenueState::Down, reason});
}

void MarketClient::frame(ConnectionId connection, std::string_view bytes, UnixNanos received, Actions& actions) {
  if (connection == kOrders) return socket_answered(bytes, received, actions);
  if (connection != kUser) {
    if (auto* watched = watched_by(bytes)) return market(*watched, bytes, received, actions);
  }
  const bool understood = told(bytes, received, actions);
  // It may have been about any order.
  if (!understood && connection == kUser) ask_all_at_retry(received, actions);
  tell_everything(actions);
}

void MarketClient::reply(const Reply& reply, UnixNanos now, Actions& actions) {
  if (reply.status >= 400)
    if (const auto refusal = refusal_in(reply.body); refusal && refusal->is_about_the_time()) ask_time(actions);
  answered(reply, now, actions);
  tell_everything(actions);
}

void MarketClient::answered(const Reply& reply, UnixNanos now, Actions& actions) {
  const auto number = number_of(reply.tag);
  switch (about_of(reply.tag)) {
    case About::Subscription:
      return;
    case About::Snapshot:
      return snapshot(number, reply, now, actions);
    case About::ListenKey:
      return listen_key(reply, now, actions);
    case About::KeepKey:
      if (reply.status != 200) ask_listen_key(now, actions);
      return;
    case About::Time:
      return time_told(reply, now, actions);
    case About::OpenOrders:
      return open_orders_told(static_cast<InstrumentIndex>(number), reply, now, actions);
    case About::OpenAlgos:
      return open_algos_told(static_cast<InstrumentIndex>(number), reply, now, actions);
    case About::TheirQuery:
    case About::TheirTrades:
      if (reply.status != 200 || !told(reply.body, now, actions)) return ask_all_at_retry(now, actions);
      return their_end_told(number, now, actions);
    case About::Order:
    case About::Query:
      return order_answered(number, about_of(reply.tag), reply, now, actions);
    case About::Trades:
      return trades_told(number, reply, now, actions);
    case About::Account:
      return account_told(reply, now, actions);
    case About::Funding:
      return funding_told(reply, now, actions);
    case About::Setup:
      return setup_answered(reply, now, actions);
    case About::Cancel:
      return cancel_answered(number, reply, now, actions);
    case About::CancelAll:
      --canceling_[static_cast<InstrumentIndex>(number)];
      if (reply.status != 200) refused(reply, "cancel all", actions);
      return;
  }
}

void MarketClient::outcome(Tag tag, Outcome outcome, UnixNanos now, Actions& actions) {
  const auto number = number_of(tag);
  switch (about_of(tag)) {
    case About::Snapshot:
    case About::Query:
      retry_at(now, actions);
      return;
    case About::Account:
      account_wanted_ = true;
      return retry_at(now, actions);
    case About::Funding:
      return ask_funding_again(now, actions);
    case About::Setup:
      setup_wanted_ = true;
      return retry_at(now, actions);
    case About::ListenKey:
    case About::KeepKey:
      actions.timer(kAskKey, now + kRetryAfter);
      return;
    // What cannot be sent now cannot be sent again at once either.
    case About::OpenOrders:
    case About::OpenAlgos:
      if (const auto symbol = symbols_.find(static_cast<InstrumentIndex>(number)); symbol != symbols_.end())
        watched_.find(symbol->second)->second.open_orders_wanted = true;
      return retry_at(now, actions);
    case About::TheirQuery:
    case About::TheirTrades:
      return ask_all_at_retry(now, actions);
    case About::Trades:
      if (auto* order = ours(number)) order->asking = true;
      return retry_at(now, actions);
    case About::Time:
      time_asked_ = false;
      actions.timer(kAskTime, now + kRetryAfter);
      return;
    case About::Order: {
      auto* order = ours(number);
      if (!order) return;
      if (outcome != Outcome::Unknown) {
        report(*order, end_of_unsent(outcome), now, "it was not sent", actions);
        orders_.erase(order->client_id);
      } else {
        order->unknown_since = now;
        actions.order_unknown(order->order.id, order->order.instrument);
        query(*order, actions);  // it may rest there: neither rejected nor working until the venue says so
      }
      return;
    }
    case About::Cancel:
      if (auto* order = ours(number); order && order->cancel_sent) {
        if (outcome == Outcome::NotWritten)
          report(*order, OrderEventKind::CancelRejected, now, "the cancel was not sent", actions);
        else
          lose_cancel(*order, actions);
      }
      return;
    case About::CancelAll:
      --canceling_[static_cast<InstrumentIndex>(number)];
      actions.status({VenueState::Ready, "it is not known whether all was canceled: asking"});
      for (auto& [id, order] : orders_) query(order, actions);
      return;
    case About::Subscription:
      if (number == kUser) actions.timer(kAskKey, now + kRetryAfter);
      return;
  }
}

void MarketClient::timer(TimerId id, UnixNanos now, Actions& actions) {
  if (id == kRetry) {
    retry_due_ = false;
    for (auto& [symbol, watched] : watched_)
      if (watched.wanted.book && watched.snapshot_wanted) ask_snapshot(watched, actions);
    if (account_wanted_) ask_account(actions);
    if (setup_wanted_) set_up_account(actions);
    for (auto& [symbol, watched] : watched_)
      if (watched.open_orders_wanted) ask_open_orders(watched.index, actions);
    for (auto& [client_id, order] : orders_)
      if (order.asking) query(order, actions);
  } else if (id == kAskTime) {
    ask_time(actions);
  } else if (id == kAskKey) {
    if (feed_ != Feed::Spot)
      ask_listen_key(now, actions);
    else if (user_open_ && !subscribed_)
      subscribe_user(actions);
  } else if (id == kAskFunding) {
    ask_funding(actions);
  } else if (id == kEarlyEnds) {
    end_early(now, actions);
    if (!early_.empty()) actions.timer(kEarlyEnds, early_.front().since + kOrderWaits + 1);
  } else if (id == kUserOpens) {
    if (!user_open_) ask_listen_key(now, actions);
  } else if (id == kKeepKey) {
    rest("PUT", fmt::format("{}/listenKey", product_.api), Priority::Session, tag_of(About::KeepKey, 0),
         {{kWeight, 1}});
    key_header();
    actions.request(request_);
    actions.timer(kKeepKey, now + kKeepKeyEvery);
  }
}

void MarketClient::clock_offset(DurationNanos offset, UnixNanos now, Actions&) {
  if (offset < offset_ - kClockFellBack) stamped_until_ = std::max(stamped_until_, now + offset_);
  offset_ = offset;
}

Result<void> MarketClient::sign(Request& request, UnixNanos now) {
  if (!signer_)
    return fail(Errc::Usage, fmt::format("{} has no key to sign with", product_.name), "give a key and its secret");
  const UnixNanos at = now + offset_;
  if (request.connection == kOrders) {
    request.body =
        socket_call(fmt::to_string(request.tag), request.method, request.body, config_.credentials->key, *signer_, at);
    return {};
  }
  if (request.connection == kUser) {
    // Signed are the parameters by name, as in a query.
    const auto& key = config_.credentials->key;
    const auto milliseconds = at / kMillisecond;
    request.body = fmt::format(
        R"({{"id":"user","method":"userDataStream.subscribe.signature","params":{{"apiKey":"{}","timestamp":{},"signature":"{}"}}}})",
        key, milliseconds, signer_->signature(fmt::format("apiKey={}&timestamp={}", key, milliseconds)));
    return {};
  }
  signer_->sign(request, at);
  return {};
}

bool MarketClient::told(std::string_view bytes, UnixNanos received, Actions& actions) {
  events_.clear();
  const auto decoded = decoder_->decode(bytes, received, events_);
  if (decoded.what == What::Unknown) {
    actions.unknown(decoded.text, bytes);
    // The name of a type has no words behind it, and is no list of members.
    return decoded.text.find_first_of(" ,") == std::string::npos;
  }
  if (decoded.what == What::Malformed) {
    actions.malformed({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, bytes);
    return false;
  }
  bool funding_due = false;
  // Fills before the state that they lead to: an answer may hold an order and its fills.
  for (const auto& event : events_.events)
    if (event.kind == "fill") order_told(event, received, bytes, actions);
  for (const auto& event : events_.events) {
    if (event.kind == "fill") continue;
    if (event.kind == "order") {
      order_told(event, received, bytes, actions);
    } else if (event.kind == "algo_order") {
      algo_told(event, received, bytes, actions);
    } else if (event.kind == "user_stream_ended") {
      actions.status({VenueState::Down, "the user stream ended"});
      subscribed_ = false;
      if (feed_ != Feed::Spot)
        ask_listen_key(received, actions);
      else
        subscribe_user(actions);
    } else if (event.kind == "venue_shutdown") {
      actions.status({VenueState::Down, "the venue closes the connection soon"});
    } else if (event.kind == "reply" && text(event, "request_id") == "user") {
      actions.settled(tag_of(About::Subscription, kUser));
      if (std::ranges::find(events_.events, "refusal", &Event::kind) == events_.events.end())
        user_stream_ready("user stream subscribed", received, actions);
      else
        actions.timer(kAskKey, received + kRetryAfter);
    } else if (event.kind == "account_update" && text(event, "reason") == "FUNDING_FEE") {
      ++funding_owed_;
      funding_tries_ = 0;
      funding_due = true;
    } else if (event.kind == "account_config" && events_.find(event, "leverage") != nullptr) {
      actions.status({VenueState::Ready, fmt::format("the leverage of {} is {} now", text(event, "instrument"),
                                                     events_.find(event, "leverage")->integer)});
    } else if (event.kind == "refusal") {
      if (const auto* code = events_.find(event, "code"); code && Refusal{code->integer, {}}.is_about_the_time())
        ask_time(actions);
      actions.status({VenueState::Refused, text(event, "message")});
    }
  }
  holdings_told(false, received, actions);
  if (funding_due) ask_funding(actions);
  return true;
}

void MarketClient::reset(Priority priority, Tag tag) {
  request_.endpoint.clear();
  request_.connection = 0;
  request_.method.clear();
  request_.target.clear();
  request_.headers.clear();
  request_.body.clear();
  request_.tag = tag;
  request_.priority = priority;
  request_.costs = {};
  request_.sign_late = false;
  request_.not_after = kNever;
  request_.order = {};
}

void MarketClient::rest(std::string_view method, std::string_view target, Priority priority, Tag tag, Costs costs) {
  reset(priority, tag);
  request_.endpoint = "rest";
  request_.method = method;
  request_.target = target;
  request_.costs = costs;
}

void MarketClient::call(std::string_view method, Priority priority, Tag tag, Costs costs) {
  reset(priority, tag);
  request_.connection = kOrders;
  request_.method = method;
  request_.costs = costs;
}

void MarketClient::socket_answered(std::string_view bytes, UnixNanos now, Actions& actions) {
  const auto answer = read_socket_answer(socket_document_, bytes);
  // Without an answer that can be read, the gateway says before long that nothing is known of the call.
  if (!answer) return void(told(bytes, now, actions));
  actions.settled_with(answer->id, answer->status, answer->told);
  reply({.tag = answer->id, .status = answer->status, .headers = answer->told, .body = answer->body}, now, actions);
}

void MarketClient::key_header() { request_.headers.push_back({"X-MBX-APIKEY", config_.credentials->key}); }

void MarketClient::retry_at(UnixNanos now, Actions& actions) {
  if (!retry_due_) actions.timer(kRetry, now + kRetryAfter);
  retry_due_ = true;
}

std::optional<Refusal> MarketClient::refusal_in(std::string_view body) { return read_refusal(document_, body); }

void MarketClient::refused(const Reply& reply, std::string_view what, Actions& actions) {
  const auto refusal = refusal_in(reply.body);
  actions.status({refusal && refusal->is_about_the_key() ? VenueState::Refused : VenueState::Ready,
                  fmt::format("{} refused: HTTP {}{}", what, reply.status, refusal ? ", " + refusal->text() : "")});
}

void MarketClient::ask_time(Actions& actions) {
  if (std::exchange(time_asked_, true)) return;
  rest("GET", fmt::format("{}/time", product_.api), Priority::Session, tag_of(About::Time, 0), {{kWeight, 1}});
  actions.request(request_);
}

void MarketClient::time_told(const Reply& reply, UnixNanos now, Actions& actions) {
  time_asked_ = false;
  const auto root = document_.parse(reply.body);
  std::int64_t milliseconds = 0;
  if (reply.status == 200 && root && root->find("serverTime") && root->find("serverTime").is_number()) {
    const auto text = root->find("serverTime").text();
    const auto read = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
    if (read.ptr != text.data() + text.size()) milliseconds = 0;
  }
  if (milliseconds <= 0) return actions.timer(kAskTime, now + kRetryAfter);
  actions.venue_clock(milliseconds * kMillisecond, (milliseconds + 1) * kMillisecond);
  actions.timer(kAskTime, now + kAskTimeEvery);
}

namespace {

Result<std::unique_ptr<Venue>> make(Feed feed, VenueConfig config) {
  std::optional<Signer> signer;
  if (config.credentials) {
    auto made = Signer::make(*config.credentials);
    if (!made) return std::unexpected(made.error());
    signer = std::move(*made);
  }
  return std::make_unique<MarketClient>(feed, std::move(config), std::move(signer));
}

}  // namespace

Result<std::unique_ptr<Venue>> spot_client(const VenueConfig& config) { return make(Feed::Spot, config); }
Result<std::unique_ptr<Venue>> usdm_client(const VenueConfig& config) { return make(Feed::UsdM, config); }
Result<std::unique_ptr<Venue>> coinm_client(const VenueConfig& config) { return make(Feed::CoinM, config); }

}  // namespace stom::venues::binance
