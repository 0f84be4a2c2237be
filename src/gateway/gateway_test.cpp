// The gateway between a venue that is told what to want and a wire that does what the test says: no socket, no clock.
#include "gateway/gateway.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <set>

namespace stom::gateway {
namespace {

using venues::Actions;
using venues::BudgetKind;
using venues::Header;
using venues::Outcome;
using venues::Priority;
using venues::Request;

constexpr UnixNanos kNoon = 1'700'000'000 * kSecond;

/// A venue that writes down what it is told, and wants what the test lets it want.
class Wishes final : public venues::Venue {
 public:
  Wishes() {
    about.name = "test";
    about.endpoints = {{.name = "rest", .transport = venues::Transport::Https, .url = "https://api.test"},
                       {.name = "market",
                        .transport = venues::Transport::WebSocket,
                        .url = "wss://ws.test/",
                        .ping_every = 20 * kSecond,
                        .silent_after = 30 * kSecond,
                        .renew_after = 23 * kHour},
                       {.name = "quiet", .transport = venues::Transport::WebSocket, .url = "wss://quiet.test"}};
    about.budgets = {{.name = "weight",
                      .kind = BudgetKind::FixedWindow,
                      .limit = 100,
                      .window = kMinute,
                      .kept_for_risk = 10,
                      .header = "X-USED"},
                     {.name = "orders", .kind = BudgetKind::SlidingWindow, .limit = 5, .window = kSecond}};
    about.rate_refusals = {{.status = 429, .wait_header = "Retry-After"},
                           {.status = 418, .shuts_out = true, .wait_header = "Retry-After"}};
  }
  const venues::Description& description() const override { return about; }
  void start(UnixNanos, Actions& actions) override {
    if (on_start) on_start(actions);
  }
  void opened(venues::ConnectionId c, UnixNanos, Actions& actions) override {
    told.push_back(fmt::format("opened {}", c));
    if (on_opened) on_opened(c, actions);
  }
  void closed(venues::ConnectionId c, std::string_view why, UnixNanos, Actions&) override {
    told.push_back(fmt::format("closed {} {}", c, why));
  }
  void frame(venues::ConnectionId c, std::string_view bytes, UnixNanos, Actions& actions) override {
    told.push_back(fmt::format("frame {} {}", c, bytes));
    if (bytes.starts_with("settle ")) actions.settled(std::stoull(std::string{bytes.substr(7)}));
    if (bytes.starts_with("too many ")) {
      const venues::Header said[] = {{"X-USED", "40"}, {"Retry-After", "30"}};
      actions.settled_with(std::stoull(std::string{bytes.substr(9)}), 429, said);
    }
    if (bytes == "market") actions.market(3, {});
    if (on_frame) on_frame(bytes, actions);
  }
  void reply(const venues::Reply& reply, UnixNanos, Actions& actions) override {
    told.push_back(fmt::format("reply {} {} {}", reply.tag, reply.status, reply.body));
    if (on_reply) on_reply(actions);
  }
  void outcome(venues::Tag tag, Outcome outcome, UnixNanos, Actions& actions) override {
    told.push_back(fmt::format("outcome {} {}", tag,
                               outcome == Outcome::Unknown     ? "unknown"
                               : outcome == Outcome::TakenBack ? "taken back"
                                                               : "not written"));
    if (on_outcome) on_outcome(tag, actions);
  }
  void timer(venues::TimerId id, UnixNanos now, Actions& actions) override {
    told.push_back(fmt::format("timer {}", id));
    if (on_timer) on_timer(id, now, actions);
  }
  void clock_offset(DurationNanos offset, UnixNanos, Actions&) override { offsets.push_back(offset); }
  Result<void> sign(Request& request, UnixNanos now) override {
    if (!has_key) return fail(Errc::Usage, "there is no key", "give one");
    request.target += fmt::format("&timestamp={}", now);
    return {};
  }
  void watch(InstrumentIndex, const Instrument&, venues::Wanted, UnixNanos, Actions&) override {}
  void unwatch(InstrumentIndex, UnixNanos, Actions&) override {}
  void submit(const NewOrder& order, UnixNanos, Actions& actions) override {
    actions.request({.endpoint = "rest",
                     .method = "POST",
                     .target = "/order?",
                     .tag = order.id,
                     .priority = Priority::Order,
                     .costs = {{0, 1}, {1, 1}},
                     .sign_late = true,
                     .order = order});
  }
  void cancel(const CancelOrder& order, UnixNanos, Actions& actions) override {
    actions.request({.endpoint = "rest",
                     .method = "DELETE",
                     .target = "/order?",
                     .tag = 1'000'000 + order.id,
                     .priority = Priority::Risk,
                     .costs = {{0, 1}},
                     .sign_late = true});
  }
  void cancel_all(std::span<const InstrumentIndex>, UnixNanos, Actions&) override {}
  void append_kept_back(std::vector<NewOrder>& orders) const override {
    orders.insert(orders.end(), kept_back.begin(), kept_back.end());
  }
  std::span<const venues::WorkingOrder> working_orders() const override { return {}; }

