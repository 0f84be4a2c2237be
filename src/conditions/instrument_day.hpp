// What texts look back at: the rows of one instrument's day, as far as Needs asks for them. Nothing in it crosses the
// day's end but what was asked for as of the buy row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/program.hpp"
#include "indicators/registry.hpp"
#include "indicators/row_windows.hpp"

namespace stom::conditions {

/// Needs as the windows over rows want to know them, for any number of instruments. Outlives their days.
class DayPlan {
 public:
  explicit DayPlan(Needs needs);

 private:
  friend class InstrumentDay;
  struct Series {
    RowPlan plan;
    RowPlan::BuyerId buyer;
  };
  Needs needs_;
  std::vector<Series> series_;
  std::vector<RowPlan::WindowId> windows_;  // of the asks that are known before a text runs
};

class InstrumentDay {
 public:
  InstrumentDay(const DayPlan& plan, bool minute, std::string name, std::string code);

  /// The next row, whose fields `inputs` are; `second` counts from midnight, for bars.
  void add(std::int64_t day, std::uint32_t second, std::span<const double> inputs);
  /// Whether a named condition held on the row that was added last: of each row and each of them.
  void held(std::size_t condition, bool holds) { since_[condition].update(holds); }

  /// The row that was added last is the buy row.
  void bought();
  void sold();

  std::string_view name() const { return name_; }
  std::string_view code() const { return code_; }

  // What the machine asks; kNothing: the text stops.
  double now(std::size_t column) const { return series_[0].values[column]; }
  double asked(std::size_t ask) { return series_[needs_.asks[ask].series].windows.value(plan_.windows_[ask]); }
  double window(std::size_t ask, double rows, double ago) const;
  double since(std::size_t condition) const { return since_[condition].value(); }

 private:
  struct Series {
    RowWindows windows;
    std::vector<double> values;  // of the last row, or of the bar that goes on
    std::optional<std::uint32_t> bar;
  };
  struct Indicator {
    std::unique_ptr<AnyIndicator> running;
    std::vector<double> outputs;
    Ohlcv bar;  // that goes on
    std::optional<std::uint32_t> number;
  };

  void begin_day();
  void add_to_indicator(std::size_t number, std::uint32_t second, const Ohlcv& row);
  void add_to_bars(std::size_t number, std::uint32_t second, std::span<const double> inputs);

  const DayPlan& plan_;
  const Needs& needs_;
  bool minute_;
  std::string name_, code_;
  std::int64_t day_ = -1;
  std::vector<Series> series_;
  std::vector<Indicator> indicators_;
  std::vector<RowsSince> since_;
};

}  // namespace stom::conditions
