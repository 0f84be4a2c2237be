// Keeps what goes over the wire, as it came, in files that import like any capture (docs/gateway.md). Frames that are
// one instrument's market data go to that instrument's file, a line "<ns> <frame>" each; all else, in and out, to the
// venue's wire file, with secrets masked. The I/O thread only copies; one thread packs and writes. What it cannot write
// or cannot keep up with is left out, counted and said, never waited for.
//
// A file is a row of gzip members, each whole lines. What waits to be packed lies in memory that outlives the process,
// VENUE.tail beside the files: a kill costs no line that was received, the next recorder brings them to files, and none
// is there twice. An orderly end leaves no tail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "gateway/gateway.hpp"

namespace stom::gateway {

struct RecorderOptions {
  std::filesystem::path folder;
  std::string venue;                        // "binance-usdm": begins the files' names
  std::vector<std::string> secrets;         // keys that are known: masked wherever they stand
  std::uint64_t file_bytes = 256ull << 20;  // before packing; then the next file begins
  DurationNanos file_age = kHour;           //
  std::size_t member_bytes = 64 * 1024;     // lines of one file that are packed together
  DurationNanos flush_every = kSecond;      // what a power cut can cost
  std::size_t waiting_bytes = 32ull << 20;  // for the writing thread; more is left out. As large is the tail
};

class FrameRecorder final : public WireLog {
 public:
  /// First brings to files what a recorder of that venue which was killed has left in the folder. Errors: the folder
  /// cannot be written to, or has no room for the tail.
  static Result<std::unique_ptr<FrameRecorder>> make(RecorderOptions options);
  ~FrameRecorder() override;  // writes what is there

  /// What the instrument's files are called after: "BTCUSDT". Before its first frame.
  void name(InstrumentIndex instrument, std::string symbol);

  void received(std::string_view where, std::string_view bytes, std::optional<InstrumentIndex> about,
                UnixNanos now) override;
  void is_of_no_one(std::string_view where, std::string_view bytes, UnixNanos now) override;
  void sent(std::string_view where, std::string_view bytes, UnixNanos now) override;
  /// When flush() is wanted next; kNever while nothing waits.
  UnixNanos next_due() const;
  void on_due(UnixNanos now);
  /// Hands all lines to the writing thread, and waits until it has written them.
  void drain();

  struct Counts {
    std::uint64_t lines = 0;       // given to it
    std::uint64_t lost = 0;        // of them: left out
    std::uint64_t file_bytes = 0;  // written
    std::string trouble;           // why lines were left out; empty: none were
  };
  Counts counts() const;

 private:
  struct State;
  explicit FrameRecorder(std::unique_ptr<State> state);
  std::string_view on_wire(std::string_view direction, std::string_view where, std::string_view bytes);
  std::unique_ptr<State> state_;
};

/// What a recorder that was killed has left in its folder, as files in another one; of a file whose last lines are
/// among that, what is before them. The folder itself stays as it is.
Result<void> unpack_left(const std::filesystem::path& folder, std::string_view venue, const std::filesystem::path& to);

/// The files of one instrument in a recorder's folders, in the order in which they were begun. Of two with one name the
/// later folder's.
std::vector<std::filesystem::path> recorded_frames(const std::vector<std::filesystem::path>& folders,
                                                   std::string_view venue, std::string_view symbol);

}  // namespace stom::gateway
