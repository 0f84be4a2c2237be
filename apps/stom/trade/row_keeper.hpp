// The rows of every instrument that a session watches, as they happen (docs/rows.md): the engine thread makes them of
// what it has taken, once orders have left; the program's thread writes them to DIR/rows as `stom data rows` prints
// them.
//
// Full: between the threads is a queue of kQueued rows. One that finds no room is left out, counted, and said; the next
// ones come again. Memory: a book for each instrument of which anything came, and at most kHeldBytes of text of each
// that is not written yet.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/spsc_queue.hpp"
#include "core/time.hpp"
#include "market/second_row.hpp"
#include "model/feed.hpp"
#include "model/instrument.hpp"

namespace stom::trade {

/// "stom", "any_change", with ",minute" behind it for one row a minute.
Result<RowSpec> parse_row_spec(const std::string& text);

class RowKeeper {
 public:
  static constexpr std::size_t kQueued = 16'384;
  static constexpr std::size_t kHeldBytes = 16'384;
  static constexpr DurationNanos kWriteEvery = 5 * kSecond;

  /// Makes the folder and in it about.json: by which rule the rows are, and whose trades count in which file.
  static Result<std::unique_ptr<RowKeeper>> open(const std::filesystem::path& folder,
                                                 std::span<const Instrument> instruments,
                                                 const std::vector<RowSpec>& specs);

  // Engine thread
  void apply(const FeedMessage& message);

  // The program's thread
  /// Takes what has come; on the disk within kWriteEvery.
  Result<void> write(UnixNanos now);
  /// All that is left.
  Result<void> finish();
  /// Rows that found no room since this was last asked.
  std::uint64_t take_left_out() { return left_out_.exchange(0, std::memory_order_relaxed); }

  /// "kiwoom-005930.csv", "kiwoom-005930-minute.csv"
  static std::string file_name(std::string_view instrument_id, bool minute);
  /// Whose trades count in the rows of an instrument: "krx", "nxt", "krx and nxt", or its venue.
  static std::string trades_of(std::string_view instrument_id);

 private:
  struct Item {
    SecondRow row;
    InstrumentIndex instrument = 0;
    std::uint32_t spec = 0;
  };
  struct File {
    std::string text;  // not written yet
    bool begun = false;
  };

  RowKeeper(std::filesystem::path folder, std::span<const Instrument> instruments, const std::vector<RowSpec>& specs);
  void take();
  Result<void> write_file(InstrumentIndex instrument, std::uint32_t spec);

  const std::filesystem::path folder_;
  const std::vector<Instrument> instruments_;
  const std::vector<RowSpec> specs_;
  SpscQueue<Item> queue_;
  std::atomic<std::uint64_t> left_out_{0};

  // Engine thread
  std::vector<std::unique_ptr<RowBuilder>> builders_;  // by instrument and spec; made with its first message

  // The program's thread
  std::vector<File> files_;  // by instrument and spec
  std::vector<std::size_t> full_;
  UnixNanos next_write_ = 0;
};

}  // namespace stom::trade
