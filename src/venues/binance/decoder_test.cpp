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

// Each of these would, without the member that has another name, be told as a message of another kind.
TEST(BinanceDecoder, WhatHasLostAMemberIsNotTakenForAnotherMessage) {
  EXPECT_EQ(read(R"({"subscriptionId":0,"event":null})"), "error field \"event\" is not an object");
  EXPECT_EQ(read(R"({"subscriptionId":0,"happening":{"e":"balanceUpdate"}})"), "unknown subscriptionId,happening");
  const auto trade =
      read(R"({"event_type":"aggTrade","E":2,"a":5,"s":"BTCUSDT","p":"1","q":"2","f":1,"l":1,"T":1,"m":true})");
  EXPECT_TRUE(trade.starts_with("unknown event_type,")) << trade;
  const auto statistics = read(
      R"({"symbol":"BTCUSDT","priceChange":"1","priceChangePercent":"1","weightedAvgPrice":"1","last":"1","bidPrice":"1",)"
      R"("askPrice":"2","openPrice":"1","highPrice":"1","lowPrice":"1","volume":"1"})");
  EXPECT_TRUE(statistics.starts_with("unknown symbol,")) << statistics;
  EXPECT_EQ(read(R"({"lastUpdateId":1,"E":2,"time":1,"bids":[],"asks":[]})"), "error field \"T\" is missing");
}

// "er":"0" in Event: Order Update of USD-M. One member that cannot be read takes the whole update with it.
TEST(BinanceDecoder, WhyAnOrderExpiredIsANumberOrAString) {
  const auto expired = [](const std::string& why) {
    std::string frame = order_update("EXPIRED", "0");
    frame.insert(frame.size() - 2, R"(,"si":0,"ss":0,"V":"EXPIRE_MAKER","pm":"NONE","gtd":0,"er":)" + why);
    return read(frame);
  };
  for (const auto* why : {R"("2")", "2"}) EXPECT_TRUE(expired(why).contains(R"("expiry_reason":"2")")) << expired(why);
  for (const auto* why : {R"("0")", "0"}) {
    const auto told = expired(why);
    EXPECT_TRUE(told.contains(R"("kind":"order")") && !told.contains("expiry_reason")) << told;
  }
}

// "E": "1736996475556" in Event: User Data Stream Expired of USD-M.
TEST(BinanceDecoder, TheEndOfAUserStreamIsReadHoweverItsTimeIsWritten) {
  for (const std::string time : {R"("1736996475556")", "1736996475556"})
    EXPECT_EQ(read(R"({"e":"listenKeyExpired","E":)" + time + R"(,"listenKey":"WsCM"})"),
              R"({"events":[{"kind":"user_stream_ended","venue_time_ns":1736996475556000000}]})");
  EXPECT_EQ(read(R"({"e":"listenKeyExpired","E":"soon","listenKey":"WsCM"})"),
            "error field \"E\" is not a whole number of milliseconds");
}

TEST(BinanceDecoder, WhatTheVenueSaysIsNotTakenForARequestWhereItAddsAMethod) {
  EXPECT_EQ(read(R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1})"), "sent");
  EXPECT_EQ(read(R"({"id":1,"method":"order.place","params":{"symbol":"BTCUSDT"}})"), "sent");
  EXPECT_EQ(read(R"({"e":"serverShutdown","E":7,"method":"x"})"),
            R"({"events":[{"kind":"venue_shutdown","venue_time_ns":7000000}],"unknown_fields":["method"]})");
  EXPECT_EQ(read(R"({"id":1,"status":200,"result":{"serverTime":6},"method":"time"})"),
            R"({"events":[{"kind":"reply","request_id":"1","status":200},{"kind":"server_time",)"
            R"("venue_time_ns":6000000}],"unknown_fields":["method"]})");
}

TEST(BinanceDecoder, ANumberWithoutItsQuotesIsAnError) {
  EXPECT_EQ(
      read(
          R"({"e":"TRADE_LITE","E":1,"T":1,"s":"A","c":"c","S":"BUY","q":"1","p":"1","i":1,"l":1,"L":"1","t":1,"m":true})"),
      "error field \"l\" is not a decimal in a string");
}

TEST(BinanceDecoder, WhatWasDoneIsNoRefusalThoughItIsSaidLikeOne) {
  EXPECT_EQ(read(R"({"code":200,"msg":"success"})"), R"({"events":[{"kind":"ok","message":"success"}]})");
  EXPECT_EQ(read(R"({"code":-4046,"msg":"No need to change margin type."})"),
            R"({"events":[{"kind":"refusal","code":-4046,"message":"No need to change margin type."}]})");
}

