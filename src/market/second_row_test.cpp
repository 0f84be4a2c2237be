#include "market/second_row.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "core/random.hpp"
#include "market/krx_words.hpp"

namespace stom {
namespace {

Instrument coin() {
  return {.id = "upbit:KRW-X",
          .base = "X",
          .quote = "KRW",
          .price_decimals = 1,
          .quantity_decimals = 2,
          .ladder = {{{0}, {5}}}};
}
Instrument stock() { return {.id = "kiwoom:005930", .quote = "KRW", .ladder = {{{0}, {100}}}}; }

/// Messages by hand; ticks count from 0, quantities in the instrument's smallest unit.
class Tape {
 public:
  explicit Tape(const Instrument& instrument, RowSpec spec = {}) : builder_{instrument, spec} {}

  std::optional<SecondRow> book(UnixNanos time, std::vector<FeedLevel> bids, std::vector<FeedLevel> asks,
                                FeedKind kind = FeedKind::Depth) {
    std::vector<FeedLevel> levels = bids;
    levels.insert(levels.end(), asks.begin(), asks.end());
    return send(time, kind, levels, bids.size(), false);
  }
  std::optional<SecondRow> snapshot(UnixNanos time) {
    return book(time, {{100, 10}, {99, 20}, {98, 30}, {97, 40}, {96, 50}, {90, 7}}, {{101, 1}, {102, 2}},
                FeedKind::Snapshot);
  }
  void trade(UnixNanos time, std::int64_t tick, std::int64_t quantity, bool sell) {
    EXPECT_FALSE(send(time, FeedKind::Trade, {{tick, quantity}}, 1, sell)) << "a trade emits nothing";
  }
  /// Of a call auction: orders that are gathered for it, and its single price.
  std::optional<SecondRow> call(UnixNanos time, std::int64_t bid) {
    const std::vector<FeedLevel> levels{{bid, 10}, {bid - 1, 1}, {bid - 2, 1}, {bid - 3, 1}, {bid - 4, 1}};
    return send(time, FeedKind::Snapshot, levels, levels.size(), false, true);
  }
  void single_price(UnixNanos time, std::int64_t tick, std::int64_t quantity) {
    EXPECT_FALSE(send(time, FeedKind::Trade, {{tick, quantity}}, 1, false, true));
  }
  void gap(UnixNanos time) { send(time, FeedKind::Gap, {}, 0, false); }
  void unwatched(UnixNanos time) { send(time, FeedKind::Unwatched, {}, 0, false); }
  /// Best prices: where they are all there is of the book, or beside it.
  std::optional<SecondRow> quote(UnixNanos time, bool is_the_book) {
    return send(time, FeedKind::Quote, {{100, 3}, {101, 4}}, 1, false, false, is_the_book);
  }

