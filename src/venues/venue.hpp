// The port of a venue: a state machine without sockets, files or clock. What happened goes in (connected, a frame, a
// reply, a timer that is due, a command), each with `now`; what is to be done comes out through Actions (connect, send,
// request, wake me) beside what was learned (market data, orders, balances). gateway/ owns the sockets and knows no
// venue; a venue knows no socket. So all that takes more than one step (snapshot and diffs, token and login,
// registration, resubscription) lives in the venue and is tested from recorded frames.
//
//   gateway ──opened/frame/reply/outcome/timer──> Venue ──connect/request/timer──> gateway
//   engine  ──submit/cancel/watch──────────────>  Venue ──market/order/account──>  engine
//
// One thread calls a venue, one call at a time. Text that is handed over in either direction (frames, headers, names)
// is valid until the call returns. Once warm, a market frame allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/assert.hpp"
#include "core/result.hpp"
#include "model/fill.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"
#include "model/order.hpp"
#include "model/orders_offered.hpp"
#include "venues/credentials.hpp"

namespace stom::venues {

using ConnectionId = std::uint32_t;  // the venue's choice; one WebSocket that it wants open
using Tag = std::uint64_t;           // the venue's choice; comes back with a request's reply or outcome. 0: none wanted
using TimerId = std::uint32_t;       // the venue's choice; setting one again moves it
using BudgetIndex = std::uint8_t;    // place in Description::budgets
inline constexpr BudgetIndex kNoBudget = 255;

/// A number of an order in the lower 56 bits of a Tag: the bits that say of which kind a bracket's order is
/// (kStopLossChild) stand at the very top.
constexpr std::uint64_t packed(std::uint64_t number) {
  return number >> 60 << 52 | (number & ((std::uint64_t{1} << 52) - 1));
}
constexpr std::uint64_t unpacked(Tag tag) { return tag >> 52 << 60 | (tag & ((Tag{1} << 52) - 1)); }

// ---------------------------------------------------------------------------------------------------------------------
// What a venue says of itself, as data: the gateway obeys it without knowing the venue.

enum class Transport : std::uint8_t { Https, WebSocket };

/// A place to talk to. The user may put another address behind the name (`stom exchange`, a proxy, a test network).
struct Endpoint {
  std::string name;  // "rest", "market", "user"
  Transport transport = Transport::Https;
  std::string url;                 // the venue's production address: "https://api.upbit.com"
  DurationNanos ping_every = 0;    // WebSocket: we send a ping frame this often; 0: the venue pings, or says so in text
  DurationNanos silent_after = 0;  // WebSocket: nothing received for so long is a dead connection; 0: silence is normal
  DurationNanos renew_after = 0;   // WebSocket: the venue ends connections at some age; be first. 0: it does not
};

enum class BudgetKind : std::uint8_t {
  FixedWindow,    // used counts from 0 at each multiple of `window` since 1970
  SlidingWindow,  // at most `limit` within any span of `window`
  Standing,       // what is held at a time (registrations, connections), given back by Actions::release()
};

/// What may be spent. A request names its cost in each budget that it draws on and waits until all of them have room.
struct Budget {
  std::string name;  // "weight-1m", "orders-10s", "registrations": shown to users
  BudgetKind kind = BudgetKind::SlidingWindow;
  std::int64_t limit = 0;
  DurationNanos window = 0;  // not for Standing
  /// The last units of the limit, for Priority::Risk alone: a cancel must not wait behind what filled the window.
  std::int64_t kept_for_risk = 0;

  // How replies report it; the venue's count wins over ours.
  std::string header;        // "X-MBX-USED-WEIGHT-1M"; empty: not reported
  std::string header_group;  // of "group=order; min=1799; sec=29": the header is about this budget where group is it
  std::string header_key;    // the key of what REMAINS ("sec"); empty: the header's value is what is USED, a number
};

/// A status by which the venue says "too many".
struct RateRefusal {
  int status = 429;
  bool shuts_out = false;                  // nothing at all may be sent until it is over, by whatever budget
  std::string wait_header;                 // seconds to wait, "Retry-After"
  DurationNanos wait_otherwise = kMinute;  // where that header is not there
};

struct Description {
  std::string name;  // "binance-usdm": a key of the registry
  std::vector<Endpoint> endpoints;
  std::vector<Budget> budgets;
  std::vector<RateRefusal> rate_refusals;

