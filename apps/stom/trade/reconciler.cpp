#include "trade/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/decimal.hpp"
#include "trade/adoption.hpp"
#include "venues/earlier_orders.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

/// A fill on its way makes an account look different: it is asked again so much later, and only what then still differs
/// differs.
constexpr DurationNanos kAskAgain = kSecond;
/// One that was told as fills went on may agree by chance, so many in a row do not.
constexpr int kEnoughAnswers = 3;
constexpr DurationNanos kWaitingAsks = 30 * kSecond;  // while trading waits for a person

}  // namespace

Reconciler::Reconciler(Sides sides, Port port)
    : sides_{std::move(sides)},
      port_{std::move(port)},
      others_hold_(sides_.instruments.size()),
      held_{sides_.instruments.size()} {}

void Reconciler::restore(Recovery& recovery, std::span<const std::string> acts) {
  earlier_ = recovery.sent();
  held_ = recovery.held();
  over_ = recovery.over();
  others_hold_ = recovery.others_hold();
  begun_ = recovery.first_time();
  if (earlier_.empty()) return;
  for (const ClientOrderId id : earlier_.ids())
    if (const auto before = filled_before(acts, id, earlier_.at(id).time); before.quantity.value > 0)
      filled_before_.emplace(id, before);
  const ClientOrderId oldest = std::ranges::min(earlier_.ids());
  for (const Fill& fill : recovery.account().fills()) {
    if (fill.order < oldest) continue;
    // What came before it was sent is of another order, which had its number then.
    const auto* sent = earlier_.find(fill.order);
    if (sent != nullptr && fill.local_time > sent->time) earlier_fills_[fill.order].push_back(fill);
  }
}

void Reconciler::resume(std::vector<VenueSetup>& venues, ClientOrderId lost_from) {
  const ClientOrderId first_id = run_->state().next_id();
  waits_ = true;
  if (!sides_.link) return;  // on paper the simulator has been told, and has said what it had to
  std::vector<std::vector<venues::EarlierOrder>> by_venue(venues.size());
  for (const WorkingOrder& order : run_->orders()) {
    const auto* sent = earlier_.find(order.id);
    if (sent == nullptr) continue;  // its venue never heard of it: it is kept here
    const bool unknown = order.status == OrderStatus::Unknown || held_.is_unanswered(order.id);
    if (unknown) unanswered_.insert(order.id);
    sides_.link->resume(order.id, order.request, unknown);
    const auto& fills = earlier_fills_[order.id];
    Quantity kept_as_fees{};  // filled, and not among what came
    if (sides_.instruments[order.instrument].kind == ContractKind::Spot && order.side == Side::Buy &&
        sent->order.size_by == SizeBy::Quantity) {
      kept_as_fees = order.quantity - order.leaves;
      for (const Fill& fill : fills) kept_as_fees -= fill.quantity;
    }
    by_venue[sides_.venues[order.instrument]].push_back({.order = sent->order,
                                                         .instrument = &sides_.instruments[order.instrument],
                                                         .submitted = sent->time,
                                                         .accepted = !unknown,
                                                         .venue_order_id = sent->venue_order_id,
                                                         .fills = fills,
                                                         .kept_as_fees = kept_as_fees,
                                                         .before = filled_before_[order.id]});
  }
  std::vector<std::vector<venues::EarlierFunding>> funding(venues.size());
  for (InstrumentIndex i = 0; i < sides_.instruments.size(); ++i)
    if (const UnixNanos last = run_->state().funded_at(i); last != kNoTime)
      funding[sides_.venues[i]].push_back({&sides_.instruments[i], last});
  std::vector<std::vector<venues::EarlierDust>> dust(venues.size());
  for (InstrumentIndex i = 0; i < sides_.traded; ++i)
    if (const Money held = run_->state().holding(i).dust; held.value != 0)
      dust[sides_.venues[i]].push_back({&sides_.instruments[i], held});
  std::vector<std::vector<venues::EarlierNumber>> over(venues.size());
  for (const orders::OverOrder& order : over_)
    over[sides_.venues[order.instrument]].push_back({order.venue_order_id, order.time});
  for (std::size_t v = 0; v < by_venue.size(); ++v) {
    venues[v].venue->resume(by_venue[v], lost_from, first_id);
    if (begun_ != kNoTime) venues[v].venue->resume_funding(begun_, funding[v]);
    venues[v].venue->resume_dust(dust[v]);
    venues[v].venue->resume_over(over[v]);
  }
  over_.clear();
  earlier_fills_.clear();
  filled_before_.clear();
}

