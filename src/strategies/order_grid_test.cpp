// The order grid's table, row by row, in numbers worked out by hand; and at work over a market of a row a second.
#include "strategies/order_grid.hpp"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "core/random.hpp"
#include "core/round.hpp"
#include "strategies/grid_orders.hpp"
#include "tests/support/strategy_tape.hpp"

namespace stom::test::order_grid {
namespace {

std::vector<std::int64_t> parts(GridShares shares, int n, std::int64_t lots) {
  std::vector<std::int64_t> all;
  for (int k = 1; k <= n; ++k) all.push_back(lots_of_part(shares, n, k, lots));
  return all;
}

TEST(OrderGrid, SharesFallByHalvesRiseMirroredOrAreEqual) {
  // 16/31 of 10000 is 5161.29: the sum until each part is rounded up, 5162, 7742 (of 7741.9), 9033, 9678, 10000.
  EXPECT_EQ(parts(GridShares::Falling, 5, 10'000), (std::vector<std::int64_t>{5162, 2580, 1291, 645, 322}));
  EXPECT_EQ(parts(GridShares::Falling, 4, 15), (std::vector<std::int64_t>{8, 4, 2, 1}));
  EXPECT_EQ(parts(GridShares::Falling, 3, 7), (std::vector<std::int64_t>{4, 2, 1}));
  EXPECT_EQ(parts(GridShares::Rising, 3, 7), (std::vector<std::int64_t>{1, 2, 4}));
  EXPECT_EQ(parts(GridShares::Equal, 3, 5), (std::vector<std::int64_t>{2, 2, 1}));
}

TEST(OrderGrid, SharesAreThoseOfTheOldProgramInPercent) {
  // Of 2 x 3 x 5 x 7 x 31 x 4 lots every share is whole, so that nothing is rounded but the percentage.
  constexpr std::int64_t kLots = 26'040;
  const auto percents = [&](GridShares shares, int n) {
    std::vector<double> all;
    for (const std::int64_t lots : parts(shares, n, kLots))
      all.push_back(round_decimals(static_cast<double>(lots) * 100 / kLots, 2));
    return all;
  };
  EXPECT_EQ(percents(GridShares::Falling, 5), (std::vector{51.61, 25.81, 12.90, 6.45, 3.23}));
  EXPECT_EQ(percents(GridShares::Falling, 4), (std::vector{53.33, 26.67, 13.33, 6.67}));
  EXPECT_EQ(percents(GridShares::Falling, 3), (std::vector{57.14, 28.57, 14.29}));
  EXPECT_EQ(percents(GridShares::Falling, 2), (std::vector{66.67, 33.33}));
  EXPECT_EQ(percents(GridShares::Rising, 5), (std::vector{3.23, 6.45, 12.90, 25.81, 51.61}));
  EXPECT_EQ(percents(GridShares::Equal, 5), std::vector<double>(5, 20));
  EXPECT_EQ(percents(GridShares::Equal, 4), std::vector<double>(4, 25));
  EXPECT_EQ(percents(GridShares::Equal, 3), std::vector<double>(3, 33.33));
  EXPECT_EQ(percents(GridShares::Equal, 2), std::vector<double>(2, 50));
}

TEST(OrderGrid, TheSharesOfAnySizeAreTheWhole) {
  for (const GridShares shares : {GridShares::Equal, GridShares::Falling, GridShares::Rising})
    for (int n = 1; n <= 5; ++n)
      for (std::int64_t lots = 0; lots < 300; ++lots) {
        std::int64_t sum = 0;
        for (const std::int64_t part : parts(shares, n, lots)) {
          EXPECT_GE(part, 0);
          sum += part;
        }
        EXPECT_EQ(sum, lots);
      }
}

TEST(OrderGrid, FiveBandsOfAFactorWeighTheBet) {
  const auto grid = read_order_grid(
      "[buy.weight]\nby = \"high_low\"\nthresholds = [3, 5, 10, 20]\nfactors = [1, 0.9, 0.8, 0.7, 0.6]");
  ASSERT_TRUE(grid.has_value()) << grid.error().message;
  EXPECT_EQ(factor_at(*grid->buy.weight, 2.99).mantissa, 1);
  EXPECT_EQ(factor_at(*grid->buy.weight, 3).mantissa, 9);  // 0.9: from a threshold on
  EXPECT_EQ(factor_at(*grid->buy.weight, 25).mantissa, 6);
}

TEST(OrderGrid, TicksFollowTheLadderAcrossARoundFigure) {
  Instrument krx = plain_instrument("test:A");
  krx.ladder = {{{0}, {1}}, {{2'000}, {5}}, {{5'000}, {10}}};
  EXPECT_EQ(step(krx, {1'999}, 2).value, 2'005);
  EXPECT_EQ(step(krx, {2'005}, -2).value, 1'999);
  EXPECT_EQ(step(krx, {1}, -3).value, 1);
  EXPECT_TRUE(above_round_figure(krx, {2'025}, 5));
  EXPECT_FALSE(above_round_figure(krx, {2'030}, 5));
  EXPECT_TRUE(below_round_figure(krx, {1'995}, 5));
  EXPECT_FALSE(below_round_figure(krx, {2'000}, 5));
}

TEST(OrderGrid, AWrongLineIsNamedWithTheNearestWord) {
  const auto unknown = read_order_grid("[buy]\nparst = 2");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().message, "line 2: buy.parst means nothing here");
  EXPECT_EQ(unknown.error().hint, "did you mean parts?");
  EXPECT_EQ(read_order_grid("\n[sell]\nparts = 6").error().message, "line 3: sell.parts is no whole number in 1..5");
  EXPECT_EQ(read_order_grid("[buy]\nnot_between = [\"9-10\"]").error().message,
            "line 2: buy.not_between \"9-10\" is no span HHMMSS-HHMMSS");
}

TEST(OrderGrid, WhatWouldBeReadAndNeverActIsRefusedByName) {
  const auto why = [](const std::string& text) {
    const auto grid = read_order_grid(text);
    return grid ? "nothing" : grid.error().message;
  };
  EXPECT_EQ(why("[buy]\nticks = 1"), "line 2: buy.ticks is about a limit, and type is \"market\"");
  EXPECT_EQ(why("[sell]\nprice = \"ask1\""), "line 2: sell.price is about a limit, and type is \"market\"");
  EXPECT_EQ(why("[buy]\namend_times = 1"), "line 2: buy.amend_times is about a limit, and type is \"market\"");
  EXPECT_EQ(why("[buy]\ntype = \"limit\"\nlevels = 3"),
            "line 3: buy.levels is about a market order, and type is \"limit\"");
  EXPECT_EQ(why("[buy]\ntype = \"limit\"\namend_ticks = 3"),
            "line 3: buy.amend_ticks does nothing without amend_times");
  EXPECT_EQ(why("[buy]\ntype = \"limit\"\ntime_in_force = \"ioc\"\namend_times = 2"),
            "line 4: buy.amend_times is about an order that waits, and time_in_force is not \"gtc\"");
  EXPECT_EQ(why("[buy]\nbelow = 1"), "line 2: buy.below is about the parts after the first, and there is one part");
  EXPECT_EQ(why("[sell]\nshares = \"rising\""),
            "line 2: sell.shares is about the parts after the first, and there is one part");
  EXPECT_EQ(why("[buy]\nparts = 2\nby_signal = false"),
            "line 3: buy.by_signal is false, and neither below nor above asks for the next part");
  EXPECT_EQ(why("[buy]\nparts = 2\nmoved_from = \"return\""),
            "line 3: buy.moved_from says of what below and above are, and neither is set");
  EXPECT_EQ(why("[sell]\nafter_parts = 2"),
            "line 2: sell.after_parts waits for more parts than the 1 that are bought: nothing would be sold");
  EXPECT_EQ(why("[futures]\nleverage = 3"),
            "line 2: futures.leverage does nothing without a bet or forced_exit: the account's own is --leverage");
  EXPECT_EQ(why("[futures]\nmargin = \"isolated\""),
            "line 2: futures.margin is a setting of the account at the venue, which no order carries");
  EXPECT_EQ(why("[sell]\nbelow = 1"), "nothing") << "one part can be sold by price";
}

TEST(OrderGrid, AnExecutionThatCannotBeOrWouldNotActIsRefusedByName) {
  const auto why = [](const std::string& text) {
    const auto grid = read_order_grid(text);
    return grid ? "nothing" : grid.error().message;
  };
  EXPECT_EQ(why("[buy.execution]\nover = \"1m\""),
            "line 1: buy.execution.kind is needed: twap, vwap, pov, iceberg or chase");
  EXPECT_EQ(why("[buy.execution]\nkind = \"twap\""),
            "line 1: buy.execution.over is needed: how long a twap or vwap takes");
  EXPECT_EQ(why("[buy.execution]\nkind = \"pov\""),
            "line 1: buy.execution.share is needed: at most so many per cent of what is traded");
  EXPECT_EQ(why("[sell.execution]\nkind = \"iceberg\""),
            "line 1: sell.execution.shown is needed: so many per cent of a part are shown");
  EXPECT_EQ(why("[sell.execution]\nkind = \"iceberg\"\nshown = 101"),
            "line 3: sell.execution.shown is above 100 per cent");
  EXPECT_EQ(why("[buy.execution]\nkind = \"vwap\"\nover = \"1m\"\nweights = [0, 0]"),
            "line 4: buy.execution.weights is no list of whole numbers from 0 on, one of them above it");
  EXPECT_EQ(why("[buy.execution]\nkind = \"chase\"\nslices = 3"),
            "line 3: buy.execution.slices is about a twap or vwap");
  EXPECT_EQ(why("[buy.execution]\nkind = \"twap\"\nover = \"1m\"\nmoves = 3"),
            "line 4: buy.execution.moves is about orders that follow the best price, and these do not");
  EXPECT_EQ(why("[buy]\ntype = \"limit\"\namend_times = 2\n[buy.execution]\nkind = \"chase\""),
            "line 3: buy.amend_times is about one order, and a part is carried out in many");
  EXPECT_EQ(why("[sell]\nlevels = 2\n[sell.execution]\nkind = \"chase\""),
            "line 2: sell.levels is about one order, and a part is carried out in many");
  EXPECT_EQ(why("[buy]\ntype = \"limit\"\nticks = -1\ncancel_after = \"30s\"\n[buy.execution]\nkind = \"vwap\"\n"
                "over = \"1m\"\nweights = [3, 1]\nchildren = \"join\"\nshown = 10\nfollow = 2\nrest = \"market\""),
            "nothing");
}

// --- at work: who buys at market pays the price, who sells gets one less -------------------------------------------

Tape rows(const std::vector<std::int64_t>& prices, std::int64_t depth = 1000, UnixNanos time = 0) {
  Tape tape;
  tape.cash = {static_cast<Int128>(1'000'000) * power_of_ten(kMoneyDecimals)};
  for (const std::int64_t price : prices) {
    tape.trade(time + kSecond / 10, Side::Buy, price, 1);
    tape.book(time + kSecond / 5,
              {{price - 1, depth}, {price - 2, depth}, {price - 3, depth}, {price - 4, depth}, {price - 5, depth}},
              {{price, depth}, {price + 1, depth}, {price + 2, depth}, {price + 3, depth}, {price + 4, depth}});
    time += kSecond;
  }
  return tape;
}

TapeResult run(const Tape& tape, const std::string& orders, const std::string& lots = "1",
               const std::string& buy = "pass", const std::string& sell = "매도 = False") {
  return tape.run("conditions",
                  {{"buy", buy}, {"sell", sell}, {"vars", "self.vars[0] = 1"}, {"lots", lots}, {"orders", orders}});
}

using Traded = std::vector<std::pair<std::int64_t, std::int64_t>>;
Traded traded(const TapeResult& result) {
  Traded all;
  for (const Fill& fill : result.fills) all.emplace_back(sign_of(fill.side) * fill.quantity.value, fill.price.value);
  return all;
}

bool says(const TapeResult& result, std::string_view what) {
  return std::ranges::any_of(result.lines, [&](const std::string& line) { return line.contains(what); });
}

TEST(GridOrders, TheNextPartIsBoughtBelowTheLastBuysPrice) {
  // 7 lots as 4, 2, 1. 990 is exactly 1 % below 1000, which is not below it; 989 is. Then 1 % below 989 is 979.11.
  const auto result = run(rows({1000, 990, 989, 980, 979, 979}),
                          "[buy]\nparts = 3\nshares = \"falling\"\nby_signal = false\nbelow = 1", "7");
  EXPECT_EQ(traded(result), (Traded{{4, 1000}, {2, 989}, {1, 979}}));
}

TEST(GridOrders, AStopTakesAllAtMarketAheadOfTheSellText) {
  // Bought at 1000. 3 % of 1000 is 30: at 971 the loss is 29, at 970 it is 30.
  const auto result = run(rows({1000, 971, 970, 970}), "[stop]\npercent = 3\n[buy]\ntrades_a_day = 1", "10");
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 1000, 969, 10, "stop -3 %"}}));
  EXPECT_TRUE(says(result, "no entry: trades of the day are done (1 times)"));
}

TEST(GridOrders, AStopInMoneyCountsTheWholePosition) {
  // 10 lots: 5 lower is 50.
  const auto result = run(rows({1000, 996, 995, 995}), "[stop]\nmoney = 50\n[buy]\ntrades_a_day = 1", "10");
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 1000, 994, 10, "stop -50"}}));
}

TEST(GridOrders, AnExitInPartsTakesProfitFurtherEachTimeAndTheLastIsTheRest) {
  // Above 1 % x 1 and x 2 of 1000: 1010 is not above, 1011 is; 1021 is above 2 %.
  const auto result =
      run(rows({1000, 1010, 1011, 1020, 1021, 1021}), "[sell]\nparts = 2\nabove = 1\n[buy]\ntrades_a_day = 1", "3");
  EXPECT_EQ(traded(result), (Traded{{3, 1000}, {-2, 1010}, {-1, 1020}}));
}

TEST(GridOrders, AMarketOrderTakesNoMoreThanItsLevelsShow) {
  const auto result = run(rows({1000, 1000}, 4), "[buy]\nlevels = 2", "10", "if 현재가 > 1000:\n    매수 = False");
  EXPECT_TRUE(says(
      result, "buy 8 of 10: 2 levels show no more, at 1000 on average"));  // (4000 + 4004) / 8 = 1000.5, to the even
  ASSERT_FALSE(result.fills.empty());
  std::int64_t sum = 0;
  for (const Fill& fill : result.fills) sum += fill.quantity.value;
  EXPECT_EQ(sum, 8);
}

TEST(GridOrders, AWaitingBuyIsAmendedWhenTheMarketIsFartherThanThatAndNotOftener) {
  // Rests two ticks below 1000. At 1001 the market is three away, which is not more than three; at 1002 it is.
  const auto result = run(rows({1000, 1001, 1002, 1010, 1010}),
                          "[buy]\ntype = \"limit\"\nticks = -2\namend_times = 1\namend_beyond = 3\namend_ticks = 1");
  EXPECT_TRUE(says(result, "buy amended, 1 of 1: 1 at 1001"));
  EXPECT_FALSE(says(result, "2 of 1"));
  EXPECT_TRUE(result.fills.empty());
}

TEST(GridOrders, AWaitingBuyIsCanceledAfterItsTime) {
  const auto result = run(rows({1000, 1000, 1000, 1000}), "[buy]\ntype = \"limit\"\nticks = -2\ncancel_after = \"2s\"");
  EXPECT_TRUE(says(result, "buy canceled: after 2s"));
}

TEST(GridOrders, NothingIsBoughtThatIsForbiddenAndItIsSaid) {
  const auto why = [](const std::string& orders, const std::string& lots = "1") {
    const auto result = run(rows({1000, 1000, 1000}), orders, lots);
    EXPECT_TRUE(result.fills.empty()) << orders;
    return result.lines.empty() ? std::string{} : result.lines[0];
  };
  EXPECT_EQ(why("[buy]\nblack_list = [\"A\"]"), "orders: test:A no entry: on the black list (1 times)");
  EXPECT_EQ(why("[buy]\nnot_between = [\"000000-000100\"]"),
            "orders: test:A no entry: not at this time of day (1 times)");
  EXPECT_EQ(why("[buy]\nnot_at_or_below = 1000"), "orders: test:A no entry: the price is too low (1 times)");
  EXPECT_EQ(why("[account]\nbet = 999"), "orders: test:A no entry: less than one lot (1 times)");
  EXPECT_EQ(why("[account]\nbet = 2000000"), "orders: test:A no entry: too little cash (1 times)");
}

TEST(GridOrders, TheAssetsAreSharedAmongTheHoldings) {
  // 1,000,000 among 10, at market (A - A/10 x 0.3)/10 = 97,000: 97 lots at 1000.
  const auto result = run(rows({1000, 1000}), "[account]\nby_assets = true\nmax_holdings = 10");
  ASSERT_FALSE(result.fills.empty());
  EXPECT_EQ(traded(result)[0], (std::pair<std::int64_t, std::int64_t>{97, 1000}));
}

TEST(GridOrders, TheLossOfADayEndsItForAllThatIsHeld) {
  // 500 lots at 1000 of 1,000,000: 1 % is 10,000, that is 20 a lot.
  const auto result = run(rows({1000, 981, 980, 980, 980}), "[account]\nday_loss = 1", "500");
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 1000, 979, 500, "day's loss -1 %"}}));
  EXPECT_TRUE(says(result, "no entry: stopped for the day (1 times)"));
}

TEST(GridOrders, AfterALossItWaits) {
  // The stop sells at row 1; five seconds later is row 6.
  const auto result =
      run(rows({1000, 900, 900, 900, 900, 900, 900, 900}), "[stop]\npercent = 5\n[buy]\nafter_loss = \"5s\"");
  ASSERT_EQ(result.fills.size(), 3u);
  EXPECT_GE(result.fills[2].time, 6 * kSecond);
  EXPECT_LT(result.fills[2].time, 7 * kSecond);
}

TEST(GridOrders, TheNextPartIsBoughtAboveTheReturnWhereTheGridSaysSo) {
  // 2 % above 1000 is 1020, which is not above it; at 1021 it is. The third by the mean of both, (1000 + 1021) / 2:
  // 1030.71 is 2 % above it.
  const auto result = run(rows({1000, 1020, 1021, 1030, 1031, 1031}),
                          "[buy]\nparts = 3\nby_signal = false\nabove = 2\nmoved_from = \"return\"", "3");
  EXPECT_EQ(traded(result), (Traded{{1, 1000}, {1, 1021}, {1, 1031}}));
}

TEST(GridOrders, LaterPartsAreSizedByTheFirstPriceOrByTheirOwn) {
  // 20,000 at 1000 are 20 lots, of which 10 are the first half. At 800 they are 25: 13 and 12.
  const std::string grid = "[account]\nbet = 20000\n[buy]\nparts = 2\nby_signal = false\nbelow = 10\n";
  EXPECT_EQ(traded(run(rows({1000, 800, 800}), grid)), (Traded{{10, 1000}, {12, 800}}));
  EXPECT_EQ(traded(run(rows({1000, 800, 800}), grid + "at_first_price = true")), (Traded{{10, 1000}, {10, 800}}));
}

TEST(GridOrders, ABetIsWeighedByTheBandOfTheDaysHighOverItsLow) {
  // 1000, then 1100: 10 %. From 5 % on half of it.
  const auto result = run(rows({1000, 1100, 1100}),
                          "[account]\nbet = 22000\n[buy.weight]\nby = \"high_low\"\nthresholds = [5, 20, 30, 40]\n"
                          "factors = [1, 0.5, 0, 0, 0]",
                          "1", "if 현재가 < 1100:\n    매수 = False");
  EXPECT_EQ(traded(result), (Traded{{10, 1100}}));
}

TEST(GridOrders, ABetOfAContractIsAsManyTimesAsLargeAsTheLeverage) {
  Tape tape = rows({1000, 1000});
  tape.instrument().kind = ContractKind::Linear;
  const auto result = run(tape, "[account]\nbet = 10000\n[futures]\nleverage = 3");
  EXPECT_EQ(traded(result), (Traded{{30, 1000}}));
  EXPECT_TRUE(says(run(rows({1000, 1000}), "[account]\nbet = 10000\n[futures]\nleverage = 3"),
                   "[futures] is not for it: it is no contract"));
}

TEST(GridOrders, AForcedExitIsOfTheReturnTimesTheLeverage) {
  // 10 x -9 % is -90 %, which is not below it: 910 stays, 909 goes.
  Tape tape = rows({1000, 910, 909, 909});
  tape.instrument().kind = ContractKind::Linear;
  const auto result =
      run(tape, "[account]\nbet = 1000\n[buy]\ntrades_a_day = 1\n[futures]\nleverage = 10\nforced_exit = 90");
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 1000, 908, 10, "forced exit -90 %"}}));
}

TEST(GridOrders, AStopCountsWhatIsHeldStillAndNotWhatWasSold) {
  // Two of 1000; one sold above 1 %. What is left of it, one: -5 is at 995.
  const auto result =
      run(rows({1000, 1011, 996, 995, 995}),
          "[sell]\nparts = 2\nby_signal = false\nabove = 1\n[stop]\nmoney = 5\n[buy]\ntrades_a_day = 1", "2");
  EXPECT_EQ(traded(result), (Traded{{2, 1000}, {-1, 1010}, {-1, 994}}));
}

TEST(GridOrders, APartToSellIsNeverLessThanALot) {
  // Three lots rising in five would be 1/31, 2/31, … of them: one each time, until there is none.
  const auto result =
      run(rows({1000, 1000, 1000, 1000, 1000}), "[sell]\nparts = 5\nshares = \"rising\"\n[buy]\ntrades_a_day = 1", "3",
          "pass", "매도 = True");
  EXPECT_EQ(traded(result), (Traded{{3, 1000}, {-1, 999}, {-1, 999}, {-1, 999}}));
}

const std::string kOnlyAt1000 = "if 현재가 != 1000:\n    매수 = False";
constexpr std::string_view kRests = "[buy]\ntype = \"limit\"\nticks = -2\n";

TEST(GridOrders, ASignalToSellTakesBackABuyThatWaitsOnlyWhereTheGridSaysSo) {
  const std::string sell = "if 보유수량 == 0 and 현재가 >= 1002:\n    매도 = True";
  const auto tape = rows({1000, 1001, 1002, 1002});
  const std::string grid{kRests};
  EXPECT_TRUE(
      says(run(tape, grid + "cancel_on_signal = true", "1", kOnlyAt1000, sell), "buy canceled: a signal to sell"));
  EXPECT_FALSE(says(run(tape, grid, "1", kOnlyAt1000, sell), "canceled"));
}

TEST(GridOrders, ASignalToBuyTakesBackASaleThatWaitsOnlyWhereTheGridSaysSo) {
  const std::string buy = "if 현재가 not in (1000, 1003):\n    매수 = False",
                    sell = "if 현재가 == 1001:\n    매도 = True";
  const auto tape = rows({1000, 1001, 1003, 1003});
  const std::string grid = "[sell]\ntype = \"limit\"\nticks = 5\n";
  EXPECT_TRUE(says(run(tape, grid + "cancel_on_signal = true", "1", buy, sell), "sell canceled: a signal to buy"));
  EXPECT_FALSE(says(run(tape, grid, "1", buy, sell), "canceled"));
}

TEST(GridOrders, WhatIsHeldIsSoldThoughAnotherPartWaitsToBeBought) {
  // A part rests one below the market: the first fills at 999 as the market falls to 998, the second rests at 997.
  const auto result = run(rows({1000, 998, 998, 1005, 1005, 1005}),
                          "[buy]\ntype = \"limit\"\nprice = \"bid1\"\nparts = 2\ntrades_a_day = 1", "2",
                          "if 현재가 > 1000:\n    매수 = False", "if 현재가 > 1000:\n    매도 = True");
  EXPECT_TRUE(says(result, "buy canceled: what is held is to be sold"));
  EXPECT_EQ(traded(result), (Traded{{1, 999}, {-1, 1004}}));
}

TEST(GridOrders, AStopInPartsActsThoughABuyWaits) {
  // Held at 999; at 980 it is more than 1 % below, and the second part waits at 970.
  const auto result = run(rows({1000, 998, 998, 980, 980}),
                          "[buy]\ntype = \"limit\"\nprice = \"bid1\"\nticks = 0\nparts = 2\ntrades_a_day = 1\n"
                          "cancel_after = \"60s\"\n[sell]\nbelow = 1",
                          "2", "if 현재가 < 998:\n    매수 = False");
  ASSERT_FALSE(result.fills.empty());
  EXPECT_EQ(result.positions[0].value, 0);
}

// --- the watch list ------------------------------------------------------------------------------------------------

const std::string kUnwatched = std::string{kRests} + "cancel_unwatched = true\n";

TEST(GridOrders, ABuyThatWaitsIsTakenBackAsItsInstrumentLeavesTheWatchListOnlyWhereTheGridSaysSo) {
  // It waits at 998. Its instrument leaves between two rows, and the market falls to it before the next.
  Tape tape = rows({1000, 1000, 997, 997});
  tape.watch(0, true);
  tape.watch(3 * kSecond / 2, false);
  const auto taken_back = run(tape, kUnwatched, "1", kOnlyAt1000);
  EXPECT_TRUE(says(taken_back, "buy canceled: it left the watch list"));
  EXPECT_EQ(traded(taken_back), Traded{});
  EXPECT_EQ(traded(run(tape, std::string{kRests}, "1", kOnlyAt1000)), (Traded{{1, 998}}));
}

TEST(GridOrders, ABuyThatTheVenueHasNotAcceptedYetIsTakenBackOnceItHas) {
  // Sent at 0.2 s, accepted at 0.4 s, which is known at 0.6 s: its instrument has left by then.
  Tape tape = rows({1000, 997, 997});
  tape.models.latency = {.entry = kSecond / 5, .response = kSecond / 5};
  tape.watch(0, true);
  tape.watch(3 * kSecond / 10, false);
  const auto taken_back = run(tape, kUnwatched, "1", kOnlyAt1000);
  EXPECT_TRUE(says(taken_back, "buy canceled: it left the watch list"));
  EXPECT_EQ(traded(taken_back), Traded{});
  EXPECT_EQ(traded(run(tape, std::string{kRests}, "1", kOnlyAt1000)), (Traded{{1, 998}}));
}

TEST(GridOrders, ABuyThatIsBeingAmendedIsNotSentAnewOnceItsInstrumentHasLeft) {
  // The cancel of the old one is under way from 1.2 s to 1.6 s.
  Tape tape = rows({1000, 1005, 1005});
  tape.models.latency = {.entry = kSecond / 5, .response = kSecond / 5};
  tape.watch(0, true);
  const std::string grid = kUnwatched + "amend_times = 1\namend_beyond = 3\n";
  EXPECT_TRUE(says(run(tape, grid, "1", kOnlyAt1000), "buy amended, 1 of 1"));
  tape.watch(3 * kSecond / 2, false);
  EXPECT_FALSE(says(run(tape, grid, "1", kOnlyAt1000), "amended"));
}

TEST(GridOrders, ASaleThatWaitsIsTakenBackAsItsInstrumentComesOntoTheWatchListOnlyWhereTheGridSaysSo) {
  // It waits at 1006. Its instrument leaves, which is nothing to a sale, and is back before the market rises to it.
  const std::string grid = "[sell]\ntype = \"limit\"\nticks = 5\n", sell = "if 현재가 == 1001:\n    매도 = True";
  Tape tape = rows({1000, 1001, 1002, 1007, 1007});
  tape.watch(0, true);
  tape.watch(3 * kSecond / 2, false);
  tape.watch(5 * kSecond / 2, true);
  const auto taken_back = run(tape, grid + "cancel_watched = true", "1", kOnlyAt1000, sell);
  EXPECT_TRUE(says(taken_back, "sell canceled: it came onto the watch list"));
  EXPECT_EQ(traded(taken_back), (Traded{{1, 1000}}));
  EXPECT_EQ(traded(run(tape, grid, "1", kOnlyAt1000, sell)), (Traded{{1, 1000}, {-1, 1006}}));
}

// As a session that goes on is told it first: nobody says that it was not there all the time.
TEST(GridOrders, WhoIsFirstToldToBeOnTheWatchListHasNotComeOntoIt) {
  Tape tape = rows({1000, 1001, 1007, 1007});
  tape.watch(3 * kSecond / 2, true);
  const auto result = run(tape, "[sell]\ntype = \"limit\"\nticks = 5\ncancel_watched = true", "1", kOnlyAt1000,
                          "if 현재가 == 1001:\n    매도 = True");
  EXPECT_EQ(traded(result), (Traded{{1, 1000}, {-1, 1006}}));
}

TEST(GridOrders, WhoIsFirstToldNotToBeOnTheWatchListHasLeftIt) {
  Tape tape = rows({1000, 1000, 997, 997});
  tape.watch(3 * kSecond / 2, false);
  EXPECT_EQ(traded(run(tape, kUnwatched, "1", kOnlyAt1000)), Traded{});
}

TEST(GridOrders, SoManyTradesOrLosingTradesOfADayAndNoMore) {
  // Sold at once, one lower: each trade loses.
  const auto tape = rows(std::vector<std::int64_t>(12, 1000));
  EXPECT_EQ(round_trips(run(tape, "[buy]\ntrades_a_day = 2", "1", "pass", "매도 = True")).size(), 2u);
  const auto losses = run(tape, "[buy]\nlosses_a_day = 1", "1", "pass", "매도 = True");
  EXPECT_EQ(round_trips(losses).size(), 1u);
  EXPECT_TRUE(says(losses, "no entry: losing trades of the day are done"));
}

TEST(GridOrders, NothingIsSoldThatIsForbidden) {
  const auto sold = [](const std::string& grid, std::int64_t price = 1000) {
    Tape tape = rows(std::vector<std::int64_t>(6, price));
    tape.instrument().ladder = {{{0}, {1}}, {{1000}, {1}}};
    const auto result = run(tape, grid, "1", "pass", "매도 = True");
    UnixNanos at = 0;
    for (const Fill& fill : result.fills)
      if (fill.side == Side::Sell && at == 0) at = fill.time / kSecond;
    return at;
  };
  EXPECT_EQ(sold("[sell]\nafter_trade = \"3s\""), 3) << "three seconds after the purchase";
  EXPECT_EQ(sold("[sell]\nnot_between = [\"000000-000004\"]"), 4);
  EXPECT_EQ(sold("[sell]\nround_figure_ticks = 3", 997), 0) << "within three ticks below 1000";
  EXPECT_EQ(sold("[sell]\nround_figure_ticks = 3", 996), 1);
  EXPECT_EQ(sold("[buy]\nparts = 2\nby_signal = false\nbelow = 5\n[sell]\nafter_parts = 2"), 0);
}

TEST(GridOrders, NothingIsBoughtJustAboveARoundFigure) {
  const auto bought = [](std::int64_t price) {
    Tape tape = rows({price, price});
    tape.instrument().ladder = {{{0}, {1}}, {{1000}, {1}}};
    return !run(tape, "[buy]\nround_figure_ticks = 5").fills.empty();
  };
  EXPECT_TRUE(bought(999));
  EXPECT_FALSE(bought(1000));
  EXPECT_FALSE(bought(1005));
  EXPECT_TRUE(bought(1006));
}

TEST(GridOrders, AnEntryThatWaitsIsAHolding) {
  Tape tape{2};
  tape.cash = {static_cast<Int128>(1'000'000) * power_of_ten(kMoneyDecimals)};
  for (int row = 0; row < 3; ++row)
    for (InstrumentIndex i = 0; i < 2; ++i) {
      tape.trade(row * kSecond + kSecond / 10, Side::Buy, 1000, 1, i);
      tape.book(row * kSecond + kSecond / 5 + i, {{999, 1000}, {998, 1000}, {997, 1000}, {996, 1000}, {995, 1000}},
                {{1000, 1000}}, i);
    }
  const auto result = run(tape, std::string{kRests} + "[account]\nmax_holdings = 1");
  EXPECT_TRUE(says(result, "test:B no entry: as many holdings as there may be"));
  EXPECT_FALSE(says(result, "test:A no entry"));
}

TEST(GridOrders, WhatIsNotFilledAtOnceIsGivenBack) {
  const auto result = run(rows({1000, 1000, 990}), "[buy]\ntype = \"limit\"\nprice = \"bid1\"\ntime_in_force = \"ioc\"",
                          "1", kOnlyAt1000);
  EXPECT_TRUE(result.fills.empty()) << "it would have filled at 990";
}

TEST(GridOrders, TheProfitOfADayEndsItToo) {
  // 500 lots at 1000 of 1,000,000: 1 % is 10,000, that is 20 a lot.
  const auto result = run(rows({1000, 1019, 1020, 1020, 1020}), "[account]\nday_profit = 1", "500");
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 1000, 1019, 500, "day's profit 1 %"}}));
  EXPECT_TRUE(says(result, "no entry: stopped for the day"));
}

