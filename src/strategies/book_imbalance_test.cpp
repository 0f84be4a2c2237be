#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

constexpr UnixNanos at(double seconds) { return static_cast<UnixNanos>(seconds * 1e9); }

// Two levels a side, a decision every second, enter at 0.5, leave at 0, three lots.
//
//  second  bids     asks     imbalance
//   1      30 + 30  10 + 10   40 / 80  = 0.5     buy 3 at 100
//   2      10 + 10  30 + 30  -0.5                sell 3 at 101
//   3      80 + 10   2 +  8   80 / 100 = 0.8     buy 3: the 2 at 99 and 1 of those at 100
//   4       2 + 50  20 + 30    2 / 102 = 0.02    hold
//   5       2 + 18  20 + 20  -20 / 60            sell 3: 2 at 95 and 1 at 94
//   6      60 + 15  20 +  5   50 / 100 = 0.5     buy 3 at 96
//   7      10 + 10  10 + 10    0                 sell 3 at 97
TEST(BookImbalance, FollowsTheHeavierSideOfTheBook) {
  Tape tape;
  tape.book(at(0), {{99, 30}, {98, 30}}, {{100, 10}, {101, 10}});
  tape.book(at(1.5), {{101, 10}, {100, 10}}, {{102, 30}, {103, 30}});
  tape.book(at(2.5), {{98, 80}, {97, 10}}, {{99, 2}, {100, 8}});
  tape.book(at(3.5), {{97, 2}, {96, 50}}, {{98, 20}, {99, 30}});
  tape.book(at(4.5), {{95, 2}, {94, 18}}, {{96, 20}, {97, 20}});
  tape.book(at(5.5), {{95, 60}, {94, 15}}, {{96, 20}, {97, 5}});
  tape.book(at(6.5), {{97, 10}, {96, 10}}, {{98, 10}, {99, 10}});
  tape.book(at(8.5), {{97, 10}, {96, 10}}, {{98, 10}, {99, 10}});
  const auto result =
      tape.run("book_imbalance", {{"interval", "1s"}, {"levels", "2"}, {"entry", "0.5"}, {"lots", "3"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 100, 101, 3, "balance is back"},
                                                         {Side::Buy, 99, 95, 2, "balance is back"},
                                                         {Side::Buy, 100, 94, 1, "balance is back"},
                                                         {Side::Buy, 96, 97, 3, "balance is back"}}));
}

}  // namespace
}  // namespace stom::test
