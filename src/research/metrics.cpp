// The list of statistics.json: key, unit, definition, formula. One line per statistic; docs/statistics.md is held
// equal.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/assert.hpp"
#include "research/statistics.hpp"

namespace stom {
namespace {

using S = Statistics;

Metric metric(std::string key, Unit unit, double S::* number, std::string definition, std::string formula) {
  return {.key = std::move(key),
          .unit = unit,
          .definition = std::move(definition),
          .formula = std::move(formula),
          .number = number};
}
Metric metric(std::string key, UnixNanos S::* time, std::string definition, std::string formula) {
  return {.key = std::move(key),
          .unit = Unit::Time,
          .definition = std::move(definition),
          .formula = std::move(formula),
          .time = time};
}

// In formulas: r = returns of the periods, n = their number, Y = periods_per_year, f = risk-free rate per period.
std::vector<Metric> all_metrics() {
  using enum Unit;
  std::vector<Metric> list{
      metric("start_time_ns", &S::start_time, "First point of the equity curve.", "nanoseconds since 1970, UTC"),
      metric("end_time_ns", &S::end_time, "Last point of the equity curve.", "nanoseconds since 1970, UTC"),
      metric("duration_seconds", Seconds, &S::duration, "Length of the run.", "end - start"),
      metric("equity_initial", Amount, &S::equity_initial, "Capital before the first trade.", "given"),
      metric("equity_final", Amount, &S::equity_final, "Worth of the account at the end, open positions at the market.",
             "last point of equity"),
      metric("equity_peak", Amount, &S::equity_peak, "Highest worth on the way.", "max(equity)"),
      metric("net_profit", Amount, &S::net_profit, "What the run earned, after fees.", "equity_final - equity_initial"),
      metric("total_return", Fraction, &S::total_return, "What the run earned on the initial capital.",
             "equity_final / equity_initial - 1"),
      metric("annual_return", Fraction, &S::annual_return, "The return of a year of such periods, compounded.",
             "prod(1 + r)^(Y / n) - 1"),
      metric("cagr", Fraction, &S::cagr, "The steady yearly growth that ends at the same equity.",
             "(equity_final / equity_initial)^(1 / years) - 1, year = 365.25 days"),
      metric("periods", Count, &S::periods, "Periods that the figures below are computed from (days, by default).",
             "n"),
      metric("periods_per_year", Number, &S::periods_per_year,
             "Periods that make a year: 365 where the market has "
             "weekends, else 252.",
             "Y; see \"Periods per year\""),
      metric("risk_free_rate", Fraction, &S::risk_free_rate, "Yearly return without risk, held against the run.",
             "given; f = (1 + rate)^(1 / Y) - 1"),
      metric("annual_volatility", Fraction, &S::annual_volatility, "Spread of the periods' returns, scaled to a year.",
             "std(r) x sqrt(Y)"),
      metric("downside_deviation", Fraction, &S::downside_deviation,
             "The same for losing periods only, winning ones counting as 0.", "sqrt(mean(min(r - f, 0)^2)) x sqrt(Y)"),
      metric("sharpe_ratio", Number, &S::sharpe_ratio, "Return above the risk-free rate per unit of volatility.",
             "mean(r - f) / std(r - f) x sqrt(Y)"),
      metric("sortino_ratio", Number, &S::sortino_ratio,
             "Return above the risk-free rate per unit of downside deviation.", "mean(r - f) x Y / downside_deviation"),
      metric("calmar_ratio", Number, &S::calmar_ratio, "Annual return per unit of the deepest drawdown.",
             "annual_return / abs(max_drawdown)"),
      metric("omega_ratio", Number, &S::omega_ratio, "Gains over losses of the periods, around the risk-free rate.",
             "sum(max(r - f, 0)) / sum(max(f - r, 0))"),
      metric("probabilistic_sharpe_ratio", Fraction, &S::probabilistic_sharpe_ratio,
             "Probability that the true Sharpe ratio is above 0, given length, skew and tails of the sample.",
             "Phi(SR x sqrt(n - 1) / sqrt(1 - skew x SR + (kurt - 1) / 4 x SR^2)), SR per period"),
      metric("max_drawdown", Fraction, &S::max_drawdown, "The deepest fall from a high, as a return (negative).",
             "min(equity / max(equity so far) - 1)"),
      metric("max_drawdown_start_time_ns", &S::max_drawdown_start, "The high before the deepest fall.",
             "nanoseconds since 1970, UTC"),
      metric("max_drawdown_trough_time_ns", &S::max_drawdown_trough, "Its lowest point.",
             "nanoseconds since 1970, UTC"),
      metric("max_drawdown_end_time_ns", &S::max_drawdown_end,
             "When the high was reached again, or the end of the run.", "nanoseconds since 1970, UTC"),
      metric("max_drawdown_seconds", Seconds, &S::max_drawdown_length, "Length of the deepest drawdown.",
             "max_drawdown_end - max_drawdown_start"),
      metric("longest_drawdown_seconds", Seconds, &S::longest_drawdown, "Length of the longest drawdown.",
             "max(end - start) over drawdowns"),
      metric("avg_drawdown", Fraction, &S::avg_drawdown, "Mean of the drawdowns' depths, as a return (negative).",
             "mean(-depth) over drawdowns"),
      metric("avg_drawdown_seconds", Seconds, &S::avg_drawdown_length, "Mean of the drawdowns' lengths.",
             "mean(end - start) over drawdowns"),
      metric("time_under_water", Fraction, &S::time_under_water, "Share of the time spent below an earlier high.",
             "sum of time with equity below its peak / duration"),
      metric("recovery_factor", Number, &S::recovery_factor, "Profit per unit of money lost in the worst fall.",
             "net_profit / max(peak - equity)"),
      metric("ulcer_index", Fraction, &S::ulcer_index, "Depth of drawdowns, long and deep ones counting most.",
             "sqrt(mean((1 - equity / peak)^2)) over points"),
      metric("value_at_risk_95", Fraction, &S::value_at_risk,
             "The return that the worst 5 % of periods stay below (negative).", "5 % quantile of r, linear"),
      metric("conditional_value_at_risk_95", Fraction, &S::conditional_value_at_risk,
             "The mean of those worst periods (negative).", "mean of the worst floor(0.05 x (n - 1)) + 1 of r"),
      metric("skewness", Number, &S::skewness,
             "Lopsidedness of the returns: negative = the long tail is on the losing "
             "side.",
             "adjusted Fisher-Pearson G1"),
      metric("kurtosis", Number, &S::kurtosis, "Weight of the tails above the normal distribution's.",
             "adjusted excess G2"),
      metric("tail_ratio", Number, &S::tail_ratio, "Size of the best periods against the worst.",
             "abs(95 % quantile of r) / abs(5 % quantile of r)"),
      metric("stability", Number, &S::stability, "How straight the growth is: 1 = a line.",
             "R^2 of log wealth over time"),
      metric("best_period", Fraction, &S::best_period, "Best period.", "max(r)"),
      metric("worst_period", Fraction, &S::worst_period, "Worst period.", "min(r)"),
      metric("winning_periods", Fraction, &S::winning_periods, "Share of periods with a gain.", "count(r > 0) / n"),
      metric("exposure_time", Fraction, &S::exposure_time, "Share of the time at which a position was open.",
             "time with a position / duration"),
      metric("fills", Count, &S::fills, "Fills of our orders.", "count"),
      metric("traded_value", Amount, &S::traded_value, "Value of all fills, bought and sold.", "sum(price x quantity)"),
      metric("maker_share", Fraction, &S::maker_share, "Share of the traded value that rested in the book first.",
             "maker value / traded_value"),
      metric("turnover", Number, &S::turnover, "How often the capital was traded over.", "traded_value / mean(equity)"),
      metric("annual_turnover", Number, &S::annual_turnover, "The same per year.",
             "turnover / years, year = 365.25 days"),
      metric("fees_paid", Amount, &S::fees_paid, "Fees of all fills; negative = rebates received.", "sum(fee)"),
      metric("trades", Count, &S::trades, "Closed round trips, first in, first out.", "count"),
      metric("trades_long", Count, &S::trades_long, "Of them bought first.", "count"),
      metric("trades_short", Count, &S::trades_short, "Of them sold first.", "count"),
      metric("winning_trades", Count, &S::winning_trades, "Trades with a profit after fees.", "count(pnl > 0)"),
      metric("losing_trades", Count, &S::losing_trades, "Trades with a loss after fees.", "count(pnl < 0)"),
      metric("win_rate", Fraction, &S::win_rate, "Share of trades with a profit.", "winning_trades / trades"),
      metric("gross_profit", Amount, &S::gross_profit, "What the winning trades earned.", "sum(pnl > 0)"),
      metric("gross_loss", Amount, &S::gross_loss, "What the losing trades cost (positive).",
             "sum(-pnl where pnl < 0)"),
      metric("profit_factor", Number, &S::profit_factor, "Money won per money lost.", "gross_profit / gross_loss"),
      metric("payoff_ratio", Number, &S::payoff_ratio, "Mean win against mean loss.", "avg_win / abs(avg_loss)"),
      metric("expectancy", Fraction, &S::expectancy, "Mean return of a trade on its entry value.",
             "mean(pnl / entry value)"),
      metric("expectancy_money", Amount, &S::expectancy_money, "Mean profit of a trade.", "mean(pnl)"),
      metric("avg_trade", Fraction, &S::avg_trade, "Geometric mean return of a trade.",
             "prod(1 + trade return)^(1 / trades) - 1"),
      metric("best_trade", Fraction, &S::best_trade, "Best trade.", "max(pnl / entry value)"),
      metric("worst_trade", Fraction, &S::worst_trade, "Worst trade.", "min(pnl / entry value)"),
      metric("avg_win", Amount, &S::avg_win, "Mean profit of a winning trade.", "gross_profit / winning_trades"),
      metric("avg_loss", Amount, &S::avg_loss, "Mean loss of a losing trade (negative).",
             "-gross_loss / losing_trades"),
      metric("sqn", Number, &S::sqn, "System quality number: how far the mean trade stands above chance.",
             "sqrt(trades) x mean(pnl) / std(pnl)"),
      metric("kelly_criterion", Fraction, &S::kelly_criterion,
             "The share of capital that would have grown fastest; an upper bound, never a suggestion.",
             "win_rate - (1 - win_rate) / payoff_ratio"),
      metric("max_consecutive_wins", Count, &S::max_consecutive_wins, "Longest row of winning trades.", "count"),
      metric("max_consecutive_losses", Count, &S::max_consecutive_losses, "Longest row of losing trades.", "count"),
      metric("avg_holding_seconds", Seconds, &S::avg_holding, "Mean time in a trade.", "mean(exit - entry)"),
      metric("median_holding_seconds", Seconds, &S::median_holding, "Median time in a trade.", "median(exit - entry)"),
      metric("min_holding_seconds", Seconds, &S::min_holding, "Shortest trade.", "min(exit - entry)"),
      metric("max_holding_seconds", Seconds, &S::max_holding, "Longest trade.", "max(exit - entry)"),
      metric("avg_mae", Fraction, &S::avg_mae,
             "Mean of the worst unrealised returns while trades were open (negative).", "mean(max adverse excursion)"),
      metric("worst_mae", Fraction, &S::worst_mae, "The worst of them.", "min(max adverse excursion)"),
      metric("avg_mfe", Fraction, &S::avg_mfe, "Mean of the best unrealised returns while trades were open.",
             "mean(max favorable excursion)"),
      metric("best_mfe", Fraction, &S::best_mfe, "The best of them.", "max(max favorable excursion)"),
      metric("best_day_profit_share", Fraction, &S::best_day_profit_share,
             "Share of the trades' profit made on the single best day; near 1 = one lucky day.",
             "max over days(sum(pnl)) / sum(pnl)"),
      metric("benchmark_return", Fraction, &S::benchmark_return,
             "What the benchmark returned from the first bar at which the strategy could trade.",
             "last / first at trading start - 1"),
      metric("alpha", Fraction, &S::alpha, "Yearly return that the benchmark does not explain.",
             "(1 + mean(r - f) - beta x mean(b - f))^Y - 1"),
      metric("beta", Number, &S::beta, "Return of the run per return of the benchmark.", "cov(r, b) / var(b)"),
      metric("correlation", Number, &S::correlation, "Correlation with the benchmark's returns.",
             "cov(r, b) / (std(r) x std(b))"),
      metric("information_ratio", Number, &S::information_ratio,
             "Return above the benchmark per unit of tracking error.", "mean(r - b) / std(r - b) x sqrt(Y)"),
      metric("tracking_error", Fraction, &S::tracking_error, "Yearly spread of the distance to the benchmark.",
             "std(r - b) x sqrt(Y)"),
  };
  static constexpr std::array<const char*, 7> kDays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
  const auto slices = [&](const std::string& suffix, int hour, int weekday, const std::string& when) {
    list.push_back({.key = "trades_" + suffix,
                    .unit = Count,
                    .definition = "Trades entered " + when + ".",
                    .formula = "count",
                    .slice = &Slice::trades,
                    .hour = hour,
                    .weekday = weekday});
    list.push_back({.key = "pnl_" + suffix,
                    .unit = Amount,
                    .definition = "Their profit after fees.",
                    .formula = "sum(pnl)",
                    .slice = &Slice::pnl,
                    .hour = hour,
                    .weekday = weekday});
  };
  for (int hour = 0; hour < 24; ++hour) {
    const std::string h{static_cast<char>('0' + hour / 10), static_cast<char>('0' + hour % 10)};
    slices("hour_" + h, hour, -1, "in the hour from " + h + ":00");
  }
  for (int day = 0; day < 7; ++day) {
    const std::string name = kDays[static_cast<std::size_t>(day)];
    slices("weekday_" + name, -1, day, "on a " + name);
  }
  return list;
}

}  // namespace

const std::vector<Metric>& metrics() {
  static const std::vector<Metric> list = all_metrics();
  return list;
}

const Metric* metric_named(std::string_view key) {
  const auto& list = metrics();
  const auto found = std::find_if(list.begin(), list.end(), [&](const Metric& m) { return m.key == key; });
  return found == list.end() ? nullptr : &*found;
}

double figure(const Statistics& s, const Metric& m) {
  if (m.number != nullptr) return s.*m.number;
  if (m.hour >= 0) return s.by_hour[static_cast<std::size_t>(m.hour)].*m.slice;
  if (m.weekday >= 0) return s.by_weekday[static_cast<std::size_t>(m.weekday)].*m.slice;
  return Statistics::kUndefined;
}

std::string figure_text(const Statistics& s, const Metric& m) {
  if (m.time == nullptr) return plain_number(figure(s, m));
  const UnixNanos t = s.*m.time;
  return t == kNoTime ? "null" : std::to_string(t);
}

std::string unit_name(Unit unit) {
  switch (unit) {
    case Unit::Number:
      return "number";
    case Unit::Count:
      return "count";
    case Unit::Fraction:
      return "fraction";
    case Unit::Amount:
      return "money";
    case Unit::Seconds:
      return "seconds";
    case Unit::Time:
      return "ns";
  }
  return {};
}

std::string plain_number(double x) {
  if (!std::isfinite(x)) return "null";
  if (x == 0) return "0";        // also -0
  std::array<char, 400> text{};  // the smallest double has 324 zeros behind the point
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::fixed);
  STOM_ASSERT(error == std::errc{});
  std::string number{text.data(), end};
  // Digits alone are a whole number to a reader of JSON, and one of 64 bits ends here.
  if (std::abs(x) >= 1e18 && number.find('.') == std::string::npos) number += ".0";
  return number;
}

std::string statistics_json(const Statistics& s) {
  // Convention names are ours (conventions.cpp): nothing to escape.
  std::string text = "{\n  \"conventions\": \"" + s.conventions + "\"";
  for (const auto& m : metrics()) text += ",\n  \"" + m.key + "\": " + figure_text(s, m);
  return text + "\n}\n";
}

}  // namespace stom