void Reconciler::add_venue(const VenueSetup& venue) {
  const bool asked = sides_.link && venue.venue->description().tells_everything;
  standing_.push_back({.name = venue.name, .asked = asked, .differences = {}});
  may_send_ &= !asked;
}

bool Reconciler::settled() const {
  return std::ranges::none_of(standing_, [](const Standing& of) { return of.asked && !of.settled; });
}

std::string Reconciler::client_id_of(ClientOrderId id) const {
  return sides_.link ? fmt::format("{}{}", client_id_prefix(), id) : fmt::to_string(id);
}

std::string Reconciler::client_id_prefix() const { return fmt::format("stom-{}-", sides_.session); }

/// What happened while nobody listened, as the venue tells it now that it is asked (that it knows of no such order
/// has no time of its own); and what became of an order of before that nobody had answered, whenever it is told: the
/// venue may have taken it only now.
void Reconciler::look_back(std::size_t venue, const venues::OrderReport& report, UnixNanos unheard_until) {
  const OrderEvent& event = report.event;
  const bool first_answer = event.kind == OrderEventKind::Accepted || event.kind == OrderEventKind::Rejected;
  const bool missed =
      unheard_until != kNoTime && (event.time <= unheard_until || event.reason == RejectReason::UnknownOrder);
  if (first_answer ? unanswered_.erase(event.id) == 0 : !missed) return;
  const Instrument& of = sides_.instruments[event.instrument];
  const std::string id = client_id_of(event.id);
  const auto left = [&](Quantity leaves) { return fmt::format("{}: {} left", id, quantity_text(of, leaves)); };
  const auto at = format_time(event.time);
  using enum OrderEventKind;
  switch (event.kind) {
    case Filled:
      return found(venue,
                   {"missed_fill", left(event.leaves + event.quantity),
                    fmt::format("{}: {}, fee {}, {}", id, order_text(of, event.side, event.price, event.quantity),
                                format_decimal_trimmed(event.fee.value, kMoneyDecimals), at)});
    case Canceled:
    case Expired:
      return found(venue, {"order_ended", left(event.leaves),
                           fmt::format("{}: {}, {} {}", id, event.kind == Canceled ? "canceled" : "expired", at,
                                       report.reason)});
    case Accepted:
      return found(venue, {"order_found", id + ": unknown", fmt::format("{}: working, {}", id, at)});
    case Rejected:
      return found(venue, {"order_never_arrived", id + ": unknown", fmt::format("{}: {}", id, report.reason)});
    default:
      return;
  }
}

void Reconciler::found(std::size_t venue, Difference difference) {
  const std::lock_guard lock{mutex_};
  found_.emplace_back(venue, std::move(difference));
  found_some_.store(true);
}

void Reconciler::note(const Difference& difference, std::size_t venue, UnixNanos now) {
  run_->journal().difference(now, difference.json());
  sides_.log.warn(fmt::format("{}: differs ({}): ours {}; the venue's {}", standing_[venue].name, difference.kind,
                              difference.ours, difference.venue));
}

void Reconciler::told(VenueHolds holds) {
  if (!sides_.link) return;
  {
    const std::lock_guard lock{mutex_};
    holds_.push_back(std::move(holds));
  }
  sides_.link->mark();
}

