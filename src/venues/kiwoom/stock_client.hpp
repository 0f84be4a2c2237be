// Kiwoom's side towards the venue (client.hpp): what it knows, and which file does what. One state and one thread; all
// that comes in and all that it leads to is a member function of it.
//
//   client.cpp             what comes in, and to whom it goes; how requests are written
//   client_login.cpp       the token, the login, what is registered behind it
//   client_market.cpp      stocks: who watches them, what of them is registered, their market data
//   client_candidates.cpp  which stocks are worth watching: ranking and condition search
//   client_orders.cpp      orders: sent, canceled, answered, ended
//   client_reports.cpp     what the stream says of orders
//   client_lists.cpp       what the account's lists say of them, and which of them an order was whose answer was lost
//   client_account.cpp     holdings and cash
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decimal.hpp"
#include "venues/event_messages.hpp"
#include "venues/kiwoom/client.hpp"
#include "venues/kiwoom/decoder.hpp"
#include "venues/kiwoom/straight.hpp"

namespace stom::venues::kiwoom {

using What = Decoded::What;
using OrderNumber = std::uint64_t;  // the venue's, of one day; 0: it has not said

inline constexpr ConnectionId kStream = 1;
enum Timer : TimerId { kAskToken = 1, kAskOrders = 2, kAskAccount = 3, kConnectAnew = 4, kCancelLate = 5 };
/// What a tag is about; the rest of it is the order's place in the session.
enum class About : std::uint8_t { Token = 1, Order, Cancel, Open, Done, OfDay, Holdings, Cash, Ranking };
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
  kRankings,
  kDayLists
};

inline constexpr DurationNanos kRetryAfter = kSecond;     // an answer about the account that did not come
inline constexpr DurationNanos kLookAgain = 5 * kSecond;  // while an order is unknown, or the stream is down

inline std::string_view without_exchange(std::string_view symbol) { return symbol.substr(0, symbol.find('_')); }
/// The document's three ways to write a stock: 039490, 039490_NX, 039490_AL.
inline std::string_view exchange_of(std::string_view symbol) {
  return symbol.ends_with("_NX") ? "NXT" : symbol.ends_with("_AL") ? "SOR" : "KRX";
}
/// 0 where it is none.
OrderNumber number_in(std::string_view text);
/// What the venue's words say of a refusal. Its codes are in no fixture, so its words are what there is.
RejectReason reason_of(std::string_view words);

/// How an order trades: the venue's number for it, and the word by which it is told.
struct TradeType {
  std::string_view number, word;
};
TradeType trade_type(const NewOrder& order);

/// What of a stock is registered, or wanted by those who watch it.
struct Types {
  bool trades = false, books = false;
  bool any() const { return trades || books; }
  Types without(Types other) const { return {trades && !other.trades, books && !other.books}; }
};

struct Watcher {
  InstrumentIndex index = 0;
  Wanted wanted;
};

/// A stock is registered once, however many watch it.
struct Watched {
  std::vector<Watcher> watchers;  // never none; the account's reports are told under the first
  Decimals decimals;
  Types registered;
  bool interrupted = false;  // orders are gathered for one price (VI), says 1h

  InstrumentIndex index() const { return watchers.front().index; }
  Types wanted() const {
    Types types;
    for (const auto& watcher : watchers) {
      types.trades |= watcher.wanted.trades;
      types.books |= watcher.wanted.book || watcher.wanted.quotes;
    }
    return types;
  }
};
using WatchList = std::map<std::string, Watched, std::less<>>;

struct Order {
  NewOrder order;
  std::uint64_t serial = 0;
  std::int32_t day = 0;  // in Seoul, on which it was sent: it is for that day, and so is its number
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
  bool is_ours = true;    // placed by this session, or adopted
  bool is_plain = false;  // somebody else's: a limit order for the day
  bool summed = false;    // a list has said what is filled of it in all
  bool accepted = false;
  bool cancel_wanted = false;
  bool canceling = false;             // a cancel of it has no answer yet
  UnixNanos cancel_lost = kNoTime;    // since then nobody has said that its cancel was done
  UnixNanos since = 0;                // submitted; once it has a number: when we learned it
  UnixNanos unknown_since = kNoTime;  // it may have arrived, and nobody said
  bool late = false;                  // it was told as never arrived, and then was there: only its fills are told
  int cancels_failed = 0;             // of a late one
  UnixNanos cancel_at = 0;            // it is not canceled again before
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
  std::int64_t filled_value = 0;                     // of all its fills so far, in whole KRW; 0: it is not said
  std::int64_t fees = 0;
  UnixNanos time = kNoTime;
  bool is_fill = false;
  bool is_open = false;  // of the list of open orders
  std::int32_t day = 0;  // of which the order is
};

