// What a client that keeps a book may rely on, whatever is played: ids follow each other, and the diffs make the book.
#include "exchange/tape.hpp"

#include <gtest/gtest.h>

#include <map>

namespace stom::exchange {
namespace {

constexpr UnixNanos kBegan = 1'000 * kSecond;    // when it was recorded
constexpr UnixNanos kNow = 1'800'000 * kSecond;  // when it is played

Instrument coin() {
  return {.id = "binance:BTCUSDT",
          .base = "BTC",
          .quote = "USDT",
          .price_decimals = 1,
          .quantity_decimals = 3,
          .ladder = {{{0}, {1}}}};
}

/// A recording written down by hand, given out in small batches.
class Written final : public sim::MessageSource {
 public:
  void snapshot(UnixNanos at, std::int64_t id, std::vector<Level> bids, std::vector<Level> asks) {
    add(MessageKind::Snapshot, at, 0, id, 0, std::move(bids), std::move(asks));
  }
  void depth(UnixNanos at, std::int64_t first, std::int64_t last, std::int64_t previous, std::vector<Level> bids,
             std::vector<Level> asks) {
    add(MessageKind::Depth, at, first, last, previous, std::move(bids), std::move(asks));
  }
  void trade(UnixNanos at, std::int64_t id, Level level) { add(MessageKind::Trade, at, id, 0, 0, {level}, {}); }

  Result<bool> next(MessageBatch& batch) override {
    batch.clear();
    for (int n = 0; n < 2 && at_ < all_.messages.size(); ++n, ++at_) {
      Message m = all_.messages[at_];
      const auto* from = all_.levels.data() + m.first_level;
      m.first_level = static_cast<std::uint32_t>(batch.levels.size());
      batch.levels.insert(batch.levels.end(), from, from + m.levels());
      batch.messages.push_back(m);
    }
    return !batch.messages.empty();
  }
  Result<void> rewind() override {
    at_ = 0;
    return {};
  }