  venues::Description about;
  std::vector<std::string> told;
  std::vector<DurationNanos> offsets;
  std::vector<NewOrder> kept_back;
  bool has_key = true;
  std::function<void(Actions&)> on_start;
  std::function<void(venues::ConnectionId, Actions&)> on_opened;
  std::function<void(std::string_view, Actions&)> on_frame;
  std::function<void(Actions&)> on_reply;
  std::function<void(venues::TimerId, UnixNanos, Actions&)> on_timer;
  std::function<void(venues::Tag, Actions&)> on_outcome;
};

class ManualWire final : public Transport {
 public:
  void open(LinkId link, const std::string& url, std::span<const Header>) override { opened.push_back({link, url}); }
  void close(LinkId link) override { closed.insert(link); }
  net::Sent send(LinkId link, std::string_view text, CallId call) override {
    EXPECT_FALSE(closed.contains(link));
    if (answer_send == net::Sent::Written || answer_send == net::Sent::Queued)
      texts.push_back({link, std::string{text}, call});
    return answer_send;
  }
  void ping(LinkId) override { ++pings; }
  bool can_call(const std::string&, Priority priority) override {
    return calls_open < (priority == Priority::Risk ? connections : connections - 1);
  }
  void call(CallId call, const std::string& address, const Request& request) override {
    ++calls_open;
    calls.push_back({call, address + request.target, request.tag});
  }