// https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Account-Information-V3
TEST(BinanceDecoder, TheAccountOfVersionThreeHasNoSettingsAndNoEntryPrices) {
  EXPECT_EQ(
      read(
          R"({"totalInitialMargin":"0.00000000","totalMaintMargin":"0.00000000","totalWalletBalance":"103.12345678",)"
          R"("totalUnrealizedProfit":"-1.50000000","totalMarginBalance":"103.12345678","totalPositionInitialMargin":"0",)"
          R"("totalOpenOrderInitialMargin":"0","totalCrossWalletBalance":"103.12345678","totalCrossUnPnl":"0",)"
          R"("availableBalance":"103.12345678","maxWithdrawAmount":"103.12345678","assets":[{"asset":"USDT",)"
          R"("walletBalance":"23.72469206","unrealizedProfit":"0","marginBalance":"23.72469206","maintMargin":"0",)"
          R"("initialMargin":"0","positionInitialMargin":"0","openOrderInitialMargin":"0","crossWalletBalance":"23.7",)"
          R"("crossUnPnl":"0","availableBalance":"23.72469206","maxWithdrawAmount":"23.72469206",)"
          R"("updateTime":1625474304765}],"positions":[{"symbol":"BTCUSDT","positionSide":"BOTH",)"
          R"("positionAmt":"-1.000","unrealizedProfit":"0","isolatedMargin":"0","notional":"0","isolatedWallet":"0",)"
          R"("initialMargin":"0","maintMargin":"0","updateTime":0}]})"),
      R"({"events":[{"kind":"account","initial_margin":"0","maintenance_margin":"0","wallet":"103.12345678",)"
      R"("unrealized_profit":"-1.5","free":"103.12345678"},{"kind":"balance","currency":"USDT",)"
      R"("wallet":"23.72469206","unrealized_profit":"0","maintenance_margin":"0","initial_margin":"0",)"
      R"("cross_wallet":"23.7","free":"23.72469206","venue_time_ns":1625474304765000000},{"kind":"position",)"
      R"("instrument":"binance-usdm:BTCUSDT","position_side":"both","quantity":"-1","unrealized_profit":"0"}]})");
}

// "When FUNDING FEE occurs in a crossed position: pushed with only the balance B, without any position P".
TEST(BinanceDecoder, FundingOfACrossedPositionIsToldWithoutAPosition) {
  EXPECT_EQ(
      read(R"({"e":"ACCOUNT_UPDATE","E":2,"T":1,"a":{"m":"FUNDING_FEE","B":[{"a":"USDT","wb":"9.5","cw":"9.5"}]}})"),
      R"({"events":[{"kind":"account_update","sent_time_ns":2000000,"venue_time_ns":1000000,)"
      R"("reason":"FUNDING_FEE"},{"kind":"balance","currency":"USDT","wallet":"9.5","cross_wallet":"9.5",)"
      R"("sent_time_ns":2000000,"venue_time_ns":1000000}]})");
}

TEST(BinanceDecoder, TheSocketApiTellsAllThatRestDoes) {
  EXPECT_EQ(read(R"({"event":{"e":"serverShutdown","E":7}})"),
            R"({"events":[{"kind":"venue_shutdown","venue_time_ns":7000000}]})")
      << "of no subscription";
  EXPECT_EQ(
      read(R"({"id":1,"status":200,"result":{"apiKey":null,"authorizedSince":null,"connectedSince":5,)"
           R"("returnRateLimits":false,"serverTime":6}})"),
      R"({"events":[{"kind":"reply","request_id":"1","status":200},{"kind":"server_time","venue_time_ns":6000000}]})");
  EXPECT_EQ(
      read(R"({"id":1,"status":409,"error":{"code":-2021,"msg":"partly","data":{"cancelResult":"SUCCESS",)"
           R"("newOrderResult":"FAILURE","cancelResponse":{"symbol":"A","orderId":3,"clientOrderId":"c",)"
           R"("status":"CANCELED"},"newOrderResponse":{"code":-2010,"msg":"no"}}}})"),
      R"({"events":[{"kind":"reply","request_id":"1","status":409},{"kind":"refusal","code":-2021,"message":"partly"},)"
      R"({"kind":"order","instrument":"binance-usdm:A","order_id":"3","client_order_id":"c","status":"canceled",)"
      R"("answer_to":"cancel"},{"kind":"refusal","code":-2010,"message":"no","answer_to":"new_order"}]})");
}

TEST(BinanceDecoder, OfTwoMembersOfOneNameNoneCounts) {
  const std::string trade = R"({"e":"trade","E":2,"T":1,"s":"A","t":1,"p":"1","q":"1","X":"MARKET","m":true})";
  EXPECT_EQ(read(R"({"stream":"a@trade","data":)" + trade + R"(,"data":{}})"), "error field \"data\" comes twice");
  EXPECT_EQ(read(R"({"subscriptionId":1,"event":)" + trade + R"(,"event":{}})"), "error field \"event\" comes twice");
  EXPECT_EQ(read(R"({"id":1,"result":null,"id":2})"), "error field \"id\" comes twice");
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

TEST(BinanceDecoder, APartialBookOfFuturesIsAWholeBookThoughItIsWrittenLikeAnUpdate) {
  const std::string data =
      R"("data":{"e":"depthUpdate","E":2,"T":1,"s":"A","U":3,"u":4,"pu":2,"b":[["2.50","1"]],"a":[]}})";
  const std::string levels = R"("bids":[["2.5","1"]],"asks":[]}]})";
  EXPECT_EQ(read(R"({"stream":"a@depth5@100ms",)" + data),
            R"({"events":[{"kind":"book","instrument":"binance-usdm:A","venue_time_ns":1000000,)"
            R"("sent_time_ns":2000000,"final_update_id":4,)" +
                levels);
  EXPECT_EQ(read(R"({"stream":"a@depth@100ms",)" + data),
            R"({"events":[{"kind":"book_update","instrument":"binance-usdm:A","venue_time_ns":1000000,)"
            R"("sent_time_ns":2000000,"first_update_id":3,"final_update_id":4,"previous_update_id":2,)" +
                levels);
}

}  // namespace
}  // namespace stom::venues::binance
