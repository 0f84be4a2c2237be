// The simulated exchange on a thread of its own, and a venue's client behind its gateway on this one, over real TLS
// sockets of this computer. Besides, a plain reader of what the exchange answers (plain_reader.hpp).
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "exchange/exchange.hpp"
#include "gateway/net_transport.hpp"
#include "market/reading_rules.hpp"
#include "sim/generator/minute_bars.hpp"
#include "tests/faults/plain_reader.hpp"
#include "venues/registry.hpp"
#include "venues/server_registry.hpp"

namespace stom::faults {

/// The system's time, and what a test has skipped of it: nobody sleeps.
class SkippingClock final : public Clock {
 public:
  UnixNanos now() const override { return system_.now() + skipped_.load(); }
  void skip(DurationNanos time) { skipped_ += time; }

 private:
  SystemClock system_;
  std::atomic<DurationNanos> skipped_ = 0;
};

/// Who sits behind the gateway: keeps what it is told, and judges nothing.
struct Desk final : gateway::GatewayUser {
  struct Order {
    int accepted = 0, fills = 0, ended = 0;
    bool ours = false;
    OrderEventKind last = OrderEventKind::Accepted;
    RejectReason why = RejectReason::None;
    std::int64_t filled = 0;
    std::string words;
    Named name;
  };
  struct Change {
    bool snapshot;
    std::int64_t id;  // where there is none: its time in milliseconds
    std::vector<Level> bids, asks;
  };

  void market(InstrumentIndex, const MessageBatch& batch) override {
    for (const auto& message : batch.messages) {
      if (message.kind == MessageKind::Trade) ++public_trades;
      if (message.kind != MessageKind::Depth && message.kind != MessageKind::Snapshot) continue;
      gated.offer(message, batch.bids(message), batch.asks(message),
                  [&](const Message& m, std::span<const Level> bids, std::span<const Level> asks) {
                    changes.push_back({m.kind == MessageKind::Snapshot,
                                       m.final_update_id != 0 ? m.final_update_id : m.event_time / kMillisecond,
                                       {bids.begin(), bids.end()},
                                       {asks.begin(), asks.end()}});
                  });
    }
  }
  void book_stale(InstrumentIndex, std::string_view why) override { stale.emplace_back(why); }
  void order(const venues::OrderReport& report) override {
    Order& order = orders[key_of(report)];
    order.ours = report.event.id != 0;
    order.name.client_id = report.client_id;
    if (!report.venue_order_id.empty()) order.name.venue_id = report.venue_order_id;
    order.last = report.event.kind;
    if (!report.reason.empty()) order.words = report.reason;
    if (report.event.reason != RejectReason::None) order.why = report.event.reason;
    switch (report.event.kind) {
      case OrderEventKind::Accepted:
        ++order.accepted;
        break;
      case OrderEventKind::Filled:
        ++order.fills;
        order.filled += report.event.quantity.value;
        if (!report.trade_id.empty()) trades.emplace_back(report.trade_id);
        if (report.event.leaves.value == 0) ++order.ended;
        break;
      case OrderEventKind::CancelRejected:
        break;
      default:
        ++order.ended;
    }
  }
  void account(const venues::AccountReport&) override { ++accounts; }
  void status(const venues::StatusReport& report) override { statuses.emplace_back(report.text); }
  void unknown(std::string_view type, std::string_view) override { unknown_types.emplace_back(type); }
  void malformed(const Error& error, std::string_view) override { broken.push_back(error.message); }
  void notice(std::string_view line) override { notices.emplace_back(line); }

