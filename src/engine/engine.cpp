#include "engine/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/assert.hpp"

namespace stom {

Engine::Engine(std::vector<Instrument> instruments, MarketFeed& feed, VenueLink& venue)
    : market_{std::move(instruments)},
      feed_{feed},
      venue_{venue},
      subscriptions_(market_.size()),
      called_for_(market_.size(), 0),
      as_stored_(market_.size()),
      built_(market_.size()),
      built_from_(market_.size(), 0),
      bars_from_(market_.size(), 0),
      live_{feed.live()},
      listens_{venue.listens()} {}

Run& Engine::add_run(std::unique_ptr<Strategy> strategy, RunOptions options) {
  runs_.push_back(
      std::make_unique<Run>(*this, static_cast<RunIndex>(runs_.size()), std::move(strategy), std::move(options)));
  return *runs_.back();
}

Result<void> Engine::start(UnixNanos start, DurationNanos equity_interval) {
  now_ = start;
  equity_interval_ = equity_interval;
  next_equity_ = equity_interval > 0 ? start : kNever;
  for (auto& run : runs_) run->start();
  if (auto prepared = prepare_bars(); !prepared) return prepared;
  if (auto prepared = prepare_rows(); !prepared) return prepared;
  if (equity_interval == 0 && feed_.content(0).bars) {
    // A point of equity at each bar of the first instrument, whether or not a strategy asks for its bars.
    called_for_[0] |= kBars;
    any_subscription_ = true;
  }
  may_look_ahead_ = market_.size() == 1 && as_stored_[0].size() == 1 && built_[0].empty() &&
                    series_[as_stored_[0][0]].can_look_ahead();
  set_next_timer();
  return {};
}

/// Bars that the data do not bring are built: from trades, where nothing is traded from the best bid, where the data
/// are bars from those. One builder a series, however many runs read it.
Result<void> Engine::prepare_bars() {
  for (std::uint32_t i = 0; i < series_.size(); ++i) {
    Series& series = series_[i];
    const FeedContent content = feed_.content(series.instrument);
    if (content.bars && (!content.bar_spec || *content.bar_spec == series.spec)) {
      as_stored_[series.instrument].push_back(i);
      continue;
    }
    if (content.bars) {
      if (auto checked = check_bars(series, content); !checked) return checked;
      before_data_ = 0;
    }
    series.builder = std::make_unique<BarBuilder>(series.spec, market_[series.instrument].instrument());
    built_[series.instrument].push_back(i);
    bars_from_[series.instrument] = content.bars ? kBars : content.trades ? kTrades : kQuotes;
    built_from_[series.instrument] |= bars_from_[series.instrument];
    called_for_[series.instrument] |= bars_from_[series.instrument];
  }
  // Which run asked first must not matter to another.
  for (auto& list : built_) {
    std::ranges::sort(list, {}, [&](std::uint32_t i) { return std::pair{series_[i].spec.kind, series_[i].spec.size}; });
  }
  return {};
}

Result<void> Engine::prepare_rows() {
  for (Rows& rows : rows_) {
    const Instrument& instrument = market_[rows.instrument].instrument();
    if (feed_.content(rows.instrument).bars) {
      return fail(Errc::Unsupported, fmt::format("{}: rows are made of ticks, and these are bars", instrument.id),
                  "run on ticks (no --bar); stom data list shows which instruments have them");
    }
    rows.builder = std::make_unique<RowBuilder>(instrument, rows.spec);
    constexpr std::uint8_t kAll = kBook | kTrades | kQuotes;
    built_from_[rows.instrument] |= kAll;
    called_for_[rows.instrument] |= kAll;
  }
  return {};
}

/// A bar holds nothing of the order in which its prices came: only whole bars of it make another, by time.
Result<void> Engine::check_bars(const Series& series, const FeedContent& content) const {
  const std::string& id = market_[series.instrument].instrument().id;
  const DurationNanos length = series.spec.span(), part = content.bar_spec->span();
  const std::string asked = format_bar_spec(series.spec), stored = format_bar_spec(*content.bar_spec);
  if (part == 0 || length % part != 0 || length < part) {
    return fail(Errc::Unsupported, fmt::format("{}: {} bars cannot be built from {} bars", id, asked, stored),
                part == 0 ? "leave out bar=, or run on ticks (no --bar)"
                          : fmt::format("ask for a whole multiple of {} by time, such as bar={}, or run on ticks or "
                                        "shorter bars (stom data list)",
                                        stored, format_duration(2 * part)));
  }
  if (const auto cut = feed_.bar_cut_by(series.instrument, length)) {
    return fail(Errc::Unsupported,
                fmt::format("{}: {} bars cannot be built from {} bars: the one at {} is in two of them", id, asked,
                            stored, format_time(*cut)),
                "leave out bar= to have them as they are, or run on shorter bars (stom data list)");
  }
  return {};
}

bool Engine::Series::can_look_ahead() const {
  constexpr std::size_t kFewReaders = 4;  // of more, one nearly always has something to do
  return readers.size() <= kFewReaders && !indicators.empty() &&
         std::ranges::all_of(indicators, [](const auto& indicator) { return indicator->update_many({}, nullptr); });
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
    feed_ended_ = batch_.empty() && !live_;
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
    case FeedKind::Watched:
    case FeedKind::Unwatched:
      return 16;
    case FeedKind::Mark:
      return 0;
  }
  return 0;
}
}  // namespace

