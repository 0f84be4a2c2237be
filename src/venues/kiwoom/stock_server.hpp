// Kiwoom's side of the exchange (server.hpp): what it knows, and which file answers what. One state and one thread;
// every request and message is a member function of it.
//
//   server.cpp           who asks, for what: routes, limits, tokens; prices as the venue writes them
//   server_quotes.cpp    stocks, trades, books
//   server_charts.cpp    charts and rankings
//   server_account.cpp   open and filled orders, cash, holdings
//   server_orders.cpp    orders, cancels, amendments
//   server_stream.cpp    the WebSocket: login, registrations, index, condition search
//   server_messages.cpp  what is told to those who registered
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "venues/kiwoom/server_answers.hpp"
#include "venues/kiwoom/server_stocks.hpp"
#include "venues/venue_server.hpp"

namespace simdjson::dom {
class object;
class parser;
}  // namespace simdjson::dom

namespace stom::venues::kiwoom::server {

/// What the venue knows of an order beside the exchange's record.
struct Note {
  std::string number;    // "0000123"
  std::string original;  // of an amendment: the number before
  std::string_view exchange;
  std::string_view kind;  // "+매수"
};

struct TradeType {
  std::string_view number, word;
  OrderType type;
  TimeInForce time_in_force;
  int best_of = 0;  // the price is the best of the other side (1) or of its own (-1)
};
inline constexpr std::int64_t kWholeRate = 1'000'000'000;  // rates are in 10^-9

inline constexpr TradeType kTradeTypes[] = {
    {"0", "보통", OrderType::Limit, TimeInForce::GTC},
    {"3", "시장가", OrderType::Market, TimeInForce::IOC},
    {"6", "최유리지정가", OrderType::Limit, TimeInForce::GTC, 1},
    {"7", "최우선지정가", OrderType::Limit, TimeInForce::GTC, -1},
    {"10", "보통(IOC)", OrderType::Limit, TimeInForce::IOC},
    {"13", "시장가(IOC)", OrderType::Market, TimeInForce::IOC},
    {"16", "최유리(IOC)", OrderType::Limit, TimeInForce::IOC, 1},
    {"20", "보통(FOK)", OrderType::Limit, TimeInForce::FOK},
    {"23", "시장가(FOK)", OrderType::Market, TimeInForce::FOK},
    {"26", "최유리(FOK)", OrderType::Limit, TimeInForce::FOK, 1},
};

struct Token {
  AccountId account = 0;
  UnixNanos ends = 0;
};

struct Socket {
  std::optional<AccountId> account;
  UnixNanos next_ping = 0;
  UnixNanos ends = kNever;
  int pings = 0;                                                                // that nobody sent back
  std::map<std::string, std::set<std::pair<std::string, std::string>>> groups;  // (type, item) by group
  std::map<std::string, std::set<InstrumentIndex>> searches;                    // members by condition
};

struct Holding {
  std::int64_t quantity = 0;
  Int128 cost = 0;  // in won
  std::int64_t bought_today = 0, sold_today = 0;
};

struct Candle {
  Bar bar;
  Int128 value = 0;
  std::int64_t so_far = 0;  // volume of the day at its end
};

struct Cash {
  std::int64_t free = 0, all = 0;
};

struct Held {
  InstrumentIndex market;
  Holding holding;
  std::int64_t free, worth;
};

/// The real-time type 00, in the order of the recorded frames.
struct OrderWords {
  std::string number, original, price, filled_value, trade, last_price, last_quantity, fee;
  std::string_view state, kind, type, exchange;
  std::int64_t quantity = 0, leaves = 0;
  UnixNanos time = 0;
};

class StockServer final : public VenueServer {
 public:
  StockServer();
  ~StockServer() override;

  std::vector<Listing> listings() const override;
  AccountGrant grant() const override;
  Credentials make_credentials(const std::string& random_hex) const override;
  void lift_limits() override { lifted_ = true; }
  void open(ExchangeBackend& exchange, std::vector<Credentials> credentials) override;

  // ---- REST

  WireResponse on_request(const WireRequest& request) override;
  WireResponse refusal(int status) override;

  // ---- sockets

  std::optional<WireResponse> on_upgrade(const WireRequest& request) override;
  void on_open(SocketId id, const WireRequest&) override;
  void on_close(SocketId id) override;
  void on_message(SocketId id, std::string_view text) override;

  // ---- what the market and the orders do

  void on_market(InstrumentIndex market, const Message& message, std::span<const Level> levels) override;
  void on_phase(InstrumentIndex market) override;
  void on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) override;
  void on_forgotten(const VenueOrder& order) override { notes_.erase(order.client_id); }
  void on_timer(UnixNanos now) override;
  OtherOrder name_of_another(const NewOrder& order, std::string random_name) override;
  bool has(Pass pass) const override { return pass == Pass::Token; }
  void expire(Pass) override { tokens_.clear(); }

