#include "strategies/parameters.hpp"

#include <gtest/gtest.h>

#include "strategies/registry.hpp"

namespace stom {
namespace {

TEST(Parameters, AMistypedNameIsAnsweredWithTheNearestOne) {
  Parameters p{{{"levles", "5"}}};
  find_strategy("grid")->make(p);
  ASSERT_FALSE(p.check());
  EXPECT_EQ(p.check().error().hint, "did you mean levels?");
}

TEST(Parameters, AValueOutsideItsRangeIsRefusedByName) {
  Parameters p{{{"levels", "0"}}};
  find_strategy("grid")->make(p);
  ASSERT_FALSE(p.check());
  EXPECT_NE(p.check().error().message.find("levels"), std::string::npos);
}

TEST(Parameters, WhatIsNotGivenIsTheDefaultAndIsShown) {
  Parameters p{{{"lots", "3"}}};
  find_strategy("mm_keep")->make(p);
  ASSERT_TRUE(p.check());
  EXPECT_EQ(p.describe(), "interval=100ms lots=3 max=10");
}

TEST(Parameters, OnStoredBarsTheBarsThatNobodyNamedAreThose) {
  Parameters p;
  p.on_stored_bars("1d");
  EXPECT_EQ(p.bars("bar", "1m", "which bars"), (BarSpec{BarKind::Time, kDay}));
  EXPECT_EQ(p.describe(), "bar=1d");
  Parameters named{{{"bar", "7d"}}};
  named.on_stored_bars("1d");
  EXPECT_EQ(named.bars("bar", "1m", "which bars"), (BarSpec{BarKind::Time, 7 * kDay}));
  Parameters unusual;
  unusual.on_stored_bars("session");  // a name that says no length
  unusual.bars("bar", "1m", "which bars");
  EXPECT_TRUE(unusual.check());
}

TEST(Registry, NamesAreSortedAndKnown) {
  EXPECT_EQ(find_strategy("nothing"), nullptr);
  std::string_view last;
  for (const auto& entry : built_in_strategies()) {
    EXPECT_LT(last, entry.name);
    last = entry.name;
  }
}

}  // namespace
}  // namespace stom
