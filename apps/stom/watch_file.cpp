#include "watch_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "core/hash.hpp"

namespace stom {

Result<WatchFile> read_watch_file(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in)
    return fail(Errc::NotFound, fmt::format("--watch {}: the file cannot be read", file),
                "watch.csv in the folder of a session that had a universe");
  auto timeline = WatchTimeline::parse(text);
  if (!timeline) return std::unexpected(timeline.error());
  Sha256 hash;
  hash.update(text);
  return WatchFile{std::move(*timeline), hash.hex()};
}

}  // namespace stom
