// Binance's markets, each by a client of its own (client.hpp): what it knows, and which file does what. One state and
// one thread; all that comes in and all that it leads to is a member function of it.
//
//   client.cpp              the three markets; what comes in, and to whom it goes; how requests are written
//   client_streams.cpp      who is watched: streams, snapshots, and what is missing between them
//   client_user_stream.cpp  the stream that tells of orders and account: listen keys and subscriptions
//   client_orders.cpp       orders: sent, canceled, answered
//   client_questions.cpp    orders that nobody told of: which are open, what became of one, its fills
//   client_reports.cpp      what the venue says of orders, whoever asked
//   client_account.cpp      what the account holds, and how it is set before the first order leaves
//   client_funding.cpp      funding that its positions paid or got
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "venues/binance/account_setup.hpp"
#include "venues/binance/client.hpp"
#include "venues/binance/decoder.hpp"
#include "venues/binance/market_data.hpp"
#include "venues/binance/refusals.hpp"
#include "venues/binance/signing.hpp"
#include "venues/earlier_orders.hpp"
#include "venues/json.hpp"

namespace stom::venues::binance {

using What = Decoded::What;

enum Connection : ConnectionId { kBooks = 1, kMarks = 2, kUser = 3, kOrders = 4 };
enum Timer : TimerId {
  kRetry = 1,
  kKeepKey = 2,
  kAskKey = 3,
  kAskTime = 4,
  kUserOpens = 5,
  kAskFunding = 6,
  kEarlyEnds = 7
};
/// What a tag is about; the rest of it is a number.
enum class About : std::uint8_t {
  Subscription = 1,
  Trades,
  Snapshot,
  ListenKey,
  KeepKey,
  OpenOrders,
  OpenAlgos,
  Order,
  Cancel,
  CancelAll,
  Query,
  Time,
  TheirQuery,  // of an order that was placed by other means; the number is the venue's
  TheirTrades,
  Account,
  Setup,
  Funding
};
constexpr Tag tag_of(About about, std::uint64_t number) { return static_cast<Tag>(about) << 56 | packed(number); }
constexpr About about_of(Tag tag) { return static_cast<About>(tag >> 56); }
constexpr std::uint64_t number_of(Tag tag) { return unpacked(tag); }

enum Weights : BudgetIndex { kWeight = 0, kOrders10s = 1, kOrdersLong = 2 };

inline constexpr DurationNanos kRetryAfter = kSecond;
inline constexpr DurationNanos kKeepKeyEvery = 30 * kMinute;  // a listen key lives for an hour
inline constexpr DurationNanos kOpensWithin = 10 * kSecond;   // else its key may be over

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
  std::int32_t income_weight;
  std::int64_t weight_limit;  // a minute
  std::int64_t orders_10s;
  std::int64_t snapshot_weight;
  std::string_view depth;  // stream of diffs
};

struct Watched {
  Watched(const std::string& symbol, Feed feed)
      : wire{percent_encode(symbol)}, data{MarketDataConfig{symbol, feed, {}}} {}
  std::string wire;  // the symbol as a query or a form carries it
  InstrumentIndex index = 0;
  Instrument instrument;
  Wanted wanted;
  MarketData data;
  std::int64_t last_update_id = 0;  // of the newest diff; 0: none since the connection opened
  std::int64_t wanted_id = 0;       // the id before the first diff since then, or since a gap: a snapshot must reach it
  std::int64_t snapshot_id = 0;     // of the snapshot since then; 0: none
  bool snapshot_wanted = false;     // asked for, or to be asked for again
  bool open_orders_wanted = false;  // to be asked for again
  bool open_orders_awaited = false;  // they were not told since they were asked for
  bool open_algos_awaited = false;   // nor those that wait at the algo service
};

struct Order {
  NewOrder order;
  std::string client_id;
  std::string venue_order_id;
  std::string algo_number;  // the algo service's own, of one that waits for a price there
  Quantity filled{};
  Quantity before{};  // of that, filled before we knew of the order, and whose trades nobody has told yet
  Int128 value = 0;   // of somebody else's: price times quantity of what is filled; 0: it is not said
  RejectReason reason = RejectReason::None;
  std::vector<std::string> trades;  // fills that were told: the same one can come twice
  std::vector<Fill> booked;         // those that an earlier process was told, whose names nobody knows
  bool resumed = false;             // sent by an earlier process
  bool is_ours = true;              // placed by this session, or adopted
  bool adopted = false;             // its client id is not of our making
  bool is_plain = false;            // somebody else's: a limit order that rests at `price`
  bool accepted = false;
  bool triggered = false;  // of one that waits for a price: it had it
  bool asking = false;     // nobody knows what became of it
  bool cancel_sent = false;
  bool cancel_lost = false;  // nobody knows what became of that either
  bool listed = false;       // among the open orders that the venue listed last
  Quantity known_filled{};   // as an answer said: more than was told while its trades are asked for
  UnixNanos unknown_since = kNoTime;
  std::optional<OrderEventKind> ending;  // it is over; to be told behind the fills that are still asked for
};

