// The client against venues that cut frames, go silent, refuse, flood or do not read: no half message is a message, the
// queue is bounded, and each message that was sent has one end.
#include "net/websocket.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "tests/support/io_until.hpp"
#include "tests/support/tls_server.hpp"

namespace stom::net {
namespace {

using namespace std::chrono_literals;
using testing::Authority;
using testing::Peer;
using testing::TlsServer;

const Authority& authority() {
  static const Authority made;
  return made;
}

/// Of time as much as a busy machine needs; who waits for the end of one makes it short.
WebSocketLimits patient() {
  WebSocketLimits limits;
  limits.upgrade = limits.goodbye = 60s;
  limits.stream.tls = limits.stream.write = 60s;
  limits.message_bytes = 10'000;
  return limits;
}

struct Client final : WebSocketUser {
  explicit Client(std::uint16_t port, const WebSocketLimits& limits = patient(), const std::string& host = "localhost",
                  std::span<const Header> headers = {}) {
    auto trust = Trust::make(authority().file());
    EXPECT_TRUE(trust);
    socket.emplace(io, Route{*trust, {}}, limits, Url{true, host, port, "/ws/btcusdt@trade"}, headers, *this);
  }
  void on_open() override { opened = true; }
  void on_message(std::string_view bytes, bool) override {
    messages.emplace_back(bytes);
    if (drop_on_message) socket.reset();
  }
  void on_ping() override { ++pings; }
  void on_pong() override { ++pongs; }
  void on_write(std::uint64_t id, Written what) override { EXPECT_TRUE(written.emplace(id, what).second) << id; }
  void on_close(std::uint16_t c, int s, std::span<const Header> h, const Error& error) override {
    EXPECT_FALSE(closed);
    EXPECT_FALSE(error.hint.empty()) << error.message;
    closed = true;
    code = c;
    status = s;
    headers.assign(h.begin(), h.end());
    why = error;
  }
  bool until(auto condition) { return testing::until(io, condition); }
  bool until_closed() {
    return until([&] { return closed; });
  }

