#include "trade/journal_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "engine/journal_bytes.hpp"
#include "engine/journal_reader.hpp"
#include "trade/private_file.hpp"

namespace stom::trade {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};
constexpr DurationNanos kRetryEvery = kSecond;
constexpr DurationNanos kBehind = 5 * kSecond;  // then it is said
constexpr std::size_t kPiece = std::size_t{1} << 20;

std::unexpected<Error> cannot(std::string_view what, const std::filesystem::path& path) {
  return fail(Errc::Io, fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno)),
              "the copy of the journal (--copy-to) needs a folder with room that may be written to");
}

/// Behind the last whole record. `from`: where to begin to look for it.
Result<JournalPosition> end_of(const std::filesystem::path& journal, const JournalPosition& from) {
  auto reader = JournalReader::open(journal, JournalReader::Sums::Kept);
  if (!reader) return std::unexpected(reader.error());
  reader->go_to(from);
  while (reader->next() != nullptr) {
  }
  if (!reader->status()) return std::unexpected(reader->status().error());
  return reader->position();
}

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) {
    errno = error.value();
    return cannot("make", folder);
  }
  if (made) ::chmod(folder.c_str(), S_IRWXU);
  return {};
}

Result<int> open_copy(const std::filesystem::path& copy) {
  const int target = ::open(copy.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (target < 0) return cannot("write", copy);
  return target;
}

constexpr std::string_view kOwnFolder = "--copy-to names a folder of this session alone";

std::unexpected<Error> is_journal_itself(const std::filesystem::path& copy) {
  return fail(Errc::Usage, fmt::format("{} is the journal itself", copy.string()),
              "--copy-to names another folder, best on another disk");
}

std::unexpected<Error> is_of_another(const std::filesystem::path& copy) {
  return fail(Errc::Usage, fmt::format("{} is the journal of another session", copy.string()), std::string{kOwnFolder});
}

Result<void> lock(int target, const std::filesystem::path& copy) {
  if (::flock(target, LOCK_EX | LOCK_NB) == 0) return {};
  return fail(Errc::Locked, fmt::format("another session copies its journal to {}", copy.parent_path().string()),
              std::string{kOwnFolder});
}

std::filesystem::path whole_path(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::absolute(path, error);
  return error ? path : whole;
}

}  // namespace

Result<void> JournalCopy::check_place(const std::filesystem::path& journal, const std::filesystem::path& folder) {
  const auto place = whole_path(folder), copy = place / "journal.stom";
  std::error_code not_there;
  if (std::filesystem::equivalent(place, journal.parent_path(), not_there)) return is_journal_itself(copy);
  if (auto made = make_folder(place); !made) return made;
  const auto target = open_copy(copy);
  if (!target) return std::unexpected(target.error());
  Result<void> is_free = lock(*target, copy);
  if (is_free) {
    const auto end = end_of(copy, {});
    if (!end)
      is_free = std::unexpected(end.error());
    else if (end->records > 0)
      is_free = is_of_another(copy);
  }
  ::close(*target);
  return is_free;
}

JournalCopy::JournalCopy(JournalFile source, std::filesystem::path folder, const Clock& clock, Say say)
    : source_{std::move(source)},
      folder_{std::move(folder)},
      copy_{folder_ / "journal.stom"},
      clock_{clock},
      say_{std::move(say)},
      in_step_at_{clock.now()} {}

JournalCopy::~JournalCopy() {
  if (thread_.joinable()) stop();
  detach();
}

Result<std::unique_ptr<JournalCopy>> JournalCopy::open(const std::filesystem::path& journal,
                                                       const std::filesystem::path& folder, const Clock& clock,
                                                       Say say) {
  auto source = JournalFile::open(journal);
  if (!source) return std::unexpected(source.error());
  std::unique_ptr<JournalCopy> copy{new JournalCopy{std::move(*source), whole_path(folder), clock, std::move(say)}};
  if (auto made = make_folder(copy->folder_); !made) return std::unexpected(made.error());
  if (auto attached = copy->attach(); !attached) return std::unexpected(attached.error());
  if (auto shipped = copy->ship(); !shipped) return std::unexpected(shipped.error());
  return copy;
}

