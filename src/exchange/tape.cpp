#include "exchange/tape.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stom::exchange {
namespace {

constexpr std::size_t kFlowBatch = 32;          // messages made ahead; thousands of markets keep so many each
constexpr DurationNanos kPause = kMillisecond;  // between the end of a recording and its beginning, when it is looped

/// The generator as a source: a year of it, which nobody waits for.
class FlowSource final : public sim::MessageSource {
 public:
  explicit FlowSource(sim::FlowConfig config) : config_{std::move(config)}, flow_{config_} {}

  Result<bool> next(MessageBatch& batch) override {
    batch.clear();
    flow_.generate(batch, kFlowBatch);
    return !batch.messages.empty();
  }
  Result<void> rewind() override {
    flow_ = sim::OrderFlow{config_};
    return {};
  }

 private:
  sim::FlowConfig config_;
  sim::OrderFlow flow_;
};

UnixNanos time_of(const Message& m) { return m.venue_time() != kNoTime ? m.venue_time() : m.receive_time; }

}  // namespace

Tape::Tape(Instrument instrument, std::unique_ptr<sim::MessageSource> source, TapeOptions options)
    : instrument_{std::move(instrument)},
      source_{std::move(source)},
      options_{options},
      base_tick_{instrument_.base_tick().value} {}

Result<std::unique_ptr<Tape>> Tape::replay(Instrument instrument, std::unique_ptr<sim::MessageSource> source,
                                           TapeOptions options, UnixNanos start) {
  std::unique_ptr<Tape> tape{new Tape{std::move(instrument), std::move(source), options}};
  if (auto begun = tape->begin(start); !begun) return std::unexpected(begun.error());
  return tape;
}

Result<std::unique_ptr<Tape>> Tape::generated(const sim::FlowConfig& config) {
  std::unique_ptr<Tape> tape{new Tape{config.instrument, std::make_unique<FlowSource>(config), {}}};
  tape->opens_later_ = !config.market.empty();
  if (auto begun = tape->begin(kNoTime); !begun) return std::unexpected(begun.error());
  return tape;
}

/// `start` kNoTime: the times of the source are the wall clock's.
Result<void> Tape::begin(UnixNanos start) {
  if (auto found = find_start(); !found) return found;
  // The book that the recording starts with: all up to the snapshot, at once.
  Message message;
  std::span<const Level> levels;
  while (has_depth_ && !primed_ && !opens_later_ && fetch()) take(message, levels);
  if (!fetch())
    return status_ ? fail(Errc::BadData, fmt::format("{}: the recording ends with its first snapshot", instrument_.id),
                          "replay one with market data behind the snapshot")
                   : status_;
  last_ = zero_ = time_of(batch_.messages[at_]);
  start_ = start == kNoTime ? zero_ : start;
  return {};
}

/// What the recording has to start with: a snapshot, or best prices and nothing else.
Result<void> Tape::find_start() {
  bool any = false, diffs = false, quotes = false, snapshot = false;
  while (!snapshot) {
    const auto more = source_->next(batch_);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    for (const Message& m : batch_.messages) {
      any = true;
      diffs |= m.kind == MessageKind::Depth;
      quotes |= m.kind == MessageKind::Quote;
      snapshot |= m.kind == MessageKind::Snapshot;
    }
  }
  if (!any)
    return fail(Errc::NotFound, fmt::format("{}: there are no ticks to replay", instrument_.id),
                "see what there is: stom data list");
  if (!snapshot && diffs)
    return fail(Errc::BadData, fmt::format("{}: depth updates without a snapshot make no book", instrument_.id),
                "import the recording with its depth snapshot first");
  if (!snapshot && !quotes)
    return fail(Errc::BadData, fmt::format("{}: nothing in the recording tells the book", instrument_.id),
                "replay one with depth or best prices");
  has_depth_ = snapshot;
  batch_.clear();
  at_ = 0;
  return source_->rewind();
}

/// True where batch_.messages[at_] is the next one.
bool Tape::fetch() {
  while (at_ == batch_.messages.size()) {
    at_ = 0;
    const auto more = source_->next(batch_);
    if (!more) status_ = std::unexpected(more.error());
    if (!more || !*more) {
      batch_.clear();
      return false;
    }
  }
  return true;
}

