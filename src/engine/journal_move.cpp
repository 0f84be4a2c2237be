#include "engine/journal_move.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace stom {

bool JournalMove::bring(std::uint64_t end) {
  while (copied < end) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), end - copied));
    ssize_t n = ::pread(from, room.data(), most, static_cast<off_t>(copied));
    if (n > 0) n = ::pwrite(to, room.data(), static_cast<std::size_t>(n), static_cast<off_t>(copied - less));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    copied += static_cast<std::uint64_t>(n);
  }
  return true;
}

}  // namespace stom
