// Return statistics against numbers that other programs computed: R PerformanceAnalytics on Bacon's portfolio, and
// every parameterised case of empyrical's own tests. Where an expected value in the file is not a figure to compare
// with, the case says why.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <map>
#include <set>

#include "research/conventions.hpp"
#include "research/return_series.hpp"
#include "tests/support/test_data.hpp"

namespace stom {
namespace {

using simdjson::dom::element;

double number(element e) {
  if (e.is_null()) return NAN;
  if (e.is_string()) return std::string_view{e} == "inf" ? INFINITY : NAN;
  return double(e);
}

std::vector<double> numbers(element e) {
  std::vector<double> values;
  for (element x : e.get_array()) values.push_back(number(x));
  return values;
}

/// Equal to the oracle: both undefined, both infinite, or near.
void expect_equal(double ours, double theirs, double tolerance, const std::string& what) {
  if (std::isnan(theirs))
    EXPECT_TRUE(std::isnan(ours)) << what << ": " << ours;
  else if (std::isinf(theirs))
    EXPECT_EQ(ours, theirs) << what;
  else
    EXPECT_NEAR(ours, theirs, tolerance) << what;
}

TEST(PerformanceOracle, BaconsPortfolioGivesTheFiguresOfPerformanceAnalytics) {
  const auto path = test::test_data("oracles/performance/performanceanalytics_bacon_monthly.json");
  if (!path) GTEST_SKIP() << test::kNoTestData;
  simdjson::dom::parser parser;
  element file = parser.load(path->string());
  const auto r = numbers(file["returns"]);
  const double year = double(file["periods_per_year"]);
  const std::map<std::string, double, std::less<>> ours{
      {"volatility_annual", returns::volatility(r, year)},
      {"return_annual", returns::annual_return(r, year)},
      {"sharpe_annual", returns::sharpe(r, year)},
      {"sortino_annual", returns::sortino(r, year)},
      {"max_drawdown", returns::max_drawdown(r)},
      {"calmar", returns::calmar(r, year)},
      {"var_95", returns::gaussian_value_at_risk(r, 0.05)},
      {"es_95", returns::gaussian_conditional_value_at_risk(r, 0.05)},
      {"omega_0", returns::omega(r, 0)},
      {"skewness", returns::skewness(r)},
      {"kurtosis", returns::kurtosis(r)},
  };
  std::size_t compared = 0;
  for (auto [key, metric] : file["metrics"].get_object()) {
    const auto found = ours.find(key);
    ASSERT_NE(found, ours.end()) << "no statistic for " << key;
    EXPECT_NEAR(found->second, double(metric["value"]), 1e-9) << key;
    ++compared;
  }
  EXPECT_EQ(compared, ours.size());
}

class EmpyricalOracle : public testing::Test {
 protected:
  void SetUp() override {
    const auto path = test::test_data("oracles/performance/empyrical_vectors.json");
    if (!path) GTEST_SKIP() << test::kNoTestData;
    file_ = parser_.load(path->string());
  }

  struct Dated {
    std::vector<double> values;
    std::vector<UnixNanos> times;
  };

  /// "series:NAME", or the series itself.
  element resolve(element e) {
    if (!e.is_string()) return e;
    const std::string_view name = std::string_view{e}.substr(std::string_view{"series:"}.size());
    return file_["series"][name];
  }
  Dated dated(element e) {
    element s = resolve(e);
    Dated d{numbers(s["values"]), {}};
    if (d.values.empty()) return d;
    std::int32_t day = *parse_day(std::string_view{s["start"]});
    const std::string_view frequency = s["freq"];
    for (std::size_t i = 0; i < d.values.size(); ++i) {
      d.times.push_back(start_of_day(day));
      if (frequency == "M") {  // month ends
        const auto next = civil_of_day(day + 1);
        day = (next.month == 12 ? day_of_civil(next.year + 1, 1, 1) : day_of_civil(next.year, next.month + 1, 1)) - 1;
      } else {
        day += frequency == "D" ? 1 : 7;
      }
    }
    return d;
  }
  std::vector<double> series(element e) { return numbers(resolve(e)["values"]); }
  static double year(element period) {
    const std::string_view p = period;
    return p == "daily" ? 252 : p == "weekly" ? 52 : 12;
  }
  /// A parameter that is a constant or a series, subtracted from r.
  std::vector<double> excess(const std::vector<double>& r, element other) {
    return other.is_number() ? returns::excess(r, double(other)) : returns::excess(r, series(other));
  }

