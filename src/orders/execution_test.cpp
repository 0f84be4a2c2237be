#include "orders/execution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"

namespace stom::orders {
namespace {

constexpr std::int64_t kLot = 10, kTick = 5;

Instrument coin_of_lots(std::string id = "test:A") {
  return {.id = std::move(id), .base = "COIN", .quote = "KRW", .ladder = {{{0}, {kTick}}}, .lot = {kLot}};
}

/// An execution and a venue that does what a test says. What the venue knows is kept apart from what it has told.
class Played {
 public:
  explicit Played(ExecutionPlan plan, std::string id = "test:A")
      : instrument{coin_of_lots(std::move(id))}, execution{std::move(plan), instrument, 0} {}

  Instrument instrument;
  Execution execution;
  ExecutionView view{.now = 0, .bid = {1000}, .ask = {1005}, .position = {}};
  std::vector<NewOrder> sent;
  std::vector<std::int64_t> leaves;  // of each that was sent, as the venue has it; 0: it is over
  std::vector<ClientOrderId> canceled;

  void step() {
    const ExecutionWish wish = execution.next(view);
    if (wish.kind == ExecutionWish::Kind::Cancel) canceled.push_back(wish.cancel);
    if (wish.kind != ExecutionWish::Kind::Submit) return;
    sent.push_back(wish.order);
    leaves.push_back(wish.order.quantity.value);
    execution.sent(sent.size());
  }
  void at(UnixNanos now) {
    view.now = now;
    step();
  }
  void tell(OrderEventKind kind, RejectReason reason = RejectReason::None) {
    if (kind != OrderEventKind::Accepted && kind != OrderEventKind::CancelRejected) leaves.back() = 0;
    event({.kind = kind, .reason = reason, .id = sent.size()});
  }
  void accept() { tell(OrderEventKind::Accepted); }
  void fill(std::int64_t quantity) {
    leaves.back() -= quantity;
    view.position.value += sign_of(execution.plan().side) * quantity;
    event({.kind = OrderEventKind::Filled,
           .side = execution.plan().side,
           .id = sent.size(),
           .price = {1000},
           .quantity = {quantity},
           .leaves = {leaves.back()}});
  }
  void event(const OrderEvent& of) { execution.told(of, view.now); }
  std::vector<std::int64_t> sizes() const {
    std::vector<std::int64_t> all;
    for (const NewOrder& order : sent) all.push_back(order.quantity.value);
    return all;
  }
};

using Sizes = std::vector<std::int64_t>;

ExecutionPlan twap(std::int64_t quantity, int slices) {
  return {.kind = ExecutionKind::Twap, .quantity = {quantity}, .over = slices * kSecond, .slices = slices};
}

TEST(Execution, EvenPartsSumToTheWholeInWholeLots) {
  // 7 lots in 3: until each part 7/3, 14/3 and 7, rounded up: 3, 5, 7.
  Played played{twap(70, 3)};
  for (int i = 0; i < 3; ++i) {
    played.at(i * kSecond);
    ASSERT_EQ(played.sent.size(), static_cast<std::size_t>(i + 1));
    EXPECT_EQ(played.sent.back().type, OrderType::Market);
    played.at(i * kSecond + 1);  // nothing more in the same part
    played.fill(played.leaves.back());
  }
  EXPECT_EQ(played.sizes(), (Sizes{30, 20, 20}));
  played.step();
  EXPECT_EQ(played.execution.end(), ExecutionEnd::Filled);
}

TEST(Execution, APartThatLeavesTooLittleTakesIt) {
  ExecutionPlan plan = twap(100, 10);
  plan.least = {30};
  Played played{plan};
  for (int i = 0; i < 10; ++i) {
    played.at(i * kSecond);
    if (!played.leaves.empty() && played.leaves.back() > 0) played.fill(played.leaves.back());
  }
  EXPECT_EQ(played.sizes(), (Sizes{30, 30, 40}));
}

TEST(Execution, AnOrderThatNobodyAnswersIsUnderWayUntilItIsKnown) {
  Played played{twap(40, 4)};
  played.at(0);
  for (int i = 1; i < 10; ++i) played.at(i * kSecond);
  EXPECT_EQ(played.sent.size(), 1u) << "nothing is sent beside it, and it is not sent again";
  EXPECT_EQ(played.execution.under_way().value, 10);
  played.execution.told({.kind = OrderEventKind::Rejected, .reason = RejectReason::BookStale, .id = 1}, 10 * kSecond);
  played.at(10 * kSecond);
  EXPECT_EQ(played.sent.size(), 1u) << "not at once after a refusal";
  EXPECT_EQ(played.execution.end(), ExecutionEnd::Time) << "four seconds were all it had";
}

TEST(Execution, WhatWasLateIsMadeUpAndTheRestAtTheEndIsTakenWhereAsked) {
  ExecutionPlan plan = twap(40, 4);
  plan.joins = true;
  plan.takes_the_rest = true;
  Played played{plan};
  played.at(0);
  EXPECT_EQ(played.sent[0].price.value, 1000);
  played.accept();
  played.at(kSecond);  // its part is over: back, and with the next one anew
  ASSERT_EQ(played.canceled.size(), 1u);
  played.tell(OrderEventKind::Canceled);
  played.step();
  played.accept();
  played.at(4 * kSecond);
  played.tell(OrderEventKind::Canceled);
  played.step();
  EXPECT_EQ(played.sizes(), (Sizes{10, 20, 40}));
  EXPECT_EQ(played.sent.back().type, OrderType::Market);
}

TEST(Execution, WeightsDecideHowLargeEachPartIs) {
  ExecutionPlan plan = twap(100, 4);
  plan.kind = ExecutionKind::Vwap;
  plan.weights = {1, 0, 6, 3};
  Played played{plan};
  for (int i = 0; i < 4; ++i) {
    played.at(i * kSecond);
    if (played.leaves.back() > 0) played.fill(played.leaves.back());
  }
  EXPECT_EQ(played.sizes(), (Sizes{10, 60, 30}));
}

TEST(Execution, TheSameTimeOfTheDayBeforeWeighsTheParts) {
  DayVolumes volumes{0};
  volumes.add(kHour, {50});
  volumes.add(kHour + kMinute, {100});
  volumes.add(kHour + 2 * kMinute, {999});
  const auto weights = volumes.weights(kDay + kHour, 2 * kMinute, 4);  // half minutes, of even trade within
  ASSERT_EQ(weights.size(), 4u);
  EXPECT_EQ(weights[0], weights[1]);
  EXPECT_EQ(weights[2], 2 * weights[0]);
  EXPECT_EQ(weights[3], weights[2]);
  EXPECT_TRUE(volumes.weights(kDay + 3 * kHour, kHour, 4).empty()) << "nothing was traded then";
  EXPECT_TRUE(volumes.weights(kHour, kHour, 4).empty()) << "that is before 1970";
  EXPECT_TRUE(DayVolumes{kHour + 1}.weights(kDay + kHour, kHour, 4).empty()) << "its begin was not heard";
}

TEST(Execution, AShareOfWhatIsTradedIsNeverExceeded) {
  Played played{ExecutionPlan{.kind = ExecutionKind::Pov, .quantity = {100}, .share = 100'000}};
  played.step();
  EXPECT_TRUE(played.sent.empty());
  played.execution.traded({199});
  played.step();
  EXPECT_EQ(played.sizes(), (Sizes{10})) << "a tenth of 199, in whole lots";
  played.fill(10);
  played.step();
  EXPECT_EQ(played.sent.size(), 1u);
  played.execution.traded({1});
  played.step();
  EXPECT_EQ(played.sizes(), (Sizes{10, 10}));
}

TEST(Execution, AnIcebergShowsItsPartAndRefillsItWhenItIsFilled) {
  Played played{ExecutionPlan{.kind = ExecutionKind::Iceberg, .quantity = {50}, .shown = {20}, .limit = {990}}};
  played.step();
  played.accept();
  played.fill(10);
  played.step();
  EXPECT_EQ(played.sent.size(), 1u) << "what is shown is used up first";
  played.fill(10);
  played.view.bid = {950};
  played.view.ask = {955};
  played.step();
  played.fill(20);
  played.step();
  EXPECT_EQ(played.sizes(), (Sizes{20, 20, 10}));
  for (const NewOrder& order : played.sent) EXPECT_EQ(order.price.value, 990);
  played.fill(10);
  played.step();
  EXPECT_EQ(played.execution.end(), ExecutionEnd::Filled);
}

// Kiwoom's lists do not have it after half a minute, and it may come all the same.
TEST(Execution, WhileAnOrderThatNeverArrivedMayStillComeNothingTakesItsPlace) {
  const ExecutionPlan plan{.kind = ExecutionKind::Iceberg, .quantity = {40}, .shown = {40}, .limit = {990}};
  Played played{plan, "kiwoom:005930"};
  played.step();
  played.view.now = kMinute;
  played.tell(OrderEventKind::Rejected, RejectReason::UnknownOrder);
  for (int seconds = 0; seconds < 299; ++seconds) played.at(kMinute + seconds * kSecond);
  EXPECT_EQ(played.sent.size(), 1u);
  played.event({.kind = OrderEventKind::Filled, .id = 1, .price = {990}, .quantity = {30}, .leaves = {10}});
  EXPECT_EQ(played.execution.filled().value, 30) << "it arrived after all";
  played.at(6 * kMinute);
  EXPECT_EQ(played.sizes(), (Sizes{40, 10})) << "no more than what that has left";

  Played elsewhere{plan};
  elsewhere.step();
  elsewhere.tell(OrderEventKind::Rejected, RejectReason::UnknownOrder);
  elsewhere.at(kSecond);
  EXPECT_EQ(elsewhere.sent.size(), 2u) << "where the venue itself says so, it cannot come any more";
}

TEST(Execution, AVenueWithoutIcebergsIsShownThePartsOneByOne) {
  Played played{
      ExecutionPlan{.kind = ExecutionKind::Iceberg, .quantity = {50}, .shown = {20}, .limit = {990}, .native = true}};
  played.step();
  EXPECT_EQ(played.sent[0].quantity.value, 50);
  EXPECT_EQ(played.sent[0].display.value, 20);
  played.tell(OrderEventKind::Denied, RejectReason::Unsupported);
  played.step();
  EXPECT_EQ(played.sizes(), (Sizes{50, 20}));
  EXPECT_EQ(played.sent[1].display.value, 0);
}

TEST(Execution, AChaseFollowsTheBestPriceSoManyTimesAndThenTakesWhereAsked) {
  Played played{
      ExecutionPlan{.kind = ExecutionKind::Chase, .quantity = {50}, .takes_the_rest = true, .follow = 2, .moves = 1}};
  played.step();
  played.accept();
  played.view.bid = {1005};
  played.step();
  EXPECT_TRUE(played.canceled.empty()) << "one tick is not two";
  played.view.bid = {995};
  played.step();
  EXPECT_TRUE(played.canceled.empty()) << "it does not run after a price that comes to it";
  played.view.bid = {1010};
  played.view.ask = {1015};
  played.step();
  ASSERT_EQ(played.canceled.size(), 1u);
  played.fill(10);  // the cancel crosses a fill
  played.step();
  EXPECT_EQ(played.sent.size(), 1u) << "only what the venue says is canceled is free";
  played.tell(OrderEventKind::Canceled);
  played.step();
  ASSERT_EQ(played.sizes(), (Sizes{50, 40}));
  EXPECT_EQ(played.sent[1].price.value, 1010);
  played.accept();
  played.view.bid = {1020};
  played.step();  // no move is left
  played.tell(OrderEventKind::Canceled);
  played.step();
  ASSERT_EQ(played.sizes(), (Sizes{50, 40, 40}));
  EXPECT_EQ(played.sent[2].type, OrderType::Market);
}

TEST(Execution, AChaseStaysWithinItsLimit) {
  Played played{ExecutionPlan{.kind = ExecutionKind::Chase,
                              .side = Side::Sell,
                              .quantity = {50},
                              .limit = {1000},
                              .takes_the_rest = true,
                              .over = kSecond}};
  played.step();
  EXPECT_EQ(played.sent[0].price.value, 1005);
  played.accept();
  played.view.ask = {990};
  played.view.bid = {985};
  played.step();
  played.tell(OrderEventKind::Canceled);
  played.step();
  EXPECT_EQ(played.sent[1].price.value, 1000);
  played.accept();
  played.at(kSecond);
  played.tell(OrderEventKind::Canceled);
  played.step();
  EXPECT_EQ(played.execution.end(), ExecutionEnd::Time) << "what could be had is worse than the limit";
  EXPECT_EQ(played.sent.size(), 2u);
}

TEST(Execution, WhatOnlyReducesIsNoMoreThanIsHeld) {
  ExecutionPlan plan = twap(100, 1);
  plan.side = Side::Sell;
  plan.reduce_only = true;
  Played played{plan};
  played.view.position = {35};
  played.step();
  EXPECT_EQ(played.sizes(), (Sizes{30}));
  EXPECT_TRUE(played.sent[0].reduce_only);
  played.fill(30);
  played.step();
  EXPECT_EQ(played.execution.end(), ExecutionEnd::TooSmall) << "5 are less than a lot";
  Played none{plan};
  none.step();
  EXPECT_EQ(none.execution.end(), ExecutionEnd::NothingHeld);
}

TEST(Execution, StoppedHalfWayItTakesBackWhatWaitsAndSendsNothingMore) {
  Played played{ExecutionPlan{.kind = ExecutionKind::Iceberg, .quantity = {50}, .shown = {20}, .limit = {990}}};
  played.step();
  played.execution.stop();
  played.step();
  EXPECT_TRUE(played.canceled.empty()) << "not before it is known to be there";
  played.accept();
  played.step();
  ASSERT_EQ(played.canceled.size(), 1u);
  EXPECT_FALSE(played.execution.is_over());
  played.fill(10);
  played.tell(OrderEventKind::Canceled);
  played.step();
  EXPECT_EQ(played.execution.end(), ExecutionEnd::Stopped);
  EXPECT_EQ(played.execution.left().value, 40);
}

TEST(Execution, RefusedAgainAndAgainItEnds) {
  ExecutionPlan longer = twap(50, 1);
  longer.over = kHour;
  Played again{longer};
  for (int i = 0; i < Execution::kMostRefusals; ++i) {
    again.at(i * Execution::kTryAgainAfter);
    ASSERT_EQ(again.sent.size(), static_cast<std::size_t>(i + 1));
    again.tell(OrderEventKind::Rejected, RejectReason::InsufficientBalance);
    again.at(i * Execution::kTryAgainAfter + 1);
    EXPECT_EQ(again.sent.size(), static_cast<std::size_t>(i + 1)) << "not at once";
  }
  EXPECT_EQ(again.execution.end(), ExecutionEnd::Refused);
  EXPECT_EQ(again.execution.refusal(), RejectReason::InsufficientBalance);
}

TEST(Execution, AFillThatComesAfterTheCancelCounts) {
  Played played{ExecutionPlan{.kind = ExecutionKind::Chase, .quantity = {50}}};
  played.step();
  played.accept();
  played.view.bid = {1010};
  played.step();
  played.tell(OrderEventKind::Canceled);
  played.event({.kind = OrderEventKind::Filled, .id = 1, .price = {1000}, .quantity = {20}, .leaves = {0}});
  played.step();
  EXPECT_EQ(played.sizes(), (Sizes{50, 30}));
}

TEST(Execution, AFillThatComesOnceTheNextOrderWaitsTakesThatBackWhereItIsTooMuch) {
  Played played{ExecutionPlan{.kind = ExecutionKind::Iceberg, .quantity = {50}, .shown = {40}, .limit = {990}}};
  const auto late = [&](std::int64_t quantity) {
    played.event({.kind = OrderEventKind::Filled, .id = 1, .price = {990}, .quantity = {quantity}, .leaves = {0}});
    played.step();
  };
  played.step();
  played.accept();
  played.tell(OrderEventKind::Canceled);  // by somebody else
  played.at(Execution::kTryAgainAfter);
  played.accept();
  ASSERT_EQ(played.sizes(), (Sizes{40, 40}));
  late(10);
  EXPECT_TRUE(played.canceled.empty()) << "40 are left, and 40 wait";
  late(20);
  ASSERT_EQ(played.canceled, (std::vector<ClientOrderId>{2}));
  played.tell(OrderEventKind::Canceled);
  played.step();
  EXPECT_EQ(played.sizes(), (Sizes{40, 40, 20}));
}

TEST(Execution, GoingOnWithASmallerQuantityItTakesBackWhatIsTooMuch) {
  Played played{ExecutionPlan{.kind = ExecutionKind::Iceberg, .quantity = {30}, .shown = {30}}};
  const WorkingOrder waits{.id = 1, .status = OrderStatus::Working, .price = {980}, .quantity = {50}, .leaves = {50}};
  played.execution.resume({10}, &waits);
  played.sent.push_back({.id = 1});
  played.leaves.push_back(50);
  played.step();
  ASSERT_EQ(played.canceled, (std::vector<ClientOrderId>{1}));
  played.tell(OrderEventKind::Canceled);
  played.step();
  EXPECT_EQ(played.sent.back().quantity.value, 20);
}

TEST(Execution, AFeeTakenOfWhatWasBoughtIsNotBoughtAgain) {
  Played played{twap(50, 1)};
  played.step();
  played.event({.kind = OrderEventKind::Filled, .id = 1, .price = {1000}, .quantity = {40}, .leaves = {0}});
  played.step();
  EXPECT_EQ(played.sent.size(), 1u);
  EXPECT_EQ(played.execution.end(), ExecutionEnd::Filled);
}

TEST(Execution, GoingOnItKnowsWhatWasFilledAndWhatStillWaits) {
  Played played{ExecutionPlan{.kind = ExecutionKind::Iceberg, .quantity = {100}, .shown = {20}}};
  const WorkingOrder waits{.id = 1, .status = OrderStatus::Unknown, .price = {980}, .quantity = {20}, .leaves = {10}};
  played.execution.resume({50}, &waits);
  played.sent.push_back({.id = 1});
  played.leaves.push_back(10);
  played.step();
  EXPECT_EQ(played.sent.size(), 1u) << "its fate is not known";
  EXPECT_EQ(played.execution.left().value, 50);
  played.fill(10);
  played.step();
  EXPECT_EQ(played.sent.back().price.value, 980) << "the price of before";
  EXPECT_EQ(played.execution.left().value, 40);
  played.event({.kind = OrderEventKind::Filled, .id = 77, .price = {980}, .quantity = {20}});
  EXPECT_EQ(played.execution.left().value, 20) << "of an order that the records lacked, and the venue knew";
  played.event({.kind = OrderEventKind::Filled, .side = Side::Sell, .id = 78, .price = {980}, .quantity = {20}});
  EXPECT_EQ(played.execution.left().value, 20) << "the other side is not its own";
}

TEST(Execution, APlanThatCannotBeCarriedOutSaysWhy) {
  const auto why = [](const ExecutionPlan& plan) {
    const auto checked = check(plan, coin_of_lots());
    return checked ? std::string{"nothing"} : checked.error().message;
  };
  EXPECT_EQ(why(twap(40, 4)), "nothing");
  EXPECT_EQ(why(twap(45, 4)), "the quantity is not a number of whole lots above 0");
  EXPECT_EQ(why(twap(40, 0)), "0 slices are not in 1..10000");
  EXPECT_EQ(why({.kind = ExecutionKind::Pov, .quantity = {10}}),
            "the share of what is traded is not above 0 and up to all of it");
  EXPECT_EQ(why({.kind = ExecutionKind::Iceberg, .quantity = {10}}), "an iceberg shows a part, and none is said");
  EXPECT_EQ(why({.kind = ExecutionKind::Iceberg, .quantity = {100}, .least = {20}, .shown = {30}}),
            "what is shown is less than twice the least of an order");
  EXPECT_EQ(why({.kind = ExecutionKind::Chase, .quantity = {10}, .limit = {1001}}),
            "the limit is no price of the instrument");
  ExecutionPlan weighed = twap(40, 3);
  weighed.weights = {1, 2};
  EXPECT_EQ(why(weighed), "2 weights for 3 slices");
}

// --- under seeds: a venue that fills, refuses, forgets and answers late ---

struct Tried {
  ExecutionPlan plan;
  std::string name;
};

std::vector<Tried> all_kinds() {
  std::vector<Tried> all;
  for (const bool joins : {false, true}) {
    ExecutionPlan plan = twap(1000, 7);
    plan.joins = joins;
    plan.least = {joins ? 40 : 0};
    plan.takes_the_rest = true;
    all.push_back({plan, joins ? "twap, joining" : "twap"});
    plan.kind = ExecutionKind::Vwap;
    plan.weights = {3, 0, 1, 1, 9, 2, 4};
    all.push_back({plan, joins ? "vwap, joining" : "vwap"});
    all.push_back(
        {ExecutionPlan{.kind = ExecutionKind::Pov, .quantity = {1000}, .least = {30}, .joins = joins, .share = 123'456},
         joins ? "pov, joining" : "pov"});
  }
  all.push_back(
      {ExecutionPlan{.kind = ExecutionKind::Iceberg, .quantity = {1000}, .least = {30}, .shown = {70}}, "iceberg"});
  all.push_back(
      {ExecutionPlan{
           .kind = ExecutionKind::Chase, .quantity = {1000}, .takes_the_rest = true, .over = 7 * kSecond, .moves = 5},
       "chase"});
  return all;
}

/// A venue and a market by chance, and what must hold at each step.
class Chances {
 public:
  Chances(const ExecutionPlan& plan, std::uint64_t seed) : plan_{plan}, random_{seed} {}

  /// So many steps, or until it is over; `kind`: the venue answers all, and refuses nothing.
  void play(Played& played, int steps, bool kind) {
    for (int i = 0; i < steps && !played.execution.is_over(); ++i) {
      move_market(played);
      const bool was_over = played.leaves.empty() || played.leaves.back() == 0;
      const std::size_t before = played.sent.size();
      played.step();
      if (played.sent.size() > before) check_sent(played.sent.back(), was_over);
      if (!played.leaves.empty() && played.leaves.back() > 0) answer(played, kind);
      ASSERT_EQ(played.execution.filled().value, filled_);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  void begin_anew() {
    base_ = filled_;
    volume_ = 0;
  }
  std::int64_t filled() const { return filled_; }
  std::int64_t least() const { return std::max(plan_.least.value, kLot); }

 private:
  bool chance(std::uint64_t of) { return random_.below(of) == 0; }
  void move_market(Played& played) {
    ExecutionView& view = played.view;
    view.now += kSecond / 50;
    view.bid.value += static_cast<std::int64_t>(random_.below(3)) * kTick - kTick;
    view.bid.value = std::max<std::int64_t>(view.bid.value, 500);
    view.ask = {view.bid.value + kTick};
    const auto traded = static_cast<std::int64_t>(random_.below(40));
    volume_ += traded;
    played.execution.traded({traded});
  }
  void check_sent(const NewOrder& order, bool was_over) const {
    ASSERT_TRUE(was_over) << "two of its orders at a time";
    ASSERT_GE(order.quantity.value, least());
    ASSERT_EQ(order.quantity.value % kLot, 0);
    ASSERT_LE(filled_ + order.quantity.value, plan_.quantity.value);
    if (plan_.shown.value > 0) {
      ASSERT_LE(order.quantity.value, plan_.shown.value);
    }
    if (plan_.kind == ExecutionKind::Pov) {
      ASSERT_LE((filled_ - base_ + order.quantity.value) * ExecutionPlan::kWhole, volume_ * plan_.share);
    }
  }
  void answer(Played& played, bool kind) {
    const bool asked = !played.canceled.empty() && played.canceled.back() == played.sent.size();
    const std::int64_t leaves = played.leaves.back();
    if (chance(3)) {
      const std::int64_t part =
          kind ? leaves
               : kLot * (1 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(leaves / kLot))));
      filled_ += part;
      played.fill(part);
    } else if (asked && (kind || chance(3))) {
      if (!kind && chance(3))
        played.tell(OrderEventKind::CancelRejected, RejectReason::UnknownOrder);
      else
        played.tell(OrderEventKind::Canceled);
    } else if (!kind && chance(20)) {
      if (chance(2))
        played.tell(OrderEventKind::Expired);
      else
        played.tell(OrderEventKind::Rejected, RejectReason::BookStale);
    } else if (kind || chance(2)) {
      played.accept();
    }
  }

  const ExecutionPlan& plan_;
  Random random_;
  std::int64_t filled_ = 0, base_ = 0, volume_ = 0;
};

constexpr int kLong = 40'000;

void expect_done(const Played& played, const Chances& chances) {
  ASSERT_TRUE(played.execution.is_over());
  EXPECT_EQ(played.execution.filled().value, chances.filled());
  if (played.execution.end() == ExecutionEnd::Filled) {
    EXPECT_EQ(chances.filled(), played.execution.plan().quantity.value);
  } else {
    EXPECT_EQ(played.execution.end(), ExecutionEnd::TooSmall);
    EXPECT_LT(played.execution.left().value, chances.least());
  }
}

class ExecutionUnderSeeds : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(ExecutionUnderSeeds, NeverSendsMoreThanThePlanAndEndsWithItsSum) {
  for (const Tried& tried : all_kinds()) {
    SCOPED_TRACE(tried.name);
    Played played{tried.plan};
    Chances chances{tried.plan, GetParam()};
    ASSERT_NO_FATAL_FAILURE(chances.play(played, 600, false));
    ASSERT_NO_FATAL_FAILURE(chances.play(played, kLong, true));
    expect_done(played, chances);
  }
}

TEST_P(ExecutionUnderSeeds, GoesOnAfterARestartWithWhatIsLeft) {
  for (const Tried& tried : all_kinds()) {
    SCOPED_TRACE(tried.name);
    Played first{tried.plan};
    Chances chances{tried.plan, GetParam()};
    ASSERT_NO_FATAL_FAILURE(chances.play(first, 20 + 3 * static_cast<int>(GetParam()), false));
    Played second{tried.plan};
    second.sent = first.sent;
    second.leaves = first.leaves;
    second.view.bid = first.view.bid;
    second.view.ask = first.view.ask;
    const bool waits = !first.leaves.empty() && first.leaves.back() > 0;
    WorkingOrder child;
    if (waits) {
      const NewOrder& order = first.sent.back();
      child = {.id = first.sent.size(),
               .type = order.type,
               .status = OrderStatus::Unknown,
               .price = order.price,
               .quantity = order.quantity,
               .leaves = {first.leaves.back()}};
    }
    second.execution.resume({chances.filled()}, waits ? &child : nullptr);
    chances.begin_anew();
    ASSERT_NO_FATAL_FAILURE(chances.play(second, 600, false));
    ASSERT_NO_FATAL_FAILURE(chances.play(second, kLong, true));
    expect_done(second, chances);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ExecutionUnderSeeds, ::testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace stom::orders
