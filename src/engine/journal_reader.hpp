// A journal read in blocks, record by record, from its start or on from where somebody stopped: memory is one block,
// however long it is and in however many segments it lies (journal_file.hpp). Also of one that is being written: a
// record that is not whole yet is none yet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/result.hpp"
#include "engine/journal.hpp"
#include "engine/journal_bytes.hpp"
#include "engine/journal_position.hpp"

namespace stom {

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
  /// Errors, which stay: of the disk, a record that this version does not know, or a sealed segment that is not there
  /// or is spoiled.
  const Result<void>& status() const;
  /// Once next() has found no more. Errors: status(); where it ended stands a record that is not what was written, and
  /// whole ones behind it: the journal holds more than was handed over. What a kill left of a record is an end.
  Result<void> check_end();
  /// Behind the last record that was handed over. Its check and its hash: with Sums::Kept.
  JournalPosition position();
  const std::filesystem::path& path() const;
  /// The newest segment's file: which one it is, from 1, and where in it the position stands.
  std::uint64_t segment() const;
  std::uint64_t position_in_file() const;

  // Before the first record.
  /// Goes to a place of before, where the journal holds up to there what it held then: what its segment's head says of
  /// all before that one counts, those are not read. False: it does not, and stays; or status().
  bool skip_to(const JournalPosition& position);
  /// The same where that is known already.
  void go_to(const JournalPosition& position);

 private:
  struct State;
  explicit JournalReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stom