  // What it says of which instruments are worth watching (Venue::rank_by_value, follow_search).
  bool ranks_by_value = false;
  bool searches = false;
  bool socket_orders = false;             // VenueConfig::orders_by_socket
  bool tells_everything = false;          // Venue::resume(), ask_everything()
  OrdersOffered orders{};                 // the rest STOM does itself
  BudgetIndex registrations = kNoBudget;  // the Standing budget of which each watched instrument takes one
};

// ---------------------------------------------------------------------------------------------------------------------
// What goes out.

/// Which request goes first where several wait. Of one priority: in the order in which they were asked for.
enum class Priority : std::uint8_t {
  Risk,        // cancel, cancel all, what makes a position smaller on order of the risk side
  Order,       // new orders
  Session,     // token, login, listen key, subscriptions: without them the venue is blind
  Query,       // snapshots, open orders, balances
  Background,  // history, lists
};

/// So long a new order may wait to be written, for its budget or for a connection: what it was decided on is over then.
/// What takes risk away waits for as long as it must: cancels, and what closes positions on order of the risk side.
inline constexpr DurationNanos kOrderWaits = 5 * kSecond;

struct Cost {
  BudgetIndex budget = 0;
  std::int32_t amount = 1;
};

/// The costs of one request, without the heap.
class Costs {
 public:
  static constexpr std::size_t kMost = 4;
  Costs() = default;
  Costs(std::initializer_list<Cost> costs) {
    for (const auto cost : costs) add(cost);
  }
  void add(Cost cost) {
    STOM_ASSERT(size_ < kMost);
    costs_[size_++] = cost;
  }
  const Cost* begin() const { return costs_.data(); }
  const Cost* end() const { return costs_.data() + size_; }
  std::size_t size() const { return size_; }

 private:
  std::array<Cost, kMost> costs_{};
  std::size_t size_ = 0;
};

struct Header {
  std::string name;
  std::string value;
};

/// One thing to be written: an HTTP request, or a text on an open WebSocket. A value whose strings keep their room when
/// it is assigned to again, so that venue and gateway each keep some and reuse them.
struct Request {
  std::string endpoint;         // HTTP: the name of one; empty: a text for `connection`
  ConnectionId connection = 0;  // WebSocket
  std::string method;           // HTTP: "GET"
  std::string target;           // HTTP: path and query, "/fapi/v1/order?symbol=BTCUSDT"
  std::vector<Header> headers;  // HTTP: Host, Content-Length and the like are the gateway's
  std::string body;             // HTTP: body. WebSocket: the text
  Tag tag = 0;
  Priority priority = Priority::Query;
  Costs costs;
  /// Venue::sign() is to be called just before the bytes are written: a request may have waited for its budget, and
  /// a time stamp ages. A request that was signed and then not written is signed anew from what the venue gave.
  bool sign_late = false;
  UnixNanos not_after = kNever;  // not worth writing any more then: outcome NotWritten
  NewOrder order{};              // Priority::Order: the one that it brings
};

/// What is filled of an order that is somebody else's, as the venue says it. It stays theirs where the order is
/// adopted.
struct FilledBefore {
  Quantity quantity{};
  Int128 value = 0;  // price times quantity, as integers; 0: it is not said
  Money fees{};      // where the venue says their sum
};

/// An order as the venue last confirmed it.
struct WorkingOrder {
  ClientOrderId id = 0;  // 0: not one of ours
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
  Price price{};
  Quantity leaves{};
  std::string venue_order_id;
  std::string client_id{};  // as on the wire; an order of somebody else's may have none
  Price trigger_price{};    // of one that waits for it at the venue
  /// Somebody else's that rests, and of which no more matters than is told here: adopt().
  bool adoptable = false;
  FilledBefore filled{};  // of one that is adoptable
};

/// What the venue says about an order, or of funding. `event` is what the engine folds in; the rest is for people and
/// reconciliation.
struct OrderReport {
  OrderEvent event;                 // id 0: an order that we did not place, or Funding: of a position
  std::string_view client_id;       // as on the wire
  std::string_view venue_order_id;  // empty where the venue gave none (refused at the door)
  std::string_view trade_id;        // Filled: the venue's; the same fill told twice has the same
  std::string_view reason;          // Rejected, CancelRejected: the venue's own words and code
};

/// What the account paid (negative: got) for a position as funding was due. By which mark price, and for how much, a
/// venue need not say: 0 then.
inline OrderReport funding_report(InstrumentIndex instrument, Money paid, UnixNanos at, UnixNanos now) {
  return {
      .event = {.kind = OrderEventKind::Funding, .instrument = instrument, .time = at, .local_time = now, .fee = paid},
      .client_id = {},
      .venue_order_id = {},
      .trade_id = {},
      .reason = {}};
}

/// What a client tells of an order as it keeps it: one with the NewOrder (`order`), `filled`, `is_ours`, the `reason`
/// of a refusal and `venue_order_id`. `why` are the venue's own words.
template <class Order>
OrderReport report_of(const Order& order, OrderEventKind kind, UnixNanos now, std::string_view why) {
  return {.event = {.kind = kind,
                    .side = order.order.side,
                    .reason = order.reason,
                    .instrument = order.order.instrument,
                    .id = order.is_ours ? order.order.id : 0,
                    .time = now,
                    .local_time = now,
                    .leaves = order.order.quantity - order.filled},
          .client_id = {},
          .venue_order_id = order.venue_order_id,
          .trade_id = {},
          .reason = why};
}

struct Balance {
  std::string_view currency;
  Money free{};
  Money locked{};
};
struct PositionReport {
  InstrumentIndex instrument = 0;
  Quantity quantity{};  // signed
  Price entry_price{};
};
/// Balances and positions that changed, or all of them (`whole`).
struct AccountReport {
  UnixNanos time = kNoTime;
  bool whole = false;
  std::span<const Balance> balances;
  std::span<const PositionReport> positions;
};

/// All that was asked for by one question has come (Venue::ask_everything): what each order became, fills included, and
/// the account, were told before.
struct EverythingReport {
  UnixNanos asked = kNoTime;
  std::span<const WorkingOrder> orders;  // that rest there, others' too
};

/// The venue named instruments, by symbol: what rank_by_value() or follow_search() asked for.
struct NamedReport {
  enum class What : std::uint8_t { All, Came, Left };
  What what = What::All;  // All: there are no others; best first, where the venue says which is
  std::span<const std::string_view> symbols;
};

enum class VenueState : std::uint8_t {
  Connecting,
  LoggingIn,
  SignedIn,  // the venue took our key: what is private arrives from now on
  Ready,
  Refused,   // the venue does not take our key
  Unsuited,  // it does, but the account is not set as it has to be for our orders: none is sent
  Down
};
struct StatusReport {
  VenueState state = VenueState::Connecting;
  std::string_view text;      // what a person reads: "listen key renewed", "token refused: 8005"
  std::string_view remedy{};  // Unsuited: what the person can do
};

/// Where a venue puts what is to be done and what it learned. The gateway implements it; tests record it.
class Actions {
 public:
  virtual ~Actions() = default;

