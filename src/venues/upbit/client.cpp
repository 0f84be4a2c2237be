#include "venues/upbit/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <expected>
#include <limits>
#include <map>
#include <span>
#include <utility>

#include "core/decimal.hpp"
#include "venues/adopted_orders.hpp"
#include "venues/earlier_orders.hpp"
#include "venues/event_messages.hpp"
#include "venues/json.hpp"
#include "venues/upbit/decoder.hpp"
#include "venues/upbit/signing.hpp"
#include "venues/upbit/straight.hpp"

namespace stom::venues::upbit {
namespace {

enum Connection : ConnectionId { kPublic = 1, kPrivate = 2 };
enum Timer : TimerId { kRetry = 1, kOpenPrivate = 2, kConfirm = 3 };
enum Group : BudgetIndex { kDefault = 0, kOrder = 1, kCancelAll = 2, kMessages = 3, kMessagesMinute = 4 };

/// What a tag is about; the rest of it is a number.
enum class About : std::uint8_t { Order = 1, Cancel, Query, CancelAll, OpenOrders, Accounts, Chance, TheirQuery, Seal };
constexpr Tag tag_of(About about, std::uint64_t number) { return static_cast<Tag>(about) << 56 | packed(number); }
constexpr About about_of(Tag tag) { return static_cast<About>(tag >> 56); }
constexpr std::uint64_t number_of(Tag tag) { return unpacked(tag); }

constexpr DurationNanos kRetryAfter = kSecond;
/// A token counts once, so the private connection is never opened twice with the same: after a close a new one is made,
/// and again where the opening did not succeed within so long.
constexpr DurationNanos kOpenAfter = kSecond;
/// A subscription is not answered. What happened to orders before it was in force is not told, so they are asked for
/// then.
constexpr DurationNanos kSubscribedWithin = 2 * kSecond;
constexpr DurationNanos kOpeningTakes = 15 * kSecond;
/// Requests carry no time by which the venue would refuse them as too old, so time alone never says that an order did
/// not arrive. Its nonce does: the venue takes each one once. An order that the venue does not know after so long is
/// sealed: a harmless question is asked with the order's own nonce. Where that is answered, the order can never be
/// taken any more.
constexpr DurationNanos kSealAfter = 5 * kSecond;
/// Where the nonce was used, the order did arrive; what the venue still does not know so long after that, it refused.
constexpr DurationNanos kListedWithin = 5 * kSecond;
constexpr std::size_t kPairsOfACancel = 20;
constexpr std::size_t kOverKept = 1024;     // orders of others that are over: what is told late begins none
constexpr std::size_t kGivenUpKept = 1024;  // orders that never arrived: one that does after all is among the last ones
/// A market buy by quantity is a limit order by this much above the best ask: in 1/100.
constexpr std::int64_t kReachPercent = 5;
constexpr int kQuantityDecimals = 8;

/// The venue's reasons, by its error names.
RejectReason reason_of(std::string_view name) {
  if (name.starts_with("insufficient_funds")) return RejectReason::InsufficientBalance;
  if (name.starts_with("invalid_price")) return RejectReason::OffTick;
  if (name.starts_with("under_min_total")) return RejectReason::NotPositive;
  if (name.starts_with("under_price_limit") || name.starts_with("over_")) return RejectReason::PriceOutOfRange;
  if (name == "order_not_found") return RejectReason::UnknownOrder;
  if (name == "too_many_requests") return RejectReason::TooManyOrders;
  return RejectReason::None;
}

/// Money out of a canonical decimal of any length: what is beyond 10^-18 is cut off.
Money money_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Int128 value = 0;
  int decimals = -1;  // none before the point
  for (const char c : text) {
    if (c == '.') {
      decimals = 0;
      continue;
    }
    if (decimals == kMoneyDecimals) break;
    value = value * 10 + (c - '0');
    if (decimals >= 0) ++decimals;
  }
  for (int i = std::max(decimals, 0); i < kMoneyDecimals; ++i) value *= 10;
  return {negative ? -value : value};
}

class Client final : public Venue {
 public:
  explicit Client(VenueConfig config) : config_{std::move(config)} {
    description_.name = "upbit";
    description_.tells_everything = true;
    // The venue ends a connection on which nothing was said for two minutes. What is private is silent by nature: there
    // the answers to our pings are what is heard.
    const auto stream = [](std::string_view name) {
      return Endpoint{.name = std::string{name},
                      .transport = Transport::WebSocket,
                      .url = "wss://api.upbit.com",
                      .ping_every = kMinute,
                      .silent_after = 2 * kMinute};
    };
    description_.endpoints = {stream("public"), stream("private"), {.name = "rest", .url = "https://api.upbit.com"}};
    const auto group = [](std::string_view name, std::int64_t limit, std::int64_t kept) {
      return Budget{.name = fmt::format("{}-1s", name),
                    .limit = limit,
                    .window = kSecond,
                    .kept_for_risk = kept,
                    .header = "Remaining-Req",
                    .header_group = std::string{name},
                    .header_key = "sec"};
    };
    description_.budgets = {group("default", 30, 10),
                            group("order", 12, 0),
                            {.name = "order-cancel-all-2s", .limit = 1, .window = 2 * kSecond},
                            {.name = "websocket-message-1s", .limit = 5, .window = kSecond},
                            {.name = "websocket-message-1m", .limit = 100, .window = kMinute}};
    // How long 418 lasts is told in words only.
    description_.rate_refusals = {{.status = 429, .wait_otherwise = kSecond},
                                  {.status = 418, .shuts_out = true, .wait_otherwise = kMinute}};
  }

  const Description& description() const override { return description_; }

  void start(UnixNanos now, Actions& actions) override {
    actions.status({VenueState::Connecting, "start"});
    if (!config_.credentials) return;
    for (auto& [id, order] : orders_) order.unknown_since = now;  // resumed
    ask_accounts(actions);  // its answer says in words what is wrong with a key; a stream that is refused does not
    open_private(now, actions);
  }

  void opened(ConnectionId connection, UnixNanos now, Actions& actions) override {
    if (connection == kPublic) {
      subscribe(actions);
      return actions.status({VenueState::Ready, "market streams open"});
    }
    actions.timer(kOpenPrivate, kNever);
    private_open_ = true;
    say(kPrivate, R"({"type":"myOrder"},{"type":"myAsset"})", actions);
    // What happened before is not told: ask.
    ask_everything(now, actions);
    actions.timer(kConfirm, now + kSubscribedWithin);
    actions.status({VenueState::SignedIn, "private stream open"});
  }

