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
#include <string>
#include <tuple>
#include <utility>

namespace stom::trade {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongest = 16 * 1024;  // of a file; a path has 4,096 letters at most, six bytes each if escaped

std::filesystem::path place(const std::filesystem::path& home) { return home / "trading"; }

/// Empty where it cannot be read, or is longer than any of ours.
std::string content_of(int file) {
  std::string text(kLongest, '\0');
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  text.resize(size < 0 || static_cast<std::size_t>(size) == kLongest ? 0 : static_cast<std::size_t>(size));
  return text;
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
  ::unlink(file_.c_str());
  ::close(lock_);
}

std::vector<Running> running_sessions(const std::filesystem::path& home) {
  std::vector<std::pair<struct timespec, Running>> found;
  std::error_code error;
  for (std::filesystem::directory_iterator at{place(home), error}, end; !error && at != end; at.increment(error)) {
    const std::filesystem::path& path = at->path();
    if (path.extension() != ".json") continue;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) continue;
    if (::flock(file, LOCK_SH | LOCK_NB) == 0) {
      ::unlink(path.c_str());  // its name is never used again
    } else if (struct stat about{}; errno == EWOULDBLOCK && ::fstat(file, &about) == 0) {
      const Json json = Json::parse(content_of(file), nullptr, false);
      if (json.is_object() && json.value("session", Json{}).is_string() &&
          json.value("pid", Json{}).is_number_integer())
        found.push_back({about.st_mtim, {json["session"].get<std::string>(), json["pid"].get<std::int64_t>()}});
    }
    ::close(file);
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return std::tuple{a.first.tv_sec, a.first.tv_nsec, a.second.pid} <
           std::tuple{b.first.tv_sec, b.first.tv_nsec, b.second.pid};
  });
  std::vector<Running> running;
  for (auto& [began, one] : found) running.push_back(std::move(one));
  return running;
}

}  // namespace stom::trade
