#include "research/trades.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace stom {
namespace {

Instrument spot(int price_decimals = 2, int quantity_decimals = 3) {
  return {.id = "test:COIN",
          .base = "COIN",
          .quote = "USDT",
          .kind = ContractKind::Spot,
          .price_decimals = price_decimals,
          .quantity_decimals = quantity_decimals,
          .ladder = {{{0}, {1}}}};
}
Instrument inverse() {
  return {.id = "test:COINUSD",
          .base = "COIN",
          .quote = "USD",
          .kind = ContractKind::Inverse,
          .price_decimals = 1,
          .quantity_decimals = 0,
          .ladder = {{{0}, {1}}},
          .contract_size = 100};
}
Fill fill(UnixNanos time, Side side, std::int64_t price, std::int64_t quantity, Int128 fee = 0,
          ClientOrderId order = 0) {
  return {.time = time, .side = side, .order = order, .price = {price}, .quantity = {quantity}, .fee = {fee}};
}
Money cash_change(const Instrument& instrument, const std::vector<Fill>& fills) {
  Money cash{};
  for (const auto& f : fills) {
    const Money value = value_of(instrument, f.price, f.quantity);
    cash += (f.side == Side::Buy ? -value : value) - f.fee;
  }
  return cash;
}

TEST(Trades, ASaleClosesTheOldestPurchaseFirst) {
  const std::vector instruments{spot()};
  const std::vector fills{fill(1, Side::Buy, 10000, 1000), fill(2, Side::Buy, 11000, 1000),
                          fill(3, Side::Sell, 12000, 1500)};
  const auto list = build_trades(instruments, fills);
  ASSERT_EQ(list.trades.size(), 2u);
  EXPECT_EQ(list.trades[0].entry_price, Price{10000});
  EXPECT_EQ(list.trades[0].quantity, Quantity{1000});
  EXPECT_EQ(format_decimal_trimmed(list.trades[0].pnl.value, kMoneyDecimals), "20");
  EXPECT_EQ(list.trades[1].entry_price, Price{11000});
  EXPECT_EQ(list.trades[1].quantity, Quantity{500});
  EXPECT_EQ(format_decimal_trimmed(list.trades[1].pnl.value, kMoneyDecimals), "5");
  ASSERT_EQ(list.open.size(), 1u);
  EXPECT_EQ(list.open[0].quantity, Quantity{500});
  EXPECT_EQ(format_decimal_trimmed(list.open[0].value.value, kMoneyDecimals), "55");
}

TEST(Trades, AFillLargerThanThePositionClosesItAndOpensTheOtherSide) {
  const std::vector instruments{spot()};
  const std::vector fills{fill(1, Side::Buy, 10000, 1000, 0, 1), fill(2, Side::Sell, 9000, 3000, 0, 2),
                          fill(3, Side::Buy, 8000, 2000, 0, 3)};
  const auto list = build_trades(instruments, fills, [](ClientOrderId id) { return id == 2 ? "stop_loss" : ""; });
  ASSERT_EQ(list.trades.size(), 2u);
  EXPECT_EQ(list.trades[0].side, Side::Buy);
  EXPECT_EQ(list.trades[0].exit_reason, "stop_loss");
  EXPECT_EQ(format_decimal_trimmed(list.trades[0].pnl.value, kMoneyDecimals), "-10");
  EXPECT_EQ(list.trades[1].side, Side::Sell);
  EXPECT_EQ(list.trades[1].exit_reason, "signal");
  EXPECT_EQ(format_decimal_trimmed(list.trades[1].pnl.value, kMoneyDecimals), "20");
  EXPECT_DOUBLE_EQ(list.trades[1].return_on_entry, 20.0 / 180.0);
  EXPECT_TRUE(list.open.empty());
}

TEST(Trades, AFeeThatDoesNotDivideIsSharedWithoutLosingAnything) {
  const std::vector instruments{spot()};
  const std::vector fills{fill(1, Side::Buy, 10000, 3000, 100), fill(2, Side::Sell, 10000, 1000, 1),
                          fill(3, Side::Sell, 10000, 1000, 1), fill(4, Side::Sell, 10000, 1000, 1)};
  const auto list = build_trades(instruments, fills);
  Money fee{};
  for (const auto& trade : list.trades) fee += trade.fee;
  EXPECT_TRUE(fee == Money{103});
}

TEST(Trades, AnInverseLongEarnsCoinWhenThePriceRises) {
  const std::vector instruments{inverse()};
  const std::vector fills{fill(1, Side::Buy, 500000, 10), fill(2, Side::Sell, 625000, 10)};
  const auto list = build_trades(instruments, fills);
  ASSERT_EQ(list.trades.size(), 1u);
  // 10 x 100 USD: 1000/50000 - 1000/62500 = 0.02 - 0.016
  EXPECT_EQ(format_decimal_trimmed(list.trades[0].pnl.value, kMoneyDecimals), "0.004");
  EXPECT_DOUBLE_EQ(list.trades[0].return_on_entry, 0.2);
}

// Property: whatever was traded, profit is cash: the sum of pnl equals the cash that came in, less what open lots hold.
TEST(Trades, TheSumOfProfitsIsTheChangeOfCash) {
  const std::vector instruments{spot(), inverse()};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random{seed};
    std::vector<Fill> fills;
    for (int i = 0; i < 100; ++i) {
      auto f =
          fill(i, random.below(2) ? Side::Buy : Side::Sell, 1 + static_cast<std::int64_t>(random.below(100'000'000)),
               1 + static_cast<std::int64_t>(random.below(1'000'000)),
               static_cast<Int128>(random.below(1'000'000'007)) * 1'000'000'007 - 1'000'000);
      f.instrument = static_cast<InstrumentIndex>(random.below(2));
      fills.push_back(f);
    }
    const auto list = build_trades(instruments, fills);
    for (InstrumentIndex index = 0; index < 2; ++index) {
      const auto& instrument = instruments[index];
      const bool is_inverse = instrument.kind == ContractKind::Inverse;
      Money cash{}, pnl{};
      std::int64_t position = 0;
      for (const auto& f : fills) {
        if (f.instrument != index) continue;
        const Money value =
            is_inverse ? inverse_value_of(instrument, f.price, f.quantity) : value_of(instrument, f.price, f.quantity);
        cash += ((f.side == Side::Buy) != is_inverse ? -value : value) - f.fee;
        position += sign_of(f.side) * f.quantity.value;
      }
      for (const auto& trade : list.trades)
        if (trade.instrument == index) pnl += trade.pnl;
      for (const auto& lot : list.open) {
        if (lot.instrument != index) continue;
        pnl += ((lot.side == Side::Buy) != is_inverse ? -lot.value : lot.value) - lot.fee;
        position -= sign_of(lot.side) * lot.quantity.value;
      }
      ASSERT_TRUE(cash == pnl) << "seed " << seed;
      ASSERT_EQ(position, 0) << "seed " << seed;
    }
    for (std::size_t i = 1; i < list.trades.size(); ++i)
      ASSERT_LE(list.trades[i - 1].exit_time, list.trades[i].exit_time);
  }
}

TEST(Trades, AFlatEndTurnsAllProfitIntoCash) {
  const std::vector instruments{spot()};
  const std::vector fills{fill(1, Side::Buy, 10003, 999, 7), fill(2, Side::Sell, 10101, 500, 3),
                          fill(3, Side::Sell, 9999, 1000, 5), fill(4, Side::Buy, 9000, 501, 1)};
  const auto list = build_trades(instruments, fills);
  Money pnl{};
  for (const auto& trade : list.trades) pnl += trade.pnl;
  EXPECT_TRUE(list.open.empty());
  EXPECT_TRUE(pnl == cash_change(instruments[0], fills));
}

TEST(Trades, ExcursionsAreTheWorstAndBestPriceWhileOpen) {
  const std::vector instruments{spot()};
  auto list =
      build_trades(instruments, std::vector{fill(10, Side::Sell, 10000, 1000), fill(30, Side::Buy, 9800, 1000)});
  const std::vector<Bar> bars{{.time = 0, .open = {1}, .high = {99999}, .low = {1}, .close = {1}},
                              {.time = 10, .open = {10000}, .high = {10500}, .low = {9900}, .close = {10000}},
                              {.time = 20, .open = {10000}, .high = {10100}, .low = {9000}, .close = {9800}},
                              {.time = 30, .open = {9800}, .high = {99999}, .low = {1}, .close = {9800}}};
  add_excursions(list.trades, 0, bars);
  EXPECT_DOUBLE_EQ(list.trades[0].max_adverse, -0.05);
  EXPECT_DOUBLE_EQ(list.trades[0].max_favorable, 0.10);
}

}  // namespace
}  // namespace stom
