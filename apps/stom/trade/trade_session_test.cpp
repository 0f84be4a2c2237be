// A whole session whose venue is the test and whose time is moved by hand: what it does where several things meet that
// seldom do.
#include "trade/trade_session.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/journal_bytes.hpp"
#include "engine/journal_reader.hpp"
#include "engine/journal_segment.hpp"
#include "model/order_words.hpp"
#include "store/input_stream.hpp"
#include "strategies/registry.hpp"
#include "trade/adoption.hpp"
#include "trade/scratch_folder.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::json;

/// Sends what lies there when its timer comes.
class SendsWhatItFinds final : public Strategy {
 public:
  explicit SendsWhatItFinds(std::vector<NewOrder>& orders) : orders_{orders} {}
  void on_start(Context& context) override { context.every(10 * kMillisecond); }
  void on_timer(Context& context) override {
    for (const NewOrder& order : std::exchange(orders_, {})) context.submit(order);
  }

 private:
  std::vector<NewOrder>& orders_;
};

/// Wants no connection, and says what the test has it say.
class VenueOfATest final : public venues::Venue {
 public:
  explicit VenueOfATest(bool tells_everything) {
    about_.name = "acme";
    about_.orders = OrdersOffered::all();
    about_.tells_everything = tells_everything;
  }

  std::vector<NewOrder> sent;
  /// What becomes of an order; Filled: all of it; nothing: nobody says.
  std::function<std::optional<OrderEventKind>(const NewOrder&)> answer = [](const NewOrder&) {
    return OrderEventKind::Filled;
  };
  int asked = 0;                           // for everything, by the session
  Liquidity liquidity = Liquidity::Maker;  // of what is filled
  bool keeps_back = false;                 // none leaves
  bool filled_meanwhile = false;           // what is to be adopted
  std::vector<NewOrder> kept_back;
  std::function<void(UnixNanos)> asked_to_cancel_all;
  std::vector<venues::WorkingOrder> others;                        // that rest there
  std::vector<std::pair<ClientOrderId, std::string>> taken_along;  // by resume(), with the venue's name
  std::vector<std::size_t> fills_taken_along;                      // of each, how many
  /// The kill switch is being pulled: it stops entries by now, and nobody was told.
  std::function<void()> pulled;

  void book(InstrumentIndex instrument, std::int64_t bid, std::int64_t ask, UnixNanos now) {
    batch_.clear();
    batch_.levels.push_back({{bid}, {10}});
    batch_.levels.push_back({{ask}, {10}});
    batch_.messages.push_back({.receive_time = now,
                               .event_time = now,
                               .final_update_id = ++updates_,
                               .bids = 1,
                               .asks = 1,
                               .kind = MessageKind::Snapshot});
    actions_->market(instrument, batch_);
  }
  void lose_book(InstrumentIndex instrument) { actions_->book_stale(instrument, "an update is missing"); }
  void tell(const NewOrder& order, OrderEventKind kind, UnixNanos now, Quantity filled = {}, Quantity leaves = {}) {
    actions_->order({.event = {.kind = kind,
                               .side = order.side,
                               .liquidity = liquidity,
                               .instrument = order.instrument,
                               .id = order.id,
                               .time = now,
                               .local_time = now,
                               .price = order.type == OrderType::Market ? Price{100} : order.price,
                               .quantity = filled,
                               .leaves = leaves},
                     .client_id = {},
                     .venue_order_id = {},
                     .trade_id = {},
                     .reason = {}});
  }

  /// So many coins are there, and no order is but those of others.
  void tell_everything(std::int64_t coins, UnixNanos now) {
    const std::array balances{
        venues::Balance{.currency = "COIN", .free = {Int128{coins} * power_of_ten(kMoneyDecimals)}, .locked = {}}};
    actions_->account({.time = now, .whole = true, .balances = balances, .positions = {}});
    actions_->everything_told({.asked = now, .orders = others});
  }
  void is_asked_for_everything(UnixNanos now) { actions_->everything_asked(now); }
  void lose_sight_of(const NewOrder& order) { actions_->order_unknown(order.id, order.instrument); }

  const venues::Description& description() const override { return about_; }
  void start(UnixNanos, venues::Actions& actions) override { actions_ = &actions; }
  void opened(venues::ConnectionId, UnixNanos, venues::Actions&) override {}
  void closed(venues::ConnectionId, std::string_view, UnixNanos, venues::Actions&) override {}
  void frame(venues::ConnectionId, std::string_view, UnixNanos, venues::Actions&) override {}
  void reply(const venues::Reply&, UnixNanos, venues::Actions&) override {}
  void outcome(venues::Tag, venues::Outcome, UnixNanos, venues::Actions&) override {}
  void timer(venues::TimerId, UnixNanos, venues::Actions&) override {}
  void clock_offset(DurationNanos, UnixNanos, venues::Actions&) override {}
  Result<void> sign(venues::Request&, UnixNanos) override { return {}; }
  void watch(InstrumentIndex, const Instrument&, venues::Wanted, UnixNanos, venues::Actions&) override {}
  void unwatch(InstrumentIndex, UnixNanos, venues::Actions&) override {}
  void ask_everything(UnixNanos, venues::Actions&) override { ++asked; }
  void submit(const NewOrder& order, UnixNanos now, venues::Actions&) override {
    if (keeps_back) return kept_back.push_back(order);
    sent.push_back(order);
    const auto kind = answer(order);
    if (kind) tell(order, *kind, now, kind == OrderEventKind::Filled ? order.quantity : Quantity{});
  }
  void cancel(const CancelOrder& order, UnixNanos now, venues::Actions&) override {
    if (const auto kept = std::ranges::find(kept_back, order.id, &NewOrder::id); kept != kept_back.end()) {
      tell(*kept, OrderEventKind::Canceled, now);
      kept_back.erase(kept);
      return;
    }
    const auto of = std::ranges::find(sent, order.id, &NewOrder::id);
    if (of != sent.end()) tell(*of, OrderEventKind::Canceled, now);
  }
  void cancel_all(std::span<const InstrumentIndex>, UnixNanos now, venues::Actions&) override {
    if (asked_to_cancel_all) asked_to_cancel_all(now);
  }
  void append_kept_back(std::vector<NewOrder>& orders) const override {
    if (pulled) pulled();
    orders.insert(orders.end(), kept_back.begin(), kept_back.end());
  }
  void resume(std::span<const venues::EarlierOrder> orders, ClientOrderId, ClientOrderId) override {
    for (const auto& order : orders) {
      taken_along.emplace_back(order.order.id, order.venue_order_id);
      fills_taken_along.push_back(order.fills.size());
    }
  }
  void adopt(const NewOrder& order, std::string_view name, UnixNanos now, venues::Actions&) override {
    const auto at = std::ranges::find(others, name, &venues::WorkingOrder::venue_order_id);
    if (at == others.end() || filled_meanwhile) return tell(order, OrderEventKind::Rejected, now);
    at->id = order.id;
    tell(order, OrderEventKind::Accepted, now);
  }
  std::span<const venues::WorkingOrder> working_orders() const override { return others; }

 private:
  venues::Description about_;
  venues::Actions* actions_ = nullptr;
  MessageBatch batch_;
  std::int64_t updates_ = 0;
};

class NoWire final : public gateway::Transport {
 public:
  void open(gateway::LinkId, const std::string&, std::span<const venues::Header>) override {}
  void close(gateway::LinkId) override {}
  net::Sent send(gateway::LinkId, std::string_view, gateway::CallId) override { return net::Sent::Closed; }
  void ping(gateway::LinkId) override {}
  bool can_call(const std::string&, venues::Priority) override { return false; }
  void call(gateway::CallId, const std::string&, const venues::Request&) override {}
};

