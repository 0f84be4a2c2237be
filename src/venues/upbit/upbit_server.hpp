// Upbit's side of the exchange (docs/exchange.md): REST below /v1, the public WebSocket at /websocket/v1, orders and
// balances at /websocket/v1/private. A state machine: the exchange owns sockets, clock, markets and accounts. What it
// knows, and which file answers what; every request and message is a member function of it.
//
//   server.cpp           who asks, for what: markets, routes, limits
//   server_token.cpp     whether the one who asks is who he says: tokens, signatures, nonces
//   server_answers.cpp   requests and answers as the venue words them
//   server_quotes.cpp    markets, tickers, trades, books
//   server_candles.cpp   candles
//   server_account.cpp   balances, what they cost, what may be ordered
//   server_orders.cpp    orders: placing, asking, canceling
//   server_stream.cpp    the WebSocket: what is asked for, who is told
//   server_messages.cpp  what is told
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "venues/upbit/server_answers.hpp"
#include "venues/venue_server.hpp"

namespace stom::venues::upbit::server {

inline constexpr std::int64_t kFeeRate = 500'000;  // 0.05 %, in 10^-9
inline constexpr std::size_t kUnits = 30;          // levels of a book

/// What an order has to be worth, in 10^-8 of what it is paid in: 5,000 won, 0.00005 BTC, half a USDT.
constexpr std::int64_t least_total(std::string_view quote) {
  return quote == "BTC" ? 5'000 : quote == "USDT" ? 50'000'000 : 500'000'000'000;
}

/// What may be asked how often, together.
enum GroupIndex : std::size_t {
  kMarket,
  kCandle,
  kTrade,
  kTicker,
  kOrderbook,
  kDefault,
  kOrder,
  kCancelAll,
  kOrderTest
};
/// Of a group's allowance, by one who asks.
struct Spent {
  std::int64_t window = -1, count = 0, refused = 0;
  UnixNanos banned_until = 0;
};

/// The venue's day begins at 9:00 in Seoul, which is midnight UTC.
struct Day {
  Bar bar;
  Money value{};
  Quantity bought{};  // by takers
  Price previous_close{};
  Money value_24h{};
  Quantity volume_24h{};
  Price high{}, low{};  // of all that is known
  UnixNanos high_at = 0, low_at = 0;
};
struct Candle {
  UnixNanos start = 0, last = 0;
  Bar bar;
  Money value{};
};
struct Unit {
  Level ask{}, bid{};
};
struct BookUnits {
  std::vector<Unit> units;
  Quantity asks{}, bids{};
};
inline Level best_of(const std::vector<Level>& side) { return side.empty() ? Level{} : side[0]; }

/// Refused at the door. What is post-only and would take was an order, and is canceled.
inline bool never_was(const VenueOrder& order) {
  return order.status == OrderStatus::Rejected && order.reason != RejectReason::PostOnlyWouldTake;
}
/// What an order has beyond what matching knows.
struct Extra {
  Money amount{};  // of `price`, and of `best` that buys
  bool named = false;
  std::string smp = "cancel_maker";  // against itself; what holds unless the order says another (since 2026-11-09)
};
struct Cost {
  Quantity held{};
  Money cost{};
};
struct Sums {
  Quantity remaining{};
  Money reserved_fee{}, remaining_fee{}, locked{};
};
/// What is asked of an order, by the names of POST /v1/orders or of cancel_and_new.
struct Wish {
  std::optional<std::string> market, side, type, volume, price, in_force, identifier, smp;
};
/// What it comes to, once it breaks no rule.
struct Judged {
  NewOrder terms;
  Extra extra;
};

struct Code {
  InstrumentIndex market = 0;
  std::size_t units = kUnits;
  std::int64_t level = 0;  // of prices in one, at the market's decimals
  friend bool operator==(const Code&, const Code&) = default;
};
struct Type {
  std::string name;
  std::vector<Code> codes;
  bool every_market = false;  // of myOrder without codes
  bool snapshot = true, realtime = true;
};
struct Socket {
  bool is_private = false;
  std::optional<AccountId> account;
  std::string ticket;
  Format format = Format::Default;
  std::vector<Type> types;
};
/// What a socket asks.
struct Request {
  std::string ticket;
  Format format = Format::Default;
  std::vector<Type> types;
  bool lists = false;
};

class UpbitServer final : public VenueServer {
 public:
  std::vector<Listing> listings() const override;
  AccountGrant grant() const override;
  Credentials make_credentials(const std::string& random_hex) const override;
  void open(ExchangeBackend& exchange, std::vector<Credentials> credentials) override;
  bool sends_binary() const override { return true; }
  void lift_limits() override { lifted_ = true; }