TEST(GridOrders, AnAmendedOrderThatTheCashDoesNotCoverIsNotSent) {
  // 1,000,000: 1002 lots rest at 998, which costs 999,996; amended to 1010 they would cost more than there is.
  const auto result =
      run(rows({1000, 1010, 1010}), std::string{kRests} + "amend_times = 1\namend_beyond = 3\n[account]\nbet = 1000000",
          "1", kOnlyAt1000);
  EXPECT_TRUE(says(result, "no entry: too little cash"));
  EXPECT_FALSE(says(result, "amended"));
}

TEST(GridOrders, AShortIsTheMirrorImage) {
  // Sold short at the bid, 999. 3 % of 999 is 29.97: at 1028 the loss is 29, at 1029 30.
  Tape tape = rows({1000, 1028, 1029, 1029});
  tape.instrument().kind = ContractKind::Linear;
  const auto result = run(tape, "[stop]\npercent = 3\n[buy]\ntrades_a_day = 1", "10", "BUY_LONG = False",
                          "SELL_LONG = False\nBUY_SHORT = False");
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Sell, 999, 1029, 10, "stop -3 %"}}));
}

TEST(GridOrders, WithAnEmptyGridATextTradesAsWithoutOne) {
  const auto tape = rows({1000, 1002, 1001, 1005, 1003, 1004, 1001});
  const std::string buy = "if 현재가 < 1001:\n    매수 = False", sell = "if 보유시간 >= 2:\n    매도 = True";
  const auto with = run(tape, "", "3", buy, sell);
  EXPECT_EQ(traded(with), traded(run(tape, "[buy]\nparts = 1", "3", buy, sell)));
  EXPECT_FALSE(with.fills.empty());
}

