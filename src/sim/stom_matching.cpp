// Fill rules `stom` (docs/fills.md): partial fills, takers walk the book and what they take stays taken, own orders
// share a trade and queue behind each other. The rule numbers in this file are those of the page.
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include "market/order_book.hpp"
#include "model/calendar.hpp"
#include "model/cash_flow.hpp"
#include "model/trigger.hpp"
#include "model/views.hpp"
#include "sim/auction.hpp"
#include "sim/generator/flow_orders.hpp"
#include "sim/matching.hpp"
#include "sim/tick_filter.hpp"
#include "sim/trading_day.hpp"

namespace stom::sim {
namespace {

struct Resting {
  NewOrder order;
  Tick tick;
  std::int64_t leaves;
  std::int64_t slice;      // what of `leaves` stands in the queue now: all of it, but for icebergs
  QueueFront front;        // quantity ahead of us
  std::int64_t cum = 0;    // traded at our price since the last change of its level
  bool to_back = false;    // its next part queues behind our later orders at its price
  OrderNumber number = 0;  // Fifo: the newest order of the flow when it queued up; those up to it are ahead
};

/// A stop, take-profit or trailing order that waits for its trigger.
struct Waiting {
  NewOrder order;
  Price best;  // TrailingStop: the best trigger price seen
};

/// Funding rates come in 10^-8.
constexpr std::int64_t kRatePerFeedRate = kWholeRate / 100'000'000;

/// What a run took from a level since the level last changed.
struct Taken {
  Side side;  // of the level
  Tick tick;
  std::int64_t quantity;
};

/// One run's orders at this instrument. Runs never see each other.
struct Account {
  std::vector<Resting> resting[2];  // by side, in order of arrival
  std::vector<Waiting> waiting;
  std::vector<Taken> taken;
  std::int64_t position = 0;        // as the venue knows it, for reduce-only
  Money cash{};                     // R10, where `money` is null: what the run began with, and what its fills moved
  TradingAccount* money = nullptr;  // what its orders are held to (docs/accounts.md); null: nothing
  bool margined = false;            // `money` is a margin account: it pays funding and may be liquidated
  bool liquidating = false;         // a part of the position is still to be closed
  std::uint64_t liquidations = 0;
};

class StomMatching final : public Matching {
 public:
  StomMatching(const Instrument& instrument, InstrumentIndex index, const std::vector<RunModels>& runs,
               AnswerSink& sink)
      : instrument_{instrument},
        calendar_{calendar_of(instrument.id)},
        index_{index},
        base_tick_{instrument.base_tick().value},
        runs_{runs},
        sink_{sink},
        unit_{1.0 / static_cast<double>(power_of_ten(instrument.quantity_decimals))},
        accounts_(runs.size()) {
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      Account& account = accounts_[run];
      account.money = sink.account(run);
      account.cash = runs[run].account.cash.of(index);
      account.margined = account.money != nullptr && account.money->terms().kind == AccountKind::Margin;
      any_margined_ = any_margined_ || account.margined;
      if (runs[run].queue == QueueModel::Fifo && flow_ == nullptr)
        flow_ = std::make_unique<FlowOrders>(runs[run].flows->at(index));
    }
    if (!runs.empty() && runs[0].markets != nullptr && !runs[0].markets->at(index).market.empty())
      day_ = std::make_unique<TradingDay>(instrument, runs[0].markets->at(index));
  }

  void on_message(const FeedMessage& message) override {
    now_ = message.exchange_time;
    if (day_ != nullptr && !trades_on(message)) [[unlikely]]
      return;
    switch (message.kind) {
      case FeedKind::Depth:
        rows(Side::Buy, message.bid_levels());
        rows(Side::Sell, message.ask_levels());
        after_book_change();
        break;
      case FeedKind::Snapshot:
        snapshot(message);
        break;
      case FeedKind::Trade:
        trade(message.sell_aggressor ? Side::Buy : Side::Sell, *message.first);
        break;
      case FeedKind::Mark:
        // A history of funding rates may have no prices.
        if (message.first[0].tick > 0) mark_ = {message.first[0].tick * base_tick_};
        if (message.bids + message.asks > 1 && message.first[1].tick > 0)
          index_price_ = {message.first[1].tick * base_tick_};
        pull_triggers(TriggerBy::Mark, mark_);
        pull_triggers(TriggerBy::Index, index_price_);
        if (any_margined_) on_mark(message);
        break;
      case FeedKind::Gap:
        stale_ = true;
        break;
      case FeedKind::Quote:
        if (message.replaces_book) quote(message.first[0], message.first[1]);
        break;
      case FeedKind::Bar:
      case FeedKind::Watched:
      case FeedKind::Unwatched:
        break;
    }
    if (day_ != nullptr) [[unlikely]]
      note_trade(message);
    if (any_closed_) [[unlikely]]
      end_reduce_only();
  }

  void on_new(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos now) override {
    now_ = now;
    NewOrder accepted = order;
    if (accepted.time_in_force == TimeInForce::DAY) accepted.expire_time = calendar_.end_of_day_at(now);
    RejectReason reason = RejectReason::None;
    if (day_ != nullptr) [[unlikely]]
      reason = reason_of_day(run, accepted);
    if (reason == RejectReason::None && order.size_by != SizeBy::Quantity) [[unlikely]]
      reason = size(run, accepted);
    if (reason == RejectReason::None) reason = reason_to_refuse(run, accepted);
    if (reason == RejectReason::PostOnlyWouldTake)
      return say(run, request, OrderEventKind::Expired, accepted, reason, 0);
    if (reason != RejectReason::None) return say(run, request, OrderEventKind::Rejected, accepted, reason, 0);
    if (accepted.reduce_only)
      accepted.quantity.value = std::min(accepted.quantity.value, std::abs(accounts_[run].position));
    if (accounts_[run].money != nullptr && !waits(accepted)) [[unlikely]] {
      const RejectReason unfunded = reason_of_account(run, accepted);
      if (unfunded != RejectReason::None) return say(run, request, OrderEventKind::Rejected, accepted, unfunded, 0);
    }
    say(run, request, OrderEventKind::Accepted, accepted, RejectReason::None, accepted.quantity.value);
    if (waits(accepted)) {
      accounts_[run].waiting.push_back({accepted, trigger_price_now(accepted)});
      any_waiting_ = true;
      if (!gathering()) pull_own(run, accepted.trigger_by);
    } else if (gathering()) {
      gather(run, accepted);
    } else {
      execute(run, accepted);
    }
    if (any_closed_) end_reduce_only();
    watch();
  }

  void on_cancel(RunIndex run, std::uint64_t request, ClientOrderId id, UnixNanos now) override {
    now_ = now;
    Account& account = accounts_[run];
    for (auto& side : account.resting) {
      const auto it = std::find_if(side.begin(), side.end(), [&](const Resting& o) { return o.order.id == id; });
      if (it == side.end()) continue;
      const NewOrder order = it->order;
      side.erase(it);
      watch();
      return say(run, request, OrderEventKind::Canceled, order, RejectReason::None, 0);
    }
    const auto it = std::find_if(account.waiting.begin(), account.waiting.end(),
                                 [&](const Waiting& w) { return w.order.id == id; });
    if (it == account.waiting.end()) {
      return say(run, request, OrderEventKind::CancelRejected, {.id = id}, RejectReason::UnknownOrder, 0);
    }
    const NewOrder order = it->order;
    account.waiting.erase(it);
    watch();
    say(run, request, OrderEventKind::Canceled, order, RejectReason::None, 0);
  }

