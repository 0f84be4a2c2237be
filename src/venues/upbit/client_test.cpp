#include "venues/upbit/client.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "importers/line_source.hpp"
#include "tests/support/test_data.hpp"
#include "tests/support/venue_notes.hpp"
#include "venues/upbit/server_token.hpp"

namespace stom::venues::upbit {
namespace {

using test::kNow;
using test::Notes;

Instrument coin(const std::string& symbol, int price_decimals, int quantity_decimals) {
  Instrument instrument;
  instrument.id = "upbit:" + symbol;
  instrument.price_decimals = price_decimals;
  instrument.quantity_decimals = quantity_decimals;
  return instrument;
}

TEST(UpbitClient, ASubscriptionNamesAllThatIsWatched) {
  Notes notes;
  auto venue = client({}).value();
  venue->start(kNow, notes);
  venue->watch(0, coin("KRW-BTC", 0, 8), {}, kNow, notes);
  EXPECT_EQ(notes.take(), "connect 1 public /websocket/v1");
  venue->opened(1, kNow, notes);
  EXPECT_EQ(
      notes.take(),
      R"(say 1 [{"ticket":"stom-1"},{"type":"trade","codes":["KRW-BTC"]},{"type":"orderbook","codes":["KRW-BTC"]},{"format":"DEFAULT"}])");
  venue->watch(1, coin("KRW-ETH", 0, 8), {.trades = false}, kNow, notes);
  EXPECT_EQ(
      notes.take(),
      R"(say 1 [{"ticket":"stom-2"},{"type":"trade","codes":["KRW-BTC"]},{"type":"orderbook","codes":["KRW-BTC","KRW-ETH"]},{"format":"DEFAULT"}])");
  venue->closed(1, "reset", kNow, notes);
  EXPECT_EQ(notes.take(), "stale 0: reset\nstale 1: reset");
  venue->unwatch(0, kNow, notes);
  venue->unwatch(1, kNow, notes);
  EXPECT_TRUE(notes.take().ends_with("disconnect 1"));
}

TEST(UpbitClient, TheLastTradeBeforeASubscriptionIsNotTradedAgain) {
  Notes notes;
  auto venue = client({}).value();
  venue->watch(3, coin("KRW-XRP", 1, 8), {}, kNow, notes);
  notes.take();
  const auto trade = [](std::string_view stream, std::string_view price) {
    return fmt::format(
        R"({{"ty":"trade","cd":"KRW-XRP","tms":2,"td":"d","ttm":"t","ttms":1,"tp":{},"tv":5.5e-06,"ab":"BID","pcp":1,)"
        R"("c":"RISE","cp":1,"sid":7,"st":"{}"}})",
        price, stream);
  };
  venue->frame(1, trade("SNAPSHOT", "700.5"), kNow, notes);
  EXPECT_EQ(notes.take(), "");
  venue->frame(1, trade("REALTIME", "700.5"), kNow, notes);
  EXPECT_EQ(notes.take(), "market 3 1");
  venue->frame(1, trade("REALTIME", "700.55"), kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("malformed '700.55' has more than 1 decimals"));
  venue->frame(1, R"({"type":"somethingNew","code":"KRW-XRP"})", kNow, notes);
  EXPECT_EQ(notes.take(), "unknown somethingNew");
}

/// A client with a key that watches KRW-BTC (index 2).
struct UpbitOrders : testing::Test {
  Notes notes;
  std::unique_ptr<Venue> venue = client({Credentials{"k", "s"}, "7"}).value();

