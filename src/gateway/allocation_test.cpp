// Once warm, a market frame takes nothing from the heap on its way from bytes to the engine: what the heap does at the
// wrong moment is latency that nobody can explain. And what is recorded keeps no room for each instrument: over days
// that would be the most that each ever needed.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/allocation_count.hpp"
#include "gateway/frame_recorder.hpp"
#include "gateway/gateway.hpp"
#include "net/ws_frames.hpp"

namespace stom::gateway {
namespace {

using venues::Actions;

/// A venue whose frames are all market data, and which has a text waiting for a budget all the time.
struct Feed final : venues::Venue {
  Feed() {
    about.name = "feed";
    about.endpoints = {{.name = "market",
                        .transport = venues::Transport::WebSocket,
                        .url = "wss://feed.test",
                        .ping_every = kSecond,
                        .silent_after = kMinute}};
    about.budgets = {{.name = "one", .limit = 1, .window = kHour}};
  }
  const venues::Description& description() const override { return about; }
  void start(UnixNanos, Actions& actions) override { actions.connect(1, "market", "/ws", {}); }
  void opened(venues::ConnectionId, UnixNanos, Actions& actions) override {
    for (venues::Tag tag = 1; tag <= 2; ++tag)
      actions.request({.connection = 1, .body = "subscribe", .tag = tag, .costs = {{0, 1}}});
  }
  void closed(venues::ConnectionId, std::string_view, UnixNanos, Actions&) override {}
  void frame(venues::ConnectionId, std::string_view, UnixNanos now, Actions& actions) override {
    actions.timer(1, now + kSecond);  // moved with each frame
    actions.market(0, batch);
  }
  void reply(const venues::Reply&, UnixNanos, Actions&) override {}
  void outcome(venues::Tag, venues::Outcome, UnixNanos, Actions&) override {}
  void timer(venues::TimerId, UnixNanos, Actions&) override {}
  void clock_offset(DurationNanos, UnixNanos, Actions&) override {}
  Result<void> sign(venues::Request&, UnixNanos) override { return {}; }
  void watch(InstrumentIndex, const Instrument&, venues::Wanted, UnixNanos, Actions&) override {}
  void unwatch(InstrumentIndex, UnixNanos, Actions&) override {}
  void submit(const NewOrder&, UnixNanos, Actions&) override {}
  void cancel(const CancelOrder&, UnixNanos, Actions&) override {}
  void cancel_all(std::span<const InstrumentIndex>, UnixNanos, Actions&) override {}
  std::span<const venues::WorkingOrder> working_orders() const override { return {}; }
  venues::Description about;
  MessageBatch batch;
};

struct Nowhere final : Transport {
  void open(LinkId link, const std::string&, std::span<const venues::Header>) override { opened = link; }
  void close(LinkId) override {}
  net::Sent send(LinkId, std::string_view, CallId) override { return net::Sent::Written; }
  void ping(LinkId) override {}
  bool can_call(const std::string&, venues::Priority) override { return false; }
  void call(CallId, const std::string&, const venues::Request&) override {}
  LinkId opened = 0;
};

struct Counter final : GatewayUser {
  void market(InstrumentIndex, const MessageBatch&) override { ++batches; }
  void book_stale(InstrumentIndex, std::string_view) override {}
  void order(const venues::OrderReport&) override {}
  void account(const venues::AccountReport&) override {}
  void status(const venues::StatusReport&) override {}
  void unknown(std::string_view, std::string_view) override {}
  void malformed(const Error&, std::string_view) override {}
  void notice(std::string_view) override {}
  std::size_t batches = 0;
};

TEST(Allocation, AMarketFrameTakesNothingFromTheHeap) {
  Feed venue;
  Nowhere wire;
  Counter engine;
  Gateway gateway{venue, wire, engine, nullptr, {}};
  UnixNanos now = 1'700'000'000 * kSecond;
  gateway.start(now);
  gateway.on_open(wire.opened, now);
  net::WsReader reader{1 << 20};
  std::string bytes;  // two frames and a half at a time, as TLS records cut them
  std::size_t before = 0;
  for (int i = 0; i < 1'000; ++i) {
    if (i == 10) before = test::allocations;
    bytes.clear();
    for (int n = 0; n < 2; ++n) {
      bytes += static_cast<char>(0x81);
      bytes += static_cast<char>(100);
      bytes.append(100, 'x');
    }
    if (i % 2 == 0) bytes.append("\x81\x64", 2).append(50, 'x');
    if (i % 2 == 1) bytes.insert(0, std::string_view{"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"});
    reader.put(bytes);
    net::WsMessage message;
    for (;;) {
      const auto got = reader.next(message);
      ASSERT_TRUE(got);
      if (!*got) break;
      gateway.on_text(wire.opened, message.bytes, now += kMillisecond);
    }
  }
  EXPECT_EQ(test::allocations - before, 0u);
  EXPECT_EQ(engine.batches, 2'500u);
  EXPECT_EQ(gateway.waiting(venues::Priority::Query), 1u);
}

// Of what comes in pieces it keeps no more than that, however long: a venue sends its whole book as one message now and
// then, and a session would hold the most that each of its connections ever read.
TEST(Allocation, AReaderHoldsFromItsBeginningWhatItEverHolds) {
  net::WsReader reader{1 << 20};
  const auto read = [&](std::size_t size) {
    const bool wide = size > 65'535;
    std::string bytes{'\x81', wide ? '\x7f' : '\x7e'};
    for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8) bytes += static_cast<char>(std::uint64_t{size} >> shift);
    bytes.append(size, 'x');
    bytes.append("\x81\x01x", 3);  // behind it what it took is not needed any more
    std::size_t messages = 0;
    for (std::size_t at = 0; at < bytes.size(); at += 1'000) {
      reader.put(std::string_view{bytes}.substr(at, 1'000));
      net::WsMessage message;
      for (auto got = reader.next(message); got && *got; got = reader.next(message)) ++messages;
    }
    return messages;
  };
  const std::size_t before = test::bytes_held;
  for (const std::size_t size : {200u, 16'000u, 5'000u, 700'000u}) {
    EXPECT_EQ(read(size), 2u) << size;
    EXPECT_EQ(test::bytes_held, before) << size;
  }
}

TEST(Allocation, ARecorderKeepsNoRoomForEachInstrument) {
  std::string name = std::filesystem::temp_directory_path() / "stom_frames_XXXXXX";
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  {
    const auto recorder = FrameRecorder::make({.folder = name, .venue = "venue"});
    ASSERT_TRUE(recorder);
    const std::string snapshot(100'000, 'x');
    const auto record = [&](InstrumentIndex from, InstrumentIndex to) {
      for (InstrumentIndex i = from; i < to; ++i) {
        (*recorder)->received("rest", snapshot, i, 1'700'000'000 * kSecond);
        (*recorder)->drain();
      }
      return test::bytes_held.load();
    };
    const std::size_t of_ten = record(0, 10);
    const std::size_t of_all = record(10, 200);
    EXPECT_LT(of_all, of_ten + 200u * 1'024);  // names and paths
    EXPECT_LT(of_all, 4u << 20);
  }
  std::filesystem::remove_all(name);
}

// Short lines are many before a chunk's bytes are full, and each of the chunks comes to hold such ones some time.
TEST(Allocation, ARecorderKeepsNoMoreRoomForShortLinesThanForLongOnes) {
  std::string name = (std::filesystem::temp_directory_path() / "stom-recorder-XXXXXX").string();
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  {
    auto recorder = FrameRecorder::make({.folder = name, .venue = "feed"});
    ASSERT_TRUE(recorder);
    const auto record = [&](const std::string& frame, int lines) {
      for (int i = 0; i < lines; ++i) (*recorder)->received("ws", frame, 0, 1'700'000'000 * kSecond);
      (*recorder)->drain();
      return test::bytes_held.load();
    };
    const std::size_t of_long = record(std::string(500, 'x'), 5'000);
    const std::size_t of_short = record("{}", 50'000);
    // Chunks more, where the writing thread was slower; each with room for all such lines would be more than 1 MB.
    EXPECT_LT(of_short, of_long + 320u * 1'024);
  }
  std::filesystem::remove_all(name);
}

// What comes and goes with each second's lines would come to be, over hours, what the busiest of them needed.
TEST(Allocation, ARecorderWritesUsualLinesWithTheMemoryThatItBeganWith) {
  std::string name = (std::filesystem::temp_directory_path() / "stom-recorder-XXXXXX").string();
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  {
    auto recorder = FrameRecorder::make({.folder = name, .venue = "feed"});
    ASSERT_TRUE(recorder);
    const auto record = [&](InstrumentIndex of, int lines) {
      for (int i = 0; i < lines; ++i) (*recorder)->received("ws", std::string(100, 'x'), of, 1'700'000'000 * kSecond);
      (*recorder)->drain();
    };
    record(0, 1);
    record(1, 1);
    test::most_held = test::bytes_held.load();
    const std::size_t before = test::most_held;
    record(0, 500);
    record(1, 3'000);
    EXPECT_LT(test::most_held, before + 8u * 1'024);  // a name, a path
  }
  std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace stom::gateway