  void hold(RunIndex run, Quantity position, Money earned, UnixNanos now) override {
    Account& account = accounts_[run];
    account.position = position.value;
    account.cash += earned;
    account.liquidations = static_cast<std::uint64_t>(now / kSecond);  // their ids are none of an earlier one's
    any_at_risk_ = any_at_risk_ || (account.margined && position.value != 0);
  }

  /// Whatever stood behind it is ahead of it now; the first book that is known says how much that is.
  RejectReason put_back(RunIndex run, const EarlierOrder& earlier, UnixNanos now) override {
    now_ = now;
    NewOrder order = earlier.order;
    order.quantity = earlier.leaves;
    if (order.time_in_force == TimeInForce::DAY) order.expire_time = calendar_.end_of_day_at(earlier.sent);
    if (order.expire_time <= now) return RejectReason::Expired;
    const bool waiting = waits(order) && !earlier.triggered;
    const bool immediate = order.time_in_force == TimeInForce::IOC || order.time_in_force == TimeInForce::FOK;
    if (!waiting && (any_price(order) || immediate)) return RejectReason::NoLiquidity;  // it took what there was
    if (order.reduce_only) {
      const std::int64_t closable = -sign_of(order.side) * accounts_[run].position;
      if (closable <= 0) return RejectReason::ReduceOnlyWouldIncrease;
      order.quantity.value = std::min(order.quantity.value, closable);
    }
    if (day_ != nullptr) {
      follow_day(now);
      if (day_->over() && order.time_in_force == TimeInForce::DAY) return RejectReason::Expired;
      if (!any_price(order) && !day_->limits().hold(order.price)) return RejectReason::PriceOutOfRange;
    }
    if (waiting) {
      accounts_[run].waiting.push_back({order, kNoPrice});
    } else {
      if (accounts_[run].money != nullptr) accounts_[run].money->reserve(order, order.quantity, now);
      Resting resting{.order = order,
                      .tick = order.price.value / base_tick_,
                      .leaves = order.quantity.value,
                      .slice = 0,
                      .front = 0};
      queue_up(run, resting);
      if (runs_[run].queue != QueueModel::Fifo) resting.front = kUnknownFront;
      accounts_[run].resting[static_cast<std::size_t>(order.side)].push_back(resting);
    }
    watch();
    return RejectReason::None;
  }

  bool reduce(RunIndex run, ClientOrderId id, Quantity by, UnixNanos now) override {
    now_ = now;
    for (auto& side : accounts_[run].resting) {
      const auto it = std::find_if(side.begin(), side.end(), [&](const Resting& o) { return o.order.id == id; });
      if (it == side.end()) continue;
      if (by.value <= 0 || by.value >= it->leaves) return false;
      it->order.quantity -= by;
      it->leaves -= by.value;
      it->slice = std::min(it->slice, it->leaves);
      if (TradingAccount* money = accounts_[run].money; money != nullptr) {
        NewOrder held = it->order;
        if (any_price(held)) held.price = worst_price(held.side);
        money->release(id);
        money->reserve(held, {it->leaves}, now_);
      }
      return true;
    }
    return false;
  }

  const TradingDay* day() const override { return day_.get(); }

  Result<void> status() const override {
    if (flow_ == nullptr || !flow_->lost()) return {};
    return fail(Errc::BadData, instrument_.id + ": the stored trades are not those of the market that was generated",
                "queue model fifo needs a generated market as it was made: stom data gen into an empty STOM_HOME");
  }

  bool quiet() const override {
    return highest_[0] == kNoBid && highest_[1] == kNoBid && !any_waiting_ && !any_at_risk_;
  }
  UnixNanos next_expiry() const override { return next_expiry_; }

  void on_time(UnixNanos now) override {
    if (now < next_expiry_) return;
    now_ = now;
    if (day_ != nullptr) follow_day(now);
    if (now >= funding_time_) pay_funding();
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      const auto expired = [&](const NewOrder& order) {
        if (order.expire_time > now) return false;
        say(run, 0, OrderEventKind::Expired, order, RejectReason::Expired, 0);
        return true;
      };
      for (auto& side : accounts_[run].resting) std::erase_if(side, [&](const Resting& o) { return expired(o.order); });
      std::erase_if(accounts_[run].waiting, [&](const Waiting& w) { return expired(w.order); });
    }
    watch();
  }

 private:
  // ---- R1: which orders are taken at all
  // ---------------------------------------------------------------------------------------

  RejectReason reason_to_refuse(RunIndex run, const NewOrder& o) const {
    const bool priced =
        o.type == OrderType::Limit || o.type == OrderType::StopLimit || o.type == OrderType::TakeProfitLimit;
    const bool immediate = o.time_in_force == TimeInForce::IOC || o.time_in_force == TimeInForce::FOK;
    // With exits attached: they are kept in front of the venue (orders/holding_link.hpp).
    if (o.stop_loss.value != 0 || o.take_profit.value != 0) return RejectReason::Unsupported;
    if (o.quantity.value <= 0 || (priced && o.price.value <= 0)) return RejectReason::NotPositive;
    if (o.type == OrderType::TrailingStop ? o.trail.value <= 0 : waits(o) && o.trigger_price.value <= 0)
      return RejectReason::NotPositive;
    if (o.quantity.value % instrument_.lot.value != 0) return RejectReason::OffLot;
    if (priced && !instrument_.on_ladder(o.price)) return RejectReason::OffTick;
    if (priced && o.price.value / base_tick_ >= kMaxTick) return RejectReason::PriceOutOfRange;
    if (o.post_only && (o.type != OrderType::Limit || immediate)) return RejectReason::Unsupported;
    if (o.display.value != 0 &&
        (!priced || immediate || o.display.value < 0 || o.display.value % instrument_.lot.value != 0)) {
      return RejectReason::Unsupported;
    }
    if (o.expire_time <= now_) return RejectReason::Expired;
    const Account& account = accounts_[run];
    for (const auto& side : account.resting)
      for (const Resting& r : side)
        if (r.order.id == o.id) return RejectReason::DuplicateId;
    for (const Waiting& w : account.waiting)
      if (w.order.id == o.id) return RejectReason::DuplicateId;
    if (o.reduce_only && account.position * sign_of(o.side) >= 0) return RejectReason::ReduceOnlyWouldIncrease;
    if (stale_ && !waits(o)) return RejectReason::BookStale;
    if (o.post_only && crosses(o.side, o.price.value / base_tick_)) return RejectReason::PostOnlyWouldTake;
    return RejectReason::None;
  }

  static bool waits(const NewOrder& o) { return waits_for_trigger(o.type); }

  bool crosses(Side side, Tick tick) const {
    return side == Side::Buy ? tick >= book_.best_ask() : tick <= book_.best_bid();
  }

