// Brings to the disk what was written to a file, on a thread of its own: a disk that is busy takes seconds for it, and
// who trades must not wait for them. What was written before ask() is on the disk once waiting_since() is past it.
// Where nothing may depend on how fast a disk is (a simulation), the caller's thread does it.
//
// To wake a thread costs who asks some microseconds. Right behind its work the thread looks again by itself, after
// kLooksAgainAfter: who asks again and again wakes it once, and nobody is answered later than by that.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/result.hpp"
#include "core/time.hpp"

namespace stom {

class FileSync {
 public:
  static constexpr std::chrono::milliseconds kLooksAgainAfter{1};
  enum class Worker : std::uint8_t { Own, Caller };
  /// The file must be there. Errors: it cannot be opened.
  static Result<std::unique_ptr<FileSync>> open(const std::filesystem::path& path, Worker worker = Worker::Own);
  ~FileSync();  // what was asked for is done first
  FileSync(const FileSync&) = delete;
  FileSync& operator=(const FileSync&) = delete;

  /// Returns at once. Asked for again while the disk is at it, it is done once more behind that.
  void ask(UnixNanos now);
  /// When the oldest ask() that the disk has not answered was made; kNever: it has answered all.
  UnixNanos waiting_since() const { return waiting_since_.load(std::memory_order_acquire); }
  /// The first error, which stays: what the disk has of the file is not known from there on.
  Result<void> status() const { return failed_.load(std::memory_order_acquire) ? failure() : Result<void>{}; }
  /// Until the disk has answered all, which it is asked for at once.
  void wait();

  // Where what is written goes over to another file. Any thread; these wait for the disk.
  /// From here on that one, too. Errors: it cannot be opened.
  Result<void> also(const std::filesystem::path& path);
  /// And from here on that one alone; or again without it.
  void instead() { keep_one(true); }
  void not_also() { keep_one(false); }

 private:
  FileSync(std::filesystem::path path, int file, Worker worker);
  Result<void> failure() const;
  void run();
  void bring(std::unique_lock<std::mutex>& lock);
  void keep_one(bool other);
  void tell();  // waiting_since(), by who holds the mutex

  const std::filesystem::path path_;
  std::atomic<UnixNanos> waiting_since_{kNever};
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;  // of all below
  int file_, also_ = -1;      // -1: there is none
  std::condition_variable changed_;
  UnixNanos asked_ = kNever, working_ = kNever;  // kNever: nothing
  bool stopping_ = false, awaited_ = false;
  bool sleeps_ = false;  // until it is woken
  Result<void> status_;
  std::thread thread_;  // none: the caller's
};

}  // namespace stom
