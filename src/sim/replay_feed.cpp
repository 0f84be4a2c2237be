#include "sim/replay_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "core/assert.hpp"

namespace stom::sim {
namespace {

std::int64_t stopwatch() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// What a stored message is to the books; nothing where the reading leaves it out.
std::optional<FeedKind> kind_of(const Message& m, Reading reading, bool quotes) {
  switch (m.kind) {
    case MessageKind::Depth:
      return FeedKind::Depth;
    case MessageKind::Snapshot:
      return FeedKind::Snapshot;
    case MessageKind::Trade:
      if (reading == Reading::Ungated && (m.flags & kNotMarketTrade)) return std::nullopt;
      return FeedKind::Trade;
    case MessageKind::Quote:
      return quotes ? std::optional{FeedKind::Quote} : std::nullopt;
    case MessageKind::MarkPrice:
      return FeedKind::Mark;
  }
  return std::nullopt;
}

}  // namespace

/// The levels of one converted batch; free again once both clocks are past all of its messages.
struct ReplayFeed::Chunk {
  std::vector<FeedLevel> levels;
  std::size_t left = 0;  // deliveries still to be consumed, two per message
};

struct ReplayFeed::Input {
  Stream stream;
  std::int64_t base_tick = 1;
  MessageBatch batch;
  bool done = false;
  bool has_depth = false;  // or a snapshot: where there is neither, quotes are the book
  bool has_trades = false;
  bool quotes_wanted = false;  // by somebody besides the book
  std::size_t batches_read = 0;
  // Smallest time on each clock (before repair of the local one) in batch i and all that follow.
  std::vector<UnixNanos> exchange_bound, local_bound;
  GatedDepth gate;
  UnixNanos book_since = kNoTime;  // the newest snapshot, on the venue's clock: no update acts before it
  Random random{0};                // of drawn feed latencies: one draw a message, whatever the reading makes of it
  UnixNanos delivered = kNoTime;   // where feed latencies are drawn: a message never overtakes an earlier one

  UnixNanos bound(const std::vector<UnixNanos>& bounds) const {
    return batches_read < bounds.size() ? bounds[batches_read] : kNever;
  }
};

/// One clock's queue: what is certain to be next (ready), and what still waits for batches not yet read.
class ReplayFeed::Order final : public MarketFeed {
 public:
  Order(ReplayFeed& feed, UnixNanos FeedMessage::* time) : feed_{feed}, time_{time} {}

  std::span<const FeedMessage> next_batch() override {
    const auto began = stopwatch();
    feed_.release(ready_);
    ready_.clear();
    for (take_ready(); ready_.empty() && feed_.refill(); take_ready()) {
    }
    feed_.statistics_.load_ns += stopwatch() - began;
    return ready_;
  }

  FeedContent content(InstrumentIndex index) const override { return {.trades = feed_.inputs_[index].has_trades}; }

  void add(const FeedMessage& message) {
    if (!pending_.empty() && message.*time_ < pending_.back().*time_) sorted_ = false;
    pending_.push_back(message);
  }
  void set_bound(UnixNanos bound) { bound_ = bound; }

 private:
  void take_ready() {
    if (!sorted_)
      std::stable_sort(pending_.begin(), pending_.end(),
                       [&](const auto& a, const auto& b) { return a.*time_ < b.*time_; });
    sorted_ = true;
    const auto end = std::lower_bound(pending_.begin(), pending_.end(), bound_,
                                      [&](const FeedMessage& m, UnixNanos t) { return m.*time_ < t; });
    ready_.assign(pending_.begin(), end);
    pending_.erase(pending_.begin(), end);
  }