 private:
  std::optional<SecondRow> send(UnixNanos time, FeedKind kind, const std::vector<FeedLevel>& levels, std::size_t bids,
                                bool sell, bool auction = false, bool replaces_book = true) {
    const SecondRow* row = builder_.apply({.exchange_time = time,
                                           .local_time = time,
                                           .first = levels.data(),
                                           .bids = static_cast<std::uint32_t>(bids),
                                           .asks = static_cast<std::uint32_t>(levels.size() - bids),
                                           .instrument = 0,
                                           .slot = 0,
                                           .kind = kind,
                                           .sell_aggressor = sell,
                                           .auction = auction,
                                           .replaces_book = replaces_book});
    return row ? std::optional{*row} : std::nullopt;
  }
  RowBuilder builder_;
};

const UnixNanos kNine = parse_time("2024-08-08 09:00:00").value();

TEST(SecondRow, HoldsTheBookThatEmitsItAndAllTradesSinceTheLastRow) {
  Tape tape{coin()};  // a tick is 0.5, a quantity 0.01
  const auto first = tape.snapshot(kNine);
  ASSERT_TRUE(first);
  EXPECT_TRUE(std::isnan(first->price));
  EXPECT_FALSE(tape.book(kNine + kSecond - 1, {{100, 11}}, {})) << "the same second";
  tape.trade(kNine + kSecond, 101, 300, false);  // 3 at 50.5
  tape.trade(kNine + kSecond, 104, 100, false);  // 1 at 52
  tape.trade(kNine + kSecond, 100, 200, true);   // 2 at 50
  const auto row = tape.book(kNine + 2 * kSecond + 5, {}, {{101, 4}});
  ASSERT_TRUE(row);
  EXPECT_EQ(row->index, 20240808090002);
  EXPECT_EQ(row->clock, 90002);
  EXPECT_EQ(row->length, 2);
  EXPECT_EQ(row->price, 50);
  EXPECT_EQ(row->open, 50.5);
  EXPECT_EQ(row->high, 52);
  EXPECT_EQ(row->low, 50);
  EXPECT_EQ(row->high_low_change, -1.96);  // 50 / 51 - 1
  EXPECT_EQ(row->bought, 4);
  EXPECT_EQ(row->sold, 2);
  EXPECT_EQ(row->strength, 200);
  EXPECT_EQ(row->value, 303.5);  // 151.5 + 52 + 100
  EXPECT_EQ(row->day_value, 303.5);
  EXPECT_EQ(row->bid_quantity[0], 0.11);
  EXPECT_EQ(row->bid_price[4], 48);
  EXPECT_EQ(row->ask_quantity[0], 0.04);
  EXPECT_EQ(row->ask_quantity[2], 0) << "the book has two asks";
  EXPECT_EQ(row->total_bid, 1.58);
  EXPECT_EQ(row->total_ask, 0.06);
  EXPECT_EQ(row->five_levels, 1.57);  // without the sixth bid
  EXPECT_EQ(row->tick, 0.5);
  EXPECT_TRUE(std::isnan(row->change)) << "the day before is not in the data";
  const auto quiet = tape.book(kNine + 3 * kSecond, {}, {{101, 5}});
  ASSERT_TRUE(quiet);
  EXPECT_EQ(quiet->bought, 0);
  EXPECT_EQ(quiet->sold, 0);
  EXPECT_EQ(quiet->value, 0);
  EXPECT_EQ(quiet->day_value, 303.5);
}

TEST(SecondRow, ByStomThereIsNoneWithoutAFifthBidAndByNoRuleWhileTheBookIsStale) {
  for (const RowRule rule : {RowRule::Stom, RowRule::AnyChange}) {
    Tape tape{coin(), {.rule = rule}};
    EXPECT_FALSE(tape.book(kNine, {{100, 1}}, {})) << "no snapshot yet";
    EXPECT_TRUE(tape.snapshot(kNine));
    const auto row = tape.book(kNine + kSecond, {{96, 0}, {90, 0}}, {});
    EXPECT_EQ(row.has_value(), rule == RowRule::AnyChange);
    tape.gap(kNine + 2 * kSecond);
    EXPECT_FALSE(tape.book(kNine + 3 * kSecond, {{96, 5}}, {}));
    EXPECT_TRUE(tape.snapshot(kNine + 3 * kSecond));
  }
}

TEST(SecondRow, AMessageThatComesLateMakesNoSecondRowOfASecondAndBeginsNoDayAgain) {
  const UnixNanos midnight = parse_time("2024-08-09 00:00:00").value();
  Tape tape{coin()};
  ASSERT_TRUE(tape.snapshot(midnight - kDay));
  tape.trade(midnight - kDay, 80, 100, false);
  ASSERT_TRUE(tape.book(midnight - kSecond, {{100, 11}}, {}));
  const auto next = tape.book(midnight, {{100, 12}}, {});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->index, 20240809000000);
  // By our clock a trade of the day before arrives behind it, and a change of the book.
  tape.trade(midnight - 1, 100, 300, false);
  EXPECT_FALSE(tape.book(midnight - 1, {{100, 13}}, {})) << "the second before has its row";
  const auto row = tape.book(midnight + kSecond, {{100, 14}}, {});
  ASSERT_TRUE(row);
  EXPECT_EQ(row->index, 20240809000001);
  EXPECT_EQ(row->length, 2) << "the day goes on";
  EXPECT_EQ(row->bought, 3) << "what came late counts from here";
  EXPECT_EQ(row->change, 25) << "the close of the day before is known: 50 after 40";
  // A clock that was set back is believed, or there would be no rows until it catches up.
  const auto back = tape.book(midnight - kDay / 2, {{100, 15}}, {});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->index, 20240808120000);
}

// A session says it by its own clock, which may be of another day than the venue's.
TEST(SecondRow, WhoLeavesTheWatchListMovesNoClockOfRows) {
  Tape tape{coin()};
  ASSERT_TRUE(tape.snapshot(kNine));
  tape.unwatched(kNine + kDay);
  const auto next = tape.snapshot(kNine + kSecond);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->time, kNine + kSecond);
  EXPECT_EQ(next->length, 2);
}

