#include "orders/execution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/assert.hpp"
#include "core/decimal.hpp"

namespace stom::orders {
namespace {

constexpr std::int64_t kMostWeight = std::int64_t{1} << 62;

/// Kiwoom knows no client order ids: that an order never arrived its lists alone say, half a minute later, and for five
/// minutes it is booked where it comes after all (docs/venues/kiwoom.md).
constexpr std::string_view kGivesUpByItsLists = "kiwoom";
constexpr DurationNanos kMayStillCome = 5 * kMinute;

/// It is of the moment, and no fault of the order: tried again however often.
bool passes_by(RejectReason reason) {
  switch (reason) {
    case RejectReason::MarketClosed:
    case RejectReason::BookStale:
    case RejectReason::NoLiquidity:
    case RejectReason::TooManyOrders:
    case RejectReason::RiskOrderRate:
    case RejectReason::RiskUnknown:
      return true;
    default:
      return false;
  }
}

Result<void> check_slices(const ExecutionPlan& plan) {
  if (plan.slices < 1 || plan.slices > ExecutionPlan::kMostSlices)
    return fail(Errc::Usage, fmt::format("{} slices are not in 1..{}", plan.slices, ExecutionPlan::kMostSlices),
                "name how many parts the time has");
  if (plan.over < plan.slices)
    return fail(Errc::Usage, "an execution in parts of a time needs that time", "say over how long, such as 10m");
  if (plan.weights.empty()) return {};
  if (plan.weights.size() != static_cast<std::size_t>(plan.slices))
    return fail(Errc::Usage, fmt::format("{} weights for {} slices", plan.weights.size(), plan.slices),
                "give each slice one weight");
  Int128 sum = 0;
  for (const std::int64_t weight : plan.weights) {
    if (weight < 0) return fail(Errc::Usage, "a weight is below 0", "give weights from 0 on");
    sum += weight;
  }
  if (sum == 0 || sum > kMostWeight)
    return fail(Errc::Usage, "the weights sum to nothing, or to too much", "give smaller ones, and one above 0");
  return {};
}

}  // namespace

std::string_view name_of(ExecutionKind kind) {
  constexpr std::array<std::string_view, 5> kNames{"twap", "vwap", "pov", "iceberg", "chase"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(ExecutionEnd end) {
  constexpr std::array<std::string_view, 7> kNames{"none",    "filled",  "time",        "too_small",
                                                   "stopped", "refused", "nothing_held"};
  return kNames[static_cast<std::size_t>(end)];
}

Result<void> check(const ExecutionPlan& plan, const Instrument& instrument) {
  const std::int64_t lot = instrument.lot.value;
  const auto whole_lots = [&](Quantity of) { return of.value >= 0 && of.value % lot == 0; };
  if (plan.quantity.value <= 0 || !whole_lots(plan.quantity))
    return fail(Errc::Usage, "the quantity is not a number of whole lots above 0",
                fmt::format("the lot is {}", format_decimal(lot, instrument.quantity_decimals)));
  if (!whole_lots(plan.least) || plan.least > plan.quantity)
    return fail(Errc::Usage, "the least of an order is no number of whole lots up to the quantity", "0 is one lot");
  if (!whole_lots(plan.shown))
    return fail(Errc::Usage, "what is shown is no number of whole lots",
                fmt::format("the lot is {}", format_decimal(lot, instrument.quantity_decimals)));
  // So that what a part leaves can always be made two parts of which neither is too small nor too large.
  if (plan.shown.value > 0 && plan.least.value > lot && plan.shown.value < 2 * plan.least.value)
    return fail(Errc::Usage, "what is shown is less than twice the least of an order", "show more, or lower the least");
  if (plan.limit != kNoPrice && (plan.limit.value <= 0 || !instrument.on_ladder(plan.limit)))
    return fail(Errc::Usage, "the limit is no price of the instrument", "round it to a tick");
  if (plan.over < 0 || plan.follow < 1 || plan.moves < 0)
    return fail(Errc::Usage, "a time below 0, no tick to follow by, or moves below 0", "see docs/execution.md");
  switch (plan.kind) {
    case ExecutionKind::Twap:
    case ExecutionKind::Vwap:
      return check_slices(plan);
    case ExecutionKind::Pov:
      if (plan.share <= 0 || plan.share > ExecutionPlan::kWhole)
        return fail(Errc::Usage, "the share of what is traded is not above 0 and up to all of it", "10 is a tenth");
      return {};
    case ExecutionKind::Iceberg:
      if (plan.shown.value == 0)
        return fail(Errc::Usage, "an iceberg shows a part, and none is said", "say how much is shown");
      return {};
    case ExecutionKind::Chase:
      break;
  }
  return {};
}

// --- what is usually traded at that time ---

void DayVolumes::add(UnixNanos time, Quantity quantity) {
  if (time < 0 || quantity.value <= 0) return;
  Minute& minute = minutes_[static_cast<std::size_t>(time / kMinute) % kMinutes];
  if (minute.number != time / kMinute) minute = {.number = time / kMinute};
  // As large as it gets: a weight need be no more exact than that.
  minute.volume = std::min(minute.volume, kMostWeight - quantity.value) + quantity.value;
}

std::int64_t DayVolumes::volume_in(std::int64_t minute) const {
  const Minute& found = minutes_[static_cast<std::size_t>(minute) % kMinutes];
  return found.number == minute ? found.volume : 0;
}

std::vector<std::int64_t> DayVolumes::weights(UnixNanos begin, DurationNanos over, int slices) const {
  const UnixNanos from = begin - kDay;
  if (from < 0 || since_ > from || over <= 0 || over > kDay || slices < 1) return {};
  std::vector<Int128> exact(static_cast<std::size_t>(slices));
  Int128 sum = 0;
  for (int i = 0; i < slices; ++i) {
    const UnixNanos first = from + static_cast<UnixNanos>(Int128{over} * i / slices);
    const UnixNanos last = from + static_cast<UnixNanos>(Int128{over} * (i + 1) / slices);
    for (std::int64_t minute = first / kMinute; minute * kMinute < last; ++minute) {
      const DurationNanos within = std::min(last, (minute + 1) * kMinute) - std::max(first, minute * kMinute);
      exact[static_cast<std::size_t>(i)] += Int128{volume_in(minute)} * within;
    }
    sum += exact[static_cast<std::size_t>(i)];
  }
  if (sum == 0) return {};
  int shift = 0;
  while ((sum >> shift) > kMostWeight) ++shift;
  std::vector<std::int64_t> all;
  for (const Int128 one : exact) all.push_back(static_cast<std::int64_t>(one >> shift));
  return all;
}

// --- the execution ---

Execution::Execution(ExecutionPlan plan, const Instrument& instrument, UnixNanos begin)
    : plan_{std::move(plan)},
      instrument_{instrument},
      begin_{begin},
      least_{std::max(plan_.least.value, instrument.lot.value)} {
  STOM_ASSERT(check(plan_, instrument_).has_value());
  std::int64_t sum = 0;
  for (const std::int64_t weight : plan_.weights) sums_.push_back(sum += weight);
}

void Execution::resume(Quantity done_before, const WorkingOrder* child) {
  before_ = filled_ = done_before;
  resumed_ = true;
  if (child == nullptr) return;
  const Quantity done = child->quantity - child->leaves;
  child_ = {.id = child->id,
            .price = child->price,
            .rests = child->type == OrderType::Limit,
            .accepted = child->status == OrderStatus::Working,
            .cancel_asked = child->cancel_pending,
            .slice = 0,
            .quantity = child->quantity,
            .heard = done,
            .filled = done};
  if (plan_.kind == ExecutionKind::Iceberg && child_.rests) fixed_ = child_.price;
}

int Execution::slice_at(UnixNanos now) const {
  if (!is_sliced()) return 0;
  const auto parts =
      static_cast<std::int64_t>(Int128{std::max<DurationNanos>(now - begin_, 0)} * plan_.slices / plan_.over);
  return static_cast<int>(std::min<std::int64_t>(parts + 1, plan_.slices));
}

std::int64_t Execution::due(UnixNanos now) const {
  const std::int64_t lot = instrument_.lot.value, whole = plan_.quantity.value - before_.value;
  Int128 released = whole;
  if (is_sliced() && !has_ended(now)) {
    // Rounded up to whole lots, as the parts of an order grid are.
    const int slice = slice_at(now);
    const Int128 part = sums_.empty() ? slice : sums_[static_cast<std::size_t>(slice - 1)];
    const Int128 of = sums_.empty() ? plan_.slices : sums_.back();
    released = std::min<Int128>(divide(Int128{(whole + lot - 1) / lot} * part, of, Rounding::Ceil) * lot, whole);
  } else if (plan_.kind == ExecutionKind::Pov && !has_ended(now)) {
    released = std::min<Int128>(volume_ * plan_.share / ExecutionPlan::kWhole, whole);
  }
  return static_cast<std::int64_t>(released) + before_.value - filled_.value;
}

/// Of what is due, the next order: as large as it may be, and so that neither it nor what it leaves is too small.
std::int64_t Execution::piece(std::int64_t wanted, std::int64_t open, bool resting) const {
  const bool hidden = plan_.kind == ExecutionKind::Iceberg && plan_.native;
  const std::int64_t most = resting && plan_.shown.value > 0 && !hidden ? plan_.shown.value : open;
  std::int64_t size = std::min({wanted, open, most});
  size -= size % instrument_.lot.value;
  if (size < least_) return 0;
  if (const std::int64_t rest = open - size; rest > 0 && rest < least_) {
    if (plan_.kind != ExecutionKind::Pov && open <= most)
      size = open;
    else
      size = open - least_;  // the share is at most, and so is what is shown
  }
  return size < least_ ? 0 : size;
}

Price Execution::resting_price(const ExecutionView& view) const {
  if (fixed_ != kNoPrice) return fixed_;
  const Price best = own_best(view);
  if (plan_.kind == ExecutionKind::Iceberg && plan_.limit != kNoPrice) return plan_.limit;
  if (best == kNoPrice || plan_.limit == kNoPrice) return best;
  return better(plan_.limit, best) > 0 ? plan_.limit : best;
}

ExecutionWish Execution::next(const ExecutionView& view) {
  if (is_over() || sending_) return {};
  if (child_.id != 0) {
    if (!is_to_go(view)) return {};
    child_.cancel_asked = true;
    return {.kind = ExecutionWish::Kind::Cancel, .order = {}, .cancel = child_.id};
  }
  std::int64_t open = left().value;
  if (open <= 0) return finish(ExecutionEnd::Filled);
  if (stopping_) return finish(ExecutionEnd::Stopped);
  if (plan_.reduce_only) {
    const std::int64_t held = -sign_of(plan_.side) * view.position.value;
    if (held <= 0) return finish(ExecutionEnd::NothingHeld);
    open = std::min(open, held);
  }
  open -= open % instrument_.lot.value;
  if (open < least_) return finish(ExecutionEnd::TooSmall);
  if (has_ended(view.now) && !plan_.takes_the_rest) return finish(ExecutionEnd::Time);
  if (view.now < wait_until_) return {};
  const std::int64_t size = piece(due(view.now), open, rests(view.now));
  return size == 0 ? ExecutionWish{} : submit(view, {size});
}

/// Whether the child under way is to be taken back: the place in the queue is kept as long as there is no reason.
bool Execution::is_to_go(const ExecutionView& view) {
  if (!child_.accepted || child_.cancel_asked || view.now < wait_until_) return false;
  if (stopping_) return true;
  if (!child_.rests) return false;
  if (has_ended(view.now) || under_way() > left()) return true;  // too much: one before it was filled after all
  const std::int64_t waits = under_way().value;
  if (!follows() || waits < least_) return false;  // what came back could not be sent again
  if (child_.slice < slice_at(view.now) && due(view.now) > waits) return true;
  const Price price = resting_price(view);
  if (price == kNoPrice || better(child_.price, price) < Int128{plan_.follow} * instrument_.tick_at(child_.price).value)
    return false;
  if (moved_ < plan_.moves) {
    ++moved_;
    return true;
  }
  if (plan_.kind == ExecutionKind::Chase && plan_.takes_the_rest) crosses_ = true;
  return crosses_;
}

ExecutionWish Execution::submit(const ExecutionView& view, Quantity quantity) {
  NewOrder order{.instrument = plan_.instrument, .side = plan_.side};
  order.reduce_only = plan_.reduce_only;
  order.quantity = quantity;
  const bool resting = rests(view.now);
  if (resting) {
    order.price = resting_price(view);
    if (order.price == kNoPrice) return {};
    if (plan_.kind == ExecutionKind::Iceberg) {
      fixed_ = order.price;
      if (plan_.native && plan_.shown < quantity) order.display = plan_.shown;
    }
  } else if (plan_.limit == kNoPrice) {
    order.type = OrderType::Market;
  } else {
    const Price best = other_best(view);
    if (best == kNoPrice) return {};
    if (better(best, plan_.limit) < 0) return has_ended(view.now) ? finish(ExecutionEnd::Time) : ExecutionWish{};
    order.price = plan_.limit;
    order.time_in_force = TimeInForce::IOC;
  }
  child_ = {.price = order.price, .rests = resting, .slice = slice_at(view.now), .quantity = quantity};
  sending_ = true;
  return {.kind = ExecutionWish::Kind::Submit, .order = order, .cancel = 0};
}

void Execution::sent(ClientOrderId id) {
  STOM_ASSERT(sending_ && id != 0);
  sending_ = false;
  child_.id = id;
  ++children_;
}

ExecutionWish Execution::finish(ExecutionEnd why) {
  end_ = why;
  return {};
}

// --- what is said of its orders ---

void Execution::told(const OrderEvent& event, UnixNanos now) {
  if (event.instrument != plan_.instrument || event.id == 0) return;
  if (event.id != child_.id) {
    if (event.kind != OrderEventKind::Filled) return;
    if (const auto late = std::ranges::find(former_, event.id, &Child::id); late != former_.end())
      fill(*late, event, {});
    else if (resumed_ && event.side == plan_.side && event.id <= kParentIds)
      filled_ += event.quantity;  // of an order of before that the records lack, and the venue knows
    return;
  }
  switch (event.kind) {
    case OrderEventKind::Accepted:
      child_.accepted = true;
      refusals_ = 0;
      break;
    case OrderEventKind::Filled:
      child_.accepted = true;
      refusals_ = 0;
      fill(child_, event, child_.quantity - event.leaves);
      if (event.leaves.value == 0) close(RejectReason::None, now);
      break;
    case OrderEventKind::Canceled:
    case OrderEventKind::Expired:
      close(RejectReason::None, now);
      break;
    case OrderEventKind::Rejected:
    case OrderEventKind::Denied:
      close(event.reason, now);
      break;
    case OrderEventKind::CancelRejected:  // it may have been filled: that is told, or it is tried again
      child_.cancel_asked = false;
      wait_until_ = now + kTryAgainAfter;
      break;
    case OrderEventKind::Triggered:
    case OrderEventKind::Funding:
      break;
  }
}

/// `said`: so much of it is filled, as the venue counts. More than the sum of the fills where a fee was taken of what
/// was bought, or where one is told only later.
void Execution::fill(Child& child, const OrderEvent& event, Quantity said) {
  const Quantity before = child.filled;
  child.heard += event.quantity;
  child.filled = std::max({child.filled, child.heard, said});
  filled_ += child.filled - before;
  value_ += Int128{event.price.value} * event.quantity.value;
  value_of_ += event.quantity.value;
}

void Execution::close(RejectReason refused, UnixNanos now) {
  const bool in_vain = child_.filled.value == 0;
  if (refused == RejectReason::Unsupported && plan_.native && in_vain) {
    plan_.native = false;  // that venue has none: the parts are shown one by one from here on
  } else if (refused != RejectReason::None) {
    refusal_ = refused;
    const bool may_come = refused == RejectReason::UnknownOrder && instrument_.venue() == kGivesUpByItsLists;
    wait_until_ = now + (may_come ? kMayStillCome : kTryAgainAfter);
    if (!passes_by(refused) && ++refusals_ >= kMostRefusals) end_ = ExecutionEnd::Refused;
  } else if (in_vain && !child_.cancel_asked) {
    wait_until_ = now + kTryAgainAfter;  // somebody else took it back, or nothing was there to take
  }
  former_[next_former_++ % former_.size()] = child_;
  child_ = {};
}

}  // namespace stom::orders
