// A session in one file, with checksums: what it needs to go on somewhere else (docs/recovery.md). Frames and input are
// not in it, they are large; their names and sizes are.
//
//   8 bytes "STOMBAK1", u32 length of a JSON object, that object, the files in its order, SHA-256 of all before in hex
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/result.hpp"

namespace stom::trade {

struct BackupSummary {
  std::uint64_t records = 0, journal_bytes = 0, bytes = 0;  // of the journal; of the file
};
/// Also while the session runs: its journal up to the last whole record. Errors: no session there; `file` exists.
Result<BackupSummary> back_up(const std::filesystem::path& session, const std::filesystem::path& file);
/// Into a folder that is not there yet, or is empty; nothing is left of it where anything is wrong with the file.
Result<BackupSummary> restore_backup(const std::filesystem::path& file, const std::filesystem::path& folder);

}  // namespace stom::trade