  /// The connection is wanted open from now on: the gateway opens it, and after each close opens it again by itself,
  /// with back-off, until disconnect(). Asked for again, with another target (a new listen key), it opens that one.
  virtual void connect(ConnectionId connection, std::string_view endpoint, std::string_view target,
                       std::span<const Header> headers) = 0;
  virtual void disconnect(ConnectionId connection) = 0;
  /// Copies what it keeps. Exactly one answer per tag follows: reply() or outcome(). Of a text on a WebSocket the venue
  /// itself sees the answer, among the frames, and says settled().
  virtual void request(const Request& request) = 0;
  virtual void settled(Tag tag) = 0;
  /// The same of an answer that says, as headers would, what of budgets is used or how long to wait.
  virtual void settled_with(Tag tag, int /*status*/, std::span<const Header> /*told*/) { settled(tag); }
  /// kNever takes it back.
  virtual void timer(TimerId id, UnixNanos at) = 0;

  /// From within reply() alone: while it made that answer the venue's clock showed a time in [from, to]. What venues
  /// say in passing (an HTTP Date header) is known without it, to a second.
  virtual void venue_clock(UnixNanos /*from*/, UnixNanos /*to*/) {}

  /// A Standing budget's units are free again.
  virtual void release(BudgetIndex budget, std::int64_t amount) = 0;
  /// The venue told a limit (its list of limits, a header) that is not the one in description().
  virtual void set_limit(BudgetIndex budget, std::int64_t limit) = 0;