class StockClient final : public Venue {
 public:
  explicit StockClient(Credentials credentials);

  const Description& description() const override { return description_; }

  void start(UnixNanos, Actions& actions) override;
  void opened(ConnectionId, UnixNanos, Actions& actions) override;
  void closed(ConnectionId, std::string_view reason, UnixNanos now, Actions& actions) override;
  void frame(ConnectionId, std::string_view bytes, UnixNanos received, Actions& actions) override;
  void reply(const Reply& reply, UnixNanos now, Actions& actions) override;
  void outcome(Tag tag, Outcome outcome, UnixNanos now, Actions& actions) override;
  void timer(TimerId id, UnixNanos now, Actions& actions) override;
  /// No request carries a time stamp; the account's lists do.
  void clock_offset(DurationNanos offset, UnixNanos, Actions&) override { offset_ = offset; }
  Result<void> sign(Request& request, UnixNanos) override;

  void watch(InstrumentIndex index, const Instrument& instrument, Wanted wanted, UnixNanos, Actions& actions) override;
  void unwatch(InstrumentIndex index, UnixNanos, Actions& actions) override;
  void rank_by_value(std::size_t most, UnixNanos, Actions& actions) override;
  void follow_search(std::string_view condition, UnixNanos, Actions& actions) override;

  void resume(std::span<const EarlierOrder> orders, ClientOrderId, ClientOrderId) override;
  void resume_over(std::span<const EarlierNumber> numbers) override;
  void ask_everything(UnixNanos now, Actions& actions) override;
  void submit(const NewOrder& order, UnixNanos now, Actions& actions) override;
  void adopt(const NewOrder& wanted, std::string_view venue_order_id, UnixNanos now, Actions& actions) override;
  void cancel(const CancelOrder& cancel, UnixNanos now, Actions& actions) override;
  void cancel_all(std::span<const InstrumentIndex> instruments, UnixNanos, Actions& actions) override;
  std::span<const WorkingOrder> working_orders() const override;

 private:
  std::string_view text(const Event& event, std::string_view name) const {
    const auto* field = events_.find(event, name);
    return field ? field->text : std::string_view{};
  }

  // ---- requests

  void rest(std::string_view target, std::string_view api_id, Priority priority, Tag tag, Costs costs);
  /// The next page of a list, where the answer says that there is one.
  void page_headers(const Reply* page);
  static bool has_more(const Reply& reply);
  void say(std::string_view body, Costs costs, Actions& actions);
  std::string refusal_text(const Event& event) const;

  // ---- token, login, registrations

  void ask_token(Actions& actions);
  void token_answered(const Reply& reply, UnixNanos now, Actions& actions);
  static void no_token(std::string_view why, UnixNanos now, Actions& actions);
  /// "Token이 유효하지 않습니다": another one, at once.
  static void token_refused(std::string_view words, int status, UnixNanos now, Actions& actions);
  void log_in(Actions& actions);
  static void connect(Actions& actions);
  /// A login, or the account's registration, whose answer could not be read: another connection gets another one.
  void connect_anew(UnixNanos now, Actions& actions);
  /// Orders (00) and holdings (04) of the account and the session (0s), then each stock. Orders first: none may fall
  /// between.
  void registered(UnixNanos now, Actions& actions);
  void refused(const Event& event, UnixNanos now, Actions& actions);

  // ---- market data

  WatchList::iterator watched_at(InstrumentIndex index);
  /// The stock as it is watched at that exchange, or else at any.
  WatchList::iterator watched_as(std::string_view code, std::string_view exchange);
  /// Registers what is wanted and not yet registered, and takes back what nobody wants any more. "refresh":"1" keeps
  /// what was registered before. Beyond the limit the gateway holds it until another is given back.
  void register_as_wanted(std::string_view code, Watched& watched, Actions& actions);
  /// Trades and books as they nearly always come; false where it is for the decoder, and then nothing was delivered.
  bool market_straight(std::string_view bytes, UnixNanos received, Actions& actions);
  /// What comes between the two messages of an interruption is of its auction: its books, and the print that ends it.
  void deliver(const Watched& watched, Actions& actions);
  void interruption_told(const Event& event);
  /// For people: what may trade when is the sessions' dated data (docs/calendars.md). It comes each minute of a call.
  void session_told(std::string_view session, Actions& actions);
  void market(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions);

