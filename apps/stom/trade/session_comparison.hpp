// Two runs of one strategy over one market, held against each other: a session, and the same run again on what it
// recorded, with fills of the simulator (docs/verify.md). Orders are paired, and what has no partner, or another fate
// than its partner, is told with its cause. Plain comparisons over the records of both journals.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journal.hpp"
#include "model/instrument.hpp"

namespace stom::trade {

enum class Cause : std::uint8_t {
  Refused,       // refused in one of the two alone
  Queue,         // it rested in both, and its place in the queue was another
  Latency,       // it, its cancel or an answer was under way for another time
  Follows,       // position or orders were others by then: an earlier difference
  RecordingGap,  // the recording has a gap there: the re-run did not know the book
  MarketData,    // none of these: what the strategy saw of the market came at another time, or is not in the recording
};
std::string_view name_of(Cause cause);

struct Comparison {
  struct Count {
    std::uint64_t session = 0, rerun = 0, same = 0;
  };
  Count orders, fills;
  std::uint64_t refused =
      0;  // pairs of the same order that one of the two refused: one difference, and of neither `same`
  std::map<Cause, std::uint64_t> causes;
  struct Difference {
    bool is_fill = false;
    UnixNanos time = 0;
    std::string session, rerun;  // in words; empty: nothing there
    Cause cause = Cause::MarketData;
    std::string why;
  };
  static constexpr std::size_t kTold = 20;
  std::vector<Difference> first;  // so many at most, by time
};

/// Both by time, on one clock. `is_gap`: whether the re-run knew no book of that instrument then.
Comparison compare(std::span<const JournalRecord> session, std::span<const JournalRecord> rerun,
                   std::span<const Instrument> instruments,
                   const std::function<bool(InstrumentIndex, UnixNanos)>& is_gap);

}  // namespace stom::trade