  /// R7: what the account says; a market order as what it would take now.
  RejectReason reason_of_account(RunIndex run, const NewOrder& order) const {
    Account const& account = accounts_[run];
    if (account.liquidating) return RejectReason::Liquidation;
    account.money->mark(index_, reference_price());
    if (!any_price(order) || gathering()) {
      const Price most = any_price(order) ? worst_price(order.side) : order.price;
      return account.money->refusal(order, order.quantity, notional_of(instrument_, most, order.quantity), now_);
    }
    std::int64_t quantity = 0;
    Money value{};
    walk(run, opposite(order.side), any_limit(order.side), [&](Tick tick, std::int64_t left) {
      const std::int64_t part = std::min(left, order.quantity.value - quantity);
      quantity += part;
      value += notional_of(instrument_, {tick * base_tick_}, {part});
      return quantity < order.quantity.value;
    });
    return account.money->refusal(order, {quantity}, value, now_);
  }

  static bool any_price(const NewOrder& o) {
    return o.type == OrderType::Market || o.type == OrderType::Stop || o.type == OrderType::TakeProfit ||
           o.type == OrderType::TrailingStop;
  }
  static Tick any_limit(Side side) { return side == Side::Buy ? kNoAsk - 1 : 0; }

  // ---- R10: market orders that leave their size to the account

  /// Turns the order into one of a quantity: None, or why there is none.
  RejectReason size(RunIndex run, NewOrder& order) const {
    if (order.type != OrderType::Market) return RejectReason::Unsupported;
    if (order.size_by == SizeBy::Position) {
      const std::int64_t position = accounts_[run].position;
      if (position * sign_of(order.side) >= 0) return RejectReason::ReduceOnlyWouldIncrease;
      order.quantity = {std::abs(position)};
      order.reduce_only = true;
    } else {
      if (order.quantity.value <= 0) return RejectReason::NotPositive;
      if (stale_) return RejectReason::BookStale;
      const std::int64_t most = available(run, opposite(order.side), any_limit(order.side)) / instrument_.lot.value;
      if (most == 0) return RejectReason::NoLiquidity;
      const std::int64_t lots = lots_for_cash(run, order, most);
      if (lots == 0)
        return accounts_[run].margined ? RejectReason::InsufficientMargin : RejectReason::InsufficientBalance;
      order.quantity = {lots * instrument_.lot.value};
    }
    order.size_by = SizeBy::Quantity;
    return RejectReason::None;
  }

  /// The most lots, up to `most`, that the share of cash which the order names pays for, fee included, and that the
  /// account allows. Fees have minima and steps, so it is searched for.
  std::int64_t lots_for_cash(RunIndex run, const NewOrder& order, std::int64_t most) const {
    TradingAccount* const money = accounts_[run].money;
    FeeBook* const fees = sink_.fees(run);
    if (money != nullptr) money->mark(index_, reference_price());
    const Money free = money != nullptr ? money->available(index_) : accounts_[run].cash;
    const Money budget{share_of(std::max<Int128>(free.value, 0), order.quantity.value, kWholeRate, Rounding::Floor)};
    const int leverage = accounts_[run].margined ? money->leverage(index_) : 1;
    const auto covered = [&](std::int64_t lots) {
      const Quantity quantity{lots * instrument_.lot.value};
      const Money value = value_of_taking(run, order.side, quantity.value);
      const Money fee = fees != nullptr
                            ? fees->most(value, now_)
                            : Money{share_of(value.value, std::max<std::int64_t>(runs_[run].fees.taker_rate, 0),
                                             kWholeRate, Rounding::Ceil)};
      return value.value <= (budget - fee).value * leverage &&
             (money == nullptr || money->refusal(order, quantity, value, now_) == RejectReason::None);
    };
    std::int64_t low = 0;
    while (low < most) {
      const std::int64_t middle = low + (most - low + 1) / 2;
      if (covered(middle)) {
        low = middle;
      } else {
        most = middle - 1;
      }
    }
    return low;
  }

  /// What take() would trade that quantity for now, level by level in whole lots.
  Money value_of_taking(RunIndex run, Side side, std::int64_t quantity) const {
    const std::int64_t lot = instrument_.lot.value;
    Money value{};
    walk(run, opposite(side), any_limit(side), [&](Tick tick, std::int64_t left) {
      const std::int64_t part = std::min(left, quantity) / lot * lot;
      quantity -= part;
      value += notional_of(instrument_, {tick * base_tick_}, {part});
      return quantity > 0;
    });
    return value;
  }

  // ---- R2: arrival: take what is there within the limit, then rest or end
  // --------------------------------------------------------

  void execute(RunIndex run, const NewOrder& order) {
    const bool market = any_price(order);
    const Tick limit = market ? any_limit(order.side) : order.price.value / base_tick_;
    const std::int64_t wanted = within_position(run, order, order.quantity.value);
    if (wanted == 0) return say(run, 0, OrderEventKind::Expired, order, RejectReason::ReduceOnlyWouldIncrease, 0);
    if (accounts_[run].money != nullptr && !market) [[unlikely]]
      accounts_[run].money->reserve(order, {wanted}, now_);
    if (order.time_in_force == TimeInForce::FOK && available(run, opposite(order.side), limit) < wanted) {
      return say(run, 0, OrderEventKind::Expired, order, RejectReason::NoLiquidity, 0);
    }
    const std::int64_t leaves = wanted - take(run, order, limit, wanted, wanted, Liquidity::Taker, kNoPrice);
    if (leaves == 0) return;
    if (market) return say(run, 0, OrderEventKind::Expired, order, RejectReason::NoLiquidity, 0);
    if (order.time_in_force == TimeInForce::IOC)
      return say(run, 0, OrderEventKind::Expired, order, RejectReason::Expired, 0);
    Resting resting{.order = order, .tick = limit, .leaves = leaves, .slice = 0, .front = 0};
    queue_up(run, resting);
    accounts_[run].resting[static_cast<std::size_t>(order.side)].push_back(resting);
  }

  /// R2a: a reduce-only order never does more than end the position.
  std::int64_t within_position(RunIndex run, const NewOrder& order, std::int64_t quantity) const {
    if (!order.reduce_only) return quantity;
    const std::int64_t closable = -sign_of(order.side) * accounts_[run].position;
    return std::clamp<std::int64_t>(closable, 0, quantity);
  }

  std::int64_t taken(RunIndex run, Side side, Tick tick) const {
    std::int64_t sum = 0;
    for (const Taken& t : accounts_[run].taken)
      if (t.side == side && t.tick == tick) sum += t.quantity;
    return sum;
  }

  /// Calls visit(tick, quantity left for this run) from the best level of `side` up to `limit`, until it returns false.
  template <class Visit>
  void walk(RunIndex run, Side side, Tick limit, Visit&& visit) const {
    const bool asks = side == Side::Sell;
    for (Tick tick = asks ? book_.best_ask() : book_.best_bid();
         asks ? tick != kNoAsk && tick <= limit : tick != kNoBid && tick >= limit;
         tick = asks ? book_.asks().at_or_above(tick + 1) : book_.bids().at_or_below(tick - 1)) {
      const std::int64_t displayed = asks ? book_.ask_quantity(tick) : book_.bid_quantity(tick);
      const std::int64_t left = displayed - taken(run, side, tick);
      if (left > 0 && !visit(tick, left)) return;
    }
  }

  std::int64_t available(RunIndex run, Side side, Tick limit) const {
    std::int64_t sum = 0;
    const std::int64_t lot = instrument_.lot.value;
    walk(run, side, limit, [&](Tick, std::int64_t left) { return sum += left / lot * lot, true; });
    return sum;
  }

