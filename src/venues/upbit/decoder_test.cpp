#include "venues/upbit/decoder.hpp"

#include <gtest/gtest.h>

#include "tests/support/decoded_text.hpp"

namespace stom::venues::upbit {
namespace {

std::string read(const std::string& frame) { return stom::test::decoded_text(*decoder(), "upbit", frame); }

TEST(UpbitDecoder, BothFormatsOfATradeSayTheSame) {
  const auto whole = read(
      R"({"type":"trade","code":"KRW-ETH","timestamp":1700000000910,"trade_date":"2023-11-14","trade_time":"22:13:20",)"
      R"("trade_timestamp":1700000000846,"trade_price":2750000,"trade_volume":5.5e-06,"ask_bid":"BID",)"
      R"("prev_closing_price":2700000.0,"change":"RISE","change_price":50000,"sequential_id":17000000008460001,)"
      R"("stream_type":"REALTIME"})");
  const auto brief = read(
      R"({"ty":"trade","cd":"KRW-ETH","tms":1700000000910,"td":"2023-11-14","ttm":"22:13:20","ttms":1700000000846,)"
      R"("tp":2750000,"tv":5.5e-06,"ab":"BID","pcp":2700000.0,"c":"RISE","cp":50000,"sid":17000000008460001,"st":"REALTIME"})");
  EXPECT_EQ(whole, R"({"events":[{"kind":"trade","instrument":"upbit:KRW-ETH","sent_time_ns":1700000000910000000,)"
                   R"("venue_time_ns":1700000000846000000,"price":"2750000","quantity":"0.0000055","side":"buy",)"
                   R"("previous_close":"2700000","trade_id":"17000000008460001","stream":"REALTIME"}]})");
  EXPECT_EQ(whole, brief);
}

TEST(UpbitDecoder, ABookHasItsBidsThenItsAsksBestFirst) {
  EXPECT_EQ(read(R"({"type":"orderbook","code":"KRW-XRP","timestamp":1,"total_ask_size":3,"total_bid_size":4,)"
                 R"("orderbook_units":[{"ask_price":11,"bid_price":10,"ask_size":1,"bid_size":1.5},)"
                 R"({"ask_price":12,"bid_price":9,"ask_size":2,"bid_size":2.5}],"level":0})"),
            R"({"events":[{"kind":"book","instrument":"upbit:KRW-XRP","venue_time_ns":1000000,"ask_total":"3",)"
            R"("bid_total":"4","level":"0","bids":[["10","1.5"],["9","2.5"]],"asks":[["11","1"],["12","2"]]}]})");
  EXPECT_EQ(read(R"({"type":"orderbook","code":"KRW-XRP","timestamp":1,"total_ask_size":3,"total_bid_size":4,)"
                 R"("orderbook_units":[{"ask_price":11,"bid_price":10,"ask_size":"1","bid_size":1.5}]})"),
            "error a level whose price or size is not a number");
}

TEST(UpbitDecoder, AnOrderThatTradesIsAFill) {
  const std::string order =
      R"({"type":"myOrder","code":"KRW-BTC","uuid":"u-1","ask_bid":"ASK","order_type":"limit","state":"STATE",)"
      R"("trade_uuid":"t-1","price":100000000,"avg_price":0,"volume":0.5,"remaining_volume":0.5,"executed_volume":0.5,)"
      R"("trades_count":1,"reserved_fee":0,"remaining_fee":0,"paid_fee":25000,"locked":0.5,"executed_funds":50000000,)"
      R"("time_in_force":null,"timestamp":2,"stream_type":"REALTIME"})";
  const auto with = [&](const std::string& state) {
    auto text = order;
    return read(text.replace(text.find("STATE"), 5, state));
  };
  EXPECT_TRUE(with("trade").starts_with(R"({"events":[{"kind":"fill","instrument":"upbit:KRW-BTC","order_id":"u-1")"));
  EXPECT_TRUE(with("wait").starts_with(R"({"events":[{"kind":"order",)"));
  EXPECT_EQ(with("frozen"), "unknown myOrder: state frozen") << "a new state is not taken for one that is known";
}

TEST(UpbitDecoder, OfTwoMembersOfOneNameNoneCounts) {
  EXPECT_EQ(read(R"({"type":"orderbook","code":"KRW-XRP","timestamp":1,"total_ask_size":3,"total_bid_size":4,)"
                 R"("orderbook_units":[{"ask_price":11,"bid_price":10,"ask_size":1,"bid_size":1.5,"ask_price":12}]})"),
            "error field \"ask_price\" comes twice");
}

// Sources: docs.upbit.com, batch-cancel-orders; list-subscriptions.
TEST(UpbitDecoder, WhatManyCancelsAndAListOfStreamsAreAnsweredWith) {
  EXPECT_EQ(read(R"({"success":{"count":1,"orders":[{"uuid":"u-1","market":"KRW-BTC"}]},)"
                 R"("failed":{"count":1,"orders":[{"uuid":"u-2","market":"KRW-BTC"}]}})"),
            R"({"events":[{"kind":"order","order_id":"u-1","instrument":"upbit:KRW-BTC"}]})");
  EXPECT_EQ(read(R"({"method":"LIST_SUBSCRIPTIONS","result":[{"type":"ticker","codes":["KRW-BTC"],"level":0}],)"
                 R"("ticket":"unique"})"),
            R"({"events":[{"kind":"reply","request_id":"unique"}]})");
  EXPECT_EQ(read(R"({"method":"SOMETHING_NEW","result":[],"ticket":"unique"})"), "unknown SOMETHING_NEW");
}

TEST(UpbitDecoder, WhatWeSendIsNotTakenForAnAnswer) {
  EXPECT_EQ(read(R"([{"ticket":"x"},{"type":"trade","codes":["KRW-BTC"]}])"), "sent");
  EXPECT_EQ(read(R"({"type":"somethingNew","code":"KRW-BTC"})"), "unknown somethingNew");
  EXPECT_EQ(read(R"({"error":{"name":"insufficient_funds_bid","message":"no"}})"),
            R"({"events":[{"kind":"refusal","code":"insufficient_funds_bid","message":"no"}]})");
  const std::string asset =
      R"("type":"myAsset","assets":[],"asset_timestamp":1,"timestamp":2,"stream_type":"REALTIME")";
  EXPECT_EQ(read("[{" + asset + R"(,"ticket":"x"}])"), R"({"events":[],"unknown_fields":["ticket"]})")
      << "a member that the venue adds";
  EXPECT_EQ(read("{" + asset + R"(,"uuid":"x"})"), R"({"events":[],"unknown_fields":["uuid"]})");
}

}  // namespace
}  // namespace stom::venues::upbit
