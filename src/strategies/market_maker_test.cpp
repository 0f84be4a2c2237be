#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

constexpr UnixNanos at(double seconds) { return static_cast<UnixNanos>(seconds * 1e9); }

// Quotes 2 ticks from the fair price, which a full position of 2 lots moves by 4 ticks, so one lot by 2. Every second.
//
//  second  book        holds  fair  bid   ask   what follows
//   1      98 to 102     0    100   98    102
//   1.5                                         3 sold at 97: passed through 98, bought there
//   2      98 to 102    +1     98   96    100   100 is in front of all others
//   2.5                                         1 bought at 100: sold there
//   3      98 to 102     0    100   98    102
//   3.5                                         3 bought at 103: sold short at 102
//   4      98 to 102    -1    102   100   104
//   4.5    90 to 92                             the ask fell to our 100 and through it: bought back there
//   5      90 to 92      0     91   89    93
//   5.5                                         9 sold at 88: bought at 89
//   5.8    84 to 86
//   6      84 to 86     +1     83   81    85
//   6.5                                         1 bought at 85: sold there, for less
TEST(MarketMaker, LeansAgainstWhatItHolds) {
  Tape tape;
  tape.book(at(0), {{98, 5}}, {{102, 5}});
  tape.trade(at(1.5), Side::Sell, 97, 3);
  tape.trade(at(2.5), Side::Buy, 100, 1);
  tape.trade(at(3.5), Side::Buy, 103, 3);
  tape.book(at(4.5), {{90, 5}}, {{92, 5}});
  tape.trade(at(5.5), Side::Sell, 88, 9);
  tape.book(at(5.8), {{84, 5}}, {{86, 5}});
  tape.trade(at(6.5), Side::Buy, 85, 1);
  const auto result = tape.run("market_maker", {{"interval", "1s"}, {"distance", "2"}, {"skew", "4"}, {"max", "2"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 98, 100, 1, "signal"},
                                                         {Side::Sell, 102, 100, 1, "signal"},
                                                         {Side::Buy, 89, 85, 1, "signal"}}));
  EXPECT_TRUE(std::ranges::all_of(result.fills, [](const Fill& f) { return f.liquidity == Liquidity::Maker; }));
}

// One of 2 lots held at a skew of 40 moves the fair price to 80 and the ask to 82, far below the bid of 98. The ask
// stands one tick above the bid instead.
TEST(MarketMaker, NeverTakes) {
  Tape tape;
  tape.book(at(0), {{98, 5}}, {{102, 5}});
  tape.trade(at(1.5), Side::Sell, 97, 3);
  tape.trade(at(2.5), Side::Buy, 99, 1);
  const auto result = tape.run("market_maker", {{"interval", "1s"}, {"distance", "2"}, {"skew", "40"}, {"max", "2"}});
  ASSERT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 98, 99, 1, "signal"}}));
  EXPECT_EQ(result.fills[1].liquidity, Liquidity::Maker);
}

// After a gap nobody knows the book, so the quotes of second 1 are canceled at second 2; what is then sold through them
// does not fill. The book that comes at 3.5 brings them back at 4.
TEST(MarketMaker, WithoutABookItQuotesNothing) {
  Tape tape;
  tape.book(at(0), {{98, 5}}, {{102, 5}});
  tape.gap(at(1.5));
  tape.trade(at(2.5), Side::Sell, 90, 9);
  tape.book(at(3.5), {{98, 5}}, {{102, 5}});
  tape.trade(at(4.5), Side::Sell, 90, 9);
  const auto result = tape.run("market_maker", {{"interval", "1s"}, {"distance", "2"}});
  ASSERT_EQ(result.fills.size(), 1);
  EXPECT_EQ(result.fills[0].time, at(4.5));
}

TEST(MarketMaker, AFullPositionIsNotMadeLarger) {
  Tape tape;
  tape.book(at(0), {{98, 5}}, {{102, 5}});
  for (const double second : {1.5, 2.5, 3.5, 4.5}) tape.trade(at(second), Side::Sell, 1, 100);
  const auto result = tape.run("market_maker", {{"interval", "1s"}, {"lots", "2"}, {"max", "5"}});
  EXPECT_EQ(result.positions[0].value, 4);  // 2 + 2; two more would be 6
}

}  // namespace
}  // namespace stom::test
