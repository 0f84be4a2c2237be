#include "engine/journal_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/assert.hpp"
#include "engine/journal_segment.hpp"

namespace stom {
namespace {

constexpr std::size_t kSkippedAtOnce = std::size_t{1} << 18;

std::unexpected<Error> cannot_read(const std::filesystem::path& path) {
  return fail(Errc::Io, fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)),
              "check its permissions and the disk");
}

/// 0: the file ends there.
Result<std::size_t> read_at(int file, const std::filesystem::path& path, char* into, std::size_t most,
                            std::uint64_t from) {
  for (;;) {
    const ssize_t n = ::pread(file, into, most, static_cast<off_t>(from));
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return cannot_read(path);
  }
}

}  // namespace

struct JournalFile::State {
  /// The segment that is written to.
  struct Newest {
    int file = -1;
    SegmentHead head;

    Newest() = default;
    Newest(Newest&& other) noexcept : file{std::exchange(other.file, -1)}, head{other.head} {}
    Newest& operator=(Newest&& other) noexcept {
      std::swap(file, other.file);
      head = other.head;
      return *this;
    }
    ~Newest() {
      if (file >= 0) ::close(file);
    }

    static Result<Newest> open(const std::filesystem::path& name) {
      Newest newest;
      newest.file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
      if (newest.file < 0 && errno != ENOENT) return cannot_read(name);
      if (newest.file < 0)
        return fail(Errc::NotFound, fmt::format("no journal at {}", name.string()),
                    "is this the folder of a run? stom backtest list shows them");
      ::posix_fadvise(newest.file, 0, 0, POSIX_FADV_SEQUENTIAL);
      char begin[SegmentHead::kSize] = {};
      const auto n = read_at(newest.file, name, begin, sizeof begin, 0);
      if (!n) return std::unexpected(n.error());
      const auto of_file = segment_head(name, {begin, *n});
      if (!of_file) return std::unexpected(of_file.error());
      newest.head = *of_file;
      return newest;
    }
    /// Where in the file a byte of the journal stands.
    std::uint64_t place(std::uint64_t byte) const { return byte - head.begin.bytes + head.size(); }
    /// Whether another file has its name.
    bool was_replaced(const std::filesystem::path& name) const {
      struct stat read{}, named{};
      return ::fstat(file, &read) == 0 && ::stat(name.c_str(), &named) == 0 &&
             (read.st_ino != named.st_ino || read.st_dev != named.st_dev);
    }
  };

  std::filesystem::path path;
  mutable std::mutex mutex;  // of who writes `newest`, and of size()
  Newest newest;
  std::map<std::uint64_t, JournalPosition> begins;  // of sealed ones, as far as they were asked for
  std::optional<SealedSegment> sealed;              // the one that is being read
  std::uint64_t at = 0;                             // where in the journal
  JournalPosition end;                              // of it: what its bytes are held against
  StripedCrc check;
  std::vector<char> skipped;

  /// Where it was cut, and another file has its name. Not where that is another journal.
  bool follow() {
    if (!newest.was_replaced(path)) return false;
    auto newer = Newest::open(path);
    if (!newer || newer->head.number <= newest.head.number) return false;
    const std::lock_guard lock{mutex};
    newest = std::move(*newer);
    return true;
  }

  /// Errors: that segment is not there or is spoiled.
  Result<JournalPosition> begin_of(std::uint64_t number) {
    if (number == newest.head.number) return newest.head.begin;
    if (number == 1) return JournalPosition{};
    if (const auto known = begins.find(number); known != begins.end()) return known->second;
    const auto segment = SealedSegment::open(path, number);
    if (!segment) return std::unexpected(segment.error());
    return begins.emplace(number, segment->begin()).first->second;
  }
  Result<std::uint64_t> number_at(std::uint64_t place) {
    for (std::uint64_t number = newest.head.number;; --number) {
      const auto begin = begin_of(number);
      if (!begin) return std::unexpected(begin.error());
      if (begin->bytes <= place || number == 1) return number;
    }
  }

