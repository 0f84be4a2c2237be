#include "core/file_sync.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/assert.hpp"

namespace stom {

namespace {

Result<int> open_to_sync(const std::filesystem::path& path) {
  // Any descriptor of the file brings all of it to the disk, and one opened before an error hears of it.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0) return file;
  return fail(Errc::Io, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)),
              "check the folder's permissions");
}

}  // namespace

Result<std::unique_ptr<FileSync>> FileSync::open(const std::filesystem::path& path, Worker worker) {
  const auto file = open_to_sync(path);
  if (!file) return std::unexpected(file.error());
  return std::unique_ptr<FileSync>{new FileSync{path, *file, worker}};
}

FileSync::FileSync(std::filesystem::path path, int file, Worker worker) : path_{std::move(path)}, file_{file} {
  if (worker == Worker::Own) thread_ = std::thread{[this] { run(); }};
}

FileSync::~FileSync() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  ::close(file_);
  if (also_ >= 0) ::close(also_);
}

Result<void> FileSync::also(const std::filesystem::path& path) {
  const auto file = open_to_sync(path);
  if (!file) return std::unexpected(file.error());
  const std::lock_guard lock{mutex_};
  STOM_ASSERT(also_ < 0);
  also_ = *file;
  return {};
}

void FileSync::keep_one(bool other) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return working_ == kNever; });
  STOM_ASSERT(also_ >= 0);
  if (other) std::swap(file_, also_);
  ::close(std::exchange(also_, -1));
}

void FileSync::ask(UnixNanos now) {
  {
    std::unique_lock lock{mutex_};
    if (asked_ != kNever) return;
    asked_ = now;
    tell();
    if (!thread_.joinable()) {
      bring(lock);
      changed_.notify_all();  // who goes over to another file waits for it
    }
    if (!sleeps_) return;  // it looks by itself
  }
  changed_.notify_all();
}

void FileSync::tell() { waiting_since_.store(std::min(asked_, working_), std::memory_order_release); }

Result<void> FileSync::failure() const {
  const std::lock_guard lock{mutex_};
  return status_;
}

void FileSync::wait() {
  std::unique_lock lock{mutex_};
  const auto answered = [&] { return asked_ == kNever && working_ == kNever; };
  if (answered()) return;
  awaited_ = true;
  changed_.notify_all();
  changed_.wait(lock, answered);
  awaited_ = false;
}

void FileSync::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    sleeps_ = true;
    changed_.wait(lock, [&] { return stopping_ || asked_ != kNever; });
    sleeps_ = false;
    if (asked_ == kNever) return;
    while (asked_ != kNever) {
      bring(lock);
      changed_.notify_all();
      changed_.wait_for(lock, kLooksAgainAfter, [&] { return stopping_ || (awaited_ && asked_ != kNever); });
    }
  }
}

void FileSync::bring(std::unique_lock<std::mutex>& lock) {
  working_ = std::exchange(asked_, kNever);
  const int file = file_, also = also_;
  lock.unlock();
  int error = ::fdatasync(file) == 0 ? 0 : errno;
  if (also >= 0 && ::fdatasync(also) != 0 && error == 0) error = errno;
  lock.lock();
  working_ = kNever;
  tell();
  if (error != 0 && status_)
    status_ = fail(Errc::Io, fmt::format("{} is not on the disk: {}", path_.string(), std::strerror(error)),
                   "check the disk");
  failed_.store(!status_, std::memory_order_release);
}

}  // namespace stom