/// The time of the next message where any run is called for messages at all; `limit` where it is later.
UnixNanos Engine::next_called_time(UnixNanos limit) {
  if (!any_subscription_ && !listens_) return limit;
  const FeedMessage* message = peek();
  if (message == nullptr) return limit;
  return std::min({limit, message->local_time, next_bar_end_});
}

/// Applies what is known by `limit`, or, where a strategy sends something on the way, by the time it did so; returns
/// that time.
UnixNanos Engine::apply_market(UnixNanos limit, bool venue_is_quiet) {
  const std::uint64_t sent = commands_;
  while (true) {
    const UnixNanos reached = apply_messages(limit, venue_is_quiet, sent);
    if (commands_ != sent) limit = reached;
    if (next_bar_end_ > limit) return reached;
    // With the data the clock of the bars stops: one that is still open is not finished, and nobody gets it. Live it
    // goes on where nothing is traded.
    if (peek() == nullptr && !live_) {
      next_bar_end_ = kNever;
      return reached;
    }
    const UnixNanos end = next_bar_end_;
    end_bars(end);
    if (commands_ != sent) limit = end;
  }
}

[[gnu::always_inline]] inline void Engine::fill_event(InstrumentIndex index, const Bar& bar, UnixNanos end) {
  const InstrumentMarket& market = market_[index];
  const double unit = market.price_unit(), whole = market.quantity_unit();
  BarEvent& event = bar_event_;
  event.instrument = index;
  event.end = end;
  event.bar = bar;
  event.open = static_cast<double>(bar.open.value) / unit;
  event.high = static_cast<double>(bar.high.value) / unit;
  event.low = static_cast<double>(bar.low.value) / unit;
  event.close = static_cast<double>(bar.close.value) / unit;
  event.volume = static_cast<double>(bar.volume.value);
  if (whole != 1) event.volume /= whole;
}

[[gnu::always_inline]] inline void Engine::call_readers(std::uint32_t index, Series& series) {
  BarEvent& event = bar_event_;
  event.series = index;
  if (look_ahead_.first != look_ahead_.end) {
    for (auto& indicator : series.indicators) indicator->value = *indicator->ahead++;
    ++look_ahead_.first;
  } else {
    for (auto& indicator : series.indicators) indicator->update(event);
  }
  // A thousand strategies do not fit the nearest cache; their next lines are asked for while these are read.
  constexpr std::ptrdiff_t kAhead = 8;
  const Series::Reader *reader = series.readers.data(), *const end = reader + series.readers.size();
  for (; reader != end; ++reader) {
    if (end - reader > kAhead) __builtin_prefetch(reader[kAhead].strategy);
    reader->strategy->on_bar(*reader->run, event);
  }
}

[[gnu::always_inline]] inline void Engine::call_with_bar(const FeedMessage& message) {
  fill_event(message.instrument, *message.bar, message.local_time);
  for (const std::uint32_t i : as_stored_[message.instrument]) call_readers(i, series_[i]);
  if (built_from_[message.instrument] & kBars) [[unlikely]]
    build_from_bar(message);
  if (equity_interval_ > 0 || message.instrument != 0) return;
  last_bar_ = message.exchange_time;
  for (auto& run : runs_) run->sample_equity(last_bar_);
}

