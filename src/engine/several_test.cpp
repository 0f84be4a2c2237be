// Several strategies in one run: each sees its own orders, positions and cash, and together they are the account.
#include "engine/several.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "engine/engine.hpp"
#include "tests/support/answering_link.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom {
namespace {

/// What a test wants of a strategy, and what that one has heard.
struct Script {
  std::function<void(Context&)> start, timer;
  Context* context = nullptr;
  std::vector<OrderEvent> orders;
  std::vector<Fill> earlier;
  std::vector<TradeTick> trades;
  std::vector<UnixNanos> timers;
};

class Scripted final : public Strategy {
 public:
  explicit Scripted(Script& script) : script_{script} {}
  void on_start(Context& context) override {
    script_.context = &context;
    script_.earlier.assign(context.earlier_fills().begin(), context.earlier_fills().end());
    if (script_.start) script_.start(context);
  }
  void on_trade(Context&, const TradeTick& trade) override { script_.trades.push_back(trade); }
  void on_order(Context&, const OrderEvent& event) override { script_.orders.push_back(event); }
  void on_timer(Context& context) override {
    script_.timers.push_back(context.now());
    if (script_.timer) script_.timer(context);
  }

 private:
  Script& script_;
};

/// "first" trades both coins and has half of the cash, "second" the second one, and has a quarter.
class SeveralStrategies : public ::testing::Test {
 protected:
  static constexpr std::int64_t kCash = 1'000;

  void begin(std::optional<orders::AccountState> before = {}, KeptWords kept = {}) {
    std::vector<Several::Member> members;
    members.push_back({"first", std::make_unique<Scripted>(first_), {0, 1}, {1, 2}});
    members.push_back({"second", std::make_unique<Scripted>(second_), {1}, {1, 4}});
    auto all = std::make_unique<Several>(std::move(members), instruments_.size());
    several_ = all.get();
    RunOptions options{.configuration = "several", .cash = money(kCash), .restored = std::move(before)};
    options.owned = &several_->owned();
    options.kept = std::move(kept);
    engine_ = std::make_unique<Engine>(instruments_, market_, venue_);
    run_ = &engine_->add_run(std::move(all), std::move(options));
    EXPECT_TRUE(engine_->start(now_, kMinute));
  }
  static Money money(std::int64_t amount) { return {Int128{amount} * power_of_ten(kMoneyDecimals)}; }
  Context& first() { return *first_.context; }
  Context& second() { return *second_.context; }

  void tell(OrderEvent event) {
    now_ += kSecond;
    event.time = event.local_time = now_;
    venue_.answers.push_back({.event = event});
    EXPECT_TRUE(engine_->advance(now_));
  }
  /// All of the order that left last.
  void fill(std::int64_t price, std::int64_t fee = 0) {
    const NewOrder& order = venue_.sent.back();
    fill(order.id, order.instrument, order.side, order.quantity, price, fee);
  }
  void fill(ClientOrderId id, InstrumentIndex instrument, Side side, Quantity quantity, std::int64_t price,
            std::int64_t fee = 0) {
    tell({.kind = OrderEventKind::Filled,
          .side = side,
          .instrument = instrument,
          .id = id,
          .price = {price},
          .quantity = quantity,
          .fee = money(fee)});
  }
  void buy(Context& context, InstrumentIndex instrument, std::int64_t quantity, std::int64_t price) {
    context.submit({.instrument = instrument, .side = Side::Buy, .quantity = {quantity}, .price = {price}});
    fill(price);
  }
  void sell(Context& context, InstrumentIndex instrument, std::int64_t quantity, std::int64_t price) {
    context.submit({.instrument = instrument, .side = Side::Sell, .quantity = {quantity}, .price = {price}});
    fill(price);
  }

