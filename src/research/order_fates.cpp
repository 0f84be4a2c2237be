#include "research/order_fates.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "orders/order_end.hpp"

namespace stom::research {
namespace {

/// The venue took it up: what it says then is its own.
bool is_of_the_venue(const OrderEvent& event) {
  return event.kind != OrderEventKind::Denied && event.kind != OrderEventKind::Funding &&
         event.reason != RejectReason::Held;
}

bool is_unread(const OrderEvent& event) { return event.reason == RejectReason::TooManyOrders; }

}  // namespace

std::vector<OrderFate> order_fates(std::span<const JournalRecord> journal) {
  std::vector<OrderFate> fates;
  std::map<ClientOrderId, std::size_t> at;
  UnixNanos end = kNoTime;
  for (const JournalRecord& record : journal) {
    if (record.kind == RecordKind::Submit) {
      at[record.order.id] = fates.size();
      fates.push_back({.order = record.order, .sent = record.time});
      continue;
    }
    if (record.kind == RecordKind::Restart) {
      // Nobody listened for a while: what stood then is known up to what was heard last.
      for (OrderFate& fate : fates)
        if (fate.over == kNever) fate.over = std::max(end, fate.sent), fate.followed = false;
      continue;
    }
    if (record.kind != RecordKind::OrderEvent || !is_of_the_venue(record.event)) continue;
    const OrderEvent& event = record.event;
    end = std::max(end, event.time);
    const auto found = at.find(event.id);
    if (found == at.end() || event.kind == OrderEventKind::CancelRejected) continue;
    OrderFate& fate = fates[found->second];
    const bool first = fate.acted == kNever;
    if (first && event.kind == OrderEventKind::Canceled) continue;  // it was taken back before it left
    if (first) {
      fate.acted = event.time;
      fate.rested = event.kind == OrderEventKind::Accepted ||
                    (event.kind == OrderEventKind::Filled && event.liquidity == Liquidity::Maker);
    }
    if (event.kind == OrderEventKind::Filled) {
      fate.first_fill = std::min(fate.first_fill, event.time);
      if (event.liquidity == Liquidity::Taker) {
        fate.rested = false;
        fate.taken += event.quantity.value;
        fate.taken_value += static_cast<Int128>(event.price.value) * event.quantity.value;
      }
    }
    if (orders::end_of(event) && fate.over == kNever) fate.over = event.time;
    if (first && event.kind == OrderEventKind::Rejected) fate.acted = kNever;
  }
  std::erase_if(fates, [](const OrderFate& fate) { return fate.acted == kNever; });
  for (OrderFate& fate : fates) fate.over = std::max(fate.over == kNever ? end : fate.over, fate.acted);
  return fates;
}

DurationNanos clock_of(std::span<const OrderFate> fates) {
  for (const DurationNanos unit : {kSecond, kMillisecond, kMicrosecond}) {
    const auto whole = std::ranges::count_if(fates, [&](const OrderFate& fate) { return fate.acted % unit == 0; });
    if (!fates.empty() && 10 * static_cast<std::size_t>(whole) >= 9 * fates.size()) return unit;
  }
  return 1;
}

Latencies latencies_in(std::span<const JournalRecord> journal) {
  struct Request {
    UnixNanos sent;
    bool alone;                                               // nothing else was under way
    std::optional<std::pair<UnixNanos, UnixNanos>> answered;  // the venue's time, ours
    bool unread = false;
  };
  struct Numbers {
    std::uint64_t submit = 0, cancel = 0;
  };
  Latencies out;
  std::vector<Request> requests;                    // in the order sent
  std::map<std::uint64_t, std::size_t> unanswered;  // of those, by number
  std::set<std::uint64_t> under_way;                // whose answer is still to come
  std::map<ClientOrderId, Numbers> numbers;
  std::set<ClientOrderId> there;  // the venue has spoken of them
  UnixNanos last_heard = kNoTime;
  const auto sent = [&](const JournalRecord& record) {
    unanswered[record.request] = requests.size();
    requests.push_back({.sent = record.time, .alone = under_way.empty(), .answered = {}});
    under_way.insert(record.request);
  };
  for (const JournalRecord& record : journal) {
    // Nobody waits for the answers to what stands before.
    if (record.kind == RecordKind::Restart) {
      unanswered.clear();
      under_way.clear();
      numbers.clear();
    }
    if (record.kind == RecordKind::Submit || record.kind == RecordKind::Cancel) {
      sent(record);
      Numbers& of = numbers[record.order.id];
      (record.kind == RecordKind::Submit ? of.submit : of.cancel) = record.request;
    }
    if (record.kind != RecordKind::OrderEvent || record.event.kind == OrderEventKind::Funding) continue;
    const OrderEvent& event = record.event;
    if (!is_of_the_venue(event)) {  // our own word: it went nowhere, or leaves only now
      unanswered.erase(record.request);
      under_way.erase(record.request);
      if (event.kind == OrderEventKind::Triggered) sent(record);
      continue;
    }
    const Numbers of = numbers[event.id];
    const bool first = there.insert(event.id).second;
    if (first && event.kind == OrderEventKind::Canceled) {  // our own word too: it was taken back before it left
      for (const std::uint64_t request : {of.submit, of.cancel}) {
        unanswered.erase(request);
        under_way.erase(request);
      }
      continue;
    }
    // Behind an order's end nobody knows the number of its cancel any more.
    const bool late = record.request == 0 && event.kind == OrderEventKind::CancelRejected;
    const auto asked = unanswered.find(late ? of.cancel : record.request);
    const UnixNanos heard = record.time;
    if (asked != unanswered.end()) {
      Request& request = requests[asked->second];
      request.answered = {event.time, heard};
      request.unread = is_unread(event);
      if (request.alone && !request.unread) out.round_trips.push_back(heard - request.sent);
      under_way.erase(asked->first);
      unanswered.erase(asked);
    }
    if (orders::end_of(event)) {
      under_way.erase(of.submit);
      under_way.erase(of.cancel);
    }
    if (!is_unread(event) && event.time >= last_heard) out.responses.push_back(heard - event.time);
    last_heard = std::max(last_heard, heard);
  }
  UnixNanos last_arrival = kNoTime, last_sent = kNoTime;
  for (const Request& request : requests) {
    if (!request.answered) continue;
    const auto [acted, heard] = *request.answered;
    if (!request.unread) {
      if (request.sent >= last_arrival) out.entries.push_back(acted - request.sent);
      last_arrival = std::max(last_arrival, acted);
    }
    if (request.sent <= last_sent) continue;
    last_sent = request.sent;
    out.requests.push_back(request.unread ? sim::RecordedRequest{request.sent, request.sent - heard, 0}
                                          : sim::RecordedRequest{request.sent, acted - request.sent, heard - acted});
  }
  return out;
}

class OrderTrial::Sink final : public sim::AnswerSink {
 public:
  Sink(std::size_t orders, std::size_t models) : models_{models}, outcomes_(orders * models) {}

