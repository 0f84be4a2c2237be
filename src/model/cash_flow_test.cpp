#include "model/cash_flow.hpp"

#include <gtest/gtest.h>

namespace stom {
namespace {

std::string text(Money money) { return format_decimal_trimmed(money.value, kMoneyDecimals); }

TEST(CashFlow, ALinearRoundTripEarnsThePriceDifference) {
  const Instrument perp{.id = "x:BTCUSDT",
                        .base = "BTC",
                        .quote = "USDT",
                        .kind = ContractKind::Linear,
                        .price_decimals = 1,
                        .quantity_decimals = 3,
                        .ladder = {{{0}, {1}}}};
  const Money in = cash_of_fill(perp, Side::Buy, {500000}, {2});
  EXPECT_EQ(text(in), "-100");
  EXPECT_EQ(text(in + worth_of(perp, {2}, 2 * 510005)), "2.001");  // 0.002 x (51000.5 - 50000)
  EXPECT_EQ(text(in + cash_of_fill(perp, Side::Sell, {510000}, {2})), "2");
}

// 10 contracts of 100 USD, 40,000 -> 50,000: 1000 x (1/40000 - 1/50000) = 0.005 BTC.
TEST(CashFlow, AnInverseRoundTripEarnsTheDifferenceOfTheReciprocals) {
  const Instrument perp{.id = "x:BTCUSD_PERP",
                        .base = "BTC",
                        .quote = "USD",
                        .kind = ContractKind::Inverse,
                        .price_decimals = 1,
                        .ladder = {{{0}, {1}}},
                        .contract_size = 100};
  const Money in = cash_of_fill(perp, Side::Buy, {400000}, {10});
  EXPECT_EQ(text(in + worth_of(perp, {10}, 2 * 500000)), "0.005");
  EXPECT_EQ(text(in + cash_of_fill(perp, Side::Sell, {500000}, {10})), "0.005");
  const Money sold = cash_of_fill(perp, Side::Sell, {400000}, {10});
  EXPECT_EQ(text(sold + worth_of(perp, {-10}, 2 * 500000)), "-0.005");
}

TEST(CashFlow, NothingIsWorthAnythingAtAPriceThatIsNotKnown) {
  const Instrument perp{.id = "x:Y", .ladder = {{{0}, {1}}}};
  EXPECT_EQ(text(worth_of(perp, {5}, 0)), "0");
}

}  // namespace
}  // namespace stom