  stom::test::LiveHandFed market_;
  struct Venue final : stom::test::AnsweringLink {
    std::vector<NewOrder> sent;
    void submit(RunIndex, std::uint64_t, const NewOrder& order, UnixNanos) override { sent.push_back(order); }
    bool idle() override { return false; }
  } venue_;
  const std::vector<Instrument> instruments_{
      {.id = "acme:COIN", .base = "COIN", .quote = "USD", .ladder = {{{0}, {1}}}},
      {.id = "acme:RARE", .base = "RARE", .quote = "USD", .ladder = {{{0}, {1}}}, .lot = {2}}};
  Script first_, second_;
  UnixNanos now_ = kSecond;
  std::unique_ptr<Engine> engine_;
  Several* several_ = nullptr;
  stom::Run* run_ = nullptr;
};

TEST_F(SeveralStrategies, SeeTheirOwnOrdersUnderTheirOwnNumbers) {
  begin();
  const ClientOrderId given = first().submit({.instrument = 1, .quantity = {4}, .price = {90}});
  const NewOrder sent = venue_.sent.back();
  EXPECT_EQ(orders::owner_of(sent.id), 1U);
  EXPECT_EQ(orders::own_id(sent.id), given);
  EXPECT_EQ(second().submit({.id = 7, .instrument = 0, .quantity = {2}, .price = {80}}), 7U);
  EXPECT_EQ(venue_.sent.back().id, orders::shared_id(2, 7));
  EXPECT_EQ(venue_.sent.back().instrument, 1U) << "its only one is the run's second";
  EXPECT_EQ(first().submit({.id = 7, .instrument = 0, .quantity = {3}, .price = {70}}), 7U)
      << "another's number is free";

  ASSERT_EQ(first().orders().size(), 2U);
  ASSERT_EQ(second().orders().size(), 1U);
  EXPECT_EQ(second().orders()[0].id, 7U);
  EXPECT_EQ(second().orders()[0].instrument, 0U);
  EXPECT_EQ(first().order(7)->price, Price{70});
  EXPECT_EQ(second().order(given), nullptr);
  second().cancel(7);
  EXPECT_TRUE(second().order(7)->cancel_pending);
  EXPECT_FALSE(first().order(7)->cancel_pending);

  tell({.kind = OrderEventKind::Accepted, .instrument = 1, .id = orders::shared_id(2, 7)});
  ASSERT_EQ(second_.orders.size(), 1U);
  EXPECT_EQ(second_.orders[0].id, 7U);
  EXPECT_EQ(second_.orders[0].instrument, 0U);
  EXPECT_TRUE(first_.orders.empty());
  EXPECT_EQ(several_->name_of(orders::owner_of(sent.id)), "first");
  EXPECT_EQ(several_->owner_named("second"), 2U);
  EXPECT_FALSE(several_->owner_named("third").has_value());
}

TEST_F(SeveralStrategies, ANumberForWhichThereIsNoRoomGetsAnother) {
  begin();
  const ClientOrderId given = first().submit({.id = orders::kOwnIds + 5, .quantity = {1}, .price = {90}});
  EXPECT_LE(given, orders::kOwnIds);
  EXPECT_NE(first().order(given), nullptr);
}

TEST_F(SeveralStrategies, HaveTheirOwnPositionsAndSharesOfTheCash) {
  begin();
  EXPECT_EQ(first().cash(0), money(500));
  EXPECT_EQ(first().cash(1), Money{}) << "the currency stands with its first instrument";
  EXPECT_EQ(second().cash(0), money(250)) << "which is this one, of its own";
  second().submit({.instrument = 0, .side = Side::Buy, .quantity = {2}, .price = {100}});
  fill(100, 1);
  EXPECT_EQ(second().position(0).value, 2);
  EXPECT_EQ(first().position(1).value, 0);
  EXPECT_EQ(second().cash(0), money(250 - 201));
  EXPECT_EQ(first().cash(0), money(500)) << "what another bought costs it nothing";
  EXPECT_EQ(run_->cash(1), money(-201));
  tell({.kind = OrderEventKind::Funding, .instrument = 1, .price = {100}, .quantity = {2}, .fee = money(8)});
  EXPECT_EQ(first().cash(0), money(496)) << "funding is everybody's by his share";
  EXPECT_EQ(second().cash(0), money(248 - 201));
  fill(0, 1, Side::Buy, {2}, 100);
  EXPECT_EQ(second().position(0).value, 2) << "a person's";
  EXPECT_EQ(second().cash(0), money(248 - 201));
  EXPECT_EQ(run_->position(1).value, 4);
}

TEST_F(SeveralStrategies, AreToldWhatTheSessionClosedForThem) {
  begin();
  buy(first(), 1, 6, 100);
  sell(second(), 0, 2, 100);
  first_.orders.clear();
  second_.orders.clear();
  run_->submit({.instrument = 1, .side = Side::Sell, .type = OrderType::Market, .quantity = {4}});
  EXPECT_EQ(orders::owner_of(venue_.sent.back().id), orders::kSessionsOwn);
  fill(110, 3);
  ASSERT_EQ(first_.orders.size(), 1U);
  EXPECT_EQ(first_.orders[0].id, 0U);
  EXPECT_EQ(first_.orders[0].quantity, Quantity{4});
  EXPECT_EQ(first_.orders[0].fee, money(3));
  EXPECT_TRUE(second_.orders.empty());
  EXPECT_EQ(first().position(1).value, 2);
  EXPECT_EQ(second().position(0).value, -2) << "the account is flat, and these two are not";
  EXPECT_EQ(run_->position(1).value, 0);
}

TEST_F(SeveralStrategies, ClosingByPositionIsByTheirOwnInWholeLots) {
  begin();
  buy(first(), 1, 7, 100);
  second().submit({.side = Side::Sell, .type = OrderType::Market, .size_by = SizeBy::Position});
  EXPECT_EQ(venue_.sent.back().quantity, Quantity{2}) << "it holds nothing, and a lot is more: denied on the way";
  first().submit({.instrument = 1, .side = Side::Sell, .type = OrderType::Market, .size_by = SizeBy::Position});
  EXPECT_EQ(venue_.sent.back().quantity, Quantity{6});
  EXPECT_EQ(venue_.sent.back().size_by, SizeBy::Quantity);
  EXPECT_TRUE(venue_.sent.back().reduce_only);
}

TEST_F(SeveralStrategies, NoStopIsMadeOneOfWhatIsHeldAsItIsSent) {
  begin();
  first().submit({.instrument = 1, .side = Side::Buy, .type = OrderType::Market, .quantity = {8}});
  first().submit({.instrument = 1,
                  .side = Side::Sell,
                  .type = OrderType::Stop,
                  .trigger_price = {90},
                  .size_by = SizeBy::Position});
  EXPECT_EQ(venue_.sent.back().size_by, SizeBy::Position) << "denied on the way, and not a stop of one lot";
}

TEST_F(SeveralStrategies, EachHasAgainWhatItKeptOfAnInstrument) {
  first_.start = [](Context& context) { context.keep(1, "the first's"); };
  second_.start = [](Context& context) { context.keep(0, "the second's, of the same coin"); };
  begin();
  const orders::AccountState before = run_->state();
  const KeptWords kept = run_->keeps();
  std::vector<std::string> again;
  first_.start = [&](Context& context) { again = {std::string{context.kept(0)}, std::string{context.kept(1)}}; };
  second_.start = [&](Context& context) { again.emplace_back(context.kept(0)); };
  begin(before, kept);
  EXPECT_EQ(again, (std::vector<std::string>{"", "the first's", "the second's, of the same coin"}));
}

TEST_F(SeveralStrategies, EachHasATimerOfItsOwn) {
  first_.start = [](Context& context) { context.every(10 * kSecond); };
  second_.start = [](Context& context) { context.wake_at(context.now() + 3 * kSecond); };
  second_.timer = [](Context& context) {
    if (context.now() < 20 * kSecond) context.wake_at(context.now() + 7 * kSecond);
  };
  begin();
  EXPECT_TRUE(engine_->advance(32 * kSecond));
  EXPECT_EQ(first_.timers, (std::vector<UnixNanos>{11 * kSecond, 21 * kSecond, 31 * kSecond}));
  EXPECT_EQ(second_.timers, (std::vector<UnixNanos>{4 * kSecond, 11 * kSecond, 18 * kSecond, 25 * kSecond}));
}

TEST_F(SeveralStrategies, HearOfWhatTheyAskedForAlone) {
  second_.start = [](Context& context) { context.subscribe_trades(0); };
  begin();
  for (const InstrumentIndex instrument : {0U, 1U}) {
    now_ += kSecond;
    market_.send(now_, FeedKind::Trade, {{100, 5}}, {}, instrument);
  }
  EXPECT_TRUE(engine_->advance(now_));
  EXPECT_TRUE(first_.trades.empty());
  ASSERT_EQ(second_.trades.size(), 1U);
  EXPECT_EQ(second_.trades[0].instrument, 0U);
  EXPECT_EQ(second_.trades[0].price, Price{100});
}

// Random orders and fills of both, of the session and of a person; again and again another process begins with all of
// it.
TEST_F(SeveralStrategies, AddUpToTheAccountAndAreTheSameAfterARestartAtAnyFill) {
  using Seen = std::vector<std::tuple<std::int64_t, Money>>;
  const auto seen = [this] {
    Seen all;
    for (Context* context : {first_.context, second_.context})
      for (InstrumentIndex i = 0; i < context->instruments(); ++i)
        all.emplace_back(context->position(i).value, context->cash(i));
    return all;
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random{seed};
    venue_.sent.clear();
    begin();
    for (int step = 0; step < 60; ++step) {
      const auto side = random.below(2) == 0 ? Side::Buy : Side::Sell;
      const Quantity quantity{1 + static_cast<std::int64_t>(random.below(9))};
      const auto price = 50 + static_cast<std::int64_t>(random.below(100));
      const auto fee = static_cast<std::int64_t>(random.below(3));
      const auto instrument = static_cast<InstrumentIndex>(random.below(2));
      switch (random.below(4)) {
        case 0:
          first().submit({.instrument = instrument, .side = side, .quantity = quantity, .price = {price}});
          fill(price, fee);
          break;
        case 1:
          second().submit({.side = side, .quantity = quantity, .price = {price}});
          fill(price, fee);
          break;
        case 2:
          run_->submit({.instrument = instrument, .side = side, .type = OrderType::Market, .quantity = quantity});
          fill(price, fee);
          break;
        default:
          fill(0, instrument, side, quantity, price, fee);
      }
      for (InstrumentIndex i = 0; i < instruments_.size(); ++i) {
        Quantity sum{};
        Money flows{};
        for (orders::Owner owner = 0; owner < orders::kOwners; ++owner) {
          sum += several_->owned().holding(owner, i).position;
          flows += several_->owned().holding(owner, i).cash;
        }
        ASSERT_EQ(sum, run_->position(i)) << "seed " << seed;
        ASSERT_EQ(flows, run_->state().earned(i)) << "seed " << seed;
      }
      if (random.below(6) != 0) continue;
      const Seen before = seen();
      const std::size_t fills = run_->state().fills().size();
      begin(orders::AccountState{run_->state()});
      ASSERT_EQ(seen(), before) << "seed " << seed << ", after " << fills << " fills";
      for (const Fill& earlier : second_.earlier) ASSERT_EQ(earlier.instrument, 0U);
      ASSERT_LE(first_.earlier.size() + second_.earlier.size(), 2 * fills);
    }
  }
}

}  // namespace
}  // namespace stom
