#include "research/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/assert.hpp"
#include "research/counted.hpp"

namespace stom {
namespace {

constexpr double kYear = 365.25 * static_cast<double>(kDay);

double money(Money m) { return to_double(m.value, kMoneyDecimals); }
double seconds(double nanos) { return nanos / static_cast<double>(kSecond); }
/// NaN where there is nothing to divide by, instead of a 0/0 that warns or an infinity nobody asked for.
double ratio(double a, double b) { return b == 0 ? Statistics::kUndefined : a / b; }

double mean_of(const std::vector<double>& v) { return returns::mean(v); }

/// The usual distance between points; 0 below two points.
DurationNanos bar_of(std::span<const EquityPoint> equity) {
  if (equity.size() < 2) return 0;
  std::vector<DurationNanos> gaps;
  gaps.reserve(equity.size() - 1);
  for (std::size_t i = 1; i < equity.size(); ++i) gaps.push_back(equity[i].time - equity[i - 1].time);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

bool trades_on_weekends(std::span<const EquityPoint> equity) {
  std::size_t weekend = 0;
  std::uint32_t hours = 0;
  for (const auto& p : equity) {
    const auto day = day_of(p.time);
    weekend += weekday_of(day) >= 5;
    hours |= 1u << ((p.time - start_of_day(day)) / kHour);
  }
  // Two of seven days, less some for holidays and gaps. A run too short to meet a weekend shows it by the clock: a
  // market open in 20 hours of the day does not close on Saturdays.
  const bool met_weekend = static_cast<double>(weekend) > 2.0 / 7.0 * 0.6 * static_cast<double>(equity.size());
  const bool too_short = !equity.empty() && equity.back().time - equity.front().time < 5 * kDay;
  return met_weekend || (too_short && __builtin_popcount(hours) >= 20);
}

/// The benchmark as a step function: its value at or before a time, the first one before its start.
class BenchmarkAt {
 public:
  explicit BenchmarkAt(std::span<const BenchmarkPoint> points) : points_{points} {}
  double operator()(UnixNanos t) const {
    const auto after = std::upper_bound(points_.begin(), points_.end(), t,
                                        [](UnixNanos time, const BenchmarkPoint& p) { return time < p.time; });
    return (after == points_.begin() ? *after : *std::prev(after)).value;
  }

 private:
  std::span<const BenchmarkPoint> points_;
};

double per_period_rate(double annual, double per_year) {
  return annual == 0 ? 0 : std::pow(1 + annual, 1 / per_year) - 1;
}

void fill_curve(Statistics& s, const RunResult& result, const Conventions& c) {
  const auto& equity = result.equity;
  s.equity_initial = money(result.initial_equity);
  if (equity.empty()) return;
  s.start_time = equity.front().time;
  s.end_time = equity.back().time;
  s.duration = seconds(static_cast<double>(s.end_time - s.start_time));
  s.equity_final = money(equity.back().equity);
  Money peak = result.initial_equity;
  for (const auto& p : equity) peak = std::max(peak, p.equity);
  s.equity_peak = money(peak);
  s.net_profit = money(equity.back().equity - result.initial_equity);
  s.total_return = ratio(s.net_profit, s.equity_initial);

  s.drawdowns = drawdowns_of(result.initial_equity, equity.front().time, equity);
  s.max_drawdown = 0;
  double squares = 0, under = 0;
  double high = s.equity_initial;
  for (std::size_t i = 0; i < equity.size(); ++i) {
    const double e = money(equity[i].equity);
    high = std::max(high, e);
    const double depth = 1 - e / high;
    squares += depth * depth;
    if (depth > 0 && i > 0) under += static_cast<double>(equity[i].time - equity[i - 1].time);
  }
  s.ulcer_index = std::sqrt(squares / static_cast<double>(equity.size()));
  s.time_under_water = ratio(seconds(under), s.duration);
  if (s.drawdowns.empty()) return;
  const auto whole_bars = [&](double nanos) {
    const auto bar = static_cast<double>(bar_of(equity));
    return c.durations == Conventions::Durations::WholeBars && bar > 0 ? std::ceil(nanos / bar) * bar : nanos;
  };
  double depth = 0, length = 0, longest = 0;
  const Drawdown* deepest = &s.drawdowns.front();
  for (const auto& d : s.drawdowns) {
    depth += d.depth;
    const auto long_for = static_cast<double>(d.end_time - d.peak_time);
    length += long_for;
    longest = std::max(longest, long_for);
    if (d.depth > deepest->depth) deepest = &d;
  }
  const auto n = static_cast<double>(s.drawdowns.size());
  s.max_drawdown = -deepest->depth;
  s.max_drawdown_start = deepest->peak_time;
  s.max_drawdown_trough = deepest->trough_time;
  s.max_drawdown_end = deepest->end_time;
  s.max_drawdown_length = seconds(static_cast<double>(deepest->end_time - deepest->peak_time));
  s.avg_drawdown = -depth / n;
  s.avg_drawdown_length = seconds(whole_bars(length / n));
  s.longest_drawdown = seconds(whole_bars(longest));
  // Money lost from the peak of the deepest fall, against money won.
  double peak_then = s.equity_initial, worst = 0;
  for (const auto& p : equity) {
    peak_then = std::max(peak_then, money(p.equity));
    worst = std::max(worst, peak_then - money(p.equity));
  }
  s.recovery_factor = ratio(s.net_profit, worst);
}

double cagr_years(const Statistics& s, const Periods& p, const Conventions& c) {
  return c.cagr_years == Conventions::CagrYears::Calendar ? s.duration * static_cast<double>(kSecond) / kYear
                                                          : static_cast<double>(p.simple.size()) / p.per_year;
}

/// What is scaled to a year, or is a ratio of such figures.
void fill_annual_risk(Statistics& s, const Periods& p, const std::vector<double>& excess, const Conventions& c) {
  const double annual_excess = s.annual_return - c.risk_free_rate;
  s.downside_deviation = returns::downside_risk(excess, p.per_year);
  if (c.volatility == Conventions::Volatility::Compounded) {
    const double deviation = returns::deviation(p.returns, c.deviation);
    const double growth = 1 + s.annual_return;  // (1 + g)^per_year
    const double g2 = std::pow(growth, 2 / p.per_year);
    s.annual_volatility = std::sqrt(std::pow(deviation * deviation + g2, p.per_year) - growth * growth);
  } else {
    s.annual_volatility = returns::volatility(p.returns, p.per_year, c.deviation);
  }
  if (c.ratio_numerator == Conventions::Numerator::AnnualReturn) {
    s.sharpe_ratio = ratio(annual_excess, s.annual_volatility);
    s.sortino_ratio = ratio(annual_excess, s.downside_deviation);
  } else {
    s.sharpe_ratio = returns::sharpe(excess, p.per_year, c.deviation);
    s.sortino_ratio = returns::sortino(excess, p.per_year);
  }
  if (s.max_drawdown < 0) s.calmar_ratio = s.annual_return / -s.max_drawdown;
  s.probabilistic_sharpe_ratio = returns::probabilistic_sharpe(excess);
}

void fill_periods(Statistics& s, const Periods& p, const Conventions& c) {
  s.periods = static_cast<double>(p.returns.size());
  s.periods_per_year = p.per_year;
  s.risk_free_rate = c.risk_free_rate;
  if (p.returns.empty()) return;
  const auto n = static_cast<double>(p.simple.size());
  const bool enough = s.duration >= seconds(static_cast<double>(c.shortest_year));
  if (enough) {
    s.annual_return = returns::annual_return(p.simple, p.per_year);
    const double years = cagr_years(s, p, c);
    if (years > 0) s.cagr = s.total_return <= -1 ? -1 : std::pow(1 + s.total_return, 1 / years) - 1;
  }
  const double rate = per_period_rate(c.risk_free_rate, p.per_year);
  const auto excess = returns::excess(p.returns, rate);
  if (enough) fill_annual_risk(s, p, excess, c);
  s.omega_ratio = returns::omega(p.returns, rate);
  const bool gaussian = c.tail_kind == Conventions::Tail::Gaussian;
  s.value_at_risk = gaussian ? returns::gaussian_value_at_risk(p.returns, c.tail, c.deviation)
                             : returns::value_at_risk(p.returns, c.tail);
  s.conditional_value_at_risk = gaussian ? returns::gaussian_conditional_value_at_risk(p.returns, c.tail, c.deviation)
                                         : returns::conditional_value_at_risk(p.returns, c.tail);
  s.skewness = returns::skewness(p.returns);
  s.kurtosis = returns::kurtosis(p.returns);
  s.tail_ratio = returns::tail_ratio(p.returns);
  s.stability = returns::stability(p.simple);
  s.best_period = *std::max_element(p.returns.begin(), p.returns.end());
  s.worst_period = *std::min_element(p.returns.begin(), p.returns.end());
  const auto up = std::count_if(p.returns.begin(), p.returns.end(), [](double r) { return r > 0; });
  s.winning_periods = static_cast<double>(up) / n;
}

double exposure_of(const RunResult& result, const std::vector<HeldSpan>& spans, const Conventions& c) {
  if (result.equity.empty()) return Statistics::kUndefined;
  if (c.exposure == Conventions::Exposure::Points) {
    std::size_t held = 0;
    auto span = spans.begin();
    for (const auto& p : result.equity) {
      while (span != spans.end() && span->to < p.time) ++span;
      held += span != spans.end() && span->from <= p.time;
    }
    return static_cast<double>(held) / static_cast<double>(result.equity.size());
  }
  const auto begin = result.equity.front().time, end = result.equity.back().time;
  double held = 0;
  for (const auto& span : spans)
    held += static_cast<double>(std::max<DurationNanos>(0, std::min(span.to, end) - std::max(span.from, begin)));
  return ratio(held, static_cast<double>(end - begin));
}

void fill_activity(Statistics& s, const RunResult& result, const std::vector<HeldSpan>& spans, const Conventions& c) {
  s.exposure_time = exposure_of(result, spans, c);
  double maker = 0, traded = 0;
  Money fees{};
  for (const auto& f : result.fills) {
    const auto& instrument = result.instruments[f.instrument];
    const double value = instrument.kind == ContractKind::Inverse
                             ? money(inverse_value_of(instrument, f.price, f.quantity))
                             : money(value_of(instrument, f.price, f.quantity));
    traded += value;
    if (f.liquidity == Liquidity::Maker) maker += value;
    fees += f.fee;
  }
  if (result.fills.empty())
    for (const auto& t : result.trades) fees += t.fee;
  s.fills = static_cast<double>(result.fills.size());
  s.fees_paid = money(fees);
  s.traded_value = traded;
  s.maker_share = ratio(maker, traded);
  double sum = 0;
  for (const auto& p : result.equity) sum += money(p.equity);
  s.turnover = ratio(traded, ratio(sum, static_cast<double>(result.equity.size())));
  if (s.duration >= seconds(static_cast<double>(c.shortest_year)))
    s.annual_turnover = ratio(s.turnover, s.duration * static_cast<double>(kSecond) / kYear);
}

void add(Slice& slice, const Trade& trade) {
  const double pnl = money(trade.pnl);
  slice.trades += 1;
  slice.wins += pnl > 0;
  slice.pnl += pnl;
  (pnl > 0 ? slice.gross_profit : slice.gross_loss) += std::abs(pnl);
}

constexpr std::array<const char*, 7> kWeekdays{"monday", "tuesday",  "wednesday", "thursday",
                                               "friday", "saturday", "sunday"};

std::string two_digits(int n) { return {static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)}; }

void fill_slices(Statistics& s, const RunResult& result, const Conventions& c) {
  for (int h = 0; h < 24; ++h) s.by_hour[static_cast<std::size_t>(h)].key = two_digits(h);
  for (std::size_t d = 0; d < 7; ++d) s.by_weekday[d].key = kWeekdays[d];
  std::map<std::string, Slice> symbols, reasons;
  for (const auto& t : result.trades) {
    const UnixNanos local = t.entry_time + c.utc_offset;
    const auto day = day_of(local);
    add(s.by_hour[static_cast<std::size_t>((local - start_of_day(day)) / kHour)], t);
    add(s.by_weekday[static_cast<std::size_t>(weekday_of(day))], t);
    add(symbols[result.instruments[t.instrument].id], t);
    add(reasons[t.exit_reason], t);
  }
  const auto listed = [](std::map<std::string, Slice>& slices) {
    std::vector<Slice> list;
    for (auto& [key, slice] : slices) {
      slice.key = key;
      list.push_back(std::move(slice));
    }
    std::stable_sort(list.begin(), list.end(), [](const Slice& a, const Slice& b) { return a.trades > b.trades; });
    return list;
  };
  s.by_symbol = listed(symbols);
  s.by_exit_reason = listed(reasons);
}

double best_day_share(const RunResult& result, double total) {
  if (!(total > 0)) return Statistics::kUndefined;
  std::map<std::int32_t, double> days;
  for (const auto& t : result.trades) days[day_of(t.exit_time)] += money(t.pnl);
  double best = 0;
  for (const auto& [day, pnl] : days) best = std::max(best, pnl);
  return best / total;
}

void fill_trades(Statistics& s, const RunResult& result, const Conventions& c) {
  fill_slices(s, result, c);
  const auto& trades = result.trades;
  if (trades.empty()) return;
  std::vector<double> pnl, won, lost, change, won_change, lost_change, held, adverse, favorable;
  double wins = 0, losses = 0, logs = 0;
  for (const auto& t : trades) {
    const double p = money(t.pnl);
    pnl.push_back(p);
    change.push_back(t.return_on_entry);
    logs += std::log1p(t.return_on_entry);
    if (p > 0) won.push_back(p);
    if (p < 0) lost.push_back(p);
    if (t.return_on_entry > 0) won_change.push_back(t.return_on_entry);
    if (t.return_on_entry < 0) lost_change.push_back(-t.return_on_entry);
    held.push_back(static_cast<double>(t.exit_time - t.entry_time));
    adverse.push_back(t.max_adverse);
    favorable.push_back(t.max_favorable);
    (t.side == Side::Buy ? s.trades_long : s.trades_short) += 1;
    wins = p > 0 ? wins + 1 : 0;
    losses = p < 0 ? losses + 1 : 0;
    s.max_consecutive_wins = std::max(s.max_consecutive_wins, wins);
    s.max_consecutive_losses = std::max(s.max_consecutive_losses, losses);
  }
  const auto n = static_cast<double>(trades.size());
  const auto sum = [](const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); };
  s.trades = n;
  s.winning_trades = static_cast<double>(won.size());
  s.losing_trades = static_cast<double>(lost.size());
  s.win_rate = s.winning_trades / n;
  s.gross_profit = sum(won);
  s.gross_loss = -sum(lost);
  s.profit_factor = c.profit_factor == Conventions::ProfitFactor::Money ? ratio(s.gross_profit, s.gross_loss)
                                                                        : ratio(sum(won_change), sum(lost_change));
  s.avg_win = mean_of(won);
  s.avg_loss = mean_of(lost);
  s.payoff_ratio = s.avg_win / -s.avg_loss;
  s.expectancy = mean_of(change);
  s.expectancy_money = mean_of(pnl);
  s.avg_trade = std::expm1(logs / n);
  s.best_trade = *std::max_element(change.begin(), change.end());
  s.worst_trade = *std::min_element(change.begin(), change.end());
  s.sqn = std::sqrt(n) * s.expectancy_money / returns::deviation(pnl, c.deviation);
  s.kelly_criterion = s.win_rate - (1 - s.win_rate) / s.payoff_ratio;
  const auto bar = static_cast<double>(bar_of(result.equity));
  const bool whole = c.durations == Conventions::Durations::WholeBars && bar > 0;
  const double mean_held = mean_of(held);
  s.avg_holding = seconds(whole ? std::ceil(mean_held / bar) * bar : mean_held);
  s.median_holding = seconds(returns::quantile(held, 0.5));
  s.min_holding = seconds(*std::min_element(held.begin(), held.end()));
  s.max_holding = seconds(*std::max_element(held.begin(), held.end()));
  if (!result.prices.empty()) {
    s.avg_mae = mean_of(adverse);
    s.worst_mae = *std::min_element(adverse.begin(), adverse.end());
    s.avg_mfe = mean_of(favorable);
    s.best_mfe = *std::max_element(favorable.begin(), favorable.end());
  }
  s.best_day_profit_share = best_day_share(result, sum(pnl));
}

/// backtesting.py: Jensen's alpha of the whole run; beta of the log returns from point to point.
void fill_whole_run_alpha(Statistics& s, const RunResult& result, const Conventions& c, const BenchmarkAt& at) {
  std::vector<double> ours, theirs;
  for (std::size_t i = 1; i < result.equity.size(); ++i) {
    const auto &before = result.equity[i - 1], &now = result.equity[i];
    ours.push_back(std::log(money(now.equity) / money(before.equity)));
    theirs.push_back(std::log(at(now.time) / at(before.time)));
  }
  s.beta = returns::beta(ours, theirs);
  s.alpha = s.total_return - c.risk_free_rate - s.beta * (s.benchmark_return - c.risk_free_rate);
  s.correlation = returns::correlation(ours, theirs);
}

void fill_benchmark(Statistics& s, const RunResult& result, const Periods& p, const Conventions& c) {
  if (result.benchmark.empty() || result.equity.empty()) return;
  const BenchmarkAt at{result.benchmark};
  const double start = at(std::max(result.trading_start, result.benchmark.front().time));
  s.benchmark_return = at(result.equity.back().time) / start - 1;
  std::vector<double> theirs;
  double before = at(p.start);
  for (const UnixNanos t : p.times) {
    const double now = at(t);
    theirs.push_back(c.return_kind == Conventions::Returns::Log ? std::log(now / before) : now / before - 1);
    before = now;
  }
  const double rate = per_period_rate(c.risk_free_rate, p.per_year);
  const bool enough = s.duration >= seconds(static_cast<double>(c.shortest_year));
  if (enough) {
    const auto active = returns::excess(p.returns, theirs);
    s.tracking_error = returns::volatility(active, p.per_year, c.deviation);
    s.information_ratio = returns::sharpe(active, p.per_year, c.deviation);
  }
  if (c.alpha == Conventions::Alpha::WholeRun) return fill_whole_run_alpha(s, result, c, at);
  const auto a = returns::excess(p.returns, rate), b = returns::excess(theirs, rate);
  s.beta = returns::beta(a, b);
  s.correlation = returns::correlation(a, b);
  if (enough) s.alpha = returns::alpha(a, b, p.per_year);
}

}  // namespace