// --- in many orders ------------------------------------------------------------------------------------------------

constexpr const char* kTwap = "[buy.execution]\nkind = \"twap\"\nover = \"3s\"\nslices = 3\n";

TEST(GridOrders, APartIsBoughtInAsManyOrdersAsItsExecutionSays) {
  const auto result = run(rows({1000, 1000, 1000, 1000, 1000, 1000}), kTwap, "5");
  EXPECT_EQ(traded(result), (Traded{{2, 1000}, {2, 1000}, {1, 1000}}));
  ASSERT_EQ(result.fills.size(), 3u);
  EXPECT_EQ(result.fills[1].time - result.fills[0].time, kSecond);
  EXPECT_EQ(result.fills[2].time - result.fills[1].time, kSecond);
  EXPECT_TRUE(says(result, "execution: test:A bought 5 of 5 in 3 orders at 1000 on average: all of it"));
}

TEST(GridOrders, TheOrdersOfAnExecutionAreOnePart) {
  // 6 lots in two parts of 3, each in 3 orders; 989 is more than 1 % below the last buy's 1000.
  const auto result = run(rows({1000, 1000, 1000, 1000, 989, 989, 989, 989, 970, 970, 970, 970}),
                          std::string{"[buy]\nparts = 2\nby_signal = false\nbelow = 1\n"} + kTwap, "6");
  EXPECT_EQ(traded(result), (Traded{{1, 1000}, {1, 1000}, {1, 1000}, {1, 989}, {1, 989}, {1, 989}}));
}

