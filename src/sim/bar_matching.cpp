// Bar-driven fills (docs/fills.md, "Bars"). A bar is four prices whose order inside the bar is not known; each rule
// says what it assumes:
//   B1 market orders: at the open of the first bar that starts at or after their arrival (NextOpen), or at once at the
//   close of the
//      bar that has just ended (ThisClose), where it traded; orders first come first served, so that a close before an
//      entry frees its cash
//   B2 brackets: from the entry bar on, the stop before the target (the worse case); stop at min(open, stop) for a
//   long,
//      target at max(open, target); mirrored for a short; without spread
//   B3 resting limit orders: when the bar trades through or at their price, at the better of open and limit; stops: at
//   the worse of
//      open and trigger
//   B5 where the run names a path, the prices came in that order, and what is reached first acts first
// Every fill is stamped with the bar it belongs to, and takes (it pays the taker fee), but for resting limit orders.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/assert.hpp"
#include "model/cash_flow.hpp"
#include "model/views.hpp"
#include "sim/matching.hpp"

namespace stom::sim {
namespace {

struct Bracket {
  ClientOrderId parent = 0;
  Price stop_loss{}, take_profit{};

  bool live() const { return stop_loss.value != 0 || take_profit.value != 0; }
};

struct Account {
  std::vector<NewOrder> pending;  // by arrival
  std::int64_t position = 0;
  Money cash{};  // moves by price x quantity and fees, as in the run
  Bracket bracket;
  BarFill style = BarFill::NextOpen;
  bool active = false;  // a bar could fill something of it
};

class BarMatching final : public Matching {
 public:
  BarMatching(const Instrument& instrument, InstrumentIndex index, const std::vector<RunModels>& runs, AnswerSink& sink)
      : instrument_{instrument}, index_{index}, runs_{runs}, sink_{sink}, accounts_(runs.size()) {
    for (std::size_t i = 0; i < runs.size(); ++i) accounts_[i].cash = runs[i].bars.cash;
  }

  void on_message(const FeedMessage& message) override {
    if (message.kind != FeedKind::Bar) return;
    now_ = message.exchange_time;
    traded_ = message.bar->open.value > 0;
    any_bar_ = true;
    if (!traded_) return;  // B1: orders wait
    previous_ = bar_;
    bar_ = *message.bar;
    known_ = true;
    for (std::size_t i = 0; i < active_.size();) {
      const RunIndex run = active_[i];
      if (runs_[run].bars.path == BarPath::Worst) {
        play(run);
      } else {
        play_along(run);
      }
      if (accounts_[run].active) {
        ++i;
      } else {
        active_[i] = active_.back();
        active_.pop_back();
      }
    }
  }

  void on_new(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos now) override {
    now_ = now;
    const RejectReason reason = reason_to_refuse(order);
    if (reason != RejectReason::None) return say(run, request, OrderEventKind::Rejected, order, reason);
    say(run, request, OrderEventKind::Accepted, order, RejectReason::None);
    accounts_[run].style = order.bar_fill;
    activate(run);
    const bool at_close = order.type == OrderType::Market && order.bar_fill == BarFill::ThisClose;
    if (at_close && !any_bar_) return say(run, 0, OrderEventKind::Expired, order, RejectReason::NoLiquidity);
    if (at_close && traded_) {
      execute(run, order, bar_.close, Liquidity::Taker);
    } else {
      accounts_[run].pending.push_back(order);
    }
  }

  void on_cancel(RunIndex run, std::uint64_t request, ClientOrderId id, UnixNanos now) override {
    now_ = now;
    auto& pending = accounts_[run].pending;
    const auto it = std::find_if(pending.begin(), pending.end(), [&](const NewOrder& o) { return o.id == id; });
    if (it == pending.end())
      return say(run, request, OrderEventKind::CancelRejected, {.id = id}, RejectReason::UnknownOrder);
    const NewOrder order = *it;
    pending.erase(it);
    say(run, request, OrderEventKind::Canceled, order, RejectReason::None);
  }

  bool quiet() const override { return active_.empty(); }

  void on_end(UnixNanos now) override {
    now_ = now;
    for (RunIndex run = 0; run < accounts_.size(); ++run) {
      Account& account = accounts_[run];
      if (runs_[run].bars.end == EndOfData::Keep || account.position == 0 || !known_) continue;
      const bool at_close = account.style == BarFill::ThisClose;
      if (at_close) bar_.time = previous_.time;
      fill(run, kEndOfDataChild, account.position > 0 ? Side::Sell : Side::Buy, at_close ? previous_.close : bar_.open,
           std::abs(account.position), Liquidity::Taker);
      account.bracket = {};
    }
  }

