// What a socket client knows must be what the engine shows, whatever it missed on the way.
#include "server/hub.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "core/random.hpp"
#include "server/json.hpp"
#include "server/security.hpp"
#include "server/test_session.hpp"

namespace stom {
namespace {

using nlohmann::json;

/// A client that folds frames as docs/api.md says, on a clock of its own.
class Folding : public testing::Test {
 protected:
  Folding() : hub{state, clock, [this](net::ClientId, std::uint16_t code, std::string_view) { closed = code; }} {
    clock.set(kSecond);
    drain();
    hub.on_open(1);
  }
  void drain() {
    Update update;
    while (session.next(update)) state.apply(update);
    if (session.take_live()) state.apply(session.live());
  }
  void subscribe(const std::string& topic) {
    hub.on_message(1, json{{"op", "subscribe"}, {"id", 1}, {"topics", {topic}}}.dump(), false);
    net::Frame ack;
    ASSERT_TRUE(hub.next_frame(1, ack));
    ASSERT_EQ(json::parse(ack.bytes)["op"], "ack");
  }
  void wait(DurationNanos duration) { clock.set(clock.now() + duration); }
  template <class T>
  static T at(const std::string& bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
  }
  /// One binary frame into the client's book.
  void fold_book(const std::string& bytes) {
    ASSERT_EQ(at<std::uint64_t>(bytes, 8), ++seq);
    const auto kind = at<std::uint8_t>(bytes, 1);
    ASSERT_TRUE(kind == 1 || kind == 2);
    if (kind == 1) {
      bids.clear();
      asks.clear();
    }
    const auto count = at<std::uint32_t>(bytes, 4);
    const auto bid_count = at<std::uint32_t>(bytes, 28);
    ASSERT_EQ(bytes.size(), 32 + 16 * count);
    for (std::uint32_t i = 0; i < count; ++i) {
      auto& side = i < bid_count ? bids : asks;
      const auto price = at<std::int64_t>(bytes, 32 + 16 * i);
      const auto quantity = at<std::int64_t>(bytes, 40 + 16 * i);
      if (quantity == 0)
        side.erase(price);
      else
        side[price] = quantity;
    }
  }