  ReplayFeed& feed_;
  UnixNanos FeedMessage::* time_;
  std::vector<FeedMessage> ready_, pending_;
  bool sorted_ = true;
  UnixNanos bound_ = kNoTime;
};

ReplayFeed::ReplayFeed(std::vector<Stream> streams, ReadingOptions options) : options_{options} {
  for (auto& stream : streams) {
    Input input;
    input.base_tick = stream.instrument.base_tick().value;
    input.random = Random{options_.latency.seed + inputs_.size()};
    input.stream = std::move(stream);
    inputs_.push_back(std::move(input));
  }
  exchange_ = std::make_unique<Order>(*this, &FeedMessage::exchange_time);
  local_ = std::make_unique<Order>(*this, &FeedMessage::local_time);
}

ReplayFeed::~ReplayFeed() = default;

void ReplayFeed::deliver_quotes(InstrumentIndex index) { inputs_[index].quotes_wanted = true; }
MarketFeed& ReplayFeed::exchange_side() { return *exchange_; }
MarketFeed& ReplayFeed::local_side() { return *local_; }

Result<void> ReplayFeed::open() {
  const auto began = stopwatch();
  ClockRepair repair;
  UnixNanos latest = kNoTime;
  for (auto& input : inputs_) {
    MessageBatch& batch = input.batch;
    while (true) {
      const auto more = input.stream.source->next(batch);
      if (!more) return std::unexpected(more.error());
      if (!*more) break;
      UnixNanos exchange = kNever, local = kNever;
      statistics_.total_messages += batch.messages.size();
      for (const Message& m : batch.messages) {
        const UnixNanos venue = m.venue_time() != kNoTime ? m.venue_time() : m.receive_time;
        const UnixNanos received = m.receive_time != kNoTime ? m.receive_time : venue;
        repair.observe(m);
        input.has_trades |= m.kind == MessageKind::Trade;
        input.has_depth |= m.kind == MessageKind::Depth || m.kind == MessageKind::Snapshot;
        // A message without a venue time happens, for the venue, when we receive it: its bound moves with the repair
        // (below).
        exchange = std::min(exchange, m.venue_time() != kNoTime ? venue : kNever);
        local = std::min(local, received);
        latest = std::max({latest, received, m.venue_time()});
      }
      input.exchange_bound.push_back(exchange);
      input.local_bound.push_back(local);
    }
    if (auto rewound = input.stream.source->rewind(); !rewound) return rewound;
  }
  statistics_.clock_repair = repair.shift();
  if (latest != kNoTime) statistics_.last_time = latest + repair.shift() + options_.latency.constant;
  for (auto& input : inputs_) {
    UnixNanos exchange = kNever, local = kNever;
    for (std::size_t i = input.local_bound.size(); i-- > 0;) {
      local = std::min(local, input.local_bound[i] + statistics_.clock_repair);
      exchange = std::min({exchange, input.exchange_bound[i], local});
      input.local_bound[i] = local + options_.latency.constant;
      input.exchange_bound[i] = exchange;
    }
    statistics_.first_time = std::max(options_.from, std::min({statistics_.first_time, exchange, local}));
  }
  statistics_.load_ns += stopwatch() - began;
  return {};
}

// Reads one more batch of the input that is furthest behind; false once all are at their end.
bool ReplayFeed::refill() {
  Input* next = nullptr;
  std::size_t index = 0;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Input& input = inputs_[i];
    if (!input.done && (next == nullptr || input.bound(input.local_bound) < next->bound(next->local_bound))) {
      next = &input;
      index = i;
    }
  }
  if (next == nullptr) return false;
  const auto more = next->stream.source->next(next->batch);
  if (!more) status_ = std::unexpected(more.error());
  if (!more || !*more) {
    next->done = true;
  } else {
    convert(*next, static_cast<InstrumentIndex>(index));
    ++next->batches_read;
  }
  UnixNanos exchange = kNever, local = kNever;
  bool all_done = true;
  for (const Input& input : inputs_) {
    if (input.done) continue;
    all_done = false;
    exchange = std::min(exchange, input.bound(input.exchange_bound));
    local = std::min(local, input.bound(input.local_bound));
  }
  exchange_->set_bound(all_done ? kNever : exchange);
  local_->set_bound(all_done ? kNever : local);
  return true;
}

void ReplayFeed::convert(Input& input, InstrumentIndex instrument) {
  std::uint16_t slot = 0;
  if (free_chunks_.empty()) {
    STOM_ASSERT(chunks_.size() < UINT16_MAX);
    slot = static_cast<std::uint16_t>(chunks_.size());
    chunks_.push_back(std::make_unique<Chunk>());
  } else {
    slot = free_chunks_.back();
    free_chunks_.pop_back();
  }
  Chunk& chunk = *chunks_[slot];
  const MessageBatch& batch = input.batch;
  chunk.levels.clear();
  staged_.clear();
  staged_levels_.clear();
  for (const Message& message : batch.messages) convert_message(input, message, chunk);
  chunk.left = 2 * staged_.size();
  if (staged_.empty()) free_chunks_.push_back(slot);
  for (std::size_t i = 0; i < staged_.size(); ++i) {
    FeedMessage& out = staged_[i];
    out.first = chunk.levels.data() + staged_levels_[i];
    out.slot = slot;
    out.instrument = instrument;
    exchange_->add(out);
    local_->add(out);
  }
  statistics_.messages += staged_.size();
  statistics_.rows += chunk.levels.size();
}

