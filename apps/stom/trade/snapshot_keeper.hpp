// Keeps the snapshots of a session that trades (snapshot.hpp). It folds the journal a second time, record by record as
// the engine has handed it to the system, and writes down what that leads to: the engine is asked for nothing, waits
// for nothing, and a snapshot is what a restart would have folded, because it is the same fold over the same bytes.
//
// Its memory does not grow with the session: fills go to their file a few at a time, and a snapshot says how many of
// those count. Where none can be written for so long that more than Options::most_fills wait for their file, it gives
// up and lets them go. One thread, not the engine's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "engine/journal_reader.hpp"
#include "trade/session_fold.hpp"
#include "trade/snapshot.hpp"

namespace stom::trade {

class SnapshotKeeper {
 public:
  using Say = std::function<void(const std::string&)>;  // a line of the log
  /// To fold a record takes some 0.1 µs: behind a snapshot lie at most some hundredths of a second of a restart.
  static constexpr std::uint64_t kEvery = 250'000;

  struct Options {
    std::uint64_t every = kEvery;     // records
    std::size_t fills_at_once = 256;  // are put into their file before there is a snapshot of them
    std::size_t most_fills = 1'000'000;
    Disk disk = Disk::Awaited;
  };
  /// `fold`: of the session, with nothing folded. `from`: the snapshot with which it went on; it begins there, else at
  /// the start of the journal, which lies in the session's folder. Errors: the journal cannot be read.
  static Result<std::unique_ptr<SnapshotKeeper>> open(const std::filesystem::path& journal, SessionFold fold,
                                                      const std::optional<Snapshot>& from, Options options, Say say);

  /// Folds what has come, and writes a snapshot where that is enough; for a short time, however much there is.
  void look();
  /// All that has come, and a snapshot of it: nothing is written to the journal any more.
  void finish();
  /// What the last one that it has written stands for.
  const std::optional<JournalPosition>& written() const { return written_; }

 private:
  SnapshotKeeper(JournalReader journal, SessionFold fold, std::filesystem::path folder, Options options, Say say);
  bool fold_some(std::size_t most);
  Result<void> put_aside(Disk disk);
  void write();
  Result<void> write_down();
  void give_up(const Error& error);

  JournalReader journal_;
  SessionFold fold_;
  const std::filesystem::path folder_;
  const Options options_;
  const Say say_;
  StripedCrc fills_check_;        // of the fills that their file has
  std::size_t fills_tried_ = 0;   // to be put there, in vain
  std::uint64_t folded_ = 0;      // records
  std::uint64_t written_at_ = 0;  // of them, at the last snapshot, or try
  bool has_written_ = false;      // and it worked
  std::optional<JournalPosition> written_;
  bool keep_newest_ = false;  // the newest one is good
  bool given_up_ = false, told_ = false;
};

}  // namespace stom::trade
