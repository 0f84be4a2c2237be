// Packs the sealed segments of a session's journal (engine/journal_segment.hpp), the oldest first, while the session
// trades: a thread of its own, which nobody waits for. Nothing is deleted but what was packed, read back and compared;
// what a kill or the end of the session has stopped is done at the next start. Where one cannot be packed the log says
// so, and it stays as it is.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

namespace stom::trade {

class JournalArchive {
 public:
  using Say = std::function<void(const std::string&)>;  // a line of the log, from any thread
  /// Begins at once.
  JournalArchive(std::filesystem::path journal, Say say);
  ~JournalArchive();  // returns soon
  JournalArchive(const JournalArchive&) = delete;
  JournalArchive& operator=(const JournalArchive&) = delete;

  /// Another one is sealed: what it is at is broken off, and all is gone through anew.
  void again();
  /// Until all is packed that can be.
  void wait();

 private:
  void run();

  const std::filesystem::path journal_;
  const Say say_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace stom::trade
