// Both sides of Kiwoom's wire in one process with a manual clock: the venue of ours against the exchange's server. They
// were written apart, from the same documents, so what one misreads the other does not.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>

#include "exchange/venue_host.hpp"
#include "sim/generator/minute_bars.hpp"
#include "venues/registry.hpp"
#include "venues/server_registry.hpp"

namespace stom::exchange {
namespace {

using venues::Outcome;

constexpr UnixNanos kMorning = 1'789'088'400 * kSecond;  // 2026-09-11, 10:00 in Seoul

/// The gateway's place: what the venue asks for goes to the server, what that answers or says comes back, in order.
class Wire final : public venues::Actions, public Sockets {
 public:
  Wire() {
    auto server = venues::make_venue_server("kiwoom");
    std::vector<Market> markets;
    const auto listings = server->listings();
    for (std::size_t i = 0; i < 2; ++i) {
      sim::FlowConfig config{.instrument = listings[i].instrument,
                             .start_price = listings[i].start_price,
                             .typical_quantity = listings[i].typical_quantity,
                             .depth_doublings = listings[i].depth_doublings,
                             .start = clock.now(),
                             .seed = 11,
                             .actions_per_second = 8};
      Market market;
      config.start_price = sim::append_history(config, 1, market.history);
      market.tape = Tape::generated(config).value();
      markets.push_back(std::move(market));
    }
    const auto credentials = server->make_credentials(std::string(256, '7'));
    host = std::make_unique<VenueHost>(std::move(server), std::move(markets), std::vector{credentials}, clock, faults,
                                       *this, 1);
    client = venues::make_venue("kiwoom", {venues::Credentials{credentials.key, credentials.secret}, "1"}).value();
    client->start(clock.now(), *this);
    client->watch(0, host->instruments()[0], {}, clock.now(), *this);
    run();
    wait(kSecond);
    told.clear();
  }