  Money answer(RunIndex run, std::uint64_t, const OrderEvent& event) override {
    const auto at = index_.find(event.id);
    if (at == index_.end()) return {};
    Outcome& outcome = outcomes_[at->second * models_ + run];
    if (event.kind == OrderEventKind::Accepted) outcome.rested = true;
    if (event.kind != OrderEventKind::Filled) return {};
    if (event.liquidity == Liquidity::Taker) outcome.rested = false;
    outcome.first_fill = std::min(outcome.first_fill, event.time);
    return {};
  }
  void knows(ClientOrderId id, std::size_t order) { index_[id] = order; }
  std::span<const Outcome> of(std::size_t order) const {
    return std::span{outcomes_}.subspan(order * models_, models_);
  }

 private:
  std::size_t models_;
  std::vector<Outcome> outcomes_;
  std::map<ClientOrderId, std::size_t> index_;
};

OrderTrial::OrderTrial(std::span<const Instrument> instruments, std::span<const OrderFate> fates, sim::FillRules rules,
                       std::vector<sim::RunModels> models)
    : fates_{fates},
      models_{std::move(models)},
      sink_{std::make_unique<Sink>(fates.size(), models_.size())},
      steps_(instruments.size()),
      standing_(instruments.size()),
      reached_(fates.size(), Reached::Never),
      seen_(fates.size(), true),
      last_(instruments.size(), kNoTime) {
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    base_tick_.push_back(instruments[i].base_tick().value);
    matching_.push_back(sim::make_matching(rules, instruments[i], static_cast<InstrumentIndex>(i), models_, *sink_));
  }
  for (std::size_t i = 0; i < fates.size(); ++i) {
    const NewOrder& order = fates[i].order;
    // What waits for a trigger, or counts its size by an account, stood by more than the market.
    const bool plain = order.type == OrderType::Limit || order.type == OrderType::Market;
    if (!plain || order.size_by != SizeBy::Quantity || order.instrument >= instruments.size()) continue;
    sink_->knows(order.id, i);
    steps_[order.instrument].push_back({fates[i].acted, false, i});
    steps_[order.instrument].push_back({fates[i].over, true, i});
  }
  // What acts in one instant acts in the order sent, and an order ends after it has come.
  for (auto& steps : steps_) std::ranges::stable_sort(steps, {}, &Step::time);
}

