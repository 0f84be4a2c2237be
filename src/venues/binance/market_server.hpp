// What all of Binance's markets do in the same way on the venue's own side: a request finds its endpoint, is checked,
// counted and answered; streams are asked for and told; prices, candles, trades and own trades are listed. A market
// (spot_server.hpp, futures_server.hpp) brings its terms as data, a table of endpoints, and the messages that have a
// shape of their own there.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "venues/binance/server_base.hpp"

namespace stom::venues::binance::server {

/// Which of a venue's stream addresses a socket is at. Spot and COIN-M have one for all.
enum class Road : std::uint8_t { All, Public, Market, Private };

struct MarketTerms {
  std::string_view api;  // what REST paths begin with: "/fapi"
  RateLimits::Terms limits;
  bool plain_weight_header = false;  // X-MBX-USED-WEIGHT beside the one of the minute
  bool eight_decimals = false;       // of prices and quantities; else the instrument's
  bool api_has_user_events = false;  // the WebSocket API tells the user's events too
  std::int64_t most_klines = 1000;
  std::int64_t usual_old_trades = 500, most_old_trades = 1000;  // of historicalTrades
  std::size_t streams_per_socket = 0;
  DurationNanos kline_stream = 0;   // how often a running kline is told
  DurationNanos ticker_stream = 0;  // how often the last 24 hours are
  bool quotes_in_ticker = false;    // they have the best prices, and the close before them
};

/// Refused before it was in the book: the venue has no such order.
inline bool never_was(const VenueOrder& order) {
  return order.status == OrderStatus::Rejected || order.reason == RejectReason::PostOnlyWouldTake;
}
/// Of the kind that waits for a price.
inline bool conditional(const VenueOrder& order) {
  return order.terms.type != OrderType::Limit && order.terms.type != OrderType::Market;
}
inline bool working(const VenueOrder& order) { return !conditional(order) || order.triggered; }

class MarketServer : public VenueServer {
 public:
  explicit MarketServer(const MarketTerms& terms) : terms_{terms}, limits_{terms.limits} {}

  void lift_limits() override { limits_.lift(); }
  Credentials make_credentials(const std::string& random_hex) const override;
  void open(ExchangeBackend& exchange, std::vector<Credentials> credentials) override;
  WireResponse on_request(const WireRequest& request) override;
  WireResponse refusal(int status) override;
  void on_message(SocketId id, std::string_view text) override;
  void on_close(SocketId id) override;
  void on_timer(UnixNanos now) override;

 protected:
  // ---- requests

  enum class Security : std::uint8_t { None, Key, Signed };
  using Act = Outcome (MarketServer::*)(Call&, UnixNanos);
  struct Endpoint {
    std::string_view method;
    std::string_view path;           // behind MarketTerms::api; whole where it begins with "/sapi/"
    std::string_view socket_method;  // of the WebSocket API; "": not there
    std::int64_t weight;
    Security security;
    bool is_order;      // counted as an order
    bool acknowledges;  // answers a request about an order
    Act act;
  };
  /// A market's own method as an entry of the table.
  template <class Market>
  static Act act(Outcome (Market::*method)(Call&, UnixNanos)) {
    return static_cast<Act>(method);
  }
  virtual std::span<const Endpoint> endpoints() const = 0;

  /// Counts, checks and does it.
  Outcome run(const Endpoint& endpoint, Call& call, UnixNanos now);
  static WireResponse unknown_path();
  /// Whether it is a path that the venue has taken away and answers for: as its front does, not its servers.
  virtual bool has_ended(std::string_view) const { return false; }
  static WireResponse gone();
  std::string rate_limits_json() const;

  std::optional<InstrumentIndex> market_named(Call& call, const std::string& symbol) const;
  std::optional<InstrumentIndex> market_of(Call& call) const { return market_named(call, call.text("symbol")); }
  std::optional<InstrumentIndex> market_if_any(Call& call) const;
  const Instrument& instrument(InstrumentIndex market) const { return exchange_->instruments()[market]; }
  const Instrument& instrument(const VenueOrder& order) const { return instrument(order.terms.instrument); }

