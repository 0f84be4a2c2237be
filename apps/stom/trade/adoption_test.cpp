#include "trade/adoption.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decimal.hpp"

namespace stom::trade {
namespace {

const std::vector<Instrument> kAdoptionMarkets{
    {.id = "acme:COIN", .base = "COIN", .quote = "USD"},
    {.id = "acme:RARE", .base = "RARE", .quote = "USD"},
    {.id = "acme:RATE", .base = "RATE", .quote = "USD"},
};
constexpr std::size_t kAdoptionTraded = 2;

venues::WorkingOrder others_order(InstrumentIndex instrument, std::string number, std::string client_id) {
  return {.id = 0,
          .instrument = instrument,
          .side = Side::Sell,
          .price = {90},
          .leaves = {4},
          .venue_order_id = std::move(number),
          .client_id = std::move(client_id),
          .trigger_price = {},
          .adoptable = true};
}

Result<ToAdopt> looked_for(std::vector<std::string> names, std::vector<venues::WorkingOrder> orders) {
  VenueHolds venue;
  venue.orders = std::move(orders);
  return orders_to_adopt({.orders = std::move(names), .owner = "manual"}, {&venue, 1}, kAdoptionMarkets,
                         kAdoptionTraded);
}

TEST(Adoption, AnActSaysAllThatTheEngineMakesOfIt) {
  const Adoption adoption{.order = {.id = 1'796'000'000'123,
                                    .instrument = 1,
                                    .side = Side::Sell,
                                    .quantity = {4},
                                    .price = {-90}},  // spreads have such prices
                          .venue_order_id = "9ca023a5-851b-4fec-9f0a-48cd83c2eaae",
                          .owner = "grid",
                          .time = 1'700'000'000'000'000'001};
  const auto again = adopted_by(adopt_act(adoption));
  ASSERT_TRUE(again);
  EXPECT_EQ(adopt_act(*again), adopt_act(adoption));
  EXPECT_EQ(again->order.id, adoption.order.id);
  EXPECT_EQ(again->order.side, Side::Sell);
  EXPECT_EQ(again->order.quantity, Quantity{4});
  EXPECT_EQ(again->order.price, Price{-90});
  EXPECT_EQ(again->owner, "grid");
}

// What was filled before stays whose it was; what it was is in the act, exact, and said.
TEST(Adoption, OfAnOrderThatHasFilledInPartIsTheRestAndSaysWhatHadFilled) {
  auto partly = others_order(0, "71", "web_1");
  partly.filled = {
      .quantity = {3}, .value = Int128{3} * power_of_ten(18) + 1, .fees = {Int128{7} * power_of_ten(18) + 5}};
  auto found = looked_for({"71"}, {partly});
  ASSERT_TRUE(found);
  Adoption& one = found->orders.front();
  EXPECT_EQ(one.order.quantity, Quantity{4}) << "what is left of it";
  one.order.id = 7;
  const auto again = adopted_by(adopt_act(one));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->before.quantity, Quantity{3});
  EXPECT_TRUE(again->before.value == partly.filled.value);
  EXPECT_EQ(again->before.fees, partly.filled.fees);
  EXPECT_EQ(shown(*found, kAdoptionMarkets).at("orders").at(0).at("text").get<std::string>(),
            "sell 4 of acme:COIN at 90, the rest of an order of which 3 had filled at 1000000000000000000 on average");
  one.before.value = 0;
  EXPECT_EQ(before_text(one, kAdoptionMarkets[0]),
            ", the rest of an order of which 3 had filled, at a price that the venue does not say");
  one.time = 5;
  const std::vector<std::string> acts{adopt_act(one)};
  EXPECT_EQ(filled_before(acts, 7, 5).quantity, Quantity{3});
  EXPECT_EQ(filled_before(acts, 7, 6).quantity, Quantity{}) << "another order that had its number later";
  EXPECT_EQ(filled_before(acts, 8, 5).quantity, Quantity{});
  std::string spoiled = acts.front();
  spoiled.replace(spoiled.find(R"("filled_value":"0")"), 18, R"("filled_value":"x")");
  EXPECT_FALSE(adopted_by(spoiled));
}

TEST(Adoption, WhatIsSpoiledIsNone) {
  const std::string act = adopt_act(
      {.order = {.id = 7, .quantity = {4}, .price = {90}}, .venue_order_id = "71", .owner = "manual", .time = 5});
  ASSERT_TRUE(adopted_by(act));
  for (const std::string_view text : {"", "adopt ", "adopt 7", "adopt x {}", "adopt 7 {}", "adopt 7 []", "close 7",
                                      R"(adopt 7 {"venue_order_id":71})"})
    EXPECT_FALSE(adopted_by(text)) << text;
  for (const auto& [from, to] : {std::pair{R"("buy")", R"("both")"}, std::pair{R"("quantity":4)", R"("quantity":0)"},
                                 std::pair{R"("71")", R"("")"}}) {
    std::string spoiled = act;
    spoiled.replace(spoiled.find(from), std::string_view{from}.size(), to);
    EXPECT_FALSE(adopted_by(spoiled)) << spoiled;
  }
  for (std::size_t end = 0; end < act.size(); ++end) EXPECT_FALSE(adopted_by(act.substr(0, end))) << end;
}

// A strategy that numbers its orders itself may use the number again, once that order is over.
TEST(Adoption, IsOfTheSubmitRecordBehindItAndOfNoLaterOne) {
  const std::vector<std::string> acts{adopt_act(
      {.order = {.id = 7, .quantity = {4}, .price = {90}}, .venue_order_id = "71", .owner = "manual", .time = 5})};
  JournalRecord submit;
  submit.kind = RecordKind::Submit;
  submit.time = 5;
  submit.order.id = 7;
  EXPECT_TRUE(adoption_of(acts, submit));
  EXPECT_EQ(nobodys_by(acts), std::vector<ClientOrderId>{7});
  submit.time = 6;
  EXPECT_FALSE(adoption_of(acts, submit));
  submit.time = 5;
  submit.order.id = 8;
  EXPECT_FALSE(adoption_of(acts, submit));
  submit.kind = RecordKind::Cancel;
  submit.order.id = 7;
  EXPECT_FALSE(adoption_of(acts, submit));
  EXPECT_FALSE(adoption_of({}, submit));
}

TEST(Adoption, AnOrderIsAskedForByAnyOfItsNames) {
  for (const std::string_view name : {"71", "web_1", "acme:COIN/71"}) {
    const auto found =
        looked_for({std::string{name}}, {others_order(0, "71", "web_1"), others_order(1, "72", "web_2")});
    ASSERT_TRUE(found) << name;
    ASSERT_EQ(found->orders.size(), 1u);
    EXPECT_EQ(found->orders.front().venue_order_id, "71");
    EXPECT_EQ(found->orders.front().order.side, Side::Sell);
    EXPECT_EQ(found->orders.front().order.quantity, Quantity{4});
    EXPECT_EQ(shown(*found, kAdoptionMarkets).at("orders").at(0).at("order").get<std::string>(), "acme:COIN/71");
  }
  EXPECT_FALSE(looked_for({"73"}, {others_order(0, "71", "web_1")}));
}

// Each market of a venue may number its orders from 1.
TEST(Adoption, ANumberThatTwoOrdersHaveIsNotGuessed) {
  const auto two = looked_for({"71"}, {others_order(0, "71", "web_1"), others_order(1, "71", "web_2")});
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().message, "2 orders are called 71");
  EXPECT_EQ(two.error().hint, "name the one that is meant: acme:COIN/71");
  EXPECT_TRUE(looked_for({"acme:RARE/71"}, {others_order(0, "71", "web_1"), others_order(1, "71", "web_2")}));
}

