#include "sim/venue_simulator.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/assert.hpp"
#include "model/cash_flow.hpp"
#include "model/refusal.hpp"

namespace stom::sim {
namespace {
constexpr std::size_t kBarsLookedBackOn = 2;  // the last one, and the one before it

std::unique_ptr<BackOffice> office_for(const std::vector<Instrument>& instruments, const std::vector<RunModels>& runs) {
  std::vector<BackOffice::Client> clients;
  for (const RunModels& run : runs) {
    const bool plain = run.account.kind == AccountKind::Unlimited && run.fees.schedule == nullptr;
    clients.push_back({run.account, plain ? nullptr
                                    : run.fees.schedule != nullptr
                                        ? run.fees.schedule
                                        : flat_fees(run.fees.maker_rate, run.fees.taker_rate)});
  }
  return BackOffice::for_clients(instruments, std::move(clients));
}
}  // namespace

VenueSimulator::VenueSimulator(std::vector<Instrument> instruments, std::vector<RunModels> runs, FillRules rules,
                               MarketFeed& feed, std::uint64_t seed)
    : instruments_{std::move(instruments)},
      runs_{std::move(runs)},
      feed_{feed},
      live_{feed.live()},
      last_entry_(runs_.size(), kNoTime),
      last_response_(runs_.size(), kNoTime),
      bars_{rules == FillRules::Bars},
      random_(runs_.size(), Random{seed}) {
  office_ = office_for(instruments_, runs_);
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    matching_.push_back(make_matching(rules, instruments_[i], static_cast<InstrumentIndex>(i), runs_, *this));
  }
}

VenueSimulator::~VenueSimulator() = default;

void VenueSimulator::resume(RunIndex run, const EarlierRun& earlier, UnixNanos now) {
  STOM_ASSERT(earlier.holdings.size() == instruments_.size());
  if (office_ != nullptr && office_->serves(run)) book_again(run, earlier);
  for (InstrumentIndex i = 0; i < instruments_.size(); ++i)
    matching_[i]->hold(run, earlier.holdings[i].position, earlier.holdings[i].earned, now);
  last_response_[run] = now;
  for (const EarlierOrder& one : earlier.orders) {
    const RejectReason over =
        one.accepted ? matching_[one.order.instrument]->put_back(run, one, now) : RejectReason::UnknownOrder;
    if (over == RejectReason::None) continue;
    if (FeeBook* charged = fees(run)) charged->forget(one.order.id);
    const auto kind = one.accepted ? OrderEventKind::Expired : OrderEventKind::Rejected;
    answers_.push(now, Answer{run, one.accepted ? 0 : one.request, refusal_of(one.order, kind, over, now)});
  }
}

/// All fills once more: tiers, minima and what stands behind positions follow from them. What else has moved cash was
/// funding.
void VenueSimulator::book_again(RunIndex run, const EarlierRun& earlier) {
  std::unordered_set<ClientOrderId> fills_on;
  for (const EarlierOrder& one : earlier.orders) fills_on.insert(one.order.id);
  std::vector<bool> last(earlier.fills.size());
  for (std::size_t i = last.size(); i-- > 0;) last[i] = fills_on.insert(earlier.fills[i].order).second;
  std::vector<Money> booked(instruments_.size());
  for (std::size_t i = 0; i < last.size(); ++i) {
    const Fill& fill = earlier.fills[i];
    OrderEvent event{.kind = OrderEventKind::Filled,
                     .side = fill.side,
                     .liquidity = fill.liquidity,
                     .instrument = fill.instrument,
                     .id = fill.order,
                     .time = fill.time,
                     .local_time = fill.local_time,
                     .price = fill.price,
                     .quantity = fill.quantity,
                     .leaves = {last[i] ? 0 : 1}};
    office_->settle(run, event);
    booked[fill.instrument] +=
        cash_of_fill(instruments_[fill.instrument], fill.side, fill.price, fill.quantity) - event.fee;
  }
  TradingAccount* account = office_->account(run);
  for (InstrumentIndex i = 0; account != nullptr && i < instruments_.size(); ++i)
    account->pay_funding(i, booked[i] - earlier.holdings[i].earned);
}

void VenueSimulator::enqueue(RunIndex run, bool is_cancel, std::uint64_t request, const NewOrder& order,
                             UnixNanos sent) {
  const LatencyModel& latency = runs_[run].latency;
  const DurationNanos entry = latency.recorded == nullptr ? latency.entry : latency.recorded->entry(sent);
  if (entry < 0) return refuse_unread(run, is_cancel, request, order, sent - entry);
  const UnixNanos due = std::max(last_entry_[run], sent + entry + latency.jitter.draw(random_[run]));
  last_entry_[run] = due;
  requests_.push(due, run, is_cancel, request, order);
}

/// The venue was too busy to look at it: it never reaches the matching side.
void VenueSimulator::refuse_unread(RunIndex run, bool is_cancel, std::uint64_t request, const NewOrder& order,
                                   UnixNanos heard) {
  const UnixNanos due = std::max(last_response_[run], heard);
  last_response_[run] = due;
  const auto kind = is_cancel ? OrderEventKind::CancelRejected : OrderEventKind::Rejected;
  answers_.push(due, Answer{run, request, refusal_of(order, kind, RejectReason::TooManyOrders, due)});
}

void VenueSimulator::submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) {
  enqueue(run, false, request, order, sent);
}

void VenueSimulator::cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) {
  enqueue(run, true, request, {.id = order.id, .instrument = order.instrument}, sent);
}