double periods_per_year_of(std::span<const EquityPoint> equity, const Conventions& c) {
  if (c.periods_per_year > 0) return c.periods_per_year;
  const DurationNanos bar = bar_of(equity);
  if (c.sampling == Conventions::Sampling::EveryPoint)
    return bar > 0 ? static_cast<double>(365 * kDay) / static_cast<double>(bar) : Statistics::kUndefined;
  if (bar >= 350 * kDay) return 1;
  if (bar >= 28 * kDay) return 12;
  if (bar >= 7 * kDay) return 52;
  return trades_on_weekends(equity) ? 365 : 252;
}

Periods periods_of(const RunResult& result, std::span<const EquityPoint> equity, const Conventions& c) {
  Periods p;
  p.per_year = periods_per_year_of(equity, c);
  if (!equity.empty()) p.start = result.from > 0 ? std::min(result.from, equity.front().time) : equity.front().time;
  double before = money(result.initial_equity);
  bool first = c.first_period == Conventions::FirstPeriod::FromFirstSample;
  for (std::size_t i = 0; i < equity.size(); ++i) {
    const bool last_of_day = i + 1 == equity.size() || day_of(equity[i + 1].time) != day_of(equity[i].time);
    if (c.sampling == Conventions::Sampling::Daily && !last_of_day) continue;
    const double now = money(equity[i].equity);
    if (!first) {
      const double simple = before > 0 ? now / before - 1 : Statistics::kUndefined;
      p.times.push_back(equity[i].time);
      p.simple.push_back(simple);
      p.returns.push_back(c.return_kind == Conventions::Returns::Log ? std::log1p(simple) : simple);
    }
    if (first) p.start = equity[i].time;
    first = false;
    before = now;
  }
  return p;
}