/// Two coins at one venue, 1,000 USD at the start.
class ATradingSession : public ::testing::Test {
 protected:
  void open(RiskPlan risk = {}) {
    auto venue = std::make_unique<VenueOfATest>(tells_everything_);
    venue_ = venue.get();
    Plan plan;
    plan.mode = mode_;
    plan.models = models_;
    plan.instruments = {{.id = "acme:COIN", .base = "COIN", .quote = "USD", .ladder = {{{0}, {1}}}},
                        {.id = "acme:RARE", .base = "RARE", .quote = "USD", .ladder = {{{0}, {1}}}}};
    plan.venues.push_back({.name = "acme", .venue = std::move(venue), .addresses = {}, .secrets = {}, .rest = {}});
    plan.strategy = std::make_unique<SendsWhatItFinds>(orders_);
    if (!execution_.empty()) {
      Parameters parameters{execution_};
      plan.strategy = find_strategy("execute")->make(parameters);
    }
    plan.strategy_name = "sends";
    plan.configuration = "trade session=7";
    plan.session = "7";
    plan.goes_on = goes_on_;
    if (segment_bytes_ > 0) {
      plan.snapshot_every = 1;
      plan.segment_bytes = segment_bytes_;
      plan.earlier = earlier_session(folder_.path() / "session" / "journal.stom").value();
    }
    plan.accept_differences = accepts_differences_;
    plan.cash = Money{Int128{1'000} * power_of_ten(kMoneyDecimals)};
    plan.risk = std::move(risk);
    plan.record = records_;
    plan.transport = [](const std::string&) { return std::make_unique<NoWire>(); };
    auto session = TradeSession::open(std::move(plan), SessionFolder::take(folder_.path() / name_).value(), clock_);
    ASSERT_TRUE(session) << session.error().message;
    session_ = std::move(*session);
  }
  /// On one thread, a turn each tenth of a second.
  void begin(RiskPlan risk = {}) {
    open(std::move(risk));
    session_->begin();
  }
  /// The process is gone, as by kill -9, and somebody starts the session again.
  void go_on_after_a_crash(RiskPlan risk = {}) {
    session_.reset();
    goes_on_ = true;
    clock_.set(clock_.now() + kMinute);
    begin(std::move(risk));
  }
  void pass(DurationNanos time) {
    for (DurationNanos passed = 0; passed < time && session_->state() != State::Ended; passed += kTurnEvery) {
      clock_.set(clock_.now() + kTurnEvery);
      session_->turn();
    }
    session_->log().write([this](const std::string& line) { said_ += line + '\n'; });
  }
  void book(InstrumentIndex instrument, std::int64_t bid, std::int64_t ask) {
    venue_->book(instrument, bid, ask, clock_.now());
  }
  void trade(InstrumentIndex instrument, Side side, std::int64_t quantity, std::int64_t price) {
    orders_.push_back({.instrument = instrument, .side = side, .quantity = {quantity}, .price = {price}});
    pass(2 * kTurnEvery);
  }
  void buy(InstrumentIndex instrument, std::int64_t quantity, std::int64_t price) {
    trade(instrument, Side::Buy, quantity, price);
  }
  void sell(InstrumentIndex instrument, std::int64_t quantity, std::int64_t price) {
    trade(instrument, Side::Sell, quantity, price);
  }
  /// Bought at 102.
  void hold(InstrumentIndex instrument, std::int64_t quantity) {
    book(instrument, 100, 102);
    buy(instrument, quantity, 102);
  }
  static RiskPlan with_breaker(std::string_view text) {
    return {.limits = {}, .breakers = {risk::parse_breaker(text).value()}, .currency = {}, .rates = {}};
  }
  /// That so many coins are there, two seconds apart.
  void venue_tells_twice(std::int64_t coins) {
    for (int times = 0; times < 2; ++times) {
      pass(2 * kSecond);
      venue_->tell_everything(coins, clock_.now());
    }
  }
  /// It holds 5 beside them.
  void begin_with_three_of_others() {
    tells_everything_ = true;
    begin();
    venue_->tell_everything(3, clock_.now());
    hold(0, 5);
    pass(kSecond);
  }
  /// It buys one more meanwhile; and may ask again.
  void buy_while_venue_tells(std::int64_t coins) {
    const UnixNanos asked = clock_.now();
    buy(0, 1, 102);
    venue_->tell_everything(coins, asked);
    pass(2 * kSecond);
  }
  /// It holds 5 beside 3 of somebody else's, is to close all, and its orders are refused.
  void begin_and_fail_to_close_all() {
    tells_everything_ = true;
    begin();
    venue_->tell_everything(3, clock_.now());
    hold(0, 5);
    venue_->answer = [](const NewOrder&) { return OrderEventKind::Rejected; };
    session_->kill_by_signal(KillStep::Flatten);
    pass(kSecond);
  }
  /// It has closed 5 at a loss, and its breakers were not looked at since.
  void begin_and_lose_unseen(const RiskPlan& risk) {
    tells_everything_ = true;
    begin(risk);
    venue_->tell_everything(0, clock_.now());
    book(0, 100, 102);
    buy(0, 5, 102);
    orders_.push_back({.instrument = 0, .side = Side::Sell, .quantity = {5}, .price = {84}});
    pass(kTurnEvery);                          // it is sent, and breakers are looked at
    for (int turns = 0; turns < 3; ++turns) {  // it is filled, before they are looked at again
      clock_.set(clock_.now() + kMillisecond);
      session_->turn();
    }
    ASSERT_EQ(venue_->sent.size(), 2u);
  }
  struct Quoted {
    std::int64_t bid = 0, ask = 0;
  };
  /// Of a process that has sent nothing yet: the venue tells of the account, and 5 are bought and sold.
  void buy_and_sell(Quoted quoted, std::int64_t bought_at, std::int64_t sold_at) {
    venue_->tell_everything(0, clock_.now());
    book(0, quoted.bid, quoted.ask);
    pass(kSecond);
    buy(0, 5, bought_at);
    sell(0, 5, sold_at);
    ASSERT_EQ(venue_->sent.size(), 2u);
  }
  /// With nothing held: it buys 5, and sells them for more.
  void go_on_and_gain(const RiskPlan& risk) {
    go_on_after_a_crash(risk);
    buy_and_sell({.bid = 84, .ask = 86}, 84, 86);
  }
  /// As who asks from outside, who waits for the answer; here the session takes its turns meanwhile, and no time
  /// passes.
  std::string ask(std::string_view request) {
    auto answer = std::async(std::launch::async, [&] { return session_->command(request); });
    while (answer.wait_for(std::chrono::seconds{0}) != std::future_status::ready) session_->turn();
    return answer.get();
  }
  /// The one execution that there is, after that was asked.
  Json execution(std::string_view request = "executions") { return Json::parse(ask(request)).at("executions").at(0); }
  int times_journaled(std::string_view text) const {
    const auto records = read_journal(session_->folder() / "journal.stom").value();
    int times = 0;
    for (const JournalRecord& record : records) times += record.kind == RecordKind::Operator && record.text == text;
    return times;
  }
  /// The same, of stom trade status.
  Json status() {
    auto answer = std::async(std::launch::async, [&] { return session_->status(); });
    while (answer.wait_for(std::chrono::seconds{0}) != std::future_status::ready) session_->turn();
    return Json::parse(answer.get());
  }
  /// The same, of stom account show.
  Json account() {
    auto answer = std::async(std::launch::async, [&] { return session_->account(); });
    while (answer.wait_for(std::chrono::seconds{0}) != std::future_status::ready) session_->turn();
    return Json::parse(answer.get());
  }
  /// The same, of stom trade venues.
  Json venues() {
    auto answer = std::async(std::launch::async, [&] { return session_->venues(); });
    while (answer.wait_for(std::chrono::seconds{0}) != std::future_status::ready) session_->turn();
    return Json::parse(answer.get());
  }
  /// In how many lines of the log that is.
  int said(std::string_view text) const {
    int times = 0;
    for (auto at = said_.find(text); at != said_.npos; at = said_.find(text, at + 1)) ++times;
    return times;
  }
  /// Of the two that know it: the engine, and the thread where orders leave.
  std::string engines_step() {
    return Json::parse(session_->command("risk show")).at("limits").back().at("value").get<std::string>();
  }
  std::string step_where_orders_leave() {
    let_that_thread_turn();
    return Json::parse(session_->venues()).at("kill_switch").get<std::string>();
  }
  /// What it had in hand is done.
  void let_that_thread_turn() {
    while (Json::parse(session_->venues()).at("state") == "not responding") {
    }
  }

  static constexpr DurationNanos kTurnEvery = 100 * kMillisecond;
  ScratchFolder folder_ = ScratchFolder::make().value();
  std::string name_ = "session";
  Mode mode_ = Mode::Testnet;
  sim::RunModels models_;  // on paper
  ManualClock clock_{1'700'000'000 * kSecond};
  std::vector<NewOrder> orders_;
  std::map<std::string, std::string> execution_;  // parameters of `execute`, where that is the strategy
  std::string said_;
  std::unique_ptr<TradeSession> session_;
  VenueOfATest* venue_ = nullptr;  // the session's
  bool tells_everything_ = false, goes_on_ = false, accepts_differences_ = false, records_ = false;
  std::uint64_t segment_bytes_ =
      0;  // so long may a segment of the journal be, which has snapshots then; 0: it has none
};

TEST_F(ATradingSession, ThatIsToCloseAllTriesFiveTimesAndWhatDidNotLeaveWasNoTry) {
  begin();
  hold(0, 5);
  constexpr std::string_view kAnswers = "RNNRRNRNNR";  // refused there, or never sent: the network comes and goes
  std::size_t asked = 0;
  venue_->answer = [&](const NewOrder& order) {
    EXPECT_EQ(order.type, OrderType::Market);
    EXPECT_EQ(order.side, Side::Sell);
    EXPECT_EQ(order.quantity, Quantity{5});
    const bool refused = asked >= kAnswers.size() || kAnswers[asked] == 'R';
    ++asked;
    return refused ? OrderEventKind::Rejected : OrderEventKind::Denied;
  };
  session_->kill_by_signal(KillStep::Flatten);
  pass(9 * kSecond + kSecond / 2);
  EXPECT_EQ(asked, kAnswers.size()) << "one a second";
  EXPECT_EQ(said("is not closed"), 0) << "the fifth that left may have closed it: nobody gives up before its answer";
  pass(kMinute);
  EXPECT_EQ(asked, kAnswers.size()) << "five were refused";
  EXPECT_EQ(said("acme:COIN is not closed after 5 market orders: close it at the exchange's own page"), 1) << said_;
}

TEST_F(ATradingSession, ThatIsToCloseAllCountsTheTriesOfEachInstrumentAlone) {
  begin();
  hold(0, 5);
  hold(1, 3);
  std::array<int, 2> asked{};
  bool network = false;
  venue_->answer = [&](const NewOrder& order) {
    ++asked[order.instrument];
    if (order.instrument == 0) return OrderEventKind::Rejected;
    return network ? OrderEventKind::Filled : OrderEventKind::Denied;
  };
  session_->kill_by_signal(KillStep::Flatten);
  pass(kMinute);
  EXPECT_EQ(asked[0], 5) << "what did not leave of the other is no try of that one alone";
  EXPECT_GE(asked[1], 59);
  EXPECT_EQ(said("acme:RARE is not closed"), 0) << said_;
  network = true;
  pass(2 * kSecond);
  const int closed_by = asked[1];
  pass(kMinute);
  EXPECT_EQ(asked[1], closed_by) << "nothing of it is held any more";
  EXPECT_EQ(asked[0], 5);
}

// Somebody has closed it by hand: what is left in the account is other people's.
TEST_F(ATradingSession, ThatGaveUpClosingTriesAgainOnlyWhenItIsAskedToCloseAllOnceMore) {
  begin();
  hold(0, 5);
  int tries = 0;
  venue_->answer = [&](const NewOrder&) {
    ++tries;
    return OrderEventKind::Rejected;
  };
  session_->kill_by_signal(KillStep::Flatten);
  pass(kMinute);
  EXPECT_EQ(tries, 5);
  (void)ask("risk set position=9");
  (void)ask("risk set position=off");
  pass(kMinute);
  EXPECT_EQ(tries, 5) << "a limit is another matter";
  EXPECT_EQ(said("limit position=9, was none"), 1) << said_;

  venue_->answer = [&](const NewOrder&) {
    ++tries;
    return OrderEventKind::Filled;
  };
  EXPECT_FALSE(Json::parse(ask("kill flatten")).at("flat").is_null());
  EXPECT_EQ(tries, 6);
}

// `/kill flatten` in a chat is as good a word as the command's, also where the switch is there already.
TEST_F(ATradingSession, ThatGaveUpClosingTriesAgainAlsoWhereAWordInAChatAsksOnceMore) {
  begin();
  hold(0, 5);
  int tries = 0;
  auto answer = OrderEventKind::Rejected;
  venue_->answer = [&](const NewOrder&) {
    ++tries;
    return answer;
  };
  session_->kill_by_signal(KillStep::Flatten);
  pass(kMinute);
  EXPECT_EQ(tries, 5);
  session_->kill_by_signal(KillStep::Cancel);
  pass(kMinute);
  EXPECT_EQ(tries, 5) << "a lesser step asks for no closing";
  answer = OrderEventKind::Filled;
  session_->kill_by_signal(KillStep::Flatten);
  pass(kMinute);
  EXPECT_EQ(tries, 6);
  EXPECT_EQ(said("kill switch: flatten"), 2) << said_;
}

// It may have filled, so nothing is sold; but whoever has asked must know what it waits for.
TEST_F(ATradingSession, ThatIsToCloseAllSaysOfWhichOrderNobodyKnowsWhatBecame) {
  begin();
  hold(0, 5);
  venue_->answer = [](const NewOrder&) { return std::nullopt; };
  buy(0, 1, 90);
  const NewOrder lost = venue_->sent.back();
  venue_->lose_sight_of(lost);
  session_->kill_by_signal(KillStep::Flatten);
  pass(3 * kSecond);
  EXPECT_EQ(said("is not closed yet"), 0) << "most answers come";
  pass(kMinute);
  EXPECT_EQ(said(fmt::format("acme:COIN is not closed yet: nobody knows what became of order {}; look for it at the "
                             "exchange's own page",
                             lost.id)),
            1)
      << said_;
  EXPECT_EQ(venue_->sent.size(), 2u);
  venue_->answer = [](const NewOrder&) { return OrderEventKind::Filled; };
  venue_->tell(lost, OrderEventKind::Rejected, clock_.now());
  pass(kSecond);
  ASSERT_EQ(venue_->sent.size(), 3u);
  EXPECT_EQ(venue_->sent.back().side, Side::Sell);
  EXPECT_EQ(venue_->sent.back().quantity, Quantity{5});
}

TEST_F(ATradingSession, WhoseKillSwitchIsReleasedSendsNothingMoreOfWhatWasToCloseAll) {
  begin();
  hold(0, 5);
  venue_->keeps_back = true;
  session_->kill_by_signal(KillStep::Flatten);
  pass(kMinute);
  ASSERT_EQ(venue_->kept_back.size(), 1u) << "it waits for as long as it must";
  const ClientOrderId closing = venue_->kept_back.front().id;
  (void)ask("risk set kill_switch=off");
  pass(kSecond);
  EXPECT_TRUE(venue_->kept_back.empty());
  EXPECT_EQ(said(fmt::format("order {} did not leave: nothing is to be closed any more", closing)), 1) << said_;
  buy(0, 1, 90);
  EXPECT_EQ(venue_->kept_back.size(), 1u) << "the strategy's own waits on";
  EXPECT_EQ(venue_->sent.size(), 1u);
}

// What the account holds beside it is somebody else's, and may not be sold for it.
TEST_F(ATradingSession, ThatGoesOnClosesNothingBeforeTheAccountAgreesWithWhatItHolds) {
  begin_and_fail_to_close_all();
  ASSERT_GT(venue_->sent.size(), 1u) << "it is tried";
  go_on_after_a_crash();  // meanwhile a person has closed the 5 of the session's
  venue_tells_twice(3);
  pass(kMinute);
  EXPECT_EQ(said("trading waits: what the venue holds differs"), 1) << said_;
  EXPECT_EQ(said("closing all waits until all of before is known"), 1) << said_;
  EXPECT_TRUE(venue_->sent.empty());

  venue_->tell_everything(8, clock_.now());
  pass(2 * kSecond);
  ASSERT_EQ(venue_->sent.size(), 1u) << "what it holds is there";
  EXPECT_EQ(venue_->sent.front().side, Side::Sell);
  EXPECT_EQ(venue_->sent.front().quantity, Quantity{5});
}

TEST_F(ATradingSession, WhoseDifferencesWereAcceptedClosesWhatItHoldsOnlyWhenItIsAskedTo) {
  accepts_differences_ = true;
  begin_and_fail_to_close_all();
  go_on_after_a_crash();
  venue_tells_twice(3);
  pass(kMinute);
  EXPECT_EQ(said("differs (accepted_position)"), 1) << said_;
  EXPECT_EQ(said("closing all waits until somebody asks for it"), 1) << said_;
  EXPECT_TRUE(venue_->sent.empty());
  EXPECT_FALSE(Json::parse(ask("kill flatten")).at("flat").is_null());
  EXPECT_EQ(venue_->sent.size(), 1u);
}

TEST_F(ATradingSession, WhoseDifferencesWereAcceptedClosesNothingUnaskedAfterAnyMoreRestarts) {
  accepts_differences_ = true;
  begin_and_fail_to_close_all();
  for (int restarts = 1; restarts <= 3; ++restarts) {
    go_on_after_a_crash();
    accepts_differences_ = false;  // once is enough
    venue_tells_twice(3);
    pass(kMinute);
    EXPECT_EQ(said("differs (accepted_position)"), 1) << said_;
    EXPECT_EQ(said("closing all waits until somebody asks for it"), restarts) << said_;
    EXPECT_TRUE(venue_->sent.empty()) << restarts;
    (void)ask("kill cancel");  // which does no more than is in force, and asks for no closing
    pass(kSecond);
    EXPECT_TRUE(venue_->sent.empty()) << restarts;
  }
  EXPECT_FALSE(Json::parse(ask("kill flatten")).at("flat").is_null());
  ASSERT_EQ(venue_->sent.size(), 1u);
  EXPECT_EQ(venue_->sent.front().quantity, Quantity{5});
}

TEST_F(ATradingSession, WhoseDifferencesWereAcceptedClosesNothingAsABreakerTrips) {
  const RiskPlan flattens = with_breaker("daily_loss=100,flatten");
  tells_everything_ = accepts_differences_ = true;
  begin(flattens);
  venue_->tell_everything(3, clock_.now());
  hold(0, 5);
  ASSERT_EQ(venue_->sent.size(), 1u);
  go_on_after_a_crash(flattens);  // meanwhile a person has closed the 5 of the session's
  venue_tells_twice(3);
  book(0, 100, 102);
  pass(kSecond);
  EXPECT_EQ(said("differs (accepted_position)"), 1) << said_;
  EXPECT_EQ(said("trip "), 0) << said_;
  book(0, 60, 62);
  pass(kMinute);
  EXPECT_EQ(said("trip daily_loss, "), 1) << said_;
  EXPECT_EQ(said("closing all waits until somebody asks for it"), 1) << said_;
  EXPECT_TRUE(venue_->sent.empty());
  EXPECT_FALSE(Json::parse(ask("kill flatten")).at("flat").is_null());
  EXPECT_EQ(venue_->sent.size(), 1u);
}

// A name of sixty letters looks like a key.
TEST_F(ATradingSession, NamesItsFolderWholeInAHintHoweverLongItsNameIs) {
  name_ = "a-market-maker-of-two-venues-that-has-run-since-last-november";
  begin();
  session_->kill_by_signal(KillStep::Cancel);
  pass(kSecond);
  go_on_after_a_crash();
  pass(kTurnEvery);
  EXPECT_EQ(said(fmt::format("stom risk set kill_switch=off --session {} releases it", session_->folder().string())), 1)
      << said_;
}

// The order was on its way as all was canceled, and came to rest behind that.
TEST_F(ATradingSession, WhoseJournalCannotBeWrittenCancelsAllUntilNothingWorks) {
  begin();
  book(0, 100, 102);
  venue_->answer = [](const NewOrder&) { return OrderEventKind::Accepted; };
  buy(0, 1, 90);
  ASSERT_EQ(venue_->sent.size(), 1u);
  int times = 0;
  const UnixNanos rests = clock_.now() + 3 * kSecond;
  venue_->asked_to_cancel_all = [&](UnixNanos now) {
    ++times;
    if (now >= rests) venue_->tell(venue_->sent.front(), OrderEventKind::Canceled, now);
  };
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit full = before;
  full.rlim_cur = std::filesystem::file_size(session_->folder() / "journal.stom");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  buy(0, 1, 91);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  pass(kMinute);
  ASSERT_EQ(session_->state(), State::Ended);
  EXPECT_EQ(venue_->sent.size(), 1u) << "nothing leaves without its record";
  EXPECT_EQ(said("not known to be canceled"), 0) << said_;
  EXPECT_GE(times, 3);
  EXPECT_LE(times, 5) << "once a second";
  const auto finished = session_->finish();
  ASSERT_FALSE(finished);
  EXPECT_NE(finished.error().message.find("cannot write"), std::string::npos) << finished.error().message;
}

TEST_F(ATradingSession, WhoseBreakerIsSetLaterJudgesNoPositionByWhatWasLostBefore) {
  begin();
  book(0, 100, 102);
  buy(0, 5, 102);
  sell(0, 5, 84);  // 90 lost
  (void)ask("risk set consecutive_losses=1");
  buy(0, 5, 84);
  sell(0, 5, 86);
  EXPECT_EQ(said("trip "), 0) << said_;
  buy(0, 5, 86);
  sell(0, 5, 85);
  EXPECT_EQ(said("trip consecutive_losses, 1 positions in a row were closed at a loss"), 1) << said_;
}

TEST_F(ATradingSession, ThatGoesOnWithABreakerJudgesNoPositionByWhatWasLostBefore) {
  tells_everything_ = true;
  begin();
  venue_->tell_everything(0, clock_.now());
  book(0, 100, 102);
  buy(0, 5, 102);
  sell(0, 5, 84);
  ASSERT_EQ(venue_->sent.size(), 2u);
  go_on_and_gain(with_breaker("consecutive_losses=1"));
  EXPECT_EQ(said("trip "), 0) << said_;
}

TEST_F(ATradingSession, ThatGoesOnJudgesALossThatTheProcessBeforeHadNoTimeToJudge) {
  const RiskPlan counts = with_breaker("consecutive_losses=1");
  ASSERT_NO_FATAL_FAILURE(begin_and_lose_unseen(counts));
  ASSERT_EQ(session_->state(), State::Starting) << "the other has no book";
  go_on_after_a_crash(counts);
  pass(kSecond);
  EXPECT_EQ(said("trip consecutive_losses, 1 positions in a row were closed at a loss"), 1) << said_;
  (void)ask("risk set consecutive_losses=armed");
  pass(kSecond);
  go_on_after_a_crash(counts);
  pass(kSecond);
  EXPECT_EQ(said("trip "), 1) << "it is judged once";
}

TEST_F(ATradingSession, ThatGoesOnJudgesALossAlsoWhereAProcessBetweenWasGoneBeforeItsFirstLook) {
  const RiskPlan counts = with_breaker("consecutive_losses=1");
  ASSERT_NO_FATAL_FAILURE(begin_and_lose_unseen(counts));
  for (int times = 0; times < 2; ++times) go_on_after_a_crash(counts);  // it begins, and is gone
  go_on_after_a_crash(counts);
  pass(kSecond);
  EXPECT_EQ(said("trip consecutive_losses, 1 positions in a row were closed at a loss"), 1) << said_;
  go_on_after_a_crash(counts);
  pass(kSecond);
  EXPECT_EQ(said("trip consecutive_losses"), 1) << "it is judged once";
}

TEST_F(ATradingSession, ThatGoesOnWithABreakerAgainJudgesNoLossOfAProcessThatHadNone) {
  const RiskPlan counts = with_breaker("consecutive_losses=1");
  tells_everything_ = true;
  begin(counts);
  venue_->tell_everything(0, clock_.now());
  pass(kSecond);
  go_on_after_a_crash();
  buy_and_sell({.bid = 100, .ask = 102}, 102, 84);
  go_on_and_gain(counts);
  EXPECT_EQ(said("trip "), 0) << said_;
}

TEST_F(ATradingSession, ThatWaitsForABookStopsAtALossOfWhatItHoldsAndNotForTheBookThatIsMissing) {
  begin({.limits = {},
         .breakers = {risk::parse_breaker("daily_loss=100").value(), risk::parse_breaker("feed_stale=5s").value()},
         .currency = {},
         .rates = {}});
  hold(0, 5);
  pass(kMinute);
  ASSERT_EQ(session_->state(), State::Starting) << "the other has no book";
  EXPECT_EQ(said("trip "), 0) << said_;
  book(0, 60, 62);
  pass(2 * kTurnEvery);
  EXPECT_EQ(session_->state(), State::Starting);
  EXPECT_EQ(said("trip daily_loss, a loss of 205 since the day began"), 1) << said_;
  const std::size_t sent = venue_->sent.size();
  buy(0, 1, 62);
  EXPECT_EQ(venue_->sent.size(), sent);
  EXPECT_EQ(said("denied by daily_loss=100: "), 1) << said_;

  book(1, 100, 102);
  pass(10 * kSecond);
  EXPECT_EQ(session_->state(), State::Running);
  EXPECT_EQ(said("trip feed_stale"), 0) << "how long it was waited for counts for nothing";
  venue_->lose_book(1);
  pass(5 * kSecond);
  EXPECT_EQ(said("trip feed_stale"), 0) << said_;
  pass(2 * kTurnEvery);
  EXPECT_EQ(said("trip feed_stale, a book has been stale for 5s"), 1) << said_;
}

/// What a limit lets leave, and then what it alone holds back. 5 are held, and the book is at 100 and 102.
struct Limited {
  std::string_view name, value;
  std::vector<NewOrder> leave;
  NewOrder denied;
};

NewOrder resting(Side side, std::int64_t quantity, std::int64_t price) {
  return {.side = side, .quantity = {quantity}, .price = {price}};
}

const std::array<Limited, risk::kLimitKinds> kLimited{{
    {"price_band", "5", {}, resting(Side::Buy, 1, 90)},
    {"order_quantity", "1", {}, resting(Side::Buy, 2, 100)},
    {"order_notional", "150", {}, resting(Side::Buy, 2, 100)},
    {"position", "5", {}, resting(Side::Buy, 1, 100)},
    {"gross_exposure", "600", {}, resting(Side::Buy, 1, 100)},
    {"net_exposure", "600", {}, resting(Side::Buy, 1, 100)},
    {"working_orders", "1", {resting(Side::Buy, 1, 100)}, resting(Side::Buy, 1, 99)},
    {"order_rate", "1/1s", {resting(Side::Buy, 1, 100)}, resting(Side::Buy, 1, 99)},
    {"duplicate", "1s", {resting(Side::Buy, 1, 100)}, resting(Side::Buy, 1, 100)},
    {"self_trade", "deny", {resting(Side::Buy, 1, 100)}, resting(Side::Sell, 1, 100)},
    {"reduce_only", "on", {}, resting(Side::Buy, 1, 100)},
    {"leverage", "0.55", {}, resting(Side::Buy, 1, 100)},
}};

/// Set while it runs, and by nothing else: what the next process knows of it is in the journal.
class EachRule : public ATradingSession {
 protected:
  EachRule() { tells_everything_ = true; }
  /// A process that has just begun knows its account and its prices.
  void is_there(std::int64_t coins, std::int64_t bid) {
    venue_->tell_everything(coins, clock_.now());
    book(0, bid, bid + 2);
    book(1, 100, 102);
    pass(2 * kSecond);
    ASSERT_EQ(session_->state(), State::Running) << said_;
  }
  Json shown(std::string_view name) {
    for (const Json& row : Json::parse(ask("risk show")).at("limits"))
      if (row.at("name") == name) return row;
    return {};
  }
  void buy_five() {
    buy(0, 5, 102);
    pass(2 * kSecond);
  }
  /// So many of the last orders are over.
  void cancel_last(std::size_t orders) {
    for (std::size_t at = venue_->sent.size() - orders; at < venue_->sent.size(); ++at)
      venue_->tell(venue_->sent[at], OrderEventKind::Canceled, clock_.now());
    pass(2 * kSecond);
  }
  std::vector<JournalRecord> journaled() const { return read_journal(session_->folder() / "journal.stom").value(); }
};

class EachLimit : public EachRule, public ::testing::WithParamInterface<Limited> {
 protected:
  void is_held_to_it() {
    venue_->answer = [](const NewOrder&) { return OrderEventKind::Accepted; };
    const std::size_t before = venue_->sent.size();
    orders_ = GetParam().leave;
    orders_.push_back(GetParam().denied);
    pass(2 * kTurnEvery);
    EXPECT_EQ(venue_->sent.size() - before, GetParam().leave.size()) << said_;
    cancel_last(venue_->sent.size() - before);
  }
  auto denials() const {
    return std::ranges::count_if(journaled(), [](const JournalRecord& record) {
      return record.kind == RecordKind::OrderEvent && record.event.kind == OrderEventKind::Denied &&
             name_of(record.event.reason) == fmt::format("risk_{}", GetParam().name);
    });
  }
};

TEST_P(EachLimit, HoldsAnOrderBackIsShownAndJournaledAndDoesSoBehindACrash) {
  const auto& [name, value, leave, denied] = GetParam();
  const std::string text = fmt::format("{}={}", name, value);
  begin();
  is_there(0, 100);
  buy_five();
  orders_ = leave;
  orders_.push_back(denied);
  venue_->answer = [](const NewOrder&) { return OrderEventKind::Accepted; };
  pass(2 * kTurnEvery);
  ASSERT_EQ(venue_->sent.size(), 1 + leave.size() + 1) << "without it all of them leave";
  cancel_last(leave.size() + 1);

  (void)ask("risk set " + text);
  EXPECT_EQ(shown(name).at("limit"), value);
  is_held_to_it();
  EXPECT_EQ(said("denied by " + text + ": "), 1) << said_;

  go_on_after_a_crash();
  is_there(5, 100);
  EXPECT_EQ(shown(name).at("limit"), value);
  is_held_to_it();
  EXPECT_EQ(said("denied by " + text + ": "), 2) << said_;
  EXPECT_EQ(denials(), 2);
  (void)ask(fmt::format("risk set {}=off", name));
  EXPECT_TRUE(shown(name).is_null());
  EXPECT_EQ(times_journaled("limit " + text + ", was none"), 1);
  EXPECT_EQ(times_journaled(fmt::format("limit {}=off, was {}", name, text)), 1);
}

INSTANTIATE_TEST_SUITE_P(Sessions, EachLimit, ::testing::ValuesIn(kLimited),
                         [](const auto& of) { return std::string{of.param.name}; });

TEST(LimitsOfSessions, AreAllHeldToThis) {
  std::vector<std::string_view> names, tried;
  for (std::size_t kind = 0; kind < risk::kLimitKinds; ++kind)
    names.push_back(risk::name_of(static_cast<risk::LimitKind>(kind)));
  for (const Limited& one : kLimited) tried.push_back(one.name);
  std::ranges::sort(names);
  std::ranges::sort(tried);
  EXPECT_EQ(tried, names);
}

constexpr std::array<std::array<std::string_view, 2>, risk::kBreakerKinds> kBreakers{{{"daily_loss", "100"},
                                                                                      {"drawdown", "10"},
                                                                                      {"consecutive_losses", "1"},
                                                                                      {"reject_rate", "1/1m"},
                                                                                      {"feed_stale", "5s"},
                                                                                      {"slippage", "10/1"}}};
using OneBreaker = std::tuple<std::array<std::string_view, 2>, std::string_view>;

class EachBreaker : public EachRule, public ::testing::WithParamInterface<OneBreaker> {
 protected:
  /// 5 are held, bought at 102. What is held then, where nothing closes it.
  std::int64_t make_it_trip(std::string_view name) {
    std::int64_t held = 5;
    if (name == "daily_loss" || name == "drawdown") book(0, bid_ = 60, 62);
    if (name == "consecutive_losses") {
      sell(0, 5, 84);
      held = 0;
    }
    if (name == "reject_rate") {
      venue_->answer = [](const NewOrder&) { return OrderEventKind::Rejected; };
      buy(0, 1, 100);
      venue_->answer = [](const NewOrder&) { return OrderEventKind::Filled; };
    }
    if (name == "feed_stale") venue_->lose_book(1);
    if (name == "slippage") {
      venue_->liquidity = Liquidity::Taker;
      buy(0, 1, 102);
      held = 6;
    }
    pass(10 * kSecond);
    return held;
  }
  /// Whether an order leaves that makes more of a position.
  bool enters() {
    venue_->answer = [](const NewOrder&) { return OrderEventKind::Accepted; };
    const std::size_t before = venue_->sent.size();
    buy(0, 1, 60);
    const std::size_t left = venue_->sent.size() - before;
    orders_.clear();  // where the strategy is not called
    cancel_last(left);
    return left == 1;
  }
  auto times(std::string_view begin) const {
    return std::ranges::count_if(journaled(), [&](const JournalRecord& record) {
      return record.kind == RecordKind::Operator && record.text.starts_with(begin);
    });
  }

  std::int64_t bid_ = 100;
};

TEST_P(EachBreaker, TripsByItselfIsShownAndJournaledAndStaysSoBehindACrashUntilItIsArmed) {
  const auto& [breaker, action] = GetParam();
  const auto [name, value] = breaker;
  const bool warns = action == "warn", flattens = action == "flatten";
  begin();
  is_there(0, 100);
  (void)ask(fmt::format("risk set {}={},{}", name, value, action));
  buy_five();
  ASSERT_EQ(shown(name).at("state"), "ok") << said_;
  const std::int64_t held = flattens ? (void(make_it_trip(name)), 0) : make_it_trip(name);
  EXPECT_EQ(shown(name).at("state"), "tripped") << said_;
  EXPECT_EQ(said(fmt::format("trip {}, ", name)), 1) << said_;
  std::int64_t at_the_venue = 0;
  for (const Json& position : account().at("positions"))
    at_the_venue += std::stoll(position.at("quantity").get<std::string>());
  EXPECT_EQ(at_the_venue, held) << said_;
  EXPECT_EQ(enters(), warns);

  go_on_after_a_crash();
  is_there(held, bid_);
  const Json after = shown(name);
  EXPECT_EQ(after.at("limit"), fmt::format("{},{}", value, action));
  EXPECT_EQ(after.at("state"), "tripped");
  EXPECT_EQ(said(fmt::format("the breaker {}={},{} has tripped", name, value, action)), 1) << said_;
  EXPECT_EQ(enters(), warns);
  (void)ask(fmt::format("risk set {}=armed", name));
  EXPECT_EQ(shown(name).at("state"), "ok");
  EXPECT_TRUE(enters());
  EXPECT_EQ(shown(name).at("state"), "ok") << said_;
  EXPECT_EQ(times(fmt::format("limit {}={},{}, was none", name, value, action)), 1);
  EXPECT_EQ(times(fmt::format("trip {}, ", name)), 1);
  EXPECT_EQ(times(fmt::format("arm {}", name)), 1);
}

INSTANTIATE_TEST_SUITE_P(Sessions, EachBreaker,
                         ::testing::Combine(::testing::ValuesIn(kBreakers),
                                            ::testing::Values("warn", "entries", "flatten")),
                         [](const auto& of) {
                           return fmt::format("{}_{}", std::get<0>(of.param)[0], std::get<1>(of.param));
                         });

TEST(BreakersOfSessions, AreAllHeldToThis) {
  for (std::size_t kind = 0; kind < risk::kBreakerKinds; ++kind) {
    const auto name = risk::name_of(static_cast<risk::BreakerKind>(kind));
    EXPECT_EQ(std::ranges::count(kBreakers, name, [](const auto& one) { return one[0]; }), 1) << name;
  }
}

TEST_F(ATradingSession, SaysHowLongTheSlowestEventWaitedForTheEngineAndWhoseItWas) {
  begin();
  EXPECT_TRUE(venues().at("slowest").at("ever").is_null()) << "nothing has come yet";
  book(1, 100, 102);
  pass(kTurnEvery);
  book(0, 100, 102);
  clock_.set(clock_.now() + kSecond);  // the engine does not come round
  pass(kTurnEvery);
  book(1, 100, 103);
  pass(kTurnEvery);
  const auto slowest = venues().at("slowest");
  EXPECT_EQ(slowest.at("ever").at("waited_us"), 1'100'000);
  EXPECT_EQ(slowest.at("ever").at("instrument"), "acme:COIN");
  EXPECT_EQ(slowest.at("ever").at("age_ms"), 100);
  EXPECT_EQ(slowest.at("lately"), slowest.at("ever"));
  pass(2 * kMinute);
  EXPECT_TRUE(venues().at("slowest").at("lately").is_null());
  EXPECT_EQ(venues().at("slowest").at("ever").at("waited_us"), 1'100'000);
}

TEST_F(ATradingSession, SaysWhatItsPositionHasGainedAndThatNobodyKnowsWhileTheBookIsStale) {
  begin();
  hold(0, 5);
  const auto position = [&] { return account().at("positions").at(0); };
  EXPECT_EQ(position().at("entry_price"), "102");
  EXPECT_EQ(position().at("mark_price"), "101");
  EXPECT_EQ(position().at("unrealized_pnl"), "-5");
  book(0, 109, 112);
  pass(2 * kTurnEvery);
  EXPECT_EQ(position().at("mark_price"), "110.5");
  EXPECT_EQ(position().at("unrealized_pnl"), "42.5");
  venue_->lose_book(0);
  pass(2 * kTurnEvery);
  EXPECT_EQ(position().at("entry_price"), "102");
  EXPECT_TRUE(position().at("mark_price").is_null());
  EXPECT_TRUE(position().at("unrealized_pnl").is_null()) << "unknown is not 0";
}

// The I/O thread stops entries, and before it can tell the engine so, that has answered a release: the pull is written
// down behind it, and counts.
TEST_F(ATradingSession, WhosePullCrossesAReleaseIsWhereWhatWasWrittenDownLastSays) {
  open();
  std::promise<void> pulling, released;
  bool first = true;
  venue_->pulled = [&, may_go_on = released.get_future().share()] {
    if (!std::exchange(first, false)) return;
    pulling.set_value();
    may_go_on.wait();
  };
  session_->start();
  session_->kill_by_signal(KillStep::Cancel);
  pulling.get_future().wait();
  const std::string answer = session_->command("risk set kill_switch=off");
  released.set_value();
  EXPECT_NE(answer.find(R"("value":"off")"), std::string::npos) << answer;
  let_that_thread_turn();
  EXPECT_EQ(engines_step(), "cancel");
  EXPECT_EQ(step_where_orders_leave(), "cancel");

  (void)session_->command("risk set kill_switch=off");
  EXPECT_EQ(engines_step(), "off");
  EXPECT_EQ(step_where_orders_leave(), "off") << "an old signal pulls nothing anew";

  session_->stop();
  EXPECT_TRUE(session_->finish());
  std::vector<std::string> kills;
  EXPECT_TRUE(for_each_record(session_->folder() / "journal.stom", [&](const JournalRecord& record) {
    if (record.kind == RecordKind::Operator && record.text.starts_with("kill "))
      kills.push_back(record.text.substr(0, record.text.find(',')));
  }));
  EXPECT_EQ(kills, (std::vector<std::string>{"kill off", "kill cancel", "kill off"}));
}

TEST_F(ATradingSession, WhosePausedStrategyMissedMoreThanIsKeptEndsAndSaysWhy) {
  begin();
  book(0, 100, 102);
  book(1, 100, 102);
  venue_->answer = [](const NewOrder&) { return OrderEventKind::Accepted; };
  constexpr auto kMost = static_cast<std::int64_t>(StrategyGate::kMostMissed);
  buy(0, 2 * kMost, 90);
  ASSERT_EQ(session_->state(), State::Running);
  ASSERT_EQ(venue_->sent.size(), 1u);
  session_->kill_by_signal(KillStep::Cancel);  // this venue does not cancel when it is asked to cancel all
  pass(kTurnEvery);
  std::int64_t filled = 0;
  const auto fill = [&](std::int64_t times) {
    for (; times > 0; --times) {
      ++filled;
      venue_->tell(venue_->sent.front(), OrderEventKind::Filled, clock_.now(), {1}, {2 * kMost - filled});
    }
    pass(kTurnEvery);
  };
  constexpr std::int64_t kTogether = 4'096;
  static_assert(kMost % kTogether == 0);
  while (filled < kMost) fill(kTogether);
  EXPECT_EQ(session_->state(), State::Running) << "so many are kept";
  fill(1);
  pass(kSecond);
  ASSERT_EQ(session_->state(), State::Ended);
  EXPECT_EQ(said(fmt::format("more than {} answers about orders came while the strategy was paused", kMost)), 1);
  const auto finished = session_->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, Errc::Overflow);
  EXPECT_TRUE(finished.error().hint.starts_with("nothing of them is lost: start the session again"))
      << finished.error().hint;
  const auto status = Json::parse(session_->status());
  EXPECT_EQ(status.at("position").at("acme:COIN").get<std::string>(), fmt::to_string(kMost + 1));
  EXPECT_EQ(status.at("fills").get<std::int64_t>(), kMost + 1);
  EXPECT_EQ(status.at("orders").at("working").get<int>(), 0) << "what worked was canceled";
}

// Behind what a snapshot has: and the session is what it was.
TEST_F(ATradingSession, GoesOnBehindTheSegmentsOfItsJournal) {
  segment_bytes_ = 1;
  begin();
  hold(0, 5);
  const auto journal = session_->folder() / "journal.stom";
  for (std::size_t segments = 2; segments <= 4; ++segments) {
    session_->keep_snapshot();
    const std::string before = whole_journal(journal).value();
    go_on_after_a_crash();
    pass(kTurnEvery);
    EXPECT_TRUE(whole_journal(journal).value().starts_with(before));
    EXPECT_EQ(segments_of(journal).value().size(), segments);
    EXPECT_EQ(said("the journal was cut behind its record "), static_cast<int>(segments) - 1) << said_;
  }
  int fills = 0, restarts = 0;
  EXPECT_TRUE(for_each_record(journal, [&](const JournalRecord& record) {
    restarts += record.kind == RecordKind::Restart ? 1 : 0;
    fills += record.kind == RecordKind::OrderEvent && record.event.kind == OrderEventKind::Filled ? 1 : 0;
  }));
  EXPECT_EQ(restarts, 3);
  EXPECT_EQ(fills, 1);
  EXPECT_EQ(said("1 fills, 0 orders that are not over"), 3) << said_;
  segment_bytes_ = kSegmentBytes;
  session_->keep_snapshot();
  go_on_after_a_crash();
  EXPECT_EQ(segments_of(journal).value().size(), 4u) << "it is short";
}

TEST_F(ATradingSession, WhoseJournalWasSpoiledBeforeItsEndSaysWhatItDoesNotKnowAnyMore) {
  segment_bytes_ = kSegmentBytes;
  begin();
  hold(0, 5);
  (void)ask("risk set position=9");
  const auto journal = session_->folder() / "journal.stom";
  std::string bytes = whole_journal(journal).value();
  auto reader = JournalReader::open(journal).value();
  ASSERT_NE(reader.next(), nullptr);
  char& spoiled = bytes.at(static_cast<std::size_t>(reader.position_in_file()) + 8);  // behind its length and checksum
  spoiled = static_cast<char>(spoiled ^ 1);
  session_.reset();
  std::ofstream{journal, std::ios::binary} << bytes;
  go_on_after_a_crash();
  pass(kTurnEvery);
  EXPECT_EQ(said("[error] " + journal.string() + " is spoiled: record 1 is not what was written"), 1) << said_;
  EXPECT_EQ(said("goes on behind 1 records: 0 fills"), 1) << said_;
}

TEST_F(ATradingSession, CutsItsJournalWhileItTrades) {
  segment_bytes_ = 1;
  begin();
  const auto journal = session_->folder() / "journal.stom";
  int bought = 0;
  std::size_t segments = 1;
  for (; bought < 9; ++bought) {
    hold(0, 1);
    session_->keep_snapshot();
    EXPECT_TRUE(for_each_record(journal, [](const JournalRecord&) {}));
    const std::size_t now = segments_of(journal).value().size();
    EXPECT_TRUE(now == segments || now == segments + 1) << now;
    segments = now;
  }
  EXPECT_GE(segments, 4u);
  go_on_after_a_crash();
  pass(kTurnEvery);
  EXPECT_EQ(said(fmt::format("{} fills, 0 orders that are not over", bought)), 1) << said_;
}

TEST_F(ATradingSession, ThatGoesOnGivesAnOrderNoFillsOfOneThatHadItsNumberBefore) {
  begin();
  book(0, 100, 102);
  const auto send = [&] {
    orders_.push_back({.id = 5, .instrument = 0, .quantity = {3}, .price = {102}});
    pass(2 * kTurnEvery);
  };
  send();  // filled at once
  venue_->answer = [](const NewOrder&) { return OrderEventKind::Accepted; };
  send();
  ASSERT_EQ(venue_->sent.size(), 2u);
  go_on_after_a_crash();
  ASSERT_EQ(venue_->taken_along.size(), 1u);
  EXPECT_EQ(venue_->fills_taken_along, std::vector<std::size_t>{0});
  venue_->tell({.id = 5, .instrument = 0, .quantity = {3}, .price = {102}}, OrderEventKind::Filled, clock_.now(), {1},
               {2});
  pass(2 * kTurnEvery);
  go_on_after_a_crash();
  EXPECT_EQ(venue_->fills_taken_along, std::vector<std::size_t>{1}) << "that is its own";
}

/// A buy of 4 at 90 under a name of the session that its journal does not know.
venues::WorkingOrder lost_order(std::string number = "71") {
  return {.id = 0,
          .instrument = 0,
          .side = Side::Buy,
          .price = {90},
          .leaves = {4},
          .venue_order_id = std::move(number),
          .client_id = "stom-7-9",
          .trigger_price = {},
          .adoptable = true};
}

TEST_F(ATradingSession, ThatAdoptsALostOrderGoesOnAndItsFillsAreItsPosition) {
  tells_everything_ = true;
  begin();
  venue_->tell_everything(3, clock_.now());
  pass(kSecond);
  const auto all_is_told = [&] {
    venue_tells_twice(3);
    pass(kSecond);
  };
  go_on_after_a_crash();
  venue_->others = {lost_order()};
  all_is_told();
  EXPECT_EQ(said("trading waits: what the venue holds differs"), 1) << said_;
  AdoptionWish wish{.orders = {"71"}, .owner = "sends", .only_shown = true};
  const auto shows = Json::parse(ask("adopt " + adoption_request(wish)));
  EXPECT_EQ(shows.at("orders").at(0).at("order").get<std::string>(), "acme:COIN/71") << shows.dump();
  EXPECT_EQ(said("is adopted"), 0) << "it was shown alone";
  wish.only_shown = false;
  const auto taken = Json::parse(ask("adopt " + adoption_request(wish)));
  const auto id = taken.at("adopted").at(0).at("order").get<ClientOrderId>();
  pass(kSecond);
  EXPECT_EQ(venue_->others.front().id, id);
  EXPECT_TRUE(venue_->sent.empty()) << "it is there already";
  EXPECT_EQ(said(fmt::format("order 71 is adopted as order {} of sends: buy 4 of acme:COIN at 90", id)), 1) << said_;
  all_is_told();
  EXPECT_EQ(said("all that was open is known: trading goes on"), 1) << said_;

  const auto still_there = venue_->others;
  go_on_after_a_crash();
  ASSERT_EQ(venue_->taken_along.size(), 1u);
  EXPECT_EQ(venue_->taken_along.front(), (std::pair<ClientOrderId, std::string>{id, "71"}));
  venue_->others = still_there;
  all_is_told();
  venue_->tell({.id = id, .instrument = 0, .side = Side::Buy, .price = {90}}, OrderEventKind::Filled, clock_.now(), {4},
               {0});
  pass(kSecond);
  EXPECT_FALSE(Json::parse(ask("kill flatten")).at("flat").is_null());
  ASSERT_EQ(venue_->sent.size(), 1u);
  EXPECT_EQ(venue_->sent.front().side, Side::Sell);
  EXPECT_EQ(venue_->sent.front().quantity, Quantity{4});
}

TEST_F(ATradingSession, ThatIsAskedForAnOrderThatItCannotAdoptSaysWhyAndChangesNothing) {
  tells_everything_ = true;
  begin();
  const auto refusal = [&](AdoptionWish wish) {
    return Json::parse(ask("adopt " + adoption_request(wish))).at("error").get<std::string>();
  };
  EXPECT_EQ(refusal({.orders = {"71"}, .owner = "manual"}),
            "no order 71 of somebody else's rests at the session's venues");
  venue_->others = {lost_order()};
  EXPECT_EQ(refusal({.orders = {"71"}, .owner = "another"}), "the session's strategy is sends, and not another");
  EXPECT_EQ(refusal({.orders = {"71"}, .owner = "manual"}), "the venues have not told everything yet");
  venue_->tell_everything(3, clock_.now());
  pass(kSecond);
  venue_->others.front().adoptable = false;
  EXPECT_TRUE(refusal({.orders = {"71"}, .owner = "manual"}).contains("is not adopted: it is no plain limit order"));
  EXPECT_TRUE(Json::parse(ask("adopt nonsense")).contains("error"));
  EXPECT_TRUE(Json::parse(ask("risk adopt 0 {}")).contains("error"));
  EXPECT_EQ(said("is adopted"), 0) << said_;
}

TEST_F(ATradingSession, ThatFindsAnAdoptedOrderGoneCountsItNoMore) {
  tells_everything_ = true;
  begin();
  venue_->tell_everything(3, clock_.now());
  pass(kSecond);
  venue_->others = {lost_order()};
  venue_->filled_meanwhile = true;
  (void)ask("adopt " + adoption_request({.orders = {"all"}, .owner = "manual"}));
  pass(kSecond);
  EXPECT_FALSE(Json::parse(ask("kill cancel")).at("nothing_works").is_null()) << "nothing of it is waited for";
}

TEST_F(ATradingSession, TakesWhatAnAnswerBringsUpForMissedWhereNobodyKnowsTheVenuesClock) {
  tells_everything_ = true;
  begin();
  venue_->tell_everything(3, clock_.now());
  pass(kSecond);
  venue_->answer = [](const NewOrder&) { return OrderEventKind::Accepted; };
  hold(0, 5);
  ASSERT_EQ(venue_->sent.size(), 1u);
  const NewOrder order = venue_->sent.front();
  venue_->is_asked_for_everything(clock_.now());
  pass(kSecond);
  venue_->tell(order, OrderEventKind::Filled, clock_.now() - kMillisecond, {2}, {3});
  pass(kSecond);
  EXPECT_EQ(said("differs (missed_fill)"), 1) << said_;
  venue_->tell_everything(5, clock_.now());
  venue_->tell(order, OrderEventKind::Filled, clock_.now(), {3});
  pass(kSecond);
  EXPECT_EQ(said("differs (missed_fill)"), 1) << "all was told: its stream tells of it\n" << said_;
}

TEST_F(ATradingSession, ThatFillsEachTimeItsVenueIsAskedAgreesByWhatItHeldMeanwhile) {
  begin_with_three_of_others();
  for (std::int64_t held = 5; held < 8; ++held) {
    EXPECT_EQ(venue_->asked, held - 5) << "so far it may be chance";
    buy_while_venue_tells(3 + held);
  }
  EXPECT_EQ(venue_->asked, 2);
  EXPECT_EQ(said("differs"), 0) << said_;
}

TEST_F(ATradingSession, ThatFillsEachTimeItsVenueIsAskedFindsWhatItLacksByTheSecondAnswer) {
  begin_with_three_of_others();
  buy_while_venue_tells(3 + 5 - 4);
  EXPECT_EQ(said("differs"), 0) << "a fill may have been under way\n" << said_;
  buy_while_venue_tells(3 + 6 - 4);
  EXPECT_EQ(said("differs (position)"), 1) << said_;
  EXPECT_EQ(said("3 that are not ours; the venue's 5 of COIN"), 1) << said_;
  EXPECT_EQ(venue_->asked, 1);
}

TEST_F(ATradingSession, WhoseVenueIsAheadOfWhatItTellsDoesNotDifferOnceThatIsTold) {
  begin_with_three_of_others();
  for (std::int64_t held = 5; held < 8; ++held) {
    venue_->tell_everything(3 + held + 1, clock_.now());
    pass(kSecond);
    buy(0, 1, 102);  // which it knew of by then
    pass(kSecond);
  }
  EXPECT_EQ(said("differs"), 0) << said_;
  EXPECT_EQ(venue_->asked, 3);
  venue_->tell_everything(3 + 8, clock_.now());
  pass(kMinute);
  EXPECT_EQ(venue_->asked, 3);
}

// As a kill finds it at any moment: nobody has packed, written or ended the input.
TEST_F(ATradingSession, HasTakenDownWhatItsJournalKnows) {
  records_ = true;
  begin();
  hold(0, 3);
  sell(0, 1, 100);
  const auto folder = session_->folder();
  auto input = store::InputReader::open(folder / "input");
  ASSERT_TRUE(input) << input.error().message;
  std::size_t answers = 0;
  UnixNanos last = 0;
  store::InputTurn turn;
  for (auto got = input->next(turn); got && *got; got = input->next(turn)) {
    answers += turn.answers;
    last = turn.now;
  }
  const auto records = read_journal(folder / "journal.stom").value();
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(answers,
            static_cast<std::size_t>(std::ranges::count(records, RecordKind::OrderEvent, &JournalRecord::kind)));
  EXPECT_GE(answers, 2u);
  EXPECT_GE(last, records.back().time);
}

TEST_F(ATradingSession, OnPaperGoesOnWithWhatItHeldAndWithWhatRested) {
  mode_ = Mode::Paper;
  begin();
  hold(0, 5);
  buy(0, 3, 95);
  const auto believed = [this](std::string_view position, int working) {
    const Json told = status();
    EXPECT_EQ(told.at("position").at("acme:COIN").get<std::string>(), position);
    EXPECT_EQ(told.at("orders").at("working").get<int>(), working);
    EXPECT_FALSE(told.at("waits").get<bool>());
  };
  believed("5", 1);
  for (int crashes = 1; crashes <= 2; ++crashes) {
    go_on_after_a_crash();
    pass(kSecond);
    EXPECT_EQ(said("all that was open is known: trading goes on"), crashes) << said_;
    believed("5", 1);
  }
  book(0, 100, 102);
  pass(kSecond);
  believed("5", 1);
  book(0, 90, 94);
  pass(kSecond);
  believed("8", 0);
  sell(0, 8, 90);
  believed("0", 0);
}

TEST_F(ATradingSession, OnPaperRejectsAnOrderThatWasOnItsWayAsItsProcessWent) {
  mode_ = Mode::Paper;
  models_.latency.entry = kSecond;
  begin();
  hold(0, 3);
  ASSERT_EQ(status().at("orders").at("working").get<int>(), 1);
  go_on_after_a_crash();
  pass(2 * kSecond);
  EXPECT_EQ(status().at("orders").at("working").get<int>(), 0);
  const auto records = read_journal(session_->folder() / "journal.stom").value();
  std::vector<OrderEvent> events;
  for (const JournalRecord& record : records)
    if (record.kind == RecordKind::OrderEvent) events.push_back(record.event);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, OrderEventKind::Rejected);
  EXPECT_EQ(events[0].reason, RejectReason::UnknownOrder);
}

TEST_F(ATradingSession, WhoseExecutionIsStoppedTakesBackWhatWaitsAndSendsNothingMoreOfIt) {
  execution_ = {{"kind", "chase"}, {"quantity", "5"}, {"over", "1h"}};
  begin();
  EXPECT_TRUE(Json::parse(ask("executions")).at("executions").empty()) << "none has begun";
  venue_->answer = [](const NewOrder&) { return OrderEventKind::Accepted; };
  book(0, 100, 102);
  pass(kSecond);
  ASSERT_EQ(venue_->sent.size(), 1u);
  const NewOrder child = venue_->sent.front();
  venue_->tell(child, OrderEventKind::Filled, clock_.now(), {2}, {3});
  pass(kTurnEvery);
  Json one = execution();
  EXPECT_EQ(one.at("execution").get<int>(), 1);
  EXPECT_EQ(one.at("kind").get<std::string>(), "chase");
  EXPECT_EQ(one.at("side").get<std::string>(), "buy");
  EXPECT_EQ(one.at("quantity").get<std::string>(), "5");
  EXPECT_EQ(one.at("filled").get<std::string>(), "2");
  EXPECT_EQ(one.at("done_percent").get<std::string>(), "40.0");
  EXPECT_EQ(one.at("working").at("order").get<ClientOrderId>(), child.id);
  EXPECT_EQ(one.at("working").at("price").get<std::string>(), "100");
  EXPECT_EQ(one.at("working").at("filled").get<std::string>(), "2");
  EXPECT_EQ(one.at("ends").get<UnixNanos>() - one.at("begun").get<UnixNanos>(), kHour);
  EXPECT_EQ(one.at("state").get<std::string>(), "running");

  EXPECT_TRUE(Json::parse(ask("stop-execution 2")).at("error").get<std::string>().contains("no execution 2"));
  EXPECT_TRUE(Json::parse(ask("stop-execution x")).at("usage").get<bool>());
  EXPECT_EQ(execution("stop-execution 1").at("state").get<std::string>(), "stopping") << "a fill may cross the cancel";
  pass(kMinute);
  one = execution();
  EXPECT_EQ(one.at("state").get<std::string>(), "stopped");
  EXPECT_EQ(one.at("filled").get<std::string>(), "2");
  EXPECT_TRUE(one.at("working").is_null());
  EXPECT_EQ(venue_->sent.size(), 1u) << "nothing more of it is sent";
  EXPECT_EQ(status().at("orders").at("working").get<int>(), 0);
  EXPECT_EQ(status().at("position").at("acme:COIN").get<std::string>(), "2") << "what is filled stays";
  EXPECT_EQ(times_journaled("stop execution 1 0 buy"), 1);
  EXPECT_EQ(said("execution 1 of acme:COIN is stopped"), 1) << said_;
  EXPECT_TRUE(Json::parse(ask("stop-execution 1")).contains("error")) << "it is over";
}

TEST_F(ATradingSession, WhoseExecutionWasStoppedBeginsNoneAnewAsItGoesOn) {
  mode_ = Mode::Paper;
  execution_ = {{"quantity", "5"}, {"over", "50s"}, {"slices", "5"}};
  begin();
  const auto bought = [&](DurationNanos time) {
    for (DurationNanos passed = 0; passed < time; passed += kSecond) {
      book(0, 100, 102);
      pass(kSecond);
    }
    return status().at("position").at("acme:COIN").get<std::string>();
  };
  EXPECT_EQ(bought(15 * kSecond), "2");
  EXPECT_EQ(execution("stop-execution 1").at("state").get<std::string>(), "stopped") << "nothing of it waited";
  EXPECT_EQ(bought(kMinute), "2");
  for (int crashes = 0; crashes < 2; ++crashes) {
    go_on_after_a_crash();
    EXPECT_EQ(bought(kMinute), "2");
    EXPECT_EQ(execution().at("state").get<std::string>(), "stopped");
    EXPECT_EQ(execution().at("filled").get<std::string>(), "2");
  }
}

}  // namespace
}  // namespace stom::trade
