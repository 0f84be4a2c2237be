// Binance's futures as the venue's own side (docs/exchange.md): USD-M, and COIN-M, whose contracts are worth coins. One
// server, with what differs between the two as data. Conditional orders go by the algo service alone. A state machine:
// the exchange owns sockets, clock, markets and accounts. futures_server.cpp has the market and the streams,
// futures_orders.cpp orders and the algo service, futures_account.cpp what accounts hold, futures_margin.cpp how they
// trade (position mode, margin type, leverage), futures_user_stream.cpp listen keys and user events.
#pragma once

#include <set>
#include <utility>

#include "venues/binance/market_server.hpp"

namespace stom::venues::binance::server {

/// What differs between the two.
struct FuturesTerms {
  MarketTerms market;
  bool coin_margined = false;       // contracts of a size in dollars, worth and settled in the coin
  bool own_roads = false;           // streams at /public, /market and /private; else all at one address
  std::string_view socket_api;      // path of the WebSocket API; "": none here
  std::int64_t least_notional = 0;  // of an order, in the quote currency
  std::int64_t most_quantity = 0;   // of an order
  std::string_view order_value;     // what orders and trades call their value
  std::string_view trade_value;
  std::string_view day_value;
};

class FuturesServer final : public MarketServer {
 public:
  explicit FuturesServer(const FuturesTerms& terms);

  std::vector<Listing> listings() const override;
  AccountGrant grant() const override;
  void open(ExchangeBackend& exchange, std::vector<Credentials> credentials) override;
  std::optional<WireResponse> on_upgrade(const WireRequest& request) override;
  void on_open(SocketId id, const WireRequest& request) override;
  void on_close(SocketId id) override;
  void on_market(InstrumentIndex market, const Message& message, std::span<const Level> levels) override;
  void on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) override;
  void on_funding(const FundingCharge& charge) override;
  void on_timer(UnixNanos now) override;
  bool has(Pass pass) const override { return pass == Pass::ListenKey; }
  void expire(Pass pass) override;

 private:
  std::span<const Endpoint> endpoints() const override { return endpoints_; }

  // ---- markets

  Outcome exchange_info(Call& call, UnixNanos now);
  Outcome depth(Call& call, UnixNanos now);
  Outcome ticker_price(Call& call, UnixNanos now);
  Outcome book_ticker(Call& call, UnixNanos now);
  Outcome ticker_24hr(Call& call, UnixNanos now);
  Outcome premium_index(Call& call, UnixNanos now);
  Outcome funding_rates(Call& call, UnixNanos now);
  Outcome funding_terms(Call& call, UnixNanos now);
  Outcome continuous_klines(Call& call, UnixNanos now);
  template <class Make>
  Outcome per_symbol(Call& call, Make make);
  std::string symbol_json(InstrumentIndex market) const;
  std::string trade_json(const Instrument& of, const PublicTrade& trade) const override;
  std::string aggregate_trade_json(const Instrument& of, const PublicTrade& trade) const override;
  static std::string pair_of(const Instrument& of) { return of.base + of.quote; }
  /// The pair under that name, where COIN-M has it and USD-M has not.
  void append_pair(JsonObject& out, std::string_view name, const Instrument& of) const {
    if (futures_.coin_margined) out.text(name, pair_of(of));
  }

  // ---- streams

  static std::optional<Road> split_road(std::string_view path);
  /// Which address a socket asks for; nothing where there is none.
  std::optional<Road> road_of(const WireRequest& request) const;
  bool has_stream(std::string_view kind, Road road) const override;
  DurationNanos told_every(std::string_view kind) const override;
  std::string timed_json(const StreamName& name, UnixNanos now) override;
  std::string pair_told(const Instrument& of) const override { return futures_.coin_margined ? pair_of(of) : ""; }
  void note_funding(InstrumentIndex market, const Message& mark, Price at);
  std::string depth_event(const Instrument& of, std::int64_t event, const Message& message, std::span<const Level> bids,
                          std::span<const Level> asks) const;
  std::string trade_event(const Instrument& of, bool aggregate, const Message& message, std::int64_t event,
                          const Level& level) const;
  std::string quote_event(const Instrument& of, const Message& message, std::int64_t event,
                          std::span<const Level> levels) const;
  std::string mark_event(const Instrument& of, const Message& message, std::int64_t event,
                         std::span<const Level> levels) const;

  // ---- orders

  Outcome place(Call& call, UnixNanos now);
  Outcome test_order(Call& call, UnixNanos now);
  Outcome place_or_test(Call& call, UnixNanos now, bool really);
  Outcome query(Call& call, UnixNanos now);
  Outcome cancel(Call& call, UnixNanos now);
  Outcome cancel_all(Call& call, UnixNanos now);
  Outcome open_orders(Call& call, UnixNanos now);
  Outcome query_open(Call& call, UnixNanos now);
  Outcome all_orders(Call& call, UnixNanos now);
  Outcome place_batch(Call& call, UnixNanos now);
  Outcome cancel_batch(Call& call, UnixNanos now);
  Outcome place_algo(Call& call, UnixNanos now);
  Outcome query_algo(Call& call, UnixNanos now);
  Outcome cancel_algo(Call& call, UnixNanos now);
  Outcome open_algos(Call& call, UnixNanos now);
  Outcome all_algos(Call& call, UnixNanos now);
  Outcome cancel_algos(Call& call, UnixNanos now);