 private:
  RejectReason reason_to_refuse(const NewOrder& o) const {
    if (o.size_by != SizeBy::Position && o.quantity.value <= 0) return RejectReason::NotPositive;
    if (o.size_by == SizeBy::Quantity && o.quantity.value % instrument_.lot.value != 0) return RejectReason::OffLot;
    if (o.type == OrderType::Limit && o.price.value <= 0) return RejectReason::NotPositive;
    if (o.type == OrderType::Stop && o.trigger_price.value <= 0) return RejectReason::NotPositive;
    const bool offered = (o.type == OrderType::Market || o.type == OrderType::Limit || o.type == OrderType::Stop) &&
                         !o.post_only && o.display.value == 0 && o.time_in_force == TimeInForce::GTC;
    return offered ? RejectReason::None : RejectReason::Unsupported;
  }

  /// One run through one bar: pending orders, then its bracket.
  void play(RunIndex run) {
    Account& account = accounts_[run];
    if (!account.pending.empty()) {
      waiting_.swap(account.pending);
      account.pending.clear();
      for (const NewOrder& order : waiting_) {
        const auto price = price_in_bar(order);
        if (price == kNoPrice) {
          account.pending.push_back(order);
        } else {
          execute(run, order, price, order.type == OrderType::Limit ? Liquidity::Maker : Liquidity::Taker);
        }
      }
    }
    if (account.position != 0 && account.bracket.live()) play_bracket(run);
    account.active = !account.pending.empty() || account.bracket.live();
  }

  // ---- B5: a bar whose prices came in a stated order

  /// What of a run's orders and bracket a leg of the path reaches first, and where.
  struct Reached {
    Price price = kNoPrice;
    std::size_t order = 0;    // of the pending ones, where `child` is 0
    ClientOrderId child = 0;  // kStopLossChild or kTakeProfitChild
  };

  void play_along(RunIndex run) {
    Account& account = accounts_[run];
    const bool high_first = runs_[run].bars.path == BarPath::Ohlc || bar_.high - bar_.open < bar_.open - bar_.low;
    const std::array ends{high_first ? bar_.high : bar_.low, high_first ? bar_.low : bar_.high, bar_.close};
    Price at = bar_.open;
    for (const Price end : ends) {
      for (Reached next = first_reached(account, at, end); next.price != kNoPrice;
           next = first_reached(account, at, end)) {
        at = next.price;
        if (next.child != 0) {
          close_by_bracket(run, next.child, at);
          continue;
        }
        const NewOrder order = account.pending[next.order];
        account.pending.erase(account.pending.begin() + static_cast<std::ptrdiff_t>(next.order));
        execute(run, order, at, order.type == OrderType::Limit ? Liquidity::Maker : Liquidity::Taker);
      }
      at = end;
    }
    account.active = !account.pending.empty() || account.bracket.live();
  }

  /// At one price: orders as they were sent, then the stop, then the target.
  static Reached first_reached(const Account& account, Price at, Price end) {
    Reached first;
    const auto consider = [&](Price price, std::size_t order, ClientOrderId child) {
      if (price == kNoPrice) return;
      const auto away = [at](Price p) { return std::abs(p.value - at.value); };
      if (first.price == kNoPrice || away(price) < away(first.price)) first = {price, order, child};
    };
    for (std::size_t i = 0; i < account.pending.size(); ++i) {
      const NewOrder& o = account.pending[i];
      const bool buy = o.side == Side::Buy;
      if (o.type == OrderType::Market) consider(at, i, 0);
      if (o.type == OrderType::Limit) consider(buy ? falls_to(o.price, at, end) : rises_to(o.price, at, end), i, 0);
      if (o.type == OrderType::Stop)
        consider(buy ? rises_to(o.trigger_price, at, end) : falls_to(o.trigger_price, at, end), i, 0);
    }
    if (account.position == 0) return first;
    const bool is_long = account.position > 0;
    const auto [parent, stop, target] = account.bracket;
    if (stop.value != 0) consider(is_long ? falls_to(stop, at, end) : rises_to(stop, at, end), 0, kStopLossChild);
    if (target.value != 0)
      consider(is_long ? rises_to(target, at, end) : falls_to(target, at, end), 0, kTakeProfitChild);
    return first;
  }

  static Price rises_to(Price level, Price at, Price end) { return at >= level ? at : end >= level ? level : kNoPrice; }
  static Price falls_to(Price level, Price at, Price end) { return at <= level ? at : end <= level ? level : kNoPrice; }

