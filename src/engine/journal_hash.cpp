#include "engine/journal_hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
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
  auto file = JournalFile::open(path);
  if (!file) return std::unexpected(file.error());
  return std::unique_ptr<JournalHash>{new JournalHash{std::move(*file), std::move(hash), at}};
}

JournalHash::JournalHash(JournalFile file, Sha256 hash, std::uint64_t at)
    : end_{at}, file_{std::move(file)}, hash_{std::move(hash)}, at_{at}, block_(kHashedAtOnce) {
  thread_ = std::thread{[this] { run(); }};
}

JournalHash::~JournalHash() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
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
    const auto n = file_.read(block_.data(), most, at_);
    if (!n || *n == 0) {
      status_ =
          n ? fail(Errc::Io,
                   fmt::format("cannot read {}: it is shorter than what was written to it", file_.path().string()),
                   "check the disk")
            : std::unexpected(n.error());
      break;
    }
    hash_.update(std::string_view{block_.data(), *n});
    at_ += *n;
  }
  return at_ - from;
}

}  // namespace stom
