// Cuts a session's journal while it trades, behind a snapshot (engine/journal_segment.hpp). This thread makes the next
// segment and waits for disks; the engine, which waits for none, writes each record to both files meanwhile, and to the
// new one alone once that has the journal's name (engine/journal_move.hpp). So whichever file has that name when the
// process is killed, or the power goes, has what a journal in one file would have.
//
// Where it cannot be done the log says so, and the journal goes on in one file until the next start.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/file_sync.hpp"
#include "core/result.hpp"
#include "engine/journal.hpp"
#include "engine/journal_move.hpp"
#include "engine/journal_segment.hpp"

namespace stom::trade {

class JournalCutter {
 public:
  using Say = std::function<void(const std::string&)>;  // a line of the log
  /// `journal` is written to that file, which `sync` brings to the disk; both outlive it. Errors: as JournalFile.
  static Result<std::unique_ptr<JournalCutter>> open(const std::filesystem::path& file, Journal& journal,
                                                     FileSync& sync, std::uint64_t segment_bytes, Say say);
  ~JournalCutter();  // nobody writes to the journal any more
  JournalCutter(const JournalCutter&) = delete;
  JournalCutter& operator=(const JournalCutter&) = delete;

  /// What can be done by now. `snapshot`: one that is on the disk has all before that place. True: another segment is
  /// sealed.
  bool look(const std::optional<JournalPosition>& snapshot);
  /// Nobody writes to the journal any more: what was begun is ended, one way or the other.
  void finish();

 private:
  JournalCutter(std::filesystem::path file, Journal& journal, FileSync& sync, std::uint64_t segment_bytes,
                std::uint64_t begin, Say say);
  Result<void> begin(const JournalPosition& place);
  void name();
  void end();
  void give_up(std::string_view why);

  const std::filesystem::path file_;
  Journal& journal_;
  FileSync& sync_;
  const std::uint64_t segment_bytes_;
  const Say say_;
  std::uint64_t begin_;    // of the newest segment
  JournalPosition place_;  // where the next one begins
  std::unique_ptr<NextSegment> next_;
  std::unique_ptr<JournalMove> move_;  // null: nothing is under way
  bool given_up_ = false;
};

}  // namespace stom::trade
