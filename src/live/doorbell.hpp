// Wakes a thread that has nothing to do. Ringing is cheap and never lost: who rings while nobody waits ends the next
// wait at once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace stom {

class Doorbell {
 public:
  /// Any thread.
  void ring() {
    {
      const std::lock_guard lock{mutex_};
      rung_ = true;
    }
    condition_.notify_one();
  }
  /// One thread: until it is rung, or `most` is over.
  void wait(std::chrono::nanoseconds most) {
    std::unique_lock lock{mutex_};
    condition_.wait_for(lock, most, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool rung_ = false;
};

}  // namespace stom