TEST(GridOrders, AStopEndsAnExecutionAndTakesAllThatIsHeldAtMarket) {
  const auto result = run(rows({1000, 1000, 1000, 960, 960, 960, 960}),
                          "[buy]\ntrades_a_day = 1\n[stop]\npercent = 3\n[buy.execution]\nkind = \"twap\"\n"
                          "over = \"10s\"\nslices = 10",
                          "10");
  EXPECT_TRUE(says(result, "buy stopped: stop -3 %"));
  ASSERT_FALSE(result.fills.empty());
  EXPECT_EQ(result.fills.back().side, Side::Sell);
  EXPECT_EQ(result.fills.back().price.value, 959);
  EXPECT_EQ(result.positions[0].value, 0) << "all of it, and nothing more was bought";
  std::int64_t sold = 0;
  for (const Fill& fill : result.fills) sold += fill.side == Side::Sell ? fill.quantity.value : 0;
  EXPECT_EQ(sold, result.fills.back().quantity.value) << "in one order";
}

TEST(GridOrders, ASaleByPriceEndsABuyThatIsBeingCarriedOut) {
  // Up 2 % while it is being bought: what is there is sold, and the buy does not go on.
  const auto result = run(rows({1000, 1000, 1000, 1030, 1030, 1030, 1030, 1030}),
                          "[buy]\ntrades_a_day = 1\n[sell]\nabove = 2\n[buy.execution]\nkind = \"twap\"\n"
                          "over = \"10s\"\nslices = 10",
                          "10");
  EXPECT_TRUE(says(result, "buy stopped: what is held is to be sold"));
  EXPECT_EQ(result.positions[0].value, 0);
  EXPECT_EQ(result.fills.back().side, Side::Sell);
}

