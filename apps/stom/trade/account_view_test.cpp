#include "trade/account_view.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/decimal.hpp"

namespace stom::trade {
namespace {

/// A coin at one venue, a contract at another.
struct AnAccount : ::testing::Test {
  const std::vector<Instrument> instruments{
      {.id = "acme:COIN", .base = "COIN", .quote = "USD", .price_decimals = 1},
      {.id = "ulna:PERP", .base = "COIN", .quote = "USD", .quantity_decimals = 2}};
  const std::vector<std::size_t> venue_of{0, 1};
  AccountView ours;
  const Several* several = nullptr;
  std::vector<VenueHolds> theirs{{.venue = 0, .orders = {}, .balances = {}, .positions = {}},
                                 {.venue = 1, .orders = {}, .balances = {}, .positions = {}}};

  nlohmann::ordered_json told() const {
    return account_json({.instruments = instruments,
                         .venue_of = venue_of,
                         .venues = {"acme", "ulna"},
                         .mode = "paper",
                         .strategy = "sends",
                         .several = several,
                         .client_id_of = [](ClientOrderId id) { return "stom-7-" + std::to_string(id); }},
                        ours, theirs);
  }
  /// Works, 100 of it.
  WorkingOrder& order(ClientOrderId id) {
    ours.orders.push_back(
        {.id = id, .instrument = 1, .status = OrderStatus::Working, .price = {95}, .quantity = {100}, .leaves = {100}});
    return ours.orders.back();
  }
  static Money money(std::int64_t amount) { return {Int128{amount} * power_of_ten(kMoneyDecimals)}; }
};

TEST_F(AnAccount, WithoutAnythingIsThreeEmptyLists) {
  EXPECT_EQ(no_account().dump(), R"({"positions":[],"balances":[],"orders":[]})");
  EXPECT_EQ(told().dump(), R"({"positions":[],"balances":[],"orders":[],"fills":0})");
}

TEST_F(AnAccount, HasWhatTheSessionHoldsAndWhatItsVenuesTell) {
  ours.positions.push_back({.instrument = 0,
                            .quantity = {-3},
                            .entry = {1005},
                            .twice_mark = 2009,
                            .unrealised = Money{Int128{15} * power_of_ten(kMoneyDecimals - 2)}});
  ours.cash.push_back({.currency = "USD", .total = money(1'000), .free = money(900)});
  theirs[1].balances["COIN"] = {.free = money(2), .locked = money(1)};
  EXPECT_EQ(
      told().dump(),
      R"({"positions":[{"venue":"acme","instrument":"acme:COIN","strategy":"sends","quantity":"-3","entry_price":"100.5",)"
      R"("mark_price":"100.45","unrealized_pnl":"0.15","currency":"USD"}],)"
      R"("balances":[{"venue":"paper","currency":"USD","total":"1000","free":"900"},)"
      R"({"venue":"ulna","currency":"COIN","total":"3","free":"2"}],"orders":[],"fills":0})");
}

TEST_F(AnAccount, SaysThatAGainIsNotKnownWhereThePriceIsNot) {
  ours.positions.push_back({.instrument = 1, .quantity = {50}, .entry = {95}});
  const auto position = told().at("positions").at(0);
  EXPECT_TRUE(position.at("mark_price").is_null());
  EXPECT_TRUE(position.at("unrealized_pnl").is_null()) << "unknown is not 0";
}

TEST_F(AnAccount, HasGainedWhatIsBetweenItsEntryAndThePriceOfNowToTheLastDigit) {
  using Holding = orders::AccountState::Holding;
  const Instrument& coin = instruments[0];
  // Three, bought for 100.1, 100.1 and 100.2: their average is no price of the ladder.
  const Holding three{.position = {3}, .entry_value = 3004};
  EXPECT_EQ(unrealised(coin, three, 2 * 1002), (Money{Int128{2} * power_of_ten(kMoneyDecimals - 1)}));
  const Holding sold{.position = {-3}, .entry_value = -3004};
  EXPECT_EQ(unrealised(coin, sold, 2 * 1002), (Money{Int128{-2} * power_of_ten(kMoneyDecimals - 1)}));
  EXPECT_FALSE(unrealised(coin, three, 0));
  EXPECT_FALSE(unrealised(coin, Holding{}, 2 * 1002)) << "nothing is held";
}

TEST_F(AnAccount, OfContractsPaidInTheCoinHasGainedCoins) {
  const Instrument coinm{
      .id = "ulna:COINM", .base = "COIN", .quote = "USD", .kind = ContractKind::Inverse, .contract_size = 100};
  // 4 contracts of 100 USD, entered at 50 and now at 80: 400/50 - 400/80 coins.
  const orders::AccountState::Holding held{.position = {4}, .entry_value = 200};
  EXPECT_EQ(unrealised(coinm, held, 2 * 80), money(3));
}

TEST_F(AnAccount, TellsNoPriceOfAnOrderThatHasNone) {
  order(1).type = OrderType::Market;
  order(2).type = OrderType::StopLimit;
  const auto orders = told().at("orders");
  EXPECT_EQ(orders[0].at("type").get<std::string>(), "market");
  EXPECT_TRUE(orders[0].at("price").is_null());
  EXPECT_EQ(orders[1].at("type").get<std::string>(), "stop_limit");
  EXPECT_EQ(orders[1].at("price").get<std::string>(), "95");
}

TEST_F(AnAccount, SaysOfSeveralStrategiesWhoseEachPositionAndEachOrderIs) {
  std::vector<Several::Member> members;
  members.push_back({"trend", std::make_unique<Strategy>(), {0, 1}, {}});
  members.push_back({"maker", std::make_unique<Strategy>(), {1}, {}});
  const Several both{std::move(members), instruments.size()};
  several = &both;
  for (const orders::Owner owner : {orders::Owner{1}, orders::Owner{2}, orders::kNobodysOwn})
    ours.positions.push_back({.instrument = 1, .quantity = {7}, .entry = {95}, .owner = owner});
  order(orders::shared_id(2, 1));
  order(orders::shared_id(1, 1));
  order(orders::next_of(orders::kSessionsOwn, 1));
  order(orders::shared_id(orders::kNobodysOwn, 1));
  const auto names = [](const auto& all) {
    std::string text;
    for (const auto& one : all) text += one.at("strategy").template get<std::string>() + " ";
    return text;
  };
  const auto json = told();
  EXPECT_EQ(names(json.at("positions")), "trend maker manual ");
  EXPECT_EQ(names(json.at("orders")), "maker trend session manual ");
}

TEST_F(AnAccount, SaysOfEachOrderHowItStands) {
  order(1);
  order(2).leaves = {40};
  order(3).cancel_pending = true;
  order(4).status = OrderStatus::PendingNew;
  order(5);
  order(6);
  ours.unknown = {5};
  ours.held = {6};
  const auto orders = told().at("orders");
  std::vector<std::string> states;
  for (const auto& one : orders) states.push_back(one.at("status").get<std::string>());
  EXPECT_EQ(states, (std::vector<std::string>{"working", "partially_filled", "cancel_pending", "pending_new", "unknown",
                                              "held"}));
  EXPECT_EQ(
      orders[1].dump(),
      R"({"client_order_id":"stom-7-2","venue_order_id":null,"venue":"ulna","instrument":"ulna:PERP",)"
      R"("strategy":"sends","side":"buy","type":"limit","price":"95","quantity":"1","filled":"0.6","status":"partially_filled"})");
}

TEST_F(AnAccount, CallsAnOrderAsItsVenueDoesAndShowsThoseOfOthers) {
  order(1);
  theirs[1].orders = {{.id = 1, .instrument = 1, .venue_order_id = "v1", .client_id = "as-sent-1"},
                      {.instrument = 1, .side = Side::Sell, .price = {99}, .leaves = {25}, .venue_order_id = "v2"}};
  const auto orders = told().at("orders");
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_EQ(orders[0].at("client_order_id").get<std::string>(), "as-sent-1");
  EXPECT_EQ(orders[0].at("venue_order_id").get<std::string>(), "v1");
  EXPECT_EQ(orders[1].dump(),
            R"({"client_order_id":"","venue_order_id":"v2","venue":"ulna","instrument":"ulna:PERP","strategy":null,)"
            R"("side":"sell","type":null,"price":"99","quantity":"0.25","filled":null,"status":"foreign"})");
}

}  // namespace
}  // namespace stom::trade