  void closed(ConnectionId connection, std::string_view reason, UnixNanos now, Actions& actions) override {
    if (connection == kPublic) {
      for (auto& [symbol, watched] : watched_) {
        watched.best_ask = {};
        if (watched.wanted.book) actions.book_stale(watched.index, reason);
      }
    } else {
      private_open_ = false;
      actions.disconnect(kPrivate);
      actions.timer(kOpenPrivate, now + kOpenAfter);
      for (auto& [id, order] : orders_) query(order, actions);
    }
    actions.status({VenueState::Down, reason});
  }

  void frame(ConnectionId connection, std::string_view bytes, UnixNanos received, Actions& actions) override {
    if (connection == kPublic && market_straight(bytes, received, actions)) return;
    const bool understood = decoded(bytes, received, actions);
    if (connection == kPrivate) {
      if (!understood) return ask_all_at_retry(received, actions);  // it may have been about any order
      told(bytes, received, actions);
      return tell_everything(actions);
    }
    if (!understood) return;
    for (const auto& event : events_.events) {
      if (event.kind == "refusal") {
        actions.status({VenueState::Refused, text(event, "message")});
        continue;
      }
      const auto at = watched_.find(text(event, "instrument"));
      if (at == watched_.end()) continue;
      // Each subscription begins with the last trade before it, which was told then.
      if (event.kind == "trade" && text(event, "stream") == "SNAPSHOT") continue;
      auto& watched = at->second;
      batch_.clear();
      const auto done = append_message(events_, event, watched.decimals, received, batch_);
      if (!done) return actions.malformed(done.error(), bytes);
      if (*done) hand_on(watched, actions);
    }
  }

  void reply(const Reply& reply, UnixNanos now, Actions& actions) override {
    answered(reply, now, actions);
    tell_everything(actions);
  }

  void answered(const Reply& reply, UnixNanos now, Actions& actions) {
    const auto number = number_of(reply.tag);
    switch (about_of(reply.tag)) {
      case About::Order:
      case About::Query:
        return order_answered(number, about_of(reply.tag), reply, now, actions);
      case About::Cancel:
        return cancel_answered(number, reply, now, actions);
      case About::CancelAll:
        canceling_.erase(number);
        if (!succeeded(reply)) refused(reply, "cancel all", actions);
        // The answer says that they are to be canceled; the private stream says when they are.
        if (!succeeded(reply) || !private_open_) query_all(now, actions);
        return;
      case About::OpenOrders: {
        if (!succeeded(reply)) refused(reply, "open orders", actions);
        if (!succeeded(reply) || !decoded(reply.body, now, actions)) return ask_all_at_retry(now, actions);
        const auto listed = events_.events.size();
        if (number == 1)
          for (auto& [id, order] : orders_) order.listed = false;
        listing_ = true;
        told(reply.body, now, actions);
        listing_ = false;
        if (listed >= kOrdersOfAPage) return ask_open_orders(number + 1, actions);
        open_orders_awaited_ = false;
        // Another's order that is open no more ended while nobody told us. Ours are asked for one by one.
        for (const auto& [id, order] : orders_)
          if (!order.is_ours && !order.listed) query_theirs(order, actions);
        return;
      }
      case About::TheirQuery:
        if (succeeded(reply) && decoded(reply.body, now, actions)) return told(reply.body, now, actions);
        if (!refusal_in(reply.body) || reply.status >= 500) return ask_all_at_retry(now, actions);
        return refused(reply, "an order of somebody else", actions);
      case About::Seal:
        return seal_answered(number, reply, now, actions);
      case About::Accounts:
        if (!succeeded(reply)) {
          refused(reply, "accounts", actions);
          if (reply.status == 401) return;  // asked again it would say the same
          accounts_wanted_ = true;
          return retry_at(now, actions);
        }
        accounts_awaited_ = false;
        if (decoded(reply.body, now, actions)) balances_told(now, true, actions);
        return;
      case About::Chance: {
        const auto symbol = symbols_.find(static_cast<InstrumentIndex>(number));
        if (symbol == symbols_.end()) return;
        if (!succeeded(reply)) return refused(reply, "fees of " + symbol->second, actions);
        if (!decoded(reply.body, now, actions)) return;
        for (const auto& event : events_.events)
          if (event.kind == "fee_rate") watched_.find(symbol->second)->second.buy_fee = text(event, "taker_buy_fee");
        return;
      }
    }
  }

  void outcome(Tag tag, Outcome outcome, UnixNanos now, Actions& actions) override {
    const auto number = number_of(tag);
    auto* order = ours(number);
    switch (about_of(tag)) {
      case About::Order:
        if (!order) return;
        if (outcome != Outcome::Unknown) {
          report(*order, end_of_unsent(outcome), now, "it was not sent", actions);
          orders_.erase(order->client_id);
        } else {
          order->unknown_since = now;
          actions.order_unknown(order->order.id, order->order.instrument);
          query(*order, actions);  // it may rest there: neither rejected nor working until the venue says so
        }
        return;
      case About::Cancel:
        if (!order) return;
        if (outcome == Outcome::NotWritten)
          report(*order, OrderEventKind::CancelRejected, now, "the cancel was not sent", actions);
        else
          lose_cancel(*order, actions);
        return;
      case About::Query:
      case About::Seal:
        if (order) order->asking = true;
        return retry_at(now, actions);
      case About::TheirQuery:
        return ask_all_at_retry(now, actions);
      case About::CancelAll:
        canceling_.erase(number);
        actions.status({VenueState::Ready, "it is not known whether all was canceled: asking"});
        return query_all(now, actions);
      case About::OpenOrders:
        return ask_all_at_retry(now, actions);
      case About::Accounts:
        return ask_accounts(actions);
      case About::Chance:
        return ask_chance(static_cast<InstrumentIndex>(number), actions);
    }
  }

  void timer(TimerId id, UnixNanos now, Actions& actions) override {
    if (id == kOpenPrivate) return open_private(now, actions);
    if (id == kConfirm) {
      for (auto& [client_id, order] : orders_) query(order, actions);
      return;
    }
    retry_due_ = false;
    if (std::exchange(accounts_wanted_, false)) ask_accounts(actions);
    if (std::exchange(open_orders_wanted_, false)) ask_open_orders(1, actions);
    for (auto& [client_id, order] : orders_)
      if (order.asking) query(order, actions);
  }

  void clock_offset(DurationNanos, UnixNanos, Actions&) override {}  // nothing carries a time stamp

  Result<void> sign(Request& request, UnixNanos now) override {
    if (!config_.credentials) return fail(Errc::Usage, "upbit has no key to sign with", "give a key and its secret");
    auto nonce = next_nonce(now);
    const About about = about_of(request.tag);
    if (about == About::Order || about == About::Seal)
      if (auto* order = ours(number_of(request.tag))) {
        if (about == About::Order)
          order->nonce = nonce;
        else
          nonce = order->nonce;
      }
    return upbit::sign(request, *config_.credentials, nonce);
  }

