// A thread that follows books takes nothing from the heap once they were as deep as they become: a book that comes anew
// may not wait for the allocator, and memory may not wander with the depth of a market.
#include <gtest/gtest.h>

#include <vector>

#include "core/allocation_count.hpp"
#include "market/order_book.hpp"

namespace stom {
namespace {

constexpr Tick kMiddle = 5'000'000, kPage = 512;

/// So many levels at the beginning of a page are too many for a list.
constexpr Tick kLevels = LevelMap::kFew + 1;

/// A snapshot with levels in each of so many pages on either side.
void snapshot(OrderBook& book, int pages) {
  book.clear();
  for (int i = 1; i <= pages; ++i)
    for (Tick level = 0; level < kLevels; ++level) {
      book.set_bid(kMiddle - i * kPage + level, 1 + i);
      book.set_ask(kMiddle + i * kPage + level, 1 + i);
    }
}

TEST(Allocation, BooksThatComeAnewTakeNoneOnceTheyWereAsDeepTogether) {
  std::vector<OrderBook> books(3);
  for (OrderBook& book : books) snapshot(book, 200);
  std::size_t before = 0, held = 0;
  // Another of them is deep each time, and they become deep and narrow by single levels, too.
  for (int round = 0; round < 30; ++round) {
    if (round == 6) before = test::allocations, held = test::bytes_held;  // lists of pages are as long as they become
    for (int i = 0; i < 3; ++i) snapshot(books[static_cast<std::size_t>(i)], i == round % 3 ? 200 : 5);
    OrderBook& deep = books[static_cast<std::size_t>(round % 3)];
    for (const std::int64_t quantity : {0, 2})
      for (Tick i = 0; i < 200 * kLevels; ++i)
        deep.set_ask(kMiddle + (1 + i / kLevels) * kPage + i % kLevels, quantity);
    EXPECT_EQ(deep.best_ask(), kMiddle + kPage);
    EXPECT_EQ(deep.asks().size(), static_cast<std::size_t>(200 * kLevels));
    EXPECT_EQ(deep.ask_quantity(kMiddle + 7 * kPage + kLevels), 0) << "a page that is used again is empty";
  }
  EXPECT_EQ(test::allocations, before);
  EXPECT_EQ(test::bytes_held, held);
}

TEST(Allocation, ABookLendsItsPagesToADeeperOne) {
  std::vector<OrderBook> books(2);
  snapshot(books[0], 300);
  snapshot(books[1], 1);
  EXPECT_EQ(books[0].asks().pages(), 300u);
  for (int times = 0; times < 2; ++times) snapshot(books[0], 1);  // what the last snapshot had is kept for the next
  const std::size_t held = test::bytes_held;
  snapshot(books[1], 290);
  EXPECT_LT(test::bytes_held, held + 64u * 1'024) << "lists of pages, and no page";
}

}  // namespace
}  // namespace stom
