#include "live/live_feed.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "market/order_book.hpp"

namespace stom {
namespace {
constexpr std::size_t kSpareBlocks = 256;  // what waited while the engine was held up is more, and seldom
// Room that a block has from the beginning, and keeps: a whole book of many levels comes now and then. What is larger
// has a block of its own, which goes when it was read: what stays would come to be, over hours, what the largest
// needed.
constexpr std::size_t kLevelsKept = 256, kMessagesKept = 8;
}  // namespace

LiveFeed::BlockPointer LiveFeed::spare_block() {
  auto block = std::make_unique<Block>();
  block->levels.resize(kLevelsKept);  // its memory is there from here on
  block->messages.resize(kMessagesKept);
  block->spare = true;
  return block;
}

LiveFeed::LiveFeed(std::span<const Instrument> instruments, std::size_t blocks)
    : filled_{blocks + 1}, empty_{blocks + 1}, most_{blocks}, newest_(instruments.size()) {
  free_.reserve(std::min(blocks, kSpareBlocks) + 1);
  for (; made_ < std::min(blocks, kSpareBlocks); ++made_) free_.push_back(spare_block());
  for (const Instrument& instrument : instruments) readings_.emplace_back().base_tick = instrument.base_tick().value;
}

LiveFeed::~LiveFeed() = default;

// --- I/O thread ------------------------------------------------------------------------------------------------------

LiveFeed::BlockPointer LiveFeed::take_block(std::size_t levels) {
  for (BlockPointer read; empty_.try_pop(read);) give_back(std::move(read));
  BlockPointer block;
  const bool can_be_made = made_ < most_;
  if (!free_.empty() && (levels <= kLevelsKept || !can_be_made)) {
    block = std::move(free_.back());
    free_.pop_back();
  } else if (can_be_made) {
    block = std::make_unique<Block>();
    block->levels.reserve(levels);
    ++made_;
  }
  if (block) {
    block->messages.clear();
    block->levels.clear();
  }
  return block;
}

void LiveFeed::give_back(BlockPointer block) {
  if (!block->spare) {
    --made_;
    return;
  }
  const bool has_grown = block->levels.capacity() > kLevelsKept || block->messages.capacity() > kMessagesKept;
  free_.push_back(has_grown ? spare_block() : std::move(block));
}

std::size_t LiveFeed::room() const {
  std::size_t levels = 0;
  for (const BlockPointer& block : free_) levels += block->levels.capacity();
  return levels;
}

void LiveFeed::push(BlockPointer block) {
  const bool pushed = filled_.try_push(std::move(block));
  STOM_ASSERT(pushed);
  news_ = true;
}

void LiveFeed::market(InstrumentIndex instrument, const MessageBatch& batch) {
  Reading& reading = readings_[instrument];
  BlockPointer block = reading.lost ? nullptr : take_block(batch.levels.size());
  if (!block) {
    reading.lost = true;
    left_out_ += batch.messages.size();
    return;
  }
  if (convert(reading, instrument, batch, *block))
    push(std::move(block));
  else
    give_back(std::move(block));
}

/// False where nothing of it reaches the engine now.
bool LiveFeed::convert(Reading& reading, InstrumentIndex instrument, const MessageBatch& batch, Block& block) {
  level_starts_.clear();
  const auto put = [&](const Message& m, UnixNanos received, FeedKind kind, std::span<const Level> bids,
                       std::span<const Level> asks) {
    const std::size_t start = block.levels.size();
    for (const auto levels : {bids, asks}) {
      for (const Level& level : levels) {
        const Tick tick = level.price.value / reading.base_tick;
        if (level.price.value < 0 || tick >= kMaxTick || level.quantity.value < 0) {
          block.levels.resize(start);
          ++refused_;
          return;
        }
        block.levels.push_back({tick, level.quantity.value});
      }
    }
    level_starts_.push_back(start);
    const UnixNanos venue_time = m.venue_time();
    block.messages.push_back({.exchange_time = venue_time == kNoTime ? received : venue_time,
                              .local_time = received,
                              .first = nullptr,
                              .bids = static_cast<std::uint32_t>(bids.size()),
                              .asks = static_cast<std::uint32_t>(asks.size()),
                              .instrument = instrument,
                              .slot = 0,
                              .kind = kind,
                              .sell_aggressor = (m.flags & kSellAggressor) != 0,
                              .auction = (m.flags & kCallAuction) != 0,
                              .replaces_book = kind == FeedKind::Snapshot});
  };
  for (const Message& message : batch.messages) {
    const auto bids = batch.bids(message), asks = batch.asks(message);
    const UnixNanos received = message.receive_time == kNoTime ? message.venue_time() : message.receive_time;
    switch (message.kind) {
      case MessageKind::Trade:
        put(message, received, FeedKind::Trade, bids, asks);
        break;
      case MessageKind::Quote:
        put(message, received, FeedKind::Quote, bids, asks);
        break;
      case MessageKind::MarkPrice: {
        const std::size_t before = block.messages.size();
        put(message, received, FeedKind::Mark, bids, asks);
        if (block.messages.size() == before || message.levels() < 2) break;
        FeedLevel* level = block.levels.data() + level_starts_.back();
        level[0].quantity = message.first_update_id;
        level[1].quantity = message.final_update_id;
        break;
      }
      case MessageKind::Depth:
      case MessageKind::Snapshot: {
        const GateVerdict verdict = reading.gate.offer(
            message, bids, asks,
            [&](const Message& m, std::span<const Level> its_bids, std::span<const Level> its_asks) {
              put(m, std::max(received, m.receive_time),
                  m.kind == MessageKind::Snapshot ? FeedKind::Snapshot : FeedKind::Depth, its_bids, its_asks);
            });
        const bool unmet = verdict == GateVerdict::Replace && reading.gate.gate().state() == GateState::Stale;
        if (unmet) reading.ask_again = true;
        if (verdict == GateVerdict::Gap || unmet) put(message, received, FeedKind::Gap, {}, {});
        break;
      }
    }
  }
  for (std::size_t i = 0; i < block.messages.size(); ++i)
    block.messages[i].first = block.levels.data() + level_starts_[i];
  return !block.messages.empty();
}

bool LiveFeed::push_bare(FeedKind kind, InstrumentIndex instrument, UnixNanos now) {
  BlockPointer block = take_block(0);
  if (!block) return false;
  block->messages.push_back(bare_message(kind, instrument, now));
  push(std::move(block));
  return true;
}

bool LiveFeed::push_watch(InstrumentIndex instrument, UnixNanos now) {
  return push_bare(*readings_[instrument].watched ? FeedKind::Watched : FeedKind::Unwatched, instrument, now);
}

void LiveFeed::watched(InstrumentIndex instrument, bool is_watched, UnixNanos now) {
  Reading& reading = readings_[instrument];
  if (reading.watched == is_watched) return;
  reading.watched = is_watched;
  reading.watch_untold = !push_watch(instrument, now);
}

void LiveFeed::book_stale(InstrumentIndex instrument, UnixNanos now) {
  Reading& reading = readings_[instrument];
  reading.gate = GatedDepth{};  // whatever comes waits for the next snapshot
  if (!reading.lost && !push_bare(FeedKind::Gap, instrument, now)) reading.lost = true;
}

void LiveFeed::take_stale(UnixNanos now, std::vector<InstrumentIndex>& out) {
  for (InstrumentIndex i = 0; i < readings_.size(); ++i) {
    Reading& reading = readings_[i];
    if (reading.watch_untold) {
      if (!push_watch(i, now)) return;
      reading.watch_untold = false;
    }
    if (reading.lost) {
      if (!push_bare(FeedKind::Gap, i, now)) return;
      reading.lost = false;
    } else if (!std::exchange(reading.ask_again, false)) {
      continue;
    }
    reading.ask_again = false;
    reading.gate = GatedDepth{};
    out.push_back(i);
  }
}

// --- engine thread ---------------------------------------------------------------------------------------------------

std::size_t LiveFeed::poll(UnixNanos now) {
  sides_.begin(now);
  slowest_.turn(now);
  for (BlockPointer& block : before_) {
    const bool pushed = empty_.try_push(std::move(block));
    STOM_ASSERT(pushed);
  }
  before_.clear();
  before_.swap(taken_);
  std::size_t count = 0;
  BlockPointer block;
  while (filled_.try_pop(block)) {
    for (const FeedMessage& message : block->messages) {
      if (is_market(message.kind)) {
        newest_[message.instrument] = {now - message.exchange_time, now};
        slowest_.took(message.instrument, message.local_time, now);
      }
      sides_.add(message);
      ++count;
    }
    taken_.push_back(std::move(block));
  }
  return count;
}

}  // namespace stom
