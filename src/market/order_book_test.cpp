#include "market/order_book.hpp"

#include <gtest/gtest.h>

#include <map>

#include "core/random.hpp"

namespace stom {
namespace {

TEST(OrderBook, TheBestPriceIsTheNextLevelWhenTheBestIsGone) {
  OrderBook book;
  book.set_bid(100, 5);
  book.set_bid(90, 7);
  book.set_ask(110, 1);
  EXPECT_EQ(book.best_bid(), 100);
  EXPECT_EQ(book.set_bid(100, 0), 5);
  EXPECT_EQ(book.best_bid(), 90);
  EXPECT_EQ(book.set_bid(90, 0), 7);
  EXPECT_EQ(book.best_bid(), kNoBid);
  EXPECT_EQ(book.best_ask(), 110);
}

TEST(OrderBook, TheNewestSideWinsWhenPricesCross) {
  OrderBook book;
  book.set_ask(100, 1);
  book.set_ask(101, 2);
  book.set_bid(100, 3);
  EXPECT_EQ(book.best_bid(), 100);
  EXPECT_EQ(book.best_ask(), 101);
  EXPECT_EQ(book.ask_quantity(100), 1);  // still stored: the venue has not removed it
}

// Far from where the price was nothing is kept of it; what still stands there stays.
TEST(LevelMap, KeepsItsLevelsWhereverThePriceGoes) {
  Random random{7};
  LevelMap levels;
  std::map<Tick, std::int64_t> model;
  const auto set = [&](Tick tick, std::int64_t quantity) {
    const auto before = model.contains(tick) ? model[tick] : 0;
    ASSERT_EQ(levels.set(tick, quantity), before);
    if (quantity == 0)
      model.erase(tick);
    else
      model[tick] = quantity;
  };
  Tick price = 1'000'000;
  for (int i = 0; i < 5'000; ++i) {
    price += static_cast<Tick>(random.below(1'001)) - 400;
    const auto quantity = static_cast<std::int64_t>(1 + random.below(9));
    set(price, random.below(20) == 0 ? (std::int64_t{1} << 33) : quantity);
    // All but a few of the old ones go.
    while (model.size() > 40) set(random.below(50) == 0 ? std::prev(model.end())->first : model.begin()->first, 0);
    ASSERT_EQ(levels.at_or_above(0), model.begin()->first);
    ASSERT_EQ(levels.at_or_below(kMaxTick - 1), std::prev(model.end())->first);
    const auto above = model.lower_bound(price - 3'000);
    ASSERT_EQ(levels.at_or_above(price - 3'000), above == model.end() ? kNoAsk : above->first);
  }
  ASSERT_EQ(levels.size(), model.size());
  for (const auto& [tick, quantity] : model) ASSERT_EQ(levels.get(tick), quantity);
}

// Any sequence of updates over any range of prices leaves the same levels as an ordered map.
TEST(LevelMap, EqualsAnOrderedMapUnderRandomUpdates) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random{seed};
    LevelMap levels;
    std::map<Tick, std::int64_t> model;
    const std::uint64_t range = seed % 3 == 0 ? 2'000 : seed % 3 == 1 ? 100'000 : 5'000'000;
    for (int i = 0; i < 5'000; ++i) {
      const auto tick = static_cast<Tick>(random.below(range));
      // Around 2^32 too, where a quantity no longer fits its place in a page.
      const std::uint64_t base = random.below(8) == 0 ? (std::uint64_t{1} << 32) - 3 : 0;
      const auto quantity =
          static_cast<std::int64_t>(random.below(4) == 0 ? 0 : base + random.below(base == 0 ? 1000 : 6));
      const auto before = model.contains(tick) ? model[tick] : 0;
      ASSERT_EQ(levels.set(tick, quantity), before);
      if (quantity == 0)
        model.erase(tick);
      else
        model[tick] = quantity;
      const auto from = static_cast<Tick>(random.below(range));
      const auto above = model.lower_bound(from);
      ASSERT_EQ(levels.at_or_above(from), above == model.end() ? kNoAsk : above->first) << "seed " << seed;
      const auto past = model.upper_bound(from);
      ASSERT_EQ(levels.at_or_below(from), past == model.begin() ? kNoBid : std::prev(past)->first) << "seed " << seed;
      ASSERT_EQ(levels.get(from), model.contains(from) ? model[from] : 0);
      if (i % 100 == 0) {
        ASSERT_EQ(levels.size(), model.size());
      }
      if (random.below(500) == 0) {
        const auto last = from + static_cast<Tick>(random.below(range / 4));
        levels.erase(from, last);
        model.erase(model.lower_bound(from), model.upper_bound(last));
      }
      if (random.below(2000) == 0) {
        levels.clear();
        model.clear();
      }
    }
  }
}

// A level far behind the price is taken away as a venue does; what stays is what is quoted, wherever the price has
// been.
TEST(OrderBook, MemoryFollowsWhatIsQuotedAndNotWhereThePriceWas) {
  constexpr Tick kQuoted = 2000, kWalk = 400'000;
  OrderBook book;
  for (Tick at = 10'000; at < 10'000 + kWalk; ++at) {
    book.set_bid(at, 1);
    book.set_bid(at - kQuoted, 0);
    ASSERT_LE(book.bids().pages() + book.bids().lists(), kQuoted / 512 + 3) << at;
  }
  EXPECT_EQ(book.bids().size(), static_cast<std::size_t>(kQuoted));
  EXPECT_EQ(book.best_bid(), 10'000 + kWalk - 1);
}

// After a gap a venue tells the whole book anew, at times less deep than what had come together by then.
TEST(OrderBook, MemoryFollowsTheLastSnapshotsAndNotTheDeepestBookThatEverWas) {
  constexpr Tick kApart = 1024, kDeep = 3000, kNarrow = 300, kLevels = LevelMap::kFew + 1;
  OrderBook book;
  const auto quote = [&](Tick groups) {
    for (Tick level = 0; level < groups * kLevels; ++level)
      book.set_ask(10'240 + level / kLevels * kApart + level % kLevels, 1);
  };
  quote(kDeep);
  EXPECT_EQ(book.asks().pages(), static_cast<std::size_t>(kDeep));
  EXPECT_EQ(book.asks().lists(), 0u);
  for (int snapshot = 0; snapshot < 2; ++snapshot) {
    book.clear();
    quote(kNarrow);
  }
  EXPECT_EQ(book.asks().size(), static_cast<std::size_t>(kNarrow * kLevels));
  EXPECT_LE(book.asks().pages(), static_cast<std::size_t>(kNarrow + kNarrow / 16 + 16));
}

// Far from the price a book has a level here and there.
TEST(OrderBook, FewLevelsTakeNoPage) {
  constexpr Tick kPage = 512, kFew = LevelMap::kFew;
  LevelMap levels;
  for (Tick page = 0; page < 1'000; ++page)
    for (Tick i = 0; i < kFew; ++i) levels.set(page * kPage + 7 * i, page + i + 1);
  EXPECT_EQ(levels.pages(), 0u);
  EXPECT_EQ(levels.lists(), 1'000u);
  EXPECT_EQ(levels.size(), static_cast<std::size_t>(1'000 * kFew));
  levels.set(3 * kPage + 500, 5);  // one too many
  EXPECT_EQ(levels.pages(), 1u);
  EXPECT_EQ(levels.lists(), 999u);
  for (Tick i = 0; i < kFew; ++i) EXPECT_EQ(levels.get(3 * kPage + 7 * i), 3 + i + 1);
  EXPECT_EQ(levels.get(3 * kPage + 500), 5);
  // With few left it is a list again, once it is looked at.
  levels.set(3 * kPage + 500, 0);
  for (Tick i = 1; i < kFew; ++i) levels.set(3 * kPage + 7 * i, 0);
  levels.set(4 * kPage + 500, 6);
  EXPECT_EQ(levels.pages(), 1u) << "the page serves the other";
  EXPECT_EQ(levels.get(3 * kPage), 4);
  EXPECT_EQ(levels.get(3 * kPage + 7), 0);
  EXPECT_EQ(levels.get(4 * kPage + 500), 6);
  EXPECT_EQ(levels.at_or_above(3 * kPage + 1), 4 * kPage);
  EXPECT_EQ(levels.at_or_below(4 * kPage - 1), 3 * kPage);
  // Nothing of what goes is left.
  for (Tick i = 0; i < kFew; ++i) levels.set(9 * kPage + 7 * i, 0);
  EXPECT_EQ(levels.lists(), 998u);
  EXPECT_EQ(levels.at_or_above(9 * kPage), 10 * kPage);
}

// Where the price is, a book of few levels is as fast as one of many; what stands elsewhere takes no page.
TEST(OrderBook, WhatIsWrittenToOftenIsAPageThoughItHasFewLevels) {
  constexpr Tick kPage = 512;
  constexpr std::int64_t kWide = std::int64_t{1} << 40;
  LevelMap levels;
  for (Tick page = 10; page < 20; ++page) levels.set(page * kPage, page);
  levels.set(3, kWide);
  for (std::int64_t i = 1; i <= 1'000; ++i) EXPECT_EQ(levels.set(7, i), i - 1);
  EXPECT_EQ(levels.pages(), 1u);
  EXPECT_EQ(levels.lists(), 10u);
  EXPECT_EQ(levels.get(3), kWide);
  for (Tick page = 10; page < 20; ++page) EXPECT_EQ(levels.get(page * kPage), page);
  // The price goes on, and the page with it; it may be one level that comes and goes.
  levels.set(3, 0);
  levels.set(7, 0);
  for (std::int64_t i = 1; i <= 1'000; ++i) {
    EXPECT_EQ(levels.set(5 * kPage + i % 3, i), 0);
    EXPECT_EQ(levels.set(5 * kPage + i % 3, 0), i);
  }
  EXPECT_EQ(levels.pages(), 1u);
  EXPECT_EQ(levels.size(), 10u);
  EXPECT_EQ(levels.at_or_above(0), 10 * kPage);
}

TEST(OrderBook, WhatComesAnewWithEachMessageIsAPageSoon) {
  LevelMap levels;
  for (int snapshot = 0; snapshot < 100; ++snapshot) {
    levels.clear();
    EXPECT_EQ(levels.size(), 0u);
    EXPECT_EQ(levels.at_or_above(0), kNoAsk);
    for (Tick i = 0; i < 10; ++i) EXPECT_EQ(levels.set(1'030 + i, 1 + i), 0);
    EXPECT_EQ(levels.size(), 10u);
  }
  EXPECT_EQ(levels.pages(), 1u);
  EXPECT_EQ(levels.lists(), 0u);
}

// A level far from the price that changes for hours is a list as long as it stands.
TEST(OrderBook, WhatIsWrittenToNowAndThenTakesNoPageHoweverLong) {
  constexpr Tick kPage = 512;
  LevelMap levels;
  for (std::int64_t i = 1; i <= 100'000; ++i) levels.set(i % 100 * kPage, i);
  EXPECT_EQ(levels.pages(), 0u);
  EXPECT_EQ(levels.lists(), 100u);
}

// A venue takes away levels far from the price that no snapshot told of: that is nothing new.
TEST(OrderBook, ALevelThatIsTakenAwayAndWasNeverThereTakesNoMemory) {
  OrderBook book;
  book.set_bid(5'000'000, 1);
  for (Tick at = 0; at < 5'000'000; at += 500) EXPECT_EQ(book.set_bid(at, 0), 0);
  EXPECT_EQ(book.bids().pages() + book.bids().lists(), 1u);
  EXPECT_EQ(book.bids().at_or_below(4'999'999), kNoBid);
}

}  // namespace
}  // namespace stom