  /// Where in this bar the order fills; kNoPrice where it does not.
  Price price_in_bar(const NewOrder& o) const {
    const bool buy = o.side == Side::Buy;
    switch (o.type) {
      case OrderType::Market:
        return bar_.open;
      case OrderType::Limit:
        if (buy ? bar_.low <= o.price : bar_.high >= o.price)
          return buy ? std::min(bar_.open, o.price) : std::max(bar_.open, o.price);
        return kNoPrice;
      case OrderType::Stop:
        if (buy ? bar_.high >= o.trigger_price : bar_.low <= o.trigger_price) {
          return buy ? std::max(bar_.open, o.trigger_price) : std::min(bar_.open, o.trigger_price);
        }
        return kNoPrice;
      default:
        return kNoPrice;
    }
  }

  void play_bracket(RunIndex run) {
    Account& account = accounts_[run];
    const Bracket bracket = account.bracket;
    const bool is_long = account.position > 0;
    const Price stop = bracket.stop_loss, target = bracket.take_profit;
    Price at = kNoPrice;
    ClientOrderId child = kStopLossChild;
    if (stop.value != 0 && (is_long ? bar_.low <= stop : bar_.high >= stop)) {
      at = is_long ? std::min(bar_.open, stop) : std::max(bar_.open, stop);
    } else if (target.value != 0 && (is_long ? bar_.high >= target : bar_.low <= target)) {
      at = is_long ? std::max(bar_.open, target) : std::min(bar_.open, target);
      child = kTakeProfitChild;
    }
    if (at != kNoPrice) close_by_bracket(run, child, at);
  }

  void close_by_bracket(RunIndex run, ClientOrderId child, Price at) {
    Account& account = accounts_[run];
    fill(run, child | account.bracket.parent, account.position > 0 ? Side::Sell : Side::Buy, at,
         std::abs(account.position), Liquidity::Taker);
    account.bracket = {};
  }

  void execute(RunIndex run, const NewOrder& order, Price price, Liquidity liquidity) {
    Account& account = accounts_[run];
    const int sign = sign_of(order.side);
    const bool closes = account.position * sign < 0;
    if (order.size_by == SizeBy::Position) {
      if (!closes) return say(run, 0, OrderEventKind::Expired, order, RejectReason::ReduceOnlyWouldIncrease);
      fill(run, order.id, order.side, price, std::abs(account.position), liquidity);
      account.bracket = {};
      return;
    }
    const Price paid = closes ? price : with_spread(run, order.side, price);
    const std::int64_t quantity =
        order.size_by == SizeBy::Quantity ? covered(run, order, price, paid) : affordable(run, order, price, paid);
    if (quantity <= 0) return say(run, 0, OrderEventKind::Expired, order, RejectReason::InsufficientBalance);
    fill(run, order.id, order.side, paid, quantity, liquidity);
    account.bracket = {order.id, order.stop_loss, order.take_profit};
  }

  Price with_spread(RunIndex run, Side side, Price price) const {
    if (runs_[run].bars.spread_rate == 0) return price;
    const Int128 unit = power_of_ten(kRateDecimals);
    const Int128 factor = unit + sign_of(side) * Int128{runs_[run].bars.spread_rate};
    return {static_cast<std::int64_t>(divide(price.value * factor, unit, Rounding::HalfEven))};
  }

  /// amount x rate, cut off; in two steps, so that it does not overflow. All of it costs no division.
  static Int128 share_of(Int128 amount, std::int64_t rate) {
    const Int128 unit = power_of_ten(kRateDecimals);
    if (rate == unit) return amount;
    return amount / unit * rate + amount % unit * rate / unit;
  }

  /// B4: the order's quantity where the account covers it, else 0: what it adds to the position costs its value and
  /// fee, and the margin of that has to be covered by the equity less the margin of what is kept.
  std::int64_t covered(RunIndex run, const NewOrder& order, Price price, Price paid) const {
    const RunModels& models = runs_[run];
    const std::int64_t before = accounts_[run].position;
    const std::int64_t after = before + sign_of(order.side) * order.quantity.value;
    const bool same_side = before != 0 && after != 0 && (before > 0) == (after > 0);
    const std::int64_t kept = same_side ? std::min(std::abs(before), std::abs(after)) : 0;
    const Quantity added{std::abs(after) - kept};
    if (added.value == 0) return order.quantity.value;
    const auto margin = [&](Money value) { return Money{share_of(value.value, models.bars.margin_rate)}; };
    Money equity = accounts_[run].cash;
    if (before != 0)
      equity += cash_of_fill(instrument_, before > 0 ? Side::Sell : Side::Buy, price, {std::abs(before)});
    const Money value = value_of(instrument_, paid, added);
    FeeBook* fees = sink_.fees(run);
    const Money fee =
        fees != nullptr ? fees->most(value, now_) : fee_of(instrument_, price, added, models.fees.taker_rate);
    const Money free = equity - margin(value_of(instrument_, price, {kept}));
    return margin(value + fee) <= free ? order.quantity.value : 0;
  }

