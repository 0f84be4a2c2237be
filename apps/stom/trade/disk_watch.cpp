#include "trade/disk_watch.hpp"

#include <fmt/format.h>

#include <system_error>

namespace stom::trade {

std::optional<std::uint64_t> free_bytes(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  return error ? std::nullopt : std::optional<std::uint64_t>{space.available};
}

void DiskWatch::look() {
  const UnixNanos now = clock_.now();
  if (now < next_) return;
  next_ = now + kEvery;
  const auto free = free_();
  if (!free) return;
  const bool is_short = *free < kLeast;
  if (is_short && !told_)
    say_(
        fmt::format("{} MiB are free on the disk of the session: once it is full, no order leaves any more; "
                    "free more than {} MiB (docs/trade.md)",
                    *free >> 20, kLeast >> 20));
  told_ = is_short;
}

}  // namespace stom::trade
