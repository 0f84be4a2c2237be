// The watch.csv of a session, as --watch names it (docs/universe.md).
#pragma once

#include <string>

#include "core/result.hpp"
#include "market/watch_timeline.hpp"

namespace stom {

struct WatchFile {
  WatchTimeline timeline;
  std::string sha256;  // of the file
};
Result<WatchFile> read_watch_file(const std::string& file);

}  // namespace stom
