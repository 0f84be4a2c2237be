#include "sim/latency.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "sim/replay_feed.hpp"
#include "sim/venue_simulator.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

RecordedLatency recorded(const std::string& rows) {
  return RecordedLatency::parse("time_ns,entry_ns,response_ns\n" + rows, "lat.csv").value();
}

TEST(RecordedLatency, LiesOnTheLineBetweenTheRequestsBeforeAndAfter) {
  const auto latency = recorded("1000,100,50\n2000,300,10\n");
  EXPECT_EQ(latency.entry(1000), 100);
  EXPECT_EQ(latency.entry(1500), 200);
  EXPECT_EQ(latency.entry(1999), 299);  // 299.8, whole nanoseconds, rounded down
  EXPECT_EQ(latency.entry(2000), 300);
  // Answers by when the venue acted: 1100 and 2300.
  EXPECT_EQ(latency.response(1100), 50);
  EXPECT_EQ(latency.response(1700), 30);
  EXPECT_EQ(latency.response(1701), 29);  // 29.97
  EXPECT_EQ(latency.response(2300), 10);
}

TEST(RecordedLatency, BeforeTheFirstAndAfterTheLastTheirsHold) {
  const auto latency = recorded("1000,100,50\n2000,300,10\n");
  EXPECT_EQ(latency.entry(0), 100);
  EXPECT_EQ(latency.entry(1'000'000), 300);
  EXPECT_EQ(latency.response(0), 50);
  EXPECT_EQ(latency.response(1'000'000), 10);
}

TEST(RecordedLatency, ARefusalIsNoPointOfALine) {
  const auto latency = recorded("1000,100,50\n2000,-700,0\n3000,300,10\n");
  EXPECT_EQ(latency.entry(1999), 100);
  EXPECT_EQ(latency.entry(2000), -700);
  EXPECT_EQ(latency.entry(2999), -700);
  EXPECT_EQ(latency.entry(3000), 300);
  EXPECT_EQ(latency.response(2200), 30);  // between 1100 and 3300, as if the refusal were not there
}

TEST(RecordedLatency, WhatSaysNothingIsRefusedWithItsLine) {
  const auto error = [](const std::string& text) {
    const auto parsed = RecordedLatency::parse(text, "lat.csv");
    return parsed ? std::string{} : parsed.error().message;
  };
  const std::string head = "time_ns,entry_ns,response_ns\n";
  EXPECT_EQ(error("time,entry\n"), "lat.csv: line 1: not the header of recorded latencies");
  EXPECT_EQ(error(head + "1000,100,50\n2000,0,50\n"), "lat.csv: line 3: an entry of 0 says nothing");
  EXPECT_EQ(error(head + "1000,100,0\n"), "lat.csv: line 2: no response");
  EXPECT_EQ(error(head + "2000,100,50\n2000,100,50\n"), "lat.csv: line 3: not later than the line before it");
  EXPECT_EQ(error(head + "1000,1.5,50\n"), "lat.csv: line 2: '1.5' is not a whole number");
  EXPECT_EQ(error(head + "1000,100\n"), "lat.csv: line 2: not three fields");
  EXPECT_EQ(error(head + "1000,-100,0\n"), "lat.csv: no request that was answered");
  EXPECT_EQ(error(""), "lat.csv: no request that was answered");
}

// Drawn latencies stand on the path to the journal: the same on every build and CPU. Worked out in Python, with whole
// numbers and decimals of 50 digits.
TEST(Jitter, DrawsTheSameOnEveryBuild) {
  const auto draws = [](const char* text) {
    const Jitter jitter = parse_jitter(text).value();
    Random random{7};
    std::vector<DurationNanos> out;
    for (int i = 0; i < 4; ++i) out.push_back(jitter.draw(random));
    return out;
  };
  EXPECT_THAT(draws("2ms"), ElementsAre(779'659, 33'576, 1'801'522, 1'165'861));
  EXPECT_THAT(draws("exponential:1ms"), ElementsAre(942'045, 4'087'073, 104'515, 539'687));
}

TEST(Jitter, HasTheMeanAndTheRangeThatItsNameSays) {
  constexpr int kDraws = 100'000;
  for (const char* text : {"even:2ms", "exponential:1ms"}) {
    const Jitter jitter = parse_jitter(text).value();
    Random random{1};
    DurationNanos sum = 0, least = kHour, most = 0;
    for (int i = 0; i < kDraws; ++i) {
      const DurationNanos drawn = jitter.draw(random);
      sum += drawn;
      least = std::min(least, drawn);
      most = std::max(most, drawn);
    }
    EXPECT_NEAR(static_cast<double>(sum) / kDraws, 1e6, 1e4) << text;
    EXPECT_GE(least, 0);
    if (jitter.shape == Jitter::Shape::Even) {
      EXPECT_LE(most, 2 * kMillisecond);
    } else {
      EXPECT_GT(most, 8 * kMillisecond);
    }
  }
  EXPECT_THAT(parse_jitter("normal:1ms").error().message, HasSubstr("normal"));
}

// ---- at the venue

const Instrument kInstrument{.id = "x:Y", .price_decimals = 1, .ladder = {{{0}, {1}}}};

/// What the venue said to requests sent at those times: when it reached us.
std::vector<OrderEvent> answers_to(const LatencyModel& latency, const std::vector<UnixNanos>& sent) {
  stom::test::HandFed feed;  // nothing happens
  VenueSimulator venue{{kInstrument}, {{.latency = latency}}, FillRules::Stom, feed, 1};
  for (std::size_t i = 0; i < sent.size(); ++i)
    venue.submit(0, i + 1, {.id = i + 1, .quantity = {1}, .price = {100}}, sent[i]);
  std::vector<OrderEvent> events;
  for (UnixNanos now = 0; !venue.idle();) {
    now = venue.advance(now + kSecond);
    for (Answer answer; venue.take(now, answer);) events.push_back(answer.event);
  }
  return events;
}

TEST(Latency, OfEntryAndResponseAddUp) {
  const auto events = answers_to({.entry = 100, .response = 30}, {1000});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].time, 1100);
  EXPECT_EQ(events[0].local_time, 1130);
}

