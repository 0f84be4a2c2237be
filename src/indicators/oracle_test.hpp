// Recorded values of other libraries as rows to compare with: TA-Lib (compiled C, two price series) and
// Stock.Indicators. Read from the test data folder; not part of the project.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indicators/input.hpp"

namespace stom::test {

/// One output of one indicator, a value for each bar; NaN where the library has none yet.
struct OracleSeries {
  std::vector<Ohlcv> bars;
  std::vector<std::vector<double>> outputs;
};

inline constexpr const char* kTaLibSeries[] = {"SPY_default_502", "KRW-BTC_upbit_day_first600"};

/// `result` and `outputs` as named in the files; nothing where there is no test data.
std::optional<OracleSeries> stock_indicators(const std::string& result, std::span<const char* const> outputs);

/// The bars that a series of TA-Lib's results was made from; none where there is no test data.
std::vector<Ohlcv> talib_bars(const std::string& series);

/// The bars of one of the two price series.
std::vector<Ohlcv> spy_bars();

/// |ours - theirs| <= 1e-9 |theirs| + absolute, and neither has a value where the other has none.
void expect_equal(double ours, double theirs, double absolute, std::string_view what, std::size_t row);

}  // namespace stom::test
