#include "core/kept_room.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stom {
namespace {

TEST(KeptRoom, IsThatOfUsualUseAndNoMore) {
  std::vector<int> numbers(100);
  clear_to_usual(numbers, 100);
  EXPECT_TRUE(numbers.empty());
  EXPECT_EQ(numbers.capacity(), 100U);
  numbers.resize(101);
  clear_to_usual(numbers, 100);
  EXPECT_TRUE(numbers.empty());
  EXPECT_EQ(numbers.capacity(), 0U);

  std::string text(5'000, 'x');
  clear_to_usual(text, 4'096);
  EXPECT_TRUE(text.empty());
  EXPECT_LT(text.capacity(), 100U);
}

}  // namespace
}  // namespace stom
