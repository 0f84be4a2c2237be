// Plays stored market data back by two clocks at once: in the order of the venue's time for the matching side, and in
// the order of our receive time for the engine's side. Streams: memory follows the disorder between the two clocks, not
// the length of the data.
//
// Reading rules (docs/reading-rules.md): a first pass over the data finds the clock repair and, per batch, the smallest
// times still to come; the second pass can therefore put messages in exact order without ever looking further ahead
// than it must.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "market/order_book.hpp"
#include "market/reading_rules.hpp"
#include "model/feed.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"
#include "sim/latency.hpp"

namespace stom::sim {

/// Where messages come from, in received order: the store, or a vector in a test.
class MessageSource {
 public:
  virtual ~MessageSource() = default;
  /// Replaces the batch by the next one; false at the end.
  virtual Result<bool> next(MessageBatch& batch) = 0;
  virtual Result<void> rewind() = 0;
};

enum class Reading : std::uint8_t {
  Gated,    // update ids decide what is applied; a gap makes the book stale until the next snapshot (default)
  Ungated,  // every diff as it comes, also those older than the snapshot; only ordinary matches count as trades
            // (hftbacktest)
};

struct ReadingOptions {
  Reading reading = Reading::Gated;
  UnixNanos from = kNoTime;  // of receive time, after repair
  UnixNanos to = kNever;
  FeedLatency latency;  // on top of the recorded receive time, on our clock only
};

struct ReplayStatistics {
  // Known after open(): first_time, last_time, total_messages, clock_repair. The rest counts up while the data flow.
  std::uint64_t messages = 0;  // delivered per clock
  std::uint64_t rows = 0;      // their levels
  std::uint64_t gaps = 0;
  std::uint64_t dropped_diffs = 0;  // older than the snapshot, or while stale
  DurationNanos clock_repair = 0;
  UnixNanos first_time = kNever;     // smallest time on either clock
  UnixNanos last_time = kNoTime;     // no message is later, on either clock
  std::uint64_t total_messages = 0;  // in the data, before the reading rules
  std::int64_t load_ns = 0;          // spent reading, decoding and sorting
};

class ReplayFeed {
 public:
  struct Stream {
    std::unique_ptr<MessageSource> source;
    Instrument instrument;
  };
  ReplayFeed(std::vector<Stream> streams, ReadingOptions options);
  ~ReplayFeed();

  /// The first pass. Nothing is delivered before it.
  Result<void> open();
  /// Best-price messages of that instrument are delivered too; to be said before anything is. Where the data have no
  /// depth they always are, as they are all that is known of the book (docs/reading-rules.md, "quotes").
  void deliver_quotes(InstrumentIndex index);
  MarketFeed& exchange_side();
  MarketFeed& local_side();
  const ReplayStatistics& statistics() const { return statistics_; }
  /// What stopped the feed early, if anything did.
  const Result<void>& status() const { return status_; }

 private:
  struct Chunk;
  struct Input;
  class Order;

  bool refill();
  void convert(Input& input, InstrumentIndex instrument);
  void convert_message(Input& input, const Message& message, Chunk& chunk);
  void release(std::span<const FeedMessage> consumed);

  std::vector<Input> inputs_;
  ReadingOptions options_;
  ReplayStatistics statistics_;
  Result<void> status_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::uint16_t> free_chunks_;
  std::unique_ptr<Order> exchange_, local_;
  std::vector<FeedMessage> staged_;  // of the batch being converted; `first` still to be set
  std::vector<std::size_t> staged_levels_;
};

}  // namespace stom::sim