  // ---- who is worth watching

  /// A page is a hundred lines, which is as many as can be registered.
  void ranked(const Reply& reply, UnixNanos now, Actions& actions);
  /// A search is followed by its number, and the list of them must be asked for before the venue knows it.
  void ask_searches(Actions& actions);
  /// In the list at hand, the one that is wanted.
  void find_search(Actions& actions);
  /// One who came or left; or all who meet the condition, as one answer: then false, and nothing else is in the frame.
  bool matched(const Event& event, Actions& actions);

  // ---- orders

  Orders::iterator by_serial(std::uint64_t serial) { return std::ranges::find(orders_, serial, &Order::serial); }
  Orders::iterator by_number(OrderNumber number) { return by_number(number, today_); }
  Orders::iterator by_number(OrderNumber number, std::int32_t day) {
    return std::ranges::find_if(orders_, [=](const Order& o) { return o.number == number && o.day == day; });
  }
  bool any_without_number() const {
    return std::ranges::any_of(orders_, [this](const Order& o) { return o.number == 0 && o.day == today_; });
  }
  /// On another day numbers begin anew, and what was open is over.
  void look_at_day(UnixNanos now, Actions& actions);
  void report(const Order& order, OrderEventKind kind, UnixNanos now, std::string_view why, Actions& actions);
  void cancel_one(Order& order, Actions& actions);
  void accept(Order& order, UnixNanos time, Actions& actions);
  /// The number by which the venue knows the order: from its answer, or found in the account.
  void name(Orders::iterator order, OrderNumber number, std::string_view as_written, UnixNanos now, Actions& actions);
  void order_answered(std::uint64_t serial, const Reply& reply, UnixNanos now, Actions& actions);
  /// It may rest there: neither rejected nor working until the account's lists say so.
  void lose(Order& order, UnixNanos now, Actions& actions);
  void cancel_answered(std::uint64_t serial, const Reply& reply, UnixNanos now, Actions& actions);
  /// It works on, and its cancel is forgotten; not that of a late one, which the lists lead to again: at once for a few
  /// times, then ever less often, since it may be refused for good.
  void cancel_failed(Order& order, std::string_view why, UnixNanos now, Actions& actions);
  /// Asks for the lists once the next of those may be canceled again.
  void wake_for_late(UnixNanos now, Actions& actions);
  void lose_cancel(Order& order, UnixNanos now, Actions& actions);
  void cancelled(Orders::iterator order, UnixNanos time, Actions& actions);
  void end(Orders::iterator order);
  void remember(OrderNumber number);

  // ---- what the stream says of orders

  Result<OrderReportLine> report_in(const Event& event, UnixNanos received) const;
  /// A report of the stream. Kiwoom has no client order id: one about a number that nobody knows may be about an order
  /// whose answer is still on its way, and is held until there is none.
  void order_told(const OrderReportLine& line, UnixNanos now, Actions& actions);
  void hold(const OrderReportLine& line, UnixNanos now, Actions& actions);
  void release_held(UnixNanos now, Actions& actions);
  /// An order that was told as never arrived, and is there: none where it is none of those. Another one may have taken
  /// its place, so what is left of it is canceled.
  Orders::iterator take_late(const OrderReportLine& line, UnixNanos now, Actions& actions);
  /// An order that this session did not place.
  Orders::iterator adopt_foreign(const OrderReportLine& line, UnixNanos now);
  void apply(Orders::iterator order, const OrderReportLine& line, UnixNanos now, Actions& actions);
  void fill(Order& order, Price price, Quantity quantity, std::int64_t fees, const OrderReportLine& line, UnixNanos now,
            Actions& actions);
  /// A cancel or an amendment was taken, refused, or done.
  void change_told(const OrderReportLine& line, UnixNanos now, Actions& actions);

  // ---- the account's lists