  Io io;
  std::optional<WebSocket> socket;
  bool opened = false, closed = false, drop_on_message = false;
  int pings = 0, pongs = 0, status = 0;
  std::uint16_t code = 0;
  std::vector<std::string> messages;
  std::vector<Header> headers;
  std::map<std::uint64_t, Written> written;
  Error why;
};

TEST(WebSocket, CarriesTextBothWaysAndAnswersPings) {
  std::string head, said, pong, close;
  unsigned char pong_kind = 0, close_kind = 0;
  TlsServer server{authority().issue("localhost"), [&](Peer& peer) {
                     head = peer.upgrade();
                     peer.text("first");
                     said = peer.frame();
                     peer.send(Peer::frame_of(0x89, "beat"));
                     pong = peer.frame(&pong_kind);
                     peer.frame();  // our ping
                     peer.send(Peer::frame_of(0x8a, ""));
                     close = peer.frame(&close_kind);
                     peer.send(Peer::frame_of(0x88, "\x03\xe8"));
                   }};
  const std::vector<Header> headers{{"Authorization", "Bearer token"}};
  Client client{server.port(), patient(), "localhost", headers};
  ASSERT_TRUE(client.until([&] { return client.messages.size() == 1; })) << client.why.message;
  EXPECT_EQ(client.socket->send(R"({"method":"SUBSCRIBE"})", 7), Sent::Written);
  ASSERT_TRUE(client.until([&] { return client.pings == 1; }));
  client.socket->ping();
  ASSERT_TRUE(client.until([&] { return client.pongs == 1; }));
  client.socket->close();
  ASSERT_TRUE(client.until_closed());
  EXPECT_EQ(client.code, 1000);
  EXPECT_TRUE(client.written.empty());
  EXPECT_TRUE(head.starts_with("GET /ws/btcusdt@trade HTTP/1.1\r\nHost: localhost:"));
  EXPECT_NE(head.find("\r\nAuthorization: Bearer token\r\n"), std::string::npos);
  EXPECT_EQ(said, R"({"method":"SUBSCRIBE"})");
  EXPECT_EQ(pong, "beat");
  EXPECT_EQ(pong_kind, 0x8a);
  EXPECT_EQ(close, "\x03\xe8");
  EXPECT_EQ(close_kind, 0x88);
  EXPECT_EQ(client.socket->send("late", 8), Sent::Closed);
}

TEST(WebSocket, HalfAMessageIsNone) {
  const std::string whole = Peer::frame_of(0x81, std::string(1000, 'x'));
  for (const std::size_t cut : {1u, 2u, 3u, 4u, 500u, 1003u}) {
    TlsServer server{authority().issue("localhost"), [&](Peer& peer) {
                       peer.upgrade();
                       peer.text("whole");
                       peer.send(whole.substr(0, cut));
                     }};
    Client client{server.port()};
    ASSERT_TRUE(client.until_closed());
    EXPECT_EQ(client.messages, std::vector<std::string>{"whole"});
    EXPECT_EQ(client.code, 1006);
    EXPECT_NE(client.why.message.find("in the middle of a message"), std::string::npos) << client.why.message;
  }
}

TEST(WebSocket, MessagesThatCameWithTheAnswerToTheUpgradeAreRead) {
  TlsServer server{authority().issue("localhost"), [](Peer& peer) {
                     peer.upgrade();
                     std::string many;
                     for (int i = 0; i < 1000; ++i) many += Peer::frame_of(0x81, "frame " + std::to_string(i));
                     peer.send(many);
                     peer.drain();
                   }};
  Client client{server.port()};
  ASSERT_TRUE(client.until([&] { return client.messages.size() == 1000; })) << client.messages.size();
  EXPECT_EQ(client.messages.back(), "frame 999");
}

TEST(WebSocket, ARefusedUpgradeSaysItsStatusAndHeaders) {
  TlsServer server{authority().issue("localhost"), [](Peer& peer) {
                     peer.until("\r\n\r\n");
                     peer.send("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n");
                     peer.drain();
                   }};
  Client client{server.port()};
  ASSERT_TRUE(client.until_closed());
  EXPECT_FALSE(client.opened);
  EXPECT_EQ(client.status, 429);
  ASSERT_FALSE(client.headers.empty());
  EXPECT_EQ(client.headers[0].value, "30");
}

TEST(WebSocket, WhoDoesNotKnowTheKeyIsNotTheVenue) {
  for (const char* answer : {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                             "Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
                             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "\x81\x02hi\r\n\r\n"}) {
    TlsServer server{authority().issue("localhost"), [&](Peer& peer) {
                       peer.until("\r\n\r\n");
                       peer.send(answer);
                       peer.drain();
                     }};
    Client client{server.port()};
    ASSERT_TRUE(client.until_closed());
    EXPECT_FALSE(client.opened);
  }
}

TEST(WebSocket, CertificateAndNameAreChecked) {
  TlsServer server{authority().issue("other.example"), [](Peer& peer) { peer.upgrade(); }};
  Client client{server.port()};
  ASSERT_TRUE(client.until_closed());
  EXPECT_FALSE(client.opened);
  EXPECT_NE(client.why.message.find("is not one for localhost"), std::string::npos);
}

TEST(WebSocket, AServerThatDoesNotAnswerTheUpgradeIsGivenUp) {
  TlsServer server{authority().issue("localhost"), [](Peer& peer) { peer.drain(); }};
  auto limits = patient();
  limits.upgrade = 300ms;
  Client client{server.port(), limits};
  ASSERT_TRUE(client.until_closed());
  EXPECT_EQ(client.why.message, "localhost did not open the WebSocket within 300 ms");
}

TEST(WebSocket, AServerThatBreaksTheRulesIsToldSoAndLeft) {
  std::string close;
  TlsServer server{authority().issue("localhost"), [&](Peer& peer) {
                     peer.upgrade();
                     peer.text(std::string(10'001, 'x'));
                     close = peer.frame();
                   }};
  Client client{server.port()};
  ASSERT_TRUE(client.until_closed());
  EXPECT_EQ(client.code, 1009);
  EXPECT_TRUE(client.messages.empty());
  client.socket.reset();
}

TEST(WebSocket, WhatTheKernelDoesNotTakeWaitsBoundedAndEachHasOneEnd) {
  TlsServer server{authority().issue("localhost"), [](Peer& peer) {
                     peer.upgrade();
                     peer.text("go");
                     peer.ignore();
                   }};
  auto limits = patient();
  limits.stream.write = 300ms;
  limits.stream.unsent_bytes = 4 << 20;
  Client client{server.port(), limits};
  ASSERT_TRUE(client.until([&] { return client.messages.size() == 1; }));
  const std::string large(60'000, 'x');
  std::uint64_t id = 0;
  std::size_t queued = 0;
  Sent sent = Sent::Written;
  while (sent != Sent::Full && id < 10'000) {
    sent = client.socket->send(large, ++id);
    queued += sent == Sent::Queued;
  }
  ASSERT_EQ(sent, Sent::Full);
  EXPECT_GT(queued, 10u);
  // The server never reads: the connection ends, and what never left is known as such.
  ASSERT_TRUE(client.until_closed());
  EXPECT_EQ(client.written.size(), queued);
  int unknown = 0, not_written = 0;
  for (const auto& [_, written] : client.written) {
    unknown += written == Written::Unknown;
    not_written += written == Written::NotWritten;
  }
  EXPECT_LE(unknown, 1);  // at most one was cut in two
  EXPECT_GT(not_written, 10);
  EXPECT_EQ(client.written.rbegin()->second, Written::NotWritten);
}

TEST(WebSocket, WhatWaitedIsWrittenOnceTheServerReads) {
  std::atomic<bool> read{false};
  std::atomic<std::size_t> got{0};
  TlsServer server{authority().issue("localhost"), [&](Peer& peer) {
                     peer.upgrade();
                     peer.text("go");
                     while (!read) std::this_thread::yield();
                     while (!peer.frame().empty()) ++got;
                   }};
  auto limits = patient();
  limits.stream.unsent_bytes = 2 << 20;
  Client client{server.port(), limits};
  ASSERT_TRUE(client.until([&] { return client.messages.size() == 1; }));
  const std::string large(60'000, 'x');
  std::size_t accepted = 0, queued = 0;
  for (Sent sent; (sent = client.socket->send(large, accepted)) != Sent::Full; ++accepted)
    queued += sent == Sent::Queued;
  read = true;
  ASSERT_TRUE(client.until([&] { return client.written.size() == queued && got == accepted; }))
      << got << " of " << accepted;
  for (const auto& [id, written] : client.written) EXPECT_EQ(written, Written::Written) << id;
  EXPECT_EQ(client.socket->send("again", 1), Sent::Written);
}

TEST(WebSocket, MayBeLetGoInsideACall) {
  TlsServer server{authority().issue("localhost"), [](Peer& peer) {
                     peer.upgrade();
                     peer.send(Peer::frame_of(0x81, "one") + Peer::frame_of(0x81, "two"));
                     peer.drain();
                   }};
  Client client{server.port()};
  client.drop_on_message = true;
  ASSERT_TRUE(client.until([&] { return !client.messages.empty(); }));
  client.io.poll();
  EXPECT_EQ(client.messages.size(), 1u);
  EXPECT_FALSE(client.closed);
}

}  // namespace
}  // namespace stom::net
