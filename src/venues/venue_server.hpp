// The other side of a venue: what it answers and says as the simulated exchange (docs/exchange.md). A VenueServer is a
// state machine without sockets or clock; requests and messages come in as text, answers go out as text, and the
// Exchange behind it has the markets, the accounts and the matching. Each venue's is its folder's server.cpp, which
// shares no code with the client side of the venue: one misreading of the venue's documents cannot pass both.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"
#include "model/order.hpp"
#include "model/trading_phase.hpp"
#include "venues/credentials.hpp"

namespace stom::venues {

using SocketId = std::uint64_t;
using AccountId = std::uint32_t;

/// An HTTP request with its path below the venue's address.
struct WireRequest {
  std::string method;
  std::string path;   // unescaped, begins with '/'
  std::string query;  // raw, as what was signed
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  /// The first of that name, whatever its case; "" where there is none.
  std::string_view header(std::string_view name) const;
};

struct WireResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json;charset=UTF-8";
  std::vector<std::pair<std::string, std::string>> headers{};
  bool acknowledges_order = false;  // it answers a request about an order (faults that lose or delay answers ask)
};

/// A market that the venue lists where nothing is replayed: generated from there.
struct Listing {
  Instrument instrument;
  Price start_price;
  std::int64_t typical_quantity = 1;
  double actions_per_second = 12;
  int depth_doublings = 10;
  bool perpetual = false;
};

/// Which of an account's positions in a market an order is about, where long and short are held apart; else Both.
enum class PositionSide : std::uint8_t { Both, Long, Short };

/// From a position's value on (in the settlement currency): the highest leverage, and the share of the part of the
/// value behind there that must stay (10^-9).
struct LeverageBracket {
  Money value_from{};
  int max_leverage = 1;
  std::int64_t maintenance_rate = 0;
};

/// What an account of the venue is given at the start, and at which rates it trades.
struct AccountGrant {
  bool margin = false;
  Money cash{};  // of the settlement currency of the first market
  Money base{};  // of what the first market trades
  int leverage = 1;
  std::int64_t maker_rate = 0;  // in 10^-9 of the value
  std::int64_t taker_rate = 0;
  bool coin_fees = false;  // the commission of a buy is taken of what was bought
};

struct PublicTrade {
  std::int64_t id = 0;
  Price price{};
  Quantity quantity{};
  UnixNanos time = 0;
  bool sell_aggressor = false;
};

/// An order as the venue keeps it. `terms.id` is the venue's number.
struct VenueOrder {
  NewOrder terms;
  AccountId account = 0;
  std::string client_id;
  std::string venue_type;  // as the request said, where the venue's words are more than ours
  OrderStatus status = OrderStatus::PendingNew;
  RejectReason reason = RejectReason::None;
  PositionSide position_side = PositionSide::Both;
  bool triggered = false;  // of orders that wait for a price
  UnixNanos created = 0, updated = 0;
  Quantity filled{};
  Money value{};  // of all fills, in the settlement currency
  Money fee{};

  bool open() const { return status == OrderStatus::Working || status == OrderStatus::PendingNew; }
};

struct VenueFill {
  std::int64_t id = 0;  // of the trade
  std::uint64_t order = 0;
  AccountId account = 0;
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
  PositionSide position_side = PositionSide::Both;
  Liquidity liquidity = Liquidity::Maker;
  Price price{};
  Quantity quantity{};
  Money fee{};
  std::int64_t coin_fee = 0;  // instead of that one, of what was bought: in 10^-8 of it
  Money realised{};           // profit or loss of what it closed, before the fee: margin accounts
  UnixNanos time = 0;
};

/// What a position paid (negative: got) as funding was due.
struct FundingCharge {
  std::int64_t id = 0;
  AccountId account = 0;
  InstrumentIndex instrument = 0;
  PositionSide position_side = PositionSide::Both;
  Money paid{};
  UnixNanos time = 0;
};

/// `free` may be spent; `locked` stands behind resting orders.
struct AssetBalance {
  std::string asset;
  Money free{};
  Money locked{};
};

