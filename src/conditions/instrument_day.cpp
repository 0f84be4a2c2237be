#include "conditions/instrument_day.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "conditions/numbers.hpp"
#include "core/assert.hpp"

namespace stom::conditions {
namespace {

/// Inputs by name, found once.
struct Fields {
  std::size_t price = input_named("현재가");
  std::size_t high = input_named("분봉고가"), low = input_named("분봉저가"), open = input_named("분봉시가");
  std::size_t bought_second = input_named("초당매수수량"), sold_second = input_named("초당매도수량");
  std::size_t bought_minute = input_named("분당매수수량"), sold_minute = input_named("분당매도수량");
};
const Fields& fields() {
  static const Fields all;
  return all;
}

void gather(Gathering gathering, double& bar, double value) {
  switch (gathering) {
    case Gathering::Last:
      bar = value;
      return;
    case Gathering::Highest:
      bar = std::max(bar, value);
      return;
    case Gathering::Lowest:
      bar = std::min(bar, value);
      return;
    case Gathering::Total:
      bar += value;
      return;
  }
}

}  // namespace

DayPlan::DayPlan(Needs needs, std::size_t buyers) : needs_{std::move(needs)}, buyers_{buyers} {
  for (const Needs::Series& of : needs_.series) {
    Series& series = series_.emplace_back(RowPlan{of.columns.size()});
    for (std::size_t i = 0; i < buyers; ++i) series.buyers.push_back(series.plan.add_buyer());
  }
  for (const Ask& ask : needs_.asks) {
    Series& series = series_[ask.series];
    asked_.push_back({ask.series, windows_.size(), 0});
    if (ask.rows == 0) {
      series.plan.open_window(ask.window);
    } else if (ask.ago == -1) {
      asked_.back().of_each_buyer = 1;
      for (const RowPlan::BuyerId buyer : series.buyers)
        windows_.push_back(series.plan.window_at_buy(ask.window, ask.rows, buyer));
    } else {
      windows_.push_back(series.plan.window(ask.window, ask.rows, ask.ago));
    }
  }
}

InstrumentDay::InstrumentDay(const DayPlan& plan, bool minute, std::string name, std::string code,
                             std::size_t rows_at_once)
    : plan_{plan},
      needs_{plan.needs_},
      minute_{minute},
      name_{std::move(name)},
      code_{std::move(code)},
      rows_at_once_{rows_at_once},
      columns_(needs_.series[0].columns.size()),
      outputs_(columns_.size() * rows_at_once),
      of_block_(needs_.asks.size(), nullptr),
      indicators_(needs_.indicators.size()),
      since_(needs_.conditions.size()) {
  STOM_ASSERT(rows_at_once == 1 || plan.takes_blocks());
  for (std::size_t i = 0; i < plan.series_.size(); ++i)
    series_.push_back({.windows = RowWindows{plan.series_[i].plan, rows_at_once},
                       .values = std::vector<double>(i == 0 ? 0 : needs_.series[i].columns.size()),
                       .bar = std::nullopt});
  for (std::size_t i = 0; i < indicators_.size(); ++i)
    if (const IndicatorInfo* info = find_indicator(needs_.indicators[i].name))
      indicators_[i].outputs.resize(info->outputs.size());
}

void InstrumentDay::begin_day() {
  for (Series& series : series_) {
    series.windows.begin_day();
    series.bar.reset();
  }
  for (RowsSince& since : since_) since.begin_day();
  for (std::size_t i = 0; i < indicators_.size(); ++i) {
    auto made = make_indicator(needs_.indicators[i].name, needs_.indicators[i].parameters);
    indicators_[i].running = made ? std::move(*made) : nullptr;
    indicators_[i].number.reset();
    std::ranges::fill(indicators_[i].outputs, kNotReady);
  }
}

void InstrumentDay::add(std::int64_t day, std::span<const std::uint32_t> seconds, const RowsView& rows) {
  STOM_ASSERT(!seconds.empty() && seconds.size() <= rows_at_once_);
  if (day != day_) {
    day_ = day;
    begin_day();
  }
  if (!indicators_.empty()) add_to_indicators(seconds, rows);
  const auto& columns = needs_.series[0].columns;
  for (std::size_t i = 0; i < columns.size(); ++i)
    columns_[i] =
        columns[i].of == ColumnNeed::Of::Field ? rows.column(columns[i].number) : outputs_.data() + i * rows_at_once_;
  series_[0].windows.append(columns_, seconds.size());
  for (std::size_t i = 1; i < series_.size(); ++i) add_to_bars(i, seconds[0], rows);
  row_ = 0;
  std::ranges::fill(of_block_, nullptr);
}

void InstrumentDay::add_to_indicators(std::span<const std::uint32_t> seconds, const RowsView& rows) {
  const Fields& f = fields();
  const auto& columns = needs_.series[0].columns;
  for (std::size_t row = 0; row < seconds.size(); ++row) {
    const double price = rows.at(f.price, row);
    const Ohlcv bar{.open = minute_ ? rows.at(f.open, row) : price,
                    .high = minute_ ? rows.at(f.high, row) : price,
                    .low = minute_ ? rows.at(f.low, row) : price,
                    .close = price,
                    .volume = minute_ ? rows.at(f.bought_minute, row) + rows.at(f.sold_minute, row)
                                      : rows.at(f.bought_second, row) + rows.at(f.sold_second, row)};
    for (std::size_t i = 0; i < indicators_.size(); ++i) add_to_indicator(i, seconds[row], bar);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].of == ColumnNeed::Of::Field) continue;
      const auto& outputs = indicators_[columns[i].number].outputs;
      const double value = columns[i].output < outputs.size() ? outputs[columns[i].output] : kNotReady;
      outputs_[i * rows_at_once_ + row] = std::isnan(value) ? 0 : value;  // TA-Lib has no value yet
    }
  }
}

