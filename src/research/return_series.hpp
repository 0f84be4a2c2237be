// The arithmetic of return series: one number per period, simple returns (0.01 = 1 %), NaN = no figure for that period
// (skipped, as empyrical does). Pure functions; which of them a report uses is the business of Conventions.
// An answer that is not defined is NaN; a division by zero risk is infinite.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/time.hpp"

namespace stom::returns {

using Series = std::span<const double>;

/// Which divisor a standard deviation has: n - 1 or n.
enum class Deviation : std::uint8_t { Sample, Population };

/// Wealth minus 1 after each period, starting from 1; NaN counts as 0.
std::vector<double> cumulative(Series r);
double total(Series r);
/// Compounded within calendar weeks (ISO), months, quarters or years; one figure per group that has a period.
enum class Calendar : std::uint8_t { Week, Month, Quarter, Year };
struct CalendarReturn {
  int year;    // of the group: the ISO year for weeks
  int number;  // week 1..53, month 1..12, quarter 1..4, 1
  double value;
};
std::vector<CalendarReturn> aggregate(Series r, std::span<const UnixNanos> times, Calendar by);

double mean(Series r);
double deviation(Series r, Deviation kind = Deviation::Sample);
/// Adjusted Fisher-Pearson skewness G1 (n >= 3) and excess kurtosis G2 (n >= 4).
double skewness(Series r);
double kurtosis(Series r);
/// The p-quantile (0..1), linear between the order statistics (type 7 of R).
double quantile(Series r, double p);

/// Each period minus the same period of `other`, or minus a constant.
std::vector<double> excess(Series r, Series other);
std::vector<double> excess(Series r, double constant);

/// prod(1 + r)^(periods_per_year / n) - 1; NaN periods count in n, as time passed.
double annual_return(Series r, double periods_per_year);
double volatility(Series r, double periods_per_year, Deviation kind = Deviation::Sample);
/// mean / deviation x sqrt(periods_per_year) of excess returns.
double sharpe(Series excess, double periods_per_year, Deviation kind = Deviation::Sample);
/// sqrt(mean(min(excess, 0)^2)) x sqrt(periods_per_year).
double downside_risk(Series excess, double periods_per_year);
/// mean x periods_per_year / downside_risk.
double sortino(Series excess, double periods_per_year);
/// Sum of what lies above the threshold over the sum of what lies below it.
double omega(Series r, double threshold);
/// The deepest fall of compounded wealth below its peak so far, as a return (<= 0). The starting capital is a peak.
double max_drawdown(Series r);
/// Annual return over the depth of the deepest drawdown; NaN without one.
double calmar(Series r, double periods_per_year);

/// The return that the worst `tail` (0.05) of periods stay below, and the mean of those periods. As returns: negative.
double value_at_risk(Series r, double tail);
double conditional_value_at_risk(Series r, double tail);
/// The same under a normal distribution with the sample's mean and deviation.
double gaussian_value_at_risk(Series r, double tail, Deviation kind = Deviation::Sample);
double gaussian_conditional_value_at_risk(Series r, double tail, Deviation kind = Deviation::Sample);

/// |95 % quantile| / |5 % quantile|.
double tail_ratio(Series r);
/// R^2 of a straight line through the logarithm of wealth.
double stability(Series r);

/// Against a benchmark, period by period, where both have a figure. `r` and `benchmark` are excess returns.
double beta(Series r, Series benchmark);
double alpha(Series r, Series benchmark, double periods_per_year);
double correlation(Series r, Series benchmark);
/// Mean of the active return over its deviation, per period (not annualised).
double excess_sharpe(Series r, Series benchmark, Deviation kind = Deviation::Sample);

/// Probability that the true Sharpe ratio per period is above `benchmark_sharpe` (Bailey, Lopez de Prado 2012), given
/// length, skewness and kurtosis of the sample.
double probabilistic_sharpe(Series excess, double benchmark_sharpe = 0);

double normal_cdf(double x);
double normal_quantile(double p);

}  // namespace stom::returns