class MarketClient final : public Venue {
 public:
  MarketClient(Feed feed, VenueConfig config, std::optional<Signer> signer);

  const Description& description() const override { return description_; }

  void start(UnixNanos now, Actions& actions) override;
  void opened(ConnectionId connection, UnixNanos, Actions& actions) override;
  void closed(ConnectionId connection, std::string_view reason, UnixNanos now, Actions& actions) override;
  void frame(ConnectionId connection, std::string_view bytes, UnixNanos received, Actions& actions) override;
  void reply(const Reply& reply, UnixNanos now, Actions& actions) override;
  void outcome(Tag tag, Outcome outcome, UnixNanos now, Actions& actions) override;
  void timer(TimerId id, UnixNanos now, Actions& actions) override;
  void clock_offset(DurationNanos offset, UnixNanos now, Actions& actions) override;
  Result<void> sign(Request& request, UnixNanos now) override;

  void watch(InstrumentIndex index, const Instrument& instrument, Wanted wanted, UnixNanos, Actions& actions) override;
  void unwatch(InstrumentIndex index, UnixNanos, Actions& actions) override;

  void resume(std::span<const EarlierOrder> orders, ClientOrderId lost_from, ClientOrderId first) override;
  void resume_funding(UnixNanos begun, std::span<const EarlierFunding> told) override;
  void resume_dust(std::span<const EarlierDust> held) override;
  void ask_everything(UnixNanos now, Actions& actions) override;
  void submit(const NewOrder& order, UnixNanos now, Actions& actions) override;
  void adopt(const NewOrder& wanted, std::string_view venue_order_id, UnixNanos now, Actions& actions) override;
  void cancel(const CancelOrder& cancel, UnixNanos now, Actions& actions) override;
  void cancel_all(std::span<const InstrumentIndex> instruments, UnixNanos now, Actions& actions) override;
  void append_kept_back(std::vector<NewOrder>& orders) const override {
    for (const auto& early : early_) orders.push_back(early.order);
  }
  std::span<const WorkingOrder> working_orders() const override;

 private:
  // ---- what is said

  /// Whatever is not on its way to a book: by the one decoder, to reports. False where the message is broken, or is of
  /// a kind that we know and says something that we do not: what it told is then not known.
  bool told(std::string_view bytes, UnixNanos received, Actions& actions);
  /// Whether each order of the message at hand came with its state: a question is not answered otherwise.
  bool states_are_told() const;
  using Orders = std::map<std::string, Order, std::less<>>;
  Orders::iterator adopted_named(InstrumentIndex index, std::string_view number, std::string_view client_id);
  std::string_view text(const Event& event, std::string_view name) const {
    const auto* field = events_.find(event, name);
    return field ? field->text : std::string_view{};
  }
  UnixNanos time(const Event& event) const {
    const auto* field = events_.find(event, "venue_time_ns");
    return field ? field->integer : kNoTime;
  }

  // ---- requests

  void reset(Priority priority, Tag tag);
  void rest(std::string_view method, std::string_view target, Priority priority, Tag tag, Costs costs);
  /// Of the WebSocket API. The body is a form until it is signed.
  void call(std::string_view method, Priority priority, Tag tag, Costs costs);
  /// What REST would have answered, and is understood as that.
  void socket_answered(std::string_view bytes, UnixNanos now, Actions& actions);
  /// A symbol as a query or a form carries it and as it is signed: some have letters that are no ASCII.
  static std::string wire(std::string_view symbol) { return percent_encode(symbol); }
  void answered(const Reply& reply, UnixNanos now, Actions& actions);
  void key_header();
  void retry_at(UnixNanos now, Actions& actions);
  std::optional<Refusal> refusal_in(std::string_view body);
  void refused(const Reply& reply, std::string_view what, Actions& actions);
  void ask_time(Actions& actions);
  void time_told(const Reply& reply, UnixNanos now, Actions& actions);

  // ---- market data

  std::vector<std::string> streams_of(const Watched& watched, ConnectionId connection) const;
  void subscribe(ConnectionId connection, Actions& actions);
  void say_streams(ConnectionId connection, std::string_view method, const std::vector<std::string>& streams,
                   Actions& actions);
  /// By the first "s" of the frame: cheap, and the decoder checks it.
  Watched* watched_by(std::string_view bytes);
  void market(Watched& watched, std::string_view bytes, UnixNanos received, Actions& actions);
  void ask_snapshot(Watched& watched, Actions& actions);
  void snapshot(std::uint64_t index, const Reply& reply, UnixNanos now, Actions& actions);