  /// All that is on its way arrives.
  void run() {
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  /// Time passes, for the market and for the venue's timers.
  void wait(DurationNanos duration) {
    const UnixNanos end = clock.now() + duration;
    while (clock.now() < end) {
      clock.set(std::min(end, clock.now() + 50 * kMillisecond));
      host->advance();
      host->server().on_timer(clock.now());
      for (const auto due = timers_; const auto& [id, at] : due)
        if (at <= clock.now()) {
          timers_.erase(id);
          client->timer(id, clock.now(), *this);
        }
      run();
    }
  }
  void cut() {
    host->server().on_close(kSocket);
    client->closed(kSocket, "reset", clock.now(), *this);
    run();
  }
  void submit(NewOrder order) {
    client->submit(order, clock.now(), *this);
    run();
  }
  std::string take() {
    auto text = fmt::format("{}", fmt::join(told, "\n"));
    told.clear();
    return text;
  }
  /// The best prices: bid, ask.
  std::pair<Price, Price> touch() const {
    venues::BookView view;
    host->book(0, 1, view);
    return {view.bids.at(0).price, view.asks.at(0).price};
  }

  // ---- what the venue wants done
  void connect(venues::ConnectionId id, std::string_view, std::string_view target,
               std::span<const venues::Header>) override {
    venues::WireRequest request{.method = "GET", .path = std::string{target}};
    EXPECT_FALSE(host->server().on_upgrade(request));
    host->server().on_open(kSocket, request);
    tasks_.emplace_back([this, id] { client->opened(id, clock.now(), *this); });
  }
  void disconnect(venues::ConnectionId) override {}
  void request(const venues::Request& asked) override {
    tasks_.emplace_back([this, request = asked]() mutable {
      if (request.endpoint.empty()) return host->server().on_message(kSocket, request.body);
      clock.set(clock.now() + 250 * kMillisecond);  // never too many of them
      if (request.sign_late) {
        ASSERT_TRUE(client->sign(request, clock.now()));
      }
      venues::WireRequest wire{.method = request.method, .path = request.target, .body = request.body};
      for (const auto& header : request.headers) wire.headers.emplace_back(header.name, header.value);
      auto response = host->server().on_request(wire);
      if (response.acknowledges_order && std::exchange(lose_answer, false))
        return client->outcome(request.tag, Outcome::Unknown, clock.now(), *this);
      std::vector<venues::Header> headers;
      for (auto& [name, text] : response.headers) headers.push_back({name, text});
      client->reply({.tag = request.tag, .status = response.status, .headers = headers, .body = response.body},
                    clock.now(), *this);
    });
  }
  void settled(venues::Tag) override {}
  void timer(venues::TimerId id, UnixNanos at) override {
    timers_.erase(id);
    if (at != kNever) timers_[id] = at;
  }
  void release(venues::BudgetIndex, std::int64_t) override {}
  void set_limit(venues::BudgetIndex, std::int64_t) override {}

  // ---- what it learned
  void market(InstrumentIndex, const MessageBatch& batch) override {
    for (const auto& message : batch.messages) ++(message.kind == MessageKind::Trade ? trades : books);
  }
  void book_stale(InstrumentIndex, std::string_view) override {}
  void order(const venues::OrderReport& report) override {
    const auto& event = report.event;
    switch (event.kind) {
      case OrderEventKind::Filled:
        bought += sign_of(event.side) * event.quantity.value;
        value += Int128{event.price.value} * event.quantity.value;
        if (event.leaves.value == 0) told.push_back(fmt::format("{} filled", event.id));
        return;
      case OrderEventKind::Accepted:
        return told.push_back(fmt::format("{} accepted", event.id));
      case OrderEventKind::Canceled:
        return told.push_back(fmt::format("{} canceled", event.id));
      case OrderEventKind::Expired:
        return told.push_back(fmt::format("{} expired", event.id));
      default:
        return told.push_back(fmt::format("{} refused: {}", event.id, report.reason));
    }
  }
  void account(const venues::AccountReport& report) override {
    for (const auto& position : report.positions) held = position.quantity.value;
    for (const auto& balance : report.balances) cash = balance.free;
  }
  void status(const venues::StatusReport&) override {}
  void unknown(std::string_view type, std::string_view) override { told.push_back(fmt::format("unknown {}", type)); }
  void malformed(const Error& error, std::string_view frame) override {
    told.push_back(fmt::format("malformed: {} in {}", error.message, frame));
  }

  // ---- the server's sockets
  void send(venues::SocketId, std::string text, bool) override {
    if (deaf) return;
    tasks_.emplace_back([this, text = std::move(text)] { client->frame(kSocket, text, clock.now(), *this); });
  }
  void close(venues::SocketId, std::uint16_t, std::string_view reason) override {
    told.push_back(fmt::format("closed: {}", reason));
  }

  ManualClock clock{kMorning};
  Faults faults{1};
  std::unique_ptr<VenueHost> host;
  std::unique_ptr<venues::Venue> client;
  std::vector<std::string> told;
  std::size_t books = 0, trades = 0;
  std::int64_t bought = 0, held = 0;
  Int128 value = 0;
  Money cash{};
  bool lose_answer = false;  // of the next order or cancel
  bool deaf = false;         // nothing of the stream arrives

 private:
  static constexpr venues::SocketId kSocket = 1;
  std::deque<std::function<void()>> tasks_;
  std::map<venues::TimerId, UnixNanos> timers_;
};

NewOrder market_order(ClientOrderId id, Side side, std::int64_t quantity) {
  return {.id = id,
          .instrument = 0,
          .side = side,
          .type = OrderType::Market,
          .time_in_force = TimeInForce::IOC,
          .quantity = {quantity}};
}

TEST(KiwoomSession, BooksAndTradesArriveAndNothingIsUnknown) {
  Wire wire;
  wire.wait(30 * kSecond);
  EXPECT_EQ(wire.take(), "");
  EXPECT_GT(wire.books, 20u);
  EXPECT_GT(wire.trades, 5u);
  EXPECT_EQ(wire.cash.value, Int128{100'000'000} * power_of_ten(kMoneyDecimals));
}

TEST(KiwoomSession, WhatIsBoughtIsHeldAndSoldAgain) {
  Wire wire;
  wire.submit(market_order(1, Side::Buy, 5));
  EXPECT_EQ(wire.take(), "1 accepted\n1 filled");
  EXPECT_EQ(wire.held, 5);
  wire.wait(2 * kSecond);
  const Int128 spent = Int128{100'000'000} * power_of_ten(kMoneyDecimals) - wire.cash.value;
  EXPECT_GE(spent, wire.value * power_of_ten(kMoneyDecimals)) << "the price and the fee";
  wire.submit(market_order(2, Side::Sell, 5));
  EXPECT_EQ(wire.take(), "2 accepted\n2 filled");
  EXPECT_EQ(wire.bought, 0);
  wire.submit(market_order(3, Side::Sell, 5));
  EXPECT_TRUE(wire.take().starts_with("3 refused: 20 [2000](매도가능수량이 부족합니다)"));
}

TEST(KiwoomSession, AnOrderRestsAndIsCanceled) {
  Wire wire;
  const auto far = Price{wire.touch().first.value * 9 / 10 / 1'000 * 1'000};
  wire.submit({.id = 1, .instrument = 0, .quantity = {5}, .price = far});
  EXPECT_EQ(wire.take(), "1 accepted");
  ASSERT_EQ(wire.client->working_orders().size(), 1u);
  wire.client->cancel({.id = 1, .instrument = 0}, wire.clock.now(), wire);
  wire.run();
  EXPECT_EQ(wire.take(), "1 canceled");
  wire.wait(10 * kSecond);
  EXPECT_EQ(wire.take(), "");
  EXPECT_TRUE(wire.client->working_orders().empty());
}

TEST(KiwoomSession, AnOrderWhoseAnswerWasLostIsFoundAndCanBeCanceled) {
  Wire wire;
  const auto far = Price{wire.touch().first.value * 9 / 10 / 1'000 * 1'000};
  wire.lose_answer = true;
  wire.submit({.id = 1, .instrument = 0, .quantity = {5}, .price = far});
  wire.wait(3 * kSecond);
  EXPECT_EQ(wire.take(), "1 accepted");
  wire.lose_answer = true;  // of the cancel
  wire.client->cancel_all({}, wire.clock.now(), wire);
  wire.run();
  wire.wait(3 * kSecond);
  EXPECT_EQ(wire.take(), "1 canceled");
}

TEST(KiwoomSession, FillsThatTheStreamDidNotTellComeFromTheAccountOnce) {
  Wire wire;
  wire.deaf = true;
  wire.submit(market_order(1, Side::Buy, 7));
  EXPECT_EQ(wire.take(), "1 accepted");
  wire.deaf = false;
  wire.cut();
  wire.wait(3 * kSecond);
  EXPECT_EQ(wire.take(), "1 filled");
  EXPECT_EQ(wire.bought, 7);
}

}  // namespace
}  // namespace stom::exchange
