#include "risk/guarded_link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/random.hpp"
#include "model/refusal.hpp"
#include "tests/support/answering_link.hpp"

namespace stom::risk {
namespace {

constexpr UnixNanos kNow = 1'700'000'000 * kSecond;
constexpr std::int64_t kTwice = 2 * 10'000;  // 100.00

Money units(std::int64_t whole) { return {Int128{whole} * power_of_ten(kMoneyDecimals)}; }

/// Prices of cents, quantities of tenths.
Instrument spot(std::string id, std::string base, std::string quote) {
  return {.id = std::move(id),
          .base = std::move(base),
          .quote = std::move(quote),
          .price_decimals = 2,
          .quantity_decimals = 1,
          .ladder = {{{0}, {1}}}};
}

class Prices final : public PriceSource {
 public:
  std::vector<std::int64_t> twice{kTwice, kTwice, kTwice};
  std::vector<std::int64_t> rates{1, 1, 1000};  // 0: none
  std::int64_t twice_price(InstrumentIndex i) const override { return twice[i]; }
  std::optional<Money> in_currency(InstrumentIndex i, Money amount) const override {
    if (rates[i] == 0) return std::nullopt;
    return Money{amount.value * rates[i]};
  }
  double rate(InstrumentIndex i) const override {
    ++asked_for_rate[i];
    return static_cast<double>(rates[i]);
  }
  mutable std::array<int, 5> asked_for_rate{};  // by instrument
};

/// Keeps what it was sent.
class Venue final : public test::AnsweringLink {
 public:
  std::vector<NewOrder> orders;
  std::vector<ClientOrderId> cancels;
  void submit(RunIndex, std::uint64_t, const NewOrder& order, UnixNanos) override { orders.push_back(order); }
  void adopt(RunIndex, std::uint64_t, const NewOrder& order, std::string_view, UnixNanos) override {
    orders.push_back(order);
  }
  void cancel(RunIndex, std::uint64_t, const CancelOrder& order, UnixNanos) override { cancels.push_back(order.id); }
};

class Guard {
 public:
  /// `first`: of the instruments, where it is another. `cash`: that the account begins with.
  explicit Guard(const std::vector<std::string>& limits, std::optional<Instrument> first = {},
                 const StartCash& cash = {}) {
    if (first) instruments[0] = *first;
    std::vector<Limit> parsed;
    for (const auto& text : limits) parsed.push_back(parse_limit(text).value());
    const auto denied = [this](const Denial& denial) { lines.push_back(denial.text()); };
    link = GuardedLink::make(instruments, std::move(parsed), venue, prices, denied, cash).value();
  }

  /// None: it was sent.
  std::optional<RejectReason> send(NewOrder order) {
    if (order.id == 0) order.id = next_id++;
    const auto before = venue.orders.size();
    link->submit(0, order.id, order, now);
    if (venue.orders.size() > before) return std::nullopt;
    Answer answer;
    EXPECT_FALSE(link->take(now, answer));
    EXPECT_TRUE(link->take(now + GuardedLink::kAnswerAfter, answer));
    EXPECT_EQ(answer.event.kind, OrderEventKind::Denied);
    EXPECT_EQ(answer.event.id, order.id);
    return answer.event.reason;
  }
  bool passes(const NewOrder& order) { return !send(order); }
  void tell(OrderEvent event) {
    venue.answers.push_back({.event = event});
    Answer answer;
    EXPECT_TRUE(link->take(kNever, answer));
  }
  void fill(const NewOrder& order, ClientOrderId id, std::int64_t quantity, std::int64_t leaves) {
    tell({.kind = OrderEventKind::Filled,
          .side = order.side,
          .instrument = order.instrument,
          .id = id,
          .price = order.price,
          .quantity = {quantity},
          .leaves = {leaves}});
  }
  void end(InstrumentIndex instrument, ClientOrderId id, OrderEventKind kind = OrderEventKind::Canceled) {
    tell({.kind = kind, .instrument = instrument, .id = id});
  }
  /// A position, by a fill that was not asked for.
  void hold(InstrumentIndex instrument, std::int64_t quantity) {
    fill({.instrument = instrument, .side = quantity < 0 ? Side::Sell : Side::Buy}, 1'000'000,
         quantity < 0 ? -quantity : quantity, 0);
  }