 private:
  void add(MessageKind kind, UnixNanos at, std::int64_t first, std::int64_t last, std::int64_t previous,
           std::vector<Level> bids, std::vector<Level> asks) {
    Message m;
    m.kind = kind;
    m.receive_time = m.event_time = m.transaction_time = kBegan + at;
    m.first_update_id = first;
    m.final_update_id = last;
    m.previous_update_id = previous;
    m.first_level = static_cast<std::uint32_t>(all_.levels.size());
    m.bids = static_cast<std::uint32_t>(bids.size());
    m.asks = static_cast<std::uint32_t>(asks.size());
    for (const auto& levels : {bids, asks}) all_.levels.insert(all_.levels.end(), levels.begin(), levels.end());
    all_.messages.push_back(m);
  }
  MessageBatch all_;
  std::size_t at_ = 0;
};

/// A client that starts from the book as it is and applies what it is told.
struct Client {
  explicit Client(const Tape& tape) : last{tape.update_id()} { read(tape); }
  void read(const Tape& tape) {
    bids.clear();
    asks.clear();
    for (Tick t = tape.book().bids().at_or_above(0); t != kNoAsk; t = tape.book().bids().at_or_above(t + 1))
      bids[t] = tape.book().bids().get(t);
    for (Tick t = tape.book().asks().at_or_above(0); t != kNoAsk; t = tape.book().asks().at_or_above(t + 1))
      asks[t] = tape.book().asks().get(t);
  }
  void apply(const Message& m, std::span<const Level> levels) {
    EXPECT_EQ(m.first_update_id, last + 1) << "an update is missing";
    if (m.previous_update_id != 0) {
      EXPECT_EQ(m.previous_update_id, last);
    }
    last = m.final_update_id;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      auto& side = i < m.bids ? bids : asks;
      side[levels[i].price.value] = levels[i].quantity.value;
      if (levels[i].quantity.value == 0) side.erase(levels[i].price.value);
    }
  }
  bool equals(const Tape& tape) const {
    Client now{tape};
    return now.bids == bids && now.asks == asks;
  }
  std::int64_t last;
  std::map<std::int64_t, std::int64_t> bids, asks;
};

std::unique_ptr<Written> session(bool chained) {
  auto r = std::make_unique<Written>();
  // The snapshot was asked for after the stream had begun, and answered late: 12 is newer than it.
  r->depth(0, 9, 10, chained ? 8 : 0, {{{100}, {1}}}, {});
  r->depth(kSecond, 11, 12, chained ? 10 : 0, {{{101}, {7}}}, {});
  r->snapshot(kSecond, 11, {{{100}, {5}}, {{99}, {2}}}, {{{103}, {4}}});
  r->trade(2 * kSecond, 500, {{103}, {1}});
  r->depth(2 * kSecond, 13, 15, chained ? 12 : 0, {{{99}, {0}}}, {{{103}, {3}}, {{104}, {6}}});
  r->depth(4 * kSecond, 16, 16, chained ? 15 : 0, {{{101}, {0}}}, {});
  return r;
}

TEST(Tape, BeginsWithTheBookOfTheFirstSnapshotAndWhatIsNewer) {
  const auto tape = Tape::replay(coin(), session(false), {}, kNow);
  ASSERT_TRUE(tape) << tape.error().message;
  const Client book{**tape};
  EXPECT_EQ(book.bids, (std::map<std::int64_t, std::int64_t>{{99, 2}, {100, 5}, {101, 7}}));
  EXPECT_EQ(book.asks, (std::map<std::int64_t, std::int64_t>{{103, 4}}));
  EXPECT_EQ((*tape)->update_id(), 12);
}

TEST(Tape, PlaysAtThePaceOfTheRecordingWithItsIdsAndTimes) {
  const auto tape = Tape::replay(coin(), session(false), {}, kNow);
  ASSERT_TRUE(tape);
  Message m;
  std::span<const Level> levels;
  ASSERT_TRUE((*tape)->next(kNow, m, levels));
  EXPECT_EQ(m.kind, MessageKind::Trade);
  EXPECT_EQ(m.first_update_id, 500);
  ASSERT_TRUE((*tape)->next(kNow, m, levels));
  EXPECT_EQ(m.final_update_id, 15);
  EXPECT_EQ(m.event_time, kBegan + 2 * kSecond);
  EXPECT_FALSE((*tape)->next(kNow + 2 * kSecond - 1, m, levels)) << "two seconds lie between them";
  ASSERT_TRUE((*tape)->next(kNow + 2 * kSecond, m, levels));
  EXPECT_EQ(m.final_update_id, 16);
  EXPECT_FALSE((*tape)->next(kNever, m, levels));
  EXPECT_TRUE((*tape)->ended());
}

TEST(Tape, PlaysFasterWhereThatIsAskedAndKeepsItsTimes) {
  const auto tape = Tape::replay(coin(), session(false), {.loop = true, .speed_milli = 4000}, kNow);
  ASSERT_TRUE(tape);
  Message m;
  std::span<const Level> levels;
  for (int n = 0; n < 2; ++n) ASSERT_TRUE((*tape)->next(kNow, m, levels));
  EXPECT_FALSE((*tape)->next(kNow + kSecond / 2 - 1, m, levels)) << "two seconds in half of one";
  ASSERT_TRUE((*tape)->next(kNow + kSecond / 2, m, levels));
  EXPECT_EQ(m.event_time, kBegan + 4 * kSecond);
  const UnixNanos again = kNow + kSecond / 2 + kMillisecond;  // a pause, and the second until the snapshot
  EXPECT_FALSE((*tape)->next(again + kSecond / 4 - 1, m, levels));
  EXPECT_TRUE((*tape)->next(again + kSecond / 4, m, levels));
}

TEST(Tape, CarriesTodaysTimesWhereThatIsAsked) {
  const auto tape = Tape::replay(coin(), session(false), {.shift_to_now = true}, kNow);
  ASSERT_TRUE(tape);
  Message m;
  std::span<const Level> levels;
  while ((*tape)->next(kNever, m, levels)) EXPECT_EQ(m.event_time, (*tape)->due());
}

class TapeLoop : public testing::TestWithParam<bool> {};

TEST_P(TapeLoop, LetsAClientsBookNeverNoticeThatItBegins) {
  const auto tape = Tape::replay(coin(), session(GetParam()), {.loop = true}, kNow);
  ASSERT_TRUE(tape);
  Client client{**tape};
  Message m;
  std::span<const Level> levels;
  std::int64_t trade = 499;
  UnixNanos event = kBegan;
  for (int n = 0; n < 200; ++n) {
    ASSERT_TRUE((*tape)->next(kNever, m, levels));
    EXPECT_GE(m.event_time, event) << "time runs back";
    event = m.event_time;
    if (m.kind == MessageKind::Trade) {
      EXPECT_EQ(m.first_update_id, ++trade);
    }
    if (m.kind == MessageKind::Depth) client.apply(m, levels);
    EXPECT_TRUE(client.equals(**tape)) << n;
  }
}
INSTANTIATE_TEST_SUITE_P(SpotAndFutures, TapeLoop, testing::Bool());

TEST(Tape, TellsNothingOfTheBookBetweenAHoleInTheRecordingAndItsNextSnapshot) {
  auto r = session(false);
  r->depth(5 * kSecond, 30, 31, 0, {{{98}, {9}}}, {});  // 17 to 29 were not recorded
  r->snapshot(6 * kSecond, 40, {{{97}, {1}}}, {{{104}, {2}}});
  r->depth(7 * kSecond, 41, 41, 0, {{{96}, {3}}}, {});
  const auto tape = Tape::replay(coin(), std::move(r), {}, kNow);
  ASSERT_TRUE(tape);
  Client client{**tape};
  Message m;
  std::span<const Level> levels;
  int updates = 0;
  while ((*tape)->next(kNever, m, levels)) {
    if (m.kind != MessageKind::Depth) continue;
    client.apply(m, levels);
    ++updates;
    EXPECT_TRUE(client.equals(**tape));
  }
  EXPECT_EQ(updates, 4) << "two before the hole, one across it, one after";
  EXPECT_EQ(client.bids, (std::map<std::int64_t, std::int64_t>{{96, 3}, {97, 1}}));
}

TEST(Tape, RefusesARecordingThatTellsNoBook) {
  auto r = std::make_unique<Written>();
  r->depth(0, 1, 1, 0, {{{100}, {1}}}, {});
  const auto tape = Tape::replay(coin(), std::move(r), {}, kNow);
  ASSERT_FALSE(tape);
  EXPECT_NE(tape.error().message.find("without a snapshot"), std::string::npos);
  EXPECT_FALSE(Tape::replay(coin(), std::make_unique<Written>(), {}, kNow));
}

}  // namespace
}  // namespace stom::exchange
