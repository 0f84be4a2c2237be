// An account is told while it fills: against which of our positions an answer is held, and when two answers are one
// difference.
#include "trade/reconciliation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/decimal.hpp"

namespace stom::trade {
namespace {

using ::testing::ElementsAre;

// In lots, each of them a coin; of kSameCoin a tenth.
constexpr InstrumentIndex kOneCoin = 0, kPerpetual = 1, kSameCoin = 2;

/// A contract, and a coin that is traded against two others.
class AnAccountThatFills : public ::testing::Test {
 protected:
  void fill(InstrumentIndex instrument, std::int64_t quantity, UnixNanos time, std::int64_t coin_fee = 0) {
    const OrderEvent event{.kind = OrderEventKind::Filled,
                           .side = quantity < 0 ? Side::Sell : Side::Buy,
                           .instrument = instrument,
                           .local_time = time,
                           .price = {100},
                           .quantity = {quantity < 0 ? -quantity : quantity},
                           .coin_fee = coin_fee};
    trail_.add(event, instruments_[instrument]);
    positions_[instrument] += Quantity{quantity};
    if (coin_fee != 0) dust_ += dust_of_fill(instruments_[instrument], event);
  }
  VenueHolds contracts(std::int64_t there, UnixNanos asked) const {
    VenueHolds holds{.asked = asked, .orders = {}, .balances = {}, .positions = {}};
    holds.positions[kPerpetual] = {.instrument = kPerpetual, .quantity = {there}};
    return holds;
  }
  /// In thousandths of a coin.
  VenueHolds coins(std::int64_t thousandths, UnixNanos asked) const {
    VenueHolds holds{.asked = asked, .orders = {}, .balances = {}, .positions = {}};
    holds.balances["COIN"].free = {Int128{thousandths} * power_of_ten(kMoneyDecimals - 3)};
    return holds;
  }
  std::vector<std::int64_t> apart(const VenueHolds& holds) const {
    const std::vector<InstrumentIndex> mine =
        holds.positions.empty() ? std::vector{kOneCoin, kSameCoin} : std::vector{kPerpetual};
    const auto shared_by = holdings_at(holds, ours_, mine).front().shared_by;
    EXPECT_EQ(shared_by, mine);
    std::vector<std::int64_t> all;
    for (const Quantity one : apart_since_asked(holds, ours_, shared_by, trail_)) all.push_back(one.value);
    return all;
  }

  const std::vector<Instrument> instruments_{
      {.id = "acme:COINUSD", .base = "COIN", .quote = "USD"},
      {.id = "acme:PERP", .base = "COIN", .quote = "USD", .kind = ContractKind::Linear},
      {.id = "acme:COINEUR", .base = "COIN", .quote = "EUR", .quantity_decimals = 1}};
  std::array<Quantity, 3> positions_{};
  Money dust_{};  // of kOneCoin
  PositionTrail trail_;
  const OurSide ours_{.instruments = instruments_,
                      .position = [this](InstrumentIndex i) { return positions_[i]; },
                      .dust = [this](InstrumentIndex i) { return i == kOneCoin ? dust_ : Money{}; }};
};

TEST_F(AnAccountThatFills, IsHeldAgainstEachPositionSinceItWasAsked) {
  fill(kPerpetual, 5, 10);
  EXPECT_THAT(apart(contracts(5, 20)), ElementsAre(0)) << "what was filled before is in its answer";
  fill(kPerpetual, 2, 20);
  fill(kPerpetual, -3, 30);
  fill(kOneCoin, 1, 40);
  EXPECT_THAT(apart(contracts(5, 20)), ElementsAre(1, -2, 0)) << "of 4, 7 and 5";
  EXPECT_THAT(apart(contracts(5, 21)), ElementsAre(1, -2));
  EXPECT_THAT(apart(contracts(4, 31)), ElementsAre(0));
  fill(kPerpetual, 3, 50);
  EXPECT_THAT(apart(contracts(5, 20)), ElementsAre(-2, 1, 0)) << "7 twice";
}

TEST_F(AnAccountThatFills, IsHeldAgainstWhatSeveralInstrumentsHeldOfItsCoinTogether) {
  fill(kOneCoin, 2, 10);
  fill(kSameCoin, 30, 20);
  EXPECT_THAT(apart(coins(2'000, 20)), ElementsAre(-3, 0)) << "of 5 and 2";
}

// Of fees that are taken in the coin a part of a lot is left, the second time more than the first.
TEST_F(AnAccountThatFills, CountsWhatFeesLeftAsItWasThen) {
  constexpr std::int64_t kTenth = power_of_ten(kCoinFeeDecimals - 1);
  fill(kOneCoin, 2, 10, -kTenth);
  EXPECT_THAT(apart(coins(2'100, 20)), ElementsAre(0));
  fill(kOneCoin, 3, 30, -8 * kTenth);
  EXPECT_THAT(apart(coins(5'900, 40)), ElementsAre(0));
  EXPECT_THAT(apart(coins(2'100, 20)), ElementsAre(-4, 0)) << "not a lot less than it was then";
}

TEST_F(AnAccountThatFills, OfALongTimeAgoIsKnownToNobody) {
  EXPECT_FALSE(trail_.knows_since(kNoTime)) << "nobody asked";
  for (std::size_t n = 0; n < PositionTrail::kKept; ++n) fill(kPerpetual, 1, static_cast<UnixNanos>(n));
  EXPECT_TRUE(trail_.knows_since(0));
  EXPECT_EQ(apart(contracts(0, 0)).size(), PositionTrail::kKept + 1);
  fill(kPerpetual, 1, PositionTrail::kKept);
  EXPECT_FALSE(trail_.knows_since(0));
  EXPECT_TRUE(trail_.knows_since(1));
  EXPECT_EQ(apart(contracts(0, 1)).size(), PositionTrail::kKept + 1);
}

TEST_F(AnAccountThatFills, DiffersWhereOneNumberExplainsTwoAnswersAndNeitherMayAgree) {
  constexpr Quantity kOthers{3};
  const auto differs = [&](const std::vector<Quantity>& first, const std::vector<Quantity>& second) {
    return differs_by(first, second, kOthers);
  };
  using ::testing::IsEmpty;
  constexpr Quantity k4{4}, k5{5}, k6{6}, k7{7};
  EXPECT_THAT(differs({k5}, {k5}), ElementsAre(k5));
  EXPECT_THAT(differs({k5, k7, k6}, {k4, k7}), ElementsAre(k7)) << "it fills all the time";
  EXPECT_THAT(differs({k5, k7, k6}, {k7, k6}), ElementsAre(k7, k6)) << "which of them, another answer says";
  EXPECT_THAT(differs({k5}, {k4}), IsEmpty()) << "a fill was under way";
  EXPECT_THAT(differs({k5, kOthers}, {k5}), IsEmpty()) << "the first was ahead of what we had been told";
  EXPECT_THAT(differs({k5}, {k5, kOthers}), IsEmpty());
}

}  // namespace
}  // namespace stom::trade
