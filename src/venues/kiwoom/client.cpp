#include "venues/kiwoom/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <utility>

#include "core/decimal.hpp"
#include "venues/event_messages.hpp"
#include "venues/kiwoom/decoder.hpp"
#include "venues/kiwoom/signing.hpp"
#include "venues/kiwoom/straight.hpp"

namespace stom::venues::kiwoom {
namespace {

using What = Decoded::What;
using OrderNumber = std::uint64_t;  // the venue's, of one day; 0: it has not said

constexpr std::string_view kInterrupted = "1";  // of 1h, member 9068; anything else: it is over

/// What 0s says of the session: the document's words for 0, 3 and NXT's, for the others those of the venue's older API.
struct SessionWord {
  std::string_view session, word;
};
constexpr SessionWord kSessionWords[] = {
    {"0", "KRX gathers orders for the opening"},
    {"2", "KRX gathers orders for the close"},
    {"3", "KRX is open"},
    {"8", "KRX's main session is over"},
    {"9", "KRX is closed"},
    {"P", "NXT's pre-market is open"},
    {"Q", "NXT's pre-market is over"},
    {"R", "NXT's main market is open"},
    {"S", "NXT's main market is over"},
    {"T", "NXT gathers orders for its after-market"},
    {"U", "NXT's after-market is open"},
    {"V", "NXT's trading at the closing price is over"},
    {"W", "NXT's after-market is over"},
};
constexpr ConnectionId kStream = 1;
enum Timer : TimerId { kAskToken = 1, kAskOrders = 2, kAskAccount = 3 };
/// What a tag is about; the rest of it is the order's place in the session.
enum class About : std::uint8_t { Token = 1, Order, Cancel, Open, Done, Holdings, Cash, Ranking };
constexpr Tag tag_of(About about, std::uint64_t serial = 0) { return static_cast<Tag>(about) << 56 | serial; }
constexpr About about_of(Tag tag) { return static_cast<About>(tag >> 56); }
constexpr std::uint64_t serial_of(Tag tag) { return tag & ((Tag{1} << 56) - 1); }

enum Allowance : BudgetIndex {
  kRegistrations = 0,
  kBuys,
  kSells,
  kCancels,
  kOpenLists,
  kDoneLists,
  kHoldings,
  kCash,
  kRankings
};
constexpr std::int64_t kMostRegistrations = 100;
// Each API id has an allowance of its own: two at once, then one a second (docs/venues/kiwoom.md, Limits).
constexpr std::int64_t kAtOnce = 2;
constexpr DurationNanos kAtOnceWithin = 2 * kSecond;

constexpr DurationNanos kTokenRetryAfter = 5 * kSecond;
constexpr DurationNanos kRenewBefore = 10 * kMinute;   // the end of a token
constexpr DurationNanos kRetryAfter = kSecond;         // an answer about the account that did not come
constexpr DurationNanos kLookAgain = 5 * kSecond;      // while an order is unknown, or the stream is down
constexpr DurationNanos kNeverArrived = 30 * kSecond;  // nothing that was on its way then still is
constexpr DurationNanos kClocksDiffer = 5 * kSecond;   // the venue tells whole seconds, by its own clock
constexpr std::size_t kMostHeld = 1'024;               // reports that wait to be known as ours
constexpr std::size_t kMostOver = 16'384;              // numbers of orders that are over

std::string_view without_exchange(std::string_view symbol) { return symbol.substr(0, symbol.find('_')); }
/// The document's three ways to write a stock: 039490, 039490_NX, 039490_AL.
std::string_view exchange_of(std::string_view symbol) {
  return symbol.ends_with("_NX") ? "NXT" : symbol.ends_with("_AL") ? "SOR" : "KRX";
}

OrderNumber number_in(std::string_view text) {
  OrderNumber number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

std::string_view header_in(std::span<const Header> headers, std::string_view name) {
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  for (const auto& header : headers)
    if (std::ranges::equal(header.name, name, same)) return header.value;
  return {};
}

/// What the venue's words say of a refusal. Its codes are in no fixture, so its words are what there is.
RejectReason reason_of(std::string_view words) {
  if (words.contains("1700") || words.contains("허용된 요청")) return RejectReason::TooManyOrders;
  if (words.contains("부족")) return RejectReason::InsufficientBalance;
  if (words.contains("호가단위")) return RejectReason::OffTick;
  if (words.contains("상한가") || words.contains("하한가")) return RejectReason::PriceOutOfRange;
  if (words.contains("원주문")) return RejectReason::UnknownOrder;
  return RejectReason::None;
}

/// How an order trades: the venue's number for it, and the word by which it is told.
struct TradeType {
  std::string_view number, word;
};
TradeType trade_type(const NewOrder& order) {
  const bool limit = order.type == OrderType::Limit;
  switch (order.time_in_force) {
    case TimeInForce::IOC:
      return limit ? TradeType{"10", "보통(IOC)"} : TradeType{"13", "시장가(IOC)"};
    case TimeInForce::FOK:
      return limit ? TradeType{"20", "보통(FOK)"} : TradeType{"23", "시장가(FOK)"};
    default:
      return limit ? TradeType{"0", "보통"} : TradeType{"3", "시장가"};
  }
}

class Client final : public Venue {
 public:
  explicit Client(Credentials credentials) : credentials_{std::move(credentials)} {
    description_.name = "kiwoom";
    description_.endpoints = {{.name = "rest", .url = "https://api.kiwoom.com"},
                              {.name = "stream",
                               .transport = Transport::WebSocket,
                               .url = "wss://api.kiwoom.com:10000",
                               .silent_after = kMinute}};  // a ping comes every ten seconds
    description_.budgets = {{.name = "registrations", .kind = BudgetKind::Standing, .limit = kMostRegistrations}};
    for (const auto name : {"kt10000-2s", "kt10001-2s", "kt10003-2s", "ka10075-2s", "ka10076-2s", "kt00018-2s",
                            "kt00001-2s", "ka10032-2s"})
      description_.budgets.push_back({.name = name, .limit = kAtOnce, .window = kAtOnceWithin});
    description_.rate_refusals = {{.status = 429, .wait_otherwise = kSecond}};
    description_.ranks_by_value = description_.searches = true;
    description_.registrations = kRegistrations;
  }

  const Description& description() const override { return description_; }

  void start(UnixNanos, Actions& actions) override {
    actions.status({VenueState::Connecting, "asking for a token"});
    ask_token(actions);
  }

  void opened(ConnectionId, UnixNanos, Actions& actions) override {
    open_ = true;
    log_in(actions);
  }

  void closed(ConnectionId, std::string_view reason, UnixNanos now, Actions& actions) override {
    open_ = logged_in_ = false;
    for (auto& [code, watched] : watched_) {
      if (watched.registered) actions.release(kRegistrations, 1);
      watched.registered = watched.interrupted = false;
      if (watched.wanted.book) actions.book_stale(watched.index, reason);
    }
    actions.status({VenueState::Down, reason});
    if (!orders_.empty()) ask_orders(now, actions);  // what happens meanwhile is not told again
  }

  void frame(ConnectionId, std::string_view bytes, UnixNanos received, Actions& actions) override {
    if (market_straight(bytes, received, actions)) return;
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
        if (!std::exchange(account_told_, true)) ask_orders(received, actions);
      } else if (event.kind == "refusal") {
        refused(event, received, actions);
      } else if (event.kind == "order" || event.kind == "fill") {
        const auto report = report_in(event, received);
        if (!report) return broken(report.error(), bytes, received, actions);
        order_told(*report, received, actions);
      } else if (event.kind == "position") {
        if (const auto done = position_told(event, actions); !done) return actions.malformed(done.error(), bytes);
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

  void reply(const Reply& reply, UnixNanos now, Actions& actions) override {
    switch (about_of(reply.tag)) {
      case About::Token:
        return token_answered(reply, now, actions);
      case About::Order:
        return order_answered(serial_of(reply.tag), reply, now, actions);
      case About::Cancel:
        return cancel_answered(serial_of(reply.tag), reply, now, actions);
      case About::Open:
      case About::Done:
        return orders_listed(about_of(reply.tag), reply, now, actions);
      case About::Holdings:
      case About::Cash:
        return account_listed(about_of(reply.tag), reply, now, actions);
      case About::Ranking:
        return ranked(reply, now, actions);
    }
  }

  void outcome(Tag tag, Outcome outcome, UnixNanos now, Actions& actions) override {
    switch (about_of(tag)) {
      case About::Token:
        return no_token("no token: it was not answered", now, actions);
      case About::Order: {
        const auto order = by_serial(serial_of(tag));
        if (order == orders_.end()) return;
        if (outcome == Outcome::NotWritten) {
          report(*order, OrderEventKind::Denied, now, "it was not sent", actions);
          orders_.erase(order);
          return release_held(now, actions);
        }
        return lose(*order, now, actions);
      }
      case About::Cancel: {
        const auto order = by_serial(serial_of(tag));
        if (order == orders_.end()) return;
        if (outcome == Outcome::NotWritten)
          report(*order, OrderEventKind::CancelRejected, now, "the cancel was not sent", actions);
        else
          lose_cancel(*order, now, actions);
        return;
      }
      case About::Open:
      case About::Done:
        return lists_failed(kRetryAfter, now, actions);
      case About::Holdings:
      case About::Cash:
        return actions.timer(kAskAccount, now + kRetryAfter);
      case About::Ranking:
        most_ranked_ = 0;  // who wanted it asks again
        return;
    }
  }

  void timer(TimerId id, UnixNanos now, Actions& actions) override {
    if (id == kAskToken) return ask_token(actions);
    if (id == kAskAccount) return ask_account(actions);
    look_due_ = false;
    if (!orders_.empty() || ask_again_) ask_orders(now, actions);
  }

  /// No request carries a time stamp; the account's lists do.
  void clock_offset(DurationNanos offset, UnixNanos, Actions&) override { offset_ = offset; }

  /// The token is put in when the request is written: it may have been renewed while the request waited.
  Result<void> sign(Request& request, UnixNanos) override {
    return kiwoom::sign(request, std::string{header_in(request.headers, "api-id")}, token_);
  }

  void watch(InstrumentIndex index, const Instrument& instrument, Wanted wanted, UnixNanos, Actions& actions) override {
    const auto [at, added] = watched_.insert_or_assign(
        instrument.symbol(), Watched{index, wanted, {instrument.price_decimals, instrument.quantity_decimals}, false});
    if (logged_in_) register_one(at->first, at->second, actions);
  }
  void unwatch(InstrumentIndex index, UnixNanos, Actions& actions) override {
    const auto at = watched_at(index);
    if (at == watched_.end()) return;
    if (at->second.registered) {
      say(fmt::format(R"({{"trnm":"REMOVE","grp_no":"1","data":[{{"item":["{}"],"type":[{}]}}]}})", at->first,
                      types_of(at->second)),
          {}, actions);
      actions.release(kRegistrations, 1);
    }
    watched_.erase(at);
  }

  void rank_by_value(std::size_t most, UnixNanos, Actions& actions) override {
    if (token_.empty() || most_ranked_ != 0 || most == 0) return;  // before the login, or the last one is on its way
    most_ranked_ = most;
    rest("/api/dostk/rkinfo", "ka10032", Priority::Query, tag_of(About::Ranking), {{kRankings, 1}});
    request_.body = R"({"mrkt_tp":"000","mang_stk_incls":"0","stex_tp":"1"})";
    actions.request(request_);
  }
  void follow_search(std::string_view condition, UnixNanos, Actions& actions) override {
    search_ = condition;
    if (logged_in_) ask_searches(actions);
  }

  void submit(const NewOrder& order, UnixNanos now, Actions& actions) override {
    Order fresh;
    fresh.order = order;
    const auto deny = [&](std::string_view why) {
      fresh.reason = RejectReason::Unsupported;
      report(fresh, OrderEventKind::Denied, now, why, actions);
    };
    const auto watched = watched_at(order.instrument);
    if (watched == watched_.end()) return deny("the instrument is not watched");
    if ((order.type != OrderType::Limit && order.type != OrderType::Market) || order.display.value != 0 ||
        order.post_only || order.size_by != SizeBy::Quantity || order.time_in_force == TimeInForce::GTD ||
        order.stop_loss.value != 0 || order.take_profit.value != 0)
      return deny("only limit and market orders by quantity, for the day, IOC or FOK");
    if (order.reduce_only && order.side == Side::Buy)
      return deny("there is no short position that a purchase could reduce");
    if (token_.empty()) return deny("there is no access token yet");
    fresh.serial = ++last_serial_;
    fresh.code = without_exchange(watched->first);
    fresh.exchange = exchange_of(watched->first);
    fresh.decimals = watched->second.decimals;
    fresh.since = now;
    const bool limit = order.type == OrderType::Limit;
    rest("/api/dostk/ordr", order.side == Side::Buy ? "kt10000" : "kt10001", Priority::Order,
         tag_of(About::Order, fresh.serial), {{order.side == Side::Buy ? kBuys : kSells, 1}});
    request_.body = fmt::format(
        R"({{"dmst_stex_tp":"{}","stk_cd":"{}","ord_qty":"{}","ord_uv":"{}","trde_tp":"{}","cond_uv":""}})",
        fresh.exchange, fresh.code, format_decimal_trimmed(Int128{order.quantity.value}, fresh.decimals.quantity),
        limit ? format_decimal_trimmed(Int128{order.price.value}, fresh.decimals.price) : "", trade_type(order).number);
    orders_.push_back(std::move(fresh));
    actions.request(request_);
  }

  void cancel(const CancelOrder& cancel, UnixNanos now, Actions& actions) override {
    const auto order =
        std::ranges::find_if(orders_, [&](const Order& known) { return known.is_ours && known.order.id == cancel.id; });
    if (order != orders_.end()) return cancel_one(*order, actions);
    Order none;
    none.order.id = cancel.id;
    none.order.instrument = cancel.instrument;
    none.reason = RejectReason::UnknownOrder;
    report(none, OrderEventKind::CancelRejected, now, "no such order is working", actions);
  }

  void cancel_all(std::optional<InstrumentIndex> instrument, UnixNanos, Actions& actions) override {
    for (auto& order : orders_)
      if (!instrument || order.order.instrument == *instrument) cancel_one(order, actions);
  }

  std::span<const WorkingOrder> working_orders() const override {
    working_.clear();
    for (const auto& order : orders_)
      if (order.accepted && order.filled < order.order.quantity)
        working_.push_back({order.is_ours ? order.order.id : 0, order.order.instrument, order.order.side,
                            order.order.price, order.order.quantity - order.filled, order.venue_order_id});
    return working_;
  }

 private:
  struct Watched {
    InstrumentIndex index = 0;
    Wanted wanted;
    Decimals decimals;
    bool registered = false;
    bool interrupted = false;  // orders are gathered for one price (VI), says 1h
  };
  using WatchList = std::map<std::string, Watched, std::less<>>;

  struct Order {
    NewOrder order;
    std::uint64_t serial = 0;
    OrderNumber number = 0;
    std::string venue_order_id;  // the number as the venue writes it
    std::string code;            // of the stock
    std::string_view exchange;   // KRX, NXT, SOR
    Decimals decimals;
    Quantity filled{};
    Quantity counted{};     // filled, as a list of the account said: what a report says of an earlier fill is in it
    Int128 value = 0;       // of all fills, price times quantity as integers
    std::int64_t fees = 0;  // told so far; the venue tells their sum
    std::vector<std::string> trades;  // fills that were told: the same one can come twice
    RejectReason reason = RejectReason::None;
    bool is_ours = true;  // placed by this session
    bool accepted = false;
    bool cancel_wanted = false;
    UnixNanos cancel_lost = kNoTime;    // since then nobody knows what became of its cancel
    UnixNanos since = 0;                // submitted; once it has a number: when we learned it
    UnixNanos unknown_since = kNoTime;  // it may have arrived, and nobody said
  };
  using Orders = std::list<Order>;

  /// What the real-time type 00 says of an order, or a line of the account's lists.
  struct OrderReportLine {
    OrderNumber number = 0, original = 0;
    std::string venue_order_id, code, exchange, execution, kind, type, trade_id, reason;
    Side side = Side::Buy;
    std::int64_t price = 0, quantity = 0, leaves = 0;  // of the order; the price in whole KRW
    std::int64_t last_price = 0, last_quantity = 0;    // of the fill
    std::int64_t filled = 0, average = 0;              // lists
    std::int64_t fees = 0;
    UnixNanos time = kNoTime;
    bool is_fill = false;
    bool is_open = false;  // of the list of open orders
  };

  std::string_view text(const Event& event, std::string_view name) const {
    const auto* field = events_.find(event, name);
    return field ? field->text : std::string_view{};
  }
  WatchList::iterator watched_at(InstrumentIndex index) {
    return std::ranges::find_if(watched_, [index](const auto& entry) { return entry.second.index == index; });
  }
  /// The stock as it is watched at that exchange, or else at any.
  WatchList::iterator watched_as(std::string_view code, std::string_view exchange) {
    auto found = watched_.end();
    for (auto at = watched_.begin(); at != watched_.end(); ++at) {
      if (without_exchange(at->first) != code) continue;
      if (exchange_of(at->first) == exchange) return at;
      if (found == watched_.end()) found = at;
    }
    return found;
  }
  Orders::iterator by_serial(std::uint64_t serial) { return std::ranges::find(orders_, serial, &Order::serial); }
  Orders::iterator by_number(OrderNumber number) { return std::ranges::find(orders_, number, &Order::number); }
  bool any_without_number() const {
    return std::ranges::find(orders_, OrderNumber{0}, &Order::number) != orders_.end();
  }

  // ---- requests -----------------------------------------------------------------------------------------------------

  void rest(std::string_view target, std::string_view api_id, Priority priority, Tag tag, Costs costs) {
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
  /// The next page of a list, where the answer says that there is one.
  void page_headers(const Reply* page) {
    if (page == nullptr) return;
    request_.headers.push_back({"cont-yn", "Y"});
    request_.headers.push_back({"next-key", std::string{header_in(page->headers, "next-key")}});
  }
  static bool has_more(const Reply& reply) { return header_in(reply.headers, "cont-yn") == "Y"; }

  void say(std::string_view body, Costs costs, Actions& actions) {
    request_ = {};
    request_.connection = kStream;
    request_.body = body;
    request_.priority = Priority::Session;
    request_.costs = costs;
    actions.request(request_);
  }

  // ---- token, login, registrations ----------------------------------------------------------------------------------

  void ask_token(Actions& actions) {
    rest("/oauth2/token", "au10001", Priority::Session, tag_of(About::Token), {});
    request_.headers = {{"api-id", "au10001"}, {"Content-Type", "application/json;charset=UTF-8"}};
    request_.body = token_request(credentials_);
    request_.sign_late = false;  // nothing to sign with yet
    actions.request(request_);
  }

  void token_answered(const Reply& reply, UnixNanos now, Actions& actions) {
    events_.clear();
    if (reply.status == 200 && decoder_->decode(reply.body, now, events_).what == What::Events &&
        !events_.events.empty()) {
      const auto& event = events_.events.front();
      if (event.kind == "token") {
        token_ = text(event, "token");
        const auto expires = events_.find(event, "expire_time_ns")->integer;
        actions.timer(kAskToken, std::max(expires - kRenewBefore, now + kMinute));
        if (!wanted_) actions.connect(kStream, "stream", "/api/dostk/websocket", {});
        wanted_ = true;
        if (open_ && !logged_in_) log_in(actions);  // the one before was refused
        return;
      }
      if (event.kind == "refusal")
        return no_token(fmt::format("token refused: {}", text(event, "message")), now, actions);
    }
    no_token(fmt::format("no token: HTTP {}", reply.status), now, actions);
  }
  static void no_token(std::string_view why, UnixNanos now, Actions& actions) {
    actions.status({VenueState::Refused, why});
    actions.timer(kAskToken, now + kTokenRetryAfter);
  }

  void log_in(Actions& actions) {
    actions.status({VenueState::LoggingIn, "login"});
    say(fmt::format(R"({{"trnm":"LOGIN","token":"{}"}})", token_), {}, actions);
  }

  /// Orders (00) and holdings (04) of the account and the session (0s), then each stock. Orders first: none may fall
  /// between.
  void registered(UnixNanos now, Actions& actions) {
    logged_in_ = true;
    account_told_ = false;
    say(R"({"trnm":"REG","grp_no":"0","refresh":"1","data":[{"item":[""],"type":["00","04","0s"]}]})", {}, actions);
    for (auto& [code, watched] : watched_) register_one(code, watched, actions);
    if (!search_.empty()) ask_searches(actions);
    ask_orders(now, actions);
    ask_account(actions);
    actions.status({VenueState::SignedIn, "logged in"});
  }

  void refused(const Event& event, UnixNanos now, Actions& actions) {
    actions.status({VenueState::Refused, fmt::format("{}: {}", text(event, "request"), text(event, "message"))});
    if (text(event, "request") != "LOGIN") return;
    actions.timer(kAskToken, now + kTokenRetryAfter);  // mostly a token that is over
  }

  static std::string types_of(const Watched& watched) {
    std::string types;
    if (watched.wanted.trades) types += "\"0B\"";
    if (watched.wanted.book || watched.wanted.quotes)
      types +=
          types.empty() ? "\"0D\",\"1h\"" : ",\"0D\",\"1h\"";  // without 1h nothing says that a book is an auction's
    return types;
  }
  /// "refresh":"1" keeps what was registered before. Beyond the limit the gateway holds it until another is given back.
  void register_one(std::string_view code, Watched& watched, Actions& actions) {
    const auto types = types_of(watched);
    if (types.empty() || watched.registered) return;
    watched.registered = true;
    say(fmt::format(R"({{"trnm":"REG","grp_no":"1","refresh":"1","data":[{{"item":["{}"],"type":[{}]}}]}})", code,
                    types),
        {{kRegistrations, 1}}, actions);
  }

  /// Trades and books as they nearly always come; false where it is for the decoder, and then nothing was delivered.
  bool market_straight(std::string_view bytes, UnixNanos received, Actions& actions) {
    const auto entries = straight_.read(bytes, received);
    const auto read = [&](const Straight::Entry& entry, const Watched& watched) {
      batch_.clear();
      return straight_.append(entry, watched.decimals, received, batch_);
    };
    // All of it is read before the first of it counts.
    for (const auto& entry : entries)
      if (const auto at = watched_.find(entry.item); at != watched_.end() && !read(entry, at->second)) return false;
    for (const auto& entry : entries) {
      const auto at = watched_.find(entry.item);
      if (at == watched_.end()) continue;
      read(entry, at->second);
      deliver(at->second, actions);
    }
    return !entries.empty();
  }

  /// What comes between the two messages of an interruption is of its auction: its books, and the print that ends it.
  void deliver(const Watched& watched, Actions& actions) {
    if (watched.interrupted)
      for (Message& message : batch_.messages) message.flags |= kCallAuction;
    actions.market(watched.index, batch_);
  }

  void interruption_told(const Event& event) {
    if (const auto at = watched_.find(text(event, "instrument")); at != watched_.end())
      at->second.interrupted = text(event, "action") == kInterrupted;
  }

  /// For people: what may trade when is the sessions' dated data (docs/calendars.md). It comes each minute of a call.
  void session_told(std::string_view session, Actions& actions) {
    if (session_ == session) return;
    session_ = session;
    const auto known = std::ranges::find(kSessionWords, session, &SessionWord::session);
    actions.status(
        {VenueState::Ready, fmt::format("session {}{}{}", session, known == std::end(kSessionWords) ? "" : ": ",
                                        known == std::end(kSessionWords) ? "" : known->word)});
  }

  void market(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions) {
    const auto at = watched_.find(text(event, "instrument"));
    if (at == watched_.end()) return;
    batch_.clear();
    const auto done = append_message(events_, event, at->second.decimals, received, batch_);
    if (!done) return actions.malformed(done.error(), bytes);
    if (*done) deliver(at->second, actions);
  }

  // ---- who is worth watching ----------------------------------------------------------------------------------------

  /// A page is a hundred lines, which is as many as can be registered.
  void ranked(const Reply& reply, UnixNanos now, Actions& actions) {
    const std::size_t most = std::exchange(most_ranked_, 0);
    events_.clear();
    const auto decoded = decoder_->decode(reply.body, now, events_);
    const bool read = reply.status == 200 && decoded.what == What::Events;
    if (!read || (!events_.events.empty() && events_.events.front().kind == "refusal")) {
      const auto words = read ? refusal_text(events_.events.front()) : fmt::format("HTTP {}", reply.status);
      token_refused(words, reply.status, now, actions);
      if (decoded.what == What::Malformed && reply.status == 200)
        actions.malformed({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, reply.body);
      return actions.status({VenueState::Ready, fmt::format("no ranking: {}", words)});
    }
    names_.clear();
    for (const auto& event : events_.events)
      if (event.kind == "ranking" && names_.size() < most) names_.push_back(text(event, "instrument"));
    actions.named({.symbols = names_});
  }

  /// A search is followed by its number, and the list of them must be asked for before the venue knows it.
  void ask_searches(Actions& actions) { say(R"({"trnm":"CNSRLST"})", {}, actions); }
  /// In the list at hand, the one that is wanted.
  void find_search(Actions& actions) {
    if (search_.empty()) return;
    std::string there;
    for (const auto& event : events_.events) {
      const auto number = text(event, "condition"), name = text(event, "name");
      if ((number == search_ || name == search_) && number.find_first_not_of("0123456789") == std::string_view::npos) {
        search_number_ = number;
        return say(fmt::format(R"({{"trnm":"CNSRREQ","seq":"{}","search_type":"1","stex_tp":"K"}})", number), {},
                   actions);
      }
      there += fmt::format("{}{} {}", there.empty() ? "" : ", ", number, name);
    }
    actions.status({VenueState::Ready, fmt::format("no condition search {}; there are: {}", search_, there)});
  }
  /// One who came or left; or all who meet the condition, as one answer: then false, and nothing else is in the frame.
  bool matched(const Event& event, Actions& actions) {
    const auto change = text(event, "change");
    const bool moves = change == "entered" || change == "left";
    if (search_number_.empty() || text(event, "condition") != search_number_) return moves;
    names_.clear();
    if (moves) {
      names_.push_back(text(event, "instrument"));
      actions.named({change == "left" ? NamedReport::What::Left : NamedReport::What::Came, names_});
      return true;
    }
    for (const auto& one : events_.events)
      if (one.kind == "condition_match") names_.push_back(text(one, "instrument"));
    actions.named({.symbols = names_});
    return false;
  }

  // ---- orders -------------------------------------------------------------------------------------------------------

  void report(const Order& order, OrderEventKind kind, UnixNanos now, std::string_view why, Actions& actions) {
    OrderReport out;
    out.event = {.kind = kind,
                 .side = order.order.side,
                 .reason = order.reason,
                 .instrument = order.order.instrument,
                 .id = order.is_ours ? order.order.id : 0,
                 .time = now,
                 .local_time = now,
                 .leaves = order.order.quantity - order.filled};
    out.venue_order_id = order.venue_order_id;
    out.reason = why;
    actions.order(out);
  }

  void cancel_one(Order& order, Actions& actions) {
    order.cancel_wanted = true;
    if (order.number == 0) return;  // when the venue has said what it is called
    rest("/api/dostk/ordr", "kt10003", Priority::Risk, tag_of(About::Cancel, order.serial), {{kCancels, 1}});
    // "0": all that is left of it.
    request_.body = fmt::format(R"({{"dmst_stex_tp":"{}","orig_ord_no":"{}","stk_cd":"{}","cncl_qty":"0"}})",
                                order.exchange, order.venue_order_id, order.code);
    actions.request(request_);
  }

  void accept(Order& order, UnixNanos time, Actions& actions) {
    if (order.accepted) return;
    order.accepted = true;
    report(order, OrderEventKind::Accepted, time, "", actions);
  }

  /// The number by which the venue knows the order: from its answer, or found in the account.
  void name(Orders::iterator order, OrderNumber number, std::string_view as_written, UnixNanos now, Actions& actions) {
    order->number = number;
    order->venue_order_id = as_written;
    order->since = now;
    order->unknown_since = kNoTime;
    accept(*order, now, actions);
    if (order->cancel_wanted) cancel_one(*order, actions);
    release_held(now, actions);
  }

  void order_answered(std::uint64_t serial, const Reply& reply, UnixNanos now, Actions& actions) {
    const auto order = by_serial(serial);
    if (order == orders_.end() || order->number != 0) return;
    events_.clear();
    const bool read = decoder_->decode(reply.body, now, events_).what == What::Events && !events_.events.empty();
    if (!read || reply.status >= 500) return lose(*order, now, actions);  // not in the venue's own words
    const auto& event = events_.events.front();
    if (event.kind == "order") {
      const auto number = number_in(text(event, "order_id"));
      if (number == 0) return lose(*order, now, actions);
      return name(order, number, std::string{text(event, "order_id")}, now, actions);
    }
    if (event.kind != "refusal") return lose(*order, now, actions);
    const auto words = refusal_text(event);
    token_refused(words, reply.status, now, actions);
    order->reason = reason_of(words);
    report(*order, OrderEventKind::Rejected, now, words, actions);
    orders_.erase(order);
    release_held(now, actions);
  }

  /// It may rest there: neither rejected nor working until the account's lists say so.
  void lose(Order& order, UnixNanos now, Actions& actions) {
    order.unknown_since = now;
    actions.order_unknown(order.order.id, order.order.instrument);
    ask_orders(now, actions);
  }

  std::string refusal_text(const Event& event) const {
    const auto* code = events_.find(event, "code");
    return fmt::format("{} {}", code ? code->integer : 0, text(event, "message"));
  }
  /// "Token이 유효하지 않습니다": another one, at once.
  static void token_refused(std::string_view words, int status, UnixNanos now, Actions& actions) {
    if (status == 401 || words.contains("8005")) actions.timer(kAskToken, now);
  }

  void cancel_answered(std::uint64_t serial, const Reply& reply, UnixNanos now, Actions& actions) {
    const auto order = by_serial(serial);
    if (order == orders_.end()) return;
    events_.clear();
    const bool read = decoder_->decode(reply.body, now, events_).what == What::Events && !events_.events.empty();
    if (read && reply.status < 500 && events_.events.front().kind == "refusal") {
      const auto words = refusal_text(events_.events.front());
      token_refused(words, reply.status, now, actions);
      order->cancel_wanted = false;
      order->reason = reason_of(words);
      report(*order, OrderEventKind::CancelRejected, now, words, actions);
      order->reason = RejectReason::None;
    }
    // Not in the venue's own words: the lists say what became of it.
    if (!read || reply.status >= 500) return lose_cancel(*order, now, actions);
    // Taken: the stream says when it is done. Where it does not, the lists do.
    look_again(kRetryAfter, now, actions);
  }
  void lose_cancel(Order& order, UnixNanos now, Actions& actions) {
    order.cancel_lost = now;
    ask_orders(now, actions);
  }

  Result<OrderReportLine> report_in(const Event& event, UnixNanos received) const {
    OrderReportLine line;
    const auto whole = [&](std::string_view name, std::int64_t& out) -> Result<void> {
      const auto value = text(event, name);
      if (value.empty()) return {};
      const auto number = parse_decimal(value, 0);
      if (!number) return std::unexpected(number.error());
      out = *number;
      return {};
    };
    line.is_fill = event.kind == "fill";
    std::int64_t fee = 0, tax = 0;
    for (const auto& [name, out] :
         {std::pair{line.is_fill ? "order_price" : "price", &line.price},
          std::pair{line.is_fill ? "order_quantity" : "quantity", &line.quantity}, std::pair{"leaves", &line.leaves},
          std::pair{line.is_fill ? "price" : "last_price", &line.last_price},
          std::pair{line.is_fill ? "quantity" : "last_quantity", &line.last_quantity},
          std::pair{"filled", &line.filled}, std::pair{"average_price", &line.average}, std::pair{"fee", &fee},
          std::pair{"tax", &tax}})
      if (const auto done = whole(name, *out); !done) return std::unexpected(done.error());
    line.fees = fee + tax;
    line.venue_order_id = text(event, "order_id");
    line.number = number_in(line.venue_order_id);
    if (line.number == 0)
      return fail(Errc::BadData, fmt::format("'{}' is no order number", line.venue_order_id.substr(0, 40)),
                  "kept as it came; nothing of it counts");
    line.original = number_in(text(event, "orig_order_id"));
    line.code = without_exchange(text(event, "instrument"));
    line.exchange = text(event, "sor") == "Y" ? "SOR" : text(event, "exchange");
    line.execution = text(event, "execution");
    line.kind = text(event, "order_kind");
    line.type = text(event, "order_type");
    line.trade_id = text(event, "trade_id");
    line.reason = text(event, "reason");
    line.side = text(event, "side") == "sell" ? Side::Sell : Side::Buy;
    const auto* time = events_.find(event, "venue_time_ns");
    line.time = time ? time->integer : received;
    return line;
  }

  /// A report of the stream. Kiwoom has no client order id: one about a number that nobody knows may be about an order
  /// whose answer is still on its way, and is held until there is none.
  void order_told(const OrderReportLine& line, UnixNanos now, Actions& actions) {
    if (over_.contains(line.number)) return;
    auto order = by_number(line.number);
    // A cancel and an amendment are orders of their own, with a number of their own; what was amended goes on under it.
    if (order == orders_.end() && !line.is_fill && line.original != 0 &&
        (line.kind.contains("취소") || line.kind.contains("정정")))
      return change_told(line, now, actions);
    if (order == orders_.end()) {
      if (any_without_number()) return hold(line, now, actions);
      order = adopt_foreign(line, now);
      if (order == orders_.end()) return;
    }
    apply(order, line, now, actions);
  }

  void hold(const OrderReportLine& line, UnixNanos now, Actions& actions) {
    if (held_.size() == kMostHeld) {  // the lists say it then
      held_.pop_front();
      ask_orders(now, actions);
    }
    held_.push_back(line);
  }
  void release_held(UnixNanos now, Actions& actions) {
    std::deque<OrderReportLine> waiting;
    waiting.swap(held_);
    for (const auto& line : waiting) order_told(line, now, actions);
  }

  /// An order that this session did not place.
  Orders::iterator adopt_foreign(const OrderReportLine& line, UnixNanos now) {
    const auto watched = watched_as(line.code, line.exchange);
    if (watched == watched_.end() || line.execution == "rejected") return orders_.end();
    Order order;
    order.is_ours = false;
    order.serial = ++last_serial_;
    order.number = line.number;
    order.venue_order_id = line.venue_order_id;
    order.code = line.code;
    order.exchange = line.exchange == "NXT" ? "NXT" : line.exchange == "SOR" ? "SOR" : "KRX";
    order.decimals = watched->second.decimals;
    order.since = now;
    order.order.instrument = watched->second.index;
    order.order.side = line.side;
    order.order.type = line.price == 0 ? OrderType::Market : OrderType::Limit;
    order.order.quantity = {line.quantity * power_of_ten(order.decimals.quantity)};
    order.order.price = {line.price * power_of_ten(order.decimals.price)};
    return orders_.insert(orders_.end(), std::move(order));
  }

  void apply(Orders::iterator order, const OrderReportLine& line, UnixNanos now, Actions& actions) {
    if (line.execution == "rejected") {
      order->reason = reason_of(line.reason);
      report(*order, OrderEventKind::Rejected, line.time, line.reason, actions);
      return end(order);
    }
    accept(*order, line.time, actions);
    if (line.is_fill && std::ranges::find(order->trades, line.trade_id) == order->trades.end()) {
      order->trades.push_back(line.trade_id);
      const Quantity so_far{(line.quantity - line.leaves) * power_of_ten(order->decimals.quantity)};
      if (so_far > order->counted) {
        fill(*order, {line.last_price * power_of_ten(order->decimals.price)},
             {line.last_quantity * power_of_ten(order->decimals.quantity)}, line.fees, line, now, actions);
        actions.timer(kAskAccount, now + kRetryAfter);  // the cash that is left; the holding is told (04)
      }
    }
    if (order->filled >= order->order.quantity) return end(order);
    if (line.execution == "canceled") return cancelled(order, line.time, actions);
    // Nothing is left of it and nobody said why, or a fill is missing: ask.
    if (line.leaves == 0) ask_orders(now, actions);
  }

  void fill(Order& order, Price price, Quantity quantity, std::int64_t fees, const OrderReportLine& line, UnixNanos now,
            Actions& actions) {
    order.filled += quantity;
    order.value += Int128{price.value} * quantity.value;
    OrderReport out;
    out.event = {.kind = OrderEventKind::Filled,
                 .side = order.order.side,
                 .liquidity = Liquidity::Taker,  // nobody says
                 .instrument = order.order.instrument,
                 .id = order.is_ours ? order.order.id : 0,
                 .time = line.time,
                 .local_time = now,
                 .price = price,
                 .quantity = quantity,
                 .leaves = order.order.quantity - order.filled,
                 .fee = {Int128{fees - order.fees} * power_of_ten(kMoneyDecimals)}};
    order.fees = fees;
    out.venue_order_id = order.venue_order_id;
    out.trade_id = line.trade_id;
    if (!line.is_fill) out.reason = "from a list: several fills may be one here, at their average price";
    actions.order(out);
  }

  /// A cancel or an amendment was taken, refused, or done.
  void change_told(const OrderReportLine& line, UnixNanos now, Actions& actions) {
    const auto order = by_number(line.original);
    if (order == orders_.end()) return;
    if (line.execution == "rejected") {
      order->reason = reason_of(line.reason);
      report(*order, OrderEventKind::CancelRejected, line.time, line.reason, actions);
      order->reason = RejectReason::None;
      order->cancel_wanted = false;
    } else if (line.execution == "confirmed" || line.execution == "canceled") {
      if (line.kind.contains("취소")) {
        // Of a part of it, or of all that was left? And was anything filled before that nobody told?
        const auto rest = order->order.quantity - order->filled;
        if (Quantity{line.quantity * power_of_ten(order->decimals.quantity)} == rest)
          return cancelled(order, line.time, actions);
      } else {
        remember(order->number);
        order->number = line.number;  // it goes on under another number
        order->venue_order_id = line.venue_order_id;
        order->order.price = {line.price * power_of_ten(order->decimals.price)};
        actions.status({VenueState::Ready, fmt::format("order {} was amended elsewhere", line.venue_order_id)});
      }
      ask_orders(now, actions);
    }
  }

  void cancelled(Orders::iterator order, UnixNanos time, Actions& actions) {
    const bool expires =
        order->order.time_in_force == TimeInForce::IOC || order->order.time_in_force == TimeInForce::FOK;
    if (expires) order->reason = RejectReason::Expired;
    report(*order, expires ? OrderEventKind::Expired : OrderEventKind::Canceled, time, "", actions);
    end(order);
  }
  void end(Orders::iterator order) {
    remember(order->number);
    orders_.erase(order);
  }
  void remember(OrderNumber number) {
    over_.insert(number);
    if (over_.size() > kMostOver) over_.erase(over_.begin());  // numbers count upwards: the oldest
  }

  // ---- the account's lists ------------------------------------------------------------------------------------------

  /// Open orders, then those of which something was filled: an order that fills between the two is in both.
  void ask_orders(UnixNanos now, Actions& actions) {
    if (token_.empty()) return;
    if (asking_) {
      ask_again_ = true;
      return;
    }
    asking_ = true;
    ask_again_ = false;
    asked_at_ = now;
    lines_.clear();
    ask_list(About::Open, nullptr, actions);
  }
  void ask_list(About about, const Reply* page, Actions& actions) {
    const bool open = about == About::Open;
    rest("/api/dostk/acnt", open ? "ka10075" : "ka10076", Priority::Query, tag_of(about),
         {{open ? kOpenLists : kDoneLists, 1}});
    page_headers(page);
    request_.body = open ? R"({"all_stk_tp":"0","trde_tp":"0","stk_cd":"","stex_tp":"0"})"
                         : R"({"stk_cd":"","qry_tp":"0","sell_tp":"0","ord_no":"","stex_tp":"0"})";
    actions.request(request_);
  }
  /// A frame of the stream that cannot be read may have been about any order.
  void broken(const Error& why, std::string_view bytes, UnixNanos now, Actions& actions) {
    actions.malformed(why, bytes);
    if (!logged_in_) return;
    ask_again_ = true;
    look_again(kRetryAfter, now, actions);
  }
  void look_again(DurationNanos after, UnixNanos now, Actions& actions) {
    if (!look_due_) actions.timer(kAskOrders, now + after);
    look_due_ = true;
  }
  void lists_failed(DurationNanos after, UnixNanos now, Actions& actions) {
    asking_ = false;
    ask_again_ = true;
    look_again(after, now, actions);
  }

  void orders_listed(About about, const Reply& reply, UnixNanos now, Actions& actions) {
    if (!asking_) return;
    events_.clear();
    const auto decoded = decoder_->decode(reply.body, now, events_);
    const bool refusal =
        decoded.what == What::Events && !events_.events.empty() && events_.events.front().kind == "refusal";
    if (reply.status != 200 || decoded.what != What::Events || refusal) {
      token_refused(refusal ? refusal_text(events_.events.front()) : "", reply.status, now, actions);
      if (decoded.what == What::Malformed && reply.status == 200)
        actions.malformed({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, reply.body);
      return lists_failed(kRetryAfter, now, actions);
    }
    for (const auto& event : events_.events) {
      if (event.kind != "order") continue;
      auto line = report_in(event, now);
      if (!line) {
        actions.malformed(line.error(), reply.body);
        return lists_failed(kLookAgain, now, actions);
      }
      line->is_open = about == About::Open;
      lines_.push_back(std::move(*line));
    }
    if (has_more(reply)) return ask_list(about, &reply, actions);
    if (about == About::Open) return ask_list(About::Done, nullptr, actions);
    compare(now, actions);
  }

  /// The account's lists are whole: what they say, and what they no longer have.
  void compare(UnixNanos now, Actions& actions) {
    std::vector<std::uint64_t> all;  // an order may end, and others with it
    for (const auto& order : orders_) all.push_back(order.serial);
    for (const auto serial : all)
      if (const auto order = by_serial(serial); order != orders_.end() && order->unknown_since != kNoTime)
        find_unknown(order, now, actions);
    if (!any_without_number()) release_held(now, actions);
    for (const auto serial : all)
      if (const auto order = by_serial(serial); order != orders_.end() && order->number != 0)
        compare_one(order, now, actions);
    // Others' orders, unless one of them may be ours.
    if (!any_without_number())
      for (const auto& line : lines_)
        if (line.is_open && by_number(line.number) == orders_.end() && !over_.contains(line.number))
          if (const auto order = adopt_foreign(line, now); order != orders_.end()) {
            accept(*order, line.time, actions);
            compare_one(order, now, actions);
          }
    asking_ = false;
    const bool unknown = std::ranges::any_of(orders_, [](const Order& o) { return o.unknown_since != kNoTime; });
    if (ask_again_)
      look_again(kRetryAfter, now, actions);
    else if (unknown || (!open_ && !orders_.empty()))
      look_again(kLookAgain, now, actions);
  }

  void compare_one(Orders::iterator order, UnixNanos now, Actions& actions) {
    const OrderReportLine *open = nullptr, *done = nullptr;
    for (const auto& line : lines_)
      if (line.number == order->number) (line.is_open ? open : done) = &line;
    if (open) accept(*order, open->time, actions);
    const auto filled = std::max(open ? open->filled : 0, done ? done->filled : 0);
    const Quantity all{filled * power_of_ten(order->decimals.quantity)};
    if (all > order->filled && done && done->filled == filled) {
      // Fills that nobody told: one for all of them, so that the sum is the venue's.
      const Quantity missing = all - order->filled;
      const Int128 value = Int128{done->average} * power_of_ten(order->decimals.price) * all.value - order->value;
      const Price price{static_cast<std::int64_t>(divide(value, missing.value, Rounding::HalfEven))};
      order->counted = all;
      fill(*order, price, missing, std::max(done->fees, order->fees), *done, now, actions);
      actions.timer(kAskAccount, now + kRetryAfter);
    } else if (all > order->filled) {
      ask_again_ = true;  // the other list was asked before the fill
      return;
    }
    if (order->filled >= order->order.quantity) return end(order);
    // What was asked for before the order was known says nothing about it.
    if (!open && order->since < asked_at_) return cancelled(order, now, actions);
    if (!open || order->cancel_lost == kNoTime || order->cancel_lost > asked_at_) return;
    // It still works: who wants it canceled may ask again. Where the cancel arrives after all, the stream tells.
    order->cancel_lost = kNoTime;
    order->cancel_wanted = false;
    report(*order, OrderEventKind::CancelRejected, now, "the order still works: the cancel did not arrive", actions);
  }

  /// Orders whose answer never came. One line of the lists that nobody knows and that is the same stock, side,
  /// quantity, price and kind at about that time is the order; two that fit, or one that fits two orders, leave it
  /// unknown: somebody must look.
  void find_unknown(Orders::iterator order, UnixNanos now, Actions& actions) {
    const OrderReportLine* found = nullptr;
    bool rivals = false;
    for (const auto& line : lines_) {
      if (!fits(*order, line) || (found && found->number == line.number)) continue;
      rivals |= found != nullptr;
      found = &line;
    }
    if (found == nullptr) {
      if (asked_at_ < order->unknown_since + kNeverArrived) return;
      report(*order, OrderEventKind::Rejected, now, "it never arrived: neither open nor filled", actions);
      orders_.erase(order);
      return;
    }
    rivals |= std::ranges::any_of(orders_, [&](const Order& other) {
      return other.serial != order->serial && other.number == 0 && fits_terms(other, *order);
    });
    if (rivals)
      return actions.status(
          {VenueState::Ready, fmt::format("order {} is unknown: which order of the account is it?", order->order.id)});
    ask_again_ = true;  // what these lists do not have of it, the next ones have
    name(order, found->number, found->venue_order_id, now, actions);
  }
  bool fits(const Order& order, const OrderReportLine& line) {
    return by_number(line.number) == orders_.end() && !over_.contains(line.number) && line.code == order.code &&
           line.side == order.order.side && line.type == trade_type(order.order).word &&
           Quantity{line.quantity * power_of_ten(order.decimals.quantity)} == order.order.quantity &&
           Price{line.price * power_of_ten(order.decimals.price)} ==
               (order.order.type == OrderType::Limit ? order.order.price : Price{}) &&
           line.time - offset_ >= order.since - kClocksDiffer &&
           line.time - offset_ <= order.unknown_since + kClocksDiffer;
  }
  static bool fits_terms(const Order& a, const Order& b) {
    return a.code == b.code && a.order.side == b.order.side && a.order.quantity == b.order.quantity &&
           a.order.price == b.order.price && trade_type(a.order).number == trade_type(b.order).number;
  }

  // ---- holdings and cash --------------------------------------------------------------------------------------------

  void ask_account(Actions& actions) {
    if (token_.empty()) return;
    positions_.clear();
    ask_holdings(nullptr, actions);
  }
  void ask_holdings(const Reply* page, Actions& actions) {
    rest("/api/dostk/acnt", "kt00018", Priority::Query, tag_of(About::Holdings), {{kHoldings, 1}});
    page_headers(page);
    request_.body = R"({"qry_tp":"1","dmst_stex_tp":"KRX"})";
    actions.request(request_);
  }

  Result<void> position_in(const Event& event, std::vector<PositionReport>& out) {
    const auto watched = watched_as(without_exchange(text(event, "instrument")), "KRX");
    if (watched == watched_.end()) return {};  // of a stock that nobody watches
    const auto& decimals = watched->second.decimals;
    const auto quantity = parse_decimal(text(event, "quantity"), decimals.quantity);
    const auto price = parse_decimal(text(event, "entry_price"), decimals.price);
    if (!quantity) return std::unexpected(quantity.error());
    if (!price) return std::unexpected(price.error());
    out.push_back({watched->second.index, {*quantity}, {*price}});
    return {};
  }
  Result<void> position_told(const Event& event, Actions& actions) {
    told_.clear();
    if (const auto done = position_in(event, told_); !done) return done;
    if (!told_.empty()) actions.account({.time = kNoTime, .positions = told_});
    return {};
  }

  void account_listed(About about, const Reply& reply, UnixNanos now, Actions& actions) {
    events_.clear();
    const auto decoded = decoder_->decode(reply.body, now, events_);
    const bool refusal =
        decoded.what == What::Events && !events_.events.empty() && events_.events.front().kind == "refusal";
    if (reply.status != 200 || decoded.what != What::Events || refusal) {
      token_refused(refusal ? refusal_text(events_.events.front()) : "", reply.status, now, actions);
      return actions.timer(kAskAccount, now + kRetryAfter);
    }
    for (const auto& event : events_.events) {
      if (event.kind == "position")
        if (const auto done = position_in(event, positions_); !done) return actions.malformed(done.error(), reply.body);
      if (event.kind != "balance") continue;
      const auto amount = [&](std::string_view name) {
        const auto value = parse_decimal(text(event, name), 0);
        return Money{Int128{value ? *value : 0} * power_of_ten(kMoneyDecimals)};
      };
      // What may be ordered with; and what the day's trades and open orders keep of what will be there in two days.
      const Money free = amount("free"), settled = amount("cash_d2");
      const Balance balance{"KRW", free, settled > free ? settled - free : Money{}};
      actions.account({.time = now, .whole = true, .balances = {&balance, 1}, .positions = positions_});
    }
    if (about == About::Cash) return;
    if (has_more(reply)) return ask_holdings(&reply, actions);
    rest("/api/dostk/acnt", "kt00001", Priority::Query, tag_of(About::Cash), {{kCash, 1}});
    request_.body = R"({"qry_tp":"2"})";
    actions.request(request_);
  }

  Credentials credentials_;
  Description description_;
  std::unique_ptr<Decoder> decoder_ = decoder();
  std::string token_;
  std::string session_;  // as 0s last said it
  WatchList watched_;    // by code
  Orders orders_;
  std::set<OrderNumber> over_;
  std::deque<OrderReportLine> held_;    // by the stream, of numbers that may be ours
  std::vector<OrderReportLine> lines_;  // of the lists that are being asked for
  std::vector<PositionReport> positions_, told_;
  mutable std::vector<WorkingOrder> working_;
  EventBatch events_;
  Straight straight_;
  MessageBatch batch_;
  Request request_;
  std::string search_, search_number_;   // that is followed: as the user calls it, as the venue does
  std::vector<std::string_view> names_;  // reused
  std::size_t most_ranked_ = 0;          // of the ranking that is on its way; 0: none is
  std::uint64_t last_serial_ = 0;
  DurationNanos offset_ = 0;  // the venue's clock minus ours
  UnixNanos asked_at_ = 0;    // when the lists began to be asked for
  bool asking_ = false;       // the lists are on their way
  bool ask_again_ = false;    // something happened meanwhile
  bool look_due_ = false;     // a timer will ask for them
  bool wanted_ = false;       // the connection is
  bool open_ = false;
  bool logged_in_ = false;
  bool account_told_ = false;  // the stream tells of orders
};

}  // namespace

Result<std::unique_ptr<Venue>> client(const VenueConfig& config) {
  if (!config.credentials || config.credentials->key.empty() || config.credentials->secret.empty())
    return fail(Errc::Usage, "kiwoom has no public data", "give a key and its secret");
  return std::make_unique<Client>(*config.credentials);
}

}  // namespace stom::venues::kiwoom
