#include "venues/earlier_orders.hpp"

#include <gtest/gtest.h>

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

TEST(EarlierOrders, OfOursThoseInTheGapOfTheJournalAreLost) {
  const LostIds lost{8, 1'000'000};
  EXPECT_TRUE(lost.contain("stom-a-8", "stom-a-"));
  EXPECT_TRUE(lost.contain("stom-a-999999", "stom-a-"));
  for (const char* id : {"stom-a-7", "stom-a-1000000", "stom-a-", "stom-a-8x", "stom-a-99999999999999999999"})
    EXPECT_FALSE(lost.contain(id, "stom-a-")) << id;
}

}  // namespace
}  // namespace stom::venues
