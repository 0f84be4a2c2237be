// The client against servers that lie about who they are, cut, stay silent or say too much: it believes no one without
// a certificate, and it knows what became of each request.
#include "net/http_client.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "tests/support/io_until.hpp"
#include "tests/support/tls_server.hpp"

namespace stom::net {
namespace {

using namespace std::chrono_literals;
using testing::Authority;
using testing::ConnectProxy;
using testing::Peer;
using testing::TlsServer;

const Authority& authority() {
  static const Authority made;
  return made;
}

/// Of time as much as a busy machine needs; who waits for the end of one makes it short.
HttpClientLimits patient() {
  HttpClientLimits limits;
  limits.answer_time = 60s;
  limits.stream.tls = limits.stream.write = limits.stream.proxy = 60s;
  limits.answer = {.head_bytes = 4096, .body_bytes = 1 << 16};
  return limits;
}

/// Time to connect and to write, and then soon no patience any more.
HttpClientLimits soon() {
  auto limits = patient();
  limits.answer_time = 3s;
  return limits;
}

Route route(Proxy proxy = {}, const std::filesystem::path& ca = authority().file()) {
  auto trust = Trust::make(ca);
  EXPECT_TRUE(trust);
  return {*trust, std::move(proxy)};
}

/// A client for a server on this computer, and what it was told.
struct Client final : HttpClientUser {
  explicit Client(std::uint16_t port, const HttpClientLimits& limits = patient(), const Route& by = route(),
                  const std::string& host = "localhost")
      : client{io, by, limits, Url{true, host, port, "/"}, *this} {}

  void on_answer(std::uint64_t id, const Response& got) override {
    answered = id;
    answer = got;
  }
  void on_no_answer(std::uint64_t id, Written what, const Error& error) override {
    answered = id;
    written = what;
    why = error;
    EXPECT_FALSE(error.hint.empty()) << error.message;
  }

  /// One request, until it has an end.
  void ask(const HttpRequest& request = {.method = "GET", .target = "/api/v3/time"}) {
    answer.reset();
    written.reset();
    const auto id = ++asked;
    EXPECT_TRUE(client.request(id, request));
    EXPECT_TRUE(testing::until(io, [&] { return answered == id; }));
  }

