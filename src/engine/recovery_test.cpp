// State = fold(records): what a run believes is what its journal leads to, at every record; and a file that was cut
// or spoiled leads to what was believed at its last whole one.
#include "engine/recovery.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "core/random.hpp"
#include "core/state_io.hpp"
#include "engine/engine.hpp"
#include "sim/venue_simulator.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

/// All that is believed, as text.
std::string told(const orders::AccountState& state) {
  std::string text = fmt::format("next {} {}, sent {}, fees {}\n", state.next_id(), state.next_request(),
                                 state.submitted(), static_cast<std::int64_t>(state.total_fee().value));
  for (const WorkingOrder& o : state.orders())
    text += fmt::format("order {} of {}: {} {} {} {} at {}, {} of {} left, request {}\n", o.id, o.instrument,
                        static_cast<int>(o.side), static_cast<int>(o.type), static_cast<int>(o.status),
                        o.cancel_pending, o.price.value, o.leaves.value, o.quantity.value, o.request);
  for (const auto& [position, cash, value, dust] : state.holdings())
    text += fmt::format("held {} and {} for {} and {}\n", position.value, static_cast<std::int64_t>(dust.value),
                        static_cast<std::int64_t>(value), static_cast<std::int64_t>(cash.value / 1'000'000));
  for (std::size_t reason = 0; reason < kRejectReasons; ++reason)
    if (state.refused()[reason] != 0) text += fmt::format("refused for {}: {}\n", reason, state.refused()[reason]);
  for (const auto as : {OrderStatus::Filled, OrderStatus::Canceled, OrderStatus::Rejected, OrderStatus::Expired})
    text += fmt::format("ended {} ", state.ended(as));
  for (const auto& [id, reason] : state.exit_reasons()) text += fmt::format("\n{} closed by {}", id, reason);
  text += fmt::format("\n{} fills, {} of them there", state.fill_count(), state.fills().size());
  if (state.fills().empty()) return text;
  const Fill& last = state.fills().back();
  return text + fmt::format(", the last of {} at {}: {} for {}, {}", last.order, last.time, last.quantity.value,
                            last.price.value, static_cast<std::int64_t>(last.fee.value));
}

/// What a run believed when its journal had so many records.
using Beliefs = std::map<std::uint64_t, std::string>;

/// Orders of every kind, at random, and cancels of them; writes down what is believed after each record.
class AnyOrders final : public Strategy {
 public:
  AnyOrders(std::uint64_t seed, Beliefs& beliefs) : random_{seed}, beliefs_{beliefs} {}
  void on_start(Context& context) override {
    write_down(context);
    for (InstrumentIndex i = 0; i < 2; ++i) context.subscribe_trades(i);
  }
  void on_trade(Context& context, const TradeTick& trade) override {
    if (random_.below(3) == 0) order(context, trade);
    if (!context.orders().empty() && random_.below(4) == 0) {
      context.cancel(context.orders()[random_.below(context.orders().size())].id);
      write_down(context);
    }
    if (random_.below(16) == 0) {
      context.log("so many orders: " + std::to_string(context.orders().size()));
      write_down(context);
    }
  }
  void on_order(Context& context, const OrderEvent&) override { write_down(context); }

 private:
  void order(Context& context, const TradeTick& trade) {
    NewOrder order{.instrument = trade.instrument,
                   .side = static_cast<Side>(random_.below(2)),
                   .type = static_cast<OrderType>(random_.below(4)),
                   .time_in_force = static_cast<TimeInForce>(random_.below(3)),
                   .post_only = random_.below(5) == 0,
                   .reduce_only = random_.below(6) == 0,
                   .quantity = {static_cast<std::int64_t>(random_.below(30))},
                   .price = trade.price};
    order.price.value += static_cast<std::int64_t>(random_.below(9)) - 4;
    order.trigger_price.value = trade.price.value + static_cast<std::int64_t>(random_.below(9)) - 4;
    if (random_.below(3) == 0) {
      order.stop_loss.value = trade.price.value - sign_of(order.side) * 3;
      order.take_profit.value = trade.price.value + sign_of(order.side) * 3;
    }
    context.submit(order);
    write_down(context);
  }
  void write_down(Context& context) {
    auto& run = static_cast<Run&>(context);
    beliefs_.try_emplace(run.journal().records(), told(run.state()));
  }

  Random random_;
  Beliefs& beliefs_;
};