  /// Takes from the opposite levels up to `limit`; R2b: what is taken stays taken until the level changes. At each
  /// level's own price, or all at `at` where that is given. `leaves` is what the order has, of which a reduce-only one
  /// may want less. Returns the quantity filled.
  std::int64_t take(RunIndex run, const NewOrder& order, Tick limit, std::int64_t wanted, std::int64_t leaves,
                    Liquidity liquidity, Price at) {
    const Side side = opposite(order.side);
    std::int64_t filled = 0;
    std::vector<Taken> now_taken;
    walk(run, side, limit, [&](Tick tick, std::int64_t left) {
      const std::int64_t lot = instrument_.lot.value;
      const std::int64_t quantity = std::min(left, wanted - filled) / lot * lot;
      if (quantity > 0) {
        now_taken.push_back({side, tick, quantity});
        filled += quantity;
        fill(run, order, at == kNoPrice ? Price{tick * base_tick_} : at, quantity, leaves - filled, liquidity);
      }
      return filled < wanted;
    });
    keep_taken(run, now_taken);
    return filled;
  }

  /// One entry a level, however often a run took from it: each order looks through all of them.
  void keep_taken(RunIndex run, const std::vector<Taken>& more) {
    auto& all = accounts_[run].taken;
    for (const Taken& one : more) {
      const auto known =
          std::ranges::find_if(all, [&](const Taken& t) { return t.side == one.side && t.tick == one.tick; });
      if (known == all.end())
        all.push_back(one);
      else
        known->quantity += one.quantity;
    }
    any_taken_ = any_taken_ || !more.empty();
  }

  // ---- R3: the place in the queue
  // -----------------------------------------------------------------------------------------------

  std::int64_t displayed(Side side, Tick tick) const {
    return side == Side::Buy ? book_.bid_quantity(tick) : book_.ask_quantity(tick);
  }

  void queue_up(RunIndex run, Resting& o) {
    o.slice = o.order.display.value == 0 ? o.leaves : std::min(o.order.display.value, o.leaves);
    o.front = hidden(o.order.side, o.tick) ? kUnknownFront : whole_front(displayed(o.order.side, o.tick));
    o.cum = 0;
    if (runs_[run].queue != QueueModel::Fifo) return;
    flow_->advance(now_);
    o.number = flow_->newest();
    o.front = whole_front(flow_->ahead(o.order.side, o.order.price, o.number));
  }

  void rows(Side side, std::span<const FeedLevel> levels) {
    const auto s = static_cast<std::size_t>(side);
    const Tick lowest = lowest_[s], highest = highest_[s];
    const TickFilter ours = ours_[s];
    for (const FeedLevel& level : levels) {
      const std::int64_t before =
          side == Side::Buy ? book_.set_bid(level.tick, level.quantity) : book_.set_ask(level.tick, level.quantity);
      if (any_taken_) [[unlikely]]
        forget_taken(side, level.tick);
      if (level.tick < lowest || level.tick > highest || !ours.may_hold(level.tick)) [[likely]]
        continue;
      for (RunIndex run = 0; run < accounts_.size(); ++run)
        level_changed(run, side, level.tick, before, level.quantity);
    }
  }

  // ---- R9: best prices only

  /// Behind the best price nothing is known where only best prices are: not what is displayed, so not our place either.
  bool hidden(Side side, Tick tick) const {
    return best_prices_only_ && (side == Side::Buy ? tick < book_.best_bid() : tick > book_.best_ask());
  }

  void quote(const FeedLevel& bid, const FeedLevel& ask) {
    best_prices_only_ = true;
    stale_ = false;
    if (!any_taken_ && highest_[0] == kNoBid && highest_[1] == kNoBid) [[likely]] {
      book_.set_touch(bid.tick, bid.quantity, ask.tick, ask.quantity);
      return after_book_change();
    }
    const Tick bid_before = book_.best_bid(), ask_before = book_.best_ask();
    const std::int64_t of_bid = bid_before == kNoBid ? 0 : book_.bid_quantity(bid_before);
    const std::int64_t of_ask = ask_before == kNoAsk ? 0 : book_.ask_quantity(ask_before);
    book_.set_touch(bid.tick, bid.quantity, ask.tick, ask.quantity);
    touch_changed(Side::Buy, {bid_before, of_bid}, bid);
    touch_changed(Side::Sell, {ask_before, of_ask}, ask);
    after_book_change();
  }

