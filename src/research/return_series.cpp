#include "research/return_series.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/assert.hpp"

namespace stom::returns {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> present(Series r) {
  std::vector<double> values;
  values.reserve(r.size());
  for (const double x : r)
    if (!std::isnan(x)) values.push_back(x);
  return values;
}

/// Central moments about the mean, summed in extended precision so that equal returns have no deviation at all.
struct Moments {
  double n = 0;
  double mean = kNaN;
  double m2 = 0, m3 = 0, m4 = 0;  // sums of powers of the distance from the mean
};

Moments moments(Series r) {
  Moments m;
  long double sum = 0;
  for (const double x : r) {
    if (std::isnan(x)) continue;
    sum += x;
    m.n += 1;
  }
  if (m.n == 0) return m;
  m.mean = static_cast<double>(sum / m.n);
  long double m2 = 0, m3 = 0, m4 = 0;
  for (const double x : r) {
    if (std::isnan(x)) continue;
    const long double d = static_cast<long double>(x) - m.mean;
    m2 += d * d;
    m3 += d * d * d;
    m4 += d * d * d * d;
  }
  m.m2 = static_cast<double>(m2);
  m.m3 = static_cast<double>(m3);
  m.m4 = static_cast<double>(m4);
  return m;
}

/// Pairs where both series have a figure.
struct Pairs {
  std::vector<double> a, b;
};
Pairs pairs(Series a, Series b) {
  STOM_ASSERT(a.size() == b.size());
  Pairs p;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) || std::isnan(b[i])) continue;
    p.a.push_back(a[i]);
    p.b.push_back(b[i]);
  }
  return p;
}

struct IsoWeek {
  int year;
  int week;
};
IsoWeek iso_week(std::int32_t day) {
  // The week belongs to the year of its Thursday.
  const std::int32_t thursday = day - weekday_of(day) + 3;
  const int year = civil_of_day(thursday).year;
  return {year, (thursday - day_of_civil(year, 1, 1)) / 7 + 1};
}

}  // namespace

std::vector<double> cumulative(Series r) {
  std::vector<double> wealth;
  wealth.reserve(r.size());
  double w = 1;
  for (const double x : r) {
    if (!std::isnan(x)) w *= 1 + x;
    wealth.push_back(w - 1);
  }
  return wealth;
}

double total(Series r) {
  if (r.empty()) return kNaN;
  double w = 1;
  for (const double x : r)
    if (!std::isnan(x)) w *= 1 + x;
  return w - 1;
}

std::vector<CalendarReturn> aggregate(Series r, std::span<const UnixNanos> times, Calendar by) {
  STOM_ASSERT(r.size() == times.size());
  std::vector<CalendarReturn> groups;
  for (std::size_t i = 0; i < r.size(); ++i) {
    const auto day = day_of(times[i]);
    const auto date = civil_of_day(day);
    CalendarReturn key{date.year, 1, 0};
    if (by == Calendar::Week) {
      const auto week = iso_week(day);
      key = {week.year, week.week, 0};
    }
    if (by == Calendar::Month) key.number = date.month;
    if (by == Calendar::Quarter) key.number = (date.month + 2) / 3;
    if (groups.empty() || groups.back().year != key.year || groups.back().number != key.number) groups.push_back(key);
    if (!std::isnan(r[i])) groups.back().value = (1 + groups.back().value) * (1 + r[i]) - 1;
  }
  return groups;
}

double mean(Series r) { return moments(r).mean; }

double deviation(Series r, Deviation kind) {
  const auto m = moments(r);
  const double divisor = kind == Deviation::Sample ? m.n - 1 : m.n;
  return divisor > 0 ? std::sqrt(m.m2 / divisor) : kNaN;
}

double skewness(Series r) {
  const auto m = moments(r);
  if (m.n < 3 || m.m2 == 0) return kNaN;
  const double g1 = m.m3 / m.n / std::pow(m.m2 / m.n, 1.5);
  return g1 * std::sqrt(m.n * (m.n - 1)) / (m.n - 2);
}

double kurtosis(Series r) {
  const auto m = moments(r);
  if (m.n < 4 || m.m2 == 0) return kNaN;
  const double g2 = m.m4 / m.n / (m.m2 / m.n * (m.m2 / m.n)) - 3;
  return (m.n - 1) / ((m.n - 2) * (m.n - 3)) * ((m.n + 1) * g2 + 6);
}

double quantile(Series r, double p) {
  auto values = present(r);
  if (values.empty()) return kNaN;
  const double at = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(below), values.end());
  const double low = values[below];
  if (below + 1 == values.size()) return low;
  const double high = *std::min_element(values.begin() + static_cast<std::ptrdiff_t>(below) + 1, values.end());
  return low + (high - low) * (at - static_cast<double>(below));
}

std::vector<double> excess(Series r, Series other) {
  STOM_ASSERT(r.size() == other.size());
  std::vector<double> result(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) result[i] = r[i] - other[i];
  return result;
}

std::vector<double> excess(Series r, double constant) {
  std::vector<double> result(r.begin(), r.end());
  for (double& x : result) x -= constant;
  return result;
}

double annual_return(Series r, double periods_per_year) {
  if (r.empty()) return kNaN;
  const double wealth = 1 + total(r);
  if (wealth <= 0) return -1;  // ruin does not annualise
  return std::pow(wealth, periods_per_year / static_cast<double>(r.size())) - 1;
}

double volatility(Series r, double periods_per_year, Deviation kind) {
  return deviation(r, kind) * std::sqrt(periods_per_year);
}