/// A price that goes up and down, with a trade and a new book every 10 ms.
class Waves final : public stom::test::HandFed {
 public:
  Waves(std::uint64_t seed, std::size_t steps) {
    Random random{seed};
    std::int64_t price[] = {1'000, 500};
    for (std::size_t i = 0; i < steps; ++i) {
      const auto index = static_cast<InstrumentIndex>(random.below(2));
      std::int64_t& at = price[index];
      at += static_cast<std::int64_t>(random.below(3)) - 1;
      const auto time = static_cast<UnixNanos>(i + 1) * 10 * kMillisecond;
      send(time, FeedKind::Snapshot, {{at - 1, 20}}, {{at, 20}}, index);
      const std::int64_t traded = random.below(2) == 0 ? at - 1 : at;
      send(time + 1, FeedKind::Trade, {{traded, 7}}, {}, index).sell_aggressor = traded % 2 == 0;
    }
  }
};

std::vector<Instrument> two() {
  Instrument coin{.id = "test:COIN", .base = "COIN", .quote = "USD", .ladder = {{{0}, {1}}}};
  Instrument contract = coin;
  contract.id = "test:INVERSE";
  contract.kind = ContractKind::Inverse;
  return {coin, contract};
}

constexpr Money kCash{Int128{1'000'000} * power_of_ten(kMoneyDecimals)};

class AJournalOfARun : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::path{testing::TempDir()} /
            (std::string{"recovery-"} + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove(path_);
    fs::remove(path_.string() + ".cut");
  }
  void TearDown() override {
    fs::remove(path_);
    fs::remove(path_.string() + ".cut");
  }

  Beliefs run(std::uint64_t seed, std::size_t steps, bool keeps_history = true) {
    Beliefs beliefs;
    Waves ours{seed, steps}, venues{seed, steps};
    sim::RunModels models;
    models.latency = {.entry = 3 * kMillisecond, .response = 4 * kMillisecond};
    models.fees = {.maker_rate = -100'000, .taker_rate = 500'000, .schedule = {}};
    sim::VenueSimulator venue{instruments_, {models}, sim::FillRules::Stom, venues, seed};
    Engine engine{instruments_, ours, venue};
    stom::Run& run = engine.add_run(std::make_unique<AnyOrders>(seed, beliefs),
                                    {.configuration = "any", .cash = kCash, .keeps_history = keeps_history});
    EXPECT_TRUE(run.journal().open(path_));
    EXPECT_TRUE(engine.start(0, kMinute));
    while (engine.advance(kNever - 1)) {
    }
    engine.stop();
    EXPECT_TRUE(run.journal().flush());
    beliefs[run.journal().records()] = told(run.state());
    points_ = run.equity_curve().size();
    end_ = run.state();
    return beliefs;
  }
  Recovery recovery() const { return Recovery{instruments_, kCash}; }
  std::string bytes() const {
    std::ifstream in{path_, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void write(const std::string& bytes) const { std::ofstream{path_, std::ios::binary} << bytes; }

  std::vector<Instrument> instruments_ = two();
  fs::path path_;
  std::optional<orders::AccountState> end_;  // of the last run
  std::size_t points_ = 0;                   // of its equity
};

TEST_F(AJournalOfARun, LeadsAtEveryRecordToWhatTheRunBelieved) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    fs::remove(path_);
    const Beliefs beliefs = run(seed, 1'500);
    const auto records = read_journal(path_);
    ASSERT_TRUE(records) << records.error().message;
    ASSERT_EQ(beliefs.size(), records->size()) << "every record was seen";
    Recovery folded = recovery();
    for (std::size_t n = 0; n < records->size(); ++n) {
      ASSERT_TRUE(folded.fold((*records)[n]));
      ASSERT_EQ(told(folded.account()), beliefs.at(n + 1)) << "after record " << n;
      ASSERT_EQ(folded.sent().size(), folded.account().orders().size());
    }
    for (const auto as : {OrderStatus::Filled, OrderStatus::Canceled, OrderStatus::Rejected, OrderStatus::Expired})
      EXPECT_GT(folded.account().ended(as), 0u) << "the run had no order that ended as " << static_cast<int>(as);
  }
}

/// All that it holds but the history.
template <class State>
std::string written(State& state) {
  std::string bytes;
  StateWriter{bytes}(state);
  return bytes;
}

// So a snapshot of any record, and the records behind it, are as good as all of them.
TEST_F(AJournalOfARun, WrittenDownBehindAnyRecordAndReadBackGoesOnToTheSame) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    fs::remove(path_);
    run(seed, 400);
    const auto records = read_journal(path_);
    ASSERT_TRUE(records) << records.error().message;
    Recovery all = recovery(), before = recovery();
    for (const auto& record : *records) ASSERT_TRUE(all.fold(record));
    const std::string end = written(all);
    for (std::size_t n = 0; n <= records->size(); ++n) {
      if (n > 0) ASSERT_TRUE(before.fold((*records)[n - 1]));
      const std::string state = written(before);
      Recovery later = recovery();
      StateReader in{state};
      in(later);
      ASSERT_TRUE(in.done() && later.is_of_its_instruments()) << "behind record " << n;
      later.account().restore_fills(before.account().fills());
      ASSERT_EQ(written(later), state) << "behind record " << n;
      ASSERT_EQ(told(later.account()), told(before.account())) << "behind record " << n;
      for (std::size_t i = n; i < records->size(); ++i) ASSERT_TRUE(later.fold((*records)[i]));
      ASSERT_EQ(written(later), end) << "behind record " << n;
      ASSERT_EQ(told(later.account()), told(all.account())) << "behind record " << n;
    }
  }
}

