#include "model/corporate_action.hpp"

#include <gtest/gtest.h>

namespace stom {
namespace {

TEST(CorporateAction, ASplitIsAnExactRatioOfNewToOldShares) {
  for (const auto& [text, value] : {std::pair{"4:1", "4:1"},
                                    {"4", "4:1"},
                                    {"4.0", "4:1"},
                                    {"8/2", "4:1"},
                                    {"0.5", "1:2"},
                                    {"1:50", "1:50"},
                                    {"2.002", "1001:500"},
                                    {"1.5:1", "3:2"},
                                    {"1", "1:1"}}) {
    const auto split = parse_split(0, text);
    ASSERT_TRUE(split) << text;
    EXPECT_EQ(split->value(), value) << text;
  }
  EXPECT_EQ(parse_split(16163, "2:1")->text(), "2014-04-03 split 2:1");
}

TEST(CorporateAction, ARatioThatIsZeroNegativeOrTooLargeIsRefusedWithARemedy) {
  for (const char* text : {"", "0", "0:4", "4:0", "-2", "2:-1", "two", "4:", ":4", "4:1:2", "1e3",
                           "99999999999999999999", "9223372036854775807:0.1", "0.0000000000000000001"}) {
    const auto split = parse_split(0, text);
    ASSERT_FALSE(split) << text;
    EXPECT_EQ(split.error().code, Errc::BadData) << text;
    EXPECT_NE(split.error().hint, "") << text;
  }
}

TEST(CorporateAction, ADividendIsAnExactDecimalAboveZero) {
  EXPECT_EQ(parse_dividend(0, "1.50")->value(), "1.5");
  EXPECT_EQ(parse_dividend(0, "354")->value(), "354");
  for (const char* text : {"", "0", "0.00", "-1", "1,5", "99999999999999999999"})
    EXPECT_FALSE(parse_dividend(0, text)) << text;
}

}  // namespace
}  // namespace stom
