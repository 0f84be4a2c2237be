#include "research/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/time.hpp"

namespace stom {
namespace {

struct CalendarStep {
  double length;  // ns, about
  int months;     // or 0
};
constexpr auto kStepsOfTime = std::to_array<CalendarStep>({
    {1.0 * kSecond, 0},      {5.0 * kSecond, 0},      {15.0 * kSecond, 0},       {30.0 * kSecond, 0},
    {1.0 * kMinute, 0},      {5.0 * kMinute, 0},      {15.0 * kMinute, 0},       {30.0 * kMinute, 0},
    {1.0 * kHour, 0},        {3.0 * kHour, 0},        {6.0 * kHour, 0},          {12.0 * kHour, 0},
    {1.0 * kDay, 0},         {2.0 * kDay, 0},         {7.0 * kDay, 0},           {14.0 * kDay, 0},
    {30.4 * kDay, 1},        {91.3 * kDay, 3},        {182.6 * kDay, 6},         {365.25 * kDay, 12},
    {2 * 365.25 * kDay, 24}, {5 * 365.25 * kDay, 60}, {10 * 365.25 * kDay, 120}, {50 * 365.25 * kDay, 600},
});

std::string time_label(UnixNanos t, double step) {
  const std::string text = format_time(t);  // 2024-08-08T23:54:16.298000000Z
  if (step >= 360.0 * kDay) return text.substr(0, 4);
  if (step >= 30.0 * kDay) return text.substr(0, 7);
  if (step >= 1.0 * kDay) return text.substr(5, 5);
  const bool midnight = (t - start_of_day(day_of(t))) == 0;
  if (midnight) return text.substr(5, 5);
  return step >= 1.0 * kMinute ? text.substr(11, 5) : text.substr(11, 8);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::vector<PlotPoint> thinned(std::span<const PlotPoint> points, std::size_t columns) {
  if (points.size() <= 2 * columns) return {points.begin(), points.end()};
  std::vector<PlotPoint> kept;
  kept.reserve(2 * columns + 2);
  const double from = points.front().x, span = points.back().x - from;
  std::size_t i = 0;
  kept.push_back(points.front());
  for (std::size_t column = 0; column < columns; ++column) {
    const double end = from + span * static_cast<double>(column + 1) / static_cast<double>(columns);
    const PlotPoint *low = nullptr, *high = nullptr;
    for (; i < points.size() && (points[i].x <= end || column + 1 == columns); ++i) {
      if (low == nullptr || points[i].y < low->y) low = &points[i];
      if (high == nullptr || points[i].y > high->y) high = &points[i];
    }
    if (low == nullptr) continue;
    kept.push_back(*std::min(low, high));
    if (low != high) kept.push_back(*std::max(low, high));
  }
  kept.push_back(points.back());
  return kept;
}

std::vector<double> round_ticks(double from, double to, int count) {
  const double rough = (to - from) / count;
  if (!(rough > 0) || !std::isfinite(rough)) return {};
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double part = rough / power;
  const double step = power * (part <= 1.4 ? 1 : part <= 3.2 ? 2 : part <= 7 ? 5 : 10);
  std::vector<double> ticks;
  for (double k = std::ceil(from / step); k * step <= to + step * 1e-9; ++k) ticks.push_back(k == 0 ? 0 : k * step);
  return ticks;
}

std::vector<TimeTick> time_ticks(double from, double to, int count) {
  std::vector<TimeTick> ticks;
  if (!(to > from)) return ticks;
  auto step = kStepsOfTime.begin();
  while (step + 1 != kStepsOfTime.end() && (to - from) / step->length > count) ++step;
  if (step->months == 0) {
    for (double t = std::ceil(from / step->length) * step->length; t <= to; t += step->length)
      ticks.push_back({t, time_label(static_cast<UnixNanos>(t), step->length)});
    return ticks;
  }
  const auto first = civil_of_day(day_of(static_cast<UnixNanos>(from)));
  for (int month = (first.year * 12 + first.month - 1) / step->months * step->months;; month += step->months) {
    const auto t = start_of_day(day_of_civil(month / 12, month % 12 + 1, 1));
    if (static_cast<double>(t) > to) return ticks;
    if (static_cast<double>(t) >= from) ticks.push_back({static_cast<double>(t), time_label(t, step->length)});
  }
}

void Plot::fit_y(std::span<const double> values) {
  double low = INFINITY, high = -INFINITY;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (!(low <= high)) low = 0, high = 1;
  const double air = high > low ? (high - low) * 0.06 : std::max(std::abs(high) * 0.01, 1e-9);
  y0 = low - air;
  y1 = high + air;
}

void Plot::horizontal_grid(const Format& label, int count) {
  for (const double v : round_ticks(y0, y1, count)) {
    body_ += fmt::format(R"(<line class="grid" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)", left, width - right,
                         y(v), y(v));
    text(left - 8, y(v) + 3.5, label(v), "end");
  }
}

void Plot::time_axis() {
  for (const auto& tick : time_ticks(x0, x1)) {
    const double at = x(tick.time);
    body_ += fmt::format(R"(<line class="grid faint" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>)", at, top,
                         height - bottom);
    if (at > left + 14 && at < width - right - 14) text(at, height - 7, tick.label, "middle");
  }
}

std::string Plot::path(std::span<const PlotPoint> points, char first) const {
  std::string d;
  char command = first;
  for (const auto& p : points) {
    if (!std::isfinite(p.y)) {
      command = 'M';
      continue;
    }
    fmt::format_to(std::back_inserter(d), "{}{:.1f} {:.1f}", command, x(p.x), y(p.y));
    command = 'L';
  }
  return d;
}

void Plot::line(std::span<const PlotPoint> points, std::string_view style) {
  body_ += fmt::format(R"(<path class="line {}" d="{}"/>)", style, path(points, 'M'));
}

void Plot::area(std::span<const PlotPoint> upper, std::span<const PlotPoint> lower, std::string_view style) {
  std::vector<PlotPoint> back(lower.rbegin(), lower.rend());
  body_ += fmt::format(R"(<path class="area {}" d="{}{}Z"/>)", style, path(upper, 'M'), path(back, 'L'));
}

void Plot::area_to(std::span<const PlotPoint> points, double to, std::string_view style) {
  if (points.empty()) return;
  const std::array base{PlotPoint{points.front().x, to}, PlotPoint{points.back().x, to}};
  area(points, base, style);
}

void Plot::bar(double from_x, double to_x, double from_y, double to_y, std::string_view style, std::string_view title) {
  const double a = x(from_x), b = x(to_x), c = y(std::max(from_y, to_y)), d = y(std::min(from_y, to_y));
  body_ += fmt::format(R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">)", style, a, c,
                       std::max(b - a, 0.5), std::max(d - c, 0.5));
  if (!title.empty()) body_ += "<title>" + escaped(title) + "</title>";
  body_ += "</rect>";
}

void Plot::level(double value, std::string_view style) {
  body_ += fmt::format(R"(<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)", style, left,
                       width - right, y(value), y(value));
}

void Plot::vertical(double value, std::string_view style) {
  body_ += fmt::format(R"(<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)", style, x(value),
                       x(value), top, height - bottom);
}

void Plot::mark(double at_x, double at_y, bool up, std::string_view style, std::string_view title) {
  const double a = x(at_x), b = y(at_y), tip = up ? b + 3 : b - 3, base = up ? b + 11 : b - 11;
  body_ += fmt::format(R"(<path class="{}" d="M{:.1f} {:.1f}L{:.1f} {:.1f}L{:.1f} {:.1f}Z">)", style, a, tip, a - 4.2,
                       base, a + 4.2, base);
  if (!title.empty()) body_ += "<title>" + escaped(title) + "</title>";
  body_ += "</path>";
}

void Plot::text(double at_x, double at_y, std::string_view words, std::string_view anchor, std::string_view style) {
  body_ += fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", style, at_x, at_y,
                       anchor, escaped(words));
}

void Plot::tick_under(double at_x, std::string_view words) { text(x(at_x), height - 7, words, "middle"); }

std::string Plot::svg(std::string_view name, std::string_view id) const {
  const std::string identity =
      id.empty() ? ""
                 : fmt::format(R"( id="{}" data-left="{}" data-right="{}" data-top="{}" data-bottom="{}")", id, left,
                               width - right, top, height - bottom);
  return fmt::format(R"(<svg class="plot{}" viewBox="0 0 {} {}" role="img" aria-label="{}"{}>{}</svg>)",
                     width > 800 ? " wide" : "", width, height, escaped(name), identity, body_);
}

}  // namespace stom