  Result<std::size_t> read_sealed(char* into, std::size_t most, std::uint64_t from) {
    if (!sealed || from < at || from >= end.bytes) {
      sealed.reset();
      const auto number = number_at(from);
      if (!number) return std::unexpected(number.error());
      const auto ends = begin_of(*number + 1);
      if (!ends) return std::unexpected(ends.error());
      auto opened = SealedSegment::open(path, *number);
      if (!opened) return std::unexpected(opened.error());
      sealed = std::move(*opened);
      at = sealed->begin().bytes;
      check = sealed->begin().check;
      end = *ends;
    }
    while (at < from) {
      skipped.resize(kSkippedAtOnce);
      const auto n = take(skipped.data(), static_cast<std::size_t>(std::min<std::uint64_t>(skipped.size(), from - at)));
      if (!n) return n;
    }
    return take(into, most);
  }
  /// More of it; never nothing.
  Result<std::size_t> take(char* into, std::size_t most) {
    const auto n = sealed->read(into, static_cast<std::size_t>(std::min<std::uint64_t>(most, end.bytes - at)));
    if (!n) return n;
    check.update({into, *n});
    at += *n;
    if (*n == 0 || (at == end.bytes && check != end.check)) {
      const auto error =
          segment_failure(Errc::BadData, sealed->path(),
                          *n == 0 ? "is spoiled: it is cut short" : "is spoiled: it is not what was sealed");
      sealed.reset();
      return error;
    }
    return n;
  }
};

Result<JournalFile> JournalFile::open(const std::filesystem::path& path) {
  auto newest = State::Newest::open(path);
  if (!newest) return std::unexpected(newest.error());
  auto state = std::make_unique<State>();
  state->path = path;
  state->newest = std::move(*newest);
  return JournalFile{std::move(state)};
}

JournalFile::JournalFile(std::unique_ptr<State> state) : state_{std::move(state)} {}
JournalFile::~JournalFile() = default;
JournalFile::JournalFile(JournalFile&&) noexcept = default;
JournalFile& JournalFile::operator=(JournalFile&&) noexcept = default;

std::uint64_t JournalFile::size() const {
  const State& s = *state_;
  const std::lock_guard lock{s.mutex};
  struct stat about{};
  const auto size = ::fstat(s.newest.file, &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
  const SegmentHead& head = s.newest.head;
  return head.number == 1 ? size : head.begin.bytes + std::max<std::uint64_t>(size, head.size()) - head.size();
}

Result<std::size_t> JournalFile::read(char* into, std::size_t most, std::uint64_t from) {
  State& s = *state_;
  STOM_ASSERT(from >= kJournalMagic.size() && most > 0);
  for (;;) {
    if (from < s.newest.head.begin.bytes) return s.read_sealed(into, most, from);
    const auto n = read_at(s.newest.file, s.path, into, most, s.newest.place(from));
    if (!n || *n > 0 || !s.follow()) return n;
  }
}

void JournalFile::follow() { (void)state_->follow(); }

const std::filesystem::path& JournalFile::path() const { return state_->path; }
std::uint64_t JournalFile::number() const { return state_->newest.head.number; }
const JournalPosition& JournalFile::begin() const { return state_->newest.head.begin; }
Result<JournalPosition> JournalFile::begin_of(std::uint64_t number) { return state_->begin_of(number); }

Result<JournalPosition> JournalFile::begin_before(std::uint64_t at) {
  const auto number = state_->number_at(at);
  if (!number) return std::unexpected(number.error());
  return state_->begin_of(*number);
}

int JournalFile::descriptor() const { return state_->newest.file; }
std::uint64_t JournalFile::in_file(std::uint64_t at) const { return state_->newest.place(at); }

}  // namespace stom
