// System calls with their errors made readable (file.hpp).
#include "store/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace stom::store {

std::unexpected<Error> system_failure(const std::string& what, const std::filesystem::path& path, int error) {
  std::string hint;
  Errc code = Errc::Io;
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      hint = "the disk is full: free some space and run the command again; what was committed before is untouched";
      break;
    case EFBIG:
      hint = "the file would be larger than the system allows (ulimit -f); what was committed before is untouched";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      hint = "check who owns the folder and that it may be written to";
      break;
    case ENOENT:
      code = Errc::NotFound;
      break;
    default:
      break;
  }
  return fail(code, fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(error)), hint);
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}
File::File(File&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)}, path_{std::move(other.path_)} {}
File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

Result<File> File::open_read(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_failure("open", path, errno);
  return File{descriptor, path};
}

Result<File> File::create(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) return system_failure("create", path, errno);
  return File{descriptor, path};
}

Result<File> File::open_write(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return system_failure("open", path, errno);
  return File{descriptor, path};
}

Result<std::uint64_t> File::size() const {
  struct stat info{};
  if (::fstat(descriptor_, &info) != 0) return system_failure("read the size of", path_, errno);
  return static_cast<std::uint64_t>(info.st_size);
}

Result<std::size_t> File::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got = ::pread(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("read", path_, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<void> File::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto put = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_failure("write", path_, errno);
    done += static_cast<std::size_t>(put);
  }
  return {};
}

Result<void> File::truncate(std::uint64_t bytes) {
  if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) return system_failure("shorten", path_, errno);
  return {};
}

Result<void> File::sync() {
  if (::fdatasync(descriptor_) != 0) return system_failure("make durable", path_, errno);
  return {};
}

void File::start_writing(std::uint64_t offset, std::uint64_t bytes) {
  ::sync_file_range(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes), SYNC_FILE_RANGE_WRITE);
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_failure("open", folder, errno);
  const int failed = ::fsync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  if (failed != 0) return system_failure("make durable", folder, failed);
  return {};
}

Result<void> make_folders(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  if (folder.has_parent_path() && folder.parent_path() != folder)
    if (auto made = make_folders(folder.parent_path()); !made) return made;
  std::filesystem::create_directory(folder, error);
  if (error) return system_failure("create folder", folder, error.value());
  return folder.has_parent_path() ? sync_folder(folder.parent_path()) : sync_folder(".");
}

Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_failure("rename", from, errno);
  return {};
}

}  // namespace stom::store