  /// `ends`: without a quantity, as all of the position is closed.
  PositionSide read_common(Call& call, NewOrder& order, bool priced, bool ends = false) const;
  PositionSide read_position_side(Call& call, NewOrder& order) const;
  void check_price(Call& call, const Instrument& of, Price price) const;
  /// The one that a call asks for, of those that are none of the algo service.
  std::expected<const VenueOrder*, ApiError> working_order_of(Call& call, int code, std::string_view message) const;
  bool triggers_now(const NewOrder& order) const;
  static void read_response(Call& call);
  bool closes(const VenueOrder& order) const { return closing_.contains({order.account, order.client_id}); }
  std::string futures_client_id(Call& call, std::string_view name);
  std::string order_json(const VenueOrder& order, bool queried) const;
  std::string algo_json(const VenueOrder& order) const;

  // ---- accounts

  Outcome balance(Call& call, UnixNanos now);
  Outcome account(Call& call, UnixNanos now);
  Outcome brief_account(Call& call, UnixNanos now);
  Outcome position_risk(Call& call, UnixNanos now);
  Outcome held_positions(Call& call, UnixNanos now);
  Outcome income(Call& call, UnixNanos now);
  std::vector<PositionSide> sides_of(AccountId account) const;
  /// Version 3 of USD-M (`brief`): no settings, and only the positions that are held.
  std::string account_json(AccountId account, UnixNanos now, bool brief) const;
  std::string brief_json(AccountId account, InstrumentIndex market, PositionSide side, UnixNanos now) const;
  std::string risk_json(AccountId account, InstrumentIndex market, PositionSide side, UnixNanos now) const;
  std::string holding_json(AccountId account, InstrumentIndex market, PositionSide side, UnixNanos now) const;

  // ---- how accounts trade

  Outcome position_mode(Call& call, UnixNanos now);
  Outcome set_position_mode(Call& call, UnixNanos now);
  Outcome set_margin_type(Call& call, UnixNanos now);
  Outcome set_leverage(Call& call, UnixNanos now);
  Outcome leverage_brackets(Call& call, UnixNanos now);
  Outcome symbol_configs(Call& call, UnixNanos now);
  Outcome account_config(Call& call, UnixNanos now);
  Outcome commission_rate(Call& call, UnixNanos now);
  Outcome multi_assets(Call& call, UnixNanos now);
  /// The largest position that the leverage allows, in the settlement currency.
  Money most_value(InstrumentIndex market, int leverage) const;
  std::string most_value_text(AccountId account, InstrumentIndex market) const;
  bool holds(AccountId account, InstrumentIndex market) const;

  // ---- listen keys

  Outcome start_listening(Call& call, UnixNanos now);
  Outcome keep_listening(Call& call, UnixNanos now);
  Outcome stop_listening(Call& call, UnixNanos now);

  AssetBalance wallet(AccountId account, const std::string& asset) const;
  Money unrealised(AccountId account, const std::string& asset) const;
  /// Of the wallet: put aside for isolated positions.
  Money isolated(AccountId account, const std::string& asset) const;
  /// The currencies that accounts are held in.
  std::vector<std::string> assets() const;
  std::string own_trade_json(const Instrument& of, const VenueFill& fill) const override;

  // ---- user events

  void tell_user(AccountId account, const std::string& text);
  std::string order_update(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) const;
  std::string trade_lite(const VenueOrder& order, const VenueFill& fill) const;
  /// The position stands in it, unless it is crossed and only what stands behind it has changed, by `change`.
  std::string account_update(AccountId account, InstrumentIndex market, PositionSide side, std::string_view reason,
                             Money change = {}) const;
  std::string config_update(InstrumentIndex market, int leverage) const;
  std::string algo_update(const VenueOrder& order) const;

  struct ListenKey {
    AccountId account;
    UnixNanos ends;
  };
  void expire_listen_keys(UnixNanos now);
  ListenKey* listen_key_of(AccountId account, std::string& key);

  const FuturesTerms futures_;
  std::vector<Endpoint> endpoints_;
  std::map<std::string, ListenKey> listen_keys_;
  std::unordered_map<SocketId, std::string> listening_;  // the key that a socket was opened with
  std::set<std::pair<AccountId, std::string>> closing_;  // names of the orders that were placed to close a position
  std::vector<UnixNanos> next_slow_mark_;                // by market
  struct Funding {
    std::int64_t rate = 0;  // 10^-8
    UnixNanos due = 0;
    Price mark{};
  };
  std::vector<Funding> next_funding_;               // by market
  std::vector<std::vector<Funding>> past_funding_;  // by market, the newest last
};

// What an order is called, beyond the words that spot has too.

inline std::string_view futures_time_in_force_of(const NewOrder& terms) {
  if (terms.post_only) return "GTX";
  return terms.time_in_force == TimeInForce::IOC ? "IOC" : terms.time_in_force == TimeInForce::FOK ? "FOK" : "GTC";
}
inline std::string_view name_of(PositionSide side) {
  return side == PositionSide::Long ? "LONG" : side == PositionSide::Short ? "SHORT" : "BOTH";
}
/// "true" or "false"; not there: false.
bool read_flag(Call& call, std::string_view name);
std::string_view working_type_of(const VenueOrder& order);  // what a conditional order becomes
std::string_view algo_status_of(const VenueOrder& order);
std::string_view trigger_of(const VenueOrder& order);

}  // namespace stom::venues::binance::server