  UpbitOrders() {
    venue->start(kNow, notes);
    Instrument bitcoin = coin("KRW-BTC", 0, 8);
    bitcoin.base = "BTC", bitcoin.quote = "KRW";
    bitcoin.ladder = {{{0}, {1}}, {{1'000'000}, {1'000}}};
    venue->watch(2, bitcoin, {}, kNow, notes);
    venue->opened(2, kNow, notes);
    notes.take();
    answer_all("/v1/orders/open", "[]");
    answer_all("/v1/accounts", R"([{"currency":"KRW","balance":"1000500.0","locked":"0.0","avg_buy_price":"0",)"
                               R"("avg_buy_price_modified":false,"unit_currency":"KRW"}])");
    notes.take();
  }
  void answer_all(std::string_view path, const std::string& body, int status = 200, UnixNanos now = kNow) {
    const std::vector<Request> sent{notes.requests};
    for (const auto& request : sent)
      if (request.target.starts_with(path))
        venue->reply({.tag = request.tag, .status = status, .body = body}, now, notes);
  }
  void answer(int status, const std::string& body, UnixNanos now = kNow) {
    venue->reply({.tag = notes.requests.back().tag, .status = status, .body = body}, now, notes);
  }
  void place() {
    venue->submit({.id = 1, .instrument = 2, .quantity = {2'000'000}, .price = {100'000'000}}, kNow, notes);
    notes.take();
  }
  void stream(const std::string& frame) { venue->frame(2, frame, kNow, notes); }

  /// As POST and GET answer; `more` has the trades.
  static std::string order(std::string_view state, std::string_view executed, std::string_view paid,
                           std::string_view more = "") {
    return fmt::format(
        R"({{"uuid":"u-1","side":"bid","ord_type":"limit","price":"100000000","state":"{}","market":"KRW-BTC",)"
        R"("created_at":"2023-11-15T07:13:20+09:00","volume":"0.02","remaining_volume":"0.02","reserved_fee":"1000",)"
        R"("remaining_fee":"1000","paid_fee":"{}","locked":"2001000","executed_volume":"{}","trades_count":0,)"
        R"("identifier":"stom-7-1"{}}})",
        state, paid, executed, more);
  }
  static std::string trade(std::string_view id, std::string_view volume) {
    return fmt::format(R"({{"market":"KRW-BTC","uuid":"{}","price":"99999000","volume":"{}","funds":"1","trend":"up",)"
                       R"("created_at":"2023-11-15T07:13:21.5+09:00","side":"bid"}})",
                       id, volume);
  }
  /// As myOrder says it; `price` and `volume` are the fill's where there is one.
  static std::string update(std::string_view state, std::string_view volume, std::string_view executed,
                            std::string_view paid, std::string_view more = "") {
    return fmt::format(
        R"({{"type":"myOrder","code":"KRW-BTC","uuid":"u-1","ask_bid":"BID","order_type":"limit","state":"{}",)"
        R"("price":99999000.0,"avg_price":0.0,"volume":{},"remaining_volume":0.0,"executed_volume":{},"trades_count":1,)"
        R"("reserved_fee":1000.0,"remaining_fee":0.0,"paid_fee":{},"locked":0.0,"executed_funds":0.0,)"
        R"("identifier":"stom-7-1","order_timestamp":1700000000000,"timestamp":1700000001000,"stream_type":"REALTIME"{}}})",
        state, volume, executed, paid, more);
  }
};

TEST_F(UpbitOrders, AFillOfLessThanNothingIsMalformedAndFillsNothing) {
  place();
  stream(update("trade", "-0.01", "0.01", "0", R"(,"trade_uuid":"t-1")"));
  const std::string told = notes.take();
  EXPECT_TRUE(told.contains("malformed ")) << told;
  EXPECT_FALSE(told.contains(" filled ")) << told;
}

TEST_F(UpbitOrders, AFillOfMoreThanCanBeCountedIsMalformedAndFillsNothing) {
  place();
  stream(update("trade", "30000000000", "30000000000", "0", R"(,"trade_uuid":"t-1")"));
  const std::string told = notes.take();
  EXPECT_TRUE(told.contains("malformed an order of more than can be counted")) << told;
  EXPECT_FALSE(told.contains(" filled ")) << told;
}

TEST_F(UpbitOrders, ThePrivateStreamIsOpenedWithATokenOfItsOwnEachTime) {
  Notes fresh;
  auto other = client({Credentials{"k", "s"}, "7"}).value();
  other->start(kNow, fresh);
  EXPECT_EQ(fresh.take(), "GET /v1/accounts\nconnect 2 private /websocket/v1/private\ntimer 2 in 15000 ms");
  other->opened(2, kNow, fresh);
  EXPECT_EQ(
      fresh.take(),
      "timer 2 in " + std::to_string((kNever - kNow) / kMillisecond) +
          " ms\nsay 2 [{\"ticket\":\"stom-1\"},{\"type\":\"myOrder\"},{\"type\":\"myAsset\"},{\"format\":\"DEFAULT\"}]"
          "\nGET /v1/accounts\nGET /v1/orders/open?states[]=wait&states[]=watch&page=1&limit=100\ntimer 3 in 2000 ms");
  other->closed(2, "reset", kNow, fresh);
  EXPECT_EQ(fresh.take(), "disconnect 2\ntimer 2 in 1000 ms");
  other->timer(2, kNow + kSecond, fresh);
  EXPECT_EQ(fresh.take(), "connect 2 private /websocket/v1/private\ntimer 2 in 16000 ms");
}

TEST_F(UpbitOrders, WhatIsWhollyFilledDoesNotRestAnyMore) {
  place();
  answer(201, order("wait", "0", "0"));
  ASSERT_EQ(venue->working_orders().size(), 1u);
  stream(update("trade", "0.005", "0.005", "0", R"(,"trade_uuid":"t-1","trade_timestamp":1700000000900)"));
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].leaves.value, 1'500'000);
  stream(update("trade", "0.015", "0.02", "0", R"(,"trade_uuid":"t-2","trade_timestamp":1700000000900)"));
  EXPECT_TRUE(venue->working_orders().empty()) << "the venue's word of its end is still on the way";
}

TEST_F(UpbitOrders, EachKindOfOrderIsAskedForInTheVenuesWords) {
  const auto asked = [&](NewOrder order) {
    order.instrument = 2;
    venue->submit(order, kNow, notes);
    return notes.take();
  };
  EXPECT_EQ(
      asked({.id = 1, .quantity = {2'000'000}, .price = {100'000'000}}),
      R"(POST /v1/orders {"market":"KRW-BTC","side":"bid","volume":"0.02","price":"100000000","ord_type":"limit","identifier":"stom-7-1"})");
  EXPECT_EQ(notes.requests.back().priority, Priority::Order);
  EXPECT_EQ(
      asked({.id = 2, .side = Side::Sell, .post_only = true, .quantity = {1}, .price = {100'000'000}}),
      R"(POST /v1/orders {"market":"KRW-BTC","side":"ask","volume":"0.00000001","price":"100000000","ord_type":"limit","time_in_force":"post_only","identifier":"stom-7-2"})");
  EXPECT_EQ(
      asked({.id = 3, .side = Side::Sell, .type = OrderType::Market, .quantity = {150'000'000}}),
      R"(POST /v1/orders {"market":"KRW-BTC","side":"ask","volume":"1.5","ord_type":"market","identifier":"stom-7-3"})");
  EXPECT_EQ(
      asked({.id = 4,
             .side = Side::Sell,
             .type = OrderType::Market,
             .time_in_force = TimeInForce::FOK,
             .quantity = {100'000'000}}),
      R"(POST /v1/orders {"market":"KRW-BTC","side":"ask","volume":"1","ord_type":"best","time_in_force":"fok","identifier":"stom-7-4"})");
  EXPECT_EQ(asked({.id = 5, .type = OrderType::Market, .quantity = {1'000'000}}),
            "order 5 denied 0@0 leaves 1000000 a market buy by quantity needs the best ask, which is not known");
  venue->frame(1,
               R"({"type":"orderbook","code":"KRW-BTC","timestamp":1,"total_ask_size":1.0,"total_bid_size":1.0,)"
               R"("orderbook_units":[{"ask_price":100001000.0,"bid_price":99999000.0,"ask_size":1.0,"bid_size":1.0}],)"
               R"("stream_type":"REALTIME","level":0})",
               kNow, notes);
  notes.take();
  EXPECT_EQ(
      asked({.id = 6, .type = OrderType::Market, .quantity = {1'000'000}}),
      R"(POST /v1/orders {"market":"KRW-BTC","side":"bid","volume":"0.01","price":"105001000","ord_type":"limit","time_in_force":"ioc","identifier":"stom-7-6"})")
      << "5 % above the best ask, on the ladder: as much as was asked for and no more";
  EXPECT_EQ(
      asked({.id = 7, .type = OrderType::Stop, .quantity = {1}}),
      "order 7 denied 0@0 leaves 1 only limit orders, and market orders by quantity or for cash; GTC, IOC or FOK");
}

TEST_F(UpbitOrders, ARequestIsSignedWhenItIsWrittenAndNeverWithANonceAgain) {
  place();
  auto once = notes.requests.back(), again = once;
  EXPECT_TRUE(once.sign_late);
  ASSERT_TRUE(venue->sign(once, kNow));
  ASSERT_TRUE(venue->sign(again, kNow));
  EXPECT_EQ(once.headers.back().name, "Authorization");
  EXPECT_TRUE(once.headers.back().value.starts_with("Bearer eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9."));
  EXPECT_NE(once.headers.back().value, again.headers.back().value);
}

TEST_F(UpbitOrders, AMarketBuyForCashIsToldOnceItIsKnownWhatItBought) {
  answer_all(
      "/v1/orders/chance",
      R"({"bid_fee":"0.0005","ask_fee":"0.0005","market":{"id":"KRW-BTC","name":"BTC/KRW","order_types":["limit"],)"
      R"("order_sides":["ask","bid"],"bid":{"currency":"KRW","price_unit":null,"min_total":"5000"},"ask":{},)"
      R"("max_total":"1000000000","state":"active"},)"
      R"("bid_account":{"currency":"KRW","balance":"1000500","locked":"0","avg_buy_price":"0","avg_buy_price_modified":false,"unit_currency":"KRW"},)"
      R"("ask_account":{"currency":"BTC","balance":"0","locked":"0","avg_buy_price":"0","avg_buy_price_modified":false,"unit_currency":"KRW"}})");
  notes.take();
  venue->submit({.id = 1,
                 .instrument = 2,
                 .type = OrderType::Market,
                 .quantity = {1'000'000'000},
                 .size_by = SizeBy::CashFraction},
                kNow, notes);
  EXPECT_EQ(
      notes.take(),
      R"(POST /v1/orders {"market":"KRW-BTC","side":"bid","price":"1000000","ord_type":"price","identifier":"stom-7-1"})")
      << "the amount and 0.05 % of it are all the cash";
  answer(201, order("wait", "0", "0"));
  stream(update("trade", "0.006", "0.006", "300.0", R"(,"trade_uuid":"t1","trade_fee":300.0,"is_maker":false)"));
  stream(update("trade", "0.004", "0.01", "500.0", R"(,"trade_uuid":"t2","trade_fee":200.0,"is_maker":false)"));
  EXPECT_EQ(notes.take(), "");
  stream(update("cancel", "0", "0.01", "500.0"));
  EXPECT_EQ(notes.take(),
            "order 1 accepted 0@0 leaves 1000000\norder 1 filled 600000@99999000 leaves 400000\n"
            "order 1 filled 400000@99999000 leaves 0");
}

TEST_F(UpbitOrders, AFillThatIsToldTwiceCountsOnce) {
  place();
  answer(201, order("wait", "0", "0"));
  stream(update("wait", "0.02", "0", "0"));
  const auto first =
      update("trade", "0.005", "0.005", "250.0", R"(,"trade_uuid":"t1","trade_fee":250.0,"is_maker":true)");
  stream(first);
  stream(first);
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 2000000\norder 1 filled 500000@99999000 leaves 1500000");
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].leaves.value, 1'500'000);
  stream(update("trade", "0.015", "0.02", "1000.0", R"(,"trade_uuid":"t2","trade_fee":750.0,"is_maker":false)"));
  stream(update("done", "0.02", "0.02", "1000.0"));
  EXPECT_EQ(notes.take(), "order 1 filled 1500000@99999000 leaves 0");
  EXPECT_TRUE(venue->working_orders().empty());
  stream(first);
  EXPECT_EQ(notes.take(), "") << "what is over is not begun again";
}

/// An order without an answer, which the venue does not know: what decides whether it can still arrive is its nonce.
struct UpbitLostOrder : UpbitOrders {
  const std::string absent = R"({"error":{"name":"order_not_found","message":"no such order"}})";
  server::Doorman doorman;  // of the venue's own side
  Request lost, seal;

