// Every built-in strategy has its page, and the page says what the program says.
#include "strategies/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace stom::test {
namespace {

using ::testing::HasSubstr;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

class BuiltIn : public ::testing::TestWithParam<StrategyEntry> {
 protected:
  std::string name() const { return std::string{GetParam().name}; }
  std::string page() const {
    return text_of(std::filesystem::path{STOM_SOURCE_DIR} / "docs" / "strategies" / (name() + ".md"));
  }
};

TEST_P(BuiltIn, HasAPageThatSaysWhenItLosesAndHowToTryIt) {
  EXPECT_THAT(page(), HasSubstr("# " + name() + ": "));
  EXPECT_THAT(page(), HasSubstr("## When it wins, when it loses"));
  EXPECT_THAT(page(), HasSubstr("```sh\nstom data gen --demo --quiet\nstom backtest run --strategy " + name() + " "));
  EXPECT_THAT(text_of(std::filesystem::path{STOM_SOURCE_DIR} / "docs/strategies/README.md"),
              HasSubstr("[" + name() + "](" + name() + ".md)"));
}

TEST_P(BuiltIn, HasAPageWithItsParametersAndTheirDefaults) {
  Parameters declared;
  GetParam().make(declared);
  for (const auto& parameter : declared.declared())
    EXPECT_THAT(page(), HasSubstr("| `" + parameter.name + "` | " + parameter.default_value + " |"));
}

INSTANTIATE_TEST_SUITE_P(Strategies, BuiltIn, ::testing::ValuesIn(built_in_strategies()),
                         [](const auto& test) { return std::string{test.param.name}; });

TEST(BuiltInList, StandsInOrderOfName) {
  const auto all = built_in_strategies();
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &StrategyEntry::name));
}

}  // namespace
}  // namespace stom::test
