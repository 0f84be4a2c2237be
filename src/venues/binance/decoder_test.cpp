#include "venues/binance/decoder.hpp"

#include <gtest/gtest.h>

#include "tests/support/decoded_text.hpp"

namespace stom::venues::binance {
namespace {

std::string read(const std::string& frame) { return stom::test::decoded_text(*usdm_decoder(), "binance-usdm", frame); }

std::string order_update(std::string execution, std::string last, std::string side = "BUY") {
  return R"({"e":"ORDER_TRADE_UPDATE","T":5,"E":6,"o":{"s":"ETHUSDT","c":"me-1","S":")" + side +
         R"(","o":"LIMIT","f":"GTC","q":"2","p":"1000.5","ap":"0","sp":"0","x":")" + execution +
         R"(","X":"NEW","i":77,"l":")" + last +
         R"(","z":"0","L":"1000.4","T":5,"t":9,"b":"0","a":"0","m":true,"R":false,"wt":"CONTRACT_PRICE","ot":"LIMIT",)"
         R"("ps":"BOTH","cp":false,"rp":"0"}})";
}

TEST(BinanceDecoder, AnOrdersUpdateIsAFillOnlyWhereSomethingWasMatched) {
  const auto fill = read(order_update("TRADE", "0.5"));
  EXPECT_TRUE(fill.contains(R"("kind":"fill")")) << fill;
  EXPECT_TRUE(fill.contains(R"("quantity":"0.5")") && fill.contains(R"("price":"1000.4")")) << fill;
  EXPECT_TRUE(fill.contains(R"("order_quantity":"2","order_price":"1000.5")")) << fill;
  const auto placed = read(order_update("NEW", "0"));
  EXPECT_TRUE(placed.contains(R"("kind":"order")") && placed.contains(R"("quantity":"2","price":"1000.5")")) << placed;
}

TEST(BinanceDecoder, ANewWordMakesTheMessageUnknownNotAnEvent) {
  EXPECT_EQ(read(order_update("PAUSED", "0")), "unknown ORDER_TRADE_UPDATE: x PAUSED");
  EXPECT_EQ(read(order_update("TRADE", "0.5", "HOLD")), "unknown ORDER_TRADE_UPDATE: S HOLD");
  EXPECT_EQ(read(R"({"e":"somethingNew","E":1})"), "unknown somethingNew");
  EXPECT_EQ(read(R"({"stream":"x","data":{"e":"somethingNew"}})"), "unknown somethingNew");
}

TEST(BinanceDecoder, ANumberWithoutItsQuotesIsAnError) {
  EXPECT_EQ(
      read(
          R"({"e":"TRADE_LITE","E":1,"T":1,"s":"A","c":"c","S":"BUY","q":"1","p":"1","i":1,"l":1,"L":"1","t":1,"m":true})"),
      "error field \"l\" is not a decimal in a string");
}

TEST(BinanceDecoder, BothHalvesOfAReplacedOrderAreTold) {
  EXPECT_EQ(
      read(R"({"code":-2021,"msg":"partly","data":{"cancelResult":"SUCCESS","newOrderResult":"FAILURE",)"
           R"("cancelResponse":{"symbol":"A","orderId":3,"clientOrderId":"c","status":"CANCELED"},)"
           R"("newOrderResponse":{"code":-2010,"msg":"no"}}})"),
      R"({"events":[{"kind":"refusal","code":-2021,"message":"partly"},{"kind":"order","instrument":"binance-usdm:A",)"
      R"("order_id":"3","client_order_id":"c","status":"canceled","answer_to":"cancel"},)"
      R"({"kind":"refusal","code":-2010,"message":"no","answer_to":"new_order"}]})");
}

TEST(BinanceDecoder, APartialBookIsOfTheInstrumentThatItsStreamNames) {
  const auto venue = spot_decoder();
  EventBatch batch;
  ASSERT_EQ(venue
                ->decode(R"({"stream":"bnbbtc@depth5","data":{"lastUpdateId":1,"bids":[["2.50","1"]],"asks":[]}})",
                         kNoTime, batch)
                .what,
            Decoded::What::Events);
  EXPECT_EQ(
      to_json(batch, "binance"),
      R"({"events":[{"kind":"book","instrument":"binance:BNBBTC","final_update_id":1,"bids":[["2.5","1"]],"asks":[]}]})");
}

}  // namespace
}  // namespace stom::venues::binance