bool Tape::rewind() {
  if (!options_.loop || !status_) return false;
  if (auto again = source_->rewind(); !again) {
    status_ = again;
    return false;
  }
  resumed_ = last_ + passed_ + kPause;
  start_ += played_in(last_ - zero_) + kPause;
  zero_ = last_ = kNoTime;
  seam_ = has_depth_;
  held_.clear();
  primed_ = false;
  follows_diffs_ = false;
  trade_offset_known_ = false;
  return fetch();
}

UnixNanos Tape::due_of(const Message& message) {
  const UnixNanos time = time_of(message);
  if (zero_ == kNoTime) {
    zero_ = time;
    passed_ = resumed_ - time;
  }
  last_ = std::max(last_, time);
  // A recording in the order of receipt is not quite in the order of the venue's time.
  return std::max(due_, start_ + played_in(time - zero_));
}

DurationNanos Tape::played_in(DurationNanos recorded) const {
  return static_cast<DurationNanos>(Int128{recorded} * 1000 / options_.speed_milli);
}

bool Tape::next(UnixNanos now, Message& message, std::span<const Level>& levels) {
  while (!ended_) {
    if (!fetch() && !rewind()) {
      ended_ = true;
      return false;
    }
    const UnixNanos due = due_of(batch_.messages[at_]);
    if (due > now) return false;
    due_ = due;
    if (take(message, levels)) return true;
  }
  return false;
}

/// Consumes one message of the source; true where it is one for the public.
bool Tape::take(Message& message, std::span<const Level>& levels) {
  message = batch_.messages[at_++];
  levels = {batch_.levels.data() + message.first_level, message.levels()};
  if (!std::ranges::all_of(levels, [&](const Level& l) {
        return l.price.value >= 0 && l.price.value / base_tick_ < kMaxTick && l.quantity.value >= 0;
      }))
    return false;
  switch (message.kind) {
    case MessageKind::Depth:
      return take_depth(message, levels);
    case MessageKind::Snapshot:
      return take_snapshot(message, levels);
    case MessageKind::Trade:
      if (message.first_update_id != 0) {
        if (!trade_offset_known_) trade_offset_ = trade_id_ + 1 - message.first_update_id;
        trade_offset_known_ = true;
        message.first_update_id += trade_offset_;
        trade_id_ = std::max(trade_id_, message.first_update_id);
      } else {
        message.first_update_id = ++trade_id_;  // the recording has none
      }
      break;
    case MessageKind::Quote:
      if (seam_ || stale_) return false;
      message.final_update_id += id_offset_;
      if (!has_depth_) apply(book_, message, levels);
      break;
    case MessageKind::MarkPrice:
      if (options_.shift_to_now) message.final_update_id += start_ - zero_;
      break;
  }
  stamp(message);
  return primed_ || !has_depth_;
}

bool Tape::take_depth(Message& message, std::span<const Level>& levels) {
  if (!primed_) return hold(message, levels);
  if (message.final_update_id <= recorded_id_) return false;
  const bool chained = message.previous_update_id != 0;
  const bool gap = chained && follows_diffs_ ? message.previous_update_id != recorded_id_
                                             : message.first_update_id > recorded_id_ + 1;
  if (gap) stale_ = true;
  if (stale_) return hold(message, levels);
  follows_diffs_ = true;
  recorded_id_ = message.final_update_id;
  message.first_update_id = std::max(message.first_update_id + id_offset_, update_id_ + 1);
  message.previous_update_id = chained ? update_id_ : 0;
  message.final_update_id = update_id_ = recorded_id_ + id_offset_;
  stamp(message);
  apply(book_, message, levels);
  return true;
}

/// Until its snapshot comes, what a diff means is not known; but the snapshot may be older than it is.
bool Tape::hold(const Message& message, std::span<const Level> levels) {
  Message& held = held_.messages.emplace_back(message);
  held.first_level = static_cast<std::uint32_t>(held_.levels.size());
  held_.levels.insert(held_.levels.end(), levels.begin(), levels.end());
  return false;
}