// A session of weeks keeps none of it: the strategy decides the same, and the same is believed.
TEST_F(AJournalOfARun, IsTheSameWhereTheRunKeepsNoHistory) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    fs::remove(path_);
    run(seed, 1'500);
    const std::string journal = bytes();
    orders::AccountState kept = *end_;
    ASSERT_GT(kept.fills().size(), 10u);
    const std::size_t points = points_;
    fs::remove(path_);
    run(seed, 1'500, false);
    EXPECT_EQ(bytes(), journal);
    EXPECT_EQ(written(*end_), written(kept));
    EXPECT_EQ(end_->fill_count(), kept.fills().size());
    EXPECT_TRUE(end_->fills().empty() && end_->funding().empty() && end_->exit_reasons().empty());
    EXPECT_LE(points_, 1u) << "of " << points;
  }
}

// It is killed behind any record, goes on, and keeps nothing of what is over: at the end it believes what the one does
// that never stopped.
TEST_F(AJournalOfARun, IsGoneOnWithWithoutHistoryAsByTheOneThatNeverStopped) {
  run(4, 400, false);
  const auto records = read_journal(path_);
  ASSERT_TRUE(records) << records.error().message;
  orders::AccountState& never_stopped = *end_;
  Recovery before = recovery();
  for (std::size_t n = 0; n <= records->size(); ++n) {
    if (n > 0) ASSERT_TRUE(before.fold((*records)[n - 1]));
    const std::string state = written(before);
    Recovery later = recovery();
    StateReader in{state};
    in(later);
    ASSERT_TRUE(in.done());
    later.account().restore_fills(before.account().fills());
    later.account().keep_no_history();
    for (std::size_t i = n; i < records->size(); ++i) ASSERT_TRUE(later.fold((*records)[i]));
    ASSERT_EQ(written(later.account()), written(never_stopped)) << "behind record " << n;
    ASSERT_TRUE(later.account().fills().empty() && later.account().exit_reasons().empty()) << "behind record " << n;
  }
}

/// Says what was filled before it.
class AsksForEarlier final : public Strategy {
 public:
  explicit AsksForEarlier(std::vector<Fill>& earlier) : earlier_{earlier} {}
  void on_start(Context& context) override {
    const auto fills = context.earlier_fills();
    earlier_.assign(fills.begin(), fills.end());
  }

 private:
  std::vector<Fill>& earlier_;
};

TEST_F(AJournalOfARun, GivesAStrategyThatStartsTheFillsOfBeforeAndKeepsThemNoLonger) {
  run(2, 1'500);
  std::vector<Fill> earlier;
  stom::test::HandFed ours, venues;
  sim::VenueSimulator venue{instruments_, {sim::RunModels{}}, sim::FillRules::Stom, venues, 2};
  Engine engine{instruments_, ours, venue};
  stom::Run& run = engine.add_run(std::make_unique<AsksForEarlier>(earlier),
                                  {.configuration = "any", .restored = *end_, .keeps_history = false});
  ASSERT_TRUE(engine.start(kHour, kMinute));
  ASSERT_EQ(earlier.size(), end_->fills().size());
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    EXPECT_EQ(earlier[i].order, end_->fills()[i].order);
    EXPECT_EQ(earlier[i].time, end_->fills()[i].time);
  }
  EXPECT_EQ(run.state().fills().capacity(), 0u);
  EXPECT_EQ(run.state().fill_count(), earlier.size());
}

