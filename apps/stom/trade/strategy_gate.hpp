// Stands between the engine and a strategy: once it is closed the strategy hears nothing but its stop, so that it
// cannot order anew what is being canceled. While it is paused the strategy hears nothing either; what became of its
// orders meanwhile it is told first thing afterwards, and a timer that was due comes then.
// What became of orders is told for people too, where somebody reads it, and each fill to who reconciles.
//
// Full: a paused strategy sends nothing, so what is kept for it is about what works already, and comes to an end. Of
// more than that it could not be told all, and it must not go on with less: it is closed for good and says so
// (overflowed()), upon which the session ends. All of it stands in the journal: the next start begins the strategy with
// the fills of before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "engine/run.hpp"
#include "strategies/strategy.hpp"
#include "trade/order_news.hpp"
#include "trade/position_trail.hpp"

namespace stom::trade {

class StrategyGate final : public Strategy {
 public:
  static constexpr std::size_t kMostMissed = 65'536;
  StrategyGate(std::unique_ptr<Strategy> inner, OrderNews* news, std::size_t most_missed = kMostMissed)
      : inner_{std::move(inner)}, news_{news}, most_missed_{most_missed} {}
  void close() { ended_ = true; }
  void pause(bool paused) { paused_ = paused; }
  bool overflowed() const { return overflowed_; }
  /// The strategy hears nothing of that order: it is nobody's (adoption.hpp).
  void leave_out(ClientOrderId id) { left_out_.insert(id); }
  /// Each fill is added there as soon as it is booked.
  void note_fills(PositionTrail& trail) { trail_ = &trail; }
  bool leaves_out(ClientOrderId id) const { return left_out_.contains(id); }

  /// Orders that a venue has refused.
  std::uint64_t rejected() const { return rejected_; }
  /// Orders in that instrument that did not leave.
  std::uint64_t denied(InstrumentIndex index) const { return index < denied_.size() ? denied_[index] : 0; }

  void on_start(Context& context) override { inner_->on_start(context); }
  void on_book(Context& context, InstrumentIndex index) override {
    if (open(context)) inner_->on_book(context, index);
  }
  void on_trade(Context& context, const TradeTick& trade) override {
    if (open(context)) inner_->on_trade(context, trade);
  }
  void on_quote(Context& context, InstrumentIndex index, const Level& bid, const Level& ask) override {
    if (open(context)) inner_->on_quote(context, index, bid, ask);
  }
  void on_watch(Context& context, InstrumentIndex index) override {
    if (open(context)) inner_->on_watch(context, index);
  }
  void on_bar(Context& context, const BarEvent& bar) override {
    if (open(context)) inner_->on_bar(context, bar);
  }
  void on_row(Context& context, const RowEvent& row) override {
    if (open(context)) inner_->on_row(context, row);
  }
  void on_order(Context& context, const OrderEvent& event) override {
    if (trail_ != nullptr && event.kind == OrderEventKind::Filled)
      trail_->add(event, context.instrument(event.instrument));
    if (news_ != nullptr) news_->tell(event);
    if (event.kind == OrderEventKind::Rejected) ++rejected_;
    if (event.kind == OrderEventKind::Denied) count_denied(event.instrument);
    if (leaves_out(event.id)) return;
    if (paused_ && !ended_)
      miss(event);
    else if (open(context))
      inner_->on_order(context, event);
  }
  void on_timer(Context& context) override {
    if (paused_ && !ended_ && static_cast<const Run&>(context).wakes_once())
      context.wake_at(context.now() + kTimersLater);
    else if (open(context))
      inner_->on_timer(context);
  }
  void on_stop(Context& context) override { inner_->on_stop(context); }
  /// Also of one that is paused: who stops one of them has nothing sent.
  void each_execution(const std::function<void(ExecutionOrders&)>& show) override { inner_->each_execution(show); }

 private:
  static constexpr DurationNanos kTimersLater = 100 * kMillisecond;

  void count_denied(InstrumentIndex index) {
    if (index >= denied_.size()) denied_.resize(index + 1);
    ++denied_[index];
  }
  void miss(const OrderEvent& event) {
    if (missed_.size() < most_missed_) return missed_.push_back(event);
    ended_ = overflowed_ = true;
    missed_ = std::vector<OrderEvent>{};
  }
  bool open(Context& context) {
    if (ended_ || paused_) return false;
    for (const OrderEvent& event : std::exchange(missed_, {})) inner_->on_order(context, event);
    return true;
  }

  std::unique_ptr<Strategy> inner_;
  OrderNews* news_;  // null: nobody reads it
  PositionTrail* trail_ = nullptr;
  const std::size_t most_missed_;
  std::vector<OrderEvent> missed_;
  std::set<ClientOrderId> left_out_;
  std::uint64_t rejected_ = 0;
  std::vector<std::uint64_t> denied_;  // by instrument, as far as any was
  bool ended_ = false, paused_ = false, overflowed_ = false;
};

}  // namespace stom::trade