void Reconciler::meet_venues(UnixNanos now) {
  if (!sides_.link) {
    if (waits_) go_on_or_wait(now);
    return;
  }
  if (found_some_.exchange(false)) {
    std::deque<std::pair<std::size_t, Difference>> all;
    {
      const std::lock_guard lock{mutex_};
      all.swap(found_);
    }
    for (const auto& [venue, difference] : all) note(difference, venue, now);
  }
  for (std::size_t marks = sides_.link->take_marks(); marks > 0; --marks) {
    VenueHolds holds;
    {
      const std::lock_guard lock{mutex_};
      holds = std::move(holds_.front());
      holds_.pop_front();
    }
    hold_against(std::move(holds), now);
  }
  if (now >= ask_at_) {
    ask_at_ = kNever;
    port_.ask_venues();
  }
  if (question_.asked()) answer(now);
}

/// Orders that only one side knows, and those of which nobody knows.
std::vector<Difference> Reconciler::differing_orders(const VenueHolds& holds) const {
  std::vector<Difference> all;
  const std::string prefix = client_id_prefix();
  for (const venues::WorkingOrder& order : holds.orders) {
    if (order.id != 0) continue;
    const Instrument& of = sides_.instruments[order.instrument];
    const bool waits = order.trigger_price.value != 0;
    all.push_back({order.client_id.starts_with(prefix) ? "lost_order" : "foreign_order", "not known",
                   fmt::format("{}{} (order {}, client id {})", order_text(of, order.side, order.price, order.leaves),
                               waits ? ", waits for " +
                                           format_decimal_trimmed(Int128{order.trigger_price.value}, of.price_decimals)
                                     : std::string{},
                               order.venue_order_id, order.client_id)});
  }
  for (const WorkingOrder& order : run_->orders()) {
    if (sides_.venues[order.instrument] != holds.venue) continue;
    const Instrument& of = sides_.instruments[order.instrument];
    const std::string text =
        fmt::format("{}: {}", client_id_of(order.id), order_text(of, order.side, order.price, order.leaves));
    if (sides_.link->is_unknown(order.id)) all.push_back({"order_unknown", text, "not told"});
  }
  return all;
}

/// What rests there under a number of the session that the journal does not know was sent with that number, and others
/// near it: where the clock was set back, the next one could be the same.
void Reconciler::pass_used_ids(const VenueHolds& holds, UnixNanos now) {
  const std::string prefix = client_id_prefix();
  ClientOrderId newest = 0;
  for (const venues::WorkingOrder& order : holds.orders)
    if (order.id == 0)
      if (const auto id = venues::id_in(order.client_id, prefix)) newest = std::max(newest, *id & kParentIds);
  constexpr ClientOrderId kMost = kParentIds / 2;  // beyond, no session has ever been
  if (newest >= run_->state().next_id() && newest < kMost)
    port_.begin_ids(now, orders::first_id_of_process(newest + 1, now));
}

