#include "conditions/decision_log.hpp"

#include <gtest/gtest.h>

namespace stom::conditions {
namespace {

TEST(DecisionLog, IsReadBackAsItWasWritten) {
  const LoggedDecision bought{20240808235612, "binance:BTCUSDT", "buy", ""},
      sold{20240808235640, "binance:BTCUSDT", "sell", "line 3"};
  const StoppedRows early{1, 0}, late{16, 2};
  EXPECT_EQ(to_line(sold), "20240808235640 binance:BTCUSDT sell line 3");
  DecisionLog decisions;
  for (const auto& line : {to_line(bought), to_line(early), to_line(sold), to_line(late)}) decisions.read(line);
  EXPECT_EQ(decisions.all(), (std::vector{bought, sold}));
  EXPECT_EQ(decisions.stopped(), late);
  EXPECT_EQ(decisions.exits(), (std::map<std::string, std::uint64_t>{{"line 3", 1}}));
}

TEST(DecisionLog, OfSeveralStrategiesHasWhoseEachIsAndAddsUpTheRowsOfAll) {
  DecisionLog decisions;
  for (const auto* line : {"slow: stopped: buy 1, sell 0", "stopped: 20240808235612 binance:BTCUSDT buy",
                           "slow: 20240808235640 binance:BTCUSDT sell line 3", "stopped: stopped: buy 2, sell 1",
                           "slow: stopped: buy 4, sell 0", "slow: orders: binance:BTCUSDT no entry: cash (4 times)"})
    decisions.read(line);
  const LoggedDecision bought{20240808235612, "binance:BTCUSDT", "buy", "", "stopped"},
      sold{20240808235640, "binance:BTCUSDT", "sell", "line 3", "slow"};
  EXPECT_EQ(decisions.all(), (std::vector{bought, sold}));
  EXPECT_EQ(decisions.stopped(), (StoppedRows{6, 1}));
}

TEST(DecisionLog, WhatOthersSayIsNone) {
  DecisionLog decisions;
  for (const auto* line :
       {"", "ready", "stopped: buy x, sell 1", "stopped: buy 1", "20240808235612", "12 binance:BTCUSDT"})
    decisions.read(line);
  EXPECT_TRUE(decisions.all().empty());
  EXPECT_EQ(decisions.stopped(), StoppedRows{});
}

}  // namespace
}  // namespace stom::conditions