TEST_F(AJournalOfARun, WrittenDownIsNoStateOfOtherInstruments) {
  run(1, 50);
  const auto records = read_journal(path_);
  ASSERT_TRUE(records) << records.error().message;
  Recovery all = recovery();
  for (const auto& record : *records) ASSERT_TRUE(all.fold(record));
  const std::string state = written(all);
  const std::vector<Instrument> one(1);
  Recovery other{one, kCash};
  StateReader in{state};
  in(other);
  EXPECT_FALSE(in.done() && other.is_of_its_instruments());
}

// Killed anywhere, and whatever the disk made of the last bytes.
TEST_F(AJournalOfARun, IsCutAtItsLastWholeRecordAndLeadsToWhatWasBelievedThere) {
  const Beliefs beliefs = run(3, 150);
  const std::string whole = bytes();
  std::vector<std::size_t> ends{8};  // of the records
  for (std::size_t at = 8; at < whole.size(); ends.push_back(at)) {
    std::uint32_t length = 0;
    std::memcpy(&length, whole.data() + at, 4);
    at += 8 + length;
  }
  ASSERT_EQ(ends.size(), beliefs.size() + 1);
  const auto whole_before = [&](std::size_t byte) {
    return static_cast<std::uint64_t>(std::ranges::upper_bound(ends, byte) - ends.begin()) - 1;
  };
  const auto opens_at = [&](std::uint64_t records) {
    Recovery folded = recovery();
    Journal journal;
    const auto cut = journal.go_on(path_, [&](const JournalRecord& record) { ASSERT_TRUE(folded.fold(record)); });
    ASSERT_TRUE(cut) << cut.error().message;
    ASSERT_EQ(journal.records(), records);
    ASSERT_EQ(bytes(), whole.substr(0, ends[records])) << "no more than the whole records stays";
    if (records > 0) ASSERT_EQ(told(folded.account()), beliefs.at(records));
  };
  Random random{1};
  const std::size_t from = whole.size() > 1'500 ? whole.size() - 1'500 : 8;
  for (std::size_t byte = from; byte < whole.size(); ++byte) {
    write(whole.substr(0, byte));
    opens_at(whole_before(byte));
    std::string spoiled = whole;
    spoiled[byte] ^= static_cast<char>(1u << random.below(8));
    write(spoiled);
    opens_at(whole_before(byte));
    if (HasFatalFailure()) FAIL() << "at byte " << byte;
  }
}

TEST_F(AJournalOfARun, GoesOnBehindItsRecordsUnderOneHash) {
  const Beliefs beliefs = run(5, 100);
  const std::string before = bytes();
  write(before + "torn");
  Journal journal;
  const auto cut = journal.go_on(path_, [](const JournalRecord&) {});
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_EQ(*cut, 4u);
  std::ifstream beside{path_.string() + ".cut"};
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>{beside}, {}}), "torn") << "what was cut off is kept";
  journal.restart(kMinute, "another");
  journal.submit(kMinute + 1, 1'000, {.id = 2'000, .quantity = {3}, .price = {990}});
  journal.others_hold(kMinute + 2, 1, {-7});
  journal.difference(kMinute + 3, "{}");
  ASSERT_TRUE(journal.flush());
  EXPECT_TRUE(bytes().starts_with(before));
  Sha256 sha;
  sha.update(std::string_view{bytes().substr(8)});
  EXPECT_EQ(journal.hash(), sha.hex()) << "over all records, those of before too";
  EXPECT_EQ(journal.records(), beliefs.size() + 4);
  Recovery folded = recovery();
  const auto records = read_journal(path_);
  ASSERT_TRUE(records) << records.error().message;
  for (const auto& record : *records) ASSERT_TRUE(folded.fold(record));
  EXPECT_EQ(folded.configuration(), "another");
  EXPECT_EQ(folded.last_time(), kMinute + 3);
  EXPECT_EQ(folded.account().next_id(), 1'000'000u);
  EXPECT_EQ(folded.account().next_request(), 1'001u);
  EXPECT_EQ(folded.others_hold()[1], Quantity{-7});
  EXPECT_FALSE(folded.others_hold()[0]);
}