  // ---- digits

  std::string price(const Instrument& of, Price value) const;
  std::string quantity(const Instrument& of, Quantity value) const;
  std::string levels_json(const Instrument& of, std::span<const Level> levels) const;

  // ---- what the market did

  Outcome ping(Call& call, UnixNanos now);
  Outcome time(Call& call, UnixNanos now);
  Outcome trades(Call& call, UnixNanos now);
  Outcome historical_trades(Call& call, UnixNanos now);
  Outcome aggregate_trades(Call& call, UnixNanos now);
  Outcome klines(Call& call, UnixNanos now) { return klines_of(call, market_of(call), now); }
  Outcome klines_of(Call& call, std::optional<InstrumentIndex> market, UnixNanos now);
  Outcome own_trades(Call& call, UnixNanos now);
  virtual std::string trade_json(const Instrument& of, const PublicTrade& trade) const = 0;
  virtual std::string own_trade_json(const Instrument& of, const VenueFill& fill) const = 0;
  virtual std::string aggregate_trade_json(const Instrument& of, const PublicTrade& trade) const = 0;

  Price last_price(InstrumentIndex market) const;
  std::pair<Level, Level> touch(InstrumentIndex market);  // best bid and ask; zeros where there is none
  /// The part of a 24-hour ticker that is the same everywhere, from the change of the price to the last quantity.
  struct Day {
    MinuteBar sum;
    JsonObject begin;
  };
  Day day_of(InstrumentIndex market, UnixNanos now, std::string_view pair);
  static std::int64_t change_of(const MinuteBar& sum) { return sum.bar.close.value - sum.bar.open.value; }
  static std::string percent_of(const MinuteBar& sum);
  /// All minutes that begin from there on, as one candle.
  MinuteBar sum_since(InstrumentIndex market, UnixNanos from) const;
  /// The first ones where the call says where to begin, else the last ones.
  static void keep(std::vector<std::string>& items, std::size_t limit, bool from_the_first);

  // ---- orders

  /// How many were placed, of the allowances that there are.
  Outcome order_counts(Call& call, UnixNanos now);
  std::vector<std::string> used_orders(AccountId account, UnixNanos now) const;

  static std::string_view status_of(const VenueOrder& order);
  static std::string_view side_of(Side side) { return side == Side::Buy ? "BUY" : "SELL"; }
  static std::string_view time_in_force_of(TimeInForce time_in_force);
  static std::string_view execution_of(const OrderEvent& event, const VenueFill* fill);
  static std::int64_t number_of(const VenueOrder& order) { return static_cast<std::int64_t>(order.terms.id); }

  static Side read_side(Call& call);
  static TimeInForce time_in_force_named(std::string_view name);
  /// From 10^-8 to that many decimals; what does not fit is refused with the code.
  static std::int64_t fit(Call& call, std::optional<std::int64_t> amount, int decimals, int code,
                          std::string_view message);
  std::string make_client_id();
  /// The one that was sent, refused with the code where it has other letters than the venue takes, else a made one.
  std::string client_id(Call& call, std::string_view name, int code, std::string_view message);
  bool name_is_taken(const Call& call, const std::string& id) const;

  /// How an order is asked for, and what is one.
  struct OrderKeys {
    std::string_view id, name;
    std::string_view neither;  // what is said where none of them was sent
    bool (*is)(const VenueOrder&);
  };
  /// Null: refused with the code.
  const VenueOrder* order_of(Call& call, const OrderKeys& keys, std::optional<InstrumentIndex> market, int code,
                             std::string_view message) const;
  /// The same of a call that has nothing else to read: what is wrong with it is the answer.
  std::expected<const VenueOrder*, ApiError> only_order_of(Call& call, const OrderKeys& keys,
                                                           std::optional<InstrumentIndex> market, int code,
                                                           std::string_view message) const;
  /// The account's, of one market where one is given.
  std::vector<const VenueOrder*> open_orders_of(const Call& call, std::optional<InstrumentIndex> market) const;

