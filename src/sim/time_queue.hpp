// What is due at later instants: earliest first, and by arrival among equals. What is added is nearly always due last,
// as latencies are constant or nearly so; then adding is a store and taking an increment.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "core/assert.hpp"

namespace stom::sim {

/// T has a member `due`.
template <class T>
class TimeQueue {
 public:
  using DueTime = decltype(T::due);
  bool empty() const { return head_ == items_.size(); }
  const T& front() const { return items_[head_]; }

  /// Makes an item in its place and returns it, to be filled in but for `due`.
  template <class... Fields>
  T& push(DueTime due, Fields&&... fields) {
    if (empty() || items_.back().due <= due) [[likely]]
      return items_.emplace_back(due, std::forward<Fields>(fields)...);
    const auto at = std::upper_bound(items_.begin() + static_cast<std::ptrdiff_t>(head_), items_.end(), due,
                                     [](const auto& time, const T& other) { return time < other.due; });
    return *items_.emplace(at, due, std::forward<Fields>(fields)...);
  }

  T pop() {
    STOM_ASSERT(!empty());
    const T item = items_[head_++];
    if (head_ == items_.size()) {
      items_.clear();
      head_ = 0;
    } else if (head_ >= kTidyAt && head_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    return item;
  }

 private:
  static constexpr std::size_t kTidyAt = 64;
  std::vector<T> items_;
  std::size_t head_ = 0;  // what stands before it has been taken
};

}  // namespace stom::sim