  // ---- the user stream

  void ask_listen_key(UnixNanos, Actions& actions);
  void listen_key(const Reply& reply, UnixNanos now, Actions& actions);
  void subscribe_user(Actions& actions);
  void user_stream_ready(std::string_view how, UnixNanos now, Actions& actions);

  // ---- orders

  /// One that has been wanted since then.
  void place(const NewOrder& order, UnixNanos since, UnixNanos now, Actions& actions);
  std::string client_id_of(ClientOrderId id) const;
  Order* ours(ClientOrderId id);
  std::string symbol_of(const Order& order) const;
  void report(const Order& order, OrderEventKind kind, UnixNanos now, std::string_view why, Actions& actions);
  void order_answered(ClientOrderId id, About about, const Reply& reply, UnixNanos now, Actions& actions);
  void cancel_answered(ClientOrderId id, const Reply& reply, UnixNanos now, Actions& actions);
  /// Done or not? What the venue says of the order says it.
  void lose_cancel(Order& order, Actions& actions);
  /// The order still works: who wants it canceled may ask again. Where the cancel arrives after all, the user stream
  /// tells.
  void find_cancel(ClientOrderId id, UnixNanos now, Actions& actions);

  // ---- orders that nobody told of

  void ask_open_orders(InstrumentIndex index, Actions& actions);
  void open_orders_told(InstrumentIndex index, const Reply& reply, UnixNanos now, Actions& actions);
  void open_algos_told(InstrumentIndex index, const Reply& reply, UnixNanos now, Actions& actions);
  /// A list of what rests, into `orders_`: who is in it has `listed`. False: it is to be asked for again.
  bool list_told(Watched& watched, const Reply& reply, std::string_view what, UnixNanos now, Actions& actions);
  /// At the algo service for as long as it waits; behind that an order like any other, whose number the service told.
  bool waits_at_algo(const Order& order) const;
  /// The same of somebody else's.
  static bool theirs_waits(const Order& order) {
    return !order.is_ours && !order.algo_number.empty() && !order.triggered;
  }
  static bool is_adoptable(const Order& order) {
    return !order.is_ours && order.is_plain && order.accepted && order.filled < order.order.quantity &&
           order.known_filled <= order.filled && !order.ending && order.order.price.value > 0;
  }
  /// Whether a trade is of what was filled before we knew of the order. `so_far`: of all the order's, with it; nothing
  /// in a list of trades, which has the oldest first.
  static bool take_before(Order& order, Quantity traded, std::optional<Quantity> so_far);
  /// Price times quantity of what is filled, as the venue says it; 0 where it does not.
  Int128 value_filled(const Event& event, const Instrument& of, Quantity filled) const;
  /// Where one of ours is asked for and canceled.
  std::string place_of(const Order& order) const;
  std::string name_of(const Order& order) const;
  void query(Order& order, Actions& actions);
  void query_theirs(const Order& order, Actions& actions);
  static std::uint64_t venue_number(std::string_view id) {
    std::uint64_t number = 0;
    std::from_chars(id.data(), id.data() + id.size(), number);
    return number_of(number);
  }
  /// Another's order that ended with fills that had to be asked for.
  void their_end_told(std::uint64_t number, UnixNanos now, Actions& actions);
  void forget_theirs(const Order& order);
  /// Of one that waits at the algo service, which has numbers of its own.
  static std::string algo_name(std::string_view number) { return std::string{"algo "}.append(number); }
  bool is_over(std::string_view name) const { return std::ranges::find(over_, name) != over_.end(); }
  /// What is told late of one of ours must not be taken for word of the next one under its id.
  void forget_ours(const Order& order);
  /// So it would be: that number is not this order's. `index`: of what it is told of.
  bool is_of_earlier(const Order& order, InstrumentIndex index, std::string_view number) const;
  /// The fills of an order whose answer knows of more than were told.
  void ask_trades(const Order& order, Actions& actions);
  void trades_told(ClientOrderId id, const Reply& reply, UnixNanos now, Actions& actions);
  /// Open orders of all instruments, and each order whose end we do not know.
  void ask_all(Actions& actions);
  /// Once nothing that ask_everything() asked for is awaited any more.
  void tell_everything(Actions& actions);
  /// The same, at most once a second.
  void ask_all_at_retry(UnixNanos now, Actions& actions);

  // ---- what the venue says of orders