std::vector<Drawdown> drawdowns_of(Money initial, UnixNanos start, std::span<const EquityPoint> equity) {
  std::vector<Drawdown> list;
  Money peak = initial;
  UnixNanos peak_time = start;
  bool under = false;
  for (const auto& p : equity) {
    if (p.equity >= peak) {
      if (under) {
        list.back().end_time = p.time;
        list.back().recovered = true;
      }
      under = false;
      peak = p.equity;
      peak_time = p.time;
      continue;
    }
    if (!under) list.push_back({.peak_time = peak_time, .trough_time = p.time});
    under = true;
    Drawdown& now = list.back();
    const double depth = 1 - money(p.equity) / money(peak);
    now.end_time = p.time;
    if (depth <= now.depth) continue;
    now.depth = depth;
    now.trough_time = p.time;
  }
  return list;
}

std::vector<HeldSpan> held_spans(const RunResult& result) {
  std::vector<HeldSpan> spans;
  for (const auto& t : result.trades) spans.push_back({t.entry_time, t.exit_time});
  const UnixNanos end = result.equity.empty() ? result.to : result.equity.back().time;
  for (const auto& lot : result.open) spans.push_back({lot.time, std::max(lot.time, end)});
  std::sort(spans.begin(), spans.end(), [](const HeldSpan& a, const HeldSpan& b) { return a.from < b.from; });
  std::vector<HeldSpan> joined;
  for (const auto& span : spans) {
    if (joined.empty() || span.from > joined.back().to)
      joined.push_back(span);
    else
      joined.back().to = std::max(joined.back().to, span.to);
  }
  return joined;
}

Statistics compute_statistics(const RunResult& whole, const Conventions& conventions) {
  Statistics s;
  s.conventions = conventions.name;
  const CountedPart counted{whole};
  const RunResult& result = *counted;
  const Periods periods = periods_of(result, result.equity, conventions);
  fill_curve(s, result, conventions);
  fill_periods(s, periods, conventions);
  fill_activity(s, result, held_spans(whole), conventions);
  fill_trades(s, result, conventions);
  fill_benchmark(s, result, periods, conventions);
  return s;
}

}  // namespace stom
