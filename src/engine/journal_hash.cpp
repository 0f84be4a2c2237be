#include "engine/journal_hash.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

namespace stom {
namespace {

constexpr std::size_t kHashedAtOnce = std::size_t{1} << 16;
// While much is written it looks again soon: who asks for the hash works out what it has not come to.
constexpr std::chrono::milliseconds kLookAgainAfter{20}, kWhileMuchComes{2};

}  // namespace

Result<std::unique_ptr<JournalHash>> JournalHash::open(const std::filesystem::path& path, Sha256 hash,
                                                       std::uint64_t at) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return fail(Errc::Io, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)),
                "check the folder's permissions");
  return std::unique_ptr<JournalHash>{new JournalHash{path, file, std::move(hash), at}};
}

JournalHash::JournalHash(std::filesystem::path path, int file, Sha256 hash, std::uint64_t at)
    : path_{std::move(path)}, file_{file}, end_{at}, hash_{std::move(hash)}, at_{at}, block_(kHashedAtOnce) {
  thread_ = std::thread{[this] { run(); }};
}

JournalHash::~JournalHash() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
  ::close(file_);
}

Result<std::string> JournalHash::hex() {
  const std::lock_guard lock{mutex_};
  catch_up();
  if (!status_) return std::unexpected(status_.error());
  return hash_.hex();
}

void JournalHash::run() {
  std::unique_lock lock{mutex_};
  std::chrono::milliseconds again{};
  do {
    again = catch_up() >= kHashedAtOnce ? kWhileMuchComes : kLookAgainAfter;
  } while (!stopped_.wait_for(lock, again, [this] { return stopping_; }));
}

std::uint64_t JournalHash::catch_up() {
  const std::uint64_t from = at_;
  for (const std::uint64_t end = end_.load(std::memory_order_acquire); at_ < end && status_;) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(block_.size(), end - at_));
    const ssize_t n = ::pread(file_, block_.data(), most, static_cast<off_t>(at_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      status_ = fail(Errc::Io,
                     fmt::format("cannot read {}: {}", path_.string(),
                                 n == 0 ? "it is shorter than what was written to it" : std::strerror(errno)),
                     "check the disk");
      break;
    }
    hash_.update(std::string_view{block_.data(), static_cast<std::size_t>(n)});
    at_ += static_cast<std::uint64_t>(n);
  }
  return at_ - from;
}

}  // namespace stom
