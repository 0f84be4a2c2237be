// Worked out by hand: what closing a position brought.
#include "account/realized_profit.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/decimal.hpp"
#include "core/random.hpp"

namespace stom {
namespace {

const Instrument kSpot{.id = "x:BTCUSDT", .base = "BTC", .quote = "USDT", .price_decimals = 2, .quantity_decimals = 3};
const Instrument kInverse{.id = "x:BTCUSD_PERP",
                          .base = "BTC",
                          .quote = "USD",
                          .kind = ContractKind::Inverse,
                          .price_decimals = 1,
                          .quantity_decimals = 0,
                          .contract_size = 100};

std::string text(Money money) { return format_decimal_trimmed(money.value, kMoneyDecimals); }

TEST(RealizedProfit, OpeningRealizesNothing) {
  RealizedProfit profit;
  EXPECT_EQ(text(profit.filled(kSpot, Side::Buy, {100'00}, {2'000})), "0");
  EXPECT_EQ(text(profit.filled(kSpot, Side::Buy, {130'00}, {1'000})), "0");
  EXPECT_EQ(text(profit.open_cash()), "-330");
}

TEST(RealizedProfit, OfAPartIsItsValueLessItsShareOfTheCost) {
  RealizedProfit profit;
  profit.filled(kSpot, Side::Buy, {100'00}, {2'000});
  profit.filled(kSpot, Side::Buy, {130'00}, {1'000});                           // 3 for 330: 110 each
  EXPECT_EQ(text(profit.filled(kSpot, Side::Sell, {120'00}, {1'500})), "15");   // 180 - 165
  EXPECT_EQ(text(profit.filled(kSpot, Side::Sell, {100'00}, {1'500})), "-15");  // 150 - 165
  EXPECT_EQ(profit.position().value, 0);
  EXPECT_EQ(text(profit.open_cash()), "0");
}

TEST(RealizedProfit, AFillThatTurnsAPositionClosesItFirst) {
  RealizedProfit profit;
  profit.filled(kSpot, Side::Buy, {100'00}, {1'000});
  EXPECT_EQ(text(profit.filled(kSpot, Side::Sell, {110'00}, {3'000})), "10");
  EXPECT_EQ(profit.position().value, -2'000);
  EXPECT_EQ(text(profit.open_cash()), "220");
  EXPECT_EQ(text(profit.filled(kSpot, Side::Buy, {105'00}, {2'000})), "10") << "of a short";
}

TEST(RealizedProfit, AFillOfNothingBringsNothing) {
  RealizedProfit profit;
  profit.filled(kSpot, Side::Buy, {100'00}, {1'000});
  EXPECT_EQ(text(profit.filled(kSpot, Side::Sell, {110'00}, {0})), "0");
  EXPECT_EQ(text(profit.filled(kSpot, Side::Sell, {110'00}, {1'000})), "10");
}

TEST(RealizedProfit, OfAnInverseContractIsInItsBaseCurrency) {
  RealizedProfit profit;
  profit.filled(kInverse, Side::Buy, {50'000'0}, {10});                             // 1,000 USD: 0.02 BTC
  EXPECT_EQ(text(profit.filled(kInverse, Side::Sell, {62'500'0}, {10})), "0.004");  // 0.02 - 0.016
}

TEST(RealizedProfit, AndWhatIsOpenAddUpToTheCashOfAllFills) {
  Random random{7};
  for (const Instrument& instrument : {kSpot, kInverse}) {
    RealizedProfit profit;
    Money cash{}, realized{};
    for (int i = 0; i < 2'000; ++i) {
      const Side side = random.below(2) == 0 ? Side::Buy : Side::Sell;
      const Price price{static_cast<std::int64_t>(1 + random.below(9'999'999))};
      const Quantity quantity{static_cast<std::int64_t>(1 + random.below(777))};
      cash += cash_of_fill(instrument, side, price, quantity);
      realized += profit.filled(instrument, side, price, quantity);
      ASSERT_EQ((realized + profit.open_cash()).value, cash.value);
      if (profit.position().value == 0) ASSERT_EQ(profit.open_cash().value, 0);
    }
  }
}

}  // namespace
}  // namespace stom
