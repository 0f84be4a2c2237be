#include "research/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "research/counted.hpp"
#include "research/monte_carlo.hpp"
#include "research/trades.hpp"

namespace stom {
namespace {

constexpr UnixNanos kStart = start_of_day(19'723);  // 2024-01-01, a Monday
constexpr Int128 kOne = power_of_ten(kMoneyDecimals);

Money whole(std::int64_t n) { return {n * kOne}; }

/// One point a day from 2024-01-01, after a start with 1000.
RunResult daily(const std::vector<std::int64_t>& equity) {
  RunResult r;
  r.instruments.push_back({.id = "test:COIN", .price_decimals = 2, .quantity_decimals = 0});
  r.currency = "USDT";
  r.initial_equity = whole(1000);
  for (std::size_t i = 0; i < equity.size(); ++i)
    r.equity.push_back({kStart + static_cast<UnixNanos>(i) * kDay, whole(equity[i])});
  return r;
}

Trade trade(UnixNanos entry, UnixNanos exit, std::int64_t pnl, double change, const char* reason = "signal") {
  return {.entry_time = entry, .exit_time = exit, .pnl = whole(pnl), .return_on_entry = change, .exit_reason = reason};
}

TEST(Statistics, TheDeepestFallIsMeasuredFromTheHighBeforeItToTheDayItIsMadeGood) {
  const auto s = compute_statistics(daily({1000, 1200, 900, 1100, 1200, 1150, 1300}));
  EXPECT_DOUBLE_EQ(s.max_drawdown, -0.25);
  EXPECT_EQ(s.max_drawdown_start, kStart + 1 * kDay);
  EXPECT_EQ(s.max_drawdown_trough, kStart + 2 * kDay);
  EXPECT_EQ(s.max_drawdown_end, kStart + 4 * kDay);
  EXPECT_EQ(s.max_drawdown_length, 3 * 86'400);
  ASSERT_EQ(s.drawdowns.size(), 2u);
  EXPECT_TRUE(s.drawdowns[1].recovered);
  EXPECT_DOUBLE_EQ(s.total_return, 0.3);
}

TEST(Statistics, TheInitialCapitalIsAPeakToo) {
  const auto s = compute_statistics(daily({900, 950}));
  EXPECT_DOUBLE_EQ(s.max_drawdown, -0.1);
  EXPECT_FALSE(s.drawdowns.at(0).recovered);
  EXPECT_EQ(s.equity_peak, 1000);
}

TEST(Statistics, ARunOfOneHourIsNotBlownUpToAYear) {
  auto r = daily({1000, 1010});
  r.equity[1].time = kStart + kHour;
  const auto s = compute_statistics(r);
  EXPECT_DOUBLE_EQ(s.total_return, 0.01);
  EXPECT_TRUE(std::isnan(s.annual_return));
  EXPECT_TRUE(std::isnan(s.cagr));
  EXPECT_TRUE(std::isnan(s.sharpe_ratio));
}

TEST(Statistics, SixMinutesOverMidnightAreNoTwoDays) {
  auto r = daily({1000, 1010, 1005});
  for (std::size_t i = 0; i < 3; ++i) r.equity[i].time = kStart + kDay + (static_cast<int>(i) - 1) * 3 * kMinute;
  for (const auto& p : r.equity) r.benchmark.push_back({p.time, static_cast<double>(p.time % 7 + 1)});
  const auto s = compute_statistics(r);
  EXPECT_EQ(s.periods, 2) << "of two calendar days";
  for (const char* key : {"annual_return", "cagr", "annual_volatility", "downside_deviation", "sharpe_ratio",
                          "sortino_ratio", "calmar_ratio", "probabilistic_sharpe_ratio", "annual_turnover", "alpha",
                          "information_ratio", "tracking_error"})
    EXPECT_TRUE(std::isnan(figure(s, *metric_named(key)))) << key;
  EXPECT_DOUBLE_EQ(s.total_return, 0.005);
}

/// Ten days that win 50 a day; the warm-up is the first four, with a trade, and with one more held over its end.
RunResult warmed_up() {
  auto r = daily({1050, 1100, 800, 1200, 1250, 1300, 1200, 1350, 1450, 1500});
  r.from = kStart;
  r.trading_start = kStart + 4 * kDay;
  r.trading_start_equity = whole(1200);
  r.trades = {trade(kStart, kStart + kDay, 100, 0.1), trade(kStart + 3 * kDay, kStart + 5 * kDay, -70, -0.1),
              trade(kStart + 7 * kDay, kStart + 8 * kDay, 30, 0.03)};
  for (int day : {0, 1, 3, 5, 7, 8})
    r.fills.push_back({.time = kStart + day * kDay, .price = {10'000}, .quantity = {1}, .fee = whole(1)});
  return r;
}

TEST(Statistics, AWarmUpCountsForNothing) {
  const auto s = compute_statistics(warmed_up());
  EXPECT_EQ(s.start_time, kStart + 4 * kDay);
  EXPECT_EQ(s.duration, 5 * 86'400);
  EXPECT_EQ(s.equity_initial, 1200);
  EXPECT_EQ(s.net_profit, 300);
  EXPECT_DOUBLE_EQ(s.total_return, 0.25);
  EXPECT_EQ(s.periods, 6);
  EXPECT_DOUBLE_EQ(s.max_drawdown, 1200.0 / 1300 - 1) << "not the fall to 800 before";
  EXPECT_EQ(s.trades, 1) << "entered from then on";
  EXPECT_EQ(s.fills, 3);
  EXPECT_EQ(s.fees_paid, 3);
  EXPECT_EQ(s.traded_value, 300);
  EXPECT_DOUBLE_EQ(s.exposure_time, 0.4) << "of which the position held over its end was one day";
  EXPECT_EQ(s.by_weekday[0].trades, 1);
  EXPECT_EQ(trade_changes(warmed_up()), std::vector<double>{30.0 / 1200}) << "and in Monte Carlo";
}

TEST(Statistics, WithoutAWarmUpAllCounts) {
  auto r = warmed_up();
  r.trading_start_equity.reset();
  const auto s = compute_statistics(r);
  EXPECT_EQ(s.trades, 3);
  EXPECT_EQ(s.equity_initial, 1000);
  EXPECT_DOUBLE_EQ(s.max_drawdown, 800.0 / 1100 - 1);
}

// "Pessimistic" is a name of the queue model, not of what comes of it.
TEST(Statistics, TheBandIsTheLeastAndTheGreatestOfAllThreeCurves) {
  auto r = daily({1000, 1100, 900});
  r.pessimistic = daily({1010, 1050, 1000}).equity;
  r.optimistic = daily({1005, 1000, 950}).equity;
  const auto band = band_of(r);
  ASSERT_EQ(band.size(), 3u);
  EXPECT_EQ(band[0].least, whole(1000));
  EXPECT_EQ(band[0].greatest, whole(1010));
  EXPECT_EQ(band[1].greatest, whole(1100));
  EXPECT_EQ(band[2].least, whole(900));
  EXPECT_EQ(band[2].greatest, whole(1000));
  EXPECT_TRUE(band_of(daily({1000})).empty());
}

TEST(Statistics, AMarketWithWeekendsHas365DaysAYearAnyOther252) {
  EXPECT_EQ(compute_statistics(daily(std::vector<std::int64_t>(14, 1000))).periods_per_year, 365);
  auto weekdays = daily(std::vector<std::int64_t>(14, 1000));
  std::erase_if(weekdays.equity, [](const EquityPoint& p) { return weekday_of(day_of(p.time)) >= 5; });
  EXPECT_EQ(compute_statistics(weekdays).periods_per_year, 252);
}

TEST(Statistics, DailyFiguresTakeTheLastPointOfEachDayAndTheFirstDayCountsFromTheCapital) {
  auto r = daily({1100, 1100});
  r.equity.insert(r.equity.begin(), {kStart - kHour, whole(1)});  // an hour before: the day before
  r.equity.insert(r.equity.begin() + 1, {kStart, whole(5)});
  const auto p = periods_of(r, std::span{r.equity}.subspan(1), {});
  ASSERT_EQ(p.returns.size(), 2u);
  EXPECT_NEAR(p.returns[0], 0.1, 1e-15);
  EXPECT_DOUBLE_EQ(p.returns[1], 0);
}

TEST(Statistics, WinsAndLossesByHand) {
  auto r = daily({1000, 1100, 1060});
  r.trades = {trade(kStart, kStart + kDay, 60, 0.06), trade(kStart + kHour, kStart + kDay, 40, 0.04, "take_profit"),
              trade(kStart + kDay, kStart + 2 * kDay, -40, -0.04, "stop_loss")};
  const auto s = compute_statistics(r);
  EXPECT_EQ(s.trades, 3);
  EXPECT_DOUBLE_EQ(s.win_rate, 2.0 / 3);
  EXPECT_DOUBLE_EQ(s.profit_factor, 2.5);
  EXPECT_DOUBLE_EQ(s.payoff_ratio, 50.0 / 40);
  EXPECT_DOUBLE_EQ(s.kelly_criterion, 2.0 / 3 - (1.0 / 3) / 1.25);
  EXPECT_DOUBLE_EQ(s.expectancy_money, 20);
  EXPECT_NEAR(s.sqn, std::sqrt(3.0) * 20 / std::sqrt(2800), 1e-12);
  EXPECT_EQ(s.max_consecutive_wins, 2);
  EXPECT_DOUBLE_EQ(s.best_day_profit_share, 100.0 / 60);
  EXPECT_DOUBLE_EQ(s.exposure_time, 1);
  EXPECT_EQ(s.by_hour[1].trades, 1);
  EXPECT_EQ(s.by_weekday[0].pnl, 100);
  EXPECT_EQ(s.by_weekday[1].pnl, -40);
  ASSERT_EQ(s.by_exit_reason.size(), 3u);
  EXPECT_EQ(s.by_symbol.at(0).key, "test:COIN");
}

TEST(Statistics, AnOpenPositionIsExposureUntilTheEnd) {
  auto r = daily({1000, 1000, 1000});
  r.fills = {{.time = kStart + kDay, .price = {100}, .quantity = {1}}};
  derive_trades(r);
  EXPECT_DOUBLE_EQ(compute_statistics(r).exposure_time, 0.5);
}

TEST(Statistics, ARunThatIsItsBenchmarkHasBetaOneAndNoAlpha) {
  auto r = daily({1000, 1010, 990, 1020, 1000});
  for (const auto& p : r.equity) r.benchmark.push_back({p.time, to_double(p.equity.value, kMoneyDecimals) * 7});
  const auto s = compute_statistics(r);
  EXPECT_NEAR(s.beta, 1, 1e-12);
  EXPECT_NEAR(s.alpha, 0, 1e-9);
  EXPECT_NEAR(s.correlation, 1, 1e-12);
  EXPECT_NEAR(s.tracking_error, 0, 1e-12);
  EXPECT_NEAR(s.benchmark_return, 0, 1e-12);
}

TEST(Statistics, SwitchingTheConventionChangesOnlyTheConvention) {
  const auto r = daily({1000, 1010, 990, 1020, 1000});
  Conventions population;
  population.deviation = returns::Deviation::Population;
  const auto a = compute_statistics(r), b = compute_statistics(r, population);
  EXPECT_NEAR(a.annual_volatility / b.annual_volatility, std::sqrt(5.0 / 4), 1e-12);
  EXPECT_EQ(a.total_return, b.total_return);
}

TEST(Statistics, AnEmptyRunHasNoFiguresButIsStillWritten) {
  RunResult r;
  r.initial_equity = whole(1000);
  const auto s = compute_statistics(r);
  EXPECT_TRUE(std::isnan(s.total_return));
  EXPECT_NE(statistics_json(s).find("\"sharpe_ratio\": null"), std::string::npos);
}

TEST(Statistics, NumbersAreWrittenPlainAndUndefinedOnesAsNull) {
  EXPECT_EQ(plain_number(1e-7), "0.0000001");
  EXPECT_EQ(plain_number(0.1), "0.1");
  EXPECT_EQ(plain_number(-0.0), "0");
  EXPECT_EQ(plain_number(123456789012.5), "123456789012.5");
  EXPECT_EQ(plain_number(1e21), "1000000000000000000000.0") << "a reader of JSON takes it for a whole number without";
  EXPECT_EQ(plain_number(NAN), "null");
  EXPECT_EQ(plain_number(INFINITY), "null");
}

// Each key of statistics.json is a row of docs/statistics.md with its unit, and each row is a key.
TEST(Statistics, TheDocumentListsExactlyTheKeysThatAreWritten) {
  std::ifstream file{STOM_SOURCE_DIR "/docs/statistics.md"};
  ASSERT_TRUE(file) << "docs/statistics.md is not there";
  std::vector<std::string> documented, written;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    const auto end = line.find('`', 3);
    const std::string key = line.substr(3, end - 3);
    if (const auto* m = metric_named(key); m != nullptr) {
      EXPECT_EQ(line, "| `" + m->key + "` | " + unit_name(m->unit) + " | " + m->definition + " | " + m->formula + " |");
      documented.push_back(key);
    } else if (key != "conventions") {
      ADD_FAILURE() << "docs/statistics.md lists a key that is not written: " << key;
    }
  }
  for (const auto& m : metrics()) written.push_back(m.key);
  EXPECT_EQ(documented, written);
  EXPECT_EQ(std::set(written.begin(), written.end()).size(), written.size()) << "a key twice";
}

}  // namespace
}  // namespace stom
