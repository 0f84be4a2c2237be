#include "model/instrument.hpp"

#include <gtest/gtest.h>

namespace stom {
namespace {

TEST(Instrument, TheTickDependsOnThePrice) {
  Instrument stock{.id = "kiwoom:005930", .quote = "KRW", .ladder = {{{0}, {1}}, {{2000}, {5}}, {{5000}, {10}}}};
  EXPECT_EQ(stock.tick_at({1999}), Price{1});
  EXPECT_EQ(stock.tick_at({2000}), Price{5});
  EXPECT_EQ(stock.tick_at({900000}), Price{10});
  EXPECT_TRUE(stock.on_ladder({2005}));
  EXPECT_FALSE(stock.on_ladder({2001}));
  EXPECT_EQ(stock.base_tick(), Price{1});
}

TEST(Instrument, ValueIsExactFromDustToTrillions) {
  const Instrument dust{.id = "x:DUST", .price_decimals = 10, .quantity_decimals = 0, .ladder = {{{0}, {1}}}};
  EXPECT_EQ(format_decimal_trimmed(value_of(dust, {1}, {10'000'000'000'000}).value, kMoneyDecimals), "1000");
  const Instrument coin{.id = "upbit:KRW-BTC", .price_decimals = 0, .quantity_decimals = 8, .ladder = {{{0}, {1000}}}};
  EXPECT_EQ(format_decimal_trimmed(value_of(coin, {150'000'000}, {1}).value, kMoneyDecimals), "1.5");
}

TEST(Instrument, AnInverseContractIsWorthItsSizeOverThePrice) {
  const Instrument perp{.id = "binance-coinm:BTCUSD_PERP",
                        .base = "BTC",
                        .quote = "USD",
                        .kind = ContractKind::Inverse,
                        .price_decimals = 1,
                        .ladder = {{{0}, {1}}},
                        .contract_size = 100};
  EXPECT_EQ(format_decimal_trimmed(inverse_value_of(perp, {500000}, {10}).value, kMoneyDecimals), "0.02");
  EXPECT_EQ(perp.settlement(), "BTC");
}

}  // namespace
}  // namespace stom