/// What is there must be a beginning of the journal: of another session's nothing is written over, and records that
/// this disk has lost are not lost twice.
Result<void> JournalCopy::attach() {
  const auto target = open_copy(copy_);
  if (!target) return std::unexpected(target.error());
  target_ = *target;
  struct stat from{}, to{};
  if (::fstat(source_.descriptor(), &from) == 0 && ::fstat(target_, &to) == 0 && from.st_ino == to.st_ino &&
      from.st_dev == to.st_dev)
    return is_journal_itself(copy_);
  if (auto locked = lock(target_, copy_); !locked) return locked;
  auto ours = JournalReader::open(source_.path());
  auto theirs = JournalReader::open(copy_);
  if (!ours) return std::unexpected(ours.error());
  if (!theirs) return std::unexpected(theirs.error());
  if (theirs->segment() > 1) return is_of_another(copy_);
  const auto there = end_of(copy_, {});
  if (!there) return std::unexpected(there.error());
  if (there->records > 0 && !ours->skip_to(*there)) {
    if (!ours->status()) return std::unexpected(ours->status().error());
    const auto here = end_of(source_.path(), source_.begin());
    if (!here) return std::unexpected(here.error());
    if (!theirs->skip_to(*here)) return is_of_another(copy_);
    return fail(Errc::BadData,
                fmt::format("{} has {} bytes of records more than the journal of the session: this disk has lost them",
                            copy_.string(), there->bytes - here->bytes),
                fmt::format("cp {} {}, and start again", copy_.string(), source_.path().string()));
  }
  // The magic of a file that holds less than it is not there yet.
  const std::uint64_t begun = there->records > 0 ? there->bytes : 0;
  if (::ftruncate(target_, static_cast<off_t>(begun)) != 0) return cannot("write", copy_);
  bytes_.store(begun);
  return {};
}

void JournalCopy::detach() {
  if (target_ >= 0) ::close(std::exchange(target_, -1));
}

/// All whole records that the journal holds by now.
Result<void> JournalCopy::ship() {
  const UnixNanos now = clock_.now();
  source_.follow();
  const std::uint64_t size = source_.size();
  std::uint64_t done = bytes_.load();
  std::size_t piece = kPiece;
  buffer_.clear();  // what stands behind `done`
  while (done < size) {
    if (done == 0) {
      if (!write_at(target_, kJournalMagic, 0)) return cannot("write", copy_);
      done = kJournalMagic.size();
      continue;
    }
    while (buffer_.size() < piece && done + buffer_.size() < size) {
      const std::size_t had = buffer_.size();
      buffer_.resize(std::min<std::uint64_t>(piece, size - done));
      const auto got = source_.read(buffer_.data() + had, buffer_.size() - had, done + had);
      if (!got) return std::unexpected(got.error());
      buffer_.resize(had + *got);
      if (*got == 0) break;
    }
    const std::size_t whole = whole_records(buffer_);
    if (whole == 0) {
      if (buffer_.size() < piece) break;  // its last record is being written
      piece *= 2;
      continue;
    }
    if (!write_at(target_, std::string_view{buffer_}.substr(0, whole), done)) return cannot("write", copy_);
    done += whole;
    buffer_.erase(0, whole);
  }
  if (done != bytes_.load() && ::fdatasync(target_) != 0) return cannot("flush", copy_);
  bytes_.store(done);
  if (done >= size) in_step_at_.store(now);
  return {};
}

/// Written to where nobody finds it any more: the folder was removed, or another disk lies over it.
bool JournalCopy::is_gone() const {
  struct stat written{}, named{};
  return ::fstat(target_, &written) != 0 || ::stat(copy_.c_str(), &named) != 0 || written.st_ino != named.st_ino ||
         written.st_dev != named.st_dev;
}

void JournalCopy::look() {
  const UnixNanos now = clock_.now();
  if (now < retry_at_) return;
  Result<void> done;
  if (target_ < 0) {
    done = attach();
    if (!done) detach();
  } else if (is_gone()) {
    done = fail(Errc::Io, fmt::format("{} is gone", copy_.string()),
                "bring the place back: the copy catches up by itself");
    detach();
    bytes_.store(0);
  }
  if (done) done = ship();
  std::string before;
  {
    const std::lock_guard lock{mutex_};
    before = std::exchange(trouble_, done ? std::string{} : done.error().message);
  }
  if (!done) {
    retry_at_ = now + kRetryEvery;
    if (before.empty()) say_("the journal is not copied: " + done.error().message + "; trading goes on without it");
    return;
  }
  if (!before.empty())
    say_(fmt::format("the journal is copied again: {} bytes are in {}", bytes_.load(), copy_.string()));
  const bool behind = now - in_step_at_.load() > kBehind;
  if (behind && !told_behind_)
    say_(fmt::format("the copy of the journal in {} is more than {} s behind", folder_.string(), kBehind / kSecond));
  told_behind_ = behind;
}

void JournalCopy::start() {
  thread_ = std::thread{[this] {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
      lock.unlock();
      look();
      lock.lock();
      wake_.wait_for(lock, kLookEvery, [&] { return stopping_; });
    }
  }};
}

void JournalCopy::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  retry_at_ = 0;
  look();
}

nlohmann::ordered_json JournalCopy::state() const {
  const std::uint64_t there = bytes_.load(), size = source_.size();
  const std::uint64_t lag = size > there ? size - there : 0;
  const std::lock_guard lock{mutex_};
  nlohmann::ordered_json json{
      {"to", folder_.string()},
      {"bytes", there},
      {"lag_bytes", lag},
      {"lag_ms", lag == 0 ? 0 : std::max<DurationNanos>(clock_.now() - in_step_at_, 0) / kMillisecond},
      {"trouble", nullptr}};
  if (!trouble_.empty()) json["trouble"] = trouble_;
  return json;
}

}  // namespace stom::trade