TEST(GridOrders, TheGridsTimeEndsAnExecutionThatStillWaits) {
  const auto result =
      run(rows({1000, 1000, 1000, 1000, 1000}), "[buy]\ncancel_after = \"2s\"\n[buy.execution]\nkind = \"chase\"");
  EXPECT_TRUE(says(result, "buy stopped: after 2s"));
  EXPECT_TRUE(says(result, "bought 0 of 1 in 1 orders: stopped, the rest is left"));
  EXPECT_TRUE(result.fills.empty());
}

TEST(GridOrders, AnExitIsCarriedOutInManyOrdersWithTheReasonOfTheSale) {
  const auto result = run(rows({1000, 1000, 1000, 1000, 1000, 1000, 1000}),
                          "[buy]\ntrades_a_day = 1\n[sell.execution]\nkind = \"twap\"\nover = \"3s\"\nslices = 3", "3",
                          "pass", "if 보유시간 >= 1:\n    매도 = True");
  EXPECT_EQ(traded(result), (Traded{{3, 1000}, {-1, 999}, {-1, 999}, {-1, 999}}));
  for (const RoundTrip& trip : round_trips(result)) EXPECT_EQ(trip.reason, "line 2");
}

TEST(GridOrders, TheLimitOfAPartIsThatOfEachOfItsOrders) {
  // Bought at no more than two ticks above the last price of the signal: at 1003 it waits, at 1001 it goes on.
  const auto result =
      run(rows({1000, 1003, 1001, 1001, 1001}), std::string{"[buy]\ntype = \"limit\"\nticks = 2\n"} + kTwap, "3");
  EXPECT_EQ(result.positions[0].value, 3);
  for (const Fill& fill : result.fills) EXPECT_LE(fill.price.value, 1002);
}

