// The pages of the strategies say what the program says.
#include "strategies/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace stom::test {
namespace {

using ::testing::HasSubstr;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

const std::filesystem::path kPages = std::filesystem::path{STOM_SOURCE_DIR} / "docs" / "strategies";

/// The strategies that have a page, by the names of the pages.
std::vector<std::string> strategies_with_a_page() {
  std::vector<std::string> names;
  for (const auto& item : std::filesystem::directory_iterator{kPages}) {
    const std::string name = item.path().stem().string();
    // Pages about all strategies.
    if (name != "README" && name != "plugins" && name != "sizing") names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

TEST(StrategyPages, EachThatComesWithStomHasOne) {
  EXPECT_THAT(
      strategies_with_a_page(),
      ::testing::IsSupersetOf({"bollinger_reversion", "book_imbalance", "donchian_breakout", "ema_cross", "grid",
                               "idle", "market_maker", "mm_keep", "mm_replace", "momentum_rotation", "pairs",
                               "rsi_reversion", "sma_cross", "volatility_breakout", "vwap_reversion"}));
}

class StrategyPage : public ::testing::TestWithParam<std::string> {
 protected:
  std::string text() const { return text_of(kPages / (GetParam() + ".md")); }
};

TEST_P(StrategyPage, SaysWhenItLosesAndHowToTryIt) {
  EXPECT_THAT(text(), HasSubstr("# " + GetParam() + ": "));
  EXPECT_THAT(text(), HasSubstr("## When it wins, when it loses"));
  EXPECT_THAT(text(),
              HasSubstr("```sh\nstom data gen --demo --quiet\nstom backtest run --strategy " + GetParam() + " "));
  EXPECT_THAT(text_of(kPages / "README.md"), HasSubstr("[" + GetParam() + "](" + GetParam() + ".md)"));
}

TEST_P(StrategyPage, HasTheParametersOfTheProgramAndTheirDefaults) {
  const StrategyEntry* entry = find_strategy(GetParam());
  ASSERT_NE(entry, nullptr) << "the page of a strategy that there is not";
  Parameters declared;
  entry->make(declared);
  for (const auto& parameter : declared.declared())
    EXPECT_THAT(text(), HasSubstr("| `" + parameter.name + "` | " + parameter.default_value + " |"));
}

INSTANTIATE_TEST_SUITE_P(Strategies, StrategyPage, ::testing::ValuesIn(strategies_with_a_page()),
                         [](const auto& test) { return test.param; });

TEST(BuiltInStrategies, StandInOrderOfName) {
  const auto all = built_in_strategies();
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &StrategyEntry::name));
}

}  // namespace
}  // namespace stom::test
