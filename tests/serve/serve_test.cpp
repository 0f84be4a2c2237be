// The real program, real sockets, a real kill -9: `stom serve` as an operator meets it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "net/client.hpp"

namespace stom {
namespace {

using nlohmann::json;

/// One run of the program: its first line of stdout, its end.
class Process {
 public:
  Process(const std::filesystem::path& home, std::vector<std::string> arguments) {
    int out[2];
    EXPECT_EQ(pipe(out), 0);
    pid_ = fork();
    if (pid_ == 0) {
      setenv("STOM_HOME", home.c_str(), 1);
      dup2(out[1], STDOUT_FILENO);
      ::close(out[0]);
      std::vector<char*> words{const_cast<char*>(STOM_PROGRAM)};
      for (auto& argument : arguments) words.push_back(argument.data());
      words.push_back(nullptr);
      execv(STOM_PROGRAM, words.data());
      _exit(127);
    }
    ::close(out[1]);
    for (char c; read(out[0], &c, 1) == 1 && c != '\n';) first_line_ += c;
    ::close(out[0]);
  }
  ~Process() {
    if (pid_ > 0) end(SIGKILL);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Sends the signal (0: none) and waits: the exit code, or 128 + the signal that ended it.
  int end(int signal) {
    if (signal != 0) kill(pid_, signal);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  json first_object() const { return json::parse(first_line_, nullptr, false); }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::string first_line_;
};

class Serve : public testing::Test {
 protected:
  Serve() {
    std::string name = (std::filesystem::temp_directory_path() / "stom-serve-XXXXXX").string();
    home = mkdtemp(name.data());
  }
  ~Serve() override { std::filesystem::remove_all(home); }

  static std::vector<std::string> arguments(std::vector<std::string> more = {}, const std::string& port = "0") {
    std::vector<std::string> all{"serve",   "--json",     "--quiet", "--instrument",     "sim:BTCUSDT",
                                 "--from",  "2026-01-01", "--to",    "2026-01-01T00:10", "--strategy",
                                 "mm_keep", "--port",     port};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  void connect(const Process& process) {
    const auto object = process.first_object();
    ASSERT_TRUE(object.contains("token")) << object;
    token = object["token"];
    const std::string address = object["address"];
    port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  json call(std::string_view method, const std::string& path, const json& body = nullptr, std::string key = {}) {
    auto connection = net::Connection::open(port);
    EXPECT_TRUE(connection);
    if (!connection) return {};
    std::vector<net::Header> headers{{"Authorization", "Bearer " + token}};
    if (!body.is_null()) headers.push_back({"Content-Type", "application/json"});
    if (!key.empty()) headers.push_back({"Idempotency-Key", key});
    const auto response =
        connection->request(method, "/api/v1" + path, headers, body.is_null() ? std::string{} : body.dump());
    EXPECT_TRUE(response);
    if (!response) return {};
    EXPECT_LT(response->status, 300) << response->body;
    return json::parse(response->body, nullptr, false);
  }
  json get(const std::string& path) { return call("GET", path); }
  void step(const std::string& time) { call("POST", "/session/control", {{"action", "step"}, {"value", time}}); }

  std::filesystem::path home;
  std::string token;
  std::uint16_t port = 0;
};

TEST_F(Serve, GoesOnAfterKillNineWithTheSamePositionAndOrders) {
  Process first{home, arguments({"--paused"})};
  connect(first);
  step("1m");
  const json order{{"instrument", "sim:BTCUSDT"}, {"side", "buy"}, {"type", "market"}, {"quantity", "0.030"}};
  const auto placed = call("POST", "/orders", order, "once");
  const json best = get("/book?depth=1")["bids"][0][0];
  json resting = order;
  resting["type"] = "limit";
  resting["price"] = fmt::format("{:.1f}", std::stod(best.get<std::string>()) - 50.0);
  call("POST", "/orders", resting, "rests");
  step("1s");
  const auto position = get("/positions"), orders = get("/orders?status=open"), fills = get("/fills?cursor=last"),
             account = get("/account"), session = get("/session");
  ASSERT_FALSE(position["positions"].empty());
  ASSERT_GE(orders["orders"].size(), 1u);
  EXPECT_EQ(first.end(SIGKILL), 128 + SIGKILL);

  Process second{home, arguments()};
  connect(second);
  EXPECT_EQ(get("/positions"), position);
  EXPECT_EQ(get("/orders?status=open"), orders);
  EXPECT_EQ(get("/fills?cursor=last"), fills);
  EXPECT_EQ(get("/account"), account);
  const auto resumed = get("/session");
  EXPECT_EQ(resumed["resumed"], true);
  EXPECT_EQ(resumed["state"], "paused");
  EXPECT_EQ(resumed["clock_time_ns"], session["clock_time_ns"]);
  EXPECT_EQ(resumed["session_id"], session["session_id"]);
  const auto again = call("POST", "/orders", order, "once");
  EXPECT_EQ(again["client_order_id"], placed["client_order_id"]) << "a repeated call is no second order";
  step("10s");
  EXPECT_NE(get("/session")["clock_time_ns"], session["clock_time_ns"]);
  EXPECT_EQ(second.end(SIGTERM), 0);
}

// The account of a session is that of a backtest, and it is the same account after a kill.
TEST_F(Serve, WhatTheAccountDoesNotCoverIsRefusedByNameAlsoAfterKillNine) {
  const std::vector<std::string> spot{"serve",  "--json",     "--quiet", "--instrument",     "sim:KRW-ETH",
                                      "--from", "2026-01-01", "--to",    "2026-01-01T00:10", "--paused",
                                      "--cash", "1000000",    "--fees",  "upbit-krw",        "--port",
                                      "0"};
  Process first{home, spot};
  connect(first);
  EXPECT_EQ(get("/session")["account"]["kind"], "cash");
  step("1m");
  int sent = 0;
  const auto send = [&](const char* side, const char* quantity) {
    const json order{{"instrument", "sim:KRW-ETH"}, {"side", side}, {"type", "market"}, {"quantity", quantity}};
    const auto placed = call("POST", "/orders", order, fmt::format("order {}", ++sent));
    step("1s");
    const json orders = get("/orders?cursor=last")["orders"];
    for (const auto& row : orders)
      if (row["client_order_id"] == placed["client_order_id"]) return row;
    return json{};
  };
  EXPECT_EQ(send("sell", "0.1")["reason"], "insufficient_balance") << "nothing is owned";
  EXPECT_EQ(send("buy", "100")["reason"], "insufficient_balance") << "a million won is not that much";
  EXPECT_EQ(get("/account")["available"], "1000000");
  EXPECT_EQ(send("buy", "0.1")["status"], "filled");
  const auto account = get("/account"), position = get("/positions"), orders = get("/orders");
  EXPECT_NE(account["cash"], "1000000");
  EXPECT_EQ(first.end(SIGKILL), 128 + SIGKILL);

  Process second{home, spot};
  connect(second);
  EXPECT_EQ(get("/account"), account);
  EXPECT_EQ(get("/positions"), position);
  EXPECT_EQ(get("/orders"), orders);
  EXPECT_EQ(send("sell", "0.2")["reason"], "insufficient_balance") << "half of it is owned";
  EXPECT_EQ(send("sell", "0.1")["status"], "filled");
  EXPECT_EQ(second.end(SIGTERM), 0);
}

TEST_F(Serve, AnotherStrategyThanTheSessionsIsToldInOneShortLineWithTheWayOn) {
  {
    Process first{home, arguments({"--paused"})};
    connect(first);
  }
  auto other = arguments();
  other[std::size_t(std::find(other.begin(), other.end(), "mm_keep") - other.begin())] = "grid";
  Process second{home, other};
  const auto error = second.first_object()["error"];
  EXPECT_EQ(error["message"], "session default-1 was begun with strategy mm_keep, not grid");
  EXPECT_EQ(error["hint"], "to go on with it: --strategy mm_keep; to begin another: --session NAME");
  EXPECT_EQ(second.end(0), 2);
}

// The list is read once and kept, and is right all the same: new runs come, removed ones go.
TEST_F(Serve, StoredBacktestsAreReadOnceAndNewOnesAreSeen) {
  const auto run = [&](const std::string& words) {
    Process made{home,
                 {"backtest", "run", "--strategy", "idle", "--instrument", "sim:KRW-ETH", "--no-band", "--quiet",
                  "--json", "--out", (home / "runs" / words).string()}};
    EXPECT_EQ(made.end(0), 0);
  };
  const auto names = [&] {
    std::string all;
    const json runs = get("/runs")["runs"];
    for (const auto& card : runs) all += card["run_id"].get<std::string>() + " ";
    return all;
  };
  Process data{home,
               {"data", "gen", "--instrument", "sim:KRW-ETH", "--minutes", "1", "--history", "0", "--quiet", "--json"}};
  ASSERT_EQ(data.end(0), 0);
  run("a");
  Process process{home, arguments({"--paused"})};
  connect(process);
  EXPECT_EQ(names(), "a ");
  EXPECT_EQ(get("/runs")["runs"][0]["pessimistic_return"], nullptr) << "run without its band";
  run("b");
  EXPECT_EQ(names(), "b a ");
  // Not read again: what stands in the file now would be no run.
  std::ofstream{home / "runs" / "a" / "run.json", std::ios::trunc} << "{";
  run("c");
  EXPECT_EQ(names(), "c b a ");
  std::filesystem::remove_all(home / "runs" / "b");
  EXPECT_EQ(names(), "c a ");
}

TEST_F(Serve, AStrategyForSeveralInstrumentsIsRefusedAndSaysWhereItRuns) {
  auto two = arguments();
  two[std::size_t(std::find(two.begin(), two.end(), "mm_keep") - two.begin())] = "pairs";
  Process process{home, two};
  const auto error = process.first_object()["error"];
  EXPECT_EQ(error["message"], "pairs needs 2 instruments, not 1");
  EXPECT_NE(error["hint"].get<std::string>().find("stom backtest run"), std::string::npos);
  EXPECT_EQ(process.end(0), 2);
}

// What a page that hangs, or a laptop that was closed, does to the session: nothing.
TEST_F(Serve, AClientThatNeverReadsHoldsNothingUp) {
  Process process{home, arguments({"--paused"})};
  connect(process);
  std::vector<net::WebSocketClient> deaf;
  for (int i = 0; i < 4; ++i) {
    const json ticket = call("POST", "/ws-ticket", json::object());
    auto client = net::WebSocketClient::open(
        port, "/api/v1/stream", {{"Sec-WebSocket-Protocol", "stom.v1, ticket." + ticket["ticket"].get<std::string>()}});
    ASSERT_TRUE(client) << client.error().message;
    ASSERT_TRUE(client->send_text(R"({"op":"subscribe","id":1,"topics":["session","orders","fills","positions",)"
                                  R"("account","equity","log","book.sim:BTCUSDT","trades.sim:BTCUSDT",)"
                                  R"("bars.sim:BTCUSDT.1s"]})"));
    deaf.push_back(std::move(*client));
  }
  const auto clock = [&] { return std::stoll(get("/session")["clock_time_ns"].get<std::string>()); };
  const auto begun = clock();
  for (int minute = 1; minute <= 9; ++minute) {
    step("1m");
    ASSERT_EQ(clock(), begun + minute * 60'000'000'000) << "a step is done when its call is answered";
  }
  EXPECT_GT(get("/orders?cursor=last")["orders"].size(), 100u) << "there was much to tell them";
  EXPECT_EQ(process.end(SIGTERM), 0) << "and they do not keep it from ending";
}

TEST_F(Serve, EndsInOrderOnSigtermAndCtrlC) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Process process{home, arguments()};
    connect(process);
    EXPECT_TRUE(std::filesystem::exists(home / "serve.json"));
    const auto permissions = std::filesystem::status(home / "serve.json").permissions();
    EXPECT_EQ(permissions & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
              std::filesystem::perms::none)
        << "the token is its owner's alone";
    EXPECT_EQ(process.end(signal), 0);
    EXPECT_FALSE(std::filesystem::exists(home / "serve.json"));
  }
}

TEST_F(Serve, APortInUseIsOneClearErrorAndExitOne) {
  Process first{home, arguments()};
  connect(first);
  Process second{home, arguments({"--session", "other"}, std::to_string(port))};
  const auto object = second.first_object();
  EXPECT_NE(object["error"]["message"].get<std::string>().find(std::to_string(port)), std::string::npos);
  EXPECT_NE(object["error"]["hint"].get<std::string>().find("--port"), std::string::npos);
  EXPECT_EQ(second.end(0), 1);
  EXPECT_EQ(get("/health")["status"], "ok") << "the first goes on";
}

TEST_F(Serve, ASessionThatRunsElsewhereNamesItsHolder) {
  Process first{home, arguments()};
  connect(first);
  Process second{home, arguments()};
  const auto object = second.first_object();
  EXPECT_EQ(object["error"]["code"], "locked");
  EXPECT_NE(object["error"]["message"].get<std::string>().find(std::to_string(first.pid())), std::string::npos);
  EXPECT_EQ(second.end(0), 1);
}

TEST_F(Serve, WithoutDataItSaysHowToMakeSome) {
  Process process{home, {"serve", "--json", "--port", "0"}};
  const auto object = process.first_object();
  EXPECT_EQ(object["error"]["code"], "not_found");
  EXPECT_NE(object["error"]["hint"].get<std::string>().find("stom data gen"), std::string::npos);
  EXPECT_EQ(process.end(0), 3);
}

TEST_F(Serve, AWrongFlagIsRefusedByName) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"--speed", "fast"}, {"--param", "x"}, {"--session", "../x"}, {"--queue", "none"}}) {
    Process process{home, arguments(wrong)};
    EXPECT_EQ(process.first_object()["error"]["code"], "usage") << wrong[0];
    EXPECT_EQ(process.end(0), 2);
  }
}

}  // namespace
}  // namespace stom