double sharpe(Series excess, double periods_per_year, Deviation kind) {
  return mean(excess) / deviation(excess, kind) * std::sqrt(periods_per_year);
}

double downside_risk(Series excess, double periods_per_year) {
  long double sum = 0;
  double n = 0;
  for (const double x : excess) {
    if (std::isnan(x)) continue;
    const double below = std::min(x, 0.0);
    sum += static_cast<long double>(below) * below;
    n += 1;
  }
  return n == 0 ? kNaN : std::sqrt(static_cast<double>(sum / n)) * std::sqrt(periods_per_year);
}

double sortino(Series excess, double periods_per_year) {
  if (excess.size() < 2) return kNaN;
  return mean(excess) * periods_per_year / downside_risk(excess, periods_per_year);
}

double omega(Series r, double threshold) {
  double above = 0, below = 0;
  for (const double x : r) {
    if (std::isnan(x)) continue;
    (x > threshold ? above : below) += std::abs(x - threshold);
  }
  return above / below;
}

double max_drawdown(Series r) {
  if (r.empty()) return kNaN;
  double wealth = 1, peak = 1, worst = 0;
  for (const double x : r) {
    if (std::isnan(x)) continue;
    wealth *= 1 + x;
    peak = std::max(peak, wealth);
    worst = std::min(worst, wealth / peak - 1);
  }
  return worst;
}

double calmar(Series r, double periods_per_year) {
  const double worst = max_drawdown(r);
  return worst < 0 ? annual_return(r, periods_per_year) / -worst : kNaN;
}

double value_at_risk(Series r, double tail) { return quantile(r, tail); }

double conditional_value_at_risk(Series r, double tail) {
  auto values = present(r);
  if (values.empty()) return kNaN;
  const auto last = static_cast<std::size_t>(static_cast<double>(values.size() - 1) * tail);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(last), values.end());
  return mean({values.data(), last + 1});
}

double gaussian_value_at_risk(Series r, double tail, Deviation kind) {
  return mean(r) + normal_quantile(tail) * deviation(r, kind);
}

double gaussian_conditional_value_at_risk(Series r, double tail, Deviation kind) {
  const double z = normal_quantile(tail);
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  return mean(r) - deviation(r, kind) * density / tail;
}

double tail_ratio(Series r) { return std::abs(quantile(r, 0.95)) / std::abs(quantile(r, 0.05)); }

double stability(Series r) {
  if (r.size() < 2) return kNaN;
  std::vector<double> time, log_wealth;
  double sum = 0;
  for (const double x : r) {
    if (std::isnan(x)) continue;
    sum += std::log1p(x);
    time.push_back(static_cast<double>(time.size()));
    log_wealth.push_back(sum);
  }
  const double c = correlation(time, log_wealth);
  return c * c;
}

double beta(Series r, Series benchmark) {
  const auto [a, b] = pairs(r, benchmark);
  if (a.size() < 2) return kNaN;
  const double mean_a = mean(a), mean_b = mean(b);
  long double covariance = 0, variance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    covariance += static_cast<long double>(a[i] - mean_a) * (b[i] - mean_b);
    variance += static_cast<long double>(b[i] - mean_b) * (b[i] - mean_b);
  }
  // A benchmark that does not move explains nothing; below this its variance is rounding.
  if (variance / static_cast<long double>(a.size()) < 1e-30L) return kNaN;
  return static_cast<double>(covariance / variance);
}

double alpha(Series r, Series benchmark, double periods_per_year) {
  const auto [a, b] = pairs(r, benchmark);
  if (a.size() < 2) return kNaN;
  return std::pow(1 + mean(a) - beta(a, b) * mean(b), periods_per_year) - 1;
}

double correlation(Series r, Series benchmark) {
  const auto [a, b] = pairs(r, benchmark);
  if (a.size() < 2) return kNaN;
  const double mean_a = mean(a), mean_b = mean(b);
  long double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const long double da = a[i] - mean_a, db = b[i] - mean_b;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa == 0 || bb == 0 ? kNaN : static_cast<double>(ab / std::sqrt(aa * bb));
}

double excess_sharpe(Series r, Series benchmark, Deviation kind) {
  const auto active = excess(r, benchmark);
  return active.size() < 2 ? kNaN : mean(active) / deviation(active, kind);
}

double probabilistic_sharpe(Series excess, double benchmark_sharpe) {
  const auto m = moments(excess);
  if (m.n < 4 || m.m2 == 0) return kNaN;
  // Population moments, as the authors' own code takes them.
  const double variance = m.m2 / m.n;
  const double skew = m.m3 / m.n / std::pow(variance, 1.5);
  const double kurt = m.m4 / m.n / (variance * variance);
  const double ratio = m.mean / std::sqrt(m.m2 / (m.n - 1));
  const double spread = 1 - skew * ratio + (kurt - 1) / 4 * ratio * ratio;
  return spread > 0 ? normal_cdf((ratio - benchmark_sharpe) * std::sqrt((m.n - 1) / spread)) : kNaN;
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

double normal_quantile(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : kNaN;
  // Newton's method on the cdf from the logistic approximation; convex on each side of the middle, so work in the tail.
  const bool upper = p > 0.5;
  const double tail = upper ? 1 - p : p;
  double x = std::log(tail / (1 - tail)) / 1.702;
  for (int i = 0; i < 60; ++i) {
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    const double step = (normal_cdf(x) - tail) / density;
    x -= std::clamp(step, -1.0, 1.0);
    if (std::abs(step) < 1e-15) break;
  }
  return upper ? -x : x;
}

}  // namespace stom::returns
