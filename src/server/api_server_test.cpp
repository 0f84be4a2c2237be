// `stom serve` over real sockets: the contract of docs/api.md, and those who would use a trader's browser against it.
#include "server/api_server.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "conditions/language_server.hpp"
#include "net/client.hpp"
#include "server/rest.hpp"
#include "server/test_session.hpp"

namespace stom {
namespace {

using net::Connection;
using net::Header;
using net::WebSocketClient;
using nlohmann::json;

constexpr const char* kToken = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

class Serving : public testing::Test {
 protected:
  void SetUp() override {
    ServeOptions options;
    options.endpoint.port = 0;
    options.limits.request_time = std::chrono::seconds{3};
    options.token = kToken;
    options.version = "test";
    options.language = [] {
      return [server = conditions::LanguageServer{conditions::Language::English}](std::string_view message) mutable {
        return server.receive(message);
      };
    };
    auto listening = ApiServer::listen(options, make_page(), session, library, clock);
    ASSERT_TRUE(listening) << listening.error().message;
    server = std::move(*listening);
    port = server->port();
    thread = std::thread{[this] { server->run({}); }};
  }
  void TearDown() override {
    server->stop();
    thread.join();
    std::filesystem::remove_all(folder);
  }

  StaticFiles make_page() {
    folder = std::filesystem::temp_directory_path() /
             fmt::format("stom_page_{}_{}", ::getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder / "assets");
    std::ofstream{folder / "index.html"} << "<!doctype html>page";
    std::ofstream{folder / "assets" / "app-1a2b.js"} << "console.log(1)";
    std::ofstream{folder / "assets" / "app-1a2b.js.gz"} << "packed";
    auto page = StaticFiles::load(folder);
    EXPECT_TRUE(page);
    return std::move(*page);
  }

  net::Response call(std::string_view method, std::string_view path, std::vector<Header> headers = {},
                     std::string_view body = {}) {
    auto connection = Connection::open(port);
    EXPECT_TRUE(connection);
    auto response = connection->request(method, path, std::move(headers), body);
    EXPECT_TRUE(response) << path << ": " << (response ? "" : response.error().message);
    return response.value_or(net::Response{0, "", "", {}});
  }
  static std::vector<Header> bearer(std::vector<Header> more = {}) {
    more.push_back({"Authorization", std::string{"Bearer "} + kToken});
    return more;
  }
  json get(const std::string& path) {
    const auto response = call("GET", "/api/v1" + path, bearer());
    EXPECT_EQ(response.status, 200) << path << response.body;
    return json::parse(response.body, nullptr, false);
  }
  net::Response post(const std::string& path, const json& body, std::string key = {}) {
    std::vector<Header> headers = bearer({{"Content-Type", "application/json"}});
    if (!key.empty()) headers.push_back({"Idempotency-Key", key});
    return call("POST", "/api/v1" + path, headers, body.dump());
  }
  static json problem(const net::Response& response) {
    EXPECT_EQ(response.content_type, "application/problem+json") << response.body;
    return json::parse(response.body, nullptr, false);
  }
  json limit_order(const char* price = "59000.00") {
    return {{"instrument", "gen:BTCUSDT"}, {"side", "buy"}, {"type", "limit"}, {"quantity", "0.010"}, {"price", price}};
  }
  std::string own(std::string_view scheme = "http") const { return fmt::format("{}://127.0.0.1:{}", scheme, port); }

  struct Login {
    std::string cookie;
    std::string csrf;
  };
  Login login() {
    const auto response = call("POST", "/api/v1/login", {{"Content-Type", "application/json"}, {"Origin", own()}},
                               json{{"token", kToken}}.dump());
    EXPECT_EQ(response.status, 200) << response.body;
    const std::string cookie{net::header_of(response, "Set-Cookie")};
    return {cookie.substr(0, cookie.find(';')), json::parse(response.body)["csrf"]};
  }
  std::string ticket() {
    const auto response = post("/ws-ticket", json::object());
    EXPECT_EQ(response.status, 200);
    return json::parse(response.body)["ticket"];
  }
  Result<WebSocketClient> socket(std::vector<Header> headers) {
    return WebSocketClient::open(port, "/api/v1/stream", std::move(headers));
  }
  WebSocketClient socket() {
    auto client = socket({{"Sec-WebSocket-Protocol", "stom.v1, ticket." + ticket()}});
    EXPECT_TRUE(client) << client.error().message;
    return std::move(*client);
  }

