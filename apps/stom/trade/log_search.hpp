// A search in a session's log (session_log.hpp), from its end: of the lines that a person asks for the newest, and
// where to go on. The file may have 64 MiB, and the one before it as many: it is read in pieces, and a search reads no
// more than a bounded part of either. The session may write to it meanwhile, and put it aside between two pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "trade/session_log.hpp"

namespace stom::trade {

struct LogQuery {
  std::string text;                    // that a line has; letters of ASCII in either case; empty: any
  Loudness least = Loudness::Info;     // none that are less loud
  std::string cursor;                  // LogPage::next of the page before; empty: from the end
  std::size_t most = 100;              // lines
  std::uint64_t most_bytes = 4 << 20;  // read of a file at most; a longer line is passed over
};

struct LogPage {
  struct Line {
    UnixNanos time = kNoTime;
    Loudness loudness = Loudness::Info;
    std::string text;
  };
  std::vector<Line> lines;  // newest first; may be empty where there is more to search
  std::string next;         // where a search goes on; empty: nothing is older
};

/// In DIR/log and DIR/log.1. Errors: there is no log that can be read (NotFound); the cursor is none of ours (Usage).
Result<LogPage> search_log(const std::filesystem::path& folder, const LogQuery& query);

}  // namespace stom::trade
