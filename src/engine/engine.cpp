#include "engine/engine.hpp"

#include <algorithm>

#include "core/assert.hpp"

namespace stom {

Engine::Engine(std::vector<Instrument> instruments, MarketFeed& feed, VenueLink& venue)
    : market_{std::move(instruments)},
      feed_{feed},
      venue_{venue},
      subscriptions_(market_.size()),
      called_for_(market_.size(), 0) {}

Run& Engine::add_run(std::unique_ptr<Strategy> strategy, RunOptions options) {
  runs_.push_back(
      std::make_unique<Run>(*this, static_cast<RunIndex>(runs_.size()), std::move(strategy), std::move(options)));
  return *runs_.back();
}

void Engine::start(UnixNanos start, DurationNanos equity_interval) {
  now_ = start;
  equity_interval_ = equity_interval;
  next_equity_ = equity_interval > 0 ? start : kNever;
  for (auto& run : runs_) run->start();
  set_next_timer();
}

void Engine::set_next_timer() {
  next_timer_ = kNever;
  for (const auto& run : runs_) next_timer_ = std::min(next_timer_, run->next_timer_);
}

void Engine::subscribe(Run& run, InstrumentIndex index, Feeds feed) {
  STOM_ASSERT(run.starting_ && index < market_.size());
  auto& list = subscriptions_[index];
  auto it = std::find_if(list.begin(), list.end(), [&](const Subscription& s) { return s.run == &run; });
  if (it == list.end()) it = list.insert(list.end(), {&run, 0});
  it->feeds |= feed;
  called_for_[index] |= feed;
  any_subscription_ = true;
}

const FeedMessage* Engine::peek() {
  if (at_ == batch_.size() && !feed_ended_) {
    batch_ = feed_.next_batch();
    at_ = 0;
    feed_ended_ = batch_.empty();
  }
  return at_ < batch_.size() ? &batch_[at_] : nullptr;
}

namespace {
std::uint8_t feed_bit(FeedKind kind) {
  switch (kind) {
    case FeedKind::Depth:
    case FeedKind::Snapshot:
    case FeedKind::Gap:
      return 1;
    case FeedKind::Trade:
      return 2;
    case FeedKind::Quote:
      return 4;
    case FeedKind::Bar:
      return 8;
    case FeedKind::Mark:
      return 0;
  }
  return 0;
}
}  // namespace

/// The time of the next message where any run is called for messages at all; `limit` where it is later.
UnixNanos Engine::next_called_time(UnixNanos limit) {
  if (!any_subscription_) return limit;
  const FeedMessage* message = peek();
  return message == nullptr ? limit : std::min(limit, message->local_time);
}

/// Applies what is known by `limit`, or, where a strategy sends something on the way, by the time it did so; returns
/// that time.
UnixNanos Engine::apply_market(UnixNanos limit, bool venue_is_quiet) {
  const std::uint64_t sent = commands_;
  for (const FeedMessage* message = peek(); message != nullptr && message->local_time <= limit; message = peek()) {
    // The rest of this batch in one tight loop.
    for (; at_ < batch_.size() && batch_[at_].local_time <= limit; ++at_) {
      const FeedMessage& next = batch_[at_];
      ++messages_;
      if (next.kind == FeedKind::Bar) {
        now_ = next.local_time;
        market_[next.instrument].apply_bar(next);
        if (called_for_[next.instrument] & kBars) call_with_bar(next);
        if (commands_ != sent) limit = next.local_time;
        continue;
      }
      market_.apply(next);
      if (called_for_[next.instrument] & feed_bit(next.kind)) [[unlikely]] {
        call_subscribers(next);
        if (commands_ != sent) limit = next.local_time;
      }
    }
    // Both sides of a recording stay together, as neither lets go of it alone.
    if (venue_is_quiet && commands_ == sent && at_ == batch_.size()) {
      const UnixNanos last = batch_.back().local_time;
      venue_.advance(last);
      // With the data, time ends for those who are called by them.
      if (any_subscription_ && peek() == nullptr) return std::min(limit, last);
    }
  }
  return limit;
}

void Engine::call_subscribers(const FeedMessage& message) {
  now_ = message.local_time;
  InstrumentMarket& market = market_[message.instrument];
  market.refresh();
  const std::uint8_t bit = feed_bit(message.kind);
  for (const Subscription& subscription : subscriptions_[message.instrument]) {
    if ((subscription.feeds & bit) == 0) continue;
    Run& run = *subscription.run;
    if (bit == kBook) {
      run.strategy_->on_book(run, message.instrument);
    } else if (bit == kTrades) {
      run.strategy_->on_trade(run, {message.instrument, message.exchange_time, market.last_price, market.last_quantity,
                                    message.sell_aggressor ? Side::Sell : Side::Buy});
    } else {
      const std::int64_t step = market.base_tick();
      run.strategy_->on_quote(run, message.instrument, {{message.first[0].tick * step}, {message.first[0].quantity}},
                              {{message.first[1].tick * step}, {message.first[1].quantity}});
    }
  }
}

void Engine::call_with_bar(const FeedMessage& message) {
  const InstrumentMarket& market = market_[message.instrument];
  const Bar& bar = *message.bar;
  const double unit = market.price_unit();
  BarEvent& event = bar_event_;
  event.instrument = message.instrument;
  event.end = message.local_time;
  event.bar = bar;
  event.open = static_cast<double>(bar.open.value) / unit;
  event.high = static_cast<double>(bar.high.value) / unit;
  event.low = static_cast<double>(bar.low.value) / unit;
  event.close = static_cast<double>(bar.close.value) / unit;
  event.volume = static_cast<double>(bar.volume.value) / market.quantity_unit();
  for (std::uint32_t i = 0; i < series_.size(); ++i) {
    Series& series = series_[i];
    if (series.instrument != message.instrument) continue;
    event.series = i;
    for (auto& indicator : series.indicators) indicator->update(event);
    // A thousand strategies do not fit the nearest cache; their next lines are asked for while these are read.
    constexpr std::size_t kAhead = 8;
    const auto& readers = series.readers;
    for (std::size_t r = 0; r < readers.size(); ++r) {
      if (r + kAhead < readers.size()) __builtin_prefetch(readers[r + kAhead].strategy);
      readers[r].strategy->on_bar(*readers[r].run, event);
    }
  }
  if (equity_interval_ > 0 || message.instrument != 0) return;
  last_bar_ = message.exchange_time;
  for (auto& run : runs_) run->sample_equity(last_bar_);
}

void Engine::refresh_views() {
  for (InstrumentIndex i = 0; i < market_.size(); ++i) market_[i].refresh();
}

void Engine::take_answers() {
  Answer answer;
  while (venue_.take(now_, answer)) runs_[answer.run]->on_answer(answer);
}

void Engine::fire_timers() {
  if (next_timer_ != now_) return;
  for (auto& run : runs_) {
    if (run->next_timer_ != now_) continue;
    run->next_timer_ += run->interval_;
    run->strategy_->on_timer(*run);
  }
  set_next_timer();
}

bool Engine::exhausted() { return peek() == nullptr && venue_.idle(); }

bool Engine::advance(UnixNanos until) {
  while (now_ <= until) {
    UnixNanos limit = std::min({until, next_equity_, next_timer_});
    if (venue_.quiet()) {
      const std::uint64_t sent = commands_;
      limit = apply_market(limit, true);
      if (commands_ == sent) limit = venue_.advance(limit);
    } else {
      limit = venue_.advance(next_called_time(limit));
      apply_market(limit, false);
    }
    now_ = limit;
    refresh_views();
    take_answers();
    // A timer fires only while something is still to come: the last, partial interval has no decision.
    if (exhausted()) return false;
    fire_timers();
    if (now_ == next_equity_) {
      for (auto& run : runs_) run->sample_equity(now_);
      next_equity_ += equity_interval_;
    }
    if (now_ == until) break;
  }
  return true;
}

void Engine::stop() {
  refresh_views();
  // What the end of the data brought about is on its way and due after it.
  Answer answer;
  while (venue_.take(kNever, answer)) runs_[answer.run]->on_answer(answer);
  for (auto& run : runs_) {
    run->strategy_->on_stop(*run);
    if (last_bar_ != kNoTime && !run->equity_curve_.empty()) run->equity_curve_.pop_back();
    run->sample_equity(last_bar_ != kNoTime ? last_bar_ : now_);
    run->journal_.end(now_, messages_);
  }
}

}  // namespace stom