  /// B4: lots that the free cash pays for at the fill price, rounded down.
  std::int64_t affordable(RunIndex run, const NewOrder& order, Price price, Price paid) const {
    if (paid.value <= 0) return 0;
    const RunModels& models = runs_[run];
    const Int128 unit = power_of_ten(kRateDecimals);
    const Int128 cash = std::max<Int128>(accounts_[run].cash.value, 0);
    const Int128 one = power_of_ten(kMoneyDecimals);
    const Int128 share = share_of(cash, order.quantity.value);
    const Int128 margin = models.bars.margin_rate;
    const Int128 budget = margin == unit ? share : share / margin * unit + share % margin * unit / margin;
    const Int128 lot = instrument_.lot.value;
    if (models.bars.sizing == Sizing::BacktestingPy) {
      // int(budget x (1 - 2^-52)): the whole currency units below the budget.
      const Int128 whole = divide(budget, one, Rounding::Ceil) - 1;
      const Int128 per_unit =
          value_of(instrument_, paid, {power_of_ten(instrument_.quantity_decimals)}).value +
          fee_of(instrument_, price, {power_of_ten(instrument_.quantity_decimals)}, models.fees.taker_rate).value;
      if (per_unit <= 0) return 0;
      return static_cast<std::int64_t>(std::max<Int128>(whole, 0) * one / per_unit) *
             power_of_ten(instrument_.quantity_decimals);
    }
    if (FeeBook* fees = sink_.fees(run)) return lots_within(Money{budget}, paid, *fees) * instrument_.lot.value;
    const Int128 per_lot = value_of(instrument_, paid, instrument_.lot).value +
                           fee_of(instrument_, paid, instrument_.lot, models.fees.taker_rate).value;
    return per_lot <= 0 ? 0 : static_cast<std::int64_t>(budget / per_lot * lot);
  }

  /// The most lots whose value and highest fee the budget covers. Fees have minima and steps, so it is searched for.
  std::int64_t lots_within(Money budget, Price price, FeeBook& fees) const {
    const auto covered = [&](std::int64_t lots) {
      const Money value = value_of(instrument_, price, {lots * instrument_.lot.value});
      return value + fees.most(value, now_) <= budget;
    };
    std::int64_t low = 0;
    auto high = static_cast<std::int64_t>(budget.value / value_of(instrument_, price, instrument_.lot).value);
    while (low < high) {
      const std::int64_t middle = low + (high - low + 1) / 2;
      (covered(middle) ? low : high) = covered(middle) ? middle : middle - 1;
    }
    return low;
  }

  void fill(RunIndex run, ClientOrderId id, Side side, Price price, std::int64_t quantity, Liquidity liquidity) {
    Account& account = accounts_[run];
    account.position += sign_of(side) * quantity;
    const Money fee = sink_.answer(run, 0,
                                   {.kind = OrderEventKind::Filled,
                                    .side = side,
                                    .liquidity = liquidity,
                                    .instrument = index_,
                                    .id = id,
                                    .time = bar_.time,
                                    .local_time = now_,
                                    .price = price,
                                    .quantity = {quantity}});
    account.cash += cash_of_fill(instrument_, side, price, {quantity}) - fee;
  }

  void say(RunIndex run, std::uint64_t request, OrderEventKind kind, const NewOrder& order, RejectReason reason) {
    sink_.answer(run, request,
                 {.kind = kind,
                  .side = order.side,
                  .reason = reason,
                  .instrument = index_,
                  .id = order.id,
                  .time = now_,
                  .price = order.price,
                  .leaves = kind == OrderEventKind::Accepted ? order.quantity : Quantity{}});
  }

  void activate(RunIndex run) {
    if (accounts_[run].active) return;
    accounts_[run].active = true;
    active_.push_back(run);
  }

  const Instrument& instrument_;
  InstrumentIndex index_;
  const std::vector<RunModels>& runs_;
  AnswerSink& sink_;
  std::vector<Account> accounts_;  // by run
  std::vector<RunIndex>
      active_;  // runs with anything that a bar could fill; while there are none, a bar costs nothing here
  std::vector<NewOrder> waiting_;  // the orders of the account that is being played
  Bar bar_, previous_;
  bool known_ = false;    // a bar has traded
  bool any_bar_ = false;  // one has come, traded or not
  bool traded_ = false;   // the newest one has
  UnixNanos now_ = 0;
};

}  // namespace

std::unique_ptr<Matching> make_bar_matching(const Instrument& instrument, InstrumentIndex index,
                                            const std::vector<RunModels>& runs, AnswerSink& sink) {
  return std::make_unique<BarMatching>(instrument, index, runs, sink);
}

}  // namespace stom::sim
