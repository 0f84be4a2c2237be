// A disk that fills is said in time, once, and looked at rarely.
#include "trade/disk_watch.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace stom::trade {
namespace {

TEST(ADisk, ThatFillsIsSaidOnceAndAgainOnlyAfterThereWasRoom) {
  ManualClock clock{kDay};
  std::optional<std::uint64_t> free = DiskWatch::kLeast;
  int asked = 0;
  std::vector<std::string> said;
  DiskWatch disk{[&] {
                   ++asked;
                   return free;
                 },
                 clock, [&](const std::string& line) { said.push_back(line); }};
  const auto after_a_minute = [&](std::optional<std::uint64_t> is_free) {
    free = is_free;
    clock.set(clock.now() + kMinute);
    disk.look();
    return said.size();
  };
  disk.look();
  EXPECT_EQ(asked, 1) << "as it begins";
  EXPECT_TRUE(said.empty()) << "that is room enough";
  EXPECT_EQ(after_a_minute(DiskWatch::kLeast - 1), 1u);
  EXPECT_TRUE(said.back().starts_with("1023 MiB are free")) << said.back();
  EXPECT_EQ(after_a_minute(0), 1u) << "it was said";
  EXPECT_EQ(after_a_minute(std::nullopt), 1u);
  EXPECT_EQ(after_a_minute(5), 1u) << "nobody knows that there was room meanwhile";
  EXPECT_EQ(after_a_minute(DiskWatch::kLeast), 1u);
  EXPECT_EQ(after_a_minute(5), 2u) << "there was";
}

TEST(ADisk, IsAskedOnceAMinute) {
  ManualClock clock{kDay};
  int asked = 0;
  DiskWatch disk{[&] {
                   ++asked;
                   return std::optional<std::uint64_t>{0};
                 },
                 clock, [](const std::string&) {}};
  for (int second = 0; second < 120; ++second, clock.set(clock.now() + kSecond)) disk.look();
  EXPECT_EQ(asked, 2);
}

TEST(ADisk, SaysWhatIsFreeWhereAFolderIs) {
  EXPECT_TRUE(free_bytes(std::filesystem::temp_directory_path()));
  EXPECT_FALSE(free_bytes("/no/such/folder"));
}

}  // namespace
}  // namespace stom::trade
