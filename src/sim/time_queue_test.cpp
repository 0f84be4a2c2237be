#include "sim/time_queue.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>

#include "core/random.hpp"

namespace stom::sim {
namespace {

struct Item {
  std::int64_t due;
  int arrival;
};

// Messages with the same due time arrive in the order they were sent, whatever else is under way.
TEST(TimeQueue, GivesTheEarliestAndAmongEqualsTheFirstSent) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random{seed};
    TimeQueue<Item> queue;
    std::multimap<std::int64_t, int> model;  // keeps the order of insertion among equals
    for (int i = 0; i < 5000; ++i) {
      if (random.below(2) == 0 || (seed % 2 == 0 && i < 1000)) {
        const auto due = static_cast<std::int64_t>(static_cast<std::uint64_t>(i) + random.below(seed * 3));
        queue.push(due, i);
        model.emplace(due, i);
      } else if (!model.empty()) {
        ASSERT_EQ(queue.front().due, model.begin()->first);
        ASSERT_EQ(queue.pop().arrival, model.begin()->second) << "seed " << seed;
        model.erase(model.begin());
      }
      ASSERT_EQ(queue.empty(), model.empty());
    }
  }
}

}  // namespace
}  // namespace stom::sim
