// A venue, its gateway and the recorder over real sockets, against a server that cuts, stalls and answers late: the
// book that comes of it is the one that an independent reading of the recording gives.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>

#include "gateway/net_transport.hpp"
#include "importers/file_reader.hpp"
#include "market/reading_rules.hpp"
#include "tests/support/tls_server.hpp"
#include "venues/registry.hpp"

namespace stom::gateway {
namespace {

using namespace std::chrono_literals;
using testing::Authority;
using testing::Peer;
using testing::TlsServer;

/// Price to quantity, both sides together: bids have positive quantities, asks negative ones.
using Book = std::map<std::int64_t, std::int64_t>;

void apply(Book& book, const Message& message, std::span<const Level> bids, std::span<const Level> asks) {
  if (message.kind == MessageKind::Snapshot) book.clear();
  const auto set = [&](const Level& level, int sign) {
    if (level.quantity.value == 0)
      book.erase(level.price.value);
    else
      book[level.price.value] = sign * level.quantity.value;
  };
  for (const auto& level : bids) set(level, 1);
  for (const auto& level : asks) set(level, -1);
}

/// A futures venue with one instrument, whose book changes at each update: level 100 + n % 7 has quantity n.
class Server {
 public:
  Server() : server_{authority_.issue("localhost"), [this](Peer& peer) { serve(peer); }} {}
  std::uint16_t port() const { return server_.port(); }
  const std::filesystem::path& ca() const { return authority_.file(); }

  static constexpr std::int64_t kUpdates = 400;
  std::atomic<int> connections{0}, snapshots{0};
  std::atomic<std::int64_t> sent{0};

 private:
  static std::int64_t price(std::int64_t n) { return 100 + n % 7; }

  void serve(Peer& peer) {
    const auto first = peer.until(" ");
    if (first == "GET ") {
      const auto rest = peer.until(" ");
      if (rest.starts_with("/fapi/v1/depth")) return serve_snapshots(peer);
      return serve_stream(peer);
    }
  }

  void serve_snapshots(Peer& peer) {
    for (;;) {
      if (peer.until("\r\n\r\n").empty()) return;
      if (++snapshots % 3 == 1) {  // now and then there is none
        peer.send("HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}");
        continue;
      }
      std::string bids;
      std::int64_t last = 0;
      {
        const std::lock_guard lock{mutex_};
        last = made_;
        std::map<std::int64_t, std::int64_t> book;
        for (std::int64_t n = std::max<std::int64_t>(1, last - 6); n <= last; ++n) book[price(n)] = n;
        for (const auto& [level, quantity] : book)
          bids += fmt::format(R"({}["{}","{}"])", bids.empty() ? "" : ",", level, quantity);
      }
      const auto body =
          fmt::format(R"({{"lastUpdateId":{},"E":{},"T":{},"bids":[{}],"asks":[]}})", last, now_ms(), now_ms(), bids);
      peer.send(fmt::format("HTTP/1.1 200 OK\r\nX-MBX-USED-WEIGHT-1M: {}\r\nContent-Length: {}\r\n\r\n{}",
                            snapshots * 20, body.size(), body));
    }
  }

  void serve_stream(Peer& peer) {
    if (peer.upgrade().empty()) return;
    const auto subscription = peer.frame();
    if (subscription.find("SUBSCRIBE") == std::string::npos) return;
    peer.text(R"({"result":null,"id":1})");
    const int connection = ++connections;
    for (int i = 0;; ++i) {
      std::string frame;
      std::int64_t n = 0;
      {
        const std::lock_guard lock{mutex_};
        if (made_ >= kUpdates) break;
        n = ++made_;
        frame = fmt::format(
            R"({{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":{0},"T":{0},"s":"BTCUSDT","U":{1},"u":{1},"pu":{2},"b":[["{3}","{1}"]],"a":[]}}}})",
            now_ms(), n, n - 1, price(n));
      }
      if (connection < 4 && i == 60 * connection) {
        const auto bytes = Peer::frame_of(0x81, frame);  // cut in the middle of a frame: the update is lost
        peer.send(bytes.substr(0, bytes.size() / 2));
        return peer.cut();
      }
      if (connection == 4 && i == 30) continue;  // and one that is never sent
      peer.text(frame);
      sent = n;
    }
    // So that the last snapshot that is asked for is older than something that comes after it.
    peer.drain();
  }

  static std::int64_t now_ms() { return SystemClock{}.now() / kMillisecond; }

  Authority authority_;
  std::mutex mutex_;
  std::int64_t made_ = 0;
  TlsServer server_;  // last: its threads use the above
};

