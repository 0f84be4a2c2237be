// The state machine alone: what goes in is what a gateway and an engine would say, what comes out is written down.
#include "venues/binance/client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "importers/line_source.hpp"
#include "tests/support/test_data.hpp"
#include "tests/support/venue_notes.hpp"
#include "venues/signing.hpp"

namespace stom::venues::binance {
namespace {

using test::kNow;
using test::Notes;

Instrument ether() {
  Instrument instrument;
  instrument.id = "binance-usdm:ETHUSDT";
  instrument.base = "ETH";
  instrument.quote = "USDT";
  instrument.kind = ContractKind::Linear;
  instrument.price_decimals = 2;
  instrument.quantity_decimals = 3;
  return instrument;
}

struct Binance : testing::Test {
  Notes notes;
  std::unique_ptr<Venue> venue = usdm_client({Credentials{"k", "s"}, "7"}).value();

  void ready() {
    venue->start(kNow, notes);
    answer(200, kOneWay);
    venue->watch(4, ether(), {.trades = false}, kNow, notes);
    notes.take();
  }
  static constexpr const char* kOneWay = R"({"dualSidePosition":false})";
  void place() {
    ready();
    venue->submit({.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
    notes.take();
  }
  void stream(const std::string& frame) { venue->frame(3, frame, kNow, notes); }
  void answer(int status, const std::string& body, UnixNanos now = kNow) {
    const auto tag = notes.requests.back().tag;
    venue->reply({.tag = tag, .status = status, .body = body}, now, notes);
  }
  static std::string update(std::string execution, std::string status, std::string last, std::string filled,
                            int trade) {
    return fmt::format(
        R"({{"e":"ORDER_TRADE_UPDATE","T":1700000000001,"E":1700000000002,"o":{{"s":"ETHUSDT","c":"stom-7-1","S":"BUY",)"
        R"("o":"LIMIT","f":"GTC","q":"2","p":"1000.50","ap":"0","sp":"0","x":"{}","X":"{}","i":77,"l":"{}","z":"{}",)"
        R"("L":"1000.40","N":"USDT","n":"0.1","T":1700000000001,"t":{},"b":"0","a":"0","m":true,"R":false,)"
        R"("wt":"CONTRACT_PRICE","ot":"LIMIT","ps":"BOTH","cp":false,"rp":"0"}}}})",
        execution, status, last, filled, trade);
  }
};

std::string depth(int first, int last, int previous) {
  return fmt::format(
      R"({{"stream":"ethusdt@depth@100ms","data":{{"e":"depthUpdate","E":1,"T":1,"s":"ETHUSDT","U":{},"u":{},)"
      R"("pu":{},"b":[["1000.10","2.000"]],"a":[]}}}})",
      first, last, previous);
}

TEST_F(Binance, ABookIsSubscribedThenAskedForAndAskedForAgainBehindAGap) {
  venue->start(kNow, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/time\nPOST /fapi/v1/listenKey\nGET /fapi/v1/positionSide/dual");
  venue->watch(4, ether(), {.trades = false}, kNow, notes);
  EXPECT_EQ(notes.take(),
            "GET /fapi/v1/openAlgoOrders?symbol=ETHUSDT\nGET /fapi/v1/openOrders?symbol=ETHUSDT\n"
            "connect 1 books /stream");
  venue->opened(1, kNow, notes);
  EXPECT_EQ(notes.take(),
            "say 1 {\"method\":\"SUBSCRIBE\",\"params\":[\"ethusdt@depth@100ms\"],\"id\":1}\n"
            "GET /fapi/v1/depth?symbol=ETHUSDT&limit=1000");
  venue->frame(1, R"({"result":null,"id":1})", kNow, notes);
  venue->frame(1, depth(11, 20, 10), kNow, notes);
  EXPECT_EQ(notes.take(), "market 4 1") << "kept as it came: the rules of reading join it with the snapshot";
  answer(200, R"({"lastUpdateId":15,"E":1,"T":1,"bids":[["1000.00","1.000"]],"asks":[]})");
  venue->frame(1, depth(21, 30, 20), kNow, notes);
  EXPECT_EQ(notes.take(), "market 4 1\nmarket 4 1");
  venue->frame(1, depth(41, 50, 40), kNow, notes);
  EXPECT_EQ(notes.take(), "stale 4: an update is missing\nGET /fapi/v1/depth?symbol=ETHUSDT&limit=1000\nmarket 4 1");
  venue->frame(1, depth(61, 70, 60), kNow, notes);
  EXPECT_EQ(notes.take(), "market 4 1") << "one snapshot at a time";
  answer(500, "");
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms");
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/depth?symbol=ETHUSDT&limit=1000");
  venue->closed(1, "reset", kNow, notes);
  EXPECT_EQ(notes.take(), "stale 4: reset");
}

// The venue's documents: where the snapshot is older than the first update, ask for another one.
TEST_F(Binance, ASnapshotThatDoesNotReachTheFirstUpdateIsAskedForAgain) {
  venue->start(kNow, notes);
  venue->watch(4, ether(), {.trades = false}, kNow, notes);
  venue->opened(1, kNow, notes);
  venue->frame(1, depth(21, 30, 20), kNow, notes);
  notes.take();
  answer(200, R"({"lastUpdateId":15,"E":1,"T":1,"bids":[["1000.00","1.000"]],"asks":[]})");
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms") << "16 to 20 are missing";
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/depth?symbol=ETHUSDT&limit=1000");
  answer(200, R"({"lastUpdateId":20,"E":1,"T":1,"bids":[["1000.00","1.000"]],"asks":[]})");
  EXPECT_EQ(notes.take(), "market 4 1");
}

// One symbol under two numbers: the newest is told, and the one before may be dropped or asked for an order.
TEST_F(Binance, ASymbolThatIsWatchedAnewIsToldUnderItsNewNumber) {
  ready();
  venue->watch(5, ether(), {.trades = false}, kNow, notes);
  notes.take();
  venue->frame(1, depth(11, 20, 10), kNow, notes);
  EXPECT_EQ(notes.take(), "market 5 1");
  venue->unwatch(4, kNow, notes);
  EXPECT_EQ(notes.take(), "") << "the symbol is still watched";
  venue->submit({.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 denied 0@0 leaves 2000 the instrument is not watched");
  venue->unwatch(5, kNow, notes);
  EXPECT_TRUE(notes.take().contains("UNSUBSCRIBE"));
  venue->unwatch(4, kNow, notes);
  venue->unwatch(5, kNow, notes);
  EXPECT_EQ(notes.take(), "");
}

TEST_F(Binance, WhatIsNotKnownIsKeptAndWhatIsBrokenChangesNothing) {
  ready();
  venue->frame(1, R"({"e":"somethingNew","E":1,"s":"ETHUSDT"})", kNow, notes);
  EXPECT_EQ(notes.take(), "unknown somethingNew");
  venue->frame(1, depth(11, 20, 10).substr(0, 90), kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("malformed not valid JSON"));
}

TEST_F(Binance, AFillOfLessThanNothingIsMalformedAndFillsNothing) {
  place();
  stream(update("TRADE", "PARTIALLY_FILLED", "-1", "1", 5));
  const std::string told = notes.take();
  EXPECT_TRUE(told.starts_with("malformed ")) << told;
  EXPECT_FALSE(told.contains("order 1 ")) << told;
}

TEST_F(Binance, FillsThatTogetherAreMoreThanCanBeCountedAreMalformed) {
  place();
  const auto theirs = [](int trade) {
    std::string text = update("TRADE", "PARTIALLY_FILLED", "5000000000000000", "5000000000000000", trade);
    text.replace(text.find("stom-7-1"), 8, "web_1");
    return text.replace(text.find(R"("q":"2")"), 7, R"("q":"9000000000000000")");
  };
  stream(theirs(5));
  EXPECT_TRUE(notes.take().contains(" filled 5000000000000000000@"));
  stream(theirs(6));
  const std::string told = notes.take();
  EXPECT_TRUE(told.contains("malformed more filled than can be counted")) << told;
  EXPECT_FALSE(told.contains(" filled 5")) << told;
}

TEST_F(Binance, AnOrderIsSignedWhenItIsWrittenOnTheVenuesClock) {
  ready();
  venue->clock_offset(-250 * kMillisecond, kNow, notes);
  venue->submit({.id = 1, .instrument = 4, .post_only = true, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
  EXPECT_EQ(notes.take(),
            "POST /fapi/v1/order symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=2&price=1000.5"
            "&newClientOrderId=stom-7-1&recvWindow=5000");
  auto request = notes.requests.back();
  EXPECT_TRUE(request.sign_late);
  EXPECT_EQ(request.priority, Priority::Order);
  ASSERT_TRUE(venue->sign(request, kNow + kSecond));
  EXPECT_TRUE(request.body.starts_with("timestamp=1700000000750&symbol=ETHUSDT&")) << request.body;
  EXPECT_TRUE(request.body.contains("&signature="));
}

TEST_F(Binance, NoOrderLeavesBeforeTheAccountIsKnownToBeInOneWayMode) {
  venue->start(kNow, notes);
  const auto asked = notes.requests.back();
  EXPECT_TRUE(asked.sign_late);
  venue->watch(4, ether(), {.trades = false}, kNow, notes);
  notes.take();
  venue->submit({.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
  venue->submit({.id = 2, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
  venue->cancel({.id = 2, .instrument = 4}, kNow, notes);
  EXPECT_EQ(notes.take(), "timer 7 in 5000 ms\norder 2 canceled 0@0 leaves 2000 it had not been sent yet");
  venue->reply({.tag = asked.tag, .status = 503, .body = ""}, kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms") << "no answer is none";
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/positionSide/dual");
  answer(200, R"({"dualSide":false})");
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms") << "nor is one that does not say it";
  venue->timer(1, kNow + 2 * kSecond, notes);
  notes.take();
  answer(200, kOneWay);
  EXPECT_EQ(notes.take(),
            "POST /fapi/v1/order symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=1000.5"
            "&newClientOrderId=stom-7-1&recvWindow=5000");
}

TEST_F(Binance, AnOrderThatHasWaitedForTheAccountForFiveSecondsIsNotSent) {
  venue->start(kNow, notes);
  const auto asked = notes.requests.back();
  venue->watch(4, ether(), {.trades = false}, kNow, notes);
  notes.take();
  venue->submit({.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
  venue->submit({.id = 2, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow + 2 * kSecond, notes);
  EXPECT_EQ(notes.take(), "timer 7 in 5000 ms");
  std::vector<NewOrder> kept_back;
  venue->append_kept_back(kept_back);
  ASSERT_EQ(kept_back.size(), 2u);
  EXPECT_EQ(kept_back[1].id, 2u);
  venue->timer(7, kNow + 5 * kSecond + 1, notes);
  EXPECT_EQ(notes.take(), "order 1 denied 0@0 leaves 2000 it was not sent\ntimer 7 in 7000 ms");
  venue->reply({.tag = asked.tag, .status = 200, .body = kOneWay}, kNow + 6 * kSecond, notes);
  EXPECT_TRUE(notes.take().starts_with("POST /fapi/v1/order symbol=ETHUSDT"));
  EXPECT_EQ(notes.requests.back().order.id, 2u);
  EXPECT_EQ(notes.requests.back().not_after, kNow + 7 * kSecond) << "from when it was wanted";
}

TEST_F(Binance, AnAccountInHedgeModeIsNotTradedAndSaysWhatToDo) {
  venue->start(kNow, notes);
  const auto asked = notes.requests.back();
  venue->watch(4, ether(), {.trades = false}, kNow, notes);
  venue->submit({.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
  notes.take();
  venue->reply({.tag = asked.tag, .status = 200, .body = R"({"dualSidePosition":true})"}, kNow, notes);
  EXPECT_EQ(notes.state, VenueState::Unsuited);
  EXPECT_TRUE(notes.remedy.contains("one-way mode")) << notes.remedy;
  const std::string denied =
      "denied 0@0 leaves 2000 the account holds long and short positions apart (hedge mode); orders are for one-way "
      "mode";
  EXPECT_EQ(notes.take(), "order 1 " + denied);
  venue->submit({.id = 2, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 2 " + denied);
}

TEST_F(Binance, AnAccountThatIsSwitchedToHedgeModeMeanwhileIsNotTradedOn) {
  place();
  answer(400, R"({"code":-4061,"msg":"Order's position side does not match user's setting."})");
  EXPECT_EQ(notes.take(),
            "order 1 rejected 0@0 leaves 2000 -4061 Order's position side does not match user's setting.");
  EXPECT_EQ(notes.state, VenueState::Unsuited);
}

struct Margin : testing::Test {
  Notes notes;
  std::unique_ptr<Venue> venue;
  void SetUp() override {
    VenueConfig config{.credentials = Credentials{"k", "s"}, .session = "7"};
    config.margin = {{.symbol = "ETHUSDT", .leverage = 5, .isolated = true}};
    venue = usdm_client(config).value();
    venue->start(kNow, notes);
    answer(200, R"({"dualSidePosition":false})");
    notes.lines.erase(notes.lines.begin(), notes.lines.begin() + 3);  // clock, listen key, position mode
  }
  void answer(int status, const std::string& body) {
    venue->reply({.tag = notes.requests.back().tag, .status = status, .body = body}, kNow, notes);
  }
};

TEST_F(Margin, MarginModeAndLeverageAreSetBeforeTheFirstOrder) {
  EXPECT_EQ(notes.take(), "POST /fapi/v1/marginType symbol=ETHUSDT&marginType=ISOLATED");
  auto request = notes.requests.back();
  ASSERT_TRUE(venue->sign(request, kNow));
  EXPECT_TRUE(request.body.starts_with("timestamp=1700000000000&symbol=ETHUSDT&marginType=ISOLATED&signature="));
  answer(400, R"({"code":-4046,"msg":"No need to change margin type."})");
  EXPECT_EQ(notes.take(), "POST /fapi/v1/leverage symbol=ETHUSDT&leverage=5") << "it was so already";
  venue->watch(4, ether(), {.trades = false}, kNow, notes);
  venue->submit({.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
  notes.take();
  for (const auto& asked : std::vector{notes.requests})
    if (asked.target == "/fapi/v1/leverage")
      venue->reply({.tag = asked.tag,
                    .status = 200,
                    .body = R"({"leverage":5,"maxNotionalValue":"50000000","symbol":"ETHUSDT"})"},
                   kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("POST /fapi/v1/order "));
}

TEST_F(Margin, ARefusedSettingStopsTheSessionWithItsCauseAndRemedy) {
  answer(400, R"({"code":-4048,"msg":"Margin type cannot be changed if there exists position."})");
  EXPECT_EQ(notes.state, VenueState::Unsuited);
  EXPECT_EQ(notes.said,
            "isolated margin of ETHUSDT refused: -4048 Margin type cannot be changed if there exists position.");
  EXPECT_EQ(notes.remedy, "close the position of that contract, or leave --margin away");
}

TEST_F(Margin, ASettingThatTheVenueHadNoTimeForIsAskedForAgain) {
  notes.take();
  answer(429, R"({"code":-1003,"msg":"Too many requests."})");
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms");
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "POST /fapi/v1/marginType symbol=ETHUSDT&marginType=ISOLATED");
  venue->outcome(notes.requests.back().tag, Outcome::Unknown, kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms");
}

/// Orders that wait for a price: at the algo service until they have it.
struct Algo : Binance {
  static constexpr const char* kAsk = "GET /fapi/v1/algoOrder?clientAlgoId=stom-7-1";
  void place() {
    ready();
    venue->submit({.id = 1,
                   .instrument = 4,
                   .type = OrderType::Stop,
                   .trigger_by = TriggerBy::Mark,
                   .reduce_only = true,
                   .quantity = {2'000},
                   .trigger_price = {105'000}},
                  kNow, notes);
  }
  static std::string answered(std::string_view status, std::string_view number = "") {
    return fmt::format(
        R"({{"algoId":55,"clientAlgoId":"stom-7-1","algoType":"CONDITIONAL","orderType":"STOP_MARKET","symbol":"ETHUSDT",)"
        R"("side":"BUY","quantity":"2","algoStatus":"{}","triggerPrice":"1050","actualOrderId":"{}","createTime":1}})",
        status, number);
  }
  static std::string told(std::string_view status, std::string_view number = "") {
    return fmt::format(
        R"({{"e":"ALGO_UPDATE","T":1700000000001,"E":1700000000002,"o":{{"caid":"stom-7-1","aid":55,"at":"CONDITIONAL",)"
        R"("o":"STOP_MARKET","s":"ETHUSDT","S":"BUY","ps":"BOTH","f":"GTC","q":"2","X":"{}","ai":"{}","ap":"0","aq":"0",)"
        R"("act":"0","tp":"1050","p":"0","V":"NONE","wt":"MARK_PRICE","pm":"NONE","cp":false,"pP":false,"R":true,"tt":0,)"
        R"("gtd":0,"rm":""}}}})",
        status, number);
  }
  void rests() {
    place();
    answer(200, answered("NEW"));
    stream(told("NEW"));
    EXPECT_TRUE(notes.take().ends_with("\norder 1 accepted 0@0 leaves 2000")) << "once";
  }
};

TEST_F(Algo, AStopIsPlacedAndCanceledAtTheAlgoService) {
  place();
  EXPECT_EQ(notes.take(),
            "POST /fapi/v1/algoOrder algoType=CONDITIONAL&symbol=ETHUSDT&side=BUY&type=STOP_MARKET&quantity=2"
            "&triggerPrice=1050&workingType=MARK_PRICE&reduceOnly=true&clientAlgoId=stom-7-1&recvWindow=5000");
  answer(200, answered("NEW"));
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000");
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  EXPECT_EQ(notes.take(), "DELETE /fapi/v1/algoOrder?clientAlgoId=stom-7-1");
  answer(200, R"({"algoId":55,"clientAlgoId":"stom-7-1","code":"200","msg":"success"})");
  EXPECT_EQ(notes.take(), "order 1 canceled 0@0 leaves 2000");
  stream(told("CANCELED"));
  EXPECT_EQ(notes.take(), "") << "it is over";
}

TEST_F(Algo, ALimitBehindATriggerSaysBothPrices) {
  ready();
  venue->submit({.id = 1,
                 .instrument = 4,
                 .side = Side::Sell,
                 .type = OrderType::TakeProfitLimit,
                 .post_only = true,
                 .quantity = {2'000},
                 .price = {110'050},
                 .trigger_price = {110'000}},
                kNow, notes);
  EXPECT_EQ(
      notes.take(),
      "POST /fapi/v1/algoOrder algoType=CONDITIONAL&symbol=ETHUSDT&side=SELL&type=TAKE_PROFIT&timeInForce=GTX"
      "&quantity=2&price=1100.5&triggerPrice=1100&workingType=CONTRACT_PRICE&clientAlgoId=stom-7-1&recvWindow=5000");
}

TEST_F(Algo, WhatIsTriggeredIsAnOrderLikeAnyOtherAndIsAskedForByItsNumber) {
  rests();
  stream(told("TRIGGERED", "77"));
  EXPECT_EQ(notes.take(), "order 1 triggered 0@0 leaves 2000\nGET /fapi/v1/order?symbol=ETHUSDT&orderId=77");
  stream(update("TRADE", "PARTIALLY_FILLED", "0.5", "0.5", 9));
  EXPECT_EQ(notes.take(), "order 1 filled 500@100040 leaves 1500");
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  EXPECT_EQ(notes.take(), "DELETE /fapi/v1/order?symbol=ETHUSDT&orderId=77");
  stream(update("TRADE", "FILLED", "1.5", "2", 10));
  stream(told("FINISHED", "77"));
  EXPECT_EQ(notes.take(), "order 1 filled 1500@100040 leaves 0");
}

// A reduce-only order is cut to what is held as it arrives: 2 of these 3.
TEST_F(Binance, AnOrderThatTheVenueCutEndsOnceThatIsFilled) {
  ready();
  venue->submit({.id = 1, .instrument = 4, .reduce_only = true, .quantity = {3'000}, .price = {100'050}}, kNow, notes);
  notes.take();
  stream(update("NEW", "NEW", "0", "0", 0));
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 3000");
  stream(update("TRADE", "PARTIALLY_FILLED", "0.5", "0.5", 9));
  EXPECT_EQ(notes.take(), "order 1 filled 500@100040 leaves 2500");
  stream(update("TRADE", "FILLED", "1.5", "2", 10));
  EXPECT_EQ(notes.take(), "order 1 filled 1500@100040 leaves 1000\norder 1 expired 0@0 leaves 1000");
}

TEST_F(Algo, AFillThatComesBeforeItsTriggerIsToldBehindIt) {
  rests();
  stream(update("TRADE", "FILLED", "2", "2", 9));
  EXPECT_EQ(notes.take(), "order 1 triggered 0@0 leaves 2000\norder 1 filled 2000@100040 leaves 0");
}

TEST_F(Algo, WhatTheTriggeredOrderIsCalledDoesNotMatter) {
  rests();
  auto theirs = update("TRADE", "FILLED", "2", "2", 9);
  theirs.replace(theirs.find("stom-7-1"), 8, "venue_made_up");
  stream(told("TRIGGERED", "77"));
  notes.take();
  stream(theirs);
  EXPECT_EQ(notes.take(), "order 1 filled 2000@100040 leaves 0") << "by its number";
}

TEST_F(Algo, AFillThatWasTakenForAnothersIsAskedForOnceItsNumberIsKnown) {
  rests();
  auto theirs = update("TRADE", "PARTIALLY_FILLED", "0.5", "0.5", 9);
  theirs.replace(theirs.find("stom-7-1"), 8, "venue_made_up");
  stream(theirs);
  EXPECT_EQ(notes.take(), "order 0 accepted 0@0 leaves 2000\norder 0 filled 500@100040 leaves 1500");
  stream(told("TRIGGERED", "77"));
  EXPECT_EQ(notes.take(), "order 1 triggered 0@0 leaves 2000\nGET /fapi/v1/order?symbol=ETHUSDT&orderId=77");
  answer(200,
         R"({"orderId":77,"symbol":"ETHUSDT","status":"PARTIALLY_FILLED","clientOrderId":"venue_made_up","side":"BUY",)"
         R"("origQty":"2","executedQty":"0.5"})");
  EXPECT_EQ(notes.take(), "GET /fapi/v1/userTrades?symbol=ETHUSDT&orderId=77");
  answer(200,
         R"([{"symbol":"ETHUSDT","id":9,"orderId":77,"side":"BUY","price":"1000.40","qty":"0.5","commission":"0.1",)"
         R"("commissionAsset":"USDT","time":1700000000001,"maker":false}])");
  EXPECT_EQ(notes.take(), "order 1 filled 500@100040 leaves 1500");
}

TEST_F(Algo, OneWithoutAnAnswerIsAskedForAtTheServiceAndThenAsTheOrderThatItBecame) {
  place();
  notes.take();
  venue->outcome(notes.requests.back().tag, Outcome::Unknown, kNow, notes);
  EXPECT_EQ(notes.take(), kAsk);
  answer(400, R"({"code":-2013,"msg":"Order does not exist."})", kNow + kSecond);
  EXPECT_EQ(notes.take(), "timer 1 in 2000 ms") << "it may still be on its way";
  venue->timer(1, kNow + 2 * kSecond, notes);
  EXPECT_EQ(notes.take(), kAsk);
  answer(200, answered("FINISHED", "77"));
  EXPECT_EQ(notes.take(),
            "order 1 accepted 0@0 leaves 2000\norder 1 triggered 0@0 leaves 2000\n"
            "GET /fapi/v1/order?symbol=ETHUSDT&orderId=77");
}

TEST_F(Algo, OneThatTheVenueEndsByItselfIsOver) {
  rests();
  stream(told("EXPIRED"));
  EXPECT_EQ(notes.take(), "order 1 expired 0@0 leaves 2000");
  EXPECT_TRUE(venue->working_orders().empty());
}

TEST_F(Algo, OneThatIsRefusedAtTheDoorIsRejected) {
  place();
  notes.take();
  answer(400, R"({"code":-2021,"msg":"Order would immediately trigger."})");
  EXPECT_EQ(notes.take(), "order 1 rejected 0@0 leaves 2000 -2021 Order would immediately trigger.");
}

TEST_F(Algo, LateWordOfOneThatIsOverIsNotAboutTheNextOneOfItsId) {
  const auto of_the_next = [](std::string text) { return text.replace(text.find("55"), 2, "56"); };
  const auto place_again = [&] {
    venue->submit({.id = 1, .instrument = 4, .type = OrderType::Stop, .quantity = {2'000}, .trigger_price = {105'000}},
                  kNow, notes);
    EXPECT_TRUE(notes.take().starts_with("POST /fapi/v1/algoOrder "));
  };
  rests();
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  const auto cancel = notes.requests.back().tag;
  stream(told("CANCELED"));
  EXPECT_TRUE(notes.take().ends_with("\norder 1 canceled 0@0 leaves 2000"));
  place_again();
  stream(told("CANCELED"));
  EXPECT_EQ(notes.take(), "");
  answer(200, of_the_next(answered("NEW")));
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000");
  stream(told("CANCELED"));
  venue->reply(
      {.tag = cancel, .status = 200, .body = R"({"algoId":55,"clientAlgoId":"stom-7-1","code":"200","msg":"success"})"},
      kNow, notes);
  EXPECT_EQ(notes.take(), "");
  stream(of_the_next(told("TRIGGERED", "77")));
  EXPECT_EQ(notes.take(), "order 1 triggered 0@0 leaves 2000\nGET /fapi/v1/order?symbol=ETHUSDT&orderId=77");
  stream(update("TRADE", "FILLED", "2", "2", 9));
  EXPECT_EQ(notes.take(), "order 1 filled 2000@100040 leaves 0");
  place_again();
  stream(update("TRADE", "FILLED", "2", "2", 9));
  EXPECT_EQ(notes.take(), "") << "nor of what it became";
}

TEST_F(Algo, CancelAllIsSaidToTheServiceToo) {
  rests();
  venue->cancel_all({}, kNow, notes);
  EXPECT_EQ(notes.take(),
            "DELETE /fapi/v1/allOpenOrders?symbol=ETHUSDT\nDELETE /fapi/v1/algoOpenOrders?symbol=ETHUSDT");
}

TEST_F(Algo, WhatTheVenueDoesNotOfferIsDeniedByName) {
  ready();
  const NewOrder stop{
      .id = 1, .instrument = 4, .type = OrderType::Stop, .quantity = {2'000}, .trigger_price = {105'000}};
  auto by_index = stop, making = stop, trailing = stop;
  by_index.trigger_by = TriggerBy::Index;
  making.post_only = true;
  trailing.type = OrderType::TrailingStop;
  for (const auto& [order, why] :
       {std::pair{by_index, "futures trigger by the last or the mark price alone"},
        std::pair{
            making,
            "an order that waits for a price and then only makes is a stop-limit or take-profit-limit of futures"},
        std::pair{trailing, "only limit, market, stop and take-profit orders by quantity, GTC, IOC or FOK"}}) {
    venue->submit(order, kNow, notes);
    EXPECT_EQ(notes.take(), fmt::format("order 1 denied 0@0 leaves 2000 {}", why));
  }
}

TEST(BinanceSpot, AStopIsAnOrderOfItsOwnPathAndWorksOnceItIsTriggered) {
  Notes notes;
  auto venue = spot_client({Credentials{"k", "s"}, "7"}).value();
  Instrument instrument = ether();
  instrument.id = "binance:ETHUSDT";
  instrument.kind = ContractKind::Spot;
  venue->start(kNow, notes);
  venue->watch(4, instrument, {}, kNow, notes);
  notes.take();
  venue->submit({.id = 1,
                 .instrument = 4,
                 .side = Side::Sell,
                 .type = OrderType::StopLimit,
                 .quantity = {2'000},
                 .price = {94'900},
                 .trigger_price = {95'000}},
                kNow, notes);
  EXPECT_EQ(notes.take(),
            "POST /api/v3/order symbol=ETHUSDT&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=2&price=949"
            "&stopPrice=950&newClientOrderId=stom-7-1&recvWindow=5000");
  const auto report = [](std::string_view execution, std::string_view status, bool works, std::string_view last,
                         std::string_view filled, int trade) {
    return fmt::format(
        R"({{"subscriptionId":0,"event":{{"e":"executionReport","E":1700000000002,"s":"ETHUSDT","c":"stom-7-1",)"
        R"("S":"SELL","o":"STOP_LOSS_LIMIT","f":"GTC","q":"2","p":"949","P":"950","F":"0","g":-1,"C":"","x":"{}",)"
        R"("X":"{}","r":"NONE","i":77,"l":"{}","z":"{}","L":"949","n":"0","N":"USDT","T":1700000000001,"t":{},"w":{},)"
        R"("m":false,"O":1700000000000,"Z":"0"}}}})",
        execution, status, last, filled, trade, works);
  };
  venue->frame(3, report("NEW", "NEW", false, "0", "0", -1), kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000");
  venue->frame(3, report("NEW", "NEW", true, "0", "0", -1), kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 triggered 0@0 leaves 2000");
  venue->frame(3, report("TRADE", "FILLED", false, "2", "2", 9), kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 filled 2000@94900 leaves 0");
}

struct SpotIcebergs : ::testing::Test {
  Notes notes;
  std::unique_ptr<Venue> venue = spot_client({Credentials{"k", "s"}, "7"}).value();
  NewOrder iceberg{.id = 1, .instrument = 4, .quantity = {2'000}, .price = {94'900}, .display = {250}};

  SpotIcebergs() {
    Instrument instrument = ether();
    instrument.id = "binance:ETHUSDT";
    instrument.kind = ContractKind::Spot;
    venue->start(kNow, notes);
    venue->watch(4, instrument, {}, kNow, notes);
    notes.take();
  }
};

TEST_F(SpotIcebergs, AreLimitOrdersThatSayHowMuchTheyShow) {
  venue->submit(iceberg, kNow, notes);
  EXPECT_EQ(notes.take(),
            "POST /api/v3/order symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=949&icebergQty=0.25"
            "&newClientOrderId=stom-7-1&recvWindow=5000");
}

TEST_F(SpotIcebergs, ThatTheVenueShowsInNoSuchPartsAreSaidToBeUnsupported) {
  const auto refused = [&](std::string_view body) {
    venue->submit(iceberg, kNow, notes);
    notes.reason = RejectReason::None;
    const Tag tag = notes.requests.back().tag;
    venue->reply({.tag = tag, .status = 400, .body = body}, kNow, notes);
    return notes.reason;
  };
  EXPECT_EQ(refused(R"({"code":-1013,"msg":"Filter failure: ICEBERG_PARTS"})"), RejectReason::Unsupported);
  EXPECT_EQ(refused(R"({"code":-1013,"msg":"Filter failure: MAX_NUM_ICEBERG_ORDERS"})"), RejectReason::Unsupported);
  EXPECT_EQ(refused(R"({"code":-2010,"msg":"Iceberg orders are not supported for this symbol."})"),
            RejectReason::Unsupported);
  EXPECT_EQ(refused(R"({"code":-2010,"msg":"Account has insufficient balance for requested action."})"),
            RejectReason::InsufficientBalance);
}

TEST_F(SpotIcebergs, ThatCannotBeAreDeniedByName) {
  auto all = iceberg, at_once = iceberg, waits = iceberg;
  all.display = all.quantity;
  at_once.time_in_force = TimeInForce::IOC;
  waits.type = OrderType::StopLimit;
  waits.trigger_price = {95'000};
  for (const NewOrder& order : {all, at_once, waits}) {
    venue->submit(order, kNow, notes);
    EXPECT_EQ(notes.take(),
              "order 1 denied 0@0 leaves 2000 icebergs are limit orders of spot, GTC, that show a part of "
              "what they are");
  }
}

/// Spot, an account without BNB: the fee of a buy is taken of what was bought. Order 1 buys 2.000, in lots of 0.001.
struct CoinFees : testing::Test {
  static constexpr UnixNanos kFilledAt = 1'700'000'000'001 * kMillisecond;
  Notes notes;
  std::unique_ptr<Venue> venue = spot_client({Credentials{"k", "s"}, "7"}).value();
  Instrument coin = [] {
    Instrument instrument = ether();
    instrument.id = "binance:ETHUSDT";
    instrument.kind = ContractKind::Spot;
    return instrument;
  }();

  void begin() {
    venue->start(kNow, notes);
    venue->watch(4, coin, {}, kNow, notes);
    notes.take();
  }
  void place() {
    begin();
    venue->submit({.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
    notes.take();
  }
  std::string fills(int trade, std::string_view last, std::string_view filled, std::string_view fee,
                    std::string_view asset = "ETH", std::string_view side = "BUY") {
    venue->frame(
        3,
        fmt::format(
            R"({{"subscriptionId":0,"event":{{"e":"executionReport","E":1700000000002,"s":"ETHUSDT","c":"stom-7-1",)"
            R"("S":"{}","o":"LIMIT","f":"GTC","q":"2","p":"1000.50","P":"0","F":"0","g":-1,"C":"","x":"TRADE",)"
            R"("X":"PARTIALLY_FILLED","r":"NONE","i":77,"l":"{}","z":"{}","L":"1000.00","n":"{}","N":"{}",)"
            R"("T":1700000000001,"t":{},"w":true,"m":false,"O":1700000000000,"Z":"0"}}}})",
            side, last, filled, fee, asset, trade),
        kNow, notes);
    return notes.take();
  }
  static Money usdt(std::int64_t whole) { return {Int128{whole} * power_of_ten(kMoneyDecimals)}; }
};

TEST_F(CoinFees, WhatCameIsToldInWholeLotsAndThePriceOfTheRestIsTheFee) {
  place();
  EXPECT_EQ(fills(1, "0.500", "0.500", "0.0005"),
            "order 1 accepted 0@0 leaves 2000\norder 1 filled 499@100000 leaves 1500 fee 0.0005 ETH");
  EXPECT_TRUE(notes.said.contains("the fee of a buy was taken of the ETH that was bought")) << notes.said;
  EXPECT_TRUE(notes.said.contains("BNB")) << "and what to do";
  EXPECT_EQ(fills(2, "0.250", "0.750", "0.00025"), "order 1 filled 250@100000 leaves 1250 fee 0.00025 ETH")
      << "0.0005 were left over";
  EXPECT_EQ(fills(2, "0.250", "0.750", "0.00025"), "") << "once";
  EXPECT_EQ(fills(3, "0.750", "1.500", "0.00075"), "order 1 filled 749@100000 leaves 500 fee 0.00075 ETH")
      << "and 0.00025 of that";
  EXPECT_EQ(notes.fees, (std::vector<Money>{usdt(1), usdt(0), usdt(1)})) << "a lot of 0.001 each";
}

TEST_F(CoinFees, AFillOfOneLotBringsItAndTheNextOnePays) {
  place();
  EXPECT_TRUE(fills(1, "0.001", "0.001", "0.000001").ends_with("order 1 filled 1@100000 leaves 1999 fee 0.000001 ETH"));
  EXPECT_EQ(fills(2, "0.002", "0.003", "0.000002"), "order 1 filled 1@100000 leaves 1997 fee 0.000002 ETH");
}

TEST_F(CoinFees, InAnotherCoinOrOfASaleTakeNothingOfThePosition) {
  place();
  EXPECT_TRUE(
      fills(1, "0.500", "0.500", "0.001", "BNB").ends_with("order 1 filled 500@100000 leaves 1500 fee 0.001 BNB"));
  EXPECT_EQ(notes.fees.back(), Money{}) << "in the report's words";
  EXPECT_TRUE(notes.said.contains("a fee was taken in BNB: such fees are in no sum")) << notes.said;
  EXPECT_EQ(fills(2, "0.500", "1.000", "0.5", "USDT"), "order 1 filled 500@100000 leaves 1000");
  EXPECT_EQ(notes.fees.back(), Money{usdt(1).value / 2});
  EXPECT_EQ(fills(3, "0.500", "1.500", "0.001", "ETH", "SELL"), "order 1 filled 500@100000 leaves 500 fee 0.001 ETH");
}

TEST_F(CoinFees, OfAnEarlierProcessAreKnownByWhatCameAndWhatWasLeftOverPaysForTheNext) {
  const std::vector<Fill> told{
      {.time = kFilledAt, .instrument = 4, .order = 1, .price = {100'000}, .quantity = {499}, .fee = usdt(1)}};
  const std::vector<EarlierOrder> orders{{.order = {.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}},
                                          .instrument = &coin,
                                          .accepted = true,
                                          .fills = told,
                                          .kept_as_fees = {1}}};
  const std::vector<EarlierDust> dust{{&coin, {Int128{5} * power_of_ten(kMoneyDecimals - 4)}}};
  venue->resume(orders, 3, 1'000'000);
  venue->resume_dust(dust);
  begin();
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].leaves, Quantity{1'500});
  EXPECT_EQ(fills(1, "0.500", "0.500", "0.0005"), "") << "it was told before";
  EXPECT_EQ(fills(2, "0.250", "0.750", "0.00025"), "order 1 filled 250@100000 leaves 1250 fee 0.00025 ETH");
}

/// Orders by the WebSocket API, connection 4.
struct SocketOrders : testing::Test {
  Notes notes;
  std::unique_ptr<Venue> venue;
  void SetUp() override {
    VenueConfig config{.credentials = Credentials{"k", "s"}, .session = "7"};
    config.orders_by_socket = true;
    venue = usdm_client(config).value();
    venue->start(kNow, notes);
    venue->reply({.tag = notes.requests.back().tag, .status = 200, .body = R"({"dualSidePosition":false})"}, kNow,
                 notes);
    EXPECT_TRUE(notes.take().contains("connect 4 orders /ws-fapi/v1"));
    venue->watch(4, ether(), {.trades = false}, kNow, notes);
    venue->opened(4, kNow, notes);
    notes.take();
  }
  void place(ClientOrderId id) {
    venue->submit({.id = id, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
  }
  void answer(int status, std::string_view name, std::string_view what) {
    const auto text = fmt::format(R"({{"id":"{}","status":{},"{}":{},"rateLimits":[]}})", notes.requests.back().tag,
                                  status, name, what);
    venue->frame(4, text, kNow, notes);
  }
  static constexpr std::string_view kState =
      R"({"orderId":77,"symbol":"ETHUSDT","status":"NEW","clientOrderId":"stom-7-1","side":"BUY","origQty":"2","executedQty":"0"})";
};

TEST_F(SocketOrders, AnOrderAndItsCancelAreCallsAndTheirAnswersAreThoseOfRest) {
  place(1);
  EXPECT_EQ(notes.take(),
            "say 4 symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=1000.5"
            "&newClientOrderId=stom-7-1&recvWindow=5000");
  auto request = notes.requests.back();
  EXPECT_EQ(request.priority, Priority::Order);
  ASSERT_TRUE(request.sign_late);
  ASSERT_TRUE(venue->sign(request, kNow));
  EXPECT_TRUE(request.body.starts_with(fmt::format(
      R"({{"id":"{}","method":"order.place","params":{{"apiKey":"k","newClientOrderId":"stom-7-1","price":"1000.5",)",
      request.tag)))
      << request.body;
  answer(200, "result", kState);
  EXPECT_EQ(notes.take(), "settled\norder 1 accepted 0@0 leaves 2000");
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  EXPECT_EQ(notes.take(), "say 4 symbol=ETHUSDT&origClientOrderId=stom-7-1");
  EXPECT_EQ(notes.requests.back().priority, Priority::Risk);
  auto canceled = std::string{kState};
  answer(200, "result", canceled.replace(canceled.find("NEW"), 3, "CANCELED"));
  EXPECT_EQ(notes.take(), "settled\norder 1 canceled 0@0 leaves 2000");
}

TEST_F(SocketOrders, ARefusalIsToldInTheVenuesWords) {
  place(1);
  notes.take();
  answer(400, "error", R"({"code":-2019,"msg":"Margin is insufficient."})");
  EXPECT_EQ(notes.take(), "settled\norder 1 rejected 0@0 leaves 2000 -2019 Margin is insufficient.");
}

TEST_F(SocketOrders, OnALostSocketTheOrderIsUnknownAndAskedForAndTheNextGoesByRest) {
  place(1);
  venue->closed(4, "reset", kNow, notes);
  notes.take();
  venue->outcome(notes.requests.back().tag, Outcome::Unknown, kNow, notes);  // as the gateway ends what it had written
  EXPECT_EQ(notes.take(), "GET /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1");
  place(2);
  EXPECT_TRUE(notes.take().starts_with("POST /fapi/v1/order "));
}

TEST_F(SocketOrders, AnAnswerThatCannotBeReadLeavesItUnanswered) {
  place(1);
  notes.take();
  venue->frame(4, R"({"id":"1","status":)", kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("malformed "));
  venue->frame(4, R"({"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key."}})", kNow, notes);
  EXPECT_EQ(notes.take(), "") << "of no call";
  EXPECT_EQ(notes.state, VenueState::Refused);
}

TEST_F(SocketOrders, WhatWaitsForAPriceGoesToTheAlgoServiceByRest) {
  venue->submit({.id = 1, .instrument = 4, .type = OrderType::Stop, .quantity = {2'000}, .trigger_price = {105'000}},
                kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("POST /fapi/v1/algoOrder "));
}

TEST_F(Binance, AFillThatIsToldTwiceCountsOnce) {
  place();
  stream(update("NEW", "NEW", "0", "0", 0));
  answer(
      200,
      R"({"orderId":77,"symbol":"ETHUSDT","status":"NEW","clientOrderId":"stom-7-1","side":"BUY","origQty":"2","executedQty":"0"})");
  stream(update("TRADE", "PARTIALLY_FILLED", "0.5", "0.5", 9));
  stream(
      R"({"e":"TRADE_LITE","E":1,"T":1,"s":"ETHUSDT","c":"stom-7-1","S":"BUY","q":"2","p":"1000.50","i":77,"l":"0.5","L":"1000.40","t":9,"m":true})");
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000\norder 1 filled 500@100040 leaves 1500");
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].leaves.value, 1'500);
  stream(update("TRADE", "FILLED", "1.5", "2", 10));
  EXPECT_EQ(notes.take(), "order 1 filled 1500@100040 leaves 0");
  EXPECT_TRUE(venue->working_orders().empty());
  stream(update("TRADE", "FILLED", "1.5", "2", 10));
  EXPECT_EQ(notes.take(), "") << "what is over is not begun again";
}

// The short form has no fee: whoever booked it would have more cash than the account.
TEST_F(Binance, AFillCountsWithItsFeeAndNotByTheShortFormAheadOfIt) {
  place();
  stream(
      R"({"e":"TRADE_LITE","E":1,"T":1,"s":"ETHUSDT","c":"stom-7-1","S":"BUY","q":"2","p":"1000.50","i":77,"l":"0.5","L":"1000.40","t":9,"m":true})");
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000");
  stream(update("TRADE", "PARTIALLY_FILLED", "0.5", "0.5", 9));
  EXPECT_EQ(notes.take(), "order 1 filled 500@100040 leaves 1500");
  ASSERT_EQ(notes.fees.size(), 1u);
  EXPECT_GT(notes.fees[0].value, 0);
}

TEST_F(Binance, AnOrderWithoutAnAnswerIsAskedForAndNeverTakenAsRefused) {
  place();
  venue->outcome(notes.requests.back().tag, Outcome::Unknown, kNow, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1");
  answer(400, R"({"code":-2013,"msg":"Order does not exist."})", kNow + kSecond);
  EXPECT_EQ(notes.take(), "timer 1 in 2000 ms") << "it may still be on its way";
  venue->timer(1, kNow + 2 * kSecond, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1");
  answer(400, R"({"code":-2013,"msg":"Order does not exist."})", kNow + 7 * kSecond);
  EXPECT_EQ(notes.take(), "order 1 rejected 0@0 leaves 2000 -2013 Order does not exist.")
      << "its time stamp is too old to be taken now";
}

// Told by the stream that it is there, the order is not asked for on its own account any more: its cancel still is.
TEST_F(Binance, ALostCancelIsAskedForAlsoWhereTheStreamTellsOfTheOrderMeanwhile) {
  place();
  const auto placed = notes.requests.back().tag;
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  venue->outcome(notes.requests.back().tag, Outcome::Unknown, kNow, notes);
  venue->outcome(placed, Outcome::Unknown, kNow, notes);
  answer(503, R"({"code":-1000,"msg":"An unknown error occurred"})");
  notes.take();
  stream(update("NEW", "NEW", "0", "0", 0));
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000");
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1");
  answer(
      200,
      R"({"orderId":77,"symbol":"ETHUSDT","status":"NEW","clientOrderId":"stom-7-1","side":"BUY","origQty":"2","executedQty":"0"})");
  EXPECT_EQ(notes.take(), "order 1 cancel rejected 0@0 leaves 2000 the order still works: the cancel did not arrive");
  venue->timer(1, kNow + 2 * kSecond, notes);
  EXPECT_EQ(notes.take(), "") << "nothing is asked any more";
}

TEST_F(Binance, AnAnswerThatTheVenueFailedToGiveLeavesTheOrderUnknown) {
  place();
  answer(503, R"({"code":-1000,"msg":"An unknown error occurred"})");
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms");
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1");
  answer(400, R"({"code":-2013,"msg":"Order does not exist."})", kNow + kSecond);
  EXPECT_EQ(notes.take(), "timer 1 in 2000 ms") << "not there yet is not refused";
}

TEST_F(Binance, AnOrderOnItsWayIsNotRefusedBecauseTheUserStreamWasLost) {
  place();
  const auto order = notes.requests.back().tag;
  venue->closed(3, "reset", kNow, notes);
  EXPECT_TRUE(notes.take().contains("GET /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1"));
  for (const auto& request : std::vector<Request>{notes.requests})
    if (request.target.starts_with("/fapi/v1/order?"))
      venue->reply({.tag = request.tag, .status = 400, .body = R"({"code":-2013,"msg":"no"})"}, kNow, notes);
  EXPECT_EQ(notes.take(), "") << "its own answer decides";
  venue->reply({.tag = order, .status = 400, .body = R"({"code":-2019,"msg":"Margin is insufficient."})"}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 rejected 0@0 leaves 2000 -2019 Margin is insufficient.");
}

TEST_F(Binance, AnOrderThatDidArriveThoughItsAnswerWasLostWorks) {
  place();
  venue->outcome(notes.requests.back().tag, Outcome::Unknown, kNow, notes);
  notes.take();
  answer(
      200,
      R"({"orderId":77,"symbol":"ETHUSDT","status":"NEW","clientOrderId":"stom-7-1","side":"BUY","origQty":"2","executedQty":"0"})");
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000");
}

TEST_F(Binance, ACancelWhoseAnswerWasLostIsToldAsNotDoneWhereTheOrderStillWorks) {
  const auto state = [](std::string_view status) {
    return fmt::format(
        R"({{"orderId":77,"symbol":"ETHUSDT","status":"{}","clientOrderId":"stom-7-1","side":"BUY","origQty":"2","executedQty":"0"}})",
        status);
  };
  place();
  answer(200, state("NEW"));
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  notes.take();
  answer(503, R"({"code":-1000,"msg":"An unknown error occurred"})");
  EXPECT_EQ(notes.take(), "GET /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1");
  answer(200, state("NEW"));
  EXPECT_EQ(notes.take(), "order 1 cancel rejected 0@0 leaves 2000 the order still works: the cancel did not arrive")
      << "else it could never be canceled again";
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("DELETE ")) << "and it is sent again";
  venue->outcome(notes.requests.back().tag, Outcome::Unknown, kNow, notes);
  notes.take();
  answer(200, state("CANCELED"));
  EXPECT_EQ(notes.take(), "order 1 canceled 0@0 leaves 2000") << "it had arrived";
}

TEST_F(Binance, AnOrderThatWasNotWrittenDidNotHappen) {
  place();
  venue->outcome(notes.requests.back().tag, Outcome::NotWritten, kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 denied 0@0 leaves 2000 it was not sent");
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 cancel rejected 0@0 leaves 0 no such order is working");
}

TEST_F(Binance, AnOrderThatWasTakenBackWhileItWaitedIsCanceled) {
  place();
  EXPECT_EQ(notes.requests.back().order.id, 1u) << "by which the gateway finds it";
  venue->outcome(notes.requests.back().tag, Outcome::TakenBack, kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 canceled 0@0 leaves 2000 it was not sent");
  EXPECT_TRUE(venue->working_orders().empty());
}

/// Numbers that a strategy uses again (docs/strategies/grid.md). Order 1 was number 77, is canceled, and is sent anew.
struct UsedAgain : Binance {
  static std::string state(int number, std::string_view status) {
    return fmt::format(
        R"({{"orderId":{},"symbol":"ETHUSDT","status":"{}","clientOrderId":"stom-7-1","side":"BUY","origQty":"2","executedQty":"0"}})",
        number, status);
  }
  Tag asked = 0, canceled = 0;  // what became of the first one, and its cancel
  void SetUp() override {
    place();
    answer(200, state(77, "NEW"));
    venue->closed(3, "reset", kNow, notes);
    for (const auto& request : notes.requests)
      if (request.target.starts_with("/fapi/v1/order?")) asked = request.tag;
    venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
    canceled = notes.requests.back().tag;
    answer(200, state(77, "CANCELED"));
    EXPECT_TRUE(notes.take().ends_with("\norder 1 canceled 0@0 leaves 2000"));
    venue->submit({.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
    EXPECT_TRUE(notes.take().starts_with("POST /fapi/v1/order "));
  }
};

TEST_F(UsedAgain, LateWordOfTheFirstEndsTheSecondNeitherBeforeItsAnswerNorBehindIt) {
  const auto placed = notes.requests.back().tag;
  const std::string late = update("CANCELED", "CANCELED", "0", "0", 0);
  ASSERT_NE(asked, 0u);
  stream(late);
  venue->reply({.tag = asked, .status = 200, .body = state(77, "CANCELED")}, kNow, notes);
  EXPECT_EQ(notes.take(), "");
  venue->reply({.tag = placed, .status = 200, .body = state(78, "NEW")}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000");
  stream(late);
  stream(update("TRADE", "PARTIALLY_FILLED", "0.5", "0.5", 9));
  EXPECT_EQ(notes.take(), "");
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].venue_order_id, "78");
  EXPECT_EQ(venue->working_orders()[0].leaves, Quantity{2'000});
}

TEST_F(UsedAgain, ALateAnswerToTheCancelOfTheFirstIsNotAboutTheSecond) {
  answer(200, state(78, "NEW"));
  notes.take();
  venue->reply({.tag = canceled, .status = 400, .body = R"({"code":-2011,"msg":"Unknown order sent."})"}, kNow, notes);
  venue->outcome(canceled, Outcome::Unknown, kNow, notes);
  EXPECT_EQ(notes.take(), "");
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  answer(200, state(78, "CANCELED"));
  EXPECT_EQ(notes.take(),
            "DELETE /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1\norder 1 canceled 0@0 leaves 2000");
}

TEST_F(Binance, FillsThatWereMissedAreAskedForBeforeTheEndIsTold) {
  place();
  stream(update("NEW", "NEW", "0", "0", 0));
  notes.take();
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  EXPECT_EQ(notes.take(), "DELETE /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1");
  EXPECT_EQ(notes.requests.back().priority, Priority::Risk);
  answer(
      200,
      R"({"orderId":77,"symbol":"ETHUSDT","status":"CANCELED","clientOrderId":"stom-7-1","side":"BUY","origQty":"2","executedQty":"0.5"})");
  EXPECT_EQ(notes.take(), "GET /fapi/v1/userTrades?symbol=ETHUSDT&orderId=77");
  answer(200,
         R"([{"symbol":"ETHUSDT","id":9,"orderId":77,"side":"BUY","price":"1000.40","qty":"0.5","commission":"0.1",)"
         R"("commissionAsset":"USDT","time":1700000000001,"maker":true}])");
  EXPECT_EQ(notes.take(), "order 1 filled 500@100040 leaves 1500\norder 1 canceled 0@0 leaves 1500");
  EXPECT_TRUE(venue->working_orders().empty());
}

TEST_F(Binance, WhatCouldNotBeWrittenIsNotAskedForAgainAtOnce) {
  ready();
  const auto open_orders = notes.requests.back();
  ASSERT_TRUE(open_orders.target.starts_with("/fapi/v1/openOrders"));
  venue->outcome(open_orders.tag, Outcome::NotWritten, kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms");
  venue->outcome(open_orders.tag, Outcome::NotWritten, kNow, notes);
  EXPECT_EQ(notes.take(), "") << "one timer for all that waits";
  const std::string asked = "GET /fapi/v1/openAlgoOrders?symbol=ETHUSDT\nGET /fapi/v1/openOrders?symbol=ETHUSDT";
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), asked);
  answer(503, "");
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms") << "an answer of a venue that is down is none";
  venue->timer(1, kNow + 2 * kSecond, notes);
  EXPECT_EQ(notes.take(), asked);
  answer(200, "[]");
  venue->timer(1, kNow + 3 * kSecond, notes);
  EXPECT_EQ(notes.take(), "");
}

TEST_F(Binance, FillsThatCouldNotBeAskedForAreAskedForByTheOrderLater) {
  place();
  stream(update("NEW", "NEW", "0", "0", 0));
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  answer(
      200,
      R"({"orderId":77,"symbol":"ETHUSDT","status":"CANCELED","clientOrderId":"stom-7-1","side":"BUY","origQty":"2","executedQty":"0.5"})");
  notes.take();
  venue->outcome(notes.requests.back().tag, Outcome::NotWritten, kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms");
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1");
}

TEST_F(Binance, TheVenuesClockIsAskedForByItsOwnEndpointAndAgain) {
  venue->start(kNow, notes);
  const auto time = notes.requests.front();
  EXPECT_EQ(time.target, "/fapi/v1/time");
  EXPECT_FALSE(time.sign_late) << "it needs no time stamp to ask for the time";
  notes.take();
  venue->reply({.tag = time.tag, .status = 200, .body = R"({"serverTime":1700000000123})"}, kNow, notes);
  EXPECT_EQ(notes.take(), "venue clock 1700000000123+1 ms\ntimer 4 in 60000 ms");
  venue->timer(4, kNow + kMinute, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/time");
  venue->reply({.tag = time.tag, .status = 200, .body = R"({"serverTime":"soon"})"}, kNow, notes);
  EXPECT_EQ(notes.take(), "timer 4 in 1000 ms") << "what is no time tells nothing";
  venue->outcome(time.tag, Outcome::Unknown, kNow, notes);
  EXPECT_EQ(notes.take(), "timer 4 in 1000 ms");
}

constexpr std::string_view kAhead =
    R"({"code":-1021,"msg":"Timestamp for this request was 1000ms ahead of the server's time."})";
constexpr std::string_view kServerTime = R"({"serverTime":1700000000123})";

// Else each cancel would be refused until the time is asked for by itself.
TEST(BinanceMarkets, ATimeStampThatIsRefusedLeadsToTheVenuesTimeAtOnce) {
  for (const auto make : {spot_client, usdm_client, coinm_client}) {
    Notes notes;
    const auto venue = make({.credentials = Credentials{"k", "s"}, .session = "7"}).value();
    venue->start(kNow, notes);
    venue->watch(4, ether(), {.trades = false}, kNow, notes);
    const auto ask = notes.requests.front();
    ASSERT_TRUE(ask.target.ends_with("/time"));
    venue->reply({.tag = ask.tag, .status = 200, .body = kServerTime}, kNow, notes);
    venue->cancel_all({}, kNow, notes);
    const auto cancel = notes.requests.back();
    notes.take();
    const auto asked = fmt::format("GET {}", ask.target);
    venue->reply({.tag = cancel.tag, .status = 400, .body = kAhead}, kNow, notes);
    EXPECT_EQ(notes.take(), asked);
    venue->reply({.tag = cancel.tag, .status = 400, .body = kAhead}, kNow, notes);
    EXPECT_EQ(notes.take(), "") << "one question at a time";
    venue->reply({.tag = ask.tag, .status = 200, .body = kServerTime}, kNow, notes);
    notes.take();
    venue->reply({.tag = cancel.tag, .status = 400, .body = kAhead}, kNow, notes);
    EXPECT_EQ(notes.take(), asked);
    venue->outcome(ask.tag, Outcome::Unknown, kNow, notes);
    notes.take();
    venue->reply({.tag = cancel.tag, .status = 400, .body = kAhead}, kNow, notes);
    EXPECT_EQ(notes.take(), asked) << "a question without an answer is over";
  }
}

TEST_F(SocketOrders, ATimeStampThatIsRefusedLeadsToTheVenuesTimeAtOnce) {
  venue->reply({.tag = notes.requests.front().tag, .status = 200, .body = kServerTime}, kNow, notes);
  place(1);
  notes.take();
  answer(400, "error", kAhead);
  EXPECT_TRUE(notes.take().starts_with("settled\nGET /fapi/v1/time\norder 1 rejected "));
}

// Taken to be ahead by 9 s, the venue's clock is where ours is: what was signed until then is too old only 15 s later.
TEST_F(Binance, AnOrderThatWasSignedAheadOfTheVenuesTimeMayArriveForSoMuchLonger) {
  ready();
  venue->clock_offset(9 * kSecond, kNow, notes);
  venue->submit({.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}}, kNow, notes);
  venue->outcome(notes.requests.back().tag, Outcome::Unknown, kNow, notes);
  venue->clock_offset(0, kNow + kSecond, notes);
  notes.take();
  answer(400, R"({"code":-2013,"msg":"Order does not exist."})", kNow + 15 * kSecond);
  EXPECT_EQ(notes.take(), "timer 1 in 16000 ms");
  venue->timer(1, kNow + 16 * kSecond, notes);
  notes.take();
  answer(400, R"({"code":-2013,"msg":"Order does not exist."})", kNow + 16 * kSecond);
  EXPECT_EQ(notes.take(), "order 1 rejected 0@0 leaves 2000 -2013 Order does not exist.");
}

TEST(BinanceSigning, ASymbolThatIsNoAsciiIsEncodedBeforeItIsSigned) {
  Notes notes;
  auto venue = spot_client({Credentials{"k", "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"}, "7"});
  Instrument instrument = ether();
  instrument.id = "binance:１２３４５６";
  instrument.kind = ContractKind::Spot;
  (*venue)->start(kNow, notes);
  (*venue)->watch(4, instrument, {}, kNow, notes);
  (*venue)->submit({.id = 1, .instrument = 4, .quantity = {1'000}, .price = {10}}, kNow, notes);
  auto request = notes.requests.back();
  ASSERT_TRUE((*venue)->sign(request, kNow));
  const auto end = request.body.find("&signature=");
  const auto payload = request.body.substr(0, end);
  EXPECT_TRUE(payload.starts_with(
      "timestamp=1700000000000&symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT"))
      << payload;
  EXPECT_EQ(request.body.substr(end + 11),
            hex(hmac_sha256("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j", payload)))
      << "what is signed is what is sent";
  (*venue)->cancel_all({}, kNow, notes);
  EXPECT_TRUE(notes.requests.back().target.ends_with("?symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96"));
}

TEST_F(Binance, AllIsCanceledWithoutTheEngine) {
  place();
  venue->cancel_all({}, kNow, notes);
  EXPECT_EQ(notes.take(),
            "DELETE /fapi/v1/allOpenOrders?symbol=ETHUSDT\nDELETE /fapi/v1/algoOpenOrders?symbol=ETHUSDT");
  EXPECT_EQ(notes.requests.back().priority, Priority::Risk);
}

TEST_F(Binance, CancelAllIsNotAskedAgainBeforeItIsAnswered) {
  place();
  const InstrumentIndex other[]{5}, this_one[]{4};
  venue->cancel_all(other, kNow, notes);
  EXPECT_EQ(notes.take(), "");
  venue->cancel_all(this_one, kNow, notes);
  const std::string asked =
      "DELETE /fapi/v1/allOpenOrders?symbol=ETHUSDT\nDELETE /fapi/v1/algoOpenOrders?symbol=ETHUSDT";
  EXPECT_EQ(notes.take(), asked);
  venue->cancel_all({}, kNow + kSecond, notes);
  answer(200, R"({"code":200,"msg":"The operation of cancel all open order is done."})");
  venue->cancel_all(this_one, kNow + 2 * kSecond, notes);
  EXPECT_EQ(notes.take(), "") << "one of the two is answered";
  venue->outcome(notes.requests.back().tag, Outcome::NotWritten, kNow, notes);
  notes.take();
  venue->cancel_all(this_one, kNow + 3 * kSecond, notes);
  EXPECT_EQ(notes.take(), asked);
}

TEST_F(Binance, WhatIsNotOfferedIsDeniedByName) {
  ready();
  venue->submit({.id = 2, .instrument = 4, .type = OrderType::TrailingStop, .quantity = {1}}, kNow, notes);
  EXPECT_EQ(notes.take(),
            "order 2 denied 0@0 leaves 1 only limit, market, stop and take-profit orders by quantity, GTC, IOC or FOK");
  auto without = spot_client({std::nullopt, "7"}).value();
  without->start(kNow, notes);
  EXPECT_EQ(notes.take(), "") << "public data need no account";
  without->submit({.id = 3, .instrument = 4, .quantity = {1}, .price = {1}}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 3 denied 0@0 leaves 1 no key: public data alone");
}

TEST_F(Binance, TheUserStreamsKeyIsKeptAliveAndRenewed) {
  venue->start(kNow, notes);
  notes.take();
  const auto asked = std::ranges::find(notes.requests, "/fapi/v1/listenKey", &Request::target);
  ASSERT_NE(asked, notes.requests.end());
  venue->reply({.tag = asked->tag, .status = 200, .body = R"({"listenKey":"abc"})"}, kNow, notes);
  EXPECT_EQ(notes.take(), "connect 3 user /ws/abc\ntimer 5 in 10000 ms\ntimer 2 in 1800000 ms");
  venue->timer(2, kNow, notes);
  EXPECT_EQ(notes.take(), "PUT /fapi/v1/listenKey\ntimer 2 in 1800000 ms");
  stream(R"({"e":"listenKeyExpired","E":1,"listenKey":"abc"})");
  EXPECT_EQ(notes.take(), "POST /fapi/v1/listenKey");
  stream(R"({"e":"listenKeyExpired","E":"1","listenKey":"abc"})");
  EXPECT_EQ(notes.take(), "POST /fapi/v1/listenKey") << "as the documents of USD-M write its time";
}

// The gateway tries a key that is refused again for good: what is told of the account would be missing for half an
// hour.
TEST_F(Binance, AUserStreamThatDoesNotOpenIsTriedWithANewKey) {
  venue->start(kNow, notes);
  const auto key = [&](std::string_view text) {
    const auto asked = std::ranges::find(notes.requests, "/fapi/v1/listenKey", &Request::target);
    venue->reply({.tag = asked->tag, .status = 200, .body = fmt::format(R"({{"listenKey":"{}"}})", text)}, kNow, notes);
    return notes.take();
  };
  key("abc");
  venue->timer(5, kNow + 10 * kSecond, notes);
  EXPECT_EQ(notes.take(), "POST /fapi/v1/listenKey");
  EXPECT_EQ(key("def"), "connect 3 user /ws/def\ntimer 5 in 10000 ms\ntimer 2 in 1800000 ms");
  venue->opened(3, kNow, notes);
  notes.take();
  venue->timer(5, kNow + 20 * kSecond, notes);
  EXPECT_EQ(notes.take(), "") << "it is open";
}

TEST_F(Binance, TheAccountIsAskedForOnceTheUserStreamTells) {
  ready();
  venue->closed(3, "reset", kNow, notes);
  venue->opened(3, kNow, notes);
  EXPECT_EQ(notes.state, VenueState::LoggingIn) << "the key is known; the secret was not looked at yet";
  const auto asked = std::ranges::find(notes.requests, "/fapi/v3/account", &Request::target);
  ASSERT_NE(asked, notes.requests.end());
  EXPECT_TRUE(asked->sign_late);
  notes.take();
  // Two currencies, and positions in what is watched (0.75 short, entered at an average) and in what is not.
  const std::string position =
      R"({"symbol":"SYMBOL","positionAmt":"-0.750","entryPrice":"1000.123456","positionSide":"BOTH","updateTime":1})";
  const auto of = [&](const std::string& symbol) {
    auto text = position;
    return text.replace(text.find("SYMBOL"), 6, symbol);
  };
  const auto asset = [](const std::string& name, const std::string& wallet) {
    return fmt::format(
        R"({{"asset":"{}","walletBalance":"{}","unrealizedProfit":"0","marginBalance":"0",)"
        R"("maintMargin":"0","initialMargin":"0","positionInitialMargin":"0","openOrderInitialMargin":"0",)"
        R"("crossWalletBalance":"{}","crossUnPnl":"0","availableBalance":"1","maxWithdrawAmount":"1",)"
        R"("updateTime":1}})",
        name, wallet, wallet);
  };
  const auto body = fmt::format(R"({{"feeTier":0,"canTrade":true,"canDeposit":true,"canWithdraw":true,"updateTime":0,)"
                                R"("assets":[{},{}],"positions":[{},{}]}})",
                                asset("USDT", "123.45"), asset("USDC", "0.5"), of("ETHUSDT"), of("BTCUSDT"));
  venue->reply({.tag = asked->tag, .status = 200, .body = body}, kNow, notes);
  EXPECT_EQ(notes.take(), "account");
  EXPECT_EQ(notes.holdings, "whole USDT 123.45+0 USDC 0.5+0 4: -750@100012");
  EXPECT_EQ(notes.state, VenueState::SignedIn);
}

// As the venue answers it: no settings, and positions without their entry price.
TEST_F(Binance, TheAccountOfVersionThreeIsUnderstood) {
  ready();
  venue->closed(3, "reset", kNow, notes);
  venue->opened(3, kNow, notes);
  const auto asked = *std::ranges::find(notes.requests, "/fapi/v3/account", &Request::target);
  notes.take();
  const std::string body =
      R"({"totalInitialMargin":"0","totalMaintMargin":"0","totalWalletBalance":"23.7","totalUnrealizedProfit":"0",)"
      R"("totalMarginBalance":"23.7","totalPositionInitialMargin":"0","totalOpenOrderInitialMargin":"0",)"
      R"("totalCrossWalletBalance":"23.7","totalCrossUnPnl":"0","availableBalance":"23.7","maxWithdrawAmount":"23.7",)"
      R"("assets":[{"asset":"USDT","walletBalance":"23.7","unrealizedProfit":"0","marginBalance":"23.7",)"
      R"("maintMargin":"0","initialMargin":"0","positionInitialMargin":"0","openOrderInitialMargin":"0",)"
      R"("crossWalletBalance":"23.7","crossUnPnl":"0","availableBalance":"23.7","maxWithdrawAmount":"23.7",)"
      R"("updateTime":1625474304765}],"positions":[{"symbol":"ETHUSDT","positionSide":"BOTH","positionAmt":"-0.750",)"
      R"("unrealizedProfit":"0","isolatedMargin":"0","notional":"0","isolatedWallet":"0","initialMargin":"0",)"
      R"("maintMargin":"0","updateTime":0}]})";
  venue->reply({.tag = asked.tag, .status = 200, .body = body}, kNow, notes);
  EXPECT_EQ(notes.take(), "account");
  EXPECT_EQ(notes.holdings, "whole USDT 23.7+0 4: -750@0");
}

TEST_F(Binance, AWrongSecretShowsWithTheAccountAndIsNotAskedAgain) {
  ready();
  venue->closed(3, "reset", kNow, notes);
  venue->opened(3, kNow, notes);
  const auto asked = *std::ranges::find(notes.requests, "/fapi/v3/account", &Request::target);
  notes.take();
  venue->reply({.tag = asked.tag, .status = 500, .body = ""}, kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms");
  venue->reply({.tag = asked.tag, .status = 200, .body = "{"}, kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("malformed ")) << "told as what it is, and not asked for each second";
  venue->reply(
      {.tag = asked.tag, .status = 400, .body = R"({"code":-1022,"msg":"Signature for this request is not valid."})"},
      kNow, notes);
  EXPECT_EQ(notes.take(), "");
  EXPECT_EQ(notes.state, VenueState::Refused);
}

TEST(BinanceSpot, UserDataComeByASignedSubscription) {
  Notes notes;
  auto venue = spot_client({Credentials{"k", "s"}, "7"}).value();
  venue->start(kNow, notes);
  EXPECT_EQ(notes.take(), "GET /api/v3/time\nconnect 3 user /ws-api/v3");
  venue->opened(3, kNow, notes);
  auto request = notes.requests.back();
  EXPECT_TRUE(request.sign_late);
  ASSERT_TRUE(venue->sign(request, kNow));
  EXPECT_TRUE(request.body.starts_with(
      R"({"id":"user","method":"userDataStream.subscribe.signature","params":{"apiKey":"k","timestamp":1700000000000,"signature":")"));
  notes.take();
  venue->frame(3, R"({"id":"user","status":200,"result":{"subscriptionId":0}})", kNow, notes);
  EXPECT_EQ(notes.take(), "settled\nGET /api/v3/account?omitZeroBalances=true");
}

/// A venue that changes (docs/venues/changes.md): what it says of an order and we cannot read is asked for.
struct ChangedVenue : Binance {
  std::string order(const std::string& find = "", const std::string& with = "") {
    return with_changed(
        R"({"orderId":77,"symbol":"ETHUSDT","status":"NEW","clientOrderId":"stom-7-1","side":"BUY","origQty":"2","executedQty":"0"})",
        find, with);
  }
  static std::string with_changed(std::string text, const std::string& find, const std::string& with) {
    const auto at = text.find(find);
    EXPECT_NE(at, std::string::npos) << find;
    return text.replace(at, find.size(), with);
  }
  static constexpr const char* kAskAll =
      "GET /fapi/v1/openAlgoOrders?symbol=ETHUSDT\nGET /fapi/v1/openOrders?symbol=ETHUSDT\nGET "
      "/fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1";
  static constexpr const char* kAskOrder = "GET /fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1";
};

TEST_F(ChangedVenue, AnOrderOfTheUserStreamThatCannotBeReadIsAskedFor) {
  place();
  const std::string fill = update("TRADE", "FILLED", "2", "2", 9);
  const std::pair<const char*, const char*> changes[] = {
      {R"("l":"2")", R"("l":2)"},                 // a number for a string
      {R"("L":"1000.40")", R"("Lp":"1000.40")"},  // another name
      {R"("X":"FILLED")", R"("X":"PARKED")"},     // a new word
      {R"("S":"BUY")", R"("S":"BOTH")"},
      {R"("t":9)", ""},  // cut
  };
  for (const auto& [find, with] : changes) {
    stream(with_changed(fill, find, with));
    const auto said = notes.take();
    EXPECT_TRUE(said.starts_with("malformed ") || said.starts_with("unknown ")) << said;
    EXPECT_TRUE(said.ends_with("timer 1 in 1000 ms")) << said;
    EXPECT_FALSE(said.contains("order 1")) << "nothing of it counts: " << said;
    stream(with_changed(fill, find, with));
    EXPECT_FALSE(notes.take().contains("timer")) << "at most once a second";
    venue->timer(1, kNow + kSecond, notes);
    EXPECT_EQ(notes.take(), kAskAll) << with;
  }
}

TEST_F(ChangedVenue, AMemberOrAMessageThatIsNewChangesNothing) {
  place();
  stream(with_changed(update("TRADE", "PARTIALLY_FILLED", "0.5", "0.5", 9), R"("t":9)", R"("t":9,"new":{"a":[1]})"));
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000\norder 1 filled 500@100040 leaves 1500");
  stream(R"({"e":"SOMETHING_NEW","E":1,"o":{"c":"stom-7-1"}})");
  EXPECT_EQ(notes.take(), "unknown SOMETHING_NEW");
}

TEST_F(ChangedVenue, AnAnswerToAnOrderThatCannotBeReadIsAskedForAndNotGuessed) {
  const std::pair<const char*, const char*> changes[] = {{R"("executedQty":"0")", R"("executedQty":0)"},
                                                         {R"("orderId")", R"("orderNumber")"},
                                                         {R"("status":"NEW")", R"("status":"PARKED")"}};
  place();
  for (const auto& [find, with] : changes) {
    answer(200, order(find, with));
    const auto said = notes.take();
    EXPECT_TRUE(said.starts_with("malformed ") || said.starts_with("unknown ")) << said;
    EXPECT_TRUE(said.ends_with("timer 1 in 1000 ms")) << said;
    venue->timer(1, kNow + kSecond, notes);
    EXPECT_EQ(notes.take(), kAskOrder);
  }
  answer(200, order());
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000");
}

TEST_F(ChangedVenue, WhatAnAnswerDoesNotSayOfAnEndIsAskedFor) {
  place();
  answer(200, order());
  notes.take();
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  notes.take();
  answer(200, with_changed(order(R"("executedQty")", R"("filledQty")"), "NEW", "CANCELED"));
  EXPECT_EQ(notes.take(), "GET /fapi/v1/userTrades?symbol=ETHUSDT&orderId=77") << "how much was filled before it?";
  answer(200, "[]");
  EXPECT_EQ(notes.take(), "order 1 canceled 0@0 leaves 2000");
}

TEST_F(ChangedVenue, AQuestionIsNotAnsweredByAnOrderWithoutItsState) {
  place();
  venue->outcome(notes.requests.back().tag, Outcome::Unknown, kNow, notes);
  answer(200, order(R"("status")", R"("state")"));
  EXPECT_TRUE(notes.take().ends_with("timer 1 in 1000 ms"));
}

TEST_F(ChangedVenue, AnEndIsNotToldWhileItsFillsCannotBeRead) {
  place();
  answer(200, order());
  venue->cancel({.id = 1, .instrument = 4}, kNow, notes);
  answer(200, with_changed(order(R"("executedQty":"0")", R"("executedQty":"0.5")"), "NEW", "CANCELED"));
  notes.take();
  const std::string trades =
      R"([{"symbol":"ETHUSDT","id":9,"orderId":77,"side":"BUY","price":"1000.40","qty":"0.5","commission":"0.1",)"
      R"("commissionAsset":"USDT","time":1700000000001,"maker":true}])";
  answer(200, with_changed(trades, R"("qty":"0.5")", R"("qty":0.5)"));
  EXPECT_TRUE(notes.take().ends_with("timer 1 in 1000 ms"));
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), kAskOrder);
  answer(200, with_changed(order(R"("executedQty":"0")", R"("executedQty":"0.5")"), "NEW", "CANCELED"));
  EXPECT_EQ(notes.take(), "GET /fapi/v1/userTrades?symbol=ETHUSDT&orderId=77");
  answer(200, "[]");
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms") << "its fill is not in the list yet";
  venue->timer(1, kNow + kSecond, notes);
  answer(200, with_changed(order(R"("executedQty":"0")", R"("executedQty":"0.5")"), "NEW", "CANCELED"));
  notes.take();
  answer(200, trades);
  EXPECT_EQ(notes.take(), "order 1 filled 500@100040 leaves 1500\norder 1 canceled 0@0 leaves 1500");
}

TEST_F(Binance, AnotherOnesFillsCountOnceEachAlsoWhenTheOrderIsOver) {
  ready();
  const auto theirs = [](std::string text) { return text.replace(text.find("stom-7-1"), 8, "web_1"); };
  const std::string fill = theirs(update("TRADE", "FILLED", "2", "2", 9));
  stream(
      R"({"e":"TRADE_LITE","E":1,"T":1,"s":"ETHUSDT","c":"web_1","S":"BUY","q":"2","p":"1000.50","i":77,"l":"2","L":"1000.40","t":9,"m":true})");
  stream(fill);
  stream(fill);
  EXPECT_EQ(notes.take(), "order 0 accepted 0@0 leaves 2000\norder 0 filled 2000@100040 leaves 0");
}

TEST_F(Binance, AnotherOnesOrderThatIsNotListedAnyMoreIsAskedForByTheVenuesNumber) {
  ready();
  const auto theirs = [](std::string text) { return text.replace(text.find("stom-7-1"), 8, "web_1"); };
  stream(theirs(update("NEW", "NEW", "0", "0", 0)));
  venue->closed(3, "reset", kNow, notes);
  Tag listed = 0;
  for (const auto& request : notes.requests)
    if (request.target.contains("openOrders")) listed = request.tag;
  notes.take();
  venue->reply({.tag = listed, .status = 200, .body = "[]"}, kNow, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/order?symbol=ETHUSDT&orderId=77");
  answer(
      200,
      R"({"orderId":77,"symbol":"ETHUSDT","status":"CANCELED","clientOrderId":"web_1","side":"BUY","origQty":"2","executedQty":"0.5"})");
  EXPECT_EQ(notes.take(), "GET /fapi/v1/userTrades?symbol=ETHUSDT&orderId=77");
  answer(200,
         R"([{"symbol":"ETHUSDT","id":9,"orderId":77,"side":"BUY","price":"1000.40","qty":"0.5","commission":"0.1",)"
         R"("commissionAsset":"USDT","time":1700000000001,"maker":true}])");
  EXPECT_EQ(notes.take(), "order 0 filled 500@100040 leaves 1500\norder 0 canceled 0@0 leaves 1500");
  EXPECT_TRUE(venue->working_orders().empty());
}

TEST(BinanceSpot, ASubscriptionThatIsRefusedOrEndsIsAskedForAgain) {
  Notes notes;
  auto venue = spot_client({Credentials{"k", "s"}, "7"}).value();
  venue->start(kNow, notes);
  venue->opened(3, kNow, notes);
  notes.take();
  venue->frame(
      3,
      R"({"id":"user","status":400,"error":{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}})",
      kNow, notes);
  EXPECT_EQ(notes.take(), "settled\ntimer 3 in 1000 ms") << "the time is asked for already";
  venue->timer(3, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "say 3");
  venue->frame(3, R"({"id":"user","status":200,"result":{"subscriptionId":0}})", kNow, notes);
  notes.take();
  venue->frame(3, R"({"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1}})", kNow, notes);
  EXPECT_EQ(notes.take(), "say 3");
  venue->closed(3, "reset", kNow, notes);
  venue->timer(3, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "") << "there is nothing to say it on";
}

TEST(BinanceCapture, ARecordedStreamGoesThroughWithoutAGap) {
  const auto file = stom::test::test_data("market/binance_ws_raw/usdm_btcusdt_20240808.jsonl.gz");
  if (!file) GTEST_SKIP() << stom::test::kNoTestData;
  Notes notes;
  auto venue = usdm_client({std::nullopt, "7"}).value();
  Instrument bitcoin = ether();
  bitcoin.id = "binance-usdm:BTCUSDT";
  bitcoin.price_decimals = 2;
  venue->start(kNow, notes);
  venue->watch(0, bitcoin, {.quotes = true}, kNow, notes);
  venue->opened(1, kNow, notes);
  notes.lines.clear();
  auto source = importers::LineSource::open(*file);
  ASSERT_TRUE(source);
  std::string_view line;
  std::size_t frames = 0;
  while (const auto more = source->next(line)) {
    if (!*more || frames == 30'000) break;
    const auto frame = line.substr(line.find(' ') + 1);
    if (frame.starts_with("{\"lastUpdateId\"")) continue;  // the recorder's own snapshot: ours comes by an answer
    venue->frame(1, frame, kNow, notes);
    ++frames;
  }
  EXPECT_EQ(notes.messages, frames);
  for (const auto& said : notes.lines) ASSERT_EQ(said, "market 0 1");
}

/// A session that goes on: order 1 of 2.000 works and 0.500 of it are booked, of order 2 nobody knows.
struct ResumedOrders : Binance {
  static constexpr UnixNanos kFilledAt = 1'700'000'000'001 * kMillisecond - kHour;
  void SetUp() override {
    const std::vector<Fill> fills{
        {.time = kFilledAt, .instrument = 4, .order = 1, .price = {100'040}, .quantity = {500}}};
    const std::vector<EarlierOrder> orders{
        {.order = {.id = 1, .instrument = 4, .quantity = {2'000}, .price = {100'050}},
         .accepted = true,
         .fills = fills},
        {.order = {.id = 2, .instrument = 4, .quantity = {1'000}, .price = {100'050}}, .accepted = false, .fills = {}}};
    venue->resume(orders, 3, 1'000'000);
    ready();
    venue->opened(3, kNow, notes);
    asked = notes.take();
  }
  Tag tag(std::string_view target) const {
    for (const auto& request : notes.requests)
      if (request.target.starts_with(target)) last = request.tag;
    return last;
  }
  void tell(std::string_view target, int status, std::string_view body, UnixNanos now = kNow) {
    venue->reply({.tag = tag(target), .status = status, .body = body}, now, notes);
  }
  static std::string state(int id, std::string_view status, std::string_view filled) {
    return fmt::format(
        R"({{"orderId":{},"symbol":"ETHUSDT","status":"{}","clientOrderId":"stom-7-{}","price":"1000.50","avgPrice":"0",)"
        R"("origQty":"{}","executedQty":"{}","cumQuote":"0","timeInForce":"GTC","type":"LIMIT","reduceOnly":false,)"
        R"("closePosition":false,"side":"BUY","positionSide":"BOTH","stopPrice":"0","workingType":"CONTRACT_PRICE",)"
        R"("priceProtect":false,"origType":"LIMIT","priceMatch":"NONE","selfTradePreventionMode":"NONE","goodTillDate":0,)"
        R"("time":1699999999000,"updateTime":1699999999000}})",
        70 + id, status, id, id == 1 ? "2.000" : "1.000", filled);
  }
  static constexpr const char* kAbsent = R"({"code":-2013,"msg":"Order does not exist."})";
  static constexpr const char* kOfTheFirst = "/fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-1";
  static constexpr const char* kOfTheSecond = "/fapi/v1/order?symbol=ETHUSDT&origClientOrderId=stom-7-2";
  static constexpr const char* kAccount = R"({"totalInitialMargin":"0","assets":[],"positions":[]})";
  mutable Tag last = 0;
  std::string asked;
};

TEST_F(ResumedOrders, AreAskedForAndTheirFillsAreBookedOnce) {
  EXPECT_TRUE(asked.contains(kOfTheFirst)) << asked;
  EXPECT_TRUE(asked.contains(kOfTheSecond)) << asked;
  tell(kOfTheFirst, 200, state(1, "PARTIALLY_FILLED", "1.250"));
  EXPECT_TRUE(notes.take().contains("GET /fapi/v1/userTrades?symbol=ETHUSDT&orderId=71"));
  const auto trade = [](int number, std::string_view price, std::string_view quantity, UnixNanos time) {
    return fmt::format(
        R"({{"symbol":"ETHUSDT","id":{},"orderId":71,"side":"BUY","price":"{}","qty":"{}","realizedPnl":"0",)"
        R"("quoteQty":"0","commission":"0.1","commissionAsset":"USDT","time":{},"positionSide":"BOTH","buyer":true,)"
        R"("maker":true}})",
        number, price, quantity, time / kMillisecond);
  };
  tell("/fapi/v1/userTrades", 200,
       fmt::format("[{},{}]", trade(8, "1000.40", "0.500", kFilledAt),
                   trade(9, "1000.50", "0.750", kFilledAt + kMinute)));
  EXPECT_EQ(notes.take(), "order 1 filled 750@100050 leaves 750");
}

TEST_F(ResumedOrders, AreAllToldOnceEachAnswerHasCome) {
  tell("/fapi/v3/account", 200, kAccount);
  tell("/fapi/v1/openAlgoOrders", 200, "[]");
  tell("/fapi/v1/openOrders", 200, "[" + state(1, "PARTIALLY_FILLED", "0.500") + "]");
  tell(kOfTheFirst, 200, state(1, "PARTIALLY_FILLED", "0.500"));
  EXPECT_EQ(notes.everything, "") << "of order 2 nothing is known yet";
  tell(kOfTheSecond, 400, kAbsent);
  EXPECT_EQ(notes.everything, "") << "it may still arrive";
  notes.take();
  venue->timer(1, kNow + 7 * kSecond, notes);
  tell(kOfTheSecond, 400, kAbsent, kNow + 7 * kSecond);
  EXPECT_TRUE(notes.take().contains("order 2 rejected"));
  EXPECT_EQ(notes.everything, "all: 1 stom-7-1 1500 left at 100050");
}

TEST_F(ResumedOrders, ThatTheVenueForgotWorkNoMore) {
  tell(kOfTheFirst, 400, kAbsent);
  notes.take();
  venue->timer(1, kNow + 7 * kSecond, notes);
  tell(kOfTheFirst, 400, kAbsent, kNow + 7 * kSecond);
  EXPECT_TRUE(notes.take().contains("order 1 expired 0@0 leaves 1500 "));
}

TEST_F(ResumedOrders, AnIdThatALostOrderHasIsDeniedAndNoCancelOfOursIsAboutIt) {
  auto lost = state(2, "NEW", "0");
  lost.replace(lost.find("stom-7-2"), 8, "stom-7-9");
  lost.replace(lost.find(":72,"), 4, ":79,");
  tell("/fapi/v1/openOrders", 200, "[" + lost + "]");
  notes.take();
  venue->submit({.id = 9, .instrument = 4, .quantity = {1'000}, .price = {100'050}}, kNow, notes);
  EXPECT_EQ(notes.take(),
            "order 9 denied 0@0 leaves 1000 an order of that name works there that this session does not know");
  venue->cancel({.id = 9, .instrument = 4}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 9 cancel rejected 0@0 leaves 0 no such order is working");
}

// The journal lost its last records with the machine's power, the venue did not.
TEST_F(ResumedOrders, OneUnderAnIdThatTheJournalForgotIsToldAsSomebodyElses) {
  tell("/fapi/v3/account", 200, kAccount);
  tell("/fapi/v1/openAlgoOrders", 200, "[]");
  tell(kOfTheFirst, 200, state(1, "PARTIALLY_FILLED", "0.500"));
  tell(kOfTheSecond, 200, state(2, "NEW", "0"));
  notes.take();
  auto lost = state(2, "NEW", "0");
  lost.replace(lost.find("stom-7-2"), 8, "stom-7-9");
  lost.replace(lost.find(":72,"), 4, ":79,");
  tell("/fapi/v1/openOrders", 200, "[" + lost + "]");
  EXPECT_EQ(notes.everything,
            "all: 1 stom-7-1 1500 left at 100050 2 stom-7-2 1000 left at 100050 0 stom-7-9 1000 left at 100050");
}

// An old backup knows of none that came behind it, nor that an order of a bracket of before it has left.
TEST_F(ResumedOrders, AnyUnderAnIdThatTheJournalDoesNotKnowIsToldAsSomebodyElses) {
  tell("/fapi/v3/account", 200, kAccount);
  tell("/fapi/v1/openAlgoOrders", 200, "[]");
  tell(kOfTheFirst, 200, state(1, "PARTIALLY_FILLED", "0.500"));
  tell(kOfTheSecond, 200, state(2, "NEW", "0"));
  notes.take();
  const auto under = [](std::string_view name, std::string_view number) {
    auto order = state(2, "NEW", "0");
    order.replace(order.find("stom-7-2"), 8, name);
    return order.replace(order.find(":72,"), 4, number);
  };
  tell("/fapi/v1/openOrders", 200,
       fmt::format("[{},{}]", under("stom-7-1796000000123", ":78,"), under("stom-7-9223372036854775809", ":79,")));
  EXPECT_EQ(notes.everything,
            "all: 1 stom-7-1 1500 left at 100050 0 stom-7-1796000000123 1000 left at 100050 2 stom-7-2 1000 left at "
            "100050 0 stom-7-9223372036854775809 1000 left at 100050");
}

/// What waits at the algo service that this session did not place, or whose record its journal lost.
struct OthersAlgos : ResumedOrders {
  static std::string waits(std::string_view name, int number, std::string_view type = "STOP_MARKET",
                           std::string_view price = "0") {
    return fmt::format(
        R"({{"algoId":{},"clientAlgoId":"{}","algoType":"CONDITIONAL","orderType":"{}","symbol":"ETHUSDT","side":"SELL",)"
        R"("positionSide":"BOTH","timeInForce":"GTC","quantity":"0.500","algoStatus":"NEW","actualOrderId":"",)"
        R"("actualPrice":"0.00000","triggerPrice":"950.00","price":"{}","icebergQuantity":null,"tpTriggerPrice":"0.000",)"
        R"("tpPrice":"0.000","slTriggerPrice":"0.000","slPrice":"0.000","tpOrderType":"",)"
        R"("selfTradePreventionMode":"EXPIRE_MAKER","workingType":"CONTRACT_PRICE","priceMatch":"NONE",)"
        R"("closePosition":false,"priceProtect":false,"reduceOnly":true,"createTime":1750514941540,)"
        R"("updateTime":1750514941540,"triggerTime":0,"goodTillDate":0}})",
        number, name, type, price);
  }
  static std::string update(std::string_view status, std::string_view order = "") {
    auto text = Algo::told(status, order);
    text.replace(text.find("stom-7-1"), 8, "web_1");
    return text;
  }
  void rest_told() {
    tell("/fapi/v3/account", 200, kAccount);
    tell("/fapi/v1/openOrders", 200, "[]");
    tell(kOfTheFirst, 200, state(1, "PARTIALLY_FILLED", "0.500"));
    tell(kOfTheSecond, 200, state(2, "NEW", "0"));
  }
  static constexpr const char* kOurs = "all: 1 stom-7-1 1500 left at 100050 2 stom-7-2 1000 left at 100050";
};

TEST_F(OthersAlgos, AreListedOfTheSessionsLostNameAndOfSomebodyElse) {
  rest_told();
  EXPECT_EQ(notes.everything, "") << "the algo service has not answered yet";
  tell("/fapi/v1/openAlgoOrders", 200,
       fmt::format("[{},{}]", waits("stom-7-9", 55), waits("web_1", 56, "STOP", "949.50")));
  EXPECT_EQ(notes.everything, std::string{kOurs} + " 0 stom-7-9 500 left at 0 0 web_1 500 left at 94950");
  const auto working = venue->working_orders();
  const auto stop = std::ranges::find(working, "web_1", &WorkingOrder::client_id);
  ASSERT_NE(stop, working.end());
  EXPECT_EQ(stop->side, Side::Sell);
  EXPECT_EQ(stop->trigger_price.value, 95'000);
  EXPECT_EQ(stop->venue_order_id, "56");
}

TEST_F(OthersAlgos, TakeTheirNumberFromNoOrderOfOurs) {
  rest_told();
  tell("/fapi/v1/openAlgoOrders", 200, "[" + waits("stom-7-9", 55) + "]");
  notes.take();
  venue->submit({.id = 9, .instrument = 4, .type = OrderType::Stop, .quantity = {1'000}, .trigger_price = {105'000}},
                kNow, notes);
  EXPECT_EQ(notes.take(),
            "order 9 denied 0@0 leaves 1000 an order of that name works there that this session does not know");
}

TEST_F(OthersAlgos, AreKnownFromTheStreamUntilTheyAreCanceled) {
  stream(update("NEW"));
  EXPECT_EQ(notes.take(), "order 0 accepted 0@0 leaves 2000");
  stream(update("CANCELED"));
  EXPECT_EQ(notes.take(), "order 0 canceled 0@0 leaves 2000");
  rest_told();
  tell("/fapi/v1/openAlgoOrders", 200, "[" + waits("web_1", 55) + "]");
  EXPECT_EQ(notes.everything, kOurs) << "the list is older than that";
}

TEST_F(OthersAlgos, ThatHaveTheirPriceAreOrdersLikeAnyOther) {
  const auto order = [](std::string_view execution, std::string_view status, std::string_view last) {
    auto text = Binance::update(std::string{execution}, std::string{status}, std::string{last}, std::string{last}, 9);
    return text.replace(text.find("stom-7-1"), 8, "web_1");
  };
  const auto theirs = [&] {
    return std::ranges::count(venue->working_orders(), std::string{"web_1"}, &WorkingOrder::client_id);
  };
  stream(update("NEW"));
  stream(order("NEW", "NEW", "0"));
  stream(update("TRIGGERED", "77"));
  EXPECT_EQ(notes.take(), "order 0 accepted 0@0 leaves 2000");
  EXPECT_EQ(theirs(), 1);
  stream(order("TRADE", "FILLED", "2"));
  stream(update("FINISHED", "77"));
  EXPECT_EQ(notes.take(), "order 0 filled 2000@100040 leaves 0");
  EXPECT_EQ(theirs(), 0);
}

TEST_F(OthersAlgos, WhoseTriggerIsToldFirstAreOrdersOnceThoseAreTold) {
  stream(update("NEW"));
  stream(update("TRIGGERED", "77"));
  notes.take();
  auto filled = Binance::update("TRADE", "FILLED", "2", "2", 9);
  filled.replace(filled.find("stom-7-1"), 8, "web_1");
  stream(filled);
  EXPECT_EQ(notes.take(), "order 0 accepted 0@0 leaves 2000\norder 0 filled 2000@100040 leaves 0");
}

TEST_F(OthersAlgos, ThatAreNotListedAnyMoreAreGoneAndTheListIsAskedForOnceMore) {
  stream(update("NEW"));
  notes.take();
  rest_told();
  notes.take();
  tell("/fapi/v1/openAlgoOrders", 200, "[]");
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms") << "it may have come behind the answer";
  EXPECT_EQ(notes.everything, kOurs);
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_TRUE(notes.take().contains("GET /fapi/v1/openAlgoOrders?symbol=ETHUSDT"));
  tell("/fapi/v1/openAlgoOrders", 200, "[]");
  EXPECT_EQ(notes.take(), "") << "nothing more is gone";
}

TEST_F(OthersAlgos, AreAskedForAgainWhereTheServiceDidNotAnswer) {
  rest_told();
  notes.take();
  tell("/fapi/v1/openAlgoOrders", 503, "");
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms");
  EXPECT_EQ(notes.everything, "");
}

/// Order 79 of somebody else's: 1.000 at 1000.50, which the session takes for its own.
struct AdoptedOrders : ResumedOrders {
  static constexpr NewOrder kTheirs{.id = 1'000'001, .instrument = 4, .quantity = {1'000}, .price = {100'050}};
  static std::string theirs(std::string_view status, std::string_view filled, std::string_view name = "web_1") {
    auto text = state(9, status, filled);
    return text.replace(text.find("stom-7-9"), 8, name);
  }
  static std::string fill(std::string status, std::string last, std::string filled, int trade) {
    auto text = update("TRADE", std::move(status), std::move(last), std::move(filled), trade);
    for (const auto& [from, to] :
         {std::pair{R"("i":77)", R"("i":79)"}, std::pair{R"("q":"2")", R"("q":"1")"}, std::pair{"stom-7-1", "web_1"}})
      text.replace(text.find(from), std::string_view{from}.size(), to);
    return text;
  }
  void rests(std::string_view name = "web_1") {
    tell("/fapi/v1/openOrders", 200, "[" + theirs("NEW", "0", name) + "]");
    notes.take();
  }
  const WorkingOrder* working(std::string_view name) {
    const auto all = venue->working_orders();
    const auto at = std::ranges::find(all, name, &WorkingOrder::client_id);
    return at == all.end() ? nullptr : &*at;
  }
};

TEST_F(AdoptedOrders, AreOursFromTheirFillsToTheirCancel) {
  rests();
  ASSERT_NE(working("web_1"), nullptr);
  EXPECT_TRUE(working("web_1")->adoptable);
  venue->adopt(kTheirs, "79", kNow, notes);
  EXPECT_EQ(notes.take(), "order 1000001 accepted 0@0 leaves 1000");
  EXPECT_EQ(working("web_1")->id, kTheirs.id);
  EXPECT_FALSE(working("web_1")->adoptable);
  stream(fill("PARTIALLY_FILLED", "0.4", "0.4", 9));
  EXPECT_EQ(notes.take(), "order 1000001 filled 400@100040 leaves 600");
  venue->cancel({.id = kTheirs.id, .instrument = 4}, kNow, notes);
  EXPECT_EQ(notes.take(), "DELETE /fapi/v1/order?symbol=ETHUSDT&orderId=79");
  answer(200, theirs("CANCELED", "0.400"));
  EXPECT_EQ(notes.take(), "order 1000001 canceled 0@0 leaves 600");
  EXPECT_EQ(working("web_1"), nullptr);
  stream(fill("PARTIALLY_FILLED", "0.4", "0.4", 9));
  EXPECT_EQ(notes.take(), "") << "late word of it begins no other one";
}

TEST_F(AdoptedOrders, ThatHaveFilledMeanwhileStaySomebodyElses) {
  rests();
  stream(fill("PARTIALLY_FILLED", "0.4", "0.4", 9));
  notes.take();
  venue->adopt(kTheirs, "79", kNow, notes);
  EXPECT_EQ(notes.take(),
            "order 1000001 rejected 0@0 leaves 1000 it has filled or ended meanwhile, and is not adopted");
  venue->adopt(kTheirs, "80", kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("order 1000001 rejected ")) << "nor is one that is not there";
  EXPECT_EQ(working("web_1")->id, 0u);
}

/// A trade of order 79, of a list of them.
std::string listed_trade(int id, std::string_view quantity) {
  return fmt::format(
      R"({{"symbol":"ETHUSDT","id":{},"orderId":79,"side":"BUY","price":"1000.40","qty":"{}","commission":"0.1",)"
      R"("commissionAsset":"USDT","time":1700000000001,"maker":true}})",
      id, quantity);
}

TEST_F(AdoptedOrders, ThatHadFilledInPartAreTheRestAndNothingOfThatPartIsOurs) {
  auto partly = theirs("PARTIALLY_FILLED", "0.4");
  partly.replace(partly.find(R"("avgPrice":"0")"), 14, R"("avgPrice":"999.5")");
  tell("/fapi/v1/openOrders", 200, "[" + partly + "]");
  notes.take();
  ASSERT_TRUE(working("web_1") != nullptr && working("web_1")->adoptable);
  EXPECT_EQ(working("web_1")->filled.quantity, Quantity{400});
  EXPECT_TRUE(working("web_1")->filled.value == Int128{99'950} * 400) << "as the venue says it";
  auto rest = kTheirs;
  rest.quantity = {600};
  venue->adopt(rest, "79", kNow, notes);
  EXPECT_EQ(notes.take(), "order 1000001 accepted 0@0 leaves 600");
  stream(fill("PARTIALLY_FILLED", "0.4", "0.4", 9));
  EXPECT_EQ(notes.take(), "") << "late word of what was filled before";
  // Fills that nobody told: of the order's trades those before the adoption are none of ours.
  venue->cancel({.id = rest.id, .instrument = 4}, kNow, notes);
  notes.take();
  answer(200, theirs("CANCELED", "0.700"));
  EXPECT_EQ(notes.take(), "GET /fapi/v1/userTrades?symbol=ETHUSDT&orderId=79");
  answer(200, "[" + listed_trade(9, "0.4") + "," + listed_trade(10, "0.3") + "]");
  EXPECT_EQ(notes.take(), "order 1000001 filled 300@100040 leaves 300\norder 1000001 canceled 0@0 leaves 300");
}

TEST_F(Binance, OfAnOrderThatWasAdoptedInPartAnotherProcessBooksNothingOfBefore) {
  auto rest = AdoptedOrders::kTheirs;
  rest.quantity = {600};
  const std::vector<EarlierOrder> orders{
      {.order = rest, .accepted = true, .venue_order_id = "79", .before = {.quantity = {400}}}};
  venue->resume(orders, 1'000'002, 2'000'000);
  ready();
  venue->opened(3, kNow, notes);
  const std::string question = "/fapi/v1/order?symbol=ETHUSDT&orderId=79";
  const auto asked = std::ranges::find(notes.requests, question, &Request::target);
  ASSERT_NE(asked, notes.requests.end());
  const Tag tag = asked->tag;
  notes.take();
  venue->reply({.tag = tag, .status = 200, .body = AdoptedOrders::theirs("PARTIALLY_FILLED", "0.700")}, kNow, notes);
  EXPECT_EQ(notes.take(), "GET /fapi/v1/userTrades?symbol=ETHUSDT&orderId=79");
  answer(200, "[" + listed_trade(9, "0.4") + "," + listed_trade(10, "0.3") + "]");
  EXPECT_EQ(notes.take(), "order 1000001 filled 300@100040 leaves 300");
}

TEST_F(AdoptedOrders, KeepTheNumberOfTheLostOneThatTheyWere) {
  rests("stom-7-9");
  venue->adopt(kTheirs, "79", kNow, notes);
  notes.take();
  venue->submit({.id = 9, .instrument = 4, .quantity = {1'000}, .price = {100'050}}, kNow, notes);
  EXPECT_EQ(notes.take(),
            "order 9 denied 0@0 leaves 1000 an order of that name works there that this session does not know");
}

TEST_F(Binance, AnOrderThatAnEarlierProcessAdoptedIsAskedForByItsNumberAndThenKnownByItsName) {
  const std::vector<Fill> fills{{.time = ResumedOrders::kFilledAt,
                                 .instrument = 4,
                                 .order = AdoptedOrders::kTheirs.id,
                                 .price = {100'040},
                                 .quantity = {400}}};
  const std::vector<EarlierOrder> orders{
      {.order = AdoptedOrders::kTheirs, .accepted = true, .venue_order_id = "79", .fills = fills}};
  venue->resume(orders, 1'000'002, 2'000'000);
  ready();
  venue->opened(3, kNow, notes);
  const std::string question = "/fapi/v1/order?symbol=ETHUSDT&orderId=79";
  EXPECT_TRUE(notes.take().contains("GET " + question));
  const auto asked = std::ranges::find(notes.requests, question, &Request::target);
  ASSERT_NE(asked, notes.requests.end());
  venue->reply({.tag = asked->tag, .status = 200, .body = AdoptedOrders::theirs("PARTIALLY_FILLED", "0.400")}, kNow,
               notes);
  EXPECT_EQ(notes.take(), "") << "all of it was known";
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].id, AdoptedOrders::kTheirs.id);
  EXPECT_EQ(venue->working_orders()[0].client_id, "web_1");
  stream(AdoptedOrders::fill("FILLED", "0.6", "1", 10));
  EXPECT_EQ(notes.take(), "order 1000001 filled 600@100040 leaves 0");
}

/// What the list of incomes says of funding (the venue's documents: Get Income History).
struct Funding : Binance {
  static std::string row(const std::string& symbol, const std::string& income, UnixNanos at) {
    return fmt::format(
        R"({{"symbol":"{}","incomeType":"FUNDING_FEE","income":"{}","asset":"USDT","info":"FUNDING_FEE","time":{},)"
        R"("tranId":9689322392,"tradeId":""}})",
        symbol, income, at / kMillisecond);
  }
  /// Of a crossed position: only what the wallet holds now.
  static constexpr const char* kPaid =
      R"({"e":"ACCOUNT_UPDATE","T":1700000000000,"E":1700000000001,"a":{"m":"FUNDING_FEE",)"
      R"("B":[{"a":"USDT","wb":"999.625","cw":"999.625","bc":"-0.375"}],"P":[]}})";
  static constexpr const char* kAsk = "GET /fapi/v1/income?incomeType=FUNDING_FEE&startTime=1700000000000&limit=1000";

  void list(const std::string& rows, UnixNanos now = kNow) {
    const auto asked = std::ranges::find_if(notes.requests.rbegin(), notes.requests.rend(), [](const Request& request) {
      return request.target.starts_with("/fapi/v1/income");
    });
    ASSERT_NE(asked, notes.requests.rend());
    EXPECT_TRUE(asked->sign_late);
    venue->reply({.tag = asked->tag, .status = 200, .body = "[" + rows + "]"}, now, notes);
  }
};

TEST_F(Funding, IsBookedByTheListOnceTheStreamSaysThatAWalletPaid) {
  ready();
  stream(kPaid);
  EXPECT_EQ(notes.take(), fmt::format("account\n{}", kAsk));
  list(row("ETHUSDT", "-0.37500000", kNow + kHour) + "," + row("BTCUSDT", "-5", kNow + kHour));
  EXPECT_EQ(notes.take(), "funding 4 paid 0.375 at 3600 s") << "nobody watches BTCUSDT";
  stream(kPaid);
  notes.take();
  list(row("ETHUSDT", "-0.37500000", kNow + kHour) + "," + row("ETHUSDT", "0.12500000", kNow + 9 * kHour));
  EXPECT_EQ(notes.take(), "funding 4 paid -0.125 at 32400 s") << "what was booked is not booked again";
}

TEST_F(Funding, ThatTheListDoesNotHaveYetIsAskedForAgainAndNotForGood) {
  ready();
  stream(kPaid);
  notes.take();
  for (const int seconds : {1, 2, 4, 8, 16, 32}) {
    list("");
    EXPECT_EQ(notes.take(), fmt::format("timer 6 in {} ms", seconds * 1000));
    venue->timer(6, kNow, notes);
    EXPECT_EQ(notes.take(), kAsk);
  }
  list("");
  EXPECT_EQ(notes.take(), "");
  EXPECT_EQ(notes.said, "a funding payment is not in the list of incomes: asked for again later");
  stream(kPaid);
  notes.take();
  list(row("ETHUSDT", "-1", kNow + kHour));
  EXPECT_EQ(notes.take(), "funding 4 paid 1 at 3600 s");
}

TEST_F(Funding, OfAnOutageIsAskedForWhenTheStreamHasBegunAnew) {
  ready();
  venue->closed(3, "reset", kNow, notes);
  venue->opened(3, kNow + 9 * kHour, notes);
  EXPECT_TRUE(notes.take().contains(kAsk));
  list(row("ETHUSDT", "-1", kNow + 8 * kHour), kNow + 9 * kHour);
  EXPECT_EQ(notes.take(), "funding 4 paid 1 at 28800 s");
}

// A session that goes on: what its journal has is not booked again, what came while it was away is, and what was before
// it began is not its own.
TEST_F(Funding, OverARestartIsBookedOnce) {
  const Instrument instrument = ether();
  const EarlierFunding told[] = {{&instrument, kNow - 8 * kHour}};
  venue->resume_funding(kNow - 12 * kHour, told);
  ready();
  venue->opened(3, kNow, notes);
  EXPECT_TRUE(notes.take().contains(fmt::format("startTime={}&", (kNow - 12 * kHour) / kMillisecond)));
  list(row("ETHUSDT", "-1", kNow - 16 * kHour) + "," + row("ETHUSDT", "-2", kNow - 8 * kHour) + "," +
       row("ETHUSDT", "-3", kNow - kHour));
  EXPECT_EQ(notes.take(), "funding 4 paid 3 at -3600 s");
}

// As many as one answer takes: there may be more.
TEST_F(Funding, OfALongTimeIsAskedForPageByPage) {
  ready();
  stream(kPaid);
  notes.take();
  std::string rows;
  for (int i = 0; i < 1000; ++i)
    rows += (i > 0 ? "," : "") + row(i < 999 ? fmt::format("A{}USDT", i) : "ETHUSDT", "-1", kNow + (i + 1) * kSecond);
  list(rows);
  EXPECT_EQ(notes.take(),
            fmt::format("funding 4 paid 1 at 1000 s\nGET /fapi/v1/income?incomeType=FUNDING_FEE&startTime="
                        "{}&limit=1000",
                        (kNow + 1000 * kSecond) / kMillisecond));
}

TEST_F(Funding, OfAKeyThatMayNotReadItIsSaidAndNotAskedForAgain) {
  ready();
  stream(kPaid);
  notes.take();
  answer(401, R"({"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."})");
  EXPECT_EQ(notes.take(), "");
  EXPECT_EQ(notes.state, VenueState::Refused);
}

}  // namespace
}  // namespace stom::venues::binance
