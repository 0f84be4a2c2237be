// One process trades in a folder, however many begin at once and however some of them end.
#include "trade/session_folder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "trade/scratch_folder.hpp"

namespace stom::trade {
namespace {

// Who cannot begin removes its lock. Another one that had opened it by then would hold nobody off.
TEST(ASessionsFolder, IsOneProcessesAlsoWhileOthersFailToBeginThere) {
  const auto scratch = ScratchFolder::make();
  ASSERT_TRUE(scratch) << scratch.error().message;
  const auto folder = scratch->path() / "session";
  constexpr int kBeginners = 4, kTries = 2'000;
  std::atomic<int> holders{0}, times{0}, most{0};
  std::vector<std::thread> beginners;
  for (int i = 0; i < kBeginners; ++i)
    beginners.emplace_back([&] {
      for (int tries = 0; tries < kTries; ++tries) {
        auto taken = SessionFolder::take(folder);
        if (!taken) continue;
        ++times;
        if (const int now = ++holders; now > most) most = now;
        std::this_thread::yield();
        --holders;
        taken->give_back();
      }
    });
  for (std::thread& beginner : beginners) beginner.join();
  EXPECT_GT(times.load(), 0);
  EXPECT_EQ(most.load(), 1);
}

}  // namespace
}  // namespace stom::trade
