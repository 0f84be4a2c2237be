#include "market/bar_builder.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace stom {
namespace {

/// Prices with one decimal and a tick of 0.5, quantities with two: 1005 is 100.5, 150 is 1.50.
Instrument instrument() {
  return {.id = "test:A",
          .base = "COIN",
          .quote = "KRW",
          .price_decimals = 1,
          .quantity_decimals = 2,
          .ladder = {{{0}, {5}}}};
}

struct Print {
  UnixNanos time;
  std::int64_t price, quantity;
};

std::vector<Bar> bars_of(std::string_view spec, const std::vector<Print>& prints) {
  const Instrument traded = instrument();
  BarBuilder builder{parse_bar_spec(spec).value(), traded};
  std::vector<Bar> all;
  for (const Print& print : prints)
    for (const Bar& bar : builder.add(print.time, {print.price}, {print.quantity})) all.push_back(bar);
  return all;
}

Bar bar(UnixNanos time, std::int64_t open, std::int64_t high, std::int64_t low, std::int64_t close,
        std::int64_t volume) {
  return {time, {open}, {high}, {low}, {close}, {volume}};
}

// docs/bars.md has these examples in words.

TEST(TimeBars, ATradeAtTheBoundaryBelongsToTheNextBarAndAnEmptyMinuteHasNone) {
  EXPECT_EQ(bars_of("1m", {{kMinute, 1000, 100},
                           {kMinute + 30 * kSecond, 1020, 50},
                           {2 * kMinute - 1, 990, 25},
                           {2 * kMinute, 1010, 100},      // opens the bar of minute 2
                           {5 * kMinute + 1, 1015, 1}}),  // minutes 3 and 4 had no trade
            (std::vector<Bar>{bar(kMinute, 1000, 1020, 990, 990, 175), bar(2 * kMinute, 1010, 1010, 1010, 1010, 100)}));
}

TEST(TimeBars, EndAtTheirBoundaryByTheClock) {
  const Instrument traded = instrument();
  BarBuilder builder{{BarKind::Time, 5 * kMinute}, traded};
  EXPECT_EQ(builder.end(), kNever);
  builder.add(7 * kMinute, {1000}, {100});
  EXPECT_EQ(builder.end(), 10 * kMinute);
  EXPECT_EQ(builder.finish(), bar(5 * kMinute, 1000, 1000, 1000, 1000, 100));
  EXPECT_EQ(builder.end(), kNever);
}

TEST(TimeBars, AreMadeOfShorterOnesToo) {
  const Instrument traded = instrument();
  BarBuilder builder{{BarKind::Time, 5 * kMinute}, traded};
  EXPECT_TRUE(builder.add(bar(5 * kMinute, 1000, 1020, 990, 1010, 175), kMinute).empty());
  EXPECT_EQ(builder.end(), 10 * kMinute);
  EXPECT_TRUE(builder.add(bar(7 * kMinute, 1015, 1015, 980, 985, 25), kMinute).empty());
  const auto finished = builder.add(bar(9 * kMinute, 990, 1005, 985, 1000, 100), kMinute);
  ASSERT_EQ(finished.size(), 1);
  EXPECT_EQ(finished[0], bar(5 * kMinute, 1000, 1020, 980, 1000, 300));
  EXPECT_EQ(builder.end(), kNever);
}

TEST(TickBars, EndWithTheLastOfTheirTrades) {
  EXPECT_EQ(
      bars_of("3t", {{1, 1000, 1}, {2, 1010, 2}, {3, 1005, 3}, {4, 1000, 4}, {5, 990, 5}, {6, 995, 6}, {7, 1, 1}}),
      (std::vector<Bar>{bar(1, 1000, 1010, 1000, 1005, 6), bar(4, 1000, 1000, 990, 995, 15)}));
}

// 50 units: 20 + 40 is over, and the bar keeps all 60; nothing is carried into the next one. 500 at once is one bar.
TEST(VolumeBars, ATradeIsNeverSplitAndTheRestIsNotCarriedOver) {
  EXPECT_EQ(bars_of("50v", {{1, 1000, 2000}, {2, 1005, 4000}, {3, 1010, 4999}, {4, 1010, 1}, {5, 990, 50'000}}),
            (std::vector<Bar>{bar(1, 1000, 1005, 1000, 1005, 6000), bar(3, 1010, 1010, 1010, 1010, 5000),
                              bar(5, 990, 990, 990, 990, 50'000)}));
}

TEST(VolumeBars, TheirSizeMayBeAPartOfAUnit) {
  EXPECT_EQ(bars_of("0.5v", {{1, 1000, 49}, {2, 1000, 1}, {3, 1000, 49}}).size(), 1);
}

// 100.0 x 1.50 = 150, then 100.5 x 1.00: 250.5 is at least 250.
TEST(ValueBars, EndAtTheValueInQuoteCurrency) {
  EXPECT_EQ(bars_of("250q", {{1, 1000, 150}, {2, 1005, 100}, {3, 1000, 249}}),
            (std::vector<Bar>{bar(1, 1000, 1005, 1000, 1005, 250)}));
}

// Contracts of 100 quote units each are worth that, whatever the price.
TEST(ValueBars, OfInverseContractsCountContracts) {
  Instrument traded = instrument();
  traded.kind = ContractKind::Inverse;
  traded.quantity_decimals = 0;
  traded.contract_size = 100;
  BarBuilder builder{parse_bar_spec("300q").value(), traded};
  EXPECT_EQ(builder.add(1, {1000}, {2}).size(), 0);
  EXPECT_EQ(builder.add(2, {2000}, {1}).size(), 1);
}

// 4 ticks of 0.5: a bar ends with the trade by which high - low is 2.0. The jump to 105.0 is one bar, wider than its
// size: no price that nobody traded at is made up.
TEST(RangeBars, EndWhenHighAndLowAreSoManyTicksApart) {
  EXPECT_EQ(bars_of("4r", {{1, 1000, 1}, {2, 1015, 1}, {3, 995, 1}, {4, 1000, 1}, {5, 1050, 1}, {6, 1050, 1}}),
            (std::vector<Bar>{bar(1, 1000, 1015, 995, 995, 3), bar(4, 1000, 1050, 1000, 1050, 2)}));
}

// Bricks of 2 ticks = 1.0 from the first price, 100.0. 101.0: a brick up. 102.9: one more up, to 102.0. 101.0: within
// the last brick. 100.0: a full brick below its foot, 101.0: a brick down. 97.5: two more, to 98.0.
TEST(RenkoBars, TurnOnlyAFullBrickBeyondTheFarSideOfTheLastOne) {
  EXPECT_EQ(
      bars_of("2b",
              {{1, 1000, 1}, {2, 1005, 2}, {3, 1010, 4}, {4, 1029, 8}, {5, 1010, 16}, {6, 1000, 32}, {7, 975, 64}}),
      (std::vector<Bar>{bar(1, 1000, 1010, 1000, 1010, 7), bar(4, 1010, 1020, 1010, 1020, 8),
                        bar(5, 1010, 1010, 1000, 1000, 48), bar(7, 1000, 1000, 990, 990, 64),
                        bar(7, 990, 990, 980, 980, 0)}));
}

TEST(BarSpecText, IsReadAndWritten) {
  for (const char* text : {"1s", "5m", "1h", "1d", "500ms", "100t", "50v", "0.5v", "1000000q", "10r", "10b"}) {
    const auto spec = parse_bar_spec(text);
    ASSERT_TRUE(spec.has_value()) << text;
    EXPECT_EQ(format_bar_spec(*spec), text);
  }
  EXPECT_EQ(parse_bar_spec("0.5v"), (BarSpec{BarKind::Volume, 500'000}));
  EXPECT_EQ(parse_bar_spec("10r"), (BarSpec{BarKind::Range, 10}));
  for (const char* text : {"", "t", "0t", "-5t", "1.5t", "5x", "m", "0.0000001v", "1e3q", "99999999999999999999t"}) {
    const auto spec = parse_bar_spec(text);
    ASSERT_FALSE(spec.has_value()) << text;
    EXPECT_NE(spec.error().hint.find("docs/bars.md"), std::string::npos);
  }
}

}  // namespace
}  // namespace stom