  test::TestSession session;
  test::TestLibrary library;
  SystemClock clock;
  std::unique_ptr<ApiServer> server;
  std::uint16_t port = 0;
  std::thread thread;
  std::filesystem::path folder;
};

// --- who may call
// -----------------------------------------------------------------------------------------------------

using Attack = Serving;

TEST_F(Attack, DnsRebindingIsStoppedByTheHostForThePageToo) {
  for (const char* path : {"/", "/api/v1/session", "/assets/app-1a2b.js", "/openapi.json"}) {
    for (const std::string& host :
         {std::string{"evil.example"}, fmt::format("evil.example:{}", port), std::string{"127.0.0.1"},
          fmt::format("127.0.0.1:{}", port + 1), fmt::format("127.0.0.1.evil.example:{}", port),
          fmt::format("localhost:{}.evil.example", port), std::string{}}) {
      const auto response = call("GET", path, bearer({{"Host", host}}));
      EXPECT_EQ(response.status, 403) << host;
      EXPECT_EQ(problem(response)["code"], "host_not_allowed");
    }
  }
}

TEST_F(Attack, TwoHostsOrNoneAreRefused) {
  auto connection = Connection::open(port);
  const auto two =
      connection->exchange(fmt::format("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nHost: evil.example\r\n\r\n", port));
  ASSERT_TRUE(two);
  EXPECT_TRUE(two->status == 403 || two->status == 400) << two->status;
  auto other = Connection::open(port);
  const auto none = other->exchange("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->status, 403);
}

TEST_F(Attack, AForeignOriginGetsNothingEvenWithTheCookie) {
  const auto [cookie, csrf] = login();
  for (const std::string& origin : {std::string{"http://evil.example"}, std::string{"null"}, own("https"),
                                    fmt::format("http://127.0.0.1:{}", port + 1), std::string{"http://127.0.0.1"}}) {
    for (const char* path : {"/api/v1/session", "/api/v1/orders"}) {
      const auto response = call("GET", path, {{"Origin", origin}, {"Cookie", cookie}, {"X-Stom-Token", csrf}});
      EXPECT_EQ(response.status, 403) << origin;
      EXPECT_EQ(problem(response)["code"], "origin_not_allowed");
    }
    const auto order = call("POST", "/api/v1/orders",
                            {{"Origin", origin},
                             {"Cookie", cookie},
                             {"X-Stom-Token", csrf},
                             {"Content-Type", "application/json"},
                             {"Idempotency-Key", "a"}},
                            limit_order().dump());
    EXPECT_EQ(order.status, 403);
  }
  EXPECT_EQ(session.commands, 0);
}

TEST_F(Attack, ABrowserThatSaysCrossSiteIsBelieved) {
  for (const char* site : {"cross-site", "same-site"}) {
    const auto response = call("GET", "/api/v1/session", bearer({{"Sec-Fetch-Site", site}}));
    EXPECT_EQ(problem(response)["code"], "origin_not_allowed");
  }
  EXPECT_EQ(call("GET", "/api/v1/session", bearer({{"Sec-Fetch-Site", "same-origin"}})).status, 200);
  EXPECT_EQ(call("GET", "/", {{"Sec-Fetch-Site", "cross-site"}}).status, 200) << "a link to the page is no attack";
}

TEST_F(Attack, ACrossSiteFormPlacesNoOrder) {
  const auto [cookie, csrf] = login();
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                           "application/json, text/plain", ""}) {
    std::vector<Header> headers{{"Cookie", cookie}, {"X-Stom-Token", csrf}, {"Idempotency-Key", "a"}};
    if (*type) headers.push_back({"Content-Type", type});
    const auto response = call("POST", "/api/v1/orders", headers, limit_order().dump());
    EXPECT_EQ(response.status, 415) << type;
  }
  // A form that carries JSON under the right type still lacks the header that no form can send.
  const auto response =
      call("POST", "/api/v1/orders",
           {{"Cookie", cookie}, {"Content-Type", "application/json"}, {"Idempotency-Key", "a"}}, limit_order().dump());
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(session.commands, 0);
}

TEST_F(Attack, NeitherCookieNorHeaderIsEnoughAlone) {
  const auto [cookie, csrf] = login();
  EXPECT_EQ(call("GET", "/api/v1/session", {{"Cookie", cookie}}).status, 401);
  EXPECT_EQ(call("GET", "/api/v1/session", {{"X-Stom-Token", csrf}}).status, 401);
  EXPECT_EQ(call("GET", "/api/v1/session", {{"Cookie", cookie}, {"X-Stom-Token", csrf}}).status, 200);
  // One is not the other.
  const auto value = cookie.substr(cookie.find('=') + 1);
  EXPECT_NE(value, csrf);
  EXPECT_EQ(call("GET", "/api/v1/session", {{"Cookie", cookie}, {"X-Stom-Token", value}}).status, 401);
}

TEST_F(Attack, AMissingOrWrongTokenReachesNoCall) {
  std::string wrong{kToken};
  wrong.back() = '0';
  for (const auto& route : Rest::routes()) {
    if (route == "POST /api/v1/login") continue;
    const auto space = route.find(' ');
    const std::string method = route.substr(0, space);
    for (const std::string& credential : {std::string{}, "Bearer " + wrong, std::string{"Bearer "}, "Basic " + wrong}) {
      std::vector<Header> headers{{"Content-Type", "application/json"}};
      if (!credential.empty()) headers.push_back({"Authorization", credential});
      const auto response = call(method, route.substr(space + 1), headers, method == "POST" ? "{}" : "");
      EXPECT_EQ(response.status, 401) << route;
      EXPECT_EQ(response.body.find(kToken), std::string::npos);
    }
  }
  EXPECT_EQ(session.commands, 0);
}

TEST_F(Attack, GuessingTheTokenIsSlowedDown) {
  for (int i = 0; i < 10; ++i) {
    const auto response = call("POST", "/api/v1/login", {{"Content-Type", "application/json"}}, "{\"token\":\"x\"}");
    EXPECT_EQ(problem(response)["code"], "bad_token");
  }
  const auto response =
      call("POST", "/api/v1/login", {{"Content-Type", "application/json"}}, json{{"token", kToken}}.dump());
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(net::header_of(response, "Retry-After"), "60");
  EXPECT_EQ(call("GET", "/api/v1/session", bearer()).status, 200) << "a program that knows the token is not locked out";
}

TEST_F(Attack, PreflightIsNotAnswered) {
  const auto response =
      call("OPTIONS", "/api/v1/orders", {{"Origin", own()}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_EQ(response.status, 405);
  for (const auto& header : response.headers) EXPECT_FALSE(header.name.starts_with("Access-Control")) << header.name;
}

TEST_F(Attack, NoPathLeavesThePagesFolder) {
  for (const char* path : {"/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc%2fpasswd",
                           "/..\\..\\etc\\passwd", "//etc/passwd.txt", "/assets/%2e%2e%2findex.html", "/etc/pass.wd"}) {
    const auto response = call("GET", path);
    EXPECT_TRUE(response.status == 404 || response.status == 400) << path << ' ' << response.status;
    EXPECT_EQ(response.body.find("root:"), std::string::npos);
  }
}

TEST_F(Attack, OversizedBodiesAndHeadersAreRefusedInWordsOfTheApi) {
  const auto body =
      call("POST", "/api/v1/orders", bearer({{"Content-Type", "application/json"}}), std::string(70'000, ' '));
  EXPECT_EQ(body.status, 413);
  EXPECT_EQ(problem(body)["code"], "too_large");
  const auto header = call("GET", "/api/v1/session", bearer({{"X-Long", std::string(9'000, 'a')}}));
  EXPECT_EQ(header.status, 431);
}

TEST_F(Attack, ASlowRequestDoesNotKeepOthersOut) {
  std::vector<Connection> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(std::move(*Connection::open(port)));
    ASSERT_TRUE(slow.back().send("POST /api/v1/orders HTTP/1.1\r\nHost: "));
  }
  EXPECT_EQ(call("GET", "/api/v1/session", bearer()).status, 200);
  for (auto& connection : slow) {
    const auto end = connection.receive();
    EXPECT_TRUE(!end || end->empty()) << "a request that is not complete in time must be hung up on";
  }
}

TEST_F(Attack, ASocketNeedsItsOriginItsCookieAndAFreshTicket) {
  const auto [cookie, csrf] = login();
  const auto protocols = [&](const std::string& value) { return Header{"Sec-WebSocket-Protocol", value}; };
  EXPECT_FALSE(socket({protocols("stom.v1")})) << "no ticket";
  EXPECT_FALSE(socket({protocols("stom.v1, ticket.00112233445566778899aabbccddeeff")})) << "a guessed ticket";
  EXPECT_FALSE(socket({protocols("ticket." + ticket())})) << "without our protocol";
  EXPECT_FALSE(
      socket({protocols("stom.v1, ticket." + ticket()), {"Origin", "http://evil.example"}, {"Cookie", cookie}}));
  EXPECT_FALSE(socket({protocols("stom.v1, ticket." + ticket()), {"Host", "evil.example"}}));
  EXPECT_FALSE(socket({protocols("stom.v1, ticket." + ticket()), {"Origin", own()}})) << "a browser without its cookie";
  const auto good = ticket();
  const auto client = socket({protocols("stom.v1, ticket." + good), {"Origin", own()}, {"Cookie", cookie}});
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_EQ(client->protocol(), "stom.v1");
  EXPECT_FALSE(socket({protocols("stom.v1, ticket." + good), {"Origin", own()}, {"Cookie", cookie}})) << "used already";
}

TEST_F(Attack, TheLanguageServerIsNoWayAroundTheChecks) {
  const auto editor = [&](std::vector<Header> headers) {
    return WebSocketClient::open(port, "/api/v1/conditions/language", std::move(headers));
  };
  const auto [cookie, csrf] = login();
  EXPECT_FALSE(editor({{"Sec-WebSocket-Protocol", "stom.v1"}})) << "no ticket";
  EXPECT_FALSE(editor({{"Sec-WebSocket-Protocol", "stom.v1, ticket." + ticket()},
                       {"Origin", "http://evil.example"},
                       {"Cookie", cookie}}));
  EXPECT_FALSE(editor({{"Sec-WebSocket-Protocol", "stom.v1, ticket." + ticket()}, {"Origin", own()}})) << "no cookie";
  auto good =
      editor({{"Sec-WebSocket-Protocol", "stom.v1, ticket." + ticket()}, {"Origin", own()}, {"Cookie", cookie}});
  ASSERT_TRUE(good) << good.error().message;
  ASSERT_TRUE(good->send_text("{{{"));
  EXPECT_EQ(json::parse(good->receive()->bytes)["error"]["code"], -32700);
  ASSERT_TRUE(good->send_text(R"({"id":1,"method":"initialize","params":{}})"));
  EXPECT_TRUE(json::parse(good->receive()->bytes)["result"].contains("capabilities"));
  ASSERT_TRUE(good->send_text(std::string(kMostLanguageFrame + 1, ' ')));
  for (;;) {
    const auto message = good->receive();
    ASSERT_TRUE(message);
    if (message->kind != WebSocketClient::Kind::Close) continue;
    EXPECT_EQ(message->code, 1009) << "too big";
    break;
  }
  EXPECT_EQ(call("GET", "/api/v1/session", bearer()).status, 200);
}

TEST_F(Attack, WhatTheStreamTakesIsNoMoreForTheLanguageServerBesideIt) {
  auto client = socket();
  ASSERT_TRUE(client.send_text(std::string(4097, ' ')));
  const auto message = client.receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, WebSocketClient::Kind::Close);
  EXPECT_EQ(message->code, 1009);
}

TEST_F(Serving, EachEditorHasALanguageServerOfItsOwn) {
  const auto editor = [&] {
    auto client = WebSocketClient::open(port, "/api/v1/conditions/language",
                                        {{"Sec-WebSocket-Protocol", "stom.v1, ticket." + ticket()}});
    EXPECT_TRUE(client);
    return std::move(*client);
  };
  auto first = editor(), second = editor();
  ASSERT_TRUE(first.send_text(R"({"id":1,"method":"initialize","params":{}})"));
  ASSERT_TRUE(first.receive());
  ASSERT_TRUE(first.send_text(
      R"({"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///buy.txt","text":"매수 = 현재까\n"}}})"));
  const auto told = json::parse(first.receive()->bytes);
  EXPECT_EQ(told["params"]["diagnostics"][0]["code"], "unknown-word");
  ASSERT_TRUE(second.send_text(R"({"id":1,"method":"textDocument/hover","params":{}})"));
  EXPECT_EQ(json::parse(second.receive()->bytes)["error"]["code"], -32002) << "knows nothing of the other";
}

TEST_F(Attack, MessagesThatMakeNoSenseCloseTheSocketAtLast) {
  auto client = socket();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(client.send_text(i % 2 ? "{\"op\":\"drop tables\"}" : "[[[["));
  int errors = 0;
  for (;;) {
    const auto message = client.receive();
    ASSERT_TRUE(message);
    if (message->kind == WebSocketClient::Kind::Close) {
      EXPECT_EQ(message->code, 1008);
      break;
    }
    EXPECT_EQ(json::parse(message->bytes)["op"], "error");
    ++errors;
  }
  EXPECT_LE(errors, 10);
  EXPECT_EQ(call("GET", "/api/v1/session", bearer()).status, 200);
}

TEST_F(Attack, TheTokenIsInNoReplyAndNoPage) {
  for (const char* path : {"/", "/api/v1/session", "/api/v1/health", "/openapi.json", "/api/v1/log"}) {
    const auto response = call("GET", path, bearer());
    EXPECT_EQ(response.body.find(kToken), std::string::npos) << path;
    for (const auto& header : response.headers) EXPECT_EQ(header.value.find(kToken), std::string::npos);
  }
}

TEST_F(Attack, EveryReplyCarriesTheHeadersThatProtectIt) {
  for (const char* path : {"/", "/nothing.js", "/api/v1/session", "/api/v1/nothing"}) {
    const auto response = call("GET", path, bearer());
    EXPECT_EQ(net::header_of(response, "X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(net::header_of(response, "X-Frame-Options"), "DENY") << path;
    EXPECT_NE(net::header_of(response, "Content-Security-Policy").find("default-src 'none'"), std::string::npos)
        << path;
    EXPECT_EQ(net::header_of(response, "Referrer-Policy"), "no-referrer") << path;
  }
  const auto [cookie, csrf] = login();
  const auto again =
      call("POST", "/api/v1/login", {{"Content-Type", "application/json"}}, json{{"token", kToken}}.dump());
  const auto set = net::header_of(again, "Set-Cookie");
  EXPECT_NE(set.find("HttpOnly"), std::string::npos);
  EXPECT_NE(set.find("SameSite=Strict"), std::string::npos);
}

TEST_F(Attack, AReportOpensWithItsOwnKeyAndTheCookieAndRunsInNobodysOrigin) {
  const std::string path = get("/runs")["runs"][0]["report"];
  const auto mine = login();
  const auto opened = call("GET", path, {{"Cookie", mine.cookie}, {"Sec-Fetch-Site", "same-origin"}});
  EXPECT_EQ(opened.status, 200) << opened.body;
  EXPECT_EQ(opened.content_type, "text/html; charset=utf-8");
  const std::string policy{net::header_of(opened, "Content-Security-Policy")};
  EXPECT_NE(policy.find("sandbox allow-scripts"), std::string::npos);
  EXPECT_EQ(policy.find("allow-same-origin"), std::string::npos) << "its scripts must not call as the page";
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(call("GET", path).status, 401) << "an address alone is worth nothing";
  const std::string bare = path.substr(0, path.find('?'));
  EXPECT_EQ(call("GET", bare, {{"Cookie", mine.cookie}}).status, 401) << "nor is the cookie";
  EXPECT_EQ(call("GET", bare + "?key=" + std::string(64, '0'), {{"Cookie", mine.cookie}}).status, 401);
  EXPECT_EQ(call("GET", path, {{"Cookie", mine.cookie}, {"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(call("GET", bare, bearer()).status, 200) << "a program has the token";
  EXPECT_EQ(call("GET", "/api/v1/runs/other/report" + path.substr(path.find('?')), {{"Cookie", mine.cookie}}).status,
            401)
      << "each run has its own key";
  EXPECT_EQ(call("GET", "/api/v1/runs/..%2f..%2fserve.json/report", bearer()).status / 100, 4);
  EXPECT_EQ(call("GET", "/api/v1/runs/none/report", bearer()).status, 404);
}

// --- the calls
// --------------------------------------------------------------------------------------------------------

TEST_F(Serving, RoutesAndDocumentAgree) {
  const auto document = json::parse(call("GET", "/openapi.json").body);
  std::set<std::string> written;
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      written.insert(upper + ' ' + path);
    }
  const auto routes = Rest::routes();
  EXPECT_EQ(written, std::set<std::string>(routes.begin(), routes.end()));
}

TEST_F(Serving, RepliesHaveTheFieldsThatTheDocumentRequires) {
  session.say("hello");  // told before the order is answered
  post("/orders", limit_order(), "a");
  const auto document = json::parse(call("GET", "/openapi.json").body);
  const auto check = [&](const char* schema, const json& value) {
    for (const auto& field : document["components"]["schemas"][schema]["required"])
      EXPECT_TRUE(value.contains(field.get<std::string>())) << schema << " without " << field;
    for (const auto& [field, unused] : value.items())
      EXPECT_TRUE(document["components"]["schemas"][schema]["properties"].contains(field)) << schema << ' ' << field;
  };
  check("Session", get("/session"));
  check("Instrument", get("/session")["instruments"][0]);
  check("Order", get("/orders")["orders"][0]);
  check("Position", get("/positions")["positions"][0]);
  check("Account", get("/account"));
  check("LogEntry", get("/log")["entries"][0]);
  check("Replayable", get("/instruments")["instruments"][0]);
  check("StrategyCard", get("/strategies")["strategies"][0]);
  check("RunCard", get("/runs")["runs"][0]);
  check("RunCurve", get("/runs/20260101T000000-grid-1a2b/curve"));
  check("TradingSession", get("/trading")["sessions"][0]);
  check("TradingRisk", get("/trading")["sessions"][0]["risk"]);
  check("TradingLimit", get("/trading")["sessions"][0]["limits"][0]);
  check("TradingDeadMan", get("/trading")["sessions"][0]["dead_man"]);
  check("TradingVenue", get("/trading")["sessions"][0]["venues"][0]);
  check("TradingSlowest", get("/trading")["sessions"][0]["slowest"]);
  check("TradingWait", get("/trading")["sessions"][0]["slowest"]["lately"]);
  check("TradingAlerts", get("/trading/alerts")["sessions"][0]);
  check("TradingAlert", get("/trading/alerts")["sessions"][0]["alerts"][0]);
  check("TradingEnded", get("/trading/ended")["sessions"][0]);
  check("TradingLogLine", get("/trading/log?session=/data/today")["entries"][0]);
  check("TradingAccount", get("/trading")["sessions"][0]["account"]);
  check("TradingPosition", get("/trading")["sessions"][0]["account"]["positions"][0]);
  check("TradingBalance", get("/trading")["sessions"][0]["account"]["balances"][0]);
  check("TradingOrder", get("/trading")["sessions"][0]["account"]["orders"][0]);
  check("Problem", problem(call("GET", "/api/v1/nothing", bearer())));
}

TEST_F(Serving, EachTradingSessionIsListedAlsoOneThatDoesNotAnswer) {
  const auto sessions = get("/trading")["sessions"];
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[0]["venues"][0]["name"], "binance");
  EXPECT_EQ(sessions[1]["state"], "not responding");
  EXPECT_EQ(sessions[1]["pid"], 4712);
  EXPECT_EQ(call("GET", "/api/v1/trading").status, 401);
  EXPECT_EQ(call("POST", "/api/v1/trading", bearer({{"Content-Type", "application/json"}}), "{}").status, 405);
  EXPECT_EQ(library.asked_for_trading, 1) << "nobody is asked for a call that is refused";
}

TEST_F(Serving, TheAlertsOfEachTradingSessionAreToldAndThoseOfOneThatDoesNotAnswerAreNotKnown) {
  const auto sessions = get("/trading/alerts")["sessions"];
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[0]["alerts"][0]["text"], "kill switch: entries");
  EXPECT_TRUE(sessions[1]["alerts"].is_null());
  EXPECT_EQ(call("GET", "/api/v1/trading/alerts").status, 401);
  EXPECT_EQ(call("GET", "/api/v1/trading/alerts", bearer({{"Origin", "http://evil.example"}})).status, 403);
  EXPECT_EQ(library.asked_for_trading, 0) << "who asks for alerts asks for nothing else";
}

TEST_F(Serving, TheLogOfATradingSessionIsSearchedAPageAtATime) {
  const auto first = get("/trading/log?session=/data/today&text=50%25%20%EC%98%A8&level=warn&limit=2");
  EXPECT_EQ(
      first["entries"],
      (json::array({{{"time_ns", std::to_string(test::kStart)}, {"level", "warn"}, {"text", "asked for \"50% 온\", 2"}},
                    {{"time_ns", nullptr}, {"level", "info"}, {"text", "12 lines were left out here"}}})));
  EXPECT_EQ(first["next"], "older");
  EXPECT_EQ(get("/trading/log?session=/data/today")["entries"][0]["text"], "asked for \"\", 100");
  const auto last = get("/trading/log?session=/data/today&cursor=older");
  EXPECT_EQ(last["entries"], json::array());
  EXPECT_TRUE(last["next"].is_null());
  const auto refused = [&](const std::string& query) {
    const auto answer = call("GET", "/api/v1/trading/log" + query, bearer());
    EXPECT_EQ(answer.status, 400) << query;
    return problem(answer)["params"]["field"];
  };
  EXPECT_EQ(refused(""), "session");
  EXPECT_EQ(refused("?session=/data/today&level=loud"), "level");
  EXPECT_EQ(refused("?session=/data/today&limit=501"), "limit");
  EXPECT_EQ(refused("?session=/data/today&limit=0"), "limit");
  EXPECT_EQ(refused("?session=/data/today&cursor=x"), "cursor");
  EXPECT_EQ(refused("?session=/data/today&text=" + std::string(201, 'x')), "text");
  EXPECT_EQ(call("GET", "/api/v1/trading/log?session=/etc", bearer()).status, 404);
  EXPECT_EQ(call("GET", "/api/v1/trading/log?session=/data/today").status, 401);
  EXPECT_EQ(call("POST", "/api/v1/trading/log", bearer({{"Content-Type", "application/json"}}), "{}").status, 405);
}

TEST_F(Serving, TradingSessionsThatEndedAreListedAndTheirLogsAreSearched) {
  const auto sessions = get("/trading/ended")["sessions"];
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[0]["session"], "/data/yesterday");
  EXPECT_EQ(sessions[0]["end"], "failed");
  EXPECT_EQ(sessions[0]["time_ns"], "1767225600000000000");
  EXPECT_EQ(sessions[0]["hint"], "make room");
  EXPECT_TRUE(sessions[1]["end"].is_null()) << "what nobody told is not known";
  EXPECT_EQ(get("/trading/log?session=/data/yesterday")["entries"].size(), 2u);
  EXPECT_EQ(call("GET", "/api/v1/trading/ended").status, 401);
  EXPECT_EQ(library.asked_for_trading, 0) << "no process is asked for those that have none";
}

TEST_F(Serving, TheKillSwitchOfATradingSessionIsPulledAndFlattenAsksForItsName) {
  const auto kill = [&](const json& body) {
    return call("POST", "/api/v1/trading/kill", bearer({{"Content-Type", "application/json"}}), body.dump());
  };
  const auto done = kill({{"session", "/data/today"}, {"step", "cancel"}});
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(json::parse(done.body)["step"], "cancel");
  EXPECT_EQ(library.pulled, "cancel");
  EXPECT_EQ(kill({{"session", "/data/today"}, {"step", "flatten"}}).status, 400);
  EXPECT_EQ(kill({{"session", "/data/today"}, {"step", "flatten"}, {"confirm", "tody"}}).status, 400);
  EXPECT_EQ(kill({{"session", "/data/today"}, {"step", "flatten"}, {"confirm", true}}).status, 400);
  EXPECT_EQ(kill({{"session", "/data/today"}, {"step", "off"}}).status, 400) << "a release is the command line's";
  EXPECT_EQ(kill({{"session", "/data/today"}}).status, 400);
  EXPECT_EQ(library.pulled, "cancel");
  EXPECT_EQ(kill({{"session", "/data/today"}, {"step", "flatten"}, {"confirm", "today"}}).status, 200);
  EXPECT_EQ(library.pulled, "flatten");
  EXPECT_EQ(kill({{"session", "/etc"}, {"step", "entries"}}).status, 404);
  EXPECT_EQ(problem(kill({{"session", "/data/hangs"}, {"step", "entries"}}))["code"], "no_answer");
  EXPECT_EQ(call("POST", "/api/v1/trading/kill", {{"Content-Type", "application/json"}}, "{}").status, 401);
  EXPECT_EQ(call("GET", "/api/v1/trading/kill", bearer()).status, 405);
}

TEST_F(Serving, TheCurveOfAStoredRunKeepsEveryDigitAndHasAsManyPointsAsAskedFor) {
  const std::string path = "/runs/20260101T000000-grid-1a2b/curve";
  const auto curve = get(path + "?points=10");
  EXPECT_EQ(curve["points"].size(), 10u);
  EXPECT_EQ(curve["points"][1],
            json::array({"1767225600000000001", "100000.000000000000000001", "0", "99999.5", nullptr}));
  EXPECT_EQ(curve["rows"], "1000000");
  EXPECT_EQ(curve["initial_equity"], "100000");
  EXPECT_EQ(curve["statistics"], (json{{"trades", "2"}, {"sharpe_ratio", nullptr}}));
  EXPECT_EQ(get(path)["points"].size(), 2000u);
  for (const char* points : {"9", "5001", "-1", "all", ""})
    EXPECT_EQ(problem(call("GET", "/api/v1" + path + "?points=" + points, bearer()))["params"]["field"], "points")
        << points;
  EXPECT_EQ(call("GET", "/api/v1/runs/none/curve", bearer()).status, 404);
  EXPECT_EQ(call("GET", "/api/v1/runs/..%2f..%2fserve.json/curve", bearer()).status / 100, 4);
  EXPECT_EQ(call("GET", "/api/v1" + path).status, 401);
}

TEST_F(Serving, AnOrderIsPlacedOnceHoweverOftenTheCallIsRepeated) {
  const auto first = post("/orders", limit_order(), "key-1");
  ASSERT_EQ(first.status, 202) << first.body;
  const auto again = post("/orders", limit_order(), "key-1");
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(session.commands, 1);
  EXPECT_EQ(get("/orders?status=open")["orders"].size(), 1u);
  EXPECT_EQ(problem(post("/orders", limit_order("58000.00"), "key-1"))["code"], "key_reused");
  EXPECT_EQ(problem(post("/orders", limit_order()))["code"], "key_required");
}

TEST_F(Serving, APriceOffTheLadderIsRefusedWithItsNeighbours) {
  const auto off = problem(post("/orders", limit_order("59000.05"), "k"));
  EXPECT_EQ(off["code"], "off_tick");
  EXPECT_EQ(off["hint"], "Use 59000.00 or 59000.10");
  EXPECT_EQ(problem(post("/orders", limit_order("59000.001"), "k2"))["code"], "off_tick");
  EXPECT_EQ(problem(post("/orders", limit_order("-1.00"), "k3"))["code"], "not_positive");
  EXPECT_EQ(problem(post("/orders", limit_order("1e5"), "k4"))["code"], "bad_request");
  EXPECT_EQ(problem(post("/orders", limit_order("99999999999999999999"), "k5"))["code"], "price_out_of_range");
  auto lots = limit_order();
  lots["quantity"] = "0.0105";
  EXPECT_EQ(problem(post("/orders", lots, "k6"))["code"], "off_lot");
  lots["quantity"] = 0.01;
  EXPECT_EQ(problem(post("/orders", lots, "k7"))["code"], "bad_request") << "money is never a float";
  EXPECT_EQ(session.commands, 0);
}

TEST_F(Serving, WhatTheEngineDeniesIsAProblemAndTheOrderIsShownAsDenied) {
  auto order = limit_order();
  order["quantity"] = "101.000";
  const auto response = post("/orders", order, "k");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(problem(response)["code"], "insufficient_balance");
  EXPECT_EQ(get("/orders")["orders"][0]["status"], "denied");
}

TEST_F(Serving, AnOrderIsCanceledOnceAndThenNotOpen) {
  const auto placed = json::parse(post("/orders", limit_order(), "k").body);
  const std::string path = "/api/v1/orders/" + placed["client_order_id"].get<std::string>();
  const auto canceled = call("DELETE", path, bearer());
  ASSERT_EQ(canceled.status, 202) << canceled.body;
  EXPECT_EQ(json::parse(canceled.body)["status"], "canceled");
  EXPECT_EQ(problem(call("DELETE", path, bearer()))["code"], "order_not_open");
  EXPECT_EQ(problem(call("DELETE", "/api/v1/orders/1", bearer()))["code"], "unknown_order");
  EXPECT_EQ(problem(call("DELETE", "/api/v1/orders/x", bearer()))["code"], "unknown_order");
}

TEST_F(Serving, FlattenCancelsEverythingAndClosesThePosition) {
  auto market = limit_order();
  market["type"] = "market";
  market.erase("price");
  ASSERT_EQ(post("/orders", market, "a").status, 202);
  ASSERT_EQ(post("/orders", limit_order(), "b").status, 202);
  EXPECT_EQ(get("/positions")["positions"][0]["quantity"], "0.010");
  const auto response = post("/flatten", {{"instrument", nullptr}}, "c");
  ASSERT_EQ(response.status, 202) << response.body;
  const auto flat = json::parse(response.body);
  EXPECT_EQ(flat["canceled"].size(), 1u);
  ASSERT_EQ(flat["orders"].size(), 1u);
  EXPECT_EQ(flat["orders"][0]["reduce_only"], true);
  EXPECT_EQ(get("/positions")["positions"][0]["quantity"], "0.000");
  EXPECT_EQ(get("/fills")["fills"].size(), 2u);
}

TEST_F(Serving, ControlAnswersWithTheSessionAsItIsAfterwards) {
  EXPECT_EQ(json::parse(post("/session/control", {{"action", "play"}}).body)["state"], "playing");
  EXPECT_EQ(json::parse(post("/session/control", {{"action", "speed"}, {"value", "2.5"}}).body)["speed"], "2.5");
  EXPECT_EQ(json::parse(post("/session/control", {{"action", "speed"}, {"value", "max"}}).body)["speed"], "max");
  EXPECT_EQ(json::parse(post("/session/control", {{"action", "restart"}}).body)["session_id"], "default-2");
  const auto stepped = json::parse(post("/session/control", {{"action", "step"}, {"value", "1s"}}).body);
  EXPECT_EQ(stepped["clock_time_ns"], std::to_string(test::kStart + kSecond));
  for (const json& wrong : {json{{"action", "speed"}, {"value", "0"}}, json{{"action", "speed"}, {"value", "1001"}},
                            json{{"action", "speed"}}, json{{"action", "fly"}},
                            json{{"action", "step"}, {"value", "1y"}}, json{{"action", 1}}, json::object()})
    EXPECT_EQ(problem(post("/session/control", wrong))["code"], "bad_request") << wrong;
}

TEST_F(Serving, ANewSessionIsBegunAsChosenOrRefusedWithItsReason) {
  const auto begun =
      post("/session/begin", {{"instrument", "gen:BTCUSDT"}, {"strategy", "grid"}, {"parameters", {{"lots", "2"}}}});
  ASSERT_EQ(begun.status, 200) << begun.body;
  EXPECT_EQ(json::parse(begun.body)["session_id"], "default-2");
  EXPECT_EQ(json::parse(begun.body)["strategy"]["name"], "grid");
  EXPECT_EQ(json::parse(begun.body)["limits"], json::array());
  const json limits{"position=2", "order_rate=10/1s"};
  EXPECT_EQ(json::parse(post("/session/begin", {{"instrument", "gen:BTCUSDT"}, {"limits", limits}}).body)["limits"],
            limits);
  const auto refused = problem(post("/session/begin", {{"instrument", "gen:NOTHING"}}));
  EXPECT_EQ(refused["code"], "bad_request");
  EXPECT_NE(refused["detail"].get<std::string>().find("gen:NOTHING"), std::string::npos);
  for (const json& wrong :
       {json{{"strategy", "grid"}}, json{{"instrument", "a"}, {"strategy", "../evil.so"}},
        json{{"instrument", "a"}, {"parameters", {{"lots", 2}}}},
        json{{"instrument", "a"}, {"parameters", {{"lots", "1\n2"}}}},
        json{{"instrument", "a"}, {"limits", "position=2"}}, json{{"instrument", "a"}, {"limits", {2}}},
        json{{"instrument", "a"}, {"limits", {"position=2;position=3"}}},
        json{{"instrument", "a"}, {"from_time_ns", "noon"}}})
    EXPECT_EQ(post("/session/begin", wrong).status, 400) << wrong;
}

TEST_F(Serving, AFullCommandQueueSaysSoAndDoesNothing) {
  session.full = true;
  const auto response = post("/orders", limit_order(), "k");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(problem(response)["code"], "engine_busy");
  EXPECT_EQ(net::header_of(response, "Retry-After"), "1");
  session.full = false;
  EXPECT_EQ(post("/orders", limit_order(), "k").status, 202) << "the key of a call that did nothing is free";
}

TEST_F(Serving, BarsAreBuiltFromTradesForEveryInterval) {
  const UnixNanos minute = test::kStart - test::kStart % kMinute;
  session.trade(minute + 1, 6'000'000, 10);
  session.trade(minute + 2, 6'000'500, 10);
  session.trade(minute + 30 * kSecond, 5'999'000, 5);
  session.trade(minute + kMinute, 6'001'000, 1);
  ASSERT_EQ(post("/session/control", {{"action", "pause"}}).status, 200);  // what came before is known now
  const auto candles = get("/candles?instrument=gen:BTCUSDT&interval=1m");
  ASSERT_EQ(candles["bars"].size(), 2u);
  EXPECT_EQ(candles["bars"][0],
            (json{std::to_string(minute), "60000.00", "60005.00", "59990.00", "59990.00", "0.025"}));
  EXPECT_EQ(get("/candles?interval=1s&limit=1")["bars"][0][4], "60010.00");
  EXPECT_EQ(get("/candles?interval=1s")["bars"].size(), 3u);
  const auto page = get(fmt::format("/candles?interval=1m&limit=1&before={}", minute + kMinute));
  EXPECT_EQ(page["bars"][0][0], std::to_string(minute));
  EXPECT_TRUE(page["next"].is_null());
  EXPECT_EQ(get("/trades?limit=2")["trades"].size(), 2u);
  EXPECT_EQ(get("/book?depth=1")["bids"], json::array({json::array({"60010.00", "1.000"})}));
  EXPECT_EQ(problem(call("GET", "/api/v1/candles?interval=7s", bearer()))["code"], "bad_request");
  EXPECT_EQ(problem(call("GET", "/api/v1/candles?instrument=x", bearer()))["code"], "unknown_instrument");
  EXPECT_EQ(problem(call("GET", "/api/v1/candles?limit=0", bearer()))["code"], "bad_request");
}

TEST_F(Serving, ListsComeInPages) {
  for (int i = 0; i < 5; ++i) session.say(fmt::format("line {}", i));
  ASSERT_EQ(post("/session/control", {{"action", "pause"}}).status, 200);
  const auto first = get("/log?limit=2");
  EXPECT_EQ(first["entries"][0]["text"], "line 0");
  const auto second = get("/log?limit=4&cursor=" + first["next"].get<std::string>());
  EXPECT_EQ(second["entries"].size(), 3u);
  EXPECT_TRUE(second["next"].is_null());
  EXPECT_EQ(get("/log?limit=1&cursor=last")["entries"][0]["text"], "line 4");
  EXPECT_EQ(problem(call("GET", "/api/v1/log?cursor=x", bearer()))["code"], "bad_request");
}

TEST_F(Serving, ThePageIsServedWithTypeTagAndCacheRules) {
  const auto index = call("GET", "/");
  EXPECT_EQ(index.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(net::header_of(index, "Cache-Control"), "no-cache");
  EXPECT_EQ(call("GET", "/w/chart").body, index.body) << "a path of the page's own";
  EXPECT_EQ(call("GET", "/missing.js").status, 404);
  const auto script = call("GET", "/assets/app-1a2b.js");
  EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
  EXPECT_NE(net::header_of(script, "Cache-Control").find("immutable"), std::string::npos);
  const auto packed = call("GET", "/assets/app-1a2b.js", {{"Accept-Encoding", "gzip, br"}});
  EXPECT_EQ(net::header_of(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(packed.body, "packed");
  const std::string tag{net::header_of(script, "ETag")};
  EXPECT_EQ(call("GET", "/assets/app-1a2b.js", {{"If-None-Match", tag}}).status, 304);
  EXPECT_EQ(call("POST", "/", {}, "x").status, 405);
}

// --- the socket
// -------------------------------------------------------------------------------------------------------

/// Reads messages until one of the topic comes; acks and others are passed over.
json next_of(WebSocketClient& client, const std::string& topic) {
  for (int i = 0; i < 1000; ++i) {
    const auto message = client.receive();
    if (!message || message->kind == WebSocketClient::Kind::Close) break;
    if (message->kind != WebSocketClient::Kind::Text) continue;
    auto frame = json::parse(message->bytes);
    if (frame.value("topic", "") == topic) return frame;
  }
  ADD_FAILURE() << "no frame of " << topic;
  return {};
}

TEST_F(Serving, ASubscriptionIsAcknowledgedThenShownWholeThenAsChanges) {
  auto client = socket();
  ASSERT_TRUE(client.send_text(R"({"op":"subscribe","id":7,"topics":["orders","nonsense","book.gen:BTCUSDT"]})"));
  const auto ack = json::parse(client.receive()->bytes);
  EXPECT_EQ(ack["op"], "ack");
  EXPECT_EQ(ack["id"], 7);
  EXPECT_EQ(ack["topics"]["orders"]["topic_id"], 1);
  EXPECT_EQ(ack["topics"]["nonsense"]["error"]["code"], "unknown_topic");
  const auto snapshot = next_of(client, "orders");
  EXPECT_EQ(snapshot["type"], "snapshot");
  EXPECT_EQ(snapshot["seq"], 1);
  EXPECT_EQ(snapshot["data"].size(), 0u);
  ASSERT_EQ(post("/orders", limit_order(), "k").status, 202);
  const auto delta = next_of(client, "orders");
  EXPECT_EQ(delta["type"], "delta");
  EXPECT_EQ(delta["seq"], 2);
  EXPECT_EQ(delta["data"][0]["status"], "working");
}

TEST_F(Serving, ARestartedSessionIsShownAfresh) {
  auto client = socket();
  ASSERT_EQ(post("/orders", limit_order(), "k").status, 202);
  ASSERT_TRUE(client.send_text(R"({"op":"subscribe","id":1,"topics":["orders"]})"));
  EXPECT_EQ(next_of(client, "orders")["data"].size(), 1u);
  ASSERT_EQ(post("/session/control", {{"action", "restart"}}).status, 200);
  const auto afresh = next_of(client, "orders");
  EXPECT_EQ(afresh["type"], "snapshot");
  EXPECT_EQ(afresh["data"].size(), 0u);
}

TEST_F(Serving, StopSaysGoodbyeWithTheCodeOfAServerThatStops) {
  auto client = socket();
  ASSERT_TRUE(client.send_text(R"({"op":"ping","id":3})"));
  EXPECT_EQ(json::parse(client.receive()->bytes)["op"], "pong");
  server->stop();
  const auto message = client.receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->code, 1001);
}

}  // namespace
}  // namespace stom
