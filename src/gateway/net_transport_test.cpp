// Gateway, transport and clients together against a real TLS server on this computer: what the pure tests promise holds
// on the wire.
#include "gateway/net_transport.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/tls_server.hpp"

namespace stom::gateway {
namespace {

using namespace std::chrono_literals;
using testing::Authority;
using testing::Peer;
using testing::TlsServer;
using venues::Actions;
using venues::Request;

const Authority& authority() {
  static const Authority made;
  return made;
}

/// Says hello on its connection whenever it opens, asks what it is told to ask, and writes down what comes.
struct Talker final : venues::Venue {
  Talker() {
    about.name = "talker";
    about.endpoints = {{.name = "rest", .transport = venues::Transport::Https, .url = "https://nowhere.invalid"},
                       {.name = "stream", .transport = venues::Transport::WebSocket, .url = "wss://nowhere.invalid"}};
    about.budgets = {{.name = "weight", .kind = venues::BudgetKind::SlidingWindow, .limit = 10, .window = kSecond}};
  }
  const venues::Description& description() const override { return about; }
  void start(UnixNanos, Actions& actions) override { actions.connect(1, "stream", "/ws", {}); }
  void opened(venues::ConnectionId, UnixNanos, Actions& actions) override {
    ++opens;
    actions.request({.connection = 1, .body = "hello", .priority = venues::Priority::Session});
  }
  void closed(venues::ConnectionId, std::string_view, UnixNanos, Actions&) override { ++closes; }
  void frame(venues::ConnectionId, std::string_view bytes, UnixNanos, Actions&) override { frames.emplace_back(bytes); }
  void reply(const venues::Reply& reply, UnixNanos, Actions&) override { replies.emplace_back(reply.body); }
  void outcome(venues::Tag tag, venues::Outcome outcome, UnixNanos, Actions&) override { outcomes[tag] = outcome; }
  void timer(venues::TimerId, UnixNanos, Actions&) override {}
  void clock_offset(DurationNanos, UnixNanos, Actions&) override {}
  Result<void> sign(Request&, UnixNanos) override { return {}; }
  void watch(InstrumentIndex, const Instrument&, venues::Wanted, UnixNanos, Actions&) override {}
  void unwatch(InstrumentIndex, UnixNanos, Actions&) override {}
  void submit(const NewOrder& order, UnixNanos, Actions& actions) override {
    actions.request({.endpoint = "rest",
                     .method = "POST",
                     .target = "/order",
                     .body = "x",
                     .tag = order.id,
                     .priority = venues::Priority::Order,
                     .costs = {{0, 1}}});
  }
  void cancel(const CancelOrder& order, UnixNanos, Actions& actions) override {
    actions.request({.endpoint = "rest",
                     .method = "DELETE",
                     .target = "/order",
                     .tag = order.id,
                     .priority = venues::Priority::Risk});
  }
  void cancel_all(std::span<const InstrumentIndex>, UnixNanos, Actions&) override {}
  std::span<const venues::WorkingOrder> working_orders() const override { return {}; }

  venues::Description about;
  int opens = 0, closes = 0;
  std::vector<std::string> frames, replies;
  std::map<venues::Tag, venues::Outcome> outcomes;
};

struct Quiet final : GatewayUser {
  void market(InstrumentIndex, const MessageBatch&) override {}
  void book_stale(InstrumentIndex, std::string_view) override {}
  void order(const venues::OrderReport&) override {}
  void account(const venues::AccountReport&) override {}
  void status(const venues::StatusReport&) override {}
  void unknown(std::string_view, std::string_view) override {}
  void malformed(const Error&, std::string_view) override {}
  void notice(std::string_view line) override { last = line; }
  std::string last;
};

struct World {
  explicit World(std::uint16_t port, LoopMode loop = LoopMode::Blocking)
      : mode{loop},
        transport{io, clock, {.route = {*net::Trust::make(authority().file()), {}}}},
        gateway{venue, transport, user, nullptr, options(port)} {
    transport.serve(gateway);
    gateway.start(clock.now());
  }
  static GatewayOptions options(std::uint16_t port) {
    GatewayOptions options;
    const auto at = "://localhost:" + std::to_string(port);
    options.addresses = {{"rest", "https" + at}, {"stream", "wss" + at}};
    options.back_off = {.first = kMillisecond, .most = 10 * kMillisecond};
    return options;
  }
  bool until(auto condition) {
    const auto end = std::chrono::steady_clock::now() + 120s;
    Gateway* const gateways[]{&gateway};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      turn(io, clock, gateways, nullptr, mode, 100 * kMillisecond);
    }
    return true;
  }

