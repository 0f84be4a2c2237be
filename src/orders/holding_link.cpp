#include "orders/holding_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "core/decimal.hpp"
#include "model/refusal.hpp"

namespace stom::orders {

namespace {
constexpr ClientOrderId kBracketBits = kStopLossChild | kTakeProfitChild;
}

HoldingLink::HoldingLink(const std::vector<Instrument>& instruments, std::vector<OrdersOffered> offered,
                         VenueLink& venue, Port port, RunIndex run)
    : instruments_{instruments},
      offered_{std::move(offered)},
      venue_{venue},
      port_{std::move(port)},
      run_{run},
      held_{instruments.size(), offered_},
      heard_(instruments.size()) {
  STOM_ASSERT(offered_.empty() || offered_.size() == instruments.size());
}

void HoldingLink::resume(HeldOrders held, UnixNanos now) {
  if (!listens()) return;
  now_ = now;
  held_ = std::move(held);
  waits_ = true;
  for (HeldOrders::Order& order : held_.all()) {
    order.resumed = order.kept;
    if (order.told_best.value != 0) order.best = order.told_best;
    if (held_.is_to_answer(order)) take_in(order.request, order.order, now, now);
  }
  settle(now);
}

void HoldingLink::go_on(UnixNanos now) {
  waits_ = false;
  now_ = std::max(now_, now);
  for (const HeldOrders::Order& order : held_.all())
    if (order.sent && !order.answered && (order.order.id & ~kParentIds) != 0)
      port_.say(
          fmt::format("the {} left before the session ended, and nobody has said what became of it: as long as "
                      "that is so, nothing else closes what it was to close; look at the exchange's own page",
                      name_of(order)));
  for (InstrumentIndex i = 0; i < instruments_.size(); ++i) pull(i, now);
}

// --- orders on their way out -----------------------------------------------------------------------------------------

void HoldingLink::submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) {
  if (!listens()) return venue_.submit(run, request, order, sent);
  STOM_ASSERT(run == run_);
  now_ = std::max(now_, sent);
  if (const RejectReason reason = refusal_at_once(order); reason != RejectReason::None) {
    port_.refused(order.id, reason);
    return tell(request, refusal_of(order, OrderEventKind::Denied, reason, sent), sent + kAnswerAfter);
  }
  if (held_.is_to_keep(order)) return take_in(request, order, sent, sent + kAnswerAfter);
  held_.submitted(request, order);
  NewOrder alone = order;
  alone.stop_loss = alone.take_profit = {};
  if (held_.is_of_a_share(order.id)) alone.reduce_only = false;  // it does, here: by the account's position it may not
  venue_.submit(run, request, alone, sent);
}

/// It rests there: nothing here can refuse it.
void HoldingLink::adopt(RunIndex run, std::uint64_t request, const NewOrder& order, std::string_view venue_order_id,
                        UnixNanos sent) {
  if (listens()) {
    STOM_ASSERT(run == run_);
    now_ = std::max(now_, sent);
    held_.submitted(request, order);
  }
  venue_.adopt(run, request, order, venue_order_id, sent);
}

RejectReason HoldingLink::refusal_at_once(const NewOrder& order) const {
  const bool is_taken =
      order.id > kParentIds || held_.is_taken(order.id) || is_telling(order.id);  // beyond: of brackets
  if (is_taken) return RejectReason::DuplicateId;
  if (order.stop_loss.value < 0 || order.take_profit.value < 0) return RejectReason::NotPositive;
  if (held_.is_of_a_share(order.id) && order.size_by != SizeBy::Quantity) return RejectReason::Unsupported;
  const bool is_cut = held_.is_to_keep(order) || offered_[order.instrument].reduce_only;
  if (order.reduce_only && !is_cut && order.size_by == SizeBy::Quantity && order.quantity.value > 0 &&
      held_.sendable({.order = order}) < order.quantity)
    return RejectReason::ReduceOnlyWouldIncrease;
  return RejectReason::None;
}

