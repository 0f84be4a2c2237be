#include "venues/binance/market_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.hpp"
#include "venues/binance/straight.hpp"

namespace stom::venues::binance {
namespace {

const std::string kDepth =
    R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT",)"
    R"("U":5123107832006,"u":5123107837557,"pu":5123107831937,"b":[["58710.20","0.014"],["61496.50","0.010"]],)"
    R"("a":[["61510.90","0.000"]]}})";
const std::string kQuote =
    R"({"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20",)"
    R"("B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256314}})";
const std::string kTrade =
    R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256321,"s":"BTCUSDT",)"
    R"("t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":true}})";
const std::string kSnapshot =
    R"({"lastUpdateId":5123107852948,"E":1723161256501,"T":1723161256493,"bids":[["61800.20","2.909"]],"asks":[]})";
const std::string kSpotDepth =
    R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,)"
    R"("u":50093239202,"b":[["61737.63000000","0.00000000"],["56854.58000000","12345678.25000000"]],"a":[]}})";
const std::string kSpotQuote =
    R"({"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000",)"
    R"("a":"61837.64000000","A":"1.54698000"}})";
const std::string kSpotTrade =
    R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,)"
    R"("p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}})";
const std::string kAggregate =
    R"({"e":"aggTrade","E":1626992741062,"a":1,"s":"BTCUSDT","p":"7.6100","q":"2","f":1,"l":3,"T":1626992741017,"m":false})";
const std::string kMark =
    R"({"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15","i":"11784.62","P":"1","r":"-0.00038167","T":1562306400000})";

MarketData decoder(Feed feed, Decimals decimals = {2, 5}) { return MarketData{{"BTCUSDT", feed, decimals}}; }

