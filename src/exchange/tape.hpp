// What one market of the exchange plays: a recording or generated flow, message by message as it falls due on the wall
// clock. A recording that is played in a loop goes on without a seam: update and trade ids keep counting, and where the
// book jumps back to the recording's beginning, one depth message says what changed. Owns the source and the published
// book; whoever asks for messages sees a venue that has never missed one.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "market/order_book.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"
#include "sim/generator/order_flow.hpp"
#include "sim/replay_feed.hpp"

namespace stom::exchange {

struct TapeOptions {
  bool loop = false;
  bool shift_to_now = false;        // event times as if it happened now; else those of the recording
  std::int64_t speed_milli = 1000;  // of the recording's pace; event times stay
};

class Tape {
 public:
  /// Plays from `start` on the wall clock; what comes before the recording's first snapshot is the book it starts with.
  static Result<std::unique_ptr<Tape>> replay(Instrument instrument, std::unique_ptr<sim::MessageSource> source,
                                              TapeOptions options, UnixNanos start);
  /// Flow whose own times are the wall clock's. `config.start` is where it begins. Of a market with a trading day there
  /// is no book before the first day opens.
  static Result<std::unique_ptr<Tape>> generated(const sim::FlowConfig& config);

  /// The next message that is due by `now` (a snapshot where a trading day begins, and its book with it), applied to
  /// the book; false where there is none. The levels last until the next call.
  bool next(UnixNanos now, Message& message, std::span<const Level>& levels);
  /// When the message that next() gave was due.
  UnixNanos due() const { return due_; }
  const Instrument& instrument() const { return instrument_; }
  const OrderBook& book() const { return book_; }
  /// The last update id that the book knows of.
  std::int64_t update_id() const { return update_id_; }
  bool has_depth() const { return has_depth_; }
  bool ended() const { return ended_; }
  /// What stopped the recording early, if anything did.
  const Result<void>& status() const { return status_; }

 private:
  Tape(Instrument instrument, std::unique_ptr<sim::MessageSource> source, TapeOptions options);
  Result<void> begin(UnixNanos start);
  Result<void> find_start();
  /// How long that much of the recording takes on the wall clock.
  DurationNanos played_in(DurationNanos recorded) const;
  bool fetch();
  bool rewind();
  bool take(Message& message, std::span<const Level>& levels);
  bool take_depth(Message& message, std::span<const Level>& levels);
  bool take_snapshot(Message& message, std::span<const Level>& levels);
  bool begin_day(Message& message, std::span<const Level> levels);
  void stamp(Message& message);
  bool hold(const Message& message, std::span<const Level> levels);
  void apply(OrderBook& book, const Message& message, std::span<const Level> levels) const;
  void difference(const OrderBook& wanted, Message& out);
  UnixNanos due_of(const Message& message);

  Instrument instrument_;
  std::unique_ptr<sim::MessageSource> source_;
  TapeOptions options_;
  std::int64_t base_tick_;
  MessageBatch batch_;
  std::size_t at_ = 0;
  MessageBatch held_;  // depth messages that wait for a snapshot
  OrderBook book_;
  std::vector<Level> levels_;  // of a message that was made here
  bool has_depth_ = true;      // else the best prices are all that is known
  bool follows_diffs_ = false;
  bool stale_ = false;  // the recording has a hole: nothing of the book is told until its next snapshot
  bool seam_ = false;   // the loop has begun again, and the book has not yet
  bool primed_ = false;
  bool opens_later_ = false;  // it begins while its market is closed, without a book
  bool ended_ = false;
  std::int64_t update_id_ = 0;    // published
  std::int64_t recorded_id_ = 0;  // the same in the recording
  std::int64_t id_offset_ = 0;    // published - recorded
  std::int64_t trade_id_ = 0;     // published
  std::int64_t trade_offset_ = 0;
  bool trade_offset_known_ = true;
  UnixNanos start_ = 0;       // wall clock of `zero_`
  UnixNanos zero_ = kNoTime;  // the recording's time at which this pass starts
  UnixNanos last_ = kNoTime;  // the latest of this pass
  UnixNanos resumed_ = 0;     // the event time at which this pass goes on
  DurationNanos passed_ = 0;  // added to the recording's times in this pass
  UnixNanos due_ = 0;
  Result<void> status_;
};

}  // namespace stom::exchange
