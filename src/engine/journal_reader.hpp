// A journal file read in blocks, record by record, from its start or on from where somebody stopped: memory is one
// block, however long the file is. Also of a file that is being written: a record that is not whole yet is none yet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/hash.hpp"
#include "core/result.hpp"
#include "engine/journal.hpp"
#include "engine/journal_bytes.hpp"

namespace stom {

/// What the numbers of the next record are counted from: those of the records before it.
struct JournalAnchor {
  UnixNanos time = 0;
  std::uint64_t request = 0;
  ClientOrderId id = 0;
  std::int64_t price = 0;

  template <class Io>
  void fields(Io& io) {
    io(time, request, id, price);
  }
};

/// A place behind some record of a journal, with all that is needed to go on there, and to see whether a file is that
/// journal. To be written down and read back (core/state_io.hpp).
struct JournalPosition {
  std::uint64_t records = 0, bytes = kJournalMagic.size();  // before it
  JournalAnchor anchor;
  StripedCrc check;       // of those bytes behind the magic
  Sha256::Progress hash;  // too: docs/journal.md, "Hash"

  template <class Io>
  void fields(Io& io) {
    io(records, bytes, anchor, check, hash);
  }
};

class JournalReader {
 public:
  enum class Sums : bool { None, Kept };  // a position's check and hash cost what reading does
  /// Errors: not a journal, another version.
  static Result<JournalReader> open(const std::filesystem::path& path, Sums sums = Sums::None);
  ~JournalReader();
  JournalReader(JournalReader&&) noexcept;
  JournalReader& operator=(JournalReader&&) noexcept;

  /// The next record, until the next call; null: there is no whole one (any more, or yet), or status() says why.
  const JournalRecord* next();
  /// Errors, which stay: of the disk, or a record that this version does not know.
  const Result<void>& status() const;
  /// Behind the last record that was handed over. Its check and its hash: with Sums::Kept.
  JournalPosition position();
  const std::filesystem::path& path() const;

  // Before the first record.
  /// Goes to a place of before, where the file holds up to there what it held then. False: it does not, and stays.
  bool skip_to(const JournalPosition& position);
  /// The same where that is known already.
  void go_to(const JournalPosition& position);

 private:
  struct State;
  explicit JournalReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stom
