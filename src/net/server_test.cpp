// The server against clients that are slow, rude, numerous or broken: it answers, it stays bounded, it lets others in.
#include "net/server.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "net/client.hpp"

namespace stom::net {
namespace {

using namespace std::chrono_literals;

/// Answers with what it got; sends each WebSocket client the newest value of a counter and echoes what it says.
class Echo final : public Handler {
 public:
  void on_request(const Request& request, Reply reply) override {
    if (request.path == "/never") return;
    if (request.path == "/later") {
      later = std::move(reply);
      return;
    }
    reply({200, "text/plain", request.method + " " + request.path + "?" + request.query + " " + request.body, {}});
  }
  Response refusal(int status, std::string_view why) override { return {status, "text/plain", std::string{why}, {}}; }
  std::expected<std::string, Response> on_upgrade(const Request& request) override {
    if (request.path != "/socket") return std::unexpected(Response{401, "text/plain", "no ticket", {}});
    return "echo.v1";
  }
  void on_open(ClientId client, const Request&) override { clients[client]; }
  void on_message(ClientId client, std::string_view bytes, bool) override {
    clients[client].echo = bytes;
    server->wake(client);
  }
  bool next_frame(ClientId client, Frame& frame) override {
    auto& state = clients[client];
    if (!state.echo.empty()) {
      frame = {std::exchange(state.echo, {}), false};
      return true;
    }
    if (state.seen == newest) return false;
    state.seen = newest;
    ++frames;
    frame = {fmt::format("{}:", newest) + std::string(frame_bytes, 'x'), true};
    return true;
  }
  void on_close(ClientId client) override { clients.erase(client); }

  struct State {
    std::string echo;
    std::uint64_t seen = 0;
  };
  Server* server = nullptr;
  std::map<ClientId, State> clients;
  Reply later;
  std::uint64_t newest = 0;
  std::size_t frame_bytes = 0;
  std::atomic<std::uint64_t> frames{0};
};

/// Of time as much as a busy machine needs; who waits for the end of one makes it short.
Limits patient() {
  Limits limits;
  limits.request_time = 20s;
  limits.answer_time = 20s;
  limits.silence = 60s;
  limits.connections = 8;
  return limits;
}

/// A server on a thread of its own, on a port the system chose.
class Running {
 public:
  explicit Running(const Limits& limits = patient()) {
    auto listening = Server::listen({}, limits, echo);
    EXPECT_TRUE(listening) << listening.error().message;
    server = std::move(*listening);
    echo.server = server.get();
  }
  void start() {
    port = server->port();
    thread = std::thread{[this] { server->run(); }};
  }
  ~Running() {
    server->stop();
    if (thread.joinable()) thread.join();
  }
  Connection connect() {
    auto connection = Connection::open(port);
    EXPECT_TRUE(connection) << connection.error().message;
    return std::move(*connection);
  }
  WebSocketClient socket() {
    auto client = WebSocketClient::open(port, "/socket", {});
    EXPECT_TRUE(client) << client.error().message;
    return std::move(*client);
  }

  Echo echo;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
  std::thread thread;
};

/// Still answers an honest request: the proof that an attack did not matter.
void expect_alive(Running& running) {
  for (int attempt = 0; attempt < 50; ++attempt) {
    auto connection = Connection::open(running.port);
    if (!connection) continue;
    const auto response = connection->request("GET", "/alive");
    if (response && response->status == 200) return;
  }
  ADD_FAILURE() << "the server no longer answers";
}

TEST(Server, AnswersSeveralRequestsOnOneConnection) {
  Running running;
  running.start();
  auto connection = running.connect();
  for (int i = 0; i < 3; ++i) {
    const auto response = connection.request("POST", "/a%20b?x=1", {}, "body");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "POST /a b?x=1 body");
  }
}

TEST(Server, SaysTheLengthButSendsNoBodyForHead) {
  Running running;
  running.start();
  auto connection = running.connect();
  const auto head = connection.request("HEAD", "/x");
  ASSERT_TRUE(head);
  EXPECT_EQ(header_of(*head, "Content-Length"), std::to_string(std::string{"HEAD /x? "}.size()));
  const auto next = connection.request("GET", "/y");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "GET /y? ");
}