  /// Open orders, then those of which something was filled: an order that fills between the two is in both.
  void ask_orders(UnixNanos now, Actions& actions);
  void ask_list(About about, const Reply* page, Actions& actions);
  /// The list of each earlier day of which an order is not over yet; behind them the lists are whole.
  void ask_next_day(UnixNanos now, Actions& actions);
  void day_failed(UnixNanos now, Actions& actions);
  /// A frame of the stream that cannot be read may have been about any order.
  void broken(const Error& why, std::string_view bytes, UnixNanos now, Actions& actions);
  void look_again(DurationNanos after, UnixNanos now, Actions& actions);
  void lists_failed(DurationNanos after, UnixNanos now, Actions& actions);
  /// A page of a list of the account, into events_. False where it is none: what it said instead is told.
  bool read_list(const Reply& reply, UnixNanos now, Actions& actions);
  void orders_listed(About about, const Reply& reply, UnixNanos now, Actions& actions);
  /// The account's lists are whole: what they say, and what they no longer have.
  void compare(UnixNanos now, Actions& actions);
  void compare_one(Orders::iterator order, UnixNanos now, Actions& actions);
  /// One of an earlier day, with its number.
  void compare_earlier(Orders::iterator order, UnixNanos now, Actions& actions);
  void book_missing(Order& order, const OrderReportLine& line, Quantity all, std::int64_t fees, UnixNanos now,
                    Actions& actions);
  /// Orders whose answer never came. One line of the lists that nobody knows and that is the same stock, side,
  /// quantity, price and kind, and no older, is the order; two that fit, or one that fits two orders, leave it unknown:
  /// somebody must look.
  void find_unknown(Orders::iterator order, UnixNanos now, Actions& actions);
  /// Once nothing that ask_everything() asked for is awaited any more.
  void tell_everything(Actions& actions);
  bool fits(const Order& order, const OrderReportLine& line);
  static bool fits_terms(const Order& a, const Order& b);
  bool is_adoptable(const Order& order) const {
    return !order.is_ours && order.is_plain && order.accepted && order.summed && order.day == today_ &&
           order.number != 0 && order.filled < order.order.quantity;
  }
  static Money money_of_won(std::int64_t won) { return {Int128{won} * power_of_ten(kMoneyDecimals)}; }

  // ---- holdings and cash

  /// Holdings, then cash. Asked meanwhile: once more behind it.
  void ask_account(UnixNanos now, Actions& actions);
  void account_failed(DurationNanos after, UnixNanos now, Actions& actions);
  void ask_holdings(const Reply* page, Actions& actions);
  Result<void> position_in(const Event& event, std::vector<PositionReport>& out);
  Result<void> position_told(const Event& event, Actions& actions);
  /// Not known is not none: it is asked for again.
  void unreadable_account(const Error& why, std::string_view bytes, UnixNanos now, Actions& actions);
  void account_listed(About about, const Reply& reply, UnixNanos now, Actions& actions);

  Credentials credentials_;
  Description description_;
  std::unique_ptr<Decoder> decoder_ = decoder();
  std::string token_;
  std::string session_;  // as 0s last said it
  WatchList watched_;    // by code
  Orders orders_;
  std::set<OrderNumber> over_;  // today's
  std::vector<std::pair<std::int32_t, OrderNumber>>
      over_before_;                     // with their days, of an earlier process; until start()
  std::deque<Order> given_up_;          // today's that were told as never arrived
  std::deque<OrderReportLine> held_;    // by the stream, of numbers that may be ours
  std::vector<OrderReportLine> lines_;  // of the lists that are being asked for
  std::vector<std::int32_t> days_;      // whose list is to be asked for; the last one is on its way
  std::set<std::int32_t> days_listed_;  // whose list is among the lines, whole
  std::int32_t today_ = 0;              // in Seoul
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
  DurationNanos offset_ = 0;              // the venue's clock minus ours
  UnixNanos asked_at_ = 0;                // when the lists began to be asked for
  bool asking_ = false;                   // the lists are on their way
  bool ask_again_ = false;                // something happened meanwhile
  bool look_due_ = false;                 // a timer will ask for them
  UnixNanos listed_at_ = kNoTime;         // what the lists said last was asked for then
  UnixNanos account_asked_at_ = kNoTime;  // holdings and cash are on their way since
  bool account_again_ = false;            // something happened meanwhile
  UnixNanos account_told_at_ = kNoTime;   // what they said last was asked for then
  UnixNanos everything_asked_ = kNoTime;  // kNoTime: it was told
  bool wanted_ = false;                   // the connection is
  bool open_ = false;
  bool logged_in_ = false;
  bool account_told_ = false;  // the stream tells of orders
  bool anew_due_ = false;      // a timer will connect anew, if it does not by then
};

}  // namespace stom::venues::kiwoom