  /// In the order in which the venue sent it, at the instrument's decimals. The batch is the venue's and reused.
  virtual void market(InstrumentIndex instrument, const MessageBatch& batch) = 0;
  /// Updates are missing: the book is not to be believed until the next Snapshot.
  virtual void book_stale(InstrumentIndex instrument, std::string_view why) = 0;
  virtual void order(const OrderReport& report) = 0;
  /// It was sent and nobody knows what became of it; the venue asks. The next order() of that id ends it.
  virtual void order_unknown(ClientOrderId, InstrumentIndex) {}
  /// Of a venue that knows no client order ids: what it calls an order of ours from now on. Who keeps it can find that
  /// order again after a restart (EarlierOrder); told before what the order became under that name.
  virtual void order_named(ClientOrderId, std::string_view /*venue_order_id*/) {}
  virtual void account(const AccountReport& report) = 0;
  /// What comes from here to everything_told() and happened before, nobody had told.
  virtual void everything_asked(UnixNanos /*now*/) {}
  virtual void everything_told(const EverythingReport&) {}
  virtual void named(const NamedReport&) {}
  virtual void status(const StatusReport& report) = 0;

  /// A message of a type that we do not know: kept, counted by `type`, shown.
  virtual void unknown(std::string_view type, std::string_view frame) = 0;
  /// Bytes that do not mean what they should. Nothing was learned from any part of the frame.
  virtual void malformed(const Error& error, std::string_view frame) = 0;
};

// ---------------------------------------------------------------------------------------------------------------------
// What comes in.

struct Reply {
  Tag tag = 0;
  int status = 0;
  std::span<const Header> headers;
  std::string_view body;
};

/// What became of a request that has no reply.
enum class Outcome : std::uint8_t {
  NotWritten,  // no byte of it left: nothing happened at the venue
  Unknown,     // it may have arrived. An order is then unknown, never rejected: ask
  TakenBack,   // of a new order alone: it was canceled while it waited, and no byte of it left
};
/// As what a new order ends that never left.
constexpr OrderEventKind end_of_unsent(Outcome outcome) {
  return outcome == Outcome::TakenBack ? OrderEventKind::Canceled : OrderEventKind::Denied;
}

/// Which market data of an instrument are wanted.
struct Wanted {
  bool book = true;
  bool trades = true;
  bool quotes = false;
  bool mark_price = false;
};

/// How the account is to trade a contract on margin; what is not named stays as it is.
struct MarginSetting {
  std::string symbol;
  std::optional<int> leverage{};
  std::optional<bool> isolated{};  // false: cross
};

/// An order that was sent before this process began, and whose end nobody has told.
struct EarlierOrder {
  NewOrder order;
  const Instrument* instrument = nullptr;  // never null
  UnixNanos submitted = 0;
  bool accepted = false;  // false: nobody knows whether it arrived
  /// Of order_named(), the last one; of a venue with client order ids: it was adopted, and has this name there alone.
  std::string_view venue_order_id;
  std::span<const Fill> fills;  // of it, that were told
  Quantity kept_as_fees{};      // bought beside those: the venue took its fee of it (OrderEvent::coin_fee)
  FilledBefore before{};        // of one that was adopted: `order` is what was left then
};

/// What a venue is made with (registry.hpp).
struct VenueConfig {
  std::optional<Credentials> credentials;  // none: public data alone
  /// Part of every client order id ("stom-7-42"): two sessions must not share one, or they take each other's orders for
  /// their own. Letters and digits, eight at most.
  std::string session = "0";
  /// Set at the venue before the first order leaves; only of venues that have such settings.
  std::vector<MarginSetting> margin{};
  /// Orders and cancels go by the venue's WebSocket API; of venues whose description says that they have one.
  bool orders_by_socket = false;
};

/// Funding that an earlier process of the session was told.
struct EarlierFunding {
  const Instrument* instrument = nullptr;  // never null
  UnixNanos time = 0;                      // at the venue
};

/// What a session holds of a coin beyond its position, by fees that an earlier process of it was told.
struct EarlierDust {
  const Instrument* instrument = nullptr;  // never null
  Money coins{};
};

/// What a venue without client order ids called an order that was over when this process began.
struct EarlierNumber {
  std::string_view venue_order_id;
  UnixNanos submitted = 0;
};

class Venue {
 public:
  virtual ~Venue() = default;

  /// Does not change while the venue lives.
  virtual const Description& description() const = 0;

