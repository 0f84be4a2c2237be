// The engine's two doors to other threads: nothing lost, nothing doubled, nothing torn, and a plain answer when full.
#include "core/spsc_queue.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace stom {
namespace {

TEST(SpscQueue, GivesItemsBackInTheOrderTheyCame) {
  SpscQueue<int> queue{4};
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(queue.try_push(round * 4 + i));
    for (int i = 0; i < 4; ++i) {
      int item = -1;
      ASSERT_TRUE(queue.try_pop(item));
      EXPECT_EQ(item, round * 4 + i);
    }
  }
}

TEST(SpscQueue, SaysNoWhenFullAndLeavesTheItemWithTheWriter) {
  SpscQueue<std::unique_ptr<int>> queue{2};
  ASSERT_TRUE(queue.try_push(std::make_unique<int>(1)));
  ASSERT_TRUE(queue.try_push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(queue.try_push(std::move(third)));
  ASSERT_TRUE(third) << "a refused item must still be the writer's to offer again";
  std::unique_ptr<int> item;
  ASSERT_TRUE(queue.try_pop(item));
  EXPECT_TRUE(queue.try_push(std::move(third)));
  EXPECT_EQ(queue.size(), 2u);
}

TEST(SpscQueue, IsEmptyAtFirstAndAfterTheLastItem) {
  SpscQueue<int> queue{3};
  EXPECT_EQ(queue.capacity(), 4u);
  int item = 7;
  EXPECT_FALSE(queue.try_pop(item));
  EXPECT_EQ(item, 7);
  ASSERT_TRUE(queue.try_push(1));
  ASSERT_TRUE(queue.try_pop(item));
  EXPECT_TRUE(queue.empty());
}

TEST(SpscQueue, CarriesEveryItemOnceFromThreadToThread) {
  constexpr int kItems = 200'000;
  SpscQueue<int> queue{64};
  std::thread writer{[&] {
    for (int i = 0; i < kItems; ++i)
      while (!queue.try_push(i)) std::this_thread::yield();
  }};
  int expected = 0;
  while (expected < kItems) {
    int item = -1;
    if (!queue.try_pop(item)) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(item, expected);
    ++expected;
  }
  writer.join();
  EXPECT_TRUE(queue.empty());
}

TEST(LatestValue, ShowsOnlyTheNewestAndEachOnce) {
  LatestValue<int> slot;
  EXPECT_FALSE(slot.take());
  for (int i = 1; i <= 3; ++i) {
    slot.writing() = i;
    slot.publish();
  }
  ASSERT_TRUE(slot.take());
  EXPECT_EQ(slot.reading(), 3);
  EXPECT_FALSE(slot.take());
  EXPECT_EQ(slot.reading(), 3) << "what was taken stays readable";
}

TEST(LatestValue, NeverShowsAHalfWrittenValueNorAnOlderOne) {
  constexpr std::uint64_t kWrites = 100'000;
  LatestValue<std::vector<std::uint64_t>> slot;
  std::thread writer{[&] {
    for (std::uint64_t i = 1; i <= kWrites; ++i) {
      slot.writing().assign(8, i);
      slot.publish();
    }
  }};
  std::uint64_t last = 0;
  while (last < kWrites) {
    if (!slot.take()) {
      std::this_thread::yield();
      continue;
    }
    const auto& value = slot.reading();
    ASSERT_EQ(value.size(), 8u);
    for (const auto number : value) ASSERT_EQ(number, value.front());
    ASSERT_GT(value.front(), last);
    last = value.front();
  }
  writer.join();
}

}  // namespace
}  // namespace stom
