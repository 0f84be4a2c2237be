// The list of indicators, its page, and the tests against other people's values name the same ones.
#include "indicators/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace stom::test {
namespace {

using ::testing::HasSubstr;

std::string text_of(const char* file) {
  std::ifstream in{std::filesystem::path{STOM_SOURCE_DIR} / file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(Indicators, ThePageNamesThoseThatThereAre) {
  std::istringstream page{text_of("docs/indicators.md")};
  std::size_t rows = 0;
  bool in_the_list = false;
  for (std::string line; std::getline(page, line);) {
    in_the_list = (in_the_list || line == "## The list") && line != "## How fast they are";
    if (!in_the_list || !line.starts_with("| `")) continue;
    const std::string name = line.substr(3, line.find('`', 3) - 3);
    EXPECT_NE(find_indicator(name), nullptr) << name;
    ++rows;
  }
  EXPECT_GE(rows, 100);
}

// TA-Lib's functions are compared one and all (talib_test.cpp).
TEST(Indicators, EachThatTaLibHasNotIsComparedWithAnotherLibrary) {
  const std::string comparisons = text_of("src/indicators/oracle_test.cpp");
  for (const char* name : {"VWAP", "DONCHIAN", "KELTNER", "SUPERTREND", "ICHIMOKU"}) {
    EXPECT_NE(find_indicator(name), nullptr) << name;
    EXPECT_THAT(comparisons, HasSubstr("    Comparison{\"" + std::string{name} + "\", "));
  }
}

}  // namespace
}  // namespace stom::test