  // ---- REST

  WireResponse on_request(const WireRequest& request) override;
  WireResponse refusal(int status) override;

  // ---- sockets

  std::optional<WireResponse> on_upgrade(const WireRequest& request) override;
  void on_open(SocketId id, const WireRequest& request) override;
  void on_close(SocketId id) override { sockets_.erase(id); }
  void on_message(SocketId id, std::string_view text) override;

  // ---- what the market and the orders do

  void on_market(InstrumentIndex market, const Message& message, std::span<const Level>) override;
  void on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) override;
  void on_forgotten(const VenueOrder& order) override {
    extra_.erase(order.terms.id);
    names_used_.erase({order.account, order.client_id});
  }
  void on_timer(UnixNanos now) override;
  OtherOrder name_of_another(const NewOrder&, std::string random_name) override {
    return {std::move(random_name), "limit"};
  }

 private:
  struct Endpoint {
    std::string_view method, path;  // a path that ends with '/' goes on
    GroupIndex group;
    bool created, acknowledges;
    Outcome (UpbitServer::*act)(const Call&);
  };
  static std::span<const Endpoint> endpoints();
  /// Nothing where it is within the limits.
  std::optional<WireResponse> spend(GroupIndex group, Spent& spent, UnixNanos now) const;

  std::expected<InstrumentIndex, ApiError> market_of(const Call& call) const;                // "market"
  std::expected<std::vector<InstrumentIndex>, ApiError> markets_of(const Call& call) const;  // "markets"
  const Instrument& instrument(InstrumentIndex market) const { return exchange_->instruments()[market]; }

  // ---- markets and tickers

  template <class Make>
  Outcome each(const Call& call, Make make);
  Outcome market_all(const Call& call);
  Day day(InstrumentIndex market, UnixNanos now) const;
  PublicTrade last_trade(InstrumentIndex market) const;
  Outcome ticker(const Call& call);
  Outcome ticker_all(const Call& call);
  std::string ticker_json(InstrumentIndex market) const;

  // ---- trades

  Outcome trades(const Call& call);

  // ---- the book

  /// What prices may be put together by: ten and more ticks of where the market is.
  std::vector<std::int64_t> levels_of(InstrumentIndex market) const;
  std::optional<std::int64_t> level_of(InstrumentIndex market, std::string_view text) const;
  BookUnits units_of(InstrumentIndex market, std::size_t count, std::int64_t level);
  static std::string units_json(const Instrument& of, const BookUnits& book, bool brief);
  UnixNanos book_time() const;  // of the one in view_
  Outcome orderbook(const Call& call);
  Outcome orderbook_instruments(const Call& call);
  Outcome supported_levels(const Call& call);

  // ---- candles

  /// The oldest first. `unit`: "1s", "5m", "1d", "1w", "1M", "1y".
  std::vector<Candle> candles_of(InstrumentIndex market, std::string_view unit, UnixNanos before) const;
  Outcome candles(const Call& call, std::string_view unit);
  Outcome candles_seconds(const Call& call);
  Outcome candles_minutes(const Call& call);
  Outcome candles_days(const Call& call);
  Outcome candles_weeks(const Call& call);
  Outcome candles_months(const Call& call);
  Outcome candles_years(const Call& call);

  // ---- the account

  void note_cost(const VenueFill& fill);
  AssetBalance balance_of(AccountId account, std::string_view asset) const;
  std::string account_json(AccountId account, const AssetBalance& balance) const;
  Outcome accounts(const Call& call);
  Outcome chance(const Call& call);
  Outcome wallet_status(const Call& call);
  Outcome api_keys(const Call& call);
  /// Lists of what no account has here: deposits, withdrawals, addresses.
  Outcome none_of_them(const Call& call);

  // ---- orders

