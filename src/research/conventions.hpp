// How statistics are computed where the field does not agree: one switch per disagreement, and presets that reproduce
// other programs' numbers. docs/statistics.md explains each switch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "research/return_series.hpp"

namespace stom {

struct Conventions {
  /// Which points of the equity curve make a period: each of them, or the last of each UTC day.
  enum class Sampling : std::uint8_t { Daily, EveryPoint };
  /// Whether the first period runs from the initial capital, or the first sample is only where the second starts.
  enum class FirstPeriod : std::uint8_t { FromCapital, FromFirstSample };
  enum class Returns : std::uint8_t { Simple, Log };
  /// Years in CAGR: calendar time, or periods / periods_per_year.
  enum class CagrYears : std::uint8_t { Calendar, Periods };
  /// deviation x sqrt(periods_per_year), or the deviation of a compounded year of independent periods.
  enum class Volatility : std::uint8_t { SquareRoot, Compounded };
  /// Numerators of Sharpe and Sortino: the mean period's excess, or the annual return above the risk-free rate.
  enum class Numerator : std::uint8_t { MeanExcess, AnnualReturn };
  enum class Tail : std::uint8_t { Historical, Gaussian };
  /// Exposure: the share of time, or of equity points, at which a position was open.
  enum class Exposure : std::uint8_t { Time, Points };
  /// Profit factor of money won and lost, or of the trades' returns.
  enum class ProfitFactor : std::uint8_t { Money, TradeReturns };
  /// Alpha and beta: from periods' returns, annualised; or Jensen's alpha of the whole run with beta from the log
  /// returns between equity points (backtesting.py's).
  enum class Alpha : std::uint8_t { Annualised, WholeRun };
  /// Average holding time and drawdown length: as they are, or rounded up to whole bars.
  enum class Durations : std::uint8_t { Exact, WholeBars };

  std::string name = "stom";
  double periods_per_year = 0;         // 0: from the data (docs/statistics.md, "Periods per year")
  double risk_free_rate = 0;           // per year, compounded
  double tail = 0.05;                  // of VaR and CVaR
  DurationNanos utc_offset = 0;        // of the hours and weekdays in breakdowns: 9 h for Korea
  DurationNanos shortest_year = kDay;  // a run shorter than this is not annualised: a minute times 525,600 is no year
  Sampling sampling = Sampling::Daily;
  FirstPeriod first_period = FirstPeriod::FromCapital;
  Returns return_kind = Returns::Simple;
  returns::Deviation deviation = returns::Deviation::Sample;
  CagrYears cagr_years = CagrYears::Calendar;
  Volatility volatility = Volatility::SquareRoot;
  Numerator ratio_numerator = Numerator::MeanExcess;
  Tail tail_kind = Tail::Historical;
  Exposure exposure = Exposure::Time;
  ProfitFactor profit_factor = ProfitFactor::Money;
  Alpha alpha = Alpha::Annualised;
  Durations durations = Durations::Exact;
};

/// "stom", "backtesting_py", "empyrical", "performanceanalytics", "vectorbt".
Result<Conventions> conventions_named(std::string_view name);
std::vector<std::string> conventions_names();

}  // namespace stom
