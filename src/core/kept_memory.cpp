#include "core/kept_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stom {
namespace {

std::span<std::byte> mapped(int file, std::size_t bytes, int how) {
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, how, file, 0);
  if (at == MAP_FAILED) return {};
  return {static_cast<std::byte*>(at), bytes};
}

}  // namespace

Result<KeptMemory> KeptMemory::create(const std::filesystem::path& path, std::size_t bytes) {
  const auto cannot = [&](int error) {
    return fail(Errc::Io, fmt::format("cannot make {}: {}", path.string(), std::strerror(error)),
                "check the folder's permissions and disk space");
  };
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return cannot(errno);
  // A file system that copies a block before it is written again (btrfs) would need room for it at some store.
  int flags = 0;
  if (::ioctl(file, FS_IOC_GETFLAGS, &flags) == 0) {
    flags |= FS_NOCOW_FL;
    (void)::ioctl(file, FS_IOC_SETFLAGS, &flags);
  }
  int error = 0;
  do error = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  while (error == EINTR);
  std::span<std::byte> memory;
  if (error == 0) {
    memory = mapped(file, bytes, MAP_SHARED);
    if (memory.empty()) error = errno;
  }
  ::close(file);
  if (error == 0) return KeptMemory{memory, path};
  ::unlink(path.c_str());
  if (error == ENODEV || error == EINVAL) memory = mapped(-1, bytes, MAP_SHARED | MAP_ANONYMOUS);
  if (memory.empty()) return cannot(error);
  return KeptMemory{memory, {}};
}

Result<KeptMemory> KeptMemory::open(const std::filesystem::path& path, Stores stores) {
  const bool in_the_file = stores == Stores::InTheFile;
  const int file = ::open(path.c_str(), (in_the_file ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC);
  int error = file < 0 ? errno : 0;
  std::span<std::byte> memory;
  struct stat about{};
  if (error == 0 && ::fstat(file, &about) != 0) error = errno;
  if (error == 0 && about.st_size > 0) {
    memory = mapped(file, static_cast<std::size_t>(about.st_size), in_the_file ? MAP_SHARED : MAP_PRIVATE);
    if (memory.empty()) error = errno;
  }
  if (file >= 0) ::close(file);
  if (error != 0)
    return fail(error == ENOENT ? Errc::NotFound : Errc::Io,
                fmt::format("cannot open {}: {}", path.string(), std::strerror(error)),
                "check the folder's permissions");
  return KeptMemory{memory, path};
}

KeptMemory::KeptMemory(KeptMemory&& other) noexcept
    : bytes_{std::exchange(other.bytes_, {})}, path_{std::exchange(other.path_, {})} {}
KeptMemory& KeptMemory::operator=(KeptMemory&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(path_, other.path_);
  return *this;
}
KeptMemory::~KeptMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

void KeptMemory::forget() {
  if (outlives()) ::unlink(path_.c_str());
  path_.clear();
}

void KeptMemory::touch(std::span<std::byte> some) {
  for (std::size_t at = 0; at < some.size(); at += kPage) {
    volatile std::byte* const first = &some[at];
    const std::byte same = *first;
    *first = same;
  }
}

void KeptMemory::rest(std::span<std::byte> some) { ::madvise(some.data(), some.size(), MADV_DONTNEED); }

void store_in_order() { std::atomic_signal_fence(std::memory_order_seq_cst); }

}  // namespace stom