  /// Before start(), where the description says `tells_everything`: takes them for its own, and asks what became of
  /// them once it can.
  /// The journal knows of ids before `lost_from`, this process begins at `first`: what rests there under an id of the
  /// session and is neither one of these orders nor sent from here on is told as somebody else's (OwnIds).
  virtual void resume(std::span<const EarlierOrder> /*orders*/, ClientOrderId /*lost_from*/, ClientOrderId /*first*/) {}
  /// Before start(), too, of a session that first began at `begun`: what funding came since, of each instrument behind
  /// the last that was told of it, the venue asks for.
  virtual void resume_funding(UnixNanos /*begun*/, std::span<const EarlierFunding> /*told*/) {}
  /// Before start(), too: what is left over of fees that were taken of what was bought pays for the next one.
  virtual void resume_dust(std::span<const EarlierDust> /*held*/) {}
  /// Before start(), too, of a venue that names orders itself: the newest that are over. No order without an answer is
  /// one of them, however alike.
  virtual void resume_over(std::span<const EarlierNumber> /*numbers*/) {}
  virtual void start(UnixNanos now, Actions& actions) = 0;
  virtual void opened(ConnectionId connection, UnixNanos now, Actions& actions) = 0;
  virtual void closed(ConnectionId connection, std::string_view reason, UnixNanos now, Actions& actions) = 0;
  /// `received`: our clock when the last byte of the frame was read; it is also now.
  virtual void frame(ConnectionId connection, std::string_view bytes, UnixNanos received, Actions& actions) = 0;
  virtual void reply(const Reply& reply, UnixNanos now, Actions& actions) = 0;
  virtual void outcome(Tag tag, Outcome outcome, UnixNanos now, Actions& actions) = 0;
  virtual void timer(TimerId id, UnixNanos now, Actions& actions) = 0;
  /// Venue's clock minus ours, as the gateway estimates it. Time stamps in requests are on the venue's clock.
  virtual void clock_offset(DurationNanos offset, UnixNanos now, Actions& actions) = 0;

  /// Puts time stamp and signature into a request that asked for sign_late. Fails where there is no key for it.
  virtual Result<void> sign(Request& request, UnixNanos now) = 0;

  /// Market data of the instrument are wanted under this index, at its decimals. The venue copies what it needs.
  virtual void watch(InstrumentIndex index, const Instrument& instrument, Wanted wanted, UnixNanos now,
                     Actions& actions) = 0;
  virtual void unwatch(InstrumentIndex index, UnixNanos now, Actions& actions) = 0;

  /// Where the description says that it does. Once: named() has the instruments of the most value traded today.
  virtual void rank_by_value(std::size_t /*most*/, UnixNanos /*now*/, Actions&) {}
  /// From now on, through every reconnect: named() has who meets a condition that is kept at the venue, by its number
  /// or its name there, and then who comes and who leaves.
  virtual void follow_search(std::string_view /*condition*/, UnixNanos /*now*/, Actions&) {}

  /// Where the description says `tells_everything`: what rests there, what became of each order of ours, its fills, the
  /// account; everything_told() comes behind the last answer. A venue asks so by itself each time that its stream of
  /// orders has begun. Asked while it asks, it begins anew.
  virtual void ask_everything(UnixNanos /*now*/, Actions&) {}

  virtual void submit(const NewOrder& order, UnixNanos now, Actions& actions) = 0;
  virtual void cancel(const CancelOrder& order, UnixNanos now, Actions& actions) = 0;
  /// One that was WorkingOrder::adoptable, and has that name at the venue, is ours from here on, under the id of
  /// `order`, which is what is left of it: what was filled before is told to nobody. It is accepted; or rejected, where
  /// not so much is left there any more: then it stays somebody else's.
  virtual void adopt(const NewOrder& /*order*/, std::string_view /*venue_order_id*/, UnixNanos /*now*/, Actions&) {
    STOM_ASSERT(false);
  }
  /// Of these instruments; without any, of all that the venue watches. With Priority::Risk, by the shortest way the
  /// venue offers; it needs no engine, so that the I/O thread can call it when the engine hangs. Asked again and again,
  /// it asks the venue once: no second time for what has no answer yet.
  virtual void cancel_all(std::span<const InstrumentIndex> instruments, UnixNanos now, Actions& actions) = 0;
  /// Adds the orders that it keeps back itself, by submission: request() has none of them yet, and cancel() ends them
  /// here.
  virtual void append_kept_back(std::vector<NewOrder>& /*orders*/) const {}
  /// What rests there as far as the venue told us; valid until the next call.
  virtual std::span<const WorkingOrder> working_orders() const = 0;
};

}  // namespace stom::venues
