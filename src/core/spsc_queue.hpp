// Two ways across a thread boundary without a lock, a system call or an allocation. Both have exactly one writer thread
// and one reader thread, and both have a written answer for "full":
//   SpscQueue    every item arrives, in order, or try_push says no and the writer decides (keep it and offer it later)
//   LatestValue  only the newest value arrives; older ones that nobody read are overwritten, so it is never full
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/assert.hpp"

namespace stom {

inline constexpr std::size_t kCacheLine = 64;

/// Bounded ring. The storage is made once, in the constructor; T must be default constructible and assignable.
template <class T>
class SpscQueue {
  static_assert(std::is_nothrow_move_assignable_v<T>, "an item half moved would be lost between the threads");

 public:
  /// Holds at least `capacity` items (rounded up to a power of two).
  explicit SpscQueue(std::size_t capacity)
      : mask_{std::bit_ceil(capacity < 2 ? std::size_t{2} : capacity) - 1}, items_{new T[mask_ + 1]} {}
  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;

  std::size_t capacity() const { return mask_ + 1; }

  /// Writer thread. False when full: the item is untouched and still the writer's.
  [[nodiscard]] bool try_push(T&& item) {
    T* slot = free_slot();
    if (!slot) return false;
    *slot = std::move(item);
    publish_slot();
    return true;
  }
  [[nodiscard]] bool try_push(const T& item) {
    T* slot = free_slot();
    if (!slot) return false;
    *slot = item;
    publish_slot();
    return true;
  }

  /// Reader thread. False when empty.
  [[nodiscard]] bool try_pop(T& item) {
    const std::size_t head = reader_.position.load(std::memory_order_relaxed);
    if (head == reader_.other_seen) {
      reader_.other_seen = writer_.position.load(std::memory_order_acquire);
      if (head == reader_.other_seen) return false;
    }
    item = std::move(items_[head & mask_]);
    reader_.position.store(head + 1, std::memory_order_release);
    return true;
  }

  /// Either thread: exact for the caller's own end, a moment old for the other.
  std::size_t size() const {
    const std::size_t head = reader_.position.load(std::memory_order_acquire);
    const std::size_t tail = writer_.position.load(std::memory_order_acquire);
    return tail - head;
  }
  bool empty() const { return size() == 0; }

 private:
  /// One end: where it stands, and where it last saw the other end (so that the other's line is read only when needed).
  struct alignas(kCacheLine) End {
    std::atomic<std::size_t> position{0};
    std::size_t other_seen = 0;
  };

  T* free_slot() {
    const std::size_t tail = writer_.position.load(std::memory_order_relaxed);
    if (tail - writer_.other_seen > mask_) {
      writer_.other_seen = reader_.position.load(std::memory_order_acquire);
      if (tail - writer_.other_seen > mask_) return nullptr;
    }
    return &items_[tail & mask_];
  }
  void publish_slot() {
    writer_.position.store(writer_.position.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  const std::size_t mask_;
  const std::unique_ptr<T[]> items_;
  End writer_;
  End reader_;
};

/// Three slots: one being written, one being read, one between them. The writer never waits for the reader and the
/// reader never sees a value half written.
template <class T>
class LatestValue {
 public:
  LatestValue() = default;
  LatestValue(const LatestValue&) = delete;
  LatestValue& operator=(const LatestValue&) = delete;

  /// Writer thread: fill this in place (it holds an old value, whose memory is reused), then publish().
  T& writing() { return slots_[write_].value; }
  void publish() { write_ = between_.exchange(write_ | kFresh, std::memory_order_acq_rel) & kIndex; }

  /// Reader thread: takes the newest value if one was published since the last take(); true if so.
  bool take() {
    if (!(between_.load(std::memory_order_relaxed) & kFresh)) return false;
    read_ = between_.exchange(read_, std::memory_order_acq_rel) & kIndex;
    return true;
  }
  const T& reading() const { return slots_[read_].value; }

 private:
  static constexpr std::uint8_t kIndex = 3;
  static constexpr std::uint8_t kFresh = 4;
  struct alignas(kCacheLine) Slot {
    T value{};
  };

  std::array<Slot, 3> slots_{};
  alignas(kCacheLine) std::atomic<std::uint8_t> between_{1};
  alignas(kCacheLine) std::uint8_t write_ = 0;
  alignas(kCacheLine) std::uint8_t read_ = 2;
};

}  // namespace stom
