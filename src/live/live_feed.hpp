// Live market data on their way from the I/O thread to the engine: one thread hands over what venues send, the other
// reads it as two market feeds. The reading rules (docs/reading-rules.md) are those of a replay: update ids decide what
// is applied, a gap makes the book stale until the next snapshot.
//
// Full: between the threads lie blocks, one for each message batch. Some are there from the beginning and used again;
// more are made as they are needed, up to a limit, and go when they were read. Where none is free, the engine does not
// keep up. Then the instrument's data are left out, its book is stale for the engine as soon as there is room to say
// so, and must be asked for anew (take_stale()). No other book is touched. Who entered the watch list or left it is
// told then, too, as it stands by that time.
//
// Time, and what the venue's side is: feed_sides.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/spsc_queue.hpp"
#include "live/feed_sides.hpp"
#include "live/slowest_event.hpp"
#include "market/reading_rules.hpp"
#include "model/feed.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"

namespace stom {

class LiveFeed {
 public:
  static constexpr std::size_t kBlocks = 8192;
  explicit LiveFeed(std::span<const Instrument> instruments, std::size_t blocks = kBlocks);
  ~LiveFeed();

  // I/O thread
  void market(InstrumentIndex instrument, const MessageBatch& batch);
  /// The venue says that updates are missing, or that nothing comes any more.
  void book_stale(InstrumentIndex instrument, UnixNanos now);
  /// It is in the watch list (관심종목), or it is not. Told where that is another than before.
  void watched(InstrumentIndex instrument, bool is_watched, UnixNanos now);
  /// Appends the instruments whose book must be asked for anew, once each.
  void take_stale(UnixNanos now, std::vector<InstrumentIndex>& out);
  /// Whether there is anything that the engine was not told of; forgets it.
  bool take_news() { return std::exchange(news_, false); }
  /// Room for levels that the blocks hold which are not on their way: what a burst leaves behind.
  std::size_t room() const;
  /// Messages that were left out because no block was free.
  std::uint64_t left_out() const { return left_out_; }
  /// Messages with a price or quantity that no book can hold.
  std::uint64_t refused() const { return refused_; }

  // Engine thread
  /// Takes what has come by `now`; what was taken before is gone from here on, and must have been read. How much it is.
  std::size_t poll(UnixNanos now);
  /// Calls visit(message) for each message of the last poll(), in order, with the times at which it was received.
  template <class Visit>
  void each_taken(Visit&& visit) const {
    for (const BlockPointer& block : taken_)
      for (const FeedMessage& message : block->messages) visit(message);
  }
  MarketFeed& local_side() { return sides_.local(); }
  MarketFeed& venue_side() { return sides_.venue(); }
  /// The newest message with a time of the venue: how long after it the engine took it, by our clock and the venue's.
  /// kNoTime before the first.
  DurationNanos age(InstrumentIndex instrument) const { return newest_[instrument].age; }
  /// When the engine took that message; kNoTime before the first.
  UnixNanos heard_at(InstrumentIndex instrument) const { return newest_[instrument].at; }
  /// How long messages waited for the engine to take them, by our clock alone.
  const SlowestEvent& slowest() const { return slowest_; }

 private:
  struct Block {
    std::vector<FeedMessage> messages;
    std::vector<FeedLevel> levels;
    bool spare = false;  // used again
  };
  using BlockPointer = std::unique_ptr<Block>;
  /// What the I/O thread knows of an instrument.
  struct Reading {
    std::int64_t base_tick = 1;
    GatedDepth gate;
    bool lost = false;       // data were left out: to be told, then to be asked for anew
    bool ask_again = false;  // the snapshot does not meet what came after it
    std::optional<bool> watched;
    bool watch_untold = false;  // there was no room to say so
  };
  struct Newest {
    DurationNanos age = kNoTime;
    UnixNanos at = kNoTime;
  };

  static BlockPointer spare_block();
  BlockPointer take_block(std::size_t levels);
  void give_back(BlockPointer block);
  void push(BlockPointer block);
  bool convert(Reading& reading, InstrumentIndex instrument, const MessageBatch& batch, Block& block);
  bool push_bare(FeedKind kind, InstrumentIndex instrument, UnixNanos now);
  bool push_watch(InstrumentIndex instrument, UnixNanos now);

  // I/O thread
  std::vector<Reading> readings_;
  std::size_t made_ = 0;                   // blocks
  std::vector<BlockPointer> free_;         // used again from the end
  std::vector<std::size_t> level_starts_;  // of the block's messages
  bool news_ = false;
  std::uint64_t left_out_ = 0, refused_ = 0;

  // Between them. As many places as there are blocks: neither is ever full.
  SpscQueue<BlockPointer> filled_, empty_;
  const std::size_t most_;

  // Engine thread
  std::vector<BlockPointer> taken_, before_;  // of this poll(), of the one before
  std::vector<Newest> newest_;                // message of an instrument
  SlowestEvent slowest_;
  FeedSides sides_;
};

}  // namespace stom
