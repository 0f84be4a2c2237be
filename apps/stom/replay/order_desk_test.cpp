// What is owned and what it cost, for every kind of contract, to the last unit.
#include "replay/order_desk.hpp"

#include <gtest/gtest.h>

#include "model/cash_flow.hpp"

namespace stom::replay {
namespace {

/// One contract is worth 100 dollars, paid in coins; prices have one decimal.
Instrument inverse() {
  Instrument instrument;
  instrument.id = "test:BTCUSD";
  instrument.base = "BTC";
  instrument.quote = "USD";
  instrument.kind = ContractKind::Inverse;
  instrument.price_decimals = 1;
  instrument.contract_size = 100;
  return instrument;
}

OrderEvent fill(ClientOrderId id, Side side, std::int64_t price, std::int64_t quantity) {
  OrderEvent event;
  event.kind = OrderEventKind::Filled;
  event.id = id;
  event.side = side;
  event.price = Price{price};
  event.quantity = Quantity{quantity};
  return event;
}

TEST(OrderDesk, AnInverseContractIsAveragedAndRealisedInCoin) {
  OrderDesk desk{{inverse()}};
  FillRow row;
  desk.on_event(fill(1, Side::Buy, 200'000, 100), row);  // 100 contracts at 20,000: half a coin
  desk.on_event(fill(2, Side::Buy, 500'000, 100), row);  // at 50,000: a fifth of one
  // 20,000 dollars over 0.7 coins.
  EXPECT_EQ(desk.average_price(0).value / power_of_ten(kMoneyDecimals - 4), 285'714'285);
  desk.on_event(fill(3, Side::Sell, 400'000, 200), row);  // 0.5 coins
  EXPECT_EQ(desk.holding(0).realized, Money{2 * power_of_ten(kMoneyDecimals - 1)}) << "0.7 - 0.5 coins";
  EXPECT_EQ(desk.holding(0).quantity.value, 0);
  EXPECT_EQ(desk.holding(0).basis, Money{});
}

TEST(OrderDesk, WhatIsRealisedAndWhatIsOpenAddUpToTheCashThatMoved) {
  for (const ContractKind kind : {ContractKind::Spot, ContractKind::Linear, ContractKind::Inverse}) {
    Instrument instrument = inverse();
    instrument.kind = kind;
    OrderDesk desk{{instrument}};
    Money cash{};
    FillRow row;
    std::int64_t price = 300'007;
    for (const std::int64_t traded : {7, 5, -9, -11, 3, 5, -1}) {
      const OrderEvent event = fill(1, traded > 0 ? Side::Buy : Side::Sell, price, std::abs(traded));
      cash += cash_of_fill(instrument, event.side, event.price, event.quantity);
      desk.on_event(event, row);
      price += 1'313;
      EXPECT_EQ(desk.holding(0).realized - desk.holding(0).basis, cash);
    }
    EXPECT_EQ(desk.holding(0).quantity.value, -1);
  }
}

// They are of whoever sent the bracket, appear as they begin to wait, and grow and shrink with what it has opened.
TEST(OrderDesk, TheClosingOrdersOfABracketAreRowsOfTheirOwn) {
  OrderDesk desk{{inverse()}};
  FillRow row;
  NewOrder order{.id = 7, .side = Side::Buy, .type = OrderType::Market, .quantity = {100}, .stop_loss = {190'000}};
  desk.submitted(order, OrderSource::Manual, 0);
  desk.on_event(fill(7, Side::Buy, 200'000, 100), row);
  OrderEvent kept{.kind = OrderEventKind::Accepted,
                  .side = Side::Sell,
                  .reason = RejectReason::Held,
                  .id = kStopLossChild | 7,
                  .price = {190'000},
                  .leaves = {60}};
  EXPECT_EQ(desk.on_event({.kind = OrderEventKind::Accepted, .id = kStopLossChild | 8}, row), nullptr);
  const OrderRow* stop = desk.on_event(kept, row);
  ASSERT_NE(stop, nullptr);
  EXPECT_EQ(stop->source, OrderSource::Manual);
  EXPECT_EQ(stop->type, OrderType::Stop);
  EXPECT_EQ(stop->trigger_price.value, 190'000);
  EXPECT_EQ(stop->quantity.value, 60);
  kept.leaves = {100};
  EXPECT_EQ(desk.on_event(kept, row)->quantity.value, 100) << "the parent has filled on";
  EXPECT_EQ(desk.open_orders(), (std::vector<ClientOrderId>{kStopLossChild | 7}));
  EXPECT_EQ(desk.strategy_orders(), 0u);
  stop = desk.on_event(fill(kStopLossChild | 7, Side::Sell, 189'000, 100), row);
  EXPECT_EQ(stop->status, OrderStatus::Filled);
  EXPECT_EQ(row.source, OrderSource::Manual);
  EXPECT_TRUE(desk.open_orders().empty());
}

// Nobody sent that order; it must stand in the list all the same, as large as what it closed.
TEST(OrderDesk, APositionTakenAwayByTheVenueIsAnOrderOfTheVenues) {
  OrderDesk desk{{inverse()}};
  FillRow row;
  OrderEvent closing = fill(kLiquidationChild | 1, Side::Sell, 200'000, 30);
  closing.leaves = Quantity{70};  // the book has no more now
  const OrderRow* order = desk.on_event(closing, row);
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->source, OrderSource::Venue);
  EXPECT_EQ(order->status, OrderStatus::Filled);
  EXPECT_EQ(row.source, OrderSource::Venue);
  closing.quantity = Quantity{70};
  closing.leaves = {};
  order = desk.on_event(closing, row);
  EXPECT_EQ(order->quantity.value, 100);
  EXPECT_EQ(order->filled.value, 100);
  EXPECT_EQ(row.number, 2u);
  EXPECT_TRUE(desk.open_orders().empty());
  EXPECT_EQ(desk.on_event(fill(4711, Side::Buy, 200'000, 1), row), nullptr) << "an id that is nobody's";
}

}  // namespace
}  // namespace stom::replay
