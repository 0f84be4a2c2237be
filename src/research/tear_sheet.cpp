#include "research/tear_sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include "research/counted.hpp"
#include "research/json_text.hpp"
#include "research/monte_carlo.hpp"
#include "research/plot.hpp"
#include "research/return_series.hpp"
#include "research/tear_sheet_assets.hpp"
#include "research/tear_sheet_text.hpp"

namespace stom {
namespace {

constexpr std::size_t kCurvePoints = 800;  // that the pointer can meet
constexpr std::size_t kCandles = 200;
constexpr std::size_t kMarks = 300;
constexpr std::size_t kPriceCharts = 3;
constexpr std::size_t kTradeRows = 500;
constexpr std::size_t kPrintedRows = 40;
constexpr std::string_view kGenerated = "sim:";  // the venue of the generator's instruments
constexpr const char* kNothing = "–";

double money(Money m) { return to_double(m.value, kMoneyDecimals); }
double at(UnixNanos t) { return static_cast<double>(t); }

// --- numbers for people ----------------------------------------------------------------------------------------------

/// A typographic minus, and no minus at all before a zero.
std::string signed_text(std::string digits) {
  if (!digits.starts_with('-')) return digits;
  digits.erase(0, 1);
  return digits.find_first_of("123456789") == std::string::npos ? digits : "\u2212" + digits;
}

std::string grouped(std::string digits) {
  const auto point = std::min(digits.find('.'), digits.size());
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  for (std::size_t i = point; i > first + 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

/// Decimals for an amount: none where a unit of the currency is small change, more for amounts below one.
int amount_digits(double x, const std::string& currency) {
  if (currency == "KRW" || currency == "JPY") return 0;
  const double size = std::abs(x);
  return size == 0 || size >= 1 ? 2 : size >= 0.01 ? 4 : 8;
}
std::string amount(double x, const std::string& currency) {
  if (!std::isfinite(x)) return kNothing;
  return signed_text(grouped(fmt::format("{:.{}f}", x, amount_digits(x, currency))));
}
/// For an axis: 1.25M.
std::string compact(double x) {
  const double size = std::abs(x);
  const auto text = [&](double unit, const char* name) { return signed_text(fmt::format("{:.4g}{}", x / unit, name)); };
  if (size >= 1e12) return text(1e12, "T");
  if (size >= 1e9) return text(1e9, "B");
  if (size >= 1e6) return text(1e6, "M");
  if (size >= 1e4) return signed_text(grouped(fmt::format("{:.0f}", x)));
  return signed_text(fmt::format("{:.6g}", x));
}
std::string percent(double x, int digits = 2) {
  return std::isfinite(x) ? signed_text(grouped(fmt::format("{:.{}f}", x * 100, digits))) + " %" : kNothing;
}
std::string axis_percent(double x) { return signed_text(fmt::format("{:.4g}", x * 100)) + " %"; }
std::string plain(double x, int digits = 2) {
  return std::isfinite(x) ? signed_text(grouped(fmt::format("{:.{}f}", x, digits))) : kNothing;
}
std::string minute(UnixNanos t) {
  if (t == kNoTime) return kNothing;
  std::string text = format_time(t).substr(0, 16);
  text[10] = ' ';
  return text.ends_with(" 00:00") ? text.substr(0, 10) : text;
}
std::string second(UnixNanos t) {
  std::string text = format_time(t).substr(0, 19);
  text[10] = ' ';
  return text.ends_with(" 00:00:00") ? text.substr(0, 10) : text;
}
std::string length(double seconds) {
  if (!std::isfinite(seconds)) return kNothing;
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (seconds < 120) return fmt::format("{:.3g} s", seconds);
  if (seconds < 7'200) return fmt::format("{:.3g} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{:.3g} h", seconds / 3'600);
  return fmt::format("{:.4g} d", seconds / 86'400);
}
const char* sign_style(double x) { return x > 0 ? "gain" : x < 0 ? "loss" : ""; }

/// Everything the sections need.
struct Sheet {
  const RunResult& run;
  const Statistics& s;
  const Conventions& conventions;
  Language language;
  Periods periods;
  std::vector<HeldSpan> held;

  std::string t(std::string_view english) const { return std::string{translated(language, english)}; }
  std::string figure_of(const Metric& m) const {
    const double x = m.time != nullptr ? 0 : figure(s, m);
    switch (m.unit) {
      case Unit::Time:
        return minute(s.*m.time);
      case Unit::Fraction:
        return percent(x);
      case Unit::Amount:
        return amount(x, run.currency);
      case Unit::Seconds:
        return length(x);
      case Unit::Count:
        return plain(x, 0);
      case Unit::Number:
        return plain(x);
    }
    return {};
  }
  double from() const { return at(run.equity.front().time); }
  double to() const { return std::max(at(run.equity.back().time), from() + 1); }
  bool has_curve() const { return run.equity.size() >= 2; }
  bool daily() const { return conventions.sampling == Conventions::Sampling::Daily; }
};

std::string heading(const std::string& title, const std::string& small = {}) {
  return "<h2>" + escaped(title) + (small.empty() ? "" : " <small>" + escaped(small) + "</small>") + "</h2>";
}
std::string section(const std::string& inside, std::string_view style = {}) {
  return fmt::format("<section{}>{}</section>\n", style.empty() ? "" : fmt::format(" class=\"{}\"", style), inside);
}
std::string pair(const std::string& a, const std::string& b) {
  return "<div class=\"pair\"><div>" + a + "</div><div>" + b + "</div></div>\n";
}
std::string too_little(const Sheet& sheet) {
  return "<p class=\"note\">" + escaped(sheet.t("Too little data for this figure.")) + "</p>";
}

// --- header ----------------------------------------------------------------------------------------------------------

std::string header(const Sheet& sheet) {
  const auto& run = sheet.run;
  std::string instruments;
  for (std::size_t i = 0; i < run.instruments.size() && i < 6; ++i)
    instruments += (i ? ", " : "") + run.instruments[i].id;
  if (run.instruments.size() > 6) instruments += fmt::format(" + {}", run.instruments.size() - 6);
  std::string period;
  if (!run.equity.empty()) {
    period = minute(run.equity.front().time) + " – " + minute(run.equity.back().time);
    period += " · " + length(sheet.s.duration);
  }
  return fmt::format(
      "<header><div><div class=\"brand\">STOM · {}</div><h1>{}</h1></div><div class=\"facts\"><b>{}</b><br>{}<br>{} {} "
      "{}</div></header>\n",
      escaped(sheet.t("Backtest")), escaped(run.strategy.empty() ? run.id : run.strategy), escaped(instruments),
      escaped(period), escaped(sheet.t("initial capital")), amount(sheet.s.equity_initial, run.currency),
      escaped(run.currency));
}

std::string warnings(const Sheet& sheet) {
  std::string items;
  for (const auto& w : warnings_of(sheet.run, sheet.s))
    items += "<li>" + escaped(translated_warning(sheet.language, w)) + "</li>";
  if (items.empty()) return {};
  return section(heading(sheet.t("Read this first")) + "<ul>" + items + "</ul>", "warn");
}

std::string key_figures(const Sheet& sheet) {
  static constexpr auto kKeys = std::to_array<std::string_view>(
      {"total_return", "cagr", "sharpe_ratio", "max_drawdown", "net_profit", "annual_volatility", "sortino_ratio",
       "calmar_ratio", "trades", "win_rate", "profit_factor", "exposure_time"});
  static constexpr auto kSigned = std::to_array<std::string_view>({"total_return", "cagr", "net_profit"});
  std::string tiles;
  for (const auto key : kKeys) {
    const Metric& m = *metric_named(key);
    const auto words = metric_text(sheet.language, key);
    const bool colored = std::find(kSigned.begin(), kSigned.end(), key) != kSigned.end();
    tiles += fmt::format(
        "<div class=\"kpi\"><div class=\"name\">{}</div><div class=\"figure {}\">{}</div><div class=\"what\">{}</div>"
        "</div>",
        escaped(words.name), colored ? sign_style(figure(sheet.s, m)) : "", escaped(sheet.figure_of(m)),
        escaped(words.definition));
  }
  return section(tiles, "kpis");
}

// --- equity and drawdown ---------------------------------------------------------------------------------------------

std::vector<PlotPoint> points_of(const std::vector<EquityPoint>& equity) {
  std::vector<PlotPoint> points;
  points.reserve(equity.size());
  for (const auto& p : equity) points.push_back({at(p.time), money(p.equity)});
  return points;
}
std::vector<PlotPoint> depths_of(const Sheet& sheet) {
  std::vector<PlotPoint> points;
  points.reserve(sheet.run.equity.size());
  double peak = sheet.s.equity_initial;
  for (const auto& p : sheet.run.equity) {
    const double e = money(p.equity);
    peak = std::max(peak, e);
    points.push_back({at(p.time), peak > 0 ? e / peak - 1 : 0});
  }
  return points;
}
/// The benchmark as if the initial capital had been put into it at the start of trading.
std::vector<PlotPoint> benchmark_points(const Sheet& sheet) {
  std::vector<PlotPoint> points;
  const auto& b = sheet.run.benchmark;
  if (b.empty()) return points;
  double base = b.front().value;
  for (const auto& p : b) {
    if (p.time <= sheet.run.trading_start) base = p.value;
    if (at(p.time) < sheet.from() || at(p.time) > sheet.to() || p.time < sheet.run.trading_start) continue;
    points.push_back({at(p.time), sheet.s.equity_initial * p.value / base});
  }
  return points;
}
double value_at(const std::vector<PlotPoint>& points, double x) {
  const auto after =
      std::upper_bound(points.begin(), points.end(), x, [](double v, const PlotPoint& p) { return v < p.x; });
  return after == points.begin() ? points.front().y : std::prev(after)->y;
}

/// The numbers under the pointer: plain arrays for the script.
std::string curve_data(const Sheet& sheet, const std::vector<PlotPoint>& equity, const std::vector<PlotPoint>& depth,
                       const std::vector<PlotPoint>& low, const std::vector<PlotPoint>& high,
                       const std::vector<PlotPoint>& benchmark) {
  const std::size_t stride = std::max<std::size_t>(1, equity.size() / kCurvePoints);
  std::string time, worth, fall, lows, highs, other;
  const auto put = [](std::string& list, double x, int digits) {
    list += (list.empty() ? "" : ",") + (std::isfinite(x) ? fmt::format("{:.{}f}", x, digits) : "null");
  };
  const int digits = amount_digits(sheet.s.equity_initial, sheet.run.currency);
  for (std::size_t i = 0; i < equity.size();
       i += (i + stride >= equity.size() && i + 1 < equity.size()) ? equity.size() - 1 - i : stride) {
    put(time, equity[i].x / 1e6, 0);
    put(worth, equity[i].y, digits);
    put(fall, -depth[i].y, 5);
    if (!low.empty()) put(lows, value_at(low, equity[i].x), digits);
    if (!low.empty()) put(highs, value_at(high, equity[i].x), digits);
    if (!benchmark.empty()) put(other, value_at(benchmark, equity[i].x), digits);
  }
  std::string text = fmt::format(
      R"({{"from":{:.0f},"to":{:.0f},"digits":{},"currency":{},"words":{{"equity":{},"drawdown":{},"benchmark":{}}},)"
      R"("time":[{}],"equity":[{}],"drawdown":[{}])",
      sheet.from() / 1e6, sheet.to() / 1e6, digits, json_text(sheet.run.currency), json_text(sheet.t("Equity")),
      json_text(sheet.t("Drawdown")), json_text(sheet.t("Benchmark")), time, worth, fall);
  if (!low.empty()) text += ",\"low\":[" + lows + "],\"high\":[" + highs + "]";
  if (!benchmark.empty()) text += ",\"benchmark\":[" + other + "]";
  return "<script type=\"application/json\" id=\"curve\">" + text + "}</script>";
}

std::string equity_section(const Sheet& sheet) {
  if (!sheet.has_curve()) return section(heading(sheet.t("Equity")) + too_little(sheet));
  const auto& run = sheet.run;
  const auto equity = points_of(run.equity), depth = depths_of(sheet), benchmark = benchmark_points(sheet);
  std::vector<PlotPoint> low, high;
  for (const BandPoint& p : band_of(run)) {
    low.push_back({at(p.time), money(p.least)});
    high.push_back({at(p.time), money(p.greatest)});
  }

  Plot plot;
  plot.height = 320;
  plot.x0 = sheet.from();
  plot.x1 = sheet.to();
  std::vector<double> values{sheet.s.equity_initial};
  for (const auto* series : std::array<const std::vector<PlotPoint>*, 4>{&equity, &low, &high, &benchmark})
    for (const auto& p : *series) values.push_back(p.y);
  plot.fit_y(values);
  plot.time_axis();
  plot.horizontal_grid(compact);
  plot.level(sheet.s.equity_initial, "dash");
  if (!low.empty()) {
    // Thin both edges at the same columns, so that the area closes on itself.
    plot.area(thinned(high), thinned(low), "band");
  }
  if (!benchmark.empty()) plot.line(thinned(benchmark), "second");
  plot.line(thinned(equity), "main");

  Plot under;
  under.height = 130;
  under.x0 = plot.x0;
  under.x1 = plot.x1;
  under.y1 = 0;
  under.y0 = std::min(sheet.s.max_drawdown * 1.08, -1e-6);
  under.time_axis();
  under.horizontal_grid(axis_percent, 3);
  const auto thin = thinned(depth);
  under.area_to(thin, 0, "under");
  under.line(thin, "under");

  const auto key = [](std::string_view style, const std::string& words) {
    return fmt::format("<span class=\"swatch {}\"></span>{}", style, escaped(words));
  };
  std::string keys = escaped(run.currency) + key("", run.strategy);
  if (!low.empty()) keys += key("band", sheet.t("between the queue models"));
  if (!benchmark.empty()) keys += key("second", run.benchmark_name.empty() ? sheet.t("Benchmark") : run.benchmark_name);
  std::string inside =
      "<h2>" + escaped(sheet.t("Equity")) + " <small>" + keys + "</small></h2>" + plot.svg(sheet.t("Equity"), "equity");
  if (!low.empty()) {
    const auto gain = [&](double worth) { return percent(worth / sheet.s.equity_initial - 1); };
    inside += "<p class=\"note\">" + escaped(sheet.t("Fill uncertainty: total return from")) + " " +
              gain(low.back().y) + " " + escaped(sheet.t("to")) + " " + gain(high.back().y) + " (risk_averse " +
              gain(money(run.pessimistic.back().equity)) + ", log " + gain(money(run.optimistic.back().equity)) +
              ")</p>";
  }
  inside += "<div style=\"height:10px\"></div>" + heading(sheet.t("Drawdown")) +
            under.svg(sheet.t("Drawdown"), "drawdown") + curve_data(sheet, equity, depth, low, high, benchmark);
  return section(inside);
}

// --- returns ---------------------------------------------------------------------------------------------------------

std::string heat_cell(double r, double scale, std::string_view style = {}) {
  if (std::isnan(r)) return fmt::format("<td class=\"{}\"></td>", style);
  const double strength = std::min(1.0, std::abs(r) / scale) * 62;
  return fmt::format("<td class=\"{} {}\" style=\"--v:{:.0f}\">{}</td>", sign_style(r), style, strength,
                     signed_text(fmt::format("{:.1f}", r * 100)));
}

std::string monthly_section(const Sheet& sheet) {
  const auto months = returns::aggregate(sheet.periods.simple, sheet.periods.times, returns::Calendar::Month);
  if (sheet.s.duration < 28 * 86'400.0 || months.empty()) return {};
  const auto years = returns::aggregate(sheet.periods.simple, sheet.periods.times, returns::Calendar::Year);
  // The deepest colour is for a return that one month in ten exceeds: one wild month must not bleach the rest.
  std::vector<double> sizes;
  for (const auto& m : months) sizes.push_back(std::abs(m.value));
  const double scale = std::max(returns::quantile(sizes, 0.9), 1e-4);
  std::string rows;
  for (const auto& year : years) {
    std::array<double, 12> cells;
    cells.fill(NAN);
    for (const auto& m : months)
      if (m.year == year.year) cells[static_cast<std::size_t>(m.number - 1)] = m.value;
    rows += fmt::format("<tr><th>{}</th>", year.year);
    for (const double c : cells) rows += heat_cell(c, scale);
    rows += heat_cell(year.value, scale * 3, "year") + "</tr>";
  }
  std::string head;
  for (int m = 1; m <= 12; ++m) head += fmt::format("<th>{:02}</th>", m);
  return section(heading(sheet.t("Monthly returns"), "%") +
                 "<div class=\"scroll\"><table class=\"heat\"><thead><tr><th></th>" + head + "<th>" +
                 escaped(sheet.t("Year")) + "</th></tr></thead><tbody>" + rows + "</tbody></table></div>");
}

std::string distribution(const Sheet& sheet) {
  std::vector<double> values;
  std::string title;
  if (sheet.periods.returns.size() >= 20) {
    values = sheet.periods.returns;
    title = sheet.daily() ? "Distribution of daily returns" : "Distribution of the returns of periods";
  } else {
    for (const auto& t : sheet.run.trades) values.push_back(t.return_on_entry);
    title = "Distribution of trade returns";
  }
  std::erase_if(values, [](double x) { return !std::isfinite(x); });
  const std::string head = heading(sheet.t(title));
  if (values.size() < 10) return head + too_little(sheet);
  double low = returns::quantile(values, 0.002), high = returns::quantile(values, 0.998);
  const double edge = std::max({std::abs(low), std::abs(high), 1e-9});
  low = std::max(low - edge * 0.05, -edge * 1.05);
  high = std::min(high + edge * 0.05, edge * 1.05);
  if (!(high > low)) return head + too_little(sheet);
  const auto bins =
      std::clamp<std::size_t>(static_cast<std::size_t>(2 * std::cbrt(static_cast<double>(values.size()))), 10, 60);
  const double step = (high - low) / static_cast<double>(bins);
  std::vector<double> counts(bins);
  for (const double v : values) {
    const double bin = std::clamp((v - low) / step, 0.0, static_cast<double>(bins) - 0.5);
    counts[static_cast<std::size_t>(bin)] += 1;
  }
  Plot plot;
  plot.width = 510;
  plot.height = 230;
  plot.left = 44;
  plot.x0 = low;
  plot.x1 = high;
  plot.y0 = 0;
  plot.y1 = *std::max_element(counts.begin(), counts.end()) * 1.12;
  plot.horizontal_grid([](double v) { return fmt::format("{:.0f}", v); }, 4);
  for (std::size_t i = 0; i < bins; ++i) {
    const double from = low + step * static_cast<double>(i);
    if (counts[i] == 0) continue;
    plot.bar(from, from + step * 0.92, 0, counts[i], from + step / 2 < 0 ? "loss" : "gain",
             fmt::format("{} … {}: {:.0f}", percent(from), percent(from + step), counts[i]));
  }
  const double mean = returns::mean(values), deviation = returns::deviation(values);
  if (deviation > 0) {
    std::vector<PlotPoint> bell;
    for (int i = 0; i <= 80; ++i) {
      const double x = low + (high - low) * i / 80, z = (x - mean) / deviation;
      bell.push_back({x, static_cast<double>(values.size()) * step * std::exp(-z * z / 2) /
                             (deviation * std::sqrt(2 * std::numbers::pi))});
    }
    for (auto& p : bell) p.y = std::min(p.y, plot.y1);
    plot.line(bell, "thin");
  }
  plot.vertical(mean, "dash");
  for (const double tick : round_ticks(low, high, 5)) plot.tick_under(tick, axis_percent(tick));
  return head + plot.svg(sheet.t(title)) + "<p class=\"note\">" +
         escaped(sheet.t("normal distribution of the same mean and deviation")) + " · " + escaped(sheet.t("mean")) +
         " " + percent(mean, 3) + "</p>";
}

std::string rolling(const Sheet& sheet, bool sharpe) {
  const auto& r = sheet.periods.returns;
  const std::size_t window = std::clamp<std::size_t>(r.size() / 6, 20, 126);
  const std::string title = sheet.t(sharpe ? "Rolling Sharpe ratio" : "Rolling volatility, per year");
  const std::string head = heading(
      title, sheet.t("window") + " " + std::to_string(window) + " " + sheet.t(sheet.daily() ? "days" : "periods"));
  if (r.size() < 2 * window) return heading(title) + too_little(sheet);
  std::vector<PlotPoint> points;
  std::vector<double> values;
  for (std::size_t i = window; i <= r.size(); ++i) {
    const returns::Series part{r.data() + i - window, window};
    const double y = sharpe ? returns::sharpe(part, sheet.periods.per_year, sheet.conventions.deviation)
                            : returns::volatility(part, sheet.periods.per_year, sheet.conventions.deviation);
    points.push_back({at(sheet.periods.times[i - 1]), std::isfinite(y) ? y : NAN});
    values.push_back(points.back().y);
  }
  Plot plot;
  plot.width = 510;
  plot.height = 190;
  plot.left = 48;
  plot.x0 = at(sheet.periods.times.front());
  plot.x1 = std::max(at(sheet.periods.times.back()), plot.x0 + 1);
  if (sharpe) values.push_back(0);
  plot.fit_y(values);
  for (const auto& tick : time_ticks(plot.x0, plot.x1, 5)) plot.tick_under(tick.time, tick.label);
  if (sharpe)
    plot.horizontal_grid([](double v) { return signed_text(fmt::format("{:.3g}", v)); }, 4);
  else
    plot.horizontal_grid(axis_percent, 4);
  if (sharpe) plot.level(0, "zero");
  plot.line(points.size() > 1'000 ? thinned(points) : points, "main");
  return head + plot.svg(title);
}

// --- activity --------------------------------------------------------------------------------------------------------

std::string exposure_section(const Sheet& sheet) {
  if (!sheet.has_curve()) return {};
  constexpr std::size_t kBuckets = 180;
  const double from = sheet.from(), step = (sheet.to() - from) / kBuckets;
  std::array<double, kBuckets> held{};
  for (const auto& span : sheet.held) {
    const double a = std::clamp(at(span.from), from, sheet.to()), b = std::clamp(at(span.to), from, sheet.to());
    for (auto i = static_cast<std::size_t>((a - from) / step); i < kBuckets; ++i) {
      const double begin = from + step * static_cast<double>(i);
      if (begin >= b) break;
      held[i] += (std::min(b, begin + step) - std::max(a, begin)) / step;
    }
  }
  Plot plot;
  plot.height = 92;
  plot.x0 = from;
  plot.x1 = sheet.to();
  plot.time_axis();
  plot.horizontal_grid(axis_percent, 2);
  std::vector<PlotPoint> steps;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    const double x = from + step * static_cast<double>(i), y = std::min(held[i], 1.0);
    steps.push_back({x, y});
    steps.push_back({x + step, y});
  }
  plot.area_to(steps, 0, "held");
  return section(heading(sheet.t("Exposure"),
                         sheet.t("share of the time with a position") + " · " + percent(sheet.s.exposure_time, 1)) +
                 plot.svg(sheet.t("Exposure")));
}

template <std::size_t N>
std::string slice_bars(const Sheet& sheet, const std::string& title, const std::array<Slice, N>& slices,
                       const std::function<std::string(std::size_t)>& label, std::size_t label_every) {
  if (sheet.run.trades.empty()) return heading(title) + too_little(sheet);
  std::vector<double> values{0};
  for (const auto& s : slices) values.push_back(s.pnl);
  Plot plot;
  plot.width = 510;
  plot.height = 190;
  plot.left = 62;
  plot.x0 = 0;
  plot.x1 = N;
  plot.fit_y(values);
  plot.horizontal_grid(compact, 4);
  plot.level(0, "zero");
  for (std::size_t i = 0; i < N; ++i) {
    const double x = static_cast<double>(i);
    if (slices[i].trades > 0)
      plot.bar(x + 0.14, x + 0.86, 0, slices[i].pnl, slices[i].pnl < 0 ? "loss" : "gain",
               fmt::format("{}: {} {}, {} {:.0f}", label(i), amount(slices[i].pnl, sheet.run.currency),
                           sheet.run.currency, sheet.t("Trades"), slices[i].trades));
    if (i % label_every == 0) plot.tick_under(x + 0.5, label(i));
  }
  return heading(title, sheet.run.currency) + plot.svg(title);
}

std::string clock_section(const Sheet& sheet) {
  static constexpr std::array<const char*, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  return pair(slice_bars(
                  sheet, sheet.t("Profit by hour of entry"), sheet.s.by_hour,
                  [](std::size_t i) { return fmt::format("{:02}", i); }, 3),
              slice_bars(
                  sheet, sheet.t("Profit by weekday of entry"), sheet.s.by_weekday,
                  [&](std::size_t i) { return sheet.t(kDays[i]); }, 1));
}

std::string drawdown_table(const Sheet& sheet) {
  auto list = sheet.s.drawdowns;
  std::stable_sort(list.begin(), list.end(), [](const Drawdown& a, const Drawdown& b) { return a.depth > b.depth; });
  const std::string head = heading(sheet.t("Deepest drawdowns"));
  if (list.empty()) return head + too_little(sheet);
  // The year or the minute is left out, so that all five columns are seen: the header has the period.
  const bool days = sheet.s.duration >= 28 * 86'400.0;
  const auto when = [&](UnixNanos t) { return days ? minute(t).substr(0, 10) : minute(t).substr(5); };
  std::string rows;
  for (std::size_t i = 0; i < list.size() && i < 8; ++i) {
    const auto& d = list[i];
    rows += fmt::format(
        "<tr><td class=\"l\">{}</td><td class=\"l\">{}</td><td class=\"l\">{}</td><td>{}</td>"
        "<td class=\"loss\">{}</td></tr>",
        when(d.peak_time), when(d.trough_time), d.recovered ? when(d.end_time) : escaped(sheet.t("not yet")),
        length(at(d.end_time - d.peak_time) / 1e9), percent(-d.depth));
  }
  return head + fmt::format(
                    "<div class=\"scroll\"><table><thead><tr><th class=\"l\">{}</th><th class=\"l\">{}</th>"
                    "<th class=\"l\">{}</th><th>{}</th><th>{}</th></tr></thead><tbody>{}</tbody></table></div>",
                    escaped(sheet.t("Peak")), escaped(sheet.t("Trough")), escaped(sheet.t("Recovered")),
                    escaped(sheet.t("Length")), escaped(sheet.t("Depth")), rows);
}

std::string slice_table(const Sheet& sheet, const std::string& title, const std::vector<Slice>& slices) {
  if (slices.empty()) return heading(title) + too_little(sheet);
  std::string rows;
  for (std::size_t i = 0; i < slices.size() && i < 20; ++i) {
    const auto& s = slices[i];
    rows += fmt::format("<tr><td class=\"l\">{}</td><td>{:.0f}</td><td>{}</td><td class=\"{}\">{}</td><td>{}</td></tr>",
                        escaped(std::string{setting_name(sheet.language, s.key)}), s.trades, percent(s.win_rate(), 1),
                        sign_style(s.pnl), amount(s.pnl, sheet.run.currency), plain(s.profit_factor()));
  }
  return heading(title) +
         fmt::format(
             "<div class=\"scroll\"><table><thead><tr><th class=\"l\">{}</th><th>{}</th><th>{}</th><th>{}</th>"
             "<th>{}</th></tr></thead><tbody>{}</tbody></table></div>",
             escaped(sheet.t("Name")), escaped(sheet.t("Count")), escaped(sheet.t("Win rate")),
             escaped(sheet.t("Profit")), escaped(sheet.t("Profit factor")), rows);
}

// --- monte carlo -----------------------------------------------------------------------------------------------------

std::string fan(const Sheet& sheet, const MonteCarlo& m) {
  Plot plot;
  plot.width = 510;
  plot.height = 230;
  plot.left = 56;
  plot.x0 = 0;
  plot.x1 = static_cast<double>(m.low.size() - 1);
  std::vector<double> values(m.low);
  values.insert(values.end(), m.high.begin(), m.high.end());
  for (double& v : values) v -= 1;
  plot.fit_y(values);
  plot.horizontal_grid(axis_percent);
  plot.level(0, "dash");
  const auto curve = [](const std::vector<double>& wealth) {
    std::vector<PlotPoint> points;
    for (std::size_t i = 0; i < wealth.size(); ++i) points.push_back({static_cast<double>(i), wealth[i] - 1});
    return points;
  };
  plot.area(curve(m.high), curve(m.low), "band");
  plot.line(curve(m.middle), "main");
  plot.text(plot.width - plot.right, plot.height - 7, "5 – 50 – 95 %", "end");
  return plot.svg(sheet.t("Monte Carlo"));
}

std::string monte_carlo_section(const Sheet& sheet) {
  const auto boot = monte_carlo(sheet.periods.simple.size() >= 20 ? sheet.periods.simple : trade_changes(sheet.run));
  const auto shuffle = monte_carlo(trade_changes(sheet.run), {.method = MonteCarloMethod::Shuffle});
  if (boot.steps < 20) return {};
  const std::string small =
      fmt::format("{} {} {} {} · {} {}", boot.options.paths, sheet.t("paths from blocks of"), boot.options.block,
                  sheet.t("returns drawn with replacement"), sheet.t("seed"), boot.options.seed);
  std::string rows;
  for (std::size_t i = 0; i < kMonteCarloPercentiles.size(); ++i) {
    rows += fmt::format("<tr><td class=\"l\">{:.0f} %</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                        kMonteCarloPercentiles[i] * 100, percent(boot.total_return[i]), percent(boot.max_drawdown[i]),
                        shuffle.steps == 0 ? kNothing : percent(shuffle.max_drawdown[i]));
  }
  const auto name = [&](std::string_view key) { return escaped(metric_text(sheet.language, key).name); };
  const std::string table = fmt::format(
      "<div class=\"scroll\"><table><thead><tr><th></th><th colspan=\"2\">{}</th><th>{}</th></tr><tr><th "
      "class=\"l\">{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>{}</tbody></table></div><p "
      "class=\"note\">{} {}</p>",
      escaped(sheet.t("Same days, drawn again")), escaped(sheet.t("Trades in random order")),
      escaped(sheet.t("Percentile")), name("total_return"), name("max_drawdown"), name("max_drawdown"), rows,
      escaped(sheet.t("Probability of a loss")), percent(boot.probability_of_loss, 1));
  return pair(heading(sheet.t("Monte Carlo"), small) + fan(sheet, boot), table);
}

// --- prices ----------------------------------------------------------------------------------------------------------

std::vector<Bar> candles(const std::vector<Bar>& bars) {
  const std::size_t group = (bars.size() + kCandles - 1) / kCandles;
  std::vector<Bar> merged;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    if (i % group == 0) {
      merged.push_back(bars[i]);
      continue;
    }
    Bar& b = merged.back();
    b.high = std::max(b.high, bars[i].high);
    b.low = std::min(b.low, bars[i].low);
    b.close = bars[i].close;
  }
  return merged;
}

/// An even sample of the fills as triangles; how many were drawn.
std::size_t draw_marks(Plot& plot, const std::vector<const Fill*>& fills, const Instrument& instrument) {
  const std::size_t every = (fills.size() + kMarks - 1) / kMarks;
  std::size_t drawn = 0;
  for (std::size_t i = 0; i < fills.size(); i += every, ++drawn) {
    const Fill& f = *fills[i];
    const bool buy = f.side == Side::Buy;
    plot.mark(at(f.time), to_double(f.price.value, instrument.price_decimals), buy, buy ? "buy" : "sell",
              fmt::format("{}  {} {} @ {}", second(f.time), buy ? "buy" : "sell",
                          format_decimal_trimmed(f.quantity.value, instrument.quantity_decimals),
                          format_decimal_trimmed(f.price.value, instrument.price_decimals)));
  }
  return drawn;
}

std::string price_section(const Sheet& sheet, const Plot& plot, const Instrument& instrument, std::string_view title,
                          std::size_t drawn, std::size_t fills) {
  std::string small = instrument.id;
  if (drawn < fills) small += fmt::format(" · {} {} {} {}", drawn, sheet.t("of"), fills, sheet.t("fills drawn"));
  return section(heading(sheet.t(title), small) + plot.svg(instrument.id));
}

/// A run over ticks keeps no bars: what is known of the price are its fills.
std::string fill_chart(const Sheet& sheet, InstrumentIndex index) {
  const Instrument& instrument = sheet.run.instruments[index];
  std::vector<const Fill*> fills;
  for (const auto& f : sheet.run.fills)
    if (f.instrument == index) fills.push_back(&f);
  if (fills.size() < 2 || !sheet.has_curve()) return {};
  std::vector<PlotPoint> points;
  std::vector<double> values;
  for (const Fill* f : fills) {
    values.push_back(to_double(f->price.value, instrument.price_decimals));
    points.push_back({at(f->time), values.back()});
  }
  Plot plot;
  plot.height = 340;
  plot.x0 = sheet.from();
  plot.x1 = sheet.to();
  plot.fit_y(values);
  plot.time_axis();
  plot.horizontal_grid(compact);
  plot.line(thinned(points), "line thin");
  return price_section(sheet, plot, instrument, "Price at our fills", draw_marks(plot, fills, instrument),
                       fills.size());
}

std::string price_chart(const Sheet& sheet, const PriceSeries& series) {
  const Instrument& instrument = sheet.run.instruments[series.instrument];
  if (series.bars.size() < 2) return {};
  const auto bars = candles(series.bars);
  const auto price = [&](Price p) { return to_double(p.value, instrument.price_decimals); };
  const double width = at(bars.back().time - bars.front().time) / static_cast<double>(bars.size() - 1);
  Plot plot;
  plot.height = 340;
  plot.x0 = at(bars.front().time);
  plot.x1 = at(bars.back().time) + width;
  std::vector<double> values;
  for (const auto& b : bars) values.push_back(price(b.low)), values.push_back(price(b.high));
  plot.fit_y(values);
  plot.time_axis();
  plot.horizontal_grid(compact);
  for (const auto& b : bars) {
    const bool up = b.close >= b.open;
    const double x = at(b.time), middle = x + width / 2;
    plot.bar(middle - width * 0.04, middle + width * 0.04, price(b.low), price(b.high), up ? "gain" : "loss");
    plot.bar(x + width * 0.16, x + width * 0.84, price(b.open), price(b.close), up ? "gain" : "loss");
  }
  std::vector<const Fill*> fills;
  for (const auto& f : sheet.run.fills)
    if (f.instrument == series.instrument && at(f.time) >= plot.x0 && at(f.time) <= plot.x1) fills.push_back(&f);
  return price_section(sheet, plot, instrument, "Price and fills", draw_marks(plot, fills, instrument), fills.size());
}

std::string price_sections(const Sheet& sheet) {
  std::string text;
  for (std::size_t i = 0; i < sheet.run.prices.size() && i < kPriceCharts; ++i)
    text += price_chart(sheet, sheet.run.prices[i]);
  if (sheet.run.prices.empty())
    for (std::size_t i = 0; i < sheet.run.instruments.size() && i < kPriceCharts; ++i)
      text += fill_chart(sheet, static_cast<InstrumentIndex>(i));
  return text;
}

// --- tables ----------------------------------------------------------------------------------------------------------

std::string trade_row(const Sheet& sheet, const Trade& t, std::size_t number, bool printed) {
  const Instrument& i = sheet.run.instruments[t.instrument];
  const double held = at(t.exit_time - t.entry_time) / 1e9;
  return fmt::format(
      "<tr{}><td data-v=\"{}\">{}</td><td class=\"l\" data-v=\"{}\">{}</td><td class=\"l\" data-v=\"{}\">{}</td><td "
      "class=\"l\">{}</td><td class=\"l\">{}</td><td data-v=\"{}\">{}</td><td data-v=\"{}\">{}</td><td "
      "data-v=\"{}\">{}</td><td class=\"{}\" data-v=\"{}\">{}</td><td class=\"{}\" data-v=\"{}\">{}</td><td "
      "data-v=\"{}\">{}</td><td data-v=\"{}\">{}</td><td class=\"l\">{}</td></tr>",
      printed ? "" : " class=\"more\"", number, number, t.entry_time, second(t.entry_time), t.exit_time,
      second(t.exit_time), escaped(i.symbol()), escaped(sheet.t(t.side == Side::Buy ? "long" : "short")),
      t.quantity.value, format_decimal_trimmed(t.quantity.value, i.quantity_decimals), t.entry_price.value,
      format_decimal_trimmed(t.entry_price.value, i.price_decimals), t.exit_price.value,
      format_decimal_trimmed(t.exit_price.value, i.price_decimals), sign_style(money(t.pnl)), money(t.pnl),
      amount(money(t.pnl), sheet.run.currency), sign_style(t.return_on_entry), t.return_on_entry,
      percent(t.return_on_entry), money(t.fee), amount(money(t.fee), sheet.run.currency), held, length(held),
      escaped(std::string{setting_name(sheet.language, t.exit_reason)}));
}

std::string trades_section(const Sheet& sheet) {
  const auto& trades = sheet.run.trades;
  if (trades.empty()) return {};
  std::string rows;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < trades.size(); ++i) {
    const bool first = i < kTradeRows / 2, last = i + kTradeRows / 2 >= trades.size();
    if (!first && !last) continue;
    rows += trade_row(sheet, trades[i], i + 1, shown++ < kPrintedRows);
  }
  std::string head;
  for (const auto& [title, left] : std::initializer_list<std::pair<const char*, bool>>{{"Entry", true},
                                                                                       {"Exit", true},
                                                                                       {"Instrument", true},
                                                                                       {"Side", true},
                                                                                       {"Quantity", false},
                                                                                       {"Entry price", false},
                                                                                       {"Exit price", false},
                                                                                       {"Profit", false},
                                                                                       {"Return", false},
                                                                                       {"Fee", false},
                                                                                       {"Held", false},
                                                                                       {"Reason", true}})
    head += fmt::format("<th{}>{}</th>", left ? " class=\"l\"" : "", escaped(sheet.t(title)));
  std::string notes;
  if (shown < trades.size())
    notes +=
        "<p class=\"note\">" + escaped(sheet.t("Shown are the first and last trades; all are in trades.csv.")) + "</p>";
  if (shown > kPrintedRows)
    notes += "<p class=\"note paper\">" + escaped(sheet.t("Print shows the first 40; all are in trades.csv.")) + "</p>";
  return section(heading(sheet.t("Round trips"), plain(static_cast<double>(trades.size()), 0)) + notes +
                     "<div class=\"scroll\"><table class=\"sort\"><thead><tr><th>#</th>" + head +
                     "</tr></thead><tbody>" + rows + "</tbody></table></div>",
                 "long");
}

std::string statistics_section(const Sheet& sheet) {
  struct Group {
    const char* title;
    const char* first;
  };
  static constexpr auto kGroups = std::to_array<Group>({{"Period and capital", "start_time_ns"},
                                                        {"Return", "net_profit"},
                                                        {"Risk", "annual_volatility"},
                                                        {"Activity", "exposure_time"},
                                                        {"Trades", "trades"},
                                                        {"Benchmark", "benchmark_return"}});
  std::string groups;
  for (const auto& m : metrics()) {
    if (m.slice != nullptr) continue;
    for (const auto& g : kGroups) {
      if (m.key != g.first) continue;
      if (!groups.empty()) groups += "</tbody></table></div>";
      groups += "<div><h3>" + escaped(sheet.t(g.title)) +
                "</h3><table><colgroup><col class=\"a\"><col class=\"b\"><col></colgroup><tbody>";
    }
    const auto words = metric_text(sheet.language, m.key);
    groups += fmt::format("<tr><td class=\"l\" title=\"{}\">{}</td><td>{}</td><td class=\"w\">{}</td></tr>",
                          escaped(m.key + " = " + m.formula), escaped(words.name), escaped(sheet.figure_of(m)),
                          escaped(words.definition));
  }
  return section(heading(sheet.t("All statistics"), sheet.t("Conventions") + ": " + sheet.s.conventions) +
                     "<div class=\"groups\">" + groups + "</tbody></table></div></div>",
                 "long");
}

std::string proof_section(const Sheet& sheet) {
  const auto& run = sheet.run;
  std::string rows;
  const auto row = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) rows += "<tr><td>" + escaped(key) + "</td><td><code>" + escaped(value) + "</code></td></tr>";
  };
  for (const auto& [key, value] : run.configuration) row(std::string{setting_name(sheet.language, key)}, value);
  row(sheet.t("Data hash"), run.data_hash);
  row(sheet.t("Journal hash"), run.journal_hash);
  row(sheet.t("Version"), run.version);
  row(sheet.t("Conventions"), sheet.s.conventions);
  return section(heading(sheet.t("Settings and proof")) + "<table class=\"proof\"><tbody>" + rows +
                     "</tbody></table><p class=\"note\">" +
                     escaped(sheet.t("The same data and settings give the same journal, byte for byte; its hash "
                                     "proves it.")) +
                     "</p>",
                 "long");
}

Language language_of(const std::string& lang) { return lang == "ko" ? Language::Korean : Language::English; }

}  // namespace

std::vector<std::string> warnings_of(const RunResult& run, const Statistics& s) {
  std::vector<std::string> list;
  if (run.canceled) list.emplace_back("The run was interrupted: what is here ends early.");
  if (s.trades == 0)
    list.emplace_back("There are no trades.");
  else if (s.trades < 30)
    list.emplace_back("Few trades: below 30, a win rate or profit factor is mostly chance.");
  if (s.trades > 0 && s.best_day_profit_share > 0.5 && s.duration > 2 * 86'400.0)
    list.emplace_back("More than half of the profit was made on one day.");
  if (std::isfinite(s.annual_return) && s.duration < 90 * 86'400.0)
    list.emplace_back("Less than 90 days: annual figures are scaled up from little.");
  if (s.sharpe_ratio > 0 && s.probabilistic_sharpe_ratio < 0.95)
    list.emplace_back("The Sharpe ratio cannot be told from zero at 95 %.");
  if (s.fees_paid > 0 && s.net_profit + s.fees_paid > 0 && s.fees_paid > s.net_profit + s.fees_paid)
    list.emplace_back("Fees are larger than the profit before fees.");
  if (!run.open.empty()) list.emplace_back("Positions are still open at the end; they count at the market.");
  const auto loses = [&](const std::vector<EquityPoint>& curve) {
    return !curve.empty() && money(curve.back().equity) < s.equity_initial;
  };
  if (s.net_profit > 0 && (loses(run.pessimistic) || loses(run.optimistic)))
    list.emplace_back("With another queue model the run loses money where it wins with its own.");
  if (!run.equity.empty() && !std::isfinite(s.annual_return))
    list.emplace_back("Too short for annual figures and ratios: they are left empty, not guessed.");
  if (std::any_of(run.instruments.begin(), run.instruments.end(),
                  [](const Instrument& i) { return i.id.starts_with(kGenerated); }))
    list.emplace_back("Generated data: the result says nothing about a real market's past.");
  list.insert(list.end(), run.warnings.begin(), run.warnings.end());
  return list;
}

std::string tear_sheet(const RunResult& whole, const Statistics& statistics, const Conventions& conventions,
                       const TearSheetOptions& options) {
  const CountedPart counted{whole};
  const RunResult& result = *counted;
  const Sheet sheet{result,
                    statistics,
                    conventions,
                    language_of(options.lang),
                    periods_of(result, result.equity, conventions),
                    held_spans(whole)};
  const std::string title = result.strategy.empty() ? result.id : result.strategy;
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{} · STOM</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" "
      "content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'\">\n<style>{}</style></head><body>\n",
      options.lang == "ko" ? "ko" : "en", escaped(title), tear_sheet_style());
  page += header(sheet);
  page += key_figures(sheet);
  page += warnings(sheet);
  page += equity_section(sheet);
  page += monthly_section(sheet);
  page += pair(distribution(sheet), drawdown_table(sheet));
  if (sheet.periods.returns.size() >= 40) page += pair(rolling(sheet, true), rolling(sheet, false));
  page += price_sections(sheet);
  page += exposure_section(sheet);
  page += clock_section(sheet);
  page += monte_carlo_section(sheet);
  if (!result.trades.empty())
    page += pair(slice_table(sheet, sheet.t("By instrument"), statistics.by_symbol),
                 slice_table(sheet, sheet.t("By exit reason"), statistics.by_exit_reason));
  page += statistics_section(sheet);
  page += proof_section(sheet);
  page += trades_section(sheet);
  page += "<footer><span>" + escaped(sheet.t("Times are UTC.")) + " " +
          escaped(sheet.t("Simulated results are not a promise of real ones.")) + "</span><span>STOM " +
          escaped(result.version) + "</span></footer>\n<div id=\"tip\"></div>\n<script>";
  page += tear_sheet_script();
  return page + "</script></body></html>\n";
}

std::string tear_sheet_markdown(const RunResult& whole, const Statistics& statistics, const TearSheetOptions& options) {
  const CountedPart counted{whole};
  const RunResult& result = *counted;
  const Sheet sheet{result, statistics, {}, language_of(options.lang), {}, {}};
  // A cell may hold anything a user typed: what means something to Markdown is escaped.
  const auto cell = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '\n' || c == '\r') {
        out += ' ';
        continue;
      }
      if (c == '<') {
        out += "&lt;";
        continue;
      }
      if (std::string_view{"\\`*_[]>|#"}.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
    return out;
  };
  std::string text = "# " + cell(result.strategy.empty() ? result.id : result.strategy) + "\n\n";
  for (const auto& i : result.instruments) text += cell(i.id) + " ";
  if (!result.equity.empty())
    text += "· " + minute(result.equity.front().time) + " – " + minute(result.equity.back().time) + " UTC";
  text += "\n";
  const auto list = warnings_of(result, statistics);
  if (!list.empty()) text += "\n";
  for (const auto& w : list) text += "> " + cell(translated_warning(sheet.language, w)) + "  \n";
  text += "\n| " + sheet.t("Statistic") + " | " + sheet.t("Value") + " |\n|---|---:|\n";
  for (const auto& m : metrics()) {
    if (m.slice != nullptr) continue;
    text += "| " + std::string{metric_text(sheet.language, m.key).name} + " | " + sheet.figure_of(m) + " |\n";
  }
  text += "\n| " + sheet.t("Setting") + " | " + sheet.t("Value") + " |\n|---|---|\n";
  const auto row = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) text += "| " + cell(key) + " | " + cell(value) + " |\n";
  };
  for (const auto& [key, value] : result.configuration) row(setting_name(sheet.language, key), value);
  row(sheet.t("Data hash"), result.data_hash);
  row(sheet.t("Journal hash"), result.journal_hash);
  row(sheet.t("Version"), result.version);
  row(sheet.t("Conventions"), statistics.conventions);
  return text;
}

}  // namespace stom
