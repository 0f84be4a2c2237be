// Drawing for the tear sheet: one chart as inline SVG. Colours come from the page's style by class, so that a chart
// follows dark, light and print by itself.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stom {

/// Text safe in HTML and SVG, in elements and in quoted attributes.
std::string escaped(std::string_view text);

struct PlotPoint {
  double x;
  double y;
};

/// At most `columns` x 2 points that draw the same: the lowest and highest of each column, and both ends.
std::vector<PlotPoint> thinned(std::span<const PlotPoint> points, std::size_t columns = 500);

/// Round values between two, about `count` of them: steps of 1, 2 or 5.
std::vector<double> round_ticks(double from, double to, int count = 5);

struct TimeTick {
  double time;  // UnixNanos
  std::string label;
};
/// Calendar instants (UTC) between two times, at most `count`, labelled as finely as their distance needs.
std::vector<TimeTick> time_ticks(double from, double to, int count = 10);

class Plot {
 public:
  double width = 1040, height = 300;
  double left = 68, right = 14, top = 10, bottom = 24;
  double x0 = 0, x1 = 1, y0 = 0, y1 = 1;  // the data's range; y1 at the top

  /// Sets y0 and y1 around the values with a little air; a flat line gets some height.
  void fit_y(std::span<const double> values);

  double x(double value) const { return left + (value - x0) / (x1 - x0) * (width - left - right); }
  double y(double value) const { return height - bottom - (value - y0) / (y1 - y0) * (height - top - bottom); }

  using Format = std::function<std::string(double)>;
  void horizontal_grid(const Format& label, int count = 5);
  void time_axis();
  void line(std::span<const PlotPoint> points, std::string_view style);
  /// Between two curves of equal x.
  void area(std::span<const PlotPoint> upper, std::span<const PlotPoint> lower, std::string_view style);
  /// Between a curve and a level.
  void area_to(std::span<const PlotPoint> points, double level, std::string_view style);
  /// From (from_x, from_y) to (to_x, to_y) in data; `title` shows on hover.
  void bar(double from_x, double to_x, double from_y, double to_y, std::string_view style, std::string_view title = {});
  void level(double value, std::string_view style);
  void vertical(double value, std::string_view style);
  /// A triangle at a point, tip up or down, its base `away` pixels off.
  void mark(double at_x, double at_y, bool up, std::string_view style, std::string_view title = {});
  /// Text at pixels; anchor is "start", "middle" or "end".
  void text(double at_x, double at_y, std::string_view words, std::string_view anchor = "start",
            std::string_view style = "tick");
  /// Text under the axis at a data x.
  void tick_under(double at_x, std::string_view words);

  /// The element. `id` lets the page's script find it; `name` is read out to those who cannot see it.
  std::string svg(std::string_view name, std::string_view id = {}) const;

 private:
  std::string path(std::span<const PlotPoint> points, char first) const;
  std::string body_;
};

}  // namespace stom
