#include "orders/owned_positions.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "core/random.hpp"

namespace stom::orders {
namespace {

TEST(AnOrdersNumber, SaysWhoseItIsAndEachStrategySeesItsOwn) {
  EXPECT_EQ(owner_of(0), kNobodysOwn) << "a fill that says no order is a person's";
  EXPECT_EQ(owner_of(kLiquidationChild | ClientOrderId{1} << 32 | 3), kSessionsOwn) << "the 3 is a count";
  EXPECT_EQ(owner_of(kEndOfDataChild), kSessionsOwn);
  Random random{1};
  for (int i = 0; i < 1'000; ++i) {
    const Owner owner = 1 + random.below(kMostStrategies);
    const ClientOrderId own = 1 + random.below(kOwnIds);
    const ClientOrderId shared = shared_id(owner, own);
    ASSERT_LE(shared, kParentIds);
    ASSERT_EQ(owner_of(shared), owner);
    ASSERT_EQ(own_id(shared), own);
    const ClientOrderId child = kStopLossChild | ClientOrderId{7} << kChildRoundShift | shared;
    ASSERT_EQ(owner_of(child), owner);
    ASSERT_EQ(own_id(child), kStopLossChild | ClientOrderId{7} << kChildRoundShift | own);
    ASSERT_EQ(shared_id(owner, own_id(child)), child);
    const ClientOrderId next = 1 + random.below(kOwnIds), first = next_of(owner, next);
    ASSERT_GE(first, next);
    ASSERT_LT(first, next + 2 * kOwners);
    ASSERT_EQ(owner_of(first), owner);
    ASSERT_NE(own_id(first), 0U) << "what a strategy takes for no order";
  }
}

class ASharedAccount : public ::testing::Test {
 protected:
  /// Books it in the account and for its owner.
  void fill(ClientOrderId id, InstrumentIndex instrument, Side side, std::int64_t quantity, std::int64_t price,
            std::int64_t fee = 0) {
    const OrderEvent event{.kind = OrderEventKind::Filled,
                           .side = side,
                           .instrument = instrument,
                           .id = id,
                           .price = {price},
                           .quantity = {quantity},
                           .fee = {fee}};
    account_.told(0, event, instruments_[instrument]);
    owned_.book(fill_of(event), instruments_[instrument]);
  }
  std::int64_t position(Owner owner, InstrumentIndex instrument = 0) const {
    return owned_.holding(owner, instrument).position.value;
  }

