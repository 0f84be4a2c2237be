// What texts look back at: the rows of one instrument's day, as far as Needs asks for them. Nothing in it crosses the
// day's end but what was asked for as of the buy row.
#pragma once

#include <algorithm>
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
  /// `buyers`: how many may hold something at once, each with a buy row of its own.
  explicit DayPlan(Needs needs, std::size_t buyers = 1);

  std::size_t buyers() const { return buyers_; }
  /// Whether InstrumentDay::add() may bring several rows: not where texts ask for bars, which end between them.
  bool takes_blocks() const { return needs_.series.size() == 1; }
  /// Whether InstrumentDay::add() looks at the seconds of its rows: for bars.
  bool reads_seconds() const {
    return !takes_blocks() || std::ranges::any_of(needs_.indicators, &IndicatorNeed::bar_seconds);
  }

 private:
  friend class InstrumentDay;
  struct Series {
    RowPlan plan;
    std::vector<RowPlan::BuyerId> buyers;
  };
  /// An ask that is known before a text runs: its windows, of each buyer one where it is as of the buy row.
  struct Asked {
    std::size_t series;
    std::size_t first, of_each_buyer;  // in windows_
  };
  Needs needs_;
  std::size_t buyers_;
  std::vector<Series> series_;
  std::vector<Asked> asked_;  // by ask
  std::vector<RowPlan::WindowId> windows_;
};

class InstrumentDay {
 public:
  /// `rows_at_once`: the most that one add() brings.
  InstrumentDay(const DayPlan& plan, bool minute, std::string name, std::string code, std::size_t rows_at_once = 1);

  /// The next row, whose fields `inputs` are; `second` counts from midnight, for bars.
  void add(std::int64_t day, std::uint32_t second, std::span<const double> inputs) {
    add(day, {&second, 1}, {.values = inputs.data()});
  }
  /// Rows of one day, in a block; look_from() then goes through them.
  void add(std::int64_t day, std::span<const std::uint32_t> seconds, const RowsView& rows);
  /// What is asked is as of that row of the block; at first of the first.
  void look_from(std::size_t row) {
    row_ = row;
    series_[0].windows.look_from(row);
  }
  /// Whether a named condition held on the row looked from: of each row in turn, and each of them.
  void held(std::size_t condition, bool holds) { since_[condition].update(holds); }

  /// The row looked from is the buy row, of the buyer that is looked as.
  void bought();
  void sold();
  /// Whose buy row a text means.
  void look_as(std::size_t buyer) { buyer_ = buyer; }

  std::string_view name() const { return name_; }
  std::string_view code() const { return code_; }

  // What the machine asks; kNothing: the text stops.
  double now(std::size_t column) const { return outputs_[column * rows_at_once_ + row_]; }
  double asked(std::size_t ask) {
    if (const double* values = of_block_[ask]) return values[row_];
    return ask_now(ask);
  }
  double window(std::size_t ask, double rows, double ago) const;
  double since(std::size_t condition) const { return since_[condition].value(); }

  /// Where now() and asked() look, for code that looks there itself. As long as the row is looked from.
  struct Values {
    const double* const* asked;  // by ask: its values by row of the block; null: asked() works them out
    const double* now;           // by column and row of the block
    std::size_t stride;          // from one column to the next
    std::size_t row;             // of the block
  };
  Values values() const { return {of_block_.data(), outputs_.data(), rows_at_once_, row_}; }

 private:
  struct Series {
    RowWindows windows;
    std::vector<double> values;  // of the bar that goes on
    std::optional<std::uint32_t> bar;
  };
  struct Indicator {
    std::unique_ptr<AnyIndicator> running;
    std::vector<double> outputs;
    Ohlcv bar;  // that goes on
    std::optional<std::uint32_t> number;
  };

  double ask_now(std::size_t ask);
  void begin_day();
  void add_to_indicator(std::size_t number, std::uint32_t second, const Ohlcv& row);
  void add_to_bars(std::size_t number, std::uint32_t second, const RowsView& rows);
  void add_to_indicators(std::span<const std::uint32_t> seconds, const RowsView& rows);

  const DayPlan& plan_;
  const Needs& needs_;
  bool minute_;
  std::string name_, code_;
  std::size_t rows_at_once_;
  std::size_t row_ = 0;  // of the block: the one looked from
  std::size_t buyer_ = 0;
  std::int64_t day_ = -1;
  std::vector<const double*> columns_;   // of the block, by column of the rows
  std::vector<double> outputs_;          // of the block: by column that is an indicator's, row after row
  std::vector<const double*> of_block_;  // by ask: its values as of each row of the block, once it was asked
  std::vector<Series> series_;
  std::vector<Indicator> indicators_;
  std::vector<RowsSince> since_;
};

}  // namespace stom::conditions
