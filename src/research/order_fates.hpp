// What became of a run's orders, by its journal, and what would have become of them by other models of the queue: the
// same orders at the same times in the same market, once for each model, by the simulator's own matching.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "engine/journal.hpp"
#include "market/market.hpp"
#include "sim/matching.hpp"

namespace stom::research {

/// When something happened at the venue, by its clock; kNever: it did not.
struct OrderFate {
  NewOrder order;
  UnixNanos sent = 0;        // by our clock
  UnixNanos acted = kNever;  // the venue first did something with it
  UnixNanos first_fill = kNever;
  UnixNanos over = kNever;  // nothing of it is left; where nobody says so, the end of the journal
  bool rested = false;      // accepted, and nothing of it took
  bool followed = true;     // its session heard of the market as long as it stood
  std::int64_t taken = 0;   // of its quantity, as taker
  Int128 taken_value = 0;   // price x quantity of that
};
/// Orders that the venue took, in the order sent. What STOM keeps itself is none.
std::vector<OrderFate> order_fates(std::span<const JournalRecord> journal);

/// How long what was sent took, of messages that had nothing before them to wait for: a message never overtakes an
/// earlier one, so others say more of that than of the way. An order that STOM kept is sent when it leaves.
struct Latencies {
  std::vector<DurationNanos> entries, responses;  // by the venue's clock and ours
  std::vector<DurationNanos> round_trips;         // by ours alone; with nothing else under way
  std::vector<sim::RecordedRequest> requests;     // all, as docs/latency.md has them
};
Latencies latencies_in(std::span<const JournalRecord> journal);

/// What the venue's times are counted in: the coarsest of a second, a millisecond, a microsecond and a nanosecond that
/// nine in ten of those orders came in whole ones of.
DurationNanos clock_of(std::span<const OrderFate> fates);

/// The orders once more, under each of the models.
class OrderTrial {
 public:
  /// `fates` must outlive it.
  OrderTrial(std::span<const Instrument> instruments, std::span<const OrderFate> fates, sim::FillRules rules,
             std::vector<sim::RunModels> models);
  ~OrderTrial();

  /// The market as the venue had it, of each instrument in order of its time.
  void on_message(const FeedMessage& message);
  void finish();

  struct Outcome {
    UnixNanos first_fill = kNever;
    bool rested = false;  // and did not take
  };
  /// Of an order, by model.
  std::span<const Outcome> of(std::size_t order) const;
  /// Whether a trade went past the order's price while it stood, at it, or neither.
  enum class Reached : std::uint8_t { Never, At, Through };
  Reached reached(std::size_t order) const { return reached_[order]; }
  /// Nothing of the market is missing between its arrival and its fill.
  bool seen(std::size_t order) const { return seen_[order]; }
  /// There was a book: without one nobody knows how much stands before an order.
  bool has_books() const { return has_books_; }

 private:
  class Sink;
  struct Step {
    UnixNanos time;
    bool ends;
    std::size_t order;
  };
  void advance(InstrumentIndex instrument, UnixNanos before);

  std::span<const OrderFate> fates_;
  std::vector<sim::RunModels> models_;
  std::vector<std::int64_t> base_tick_;
  std::unique_ptr<Sink> sink_;
  std::vector<std::unique_ptr<sim::Matching>> matching_;  // as the rest by instrument
  std::vector<std::deque<Step>> steps_;
  std::vector<std::vector<std::size_t>> standing_;
  std::vector<Reached> reached_;  // by order
  std::vector<bool> seen_;        // by order
  std::vector<UnixNanos> last_;   // message
  bool has_books_ = false;
};

/// What orders paid beyond what the book said that they would, in ticks.
class SlippageMeter {
 public:
  SlippageMeter(std::span<const Instrument> instruments, std::span<const OrderFate> fates);
  /// The market as we heard of it.
  void on_message(const FeedMessage& message);
  void finish() { look_until(kNever); }
  /// Of each order that took what the book we knew had when it was sent.
  const std::vector<double>& ticks() const { return ticks_; }
  /// Orders larger than that, or sent while nobody knew the book.
  std::size_t beyond_the_book() const { return beyond_; }

 private:
  void look_until(UnixNanos before);

  Market market_;
  std::vector<const OrderFate*> takers_;  // in the order sent
  std::size_t next_ = 0, beyond_ = 0;
  std::vector<double> ticks_;
};

}  // namespace stom::research