TEST(Server, AnswersRequestsThatCameTogetherInTheirOrder) {
  Running running;
  running.start();
  auto connection = running.connect();
  const std::string two = "GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /second HTTP/1.0\r\n\r\n";
  const auto first = connection.exchange(two);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->body, "GET /first? ");
  EXPECT_EQ(header_of(*first, "Connection"), "");
  const auto second = connection.exchange("");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->body, "GET /second? ");
  EXPECT_EQ(header_of(*second, "Connection"), "") << "HTTP/1.0 closes unless it says otherwise";
  const auto end = connection.receive();
  EXPECT_TRUE(!end || end->empty());
}

TEST(Server, AnswersAsTheRequestsVersionWantsIt) {
  Running running;
  running.start();
  const auto answer = [&](std::string_view request) {
    auto connection = running.connect();
    EXPECT_TRUE(connection.send(request));
    std::string all;
    while (!all.ends_with("? ")) {
      const auto bytes = connection.receive();
      if (!bytes || bytes->empty()) break;
      all += *bytes;
    }
    return all;
  };
  EXPECT_EQ(answer("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 7\r\n\r\nGET /? ");
  EXPECT_EQ(
      answer("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
      "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\nContent-Length: 7\r\n\r\nGET /? ");
  EXPECT_EQ(answer("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nGET /? ");
}

TEST(Server, NamesAPortThatIsInUseAndTheRemedy) {
  Running running;
  Echo other;
  const auto second = Server::listen({"127.0.0.1", running.server->port()}, {}, other);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(running.server->port())), std::string::npos);
  EXPECT_NE(second.error().message.find("in use"), std::string::npos);
  EXPECT_NE(second.error().hint.find("--port"), std::string::npos);
}

TEST(Server, RefusesTargetsThatAreNotPlainPaths) {
  Running running;
  running.start();
  for (const char* target :
       {"http://evil.example/", "*", "/../etc/passwd", "/a/%2e%2e/b", "/%00", "/a\\b", "/%zz", "/."}) {
    auto connection = running.connect();
    const auto response = connection.request("GET", target);
    ASSERT_TRUE(response) << target;
    EXPECT_EQ(response->status, 400) << target;
  }
}

TEST(Server, RefusesAHeaderThatIsTooLarge) {
  Running running;
  running.start();
  auto connection = running.connect();
  const auto response = connection.request("GET", "/", {{"X-Long", std::string(20'000, 'a')}});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 431);
  expect_alive(running);
}

TEST(Server, RefusesABodyThatIsTooLargeBeforeReadingIt) {
  Running running;
  running.start();
  auto connection = running.connect();
  const auto declared = connection.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
  ASSERT_TRUE(declared) << declared.error().message;
  EXPECT_EQ(declared->status, 413);
  auto sent = running.connect();
  const auto response = sent.request("POST", "/", {}, std::string(100'000, 'a'));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413);
}

TEST(Server, RefusesAChunkedBodyThatGrowsTooLarge) {
  Running running;
  running.start();
  auto connection = running.connect();
  std::string raw = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) raw += "1000\r\n" + std::string(4096, 'a') + "\r\n";
  const auto response = connection.exchange(raw);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413);
}

TEST(Server, RefusesBytesThatAreNotHttp) {
  Running running;
  running.start();
  for (const char* raw : {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "GET\r\n\r\n",
                          "GET / HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                          "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    auto connection = running.connect();
    const auto response = connection.exchange(raw);
    if (response) {
      EXPECT_EQ(response->status, 400) << raw;
    }
  }
  expect_alive(running);
}

TEST(Server, HangsUpOnAClientThatSendsOneByteNowAndThen) {
  Limits limits = patient();
  limits.request_time = 1s;
  Running running{limits};
  running.start();
  auto slow = running.connect();
  ASSERT_TRUE(slow.send("GET / HTTP/1.1\r\nX: "));
  // Each byte comes well within the limit; the request as a whole does not.
  for (int i = 0; i < 1000; ++i) {
    if (!slow.send("a")) break;
    auto other = running.connect();
    const auto response = other.request("GET", "/between");
    ASSERT_TRUE(response) << "one slow client must not keep others out";
  }
  const auto end = slow.receive();
  EXPECT_TRUE(!end || end->empty() || end->starts_with("HTTP/1.1 4"));
}

TEST(Server, HangsUpOnAClientThatSaysNothing) {
  Limits limits = patient();
  limits.request_time = 300ms;
  Running running{limits};
  running.start();
  auto silent = running.connect();
  const auto end = silent.receive();
  EXPECT_TRUE(!end || end->empty());
}

TEST(Server, TurnsAwayOneConnectionTooManyAndTakesItWhenOneLeaves) {
  Running running;
  running.start();
  {
    std::vector<Connection> crowd;
    for (int i = 0; i < 8; ++i) {
      crowd.push_back(running.connect());
      ASSERT_TRUE(crowd.back().request("GET", "/"));
    }
    auto extra = running.connect();
    const auto response = extra.request("GET", "/");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 503);
  }
  expect_alive(running);
}

TEST(Server, AnswersForAHandlerThatDoesNot) {
  Limits limits = patient();
  limits.answer_time = 300ms;
  Running running{limits};
  running.start();
  auto connection = running.connect();
  const auto response = connection.request("GET", "/never");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 504);
}

TEST(Server, DeliversAnAnswerThatComesLater) {
  Running running;
  running.server->every(5ms, [&] {
    if (running.echo.later) std::exchange(running.echo.later, {})({200, "text/plain", "at last", {}});
  });
  running.start();
  auto connection = running.connect();
  const auto response = connection.request("GET", "/later");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "at last");
}

TEST(Socket, IsRefusedByTheHandlersResponse) {
  Running running;
  running.start();
  const auto refused = WebSocketClient::open(running.port, "/elsewhere", {});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with("401"));
}

TEST(Socket, CarriesMessagesBothWays) {
  Running running;
  running.start();
  auto client = running.socket();
  EXPECT_EQ(client.protocol(), "echo.v1");
  ASSERT_TRUE(client.send_text("hello"));
  const auto message = client.receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->bytes, "hello");
}

TEST(Socket, GivesASlowClientTheNewestAndNoQueue) {
  Running running;
  running.echo.frame_bytes = 100'000;
  running.server->every(1ms, [&] {
    ++running.echo.newest;
    running.server->wake_all();
  });
  running.start();
  auto slow = running.socket();
  auto quick = running.socket();
  std::uint64_t last = 0;
  for (int i = 0; i < 300; ++i) {
    const auto message = quick.receive();
    ASSERT_TRUE(message) << message.error().message;
    const auto number = std::stoull(message->bytes);
    ASSERT_GT(number, last) << "newest first, never an older one";
    last = number;
  }
  // The slow client read nothing meanwhile. What it finds is what fitted in the kernel's buffers, then the present.
  const auto before = running.echo.frames.load();
  std::uint64_t slow_last = 0;
  int received = 0;
  while (slow_last < last) {
    const auto message = slow.receive();
    ASSERT_TRUE(message) << message.error().message;
    slow_last = std::stoull(message->bytes);
    ++received;
  }
  EXPECT_LT(received, 250) << "frames were queued for a client that did not read; sent before: " << before;
}

TEST(Socket, ClosesOnAMessageThatIsTooLarge) {
  Running running;
  running.start();
  auto client = running.socket();
  ASSERT_TRUE(client.send_text(std::string(10'000, 'a')));
  const auto message = client.receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, WebSocketClient::Kind::Close);
  EXPECT_EQ(message->code, 1009);
  expect_alive(running);
}

TEST(Socket, HearsOutAClientThatGoesOnWithAMessageThatIsTooLarge) {
  Running running;
  running.start();
  auto socket = running.socket();
  const std::string head{"\x82\xff\x00\x00\x00\x00\x00\x20\x00\x00mask", 14};  // of 2 MiB
  ASSERT_TRUE(socket.connection().send(head));
  const auto close = socket.receive();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->code, 1009);
  for (int part = 0; part < 1024; ++part)  // a reset would end this, and with it the reason, where it comes first
    ASSERT_TRUE(socket.connection().send(std::string(16 * 1024, ' '))) << part;
}

TEST(Socket, ClosesOnFramesThatBreakTheProtocol) {
  Running running;
  running.start();
  const std::vector<std::string> broken{
      std::string{"\x81\x03xyz", 5},                                // not masked
      std::string{"\xf1\x83\x01\x02\x03\x04xyz", 9},                // reserved bits
      std::string{"\x83\x80\x01\x02\x03\x04", 6},                   // unknown kind
      std::string{"\x09\x80\x01\x02\x03\x04", 6},                   // a ping in pieces
      std::string{"\x80\x80\x01\x02\x03\x04", 6},                   // continues nothing
      std::string{"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10},  // a length beyond all
      std::string{"\x88\x81\x01\x02\x03\x04\x05", 7},               // a close with half a code
      std::string{"\x81\x82\x00\x00\x00\x00\xc3\x28", 8},           // text that is not UTF-8
  };
  for (const auto& bytes : broken) {
    auto client = running.socket();
    ASSERT_TRUE(client.connection().send(bytes));
    const auto message = client.receive();
    if (message) {
      EXPECT_EQ(message->kind, WebSocketClient::Kind::Close);
    }
  }
  expect_alive(running);
}

TEST(Socket, DropsAClientThatAnswersNoPing) {
  Limits limits = patient();
  limits.silence = 1000ms;
  Running running{limits};
  running.start();
  auto client = running.socket();
  auto& connection = client.connection();
  // Reads what comes and never answers: pings first, then the end.
  for (;;) {
    const auto bytes = connection.receive();
    if (!bytes || bytes->empty()) break;
  }
  expect_alive(running);
}

TEST(Server, SaysGoodbyeToItsClientsWhenItStops) {
  Running running;
  running.start();
  auto client = running.socket();
  ASSERT_TRUE(client.send_text("hello"));
  ASSERT_TRUE(client.receive());
  running.server->stop();
  const auto message = client.receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, WebSocketClient::Kind::Close);
  EXPECT_EQ(message->code, 1001);
  ASSERT_TRUE(client.close());
  running.thread.join();
}

TEST(Target, SplitsPathAndQuery) {
  const auto target = parse_target("/api/v1/candles?instrument=binance%3ABTCUSDT&limit=5&text=kill+switch%2B");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/v1/candles");
  const Request request{.method = "GET", .path = target->path, .query = target->query, .headers = {}, .body = {}};
  EXPECT_EQ(request.parameter("instrument"), "binance:BTCUSDT");
  EXPECT_EQ(request.parameter("limit"), "5");
  EXPECT_EQ(request.parameter("text"), "kill switch+");
  EXPECT_EQ(request.parameter("depth"), std::nullopt);
}

TEST(Target, FindsOneCookieAmongMany) {
  const Request request{
      .method = "GET", .path = "/", .query = {}, .headers = {{"cookie", "a=1; stom_80=x; b=2"}}, .body = {}};
  EXPECT_EQ(request.cookie("stom_80"), "x");
  EXPECT_EQ(request.cookie("stom"), "");
}

}  // namespace
}  // namespace stom::net