struct Engine final : GatewayUser {
  void market(InstrumentIndex, const MessageBatch& batch) override {
    for (const auto& message : batch.messages) {
      gated.offer(message, batch.bids(message), batch.asks(message),
                  [&](const Message& m, std::span<const Level> bids, std::span<const Level> asks) {
                    apply(book, m, bids, asks);
                    last = m.final_update_id;
                  });
    }
  }
  void book_stale(InstrumentIndex, std::string_view) override { ++stale; }
  void order(const venues::OrderReport&) override {}
  void account(const venues::AccountReport&) override {}
  void status(const venues::StatusReport&) override {}
  void unknown(std::string_view, std::string_view) override {}
  void malformed(const Error& error, std::string_view) override { ADD_FAILURE() << error.message; }
  void notice(std::string_view line) override { last_notice = line; }

  GatedDepth gated;
  Book book;
  std::int64_t last = 0;
  int stale = 0;
  std::string last_notice;
};

TEST(Session, ABookThatBreaksThreeTimesIsRightAgainAndSoIsItsRecording) {
  std::string name = std::filesystem::temp_directory_path() / "stom_session_XXXXXX";
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const std::filesystem::path folder{name};
  Engine engine;
  {
    Server server;
    auto venue = venues::make_venue("binance-usdm", {});
    ASSERT_TRUE(venue) << venue.error().message;
    net::Io io;
    const SystemClock clock;
    auto recorder = FrameRecorder::make({.folder = folder, .venue = "binance-usdm"});
    ASSERT_TRUE(recorder);
    (*recorder)->name(0, "BTCUSDT");
    NetTransport transport{io, clock, {.route = {*net::Trust::make(server.ca()), {}}}};
    GatewayOptions options;
    options.back_off = {.first = 2 * kMillisecond, .most = 20 * kMillisecond};
    const auto at = "://localhost:" + std::to_string(server.port());
    for (const auto& endpoint : (*venue)->description().endpoints)
      options.addresses[endpoint.name] = (endpoint.transport == venues::Transport::Https ? "https" : "wss") + at;
    Gateway gateway{**venue, transport, engine, recorder->get(), options};
    transport.serve(gateway);
    gateway.start(clock.now());
    auto instrument = venues::describe("binance-usdm:BTCUSDT");
    instrument.price_decimals = instrument.quantity_decimals = 0;
    gateway.watch(0, instrument, {.book = true, .trades = false}, clock.now());
    Gateway* const gateways[]{&gateway};
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (engine.last < Server::kUpdates && std::chrono::steady_clock::now() < end)
      turn(io, clock, gateways, recorder->get(), LoopMode::Blocking, 100 * kMillisecond);
    ASSERT_EQ(engine.last, Server::kUpdates)
        << engine.last_notice << ", snapshots " << server.snapshots << ", connections " << server.connections;
    EXPECT_EQ(server.connections, 4);
    EXPECT_GE(engine.stale, 3);
  }
  Book want;
  for (std::int64_t n = Server::kUpdates - 6; n <= Server::kUpdates; ++n) want[100 + n % 7] = n;
  EXPECT_EQ(engine.book, want);

  // The recording, read by the importer and by the rules of reading, ends in the same book.
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.path().filename().string().starts_with("binance-usdm-BTCUSDT-")) file = entry.path();
  auto reader = importers::open_reader(file, {.instrument = "binance-usdm:BTCUSDT", .format = {}, .columns = {}});
  ASSERT_TRUE(reader) << reader.error().message;
  const auto watch = [](std::uint64_t, std::uint64_t) { return true; };
  const auto found = (*reader)->inspect({}, watch);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->bad, 0u);
  Engine again;
  importers::Rows rows;
  for (;;) {
    const auto more = (*reader)->next(found->decimals, rows, watch);
    ASSERT_TRUE(more) << more.error().message;
    if (!*more) break;
    again.market(0, rows.messages);
  }
  EXPECT_EQ(again.book, want);
  EXPECT_EQ(again.last, Server::kUpdates);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace stom::gateway
