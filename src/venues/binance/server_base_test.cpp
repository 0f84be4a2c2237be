// What Binance's own side makes of signatures, parameters, allowances and socket requests.
#include "venues/binance/server_base.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/support/test_data.hpp"
#include "venues/server_keys.hpp"
#include "venues/signing.hpp"

namespace stom::venues::binance::server {
namespace {

constexpr UnixNanos kNow = 1'700'000'000 * kSecond;

TEST(BinanceDoorman, AcceptsTheSignaturesOfTheVenuesDocuments) {
  const auto folder = test::test_data();
  if (!folder) GTEST_SKIP() << test::kNoTestData;
  simdjson::dom::parser parser;
  simdjson::dom::array vectors;
  ASSERT_FALSE(parser.load((*folder / "protocol/signing/documented_vectors.json").string()).get_array().get(vectors));
  int checked = 0;
  for (const simdjson::dom::element vector : vectors) {
    std::string_view id;
    if (vector["id"].get(id) || !id.starts_with("binance-hmac")) continue;
    const std::string text{std::string_view{vector["message"]}};
    EXPECT_EQ(hmac_sha256_hex(std::string_view{vector["secret"]}, text), std::string_view{vector["expected"]});
    ++checked;
  }
  EXPECT_EQ(checked, 3);
}

TEST(BinanceDoorman, TakesTheSignatureOutOfWhatWasSigned) {
  EXPECT_EQ(signed_text("symbol=LTCBTC&side=BUY&signature=ab", "quantity=1&price=0.1"),
            "symbol=LTCBTC&side=BUYquantity=1&price=0.1");
  EXPECT_EQ(signed_text("signature=ab&a=1", ""), "a=1");
  EXPECT_EQ(signed_text("", "a=%20&signature=ab"), "a=%20") << "as it was sent, not as it reads";
  EXPECT_EQ(signed_text({{"b", "2"}, {"signature", "x"}, {"a", "1"}}), "a=1&b=2") << "of a socket: by name";
}

TEST(BinanceDoorman, WhatIsSignedIsPercentEncodedFirst) {
  EXPECT_EQ(signed_text("symbol=%EF%BC%91", ""), "symbol=%EF%BC%91") << "the documents' symbol １, encoded";
  EXPECT_EQ(signed_text("", "symbol=１&a=b c"), "symbol=%EF%BC%91&a=b%20c") << "sent as it is, it counts as encoded";
  Doorman doorman;
  doorman.open({{.key = "k", .secret = "s"}});
  const std::string time = std::to_string(kNow / kMillisecond);
  const auto refusal = [&](const std::string& sent, const std::string& signed_by_client) {
    const std::string signature = hmac_sha256_hex("s", signed_by_client + time);
    Call call{*parse_form(sent + time + "&signature=" + signature)};
    doorman.check(call, "k", signed_text("", sent + time + "&signature=" + signature), kNow);
    return call.failed() ? call.check()->code : 0;
  };
  EXPECT_EQ(refusal("symbol=%EF%BC%91&timestamp=", "symbol=%EF%BC%91&timestamp="), 0);
  EXPECT_EQ(refusal("symbol=%EF%BC%91&timestamp=", "symbol=１&timestamp="), -1022) << "signed, then encoded";
  EXPECT_EQ(refusal("symbol=１&timestamp=", "symbol=１&timestamp="), -1022) << "never encoded";
}

TEST(BinanceDoorman, TakesTheEd25519KeyOfAnAccountToo) {
  const std::string pem = ed25519_private_pem("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  Doorman doorman;
  doorman.open(
      {{.key = "k0", .secret = "s"}, {.key = "k1", .secret = "s", .ed25519_key = "e1", .ed25519_secret = pem}});
  const auto key = Ed25519Key::from_pem(pem);  // the client side's
  ASSERT_TRUE(key);
  const std::string text = "symbol=BTCUSDT&timestamp=" + std::to_string(kNow / kMillisecond);
  const auto asked_with = [&](std::string_view name, std::string signature) {
    Call call{{{"symbol", "BTCUSDT"}, {"timestamp", std::to_string(kNow / kMillisecond)}, {"signature", signature}}};
    doorman.check(call, name, text, kNow);
    return std::pair{call.failed() ? call.check()->code : 0, call.account};
  };
  const std::string signature = base64(key->sign(text));
  EXPECT_EQ(asked_with("e1", signature), std::pair(0, std::optional<AccountId>{1}));
  EXPECT_EQ(asked_with("e1", base64(key->sign(text + "&a=1"))).first, -1022);
  EXPECT_EQ(asked_with("e1", lower(signature)).first, -1022) << "unlike HMAC's, its letters have a case";
  EXPECT_EQ(asked_with("e1", hmac_sha256_hex("s", text)).first, -1022) << "each key has its own kind of signature";
  EXPECT_EQ(asked_with("k1", signature).first, -1022);
  EXPECT_EQ(asked_with("k1", hmac_sha256_hex("s", text)).second, 1u) << "both keys are of one account";
  EXPECT_EQ(asked_with("", signature).first, -2014) << "no key is no account's Ed25519 key";
}

TEST(BinanceDoorman, RefusesTimesFarFromItsOwnHoweverManyDigitsTheyHave) {
  const auto refusal = [](const std::string& time) {
    Call call{Parameters{{"timestamp", time}}};
    Doorman::check_time(call, kNow);
    return call.failed() ? call.check()->code : 0;
  };
  EXPECT_EQ(refusal("1700000000000"), 0);
  EXPECT_EQ(refusal("1700000000000000"), 0);
  for (const auto* time : {"0", "1700000000", "99999999999999", "1700000000000000000", "9223372036854775807"})
    EXPECT_EQ(refusal(time), -1021) << time;
}

TEST(BinanceCall, NotesTheFirstThingThatIsWrong) {
  Call call{{{"symbol", "BTCUSDT"}, {"quantity", "0.1234567891"}, {"price", "1e3"}}};
  EXPECT_EQ(call.text("symbol"), "BTCUSDT");
  EXPECT_FALSE(call.find_amount("quantity"));
  EXPECT_FALSE(call.find_amount("price"));
  ASSERT_NE(call.check(), nullptr);
  EXPECT_EQ(call.check()->json(), R"({"code":-1111,"msg":"Parameter 'quantity' has too much precision."})");
}

TEST(BinanceCall, IsRefusedWhereSomethingWasSentThatNobodyReads) {
  Call call{{{"symbol", "BTCUSDT"}, {"pirce", "1"}}};
  call.text("symbol");
  ASSERT_NE(call.check(), nullptr);
  EXPECT_EQ(call.check()->json(),
            R"({"code":-1104,"msg":"Not all sent parameters were read; read '1' parameter(s) but was sent '2'."})");
}

TEST(BinanceCall, ReadsAmountsExactly) {
  Call call{{{"a", "0.00000001"}, {"b", "90000000000"}, {"c", "1.10"}, {"d", "99999999999"}, {"e", ""}}};
  EXPECT_EQ(call.find_amount("a"), 1);
  EXPECT_EQ(call.find_amount("b"), 9'000'000'000'000'000'000);
  EXPECT_EQ(call.find_amount("c"), 110'000'000);
  EXPECT_FALSE(call.failed());
  EXPECT_FALSE(call.find_amount("d"));
  EXPECT_EQ(call.check()->code, -1108);
}

TEST(BinanceCall, ReadsTimesInMillisecondsAndMicroseconds) {
  Call call{{{"startTime", "1700000000000"}, {"endTime", "1700000000001999"}}};
  EXPECT_EQ(call.find_time("startTime"), 1'700'000'000'000);
  EXPECT_EQ(call.find_time("endTime"), 1'700'000'000'001);
  EXPECT_FALSE(call.find_time("timestamp"));
  EXPECT_FALSE(call.failed());
}

TEST(BinanceRateLimits, RefuseThenBanAndForgiveByTheClock) {
  RateLimits limits{{.weight_per_minute = 100, .orders_per_10s = 2, .orders_per_minute = 3, .orders_per_day = 0}};
  EXPECT_FALSE(limits.weigh(100, kNow));
  ASSERT_TRUE(limits.weigh(1, kNow));
  EXPECT_EQ(limits.weigh(1, kNow)->status, 429);
  for (int i = 0; i < 18; ++i) EXPECT_EQ(limits.weigh(1, kNow)->status, 429);
  EXPECT_EQ(limits.weigh(1, kNow)->status, 418);
  EXPECT_EQ(limits.retry_after(418, kNow), 120);
  EXPECT_EQ(limits.weigh(1, kNow + kMinute)->status, 418) << "a new minute does not end a ban";
  EXPECT_FALSE(limits.weigh(1, kNow + 2 * kMinute));
  EXPECT_FALSE(limits.count_order(0, kNow));
  EXPECT_FALSE(limits.count_order(0, kNow));
  EXPECT_EQ(limits.count_order(0, kNow)->code, -1015);
  EXPECT_FALSE(limits.count_order(1, kNow)) << "another account";
  EXPECT_TRUE(limits.count_order(0, kNow + 10 * kSecond)) << "the minute is used up";
  EXPECT_FALSE(limits.count_order(0, kNow + kMinute));
}

TEST(BinanceRateLimits, LiftedOnesStillCount) {
  RateLimits limits{{.weight_per_minute = 1, .orders_per_10s = 1, .orders_per_minute = 1, .orders_per_day = 1}};
  limits.lift();
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(limits.weigh(1, kNow));
    EXPECT_FALSE(limits.count_order(0, kNow));
  }
  EXPECT_EQ(limits.used(kNow), 100);
  EXPECT_EQ(limits.orders(0, kNow).per_day, 100);
}

TEST(BinanceSocketCall, KeepsNumbersAsTheyWereWritten) {
  const auto call =
      parse_socket_call(R"({"id":"x","method":"order.place","params":{"quantity":0.01000,"price":"1.0","a":true}})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->id, "\"x\"");
  EXPECT_EQ(call->parameters, (Parameters{{"quantity", "0.01000"}, {"price", "1.0"}, {"a", "true"}}))
      << "the text is what was signed";
  const auto listed = parse_socket_call(R"({"method":"ticker.price","params":{"symbols":["A", "B"] ,"type":"MINI"}})");
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->parameters, (Parameters{{"symbols", R"(["A", "B"])"}, {"type", "MINI"}}));
  for (const char* wrong : {"", "[]", "{", R"({"method":1})", R"({"params":[[1]]})", R"({"method":"a"} x)", "\"a\""})
    EXPECT_FALSE(parse_socket_call(wrong)) << wrong;
}

TEST(BinanceSocketCall, ReadsAListOfObjects) {
  EXPECT_EQ(parse_objects(R"([{"symbol":"BTCUSDT","quantity":0.010,"price":"1"},{"reduceOnly":true}])"),
            (std::vector<Parameters>{Parameters{{"symbol", "BTCUSDT"}, {"quantity", "0.010"}, {"price", "1"}},
                                     Parameters{{"reduceOnly", "true"}}}));
  EXPECT_EQ(parse_objects("[]"), std::vector<Parameters>{});
  for (const char* wrong : {"", "{}", "[1]", "[[]]", R"([{"a":{}}])", R"([{"a":1}] x)", R"([{"a":1},)"})
    EXPECT_FALSE(parse_objects(wrong)) << wrong;
}

TEST(BinanceCandles, WeeksBeginOnMondayAndMonthsAreTheCalendars) {
  const DurationNanos week = *interval_of("1w"), month = *interval_of("1M"), three_days = *interval_of("3d");
  const auto midnight = [](int year, int m, int day) { return start_of_day(day_of_civil(year, m, day)); };
  const UnixNanos leap_day = midnight(2024, 2, 29) + 13 * kHour;  // a Thursday
  EXPECT_EQ(candle_start(leap_day, week), midnight(2024, 2, 26));
  EXPECT_EQ(candle_start(midnight(2024, 2, 26), week), midnight(2024, 2, 26));
  EXPECT_EQ(candle_start(midnight(2024, 2, 26) - 1, week), midnight(2024, 2, 19));
  EXPECT_EQ(candle_end(midnight(2024, 2, 26), week), midnight(2024, 3, 4));
  EXPECT_EQ(candle_start(leap_day, month), midnight(2024, 2, 1));
  EXPECT_EQ(candle_end(midnight(2024, 2, 1), month), midnight(2024, 3, 1));
  EXPECT_EQ(candle_end(midnight(2024, 12, 1), month), midnight(2025, 1, 1));
  EXPECT_EQ(candle_end(midnight(2025, 4, 1), month), midnight(2025, 5, 1));
  EXPECT_EQ(three_days, 3 * kDay);
  EXPECT_FALSE(interval_of("2w"));
  std::deque<MinuteBar> minutes;
  for (const UnixNanos time : {midnight(2024, 2, 29), midnight(2024, 3, 1) - kMinute, midnight(2024, 3, 1)})
    minutes.push_back({.bar = {time, {100}, {110}, {90}, {105}, {1}}, .trades = 1});
  const auto made = candles(minutes, month, std::nullopt, std::nullopt, 500);
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].sum.trades, 2);
  EXPECT_EQ(made[1].start, midnight(2024, 3, 1));
}

TEST(BinanceCandles, AreMinutesPutTogether) {
  std::deque<MinuteBar> minutes;
  for (int i = 0; i < 10; ++i)
    minutes.push_back({.bar = {kHour + i * kMinute, {100 + i}, {110 + i}, {90 - i}, {105 + i}, {i}}, .trades = 1});
  const auto made = candles(minutes, 5 * kMinute, std::nullopt, std::nullopt, 500);
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].sum.bar, (Bar{kHour, {100}, {114}, {86}, {109}, {10}}));
  EXPECT_EQ(made[1].sum.trades, 5);
  EXPECT_EQ(candles(minutes, 5 * kMinute, std::nullopt, std::nullopt, 1)[0].start, kHour + 5 * kMinute) << "the last";
  EXPECT_EQ(candles(minutes, 5 * kMinute, kHour, std::nullopt, 1)[0].start, kHour) << "from there on";
}

}  // namespace
}  // namespace stom::venues::binance::server