// --- over a restart -----------------------------------------------------------------------------------------------

/// Wants to buy at each row, and leaves all else to the grid.
class ByTheGrid final : public Strategy {
 public:
  struct Seen {
    std::map<UnixNanos, orders::AccountState> before;                      // each row
    std::map<UnixNanos, KeptWords> kept;                                   // the same
    std::vector<std::tuple<UnixNanos, std::int64_t, std::int64_t>> fills;  // when, how much, at what price
  };
  ByTheGrid(const OrderGrid& grid, Seen& seen)
      : grid_{grid, [](const Context&, InstrumentIndex, Price) { return Quantity{6}; }}, seen_{seen} {}
  void on_start(Context& context) override {
    context.subscribe_book(0);
    grid_.on_start(context);
  }
  void on_book(Context& context, InstrumentIndex index) override {
    seen_.before.try_emplace(context.now(), static_cast<Run&>(context).state());
    seen_.kept.try_emplace(context.now(), static_cast<Run&>(context).keeps());
    const GridRow row = grid_row(context, index, context.now(), context.book(index).best_ask);
    if (grid_.on_row(context, row)) grid_.enter(context, row, Side::Buy);
  }
  void on_order(Context& context, const OrderEvent& event) override {
    if (event.kind == OrderEventKind::Filled)
      seen_.fills.emplace_back(event.time, sign_of(event.side) * event.quantity.value, event.price.value);
    grid_.on_order(context, event);
  }
  void on_timer(Context& context) override { grid_.on_timer(context); }

 private:
  GridOrders grid_;
  Seen& seen_;
};

