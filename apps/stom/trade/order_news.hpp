// What became of orders, for people: the engine thread tells, the program's thread reads. Bounded; where nobody has
// read for so long that it is full, what is left out is counted, and who reads is told how much it was.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/spsc_queue.hpp"
#include "model/order.hpp"

namespace stom::trade {

class OrderNews {
 public:
  /// Engine thread.
  void tell(const OrderEvent& event) {
    if (!events_.try_push(event)) left_out_.fetch_add(1, std::memory_order_relaxed);
  }
  /// The program's thread.
  bool next(OrderEvent& event) { return events_.try_pop(event); }
  std::uint64_t take_left_out() { return left_out_.exchange(0, std::memory_order_relaxed); }

 private:
  SpscQueue<OrderEvent> events_{4096};
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace stom::trade