bool Tape::take_snapshot(Message& message, std::span<const Level>& levels) {
  // With the first of a trading day the book begins anew, and no diff says so.
  if ((message.flags & kCallAuction) != 0 && (primed_ || opens_later_)) return begin_day(message, levels);
  if (primed_ && follows_diffs_ && !stale_) return false;  // it says what the diffs say
  OrderBook wanted;
  apply(wanted, message, levels);
  recorded_id_ = message.final_update_id;
  follows_diffs_ = false;
  for (const Message& held : held_.messages) {
    if (held.final_update_id <= recorded_id_) continue;
    apply(wanted, held, std::span{held_.levels}.subspan(held.first_level, held.levels()));
    recorded_id_ = held.final_update_id;
    follows_diffs_ = true;
  }
  held_.clear();
  const bool first_ever = !primed_ && !seam_;
  primed_ = true;
  if (first_ever) {
    book_ = std::move(wanted);
    update_id_ = std::max<std::int64_t>(recorded_id_, 1);
    id_offset_ = update_id_ - recorded_id_;
    return false;
  }
  difference(wanted, message);
  book_ = std::move(wanted);
  seam_ = stale_ = false;
  message.previous_update_id = update_id_;
  message.first_update_id = message.final_update_id = ++update_id_;
  id_offset_ = update_id_ - recorded_id_;
  levels = levels_;
  stamp(message);
  return true;
}

bool Tape::begin_day(Message& message, std::span<const Level> levels) {
  primed_ = true;
  seam_ = stale_ = false;
  follows_diffs_ = false;
  held_.clear();
  recorded_id_ = message.final_update_id;
  message.final_update_id = update_id_ = std::max(recorded_id_ + id_offset_, update_id_ + 1);
  id_offset_ = update_id_ - recorded_id_;
  book_.clear();
  stamp(message);
  apply(book_, message, levels);
  return true;
}

/// The event times: those of the recording, which go on from pass to pass, or now.
void Tape::stamp(Message& message) {
  if (zero_ == kNoTime) return;  // before the start
  const DurationNanos shift = options_.shift_to_now ? start_ - zero_ : passed_;
  for (UnixNanos* time : {&message.event_time, &message.transaction_time})
    if (*time != kNoTime) *time += shift;
  if (message.event_time == kNoTime && message.transaction_time == kNoTime)
    message.event_time = message.receive_time + shift;
}

void Tape::apply(OrderBook& book, const Message& message, std::span<const Level> levels) const {
  const auto tick = [&](const Level& level) { return level.price.value / base_tick_; };
  if (message.kind == MessageKind::Quote) {
    book.set_touch(tick(levels[0]), levels[0].quantity.value, tick(levels[1]), levels[1].quantity.value);
    return;
  }
  for (const Level& level : levels.first(message.bids)) book.set_bid(tick(level), level.quantity.value);
  for (const Level& level : levels.subspan(message.bids)) book.set_ask(tick(level), level.quantity.value);
}

/// What must change for the published book to become the wanted one, as a depth message.
void Tape::difference(const OrderBook& wanted, Message& out) {
  levels_.clear();
  const auto tell = [&](const LevelMap& before, const LevelMap& after) {
    for (Tick tick = before.at_or_above(0); tick != kNoAsk; tick = before.at_or_above(tick + 1))
      if (after.get(tick) == 0) levels_.push_back({{tick * base_tick_}, {0}});
    for (Tick tick = after.at_or_above(0); tick != kNoAsk; tick = after.at_or_above(tick + 1))
      if (after.get(tick) != before.get(tick)) levels_.push_back({{tick * base_tick_}, {after.get(tick)}});
  };
  tell(book_.bids(), wanted.bids());
  out.bids = static_cast<std::uint32_t>(levels_.size());
  tell(book_.asks(), wanted.asks());
  out.asks = static_cast<std::uint32_t>(levels_.size()) - out.bids;
  out.kind = MessageKind::Depth;
}

}  // namespace stom::exchange
