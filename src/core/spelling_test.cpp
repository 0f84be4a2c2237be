#include "core/spelling.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.hpp"

namespace stom {
namespace {

/// By the definition: every way, without a shortcut.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      std::size_t& here = table[i][j];
      here = i == 0 ? j : i;
      if (i == 0 || j == 0) continue;
      here = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        here = std::min(here, table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

TEST(Spelling, NamesTheFirstOfTheNearest) {
  EXPECT_EQ(nearest_name("stragety", {"strategy", "state"}), "strategy");
  EXPECT_EQ(nearest_name("abc", {"abd", "abx"}), "abd");    // of equally near ones
  EXPECT_EQ(nearest_name("ab", {"abcdefgh"}), "abcdefgh");  // which it begins
  EXPECT_EQ(nearest_name("xyz", {"abcdefgh", "abc"}), "");
  EXPECT_EQ(nearest_name("", {"a"}), "a");
  EXPECT_EQ(nearest_name("a", {}), "");
}

TEST(Spelling, StopsEarlyOnlyWhereThatChangesNothing) {
  Random random{7};
  const auto word = [&] {
    std::string made(random.below(13), 'a');
    for (char& c : made) c = static_cast<char>('a' + random.below(3));
    return made;
  };
  for (int round = 0; round < 2'000; ++round) {
    const std::string typed = word();
    std::vector<std::string> known;
    for (int i = 0; i < 6; ++i) known.push_back(word());
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(1, typed.size() / 3) + 1;
    for (const std::string& name : known) {
      const bool is_prefix = typed.size() >= 2 && name.starts_with(typed);
      const std::size_t distance = is_prefix ? 1 : edits(typed, name);
      if (distance >= best_distance) continue;
      best_distance = distance;
      best = name;
    }
    EXPECT_EQ(nearest_name(typed, known), best) << typed;
  }
}

}  // namespace
}  // namespace stom
