// The watch list (관심종목) of one venue while a session runs, on the I/O thread: it asks its source who is worth
// watching and tells live/universe.hpp, which decides who is registered (docs/universe.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "live/universe.hpp"
#include "model/instrument.hpp"
#include "venues/venue.hpp"

namespace stom::trade {

/// What --universe says: VENUE:top=N[,every=TIME], VENUE:search=CONDITION, VENUE:list=FILE.
struct UniverseSource {
  enum class Kind : std::uint8_t { TopByValue, Search, List };
  std::string venue;
  Kind kind = Kind::TopByValue;
  std::size_t most = 0;               // TopByValue
  DurationNanos every = 5 * kSecond;  // TopByValue
  std::string condition;              // Search: number or name
  std::filesystem::path file;         // List
  std::string text;                   // as it was given
};
Result<UniverseSource> parse_universe(const std::string& text);

/// Lines of VENUE:SYMBOL; of what stands before the colon, where a line has none, `venue`. Empty lines and what follows
/// a # do not count. Errors: the file cannot be read, an instrument is there twice.
Result<std::vector<std::string>> read_candidates(const std::filesystem::path& file, std::string_view venue);

/// Of the watch.csv of a session that goes on.
struct WatchFileEnd {
  UnixNanos time = 0;   // no line behind it may be earlier
  std::string lines{};  // to be written behind it
};
/// What a process that was killed left as watched is so no more: the lines that say it. Half a line at the end is cut
/// off; without a file it is begun. Errors: it is another file, or cannot be read.
Result<WatchFileEnd> end_watch_file(const std::filesystem::path& file, UnixNanos now);

class WatchList {
 public:
  /// Whom it asks, and what it says to people.
  struct Port {
    std::function<void(std::size_t)> rank_by_value;
    std::function<void(std::string_view)> follow_search;
    std::function<void(std::string)> say;
  };
  /// The first `pinned` of the instruments are watched whatever the source says. Those of other venues do not count.
  WatchList(UniverseSource source, std::span<const Instrument> instruments, std::size_t pinned, std::size_t budget,
            Port port);

  /// When on_due() is wanted next.
  UnixNanos next_due() const { return next_due_; }
  void on_due(UnixNanos now);
  /// What the venue says; counts with the next settle().
  void named(const venues::NamedReport& report);
  Universe& universe() { return universe_; }
  /// Whether the source has said anything yet.
  bool has_spoken() const { return spoken_; }
  /// True once, when it has.
  bool take_first_word() { return spoken_ && !std::exchange(first_word_taken_, true); }
  std::size_t budget() const { return universe_.budget(); }
  const UniverseSource& source() const { return source_; }

 private:
  void read_list();
  bool find(std::string_view symbol, InstrumentIndex& out);

  UniverseSource source_;
  Universe universe_;
  Port port_;
  std::map<std::string, InstrumentIndex, std::less<>> candidates_;  // by symbol
  std::set<std::string, std::less<>> strangers_;                    // named, and no candidates
  std::vector<InstrumentIndex> found_;                              // reused
  std::string list_, complaint_;                                    // of the file: what it held, what was wrong with it
  UnixNanos next_due_ = 0;
  bool spoken_ = false, first_word_taken_ = false;
};

}  // namespace stom::trade