// Parts, their prices, trades of the day and the times of the last ones: all of it comes of the fills of before, which
// it is told as it starts and nobody keeps for it.
TEST(GridOrders, ASessionThatGoesOnAtAnyRowTradesAsTheOneThatNeverStopped) {
  const OrderGrid grid = read_order_grid(
                             "[buy]\nparts = 3\nby_signal = false\nbelow = 0.5\nafter_trade = \"2s\"\n"
                             "after_loss = \"5s\"\ntrades_a_day = 12\n[sell]\nparts = 2\nabove = 0.5\n"
                             "[stop]\npercent = 2")
                             .value();
  std::size_t fills = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Random random{seed};
    std::vector<std::int64_t> prices;
    std::int64_t price = 1'000;
    for (int i = 0; i < 90; ++i) prices.push_back(price += static_cast<std::int64_t>(random.below(17)) - 8);
    ByTheGrid::Seen whole;
    rows(prices).run(std::make_unique<ByTheGrid>(grid, whole));
    ASSERT_EQ(whole.before.size(), prices.size());
    fills += whole.fills.size();
    std::ptrdiff_t row = 0;
    for (const auto& [time, state] : whole.before) {
      ByTheGrid::Seen rest;
      const std::vector<std::int64_t> to_come{prices.begin() + row, prices.end()};
      rows(to_come, 1000, row * kSecond).run(std::make_unique<ByTheGrid>(grid, rest), "goes on", state);
      auto expected = whole.fills;
      std::erase_if(expected, [&](const auto& fill) { return std::get<0>(fill) < time; });
      ASSERT_EQ(rest.fills, expected) << "seed " << seed << ", row " << row;
      ++row;
    }
  }
  EXPECT_GT(fills, 20u);
}

// Two parts of 3 lots, each in orders of one, the second below 990: whenever it goes on, the second is bought, and
// nothing beyond.
TEST(GridOrders, ASessionThatGoesOnInAnExecutionBuysAllOfEachPartAndNoMore) {
  const OrderGrid grid =
      read_order_grid("[buy]\nparts = 2\nby_signal = false\nbelow = 1\n" + std::string{kTwap}).value();
  const std::vector<std::int64_t> prices{1000, 1000, 1000, 1000, 1000, 985, 985, 985, 985, 985, 985, 985, 985};
  ByTheGrid::Seen whole;
  EXPECT_EQ(rows(prices).run(std::make_unique<ByTheGrid>(grid, whole)).positions[0].value, 6);
  ASSERT_EQ(whole.before.size(), prices.size());
  std::ptrdiff_t row = 0;
  std::size_t tried = 0, carried_on = 0;
  for (const auto& [time, state] : whole.before) {
    const std::vector<std::int64_t> to_come{prices.begin() + row, prices.end()};
    if (state.orders().empty() && row < 6) {  // behind that too few rows are left
      ByTheGrid::Seen rest;
      const auto result = rows(to_come, 1000, row * kSecond)
                              .run(std::make_unique<ByTheGrid>(grid, rest), "goes on", state, {}, whole.kept.at(time));
      EXPECT_EQ(result.positions[0].value, 6) << "row " << row;
      carried_on += says(result, "the execution of before goes on") ? 1 : 0;
      ++tried;
    }
    ++row;
  }
  EXPECT_GE(tried, 4U);
  EXPECT_GE(carried_on, 2U);
}

TEST(GridOrders, AnExecutionGoesOnWithTheOrderThatWaits) {
  const OrderGrid grid = read_order_grid("[buy.execution]\nkind = \"chase\"").value();
  ByTheGrid::Seen whole, rest;
  rows({1000, 1000, 1000}).run(std::make_unique<ByTheGrid>(grid, whole));
  const auto& [time, state] = *whole.before.rbegin();
  ASSERT_EQ(state.orders().size(), 1U) << "it waits at the best bid";
  const auto result = rows({1000, 1000}, 1000, 2 * kSecond)
                          .run(std::make_unique<ByTheGrid>(grid, rest), "goes on", state, {}, whole.kept.at(time));
  EXPECT_TRUE(says(result, "the execution of before goes on: 0 of 6 is done"));
  EXPECT_TRUE(says(result, "no entry: an order is under way"));
  EXPECT_FALSE(says(result, "canceled"));
  EXPECT_TRUE(rest.fills.empty());
}

TEST(GridOrders, AnExecutionEndsWhenItWouldHaveThoughNobodyRanThen) {
  // What was to be bought at its end is not bought at the price of a minute later.
  const OrderGrid grid = read_order_grid(std::string{kTwap} + "rest = \"market\"").value();
  ByTheGrid::Seen whole, rest;
  rows({1000, 1000, 1000}).run(std::make_unique<ByTheGrid>(grid, whole));
  const auto& [time, state] = *whole.before.rbegin();
  ASSERT_TRUE(state.orders().empty());
  ASSERT_EQ(state.fills().size(), 2U);
  const auto result = rows({1100, 1100, 1100}, 1000, kMinute)
                          .run(std::make_unique<ByTheGrid>(grid, rest), "goes on", state, {}, whole.kept.at(time));
  EXPECT_TRUE(says(result, "bought 4 of 6 in 0 orders: its time is over, the rest is left"));
  EXPECT_TRUE(rest.fills.empty()) << "one part, and it is done";
}

TEST(GridOrders, AnExecutionOfAnEarlierProcessOfWhichNothingIsKeptIsNotCarriedOnAndItsOrderIsTakenBack) {
  const OrderGrid grid = read_order_grid("[buy.execution]\nkind = \"chase\"").value();
  ByTheGrid::Seen whole, rest;
  rows({1000, 1000, 1000}).run(std::make_unique<ByTheGrid>(grid, whole));
  ASSERT_EQ(whole.before.size(), 3u);
  const orders::AccountState& state = whole.before.rbegin()->second;
  ASSERT_EQ(state.orders().size(), 1u) << "it waits at the best bid";
  const auto result =
      rows({1000, 1000}, 1000, 2 * kSecond).run(std::make_unique<ByTheGrid>(grid, rest), "goes on", state);
  EXPECT_TRUE(says(result, "buy canceled: its execution ended with the process before"));
  ByTheGrid::Seen beside;
  const auto of_a_person =
      rows({1000, 1000}, 1000, 2 * kSecond)
          .run(std::make_unique<ByTheGrid>(grid, beside), "goes on", state, {state.orders()[0].id});
  EXPECT_FALSE(says(of_a_person, "buy canceled")) << "it was no execution's";
}

// --- a person's orders ---------------------------------------------------------------------------------------------

