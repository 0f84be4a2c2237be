// DIR/watch.csv while a session runs: which instruments were watched when, and why (docs/universe.md). No line is
// earlier than the one before it, and what the file held already stays. Trading goes on without it. I/O thread.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"
#include "core/time.hpp"
#include "market/watch_timeline.hpp"

namespace stom::trade {

class WatchRecord {
 public:
  using Say = std::function<void(const std::string& line)>;
  /// `goes_on`: behind what is there; what a process that was killed left as watched ends at `begin`. Errors: it cannot
  /// be written.
  static Result<WatchRecord> open(const std::filesystem::path& file, bool goes_on, UnixNanos begin, Say say);

  void write(UnixNanos now, std::string_view instrument, WatchState state, WatchReason reason);
  void flush();

 private:
  explicit WatchRecord(Say say) : say_{std::move(say)} {}
  void look();

  std::ofstream file_;
  UnixNanos time_ = 0;  // of its last line
  bool told_ = false;   // that it cannot be written
  Say say_;
};

}  // namespace stom::trade