  // ---- sockets and streams

  struct Socket {
    Road road = Road::All;
    bool combined = false;
  };
  struct StreamName {
    InstrumentIndex market;
    std::string kind;            // after the first '@'; the whole name of a stream of all markets ("!ticker@arr")
    DurationNanos interval = 0;  // kline
    DurationNanos every = 0;     // it is told by the clock
  };
  /// How often a stream that the clock tells is told; 0: it is no such stream.
  virtual DurationNanos told_every(std::string_view kind) const;
  /// What it says: the last 24 hours, unless the market has other such streams.
  virtual std::string timed_json(const StreamName& name, UnixNanos now);
  /// Where streams say the pair of a contract beside its symbol.
  virtual std::string pair_told(const Instrument&) const { return ""; }
  /// Whether there are such streams besides klines.
  virtual bool has_stream(std::string_view kind, Road road) const = 0;
  virtual void subscribed(const StreamName&) {}
  std::optional<StreamName> stream_of(const std::string& stream, Road road) const;
  /// The streams named by "/ws/NAMES" or "?streams=NAMES".
  static std::string names_in(const WireRequest& request);
  void open_streams(SocketId id, const WireRequest& request, Road road);

  // ---- the WebSocket API: the calls of REST, one text each

  struct ApiSocket {
    UnixNanos connected = 0;
    std::string key;  // that it was logged on with; "" where it was not
    UnixNanos authorized = 0;
    std::map<std::int64_t, AccountId> subscriptions;  // to user events
  };
  void open_api(SocketId id) { api_sockets_[id].connected = exchange_->now(); }
  /// What the market's API has besides; nothing where there is no such method.
  virtual std::optional<Outcome> own_call(ApiSocket&, const SocketCall&, Call&, UnixNanos) { return std::nullopt; }

  template <class Make>
  void tell(const std::string& stream, Make make) {
    const auto* listeners = streams_.listeners(stream);
    if (listeners == nullptr) return;
    const std::string text = make();
    for (const SocketId id : *listeners) tell(id, stream, text);
  }
  void tell(SocketId id, std::string_view stream, const std::string& text);

  const MarketTerms terms_;
  ExchangeBackend* exchange_ = nullptr;
  Doorman doorman_;
  RateLimits limits_;
  Streams streams_;
  std::map<std::string, InstrumentIndex, std::less<>> markets_;  // by symbol
  std::unordered_map<SocketId, Socket> sockets_;
  std::unordered_map<SocketId, ApiSocket> api_sockets_;
  BookView view_;

 private:
  void answer_api(SocketId id, ApiSocket& socket, const std::optional<SocketCall>& request);
  Outcome log_on(ApiSocket& socket, Call& call, const Parameters& sent, UnixNanos now) const;
  std::string session_json(const ApiSocket& socket, UnixNanos now) const;
  /// Whose call it is: by its signature, or by the session's key where the call brings none.
  void identify(const ApiSocket& socket, Call& call, const Parameters& sent, UnixNanos now) const;
  std::string used_limits_json(std::optional<AccountId> ordered, UnixNanos now) const;
  void subscribe(SocketId id, const std::string& stream, const StreamName& name);
  void send_kline(const std::string& stream, UnixNanos& last, UnixNanos now);
  std::string kline_json(const StreamName& name, const Candle& candle, bool closed, UnixNanos now) const;
  std::string ticker_json(InstrumentIndex market, bool mini, UnixNanos now);
  WireResponse refused(const ApiError& error, UnixNanos now) const;

  std::map<std::string, UnixNanos> klines_;  // by stream: start of the candle that was told last
  std::map<std::string, UnixNanos> timed_;   // by stream: when it is told again
  UnixNanos next_klines_ = 0;
};

}  // namespace stom::venues::binance::server