  void watch(InstrumentIndex index, const Instrument& instrument, Wanted wanted, UnixNanos, Actions& actions) override {
    const auto symbol = instrument.symbol();
    const auto [at, added] = watched_.insert_or_assign(
        symbol, Watched{index, instrument, wanted, {instrument.price_decimals, instrument.quantity_decimals}, {}, {}});
    symbols_[index] = symbol;
    if (added && config_.credentials) ask_chance(index, actions);
    if (watched_.size() == 1)
      actions.connect(kPublic, "public", "/websocket/v1", {});
    else
      subscribe(actions);
  }
  void unwatch(InstrumentIndex index, UnixNanos, Actions& actions) override {
    std::erase_if(watched_, [index](const auto& entry) { return entry.second.index == index; });
    symbols_.erase(index);
    if (watched_.empty())
      actions.disconnect(kPublic);
    else
      subscribe(actions);
  }

  void resume(std::span<const EarlierOrder> orders, ClientOrderId lost_from, ClientOrderId first) override {
    own_.resume(lost_from, first);
    for (const auto& earlier : orders) {
      own_.add(earlier.order.id);
      Order order;
      order.order = earlier.order;
      order.client_id = client_id_of(earlier.order.id);
      if (!earlier.venue_order_id.empty()) {
        order.adopted = true;
        order.client_id = order.venue_order_id = earlier.venue_order_id;
        adopted_.insert_or_assign(earlier.order.id, order.client_id);
      }
      order.accepted = earlier.accepted;
      order.buys_for_money = earlier.order.size_by == SizeBy::CashFraction;
      order.order.quantity += earlier.before.quantity;
      order.filled = order.before = earlier.before.quantity;
      order.fee = earlier.before.fees;
      for (const auto& fill : earlier.fills) {
        order.filled += fill.quantity;
        order.fee += fill.fee;
      }
      order.booked.assign(earlier.fills.begin(), earlier.fills.end());
      orders_.insert_or_assign(order.client_id, order);
    }
  }

  void ask_everything(UnixNanos now, Actions& actions) override {
    if (!config_.credentials) return;
    everything_asked_ = now;
    actions.everything_asked(now);
    ask_accounts(actions);
    ask_open_orders(1, actions);
    for (auto& [id, order] : orders_) query(order, actions);
  }

  void submit(const NewOrder& order, UnixNanos now, Actions& actions) override {
    Order fresh;
    fresh.order = order;
    fresh.client_id = client_id_of(order.id);
    const auto deny = [&](RejectReason reason, std::string_view why) {
      fresh.reason = reason;
      report(fresh, OrderEventKind::Denied, now, why, actions);
    };
    if (!config_.credentials) return deny(RejectReason::Unsupported, "no key: public data alone");
    const auto symbol = symbols_.find(order.instrument);
    if (symbol == symbols_.end()) return deny(RejectReason::Unsupported, "the instrument is not watched");
    if (const auto lost = orders_.find(fresh.client_id);
        lost != orders_.end() && (!lost->second.is_ours || lost->second.adopted))
      return deny(RejectReason::DuplicateId, "an order of that name works there that this session does not know");
    const auto& watched = watched_.find(symbol->second)->second;
    const auto form = form_of(fresh, watched);
    if (!form) return deny(form.error() == kNoAsk ? RejectReason::BookStale : RejectReason::Unsupported, form.error());
    rest("POST", "/v1/orders", Priority::Order, tag_of(About::Order, order.id), {{kOrder, 1}});
    request_.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    request_.body = *form;
    request_.order = order;
    own_.add(order.id);
    orders_.insert_or_assign(fresh.client_id, fresh);
    actions.request(request_);
  }

  void adopt(const NewOrder& wanted, std::string_view venue_order_id, UnixNanos now, Actions& actions) override {
    const auto at = adopt_from(orders_, wanted, venue_order_id, is_adoptable);
    if (at == orders_.end()) return actions.order(not_adopted(wanted, now));
    adopted_.insert_or_assign(wanted.id, at->first);
    own_.add(wanted.id);
    report(at->second, OrderEventKind::Accepted, now, "", actions);
  }

  void cancel(const CancelOrder& cancel, UnixNanos now, Actions& actions) override {
    auto* order = ours(cancel.id);
    if (!order) {
      Order none;
      none.order.id = cancel.id;
      none.order.instrument = cancel.instrument;
      none.client_id = client_id_of(cancel.id);
      none.reason = RejectReason::UnknownOrder;
      return report(none, OrderEventKind::CancelRejected, now, "no such order is working", actions);
    }
    order->cancel_asked = true;
    ask_cancel(name_of(*order), cancel.id, actions);
  }

  void cancel_all(std::span<const InstrumentIndex> instruments, UnixNanos, Actions& actions) override {
    if (!config_.credentials) return;
    const auto meant = [&](InstrumentIndex one) {
      return instruments.empty() || std::ranges::find(instruments, one) != instruments.end();
    };
    for (auto& [id, order] : orders_)
      if (meant(order.order.instrument)) order.cancel_asked = true;
    std::vector<std::string> pairs;
    for (const auto& [index, symbol] : symbols_)
      if (meant(index) && !is_canceling(symbol)) pairs.push_back(symbol);
    for (std::size_t i = 0; i < pairs.size(); i += kPairsOfACancel) {
      const auto end = pairs.begin() + static_cast<std::ptrdiff_t>(std::min(i + kPairsOfACancel, pairs.size()));
      const std::vector<std::string> some{pairs.begin() + static_cast<std::ptrdiff_t>(i), end};
      rest("DELETE", fmt::format("/v1/orders/open?cancel_side=all&pairs={}&count=300", fmt::join(some, ",")),
           Priority::Risk, tag_of(About::CancelAll, ++cancel_alls_), {{kCancelAll, 1}});
      canceling_.emplace(cancel_alls_, some);
      actions.request(request_);
    }
  }

  std::span<const WorkingOrder> working_orders() const override {
    working_.clear();
    for (const auto& [client_id, order] : orders_)
      // Wholly filled: nothing rests any more, also where the venue's word of its end is still on the way.
      if (order.accepted && !order.buys_for_money && order.filled < order.order.quantity)
        working_.push_back({order.is_ours ? order.order.id : 0, order.order.instrument, order.order.side,
                            order.order.price, order.order.quantity - order.filled, order.venue_order_id,
                            order.client_id, Price{}, is_adoptable(order),
                            FilledBefore{order.filled, order.value, order.fee}});
    return working_;
  }

 private:
  static constexpr std::size_t kOrdersOfAPage = 100;
  static constexpr std::string_view kNoAsk = "a market buy by quantity needs the best ask, which is not known";