// A restart answers nothing: what was sent may rest at the venue, and what was canceled may not be.
TEST(AnOrderWithoutAnAnswer, IsUnknownAfterARestartAndStaysSoUntilItIsTold) {
  const auto instruments = two();
  Recovery folded{instruments, kCash};
  const auto add = [&](const JournalRecord& record) { ASSERT_TRUE(folded.fold(record)); };
  const auto status = [&](ClientOrderId id) { return folded.account().order(id)->status; };
  add({.kind = RecordKind::Submit, .request = 1, .order = {.id = 1, .quantity = {5}}});
  add({.kind = RecordKind::Submit, .request = 2, .order = {.id = 2, .quantity = {5}}});
  add({.kind = RecordKind::OrderEvent, .request = 2, .event = {.kind = OrderEventKind::Accepted, .id = 2}});
  add({.kind = RecordKind::Cancel, .request = 3, .order = {.id = 2}});
  EXPECT_EQ(status(1), OrderStatus::PendingNew);
  add({.kind = RecordKind::Restart, .text = "again"});
  EXPECT_EQ(status(1), OrderStatus::Unknown);
  EXPECT_EQ(folded.account().next_id(), 1'000'000u) << "no id that a power cut may have made the journal forget";
  EXPECT_EQ(status(2), OrderStatus::Working);
  EXPECT_FALSE(folded.account().order(2)->cancel_pending) << "it may be canceled again";
  add({.kind = RecordKind::OrderEvent, .request = 1, .event = {.kind = OrderEventKind::Accepted, .id = 1}});
  EXPECT_EQ(status(1), OrderStatus::Working);
}

TEST(AnOrderThatIsNotOver, IsKnownByItsTimeAndByWhatItsVenueCallsIt) {
  const auto instruments = two();
  Recovery folded{instruments, kCash};
  const auto add = [&](const JournalRecord& record) { ASSERT_TRUE(folded.fold(record)); };
  add({.kind = RecordKind::Submit, .time = 5, .request = 1, .order = {.id = 1, .quantity = {2}}});
  add({.kind = RecordKind::Named, .time = 6, .order = {.id = 1}, .text = "0000024"});
  add({.kind = RecordKind::Named, .time = 7, .order = {.id = 1}, .text = "0000031"});  // it was amended
  add({.kind = RecordKind::Named, .time = 8, .order = {.id = 9}, .text = "0000040"});
  ASSERT_EQ(folded.sent().size(), 1u);
  EXPECT_EQ(folded.sent().at(1).time, 5);
  EXPECT_EQ(folded.sent().at(1).venue_order_id, "0000031");
  add({.kind = RecordKind::OrderEvent, .time = 9, .event = {.kind = OrderEventKind::Canceled, .id = 1}});
  EXPECT_TRUE(folded.sent().empty());
}

TEST(AnOrderThatIsNotOver, IsKnownToHaveHadThePriceThatItWaitedForAtItsVenue) {
  const auto instruments = two();
  Recovery folded{instruments, kCash};
  const auto add = [&](const JournalRecord& record) { ASSERT_TRUE(folded.fold(record)); };
  for (const ClientOrderId id : {ClientOrderId{1}, ClientOrderId{2}}) {
    add({.kind = RecordKind::Submit,
         .request = id,
         .order = {.id = id, .type = OrderType::StopLimit, .quantity = {2}}});
    add({.kind = RecordKind::OrderEvent, .request = id, .event = {.kind = OrderEventKind::Accepted, .id = id}});
  }
  add({.kind = RecordKind::OrderEvent, .event = {.kind = OrderEventKind::Triggered, .id = 2, .leaves = {2}}});
  EXPECT_FALSE(folded.sent().at(1).triggered);
  EXPECT_TRUE(folded.sent().at(2).triggered);
}

