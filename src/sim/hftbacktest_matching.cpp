// Fill rules `hftbacktest`: those of the package hftbacktest 2.4.4 (exchange model NoPartialFill), row by row, as
// docs/fills.md states them. An order always fills whole, at its own price, as maker; orders neither share a trade nor
// queue behind each other; a snapshot clears only up to its last level. For comparison with that package's results, not
// for conclusions of one's own.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "market/order_book.hpp"
#include "sim/matching.hpp"
#include "sim/tick_filter.hpp"

namespace stom::sim {
namespace {

struct Resting {
  Tick tick;
  RunIndex run;
  bool filled;
  std::int64_t quantity;
  double front;  // quantity ahead of us, in units of the instrument
  double cum;    // traded at our price since the last change of its level
  ClientOrderId id;
};

class HftbacktestMatching final : public Matching {
 public:
  HftbacktestMatching(const Instrument& instrument, InstrumentIndex index, const std::vector<RunModels>& runs,
                      AnswerSink& sink)
      : instrument_{instrument},
        index_{index},
        base_tick_{instrument.base_tick().value},
        runs_{runs},
        sink_{sink},
        lot_{to_double(instrument.lot.value, instrument.quantity_decimals)} {}

  void on_message(const FeedMessage& message) override {
    now_ = message.exchange_time;
    switch (message.kind) {
      case FeedKind::Depth:
        for (const FeedLevel& level : message.bid_levels()) bid_row(level);
        for (const FeedLevel& level : message.ask_levels()) ask_row(level);
        break;
      case FeedKind::Snapshot:
        if (message.bids > 0) book_.clear_bids(message.bid_levels().back().tick, message.bid_levels().back().tick - 2);
        for (const FeedLevel& level : message.bid_levels()) bid_row(level);
        if (message.asks > 0) book_.clear_asks(message.ask_levels().back().tick, message.ask_levels().back().tick + 2);
        for (const FeedLevel& level : message.ask_levels()) ask_row(level);
        know_places();
        break;
      case FeedKind::Trade:
        trade_row(message.sell_aggressor ? Side::Buy : Side::Sell, *message.first);
        break;
      default:
        break;
    }
  }

  void on_new(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos now) override {
    now_ = now;
    OrderEvent event{.kind = OrderEventKind::Accepted,
                     .side = order.side,
                     .instrument = index_,
                     .id = order.id,
                     .time = now,
                     .price = order.price,
                     .leaves = order.quantity};
    const Tick tick = order.price.value / base_tick_;
    const bool buy = order.side == Side::Buy;
    if (order.type != OrderType::Limit || !order.post_only || order.time_in_force != TimeInForce::GTC) {
      event.kind = OrderEventKind::Rejected;
      event.reason = RejectReason::Unsupported;
    } else if (buy ? tick >= book_.best_ask() : tick <= book_.best_bid()) {
      event.kind = OrderEventKind::Expired;
      event.reason = RejectReason::PostOnlyWouldTake;
      event.leaves = {};
    } else {
      const std::int64_t ahead = buy ? book_.bid_quantity(tick) : book_.ask_quantity(tick);
      side_of(order.side).push_back({tick, run, false, order.quantity.value, units(ahead), 0.0, order.id});
      watch(order.side);
    }
    sink_.answer(run, request, event);
  }

  void on_cancel(RunIndex run, std::uint64_t request, ClientOrderId id, UnixNanos now) override {
    OrderEvent event{.kind = OrderEventKind::CancelRejected,
                     .reason = RejectReason::UnknownOrder,
                     .instrument = index_,
                     .id = id,
                     .time = now};
    for (const Side side : {Side::Buy, Side::Sell}) {
      auto& orders = side_of(side);
      const auto it =
          std::find_if(orders.begin(), orders.end(), [&](const Resting& o) { return o.run == run && o.id == id; });
      if (it == orders.end()) continue;
      event.kind = OrderEventKind::Canceled;
      event.reason = RejectReason::None;
      event.side = side;
      orders.erase(it);
      watch(side);
    }
    sink_.answer(run, request, event);
  }

  RejectReason put_back(RunIndex run, const EarlierOrder& earlier, UnixNanos) override {
    const NewOrder& order = earlier.order;
    side_of(order.side)
        .push_back({order.price.value / base_tick_, run, false, earlier.leaves.value, kUnknownPlace, 0.0, order.id});
    watch(order.side);
    return RejectReason::None;
  }

  bool quiet() const override { return resting_[0].empty() && resting_[1].empty(); }

 private:
  static constexpr double kUnknownPlace = std::numeric_limits<double>::infinity();