  Io io;
  HttpClient client;
  std::uint64_t asked = 0, answered = 0;
  std::optional<Response> answer;
  std::optional<Written> written;
  Error why;
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-MBX-USED-WEIGHT-1M: 17\r\n\r\nok";

/// Answers every request with `answer`.
TlsServer::Script answers(std::string answer) {
  return [answer](Peer& peer) {
    while (!peer.until("\r\n\r\n").empty()) peer.send(answer);
  };
}

TEST(HttpClient, OneConnectionServesManyRequests) {
  TlsServer server{authority().issue("localhost"), answers(std::string{kOk})};
  Client client{server.port()};
  for (int i = 0; i < 5; ++i) {
    client.ask();
    ASSERT_TRUE(client.answer) << client.why.message;
    EXPECT_EQ(client.answer->status, 200);
    EXPECT_EQ(client.answer->body, "ok");
    EXPECT_EQ(client.answer->headers.at(1).value, "17");
  }
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, SendsWhatItWasGivenAndNoMore) {
  std::string head, body;
  TlsServer server{authority().issue("localhost"), [&](Peer& peer) {
                     head = peer.until("\r\n\r\n");
                     body = peer.exactly(9);
                     peer.send(kOk);
                   }};
  Client client{server.port()};
  const std::vector<Header> headers{{"X-MBX-APIKEY", "key"}};
  client.ask({"POST", "/api/v3/order?a=1", headers, "side=BUY&"});
  ASSERT_TRUE(client.answer);
  EXPECT_EQ(body, "side=BUY&");
  EXPECT_EQ(head,
            "POST /api/v3/order?a=1 HTTP/1.1\r\nHost: localhost:" + std::to_string(server.port()) +
                "\r\nUser-Agent: stom\r\nAccept-Encoding: identity\r\nX-MBX-APIKEY: key\r\nContent-Length: 9\r\n\r\n");
}

TEST(HttpClient, TextThatWouldMakeAnotherRequestIsRefusedBeforeItIsSent) {
  TlsServer server{authority().issue("localhost"), answers(std::string{kOk})};
  Client client{server.port()};
  const std::vector<Header> split{{"X-KEY", "a\r\nX-Other: b"}}, named{{"X KEY", "a"}};
  EXPECT_FALSE(client.client.request(1, {"GET", "/a b", {}, {}}));
  EXPECT_FALSE(client.client.request(1, {"GET", "/a\r\nX: y", {}, {}}));
  EXPECT_FALSE(client.client.request(1, {"GET", "a", {}, {}}));
  EXPECT_FALSE(client.client.request(1, {"GE T", "/a", {}, {}}));
  EXPECT_FALSE(client.client.request(1, {"GET", "/a", split, {}}));
  EXPECT_FALSE(client.client.request(1, {"GET", "/a", named, {}}));
  EXPECT_TRUE(client.client.free());
  EXPECT_EQ(server.accepted(), 0);
}

TEST(HttpClient, AServerWithoutAGoodCertificateGetsNoByteOfARequest) {
  struct Case {
    const char* what;
    testing::Identity identity;
    std::filesystem::path ca;
    std::string host;
    const char* says;
  };
  const Authority stranger;
  const Case cases[]{
      {"another name", authority().issue("other.example"), authority().file(), "localhost", "is not one for localhost"},
      {"an address for a name", authority().issue("localhost"), authority().file(), "127.0.0.1",
       "is not one for 127.0.0.1"},
      {"a CA that we do not know", stranger.issue("localhost"), authority().file(), "localhost",
       "is not to be trusted"},
      {"no private CA given", authority().issue("localhost"), {}, "localhost", "is not to be trusted"},
      {"an hour too old", authority().issue("localhost", true), authority().file(), "localhost", "expired"},
  };
  for (const auto& one : cases) {
    std::atomic<bool> served{false};
    TlsServer server{one.identity, [&](Peer& peer) { served = !peer.until("\r\n\r\n").empty(); }};
    Client client{server.port(), patient(), route({}, one.ca), one.host};
    client.ask();
    EXPECT_EQ(client.written, Written::NotWritten) << one.what;
    EXPECT_NE(client.why.message.find(one.says), std::string::npos) << one.what << ": " << client.why.message;
    EXPECT_FALSE(served) << one.what;
  }
}

TEST(HttpClient, WhereNobodyListensNothingWasWritten) {
  std::uint16_t port = 0;
  ::close(testing::listen_on_loopback(port));
  Client client{port};
  client.ask();
  EXPECT_EQ(client.written, Written::NotWritten);
}

TEST(HttpClient, AServerThatNeverSpeaksTlsIsGivenUp) {
  std::uint16_t port = 0;
  const int listening = testing::listen_on_loopback(port);
  auto limits = patient();
  limits.stream.tls = 300ms;
  Client client{port, limits};
  client.ask();  // connected by the kernel, never answered
  EXPECT_EQ(client.written, Written::NotWritten);
  EXPECT_EQ(client.why.message, "no TLS with localhost within 300 ms");
  ::close(listening);
}

TEST(HttpClient, ARequestWithoutAnAnswerIsUnknownAndNotSentAgain) {
  const TlsServer::Script scripts[]{
      [](Peer& peer) { peer.until("\r\n\r\n"); },                               // just ends
      [](Peer& peer) { peer.until("\r\n\r\n"), peer.goodbye(); },               // politely
      [](Peer& peer) { peer.until("\r\n\r\n"), peer.cut(); },                   // a cable
      [](Peer& peer) { peer.until("\r\n\r\n"), peer.send("HTTP/1.1 200 O"); },  // half a head
      [](Peer& peer) {
        peer.until("\r\n\r\n"), peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbod"), peer.goodbye();
      },
      [](Peer& peer) { peer.until("\r\n\r\n"), peer.send("HTTP/1.1 200 OK\r\n\r\nno end, then cut"); },  // no goodbye
      [](Peer& peer) { peer.drain(); },  // half open: silence
      [](Peer& peer) {
        peer.until("\r\n\r\n"), peer.send("HTTP/1.1 200 OK\r\nX: "), peer.send(std::string(9000, 'x')), peer.drain();
      },
      [](Peer& peer) {
        peer.until("\r\n\r\n"), peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"), peer.drain();
      },
      [](Peer& peer) { peer.until("\r\n\r\n"), peer.send("not HTTP\r\n\r\n"), peer.drain(); },
  };
  int n = 0;
  for (const auto& script : scripts) {
    TlsServer server{authority().issue("localhost"), script};
    Client client{server.port(), soon()};
    client.ask();
    EXPECT_EQ(client.written, Written::Unknown) << n << ": " << client.why.message;
    EXPECT_EQ(server.accepted(), 1) << n;
    ++n;
  }
}

// An order that nobody waits for any more: the kernel would send it again for minutes, also behind a closed connection.
TEST(HttpClient, ARequestThatIsGivenUpIsNotSentAgainByTheKernel) {
  std::atomic<bool> cut{false};
  TlsServer server{authority().issue("localhost"), [&](Peer& peer) {
                     peer.until("\r\n\r\n");
                     cut = peer.was_cut();
                   }};
  Client client{server.port(), soon()};
  client.ask();
  EXPECT_EQ(client.written, Written::Unknown);
  EXPECT_TRUE(testing::until(client.io, [&] { return cut.load(); }));
}

TEST(HttpClient, AnAnswerThatEndsWithItsConnectionIsWholeWhereTheServerSaidGoodbye) {
  TlsServer server{authority().issue("localhost"), [](Peer& peer) {
                     peer.until("\r\n\r\n");
                     peer.send("HTTP/1.1 200 OK\r\n\r\nall of it");
                     peer.goodbye();
                   }};
  Client client{server.port()};
  client.ask();
  ASSERT_TRUE(client.answer) << client.why.message;
  EXPECT_EQ(client.answer->body, "all of it");
}

TEST(HttpClient, AConnectionThatTheServerEndedIsReplacedWithoutLosingARequest) {
  TlsServer server{authority().issue("localhost"), [](Peer& peer) {
                     peer.until("\r\n\r\n");
                     peer.send(kOk);
                     peer.goodbye();
                   }};
  Client client{server.port()};
  client.ask();
  EXPECT_TRUE(testing::until(client.io, [&] { return !client.client.connected(); }));  // noticed while idle
  client.ask();
  ASSERT_TRUE(client.answer) << client.why.message;
  EXPECT_EQ(server.accepted(), 2);
}

TEST(HttpClient, AnAnswerNobodyAskedForIsNeverTheAnswerToTheNextRequest) {
  TlsServer server{authority().issue("localhost"), [](Peer& peer) {
                     peer.until("\r\n\r\n");
                     peer.send(std::string{kOk} + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
                     peer.drain();
                   }};
  Client client{server.port()};
  for (int i = 0; i < 3; ++i) {
    client.ask();
    ASSERT_TRUE(client.answer) << client.why.message;
    EXPECT_EQ(client.answer->body, "ok");
  }
  EXPECT_EQ(server.accepted(), 3);
}

TEST(HttpClient, ChunkedAndInterimAnswersAreRead) {
  TlsServer server{authority().issue("localhost"),
                   answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 418 I'm a teapot\r\nRetry-After: 60\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n3\r\nban\r\n0\r\n\r\n")};
  Client client{server.port()};
  client.ask();
  ASSERT_TRUE(client.answer) << client.why.message;
  EXPECT_EQ(client.answer->status, 418);
  EXPECT_EQ(client.answer->body, "ban");
}

TEST(HttpClient, APackedAnswerIsNotTakenForText) {
  TlsServer server{authority().issue("localhost"),
                   answers("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b")};
  Client client{server.port()};
  client.ask();
  EXPECT_EQ(client.written, Written::Unknown);
}

TEST(HttpClient, ALargeRequestToAServerThatDoesNotReadEndsAsUnknown) {
  TlsServer server{authority().issue("localhost"), [](Peer& peer) { peer.ignore(); }};
  auto limits = soon();
  limits.request_bytes = limits.stream.unsent_bytes = 64 << 20;
  Client client{server.port(), limits};
  const std::string body(32 << 20, 'x');
  client.ask({"POST", "/", {}, body});
  EXPECT_EQ(client.written, Written::Unknown) << client.why.message;
}

TEST(HttpClient, ThroughAProxyTheCertificateIsStillThatOfTheServer) {
  TlsServer server{authority().issue("venue.example"), answers(std::string{kOk})};
  const auto proxied = [&](const ConnectProxy& proxy, const std::string& host, const std::string& exceptions = {}) {
    auto parsed = parse_proxy("http://me:secret@127.0.0.1:" + std::to_string(proxy.port()), exceptions);
    EXPECT_TRUE(parsed);
    auto client = std::make_unique<Client>(server.port(), patient(), route(*parsed), host);
    client->ask();
    return client;
  };
  {
    const ConnectProxy proxy{server.port()};
    auto client = proxied(proxy, "venue.example");  // a name that only the proxy knows
    ASSERT_TRUE(client->answer) << client->why.message;
    EXPECT_EQ(proxy.request(), "CONNECT venue.example:" + std::to_string(server.port()) +
                                   " HTTP/1.1\r\nHost: venue.example:" + std::to_string(server.port()) +
                                   "\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n");
  }
  {
    const ConnectProxy proxy{server.port()};
    auto client = proxied(proxy, "wrong.example");
    EXPECT_EQ(client->written, Written::NotWritten);
    EXPECT_NE(client->why.message.find("is not one for wrong.example"), std::string::npos) << client->why.message;
  }
  for (const char* refusal : {"HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 502 Bad\r\n\r\n",
                              "what?\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nand more"}) {
    const ConnectProxy proxy{server.port(), refusal};
    auto client = proxied(proxy, "venue.example");
    EXPECT_EQ(client->written, Written::NotWritten) << refusal;
  }
  {
    const ConnectProxy proxy{server.port()};
    auto client = proxied(proxy, "localhost", "localhost");  // goes around the proxy: the wrong server for this name
    EXPECT_EQ(client->written, Written::NotWritten);
    EXPECT_TRUE(proxy.request().empty());
  }
}

TEST(HttpClient, MayBeDestroyedAtAnyMoment) {
  TlsServer server{authority().issue("localhost"), answers(std::string{kOk})};
  for (int rounds = 0; rounds < 12; ++rounds) {
    Io io;
    Client watcher{server.port()};
    {
      HttpClient client{io, route(), patient(), Url{true, "localhost", server.port(), "/"}, watcher};
      ASSERT_TRUE(client.request(1, {"GET", "/", {}, {}}));
      for (int i = 0; i < rounds; ++i) io.wait(5ms);
    }
    io.poll();
  }
}

}  // namespace
}  // namespace stom::net