TEST(AnOrderThatIsOver, IsRememberedUnderEachNameThatItsVenueHadForIt) {
  const auto instruments = two();
  Recovery folded{instruments, kCash};
  const auto add = [&](const JournalRecord& record) { ASSERT_TRUE(folded.fold(record)); };
  const auto end = [&](ClientOrderId id) {
    add({.kind = RecordKind::OrderEvent, .time = 9, .event = {.kind = OrderEventKind::Canceled, .id = id}});
  };
  add({.kind = RecordKind::Submit, .time = 5, .request = 1, .order = {.id = 1, .instrument = 1, .quantity = {2}}});
  add({.kind = RecordKind::Submit, .time = 6, .request = 2, .order = {.id = 2, .quantity = {2}}});
  add({.kind = RecordKind::Named, .time = 7, .order = {.id = 1}, .text = "0000024"});
  add({.kind = RecordKind::Named, .time = 7, .order = {.id = 1}, .text = "0000024"});
  EXPECT_TRUE(folded.over().empty()) << "it works, and is called so";
  add({.kind = RecordKind::Named, .time = 8, .order = {.id = 1}, .text = "0000031"});  // it was amended
  end(1);
  end(2);  // nobody had said what it is called
  const std::deque<orders::OverOrder> expected{{1, 5, "0000024"}, {1, 5, "0000031"}};
  EXPECT_EQ(folded.over(), expected);

  std::string written;
  StateWriter{written}(folded);
  Recovery again{instruments, kCash};
  StateReader in{written};
  in(again);
  EXPECT_TRUE(in.done());
  EXPECT_TRUE(again.is_of_its_instruments());
  EXPECT_EQ(again.over(), expected);

  for (ClientOrderId id = 3; id < 3 + Recovery::kOverKept; ++id) {
    add({.kind = RecordKind::Submit, .time = 10, .request = id, .order = {.id = id, .quantity = {2}}});
    add({.kind = RecordKind::Named, .time = 11, .order = {.id = id}, .text = std::to_string(id)});
    end(id);
  }
  EXPECT_EQ(folded.over().size(), Recovery::kOverKept);
  EXPECT_EQ(folded.over().front().venue_order_id, "3") << "the oldest are forgotten";
}

TEST(AReasonOfARefusal, ThatThisVersionDoesNotKnowEndsTheFold) {
  const auto instruments = two();
  Recovery folded{instruments, kCash};
  const auto refused = [&](std::size_t reason) {
    return folded.fold({.kind = RecordKind::OrderEvent,
                        .event = {.kind = OrderEventKind::Denied, .reason = static_cast<RejectReason>(reason)}});
  };
  EXPECT_TRUE(refused(kRejectReasons - 1));
  const auto newer = refused(kRejectReasons);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, Errc::Newer);
}

TEST(APosition, HasTheAveragePriceOfWhatIsOpenOfIt) {
  const auto instruments = two();
  orders::AccountState state{instruments.size(), kCash};
  const auto fill = [&](Side side, std::int64_t quantity, std::int64_t price, ClientOrderId id = 1) {
    state.told(0, {.kind = OrderEventKind::Filled, .side = side, .id = id, .price = {price}, .quantity = {quantity}},
               instruments[0]);
    return state.holding(0).entry_price();
  };
  EXPECT_FALSE(state.holding(0).entry_price());
  EXPECT_EQ(fill(Side::Buy, 10, 100), Price{100});
  EXPECT_EQ(fill(Side::Buy, 30, 120), Price{115});
  EXPECT_EQ(fill(Side::Sell, 25, 90), Price{115}) << "what is closed takes its share";
  EXPECT_EQ(fill(Side::Sell, 20, 80), Price{80}) << "turned around it is a new one";
  EXPECT_EQ(fill(Side::Buy, 5, 70, 7 | kStopLossChild), std::nullopt);
  EXPECT_EQ(state.exit_reasons().at(7 | kStopLossChild), "stop_loss");
}

TEST(AJournalOfOtherInstruments, IsRefused) {
  const std::vector<Instrument> one(1);
  Recovery folded{one, kCash};
  const auto refused = folded.fold({.kind = RecordKind::Submit, .order = {.id = 1, .instrument = 1}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the journal speaks of instrument 1 of 1");
}

TEST(WhatAStrategyKeeps, IsTheLatestWordOfEachUntilTheNextStart) {
  const auto instruments = two();
  Recovery folded{instruments, kCash};
  const auto says = [&](const std::string& text) { ASSERT_TRUE(folded.fold({.kind = RecordKind::Log, .text = text})); };
  const auto kept = [&](InstrumentIndex index, orders::Owner owner) { return folded.kept().word({index, owner}); };
  says(KeptWords::line({1, 0}, "a word"));
  says(KeptWords::line({1, 2}, ""));
  says(KeptWords::line({1, 0}, "another 7"));
  for (const char* other : {"kept", "kept 0", "kept 0 1", "kept x 1 y", "kept 0 16 y", "kept -1 0 y", "kept 2 0 y"})
    says(other);
  EXPECT_EQ(kept(1, 0), "another 7");
  EXPECT_EQ(kept(1, 2), "");
  EXPECT_EQ(kept(0, 0), "");
  EXPECT_EQ(kept(2, 0), "") << "there is none";
  ASSERT_TRUE(folded.fold({.kind = RecordKind::Restart, .text = "trade"}));
  EXPECT_EQ(kept(1, 0), "") << "who wants it longer keeps it again";
}

}  // namespace
}  // namespace stom