TEST(Latency, ALaterRequestNeverOvertakesAnEarlierOne) {
  LatencyModel latency;
  latency.recorded = std::make_shared<RecordedLatency>(recorded("1000,1000,50\n1100,100,50\n"));
  const auto events = answers_to(latency, {1000, 1100});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].time, 2000);
  EXPECT_EQ(events[1].time, 2000);  // not 1200
}

TEST(Latency, ARequestRefusedUnreadNeverReachesTheBook) {
  LatencyModel latency;
  latency.recorded = std::make_shared<RecordedLatency>(recorded("1000,100,50\n2000,-700,0\n3000,300,10\n"));
  const auto events = answers_to(latency, {2500});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, OrderEventKind::Rejected);
  EXPECT_EQ(events[0].reason, RejectReason::TooManyOrders);
  EXPECT_EQ(events[0].local_time, 3200);
}

// ---- of market data

class Messages final : public MessageSource {
 public:
  explicit Messages(bool received) : received_{received} {}
  Result<bool> next(MessageBatch& batch) override {
    batch.clear();
    if (given_) return false;
    given_ = true;
    for (int i = 0; i < kMessages; ++i) {
      Message& m = batch.messages.emplace_back();
      m.kind = i == 0 ? MessageKind::Snapshot : MessageKind::Trade;
      m.event_time = m.transaction_time = 1'000'000 + i * 1000;
      m.receive_time = received_ ? m.event_time + 500 : kNoTime;
      m.first_level = static_cast<std::uint32_t>(batch.levels.size());
      m.bids = 1;
      batch.levels.push_back({{100}, {1}});
    }
    return true;
  }
  Result<void> rewind() override {
    given_ = false;
    return {};
  }
  static constexpr int kMessages = 200;

 private:
  bool received_, given_ = false;
};

/// How long each message was under way, and whether any overtook another.
std::vector<DurationNanos> delays(const FeedLatency& latency, bool received) {
  std::vector<ReplayFeed::Stream> streams;
  streams.push_back({std::make_unique<Messages>(received), kInstrument});
  ReplayFeed feed{std::move(streams), {.latency = latency}};
  EXPECT_TRUE(feed.open());
  std::vector<DurationNanos> out;
  UnixNanos last = 0;
  for (auto batch = feed.local_side().next_batch(); !batch.empty(); batch = feed.local_side().next_batch()) {
    for (const FeedMessage& m : batch) {
      EXPECT_GE(m.local_time, last);
      last = m.local_time;
      out.push_back(m.local_time - m.exchange_time);
    }
  }
  EXPECT_EQ(out.size(), std::size_t{Messages::kMessages});
  return out;
}

TEST(FeedLatency, ComesOnTopOfTheRecordedReceiptOrOfTheVenuesTimeWhereThereIsNone) {
  for (const DurationNanos d : delays({.constant = 300}, true)) EXPECT_EQ(d, 800);
  for (const DurationNanos d : delays({.constant = 300}, false)) EXPECT_EQ(d, 300);
}

TEST(FeedLatency, DrawnIsTheSameForTheSameSeedAndKeepsTheOrderOfMessages) {
  const FeedLatency latency{.constant = 300, .jitter = {Jitter::Shape::Exponential, 2000}, .seed = 5};
  const auto drawn = delays(latency, true);
  EXPECT_EQ(drawn, delays(latency, true));
  FeedLatency other = latency;
  other.seed = 6;
  EXPECT_NE(drawn, delays(other, true));
  for (const DurationNanos d : drawn) EXPECT_GE(d, 800);
}

}  // namespace
}  // namespace stom::sim