  bool heard(std::string_view status) const {
    return std::ranges::any_of(statuses, [&](const std::string& one) { return one.contains(status); });
  }
  static std::string name_of(ClientOrderId id) { return fmt::format("stom-7-{}", id); }
  /// Not every venue keeps our name.
  static std::string key_of(const venues::OrderReport& report) {
    if (report.event.id != 0) return name_of(report.event.id);
    return std::string{report.client_id.empty() ? report.venue_order_id : report.client_id};
  }
  std::int64_t book_id() const { return changes.empty() ? 0 : changes.back().id; }
  /// As it was once the update with that id had been applied; nothing where that update did not end one.
  std::optional<Book> book_at(std::int64_t id) const {
    Book book;
    std::int64_t last = 0;
    for (const Change& change : changes) {
      if (change.id > id) break;
      if (change.snapshot) book = {};
      for (const auto& level : change.bids) book.set(Side::Buy, level.price.value, level.quantity.value);
      for (const auto& level : change.asks) book.set(Side::Sell, level.price.value, level.quantity.value);
      last = change.id;
    }
    return last == id ? std::optional{book} : std::nullopt;
  }

  std::map<std::string, Order> orders;  // by our name; others' by the venue's
  std::vector<std::string> trades;      // ids of own fills, as often as they were told
  std::vector<std::string> stale, statuses, unknown_types, broken, notices;
  std::vector<Change> changes;
  GatedDepth gated;
  int public_trades = 0, accounts = 0;
};

/// What the tests know of a venue.
struct VenueFacts {
  const char* venue;
  const char* ready;                          // the status when the account's stream tells
  DurationNanos silence = kMinute;            // after so much a dead connection has been noticed
  DurationNanos never_arrived = 7 * kSecond;  // after so much it is known what never arrived
  std::int64_t purse = 400'000;               // what one order may cost, in the currency of the account
  bool whole_books = false;                   // each book comes whole: none can be missing
  std::int64_t typical_quantity = 0;          // of the market's orders, where the account could not pay for the best
                                              // level as the exchange fills it; 0: as it does
};

class TradingSession : private net::HttpClientUser {
 public:
  TradingSession(const VenueFacts& facts, venues::Wanted wanted) : facts{facts} {
    std::string folder = std::filesystem::temp_directory_path() / "stom_faults_XXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    open_exchange();
    open_client(wanted);
  }
  ~TradingSession() override {
    gateway.reset();
    transport_.reset();  // its sockets close, so that the exchange need not wait for a goodbye
    connection_.reset();
    exchange_->stop();
    thread_.join();
    std::filesystem::remove_all(folder_);
  }

