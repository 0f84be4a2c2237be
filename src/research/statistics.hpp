// The figures of a run: computed from a RunResult under stated Conventions, each listed once in metrics() with its
// definition. docs/statistics.md is the same list in prose; a test holds the two together.
#pragma once

#include <array>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "research/conventions.hpp"
#include "research/result.hpp"

namespace stom {

/// From one high of equity to the next, or to the end of the run.
struct Drawdown {
  UnixNanos peak_time = 0;
  UnixNanos trough_time = 0;
  UnixNanos end_time = 0;  // back at the peak; the last point where it never came back
  double depth = 0;        // fraction below the peak, > 0
  bool recovered = false;
};

/// The trades of one hour, weekday, symbol or exit reason.
struct Slice {
  std::string key;
  double trades = 0;
  double wins = 0;
  double pnl = 0;
  double gross_profit = 0;
  double gross_loss = 0;  // > 0
  double win_rate() const { return wins / trades; }
  double profit_factor() const { return gross_profit / gross_loss; }
};

/// The curve that period statistics are computed from: one return per period.
struct Periods {
  UnixNanos start = 0;           // of the first period
  std::vector<UnixNanos> times;  // end of each period: the time of the sample it ends with
  std::vector<double> returns;   // as Conventions::return_kind says
  std::vector<double> simple;    // always simple: compounding needs these
  double per_year = 0;
};

/// An undefined figure is NaN. Fractions: 0.05 = 5 %. Money as doubles: these are for reading; the exact amounts are in
/// fills and trades.
struct Statistics {
  static constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
  std::string conventions;

  UnixNanos start_time = kNoTime, end_time = kNoTime;
  double duration = kUndefined;
  double equity_initial = kUndefined, equity_final = kUndefined, equity_peak = kUndefined;
  double net_profit = kUndefined, total_return = kUndefined, annual_return = kUndefined, cagr = kUndefined;
  double periods = kUndefined, periods_per_year = kUndefined, risk_free_rate = kUndefined;
  double annual_volatility = kUndefined, downside_deviation = kUndefined;
  double sharpe_ratio = kUndefined, sortino_ratio = kUndefined, calmar_ratio = kUndefined, omega_ratio = kUndefined;
  double probabilistic_sharpe_ratio = kUndefined;
  double max_drawdown = kUndefined, avg_drawdown = kUndefined;
  UnixNanos max_drawdown_start = kNoTime, max_drawdown_trough = kNoTime, max_drawdown_end = kNoTime;
  double max_drawdown_length = kUndefined, longest_drawdown = kUndefined, avg_drawdown_length = kUndefined;
  double time_under_water = kUndefined, recovery_factor = kUndefined, ulcer_index = kUndefined;
  double value_at_risk = kUndefined, conditional_value_at_risk = kUndefined;
  double skewness = kUndefined, kurtosis = kUndefined, tail_ratio = kUndefined, stability = kUndefined;
  double best_period = kUndefined, worst_period = kUndefined, winning_periods = kUndefined;
  double exposure_time = kUndefined;
  double fills = 0, maker_share = kUndefined, traded_value = kUndefined, turnover = kUndefined;
  double annual_turnover = kUndefined, fees_paid = kUndefined;
  double trades = 0, trades_long = 0, trades_short = 0, winning_trades = 0, losing_trades = 0;
  double win_rate = kUndefined, gross_profit = kUndefined, gross_loss = kUndefined, profit_factor = kUndefined;
  double payoff_ratio = kUndefined, expectancy = kUndefined, expectancy_money = kUndefined;
  double avg_trade = kUndefined, best_trade = kUndefined, worst_trade = kUndefined;
  double avg_win = kUndefined, avg_loss = kUndefined, sqn = kUndefined, kelly_criterion = kUndefined;
  double max_consecutive_wins = 0, max_consecutive_losses = 0;
  double avg_holding = kUndefined, median_holding = kUndefined, min_holding = kUndefined, max_holding = kUndefined;
  double avg_mae = kUndefined, worst_mae = kUndefined, avg_mfe = kUndefined, best_mfe = kUndefined;
  double best_day_profit_share = kUndefined;
  double benchmark_return = kUndefined, alpha = kUndefined, beta = kUndefined, correlation = kUndefined;
  double information_ratio = kUndefined, tracking_error = kUndefined;

  std::array<Slice, 24> by_hour;
  std::array<Slice, 7> by_weekday;
  std::vector<Slice> by_symbol, by_exit_reason;  // most trades first, then by name
  std::vector<Drawdown> drawdowns;               // in time order
};

/// Of the run without its warm-up.
Statistics compute_statistics(const RunResult& result, const Conventions& conventions = {});

/// The sampled curve and its returns.
Periods periods_of(const RunResult& result, std::span<const EquityPoint> equity, const Conventions& conventions);
/// Periods in a year: set, or from the curve (docs/statistics.md, "Periods per year").
double periods_per_year_of(std::span<const EquityPoint> equity, const Conventions& conventions);
/// All falls below an earlier high, the initial capital being the first.
std::vector<Drawdown> drawdowns_of(Money initial, UnixNanos start, std::span<const EquityPoint> equity);

/// When something was held: disjoint, ascending; open positions until the end of the curve.
struct HeldSpan {
  UnixNanos from = 0;
  UnixNanos to = 0;
};
std::vector<HeldSpan> held_spans(const RunResult& result);

enum class Unit : std::uint8_t { Number, Count, Fraction, Amount, Seconds, Time };

/// One key of statistics.json.
struct Metric {
  std::string key;
  Unit unit = Unit::Number;
  std::string definition;
  std::string formula;
  double Statistics::* number = nullptr;
  UnixNanos Statistics::* time = nullptr;
  double Slice::* slice = nullptr;  // with `hour` or `weekday`
  int hour = -1;
  int weekday = -1;
};

/// Every key, in the order of statistics.json ("conventions", a text, comes before them all).
const std::vector<Metric>& metrics();
const Metric* metric_named(std::string_view key);
/// NaN for a Time.
double figure(const Statistics& statistics, const Metric& metric);
/// As statistics.json writes it: plain decimals, whole nanoseconds, "null" where undefined or infinite.
std::string figure_text(const Statistics& statistics, const Metric& metric);
std::string unit_name(Unit unit);

/// The flat object of statistics.json, one key a line.
std::string statistics_json(const Statistics& statistics);

/// A double in the shortest plain decimals that read back the same; "null" where it is not finite.
std::string plain_number(double x);

}  // namespace stom
