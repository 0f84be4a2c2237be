#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

struct Row {
  std::int64_t open, high, low, close;
};

// Entry on the extreme of 3 bars, exit on that of 2, always of the bars before the one that closes.
//
//  bar 3 closes at 112, above 110 (bars 0-2): buy at bar 4's open, 113.
//  bar 5 closes at 100, below 101 (bars 3-4): sell at bar 6's open of 99, for 98.
//  bar 7 closes at 120, above 118 (bars 4-6): buy at bar 8's open, 122. Bar 8 is a new high too: already long.
//  bar 9 closes at 111, not below 102 (bars 7-8); bar 10 at 109, below 110 (bars 8-9): sell for 107.
//  bar 11 closes at 129, above 126 (bars 8-10): buy at 131; bar 12 at 95, below 107 (bars 10-11): sell for 95.
TEST(DonchianBreakout, BuysNewHighsAndSellsNewLows) {
  const Row rows[] = {{100, 105, 95, 100},  {100, 110, 96, 104},  {104, 108, 98, 102},  {102, 115, 101, 112},
                      {113, 118, 109, 111}, {111, 112, 100, 100}, {99, 104, 97, 103},   {103, 121, 102, 120},
                      {122, 125, 119, 124}, {124, 126, 110, 111}, {111, 113, 108, 109}, {108, 130, 107, 129},
                      {131, 132, 90, 95},   {96, 97, 94, 96}};
  Tape tape;
  for (int i = 0; i < 14; ++i) tape.bar(i * kMinute, kMinute, rows[i].open, rows[i].high, rows[i].low, rows[i].close);
  const auto result = tape.run("donchian_breakout", {{"entry", "3"}, {"exit", "2"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 113, 98, 1, "fell back through the channel"},
                                                         {Side::Buy, 122, 107, 1, "fell back through the channel"},
                                                         {Side::Buy, 131, 95, 1, "fell back through the channel"}}));
}

// Three rising bars and no new low: the channel is not broken downwards, so nothing is sold short, however wide it is.
TEST(DonchianBreakout, ShortOnlyBelowTheLongChannel) {
  Tape tape;
  const Row rows[] = {{100, 101, 99, 100}, {100, 103, 100, 102}, {102, 105, 101, 104}, {104, 104, 97, 98},
                      {97, 98, 90, 92},    {92, 99, 91, 98},     {104, 106, 98, 106},  {107, 107, 107, 107}};
  for (int i = 0; i < 8; ++i) tape.bar(i * kMinute, kMinute, rows[i].open, rows[i].high, rows[i].low, rows[i].close);
  // Bar 3 closes at 98, below 99 (bars 0-2): sell at 97 - 1. Bar 6 closes at 106, above 105 (bars 3-5: 104): the short
  // position turns into a long one at 107.
  const auto result = tape.run("donchian_breakout", {{"entry", "3"}, {"exit", "2"}, {"direction", "both"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Sell, 96, 107, 1, "broke out upwards"}}));
}

}  // namespace
}  // namespace stom::test