  const std::vector<Instrument> instruments_{
      {.id = "acme:COIN", .base = "COIN", .quote = "USD", .price_decimals = 1, .quantity_decimals = 2},
      {.id = "acme:PERP", .base = "COIN", .quote = "USD", .kind = ContractKind::Linear}};
  AccountState account_{instruments_.size(), StartCash{}};
  OwnedPositions owned_{instruments_.size()};
};

TEST_F(ASharedAccount, HasAPositionAnEntryPriceAndFlowsOfEachStrategy) {
  fill(shared_id(1, 1), 0, Side::Buy, 300, 1000, 5);
  fill(shared_id(2, 1), 0, Side::Sell, 100, 1100);
  fill(shared_id(1, 2), 0, Side::Buy, 100, 1200);
  EXPECT_EQ(position(1), 400);
  EXPECT_EQ(owned_.holding(1, 0).entry_price(), Price{1050});
  EXPECT_EQ(position(2), -100);
  EXPECT_EQ(owned_.holding(2, 0).entry_price(), Price{1100});
  EXPECT_EQ(owned_.flows(0), account_.earned(0));
  EXPECT_EQ(owned_.flows(1), Money{});
}

TEST_F(ASharedAccount, WhatAPersonTradesInOneThatSaysARateAloneIsOfNobodyHere) {
  OwnedPositions of_traded{1};
  of_traded.book({.instrument = 1, .order = 0, .price = {1000}, .quantity = {300}}, instruments_[1]);
  of_traded.book({.instrument = 0, .order = 0, .price = {1000}, .quantity = {200}}, instruments_[0]);
  EXPECT_EQ(of_traded.holding(kNobodysOwn, 0).position, Quantity{200});
}

TEST_F(ASharedAccount, WhatTheSessionClosesIsOfThoseWhoHoldItInTheirOrderAndTheRestNobodys) {
  fill(shared_id(1, 1), 0, Side::Buy, 300, 1000);
  fill(shared_id(2, 1), 0, Side::Sell, 200, 1000);
  fill(shared_id(3, 1), 0, Side::Buy, 100, 1000);
  fill(0, 0, Side::Buy, 50, 1000);  // a person's
  fill(16, 0, Side::Sell, 250, 1000, 7);
  EXPECT_EQ(position(1), 50);
  EXPECT_EQ(position(2), -200) << "it was short, and nothing of it was closed";
  EXPECT_EQ(position(3), 100);
  EXPECT_EQ(position(kNobodysOwn), 50);
  ASSERT_EQ(owned_.take_parts().size(), 1U);
  fill(16, 0, Side::Sell, 200, 1000, 10);
  const auto parts = owned_.take_parts();
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ((std::vector<Owner>{parts[0].owner, parts[1].owner, parts[2].owner}),
            (std::vector<Owner>{1, 3, kNobodysOwn}));
  EXPECT_EQ(parts[0].fill.quantity.value + parts[1].fill.quantity.value + parts[2].fill.quantity.value, 200);
  EXPECT_EQ(parts[0].fill.fee + parts[1].fill.fee + parts[2].fill.fee, Money{10});
  EXPECT_EQ(position(1) + position(2) + position(3) + position(kNobodysOwn), account_.holding(0).position.value);
}

// Whoever fills what, in whatever order, and however often somebody begins again with all fills of before.
TEST_F(ASharedAccount, IsTheSumOfAllOwnersAfterEachFillAndTheSameFoldedAnew) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random{seed};
    account_ = AccountState{instruments_.size(), StartCash{}};
    owned_ = OwnedPositions{instruments_.size()};
    for (int step = 0; step < 200; ++step) {
      const auto instrument = static_cast<InstrumentIndex>(random.below(2));
      const Owner owner = random.below(kOwners);
      const ClientOrderId id = random.below(8) == 0 ? 0 : shared_id(owner, 1 + random.below(9));
      std::vector<std::int64_t> before;
      for (Owner of = 0; of < kOwners; ++of) before.push_back(position(of, instrument));
      fill(id, instrument, random.below(2) == 0 ? Side::Buy : Side::Sell,
           1 + static_cast<std::int64_t>(random.below(500)), 1 + static_cast<std::int64_t>(random.below(5'000)),
           static_cast<std::int64_t>(random.below(1'000)));
      std::int64_t sum = 0;
      Money cash{};
      for (Owner of = 0; of < kOwners; ++of) {
        sum += position(of, instrument);
        cash += owned_.holding(of, instrument).cash;
        if (owner_of(id) != kSessionsOwn || of == kNobodysOwn) continue;
        const std::int64_t was = before[of], is = position(of, instrument);
        ASSERT_TRUE(std::abs(is) <= std::abs(was) && is * was >= 0) << "the session only closes, seed " << seed;
      }
      ASSERT_EQ(sum, account_.holding(instrument).position.value) << "seed " << seed;
      ASSERT_EQ(cash, account_.earned(instrument)) << "seed " << seed;
      ASSERT_EQ(cash, owned_.flows(instrument));
    }
    OwnedPositions anew{instruments_.size()};
    for (const Fill& one : account_.fills()) anew.book(one, instruments_[one.instrument]);
    for (Owner of = 0; of < kOwners; ++of)
      for (InstrumentIndex i = 0; i < instruments_.size(); ++i)
        ASSERT_EQ(anew.holding(of, i), owned_.holding(of, i)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace stom::orders