void ReplayFeed::convert_message(Input& input, const Message& message, Chunk& chunk) {
  const auto local_time = [&](const Message& m) {
    return m.receive_time == kNoTime ? m.venue_time() : m.receive_time + statistics_.clock_repair;
  };
  if (options_.latency.jitter.size > 0) [[unlikely]] {
    const UnixNanos drawn =
        local_time(message) + options_.latency.constant + options_.latency.jitter.draw(input.random);
    input.delivered = std::max(input.delivered, drawn);
  }
  const auto kind = kind_of(message, options_.reading, input.quotes_wanted || !input.has_depth);
  if (!kind) return;
  const auto exchange_time = [&](const Message& m) {
    return m.venue_time() == kNoTime ? local_time(m) : m.venue_time();
  };
  const auto refuse = [&](const Input& where, const Message& m) {
    if (!status_) return;
    status_ =
        fail(Errc::BadData,
             fmt::format("{}: a price or quantity at {} is outside what a book can hold", where.stream.instrument.id,
                         format_time(m.receive_time == kNoTime ? m.venue_time() : m.receive_time)),
             "import again with the right --tick and --lot");
  };
  const auto stage = [&](const Message& m, FeedKind as, std::span<const Level> bids, std::span<const Level> asks) {
    // What was held back for this snapshot becomes true, on both sides, no earlier than the snapshot.
    const UnixNanos local = std::max(local_time(m), local_time(message));
    if (local < options_.from || local >= options_.to) return;
    const std::size_t first_level = chunk.levels.size();
    for (const auto levels : {bids, asks}) {
      for (const Level& level : levels) {
        const std::int64_t price = level.price.value;
        const Tick tick = input.base_tick == 1 ? price : price / input.base_tick;
        if (tick < 0 || tick >= kMaxTick || level.quantity.value < 0) return refuse(input, m);
        chunk.levels.push_back({tick, level.quantity.value});
      }
    }
    staged_levels_.push_back(first_level);
    UnixNanos at = std::max(exchange_time(m), &m == &message ? kNoTime : exchange_time(message));
    if (as == FeedKind::Snapshot) input.book_since = at;
    // A snapshot without a time of its own counts from its receipt: what the venue sent before that and we received
    // behind it would else be taken back by it.
    if (as == FeedKind::Depth && options_.reading == Reading::Gated) at = std::max(at, input.book_since);
    staged_.push_back({.exchange_time = at,
                       .local_time = std::max(input.delivered, local + options_.latency.constant),
                       .first = nullptr,
                       .bids = static_cast<std::uint32_t>(bids.size()),
                       .asks = static_cast<std::uint32_t>(asks.size()),
                       .instrument = 0,
                       .slot = 0,
                       .kind = as,
                       .sell_aggressor = (m.flags & kSellAggressor) != 0,
                       .auction = (m.flags & kCallAuction) != 0,
                       .replaces_book = as == FeedKind::Quote ? !input.has_depth : options_.reading == Reading::Gated});
  };
  const auto bids = input.batch.bids(message), asks = input.batch.asks(message);
  const bool changes_book = message.kind == MessageKind::Depth || message.kind == MessageKind::Snapshot;
  if (*kind == FeedKind::Mark) {
    const std::size_t staged = staged_.size();
    stage(message, *kind, bids, asks);
    if (staged_.size() == staged || message.levels() < 2) return;
    FeedLevel* level = chunk.levels.data() + staged_levels_.back();
    level[0].quantity = message.first_update_id;
    level[1].quantity = message.final_update_id;
    return;
  }
  if (options_.reading == Reading::Ungated || !changes_book) return stage(message, *kind, bids, asks);
  const GateVerdict verdict =
      input.gate.offer(message, bids, asks, [&](const Message& m, auto its_bids, auto its_asks) {
        stage(m, m.kind == MessageKind::Snapshot ? FeedKind::Snapshot : FeedKind::Depth, its_bids, its_asks);
      });
  if (verdict == GateVerdict::Gap) {
    ++statistics_.gaps;
    stage(message, FeedKind::Gap, {}, {});
  }
  if (verdict == GateVerdict::Drop) ++statistics_.dropped_diffs;
}

void ReplayFeed::release(std::span<const FeedMessage> consumed) {
  for (const FeedMessage& m : consumed) {
    if (--chunks_[m.slot]->left == 0) free_chunks_.push_back(m.slot);
  }
}

}  // namespace stom::sim