OrderTrial::~OrderTrial() = default;

void OrderTrial::advance(InstrumentIndex instrument, UnixNanos before) {
  auto& steps = steps_[instrument];
  auto& standing = standing_[instrument];
  for (; !steps.empty() && steps.front().time < before; steps.pop_front()) {
    const auto [time, ends, index] = steps.front();
    NewOrder order = fates_[index].order;
    if (ends)
      std::erase(standing, index);
    else if (fates_[index].rested)
      standing.push_back(index);
    // How long it stood is what the journal says, and its position is not that of each model.
    if (order.time_in_force == TimeInForce::GTD || order.time_in_force == TimeInForce::DAY) {
      order.time_in_force = TimeInForce::GTC;
      order.expire_time = kNever;
    }
    order.reduce_only = false;
    order.stop_loss = order.take_profit = {};  // others' orders, which have their own fates
    for (RunIndex run = 0; run < models_.size(); ++run) {
      if (ends)
        matching_[instrument]->on_cancel(run, index + 1, order.id, time);
      else
        matching_[instrument]->on_new(run, index + 1, order, time);
    }
  }
}

void OrderTrial::on_message(const FeedMessage& message) {
  advance(message.instrument, message.exchange_time);
  matching_[message.instrument]->on_message(message);
  last_[message.instrument] = message.exchange_time;
  has_books_ |=
      message.kind == FeedKind::Depth || message.kind == FeedKind::Snapshot || message.kind == FeedKind::Quote;
  if (message.kind == FeedKind::Gap)
    for (const std::size_t index : standing_[message.instrument]) seen_[index] = false;
  if (message.kind != FeedKind::Trade) return;
  const std::int64_t price = message.first->tick * base_tick_[message.instrument];
  for (const std::size_t index : standing_[message.instrument]) {
    const NewOrder& order = fates_[index].order;
    if ((order.side == Side::Buy) != message.sell_aggressor) continue;
    const std::int64_t past = order.side == Side::Buy ? order.price.value - price : price - order.price.value;
    if (past >= 0) reached_[index] = std::max(reached_[index], past == 0 ? Reached::At : Reached::Through);
  }
}

void OrderTrial::finish() {
  for (std::size_t i = 0; i < matching_.size(); ++i) advance(static_cast<InstrumentIndex>(i), kNever);
  for (std::size_t i = 0; i < fates_.size(); ++i) {
    const OrderFate& fate = fates_[i];
    if (fate.order.instrument >= last_.size() ||
        (fate.first_fill != kNever && fate.first_fill > last_[fate.order.instrument]))
      seen_[i] = false;  // the market was recorded no further
  }
}

std::span<const OrderTrial::Outcome> OrderTrial::of(std::size_t order) const { return sink_->of(order); }

SlippageMeter::SlippageMeter(std::span<const Instrument> instruments, std::span<const OrderFate> fates)
    : market_{std::vector<Instrument>(instruments.begin(), instruments.end())} {
  for (const OrderFate& fate : fates)
    if (fate.taken > 0 && fate.order.instrument < instruments.size() &&
        (fate.order.type == OrderType::Market || fate.order.type == OrderType::Limit))
      takers_.push_back(&fate);
}

void SlippageMeter::on_message(const FeedMessage& message) {
  look_until(message.local_time);
  market_.apply(message);
}

void SlippageMeter::look_until(UnixNanos before) {
  for (; next_ < takers_.size() && takers_[next_]->sent < before; ++next_) {
    const OrderFate& fate = *takers_[next_];
    const InstrumentMarket& market = market_[fate.order.instrument];
    const bool buys = fate.order.side == Side::Buy;
    std::int64_t left = fate.taken;
    Int128 value = 0;
    for (std::size_t n = 0; left > 0 && !market.stale; ++n) {
      const Level level = buys ? market.ask(n) : market.bid(n);
      if (level.price == kNoPrice) break;
      const std::int64_t part = std::min(left, level.quantity.value);
      value += static_cast<Int128>(level.price.value) * part;
      left -= part;
    }
    if (left > 0) {
      ++beyond_;
      continue;
    }
    const auto paid = static_cast<double>(buys ? fate.taken_value - value : value - fate.taken_value);
    const Instrument& instrument = market.instrument();
    const Price touch = buys ? market.ask(0).price : market.bid(0).price;
    ticks_.push_back(paid / static_cast<double>(fate.taken) / static_cast<double>(instrument.tick_at(touch).value));
  }
}

}  // namespace stom::research