/// What only rests is not followed: whether its number is taken, the venue says.
void HoldingLink::pass(std::uint64_t request, const NewOrder& order, UnixNanos sent) {
  now_ = std::max(now_, sent);
  if (order.type != OrderType::Limit) held_.submitted(request, order);
  venue_.submit(run_, request, order, sent);
}

void HoldingLink::take_in(std::uint64_t request, const NewOrder& order, UnixNanos now, UnixNanos answer_at) {
  const bool is_new = held_.find(order.id) == nullptr;
  if (const RejectReason reason = refusal(order, now); reason != RejectReason::None) {
    port_.refused(order.id, reason);
    return tell(request, refusal_of(order, OrderEventKind::Denied, reason, now), answer_at);
  }
  const OrderEvent accepted = event_of(order, OrderEventKind::Accepted);
  if (is_new) held_.submitted(request, order);
  tell(request, accepted, answer_at);
}

/// As the simulator refuses (docs/fills.md, R1).
RejectReason HoldingLink::refusal(const NewOrder& order, UnixNanos now) const {
  const Instrument& instrument = instruments_[order.instrument];
  const bool priced = as_sent(order).type == OrderType::Limit;
  const Price distance = order.type == OrderType::TrailingStop ? order.trail : order.trigger_price;
  if (order.size_by != SizeBy::Quantity) return RejectReason::Unsupported;
  if (order.quantity.value <= 0 || distance.value <= 0 || (priced && order.price.value <= 0))
    return RejectReason::NotPositive;
  if (order.quantity.value % instrument.lot.value != 0) return RejectReason::OffLot;
  if (priced && !instrument.on_ladder(order.price)) return RejectReason::OffTick;
  const bool waits_until = order.time_in_force == TimeInForce::GTD;
  if (order.post_only || order.display.value != 0 || order.time_in_force == TimeInForce::DAY || (waits_until && priced))
    return RejectReason::Unsupported;
  if (order.expire_time <= now) return RejectReason::Expired;
  // With an entry its stop may come, as it may where the simulator or a venue has them: the entry is there first.
  const bool is_opened = held_.is_of_a_share(order.id) && held_.is_being_opened(order);
  if (order.reduce_only && !is_opened && held_.open_to(order.id, order.side, order.instrument) <= 0)
    return RejectReason::ReduceOnlyWouldIncrease;
  return RejectReason::None;
}

void HoldingLink::cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) {
  now_ = std::max(now_, sent);
  const HeldOrders::Order* held = held_.find(order.id);
  // A denial for its number is about another order: whose it is, the cancel is for.
  const auto answer = std::ranges::find_if(
      ready_, [&](const Answer& a) { return a.event.id == order.id && !is_refused_as_duplicate(a.event); });
  if (answer != ready_.end() && answer->event.kind == OrderEventKind::Denied) {  // nobody else has ever heard of it
    NewOrder refused{.id = order.id, .instrument = order.instrument, .side = answer->event.side};
    return tell(request, refusal_of(refused, OrderEventKind::CancelRejected, RejectReason::UnknownOrder, sent),
                sent + kAnswerAfter);
  }
  if (held == nullptr || held->sent || (!held->kept && answer == ready_.end()))
    return venue_.cancel(run, request, order, sent);
  if (held->kept) withdraw(order.id);  // one that was about to leave has not
  tell(request, event_of(held->order, OrderEventKind::Canceled), sent + kAnswerAfter);
}

// --- answers ---------------------------------------------------------------------------------------------------------

OrderEvent HoldingLink::event_of(const NewOrder& order, OrderEventKind kind) const {
  const bool over = kind == OrderEventKind::Canceled || kind == OrderEventKind::Expired;
  return {.kind = kind,
          .side = order.side,
          .reason = RejectReason::Held,
          .instrument = order.instrument,
          .id = order.id,
          .price = as_sent(order).type == OrderType::Limit ? order.price : order.trigger_price,
          .leaves = over ? Quantity{} : order.quantity};
}

void HoldingLink::tell(std::uint64_t request, OrderEvent event, UnixNanos at) {
  at = std::max(at, now_);
  event.time = event.local_time = at;
  telling_.insert(event.id);
  const auto behind = std::ranges::upper_bound(ready_, at, {}, [](const Answer& a) { return a.event.local_time; });
  ready_.insert(behind, Answer{.run = run_, .request = request, .event = event});
}

