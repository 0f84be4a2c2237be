#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Time in ms, quantity, price.
using Done = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
std::vector<Done> done(const TapeResult& result) {
  std::vector<Done> all;
  for (const Fill& fill : result.fills)
    all.emplace_back(fill.time / kMillisecond, sign_of(fill.side) * fill.quantity.value, fill.price.value);
  return all;
}

Tape still_market(int seconds = 10) {
  Tape tape;
  for (int i = 0; i < seconds; ++i) tape.book(i * kSecond, {{99, 50}}, {{100, 50}});
  return tape;
}

// The first look is 100 ms after the start: there it begins.
TEST(Execute, ATwapBuysEvenPartsInEvenTimes) {
  const auto result = still_market().run("execute", {{"quantity", "5"}, {"over", "3s"}, {"slices", "3"}});
  EXPECT_THAT(done(result), ElementsAre(Done{100, 2, 100}, Done{1100, 2, 100}, Done{2100, 1, 100}));
  EXPECT_THAT(result.lines, Contains("execution: test:A bought 5 of 5 in 3 orders at 100 on average: all of it"));
}

TEST(Execute, AVwapBuysByTheWeightsGiven) {
  const auto result = still_market().run(
      "execute", {{"kind", "vwap"}, {"side", "sell"}, {"quantity", "5"}, {"over", "3s"}, {"weights", "1,3,1"}});
  EXPECT_THAT(done(result), ElementsAre(Done{100, -1, 99}, Done{1100, -3, 99}, Done{2100, -1, 99}));
}

TEST(Execute, AVwapKnowsTheSameTimeOfTheDayBefore) {
  // One lot in the first minute, three in the second: so are the parts of the same minutes of the next day.
  constexpr UnixNanos kMorning = 6 * kHour, kNext = kMorning + kDay;
  Tape tape;
  tape.book(kMorning, {{99, 50}}, {{100, 50}});
  tape.trade(kMorning + 30 * kSecond, Side::Buy, 100, 1);
  tape.trade(kMorning + 90 * kSecond, Side::Buy, 100, 3);
  tape.book(kNext - kSecond, {{99, 50}}, {{100, 50}});
  tape.book(kNext + 5 * kMinute, {{99, 50}}, {{100, 50}});
  const auto result = tape.run(
      "execute",
      {{"kind", "vwap"}, {"quantity", "4"}, {"after", "1d"}, {"over", "2m"}, {"slices", "2"}, {"interval", "1m"}});
  EXPECT_THAT(done(result),
              ElementsAre(Done{kNext / kMillisecond, 1, 100}, Done{(kNext + kMinute) / kMillisecond, 3, 100}));
}

TEST(Execute, AVwapThatHeardNoDayBeforeSaysSoAndIsEven) {
  const auto result =
      still_market().run("execute", {{"kind", "vwap"}, {"quantity", "2"}, {"over", "2s"}, {"slices", "2"}});
  EXPECT_EQ(result.fills.size(), 2u);
  EXPECT_THAT(result.lines, Contains(HasSubstr("the same time of the day before was not heard")));
}

TEST(Execute, AShareOfWhatIsTradedIsBoughtAsItIsTraded) {
  Tape tape = still_market();
  for (int i = 0; i < 3; ++i) tape.trade(i * kSecond + kSecond / 2, Side::Buy, 100, 10);
  const auto result = tape.run("execute", {{"kind", "pov"}, {"quantity", "5"}, {"share", "20"}});
  EXPECT_THAT(done(result), ElementsAre(Done{500, 2, 100}, Done{1500, 2, 100}, Done{2500, 1, 100}));
}

TEST(Execute, AnIcebergRefillsWhatItShows) {
  // Each sale at 98 went through our 99.
  Tape tape = still_market();
  for (int i = 0; i < 4; ++i) tape.trade(i * kSecond + kSecond / 2, Side::Sell, 98, 5);
  const auto result = tape.run("execute", {{"kind", "iceberg"}, {"quantity", "5"}, {"shown", "2"}});
  EXPECT_THAT(done(result), ElementsAre(Done{500, 2, 99}, Done{1500, 2, 99}, Done{2500, 1, 99}));
}