  using Case = std::vector<element>;
  template <class Check>
  void each(std::string_view test, std::size_t expected_cases, Check check) {
    std::size_t i = 0;
    for (element c : file_["cases"][test].get_array()) {
      Case parts;
      for (element part : c.get_array()) parts.push_back(part);
      check(parts, std::string{test} + "[" + std::to_string(i++) + "]");
      checked_.insert(std::string{test});
    }
    EXPECT_EQ(i, expected_cases) << test;
  }
  /// Cases over a frame of two columns: one figure per column.
  template <class Figure>
  void each_column(element frame, element expected, Figure figure, const std::string& what) {
    const auto theirs = numbers(expected["values"]);
    std::size_t column = 0;
    for (auto [name, s] : resolve(frame).get_object())
      expect_equal(figure(numbers(s["values"])), theirs.at(column++), 1e-8, what + " " + std::string{name});
    EXPECT_EQ(column, theirs.size());
  }
  static bool is_frame(element e) { return e.is_string() && std::string_view{e}.starts_with("series:df_"); }

  simdjson::dom::parser parser_;
  element file_;
  std::set<std::string> checked_;
};

TEST_F(EmpyricalOracle, EveryCaseOfItsOwnTests) {
  // empyrical compares these to 8 decimals unless it says otherwise.
  const double tolerance = 1e-8;
  each("test_cum_returns", 4, [&](Case& c, const std::string& what) {
    const auto ours = returns::cumulative(series(c[0]));
    const auto theirs = numbers(c[2]);
    const double start = number(c[1]);
    ASSERT_EQ(ours.size(), theirs.size());
    // Its starting value 0 means "as a return", any other "as wealth". Expected values are printed to 4 decimals.
    for (std::size_t i = 0; i < ours.size(); ++i)
      expect_equal(start == 0 ? ours[i] : start * (1 + ours[i]), theirs[i], start == 0 ? 5e-5 : 5e-4, what);
  });
  each("test_cum_returns_final", 5, [&](Case& c, const std::string& what) {
    const double ours = returns::total(series(c[0])), start = number(c[1]);
    expect_equal(start == 0 ? ours : start * (1 + ours), number(c[2]), start == 0 ? 5e-5 : 5e-4, what);
  });
  each("test_aggregate_returns", 8, [&](Case& c, const std::string& what) {
    const auto d = dated(c[0]);
    const std::string_view by = c[1];
    const auto ours = returns::aggregate(d.values, d.times,
                                         by == "weekly"      ? returns::Calendar::Week
                                         : by == "monthly"   ? returns::Calendar::Month
                                         : by == "quarterly" ? returns::Calendar::Quarter
                                                             : returns::Calendar::Year);
    const auto theirs = numbers(c[2]);
    ASSERT_EQ(ours.size(), theirs.size()) << what;
    for (std::size_t i = 0; i < ours.size(); ++i) expect_equal(ours[i].value, theirs[i], tolerance, what);
  });
  each("test_max_drawdown", 8, [&](Case& c, const std::string& what) {
    const auto r = series(c[0]);
    // For the two falling series the test's expectation was an expression, not a value (null in the file): a series
    // that only falls draws down by all it loses.
    const bool only_falls = !r.empty() && c[1].is_null();
    expect_equal(returns::max_drawdown(r), only_falls ? returns::total(r) : number(c[1]), tolerance, what);
  });
  each("test_annual_ret", 3, [&](Case& c, const std::string& what) {
    expect_equal(returns::annual_return(series(c[0]), year(c[1])), number(c[2]), tolerance, what);
  });
  each("test_annual_volatility", 3, [&](Case& c, const std::string& what) {
    expect_equal(returns::volatility(series(c[0]), year(c[1])), number(c[2]), tolerance, what);
  });
  each("test_calmar", 5, [&](Case& c, const std::string& what) {
    expect_equal(returns::calmar(series(c[0]), year(c[1])), number(c[2]), tolerance, what);
  });
  each("test_sharpe_ratio", 8, [&](Case& c, const std::string& what) {
    expect_equal(returns::sharpe(excess(series(c[0]), c[1]), 252), number(c[2]), tolerance, what);
  });
  each("test_downside_risk", 12, [&](Case& c, const std::string& what) {
    if (is_frame(c[0])) {
      return each_column(
          c[0], c[3], [&](const std::vector<double>& r) { return returns::downside_risk(excess(r, c[1]), year(c[2])); },
          what);
    }
    expect_equal(returns::downside_risk(excess(series(c[0]), c[1]), year(c[2])), number(c[3]), tolerance, what);
  });
  each("test_sortino", 13, [&](Case& c, const std::string& what) {
    if (is_frame(c[0])) {
      return each_column(
          c[0], c[3], [&](const std::vector<double>& r) { return returns::sortino(excess(r, c[1]), year(c[2])); },
          what);
    }
    expect_equal(returns::sortino(excess(series(c[0]), c[1]), year(c[2])), number(c[3]), tolerance, what);
  });
  each("test_excess_sharpe", 4, [&](Case& c, const std::string& what) {
    const auto r = series(c[0]);
    const auto factor = c[1].is_number() ? std::vector<double>(r.size(), double(c[1])) : series(c[1]);
    expect_equal(returns::excess_sharpe(r, factor), number(c[2]), tolerance, what);
  });
  each("test_alpha", 5, [&](Case& c, const std::string& what) {
    auto r = series(c[0]);
    auto b = series(c[1]);
    b.resize(r.size(), NAN);  // it aligns by date: what only one side has does not count
    expect_equal(returns::alpha(r, b, 252), number(c[2]), tolerance, what);
  });
  each("test_beta", 4, [&](Case& c, const std::string& what) {
    auto r = series(c[0]);
    auto b = c[1].is_object() ? series(c[1].at_key("returns")) : series(c[1]);
    b.resize(r.size(), NAN);
    // The last case adds noise to the benchmark and asks for two decimals only.
    expect_equal(returns::beta(r, b), number(c[2]), c.size() > 3 ? 0.5e-2 : tolerance, what);
  });
  each("test_stability_of_timeseries", 3, [&](Case& c, const std::string& what) {
    expect_equal(returns::stability(series(c[0])), number(c[1]), tolerance, what);
  });
  each("test_tail_ratio", 4, [&](Case& c, const std::string& what) {
    auto r = series(c[0]);
    // Its own test asks for one decimal here. The figure for the series with a missing day is that of counting the day
    // as 0; we leave it out. The last series is 100,000 random normal returns.
    for (double& x : r)
      if (std::isnan(x)) x = 0;
    expect_equal(returns::tail_ratio(r), number(c[1]), r.size() > 1000 ? 0.05 : tolerance, what);
  });
  std::set<std::string> in_file;
  for (auto [key, cases] : file_["cases"].get_object()) in_file.insert(std::string{key});
  EXPECT_EQ(checked_, in_file);
}

TEST(ReturnSeries, TheNormalDistributionHasItsTextbookQuantiles) {
  EXPECT_NEAR(returns::normal_quantile(0.05), -1.6448536269514729, 1e-14);
  EXPECT_NEAR(returns::normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(returns::normal_quantile(1e-9), -5.997807015007687, 1e-10);
  EXPECT_EQ(returns::normal_quantile(0.5), 0);
}

TEST(ReturnSeries, ALongTrackRecordMakesTheSameSharpeMoreProbable) {
  std::vector<double> month{0.02, -0.01, 0.015, -0.005, 0.01, -0.012}, years;
  for (int i = 0; i < 20; ++i) years.insert(years.end(), month.begin(), month.end());
  const double brief = returns::probabilistic_sharpe(month), lasting = returns::probabilistic_sharpe(years);
  EXPECT_GT(brief, 0.5);
  EXPECT_GT(lasting, brief);
  EXPECT_LT(lasting, 1);
}

}  // namespace
}  // namespace stom