MessageBatch decoded(MarketData& data, std::string_view frame) {
  MessageBatch batch;
  const auto kind = data.decode(frame, 7, batch);
  EXPECT_TRUE(kind) << kind.error().message;
  return batch;
}
std::string refusal(Feed feed, std::string_view frame, Decimals decimals = {2, 5}) {
  auto data = decoder(feed, decimals);
  MessageBatch batch;
  const auto kind = data.decode(frame, 7, batch);
  EXPECT_TRUE(batch.messages.empty());
  EXPECT_TRUE(batch.levels.empty());
  return kind ? "" : kind.error().message;
}
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(BinanceMarketData, ADepthUpdateKeepsItsTimesIdsAndLevels) {
  auto data = decoder(Feed::UsdM);
  const auto batch = decoded(data, kDepth);
  ASSERT_EQ(batch.messages.size(), 1u);
  const Message& m = batch.messages[0];
  EXPECT_EQ(m.kind, MessageKind::Depth);
  EXPECT_EQ(m.receive_time, 7);
  EXPECT_EQ(m.event_time, 1723161256299'000000);
  EXPECT_EQ(m.transaction_time, 1723161256298'000000);
  EXPECT_EQ(m.first_update_id, 5123107832006);
  EXPECT_EQ(m.final_update_id, 5123107837557);
  EXPECT_EQ(m.previous_update_id, 5123107831937);
  ASSERT_EQ(m.bids, 2u);
  ASSERT_EQ(m.asks, 1u);
  EXPECT_EQ(batch.bids(m)[1], (Level{{6149650}, {1000}}));
  EXPECT_EQ(batch.asks(m)[0], (Level{{6151090}, {0}}));
}

TEST(BinanceMarketData, ATradeSaysWhoTookAndWhetherItWasTheMarket) {
  auto data = decoder(Feed::UsdM);
  auto batch = decoded(data, kTrade);
  EXPECT_EQ(batch.messages[0].aggressor(), Side::Sell);
  EXPECT_EQ(batch.messages[0].first_update_id, 5266583935);
  EXPECT_EQ(batch.levels[0], (Level{{6180030}, {600}}));
  batch = decoded(data, replaced(kTrade, "MARKET", "INSURANCE_FUND"));
  EXPECT_EQ(batch.messages[0].flags, kSellAggressor | kNotMarketTrade);
  batch = decoded(data, replaced(kTrade, "true", "false"));
  EXPECT_EQ(batch.messages[0].aggressor(), Side::Buy);
}

TEST(BinanceMarketData, EveryFrameOfTheRecordingsTakesTheStraightRoad) {
  MessageBatch batch;
  const MarketDataConfig usdm{"BTCUSDT", Feed::UsdM, {2, 5}}, spot{"BTCUSDT", Feed::Spot, {2, 5}};
  for (const auto& frame : {kDepth, kQuote, kTrade}) EXPECT_TRUE(decode_straight(frame, 7, usdm, batch)) << frame;
  for (const auto& frame : {kSpotDepth, kSpotQuote, kSpotTrade})
    EXPECT_TRUE(decode_straight(frame, 7, spot, batch)) << frame;
}

TEST(BinanceMarketData, RestSnapshotsAggregateTradesAndMarkPricesAreRead) {
  auto data = decoder(Feed::UsdM);
  auto batch = decoded(data, kSnapshot);
  EXPECT_EQ(batch.messages[0].kind, MessageKind::Snapshot);
  EXPECT_EQ(batch.messages[0].final_update_id, 5123107852948);
  EXPECT_EQ(batch.messages[0].bids, 1u);
  batch = decoded(data, kAggregate);
  EXPECT_EQ(batch.messages[0].kind, MessageKind::Trade);
  batch = decoded(data, kMark);
  EXPECT_EQ(batch.messages[0].first_update_id, -38167);
  EXPECT_EQ(batch.levels[1].price, Price{1178462});
}

TEST(BinanceMarketData, AFieldThatBinanceAddsChangesNothing) {
  auto data = decoder(Feed::UsdM);
  const auto plain = decoded(data, kTrade);
  for (const auto* extra :
       {R"("zz":1,)", R"("st":"x",)", R"("q2":[{"a":1.5e3}],)", R"("\u007a":"é",)", R"("":null,)"}) {
    const auto batch = decoded(data, replaced(kTrade, R"("s":)", std::string{extra} + R"("s":)"));
    EXPECT_EQ(batch.messages, plain.messages) << extra;
    EXPECT_EQ(batch.levels, plain.levels) << extra;
  }
}

TEST(BinanceMarketData, WhereUnknownFieldsAreRefusedTheDocumentedOnesPass) {
  auto data = decoder(Feed::UsdM);
  data.refuse_unknown_fields(true);
  MessageBatch batch;
  for (const auto& [frame, unknown] :
       {std::pair{kTrade, R"("zz":1,)"}, std::pair{kTrade, R"("z":"x",)"}, std::pair{kDepth, R"("M":true,)"},
        std::pair{kQuote, R"("zz":null,)"}, std::pair{kSnapshot, R"("zz":1,)"}, std::pair{kAggregate, R"("zz":1,)"},
        std::pair{kMark, R"("zz":1,)"}}) {
    EXPECT_TRUE(data.decode(frame, 7, batch)) << frame;
    const bool rest = frame == kSnapshot;
    const auto refused = data.decode(replaced(frame, rest ? R"("lastUpdateId")" : R"("s":)",
                                              std::string{unknown} + (rest ? R"("lastUpdateId")" : R"("s":)")),
                                     7, batch);
    ASSERT_FALSE(refused) << frame;
    EXPECT_THAT(refused.error().message, testing::MatchesRegex("field \"[zM]+\" is unknown"));
    EXPECT_THAT(refused.error().hint, testing::HasSubstr("--skip-bad"));
  }
  for (const auto& [frame, known] :
       {std::pair{kTrade, R"("M":true,)"}, std::pair{kTrade, R"("ps":"BTC",)"}, std::pair{kDepth, R"("ps":"BTC",)"},
        std::pair{kQuote, R"("st":2,)"}, std::pair{kAggregate, R"("nq":"1",)"}, std::pair{kMark, R"("ap":"1",)"}}) {
    EXPECT_TRUE(data.decode(replaced(frame, R"("s":)", std::string{known} + R"("s":)"), 7, batch)) << known;
  }
}

TEST(BinanceMarketData, DamageIsNamed) {
  EXPECT_EQ(refusal(Feed::UsdM, replaced(kTrade, "61800.30", "-61800.30")), "price is -61800.30: it is never negative");
  EXPECT_EQ(refusal(Feed::UsdM, replaced(kTrade, "0.006", "99999999999999999")),
            "quantity '99999999999999999' does not fit 64 bits");
  EXPECT_EQ(refusal(Feed::UsdM, replaced(kTrade, "61800.30", "6.18e4")), "price '6.18e4' is not a plain decimal");
  EXPECT_EQ(refusal(Feed::UsdM, replaced(kTrade, "1723161256321", "-1")), "field \"T\" is -1: it is never negative");
  EXPECT_EQ(refusal(Feed::UsdM, replaced(kTrade, R"("m":true)", R"("k":true)")), "field \"m\" is missing");
  EXPECT_EQ(refusal(Feed::UsdM, replaced(kTrade, R"("X":)", R"("p":)")), "field \"p\" comes twice");
  EXPECT_EQ(refusal(Feed::UsdM, replaced(kTrade, "\"s\":\"BTCUSDT\"", "\"s\":\"ETHUSDT\"")),
            "the line is about ETHUSDT, not BTCUSDT");
  EXPECT_EQ(refusal(Feed::UsdM, replaced(kTrade, "\"e\":\"trade\"", "\"e\":\"kline\"")),
            "unknown stream event 'kline'");
  EXPECT_THAT(refusal(Feed::UsdM, kTrade.substr(0, 100)).substr(0, 14), "not valid JSON");
  EXPECT_THAT(refusal(Feed::UsdM, kTrade + "x").substr(0, 14), "not valid JSON");
  EXPECT_THAT(refusal(Feed::Spot, kDepth).substr(0, 22), "a futures depth update");
  EXPECT_EQ(refusal(Feed::UsdM, replaced(kDepth, R"(["58710.20","0.014"])", R"(["58710.20"])")),
            "a level is not [\"price\",\"quantity\"]");
}

TEST(BinanceMarketData, DecimalsGrowToWhatTheFramesNeed) {
  auto data = decoder(Feed::Spot);
  Decimals decimals;
  ASSERT_TRUE(data.widen(kSpotDepth, decimals));
  EXPECT_EQ(decimals, (Decimals{2, 2}));
  ASSERT_TRUE(data.widen(kSpotQuote, decimals));
  EXPECT_EQ(decimals, (Decimals{2, 5}));
}

/// Both roads on one frame: same answer, same message.
void agree(MarketData& data, const std::string& frame) {
  MessageBatch straight, full;
  // Exactly as long as the frame, so that a sanitizer sees a byte read too far.
  const std::vector<char> bytes(frame.begin(), frame.end());
  const std::string_view view{bytes.data(), bytes.size()};
  const auto one = data.decode(view, 7, straight);
  const auto two = data.decode_with_schema(view, 7, full);
  ASSERT_EQ(one.has_value(), two.has_value()) << frame;
  ASSERT_EQ(straight.messages, full.messages) << frame;
  ASSERT_EQ(straight.levels, full.levels) << frame;
}

TEST(BinanceMarketData, TheStraightRoadAcceptsAndRejectsWhatTheFullParserDoes) {
  const std::string alphabet = "0123456789.\",:[]{}-+eEtTuUpsbBaAmXq \\\n\x01\x7f\xc3\xa9nulltruefalse";
  for (const auto feed : {Feed::UsdM, Feed::Spot}) {
    auto data = decoder(feed);
    data.refuse_unknown_fields(feed == Feed::Spot);
    Random random{feed == Feed::Spot ? 2u : 1u};
    for (const auto& seed :
         {kDepth, kQuote, kTrade, kSnapshot, kSpotDepth, kSpotQuote, kSpotTrade, kAggregate, kMark}) {
      agree(data, seed);
      for (int round = 0; round < 800; ++round) {
        std::string frame = seed;
        for (auto edits = 1 + random.below(2); edits > 0; --edits) {
          const auto at = random.below(frame.size());
          switch (random.below(4)) {
            case 0:
              frame[at] = alphabet[random.below(alphabet.size())];
              break;
            case 1:
              frame.erase(at, 1 + random.below(3));
              break;
            case 2:
              frame.insert(at, 1, alphabet[random.below(alphabet.size())]);
              break;
            default:
              frame.insert(at, frame.substr(random.below(frame.size()), 1 + random.below(24)));
          }
          if (frame.empty()) frame = "{";
        }
        agree(data, frame);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(BinanceMarketData, AStreamOfTheBestLevelsTellsWholeBooksInTheWordsOfAnUpdate) {
  auto data = decoder(Feed::UsdM);
  for (const auto* stream : {"@depth5\"", "@depth10@500ms\"", "@depth20@100ms\""}) {
    const auto frame = replaced(kDepth, "@depth@0ms\"", stream);
    const auto batch = decoded(data, frame);
    ASSERT_EQ(batch.messages.size(), 1u);
    const Message& m = batch.messages[0];
    EXPECT_EQ(m.kind, MessageKind::Snapshot) << stream;
    EXPECT_EQ(m.final_update_id, 5123107837557);
    EXPECT_EQ(m.first_update_id + m.previous_update_id, 0) << "nothing has to come before it";
    EXPECT_EQ(m.bids, 2u);
    agree(data, frame);
  }
  for (const auto* stream : {"@depth\"", "@depth@500ms\""})
    EXPECT_EQ(decoded(data, replaced(kDepth, "@depth@0ms\"", stream)).messages[0].kind, MessageKind::Depth) << stream;
}

TEST(BinanceMarketData, AFieldOfAnotherKindOfFrameIsReadAlikeByBothRoads) {
  // Each is one that the full parser asks for somewhere: where it is strange there, it is strange on the straight road.
  for (const auto* field :
       {R"("data":"x",)", R"("data":{},)", R"("stream":1,"stream":2,)", R"("lastUpdateId":5,)", R"("id":1,"id":1,)",
        R"("result":null,"result":1,)", R"("error":1,"error":2,)", R"("A":"1","A":"1",)", R"("B":1,"B":1,)",
        R"("i":"1","i":"1",)", "\"\x01\":1,", R"("e":"trade",)", R"("lastUpdateId":5,"bids":[],"asks":[],)"})
    for (const auto& frame : {kDepth, kQuote, kTrade, kSpotDepth, kSpotQuote, kSpotTrade})
      for (const bool refuse : {false, true})
        for (const bool combined : {true, false}) {
          auto data = decoder(frame == kDepth || frame == kQuote || frame == kTrade ? Feed::UsdM : Feed::Spot);
          data.refuse_unknown_fields(refuse);
          auto text = replaced(frame, R"("s":)", std::string{field} + R"("s":)");
          if (refuse && text.contains(R"("pu":)")) text = replaced(text, R"("pu":5123107831937,)", "");
          if (!combined) text = text.substr(text.find(R"("data":)") + 7, text.size() - text.find(R"("data":)") - 8);
          agree(data, text);
          if (HasFatalFailure()) return;
        }
}

TEST(BinanceMarketData, NumbersOfEveryLengthReadTheSame) {
  Random random{3};
  for (int round = 0; round < 4'000; ++round) {
    const Decimals decimals{static_cast<int>(random.below(11)), static_cast<int>(random.below(9))};
    auto data = decoder(Feed::UsdM, decimals);
    const auto number = [&] {
      std::string text;
      for (auto n = random.below(14); n-- > 0;) text += static_cast<char>('0' + random.below(10));
      if (random.below(3)) text += '.';
      for (auto n = random.below(9); n-- > 0;)
        text += static_cast<char>(random.below(2) ? '0' + random.below(10) : '0');
      return text;
    };
    agree(data, replaced(replaced(kTrade, "61800.30", number()), "0.006", number()));
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace stom::venues::binance
