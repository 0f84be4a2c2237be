// The list of indicators, its page, and the tests against other people's values name the same ones.
#include "indicators/registry.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace stom::test {
namespace {

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

// TA-Lib's functions are compared one and all (talib_test.cpp). One is not: VWAP_ROLLING is its definition.
TEST(Indicators, EachThatTaLibHasNotIsComparedWithAnotherLibrary) {
  const std::string comparisons = text_of("src/indicators/oracle_test.cpp");
  const std::string page = text_of("docs/indicators.md");
  std::size_t compared = 0;
  for (const auto& info : indicators()) {
    const std::string name{info.name};
    const auto row = page.find("\n| `" + name + "` |");
    ASSERT_NE(row, std::string::npos) << name;
    if (page.substr(row + 1, page.find('\n', row + 1) - row - 1).ends_with("TA-Lib |") || name == "VWAP_ROLLING")
      continue;
    EXPECT_TRUE(comparisons.contains("\n    {\"" + name + "\", ") || comparisons.contains("\", \"" + name + "\", {"))
        << name;
    ++compared;
  }
  EXPECT_GE(compared, 30u);
}

}  // namespace
}  // namespace stom::test