TEST(Execute, AChaseFollowsTheBestBidAndTakesOnceItHasNoMoveLeft) {
  Tape tape;
  for (int i = 0; i < 4; ++i) tape.book(i * kSecond, {{99 + 2 * i, 50}}, {{100 + 2 * i, 50}});
  const std::map<std::string, std::string> chase{
      {"kind", "chase"}, {"quantity", "3"}, {"moves", "1"}, {"rest", "market"}};
  const auto result = tape.run("execute", chase);
  ASSERT_EQ(result.fills.size(), 1u);
  EXPECT_EQ(result.fills[0].price.value, 104);
  EXPECT_EQ(result.fills[0].quantity.value, 3);
  EXPECT_THAT(result.lines, Contains(HasSubstr("bought 3 of 3 in 3 orders at 104 on average")));
}

TEST(Execute, GoingOnItBuysOnlyWhatIsLeft) {
  const Tape tape = still_market();
  orders::AccountState before{1, {}};
  before.submitted(1, {.id = 1, .quantity = {3}, .price = {100}});
  before.told(1, {.kind = OrderEventKind::Filled, .id = 1, .price = {100}, .quantity = {3}, .leaves = {0}},
              plain_instrument("test:A"));
  Parameters parameters{{{"quantity", "5"}, {"over", "2s"}, {"slices", "2"}}};
  const auto result = tape.run(find_strategy("execute")->make(parameters), "execute", before);
  EXPECT_EQ(result.positions[0].value, 5);
}

// It would wait for the end of an order of which it is told nothing, and take it back from him.
TEST(Execute, GoingOnItLeavesAloneWhatAPersonHasTakenOver) {
  const Tape tape = still_market();
  const Instrument of = plain_instrument("test:A");
  orders::AccountState before{1, {}};
  before.submitted(1, {.id = 1, .quantity = {3}, .price = {100}});
  before.told(1, {.kind = OrderEventKind::Filled, .id = 1, .price = {100}, .quantity = {3}, .leaves = {0}}, of);
  const std::vector<ClientOrderId> of_a_person{2, 3};
  for (const ClientOrderId id : of_a_person) {
    before.submitted(id, {.id = id, .quantity = {2}, .price = {90}});
    before.told(id, {.kind = OrderEventKind::Accepted, .id = id, .leaves = {2}}, of);
  }
  before.told(3, {.kind = OrderEventKind::Filled, .id = 3, .price = {90}, .quantity = {1}, .leaves = {1}}, of);
  Parameters parameters{{{"quantity", "5"}, {"over", "2s"}, {"slices", "2"}}};
  const auto result = tape.run(find_strategy("execute")->make(parameters), "execute", before, of_a_person);
  EXPECT_EQ(result.positions[0].value, 6) << "5 of its own, and 1 of his";
  EXPECT_THAT(result.lines, Contains(HasSubstr("bought 5 of 5")));
}

TEST(Execute, WhatCannotBeCarriedOutIsSaid) {
  const auto refusal = [](std::map<std::string, std::string> of) {
    Parameters values{std::move(of)};
    find_strategy("execute")->make(values);
    return values.check() ? std::string{} : values.check().error().message;
  };
  EXPECT_THAT(refusal({}), HasSubstr("quantity"));
  EXPECT_THAT(refusal({{"quantity", "1"}, {"kind", "iceberg"}}), HasSubstr("shown"));
  EXPECT_THAT(refusal({{"quantity", "1"}, {"kind", "vwap"}, {"weights", "1,x"}}), HasSubstr("weights: are no"));
  EXPECT_THAT(refusal({{"quantity", "1"}, {"weights", "1,2"}}), HasSubstr("weights: are of kind=vwap"));
  EXPECT_THAT(refusal({{"quantity", "1"}, {"share", "101"}}), HasSubstr("share"));
  EXPECT_EQ(refusal({{"quantity", "1"}}), "");
  const auto result = still_market().run("execute", {{"quantity", "0.5"}});
  EXPECT_TRUE(result.fills.empty());
  EXPECT_THAT(result.lines, Contains(HasSubstr("execution: not begun: quantity")));
}

}  // namespace
}  // namespace stom::test
