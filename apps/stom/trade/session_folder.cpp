#include "trade/session_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include "trade/private_file.hpp"

namespace stom::trade {
namespace {

std::unexpected<Error> io_failure(const std::filesystem::path& path, const char* what) {
  return fail(Errc::Io, fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno)),
              "check the folder's permissions and disk space");
}

std::unexpected<Error> cannot_look_into(const std::filesystem::path& folder, const std::string& why) {
  return fail(Errc::Io, fmt::format("cannot look into {}: {}", folder.string(), why),
              "a session's folder is open to the user who trades there alone: ask as that one");
}

std::unexpected<Error> does_not_answer(const std::filesystem::path& folder) {
  return fail(Errc::Io, fmt::format("the session in {} does not answer", folder.string()),
              "it may be ending: ask again; else look at its process (the number is in DIR/lock)");
}

/// A socket's address may have 107 letters, a folder's path any number: it is named by an open descriptor of the
/// folder.
class SocketAddress {
 public:
  SocketAddress(const std::filesystem::path& folder, std::string_view socket)
      : folder_{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)}, cause_{folder_ < 0 ? errno : 0} {
    address_.sun_family = AF_UNIX;
    const auto text = fmt::format("/proc/self/fd/{}/{}", folder_, socket);
    text.copy(address_.sun_path, sizeof address_.sun_path - 1);
  }
  ~SocketAddress() {
    if (folder_ >= 0) ::close(folder_);
  }
  SocketAddress(const SocketAddress&) = delete;
  SocketAddress& operator=(const SocketAddress&) = delete;
  bool found() const { return folder_ >= 0; }
  int cause() const { return cause_; }  // why it was not
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static constexpr socklen_t kSize = sizeof(sockaddr_un);

 private:
  int folder_;
  int cause_;
  sockaddr_un address_{};
};

constexpr std::chrono::seconds kPatience{10};        // of the session with who asks
constexpr std::chrono::seconds kRequestPatience{5};  // until he has said what he wants
constexpr std::size_t kLongestRequest = 4096;

void say(int socket, std::string_view line) {
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t more = ::send(socket, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (more <= 0) return;  // it went away
    sent += static_cast<std::size_t>(more);
  }
}

