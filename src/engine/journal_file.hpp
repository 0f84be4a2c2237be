// The bytes of a journal, in order, whether it lies in one file or in segments (journal_segment.hpp), packed or not:
// who reads a journal reads it by this. A sealed segment that was read to its end is what was sealed, or read() says
// that it is spoiled.
//
// One thread; size() any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/result.hpp"
#include "engine/journal_position.hpp"

namespace stom {

class JournalFile {
 public:
  /// Errors: not a journal, another version. Older segments are not looked for before their bytes are wanted.
  static Result<JournalFile> open(const std::filesystem::path& path);
  ~JournalFile();
  JournalFile(JournalFile&&) noexcept;
  JournalFile& operator=(JournalFile&&) noexcept;

  /// Of all segments together, the magic with them, by now, or where it was cut since by then. A file that is shorter
  /// than its head: what that has.
  std::uint64_t size() const;
  /// Where it was cut since, it is what it is now.
  void follow();
  /// Some of what stands at `from` behind the magic; also where the journal was cut meanwhile. 0: it ends there, by
  /// now. Errors: a segment that is not there or is spoiled (Errc::NotFound, Errc::BadData), the disk.
  Result<std::size_t> read(char* into, std::size_t most, std::uint64_t from);

  const std::filesystem::path& path() const;
  /// Of the newest segment.
  std::uint64_t number() const;
  const JournalPosition& begin() const;
  /// Of that one. Errors: as read().
  Result<JournalPosition> begin_of(std::uint64_t number);
  /// Of the one with the byte at that place, or with the next that is written. Errors: as read().
  Result<JournalPosition> begin_before(std::uint64_t at);

  /// The newest segment's file, and where in it a byte of the journal stands.
  int descriptor() const;
  std::uint64_t in_file(std::uint64_t at) const;

 private:
  struct State;
  explicit JournalFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stom