// Binance tells spot's best prices without a time, so they carry ours: of another second, or, where a recording is
// played, of another day.
TEST(SecondRow, BestPricesBesideABookMoveNoTime) {
  Tape tape{coin()};
  ASSERT_TRUE(tape.snapshot(kNine));
  tape.trade(kNine + kSecond, 101, 300, false);
  EXPECT_FALSE(tape.quote(kNine + 2 * kSecond, false)) << "they are no book";
  const auto row = tape.book(kNine + kSecond + 1, {{100, 11}}, {});
  ASSERT_TRUE(row);
  EXPECT_EQ(row->index, 20240808090001) << "that of the book which emits it";
  EXPECT_FALSE(tape.quote(kNine + 800 * kDay, false));
  const auto next = tape.book(kNine + 2 * kSecond, {{100, 12}}, {});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->index, 20240808090002);
  EXPECT_EQ(next->length, 3) << "the day goes on";
  EXPECT_EQ(next->open, 50.5);
}

TEST(SecondRow, BestPricesThatAreAllThereIsOfABookEmitRows) {
  Tape tape{coin(), {.rule = RowRule::AnyChange}};
  const auto row = tape.quote(kNine, true);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->index, 20240808090000);
  EXPECT_EQ(row->bid_price[0], 50);
}

TEST(SecondRow, ADayIsKoreanForStocksAndCountsAnew) {
  Tape tape{stock()};
  const UnixNanos close = parse_time("2024-08-08 15:20+09:00").value();
  tape.trade(close, 750, 1000, false);  // 1,000 at 75,000
  const auto row = tape.snapshot(close);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->index, 20240808152000);
  EXPECT_EQ(row->day_value, 75) << "million won";
  EXPECT_TRUE(std::isnan(row->strength)) << "nothing was sold yet";
  const UnixNanos next = parse_time("2024-08-09 09:00:01+09:00").value();
  tape.trade(next, 765, 10, true);
  const auto opened = tape.snapshot(next);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->index, 20240809090001);
  EXPECT_EQ(opened->length, 1);
  EXPECT_EQ(opened->strength, 0);
  EXPECT_EQ(opened->open, 76500);
  EXPECT_NEAR(opened->change, 2, 1e-12);
}

