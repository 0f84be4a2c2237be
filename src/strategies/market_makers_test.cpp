// mm_replace and mm_keep on one tape: the same decisions, another place in the queue.
#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

constexpr UnixNanos at(double seconds) { return static_cast<UnixNanos>(seconds * 1e9); }

// One lot a side at the touch, decided every second, two lots at most. A new order waits behind what the book shows at
// its price (its front); a trade there serves the front first. Numbers in brackets are the front of our order.
//
//  second  what happens               mm_replace                         mm_keep
//   1      bid 99 x 5, ask 101 x 5    buy 99 [5], sell 101 [5]           the same
//   1.3    6 sold at 99               6 - 5 = 1: bought at 99            the same
//   1.5    3 bought at 101            sell [2]                           sell [2]
//   2                                 both anew: buy 99 [5], sell [5]    the sell stays [2]; buy 99 [5]
//   2.3    3 bought at 101            sell [2]                           3 - 2 = 1: sold at 101
//   2.5    3 bought at 101            3 - 2 = 1: sold at 101             nothing of ours is offered
//   2.8    bid 100 x 4, ask 102 x 4
//   3                                 buy 100 [4], sell 102 [4]          the same: 99 is no longer the best bid
//   3.3    9 bought at 102            sold short at 102                  the same
//   3.6    2 sold at 100              buy [2]                            buy [2]
//   4                                 both anew: buy [4]                 the buy stays [2]; sell 102 [4]
//   4.3    3 sold at 100              buy [1]                            3 - 2 = 1: bought back at 100
//   4.6    bid 97 x 4, ask 98 x 4     the ask came down to our 100:      nothing of ours is bid
//                                     bought back there, as maker
//   5                                 buy 97 [4], sell 98 [4]            the same
//   5.3    5 sold at 97               bought at 97                       the same
//   5.6    bid 95 x 4, ask 96 x 4
//   6                                 buy 95 [4], sell 96 [4]            the same
//   6.3    5 bought at 96             sold at 96                         the same
Tape hand_worked_tape() {
  Tape tape;
  tape.book(at(0), {{99, 5}}, {{101, 5}});
  tape.trade(at(1.3), Side::Sell, 99, 6);
  tape.trade(at(1.5), Side::Buy, 101, 3);
  tape.trade(at(2.3), Side::Buy, 101, 3);
  tape.trade(at(2.5), Side::Buy, 101, 3);
  tape.book(at(2.8), {{100, 4}, {99, 5}}, {{102, 4}});
  tape.trade(at(3.3), Side::Buy, 102, 9);
  tape.trade(at(3.6), Side::Sell, 100, 2);
  tape.trade(at(4.3), Side::Sell, 100, 3);
  tape.book(at(4.6), {{97, 4}}, {{98, 4}, {102, 4}});
  tape.trade(at(5.3), Side::Sell, 97, 5);
  tape.book(at(5.6), {{95, 4}}, {{96, 4}, {98, 4}});
  tape.trade(at(6.3), Side::Buy, 96, 5);
  return tape;
}

const std::vector<RoundTrip> kThreeTrips{{Side::Buy, 99, 101, 1, "signal"},    // the spread, earned
                                         {Side::Sell, 102, 100, 1, "signal"},  // again, from the other side
                                         {Side::Buy, 97, 96, 1, "signal"}};    // the price fell while we held it

std::vector<double> seconds_of(const TapeResult& result) {
  std::vector<double> seconds;
  for (const Fill& fill : result.fills) seconds.push_back(static_cast<double>(fill.time) / 1e9);
  return seconds;
}

TEST(MmReplace, GivesUpItsPlaceAtEveryDecisionAndFillsLater) {
  const auto result = hand_worked_tape().run("mm_replace", {{"interval", "1s"}, {"max", "2"}});
  EXPECT_EQ(round_trips(result), kThreeTrips);
  EXPECT_EQ(seconds_of(result), (std::vector{1.3, 2.5, 3.3, 4.6, 5.3, 6.3}));
}

TEST(MmKeep, KeepsItsPlaceWhileItsPriceIsTheTouchAndFillsEarlier) {
  const auto result = hand_worked_tape().run("mm_keep", {{"interval", "1s"}, {"max", "2"}});
  EXPECT_EQ(round_trips(result), kThreeTrips);
  EXPECT_EQ(seconds_of(result), (std::vector{1.3, 2.3, 3.3, 4.3, 5.3, 6.3}));
}

// With one lot at most, what was bought at 1.3 stops the bid until it is sold: all that is sold at 99 from then on
// passes by.
TEST(MmKeep, AtItsLimitItQuotesTheOtherSideOnly) {
  for (const char* strategy : {"mm_keep", "mm_replace"}) {
    Tape tape;
    tape.book(at(0), {{99, 5}}, {{101, 5}});
    for (const double second : {1.3, 2.3, 3.3, 4.3}) tape.trade(at(second), Side::Sell, 99, 100);
    const auto result = tape.run(strategy, {{"interval", "1s"}, {"max", "1"}});
    EXPECT_EQ(seconds_of(result), std::vector{1.3}) << strategy;
    EXPECT_EQ(result.positions[0].value, 1) << strategy;
  }
}

}  // namespace
}  // namespace stom::test