struct Position {
  Quantity quantity{};  // negative: short
  Price entry{};        // average, 0 where there is none
  Price mark{};
  Money unrealised{};
  Money initial_margin{}, maintenance_margin{};
  Money isolated{};  // put aside for it, where margin is isolated
};

/// How an account trades a market on margin.
struct MarginChoice {
  int leverage = 1;
  bool isolated = false;
};

struct BookView {
  std::vector<Level> bids, asks;  // best first
  std::int64_t update_id = 0;
  UnixNanos event_time = 0, transaction_time = 0;
};

/// Where a market with a trading day stands (docs/auctions.md).
struct MarketSession {
  TradingPhase phase = TradingPhase::Closed;  // an interruption is one market's own
  UnixNanos ends = kNever;                    // at the latest
  // What an interruption is measured from: the last trade of the day, the last single price (0: there is none), and by
  // how much of it a price moves too far (10^-9).
  Price last{}, single{};
  std::int64_t dynamic_rate = 0, static_rate = 0;
};

/// The hours of a market by its clock, the same for all of its stocks.
struct MarketHours {
  TradingPhase phase = TradingPhase::Closed;
  UnixNanos begins = kNoTime;
  UnixNanos ends = kNever;  // of a call auction: when it is planned
  TradingPhase next = TradingPhase::Closed;
};

struct MinuteBar {
  Bar bar;
  Money value{};     // traded, in the settlement currency
  Quantity taken{};  // bought by takers
  Money taken_value{};
  std::int64_t trades = 0;
  std::int64_t first_trade = -1, last_trade = -1;
};

/// What a venue's server asks of the exchange behind it. `market` is a position in instruments().
class ExchangeBackend {
 public:
  virtual UnixNanos now() const = 0;
  virtual const std::vector<Instrument>& instruments() const = 0;
  virtual void book(InstrumentIndex market, std::size_t levels, BookView& out) const = 0;
  /// The newest last; a bounded number of them.
  virtual const std::deque<PublicTrade>& trades(InstrumentIndex market) const = 0;
  virtual const std::deque<MinuteBar>& minutes(InstrumentIndex market) const = 0;
  /// Mark and index price, funding rate (10^-8) and next funding time; nothing before the market told one.
  virtual const Message* mark(InstrumentIndex market, Level* prices) const = 0;
  /// False once the venue has ended the market: nothing of it is told, and no order is taken.
  virtual bool trading(InstrumentIndex market) const = 0;
  /// Both: nothing where it trades round the clock.
  virtual std::optional<MarketSession> session(InstrumentIndex market) const = 0;
  virtual std::optional<MarketHours> hours(InstrumentIndex market) const = 0;
  /// At which price how much would trade if the call auction ended now; nothing outside of one, or where nobody meets.
  virtual std::optional<Level> expected_match(InstrumentIndex market) const = 0;
  /// The best levels of what a call auction gathered that are left once so much has traded, the best first.
  virtual void left_over(InstrumentIndex market, Quantity traded, std::size_t levels, BookView& out) const = 0;

  /// Takes or refuses the order and lets it trade; its record, and before it returns a VenueServer::on_order for each
  /// thing that became of it. The number in `terms` is given here.
  /// `side` is Both unless the account holds long and short apart.
  virtual const VenueOrder& place(AccountId account, PositionSide side, NewOrder terms, std::string client_id,
                                  std::string venue_type) = 0;
  /// False where no such order is open.
  virtual bool cancel(std::uint64_t order) = 0;
  /// Takes `by` off what is left of an open order, which keeps its place; false where it is not less than that.
  virtual bool reduce(std::uint64_t order, Quantity by) = 0;
  virtual const VenueOrder* order(std::uint64_t id) const = 0;
  /// The newest with that name.
  virtual const VenueOrder* order_named(AccountId account, std::string_view client_id) const = 0;
  /// Open ones and a bounded number of those that are done, in order of number.
  virtual std::vector<const VenueOrder*> orders(AccountId account) const = 0;
  virtual std::vector<const VenueOrder*> open_orders(AccountId account) const = 0;
  /// The newest last; a bounded number of them.
  virtual const std::deque<VenueFill>& fills() const = 0;
  /// The same of funding.
  virtual const std::deque<FundingCharge>& funding() const = 0;
  virtual std::vector<AssetBalance> balances(AccountId account) const = 0;
  virtual Position position(AccountId account, InstrumentIndex market, PositionSide side) const = 0;