  /// Turns the loop until it holds; false when patience is at an end.
  template <class Condition>
  bool until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    gateway::Gateway* const gateways[]{&*gateway};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      gateway::turn(io_, clock, gateways, nullptr, gateway::LoopMode::Blocking, 20 * kMillisecond);
    }
    return true;
  }

  /// So much time passes, in steps within which pings are answered and frames are read: the exchange's own answers
  /// come behind them.
  void pass(DurationNanos time) {
    constexpr DurationNanos kStep = 5 * kSecond;
    for (; time > 0; time -= kStep) {
      clock.skip(std::min(time, kStep));
      catch_up();
    }
  }
  /// What the exchange has sent by now is read: its own answers come behind it.
  void catch_up() {
    for (int i = 0; i < 3; ++i) faults();
  }

  // ---- the exchange

  /// One request to the exchange and its answer.
  net::Response call(std::string_view method, std::string_view target, std::vector<net::Header> headers = {},
                     std::string_view body = {}) {
    answer_.reset();
    EXPECT_TRUE(until([&] { return connection_->free(); }));
    EXPECT_TRUE(connection_->request(1, {method, target, headers, body}));
    EXPECT_TRUE(until([&] { return answer_.has_value(); })) << method << ' ' << target;
    return answer_.value_or(net::Response{.status = 0, .content_type = {}, .body = {}});
  }
  net::Response control(std::string_view method, std::string_view fault, std::string_view body = {}) {
    return call(method, fmt::format("/control/faults/{}", fault), {{"Authorization", "Bearer " + exchange_->token()}},
                body);
  }
  void set(std::string_view fault, std::string_view body = {}) {
    EXPECT_EQ(control("PUT", fault, body).status, 200) << fault;
  }
  void clear(std::string_view fault) { EXPECT_EQ(control("DELETE", fault).status, 200) << fault; }
  /// Those that are on.
  std::string faults() {
    return call("GET", "/control/faults", {{"Authorization", "Bearer " + exchange_->token()}}).body;
  }
  /// Whether the fault has happened as often as it was told to.
  bool used_up(std::string_view fault) { return !faults().contains(fault); }
  net::Response get(std::string_view target) { return call("GET", fmt::format("/{}{}", facts.venue, target)); }

  // ---- the trader

  /// An order far from the market: it rests.
  ClientOrderId rest() { return send(resting()); }
  NewOrder resting() {
    const std::int64_t price = reader->depth().book.bids.begin()->first * 95 / 100;
    return {.type = OrderType::Limit, .quantity = {lots(1000)}, .price = {price - price % tick_at(price)}};
  }
  /// An order that takes the best level and a part of the next, and so fills in two parts. Time passes until the
  /// account can pay for it.
  ClientOrderId take() {
    NewOrder order{.type = OrderType::Limit, .time_in_force = TimeInForce::IOC};
    EXPECT_TRUE(until([&] {
      const Book book = reader->depth().book;
      const std::int64_t most = book.asks.begin()->first * 102 / 100;
      const std::int64_t quantity = book.asks.begin()->second + std::next(book.asks.begin())->second / 2;
      order.price = {most - most % tick_at(most)};
      order.quantity = {std::max<std::int64_t>(1, quantity / instrument.lot.value) * instrument.lot.value};
      const Money costs = instrument.kind == ContractKind::Inverse
                              ? inverse_value_of(instrument, order.price, order.quantity)
                              : value_of(instrument, order.price, order.quantity);
      const bool affordable = costs <= Money{Int128{facts.purse} * power_of_ten(kMoneyDecimals)};
      if (!affordable) clock.skip(kSecond);
      return affordable;
    }));
    return send(order);
  }
  std::int64_t tick_at(std::int64_t price) const { return instrument.tick_at({price}).value; }
  ClientOrderId send(NewOrder order) {
    order.id = ++last_order_;
    order.side = Side::Buy;
    gateway->submit(order, clock.now());
    return order.id;
  }
  /// Somebody trades with the resting order: nobody here asked for anything, so only the user stream tells.
  void fill(ClientOrderId id) {
    set("cancel_filled", R"({"count":1})");
    const auto answer = reader->cancel(order(id).name);
    EXPECT_FALSE(reader->order(order(id).name).open) << answer.body;
  }
  void cancel(ClientOrderId id) { gateway->cancel({.id = id, .instrument = 0}, clock.now()); }

  const Desk::Order& order(ClientOrderId id) { return desk.orders[Desk::name_of(id)]; }
  bool accepted(ClientOrderId id) { return order(id).accepted > 0; }
  bool ended(ClientOrderId id) { return order(id).ended > 0; }
  /// Takes until an order was filled in several parts: a market that moves meanwhile may fill it at once. That order.
  ClientOrderId take_in_parts() {
    ClientOrderId id = 0;
    EXPECT_TRUE(until([&] {
      if (id == 0 || (ended(id) && order(id).fills < 2)) id = take();
      return ended(id) && order(id).fills >= 2;
    })) << order(id).words
        << reader->depth().book.top(3);
    return id;
  }

  // ---- the audit

  /// What the desk was told is what the exchange has: each order with its state and its fills, each fill once, and no
  /// order or fill that the desk knows nothing of.
  void audit() {
    // What is still asked for may have to be answered first.
    std::string what;
    EXPECT_TRUE(until([&] {
      what = difference();
      if (!what.empty()) clock.skip(kSecond);  // what is asked for again is asked for with a pause, or refused
      return what.empty();
    })) << what;
    for (const auto& [name, order] : desk.orders) {
      EXPECT_LE(order.accepted, 1) << name;
      EXPECT_LE(order.ended, 1) << name << " ended more than once";
    }
  }

  /// The book that the desk was told is the exchange's own at the same update; where updates have no number, as it
  /// stands.
  void expect_the_exchanges_book() {
    std::string ours, theirs;
    EXPECT_TRUE(until([&] {
      const Depth at = reader->depth();
      theirs = at.book.top(kCompared);
      if (at.id == 0) {
        ours = desk.changes.empty() ? "" : desk.book_at(desk.book_id()).value_or(Book{}).top(kCompared);
        if (ours != theirs) clock.skip(kSecond);
        return ours == theirs;
      }
      if (!until([&] { return desk.book_id() >= at.id && book_is_there(); })) return false;
      const auto book = desk.book_at(at.id);
      if (!book) return false;  // the desk's snapshot is younger
      ours = book->top(kCompared);
      return true;
    }));
    EXPECT_FALSE(theirs.empty());
    EXPECT_EQ(ours, theirs);
  }

  VenueFacts facts;
  SkippingClock clock;
  Instrument instrument;
  DurationNanos skew = 0;  // of the exchange's clock
  Desk desk;
  std::optional<gateway::Gateway> gateway;
  std::unique_ptr<venues::Venue> venue;
  std::unique_ptr<PlainReader> reader;

 private:
  static constexpr std::size_t kCompared = 100;  // levels of each side
  static constexpr std::size_t kMarkets = 4;     // of a venue that lists thousands

  void open_exchange() {
    auto server = venues::make_venue_server(facts.venue);
    ASSERT_NE(server, nullptr) << facts.venue;
    exchange::VenueSetup setup{.name = facts.venue, .server = nullptr, .markets = {}};
    const UnixNanos now = clock.now();
    auto listings = server->listings();
    listings.resize(std::min(listings.size(), kMarkets));
    for (const venues::Listing& listing : listings) {
      sim::FlowConfig config{
          .instrument = listing.instrument,
          .start_price = listing.start_price,
          .typical_quantity = facts.typical_quantity > 0 ? facts.typical_quantity : listing.typical_quantity,
          .depth_doublings = listing.depth_doublings,
          .funding = listing.perpetual,
          .start = now - 10 * kSecond,
          .length = 365 * kDay,
          .seed = 7,
          .actions_per_second = listing.actions_per_second};
      exchange::Market market;
      config.start_price = sim::append_history(config, 1, market.history);
      market.tape = exchange::Tape::generated(config).value();
      setup.markets.push_back(std::move(market));
      if (instrument.id.empty()) instrument = listing.instrument;
    }
    setup.server = std::move(server);
    std::vector<exchange::VenueSetup> setups;
    setups.push_back(std::move(setup));
    exchange_ = exchange::Exchange::open({.seed = 7, .faults = {}}, std::move(setups), clock).value();
    credentials_ = exchange_->addresses()[0].credentials[0];
    std::ofstream{folder_ / "ca.pem"} << exchange_->authority_pem();
    thread_ = std::thread{[this] { exchange_->run(); }};
  }

  void open_client(venues::Wanted wanted) {
    const net::Route route{net::Trust::make(folder_ / "ca.pem").value(), {}};
    const auto url = net::parse_url(fmt::format("https://127.0.0.1:{}", exchange_->port())).value();
    connection_.emplace(io_, route, net::HttpClientLimits{}, url, static_cast<net::HttpClientUser&>(*this));
    const auto below = [this](std::string_view method, std::string_view target, std::vector<net::Header> headers,
                              std::string_view body) {
      return call(method, fmt::format("/{}{}", facts.venue, target), std::move(headers), body);
    };
    reader = make_reader({facts.venue, instrument, credentials_, clock, skew, below});
    venue = venues::make_venue(facts.venue, {.credentials = credentials_, .session = "7"}).value();
    transport_.emplace(io_, clock, gateway::NetTransportOptions{.route = route});
    gateway::GatewayOptions options;
    options.back_off = {.first = 2 * kMillisecond, .most = 20 * kMillisecond};
    const auto& address = exchange_->addresses()[0];
    for (const auto& endpoint : venue->description().endpoints) {
      // Below the exchange's address as below the venue's own: paths of the production address stay.
      const std::string path = endpoint.url.substr(std::min(endpoint.url.find('/', 8), endpoint.url.size()));
      options.addresses[endpoint.name] =
          (endpoint.transport == venues::Transport::Https ? address.rest : address.ws) + path;
    }
    gateway.emplace(*venue, *transport_, desk, nullptr, options);
    transport_->serve(*gateway);
    gateway->start(clock.now());
    gateway->watch(0, instrument, wanted, clock.now());
    EXPECT_TRUE(until([&] { return desk.heard(facts.ready); })) << "the user stream is not there";
    EXPECT_TRUE(until([&] { return idle(); })) << "something is not answered";
    if (wanted.book) {
      EXPECT_TRUE(until([&] { return book_is_there(); })) << "no book";
    }
  }

  /// Nothing is asked for and not yet answered.
  bool idle() const {
    for (const auto priority : {venues::Priority::Risk, venues::Priority::Order, venues::Priority::Session,
                                venues::Priority::Query, venues::Priority::Background})
      if (gateway->waiting(priority) > 0) return false;
    // Of texts only spot's subscription is answered.
    const auto& counts = gateway->counts();
    return counts.answers == counts.calls + (std::string_view{facts.venue} == "binance" ? 1 : 0);
  }

  bool book_is_there() const {
    const DepthGate& gate = desk.gated.gate();
    return facts.whole_books ? gate.has_book() : gate.state() == GateState::Live;
  }

  std::int64_t lots(std::int64_t value) const {
    // Worth some thousands of the currency: above the least that the venue takes.
    return std::max<std::int64_t>(1, value * power_of_ten(instrument.quantity_decimals) / 100'000) *
           instrument.lot.value;
  }

  /// Why desk and exchange differ; empty where they do not.
  std::string difference() {
    const std::multiset<std::string> told{desk.trades.begin(), desk.trades.end()};
    if (const auto theirs = reader->fills(); theirs && *theirs != told)
      return fmt::format("the desk was told {} fills, the exchange has {}: {}", told.size(), theirs->size(),
                         theirs->empty() ? "" : *theirs->begin());
    if (std::set<std::string>{told.begin(), told.end()}.size() != told.size()) return "a fill was told twice";
    for (const auto& [name, order] : desk.orders) {
      const AtTheExchange theirs =
          reader->order(order.name.client_id.empty() && order.name.venue_id.empty() ? Named{name, ""} : order.name);
      const bool refused = order.last == OrderEventKind::Rejected || order.last == OrderEventKind::Denied;
      const bool unknown = order.accepted == 0 && order.ended == 0;
      if ((refused || unknown) == theirs.there)
        return fmt::format("{}: refused {}, there {}", name, refused, theirs.there);
      if (theirs.filled != order.filled)
        return fmt::format("{}: filled {}, told {}", name, theirs.filled, order.filled);
      if (theirs.open != (order.accepted > 0 && order.ended == 0))
        return fmt::format("{}: open {}, ended {} times", name, theirs.open, order.ended);
    }
    return {};
  }

  void on_answer(std::uint64_t, const net::Response& answer) override { answer_ = answer; }
  void on_no_answer(std::uint64_t, net::Written, const Error& why) override {
    ADD_FAILURE() << why.message;
    answer_ = net::Response{.status = 0, .content_type = {}, .body = {}};
  }

  std::filesystem::path folder_;
  std::unique_ptr<exchange::Exchange> exchange_;
  std::thread thread_;
  venues::Credentials credentials_;
  net::Io io_;
  std::optional<net::HttpClient> connection_;
  std::optional<net::Response> answer_;
  std::optional<gateway::NetTransport> transport_;
  ClientOrderId last_order_ = 0;
};

}  // namespace stom::faults
