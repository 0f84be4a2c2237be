// A session that goes on: it is the one that it was, and what an account holds is compared in the right units.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/decimal.hpp"
#include "trade/earlier_session.hpp"
#include "trade/reconciliation.hpp"
#include "trade/rerun.hpp"
#include "trade/session_fold.hpp"

namespace stom::trade {
namespace {

Instrument instrument(std::string id, std::string base, std::string quote, int quantity_decimals,
                      ContractKind kind = ContractKind::Spot) {
  return {.id = std::move(id),
          .base = std::move(base),
          .quote = std::move(quote),
          .kind = kind,
          .price_decimals = 2,
          .quantity_decimals = quantity_decimals};
}

Money coins(std::string_view text) { return {Int128{*parse_decimal(text, 9)} * power_of_ten(kMoneyDecimals - 9)}; }

const std::vector<Instrument> kThree{instrument("acme:BTCUSDT", "BTC", "USDT", 5),
                                     instrument("acme:BTCKRW", "BTC", "KRW", 3),
                                     instrument("acme:ETHPERP", "ETH", "USDT", 2, ContractKind::Linear)};

Money no_dust(InstrumentIndex) { return {}; }

// A coin is one thing, whatever it was traded against.
TEST(AnAccountsHoldings, AreACoinWholeAndAContractsPosition) {
  const VenueHolds venue{.orders = {},
                         .balances = {{"BTC", {coins("1.500009"), coins("0.25")}}, {"USDT", {coins("9"), {}}}},
                         .positions = {}};
  const std::vector<InstrumentIndex> mine{0, 1, 2};
  const std::int64_t held[] = {12'000, 30, -7};
  const auto all = holdings_at(venue, {kThree, [&](InstrumentIndex i) { return Quantity{held[i]}; }, no_dust}, mine);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].instrument, 0u);
  EXPECT_EQ(all[0].there, Quantity{175'000}) << "what is less than the smallest quantity does not count";
  EXPECT_EQ(all[0].ours, Quantity{15'000}) << "0.12 against USDT and 0.030 against won";
  EXPECT_EQ(all[1].instrument, 2u);
  EXPECT_EQ(all[1].there, Quantity{0}) << "a position that the account does not name is none";
  EXPECT_EQ(all[1].ours, Quantity{-7});
  const auto difference = position_difference(all[0], {1'000}, kThree[0]);
  EXPECT_EQ(difference.ours, "0.15 of BTC, and 0.01 that are not ours");
  EXPECT_EQ(difference.venue, "1.75 of BTC");
  EXPECT_TRUE(holds_back(difference));
  EXPECT_FALSE(holds_back({"foreign_order", "", ""}));
  EXPECT_EQ(difference.json(),
            R"({"kind":"position","ours":"0.15 of BTC, and 0.01 that are not ours","venue":"1.75 of BTC"})");
}

// What a fee that was taken in the coin leaves is in no position: it must not add up with what is not the session's.
TEST(AnAccountsHoldings, CountWithoutTheDustOfTheSession) {
  VenueHolds venue{.orders = {}, .balances = {{"BTC", {coins("1.000008"), {}}}}, .positions = {}};
  const std::vector<InstrumentIndex> mine{0, 1};
  const auto there = [&](std::string_view dust, std::string_view more) {
    const auto of_fees = [&](InstrumentIndex i) { return coins(i == 0 ? dust : more); };
    return holdings_at(venue, {kThree, [](InstrumentIndex) { return Quantity{}; }, of_fees}, mine).at(0).there;
  };
  EXPECT_EQ(there("0", "0"), Quantity{100'000}) << "0.000008 of it are others'";
  venue.balances["BTC"].free = coins("1.000013");
  EXPECT_EQ(there("0.000005", "0"), Quantity{100'000}) << "and 0.000005 the session's";
  venue.balances["BTC"].free = coins("1.000018");
  EXPECT_EQ(there("0.000005", "0.000005"), Quantity{100'000}) << "of two instruments";
}

// Kiwoom tells stocks as positions, under whichever of a stock's exchanges is watched.
TEST(AnAccountsHoldings, OfAStockAreItsPositionWhereverItIsTraded) {
  const std::vector<Instrument> two{instrument("acme:005930", "005930", "KRW", 0),
                                    instrument("acme:005930_NX", "005930", "KRW", 0)};
  VenueHolds venue{.orders = {}, .balances = {{"KRW", {coins("9"), {}}}}, .positions = {}};
  venue.positions[1] = {.instrument = 1, .quantity = {9}, .entry_price = {}};
  const std::vector<InstrumentIndex> mine{0, 1};
  const auto all = holdings_at(venue, {two, [](InstrumentIndex i) { return Quantity{i == 0 ? 6 : 3}; }, no_dust}, mine);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].there, Quantity{9});
  EXPECT_EQ(all[0].ours, Quantity{9});
}

// A re-run has no clock: where a process's numbers began is a record.
TEST(ASessionThatGoesOn, NumbersItsOrdersFromWhereItsJournalSaysAndElseFromTheNextMillion) {
  SessionFold fold{kThree, {}, {}};
  const auto add = [&](const JournalRecord& record) { ASSERT_TRUE(fold.fold(record)); };
  const auto next = [&] { return fold.recovery().account().next_id(); };
  add({.kind = RecordKind::Submit, .time = 1, .request = 1, .order = {.id = 5, .quantity = {1}}});
  add({.kind = RecordKind::Restart, .time = 2, .text = "again"});
  EXPECT_EQ(next(), 1'000'000u) << "as journals of older versions were written";
  add({.kind = RecordKind::Operator, .time = 2, .text = ids_act(1'796'000'000'123)});
  EXPECT_EQ(next(), 1'796'000'000'123u);
  add({.kind = RecordKind::Submit, .time = 3, .request = 2, .order = {.id = next(), .quantity = {1}}});
  EXPECT_EQ(next(), 1'796'000'000'124u);
  EXPECT_FALSE(ids_begun_by("ids from"));
  EXPECT_FALSE(ids_begun_by("ids from 1x"));
  EXPECT_FALSE(ids_begun_by("go on"));
}

TEST(ASessionThatGoesOn, IsTheOneThatItWas) {
  const std::string was = "trade mode=testnet strategy=grid step=5 instrument=acme:A tick=1 cash=10 session=k3";
  EXPECT_EQ(session_of(was), "k3");
  EXPECT_TRUE(check_goes_on(was, was, false));
  const auto refused = [&](std::string now, bool changed) {
    const auto checked = check_goes_on(was, now, changed);
    return checked ? std::string{"goes on"} : checked.error().message;
  };
  EXPECT_EQ(refused("trade mode=testnet strategy=grid step=6 instrument=acme:A tick=1 cash=10 session=k3", false),
            "the session of that folder is another: it has step=5, and not step=6");
  EXPECT_EQ(refused("trade mode=testnet strategy=idle instrument=acme:A tick=1 cash=10 session=k3", true), "goes on");
  EXPECT_EQ(refused("trade mode=testnet strategy=idle instrument=acme:A tick=1 cash=20 session=k3", true),
            "the session of that folder is another: it has cash=10, and not cash=20");
  EXPECT_FALSE(check_goes_on("trade mode=testnet strategy=idle", "trade mode=testnet strategy=idle", false))
      << "without its name its orders are not found again";
  EXPECT_TRUE(check_goes_on("trade mode=paper strategy=idle", "trade mode=paper strategy=idle", false))
      << "on paper nobody else has them";
  EXPECT_EQ(check_goes_on("trade mode=paper strategy=idle", "trade mode=testnet strategy=idle session=k3", false)
                .error()
                .message,
            "the session of that folder is another: it has mode=paper, and not mode=testnet");
}

// One that is given gets old within a day, and one that was forgotten can be named.
TEST(ASessionThatGoesOn, TakesTheRatesThatItIsStartedWith) {
  const auto with = [](std::string_view parameters, std::string_view rates) {
    return fmt::format(
        "trade mode=testnet strategy=grid{} instrument=acme:A tick=1 currency=KRW{} limit=order_rate=5/1s "
        "cash=10 session=k3",
        parameters, rates);
  };
  const std::string was = with(" rate=5", " rate=USDT/KRW=1400");
  for (const char* rates : {" rate=USDT/KRW=1390", " rate=USDT/KRW=1390 rate=USD/USDT=1", ""})
    EXPECT_TRUE(check_goes_on(was, with(" rate=5", rates), false)) << rates;
  EXPECT_TRUE(check_goes_on(with("", ""), with("", " rate=USDT/KRW=1390"), true));
  const auto other = check_goes_on(was, with(" rate=6", " rate=USDT/KRW=1400"), false);
  ASSERT_FALSE(other) << "a parameter of that name is another strategy";
  EXPECT_EQ(other.error().message, "the session of that folder is another: it has rate=5, and not rate=6");
}

}  // namespace
}  // namespace stom::trade
