// The hash of a journal that is kept, worked out from its file by a thread of its own: who writes the records does not
// wait for it. Nothing is handed over but how long the journal is, so there is no queue that could be full; memory is
// one block, however far behind the thread is.
//
// grown_to() and hex(): the thread that writes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/hash.hpp"
#include "core/result.hpp"
#include "engine/journal_file.hpp"

namespace stom {

class JournalHash {
 public:
  /// `hash` has taken the journal's bytes before `at`, without its magic. Errors: it cannot be opened.
  static Result<std::unique_ptr<JournalHash>> open(const std::filesystem::path& path, Sha256 hash, std::uint64_t at);
  ~JournalHash();
  JournalHash(const JournalHash&) = delete;
  JournalHash& operator=(const JournalHash&) = delete;

  /// So long is the journal now, all its segments together. Returns at once.
  void grown_to(std::uint64_t bytes) { end_.store(bytes, std::memory_order_release); }
  /// Of all of it: what the thread has not come to yet is done here. Errors, which stay: the disk.
  Result<std::string> hex();

 private:
  JournalHash(JournalFile file, Sha256 hash, std::uint64_t at);
  void run();
  std::uint64_t catch_up();  // by who holds the mutex; how many bytes that were

  std::atomic<std::uint64_t> end_;
  std::mutex mutex_;  // of all below
  std::condition_variable stopped_;
  JournalFile file_;
  Sha256 hash_;
  std::uint64_t at_;  // bytes of the journal before it are in the hash
  std::vector<char> block_;
  Result<void> status_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace stom