  struct Watched {
    InstrumentIndex index = 0;
    Instrument instrument;
    Wanted wanted;
    Decimals decimals;
    Price best_ask{};     // 0: not known
    std::string buy_fee;  // as a taker, "0.0005"; empty before the venue told it
  };

  /// Trades and books as they nearly always come; false where the frame is for the decoder.
  bool market_straight(std::string_view bytes, UnixNanos received, Actions& actions) {
    const auto instrument = instrument_of(bytes);
    const auto at = instrument ? watched_.find(*instrument) : watched_.end();
    batch_.clear();
    if (at == watched_.end() || !decode_straight(bytes, at->second.decimals, received, batch_)) return false;
    hand_on(at->second, actions);
    return true;
  }

  void hand_on(Watched& watched, Actions& actions) {
    const auto& message = batch_.messages.back();
    if (message.kind == MessageKind::Snapshot)
      watched.best_ask = message.asks > 0 ? batch_.levels[message.first_level + message.bids].price : Price{};
    actions.market(watched.index, batch_);
  }

  struct Fill {
    std::string trade_id;
    Price price{};
    Quantity quantity{};
    Money fee{};
    Liquidity liquidity = Liquidity::Taker;
    UnixNanos time = kNoTime;
  };
  struct Order {
    NewOrder order;
    std::string client_id;
    std::string venue_order_id;
    Quantity filled{};
    Quantity before{};  // of that, filled before we knew of the order, and whose trades nobody has told yet
    Quantity said{};    // of somebody else's: filled, as the venue last said
    Int128 value = 0;   // of somebody else's: price times quantity of what is filled; 0: it is not said
    Money fee{};        // of the fills so far
    RejectReason reason = RejectReason::None;
    std::vector<std::string> trades;  // fills that are known: the same one can come twice
    std::vector<stom::Fill> booked;   // those that an earlier process was told, whose names nobody knows
    bool awaited = false;             // nothing was said of it since it was asked for
    bool is_ours = true;              // placed by this session, or adopted
    bool adopted = false;             // its client id is not of our making
    bool is_plain = false;            // somebody else's: a limit order that rests at its price
    bool accepted = false;
    bool asking = false;  // nobody knows what became of it
    bool cancel_asked = false;
    bool cancel_lost = false;  // nobody knows what became of the cancel
    /// A market buy for an amount of money: how much it buys is known when it is over, and told then.
    bool buys_for_money = false;
    std::vector<Fill> untold;
    UnixNanos unknown_since = kNoTime;
    std::string nonce;               // it was signed with, the last time
    UnixNanos arrived_by = kNoTime;  // its nonce was used by then
    bool listed = false;             // among the open orders that the venue listed last
  };

  static bool is_adoptable(const Order& order) {
    return !order.is_ours && order.is_plain && order.accepted && order.filled < order.order.quantity &&
           order.said <= order.filled && order.order.price.value > 0;
  }
  /// Of trades that are new to us those of before we knew of the order, which are the oldest; of one second in the
  /// order in which they sum up to that. `so_far`: what is filled with the one that the stream tells.
  static void leave_out_before(Order& order, std::vector<Fill>& news, std::optional<Quantity> so_far) {
    if (order.before.value <= 0 || (so_far && *so_far > order.filled)) return;
    for (const bool is_last_try : {false, true}) {
      std::vector<Fill> oldest_first{news};
      if (is_last_try) std::ranges::reverse(oldest_first);
      std::ranges::stable_sort(oldest_first, {}, &Fill::time);
      Quantity sum{};
      auto at = oldest_first.begin();
      for (; at != oldest_first.end() && sum < order.before; ++at) sum += at->quantity;
      if (sum > order.before && !is_last_try) continue;
      oldest_first.erase(oldest_first.begin(), at);
      news = std::move(oldest_first);
      order.before -= std::min(order.before, sum);
      return;
    }
  }
  /// Price times quantity of what is filled, as the venue says it; 0 where it does not.
  Int128 value_filled(const Event& event, const Instrument& of, Quantity filled) const {
    const auto funds = text(event, "filled_value"), average = text(event, "average_price");
    if (filled.value == 0) return 0;
    if (const Money value = funds.empty() ? Money{} : money_of(funds); value.value > 0)
      return divide(value.value, power_of_ten(kMoneyDecimals - of.price_decimals - of.quantity_decimals),
                    Rounding::HalfEven);
    const Money price = average.empty() ? Money{} : money_of(average);
    return divide(price.value, power_of_ten(kMoneyDecimals - of.price_decimals), Rounding::HalfEven) * filled.value;
  }

  /// Once nothing that ask_everything() asked for is awaited any more.
  void tell_everything(Actions& actions) {
    if (everything_asked_ == kNoTime || accounts_awaited_ || open_orders_awaited_) return;
    for (const auto& [id, order] : orders_)
      if (order.is_ours && order.awaited) return;
    const UnixNanos asked = std::exchange(everything_asked_, kNoTime);
    actions.everything_told({.asked = asked, .orders = working_orders()});
  }

  // ---- requests -----------------------------------------------------------------------------------------------------