  UpbitLostOrder() {
    doorman.open({Credentials{"k", "s"}});
    place();
    lost = signed_last();
    venue->outcome(lost.tag, Outcome::Unknown, kNow, notes);
    EXPECT_EQ(notes.take(), "GET /v1/order?identifier=stom-7-1");
    answer(404, absent, kNow + kSecond);
    EXPECT_EQ(notes.take(), "timer 1 in 2000 ms") << "it may still be on its way";
    venue->timer(1, kNow + 6 * kSecond, notes);
    EXPECT_EQ(notes.take(), "GET /v1/order?identifier=stom-7-1");
    answer(404, absent, kNow + 6 * kSecond);
    EXPECT_EQ(notes.take(), "GET /v1/accounts") << "a harmless question, with the order's nonce";
    seal = signed_last();
  }
  Request signed_last() {
    Request request = notes.requests.back();
    EXPECT_TRUE(venue->sign(request, kNow));
    return request;
  }
  /// What the venue says of the request: "" where it takes it.
  std::string at_the_door(const Request& request) {
    const auto question = request.target.find('?');
    WireRequest wire{.method = request.method, .path = request.target.substr(0, question), .body = request.body};
    if (question != std::string::npos) wire.query = request.target.substr(question + 1);
    const auto header = std::ranges::find(request.headers, "Authorization", &Header::name);
    EXPECT_NE(header, request.headers.end());
    const auto done = doorman.check(header->value, server::asked(wire).value());
    return done ? "" : done.error().name;
  }
};

TEST_F(UpbitLostOrder, IsRefusedOnceItCanNeverBeTakenAnyMore) {
  EXPECT_EQ(at_the_door(seal), "");
  EXPECT_EQ(at_the_door(lost), "nonce_used") << "were it to arrive now";
  answer(200, "[]", kNow + 6 * kSecond);
  EXPECT_EQ(notes.take(), "account\norder 1 rejected 0@0 leaves 2000000 it never arrived, and cannot any more");
  EXPECT_EQ(notes.reason, RejectReason::UnknownOrder) << "a bracket sends another one in its place";
  stream(update("wait", "0.02", "0", "0"));
  EXPECT_EQ(notes.take(), "DELETE /v1/order?identifier=stom-7-1") << "what was given up must not rest there";
  EXPECT_EQ(notes.requests.back().priority, Priority::Risk);
}

TEST_F(UpbitLostOrder, ThatDidArriveIsAskedForUntilTheVenueKnowsIt) {
  EXPECT_EQ(at_the_door(lost), "");
  EXPECT_EQ(at_the_door(seal), "nonce_used");
  answer(401, R"({"error":{"name":"nonce_used","message":"used"}})", kNow + 6 * kSecond);
  EXPECT_EQ(notes.take(), "timer 1 in 7000 ms") << "it is there, or was refused";
  venue->timer(1, kNow + 7 * kSecond, notes);
  EXPECT_EQ(notes.take(), "GET /v1/order?identifier=stom-7-1");
  answer(404, absent, kNow + 7 * kSecond);
  EXPECT_EQ(notes.take(), "timer 1 in 8000 ms");
  venue->timer(1, kNow + 8 * kSecond, notes);
  answer(200, order("wait", "0", "0"));
  EXPECT_TRUE(notes.take().ends_with("order 1 accepted 0@0 leaves 2000000"));
}

TEST_F(UpbitLostOrder, ThatArrivedAndIsStillNotThereWasRefused) {
  answer(401, R"({"error":{"name":"nonce_used","message":"used"}})", kNow + 6 * kSecond);
  venue->timer(1, kNow + 11 * kSecond, notes);
  notes.take();
  answer(404, absent, kNow + 11 * kSecond);
  EXPECT_EQ(notes.take(), "order 1 rejected 0@0 leaves 2000000 order_not_found no such order");
  EXPECT_EQ(notes.reason, RejectReason::None) << "another one would be refused, too";
}

TEST_F(UpbitLostOrder, StaysUnknownHoweverLongItTakesToAsk) {
  for (UnixNanos now = kNow + kMinute; now < kNow + 10 * kMinute; now += kMinute) {
    answer(503, "", now);  // the seal
    venue->timer(1, now + kSecond, notes);
    answer(404, absent, now + 2 * kSecond);
    EXPECT_TRUE(notes.take().ends_with("GET /v1/accounts")) << "time alone says nothing";
  }
}

TEST_F(UpbitOrders, AnOrderThatDidArriveThoughItsAnswerWasLostIsWhatTheVenueSays) {
  place();
  venue->outcome(notes.requests.back().tag, Outcome::Unknown, kNow, notes);
  notes.take();
  answer(200, order("done", "0.02", "1000",
                    fmt::format(R"(,"trades":[{},{}])", trade("t2", "0.015"), trade("t1", "0.005"))));
  EXPECT_EQ(notes.take(),
            "order 1 accepted 0@0 leaves 2000000\norder 1 filled 1500000@99999000 leaves 500000\n"
            "order 1 filled 500000@99999000 leaves 0");
}

TEST_F(UpbitOrders, AnAnswerThatTheVenueFailedToGiveLeavesTheOrderUnknown) {
  place();
  answer(502, "<html>bad gateway</html>");
  EXPECT_EQ(notes.take(), "timer 1 in 1000 ms");
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "GET /v1/order?identifier=stom-7-1");
}

TEST_F(UpbitOrders, AnOrderThatWasNotWrittenDidNotHappen) {
  place();
  venue->outcome(notes.requests.back().tag, Outcome::NotWritten, kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 denied 0@0 leaves 2000000 it was not sent");
  place();
  EXPECT_EQ(notes.requests.back().order.id, 1u) << "by which the gateway finds it while it waits";
  venue->outcome(notes.requests.back().tag, Outcome::TakenBack, kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 canceled 0@0 leaves 2000000 it was not sent");
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 cancel rejected 0@0 leaves 0 no such order is working");
}

TEST_F(UpbitOrders, ARefusalHasTheVenuesOwnWords) {
  place();
  answer(400, R"({"error":{"name":"insufficient_funds_bid","message":"not enough KRW"}})");
  EXPECT_EQ(notes.take(), "order 1 rejected 0@0 leaves 2000000 insufficient_funds_bid not enough KRW");
}

TEST_F(UpbitOrders, TooManyOrdersAreRefusedInPlainText) {
  place();
  answer(429, "Too many API requests.");
  EXPECT_EQ(notes.take(), "order 1 rejected 0@0 leaves 2000000 too_many_requests");
}

TEST_F(UpbitOrders, FillsThatWereMissedAreAskedForBeforeTheEndIsTold) {
  place();
  answer(201, order("wait", "0", "0"));
  notes.take();
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  EXPECT_EQ(notes.take(), "DELETE /v1/order?identifier=stom-7-1");
  EXPECT_EQ(notes.requests.back().priority, Priority::Risk);
  answer(200, order("wait", "0", "0"));
  EXPECT_EQ(notes.take(), "") << "the answer to a cancel says only that it was asked for";
  stream(update("cancel", "0.02", "0.005", "250.0"));
  EXPECT_EQ(notes.take(), "GET /v1/order?identifier=stom-7-1");
  answer(200, order("cancel", "0.005", "250", fmt::format(R"(,"trades":[{}])", trade("t1", "0.005"))));
  EXPECT_EQ(notes.take(), "order 1 filled 500000@99999000 leaves 1500000\norder 1 canceled 0@0 leaves 1500000");
  EXPECT_TRUE(venue->working_orders().empty());
}

TEST_F(UpbitOrders, ACancelThatCameTooLateAsksWhatBecameOfTheOrder) {
  place();
  answer(201, order("wait", "0", "0"));
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  notes.take();
  answer(404, R"({"error":{"name":"order_not_found","message":"no such order"}})");
  EXPECT_EQ(
      notes.take(),
      "order 1 cancel rejected 0@0 leaves 2000000 order_not_found no such order\nGET /v1/order?identifier=stom-7-1");
}

TEST_F(UpbitOrders, ACancelWhoseAnswerWasLostIsToldAsNotDoneWhereTheOrderStillWorks) {
  place();
  answer(201, order("wait", "0", "0"));
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  notes.take();
  answer(502, "<html>bad gateway</html>");
  EXPECT_EQ(notes.take(), "GET /v1/order?identifier=stom-7-1");
  answer(200, order("wait", "0", "0"));
  EXPECT_EQ(notes.take(), "order 1 cancel rejected 0@0 leaves 2000000 the order still works: the cancel did not arrive")
      << "else it could never be canceled again";
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  EXPECT_EQ(notes.take(), "DELETE /v1/order?identifier=stom-7-1");
}

TEST_F(UpbitOrders, AllIsCanceledWithoutTheEngine) {
  place();
  venue->cancel_all({}, kNow, notes);
  EXPECT_EQ(notes.take(), "DELETE /v1/orders/open?cancel_side=all&pairs=KRW-BTC&count=300");
  EXPECT_EQ(notes.requests.back().priority, Priority::Risk);
}

// One request in two seconds is all that the venue takes of them.
TEST_F(UpbitOrders, CancelAllNamesAllPairsAtOnceAndIsNotAskedAgainBeforeItIsAnswered) {
  venue->watch(5, coin("KRW-ETH", 0, 8), {}, kNow, notes);
  notes.take();
  const InstrumentIndex both[]{2, 5};
  const std::string asked = "DELETE /v1/orders/open?cancel_side=all&pairs=KRW-BTC,KRW-ETH&count=300";
  venue->cancel_all(both, kNow, notes);
  EXPECT_EQ(notes.take(), asked);
  const Tag first = notes.requests.back().tag;
  venue->cancel_all(both, kNow + kSecond, notes);
  venue->cancel_all({}, kNow + 2 * kSecond, notes);
  EXPECT_EQ(notes.take(), "");
  venue->watch(6, coin("KRW-XRP", 0, 8), {}, kNow, notes);
  notes.take();
  venue->cancel_all({}, kNow + 3 * kSecond, notes);
  EXPECT_EQ(notes.take(), "DELETE /v1/orders/open?cancel_side=all&pairs=KRW-XRP&count=300");
  venue->reply({.tag = first, .status = 200, .body = R"({"success":{"count":0,"orders":[]}})"}, kNow, notes);
  venue->cancel_all(both, kNow + 4 * kSecond, notes);
  EXPECT_EQ(notes.take(), asked) << "something came to light since";
  venue->outcome(notes.requests.back().tag, Outcome::NotWritten, kNow, notes);
  venue->cancel_all(both, kNow + 5 * kSecond, notes);
  EXPECT_EQ(notes.take(), asked);
}

TEST_F(UpbitOrders, OrdersOfOthersAreKnownAndNotOurs) {
  venue->closed(2, "reset", kNow, notes);
  venue->opened(2, kNow, notes);
  notes.take();
  auto listed = order("wait", "0.005", "0");
  listed.replace(listed.find("stom-7-1"), 8, "somebody");
  answer(200, "[" + listed + "]");
  EXPECT_EQ(notes.take(), "order 0 accepted 0@0 leaves 2000000");
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].id, 0u);
  EXPECT_EQ(venue->working_orders()[0].venue_order_id, "u-1");
  EXPECT_TRUE(venue->working_orders()[0].adoptable);
  EXPECT_EQ(venue->working_orders()[0].filled.quantity, Quantity{500'000}) << "which stays theirs";
}

TEST_F(UpbitOrders, AnotherOnesOrderThatIsNotListedAnyMoreIsAskedForByTheVenuesNumber) {
  const auto theirs = [](std::string text) { return text.replace(text.find("stom-7-1"), 8, "somebody"); };
  const auto listed = [&](const std::string& orders) {
    venue->closed(2, "reset", kNow, notes);
    venue->opened(2, kNow, notes);
    notes.take();
    answer(200, orders);
  };
  listed("[" + theirs(order("wait", "0", "0")) + "]");
  EXPECT_EQ(notes.take(), "order 0 accepted 0@0 leaves 2000000");
  listed("[]");
  EXPECT_EQ(notes.take(), "GET /v1/order?uuid=u-1");
  answer(200, theirs(order("cancel", "0.005", "250", fmt::format(R"(,"trades":[{}])", trade("t1", "0.005")))));
  EXPECT_TRUE(notes.take().ends_with("order 0 canceled 0@0 leaves 1500000"));
  EXPECT_TRUE(venue->working_orders().empty());
}

TEST_F(UpbitOrders, AnotherOnesOrderThatIsAdoptedIsOursByTheVenuesNumber) {
  const auto theirs = [](std::string text) { return text.replace(text.find("stom-7-1"), 8, "somebody"); };
  const NewOrder adopted{.id = 5, .instrument = 2, .quantity = {2'000'000}, .price = {100'000'000}};
  venue->closed(2, "reset", kNow, notes);
  venue->opened(2, kNow, notes);
  answer(200, "[" + theirs(order("wait", "0", "0")) + "]");
  notes.take();
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_TRUE(venue->working_orders()[0].adoptable);
  venue->adopt(adopted, "u-2", kNow, notes);
  EXPECT_EQ(notes.take(), "order 5 rejected 0@0 leaves 2000000 it has filled or ended meanwhile, and is not adopted");
  venue->adopt(adopted, "u-1", kNow, notes);
  EXPECT_EQ(notes.take(), "order 5 accepted 0@0 leaves 2000000");
  EXPECT_EQ(venue->working_orders()[0].id, 5u);
  venue->cancel({.id = 5, .instrument = 2}, kNow, notes);
  EXPECT_EQ(notes.take(), "DELETE /v1/order?uuid=u-1");
  stream(theirs(update("trade", "0.005", "0.005", "250.0", R"(,"trade_uuid":"t1","trade_fee":250.0)")));
  EXPECT_EQ(notes.take(), "order 5 filled 500000@99999000 leaves 1500000");
  stream(theirs(update("cancel", "0.02", "0.005", "250.0")));
  EXPECT_EQ(notes.take(), "order 5 canceled 0@0 leaves 1500000");
  stream(theirs(update("cancel", "0.02", "0.005", "250.0")));
  EXPECT_EQ(notes.take(), "") << "late word of it begins no other one";
}

TEST_F(UpbitOrders, AnotherOnesOrderThatHadFilledInPartIsAdoptedAsTheRestOfIt) {
  const auto theirs = [](std::string text) { return text.replace(text.find("stom-7-1"), 8, "somebody"); };
  const NewOrder rest{.id = 5, .instrument = 2, .quantity = {1'500'000}, .price = {100'000'000}};
  venue->closed(2, "reset", kNow, notes);
  venue->opened(2, kNow, notes);
  auto listed = theirs(order("wait", "0.005", "250", R"(,"executed_funds":"499995")"));
  listed.replace(listed.find(R"("remaining_volume":"0.02")"), 25, R"("remaining_volume":"0.015")");
  answer(200, "[" + listed + "]");
  notes.take();
  ASSERT_EQ(venue->working_orders().size(), 1u);
  const FilledBefore before = venue->working_orders()[0].filled;
  EXPECT_EQ(before.quantity, Quantity{500'000});
  EXPECT_TRUE(before.value == Int128{99'999'000} * 500'000) << "0.005 at 99,999,000";
  EXPECT_EQ(before.fees, (Money{Int128{250} * power_of_ten(kMoneyDecimals)}));
  venue->adopt(rest, "u-1", kNow, notes);
  EXPECT_EQ(notes.take(), "order 5 accepted 0@0 leaves 1500000");
  stream(theirs(update("trade", "0.005", "0.005", "250.0", R"(,"trade_uuid":"t1","trade_fee":250.0)")));
  EXPECT_EQ(notes.take(), "") << "late word of what was filled before";
  stream(theirs(update("trade", "0.005", "0.01", "500.0", R"(,"trade_uuid":"t2","trade_fee":250.0)")));
  EXPECT_EQ(notes.take(), "order 5 filled 500000@99999000 leaves 1000000");
}

TEST_F(UpbitOrders, AnotherOnesOrderThatFilledWhileNobodyListenedIsAskedForBeforeItIsAdopted) {
  const auto theirs = [](std::string text) { return text.replace(text.find("stom-7-1"), 8, "somebody"); };
  const auto listed = [&](const std::string& one) {
    venue->closed(2, "reset", kNow, notes);
    venue->opened(2, kNow, notes);
    notes.take();
    answer(200, "[" + one + "]");
  };
  const auto partly = [&](const std::string& more) {
    auto text = theirs(order("wait", "0.005", "250", more));
    return text.replace(text.find(R"("remaining_volume":"0.02")"), 25, R"("remaining_volume":"0.015")");
  };
  listed(theirs(order("wait", "0", "0")));
  EXPECT_EQ(notes.take(), "order 0 accepted 0@0 leaves 2000000");
  listed(partly(""));
  EXPECT_EQ(notes.take(), "GET /v1/order?uuid=u-1");
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_FALSE(venue->working_orders()[0].adoptable) << "more of it is filled than was told";
  answer(200, partly(fmt::format(R"(,"trades":[{}])", trade("t1", "0.005"))));
  EXPECT_EQ(notes.take(), "order 0 filled 500000@99999000 leaves 1500000");
  EXPECT_TRUE(venue->working_orders()[0].adoptable);
  EXPECT_EQ(venue->working_orders()[0].filled.quantity, Quantity{500'000});
  EXPECT_EQ(venue->working_orders()[0].leaves, Quantity{1'500'000});
}

TEST_F(UpbitOrders, OfAnOrderThatWasAdoptedInPartAnotherProcessBooksNothingOfBefore) {
  auto again = client({Credentials{"k", "s"}, "7"}).value();
  Instrument bitcoin = coin("KRW-BTC", 0, 8);
  const std::vector<EarlierOrder> orders{
      {.order = {.id = 5, .instrument = 2, .quantity = {1'500'000}, .price = {100'000'000}},
       .instrument = &bitcoin,
       .accepted = true,
       .venue_order_id = "u-1",
       .before = {.quantity = {500'000}, .value = 0, .fees = {Int128{250} * power_of_ten(kMoneyDecimals)}}}};
  again->resume(orders, 6, 1'000'000);
  again->start(kNow, notes);
  again->watch(2, bitcoin, {}, kNow, notes);
  again->opened(2, kNow, notes);
  const std::string question = "/v1/order?uuid=u-1";
  const auto asked = std::ranges::find(notes.requests.rbegin(), notes.requests.rend(), question, &Request::target);
  ASSERT_NE(asked, notes.requests.rend());
  const Tag tag = asked->tag;
  notes.take();
  const auto fees = notes.fees.size();
  const std::string listed =
      order("wait", "0.01", "500", fmt::format(R"(,"trades":[{},{}])", trade("t1", "0.005"), trade("t2", "0.005")));
  again->reply({.tag = tag, .status = 200, .body = listed}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 5 filled 500000@99999000 leaves 1000000");
  ASSERT_EQ(notes.fees.size(), fees + 1);
  EXPECT_EQ(notes.fees.back(), (Money{Int128{250} * power_of_ten(kMoneyDecimals)})) << "its own alone";
}

TEST_F(UpbitOrders, WhatHappenedBeforeTheSubscriptionWasInForceIsAskedFor) {
  place();
  answer(201, order("wait", "0", "0"));
  notes.take();
  venue->timer(3, kNow + 2 * kSecond, notes);
  EXPECT_EQ(notes.take(), "GET /v1/order?identifier=stom-7-1");
}

TEST_F(UpbitOrders, AnotherOnesOrderThatIsOverIsNotBegunAgain) {
  const auto theirs = [](std::string text) { return text.replace(text.find("stom-7-1"), 8, "somebody"); };
  const auto fill = theirs(update("trade", "0.02", "0.02", "1000.0", R"(,"trade_uuid":"t1","trade_fee":1000.0)"));
  stream(fill);
  stream(theirs(update("done", "0.02", "0.02", "1000.0")));
  notes.take();
  stream(fill);
  EXPECT_EQ(notes.take(), "");
}

TEST_F(UpbitOrders, WhatCannotBeReadOfThePrivateStreamIsAskedForOnceASecond) {
  place();
  answer(201, order("wait", "0", "0"));
  notes.take();
  const std::string cut_off = R"({"type":"myOrder","code":"KRW-B)";
  stream(cut_off);
  EXPECT_TRUE(notes.take().ends_with("timer 1 in 1000 ms"));
  stream(cut_off);
  EXPECT_FALSE(notes.take().contains("timer"));
  venue->timer(1, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(),
            "GET /v1/orders/open?states[]=wait&states[]=watch&page=1&limit=100\nGET /v1/order?identifier=stom-7-1");
}

TEST_F(UpbitOrders, WhatIsFreeAndLockedIsToldAsItChanges) {
  stream(
      R"({"type":"myAsset","asset_uuid":"a","assets":[{"currency":"KRW","balance":1386929.3723106678,"locked":10329.670127489597}],)"
      R"("asset_timestamp":1700000000000,"timestamp":1700000000001,"stream_type":"REALTIME"})");
  EXPECT_EQ(notes.take(), "account");
}

TEST(UpbitClient, OrdersNeedAKey) {
  Notes notes;
  auto venue = client({}).value();
  venue->start(kNow, notes);
  EXPECT_EQ(notes.take(), "") << "public data need no account";
  venue->submit({.id = 5, .instrument = 0, .quantity = {1}, .price = {1}}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 5 denied 0@0 leaves 1 no key: public data alone");
}

TEST(UpbitClient, ARecordedStreamGoesThrough) {
  const auto file = stom::test::test_data("market/ws_raw_multi/upbit_ws62.log");
  if (!file) GTEST_SKIP() << stom::test::kNoTestData;
  Notes notes;
  auto venue = client({}).value();
  InstrumentIndex index = 0;
  for (const char* symbol : {"KRW-LAMB", "BTC-XTZ", "BTC-PAX"})
    venue->watch(index++, coin(symbol, 8, 8), {}, kNow, notes);
  notes.take();
  auto source = importers::LineSource::open(*file);
  ASSERT_TRUE(source);
  std::string_view line;
  std::size_t frames = 0;
  while (const auto more = source->next(line)) {
    if (!*more) break;
    const auto at = line.find("\t<\t");
    if (at == std::string_view::npos) continue;
    venue->frame(1, line.substr(at + 3), kNow, notes);
    ++frames;
  }
  EXPECT_GT(frames, 100u);
  EXPECT_LE(frames - notes.messages, 3u) << "all but the trades before the subscription";
  for (const auto& said : notes.lines) ASSERT_TRUE(said.starts_with("market ")) << said;
}

/// A session that goes on: order 1 of 0.02 works and 0.005 of it are booked.
struct ResumedUpbitOrder : testing::Test {
  static constexpr UnixNanos kFilledAt = 1'700'000'000 * kSecond;  // as trade() has it
  Notes notes;
  std::unique_ptr<Venue> venue = client({Credentials{"k", "s"}, "7"}).value();

  ResumedUpbitOrder() {
    const std::vector<Fill> fills{{.time = kFilledAt,
                                   .instrument = 2,
                                   .order = 1,
                                   .price = {99'999'000},
                                   .quantity = {500'000},
                                   .fee = {Int128{250} * power_of_ten(kMoneyDecimals)}}};
    const std::vector<EarlierOrder> orders{
        {.order = {.id = 1, .instrument = 2, .quantity = {2'000'000}, .price = {100'000'000}},
         .accepted = true,
         .fills = fills}};
    venue->resume(orders, 2, 1'000'000);
    venue->start(kNow, notes);
    Instrument bitcoin = coin("KRW-BTC", 0, 8);
    bitcoin.base = "BTC", bitcoin.quote = "KRW";
    bitcoin.ladder = {{{0}, {1}}, {{1'000'000}, {1'000}}};
    venue->watch(2, bitcoin, {}, kNow, notes);
    venue->opened(2, kNow, notes);
  }
  void tell(std::string_view path, const std::string& body) {
    const std::vector<Request> sent{notes.requests};
    for (const auto& request : sent)
      if (request.target.starts_with(path))
        return venue->reply({.tag = request.tag, .status = 200, .body = body}, kNow, notes);
  }
};

TEST_F(ResumedUpbitOrder, IsAskedForAndItsFillsAreBookedOnce) {
  EXPECT_TRUE(notes.take().contains("GET /v1/order?identifier=stom-7-1"));
  tell("/v1/order?", UpbitOrders::order("wait", "0.012", "600",
                                        fmt::format(R"(,"trades":[{},{}])", UpbitOrders::trade("t2", "0.007"),
                                                    UpbitOrders::trade("t1", "0.005"))));
  EXPECT_EQ(notes.take(), "order 1 filled 700000@99999000 leaves 800000");
  ASSERT_EQ(notes.fees.size(), 1u);
  EXPECT_EQ(notes.fees[0].value, Int128{350} * power_of_ten(kMoneyDecimals)) << "of 600 paid, 250 are booked";
  EXPECT_EQ(notes.everything, "") << "what rests and the account are not told yet";
  tell("/v1/orders/open", "[]");
  tell("/v1/accounts", "[]");
  EXPECT_EQ(notes.everything, "all: 1 stom-7-1 800000 left at 100000000");
}

TEST_F(ResumedUpbitOrder, OneUnderAnIdThatTheJournalDoesNotKnowIsToldAsSomebodyElses) {
  tell("/v1/order?", UpbitOrders::order("wait", "0.005", "250"));
  tell("/v1/accounts", "[]");
  notes.take();
  auto lost = UpbitOrders::order("wait", "0", "0");
  lost.replace(lost.find("stom-7-1"), 8, "stom-7-1796000000123");
  lost.replace(lost.find("u-1"), 3, "u-9");
  tell("/v1/orders/open", "[" + lost + "]");
  EXPECT_EQ(notes.everything,
            "all: 1 stom-7-1 1500000 left at 100000000 0 stom-7-1796000000123 2000000 left at 100000000");
}

TEST_F(ResumedUpbitOrder, AnIdThatALostOrderHasIsDeniedAndNoCancelOfOursIsAboutIt) {
  auto lost = UpbitOrders::order("wait", "0", "0");
  lost.replace(lost.find("stom-7-1"), 8, "stom-7-9");
  lost.replace(lost.find("u-1"), 3, "u-9");
  tell("/v1/orders/open", "[" + lost + "]");
  notes.take();
  venue->submit({.id = 9, .instrument = 2, .quantity = {1'000'000}, .price = {100'000'000}}, kNow, notes);
  EXPECT_EQ(notes.take(),
            "order 9 denied 0@0 leaves 1000000 an order of that name works there that this session does not know");
  venue->cancel({.id = 9, .instrument = 2}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 9 cancel rejected 0@0 leaves 0 no such order is working");
}

}  // namespace
}  // namespace stom::venues::upbit