  // Of margin accounts. What may be changed when is the server's to check: a mode only while nothing is open.
  virtual bool hedges(AccountId account) const = 0;  // long and short are held apart
  virtual void set_hedges(AccountId account, bool hedges) = 0;
  virtual MarginChoice margin_choice(AccountId account, InstrumentIndex market) const = 0;
  virtual void set_margin_choice(AccountId account, InstrumentIndex market, MarginChoice choice) = 0;
  /// Ascending from 0.
  virtual std::vector<LeverageBracket> brackets(InstrumentIndex market) const = 0;

  /// `acknowledges_order`: the text answers a request about an order (faults that lose or delay answers ask).
  virtual void send(SocketId socket, std::string text, bool acknowledges_order = false) = 0;
  virtual void close(SocketId socket, std::uint16_t code, std::string_view reason) = 0;
  /// For names and numbers that a venue makes up.
  virtual std::uint64_t random() = 0;

 protected:
  ~ExchangeBackend() = default;
};

/// What a session is open by, and what the venue may end before its time.
enum class Pass : std::uint8_t {
  Token,      // of a login or a subscription
  ListenKey,  // of a user stream
};

class VenueServer {
 public:
  virtual ~VenueServer() = default;

  virtual std::vector<Listing> listings() const = 0;
  virtual AccountGrant grant() const = 0;
  /// Requests and orders are counted as ever and none is refused for its number: for measurements, before open(). A
  /// venue without limits has nothing to do.
  virtual void lift_limits() {}
  /// Commissions of buys are taken of what was bought, where the venue does that: before open().
  virtual void take_coin_fees() {}
  /// Called once, before anything else; the exchange outlives the server. One entry of `credentials` per account.
  virtual void open(ExchangeBackend& exchange, std::vector<Credentials> credentials) = 0;
  /// What a client needs to sign; made at the start, in the shape of the venue's own.
  virtual Credentials make_credentials(const std::string& random_hex) const = 0;

  virtual WireResponse on_request(const WireRequest& request) = 0;
  /// What the venue says where its gateway refuses by itself: 429, 418, 5xx.
  virtual WireResponse refusal(int status) = 0;
  /// A refusal, or nothing: the socket is opened.
  virtual std::optional<WireResponse> on_upgrade(const WireRequest& request) = 0;
  virtual void on_open(SocketId socket, const WireRequest& request) = 0;
  virtual void on_message(SocketId socket, std::string_view text) = 0;
  virtual void on_close(SocketId socket) = 0;

  /// The market moved; `levels` as Message says (bids, then asks). A depth message has been applied to the book.
  virtual void on_market(InstrumentIndex market, const Message& message, std::span<const Level> levels) = 0;
  /// A market with a trading day is in another phase than before (ExchangeBackend::session).
  virtual void on_phase(InstrumentIndex /*market*/) {}
  /// `fill` where the event is one.
  virtual void on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) = 0;
  virtual void on_funding(const FundingCharge& /*charge*/) {}
  /// An order that was done long ago is not known any more: what the server kept of it can go.
  virtual void on_forgotten(const VenueOrder& /*order*/) {}
  virtual void on_timer(UnixNanos now) = 0;
  /// Its messages go out as binary frames.
  virtual bool sends_binary() const { return false; }

  /// How an order that somebody placed by other means is known here.
  struct OtherOrder {
    std::string client_id, venue_type;
  };
  /// Of a limit order; `random_name` is one that nobody has used.
  virtual OtherOrder name_of_another(const NewOrder&, std::string random_name) {
    return {std::move(random_name), "LIMIT"};
  }

  /// Whether the venue has passes of that kind; expire() ends those of all accounts now, as the venue does in time.
  virtual bool has(Pass) const { return false; }
  virtual void expire(Pass) {}
};

}  // namespace stom::venues