/// The rest of this batch as long as it is bars that are known by `limit`, or by the time that a strategy sends
/// something; returns that time.
UnixNanos Engine::apply_bars(UnixNanos limit, std::uint64_t sent) {
  const FeedMessage *const first = &batch_[at_], *const end = batch_.data() + batch_.size();
  const FeedMessage* next = first;
  for (; next != end && next->kind == FeedKind::Bar && next->local_time <= limit; ++next) {
    if (may_look_ahead_) {
      const std::size_t n = uneventful_bars(next, end, limit);
      if (n != 0) {
        pass_bars({next, n});
        next += n - 1;
        continue;
      }
    }
    now_ = next->local_time;
    market_[next->instrument].apply_bar(*next);
    if ((called_for_[next->instrument] & kBars) == 0) continue;
    call_with_bar(*next);
    limit = commands_ != sent ? next->local_time : std::min(limit, next_bar_end_ - before_data_);
  }
  at_ += static_cast<std::size_t>(next - first);
  messages_ += static_cast<std::uint64_t>(next - first);
  return limit;
}

/// How many bars from `next` on, all known by `limit`, no strategy has anything to do at.
std::size_t Engine::uneventful_bars(const FeedMessage* next, const FeedMessage* end, UnixNanos limit) {
  if (market_[0].book().two_sided()) return 0;  // which then says what a position is worth, not the bar
  if (look_ahead_.first == look_ahead_.end && !look_ahead(next, end)) return 0;
  const auto samples_whole_equity = [](const std::unique_ptr<Run>& run) { return run->mark_ == nullptr; };
  if (std::ranges::any_of(runs_, samples_whole_equity)) return 0;
  std::size_t n = static_cast<std::size_t>(look_ahead_.end - next);
  if (next[n - 1].local_time > limit) {
    n = static_cast<std::size_t>(std::ranges::upper_bound(next, look_ahead_.end, limit, {}, &FeedMessage::local_time) -
                                 next);
  }
  const std::uint32_t series = as_stored_[0][0];
  for (const Series::Reader& reader : series_[series].readers) {
    if (n != 0) n = reader.strategy->uneventful_bars(series, n);
  }
  return n;
}

/// Computes the indicators over the next bars that lie one after another.
bool Engine::look_ahead(const FeedMessage* next, const FeedMessage* end) {
  Series& series = series_[as_stored_[0][0]];
  if (!std::ranges::all_of(series.indicators, &SharedIndicator::ready)) return false;
  // Each message that is a bar has the bar after the one before it: the ends say whether all between are.
  const auto bars = static_cast<std::size_t>(end - next);
  if (end[-1].kind != FeedKind::Bar || end[-1].bar != next->bar + (bars - 1)) return false;
  look_ahead_.values.resize(bars * series.indicators.size());
  double* values = look_ahead_.values.data();
  for (auto& indicator : series.indicators) {
    indicator->update_many({next->bar, bars}, values);
    indicator->ahead = values;
    values += bars;
  }
  look_ahead_.first = next;
  look_ahead_.end = end;
  return true;
}

/// What bars do that no strategy is called for.
void Engine::pass_bars(std::span<const FeedMessage> messages) {
  const FeedMessage& last = messages.back();
  now_ = last.local_time;
  market_[0].apply_bar(last);
  look_ahead_.first += messages.size();
  for (auto& indicator : series_[as_stored_[0][0]].indicators) {
    indicator->ahead += messages.size();
    indicator->value = indicator->ahead[-1];
  }
  if (equity_interval_ > 0) return;
  last_bar_ = last.exchange_time;
  for (auto& run : runs_) run->equity_curve_.add({messages.front().bar, messages.size()});
}

