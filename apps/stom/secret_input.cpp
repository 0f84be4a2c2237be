#include "secret_input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace stom {
namespace {

constexpr std::size_t kMostSecret = 16u << 10, kLeastPassphrase = 8;
constexpr std::string_view kCredential = "stom-passphrase";

/// To the end, or to the end of the line.
Result<vault::Secret> read_from(int file, bool line) {
  vault::Secret bytes{kMostSecret};
  std::size_t size = 0;
  while (size < kMostSecret) {
    const auto got = ::read(file, bytes.data() + size, line ? 1 : kMostSecret - size);
    if (got < 0 && errno == EINTR) {
      if (interrupted()) return fail(Errc::Canceled, "interrupted", "nothing was done");
      continue;
    }
    if (got < 0)
      return fail(Errc::Usage, fmt::format("no secret can be read there: {}", std::strerror(errno)),
                  "name a descriptor that is open for reading: --passphrase-fd 3 3<FILE");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (line && bytes.data()[size - 1] == '\n') break;
  }
  if (size == kMostSecret) return fail(Errc::Usage, "that is too long to be a secret", "16 KiB are the most");
  while (size > 0 && (bytes.data()[size - 1] == '\n' || bytes.data()[size - 1] == '\r')) --size;
  bytes.shorten(size);
  return bytes;
}

/// The terminal shows nothing of what is typed, as long as this lives.
class Hidden {
 public:
  Hidden() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Hidden() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

 private:
  termios before_{};
};

Result<vault::Secret> typed(std::string_view prompt) {
  fmt::print(stderr, "{}: ", prompt);
  auto secret = [&] {
    const Hidden hidden;
    return read_from(STDIN_FILENO, true);
  }();
  fmt::print(stderr, "\n");
  return secret;
}

Result<vault::Secret> read_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return fail(Errc::Io, fmt::format("{} cannot be read: {}", path.string(), std::strerror(errno)),
                "look at LoadCredential= of the service");
  auto secret = read_from(file, true);
  ::close(file);
  return secret;
}

}  // namespace

Result<vault::Secret> read_passphrase(const Session& session, int descriptor, std::string_view prompt, bool again) {
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  const auto credential =
      credentials == nullptr ? std::filesystem::path{} : std::filesystem::path{credentials} / kCredential;
  std::error_code missing;
  Result<vault::Secret> secret = vault::Secret{};
  if (descriptor != kNoDescriptor) {
    secret = read_from(descriptor, true);
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);  // no program that is started from here inherits it
  } else if (!credential.empty() && std::filesystem::exists(credential, missing)) {
    secret = read_file(credential);
  } else if (session.no_input) {
    return fail(Errc::Usage, "the vault has a passphrase, and nobody can be asked for it",
                "--passphrase-fd N reads it from a descriptor (3<FILE), a systemd service from the credential "
                "stom-passphrase; after stom vault unlock a session begins without it");
  } else {
    secret = typed(prompt);
    if (secret && again) {
      const auto repeated = typed("the same again");
      if (!repeated) return std::unexpected(repeated.error());
      if (repeated->view() != secret->view())
        return fail(Errc::Usage, "the two are not the same: nothing was done", "try again");
    }
  }
  if (secret && secret->size() < kLeastPassphrase)
    return fail(Errc::Usage, "the passphrase is too short", "8 characters are the least; several words are better");
  return secret;
}

Result<TypedKey> read_key(const Session& session) {
  TypedKey out;
  for (auto* part : {&out.key, &out.secret}) {
    const bool is_key = part == &out.key;
    auto read = session.no_input ? read_from(STDIN_FILENO, is_key) : typed(is_key ? "key" : "its secret");
    if (!read) return std::unexpected(read.error());
    *part = std::move(*read);
  }
  if (out.key.empty() || out.secret.empty())
    return fail(Errc::Usage, "a key and its secret are needed",
                "type both, or give them on standard input: the key in the first line, the secret behind it");
  return out;
}

}  // namespace stom