  struct Opened {
    LinkId link;
    std::string url;
  };
  struct Text {
    LinkId link;
    std::string text;
    CallId call;
  };
  struct Call {
    CallId call;
    std::string url;
    venues::Tag tag;
  };
  std::vector<Opened> opened;
  std::set<LinkId> closed;
  std::vector<Text> texts;
  std::deque<Call> calls;
  int calls_open = 0, connections = 4, pings = 0;
  net::Sent answer_send = net::Sent::Written;
};

struct Engine final : GatewayUser {
  void market(InstrumentIndex instrument, const MessageBatch&) override { markets.push_back(instrument); }
  void book_stale(InstrumentIndex, std::string_view) override {}
  void order(const venues::OrderReport&) override {}
  void account(const venues::AccountReport&) override {}
  void status(const venues::StatusReport&) override {}
  void unknown(std::string_view, std::string_view) override {}
  void malformed(const Error&, std::string_view) override {}
  void notice(std::string_view line) override { notices.emplace_back(line); }
  std::vector<InstrumentIndex> markets;
  std::vector<std::string> notices;
};

struct World {
  explicit World(GatewayOptions options = {}) : gateway{venue, wire, engine, nullptr, std::move(options)} {}
  void start() { gateway.start(now); }
  /// Lets time pass up to `until`, waking the gateway whenever it wants.
  void pass(DurationNanos span) {
    const UnixNanos until = now + span;
    for (int rounds = 0; gateway.next_due() <= until; ++rounds) {
      ASSERT_LT(rounds, 100'000);
      now = std::max(now, gateway.next_due());
      gateway.on_due(now);
    }
    now = until;
  }
  void answer(int status = 200, std::vector<Header> headers = {}, std::string_view body = "{}") {
    const auto call = wire.calls.front();
    wire.calls.pop_front();
    --wire.calls_open;
    gateway.on_answer(call.call, status, headers, body, now);
  }
  void no_answer(net::Written written) {
    const auto call = wire.calls.front();
    wire.calls.pop_front();
    --wire.calls_open;
    gateway.on_no_answer(call.call, written, {Errc::Io, "broke", "hint"}, now);
  }
  bool was_told(std::string_view what) const { return std::ranges::count(venue.told, what) > 0; }

  Wishes venue;
  ManualWire wire;
  Engine engine;
  Gateway gateway;
  UnixNanos now = kNoon;
};

Request query(venues::Tag tag, std::int32_t cost = 1) {
  return {.endpoint = "rest",
          .method = "GET",
          .target = "/q",
          .tag = tag,
          .priority = Priority::Query,
          .costs = {{0, cost}}};
}
Request text(venues::Tag tag, std::string body) {
  return {.connection = 1, .body = std::move(body), .tag = tag, .priority = Priority::Session};
}
void connect_market(Actions& actions) { actions.connect(1, "market", "/ws/a@trade", {}); }

/// What is recorded and what the engine hears, as it comes.
struct Story final : GatewayUser, WireLog {
  void market(InstrumentIndex instrument, const MessageBatch&) override {
    told += fmt::format("market {}; ", instrument);
  }
  void book_stale(InstrumentIndex instrument, std::string_view) override {
    told += fmt::format("stale {}; ", instrument);
  }
  void order(const venues::OrderReport&) override { told += "order; "; }
  void order_unknown(ClientOrderId, InstrumentIndex) override { told += "unknown; "; }
  void account(const venues::AccountReport&) override { told += "account; "; }
  void status(const venues::StatusReport&) override {}
  void unknown(std::string_view, std::string_view) override {}
  void malformed(const Error&, std::string_view) override {}
  void notice(std::string_view) override {}
  void received(std::string_view where, std::string_view bytes, std::optional<InstrumentIndex> about,
                UnixNanos) override {
    told += fmt::format("{} {} of {}; ", where, bytes, about ? std::to_string(*about) : "no one");
  }
  void is_of_no_one(std::string_view where, std::string_view bytes, UnixNanos) override {
    told += fmt::format("no, {} {} of no one; ", where, bytes);
  }
  void sent(std::string_view, std::string_view, UnixNanos) override {}
  std::string told;
};

// Whoever hears of it may act, and the process be killed behind that.
TEST(Gateway, AFrameIsRecordedBeforeAnybodyHearsOfIt) {
  Wishes venue;
  ManualWire wire;
  Story story;
  Gateway gateway{venue, wire, story, &story, {}};
  venue.on_start = connect_market;
  gateway.start(kNoon);
  gateway.on_open(wire.opened.at(0).link, kNoon);
  const auto told_of = [&](std::string_view frame, std::function<void(Actions&)> means) {
    venue.on_frame = [&](std::string_view, Actions& actions) { means(actions); };
    story.told.clear();
    gateway.on_text(wire.opened.at(0).link, frame, kNoon);
    return story.told;
  };
  EXPECT_EQ(told_of("a", [](Actions&) {}), "market a of no one; ");
  EXPECT_EQ(told_of("b", [](Actions& to) { to.market(3, {}), to.market(3, {}); }),
            "market b of 3; market 3; market 3; ");
  EXPECT_EQ(told_of("c", [](Actions& to) { to.market(3, {}), to.market(4, {}), to.market(3, {}); }),
            "market c of 3; market 3; no, market c of no one; market 4; market 3; ");
  EXPECT_EQ(told_of("d", [](Actions& to) { to.order({}), to.account({}); }), "market d of no one; order; account; ");
  EXPECT_EQ(told_of("u", [](Actions& to) { to.order_unknown(1, 3); }), "market u of no one; unknown; ");
  EXPECT_EQ(told_of("e", [](Actions& to) { to.book_stale(3, "gap"), to.market(3, {}); }),
            "market e of 3; stale 3; market 3; ");
  EXPECT_EQ(told_of("f", [](Actions& to) { to.book_stale(3, "gap"); }),
            "market f of 3; stale 3; no, market f of no one; ");
  gateway.request(query(7));
  gateway.on_due(kNoon);
  venue.on_reply = [](Actions& to) { to.market(5, {}); };
  story.told.clear();
  gateway.on_answer(wire.calls.at(0).call, 200, {}, "body", kNoon);
  EXPECT_EQ(story.told, "rest body of 5; market 5; ");
}

TEST(Gateway, ACancelGoesBeforeOrdersAndTheyBeforeQueries) {
  World world;
  world.start();
  world.wire.connections = 0;
  world.gateway.request(query(1));
  world.gateway.submit({.id = 2}, world.now);
  world.gateway.submit({.id = 3}, world.now);
  world.gateway.cancel({.id = 9}, world.now);
  EXPECT_TRUE(world.wire.calls.empty());
  world.wire.connections = 9;
  world.gateway.on_due(world.now);
  ASSERT_EQ(world.wire.calls.size(), 4u);
  EXPECT_EQ(world.wire.calls[0].tag, 1'000'009u);
  EXPECT_EQ(world.wire.calls[1].tag, 2u);
  EXPECT_EQ(world.wire.calls[2].tag, 3u);
  EXPECT_EQ(world.wire.calls[3].tag, 1u);
  EXPECT_EQ(world.wire.calls[1].url,
            fmt::format("https://api.test/order?&timestamp={}", world.now));  // signed when written
}

TEST(Gateway, QueriesCannotUseUpWhatACancelNeeds) {
  World world;
  world.start();
  for (venues::Tag tag = 1; tag <= 120; ++tag) world.gateway.request(query(tag));
  world.gateway.on_due(world.now);
  while (!world.wire.calls.empty()) world.answer();
  EXPECT_EQ(world.gateway.budgets().used(0, world.now), 90);  // ten are kept
  for (ClientOrderId id = 1; id <= 10; ++id) world.gateway.cancel({.id = id}, world.now);
  int cancels = 0;
  while (!world.wire.calls.empty()) {
    cancels += world.wire.calls.front().tag > 1'000'000;
    world.answer();
  }
  EXPECT_EQ(cancels, 10);
  EXPECT_EQ(world.gateway.budgets().used(0, world.now), 100);
}

TEST(Gateway, ACheapQueryNeverStarvesADearOneBeforeIt) {
  World world;
  world.start();
  world.gateway.request(query(1, 60));
  world.gateway.request(query(2, 60));  // has to wait for the next minute
  world.gateway.request(query(3, 1));   // would fit, and must not push in
  world.gateway.on_due(world.now);
  ASSERT_EQ(world.wire.calls.size(), 1u);
  world.answer();
  world.pass(kMinute);
  ASSERT_EQ(world.wire.calls.size(), 2u);
  EXPECT_EQ(world.wire.calls[0].tag, 2u);
}

TEST(Gateway, AnOrderWithoutAnAnswerIsUnknownAndNotSentAgain) {
  World world;
  world.start();
  world.gateway.submit({.id = 7}, world.now);
  world.no_answer(net::Written::Unknown);
  world.pass(kHour);
  EXPECT_EQ(world.venue.told, std::vector<std::string>{"outcome 7 unknown"});
  EXPECT_TRUE(world.wire.calls.empty());
}

TEST(Gateway, AnOrderThatNeverLeftIsSaidToBeNotWritten) {
  World world;
  world.start();
  world.gateway.submit({.id = 7}, world.now);
  world.no_answer(net::Written::NotWritten);
  world.pass(kHour);
  EXPECT_EQ(world.venue.told, std::vector<std::string>{"outcome 7 not written"});
  EXPECT_EQ(world.gateway.budgets().used(1, world.now), 0);
}

TEST(Gateway, EveryTagHasOneEndWhateverHappens) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    GatewayOptions options;
    options.seed = seed;
    World world{options};
    Random random{seed};
    world.venue.on_start = connect_market;
    world.start();
    venues::Tag next = 1;
    std::size_t queue_full = 0;
    for (int step = 0; step < 300; ++step) {
      switch (random.below(12)) {
        case 0:
        case 1:
          world.gateway.request(query(next++, static_cast<std::int32_t>(random.below(30)) + 1));
          break;
        case 2:
          world.gateway.submit({.id = next++}, world.now);
          if (random.below(4) == 0) world.gateway.cancel({.id = next - 1}, world.now);
          break;
        case 3:
          world.gateway.request(text(next++, "t"));
          break;
        case 4:
          if (!world.wire.calls.empty()) world.answer(random.below(5) == 0 ? 429 : 200, {{"Retry-After", "2"}});
          break;
        case 5:
          if (!world.wire.calls.empty()) world.no_answer(static_cast<net::Written>(random.below(2)));
          break;
        case 6:
          if (!world.wire.opened.empty()) world.gateway.on_open(world.wire.opened.back().link, world.now);
          break;
        case 7:
          if (!world.wire.opened.empty())
            world.gateway.on_close(world.wire.opened.back().link, 0, {}, {Errc::Io, "cut", ""}, world.now);
          break;
        case 8:
          if (!world.wire.texts.empty()) {
            const auto one = world.wire.texts[random.below(world.wire.texts.size())];
            if (!world.wire.closed.contains(one.link))
              world.gateway.on_write(one.link, one.call, static_cast<net::Written>(random.below(3)), world.now);
          }
          break;
        case 9:
          if (next > 1 && !world.wire.opened.empty())
            world.gateway.on_text(world.wire.opened.back().link, fmt::format("settle {}", random.below(next)),
                                  world.now);
          break;
        case 10:
          world.wire.answer_send = static_cast<net::Sent>(random.below(3));
          break;
        default:
          world.pass(static_cast<DurationNanos>(random.below(3'000)) * kMillisecond);
      }
      queue_full = world.gateway.counts().queue_full;
    }
    // The wire ends all that is open; time ends the rest.
    world.wire.answer_send = net::Sent::Written;
    for (int round = 0; round < 400; ++round) {
      while (!world.wire.calls.empty()) world.answer();
      world.pass(10 * kSecond);
    }
    std::map<venues::Tag, int> ends;
    for (const auto& line : world.venue.told) {
      const auto space = line.find(' ');
      if (line.starts_with("reply ") || line.starts_with("outcome ")) ++ends[std::stoull(line.substr(space + 1))];
    }
    for (const auto& [tag, count] : ends) ASSERT_EQ(count, 1) << "tag " << tag << " seed " << seed;
    // settled() ends a text without a word to the venue: the venue said it.
    std::size_t settled = 0;
    for (const auto& line : world.venue.told) settled += line.find(" settle ") != std::string::npos;
    EXPECT_GE(ends.size() + settled, next - 1) << "seed " << seed << " full " << queue_full;
    EXPECT_EQ(world.gateway.budgets().used(0, world.now), 0) << "seed " << seed;
  }
}

TEST(Gateway, OnTooManyRequestsNothingIsSentUntilTheVenueSaidSo) {
  World world;
  world.start();
  world.gateway.request(query(1));
  world.gateway.on_due(world.now);
  world.answer(429, {{"Retry-After", "30"}});
  EXPECT_TRUE(world.was_told("reply 1 429 {}"));
  world.gateway.request(query(2));
  world.gateway.cancel({.id = 3}, world.now);
  world.pass(29 * kSecond);
  EXPECT_TRUE(world.wire.calls.empty());
  world.pass(2 * kSecond);
  EXPECT_EQ(world.wire.calls.size(), 2u);
}

TEST(Gateway, ShutOutMeansConnectionsToo) {
  World world;
  world.venue.on_start = connect_market;
  world.start();
  ASSERT_EQ(world.wire.opened.size(), 1u);
  world.gateway.on_open(world.wire.opened[0].link, world.now);
  world.gateway.request(query(1));
  world.gateway.on_due(world.now);
  world.answer(418, {{"Retry-After", "120"}});
  world.gateway.on_close(world.wire.opened[0].link, 0, {}, {Errc::Io, "cut", ""}, world.now);
  world.pass(119 * kSecond);
  EXPECT_EQ(world.wire.opened.size(), 1u);
  world.pass(2 * kSecond);
  EXPECT_EQ(world.wire.opened.size(), 2u);
}

TEST(Gateway, AConnectionIsOpenedAgainWithGrowingPauses) {
  World world;
  world.venue.on_start = connect_market;
  world.start();
  EXPECT_EQ(world.wire.opened.back().url, "wss://ws.test/ws/a@trade");
  std::vector<DurationNanos> pauses;
  for (int i = 0; i < 12; ++i) {
    const auto lost = world.now;
    world.gateway.on_close(world.wire.opened.back().link, 0, {}, {Errc::Io, "cut", ""}, world.now);
    const auto before = world.wire.opened.size();
    while (world.wire.opened.size() == before) world.pass(10 * kMillisecond);
    pauses.push_back(world.now - lost);
  }
  for (int i = 0; i < 12; ++i) {
    const auto whole = std::min<DurationNanos>(250 * kMillisecond << i, 30 * kSecond);
    EXPECT_GE(pauses[static_cast<std::size_t>(i)], whole / 2);
    EXPECT_LE(pauses[static_cast<std::size_t>(i)], whole + 10 * kMillisecond);
  }
  // One that lasted is worth a quick second try.
  world.gateway.on_open(world.wire.opened.back().link, world.now);
  for (int i = 0; i < 15; ++i) {
    world.pass(kSecond);
    world.gateway.on_heard(world.wire.opened.back().link, world.now);
  }
  const auto before = world.wire.opened.size();
  world.gateway.on_close(world.wire.opened.back().link, 0, {}, {Errc::Io, "cut", ""}, world.now);
  world.pass(260 * kMillisecond);
  EXPECT_EQ(world.wire.opened.size(), before + 1);
  EXPECT_TRUE(world.was_told("closed 1 cut"));
}

TEST(Gateway, PeopleAreToldOfEachConnectionHowItIsSinceWhenAndWhenItIsTriedAgain) {
  World world;
  world.venue.on_start = connect_market;
  using enum Gateway::LinkState;
  const auto only = [&] {
    const auto all = world.gateway.connections();
    EXPECT_EQ(all.size(), 1u);
    return all.at(0);
  };
  EXPECT_TRUE(world.gateway.connections().empty());  // it wants none yet
  world.start();
  EXPECT_EQ(only().endpoint, "market");
  EXPECT_EQ(only().state, Opening);
  EXPECT_EQ(only().since, kNoon);
  EXPECT_EQ(only().retry_at, kNever);
  world.now += kSecond;
  world.gateway.on_open(world.wire.opened.back().link, world.now);
  EXPECT_EQ(only().state, Open);
  EXPECT_EQ(only().since, kNoon + kSecond);
  world.pass(5 * kSecond);
  world.gateway.on_heard(world.wire.opened.back().link, world.now);
  EXPECT_EQ(only().since, kNoon + kSecond);  // what is heard of it begins nothing anew
  world.gateway.on_close(world.wire.opened.back().link, 0, {}, {Errc::Io, "cut", ""}, world.now);
  EXPECT_EQ(only().state, Waiting);
  EXPECT_EQ(only().since, world.now);
  EXPECT_EQ(only().retry_at, world.gateway.next_due());
  EXPECT_GT(only().retry_at, world.now);
  // Shut out by the venue, it is not tried before that is over.
  world.pass(only().retry_at - world.now);
  world.gateway.on_close(world.wire.opened.back().link, 418, std::vector<Header>{{"Retry-After", "90"}},
                         {Errc::Io, "banned", ""}, world.now);
  EXPECT_EQ(only().retry_at, world.now + 90 * kSecond);
}

TEST(Gateway, AClientOfAnotherSeedComesBackAtAnotherTime) {
  std::set<UnixNanos> times;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    GatewayOptions options;
    options.seed = seed;
    World world{options};
    world.venue.on_start = connect_market;
    world.start();
    world.gateway.on_close(world.wire.opened.back().link, 0, {}, {Errc::Io, "cut", ""}, world.now);
    times.insert(world.gateway.next_due());
  }
  EXPECT_GT(times.size(), 18u);
}

TEST(Gateway, AFeedThatIsSilentIsLeftAlthoughItsConnectionStands) {
  World world;
  world.venue.on_start = connect_market;
  world.start();
  const auto link = world.wire.opened[0].link;
  world.gateway.on_open(link, world.now);
  world.pass(19 * kSecond);
  EXPECT_EQ(world.wire.pings, 0);
  world.pass(2 * kSecond);
  EXPECT_EQ(world.wire.pings, 1);
  world.gateway.on_heard(link, world.now);  // it lives
  world.pass(29 * kSecond);
  EXPECT_TRUE(world.wire.closed.empty());
  world.pass(2 * kSecond);
  EXPECT_TRUE(world.wire.closed.contains(link));
  EXPECT_TRUE(world.was_told("closed 1 nothing was heard for 30000 ms: connecting anew"));
  EXPECT_EQ(world.wire.opened.size(), 2u);
}

TEST(Gateway, AConnectionIsRenewedBeforeTheVenueEndsIt) {
  World world;
  world.venue.about.endpoints[1].silent_after = 0;
  World fresh;
  fresh.venue.on_start = connect_market;
  fresh.start();
  fresh.gateway.on_open(fresh.wire.opened[0].link, fresh.now);
  for (int i = 0; i < 23 * 360; ++i) {
    fresh.pass(10 * kSecond);
    fresh.gateway.on_heard(fresh.wire.opened.back().link, fresh.now);
  }
  EXPECT_EQ(fresh.wire.opened.size(), 2u);
  EXPECT_TRUE(fresh.was_told("closed 1 renewed before the venue ends it"));
}

TEST(Gateway, ATextBelongsToTheConnectionThatItWasMeantFor) {
  World world;
  world.venue.on_start = connect_market;
  world.start();
  world.gateway.request(text(1, "too early"));
  world.gateway.on_due(world.now);
  EXPECT_TRUE(world.was_told("outcome 1 not written"));
  const auto link = world.wire.opened[0].link;
  world.gateway.on_open(link, world.now);
  world.gateway.request(text(2, "subscribe"));
  world.gateway.request(text(3, "order"));
  world.gateway.on_due(world.now);
  ASSERT_EQ(world.wire.texts.size(), 2u);
  world.gateway.on_text(link, "settle 2", world.now);
  world.gateway.on_close(link, 0, {}, {Errc::Io, "cut", ""}, world.now);
  world.gateway.on_due(world.now);
  EXPECT_TRUE(world.was_told("outcome 3 unknown"));
  EXPECT_FALSE(world.was_told("outcome 2 unknown"));
  world.pass(kMinute);
  EXPECT_EQ(world.wire.texts.size(), 2u);  // nothing is sent again on the new one
}

TEST(Gateway, AnAnswerOnASocketSaysWhatIsUsedAndHowLongToWaitAsHeadersDo) {
  World world;
  world.venue.on_start = connect_market;
  world.start();
  const auto link = world.wire.opened[0].link;
  world.gateway.on_open(link, world.now);
  auto order = text(1, "order");
  order.costs = {{0, 1}};
  world.gateway.request(order);
  world.gateway.on_due(world.now);
  EXPECT_EQ(world.gateway.budgets().used(0, world.now), 1);
  world.gateway.on_text(link, "too many 1", world.now);
  EXPECT_EQ(world.gateway.budgets().used(0, world.now), 40) << "the venue's count";
  EXPECT_EQ(world.gateway.counts().refusals, 1u);
  EXPECT_EQ(world.gateway.budgets().closed_until(0), world.now + 30 * kSecond);
}

TEST(Gateway, ATextThatTheConnectionCannotTakeWaitsAndGoesFirst) {
  World world;
  world.venue.on_start = connect_market;
  world.start();
  const auto link = world.wire.opened[0].link;
  world.gateway.on_open(link, world.now);
  world.wire.answer_send = net::Sent::Queued;
  world.gateway.request(text(1, "one"));
  world.gateway.on_due(world.now);
  world.wire.answer_send = net::Sent::Full;
  world.gateway.request(text(2, "two"));
  world.gateway.request(text(3, "three"));
  world.gateway.on_due(world.now);
  world.wire.answer_send = net::Sent::Written;
  world.gateway.on_write(link, world.wire.texts[0].call, net::Written::Written, world.now);
  ASSERT_EQ(world.wire.texts.size(), 3u);
  EXPECT_EQ(world.wire.texts[1].text, "two");
  EXPECT_EQ(world.wire.texts[2].text, "three");
}

TEST(Gateway, ATextNobodyAnswersEndsAsUnknown) {
  World world;
  world.venue.on_start = connect_market;
  world.start();
  world.gateway.on_open(world.wire.opened[0].link, world.now);
  world.gateway.request(text(5, "order"));
  world.gateway.on_due(world.now);
  world.pass(11 * kSecond);
  EXPECT_TRUE(world.was_told("outcome 5 unknown"));
}

TEST(Gateway, AFullQueueAnswersAtOnceAndSaysSo) {
  World world;
  world.start();
  world.wire.connections = 0;
  for (ClientOrderId id = 1; id <= 300; ++id) world.gateway.submit({.id = id}, world.now);
  world.gateway.on_due(world.now);
  EXPECT_EQ(world.gateway.counts().queue_full, 44u);
  EXPECT_EQ(world.venue.told.size(), 44u);
  EXPECT_TRUE(world.was_told("outcome 300 not written"));
  EXPECT_FALSE(world.was_told("outcome 256 not written"));
  EXPECT_EQ(world.engine.notices.size(), 1u);
}

TEST(Gateway, AVenueThatInsistsNeverHoldsUpTheLoop) {
  World world;
  world.venue.on_outcome = [](venues::Tag tag, Actions& actions) {
    actions.request(text(tag, "again"));
  };  // never open
  world.start();
  world.gateway.request(text(1, "first"));
  world.gateway.on_due(world.now);
  world.gateway.on_due(world.now);
  EXPECT_EQ(world.venue.told.size(), 2u);
}

TEST(Gateway, WhatIsNotWorthWritingAnyMoreIsNotWritten) {
  World world;
  world.start();
  world.wire.connections = 0;
  auto order = query(9);
  order.not_after = world.now + kSecond;
  world.gateway.request(order);
  world.pass(kSecond);
  EXPECT_TRUE(world.venue.told.empty());
  world.pass(kSecond);
  EXPECT_TRUE(world.was_told("outcome 9 not written"));
}

// Its cancel goes first, and would find nothing there.
TEST(Gateway, AnOrderThatIsCanceledWhileItWaitsNeverLeaves) {
  World world;
  world.start();
  world.wire.connections = 0;
  for (ClientOrderId id = 1; id <= 3; ++id) world.gateway.submit({.id = id}, world.now);
  world.gateway.cancel({.id = 2}, world.now);
  EXPECT_EQ(world.venue.told, std::vector<std::string>{"outcome 2 taken back"});
  world.wire.connections = 9;
  world.gateway.on_due(world.now);
  ASSERT_EQ(world.wire.calls.size(), 2u) << "nor does its cancel";
  EXPECT_EQ(world.wire.calls[0].tag, 1u);
  EXPECT_EQ(world.wire.calls[1].tag, 3u);
  world.gateway.cancel({.id = 3}, world.now);
  ASSERT_EQ(world.wire.calls.size(), 3u) << "what has left is canceled at the venue";
  EXPECT_EQ(world.wire.calls[2].tag, 1'000'003u);
}

TEST(Gateway, OrdersBeyondTheirBudgetAreTakenBackBeforeOneOfThemLeaves) {
  World world;
  world.wire.connections = 9;
  world.start();
  for (ClientOrderId id = 1; id <= 8; ++id) world.gateway.submit({.id = id, .instrument = 4}, world.now);
  EXPECT_EQ(world.wire.calls.size(), 5u) << "five a second";
  world.venue.kept_back = {{.id = 9}};
  auto waiting = world.gateway.waiting_orders();
  ASSERT_EQ(waiting.size(), 4u);
  EXPECT_EQ(waiting[0].id, 6u);
  EXPECT_EQ(waiting[0].instrument, 4u);
  EXPECT_EQ(waiting[3].id, 9u) << "of those that the venue keeps back";
  waiting.pop_back();
  while (!world.wire.calls.empty()) world.answer();
  world.venue.told.clear();
  world.now += 2 * kSecond;  // the budget has room again, and nobody has looked yet
  world.gateway.cancel_each(waiting, world.now);
  EXPECT_EQ(world.venue.told,
            (std::vector<std::string>{"outcome 6 taken back", "outcome 7 taken back", "outcome 8 taken back"}));
  world.pass(kMinute);
  EXPECT_TRUE(world.wire.calls.empty());
}

TEST(Gateway, AnOrderThatHasWaitedForFiveSecondsIsNotSentAnyMore) {
  World world;
  world.start();
  world.wire.connections = 0;
  world.gateway.submit({.id = 1}, world.now);
  world.gateway.cancel({.id = 9}, world.now);
  world.gateway.submit({.id = 2}, world.now, false);  // on order of the risk side
  world.gateway.request(query(3));
  world.pass(5 * kSecond);
  EXPECT_TRUE(world.venue.told.empty());
  world.pass(kSecond);
  EXPECT_EQ(world.venue.told, std::vector<std::string>{"outcome 1 not written"});
  world.pass(kHour);
  world.wire.connections = 9;
  world.gateway.on_due(world.now);
  ASSERT_EQ(world.wire.calls.size(), 3u) << "all else waits for as long as it must";
  EXPECT_EQ(world.wire.calls[0].tag, 1'000'009u);
  EXPECT_EQ(world.wire.calls[1].tag, 2u);
}

TEST(Gateway, WithoutAKeyNothingIsSent) {
  World world;
  world.venue.has_key = false;
  world.start();
  world.gateway.submit({.id = 4}, world.now);
  world.gateway.on_due(world.now);
  EXPECT_TRUE(world.wire.calls.empty());
  EXPECT_TRUE(world.was_told("outcome 4 not written"));
  EXPECT_EQ(world.engine.notices.at(0), "there is no key: give one");
}

TEST(Gateway, AServerThatCannotBeReachedIsNotHammered) {
  World world;
  world.start();
  for (venues::Tag tag = 1; tag <= 20; ++tag) world.gateway.request(query(tag));
  world.gateway.on_due(world.now);
  EXPECT_EQ(world.wire.calls.size(), 3u);
  while (!world.wire.calls.empty()) world.no_answer(net::Written::NotWritten);
  EXPECT_TRUE(world.wire.calls.empty());
  world.pass(100 * kMillisecond);
  EXPECT_TRUE(world.wire.calls.empty());
  world.pass(200 * kMillisecond);
  EXPECT_EQ(world.wire.calls.size(), 3u);
}

TEST(Gateway, TheVenuesClockIsLearnedFromItsAnswers) {
  World world;
  world.start();
  for (venues::Tag tag = 1; tag <= 40; ++tag) {
    world.gateway.request(query(tag));
    world.gateway.on_due(world.now);
    const auto venue_now = world.now + 10 * kMillisecond + 1'500 * kMillisecond;
    const auto day = day_of(venue_now);
    const auto date = civil_of_day(day);
    const auto time = (venue_now - start_of_day(day)) / kSecond;
    constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    world.now += 20 * kMillisecond;
    world.answer(200, {{"date", fmt::format("Sun, {:02} {} {} {:02}:{:02}:{:02} GMT", date.day, kMonths[date.month - 1],
                                            date.year, time / 3600, time / 60 % 60, time % 60)}});
    world.pass(1'337 * kMillisecond);
  }
  const auto clock = world.gateway.clock(world.now);
  ASSERT_TRUE(clock);
  EXPECT_LE(std::abs(clock->offset - 1'500 * kMillisecond), 50 * kMillisecond);
  ASSERT_FALSE(world.venue.offsets.empty());
  EXPECT_LE(std::abs(world.venue.offsets.back() - 1'500 * kMillisecond), 52 * kMillisecond);
}

TEST(Gateway, ATimeOfTheVenuesOwnIsKnownToHalfItsRoundTrip) {
  World world;
  world.venue.on_reply = [&](Actions& actions) {
    const UnixNanos stamped = world.now - 10 * kMillisecond + 1'500 * kMillisecond;  // half way between
    actions.venue_clock(stamped, stamped + kMillisecond);
  };
  world.start();
  world.gateway.request(query(1));
  world.gateway.on_due(world.now);
  world.now += 20 * kMillisecond;
  world.answer(200, {});
  const auto clock = world.gateway.clock(world.now);
  ASSERT_TRUE(clock);
  EXPECT_LE(std::abs(clock->offset - 1'500 * kMillisecond), kMillisecond);
  EXPECT_LE(clock->error, 11 * kMillisecond) << "half of 20 ms and the millisecond of the stamp";
  ASSERT_FALSE(world.venue.offsets.empty());
  EXPECT_EQ(world.venue.offsets.back(), clock->offset);
}

// Sixty answers of before would outvote the first thirty of after.
TEST(Gateway, WhereTheVenuesClockWasSetItIsWhatTheVenueSaysWhenAsked) {
  World world;
  DurationNanos offset = 0;
  world.venue.on_reply = [&](Actions& actions) {
    const UnixNanos stamped = world.now - 10 * kMillisecond + offset;
    actions.venue_clock(stamped, stamped + kMillisecond);
  };
  world.start();
  const auto ask = [&](venues::Tag tag) {
    world.gateway.request(query(tag));
    world.gateway.on_due(world.now);
    world.now += 20 * kMillisecond;
    world.answer(200, {});
    world.pass(kSecond);
  };
  for (venues::Tag tag = 1; tag <= 60; ++tag) ask(tag);
  for (const DurationNanos set : {7 * kSecond, DurationNanos{0}}) {
    offset = set;
    ask(61);
    EXPECT_LE(std::abs(world.venue.offsets.back() - offset), 11 * kMillisecond);
  }
}

TEST(Gateway, TimersRunWhenDueAndMayBeMoved) {
  World world;
  world.venue.on_start = [](Actions& actions) {
    actions.timer(1, kNoon + kSecond);
    actions.timer(2, kNoon + 2 * kSecond);
    actions.timer(3, kNoon + kSecond);
    actions.timer(1, kNoon + 3 * kSecond);
    actions.timer(3, kNever);
  };
  world.venue.on_timer = [](venues::TimerId id, UnixNanos now, Actions& actions) {
    if (id == 2) actions.timer(4, now);  // at once, and yet not within itself
  };
  world.start();
  world.pass(10 * kSecond);
  EXPECT_EQ(world.venue.told, (std::vector<std::string>{"timer 2", "timer 4", "timer 1"}));
  EXPECT_EQ(world.gateway.next_due(), kNever);
}

TEST(Gateway, AnotherTargetReplacesTheConnection) {
  World world;
  world.venue.on_start = [](Actions& actions) { actions.connect(1, "quiet", "/ws/key1", {}); };
  world.start();
  world.gateway.on_open(world.wire.opened[0].link, world.now);
  world.gateway.connect(1, "quiet", "/ws/key1", {});
  world.gateway.on_due(world.now);
  EXPECT_EQ(world.wire.opened.size(), 1u);
  world.gateway.connect(1, "quiet", "/ws/key2", {});
  world.gateway.on_due(world.now);
  ASSERT_EQ(world.wire.opened.size(), 2u);
  EXPECT_EQ(world.wire.opened[1].url, "wss://quiet.test/ws/key2");
  EXPECT_TRUE(world.wire.closed.contains(world.wire.opened[0].link));
  world.gateway.on_text(world.wire.opened[0].link, "late", world.now);  // of the old one: nobody hears it
  EXPECT_EQ(world.venue.told, std::vector<std::string>{"opened 1"});
  world.gateway.disconnect(1);
  world.pass(kHour);
  EXPECT_EQ(world.wire.opened.size(), 2u);
}

TEST(Gateway, EndpointsAreConfiguration) {
  GatewayOptions options;
  options.addresses = {{"market", "wss://127.0.0.1:9443/"}, {"rest", "https://127.0.0.1:8443"}};
  World world{options};
  world.venue.on_start = connect_market;
  world.start();
  world.gateway.submit({.id = 1}, world.now);
  EXPECT_EQ(world.wire.opened[0].url, "wss://127.0.0.1:9443/ws/a@trade");
  EXPECT_TRUE(world.wire.calls[0].url.starts_with("https://127.0.0.1:8443/order?"));
}

}  // namespace
}  // namespace stom::gateway