  /// As UUIDs are shaped; the venue wants one that this key never sent before.
  std::string next_nonce(UnixNanos now) {
    auto digits = hex(sha512(fmt::format("{} {} {}", config_.session, now, ++nonces_)));
    digits[12] = '4';
    digits[16] = '8';
    return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 4),
                       digits.substr(16, 4), digits.substr(20, 12));
  }
  void open_private(UnixNanos now, Actions& actions) {
    const Header header{"Authorization", "Bearer " + token(*config_.credentials, next_nonce(now), {})};
    actions.connect(kPrivate, "private", "/websocket/v1/private", {&header, 1});
    actions.timer(kOpenPrivate, now + kOpeningTakes);
  }

  void reset(Priority priority, Tag tag, Costs costs) {
    request_.endpoint.clear();
    request_.connection = 0;
    request_.method.clear();
    request_.target.clear();
    request_.headers.clear();
    request_.body.clear();
    request_.tag = tag;
    request_.priority = priority;
    request_.costs = costs;
    request_.sign_late = false;
    request_.not_after = kNever;
    request_.order = {};
  }
  /// Each is signed when it is written: a nonce of its own, also where it is written again.
  void rest(std::string_view method, std::string target, Priority priority, Tag tag, Costs costs) {
    reset(priority, tag, costs);
    request_.endpoint = "rest";
    request_.method = method;
    request_.target = std::move(target);
    request_.sign_late = true;
  }
  void say(ConnectionId connection, std::string_view types, Actions& actions) {
    reset(Priority::Session, 0, {{kMessages, 1}, {kMessagesMinute, 1}});
    request_.connection = connection;
    request_.body = fmt::format(R"([{{"ticket":"stom-{}"}},{},{{"format":"DEFAULT"}}])", ++ticket_, types);
    actions.request(request_);
  }

  /// A subscription replaces the one before it: it always names all.
  void subscribe(Actions& actions) {
    std::string trades, books;
    for (const auto& [symbol, watched] : watched_) {
      if (watched.wanted.trades) trades += fmt::format("{}\"{}\"", trades.empty() ? "" : ",", symbol);
      if (watched.wanted.book || watched.wanted.quotes)
        books += fmt::format("{}\"{}\"", books.empty() ? "" : ",", symbol);
    }
    std::string types;
    if (!trades.empty()) types = fmt::format(R"({{"type":"trade","codes":[{}]}})", trades);
    if (!books.empty())
      types += fmt::format(R"({}{{"type":"orderbook","codes":[{}]}})", types.empty() ? "" : ",", books);
    if (!types.empty()) say(kPublic, types, actions);
  }

  void ask_accounts(Actions& actions) {
    accounts_awaited_ = true;
    rest("GET", "/v1/accounts", Priority::Query, tag_of(About::Accounts, 0), {{kDefault, 1}});
    actions.request(request_);
  }
  void ask_open_orders(std::uint64_t page, Actions& actions) {
    open_orders_awaited_ = true;
    rest("GET", fmt::format("/v1/orders/open?states[]=wait&states[]=watch&page={}&limit={}", page, kOrdersOfAPage),
         Priority::Query, tag_of(About::OpenOrders, page), {{kDefault, 1}});
    actions.request(request_);
  }
  void ask_chance(InstrumentIndex index, Actions& actions) {
    const auto symbol = symbols_.find(index);
    if (symbol == symbols_.end()) return;
    rest("GET", "/v1/orders/chance?market=" + symbol->second, Priority::Query, tag_of(About::Chance, index),
         {{kDefault, 1}});
    actions.request(request_);
  }
  static std::string name_of(const Order& order) {
    return order.adopted ? "uuid=" + order.venue_order_id : "identifier=" + order.client_id;
  }
  void ask_cancel(std::string_view name, ClientOrderId id, Actions& actions) {
    rest("DELETE", fmt::format("/v1/order?{}", name), Priority::Risk, tag_of(About::Cancel, id), {{kDefault, 1}});
    actions.request(request_);
  }
  void query(Order& order, Actions& actions) {
    if (!order.is_ours) return;
    order.asking = order.awaited = true;
    rest("GET", "/v1/order?" + name_of(order), Priority::Query, tag_of(About::Query, order.order.id), {{kDefault, 1}});
    actions.request(request_);
  }
  void query_theirs(const Order& order, Actions& actions) {
    rest("GET", "/v1/order?uuid=" + order.venue_order_id, Priority::Query, tag_of(About::TheirQuery, 0),
         {{kDefault, 1}});
    actions.request(request_);
  }
  void seal(Order& order, Actions& actions) {
    order.asking = false;
    rest("GET", "/v1/accounts", Priority::Query, tag_of(About::Seal, order.order.id), {{kDefault, 1}});
    actions.request(request_);
  }
  /// Open orders and each of our own, at most once a second.
  void ask_all_at_retry(UnixNanos now, Actions& actions) {
    open_orders_wanted_ = true;
    for (auto& [id, order] : orders_) order.asking = order.is_ours;
    retry_at(now, actions);
  }
  void query_all(UnixNanos now, Actions& actions) {
    for (auto& [id, order] : orders_) order.asking = order.is_ours;
    if (!orders_.empty()) retry_at(now, actions);
  }
  void retry_at(UnixNanos now, Actions& actions) {
    if (!retry_due_) actions.timer(kRetry, now + kRetryAfter);
    retry_due_ = true;
  }

  // ---- orders -------------------------------------------------------------------------------------------------------

  std::string client_id_of(ClientOrderId id) const {
    const auto adopted = adopted_.find(id);
    return adopted != adopted_.end() ? adopted->second : fmt::format("stom-{}-{}", config_.session, id);
  }
  /// One cancel-all in two seconds is all that the venue takes: of a pair there is never one behind another.
  bool is_canceling(const std::string& symbol) const {
    return std::ranges::any_of(
        canceling_, [&](const auto& asked) { return std::ranges::find(asked.second, symbol) != asked.second.end(); });
  }
  Order* ours(ClientOrderId id) {
    const auto at = orders_.find(client_id_of(id));
    return at == orders_.end() || !at->second.is_ours ? nullptr : &at->second;
  }

  /// The request's body, or why it cannot be asked for. May make a market buy a limit order (kReachPercent).
  std::expected<std::string, std::string_view> form_of(Order& out, const Watched& watched) const {
    const auto& order = out.order;
    const auto& instrument = watched.instrument;
    const bool buy = order.side == Side::Buy;
    if ((order.type != OrderType::Limit && order.type != OrderType::Market) || order.display.value != 0 ||
        order.time_in_force == TimeInForce::GTD || order.time_in_force == TimeInForce::DAY ||
        order.stop_loss.value != 0 || order.take_profit.value != 0 || order.size_by == SizeBy::Position ||
        (order.size_by == SizeBy::CashFraction && (order.type != OrderType::Market || !buy)))
      return std::unexpected("only limit orders, and market orders by quantity or for cash; GTC, IOC or FOK");
    if (order.reduce_only) return std::unexpected("there are no reduce-only orders");
    if (order.post_only && (order.type == OrderType::Market || order.time_in_force != TimeInForce::GTC))
      return std::unexpected("an order that only makes is a limit order that rests");
    std::string form = fmt::format(R"({{"market":"{}","side":"{}")", instrument.symbol(), buy ? "bid" : "ask");
    const auto put = [&](std::string_view name, std::string_view value) {
      form += fmt::format(R"(,"{}":"{}")", name, value);
    };
    const auto price = [&](Price value) {
      return format_decimal_trimmed(Int128{value.value}, instrument.price_decimals);
    };
    const auto quantity = [&] {
      return format_decimal_trimmed(Int128{order.quantity.value}, instrument.quantity_decimals);
    };
    const bool at_once = order.time_in_force == TimeInForce::IOC || order.time_in_force == TimeInForce::FOK;
    const std::string_view in_force = order.time_in_force == TimeInForce::FOK ? "fok" : "ioc";
    if (order.type == OrderType::Limit) {
      put("volume", quantity());
      put("price", price(order.price));
      put("ord_type", "limit");
      if (order.post_only) put("time_in_force", "post_only");
      if (at_once) put("time_in_force", in_force);
    } else if (order.size_by == SizeBy::CashFraction) {
      const auto cash = free_.find(instrument.quote);
      if (cash == free_.end() || watched.buy_fee.empty())
        return std::unexpected("the cash that is free, or the fee, is not known yet");
      // What is spent is the amount and the fee on it.
      const Int128 one = power_of_ten(kMoneyDecimals);
      const Int128 of_fraction = divide(cash->second.value, power_of_ten(9), Rounding::Down) * order.quantity.value;
      const Int128 rate = money_of(watched.buy_fee).value / power_of_ten(9);
      const Int128 amount = divide(of_fraction, power_of_ten(9) + rate, Rounding::Down) * power_of_ten(9);
      const int decimals = instrument.quote == "KRW" ? 0 : kQuantityDecimals;
      const Int128 unit = one / power_of_ten(decimals);
      if (amount < unit) return std::unexpected("the cash that is free is less than the smallest amount");
      out.buys_for_money = true;
      put("price", format_decimal_trimmed(amount / unit, decimals));
      // `best` takes no more than the first level; `price` what the amount pays for.
      put("ord_type", at_once ? "best" : "price");
      if (at_once) put("time_in_force", in_force);
    } else if (!buy) {
      put("volume", quantity());
      put("ord_type", at_once ? "best" : "market");
      if (at_once) put("time_in_force", in_force);
    } else {
      if (watched.best_ask.value == 0) return std::unexpected(kNoAsk);
      const std::int64_t reach =
          static_cast<std::int64_t>(Int128{watched.best_ask.value} * (100 + kReachPercent) / 100);
      const std::int64_t tick = instrument.ladder.empty() ? 1 : instrument.tick_at({reach}).value;
      put("volume", quantity());
      put("price", price({std::max(reach - reach % tick, watched.best_ask.value)}));
      put("ord_type", "limit");
      put("time_in_force", order.time_in_force == TimeInForce::FOK ? "fok" : "ioc");
    }
    put("identifier", out.client_id);
    return form + "}";
  }

  void report(const Order& order, OrderEventKind kind, UnixNanos now, std::string_view why, Actions& actions) {
    OrderReport out = report_of(order, kind, now, why);
    out.client_id = order.client_id;
    actions.order(out);
  }

  static bool succeeded(const Reply& reply) { return reply.status == 200 || reply.status == 201; }

  void order_answered(ClientOrderId id, About about, const Reply& reply, UnixNanos now, Actions& actions) {
    auto* order = ours(id);
    if (!order) return;  // the private stream was faster, and it is over
    if (succeeded(reply)) {
      if (decoded(reply.body, now, actions)) {
        told(reply.body, now, actions);
        return about == About::Query ? find_cancel(id, now, actions) : void();
      }
      order->asking = true;  // an answer that cannot be read says nothing
      return retry_at(now, actions);
    }
    auto refusal = refusal_in(reply.body);
    // That of too many requests is plain text.
    if (!refusal && (reply.status == 429 || reply.status == 418)) refusal = Refusal{"too_many_requests", ""};
    // 5xx, and any other refusal without the venue's own words: what became of the order is not known.
    if (!refusal || reply.status >= 500) {
      if (about == About::Order) {
        order->unknown_since = now;
        actions.order_unknown(order->order.id, order->order.instrument);
      }
      order->asking = true;
      return retry_at(now, actions);
    }
    if (about == About::Query) {
      const bool absent = refusal->name == "order_not_found";
      order->awaited &= !absent;
      // Where its own answer is still awaited, that decides.
      if (absent && order->unknown_since == kNoTime && !order->accepted) {
        order->asking = false;
        return;
      }
      const bool arrived = order->arrived_by != kNoTime;
      if (absent && !order->accepted && !arrived && !order->nonce.empty() && now >= order->unknown_since + kSealAfter)
        return seal(*order, actions);
      if (!absent || order->accepted || !arrived || now < order->arrived_by + kListedWithin) {
        order->asking = true;
        return retry_at(now, actions);
      }
      return never_was(*order, fmt::format("{} {}", refusal->name, refusal->message), now, actions);
    }
    order->reason = reason_of(refusal->name);
    report(*order, OrderEventKind::Rejected, now, fmt::format("{} {}", refusal->name, refusal->message), actions);
    orders_.erase(order->client_id);
  }

  /// The answer to a question that was asked with the order's nonce.
  void seal_answered(ClientOrderId id, const Reply& reply, UnixNanos now, Actions& actions) {
    auto* order = ours(id);
    if (succeeded(reply) && decoded(reply.body, now, actions)) balances_told(now, true, actions);
    if (!order || order->accepted) return;
    if (succeeded(reply)) {
      order->reason = RejectReason::UnknownOrder;  // nobody refused it
      return never_was(*order, "it never arrived, and cannot any more", now, actions);
    }
    const auto refusal = refusal_in(reply.body);
    // It arrived after all, or an earlier question of this kind did: in either case nothing is on its way any more.
    if (refusal && refusal->name == "nonce_used" && order->arrived_by == kNoTime) order->arrived_by = now;
    order->asking = true;
    retry_at(now, actions);
  }
  void never_was(Order& order, std::string_view why, UnixNanos now, Actions& actions) {
    given_up_.push_back(order.client_id);
    if (given_up_.size() > kGivenUpKept) given_up_.pop_front();
    report(order, OrderEventKind::Rejected, now, why, actions);
    orders_.erase(order.client_id);
  }

  void cancel_answered(ClientOrderId id, const Reply& reply, UnixNanos now, Actions& actions) {
    auto* order = ours(id);
    if (!order) return;
    if (succeeded(reply)) {
      // "To be canceled": the order as it stood. The private stream says when it is; where there is none, ask.
      if (!private_open_) {
        order->asking = true;
        retry_at(now, actions);
      }
      return;
    }
    const auto refusal = refusal_in(reply.body);
    if (!refusal || reply.status >= 500) return lose_cancel(*order, actions);
    order->reason = reason_of(refusal->name);
    report(*order, OrderEventKind::CancelRejected, now, fmt::format("{} {}", refusal->name, refusal->message), actions);
    order->reason = RejectReason::None;
    // Filled or canceled meanwhile: the private stream tells; where it did not, the answer does.
    query(*order, actions);
  }

  /// Done or not? What the venue says of the order says it.
  void lose_cancel(Order& order, Actions& actions) {
    order.cancel_lost = true;
    query(order, actions);
  }
  /// The order still works: who wants it canceled may ask again. Where the cancel arrives after all, the private stream
  /// tells.
  void find_cancel(ClientOrderId id, UnixNanos now, Actions& actions) {
    auto* order = ours(id);
    if (!order || !std::exchange(order->cancel_lost, false)) return;
    report(*order, OrderEventKind::CancelRejected, now, "the order still works: the cancel did not arrive", actions);
  }

  struct Refusal {
    std::string name;
    std::string message;
  };
  std::optional<Refusal> refusal_in(std::string_view body) {
    const auto root = document_.parse(body);
    if (!root) return std::nullopt;
    const auto error = root->find("error");
    if (!error || !error.has("name")) return std::nullopt;
    return Refusal{std::string{error.find("name").text()}, std::string{error.find("message").text()}};
  }
  void refused(const Reply& reply, std::string_view what, Actions& actions) {
    const auto refusal = refusal_in(reply.body);
    actions.status({reply.status == 401 ? VenueState::Refused : VenueState::Ready,
                    fmt::format("{} refused: HTTP {}{}", what, reply.status,
                                refusal ? fmt::format(", {} {}", refusal->name, refusal->message) : "")});
  }

  // ---- what the venue told ------------------------------------------------------------------------------------------

  /// Into events_; false where there is nothing to go on with, which was then said.
  bool decoded(std::string_view bytes, UnixNanos received, Actions& actions) {
    events_.clear();
    const auto done = decoder_->decode(bytes, received, events_);
    if (done.what == Decoded::What::Unknown) actions.unknown(done.text, bytes);
    if (done.what == Decoded::What::Malformed)
      actions.malformed({Errc::BadData, done.text, "kept as it came; nothing of it counts"}, bytes);
    return done.what == Decoded::What::Events;
  }
  std::string_view text(const Event& event, std::string_view name) const {
    const auto* field = events_.find(event, name);
    return field ? field->text : std::string_view{};
  }
  UnixNanos time(const Event& event, std::string_view name) const {
    const auto* field = events_.find(event, name);
    return field ? field->integer : kNoTime;
  }

  void told(std::string_view bytes, UnixNanos received, Actions& actions) {
    if (std::ranges::any_of(events_.events, [](const auto& event) { return event.kind == "balance"; }))
      balances_told(received, false, actions);
    // An order of a REST answer is followed by its fills; on the stream a fill is an event of its own.
    for (std::size_t i = 0; i < events_.events.size();) {
      const auto& event = events_.events[i++];
      if (event.kind == "refusal") {
        actions.status({VenueState::Refused, text(event, "message")});
      } else if (event.kind == "order" || event.kind == "fill") {
        const auto first = i;
        while (event.kind == "order" && i < events_.events.size() && events_.events[i].kind == "fill") ++i;
        if (const auto done = order_told(event, {events_.events.data() + first, i - first}, received, actions); !done)
          return actions.malformed(done.error(), bytes);
      }
    }
  }

  Result<void> order_told(const Event& event, std::span<const Event> fills, UnixNanos received, Actions& actions) {
    const auto watched = watched_.find(text(event, "instrument"));
    if (watched == watched_.end()) return {};  // of an instrument that nobody watches
    const auto& instrument = watched->second.instrument;
    const auto number = [&](const Event& of, std::string_view name, int decimals) {
      const auto value = text(of, name);
      return value.empty() ? Result<std::int64_t>{0} : parse_decimal(value, decimals);
    };
    const bool on_stream = event.kind == "fill";  // a fill of the stream
    const auto price = number(event, "price", instrument.price_decimals);
    const auto quantity = number(event, "quantity", instrument.quantity_decimals);
    const auto executed = number(event, "filled", instrument.quantity_decimals);
    const auto remaining = number(event, "leaves", instrument.quantity_decimals);
    for (const auto* value : {&price, &quantity, &executed, &remaining})
      if (!*value) return std::unexpected(value->error());
    if (std::min({*price, *quantity, *executed, *remaining}) < 0)
      return fail(Errc::BadData, "an order of less than nothing", "kept as it came");
    constexpr std::int64_t kMostTold = std::numeric_limits<std::int64_t>::max() / 4;  // any two of them add up
    if (std::max({*quantity, *executed, *remaining}) > kMostTold)
      return fail(Errc::BadData, "an order of more than can be counted", "kept as it came");
    std::vector<Fill> news;
    const auto add = [&](const Event& of, Price at, Quantity size) {
      const auto* maker = events_.find(of, "maker");
      auto when = time(of, "trade_time_ns");
      if (when == kNoTime) when = time(of, "venue_time_ns");
      news.push_back({std::string{text(of, "trade_id")}, at, size, money_of(text(of, "fee")),
                      maker && maker->integer ? Liquidity::Maker : Liquidity::Taker, when});
    };
    if (on_stream) add(event, {*price}, {*quantity});
    for (const auto& fill : fills) {
      const auto p = number(fill, "price", instrument.price_decimals);
      const auto q = number(fill, "quantity", instrument.quantity_decimals);
      if (!p) return std::unexpected(p.error());
      if (!q) return std::unexpected(q.error());
      if (std::min(*p, *q) < 0) return fail(Errc::BadData, "a fill of less than nothing", "kept as it came");
      add(fill, {*p}, {*q});
    }

    const auto venue_id = text(event, "order_id");
    const auto status = text(event, "status");
    auto at = orders_.find(text(event, "client_order_id"));
    if (at == orders_.end())
      at = std::ranges::find_if(orders_, [&](const auto& known) { return known.second.venue_order_id == venue_id; });
    if (at == orders_.end()) {
      const std::string client_id{text(event, "client_order_id")};
      if (own_.contain(client_id, fmt::format("stom-{}-", config_.session), listing_)) {
        if (status != "working" || std::ranges::find(given_up_, client_id) == given_up_.end())
          return {};  // ours, and over
        actions.status({VenueState::Ready, fmt::format("{} arrived after all: it is canceled", client_id)});
        ask_cancel("identifier=" + client_id, 0, actions);
        return {};
      }
      if (std::ranges::find(over_, venue_id) != over_.end()) return {};
      Order foreign;
      foreign.is_ours = false;
      foreign.client_id = client_id.empty() ? std::string{venue_id} : client_id;
      foreign.order.instrument = watched->second.index;
      foreign.order.quantity = {*executed + *remaining};
      foreign.filled = {*executed};
      foreign.fee = money_of(text(event, "paid_fee"));
      if (on_stream) {
        foreign.filled -= {*quantity};
        foreign.fee -= money_of(text(event, "fee"));
      } else {
        foreign.order.price = {*price};
        foreign.value = value_filled(event, instrument, foreign.filled);
      }
      foreign.before = foreign.filled;
      foreign.order.side = text(event, "side") == "sell" ? Side::Sell : Side::Buy;
      at = orders_.emplace(foreign.client_id, foreign).first;
    }
    auto& order = at->second;
    if (!order.is_ours && !on_stream) order.is_plain = status == "working" && text(event, "order_type") == "limit";
    order.asking = order.awaited = false;
    order.listed = true;
    order.unknown_since = kNoTime;
    order.venue_order_id = venue_id;
    auto when = time(event, "venue_time_ns");
    if (when == kNoTime) when = received;
    if (!order.accepted) {
      order.accepted = true;
      if (!order.buys_for_money) report(order, OrderEventKind::Accepted, when, "", actions);
    }
    std::erase_if(
        news, [&](const Fill& fill) { return std::ranges::find(order.trades, fill.trade_id) != order.trades.end(); });
    for (auto& fill : news) {
      order.trades.push_back(fill.trade_id);
      if (fill.time == kNoTime) fill.time = when;
    }
    // What an earlier process booked has its fee, and is told no more.
    std::erase_if(news,
                  [&](const Fill& fill) { return take_booked(order.booked, fill.price, fill.quantity, fill.time); });
    leave_out_before(order, news, on_stream ? std::optional{Quantity{*executed}} : std::nullopt);
    // The fee of a fill that came without it: what the order paid beyond the fills before, on the last of them.
    const Money paid = money_of(text(event, "paid_fee"));
    Money known = order.fee;
    for (const auto& fill : news) known += fill.fee;
    if (!news.empty() && news.back().fee.value == 0 && paid > known) news.back().fee = paid - known;
    for (const auto& fill : news) {
      if (fill.quantity.value > std::numeric_limits<std::int64_t>::max() - order.filled.value)
        return fail(Errc::BadData, "more filled than can be counted", "kept as it came");
      if (order.value > 0 || order.filled.value == 0) order.value += Int128{fill.price.value} * fill.quantity.value;
      order.filled += fill.quantity;
      order.fee += fill.fee;
      if (order.buys_for_money)
        order.untold.push_back(fill);
      else
        tell(order, fill, order.order.quantity - order.filled, received, actions);
    }
    const bool ended = status == "filled" || status == "canceled";
    if (!order.is_ours) {
      order.said = {*executed};
      // It has filled while nobody told us: whose that is must be known before somebody adopts the rest.
      if (!ended && (on_stream || listing_) && order.said > order.filled) query_theirs(order, actions);
    }
    if (!ended) return {};
    if (Quantity{*executed} > order.filled) {  // fills that nobody told: the end comes behind them
      order.is_ours ? query(order, actions) : query_theirs(order, actions);
      return {};
    }
    end(order, when, received, actions);
    if (!order.is_ours || order.adopted) {
      over_.push_back(order.venue_order_id);
      if (over_.size() > kOverKept) over_.pop_front();
    }
    if (order.adopted) adopted_.erase(order.order.id);
    orders_.erase(order.client_id);
    return {};
  }

  void end(Order& order, UnixNanos when, UnixNanos received, Actions& actions) {
    if (order.buys_for_money) {
      order.order.quantity = order.filled;
      auto leaves = order.filled;
      order.filled = {};
      report(order, OrderEventKind::Accepted, when, "", actions);
      for (const auto& fill : order.untold) tell(order, fill, leaves -= fill.quantity, received, actions);
      order.filled = order.order.quantity;
      if (!order.untold.empty()) return;
      order.reason = RejectReason::NoLiquidity;
      return report(order, OrderEventKind::Expired, when, "nothing was bought", actions);
    }
    if (order.filled >= order.order.quantity && order.filled.value > 0) return;  // its last fill said so
    const bool at_once = order.order.type == OrderType::Market || order.order.time_in_force == TimeInForce::IOC ||
                         order.order.time_in_force == TimeInForce::FOK;
    if (at_once) order.reason = RejectReason::Expired;
    // The venue does not say why it cancels.
    report(
        order, at_once ? OrderEventKind::Expired : OrderEventKind::Canceled, when,
        order.order.post_only && !order.cancel_asked ? "the venue ends so what is post-only and would have taken" : "",
        actions);
  }

  void tell(const Order& order, const Fill& fill, Quantity leaves, UnixNanos received, Actions& actions) {
    OrderReport out;
    out.event = {.kind = OrderEventKind::Filled,
                 .side = order.order.side,
                 .liquidity = fill.liquidity,
                 .instrument = order.order.instrument,
                 .id = order.is_ours ? order.order.id : 0,
                 .time = fill.time,
                 .local_time = received,
                 .price = fill.price,
                 .quantity = fill.quantity,
                 .leaves = leaves,
                 .fee = fill.fee};
    out.client_id = order.client_id;
    out.venue_order_id = order.venue_order_id;
    out.trade_id = fill.trade_id;
    actions.order(out);
  }

  void balances_told(UnixNanos received, bool whole, Actions& actions) {
    balances_.clear();
    UnixNanos when = received;
    for (const auto& event : events_.events) {
      if (event.kind != "balance") continue;
      balances_.push_back({text(event, "currency"), money_of(text(event, "free")), money_of(text(event, "locked"))});
      free_[std::string{text(event, "currency")}] = balances_.back().free;
      if (const auto told = time(event, "venue_time_ns"); told != kNoTime) when = told;
    }
    actions.account({.time = when, .whole = whole, .balances = balances_});
  }

  VenueConfig config_;
  Description description_;
  std::unique_ptr<Decoder> decoder_ = decoder();
  std::map<std::string, Watched, std::less<>> watched_;  // by symbol
  std::map<InstrumentIndex, std::string> symbols_;
  std::map<std::string, Order, std::less<>> orders_;  // by client id; others' without one by the venue's
  std::map<ClientOrderId, std::string> adopted_;      // the client id of each, as orders_ has it
  std::deque<std::string> given_up_;                  // told as refused because they never arrived
  std::deque<std::string> over_;                      // the venue's names of others' orders
  std::map<std::string, Money, std::less<>> free_;    // by currency, as last told
  std::vector<Balance> balances_;
  mutable std::vector<WorkingOrder> working_;
  EventBatch events_;
  MessageBatch batch_;
  JsonDocument document_;
  Request request_;
  std::map<std::uint64_t, std::vector<std::string>> canceling_;  // cancel-alls without an answer: their pairs
  std::uint64_t ticket_ = 0, nonces_ = 0, cancel_alls_ = 0;
  bool private_open_ = false;
  bool retry_due_ = false;
  bool open_orders_wanted_ = false, accounts_wanted_ = false;    // to be asked for again
  bool open_orders_awaited_ = false, accounts_awaited_ = false;  // not told since they were asked for
  OwnIds own_;
  bool listing_ = false;                  // what is told rests there
  UnixNanos everything_asked_ = kNoTime;  // kNoTime: it was told
};

}  // namespace

Result<std::unique_ptr<Venue>> client(const VenueConfig& config) { return std::make_unique<Client>(config); }

}  // namespace stom::venues::upbit