  /// A number and its place in a UUID, and back.
  std::string uuid_of(std::uint64_t order, char kind = '8') const;
  const VenueOrder* by_uuid(std::string_view uuid, AccountId account) const;
  const VenueOrder* by_name(std::string_view name, AccountId account) const;
  const VenueOrder* order_of(const Call& call, std::string_view uuid, std::string_view identifier) const;
  Extra extra_of(const VenueOrder& order) const;
  std::string_view state_of(const VenueOrder& order) const;
  static std::string_view in_force_of(const VenueOrder& order);
  Sums sums_of(const VenueOrder& order) const;
  std::string order_json(const VenueOrder& order, bool with_funds, bool with_trades, bool as_accepted = false) const;
  std::vector<const VenueFill*> fills_of(const VenueOrder& order) const;
  std::string fill_json(const Instrument& of, const VenueOrder& order, const VenueFill& fill) const;

  static Wish wish_of(const Call& call);
  std::expected<Judged, ApiError> judge(AccountId account, const Wish& wish);
  Outcome place(const Call& call);
  std::expected<const VenueOrder*, ApiError> place(AccountId account, const Wish& wish);
  /// Judged and answered like one that is placed; its name is worth nothing.
  Outcome test_order(const Call& call);
  /// Inside the exchange each order has a name; one that the client did not name has one that is never told.
  std::string uuid_like();
  /// As much as the amount pays for in the book as it stands.
  Quantity quantity_for(InstrumentIndex market, Money amount, std::size_t levels);

  Outcome query(const Call& call);
  Outcome cancel(const Call& call);
  Outcome cancel_and_new(const Call& call);
  Outcome cancel_many(const std::vector<const VenueOrder*>& orders);
  Outcome cancel_by_id(const Call& call);
  Outcome cancel_all(const Call& call);

  Outcome listed(std::vector<const VenueOrder*> orders, const Call& call, std::int64_t most) const;
  Outcome list_by(const Call& call, std::vector<std::string> states, std::int64_t most) const;
  std::expected<std::vector<std::string>, ApiError> states_of(const Call& call, std::vector<std::string> offered) const;
  Outcome open_orders(const Call& call);
  Outcome closed_orders(const Call& call);
  /// The older list: open and closed ones, not both at once.
  Outcome all_orders(const Call& call);
  std::vector<const VenueOrder*> by_ids(const Call& call) const;
  Outcome orders_by_id(const Call& call);

  // ---- what sockets ask, and who is told

  std::optional<ApiError> read(const Socket& socket, std::string_view text, Request& out) const;
  std::string list(const Socket& socket) const;
  void send_snapshot(SocketId id, const Socket& socket, const Type& type, const Code& code);
  template <class Make>
  void tell(InstrumentIndex market, std::string_view type, Make make);
  template <class Make>
  void tell_account(AccountId account, std::string_view type, InstrumentIndex market, Make make);
  void send(SocketId id, const Socket& socket, const Fields& message);

  // ---- messages

  Fields trade_message(InstrumentIndex market, const PublicTrade& t, std::string_view stream);
  Fields ticker_message(InstrumentIndex market, std::string_view stream) const;
  Fields book_message(InstrumentIndex market, const Code& code, std::string_view stream, bool brief);
  std::optional<Fields> candle_message(InstrumentIndex market, std::string_view type, std::string_view stream) const;
  Fields order_message(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill,
                       std::string_view state) const;
  Fields asset_message(const VenueOrder& order, bool brief) const;

  ExchangeBackend* exchange_ = nullptr;
  bool lifted_ = false;  // lift_limits()
  Doorman doorman_;
  std::vector<std::string> keys_;  // by account
  std::map<std::pair<GroupIndex, AccountId>, Spent> spent_;
  std::map<std::string, InstrumentIndex, std::less<>> markets_;
  std::vector<Instrument> ladders_;  // the markets with their whole ladder
  std::unordered_map<SocketId, Socket> sockets_;
  static constexpr std::size_t kMostUpgrading = 1'024;
  std::map<std::string, AccountId, std::less<>> upgrading_;  // by token
  std::unordered_map<std::uint64_t, Extra> extra_;           // by order
  std::optional<Extra> placing_;                             // of the order that is being placed
  std::set<std::pair<AccountId, std::string>> names_used_;
  std::set<std::int64_t> fills_noted_;  // one may be told twice
  std::map<std::pair<AccountId, InstrumentIndex>, Cost> costs_;
  std::vector<bool> traded_;  // by market: since candles were told
  UnixNanos next_second_ = 0;
  std::uint64_t last_asset_ = 0;
  std::string salt_;
  bool has_depth_ = false;
  BookView view_;
};

}  // namespace stom::venues::upbit::server