  std::vector<Instrument> instruments{spot("one:AB", "A", "B"), spot("one:CB", "C", "B"), spot("two:AD", "A", "D")};
  Prices prices;
  Venue venue;
  std::vector<std::string> lines;
  std::unique_ptr<GuardedLink> link;
  UnixNanos now = kNow;
  ClientOrderId next_id = 1;
};

NewOrder limit_order(Side side, std::int64_t price, std::int64_t quantity, InstrumentIndex instrument = 0) {
  return {.instrument = instrument, .side = side, .quantity = {quantity}, .price = {price}};
}
NewOrder market_order(Side side, std::int64_t quantity) {
  return {.side = side, .type = OrderType::Market, .quantity = {quantity}};
}
NewOrder buy(std::int64_t quantity, InstrumentIndex instrument = 0) {
  return limit_order(Side::Buy, 10'000, quantity, instrument);
}
NewOrder sell(std::int64_t quantity, InstrumentIndex instrument = 0) {
  return limit_order(Side::Sell, 10'000, quantity, instrument);
}

TEST(Limits, AreReadAsTheyAreWritten) {
  for (const char* text : {"price_band=5", "price_band=0.5%", "order_quantity@one:AB=0.5", "order_notional@one=10000",
                           "position=2", "gross_exposure=1", "net_exposure=1", "working_orders=20", "order_rate=10/1s",
                           "duplicate=500ms", "self_trade=deny", "reduce_only=on", "leverage@one=2.5"})
    EXPECT_EQ(parse_limit(text).value().text(), text);
}

TEST(Limits, WhatIsNoneIsRefusedWithWhatItShouldBe) {
  for (const char* text : {"",
                           "price_band",
                           "=1",
                           "unheard_of=1",
                           "price_band=",
                           "price_band=-1",
                           "price_band=0",
                           "position@=1",
                           "position=x",
                           "order_rate=10",
                           "order_rate=0/1s",
                           "order_rate=1/0s",
                           "order_rate=10001/1s",
                           "order_rate=1.5/1s",
                           "working_orders=1.0",
                           "duplicate=5",
                           "self_trade=on",
                           "reduce_only=deny",
                           "order_notional=0.0000001",
                           "leverage=0",
                           "leverage=2x"}) {
    const auto limit = parse_limit(text);
    ASSERT_FALSE(limit) << text;
    EXPECT_FALSE(limit.error().hint.empty()) << text;
  }
}

TEST(GuardedLink, ALimitForWhatIsNotTradedIsRefused) {
  const std::vector<Instrument> instruments{spot("one:AB", "A", "B")};
  Venue venue;
  Prices prices;
  EXPECT_FALSE(GuardedLink::make(instruments, {parse_limit("position@two=1").value()}, venue, prices, nullptr));
  EXPECT_TRUE(GuardedLink::make(instruments, {parse_limit("position@one=1").value()}, venue, prices, nullptr));
}

TEST(GuardedLink, WithoutLimitsEverythingPasses) {
  Guard guard{{}};
  EXPECT_TRUE(guard.passes(limit_order(Side::Buy, 1, INT64_MAX)));
  EXPECT_TRUE(guard.passes(limit_order(Side::Buy, -5, 0)));
  EXPECT_TRUE(guard.link->idle());
}

TEST(GuardedLink, ADenialSaysLimitValueOutcomeAndRemedy) {
  Guard guard{{"order_quantity@one=2"}};
  EXPECT_EQ(guard.send(buy(21)), RejectReason::RiskOrderQuantity);
  EXPECT_EQ(guard.lines, std::vector<std::string>{"order 1 denied by order_quantity@one=2: its quantity is 2.1; send "
                                                  "less at a time, or raise the limit"});
}

TEST(GuardedLink, AnOrderThatWasDeniedIsUnknownToACancelAndTheVenueIsNotAsked) {
  Guard guard{{"order_quantity=2"}};
  NewOrder order = buy(21);
  order.id = 7;
  guard.link->submit(0, 1, order, guard.now);
  guard.link->cancel(0, 2, {7, 0}, guard.now);
  guard.link->cancel(0, 3, {8, 0}, guard.now);
  EXPECT_EQ(guard.venue.cancels, std::vector<ClientOrderId>{8});
  EXPECT_FALSE(guard.link->idle());
  EXPECT_EQ(guard.link->advance(kNever), guard.now + GuardedLink::kAnswerAfter);
  Answer answer;
  ASSERT_TRUE(guard.link->take(kNever, answer));
  EXPECT_EQ(answer.event.kind, OrderEventKind::Denied);
  ASSERT_TRUE(guard.link->take(kNever, answer));
  EXPECT_EQ(answer.event.kind, OrderEventKind::CancelRejected);
  EXPECT_EQ(answer.request, 2U);
  EXPECT_TRUE(guard.link->idle());
}

TEST(PriceBand, HoldsOnBothSidesOfTheMiddle) {
  Guard guard{{"price_band=5"}};
  EXPECT_TRUE(guard.passes(limit_order(Side::Buy, 10'500, 1)));
  EXPECT_TRUE(guard.passes(limit_order(Side::Buy, 9'500, 1)));
  EXPECT_EQ(guard.send(limit_order(Side::Buy, 10'501, 1)), RejectReason::RiskPriceBand);
  EXPECT_EQ(guard.send(limit_order(Side::Sell, 9'499, 1)), RejectReason::RiskPriceBand);
  EXPECT_EQ(guard.lines.front(),
            "order 3 denied by price_band=5: its price 105.01 is 5.01 % from 100; look at the strategy's price, or "
            "widen the band");
}

TEST(PriceBand, WithoutAPriceNothingIsSentAlsoNoMarketOrder) {
  Guard guard{{"price_band=5"}};
  EXPECT_TRUE(guard.passes(market_order(Side::Buy, 1)));
  guard.prices.twice[0] = 0;
  EXPECT_EQ(guard.send(market_order(Side::Buy, 1)), RejectReason::RiskUnknown);
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskUnknown);
}

TEST(PriceBand, OfWhatWaitsForATriggerItIsMeasuredFromThere) {
  Guard guard{{"price_band=5"}};
  NewOrder order = limit_order(Side::Sell, 4'800, 1);
  order.type = OrderType::StopLimit;
  order.trigger_price = {5'000};
  EXPECT_TRUE(guard.passes(order));
  order.price = {4'749};
  EXPECT_EQ(guard.send(order), RejectReason::RiskPriceBand);
  order.type = OrderType::Stop;
  EXPECT_TRUE(guard.passes(order));
}

TEST(OrderQuantity, IsOfOneOrder) {
  Guard guard{{"order_quantity=2"}};
  EXPECT_TRUE(guard.passes(buy(19)));
  EXPECT_TRUE(guard.passes(buy(20)));
  EXPECT_EQ(guard.send(buy(21)), RejectReason::RiskOrderQuantity);
  EXPECT_EQ(guard.send(sell(INT64_MAX)), RejectReason::RiskOrderQuantity);
}

TEST(OrderNotional, IsWorthItsPriceAndOfAMarketOrderTheMiddle) {
  Guard guard{{"order_notional=1000"}};
  EXPECT_TRUE(guard.passes(buy(99)));
  EXPECT_TRUE(guard.passes(buy(100)));
  EXPECT_EQ(guard.send(buy(101)), RejectReason::RiskOrderNotional);
  EXPECT_EQ(guard.send(limit_order(Side::Buy, 10'001, 100)), RejectReason::RiskOrderNotional);
  EXPECT_TRUE(guard.passes(market_order(Side::Buy, 100)));
  EXPECT_EQ(guard.send(market_order(Side::Buy, 101)), RejectReason::RiskOrderNotional);
  guard.prices.twice[0] = 0;
  EXPECT_EQ(guard.send(market_order(Side::Buy, 1)), RejectReason::RiskUnknown);
  EXPECT_TRUE(guard.passes(buy(100)));
}

TEST(OrderNotional, WhatCannotBeCountedIsTooMuch) {
  Guard guard{{"order_notional=1000"}};
  EXPECT_EQ(guard.send(limit_order(Side::Buy, INT64_MAX, INT64_MAX)), RejectReason::RiskOrderNotional);
  EXPECT_EQ(guard.send(limit_order(Side::Buy, INT64_MAX / 4, INT64_MAX)), RejectReason::RiskOrderNotional);
}

TEST(OrderNotional, OfAnInverseContractIsInItsCoin) {
  Instrument contract = spot("one:AB", "A", "B");
  contract.kind = ContractKind::Inverse;
  contract.quantity_decimals = 0;
  contract.contract_size = 100;
  Guard guard{{"order_notional=2"}, contract};
  EXPECT_TRUE(guard.passes(buy(2)));  // two contracts of 100 at 100: two coins
  EXPECT_EQ(guard.send(buy(3)), RejectReason::RiskOrderNotional);
}

TEST(Exposure, WhatMakesItJustTheLimitPassesAndTheLeastMoreDoesNot) {
  Guard guard{{"gross_exposure=300", "order_notional=200"}};
  EXPECT_TRUE(guard.passes(buy(20)));  // 200 of each
  EXPECT_TRUE(guard.passes(sell(10, 1)));
  EXPECT_EQ(guard.send(sell(1, 1)), RejectReason::RiskGrossExposure);
  guard.prices.twice[0] = 0;
  EXPECT_EQ(guard.send(sell(1, 1)), RejectReason::RiskUnknown) << "nothing is guessed of what is held elsewhere";
}

TEST(Orders, WhoseSizeIsKnownOnlyWhenTheyFillAreNotSentUnderALimitOfSize) {
  NewOrder order = market_order(Side::Buy, 500'000'000);
  order.size_by = SizeBy::CashFraction;
  for (const char* text : {"order_quantity=100000", "order_notional=100000", "position=1000000",
                           "gross_exposure=100000", "net_exposure=100000", "leverage=100000"})
    EXPECT_EQ(Guard{{text}}.send(order), RejectReason::RiskUnknown) << text;
  EXPECT_TRUE(Guard{{"order_rate=1/1s"}}.passes(order));
  order.size_by = SizeBy::Position;
  for (const char* text :
       {"order_quantity=1", "order_notional=1", "position=1", "gross_exposure=1", "reduce_only=on", "leverage=1"})
    EXPECT_TRUE(Guard{{text}}.passes(order)) << text;
}

TEST(PositionLimit, CountsWhatWorksAsFilled) {
  Guard guard{{"position=10"}};
  EXPECT_TRUE(guard.passes(buy(60)));
  EXPECT_TRUE(guard.passes(buy(40)));
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskPosition);
  EXPECT_TRUE(guard.passes(sell(100)));  // the other side is not added to it
  guard.fill(buy(60), 1, 60, 0);         // what has filled counts once
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskPosition);
  guard.end(0, 2);
  EXPECT_TRUE(guard.passes(buy(40)));
  EXPECT_EQ(guard.link->position(0), Quantity{60});
  EXPECT_EQ(guard.link->working(0, Side::Buy), Quantity{40});
}

TEST(PositionLimit, AnOrderThatMakesThePositionSmallerPasses) {
  Guard guard{{"position=10"}};
  guard.hold(0, -150);
  EXPECT_EQ(guard.send(sell(1)), RejectReason::RiskPosition);
  EXPECT_TRUE(guard.passes(buy(150)));
  EXPECT_TRUE(guard.passes(buy(100)));  // to 10 long
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskPosition);
}

TEST(PositionLimit, AnOrderThatIsRefusedForItsIdLeavesTheOneThatHasItCounted) {
  Guard guard{{"position=10"}};
  NewOrder first = buy(10), again = buy(80);
  first.id = again.id = 7;
  EXPECT_TRUE(guard.passes(first));
  EXPECT_TRUE(guard.passes(again));
  guard.tell(refusal_of(again, OrderEventKind::Rejected, RejectReason::DuplicateId, kNow));
  EXPECT_EQ(guard.link->working(0, Side::Buy), Quantity{10});
  EXPECT_TRUE(guard.passes(buy(90)));
  guard.end(0, 7);
  EXPECT_EQ(guard.link->working(0, Side::Buy), Quantity{90});
}

TEST(PositionLimit, EachInstrumentHasItsOwn) {
  Guard guard{{"position@one=10"}};
  EXPECT_TRUE(guard.passes(buy(100, 0)));
  EXPECT_TRUE(guard.passes(buy(100, 1)));
  EXPECT_EQ(guard.send(buy(1, 1)), RejectReason::RiskPosition);
  EXPECT_TRUE(guard.passes(buy(1000, 2)));
}

TEST(PositionLimit, ABracketsClosingOrderCountsWhenItFills) {
  Guard guard{{"position=10"}};
  EXPECT_TRUE(guard.passes(buy(100)));
  guard.fill(buy(100), 1, 100, 0);
  guard.fill(sell(100), ClientOrderId{1} | kStopLossChild, 100, 0);
  EXPECT_EQ(guard.link->position(0), Quantity{0});
  EXPECT_TRUE(guard.passes(buy(100)));
}

// At 100 each: 10 of A are 1,000 B; 1 D is 1,000 of the session's currency.
TEST(GrossExposure, AddsInstrumentsUpInOneCurrency) {
  Guard guard{{"gross_exposure=201000"}};
  guard.hold(0, -50);                     // 500
  EXPECT_TRUE(guard.passes(buy(20, 2)));  // 200,000
  EXPECT_TRUE(guard.passes(buy(50, 1)));  // 500
  EXPECT_EQ(guard.send(buy(1, 1)), RejectReason::RiskGrossExposure);
  EXPECT_EQ(guard.send(sell(1, 0)), RejectReason::RiskGrossExposure);
  EXPECT_TRUE(guard.passes(buy(50, 0)));  // closes
}

TEST(GrossExposure, AStaleRateOrPriceDeniesAndIsNeverGuessed) {
  Guard guard{{"gross_exposure=1000000"}};
  EXPECT_TRUE(guard.passes(buy(1, 2)));
  guard.prices.rates[2] = 0;
  EXPECT_EQ(guard.send(buy(1, 0)), RejectReason::RiskUnknown);
  guard.prices.rates[2] = 1000;
  guard.prices.twice[2] = 0;
  EXPECT_EQ(guard.send(buy(1, 0)), RejectReason::RiskUnknown);
  guard.end(2, 1);
  EXPECT_TRUE(guard.passes(buy(1, 0)));  // nothing of it is held any more
}

TEST(GrossExposure, OfAVenueIsWhatIsExposedThereAlone) {
  Guard guard{{"gross_exposure@one=300"}};
  guard.hold(2, 1'000);
  EXPECT_TRUE(guard.passes(buy(15, 0)));  // 150
  EXPECT_TRUE(guard.passes(sell(15, 1)));
  EXPECT_EQ(guard.send(buy(1, 0)), RejectReason::RiskGrossExposure);
  EXPECT_EQ(guard.send(sell(1, 1)), RejectReason::RiskGrossExposure);
  EXPECT_TRUE(guard.passes(buy(1'000, 2)));
  guard.end(0, 1);
  guard.prices.twice[2] = 0;
  guard.prices.rates[2] = 0;
  EXPECT_TRUE(guard.passes(buy(15, 0))) << "no price and no rate of elsewhere is needed";
  EXPECT_EQ(guard.send(buy(1, 0)), RejectReason::RiskGrossExposure);
}

// A contract of 100 is worth a coin at 100 and half of one at 200; the coins that are traded for it are worth what they
// were.
TEST(GrossExposure, OfAnInverseContractAndOfWhatIsPaidInItsCoinIsEachByItsOwnPrice) {
  Instrument contract = spot("one:BU", "B", "U");
  contract.kind = ContractKind::Inverse;
  contract.quantity_decimals = 0;
  contract.contract_size = 100;
  Guard guard{{"gross_exposure=300"}, contract};
  guard.hold(1, 20);  // 200
  EXPECT_TRUE(guard.passes(buy(100)));
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskGrossExposure);
  EXPECT_EQ(guard.send(buy(1, 1)), RejectReason::RiskGrossExposure);
  guard.prices.twice[0] = 2 * 20'000;
  EXPECT_TRUE(guard.passes(buy(100)));
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskGrossExposure);
  guard.end(0, 1);
  guard.end(0, guard.next_id - 2);
  EXPECT_TRUE(guard.passes(buy(10, 1))) << "nothing of the contract works any more";
  EXPECT_EQ(guard.send(buy(1, 1)), RejectReason::RiskGrossExposure);
}

TEST(GrossExposure, ThatCannotBeCountedIsTooMuchUntilItIsGone) {
  Guard guard{{"gross_exposure=1000"}};
  EXPECT_EQ(guard.send(buy(INT64_MAX)), RejectReason::RiskGrossExposure);
  EXPECT_TRUE(guard.passes(buy(1))) << "what was denied counts for nothing";
  guard.hold(1, INT64_MAX);
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskGrossExposure);
  EXPECT_NE(guard.lines.back().find("more than can be counted of B"), std::string::npos) << guard.lines.back();
  guard.hold(1, -INT64_MAX);
  EXPECT_TRUE(guard.passes(buy(1)));
  EXPECT_EQ(guard.send(buy(99)), RejectReason::RiskGrossExposure) << "of the first two it has 20";
}

// A double of 9 x 10^12 knows thousandths at best, and exposure has half of them: near the limit exact sums decide.
TEST(Exposure, IsHeldAgainstItsLimitToTheLastDigit) {
  Random random{1};
  for (int n = 0; n < 200; ++n) {
    const auto twice = static_cast<std::int64_t>(10'001 + random.below(20'000));
    const std::int64_t quantity = 18'000'000'000'000'000 / twice - static_cast<std::int64_t>(random.below(1'000'000));
    const std::int64_t exposure = quantity * twice * 500;  // in 10^-6
    for (const std::int64_t more : {-1, 0, 1}) {
      const Money most = money_of(exposure + more);
      Guard gross{{"gross_exposure=" + money_text(most)}}, net{{"net_exposure=" + money_text(most)}},
          leverage{{"leverage=1"}, {}, most};
      for (Guard* guard : {&gross, &net, &leverage}) {
        guard->prices.twice[0] = twice;
        ASSERT_EQ(guard->passes(buy(quantity)), more >= 0) << quantity << " at half of " << twice << ", " << more;
      }
    }
  }
}

TEST(NetExposure, AHedgePasses) {
  Guard guard{{"net_exposure=1000"}};
  guard.hold(0, 100);
  EXPECT_EQ(guard.send(buy(1, 1)), RejectReason::RiskNetExposure);
  EXPECT_TRUE(guard.passes(sell(200, 1)));  // from 1,000 long to 1,000 short
  EXPECT_EQ(guard.send(sell(1, 1)), RejectReason::RiskNetExposure);
}

TEST(WorkingOrders, AreCountedInTheirScope) {
  Guard guard{{"working_orders@one=2"}};
  EXPECT_TRUE(guard.passes(buy(1, 0)));
  EXPECT_TRUE(guard.passes(buy(1, 1)));
  EXPECT_EQ(guard.send(buy(1, 0)), RejectReason::RiskWorkingOrders);
  EXPECT_TRUE(guard.passes(buy(1, 2)));
  guard.end(0, 1, OrderEventKind::Rejected);
  EXPECT_TRUE(guard.passes(buy(1, 0)));
}

TEST(OrderRate, CountsWhatWasSentInTheTimeBefore) {
  Guard guard{{"order_rate=2/1s"}};
  EXPECT_TRUE(guard.passes(buy(1)));
  guard.now += kSecond / 2;
  EXPECT_TRUE(guard.passes(buy(1)));
  guard.now = kNow + kSecond - 1;
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskOrderRate);
  guard.now = kNow + kSecond;
  EXPECT_TRUE(guard.passes(buy(1)));
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskOrderRate);
}

TEST(Duplicate, TheSameOrderAgainIsDeniedForATime) {
  Guard guard{{"duplicate=500ms"}};
  EXPECT_TRUE(guard.passes(buy(1)));
  EXPECT_TRUE(guard.passes(buy(1, 1)));
  EXPECT_TRUE(guard.passes(sell(1)));
  guard.now += 500 * kMillisecond - 1;
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskDuplicate);
  guard.now += 1;
  EXPECT_TRUE(guard.passes(buy(1)));
  EXPECT_TRUE(guard.passes(buy(2)));
}

TEST(SelfTrade, AnOrderThatWouldMeetOnesOwnIsDenied) {
  Guard guard{{"self_trade=deny"}};
  EXPECT_TRUE(guard.passes(limit_order(Side::Sell, 10'100, 1)));
  EXPECT_TRUE(guard.passes(limit_order(Side::Buy, 10'099, 1)));
  EXPECT_EQ(guard.send(limit_order(Side::Buy, 10'100, 1)), RejectReason::RiskSelfTrade);
  EXPECT_EQ(guard.send(market_order(Side::Buy, 1)), RejectReason::RiskSelfTrade);
  EXPECT_TRUE(guard.passes(limit_order(Side::Buy, 10'100, 1, 1)));
  guard.end(0, 1);
  EXPECT_TRUE(guard.passes(limit_order(Side::Buy, 10'100, 1)));
}

/// What a bracket's stop-loss leaves as.
NewOrder stop_loss(std::int64_t quantity) {
  NewOrder order = market_order(Side::Sell, quantity);
  order.id = kStopLossChild | 1;
  return order;
}

// It is denied once and nobody sends it again: the position would stand without it.
TEST(Brackets, AStopLossIsHeldBackByNoLimit) {
  Guard guard{{"self_trade=deny", "working_orders=1", "order_rate=1/1h", "order_quantity=5", "order_notional=1",
               "duplicate=1h", "price_band=5", "reduce_only=on"}};
  guard.hold(0, 100);
  guard.link->resume_working({.id = 7, .side = Side::Buy, .quantity = {10}, .price = {9'900}}, {10});
  guard.link->resume_time(0, guard.now);
  guard.link->resume_last({.id = 7, .side = Side::Buy, .quantity = {10}, .price = {9'900}}, guard.now);
  guard.prices.twice[0] = 0;
  EXPECT_FALSE(guard.passes(market_order(Side::Sell, 100))) << "any other order is";
  EXPECT_TRUE(guard.passes(stop_loss(100)));
}

TEST(Brackets, OneThatClosesMoreThanIsHeldIsAnOrderAsAnyOther) {
  Guard guard{{"order_quantity=20"}};
  guard.hold(0, 100);
  EXPECT_EQ(guard.send(stop_loss(201)), RejectReason::RiskOrderQuantity);
  EXPECT_TRUE(guard.passes(stop_loss(100)));
}

TEST(ReduceOnly, OnlyWhatClosesIsSent) {
  Guard guard{{"reduce_only=on"}};
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskReduceOnly);
  guard.hold(0, 10);
  EXPECT_TRUE(guard.passes(sell(10)));
  EXPECT_EQ(guard.send(sell(1)), RejectReason::RiskReduceOnly);  // it would be more than is held
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskReduceOnly);
}

/// The worst case, worked out anew from the history alone.
struct Book {
  struct Order {
    InstrumentIndex instrument;
    Side side;
    std::int64_t leaves;
  };
  std::array<std::int64_t, 3> position{};
  std::map<ClientOrderId, Order> orders;

  std::int64_t side(InstrumentIndex i, Side side) const {
    std::int64_t sum = 0;
    for (const auto& [id, order] : orders)
      if (order.instrument == i && order.side == side) sum += order.leaves;
    return sum;
  }
  /// In tenths at 100: 10 B each; of the third 10,000.
  bool allows(const NewOrder& order, std::int64_t most_gross, std::int64_t most_position) const {
    const std::int64_t open = position[order.instrument], works = side(order.instrument, order.side);
    const std::int64_t q = order.quantity.value;
    if ((order.side == Side::Sell ? open : -open) >= works + q) return true;
    std::int64_t gross = 0;
    for (InstrumentIndex i = 0; i < 3; ++i) {
      const bool this_one = i == order.instrument;
      const std::int64_t up = position[i] + side(i, Side::Buy) + (this_one && order.side == Side::Buy ? q : 0);
      const std::int64_t down = position[i] - side(i, Side::Sell) - (this_one && order.side == Side::Sell ? q : 0);
      gross += std::max(std::abs(up), std::abs(down)) * (i == 2 ? 10'000 : 10);
      if (this_one && (order.side == Side::Buy ? up : -down) > most_position * 10) return false;
    }
    return gross <= most_gross;
  }
};

TEST(GuardedLink, AgreesWithExposureWorkedOutAnewAfterRandomOrdersAndFills) {
  int denied = 0, sent = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random{seed};
    Guard guard{{"gross_exposure=300000", "position=20"}};
    Book book;
    const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.next() % n); };
    for (int step = 0; step < 400; ++step) {
      if (book.orders.empty() || below(3) == 0) {
        NewOrder order = limit_order(below(2) == 0 ? Side::Buy : Side::Sell, 10'000, 1 + below(80),
                                     static_cast<InstrumentIndex>(below(3)));
        order.id = guard.next_id++;
        const bool passed = guard.passes(order);
        ASSERT_EQ(passed, book.allows(order, 300'000, 20)) << "seed " << seed << ", step " << step;
        if (passed) book.orders[order.id] = {order.instrument, order.side, order.quantity.value};
        ++(passed ? sent : denied);
        continue;
      }
      auto chosen = std::next(book.orders.begin(), below(book.orders.size()));
      auto& [id, order] = *chosen;
      if (below(3) == 0) {
        guard.end(order.instrument, id);
        book.orders.erase(chosen);
        continue;
      }
      const std::int64_t filled = 1 + below(static_cast<std::uint64_t>(order.leaves));
      order.leaves -= filled;
      book.position[order.instrument] += sign_of(order.side) * filled;
      guard.fill({.instrument = order.instrument, .side = order.side}, id, filled, order.leaves);
      if (order.leaves == 0) book.orders.erase(chosen);
    }
    for (InstrumentIndex i = 0; i < 3; ++i) EXPECT_EQ(guard.link->position(i).value, book.position[i]);
  }
  EXPECT_GT(denied, 500);
  EXPECT_GT(sent, 500);
}

// At 100 each: 10 of A are 1,000 B.
TEST(Leverage, IsGrossExposureOfWhatTheAccountIsWorth) {
  Guard guard{{"leverage=2"}, {}, units(1'000)};
  EXPECT_TRUE(guard.passes(buy(150)));
  EXPECT_EQ(guard.send(buy(51)), RejectReason::RiskLeverage);
  EXPECT_EQ(guard.lines, std::vector<std::string>{"order 2 denied by leverage=2: the leverage could become 2.01: 2010 "
                                                  "of exposure, with what works, and 1000 of equity; close something "
                                                  "or cancel what works, or raise the limit"});
  EXPECT_TRUE(guard.passes(buy(50, 1))) << "just twice what it is worth";
  EXPECT_EQ(guard.send(buy(1, 1)), RejectReason::RiskLeverage);
  const auto [limit, value, how] = guard.link->states(guard.now).front();
  EXPECT_EQ(value, "2");
  EXPECT_EQ(how, LimitState::How::Reached);
}

TEST(Leverage, WhatIsOpenWhatWasPaidAndFeesCount) {
  Guard guard{{"leverage=1"}, {}, units(1'000)};
  guard.fill(buy(50), 1'000'000, 50, 0);  // 5 at 100
  const auto most_is = [&](std::int64_t passes) {
    EXPECT_EQ(guard.send(buy(passes + 1)), RejectReason::RiskLeverage);
    const ClientOrderId id = guard.next_id;
    EXPECT_TRUE(guard.passes(buy(passes)));
    guard.end(0, id);
  };
  guard.prices.twice[0] = 2 * 12'000;  // worth 1,100: 9.1 at 120 are 1,092, 9.2 are 1,104
  most_is(41);
  guard.prices.twice[0] = 2 * 8'000;  // worth 900: 11.2 at 80 are 896, 11.3 are 904
  most_is(62);
  guard.tell({.kind = OrderEventKind::Funding, .instrument = 0, .fee = units(96)});  // worth 804
  most_is(50);
  guard.tell({.kind = OrderEventKind::Filled,
              .side = Side::Sell,
              .instrument = 1,
              .id = 1'000'001,
              .price = {10'000},
              .quantity = {0},
              .fee = units(80)});  // worth 724: 9 at 80 are 720
  most_is(40);
}

TEST(Leverage, WhereNothingIsLeftOnlyWhatClosesPasses) {
  Guard guard{{"leverage=10"}, {}, units(100)};
  guard.fill(buy(50), 1'000'000, 50, 0);
  guard.prices.twice[0] = 2 * 7'000;  // 150 lost
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskLeverage);
  EXPECT_EQ(guard.send(sell(51)), RejectReason::RiskLeverage) << "it would turn the position around";
  EXPECT_NE(guard.lines.front().find("there is no equity left: 357 of exposure, with what works, and -50 of equity"),
            std::string::npos)
      << guard.lines.front();
  EXPECT_TRUE(guard.passes(sell(50)));
}

TEST(Leverage, CashOfEachCurrencyCountsByItsRate) {
  StartCash cash{units(1'000)};
  cash.set(2, units(3));  // 3,000 of B
  Guard guard{{"leverage=1"}, {}, cash};
  EXPECT_EQ(guard.send(buy(401)), RejectReason::RiskLeverage);
  EXPECT_TRUE(guard.passes(buy(399)));
  guard.prices.rates[2] = 500;
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskLeverage) << "2,500 in all";
  guard.prices.rates[2] = 0;
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskUnknown);
}

TEST(Leverage, OfAVenueIsHeldAgainstTheWholeAccount) {
  Guard guard{{"leverage@one=1"}, {}, units(1'000)};
  EXPECT_TRUE(guard.passes(buy(100'000, 2)));
  EXPECT_TRUE(guard.passes(buy(100, 0)));
  EXPECT_EQ(guard.send(buy(1, 1)), RejectReason::RiskLeverage);
}

TEST(Leverage, AStaleRateOrPriceDeniesAndIsNeverGuessed) {
  Guard guard{{"leverage@one=5"}, {}, units(1'000)};
  guard.fill(buy(1, 2), 1'000'000, 1, 0);
  guard.prices.twice[2] = 2 * 12'000;  // two D earned
  guard.prices.rates[2] = 0;
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskUnknown);
  EXPECT_EQ(guard.link->states(guard.now).front().how, LimitState::How::Unknown);
  guard.prices.rates[2] = 1'000;
  EXPECT_TRUE(guard.passes(buy(1)));
  guard.prices.twice[2] = 0;
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskUnknown) << "what is held elsewhere is of the account, too";
}

// A contract of 100 at 100 is a coin; at 125 it is 0.8.
TEST(Leverage, OfInverseContractsIsInTheirCoin) {
  Instrument contract = spot("one:AB", "A", "B");
  contract.kind = ContractKind::Inverse;
  contract.quantity_decimals = 0;
  contract.contract_size = 100;
  Guard guard{{"leverage=3"}, contract, units(10)};
  EXPECT_EQ(guard.send(buy(31)), RejectReason::RiskLeverage);
  guard.fill(buy(30), 1'000'000, 30, 0);
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskLeverage);
  guard.prices.twice[0] =
      2 * 12'500;  // 30 coins were owed for what 24 buy back: 16, so 48 of exposure are 60 contracts
  EXPECT_EQ(guard.send(buy(31)), RejectReason::RiskLeverage);
  EXPECT_TRUE(guard.passes(buy(30)));
}

TEST(Leverage, GoesOnWithWhatWasEarnedBefore) {
  Guard guard{{"leverage=1"}, {}, units(1'000)};
  guard.link->resume_position(0, {10}, units(-200));  // one of A, worth 100
  EXPECT_EQ(guard.send(buy(81)), RejectReason::RiskLeverage);
  EXPECT_TRUE(guard.passes(buy(80)));
}

// All in thousandths of B, twice over, so that everything is whole.
TEST(Leverage, IsAsWorkedOutAnewWhilePricesMove) {
  constexpr std::array<std::int64_t, 3> kRates{1, 1, 2};
  int denied = 0, sent = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random{seed};
    Guard guard{{"leverage=3"}, {}, units(3'000)};
    guard.prices.rates.assign(kRates.begin(), kRates.end());
    Book book;
    std::int64_t paid = -2 * 3'000'000;
    const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.next() % n); };
    const auto allows = [&](const NewOrder& order) {
      const std::int64_t open = book.position[order.instrument], q = order.quantity.value;
      if (-sign_of(order.side) * open >= book.side(order.instrument, order.side) + q) return true;
      std::int64_t gross = 0, equity = -paid;
      for (InstrumentIndex i = 0; i < 3; ++i) {
        const std::int64_t more = i == order.instrument ? sign_of(order.side) * q : 0;
        const std::int64_t up = book.position[i] + book.side(i, Side::Buy) + std::max<std::int64_t>(more, 0);
        const std::int64_t down = book.position[i] - book.side(i, Side::Sell) + std::min<std::int64_t>(more, 0);
        gross += std::max(std::abs(up), std::abs(down)) * guard.prices.twice[i] * kRates[i];
        equity += book.position[i] * guard.prices.twice[i] * kRates[i];
      }
      return gross <= 3 * equity;
    };
    for (int step = 0; step < 300; ++step) {
      for (std::int64_t& twice : guard.prices.twice) twice = std::max<std::int64_t>(twice + below(401) - 200, 1'000);
      if (book.orders.empty() || below(2) == 0) {
        NewOrder order = limit_order(below(2) == 0 ? Side::Buy : Side::Sell, 10'000, 1 + below(80),
                                     static_cast<InstrumentIndex>(below(3)));
        order.id = guard.next_id++;
        const bool passed = guard.passes(order);
        ASSERT_EQ(passed, allows(order)) << "seed " << seed << ", step " << step;
        if (passed) book.orders[order.id] = {order.instrument, order.side, order.quantity.value};
        ++(passed ? sent : denied);
        continue;
      }
      const auto chosen = std::next(book.orders.begin(), below(book.orders.size()));
      auto& [id, order] = *chosen;
      const std::int64_t filled = 1 + below(static_cast<std::uint64_t>(order.leaves));
      order.leaves -= filled;
      book.position[order.instrument] += sign_of(order.side) * filled;
      paid += 2 * sign_of(order.side) * filled * 10'000 * kRates[order.instrument];
      guard.fill(limit_order(order.side, 10'000, filled, order.instrument), id, filled, order.leaves);
      if (order.leaves == 0) book.orders.erase(chosen);
    }
  }
  EXPECT_GT(denied, 500);
  EXPECT_GT(sent, 500);
}

/// Has no price when an order asks first, where it is to hide it: then no order is clearly within a band, and each
/// limit is gone through.
class Watched final : public PriceSource {
 public:
  Watched(const Prices& prices, bool hides) : prices_{prices}, hides_{hides} {}
  void next_order() { asked_ = false; }
  std::int64_t twice_price(InstrumentIndex i) const override {
    return !std::exchange(asked_, true) && hides_ ? 0 : prices_.twice_price(i);
  }
  std::optional<Money> in_currency(InstrumentIndex i, Money amount) const override {
    ++converted;
    return prices_.in_currency(i, amount);
  }
  double rate(InstrumentIndex i) const override { return prices_.rate(i); }
  mutable int converted = 0;  // exact amounts

 private:
  const Prices& prices_;
  const bool hides_;
  mutable bool asked_ = false;
};

/// A guard that keeps what it sent and what it said.
struct Keeper {
  Keeper(const std::vector<Instrument>& instruments, const std::vector<std::string>& limits, const Prices& known,
         bool hides)
      : prices{known, hides} {
    std::vector<Limit> parsed;
    for (const auto& text : limits) parsed.push_back(parse_limit(text).value());
    const auto says = [this](const Denial& denial) { said = denial.text(); };
    link = GuardedLink::make(instruments, std::move(parsed), venue, prices, says, units(3'000)).value();
  }
  /// What denied it; empty: it was sent.
  std::string send(const NewOrder& order, UnixNanos now) {
    prices.next_order();
    said.clear();
    link->submit(0, order.id, order, now);
    Answer answer;
    while (link->take_denial(kNever, answer)) {
    }
    return said;
  }

  Watched prices;
  Venue venue;
  std::string said;
  std::unique_ptr<GuardedLink> link;
};

// Limits of each kind and scope, drawn; prices and rates that move and are not known at times.
TEST(GuardedLink, DeniesWhatOneDeniesThatGoesThroughEachLimitForEachOrder) {
  std::vector<Instrument> instruments{spot("one:AB", "A", "B"), spot("one:CB", "C", "B"), spot("one:EI", "E", "I"),
                                      spot("two:AD", "A", "D"), spot("two:FB", "F", "B")};
  instruments[2].kind = ContractKind::Inverse;
  instruments[2].quantity_decimals = 0;
  instruments[2].contract_size = 100;
  std::map<std::string, int> denied;  // by limit
  int sent = 0, unclear = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Random random{seed};
    const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.below(n)); };
    const auto limit = [&](std::string_view name, std::int64_t value, std::string_view unit = "") {
      constexpr std::array kScopes{"", "", "@one", "@two", "@one:AB", "@one:EI", "@two:AD"};
      return std::string{name} + kScopes[random.below(kScopes.size())] + "=" + std::to_string(value) +
             std::string{unit};
    };
    std::vector<std::string> limits{"price_band=40", "self_trade=deny"};
    for (std::int64_t n = 2 + below(8); n > 0; --n)
      limits.push_back(std::array{limit("order_quantity", 1 + below(4)), limit("order_notional", 100 + below(400)),
                                  limit("position", 4 + below(12)), limit("gross_exposure", 400 + below(4'000)),
                                  limit("net_exposure", 300 + below(3'000)), limit("leverage", 1 + below(3)),
                                  limit("working_orders", 2 + below(12)), limit("order_rate", 2 + below(9), "/1s"),
                                  limit("duplicate", 100 + below(900), "ms")}[random.below(9)]);
    Prices prices;
    prices.twice.assign(instruments.size(), kTwice);
    std::vector<std::int64_t> middle = prices.twice;
    Keeper guard{instruments, limits, prices, false}, slow{instruments, limits, prices, true};
    std::vector<std::pair<NewOrder, std::int64_t>> working;  // and what is left of it
    UnixNanos now = kNow;
    for (ClientOrderId id = 1; id <= 250; ++id) {
      now += below(100) * kMillisecond;
      prices.rates = {1, 1, 50 + below(9), 2, 1};
      if (below(25) == 0) prices.rates[2 + random.below(2)] = 0;
      for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
        middle[i] = std::max<std::int64_t>(middle[i] + below(401) - 200, 15'000);
        prices.twice[i] = below(40) == 0 ? 0 : middle[i];
      }
      const auto i = static_cast<InstrumentIndex>(random.below(instruments.size()));
      NewOrder order = limit_order(below(2) == 0 ? Side::Buy : Side::Sell, middle[i] / 2 + 20 * (below(11) - 5),
                                   1 + below(i == 2 ? 4 : 40), i);
      order.id = id;
      if (below(12) == 0) order.type = OrderType::Market;
      if (below(60) == 0) order.price = {2 * order.price.value};
      const std::string why = slow.send(order, now);
      const int converted = guard.prices.converted;
      ASSERT_EQ(guard.send(order, now), why) << "seed " << seed << ", order " << id;
      if (why.empty()) {
        working.emplace_back(order, order.quantity.value);
        ++sent;
        unclear += order.type == OrderType::Limit && guard.prices.converted != converted ? 1 : 0;
      } else {
        const auto by = why.find("denied by ") + 10;
        ++denied[why.substr(by, why.find_first_of("@=", by) - by)];
      }
      while (!working.empty() && (working.size() > 12 || below(2) == 0)) {
        const auto which = random.below(working.size());
        auto& [of, left] = working[which];
        const std::int64_t filled = below(3) == 0 ? 0 : 1 + below(static_cast<std::uint64_t>(left));
        left -= filled;
        const Answer answer{.event = {.kind = filled == 0 ? OrderEventKind::Canceled : OrderEventKind::Filled,
                                      .side = of.side,
                                      .instrument = of.instrument,
                                      .id = of.id,
                                      .price = of.price,
                                      .quantity = {filled},
                                      .leaves = {left}}};
        guard.link->told(answer);
        slow.link->told(answer);
        if (filled == 0 || left == 0) working.erase(working.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
    EXPECT_EQ(guard.venue.orders.size(), slow.venue.orders.size());
  }
  EXPECT_GT(sent, 2'000);
  EXPECT_LT(unclear, sent / 50) << "nearly all that pass do so without exact sums";
  for (const char* name : {"price_band", "order_quantity", "order_notional", "position", "gross_exposure",
                           "net_exposure", "leverage", "working_orders", "order_rate", "self_trade"})
    EXPECT_GT(denied[name], 10) << name;
}

/// A fill of that order, at that price.
void take(Guard& guard, const NewOrder& order, ClientOrderId id, std::int64_t price, Liquidity liquidity) {
  guard.tell({.kind = OrderEventKind::Filled,
              .side = order.side,
              .liquidity = liquidity,
              .instrument = order.instrument,
              .id = id,
              .price = {price},
              .quantity = {1},
              .leaves = {1}});
}

TEST(Slippage, OfAFillThatTookIsItsLossAgainstTheMiddleAsTheOrderLeft) {
  Guard guard{{}};
  EXPECT_TRUE(guard.passes(market_order(Side::Buy, 5)));
  EXPECT_TRUE(guard.passes(sell(5, 1)));
  guard.prices.twice.assign(3, 2 * 20'000);  // what comes later does not matter
  take(guard, market_order(Side::Buy, 5), 1, 10'050, Liquidity::Taker);
  take(guard, sell(5, 1), 2, 9'900, Liquidity::Taker);
  take(guard, sell(5, 1), 2, 10'001, Liquidity::Taker);
  ASSERT_EQ(guard.link->slips(), 3U);
  EXPECT_EQ(guard.link->slip(0), 5'000) << "50 basis points";
  EXPECT_EQ(guard.link->slip(1), 10'000);
  EXPECT_EQ(guard.link->slip(2), -100) << "it won one";
}

TEST(Slippage, OfWhatMadeOrWasNotSentOrLeftWithoutAPriceIsNotKnown) {
  Guard guard{{}};
  EXPECT_TRUE(guard.passes(buy(5)));
  take(guard, buy(5), 1, 10'050, Liquidity::Maker);
  take(guard, buy(5), 99, 10'050, Liquidity::Taker);
  guard.prices.twice[0] = 0;
  EXPECT_TRUE(guard.passes(buy(5)));
  take(guard, buy(5), 2, 10'050, Liquidity::Taker);
  NewOrder earlier = buy(5);
  earlier.id = 50;
  guard.link->resume_working(earlier, {5});
  take(guard, earlier, 50, 10'050, Liquidity::Taker);
  EXPECT_EQ(guard.link->slips(), 0U);
}

TEST(Slippage, OfWhatWaitedForATriggerIsMeasuredFromThere) {
  Guard guard{{}};
  NewOrder stop = market_order(Side::Sell, 5);
  stop.type = OrderType::Stop;
  stop.trigger_price = {8'000};
  EXPECT_TRUE(guard.passes(stop));
  stop.type = OrderType::TrailingStop;
  stop.trigger_price = {};
  EXPECT_TRUE(guard.passes(stop));
  take(guard, stop, 1, 7'992, Liquidity::Taker);
  take(guard, stop, 2, 7'000, Liquidity::Taker);  // nobody here knows where it was
  ASSERT_EQ(guard.link->slips(), 1U);
  EXPECT_EQ(guard.link->slip(0), 1'000);
}

TEST(LimitsThatChange, AnotherValueCountsWhatWasSentBefore) {
  Guard guard{{"order_rate=3/1s", "duplicate=1s"}};
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(guard.passes(buy(i)));
  ASSERT_TRUE(guard.link->set(parse_limit("order_rate=2/1s").value()));
  EXPECT_EQ(guard.send(buy(4)), RejectReason::RiskOrderRate);
  ASSERT_TRUE(guard.link->set(parse_limit("order_rate=4/1s").value()));
  ASSERT_TRUE(guard.link->set(parse_limit("duplicate=2s").value()));
  EXPECT_EQ(guard.send(buy(3)), RejectReason::RiskDuplicate) << "the same order again";
  EXPECT_EQ(guard.send(buy(5)), std::nullopt) << "a fourth within the second is allowed now; the first three count";
  EXPECT_EQ(guard.send(buy(6)), RejectReason::RiskOrderRate);
}

TEST(LimitsThatChange, OneOfItsNameAndScopeGoesAndOthersStay) {
  Guard guard{{"position=2", "position@one:AB=1"}};
  EXPECT_EQ(guard.send(buy(20)), RejectReason::RiskPosition);
  ASSERT_TRUE(guard.link->set(parse_limit_change("position@one:AB=off").value()));
  EXPECT_TRUE(guard.passes(buy(20)));
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskPosition);
  ASSERT_TRUE(guard.link->set(parse_limit_change("order_quantity=off").value())) << "what is not there is off";
  EXPECT_FALSE(guard.link->set(parse_limit("position@two:XY=1").value())) << "not traded";
  EXPECT_FALSE(parse_limit("position=off")) << "a session does not begin without what it says";
}

TEST(EntriesStopped, OnlyWhatClosesPassesUntilItIsReleased) {
  Guard guard{{}};
  guard.hold(0, 5);
  guard.link->stop_entries("kill_switch=entries");
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskStopped);
  EXPECT_EQ(guard.send(sell(6)), RejectReason::RiskStopped) << "it would turn the position around";
  EXPECT_TRUE(guard.passes(sell(5)));
  EXPECT_TRUE(guard.lines.front().starts_with("order 1 denied by kill_switch=entries: ")) << guard.lines.front();
  guard.link->stop_entries("");
  EXPECT_TRUE(guard.passes(buy(1)));
}

// The venue cuts it to what is held by then: what rests beside it may rest for ever.
TEST(EntriesStopped, AStopPassesThoughATakeProfitRests) {
  Guard guard{{}};
  guard.hold(0, 10);
  EXPECT_TRUE(guard.passes(limit_order(Side::Sell, 11'000, 10)));
  guard.link->stop_entries("daily_loss=1");
  EXPECT_EQ(guard.send(market_order(Side::Sell, 10)), RejectReason::RiskStopped);
  NewOrder stop = market_order(Side::Sell, 10);
  stop.reduce_only = true;
  EXPECT_TRUE(guard.passes(stop));
  EXPECT_TRUE(guard.passes(stop_loss(10))) << "of a bracket, also where the venue knows no reduce-only";
  stop.side = Side::Buy;
  EXPECT_EQ(guard.send(stop), RejectReason::RiskStopped);
}

TEST(EntriesStopped, WhatFlattensIsHeldBackByNoLimit) {
  Guard guard{{"order_quantity=0.1"}};
  guard.hold(0, 5);
  guard.link->stop_entries("kill_switch=entries");
  EXPECT_EQ(guard.send(sell(5)), RejectReason::RiskOrderQuantity);
  guard.link->stop_entries("kill_switch=flatten", true);
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskStopped);
  EXPECT_TRUE(guard.passes(sell(5)));
}

TEST(GuardedLink, WhatAnEarlierProcessLeftCounts) {
  Guard guard{{"position=1", "order_rate=2/1m"}};
  NewOrder works = buy(4);
  works.id = 1;
  guard.link->resume_time(0, guard.now - kSecond);
  guard.link->resume_working(works, {3});
  guard.link->resume_position(0, {5});
  EXPECT_EQ(guard.send(buy(3)), RejectReason::RiskPosition);
  EXPECT_TRUE(guard.passes(buy(2)));
  EXPECT_EQ(guard.send(sell(1)), RejectReason::RiskOrderRate);
  guard.end(0, 1);
  guard.now += kMinute;
  EXPECT_TRUE(guard.passes(buy(3)));
}

TEST(GuardedLink, WhatAnEarlierProcessLeftIsExposed) {
  Guard guard{{"gross_exposure=300", "net_exposure=290"}};
  NewOrder works = buy(20, 1);  // 200
  works.id = 7;
  guard.link->resume_working(works, {20});
  guard.link->resume_position(0, {5});
  EXPECT_EQ(guard.send(sell(16)), RejectReason::RiskGrossExposure) << "from 5 long to 11 short";
  EXPECT_EQ(guard.send(buy(5)), RejectReason::RiskNetExposure);
  EXPECT_TRUE(guard.passes(buy(4)));
}

// Rates come from afar, and may change from order to order.
TEST(GuardedLink, AsksForTheRateOfACurrencyOnceForAnOrder) {
  Guard guard{{"gross_exposure=1000000", "net_exposure@one=1000000", "leverage=1000"}, {}, units(1'000)};
  for (const InstrumentIndex i : {0, 1, 2}) guard.hold(i, 10);
  guard.prices.asked_for_rate = {};
  EXPECT_TRUE(guard.passes(buy(1)));
  EXPECT_EQ(guard.prices.asked_for_rate, (std::array{1, 0, 1, 0, 0})) << "the first two settle in the same";
  EXPECT_TRUE(guard.passes(buy(1, 2)));
  EXPECT_EQ(guard.prices.asked_for_rate, (std::array{2, 0, 2, 0, 0}));
  guard.prices.rates[2] = 100'000;
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskGrossExposure) << "what it was for the order before is nothing";
}

TEST(LimitStates, SayWhatCountsAgainstEach) {
  Guard guard{
      {"position=1", "position@two=1", "gross_exposure=100", "working_orders=1", "order_rate=5/1s", "price_band=5"}};
  guard.hold(0, 3);
  EXPECT_TRUE(guard.passes(buy(2)));
  const auto states = guard.link->states(guard.now);
  std::vector<std::string> texts;
  for (const auto& [limit, value, how] : states)
    texts.push_back(limit.text() + ": " + value + (how == LimitState::How::Reached ? ", reached" : ""));
  EXPECT_EQ(texts, (std::vector<std::string>{"position=1: 0.5", "position@two=1: 0", "gross_exposure=100: 50",
                                             "working_orders=1: 1, reached", "order_rate=5/1s: 1", "price_band=5: "}));
  guard.prices.twice[0] = 0;
  EXPECT_EQ(guard.link->states(guard.now)[2].how, LimitState::How::Unknown);
}

// A strategy that numbers its orders itself: the first works, and two more of its number are on their way. The one in
// between is refused, the first fills, and the last one is taken.
TEST(GuardedLink, OfTwoThatAskedForANumberThatIsTakenTheOneThatIsRefusedCountsNoMore) {
  Guard guard{{}};
  const auto send = [&](std::uint64_t request, std::int64_t quantity) {
    NewOrder order = buy(quantity);
    order.id = 7;
    guard.link->submit(0, request, order, kNow);
    return order;
  };
  const auto refuse = [&](std::uint64_t request, const NewOrder& order, RejectReason reason) {
    guard.venue.answers.push_back(
        {.run = 0, .request = request, .event = refusal_of(order, OrderEventKind::Rejected, reason, kNow)});
    Answer answer;
    ASSERT_TRUE(guard.link->take(kNever, answer));
  };
  const NewOrder first = send(1, 5), second = send(2, 20);
  send(3, 9);
  refuse(2, second, RejectReason::DuplicateId);
  EXPECT_EQ(guard.link->working(0, Side::Buy), Quantity{5 + 9});
  guard.fill(first, 7, 5, 0);
  EXPECT_EQ(guard.link->working(0, Side::Buy), Quantity{9});
  const NewOrder fourth = send(4, 30);
  refuse(4, fourth, RejectReason::InsufficientBalance);
  EXPECT_EQ(guard.link->working(0, Side::Buy), Quantity{9}) << "for whatever reason";
}

TEST(GuardedLink, AnOrderThatWorksAlreadyCountsOnceItIsAdoptedAndNoLimitHoldsItBack) {
  Guard guard{{"position=1", "working_orders=1"}};
  NewOrder theirs = buy(30);
  theirs.id = 7;
  guard.link->stop_entries("kill_switch=entries");
  guard.link->adopt(0, 7, theirs, "71", kNow);
  ASSERT_EQ(guard.venue.orders.size(), 1u);
  EXPECT_EQ(guard.link->working(0, Side::Buy), Quantity{30});
  guard.link->stop_entries("");
  EXPECT_EQ(guard.send(buy(1)), RejectReason::RiskPosition) << "what it may make counts";
  guard.fill(theirs, 7, 20, 10);
  EXPECT_EQ(guard.link->position(0), Quantity{20});
  guard.end(0, 7);
  EXPECT_EQ(guard.link->working(0, Side::Buy), Quantity{0});
}

}  // namespace
}  // namespace stom::risk