  /// A quote says both sides again whenever one changes: only what it changes is news.
  void touch_changed(Side side, const FeedLevel& before, const FeedLevel& after) {
    const auto s = static_cast<std::size_t>(side);
    if (before.tick == after.tick && before.quantity == after.quantity) return;
    if (any_taken_) [[unlikely]] {
      forget_taken(side, before.tick);
      forget_taken(side, after.tick);
    }
    if (highest_[s] == kNoBid) [[likely]]
      return;
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      if (before.tick == after.tick) {
        level_changed(run, side, after.tick, before.quantity, after.quantity);
        continue;
      }
      for (Resting& o : accounts_[run].resting[s]) {
        if (hidden(side, o.tick)) continue;
        o.front = std::min(o.front, whole_front(displayed(side, o.tick)));
        o.cum = 0;
      }
    }
  }

  void level_changed(RunIndex run, Side side, Tick tick, std::int64_t before, std::int64_t after) {
    QueueFront earlier = 0;
    for (Resting& o : accounts_[run].resting[static_cast<std::size_t>(side)]) {
      if (o.tick != tick) continue;
      if (runs_[run].queue == QueueModel::Fifo) continue;  // each trade looks at the true place
      if (o.front > 0) o.front = front_after_change(runs_[run].queue, o.front, before, after, o.cum, unit_);
      o.cum = 0;
      // R3b: never ahead of an order of ours that came earlier.
      o.front = std::max(o.front, earlier);
      earlier = o.front;
    }
  }

  void forget_taken(Side side, Tick tick) {
    any_taken_ = false;
    for (Account& account : accounts_) {
      std::erase_if(account.taken, [&](const Taken& t) { return t.side == side && t.tick == tick; });
      any_taken_ = any_taken_ || !account.taken.empty();
    }
  }

  void snapshot(const FeedMessage& message) {
    apply_snapshot(book_, message);
    stale_ = false;
    any_taken_ = false;
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      accounts_[run].taken.clear();
      for (const Side side : {Side::Buy, Side::Sell}) {
        for (Resting& o : accounts_[run].resting[static_cast<std::size_t>(side)]) {
          o.front = std::min(o.front, whole_front(displayed(side, o.tick)));
          o.cum = 0;
        }
      }
    }
    after_book_change();
    // What was reached while the book was not known acts now.
    for (RunIndex run = 0; any_waiting_ && run < accounts_.size(); ++run) pull_own(run, std::nullopt);
  }

  // ---- R4: the other side of the book reaches our price
  // --------------------------------------------------------------------------

  void after_book_change() {
    if (book_.best_bid() >= lowest_[1] || book_.best_ask() <= highest_[0]) [[unlikely]] {
      for (RunIndex run = 0; run < accounts_.size(); ++run) {
        fill_crossed(run, Side::Buy);
        fill_crossed(run, Side::Sell);
      }
      watch();
    }
    if (any_waiting_) [[unlikely]] {
      for (RunIndex run = 0; run < accounts_.size(); ++run) {
        pull_own(run, TriggerBy::BidAsk);
        if (accounts_[run].liquidating) close_out(run);
      }
    }
  }

  void fill_crossed(RunIndex run, Side side) {
    auto& orders = accounts_[run].resting[static_cast<std::size_t>(side)];
    const auto crossed = by_priority(orders, side, [&](const Resting& o) { return crosses(side, o.tick); });
    if (crossed.empty()) return;
    for (const std::size_t i : crossed) {
      Resting& o = orders[i];
      o.front = 0;
      const std::int64_t wanted = within_position(run, o.order, o.leaves);
      filled(run, o, take(run, o.order, o.tick, wanted, o.leaves, Liquidity::Maker, o.order.price));
    }
    sweep(run, side);
  }

  // ---- R5: a public trade
  // ----------------------------------------------------------------------------------------------------------

  /// `resting`: the side whose orders the trade may fill.
  void trade(Side resting, const FeedLevel& print) {
    last_ = {print.tick * base_tick_};
    if (flow_ != nullptr) [[unlikely]]
      flow_->before_trade(resting, last_, print.quantity);
    if (resting == Side::Sell ? print.tick >= lowest_[1] : print.tick <= highest_[0]) {
      for (RunIndex run = 0; run < accounts_.size(); ++run) share_trade(run, resting, print);
      watch();
    }
    pull_triggers(TriggerBy::Last, last_);
    if (any_at_risk_) [[unlikely]]
      check_margins();
  }

  void share_trade(RunIndex run, Side side, const FeedLevel& print) {
    auto& orders = accounts_[run].resting[static_cast<std::size_t>(side)];
    std::int64_t left = print.quantity;  // for orders at better prices, which the trade passed through
    const std::int64_t lot = instrument_.lot.value;
    const auto through = [&](const Resting& o) {
      return side == Side::Sell ? o.tick < print.tick : o.tick > print.tick;
    };
    const auto reached =
        by_priority(orders, side, [&](const Resting& o) { return o.tick == print.tick || through(o); });
    if (reached.empty()) return;
    for (const std::size_t i : reached) {
      Resting& o = orders[i];
      if (through(o)) {
        const std::int64_t quantity = within_position(run, o.order, std::min(left, o.leaves)) / lot * lot;
        o.front = 0;
        left -= quantity;
        fill_resting(run, o, quantity);
        continue;
      }
      if (runs_[run].queue == QueueModel::Fifo) o.front = whole_front(flow_->ahead(side, o.order.price, o.number));
      // R5b: what the trade leaves once the queue ahead and our earlier orders at this price are served.
      const QueueFront reaches = whole_front(left) - o.front;
      o.front = std::max<QueueFront>(-reaches, 0);
      o.cum += print.quantity;
      if (reaches <= 0) continue;
      const std::int64_t whole = static_cast<std::int64_t>(reaches / kFrontOfOne) - served_here_;
      const std::int64_t quantity =
          within_position(run, o.order, std::clamp<std::int64_t>(whole, 0, o.slice)) / lot * lot;
      served_here_ += quantity;
      fill_resting(run, o, quantity);
    }
    served_here_ = 0;
    sweep(run, side);
  }

  void fill_resting(RunIndex run, Resting& o, std::int64_t quantity) {
    if (quantity == 0) return;
    fill(run, o.order, o.order.price, quantity, o.leaves - quantity, Liquidity::Maker);
    filled(run, o, quantity);
  }

  /// R3c: when an iceberg's displayed part is filled, the next goes to the back.
  void filled(RunIndex run, Resting& o, std::int64_t quantity) {
    o.leaves -= quantity;
    o.slice -= std::min(o.slice, quantity);
    if (o.slice > 0 || o.leaves == 0) return;
    queue_up(run, o);
    o.to_back = true;
    any_to_back_ = true;
  }

  /// Our orders on a side that `concerned` says yes to: best price first, earlier first among equals.
  template <class Concerned>
  std::span<const std::size_t> by_priority(const std::vector<Resting>& orders, Side side, Concerned&& concerned) {
    const auto better = [side](Tick a, Tick b) { return side == Side::Buy ? a > b : a < b; };
    order_.clear();
    for (std::size_t i = 0; i < orders.size(); ++i) {
      if (!concerned(orders[i])) continue;
      auto at = order_.end();
      while (at != order_.begin() && better(orders[i].tick, orders[*std::prev(at)].tick)) --at;
      order_.insert(at, i);
    }
    return order_;
  }

  /// Removes what is done.
  void sweep(RunIndex run, Side side) {
    auto& orders = accounts_[run].resting[static_cast<std::size_t>(side)];
    if (any_to_back_) {
      std::stable_partition(orders.begin(), orders.end(), [](const Resting& o) { return !o.to_back; });
      for (Resting& o : orders) o.to_back = false;
      any_to_back_ = false;
    }
    std::erase_if(orders, [](const Resting& o) { return o.leaves == 0; });
  }

  /// R2a: a reduce-only order ends with the position; not within a message, which may open a new one.
  void end_reduce_only() {
    any_closed_ = false;
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      for (auto& side : accounts_[run].resting) {
        std::erase_if(side, [&](const Resting& o) {
          if (!o.order.reduce_only || within_position(run, o.order, o.leaves) > 0) return false;
          say(run, 0, OrderEventKind::Expired, o.order, RejectReason::ReduceOnlyWouldIncrease, 0);
          return true;
        });
      }
    }
    watch();
  }

  // ---- R6: triggers
  // ------------------------------------------------------------------------------------------------------------------

  Price trigger_price_now(const NewOrder& o) const {
    const auto price = [this](Tick tick, Tick none) { return tick == none ? kNoPrice : Price{tick * base_tick_}; };
    return TriggerPrices{.last = last_,
                         .mark = mark_,
                         .index = index_price_,
                         .bid = price(book_.best_bid(), kNoBid),
                         .ask = price(book_.best_ask(), kNoAsk)}
        .of(o);
  }

  void pull_triggers(TriggerBy by, Price) {
    if (!any_waiting_) return;
    for (RunIndex run = 0; run < accounts_.size(); ++run) pull_own(run, by);
  }

  /// Those that wait for this price (nullopt: for any) and have it, in the order placed.
  void pull_own(RunIndex run, std::optional<TriggerBy> by) {
    auto& waiting = accounts_[run].waiting;
    for (std::size_t i = 0; i < waiting.size();) {
      Waiting& w = waiting[i];
      const Price price = trigger_price_now(w.order);
      const bool concerned = (!by || w.order.trigger_by == *by) && price != kNoPrice;
      if (!concerned || !is_triggered(w.order, price, w.best) || stale_) {
        ++i;
        continue;
      }
      const NewOrder order = w.order;
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
      say(run, 0, OrderEventKind::Triggered, order, RejectReason::None, order.quantity.value);
      const RejectReason unfunded =
          accounts_[run].money == nullptr ? RejectReason::None : reason_of_account(run, order);
      if (unfunded == RejectReason::None) {
        execute(run, order);
      } else {
        say(run, 0, OrderEventKind::Expired, order, unfunded, 0);
      }
    }
    watch();
  }

  // ---- R8: margin, funding, liquidation (docs/accounts.md)
  // ---------------------------------------------------------------------------------------

  /// What positions are valued at: the mark where the venue tells one, else the last trade, else the middle of the
  /// book.
  Price reference_price() const {
    if (mark_ != kNoPrice) return mark_;
    if (last_ != kNoPrice) return last_;
    const Tick bid = book_.best_bid(), ask = book_.best_ask();
    return bid == kNoBid || ask == kNoAsk ? Price{0} : Price{(bid + ask) * base_tick_ / 2};
  }

  void on_mark(const FeedMessage& message) {
    if (message.bids + message.asks > 1 && message.first[1].quantity >= now_ &&
        message.first[1].quantity > funding_paid_) {
      funding_rate_ = message.first[0].quantity * kRatePerFeedRate;
      funding_time_ = message.first[1].quantity;
      next_expiry_ = std::min(next_expiry_, funding_time_);
      if (funding_time_ == now_) pay_funding();  // a history states what was paid at its own time
    }
    if (any_at_risk_) check_margins();
  }

  void check_margins() {
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      Account& account = accounts_[run];
      if (!account.margined || account.position == 0 || account.liquidating) continue;
      if (account.money->must_liquidate(index_, reference_price())) sink_.margin_call(run, index_, now_);
    }
  }

  void pay_funding() {
    funding_paid_ = funding_time_;
    funding_time_ = kNever;
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      Account& account = accounts_[run];
      if (!account.margined || account.position == 0) continue;
      const Price mark = reference_price();
      sink_.answer(run, 0,
                   {.kind = OrderEventKind::Funding,
                    .side = account.position > 0 ? Side::Buy : Side::Sell,
                    .instrument = index_,
                    .time = now_,
                    .price = mark,
                    .quantity = {account.position},
                    .fee = account.money->funding(index_, mark, funding_rate_)});
    }
    watch();
    check_margins();
  }

  void liquidate(RunIndex run, UnixNanos now) override {
    now_ = now;
    Account& account = accounts_[run];
    for (auto& side : account.resting) {
      for (const Resting& o : side) say(run, 0, OrderEventKind::Canceled, o.order, RejectReason::Liquidation, 0);
      side.clear();
    }
    for (const Waiting& w : account.waiting)
      say(run, 0, OrderEventKind::Canceled, w.order, RejectReason::Liquidation, 0);
    account.waiting.clear();
    account.liquidating = account.position != 0;
    if (account.liquidating) close_out(run);
    watch();
  }

  void close_out(RunIndex run) {
    Account& account = accounts_[run];
    if (stale_ || account.position == 0) return;
    const Side side = account.position > 0 ? Side::Sell : Side::Buy;
    const std::int64_t left = std::abs(account.position);
    if (available(run, opposite(side), any_limit(side)) < instrument_.lot.value) return;
    const NewOrder order{.id = kLiquidationChild | std::uint64_t{index_} << 32 | ++account.liquidations,
                         .instrument = index_,
                         .side = side,
                         .type = OrderType::Market,
                         .reduce_only = true,
                         .quantity = {left}};
    account.liquidating = take(run, order, any_limit(side), left, left, Liquidity::Taker, kNoPrice) < left;
    if (!account.liquidating) watch();
  }

  // ---- the trading day (docs/auctions.md, A1 to A8); nothing here is called without market rules

  bool gathering() const { return day_ != nullptr && day_->in_call(); }

  /// A1: what the phase takes.
  RejectReason reason_of_day(RunIndex run, const NewOrder& o) {
    follow_day(now_);
    if (!day_->continuous() && !day_->in_call()) return RejectReason::MarketClosed;
    const bool priced = !any_price(o);
    if (priced && !day_->limits().hold(o.price)) return RejectReason::PriceOutOfRange;
    if (!day_->in_call()) return RejectReason::None;
    const bool immediate = o.time_in_force == TimeInForce::IOC || o.time_in_force == TimeInForce::FOK;
    if (immediate || o.post_only || o.display.value != 0 || o.size_by == SizeBy::CashFraction)
      return RejectReason::Unsupported;
    // On an account a market order must be paid for at the day's limit.
    if (o.type == OrderType::Market && accounts_[run].money != nullptr && worst_price(o.side) == kNoPrice)
      return RejectReason::Unsupported;
    return RejectReason::None;
  }

  /// What a market order in an auction pays (gets) at worst.
  Price worst_price(Side side) const {
    if (!day_->limits().known()) return kNoPrice;
    return side == Side::Buy ? day_->limits().upper : day_->limits().lower;
  }

  /// Passes all phases up to `now`.
  void follow_day(UnixNanos now) {
    if (!day_->begun()) {
      day_->enter(now);
      watch();
    }
    while (now >= day_->ends()) {
      const UnixNanos at = day_->ends();
      const UnixNanos really = std::exchange(now_, at);
      leave_phase(at);
      now_ = really;
    }
  }

  void leave_phase(UnixNanos at) {
    if (day_->in_call() && !day_->call_goes_on(at) && !settle_by_rule(at)) return watch();  // it was made longer
    const bool gathered = day_->in_call();
    day_->enter(at);
    enter_phase(gathered);
  }

  void enter_phase(bool gathered) {
    if (gathered && !day_->in_call()) release_market_orders();
    if (day_->phase() == TradingPhase::OpeningCall) begin_anew();
    if (any_closed_) end_reduce_only();
    if (day_->over()) end_day_orders();
    watch();
    if (!gathered || !day_->continuous()) return;
    after_book_change();
    for (RunIndex run = 0; any_waiting_ && run < accounts_.size(); ++run) pull_own(run, std::nullopt);
  }

  /// A7: a new day: the limits are others, the book of the day before says nothing, and all that the first one displays
  /// stands ahead of what was kept over night.
  void begin_anew() {
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      for (auto& side : accounts_[run].resting) {
        std::erase_if(side, [&](const Resting& o) {
          if (day_->limits().hold(o.order.price)) return false;
          say(run, 0, OrderEventKind::Expired, o.order, RejectReason::PriceOutOfRange, 0);
          return true;
        });
        for (Resting& o : side) o.front = kUnknownFront, o.cum = 0;
      }
    }
    book_.clear();
    stale_ = true;
  }

  void end_day_orders() {
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      const auto ended = [&](const NewOrder& order) {
        if (order.time_in_force != TimeInForce::DAY) return false;
        say(run, 0, OrderEventKind::Expired, order, RejectReason::Expired, 0);
        return true;
      };
      for (auto& side : accounts_[run].resting) std::erase_if(side, [&](const Resting& o) { return ended(o.order); });
      std::erase_if(accounts_[run].waiting, [&](const Waiting& w) { return ended(w.order); });
    }
  }

  /// A2: the order is gathered.
  void gather(RunIndex run, const NewOrder& order) {
    const std::int64_t wanted = within_position(run, order, order.quantity.value);
    NewOrder held = order;
    if (any_price(order)) held.price = worst_price(order.side);
    if (accounts_[run].money != nullptr) accounts_[run].money->reserve(held, {wanted}, now_);
    Resting resting{.order = order,
                    .tick = any_price(order) ? any_limit(order.side) : order.price.value / base_tick_,
                    .leaves = wanted,
                    .slice = wanted,
                    .front = 0};
    if (!any_price(order)) queue_up(run, resting);
    accounts_[run].resting[static_cast<std::size_t>(order.side)].push_back(resting);
  }

  /// False: the message only changes what is displayed, or is the auction's print: it is dealt with.
  bool trades_on(const FeedMessage& message) {
    follow_day(now_);
    if (day_->told()) follow_marks(message);
    if (day_->continuous()) return true;
    switch (message.kind) {
      case FeedKind::Depth:
        rows(Side::Buy, message.bid_levels());
        rows(Side::Sell, message.ask_levels());
        return false;
      case FeedKind::Snapshot:
        apply_snapshot(book_, message);
        stale_ = false;
        forget_all_taken();
        lower_fronts();
        return false;
      case FeedKind::Quote:
        if (!message.replaces_book) return false;
        best_prices_only_ = true;
        stale_ = false;
        book_.set_touch(message.first[0].tick, message.first[0].quantity, message.first[1].tick,
                        message.first[1].quantity);
        lower_fronts();
        return false;
      case FeedKind::Trade:
        // A4: off-hours trades are printed while orders are gathered; the auction's comes at its end.
        if (day_->in_call() && (message.auction || now_ >= day_->planned_end())) {
          settle({message.first->tick * base_tick_}, message.first->quantity);
          end_call();
        }
        return false;
      default:
        return true;
    }
  }

  /// A6: what the data say of an interruption: a marked book is of an auction, one without a mark is of continuous
  /// trading.
  void follow_marks(const FeedMessage& message) {
    const bool book = message.kind == FeedKind::Depth || message.kind == FeedKind::Snapshot;
    if (!book) return;
    if (message.auction && day_->phase() == TradingPhase::Continuous) {
      day_->begin_interruption(now_);
      watch();
    } else if (!message.auction && day_->phase() == TradingPhase::VolatilityCall) {
      end_call();
    }
  }

  void end_call() {
    // By the clock the call may last a little longer than the print that ended it.
    const bool planned = day_->phase() != TradingPhase::VolatilityCall;
    day_->enter(planned ? std::max(now_, day_->planned_end()) : now_);
    enter_phase(true);
  }

  void note_trade(const FeedMessage& message) {
    if (message.kind != FeedKind::Trade || !day_->continuous()) return;
    const Price price{message.first->tick * base_tick_};
    const bool interrupts = day_->interrupts(price);
    day_->traded(price);
    if (!interrupts) return;
    day_->begin_interruption(now_);
    watch();
  }

  void lower_fronts() {
    for (Account& account : accounts_) {
      for (const Side side : {Side::Buy, Side::Sell}) {
        for (Resting& o : account.resting[static_cast<std::size_t>(side)]) {
          if (hidden(side, o.tick)) continue;
          o.front = std::min(o.front, whole_front(displayed(side, o.tick)));
          o.cum = 0;
        }
      }
    }
  }

  void forget_all_taken() {
    any_taken_ = false;
    for (Account& account : accounts_) account.taken.clear();
  }

  /// Calls visit(tick, quantity) for every level of a side. In a call auction the two sides overlap.
  template <class Visit>
  void each_level(Side side, Visit&& visit) const {
    if (side == Side::Buy) {
      for (Tick t = book_.bids().at_or_below(kMaxTick - 1); t != kNoBid; t = book_.bids().at_or_below(t - 1))
        visit(t, book_.bid_quantity(t));
    } else {
      for (Tick t = book_.asks().at_or_above(0); t != kNoAsk; t = book_.asks().at_or_above(t + 1))
        visit(t, book_.ask_quantity(t));
    }
  }

  /// The market's orders as displayed.
  void gather_market() {
    auction_.clear();
    auction_.reference = day_->reference();
    auction_.limits = day_->limits();
    each_level(Side::Buy, [&](Tick t, std::int64_t q) { auction_.bids.push_back({{t * base_tick_}, q}); });
    each_level(Side::Sell, [&](Tick t, std::int64_t q) { auction_.asks.push_back({{t * base_tick_}, q}); });
  }

  /// A3: the price by rule. Each run's auction is the market's orders and its own. False: the call was made longer
  /// (A6).
  bool settle_by_rule(UnixNanos at) {
    if (stale_) return true;
    gather_market();
    const auto market = uncross(instrument_, auction_);
    if (market && day_->extend(market->price, at)) return false;
    struct Mine {
      RunIndex run;
      Uncross met;
      Traded traded;
    };
    std::vector<Mine> all_mine;
    const AuctionBook gathered = auction_;
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      const Account& account = accounts_[run];
      if (account.resting[0].empty() && account.resting[1].empty()) continue;
      auction_ = gathered;
      for (const auto& side : account.resting) {
        for (const Resting& o : side) {
          const bool buys = o.order.side == Side::Buy;
          if (any_price(o.order))
            (buys ? auction_.market_buys : auction_.market_sells) += o.leaves;
          else
            (buys ? auction_.bids : auction_.asks).push_back({o.order.price, o.leaves});
        }
      }
      if (const auto met = uncross(instrument_, auction_))
        all_mine.push_back({run, *met, share_auction(run, met->price, met->quantity)});
    }
    if (market) settled(market->price, market->quantity);
    // What ours took of the market's orders beyond what the market did among itself is gone (R2b).
    const std::int64_t among_itself = market ? market->quantity : 0;
    for (const auto& [run, met, traded] : all_mine) {
      take_away(run, Side::Sell, met.price, met.quantity - traded.sold - among_itself);
      take_away(run, Side::Buy, met.price, met.quantity - traded.bought - among_itself);
    }
    return true;
  }

  void take_away(RunIndex run, Side side, Price up_to, std::int64_t quantity) {
    std::vector<Taken> gone;
    walk(run, side, up_to.value / base_tick_, [&](Tick tick, std::int64_t left) {
      const std::int64_t part = std::min(left, quantity);
      if (part > 0) gone.push_back({side, tick, part});
      return (quantity -= part) > 0;
    });
    keep_taken(run, gone);
  }

  /// A4: the auction that the data tell of.
  void settle(Price price, std::int64_t quantity) {
    for (RunIndex run = 0; run < accounts_.size(); ++run) share_auction(run, price, quantity);
    settled(price, quantity);
  }

  void settled(Price price, std::int64_t quantity) {
    day_->settled(price);
    last_ = price;
    take_out(price.value / base_tick_, quantity);
  }

  struct Traded {
    std::int64_t bought = 0, sold = 0;
  };

  /// A5: who gets what: market orders, then better prices, then who came first: what is displayed at a better price and
  /// what stood there before ours is served before ours.
  Traded share_auction(RunIndex run, Price price, std::int64_t quantity) {
    const Tick at = price.value / base_tick_;
    Traded traded;
    for (const Side side : {Side::Buy, Side::Sell}) {
      auto& orders = accounts_[run].resting[static_cast<std::size_t>(side)];
      const auto better = [side](Tick a, Tick b) { return side == Side::Buy ? a > b : a < b; };
      const auto takes_part =
          by_priority(orders, side, [&](const Resting& o) { return o.tick == at || better(o.tick, at); });
      std::int64_t own = 0;  // what our orders before this one wanted
      for (const std::size_t i : takes_part) {
        Resting& o = orders[i];
        std::int64_t ahead = own;
        own += o.leaves;
        if (!any_price(o.order)) each_level(side, [&](Tick t, std::int64_t q) { ahead += better(t, o.tick) ? q : 0; });
        const QueueFront here = whole_front(std::max<std::int64_t>(quantity - ahead, 0));
        const QueueFront reaches = here - o.front;
        o.front = std::max<QueueFront>(-reaches, 0);
        if (reaches <= 0) continue;
        const std::int64_t lot = instrument_.lot.value;
        const auto whole = static_cast<std::int64_t>(reaches / kFrontOfOne);
        const std::int64_t part = within_position(run, o.order, std::min(whole, o.leaves)) / lot * lot;
        if (part == 0) continue;
        o.leaves -= part;
        o.slice = o.leaves;
        (side == Side::Buy ? traded.bought : traded.sold) += part;
        fill(run, o.order, price, part, o.leaves, Liquidity::Taker);
      }
      sweep(run, side);
    }
    return traded;
  }

  /// What the auction traded is no longer displayed: all that is better than its price, and at it what was served.
  /// Where the sides did not overlap, the venue shows what is left already.
  void take_out(Tick price, std::int64_t quantity) {
    std::vector<std::pair<Tick, std::int64_t>> left[2];
    std::int64_t wanted[2] = {0, 0};
    for (const Side side : {Side::Buy, Side::Sell}) {
      const auto s = static_cast<std::size_t>(side);
      each_level(side, [&](Tick t, std::int64_t q) {
        const bool reached = side == Side::Buy ? t >= price : t <= price;
        if (reached) wanted[s] += q;
        if (!reached || t == price) left[s].emplace_back(t, q);
      });
    }
    if (wanted[0] == 0 || wanted[1] == 0) return;
    book_.clear();
    for (const auto& [t, q] : left[0])
      book_.set_bid(t, t == price ? std::max<std::int64_t>(wanted[0] - quantity, 0) : q);
    for (const auto& [t, q] : left[1])
      book_.set_ask(t, t == price ? std::max<std::int64_t>(wanted[1] - quantity, 0) : q);
  }

  /// A7: what is left of market orders acts in continuous trading as one that arrives (R2), or ends with the session.
  void release_market_orders() {
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      std::vector<NewOrder> left;
      for (auto& side : accounts_[run].resting) {
        for (Resting& o : side) {
          if (!any_price(o.order)) continue;
          o.order.quantity = {o.leaves};
          left.push_back(o.order);
        }
        std::erase_if(side, [](const Resting& o) { return any_price(o.order); });
      }
      for (const NewOrder& order : left) {
        if (day_->continuous())
          execute(run, order);
        else
          say(run, 0, OrderEventKind::Expired, order, RejectReason::NoLiquidity, 0);
      }
    }
  }

  // ---- what goes back
  // ------------------------------------------------------------------------------------------------------------------

  void fill(RunIndex run, const NewOrder& order, Price price, std::int64_t quantity, std::int64_t leaves,
            Liquidity liquidity) {
    const std::int64_t before = accounts_[run].position;
    const std::int64_t after = accounts_[run].position += sign_of(order.side) * quantity;
    any_closed_ = any_closed_ || (before > 0 ? after <= 0 : before < 0 && after >= 0);
    if (any_margined_) [[unlikely]] {
      any_at_risk_ = std::any_of(accounts_.begin(), accounts_.end(),
                                 [](const Account& a) { return a.margined && a.position != 0; });
    }
    const Money fee = sink_.answer(run, 0,
                                   {.kind = OrderEventKind::Filled,
                                    .side = order.side,
                                    .liquidity = liquidity,
                                    .instrument = index_,
                                    .id = order.id,
                                    .time = now_,
                                    .price = price,
                                    .quantity = {quantity},
                                    .leaves = {leaves}});
    accounts_[run].cash += cash_of_fill(instrument_, order.side, price, {quantity}) - fee;
  }

  void say(RunIndex run, std::uint64_t request, OrderEventKind kind, const NewOrder& order, RejectReason reason,
           std::int64_t leaves) {
    sink_.answer(run, request,
                 {.kind = kind,
                  .side = order.side,
                  .reason = reason,
                  .instrument = index_,
                  .id = order.id,
                  .time = now_,
                  .price = order.price,
                  .leaves = {leaves}});
  }

  /// The span of all resting prices on each side, the earliest expiry, and whether anything waits: a row that concerns
  /// nobody costs two comparisons.
  void watch() {
    next_expiry_ = funding_time_;
    if (day_ != nullptr) next_expiry_ = std::min(next_expiry_, day_->ends());
    any_waiting_ = false;
    for (std::size_t s = 0; s < 2; ++s) {
      lowest_[s] = kNoAsk;
      highest_[s] = kNoBid;
      ours_[s].clear();
      for (const Account& account : accounts_) {
        for (const Resting& o : account.resting[s]) {
          lowest_[s] = std::min(lowest_[s], o.tick);
          highest_[s] = std::max(highest_[s], o.tick);
          ours_[s].add(o.tick);
          next_expiry_ = std::min(next_expiry_, o.order.expire_time);
        }
      }
    }
    for (const Account& account : accounts_) {
      any_waiting_ = any_waiting_ || !account.waiting.empty() || account.liquidating;
      for (const Waiting& w : account.waiting) next_expiry_ = std::min(next_expiry_, w.order.expire_time);
    }
  }

  const Instrument& instrument_;
  const Calendar& calendar_;
  std::unique_ptr<FlowOrders> flow_;  // where a run wants its true place in the queue
  InstrumentIndex index_;
  std::int64_t base_tick_;
  const std::vector<RunModels>& runs_;
  AnswerSink& sink_;
  double unit_;
  OrderBook book_;
  bool stale_ = true;
  bool best_prices_only_ = false;
  Price last_ = kNoPrice, mark_ = kNoPrice, index_price_ = kNoPrice;
  UnixNanos now_ = 0;
  std::vector<Account> accounts_;  // by run
  std::int64_t served_here_ = 0;   // by the trade in hand, to our earlier orders at its price
  bool any_taken_ = false;
  bool any_to_back_ = false;  // an iceberg's next part, until the sweep behind the loop that filled it
  bool any_closed_ = false;   // a position ended, and with it reduce-only orders that rest
  bool any_waiting_ = false;  // for a trigger, or for a book to be liquidated against
  bool any_margined_ = false;
  bool any_at_risk_ = false;  // a margined run has a position
  std::int64_t funding_rate_ = 0;
  UnixNanos funding_time_ = kNever, funding_paid_ = kNoTime;
  UnixNanos next_expiry_ = kNever;
  Tick lowest_[2] = {kNoAsk, kNoAsk}, highest_[2] = {kNoBid, kNoBid};
  TickFilter ours_[2];
  std::vector<std::size_t> order_;   // by_priority's answer
  std::unique_ptr<TradingDay> day_;  // null: trades round the clock
  AuctionBook auction_;              // of the auction in hand
};

}  // namespace

std::unique_ptr<Matching> make_stom_matching(const Instrument& instrument, InstrumentIndex index,
                                             const std::vector<RunModels>& runs, AnswerSink& sink) {
  return std::make_unique<StomMatching>(instrument, index, runs, sink);
}

}  // namespace stom::sim
