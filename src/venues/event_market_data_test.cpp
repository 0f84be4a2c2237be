// Recorded frames of the venues that are read by tables, on their way into the store.
#include "venues/event_market_data.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "venues/registry.hpp"

namespace stom::venues {
namespace {

constexpr UnixNanos kReceived = 1'700'000'000'500'000'000;

std::string trade(std::string_view market, std::string_view stream, std::string_view price) {
  return fmt::format(
      R"({{"ty":"trade","cd":"{}","tms":1700000000400,"td":"2023-11-14","ttm":"22:13:20","ttms":1700000000300,"tp":{},)"
      R"("tv":0.00055,"ab":"BID","pcp":1,"c":"RISE","cp":1,"sid":17000000003000001,"st":"{}"}})",
      market, price, stream);
}

TEST(EventMarketData, AFrameOfTheInstrumentIsAMessageAtItsDecimals) {
  const auto frames = make_market_data_decoder("upbit:KRW-XRP");
  ASSERT_TRUE(frames);
  frames->set_decimals({1, 8});
  MessageBatch out;
  const auto kind = frames->decode(trade("KRW-XRP", "REALTIME", "700.5"), kReceived, out);
  ASSERT_TRUE(kind) << kind.error().message;
  EXPECT_EQ(*kind, FrameKind::Message);
  ASSERT_EQ(out.messages.size(), 1u);
  EXPECT_EQ(out.messages[0].kind, MessageKind::Trade);
  EXPECT_EQ(out.messages[0].receive_time, kReceived);
  EXPECT_EQ(out.levels[0], (Level{{7'005}, {55'000}}));
}

TEST(EventMarketData, OtherInstrumentsAndTheTradeBeforeASubscriptionAreNoMessages) {
  const auto frames = make_market_data_decoder("upbit:KRW-XRP");
  frames->set_decimals({1, 8});
  MessageBatch out;
  for (const auto& frame : {trade("KRW-BTC", "REALTIME", "700.5"), trade("KRW-XRP", "SNAPSHOT", "700.5")}) {
    const auto kind = frames->decode(frame, kReceived, out);
    ASSERT_TRUE(kind);
    EXPECT_EQ(*kind, FrameKind::Control);
  }
  EXPECT_TRUE(out.messages.empty());
}

TEST(EventMarketData, MoreDecimalsAreLearnedAndNeverRoundedAway) {
  const auto frames = make_market_data_decoder("upbit:KRW-XRP");
  frames->set_decimals({0, 0});
  MessageBatch out;
  EXPECT_FALSE(frames->decode(trade("KRW-XRP", "REALTIME", "700.5"), kReceived, out));
  EXPECT_TRUE(out.messages.empty() && out.levels.empty());
  Decimals needed{0, 0};
  ASSERT_TRUE(frames->widen(trade("KRW-XRP", "REALTIME", "700.5"), needed));
  EXPECT_EQ(needed, (Decimals{1, 5}));
}

TEST(EventMarketData, WhatCannotBeReadIsRefusedAndNotPassedOver) {
  const auto frames = make_market_data_decoder("upbit:KRW-XRP");
  MessageBatch out;
  EXPECT_FALSE(frames->decode(R"({"type":"somethingNew","code":"KRW-XRP"})", kReceived, out));
  EXPECT_FALSE(frames->decode("{\"ty\":", kReceived, out));
}

}  // namespace
}  // namespace stom::venues