TEST(GridOrders, AnOrderThatAPersonTookOverIsNotInItsWayAndIsNotTakenBack) {
  const OrderGrid waits = read_order_grid("[buy]\ntype = \"limit\"\nticks = -2").value();
  const OrderGrid takes = read_order_grid("[buy]\ncancel_after = \"1s\"\n[account]\nmax_holdings = 1").value();
  ByTheGrid::Seen whole;
  rows({1000, 1000}).run(std::make_unique<ByTheGrid>(waits, whole));
  const orders::AccountState& state = whole.before.rbegin()->second;
  ASSERT_EQ(state.orders().size(), 1U);
  const Tape tape = rows({1000, 1000, 1000}, 1000, 2 * kSecond);
  ByTheGrid::Seen own, beside;
  const auto of_its_own = tape.run(std::make_unique<ByTheGrid>(takes, own), "goes on", state);
  EXPECT_TRUE(says(of_its_own, "buy canceled: after 1s"));
  EXPECT_TRUE(own.fills.empty());
  const auto of_a_person =
      tape.run(std::make_unique<ByTheGrid>(takes, beside), "goes on", state, {state.orders()[0].id});
  EXPECT_FALSE(says(of_a_person, "canceled"));
  EXPECT_FALSE(says(of_a_person, "an order is under way"));
  EXPECT_FALSE(says(of_a_person, "as many holdings")) << "what a person waits for is no holding of the grid's";
  EXPECT_EQ(beside.fills.size(), 1U);
}

TEST(GridOrders, WhatAPersonBoughtIsHeldAndIsNoPart) {
  // 6 lots in three parts of 2, each more than 1 % below the last; of the first two one may be a person's.
  const OrderGrid grid = read_order_grid("[buy]\nparts = 3\nby_signal = false\nbelow = 1").value();
  ByTheGrid::Seen whole, own, beside;
  rows({1000, 980, 975}).run(std::make_unique<ByTheGrid>(grid, whole));
  const orders::AccountState& state = whole.before.rbegin()->second;
  ASSERT_EQ(state.fills().size(), 2U);
  const Tape tape = rows({960, 940, 920, 900}, 1000, 3 * kSecond);
  tape.run(std::make_unique<ByTheGrid>(grid, own), "goes on", state);
  EXPECT_EQ(own.fills.size(), 1U);
  const auto of_a_person =
      tape.run(std::make_unique<ByTheGrid>(grid, beside), "goes on", state, {state.fills()[1].order});
  EXPECT_EQ(beside.fills.size(), 2U);
  EXPECT_EQ(of_a_person.positions[0].value, 8);
}

/// Six are held, and of them so many parts of two or one wait for a buyer above.
orders::AccountState with_a_sale(std::string_view parts) {
  const OrderGrid grid =
      read_order_grid("[sell]\ntype = \"limit\"\nticks = 5\nabove = 0.1\nparts = " + std::string{parts}).value();
  ByTheGrid::Seen seen;
  rows({1000, 1000, 1020, 1020}).run(std::make_unique<ByTheGrid>(grid, seen));
  return seen.before.rbegin()->second;
}

TEST(GridOrders, AStopSellsWhatAPersonsSaleDoesNotKeep) {
  const OrderGrid grid = read_order_grid("[stop]\npercent = 1").value();
  const orders::AccountState state = with_a_sale("2");
  ASSERT_EQ(state.orders().size(), 1U);
  ASSERT_EQ(state.orders()[0].leaves.value, 3);
  const Tape tape = rows({980, 980, 980}, 1000, 4 * kSecond);
  ByTheGrid::Seen own, beside;
  EXPECT_TRUE(says(tape.run(std::make_unique<ByTheGrid>(grid, own), "goes on", state), "sell canceled: stop -1 %"))
      << "its own is taken back first";
  const auto of_a_person =
      tape.run(std::make_unique<ByTheGrid>(grid, beside), "goes on", state, {state.orders()[0].id});
  ASSERT_EQ(beside.fills.size(), 1U);
  EXPECT_EQ(std::get<1>(beside.fills[0]), -3);
  EXPECT_EQ(of_a_person.positions[0].value, 3) << "his";
  EXPECT_TRUE(says(of_a_person, "a person's sale keeps 3 of 6: 3 is sold"));
  EXPECT_TRUE(says(of_a_person, "no exit: a person's sale keeps all that is held"));
  EXPECT_FALSE(says(of_a_person, "canceled"));
}

TEST(GridOrders, NothingIsSoldThatAPersonsSaleKeeps) {
  const orders::AccountState state = with_a_sale("1");
  ASSERT_EQ(state.orders().size(), 1U);
  ASSERT_EQ(state.orders()[0].leaves.value, 6);
  const Tape tape = rows({980, 980, 980}, 1000, 4 * kSecond);
  for (const char* text : {"[stop]\npercent = 1", "[sell]\nbelow = 1"}) {
    ByTheGrid::Seen beside;
    const auto result = tape.run(std::make_unique<ByTheGrid>(read_order_grid(text).value(), beside), "goes on", state,
                                 {state.orders()[0].id});
    EXPECT_TRUE(beside.fills.empty()) << text;
    EXPECT_TRUE(says(result, "no exit: a person's sale keeps all that is held")) << text;
  }
}

TEST(GridOrders, APartThatIsNotKeptIsSoldAsItIs) {
  // Of six a person has three for sale: a part of two is free, one of three is, too, and of all six only three are.
  const orders::AccountState state = with_a_sale("2");
  const Tape tape = rows({980, 980}, 1000, 4 * kSecond);
  const auto sold = [&](const std::string& text) {
    ByTheGrid::Seen beside;
    tape.run(std::make_unique<ByTheGrid>(read_order_grid(text).value(), beside), "goes on", state,
             {state.orders()[0].id});
    return beside.fills.empty() ? 0 : -std::get<1>(beside.fills[0]);
  };
  EXPECT_EQ(sold("[sell]\nbelow = 1\nparts = 3"), 2);
  EXPECT_EQ(sold("[sell]\nbelow = 1\nparts = 2"), 3);
  EXPECT_EQ(sold("[sell]\nbelow = 1"), 3);
}

// Held by what the session knows, and closed by hand at the venue meanwhile: whatever was to close it would open a
// short.
TEST(GridOrders, AnExitOfAContractOpensNothingWhereItIsClosedAtTheVenueAlready) {
  const auto contract = [](Tape tape) {
    tape.instrument().kind = ContractKind::Linear;
    return tape;
  };
  ByTheGrid::Seen whole;
  contract(rows({1000, 1000})).run(std::make_unique<ByTheGrid>(read_order_grid("").value(), whole));
  const orders::AccountState& state = whole.before.rbegin()->second;
  ASSERT_EQ(state.fills().size(), 1U);
  const Tape tape = rows({960, 960, 960}, 1000, 2 * kSecond);
  for (const char* text :
       {"[stop]\npercent = 3", "[sell]\nbelow = 3", "[sell]\ntype = \"limit\"\nticks = -1\nbelow = 3"}) {
    const OrderGrid grid = read_order_grid(text).value();
    ByTheGrid::Seen closed, spot;
    const auto result = contract(tape).run(std::make_unique<ByTheGrid>(grid, closed), "goes on", state);
    EXPECT_TRUE(closed.fills.empty()) << text;
    EXPECT_EQ(result.positions[0].value, 6) << "until the venue's word of it is heard";
    tape.run(std::make_unique<ByTheGrid>(grid, spot), "goes on", state);
    ASSERT_FALSE(spot.fills.empty()) << text << ": spot venues know no such orders";
    EXPECT_EQ(std::get<1>(spot.fills[0]), -6);
  }
}

}  // namespace
}  // namespace stom::test::order_grid
