// Whoever starts a session with other flags is told which ones, and how to go on.
#include "replay/configuration_text.hpp"

#include <gtest/gtest.h>

namespace stom::replay {
namespace {

constexpr std::string_view kGrid =
    "replay instrument=sim:BTCUSDT data=ab12 strategy=grid levels=3 fill_rules=stom queue=risk_averse entry_ns=1000000 "
    "response_ns=1000000 maker=200000 taker=500000 cash=100000 account=margin leverage=1";

std::string with(std::string_view text, std::string_view what, std::string_view instead) {
  std::string out{text};
  const auto at = out.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return out.replace(at, what.size(), instead);
}

TEST(OtherConfiguration, AnotherStrategyIsNamedWithItsParametersToGoOn) {
  const Error error =
      other_configuration("default-1", kGrid, with(kGrid, "strategy=grid levels=3", "strategy=mm_keep"));
  EXPECT_EQ(error.message, "session default-1 was begun with strategy grid, not mm_keep");
  EXPECT_EQ(error.hint, "to go on with it: --strategy grid --param levels=3; to begin another: --session NAME");
}

TEST(OtherConfiguration, WhatWasLeftOutIsToBeLeftOutAgain) {
  const auto none = with(kGrid, "strategy=grid levels=3", "strategy=none");
  const Error error = other_configuration("default-1", none, with(none, "none", "grid levels=3") + " fees=krx-kospi");
  EXPECT_EQ(error.message, "session default-1 was begun with strategy none, not grid; fees (none), not krx-kospi");
  EXPECT_EQ(error.hint, "to go on with it: without --strategy --fees; to begin another: --session NAME");
}

TEST(OtherConfiguration, SettingsAreSaidAsTheirFlagsTakeThem) {
  auto asked = with(kGrid, "entry_ns=1000000 response_ns=1000000", "entry_ns=5000000 response_ns=5000000");
  asked = with(asked, "maker=200000", "maker=0");
  const Error error = other_configuration("default-1", kGrid, asked);
  EXPECT_EQ(error.hint, "to go on with it: --order-latency 1ms --maker 0.0002; to begin another: --session NAME");
}

TEST(OtherConfiguration, LimitsAreSaidOneByOne) {
  const Error error =
      other_configuration("default-1", std::string{kGrid} + " limits=position=2;order_rate=10/1s", kGrid);
  EXPECT_EQ(error.message, "session default-1 was begun with limits position=2;order_rate=10/1s, not (none)");
  EXPECT_EQ(error.hint,
            "to go on with it: --limit position=2 --limit order_rate=10/1s; to begin another: --session NAME");
}

TEST(OtherConfiguration, AWatchListIsNamedByItsHashAndAskedForAsAFile) {
  const Error error = other_configuration("default-1", std::string{kGrid} + " watch=ab34", kGrid);
  EXPECT_EQ(error.message, "session default-1 was begun with watch ab34, not (none)");
  EXPECT_EQ(error.hint, "to go on with it: --watch FILE; to begin another: --session NAME");
}

TEST(OtherConfiguration, OtherDataHaveNoFlagOfTheirOwn) {
  const Error error = other_configuration("default-1", kGrid, with(kGrid, "ab12", "cd34"));
  EXPECT_EQ(error.message, "session default-1 was begun with other market data");
  EXPECT_EQ(error.hint, "to go on with it: the same data, --from and --to; to begin another: --session NAME");
}

TEST(OtherConfiguration, StaysOneShortLineHoweverLongAConditionIs) {
  const std::string code(4000, 'x');
  const auto began = with(kGrid, "levels=3", "entry=a > b and " + code);
  const Error error = other_configuration("default-1", began, kGrid);
  EXPECT_LT(error.message.size(), 200u);
  EXPECT_LT(error.hint.size(), 200u);
}

}  // namespace
}  // namespace stom::replay