 private:
  struct Route {
    std::string_view api_id, path;
    Outcome (StockServer::*act)(Call&);
  };
  static std::span<const Route> routes();
  static constexpr std::string_view kOrders = "/api/dostk/ordr";

  bool over_limit(AccountId account, const Route& route, UnixNanos now);

  // ---- tokens

  Outcome give_token(Call& call);
  Outcome revoke_token(Call& call);
  std::optional<AccountId> owner_of(std::string_view key, std::string_view secret) const;
  std::expected<AccountId, Refusal> account_of(std::string_view authorization, UnixNanos now);
  std::optional<AccountId> account_with(std::string_view token, UnixNanos now);

  // ---- prices as the venue writes them

  /// The book as the venue shows it is in view_ then; what would trade if a call ended now, where that is shown.
  std::optional<Level> look_at(InstrumentIndex market, std::size_t levels);
  /// Ask and bid.
  std::array<Price, 2> best_of(InstrumentIndex market);
  bool is_in_call(InstrumentIndex market) const;
  bool is_listened_to(InstrumentIndex market) const;
  std::string symbol(const VenueOrder& order) const;
  std::string plain(InstrumentIndex market, Price value) const;
  std::string shares(InstrumentIndex market, std::int64_t quantity) const;
  /// The sign tells the direction since yesterday and is no part of the price.
  std::string price(InstrumentIndex market, Price value) const;
  std::string change(InstrumentIndex market) const;
  std::string change_rate(InstrumentIndex market) const;
  std::string strength(InstrumentIndex market) const;
  std::optional<InstrumentIndex> find_market(std::string_view code) const;
  std::optional<InstrumentIndex> market_of(Call& call);

  // ---- stocks and quotes

  Outcome stock_info(Call& call);
  Outcome recent_trades(Call& call);
  Outcome book(Call& call);
  static std::int64_t total(const std::vector<Level>& side);
  JsonObject listed_json(InstrumentIndex m) const;
  Outcome stock_list(Call& call);
  Outcome one_stock(Call& call);

  // ---- charts, the newest first

  std::int64_t scope_of(Call& call);
  Outcome tick_chart(Call& call);
  std::string timed_bar(InstrumentIndex m, Price open, Price high, Price low, Price close, std::int64_t volume,
                        UnixNanos time, std::optional<std::int64_t> so_far) const;
  /// Minutes in lengths of `length`, counted from midnight in Seoul.
  std::vector<Candle> candles(InstrumentIndex m, DurationNanos length) const;
  Outcome minute_chart(Call& call);
  Outcome day_chart(Call& call);

  // ---- rankings

  template <class Key>
  std::vector<InstrumentIndex> ranked(Key key) const {
    std::vector<InstrumentIndex> all(days_.size());
    for (InstrumentIndex m = 0; m < all.size(); ++m) all[m] = m;
    std::ranges::stable_sort(all, [&](InstrumentIndex a, InstrumentIndex b) { return key(a) > key(b); });
    return all;
  }
  JsonObject ranked_json(InstrumentIndex m, JsonObject j = {}) const;
  std::int64_t rate(InstrumentIndex m) const;
  Outcome by_change(Call& call);
  Outcome by_volume(Call& call);
  Outcome by_value(Call& call);

  // ---- the account

  std::string_view word_of(const VenueOrder& order) const;
  std::string limit_of(const VenueOrder& order) const;
  bool wanted(Call& call, const VenueOrder& order, std::string_view side, std::string_view code) const;
  Outcome open_orders(Call& call);
  std::string average(const VenueOrder& order) const;
  Outcome filled_orders(Call& call);
  Outcome orders_of_day(Call& call);
  Cash cash_of(AccountId account) const;
  std::vector<Held> held_by(AccountId account) const;
  static std::int64_t entry_price(const Holding& holding);
  std::int64_t won_price(InstrumentIndex m, Price value) const;
  Outcome deposit(Call& call);
  Outcome account_summary(Call& call);
  Outcome holdings(Call& call);

  // ---- orders

  std::string next_number();
  std::string_view exchange_named(Call& call);
  std::optional<std::int64_t> amount(Call& call, std::string_view name, std::string_view text);
  void remember(const Note& note);
  bool within_limits(InstrumentIndex m, Price at) const { return at >= days_[m].lower && at <= days_[m].upper; }
  Outcome buy(Call& call) { return place(call, Side::Buy); }
  Outcome sell(Call& call) { return place(call, Side::Sell); }
  Outcome place(Call& call, Side side);
  /// The open order that a cancel or an amendment names, or null.
  const VenueOrder* original(Call& call);
  std::optional<Quantity> part_of(Call& call, std::string_view name, const VenueOrder* order);
  bool take_off(const VenueOrder& order, Quantity part);
  std::optional<RejectReason> reason_not_to_amend(const VenueOrder& before, const NewOrder& changed) const;
  Outcome cancel(Call& call);
  Outcome amend(Call& call);
  void hold(const VenueOrder& order, const VenueFill& fill);