TEST(Adoption, OfAllTheOrdersThatCannotBeAdoptedStayWhereTheyAre) {
  auto waits = others_order(0, "72", "web_2"), partly = others_order(0, "73", "web_3"),
       ours = others_order(0, "75", "stom-7-1");
  waits.trigger_price = {95};
  partly.adoptable = false;
  ours.id = 1;
  const auto found =
      looked_for({"all"}, {others_order(0, "71", "web_1"), waits, partly, others_order(2, "74", "web_4"), ours});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->orders.size(), 1u);
  EXPECT_EQ(found->orders.front().venue_order_id, "71");
  EXPECT_EQ(
      found->left_out,
      (std::vector<std::string>{
          "sell 4 of acme:COIN at 90 (order 72): it waits for a price",
          "sell 4 of acme:COIN at 90 (order 73): it is no plain limit order that rests, or what has filled of it is "
          "still being asked for",
          "sell 4 of acme:RATE at 90 (order 74): the session does not trade that instrument"}));
  const auto asked = looked_for({"72"}, {waits});
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, Errc::Unsupported);
}

TEST(Adoption, WhatIsAskedForIsReadAsItIsWritten) {
  const auto wish =
      read_adoption_request(adoption_request({.orders = {"71", "web 2"}, .owner = "grid", .only_shown = true}));
  ASSERT_TRUE(wish);
  EXPECT_EQ(wish->orders, (std::vector<std::string>{"71", "web 2"}));
  EXPECT_EQ(wish->owner, "grid");
  EXPECT_TRUE(wish->only_shown);
  for (const std::string_view line : {"", "71", "[]", "{}", R"({"orders":71,"as":"grid","only_shown":true})"})
    EXPECT_FALSE(read_adoption_request(line)) << line;
}

}  // namespace
}  // namespace stom::trade
