#include "trade/running_sessions.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace stom::trade {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongest = 16 * 1024;  // of a file; a path has 4,096 letters at most, six bytes each if escaped

std::filesystem::path place(const std::filesystem::path& home) { return home / "trading"; }

std::filesystem::path place_of_ended(const std::filesystem::path& home) { return home / "trading_ended"; }

/// Empty where it cannot be read, or is longer than any of ours.
std::string content_of(int file) {
  std::string text(kLongest, '\0');
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  text.resize(size < 0 || static_cast<std::size_t>(size) == kLongest ? 0 : static_cast<std::size_t>(size));
  return text;
}

struct Announced {
  struct timespec began{};
  Running session;
};
bool began_before(const Announced& a, const Announced& b) {
  return std::tuple{a.began.tv_sec, a.began.tv_nsec, a.session.pid} <
         std::tuple{b.began.tv_sec, b.began.tv_nsec, b.session.pid};
}

int open_file(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

std::optional<Announced> found_in(int file) {
  struct stat about{};
  if (::fstat(file, &about) != 0) return std::nullopt;
  const Json json = Json::parse(content_of(file), nullptr, false);
  if (!json.is_object() || !json.value("session", Json{}).is_string() || !json.value("pid", Json{}).is_number_integer())
    return std::nullopt;
  return Announced{about.st_mtim, {json["session"].get<std::string>(), json["pid"].get<std::int64_t>()}};
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".json") files.push_back(at->path());
  return files;
}

/// Oldest first, with their files.
std::vector<std::pair<Announced, std::filesystem::path>> all_ended(const std::filesystem::path& folder) {
  std::vector<std::pair<Announced, std::filesystem::path>> all;
  for (const auto& path : files_of(folder)) {
    const int file = open_file(path);
    if (file < 0) continue;
    if (auto one = found_in(file)) all.emplace_back(std::move(*one), path);
    ::close(file);
  }
  std::ranges::sort(all, [](const auto& a, const auto& b) { return began_before(a.first, b.first); });
  return all;
}

/// Its name in trading/ is never used again. Where it cannot be kept it goes: it must not look as if it ran.
void put_with_ended(const std::filesystem::path& file) {
  const auto folder = place_of_ended(file.parent_path().parent_path());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (::rename(file.c_str(), (folder / file.filename()).c_str()) != 0) {
    ::unlink(file.c_str());
    return;
  }
  const auto all = all_ended(folder);
  for (std::size_t i = 0; i + kEndedKept < all.size(); ++i) ::unlink(all[i].second.c_str());
}

}  // namespace

Result<RunningSession> RunningSession::announce(const std::filesystem::path& home, const std::filesystem::path& folder,
                                                UnixNanos now) {
  const auto all = place(home);
  std::error_code error;
  std::filesystem::create_directories(all, error);
  const auto file = all / fmt::format("{}-{}.json", ::getpid(), now);
  const auto fresh = file.string() + ".new";
  const std::string text =
      Json{{"session", folder.string()}, {"pid", ::getpid()}}.dump(-1, ' ', true, Json::error_handler_t::replace) +
      "\n";
  const int lock = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  // Locked before it has its name: nobody finds it without its holder.
  if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0 ||
      ::write(lock, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::rename(fresh.c_str(), file.c_str()) != 0) {
    const int cause = errno;
    if (lock >= 0) {
      ::close(lock);
      ::unlink(fresh.c_str());
    }
    return fail(Errc::Io, fmt::format("cannot write {}: {}", file.string(), std::strerror(cause)),
                "check the folder's permissions and disk space");
  }
  return RunningSession{file, lock};
}

RunningSession::RunningSession(RunningSession&& other) noexcept
    : file_{std::move(other.file_)}, lock_{std::exchange(other.lock_, -1)} {}

RunningSession::~RunningSession() {
  if (lock_ < 0) return;
  put_with_ended(file_);
  ::close(lock_);
}

std::vector<Running> running_sessions(const std::filesystem::path& home) {
  std::vector<Announced> found;
  for (const auto& path : files_of(place(home))) {
    const int file = open_file(path);
    if (file < 0) continue;
    if (::flock(file, LOCK_SH | LOCK_NB) == 0)
      put_with_ended(path);
    else if (errno == EWOULDBLOCK)
      if (auto one = found_in(file)) found.push_back(std::move(*one));
    ::close(file);
  }
  std::ranges::sort(found, began_before);
  std::vector<Running> running;
  for (Announced& one : found) running.push_back(std::move(one.session));
  return running;
}

std::vector<std::filesystem::path> ended_sessions(const std::filesystem::path& home) {
  std::vector<std::filesystem::path> known, ended;
  for (Running& one : running_sessions(home)) known.push_back(std::move(one.folder));
  const auto all = all_ended(place_of_ended(home));
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    const std::filesystem::path& folder = at->first.session.folder;
    std::error_code gone;
    if (std::ranges::find(known, folder) != known.end() || !std::filesystem::exists(folder / "log", gone)) continue;
    known.push_back(folder);
    ended.push_back(folder);
  }
  return ended;
}

}  // namespace stom::trade