void HoldingLink::withdraw(ClientOrderId id) {
  std::erase_if(ready_,
                [&](const Answer& answer) { return answer.event.id == id && !is_refused_as_duplicate(answer.event); });
  if (HeldOrders::Order* order = held_.find(id)) order->leaving = {};
}

bool HoldingLink::is_busy() const {
  return !ready_.empty() || std::ranges::any_of(held_.all(), &HeldOrders::Order::kept);
}

UnixNanos HoldingLink::next_own(UnixNanos limit) {
  if (listens()) {
    for (HeldOrders::Order& order : held_.all()) {
      if (!order.kept || order.order.expire_time > limit || is_telling(order.order.id)) continue;
      tell(0, event_of(order.order, OrderEventKind::Expired), order.order.expire_time);
    }
    while (!paused_.empty() && paused_.front().until <= limit) {
      const Pause over = paused_.front();
      paused_.pop_front();
      pull(over.instrument, over.until);
    }
  }
  return ready_.empty() ? limit : std::min(limit, ready_.front().event.local_time);
}

UnixNanos HoldingLink::advance(UnixNanos limit) { return venue_.advance(next_own(limit)); }

bool HoldingLink::take(UnixNanos now, Answer& answer) {
  if (take_own(now, answer)) return true;
  if (!venue_.take(now, answer)) return false;
  told(answer, now);
  return true;
}

bool HoldingLink::take_own(UnixNanos now, Answer& answer) {
  // The run has ended: what has its price only now does not leave any more.
  if (now == kNever)
    std::erase_if(ready_, [](const Answer& one) { return one.event.kind == OrderEventKind::Triggered; });
  if (ready_.empty() || ready_.front().event.local_time > now) return false;
  answer = ready_.front();
  ready_.pop_front();
  const auto again = std::ranges::find(ready_, answer.event.id, [](const Answer& a) { return a.event.id; });
  if (again == ready_.end()) telling_.erase(answer.event.id);
  take_note(answer, now, true);
  return true;
}

void HoldingLink::told(const Answer& answer, UnixNanos now) {
  if (!listens()) return;
  const OrderEvent& event = answer.event;
  say_unclosed(event);
  if ((was_not_sent(event) || was_one_too_many(event)) && is_of_bracket(event.id))
    paused_.push_back({leg_of(event.id), event.instrument, event.local_time + kTryAgainAfter});
  take_note(answer, now, false);
}

void HoldingLink::take_note(const Answer& answer, UnixNanos now, bool own) {
  const OrderEvent& event = answer.event;
  held_.told(answer.request, event);
  if (now == kNever) return;
  now_ = std::max(now_, now);
  if (own && event.kind == OrderEventKind::Triggered) send(*held_.find(event.id), now);
  settle(now);
  pull(event.instrument, now);
}

/// Its record stands, and is with the system before the order leaves (LiveLink).
void HoldingLink::send(const HeldOrders::Order& order, UnixNanos now) {
  NewOrder sent = as_sent(order.order);
  sent.reduce_only &= offered_[sent.instrument].reduce_only;
  venue_.submit(run_, order.request, sent, now);
}

/// Brackets' orders that begin, change or end.
void HoldingLink::settle(UnixNanos now) {
  for (const auto& [request, event] : held_.due()) {
    if (is_telling(event.id)) continue;
    const bool last = (event.id & ~kParentIds & ~kBracketBits) >> kChildRoundShift == HeldOrders::kLastRound;
    if (last && held_.find(event.id) == nullptr)
      port_.say(fmt::format("the last of {} closing orders of order {} waits: what it leaves open is closed by nobody",
                            HeldOrders::kLastRound + 1, event.id & kParentIds));
    tell(request, event, now);
  }
}

