#include "engine/journal_segment.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "core/assert.hpp"
#include "core/state_io.hpp"
#include "engine/journal_file.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

constexpr char kFirstFormat = kJournalMagic[7], kLaterFormat = '3';
constexpr std::string_view kFormats = kJournalMagic.substr(0, 7);
constexpr std::size_t kHeadBegin = 16;  // before the fields of a head
constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
constexpr std::size_t kPiece = std::size_t{1} << 18;

std::unexpected<Error> cannot(std::string_view what, const fs::path& path) {
  return fail(Errc::Io, fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno)),
              "check the folder's permissions and disk space");
}

std::uint32_t check_of_head(std::string_view bytes) {
  return crc32c(std::as_bytes(std::span{bytes.data(), bytes.size()}));
}

/// Closes itself.
class OpenFile {
 public:
  explicit OpenFile(int file) : file_{file} {}
  ~OpenFile() {
    if (file_ >= 0) ::close(file_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return file_; }
  int give() { return std::exchange(file_, -1); }

 private:
  int file_;
};

bool write_bytes(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// From `at` on to its end, where `at` then is.
bool copy_bytes(int from, std::uint64_t& at, int to) {
  std::vector<char> piece(kPiece);
  for (;;) {
    const ssize_t n = ::pread(from, piece.data(), piece.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    if (!write_bytes(to, {piece.data(), static_cast<std::size_t>(n)})) return false;
    at += static_cast<std::uint64_t>(n);
  }
}

/// The names in its folder are on the disk.
Result<void> sync_folder_of(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path{"."};
  const OpenFile file{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (file.get() < 0 || ::fsync(file.get()) != 0) return cannot("keep the names in", folder);
  return {};
}

/// A file that was begun and is not wanted: nothing is left of it.
class Draft {
 public:
  explicit Draft(fs::path path) : path_{std::move(path)} { ::unlink(path_.c_str()); }
  ~Draft() {
    if (!kept_) ::unlink(path_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const fs::path& path() const { return path_; }
  Result<void> become(const fs::path& path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) return cannot("make", path);
    kept_ = true;
    return sync_folder_of(path);
  }

 private:
  fs::path path_;
  bool kept_ = false;
};

}  // namespace

std::string SegmentHead::bytes() const {
  if (number == 1) return std::string{kJournalMagic};
  std::string text;
  SegmentHead self = *this;
  StateWriter{text}(self);
  const auto length = static_cast<std::uint32_t>(text.size());
  const std::uint32_t crc = check_of_head(text);
  std::string head{kFormats};
  head += kLaterFormat;
  head.append(reinterpret_cast<const char*>(&length), sizeof length);
  head.append(reinterpret_cast<const char*>(&crc), sizeof crc);
  head += text;
  STOM_ASSERT(head.size() == kSize);
  return head;
}

Result<SegmentHead> segment_head(const fs::path& path, std::string_view bytes) {
  SegmentHead head;
  if (bytes.size() < kJournalMagic.size()) return head;  // killed before the first record
  if (!bytes.starts_with(kFormats))
    return fail(Errc::BadData, fmt::format("{} is not a journal", path.string()),
                "a run keeps its own as journal.stom");
  const char format = bytes[kFormats.size()];
  if (format == kFirstFormat) return head;
  if (format != kLaterFormat)
    return fail(Errc::Newer, fmt::format("{} was written by another version (format {})", path.string(), format),
                "update stom");
  bytes = bytes.substr(0, SegmentHead::kSize);
  std::uint32_t length = 0, crc = 0;
  if (bytes.size() == SegmentHead::kSize) {
    std::memcpy(&length, bytes.data() + 8, 4);
    std::memcpy(&crc, bytes.data() + 12, 4);
  }
  const std::string_view text = bytes.substr(std::min(kHeadBegin, bytes.size()));
  StateReader in{text};
  const bool whole = length != 0 && length == text.size() && check_of_head(text) == crc;
  if (whole) in(head);
  if (!whole || !in.done() || head.number < 2 || head.number > kMost || head.begin.bytes > kMost ||
      head.begin.bytes < kJournalMagic.size() || head.begin.check.bytes() != head.begin.bytes - kJournalMagic.size())
    return segment_failure(Errc::BadData, path, "is spoiled: its head is not what was written");
  return head;
}

fs::path sealed_path(const fs::path& journal, std::uint64_t number, bool packed) {
  return journal.parent_path() / fmt::format("{}.{:06}{}{}", journal.stem().string(), number,
                                             journal.extension().string(), packed ? ".gz" : "");
}

std::unexpected<Error> segment_failure(Errc code, const fs::path& path, std::string_view what) {
  return fail(
      code, fmt::format("{} {}", path.string(), what),
      "put the file back from where you keep it; a copy of the journal (--copy-to) and a backup hold all of it, "
      "too: docs/recovery.md");
}

void SealedSegment::Close::operator()(gzFile_s* file) const { ::gzclose_r(file); }

Result<SealedSegment> SealedSegment::open(const fs::path& journal, std::uint64_t number) {
  const fs::path packed = sealed_path(journal, number, true);
  // What it was packed from goes last, so one of the two is there, whenever they are looked for in this order.
  for (const fs::path& path : {sealed_path(journal, number, false), packed})
    if (auto opened = open_file(path, number); opened || opened.error().code != Errc::NotFound) return opened;
  return segment_failure(Errc::NotFound, packed, "is not there: it has older records of the journal");
}

Result<SealedSegment> SealedSegment::open_file(const fs::path& path, std::uint64_t number) {
  OpenFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.get() < 0) {
    if (errno == ENOENT) return segment_failure(Errc::NotFound, path, "is not there");
    return cannot("open", path);
  }
  gzFile_s* const zipped = ::gzdopen(file.get(), "rb");  // as it is where it is not packed
  if (zipped == nullptr) return fail(Errc::Io, fmt::format("cannot read {}: no memory", path.string()), "free some");
  (void)file.give();
  SealedSegment segment{path, zipped};
  ::gzbuffer(zipped, static_cast<unsigned>(kPiece));
  std::string bytes(SegmentHead::kSize, '\0');
  std::size_t have = 0;
  const std::size_t wanted = number == 1 ? kJournalMagic.size() : bytes.size();
  while (have < wanted) {
    const auto n = segment.read(bytes.data() + have, wanted - have);
    if (!n) return std::unexpected(n.error());
    if (*n == 0) break;
    have += *n;
  }
  const auto head = segment_head(path, std::string_view{bytes}.substr(0, have));
  if (!head) return segment_failure(Errc::BadData, path, "is spoiled: it does not begin as a segment does");
  if (have < wanted || head->number != number)
    return segment_failure(Errc::BadData, path, "is not the segment that its name says");
  segment.head_ = *head;
  return segment;
}

Result<std::size_t> SealedSegment::read(char* into, std::size_t most) {
  const int n = ::gzread(file_.get(), into, static_cast<unsigned>(std::min(most, kPiece)));
  if (n >= 0) return static_cast<std::size_t>(n);
  int code = 0;
  const char* const why = ::gzerror(file_.get(), &code);
  if (code == Z_ERRNO) return cannot("read", path_);
  return segment_failure(Errc::BadData, path_, fmt::format("is spoiled: {}", why));
}

struct NextSegment::State {
  std::filesystem::path journal, path;
  JournalFile old;
  int file = -1;
  std::uint64_t copied = 0, less = 0;
  bool named = false;

  State(std::filesystem::path of, JournalFile newest)
      : journal{std::move(of)}, path{journal.string() + ".new"}, old{std::move(newest)} {}
  ~State() {
    if (file >= 0) ::close(file);
    if (!named) ::unlink(path.c_str());
  }
};

Result<std::unique_ptr<NextSegment>> NextSegment::make(const fs::path& journal, const JournalPosition& at) {
  auto old = JournalFile::open(journal);
  if (!old) return std::unexpected(old.error());
  STOM_ASSERT(old->begin().bytes < at.bytes && at.bytes <= old->size() &&
              at.check.bytes() == at.bytes - kJournalMagic.size());
  const SegmentHead head{.number = old->number() + 1, .begin = at};
  auto state = std::make_unique<State>(journal, std::move(*old));
  struct stat about{};
  if (::fstat(state->old.descriptor(), &about) != 0) return cannot("read", journal);
  state->copied = state->old.in_file(at.bytes);
  state->less = state->copied - head.size();
  ::unlink(state->path.c_str());  // of a try that a crash has ended
  state->file = ::open(state->path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, about.st_mode & 0777);
  if (state->file < 0 || !write_bytes(state->file, head.bytes()) ||
      !copy_bytes(state->old.descriptor(), state->copied, state->file))
    return cannot("write", state->path);
  return std::unique_ptr<NextSegment>{new NextSegment{std::move(state)}};
}

NextSegment::NextSegment(std::unique_ptr<State> state) : state_{std::move(state)} {}
NextSegment::~NextSegment() = default;

// Each step is on the disk before the next. Before the rename journal.stom is what it was, and whatever else lies there
// is made anew the next time.
Result<void> NextSegment::take_name() {
  State& s = *state_;
  if (::fsync(s.file) != 0 || ::fsync(s.old.descriptor()) != 0) return cannot("flush", s.journal);
  // Another name of the file: what it holds behind that place stays, too, and is not read any more.
  const fs::path sealed = sealed_path(s.journal, s.old.number(), false);
  if (::unlink(sealed.c_str()) != 0 && errno != ENOENT) return cannot("replace", sealed);
  if (::link(s.journal.c_str(), sealed.c_str()) != 0) return cannot("make", sealed);
  if (auto kept = sync_folder_of(s.journal); !kept) return kept;
  if (::rename(s.path.c_str(), s.journal.c_str()) != 0) return cannot("make", s.journal);
  s.named = true;
  return sync_folder_of(s.journal);
}

bool NextSegment::is_named() const { return state_->named; }
const fs::path& NextSegment::path() const { return state_->path; }
int NextSegment::file() const { return state_->file; }
int NextSegment::old_file() const { return state_->old.descriptor(); }
std::uint64_t NextSegment::copied() const { return state_->copied; }
std::uint64_t NextSegment::less() const { return state_->less; }

Result<void> cut_journal(const fs::path& journal, const JournalPosition& at) {
  const auto file = JournalFile::open(journal);
  if (!file) return std::unexpected(file.error());
  if (at.bytes <= file->begin().bytes) return {};
  const auto next = NextSegment::make(journal, at);
  if (!next) return std::unexpected(next.error());
  return (*next)->take_name();
}

namespace {

/// Where the segment ends: where the next begins.
Result<JournalPosition> end_of_segment(const fs::path& journal, std::uint64_t number) {
  auto newest = JournalFile::open(journal);
  if (!newest) return std::unexpected(newest.error());
  return newest->begin_of(number + 1);
}

/// `each` is given all that a sealed one has, its head first; an error of it ends that.
template <class Each>
Result<void> read_sealed(SealedSegment& segment, std::uint64_t number, const JournalPosition& end,
                         const std::atomic<bool>& stop, Each&& each) {
  if (auto done = each(SegmentHead{.number = number, .begin = segment.begin()}.bytes()); !done) return done;
  StripedCrc check = segment.begin().check;
  std::vector<char> piece(kPiece);
  for (std::uint64_t at = segment.begin().bytes; at < end.bytes;) {
    if (stop.load(std::memory_order_relaxed)) return fail(Errc::Canceled, "stopped");
    const auto n =
        segment.read(piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, end.bytes - at)));
    if (!n) return std::unexpected(n.error());
    if (*n == 0) break;
    const std::string_view bytes{piece.data(), *n};
    check.update(bytes);
    if (auto done = each(bytes); !done) return done;
    at += *n;
  }
  if (check != end.check)
    return segment_failure(Errc::BadData, segment.path(), "is spoiled: it is not what was sealed");
  return {};
}

}  // namespace

Result<void> pack_segment(const fs::path& journal, std::uint64_t number, const std::atomic<bool>& stop) {
  const auto end = end_of_segment(journal, number);
  if (!end) return std::unexpected(end.error());
  const fs::path plain = sealed_path(journal, number, false), packed = sealed_path(journal, number, true);
  auto source = SealedSegment::open_file(plain, number);
  if (!source) return std::unexpected(source.error());
  Draft draft{packed.string() + ".new"};
  const OpenFile fresh{
      ::open(draft.path().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
  const int zips = fresh.get() < 0 ? -1 : ::fcntl(fresh.get(), F_DUPFD_CLOEXEC, 0);
  gzFile_s* const zipped = zips < 0 ? nullptr : ::gzdopen(zips, "wb");
  if (zipped == nullptr) {
    const auto error = cannot("write", draft.path());
    if (zips >= 0) ::close(zips);
    return error;
  }
  const auto written = read_sealed(*source, number, *end, stop, [&](std::string_view bytes) -> Result<void> {
    if (::gzwrite(zipped, bytes.data(), static_cast<unsigned>(bytes.size())) != static_cast<int>(bytes.size()))
      return cannot("write", draft.path());
    return {};
  });
  const bool closed = ::gzclose_w(zipped) == Z_OK;
  if (!written) return written;
  if (!closed || ::fsync(fresh.get()) != 0) return cannot("write", draft.path());
  auto again = SealedSegment::open_file(draft.path(), number), from = SealedSegment::open_file(plain, number);
  if (!again) return std::unexpected(again.error());
  if (!from) return std::unexpected(from.error());
  std::vector<char> same(kPiece);
  bool head = true;  // both have been held against the number by now
  const auto read = read_sealed(*again, number, *end, stop, [&](std::string_view bytes) -> Result<void> {
    if (std::exchange(head, false)) return {};
    for (std::size_t have = 0; have < bytes.size();) {
      const auto n = from->read(same.data(), bytes.size() - have);
      if (!n) return std::unexpected(n.error());
      if (*n == 0 || bytes.substr(have, *n) != std::string_view{same.data(), *n})
        return segment_failure(Errc::BadData, draft.path(), "is not what was packed");
      have += *n;
    }
    return {};
  });
  if (!read) return read;
  if (auto named = draft.become(packed); !named) return named;
  if (::unlink(plain.c_str()) != 0) return cannot("remove", plain);
  return {};
}

Result<void> check_segment(const fs::path& journal, std::uint64_t number, const std::atomic<bool>& stop) {
  const auto end = end_of_segment(journal, number);
  if (!end) return std::unexpected(end.error());
  auto segment = SealedSegment::open(journal, number);
  if (!segment) return std::unexpected(segment.error());
  return read_sealed(*segment, number, *end, stop, [](std::string_view) { return Result<void>{}; });
}

Result<std::vector<SegmentFile>> segments_of(const fs::path& journal) {
  const auto newest = JournalFile::open(journal);
  if (!newest) return std::unexpected(newest.error());
  std::vector<SegmentFile> all;
  const auto add = [&](SegmentFile one) {
    std::error_code error;
    one.bytes = fs::file_size(one.path, error);
    one.there = !error;
    if (error) one.bytes = 0;
    return all.emplace_back(std::move(one)).there;
  };
  for (std::uint64_t number = 1; number < newest->number(); ++number) {
    if (add({.number = number, .path = sealed_path(journal, number, false)})) continue;
    all.pop_back();
    add({.number = number, .path = sealed_path(journal, number, true), .packed = true});
  }
  add({.number = newest->number(), .path = journal});
  return all;
}

}  // namespace stom
