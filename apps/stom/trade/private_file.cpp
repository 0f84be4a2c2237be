#include "trade/private_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/text_file.hpp"

namespace stom::trade {
namespace {

std::unexpected<Error> not_written(const std::filesystem::path& path) {
  return fail(Errc::Io, fmt::format("{} cannot be written: {}", path.string(), std::strerror(errno)),
              "check the folder's permissions and disk space");
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool sync_folder(const std::filesystem::path& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  const int cause = errno;
  if (folder >= 0) ::close(folder);
  errno = cause;
  return synced;
}
bool sync_folder_of(const std::filesystem::path& path) {
  return sync_folder(path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."});
}

/// Closes it.
bool bring_to_disk(int file, std::string_view text) {
  const bool written = write_all(file, text) && ::fsync(file) == 0;
  const int cause = errno;
  ::close(file);
  errno = cause;
  return written;
}

int open_new(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
}

}  // namespace

Result<std::string> read_private_file(const std::filesystem::path& path, std::string_view which) {
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0)
    return fail(errno == ENOENT ? Errc::NotFound : Errc::Io,
                fmt::format("{} cannot be read: {}", path.string(), std::strerror(errno)), std::string{which});
  if (!S_ISREG(about.st_mode))
    return fail(Errc::BadData, fmt::format("{} is no file", path.string()), std::string{which});
  if ((about.st_mode & kOthers) != 0 || about.st_uid != ::geteuid())
    return fail(Errc::Io,
                fmt::format("{} holds keys and is not yours alone (mode {:04o})", path.string(), about.st_mode & 07777),
                fmt::format("chmod 600 {}, and make it under umask 077 the next time", path.string()));
  return read_text_file(path);
}

Result<void> write_private_file(const std::filesystem::path& path, std::string_view text) {
  std::error_code made;
  std::filesystem::create_directories(path.parent_path(), made);
  const std::filesystem::path fresh = path.string() + ".new";
  ::unlink(fresh.c_str());
  const int file = open_new(fresh);
  if (file < 0) return not_written(path);
  if (bring_to_disk(file, text) && ::rename(fresh.c_str(), path.c_str()) == 0 && sync_folder_of(path)) return {};
  const auto error = not_written(path);
  ::unlink(fresh.c_str());
  return error;
}

Result<void> create_private_file(const std::filesystem::path& path, std::string_view text) {
  return create_private_file(path, [text](const PutPiece& put) { return put(text); });
}

Result<void> create_private_file(const std::filesystem::path& path,
                                 const std::function<Result<void>(const PutPiece&)>& make) {
  const int file = open_new(path);
  if (file < 0 && errno == EEXIST)
    return fail(Errc::Usage, fmt::format("{} is there already", path.string()),
                "name another file: nothing is written over");
  if (file < 0) return not_written(path);
  Result<void> done =
      make([&](std::string_view piece) { return write_all(file, piece) ? Result<void>{} : not_written(path); });
  if (!bring_to_disk(file, {}) && done) done = not_written(path);
  if (done && !sync_folder_of(path)) done = not_written(path);
  if (!done) ::unlink(path.c_str());
  return done;
}

Result<void> append_private_line(const std::filesystem::path& path, std::string_view line) {
  std::error_code made;
  std::filesystem::create_directories(path.parent_path(), made);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (file < 0) return not_written(path);
  const off_t end = ::lseek(file, 0, SEEK_END);
  const bool written = write_all(file, std::string{line} + "\n");
  const bool synced = written && ::fsync(file) == 0;
  const int cause = errno;
  // Half a line, as of a full disk, would be one with the next.
  if (!written && end >= 0 && ::ftruncate(file, end) != 0) errno = cause;
  ::close(file);
  errno = cause;
  if (synced && sync_folder_of(path)) return {};
  return not_written(path);
}

bool write_at(int file, std::string_view bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::uint64_t>(written);
  }
  return true;
}

Result<void> sync_names_in(const std::filesystem::path& folder) {
  if (sync_folder(folder)) return {};
  return fail(Errc::Io, fmt::format("the names in {} are not on the disk: {}", folder.string(), std::strerror(errno)),
              "check the folder's permissions and the disk");
}

Result<FileLock> FileLock::take(const std::filesystem::path& path, std::string_view held, std::string_view hint) {
  std::error_code made;
  std::filesystem::create_directories(path.parent_path(), made);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (file < 0) return not_written(path);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return FileLock{file};
  ::close(file);
  return fail(Errc::Io, std::string{held}, std::string{hint});
}

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace stom::trade
