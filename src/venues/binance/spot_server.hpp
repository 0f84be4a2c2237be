// Binance spot as the venue's own side (docs/exchange.md): REST below /api/v3, streams below /ws and /stream, the
// WebSocket API at /ws-api/v3. REST and the WebSocket API are one table of calls. A state machine: the exchange owns
// sockets, clock, markets and accounts. spot_server.cpp has the market and the sockets, spot_orders.cpp orders and
// accounts.
#pragma once

#include "venues/binance/market_server.hpp"

namespace stom::venues::binance::server {

class SpotServer final : public MarketServer {
 public:
  SpotServer();

  std::vector<Listing> listings() const override;
  AccountGrant grant() const override;
  void take_coin_fees() override { coin_fees_ = true; }
  void open(ExchangeBackend& exchange, std::vector<Credentials> credentials) override;
  std::optional<WireResponse> on_upgrade(const WireRequest& request) override;
  void on_open(SocketId id, const WireRequest& request) override;
  void on_market(InstrumentIndex market, const Message& message, std::span<const Level> levels) override;
  void on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) override;
  void on_timer(UnixNanos now) override;
  bool has(Pass pass) const override { return pass == Pass::Token; }
  void expire(Pass pass) override;

 private:
  std::span<const Endpoint> endpoints() const override;
  bool has_ended(std::string_view path) const override { return path == "/api/v3/userDataStream"; }  // 2026-02-20

  // ---- markets

  Outcome exchange_info(Call& call, UnixNanos now);
  Outcome depth(Call& call, UnixNanos now);
  Outcome ticker_price(Call& call, UnixNanos now);
  Outcome book_ticker(Call& call, UnixNanos now);
  Outcome ticker_24hr(Call& call, UnixNanos now);
  Outcome ticker_window(Call& call, UnixNanos now);
  static void read_zone(Call& call);
  Outcome zoned_klines(Call& call, UnixNanos now);
  Outcome ticker_today(Call& call, UnixNanos now);
  Outcome average(Call& call, UnixNanos now);
  /// Whether it asks for the short form of a ticker, which tells no changes.
  static bool wants_mini(Call& call);
  std::string window_json(InstrumentIndex market, UnixNanos from, UnixNanos to, bool mini) const;
  /// Those of "symbol" or "symbols" (a JSON array), else all; `one`: it was "symbol".
  std::vector<InstrumentIndex> markets_wanted(Call& call, bool& one) const;
  /// What several cost, and all, more than one.
  struct MoreWeight {
    std::int64_t several = 0, all = 0;
  };
  template <class Make>
  Outcome per_symbol(Call& call, UnixNanos now, MoreWeight more, Make make);
  std::string symbol_json(InstrumentIndex market) const;
  std::string book_json(const Instrument& of) const;
  std::string trade_json(const Instrument& of, const PublicTrade& trade) const override;
  std::string aggregate_trade_json(const Instrument& of, const PublicTrade& trade) const override;

  // ---- orders and accounts

  Outcome account(Call& call, UnixNanos now);
  Outcome commission_rates(Call& call, UnixNanos now);
  /// Lists of what no account has here: prevented matches, allocations, order lists.
  Outcome none_of_them(Call& call, UnixNanos now);
  Outcome coins(Call& call, UnixNanos now);
  Outcome trade_fees(Call& call, UnixNanos now);
  Outcome system_status(Call& call, UnixNanos now);
  Outcome account_status(Call& call, UnixNanos now);
  Outcome place(Call& call, UnixNanos now);
  Outcome test_order(Call& call, UnixNanos now);
  Outcome place_or_test(Call& call, bool really);
  Outcome query(Call& call, UnixNanos now);
  Outcome open_orders(Call& call, UnixNanos now);
  Outcome all_orders(Call& call, UnixNanos now);
  Outcome cancel(Call& call, UnixNanos now);
  Outcome cancel_all(Call& call, UnixNanos now);
  Outcome replace(Call& call, UnixNanos now);

  std::optional<NewOrder> read_order(Call& call, InstrumentIndex market, std::string& type, std::int64_t& quote);
  void check_filters(Call& call, const NewOrder& order) const;
  Quantity quantity_for(InstrumentIndex market, Side side, std::int64_t quote);
  bool triggers_now(const NewOrder& order) const;
  std::string spot_client_id(Call& call);

  /// What every answer about an order has, in the venue's order, from the price to the side.
  void append_terms(JsonObject& out, const VenueOrder& order, std::int64_t quote) const;
  std::string placed_json(const VenueOrder& order, std::string_view response, std::int64_t quote);
  std::string order_json(const VenueOrder& order) const;
  bool cancel_as(const VenueOrder& order, const std::string& name);
  std::string canceled_json(const VenueOrder& order, std::string_view canceled_by) const;
  std::string own_trade_json(const Instrument& of, const VenueFill& fill) const override;
  std::string execution_report(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill);
  std::string account_position(AccountId account, InstrumentIndex market) const;

  // ---- sockets

  std::optional<Outcome> own_call(ApiSocket& socket, const SocketCall& request, Call& call, UnixNanos now) override;
  Outcome subscribe_user(ApiSocket& socket, Call& call);
  static Outcome unsubscribe_user(ApiSocket& socket, Call& call);
  bool has_stream(std::string_view kind, Road road) const override;
  void subscribed(const StreamName& name) override;
  std::string partial_depth(InstrumentIndex market, int levels);
  std::string depth_update(const Instrument& of, UnixNanos event, std::int64_t first, std::int64_t last,
                           std::span<const Level> bids, std::span<const Level> asks) const;
  std::string trade_event(const Instrument& of, bool aggregate, const Message& message, UnixNanos event,
                          const Level& level) const;

  /// Depth updates of a second in one: <symbol>@depth without a speed.
  struct Gathered {
    bool wanted = false;
    UnixNanos due = 0, event = 0;
    std::int64_t first = 0, last = 0;
    std::map<Price, Quantity> bids, asks;
  };
  void gather(InstrumentIndex market, const Message& message, UnixNanos event, std::span<const Level> bids,
              std::span<const Level> asks);
  void send_gathered(InstrumentIndex market, UnixNanos now);

  std::vector<Gathered> slow_;  // by market
  std::int64_t next_subscription_ = 0;
  std::int64_t last_execution_ = 0;
  std::string canceling_as_;  // the name under which the cancel in hand was sent
  bool coin_fees_ = false;
};

}  // namespace stom::venues::binance::server
