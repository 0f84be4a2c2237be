// TA-Lib, whole: every function that the recorded results of its compiled C code hold, bar by bar, from the registry. A
// function that is not in the registry fails here, so the list of what is there is the recording itself.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "indicators/oracle_test.hpp"
#include "indicators/registry.hpp"
#include "tests/support/test_data.hpp"

namespace stom::test {
namespace {

constexpr double kExact = 1e-9;

// Where a small result is the difference of large numbers, the recording's own last digits are noise: these are held to
// 1e-9 of the largest value in the file (of 1 where that is less). All others to 1e-9 of each value.
const std::set<std::string> kDifferences{"ADOSC", "STDDEV", "STOCHRSI", "VAR"};

class TaLib : public ::testing::TestWithParam<const char*> {};

std::vector<double> values_of(const simdjson::dom::array& recorded) {
  std::vector<double> values;
  for (const auto value : recorded) {
    if (value.is_null()) {
      values.push_back(kNotReady);
    } else if (value.is_string()) {
      values.push_back(value.get_string().value() == "inf" ? HUGE_VAL : -HUGE_VAL);
    } else {
      values.push_back(value.get_double().value());
    }
  }
  return values;
}

TEST_P(TaLib, GivesTheSameValueOnEveryBar) {
  const auto file = test_data(std::string{"oracles/indicators/talib_generated/"} + GetParam() + ".json");
  if (!file) GTEST_SKIP() << kNoTestData;
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(file->string());
  const auto bars = talib_bars(GetParam());
  ASSERT_EQ(bars.size(), root["rows"].get_uint64().value());
  std::set<std::string> functions;
  for (const auto [result, recorded] : root["results"].get_object()) {
    SCOPED_TRACE(result);
    const std::string name{recorded["fn"].get_string().value()};
    const IndicatorInfo* info = find_indicator(name);
    EXPECT_NE(info, nullptr) << name << " is not in the registry";
    if (info == nullptr) continue;
    functions.insert(name);
    std::vector<double> parameters;
    for (const auto [parameter, value] : recorded["params"].get_object())
      if (parameters.size() < info->parameters.size()) parameters.push_back(value.get_double().value());
    if (result == name) {
      for (std::size_t i = 0; i < parameters.size(); ++i)
        EXPECT_EQ(parameters[i], info->parameters[i].standard) << info->parameters[i].name << ", as TA-Lib has it";
    }
    auto indicator = make_indicator(name, parameters);
    ASSERT_TRUE(indicator) << indicator.error().message;

    std::vector<std::vector<double>> theirs;
    double largest = 1;
    for (const auto [output, values] : recorded["outputs"].get_object()) {
      theirs.push_back(values_of(values.get_array()));
      for (const double value : theirs.back())
        if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
    }
    ASSERT_LE(theirs.size(), info->outputs.size());
    const std::size_t begin = recorded["begin_index"].get_uint64();
    std::vector<double> ours(info->outputs.size());
    for (std::size_t row = 0; row < bars.size(); ++row) {
      Ohlcv bar = bars[row];
      if (name == "OBV") bar.close = bar.high;  // the recording of OBV was made from the highs
      (*indicator)->update(bar);
      (*indicator)->read(ours);
      bool same = true;
      for (std::size_t i = 0; i < theirs.size() && same; ++i) {
        const double expected = row < begin ? kNotReady : theirs[i][row - begin];
        const double allowed = kExact * (kDifferences.contains(name) ? largest : std::abs(expected));
        same =
            std::isnan(expected) ? std::isnan(ours[i]) : ours[i] == expected || std::abs(ours[i] - expected) <= allowed;
        EXPECT_TRUE(same) << info->outputs[i] << " row " << row << ": " << ours[i] << ", TA-Lib " << expected
                          << ", of at most " << largest;
      }
      if (!same) break;  // one row tells it
    }
  }
  EXPECT_EQ(functions.size(), 158u);
}

INSTANTIATE_TEST_SUITE_P(Oracle, TaLib, ::testing::ValuesIn(kTaLibSeries),
                         [](const auto& info) { return std::string{info.param}.substr(0, 3); });

}  // namespace
}  // namespace stom::test