void HoldingLink::say_unclosed(const OrderEvent& event) const {
  using enum OrderEventKind;
  if (event.kind != Rejected && event.kind != Denied && event.kind != Canceled && event.kind != Expired) return;
  const HeldOrders::Order* order = held_.find(event.id);
  if (order == nullptr || !order->sent || (event.id & ~kParentIds) == 0) return;
  if (was_not_sent(event)) return port_.say(fmt::format("the {} was not sent: it is tried again", name_of(*order)));
  if (never_arrived(event))
    return port_.say(fmt::format("the {} never arrived: another one takes its place", name_of(*order)));
  if (was_one_too_many(event))
    return port_.say(fmt::format("the {} was refused for too many requests: another one takes its place in a second",
                                 name_of(*order)));
  const Instrument& instrument = instruments_[event.instrument];
  port_.say(fmt::format("the {} did not close {} of {}: look at the position, and close it by hand", name_of(*order),
                        format_decimal_trimmed(Int128{order->order.quantity.value}, instrument.quantity_decimals),
                        instrument.id));
}

std::string HoldingLink::name_of(const HeldOrders::Order& order) const {
  return fmt::format("{} of order {}", order.order.id & kStopLossChild ? "stop-loss" : "take-profit",
                     order.order.id & kParentIds);
}

// --- the market ------------------------------------------------------------------------------------------------------

void HoldingLink::heard(const FeedMessage& message, const BookView& book) {
  now_ = std::max(now_, message.local_time);
  Heard& at = heard_[message.instrument];
  const std::int64_t base = instruments_[message.instrument].base_tick().value;
  switch (message.kind) {
    case FeedKind::Trade:
      at.prices.last = {message.first->tick * base};
      break;
    case FeedKind::Mark:
      if (message.first[0].tick > 0) at.prices.mark = {message.first[0].tick * base};
      if (message.bids + message.asks > 1 && message.first[1].tick > 0)
        at.prices.index = {message.first[1].tick * base};
      break;
    case FeedKind::Depth:
    case FeedKind::Snapshot:
      at.gathering = message.auction;
      break;
    case FeedKind::Quote:
    case FeedKind::Bar:
    case FeedKind::Gap:
    case FeedKind::Watched:
    case FeedKind::Unwatched:
      break;
  }
  at.prices.bid = book.best_bid;
  at.prices.ask = book.best_ask;
  at.stale = book.stale;
  pull(message.instrument, message.local_time);
}

/// Those that have their price, by submission.
void HoldingLink::pull(InstrumentIndex instrument, UnixNanos now) {
  const Heard& at = heard_[instrument];
  if (at.gathering || std::ranges::none_of(held_.all(), &HeldOrders::Order::kept)) return;
  for (HeldOrders::Order& order : held_.all()) {
    if (order.order.instrument != instrument || !held_.may_act(order) || is_telling(order.order.id) ||
        is_paused(order.order.id))
      continue;
    const Price price = at.prices.of(order.order);
    if (price == kNoPrice) continue;
    const bool acts = !at.stale && !waits_;
    const bool reached = is_triggered(order.order, price, order.best) && acts;
    if (acts && std::exchange(order.resumed, false) && reached)
      port_.say(fmt::format("order {} had its price before the session went on: it acts now", order.order.id));
    if (reached) {
      act(order, now);
    } else if (order.order.type == OrderType::TrailingStop && order.best != order.told_best &&
               (order.told_at == kNoTime || now - order.told_at >= kTellTrailEvery)) {
      order.told_at = now;
      OrderEvent event = event_of(order.order, OrderEventKind::Accepted);
      event.price = order.best;
      tell(0, event, now);
    }
  }
}

void HoldingLink::act(HeldOrders::Order& order, UnixNanos now) {
  const std::int64_t lot = instruments_[order.order.instrument].lot.value;
  const std::int64_t quantity = held_.sendable(order).value / lot * lot;
  if (quantity == 0) {
    // What others are closing right now may come back; a position that is gone does not.
    if (held_.open_to(order.order.id, order.order.side, order.order.instrument) < lot)
      tell(0, event_of(order.order, OrderEventKind::Canceled), now);
    return;
  }
  order.leaving = {quantity};
  OrderEvent event = event_of(order.order, OrderEventKind::Triggered);
  event.price = as_sent(order.order).price;
  event.leaves = {quantity};
  tell(0, event, now);
}

}  // namespace stom::orders
