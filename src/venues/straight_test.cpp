// The straight roads against the decoders: whatever a straight road takes, it takes as the decoder and the tables do.
#include "venues/kiwoom/straight.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/random.hpp"
#include "venues/event_messages.hpp"
#include "venues/kiwoom/decoder.hpp"
#include "venues/straight_reader.hpp"
#include "venues/upbit/decoder.hpp"
#include "venues/upbit/straight.hpp"

namespace stom::venues {
namespace {

constexpr UnixNanos kReceived = 1'789'095'378'000'000'000;
constexpr Decimals kUpbit{4, 8}, kKiwoom{0, 0};

/// What a client makes of a frame by the decoder; nothing where it is not all market data of one road.
struct Read {
  bool taken = false;
  std::vector<std::string> instruments;
  MessageBatch batch;
};

Read by_tables(Decoder& decoder, std::string_view frame, Decimals decimals, bool snapshots_count) {
  Read out;
  EventBatch events;
  if (decoder.decode(frame, kReceived, events).what != Decoded::What::Events) return out;
  for (const Event& event : events.events) {
    const auto* instrument = events.find(event, "instrument");
    if (instrument == nullptr || (event.kind != "trade" && event.kind != "book")) return out;
    const auto* stream = events.find(event, "stream");
    if (stream != nullptr && stream->text == "SNAPSHOT" && !snapshots_count) return out;
    const auto done = append_message(events, event, decimals, kReceived, out.batch);
    if (!done || !*done) return out;
    out.instruments.emplace_back(instrument->text);
  }
  out.taken = true;
  return out;
}

Read upbit_straight(std::string_view frame) {
  Read out;
  const auto instrument = upbit::instrument_of(frame);
  if (!instrument) return out;
  out.taken = upbit::decode_straight(frame, kUpbit, kReceived, out.batch);
  out.instruments.emplace_back(*instrument);
  return out;
}

Read kiwoom_straight(std::string_view frame) {
  static kiwoom::Straight road;
  Read out;
  const auto entries = road.read(frame, kReceived);
  for (const auto& entry : entries) {
    if (!road.append(entry, kKiwoom, kReceived, out.batch)) return {};
    out.instruments.emplace_back(entry.item);
  }
  out.taken = !entries.empty();
  return out;
}

void expect_same(const Read& straight, const Read& tables, std::string_view frame) {
  ASSERT_TRUE(tables.taken) << "taken, and the decoder does not: " << frame;
  EXPECT_EQ(straight.instruments, tables.instruments) << frame;
  EXPECT_TRUE(straight.batch.messages == tables.batch.messages) << frame;
  EXPECT_TRUE(straight.batch.levels == tables.batch.levels) << frame;
}

std::vector<std::string> upbit_frames() {
  return {
      R"({"type":"orderbook","code":"KRW-XRP","timestamp":1746601573804,"total_ask_size":4.79158413,)"
      R"("total_bid_size":2.65609625,"orderbook_units":[{"ask_price":0.1137,"bid_price":0.1136,"ask_size":0.10623869,)"
      R"("bid_size":3.656e-05},{"ask_price":137023000.0,"bid_price":137000000,"ask_size":6E-8,"bid_size":12345678901.5}],)"
      R"("stream_type":"SNAPSHOT","level":0})",
      R"({"type":"orderbook","code":"KRW-XRP","timestamp":1746601573804,"total_ask_size":4.0,"total_bid_size":2,)"
      R"("orderbook_units":[{"ask_price":11,"bid_price":10,"ask_size":1,"bid_size":0}],"level":0,"stream_type":"REALTIME"})",
      R"({"type":"trade","code":"KRW-ETH","timestamp":1696585056910,"trade_date":"2023-10-06","trade_time":"09:37:36",)"
      R"("trade_timestamp":1696585056846,"trade_price":37625,"trade_volume":8.428e-05,"ask_bid":"ASK",)"
      R"("prev_closing_price":37296,"change":"RISE","change_price":329,"sequential_id":1696585056846000,)"
      R"("best_ask_price":32293000,"best_ask_size":0.04414411,"best_bid_price":32291000,"best_bid_size":0.01202163,)"
      R"("stream_type":"REALTIME"})",
      R"({"type":"trade","code":"BTC-ARK","timestamp":1696585056910,"trade_date":"2023-10-06","trade_time":"09:37:36",)"
      R"("trade_timestamp":1696585056846,"trade_price":0.0376,"trade_volume":46.48838371,"ask_bid":"BID",)"
      R"("prev_closing_price":123.00000000,"change":"EVEN","change_price":0E0,"sequential_id":17000000008460001,)"
      R"("stream_type":"REALTIME"})",
  };
}

std::string kiwoom_trade(bool values_first) {
  const std::string values =
      R"("values":{"20":"115618","10":"-257750","11":"-11250","12":"-4.18","27":"-258000","28":"-257500","15":"-19",)"
      R"("13":"7198927","14":"1860588","16":"-258000","17":"-261000","18":"-257000","25":"5","26":"-15318148",)"
      R"("29":"-4167722708811","30":"-31.97","31":"0.12","32":"595","228":"89.62","311":"15068783","290":"2",)"
      R"("691":"0","1030":"3645181","1031":"","9081":"KRX"})";
  const std::string about = R"("type":"0B","name":"주식체결","item":"005930")";
  return values_first ? '{' + values + ',' + about + '}' : '{' + about + ',' + values + '}';
}

std::string kiwoom_book() {
  std::string text = R"({"type":"0D","name":"주식호가잔량","item":"005930_AL","values":{"21":"165207")";
  const auto member = [&](int number, const std::string& value) {
    text += ",\"" + std::to_string(number) + "\":\"" + value + '"';
  };
  for (int i = 0; i < 10; ++i) {
    member(41 + i, i == 9 ? "0" : "+" + std::to_string(20'800 + 50 * i));
    member(61 + i, i == 9 ? "0" : std::to_string(82 + i));
    member(81 + i, "0");
    member(51 + i, "-" + std::to_string(20'750 - 50 * i));
    member(71 + i, "00000" + std::to_string(23'847 + i));
    member(91 + i, "-3");
  }
  member(121, "12622527");
  member(122, "-1036021");
  member(125, "14453430");
  member(23, "20850");
  member(24, "332941");
  member(129, "114.51");
  member(215, "");
  return text + "}}";
}

/// All members of the table and more: what comes behind the last one is no member of ours.
std::string kiwoom_long_book() {
  std::string text = kiwoom_book();
  text.resize(text.size() - 2);
  for (int number = 6044; number <= 6140; ++number)
    if (number <= 6087 || number >= 6100) text += ",\"" + std::to_string(number) + "\":\"0\"";
  return text + "}}";
}

std::vector<std::string> kiwoom_frames() {
  return {
      R"({"data":[)" + kiwoom_trade(true) + R"(],"trnm":"REAL"})",
      R"({"data":[)" + kiwoom_trade(true) + ',' + kiwoom_trade(true) + R"(],"trnm":"REAL"})",
      R"({"trnm":"REAL","data":[)" + kiwoom_trade(false) + "]}",
      R"({"trnm":"REAL","data":[)" + kiwoom_book() + ',' + kiwoom_trade(false) + "]}",
  };
}

TEST(StraightRoad, LeavesMembersBehindTheLastOfTheTableToTheDecoder) {
  EXPECT_FALSE(kiwoom_straight(R"({"trnm":"REAL","data":[)" + kiwoom_long_book() + "]}").taken);
}

TEST(StraightRoad, FindsAMembersKeyWhereverItStands) {
  constexpr std::string_view kKey = R"("s":")";
  const std::string others = R"({"stream":"s","E":"s:","s":1,"s" :"","ss":"x",)";
  for (std::size_t before = 0; before < 70; ++before) {
    for (const std::size_t behind : {0u, 1u, 20u, 64u}) {
      const std::string text = std::string(before, '"') + others + std::string(kKey) + "B\"" + std::string(behind, '}');
      EXPECT_EQ(straight::find_key(text, 's'), text.find(kKey)) << text;
    }
    EXPECT_EQ(straight::find_key(std::string(before, '"') + others, 's'), std::string::npos);
  }
}

TEST(StraightRoad, TakesWhatUpbitSends) {
  const auto decoder = upbit::decoder();
  for (const auto& frame : upbit_frames()) {
    const Read straight = upbit_straight(frame);
    ASSERT_TRUE(straight.taken) << frame;
    expect_same(straight, by_tables(*decoder, frame, kUpbit, true), frame);
  }
}

TEST(StraightRoad, TakesWhatKiwoomSends) {
  const auto decoder = kiwoom::decoder();
  for (const auto& frame : kiwoom_frames()) {
    const Read straight = kiwoom_straight(frame);
    ASSERT_TRUE(straight.taken) << frame;
    expect_same(straight, by_tables(*decoder, frame, kKiwoom, true), frame);
  }
}

TEST(StraightRoad, LeavesTheTradeBeforeASubscriptionToTheDecoder) {
  std::string frame = upbit_frames()[2];
  frame.replace(frame.find("REALTIME"), 8, "SNAPSHOT");
  EXPECT_FALSE(upbit_straight(frame).taken);
}

/// Frames with bytes changed, lost, doubled and cut: most are refused by both, and none is read otherwise.
template <class Straight>
void expect_same_of_damaged(const std::vector<std::string>& frames, Decoder& decoder, Decimals decimals,
                            Straight straight) {
  Random random{7};
  constexpr std::string_view kBytes =
      "0123456789.-+eE\",:{}[] \\\x01\x80"
      "aABn";
  std::size_t taken = 0;
  for (const auto& frame : frames) {
    for (int i = 0; i < 20'000; ++i) {
      std::string damaged = frame;
      for (std::uint64_t n = 1 + random.below(2); n > 0; --n) {
        const std::size_t at = random.below(damaged.size());
        const char byte = kBytes[random.below(kBytes.size())];
        switch (random.below(4)) {
          case 0:
            damaged[at] = byte;
            break;
          case 1:
            damaged.erase(at, 1 + random.below(3));
            break;
          case 2:
            damaged.insert(at, 1, byte);
            break;
          default:
            damaged.insert(at, damaged.substr(at, 1 + random.below(12)));
        }
        if (damaged.empty()) break;
      }
      const Read read = straight(damaged);
      if (!read.taken) continue;
      ++taken;
      expect_same(read, by_tables(decoder, damaged, decimals, true), damaged);
      if (testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(taken, 100U);
}

TEST(StraightRoad, NeverReadsADamagedFrameOfUpbitOtherwise) {
  expect_same_of_damaged(upbit_frames(), *upbit::decoder(), kUpbit, upbit_straight);
}

TEST(StraightRoad, NeverReadsADamagedFrameOfKiwoomOtherwise) {
  expect_same_of_damaged(kiwoom_frames(), *kiwoom::decoder(), kKiwoom, kiwoom_straight);
}

}  // namespace
}  // namespace stom::venues
