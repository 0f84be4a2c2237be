// What a session's journal had led to at one of its records, as files beside it: a process that goes on reads them, and
// folds what came behind that record only (docs/recovery.md, docs/adr/0015). A snapshot is used where it is whole and
// where the journal still holds, byte for byte, what it stands for; else the journal is read from its start.
//
//   DIR/snapshot.stom         the newest: 8 bytes "STOMSNP6", the fields of Snapshot (core/state_io.hpp), 32 bytes
//                             SHA-256 over all before them
//   DIR/snapshot.before.stom  the one before it
//   DIR/snapshot.fills        the session's fills, 62 bytes each. They only become more: each snapshot adds its own,
//                             and says how many stand there for it, and their check
//
// The last digit of the magic is the version of all three. Whoever changes a field, or what a record of the journal
// leads to, raises it: what an older program folded is then folded anew.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "core/result.hpp"
#include "engine/journal_reader.hpp"
#include "model/fill.hpp"
#include "trade/session_fold.hpp"

namespace stom::trade {

inline constexpr std::string_view kSnapshotFile = "snapshot.stom", kSnapshotBefore = "snapshot.before.stom",
                                  kSnapshotFills = "snapshot.fills";
inline constexpr std::array kSnapshotFiles{kSnapshotFile, kSnapshotBefore, kSnapshotFills};

struct Snapshot {
  JournalPosition position;  // behind the last record of which it knows
  StripedCrc fills_check;    // of the fills before it, as they stand in their file
  std::string state;         // SessionFold::save()

  // Not of its file.
  std::vector<Fill> fills;
  bool newest = true;  // of the two that are kept

  template <class Io>
  void fields(Io& io) {
    io(position, fills_check, state);
  }
  std::string configuration() const { return SessionFold::configuration_in(state); }
};

/// The newest in that folder that is whole and agrees with the journal; `journal` then stands behind what it knows,
/// else at its start. What is there and is not used adds a line to `not_used`.
std::optional<Snapshot> newest_snapshot(const std::filesystem::path& folder, JournalReader& journal,
                                        std::vector<std::string>& not_used);

// For who keeps them (snapshot_keeper.hpp).
enum class Disk : bool { Later, Awaited };  // whether what was written is on the disk when a call returns
/// The fills as their file has them.
std::string bytes_of(std::vector<Fill>& fills);
/// Puts them into the file of fills at that byte.
Result<void> put_fills(const std::filesystem::path& folder, std::string_view fills, std::uint64_t at, Disk disk);
/// In place of the newest. `keep_newest`: that one becomes the one before it, in place of what was that.
Result<void> put_snapshot(const std::filesystem::path& folder, Snapshot& snapshot, bool keep_newest, Disk disk);

}  // namespace stom::trade
