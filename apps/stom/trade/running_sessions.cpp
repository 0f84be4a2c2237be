#include "trade/running_sessions.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "trade/log_search.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostSaid = 1000;  // bytes of an error, and of its remedy
// Of a file. A path has 4,096 letters at most; what is escaped has six bytes for one.
constexpr std::size_t kLongest = 64 * 1024;

constexpr std::array<std::string_view, 4> kEnds{"", "stopped", "failed", "killed"};  // as End has them

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
  EndedSession ended;  // where it has
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
  const std::filesystem::path folder = json["session"].get<std::string>();
  Announced one{about.st_mtim, {folder, json["pid"].get<std::int64_t>()}, {.folder = folder, .error = {}}};
  const auto text = [&](const char* name) {
    const Json value = json.value(name, Json{});
    return value.is_string() ? value.get<std::string>() : std::string{};
  };
  if (const auto end = std::ranges::find(kEnds, text("end")); end != kEnds.end())
    one.ended.end = static_cast<End>(end - kEnds.begin());
  if (const Json time = json.value("time_ns", Json{}); time.is_number_integer()) one.ended.at = time.get<UnixNanos>();
  if (one.ended.end == End::Failed) one.ended.error = Error{Errc::Io, text("error"), text("hint")};
  return one;
}

std::string text_of(const Json& json) { return json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n"; }

bool write_all(int file, const std::string& text) {
  return ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
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

UnixNanos last_said(const std::filesystem::path& folder) {
  const auto found = search_log(folder, {.text = {}, .cursor = {}, .most = 1});
  return found && !found->lines.empty() ? found->lines.front().time : kNoTime;
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

std::string_view name_of(End end) { return kEnds[static_cast<std::size_t>(end)]; }

Result<RunningSession> RunningSession::announce(const std::filesystem::path& home, const std::filesystem::path& folder,
                                                UnixNanos now) {
  const auto all = place(home);
  std::error_code error;
  std::filesystem::create_directories(all, error);
  const auto file = all / fmt::format("{}-{}.json", ::getpid(), now);
  const auto fresh = file.string() + ".new";
  const std::string text = text_of({{"session", folder.string()}, {"pid", ::getpid()}, {"end", name_of(End::Killed)}});
  const int lock = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  // Locked before it has its name: nobody finds it without its holder.
  if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0 || !write_all(lock, text) ||
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

/// In place, for a full disk has room for a line more in a file that is there; what was said before stays where not.
/// The file keeps its time, which is that of the beginning.
void RunningSession::end(UnixNanos at, const std::optional<Error>& why) {
  const std::string before = content_of(lock_);
  struct stat about{};
  Json json = Json::parse(before, nullptr, false);
  if (!json.is_object() || ::fstat(lock_, &about) != 0) return;
  json["end"] = name_of(why ? End::Failed : End::Stopped);
  json["time_ns"] = at;
  if (why) {
    json["error"] = why->message.substr(0, kMostSaid);
    json["hint"] = why->hint.substr(0, kMostSaid);
  }
  if (!write_all(lock_, text_of(json))) {
    (void)write_all(lock_, before);
    (void)!::ftruncate(lock_, static_cast<off_t>(before.size()));
  }
  const std::array<timespec, 2> times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, about.st_mtim};
  ::futimens(lock_, times.data());
}

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

std::vector<EndedSession> ended_sessions(const std::filesystem::path& home) {
  std::vector<std::filesystem::path> known;
  std::vector<EndedSession> ended;
  for (Running& one : running_sessions(home)) known.push_back(std::move(one.folder));
  auto all = all_ended(place_of_ended(home));
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    EndedSession& one = at->first.ended;
    const std::filesystem::path& folder = one.folder;
    std::error_code gone;
    if (std::ranges::find(known, folder) != known.end() || !std::filesystem::exists(folder / "log", gone)) continue;
    known.push_back(folder);
    if (one.end == End::Killed) one.at = last_said(folder);
    ended.push_back(std::move(one));
  }
  return ended;
}

}  // namespace stom::trade