TradingAccount* VenueSimulator::account(RunIndex run) { return office_ == nullptr ? nullptr : office_->account(run); }

FeeBook* VenueSimulator::fees(RunIndex run) { return office_ == nullptr ? nullptr : office_->fees(run); }

void VenueSimulator::margin_call(RunIndex run, InstrumentIndex index, UnixNanos now) {
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    if (instruments_[i].settlement() == instruments_[index].settlement()) matching_[i]->liquidate(run, now);
  }
}

Money VenueSimulator::answer(RunIndex run, std::uint64_t request, const OrderEvent& event) {
  const RunModels& models = runs_[run];
  const LatencyModel& latency = models.latency;
  const UnixNanos acted = std::max(event.time, event.local_time);
  const DurationNanos response = latency.recorded == nullptr ? latency.response : latency.recorded->response(acted);
  const UnixNanos due = std::max(last_response_[run], acted + response + latency.jitter.draw(random_[run]));
  last_response_[run] = due;
  OrderEvent& e = answers_.push(due, Answer{run, request, event}).answer.event;
  e.local_time = due;
  if (office_ != nullptr && office_->serves(run)) [[unlikely]] {
    office_->settle(run, e);
  } else if (e.kind == OrderEventKind::Filled) {
    const std::int64_t rate = e.liquidity == Liquidity::Maker ? models.fees.maker_rate : models.fees.taker_rate;
    e.fee = fee_of(instruments_[e.instrument], e.price, e.quantity, rate);
  }
  return e.fee;
}

std::optional<Money> VenueSimulator::charge_of(RunIndex run, const OrderEvent& fill) {
  const Instrument& instrument = instruments_[fill.instrument];
  if (const FeeBook* book = fees(run)) return book->would_charge(instrument, fill).total();
  const FeeModel& plain = runs_[run].fees;
  return fee_of(instrument, fill.price, fill.quantity,
                fill.liquidity == Liquidity::Maker ? plain.maker_rate : plain.taker_rate);
}

UnixNanos VenueSimulator::next_market_time() {
  if (at_ == batch_.size() && !feed_ended_) {
    batch_ = feed_.next_batch();
    at_ = 0;
    feed_ended_ = batch_.empty() && !live_;
  }
  return at_ < batch_.size() ? batch_[at_].exchange_time : kNever;
}

UnixNanos VenueSimulator::advance(UnixNanos limit) {
  STOM_ASSERT(limit < kNever);
  const auto up_to_first_answer = [&] {
    if (!answers_.empty()) limit = std::min(limit, answers_.front().due);
  };
  up_to_first_answer();
  while (true) {
    const UnixNanos request_due = requests_.empty() ? kNever : requests_.front().due;
    const UnixNanos expiry = next_expiry();
    const UnixNanos before = std::min(request_due - bars_, expiry - 1);
    while (next_market_time() <= std::min(limit - bars_, before)) {
      // The rest of this batch in one tight loop, while nothing is on its way to us.
      UnixNanos until = std::min(limit - bars_, before);
      if (bars_ && matching_.size() == 1 && matching_[0]->quiet()) {
        // With no order to fill, only the bars that an order to come could look back on matter.
        const auto end = std::upper_bound(batch_.begin() + static_cast<std::ptrdiff_t>(at_), batch_.end(), until,
                                          [](UnixNanos t, const FeedMessage& m) { return t < m.exchange_time; });
        const auto due = static_cast<std::size_t>(end - batch_.begin());
        at_ = std::max(at_, due - std::min(due, kBarsLookedBackOn));
      }
      for (; at_ < batch_.size() && batch_[at_].exchange_time <= until; ++at_) {
        matching_[batch_[at_].instrument]->on_message(batch_[at_]);
        if (answers_.empty()) continue;
        up_to_first_answer();
        until = std::min(limit - bars_, before);
      }
    }
    const UnixNanos next = std::min(request_due, expiry);
    if (next > limit) return limit;
    if (expiry <= next_market_time() && expiry <= request_due) {
      for (auto& matching : matching_) matching->on_time(expiry);
    } else {
      handle_requests(request_due);
    }
    up_to_first_answer();
  }
}

UnixNanos VenueSimulator::next_expiry() const {
  UnixNanos next = kNever;
  for (const auto& matching : matching_) next = std::min(next, matching->next_expiry());
  return next;
}

void VenueSimulator::handle_requests(UnixNanos due) {
  while (!requests_.empty() && requests_.front().due == due) {
    const Request request = requests_.pop();
    Matching& matching = *matching_[request.order.instrument];
    if (request.is_cancel) {
      matching.on_cancel(request.run, request.request, request.order.id, due);
    } else {
      matching.on_new(request.run, request.request, request.order, due);
    }
  }
}

bool VenueSimulator::take(UnixNanos now, Answer& answer) {
  if (answers_.empty() || answers_.front().due > now) return false;
  answer = answers_.pop().answer;
  return true;
}

void VenueSimulator::finish(UnixNanos now) {
  for (auto& matching : matching_) matching->on_end(now);
}

Result<void> VenueSimulator::status() const {
  for (const auto& matching : matching_) {
    if (auto status = matching->status(); !status) return status;
  }
  return {};
}

bool VenueSimulator::quiet() {
  return !live_ && requests_.empty() && answers_.empty() &&
         std::all_of(matching_.begin(), matching_.end(), [](const auto& matching) { return matching->quiet(); });
}

bool VenueSimulator::idle() { return !live_ && next_market_time() == kNever && requests_.empty() && answers_.empty(); }

}  // namespace stom::sim