Instrument since_2023() {
  return {.id = "kiwoom:000001",
          .quote = "KRW",
          .ladder = {{{0}, {1}},
                     {{2'000}, {5}},
                     {{5'000}, {10}},
                     {{20'000}, {50}},
                     {{50'000}, {100}},
                     {{200'000}, {500}},
                     {{500'000}, {1'000}}}};
}
UnixNanos korean(const char* time) { return parse_time(std::string{time} + "+09:00").value(); }

TEST(KrxWords, AnInterruptionBeginsATenthAboveItsReferenceOnATick) {
  const Instrument stock = since_2023();
  EXPECT_EQ(vi_price(stock, {10'000}).value, 11'000);
  EXPECT_EQ(vi_price(stock, {10'010}).value, 11'020);    // 11,011
  EXPECT_EQ(vi_price(stock, {1'815}).value, 1'996);      // 1,996.5 is cut; a tick of 1
  EXPECT_EQ(vi_price(stock, {1'819}).value, 2'000);      // 2,000.9
  EXPECT_EQ(vi_price(stock, {1'820}).value, 2'005);      // 2,002, ticks of 5
  EXPECT_EQ(vi_price(stock, {181'900}).value, 200'500);  // 200,090
}

TEST(KrxWords, FiveTicksDownAreEachThatOfThePriceSteppedFrom) {
  const Instrument stock = since_2023();
  EXPECT_EQ(five_ticks_below(stock, {11'000}).value, 10'950);
  EXPECT_EQ(five_ticks_below(stock, {2'000}).value, 1'991);  // 1,995 1,994 1,993 1,992 1,991
  EXPECT_EQ(five_ticks_below(stock, {2'005}).value, 1'992);
  EXPECT_EQ(five_ticks_below(stock, {500'000}).value, 497'000);
}

TEST(KrxWords, ARoundFigureReachesFiveTicksUp) {
  const std::int32_t now = parse_day("2023-01-25").value(), before = now - 1;
  for (const std::int64_t won : {2'000, 2'025, 5'050, 20'250, 50'000, 200'000, 202'500, 505'000})
    EXPECT_TRUE(is_above_round_figure(won, now)) << won;
  for (const std::int64_t won : {1'000, 1'999, 2'030, 10'000, 100'000, 203'000, 506'000})
    EXPECT_FALSE(is_above_round_figure(won, now)) << won;
  EXPECT_TRUE(is_above_round_figure(1'000, before));
  EXPECT_TRUE(is_above_round_figure(102'500, before));
  EXPECT_FALSE(is_above_round_figure(2'000, before));
  EXPECT_FALSE(is_above_round_figure(200'000, before));
}

TEST(SecondRow, OfAStockKnowsWhereTheNextInterruptionBeginsAndWhenTheLastWasReleased) {
  Tape tape{since_2023()};  // a book tick is 1 won
  const auto before = tape.call(korean("2024-08-08 08:59:50"), 2'000);
  ASSERT_TRUE(before);
  EXPECT_TRUE(std::isnan(before->vi_price)) << "no price yet";
  EXPECT_TRUE(std::isnan(before->round_figure));
  tape.single_price(korean("2024-08-08 09:00:12"), 2'010, 100);
  const auto opened = tape.snapshot(korean("2024-08-08 09:00:13"));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->vi_price, 2'215);  // 2,211
  EXPECT_EQ(opened->vi_tick, 5);
  EXPECT_EQ(opened->vi_below, 2'190);
  EXPECT_EQ(opened->vi_release, 0) << "the opening call is no interruption";
  EXPECT_EQ(opened->round_figure, 1);
  tape.trade(korean("2024-08-08 09:30:00"), 2'210, 5, false);
  tape.call(korean("2024-08-08 09:30:01"), 2'215);
  const auto gathering = tape.call(korean("2024-08-08 09:31:00"), 2'220);
  ASSERT_TRUE(gathering);
  EXPECT_EQ(gathering->vi_release, 0) << "not yet";
  EXPECT_EQ(gathering->vi_price, 2'215);
  tape.single_price(korean("2024-08-08 09:32:14"), 2'250, 100);
  const auto released = tape.snapshot(korean("2024-08-08 09:32:15"));
  ASSERT_TRUE(released);
  EXPECT_EQ(released->vi_release, 20240808093219.0) << "five seconds after the release";
  EXPECT_EQ(released->vi_price, 2'475);
  EXPECT_EQ(released->round_figure, 0);
  tape.call(korean("2024-08-08 15:20:00"), 2'300);
  tape.single_price(korean("2024-08-08 15:30:10"), 2'300, 100);
  const auto closed = tape.snapshot(korean("2024-08-08 15:30:11"));
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->vi_release, 20240808093219.0) << "the closing call is no interruption";
  tape.trade(korean("2024-08-09 10:00:00"), 3'000, 1, false);
  const auto next = tape.snapshot(korean("2024-08-09 10:00:01"));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->vi_price, 3'300) << "measured from the day's first price";
  EXPECT_EQ(next->vi_release, 0);
}

TEST(SecondRow, TheDayBeforeIsTheLastOnWhichTheMarketTraded) {
  const auto next = [](const Instrument& instrument, const char* first, const char* second) {
    Tape tape{instrument};
    tape.trade(korean(first), 1'000, 400, false);
    tape.snapshot(korean(first));
    tape.trade(korean(second), 1'100, 100, true);
    return tape.snapshot(korean(second) + kSecond).value();
  };
  const auto monday = next(since_2023(), "2024-08-09 15:00", "2024-08-12 09:00");
  EXPECT_NEAR(monday.change, 10, 1e-12);
  EXPECT_EQ(monday.day_volume_ratio, 25);
  EXPECT_NEAR(next(since_2023(), "2024-08-14 15:00", "2024-08-16 09:00").change, 10, 1e-12) << "over Liberation Day";
  EXPECT_TRUE(std::isnan(next(since_2023(), "2024-08-09 15:00", "2024-08-13 09:00").change)) << "Monday is missing";
  EXPECT_TRUE(std::isnan(next(since_2023(), "2024-08-09 15:00", "2024-08-13 09:00").day_volume_ratio));
  EXPECT_TRUE(std::isnan(next(coin(), "2024-08-09 15:00", "2024-08-12 09:00").change)) << "coins trade at weekends";
  EXPECT_TRUE(std::isnan(next(coin(), "2024-08-08 15:00", "2024-08-09 15:00").day_volume_ratio)) << "a stock's word";
}

TEST(SecondRow, ACoinsStrengthIsCapped) {
  Tape tape{coin()};
  tape.trade(kNine, 100, 600, false);
  tape.trade(kNine, 100, 100, true);
  EXPECT_EQ(tape.snapshot(kNine)->strength, 500);
}

TEST(SecondRow, AMinutesRowHasThePricesSinceTheLastRow) {
  Tape tape{coin(), {.minute = true}};
  EXPECT_TRUE(tape.snapshot(kNine));
  tape.trade(kNine + kSecond, 102, 1, false);
  tape.trade(kNine + 2 * kSecond, 110, 1, false);
  EXPECT_FALSE(tape.book(kNine + 59 * kSecond, {{100, 3}}, {}));
  const auto row = tape.book(kNine + 61 * kSecond, {{100, 4}}, {});
  ASSERT_TRUE(row);
  EXPECT_EQ(row->index, 202408080901);
  EXPECT_EQ(row->clock, 90100);
  EXPECT_EQ(row->minute_open, 51);
  EXPECT_EQ(row->minute_high, 55);
  EXPECT_EQ(row->minute_low, 51);
  EXPECT_TRUE(std::isnan(tape.book(kNine + 121 * kSecond, {{100, 4}}, {})->minute_open));
}

// The same from first principles: every row from all messages before it, with sorted maps as the book.
TEST(SecondRow, EqualsASlowRecomputationOfWhateverWasSent) {
  struct Trade {
    UnixNanos time;
    std::int64_t tick, quantity;
    bool sell;
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random{seed};
    const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.next() % n); };
    Tape tape{coin()};
    std::map<std::int64_t, std::int64_t> bids, asks;
    std::vector<Trade> trades;
    UnixNanos now = parse_time("2024-08-08 23:58").value(), last_row = kNoTime;
    std::int64_t count = 0;
    for (int i = 0; i < 1000; ++i) {
      now += below(600) * kMillisecond;
      if (i > 0 && below(2) == 0) {
        trades.push_back({now, 95 + below(12), 1 + below(50), below(2) == 0});
        tape.trade(now, trades.back().tick, trades.back().quantity, trades.back().sell);
        continue;
      }
      const std::int64_t bid = 90 + below(10), ask = 100 + below(10), quantity = below(3), other = below(9);
      (quantity == 0 ? void(bids.erase(bid)) : void(bids[bid] = quantity));
      (other == 0 ? void(asks.erase(ask)) : void(asks[ask] = other));
      const auto row = tape.book(now, {{bid, quantity}}, {{ask, other}}, i == 0 ? FeedKind::Snapshot : FeedKind::Depth);
      const bool due = bids.size() >= 5 && (last_row == kNoTime || now / kSecond != last_row / kSecond);
      ASSERT_EQ(row.has_value(), due) << "seed " << seed << ", message " << i;
      if (!due) continue;
      const bool new_day = last_row == kNoTime || day_of(last_row) != day_of(now);
      count = new_day ? 1 : count + 1;
      std::int64_t bought = 0, sold = 0, day_value = 0, last = 0;
      for (const Trade& trade : trades) {
        if (day_of(trade.time) != day_of(now)) continue;
        day_value += trade.tick * 5 * trade.quantity;
        last = trade.tick;
        (trade.sell ? sold : bought) += trade.quantity;
      }
      ASSERT_EQ(row->length, count);
      ASSERT_EQ(row->day_value, static_cast<double>(day_value) / 10 / 100);
      if (last != 0) {
        ASSERT_EQ(row->price, static_cast<double>(last * 5) / 10);
      }
      if (sold > 0) {
        const double strength = static_cast<double>(bought) / static_cast<double>(sold) * 100;
        ASSERT_EQ(row->strength, std::min(500.0, strength));
      }
      std::int64_t total = 0, n = 0;
      for (auto at = bids.rbegin(); at != bids.rend(); ++at, ++n) {
        total += at->second;
        if (n < 5) {
          ASSERT_EQ(row->bid_price[static_cast<std::size_t>(n)], static_cast<double>(at->first * 5) / 10);
        }
        if (n < 5) {
          ASSERT_EQ(row->bid_quantity[static_cast<std::size_t>(n)], static_cast<double>(at->second) / 100);
        }
      }
      ASSERT_EQ(row->total_bid, static_cast<double>(total) / 100);
      last_row = now;
    }
  }
}

}  // namespace
}  // namespace stom
