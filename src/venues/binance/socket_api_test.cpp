#include "venues/binance/socket_api.hpp"

#include <gtest/gtest.h>

namespace stom::venues::binance {
namespace {

constexpr std::string_view kKey = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";

// web-socket-api.md, "SIGNED request example (HMAC)": the same order, key, secret and time.
TEST(BinanceSocketApi, ACallIsSignedAsTheDocumentsExample) {
  const auto signer =
      Signer::make({std::string{kKey}, "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"});
  ASSERT_TRUE(signer);
  EXPECT_EQ(socket_call("7", "order.place",
                        "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.01000000&price=52000.00"
                        "&newOrderRespType=ACK&recvWindow=100",
                        kKey, *signer, 1'645'423'376'532 * kMillisecond),
            R"({"id":"7","method":"order.place","params":{"apiKey":")" + std::string{kKey} +
                R"(","newOrderRespType":"ACK","price":"52000.00","quantity":"0.01000000","recvWindow":100,)"
                R"("side":"SELL","symbol":"BTCUSDT","timeInForce":"GTC","timestamp":1645423376532,"type":"LIMIT",)"
                R"("signature":"cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a"}})");
}

TEST(BinanceSocketApi, AnAnswerIsTheOneOfRestAndItsLimitsAreThoseOfHeaders) {
  JsonDocument document;
  const auto answer = read_socket_answer(
      document,
      R"({"id":"42","status":200,"result":{"orderId":7},"rateLimits":[{"rateLimitType":"ORDERS","interval":"SECOND",)"
      R"("intervalNum":10,"limit":300,"count":3},{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE",)"
      R"("intervalNum":1,"limit":2400,"count":12}]})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, 42u);
  EXPECT_EQ(answer->body, R"({"orderId":7})");
  ASSERT_EQ(answer->told.size(), 2u);
  EXPECT_EQ(answer->told[0].name, "X-MBX-ORDER-COUNT-10S");
  EXPECT_EQ(answer->told[0].value, "3");
  EXPECT_EQ(answer->told[1].name, "X-MBX-USED-WEIGHT-1M");
  EXPECT_EQ(answer->told[1].value, "12");
}

TEST(BinanceSocketApi, ARefusalForTheNumberSaysHowLongToWait) {
  JsonDocument document;
  const auto answer = read_socket_answer(
      document, R"({"id":"1","status":429,"error":{"code":-1003,"msg":"Too much","data":{"serverTime":1700000000000,)"
                R"("retryAfter":1700000002500}}})");
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->told.size(), 1u);
  EXPECT_EQ(answer->told[0].name, "Retry-After");
  EXPECT_EQ(answer->told[0].value, "3");
}

TEST(BinanceSocketApi, WhatIsNoAnswerToACallOfOursIsNone) {
  JsonDocument document;
  for (const auto* frame :
       {R"({"id":null,"status":401,"error":{"code":-2015,"msg":"no"}})", R"({"id":"x1","status":200,"result":{}})",
        R"({"id":"1","status":200})", R"({"id":"1","result":{}})", "[]", "{"})
    EXPECT_FALSE(read_socket_answer(document, frame)) << frame;
}

}  // namespace
}  // namespace stom::venues::binance