  void order_told(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions);
  /// Spot takes the fee of a buy of what was bought, unless the account has BNB and pays with that. Of a fill that is
  /// told as it traded: what came, in whole lots, and the price of what did not as the fee.
  void take_fee_in_coin(const Instrument& instrument, std::int64_t fee, OrderEvent& fill, Actions& actions);
  /// A conditional order of ours as the algo service has it. Others' are not told until they trade.
  void algo_told(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions);
  void their_algo_told(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions);
  void algo_triggered(Order& order, std::string_view number, UnixNanos when, Actions& actions);

  // ---- funding

  /// For a crossed position the stream tells what a wallet paid, not for which one: the list of incomes does.
  void ask_funding(Actions& actions);
  void funding_told(const Reply& reply, UnixNanos now, Actions& actions);
  /// Later each time, and not for good.
  void ask_funding_again(UnixNanos now, Actions& actions);

  // ---- the account, and how it is set before the first order leaves

  void ask_account(Actions& actions);
  void account_told(const Reply& reply, UnixNanos now, Actions& actions);
  /// The balances, and the positions of what is watched, that events_ tells.
  void holdings_told(bool whole, UnixNanos received, Actions& actions);
  void set_up_account(Actions& actions);
  void setup_answered(const Reply& reply, UnixNanos now, Actions& actions);
  /// The account was told, and orders may leave.
  static void signed_in(Actions& actions);
  /// No order will leave any more.
  void unsuited(UnixNanos now, Actions& actions);
  /// Those that have waited for too long.
  void end_early(UnixNanos now, Actions& actions);
  void early_ended(const NewOrder& order, OrderEventKind kind, RejectReason reason, std::string_view why, UnixNanos now,
                   Actions& actions);

  VenueConfig config_;
  Feed feed_;
  const Product& product_;
  std::optional<Signer> signer_;
  AccountSetup setup_;
  bool suits_;  // orders may leave
  struct Early {
    NewOrder order;
    UnixNanos since;
  };
  std::vector<Early> early_;                  // those that wait until they may
  std::map<InstrumentIndex, int> canceling_;  // cancel-alls of it that have no answer yet
  Description description_;
  std::string client_id_prefix_, order_path_, algo_path_;
  std::unique_ptr<Decoder> decoder_;
  std::map<std::string, Watched, std::less<>> watched_;  // by symbol
  std::map<InstrumentIndex, std::string> symbols_;
  Orders orders_;                                 // by client id
  std::map<ClientOrderId, std::string> adopted_;  // the client id of each
  mutable std::vector<WorkingOrder> working_;
  MessageBatch batch_;
  EventBatch events_;
  JsonDocument document_, socket_document_;
  Request request_;
  Request placing_;                        // by REST: what every new order's has stays in it
  std::vector<Balance> balances_;          // reused
  std::vector<PositionReport> positions_;  // reused
  std::string fee_text_;
  std::map<std::string, Money, std::less<>> dust_;  // by symbol: held beyond what fills were told to have brought
  bool coin_fee_said_ = false, other_fee_said_ = false;
  DurationNanos offset_ = 0;
  UnixNanos stamped_until_ = 0;  // by the venue's clock, as it was taken for before it fell back: no stamp is later
  bool time_asked_ = false;
  unsigned connected_ = 0;  // a bit for each connection asked for
  std::uint64_t subscription_ = 0;
  bool setup_wanted_ = false;  // its next step is to be sent again
  bool retry_due_ = false;
  bool account_wanted_ = false;  // to be asked for again
  bool account_told_ = false;
  bool account_awaited_ = false;  // it was not told since it was asked for
  OwnIds own_;
  bool listing_ = false;                                  // what is told rests there
  UnixNanos everything_asked_ = kNoTime;                  // kNoTime: it was told
  UnixNanos funding_from_ = kNoTime;                      // of what may still be told
  std::map<std::string, UnixNanos, std::less<>> funded_;  // by symbol: the last that was told
  int funding_owed_ = 0;                                  // the stream told of so many that no list had yet
  int funding_tries_ = 0;
  bool user_open_ = false;
  std::string listen_key_;
  bool orders_open_ = false;      // the WebSocket API takes our orders
  bool subscribed_ = false;       // the user stream tells
  std::deque<std::string> over_;  // the venue's numbers of others' orders
  /// What the venue calls an order. The algo service has numbers of its own, of all contracts.
  struct Number {
    bool algo;
    InstrumentIndex instrument;
    std::uint64_t number;
    friend bool operator==(const Number&, const Number&) = default;
  };
  std::deque<Number> ended_;  // of ours
};

}  // namespace stom::venues::binance