  test::TestSession session;
  SessionState state;
  ManualClock clock;
  Hub hub;
  int closed = 0;
  std::uint64_t seq = 0;
  std::map<std::int64_t, std::int64_t> bids;
  std::map<std::int64_t, std::int64_t> asks;
};

TEST_F(Folding, TheBookOfASlowClientIsTheBook) {
  subscribe("book.gen:BTCUSDT");
  Random random{7};
  UnixNanos time = test::kStart;
  for (int round = 0; round < 500; ++round) {
    for (std::uint64_t moves = random.below(4); moves > 0; --moves)
      session.trade(time += kMillisecond, 6'000'000 + static_cast<std::int64_t>(random.below(5)) * 10, 1);
    drain();
    wait(static_cast<DurationNanos>(random.below(80)) * kMillisecond);
    net::Frame frame;
    if (!hub.next_frame(1, frame)) continue;
    ASSERT_TRUE(frame.binary);
    fold_book(frame.bytes);
    std::map<std::int64_t, std::int64_t> expected_bids, expected_asks;
    const BookState& book = state.live().books[0];
    for (std::uint32_t i = 0; i < book.bids; ++i) expected_bids[book.bid[i].price.value] = book.bid[i].quantity.value;
    for (std::uint32_t i = 0; i < book.asks; ++i) expected_asks[book.ask[i].price.value] = book.ask[i].quantity.value;
    ASSERT_EQ(bids, expected_bids);
    ASSERT_EQ(asks, expected_asks);
  }
  EXPECT_GT(seq, 50u);
}

TEST_F(Folding, MarketFramesComeAtMostThirtyTimesASecond) {
  subscribe("book.gen:BTCUSDT");
  int frames = 0;
  for (int ms = 0; ms < 1000; ++ms) {
    session.trade(test::kStart + ms, 6'000'000 + ms % 7 * 10, 1);
    drain();
    net::Frame frame;
    while (hub.next_frame(1, frame)) ++frames;
    wait(kMillisecond);
  }
  EXPECT_LE(frames, 31);
  EXPECT_GE(frames, 25);
}

TEST_F(Folding, BarsAreReplacedWhileTheyGrowAndNoneIsMissed) {
  subscribe("bars.gen:BTCUSDT.5s");
  std::map<std::int64_t, std::int64_t> volumes;
  std::int64_t traded = 0;
  Random random{3};
  for (int i = 0; i < 400; ++i) {
    const auto quantity = static_cast<std::int64_t>(1 + random.below(9));
    traded += quantity;
    session.trade(test::kStart + i * 300 * kMillisecond, 6'000'000, quantity);
    drain();
    wait(static_cast<DurationNanos>(random.below(300)) * kMillisecond);
    net::Frame frame;
    if (!hub.next_frame(1, frame)) continue;
    for (std::uint32_t bar = 0; bar < at<std::uint32_t>(frame.bytes, 4); ++bar)
      volumes[at<std::int64_t>(frame.bytes, 32 + 56 * bar)] = at<std::int64_t>(frame.bytes, 32 + 56 * bar + 40);
  }
  wait(kSecond);
  net::Frame frame;
  while (hub.next_frame(1, frame))
    for (std::uint32_t bar = 0; bar < at<std::uint32_t>(frame.bytes, 4); ++bar)
      volumes[at<std::int64_t>(frame.bytes, 32 + 56 * bar)] = at<std::int64_t>(frame.bytes, 32 + 56 * bar + 40);
  std::int64_t seen = 0;
  for (const auto& [start, volume] : volumes) seen += volume;
  EXPECT_EQ(seen, traded);
  EXPECT_EQ(volumes.size(), 24u);
}

TEST_F(Folding, ATapeThatWasLeftOutSaysSo) {
  subscribe("trades.gen:BTCUSDT");
  net::Frame frame;
  ASSERT_TRUE(hub.next_frame(1, frame));
  for (int i = 0; i < 5000; ++i) session.trade(test::kStart + i, 6'000'000, 1);
  drain();
  wait(kSecond);
  ASSERT_TRUE(hub.next_frame(1, frame));
  EXPECT_EQ(at<std::uint8_t>(frame.bytes, 1), 4);
  EXPECT_TRUE(at<std::uint32_t>(frame.bytes, 24) & 2u);
  EXPECT_EQ(at<std::uint32_t>(frame.bytes, 4), 200u) << "the newest, and no more however fast it goes";
}

TEST_F(Folding, LogLinesComeInOrderAndWhatAClientTooFarBehindMissedIsCounted) {
  subscribe("log");
  net::Frame frame;
  ASSERT_TRUE(hub.next_frame(1, frame));
  int said = 0, next = 0, left_out = 0;
  const auto read = [&] {
    wait(33 * kMillisecond);
    while (hub.next_frame(1, frame)) {
      const auto parsed = json::parse(frame.bytes);
      ASSERT_EQ(parsed["type"], "delta");
      const int missed = parsed.value("left_out", 0);
      next += missed;
      left_out += missed;
      EXPECT_LE(parsed["data"].size(), 200u);
      for (const auto& entry : parsed["data"]) ASSERT_EQ(entry["text"], std::to_string(next++));
      EXPECT_FALSE(hub.next_frame(1, frame)) << "no second one at once";
      wait(33 * kMillisecond);
    }
  };
  const auto say = [&](int lines) {
    for (int i = 0; i < lines; ++i) session.say(std::to_string(said++));
    drain();
    read();
  };
  say(800);
  EXPECT_EQ(next, 800);
  EXPECT_EQ(left_out, 0);
  say(5'000);
  EXPECT_EQ(next, 5'800) << "the newest is there";
  EXPECT_EQ(left_out, 4'800);
  say(30'000);  // more than the server keeps
  EXPECT_EQ(next, 35'800);
  EXPECT_EQ(closed, 0) << "being slow is no fault";
}

TEST_F(Folding, AClientTooFarBehindWithOrdersGetsThemAsTheyAreNow) {
  subscribe("orders");
  net::Frame frame;
  ASSERT_TRUE(hub.next_frame(1, frame));
  OrderRow row;
  row.quantity = row.leaves = Quantity{1};
  std::map<std::string, std::string> known;
  const auto read = [&](const char* type) {
    wait(33 * kMillisecond);
    ASSERT_TRUE(hub.next_frame(1, frame));
    const auto parsed = json::parse(frame.bytes);
    EXPECT_EQ(parsed["type"], type);
    if (parsed["type"] == "snapshot") known.clear();
    for (const auto& order : parsed["data"]) known[order["client_order_id"]] = order["status"];
  };
  const auto tell = [&](std::uint64_t number, OrderStatus status) {
    row.number = row.id = number;
    row.status = status;
    state.apply(row);
  };
  tell(1, OrderStatus::Working);
  tell(2, OrderStatus::Working);
  read("delta");
  EXPECT_EQ(known["1"], "working");
  tell(1, OrderStatus::Canceled);
  for (std::uint64_t number = 3; number < 2'000; ++number) {
    tell(number, OrderStatus::Working);
    tell(number, OrderStatus::Filled);
  }
  read("snapshot");
  EXPECT_FALSE(known.contains("1")) << "an old order that ended is let go";
  EXPECT_EQ(known["2"], "working") << "an open one never";
  EXPECT_EQ(known["1999"], "filled");
  EXPECT_EQ(known.size(), 201u);
  EXPECT_EQ(closed, 0);
}

TEST_F(Folding, AClientThatTalksAndDoesNotListenIsClosed) {
  for (int i = 0; i < 100; ++i) hub.on_message(1, R"({"op":"ping","id":1})", false);
  EXPECT_EQ(closed, 4008);
}

TEST_F(Folding, SubscribingAgainStartsAfresh) {
  subscribe("book.gen:BTCUSDT");
  net::Frame frame;
  ASSERT_TRUE(hub.next_frame(1, frame));
  subscribe("book.gen:BTCUSDT");
  ASSERT_TRUE(hub.next_frame(1, frame));
  EXPECT_EQ(at<std::uint8_t>(frame.bytes, 1), 1);
  EXPECT_EQ(at<std::uint64_t>(frame.bytes, 8), 1u);
}

TEST(Guard, LocksLoginForAMinuteAndTicketsForTenSeconds) {
  ManualClock clock{kSecond};
  Guard guard{8765, "right", clock};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(guard.login("wrong").error().code, "bad_token");
  EXPECT_EQ(guard.login("right").error().code, "too_many_tries");
  clock.set(62 * kSecond);
  EXPECT_TRUE(guard.login("right"));
  net::Request upgrade{.method = "GET", .path = "/api/v1/stream", .query = {}, .headers = {}, .body = {}};
  upgrade.headers = {{"Sec-WebSocket-Protocol", "stom.v1, ticket." + guard.new_ticket()}};
  clock.set(clock.now() + kTicketLife);
  EXPECT_TRUE(guard.redeem_ticket(upgrade)) << "too late";
  upgrade.headers = {{"Sec-WebSocket-Protocol", "stom.v1, ticket." + guard.new_ticket()}};
  EXPECT_FALSE(guard.redeem_ticket(upgrade));
}

TEST(Json, EscapesWhatItMustAndRepairsWhatIsNotText) {
  Json written;
  written.begin_array().text("a\"b\\c\n\x01").text("가\xff\xed\xa0\x80").end_array();
  const auto parsed = json::parse(written.str());
  EXPECT_EQ(parsed[0], "a\"b\\c\n\x01");
  EXPECT_EQ(parsed[1].get<std::string>().substr(0, 3), "가");
}

}  // namespace
}  // namespace stom
