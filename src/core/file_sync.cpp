#include "core/file_sync.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stom {

Result<std::unique_ptr<FileSync>> FileSync::open(const std::filesystem::path& path, Worker worker) {
  // Any descriptor of the file brings all of it to the disk, and one opened before an error hears of it.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return fail(Errc::Io, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)),
                "check the folder's permissions");
  return std::unique_ptr<FileSync>{new FileSync{path, file, worker}};
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
}

void FileSync::ask(UnixNanos now) {
  {
    std::unique_lock lock{mutex_};
    if (asked_ != kNever) return;
    asked_ = now;
    tell();
    if (!thread_.joinable()) bring(lock);
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
  lock.unlock();
  const int error = ::fdatasync(file_) == 0 ? 0 : errno;
  lock.lock();
  working_ = kNever;
  tell();
  if (error != 0 && status_)
    status_ = fail(Errc::Io, fmt::format("{} is not on the disk: {}", path_.string(), std::strerror(error)),
                   "check the disk");
  failed_.store(!status_, std::memory_order_release);
}

}  // namespace stom
