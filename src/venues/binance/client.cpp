#include "venues/binance/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <utility>

#include "core/decimal.hpp"
#include "venues/binance/account_setup.hpp"
#include "venues/binance/decoder.hpp"
#include "venues/binance/market_data.hpp"
#include "venues/binance/order_form.hpp"
#include "venues/binance/refusals.hpp"
#include "venues/binance/signing.hpp"
#include "venues/binance/socket_api.hpp"
#include "venues/json.hpp"
#include "venues/straight_reader.hpp"

namespace stom::venues::binance {
namespace {

using What = Decoded::What;

enum Connection : ConnectionId { kBooks = 1, kMarks = 2, kUser = 3, kOrders = 4 };
enum Timer : TimerId { kRetry = 1, kKeepKey = 2, kAskKey = 3, kAskTime = 4 };
/// What a tag is about; the rest of it is a number.
enum class About : std::uint8_t {
  Subscription = 1,
  Trades,
  Snapshot,
  ListenKey,
  KeepKey,
  OpenOrders,
  Order,
  Cancel,
  CancelAll,
  Query,
  Time,
  TheirQuery,  // of an order that was placed by other means; the number is the venue's
  TheirTrades,
  Account,
  Setup
};
constexpr Tag tag_of(About about, std::uint64_t number) { return static_cast<Tag>(about) << 56 | number; }
constexpr About about_of(Tag tag) { return static_cast<About>(tag >> 56); }
constexpr std::uint64_t number_of(Tag tag) { return tag & ((Tag{1} << 56) - 1); }

constexpr DurationNanos kRetryAfter = kSecond;
constexpr DurationNanos kPingEvery = 20 * kSecond;
constexpr DurationNanos kSilentAfter = 45 * kSecond;   // two pings without an answer
constexpr std::size_t kOverKept = 1024;                // orders of others that are over: what is told late begins none
constexpr DurationNanos kTooLate = 6 * kSecond;        // behind recvWindow, which we leave at 5 s
constexpr DurationNanos kKeepKeyEvery = 30 * kMinute;  // a listen key lives for an hour
constexpr std::int64_t kOtherSideMode = -4061;         // an order that does not fit the account's position mode
constexpr DurationNanos kAskTimeEvery = kMinute;       // two clocks drift apart by a few milliseconds meanwhile

enum Weights : BudgetIndex { kWeight = 0, kOrders10s = 1, kOrdersLong = 2 };

/// What differs between the three.
struct Product {
  std::string_view name;
  std::string_view rest, books, marks, user;  // production addresses
  std::string_view stream;                    // path of a combined stream
  std::string_view socket_api, socket_path;   // the WebSocket API; empty: none that we know
  std::string_view api;                       // "/fapi/v1"
  std::string_view cancel_all, cancel_all_algos;
  std::string_view account;  // what it holds: path and query
  std::int32_t account_weight;
  std::int64_t weight_limit;  // a minute
  std::int64_t orders_10s;
  std::int64_t snapshot_weight;
  std::string_view depth;  // stream of diffs
};
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
                         .weight_limit = 2400,
                         .orders_10s = 300,
                         .snapshot_weight = 20,
                         .depth = "depth@100ms"};
constexpr const Product& product_of(Feed feed) {
  return feed == Feed::Spot ? kSpot : feed == Feed::UsdM ? kUsdM : kCoinM;
}

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

class Client final : public Venue {
 public:
  Client(Feed feed, VenueConfig config, std::optional<Signer> signer)
      : config_{std::move(config)},
        feed_{feed},
        product_{product_of(feed_)},
        signer_{std::move(signer)},
        setup_{product_.api, config_.margin},
        suits_{feed == Feed::Spot} {
    client_id_prefix_ = fmt::format("stom-{}-", config_.session);
    order_path_ = fmt::format("{}/order", product_.api);
    algo_path_ = fmt::format("{}/algoOrder", product_.api);
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

  const Description& description() const override { return description_; }

  void start(UnixNanos now, Actions& actions) override {
    actions.status({VenueState::Connecting, "start"});
    if (!signer_) return;
    ask_time(actions);
    if (config_.orders_by_socket && description_.socket_orders)
      actions.connect(kOrders, "orders", product_.socket_path, {});
    if (feed_ == Feed::Spot) return actions.connect(kUser, "user", "/ws-api/v3", {});
    ask_listen_key(now, actions);
    set_up_account(actions);
  }

  void opened(ConnectionId connection, UnixNanos, Actions& actions) override {
    if (connection == kUser) {
      user_open_ = true;
      if (feed_ == Feed::Spot) return subscribe_user(actions);
      return user_stream_ready("user stream open", actions);
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

  void closed(ConnectionId connection, std::string_view reason, UnixNanos now, Actions& actions) override {
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

  void frame(ConnectionId connection, std::string_view bytes, UnixNanos received, Actions& actions) override {
    if (connection == kOrders) return socket_answered(bytes, received, actions);
    if (connection != kUser) {
      if (auto* watched = watched_by(bytes)) return market(*watched, bytes, received, actions);
    }
    const bool understood = told(bytes, received, actions);
    // It may have been about any order.
    if (!understood && connection == kUser) ask_all_at_retry(received, actions);
  }

  void reply(const Reply& reply, UnixNanos now, Actions& actions) override {
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
      case About::Setup:
        return setup_answered(reply, now, actions);
      case About::Cancel:
        return cancel_answered(number, reply, now, actions);
      case About::CancelAll:
        if (reply.status != 200) refused(reply, "cancel all", actions);
        return;
    }
  }

  void outcome(Tag tag, Outcome outcome, UnixNanos now, Actions& actions) override {
    const auto number = number_of(tag);
    switch (about_of(tag)) {
      case About::Snapshot:
      case About::Query:
        retry_at(now, actions);
        return;
      case About::Account:
        account_wanted_ = true;
        return retry_at(now, actions);
      case About::Setup:
        setup_wanted_ = true;
        return retry_at(now, actions);
      case About::ListenKey:
      case About::KeepKey:
        actions.timer(kAskKey, now + kRetryAfter);
        return;
      // What cannot be sent now cannot be sent again at once either.
      case About::OpenOrders:
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
        actions.timer(kAskTime, now + kRetryAfter);
        return;
      case About::Order: {
        auto* order = ours(number);
        if (!order) return;
        if (outcome == Outcome::NotWritten) {
          report(*order, OrderEventKind::Denied, now, "it was not sent", actions);
          orders_.erase(order->client_id);
        } else {
          order->unknown_since = now;
          actions.order_unknown(order->order.id, order->order.instrument);
          query(*order, actions);  // it may rest there: neither rejected nor working until the venue says so
        }
        return;
      }
      case About::Cancel:
        if (auto* order = ours(number)) {
          if (outcome == Outcome::NotWritten)
            report(*order, OrderEventKind::CancelRejected, now, "the cancel was not sent", actions);
          else
            lose_cancel(*order, actions);
        }
        return;
      case About::CancelAll:
        actions.status({VenueState::Ready, "it is not known whether all was canceled: asking"});
        for (auto& [id, order] : orders_) query(order, actions);
        return;
      case About::Subscription:
        if (number == kUser) actions.timer(kAskKey, now + kRetryAfter);
        return;
    }
  }

  void timer(TimerId id, UnixNanos now, Actions& actions) override {
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
    } else if (id == kKeepKey) {
      rest("PUT", fmt::format("{}/listenKey", product_.api), Priority::Session, tag_of(About::KeepKey, 0),
           {{kWeight, 1}});
      key_header();
      actions.request(request_);
      actions.timer(kKeepKey, now + kKeepKeyEvery);
    }
  }

  void clock_offset(DurationNanos offset, UnixNanos, Actions&) override { offset_ = offset; }

  Result<void> sign(Request& request, UnixNanos now) override {
    if (!signer_)
      return fail(Errc::Usage, fmt::format("{} has no key to sign with", product_.name), "give a key and its secret");
    const UnixNanos at = now + offset_;
    if (request.connection == kOrders) {
      request.body = socket_call(fmt::to_string(request.tag), request.method, request.body, config_.credentials->key,
                                 *signer_, at);
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

  void watch(InstrumentIndex index, const Instrument& instrument, Wanted wanted, UnixNanos, Actions& actions) override {
    const auto symbol = instrument.symbol();
    auto [at, added] = watched_.try_emplace(symbol, symbol, feed_);
    auto& watched = at->second;
    watched.index = index;
    watched.instrument = instrument;
    watched.wanted = wanted;
    watched.data.set_decimals({instrument.price_decimals, instrument.quantity_decimals});
    symbols_[index] = symbol;
    if (added && signer_) ask_open_orders(index, actions);
    for (const auto connection : {kBooks, kMarks}) {
      const auto streams = streams_of(watched, connection);
      if (streams.empty()) continue;
      const bool first = !(connected_ & 1u << connection);
      if (first) {
        connected_ |= 1u << connection;
        actions.connect(connection, connection == kBooks ? "books" : "marks", product_.stream, {});
      } else if (added) {
        say_streams(connection, "SUBSCRIBE", streams, actions);
        if (connection == kBooks && wanted.book) ask_snapshot(watched, actions);
      }
    }
  }

  void unwatch(InstrumentIndex index, UnixNanos, Actions& actions) override {
    const auto symbol = symbols_.find(index);
    if (symbol == symbols_.end()) return;
    const auto at = watched_.find(symbol->second);
    for (const auto connection : {kBooks, kMarks})
      if (const auto streams = streams_of(at->second, connection); !streams.empty())
        say_streams(connection, "UNSUBSCRIBE", streams, actions);
    watched_.erase(at);
    symbols_.erase(symbol);
  }

  void submit(const NewOrder& order, UnixNanos now, Actions& actions) override {
    const auto symbol = symbols_.find(order.instrument);
    Order fresh;
    fresh.order = order;
    fresh.client_id = client_id_of(order.id);
    const auto deny = [&](RejectReason reason, std::string_view why) {
      fresh.reason = reason;
      report(fresh, OrderEventKind::Denied, now, why, actions);
    };
    if (!signer_) return deny(RejectReason::Unsupported, "no key: public data alone");
    if (symbol == symbols_.end()) return deny(RejectReason::Unsupported, "the instrument is not watched");
    if (const auto why = not_offered(feed_, order); !why.empty()) return deny(RejectReason::Unsupported, why);
    if (setup_.stopped()) return deny(RejectReason::Unsupported, setup_.text());
    if (!suits_) return early_.push_back(order);
    const auto& watched = watched_.find(symbol->second)->second;
    const bool algo = is_algo(feed_, order), by_socket = orders_open_ && !algo;
    if (by_socket)
      call("order.place", Priority::Order, tag_of(About::Order, order.id), {{kWeight, 1}, {kOrders10s, 1}});
    else
      rest("POST", algo ? algo_path_ : order_path_, Priority::Order, tag_of(About::Order, order.id),
           {{kWeight, 1}, {kOrders10s, 1}});
    append_order(request_.body, feed_, order, watched.instrument, by_socket ? symbol->second : watched.wire,
                 fresh.client_id);
    request_.sign_late = true;
    std::string id = fresh.client_id;
    orders_.insert_or_assign(std::move(id), std::move(fresh));
    actions.request(request_);
  }

  void cancel(const CancelOrder& cancel, UnixNanos now, Actions& actions) override {
    if (const auto early = std::ranges::find(early_, cancel.id, &NewOrder::id); early != early_.end()) {
      const auto order = *early;
      early_.erase(early);
      return early_ended(order, OrderEventKind::Canceled, "it had not been sent yet", now, actions);
    }
    auto* order = ours(cancel.id);
    if (!order || symbol_of(*order).empty()) {
      Order none;
      none.order.id = cancel.id;
      none.order.instrument = cancel.instrument;
      none.client_id = client_id_of(cancel.id);
      none.reason = RejectReason::UnknownOrder;
      return report(none, OrderEventKind::CancelRejected, now, "no such order is working", actions);
    }
    if (orders_open_ && !waits_at_algo(*order)) {
      call("order.cancel", Priority::Risk, tag_of(About::Cancel, cancel.id), {{kWeight, 1}});
      request_.body = fmt::format("symbol={}&{}", symbol_of(*order), name_of(*order));
    } else {
      rest("DELETE", place_of(*order), Priority::Risk, tag_of(About::Cancel, cancel.id), {{kWeight, 1}});
    }
    request_.sign_late = true;
    actions.request(request_);
  }

  void cancel_all(std::optional<InstrumentIndex> instrument, UnixNanos now, Actions& actions) override {
    if (!signer_) return;
    for (const auto& order : std::exchange(early_, {})) {
      if (instrument && *instrument != order.instrument)
        early_.push_back(order);
      else
        early_ended(order, OrderEventKind::Canceled, "it had not been sent yet", now, actions);
    }
    for (const auto& [index, symbol] : symbols_) {
      if (instrument && *instrument != index) continue;
      for (const auto path : {product_.cancel_all, product_.cancel_all_algos}) {
        if (path.empty()) continue;
        rest("DELETE", fmt::format("{}{}?symbol={}", product_.api, path, wire(symbol)), Priority::Risk,
             tag_of(About::CancelAll, index), {{kWeight, 1}});
        request_.sign_late = true;
        actions.request(request_);
      }
    }
  }

  std::span<const WorkingOrder> working_orders() const override {
    working_.clear();
    for (const auto& [client_id, order] : orders_)
      if (order.accepted)
        working_.push_back({order.is_ours ? order.order.id : 0, order.order.instrument, order.order.side,
                            order.order.price, order.order.quantity - order.filled, order.venue_order_id});
    return working_;
  }

 private:
  struct Watched {
    Watched(const std::string& symbol, Feed feed)
        : wire{percent_encode(symbol)}, data{MarketDataConfig{symbol, feed, {}}} {}
    std::string wire;  // the symbol as a query or a form carries it
    InstrumentIndex index = 0;
    Instrument instrument;
    Wanted wanted;
    MarketData data;
    std::int64_t last_update_id = 0;  // of the newest diff; 0: none since the connection opened
    std::int64_t wanted_id = 0;    // the id before the first diff since then, or since a gap: a snapshot must reach it
    std::int64_t snapshot_id = 0;  // of the snapshot since then; 0: none
    bool snapshot_wanted = false;  // asked for, or to be asked for again
    bool open_orders_wanted = false;
  };

  struct Order {
    NewOrder order;
    std::string client_id;
    std::string venue_order_id;
    Quantity filled{};
    RejectReason reason = RejectReason::None;
    std::vector<std::string> trades;  // fills that were told: the same one can come twice
    bool is_ours = true;              // placed by this session
    bool accepted = false;
    bool triggered = false;    // of one that waits for a price: it had it
    bool asking = false;       // nobody knows what became of it
    bool cancel_lost = false;  // nor of the cancel that was sent for it
    bool listed = false;       // among the open orders that the venue listed last
    Quantity known_filled{};   // as an answer said: more than was told while its trades are asked for
    UnixNanos unknown_since = kNoTime;
    std::optional<OrderEventKind> ending;  // it is over; to be told behind the fills that are still asked for
  };

  // ---- requests -----------------------------------------------------------------------------------------------------

  void reset(Priority priority, Tag tag) {
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
  }
  void rest(std::string_view method, std::string_view target, Priority priority, Tag tag, Costs costs) {
    reset(priority, tag);
    request_.endpoint = "rest";
    request_.method = method;
    request_.target = target;
    request_.costs = costs;
  }
  /// Of the WebSocket API. The body is a form until it is signed.
  void call(std::string_view method, Priority priority, Tag tag, Costs costs) {
    reset(priority, tag);
    request_.connection = kOrders;
    request_.method = method;
    request_.costs = costs;
  }
  /// What REST would have answered, and is understood as that.
  void socket_answered(std::string_view bytes, UnixNanos now, Actions& actions) {
    const auto answer = read_socket_answer(socket_document_, bytes);
    // Without an answer that can be read, the gateway says before long that nothing is known of the call.
    if (!answer) return void(told(bytes, now, actions));
    actions.settled_with(answer->id, answer->status, answer->told);
    reply({.tag = answer->id, .status = answer->status, .headers = answer->told, .body = answer->body}, now, actions);
  }
  /// A symbol as a query or a form carries it and as it is signed: some have letters that are no ASCII.
  static std::string wire(std::string_view symbol) { return percent_encode(symbol); }
  void key_header() { request_.headers.push_back({"X-MBX-APIKEY", config_.credentials->key}); }

  void ask_snapshot(Watched& watched, Actions& actions) {
    watched.snapshot_wanted = true;
    const auto symbol = watched.instrument.symbol();
    rest("GET", fmt::format("{}/depth?symbol={}&limit=1000", product_.api, wire(symbol)), Priority::Query,
         tag_of(About::Snapshot, watched.index), {{kWeight, static_cast<std::int32_t>(product_.snapshot_weight)}});
    actions.request(request_);
  }
  void ask_listen_key(UnixNanos, Actions& actions) {
    rest("POST", fmt::format("{}/listenKey", product_.api), Priority::Session, tag_of(About::ListenKey, 0),
         {{kWeight, 1}});
    key_header();
    actions.request(request_);
  }
  void ask_time(Actions& actions) {
    rest("GET", fmt::format("{}/time", product_.api), Priority::Session, tag_of(About::Time, 0), {{kWeight, 1}});
    actions.request(request_);
  }
  void time_told(const Reply& reply, UnixNanos now, Actions& actions) {
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
  void ask_open_orders(InstrumentIndex index, Actions& actions) {
    const auto symbol = symbols_.find(index);
    if (symbol == symbols_.end()) return;
    watched_.find(symbol->second)->second.open_orders_wanted = false;
    rest("GET", fmt::format("{}/openOrders?symbol={}", product_.api, wire(symbol->second)), Priority::Query,
         tag_of(About::OpenOrders, index), {{kWeight, feed_ == Feed::Spot ? 6 : 1}});
    request_.sign_late = true;
    actions.request(request_);
  }
  void ask_account(Actions& actions) {
    account_wanted_ = false;
    rest("GET", std::string{product_.account}, Priority::Query, tag_of(About::Account, 0),
         {{kWeight, product_.account_weight}});
    request_.sign_late = true;
    actions.request(request_);
  }
  /// The fills of an order whose answer knows of more than were told.
  void ask_trades(const Order& order, Actions& actions) {
    rest("GET",
         fmt::format("{}/{}?symbol={}&orderId={}", product_.api, feed_ == Feed::Spot ? "myTrades" : "userTrades",
                     wire(symbol_of(order)), order.venue_order_id),
         Priority::Query,
         order.is_ours ? tag_of(About::Trades, order.order.id)
                       : tag_of(About::TheirTrades, venue_number(order.venue_order_id)),
         {{kWeight, feed_ == Feed::Spot ? 20 : 5}});
    request_.sign_late = true;
    actions.request(request_);
  }
  /// At the algo service for as long as it waits; behind that an order like any other, whose number the service told.
  bool waits_at_algo(const Order& order) const { return is_algo(feed_, order.order) && !order.triggered; }
  /// Where one of ours is asked for and canceled.
  std::string place_of(const Order& order) const {
    if (waits_at_algo(order)) return fmt::format("{}?clientAlgoId={}", algo_path_, order.client_id);
    return fmt::format("{}?symbol={}&{}", order_path_, wire(symbol_of(order)), name_of(order));
  }
  std::string name_of(const Order& order) const {
    const bool by_number = is_algo(feed_, order.order) && !order.venue_order_id.empty();
    return fmt::format("{}={}", by_number ? "orderId" : "origClientOrderId",
                       by_number ? order.venue_order_id : order.client_id);
  }
  void query(Order& order, Actions& actions) {
    if (!order.is_ours || symbol_of(order).empty()) return;
    order.asking = true;
    rest("GET", place_of(order), Priority::Query, tag_of(About::Query, order.order.id),
         {{kWeight, feed_ == Feed::Spot ? 4 : 1}});
    request_.sign_late = true;
    actions.request(request_);
  }
  void query_theirs(const Order& order, Actions& actions) {
    rest("GET",
         fmt::format("{}/order?symbol={}&orderId={}", product_.api, wire(symbol_of(order)), order.venue_order_id),
         Priority::Query, tag_of(About::TheirQuery, venue_number(order.venue_order_id)),
         {{kWeight, feed_ == Feed::Spot ? 4 : 1}});
    request_.sign_late = true;
    actions.request(request_);
  }
  static std::uint64_t venue_number(std::string_view id) {
    std::uint64_t number = 0;
    std::from_chars(id.data(), id.data() + id.size(), number);
    return number_of(number);
  }
  /// Open orders of all instruments, and each order whose end we do not know.
  void ask_all(Actions& actions) {
    for (const auto& [index, symbol] : symbols_) ask_open_orders(index, actions);
    for (auto& [id, order] : orders_) query(order, actions);
  }
  /// The same, at most once a second.
  void ask_all_at_retry(UnixNanos now, Actions& actions) {
    for (auto& [symbol, watched] : watched_) watched.open_orders_wanted = true;
    for (auto& [id, order] : orders_) order.asking = order.is_ours;
    retry_at(now, actions);
  }
  void subscribe_user(Actions& actions) {
    reset(Priority::Session, tag_of(About::Subscription, kUser));
    request_.connection = kUser;
    request_.sign_late = true;  // the whole text: it holds a time stamp
    actions.request(request_);
  }
  void user_stream_ready(std::string_view how, Actions& actions) {
    subscribed_ = true;
    actions.status({VenueState::LoggingIn, how});
    // What happened before is not told. A stream of futures opens by the key alone: whether the secret is right, the
    // first signed question tells.
    ask_account(actions);
    ask_all(actions);
  }
  void retry_at(UnixNanos now, Actions& actions) {
    if (!retry_due_) actions.timer(kRetry, now + kRetryAfter);
    retry_due_ = true;
  }

  // ---- market data --------------------------------------------------------------------------------------------------

  std::vector<std::string> streams_of(const Watched& watched, ConnectionId connection) const {
    std::vector<std::string> streams;
    const auto symbol = lower(watched.instrument.symbol());
    if (connection == kMarks) {
      if (watched.wanted.mark_price && !product_.marks.empty()) streams.push_back(symbol + "@markPrice@1s");
      return streams;
    }
    if (watched.wanted.book) streams.push_back(fmt::format("{}@{}", symbol, product_.depth));
    if (watched.wanted.trades) streams.push_back(symbol + "@trade");
    if (watched.wanted.quotes) streams.push_back(symbol + "@bookTicker");
    return streams;
  }
  void subscribe(ConnectionId connection, Actions& actions) {
    std::vector<std::string> all;
    for (const auto& [symbol, watched] : watched_)
      for (auto& stream : streams_of(watched, connection)) all.push_back(std::move(stream));
    if (!all.empty()) say_streams(connection, "SUBSCRIBE", all, actions);
  }
  void say_streams(ConnectionId connection, std::string_view method, const std::vector<std::string>& streams,
                   Actions& actions) {
    reset(Priority::Session, 0);
    request_.connection = connection;
    request_.body = fmt::format(R"({{"method":"{}","params":["{}"],"id":{}}})", method, fmt::join(streams, "\",\""),
                                ++subscription_);
    actions.request(request_);
  }

  /// By the first "s" of the frame: cheap, and the decoder checks it.
  Watched* watched_by(std::string_view bytes) {
    constexpr std::string_view kKey = "\"s\":\"";
    const auto from = straight::find_key(bytes, 's');
    if (from == std::string_view::npos) return nullptr;
    const auto symbol = bytes.substr(from + kKey.size());
    const auto at = watched_.find(symbol.substr(0, symbol.find('"')));
    return at == watched_.end() ? nullptr : &at->second;
  }

  void market(Watched& watched, std::string_view bytes, UnixNanos received, Actions& actions) {
    batch_.clear();
    if (!watched.data.decode(bytes, received, batch_)) {
      told(bytes, received, actions);
      return;
    }
    for (const auto& message : batch_.messages) {
      if (message.kind != MessageKind::Depth) continue;
      const auto last = watched.last_update_id;
      const bool follows =
          feed_ == Feed::Spot ? message.first_update_id == last + 1 : message.previous_update_id == last;
      watched.last_update_id = message.final_update_id;
      if (last != 0 && follows) continue;
      watched.wanted_id = feed_ == Feed::Spot ? message.first_update_id - 1 : message.previous_update_id;
      const bool missing = last != 0 || (watched.snapshot_id != 0 && watched.snapshot_id < watched.wanted_id);
      if (missing && !watched.snapshot_wanted) {
        watched.snapshot_id = 0;
        actions.book_stale(watched.index, "an update is missing");
        ask_snapshot(watched, actions);
      }
    }
    if (!batch_.messages.empty()) actions.market(watched.index, batch_);
  }

  void snapshot(std::uint64_t index, const Reply& reply, UnixNanos now, Actions& actions) {
    const auto symbol = symbols_.find(static_cast<InstrumentIndex>(index));
    if (symbol == symbols_.end()) return;  // not watched any more
    auto& watched = watched_.find(symbol->second)->second;
    batch_.clear();
    if (reply.status == 200) {
      const auto done = watched.data.decode(reply.body, now, batch_);
      // Older than the updates that we have: what lies between is missing. The venue's documents: ask again.
      const auto id = batch_.messages.empty() ? 0 : batch_.messages.front().final_update_id;
      if (done && id != 0 && (watched.last_update_id == 0 || id >= watched.wanted_id)) {
        watched.snapshot_wanted = false;
        watched.snapshot_id = id;
        return actions.market(watched.index, batch_);
      }
      if (!done) actions.malformed(done.error(), reply.body);
    } else {
      refused(reply, "snapshot of " + symbol->second, actions);
    }
    retry_at(now, actions);
  }

  // ---- orders and the account ---------------------------------------------------------------------------------------

  std::string client_id_of(ClientOrderId id) const {
    std::string out = client_id_prefix_;
    out += fmt::format_int{id}.c_str();
    return out;
  }
  Order* ours(ClientOrderId id) {
    const auto at = orders_.find(client_id_of(id));
    return at == orders_.end() ? nullptr : &at->second;
  }
  std::string symbol_of(const Order& order) const {
    const auto at = symbols_.find(order.order.instrument);
    return at == symbols_.end() ? std::string{} : at->second;
  }

  void report(const Order& order, OrderEventKind kind, UnixNanos now, std::string_view why, Actions& actions) {
    OrderReport out = report_of(order, kind, now, why);
    out.client_id = order.client_id;
    actions.order(out);
  }

  void order_answered(ClientOrderId id, About about, const Reply& reply, UnixNanos now, Actions& actions) {
    auto* order = ours(id);
    if (!order) return;  // the user stream was faster, and it is over
    if (reply.status == 200) {
      if (told(reply.body, now, actions) && (about == About::Order || states_are_told()))
        return about == About::Query ? find_cancel(id, now, actions) : void();
      // It was taken, or it is known there, and we cannot read as what.
      order = ours(id);
      if (!order) return;
      if (about == About::Order) order->unknown_since = now;
      order->asking = true;
      return retry_at(now, actions);
    }
    const auto refusal = refusal_in(reply.body);
    // 5xx and -1006, -1007: "execution status unknown". So is a refusal without the venue's own words.
    if (!refusal || reply.status >= 500 || refusal->leaves_unknown()) {
      if (about == About::Order) {
        order->unknown_since = now;
        actions.order_unknown(order->order.id, order->order.instrument);
      }
      order->asking = true;
      return retry_at(now, actions);
    }
    if (about == About::Query) {
      // Not there: it never arrived, once its time stamp is too old to be taken (recvWindow). Where its own answer is
      // still awaited, that decides.
      const bool absent = refusal->code == -2013;
      if (absent && order->unknown_since == kNoTime) {
        order->asking = false;
        return;
      }
      if (!absent || now < order->unknown_since + kTooLate) {
        order->asking = true;
        return retry_at(now, actions);
      }
    }
    order->asking = false;
    if (order->accepted && about == About::Query) return;
    order->reason = refusal->reason();
    report(*order, OrderEventKind::Rejected, now, refusal->text(), actions);
    orders_.erase(order->client_id);
    if (refusal->code == kOtherSideMode) {  // it was switched meanwhile
      setup_.found_hedge_mode();
      unsuited(now, actions);
    }
  }

  void trades_told(ClientOrderId id, const Reply& reply, UnixNanos now, Actions& actions) {
    auto* order = ours(id);
    if (!order) return;
    const bool understood = reply.status == 200 && told(reply.body, now, actions);
    order = ours(id);
    if (!order) return;
    if (!understood || order->filled < order->known_filled) {
      order->asking = true;
      return retry_at(now, actions);
    }
    if (order->ending) {
      report(*order, *order->ending, now, "", actions);
      orders_.erase(order->client_id);
    }
  }

  void cancel_answered(ClientOrderId id, const Reply& reply, UnixNanos now, Actions& actions) {
    auto* order = ours(id);
    if (!order) return;
    if (reply.status == 200) {
      const bool understood = told(reply.body, now, actions);
      order = ours(id);
      if (order && !understood) return query(*order, actions);
      if (!order || !waits_at_algo(*order)) return;
      report(*order, OrderEventKind::Canceled, now, "", actions);  // the algo service says no more than that
      orders_.erase(order->client_id);
      return;
    }
    const auto refusal = refusal_in(reply.body);
    if (!refusal || reply.status >= 500) return lose_cancel(*order, actions);
    order->reason = refusal->reason();
    report(*order, OrderEventKind::CancelRejected, now, refusal->text(), actions);
    order->reason = RejectReason::None;
    // "Unknown order": filled or canceled meanwhile. The user stream tells; where it did not, the answer does.
    if (refusal->code == -2011) query(*order, actions);
  }

  /// Done or not? What the venue says of the order says it.
  void lose_cancel(Order& order, Actions& actions) {
    order.cancel_lost = true;
    query(order, actions);
  }
  /// The order still works: who wants it canceled may ask again. Where the cancel arrives after all, the user stream
  /// tells.
  void find_cancel(ClientOrderId id, UnixNanos now, Actions& actions) {
    auto* order = ours(id);
    if (!order || order->ending || !std::exchange(order->cancel_lost, false)) return;
    report(*order, OrderEventKind::CancelRejected, now, "the order still works: the cancel did not arrive", actions);
  }

  /// Another's order that ended with fills that had to be asked for.
  void their_end_told(std::uint64_t number, UnixNanos now, Actions& actions) {
    const auto at = std::ranges::find_if(orders_, [&](const auto& known) {
      return !known.second.is_ours && venue_number(known.second.venue_order_id) == number;
    });
    if (at == orders_.end() || !at->second.ending || at->second.filled < at->second.known_filled) return;
    report(at->second, *at->second.ending, now, "", actions);
    forget_theirs(at->second);
    orders_.erase(at);
  }
  void forget_theirs(const Order& order) {
    over_.push_back(order.venue_order_id);
    if (over_.size() > kOverKept) over_.pop_front();
  }

  void open_orders_told(InstrumentIndex index, const Reply& reply, UnixNanos now, Actions& actions) {
    const auto symbol = symbols_.find(index);
    if (symbol == symbols_.end()) return;  // not watched any more
    for (auto& [client_id, order] : orders_) order.listed = false;
    if (reply.status != 200) refused(reply, "open orders", actions);
    if (reply.status != 200 || !told(reply.body, now, actions)) {
      watched_.find(symbol->second)->second.open_orders_wanted = true;
      return retry_at(now, actions);
    }
    // Another's order that is open no more ended while nobody told us. Ours are asked for one by one.
    for (const auto& [client_id, order] : orders_)
      if (!order.is_ours && !order.listed && order.order.instrument == index) query_theirs(order, actions);
  }

  std::optional<Refusal> refusal_in(std::string_view body) { return read_refusal(document_, body); }
  void refused(const Reply& reply, std::string_view what, Actions& actions) {
    const auto refusal = refusal_in(reply.body);
    actions.status({refusal && refusal->is_about_the_key() ? VenueState::Refused : VenueState::Ready,
                    fmt::format("{} refused: HTTP {}{}", what, reply.status, refusal ? ", " + refusal->text() : "")});
  }

  void account_told(const Reply& reply, UnixNanos now, Actions& actions) {
    events_.clear();
    if (reply.status == 200) {
      // Signed in either way: it was answered. What cannot be read now could not be read when asked for again.
      account_told_ = true;
      if (suits_) signed_in(actions);
      const auto decoded = decoder_->decode(reply.body, now, events_);
      if (decoded.what == What::Events) return holdings_told(true, now, actions);
      return actions.malformed({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, reply.body);
    }
    const auto refusal = refusal_in(reply.body);
    refused(reply, "account", actions);
    if (refusal && refusal->is_about_the_key()) return;  // asked again it would say the same
    account_wanted_ = true;
    retry_at(now, actions);
  }

  // ---- the account, before the first order leaves -------------------------------------------------------------------

  void set_up_account(Actions& actions) {
    setup_wanted_ = false;
    const auto* step = setup_.next();
    if (step == nullptr || setup_.stopped()) return;
    rest(step->method, step->path, Priority::Session, tag_of(About::Setup, 0), {{kWeight, step->weight}});
    request_.body = step->form;
    request_.sign_late = true;
    actions.request(request_);
  }
  void setup_answered(const Reply& reply, UnixNanos now, Actions& actions) {
    if (setup_.next() == nullptr || setup_.stopped()) return;
    events_.clear();
    if (reply.status == 200 && decoder_->decode(reply.body, now, events_).what != What::Events) events_.clear();
    const auto refusal = reply.status == 200 ? std::nullopt : refusal_in(reply.body);
    if (refusal && refusal->is_about_the_key()) return refused(reply, "position mode", actions);
    switch (setup_.answered(reply.status, events_, refusal)) {
      case AccountSetup::Then::Again:
        setup_wanted_ = true;
        return retry_at(now, actions);
      case AccountSetup::Then::Stop:
        return unsuited(now, actions);
      case AccountSetup::Then::GoOn:
        break;
    }
    if (setup_.next() != nullptr) return set_up_account(actions);
    suits_ = true;
    actions.status({VenueState::Ready, "the account is in one-way mode, margin and leverage as wanted"});
    if (account_told_) signed_in(actions);
    for (const auto& order : std::exchange(early_, {})) submit(order, now, actions);
  }
  /// The account was told, and orders may leave.
  static void signed_in(Actions& actions) { actions.status({VenueState::SignedIn, "signed in: the account is told"}); }
  /// No order will leave any more.
  void unsuited(UnixNanos now, Actions& actions) {
    actions.status({VenueState::Unsuited, setup_.text(), setup_.remedy()});
    for (const auto& order : std::exchange(early_, {}))
      early_ended(order, OrderEventKind::Denied, setup_.text(), now, actions);
  }
  void early_ended(const NewOrder& order, OrderEventKind kind, std::string_view why, UnixNanos now, Actions& actions) {
    Order ended;
    ended.order = order;
    ended.client_id = client_id_of(order.id);
    if (kind == OrderEventKind::Denied) ended.reason = RejectReason::Unsupported;
    report(ended, kind, now, why, actions);
  }

  void listen_key(const Reply& reply, UnixNanos now, Actions& actions) {
    events_.clear();
    if (reply.status == 200 && decoder_->decode(reply.body, now, events_).what == What::Events &&
        !events_.events.empty())
      if (const auto* key = events_.find(events_.events.front(), "listen_key")) {
        actions.connect(kUser, "user", fmt::format("/ws/{}", key->text), {});
        return actions.timer(kKeepKey, now + kKeepKeyEvery);
      }
    refused(reply, "listen key", actions);
    actions.timer(kAskKey, now + kRetryAfter);
  }

  /// Whatever is not on its way to a book: by the one decoder, to reports. False where the message is broken, or is of
  /// a kind that we know and says something that we do not: what it told is then not known.
  bool told(std::string_view bytes, UnixNanos received, Actions& actions) {
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
    // Fills before the state that they lead to: an answer may hold an order and its fills.
    for (const auto& event : events_.events)
      if (event.kind == "fill") order_told(event, received, bytes, actions);
    for (const auto& event : events_.events) {
      if (event.kind == "fill") continue;
      if (event.kind == "order") {
        order_told(event, received, bytes, actions);
      } else if (event.kind == "algo_order") {
        algo_told(event, received, actions);
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
          user_stream_ready("user stream subscribed", actions);
        else
          actions.timer(kAskKey, received + kRetryAfter);
      } else if (event.kind == "account_config" && events_.find(event, "leverage") != nullptr) {
        actions.status({VenueState::Ready, fmt::format("the leverage of {} is {} now", text(event, "instrument"),
                                                       events_.find(event, "leverage")->integer)});
      } else if (event.kind == "refusal") {
        actions.status({VenueState::Refused, text(event, "message")});
      }
    }
    holdings_told(false, received, actions);
    return true;
  }

  /// Whether each order of the message at hand came with its state: a question is not answered otherwise.
  bool states_are_told() const {
    return std::ranges::all_of(events_.events, [&](const Event& event) {
      return (event.kind != "order" && event.kind != "algo_order") || !text(event, "status").empty();
    });
  }
  std::string_view text(const Event& event, std::string_view name) const {
    const auto* field = events_.find(event, name);
    return field ? field->text : std::string_view{};
  }
  UnixNanos time(const Event& event) const {
    const auto* field = events_.find(event, "venue_time_ns");
    return field ? field->integer : kNoTime;
  }

  void order_told(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions) {
    const auto watched = watched_.find(text(event, "instrument"));
    if (watched == watched_.end()) return;  // of an instrument that nobody watches
    const auto& instrument = watched->second.instrument;
    const auto number = [&](std::string_view name, int decimals) {
      const auto value = text(event, name);
      return value.empty() ? Result<std::int64_t>{0} : parse_decimal(value, decimals);
    };
    const bool fill = event.kind == "fill";
    const auto price = number("price", instrument.price_decimals);
    const auto quantity = number("quantity", instrument.quantity_decimals);
    const auto whole = fill ? number("order_quantity", instrument.quantity_decimals) : quantity;
    const auto filled = number("filled", instrument.quantity_decimals);
    const auto fee = number("fee", 8);
    for (const auto* value : {&price, &quantity, &whole, &filled, &fee})
      if (!*value) return actions.malformed(value->error(), bytes);

    // A cancel has an id of its own; the order's is then the original one.
    auto client_id = text(event, "orig_client_order_id");
    if (client_id.empty()) client_id = text(event, "client_order_id");
    auto at = orders_.find(client_id);
    if (client_id.empty()) {  // of a list of trades
      at = std::ranges::find_if(
          orders_, [&](const auto& known) { return known.second.venue_order_id == text(event, "order_id"); });
      if (at == orders_.end()) return;
    }
    // What an algo order became may have a name of the venue's.
    if (at == orders_.end())
      at = std::ranges::find_if(orders_, [&](const auto& known) {
        return known.second.triggered && known.second.venue_order_id == text(event, "order_id");
      });
    if (at == orders_.end()) {
      if (client_id.starts_with(client_id_prefix_)) return;  // ours, and over
      if (std::ranges::find(over_, text(event, "order_id")) != over_.end()) return;
      Order foreign;
      foreign.is_ours = false;
      foreign.client_id = client_id;
      foreign.order.instrument = watched->second.index;
      foreign.order.quantity = {*whole};
      if (!fill) {
        foreign.order.price = {*price};
        foreign.filled = {*filled};  // before we knew of it: not for us to tell
      }
      at = orders_.emplace(foreign.client_id, foreign).first;
    }
    auto& order = at->second;
    order.asking = false;
    order.listed = true;
    order.order.side = text(event, "side") == "sell"  ? Side::Sell
                       : text(event, "side") == "buy" ? Side::Buy
                                                      : order.order.side;
    if (const auto id = text(event, "order_id"); !id.empty()) order.venue_order_id = id;

    OrderReport out;
    out.event = {.side = order.order.side,
                 .instrument = order.order.instrument,
                 .id = order.is_ours ? order.order.id : 0,
                 .time = time(event) == kNoTime ? received : time(event),
                 .local_time = received,
                 .leaves = order.order.quantity - order.filled};
    out.client_id = order.client_id;
    out.venue_order_id = order.venue_order_id;
    const auto status = text(event, "status");
    const auto say = [&](OrderEventKind kind) {
      out.event.kind = kind;
      actions.order(out);
    };
    if (!order.accepted && status != "rejected") {
      order.accepted = true;
      say(OrderEventKind::Accepted);
    }
    const auto* working = events_.find(event, "working");
    if (order.is_ours && is_conditional(order.order) && !order.triggered &&
        (feed_ != Feed::Spot || fill || (working && working->integer))) {
      order.triggered = true;
      say(OrderEventKind::Triggered);
    }
    if (fill) {
      const auto trade = text(event, "trade_id");
      if (std::ranges::find(order.trades, trade) == order.trades.end()) {
        order.trades.emplace_back(trade);
        order.filled += {*quantity};
        const auto* maker = events_.find(event, "maker");
        out.trade_id = trade;
        out.event.price = {*price};
        out.event.quantity = {*quantity};
        out.event.leaves = order.order.quantity - order.filled;
        out.event.liquidity = maker && maker->integer ? Liquidity::Maker : Liquidity::Taker;
        if (text(event, "fee_currency") == instrument.settlement())
          out.event.fee = {Int128{*fee} * power_of_ten(kMoneyDecimals - 8)};
        else if (*fee != 0)
          out.reason = fee_text_ = fmt::format("fee {} {}", text(event, "fee"), text(event, "fee_currency"));
        say(OrderEventKind::Filled);
      }
    } else if (const bool silent =
                   text(event, "filled").empty() && (status == "canceled" || status == "expired" || status == "filled");
               silent || Quantity{*filled} > order.filled) {
      // The answer knows of fills that nobody told, or does not say: ask for them, and tell the end behind them.
      order.known_filled = {silent ? order.filled.value : *filled};
      if (status == "canceled") order.ending = OrderEventKind::Canceled;
      if (status == "expired") order.ending = OrderEventKind::Expired;
      return ask_trades(order, actions);
    }
    if (status == "rejected") {
      out.reason = text(event, "reason");
      say(OrderEventKind::Rejected);
    } else if (status == "canceled") {
      say(OrderEventKind::Canceled);
    } else if (status == "expired") {
      out.event.reason = RejectReason::Expired;
      say(OrderEventKind::Expired);
    } else if (order.filled < order.order.quantity || order.order.quantity.value == 0) {
      // It rests, or fills are still to be told; of another's order only the venue knows when it is over.
      if (order.is_ours || status != "filled") return;
    }
    if (!order.is_ours) forget_theirs(order);
    orders_.erase(at);
  }

  /// A conditional order of ours as the algo service has it. Others' are not told until they trade.
  void algo_told(const Event& event, UnixNanos received, Actions& actions) {
    const auto at = orders_.find(text(event, "client_algo_id"));
    if (at == orders_.end() || !at->second.is_ours) return;
    auto& order = at->second;
    const auto status = text(event, "status");
    order.asking = false;
    const UnixNanos when = time(event) == kNoTime ? received : time(event);
    if (!order.triggered) order.venue_order_id = text(event, "algo_id");
    if (!order.accepted && status != "rejected") {
      order.accepted = true;
      report(order, OrderEventKind::Accepted, when, "", actions);
    }
    if (status == "triggered" || status == "finished")
      return algo_triggered(order, text(event, "order_id"), when, actions);
    if (status != "canceled" && status != "expired" && status != "rejected") return;
    // Refused when it was triggered, too: it had been taken.
    order.reason = status == "canceled" ? RejectReason::None : RejectReason::Expired;
    report(order, status == "canceled" ? OrderEventKind::Canceled : OrderEventKind::Expired, when,
           text(event, "reason"), actions);
    orders_.erase(at);
  }
  void algo_triggered(Order& order, std::string_view number, UnixNanos when, Actions& actions) {
    const bool fresh = !std::exchange(order.triggered, true);
    if (fresh) report(order, OrderEventKind::Triggered, when, "", actions);
    const bool named = !number.empty() && number != "0" && number != order.venue_order_id;
    if (named) {
      order.venue_order_id = number;
      // What was told of it before its number was known was taken for another's.
      std::erase_if(orders_, [&](const auto& known) {
        return !known.second.is_ours && known.second.venue_order_id == order.venue_order_id;
      });
    }
    if (fresh || named) query(order, actions);  // what became of it may have been told to nobody
  }

  /// The balances, and the positions of what is watched, that events_ tells.
  void holdings_told(bool whole, UnixNanos received, Actions& actions) {
    const auto amount = [&](const Event& event, std::string_view name) -> Money {
      const auto value = text(event, name).empty() ? Result<std::int64_t>{0} : parse_decimal(text(event, name), 8);
      return {value ? Int128{*value} * power_of_ten(kMoneyDecimals - 8) : Int128{0}};
    };
    const bool spot = feed_ == Feed::Spot;
    balances_.clear();
    positions_.clear();
    UnixNanos when = received;
    for (const Event& event : events_.events) {
      if (event.kind == "balance") {
        balances_.push_back(
            {text(event, "currency"), amount(event, spot ? "free" : "wallet"), amount(event, "locked")});
      } else if (event.kind == "position") {
        const auto at = watched_.find(text(event, "instrument"));
        if (at == watched_.end()) continue;
        const auto& instrument = at->second.instrument;
        const auto quantity = parse_decimal(text(event, "quantity"), instrument.quantity_decimals);
        if (!quantity) continue;
        if (text(event, "position_side") != "both") {
          if (!setup_.stopped()) {
            setup_.found_hedge_mode();
            unsuited(received, actions);
          }
          continue;
        }
        // An average of fills may have more digits than a price: they are cut off.
        auto entry = text(event, "entry_price");
        if (const auto point = entry.find('.'); point != std::string_view::npos)
          entry = entry.substr(
              0, point + (instrument.price_decimals > 0 ? 1 : 0) + static_cast<std::size_t>(instrument.price_decimals));
        const auto price = parse_decimal(entry, instrument.price_decimals);
        positions_.push_back({at->second.index, {*quantity}, {price ? *price : 0}});
      } else {
        continue;
      }
      if (time(event) != kNoTime) when = time(event);
    }
    if (!balances_.empty() || !positions_.empty() || whole)
      actions.account({.time = when, .whole = whole, .balances = balances_, .positions = positions_});
  }

  VenueConfig config_;
  Feed feed_;
  const Product& product_;
  std::optional<Signer> signer_;
  AccountSetup setup_;
  bool suits_;                   // orders may leave
  std::vector<NewOrder> early_;  // those that wait until they may
  Description description_;
  std::string client_id_prefix_, order_path_, algo_path_;
  std::unique_ptr<Decoder> decoder_;
  std::map<std::string, Watched, std::less<>> watched_;  // by symbol
  std::map<InstrumentIndex, std::string> symbols_;
  std::map<std::string, Order, std::less<>> orders_;  // by client id
  mutable std::vector<WorkingOrder> working_;
  MessageBatch batch_;
  EventBatch events_;
  JsonDocument document_, socket_document_;
  Request request_;
  std::vector<Balance> balances_;          // reused
  std::vector<PositionReport> positions_;  // reused
  std::string fee_text_;
  DurationNanos offset_ = 0;
  unsigned connected_ = 0;  // a bit for each connection asked for
  std::uint64_t subscription_ = 0;
  bool setup_wanted_ = false;  // its next step is to be sent again
  bool retry_due_ = false;
  bool account_wanted_ = false;  // to be asked for again
  bool account_told_ = false;
  bool user_open_ = false;
  bool orders_open_ = false;      // the WebSocket API takes our orders
  bool subscribed_ = false;       // the user stream tells
  std::deque<std::string> over_;  // the venue's numbers of others' orders
};

Result<std::unique_ptr<Venue>> make(Feed feed, VenueConfig config) {
  std::optional<Signer> signer;
  if (config.credentials) {
    auto made = Signer::make(*config.credentials);
    if (!made) return std::unexpected(made.error());
    signer = std::move(*made);
  }
  return std::make_unique<Client>(feed, std::move(config), std::move(signer));
}

}  // namespace

Result<std::unique_ptr<Venue>> spot_client(const VenueConfig& config) { return make(Feed::Spot, config); }
Result<std::unique_ptr<Venue>> usdm_client(const VenueConfig& config) { return make(Feed::UsdM, config); }
Result<std::unique_ptr<Venue>> coinm_client(const VenueConfig& config) { return make(Feed::CoinM, config); }

}  // namespace stom::venues::binance
