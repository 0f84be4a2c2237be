// The segments of a long journal (docs/journal.md, "Segments"). It stays one stream of bytes with one numbering and one
// hash; its files are parts of that, one behind the other:
//
//   journal.000001.stom     the first, sealed: nobody writes to it any more
//   journal.000002.stom.gz  one that was packed as well
//   journal.stom            the newest, behind whose records new ones are written
//
// A segment but the first begins with a head: which one it is, where in the journal it begins and what all before that
// comes to. So each vouches for the one before it, and a session goes on from a snapshot with its newest segment alone.
// docs/adr/0017 says why.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "engine/journal_position.hpp"

struct gzFile_s;

namespace stom {

/// "STOMJRN3", u32 length and u32 CRC-32C of what follows, the fields (core/state_io.hpp). The first has none: its
/// magic is that of a journal in one file, which it is.
struct SegmentHead {
  std::uint64_t number = 1;
  JournalPosition begin;

  template <class Io>
  void fields(Io& io) {
    io(number, begin);
  }
  std::string bytes() const;
  /// So many bytes of the file.
  std::size_t size() const { return number == 1 ? kJournalMagic.size() : kSize; }
  static constexpr std::size_t kSize = 224;
};
/// Of the first SegmentHead::kSize bytes of a file, or of all where it has less. Errors: not a journal, another
/// version, a head that is not what was written.
Result<SegmentHead> segment_head(const std::filesystem::path& path, std::string_view bytes);

/// Where that one of a journal lies; `packed`: once it is that.
std::filesystem::path sealed_path(const std::filesystem::path& journal, std::uint64_t number, bool packed);
/// What to do where one is gone or spoiled.
std::unexpected<Error> segment_failure(Errc code, const std::filesystem::path& path, std::string_view what);

/// One that is sealed, as if it was not packed.
class SealedSegment {
 public:
  /// Errors: it is not there, not what it must be, or the disk.
  static Result<SealedSegment> open(const std::filesystem::path& journal, std::uint64_t number);
  static Result<SealedSegment> open_file(const std::filesystem::path& path, std::uint64_t number);

  const JournalPosition& begin() const { return head_.begin; }
  const std::filesystem::path& path() const { return path_; }
  /// What comes next behind its head. 0: there is no more.
  Result<std::size_t> read(char* into, std::size_t most);

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };
  SealedSegment(std::filesystem::path path, gzFile_s* file) : path_{std::move(path)}, file_{file} {}

  std::filesystem::path path_;
  SegmentHead head_;
  std::unique_ptr<gzFile_s, Close> file_;
};

/// The segment behind a journal's newest one, while that is the newest still: a file of another name.
class NextSegment {
 public:
  /// Begins at that place, of the newest; with all that the journal has by now. Errors: the disk.
  static Result<std::unique_ptr<NextSegment>> make(const std::filesystem::path& journal, const JournalPosition& at);
  ~NextSegment();  // nothing is left of it where it has not become the newest
  NextSegment(const NextSegment&) = delete;
  NextSegment& operator=(const NextSegment&) = delete;

  /// It is the newest segment, on the disk; the other one is sealed. Whatever the journal has it must have. At every
  /// moment of it the journal is one of the two. Errors: the disk.
  Result<void> take_name();
  /// Also where take_name() failed.
  bool is_named() const;

  const std::filesystem::path& path() const;
  int file() const;              // to be written
  int old_file() const;          // to be read
  std::uint64_t copied() const;  // so many bytes of that it has,
  std::uint64_t less() const;    // and they stand so much further to the front
 private:
  struct State;
  explicit NextSegment(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Makes what stands before that place of a journal's newest segment a segment of its own. Nobody may write to the
/// journal meanwhile; who reads it sees the same bytes all the time. A crash leaves it as it was, or cut. Errors: the
/// disk.
Result<void> cut_journal(const std::filesystem::path& journal, const JournalPosition& at);

/// Packs a sealed one. What it was packed from goes once the packed one is on the disk and was read back, byte for
/// byte. Errc::Canceled: `stop` was set, and all is as before. Errors: it is not what was sealed (it stays), the disk.
Result<void> pack_segment(const std::filesystem::path& journal, std::uint64_t number, const std::atomic<bool>& stop);

/// Reads a sealed one to its end. Errors: it is not there, not what was sealed, or the disk.
Result<void> check_segment(const std::filesystem::path& journal, std::uint64_t number, const std::atomic<bool>& stop);

struct SegmentFile {
  std::uint64_t number = 0;
  std::filesystem::path path;  // where it lies, or would
  bool there = false, packed = false;
  std::uint64_t bytes = 0;  // on the disk
};
/// All of a journal, the newest last. Errors: not a journal, another version.
Result<std::vector<SegmentFile>> segments_of(const std::filesystem::path& journal);

}  // namespace stom
