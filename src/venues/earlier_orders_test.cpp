#include "venues/earlier_orders.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/order.hpp"

namespace stom::venues {
namespace {

TEST(EarlierOrders, AFillThatWasToldBeforeCountsOnce) {
  std::vector<Fill> booked{{.time = 10 * kSecond, .price = {5}, .quantity = {2}}};
  EXPECT_FALSE(take_booked(booked, {5}, {3}, 10 * kSecond));
  EXPECT_FALSE(take_booked(booked, {6}, {2}, 10 * kSecond));
  EXPECT_FALSE(take_booked(booked, {5}, {2}, 12 * kSecond + 1)) << "another one at that price";
  EXPECT_TRUE(take_booked(booked, {5}, {2}, 12 * kSecond));
  EXPECT_FALSE(take_booked(booked, {5}, {2}, 10 * kSecond)) << "a second one just like it was missed";
}

TEST(EarlierOrders, AFillWhoseFeeWasTakenOfWhatWasBoughtIsKnownByWhatCame) {
  const Instrument of{.id = "acme:ABUSDT", .price_decimals = 2, .quantity_decimals = 4};
  const auto paid = [](std::int64_t hundredths) { return Money{Int128{hundredths} * power_of_ten(16)}; };
  const std::vector<Fill> told{{.time = kSecond, .price = {10'000}, .quantity = {12'332}, .fee = paid(13)},
                               {.time = kSecond, .price = {10'000}, .quantity = {500}}};
  std::vector<Fill> booked = told;
  EXPECT_FALSE(take_booked_less_fee(booked, of, {10'000}, {12'346}, kSecond));
  EXPECT_FALSE(take_booked_less_fee(booked, of, {10'001}, {12'345}, kSecond));
  EXPECT_TRUE(take_booked_less_fee(booked, of, {10'000}, {12'345}, kSecond));
  EXPECT_FALSE(take_booked_less_fee(booked, of, {10'000}, {12'345}, kSecond)) << "once";
  EXPECT_TRUE(take_booked_less_fee(booked, of, {10'000}, {500}, kSecond)) << "dust paid for its fee";
}

TEST(EarlierOrders, UnderOurNameAreThoseThatWereOpenAndThoseThatThisProcessSent) {
  constexpr ClientOrderId kStop = 3 | kStopLossChild, kTarget = 3 | kTakeProfitChild;
  OwnIds own;
  own.resume(8, 1'000'000);
  for (const ClientOrderId id : {ClientOrderId{7}, kStop}) own.add(id);
  const auto name = [](ClientOrderId id) { return fmt::format("stom-a-{}", id); };
  const auto rests = [&](ClientOrderId id) { return own.contain(name(id), "stom-a-", true); };
  const auto is_over = [&](ClientOrderId id) { return own.contain(name(id), "stom-a-", false); };
  for (const ClientOrderId id : {ClientOrderId{7}, kStop}) EXPECT_TRUE(rests(id) && is_over(id)) << id;
  for (const ClientOrderId id : {ClientOrderId{3}, kTarget}) {
    EXPECT_TRUE(is_over(id)) << "a late word of an order of before: " << id;
    EXPECT_FALSE(rests(id)) << "what rests is not over, whatever the journal holds for true: " << id;
  }
  for (const ClientOrderId id : {ClientOrderId{8}, ClientOrderId{999'999}, 8 | kStopLossChild})
    EXPECT_FALSE(rests(id) || is_over(id)) << "in the gap of the journal: " << id;
  for (const ClientOrderId id : {1'000'000, 2'000'000'000})
    EXPECT_FALSE(rests(id) || is_over(id)) << "nobody sent it yet: " << id;
  own.add(1'000'002);
  EXPECT_TRUE(rests(1'000'001)) << "it was kept until now, or went to another venue";
  EXPECT_TRUE(rests(1'000'002 | kStopLossChild));
  EXPECT_FALSE(rests(1'000'003) || is_over(1'000'003));
  own.add(11);
  EXPECT_TRUE(rests(11)) << "a strategy numbered it";
  for (const char* id : {"stom-a-", "stom-a-7x", "stom-a-99999999999999999999", "stom-b-7", "web_7", ""})
    EXPECT_FALSE(own.contain(id, "stom-a-", false)) << id;
}

TEST(EarlierOrders, OfASessionThatBeginsThoseThatItSentAreOurs) {
  OwnIds own;
  EXPECT_FALSE(own.contain("stom-a-1", "stom-a-", false));
  own.add(2);
  EXPECT_TRUE(own.contain("stom-a-1", "stom-a-", true));
  EXPECT_TRUE(own.contain("stom-a-2", "stom-a-", true));
  EXPECT_FALSE(own.contain("stom-a-3", "stom-a-", false)) << "another process goes on with a copy of the session";
}

}  // namespace
}  // namespace stom::venues