/// A venue has told everything, and all that it told before has been taken in. It told while fills went on: what it
/// says may be of any moment since it was asked, or ahead of what we know by now.
void Reconciler::hold_against(VenueHolds holds, UnixNanos now) {
  Standing& standing = standing_[holds.venue];
  standing.told = holds.asked;
  const auto mine = [&] {
    std::vector<InstrumentIndex> of;
    for (InstrumentIndex i = 0; i < sides_.traded; ++i)
      if (sides_.venues[i] == holds.venue) of.push_back(i);
    return of;
  }();
  const OurSide ours{.instruments = sides_.instruments,
                     .position = [this](InstrumentIndex i) { return run_->position(i); },
                     .dust = [this](InstrumentIndex i) { return run_->state().holding(i).dust; }};
  // Of two answers in a row what both say counts; where they lie close together, one fill under way makes both wrong.
  const bool is_later = standing.before.asked == kNoTime || holds.asked - standing.before.asked >= kAskAgain;
  const bool is_second = is_later && trail_.knows_since(standing.before.asked);
  bool suspects = false, certain = true;
  std::vector<Difference> differing;
  for (AccountHolding& holding : holdings_at(holds, ours, mine)) {
    auto& others = others_hold_[holding.instrument];
    const auto set_others = [&](Quantity quantity) {
      others = quantity;
      run_->journal().others_hold(now, holding.instrument, quantity);
    };
    if (!others) {
      set_others(holding.there - holding.ours);
      continue;
    }
    const auto apart = apart_since_asked(holds, ours, holding.shared_by, trail_);
    if (std::ranges::find(apart, *others) != apart.end()) {
      certain &= apart.size() == 1;
      continue;
    }
    std::vector<Quantity> by;
    if (is_second) by = differs_by(apart_since_asked(standing.before, ours, holding.shared_by, trail_), apart, *others);
    const bool accepts = waits_ && sides_.accept_differences;
    if (by.empty() || (accepts && by.size() > 1)) {
      suspects = true;
      continue;
    }
    holding.ours = holding.there - by.front();  // as it was when the venue looked
    Difference difference = position_difference(holding, *others, sides_.instruments[holding.instrument]);
    if (!accepts) {
      differing.push_back(std::move(difference));
      continue;
    }
    note({std::string{kAcceptedPosition}, difference.ours, difference.venue}, holds.venue, now);
    port_.accepted();
    set_others(by.front());
  }
  pass_used_ids(holds, now);
  if (is_later) standing.unsuspected = suspects ? 0 : standing.unsuspected + 1;
  standing.settled = !suspects && (certain || standing.unsuspected >= kEnoughAnswers);
  auto differences = differing_orders(holds);
  if (standing.settled) {
    standing.unsuspected = 0;
    std::ranges::move(differing, std::back_inserter(differences));
  } else {
    ask_at_ = std::min(ask_at_, now + kAskAgain);
    std::ranges::copy_if(standing.differences, std::back_inserter(differences),
                         [](const Difference& known) { return known.kind == "position"; });
  }
  for (const Difference& difference : differences)
    if (std::ranges::find(standing.differences, difference) == standing.differences.end())
      note(difference, holds.venue, now);
  standing.differences = std::move(differences);
  if (is_later) standing.before = std::move(holds);
  may_send_ = std::ranges::all_of(standing_, [](const Standing& of) { return !of.asked || of.told != kNoTime; });
  if (waits_) go_on_or_wait(now);
}

/// Of a session that goes on: the strategy is called once all is known of before, and nothing that matters differs.
void Reconciler::go_on_or_wait(UnixNanos now) {
  bool differs = false;
  for (const Standing& standing : standing_) {
    if (standing.asked && !standing.settled) return;
    differs |= std::ranges::any_of(standing.differences, holds_back);
  }
  if (differs) {
    ask_at_ = std::min(ask_at_, now + kWaitingAsks);
    if (!std::exchange(said_waits_, true))
      sides_.log.say(
          "trading waits: what the venue holds differs; stom account reconcile --session DIR shows it, and a start "
          "with --accept-differences goes on from what the venue says",
          Loudness::Error);
    return;
  }
  waits_ = false;
  port_.lets_trade(now);
  sides_.log.say("all that was open is known: trading goes on");
}

void Reconciler::answer(UnixNanos now) {
  if (since_ == kNoTime) {
    since_ = now;
    port_.ask_venues();
  }
  Json differences = Json::array(), not_asked = Json::array();
  for (std::size_t v = 0; v < standing_.size(); ++v) {
    const Standing& standing = standing_[v];
    if (!standing.asked) {
      not_asked.push_back(standing.name);
      continue;
    }
    if (standing.told < since_ || !standing.settled) return;
    for (const Difference& difference : standing.differences) differences.push_back(Json::parse(difference.json()));
  }
  since_ = kNoTime;
  question_.answer(Json{{"differences", std::move(differences)}, {"not_asked", std::move(not_asked)}}.dump());
}

}  // namespace stom::trade