  LoopMode mode;
  net::Io io;
  SystemClock clock;
  Quiet user;
  Talker venue;
  NetTransport transport;
  Gateway gateway;
};

TEST(NetTransport, AConnectionThatBreaksIsOpenedAgainAndGreetedAgain) {
  for (const auto mode : {LoopMode::Blocking, LoopMode::BusyPoll}) {
    std::atomic<int> greeted{0};
    TlsServer server{authority().issue("localhost"), [&](Peer& peer) {
                       if (peer.upgrade().empty()) return;
                       if (peer.frame() == "hello") ++greeted;
                       peer.text("welcome");
                       if (greeted < 4) return peer.cut();
                       peer.drain();
                     }};
    World world{server.port(), mode};
    ASSERT_TRUE(world.until([&] { return world.venue.opens == 4 && world.venue.frames.size() >= 1 && greeted == 4; }))
        << world.user.last;
    EXPECT_EQ(world.venue.closes, 3);
    EXPECT_EQ(world.venue.frames.back(), "welcome");
  }
}

TEST(NetTransport, OrdersHaveOneEndEachOverRealSockets) {
  std::atomic<int> posts{0};
  TlsServer server{
      authority().issue("localhost"), [&](Peer& peer) {
        for (;;) {
          const auto head = peer.until("\r\n\r\n");
          if (head.empty() || head.starts_with("GET")) return;
          if (head.starts_with("POST")) peer.exactly(1);
          const int n = ++posts;
          if (n % 5 == 3) return peer.cut();  // acted upon, and never answered
          peer.send("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n\r\nok");
        }
      }};
  World world{server.port()};
  for (ClientOrderId id = 1; id <= 30; ++id) world.gateway.submit({.id = id}, world.clock.now());
  ASSERT_TRUE(world.until([&] { return world.venue.replies.size() + world.venue.outcomes.size() == 30; }));
  EXPECT_EQ(posts, 30);  // each arrived once: none was sent again
  EXPECT_EQ(world.venue.outcomes.size(), 6u);
  for (const auto& [tag, outcome] : world.venue.outcomes) EXPECT_EQ(outcome, venues::Outcome::Unknown) << tag;
}

TEST(NetTransport, WhereNobodyListensOrdersAreNotWritten) {
  std::uint16_t port = 0;
  ::close(testing::listen_on_loopback(port));
  World world{port};
  world.gateway.submit({.id = 1}, world.clock.now());
  ASSERT_TRUE(world.until([&] { return world.venue.outcomes.size() == 1; }));
  EXPECT_EQ(world.venue.outcomes.begin()->second, venues::Outcome::NotWritten);
}

TEST(NetTransport, OneSilentServerLeavesAConnectionForTheCancel) {
  std::atomic<int> canceled{0};
  TlsServer server{authority().issue("localhost"), [&](Peer& peer) {
                     const auto head = peer.until("\r\n\r\n");
                     if (head.starts_with("DELETE")) {
                       ++canceled;
                       peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                     }
                     peer.drain();  // an order is never answered
                   }};
  World world{server.port()};
  for (ClientOrderId id = 1; id <= 8; ++id) world.gateway.submit({.id = id}, world.clock.now());
  world.gateway.cancel({.id = 99}, world.clock.now());
  EXPECT_TRUE(world.until([&] { return canceled == 1 && world.venue.replies.size() == 1; }));
}

TEST(NetTransport, AnAddressThatIsNoneIsSaidToBe) {
  World world{0};
  world.gateway.cancel({.id = 5}, world.clock.now());
  ASSERT_TRUE(world.until([&] { return world.venue.outcomes.contains(5); }));
  EXPECT_NE(world.user.last.find("localhost:0"), std::string::npos) << world.user.last;
}

}  // namespace
}  // namespace stom::gateway