  std::vector<Resting>& side_of(Side side) { return resting_[static_cast<std::size_t>(side)]; }
  /// Of orders that were put back: the book that is known now has all of its levels ahead of them.
  void know_places() {
    for (const Side side : {Side::Buy, Side::Sell})
      for (Resting& o : side_of(side))
        if (std::isinf(o.front))
          o.front = units(side == Side::Buy ? book_.bid_quantity(o.tick) : book_.ask_quantity(o.tick));
  }
  double units(std::int64_t quantity) const { return to_double(quantity, instrument_.quantity_decimals); }

  void bid_row(const FeedLevel& level) {
    const Tick old_best = book_.best_bid();
    const std::int64_t before = book_.set_bid(level.tick, level.quantity);
    if (level.tick >= lowest_buy_ && level.tick <= highest_buy_ && ours_[0].may_hold(level.tick)) [[unlikely]]
      level_changed(side_of(Side::Buy), level, before);
    // A best bid that has risen is this row's.
    if (level.tick >= lowest_sell_ && book_.best_bid() > old_best) [[unlikely]]
      fill_where(Side::Sell, [best = level.tick](Resting& o) { return o.tick <= best; });
  }
  void ask_row(const FeedLevel& level) {
    const Tick old_best = book_.best_ask();
    const std::int64_t before = book_.set_ask(level.tick, level.quantity);
    if (level.tick >= lowest_sell_ && level.tick <= highest_sell_ && ours_[1].may_hold(level.tick)) [[unlikely]]
      level_changed(side_of(Side::Sell), level, before);
    if (level.tick <= highest_buy_ && book_.best_ask() < old_best) [[unlikely]]
      fill_where(Side::Buy, [best = level.tick](Resting& o) { return o.tick >= best; });
  }

  void level_changed(std::vector<Resting>& orders, const FeedLevel& level, std::int64_t before) {
    for (Resting& o : orders) {
      if (o.tick != level.tick) continue;
      o.front =
          hftbacktest_front_after_change(runs_[o.run].queue, o.front, units(before), units(level.quantity), o.cum);
      o.cum = 0;
    }
  }

  /// `resting`: the side whose orders the trade may fill.
  void trade_row(Side resting, const FeedLevel& trade) {
    if (resting == Side::Sell ? trade.tick < lowest_sell_ : trade.tick > highest_buy_) return;
    const double quantity = units(trade.quantity);
    fill_where(resting, [&](Resting& o) {
      if (o.tick != trade.tick) return resting == Side::Sell ? o.tick < trade.tick : o.tick > trade.tick;
      o.front -= quantity;
      if (runs_[o.run].queue != QueueModel::RiskAverse) o.cum += quantity;
      // At least half a lot past us: round(-front / lot) > 0.
      return -o.front / lot_ >= 0.5;
    });
  }

  template <class Condition>
  void fill_where(Side side, Condition&& condition) {
    auto& orders = side_of(side);
    bool any = false;
    for (Resting& o : orders) {
      if (!condition(o)) continue;
      o.filled = any = true;
      sink_.answer(o.run, 0,
                   {.kind = OrderEventKind::Filled,
                    .side = side,
                    .liquidity = Liquidity::Maker,
                    .instrument = index_,
                    .id = o.id,
                    .time = now_,
                    .price = {o.tick * base_tick_},
                    .quantity = {o.quantity}});
    }
    if (!any) return;
    std::erase_if(orders, [](const Resting& o) { return o.filled; });
    watch(side);
  }

  /// The span of our prices on a side, so that a row elsewhere costs two comparisons.
  void watch(Side side) {
    Tick low = kNoAsk, high = kNoBid;
    TickFilter& ours = ours_[static_cast<std::size_t>(side)];
    ours.clear();
    for (const Resting& o : side_of(side)) {
      ours.add(o.tick);
      low = std::min(low, o.tick);
      high = std::max(high, o.tick);
    }
    (side == Side::Buy ? lowest_buy_ : lowest_sell_) = low;
    (side == Side::Buy ? highest_buy_ : highest_sell_) = high;
  }

  const Instrument& instrument_;
  InstrumentIndex index_;
  std::int64_t base_tick_;
  const std::vector<RunModels>& runs_;
  AnswerSink& sink_;
  double lot_;
  OrderBook book_;
  UnixNanos now_ = 0;
  std::array<std::vector<Resting>, 2> resting_;
  std::array<TickFilter, 2> ours_;  // by side
  Tick lowest_buy_ = kNoAsk, highest_buy_ = kNoBid, lowest_sell_ = kNoAsk, highest_sell_ = kNoBid;
};

}  // namespace

std::unique_ptr<Matching> make_hftbacktest_matching(const Instrument& instrument, InstrumentIndex index,
                                                    const std::vector<RunModels>& runs, AnswerSink& sink) {
  return std::make_unique<HftbacktestMatching>(instrument, index, runs, sink);
}

}  // namespace stom::sim
