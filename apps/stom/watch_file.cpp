#include "watch_file.hpp"

#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/text_file.hpp"

namespace stom {

Result<WatchFile> read_watch_file(const std::string& file) {
  const auto text = read_text_file(file, kMostRecorded);
  if (!text)
    return fail(text.error().code, fmt::format("--watch: {}", text.error().message),
                "watch.csv in the folder of a session that had a universe");
  auto timeline = WatchTimeline::parse(*text);
  if (!timeline) return std::unexpected(timeline.error());
  Sha256 hash;
  hash.update(*text);
  return WatchFile{std::move(*timeline), hash.hex()};
}

}  // namespace stom
