// A replay session can be killed at any byte and goes on as if nothing had happened; what it shows adds up.
#include "replay/replay_session.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

#include "account/fees.hpp"
#include "replay/command_text.hpp"

namespace stom::replay {
namespace {

constexpr UnixNanos kBegin = 1'767'225'600 * kSecond;

/// What the server would know: everything the session told.
struct Told {
  std::map<std::uint64_t, OrderRow> orders;
  std::vector<FillRow> fills;
  std::vector<CommandDone> answers;
  std::vector<std::string> log;
  std::map<UnixNanos, SecondBar> seconds;
  std::size_t tape = 0;
  std::size_t keys = 0;
  std::shared_ptr<const SessionInfo> info;
  LiveState live;

  void read(ReplaySession& session) {
    Update update;
    while (session.next(update)) {
      if (auto* began = std::get_if<SessionBegan>(&update)) {
        *this = Told{};
        info = began->info;
      }
      if (auto* row = std::get_if<OrderRow>(&update)) orders[row->number] = *row;
      if (auto* row = std::get_if<FillRow>(&update)) fills.push_back(*row);
      if (auto* row = std::get_if<LogRow>(&update)) log.emplace_back(row->code.view());
      if (auto* row = std::get_if<SecondBar>(&update)) seconds[row->bar.time] = *row;
      if (std::holds_alternative<TapeRow>(update)) ++tape;
      if (std::holds_alternative<KnownKey>(update)) ++keys;
      if (auto* done = std::get_if<CommandDone>(&update)) answers.push_back(*done);
    }
    if (session.take_live()) live = session.live();
  }
};

/// A session on the generator's market, on a clock that the test moves.
class Desk : public testing::Test {
 protected:
  Desk() {
    std::string name = (std::filesystem::temp_directory_path() / "stom-replay-XXXXXX").string();
    home = mkdtemp(name.data());
    plan.strategy = "mm_keep";
    plan.cash = Money{Int128{100'000} * power_of_ten(kMoneyDecimals)};
    plan.speed_milli = 10'000;
    clock.set(kBegin);
  }
  ~Desk() override {
    session.reset();
    std::filesystem::remove_all(home);
    for (const auto& folder : copies) std::filesystem::remove_all(folder);
  }
  std::unique_ptr<ReplaySession> open(const std::filesystem::path& folder) {
    auto data = choose_data(folder, {instrument, kBegin, kBegin + 2 * kMinute});
    EXPECT_TRUE(data) << data.error().message;
    auto opened = ReplaySession::open(folder, plan, std::move(*data), clock);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  void begin() { session = open(home); }
  /// Lets `wall` pass in turns of the engine thread.
  void run(DurationNanos wall, DurationNanos turn = 5 * kMillisecond) {
    for (DurationNanos passed = 0; passed < wall; passed += turn) {
      clock.set(clock.now() + turn);
      session->pump();
      told.read(*session);
    }
  }
  CommandDone command(Command c) {
    c.ticket = ++ticket;
    EXPECT_TRUE(session->submit(c));
    clock.set(clock.now() + 30 * kMillisecond);
    for (int i = 0; i < 100; ++i) {
      session->pump();
      told.read(*session);
      if (!told.answers.empty() && told.answers.back().ticket == ticket) return told.answers.back();
    }
    ADD_FAILURE() << "no answer";
    return {};
  }
  CommandDone simple(Command::Kind kind) {
    Command c;
    c.kind = kind;
    return command(c);
  }
  Command market_order(Side side, std::int64_t quantity) {
    Command c;
    c.kind = Command::Kind::Submit;
    c.order.side = side;
    c.order.type = OrderType::Market;
    c.order.time_in_force = TimeInForce::IOC;
    c.order.quantity = Quantity{quantity};
    c.key = Text<64>{fmt::format("key {}", ticket)};
    return c;
  }
  Command resting_order() {
    Command c = market_order(Side::Buy, 5);
    c.order.type = OrderType::Limit;
    c.order.time_in_force = TimeInForce::GTC;
    const Price best = told.live.books[0].bid[0].price;
    c.order.price = Price{best.value - 500};
    return c;
  }
  /// The state folder as a kill would leave it: the files as they are now, the process gone.
  std::filesystem::path killed_copy() {
    std::string name = (std::filesystem::temp_directory_path() / "stom-killed-XXXXXX").string();
    copies.emplace_back(mkdtemp(name.data()));
    std::filesystem::copy(home, copies.back(), std::filesystem::copy_options::recursive);
    return copies.back();
  }
  static Told settle(ReplaySession& resumed) {
    Told after;
    for (int i = 0; i < 200; ++i) {
      resumed.pump();
      after.read(resumed);
    }
    return after;
  }
  static void expect_same(const Told& before, const Told& after) {
    EXPECT_EQ(after.live.clock, before.live.clock);
    EXPECT_EQ(after.live.state, before.live.state);
    EXPECT_EQ(after.live.strategy, before.live.strategy);
    EXPECT_EQ(after.live.speed_milli, before.live.speed_milli);
    EXPECT_EQ(after.live.account.equity, before.live.account.equity);
    EXPECT_EQ(after.live.account.fees, before.live.account.fees);
    ASSERT_EQ(after.live.positions.size(), before.live.positions.size());
    for (std::size_t i = 0; i < before.live.positions.size(); ++i) {
      EXPECT_EQ(after.live.positions[i].quantity, before.live.positions[i].quantity);
      EXPECT_EQ(after.live.positions[i].average_price, before.live.positions[i].average_price);
    }
    ASSERT_EQ(after.fills.size(), before.fills.size());
    for (std::size_t i = 0; i < before.fills.size(); ++i) {
      EXPECT_EQ(after.fills[i].fill.time, before.fills[i].fill.time);
      EXPECT_EQ(after.fills[i].fill.price, before.fills[i].fill.price);
      EXPECT_EQ(after.fills[i].fill.order, before.fills[i].fill.order);
    }
    ASSERT_EQ(after.orders.size(), before.orders.size());
    for (const auto& [number, order] : before.orders) {
      EXPECT_EQ(after.orders.at(number).id, order.id);
      EXPECT_EQ(after.orders.at(number).status, order.status) << "order " << number;
      EXPECT_EQ(after.orders.at(number).leaves, order.leaves);
    }
    EXPECT_EQ(after.live.books[0].bid[0], before.live.books[0].bid[0]);
    EXPECT_EQ(after.live.books[0].ask[49], before.live.books[0].ask[49]);
  }

  std::filesystem::path home;
  std::vector<std::filesystem::path> copies;
  ManualClock clock;
  std::string instrument = "sim:BTCUSDT";
  Plan plan;
  std::unique_ptr<ReplaySession> session;
  Told told;
  std::uint64_t ticket = 0;
};

TEST_F(Desk, TheStrategyTradesAndTheMarketIsShown) {
  begin();
  run(6 * kSecond);
  EXPECT_LE(told.live.clock, kBegin + 61 * kSecond);
  EXPECT_GT(told.live.clock, kBegin + 50 * kSecond) << "ten times as fast as the wall";
  EXPECT_GT(told.orders.size(), 2u);
  EXPECT_GT(told.seconds.size(), 10u);
  EXPECT_GT(told.tape, 10u);
  EXPECT_EQ(told.live.books[0].bids, 50u);
  EXPECT_FALSE(told.live.books[0].stale);
  for (const auto& [number, order] : told.orders) EXPECT_EQ(order.source, OrderSource::Strategy);
}

TEST_F(Desk, WithAWatchListTheInstrumentIsSeenWhileThatHadItAlsoAfterAKill) {
  using enum WatchState;
  plan.watched =
      WatchFile{WatchTimeline::parse(std::string{WatchTimeline::header()} +
                                     WatchTimeline::line(kBegin, instrument, In, WatchReason::Named) +
                                     WatchTimeline::line(kBegin + 30 * kSecond, instrument, Out, WatchReason::Dropped))
                    .value(),
                "ab34"};
  begin();
  run(2 * kSecond);
  EXPECT_FALSE(told.live.books[0].stale);
  run(2 * kSecond);
  EXPECT_TRUE(told.live.books[0].stale);
  EXPECT_EQ(std::ranges::count(told.log, "book_gap"), 1);
  simple(Command::Kind::Pause);
  auto resumed = open(killed_copy());
  ASSERT_TRUE(resumed);
  expect_same(told, settle(*resumed));
}

TEST_F(Desk, AWatchListThatNeverHadTheInstrumentIsRefused) {
  plan.watched = WatchFile{WatchTimeline::parse(WatchTimeline::header()).value(), "ab34"};
  auto data = choose_data(home, {instrument, kBegin, kBegin + 2 * kMinute});
  ASSERT_TRUE(data);
  EXPECT_FALSE(ReplaySession::open(home, plan, std::move(*data), clock));
}

// A session's account is not held to its cash, but that is what a share of it is of.
TEST_F(Desk, AShareOfCashIsOfTheSessionsCash) {
  plan.strategy = "sma_cross";
  plan.parameters = {{"bar", "2s"}, {"fast", "2"}, {"slow", "4"}, {"quantity", "0.5"}};
  begin();
  run(6 * kSecond);
  ASSERT_FALSE(told.fills.empty());
  const ClientOrderId entry = told.fills[0].fill.order;
  Money value{};
  for (const auto& row : told.fills)
    if (row.fill.order == entry) value += value_of(told.info->instruments[0], row.fill.price, row.fill.quantity);
  // As much of the half as whole lots allow: one more would be too much.
  const Instrument& traded = told.info->instruments[0];
  const Money lot = value_of(traded, told.fills[0].fill.price, traded.lot);
  EXPECT_LE(value.value, plan.cash.value / 2);
  EXPECT_GT(value.value + 2 * lot.value, plan.cash.value / 2 * 99 / 100);
}

TEST_F(Desk, WhatIsOwnedAddsUpToTheLastUnit) {
  begin();
  run(2 * kSecond);
  command(market_order(Side::Buy, 30));
  run(kSecond);
  command(market_order(Side::Sell, 55));
  run(kSecond);
  command(market_order(Side::Buy, 7));
  run(2 * kSecond);
  ASSERT_GE(told.fills.size(), 3u);
  const AccountRow& account = told.live.account;
  EXPECT_EQ(account.equity, plan.cash + account.realized + account.unrealized - account.fees);
  std::int64_t position = 0;
  for (const auto& row : told.fills) position += sign_of(row.fill.side) * row.fill.quantity.value;
  ASSERT_EQ(told.live.positions.size(), 1u);
  EXPECT_EQ(told.live.positions[0].quantity.value, position);
}

/// A session by hand on spot, with a million won.
class SpotDesk : public Desk {
 protected:
  SpotDesk() {
    instrument = "sim:KRW-ETH";
    plan.strategy.clear();
    plan.cash = Money{Int128{1'000'000} * power_of_ten(kMoneyDecimals)};
  }
  const Instrument& traded() const { return told.info->instruments[0]; }
  Money value(Price price, Quantity quantity) const { return value_of(traded(), price, quantity); }
  /// The largest quantity that costs no more than that at the best ask.
  Quantity worth(Money money) const {
    const Money one = value(told.live.books[0].ask[0].price, traded().lot);
    return Quantity{static_cast<std::int64_t>(money.value / one.value) * traded().lot.value};
  }
  OrderRow send(Command order) {
    command(order);
    run(100 * kMillisecond);
    return told.orders.rbegin()->second;
  }
};

TEST_F(SpotDesk, WhatIsNotOwnedIsNotSold) {
  begin();
  run(kSecond);
  const OrderRow refused = send(market_order(Side::Sell, worth(Money{plan.cash.value / 10}).value));
  EXPECT_EQ(refused.status, OrderStatus::Rejected);
  EXPECT_EQ(refused.reason, RejectReason::InsufficientBalance);
  EXPECT_TRUE(told.fills.empty());
  EXPECT_EQ(told.live.account.cash, plan.cash);
  EXPECT_EQ(told.log.back(), "order_refused");
}

TEST_F(SpotDesk, MoreThanTheCashIsNotBought) {
  begin();
  run(kSecond);
  const OrderRow refused = send(market_order(Side::Buy, worth(plan.cash).value + traded().lot.value));
  EXPECT_EQ(refused.reason, RejectReason::InsufficientBalance);
  EXPECT_EQ(told.live.account.available, plan.cash);
}

TEST_F(SpotDesk, WhatIsBoughtIsPaidForAndWhatRestsIsSetAside) {
  begin();
  run(kSecond);
  const Quantity tenth = worth(Money{plan.cash.value / 10});
  EXPECT_EQ(send(market_order(Side::Buy, tenth.value)).status, OrderStatus::Filled);
  Money paid{};
  for (const FillRow& row : told.fills) paid += value(row.fill.price, row.fill.quantity) + row.fill.fee;
  EXPECT_EQ(told.live.account.cash, plan.cash - paid);
  EXPECT_EQ(told.live.account.available, plan.cash - paid);
  Command rests = market_order(Side::Buy, tenth.value);
  rests.order.type = OrderType::Limit;
  rests.order.time_in_force = TimeInForce::GTC;
  rests.order.price = told.live.books[0].bid[20].price;
  ASSERT_EQ(send(rests).status, OrderStatus::Working);
  EXPECT_EQ(told.live.account.cash, plan.cash - paid);
  EXPECT_LE(told.live.account.available, plan.cash - paid - value(rests.order.price, tenth));
  EXPECT_EQ(told.live.account.equity,
            plan.cash + told.live.account.realized + told.live.account.unrealized - told.live.account.fees);
  simple(Command::Kind::Pause);
  auto resumed = open(killed_copy());
  ASSERT_TRUE(resumed);
  const Told after = settle(*resumed);
  expect_same(told, after);
  EXPECT_EQ(after.live.account.cash, told.live.account.cash);
  EXPECT_EQ(after.live.account.available, told.live.account.available);
}

TEST_F(SpotDesk, FlattenSellsWhatIsThereAndNoMore) {
  begin();
  run(kSecond);
  send(market_order(Side::Buy, worth(Money{plan.cash.value / 2}).value));
  Command rests = market_order(Side::Sell, told.live.positions[0].quantity.value);
  rests.order.type = OrderType::Limit;
  rests.order.time_in_force = TimeInForce::GTC;
  rests.order.price = told.live.books[0].ask[20].price;
  ASSERT_EQ(send(rests).status, OrderStatus::Working);
  ASSERT_EQ(send(rests).reason, RejectReason::InsufficientBalance) << "it is for sale already";
  Command flatten;
  flatten.kind = Command::Kind::Flatten;
  command(flatten);
  run(kSecond);
  EXPECT_EQ(told.live.positions[0].quantity.value, 0);
  EXPECT_EQ(told.live.account.available, told.live.account.equity);
}

TEST_F(SpotDesk, AnUnlimitedAccountIsHadByName) {
  plan.account.account = "unlimited";
  begin();
  run(kSecond);
  EXPECT_EQ(told.info->account, "unlimited");
  EXPECT_EQ(send(market_order(Side::Sell, worth(Money{plan.cash.value / 10}).value)).status, OrderStatus::Filled);
}

TEST_F(SpotDesk, FeesCanBeThoseOfATable) {
  plan.account.fees = "upbit-krw";
  begin();
  run(kSecond);
  send(market_order(Side::Buy, worth(Money{plan.cash.value / 10}).value));
  ASSERT_FALSE(told.fills.empty());
  const Fill& fill = told.fills[0].fill;
  EXPECT_EQ(fill.fee, fee_of(traded(), fill.price, fill.quantity, 500'000)) << "0.05 %";
}

TEST_F(Desk, AContractNeedsMarginAndLeverageSharesIt) {
  plan.strategy.clear();
  plan.cash = Money{Int128{1'000} * power_of_ten(kMoneyDecimals)};
  plan.account.leverage = "10";
  begin();
  run(kSecond);
  EXPECT_EQ(told.info->account, "margin");
  EXPECT_EQ(told.info->leverage, 10);
  const Instrument& traded = told.info->instruments[0];
  const Money one = value_of(traded, told.live.books[0].ask[0].price, traded.lot);
  const auto lots = [&](std::int64_t percent) {
    return static_cast<std::int64_t>(plan.cash.value * percent / 100 / one.value) * traded.lot.value;
  };
  command(market_order(Side::Sell, lots(500)));  // five times the cash, sold short
  run(100 * kMillisecond);
  EXPECT_EQ(told.orders.rbegin()->second.status, OrderStatus::Filled);
  EXPECT_GT(told.live.account.margin_used, Money{plan.cash.value / 4});
  EXPECT_LT(told.live.account.margin_used, plan.cash);
  command(market_order(Side::Sell, lots(600)));
  run(100 * kMillisecond);
  EXPECT_EQ(told.orders.rbegin()->second.reason, RejectReason::InsufficientMargin);
  command(market_order(Side::Buy, lots(500)));
  run(100 * kMillisecond);
  EXPECT_EQ(told.orders.rbegin()->second.status, OrderStatus::Filled) << "closing is never refused";
  EXPECT_EQ(told.live.account.margin_used, Money{});
}

TEST_F(Desk, AnAccountThatDoesNotFitTheInstrumentIsRefused) {
  plan.account.account = "cash";
  auto data = choose_data(home, {instrument, kBegin, kBegin + kMinute});
  ASSERT_TRUE(data);
  const auto refused = ReplaySession::open(home, plan, std::move(*data), clock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().hint, "--account margin");
}

TEST_F(Desk, PausedMarketTimeStandsStillAndAnOrderWaits) {
  begin();
  run(kSecond);
  simple(Command::Kind::Pause);
  const auto clock_before = told.live.clock;
  const auto done = command(market_order(Side::Buy, 10));
  EXPECT_EQ(done.outcome, Outcome::Done);
  run(kSecond);
  EXPECT_EQ(told.live.clock, clock_before);
  EXPECT_EQ(told.orders.rbegin()->second.source, OrderSource::Manual);
  EXPECT_EQ(told.orders.rbegin()->second.status, OrderStatus::PendingNew);
  Command step;
  step.kind = Command::Kind::StepTime;
  step.step = 10 * kMillisecond;
  command(step);
  EXPECT_EQ(told.live.clock, clock_before + 10 * kMillisecond);
  EXPECT_EQ(told.orders.rbegin()->second.status, OrderStatus::Filled);
}

TEST_F(Desk, AStepByEventShowsTheNextMessageAndNoMore) {
  plan.paused = true;
  begin();
  const auto events = told.live.events;
  simple(Command::Kind::StepEvent);
  EXPECT_GT(told.live.events, events);
  EXPECT_EQ(told.live.state, RunState::Paused);
}

TEST_F(Desk, FlattenLeavesNothingOpenAndTheStrategyPaused) {
  begin();
  run(2 * kSecond);
  command(market_order(Side::Buy, 30));
  command(resting_order());
  run(kSecond);
  Command flatten;
  flatten.kind = Command::Kind::Flatten;
  flatten.pause_strategy = true;
  command(flatten);
  run(2 * kSecond);
  EXPECT_EQ(told.live.positions[0].quantity.value, 0);
  EXPECT_EQ(told.live.strategy, StrategyState::Paused);
  for (const auto& [number, order] : told.orders) EXPECT_FALSE(order.is_open()) << number;
  const auto orders = told.orders.size();
  run(kSecond);
  EXPECT_EQ(told.orders.size(), orders) << "a paused strategy places nothing";
  simple(Command::Kind::ResumeStrategy);
  run(2 * kSecond);
  EXPECT_GT(told.orders.size(), orders);
}

TEST_F(Desk, AKilledSessionGoesOnWithTheSamePositionOrdersAndClock) {
  begin();
  run(2 * kSecond);
  command(market_order(Side::Buy, 30));
  run(kSecond);
  command(resting_order());
  command(market_order(Side::Sell, 5));
  run(700 * kMillisecond);
  simple(Command::Kind::Pause);
  const auto copy = killed_copy();
  auto resumed = open(copy);
  ASSERT_TRUE(resumed);
  const Told after = settle(*resumed);
  ASSERT_TRUE(after.info);
  EXPECT_TRUE(after.info->resumed);
  EXPECT_EQ(after.keys, 3u) << "a repeated Idempotency-Key is known after the restart too";
  expect_same(told, after);
  EXPECT_EQ(after.tape, std::min<std::size_t>(told.tape, 200)) << "the newest trades are on the tape, too";
  EXPECT_EQ(resumed->journal_hash(), session->journal_hash());
}

TEST_F(Desk, AKillWhilePlayingLosesNoFillThatWasShown) {
  begin();
  run(3 * kSecond);
  command(market_order(Side::Buy, 30));
  run(333 * kMillisecond, 7 * kMillisecond);
  const auto copy = killed_copy();
  auto resumed = open(copy);
  ASSERT_TRUE(resumed);
  Told after;
  after.read(*resumed);
  resumed->pump();
  after.read(*resumed);
  EXPECT_EQ(after.live.state, RunState::Playing);
  ASSERT_GE(after.fills.size(), told.fills.size());
  for (std::size_t i = 0; i < told.fills.size(); ++i) EXPECT_EQ(after.fills[i].fill.time, told.fills[i].fill.time);
  EXPECT_GE(after.live.clock, told.live.clock - 11 * kSecond);
}

TEST_F(Desk, AJournalCutAtAnyByteIsGoneOnWith) {
  begin();
  run(kSecond);
  command(market_order(Side::Buy, 30));
  run(kSecond);
  command(resting_order());
  simple(Command::Kind::Pause);
  const auto size = std::filesystem::file_size(home / "sessions" / "default-1" / "journal");
  for (int cut = 0; cut < 12; ++cut) {
    const auto copy = killed_copy();
    std::filesystem::resize_file(copy / "sessions" / "default-1" / "journal", size * static_cast<unsigned>(cut) / 12);
    auto resumed = open(copy);
    ASSERT_TRUE(resumed);
    const Told after = settle(*resumed);
    EXPECT_NE(after.live.state, RunState::Halted) << "cut " << cut << ": " << after.live.halted_reason.view();
    EXPECT_LE(after.fills.size(), told.fills.size());
    for (std::size_t i = 0; i < after.fills.size(); ++i) EXPECT_EQ(after.fills[i].fill.time, told.fills[i].fill.time);
  }
}

TEST_F(Desk, AJournalThatThisBuildWouldNotWriteHaltsTheSession) {
  begin();
  run(2 * kSecond);
  simple(Command::Kind::Pause);
  auto copy = killed_copy();
  const auto path = copy / "sessions" / "default-1" / "journal";
  auto records = read_journal(path);
  ASSERT_TRUE(records);
  std::filesystem::remove(path);
  {
    Journal forged;
    ASSERT_TRUE(forged.open(path));
    bool changed = false;
    for (auto& record : *records) {
      if (record.kind == RecordKind::Configuration) forged.configuration(record.text);
      if (record.kind == RecordKind::Operator) forged.operator_command(record.time, record.text);
      if (record.kind == RecordKind::Log) forged.log(record.time, record.text);
      if (record.kind == RecordKind::Cancel) forged.cancel(record.time, record.request, record.order.id);
      if (record.kind == RecordKind::OrderEvent) forged.event(record.event, record.request);
      if (record.kind == RecordKind::Submit) {
        if (!std::exchange(changed, true)) record.order.quantity.value += 1;
        forged.submit(record.time, record.request, record.order);
      }
    }
    ASSERT_TRUE(changed);
    ASSERT_TRUE(forged.flush());
  }
  auto resumed = open(copy);
  ASSERT_TRUE(resumed);
  const Told after = settle(*resumed);
  EXPECT_EQ(after.live.state, RunState::Halted);
  EXPECT_NE(after.live.halted_reason.view().find("journal"), std::string_view::npos);
}

TEST_F(Desk, APaceOfItsOwnChangesNoFill) {
  begin();
  run(11 * kSecond, 3 * kMillisecond);
  const Told slow = told;
  const std::vector<FillRow> slow_fills = slow.fills;
  ASSERT_FALSE(slow_fills.empty());
  session.reset();
  plan.name = "other";
  plan.speed_milli = kSpeedMax;
  told = {};
  session = open(home);
  run(4 * kSecond);
  EXPECT_EQ(told.live.state, RunState::Finished);
  ASSERT_GE(told.fills.size(), slow_fills.size());
  for (std::size_t i = 0; i < slow_fills.size(); ++i) {
    EXPECT_EQ(told.fills[i].fill.time, slow_fills[i].fill.time);
    EXPECT_EQ(told.fills[i].fill.price, slow_fills[i].fill.price);
  }
}

TEST_F(Desk, AJumpPausesAtTheNextFillAndNotAfterIt) {
  plan.paused = true;
  begin();
  for (int i = 0; i < 3; ++i) {
    const auto fills = told.fills.size();
    simple(Command::Kind::JumpToFill);
    run(200 * kMillisecond);
    ASSERT_EQ(told.live.state, RunState::Paused);
    ASSERT_GT(told.fills.size(), fills);
    EXPECT_LE(told.live.clock - told.fills[fills].fill.local_time, 10 * kMillisecond);
    EXPECT_GE(told.live.clock, told.fills.back().fill.local_time);
  }
}

TEST_F(Desk, AJumpToASignalPausesWithTheOrderJustSent) {
  plan.paused = true;
  begin();
  simple(Command::Kind::JumpToOrder);
  run(200 * kMillisecond);
  ASSERT_EQ(told.live.state, RunState::Paused);
  ASSERT_FALSE(told.orders.empty());
  EXPECT_LE(told.live.clock - told.orders.begin()->second.created, 10 * kMillisecond);
}

TEST_F(Desk, AJumpToATimeStopsThereAndNeverGoesBack) {
  plan.paused = true;
  begin();
  Command jump;
  jump.kind = Command::Kind::JumpToTime;
  jump.until = kBegin + 30 * kSecond;
  command(jump);
  run(200 * kMillisecond);
  EXPECT_EQ(told.live.state, RunState::Paused);
  EXPECT_EQ(told.live.clock, jump.until);
  const CommandDone back = command(jump);
  EXPECT_EQ(back.outcome, Outcome::Refused);
  EXPECT_EQ(told.live.clock, jump.until);
}

TEST_F(Desk, AJumpThatWasKilledOnItsWayGoesOnAndEndsAtTheSamePlace) {
  plan.paused = true;
  begin();
  Command jump;
  jump.kind = Command::Kind::JumpToTime;
  jump.until = kBegin + 100 * kSecond;
  jump.ticket = ++ticket;
  ASSERT_TRUE(session->submit(jump));
  clock.set(clock.now() + 30 * kMillisecond);
  session->pump();  // a turn of the engine: the jump has begun
  const auto killed = killed_copy();
  run(200 * kMillisecond);
  ASSERT_EQ(told.live.clock, jump.until);
  auto resumed = open(killed);
  ASSERT_TRUE(resumed);
  Told after;
  for (int i = 0; i < 100; ++i) {
    clock.set(clock.now() + 5 * kMillisecond);
    resumed->pump();
    after.read(*resumed);
  }
  expect_same(told, after);
}

TEST_F(Desk, TheLogTellsWhatWasDoneAndWhatCameOfItAlsoAfterAKill) {
  plan.paused = true;
  begin();
  Command step;
  step.kind = Command::Kind::StepTime;
  step.step = 5 * kSecond;
  command(step);
  command(market_order(Side::Buy, 10));
  Command refused = market_order(Side::Buy, 10);
  refused.order.type = OrderType::Limit;
  refused.order.time_in_force = TimeInForce::GTC;
  refused.order.post_only = true;
  refused.order.price = told.live.books[0].ask[49].price;
  command(refused);
  command(step);
  Command speed;
  speed.kind = Command::Kind::Speed;
  speed.speed_milli = 50'000;
  command(speed);
  const auto times = [&](const Told& what, std::string_view code) {
    return std::count(what.log.begin(), what.log.end(), code);
  };
  EXPECT_EQ(told.log.front(), "session_began");
  EXPECT_EQ(times(told, "step"), 2);
  EXPECT_EQ(times(told, "order_sent"), 2);
  const auto refusals = std::count_if(told.orders.begin(), told.orders.end(), [](const auto& entry) {
    return entry.second.reason != RejectReason::None && entry.second.reason != RejectReason::Expired;
  });
  EXPECT_GE(refusals, 1);
  EXPECT_EQ(times(told, "order_refused"), refusals) << "the strategy's too";
  EXPECT_EQ(times(told, "fill"), static_cast<std::ptrdiff_t>(told.fills.size()));
  EXPECT_EQ(times(told, "speed"), 2) << "as it began, and as it was changed";
  auto resumed = open(killed_copy());
  ASSERT_TRUE(resumed);
  Told after = settle(*resumed);
  ASSERT_FALSE(after.log.empty());
  EXPECT_EQ(after.log.back(), "session_resumed");
  after.log.pop_back();
  EXPECT_EQ(after.log, told.log);
}

TEST_F(Desk, AChosenSessionIsPlayedAndGoneOnWithAfterAKill) {
  begin();
  run(kSecond);
  Command next;
  next.kind = Command::Kind::Begin;
  next.choice = std::make_shared<SessionChoice>(
      SessionChoice{"sim:KRW-ETH", "grid", {{"levels", "3"}}, kBegin, kBegin + kMinute});
  ASSERT_EQ(command(next).outcome, Outcome::Done) << told.answers.back().detail.view();
  EXPECT_EQ(told.info->session_id, "default-2");
  EXPECT_EQ(told.info->instruments[0].id, "sim:KRW-ETH");
  EXPECT_EQ(told.info->strategy, "grid");
  EXPECT_EQ(told.info->data_source, "generator");
  EXPECT_EQ(told.info->currency, "KRW");
  EXPECT_EQ(told.live.account.cash, usual_cash(told.info->instruments[0]));
  run(kSecond);
  simple(Command::Kind::Pause);
  const auto killed = killed_copy();
  auto resumed = open(killed);  // started as the first session was
  ASSERT_TRUE(resumed);
  ASSERT_TRUE(resumed->choice());
  const Told after = settle(*resumed);
  EXPECT_EQ(after.info->session_id, "default-2");
  expect_same(told, after);
}

TEST_F(Desk, TextsThatWereChosenAreGoneOnWithWordForWord) {
  begin();
  run(kSecond);
  Command next;
  next.kind = Command::Kind::Begin;
  next.choice = std::make_shared<SessionChoice>(
      SessionChoice{"sim:BTCUSDT",
                    "conditions",
                    {{"buy", "# a \\ and\r\nif 현재가 <= 이동평균(3):\n    매수 = False\n"},
                     {"sell", "매도 = 보유시간 > 3"},
                     {"vars", "self.vars[0] = 3"}},
                    kBegin,
                    kBegin + kMinute});
  ASSERT_EQ(command(next).outcome, Outcome::Done) << told.answers.back().detail.view();
  run(20 * kSecond);
  EXPECT_GT(told.fills.size(), 2u);
  simple(Command::Kind::Pause);
  auto resumed = open(killed_copy());
  ASSERT_TRUE(resumed);
  ASSERT_TRUE(resumed->choice());
  EXPECT_EQ(resumed->choice()->parameters, next.choice->parameters);
  expect_same(told, settle(*resumed));
}

// The way by which a choice was come to is not kept; so it must not matter.
TEST_F(Desk, WhatAChoiceDoesNotSayIsWhatTheSessionWasOpenedWith) {
  plan.account.leverage = "5";
  plan.cash = Money{Int128{777} * power_of_ten(kMoneyDecimals)};
  begin();
  for (const char* id : {"sim:KRW-ETH", "sim:BTCUSDT"}) {
    Command next;
    next.kind = Command::Kind::Begin;
    next.choice = std::make_shared<SessionChoice>(SessionChoice{id, "", {}, kBegin, kBegin + kMinute});
    ASSERT_EQ(command(next).outcome, Outcome::Done) << told.answers.back().detail.view();
  }
  EXPECT_EQ(told.info->leverage, 5);
  EXPECT_EQ(told.live.account.cash, plan.cash);
  simple(Command::Kind::Pause);
  auto resumed = open(killed_copy());
  ASSERT_TRUE(resumed);
  expect_same(told, settle(*resumed));
}

TEST_F(SpotDesk, WhatALimitForbidsIsDeniedByHandTooAndAfterAKill) {
  plan.limits = {risk::parse_limit("order_quantity=0.001").value()};
  begin();
  run(kSecond);
  EXPECT_EQ(told.info->limits, std::vector<std::string>{"order_quantity=0.001"});
  const OrderRow refused = send(market_order(Side::Buy, worth(Money{plan.cash.value / 10}).value));
  EXPECT_TRUE(refused.denied);
  EXPECT_EQ(refused.reason, RejectReason::RiskOrderQuantity);
  EXPECT_EQ(told.log.back(), "order_refused");
  EXPECT_EQ(told.live.account.available, plan.cash);
  simple(Command::Kind::Pause);
  auto resumed = open(killed_copy());
  ASSERT_TRUE(resumed);
  expect_same(told, settle(*resumed));

  session.reset();
  plan.limits.clear();
  auto data = choose_data(home, {instrument, kBegin, kBegin + 2 * kMinute});
  ASSERT_TRUE(data);
  const auto other = ReplaySession::open(home, plan, std::move(*data), clock);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().hint.find("to go on with it: --limit order_quantity=0.001"), std::string::npos)
      << other.error().hint;
}

TEST_F(Desk, LimitsThatAreChosenCountAndThoseOfTheStartWhereNoneAre) {
  plan.limits = {risk::parse_limit("position=3").value()};
  begin();
  const auto next = [&](std::optional<std::vector<std::string>> limits) {
    Command begins;
    begins.kind = Command::Kind::Begin;
    begins.choice =
        std::make_shared<SessionChoice>(SessionChoice{instrument, "", {}, kBegin, kBegin + kMinute, std::move(limits)});
    return command(begins);
  };
  using Limits = std::vector<std::string>;
  ASSERT_EQ(next(std::nullopt).outcome, Outcome::Done);
  EXPECT_EQ(told.info->limits, Limits{"position=3"});
  ASSERT_EQ(next(Limits{}).outcome, Outcome::Done);
  EXPECT_EQ(told.info->limits, Limits{});
  for (const char* wrong : {"position=x", "position@two=1", "daily_loss=5"})
    EXPECT_EQ(next(Limits{wrong}).outcome, Outcome::Refused) << wrong;
  const Limits chosen{"position=0.01", "order_rate=10/1s"};
  ASSERT_EQ(next(chosen).outcome, Outcome::Done) << told.answers.back().detail.view();
  EXPECT_EQ(told.info->limits, chosen);
  simple(Command::Kind::Pause);
  auto resumed = open(killed_copy());  // started as the first session was
  ASSERT_TRUE(resumed);
  EXPECT_EQ(settle(*resumed).info->limits, chosen);
}

TEST_F(Desk, AChoiceThatIsRefusedLeavesTheSessionAsItIs) {
  begin();
  run(2 * kSecond);
  for (const SessionChoice& wrong : {SessionChoice{"sim:NOTHING", "", {}, kNoTime, kNever},
                                     SessionChoice{"sim:BTCUSDT", "no_such_strategy", {}, kNoTime, kNever},
                                     SessionChoice{"sim:BTCUSDT", "grid", {{"no_such", "1"}}, kNoTime, kNever},
                                     SessionChoice{"sim:BTCUSDT", "grid", {}, kBegin, kBegin - kSecond}}) {
    Command next;
    next.kind = Command::Kind::Begin;
    next.choice = std::make_shared<SessionChoice>(wrong);
    const auto fills = told.fills.size();
    const CommandDone done = command(next);
    EXPECT_EQ(done.outcome, Outcome::Refused) << wrong.instrument << wrong.strategy;
    EXPECT_FALSE(done.detail.empty());
    EXPECT_EQ(session->id(), "default-1");
    EXPECT_GE(told.fills.size(), fills);
  }
  const auto before = told.live.clock;
  run(kSecond);
  EXPECT_GT(told.live.clock, before) << "it plays on";
  EXPECT_FALSE(std::filesystem::exists(home / "sessions" / "default-2"));
}

TEST_F(Desk, AfterTheEndOfTheDataOrdersAreRefusedAndARestartBeginsAnew) {
  plan.speed_milli = kSpeedMax;
  begin();
  run(4 * kSecond);
  ASSERT_EQ(told.live.state, RunState::Finished);
  EXPECT_EQ(command(market_order(Side::Buy, 1)).outcome, Outcome::SessionFinished);
  const auto first = session->journal_hash();
  EXPECT_EQ(simple(Command::Kind::Restart).outcome, Outcome::Done);
  EXPECT_EQ(session->id(), "default-2");
  EXPECT_TRUE(std::filesystem::exists(home / "sessions" / "default-1" / "journal"));
  EXPECT_EQ(told.info->session_id, "default-2");
  EXPECT_LT(told.live.clock, kBegin + kMinute);
}

TEST_F(Desk, AFinishedSessionIsStillFinishedAfterAKill) {
  plan.speed_milli = kSpeedMax;
  begin();
  run(4 * kSecond);
  ASSERT_EQ(told.live.state, RunState::Finished);
  auto resumed = open(killed_copy());
  ASSERT_TRUE(resumed);
  expect_same(told, settle(*resumed));
}

TEST_F(Desk, ASecondProcessIsToldWhoHoldsTheSession) {
  begin();
  auto data = choose_data(home, {"sim:BTCUSDT", kBegin, kBegin + kMinute});
  ASSERT_TRUE(data);
  const auto second = ReplaySession::open(home, plan, std::move(*data), clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::Locked);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
}

TEST_F(Desk, AnotherConfigurationDoesNotGoOnWithAJournal) {
  begin();
  session.reset();
  plan.models.fees.maker_rate += 1;
  auto data = choose_data(home, {"sim:BTCUSDT", kBegin, kBegin + 2 * kMinute});
  const auto other = ReplaySession::open(home, plan, std::move(*data), clock);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().hint.find("--session"), std::string::npos);
}

TEST_F(Desk, WithoutDataTheErrorSaysHowToMakeSome) {
  const auto none = choose_data(home, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::NotFound);
  EXPECT_NE(none.error().hint.find("stom data gen"), std::string::npos);
}

TEST(CommandText, ComesBackAsItWas) {
  Command c;
  c.kind = Command::Kind::Submit;
  c.order.side = Side::Sell;
  c.order.type = OrderType::StopLimit;
  c.order.time_in_force = TimeInForce::FOK;
  c.order.reduce_only = true;
  c.order.quantity = Quantity{123};
  c.order.price = Price{456};
  c.order.trigger_price = Price{-7};
  c.key = Text<64>{"a b=c\n"};
  c.body_hash = ~std::uint64_t{0};
  const auto back = from_text(to_text(c));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_text(*back), to_text(c));
  EXPECT_EQ(back->key.view(), "a b=c\n");
  EXPECT_EQ(back->body_hash, c.body_hash);
  EXPECT_EQ(back->order.type, OrderType::StopLimit);
  const Command closing{.kind = Command::Kind::Cancel, .cancel = kStopLossChild | 7};
  const auto canceled = from_text(to_text(closing));
  ASSERT_TRUE(canceled);
  EXPECT_EQ(canceled->cancel, closing.cancel) << "of a bracket: its highest bit is set";
  EXPECT_FALSE(from_text("fly"));
  EXPECT_FALSE(from_text("submit side=9"));
  EXPECT_FALSE(from_text("cancel id=x"));
}

}  // namespace
}  // namespace stom::replay