void be_patient(int socket, std::chrono::seconds patience) {
  const timeval time{.tv_sec = patience.count(), .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

}  // namespace

Result<SessionFolder> SessionFolder::take(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::absolute(path, error);
  if (error || whole.empty()) whole = path;
  const bool made = std::filesystem::create_directories(whole, error);
  if (error) {
    errno = error.value();
    return io_failure(whole, "make");
  }
  if (made) ::chmod(whole.c_str(), S_IRWXU);
  SessionFolder folder{std::move(whole)};
  folder.made_ = made;
  const auto lock = folder.path_ / "lock";
  folder.lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (folder.lock_ < 0) return io_failure(lock, "write");
  if (::flock(folder.lock_, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    if (::pread(folder.lock_, holder, sizeof holder - 1, 0) <= 0) std::strcpy(holder, "unknown");
    return fail(Errc::Locked, fmt::format("process {} trades in {}", holder, folder.path_.string()),
                fmt::format("stop that one (kill {}), or begin another: --session DIR", holder));
  }
  // It may have lost its name since it was opened: who could not begin gave the folder back. Then it keeps nobody out.
  struct stat held{}, named{};
  if (::fstat(folder.lock_, &held) != 0 || ::stat(lock.c_str(), &named) != 0 || held.st_ino != named.st_ino ||
      held.st_dev != named.st_dev)
    return take(path);
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(folder.lock_, 0) != 0 ||
      ::pwrite(folder.lock_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return io_failure(lock, "write");
  return folder;
}

SessionFolder::SessionFolder(SessionFolder&& other) noexcept
    : path_{std::move(other.path_)}, lock_{std::exchange(other.lock_, -1)}, made_{other.made_} {}

Result<void> SessionFolder::sync_names() const {
  if (auto inside = sync_names_in(path_); !inside || !made_) return inside;
  return sync_names_in(path_.parent_path());
}

void SessionFolder::give_back() {
  ::unlink((path_ / "lock").c_str());
  if (made_) ::rmdir(path_.c_str());  // stays where somebody put something into it
}

SessionFolder::~SessionFolder() {
  if (lock_ >= 0) ::close(lock_);
}

Result<std::filesystem::path> journal_in(const std::filesystem::path& folder) {
  auto journal = folder / "journal.stom";
  std::error_code error;
  if (std::filesystem::is_regular_file(journal, error)) return journal;
  if (error == std::errc::permission_denied) return cannot_look_into(folder, error.message());
  return fail(Errc::NotFound, fmt::format("there is no session in {}", folder.string()),
              "name the folder of stom trade start … --session DIR");
}

Result<StatusServer> StatusServer::open(const std::filesystem::path& folder, std::string_view name) {
  const auto file = folder / name;
  ::unlink(file.c_str());  // of a process that was killed
  const SocketAddress address{folder, name};
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  StatusServer server{file, socket};
  if (socket < 0 || !address.found() || ::bind(socket, address.get(), SocketAddress::kSize) != 0 ||
      ::chmod(file.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(socket, 16) != 0)
    return io_failure(file, "open");
  return server;
}

StatusServer::StatusServer(StatusServer&& other) noexcept
    : file_{std::exchange(other.file_, {})}, socket_{std::exchange(other.socket_, -1)} {}

StatusServer::~StatusServer() {
  if (socket_ < 0) return;
  ::close(socket_);
  ::unlink(file_.c_str());
}

/// -1: nobody came.
int StatusServer::accept(int milliseconds) const {
  pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
  if (::poll(&wanted, 1, milliseconds) <= 0) return -1;
  return ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
}

void StatusServer::serve(int milliseconds, const std::function<std::string()>& answer) {
  const int client = accept(milliseconds);
  if (client < 0) return;
  be_patient(client, kPatience);
  say(client, answer() + "\n");
  ::close(client);
}

void StatusServer::serve_requests(int milliseconds, const std::function<std::string(std::string_view)>& answer) {
  const int client = accept(milliseconds);
  if (client < 0) return;
  be_patient(client, kRequestPatience);
  std::string request;
  char buffer[kLongestRequest];
  ssize_t more = 0;
  const auto until = std::chrono::steady_clock::now() + kRequestPatience;  // also of who says a letter at a time
  while (request.find('\n') == request.npos && request.size() < kLongestRequest &&
         std::chrono::steady_clock::now() < until && (more = ::recv(client, buffer, sizeof buffer, 0)) > 0)
    request.append(buffer, static_cast<std::size_t>(more));
  const auto end = request.find('\n');
  if (end != request.npos) say(client, answer(std::string_view{request}.substr(0, end)) + "\n");  // else it went away
  ::close(client);
}

Result<std::string> ask(const std::filesystem::path& folder, std::string_view name, std::chrono::seconds patience,
                        std::string_view request, const std::function<bool()>& silent) {
  const SocketAddress address{folder, name};
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return io_failure(folder, "reach the session in");
  be_patient(socket, patience);
  if (!address.found() || ::connect(socket, address.get(), SocketAddress::kSize) != 0) {
    const int cause = address.found() ? errno : address.cause();
    ::close(socket);
    if (cause == EAGAIN) return does_not_answer(folder);  // it takes nobody any more
    if (cause == EACCES) return cannot_look_into(folder, std::strerror(cause));
    std::error_code error;
    const bool ended = std::filesystem::exists(folder / "journal.stom", error);
    return fail(Errc::NotFound, fmt::format("no session runs in {}", folder.string()),
                ended ? fmt::format("it ended; {} says what it did, and stom trade start … --session {} goes on there",
                                    (folder / "journal.stom").string(), folder.string())
                      : "stom trade start … --session DIR begins one");
  }
  if (!request.empty()) say(socket, std::string{request} + "\n");
  std::string text;
  char buffer[4096];
  ssize_t more = 0;
  const auto hear = [&] {
    while ((more = ::recv(socket, buffer, sizeof buffer, 0)) > 0) text.append(buffer, static_cast<std::size_t>(more));
    return more == 0 || (errno != EAGAIN && errno != EINTR);
  };
  if (silent) {
    constexpr std::chrono::seconds kTellEvery{1};
    be_patient(socket, kTellEvery);
    for (auto left = patience; !hear() && silent() && left > kTellEvery;) left -= kTellEvery;
  } else {
    hear();
  }
  ::close(socket);
  if (text.empty() || text.back() != '\n') return does_not_answer(folder);
  text.pop_back();
  return text;
}

}  // namespace stom::trade
