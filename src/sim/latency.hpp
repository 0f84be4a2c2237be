// How long messages are under way (docs/latency.md): market data to us, orders to the venue, answers back. Constant,
// with a drawn extra, or as it was recorded. Same seed, same times, on any build and CPU.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace stom::sim {

/// What is drawn for each message, on top of the constant part.
struct Jitter {
  enum class Shape : std::uint8_t {
    Even,         // from 0 to `size`, each as likely
    Exponential,  // many short, few long: `size` is the mean
  };
  Shape shape = Shape::Even;
  DurationNanos size = 0;

  DurationNanos draw(Random& random) const;
};

/// "2ms" and "even:2ms", "exponential:500us".
Result<Jitter> parse_jitter(std::string_view text);

/// A request as somebody recorded it.
struct RecordedRequest {
  UnixNanos time;          // sent, our clock
  DurationNanos entry;     // until the venue acted; negative: the venue refused it unread, which we heard after -entry
  DurationNanos response;  // from there until its answer reached us
};

/// Recorded latencies: what lies between two recorded requests is on the straight line between them; before the first
/// and after the last, theirs hold.
class RecordedLatency {
 public:
  /// The text of a CSV file with the header `time_ns,entry_ns,response_ns`; `name` is for errors.
  static Result<RecordedLatency> parse(std::string_view text, std::string_view name);

  /// Of a request sent at that time; negative: refused unread, heard after so long.
  DurationNanos entry(UnixNanos sent) const;
  /// Of an answer that the venue gives at that time.
  DurationNanos response(UnixNanos acted) const;

  UnixNanos first_time() const { return requests_.front().time; }
  UnixNanos last_time() const { return requests_.back().time; }

 private:
  std::vector<RecordedRequest> requests_;  // by time
  std::vector<RecordedRequest> acted_;     // those that the venue acted on; `time` is when it did, in that order
};

/// Orders and answers.
struct LatencyModel {
  DurationNanos entry = 0;
  DurationNanos response = 0;
  Jitter jitter;                                    // each way
  std::shared_ptr<const RecordedLatency> recorded;  // instead of entry and response
};

/// Market data: so much later than the data say that it reached us; than it happened where they do not say.
struct FeedLatency {
  DurationNanos constant = 0;
  Jitter jitter;
  std::uint64_t seed = 1;

  bool none() const { return constant == 0 && jitter.size == 0; }
};

}  // namespace stom::sim
