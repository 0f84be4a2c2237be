// A `stom data import` that is interrupted, killed or met by another one half way through writing: the store is as it
// was before, for whoever looks, and the same command brings everything in afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/terminal.hpp"

namespace stom {
namespace {

using test::Program;
using test::ProgramOnTerminal;
using testing::HasSubstr;
using testing::Not;

constexpr int kTrades = 400'000;

class InterruptedImport : public testing::Test {
 protected:
  void SetUp() override {
    Random random{1};
    std::string text = "id,price,qty,quote_qty,time,is_buyer_maker\n";
    std::int64_t time = 1'723'161'256'322;
    for (int i = 1; i <= kTrades; ++i) {
      time += static_cast<std::int64_t>(random.below(50));
      text += std::to_string(i) + ",61" + std::to_string(100 + random.below(900)) + ".5,0.0" +
              std::to_string(10 + random.below(90)) + ",1," + std::to_string(time) + (i % 3 ? ",true\n" : ",false\n");
    }
    std::ofstream{large_, std::ios::binary} << text;
    std::ofstream{program_.folder() / "small.csv"} << "time,price,qty,side\n1700000000,100.5,1,buy\n";
    ASSERT_EQ(
        program_.run("data import '" + (program_.folder() / "small.csv").string() + "' --instrument a:B").exit_code, 0);
    before_ = store();
  }

  std::vector<std::string> command() const {
    return {"data",   "import", large_.string(), "--instrument", "binance-usdm:BTCUSDT",
            "--tick", "0.1",    "--lot",         "0.001"};
  }
  /// What the store says it holds, and what lies in its folders.
  std::string store() const {
    std::string all = program_.run("data list --json").out + program_.run("data check --json").out +
                      program_.run("data export a:B --kind trade").out;
    for (const auto* root : {"ticks", "bars"})
      for (const auto& entry : std::filesystem::recursive_directory_iterator{home_ / root, ignored_})
        if (entry.is_regular_file() && entry.path().extension() != ".part") all += entry.path().string() + "\n";
    return all;
  }
  /// As if nothing had happened; and the import can be made.
  void expect_as_before() const {
    EXPECT_EQ(store(), before_);
    const auto whole = program_.run("data import '" + large_.string() +
                                    "' --instrument binance-usdm:BTCUSDT --tick 0.1 --lot 0.001 --json");
    EXPECT_EQ(whole.exit_code, 0) << whole.out;
    EXPECT_THAT(whole.out, HasSubstr("\"trade\":" + std::to_string(kTrades)));
    EXPECT_THAT(whole.out, Not(HasSubstr("already")));
    for (const auto& entry : std::filesystem::recursive_directory_iterator{home_})
      EXPECT_NE(entry.path().extension(), ".part") << entry.path();
    EXPECT_THAT(program_.run("data check --json").out, HasSubstr("\"damaged\":0"));
  }

  Program program_;
  std::filesystem::path home_ = program_.folder() / "home";
  std::filesystem::path large_ = program_.folder() / "large.csv";
  std::string before_;
  mutable std::error_code ignored_;
};

// From 50 % on the file has been looked through and is being written.
TEST_F(InterruptedImport, CtrlCLeavesTheStoreAsBefore) {
  ProgramOnTerminal import{STOM_PROGRAM, home_, command()};
  ASSERT_TRUE(import.until("import", 55)) << import.seen();
  import.signal(SIGINT);
  EXPECT_EQ(import.wait(), 130) << import.seen();
  EXPECT_THAT(import.seen(), HasSubstr("interrupted"));
  EXPECT_THAT(import.seen(), HasSubstr("nothing was imported"));
  expect_as_before();
}

TEST_F(InterruptedImport, CtrlCWhileTheFileIsLookedThroughTouchesNothing) {
  ProgramOnTerminal import{STOM_PROGRAM, home_, command()};
  ASSERT_TRUE(import.until("import", 5)) << import.seen();
  import.signal(SIGINT);
  EXPECT_EQ(import.wait(), 130) << import.seen();
  expect_as_before();
}

TEST_F(InterruptedImport, AKillLeavesTheStoreReadableAndAsBefore) {
  ProgramOnTerminal import{STOM_PROGRAM, home_, command()};
  ASSERT_TRUE(import.until("import", 55)) << import.seen();
  import.signal(SIGKILL);
  EXPECT_EQ(import.wait(), 128 + SIGKILL);
  expect_as_before();
}

TEST_F(InterruptedImport, WhileItRunsReadersSeeWhatWasAndASecondImportIsToldWhoHoldsTheStore) {
  ProgramOnTerminal import{STOM_PROGRAM, home_, command()};
  ASSERT_TRUE(import.until("import", 55)) << import.seen();
  ASSERT_TRUE(import.stop()) << import.seen();
  EXPECT_EQ(store(), before_);
  const auto second =
      program_.run("data import '" + (program_.folder() / "small.csv").string() + "' --instrument c:D --json");
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.out, HasSubstr("\"code\":\"locked\""));
  EXPECT_THAT(second.out, HasSubstr("process " + std::to_string(import.process())));
  import.signal(SIGINT);
  import.signal(SIGCONT);
  EXPECT_EQ(import.wait(), 130) << import.seen();
  expect_as_before();
}

}  // namespace
}  // namespace stom