double InstrumentDay::ask_now(std::size_t ask) {
  const DayPlan::Asked& of = plan_.asked_[ask];
  const RowPlan::WindowId window = plan_.windows_[of.first + of.of_each_buyer * buyer_];
  RowWindows& windows = series_[of.series].windows;
  if (of.series == 0 && of.of_each_buyer == 0 && windows.length() > 0) {
    of_block_[ask] = windows.of_block(window);
    return of_block_[ask][row_];
  }
  return windows.value(window);
}

void InstrumentDay::add_to_indicator(std::size_t number, std::uint32_t second, const Ohlcv& row) {
  Indicator& indicator = indicators_[number];
  if (!indicator.running) return;
  const std::uint32_t seconds = needs_.indicators[number].bar_seconds;
  const auto update = [&](const Ohlcv& bar) {
    indicator.running->update(bar);
    indicator.running->read(indicator.outputs);
  };
  if (seconds == 0) return update(row);
  Ohlcv& bar = indicator.bar;
  const std::uint32_t current = second / seconds;
  if (indicator.number == current) {
    bar = {bar.open, std::max(bar.high, row.high), std::min(bar.low, row.low), row.close, bar.volume + row.volume};
    return;
  }
  if (indicator.number) update(bar);
  indicator.number = current;
  bar = row;
}

void InstrumentDay::add_to_bars(std::size_t number, std::uint32_t second, const RowsView& rows) {
  Series& series = series_[number];
  const auto& columns = needs_.series[number].columns;
  const std::uint32_t current = second / needs_.series[number].bar_seconds;
  const bool goes_on = series.bar == current;
  if (series.bar && !goes_on) series.windows.append(series.values);
  series.bar = current;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const double value = rows.at(columns[i].number, 0);
    if (goes_on) {
      gather(columns[i].gathering, series.values[i], value);
    } else {
      series.values[i] = value;
    }
  }
}

void InstrumentDay::bought() {
  for (std::size_t i = 0; i < series_.size(); ++i)
    if (series_[i].windows.length() > 0) series_[i].windows.bought(plan_.series_[i].buyers[buyer_]);
}

void InstrumentDay::sold() {
  for (std::size_t i = 0; i < series_.size(); ++i) series_[i].windows.sold(plan_.series_[i].buyers[buyer_]);
}

double InstrumentDay::window(std::size_t ask, double rows, double ago) const {
  const auto is_whole = [](double value) { return std::isfinite(value) && value == std::trunc(value); };
  if (!is_whole(rows) || !is_whole(ago) || rows < 1 || ago < -1) return kNothing;
  const Ask& of = needs_.asks[ask];
  const RowWindows& windows = series_[of.series].windows;
  const auto length = static_cast<double>(windows.length());
  if (ago == -1) {
    // The buy row's day may be over, so that its length is not this one's.
    constexpr double kMost = 1e9;
    return rows > kMost ? 0
                        : windows.ask_at_buy(of.window, static_cast<std::int64_t>(rows),
                                             plan_.series_[of.series].buyers[buyer_]);
  }
  if (rows + ago > length) return 0;
  return windows.ask(of.window, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(ago));
}

}  // namespace stom::conditions