  // ---- messages

  std::string trade_values(InstrumentIndex m, UnixNanos time) const;
  /// Of the ten levels in view_.
  std::string book_values(InstrumentIndex m, const std::optional<Level>& expected, UnixNanos time);
  std::string order_json(const VenueOrder& order, const OrderWords& w) const;
  std::string order_values(const VenueOrder& order, const Note& note, std::string_view state,
                           const VenueFill* fill) const;
  std::string change_values(const VenueOrder& order, const Note& note, std::string_view state, Quantity quantity,
                            const std::string& at = "0") const;
  /// The last interruption (VI) of a stock today.
  struct Interruption {
    bool on = false;
    Price price{};                 // that began it
    Price of_single{}, of_last{};  // what it was too far from; 0: from that it was not
    UnixNanos begun = 0, released = 0;
    int count = 0;
    bool up = false;
  };
  Interruption interruption_of(InstrumentIndex market, const MarketSession& session, int count);
  std::string interruption_values(InstrumentIndex m, bool on) const;
  void tell_expected(InstrumentIndex market, const std::optional<Level>& expected, UnixNanos time);
  std::string holding_values(const VenueOrder& order) const;
  /// To those who registered the stock for the type, under the name by which they did.
  template <class Values>
  void tell(InstrumentIndex market, std::string_view type, std::string_view name, Values values);
  void tell_account(AccountId account, std::string_view type, std::string_view name, std::string_view item,
                    const std::string& values);
  static bool is_registered(const Socket& socket, std::string_view type);

  // ---- sessions and registrations

  void answer(SocketId id, std::string_view trnm, std::int64_t code, std::string_view message);
  void log_in(SocketId id, Socket& socket, const simdjson::dom::object& json);
  void registration(SocketId id, Socket& socket, const std::string& trnm, const simdjson::dom::object& json);
  void index_listeners();
  /// The session (0s): what it is now, to one who registers, and to all when it changes.
  std::string_view session_now() const;
  std::string session_values(UnixNanos now) const;
  void tell_session(UnixNanos now);
  /// KOSPI of this exchange: the mean of all stocks against their base prices, 2,500 at their base.
  void tell_index(UnixNanos now);

  // ---- condition search

  std::set<InstrumentIndex> members_of(std::string_view seq) const;
  void list_conditions(SocketId id);
  /// The condition that a message names; what else it may be is refused.
  std::optional<std::string> condition_in(SocketId id, std::string_view trnm, const simdjson::dom::object& json);
  void search(SocketId id, Socket& socket, const simdjson::dom::object& json);
  void stop_search(SocketId id, Socket& socket, const simdjson::dom::object& json);
  void tell_moves(SocketId id, const std::string& seq, std::set<InstrumentIndex>& before, UnixNanos now);

  ExchangeBackend* exchange_ = nullptr;
  bool lifted_ = false;  // lift_limits()
  std::vector<Credentials> credentials_;
  std::map<std::string, InstrumentIndex, std::less<>> codes_;
  std::vector<std::string> names_;
  std::vector<StockDay> days_;
  std::vector<std::array<Price, 2>> best_;  // ask, bid; in a call where somebody listens
  std::vector<Interruption> interruptions_;
  std::vector<Level> expected_;          // as told
  std::string_view told_session_ = "3";  // and when
  UnixNanos told_session_at_ = 0;
  std::map<std::string, Token, std::less<>> tokens_;
  std::map<std::pair<AccountId, std::string_view>, std::deque<UnixNanos>> asked_;  // within the last second
  std::map<std::string, Note, std::less<>> notes_;                                 // by number
  std::map<std::pair<AccountId, InstrumentIndex>, Holding> holdings_;
  std::set<std::int64_t> fills_held_;  // those that are in them: one may be told twice
  std::map<SocketId, Socket> sockets_;
  std::map<std::pair<InstrumentIndex, std::string>, std::vector<std::pair<SocketId, std::string>>> listeners_;
  std::int64_t next_order_ = 1;
  bool changing_ = false;  // a cancel or an amendment is being done
  UnixNanos next_second_ = 0;
  BookView view_;
  std::unique_ptr<simdjson::dom::parser> parser_;
};

}  // namespace stom::venues::kiwoom::server
