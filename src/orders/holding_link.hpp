// Does in front of a venue what it does not offer (model/orders_offered.hpp): keeps stops, take-profits and trailing
// stops and sends the market or limit order that each becomes, under its own id, once its price is reached; and keeps
// the closing orders of brackets. By the simulator's rule (model/trigger.hpp) on our side's market. What is kept is
// HeldOrders'; each step is an answer, and so a record, before it acts. What the venue offers passes untouched.
//
// It stands in front of the risk guard: the guard holds what leaves against the limits at the moment and at the price
// at which it leaves, also where entries were stopped meanwhile, and counts nothing that only waits here. What closes a
// position keeps every limit of positions and exposure there; a bracket's order that only closes keeps them all.
//
// A bracket's order that was not sent, since the venue could not be reached or its budget was spent, or that came while
// the venue took no more requests, waits anew and is tried again after kTryAgainAfter.
//
// Denied here is a number that is taken, for an order that is not over has it: venues refuse it, and what they say then
// is of either. So is what only closes and is more than is held, where the venue has no reduce-only orders and would
// sell what the account holds beside.
//
// Nothing acts on a book that is stale or gathers for a call auction; with the first one that is neither, all that has
// its price by then. Nor, where a session goes on, before all that happened meanwhile is known: what is held may be
// less by then. Pure: same orders, answers and market, same answers. Of one run.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/instrument.hpp"
#include "model/orders_offered.hpp"
#include "model/trigger.hpp"
#include "model/venue_link.hpp"
#include "orders/held_orders.hpp"

namespace stom::orders {

class HoldingLink final : public VenueLink {
 public:
  /// As from the nearest of venues: a strategy that sends the same again at each answer gets no further than that.
  static constexpr DurationNanos kAnswerAfter = kMillisecond;
  /// The best price of a trailing stop is a record at most so often: a crash costs it that at most.
  static constexpr DurationNanos kTellTrailEvery = kSecond;
  static constexpr DurationNanos kTryAgainAfter = kSecond;

  struct Port {
    std::function<void(ClientOrderId, RejectReason)> refused;  // it goes no further: it is denied here
    std::function<void(const std::string& line)> say;          // what people should read
  };
  /// What is known of an instrument on our side.
  struct Heard {
    TriggerPrices prices;
    bool stale = true, gathering = false;
  };
  /// `offered`: by instrument; empty: all passes. All that is handed in by reference must outlive it.
  HoldingLink(const std::vector<Instrument>& instruments, std::vector<OrdersOffered> offered, VenueLink& venue,
              Port port, RunIndex run = 0);
  /// Before the first order: what an earlier process left. Nothing acts until go_on().
  void resume(HeldOrders held, UnixNanos now);
  /// All that happened meanwhile has been told.
  void go_on(UnixNanos now);

  void submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) override;
  void adopt(RunIndex run, std::uint64_t request, const NewOrder& order, std::string_view venue_order_id,
             UnixNanos sent) override;
  /// One that the venue does all of goes there as it is, whatever its id.
  void pass(std::uint64_t request, const NewOrder& order, UnixNanos sent);
  void cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) override;
  UnixNanos advance(UnixNanos limit) override;
  bool take(UnixNanos now, Answer& answer) override;
  std::optional<Money> charge_of(RunIndex run, const OrderEvent& fill) override { return venue_.charge_of(run, fill); }
  bool quiet() override { return !listens() && venue_.quiet(); }
  bool idle() override { return ready_.empty() && venue_.idle(); }
  bool listens() const override { return !offered_.empty(); }
  void heard(const FeedMessage& message, const BookView& book) override;

  // Where somebody else takes what the venue answers, because it is not for this run alone (HoldingRuns).
  /// When the next answer of its own reaches the strategy, or `limit`.
  UnixNanos next_own(UnixNanos limit);
  bool take_own(UnixNanos now, Answer& answer);
  void told(const Answer& answer, UnixNanos now);
  /// In place of what was heard: of one that does not hear all the time.
  void know(InstrumentIndex instrument, const Heard& heard) { heard_[instrument] = heard; }
  /// Something waits here for its price, or is about to be told.
  bool is_busy() const;

  const HeldOrders& held() const { return held_; }

 private:
  RejectReason refusal(const NewOrder& order, UnixNanos now) const;
  RejectReason refusal_at_once(const NewOrder& order) const;
  void tell(std::uint64_t request, OrderEvent event, UnixNanos at);
  void take_in(std::uint64_t request, const NewOrder& order, UnixNanos now, UnixNanos answer_at);
  void withdraw(ClientOrderId id);
  void take_note(const Answer& answer, UnixNanos now, bool own);
  void settle(UnixNanos now);
  void pull(InstrumentIndex instrument, UnixNanos now);
  void act(HeldOrders::Order& order, UnixNanos now);
  void send(const HeldOrders::Order& order, UnixNanos now);
  void say_unclosed(const OrderEvent& event) const;
  std::string name_of(const HeldOrders::Order& order) const;
  OrderEvent event_of(const NewOrder& order, OrderEventKind kind) const;
  bool is_telling(ClientOrderId id) const { return telling_.contains(id); }
  /// Which of its bracket's two it is: the one that takes its place is the same.
  static ClientOrderId leg_of(ClientOrderId id) { return id & (kStopLossChild | kTakeProfitChild | kParentIds); }
  bool is_paused(ClientOrderId id) const {
    return std::ranges::find(paused_, leg_of(id), &Pause::leg) != paused_.end();
  }

  /// A bracket's order that was not sent, or was one too many.
  struct Pause {
    ClientOrderId leg;
    InstrumentIndex instrument;
    UnixNanos until;
  };

  const std::vector<Instrument>& instruments_;
  const std::vector<OrdersOffered> offered_;
  VenueLink& venue_;
  Port port_;
  const RunIndex run_;
  HeldOrders held_;
  std::vector<Heard> heard_;         // by instrument
  std::deque<Answer> ready_;         // our own, by local time
  bool waits_ = false;               // until go_on()
  UnixNanos now_ = kNoTime;          // as late as it was heard of: no answer is older
  std::set<ClientOrderId> telling_;  // those that they are about: one at a time of each
  std::deque<Pause> paused_;         // by time
};

}  // namespace stom::orders