/// The same up to the next bar that the clock ends.
UnixNanos Engine::apply_messages(UnixNanos limit, bool venue_is_quiet, std::uint64_t sent) {
  limit = std::min(limit, next_bar_end_ - before_data_);
  for (const FeedMessage* message = peek(); message != nullptr && message->local_time <= limit; message = peek()) {
    // The rest of this batch in one tight loop.
    for (; at_ < batch_.size() && batch_[at_].local_time <= limit; ++at_) {
      const FeedMessage& next = batch_[at_];
      if (next.kind == FeedKind::Bar) {
        limit = apply_bars(limit, sent);
        break;
      }
      ++messages_;
      market_.apply(next);
      if (listens_) [[unlikely]] {
        market_[next.instrument].refresh();
        venue_.heard(next, market_[next.instrument]);
      }
      if (called_for_[next.instrument] & feed_bit(next.kind)) [[unlikely]] {
        call_subscribers(next);
        limit = commands_ != sent ? next.local_time : std::min(limit, next_bar_end_ - before_data_);
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
    } else if (bit == kWatch) {
      run.strategy_->on_watch(run, message.instrument);
    } else if (bit == kTrades) {
      run.strategy_->on_trade(run, {message.instrument, message.exchange_time, market.last_price, market.last_quantity,
                                    message.sell_aggressor ? Side::Sell : Side::Buy});
    } else {
      const std::int64_t step = market.base_tick();
      run.strategy_->on_quote(run, message.instrument, {{message.first[0].tick * step}, {message.first[0].quantity}},
                              {{message.first[1].tick * step}, {message.first[1].quantity}});
    }
  }
  if (built_from_[message.instrument] & bit) build(message);
}

void Engine::build(const FeedMessage& message) {
  if (bars_from_[message.instrument] & feed_bit(message.kind)) build_bars(message);
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    const Rows& rows = rows_[i];
    if (rows.instrument != message.instrument) continue;
    const SecondRow* row = rows.builder->apply(message);
    if (row == nullptr) continue;
    for (Run* run : rows.readers) run->strategy_->on_row(*run, {i, message.instrument, *row});
  }
}

void Engine::build_bars(const FeedMessage& message) {
  const FeedLevel& level = *message.first;  // Quote: the bid
  const bool traded = message.kind == FeedKind::Trade;
  if (!traded && level.quantity == 0) return;  // no bid
  const Price price{level.tick * market_[message.instrument].base_tick()};
  for (const std::uint32_t i : built_[message.instrument]) {
    BarBuilder& builder = *series_[i].builder;
    for (const Bar& bar : builder.add(message.local_time, price, {traded ? level.quantity : 0}))
      deliver(i, bar, message.local_time);
    next_bar_end_ = std::min(next_bar_end_, builder.end());
  }
}

void Engine::build_from_bar(const FeedMessage& message) {
  for (const std::uint32_t i : built_[message.instrument]) {
    BarBuilder& builder = *series_[i].builder;
    for (const Bar& bar : builder.add(*message.bar, message.local_time - message.exchange_time))
      deliver(i, bar, message.local_time);
    next_bar_end_ = std::min(next_bar_end_, builder.end());
  }
}

void Engine::end_bars(UnixNanos time) {
  now_ = time;
  refresh_views();
  next_bar_end_ = kNever;
  for (const auto& list : built_) {
    for (const std::uint32_t i : list) {
      BarBuilder& builder = *series_[i].builder;
      if (builder.end() == time) deliver(i, builder.finish(), time);
      next_bar_end_ = std::min(next_bar_end_, builder.end());
    }
  }
}

void Engine::deliver(std::uint32_t series, const Bar& bar, UnixNanos end) {
  fill_event(series_[series].instrument, bar, end);
  call_readers(series, series_[series]);
}

void Engine::refresh_views() {
  for (InstrumentIndex i = 0; i < market_.size(); ++i) market_[i].refresh();
}

void Engine::take_answers() {
  Answer answer;
  if (!venue_.take(now_, answer)) return;
  do runs_[answer.run]->on_answer(answer);
  while (venue_.take(now_, answer));
  listens_ = venue_.listens();
}

void Engine::fire_timers() {
  if (next_timer_ != now_) return;
  for (auto& run : runs_) {
    if (run->next_timer_ != now_) continue;
    run->next_timer_ = run->interval_ > 0 ? now_ + run->interval_ : kNever;
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
      for (auto& run : runs_) run->sample_equity_in_time(now_);
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
